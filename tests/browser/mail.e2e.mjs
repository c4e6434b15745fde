// The mailboxes of the local platform: whoever is mailed can read, answer, and make things go wrong.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { start, violations } from "./product.mjs";

let product;
before(async () => { product = await start(); });
after(async () => { await product.stop(); });

const html = `<p>Hola <b>Luis</b></p><script>parent.document.title = "taken"; document.title = "taken";</script><img src="https://tracker.example/x.png" alt="">`;

/** A mail from the world, into somebody's mailbox. */
async function arrive(to, subject, from = "Ana <ana@example.com>") {
  const raw = `From: ${from}\r\nTo: ${to}\r\nSubject: ${subject}\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHola Luis, it is in stock.\r\n--b\r\nContent-Type: text/html\r\n\r\n${html}\r\n--b--\r\n`;
  const answer = await fetch(`${product.url}/mail/api/inbound`, { method: "POST", headers: { "content-type": "message/rfc822" }, body: raw });
  assert.deepEqual((await answer.json()).delivered, [to]);
}

const row = (page, text) => page.locator("#mails button").filter({ hasText: text });

async function opened(t, options) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  const asked = [];
  // What a policy forbids does not come to here.
  await page.route(/./, (route, request) => { asked.push(request.url()); return route.continue(); });
  await page.goto(`${product.url}/mail/`);
  await page.getByRole("button", { name: /All mailboxes/ }).waitFor();
  return { page, asked };
}

test("a mail shows itself when it arrives; its HTML runs nothing and loads nothing", async (t) => {
  const { page, asked } = await opened(t);
  await arrive("luis@example.com", "About the linen shirt");
  await row(page, "About the linen shirt").first().click();
  await page.frameLocator("iframe").getByText("Hola Luis").waitFor();
  assert.match(await page.title(), /^Mail/);
  assert.ok(asked.some((url) => url.endsWith("/html")));
  assert.deepEqual(asked.filter((url) => !url.startsWith(product.url)), []);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "mail-read");
  await page.getByRole("tab", { name: "Headers" }).click();
  await page.getByRole("tabpanel").getByText("Message-ID: <1@example.com>").waitFor();
});

test("an answer is quoted and lies in the other's mailbox; a search finds it", async (t) => {
  const { page } = await opened(t);
  await arrive("luis@example.com", "Your size", "Eva <eva@example.com>");
  await row(page, "Your size").filter({ hasText: "Eva <" }).click();
  await page.getByRole("button", { name: "Reply", exact: true }).click();
  assert.equal(await page.getByLabel("To", { exact: true }).inputValue(), "Eva <eva@example.com>");
  await page.getByLabel("Text", { exact: true }).fill("A medium, please.");
  await page.getByLabel("Attachments").setInputFiles({ name: "size.txt", mimeType: "text/plain", buffer: Buffer.from("M") });
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("Delivered to eva@example.com").waitFor();
  await page.getByLabel("Search all mails").fill("medium please");
  await row(page, "eva@example.com").filter({ hasText: "1 file" }).last().click();
  await page.getByRole("tab", { name: "Text" }).click();
  assert.match((await page.getByRole("tabpanel").innerText()).trim(), /^A medium, please\.\s+On .+Eva <eva@example\.com> wrote:\s+> Hola Luis, it is in stock\.$/);
  assert.equal(await page.getByRole("link", { name: /^size\.txt/ }).count(), 1);
});

test("a mail can bounce; the address is suppressed until it is taken off the list", async (t) => {
  const { page } = await opened(t);
  await arrive("marta@example.com", "Nobody there");
  await row(page, "Nobody there").filter({ hasText: "Ana <" }).click();
  await page.getByRole("button", { name: "Bounce (hard)" }).click();
  await row(page, "Bounced").waitFor();
  await page.getByText("Account of SES").click();
  await page.getByRole("button", { name: "Take off marta@example.com" }).click();
  await page.getByRole("button", { name: "Take off marta@example.com" }).waitFor({ state: "detached" });
});

for (const colorScheme of ["light", "dark"]) {
  test(`on a phone, one thing at a time, in the ${colorScheme}`, async (t) => {
    const { page } = await opened(t, { viewport: { width: 360, height: 740 }, colorScheme });
    await arrive("luis@example.com", `On the phone, ${colorScheme}`);
    await row(page, `On the phone, ${colorScheme}`).filter({ hasText: "Ana <" }).click();
    await page.frameLocator("iframe").getByText("Hola Luis").waitFor();
    assert.equal(await page.locator("#list").isVisible(), false);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360));
    assert.deepEqual(await violations(page), []);
    await product.shot(page, `mail-phone-${colorScheme}`);
    await page.getByRole("button", { name: "Back to the list" }).click();
    assert.equal(await page.locator("#list").isVisible(), true);
    assert.deepEqual(await violations(page), []);
  });
}
