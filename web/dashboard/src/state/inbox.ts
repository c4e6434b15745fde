// The lists of conversations as this dashboard knows them: a fold of what the server says, in whatever order it says it. The
// newest `rev` of a row wins; a page says which rows a stretch of a list holds, and thereby which ones it does not.
// Knows neither sockets nor views.

import type { ListName, Row } from '@mostrador/protocol';

export const LISTS = ['queue', 'mine', 'all', 'closed'] as const satisfies readonly ListName[];

/** A place in a list: newest activity first, equal times by id. */
export interface Place {
  at: number;
  id: string;
}

/** What is known of one list. */
export interface Shelf {
  /** Down to here nothing is missing; `null`: nothing is known yet. */
  readonly floor: Place | null;
  /** Nothing lies below the floor. */
  readonly end: boolean;
  /** Where the next page begins, for the server. `null` with a floor: to be asked for from the top. */
  readonly next: string | null;
  /** The connection was lost: what is known is shown until a page from the top replaces it. */
  readonly stale: boolean;
  /** Rows that the server has said are not (or no longer) here, as of this `rev`. */
  readonly missing: ReadonlyMap<string, number>;
}

/** What this agent has just done and the server has not yet confirmed. */
export interface Wish {
  readonly owner?: string | null;
  readonly closed?: true;
}

export interface Inbox {
  readonly me: string;
  readonly rows: ReadonlyMap<string, Row>;
  readonly shelves: Readonly<Record<ListName, Shelf>>;
  readonly wishes: ReadonlyMap<string, Wish>;
}

const emptyShelf: Shelf = { floor: null, end: false, next: null, stale: false, missing: new Map() };

export function emptyInbox(me: string): Inbox {
  return {
    me,
    rows: new Map(),
    shelves: { queue: emptyShelf, mine: emptyShelf, all: emptyShelf, closed: emptyShelf },
    wishes: new Map(),
  };
}

export const placeOf = (row: Row): Place => ({ at: row.last_activity, id: row.conversation_id });

/** Negative: `a` stands above `b`. */
export function comparePlaces(a: Place, b: Place): number {
  return b.at - a.at || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

export function belongs(list: ListName, row: Row, me: string): boolean {
  switch (list) {
    case 'queue':
      return row.status === 'open' && row.owner === null && !row.bot;
    case 'mine':
      return row.status === 'open' && row.owner === me;
    case 'all':
      return row.status === 'open';
    case 'closed':
      return row.status === 'closed';
  }
}

/** A single row moved. An older `rev` than the known one changes nothing. */
export function withRow(inbox: Inbox, row: Row): Inbox {
  const known = inbox.rows.get(row.conversation_id);
  if (known !== undefined && known.rev >= row.rev) return inbox;
  const rows = new Map(inbox.rows);
  rows.set(row.conversation_id, row);
  return { ...inbox, rows };
}

export interface Page {
  rows: readonly Row[];
  /** Where it begins: below this place; `null`: at the top. */
  below: Place | null;
  /** Nothing follows. */
  end: boolean;
  /** Where the next one begins, if the answer said so. */
  next: string | null;
}

/** A stretch of a list: between its first and last row the list holds nothing else. */
export function withPage(inbox: Inbox, list: ListName, page: Page): Inbox {
  const shelf = inbox.shelves[list];
  // An answer to a question asked before the list was started anew joins nowhere.
  if (page.below !== null && (shelf.stale || shelf.floor === null || comparePlaces(page.below, shelf.floor) > 0)) return inbox;

  const rows = new Map(inbox.rows);
  const listed = new Set<string>();
  for (const row of page.rows) {
    listed.add(row.conversation_id);
    const known = rows.get(row.conversation_id);
    if (known === undefined || known.rev < row.rev) rows.set(row.conversation_id, row);
  }

  const last = page.rows.at(-1);
  const bottom = last === undefined ? null : placeOf(last);
  const missing = new Map(shelf.missing);
  for (const id of listed) missing.delete(id);
  for (const row of inbox.rows.values()) {
    if (listed.has(row.conversation_id) || !belongs(list, row, inbox.me)) continue;
    const place = placeOf(row);
    const aboveBottom = page.end || (bottom !== null && comparePlaces(place, bottom) <= 0);
    const belowTop = page.below === null || comparePlaces(place, page.below) > 0;
    if (aboveBottom && belowTop) missing.set(row.conversation_id, row.rev);
  }

  const fromTop = page.below === null;
  const deeper = shelf.floor !== null && !shelf.stale && (bottom === null || comparePlaces(shelf.floor, bottom) > 0);
  // A page that says where the next one begins is worth more than a deeper floor from which nobody can go on.
  const goesOn = shelf.end || shelf.next !== null || page.next === null;
  const keeps = fromTop && deeper && !page.end && goesOn;
  const next: Shelf = keeps
    ? { ...shelf, missing }
    : { floor: bottom ?? shelf.floor ?? { at: 0, id: '' }, end: page.end, next: page.next, stale: false, missing };
  return { ...inbox, rows, shelves: { ...inbox.shelves, [list]: next } };
}

/** Pushes may have been lost: no list is certain any more below what the next page from the top will say. */
export function withDoubt(inbox: Inbox): Inbox {
  const doubt = (shelf: Shelf): Shelf => (shelf.floor === null ? shelf : { ...shelf, stale: true });
  const { queue, mine, all, closed } = inbox.shelves;
  return { ...inbox, shelves: { queue: doubt(queue), mine: doubt(mine), all: doubt(all), closed: doubt(closed) } };
}

export function withWish(inbox: Inbox, conversation: string, wish: Wish | null): Inbox {
  const wishes = new Map(inbox.wishes);
  if (wish === null) wishes.delete(conversation);
  else wishes.set(conversation, wish);
  return { ...inbox, wishes };
}

/** A row as it will be when the server has agreed to what this agent has just done. */
export function wished(row: Row, wish: Wish | undefined): Row {
  if (wish === undefined) return row;
  return {
    ...row,
    ...(wish.owner === undefined ? {} : { owner: wish.owner }),
    ...(wish.closed === undefined ? {} : { status: 'closed' as const, waiting_since: null }),
  };
}

/** Sorting 10,000 rows takes milliseconds, and several views ask for the same list of the same inbox. */
const sorted = new WeakMap<Inbox, Map<string, readonly Row[]>>();

/** What a list shows, in order. With `asStored`, without what the server has not confirmed: what digests compare. */
export function listed(inbox: Inbox, list: ListName, asStored = false): readonly Row[] {
  const known = sorted.get(inbox) ?? new Map<string, readonly Row[]>();
  sorted.set(inbox, known);
  const key = `${list} ${asStored}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const rows = sort(inbox, list, asStored);
  known.set(key, rows);
  return rows;
}

function sort(inbox: Inbox, list: ListName, asStored: boolean): Row[] {
  const shelf = inbox.shelves[list];
  const found: Row[] = [];
  for (const stored of inbox.rows.values()) {
    const row = asStored ? stored : wished(stored, inbox.wishes.get(stored.conversation_id));
    if (!belongs(list, row, inbox.me)) continue;
    const missing = shelf.missing.get(row.conversation_id);
    if (missing !== undefined && missing >= row.rev) continue;
    // Below the floor there are holes: what one happens to know from there would look like all there is.
    if (!shelf.end && (shelf.floor === null || comparePlaces(placeOf(row), shelf.floor) > 0)) continue;
    found.push(row);
  }
  return found.sort((a, b) => comparePlaces(placeOf(a), placeOf(b)));
}

export interface Count {
  /** Conversations known in the list. */
  total: number;
  unread: number;
  waiting: number;
  /** There are more than are known. */
  atLeast: boolean;
}

export function count(inbox: Inbox, list: ListName): Count {
  const rows = listed(inbox, list);
  return {
    total: rows.length,
    unread: rows.filter((row) => row.unread).length,
    waiting: rows.filter((row) => row.waiting_since !== null).length,
    atLeast: !inbox.shelves[list].end,
  };
}

/** What asks for this agent's attention: unread in the queue and in what is theirs. For the badge and the tab's title. */
export function attention(inbox: Inbox): number {
  return count(inbox, 'queue').unread + count(inbox, 'mine').unread;
}

/** The order on screen: that of the list, save that the selected row stays where it is. */
export function arrange<T extends { conversation_id: string }>(rows: readonly T[], held: { id: string; index: number } | null): T[] {
  const order = [...rows];
  if (held === null) return order;
  const at = order.findIndex((row) => row.conversation_id === held.id);
  if (at < 0) return order;
  const [row] = order.splice(at, 1);
  order.splice(Math.min(held.index, order.length), 0, row!);
  return order;
}

export type Wait = 'fine' | 'long' | 'too_long';

const MINUTE = 60_000;

/** Amber at 3 minutes, red at 5. */
export function urgency(waitingSince: number | null, now: number): Wait {
  const wait = waitingSince === null ? 0 : now - waitingSince;
  return wait >= 5 * MINUTE ? 'too_long' : wait >= 3 * MINUTE ? 'long' : 'fine';
}
