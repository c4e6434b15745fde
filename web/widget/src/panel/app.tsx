import { h } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Avatar } from "./avatar.js";
import { Composer } from "./composer.js";
import { Header } from "./header.js";
import { Icon } from "./icons.js";
import { type Ask, authorName, type Store } from "./store.js";
import { Thread } from "./thread.js";
import { useFullScreen } from "./full-screen.js";

export function App({ store, host, launcher }: { store: Store; host: HTMLElement; launcher: HTMLElement }) {
  const panel = useRef<HTMLDivElement>(null);
  const open = store.open.value;
  const full = useFullScreen(store, panel);
  const was = useRef(false);
  useEffect(() => {
    if (open && !was.current && !matchMedia("(hover: hover) and (pointer: fine)").matches) {
      panel.current?.querySelector<HTMLElement>("#title")?.focus({ preventScroll: true });
    }
    // Focus that would fall into nothing goes back to where it came from.
    if (!open && was.current && (document.activeElement === document.body || host.contains(document.activeElement))) launcher.focus({ preventScroll: true });
    was.current = open;
  }, [open]);

  return (
    <div class="frame" dir={store.direction.value} lang={store.language.value} data-theme={store.theme.value}>
      <Teaser store={store} />
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
          } else if (event.key === "Tab" && full) wrap(event, panel.current!);
        }}
      >
        <Header store={store} />
        {store.away.value && (
          <p class="strip" role="status" data-testid="offline">
            <Icon name="offline" size={16} />
            {store.t(store.away.value === "offline" ? "offline" : "trouble")}
          </p>
        )}
        {store.problem.value && (
          <p class="strip bad" role="alert">
            <Icon name="alert" size={16} />
            {store.t("failedNow")}
            <button type="button" aria-label={store.t("dismiss")} onClick={() => (store.problem.value = false)}>
              <Icon name="close" size={16} />
            </button>
          </p>
        )}
        <Thread store={store} />
        <Foot store={store} />
        {store.ask.value && <Question key={store.ask.value} ask={store.ask.value} store={store} />}
      </div>
    </div>
  );
}

function Foot({ store }: { store: Store }) {
  const refused = store.unsent.value.some((message) => message.state.name === "closed");
  if (refused) {
    return (
      <div class="closed" role="status" data-testid="refused">
        <p>{store.t("refused")}</p>
        <button type="button" class="primary" data-testid="send-as-new" onClick={() => store.startNew(true)}>
          {store.t("sendAsNew")}
        </button>
        <button type="button" class="quiet" onClick={() => store.startNew(false)}>
          {store.t("discard")}
        </button>
      </div>
    );
  }
  if (store.closed.value) {
    return (
      <div class="closed" data-testid="closed">
        <p>
          <strong>{store.t("ended")}</strong>
          {store.t("endedNote")}
        </p>
        <button type="button" class="primary" data-testid="start-new" onClick={() => store.startNew(false)}>
          {store.t("startNew")}
        </button>
      </div>
    );
  }
  return <Composer store={store} />;
}

/** The newest unread message beside the launcher, while the panel is closed. */
function Teaser({ store }: { store: Store }) {
  const newest = store.newest.value;
  if (store.open.value || newest?.kind !== "message" || newest.seq <= store.dismissed.value) return null;
  const name = authorName(newest) || store.config.value.name;
  return (
    <div class="teaser" data-testid="teaser">
      <button type="button" class="card" onClick={() => store.show()}>
        <Avatar name={name} size={36} />
        <span>
          <b>
            <bdi>{name}</bdi>
          </b>
          <span dir="auto">{newest.text}</span>
        </span>
      </button>
      <button type="button" class="away" aria-label={store.t("dismiss")} onClick={() => (store.dismissed.value = newest.seq)}>
        <Icon name="close" size={14} />
      </button>
      <p class="sr" aria-live="polite">
        {store.announced.value}
      </p>
    </div>
  );
}

function Question({ ask, store }: { ask: Ask; store: Store }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = (box.current?.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    box.current?.querySelector<HTMLElement>(".quiet")?.focus();
    return () => before?.focus({ preventScroll: true });
  }, []);
  const end = ask === "end";
  return (
    <div class="veil" onClick={(event) => event.target === event.currentTarget && (store.ask.value = null)}>
      <div
        ref={box}
        class="question"
        role="alertdialog"
        aria-modal="true"
        aria-labelledby="ask"
        aria-describedby="why"
        onKeyDown={(event) => {
          if (event.key !== "Tab") return;
          event.stopPropagation();
          wrap(event, box.current!);
        }}
      >
        <h3 id="ask">{store.t(end ? "endChatAsk" : "endHereAsk")}</h3>
        <p id="why">{store.t(end ? "endChatWhy" : "endHereWhy")}</p>
        <div class="choices">
          <button type="button" class="quiet" data-testid="cancel" onClick={() => (store.ask.value = null)}>
            {store.t("cancel")}
          </button>
          <button type="button" class="primary danger" data-testid="confirm" onClick={() => void (end ? store.end() : store.forget())}>
            {store.t(end ? "endChat" : "endHere")}
          </button>
        </div>
      </div>
    </div>
  );
}

/** Keeps the focus inside what is modal. */
function wrap(event: KeyboardEvent, box: HTMLElement): void {
  const stops = [...box.querySelectorAll<HTMLElement>("button:not([disabled]), textarea, a[href], [tabindex='0']")].filter((stop) => stop.offsetParent !== null && stop.tabIndex >= 0);
  const at = (box.getRootNode() as ShadowRoot).activeElement;
  const [first, last] = [stops[0], stops.at(-1)];
  if (event.shiftKey ? at === first || !stops.includes(at as HTMLElement) : at === last) {
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  }
}
