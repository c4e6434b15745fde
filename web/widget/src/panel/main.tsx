import { h, render } from "preact";
// The panel: loaded when somebody reaches for the launcher, or has a conversation open.

import { effect } from "@preact/signals";

import type { Host, Panel } from "../host.js";
import { App } from "./app.js";
import { kit } from "./kit.js";
import css from "./panel.css";
import { Store } from "./store.js";

export async function mount(host: Host): Promise<Panel> {
  const store = new Store(host);
  // A mail's button was followed: on this page, or on one before in this tab.
  if (host.resume || store.tab.get(store.key.shown) === "mail") return (await import("./resume.js")).resume(host, store, mount, kit);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  host.root.adoptedStyleSheets = [...host.root.adoptedStyleSheets, sheet];
  await store.face();
  // What comes before the first message is part of the first sight.
  const { privacy } = host.config.settings;
  if (store.content.value?.faqs.length || privacy.privacy_url || privacy.terms_url || store.barred.value || store.bubble.value || store.stored()) await store.loadLater();
  const badge = document.createElement("i");
  badge.ariaHidden = "true";
  const down = host.launcher.querySelector("svg")!.cloneNode(true) as SVGElement;
  down.classList.add("down");
  down.firstElementChild!.setAttribute("d", "m6 9 6 6 6-6");
  host.launcher.append(down, badge);
  const place = document.createElement("div");
  host.root.prepend(place);
  render(<App store={store} host={host.element} launcher={host.launcher} />, place);
  store.start();
  if (store.tab.get(store.key.offer)) void import("./offer.js").then(({ restore }) => restore(store), () => {});
  const stop = effect(() => {
    host.element.dataset.open = String(store.open.value);
    store.showLauncher();
  });
  // Shown on the page before: still shown here, except where it would hide the page that the shopper has just asked for.
  if (store.wasShown && !matchMedia("(max-width: 479px)").matches) store.show(false);
  return {
    open: () => store.show(),
    close: () => store.hide(),
    identify: () => void store.identify(),
    offer: (shown, tell) => void import("./offer.js").then(({ offer }) => offer(store, shown, tell), () => {}),
    toggle: () => (store.open.value ? store.hide() : store.show()),
    shutdown() {
      stop();
      store.shutdown();
      render(null, place);
      place.remove();
    },
  };
}
