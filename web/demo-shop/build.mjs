// Builds both shops into dist: /shop/ and, below it, /shop/two/.

import { build } from "esbuild";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { pages } from "./src/pages.mjs";
import { shops } from "./src/shops.mjs";

const here = new URL(".", import.meta.url).pathname;
await rm(`${here}dist`, { recursive: true, force: true });
await mkdir(`${here}dist/two`, { recursive: true });
await build({ absWorkingDir: here, entryPoints: ["src/shop.ts", "src/shop.css"], outdir: "dist", bundle: true, minify: true, charset: "utf8", target: "es2022" });
for (const shop of Object.values(shops)) {
  for (const [name, text] of Object.entries(pages(shop))) await writeFile(`${here}dist/${shop.folder}${name}`, text);
}
