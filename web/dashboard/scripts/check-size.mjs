// What a first visit downloads before anything shows: the page, its style, and every script that it imports. Fails the build over
// 200 KB. Not counted: menus, dialogs and the profile (loaded after the first paint) and Inter (48 KB, shown when it has come).
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const LIMIT = 200 * 1024;
const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const html = readFileSync(join(dist, 'index.html'), 'utf8');
const files = new Set(['index.html']);
const queue = [...html.matchAll(/(?:src|href)="\/dashboard\/(assets\/[^"]+)"/g)].map((match) => match[1]);
while (queue.length > 0) {
  const file = queue.pop();
  if (files.has(file)) continue;
  files.add(file);
  if (!file.endsWith('.js')) continue;
  // Static imports are loaded at once; dynamic ones when needed.
  const source = readFileSync(join(dist, file), 'utf8');
  for (const match of source.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) queue.push(`assets/${match[1]}`);
}
let total = 0;
for (const file of files) {
  const bytes = readFileSync(join(dist, file));
  const size = gzipSync(bytes, { level: 9 }).length;
  total += size;
  console.log(`${(size / 1024).toFixed(1).padStart(8)} KB  ${file}`);
}
console.log(`${(total / 1024).toFixed(1).padStart(8)} KB  first load (gzip), limit ${LIMIT / 1024} KB`);
if (total > LIMIT) {
  console.error('The first load is too heavy.');
  process.exit(1);
}
