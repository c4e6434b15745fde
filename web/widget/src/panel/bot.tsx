// A bot's buttons, below its last words, and what it says before there is a conversation. Loaded where a bot speaks. What a button leads to
// the server decides; what was pressed is kept until it is known to have arrived.

import type { Beginning, Command, Entry, RequestError } from "@mostrador/protocol";
import type { h } from "preact";
import { words } from "../languages/bot.js";
import css from "./bot.css";
import { type Choice, concerns, type Offered, offered, readChoice } from "./bot-state.js";
import type { Kit } from "./kit.js";
import type { Store } from "./store.js";

export { css };

export type Bot = ReturnType<typeof views>;

/** What the bot says to whoever opens the window: at the head of the thread, part of no conversation until somebody answers. */
export function speak(store: Store): void {
  const opening = store.content.value?.opening;
  if (!opening || !store.fresh.value || store.spoken.value) return;
  const { scenario, version, turn, said } = opening;
  const at = store.client.now();
  const thread = said.map(({ step, text, buttons }, n): Entry => ({ log: "thread", seq: n + 1, thread_at: n + 1, at, author: { role: "system" }, kind: "message", text, bot: { scenario, step, ...(buttons && { turn, buttons }) } }));
  // The questions of the FAQs wait: the bot asks.
  store.wantsPerson.value = true;
  store.spoken.value = { thread, begin: { opening: { scenario, version, step: said.at(-1)!.step } } };
}

export function views({ Fragment, Icon, h, primary, signal, useEffect, useRef }: Kit) {
  const pending = signal<Choice | null>(null);
  const state = signal<"idle" | "sending" | "waiting" | "gone">("idle");
  return { Buttons };

  function Buttons({ store, entries }: { store: Store; entries: readonly Entry[] }) {
    const group = useRef<HTMLDivElement>(null);
    /** The shopper is at it: the next buttons take the focus. */
    const busy = useRef(false);
    const log = store.conversation.value?.log ?? null;
    const key = `${store.key.base}choice`;
    // Who writes gets a person: what was offered is not meant any more.
    const writes = store.unsent.value.some(({ state }) => state.name !== "failed" && state.name !== "closed");
    const now = writes || store.host.tab || store.barred.value ? null : offered(log?.thread.length ? log : null, entries);
    const turn = now ? `${now.conversation}${now.turn}` : "";
    const online = store.connection.value.name === "online";

    const settle = (next: "idle" | "gone") => {
      pending.value = null;
      state.value = next;
      store.tab.remove(key);
    };
    const send = async (choice: Choice) => {
      if (state.value === "sending") return;
      pending.value = choice;
      state.value = "sending";
      try {
        const { conversation_id } = await store.client.request(command(choice), undefined, choice.id);
        store.tab.remove(key);
        // It has begun; should its entries not be pushed, they are asked for.
        if (!store.client.conversations.has(conversation_id!)) store.client.connection.hello();
      } catch (error) {
        const { code } = error as RequestError;
        // Not known to have arrived, or not now: the same again once there is a connection.
        const later = ["offline", "lost", "retry", "internal", "rate_limited", "unauthorized", "hello_first"].includes(code);
        if (!later) return settle("gone");
        state.value = "waiting";
        // A blink, on a connection that stands.
        if (store.client.connection.online) store.edges.after(2000, () => state.value === "waiting" && pending.value === choice && void send(choice));
      }
    };
    const choose = (now: Offered, button: string | null) => {
      if (state.value === "sending" || state.value === "waiting") return;
      if (store.asksConsent.value) return void (store.agreed.value = null);
      busy.current = true;
      const { conversation, turn } = now;
      const choice: Choice = { id: store.edges.uuid(), conversation, turn, button, ...(conversation === null && { begin: store.begins() }) };
      store.tab.set(key, JSON.stringify(choice));
      // The socket stays open from here on, as after a first message.
      store.local.set(store.key.open, "1");
      store.enter();
      store.client.start();
      store.atEnd.value = true;
      void send(choice);
    };

    useEffect(() => {
      // What was under way when the page went.
      const kept = readChoice(store.tab.get(key));
      if (concerns(kept, now)) {
        pending.value = kept;
        if (state.value === "idle") state.value = "waiting";
      } else if (now || log) settle("idle");
      const at = store.host.root.activeElement;
      // What was pressed is gone: the focus goes where the shopper goes on, unless they are elsewhere by now.
      if (busy.current && (!at || group.current?.contains(at)) && !concerns(kept, now)) {
        const writes = matchMedia("(hover: hover) and (pointer: fine)").matches;
        const next = group.current?.querySelector("button") ?? store.host.root.querySelector<HTMLElement>(".question input") ?? store.host.root.querySelector<HTMLElement>(writes ? "textarea" : ".thread");
        next?.focus({ preventScroll: true });
      }
      // Also what is said to whoever has just opened the window, and the last words of a bot that asks no more.
      if (!writes && entries.at(-1)?.bot && (busy.current || (now?.conversation === null && store.takesFocus))) store.announced.value = told(store, entries, now);
    }, [turn]);
    useEffect(() => {
      if (online && pending.value && state.value === "waiting") void send(pending.value);
    }, [online, turn]);

    if (!now) return null;
    const waits = state.value === "sending" || state.value === "waiting";
    const button = (id: string | null, label: string) => (
      <button
        key={`${turn}${id}`}
        type="button"
        dir="auto"
        // Not `disabled`: the focus would fall into nothing.
        aria-disabled={waits}
        aria-pressed={waits && pending.value?.button === id}
        data-testid={id === null ? "restart" : "choose"}
        onClick={() => choose(now, id)}
      >
        {label}
      </button>
    );
    return (
      <li class="bot">
        <div ref={group} role="group" aria-label={say(store, "answers")} data-testid="choices">
          {now.restart ? button(null, say(store, "again")) : now.buttons.map(({ id, label }) => button(id, label))}
        </div>
        <p class="trouble" role="status" data-testid="choice-state">
          {(state.value === "gone" || (state.value === "waiting" && !online)) && (
            <>
              <Icon name="alert" size={16} />
              {say(store, state.value === "gone" ? "gone" : "waiting")}
            </>
          )}
        </p>
      </li>
    );
  }

  /** What a screen reader is told of a turn: all that was said since the shopper's own, and what can be chosen. */
  function told(store: Store, entries: readonly Entry[], now: Offered | null): string {
    const own = entries.findLastIndex(({ author }) => author.role === "shopper");
    const said = entries.slice(own + 1).flatMap((entry) => (entry.kind === "message" ? entry.text : []));
    const labels = now?.restart ? [say(store, "again")] : (now?.buttons ?? []).map(({ label }) => label);
    return [...said, labels.join(", ")].join(" ");
  }

  function command({ conversation, turn, button, begin }: Choice): Command {
    if (button === null) return { action: "restart", conversation_id: conversation!, turn };
    const { group, opening, proactive } = (begin ?? {}) as Beginning;
    return { action: "choose", conversation_id: conversation, turn, button, ...(opening && { opening }), ...(proactive && { shown: proactive }), ...(group && { group }) };
  }

  function say(store: Store, key: keyof typeof words.en): string {
    return (words[primary(store.language.value) as "en"] ?? words.en)[key];
  }
}
