// What a shopper is told first, in a real browser, against the functions as they are deployed: consent, looks, texts, questions, privacy,
// hours, who may write. What is published by an admin is what a page shows.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { settled, start, violations } from "../../../tests/browser/product.mjs";
import { adminOf } from "../../../tests/browser/admin.mjs";
import { agentAt } from "./agent.mjs";

let product;
let ana;
let admin;
before(async () => {
  product = await start();
  ana = await agentAt(product);
  admin = await adminOf(product);
});
after(async () => {
  await ana?.leave();
  await product?.stop();
});

const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };

async function shopper(t, { path = "/shop/", tag = "", prepare, ...options } = {}) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  if (tag) {
    await context.route(/\/shop\/(\?.*)?$/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: (await answer.text()).replace('data-site="demo"', `data-site="demo" ${tag}`) });
    });
  }
  await prepare?.(context);
  await page.goto(product.url + path);
  await page.getByTestId("launcher").waitFor({ state: "attached" });
  return page;
}
const opened = async (page) => {
  await page.getByTestId("launcher").click();
  await page.getByTestId("title").waitFor();
};
const written = async (page, text) => {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
};
const message = (page, text) => page.getByTestId("message").filter({ hasText: text });
const stored = (page, text) => page.locator("[data-testid=message][data-state=stored]").filter({ hasText: text });
const kept = (page) => page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key.startsWith("mostrador")));
const style = (page, testid, ...names) => page.getByTestId(testid).evaluate((each, names) => names.map((name) => getComputedStyle(each)[name]), names);

const faqs = {
  en: [
    { id: "shipping", question: "How long does it take?", answer: "*Two days*. <b>https://shop.example/shipping</b>" },
    { id: "returns", question: "Can I send it back?", answer: "Within 30 days." },
    { id: "care", question: "How do I clean it?", answer: "With a dry cloth." },
  ],
  es: [{ id: "shipping", question: "¿Cuánto tarda?", answer: "*Dos días*." }],
};

test("UX 4: where consent is required nothing is asked, read or stored before it is given or the launcher is clicked", async (t) => {
  const seen = [];
  const look = {
    // A shop that says nothing of it; the demo's other pages do.
    path: "/shop/?consent=none",
    tag: 'data-consent="required"',
    prepare: async (context) => {
      context.on("request", (request) => {
        const { pathname } = new URL(request.url());
        if (/\/v1\/|\/widget\/assets\//.test(pathname)) seen.push(pathname);
      });
      await context.addInitScript(() => {
        globalThis.touched = [];
        for (const name of ["getItem", "setItem", "removeItem", "key"]) {
          const real = Storage.prototype[name];
          Storage.prototype[name] = function (key, ...rest) {
            if (String(key).startsWith("mostrador")) globalThis.touched.push(`${name} ${key}`);
            return real.call(this, key, ...rest);
          };
        }
      });
    },
  };
  const page = await shopper(t, look);
  await page.getByTestId("launcher").waitFor();
  await page.getByTestId("launcher").hover();
  await page.getByTestId("launcher").focus();
  await page.evaluate(() => mostrador("identify", { customer_id: "4711", hash: "00" }));
  await page.waitForLoadState("networkidle");
  assert.deepEqual([seen, await page.evaluate(() => touched), await kept(page), await page.context().cookies()], [[], [], [], []]);
  const asked = page.waitForResponse((answer) => answer.url().endsWith("/config"));
  await page.evaluate(() => mostrador("consent"));
  await asked;
  // Consent is no intent: the panel still waits for one, and nothing is stored.
  await page.waitForLoadState("networkidle");
  assert.deepEqual(seen.filter((path) => /assets|sessions|tickets/.test(path)), []);
  assert.deepEqual(await kept(page), []);

  seen.length = 0;
  const other = await shopper(t, look);
  await other.waitForLoadState("networkidle");
  assert.deepEqual(seen, []);
  await opened(other);
  await other.getByTestId("composer").waitFor();
});

test("UX 4: without any such wish nothing is stored either before the shopper opens it", async (t) => {
  const page = await shopper(t);
  await page.waitForLoadState("networkidle");
  await page.getByTestId("launcher").hover();
  await page.waitForLoadState("networkidle");
  assert.deepEqual(await kept(page), []);
});

test("UX 7: corner, distance, layer and launcher are the merchant's; the layer stays below the highest, and print shows nothing", async (t) => {
  await admin.publish(t, "appearance", { corner: "start", offset_x: 44, offset_y: 70, z_index: 5000, launcher: "label" });
  const page = await shopper(t);
  await page.getByTestId("launcher").waitFor();
  const place = () => page.getByTestId("launcher").evaluate((each) => (({ left, bottom }) => [left, innerHeight - bottom])(each.getBoundingClientRect()));
  // The arrival's animation over.
  await page.waitForFunction(() => document.querySelector("#mostrador").shadowRoot.querySelector(".launcher").getAnimations().length === 0);
  assert.deepEqual(await place(), [44, 70]);
  assert.equal(await page.getByTestId("launcher").innerText(), "Chat with us");
  const layer = (page) => page.locator("#mostrador").evaluate((each) => Number(getComputedStyle(each).zIndex));
  assert.equal(await layer(page), 5000);
  await opened(page);
  await page.getByTestId("composer").waitFor();
  await page.waitForFunction(() => document.querySelector("#mostrador").shadowRoot.querySelector(".panel").getBoundingClientRect().left === 44);
  assert.deepEqual(await violations(page), []);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("#mostrador").isVisible(), false);

  const arabic = await shopper(t, { path: "/shop/?lang=ar" });
  await arabic.waitForFunction(() => innerWidth - document.querySelector("#mostrador").shadowRoot.querySelector(".launcher").getBoundingClientRect().right === 44);

  // The tag goes before the settings, but never over everything.
  const tagged = await shopper(t, { tag: 'data-z-index="2147483647" data-offset="9"' });
  assert.ok((await layer(tagged)) < 2147483647);
  await tagged.waitForFunction(() => document.querySelector("#mostrador").shadowRoot.querySelector(".launcher").getBoundingClientRect().left === 9);
});

test("UX 7: a launcher that is hidden leaves opening to the page", async (t) => {
  await admin.publish(t, "appearance", { launcher: "hidden" });
  const page = await shopper(t);
  await page.waitForLoadState("networkidle");
  assert.equal(await page.getByTestId("launcher").isVisible(), false);
  await page.evaluate(() => mostrador("open"));
  await page.getByTestId("composer").waitFor();
});

test("UX 28: whatever colour is chosen, text on it and in it is 4.5:1, controls 3:1, on light and on dark", async (t) => {
  const bright = (rgb) => {
    const [r, g, b] = rgb.match(/[\d.]+/g).map((part, n) => (n < 3 ? ((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))(part / 255) : 0));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => ((x, y) => (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05))(bright(a), bright(b));
  await admin.publish(t, "faqs", { faqs });
  for (const color of ["#ffe600", "#ff7a1a", "#f5f5f5", "#101010", "#ec4899"]) {
    await admin.publish(t, "appearance", { color });
    for (const theme of ["light", "dark"]) {
      const page = await shopper(t, { path: `/shop/?lang=en&theme=${theme}` });
      await opened(page);
      await page.getByTestId("faq").first().click();
      await page.getByTestId("answer").waitFor();
      const [face, icon] = await style(page, "launcher", "backgroundColor", "color");
      assert.ok(contrast(face, icon) >= 4.5, `${color} ${theme}: launcher ${contrast(face, icon)}`);
      const [link] = await page.getByTestId("answer").locator("a").evaluate((each) => [getComputedStyle(each).color]);
      const [behind] = await page.getByTestId("answer").locator(".bubble").evaluate((each) => [getComputedStyle(each).backgroundColor]);
      assert.ok(contrast(link, behind) >= 4.5, `${color} ${theme}: link ${contrast(link, behind)}`);
      await page.getByTestId("still").focus();
      const ring = await page.getByTestId("still").evaluate((each) => getComputedStyle(each).outlineColor);
      const [surface] = await style(page, "panel", "backgroundColor");
      assert.ok(contrast(ring, surface) >= 3, `${color} ${theme}: focus ${contrast(ring, surface)}`);
      assert.deepEqual(await violations(page), [], `${color} ${theme}`);
      await page.context().close();
    }
  }
});

test("H4 questions come first and are answered at a click, are counted, and begin the conversation with their answers", async (t) => {
  await admin.publish(t, "faqs", { faqs });
  const count = async () => Object.fromEntries((await admin.ask("GET", "/faq-counts")).faqs.map(({ id, opened }) => [id, opened]));
  const before = (await count()).shipping ?? 0;
  const page = await shopper(t);
  await opened(page);
  await page.getByTestId("faqs").waitFor();
  assert.equal(await page.getByTestId("composer").count(), 0);
  assert.equal(await page.getByTestId("welcome").count(), 0);
  assert.deepEqual(await page.getByTestId("faq").allInnerTexts(), faqs.en.map(({ question }) => question));
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "widget-faqs");
  const told = page.waitForResponse((answer) => answer.url().endsWith("/faqs/shipping/opened"));
  // At once: the panel has what the merchant wrote, and waits for nobody.
  let go;
  const held = new Promise((resolve) => (go = resolve));
  await page.route("**/faqs/shipping/opened", (route) => held.then(() => route.continue()));
  await page.getByTestId("faq").first().click();
  await page.getByTestId("answer").filter({ hasText: "Two days" }).waitFor();
  go();
  // Formatting, and never markup.
  assert.deepEqual(await page.getByTestId("answer").locator("strong").allInnerTexts(), ["Two days"]);
  assert.equal(await page.getByTestId("answer").locator("b").count(), 0);
  assert.equal(await page.getByTestId("faq").count(), 2);
  assert.equal((await told).status(), 204);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "widget-answer");
  await page.getByTestId("still").click();
  await page.getByTestId("welcome").waitFor();
  // A reload keeps what was opened.
  await page.reload();
  await page.getByTestId("answer").waitFor();
  await page.getByTestId("still").click();
  await page.getByTestId("composer").waitFor();
  await written(page, "and to the islands?");
  await stored(page, "and to the islands?").waitFor();
  await message(page, "How long does it take?").waitFor();
  assert.deepEqual(await page.getByTestId("message").allInnerTexts(), ["How long does it take?", "Two days. <b>https://shop.example/shipping</b>", "and to the islands?"]);
  assert.deepEqual(await kept(page).then((keys) => keys.filter((key) => key.endsWith("asked"))), []);
  const id = await ana.find("and to the islands?");
  const { entries } = await ana.frame({ type: "entries", conversation_id: id });
  assert.deepEqual(entries.slice(0, 2).map(({ kind }) => kind), ["faq", "message"]);
  assert.equal((await count()).shipping, before + 1);
});

test("H4 by keyboard alone, in Spanish, and from right to left", async (t) => {
  await admin.publish(t, "faqs", { faqs });
  const page = await shopper(t, { path: "/shop/?lang=es" });
  await page.getByTestId("launcher").focus();
  await page.keyboard.press("Enter");
  // The focus goes into the panel, where there is no composer yet too.
  await page.waitForFunction(() => document.activeElement.shadowRoot?.activeElement?.dataset.testid === "title");
  await page.getByTestId("faq").filter({ hasText: "¿Cuánto tarda?" }).focus();
  await page.keyboard.press("Enter");
  await page.getByTestId("answer").filter({ hasText: "Dos días" }).waitFor();
  // The focus stays in the list: the next stop is the way to a person.
  await page.waitForFunction(() => document.activeElement.shadowRoot?.activeElement?.dataset.testid === "still");
  await page.keyboard.press("Enter");
  await page.getByPlaceholder("Escribe un mensaje…").waitFor();
  await page.waitForFunction(() => document.activeElement.shadowRoot?.activeElement?.dataset.testid === "composer");
  const arabic = await shopper(t, { path: "/shop/?lang=ar", ...phone });
  await opened(arabic);
  await arabic.getByTestId("faqs").waitFor();
  assert.deepEqual(await violations(arabic), []);
  await product.shot(arabic, "widget-faqs-ar");
});

test("W7 privacy and terms are linked before the first message, and gone after it", async (t) => {
  await admin.publish(t, "privacy", { privacy_url: "https://shop.example/privacy", terms_url: "https://shop.example/terms" });
  const page = await shopper(t);
  await opened(page);
  const links = page.getByTestId("privacy").getByRole("link");
  await links.first().waitFor();
  assert.deepEqual(await links.evaluateAll((all) => all.map((each) => [each.textContent, each.href, each.target, each.rel])), [
    ["Privacy policy", "https://shop.example/privacy", "_blank", "noopener noreferrer"],
    ["Terms", "https://shop.example/terms", "_blank", "noopener noreferrer"],
  ]);
  assert.deepEqual(await violations(page), []);
  await written(page, "hello privacy");
  await stored(page, "hello privacy").waitFor();
  assert.equal(await page.getByTestId("privacy").count(), 0);
});

test("W7 where consent is asked nothing is sent before the box is ticked, and it says so", async (t) => {
  await admin.publish(t, "privacy", { privacy_url: "https://shop.example/privacy", ask_consent: true });
  const page = await shopper(t);
  await opened(page);
  await written(page, "before I agree");
  await page.getByText("Please tick this first.").waitFor();
  await page.waitForFunction(() => document.activeElement.shadowRoot?.activeElement?.dataset.testid === "consent");
  assert.equal(await page.getByTestId("message").count(), 0);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "widget-consent");
  await page.keyboard.press("Space");
  // What was written is still there.
  await page.getByTestId("composer").press("Enter");
  await stored(page, "before I agree").waitFor();
});

test("W3 W8 the merchant's texts, each language its own, follow the page; what is not written is ours", async (t) => {
  await admin.publish(t, "general", { languages: ["en", "es", "ar"], default_language: "en" });
  await admin.publish(t, "texts", {
    texts: {
      en: { title: "Lamp talk", intro: "{shop} since 1974", welcome: "Hello from *{shop}*", placeholder: "Ask away" },
      es: { title: "Hablemos de lámparas", welcome: "Hola desde {shop}" },
      ar: { welcome: "مرحبًا بكم", send: "إرسال", placeholder: "اكتب رسالة" },
    },
  });
  const page = await shopper(t);
  await opened(page);
  await page.getByPlaceholder("Ask away").waitFor();
  assert.equal(await page.getByTestId("title").innerText(), "Lamp talk");
  await page.getByText("Taller Luz since 1974").waitFor();
  assert.deepEqual(await page.getByTestId("welcome").locator("strong").allInnerTexts(), ["Taller Luz"]);
  // The page changes its language without a reload.
  await page.evaluate(() => (document.documentElement.lang = "es"));
  await page.getByText("Hola desde Taller Luz").waitFor();
  await page.getByPlaceholder("Escribe un mensaje…").waitFor();
  const arabic = await shopper(t, { path: "/shop/?lang=ar", ...phone });
  await opened(arabic);
  await arabic.getByPlaceholder("اكتب رسالة").waitFor();
  await arabic.getByText("مرحبًا بكم").waitFor();
  await product.shot(arabic, "widget-ar");
});

test("W3 a bubble beside the launcher, where the merchant has written one: it opens the chat, or is put away for good", async (t) => {
  const quiet = await shopper(t);
  await quiet.waitForLoadState("networkidle");
  await admin.publish(t, "texts", { texts: { en: { bubble: "Which lamp are you looking for?" } } });
  const page = await shopper(t);
  await page.getByTestId("teaser").filter({ hasText: "Which lamp are you looking for?" }).waitFor();
  assert.deepEqual(await kept(page), []);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "widget-bubble");
  // It takes no focus and does not fill a phone.
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
  await page.getByTestId("teaser").getByRole("button", { name: "Dismiss" }).click();
  await page.getByTestId("teaser").waitFor({ state: "detached" });
  await page.reload();
  await page.waitForLoadState("networkidle");
  assert.equal(await page.getByTestId("teaser").count(), 0);

  const other = await shopper(t, phone);
  await other.getByTestId("teaser").waitFor();
  await settled(other);
  const box = await other.getByTestId("teaser").boundingBox();
  assert.ok(box.height < 200 && box.width <= 358, JSON.stringify(box));
  await other.getByTestId("teaser").getByRole("button").first().tap();
  await other.getByTestId("composer").waitFor();
  // Nothing of it was fetched where there is none.
  assert.deepEqual(await quiet.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => /content|panel-/.test(name)).length), 0);
});

test("W9 H6 outside hours the header names the next opening in the shopper's own zone and language", async (t) => {
  const zone = "Europe/Madrid";
  const week = Object.fromEntries(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].map((day) => [day, [{ start: "09:00", end: "18:00" }]]));
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(Date.now());
  await admin.publish(t, "hours", { enabled: true, zone, week, exceptions: [{ date: today, yearly: false, name: "", ranges: [] }] });
  const { availability } = await (await fetch(`${product.url}/v1/sites/demo/config`)).json();
  assert.equal(availability.online, false);
  const dayIn = (at, timeZone) => Date.parse(new Intl.DateTimeFormat("sv-SE", { timeZone }).format(at));
  for (const [locale, timezoneId, lang, words] of [
    ["en-US", "America/New_York", "en", { 0: "today {}", 1: "tomorrow {}", 2: "" }],
    ["es-ES", "Asia/Tokyo", "es", { 0: "hoy a las {}", 1: "mañana a las {}" }],
  ]) {
    const page = await shopper(t, { locale, timezoneId, path: `/shop/?lang=${lang}` });
    await opened(page);
    const days = (dayIn(availability.opens_at, timezoneId) - dayIn(Date.now(), timezoneId)) / 86_400_000;
    const time = new Intl.DateTimeFormat(lang, { timeZone: timezoneId, hour: "numeric", minute: "2-digit" }).format(availability.opens_at);
    const expected = `${lang === "en" ? "Back" : "Volvemos"} ${words[days].replace("{}", time)}`;
    await page.getByTestId("presence").filter({ hasText: /Back|Volvemos/ }).waitFor();
    assert.equal((await page.getByTestId("presence").innerText()).replace(/\s/g, " "), expected.replace(/\s/g, " "));
    // A messenger, not a dead end.
    await page.getByTestId("composer").waitFor();
    assert.deepEqual(await violations(page), []);
    await product.shot(page, `widget-closed-${lang}`);
  }
});

test("H6 an open panel hears that the shop has opened, and that a person has come", async (t) => {
  const week = Object.fromEntries(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].map((day) => [day, []]));
  await admin.publish(t, "hours", { enabled: true, zone: "Europe/Madrid", week, exceptions: [] });
  await admin.publish(t, "texts", { texts: { en: { online_note: "Usually replies in 4 min", away_note: "We answer {next_opening}." } } });
  const page = await shopper(t);
  await opened(page);
  await page.getByText("We answer as soon as we can.").waitFor();
  await page.getByTestId("presence").filter({ hasText: /Nobody|Last here/ }).waitFor();
  await admin.publish(t, "hours", { enabled: false });
  await ana.tell({ action: "presence", status: "online" });
  // By the heartbeat, every 30 s; a process of the functions may be 15 s behind.
  await page.getByTestId("presence").filter({ hasText: "Usually replies in 4 min" }).waitFor({ timeout: 60_000 });
});

test("H7 W8 what the shop says by itself is the shop's own word, formatted, with nothing of rules", async (t) => {
  const reply = { enabled: true, texts: { en: "*Thanks*, we read this\n- today\n- tomorrow", es: "*Gracias*" } };
  await admin.publish(t, "automatic", { online: reply, offline: reply, during: reply, outside: reply });
  const page = await shopper(t);
  await opened(page);
  await written(page, "anybody?");
  const shop = message(page, "we read this");
  await shop.waitFor();
  assert.deepEqual([await shop.locator("strong").innerText(), await shop.locator("li").allInnerTexts()], ["Thanks", ["today", "tomorrow"]]);
  assert.equal(await shop.getAttribute("data-own"), "false");
  const group = page.locator("li.group").filter({ has: shop });
  assert.equal(await group.locator(".name").innerText(), "Taller Luz");
  assert.doesNotMatch(await page.getByTestId("panel").innerText(), /rule|automatic|nobody_online|agent_online/i);
  assert.deepEqual(await violations(page), []);
});

test("W2 switched off: an open panel and its socket close at once, other pages when they are looked at", async (t) => {
  const page = await shopper(t);
  const other = await shopper(t);
  await opened(page);
  await written(page, "before the end");
  await stored(page, "before the end").waitFor();
  await admin.publish(t, "visibility", { visibility: "off" });
  await page.waitForFunction(() => !document.querySelector("#mostrador").shadowRoot.querySelector(".panel.open"));
  await page.getByTestId("launcher").waitFor({ state: "hidden" });
  // As a tab that is come back to, after a while.
  await other.clock.install({ time: Date.now() + 60_000 });
  await other.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await other.getByTestId("launcher").waitFor({ state: "hidden" });
  await other.reload();
  await other.waitForLoadState("networkidle");
  assert.equal(await other.getByTestId("launcher").isVisible(), false);
  await other.evaluate(() => mostrador("open"));
  assert.equal(await other.getByTestId("panel").count(), 0);
});

test("W2 only customers may write: everybody sees it, questions included, and reads why", async (t) => {
  await admin.publish(t, "visibility", { visibility: "verified_write" });
  const page = await shopper(t);
  await opened(page);
  await page.getByTestId("verified-only").waitFor();
  assert.equal(await page.getByTestId("composer").count(), 0);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "widget-customers-only");
  await page.waitForLoadState("networkidle");
  assert.deepEqual((await kept(page)).filter((key) => key.endsWith("session")), []);
});

test("W2 only customers see it: nobody else has a launcher, and a page cannot open it", async (t) => {
  await admin.publish(t, "visibility", { visibility: "verified_only" });
  const page = await shopper(t);
  await page.waitForLoadState("networkidle");
  assert.equal(await page.getByTestId("launcher").isVisible(), false);
  await page.evaluate(() => mostrador("open"));
  await page.waitForLoadState("networkidle");
  assert.equal(await page.getByTestId("panel").count(), 0);
});

test("on a phone the header says in one line when somebody is back; in a page read from the right, what invites to write begins at the right", async (t) => {
  const zone = "Europe/Madrid";
  const day = [{ start: "09:00", end: "18:00" }];
  const week = Object.fromEntries(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].map((name) => [name, day]));
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(Date.now());
  await admin.publish(t, "hours", { enabled: true, zone, week, exceptions: [{ date: today, yearly: false, name: "", ranges: [] }] });
  for (const lang of ["en", "es", "pt", "it"]) {
    const page = await shopper(t, { ...phone, timezoneId: zone, path: `/shop/?lang=${lang}` });
    await page.evaluate(() => (document.documentElement.dir = "rtl"));
    await opened(page);
    const presence = page.getByTestId("presence");
    await presence.filter({ hasText: /\d/ }).waitFor();
    const { height, line } = await presence.evaluate((each) => ({ height: each.clientHeight, line: Number.parseFloat(getComputedStyle(each).lineHeight) }));
    assert.ok(height < 1.5 * line, `${lang}: ${await presence.innerText()}`);
    assert.deepEqual(await style(page, "composer", "textAlign", "direction"), ["right", "ltr"]);
    assert.deepEqual(await violations(page), []);
    await product.shot(page, `widget-phone-back-rtl-${lang}`);
    await page.context().close();
  }
});

test("E2 a mail's button opens the conversation in the shop, once; where consent is required, only after it", async (t) => {
  const page = await shopper(t, {});
  await opened(page);
  await written(page, "Do you ship to the islands?");
  await stored(page, "Do you ship to the islands?").waitFor();
  await page.getByTestId("close").click();
  await page.goto("about:blank");
  await page.goto(`${product.url}/shop/?from=mail#mostrador-resume=abcdefghijklmnopqrstuvwxyz`);
  await message(page, "Do you ship to the islands?").waitFor();
  // What the link holds stands in no address that is copied or reported.
  assert.equal(page.url(), `${product.url}/shop/?from=mail`);
  await page.getByTestId("close").click();
  await page.reload();
  await page.getByTestId("launcher").waitFor();
  await page.getByTestId("launcher").getAttribute("aria-expanded").then((open) => assert.notEqual(open, "true"));

  const asked = [];
  const consent = await shopper(t, {
    path: "/shop/?consent=none#mostrador-resume=abcdefghijklmnopqrstuvwxyz",
    tag: 'data-consent="required"',
    prepare: async (context) => context.on("request", (request) => /\/v1\//.test(request.url()) && asked.push(request.url())),
  });
  await consent.getByTestId("launcher").waitFor();
  assert.deepEqual(asked, []);
  await consent.evaluate(() => window.mostrador("consent"));
  await consent.getByTestId("composer").waitFor();
});
