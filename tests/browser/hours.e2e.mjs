// The platform's clock is moved, and the browser's with it: what a shopper is told when the shop is open, closed, on holiday and in the
// night in which the clocks change, in the header and in the automatic reply, and what agents see of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { adminOf } from "./admin.mjs";
import { signIn, start, violations, write } from "./product.mjs";

let product;
let admin;
before(async () => {
  product = await start({ speaking: true });
  admin = await adminOf(product);
  const every = [{ start: "09:00", end: "18:00" }];
  const week = Object.fromEntries(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"].map((day) => [day, every]));
  // On the last Sunday of March there is no half past two: the opening is at three.
  week.sunday = [{ start: "02:30", end: "05:00" }];
  const exceptions = [{ date: "2020-12-25", yearly: true, name: "Christmas", ranges: [] }];
  await admin.set("hours", { enabled: true, zone: "Europe/Madrid", week, exceptions });
  await admin.set("form", { fields: [] });
});
after(async () => {
  await product?.clock(0);
  await product?.stop();
});

const words = {
  en: { lang: "", locale: "en-US", back: "Back", online: /Online|usually|reply/i },
  es: { lang: "?lang=es", locale: "es-ES", back: "Volvemos" },
  ar: { lang: "?lang=ar", locale: "ar-EG", back: null },
};

/** It is this moment everywhere. */
async function at(moment) {
  await product.clock(Date.parse(moment) - Date.now());
}

async function shopper(t, moment, { lang, locale } = words.en, options = {}) {
  const { context, page } = await product.person({ locale, timezoneId: "Europe/Madrid", ...options });
  t.after(() => context.close());
  await context.clock.install({ time: Date.parse(moment) });
  await page.goto(`${product.url}/shop/${lang}`);
  await page.getByTestId("launcher").click();
  await page.getByTestId("composer").waitFor();
  return page;
}

const presence = async (page) => (await page.getByTestId("presence").innerText()).replace(/\s+/g, " ").trim();
const automatic = (page) => page.getByTestId("message").filter({ hasText: /closed now|cerrad/i });

async function isTold(t, moment, expected, name) {
  await at(moment);
  const page = await shopper(t, moment);
  await page.getByTestId("presence").filter({ hasText: "Back" }).waitFor();
  assert.equal(await presence(page), `Back ${expected}`);
  await write(page, "Is anybody there?");
  await automatic(page).waitFor();
  assert.match((await automatic(page).innerText()).replace(/\s+/g, " "), new RegExp(`back ${expected}`));
  assert.deepEqual(await violations(page), []);
  await product.shot(page, `hours-${name}`);
  return page;
}

test("closed in the evening: the header and one reply name tomorrow's opening, and agents see why it was sent", async (t) => {
  await isTold(t, "2027-03-22T20:00:00+01:00", "tomorrow 9:00 AM", "closed");
  const { context, page } = await product.person();
  t.after(() => context.close());
  await signIn(page, product.url, "ana@example.com");
  await page.getByText("Is anybody there?").first().click();
  await page.getByText(/because the shop was closed/i).first().waitFor();
});

test("open: no reply but a person's, and the header says that somebody is there", async (t) => {
  const moment = "2027-03-22T10:00:00+01:00";
  await at(moment);
  const agent = await product.person();
  t.after(() => agent.context.close());
  await signIn(agent.page, product.url, "ana@example.com");
  const page = await shopper(t, moment);
  await page.getByTestId("presence").waitFor();
  assert.doesNotMatch(await presence(page), /Back/);
  await write(page, "Good morning");
  await agent.page.getByText("Good morning").first().waitFor();
  assert.equal(await automatic(page).count(), 0);
  await product.shot(page, "hours-open");
});

test("a holiday comes again every year", async (t) => {
  await isTold(t, "2026-12-25T12:00:00+01:00", "tomorrow 9:00 AM", "holiday");
});

test("f_14 in the night in which the clocks go forward the opening at half past two is at three", async (t) => {
  await isTold(t, "2027-03-27T22:00:00+01:00", "tomorrow 3:00 AM", "spring");
  // A minute before and a minute after, by the shop's own configuration.
  const online = async (moment) => {
    await at(moment);
    return (await (await fetch(`${product.url}/v1/sites/demo/config`)).json()).availability;
  };
  assert.equal((await online("2027-03-28T01:59:00+01:00")).opens_at, Date.parse("2027-03-28T03:00:00+02:00"));
  assert.equal((await online("2027-03-28T03:01:00+02:00")).opens_at, undefined);
});

test("in Spanish on a phone, and from right to left", async (t) => {
  const moment = "2027-03-22T20:00:00+01:00";
  await at(moment);
  const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };
  const spanish = await shopper(t, moment, words.es, { ...phone, colorScheme: "dark" });
  await spanish.getByTestId("presence").filter({ hasText: "Volvemos" }).waitFor();
  assert.equal(await presence(spanish), "Volvemos mañana a las 9:00");
  await write(spanish, "¿Hay alguien?");
  await automatic(spanish).waitFor();
  assert.match(await automatic(spanish).innerText(), /mañana a las 9:00/);
  assert.deepEqual(await violations(spanish), []);
  await product.shot(spanish, "hours-es-phone-dark");
  const arabic = await shopper(t, moment, words.ar, phone);
  await arabic.getByTestId("presence").waitFor();
  assert.equal(await arabic.getByTestId("title").evaluate((title) => getComputedStyle(title).direction), "rtl");
  await product.shot(arabic, "hours-ar-phone");
});

test("h_06 a dashboard in a hidden tab, whose timers the browser all but stops, goes on saying that its agent is there", async (t) => {
  await product.clock(0);
  const { context, page } = await product.person();
  t.after(() => context.close());
  const sent = [];
  let heard = () => {};
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => {
      sent.push(JSON.parse(payload));
      heard();
    }),
  );
  await signIn(page, product.url, "ana@example.com");
  // As a browser does it with tabs that nobody has looked at for a while: a timer a minute, at the most.
  await page.evaluate(() => {
    for (const name of ["setTimeout", "setInterval"]) {
      const set = window[name].bind(window);
      window[name] = (run, after, ...rest) => set(run, Math.max(after ?? 0, 60_000), ...rest);
    }
    Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
    Object.defineProperty(document, "hidden", { get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  const since = sent.length;
  const pings = () => sent.slice(since).filter(({ action }) => action === "ping").length;
  // Two heartbeats: the first may have been set before.
  const twice = new Promise((resolve) => (heard = () => pings() >= 2 && resolve()));
  await Promise.race([twice, new Promise((_, reject) => setTimeout(() => reject(new Error(`${pings()} heartbeats in 80 s`)), 80_000).unref())]);
});
