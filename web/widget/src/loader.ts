// The one script of a shop's page: a launcher, the queue of early calls, and the panel when somebody wants it. Small on purpose.
//
//   <script async src="https://…/widget/loader.js" data-site="demo"></script>
//   <script>window.mostrador=window.mostrador||function(){(mostrador.q=mostrador.q||[]).push(arguments)}</script>
//   mostrador("open"); mostrador("on", "message", (message) => …);
//
// What a page says of its shopper (cart, events, …) is only kept here; `proactive/` reads it where somebody wants to know.

import type { AppearanceSettings, SiteConfig } from "@mostrador/protocol";
import { accentFrom } from "./colour.js";
import type { Call, Host, Identity, Panel, Part } from "./host.js";
import { base } from "./keys.js";
import css from "./launcher.css";
import { direction, language, theme } from "./page.js";

/** File names with their hashes; set by the build. */
declare const PANEL: string;
declare const PROACTIVE: string;

type Listener = (detail: unknown) => void;
interface Api {
  (...call: Call): void;
  q?: Call[];
  /** Every call is a member, too, once the loader runs. */
  open?: unknown;
}

const page = window as unknown as { mostrador?: Api };
function start(script: HTMLScriptElement, site: string): void {
  const early = page.mostrador?.q ?? [];
  const { api: apiOrigin, theme: wish, zIndex, offset, consent } = script.dataset;
  const api = (apiOrigin ?? new URL(script.src).origin).replace(/\/$/, "");
  const kept = (storage: "localStorage" | "sessionStorage", name: string) => read(storage, base(site) + name);
  const listeners: Record<string, Listener[]> = {};

  const element = document.createElement("div");
  element.id = "mostrador";
  const root = element.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];

  const launcher = document.createElement("button");
  launcher.className = "launcher";
  launcher.ariaHasPopup = "dialog";
  launcher.dataset.testid = "launcher";
  const label = document.createElement("b");
  launcher.append(icon("M21 11.5a8.4 8.4 0 0 1-12.2 7.5L3 21l2-5.8A8.5 8.5 0 1 1 21 11.5Z"), label);
  root.append(launcher);

  const parts: Record<string, Promise<Part> | undefined> = {};
  let config: SiteConfig | undefined;
  let identity: Identity | null | undefined;
  let begun: Promise<void> | undefined;
  /** Ends all that listens to the page. */
  const life = new AbortController();
  let agreed = consent !== "required";
  let readAt = 0;
  // A mail's button, or a trigger that is tried: what they hold stands in no address that is copied, reported or told to whom the page links to.
  const [bare, link, secret] = location.href.split(/#mostrador-(resume|test)=/);
  if (link) history.replaceState(history.state, "", bare);
  // What the page says of its shopper, for those who come later and take the queue over.
  const said: Call[] = [];

  // A listener that throws is the browser's to report, and keeps nothing from the others.
  const emit: Host["emit"] = (event, detail) => listeners[event]?.forEach((listener) => queueMicrotask(() => listener(detail)));
  /** What the merchant has published; what the script tag says goes before it. */
  const face = () => {
    const style = (name: string, value: string | number) => element.style.setProperty(`--${name}`, value as string);
    const { color = "", text_color, corner, offset_x = 16, offset_y = 16, z_index, launcher: look } = (config?.settings.appearance ?? {}) as Partial<AppearanceSettings>;
    const visibility = config?.settings.visibility.visibility;
    const { accent, onAccent } = accentFrom(color);
    const z = Number(zIndex ?? z_index);
    element.dir = direction();
    element.dataset.theme = theme(wish);
    element.dataset.corner = corner;
    launcher.dataset.look = look;
    // Who may not even see it. The server decides who is verified; here it only depends on whether there is anybody who may be.
    element.hidden = visibility === "off" || (visibility === "verified_only" && !(identity === undefined ? kept("localStorage", "session")?.includes('"who"') : identity));
    if (element.hidden) calls.close!();
    // Its contrast is checked when it is published.
    style("accent", text_color ? color : accent);
    style("on-accent", text_color ?? onAccent);
    style("x", (offset ?? offset_x) + "px");
    style("y", (offset ?? offset_y) + "px");
    style("z", z <= 2147483646 ? z : 2147483000);
  };
  const refresh = async () => {
    const answer = await fetch(`${api}/v1/sites/${encodeURIComponent(site)}/config`, { credentials: "omit", cache: config ? "no-cache" : "default" });
    if (!answer.ok) throw answer.status;
    readAt = Date.now();
    config = (await answer.json()) as SiteConfig;
    face();
    return config;
  };
  /** Looked at again: what was published meanwhile counts. */
  const again = () => {
    if (config && !document.hidden && Date.now() - readAt > 10_000) refresh().catch(() => {});
  };

  const load = (file: string) =>
    (parts[file] ??= import(new URL(`assets/${file}`, script.src).href)
      .then(async (module: { mount(host: Host): Promise<Part> }) => {
        const made = await module.mount({ site, api, element, root, launcher, config: config!, theme: wish, [link!]: secret, consent, said, identity: () => identity, emit, refresh, withPanel });
        if (life.signal.aborted) made.shutdown();
        return made;
      })
      .catch((error: unknown) => {
        // A lost network: the next click tries again.
        delete parts[file];
        throw error;
      }));
  /** The panel before anybody has asked for it: failing is no fault. */
  const prepare = () => void (element.hidden || load(PANEL).catch(() => {}));
  /** Whether on this page the shop might have something to say, by what the merchant has published: until then nobody is asked. */
  const look = (calls = said) => {
    const there = config?.proactive;
    const here = (texts?: string[]) => texts?.some((text) => location.href.toLowerCase().includes(text));
    // What is tracked may be what a trigger waits for, or what has followed from one. A browser that tells of no changes of address has
    // somebody look out for them.
    // Who tries a trigger does so although none may be on.
    if (config && (link || kept("sessionStorage", "test") || (there && (there.live || !navigation || here(there.sieve.pages) || calls.some(([, event]) => here(there.sieve.events[event as string]) || kept("localStorage", "spoken")))))) load(PROACTIVE).catch(() => {});
  };
  const withPanel = (act: (panel: Panel) => void) => {
    if (!config || life.signal.aborted) {
      wishes.push(act);
      if (element.isConnected) begin();
    } else if (!element.hidden) load(PANEL).then(act as never, () => {});
  };
  const wishes: ((panel: Panel) => void)[] = [];

  launcher.onclick = () => withPanel((panel) => panel.toggle());
  // Whoever reaches for the launcher means it: by the time of the click the panel is there.
  launcher.onpointerenter = launcher.onfocus = () => void (config && prepare());

  const observer = new MutationObserver(face);
  const timer = setInterval(again, 600_000);
  document.addEventListener("visibilitychange", again, life);
  const { navigation } = window as { navigation?: EventTarget };
  navigation?.addEventListener("navigatesuccess", () => look(), life);

  const calls: Record<string, (...rest: never[]) => void> = {
    open: () => withPanel((panel) => panel.open()),
    close: () => void (parts[PANEL] as Promise<Panel> | undefined)?.then((panel) => panel.close()),
    identify: (who?: Identity | null) => {
      identity = who ?? null;
      face();
      if (config) resume();
    },
    on: (event: string, listener: Listener) => void (listeners[event] ??= []).push(listener),
    /** The shopper agrees, or not (`false`), to what the page asked: `data-consent="required"`. */
    consent: (yes?: boolean) => {
      agreed ||= yes !== false;
      if (agreed && element.isConnected) begin();
    },
    shutdown: () => {
      life.abort();
      clearInterval(timer);
      for (const file in parts) parts[file]!.then((part) => part.shutdown());
      observer.disconnect();
      element.remove();
      delete page.mostrador;
    },
  };
  const call: Api = (...call) => {
    (calls[call[0]] as ((...rest: unknown[]) => void) | undefined)?.(...call.slice(1));
    said.push(call);
    look([call]);
  };
  for (const name in calls) (call as unknown as Record<string, unknown>)[name] = (...rest: unknown[]) => call(name, ...rest);
  page.mostrador = call;

  /** A conversation is open, or the panel was shown on the page before, or whose it is has changed. */
  const resume = () => {
    const session = identity !== undefined && kept("localStorage", "session");
    if (parts[PANEL] || session || (!element.hidden && (kept("localStorage", "open") || kept("sessionStorage", "shown")))) load(PANEL).then((panel) => (panel as Panel).identify(), () => {});
  };
  const configure = async (attempt: number): Promise<void> => {
    try {
      await refresh();
    } catch (error) {
      if (error === 404) return console.warn(`mostrador: no site "${site}"`);
      setTimeout(() => void configure(attempt + 1), Math.random() * Math.min(60_000, 2_000 * 2 ** attempt));
      return;
    }
    if (life.signal.aborted) return;
    attach();
    resume();
    // Whoever followed it means to go on.
    if (link === "resume") calls.open!();
    look();
    // The merchant has something to say beside the launcher: it is in the panel's words, and can wait for a quiet moment.
    if (config!.bubble && !kept("sessionStorage", "bubble")) setTimeout(prepare, 2_000);
    wishes.forEach(withPanel);
  };
  const begin = () => void (begun ??= configure(0));
  const attach = () => {
    if (element.isConnected) return;
    face();
    observer.observe(document.documentElement, { attributes: true });
    launcher.ariaLabel = label.textContent = labels[language().slice(0, 2)] ?? labels.en!;
    document.body.append(element);
  };
  // Where the page requires consent, nothing is read, stored or asked for before it is given, or the launcher is clicked.
  const ready = () => (agreed || wishes[0] ? begin() : attach());

  for (const entry of early) call(...entry);
  if (document.body) ready();
  else addEventListener("DOMContentLoaded", ready);
}

/** Reading a storage throws where it is forbidden. */
function read(storage: "localStorage" | "sessionStorage", key: string): string | null {
  try {
    return window[storage].getItem(key);
  } catch {
    return null;
  }
}

function icon(d: string): SVGElement {
  const make = (tag: string) => document.createElementNS("http://www.w3.org/2000/svg", tag) as SVGElement;
  const svg = make("svg");
  const path = make("path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.ariaHidden = "true";
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
}

/** The panel has all other words. */
const labels: Record<string, string> = { en: "Chat with us", es: "Escríbenos", pt: "Fale com a gente", it: "Scrivici" };

const script = document.currentScript as HTMLScriptElement | null;
// Included twice is one widget.
if (script?.dataset.site && !page.mostrador?.open) start(script, script.dataset.site);
