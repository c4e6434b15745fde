// What the shop says first, as a shopper sees it: the server's half is played by the test, so that every display, device and text can be had
// without waiting for a trigger. With the functions as they are deployed: tests/browser/proactive.e2e.mjs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { settled, start, violations } from "../../../tests/browser/product.mjs";

let product;
const ana = { kind: "agent", name: "Ana García", title: "Lamps and lighting" };
before(async () => {
  product = await start();
  const { team } = await (await fetch(`${product.url}/v1/sites/demo/config`)).json();
  ana.id = team.find(({ name }) => name === ana.name).id;
});
after(() => product?.stop());

const bot = { kind: "bot", name: "Taller Luz" };
const says = (text, display = "teaser", author = ana, more = {}) => ({ shown: "sh_0123456789abcdef0123456789abcdef", trigger: "greet", author, message: { text, display }, open_window: false, show_form: false, ...more });

/** A page on which the server has this to say as soon as it is opened. */
async function visited(t, show, { path = "/shop/", prepare, photo, groups, ...options } = {}) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  const reports = [];
  const requests = [];
  let waiting = show ? [show] : [];
  await context.route("**/v1/sites/*/config", async (route) => {
    const answer = await route.fetch();
    const config = await answer.json();
    if (photo) config.team.find(({ name }) => name === "Ana García").photo = photo;
    await route.fulfill({ response: answer, json: { ...config, proactive: { sieve: { pages: ["/shop/"], events: {} }, live: false, groups } } });
  });
  if (photo) await context.route(`**${photo}`, (route) => route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#c60" d="M0 0h8v8H0z"/></svg>' }));
  await context.route("**/page-views", async (route) => {
    const report = JSON.parse(route.request().postData());
    reports.push(report);
    const [shown] = report.what === "view" ? waiting.splice(0) : [];
    await route.fulfill({ json: { armed: [], ...(!report.visitor && { visitor: "v".repeat(32) }), ...(shown && { show: shown }) }, headers: { "access-control-allow-origin": "*" } });
  });
  page.on("request", (request) => requests.push(new URL(request.url()).pathname));
  await prepare?.(context, page);
  await page.goto(product.url + path);
  await page.getByTestId("launcher").waitFor();
  const reported = async (what) => {
    while (!reports.some((report) => report.what === what)) await page.waitForRequest("**/page-views").catch(() => {});
    return reports.find((report) => report.what === what);
  };
  return { page, context, reports, requests, reported, again: (shown) => (waiting = [shown]) };
}

const kept = (page) => page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key.startsWith("mostrador")));
const focused = (page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName);
const isOpen = (page) => page.getByTestId("panel").evaluate((panel) => panel.classList.contains("open"));
const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

test("UX 25: a teaser stands beside the launcher, moves no focus, is announced politely and covers nothing of a phone's page", async (t) => {
  for (const options of [{}, phone]) {
    const { page, requests } = await visited(t, says("Hello! Are you looking for something? We are happy to help you find it."), { ...options, path: "/shop/?consent=none", prepare: (context) => context.addInitScript(() => addEventListener("DOMContentLoaded", () => document.querySelector("#theme").focus())) });
    const teaser = page.getByTestId("teaser");
    await teaser.getByText("Ana García").waitFor();
    assert.equal(await focused(page), "theme");
    await teaser.getByRole("status").filter({ hasText: "Are you looking for something" }).waitFor({ state: "attached" });
    await settled(page);
    const box = await teaser.boundingBox();
    const launcher = await page.getByTestId("launcher").boundingBox();
    const { width, height } = page.viewportSize();
    assert.ok(box.x >= 0 && box.x + box.width <= width && box.y + box.height <= launcher.y, JSON.stringify({ box, launcher }));
    assert.ok(box.width * box.height < 0.12 * width * height, "the card is a small part of the page");
    assert.deepEqual(await violations(page), []);
    // Nobody has opened anything: no session, no socket, nothing kept.
    assert.deepEqual(requests.filter((path) => /tickets|sessions/.test(path)), []);
    assert.deepEqual(await kept(page), []);
    assert.equal(await isOpen(page), false);
    await product.shot(page, `proactive-teaser-${options.isMobile ? "phone" : "desktop"}`);
  }
});

test("T4 sent away it is gone and said so; what stands in the window then is the shop's usual welcome", async (t) => {
  const { page, reported } = await visited(t, says("Anything unclear?"));
  await page.getByTestId("teaser").getByRole("button", { name: "Dismiss" }).click();
  assert.equal((await reported("dismissed")).shown, "sh_0123456789abcdef0123456789abcdef");
  await page.getByTestId("teaser").waitFor({ state: "detached" });
  await page.getByTestId("launcher").click();
  await page.getByTestId("welcome").waitFor();
  assert.equal(await page.getByTestId("message").count(), 0);
});

test("the message stands there first, from that agent, with the composer below it, and still on the next page", async (t) => {
  const { page, reported, reports } = await visited(t, says("Any question about your order, delivery or payment?"), { photo: "/v1/photos/ana" });
  assert.match(await page.getByTestId("teaser").locator(".avatar").evaluate((avatar) => getComputedStyle(avatar, "::after").backgroundImage), /photos\/ana/);
  await page.getByTestId("teaser").getByText("Ana García").click();
  const message = page.getByTestId("message");
  await message.getByText("Any question about your order").waitFor();
  await page.getByTestId("composer").waitFor();
  assert.equal(await page.getByTestId("thread").getByText("Ana García").count(), 1);
  assert.equal((await reported("shown_opened")).remember, true);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "proactive-opened");
  await page.goto(`${product.url}/shop/about.html`);
  await message.getByText("Any question about your order").waitFor();
  assert.equal(await message.count(), 1);
  assert.equal(reports.filter(({ what }) => what === "shown_opened").length, 1);
});

test("UX 25: an open window moves no focus either, stores and connects nothing until somebody reaches for it, and closing it is sending it away", async (t) => {
  const { page, requests, reported, reports } = await visited(t, says("Would you like to talk to us?", "window"), { path: "/shop/?consent=none", prepare: (context) => context.addInitScript(() => addEventListener("DOMContentLoaded", () => document.querySelector("#theme").focus())) });
  await page.getByTestId("message").getByText("Would you like to talk to us?").waitFor();
  await page.getByTestId("announcer").filter({ hasText: "Would you like" }).waitFor({ state: "attached" });
  assert.equal(await isOpen(page), true);
  assert.equal(await focused(page), "theme");
  assert.deepEqual(await kept(page), []);
  assert.deepEqual(requests.filter((path) => /tickets|sessions/.test(path)), []);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "proactive-window");
  const session = page.waitForResponse((answer) => answer.url().endsWith("/sessions"));
  await page.getByTestId("composer").click();
  await session;
  await reported("shown_opened");

  const other = await visited(t, says("Would you like to talk to us?", "window"));
  await other.page.getByTestId("message").waitFor();
  await other.page.getByTestId("close").click();
  await other.reported("dismissed");
  assert.deepEqual(other.reports.filter(({ what }) => what === "shown_opened"), []);
  assert.equal(reports.filter(({ what }) => what === "dismissed").length, 0);
});

test("UX 25: on a phone nothing opens by itself: a window is a card there, and so is a window without a word", async (t) => {
  for (const [show, text] of [[says("Would you like to talk to us? ".repeat(12), "window"), "Would you like"], [says("x", "teaser", bot, { message: undefined, open_window: true }), "every lamp by hand"], [says("Is something unclear?", "bubble", bot, { show_form: true }), "Is something unclear?"]]) {
    const { page } = await visited(t, show, phone);
    const teaser = page.getByTestId("teaser");
    await teaser.getByText(text).first().waitFor();
    assert.equal(await isOpen(page), false);
    await settled(page);
    const box = await teaser.boundingBox();
    assert.ok(box.height < 0.3 * 780, `${box.height}`);
    await product.shot(page, `proactive-phone-${text.split(" ")[0]}`);
  }
});

test("UX 3: the panel comes with what is to be shown, not before; without it a page view is one small chunk and one call", async (t) => {
  const { page, requests } = await visited(t, undefined);
  await page.waitForLoadState("networkidle");
  const ours = requests.filter((path) => path.startsWith("/widget/") || path.startsWith("/v1/"));
  assert.deepEqual(ours.map((path) => path.replace(/-[A-Z0-9]+\.js/, ".js")).sort(), ["/v1/sites/demo/config", "/v1/sites/demo/page-views", "/widget/assets/proactive.js", "/widget/loader.js"]);
});

test("A5: script in what is said is text, beside the launcher and in the thread", async (t) => {
  const text = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> javascript:alert(1)';
  const { page } = await visited(t, says(text, "bubble", { ...ana, name: '<b onclick="x">Ana</b>', photo: '/x") , url("//evil.example/' }));
  await page.getByTestId("teaser").getByText("onerror").first().waitFor();
  await page.getByTestId("teaser").getByText("onerror").first().click();
  await page.getByTestId("message").getByText("onerror").waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("#mostrador img, #mostrador script, #mostrador a[href^=javascript]").count(), 0);
});

test("A20: forged messages and storage events show nothing and change nothing", async (t) => {
  const { page, reports } = await visited(t, undefined);
  await page.evaluate((shown) => {
    for (const data of [{ type: "show", show: shown }, { mostrador: "offer", shown }, JSON.stringify({ show: shown })]) window.postMessage(data, "*");
    sessionStorage.setItem("mostrador:demo:offer", "{not json");
    for (const key of ["offer", "visitor", "spoken", "session"]) window.dispatchEvent(new StorageEvent("storage", { key: `mostrador:demo:${key}`, newValue: JSON.stringify(shown) }));
    localStorage.setItem("mostrador:demo:visitor", "<script>");
  }, says("forged"));
  await page.reload();
  await page.getByTestId("launcher").click();
  await page.getByTestId("welcome").waitFor();
  assert.equal(await page.getByTestId("message").count(), 0);
  assert.equal(await page.getByText("forged").count(), 0);
  assert.ok(reports.every(({ visitor }) => visitor === undefined || visitor === "v".repeat(32)));
});

test("how it looks: light and dark, four languages, from right to left, long and short, with and without a photo", async (t) => {
  const long = "Hello! We have just fired a new glaze, and the next ones leave the kiln on Friday. If you tell us which room it is for, how high the ceiling is and what you do there in the evening, we send you two drawings by tomorrow, without any obligation. ".repeat(2);
  for (const [name, show, options] of [
    ["light-es", says("¿Alguna duda sobre tu pedido, el envío o el pago? Aquí estamos."), { path: "/shop/cart.html?lang=es", photo: "/v1/photos/ana" }],
    ["dark-it", says("Vuoi parlare con noi? Qui di solito rispondiamo prima.", "bubble"), { path: "/shop/contact.html?lang=it&theme=dark" }],
    ["rtl", says("هل تبحث عن شيء؟ يسعدنا أن نساعدك في العثور عليه.", "bubble", bot), { path: "/shop/?lang=ar" }],
    ["long-bubble", says(long, "bubble"), { photo: "/v1/photos/ana" }],
    ["long-teaser-pt", says(long, "teaser", bot), { path: "/shop/landing.html?lang=pt" }],
    ["long-phone-dark", says(long, "bubble"), { ...phone, path: "/shop/?theme=dark" }],
    ["narrow", says("Supercalifragilisticexpialidocious".repeat(8), "bubble", { ...ana, name: "Ana María de los Ángeles Fernández-Villaverde y Ortiz de Zárate" }), { viewport: { width: 320, height: 480 } }],
  ]) {
    const { page } = await visited(t, show, options);
    await page.getByTestId("teaser").waitFor();
    assert.deepEqual(await violations(page), [], name);
    const { width, height } = page.viewportSize();
    const box = await page.getByTestId("teaser").boundingBox();
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.height < 0.6 * height, `${name} ${JSON.stringify(box)}`);
    await product.shot(page, `proactive-${name}`);
  }
});

test("UX 7: not on paper, and not above the shop's own question for consent", async (t) => {
  const { page, reports } = await visited(t, says("Hello"), { path: "/shop/privacy.html" });
  const banner = page.getByRole("region", { name: "Your choice" });
  await banner.waitFor();
  // Before the answer nothing is known, nothing asked, nothing shown.
  assert.deepEqual([reports, await kept(page)], [[], []]);
  await banner.getByRole("button", { name: "Yes" }).click();
  await page.getByTestId("teaser").waitFor();
  assert.equal(await banner.isVisible(), false);
  assert.equal(reports[0].remember, true);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.getByTestId("teaser").isVisible(), false);
});

test("A4 a shopper may choose whom the first message is for; where the page has said it, there is nothing to choose", async (t) => {
  const groups = [{ id: "sales", name: "Lamps and advice" }, { id: "orders", name: "Orders" }];
  const sent = async (page, text) => {
    const frames = [];
    page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => frames.push(JSON.parse(payload))));
    await page.getByTestId("launcher").click();
    await page.getByTestId("composer").waitFor();
    return async () => {
      await page.getByTestId("composer").fill(text);
      await page.getByTestId("composer").press("Enter");
      for (;;) {
        const send = frames.find(({ action }) => action === "send");
        if (send) return send;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
  };
  for (const [name, options] of [["desktop", { path: "/shop/?lang=es" }], ["phone-dark", { ...phone, path: "/shop/?theme=dark" }]]) {
    const { page } = await visited(t, undefined, { groups, ...options });
    const send = await sent(page, "Which lamp?");
    await page.getByTestId("whom").waitFor();
    assert.deepEqual(await violations(page), []);
    await product.shot(page, `proactive-whom-${name}`);
    await page.getByTestId("whom").selectOption("sales");
    assert.equal((await send()).group, "sales");
  }
  const unsure = await visited(t, undefined, { groups });
  const send = await sent(unsure.page, "Anybody?");
  await unsure.page.getByTestId("whom").waitFor();
  assert.equal((await send()).group, undefined);
  const said = await visited(t, undefined, { groups, prepare: (context) => context.addInitScript(() => ((window.mostrador ??= (...call) => (mostrador.q = mostrador.q ?? []).push(call)), mostrador("group", "orders"))) });
  const told = await sent(said.page, "Where is it?");
  assert.equal((await told()).group, "orders");
  assert.equal(await said.page.getByTestId("whom").count(), 0);
});
