// Triggers and groups in a real browser: made from templates, edited, refused, published by two at once, and what came of them.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { adminOf } from "./admin.mjs";
import { signIn, start, violations } from "./product.mjs";

let product, ana;
before(async () => {
  product = await start();
  ana = await adminOf(product);
});
after(async () => { await product.stop(); });

const at = (item = "") => `${product.url}/dashboard/demo/settings/triggers${item && `/${item}`}`;

async function admin(t, url, options = {}) {
  const { context, page } = await product.person({ viewport: { width: 1440, height: 900 }, ...options });
  t.after(() => context.close());
  await signIn(page, product.url, "ana@example.com");
  await page.goto(url);
  return page;
}

const standing = async (document = "triggers") => (await ana.ask("GET", `/${document}`)).value[document];
/** Every version is kept, so that an admin may publish sixty times in ten minutes: what stands is not published again. */
async function publish(document, list) {
  const { version, value } = await ana.ask("GET", `/${document}`);
  if (JSON.stringify(value[document]) === JSON.stringify(list)) return;
  await ana.ask("PUT", `/${document}`, { expected: version, value: { [document]: list } });
}
const trigger = (id, more = {}) => ({
  id, name: id, enabled: true, when: "both",
  conditions: [{ kind: "page", is: true, patterns: [{ kind: "exact", text: `/${id}` }] }, { kind: "time_on_page", seconds: 20 }],
  actions: [{ kind: "message", sender: { kind: "bot" }, texts: { en: `Hello from ${id}` }, display: "teaser" }],
  frequency: { kind: "once_per_visit" }, ...more,
});
const button = (page, name) => page.getByRole("button", { name, exact: typeof name === "string" });
const said = (page, text) => page.locator(".save-bar").getByText(text);
const names = (page) => page.locator(".trigger-name").allTextContents();

/** Until the server has it so: the list shows at once what it publishes behind. */
async function published(check) {
  for (let wait = 20; ; wait = Math.min(2 * wait, 500)) {
    const triggers = await standing();
    if (check(triggers)) return triggers;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

for (const [template, url, kind] of [["stuck_on_landing", "/", "exact"], ["long_form", "/order/*", "wildcard"], ["contact_page", "/contact", "exact"], ["cart_or_checkout", "/cart", "exact"]]) {
  test(`t_3 a trigger of the template ${template} works after only a page and a text`, async (t) => {
    await publish("triggers", []);
    const page = await admin(t, at());
    await page.getByText("No triggers yet").waitFor();
    await button(page, "New trigger").click();
    await page.locator(`[data-template=${template}]`).click();
    await page.getByLabel("On which page?").fill(url);
    await page.getByLabel("What does it say?").fill("May we help?");
    await button(page, "Publish").click();
    await said(page, "Published as version").waitFor();
    const [made, ...others] = await standing();
    assert.deepEqual(others, []);
    assert.equal(made.enabled, true);
    assert.deepEqual(made.conditions[0], { kind: "page", is: true, patterns: [{ kind, text: url }] });
    assert.ok(made.conditions.some(({ kind }) => kind === "time_on_page"), "no first delay");
    assert.notEqual(made.frequency.kind, "every_page_load");
    assert.equal(made.actions[0].texts.en, "May we help?");
    assert.ok(made.actions[0].texts.es.length > 10, "the other languages have our suggestion");
    // It goes on in the editor, under its own address.
    await page.waitForURL(at(made.id));
    await page.getByLabel("Name, for agents only").waitFor();
    const config = await (await fetch(`${product.url}/v1/sites/demo/config`, { cache: "no-store" })).json();
    // The shop's pages are told to ask there, and nowhere else.
    const asks = (path) => config.proactive.sieve.pages.some((needle) => `https://shop.example${path}`.includes(needle));
    assert.deepEqual([asks(url.replace("*", "lamp")), asks("/elsewhere")], [true, url === "/"]);
  });
}

/** Presses Tab until it is there, as somebody without a mouse does. */
async function tabTo(page, target, way = "Tab") {
  await target.waitFor();
  for (let n = 0; n < 150; n += 1) {
    if (await target.evaluate((one) => one === document.activeElement)) return;
    await page.keyboard.press(way);
  }
  assert.fail(`${target} cannot be reached by ${way}`);
}

test("ux_39 the trigger editor works by keyboard alone: made, a condition added and removed, published, put in order, deleted and brought back", async (t) => {
  await publish("triggers", [trigger("first"), trigger("second")]);
  const page = await admin(t, at());
  const keys = page.keyboard;
  await tabTo(page, button(page, "New trigger"));
  await keys.press("Enter");
  await tabTo(page, page.locator("[data-template=blank]"));
  await keys.press("Enter");
  await tabTo(page, page.getByLabel("Name, for agents only"));
  await keys.type("By keyboard");
  await tabTo(page, page.locator("[data-condition=page] summary"));
  await keys.press("Enter");
  await tabTo(page, page.getByLabel("Page 1", { exact: true }));
  await keys.type("/lamps");
  await page.getByText("The page’s address contains “/lamps”").waitFor();
  const kind = page.getByLabel("Kind of condition");
  await tabTo(page, kind);
  await keys.type("Country");
  assert.equal(await kind.inputValue(), "country");
  await tabTo(page, button(page, "Add a condition"));
  await keys.press("Enter");
  // What was added is open, with the cursor in it.
  const country = page.locator("[data-condition=country]");
  assert.ok(await country.evaluate((one) => one.contains(document.activeElement)));
  await tabTo(page, page.getByLabel("Countries, two letters each"));
  await keys.type("es, pt");
  await page.getByText("Is in Spain or Portugal").waitFor();
  await tabTo(page, button(page, "Remove the condition: Has been on this page for at least 30 seconds"), "Shift+Tab");
  await keys.press("Enter");
  await page.locator("[data-condition=time_on_page]").waitFor({ state: "detached" });
  assert.ok(await kind.evaluate((one) => one === document.activeElement), "the focus was lost with the condition");
  await tabTo(page, page.getByLabel("Text in English"));
  await keys.type("Looking for a lamp?");
  assert.deepEqual(await violations(page), []);
  await tabTo(page, button(page, "Publish"));
  await keys.press("Enter");
  await said(page, "Published as version").waitFor();
  const made = (await standing()).at(-1);
  assert.deepEqual([made.name, made.id], ["By keyboard", "by-keyboard"]);
  assert.deepEqual(made.conditions, [{ kind: "page", is: true, patterns: [{ kind: "contains", text: "/lamps" }] }, { kind: "country", is: true, any_of: ["ES", "PT"] }]);

  await tabTo(page, page.getByRole("link", { name: "All triggers" }), "Shift+Tab");
  await keys.press("Enter");
  const up = button(page, "Move By keyboard up");
  await tabTo(page, up);
  await keys.press("Enter");
  await published((list) => list[1].id === "by-keyboard");
  assert.ok(await up.evaluate((one) => one === document.activeElement), "whoever moves it stays with it");
  await page.getByRole("status").getByText("By keyboard is now number 2 of 3").waitFor({ state: "attached" });
  await keys.press("Enter");
  await published((list) => list[0].id === "by-keyboard");
  assert.deepEqual(await names(page), ["By keyboard", "first", "second"]);
  await tabTo(page, button(page, "Delete By keyboard"));
  await keys.press("Enter");
  const undo = button(page, "Undo: bring “By keyboard” back");
  await undo.waitFor();
  assert.ok(await undo.evaluate((one) => one === document.activeElement), "Undo is where the cursor is");
  await published((list) => list.length === 2);
  await keys.press("Enter");
  await published((list) => list.length === 3 && list[0].id === "by-keyboard");
  await tabTo(page, page.getByRole("switch", { name: "By keyboard is on" }), "Shift+Tab");
  await keys.press("Space");
  await published((list) => list[0].enabled === false);
});

test("what is wrong with a trigger is said beside its field, whatever its place in the list, and nothing is published", async (t) => {
  const before = [trigger("other"), trigger("mine")];
  await publish("triggers", before);
  const page = await admin(t, at("mine"));
  await page.locator("[data-condition=page] summary").click();
  await page.getByLabel("How page 1 is compared").selectOption("regex");
  await page.getByLabel("Page 1", { exact: true }).fill("(");
  await page.getByLabel("Kind of condition").selectOption("window");
  await button(page, "Add a condition").click();
  await button(page, "Add a condition").click();
  await page.locator("[data-condition=window]").last().getByRole("combobox").selectOption("open");
  await page.getByLabel("Text in English").fill("");
  await page.getByLabel("Name, for agents only").fill(" ");
  await button(page, "Publish").click();
  await said(page, "4 fields need attention").waitFor();
  for (const path of ["name", "conditions.0.patterns.0.text", "conditions.3", "actions.0.texts.en"]) await page.locator(`[data-problem='${path}']`).waitFor();
  assert.match(await page.locator("[data-problem='conditions.3']").innerText(), /condition 3/);
  assert.equal(await page.getByLabel("Page 1", { exact: true }).getAttribute("aria-invalid"), "true");
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "triggers-wrong");
  assert.deepEqual(await standing(), before);
  // A number that was cleared is asked for, and not sent as none.
  await page.locator("[data-condition=time_on_page] summary").click();
  await page.getByLabel("Seconds", { exact: true }).fill("");
  await button(page, "Publish").click();
  await page.locator("[data-problem='conditions.1.seconds']").waitFor();
});

test("two who publish at once: other triggers stay as the other left them, and of the same one the second is asked", async (t) => {
  await publish("triggers", [trigger("a"), trigger("b")]);
  const [one, other] = await Promise.all([admin(t, at("a")), admin(t, at("b"))]);
  const text = (page) => page.getByLabel("Text in English");
  await text(one).fill("From one");
  await text(other).fill("From the other");
  await button(one, "Publish").click();
  await said(one, "Published as version").waitFor();
  await button(other, "Publish").click();
  await said(other, "Published as version").waitFor();
  const texts = async () => (await standing()).map(({ actions }) => actions[0].texts.en);
  assert.deepEqual(await texts(), ["From one", "From the other"]);

  const third = await admin(t, at("a"));
  await text(third).fill("From a third");
  await text(one).fill("From one again");
  await button(one, "Publish").click();
  await said(one, "Published as version").waitFor();
  await button(third, "Publish").click();
  const clash = third.getByRole("dialog");
  await clash.getByText("Ana García has published meanwhile").waitFor();
  await clash.getByRole("row", { name: /From one again From a third/ }).waitFor();
  assert.deepEqual(await violations(third), []);
  await button(clash, "Publish mine over it").click();
  await said(third, "Published as version").waitFor();
  assert.deepEqual(await texts(), ["From a third", "From the other"]);

  // Deleted meanwhile: said, and whoever publishes again brings it back.
  await publish("triggers", [(await standing())[1]]);
  await text(third).fill("Still here");
  await button(third, "Publish").click();
  await said(third, "Somebody has deleted this trigger meanwhile").waitFor();
  await button(third, "Publish").click();
  await said(third, "Published as version").waitFor();
  assert.deepEqual(await texts(), ["From the other", "Still here"]);
});

test("ux_35 the list is changed at once: on and off, copied, dragged, deleted and brought back, also after a colleague's change", async (t) => {
  await publish("triggers", ["a", "b", "c"].map((id) => trigger(id)));
  const page = await admin(t, at());
  await page.locator("[data-trigger=a]").waitFor();
  // A colleague's change in between is kept, and what is done here is done to it.
  await publish("triggers", ["a", "b", "c", "d"].map((id) => trigger(id)));
  await page.getByRole("switch", { name: "b is on" }).click();
  await published((list) => list.length === 4 && list[1].enabled === false);
  await page.locator("[data-trigger=d]").waitFor();
  await button(page, "Duplicate a").click();
  await published((list) => list[1].name === "a (copy)" && list[1].enabled === false);
  assert.deepEqual(await names(page), ["a", "a (copy)", "b", "c", "d"]);
  await page.locator(".ordered-item", { hasText: "/c" }).locator(".ordered-grip").dragTo(page.locator(".ordered-item").first());
  await published((list) => list[0].id === "c");
  await button(page, "Delete a").click();
  await published((list) => !list.some(({ id }) => id === "a"));
  await button(page, /^Undo/).click();
  await published((list) => list[1].id === "a");
  await page.reload();
  await page.locator("[data-trigger=c]").waitFor();
  assert.deepEqual(await names(page), ["c", "a", "a (copy)", "b", "d"]);
  // Whoever opens one at once finds it as they have just left it, and is not asked about their own change.
  await page.getByRole("switch", { name: "d is on" }).click();
  await page.getByRole("link", { name: "d", exact: true }).click();
  assert.equal(await page.getByRole("switch", { name: "Switched on" }).isChecked(), false);
  await published((list) => list[4].enabled === false);
  await page.getByLabel("Text in English").fill("After the switch");
  await button(page, "Publish").click();
  await said(page, "It is switched off").waitFor();
});

test("ux_40 a trigger's changes are not taken away by a click on something else", async (t) => {
  await publish("triggers", [trigger("a")]);
  const page = await admin(t, at("a"));
  await page.getByLabel("Text in English").fill("Half a text");
  await page.getByRole("link", { name: "All triggers" }).click();
  const ask = page.getByRole("alertdialog");
  await button(ask, "Stay").click();
  assert.equal(await page.getByLabel("Text in English").inputValue(), "Half a text");
  await page.getByRole("link", { name: "All triggers" }).click();
  await button(ask, "Leave").click();
  await page.locator("[data-trigger=a]").waitFor();
  // What nobody has touched is nothing to lose.
  await button(page, "New trigger").click();
  await page.locator("[data-template=contact_page]").click();
  await page.getByLabel("On which page?").waitFor();
  await page.getByRole("link", { name: "All triggers" }).click();
  await page.locator("[data-trigger=a]").waitFor();
  // Nor is a field that one has only walked through.
  await page.getByRole("link", { name: "a", exact: true }).click();
  for (const tongue of ["Spanish", "Italian"]) await page.getByLabel(`Text in ${tongue}`).focus();
  await page.getByRole("link", { name: "All triggers" }).click();
  await page.locator("[data-trigger=a]").waitFor();
});

test("t_5 the preview follows the draft, in the shop's colours, light and dark, on a computer and a phone", async (t) => {
  await publish("triggers", [trigger("a")]);
  await ana.publish(t, "appearance", { color: "#7a1f5c" });
  const page = await admin(t, at("a"));
  const preview = page.getByTestId("trigger-preview");
  await page.getByLabel("Text in English").fill("Welcome to {shop}");
  await preview.getByText("Welcome to Taller Luz").waitFor();
  const colour = (selector) => preview.locator(selector).evaluate((one) => getComputedStyle(one).backgroundColor);
  assert.equal(await colour(".shop-launcher"), "rgb(122, 31, 92)");
  const light = await colour(".shop-teaser");
  await page.getByLabel("Look").selectOption("dark");
  assert.notEqual(await colour(".shop-teaser"), light);
  await page.getByLabel("Device").selectOption("phone");
  await page.getByLabel("as one line").check();
  await preview.locator(".shop-bubble", { hasText: "Welcome to Taller Luz" }).waitFor();
  await page.getByLabel("in the open chat window").check();
  // Never the whole of a phone's screen.
  const [frame, window] = await Promise.all([preview.boundingBox(), preview.locator(".shop-window").boundingBox()]);
  assert.ok(window.height < frame.height * 0.8, `${window.height} of ${frame.height}`);
  await page.getByLabel("Language").selectOption("es");
  await page.getByText("No text in this language").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "triggers-preview");
});

test("t_5 a link for trying is made of what is published, for whole addresses only; and without anything shown the results say so", async (t) => {
  await publish("triggers", [trigger("a", { enabled: false })]);
  const page = await admin(t, at("a"));
  await page.getByLabel("Page to open").fill("/shop/");
  await button(page, "Make a test link").click();
  await page.getByText("The whole address is needed").waitFor();
  await page.getByLabel("Page to open").fill(`${product.url}/shop/`);
  await button(page, "Make a test link").click();
  const link = page.locator("[data-test-link]");
  await link.waitFor();
  assert.match(await link.getAttribute("href"), new RegExp(`^${product.url}/shop/#mostrador-test=a\\..{16,}$`));
  assert.deepEqual(await violations(page), []);
  // What is tried is what is published: a draft is not.
  await page.getByLabel("Text in English").fill("A draft");
  await page.getByText("Publish first").waitFor();
  assert.ok(await button(page, "Make a test link").isDisabled());
  await button(page, "Discard").click();
  await page.getByRole("link", { name: "All triggers" }).click();
  await page.getByRole("link", { name: "Results" }).click();
  await page.getByText("Nothing has been shown yet").waitFor();
});

test("t_6 the results' table has the numbers of its chart, for every day and count, and money is never added across currencies", async (t) => {
  await publish("triggers", [trigger("a", { name: "Cart" }), trigger("b", { name: "Landing" })]);
  const page = await admin(t, at());
  const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  const figures = (ago, shown, opened, answered, converted, value = []) => ({ day: day(ago), shown, opened, answered, converted, value });
  const triggers = [
    { id: "a", days: [figures(9, 40, 12, 7, 2, [{ currency: "EUR", hundredths: 12050 }]), figures(1, 55, 20, 9, 3, [{ currency: "USD", hundredths: 9900 }])] },
    { id: "gone", days: [figures(1, 5, 0, 0, 0)] },
  ];
  await page.route("**/triggers/results?*", (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify({ triggers, value: [] }) }));
  await page.getByRole("link", { name: "Results" }).click();
  const chart = page.getByTestId("chart");
  await chart.waitFor();
  for (const chosen of ["", "a"]) {
    await page.getByLabel("Trigger", { exact: true }).selectOption(chosen);
    const points = await chart.locator("circle").evaluateAll((all) => all.map(({ dataset }) => [dataset.day, dataset.count, Number(dataset.value)]));
    assert.equal(points.length, 30 * 4);
    const cells = await page.getByTestId("by-day").locator("tbody td[data-count]").evaluateAll((all) => all.map((one) => [one.closest("tr").dataset.row, one.dataset.count, Number(one.dataset.value)]));
    const key = (list) => list.filter(([, , value]) => value > 0).map((one) => one.join(" ")).sort();
    assert.deepEqual(key(cells), key(points));
    assert.ok(key(cells).length >= 7);
    // A point stands as high as its number says.
    const [highest, lowest] = await chart.locator("circle[data-count=shown]").evaluateAll((all) => { const sorted = [...all].sort((a, b) => b.dataset.value - a.dataset.value); return [sorted[0], sorted.at(-1)].map((one) => Number(one.getAttribute("cy"))); });
    assert.ok(highest < lowest);
    const sums = await page.getByTestId("by-day").locator("tfoot td[data-count]").evaluateAll((all) => all.map((one) => Number(one.dataset.value)));
    assert.deepEqual(sums, ["shown", "opened", "answered", "converted"].map((count) => points.filter(([, name]) => name === count).reduce((sum, [, , value]) => sum + value, 0)));
  }
  await page.getByLabel("Trigger", { exact: true }).selectOption("");
  await page.getByTestId("by-trigger").getByRole("row", { name: /Deleted: gone 5 0 0 0/ }).waitFor();
  await page.getByTestId("by-trigger").getByRole("row", { name: /Cart 95 32 16 5 €120.50 ?\$99/ }).waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "triggers-results");
});

test("a_4 a group has a name and agents; one that a trigger uses says so, and the server would refuse", async (t) => {
  await publish("triggers", []);
  await publish("groups", []);
  const page = await admin(t, `${product.url}/dashboard/demo/settings/groups`);
  await button(page, "Add a group").click();
  await page.getByLabel("Name, which shoppers see too").fill("Orders");
  await page.getByLabel("Luis Ortega").check();
  await button(page, "Add a group").click();
  await page.getByLabel("Name, which shoppers see too").last().fill("Orders");
  await button(page, "Publish").click();
  await page.locator("[data-problem='groups.1.name']").waitFor();
  await page.getByLabel("Name, which shoppers see too").last().fill("Care");
  await page.getByText("Nobody is in it").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "groups");
  await button(page, "Publish").click();
  await said(page, "Published as version").waitFor();
  const [orders, care] = await standing("groups");
  assert.deepEqual([orders.id, orders.name, orders.agents.length, care.id, care.agents], ["orders", "Orders", 1, "care", []]);

  await publish("triggers", [trigger("a", { name: "Cart", actions: [{ kind: "assign_group", group: "orders" }] })]);
  await page.reload();
  await button(page, "Delete Orders").click();
  await page.getByText("“Orders” cannot be deleted: the trigger “Cart” uses it.").waitFor();
  assert.equal(await page.locator("[data-group]").count(), 2);
  await assert.rejects(publish("groups", [care]), /in_use/);
  await button(page, "Delete Care").click();
  await button(page, "Publish").click();
  await said(page, "Published as version").waitFor();
  assert.deepEqual(await standing("groups"), [orders]);
});

test("the visitors' settings say what the live list costs, and what counts as a result; what is wrong is said beside it", async (t) => {
  const page = await admin(t, `${product.url}/dashboard/demo/settings/visitors`);
  await page.getByText("a few US dollars for a million").waitFor();
  await page.getByRole("switch", { name: "Show agents who is on the site, live" }).click();
  await page.getByLabel("Events that count as results").fill("order, sign up!");
  await page.getByLabel("Days in which such an event counts").fill("40");
  await button(page, "Publish").click();
  await page.locator("[data-problem=conversion_days]").waitFor();
  await page.locator("[data-problem='conversion_events.2']").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByLabel("Events that count as results").fill("order, sign_up");
  await page.getByLabel("Days in which such an event counts").fill("14");
  await button(page, "Publish").click();
  await said(page, "Published as version").waitFor();
  const { value } = (await ana.ask("GET", "/settings")).sections.find(({ section }) => section === "visitors");
  assert.deepEqual([value.live, value.conversion_days, value.conversion_events], [true, 14, ["order", "sign_up"]]);
  await product.shot(page, "settings-visitors");
});

test("a_25 an agent who is no admin finds no triggers and no groups to change", async (t) => {
  const { context, page } = await product.person();
  t.after(() => context.close());
  await signIn(page, product.url, "luis@example.com");
  for (const section of ["triggers", "groups"]) {
    await page.goto(`${product.url}/dashboard/demo/settings/${section}`);
    await page.getByText("Settings are for admins").waitFor();
  }
});

for (const { name, ...options } of [{ name: "dark", colorScheme: "dark" }, { name: "phone-spanish", locale: "es-ES", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }, { name: "phone-portuguese-dark", locale: "pt-BR", colorScheme: "dark", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }, { name: "italian", locale: "it-IT", viewport: { width: 1100, height: 800 } }]) {
  test(`axe finds nothing in the triggers, empty, busy and broken: ${name}`, async (t) => {
    await publish("triggers", Array.from({ length: 100 }, (_, n) => trigger(`t${n}`, { enabled: n % 3 > 0, name: `The trigger with the number ${n}` })));
    const page = await admin(t, `${product.url}/dashboard/`, options);
    const triggers = "**/v1/agent/sites/demo/triggers";
    const answer = (status, body) => page.route(triggers, (route) => route.fulfill({ status, contentType: "application/json", body: JSON.stringify(body) }));
    await answer(200, { document: "triggers", version: 0, value: { triggers: [] } });
    await page.goto(at());
    const fits = async (what) => {
      assert.deepEqual(await violations(page), [], what);
      assert.ok(await page.evaluate(() => [document.documentElement, document.querySelector(".settings-page")].every((one) => one.scrollWidth <= one.clientWidth)), `${what} is wider than the screen`);
      await product.shot(page, `triggers-${name}-${what}`);
    };
    await page.locator(".empty").waitFor();
    await fits("empty");
    await page.locator(".empty .button").click();
    await page.getByRole("dialog").waitFor();
    await fits("templates");
    await page.unroute(triggers);
    await page.goto(at());
    await page.locator("[data-trigger=t99]").waitFor();
    await fits("busy");
    await page.goto(at("t1"));
    await page.locator("[data-condition]").last().waitFor();
    for (const one of await page.locator("[data-condition] summary").all()) await one.click();
    await fits("editor");
    await page.route("**/triggers/results?*", (route) => route.fulfill({ contentType: "application/json", body: '{"triggers":[],"value":[]}' }));
    await page.goto(at("all:results"));
    await page.locator(".empty").waitFor();
    await fits("results");
    await answer(500, { error: { code: "internal", message: "x" } });
    await page.goto(at());
    await page.locator(".settings-page .failed").waitFor();
    await fits("broken");
  });
}
