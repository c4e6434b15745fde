// Signing in and out at the shop while the widget is there, in a real browser, against the functions as they are deployed: with a chat open,
// on two tabs, on a shared computer, and with proofs that prove nothing.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { start, violations } from "../../../tests/browser/product.mjs";
import { adminOf } from "../../../tests/browser/admin.mjs";
import { agentAt } from "./agent.mjs";

let product;
let ana;
let admin;
let key;
let count = 0;
before(async () => {
  product = await start();
  ana = await agentAt(product);
  admin = await adminOf(product);
  key = await admin.ask("POST", "/identity-keys", {});
});
after(async () => {
  await ana?.leave();
  await product?.stop();
});

const secret = () => Buffer.from(key.secret);
/** What the shop's server would sign. */
function token(sub, { expires = 600, algorithm = "HS256", signature } = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const body = `${part({ alg: algorithm, typ: "JWT", kid: key.key.id })}.${part({ sub, aud: "demo", exp: Math.floor(Date.now() / 1000) + expires })}`;
  return { token: `${body}.${signature ?? createHmac("sha256", secret()).update(body).digest("base64url")}` };
}
const customer = (id) => ({ customer_id: id, hash: createHmac("sha256", secret()).update(id).digest("hex") });
/** Every test's customers are its own. */
const somebody = () => `customer-${++count}`;

async function shopper(t, options = {}) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  await page.goto(`${product.url}/shop/`);
  await page.getByTestId("launcher").waitFor({ state: "attached" });
  return page;
}
/** The page says who is looking at it; answers what the server found. */
const identify = (page, who) =>
  page.evaluate(
    (who) =>
      new Promise((resolve) => {
        mostrador("on", "identity", resolve);
        mostrador("identify", who);
      }),
    who,
  );
const open = async (page) => {
  if (!(await page.getByTestId("panel").evaluateAll((all) => all[0]?.classList.contains("open")))) await page.getByTestId("launcher").click();
  await page.getByTestId("composer").waitFor();
};
const say = async (page, text) => {
  await open(page);
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
  await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: text }).waitFor();
  await page.getByTestId("status").filter({ hasText: /Sent|Delivered|Seen/ }).waitFor();
};
const messages = (page) => page.getByTestId("message").allInnerTexts();
const session = (page) => page.evaluate(() => JSON.parse(localStorage.getItem("mostrador:demo:session")));
const alive = async (session) => (await fetch(`${product.url}/v1/tickets`, { method: "POST", headers: { authorization: `Bearer ${session.session}`, origin: product.url, "content-type": "application/json" }, body: "{}" })).ok;

test("C5 signing in with a chat open takes it along, here and in the other tab; the old session is over", async (t) => {
  const page = await shopper(t);
  await say(page, "before signing in");
  const other = await page.context().newPage();
  await other.goto(`${product.url}/shop/about.html`);
  await open(other);
  await other.getByTestId("message").waitFor();
  const anonymous = await session(page);
  const who = somebody();
  assert.deepEqual(await identify(page, token(who)), { verified: true });
  const verified = await session(page);
  assert.equal(verified.who, who);
  assert.notEqual(verified.session, anonymous.session);
  assert.equal(await alive(anonymous), false);
  for (const tab of [page, other]) {
    await tab.getByTestId("message").filter({ hasText: "before signing in" }).waitFor();
    assert.equal(await tab.getByTestId("panel").evaluate((each) => each.classList.contains("open")), true);
  }
  await say(other, "after signing in");
  await page.getByTestId("message").filter({ hasText: "after signing in" }).waitFor();
  assert.deepEqual(await messages(page), ["before signing in", "after signing in"]);
  // The agent has one conversation, of a verified shopper.
  const row = await ana.frame({ type: "row", preview: { text: "after signing in" }, verified: true });
  assert.equal(row.numbers.t, 2);
  // The same customer with another token, on the next page: nothing changes.
  await page.goto(`${product.url}/shop/cart.html`);
  await page.evaluate((who) => mostrador("identify", who), token(who));
  await page.getByTestId("message").first().waitFor();
  assert.equal((await session(page)).session, verified.session);
});

test("C5 a session that grows old is renewed by a page that still vouches, and nobody notices", async (t) => {
  const who = somebody();
  const page = await shopper(t);
  await page.evaluate((who) => mostrador("identify", who), token(who));
  await say(page, "a month ago");
  const young = await session(page);
  const asked = () => page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/sessions")).length);
  // On a page of its own: nothing but the browser's own note of the date is old.
  await page.evaluate(() => {
    const kept = JSON.parse(localStorage.getItem("mostrador:demo:session"));
    localStorage.setItem("mostrador:demo:session", JSON.stringify({ ...kept, expires_at: Date.now() + 86_400_000 }));
  });
  await page.reload();
  await page.getByTestId("message").filter({ hasText: "a month ago" }).waitFor();
  assert.equal(await asked(), 0);
  assert.deepEqual(await identify(page, token(who)), { verified: true });
  assert.deepEqual(await session(page), young);
  assert.equal(await page.getByTestId("panel").evaluate((each) => each.classList.contains("open")), true);
  assert.deepEqual(await messages(page), ["a month ago"]);
  // Once is enough.
  await page.evaluate((who) => mostrador("identify", who), token(who));
  await page.waitForLoadState("networkidle");
  assert.equal(await asked(), 1);
});

test("C5 what is written while signing in arrives once", async (t) => {
  const page = await shopper(t);
  await say(page, "one");
  await page.getByTestId("composer").fill("two");
  await page.getByTestId("composer").press("Enter");
  const found = identify(page, customer(somebody()));
  await page.getByTestId("composer").fill("three");
  await page.getByTestId("composer").press("Enter");
  assert.deepEqual(await found, { verified: true });
  await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: "three" }).waitFor();
  await page.reload();
  await page.locator("[data-testid=message]").nth(2).waitFor();
  assert.deepEqual(await messages(page), ["one", "two", "three"]);
});

test("A17 signing out on a shared computer: nothing stays, in any tab, the session is dead, and the next one begins afresh", async (t) => {
  const page = await shopper(t);
  const who = token(somebody());
  await page.evaluate((who) => mostrador("identify", who), who);
  await say(page, "my secret");
  const other = await page.context().newPage();
  await other.goto(`${product.url}/shop/about.html`);
  // Its page takes the shopper for the customer too, and goes on doing so.
  await other.evaluate((who) => mostrador("identify", who), who);
  await open(other);
  await other.getByTestId("message").waitFor();
  const before = await session(page);
  assert.ok(before.who);
  const ended = page.waitForResponse((answer) => answer.url().endsWith("/v1/sessions/end"));
  await page.evaluate(() => mostrador("identify", null));
  await ended;
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => !document.querySelector("#mostrador").shadowRoot.querySelector(".panel.open"));
    assert.deepEqual(await tab.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((each) => each.startsWith("mostrador"))), []);
  }
  assert.equal(await alive(before), false);
  await open(other);
  assert.equal(await other.getByTestId("message").count(), 0);
  await say(other, "somebody else");
  assert.equal((await session(other)).who, undefined);
  // The page of nobody, loaded afresh, has nothing to end.
  await page.reload();
  await page.evaluate(() => mostrador("identify", null));
  await page.getByTestId("message").filter({ hasText: "somebody else" }).waitFor({ state: "attached" });
  assert.deepEqual(await page.getByTestId("message").allTextContents(), ["somebody else"]);
});

test("A17 another customer on the same computer finds nothing of the one before, without a page of nobody between", async (t) => {
  const page = await shopper(t);
  await page.evaluate((who) => mostrador("identify", who), token(somebody()));
  await say(page, "of the first");
  const first = await session(page);
  const ended = page.waitForResponse((answer) => answer.url().endsWith("/v1/sessions/end"));
  const second = somebody();
  await page.goto(`${product.url}/shop/cart.html`);
  await page.evaluate((who) => mostrador("identify", who), token(second));
  await ended;
  assert.equal(await alive(first), false);
  await open(page);
  assert.deepEqual(await messages(page), []);
  await say(page, "of the second");
  assert.equal((await session(page)).who, second);
  assert.deepEqual(await messages(page), ["of the second"]);
});

test("C5 whoever signs in elsewhere finds the conversation there", async (t) => {
  const who = somebody();
  const page = await shopper(t);
  await page.evaluate((who) => mostrador("identify", who), token(who));
  await say(page, "from home");
  const work = await shopper(t);
  await work.evaluate((who) => mostrador("identify", who), token(who));
  await open(work);
  await work.getByTestId("message").filter({ hasText: "from home" }).waitFor();
  await say(work, "from work");
  await page.getByTestId("message").filter({ hasText: "from work" }).waitFor();
});

test("A15 A16 what proves nothing changes nothing: the chat goes on, anonymous, and the page hears why", async (t) => {
  const page = await shopper(t);
  await say(page, "still here");
  const before = await session(page);
  const forged = token(somebody(), { signature: "AAAA" });
  for (const [who, why] of [
    [forged, "signature"],
    [token(somebody(), { expires: -60 }), "expired"],
    [token(somebody(), { algorithm: "none", signature: "" }), "algorithm"],
    [{ ...customer(somebody()), customer_id: "somebody-else" }, "signature"],
  ]) {
    const { verified, refused } = await identify(page, who);
    assert.equal(verified, false);
    assert.equal(refused, why);
    assert.deepEqual(await session(page), before);
  }
  await say(page, "and still");
  assert.deepEqual(await messages(page), ["still here", "and still"]);
});

test("A20 a page that writes a customer into the storage is no customer", async (t) => {
  await admin.publish(t, "visibility", { visibility: "verified_write" });
  const { context, page } = await product.person();
  t.after(() => context.close());
  await page.goto(`${product.url}/shop/cart.html`);
  await page.evaluate(() => {
    localStorage.setItem("mostrador:demo:session", JSON.stringify({ session: `ses_${"x".repeat(43)}`, shopper_id: "shp_1", expires_at: Date.now() + 1e9, who: "4711" }));
  });
  await page.reload();
  await page.getByTestId("launcher").click();
  await page.getByTestId("verified-only").waitFor();
  assert.equal(await page.getByTestId("composer").count(), 0);
});

test("W2 C5 where only customers may write or see it, who signs in may, and who signs out may no longer", async (t) => {
  await admin.publish(t, "visibility", { visibility: "verified_only" });
  const page = await shopper(t);
  assert.equal(await page.getByTestId("launcher").isVisible(), false);
  await page.evaluate((who) => mostrador("identify", who), token(somebody()));
  await page.getByTestId("launcher").waitFor();
  await say(page, "a customer");
  assert.deepEqual(await violations(page), []);
  await page.evaluate(() => mostrador("identify", null));
  await page.getByTestId("launcher").waitFor({ state: "hidden" });
  await page.waitForFunction(() => !document.querySelector("#mostrador").shadowRoot.querySelector(".panel.open"));

  await admin.publish(t, "visibility", { visibility: "verified_write" });
  const other = await shopper(t);
  await other.getByTestId("launcher").click();
  await other.getByTestId("verified-only").waitFor();
  await other.evaluate((who) => mostrador("identify", who), customer(somebody()));
  await say(other, "signed in meanwhile");
  const refused = await shopper(t);
  await refused.evaluate((who) => mostrador("identify", who), token(somebody(), { signature: "AAAA" }));
  await refused.getByTestId("launcher").click();
  await refused.getByTestId("verified-only").waitFor();
});
