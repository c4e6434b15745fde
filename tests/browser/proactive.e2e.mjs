// The shop speaks first: triggers that an admin has published, followed by shoppers in a browser and answered by agents, against the functions
// as they are deployed. How it looks and what forged things do, without a server: web/widget/e2e/proactive.e2e.mjs.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { agentAt } from "../../web/widget/e2e/agent.mjs";
import { adminOf } from "./admin.mjs";
import { settled, signIn, start, violations } from "./product.mjs";

const templates = JSON.parse(readFileSync(new URL("../../web/protocol/src/generated/templates.ts", import.meta.url), "utf8").split("TriggerTemplate[] = ")[1].replace(/;\s*$/, ""));

/** A template, whole with the address of a page. */
function template(name, url) {
  const { trigger } = structuredClone(templates.find((each) => each.name === name));
  trigger.conditions.find(({ kind }) => kind === "page").patterns = [{ kind: url.includes("*") ? "wildcard" : "exact", text: url }];
  return trigger;
}

const at = (name) => `/shop/about.html?case=${name}`;

const on = (id) => [{ kind: "page", is: true, patterns: [{ kind: "contains", text: `case=${id}` }] }];
const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

/** One that speaks at once, at every load of its own page. */
function greeting(id, { text = "May we help?", display = "teaser", sender = { kind: "bot" }, ...more } = {}) {
  return {
    id, name: id, enabled: true, when: "both", frequency: { kind: "every_page_load" },
    conditions: on(id),
    actions: [{ kind: "message", sender, texts: { en: text }, display }],
    ...more,
  };
}

const script = '<img src=x onerror="window.hacked=1"> javascript:alert(1)';
const kiln = "We have the kiln open this week. Which lamp do you have in mind?";
let product;
let admin;
let ana;
let offset = 0;
before(async () => {
  product = await start();
  admin = await adminOf(product);
  // Asked where a trigger says so, and nowhere else; published before anything has read what stands.
  await admin.set("form", { when: "never", fields: [{ id: "email", kind: "email", required: true, labels: {} }] });
  ana = await agentAt(product);
  const { team } = await admin.config(() => true);
  const { version } = await admin.ask("GET", "/triggers");
  // All at once: each has a page of its own, and a process of the functions may be some seconds behind with what is published.
  const triggers = [
    template("stuck_on_landing", "/shop/landing.html"),
    template("contact_page", "/shop/contact.html"),
    template("cart_or_checkout", "/shop/c*t.html"),
    template("long_form", "/shop/custom.html"),
    ...["teaser", "bubble", "window"].map((display) => greeting(display, { display, text: `Shown as a ${display}` })),
    greeting("dismissed"),
    greeting("answered", { text: kiln, sender: { kind: "agent", agent: team.find(({ name }) => name === "Ana García").id } }),
    greeting("once", { frequency: { kind: "once_per_visit" } }),
    greeting("always"),
    greeting("script", { text: script }),
    greeting("tried", { enabled: false, text: "Only tried" }),
    greeting("counted"),
    greeting("opens", { actions: [{ kind: "open_window" }] }),
    greeting("form", { actions: [...greeting("form", { text: "Shall we call you back?" }).actions, { kind: "show_form" }] }),
    greeting("first", { text: "The first of two", conditions: on("both") }),
    greeting("second", { text: "The second of two", conditions: on("both") }),
  ];
  await admin.ask("PUT", "/triggers", { expected: version, value: { triggers } });
  await admin.config(({ proactive }) => proactive?.sieve.pages.length > 0);
  const report = { page_id: crypto.randomUUID(), what: "view", remember: false, url: product.url + at("always"), device: "desktop", window: "closed" };
  for (let shown = false; !shown; await new Promise((resolve) => setTimeout(resolve, 250))) {
    const answer = await fetch(`${product.url}/v1/sites/demo/page-views`, { method: "POST", headers: { origin: product.url }, body: JSON.stringify({ ...report, page_id: crypto.randomUUID() }) });
    shown = (await answer.json()).show !== undefined;
  }
});
after(async () => {
  await ana?.leave();
  await product?.stop();
});

/** Ana is there, whatever the platform's clock says by now. */
async function online() {
  await ana.tell({ action: "presence", status: "online" });
  await admin.config(({ availability }) => availability.online);
}

async function shopper(t, options = {}) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  const reports = [];
  context.on("request", (request) => request.url().endsWith("/page-views") && request.method() === "POST" && reports.push(JSON.parse(request.postData())));
  const answered = (what = "view") => page.waitForResponse((answer) => answer.url().endsWith("/page-views") && JSON.parse(answer.request().postData() ?? "{}").what === what).then((answer) => answer.json());
  const go = async (path) => {
    const answer = answered();
    await page.goto(product.url + path);
    return answer;
  };
  return { context, page, reports, answered, go };
}

/** So much time goes by, for the page and for the platform. */
async function later(page, seconds) {
  offset += seconds * 1000;
  await product.clock(offset);
  await page.clock.fastForward(seconds * 1000);
}

const teaser = (page) => page.getByTestId("teaser");
const message = (page, text) => page.getByTestId("message").filter({ hasText: text });
const kept = (page) => page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key.startsWith("mostrador")).sort());

for (const [name, path, seconds, does] of [
  ["stuck_on_landing", "/shop/landing.html", 30],
  ["contact_page", "/shop/contact.html", 10],
  ["cart_or_checkout", "/shop/c*t.html", 60, ({ go }) => go("/shop/checkout.html")],
  ["long_form", "/shop/custom.html", 40, ({ page }) => page.getByLabel("Which room is it for?").fill("The kitchen")],
]) {
  test(`T3 template ${name}: works with an address alone, says its text when its time has come, and only once a visit`, async (t) => {
    const { texts } = template(name, path).actions.find(({ kind }) => kind === "message");
    await online();
    const { page, reports, go } = await shopper(t);
    await page.clock.install();
    await go(path.replace("*", "ar"));
    // The server has to know of the page before time goes by.
    if (does) await does({ page, go });
    await page.getByTestId("launcher").waitFor();
    // Whoever loads a page does something to it; from then on it is quiet.
    await later(page, seconds - 2);
    assert.equal(await teaser(page).count(), 0);
    await online();
    await later(page, 3);
    await teaser(page).getByText(texts.en).first().waitFor();
    assert.deepEqual(await violations(page), []);
    await teaser(page).getByText("Taller Luz").click();
    await message(page, texts.en).waitFor();
    assert.equal(reports.filter(({ what }) => what === "met").length, 1);
    await page.getByTestId("close").click();
    const again = await go(path.replace("*", "ar"));
    assert.deepEqual([again.armed, again.show], [[], undefined]);
  });
}

test("T2 each display: beside the launcher short or whole, or the open window, which moves no focus", async (t) => {
  for (const display of ["teaser", "bubble", "window"]) {
    const { page, go } = await shopper(t);
    await go(at(display));
    if (display === "window") await message(page, "Shown as a window").waitFor();
    else await teaser(page).getByText(`Shown as a ${display}`).first().waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
    assert.deepEqual(await violations(page), []);
  }
});

test("T2 UX 25: *open the window* opens it on a computer, without the focus, and is a card on a phone, which opens at a tap", async (t) => {
  await online();
  for (const [device, options] of [["desktop", {}], ["phone", phone]]) {
    const { page, go, answered } = await shopper(t, options);
    const { show } = await go(at("opens"));
    assert.deepEqual([show.open_window, show.message], [true, undefined]);
    const open = page.locator("#mostrador .panel.open");
    const composer = page.getByTestId("composer");
    if (device === "desktop") await open.waitFor();
    else {
      await teaser(page).waitFor();
      assert.equal(await open.count(), 0);
      await settled(page);
      const box = await teaser(page).boundingBox();
      assert.ok(box.width * box.height < 0.15 * 390 * 780, JSON.stringify(box));
    }
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
    assert.deepEqual(await kept(page), ["mostrador:demo:visitor"], "nobody has reached for it");
    assert.deepEqual(await violations(page), []);
    await product.shot(page, `proactive-opens-${device}`);
    const opened = answered("shown_opened");
    await (device === "desktop" ? composer : teaser(page).getByRole("button").first()).click();
    await opened;
    await open.waitFor();
    await composer.fill(`By the ${device}`);
    await composer.press("Enter");
    await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: `By the ${device}` }).waitFor();
  }
});

test("T2 *show the form*: the shopper answers, and is asked in the same thread at once; agents have it meanwhile", async (t) => {
  await online();
  const { page, go, answered } = await shopper(t);
  const { show } = await go(at("form"));
  assert.equal(show.show_form, true);
  await message(page, "Shall we call you back?").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
  const opened = answered("shown_opened");
  await page.getByTestId("composer").fill("Yes, about the oak lamp");
  await opened;
  await page.getByTestId("composer").press("Enter");
  await page.getByTestId("question").waitFor();
  assert.deepEqual(await page.getByTestId("message").allInnerTexts(), ["Shall we call you back?", "Yes, about the oak lamp"]);
  // Not held for its form: it is on the agents' screens before a word of that is answered.
  const id = await ana.find("Yes, about the oak lamp");
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "proactive-form");
  await page.getByTestId("field").fill("eva@example.com");
  await page.getByTestId("field").press("Enter");
  await page.getByTestId("thanks").waitFor();
  await ana.frame({ type: "entries", conversation_id: id, entries: { 0: { kind: "answer", value: "eva@example.com" } } });
});

test("T4 of two triggers that fire at once the first in the merchant's order is shown, and no other after it on this page", async (t) => {
  const { page, go, reports } = await shopper(t);
  const { show, armed } = await go(at("both"));
  assert.deepEqual([show.trigger, armed], ["first", []]);
  await teaser(page).getByText("The first of two").first().waitFor();
  await teaser(page).getByRole("button", { name: "Dismiss" }).click();
  await teaser(page).waitFor({ state: "detached" });
  await page.goto(`${product.url}/shop/about.html`);
  await page.getByTestId("launcher").waitFor();
  await page.waitForLoadState("networkidle");
  assert.equal(await page.getByText("The second of two").count(), 0);
  assert.equal(reports.filter(({ what }) => what === "view").length, 1);
});

test("T4 sent away it stays away, on this page and on others, in this tab and in the next", async (t) => {
  const { context, page, go, answered } = await shopper(t);
  await go(at("dismissed"));
  const told = answered("dismissed");
  await teaser(page).getByRole("button", { name: "Dismiss" }).click();
  await told;
  for (const tab of [page, await context.newPage()]) {
    for (let n = 0; n < 2; n++) {
      const answer = tab.waitForResponse((answer) => answer.url().endsWith("/page-views"));
      await tab.goto(product.url + at("dismissed"));
      assert.equal((await (await answer).json()).show, undefined);
      assert.equal(await teaser(tab).count(), 0);
    }
  }
});

test("an answer begins the conversation with the message first, of its agent's; both agents see both, and before it nothing is in the inbox", async (t) => {
  const text = kiln;
  await online();
  const luis = await product.person({ viewport: { width: 1440, height: 900 } });
  t.after(() => luis.context.close());
  await signIn(luis.page, product.url, "luis@example.com");
  const rows = luis.page.locator("[data-conversation]");
  const { page, go, answered } = await shopper(t);
  await go(at("answered"));
  const opened = answered("shown_opened");
  await teaser(page).getByText("Ana García").click();
  await opened;
  await message(page, text).waitFor();
  // What comes into the list later is there: what was shown would be, too.
  await product.visitor("Somebody else, who has written");
  await rows.filter({ hasText: "Somebody else, who has written" }).waitFor();
  assert.equal(await rows.filter({ hasText: "kiln" }).count(), 0);
  await page.getByTestId("composer").fill("The big one, for the kitchen");
  await page.getByTestId("composer").press("Enter");
  await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: "The big one" }).waitFor();
  await page.locator("[data-testid=message][data-seq='1']").filter({ hasText: text }).waitFor();
  await page.locator("[data-testid=message][data-seq='2']").filter({ hasText: "The big one" }).waitFor();
  assert.deepEqual(await page.getByTestId("message").allInnerTexts(), [text, "The big one, for the kitchen"]);
  // One agent in the dashboard, the other over the wire.
  await luis.page.getByText("The big one").first().click();
  const log = luis.page.getByRole("log");
  await log.getByText(text).waitFor();
  await log.getByText("The big one").waitFor();
  const id = await ana.find("The big one, for the kitchen");
  const { entries } = await ana.frame({ type: "entries", conversation_id: id });
  const said = entries.filter(({ log, kind }) => log === "thread" && kind === "message");
  assert.deepEqual(said.map(({ seq, text, author }) => [seq, text, author.name ?? author.role]), [[1, text, "Ana García"], [2, "The big one, for the kitchen", "shopper"]]);
  // After a reload it is the log that is shown, and nothing of it twice.
  await page.reload();
  await message(page, text).waitFor();
  assert.deepEqual(await page.getByTestId("message").allInnerTexts(), [text, "The big one, for the kitchen"]);
});

test("T4 two tabs at once show it once", async (t) => {
  const { context, page, go } = await shopper(t);
  // Somebody whom the server knows.
  await go("/shop/custom.html");
  const tabs = [page, await context.newPage()];
  const answers = tabs.map((tab) => tab.waitForResponse((answer) => answer.url().endsWith("/page-views")).then((answer) => answer.json()));
  await Promise.all(tabs.map((tab) => tab.goto(product.url + at("once"))));
  const shown = (await Promise.all(answers)).map(({ show }) => show !== undefined);
  assert.deepEqual(shown.toSorted(), [false, true]);
  await teaser(tabs[shown.indexOf(true)]).waitFor();
  assert.equal(await teaser(tabs[shown.indexOf(false)]).count(), 0);
});

test("W7 T4 without consent nothing is stored, and what is shown once a visit is not shown", async (t) => {
  const { page, go, reports } = await shopper(t);
  const visit = await go(`${at("once")}&consent=none`);
  assert.deepEqual([visit.show, visit.visitor], [undefined, undefined]);
  await go(`${at("always")}&consent=none`);
  await teaser(page).waitFor();
  assert.ok(reports.length === 2 && reports.every(({ remember, visitor }) => !remember && visitor === undefined));
  assert.deepEqual(await kept(page), []);
  // The shopper agrees: from now on they are known.
  await go(at("once"));
  await teaser(page).waitFor();
  assert.deepEqual(await kept(page), ["mostrador:demo:visitor"]);
});

test("A5: script in a trigger's text is text, before and after the answer", async (t) => {
  const { page, go } = await shopper(t);
  await go(at("script"));
  await teaser(page).getByText("onerror").first().click();
  await message(page, "onerror").waitFor();
  await page.getByTestId("composer").fill("nice try");
  await page.getByTestId("composer").press("Enter");
  await page.locator("[data-testid=message][data-seq='1']").filter({ hasText: "onerror" }).waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("#mostrador img, #mostrador a[href^=javascript]").count(), 0);
});

test("T5 a trigger that is off is shown in the browser that tries it, and in no other", async (t) => {
  const { key } = await admin.ask("POST", "/triggers/test", { trigger: "tried" });
  const { page, go } = await shopper(t);
  await go(`${at("tried")}#mostrador-test=tried.${key}`);
  await teaser(page).getByText("Only tried").first().waitFor();
  assert.doesNotMatch(page.url(), /mostrador-test/);
  const other = await shopper(t);
  await other.page.goto(product.url + at("tried"));
  await other.page.getByTestId("launcher").waitFor();
  await other.page.waitForLoadState("networkidle");
  assert.deepEqual(other.reports, []);
});

test("T6 what follows is counted: shown, opened, and an order once, however often its page is loaded", async (t) => {
  const { page, go, answered } = await shopper(t);
  await go(at("counted"));
  const opened = answered("shown_opened");
  await teaser(page).getByText("Taller Luz").click();
  await opened;
  for (let n = 0; n < 2; n++) {
    await page.goto(`${product.url}/shop/product.html`);
    const told = answered("event");
    await page.evaluate(() => mostrador("track", "order", { value: 148, currency: "EUR", reference: "order-1001" }));
    await told;
  }
  for (;;) {
    const { triggers } = await admin.ask("GET", "/triggers/results?days=1");
    const [day] = triggers.find(({ id }) => id === "counted")?.days ?? [];
    if (day?.converted) {
      assert.deepEqual([day.shown, day.opened, day.converted, day.value], [1, 1, 1, [{ currency: "EUR", hundredths: 14_800 }]]);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
});
