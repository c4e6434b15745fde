// What agents show of themselves, in real browsers: an agent's photo from the file to the shopper's panel, and back to initials.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { openWidget, signIn, start, violations, write } from "./product.mjs";

let product;
before(async () => { product = await start(); });
after(async () => { await product.stop(); });

const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const CANARY = "GPS-40.4168N-3.7038W";

async function agent(t, email, options = DESKTOP) {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  await signIn(page, product.url, email);
  return page;
}

async function shopper(t, options = {}, path = "/shop/") {
  const { context, page } = await product.person(options);
  t.after(() => context.close());
  await openWidget(page, product.url + path);
  return page;
}

/** A picture of one colour as a camera writes it: with a place in it. */
async function picture(page, { width = 600, height = 900, colour = "rgb(255, 0, 255)" } = {}) {
  const base64 = await page.evaluate(async ([width, height, colour]) => {
    const canvas = new OffscreenCanvas(width, height);
    const pen = canvas.getContext("2d");
    pen.fillStyle = colour;
    pen.fillRect(0, 0, width, height);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg" })).arrayBuffer());
    return btoa(String.fromCharCode(...bytes));
  }, [width, height, colour]);
  const jpeg = Buffer.from(base64, "base64");
  const exif = Buffer.from(`Exif\0\0${CANARY}`);
  const head = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  return { name: "me.jpg", mimeType: "image/jpeg", buffer: Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]) };
}

/** The colour a little above an element's middle, as it is on the screen. */
async function colourOf(element) {
  const png = (await element.screenshot({ animations: "disabled" })).toString("base64");
  return element.page().context().browser().newPage().then(async (page) => {
    const colour = await page.evaluate(async (png) => {
      const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
      const pen = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
      pen.drawImage(picture, 0, 0);
      return [...pen.getImageData(Math.round(picture.width / 2), Math.round(picture.height / 5), 1, 1).data].slice(0, 3);
    }, png);
    await page.close();
    return colour;
  });
}

const isMagenta = ([red, green, blue]) => red > 200 && green < 60 && blue > 200;

async function shows(element, magenta, what) {
  await element.waitFor();
  // A photo comes over the network, into a box that is there already.
  for (let wait = 20; wait < 3000; wait *= 2) {
    if (isMagenta(await colourOf(element)) === magenta) return;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  assert.fail(`${what}: ${magenta ? "no photo" : "a photo"} is seen, ${await colourOf(element)}`);
}

async function openProfile(page) {
  // The menu comes a moment after the page.
  await page.locator("button.rail-you[aria-haspopup=menu]").click();
  await page.getByRole("menuitem", { name: "Your profile" }).click();
  await page.getByRole("dialog", { name: /Your profile/ }).getByRole("textbox", { name: "Name" }).waitFor();
}

const chosen = (page) => page.locator("form.me input[type=file]");
const config = async () => (await (await fetch(`${product.url}/v1/sites/demo/config`)).json()).team.find(({ name }) => name.startsWith("Luis"));
const face = (page) => page.locator("form.me .avatar");

test("a_1 an agent's photo is seen by shoppers in the header and beside the message, and when it is removed their initials", async (t) => {
  const luis = await agent(t, "luis@example.com");
  await openProfile(luis);
  await shows(face(luis), false, "before a choice");
  await chosen(luis).setInputFiles(await picture(luis));
  await luis.getByText("This is how it will look").waitFor();
  await shows(face(luis), true, "the preview");
  assert.deepEqual(await violations(luis), []);
  await product.shot(luis, "profile-chosen");
  await luis.getByRole("button", { name: "Save" }).click();
  await luis.getByRole("dialog").waitFor({ state: "detached" });
  await shows(luis.locator("button.rail-you .avatar"), true, "the rail");

  // What was sent is small, square, and only a picture.
  const { photo } = await config();
  const stored = await fetch(product.url + photo);
  const bytes = Buffer.from(await stored.arrayBuffer());
  assert.equal(stored.headers.get("content-type"), "image/webp");
  assert.ok(bytes.length < 24 * 1024, `${bytes.length} bytes`);
  assert.ok(!bytes.includes(CANARY), "where it was taken went along");
  const size = await luis.evaluate(async (url) => {
    const { width, height } = await createImageBitmap(await (await fetch(url)).blob());
    return [width, height];
  }, product.url + photo);
  assert.deepEqual(size, [192, 192]);

  const guest = await shopper(t);
  const said = "who is this?";
  await write(guest, said);
  await luis.getByText(said).first().click();
  const reply = luis.getByPlaceholder(/write a reply/i);
  await reply.fill("It is me");
  await reply.press("Enter");
  const group = guest.locator(".group.theirs", { hasText: "It is me" });
  await shows(group.locator(".avatar"), true, "beside the message");
  await shows(guest.locator(".faces .avatar").first(), true, "the header");
  await shows(luis.locator(".line-bubble.ours .avatar").last(), true, "the agent's own thread");
  assert.deepEqual(await violations(guest), []);
  await product.shot(guest, "profile-widget");
  await luis.locator("[data-list=all]").click();
  await product.shot(luis, "profile-dashboard");
  // The box is the same with a photo and without.
  const boxes = await guest.locator(".faces .avatar").evaluateAll((all) => all.map((one) => [one.getBoundingClientRect().width, one.getBoundingClientRect().height]));
  assert.deepEqual(boxes, [[36, 36]]);

  await openProfile(luis);
  await luis.getByRole("button", { name: "Remove the photo" }).click();
  await luis.getByText("Your initials will be shown instead").waitFor();
  assert.ok(await luis.getByRole("button", { name: "Choose a photo" }).evaluate((button) => button === document.activeElement), "the focus was lost with the button");
  await shows(face(luis), false, "the preview of none");
  await luis.getByRole("button", { name: "Save" }).click();
  await luis.getByRole("dialog").waitFor({ state: "detached" });
  await shows(luis.locator("button.rail-you .avatar"), false, "the rail, after");
  assert.equal((await config()).photo, undefined);
  assert.equal((await fetch(product.url + photo)).status, 404);
  const next = await shopper(t);
  await next.locator(".faces .avatar", { hasText: "LO" }).waitFor();
  await shows(next.locator(".faces .avatar", { hasText: "LO" }), false, "the header, after");
});

test("a_1 what is no picture is said in words, and changes nothing", async (t) => {
  const luis = await agent(t, "luis@example.com");
  await openProfile(luis);
  const alert = luis.locator("form.me [role=alert]");
  for (const [file, words] of [
    [{ name: "me.png", mimeType: "image/png", buffer: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>") }, /not a picture that can be shown/],
    [{ name: "me.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' onload='alert(1)'/>") }, /not a picture that can be shown/],
    [{ name: "me.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(31 * 1024 * 1024) }, /larger than 30 MB/],
  ]) {
    await chosen(luis).setInputFiles(file);
    await alert.getByText(words).waitFor();
    await shows(face(luis), false, file.name);
  }
  assert.deepEqual(await violations(luis), []);
  await product.shot(luis, "profile-refused");
  // A dropped one is taken as a chosen one is, and the words of before are gone.
  const { buffer } = await picture(luis);
  const data = await luis.evaluateHandle((bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], "me.jpg", { type: "image/jpeg" }));
    return transfer;
  }, buffer.toString("base64"));
  await luis.locator(".me-photo").dispatchEvent("drop", { dataTransfer: data });
  await shows(face(luis), true, "dropped");
  assert.equal(await alert.textContent(), "");
  // Not saved: nobody has seen it.
  await luis.getByRole("button", { name: "Cancel" }).click();
  await luis.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal((await config()).photo, undefined);
  await openProfile(luis);
  await luis.getByRole("textbox", { name: "Name" }).fill("  ");
  await luis.getByRole("button", { name: "Save" }).click();
  await luis.getByText("Write the name that shoppers will see").waitFor();
  assert.ok(await luis.getByRole("textbox", { name: "Name" }).evaluate((field) => field === document.activeElement));
});

test("a_1 a name and a title are changed with the keyboard alone, by the agent or an admin, and shoppers read them", async (t) => {
  const luis = await agent(t, "luis@example.com");
  const guest = await shopper(t);
  await write(guest, "about names");
  await luis.getByText("about names").first().click();
  const reply = luis.getByPlaceholder(/write a reply/i);
  await reply.waitFor();
  await luis.keyboard.press("Control+k");
  await luis.getByRole("option").first().waitFor();
  await luis.keyboard.type("change your pro");
  await luis.keyboard.press("Enter");
  const name = luis.getByRole("textbox", { name: "Name" });
  await name.waitFor();
  await name.focus();
  await luis.keyboard.press("Control+a");
  await luis.keyboard.type("Luis de Lámparas");
  await luis.keyboard.press("Tab");
  await luis.keyboard.press("Control+a");
  await luis.keyboard.type("Wires");
  await luis.keyboard.press("Enter");
  await luis.getByRole("dialog").waitFor({ state: "detached" });
  // On the socket that was open all along.
  await reply.fill("Called anew");
  await reply.press("Enter");
  await guest.locator(".group.theirs", { hasText: "Called anew" }).getByText("Luis de Lámparas").waitFor();

  const ana = await agent(t, "ana@example.com");
  await ana.getByRole("button", { name: "Team" }).click();
  await ana.getByRole("button", { name: "Eva Molina’s profile" }).waitFor();
  await ana.getByRole("button", { name: "Luis de Lámparas’s profile" }).click();
  await ana.getByRole("textbox", { name: "Name" }).fill("Luis Ortega");
  await ana.getByRole("textbox", { name: "Title" }).fill("Orders and delivery");
  await ana.getByRole("button", { name: "Save" }).click();
  const back = ana.getByRole("button", { name: "Luis Ortega’s profile" });
  await back.waitFor();
  await ana.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Luis Ortega’s profile");
  assert.deepEqual(await violations(ana), []);
  await product.shot(ana, "profile-team");
  assert.deepEqual(((one) => [one.name, one.title])(await config()), ["Luis Ortega", "Orders and delivery"]);
  // Colleagues edit nobody else.
  await luis.getByRole("button", { name: "Team" }).click();
  await luis.getByRole("dialog").getByText("Eva Molina").waitFor();
  assert.equal(await luis.getByRole("dialog").getByRole("button", { name: /profile/ }).count(), 1);
});

test("ux_6 where the page's policy forbids our pictures shoppers see initials, and nothing breaks", async (t) => {
  const luis = await agent(t, "luis@example.com");
  await openProfile(luis);
  await chosen(luis).setInputFiles(await picture(luis));
  await luis.getByText("This is how it will look").waitFor();
  await luis.getByRole("button", { name: "Save" }).click();
  await luis.getByRole("dialog").waitFor({ state: "detached" });
  const { context, page } = await product.person();
  t.after(() => context.close());
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await context.route(`${product.url}/shop/`, async (route) => {
    const answer = await route.fetch();
    const html = (await answer.text()).replace("img-src &#39;self&#39; data:", "img-src 'none'").replace("img-src 'self' data:", "img-src 'none'");
    assert.ok(html.includes("img-src 'none'"), "the shop's policy is written another way");
    await route.fulfill({ response: answer, body: html });
  });
  await openWidget(page, `${product.url}/shop/`);
  const faces = page.locator(".faces .avatar");
  await faces.filter({ hasText: "LO" }).waitFor();
  await shows(faces.filter({ hasText: "LO" }), false, "forbidden");
  await write(page, "can you hear me?");
  await luis.getByText("can you hear me?").first().waitFor();
  assert.deepEqual(errors, []);
  // And where it cannot be had, for whatever reason.
  const elsewhere = await product.person();
  t.after(() => elsewhere.context.close());
  await elsewhere.context.route(/\/photos\//, (route) => route.abort());
  await openWidget(elsewhere.page, `${product.url}/shop/`);
  await shows(elsewhere.page.locator(".faces .avatar", { hasText: "LO" }), false, "unreachable");
});

test("a_1 photos and the dialog look right on a phone, in the dark, in Spanish and from the right", async (t) => {
  for (const [name, options] of [
    ["phone", PHONE],
    ["dark", { ...DESKTOP, colorScheme: "dark" }],
    ["es", { ...DESKTOP, locale: "es-ES" }],
  ]) {
    const luis = await agent(t, "luis@example.com", options);
    await luis.locator("button.rail-you[aria-haspopup=menu]").click();
    await luis.getByRole("menuitem", { name: /Your profile|Tu perfil/ }).click();
    await luis.locator("form.me").waitFor();
    if ((await config()).photo === undefined) await chosen(luis).setInputFiles(await picture(luis));
    await shows(face(luis), true, name);
    assert.deepEqual(await violations(luis), [], name);
    const wide = await luis.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${name}: ${wide} pixels too wide`);
    await product.shot(luis, `profile-${name}`);
    await luis.getByRole("button", { name: /Save|Guardar/ }).click();
    await luis.getByRole("dialog").waitFor({ state: "detached" });
  }
  for (const [name, options, path] of [
    ["phone", PHONE, "/shop/"],
    ["dark", { colorScheme: "dark" }, "/shop/?theme=dark"],
    ["rtl", {}, "/shop/?lang=ar"],
  ]) {
    const { context, page } = await product.person(options);
    t.after(() => context.close());
    await page.goto(product.url + path);
    await page.getByTestId("launcher").click();
    await page.getByRole("textbox").last().waitFor();
    await page.locator(".faces .avatar").first().waitFor();
    assert.deepEqual(await violations(page), [], name);
    await product.shot(page, `profile-widget-${name}`);
  }
});
