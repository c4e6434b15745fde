// What agents and merchants see of what the shop says by itself: a bot's chat in the thread and on the profile.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { adminOf } from "./admin.mjs";
import { signIn, start, violations } from "./product.mjs";
import { scenario } from "./scenarios.mjs";

let product, ana;
before(async () => {
  product = await start();
  ana = await adminOf(product);
});
after(async () => { await product?.stop(); });

const LOOKS = [
  { name: "light" },
  { name: "dark-spanish", locale: "es-ES", colorScheme: "dark" },
  { name: "phone-portuguese", locale: "pt-BR", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true },
  { name: "phone-italian-dark", locale: "it-IT", colorScheme: "dark", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
];

/** Somebody's dashboard at a conversation. */
async function agentAt(t, conversation, { name: _, email = "luis@example.com", ...options } = {}) {
  const { context, page } = await product.person({ viewport: { width: 1440, height: 900 }, ...options });
  t.after(() => context.close());
  await signIn(page, product.url, email);
  await page.goto(`${product.url}/dashboard/demo/all/${conversation}`);
  await page.locator('.log[aria-busy="false"]').waitFor();
  return page;
}

/** Opens what is said of the shopper, where there is no room for it beside the thread. */
async function profileOf(page) {
  if (!(await page.locator(".profile").isVisible())) await page.locator(".thread-profile").click();
  await page.locator(".profile-contents").waitFor();
  return page.locator(".profile");
}

const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

test("T7: under a bot's words stands what it offered and what the shopper took; what they were asked is on the profile", async (t) => {
  const LONG = "Something else that is longer than a phone is wide and says so";
  const button = (id, label, goes) => ({ id, labels: { en: label }, goes });
  const step = (id, text, next) => ({ id, texts: text ? { en: text } : {}, next });
  await ana.set("form", { fields: [{ id: "order", kind: "text", required: false, labels: { en: "What is the number of your order?" } }] });
  await ana.ask("PUT", "/scenarios/offers", {
    expected: 0,
    value: scenario("offers", "Offers", {
      start: "on_opening",
      steps: [
        step("topic", "Hello. What is it about?", { kind: "buttons", buttons: [button("order", "My order", "number"), button("back", "إرجاع منتج", "person"), button("else", LONG, "person")] }),
        step("number", "", { kind: "ask", field: "order", then: "more" }),
        step("more", "Thank you. Anything else?", { kind: "buttons", buttons: [button("menu", "Menu", "topic"), button("no", "No, thank you", "end")] }),
        step("person", "", { kind: "hand_over", to: { kind: "anyone" } }),
        step("end", "Glad to help.", { kind: "end", restart: true }),
      ],
    }),
  });
  const { context, page: shop } = await product.person();
  t.after(() => context.close());
  const begun = shop.waitForEvent("websocket").then((socket) => new Promise((resolve) => socket.on("framereceived", ({ payload }) => {
    const frame = JSON.parse(payload);
    if (frame.type === "ack" && frame.conversation_id) resolve(frame.conversation_id);
  })));
  await shop.goto(`${product.url}/shop/`);
  await shop.getByRole("button", { name: /chat/i }).first().click();
  const choose = (name) => shop.getByTestId("choices").getByRole("button", { name, exact: true }).click();
  await choose("My order");
  const field = shop.getByTestId("field");
  await field.fill("TL-1001");
  await field.press("Enter");
  await choose("Menu");
  await choose("إرجاع منتج");
  const conversation = await begun;

  const offered = [
    ["My order*", "إرجاع منتج", LONG],
    ["Menu*", "No, thank you"],
    ["My order", "إرجاع منتج*", LONG],
  ];
  const words = {
    en: { chosen: " (chosen)", told: "Told in the chat", label: "Offered, and what was chosen", by: "Bot" },
    es: { chosen: " (elegido)", told: "Dicho en el chat", label: "Lo ofrecido y lo elegido", by: "Bot" },
    pt: { chosen: " (escolhido)", told: "Dito no chat", label: "O que foi oferecido e escolhido", by: "Robô" },
    it: { chosen: " (scelto)", told: "Detto in chat", label: "Che cosa è stato offerto e scelto", by: "Bot" },
  };
  for (const look of LOOKS) {
    const { chosen, told, label, by } = words[(look.locale ?? "en").slice(0, 2)];
    const page = await agentAt(t, conversation, look);
    const lists = page.getByRole("list", { name: label });
    await lists.nth(2).waitFor();
    const read = await lists.evaluateAll((all) => all.map((list) => [...list.children].map((item) => item.textContent)));
    assert.deepEqual(read, offered.map((buttons) => buttons.map((text) => text.replace("*", chosen))), look.name);
    assert.equal(await page.locator(".bubble-by").filter({ hasText: by }).first().isVisible(), true);
    // What reads from right to left does so within its own chip.
    assert.equal(await page.locator(".offered bdi").filter({ hasText: "إرجاع" }).first().evaluate((chip) => getComputedStyle(chip).unicodeBidi), "isolate");
    assert.ok(await fits(page), `${look.name} is wider than the screen`);
    assert.deepEqual(await violations(page), [], look.name);
    await product.shot(page, `bot-offered-${look.name}`);
    const profile = await profileOf(page);
    const section = profile.locator("section").filter({ has: page.getByRole("heading", { name: told }) });
    assert.deepEqual(await section.locator("dt, dd").allInnerTexts(), ["What is the number of your order?", "TL-1001"]);
    assert.deepEqual(await violations(page), [], `${look.name}, the profile`);
    await product.shot(page, `bot-told-${look.name}`);
  }
});
