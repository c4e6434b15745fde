// What the loader hands to the panel.

import type { Proactive, SiteConfig } from "@mostrador/protocol";

/** What the shop's page says of who is looking at it: believed by nobody here, checked by the server. */
export type Identity = { token: string } | { customer_id: string; hash: string };

export interface Host {
  site: string;
  api: string;
  /** The element in the shop's page. */
  element: HTMLElement;
  root: ShadowRoot;
  launcher: HTMLButtonElement;
  config: SiteConfig;
  /** `data-theme` of the script tag. */
  theme: string | undefined;
  /** `data-consent` of the script tag. */
  consent: string | undefined;
  /** What a mail's button holds, by which the page was opened. */
  resume?: string | undefined;
  /** A trigger that an admin tries, by which the page was opened: its id, a dot, a key. */
  test?: string | undefined;
  /** What the page has called, in its order: see `proactive.ts`. */
  said: Call[];
  /** A conversation of this tab alone: what is kept of it has names of its own, see `resume.tsx`. */
  tab?: string;
  /** `null`: the page says that nobody is signed in; `undefined`: it has said nothing. */
  identity(): Identity | null | undefined;
  /** Tells the page's listeners. */
  emit(event: "message" | "open" | "close" | "identity", detail?: unknown): void;
  /** Reads the site's settings again. */
  refresh(): Promise<SiteConfig>;
  /** As soon as the panel is there, if this shopper may see it at all. */
  withPanel(act: (panel: Panel) => void): void;
}

/** `mostrador("track", "order", …)` */
export type Call = [name: string, ...rest: unknown[]];

/** What the loader has loaded. */
export interface Part {
  shutdown(): void;
}

export interface Panel extends Part {
  open(): void;
  close(): void;
  toggle(): void;
  identify(): void;
  /** Shows what the server has decided to say. `tell`: what became of it. */
  offer(shown: Proactive, tell: (what: "shown_opened" | "dismissed") => void): void;
}
