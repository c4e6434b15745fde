// What the loader hands to the panel.

import type { SiteConfig } from "@mostrador/protocol";

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
  /** What a mail's button holds, by which the page was opened. */
  button?: string | undefined;
  /** A conversation of this tab alone: what is kept of it has names of its own, see `resume.tsx`. */
  tab?: string;
  /** `null`: the page says that nobody is signed in; `undefined`: it has said nothing. */
  identity(): Identity | null | undefined;
  /** Tells the page's listeners. */
  emit(event: "message" | "open" | "close" | "identity", detail?: unknown): void;
  /** Reads the site's settings again. */
  refresh(): Promise<SiteConfig>;
}

export interface Panel {
  open(): void;
  close(): void;
  toggle(): void;
  identify(): void;
  shutdown(): void;
}
