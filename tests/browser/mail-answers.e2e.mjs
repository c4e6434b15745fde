// Whoever has left answers the mail: it stands in inbox and widget, with its files, once. The platform's clock is moved, and its mailboxes are used.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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
  await admin.set("email", { enabled: true, sender_address: "hello@shop.example", reply_domain: "reply.shop.example" });
  await admin.set("form", { when: "always", hold_online: false, hold_offline: false, phrases: {}, fields: [{ id: "email", kind: "email", required: true, labels: {} }] });
});
after(async () => {
  await product?.clock(0);
  await ana?.leave();
  await product?.stop();
});

const MINUTE = 60_000;
const box = async (path) => (await fetch(`${product.url}/mail/api/${path}`)).json();
const post = async (path, body) => {
  const answer = await fetch(`${product.url}/mail/api/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${told.error}`);
  return told;
};
const mailsTo = async (address) => (await box(`mails?mailbox=${encodeURIComponent(address)}`)).mails;
/** The mails to an address, newest first, as soon as there are so many; the platform says when something has come. */
async function mailed(address, count) {
  for (let version = 0; ; ) {
    const mails = (await mailsTo(address)).filter(({ outgoing }) => !outgoing);
    if (mails.length >= count) return mails;
    ({ version } = await box(`changes?after=${version}`));
  }
}

/** A shopper who asks from this page, leaves an address and goes. */
async function asks(page, text, address) {
  // Whoever listened before the clock was moved listens no more: nobody answers for this agent's tab.
  await ana.leave();
  ana = await agentAt(product);
  await page.goto(`${product.url}/shop/`);
  await page.getByTestId("launcher").click();
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
  await page.getByTestId("field").fill(address);
  await page.getByTestId("field").press("Enter");
  await page.getByTestId("thanks").waitFor();
  await page.goto("about:blank");
  return ana.find(text);
}

/** What is saved by a click, from whichever page the link opens. */
async function saved(context, page, click) {
  const download = new Promise((resolve) => {
    page.once("download", resolve);
    context.on("page", (opened) => opened.once("download", resolve));
  });
  await click();
  const file = await download;
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const texts = (page) => page.getByTestId("message").locator(".bubble").allInnerTexts();

test("E2 E3 F19 an answer by mail stands in inbox and widget at once, with its files; back in the widget everything is there once", { timeout: 180_000 }, async (t) => {
  const address = "ines@example.org";
  const { context, page } = await product.person({ viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true });
  t.after(() => context.close());
  const id = await asks(page, "Does the lamp come in blue?", address);
  const desk = await product.person({ viewport: { width: 1440, height: 900 } });
  t.after(() => desk.context.close());
  await signIn(desk.page, product.url, "ana@example.com");
  await desk.page.goto(`${product.url}/dashboard/demo/all/${id}`);
  await ana.say(id, "Yes, in two blues. Which one?");
  const hour = 60 * MINUTE;
  await product.clock(2 * hour);
  const [mail] = await mailed(address, 1);

  // She answers from her mailbox, with a picture of the room and something that calls itself one.
  const files = [
    { name: "room.png", kind: "image/png", base64: PNG.toString("base64") },
    { name: "plan.jpg", kind: "image/jpeg", base64: Buffer.from("<!doctype html><script>alert(1)</script>").toString("base64") },
  ];
  const order = { text: "The dark one, please. This is the room.", attachments: files };
  const { mail: copy } = await post(`mails/${mail.id}/reply`, order);
  const bubble = desk.page.locator(".line-bubble", { hasText: "The dark one, please." });
  await bubble.locator(".bubble-mail svg").waitFor();
  assert.equal((await bubble.locator(".bubble").innerText()).trim(), order.text, "without what she quoted");
  assert.match(await bubble.getByRole("button", { name: "room.png" }).innerText(), /room\.png\s+0\.\d kB/);
  assert.equal(await bubble.locator("[data-dangerous=true]").count(), 1);
  const room = await saved(desk.context, desk.page, () => bubble.getByRole("button", { name: "room.png" }).click());
  assert.deepEqual(room, { name: "room.png", bytes: PNG });
  // It comes twice; somebody else writes to the same address; an absence note.
  await post(`mails/${copy}/again`, {});
  const raw = (head, text) => `To: ${reply_to}\r\nSubject: Re\r\n${head}\r\n\r\n${text}\r\n`;
  const [to] = (await box(`mails/${mail.id}`)).reply_to;
  const reply_to = /<(.+)>/.exec(to)?.[1] ?? to;
  const inbound = (from, head, text, verdicts = "") =>
    fetch(`${product.url}/mail/api/inbound?from=${from}&to=${reply_to}${verdicts}`, { method: "POST", headers: { "content-type": "message/rfc822" }, body: raw(`From: ${from}\r\n${head}`, text) });
  await inbound("someone@elsewhere.example", "Message-ID: <a@elsewhere.example>", "It is me, from my other address.");
  await inbound(address, "Message-ID: <b@example.org>", "Send it to another address, please.", "&dmarc=FAIL&spf=FAIL&dkim=FAIL");
  await inbound(address, "Message-ID: <c@example.org>\r\nAuto-Submitted: auto-replied", "I am away until Monday.");
  const review = (why) => desk.page.locator(`.line-mail[data-review=${why}]`);
  await review("another_address").waitFor();
  await review("failed_dmarc").getByText("says that it did not send it").waitFor();
  await desk.page.locator(".line-mail[data-class=auto_response]").waitFor();
  assert.equal(await bubble.count(), 1);
  await product.shot(desk.page, "mail-answered");
  assert.deepEqual(await violations(desk.page), []);

  await bubble.getByRole("button", { name: "Show original" }).click();
  const original = desk.page.locator("[data-original]");
  await original.locator("[data-part=text]").filter({ hasText: "Which one?" }).waitFor();
  assert.match(await original.locator("[data-part=header]").innerText(), /From: .*ines@example\.org/);
  await product.shot(desk.page, "mail-original");
  assert.deepEqual(await violations(desk.page), []);
  const whole = await saved(desk.context, desk.page, () => original.getByRole("button", { name: "Save the whole mail" }).click());
  assert.equal(whole.name, "mail.eml");
  assert.match(whole.bytes.toString(), /The dark one, please\./);
  await desk.page.keyboard.press("Escape");

  // Back in the widget by the mail's button: everything, once, with the mark of the mail.
  const link = /https?:\/\/[^\s"<>]+#mostrador-resume=[\w-]+/i.exec((await box(`mails/${mail.id}`)).text)?.[0];
  await page.goto(link);
  await page.getByTestId("by-mail").waitFor();
  assert.equal(await page.getByTestId("mailed").count(), 0, "in the browser that wrote there is nothing to explain");
  const said = ["Does the lamp come in blue?", "Yes, in two blues. Which one?", order.text];
  assert.deepEqual(await texts(page), said);
  assert.equal(await page.getByTestId("file").count(), 2);
  const mine = await saved(context, page, () => page.getByTestId("file").first().click());
  assert.deepEqual(mine, { name: "room.png", bytes: PNG });
  await product.shot(page, "mail-in-widget");
  assert.deepEqual(await violations(page), []);
  // And what she answers by mail meanwhile comes into the open widget at once.
  await post(`mails/${mail.id}/reply`, { text: "And two of them." });
  await page.getByTestId("message").filter({ hasText: "And two of them." }).waitFor();
  await page.reload();
  await page.getByTestId("launcher").click();
  await page.getByTestId("message").filter({ hasText: "And two of them." }).waitFor();
  assert.deepEqual(await texts(page), [...said, "And two of them."]);
});

test("E2 after the end an answer by mail begins a chat that leads back to the old one; Spanish, dark", { timeout: 120_000 }, async (t) => {
  const address = "lola@example.org";
  const { context, page } = await product.person({ colorScheme: "dark", locale: "es-ES" });
  t.after(() => context.close());
  const id = await asks(page, "¿Cuánto tarda el envío?", address);
  await ana.say(id, "Dos días.");
  await product.clock(4 * 60 * MINUTE);
  const [mail] = await mailed(address, 1);
  await ana.leave();
  ana = await agentAt(product);
  await ana.ask({ action: "close", conversation_id: id });
  await post(`mails/${mail.id}/reply`, { text: "¿Y a Canarias?", attachments: [{ name: "mapa.svg", kind: "image/svg+xml", base64: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>").toString("base64") }] });
  const next = await ana.find("¿Y a Canarias?");
  assert.notEqual(next, id);
  const desk = await product.person({ viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true, colorScheme: "dark", locale: "es-ES" });
  t.after(() => desk.context.close());
  await signIn(desk.page, product.url, "ana@example.com");
  await desk.page.goto(`${product.url}/dashboard/demo/all/${next}`);
  const bubble = desk.page.locator(".line-bubble", { hasText: "¿Y a Canarias?" });
  await bubble.getByText("puede ser peligroso").waitFor();
  await product.shot(desk.page, "mail-follows-phone-dark-es");
  assert.deepEqual(await violations(desk.page), []);
  await bubble.getByRole("button", { name: "Ver original" }).click();
  await desk.page.locator("[data-original] [data-part=text]").waitFor();
  await product.shot(desk.page, "mail-original-phone-dark-es");
  await desk.page.keyboard.press("Escape");
  await bubble.getByRole("button", { name: "Responde a una conversación cerrada" }).click();
  await desk.page.getByText("Dos días.").first().waitFor();

  await page.goto(`${product.url}/shop/?lang=es`);
  await page.getByTestId("launcher").click();
  await page.getByTestId("by-mail").waitFor();
  assert.deepEqual((await texts(page)).filter((text) => text === "¿Y a Canarias?").length, 1);
  await page.getByText("puede ser peligroso").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "mail-in-widget-dark-es");
});
