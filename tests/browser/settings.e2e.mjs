// The settings in a real browser: what an admin sets, what is refused, what two admins do to one another.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { signIn, start, violations } from "./product.mjs";

let product;
before(async () => { product = await start(); });
after(async () => { await product.stop(); });

async function admin(t, section, options = {}) {
  const { context, page } = await product.person({ viewport: { width: 1440, height: 900 }, ...options });
  t.after(() => context.close());
  await signIn(page, product.url, "ana@example.com");
  await page.goto(`${product.url}/dashboard/demo/settings/${section}`);
  await page.locator(".settings-fields").waitFor();
  return page;
}

const publish = (page) => page.getByRole("button", { name: "Publish", exact: true });
const said = (page, text) => page.locator(".save-bar").getByText(text);

test("ux_40 hours: add, copy to all days, the zone, the next opening and the change of the clocks; published and read by the shop", async (t) => {
  const page = await admin(t, "hours");
  const preview = page.getByTestId("hours-preview");
  await page.getByRole("switch", { name: "Keep office hours" }).click();
  await page.getByRole("button", { name: "Add hours on Monday" }).click();
  await page.getByRole("button", { name: "Copy Monday to all days" }).click();
  assert.equal(await page.getByLabel("Sunday: From").inputValue(), "09:00");
  await preview.getByText(/Open until|Next opening/).waitFor();
  await preview.getByText(/The clocks in Europe\/Madrid change on/).waitFor();
  await page.getByRole("button", { name: "Delete Sunday, 09:00–18:00" }).click();
  await publish(page).click();
  await said(page, /Published as version 1/).waitFor();
  const config = await (await fetch(`${product.url}/v1/sites/demo/config`)).json();
  assert.deepEqual(config.settings.hours.week.monday, [{ start: "09:00", end: "18:00" }]);
  assert.deepEqual(config.settings.hours.week.sunday, []);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "settings-hours");
});

test("what is wrong is said beside the field, and nothing is saved", async (t) => {
  const page = await admin(t, "hours");
  const before = await (await fetch(`${product.url}/v1/sites/demo/config`)).json();
  await page.getByRole("button", { name: "Add hours on Tuesday" }).click();
  const starts = page.getByLabel("Tuesday: From");
  const ends = page.getByLabel("Tuesday: to");
  await starts.last().fill("17:00");
  await ends.last().fill("19:00");
  await page.getByLabel("Time zone").fill("Europe/Atlantis");
  await page.getByTestId("hours-preview").getByText("not right yet").waitFor();
  await publish(page).click();
  await said(page, /wrong. Nothing was published/).waitFor();
  assert.ok((await page.locator("[data-problem]").count()) >= 2);
  await page.locator("[data-problem=zone]").waitFor();
  await page.locator("[data-problem^='week.tuesday']").first().waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "settings-wrong");
  const after = await (await fetch(`${product.url}/v1/sites/demo/config`, { cache: "no-store" })).json();
  assert.deepEqual(after.settings.hours, before.settings.hours);
});

test("ux_40 changes are not taken away by a click on something else", async (t) => {
  const page = await admin(t, "general");
  await page.getByLabel("Name of the shop").fill("Half a name");
  await page.getByRole("link", { name: "Privacy" }).click();
  const ask = page.getByRole("alertdialog");
  await ask.getByRole("button", { name: "Stay" }).click();
  assert.equal(await page.getByLabel("Name of the shop").inputValue(), "Half a name");
  await page.getByRole("link", { name: "Privacy" }).click();
  await ask.getByRole("button", { name: "Leave" }).click();
  await page.getByLabel("Terms").waitFor();
});

test("two who publish at once: the second is told, sees what differs, and loses nothing; any version can be brought back", async (t) => {
  const [one, other] = await Promise.all([admin(t, "texts"), admin(t, "texts")]);
  const intro = (page) => page.getByRole("group", { name: "Line below the title" }).getByLabel("English");
  await intro(one).fill("Lamps since 1974");
  await intro(other).fill("Made by hand");
  await publish(one).click();
  await said(one, /version 1/).waitFor();
  await publish(other).click();
  const clash = other.getByRole("dialog");
  await clash.getByText("Ana García has published meanwhile").waitFor();
  await clash.getByRole("row", { name: /texts.en.intro Lamps since 1974 Made by hand/ }).waitFor();
  assert.deepEqual(await violations(other), []);
  await product.shot(other, "settings-clash");
  await clash.getByRole("button", { name: "Publish mine over it" }).click();
  await said(other, /version 2/).waitFor();
  await other.getByText("History").click();
  await other.getByRole("listitem").filter({ hasText: "Version 1" }).getByRole("button", { name: "Bring back" }).click();
  await said(other, /Version 1 is back/).waitFor();
  assert.equal(await intro(other).inputValue(), "Lamps since 1974");
  const content = await (await fetch(`${product.url}/v1/sites/demo/content?language=en`)).json();
  assert.equal(content.texts.intro, "Lamps since 1974");
});

test("a_25 an agent finds no way into the settings, and the server would refuse", async (t) => {
  const { context, page } = await product.person();
  t.after(() => context.close());
  await signIn(page, product.url, "luis@example.com");
  assert.equal(await page.getByRole("link", { name: "Settings" }).count(), 0);
  const asked = [];
  page.on("request", (request) => /\/settings/.test(new URL(request.url()).pathname) && request.resourceType() === "fetch" && asked.push(request.url()));
  await page.goto(`${product.url}/dashboard/demo/settings/hours`);
  await page.getByText("Settings are for admins").waitFor();
  assert.deepEqual(asked, []);
});

for (const look of [{ name: "dark" , colorScheme: "dark" }, { name: "phone-spanish", locale: "es-ES", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }]) {
  test(`axe finds nothing in any section: ${look.name}`, async (t) => {
    const { name, ...options } = look;
    const page = await admin(t, "hours", options);
    for (const section of ["hours", "automatic", "texts", "faqs", "form", "appearance", "visibility", "privacy", "general"]) {
      await page.goto(`${product.url}/dashboard/demo/settings/${section}`);
      await page.locator(".settings-fields").waitFor();
      assert.deepEqual(await violations(page), [], `${name}: ${section}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${section} is wider than the screen`);
      await product.shot(page, `settings-${name}-${section}`);
    }
  });
}
