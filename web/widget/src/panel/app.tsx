import { h } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Composer } from "./composer.js";
import { Header } from "./header.js";
import type { Store } from "./store.js";
import { Thread } from "./thread.js";
import { useFullScreen } from "./full-screen.js";

export function App({ store, host, launcher }: { store: Store; host: HTMLElement; launcher: HTMLElement }) {
  const panel = useRef<HTMLDivElement>(null);
  const open = store.open.value;
  const full = useFullScreen(store, panel);
  const was = useRef(false);
  useEffect(() => {
    const writes = matchMedia("(hover: hover) and (pointer: fine)").matches && panel.current?.querySelector("textarea");
    if (open && !was.current && !writes && store.takesFocus) {
      panel.current?.querySelector<HTMLElement>("#title")?.focus({ preventScroll: true });
    }
    // Focus that would fall into nothing goes back to where it came from.
    if (!open && was.current && (document.activeElement === document.body || host.contains(document.activeElement))) launcher.focus({ preventScroll: true });
    was.current = open;
  }, [open]);

  const later = store.later.value;
  const menus = store.menus.value;
  // What the end of a conversation refused is offered before anything else.
  const over = store.closed.value || store.unsent.value.some((message) => message.state.name === "closed");
  return (
    <div class="frame" dir={store.direction.value} lang={store.language.value} data-theme={store.theme.value}>
      {later && <later.Teaser store={store} />}
      <div
        ref={panel}
        class={`panel${open ? " open" : ""}${full ? " full" : ""}`}
        role="dialog"
        aria-modal={full}
        aria-labelledby="title"
        inert={!open}
        data-testid="panel"
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            if (store.ask.value) store.ask.value = null;
            else store.hide();
          } else if (event.key === "Tab" && full) later?.wrap(event, panel.current!);
        }}
      >
        <Header store={store} />
        {later && <later.Away store={store} />}
        <Thread store={store} />
        {over ? menus && <menus.Over store={store} /> : later && store.barred.value ? <later.Barred store={store} /> : later && store.faqs.value.length > 0 ? null : <Composer store={store} />}
        {menus && store.ask.value && <menus.Question key={store.ask.value} ask={store.ask.value} store={store} />}
      </div>
    </div>
  );
}
