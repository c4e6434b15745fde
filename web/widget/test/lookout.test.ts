import type { ArmedTrigger, Awaited } from "@mostrador/protocol";
import { describe, expect, it } from "vitest";
import { Lookout, type Sight } from "../src/proactive/lookout.js";

/** A browser on virtual time. */
class Browser implements Sight {
  time = 0;
  y = 0;
  way = 2000;
  away = false;
  phone = false;
  measured = 0;
  private timers: { at: number; run: () => void }[] = [];
  private listeners: { type: string; run: (event: Event) => void }[] = [];

  now = () => this.time;
  after = (ms: number, run: () => void) => {
    const timer = { at: this.time + ms, run };
    this.timers.push(timer);
    return timer;
  };
  cancel = (timer: unknown) => void (this.timers = this.timers.filter((each) => each !== timer));
  listen = (type: string, run: (event: Event) => void) => {
    const listener = { type, run };
    this.listeners.push(listener);
    return () => void (this.listeners = this.listeners.filter((each) => each !== listener));
  };
  hidden = () => this.away;
  scrolled = () => this.y;
  scrollable = () => {
    this.measured++;
    return this.way;
  };
  touch = () => this.phone;

  get heard(): string[] {
    return [...new Set(this.listeners.map(({ type }) => type))].sort();
  }
  get waits(): number {
    return this.timers.length;
  }
  run(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.cancel(next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
  }
  happens(type: string, event: object = {}): void {
    for (const listener of [...this.listeners]) if (listener.type === type) listener.run(event as Event);
  }
  scrollTo(y: number): void {
    this.y = y;
    this.happens("scroll");
  }
}

function looking(awaits: Awaited[], phone = false) {
  const browser = new Browser();
  browser.phone = phone;
  const met: { at: number; leaving: boolean; idle: number; depth: number }[] = [];
  const lookout: Lookout = new Lookout(browser, (leaving) => met.push({ at: browser.time, leaving, idle: lookout.idle, depth: lookout.depth }));
  const armed: ArmedTrigger[] = [{ trigger: "t", awaits }];
  lookout.arm(armed);
  return { browser, met, lookout, armed };
}

const out = { relatedTarget: null, clientY: -1 };

describe("what only the browser sees", () => {
  it("time goes by: said once, to the moment, and nothing is listened to for it but coming back", () => {
    const { browser, met } = looking([{ kind: "after", ms: 30_000 }]);
    expect(browser.heard).toEqual(["visibilitychange"]);
    browser.run(29_999);
    expect(met).toEqual([]);
    browser.run(1);
    expect(met.map(({ at }) => at)).toEqual([30_000]);
    browser.run(3_600_000);
    expect(met.length).toBe(1);
    expect([browser.heard, browser.waits]).toEqual([[], 0]);
  });

  it("what becomes due while nobody looks waits until somebody does", () => {
    const { browser, met } = looking([{ kind: "after", ms: 5000 }]);
    browser.away = true;
    browser.run(60_000);
    expect(met).toEqual([]);
    browser.away = false;
    browser.happens("visibilitychange");
    expect(met.map(({ at }) => at)).toEqual([60_000]);
  });

  it("scrolling is measured once it has come to rest, by the way that there is", () => {
    const { browser, met, lookout } = looking([{ kind: "scroll", percent: 50 }]);
    const before = browser.measured;
    for (let y = 0; y < 900; y += 10) {
      browser.scrollTo(y);
      browser.run(10);
    }
    expect(browser.measured).toBe(before);
    browser.run(200);
    expect([browser.measured - before, lookout.depth, met.length]).toEqual([1, 45, 0]);
    browser.scrollTo(1000);
    browser.scrollTo(0);
    browser.run(1000);
    expect(met).toEqual([]);
    browser.scrollTo(1000);
    browser.run(200);
    expect(met.map(({ depth }) => depth)).toEqual([50]);
  });

  it("a page without anything to scroll is not scrolled through", () => {
    const { browser, met, lookout, armed } = looking([{ kind: "scroll", percent: 1 }]);
    browser.way = 0;
    lookout.arm(armed);
    browser.scrollTo(0);
    browser.run(60_000);
    expect([met, lookout.depth]).toEqual([[], 0]);
  });

  it("leaving is out of the window at the top, not beside it and not into something", () => {
    const { browser, met } = looking([{ kind: "leaving" }]);
    browser.happens("mouseout", { relatedTarget: null, clientY: 300 });
    browser.happens("mouseout", { relatedTarget: {}, clientY: -1 });
    expect(met).toEqual([]);
    browser.happens("mouseout", out);
    browser.happens("mouseout", out);
    expect(met.map(({ leaving }) => leaving)).toEqual([true]);
  });

  it("leaving before the time is over is not kept for later: it is the moment that counts", () => {
    const { browser, met } = looking([{ kind: "after", ms: 10_000 }, { kind: "leaving" }]);
    browser.happens("mouseout", out);
    browser.run(20_000);
    expect(met).toEqual([]);
    browser.happens("mouseout", out);
    expect(met).toEqual([{ at: 20_000, leaving: true, idle: 0, depth: 0 }]);
  });

  it("on a phone leaving is a quick scroll upwards, not a slow one and not one downwards", () => {
    const { browser, met } = looking([{ kind: "leaving" }], true);
    for (let y = 0; y <= 1500; y += 100) {
      browser.scrollTo(y);
      browser.run(16);
    }
    for (let y = 1500; y >= 500; y -= 10) {
      browser.scrollTo(y);
      browser.run(50);
    }
    expect(met).toEqual([]);
    for (let y = 500; y >= 100; y -= 50) {
      browser.scrollTo(y);
      browser.run(16);
    }
    expect(met.map(({ leaving }) => leaving)).toEqual([true]);
  });

  it("idle is from the last sign of anybody, and a hidden page is nobody's", () => {
    const { browser, met } = looking([{ kind: "idle", ms: 40_000 }]);
    browser.run(39_000);
    browser.happens("keydown");
    browser.run(20_000);
    browser.away = true;
    browser.happens("visibilitychange");
    browser.run(600_000);
    browser.away = false;
    browser.happens("visibilitychange");
    browser.run(39_999);
    expect(met).toEqual([]);
    browser.run(1);
    expect(met.map(({ idle }) => idle)).toEqual([40_000]);
  });

  it("all that a trigger awaits has to be there", () => {
    const { browser, met } = looking([{ kind: "after", ms: 20_000 }, { kind: "idle", ms: 40_000 }]);
    browser.run(15_000);
    browser.happens("pointermove");
    browser.run(39_000);
    expect(met).toEqual([]);
    browser.run(1000);
    expect(met.map(({ at }) => at)).toEqual([55_000]);
  });

  it("a kind of a later version never holds, and does not disturb the others", () => {
    const { browser, met, lookout } = looking([]);
    lookout.arm([{ trigger: "new", awaits: [{ kind: "smile" } as never] }, { trigger: "old", awaits: [{ kind: "after", ms: 10 }] }]);
    browser.run(1000);
    expect(met.length).toBe(1);
  });

  it("a server that arms again what was just met is not asked without end", () => {
    const browser = new Browser();
    let told = 0;
    const armed: ArmedTrigger[] = [{ trigger: "t", awaits: [{ kind: "after", ms: 0 }] }];
    const lookout: Lookout = new Lookout(browser, () => {
      told++;
      browser.after(50, () => lookout.arm(armed));
    });
    lookout.arm(armed);
    browser.run(10_000);
    expect(told).toBeLessThanOrEqual(11);
    browser.run(3_600_000);
    expect(told).toBe(20);
  });

  it("another page begins anew, and disarmed nothing is left behind", () => {
    const { browser, lookout, armed } = looking([{ kind: "scroll", percent: 90 }, { kind: "idle", ms: 9000 }, { kind: "leaving" }]);
    browser.scrollTo(1000);
    browser.run(300);
    expect(lookout.depth).toBe(50);
    lookout.restart();
    expect([lookout.depth, lookout.idle, browser.heard, browser.waits]).toEqual([0, 0, [], 0]);
    lookout.arm(armed);
    lookout.arm([]);
    expect([browser.heard, browser.waits]).toEqual([[], 0]);
  });
});
