// What agents see of what the shop does by itself: automatic messages, the form, what was read before, who is verified, what shoppers are told.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { signIn, start, violations } from "./product.mjs";

let product;
before(async () => { product = await start(); });
after(async () => { await product.stop(); });

const DESKTOP = { viewport: { width: 1440, height: 900 } };

/** An agent at the counter; `ask` speaks to the server in their name. */
async function agent(t, email, options = DESKTOP) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  const me = page.waitForRequest((request) => request.url().endsWith("/v1/agent/me"));
  await signIn(page, product.url, email);
  const { authorization } = await (await me).allHeaders();
  // Not before they are there for the server too.
  await page.locator("[data-testid=shop-seen][data-online=true]").first().waitFor();
  const ask = async (method, path, body) => {
    const answer = await fetch(`${product.url}/v1/agent/sites/${path}`, { method, headers: { authorization, origin: product.url, "content-type": "application/json" }, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  return { page, ask };
}

/** Publishes parts of a section for one test. */
async function publish(t, ask, section, change, site = "demo") {
  const read = async () => (await ask("GET", `${site}/settings`)).sections.find((one) => one.section === section);
  const before = await read();
  await ask("PUT", `${site}/settings/${section}`, { expected: before.version, value: { ...before.value, ...change } });
  t.after(async () => ask("PUT", `${site}/settings/${section}`, { expected: (await read()).version, value: before.value }));
}

const row = (page, id) => page.locator(`[data-conversation="${id}"]`);
const log = (page) => page.getByRole("log");
const question = (page, id) => page.locator(`.form-card [data-question="${id}"]`);

async function open(page, id) {
  await row(page, id).click();
  await log(page).locator("[data-kind=message]").first().waitFor();
}

const FIELDS = [
  { id: "name", kind: "name", required: false, labels: {} },
  { id: "email", kind: "email", required: true, labels: {} },
  { id: "size", kind: "choice", required: false, labels: { en: "Which size?" }, choices: [{ id: "s", labels: { en: "Small" } }, { id: "l", labels: { en: "Large" } }] },
];
const FORM = { when: "always", hold_online: false, hold_offline: false, fields: FIELDS };

test("the form fills in while the agent looks: asked, skipped, answered, corrected, finished; what is wrong changes nothing", async (t) => {
  const { page, ask } = await agent(t, "ana@example.com");
  await publish(t, ask, "form", FORM);
  const shopper = await product.visitor("Do you have it in large?");
  await open(page, shopper.id);
  await question(page, "name").and(page.locator("[data-state=asked]")).getByText("Being asked").waitFor();
  await question(page, "email").and(page.locator("[data-state=open]")).waitFor();
  await page.locator(".form-why[data-rule=form_always]").getByText("Asked after every first message").waitFor();
  await shopper.answer("name", null);
  await question(page, "name").getByText("Skipped").waitFor();
  await question(page, "email").getByText("Being asked").waitFor();
  await assert.rejects(shopper.answer("email", "no address"), /400|422/);
  await shopper.answer("email", "ana@example.org");
  await question(page, "email").getByText("ana@example.org").waitFor();
  // The profile has it too, as what it is.
  await page.locator("[data-standing=identified]").waitFor();
  await page.getByRole("complementary", { name: "Profile" }).getByText("ana@example.org").first().waitFor();
  await page.locator(".form-head").getByText("1 of 3 answered").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "form-asked");
  await shopper.answer("size", "l");
  await question(page, "size").getByText("Large").waitFor();
  await log(page).getByText(/filled in the form/).waitFor();
  await page.locator(".form-card").getByText("2 of 3 answered · filled in").waitFor();
  await shopper.answer("email", "ana@example.net");
  await question(page, "email").getByText("ana@example.net (before: ana@example.org)").waitFor();
  await log(page).getByText(/corrected “.+”: ana@example.net/).waitFor();
  // One card, however many answers.
  assert.equal(await page.locator(".form-card").count(), 1);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "form-finished");
});

test("a held conversation is absent for agents until its form is filled in, and then it is there with everything", async (t) => {
  const { page, ask } = await agent(t, "ana@example.com");
  await publish(t, ask, "form", { ...FORM, hold_online: true, hold_offline: true, fields: FIELDS.slice(0, 2) });
  const shopper = await product.visitor("held until the form is filled");
  await shopper.entry((entry) => entry.kind === "form");
  // Whoever knows the address finds what one finds where nothing is.
  await page.goto(`${product.url}/dashboard/demo/all/${shopper.id}`);
  await page.getByText("This conversation does not exist").waitFor();
  assert.equal(await row(page, shopper.id).count(), 0);
  await page.goto(`${product.url}/dashboard/demo/queue`);
  await page.locator("[data-list=queue]").waitFor();
  await shopper.answer("name", "Ana Torres");
  await shopper.answer("email", "ana@example.org");
  await row(page, shopper.id).getByText("Ana Torres").waitFor();
  await open(page, shopper.id);
  await page.locator(".form-card").getByText("2 of 2 answered · filled in · held until filled in").waitFor();
  await log(page).getByText("held until the form is filled").waitFor();
});

test("a_2 an email that is typed makes nobody verified, shows no history and is marked as nobody's word", async (t) => {
  const { page, ask } = await agent(t, "ana@example.com");
  await publish(t, ask, "form", { ...FORM, fields: FIELDS.slice(1, 2) });
  const first = await product.visitor("the customer herself");
  await first.entry((entry) => entry.kind === "form");
  await first.answer("email", "regular@example.org");
  const other = await product.visitor("somebody who types her address");
  await other.entry((entry) => entry.kind === "form");
  await other.answer("email", "regular@example.org");
  await open(page, other.id);
  const profile = page.getByRole("complementary", { name: "Profile" });
  await profile.locator("[data-standing=identified]").getByText("Identified, not verified").waitFor();
  await profile.getByText("Nobody has checked whose it is").waitFor();
  await profile.getByText("This is their first one").waitFor();
  assert.equal(await page.locator(".verified").count(), 0);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "identified");
});

test("c_5 whom the shop vouches for is marked in the list, in the thread and in the profile, and nobody else is", async (t) => {
  const { page, ask } = await agent(t, "ana@example.com");
  const { key, secret } = await ask("POST", "demo/identity-keys", {});
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const body = `${part({ alg: "HS256", typ: "JWT", kid: key.id })}.${part({ sub: `customer-${randomUUID()}`, aud: "demo", iat: now, exp: now + 600, email: "marta@example.org", name: "Marta Soler" })}`;
  const token = `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
  const verified = await product.visitor("I am signed in at the shop", "demo", { identity: { token } });
  const anonymous = await product.visitor("I am not");
  await row(page, verified.id).getByRole("img", { name: "Verified" }).waitFor();
  await row(page, anonymous.id).waitFor();
  assert.equal(await row(page, anonymous.id).getByRole("img", { name: "Verified" }).count(), 0);
  await open(page, verified.id);
  await page.locator(".thread-head").getByRole("img", { name: "Verified" }).waitFor();
  await page.locator("[data-standing=verified]").getByText("whose server vouches for who this is").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "verified");
  await open(page, anonymous.id);
  await page.locator("[data-standing=anonymous]").waitFor();
  assert.equal(await page.locator(".thread-head .verified").count(), 0);
});

test("what a shopper had read stands before what they wrote, and counts beside the question", async (t) => {
  const { page, ask } = await agent(t, "ana@example.com");
  const faqs = { en: [{ id: "shipping", question: "Do you ship to islands?", answer: "Yes:\n- *Canaries* in 5 days\n- Balearics in 3" }, { id: "returns", question: "May I send it back?", answer: "Within 30 days." }] };
  await publish(t, ask, "faqs", { faqs });
  const opened = (faq) => fetch(`${product.url}/v1/sites/demo/faqs/${faq}/opened`, { method: "POST", headers: { origin: product.url, "content-type": "application/json" }, body: JSON.stringify({ id: randomUUID() }) });
  for (let times = 0; times < 3; times++) assert.equal((await opened("shipping")).status, 204);
  const shopper = await product.visitor("And to Malta?", "demo", { faqs: ["shipping", "no-such-question"] });
  await open(page, shopper.id);
  const shown = log(page).locator("[data-kind=faq]");
  await shown.getByText("Do you ship to islands?").waitFor();
  assert.equal(await shown.count(), 1);
  assert.deepEqual(await shown.locator("li").allInnerTexts(), ["Canaries in 5 days", "Balearics in 3"]);
  assert.equal(await shown.locator("strong").innerText(), "Canaries");
  const order = await log(page).locator("[data-kind]").evaluateAll((all) => all.map((one) => one.dataset.kind));
  assert.deepEqual(order.slice(0, 2), ["faq", "message"]);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "faq-in-thread");
  // Counted a moment later, by auto-reply.
  await page.goto(`${product.url}/dashboard/demo/settings/faqs`);
  const counted = page.locator("[data-opened]").filter({ hasText: "Opened 3 times, a person was still needed 1 time" });
  await page.getByLabel("Question", { exact: true }).first().waitFor();
  while (!(await counted.count())) {
    await page.reload();
    await page.getByText(/Opened|Not opened yet/).first().waitFor();
  }
  await page.getByText("Not opened yet").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "faq-counts");
});

test("every automatic message says that it is one, and why it was sent", async (t) => {
  const { page, ask } = await agent(t, "ana@example.com");
  const reply = (text) => ({ enabled: true, texts: { en: text } });
  await publish(t, ask, "automatic", { online: reply("Somebody *is* here."), offline: reply("Nobody is here just now.") });
  const met = await product.visitor("is anybody there?");
  await open(page, met.id);
  const said = page.locator("[data-kind=message]").filter({ has: page.locator("[data-rule=agent_online]") });
  await said.getByText("Sent by itself, because somebody was online").waitFor();
  await said.getByText("Automatic").waitFor();
  assert.equal(await said.locator(".bubble strong").innerText(), "is");
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "automatic");
  await page.getByRole("button", { name: /^You:/ }).click();
  await page.getByRole("menuitemradio", { name: /^Invisible/ }).click();
  await page.getByTestId("shop-seen").getByText("Shoppers see: away").first().waitFor();
  const missed = await product.visitor("and now?");
  await open(page, missed.id);
  await page.locator("[data-rule=nobody_online]").getByText("Sent by itself, because nobody was online").waitFor();
  await page.getByRole("button", { name: /^You:/ }).click();
  await page.getByRole("menuitemradio", { name: /^Online/ }).click();
  await page.getByTestId("shop-seen").getByText("Shoppers see: online").first().waitFor();
});

test("what shoppers are told now stands at the counter: online, and when the shop is back", async (t) => {
  const { page, ask } = await agent(t, "ana@example.com");
  const seen = page.getByTestId("shop-seen").first();
  await seen.getByText("Shoppers see: online").waitFor();
  // A Monday on which the shop opens at nine, seen on the Friday before.
  await product.clock(Date.parse("2027-05-07T18:00:00Z") - Date.now());
  t.after(() => product.clock(0));
  const closed = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };
  await publish(t, ask, "hours", { enabled: true, zone: "Europe/Madrid", week: { ...closed, monday: [{ start: "09:00", end: "18:00" }] } });
  await page.reload();
  await seen.getByText(/^Shoppers see: back Monday.* 9:00 AM GMT\+2$/).waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "shop-back");
});

for (const width of [360, 390, 800, 1024]) {
  test(`a name has room in the thread's header, ${width} pixels wide`, async (t) => {
    const { page, ask } = await agent(t, "ana@example.com", { viewport: { width, height: 740 }, ...(width < 700 && { hasTouch: true, isMobile: true }) });
    await publish(t, ask, "form", { ...FORM, fields: FIELDS.slice(0, 1) });
    const shopper = await product.visitor("my name is a long one");
    await shopper.entry((entry) => entry.kind === "form");
    await shopper.answer("name", "María Fernanda Gutiérrez");
    await row(page, shopper.id).getByText("María Fernanda Gutiérrez").waitFor();
    await open(page, shopper.id);
    const name = page.locator(".thread-name");
    assert.ok(await name.evaluate((one) => one.scrollWidth <= one.clientWidth), "the name is cut");
    // Everything that one can press stands apart, and is in sight.
    const boxes = await page.locator(".thread-head button").evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).filter((box) => box.width > 0).map(({ left, right, top, bottom }) => ({ left, right, top, bottom })));
    for (const [n, a] of boxes.entries()) {
      assert.ok(a.left >= 0 && a.right <= width, "a button is out of sight");
      for (const b of boxes.slice(n + 1)) assert.ok(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top, "two buttons cover one another");
    }
    assert.deepEqual(await violations(page), []);
    await product.shot(page, `header-${width}`);
  });
}
