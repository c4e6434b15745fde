// The dashboard in a real browser, against the functions as they are deployed: what UX.md and TRUST.md expect of it.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { openWidget, signIn, start, violations, write } from "./product.mjs";

let product;
before(async () => { product = await start(); });
after(async () => { await product.stop(); });

const DESKTOP = { viewport: { width: 1440, height: 900 } };

async function agent(t, email, { prepare = async () => {}, ...options } = {}) {
  const { context, page } = await product.person({ ...DESKTOP, ...options });
  t.after(() => context.close());
  await prepare(page);
  await signIn(page, product.url, email);
  return page;
}

/** What the server says can be held back for a while: `hold()`, then `release()`. */
function ears() {
  let held = null;
  const prepare = (page) => page.routeWebSocket(/\/ws\?/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((frame) => (held === null ? socket.send(frame) : held.push(() => socket.send(frame))));
  });
  return {
    prepare,
    hold: () => (held = []),
    release() {
      for (const send of held ?? []) send();
      held = null;
    },
  };
}

const row = (page, id) => page.locator(`[data-conversation="${id}"]`);
const log = (page) => page.getByRole("log");
const reply = (page) => page.getByPlaceholder(/write a reply/i);
const note = (page) => page.getByPlaceholder(/write a note/i);
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("data-conversation"));
const order = (page) => page.locator("[data-conversation]").evaluateAll((rows) => rows.toSorted((a, b) => a.getBoundingClientRect().y - b.getBoundingClientRect().y).map((each) => each.dataset.conversation));

async function open(page, id) {
  await row(page, id).click();
  await page.locator("main.thread[aria-label]").waitFor();
  await log(page).locator("[data-kind=message]").first().waitFor();
}

test("ux_33 j and k walk, Enter opens, r replies, n notes, e closes, / searches", async (t) => {
  for (const text of ["keys one", "keys two", "keys three"]) await product.visitor(text);
  const page = await agent(t, "ana@example.com");
  for (const text of ["keys one", "keys two", "keys three"]) await page.getByText(text).first().waitFor();
  const ids = await order(page);
  await page.keyboard.press("j");
  assert.equal(await focused(page), ids[0]);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await focused(page), ids[2]);
  await page.keyboard.press("k");
  assert.equal(await focused(page), ids[1]);
  await page.keyboard.press("Enter");
  await reply(page).waitFor();
  assert.ok(page.url().includes(ids[1]));
  await page.keyboard.press("r");
  assert.ok(await reply(page).evaluate((field) => field === document.activeElement));
  await page.keyboard.press("Escape");
  await page.keyboard.press("n");
  assert.ok(await note(page).evaluate((field) => field === document.activeElement));
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  const search = page.getByRole("searchbox");
  assert.ok(await search.evaluate((field) => field === document.activeElement));
  await page.keyboard.type("keys tw");
  await page.getByText("keys one").first().waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await page.keyboard.press("e");
  await page.getByRole("button", { name: /undo/i }).waitFor();
});

test("ux_32 Ctrl-K lists every action with its key, and ? shows all keys", async (t) => {
  const { id } = await product.visitor("about the palette");
  const page = await agent(t, "ana@example.com");
  await open(page, id);
  await page.keyboard.press("Control+k");
  const actions = page.getByRole("option");
  await actions.first().waitFor();
  const lines = await actions.allInnerTexts();
  const expected = [/Next conversation\s+J/, /Previous conversation\s+K/, /Open the selected conversation\s+↵/, /Write a reply\s+R/, /Write a note\s+N/, /Assign to me\s+A/, /Close the conversation\s+E/, /Filter the list\s+\//, /Show the keys\s+\?/, /Show or hide the profile\s+P/, /Go to mine/, /Go to all/, /Go to closed/, /Show the team/, /Light appearance/, /Be invisible/, /Sign out/];
  for (const line of expected) assert.ok(lines.some((text) => line.test(text)), `${line} is not among\n${lines.join("\n")}`);
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "palette");
  await page.keyboard.type("write a no");
  await page.keyboard.press("Enter");
  await note(page).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  const overlay = page.getByRole("dialog");
  await overlay.waitFor();
  for (const key of ["J", "K", "R", "N", "E", "A", "/", "?", "P", "Ctrl K"]) {
    const shown = await overlay.locator("dd").evaluateAll((all) => all.map((one) => one.innerText.replace(/\s+/g, " ").trim()));
    assert.ok(shown.includes(key), `${key} is not among ${shown}`);
  }
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "keys");
});

test("ux_34 single keys are letters in a field, and can be switched off altogether", async (t) => {
  const { id } = await product.visitor("about single keys");
  const page = await agent(t, "ana@example.com");
  await open(page, id);
  await reply(page).click();
  await page.keyboard.type("jkern/?a");
  assert.equal(await reply(page).inputValue(), "jkern/?a");
  assert.equal(await page.getByRole("dialog").count(), 0);
  await reply(page).fill("");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByRole("switch").click();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  for (const key of ["j", "e", "r", "n", "?"]) await page.keyboard.press(key);
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.equal(await page.getByRole("button", { name: /undo/i }).count(), 0);
  await page.keyboard.press("Control+k");
  await page.getByRole("option").first().waitFor();
});

test("ux_35 closing and assigning apply at once and can be undone", async (t) => {
  const { id } = await product.visitor("about undo");
  const page = await agent(t, "ana@example.com");
  await open(page, id);
  await page.getByRole("button", { name: "Take it" }).click();
  await page.getByText("It is yours").waitFor();
  await page.locator("[data-list=queue]").click();
  await row(page, id).waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Undo/ }).click();
  await open(page, id);
  await page.getByRole("button", { name: /^Close/ }).first().click();
  await page.getByText("Closing is final").waitFor();
  await row(page, id).waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Undo/ }).click();
  await row(page, id).waitFor();
  await reply(page).waitFor();
});

test("f_15 ux_35 two who take a chat at once: one gets it, the other is told and shown the truth", async (t) => {
  const { id } = await product.visitor("who takes me?");
  const hearing = [ears(), ears()];
  const [ana, luis] = await Promise.all(["ana", "luis"].map((name, n) => agent(t, `${name}@example.com`, { prepare: hearing[n].prepare })));
  await Promise.all([open(ana, id), open(luis, id)]);
  // Neither hears of the other's click before their own has gone out.
  for (const one of hearing) one.hold();
  await Promise.all([ana, luis].map((page) => page.getByRole("button", { name: "Take it" }).click()));
  for (const one of hearing) one.release();
  const told = await Promise.any([ana, luis].map(async (page) => {
    await page.getByRole("alert").getByText(/has it/).waitFor();
    return page;
  }));
  const winner = told === ana ? "Luis Ortega" : "Ana García";
  await told.getByRole("alert").getByText(winner).waitFor();
  await told.getByRole("button", { name: `Owner: ${winner}` }).waitFor();
  await (told === ana ? luis : ana).getByRole("button", { name: "Owner: You" }).waitFor();
});

test("ux_37 what happens elsewhere never moves the selected row, and a colleague who writes is seen", async (t) => {
  const first = await product.visitor("an older conversation");
  const chosen = await product.visitor("the chosen one");
  const [ana, luis] = await Promise.all([agent(t, "ana@example.com"), agent(t, "luis@example.com")]);
  await open(ana, chosen.id);
  const before = await row(ana, chosen.id).boundingBox();
  await first.say("something newer than the chosen one");
  await row(ana, first.id).getByText("something newer").waitFor();
  await product.visitor("somebody quite new");
  await ana.getByText("somebody quite new").first().waitFor();
  assert.equal((await row(ana, chosen.id).boundingBox()).y, before.y);
  await open(luis, chosen.id);
  await reply(luis).pressSequentially("I am on it");
  await log(ana).getByText("Luis Ortega is writing").waitFor();
  await product.shot(ana, "colleague-writes");
});

test("ux_38 a note cannot be mistaken for a reply: colour, label, placeholder, button", async (t) => {
  const { id } = await product.visitor("about notes");
  const page = await agent(t, "ana@example.com");
  await open(page, id);
  const look = () => page.evaluate(() => {
    const box = document.querySelector(".composer-box");
    const field = box.querySelector("textarea");
    const button = box.querySelector(".composer-foot button");
    return { background: getComputedStyle(box).backgroundColor, label: field.getAttribute("aria-label"), placeholder: field.placeholder, button: button.innerText, colour: getComputedStyle(button).backgroundColor };
  });
  await reply(page).fill("x");
  const replying = await look();
  await page.getByRole("tab", { name: "Note" }).click();
  await note(page).fill("x");
  // The colours cross-fade.
  await page.waitForFunction((before) => getComputedStyle(document.querySelector(".composer-box")).backgroundColor !== before, replying.background);
  const noting = await look();
  for (const part of Object.keys(replying)) assert.notEqual(replying[part], noting[part], part);
  await page.getByRole("button", { name: "Add note" }).click();
  await log(page).locator("[data-kind=note]").getByText("x").waitFor();
  await log(page).getByText("only the team sees it").waitFor();
  assert.deepEqual(await violations(page), []);
  await product.shot(page, "note");
});

test("two shoppers and two agents talk at once, and nobody hears what is not theirs", async (t) => {
  const shoppers = await Promise.all(["lamp", "order"].map(async (subject) => {
    const { context, page } = await product.person();
    t.after(() => context.close());
    await openWidget(page, `${product.url}/shop/`);
    await write(page, `Hello, my ${subject} question`);
    return { page, subject };
  }));
  const agents = await Promise.all(["ana", "luis"].map((name) => agent(t, `${name}@example.com`)));
  await Promise.all(shoppers.map(async ({ page, subject }, n) => {
    const mine = agents[n];
    await mine.getByText(`my ${subject} question`).first().click();
    await reply(mine).pressSequentially(`About your ${subject}`);
    await page.locator("[data-testid=typing]").waitFor();
    await reply(mine).press("Enter");
    await page.getByText(`About your ${subject}`).first().waitFor();
    // Who answers first has joined, and the shopper is told so.
    await page.getByText(/joined/i).first().waitFor({ state: "attached" });
    await write(page, `Thanks for the ${subject}`);
    await log(mine).getByText(`Thanks for the ${subject}`).waitFor();
    await log(mine).locator("[data-state=seen]").first().waitFor();
  }));
  for (const { page, subject } of shoppers) {
    const other = subject === "lamp" ? "order" : "lamp";
    assert.equal(await page.getByText(`About your ${other}`).count(), 0);
  }
});

test("after a loss the list and the open thread have everything, a conversation nobody knew of included", async (t) => {
  const known = await product.visitor("before the loss");
  const page = await agent(t, "ana@example.com");
  await open(page, known.id);
  await page.context().setOffline(true);
  // The banner, not the composer's hint: it comes a moment later, and only what was said is taken back.
  await page.locator(".banner-offline").waitFor();
  await product.shot(page, "offline");
  await reply(page).fill("written while offline");
  await reply(page).press("Enter");
  await known.say("said during the loss");
  const unknown = await product.visitor("begun during the loss");
  await page.context().setOffline(false);
  await log(page).getByText("said during the loss").waitFor({ timeout: 45_000 });
  await row(page, unknown.id).waitFor({ timeout: 45_000 });
  await log(page).locator("[data-state=sent], [data-state=delivered]").getByText("written while offline").or(log(page).getByText("written while offline")).first().waitFor();
  assert.equal(await log(page).getByText("written while offline").count(), 1);
});

test("f_13 a token that is refused in mid-chat is renewed silently, and the draft stays", async (t) => {
  const known = await product.visitor("a long conversation");
  const page = await agent(t, "ana@example.com");
  await open(page, known.id);
  await reply(page).fill("half a sentence");
  let refused = 0;
  await page.context().route("**/v1/tickets", (route) => {
    if (refused++ > 0) return route.continue();
    return route.fulfill({ status: 401, contentType: "application/json", body: JSON.stringify({ error: { code: "unauthorized", message: "expired" } }) });
  });
  await page.context().setOffline(true);
  // The banner, not the composer's hint: it comes a moment later, and only what was said is taken back.
  await page.locator(".banner-offline").waitFor();
  await page.context().setOffline(false);
  await page.getByText("Connected again").waitFor({ timeout: 45_000 });
  assert.ok(refused >= 2, "the first ticket was not refused");
  assert.equal(await page.getByRole("alertdialog").count(), 0);
  assert.equal(await reply(page).inputValue(), "half a sentence");
  await reply(page).press("Enter");
  await log(page).locator("[data-state=sent], [data-state=delivered], [data-state=seen]").first().waitFor();
});

test("a_21 the dashboard cannot be framed, by the shop's own origin neither", async (t) => {
  const answer = await fetch(`${product.url}/dashboard/`);
  assert.match(answer.headers.get("content-security-policy"), /frame-ancestors 'none'/);
  const { context, page } = await product.person();
  t.after(() => context.close());
  await page.goto(`${product.url}/shop/`);
  const framed = await page.evaluate(async (src) => {
    const frame = Object.assign(document.createElement("iframe"), { src });
    const loaded = new Promise((resolve) => (frame.onload = resolve));
    document.body.append(frame);
    await loaded;
    // Same origin: were it shown, its document could be read.
    return frame.contentDocument?.body.innerText ?? null;
  }, `${product.url}/dashboard/`);
  assert.equal(framed, null);
});

test("a_05 script in everything that a shopper can set is shown as text", async (t) => {
  const script = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
  const { context, page: shop } = await product.person({ userAgent: `Mozilla/5.0 ${script}` });
  t.after(() => context.close());
  await openWidget(shop, `${product.url}/shop/?q=${encodeURIComponent(script)}#${script}`);
  await shop.evaluate((title) => (document.title = title), script);
  await write(shop, `canary in a field ${script}`);
  const page = await agent(t, "ana@example.com");
  await page.getByText("canary in a field").first().click();
  await log(page).getByText("canary in a field").waitFor();
  await page.getByTestId("page").waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("img[src=x]").count(), 0);
});

test("the profile tells the page and the device, and follows the shopper to the next page", async (t) => {
  const { context, page: shop } = await product.person();
  t.after(() => context.close());
  await openWidget(shop, `${product.url}/shop/`);
  await write(shop, "where am I?");
  await shop.getByText("where am I?").waitFor();
  const page = await agent(t, "ana@example.com");
  await page.getByText("where am I?").first().click();
  const about = page.getByRole("complementary", { name: "Profile" });
  await about.getByText(/Chrom\w* on/).waitFor();
  await page.getByTestId("page").getByText("/shop/").waitFor();
  await shop.goto(`${product.url}/shop/about.html`);
  await page.getByTestId("page").getByText("about.html").waitFor({ timeout: 45_000 });
});

test("an agent of two sites switches between them, and each shows its own", async (t) => {
  const here = await product.visitor("for the first shop");
  const there = await product.visitor("for the second shop", "demo-two");
  const page = await agent(t, "eva@example.com");
  const shown = async (mine, other) => {
    await row(page, mine.id).waitFor();
    assert.equal(await row(page, other.id).count(), 0);
  };
  const first = page.url().includes("/demo-two/") ? [there, here] : [here, there];
  await shown(...first);
  await page.getByRole("button", { name: /switch site/i }).click();
  await page.getByRole("menuitem").filter({ hasNot: page.locator("svg") }).click();
  await shown(...first.toReversed());
});

test("signing out ends it here, and leaves nothing behind", async (t) => {
  const { id } = await product.visitor("secret-of-the-shop");
  const page = await agent(t, "luis@example.com");
  await open(page, id);
  await reply(page).fill("a draft");
  await page.getByRole("button", { name: /^You:/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("button", { name: /sign in/i }).first().waitFor();
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.doesNotMatch(kept, /a draft|secret-of-the-shop|id_token/);
  await page.goBack();
  assert.equal(await page.getByText("secret-of-the-shop").count(), 0);
});

for (const look of [
  { name: "dark", colorScheme: "dark" },
  { name: "spanish", locale: "es-ES" },
  { name: "phone", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true },
  { name: "phone-dark-spanish", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, colorScheme: "dark", locale: "es-ES" },
]) {
  test(`axe finds nothing in the list, a thread, a note, an empty list, the profile, the team: ${look.name}`, async (t) => {
    const { name, ...options } = look;
    const visitor = await product.visitor(`looked at (${name})`);
    await visitor.say("A second line, with https://example.com/a/long/address/that/has/to/break?somewhere=else in it.");
    const page = await agent(t, "ana@example.com", options);
    const clean = async (state) => {
      assert.deepEqual(await violations(page), [], `${name}: ${state}`);
      await product.shot(page, `${name}-${state}`);
    };
    await row(page, visitor.id).waitFor();
    await clean("list");
    await page.locator("[data-list=mine]").click();
    await page.locator("[data-list=mine][aria-current=page]").waitFor();
    await clean("mine");
    await page.locator("[data-list=queue]").click();
    await open(page, visitor.id);
    await clean("thread");
    await page.getByRole("tab").nth(1).click();
    await page.locator(".composer-note textarea").fill("A note for the team.");
    await page.locator(".composer-note textarea").press("Enter");
    await log(page).locator("[data-kind=note]:not(.unsent)").waitFor();
    await clean("note");
    if (name.startsWith("phone")) {
      await page.locator(".thread-profile").click();
      await page.getByRole("dialog").waitFor();
      await clean("profile");
      // Nothing wider than the screen.
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    }
  });
}

test("ux_36 ten thousand conversations: few rows in the document, and each knows its place", async (t) => {
  const many = await start({ conversations: 10_000 });
  t.after(() => many.stop());
  const { context, page } = await many.person(DESKTOP);
  t.after(() => context.close());
  await signIn(page, many.url, "ana@example.com");
  await page.locator("[data-conversation]").first().waitFor();
  const rows = () => page.locator(".row-place").evaluateAll((all) => all.map((one) => [Number(one.ariaPosInSet), Number(one.ariaSetSize)]));
  const scroller = page.getByTestId("rows");
  const bottom = () => scroller.evaluate((box) => (box.scrollTop = box.scrollHeight));
  let last = 0;
  // Down to the end, page by page, as fast as it loads.
  while (last < 10_000) {
    await bottom();
    await page.waitForFunction((before) => Math.max(...[...document.querySelectorAll(".row-place")].map((one) => Number(one.ariaPosInSet))) > before, last);
    const now = await rows();
    assert.ok(now.length <= 60, `${now.length} rows in the document`);
    last = Math.max(...now.map(([place]) => place));
  }
  await page.getByText("That is everything").waitFor();
  assert.deepEqual((await rows()).at(-1), [10_000, 10_000]);
  const places = (await rows()).map(([place]) => place).toSorted((a, b) => a - b);
  assert.deepEqual(places, Array.from(places, (_, n) => places[0] + n));
  const visitor = await many.visitor("number ten thousand and one");
  await scroller.evaluate((box) => (box.scrollTop = 0));
  await row(page, visitor.id).waitFor();
  await many.shot(page, "ten-thousand");
});
