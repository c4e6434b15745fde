// A trigger that starts a scenario, from the page of the shop to the agent: the rules are shared/delivery/tests/shown.rs.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { adminOf } from "./admin.mjs";
import { signIn, start, violations } from "./product.mjs";
import { scenario } from "./scenarios.mjs";

const PAGE = "/shop/about.html?case=scenario";
const step = (id, text, next) => ({ id, texts: { en: text }, next });
const button = (id, label, goes) => ({ id, labels: { en: label }, goes });

let product, ana;
before(async () => {
  product = await start();
  ana = await adminOf(product);
  const value = scenario("kiln", "The kiln", {
    steps: [
      step("topic", "The kiln is open this week. What would you like?", { kind: "buttons", buttons: [button("see", "See it", "person"), button("no", "Nothing, thank you", "end")] }),
      step("person", "Somebody who knows it comes.", { kind: "hand_over", to: { kind: "anyone" } }),
      step("end", "Enjoy the shop.", { kind: "end", restart: true }),
    ],
  });
  await ana.ask("PUT", "/scenarios/kiln", { expected: 0, value });
  await ana.ask("PUT", "/groups", { expected: 0, value: { groups: [{ id: "studio", name: "The studio", agents: [] }] } });
  const { version } = await ana.ask("GET", "/triggers");
  const trigger = {
    id: "kiln-week", name: "Kiln week", enabled: true, when: "both", frequency: { kind: "every_page_load" },
    conditions: [{ kind: "page", is: true, patterns: [{ kind: "contains", text: "case=scenario" }] }],
    actions: [{ kind: "start_scenario", scenario: "kiln" }, { kind: "assign_group", group: "studio" }],
  };
  await ana.ask("PUT", "/triggers", { expected: version, value: { triggers: [trigger] } });
  await ana.config(({ proactive }) => proactive?.sieve.pages.length > 0);
  // A process of the functions may be some seconds behind with what is published.
  const report = { what: "view", remember: false, url: product.url + PAGE, device: "desktop", window: "closed" };
  for (let shown = false; !shown; await new Promise((resolve) => setTimeout(resolve, 250))) {
    const answer = await fetch(`${product.url}/v1/sites/demo/page-views`, { method: "POST", headers: { origin: product.url }, body: JSON.stringify({ ...report, page_id: crypto.randomUUID() }) });
    shown = (await answer.json()).show?.scenario !== undefined;
  }
});
after(async () => { await product?.stop(); });

test("T7: a trigger starts a scenario; the shopper chooses, and the agent sees the chat with the trigger and the group named", async (t) => {
  const { context, page } = await product.person();
  t.after(() => context.close());
  const begun = page.waitForEvent("websocket").then((socket) => new Promise((resolve) => socket.on("framereceived", ({ payload }) => {
    const frame = JSON.parse(payload);
    if (frame.type === "ack" && frame.conversation_id) resolve(frame.conversation_id);
  })));
  await page.goto(product.url + PAGE);
  await page.getByTestId("teaser").getByText("The kiln is open this week.").first().click();
  const choices = page.getByTestId("choices");
  await choices.getByRole("button", { name: "Nothing, thank you" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "trigger-scenario");
  await choices.getByRole("button", { name: "See it" }).click();
  const conversation = await begun;
  await page.getByTestId("message").filter({ hasText: "Somebody who knows it comes." }).waitFor();
  assert.deepEqual(await page.getByTestId("message").allInnerTexts(), ["The kiln is open this week. What would you like?", "See it", "Somebody who knows it comes."]);
  assert.equal(await choices.count(), 0);

  for (const [name, began, group, options] of [
    ["english", "Began with the trigger “Kiln week”", "For the group The studio", {}],
    ["spanish-phone", "Comenzó con el disparador «Kiln week»", "Para el grupo The studio", { locale: "es-ES", colorScheme: "dark", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }],
  ]) {
    const luis = await product.person({ viewport: { width: 1440, height: 900 }, ...options });
    t.after(() => luis.context.close());
    await signIn(luis.page, product.url, "luis@example.com");
    await luis.page.goto(`${product.url}/dashboard/demo/queue/${conversation}`);
    const log = luis.page.getByRole("log");
    for (const line of [began, "See it", "Somebody who knows it comes.", group]) await log.getByText(line).first().waitFor();
    // It stands where the conversation began.
    const lines = await log.innerText();
    assert.ok(lines.indexOf(began) < lines.indexOf("The kiln is open this week."), lines);
    assert.deepEqual(await violations(luis.page), [], name);
    await product.shot(luis.page, `trigger-scenario-agent-${name}`);
  }
  const { triggers } = await ana.ask("GET", "/triggers/results?days=1");
  assert.deepEqual(triggers.map(({ id, days }) => [id, days[0].answered]), [["kiln-week", 1]]);
});
