// The product on a port of its own, and a browser: started once for a file of tests, ended with it.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import path from "node:path";
import { chromium } from "playwright-core";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const target = path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, "target"), "debug");
const screenshots = path.join(root, "tests/browser/screenshots");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** `conversations`: so many are there already. `speaking`: the shop speaks for itself, by our defaults; otherwise it says only what people say. */
export async function start({ conversations = 0, speaking = false } = {}) {
  const platform = spawn(path.join(target, "mostrador-local"), ["--config", "infra/local/local.toml", "--port", "0", "--bin-dir", target], {
    cwd: root, stdio: ["ignore", "pipe", "ignore"],
  });
  const [url, table] = await new Promise((resolve, reject) => {
    createInterface({ input: platform.stdout }).on("line", (line) => line.startsWith("ready ") && resolve(line.split(" ").slice(1)));
    platform.on("exit", () => reject(new Error("the platform did not start")));
  });
  const env = { ...process.env, AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local", AWS_ENDPOINT_URL_DYNAMODB: `${url}/_aws/dynamodb` };
  const seeded = spawnSync(path.join(target, "seed"), ["--table", table, "--origin", url, "--conversations", String(conversations), ...(speaking ? [] : ["--silent"])], { env });
  if (seeded.status !== 0) throw new Error(`the seed failed: ${seeded.stderr}`);
  mkdirSync(screenshots, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM?.startsWith("/") ? process.env.CHROMIUM : `/usr/bin/${process.env.CHROMIUM ?? "chromium"}`,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
  return {
    url,
    browser,
    async stop() {
      await browser.close();
      platform.kill("SIGTERM");
    },
    /** A browser of one's own. */
    async person(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US", ...options });
      return { context, page: await context.newPage() };
    },
    /** Moves the platform's clock so far from the machine's, and waits until what falls due by it is done. */
    async clock(offset_ms) {
      const answer = await fetch(`${url}/platform/clock`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ offset_ms }) });
      if (!answer.ok) throw new Error(`the clock: ${answer.status} ${await answer.text()}`);
    },
    /** A shopper without a browser, by HTTP. `identity`: what their shop says of them; `faqs`: what they had opened before. */
    visitor: (text, site, more) => visitor(url, text, site, more),
    shot: (page, name) => page.screenshot({ path: path.join(screenshots, `${name}.png`) }),
  };
}

async function visitor(url, text, site = "demo", { identity, faqs } = {}) {
  const ask = async (method, path, token, body) => {
    const headers = { origin: url, ...(body && { "content-type": "application/json" }), ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${url}/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const { session, ...who } = await ask("POST", `/sites/${site}/sessions`, null, { identity });
  const ack = await ask("POST", "/conversations", session, { id: crypto.randomUUID(), text, faqs });
  const id = ack.conversation_id;
  const post = (path, body) => ask("POST", `/conversations/${id}/${path}`, session, { id: crypto.randomUUID(), ...body });
  return {
    id,
    who,
    say: (text) => post("messages", { text }),
    /** `null`: skipped. */
    answer: (field, value) => post("answers", { field, value }),
    /** As soon as the thread holds one that fits. */
    async entry(fits) {
      for (let wait = 20; ; wait = Math.min(2 * wait, 500)) {
        const { entries } = await ask("GET", `/conversations/${id}/entries`, session);
        const found = entries.find(fits);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    },
  };
}

// What is still fading in has no contrast yet: in the page, and in the widget's shadow, whose animations the document does not list.
// Animations that never end (dots, a spinner) fade nothing. Two frames, because what was just drawn starts its transition with the next.
export async function settled(page) {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.waitForFunction(() => {
    const roots = [document, ...[...document.querySelectorAll("*")].flatMap((one) => one.shadowRoot ?? [])];
    return roots.flatMap((root) => root.getAnimations()).every((one) => one.playState !== "running" || !Number.isFinite(one.effect.getComputedTiming().endTime));
  });
}

/** What axe finds, as short lines: none is the answer wanted. */
export async function violations(page) {
  await settled(page);
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
}

export async function openWidget(page, shop) {
  await page.goto(shop);
  await page.getByRole("button", { name: /chat/i }).first().click();
  await page.getByRole("textbox").last().waitFor();
}

export async function write(page, text) {
  const box = page.getByRole("textbox").last();
  await box.fill(text);
  await box.press("Enter");
}

export async function signIn(page, url, email) {
  await page.goto(`${url}/dashboard/`);
  await page.getByRole("button", { name: /sign in|entrar|accedi/i }).first().click();
  await page.locator("input[type=email]").fill(email);
  await page.locator("input[type=password]:visible").first().fill("mostrador");
  await page.locator("input[type=password]:visible").first().press("Enter");
  await page.locator("[data-list]").first().waitFor();
}
