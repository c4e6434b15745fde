// Builds loader and panel, and fails when either is over its budget. The panel has a hash in its name and may be cached for ever;
// the loader's address stays.

import { build, transform } from "esbuild";
import { minify } from "terser";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname } from "node:path";
import { brotliCompressSync } from "node:zlib";

const KB = 1024;
// UX 1: over budget fails the build, and with it `cargo xtask test web`.
const budgets = { loader: 3 * KB, panel: 25 * KB, later: 4 * KB, talk: 3 * KB, proactive: 5 * KB, offer: 1.5 * KB, bot: 2.5 * KB, form: 4 * KB, menu: 2.25 * KB, transcript: 2 * KB, files: 1.5 * KB, identity: 1 * KB, older: 1 * KB, pictures: 1 * KB, resume: 2 * KB, polling: 1.5 * KB, chime: 0.5 * KB };
const here = new URL(".", import.meta.url).pathname;
const dist = `${here}dist`;

const css = {
  name: "css-as-text",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target: "es2022" });
      return { contents: code.trim(), loader: "text" };
    });
  },
};
// Our own classes' members get short names, as far as nobody else uses the same word: neither the browser, nor Preact, nor the wire,
// nor the loader.
const require = createRequire(import.meta.url);
const mangled = await (async () => {
  const read = (path) => readFile(new URL(path, import.meta.url), "utf8");
  const folder = async (path) => (await Promise.all((await readdir(new URL(path, import.meta.url))).filter((name) => name.endsWith(".ts")).map((name) => read(path + name)))).join("\n");
  const ours = await Promise.all(["client", "connection", "log", "older", "outbox", "polling"].map((name) => read(`../protocol/src/${name}.ts`)));
  ours.push(await read("src/panel/store.ts"), await read("src/panel/storage.ts"));
  const theirs = [await folder("../protocol/src/generated/"), await read("src/host.ts"), await read("src/languages/en.ts"), await read("../protocol/src/edges.ts")];
  // The browser's words, from the type checker's own libraries.
  const checker = createRequire(require.resolve("typescript/package.json"));
  const libraries = dirname(checker.resolve(`@typescript/typescript-${process.platform}-${process.arch}/package.json`)) + "/lib/";
  for (const name of await readdir(libraries)) if (name.endsWith(".d.ts")) theirs.push(await readFile(libraries + name, "utf8"));
  for (const name of ["preact", "preact/hooks", "@preact/signals", "@preact/signals-core"]) theirs.push(await readFile(require.resolve(name), "utf8"));
  const taken = new Set(theirs.join("\n").match(/\w+/g));
  const members = ours.join("\n").matchAll(/^ {2,4}(?:private |readonly |async |get |set )*(\w{4,})(?:\(|: | = |;)/gm);
  return [...new Set([...members].map(([, name]) => name))].filter((name) => !taken.has(name));
})();
const options = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  write: false,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  plugins: [css],
  mangleProps: new RegExp(`^(${mangled.join("|")})$`),
};

const files = new Map();
const panel = await build({
  ...options,
  entryPoints: ["src/panel/main.tsx"],
  format: "esm",
  splitting: true,
  outdir: `${dist}/assets`,
  entryNames: "panel-[hash]",
  chunkNames: "[name]-[hash]",
});
// By itself: what it shared with the panel would be cut out of both, and be a request more.
const proactive = await build({ ...options, entryPoints: ["src/proactive/main.ts"], format: "esm", outdir: `${dist}/assets`, entryNames: "proactive-[hash]" });
const entry = ({ outputFiles }, name) => JSON.stringify(outputFiles.map(({ path }) => basename(path)).find((file) => file.startsWith(`${name}-`)));
// Sloppy: "use strict" is fifteen bytes, and the type checker knows better.
const sloppy = { compilerOptions: { alwaysStrict: false } };
const loader = await build({ ...options, tsconfigRaw: sloppy, entryPoints: ["src/loader.ts"], format: "iife", define: { PANEL: entry(panel, "panel"), PROACTIVE: entry(proactive, "proactive") }, outfile: `${dist}/loader.js` });

// A second minifier finds another two per cent.
for (const file of [...panel.outputFiles, ...proactive.outputFiles, ...loader.outputFiles]) {
  const { code } = await minify(file.text, { module: file.path.includes("/assets/"), ecma: 2020, compress: { passes: 3, pure_getters: true, keep_fargs: false } });
  files.set(file.path, code);
}

await rm(dist, { recursive: true, force: true });
await mkdir(`${dist}/assets`, { recursive: true });
for (const [path, code] of files) await writeFile(path, code);

// What a first conversation needs: the panel, what it imports at once, and the largest of the languages. Everything else comes when it is
// wanted and is counted by itself: what not every first sight shows (`later`), what only a conversation has (`talk`), page views where something
// could be shown (`proactive`) and what is shown (`offer`), a bot's buttons and its opening (`bot`), the intake form where it is asked, the menu and the end of a conversation (with looks that nothing needs before), the conversation by mail, the marks and files of mails, who
// is signed in at the shop where the page says it, older history when somebody scrolls to it, pictures where the shop has some, what a mail's button leads to,
// the chime when it sounds, polling where no socket can be had.
const chunks = [...files].map(([path, code]) => ({ name: basename(path), size: brotliCompressSync(code).length }));
const isLanguage = ({ name }) => /^(en|es|pt|it)-/.test(name);
const atOnce = chunks.filter((chunk) => !isLanguage(chunk) && !/^(later|talk|proactive|offer|bot|form|menu|transcript|files|identity|polling|older|pictures|resume|chime|loader)\b/.test(chunk.name));
const largest = (name) => Math.max(...chunks.filter((chunk) => chunk.name.startsWith(`${name}-`)).map(({ size }) => size));
const sizes = {
  loader: chunks.find(({ name }) => name === "loader.js").size,
  panel: atOnce.reduce((sum, { size }) => sum + size, 0) + Math.max(...chunks.filter(isLanguage).map(({ size }) => size)),
  later: largest("later"),
  talk: largest("talk"),
  proactive: largest("proactive"),
  offer: largest("offer"),
  bot: largest("bot"),
  form: largest("form"),
  menu: largest("menu"),
  files: largest("files"),
  transcript: largest("transcript"),
  identity: largest("identity"),
  older: largest("older"),
  pictures: largest("pictures"),
  resume: largest("resume"),
  polling: largest("polling"),
  chime: largest("chime"),
};
let failed = false;
for (const [name, bytes] of Object.entries(sizes)) {
  const over = bytes > budgets[name];
  failed ||= over;
  console.log(`${name.padEnd(7)} ${(bytes / KB).toFixed(2).padStart(6)} KB of ${budgets[name] / KB} KB (brotli)${over ? "  OVER BUDGET" : ""}`);
}
if (process.argv.includes("--mangled")) console.log(mangled.join(" "));
if (failed) process.exit(1);

