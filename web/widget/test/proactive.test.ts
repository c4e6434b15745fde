import type { PageAnswer, PageReport, Proactive, SiteConfig } from "@mostrador/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Call, Host, Panel, Part } from "../src/host.js";
import { watch } from "../src/proactive/main.js";
import type { Sight } from "../src/proactive/lookout.js";

/** A shop's page, and a server that answers what the test says. */
class Page {
  readonly reports: PageReport[] = [];
  readonly requests: RequestInit[] = [];
  readonly offered: { shown: Proactive; tell: Parameters<Panel["offer"]>[1] }[] = [];
  readonly warnings: string[] = [];
  readonly local = storage();
  readonly tab = storage();
  readonly beacons: PageReport[] = [];
  answer: (report: PageReport) => Partial<PageAnswer> | number = () => ({});
  part: Part | undefined;
  host: Host;
  private readonly listeners = new Map<string, Set<(event: unknown) => void>>();

  constructor({ pages = ["/shop/"], events = {}, live = false, consent, said = [] }: { pages?: string[]; events?: Record<string, string[]>; live?: boolean; consent?: string; said?: Call[] } = {}) {
    const listen = {
      addEventListener: (type: string, run: (event: unknown) => void) => void this.listeners.set(type, (this.listeners.get(type) ?? new Set()).add(run)),
      removeEventListener: (type: string, run: (event: unknown) => void) => void this.listeners.get(type)?.delete(run),
    };
    vi.stubGlobal("location", { href: "https://shop.example/shop/" });
    vi.stubGlobal("document", { title: "(2) Lamps", referrer: "https://search.example/", documentElement: { lang: "es" }, hidden: false, ...listen });
    vi.stubGlobal("navigator", { language: "en", sendBeacon: (_: string, body: string) => this.beacons.push(JSON.parse(body) as PageReport) });
    vi.stubGlobal("screen", { width: 1280, height: 800 });
    vi.stubGlobal("localStorage", this.local);
    vi.stubGlobal("sessionStorage", this.tab);
    vi.stubGlobal("addEventListener", listen.addEventListener);
    vi.stubGlobal("removeEventListener", listen.removeEventListener);
    vi.stubGlobal("navigation", listen);
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      expect(url).toBe("https://api.example/v1/sites/demo/page-views");
      const report = JSON.parse(init.body as string) as PageReport;
      this.reports.push(report);
      this.requests.push(init);
      const given = this.answer(report);
      return new Response(typeof given === "number" ? "{}" : JSON.stringify({ armed: [], ...given }), { status: typeof given === "number" ? given : 200 });
    });
    vi.spyOn(console, "warn").mockImplementation((what: string) => void this.warnings.push(what));
    this.host = {
      site: "demo",
      api: "https://api.example",
      element: { dataset: {} } as HTMLElement,
      config: { proactive: { sieve: { pages, events }, live } } as unknown as SiteConfig,
      consent,
      said,
      withPanel: (act: (panel: Panel) => void) => act({ offer: (shown: Proactive, tell: Parameters<Panel["offer"]>[1]) => this.offered.push({ shown, tell }) } as unknown as Panel),
    } as unknown as Host;
  }

  sight(): Sight {
    return { now: () => Date.now(), after: (ms, run) => setTimeout(run, ms), cancel: (timer) => clearTimeout(timer as never), listen: () => () => {}, hidden: () => document.hidden, scrolled: () => 0, scrollable: () => 1000, touch: () => false };
  }

  async load(): Promise<this> {
    this.part = watch(this.host, this.sight());
    return this.settle();
  }

  async settle(ms = 0): Promise<this> {
    await vi.advanceTimersByTimeAsync(ms);
    return this;
  }

  async call(...call: Call): Promise<this> {
    this.host.said.push(call);
    return this.settle();
  }

  async goes(href: string): Promise<this> {
    location.href = href;
    this.happens("navigatesuccess");
    return this.settle(500);
  }

  happens(type: string, event: object = {}): void {
    for (const run of [...(this.listeners.get(type) ?? [])]) run(event);
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, each) => sum + each.size, 0);
  }

  get what(): string[] {
    return this.reports.map(({ what }) => what);
  }
}

function storage() {
  const kept = new Map<string, string>();
  return { kept, getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) };
}

const token = "v".repeat(32);
const shown: Proactive = { shown: "s1", author: { kind: "bot", name: "Taller Luz" }, message: { text: "Hello", display: "teaser" }, open_window: false, show_form: false };

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("page views", () => {
  it("W1 tells one page view, with all that was called before it was there", async () => {
    const page = await new Page({ said: [["cart", { lines: [{ name: "Aura", price: 148 }], currency: "EUR" }], ["attributes", { plan: "gold" }], ["on", "message", () => 0]] }).load();
    expect(page.reports).toHaveLength(1);
    expect(page.reports[0]).toMatchObject({
      what: "view", remember: false, url: "https://shop.example/shop/", title: "Lamps", referrer: "https://search.example/", language: "es", device: "desktop", window: "closed",
      cart: { lines: [{ number: "", name: "Aura", quantity: 1, price: 148 }], currency: "EUR" }, attributes: { plan: "gold" }, events: [],
    });
    expect(page.reports[0]!.page_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    // A browser asks nothing before a request without headers: a page view is one call.
    expect(page.requests[0]!.headers).toBeUndefined();
    expect(page.warnings).toEqual([]);
  });

  it("asks nothing on a page that cannot match, also after a change of address", async () => {
    const page = await new Page({ pages: ["/cart"] }).load();
    await page.goes("https://shop.example/shop/about");
    expect(page.reports).toEqual([]);
    await page.goes("https://shop.example/shop/Cart#top");
    await page.goes("https://shop.example/shop/Cart#bottom");
    expect(page.what).toEqual(["view"]);
    expect(new Set(page.reports.map(({ page_id }) => page_id)).size).toBe(1);
  });

  it("an address behind # is a page only where it looks like a path; `page` is one always", async () => {
    const page = await new Page().load();
    await page.goes("https://shop.example/shop/#/cart");
    await page.call("page");
    expect(page.what).toEqual(["view", "view", "view"]);
    expect(new Set(page.reports.map(({ page_id }) => page_id)).size).toBe(3);
  });

  it("out of the back/forward cache it is seen anew; left it is told only while somebody watches", async () => {
    const page = await new Page().load();
    page.happens("pagehide");
    page.happens("pageshow", { persisted: true });
    await page.settle();
    expect([page.what, page.beacons]).toEqual([["view", "view"], []]);
    // The list is on, and nobody looks at it: a page view is one call.
    const unwatched = await new Page({ pages: [], live: true }).load();
    unwatched.happens("pagehide");
    expect([unwatched.what, unwatched.beacons]).toEqual([["view"], []]);
    const live = new Page({ pages: [], live: true });
    live.answer = () => ({ beat_ms: 20_000 });
    await live.load();
    live.happens("pagehide");
    expect(live.beacons.map(({ what }) => what)).toEqual(["leave"]);
  });

  it("a page that nobody has seen yet is not reported: opened in the background, or drawn before it was asked for", async () => {
    const page = new Page();
    (document as { hidden: boolean }).hidden = true;
    await page.load();
    await page.settle(60_000);
    expect(page.reports).toEqual([]);
    (document as { hidden: boolean }).hidden = false;
    page.happens("visibilitychange");
    await page.settle();
    page.happens("visibilitychange");
    await page.settle();
    expect(page.reports.map(({ what, on_page_ms }) => [what, on_page_ms])).toEqual([["view", 0]]);
  });

  it("gives signs of life as long as it is asked to, and none while hidden", async () => {
    const page = new Page({ live: true });
    let watched = true;
    page.answer = () => (watched ? { beat_ms: 20_000 } : {});
    await page.load();
    await page.settle(60_000);
    expect(page.what).toEqual(["view", "beat", "beat", "beat"]);
    (document as { hidden: boolean }).hidden = true;
    page.happens("visibilitychange");
    await page.settle(120_000);
    expect(page.reports).toHaveLength(4);
    (document as { hidden: boolean }).hidden = false;
    page.happens("visibilitychange");
    watched = false;
    await page.settle(120_000);
    expect(page.what.slice(4)).toEqual(["beat"]);
  });

  it("a9 refused for too much it is silent for a while, and a lost network is no fault", async () => {
    const page = new Page({ events: { a: [""] } });
    page.answer = () => 429;
    await page.load();
    for (let n = 0; n < 20; n++) await page.call("track", "a");
    expect(page.reports).toHaveLength(1);
    await page.settle(61_000);
    page.answer = () => {
      throw new TypeError("network");
    };
    await page.call("track", "a");
    page.answer = () => ({});
    await page.call("track", "a");
    expect(page.what).toEqual(["view", "event", "event"]);
  });
});

describe("events", () => {
  it("those that a trigger waits for are told, and no others", async () => {
    const page = await new Page({ pages: [], events: { added: [""], elsewhere: ["/cart"] }, said: [["track", "added", { value: 3, currency: "EUR" }]] }).load();
    await page.call("track", "elsewhere");
    await page.call("track", "unknown");
    expect(page.reports.map(({ what, event }) => [what, event])).toEqual([["event", { name: "added", value: 3, currency: "EUR" }]]);
    await page.call("track", "added");
    expect(page.reports[1]!.events).toEqual(["added", "elsewhere", "unknown"]);
  });

  it("T6 what may have followed from something that was opened is told, for as long as it may count", async () => {
    const page = new Page({ consent: "given" });
    page.answer = ({ what }) => (what === "view" ? { show: shown, visitor: token } : {});
    await page.load();
    await page.call("track", "order");
    expect(page.what).toEqual(["view"]);
    page.offered[0]!.tell("shown_opened");
    await page.call("track", "order", { value: 10, currency: "EUR", reference: "1" });
    expect(page.what).toEqual(["view", "shown_opened", "event"]);
    expect(page.reports[1]!.shown).toBe("s1");
    await page.settle(31 * 86_400_000);
    await page.call("track", "order");
    expect(page.reports).toHaveLength(3);
  });

  it("what the server had to leave out of a report is told to the page's console", async () => {
    const page = new Page({ said: [["cart", { lines: [] }]] });
    page.answer = () => ({ cut: ["lines", "attributes"] });
    await page.load();
    expect(page.warnings).toEqual(["mostrador: beyond the limits, and left out: lines, attributes"]);
  });

  it("A9 a flood of names is cut, and a flood of one event waits for its turn in a short line", async () => {
    const page = await new Page({ events: { x: [""], late: [""] } }).load();
    await page.call("track", "x");
    for (let n = 0; n < 80; n++) await page.call("track", `e${n}`);
    await page.call("track", "late");
    expect(page.what).toEqual(["view", "event"]);
    for (let n = 0; n < 1000; n++) page.host.said.push(["track", "x"]);
    await page.settle();
    expect(page.reports).toHaveLength(22);
    expect(page.reports.at(-1)!.events).toHaveLength(50);
  });
});

describe("W7 nothing is stored of whoever has not agreed", () => {
  const kept = (page: Page) => [...page.local.kept.keys(), ...page.tab.kept.keys()].sort();

  it("without consent the visitor is known to the page alone", async () => {
    const page = new Page({ events: { a: [""] } });
    page.answer = () => ({ visitor: token });
    await page.load();
    await page.call("track", "a");
    expect(page.reports.map(({ remember, visitor }) => [remember, visitor])).toEqual([[false, undefined], [false, token]]);
    expect(kept(page)).toEqual([]);
  });

  it("with it the token is kept, goes along, and is forgotten when it is taken back", async () => {
    const page = new Page({ consent: "given" });
    page.answer = () => ({ visitor: token });
    await page.load();
    expect([page.reports[0]!.remember, kept(page)]).toEqual([true, ["mostrador:demo:visitor"]]);
    await page.goes("https://shop.example/shop/two");
    expect(page.reports[1]!.visitor).toBe(token);
    await page.call("consent", false);
    expect(kept(page)).toEqual([]);
    await page.goes("https://shop.example/shop/three");
    expect([page.reports[2]!.remember, page.reports[2]!.visitor]).toEqual([false, undefined]);
  });

  it("given later, the page is told once more, and what was known is kept", async () => {
    const page = new Page();
    page.answer = ({ remember }) => (remember ? { visitor: token } : {});
    await page.load();
    await page.call("consent");
    await page.call("consent");
    expect(page.reports.map(({ what, remember }) => [what, remember])).toEqual([["view", false], ["view", true]]);
    expect(page.reports[1]!.page_id).toBe(page.reports[0]!.page_id);
    expect(kept(page)).toEqual(["mostrador:demo:visitor"]);
  });

  it("what was kept is not even read before consent on this page, unless the widget was opened", async () => {
    const page = new Page();
    page.local.setItem("mostrador:demo:visitor", token);
    await page.load();
    expect([page.reports[0]!.remember, page.reports[0]!.visitor]).toEqual([false, undefined]);
    const opened = new Page();
    opened.local.setItem("mostrador:demo:visitor", token);
    opened.local.setItem("mostrador:demo:session", JSON.stringify({ session: `ses_${"x".repeat(30)}` }));
    await opened.load();
    expect([opened.reports[0]!.remember, opened.reports[0]!.visitor]).toEqual([true, token]);
    expect(opened.requests[0]!.headers).toEqual({ authorization: `Bearer ses_${"x".repeat(30)}` });
  });

  it("T5 with the session that the panel has made, the page says as whom it reports; who is nobody says nothing", async () => {
    const session = () => JSON.stringify({ session: `ses_${"x".repeat(30)}` });
    const page = new Page({ consent: "given" });
    page.answer = () => ({ visitor: token });
    await page.load();
    page.local.setItem("mostrador:demo:session", session());
    await page.call("begun");
    expect(page.reports.map(({ what, visitor }) => [what, visitor])).toEqual([["view", undefined], ["beat", token]]);
    expect(page.requests[1]!.headers).toEqual({ authorization: `Bearer ses_${"x".repeat(30)}` });
    expect(page.warnings).toEqual([]);
    const nobody = await new Page().load();
    nobody.local.setItem("mostrador:demo:session", session());
    await nobody.call("begun");
    expect(nobody.what).toEqual(["view"]);
  });

  it("a window that has opened by itself was opened by nobody", async () => {
    const page = new Page({ events: { a: [""] } });
    page.answer = () => ({ visitor: token });
    await page.load();
    page.host.element.dataset.open = "true";
    await page.call("track", "a");
    expect(page.reports.map(({ remember, window }) => [remember, window])).toEqual([[false, "closed"], [false, "open"]]);
    page.tab.setItem("mostrador:demo:shown", "1");
    await page.call("track", "a");
    expect([page.reports[2]!.remember, kept(page)]).toEqual([true, ["mostrador:demo:shown", "mostrador:demo:visitor"]]);
  });

  it("storages that throw are no fault, and what others wrote into them is not believed", async () => {
    const page = new Page({ consent: "given" });
    page.local.getItem = page.local.setItem = page.tab.getItem = () => {
      throw new Error("SecurityError");
    };
    page.answer = () => ({ visitor: token });
    await page.load();
    await page.goes("https://shop.example/shop/two");
    expect(page.reports[1]!.visitor).toBe(token);
    const forged = new Page({ consent: "given" });
    forged.local.setItem("mostrador:demo:visitor", "<script>");
    forged.local.setItem("mostrador:demo:session", "{not json");
    await forged.load();
    expect(forged.reports.map(({ visitor }) => visitor)).toEqual([undefined]);
  });
});

describe("what is decided", () => {
  it("reports what was awaited once, and shows what the server then decides", async () => {
    const page = new Page();
    page.answer = ({ what }) => (what === "view" ? { armed: [{ trigger: "t", awaits: [{ kind: "after", ms: 30_000 }] }] } : what === "met" ? { show: shown } : {});
    await page.load();
    await page.settle(29_000);
    expect(page.offered).toEqual([]);
    await page.settle(3_600_000);
    expect(page.what).toEqual(["view", "met"]);
    expect(page.reports[1]!.on_page_ms).toBe(30_000);
    expect(page.offered.map(({ shown }) => shown.shown)).toEqual(["s1"]);
    page.offered[0]!.tell("dismissed");
    await page.settle();
    expect([page.what[2], page.reports[2]!.shown]).toEqual(["dismissed", "s1"]);
  });

  it("what was shown to nobody is opened by nobody, although whoever opens it may be remembered from then on", async () => {
    const page = new Page();
    page.answer = ({ what }) => (what === "view" ? { show: shown } : {});
    await page.load();
    page.tab.setItem("mostrador:demo:shown", "1");
    page.offered[0]!.tell("shown_opened");
    await page.goes("https://shop.example/shop/two");
    expect(page.reports.map(({ what, remember }) => [what, remember])).toEqual([["view", false], ["shown_opened", false], ["view", true]]);
  });

  it("what was decided for a page that was left meanwhile is not shown on the next", async () => {
    const page = new Page();
    let late: () => void = () => {};
    const waits = new Promise<void>((resolve) => (late = resolve));
    const fetched = fetch;
    vi.stubGlobal("fetch", async (...rest: Parameters<typeof fetch>) => {
      const answer = await fetched(...rest);
      if (page.reports.length === 1) await waits;
      return answer;
    });
    page.answer = () => (page.reports.length === 1 ? { show: shown } : {});
    await page.load();
    await page.goes("https://shop.example/shop/two");
    late();
    await page.settle();
    expect(page.what).toEqual(["view", "view"]);
    expect(page.offered).toEqual([]);
  });

  it("an agent's own message comes with a sign of life", async () => {
    const page = new Page({ live: true });
    page.answer = ({ what }) => (what === "beat" ? { invitation: { ...shown, shown: "by hand" } } : { beat_ms: 5000 });
    await page.load();
    await page.settle(5000);
    expect(page.offered.map(({ shown }) => shown.shown)).toEqual(["by hand"]);
  });

  it("A4 a trigger's group counts where the page has set none", async () => {
    for (const [said, group] of [[[], "lamps"], [[["group", "sales"]], "sales"]] as [Call[], string][]) {
      const page = new Page({ said });
      page.answer = () => ({ group: "lamps" });
      await page.load();
      expect(page.host.said.filter(([name]) => name === "group").at(-1)).toEqual(["group", group]);
      page.part!.shutdown();
    }
  });

  it("T5 a trigger that is tried goes along through the tab, and is left by an empty one", async () => {
    const page = new Page({ pages: [] });
    page.host.test = "greet.k-1.2";
    await page.load();
    expect(page.reports[0]!.testing).toEqual({ trigger: "greet", key: "k-1.2" });
    delete page.host.test;
    page.part!.shutdown();
    await page.load();
    expect(page.reports[1]!.testing).toEqual({ trigger: "greet", key: "k-1.2" });
    // Although none is on.
    delete (page.host.config as { proactive?: unknown }).proactive;
    page.part!.shutdown();
    await page.load();
    expect(page.reports.splice(2)).toHaveLength(1);
    page.host.test = "";
    page.part!.shutdown();
    await page.load();
    expect(page.reports).toHaveLength(2);
  });
});

describe("the page's own mistakes", () => {
  it("are told to the console and thrown back at nobody", async () => {
    const page = await new Page({ said: [["cart", "Aura"], ["opne"]] }).load();
    const proxy = new Proxy({}, { ownKeys: () => { throw new Error("no"); } });
    for (const call of [["attributes", proxy], ["track", {}], ["group", 7], ["identify", "4711"], ["consent", "yes"], ["on", "message"], [Symbol("x") as unknown as string]] as Call[]) await page.call(...call);
    expect(page.warnings).toHaveLength(9);
    for (const warning of page.warnings) expect(warning).toMatch(/^mostrador: /);
    expect(page.reports).toHaveLength(1);
  });

  it("shutdown leaves nothing behind", async () => {
    const page = await new Page({ live: true }).load();
    page.part!.shutdown();
    expect(page.listening).toBe(0);
    await page.call("track", "a");
    await page.goes("https://shop.example/shop/two");
    page.happens("pagehide");
    expect([page.reports.length, page.beacons.length]).toEqual([1, 0]);
  });
});
