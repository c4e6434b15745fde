// What a first visit downloads before anything shows: the page, its style, and every script that it imports. Fails the build over
// its limit. Not counted: menus, dialogs, a conversation's view, signing in (loaded after the first paint, each with a limit of its own below)
// and Inter (48 KB, shown when it has come).
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** KB, gzip. What is new belongs into a page that is loaded when one comes there (`src/views/pages.tsx`, `src/views/settings/pages.ts`). */
const FIRST_LOAD = 175;
/** What a page adds when one comes there, by its chunk's name: scripts and styles, without those of the first load and of the pages (`after`) by which one comes. */
const LATER = {
  thread: { limit: 16 },
  menus: { limit: 56 },
  settings: { limit: 82 },
  triggers: { limit: 40, after: ['settings'] },
  groups: { limit: 8, after: ['settings'] },
  visitors: { limit: 60 },
  results: { limit: 6, after: ['settings', 'triggers'] },
  scenarios: { limit: 32, after: ['settings'] },
  // @xyflow/react, and what draws with it.
  picture: { limit: 68, after: ['settings', 'scenarios'] },
};

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const html = readFileSync(join(dist, 'index.html'), 'utf8');
const assets = readdirSync(join(dist, 'assets'));
const kb = (bytes) => (bytes / 1024).toFixed(1).padStart(8);
const sizes = new Map();
const size = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length);
  return sizes.get(file);
};

/** The files that have to come for these to run. Static imports are loaded at once; dynamic ones when needed. */
function closure(roots) {
  const files = new Set();
  const queue = [...roots];
  while (queue.length > 0) {
    const file = queue.pop();
    if (files.has(file)) continue;
    files.add(file);
    if (!file.endsWith('.js')) continue;
    const source = readFileSync(join(dist, file), 'utf8');
    for (const match of source.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) queue.push(`assets/${match[1]}`);
  }
  return files;
}

const total = (files) => [...files].reduce((sum, file) => sum + size(file), 0);
const first = closure(['index.html', ...[...html.matchAll(/(?:src|href)="\/dashboard\/(assets\/[^"]+)"/g)].map((match) => match[1])]);
for (const file of first) console.log(`${kb(size(file))} KB  ${file}`);
console.log(`${kb(total(first))} KB  first load (gzip), limit ${FIRST_LOAD} KB`);
let heavy = total(first) > FIRST_LOAD * 1024;
const chunk = (name) => {
  const own = assets.filter((file) => new RegExp(`^${name}-[\\w-]{8}\\.(js|css)$`).test(file));
  if (!own.some((file) => file.endsWith('.js'))) throw new Error(`there is no chunk ${name}: has it been renamed, or does the first load import it?`);
  return closure(own.map((file) => `assets/${file}`));
};
for (const [name, { limit, after = [] }] of Object.entries(LATER)) {
  const known = new Set([...first, ...after.flatMap((page) => [...chunk(page)])]);
  const added = [...chunk(name)].filter((file) => !known.has(file));
  console.log(`${kb(total(added))} KB  ${name}, limit ${limit} KB`);
  heavy ||= total(added) > limit * 1024;
}
if (heavy) {
  console.error('Too heavy.');
  process.exit(1);
}
