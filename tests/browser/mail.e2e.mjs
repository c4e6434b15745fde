// Whoever has left gets the answer by mail: the platform's clock is moved, and its mailboxes are read.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { agentAt } from "../../web/widget/e2e/agent.mjs";
import { adminOf } from "./admin.mjs";
import { signIn, start, violations } from "./product.mjs";

let product;
let admin;
let ana;
before(async () => {
  product = await start();
  admin = await adminOf(product);
  ana = await agentAt(product);
  await admin.set("email", { enabled: true, sender_address: "hello@shop.example" });
  await admin.set("form", { when: "always", hold_online: false, hold_offline: false, phrases: {}, fields: [{ id: "email", kind: "email", required: true, labels: {} }] });
});
after(async () => {
  await product?.clock(0);
  await ana?.leave();
  await product?.stop();
});

const MINUTE = 60_000;
const box = async (path) => (await fetch(`${product.url}/mail/api/${path}`)).json();
const mailsTo = async (address) => (await box(`mails?mailbox=${encodeURIComponent(address)}`)).mails;
/** The mails to an address, newest first, as soon as there are so many; the platform says when something has come. */
async function mailed(address, count) {
  for (let version = 0; ; ) {
    const mails = await mailsTo(address);
    if (mails.length >= count) return mails;
    ({ version } = await box(`changes?after=${version}`));
  }
}

test("E1 E2 whoever has left is mailed the answer, returns by its button and sees everything once; agents see that it went", { timeout: 120_000 }, async (t) => {
  const address = "nora@example.org";
  const { context, page } = await product.person({ viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true });
  t.after(() => context.close());
  await page.goto(`${product.url}/shop/`);
  await page.getByTestId("launcher").click();
  await page.getByTestId("composer").fill("Do you ship to the islands?");
  await page.getByTestId("composer").press("Enter");
  await page.getByTestId("field").fill(address);
  await page.getByTestId("field").press("Enter");
  await page.getByTestId("thanks").waitFor();
  await page.goto("about:blank");

  const id = await ana.find("Do you ship to the islands?");
  await ana.say(id, "Yes, within two days.");
  await ana.say(id, "Shall we pack it?");
  await product.clock(3 * MINUTE);
  const [mail, ...more] = await mailed(address, 1);
  assert.deepEqual(more, []);
  const read = await box(`mails/${mail.id}`);
  for (const part of [read.text, read.html ?? ""]) if (part) assert.match(part, /Yes, within two days\.[^]*Shall we pack it\?/);
  const link = /https?:\/\/[^\s"<>]+#mostrador-resume=[\w-]+/i.exec(read.text)?.[0];
  assert.ok(link, read.text);

  await page.goto(link);
  await page.getByTestId("message").filter({ hasText: "Shall we pack it?" }).waitFor();
  assert.deepEqual(await page.getByTestId("message").locator(".bubble").allInnerTexts(), ["Do you ship to the islands?", "Yes, within two days.", "Shall we pack it?"]);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "mail-returned");

  const desk = await product.person({ viewport: { width: 1440, height: 900 } });
  t.after(() => desk.context.close());
  await signIn(desk.page, product.url, "ana@example.com");
  await desk.page.goto(`${product.url}/dashboard/demo/mine/${id}`);
  await desk.page.getByText(`Unseen answers were mailed to ${address}`).waitFor();
  await desk.page.locator(".state-seen").waitFor();
  assert.deepEqual(await violations(desk.page), []);
  await product.shot(desk.page, "mail-thread");

  // Seen is seen: once the shopper has left again, only what came after that is mailed.
  await page.goto("about:blank");
  await ana.say(id, "It is on its way.");
  await product.clock(40 * MINUTE);
  const [second, ...earlier] = await mailed(address, 2);
  assert.equal(earlier.length, 1);
  const { text } = await box(`mails/${second.id}`);
  const [answers, before] = text.split("Earlier in this conversation");
  assert.match(answers, /It is on its way\./);
  assert.doesNotMatch(answers, /Shall we pack it/);
  assert.match(before, /Shall we pack it/);
});

test("E2 whoever wants no more mails says so on a page that asks, and agents read it where they answer", { timeout: 120_000 }, async (t) => {
  const address = "lena@example.org";
  // The clock has moved under the one that listens for the others: its lease is over.
  const ana = await agentAt(product);
  t.after(() => ana.leave());
  const { context, page } = await product.person({ viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true });
  t.after(() => context.close());
  await page.goto(`${product.url}/shop/`);
  await page.getByTestId("launcher").click();
  await page.getByTestId("composer").fill("Is the small one back?");
  await page.getByTestId("composer").press("Enter");
  await page.getByTestId("field").fill(address);
  await page.getByTestId("field").press("Enter");
  await page.getByTestId("thanks").waitFor();
  await page.goto("about:blank");
  const id = await ana.find("Is the small one back?");

  const desk = await product.person({ viewport: { width: 1440, height: 900 } });
  t.after(() => desk.context.close());
  await signIn(desk.page, product.url, "ana@example.com");
  await desk.page.goto(`${product.url}/dashboard/demo/queue/${id}`);
  await desk.page.locator(".composer-away").filter({ hasText: `${address} is away` }).waitFor();
  await product.shot(desk.page, "mail-away");
  await ana.say(id, "It is, since today.");
  await product.clock(100 * MINUTE);
  const [mail] = await mailed(address, 1);
  const header = (await box(`mails/${mail.id}`)).headers?.find?.(({ name }) => name.toLowerCase() === "list-unsubscribe")?.value ?? (await (await fetch(`${product.url}/mail/api/mails/${mail.id}/raw`)).text());
  const path = /\/v1\/mail\/unsubscribe\/[A-Za-z0-9_]+/.exec(header.replaceAll(/\r?\n[ \t]/g, ""))?.[0];
  assert.ok(path, header);
  for (const [name, scheme] of [["light", "light"], ["dark", "dark"]]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(`${product.url}${path}`);
    assert.deepEqual(await violations(page), []);
    await product.shot(page, `mail-unsubscribe-${name}`);
  }
  await page.getByRole("button", { name: "No more mails" }).click();
  await page.getByRole("heading", { name: /sends no more mails to this address/ }).waitFor();
  assert.equal(await page.getByRole("button").count(), 0);
  await product.shot(page, "mail-unsubscribed");

  await desk.page.getByText(`${address} wants no more mails from us`).first().waitFor();
  await desk.page.locator('.composer-unmailed[data-why="unsubscribed"]').waitFor();
  assert.deepEqual(await violations(desk.page), []);
  await product.shot(desk.page, "mail-unsubscribed-desk");
});

test("E8 an admin sees what SES says of the sender, copies the records and is sent a test mail", { timeout: 120_000 }, async (t) => {
  const desk = await product.person({ viewport: { width: 1440, height: 1000 } });
  t.after(() => desk.context.close());
  const { page } = desk;
  await signIn(page, product.url, "ana@example.com");
  await page.goto(`${product.url}/dashboard/demo/settings/email`);
  const setup = page.getByTestId("mail-setup");
  await setup.locator('tr[data-for="dkim"]').first().waitFor();
  assert.equal(await setup.locator('tr[data-for="dkim"][data-found="true"]').count(), 3);
  assert.equal(await setup.locator('tr[data-for="dmarc"][data-found="unknown"]').count(), 1);
  await setup.getByRole("button", { name: "Send me a test mail" }).click();
  await setup.getByText("SES has taken it for ana@example.com").waitFor();
  await mailed("ana@example.com", 1);
  assert.deepEqual(await violations(page), []);
  await setup.scrollIntoViewIfNeeded();
  await product.shot(page, "mail-setup");
  for (const [name, width, scheme] of [["phone", 390, "dark"]]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme });
    await setup.locator(".records").scrollIntoViewIfNeeded();
    assert.deepEqual(await violations(page), []);
    await product.shot(page, `mail-setup-${name}`);
  }
});
