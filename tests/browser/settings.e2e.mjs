// The settings in a real browser: what an admin sets, what is refused, what two admins do to one another.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
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

for (const look of [{ name: "dark" , colorScheme: "dark" }, { name: "phone-spanish", locale: "es-ES", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }, { name: "phone-portuguese", locale: "pt-BR", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }, { name: "italian-dark", locale: "it-IT", colorScheme: "dark", viewport: { width: 1100, height: 800 } }]) {
  test(`axe finds nothing in any section: ${look.name}`, async (t) => {
    const { name, ...options } = look;
    const page = await admin(t, "hours", options);
    for (const section of ["hours", "automatic", "texts", "faqs", "form", "appearance", "visibility", "identity", "privacy", "general", "visitors", "groups"]) {
      await page.goto(`${product.url}/dashboard/demo/settings/${section}`);
      await page.locator(".settings-fields").waitFor();
      assert.deepEqual(await violations(page), [], `${name}: ${section}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${section} is wider than the screen`);
      await product.shot(page, `settings-${name}-${section}`);
    }
  });
}

/** Monday and Sunday with one range each, in the draft alone. */
async function hours(page, { zone, from, to }) {
  await page.getByLabel("Time zone").fill(zone);
  const on = page.getByRole("switch", { name: "Keep office hours" });
  if (!(await on.isChecked())) await on.click();
  for (const day of ["Monday", "Sunday"]) {
    const row = page.getByRole("group", { name: day, exact: true });
    while (await row.getByRole("button", { name: /^Delete/ }).count()) await row.getByRole("button", { name: /^Delete/ }).first().click();
    await row.getByRole("button", { name: /^Add hours/ }).click();
    await row.getByLabel(/From/).fill(from);
    await row.getByLabel(/: to/).fill(to);
  }
}

for (const night of [
  // The clocks go forward at two: between two and three there is no half past two, and the shop opens when there is a three o'clock.
  { name: "gap", at: "2027-03-27T22:00:00Z", from: "02:30", to: "12:00", expected: /Next opening: Sunday, March 28 at 3:00\sAM GMT\+2/ },
  // They go back at three: half past two is there twice, and the first one counts.
  { name: "fold", at: "2027-10-30T22:00:00Z", from: "02:30", to: "12:00", expected: /Next opening: Sunday, October 31 at 2:30\sAM GMT\+2/ },
]) {
  test(`ux_40 f_14 the next opening in the night in which the clocks change is exact: ${night.name}`, async (t) => {
    await product.clock(Date.parse(night.at) - Date.now());
    t.after(() => product.clock(0));
    const page = await admin(t, "hours");
    await hours(page, { zone: "Europe/Madrid", from: night.from, to: night.to });
    const preview = page.getByTestId("hours-preview");
    await preview.getByText(night.expected).waitFor();
    await preview.getByText(/The clocks in Europe\/Madrid change on/).waitFor();
    await product.shot(page, `settings-hours-${night.name}`);
  });
}

test("questions are put in order by keyboard, which stays with what it moved and says where it is, and by mouse", async (t) => {
  const page = await admin(t, "faqs");
  for (const question of ["One?", "Two?", "Three?"]) {
    await page.getByRole("button", { name: "Add a question" }).click();
    await page.getByLabel("Question", { exact: true }).last().fill(question);
    await page.getByLabel("Answer", { exact: true }).last().fill(`The answer to ${question}`);
  }
  const order = () => page.getByLabel("Question", { exact: true }).evaluateAll((all) => all.map((one) => one.value));
  const up = page.getByRole("button", { name: "Move Three? up" });
  await up.focus();
  await page.keyboard.press("Enter");
  assert.deepEqual(await order(), ["One?", "Three?", "Two?"]);
  await page.getByRole("status").getByText("Three? is now number 2 of 3").waitFor({ state: "attached" });
  const focused = (label) => page.waitForFunction((label) => document.activeElement.ariaLabel === label, label);
  await focused("Move Three? up");
  await page.keyboard.press("Enter");
  assert.deepEqual(await order(), ["Three?", "One?", "Two?"]);
  // At the top there is no further up: the way back has the focus.
  await focused("Move Three? down");
  await page.keyboard.press("Enter");
  assert.deepEqual(await order(), ["One?", "Three?", "Two?"]);
  await page.locator(".ordered-item").nth(2).locator(".ordered-grip").dragTo(page.locator(".ordered-item").nth(0));
  // The preview follows the draft.
  await page.getByTestId("preview").locator(".preview-faq").first().filter({ hasText: "Two?" }).waitFor();
  assert.deepEqual(await order(), ["Two?", "One?", "Three?"]);
  assert.deepEqual((await page.getByTestId("preview").locator(".preview-faq").allInnerTexts()).map((text) => text.trim()), ["Two?", "One?", "Three?"]);
  assert.deepEqual(await violations(page), []);
  await publish(page).click();
  await said(page, /Published as version/).waitFor();
  const content = await (await fetch(`${product.url}/v1/sites/demo/content?language=en`)).json();
  assert.deepEqual(content.faqs.map((faq) => faq.question), ["Two?", "One?", "Three?"]);
});

test("what is written is previewed as it is written, in the language and the hour that one chooses", async (t) => {
  const page = await admin(t, "texts");
  const preview = page.getByTestId("preview");
  await page.getByRole("group", { name: "Welcome message" }).getByLabel("English").fill("Welcome to {shop}, what are you looking for?");
  await preview.getByText("Welcome to Taller Luz, what are you looking for?").waitFor();
  await page.getByRole("group", { name: "Welcome message" }).getByLabel("Spanish").fill("¿Qué buscas?");
  await page.getByRole("group", { name: "While nobody is there" }).getByLabel("Spanish").fill("Volvemos {next_opening}");
  const pane = page.getByRole("complementary", { name: "Preview" });
  await pane.getByLabel("Language").selectOption({ label: "Spanish" });
  await preview.getByText("¿Qué buscas?").waitFor();
  await pane.getByLabel("While").selectOption({ label: "nobody is there" });
  await preview.getByText("Volvemos lunes 9:00").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "settings-preview");
});

test("the form's page says what held means, and what a setting will not do", async (t) => {
  const page = await admin(t, "form");
  const advice = () => page.locator("[data-advice]").evaluateAll((all) => all.map((one) => one.dataset.advice));
  assert.deepEqual(await advice(), []);
  await page.getByText("What held means").click();
  await page.getByText("in no list, notifies nobody").waitFor();
  await page.getByRole("switch", { name: /while online/ }).click();
  await page.getByText("There are no questions, so nothing is asked and nothing is held").waitFor();
  await page.getByRole("button", { name: "+ Name" }).click();
  await page.getByText("only a form that is asked after the first message can hold it back").waitFor();
  await page.getByRole("switch", { name: "Must be answered" }).first().click();
  assert.deepEqual(await advice(), ["not_held_online", "nothing_held"]);
  await page.getByRole("radio", { name: "After the first message" }).click();
  await page.locator("[data-advice]").first().waitFor({ state: "detached" });
  assert.deepEqual(await advice(), []);
  await page.getByTestId("preview").getByText("What is your name?").waitFor();
  // Every phrase of it can be said otherwise, in every language.
  await page.getByText("What the form says").click();
  await page.getByRole("group", { name: "Asking for the name" }).getByLabel("English").fill("And you are?");
  await page.getByTestId("preview").getByText("And you are?").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "settings-form");
});

test("who lets only verified customers write is told while nobody can be verified", async (t) => {
  const page = await admin(t, "visibility");
  await page.getByRole("radio", { name: "Everyone sees it, only signed-in customers may write" }).click();
  await page.locator("[data-advice=no_key]").getByRole("link", { name: "Make one" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("radio", { name: "Everyone may chat" }).click();
  await page.locator("[data-advice=no_key]").waitFor({ state: "detached" });
});

test("a_28 a key's secret is told once; the code of the page signs what we believe; rotated and ended keys say until when", async (t) => {
  const page = await admin(t, "identity");
  const answers = [];
  page.on("response", async (answer) => /identity-keys/.test(answer.url()) && answer.request().method() === "GET" && answers.push(await answer.text().catch(() => "")));
  await page.getByText("No key yet").waitFor();
  await page.getByRole("button", { name: "Make a key" }).click();
  const secret = await page.getByTestId("secret").innerText();
  assert.match(secret, /^msk_/);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "settings-identity");
  const code = page.getByRole("region", { name: "Code for your server" });
  const kid = await page.locator("[data-key]").getAttribute("data-key");
  for (const language of ["PHP", "Python", "Ruby", "Node"]) {
    await page.getByRole("button", { name: language, exact: true }).click();
    await code.getByText(kid).waitFor();
  }
  // The code as it is copied, run as it would be.
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", `${await code.innerText()}\nconsole.log(chatToken({ id: 7, email: "ana@example.org", name: "Ana Torres" }))`], { env: { ...process.env, MOSTRADOR_SECRET: secret }, encoding: "utf8" });
  const session = await fetch(`${product.url}/v1/sites/demo/sessions`, { method: "POST", headers: { origin: product.url, "content-type": "application/json" }, body: JSON.stringify({ identity: { token: run.stdout.trim() } }) });
  const { verified, refused } = await session.json();
  assert.deepEqual({ verified, refused }, { verified: true, refused: undefined });
  await page.getByRole("button", { name: `Rotate ${kid}` }).click();
  const ask = page.getByRole("alertdialog");
  await ask.getByLabel("The old key ends").selectOption({ label: "in an hour" });
  assert.deepEqual(await violations(page), []);
  await ask.getByRole("button", { name: "Make the new key" }).click();
  await page.locator(`[data-key="${kid}"][data-state=ending]`).getByText("Good until").waitFor();
  const other = await page.locator("[data-key][data-state=good]").getAttribute("data-key");
  await code.getByText(other).waitFor();
  assert.notEqual(await page.getByTestId("secret").innerText(), secret);
  await page.getByRole("button", { name: "I have put it away" }).click();
  assert.equal(await page.getByTestId("secret").count(), 0);
  await page.getByRole("button", { name: `End ${kid}` }).click();
  await ask.getByRole("button", { name: "End it" }).click();
  await page.locator(`[data-key="${kid}"][data-state=ended]`).waitFor();
  await page.reload();
  await page.locator(`[data-key="${other}"]`).waitFor();
  assert.doesNotMatch((await page.content()) + answers.join(), /msk_/);
  assert.ok(answers.length > 0);
});

test("what is wrong with a public key is said, and five keys are the most", async (t) => {
  const page = await admin(t, "identity");
  await page.getByText("Use an RSA key of your own").click();
  await page.getByLabel(/Public key/).fill("-----BEGIN PUBLIC KEY-----\nno key\n-----END PUBLIC KEY-----");
  await page.getByRole("button", { name: "Add the public key" }).click();
  await page.getByRole("alert").getByText("This does not have the right form").waitFor();
  const good = page.locator("[data-key]:not([data-state=ended])");
  for (let count = await good.count(); count < 5; count = await good.count()) {
    await page.getByRole("button", { name: "Make a key" }).click();
    await good.nth(count).waitFor();
  }
  await page.getByRole("button", { name: "Make a key" }).click();
  await page.getByRole("alert").getByText("Five keys are good at once").waitFor();
  assert.equal(await good.count(), 5);
});

test("a_22 a_25 the settings and keys of another site are nobody's who is not its admin", async (t) => {
  const page = await admin(t, "hours");
  const asked = [];
  page.on("request", (request) => request.url().includes("/sites/demo-two/") && asked.push(request.url()));
  const mine = page.waitForRequest((request) => request.url().endsWith("/v1/agent/sites/demo/settings"));
  await page.reload();
  const { authorization } = await (await mine).allHeaders();
  for (const section of ["hours", "identity"]) {
    await page.goto(`${product.url}/dashboard/demo-two/settings/${section}`);
    await page.getByText("There is no such site for you").waitFor();
  }
  assert.deepEqual(asked, []);
  // The server says so too, in the same words as of a site that is not there.
  const ask = async (site, path) => {
    const answer = await fetch(`${product.url}/v1/agent/sites/${site}/${path}`, { headers: { authorization, origin: product.url } });
    return `${answer.status} ${await answer.text()}`;
  };
  assert.match(await ask("demo", "settings"), /^200 /);
  for (const path of ["settings", "settings/hours/history", "identity-keys", "faq-counts"]) {
    const foreign = await ask("demo-two", path);
    assert.match(foreign, /^404 /, path);
    assert.equal(foreign, await ask("no-such-site", path), path);
  }
});

test("email: what a mail will look like follows the draft, in its language and light or dark; what is wrong is said beside it, and it is published", async (t) => {
  const page = await admin(t, "email");
  const mail = page.getByTestId("mail-preview");
  await mail.getByText("Replies to this mail are not read").waitFor();
  const light = await mail.evaluate((each) => getComputedStyle(each).backgroundColor);
  await page.getByLabel("Look").selectOption("dark");
  assert.notEqual(await mail.evaluate((each) => getComputedStyle(each).backgroundColor), light);
  assert.deepEqual(await violations(page), []);
  await page.getByLabel(/^Domain at which answers/).fill("reply.shop.example");
  await mail.getByText("Or just reply to this mail.").waitFor();

  const group = page.locator("[data-mail=answers]");
  await group.locator("summary").click();
  await group.getByText("The names of who answered").waitFor();
  const button = page.getByRole("group", { name: "Button that opens the conversation", exact: true });
  assert.equal(await button.getByLabel("Spanish").getAttribute("placeholder"), "Seguir la conversación");
  await button.getByLabel("Spanish").fill("Volver al {shop}, {agents}");
  await page.getByLabel("Language", { exact: true }).selectOption("es");
  await mail.getByText("Volver al Taller Luz").waitFor();
  await mail.getByText("Antes en esta conversación").waitFor();

  await page.getByRole("switch", { name: /^Mail answers/ }).click();
  // Closed again: what is wrong in it opens it.
  await group.locator("summary").click();
  await publish(page).click();
  await said(page, "2 fields are wrong. Nothing was published.").waitFor();
  await page.locator("[data-problem=sender_address]").waitFor();
  await page.locator("[data-problem='texts.es.button']").waitFor();
  await button.getByLabel("Spanish").fill("Volver a {shop}");
  await page.getByLabel(/^Sender’s address/).fill("hola@taller.example");
  await page.getByLabel(/^Minutes until/).fill("5");
  await publish(page).click();
  await said(page, /Published as version 1/).waitFor();
  await page.reload();
  await page.locator(".settings-fields").waitFor();
  assert.equal(await page.getByLabel(/^Minutes until/).inputValue(), "5");
  assert.equal(await page.getByLabel(/^Sender’s address/).inputValue(), "hola@taller.example");
  assert.equal(await page.getByRole("switch", { name: /^Mail answers/ }).getAttribute("aria-checked"), "true");
  await group.locator("summary").click();
  assert.equal(await button.getByLabel("Spanish").inputValue(), "Volver a {shop}");
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "settings-email");
});
