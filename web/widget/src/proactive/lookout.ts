// What only the browser can see: how far the page was scrolled, that somebody is about to leave or does nothing any more, and that time goes
// by. Nothing is listened to but what an armed trigger awaits, all of it passively; nothing is measured while somebody scrolls.

import type { ArmedTrigger, Awaited } from "@mostrador/protocol";

/** The browser, as far as it is looked at. Tests have their own, on virtual time. */
export interface Sight {
  now(): number;
  after(ms: number, run: () => void): unknown;
  cancel(timer: unknown): void;
  /** Passive; answers how to end it. */
  listen(type: string, run: (event: Event) => void): () => void;
  hidden(): boolean;
  /** In pixels from the top. */
  scrolled(): number;
  /** How far one could scroll; 0: all of the page is in sight. */
  scrollable(): number;
  /** There is no pointer that could go to the browser's bar. */
  touch(): boolean;
}

/** After the last movement the depth is measured, once. */
const SETTLED = 200;
/** So many pixels upwards in `FLICK_IN` is a flick to the bar of a phone's browser. */
const FLICK = 300;
const FLICK_IN = 400;
/** A server that arms again what was just met is asked no oftener, and not for ever. */
const BETWEEN = 1000;
const MOST = 20;

interface Waiting {
  trigger: ArmedTrigger;
  since: number;
}

export class Lookout {
  /** The deepest so far, in per cent of the way. */
  depth = 0;
  private waiting: Waiting[] = [];
  private endings: (() => void)[] = [];
  private timer: unknown;
  private measuring: unknown;
  private lastSign: number;
  private longestIdle = 0;
  private told = 0;
  private lastTold = -BETWEEN;

  constructor(
    private readonly sight: Sight,
    /** All of a trigger's conditions are met; `leaving`: it is the moment at which somebody is about to go. */
    private readonly met: (leaving: boolean) => void,
  ) {
    this.lastSign = sight.now();
  }

  /** The longest time so far without a sign of anybody, in milliseconds. */
  get idle(): number {
    return this.watches("idle") ? Math.max(this.longestIdle, this.quiet()) : this.longestIdle;
  }

  /** In the place of what was armed before. */
  arm(armed: ArmedTrigger[]): void {
    this.disarm();
    const since = this.sight.now();
    this.waiting = armed.filter(({ awaits }) => awaits.length > 0).map((trigger) => ({ trigger, since }));
    if (this.waiting.length === 0) return;
    const { sight } = this;
    if (this.watches("scroll")) {
      this.measure();
      this.listen(["scroll"], () => {
        sight.cancel(this.measuring);
        this.measuring = sight.after(SETTLED, () => {
          this.measure();
          this.look();
        });
      });
    }
    if (this.watches("idle")) {
      this.lastSign = since;
      this.listen(["pointermove", "pointerdown", "keydown", "scroll", "touchstart"], () => {
        this.longestIdle = Math.max(this.longestIdle, this.quiet());
        this.lastSign = sight.now();
      });
    }
    if (this.watches("leaving")) this.watchLeaving();
    this.listen(["visibilitychange"], () => {
      // Whoever comes back is there again; what became due meanwhile is said to somebody who sees it.
      this.lastSign = sight.now();
      this.look();
    });
    this.look();
  }

  disarm(): void {
    for (const end of this.endings) end();
    this.endings = [];
    this.waiting = [];
    this.sight.cancel(this.timer);
    this.sight.cancel(this.measuring);
  }

  /** Another page: what was seen was of the one before. */
  restart(): void {
    this.disarm();
    this.depth = this.longestIdle = this.told = 0;
    this.lastSign = this.sight.now();
  }

  private watchLeaving(): void {
    const { sight } = this;
    if (!sight.touch()) {
      // Out of the window, upwards: towards the bar, the tabs, the back button.
      return this.listen(["mouseout"], (event) => {
        const { relatedTarget, clientY } = event as MouseEvent;
        if (relatedTarget === null && clientY <= 0) this.look(true);
      });
    }
    let from = { y: sight.scrolled(), at: sight.now() };
    this.listen(["scroll"], () => {
      const now = { y: sight.scrolled(), at: sight.now() };
      // A flick is measured from where it began, or from what is still recent.
      if (now.y > from.y || now.at - from.at > FLICK_IN) from = now;
      else if (from.y - now.y > FLICK) {
        from = now;
        this.look(true);
      }
    });
  }

  private look(leaving = false): void {
    const { sight } = this;
    sight.cancel(this.timer);
    if (this.waiting.length === 0 || sight.hidden()) return;
    const now = sight.now();
    const next = this.waiting.map(({ trigger, since }) => Math.max(...trigger.awaits.map((each) => this.left(each, now - since, leaving))));
    const soonest = Math.min(...next);
    if (soonest <= 0) {
      const wait = this.lastTold + BETWEEN - now;
      if (this.told >= MOST) return;
      if (wait > 0 && !leaving) {
        this.timer = sight.after(wait, () => this.look());
        return;
      }
      // Until the server has decided, nothing more is looked for.
      const idle = this.idle;
      this.disarm();
      this.longestIdle = idle;
      this.told++;
      this.lastTold = now;
      this.met(leaving);
    } else if (soonest < Infinity) this.timer = sight.after(soonest, () => this.look());
  }

  /** Milliseconds until it may hold; infinite for what comes by itself or never. */
  private left(awaited: Awaited, waited: number, leaving: boolean): number {
    switch (awaited.kind) {
      case "after":
        return awaited.ms - waited;
      case "idle":
        return this.longestIdle >= awaited.ms ? 0 : awaited.ms - this.quiet();
      case "scroll":
        return this.depth >= awaited.percent ? 0 : Infinity;
      case "leaving":
        return leaving ? 0 : Infinity;
      default:
        // Of a later version.
        return Infinity;
    }
  }

  private quiet(): number {
    return this.sight.hidden() ? 0 : this.sight.now() - this.lastSign;
  }

  private measure(): void {
    const way = this.sight.scrollable();
    if (way > 0) this.depth = Math.max(this.depth, Math.min(100, Math.round((100 * this.sight.scrolled()) / way)));
  }

  private watches(kind: Awaited["kind"]): boolean {
    return this.waiting.some(({ trigger }) => trigger.awaits.some((each) => each.kind === kind));
  }

  private listen(types: string[], run: (event: Event) => void): void {
    this.endings.push(...types.map((type) => this.sight.listen(type, run)));
  }
}
