// Scenarios in a real browser: drawn, written by keys alone, tried, published, refused, followed.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { signIn, start, violations } from "./product.mjs";
import { adminOf } from "./admin.mjs";
import { TWELVE, long, scenario, twelve } from "./scenarios.mjs";

let product, ana;
before(async () => {
  product = await start();
  ana = await adminOf(product);
  await ana.set("form", { fields: ["name", "email"].map((id) => ({ id, kind: id, required: false, labels: {} })) });
  await ana.ask("PUT", "/groups", { expected: 0, value: { groups: [{ id: "sales", name: "Sales", agents: [] }] } });
});
after(async () => { await product.stop(); });

async function admin(t, item, { view, ...options } = {}) {
  const { context, page } = await product.person({ viewport: { width: 1440, height: 900 }, ...options });
  t.after(() => context.close());
  await signIn(page, product.url, "ana@example.com");
  if (view) await page.evaluate((view) => localStorage.setItem("mostrador.prefer.scenario-view", view), view);
  await open(page, item);
  return page;
}

async function open(page, item) {
  await page.goto(`${product.url}/dashboard/demo/settings/scenarios${item ? `/${item}` : ""}`);
  await page.locator(item ? ".scenario-editor" : ".scenarios").waitFor();
}

const published = (page, text = /Published as version/) => page.locator(".save-bar").getByText(text).waitFor();
const publish = (page) => page.getByRole("button", { name: "Publish", exact: true }).click();
const stands = async (id) => (await ana.ask("GET", `/scenarios/${id}`)).value;
/** Without where the steps stand on the picture. */
const steps = (value) => Object.fromEntries(value.steps.map(({ x: _, y: __, ...step }) => [step.id, step]));
/** Puts a scenario there, whatever stood there before. */
async function put(value) {
  const before = await ana.ask("GET", `/scenarios/${value.id}`).catch(() => ({ version: 0 }));
  await ana.ask("PUT", `/scenarios/${value.id}`, { expected: before.version, value });
}

test("T7: twelve steps drawn as a picture, tried as a shopper would meet them, and published", async (t) => {
  const page = await admin(t, "new:blank", { view: "picture" });
  const node = (id) => page.locator(`.react-flow__node[data-id="${id}"]`);
  const side = page.locator(".scenario-side");
  const field = (at) => side.locator(`[data-at="${at}"]`);
  await field("name").fill("Help desk");
  /** Takes a step in hand. A picture that has just been put in order moves under the pointer: who misses points again. */
  const select = async (id) => {
    for (let tries = 1; ; tries += 1) {
      await settledBox(node(id));
      await node(id).locator(".pic-text").click();
      try {
        return await side.locator(`[data-form="${id}"]`).waitFor({ timeout: 5_000 });
      } catch (error) {
        if (tries === 5) throw error;
      }
    }
  };
  /** Draws a line with the mouse: from a step's way out to a step, or to where there is none yet. */
  const draw = async (from, handle, to) => {
    const out = node(from).locator(`.react-flow__handle[data-handleid="${handle}"]`);
    await page.getByRole("button", { name: "Show all" }).click();
    const at = await settledBox(out);
    const aim = to.startsWith("+") ? await blank(page) : middle(await settledBox(node(to).locator(".react-flow__handle.target")));
    await page.mouse.move(...middle(at));
    await page.mouse.down();
    await page.mouse.move(aim[0] - 10, aim[1] - 10, { steps: 4 });
    await page.mouse.move(...aim);
    await page.mouse.up();
    if (to.startsWith("+")) await node(to.slice(1)).waitFor();
    await out.and(page.locator("[data-led]")).waitFor();
  };
  for (const step of TWELVE) {
    await select(step.id);
    if (step.text) await field("texts.en").fill(step.text);
    await field("next").selectOption(step.kind);
    if (step.kind === "buttons") {
      for (const [n, [label]] of step.buttons.entries()) {
        if (n > 0) await side.getByRole("button", { name: "Add a button" }).click();
        await field(`next.buttons[${n}].labels.en`).fill(label);
      }
      for (const [n, [, to]] of step.buttons.entries()) {
        await draw(step.id, `button:b${n + 1}`, to);
        await page.getByRole("button", { name: "Put in order" }).click();
      }
    }
    if (step.field) await field("next.field").selectOption(step.field);
    if (step.group) await field("next.to.group").selectOption(`group:${step.group}`);
    if (step.restart) await field("next.restart").check();
    if (step.to) await draw(step.id, step.kind === "hand_over" ? "offline" : "next", step.to);
    await page.getByRole("button", { name: "Put in order" }).click();
  }
  assert.equal(await page.locator(".pic-step").count(), 12);
  assert.equal(await page.locator(".problems-button").getAttribute("data-count"), "0");
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "scenario-picture");

  // A draft is tried before anything is published, and the picture shows where one is.
  await page.getByRole("button", { name: "Try it" }).click();
  const trial = page.locator(".try");
  const here = (id) => node(id).locator(".pic-step[data-current]").waitFor();
  await trial.getByText("Hello from Taller Luz! What is it about?").waitFor();
  await here("s1");
  await trial.getByRole("button", { name: "My order" }).click();
  await trial.getByText("Look in your confirmation mail.").waitFor();
  await here("s2");
  await trial.getByRole("button", { name: "Lost it" }).click();
  await here("s6");
  await trial.getByLabel("Answer the question").fill("maria@example.com");
  await trial.getByRole("button", { name: "Send" }).click();
  await trial.getByText("Handed over: anyone").waitFor();
  await trial.getByLabel("The shop is").selectOption("offline");
  await trial.getByRole("button", { name: "Buying" }).click();
  await trial.getByRole("button", { name: "A present" }).click();
  await trial.getByText("We are closed. May we write to you?").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "scenario-try");
  await trial.getByRole("button", { name: "Start again" }).click();
  await trial.getByRole("button", { name: "As if an agent wrote" }).click();
  await trial.getByText("An agent has written.").waitFor();

  await publish(page);
  await published(page, /Published as version 1\. Running chats go on with theirs/);
  await page.waitForURL(/\/scenarios\/help-desk$/);
  const value = await stands("help-desk");
  assert.deepEqual(steps(value), twelve());
  assert.equal(value.first, "s1");
  const places = new Set(value.steps.map(({ x, y }) => `${x} ${y}`));
  assert.equal(places.size, 12, "every step has a place of its own");

  // The picture is taken back and put again like everything else. All of it in sight first: to what lies outside a test would scroll, and
  // the picture, which is moved and never scrolled, takes that back between the press and the release.
  await page.getByRole("button", { name: "Show all" }).click();
  await settledBox(node("s12"));
  await node("s12").locator(".pic-text").click();
  await page.keyboard.press("Delete");
  await node("s12").waitFor({ state: "detached" });
  await page.keyboard.press("Control+z");
  await node("s12").waitFor();
  await page.locator(".save-bar [type=submit]:disabled").waitFor();
});

const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];

/** Where it is when the picture has come to rest. */
async function settledBox(locator) {
  await locator.page().locator('[data-testid="picture"][aria-busy="false"]').waitFor();
  return locator.boundingBox();
}

/** A point of the picture where nothing is. */
async function blank(page) {
  const box = await page.getByTestId("picture").boundingBox();
  const taken = await page.locator(".react-flow__node, .react-flow__panel").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
  for (let y = box.y + box.height - 60; y > box.y + 60; y -= 20)
    for (let x = box.x + box.width - 80; x > box.x + 80; x -= 20)
      if (taken.every((one) => x < one.left - 50 || x > one.right + 50 || y < one.top - 50 || y > one.bottom + 50)) return [x, y];
  throw new Error("the picture is full");
}

test("UX 39: the same twelve steps by keyboard alone in the list, with buttons reordered, ways followed, undone, tried and published", async (t) => {
  const page = await admin(t, "new:blank", { view: "list" });
  const keys = page.keyboard;
  await page.locator(".outline").waitFor();
  await page.evaluate(() => {
    for (const kind of ["pointerdown", "mousedown", "touchstart"]) addEventListener(kind, () => { document.body.dataset.pointed = "yes"; }, true);
  });
  /** By Tab alone, in the direction in which it lies. */
  const to = async (selector) => {
    for (let presses = 0; presses < 120; presses += 1) {
      const way = await page.evaluate((selector) => {
        const target = document.querySelector(selector);
        if (target === null) return "none";
        const at = document.activeElement;
        return at === target ? "there" : at === document.body || at.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING ? "Tab" : "Shift+Tab";
      }, selector);
      if (way === "there") return;
      assert.notEqual(way, "none", `there is no ${selector}`);
      await keys.press(way);
    }
    assert.fail(`${selector} cannot be reached`);
  };
  const at = (step, field) => `[data-form="${step}"] [data-at="${field}"]`;
  const focused = (selector) => page.waitForFunction((selector) => document.activeElement?.matches(selector), selector);
  const choose = async (selector, value) => {
    await to(selector);
    // What one reads of the option is what one types.
    const words = await page.locator(`${selector} option[value="${value}"]`).innerText();
    await keys.type(/^\d+/.exec(words.trim())?.[0] ?? words.trim());
    assert.equal(await page.locator(selector).inputValue(), value);
  };
  const way = async (selector, to_) => {
    if (!to_.startsWith("+")) return choose(selector, to_);
    await to(selector);
    await keys.type("+");
    await page.waitForFunction(([selector, id]) => document.querySelector(selector).value === id, [selector, to_.slice(1)]);
  };

  await to(at("", "name"));
  await keys.press("Control+a");
  await keys.type("Help by keys");
  for (const step of TWELVE) {
    await to(`[data-title="${step.id}"]`);
    if ((await page.locator(`[data-title="${step.id}"]`).getAttribute("aria-expanded")) === "false") await keys.press("Enter");
    await to(at(step.id, `texts.en`));
    await keys.type(step.text);
    await choose(at(step.id, "next"), step.kind);
    if (step.kind === "buttons") {
      for (const [n, [label, goes]] of step.buttons.entries()) {
        const words = at(step.id, `next.buttons[${n}].labels.en`);
        if (n > 0) {
          await to(`[data-form="${step.id}"] .step-buttons > .button`);
          await keys.press("Enter");
          await focused(words);
        } else await to(words);
        await keys.type(label);
        await way(at(step.id, `next.buttons[${n}].goes`), goes);
      }
    }
    if (step.field) await choose(at(step.id, "next.field"), step.field);
    if (step.group) await choose(at(step.id, "next.to.group"), `group:${step.group}`);
    if (step.restart) {
      await to(at(step.id, "next.restart"));
      await keys.press("Space");
    }
    if (step.to) await way(at(step.id, step.kind === "hand_over" ? "next.offline" : step.kind === "go" ? "next.to" : "next.then"), step.to);
  }
  assert.equal(await page.locator(".problems-button").getAttribute("data-count"), "0");

  // Up and down go from step to step; a button is moved, said aloud, and moved back by undoing.
  await to('[data-title="s2"]');
  await keys.press("ArrowUp");
  await focused('[data-title="s1"]');
  await keys.press("Enter");
  const order = () => page.locator('[data-form="s1"] [data-at$=".labels.en"]').evaluateAll((all) => all.map((one) => one.value));
  await to('[data-form="s1"] [aria-label="Move A return up"]');
  await keys.press("Enter");
  assert.deepEqual(await order(), ["A return", "My order", "Buying"]);
  await page.getByRole("status").filter({ hasText: "A return is now number 1 of 3" }).waitFor({ state: "attached" });
  await keys.press("Control+z");
  assert.deepEqual(await order(), ["My order", "A return", "Buying"]);
  // From a way to where it leads.
  await to('[data-form="s1"] .way-jump');
  await to('[data-form="s1"] .step-button:nth-child(1) .way-jump');
  await keys.press("Enter");
  await focused("[data-title]");

  await to(".scenario-bar > .button[aria-pressed]");
  await keys.press("Enter");
  await page.locator(".try").getByRole("button", { name: "A return" }).waitFor();
  await to(".try-buttons button:nth-child(2)");
  await keys.press("Enter");
  await page.locator(".try").getByText("Within 30 days, with the slip.").waitFor();
  await focused(".try input");
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "scenario-list-keys");
  await to(".save-bar [type=submit]");
  await keys.press("Enter");
  await published(page, /Published as version 1/);
  assert.deepEqual(steps(await stands("help-by-keys")), twelve());
  assert.equal(await page.evaluate(() => document.body.dataset.pointed), undefined, "the mouse was used");
});

test("T7: launched, followed by a shopper, handed over with the choice posted, and silent once an agent has written", async (t) => {
  await put(scenario("followed", "Followed"));
  const page = await admin(t, "followed", { view: "list" });
  await page.getByLabel("How it starts").selectOption("on_opening");
  await publish(page);
  await published(page, /version 2/);
  // The version that is published then is for the chats that begin then: other tests open the chat, too.
  t.after(async () => put({ ...(await stands("followed")), start: "by_trigger" }));
  // The shop is online: Ana is.
  const { context, page: shop } = await product.person();
  t.after(() => context.close());
  await shop.goto(`${product.url}/shop/`);
  await shop.getByRole("button", { name: /chat/i }).first().click();
  const choose = (name) => shop.getByTestId("choices").getByRole("button", { name, exact: true }).click();
  await shop.getByTestId("message").getByText("Hello from Taller Luz! What is it about?").waitFor();
  await choose("My order");
  await shop.getByText("Look in your confirmation mail.").first().waitFor();
  await choose("Menu");
  await choose("My order");
  await choose("Lost it");
  const question = shop.getByTestId("field");
  await question.fill("maria@example.com");
  await question.press("Enter");
  await shop.getByText("A person looks into it.").first().waitFor();
  assert.equal(await shop.getByTestId("choices").count(), 0);
  assert.deepEqual(await violations(shop), []);
  await product.shot(shop, "scenario-followed");

  await page.goto(`${product.url}/dashboard/demo/queue`);
  await page.locator("[data-list] [role=option], .row").filter({ hasText: /Maria|maria@example.com|Lost it|A person looks/ }).first().click();
  const log = page.getByRole("log");
  await log.getByText("A person looks into it.").waitFor();
  // Said by the shopper; what was offered stands there as well.
  const said = (text) => log.locator(".bubble").getByText(text, { exact: true }).count();
  assert.deepEqual([await said("My order"), await said("Lost it")], [2, 1]);
  await product.shot(page, "scenario-handed-over");
  const reply = page.getByPlaceholder(/write a reply/i);
  await reply.fill("I have found your order.");
  await reply.press("Enter");
  await shop.getByText("I have found your order.").first().waitFor();
  assert.equal(await shop.getByTestId("choices").count(), 0);
});

test("what is wrong is said in plain words beside the step and on the picture, before the server is asked and when it refuses", async (t) => {
  await put(scenario("wrong", "Wrong"));
  const page = await admin(t, "wrong", { view: "picture" });
  const count = () => page.locator(".problems-button").getAttribute("data-count");
  const node = (id) => page.locator(`.react-flow__node[data-id="${id}"]`);
  const side = page.locator(".scenario-side");
  const pick = async (id) => {
    await page.getByRole("button", { name: "Show all" }).click();
    await settledBox(node(id));
    await node(id).locator(".pic-text").click();
    await side.locator(`[data-form="${id}"]`).waitFor();
  };
  assert.equal(await count(), "0");
  // A way cut: what it led to is reached by nothing, and the button leads nowhere.
  await pick("s7");
  await side.locator('[data-at="next.to"]').selectOption("s7");
  await node("s7").locator(".fault-chip").waitFor();
  await page.locator(".problems-button").click();
  await page.locator(".problems").getByRole("button", { name: /comes back here for ever/ }).waitFor();
  await side.locator('[data-at="next.to"]').selectOption("");
  await page.locator(".problems").getByRole("button", { name: /Leads nowhere yet/ }).click();
  await page.waitForFunction(() => document.activeElement?.getAttribute("data-at") === "next.to");
  await side.locator('[data-at="next.to"]').selectOption("s5");
  assert.equal(await count(), "0");
  // What only the server can tell.
  await pick("s3");
  await side.locator('[data-at="texts.en"]').fill("Within 30 days, {name}.");
  assert.equal(await count(), "0");
  await publish(page);
  await published(page, /1 thing is to be put right\. Nothing was published/);
  await side.locator("[data-problem='texts.en']").getByText("The variables of this text are {shop}.").waitFor();
  await node("s3").locator(".fault-chip").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "scenario-wrong");
  await pick("s1");
  await page.locator(".problems").getByRole("button", { name: /The variables of this text/ }).click();
  await page.waitForFunction(() => document.activeElement?.getAttribute("data-at") === "texts.en");
  assert.equal((await stands("wrong")).steps.find((step) => step.id === "s3").texts.en, "Within 30 days, with the slip.");
  await side.locator('[data-at="texts.en"]').fill("Within 30 days, from {shop}.");
  assert.equal(await count(), "0");
  await publish(page);
  await published(page, /version 2/);
  // The first step without a message, and a step that nothing leads to, are seen at once.
  await pick("s1");
  await side.locator('[data-at="texts.en"]').fill("");
  await page.locator(".problems").getByRole("button", { name: /The message is missing \(English\)/ }).waitFor();
  await page.getByRole("button", { name: "Add a step" }).click();
  await page.locator(".problems").getByRole("button", { name: /No step leads here/ }).waitFor();
});

test("ux_40 two who publish at once lose nothing, and what is not published is not left unasked", async (t) => {
  await put(scenario("shared", "Shared"));
  const [one, other] = await Promise.all([admin(t, "shared", { view: "list" }), admin(t, "shared", { view: "list" })]);
  const write = async (page, id, text) => {
    const title = page.locator(`[data-title="${id}"]`);
    if ((await title.getAttribute("aria-expanded")) === "false") await title.click();
    await page.locator(`[data-form="${id}"] [data-at="texts.en"]`).fill(text);
  };
  await write(one, "s5", "Gladly.");
  await write(other, "s12", "We write to you tomorrow.");
  await publish(one);
  await published(one, /version 2/);
  await publish(other);
  const clash = other.getByRole("dialog");
  await clash.getByText("Ana García has published meanwhile").waitFor();
  await clash.getByRole("row", { name: /We write to you tomorrow\. · English We will write to you\. We write to you tomorrow\./ }).waitFor();
  assert.deepEqual(await violations(other), []);
  await clash.getByRole("button", { name: "Publish mine over it" }).click();
  await published(other, /version 3/);
  await write(other, "s12", "Soon.");
  await other.getByRole("link", { name: "All scenarios" }).click();
  const ask = other.getByRole("alertdialog");
  await ask.getByRole("button", { name: "Stay" }).click();
  assert.equal(await other.locator('[data-form="s12"] [data-at="texts.en"]').inputValue(), "Soon.");
  await other.getByRole("link", { name: "All scenarios" }).click();
  await ask.getByRole("button", { name: "Leave" }).click();
  await other.getByRole("link", { name: "Shared", exact: true }).waitFor();
  assert.equal((await stands("shared")).steps.find((step) => step.id === "s12").texts.en, "We write to you tomorrow.");
});

test("all scenarios: made from ready ones, duplicated, deleted, and not deleted while a trigger starts them", async (t) => {
  const page = await admin(t, "");
  const line = (name) => page.locator(".scenario-line").filter({ has: page.getByRole("link", { name, exact: true }) });
  for (const name of [/^Order, returns/, /^Product finder/, /^While you are away/]) {
    await page.getByRole("button", { name: "New scenario" }).first().click();
    await page.getByRole("dialog").getByRole("link", { name }).click();
    await publish(page);
    await published(page, /version 1/);
    await page.getByRole("link", { name: "All scenarios" }).click();
  }
  const { languages } = (await ana.ask("GET", "/settings")).sections.find((one) => one.section === "general").value;
  const finder = await stands("product-finder");
  for (const language of languages) assert.ok(finder.steps.every((step) => step.texts[language]), `the finder speaks ${language}`);
  await line("Product finder").getByText(/Version 1 by Ana García/).waitFor();
  await line("Product finder").getByRole("link", { name: "Duplicate Product finder" }).click();
  await publish(page);
  await published(page, /version 1/);
  await page.getByRole("link", { name: "All scenarios" }).click();
  assert.deepEqual((await stands("product-finder-copy")).steps, finder.steps);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "scenarios-all");
  // Two begin when the chat is opened: the one that does not says so.
  await line("Order, returns, a person").getByText("When the chat is opened").waitFor();
  await line("While you are away: a message").getByText("Does not start by itself: “Order, returns, a person” does").waitFor();
  const triggers = await ana.ask("GET", "/triggers");
  const uses = { ...triggers.value, triggers: [{ id: "find", name: "Help them find", enabled: true, conditions: [], actions: [{ kind: "start_scenario", scenario: "product-finder" }], when: "both", frequency: { kind: "once_per_visit" } }] };
  await ana.ask("PUT", "/triggers", { expected: triggers.version, value: uses });
  await line("Product finder").getByRole("button", { name: "Delete Product finder" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByText(/Not deleted, because it is in use: .*Help them find/).waitFor();
  await page.getByRole("alertdialog").getByRole("button", { name: "Keep it" }).click();
  await line("Product finder (copy)").getByRole("button", { name: /^Delete/ }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").waitFor({ state: "detached" });
  await line("Product finder").waitFor();
  assert.equal(await line("Product finder (copy)").count(), 0);
});

test("a picture that is moved anew while it still moves, by a button or by hand, comes to rest and says so", async (t) => {
  await put(scenario("moved", "Moved"));
  const page = await admin(t, "moved", { view: "picture" });
  const picture = page.getByTestId("picture");
  const rest = () => picture.and(page.locator('[aria-busy="false"]')).waitFor();
  const press = (...names) => page.evaluate((names) => { for (const name of names) document.querySelector(`.picture-zoom [aria-label="${name}"]`).click(); }, names);
  await rest();
  await press("Zoom in", "Show all", "Zoom out");
  await rest();
  // The wheel takes it out of the button's hands.
  await press("Show all");
  await picture.locator(".react-flow__pane").dispatchEvent("wheel", { deltaY: -40, clientX: 700, clientY: 600, bubbles: true });
  await rest();
});

test("two hundred steps are drawn, put in order and searched through", async (t) => {
  await put(long(200));
  const page = await admin(t, "long", { view: "picture" });
  await page.locator(".pic-step").nth(198).waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Put in order" }).click();
  await page.getByRole("button", { name: "List", exact: true }).click();
  assert.equal(await page.locator(".outline-step").count(), 199);
  await page.getByRole("button", { name: "Picture", exact: true }).click();
  await page.locator(".pic-step").nth(198).waitFor({ state: "attached" });
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "scenario-long");
});

for (const look of [{ name: "dark", colorScheme: "dark" }, { name: "phone-spanish", locale: "es-ES", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }, { name: "phone-portuguese-dark", locale: "pt-BR", colorScheme: "dark", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }, { name: "italian", locale: "it-IT", viewport: { width: 1100, height: 800 } }]) {
  test(`axe finds nothing in the list, the picture, the trial and the list of scenarios: ${look.name}`, async (t) => {
    await put(scenario("looks", "Looks"));
    const { name, ...options } = look;
    const page = await admin(t, "", options);
    const whole = async (what) => {
      assert.deepEqual(await violations(page), [], `${name}: ${what}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${what} is wider than the screen`);
      await product.shot(page, `scenario-${name}-${what}`);
    };
    await page.locator(".scenario-line").first().waitFor();
    await whole("all");
    for (const view of ["list", "picture"]) {
      await page.evaluate((view) => localStorage.setItem("mostrador.prefer.scenario-view", view), view);
      await open(page, "looks");
      await page.locator(view === "list" ? ".outline-step" : ".pic-step").nth(11).waitFor({ state: "attached" });
      if (view === "list") await page.locator('[data-title="s1"]').click();
      await whole(view);
    }
    await page.locator(".scenario-bar > .button[aria-pressed]").click();
    await page.locator(".try-buttons button").nth(2).waitFor();
    await whole("try");
  });
}
