// People, in a real browser, against the functions as they are deployed.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { openWidget, settled, signIn, start, violations, write } from "./product.mjs";

let product;
before(async () => { product = await start(); });
after(async () => { await product.stop(); });

test("a shopper and an agent talk, each sees the other's words and marks", async () => {
  const shopper = await product.person();
  await openWidget(shopper.page, `${product.url}/shop/`);
  await write(shopper.page, "Is the brass lamp dimmable?");
  await shopper.page.getByText("Is the brass lamp dimmable?").waitFor();

  const ana = await product.person({ viewport: { width: 1440, height: 900 } });
  await signIn(ana.page, product.url, "ana@example.com");
  await ana.page.getByText("Is the brass lamp dimmable?").first().click();
  const reply = ana.page.getByPlaceholder(/write a reply/i);
  await reply.fill("It is, with any dimmer.");
  await reply.press("Enter");
  await shopper.page.getByText("It is, with any dimmer.").first().waitFor();
  await shopper.page.getByText("Ana García").first().waitFor();
  await ana.page.getByRole("log").getByText(/seen/i).first().waitFor();
  assert.deepEqual(await violations(shopper.page), []);
  assert.deepEqual(await violations(ana.page), []);
  await product.shot(shopper.page, "widget");
  await product.shot(ana.page, "dashboard");

  // A note stays behind the counter.
  await ana.page.getByRole("tab", { name: "Note" }).click();
  const note = ana.page.getByRole("textbox", { name: /note/i });
  await note.fill("canary: asks about dimmers");
  await note.press("Enter");
  await ana.page.getByRole("log").getByText("canary: asks about dimmers").waitFor();

  await shopper.page.reload();
  await shopper.page.getByRole("button", { name: /chat/i }).first().click();
  await shopper.page.getByText("It is, with any dimmer.").first().waitFor();
  assert.equal(await shopper.page.getByText("canary").count(), 0);

  const second = await shopper.context.newPage();
  await openWidget(second, `${product.url}/shop/about.html`);
  await second.getByText("It is, with any dimmer.").first().waitFor();
  await write(second, "From the second tab");
  await shopper.page.getByText("From the second tab").first().waitFor({ state: "attached" });
  await shopper.context.close();
  await ana.context.close();
});

test("ux_11 what is written offline arrives exactly once", async () => {
  const { context, page } = await product.person();
  await openWidget(page, `${product.url}/shop/`);
  await write(page, "before the tunnel");
  await page.getByText("before the tunnel").waitFor();
  await context.setOffline(true);
  await write(page, "inside the tunnel");
  await page.getByText("inside the tunnel").waitFor();
  await context.setOffline(false);
  const ana = await product.person({ viewport: { width: 1440, height: 900 } });
  await signIn(ana.page, product.url, "ana@example.com");
  await ana.page.getByText("inside the tunnel").first().click({ timeout: 45_000 });
  const log = ana.page.getByRole("log");
  await log.getByText("before the tunnel").waitFor();
  assert.equal(await log.getByText("inside the tunnel").count(), 1);
  await context.close();
  await ana.context.close();
});

test("a_05 a_06 a script is text and a javascript link is no link", async () => {
  const { context, page } = await product.person();
  const text = "<img src=x onerror=\"window.hacked=1\"> javascript:alert(1) https://example.com/";
  await openWidget(page, `${product.url}/shop/`);
  await write(page, text);
  await page.getByText("onerror").waitFor();
  const ana = await product.person({ viewport: { width: 1440, height: 900 } });
  await signIn(ana.page, product.url, "ana@example.com");
  await ana.page.getByText("onerror").first().click();
  await ana.page.getByRole("log").getByText("onerror").waitFor();
  for (const seen of [page, ana.page]) {
    assert.equal(await seen.evaluate(() => window.hacked), undefined);
    assert.equal(await seen.locator("a[href^='javascript']").count(), 0);
  }
  await context.close();
  await ana.context.close();
});

test("nothing is stored before the shopper opens the widget", async () => {
  const { context, page } = await product.person();
  await page.goto(`${product.url}/shop/`);
  await page.getByRole("button", { name: /chat/i }).first().waitFor();
  const stored = await page.evaluate(() => Object.keys(localStorage).filter((key) => /mostrador/i.test(key)));
  assert.deepEqual(stored, []);
  await context.close();
});

test("on a phone the panel fills the screen and nothing covers the composer", async () => {
  const { context, page } = await product.person({ viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true, colorScheme: "dark" });
  await openWidget(page, `${product.url}/shop/`);
  await settled(page);
  const box = await page.getByRole("textbox").last().boundingBox();
  assert.ok(box && box.width > 300 && box.y + box.height <= 780, JSON.stringify(box));
  await page.getByRole("textbox").last().tap();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "phone-dark");
  await context.close();
});

test("the platform's own pages and the sign-in are accessible", async () => {
  const { context, page } = await product.person();
  for (const path of ["/", "/platform/", "/shop/", "/dashboard/"]) {
    await page.goto(product.url + path);
    await page.waitForLoadState("networkidle").catch(() => {});
    assert.deepEqual(await violations(page), [], path);
  }
  await context.close();
});
