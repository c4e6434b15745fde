// Pictures in what the shop says by itself (H7), for the shopper, the agent and the admin; and none in what people type.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { adminOf } from "./admin.mjs";
import { settled, signIn, start, violations } from "./product.mjs";

let product;
let admin;
before(async () => {
  product = await start();
  admin = await adminOf(product);
});
after(async () => product?.stop());

const LAMP = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="640" viewBox="0 0 12 16"><rect width="12" height="16" fill="#f4e3c1"/><path d="M3 7 6 2l3 5z" fill="#b4572a"/><path d="M6 7v6M4 14h4" stroke="#3b2b20"/></svg>`;
const at = (name) => `https://pictures.example/${name}.svg`;
const picture = (shows, name) => `![${shows}](${at(name)})`;
const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };
const answer = `Like this:\n\n${picture("A brass table lamp", "lamp")}\n\n*Handmade.*`;

/** Someone's browser, in which pictures.example answers: `gone` is not there, and what is held waits. */
async function browser(t, options = {}) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  const asked = [];
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await context.route("https://pictures.example/**", async (route) => {
    const request = route.request();
    asked.push({ url: request.url(), headers: await request.allHeaders() });
    if (options.hold) await held;
    if (request.url() === at("gone")) return route.fulfill({ status: 404 });
    await route.fulfill({ contentType: "image/svg+xml", body: LAMP });
  });
  return { context, page, asked, release };
}

async function shopper(t, options) {
  const who = await browser(t, options);
  await who.page.goto(`${product.url}/shop/`);
  if (options?.rtl) await who.page.evaluate(() => (document.documentElement.dir = "rtl"));
  await who.page.getByTestId("launcher").click();
  await who.page.getByTestId("title").waitFor();
  return who;
}
const loaded = (image) => image.evaluate((each) => new Promise((resolve) => (each.complete && each.naturalWidth ? resolve() : (each.onload = () => resolve()))));
const write = async (page, text) => {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
};
const chunk = (page) => page.evaluate(() => performance.getEntriesByType("resource").some(({ name }) => /\/pictures-/.test(name)));
const automatic = (text, reply = { enabled: true, texts: { en: text, es: text } }) => ({ online: reply, offline: reply, during: reply, outside: reply });

test("H7 a picture in an answer of the shop's is shown in a box that stands before it, without telling where from; it opens beside the shop", async (t) => {
  await admin.publish(t, "faqs", { faqs: { en: [{ id: "look", question: "What does it look like?", answer }] } });
  const { context, page, asked, release } = await shopper(t, { hold: true });
  await page.getByTestId("faq").waitFor();
  assert.equal(await chunk(page), false, "nobody has seen a picture yet");
  await page.getByTestId("faq").click();
  const box = page.getByTestId("picture");
  await box.waitFor();
  const image = box.locator("img");
  // The answer has risen into its place, and the panel into the page's.
  await settled(page);
  const before = [await box.boundingBox(), await page.getByTestId("answer").boundingBox()];
  assert.ok(before[0].height > 120 && before[0].height < 260, `a box of its own: ${before[0].height}`);
  release();
  await loaded(image);
  assert.deepEqual([await box.boundingBox(), await page.getByTestId("answer").boundingBox()], before, "nothing moved");
  const attributes = await image.evaluate((each) => [each.alt, each.referrerPolicy, each.loading, each.decoding]);
  assert.deepEqual(attributes, ["A brass table lamp", "no-referrer", "lazy", "async"]);
  assert.deepEqual(asked.map(({ url, headers }) => [url, headers.referer]), [[at("lamp"), undefined]]);
  assert.match(await page.getByTestId("announcer").textContent(), /Like this:\s+A brass table lamp\s+\*Handmade/);
  assert.deepEqual([await box.getAttribute("target"), await box.getAttribute("rel")], ["_blank", "noopener noreferrer"]);
  const [opened] = await Promise.all([context.waitForEvent("page"), box.click()]);
  await opened.waitForURL(at("lamp"));
  await opened.close();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "pictures-faq");
});

test("H7 A5 the welcome and an automatic message have pictures; what a shopper or an agent types asks nobody for one", async (t) => {
  await admin.publish(t, "texts", { texts: { en: { welcome: `Hello!\n${picture("Our counter", "counter")}` } } });
  await admin.publish(t, "automatic", automatic(`Thanks. Meanwhile:\n${picture("This week’s lamp", "week")}\n- made by hand\n- *30 %* off`));
  const { page, asked } = await shopper(t);
  await loaded(page.getByTestId("welcome").locator("img"));
  await write(page, `${picture("mine", "tracker")}\nis it this one?`);
  const reply = page.getByTestId("message").filter({ hasText: "Meanwhile" });
  await loaded(reply.locator("img"));
  assert.deepEqual(await reply.locator("li").allInnerTexts(), ["made by hand", "30 % off"]);
  const mine = page.getByTestId("message").filter({ hasText: "is it this one?" });
  assert.match(await mine.innerText(), /!\[mine\]\(https:\/\/pictures\.example\/tracker\.svg\)/);
  await product.shot(page, "pictures-automatic");

  const agent = await browser(t);
  await signIn(agent.page, product.url, "ana@example.com");
  await agent.page.locator(".row-place").filter({ hasText: "is it this one?" }).first().click();
  const log = agent.page.getByRole("log");
  await loaded(log.locator(".bubble img"));
  assert.equal(await log.locator(".bubble img").count(), 1);
  assert.equal(await log.locator(".bubble img").getAttribute("alt"), "This week’s lamp");
  await log.getByText("is it this one?").waitFor();
  assert.deepEqual(await violations(agent.page), []);
  await product.shot(agent.page, "pictures-thread");
  const box = agent.page.getByRole("textbox").last();
  await box.fill(picture("from an agent", "tracker"));
  await box.press("ControlOrMeta+Enter");
  await page.getByTestId("message").filter({ hasText: "from an agent" }).waitFor();
  assert.equal(await page.getByTestId("panel").locator("img").count(), 2);
  for (const person of [asked, agent.asked]) assert.deepEqual(person.filter(({ url }) => url === at("tracker")), [], "nobody asked for what was typed");
  assert.deepEqual(await violations(page), []);
});

test("H7 a picture that is not there, or that the shop's page forbids, is a link that says what it shows", async (t) => {
  await admin.publish(t, "texts", { texts: { en: { welcome: `Hello!\n${picture("Our counter", "gone")}` } } });
  const { page } = await shopper(t);
  const lost = page.getByTestId("welcome").getByRole("link", { name: "Our counter" });
  await lost.waitFor();
  await page.getByTestId("welcome").locator("img").waitFor({ state: "detached" });
  assert.equal(await lost.innerText(), "Our counter");
  assert.equal(await lost.getAttribute("href"), at("gone"));
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "pictures-lost");
});

for (const look of [
  { name: "phone", ...phone },
  { name: "dark", colorScheme: "dark", ...phone },
  { name: "rtl", rtl: true },
]) {
  test(`H7 pictures fit: ${look.name}`, async (t) => {
    const { name, ...options } = look;
    await admin.publish(t, "texts", { texts: { en: { welcome: `Hello!\n${picture("Our counter", "counter")}\nSee you.` } } });
    const { page } = await shopper(t, options);
    const image = page.getByTestId("welcome").locator("img");
    await loaded(image);
    const [inner, panel] = [await image.boundingBox(), await page.getByTestId("panel").boundingBox()];
    assert.ok(inner.x >= panel.x && inner.x + inner.width <= panel.x + panel.width && inner.height < 260, JSON.stringify([inner, panel]));
    assert.deepEqual(await violations(page), []);
    await product.shot(page, `pictures-${name}`);
  });
}

test("H7 an admin adds a picture with a button, sees it while writing, and hears beside the field what is wrong with it", async (t) => {
  const { page } = await browser(t, { viewport: { width: 1440, height: 900 } });
  await signIn(page, product.url, "ana@example.com");
  await page.goto(`${product.url}/dashboard/demo/settings/texts`);
  const welcome = page.getByRole("group", { name: "Welcome message" }).getByLabel("English");
  await welcome.fill("Hello");
  await page.getByRole("group", { name: "Welcome message" }).getByRole("button", { name: "Add an image" }).first().click();
  assert.equal(await welcome.inputValue(), "Hello\n![what it shows](https://)");
  await page.keyboard.type("Our counter");
  assert.equal(await welcome.inputValue(), "Hello\n![Our counter](https://)");
  const publish = page.getByRole("button", { name: "Publish", exact: true });
  const problem = page.locator("[data-problem='texts.en.welcome']");
  await welcome.fill("Hello\n![Our counter](http://pictures.example/counter.svg)");
  await publish.click();
  await problem.getByText("https://").waitFor();
  await welcome.fill(`Hello ${picture("Our counter", "counter")}`);
  await publish.click();
  await problem.getByText("on a line of its own").waitFor();
  await welcome.fill(`Hello\n${picture("Our counter", "counter")}`);
  await loaded(page.getByTestId("preview").locator("img"));
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "pictures-settings");
  await page.goto(`${product.url}/dashboard/demo/settings/automatic`);
  const leave = page.getByRole("button", { name: "Leave" });
  if (await leave.isVisible()) await leave.click();
  await page.getByRole("group", { name: "When nobody can answer" }).getByLabel("English").fill(`Nobody is here.\n${picture("A closed door", "door")}`);
  await page.getByRole("complementary", { name: "Preview" }).getByLabel("While").selectOption({ label: "nobody is there" });
  assert.equal(await page.getByTestId("preview-automatic").count(), 0, "what is switched off is not said");
  await page.getByRole("group", { name: "When nobody can answer" }).getByRole("switch").click();
  await loaded(page.getByTestId("preview-automatic").locator("img"));
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "pictures-settings-automatic");
});
