// What agents and merchants see of what the shop says first: whose words they are, why a trigger did or did not fire beside the conversation (T5),
// trying one in the shop (T5), and what came of it (T6), over the real path from the shop's page to the chart.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { adminOf } from "./admin.mjs";
import { LOOKS, agentAt, conversationOf, fits, profileOf } from "./desk.mjs";
import { signIn, start, violations } from "./product.mjs";

const at = (name) => `/shop/about.html?case=${name}`;

/** One that speaks at once, on its own page. */
const trigger = (id, name, more = {}) => ({
  id, name, enabled: true, when: "both", frequency: { kind: "every_page_load" },
  conditions: [{ kind: "page", is: true, patterns: [{ kind: "contains", text: `case=${id}` }] }],
  actions: [{ kind: "message", sender: { kind: "bot" }, texts: { en: `Said by ${id}` }, display: "teaser" }],
  ...more,
});

let product, ana;
before(async () => {
  product = await start();
  ana = await adminOf(product);
  const { team } = await ana.config(() => true);
  const triggers = [
    trigger("lamps", "Lamp finder", { actions: [{ kind: "message", sender: { kind: "agent", agent: team.find(({ name }) => name === "Ana García").id }, texts: { en: "Which lamp do you have in mind?" }, display: "teaser" }] }),
    trigger("patient", "Help after an hour", { conditions: [{ kind: "page", is: true, patterns: [{ kind: "contains", text: "case=" }] }, { kind: "time_on_page", seconds: 3_600 }] }),
    trigger("counted", "Summer lamps"),
    trigger("tried", "Only tried", { enabled: false }),
  ];
  const { version } = await ana.ask("GET", "/triggers");
  await ana.ask("PUT", "/triggers", { expected: version, value: { triggers } });
  await ana.config(({ proactive }) => proactive?.sieve.pages.length > 0);
  // A process of the functions may be some seconds behind with what is published.
  for (let shown = false; !shown; await new Promise((resolve) => setTimeout(resolve, 250))) {
    const report = { page_id: crypto.randomUUID(), what: "view", remember: false, url: product.url + at("counted"), device: "desktop", window: "closed", testing: await testing() };
    const answer = await fetch(`${product.url}/v1/sites/demo/page-views`, { method: "POST", headers: { origin: product.url }, body: JSON.stringify(report) });
    shown = (await answer.json()).show !== undefined;
  }
});
after(async () => { await product?.stop(); });

/** So that nothing is counted yet. */
let key;
async function testing() {
  key ??= (await ana.ask("POST", "/triggers/test", { trigger: "counted" })).key;
  return { trigger: "counted", key };
}

const teaser = (page) => page.getByTestId("teaser");
const message = (page, text) => page.getByTestId("message").filter({ hasText: text });

async function shopper(t, path) {
  const { context, page } = await product.person();
  t.after(() => context.close());
  const begun = conversationOf(page);
  const told = (what) => page.waitForResponse((answer) => answer.url().endsWith("/page-views") && JSON.parse(answer.request().postData() ?? "{}").what === what);
  const viewed = path.includes("consent=none") ? null : told("view");
  await page.goto(product.url + path);
  await viewed;
  return { page, begun, told };
}

async function writes(page, text) {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
  await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: text }).waitFor();
}

test("T5: a trigger's message is its agent's and says which trigger; why each fired or not stands beside the conversation", async (t) => {
  const { page: shop, begun, told } = await shopper(t, at("lamps"));
  // With the session that opening makes, the page says as whom it reports.
  const beat = told("beat");
  await teaser(shop).getByText("Ana García").click();
  await message(shop, "Which lamp do you have in mind?").waitFor();
  await writes(shop, "The big one");
  await beat;
  const conversation = await begun;
  const words = {
    en: { first: "Trigger", why: "Shown by a trigger, before the visitor wrote", open: "Why each one fired, or did not" },
    es: { first: "Disparador", why: "Mostrado por un disparador, antes de que escribiera el visitante", open: "Por qué saltó cada uno, o no" },
    pt: { first: "Gatilho", why: "Mostrada por um gatilho, antes de o visitante escrever", open: "Por que cada um disparou, ou não" },
    it: { first: "Trigger", why: "Mostrato da un trigger, prima che il visitatore scrivesse", open: "Perché ciascuno è scattato, o no" },
  };
  for (const look of LOOKS) {
    const { first, why, open } = words[(look.locale ?? "en").slice(0, 2)];
    const page = await agentAt(t, product, conversation, look);
    const said = page.locator(".line-bubble").filter({ hasText: "Which lamp do you have in mind?" });
    assert.deepEqual(await said.locator(".bubble-by > span").allInnerTexts(), ["Ana García", first], look.name);
    assert.equal(await said.locator(".bubble-why").innerText(), why);
    // An agent is told its name, and no way to change it.
    const began = page.locator(".line-event[data-kind=triggered]");
    await began.getByText("Lamp finder").waitFor();
    assert.equal(await began.getByRole("link").count(), 0);
    assert.ok(await fits(page), `${look.name} is wider than the screen`);
    assert.deepEqual(await violations(page), [], look.name);
    await product.shot(page, `said-first-${look.name}`);
    const profile = await profileOf(page);
    await profile.getByText(open).click();
    const explained = profile.locator("[data-trigger]");
    await explained.nth(3).waitFor();
    // Names are told to agents too.
    assert.deepEqual(await explained.locator("summary strong").allInnerTexts(), ["Lamp finder", "Help after an hour", "Summer lamps", "Only tried"]);
    assert.deepEqual(await explained.evaluateAll((all) => all.map(({ dataset }) => dataset.verdict)), ["silent", "armed", "silent", "silent"]);
    await explained.nth(1).locator("summary").click();
    assert.ok(await fits(page), `the profile, ${look.name}, is wider than the screen`);
    assert.deepEqual(await violations(page), [], `${look.name}, the profile`);
    await product.shot(page, `explained-beside-${look.name}`);
  }
  // An admin goes from the message to the trigger.
  const admin = await agentAt(t, product, conversation, { email: "ana@example.com" });
  await admin.getByRole("log").getByRole("link", { name: "Began with the trigger “Lamp finder”" }).click();
  await admin.waitForURL(/\/settings\/triggers\/lamps$/);
  assert.equal(await admin.getByLabel("Name, for agents only").inputValue(), "Lamp finder");
});

test("T5, W7: of whoever has not agreed to be remembered it is said that nothing is known", async (t) => {
  const { page: shop, begun } = await shopper(t, `${at("nothing")}&consent=none`);
  await shop.getByRole("button", { name: /chat/i }).first().click();
  await writes(shop, "Nobody knows me");
  const page = await agentAt(t, product, await begun);
  const profile = await profileOf(page);
  const section = profile.getByTestId("triggers");
  await section.getByText("Nothing is known of their visit.").waitFor();
  assert.equal(await section.locator("details").count(), 0);
  assert.deepEqual(await violations(page), []);
});

test("T5: a test link made in the editor is followed into the shop: the merchant's own browser sees the trigger, no other does, and nothing is counted", async (t) => {
  const { context, page } = await product.person({ viewport: { width: 1440, height: 900 } });
  t.after(() => context.close());
  await signIn(page, product.url, "ana@example.com");
  await page.goto(`${product.url}/dashboard/demo/settings/triggers/tried`);
  await page.getByLabel("Page to open").fill(product.url + at("tried"));
  await page.getByRole("button", { name: "Make a test link" }).click();
  const opened = context.waitForEvent("page");
  await page.locator("[data-test-link]").click();
  const shop = await opened;
  await teaser(shop).getByText("Said by tried").first().waitFor();
  // Nobody who is sent the address as it stands there then sees it.
  const address = shop.url();
  assert.doesNotMatch(address, /mostrador-test/);
  await teaser(shop).getByText("Taller Luz").click();
  await message(shop, "Said by tried").waitFor();
  const other = await product.person();
  t.after(() => other.context.close());
  const answered = other.page.waitForResponse((answer) => answer.url().endsWith("/page-views")).then((answer) => answer.json());
  await other.page.goto(address);
  // Another trigger looks at this page, so that it reports; the one that is off is not even armed.
  const { show, armed } = await answered;
  assert.deepEqual([show, armed.map(({ trigger }) => trigger)], [undefined, ["patient"]]);
  assert.equal(await teaser(other.page).count(), 0);
  const { triggers } = await ana.ask("GET", "/triggers/results?days=1");
  assert.equal(triggers.find(({ id }) => id === "tried"), undefined);
});

test("T6: what is shown, opened, answered and ordered in the shop is what the chart and the tables say", async (t) => {
  const { page: shop, told } = await shopper(t, at("counted"));
  await teaser(shop).waitFor();
  const order = async (value, reference) => {
    const counted = told("event");
    await shop.evaluate(([value, reference]) => mostrador("track", "order", { value, currency: "EUR", reference }), [value, reference]);
    await counted;
  };
  const opened = told("shown_opened");
  await teaser(shop).getByText("Taller Luz").click();
  await opened;
  await message(shop, "Said by counted").waitFor();
  await writes(shop, "Yes, the red one");
  await order(148.5, "order-1");
  // The page of the order is loaded again: the same order.
  await order(148.5, "order-1");
  await order(20, "order-2");
  // Somebody who has opened nothing buys as well: that follows from nothing.
  const other = await shopper(t, at("counted"));
  const bought = other.told("event");
  await teaser(other.page).waitFor();
  await other.page.evaluate(() => mostrador("track", "order", { value: 999, currency: "EUR", reference: "order-3" }));
  await Promise.race([bought, other.page.waitForLoadState("networkidle")]);

  const { context, page } = await product.person({ viewport: { width: 1440, height: 900 } });
  t.after(() => context.close());
  await signIn(page, product.url, "ana@example.com");
  await page.goto(`${product.url}/dashboard/demo/settings/triggers`);
  await page.getByRole("link", { name: "Results" }).click();
  await page.getByTestId("chart").waitFor();
  await page.getByLabel("Trigger", { exact: true }).selectOption("counted");
  const expected = { shown: 2, opened: 1, answered: 1, converted: 2 };
  const row = page.getByTestId("by-trigger").locator("[data-row=counted]");
  await row.getByText("Summer lamps").waitFor();
  const cells = (of) => of.locator("[data-count]").evaluateAll((all) => Object.fromEntries(all.map(({ dataset }) => [dataset.count, Number(dataset.value)])));
  assert.deepEqual(await cells(row), expected);
  assert.match(await row.innerText(), /€168\.50/);
  // By day: the shop's midnight may have been in between.
  assert.deepEqual(await cells(page.getByTestId("by-day").locator("tfoot")), expected);
  const points = await page.getByTestId("chart").locator("circle").evaluateAll((all) => all.map(({ dataset }) => [dataset.count, Number(dataset.value)]));
  for (const [count, sum] of Object.entries(expected)) assert.equal(points.filter(([name]) => name === count).reduce((all, [, value]) => all + value, 0), sum, count);
  assert.deepEqual(await page.locator(".results-sum dd").evaluateAll((all) => all.slice(0, 4).map((one) => Number(one.textContent))), Object.values(expected));
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "results-real");
});
