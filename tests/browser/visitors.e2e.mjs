// Who is on the site, in a real browser: the list as agents see it, and writing to somebody first.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { adminOf } from "./admin.mjs";
import { signIn, start, violations } from "./product.mjs";

let product;
before(async () => {
  product = await start();
});
after(() => product.stop());

const COUNTRIES = ["ES", "PT", "IT", "FR", "MX"];

/** A visitor of a list that is made up. */
const made = (n, at, change = {}) => ({
  id: `vis_018f3b1e-7c1a-7000-8000-${String(n).padStart(12, "0")}`,
  changed_at: at - n,
  last_seen: at,
  first_seen: at - 86_400_000,
  visits: 1 + (n % 7),
  pages: 1 + (n % 5),
  url: `https://shop.example/p/${n}?colour=red`,
  title: `Lamp ${n}`,
  viewed_at: at - n * 1000,
  country: COUNTRIES[n % COUNTRIES.length],
  device: ["desktop", "phone", "tablet"][n % 3],
  system: ["windows", "ios", "android"][n % 3],
  browser: ["firefox", "safari", "chrome"][n % 3],
  ...(n % 2 === 0 && { cart: { value: n * 100, currency: "EUR", pieces: 1 + (n % 3) } }),
  ...(n % 4 === 1 && { referrer: "search.example/results" }),
  ...(n % 10 === 3 && { chatted_before: true }),
  ...change,
});

/**
 * A dashboard whose list is made up: `rows(asked)` says what has changed at each asking, the first time all of them. Everything else is the product's.
 * Rows come in frames of 70, as from the server.
 */
async function dashboard(page, { rows, detail, live = true, link = "Visitors" }) {
  const asked = { times: 0, after: [] };
  await page.routeWebSocket(/\/ws/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => socket.send(message));
    socket.onMessage((message) => {
      const frame = JSON.parse(message);
      if (frame.action !== "visitors") return server.send(message);
      asked.after.push(frame.after ?? null);
      const first = frame.after === undefined;
      const all = live ? rows(asked.times++, first) : [];
      for (let from = 0; from === 0 || from < all.length; from += 70) {
        const answer = { type: "visitors", ref: frame.id, live, at: Date.now(), rows: all.slice(from, from + 70), cursor: `c${asked.times}` };
        socket.send(JSON.stringify({ ...answer, ...(first && from === 0 && { reset: true }), ...(from + 70 < all.length && { more: true }) }));
      }
    });
  });
  if (detail) await page.route(/\/v1\/agent\/sites\/demo\/visitors\/vis_[^/]+$/, (route) => route.fulfill({ json: detail(route.request().url().split("/").at(-1)) }));
  await signIn(page, product.url, "luis@example.com");
  await page.getByRole("link", { name: link }).click();
  await page.locator("main.visitors").waitFor();
  return asked;
}

const table = (page) => page.getByRole("table", { name: "Who is on the site" });
const bodyRows = (page) => table(page).locator(".visitors-track [role=row]");
const shownNames = (page) => bodyRows(page).evaluateAll((all) => all.sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((row) => row.querySelector(".cell-page .visitors-two > span:not(.hidden)").textContent));

test("UX 36: of 5,000 visitors at most 60 rows are in the document, each says its place, and updates every two seconds hold up nothing", async (t) => {
  const { context, page } = await product.person();
  t.after(() => context.close());
  const at = Date.now();
  const asked = await dashboard(page, {
    rows: (_, first) => (first ? Array.from({ length: 5_000 }, (_, n) => made(n, at)) : Array.from({ length: 300 }, (_, n) => made((n * 16) % 5_000, at, { changed_at: Date.now(), viewed_at: Date.now() }))),
  });
  await page.getByText("5,000 people on the site").waitFor();
  assert.equal(await table(page).getAttribute("aria-rowcount"), "5001");
  const inDocument = async () => bodyRows(page).count();
  assert.ok((await inDocument()) <= 60, `${await inDocument()} rows`);
  await page.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.longest = Math.max(window.longest, entry.duration)))).observe({ entryTypes: ["longtask"] });
  });
  const before = asked.times;
  await table(page).evaluate((scroller) => scroller.scrollTo({ top: 120_000 }));
  const far = bodyRows(page).filter({ has: page.locator(".visitors-open-one") }).first();
  await page.waitForFunction(() => Number(document.querySelector(".visitors-track [role=row]").ariaRowIndex) > 2_000);
  assert.ok(Number(await far.getAttribute("aria-rowindex")) > 2_000);
  while (asked.times < before + 4) await page.waitForTimeout(200);
  assert.ok((await inDocument()) <= 60, `${await inDocument()} rows`);
  // Asked from where it had come, one asking at a time.
  assert.deepEqual(asked.after.slice(0, 3), [null, "c1", "c2"]);
  t.diagnostic(`longest task while 300 of 5,000 rows changed every 2 s: ${await page.evaluate(() => Math.round(window.longest))} ms`);
});

test("UX 36: of 5,000 visitors only those in sight that say something else are drawn again", async (t) => {
  const { context, page } = await product.person();
  t.after(() => context.close());
  const at = Date.now();
  // Hours ago, and with a sign of life to come: no minute that goes by while we look is shown.
  const quiet = (n, change = {}) => made(n, at, { viewed_at: at - 3 * 3_600_000 - 60_000 - n * 10, last_seen: at + 3_600_000, ...change });
  const news = [];
  const asked = await dashboard(page, { rows: (_, first) => (first ? Array.from({ length: 5_000 }, (_, n) => quiet(n)) : news.splice(0)) });
  await page.getByText("5,000 people on the site").waitFor();
  // How often a function of the page's was called: the one that draws a row is found by what it draws.
  const client = await context.newCDPSession(page);
  await client.send("Debugger.enable");
  await client.send("Profiler.enable");
  await client.send("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const sources = new Map();
  const drawn = async () => {
    const { result } = await client.send("Profiler.takePreciseCoverage");
    let [least, calls] = [Infinity, 0];
    for (const { scriptId, url, functions } of result) {
      if (!/\/visitors-[^/]*\.js$/.test(url)) continue;
      if (!sources.has(scriptId)) sources.set(scriptId, (await client.send("Debugger.getScriptSource", { scriptId })).scriptSource);
      for (const { ranges: [{ startOffset, endOffset, count }] } of functions) {
        const draws = sources.get(scriptId).slice(startOffset, endOffset).includes("visitors-row visitors-") && endOffset - startOffset < least;
        if (draws) [least, calls] = [endOffset - startOffset, count];
      }
    }
    return calls;
  };
  const tell = async (...rows) => {
    news.push(...rows);
    const before = asked.times;
    // The second asking after it comes once the first is applied.
    while (asked.times < before + 2 || news.length > 0) await page.waitForTimeout(50);
  };
  await tell(quiet(1, { changed_at: at + 1, visits: 77 }));
  await bodyRows(page).filter({ hasText: "77" }).first().waitFor();
  assert.equal(await drawn(), 1, "the row that has changed, and the counting works");
  // Three hundred who are not in sight, in five frames.
  await tell(...Array.from({ length: 300 }, (_, n) => quiet(1_000 + n, { changed_at: at + 2, visits: 78 })));
  assert.equal(await drawn(), 0);
  // The same again, as the index tells it for some seconds: no news.
  await tell(quiet(1, { changed_at: at + 1, visits: 77 }), quiet(2));
  assert.equal(await drawn(), 0);
  await tell(quiet(2, { changed_at: at + 3, visits: 79 }), quiet(3, { changed_at: at + 3, visits: 79 }), quiet(4_000, { changed_at: at + 3 }));
  await bodyRows(page).filter({ hasText: "79" }).nth(1).waitFor();
  assert.equal(await drawn(), 2);
});

test("UX 37: the row under the pointer and the one that is open stay where they are while others come and go", async (t) => {
  const { context, page } = await product.person();
  t.after(() => context.close());
  const at = Date.now();
  let news = 0;
  await dashboard(page, {
    rows: (_, first) => (first ? Array.from({ length: 30 }, (_, n) => made(n, at)) : [made(100 + news++, at, { changed_at: Date.now(), viewed_at: Date.now() + news })]),
    detail: (id) => ({ at, row: made(Number(id.slice(-12)), at), path: [], cart_lines: [], attributes: [] }),
  });
  const fifth = bodyRows(page).filter({ has: page.getByText("Lamp 5", { exact: true }) });
  await fifth.hover();
  const place = (await fifth.boundingBox()).y;
  await page.getByText("33 people on the site").waitFor();
  assert.equal((await fifth.boundingBox()).y, place);
  await fifth.click();
  await page.getByRole("complementary", { name: "About this visitor" }).waitFor();
  await page.mouse.move(10, 10);
  await page.getByText("35 people on the site").waitFor();
  assert.equal((await fifth.boundingBox()).y, place);
  // Closed with Escape: the keyboard is where it was.
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.activeElement?.getAttribute("data-visitor")?.endsWith("000000000005"));
});

test("V1: filters by page, country and cart, an order, and columns that are chosen, ordered and remembered", async (t) => {
  const { context, page } = await product.person();
  t.after(() => context.close());
  const at = Date.now();
  await dashboard(page, { rows: (_, first) => (first ? Array.from({ length: 20 }, (_, n) => made(n, at)) : []) });
  await page.getByText("20 people on the site").waitFor();
  await page.getByLabel("Page contains").fill("lamp 1");
  await page.getByText("20 people on the site, 11 of 20 shown").waitFor();
  await page.getByLabel("Country").selectOption("PT");
  await page.getByLabel("Cart of at least").fill("12");
  await page.waitForFunction(() => document.querySelector("[role=table]").ariaRowCount === "2");
  assert.deepEqual(await shownNames(page), ["Lamp 16"]);
  await page.getByLabel("Country").selectOption("ES");
  await page.getByText("Nobody fits these filters").waitFor();
  await page.getByRole("button", { name: "Show everybody" }).click();
  await page.getByRole("columnheader", { name: "Cart" }).getByRole("button").click();
  assert.equal(await page.getByRole("columnheader", { name: "Cart" }).getAttribute("aria-sort"), "descending");
  assert.deepEqual((await shownNames(page)).slice(0, 3), ["Lamp 18", "Lamp 16", "Lamp 14"]);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Country" }).uncheck();
  await page.getByRole("checkbox", { name: "Came from" }).check();
  for (let n = 0; n < 4; n++) await page.getByRole("button", { name: "Move Visits forward" }).click();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Close" }).click();
  const headers = () => page.getByRole("columnheader").allInnerTexts();
  const chosen = ["Visitor", "Visits", "Page", "On this page", "Device", "Cart", "Chat", "Came from"];
  assert.deepEqual(await headers(), chosen);
  await page.reload();
  await page.getByText("20 people on the site").waitFor();
  assert.deepEqual(await headers(), chosen);
});

test("A 5, A 18: what pages claim is text, marked as unverified, and links nowhere but to the web", async (t) => {
  const { context, page } = await product.person();
  t.after(() => context.close());
  const at = Date.now();
  const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).host));
  const row = made(1, at, { title: evil, url: "javascript:window.hacked=1", referrer: evil, name: evil, language: evil, cart: { value: 100, currency: "<b>", pieces: 1 } });
  await dashboard(page, {
    rows: (_, first) => (first ? [row] : []),
    detail: () => ({ at, row, path: [{ url: "javascript:window.hacked=1", title: evil, at }, { url: "https://shop.example/lamps", title: "Lamps", at }], cart_lines: [{ number: evil, name: evil, pieces: 1, price: 100 }], attributes: [{ name: evil, value: evil }] }),
  });
  await bodyRows(page).first().click();
  const drawer = page.getByRole("complementary", { name: "About this visitor" });
  await drawer.getByText("Lamps").waitFor();
  assert.equal(await drawer.getByText("unverified", { exact: true }).count(), 2);
  assert.deepEqual(await drawer.getByRole("link").evaluateAll((all) => all.map((link) => [link.href, link.rel])), [["https://shop.example/lamps", "noopener noreferrer nofollow"]]);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator(".visitors img, .visitors script, .visitor img").count(), 0);
  assert.deepEqual([...new Set(asked)], [new URL(product.url).host]);
});

test("V1: by keyboard alone, clean for axe, on a desk and on a phone, in the dark and in Spanish", async (t) => {
  const at = Date.now();
  const rows = (_, first) =>
    first
      ? Array.from({ length: 40 }, (_, n) => made(n, at, {
          ...(n === 1 && { name: "Eva Luz", shopper_id: "shp_018f3b1e-7c1a-7000-8000-000000000004", verified: true, chatting: "conv_018f3b1e-7c1a-7000-8000-000000000002", window_open: true }),
          ...(n === 2 && { invitation: { id: "018f3b1e-7c1a-7000-8000-000000000001", agent_id: "agt_018f3b1e-7c1a-7000-8000-000000000003", agent_name: "Ana", at, state: "shown" } }),
          ...(n === 3 && { last_seen: at - 300_000 }),
          ...(n === 4 && { left_at: at - 10_000 }),
          ...(n === 5 && { title: "Una lámpara de pie con un nombre larguísimo que no cabe en ninguna columna del mundo", window_open: true, chatted_before: true, dismissed: true }),
        }))
      : [];
  const detail = (id) => {
    const n = Number(id.slice(-12));
    return {
      at,
      row: made(n, at),
      path: Array.from({ length: 6 }, (_, i) => ({ url: `https://shop.example/p/${i}`, title: `Lamp ${i}`, at: at - (6 - i) * 60_000 })),
      cart_lines: [{ number: "L-7", name: "Lamp", pieces: 2, price: 2495 }],
      attributes: [{ name: "tier", value: "gold" }],
    };
  };
  for (const [name, options] of [
    ["desk", {}],
    ["phone", { viewport: { width: 390, height: 844 } }],
    ["dark", { colorScheme: "dark" }],
    ["spanish", { locale: "es-ES" }],
  ]) {
    const { context, page } = await product.person(options);
    t.after(() => context.close());
    await dashboard(page, { rows, detail, link: name === "spanish" ? "Visitantes" : "Visitors" });
    await page.locator(".visitors-track [role=row]").first().waitFor();
    assert.deepEqual(await violations(page), [], name);
    await product.shot(page, `visitors-${name}`);
    // Into the list, two rows down, and in.
    await page.locator('.visitors-open-one[tabindex="0"]').focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.waitForFunction(() => document.activeElement?.closest("[role=row]")?.ariaRowIndex === "4");
    await page.keyboard.press("Enter");
    await page.locator(".visitor .visitor-path li").first().waitFor();
    await page.waitForFunction(() => document.activeElement?.closest(".visitor") !== null);
    assert.deepEqual(await violations(page), [], `${name}, somebody of it`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    await product.shot(page, `visitors-${name}-one`);
    await page.keyboard.press("Escape");
    await page.locator(".visitor").waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement?.closest("[role=row]")?.ariaRowIndex === "4");
  }
});

test("V1: switched off the list says what it would show and cost; an admin switches it on, an agent cannot", async (t) => {
  const { context, page } = await product.person();
  t.after(() => context.close());
  await dashboard(page, { rows: () => [], live: false });
  await page.getByText("The list of visitors is switched off").waitFor();
  await page.getByText("An admin of the site can switch it on here.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Switch it on" }).count(), 0);
  assert.deepEqual(await violations(page), []);

  const admin = await product.person();
  t.after(() => admin.context.close());
  await signIn(admin.page, product.url, "ana@example.com");
  await admin.page.getByRole("link", { name: "Visitors" }).click();
  await admin.page.getByText("The list of visitors is switched off").waitFor();
  await product.shot(admin.page, "visitors-off");
  await admin.page.getByRole("button", { name: "Switch it on" }).click();
  // A process knows the settings for some seconds.
  await admin.page.getByText("Nobody is on the site right now").waitFor();
  assert.deepEqual(await violations(admin.page), []);
  await product.shot(admin.page, "visitors-empty");
  const ana = await adminOf(product);
  await ana.set("visitors", { live: false });
});

/** Agents' lists of who is there, by what is published now: whoever has read them before may be some seconds behind. */
async function watched(t) {
  const ana = await adminOf(product);
  await ana.publish(t, "visitors", { live: true });
  await ana.config(({ proactive }) => proactive?.live);
  const { context, page } = await product.person();
  t.after(() => context.close());
  await signIn(page, product.url, "luis@example.com");
  await page.getByRole("link", { name: "Visitors" }).click();
  await page.getByText("Nobody is on the site right now").or(table(page)).first().waitFor();
  return page;
}

/** A shopper on a page of this test's own, whom the server knows to be watched: then it asks for signs of life. */
async function visiting(t, name, { prepare, ...options } = {}) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  await prepare?.(page);
  const answered = (what) => page.waitForResponse((answer) => answer.url().endsWith("/page-views") && JSON.parse(answer.request().postData() ?? "{}").what === what).then((answer) => answer.json());
  const go = async (path) => {
    const answer = answered("view");
    await page.goto(product.url + path);
    return answer;
  };
  for (;;) {
    const { beat_ms } = await go(`/shop/about.html?who=${name}`);
    if (beat_ms) return { context, page, answered, go, beat_ms };
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Their row, without those of other tests. */
async function found(page, name) {
  await page.getByLabel("Page contains").fill(`who=${name}`);
  const row = bodyRows(page);
  await row.first().waitFor();
  return row;
}

async function asked(page, row, text) {
  await row.first().click();
  const drawer = page.getByRole("complementary", { name: "About this visitor" });
  await drawer.getByLabel("Your message").fill(text);
  await drawer.getByRole("button", { name: "Send" }).click();
  await drawer.getByText("Invited by Luis Ortega, waiting").first().waitFor();
  return drawer;
}

/** Closes the page, until the server has heard of it: what a page says in passing is seen by no tool. */
async function leaves(shopper, row) {
  const ana = await adminOf(product);
  const id = await row.locator("[data-visitor]").getAttribute("data-visitor");
  await shopper.page.goto("about:blank");
  for (let tries = 0; tries < 300; tries++) {
    if ((await ana.ask("GET", `/visitors/${id}`)).row.left_at) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail("the page has not said that it was left");
}

/** Forward only: what happened before is over by then. */
let offset = 0;
const later = (ms) => product.clock((offset += ms));

test("V1, V2: a shopper's page is in the list, an agent writes first, the shopper answers, and both see one conversation", async (t) => {
  const agent = { page: await watched(t) };
  const shopper = await visiting(t, "answers");
  const drawer = await asked(agent.page, await found(agent.page, "answers"), "May I help you choose?");
  // Their next page takes it: shown as that agent's message, with the focus where it was.
  await shopper.page.goto(`${product.url}/shop/product.html`);
  await shopper.page.getByText("May I help you choose?").first().waitFor();
  assert.equal(await shopper.page.evaluate(() => document.activeElement === document.body), true);
  await product.shot(shopper.page, "visitors-invited");
  await drawer.getByText(/Sees Luis.* message/).first().waitFor();
  await shopper.page.getByText("May I help you choose?").first().click();
  await shopper.page.getByRole("textbox").last().fill("Yes, please");
  await shopper.page.getByRole("textbox").last().press("Enter");
  await shopper.page.locator('[data-testid="message"][data-own="true"]').first().waitFor();
  await agent.page.getByRole("button", { name: /^Inbox/ }).click();
  await agent.page.getByRole("link", { name: /^Mine/ }).click();
  await agent.page.getByText("Yes, please").first().click();
  // It is that agent's message, and no automatic one.
  const said = agent.page.locator(".line-bubble").filter({ hasText: "May I help you choose?" });
  await said.locator(".bubble-why").getByText("Written by hand to a visitor, before they wrote").waitFor();
  assert.deepEqual(await said.locator(".bubble-by > span").allInnerTexts(), ["You", "Invitation"]);
  await product.shot(agent.page, "visitors-answered");
});

test("V2: what an agent writes by hand comes with their name and photo; put away it is said to be, and nobody writes again", async (t) => {
  const ana = await adminOf(product);
  const { team } = await ana.config(() => true);
  const luis = team.find(({ name }) => name === "Luis Ortega");
  const agent = await watched(t);
  const photo = await agent.evaluate(async () => {
    const canvas = new OffscreenCanvas(200, 200);
    canvas.getContext("2d").fillRect(0, 0, 200, 200);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg" })).arrayBuffer())];
  });
  await ana.photo(t, luis.id, new Blob([new Uint8Array(photo)], { type: "image/jpeg" }));
  const shopper = await visiting(t, "named");
  const row = await found(agent, "named");
  const drawer = await asked(agent, row, "Shall I look whether it is in stock?");
  const { invitation } = await shopper.go("/shop/about.html?who=named");
  assert.deepEqual([invitation.author.name, invitation.message.text], ["Luis Ortega", "Shall I look whether it is in stock?"]);
  const teaser = shopper.page.getByTestId("teaser");
  await teaser.getByText("Luis Ortega").waitFor();
  assert.match(await teaser.locator(".avatar").evaluate((avatar) => getComputedStyle(avatar, "::after").backgroundImage), /\/photos\//);
  assert.deepEqual(await violations(shopper.page), []);
  await product.shot(shopper.page, "visitors-invited-photo");
  const told = shopper.answered("dismissed");
  await teaser.getByRole("button", { name: "Dismiss" }).click();
  await told;
  await drawer.getByText("Has put Luis Ortega’s message away").first().waitFor();
  await drawer.getByLabel("Your message").waitFor({ state: "detached" });
  // Nor does it come again on another page.
  assert.deepEqual((await shopper.go("/shop/product.html?who=named")).invitation, undefined);
  assert.equal(await teaser.count(), 0);
});

test("V2: a visitor who has left before the message came is said to be gone, and nothing of it is stored", async (t) => {
  const agent = await watched(t);
  const shopper = await visiting(t, "gone");
  const row = await found(agent, "gone");
  const drawer = await asked(agent, row, "Are you still there?");
  await leaves(shopper, row);
  await later(6_000);
  await drawer.getByText("This visitor has left the site.").waitFor();
  await drawer.getByText("Was gone before Luis Ortega’s message came").first().waitFor();
  await drawer.getByLabel("Your message").waitFor({ state: "detached" });
  assert.deepEqual(await violations(agent), []);
  await product.shot(agent, "visitors-gone");
  // Back after a minute: the message is not what meets them.
  await later(60_000);
  const back = await shopper.go("/shop/about.html?who=gone");
  assert.equal(back.invitation, undefined);
  await drawer.getByLabel("Your message").waitFor();
  assert.equal(await shopper.page.getByTestId("teaser").count(), 0);
  await agent.getByRole("button", { name: /^Inbox/ }).click();
  await agent.locator("[data-list]").first().waitFor();
  assert.equal(await agent.getByText("Are you still there?").count(), 0);
});

test("V1: a page that is watched says every half minute that it is there; closed it has left, and a minute later it is listed no more", async (t) => {
  const agent = await watched(t);
  const shopper = await visiting(t, "leaves", { prepare: (page) => page.clock.install() });
  assert.equal(shopper.beat_ms, 30_000);
  const row = await found(agent, "leaves");
  const is = (presence) => row.locator(`.presence-${presence}`).waitFor();
  await is("here");
  // Of somebody who says nothing it is not known whether they are still there.
  await later(125_000);
  await is("idle");
  const beat = shopper.answered("beat");
  await shopper.page.clock.fastForward(shopper.beat_ms);
  assert.equal((await beat).beat_ms, 30_000);
  await is("here");

  await leaves(shopper, row);
  await later(6_000);
  await is("left");
  await later(61_000);
  await row.first().waitFor({ state: "detached" });
});
