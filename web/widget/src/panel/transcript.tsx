// The conversation by mail, as an item of the menu and what follows: asked for at the address that is known; where none is, the shopper types one. Fetched when the menu is opened.

import type { h } from "preact";
import { phrases } from "../languages/transcript.js";
import type { Kit } from "./kit.js";
import type { Store } from "./store.js";
import css from "./transcript.css";

export { css };

export type Transcripts = ReturnType<typeof views>;

type Step = "sending" | "sent" | "why" | "early" | "often" | "failed";

export function views({ Icon, h, paths, primary, useEffect, useRef, useSignal }: Kit) {
  paths.mail ??= ["M3 5h18v14H3Z", "m3 7 9 6 9-6"];
  const saidIn = (store: Store) => phrases[primary(store.language.value) as "en"] ?? phrases.en;
  return { Item, Transcript };

  /** The menu's last: it comes a moment after the others, and moves none of them. */
  function Item({ store, pick }: { store: Store; pick(act: () => void): () => void }) {
    return (
      <button type="button" role="menuitem" tabIndex={-1} data-testid="mail-me" onClick={pick(() => (store.ask.value = "mail"))}>
        <Icon name="mail" size={16} />
        {saidIn(store).item}
      </button>
    );
  }

  function Transcript({ store }: { store: Store }) {
    const step = useSignal<Step>("sending");
    const wrong = useSignal(false);
    const email = useSignal("");
    // One id for all tries at an address: what was sent and not heard of goes once.
    const id = useSignal(store.edges.uuid());
    const say = saidIn(store);
    const conversation = store.conversation.value?.log.id;
    const ask = async (typed?: string) => {
      step.value = "sending";
      wrong.value = false;
      try {
        const { status } = await store.post(`/conversations/${conversation}/transcript`, { id: id.value, ...(typed && { email: typed }) }, store.session?.session);
        if (status === 202) step.value = "sent";
        else if (status === 422) {
          step.value = "why";
          wrong.value = typed !== undefined;
          id.value = store.edges.uuid();
        } else step.value = status === 403 ? "early" : status === 429 ? "often" : "failed";
      } catch {
        step.value = "failed";
      }
    };
    const box = useRef<HTMLDivElement>(null);
    useEffect(() => void ask(), []);
    const now = step.value;
    useEffect(() => box.current?.querySelector<HTMLElement>(now === "why" ? "input" : ".quiet")?.focus(), [now]);
    return (
      <div ref={box}>
        <h3 id="ask">{say.title}</h3>
        <p id="why" role="status">
          {say[now]}
        </p>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void ask(email.value.trim() || (now === "why" ? " " : undefined));
          }}
        >
          {now === "why" && (
            <div class="mail-to">
              <input
                type="email"
                autocomplete="email"
                dir="ltr"
                aria-label={say.email}
                aria-invalid={wrong.value}
                aria-describedby="mail-wrong"
                placeholder={say.email}
                value={email.value}
                onInput={(event) => (email.value = event.currentTarget.value)}
                data-testid="mail-to"
              />
              <p id="mail-wrong" role="alert">
                {wrong.value && say.wrong}
              </p>
            </div>
          )}
          <div class="choices">
            <button type="button" class="quiet" data-testid="cancel" onClick={() => (store.ask.value = null)}>
              {say.close}
            </button>
            {(now === "why" || now === "failed") && (
              <button type="submit" class="primary" data-testid="mail-send">
                {now === "why" ? say.send : store.t("retry")}
              </button>
            )}
          </div>
        </form>
      </div>
    );
  }
}
