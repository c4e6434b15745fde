// Agents who are told by mail, their choice, and transcripts: the platform's clock is moved, and its mailboxes are read.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { adminOf } from "./admin.mjs";
import { signIn, start, violations } from "./product.mjs";

let product;
let admin;
before(async () => {
  product = await start();
  admin = await adminOf(product);
  await admin.set("email", { enabled: true, sender_address: "hello@shop.example", reply_domain: "reply.shop.example" });
});
after(async () => {
  await product?.clock(0);
  await product?.stop();
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let ahead = 0;
/** Time only goes on, once everything that is under way has arrived. */
const passes = async (span) => {
  await product.clock(ahead);
  await product.clock((ahead += span));
};
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

/** An agent signs in, goes to their notifications, and leaves the dashboard behind. */
async function choosing(t, email, choose, options = {}) {
  const desk = await product.person({ viewport: { width: 1440, height: 900 }, ...options });
  t.after(() => desk.context.close());
  await signIn(desk.page, product.url, email);
  await choose(desk.page);
  await desk.context.close();
}

test("A5 E3 a chat is missed: the agent's mail has the thread so far, and its answer from the mailbox reaches the shopper", { timeout: 120_000 }, async (t) => {
  await choosing(t, "ana@example.com", async (page) => {
    await page.locator(".rail-you[aria-haspopup]").click();
    await page.getByRole("menuitem", { name: "Notifications by email" }).click();
    await page.getByRole("heading", { name: "My notifications" }).waitFor();
    await page.getByText("ana@example.com").first().waitFor();
    assert.equal(await page.getByRole("switch", { name: "Missed conversations" }).isChecked(), true);
    assert.deepEqual(await violations(page), []);
    await product.shot(page, "notifications");
  });
  const { context, page } = await product.person({ viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true });
  t.after(() => context.close());
  await page.goto(`${product.url}/shop/`);
  await page.getByTestId("launcher").click();
  await page.getByTestId("composer").fill("Is the big lamp dimmable?");
  await page.getByTestId("composer").press("Enter");
  for (let wait = 20; !(await admin.ask("GET", "/conversations?list=queue")).rows.some(({ preview }) => preview?.text === "Is the big lamp dimmable?"); wait = Math.min(2 * wait, 500)) await new Promise((resolve) => setTimeout(resolve, wait));
  await passes(5 * MINUTE);
  const [mail, ...more] = await mailed("ana@example.com", 1);
  assert.deepEqual(more, []);
  const read = await box(`mails/${mail.id}`);
  assert.match(read.text, /Is the big lamp dimmable\?/);
  assert.match(read.text, /\/dashboard\/demo\/queue\/conv_/);
  const mails = await product.person({ viewport: { width: 900, height: 900 } });
  t.after(() => mails.context.close());
  await mails.page.setContent(read.html);
  await product.shot(mails.page, "agent-mail-missed");
  const answered = await fetch(`${product.url}/mail/api/mails/${mail.id}/reply`, { method: "POST", headers: { "content-type": "application/json", origin: product.url }, body: JSON.stringify({ text: "It is, from 5 to 100 %." }) });
  assert.equal(answered.status, 200, await answered.text());
  await page.getByTestId("message").filter({ hasText: "It is, from 5 to 100 %." }).waitFor();
  await product.shot(page, "agent-mail-answered");

  // Now there is something to take along: asked for in the menu, to an address that nobody knew.
  await page.getByTestId("menu").click();
  const item = page.getByRole("menuitem", { name: "Email me this chat" });
  await item.waitFor();
  await product.shot(page, "transcript-menu");
  await item.click();
  await page.getByTestId("mail-to").fill("nora");
  await page.getByTestId("mail-send").click();
  await page.getByText("Please write an email address, such as ana@example.com.").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "transcript-wrong");
  await page.getByTestId("mail-to").fill("nora@example.org");
  await page.getByTestId("mail-send").click();
  await page.getByText("It is on its way.").waitFor();
  await product.shot(page, "transcript-sent");
  const [transcript] = await mailed("nora@example.org", 1);
  const { text } = await box(`mails/${transcript.id}`);
  assert.match(text, /Is the big lamp dimmable\?[^]*It is, from 5 to 100 %\./);
});

test("UX 40 A5 quiet hours: what comes meanwhile is mailed at their end; what is wrong stands beside its field, and leaving asks first", { timeout: 120_000 }, async (t) => {
  const zone = "America/Lima";
  const hour = (offset) => {
    const at = new Date(Date.now() + ahead + offset);
    return `${new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" }).format(at)}:00`;
  };
  await choosing(
    t,
    "luis@example.com",
    async (page) => {
      await page.goto(`${product.url}/dashboard/demo/settings/notifications`);
      await page.getByRole("heading", { name: "Mis avisos" }).waitFor();
      await page.getByLabel("Cada pocas horas, en un solo correo").check();
      await page.getByLabel("Horas entre correos").fill("20");
      await page.getByRole("button", { name: "Guardar" }).click();
      await page.locator("[data-problem=hours]").waitFor();
      await product.shot(page, "notifications-wrong");
      await page.getByRole("link", { name: /Volver/ }).first().click();
      await page.getByRole("alertdialog").getByText("¿Salir sin guardar?").waitFor();
      await page.getByRole("alertdialog").getByRole("button").first().click();
      await page.getByLabel("Enseguida").check();
      await page.getByRole("switch", { name: "Horas de descanso" }).click();
      await page.getByLabel("Desde", { exact: true }).fill(hour(0));
      await page.getByLabel("Hasta", { exact: true }).fill(hour(3 * HOUR));
      await page.getByLabel("Zona horaria").fill(zone);
      await page.getByRole("button", { name: "Guardar" }).click();
      await page.getByText("Guardado").waitFor();
      assert.deepEqual(await violations(page), []);
      await product.shot(page, "notifications-quiet");
      await page.setViewportSize({ width: 390, height: 780 });
      await product.shot(page, "notifications-phone");
      await page.emulateMedia({ colorScheme: "dark" });
      await product.shot(page, "notifications-dark");
    },
    { locale: "es-ES" },
  );
  // His dashboard is no longer alive.
  await passes(2 * MINUTE);
  const before = (await mailsTo("luis@example.com")).length;
  await product.visitor("Is anybody there tonight?");
  await passes(30 * MINUTE);
  assert.equal((await mailsTo("luis@example.com")).length, before, "told in quiet hours");
  await passes(3 * HOUR);
  const mails = await mailed("luis@example.com", before + 1);
  assert.equal(mails.length, before + 1);
  const { text, html } = await box(`mails/${mails[0].id}`);
  assert.match(text, /Is anybody there tonight\?/);
  const look = await product.person({ viewport: { width: 900, height: 1000 } });
  t.after(() => look.context.close());
  await look.page.setContent(html);
  await product.shot(look.page, "agent-mail-quiet");
});

test("E3 an agent mails the thread to themselves, and is told why where there is none", { timeout: 120_000 }, async (t) => {
  const visitor = await product.visitor("Where is my parcel?");
  const desk = await product.person({ viewport: { width: 1440, height: 900 } });
  t.after(() => desk.context.close());
  await signIn(desk.page, product.url, "ana@example.com");
  await desk.page.goto(`${product.url}/dashboard/demo/queue/${visitor.id}`);
  await desk.page.getByRole("button", { name: "Mail it to me" }).click();
  await desk.page.getByText("Nobody has answered yet: there is nothing to send.").waitFor();
  const before = (await mailsTo("ana@example.com")).length;
  await desk.page.locator("textarea").last().fill("It left this morning.");
  await desk.page.locator("textarea").last().press("Enter");
  await visitor.entry((entry) => entry.kind === "message" && entry.text === "It left this morning.");
  await desk.page.getByRole("button", { name: "Mail it to me" }).click();
  await desk.page.getByText("On its way to ana@example.com").waitFor();
  await product.shot(desk.page, "transcript-agent");
  const mails = await mailed("ana@example.com", before + 1);
  const { text } = await box(`mails/${mails[0].id}`);
  assert.match(text, /Where is my parcel\?[^]*It left this morning\./);
});
