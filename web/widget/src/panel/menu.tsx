// What a conversation comes to in the end, and what is seldom asked for: the menu, its questions, what stands in the composer's place when
// a conversation is over. Fetched after everything else.

import type { Signal } from "@preact/signals";
import type { h } from "preact";
import type { Kit } from "./kit.js";
import css from "./menu.css";
import type { Ask, Store } from "./store.js";
import type { Transcripts } from "./transcript.js";

export { css };

export type Menus = ReturnType<typeof views>;

export function views(kit: Kit) {
  const { Fragment, Icon, h, signal, useEffect, useRef, wrap } = kit;
  const transcripts = signal<Transcripts | null>(null);
  return { Menu, Over, Question };

  function Menu({ store, open, anchor }: { store: Store; open: Signal<boolean>; anchor: HTMLElement }) {
    const box = useRef<HTMLDivElement>(null);
    const button = () => anchor.querySelector("button");
    useEffect(() => {
      box.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
      // The last of the items comes with what it does.
      void store.bring(transcripts, () => import("./transcript.js"));
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
        <button type="button" role="menuitem" tabIndex={-1} data-testid="mute" onClick={pick(() => toggleMute(store))}>
          <Icon name={store.muted.value ? "sound" : "muted"} size={16} />
          {store.t(store.muted.value ? "unmute" : "mute")}
        </button>
        <button type="button" role="menuitem" tabIndex={-1} data-testid="forget" onClick={pick(() => (store.ask.value = "forget"))}>
          <Icon name="shield" size={16} />
          {store.t("endHere")}
        </button>
        {store.conversation.value && transcripts.value && <transcripts.value.Item store={store} pick={pick} />}
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
          <button type="button" class="primary" data-testid="send-as-new" onClick={() => startNew(store, true)}>
            {store.t("sendAsNew")}
          </button>
          <button type="button" class="quiet" onClick={() => startNew(store, false)}>
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
        <button type="button" class="primary" data-testid="start-new" onClick={() => startNew(store, false)}>
          {store.t("startNew")}
        </button>
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
          {ask === "mail" ? (
            transcripts.value && <transcripts.value.Transcript store={store} />
          ) : (
            <Fragment>
              <h3 id="ask">{store.t(end ? "endChatAsk" : "endHereAsk")}</h3>
              <p id="why">{store.t(end ? "endChatWhy" : "endHereWhy")}</p>
              <div class="choices">
                <button type="button" class="quiet" data-testid="cancel" onClick={() => (store.ask.value = null)}>
                  {store.t("cancel")}
                </button>
                <button type="button" class="primary danger" data-testid="confirm" onClick={() => void (end ? close(store) : forget(store))}>
                  {store.t(end ? "endChat" : "endHere")}
                </button>
              </div>
            </Fragment>
          )}
        </div>
      </div>
    );
  }

  /** Puts the ended conversation away. With `resend`, what it refused goes into the new one. */
  function startNew(store: Store, resend: boolean): void {
    const { client, conversation } = store;
    const old = conversation.value;
    conversation.value = null;
    store.divider.value = 0;
    store.fromTheStart();
    if (old) client.drop(old.log.id);
    store.told = { seen: 0, delivered: 0 };
    if (resend) {
      store.local.set(store.key.open, "1");
      client.sendAsNew();
    } else {
      for (const message of client.outbox.all.filter((message) => message.state.name === "closed")) client.discard(message.id);
    }
  }

  async function close(store: Store): Promise<void> {
    const id = store.conversation.value?.log.id;
    store.ask.value = null;
    if (!id) return;
    try {
      await store.client.request({ action: "close", conversation_id: id });
    } catch {
      // Closed already, or no way to tell now: the thread shows which.
      store.problem.value = !store.closed.value;
    }
  }

  /** A shared computer: nothing of this shopper stays here, in any tab, and the session is over on the server too. */
  function forget(store: Store): Promise<void> {
    const session = store.session ?? store.stored();
    store.forgetHere();
    store.hide();
    return store.endSession(session);
  }

  function toggleMute({ key, local, muted }: Store): void {
    muted.value = !muted.value;
    if (muted.value) local.set(key.mute, "1");
    else local.remove(key.mute);
  }
}
