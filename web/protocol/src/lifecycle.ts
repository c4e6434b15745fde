// Ties a connection to the page's life: the back/forward cache, the network's comings and goings, being looked at.

import type { Connection } from "./connection.js";

/** Answers how to untie it. `started` says whether the connection should live again after `pageshow`. */
export function bindToPage(connection: Connection, page: Window, started: () => boolean): () => void {
  const bindings: [EventTarget, string, (event: Event) => void][] = [
    [page, "pagehide", () => connection.stop()],
    [page, "pageshow", (event) => (event as PageTransitionEvent).persisted && started() && connection.start()],
    [page, "online", () => connection.wake()],
    [page, "offline", () => connection.lost()],
    [page.document, "visibilitychange", () => page.document.visibilityState === "visible" && connection.wake()],
  ];
  for (const [target, name, run] of bindings) target.addEventListener(name, run);
  return () => {
    for (const [target, name, run] of bindings) target.removeEventListener(name, run);
  };
}
