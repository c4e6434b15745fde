// The widget in a real browser, against the functions as they are deployed: what UX.md and TRUST.md expect of it.
// `npm run e2e -w @mostrador/widget`, after the web and the functions are built.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { settled, start } from "../../../tests/browser/product.mjs";
import { agentAt } from "./agent.mjs";

let product;
let ana;
let count = 0;
before(async () => {
  product = await start();
  ana = await agentAt(product);
});
after(async () => {
  await ana?.leave();
  await product?.stop();
});

async function shopper(t, { path = "/shop/", prepare, ...options } = {}) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  await prepare?.(context);
  await page.goto(product.url + path);
  await page.getByTestId("launcher").waitFor();
  return page;
}

const message = (page, text) => page.getByTestId("message").filter({ hasText: text });
const status = (page, name = /sent|delivered|seen/) => page.locator(`[data-testid=status]`).filter({ hasText: new RegExp(name.source ?? name, "i") });
const written = async (page, text) => {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
};
const isOpen = (page) => page.getByTestId("panel").evaluate((panel) => panel.classList.contains("open"));
const kept = (page) => page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key.startsWith("mostrador")));

/** A conversation that has begun, with the agent looking at it. */
async function talking(page) {
  const text = `hello number ${++count}`;
  await page.getByTestId("launcher").click();
  await written(page, text);
  await status(page).waitFor();
  return ana.find(text);
}

test("ux_10 a bubble is there at once, and goes from sent to seen", async (t) => {
  const held = [];
  let holds = false;
  const page = await shopper(t, {
    prepare: (context) =>
      context.routeWebSocket(/\/ws/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((data) => socket.send(data));
        socket.onMessage((data) => (holds ? held.push(() => server.send(data)) : server.send(data)));
      }),
  });
  const id = await talking(page);
  await ana.say(id, "I am here");
  await message(page, "I am here").waitFor();
  // Before anybody has heard of it.
  holds = true;
  await written(page, "and I am here too");
  await message(page, "and I am here too").waitFor();
  assert.equal(await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: "and I am here too" }).count(), 0);
  holds = false;
  for (const send of held) send();
  // Only what is stored can be seen: a cursor beyond the log is not kept.
  await status(page).waitFor();
  await ana.tell({ action: "seen", conversation_id: id, seen: 4, delivered: 4 });
  await page.locator("[data-testid=status][data-status=seen]").waitFor();
  assert.match(await page.getByTestId("title").innerText(), /Ana García/);
});

test("ux_11 offline is said within 2 s; what was written survives a reload and arrives once", async (t) => {
  const page = await shopper(t);
  await talking(page);
  await page.context().setOffline(true);
  await page.getByTestId("offline").waitFor({ timeout: 2000 });
  await written(page, "from the train");
  assert.equal(await page.locator("[data-testid=status]").getAttribute("data-status"), "sending");
  await page.context().setOffline(false);
  await page.reload();
  await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: "from the train" }).waitFor();
  assert.equal(await message(page, "from the train").count(), 1);
});

test("f_16 what a closed conversation refuses is kept, and goes into a new one", async (t) => {
  const page = await shopper(t);
  const id = await talking(page);
  await page.context().setOffline(true);
  await written(page, "too late");
  await ana.ask({ action: "close", conversation_id: id });
  await page.context().setOffline(false);
  await page.getByTestId("send-as-new").click();
  await status(page).waitFor();
  assert.deepEqual(await page.getByTestId("message").allInnerTexts(), ["too late"]);
});

test("a closed conversation is final, and is not shown again", async (t) => {
  const page = await shopper(t);
  await talking(page);
  await page.getByTestId("menu").click();
  await page.getByTestId("end").click();
  await page.getByTestId("confirm").click();
  await page.getByTestId("start-new").waitFor();
  assert.equal(await page.getByTestId("composer").count(), 0);
  await page.getByTestId("start-new").click();
  await written(page, "afresh");
  await status(page).waitFor();
  assert.deepEqual(await page.getByTestId("message").allInnerTexts(), ["afresh"]);
});

test("a_17 ended on a shared computer: nothing stays, in any tab, and the session is dead", async (t) => {
  const page = await shopper(t);
  await talking(page);
  const other = await page.context().newPage();
  await other.goto(`${product.url}/shop/about.html`);
  await other.getByTestId("launcher").click();
  await message(other, "hello number").waitFor();
  const session = await page.evaluate(() => JSON.parse(localStorage.getItem("mostrador:demo:session")).session);
  await page.getByTestId("menu").click();
  await page.getByTestId("forget").click();
  const ended = page.waitForResponse((answer) => answer.url().endsWith("/v1/sessions/end"));
  await page.getByTestId("confirm").click();
  await ended;
  await other.waitForFunction(() => !document.querySelector("#mostrador").shadowRoot.querySelector(".panel.open"));
  assert.deepEqual([...(await kept(page)), ...(await kept(other))], []);
  const answer = await page.request.post(`${product.url}/v1/tickets`, { headers: { authorization: `Bearer ${session}`, origin: product.url }, data: {} });
  assert.equal(answer.status(), 401);
  await other.getByTestId("launcher").click();
  await other.getByTestId("welcome").waitFor();
  assert.equal(await other.getByTestId("message").count(), 0);
});

test("a_20 forged storage events change nothing", async (t) => {
  const page = await shopper(t);
  await talking(page);
  await page.evaluate(() => window.dispatchEvent(new StorageEvent("storage", { key: "mostrador:demo:session", newValue: null })));
  assert.equal(await isOpen(page), true);
  assert.equal(await page.getByTestId("message").count(), 1);
});

test("ux_14 scrolled up the view stays and says what is new; ux_16 a line marks it", async (t) => {
  const page = await shopper(t);
  const id = await talking(page);
  for (let n = 0; n < 15; n++) await ana.say(id, `line ${n}\n\n\n.`);
  await message(page, "line 14").waitFor();
  const thread = page.getByTestId("thread");
  await thread.evaluate((box) => (box.scrollTop = 100));
  await page.getByTestId("pill").waitFor();
  for (const text of ["one", "two", "three"]) await ana.say(id, `new ${text}`);
  await page.getByTestId("pill").filter({ hasText: "3 new" }).waitFor();
  assert.equal(await thread.evaluate((box) => box.scrollTop), 100);
  await page.getByTestId("new-divider").waitFor({ state: "attached" });
  await page.getByTestId("pill").click();
  await page.getByTestId("pill").waitFor({ state: "detached" });
});

test("ux_18 Enter sends, Shift+Enter breaks the line, an input method's Enter does neither; ux_19 a draft survives", async (t) => {
  const page = await shopper(t);
  await talking(page);
  const composer = page.getByTestId("composer");
  await composer.fill("two");
  await composer.press("Shift+Enter");
  await composer.pressSequentially("lines");
  await composer.evaluate((box) => box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true })));
  assert.equal(await composer.inputValue(), "two\nlines");
  await page.goto(`${product.url}/shop/about.html`);
  await composer.waitFor();
  assert.equal(await composer.inputValue(), "two\nlines");
});

test("ux_21 ux_22 two tabs have one unread count, and it counts only while nobody looks", async (t) => {
  const page = await shopper(t);
  const id = await talking(page);
  const other = await page.context().newPage();
  await other.goto(`${product.url}/shop/cart.html`);
  await message(other, "hello number").waitFor({ state: "attached" });
  if (await isOpen(other)) await other.getByTestId("close").click();
  await page.bringToFront();
  await page.getByTestId("close").click();
  await ana.say(id, "anybody there?");
  for (const tab of [page, other]) await tab.getByTestId("teaser").waitFor();
  assert.match(await page.getByTestId("launcher").getAttribute("aria-label"), /1 unread/);
  await page.getByTestId("launcher").click();
  await other.getByTestId("teaser").waitFor({ state: "detached" });
  assert.doesNotMatch(await other.getByTestId("launcher").getAttribute("aria-label"), /unread/);
});

test("ux_24 opening focuses the composer, Esc gives the focus back to the launcher; on touch no keyboard pops up", async (t) => {
  const page = await shopper(t);
  const focus = (page, name) => page.waitForFunction((name) => document.activeElement?.shadowRoot?.activeElement?.dataset.testid === name, name);
  await page.getByTestId("launcher").click();
  await page.getByTestId("composer").waitFor();
  await focus(page, "composer");
  await page.keyboard.press("Escape");
  await focus(page, "launcher");
  assert.equal(await isOpen(page), false);

  const phone = await shopper(t, { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true });
  await phone.getByTestId("launcher").tap();
  await phone.getByTestId("composer").waitFor();
  await focus(phone, "title");
  // ux_26: modal, and nothing lies over it.
  assert.equal(await phone.getByTestId("panel").getAttribute("aria-modal"), "true");
  assert.equal(await phone.getByTestId("launcher").isVisible(), false);
});

test("ux_26 full screen on a phone is modal: Tab stays in it, the launcher is hidden, Esc leaves it", async (t) => {
  const page = await shopper(t, { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true });
  await page.getByTestId("launcher").tap();
  await page.getByTestId("composer").waitFor();
  const panel = page.getByTestId("panel");
  assert.equal(await panel.getAttribute("aria-modal"), "true");
  assert.equal(await page.getByTestId("launcher").isVisible(), false);
  for (let n = 0; n < 12; n++) {
    await page.keyboard.press("Tab");
    assert.ok(await panel.evaluate((box) => box.contains(box.getRootNode().activeElement)), `Tab number ${n + 1} left the panel`);
  }
  await page.keyboard.press("Escape");
  await page.getByTestId("launcher").waitFor();
  assert.equal(await isOpen(page), false);
});

test("ux_1 the loader is at most 3 KB, and what a first look at the panel loads at most 25", async (t) => {
  const { context, page } = await product.person();
  t.after(() => context.close());
  const bodies = new Map();
  page.on("response", async (answer) => {
    const { pathname } = new URL(answer.url());
    if (pathname.startsWith("/widget/")) bodies.set(pathname, await answer.body());
  });
  await page.goto(`${product.url}/shop/`);
  await page.getByTestId("launcher").click();
  await page.getByTestId("composer").waitFor();
  await page.waitForLoadState("networkidle");
  // What is fetched behind it, at leisure, has a budget of its own in the build.
  const later = /\/(later|talk|form|menu|identity|older|polling|chime)-/;
  const size = (wanted) => [...bodies].filter(([path]) => wanted(path)).reduce((sum, [, body]) => sum + brotliCompressSync(body).length, 0);
  const [loader, panel] = [size((path) => path.endsWith("/loader.js")), size((path) => !path.endsWith("/loader.js") && !later.test(path))];
  t.diagnostic(`loader ${loader}, panel ${panel} bytes`);
  assert.ok(loader > 0 && loader <= 3 * 1024, `${loader}`);
  assert.ok(panel > 0 && panel <= 25 * 1024, `${panel}`);
});

test("ux_31 Arabic mirrors, and 320 px at 400 % zoom is usable", async (t) => {
  const arabic = await shopper(t, { path: "/shop/?lang=ar" });
  await arabic.getByTestId("launcher").click();
  await arabic.getByTestId("composer").waitFor();
  // As far from the left as the merchant has it from the right.
  const { settings } = await (await fetch(`${product.url}/v1/sites/demo/config`)).json();
  await arabic.waitForFunction((offset) => document.querySelector("#mostrador").shadowRoot.querySelector(".panel").getBoundingClientRect().left === offset, settings.appearance.offset_x);

  const tiny = await shopper(t, { viewport: { width: 320, height: 256 } });
  await tiny.getByTestId("launcher").click();
  await tiny.getByTestId("composer").fill("hi");
  await settled(tiny);
  const send = await tiny.getByTestId("send").boundingBox();
  assert.ok(send.x + send.width <= 320 && send.y + send.height <= 256, JSON.stringify(send));
});

test("four languages, each from the page's own", async (t) => {
  for (const [lang, placeholder] of [["es", "Escribe un mensaje…"], ["pt", "Escreva uma mensagem…"], ["it", "Scrivi un messaggio…"], ["en", "Write a message…"]]) {
    const page = await shopper(t, { path: `/shop/?lang=${lang}` });
    await page.getByTestId("launcher").click();
    await page.getByPlaceholder(placeholder).waitFor();
  }
});

test("ux_5 hostile styles change nothing; ux_8 twice is one, and shutdown leaves nothing", async (t) => {
  const page = await shopper(t);
  await page.getByTestId("launcher").click();
  await page.getByTestId("composer").waitFor();
  const look = () => page.getByTestId("composer").evaluate((box) => { const s = getComputedStyle(box); return [s.fontSize, s.fontFamily, s.color, s.display, box.offsetWidth]; });
  const before = await look();
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { all: unset !important } html { font-size: 60px !important }");
    document.adoptedStyleSheets = [sheet];
  });
  assert.deepEqual(await look(), before);
  assert.equal(await page.locator("#mostrador").count(), 1);
  await page.evaluate(() => window.mostrador("shutdown"));
  assert.equal(await page.locator("#mostrador").count(), 0);
});

test("ux_6 nothing of it offends trusted types or the shop's policy", async (t) => {
  const offences = [];
  const page = await shopper(t, { prepare: (context) => context.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) => console.error(`offence ${event.violatedDirective}`))) });
  page.on("console", (line) => line.text().startsWith("offence") && offences.push(line.text()));
  const id = await talking(page);
  await ana.say(id, "*bold* https://example.com");
  await message(page, "bold").waitFor();
  assert.deepEqual(offences, []);
});

test("ux_9 the back/forward cache keeps working: the socket closes and comes back", async (t) => {
  const page = await shopper(t);
  await talking(page);
  await page.goto(`${product.url}/shop/about.html`);
  await page.goBack();
  await page.getByTestId("composer").waitFor();
  await written(page, "back again");
  await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: "back again" }).waitFor();
});

test("where no WebSocket can be had, HTTP polling does the same", async (t) => {
  const page = await shopper(t, {
    prepare: (context) =>
      context.addInitScript(() => {
        window.WebSocket = class {
          constructor() {
            throw new Error("no sockets on this network");
          }
        };
      }),
  });
  const id = await talking(page);
  await ana.say(id, "by post");
  await message(page, "by post").waitFor();
  assert.equal(await page.getByTestId("offline").count(), 0);
});

test("f_13 a session that has died is replaced in silence, and what was not sent is offered", async (t) => {
  const page = await shopper(t);
  await talking(page);
  await page.getByTestId("close").click();
  const before = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  const session = JSON.parse(JSON.parse(before)["mostrador:demo:session"]).session;
  const gone = page.waitForFunction(() => localStorage.getItem("mostrador:demo:session") === null);
  await page.request.post(`${product.url}/v1/sessions/end`, { headers: { authorization: `Bearer ${session}`, origin: product.url } });
  await gone;
  // As after a long sleep: the dead session is still here, and a text that never went out.
  await page.evaluate((before) => {
    for (const [key, value] of Object.entries(JSON.parse(before))) localStorage.setItem(key, value);
    const id = crypto.randomUUID();
    const unsent = { id, action: "send", conversation_id: "conv_018f3b1e-7c1a-7000-8000-000000000002", text: "never sent", at: Date.now(), nth: 0, state: { name: "waiting" } };
    localStorage.setItem(`mostrador:demo:unsent:${id}`, JSON.stringify(unsent));
  }, before);
  await page.reload();
  await page.getByTestId("launcher").click();
  await page.getByTestId("send-as-new").click();
  await status(page).waitFor();
  assert.deepEqual(await page.getByTestId("message").allInnerTexts(), ["never sent"]);
});

test("the second shop knows nothing of the first", async (t) => {
  const page = await shopper(t);
  await talking(page);
  await page.goto(`${product.url}/shop/?site=demo-two`);
  await page.getByTestId("launcher").click();
  await page.getByTestId("welcome").filter({ hasText: "Casa Verde" }).waitFor();
  assert.equal(await page.getByTestId("message").count(), 0);
});

test("ux_2 no layout shift, never the largest paint; ux_3 the panel comes only on intent", async (t) => {
  const requests = [];
  const page = await shopper(t, {
    prepare: async (context) => {
      context.on("request", (request) => requests.push(new URL(request.url()).pathname));
      await context.addInitScript(() => {
        globalThis.measured = { shift: 0, largest: "" };
        new PerformanceObserver((list) => list.getEntries().forEach((entry) => (measured.shift += entry.value))).observe({ type: "layout-shift", buffered: true });
        new PerformanceObserver((list) => list.getEntries().forEach((entry) => (measured.largest = entry.element?.id ?? entry.element?.tagName ?? ""))).observe({ type: "largest-contentful-paint", buffered: true });
      });
    },
  });
  await page.waitForLoadState("networkidle");
  assert.deepEqual(requests.filter((path) => /panel|tickets|sessions/.test(path)), []);
  const measured = await page.evaluate(() => globalThis.measured);
  assert.equal(measured.shift, 0);
  assert.doesNotMatch(measured.largest, /mostrador/);
  const panel = page.waitForResponse((answer) => /panel-/.test(answer.url()));
  await page.getByTestId("launcher").hover();
  await panel;
  assert.deepEqual(requests.filter((path) => /tickets|sessions/.test(path)), []);
  assert.deepEqual(await kept(page), []);
});

/** Milliseconds in scripts of the widget while the shop's page loads, on a processor half as fast. */
async function blocked(t) {
  const { context, page } = await product.person();
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 2 });
  await session.send("Profiler.enable");
  await session.send("Profiler.start");
  await page.goto(`${product.url}/shop/`);
  await page.getByTestId("launcher").waitFor();
  await page.waitForLoadState("networkidle");
  const { profile } = await session.send("Profiler.stop");
  await context.close();
  // What the page itself does is not ours: only samples with a function of the widget on the stack count.
  const ours = new Set();
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const visit = (node, inside) => {
    const now = inside || node.callFrame.url.includes("/widget/");
    if (now) ours.add(node.id);
    for (const child of node.children ?? []) visit(byId.get(child), now);
  };
  visit(profile.nodes[0], false);
  assert.ok(ours.size > 0, "the profile has nothing of the widget");
  const ms = profile.samples.reduce((sum, id, n) => sum + (ours.has(id) ? profile.timeDeltas[n] / 1000 : 0), 0);
  t.diagnostic(`${ms.toFixed(1)} ms in scripts of the widget`);
  return ms;
}

test("ux_2 the widget's scripts block the page for less than 50 ms in all, on a processor half as fast", async (t) => {
  // What they cost they cost in each of five measurements; what others on this machine took meanwhile is in some of them.
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 5 && least >= 50; n++) least = Math.min(least, await blocked(t));
  assert.ok(least < 50, `${least} ms`);
});

test("ux_23 the log is a labelled log around a list, and history is not announced", async (t) => {
  const page = await shopper(t);
  const id = await talking(page);
  await ana.say(id, "said before the reload");
  await message(page, "said before the reload").waitFor();
  await page.reload();
  await message(page, "said before the reload").waitFor();
  const log = page.getByRole("log", { name: /.+/ });
  assert.ok((await log.getByRole("list").first().getByRole("listitem").count()) >= 2);
  const announced = page.getByTestId("announcer");
  assert.doesNotMatch(await announced.innerText(), /said before/);
  await ana.say(id, "said just now");
  await announced.filter({ hasText: "said just now" }).waitFor({ state: "attached" });
});

test("ux_13 what failed keeps its text and offers retry", async (t) => {
  const page = await shopper(t);
  await talking(page);
  await page.evaluate(() => {
    const id = crypto.randomUUID();
    const unsent = { id, action: "send", conversation_id: null, text: "refused once", at: Date.now(), nth: 0, state: { name: "failed", code: "forbidden" } };
    localStorage.setItem(`mostrador:demo:unsent:${id}`, JSON.stringify(unsent));
  });
  await page.reload();
  const failed = message(page, "refused once");
  await failed.getByRole("button", { name: "Retry" }).click();
  await page.locator("[data-testid=message][data-state=stored]").filter({ hasText: "refused once" }).waitFor();
  assert.equal(await failed.count(), 1);
});

test("ux_15 earlier messages appear above without moving what one reads", async (t) => {
  const page = await shopper(t);
  const id = await talking(page);
  // Longer than what is shown at first. The service takes five frames a second.
  for (let n = 0; n < 95; n++) {
    const sent = Date.now();
    await ana.say(id, `line ${n}`);
    await page.waitForTimeout(Math.max(0, 200 - (Date.now() - sent)));
  }
  await page.reload();
  await message(page, "line 94").waitFor();
  // At rest: a thread that still grows stays at its end.
  await page.waitForLoadState("networkidle");
  await settled(page);
  const moved = await page.getByTestId("thread").evaluate(async (box) => {
    const shown = () => [...box.querySelectorAll("[data-testid=message]")];
    const before = shown().length;
    box.scrollTop = 150;
    const reading = shown().find((each) => each.getBoundingClientRect().top > box.getBoundingClientRect().top).dataset.seq;
    const place = () => shown().find((each) => each.dataset.seq === reading).getBoundingClientRect().top;
    const was = place();
    while (shown().length === before) await new Promise(requestAnimationFrame);
    return Math.abs(place() - was);
  });
  assert.ok(moved <= 1, `${moved} px`);
});

test("ux_27 targets are large enough; ux_29 nothing moves under reduced motion; ux_30 a phone does not zoom into the composer", async (t) => {
  const page = await shopper(t, { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true, reducedMotion: "reduce" });
  await page.getByTestId("launcher").tap();
  await page.getByTestId("composer").fill("hello");
  const found = await page.getByTestId("panel").evaluate((panel) => ({
    small: [...panel.querySelectorAll("button")].map((button) => button.getBoundingClientRect()).filter((box) => box.width < 44 || box.height < 44).length,
    moving: [...panel.querySelectorAll("*")].filter((each) => getComputedStyle(each).animationName !== "none" || parseFloat(getComputedStyle(each).transitionDuration) > 0).length,
    font: parseFloat(getComputedStyle(panel.querySelector("textarea")).fontSize),
  }));
  assert.deepEqual({ ...found, font: found.font >= 16 }, { small: 0, moving: 0, font: true });
});
