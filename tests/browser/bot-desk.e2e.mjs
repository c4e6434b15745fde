// What agents see of a bot's chat: in the lists, in the thread and on the profile.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { adminOf } from "./admin.mjs";
import { LOOKS, agentAt, conversationOf, fits, profileOf } from "./desk.mjs";
import { start, violations } from "./product.mjs";
import { scenario } from "./scenarios.mjs";

const LONG = "Something else that is longer than a phone is wide and says so";
let product, ana;
before(async () => {
  product = await start();
  ana = await adminOf(product);
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
});
after(async () => { await product?.stop(); });

/** Somebody who has opened the chat, and is asked by the bot. */
async function shopper(t) {
  const { context, page: shop } = await product.person();
  t.after(() => context.close());
  const begun = conversationOf(shop);
  await shop.goto(`${product.url}/shop/`);
  await shop.getByRole("button", { name: /chat/i }).first().click();
  return {
    shop,
    begun,
    choose: (name) => shop.getByTestId("choices").getByRole("button", { name, exact: true }).click(),
    async answer(text) {
      await shop.getByTestId("field").fill(text);
      await shop.getByTestId("field").press("Enter");
    },
  };
}

test("T7: under a bot's words stands what it offered and what the shopper took; what they were asked is on the profile", async (t) => {
  const { shop, choose, answer, begun } = await shopper(t);
  await choose("My order");
  await answer("TL-1001");
  await choose("Menu");
  await choose("إرجاع منتج");
  // Stored: agents who look only now see what was chosen last.
  await shop.locator("[data-testid=message][data-own=true]").nth(2).waitFor();
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
    const page = await agentAt(t, product, conversation, look);
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

test("T7: what a bot is at, and what has come to its end with it, is in nobody's queue and says so among all", async (t) => {
  const words = { en: ["With the bot", "Ended by the bot"], es: ["Con el bot", "Terminada por el bot"], pt: ["Com o robô", "Encerrada pelo robô"], it: ["Con il bot", "Conclusa dal bot"] };
  const { shop, choose, answer, begun } = await shopper(t);
  await choose("My order");
  const conversation = await begun;
  const luis = await agentAt(t, product, conversation);
  const row = (page) => page.locator(`[data-conversation="${conversation}"]`);
  await row(luis).getByText(words.en[0]).waitFor();
  await luis.locator(".thread-title").getByText(words.en[0]).waitFor();
  // Live, while somebody looks.
  await answer("TL-1002");
  await choose("No, thank you");
  await shop.getByText("Glad to help.").first().waitFor();
  await row(luis).getByText(words.en[1]).waitFor();
  await luis.locator(".thread-title").getByText(words.en[1]).waitFor();
  await luis.locator("[data-list=queue]").click();
  await luis.getByText("Nobody is waiting").or(luis.getByRole("list", { name: "Queue", exact: true })).waitFor();
  assert.equal(await row(luis).count(), 0);
  for (const look of LOOKS) {
    const [, ended] = words[(look.locale ?? "en").slice(0, 2)];
    const page = await agentAt(t, product, conversation, look);
    await page.locator(".thread-title").getByText(ended).waitFor();
    assert.ok(await fits(page), `${look.name} is wider than the screen`);
    assert.deepEqual(await violations(page), [], look.name);
    await product.shot(page, `bot-ended-${look.name}`);
    if (!look.isMobile) continue;
    await page.locator(".thread-back").click();
    await row(page).getByText(ended).waitFor();
    assert.ok(await fits(page), `the list, ${look.name}, is wider than the screen`);
    assert.deepEqual(await violations(page), [], `the list, ${look.name}`);
    await product.shot(page, `bot-ended-list-${look.name}`);
  }
  // Whoever takes it has it: the bot has nothing to do with it any more.
  await luis.goto(`${product.url}/dashboard/demo/all/${conversation}`);
  await luis.getByRole("button", { name: "Take it" }).click();
  await row(luis).getByText(words.en[1]).waitFor({ state: "detached" });
  assert.equal(await luis.locator(".thread-title").getByText(words.en[1]).count(), 0);
});
