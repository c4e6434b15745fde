// The button of a mail, followed on another device: that conversation and nothing else, in that tab alone (E4).
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { agentAt } from "../../web/widget/e2e/agent.mjs";
import { adminOf } from "./admin.mjs";
import { start, violations } from "./product.mjs";

let product;
let ana;
let moved = 0;
before(async () => {
  product = await start();
  const admin = await adminOf(product);
  await admin.set("email", { enabled: true, sender_address: "hello@shop.example" });
  await admin.set("form", { when: "always", hold_online: false, hold_offline: false, phrases: {}, fields: [{ id: "email", kind: "email", required: true, labels: {} }] });
});
// The moved clock cuts a socket that says nothing.
beforeEach(async () => (ana = await agentAt(product)));
afterEach(async () => ana?.leave());
after(async () => {
  await product?.clock(0);
  await product?.stop();
});

const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };
const box = async (path, how) => (await fetch(`${product.url}/mail/api/${path}`, how)).json();
/** The mail to an address. Whose tab has just been closed may count as connected for a while: nothing comes then before it is looked at again, later. */
async function mailed(address) {
  for (let looks = 0; looks < 6; looks++) {
    await product.clock((moved += 3 * 60_000));
    const patience = AbortSignal.timeout(8_000);
    for (let version = 0; !patience.aborted; ) {
      const { mails } = await box(`mails?mailbox=${encodeURIComponent(address)}`);
      if (mails.length > 0) return box(`mails/${mails[0].id}`);
      ({ version } = await box(`changes?after=${version}`, { signal: patience }).catch(() => ({ version })));
    }
  }
  throw new Error(`nothing was mailed to ${address}`);
}
const buttonIn = (mail) => /#mostrador-resume=([\w-]+)/.exec(mail.text)?.[1];

/** Somebody wrote, left, and was mailed the answer: the conversation, and what its button holds. */
async function answered(question, address) {
  const visitor = await product.visitor(question);
  await visitor.entry(({ kind }) => kind === "form");
  await visitor.answer("email", address);
  const id = await ana.find(question);
  await ana.say(id, "Yes, within two days.");
  return { id, visitor, button: buttonIn(await mailed(address)) };
}
async function device(t, options = {}) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  return { context, page };
}
const follow = (page, button, path = "/shop/") => page.goto(`${product.url}${path}#mostrador-resume=${button}`);
const texts = (page) => page.getByTestId("message").locator(".bubble").allInnerTexts();
const message = (page, text) => page.getByTestId("message").filter({ hasText: text });
const notice = (page) => page.getByTestId("mailed");
const write = async (page, text) => {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
};
const kept = (page) => page.evaluate(() => JSON.stringify({ ...localStorage }));

test("E4 another device shows exactly that thread, and what is written there reaches the agent", { timeout: 120_000 }, async (t) => {
  const question = "Do you ship to the islands?";
  const { id, visitor, button } = await answered(question, "nora@example.org");
  const { context, page } = await device(t);
  const asked = [];
  context.on("request", (request) => asked.push([request.url(), request.headers().referer ?? ""]));
  await follow(page, button);
  await message(page, "Yes, within two days.").waitFor();
  assert.deepEqual(await texts(page), [question, "Yes, within two days."]);
  assert.equal(page.url(), `${product.url}/shop/`, "what the link holds stands in no address");
  assert.deepEqual(asked.filter((of) => of.join(" ").includes(button)), [], "nor in one that is told to anybody");
  assert.equal(await notice(page).getAttribute("data-notice"), "here");
  assert.match(await notice(page).innerText(), /in this tab only/);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "resume-here");

  await write(page, "From my computer");
  await ana.frame({ type: "entries", conversation_id: id, entries: [{ text: "From my computer" }] });
  await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: "From my computer" }).waitFor();
  await visitor.entry(({ text }) => text === "From my computer");
  await ana.say(id, "Good to know.");
  await message(page, "Good to know.").waitFor();

  // The next page of this tab goes on; another tab knows nothing, and neither does what the browser keeps.
  await page.goto(`${product.url}/shop/?page=2`);
  await message(page, "From my computer").waitFor();
  const other = await context.newPage();
  await other.goto(`${product.url}/shop/`);
  await other.getByTestId("launcher").click();
  await other.getByTestId("composer").waitFor();
  assert.deepEqual(await texts(other), []);
  assert.doesNotMatch(await kept(page), /"(res|mlk)_|From my computer/);
  await page.getByTestId("leave").click();
  await page.getByTestId("welcome").waitFor();
  await notice(page).waitFor({ state: "detached" });
  assert.deepEqual(await texts(page), []);
  await page.reload();
  await page.getByTestId("composer").waitFor();
  assert.deepEqual(await texts(page), []);
});

test("E4 a chat of that device's own is kept, and is there again", { timeout: 120_000 }, async (t) => {
  const { button } = await answered("Is the blue one back?", "otto@example.org");
  const { page } = await device(t, { ...phone, colorScheme: "dark", locale: "es-ES" });
  await page.goto(`${product.url}/shop/?lang=es`);
  await page.getByTestId("launcher").click();
  await write(page, "Mi propia pregunta");
  await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: "Mi propia pregunta" }).waitFor();
  await page.goto("about:blank");
  await follow(page, button, "/shop/?lang=es");
  await message(page, "Is the blue one back?").waitFor();
  assert.deepEqual(await texts(page), ["Is the blue one back?", "Yes, within two days."]);
  assert.match(await notice(page).innerText(), /se conserva/);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "resume-kept");
  await page.getByTestId("leave").click();
  await message(page, "Mi propia pregunta").waitFor();
  assert.equal((await texts(page)).includes("Is the blue one back?"), false);
  await write(page, "¿Sigues ahí?");
  await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: "¿Sigues ahí?" }).waitFor();
});

test("E4 in the browser that wrote, nothing changes", { timeout: 120_000 }, async (t) => {
  const { page } = await device(t);
  await page.goto(`${product.url}/shop/`);
  await page.getByTestId("launcher").click();
  await write(page, "Can I return it?");
  await page.getByTestId("field").fill("pia@example.org");
  await page.getByTestId("field").press("Enter");
  await page.getByTestId("thanks").waitFor();
  await page.goto("about:blank");
  const id = await ana.find("Can I return it?");
  await ana.say(id, "Within 30 days.");
  const button = buttonIn(await mailed("pia@example.org"));
  await page.goto(`${product.url}/shop/`);
  const before = await kept(page);
  await page.goto("about:blank");
  await follow(page, button, "/shop/?from=mail");
  await message(page, "Within 30 days.").waitFor();
  assert.equal(await notice(page).count(), 0);
  const session = (text) => JSON.parse(JSON.parse(text)["mostrador:demo:session"]).session;
  assert.equal(session(await kept(page)), session(before));
});
test("E4 when the conversation ends it is said, and what was being written is not lost; a link that opens nothing says so", { timeout: 120_000 }, async (t) => {
  const { id, button } = await answered("Which bulb does it take?", "rosa@example.org");
  const { page } = await device(t);
  await follow(page, button);
  await message(page, "Which bulb does it take?").waitFor();
  await page.getByTestId("composer").fill("And how bright");
  await ana.ask({ action: "close", conversation_id: id });
  await page.locator("[data-notice=ended]").waitFor();
  assert.deepEqual(await texts(page), []);
  assert.equal(await page.getByTestId("composer").inputValue(), "And how bright");
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "resume-ended");

  const { page: late } = await device(t);
  await follow(late, button);
  await late.locator("[data-notice=gone]").waitFor();
  assert.deepEqual(await texts(late), []);
  assert.deepEqual(await violations(late), []);
  await late.evaluate(() => (document.documentElement.dir = "rtl"));
  await product.shot(late, "resume-gone-rtl");
  await late.getByTestId("mailed").getByRole("button").click();
  await notice(late).waitFor({ state: "detached" });
});

test("E4 without a network it is said, and tried again", { timeout: 120_000 }, async (t) => {
  const { button } = await answered("Do you repair lamps?", "sara@example.org");
  const { context, page } = await device(t);
  await context.route(/\/v1\/sites\/demo\/resume$/, (route) => route.abort());
  await follow(page, button);
  await page.locator("[data-notice=failed]").waitFor();
  await context.unroute(/\/v1\/sites\/demo\/resume$/);
  await page.getByRole("button", { name: "Try again" }).click();
  await message(page, "Do you repair lamps?").waitFor();
  assert.equal(await notice(page).getAttribute("data-notice"), "here");
});
