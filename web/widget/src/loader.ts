// The one script of a shop's page: a launcher, the queue of early calls, and the panel when somebody wants it. Small on purpose.
//
//   <script async src="https://…/widget/loader.js" data-site="demo"></script>
//   <script>window.mostrador=window.mostrador||function(){(mostrador.q=mostrador.q||[]).push(arguments)}</script>
//   mostrador("open"); mostrador("on", "message", (message) => …);

import type { SiteConfig } from "@mostrador/protocol";
import { accentFrom, readableOn } from "./colour.js";
import type { Host, Panel } from "./host.js";
import { keys } from "./keys.js";
import css from "./launcher.css";
import { direction, language, theme } from "./page.js";

/** The panel's file name, with its hash; set by the build. */
declare const PANEL: string;

type Call = [name: string, ...rest: unknown[]];
type Listener = (detail: unknown) => void;
interface Api {
  (...call: Call): void;
  q?: Call[];
  running?: boolean;
}

const page = window as unknown as { mostrador?: Api };
function start(script: HTMLScriptElement, site: string): void {
  const early = page.mostrador?.q ?? [];
  const { api: apiOrigin, theme: wish, zIndex, offset } = script.dataset;
  const api = (apiOrigin ?? new URL(script.src).origin).replace(/\/$/, "");
  const key = keys(site);
  const listeners: Record<string, Listener[]> = {};
  const words = labels[language().slice(0, 2)] ?? labels.en!;

  const element = document.createElement("div");
  element.id = "mostrador";
  const root = element.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  const style = (name: string, value: string) => element.style.setProperty(name, value);
  style("--z", String(Math.min(Number(zIndex) || 2147483000, 2147483000)));
  if (offset) style("--offset", `${Number(offset) || 16}px`);

  const launcher = document.createElement("button");
  launcher.className = "launcher";
  launcher.type = "button";
  launcher.setAttribute("aria-haspopup", "dialog");
  launcher.dataset.testid = "launcher";
  launcher.append(icon("chat", "M21 11.5a8.4 8.4 0 0 1-12.2 7.5L3 21l2-5.8A8.5 8.5 0 1 1 21 11.5Z"), icon("down", "m6 9 6 6 6-6"));
  const badge = document.createElement("span");
  badge.className = "badge";
  badge.setAttribute("aria-hidden", "true");
  launcher.append(badge);

  let panel: Promise<Panel> | undefined;
  let config: SiteConfig | undefined;
  let gone = false;

  const show: Host["show"] = ({ open, unread }) => {
    launcher.setAttribute("aria-expanded", String(open));
    launcher.setAttribute("aria-label", open ? words[2]! : unread ? words[1]!.replace("#", String(unread)) : words[0]!);
    const count = open ? 0 : unread;
    badge.textContent = count > 99 ? "99+" : count ? String(count) : "";
  };
  const emit: Host["emit"] = (event, detail) => {
    for (const listener of listeners[event] ?? []) {
      try {
        listener(detail);
      } catch (error) {
        console.error(error);
      }
    }
  };
  /** The merchant's colour, readable on what the page's theme puts behind it. */
  const face = () => {
    const { accent, onAccent } = accentFrom(config!.color);
    const shown = theme(wish);
    element.dir = direction();
    element.dataset.theme = shown;
    style("--accent", accent);
    style("--on-accent", onAccent);
    style("--accent-text", readableOn(config!.color, shown === "dark" ? "#2c2926" : "#f4f2ef"));
  };

  const load = () => {
    panel ??= import(new URL(`assets/${PANEL}`, script.src).href)
      .then(async (module: { mount(host: Host): Promise<Panel> }) => {
        const made = await module.mount({ site, api, element, root, launcher, config: config!, theme: wish, emit, show });
        if (gone) made.shutdown();
        return made;
      })
      .catch((error: unknown) => {
        // A lost network: the next click tries again.
        panel = undefined;
        throw error;
      });
    return panel;
  };
  const withPanel = (act: (panel: Panel) => void) => {
    if (config && !gone) load().then(act, () => {});
    else wishes.push(act);
  };
  const wishes: ((panel: Panel) => void)[] = [];

  launcher.onclick = () => withPanel((panel) => panel.toggle());
  // Whoever reaches for the launcher means it: by the time of the click the panel is there.
  launcher.onpointerenter = launcher.onfocus = () => void load().catch(() => {});

  const observer = new MutationObserver(face);

  const calls: Record<string, (...rest: never[]) => void> = {
    open: () => withPanel((panel) => panel.open()),
    close: () => withPanel((panel) => panel.close()),
    // Verified shoppers come later; the call is accepted so that pages may be written for it.
    identify: () => {},
    on: (event: string, listener: Listener) => void (listeners[event] ??= []).push(listener),
    shutdown: () => {
      gone = true;
      panel?.then((panel) => panel.shutdown());
      observer.disconnect();
      element.remove();
      delete page.mostrador;
    },
  };
  const call: Api = (name, ...rest) => (calls[name] as ((...rest: unknown[]) => void) | undefined)?.(...rest);
  call.running = true;
  Object.assign(call, Object.fromEntries(Object.keys(calls).map((name) => [name, (...rest: unknown[]) => call(name, ...rest)])));
  page.mostrador = call;

  const configure = async (attempt: number): Promise<void> => {
    try {
      const answer = await fetch(`${api}/v1/sites/${encodeURIComponent(site)}/config`, { credentials: "omit" });
      if (answer.status === 404) return console.warn(`mostrador: there is no site "${site}"`);
      if (!answer.ok) throw answer.status;
      config = (await answer.json()) as SiteConfig;
    } catch {
      setTimeout(() => void configure(attempt + 1), Math.random() * Math.min(60_000, 2_000 * 2 ** attempt));
      return;
    }
    if (gone) return;
    face();
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["lang", "dir", "class", "style", "data-theme"] });
    show({ open: false, unread: 0 });
    root.append(launcher);
    document.body.append(element);
    // A conversation is open, or the panel was shown on the page before.
    if (read("localStorage", key.open) || read("sessionStorage", key.shown)) void load().catch(() => {});
    for (const act of wishes) withPanel(act);
  };

  for (const entry of early) call(...(Array.from(entry) as Call));
  if (document.body) void configure(0);
  else addEventListener("DOMContentLoaded", () => void configure(0));
}

/** Reading a storage throws where it is forbidden. */
function read(storage: "localStorage" | "sessionStorage", key: string): string | null {
  try {
    return window[storage].getItem(key);
  } catch {
    return null;
  }
}

function icon(name: string, path: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", name);
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** [open, open with # unread, close]; the panel has all other words. */
const labels: Record<string, string[]> = {
  en: ["Chat with us", "Chat with us, # unread", "Close the chat"],
  es: ["Escríbenos", "Escríbenos, # sin leer", "Cerrar el chat"],
  pt: ["Fale com a gente", "Fale com a gente, # não lidas", "Fechar o chat"],
  it: ["Scrivici", "Scrivici, # non letti", "Chiudi la chat"],
};

const script = document.currentScript as HTMLScriptElement | null;
// Included twice is one widget.
if (script?.dataset.site && !page.mostrador?.running) start(script, script.dataset.site);
