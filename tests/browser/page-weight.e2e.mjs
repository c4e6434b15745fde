// What the widget costs a shop whose page says nothing by itself: measured by Lighthouse, with the log of what was asked for.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { chromium } from "playwright-core";
import lighthouse, { desktopConfig } from "lighthouse";
import { adminOf } from "./admin.mjs";
import { start } from "./product.mjs";

let product;
before(async () => { product = await start(); });
after(async () => { await product.stop(); });

/** Lighthouse speaks to a browser over a port of its own. */
async function browserWithPort(t) {
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
  const executablePath = process.env.CHROMIUM?.startsWith("/") ? process.env.CHROMIUM : `/usr/bin/${process.env.CHROMIUM ?? "chromium"}`;
  const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu", `--remote-debugging-port=${port}`] });
  t.after(() => browser.close());
  return port;
}

/** The shop speaks first at its cart: pages have a sieve to look through, and all others pass by it. */
async function speaksAtTheCart(t) {
  const admin = await adminOf(product);
  await admin.triggers(t, [{
    id: "cart", name: "Cart", enabled: true, when: "both", frequency: { kind: "every_page_load" },
    conditions: [{ kind: "page", is: true, patterns: [{ kind: "exact", text: "/shop/cart.html" }] }],
    actions: [{ kind: "message", sender: { kind: "bot" }, texts: { en: "Any question?" }, display: "teaser" }],
  }]);
}

test("UX 2 UX 3: Lighthouse finds no layout shift, no long task and no more than two requests of ours on a page on which no trigger can match", async (t) => {
  await speaksAtTheCart(t);
  const port = await browserWithPort(t);
  const measure = async (flags) => (await lighthouse(`${product.url}/shop/about.html`, { port, onlyCategories: ["performance", "accessibility"], logLevel: "silent", ...flags }, desktopConfig)).lhr;
  // By the processor that there is: simulated slowness would be this machine's others' as well. What is long in each of three
  // measurements is long; what is so in one of them was somebody else's doing.
  let found;
  for (let attempt = 0; attempt < 3; attempt++) {
    const { audits, runtimeError, categories } = await measure({ throttlingMethod: "provided" });
    assert.equal(runtimeError, undefined);
    const requests = audits["network-requests"].details.items.map(({ url }) => new URL(url).pathname);
    assert.deepEqual(requests.filter((path) => path.startsWith("/widget/") || path.startsWith("/v1/")).sort(), ["/v1/sites/demo/config", "/widget/loader.js"]);
    assert.equal(audits["cumulative-layout-shift"].numericValue, 0);
    assert.equal(categories.accessibility.score, 1);
    const largest = JSON.stringify(audits["largest-contentful-paint-element"]?.details ?? audits["lcp-breakdown-insight"]?.details ?? {});
    assert.doesNotMatch(largest, /mostrador/);
    found = audits["long-tasks"].details?.items.filter(({ url }) => url.includes("/widget/")) ?? [];
    t.diagnostic(`performance ${categories.performance.score}, blocking ${audits["total-blocking-time"].numericValue} ms, largest paint ${Math.round(audits["largest-contentful-paint"].numericValue)} ms, ${requests.length} requests, 2 of them ours`);
    if (found.length === 0) break;
  }
  assert.deepEqual(found, []);
});

test("UX 3: on such a page nothing more is asked for or kept, whatever its visitor does but reach for the chat", async (t) => {
  await speaksAtTheCart(t);
  const { context, page } = await product.person();
  t.after(() => context.close());
  const requests = [];
  page.on("request", (request) => requests.push(new URL(request.url()).pathname));
  await page.goto(`${product.url}/shop/`);
  await page.getByTestId("launcher").waitFor();
  await page.mouse.wheel(0, 2000);
  await page.mouse.move(400, 0);
  await page.evaluate(() => {
    mostrador("track", "looked_around", { value: 1, currency: "EUR" });
    mostrador("attributes", { plan: "gold" });
    history.pushState({}, "", "/shop/another.html");
  });
  await page.goto(`${product.url}/shop/product.html?id=luna`);
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByTestId("launcher").waitFor();
  await page.waitForLoadState("networkidle");
  assert.deepEqual([...new Set(requests.filter((path) => path.startsWith("/widget/") || path.startsWith("/v1/")))].sort(), ["/v1/sites/demo/config", "/widget/loader.js"]);
  assert.deepEqual(await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key.startsWith("mostrador"))), []);
  // A trigger could match where the cart is: then one small chunk, and one call.
  const asked = page.waitForRequest((request) => request.url().endsWith("/page-views"));
  await page.goto(`${product.url}/shop/cart.html`);
  await asked;
  assert.ok(requests.some((path) => /\/proactive-/.test(path)));
});
