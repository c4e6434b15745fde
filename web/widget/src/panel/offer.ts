// What the shop says first, to this one shopper: a card beside the launcher, or the open window, and the message at the head of the thread. It
// is part of no conversation until somebody answers. Loaded when the server has decided to show something, or was shown and opened before.

import { effect } from "@preact/signals";
import type { Entry, Proactive } from "@mostrador/protocol";
import type { Panel } from "../host.js";
import type { Store } from "./store.js";

type Tell = Parameters<Panel["offer"]>[1];

/** Here a window fills the screen: nobody is to lose the page because we have something to say. */
const PHONE = "(max-width: 479px), (max-height: 479px) and (pointer: coarse)";

export function offer(store: Store, shown: Proactive, tell: Tell): void {
  // Whoever is in a conversation is not interrupted, and one thing is said at a time.
  if (!store.fresh.value || store.barred.value || store.spoken.value || store.offer.value) return;
  const { message, open_window, show_form } = shown;
  const inWindow = (open_window || show_form || message?.display === "window") && !matchMedia(PHONE).matches;
  const text = message?.text ?? shown.scenario?.said[0]?.text ?? (store.written("welcome") || store.config.value.welcome);
  const was = store.open.value;
  // What the shop says to everybody gives way, for good.
  store.bubble.value = "";
  speak(store, shown);
  const ends: (() => void)[] = [];
  const over = (what: Parameters<Tell>[0]) => {
    for (const end of ends.splice(0)) end();
    store.offer.value = null;
    tell(what);
  };
  const opened = () => {
    keep(store, shown);
    over("shown_opened");
  };
  const away = () => {
    over("dismissed");
    if (store.fresh.value) store.fromTheStart();
  };
  if (was) {
    store.announced.value = text;
    opened();
  } else ends.push(...(inWindow ? window(store, text, opened, away) : beside(store, shown, text, opened, away)));
}

/** After a page change: what was opened stands there again. */
export function restore(store: Store): void {
  try {
    const shown = JSON.parse(store.tab.get(store.key.offer)!) as Proactive;
    // The page's own scripts can write there.
    if (typeof shown.shown === "string" && typeof (shown.message?.text ?? "") === "string" && store.fresh.value) {
      speak(store, shown);
      return keep(store, shown);
    }
  } catch {
    // As below.
  }
  store.tab.remove(store.key.offer);
}

/** Beside the launcher, until it is opened or sent away. */
function beside(store: Store, { author, message }: Proactive, text: string, opened: () => void, away: () => void): (() => void)[] {
  void store.loadLater();
  const own = author.kind === "agent" && /^\/[\w/.-]+$/.exec(author.photo ?? "")?.[0];
  const photo = own ? store.host.api + own : author.kind === "agent" ? store.photo(author) : undefined;
  store.offer.value = { text, name: author.name, photo, whole: message !== undefined && message.display !== "teaser", away };
  return [
    effect(() => {
      if (store.open.value) queueMicrotask(opened);
      // Begun in another tab.
      else if (!store.fresh.value) store.offer.value = null;
    }),
  ];
}

/** In the open window. The focus stays where it is, and nothing is kept or connected until somebody reaches for it. */
function window(store: Store, text: string, opened: () => void, away: () => void): (() => void)[] {
  const { root } = store.host;
  store.reveal(false);
  // Into a region that is shown by now.
  queueMicrotask(() => (store.announced.value = text));
  const reached = (event: Event) => {
    const at = event.target as Element;
    if (!at.closest(".panel") || at.closest("[data-testid=close]")) return;
    store.enter();
    opened();
  };
  const types = ["pointerdown", "focusin"];
  for (const type of types) root.addEventListener(type, reached);
  return [effect(() => void (store.open.value || queueMicrotask(away))), ...types.map((type) => () => root.removeEventListener(type, reached))];
}

/** At the head of the thread, with the composer below it. A bot's buttons are `Entry.bot`'s, as in a conversation. */
function speak(store: Store, { shown, author, message, scenario }: Proactive): void {
  const at = store.client.now();
  const thread: Entry[] = [];
  const say = (text: string, more: Partial<Entry>) => {
    const seq = thread.length + 1;
    thread.push({ log: "thread", seq, thread_at: seq, at, author: { role: "system" }, kind: "message", text, ...more } as Entry);
  };
  if (message) say(message.text, author.kind === "agent" ? { author: { role: "agent", id: author.id, name: author.name } } : {});
  for (const { step, text, buttons } of scenario?.said ?? []) say(text, { bot: { scenario: scenario!.scenario, step, ...(buttons && { turn: scenario!.turn, buttons }) } });
  // The questions of the FAQs wait: something else was said.
  store.wantsPerson.value = true;
  const last = scenario?.said.at(-1);
  store.spoken.value = { thread, begin: { proactive: shown, ...(last && { opening: { scenario: scenario!.scenario, version: scenario!.version, step: last.step } }) } };
}

/** Whoever opens it may leave the page before they answer. */
function keep(store: Store, shown: Proactive): void {
  store.tab.set(store.key.offer, JSON.stringify(shown));
  const end = effect(() => {
    // In a conversation by now, which has it; or forgotten.
    if (store.spoken.value) return;
    store.tab.remove(store.key.offer);
    queueMicrotask(() => end());
  });
}
