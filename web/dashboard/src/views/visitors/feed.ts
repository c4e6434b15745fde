// Asks who is on the site every two seconds, while somebody looks: the page is shown, the tab in front, the connection there.

import type { Visitors } from '@mostrador/protocol';
import { type Rows, apply, current } from './list';

export const EVERY = 2_000;
/** Nothing came: perhaps the function was killed, or we were too fast. */
const PATIENCE = 6_000;

export interface Feed {
  rows: Rows;
  /** `off`: the site has its list switched off. */
  is: 'loading' | 'live' | 'off';
  /** Server's clock minus ours. */
  clock: number;
}

export interface FeedEdges {
  /** Whether it could be sent. */
  ask(after: string | null): boolean;
  looking(): boolean;
  now(): number;
}

export class VisitorFeed {
  private feed: Feed = { rows: new Map(), is: 'loading', clock: 0 };
  private readonly listeners = new Set<() => void>();
  private cursor: string | null = null;
  private asked: number | null = null;
  private last = Number.NEGATIVE_INFINITY;
  /** Frames of an answer that is not complete: shown together, so that a list that begins anew is never half empty. */
  private coming: Pick<Visitors, 'rows' | 'reset'> | null = null;

  constructor(private readonly edges: FeedEdges) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): Feed => this.feed;

  /** Call often: asks when it is time to, and lets go of who is over. */
  tick(): void {
    const now = this.edges.now();
    const rows = current(this.feed.rows, now + this.feed.clock);
    if (rows !== this.feed.rows) this.update({ ...this.feed, rows });
    if (!this.edges.looking()) return;
    if (this.asked !== null && now - this.asked < PATIENCE) return;
    if (now - this.last < EVERY) return;
    this.ask(now);
  }

  /** The connection is another one: what was asked on the one before is not answered. */
  interrupted(): void {
    this.asked = null;
    this.coming = null;
  }

  receive(frame: Visitors): void {
    const now = this.edges.now();
    // An answer that nobody waits for any more.
    if (this.asked === null) return;
    // Put together first: one copy of the list for an answer, not one for each of its frames.
    const whole = frame.reset === true || this.coming === null ? frame : { ...this.coming, rows: this.coming.rows.concat(frame.rows) };
    if (frame.more === true) {
      this.coming = whole;
      return;
    }
    this.asked = null;
    this.cursor = frame.live ? frame.cursor : null;
    const clock = frame.at - now;
    if (frame.again === true) {
      this.coming = whole;
      this.ask(now);
      return;
    }
    this.coming = null;
    const rows = apply(this.feed.rows, whole);
    const is = frame.live ? 'live' : 'off';
    const listed = current(rows, frame.at);
    // A clock that wavers by a network's delay is no news.
    if (listed === this.feed.rows && is === this.feed.is && Math.abs(clock - this.feed.clock) < 1_000) return;
    this.update({ rows: listed, is, clock });
  }

  private ask(now: number): void {
    this.last = now;
    this.asked = this.edges.ask(this.cursor) ? now : null;
  }

  private update(feed: Feed): void {
    this.feed = feed;
    for (const listener of this.listeners) listener();
  }
}
