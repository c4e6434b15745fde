// Triggers, groups and scenarios keep every version; an admin brings one back.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { adminOf } from "./admin.mjs";
import { signIn, start, violations } from "./product.mjs";
import { scenario } from "./scenarios.mjs";

let product, ana;
before(async () => {
  product = await start();
  ana = await adminOf(product);
  await ana.set("form", { fields: ["name", "email"].map((id) => ({ id, kind: id, required: false, labels: {} })) });
});
after(async () => { await product.stop(); });

async function admin(t, page, options = {}) {
  const { context, page: tab } = await product.person({ viewport: { width: 1440, height: 900 }, ...options });
  t.after(() => context.close());
  await signIn(tab, product.url, "ana@example.com");
  await tab.goto(`${product.url}/dashboard/demo/settings/${page}`);
  return tab;
}

const stands = (kept) => ana.ask("GET", `/${kept}`).catch(() => ({ version: 0 }));
async function put(kept, value) {
  return ana.ask("PUT", `/${kept}`, { expected: (await stands(kept)).version, value });
}
const version = (page, number) => page.locator(".history li").filter({ hasText: `Version ${number} by` });
const bringBack = (page, number) => version(page, number).getByRole("button", { name: "Bring back" }).click();
/** Whether a field holds it. */
const written = (page, value, is) => page.waitForFunction(([value, is]) => [...document.querySelectorAll("input")].some((one) => one.value === value) === is, [value, is]);
const sales = { id: "sales", name: "Sales", agents: [] };
const trigger = (id) => ({
  id, name: `Trigger ${id}`, enabled: true, when: "both",
  conditions: [{ kind: "page", is: true, patterns: [{ kind: "exact", text: `/${id}` }] }],
  actions: [{ kind: "message", sender: { kind: "bot" }, texts: { en: "Hello" }, display: "teaser" }],
  frequency: { kind: "once_per_visit" },
});

test("A4: an earlier version of the groups is brought back, as a new version", async (t) => {
  const { version: first } = await put("groups", { groups: [sales] });
  await put("groups", { groups: [sales, { id: "returns", name: "Returns", agents: [] }] });
  const page = await admin(t, "groups");
  await written(page, "Returns", true);
  await page.locator(".history summary").click();
  await version(page, first + 1).getByText("Published now").waitFor();
  assert.deepEqual(await violations(page), []);
  await bringBack(page, first);
  await page.locator(".save-bar").getByText(`Version ${first} is back`).waitFor();
  await written(page, "Returns", false);
  await version(page, first + 2).getByText(`brought back version ${first}`).waitFor();
  await version(page, first + 2).getByText("Published now").waitFor();
  assert.deepEqual((await stands("groups")).value.groups, [sales]);
  await product.shot(page, "history-groups");
});

test("triggers that were deleted come back with the version that had them; who has published meanwhile is not undone", async (t) => {
  const { version: first } = await put("triggers", { triggers: [trigger("a"), trigger("b")] });
  await put("triggers", { triggers: [] });
  const page = await admin(t, "triggers", { viewport: { width: 390, height: 844 } });
  await page.getByText("No triggers yet").waitFor();
  await page.locator(".history summary").click();
  await version(page, first).waitFor();
  // A colleague publishes while one looks at the list.
  await put("triggers", { triggers: [trigger("c")] });
  await bringBack(page, first);
  await page.getByText("Somebody has published meanwhile.").waitFor();
  assert.deepEqual((await stands("triggers")).value.triggers.map(({ id }) => id), ["c"]);
  await page.reload();
  await page.getByText("Trigger c").waitFor();
  await page.locator(".history summary").click();
  await bringBack(page, first);
  await page.getByText(`Version ${first} is back`).waitFor();
  await page.getByText("Trigger a").first().waitFor();
  assert.deepEqual((await stands("triggers")).value.triggers.map(({ id }) => id), ["a", "b"]);
  await version(page, first + 3).getByText("Published now").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "history-triggers-phone");
});

for (const view of ["picture", "list"]) {
  test(`T7: a scenario is brought back in the ${view}, unless it does not fit any more, and what was being drawn is one undo away`, async (t) => {
    const id = `back-${view}`;
    t.after(async () => ana.ask("DELETE", `/scenarios/${id}?expected=${(await stands(`scenarios/${id}`)).version}`));
    await put("groups", { groups: [sales] });
    const { version: first } = await put(`scenarios/${id}`, scenario(id, "Twelve steps"));
    const short = { steps: [{ id: "s1", texts: { en: "Only this" }, next: { kind: "end", restart: true } }] };
    await put(`scenarios/${id}`, scenario(id, "One step", short));
    await put("groups", { groups: [] });
    const page = await admin(t, `scenarios/${id}`);
    await page.evaluate((view) => localStorage.setItem("mostrador.prefer.scenario-view", view), view);
    await page.reload();
    const name = page.locator('[data-at="name"]');
    await name.fill("Not published");
    await page.locator(".history summary").click();
    await bringBack(page, first);
    await page.getByText("It cannot come back as things are now:").waitFor();
    assert.equal((await stands(`scenarios/${id}`)).version, first + 1);
    assert.equal(await name.inputValue(), "Not published");
    await put("groups", { groups: [sales] });
    await bringBack(page, first);
    await page.locator(".save-bar").getByText(`Version ${first} is back`).waitFor();
    await version(page, first + 2).getByText("Published now").waitFor();
    assert.equal((await stands(`scenarios/${id}`)).value.steps.length, 12);
    assert.equal(await name.inputValue(), "Twelve steps");
    assert.deepEqual(await violations(page), []);
    await product.shot(page, `history-scenario-${view}`);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.waitForFunction(() => document.querySelector('[data-at="name"]').value === "Not published");
    await page.locator(".save-bar [type=submit]:enabled").waitFor();
  });
}
