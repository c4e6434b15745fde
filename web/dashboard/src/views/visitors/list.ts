// Who is on the site, as the browser keeps it: rows by id, newest writing wins, gone when their time is over. No view and no connection.

import type { Visitors, VisitorRow } from '@mostrador/protocol';

/** As the server has them (`domain::visitors`): how long somebody is here, listed, listed after leaving. */
const HERE = 2 * 60_000;
const LISTED = 30 * 60_000;
const LEAVING = 5_000;
const LEFT_LISTED = 60_000;
/** What an agent wrote is taken within this, or not at all. */
const WAITS = 60_000;

export type Presence = 'here' | 'idle' | 'left' | 'over';

export function presence(row: VisitorRow, now: number): Presence {
  if (row.left_at !== undefined) {
    const gone = now - row.left_at;
    if (gone >= LEAVING + LEFT_LISTED) return 'over';
    if (gone >= LEAVING) return 'left';
  }
  const silent = now - row.last_seen;
  return silent >= LISTED ? 'over' : silent >= HERE ? 'idle' : 'here';
}

/** Nobody writes to a row that its visitor is gone, or that a minute is over: time does it. */
export function invited({ invitation, ...row }: VisitorRow, now: number): NonNullable<VisitorRow['invitation']>['state'] | undefined {
  if (invitation?.state !== 'waiting') return invitation?.state;
  const is = presence(row, now);
  return is === 'left' || is === 'over' || now - invitation.at >= WAITS ? 'gone' : 'waiting';
}

export type Rows = ReadonlyMap<string, VisitorRow>;

/** The rows after an answer, in however many frames it came. Known and no older: dropped. Answers the same map where nothing has changed. */
export function apply(rows: Rows, answer: Pick<Visitors, 'rows' | 'reset'>): Rows {
  let next: Map<string, VisitorRow> | null = answer.reset === true ? new Map() : null;
  for (const row of answer.rows) {
    const known = (next ?? rows).get(row.id);
    if (known !== undefined && known.changed_at >= row.changed_at) continue;
    next ??= new Map(rows);
    next.set(row.id, row);
  }
  return next ?? rows;
}

/** Without those whose time is over. */
export function current(rows: Rows, now: number): Rows {
  let next: Map<string, VisitorRow> | null = null;
  for (const row of rows.values()) {
    if (presence(row, now) !== 'over') continue;
    next ??= new Map(rows);
    next.delete(row.id);
  }
  return next ?? rows;
}

export const COLUMNS = ['who', 'page', 'since', 'pages', 'referrer', 'country', 'device', 'cart', 'visits', 'state'] as const;
export type Column = (typeof COLUMNS)[number];
/** Where the person is named: always there, always first. */
export const FIXED: Column = 'who';
export const DEFAULT: readonly Column[] = ['who', 'page', 'since', 'country', 'device', 'cart', 'visits', 'state'];

/** What was chosen, in its order; what is not known (any more) is left out. */
export function readColumns(text: string | null): readonly Column[] {
  const known = (text ?? '').split(',').filter((name): name is Column => (COLUMNS as readonly string[]).includes(name));
  const chosen = [...new Set(known)].filter((name) => name !== FIXED);
  return text === null ? DEFAULT : [FIXED, ...chosen];
}

export const writeColumns = (columns: readonly Column[]): string | null => (columns.join() === DEFAULT.join() ? null : columns.filter((name) => name !== FIXED).join());

/** One place up or down; the first stays where it is. */
export function moveColumn(columns: readonly Column[], name: Column, by: 1 | -1): readonly Column[] {
  const from = columns.indexOf(name);
  const to = from + by;
  if (from < 1 || to < 1 || to >= columns.length) return columns;
  const next = [...columns];
  next.splice(from, 1);
  next.splice(to, 0, name);
  return next;
}

export const toggleColumn = (columns: readonly Column[], name: Column): readonly Column[] => (name === FIXED ? columns : columns.includes(name) ? columns.filter((one) => one !== name) : [...columns, name]);

export interface Filter {
  page: string;
  /** Two letters; empty: any. */
  country: string;
  /** In hundredths; `null`: also without a cart. */
  cart: number | null;
}
export const NO_FILTER: Filter = { page: '', country: '', cart: null };

export interface Order {
  by: Column;
  down: boolean;
}
export const FIRST_ORDER: Order = { by: 'since', down: false };

/** What is compared. Numbers by size, texts as people sort them; who has nothing comes last, either way round. */
function key(row: VisitorRow, by: Column): number | string | null {
  switch (by) {
    case 'who':
      return row.name ?? null;
    case 'page':
      return row.title === '' ? row.url : row.title;
    case 'since':
      // The shortest time on a page first.
      return -row.viewed_at;
    case 'pages':
      return row.pages;
    case 'referrer':
      return row.referrer ?? null;
    case 'country':
      return row.country ?? null;
    case 'device':
      return `${row.device} ${row.system ?? ''}`;
    case 'cart':
      return row.cart?.value ?? null;
    case 'visits':
      return row.visits;
    case 'state':
      return (row.chatting === undefined ? 0 : 8) + (row.invitation === undefined ? 0 : 4) + (row.window_open === true ? 2 : 0) + (row.chatted_before === true ? 1 : 0);
  }
}

/** In the wished order. Collating 5,000 titles by the browser's rules takes tens of milliseconds; plain comparison of what was made small once takes two. */
export function arrange(rows: Rows, filter: Filter, order: Order): VisitorRow[] {
  const words = filter.page.trim().toLowerCase();
  const kept: { row: VisitorRow; key: number | string | null }[] = [];
  for (const row of rows.values()) {
    if (filter.country !== '' && row.country !== filter.country) continue;
    if (filter.cart !== null && (row.cart === undefined || row.cart.value < filter.cart)) continue;
    if (words !== '' && !`${row.title} ${row.url}`.toLowerCase().includes(words)) continue;
    const value = key(row, order.by);
    kept.push({ row, key: typeof value === 'string' ? value.toLowerCase() : value });
  }
  const sign = order.down ? -1 : 1;
  kept.sort((a, b) => {
    if (a.key === null || b.key === null) return a.key === b.key ? tie(a.row, b.row) : a.key === null ? 1 : -1;
    return a.key < b.key ? -sign : a.key > b.key ? sign : tie(a.row, b.row);
  });
  return kept.map(({ row }) => row);
}

const tie = (a: VisitorRow, b: VisitorRow) => (a.id < b.id ? -1 : 1);

/** The held row stands where it stood: what comes and goes moves round it. */
export function hold(rows: VisitorRow[], held: { id: string; index: number } | null): VisitorRow[] {
  if (held === null) return rows;
  const at = rows.findIndex((row) => row.id === held.id);
  if (at < 0 || at === held.index) return rows;
  const [row] = rows.splice(at, 1);
  rows.splice(Math.min(held.index, rows.length), 0, row!);
  return rows;
}

/** Countries of those who are there, the most frequent first. */
export function countries(rows: Rows): string[] {
  const counts = new Map<string, number>();
  for (const { country } of rows.values()) if (country !== undefined) counts.set(country, (counts.get(country) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([country]) => country);
}
