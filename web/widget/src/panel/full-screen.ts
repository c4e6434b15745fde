// On a phone the panel fills the screen: what the keyboard leaves of it, and the page behind does not scroll.

import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Store } from "./store.js";

const NARROW = "(max-width: 479px)";

export function useFullScreen(store: Store, panel: RefObject<HTMLElement | null>): boolean {
  const narrow = useSignal(matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const changed = () => (narrow.value = query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  const full = narrow.value;
  const shown = full && store.open.value;
  useEffect(() => {
    if (!shown) return;
    const view = window.visualViewport;
    const fit = () => {
      panel.current?.style.setProperty("--height", `${view ? view.height : innerHeight}px`);
      panel.current?.style.setProperty("--top", `${view ? view.offsetTop : 0}px`);
    };
    const page = document.documentElement;
    const before = page.style.overflow;
    page.style.overflow = "hidden";
    fit();
    view?.addEventListener("resize", fit);
    view?.addEventListener("scroll", fit);
    return () => {
      page.style.overflow = before;
      view?.removeEventListener("resize", fit);
      view?.removeEventListener("scroll", fit);
    };
  }, [shown]);
  return full;
}
