// One conversation as a client has it: two logs, each merged by number. Knows neither sockets nor timers; the order of
// arrival, repetitions and losses make no difference to what it ends up with.

import type { Cursor, Cursors, Entries, Entry, Head, LogName, Numbers, ReaderName } from "./generated/index.js";

/** What a frame changed. */
export interface Merged {
  /** Entries that are now in the log and were not before, in order. */
  added: Entry[];
  /** Everything before was discarded: the data set is another one. */
  reset: boolean;
}

/** The last entries of both logs, complete from `base` on; what came before is loaded when somebody wants to see it. */

export class ConversationLog {
  readonly thread: Entry[] = [];
  readonly backstage: Entry[] = [];
  /** What the first entries here follow on. */
  base: Numbers = { t: 0, b: 0 };
  /** The newest state heard of; it may be ahead of the entries. */
  head: Head | null = null;
  readonly cursors: Cursors = { shopper: { seen: 0, delivered: 0 }, team: { seen: 0, delivered: 0 } };
  /** The highest numbers that the server has named, by a head, an acknowledgement or an entry. */
  private named: Numbers = { t: 0, b: 0 };
  private held: Record<LogName, Map<number, Entry>> = { thread: new Map(), backstage: new Map() };
  private pages = false;

  constructor(
    readonly id: string,
    public epoch: string,
  ) {}

  /** How far both logs are complete. */
  get numbers(): Numbers {
    return { t: this.base.t + this.thread.length, b: this.base.b + this.backstage.length };
  }

  /** Something came before what is here. */
  get hasOlder(): boolean {
    return this.base.t + this.base.b > 0;
  }

  /** Whether the server is known to have more than is here, and is not just sending it. */
  get behind(): boolean {
    const { t, b } = this.numbers;
    return !this.pages && (this.named.t > t || this.named.b > b);
  }

  get closed(): boolean {
    return this.head?.status === "closed";
  }

  receive(frame: Entries): Merged {
    const reset = frame.epoch !== this.epoch;
    if (reset) this.restart(frame.epoch);
    const { after } = frame;
    // The newest page, and something is missing up to it: what is shown begins here.
    if (after && (after.t > this.numbers.t || after.b > this.numbers.b)) this.beginAt(after);
    const added: Entry[] = [];
    for (const entry of frame.entries) this.take(entry, added);
    this.pages = frame.more;
    // Frames overtake one another: the head with the higher numbers is the newer one.
    const before = this.head?.numbers;
    if (!before || (frame.head.numbers.t >= before.t && frame.head.numbers.b >= before.b)) this.head = frame.head;
    if (frame.head.cursors) this.moveCursors(frame.head.cursors);
    this.expect(frame.head.numbers);
    return { added, reset };
  }

  /** The server has (at least) these numbers. */
  expect(numbers: Numbers): void {
    this.named = { t: Math.max(this.named.t, numbers.t), b: Math.max(this.named.b, numbers.b) };
  }

  /** A page that was announced will not come on a connection that is gone. */
  interrupted(): void {
    this.pages = false;
  }

  /** Forward only. Answers whether anything moved. */
  moveCursor(reader: ReaderName, to: Cursor): boolean {
    const cursor = this.cursors[reader];
    const seen = Math.max(cursor.seen, to.seen);
    const delivered = Math.max(cursor.delivered, to.delivered, seen);
    if (seen === cursor.seen && delivered === cursor.delivered) return false;
    this.cursors[reader] = { seen, delivered };
    return true;
  }

  moveCursors(to: Cursors): boolean {
    const shopper = this.moveCursor("shopper", to.shopper);
    return this.moveCursor("team", to.team) || shopper;
  }

  private take(entry: Entry, added: Entry[]): void {
    const [log, held, base] = entry.log === "backstage" ? [this.backstage, this.held.backstage, this.base.b] : [this.thread, this.held.thread, this.base.t];
    if (!Number.isSafeInteger(entry.seq) || entry.seq <= base + log.length) return;
    held.set(entry.seq, entry);
    this.expect(entry.log === "backstage" ? { t: 0, b: entry.seq } : { t: entry.seq, b: 0 });
    for (let next = held.get(base + log.length + 1); next; next = held.get(base + log.length + 1)) {
      held.delete(next.seq);
      log.push(next);
      added.push(next);
    }
  }

  private beginAt(base: Numbers): void {
    this.base = base;
    this.thread.length = this.backstage.length = 0;
  }

  private restart(epoch: string): void {
    this.epoch = epoch;
    this.beginAt({ t: 0, b: 0 });
    this.head = null;
    this.named = { t: 0, b: 0 };
    this.held = { thread: new Map(), backstage: new Map() };
    this.cursors.shopper = { seen: 0, delivered: 0 };
    this.cursors.team = { seen: 0, delivered: 0 };
  }
}

/** Both logs in one order: (`thread_at`, thread before backstage, `seq`). */
export function interleaved(log: ConversationLog): Entry[] {
  const rank = (entry: Entry) => (entry.log === "thread" ? 0 : 1);
  return [...log.thread, ...log.backstage].sort((a, b) => a.thread_at - b.thread_at || rank(a) - rank(b) || a.seq - b.seq);
}
