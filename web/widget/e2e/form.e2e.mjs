// The intake form inside the thread, in a real browser, against the functions as they are deployed: step by step, wrong answers, going back,
// lost networks, reloads and other tabs, until the conversation is let through.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start, violations } from "../../../tests/browser/product.mjs";
import { adminOf } from "../../../tests/browser/admin.mjs";
import { agentAt } from "./agent.mjs";

let product;
let ana;
let admin;
let count = 0;
before(async () => {
  product = await start();
  ana = await agentAt(product);
  admin = await adminOf(product);
});
after(async () => {
  await ana?.leave();
  await product?.stop();
});

const name = { id: "name", kind: "name", required: false, labels: {} };
const email = { id: "email", kind: "email", required: true, labels: {} };
const size = {
  id: "size",
  kind: "choice",
  required: false,
  labels: { en: "Which size?", es: "¿Qué talla?" },
  choices: [
    { id: "s", labels: { en: "Small", es: "Pequeña" } },
    { id: "l", labels: { en: "Large", es: "Grande" } },
  ],
};
const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };
const asks = (t, change) => admin.publish(t, "form", { when: "always", hold_online: true, hold_offline: true, phrases: {}, ...change });

/** Somebody who has written a first message, and is asked. */
async function asked(t, { path = "/shop/", ...options } = {}) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  await page.goto(product.url + path);
  await page.getByTestId("launcher").click();
  const text = `is it in stock, number ${++count}?`;
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
  await page.getByTestId("question").waitFor();
  return { page, text };
}
const given = (page) => page.getByTestId("given").locator("b").allInnerTexts();
const answer = async (page, text) => {
  await page.getByTestId("field").fill(text);
  await page.getByTestId("field").press("Enter");
};
const label = (page) => page.getByTestId("question").locator("label");
const focused = (page, testid) => page.waitForFunction((testid) => document.activeElement?.shadowRoot?.activeElement?.dataset.testid === testid, testid);

test("I1 I3 step by step: a held message is explained, wrong answers are said beside the field, and the last answer lets it through", async (t) => {
  await asks(t, { fields: [name, email, size], phrases: { en: { wrong_email: "That is no address, is it?", held: "{shop} reads this after your answers." } } });
  const { page, text } = await asked(t);
  await page.getByTestId("held").getByText("Taller Luz reads this after your answers.").waitFor();
  // Whoever is still writing is not interrupted.
  await focused(page, "composer");
  assert.equal(await page.getByTestId("field").getAttribute("autocomplete"), "name");
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "widget-form-name");
  await page.getByTestId("field").focus();
  await answer(page, "Ana Pérez");
  await label(page).getByText(/email/).waitFor();
  await focused(page, "field");
  assert.equal(await page.getByTestId("field").getAttribute("type"), "email");
  // It is required: there is no way around it.
  assert.equal(await page.getByTestId("skip").count(), 0);
  await answer(page, " ");
  await page.getByTestId("wrong").getByText("We need this to go on.").waitFor();
  await answer(page, "ana at home");
  await page.getByTestId("wrong").getByText("That is no address, is it?").waitFor();
  assert.equal(await page.getByTestId("field").inputValue(), "ana at home");
  assert.equal(await page.getByTestId("field").getAttribute("aria-invalid"), "true");
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "widget-form-wrong");
  await answer(page, "ana@example.org");
  await page.getByTestId("choice").first().waitFor();
  await focused(page, "choice");
  assert.deepEqual(await violations(page), []);
  await page.getByTestId("choice").filter({ hasText: "Large" }).click();
  await page.getByTestId("thanks").waitFor();
  assert.equal(await page.getByTestId("held").count(), 0);
  assert.equal(await page.getByTestId("question").count(), 0);
  assert.deepEqual(await given(page), ["Ana Pérez", "ana@example.org", "Large"]);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "widget-form-done");
  // Only now do agents see it.
  const id = await ana.find(text);
  await ana.say(id, "Yes, it is");
  await page.getByTestId("message").filter({ hasText: "Yes, it is" }).waitFor();
});

test("I3 whoever closes the panel before the form came is called back: the message would wait for ever", async (t) => {
  await asks(t, { fields: [email] });
  const { context, page } = await product.person();
  t.after(() => context.close());
  // The form's entry is held up until the panel is closed.
  const held = [];
  let late = false;
  await context.routeWebSocket(/./, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((data) => (late || !String(data).includes('"form"') ? socket.send(data) : held.push(() => socket.send(data))));
  });
  await page.goto(`${product.url}/shop/`);
  await page.getByTestId("launcher").click();
  await page.getByTestId("composer").fill("I am off");
  await page.getByTestId("composer").press("Enter");
  await page.getByTestId("status").filter({ hasText: "Sent" }).waitFor();
  await page.getByTestId("close").click();
  late = true;
  for (const send of held) send();
  await page.getByTestId("teaser").filter({ hasText: /email address/ }).waitFor();
  assert.match(await page.getByTestId("launcher").getAttribute("aria-label"), /1 unread/);
  await page.getByTestId("teaser").getByRole("button").first().click();
  // Opening takes the focus to the composer; then the shopper goes to the form.
  await focused(page, "composer");
  await answer(page, "ana@example.org");
  await page.getByTestId("thanks").waitFor();
});

test("I1 skip, back, correct and send again", async (t) => {
  await asks(t, { fields: [name, email, size] });
  const { page } = await asked(t);
  await page.getByTestId("skip").click();
  await label(page).getByText(/email/).waitFor();
  assert.deepEqual(await given(page), ["—"]);
  await page.getByTestId("back").click();
  await label(page).getByText(/name/).waitFor();
  await answer(page, "Ana");
  await label(page).getByText(/email/).waitFor();
  assert.deepEqual(await given(page), ["Ana"]);
  await answer(page, "ana@exmaple.org");
  await page.getByTestId("choice").first().waitFor();
  await page.getByRole("button", { name: /^Correct: .*email/ }).click();
  await label(page).getByText(/email/).waitFor();
  assert.equal(await page.getByTestId("field").inputValue(), "ana@exmaple.org");
  assert.equal(await page.getByTestId("answer-send").innerText(), "Send again");
  await answer(page, "ana@example.org");
  await page.getByTestId("choice").first().waitFor();
  await page.getByTestId("skip").click();
  await page.getByTestId("thanks").waitFor();
  assert.deepEqual(await given(page), ["Ana", "ana@example.org", "—"]);
  // Finished is not over: what was given can still be corrected, in its place.
  await page.getByRole("button", { name: /^Correct: Which size/ }).click();
  await page.getByTestId("choice").filter({ hasText: "Small" }).click();
  await page.getByTestId("given").filter({ hasText: "Small" }).waitFor();
  assert.deepEqual(await given(page), ["Ana", "ana@example.org", "Small"]);
});

test("I1 offline and over a reload what is typed is kept, and what was sent arrives once", async (t) => {
  await asks(t, { fields: [name, email] });
  const { page } = await asked(t);
  await page.getByTestId("field").fill("An");
  await page.reload();
  await page.getByTestId("question").waitFor();
  assert.equal(await page.getByTestId("field").inputValue(), "An");
  await page.context().setOffline(true);
  await page.getByTestId("offline").waitFor();
  await answer(page, "Ana");
  await page.getByTestId("answer-failed").waitFor();
  assert.equal(await page.getByTestId("field").inputValue(), "Ana");
  await page.context().setOffline(false);
  // By itself, as messages are.
  await label(page).getByText(/email/).waitFor();
  assert.deepEqual(await given(page), ["Ana"]);
  assert.equal(await page.evaluate(() => localStorage.getItem("mostrador:demo:answer")), null);
});

test("I1 other tabs follow, and an answer given in one is asked in none", async (t) => {
  await asks(t, { fields: [name, email] });
  const { page } = await asked(t);
  const other = await page.context().newPage();
  await other.goto(`${product.url}/shop/about.html`);
  await other.getByTestId("launcher").click();
  await other.getByTestId("question").waitFor();
  await answer(page, "Ana");
  await label(other).getByText(/email/).waitFor();
  await answer(other, "ana@example.org");
  await page.getByTestId("thanks").waitFor();
  assert.deepEqual(await given(page), ["Ana", "ana@example.org"]);
  assert.deepEqual(await given(other), ["Ana", "ana@example.org"]);
});

test("I4 UX 30 in the page's language, on a phone, with the right keyboards and large enough", async (t) => {
  await asks(t, { fields: [email, { id: "tel", kind: "phone", required: false, labels: { en: "Phone", es: "Teléfono" } }, { id: "qty", kind: "number", required: false, labels: { en: "How many?", es: "¿Cuántas?" } }, size] });
  const { page } = await asked(t, { ...phone, path: "/shop/?lang=es", locale: "es-ES" });
  await label(page).getByText("¿A qué correo podemos responderte si te vas?").waitFor();
  const found = () =>
    page.getByTestId("question").evaluate((form) => {
      const box = form.querySelector("input");
      return { font: parseFloat(getComputedStyle(box).fontSize) >= 16, small: [...form.querySelectorAll("button, input")].filter((each) => each.getBoundingClientRect().height < 44).length, type: box.type, mode: box.inputMode };
    });
  assert.deepEqual(await found(), { font: true, small: 0, type: "email", mode: "" });
  await answer(page, "ana");
  await page.getByTestId("wrong").getByText("Escribe una dirección de correo, como ana@example.com.").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "widget-form-phone-es");
  await answer(page, "ana@example.org");
  await label(page).getByText("Teléfono").waitFor();
  assert.deepEqual(await found(), { font: true, small: 0, type: "tel", mode: "" });
  await page.getByTestId("skip").click();
  await label(page).getByText("¿Cuántas?").waitFor();
  assert.deepEqual(await found(), { font: true, small: 0, type: "text", mode: "decimal" });
  await answer(page, "muchas");
  await page.getByTestId("wrong").getByText("Escribe un número.").waitFor();
  await page.getByTestId("skip").click();
  await page.getByTestId("choice").filter({ hasText: "Grande" }).click();
  await page.getByTestId("thanks").waitFor();
});

test("I1 a question with more choices than the screen has room for is read from its beginning", async (t) => {
  const choices = Array.from({ length: 20 }, (_, n) => ({ id: `c${n}`, labels: { en: `A choice with many words, number ${n}` } }));
  await asks(t, { fields: [name, { ...size, choices }] });
  const { page } = await asked(t, { ...phone, viewport: { width: 320, height: 480 } });
  await page.getByTestId("skip").click();
  await page.getByTestId("choice").nth(19).waitFor();
  const inSight = () => label(page).evaluate((each) => ((box, thread) => box.top >= thread.top && box.bottom <= thread.bottom)(each.getBoundingClientRect(), each.closest(".thread").getBoundingClientRect()));
  await page.waitForFunction(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true)))));
  assert.equal(await inSight(), true);
  // Nothing is wider than the phone.
  assert.equal(await page.getByTestId("thread").evaluate((each) => each.scrollWidth <= each.clientWidth), true);
});

test("I1 from right to left and in the dark it is as accessible", async (t) => {
  await asks(t, { fields: [name, size] });
  for (const path of ["/shop/?lang=ar", "/shop/?lang=en&theme=dark"]) {
    const { page } = await asked(t, { path });
    await page.getByTestId("skip").click();
    await page.getByTestId("choice").first().waitFor();
    assert.deepEqual(await violations(page), []);
    await product.shot(page, `widget-form-${path.includes("lang=ar") ? "ar" : "dark"}`);
  }
});

test("A2 a customer's email typed into the form shows nothing of theirs", async (t) => {
  await asks(t, { hold_online: false, hold_offline: false, fields: [email] });
  const one = await asked(t);
  await answer(one.page, "victim@example.org");
  await one.page.getByTestId("thanks").waitFor();
  const two = await asked(t);
  await answer(two.page, "victim@example.org");
  await two.page.getByTestId("thanks").waitFor();
  assert.equal(await two.page.getByTestId("message").count(), 1);
  await two.page.reload();
  await two.page.getByTestId("thanks").waitFor();
  assert.deepEqual(await two.page.getByTestId("message").allInnerTexts(), [two.text]);
});

test("I1 where no WebSocket can be had the form is filled by HTTP", async (t) => {
  await asks(t, { fields: [email] });
  const { context, page } = await product.person();
  t.after(() => context.close());
  await context.addInitScript(() => {
    window.WebSocket = class {
      constructor() {
        throw new Error("no sockets on this network");
      }
    };
  });
  await page.goto(`${product.url}/shop/`);
  await page.getByTestId("launcher").click();
  await page.getByTestId("composer").fill("by post, please");
  await page.getByTestId("composer").press("Enter");
  await page.getByTestId("question").waitFor();
  await answer(page, "no address");
  await page.getByTestId("wrong").getByText(/email address/).waitFor();
  await answer(page, "ana@example.org");
  await page.getByTestId("thanks").waitFor();
});
