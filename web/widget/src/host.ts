// What the loader hands to the panel.

import type { SiteConfig } from "@mostrador/protocol";

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
  /** Tells the page's listeners. */
  emit(event: "message" | "open" | "close", detail?: unknown): void;
  /** The launcher's face. */
  show(state: { open: boolean; unread: number }): void;
}

export interface Panel {
  open(): void;
  close(): void;
  toggle(): void;
  shutdown(): void;
}
