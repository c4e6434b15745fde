// What a first conversation can be shown without: the menu, what it asks, the end of a conversation, the card beside the launcher.
// Fetched as soon as the panel has been shown, so that it is there when it is wanted. What it shares with the panel is handed to it: an
// import would cut the panel in two, and two files compress worse than one.

import type { Signal } from "@preact/signals";
import type { h } from "preact";
import type { Kit } from "./kit.js";
import css from "./later.css";
import type { Ask, Store } from "./store.js";

export { css };

export type Later = ReturnType<typeof later>;

export function later({ Avatar, Icon, authorName, h, useEffect, useRef }: Kit) {
  return { Menu, Over, Question, Teaser, wrap };

  function Menu({ store, open, anchor }: { store: Store; open: Signal<boolean>; anchor: HTMLElement }) {
    const box = useRef<HTMLDivElement>(null);
    const button = () => anchor.querySelector("button");
    useEffect(() => {
      box.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
      const root = box.current?.getRootNode() as ShadowRoot;
      const away = (event: Event) => {
        if (!event.composedPath().includes(anchor)) open.value = false;
      };
      document.addEventListener("pointerdown", away);
      root.addEventListener("focusin", away);
      return () => {
        document.removeEventListener("pointerdown", away);
        root.removeEventListener("focusin", away);
      };
    }, []);
    const keys = (event: KeyboardEvent) => {
      const items = [...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
      const at = items.indexOf((box.current?.getRootNode() as ShadowRoot).activeElement as HTMLElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        items[(to + items.length) % items.length]?.focus();
      } else if (event.key === "Escape") {
        event.stopPropagation();
        open.value = false;
        button()?.focus();
      } else if (event.key === "Tab") open.value = false;
    };
    const pick = (act: () => void) => () => {
      open.value = false;
      button()?.focus();
      act();
    };
    const live = store.conversation.value !== null && !store.closed.value;
    return (
      <div ref={box} class="menu" role="menu" aria-label={store.t("menu")} onKeyDown={keys}>
        {live && (
          <button type="button" role="menuitem" tabIndex={-1} data-testid="end" onClick={pick(() => (store.ask.value = "end"))}>
            <Icon name="end" size={16} />
            {store.t("endChat")}
          </button>
        )}
        <button type="button" role="menuitem" tabIndex={-1} data-testid="mute" onClick={pick(() => store.toggleMute())}>
          <Icon name={store.muted.value ? "sound" : "muted"} size={16} />
          {store.t(store.muted.value ? "unmute" : "mute")}
        </button>
        <button type="button" role="menuitem" tabIndex={-1} data-testid="forget" onClick={pick(() => (store.ask.value = "forget"))}>
          <Icon name="shield" size={16} />
          {store.t("endHere")}
        </button>
      </div>
    );
  }

  /** In the composer's place once the conversation is over. */
  function Over({ store }: { store: Store }) {
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
}
