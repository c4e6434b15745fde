// A bot's buttons in the shopper's window: how they look and sound, by keyboard, on a phone, and what becomes of a choice when the network, a
// reload or a second tab comes between. What a scenario is and where it leads: scenarios.e2e.mjs.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { agentAt } from "../../web/widget/e2e/agent.mjs";
import { adminOf } from "./admin.mjs";
import { scenario } from "./scenarios.mjs";
import { start, violations } from "./product.mjs";

const hostile = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
const ways = (...all) => ({ kind: "buttons", buttons: all.map(([en, goes, es, ar], n) => ({ id: `b${n + 1}`, labels: { en, ...(es && { es }), ...(ar && { ar }) }, goes })) });
const LONG = [
  "I have a question about an order that I have placed already and not had",
  "Wiederrufsbelehrungsformularanforderung, bitte, an meine Rechnungsanschrift",
  "Payment", "Supercalifragilisticexpialidocioussupercalifragilisticexpialidocious", "A lamp for a room with a low ceiling", "أين طلبي؟", "Sizes", "Light bulbs and their colour temperatures", "Press", "Something else",
];
/** Everything that these tests do to a bot, from one menu: a site's first scenario by its id speaks where the window is opened. */
const MENU = scenario("menu", "Menu", {
  start: "on_opening",
  steps: [
    { id: "hello", texts: { en: "Hello from *{shop}*! What is it about?", es: "¡Hola! Somos {shop}. ¿De qué se trata?", ar: "مرحبًا بك في {shop}! كيف يمكننا مساعدتك؟" }, next: ways(["My order", "order", "Mi pedido", "طلبي"], ["A lamp", "lamp", "Una lámpara", "مصباح للمطبخ"], ["Ten things", "ten", "Diez cosas", "عشرة أشياء"], ["That is all", "end", "Eso es todo", "هذا كل شيء"], ["A person", "person", "Una persona", "موظف"], ["Tricks", "tricks", "Trucos", "حيل"]) },
    { id: "order", texts: { en: "Look in your confirmation mail.", es: "Mira en el correo de confirmación." }, next: { kind: "go", to: "found" } },
    { id: "found", texts: { en: "Did you find it?", es: "¿Lo has encontrado?" }, next: ways(["Found it", "end", "Sí"], ["Back to the menu", "hello", "Volver al menú"], ["Lost it", "person", "No"]) },
    { id: "lamp", texts: { en: "For which room?", es: "¿Para qué habitación?" }, next: ways(["The kitchen", "end", "La cocina"], ["Another", "hello", "Otra"]) },
    { id: "ten", texts: { en: "Which of these?" }, next: ways(...LONG.map((label) => [label, "hello"])) },
    { id: "tricks", texts: { en: `${hostile} javascript:window.hacked=1` }, next: ways([hostile, "hello"], ["javascript:window.hacked=1", "hello"]) },
    { id: "end", texts: { en: "Glad to help.", es: "Encantados." }, next: { kind: "end", restart: true } },
    { id: "person", texts: { en: "A person comes.", es: "Viene una persona." }, next: { kind: "hand_over", to: { kind: "anyone" } } },
  ],
});

let product, admin, ana;
before(async () => {
  product = await start();
  admin = await adminOf(product);
  ana = await agentAt(product);
  await ana.tell({ action: "presence", status: "online" });
  await admin.set("general", { languages: ["en", "es", "ar"], default_language: "en" });
  await admin.ask("PUT", "/scenarios/menu", { expected: 0, value: MENU });
  // Pages of their own, where the shop speaks first with the same scenario.
  const starts = (id, display) => ({
    id, name: id, enabled: true, when: "both", frequency: { kind: "every_page_load" },
    conditions: [{ kind: "page", is: true, patterns: [{ kind: "contains", text: `case=${id}` }] }],
    actions: [{ kind: "start_scenario", scenario: "menu" }, ...(display === "window" ? [{ kind: "open_window" }] : [])],
  });
  await admin.ask("PUT", "/triggers", { expected: 0, value: { triggers: [starts("beside", "teaser"), starts("inside", "window")] } });
  await admin.config(({ proactive, availability }) => availability.online && proactive?.sieve.pages.some((text) => text.includes("case=inside")));
  // A process of the functions may be some seconds behind with what is published.
  for (;;) {
    const content = await (await fetch(`${product.url}/v1/sites/demo/content?language=en`)).json();
    if (content.opening?.scenario === "menu") break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  for (;;) {
    const report = { page_id: crypto.randomUUID(), what: "view", remember: false, url: `${product.url}/shop/?case=inside`, device: "desktop", window: "closed" };
    const answer = await fetch(`${product.url}/v1/sites/demo/page-views`, { method: "POST", headers: { origin: product.url }, body: JSON.stringify(report) });
    if ((await answer.json()).show) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
});
after(async () => {
  await ana?.leave();
  await product?.stop();
});

const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };
const choices = (page) => page.getByTestId("choices");
const option = (page, name) => choices(page).getByRole("button", { name, exact: true });
const choose = (page, name) => option(page, name).click();
const message = (page, text) => page.getByTestId("message").filter({ hasText: text });
const own = (page, text) => page.locator("[data-testid=message][data-own=true]").filter({ hasText: text });

async function shopper(t, { path = "/shop/", prepare, ...options } = {}) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  await prepare?.(page);
  await page.goto(product.url + path);
  await page.getByTestId("launcher").waitFor();
  return page;
}

/** With the bot's first words before them. */
async function greeted(t, options) {
  const page = await shopper(t, options);
  await page.getByTestId("launcher").click();
  await choices(page).waitFor();
  return page;
}

/** In a conversation that has begun: at "Did you find it?". */
async function begun(t, options) {
  const page = await greeted(t, options);
  await choose(page, "My order");
  await option(page, "Found it").waitFor();
  return page;
}

/** What the conversation of this browser has in the server's thread: who said what. Numbered without holes, however it came there. */
async function thread(page) {
  const { session } = await page.evaluate(() => JSON.parse(localStorage.getItem("mostrador:demo:session")));
  const ask = async (path) => (await page.request.get(`${product.url}/v1/conversations/${path}`, { headers: { authorization: `Bearer ${session}`, origin: product.url } })).json();
  const current = await ask("current");
  const { entries } = await ask(`${current.conversation_id}/entries`);
  const said = entries.filter(({ log, kind }) => log === "thread" && kind === "message");
  return said.map(({ author, text }) => `${author.role}: ${text}`);
}

const first = "system: Hello from *Taller Luz*! What is it about?";
const ordered = [first, "shopper: My order", "system: Look in your confirmation mail.", "system: Did you find it?"];


/** Where the focus is: what a screen reader would say of it. */
const focus = (page) =>
  page.evaluate(() => {
    const at = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement;
    return at?.dataset.testid === "choose" || at?.dataset.testid === "restart" ? at.textContent : (at?.dataset.testid ?? at?.id ?? "");
  });
const focused = (page, name) =>
  page.waitForFunction((name) => {
    const at = document.activeElement?.shadowRoot?.activeElement;
    return at && (at.dataset.testid === name || at.textContent === name);
  }, name);
const announced = (page, text) => page.getByTestId("announcer").filter({ hasText: text }).waitFor({ state: "attached" });
async function tabTo(page, name, way) {
  for (let n = 0; n < 20; n++) {
    if ((await focus(page)) === name) return;
    await page.keyboard.press(way);
  }
  assert.fail(`${name} cannot be reached by ${way}`);
}

test("UX 39: by keyboard alone: reached, chosen, the focus on what comes next, and every turn said politely", async (t) => {
  const page = await shopper(t);
  const keys = page.keyboard;
  await page.getByTestId("launcher").focus();
  await keys.press("Enter");
  await choices(page).waitFor();
  await focused(page, "composer");
  await announced(page, "What is it about? My order, A lamp, Ten things");
  await tabTo(page, "My order", "Shift+Tab");
  assert.deepEqual(await violations(page), []);
  // As far as the next of the group, and back.
  await keys.press("Tab");
  assert.equal(await focus(page), "A lamp");
  await keys.press("Shift+Tab");
  await keys.press("Enter");
  await focused(page, "Found it");
  // All that was said since, and what can be chosen now.
  await announced(page, "Look in your confirmation mail. Did you find it? Found it, Back to the menu, Lost it");
  assert.equal(await page.getByTestId("announcer").getAttribute("aria-live"), "polite");
  await tabTo(page, "Back to the menu", "Tab");
  await keys.press("Space");
  await focused(page, "My order");
  await tabTo(page, "That is all", "Tab");
  await keys.press("Enter");
  await focused(page, "Start again");
  await announced(page, "Glad to help. Start again");
  await keys.press("Enter");
  await focused(page, "My order");
  await tabTo(page, "A person", "Tab");
  await keys.press("Enter");
  // Nothing to choose any more: on to where one writes.
  await focused(page, "composer");
  await announced(page, "A person comes.");
  assert.equal(await choices(page).count(), 0);
  assert.deepEqual(await violations(page), []);
});

test("a shopper who has gone to write meanwhile is not taken away from there", async (t) => {
  const page = await greeted(t);
  await choose(page, "My order");
  await page.getByTestId("composer").focus();
  await option(page, "Found it").waitFor();
  assert.equal(await focus(page), "composer");
});

test("a choice tapped twice, and another one after it, is posted once", async (t) => {
  const page = await greeted(t);
  // In one task, faster than any answer.
  await choices(page).evaluate((group) => {
    const [order, lamp] = group.querySelectorAll("button");
    for (const button of [order, order, lamp, order]) button.click();
  });
  await option(page, "Found it").waitFor();
  assert.deepEqual(await thread(page), ordered);
  assert.deepEqual(await page.getByTestId("message").allInnerTexts(), ["Hello from Taller Luz! What is it about?", "My order", "Look in your confirmation mail.", "Did you find it?"]);
  // All of it was said to whoever is looking: nothing is new.
  assert.equal(await page.getByTestId("new-divider").count(), 0);
  await choices(page).evaluate((group) => group.querySelector("button").click());
  await option(page, "Start again").waitFor();
  await choices(page).evaluate((group) => {
    for (let n = 0; n < 3; n++) group.querySelector("button").click();
  });
  await option(page, "My order").waitFor();
  assert.deepEqual(await thread(page), [...ordered, "shopper: Found it", "system: Glad to help.", first]);
});

for (const [name, begins] of [["the first", true], ["a later", false]]) {
  test(`UX 11: ${name} choice made without a connection is said to wait, and posted once when there is one`, async (t) => {
    const page = await (begins ? greeted : begun)(t);
    await page.context().setOffline(true);
    await page.getByTestId("offline").waitFor();
    await choose(page, begins ? "My order" : "Lost it");
    const state = page.getByTestId("choice-state").getByText("Your choice is sent as soon as there is one");
    await state.waitFor();
    assert.equal(await option(page, begins ? "My order" : "Lost it").getAttribute("aria-pressed"), "true");
    // Another one is not taken meanwhile.
    await choices(page).evaluate((group) => group.querySelectorAll("button")[1].click());
    assert.deepEqual(await choices(page).locator("[aria-pressed=true]").allInnerTexts(), [begins ? "My order" : "Lost it"]);
    assert.deepEqual(await violations(page), []);
    // Under the pointer that pressed it, too, in the shop's colour: axe does not look at what cannot be pressed.
    const background = (element) => element.evaluate((one) => getComputedStyle(one).backgroundColor);
    assert.equal(await background(choices(page).locator("[aria-pressed=true]")), await background(page.getByTestId("launcher")));
    await product.shot(page, `bot-offline-${begins ? "first" : "later"}`);
    await page.context().setOffline(false);
    await (begins ? option(page, "Found it") : message(page, "A person comes.")).waitFor();
    assert.deepEqual(await thread(page), begins ? ordered : [...ordered, "shopper: Lost it", "system: A person comes."]);
  });

  test(`F13: ${name} choice whose answer was lost with the connection is sent again under its number, and posted once`, async (t) => {
    const sent = [];
    let cut = false;
    const page = await (begins ? greeted : begun)(t, {
      prepare: (page) =>
        page.routeWebSocket(/\/ws/, (socket) => {
          const server = socket.connectToServer();
          socket.onMessage((data) => {
            const frame = JSON.parse(data);
            if (frame.action === "choose" && frame.button === "b1") {
              sent.push(frame);
              cut = sent.length === 1;
            }
            server.send(data);
          });
          server.onMessage((data) => {
            if (!cut) return socket.send(data);
            // The server has it, and nobody here is told.
            if (JSON.parse(data).type !== "ack") return;
            cut = false;
            server.close();
            socket.close();
          });
        }),
    });
    sent.length = 0;
    await choose(page, begins ? "My order" : "Found it");
    await option(page, begins ? "Found it" : "Start again").waitFor();
    assert.ok(sent.length >= 1 && sent.every(({ id }) => id === sent[0].id), JSON.stringify(sent));
    assert.deepEqual(await thread(page), begins ? ordered : [...ordered, "shopper: Found it", "system: Glad to help."]);
    assert.equal(await own(page, begins ? "My order" : "Found it").count(), 1);
  });

  test(`${name} choice that a reload overtook goes on after it by itself, and is posted once`, async (t) => {
    const frames = [];
    let hold = false;
    const page = await (begins ? greeted : begun)(t, {
      prepare: (page) =>
        page.routeWebSocket(/\/ws/, (socket) => {
          const server = socket.connectToServer();
          server.onMessage((data) => socket.send(data));
          socket.onMessage((data) => {
            const frame = JSON.parse(data);
            if (hold && frame.action === "choose") frames.push(frame);
            // The first of them never arrives.
            if (!hold || frame.action !== "choose" || frames.length > 1) server.send(data);
          });
        }),
    });
    hold = true;
    await choose(page, begins ? "My order" : "Found it");
    await option(page, begins ? "My order" : "Found it").and(page.locator("[aria-pressed=true]")).waitFor();
    await page.waitForFunction(() => sessionStorage.getItem("mostrador:demo:choice"));
    await page.reload();
    await option(page, begins ? "Found it" : "Start again").waitFor();
    assert.ok(frames.length >= 2 && frames.every(({ id }) => id === frames[0].id), JSON.stringify(frames));
    assert.deepEqual(await thread(page), begins ? ordered : [...ordered, "shopper: Found it", "system: Glad to help."]);
    // What is kept for that is gone with it.
    assert.equal(await page.evaluate(() => sessionStorage.getItem("mostrador:demo:choice")), null);
  });
}

test("a reload in the middle, and the shop's next page, go on where it was", async (t) => {
  const page = await begun(t);
  const texts = ["Hello from Taller Luz! What is it about?", "My order", "Look in your confirmation mail.", "Did you find it?"];
  await page.reload();
  await option(page, "Found it").waitFor();
  assert.deepEqual(await page.getByTestId("message").allInnerTexts(), texts);
  await page.goto(`${product.url}/shop/about.html`);
  await choose(page, "Back to the menu");
  await option(page, "A lamp").waitFor();
  await page.goto(`${product.url}/shop/product.html`);
  await choose(page, "A lamp");
  await option(page, "The kitchen").waitFor();
  assert.deepEqual(await thread(page), [...ordered, "shopper: Back to the menu", first, "shopper: A lamp", "system: For which room?"]);
});

test("two tabs: what is chosen in one is chosen in the other; of two choices at once one counts, in one conversation", async (t) => {
  const page = await greeted(t);
  const other = await page.context().newPage();
  await other.goto(`${product.url}/shop/about.html`);
  await other.getByTestId("launcher").click();
  await option(other, "My order").waitFor();
  const tap = (page, nth) => choices(page).evaluate((group, nth) => group.querySelectorAll("button")[nth].click(), nth);
  // The first, of both: one conversation begins.
  await Promise.all([tap(page, 0), tap(other, 1)]);
  const second = page.getByTestId("choices").getByRole("button", { name: /^(Found it|The kitchen)$/ });
  await second.waitFor();
  const name = await second.innerText();
  await option(other, name).waitFor();
  const begunWith = name === "Found it" ? ordered : [first, "shopper: A lamp", "system: For which room?"];
  assert.deepEqual(await thread(page), begunWith);
  // One alone.
  const back = name === "Found it" ? "Back to the menu" : "Another";
  await choose(other, back);
  await Promise.all([page, other].map((tab) => option(tab, "My order").waitFor()));
  // A later one, of both.
  await Promise.all([tap(page, 1), tap(other, 0)]);
  await Promise.all([page, other].map((tab) => choices(tab).getByRole("button", { name: /^(Found it|The kitchen)$/ }).waitFor()));
  const said = await thread(page);
  assert.deepEqual(said.slice(0, begunWith.length + 2), [...begunWith, `shopper: ${back}`, first]);
  const taken = said[begunWith.length + 2];
  assert.deepEqual(said.slice(begunWith.length + 2), taken === "shopper: A lamp" ? [taken, "system: For which room?"] : ordered.slice(1));
  for (const tab of [page, other]) {
    await option(tab, taken === "shopper: A lamp" ? "The kitchen" : "Found it").waitFor();
    assert.deepEqual((await tab.getByTestId("message").allInnerTexts()).length, said.length);
    assert.equal(await tab.getByTestId("choice-state").innerText(), "");
  }
});

test("where no WebSocket can be had the choices go by HTTP, and beginning again as well", async (t) => {
  const page = await greeted(t, {
    prepare: (page) =>
      page.addInitScript(() => {
        window.WebSocket = class {
          constructor() {
            throw new Error("no sockets on this network");
          }
        };
      }),
  });
  await choose(page, "My order");
  await choose(page, "Found it");
  await choose(page, "Start again");
  await option(page, "A lamp").waitFor();
  assert.deepEqual(await thread(page), [...ordered, "shopper: Found it", "system: Glad to help.", first]);
});

test("words instead of a choice take the buttons away, for good; so does an agent who comes in", async (t) => {
  const page = await begun(t);
  await page.getByTestId("composer").fill("It never came");
  await page.getByTestId("composer").press("Enter");
  await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: "It never came" }).waitFor();
  await choices(page).waitFor({ state: "detached" });
  await page.reload();
  // Whatever would offer them has been loaded.
  await message(page, "It never came").waitFor();
  await page.waitForLoadState("networkidle");
  assert.equal(await choices(page).count(), 0);

  const joined = await begun(t);
  const { conversation_id } = await joined.evaluate(async (url) => {
    const { session } = JSON.parse(localStorage.getItem("mostrador:demo:session"));
    return (await fetch(`${url}/v1/conversations/current`, { headers: { authorization: `Bearer ${session}` } })).json();
  }, product.url);
  await ana.ask({ action: "open", conversation_id, after: { t: 0, b: 0 } });
  await ana.say(conversation_id, "I am here myself");
  await message(joined, "I am here myself").waitFor();
  await choices(joined).waitFor({ state: "detached" });
});

test("W7: where consent is asked a first choice waits for it, and says so", async (t) => {
  await admin.publish(t, "privacy", { privacy_url: "https://shop.example/privacy", ask_consent: true });
  const page = await greeted(t);
  await choose(page, "My order");
  await page.getByText("Please tick this first.").waitFor();
  assert.equal(await own(page, "My order").count(), 0);
  assert.deepEqual(await violations(page), []);
  await page.getByTestId("consent").check();
  await choose(page, "My order");
  await option(page, "Found it").waitFor();
  assert.deepEqual(await thread(page), ordered);
});

test("A5: script in a bot's words and on its buttons is text", async (t) => {
  const page = await greeted(t);
  await choose(page, "Tricks");
  await option(page, hostile).waitFor();
  await message(page, "onerror").waitFor();
  assert.equal(await choices(page).locator("*").evaluateAll((all) => all.filter(({ tagName }) => tagName !== "BUTTON").length), 0);
  await product.shot(page, "bot-tricks");
  await choose(page, hostile);
  await own(page, hostile).waitFor();
  await option(page, "My order").waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("#mostrador img, #mostrador script, #mostrador a[href^='javascript']").count(), 0);
});

test("A20: a choice that the page's own scripts have put into the storage chooses nothing that was not offered", async (t) => {
  const page = await begun(t);
  for (const forged of ["{", JSON.stringify({ id: crypto.randomUUID(), conversation: null, turn: 2, button: "b1" }), JSON.stringify({ id: "x", turn: 2 })]) {
    await page.evaluate((forged) => sessionStorage.setItem("mostrador:demo:choice", forged), forged);
    await page.reload();
    await option(page, "Found it").waitFor();
  }
  assert.deepEqual(await thread(page), ordered);
  await choose(page, "Found it");
  await option(page, "Start again").waitFor();
});

for (const [device, options] of [["desktop", {}], ["phone", phone]]) {
  test(`UX 25: what a bot says first moves no focus and covers nothing of the page: ${device}`, async (t) => {
    for (const path of ["beside", "inside"]) {
      const page = await shopper(t, { ...options, path: `/shop/?case=${path}`, prepare: (page) => page.addInitScript(() => addEventListener("DOMContentLoaded", () => document.querySelector("#theme").focus())) });
      const opens = path === "inside" && device === "desktop";
      const teaser = page.getByTestId("teaser");
      if (opens) await option(page, "My order").waitFor();
      else await teaser.getByText("What is it about?").first().waitFor();
      assert.equal(await focus(page), "theme");
      assert.equal(await page.getByTestId("panel").evaluate((panel) => panel.classList.contains("open")), opens);
      assert.deepEqual(await violations(page), [], path);
      await product.shot(page, `bot-first-${path}-${device}`);
      if (opens) await announced(page, "What is it about?");
      else {
        const box = await teaser.boundingBox();
        const { width, height } = page.viewportSize();
        assert.ok(box.x >= 0 && box.x + box.width <= width && box.width * box.height < 0.15 * width * height, JSON.stringify(box));
        await teaser.getByText("What is it about?").first().click();
      }
      // Nobody is in a conversation before the first choice; it begins with what the bot has said.
      await choose(page, "A lamp");
      await option(page, "The kitchen").waitFor();
      assert.deepEqual(await thread(page), [first, "shopper: A lamp", "system: For which room?"]);
      // A keyboard that rises over the thread is nothing that a choice asks for.
      if (device === "phone") assert.notEqual(await focus(page), "composer");
    }
  });
}

for (const [name, options] of [
  ["desktop", {}],
  ["dark", { path: "/shop/?theme=dark" }],
  ["phone", phone],
  ["phone-dark", { ...phone, path: "/shop/?theme=dark" }],
  ["narrow", { ...phone, viewport: { width: 320, height: 568 } }],
  ["spanish", { path: "/shop/?lang=es" }],
  ["arabic", { path: "/shop/?lang=ar" }],
  ["arabic-phone-dark", { ...phone, path: "/shop/?lang=ar&theme=dark" }],
]) {
  test(`how the buttons look: ${name}; ten long ones wrap within the thread, each as high as a thumb`, async (t) => {
    const page = await greeted(t, options);
    const whole = async (what) => {
      assert.deepEqual(await violations(page), [], what);
      const { outside, low, at } = await choices(page).evaluate((group) => {
        const thread = group.closest(".thread");
        const frame = thread.getBoundingClientRect();
        const boxes = [...group.querySelectorAll("button")].map((button) => [button, button.getBoundingClientRect()]);
        return {
          outside: boxes.filter(([button, box]) => box.left < frame.left + 8 || box.right > frame.right - 8 || button.scrollWidth > button.clientWidth + 1).map(([button]) => button.textContent),
          low: boxes.filter(([, box]) => box.height < 44).map(([button]) => button.textContent),
          at: thread.scrollWidth - thread.clientWidth,
        };
      });
      assert.deepEqual([outside, low, at], [[], [], 0], what);
      await product.shot(page, `bot-${name}-${what}`);
    };
    await whole("menu");
    await choices(page).getByRole("button").nth(2).click();
    await option(page, LONG[0]).waitFor();
    await whole("ten");
    await option(page, "Payment").click();
    await choices(page).getByRole("button").nth(3).click();
    await page.getByTestId("restart").waitFor();
    await whole("end");
  });
}
