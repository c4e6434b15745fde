// The shop speaks first, the page's half of it: tells the server what page this is and what happens on it, looks out for what only a browser
// can see, and hands what the server decides to show to the panel. Loaded where something could be shown, not on any other page. What is
// decided, is decided by the server: see docs/TRIGGERS.md.

import type { PageAnswer, PageReport, Proactive } from "@mostrador/protocol";
import type { Call, Host, Part } from "../host.js";
import { base } from "../keys.js";
import * as calls from "./calls.js";
import { Lookout, type Sight } from "./lookout.js";
import { shelf, Visitor } from "./visitor.js";

/** A page that only changes its address has its title a moment later. */
const SETTLED = 200;
/** After a refusal for too much, when the server names no time. */
const QUIET = 60_000;
const MOST_EVENTS = 50;
/** Reports that wait for their turn; a page that floods us tells no more than these. */
const MOST_WAITING = 20;

export function mount(host: Host): Promise<Part> {
  return Promise.resolve(watch(host, sight));
}

export function watch(host: Host, sight: Sight): Part {
  const { api, config, element, said, site } = host;
  const key = { session: `${base(site)}session`, shown: `${base(site)}shown`, visitor: `${base(site)}visitor`, spoken: `${base(site)}spoken`, test: `${base(site)}test` };
  const local = shelf(() => localStorage);
  const tab = shelf(() => sessionStorage);
  const warn = (what: string) => console.warn(`mostrador: ${what}`);
  const window = () => (element.dataset.open === "true" ? "open" : "closed");
  // A window that has opened by itself was opened by nobody.
  const visitor = new Visitor(key, local, Date.now, () => tab.get(key.shown) !== null || local.get(key.session) !== null, host.consent === "given");
  const lookout = new Lookout(sight, (leaving) => report("met", { leaving }));
  const endings: (() => void)[] = [];

  let page = pageId();
  let openedAt = sight.now();
  /** Where the page is, if it was worth a call. */
  let reported: string | null = null;
  let events: string[] = [];
  let cart: PageReport["cart"];
  let attributes: calls.Attributes = {};
  let group: string | null | undefined;
  let beat: unknown;
  let beatMs = 0;
  let quietUntil = 0;
  let queue = Promise.resolve();
  let waiting = 0;
  let settling: unknown;
  /** Nobody has seen it yet: opened in the background, or before it was asked for. */
  let unseen = false;
  let gone = false;

  // A trigger that its merchant tries goes along through this tab, until the key is no longer good.
  if (host.test) tab.set(key.test, host.test);
  const [, trigger, secret] = /^([^.]+)\.(.+)$/.exec(host.test ?? tab.get(key.test) ?? "") ?? [];
  const testing = trigger && secret ? { trigger, key: secret } : undefined;

  const { sieve, live } = config.proactive ?? { sieve: { pages: [], events: {} }, live: false };
  const here = (texts: string[] | undefined) => !!texts?.some((text) => location.href.toLowerCase().includes(text));
  /** Whether there is anything to be asked about this page. */
  const matters = () => live || testing !== undefined || here(sieve.pages) || events.some((name) => here(sieve.events[name]));
  /** What follows a `#` is no other page, unless it looks like a path. */
  const place = () => location.href.replace(/#(?![!/]).*/, "");

  function body(what: PageReport["what"], more: Partial<PageReport>): string {
    const { token } = visitor;
    const report: PageReport = {
      page_id: page,
      what,
      ...(token && { visitor: token }),
      remember: visitor.remember,
      url: location.href.slice(0, 2048),
      title: document.title.replace(/^\(\d+\) /, "").slice(0, 300),
      referrer: document.referrer.slice(0, 2048),
      language: document.documentElement.lang || navigator.language,
      device: !sight.touch() ? "desktop" : Math.min(screen.width, screen.height) < 600 ? "phone" : "tablet",
      window: window(),
      on_page_ms: Math.round(sight.now() - openedAt),
      scroll: lookout.depth,
      idle_ms: Math.round(lookout.idle),
      leaving: false,
      events,
      ...(cart && { cart }),
      attributes,
      ...(testing && { testing }),
      ...more,
    };
    return JSON.stringify(report);
  }

  /** One after the other: the first is answered with who this is. */
  function report(what: PageReport["what"], more: Partial<PageReport> = {}): Promise<void> {
    if (waiting >= MOST_WAITING) return queue;
    waiting++;
    return (queue = queue.then(() => ask(what, more)).catch(() => {}).then(() => void waiting--));
  }

  async function ask(what: PageReport["what"], more: Partial<PageReport>): Promise<void> {
    if (gone || sight.now() < quietUntil) return;
    const asked = page;
    const session = visitor.remember && /"session":"([\w-]+)"/.exec(local.get(key.session) ?? "")?.[1];
    // As plain text without a session: then the browser asks nothing first, and one page view is one call.
    const answer = await fetch(`${api}/v1/sites/${encodeURIComponent(site)}/page-views`, {
      method: "POST",
      body: body(what, more),
      credentials: "omit",
      // What is told in passing arrives although the page is left.
      keepalive: what === "dismissed" || what === "shown_opened" || what === "event",
      ...(session && { headers: { authorization: `Bearer ${session}` } }),
    });
    if (answer.status === 429) quietUntil = sight.now() + (Number(answer.headers.get("retry-after")) * 1000 || QUIET);
    if (!answer.ok) return;
    const { visitor: token, armed, show, invitation, ...given } = (await answer.json()) as PageAnswer;
    if (token) visitor.keep(token);
    if (given.cut) warn(`beyond the limits, and left out: ${given.cut.join(", ")}`);
    // Another page by now: what was decided for the one before is not for this.
    if (gone || asked !== page) return;
    if (given.group !== undefined && group === undefined) host.said.push(["group", given.group]);
    if (what === "view" || what === "event" || what === "met") lookout.arm(armed);
    if (given.beat_ms !== undefined || what === "beat") keepBeat(given.beat_ms ?? 0);
    for (const each of [invitation, show]) if (each) present(each);
  }

  function present(shown: Proactive): void {
    // It was shown to a visitor, or to nobody; opening the widget makes no other of them.
    const { remember } = visitor;
    host.withPanel((panel) =>
      panel.offer(shown, (what) => {
        if (what === "shown_opened") visitor.spoken();
        void report(what, { shown: shown.shown, remember });
      }),
    );
  }

  /** The page is there, or another one is in its place. */
  function view(): void {
    unseen = sight.hidden();
    if (unseen) return;
    reported = place();
    page = pageId();
    openedAt = sight.now();
    events = [];
    lookout.restart();
    if (matters()) void report("view");
  }

  function navigated(): void {
    if (place() === reported) return;
    sight.cancel(settling);
    settling = sight.after(SETTLED, () => place() !== reported && view());
  }

  function keepBeat(ms: number): void {
    beatMs = ms;
    sight.cancel(beat);
    if (ms > 0 && !sight.hidden()) beat = sight.after(Math.max(ms, 1000), () => void report("beat"));
  }

  function hear([name, ...rest]: Call): void {
    if (gone) return;
    switch (name) {
      case "cart": {
        const read = calls.cart(rest[0], warn);
        if (read) cart = read;
        return;
      }
      case "attributes":
        attributes = calls.attributes(rest[0], attributes, warn);
        return;
      case "group":
        group = calls.group(rest[0], warn);
        return;
      case "track": {
        const event = calls.event(rest[0], rest[1], warn);
        if (!event) return;
        if (!events.includes(event.name)) {
          if (events.length >= MOST_EVENTS) return;
          events = [...events, event.name];
        }
        if (here(sieve.events[event.name]) || visitor.follows || testing) void report("event", { event });
        return;
      }
      case "page":
        return reported === null ? undefined : view();
      // The panel's: there is a session now. A sign of life with it tells the agents who will answer as whom this page has reported.
      case "begun":
        if (reported !== null && visitor.token) void report("beat");
        return;
      case "consent": {
        const wrong = calls.misuse(name, rest);
        if (wrong) return warn(wrong);
        const before = visitor.remember;
        visitor.agree(rest[0] !== false);
        // From now on there may be more to say.
        if (reported !== null && visitor.remember && !before && matters()) void report("view");
        return;
      }
      default: {
        const wrong = calls.misuse(name, rest);
        if (wrong) warn(wrong);
      }
    }
  }

  // What was said before this was here, then all that follows.
  const before = said.splice(0);
  said.push = (...more) => {
    for (const call of more) {
      try {
        hear(call);
      } catch {
        // An object that does not want to be read: nothing of it is thrown back at the page.
        warn(`${String(call[0])}: cannot be read`);
      }
    }
    return Array.prototype.push.apply(said, more);
  };
  // Events after the page that they happened on is known.
  const happened = before.filter(([name]) => name === "track");
  for (const call of before) if (!happened.includes(call)) said.push(call);
  view();
  said.push(...happened);

  const listen = (target: EventTarget, type: string, run: (event: Event) => void) => {
    target.addEventListener(type, run);
    endings.push(() => target.removeEventListener(type, run));
  };
  const { history, navigation } = globalThis as unknown as { history: History; navigation?: EventTarget };
  listen(globalThis, "popstate", navigated);
  listen(globalThis, "hashchange", navigated);
  if (navigation) listen(navigation, "navigatesuccess", navigated);
  else {
    for (const name of ["pushState", "replaceState"] as const) {
      const theirs = history[name];
      const ours: History["pushState"] = function (this: History, ...rest) {
        theirs.apply(this, rest);
        if (!gone) navigated();
      };
      history[name] = ours;
      // Somebody else may have put theirs around it.
      endings.push(() => history[name] === ours && (history[name] = theirs));
    }
  }
  listen(globalThis, "pagehide", () => {
    lookout.disarm();
    sight.cancel(beat);
    // Only while somebody looks at the list: a page view is one call.
    if (beatMs && sight.now() >= quietUntil) navigator.sendBeacon?.(`${api}/v1/sites/${encodeURIComponent(site)}/page-views`, body("leave", {}));
  });
  // Out of the back/forward cache: the shopper sees it anew.
  listen(globalThis, "pageshow", (event) => (event as PageTransitionEvent).persisted && view());
  listen(document, "visibilitychange", () => {
    if (unseen) view();
    if (beatMs) keepBeat(beatMs);
  });

  return {
    shutdown() {
      gone = true;
      lookout.disarm();
      sight.cancel(beat);
      sight.cancel(settling);
      for (const end of endings) end();
    },
  };
}

/** Version 4; `crypto.randomUUID` is missing on pages without TLS. */
function pageId(): string {
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => (+digit ^ (crypto.getRandomValues(new Uint8Array(1))[0]! & (15 >> (+digit / 4)))).toString(16));
}

const sight: Sight = {
  now: () => performance.now(),
  after: (ms, run) => setTimeout(run, ms),
  cancel: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  listen(type, run) {
    // Scrolling and what ends somewhere below does not come up to the window by itself.
    const target = type === "mouseout" || type === "visibilitychange" ? document : globalThis;
    const how = { passive: true, capture: type !== "scroll" };
    target.addEventListener(type, run, how);
    return () => target.removeEventListener(type, run, how);
  },
  hidden: () => document.hidden,
  scrolled: () => scrollY,
  scrollable: () => document.documentElement.scrollHeight - innerHeight,
  touch: () => matchMedia("(pointer: coarse)").matches,
};
