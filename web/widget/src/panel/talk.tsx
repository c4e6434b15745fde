// What only a conversation has, or what was said before it: the messages in their groups, the lines between them, how far the last has come.
// Fetched with what comes later (`later.tsx`), and handed what it shares with the panel for the same reason.

import type { Entry, Unsent } from "@mostrador/protocol";
import type { h } from "preact";
import type { Bot } from "./bot.js";
import type { Files } from "./files.js";
import type { Kit } from "./kit.js";
import { type Bubble, type Item, layout } from "./layout.js";
import type { Store } from "./store.js";
import css from "./talk.css";

export { css };

export type Talk = ReturnType<typeof views>;

export function views(kit: Kit) {
  const { Avatar, Fragment, Icon, Rich, authorName, clock, h, signal, startOfDay, tag, useRef } = kit;
  const files = signal<Files | null>(null);
  const bot = signal<Bot | null>(null);
  return { Items, Typing };

  function Items({ store, entries, unsent }: { store: Store; entries: readonly Entry[]; unsent: readonly Unsent[] }) {
    const items = layout({ entries, unsent, divider: store.divider.value, dayOf: startOfDay });
    const language = store.language.value;
    const own = items.findLast((item) => item.type === "group" && item.own);
    if (entries.some(({ bot }) => bot)) void store.bring(bot, () => import("./bot.js"));
    return (
      <>
        {items.map((item) => (
          <Row key={item.key} item={item} store={store} language={language} lastOwn={item === own} />
        ))}
        {bot.value && <bot.value.Buttons store={store} entries={entries} />}
      </>
    );
  }

  function Row({ item, store, language, lastOwn }: { item: Item; store: Store; language: string; lastOwn: boolean }) {
    switch (item.type) {
      case "day":
      case "new":
      case "line":
        return <Line item={item} store={store} />;
      case "form": {
        const form = store.form.value;
        return form && <form.Form entry={item.entry} store={store} />;
      }
      case "group": {
        const name = item.author.role === "agent" ? item.author.name : item.own ? store.t("you") : store.config.value.name;
        return (
          <li class={item.own ? "group own" : "group theirs"}>
            {!item.own && <Avatar name={name} photo={store.photo(item.author)} />}
            <div class="bubbles">
              <p class={item.own ? "name sr" : "name"}>
                <bdi>{name}</bdi>
              </p>
              {item.bubbles.map((bubble) => (
                <BubbleView key={bubble.key} bubble={bubble} own={item.own} store={store} />
              ))}
              <p class="meta">
                <time dateTime={new Date(item.at).toISOString()}>{clock(item.at, language)}</time>
                {lastOwn && <Status bubble={item.bubbles.at(-1)!} store={store} />}
              </p>
            </div>
          </li>
        );
      }
    }
  }

  function BubbleView({ bubble, own, store }: { bubble: Bubble; own: boolean; store: Store }) {
    const state = bubble.unsent?.state.name;
    const failed = state === "failed" || state === "closed";
    // Only the shop's own words may have pictures: whoever looks at a picture tells its server that they look.
    const Said: typeof kit.said = bubble.shop ? kit.said : Rich;
    // What has just come rises; history is simply there.
    const fresh = useRef(store.client.now() - bubble.at < 3000).current;
    return (
      <div class={`message${failed ? " failed" : ""}${fresh ? " fresh" : ""}`} data-testid="message" data-own={own} data-seq={bubble.seq} data-state={state ?? "stored"}>
        <div class="bubble" dir="auto">
          <Said store={store} text={bubble.text} />
        </div>
        <Below bubble={bubble} store={store} />
      </div>
    );
  }

  /** Everything in the thread but what was said. */
  function Line({ item, store }: { item: Exclude<Item, { type: "group" | "form" }>; store: Store }) {
    if (item.type === "day") {
      return (
        <li class="day">
          <span>{day(item.at, store.client.now(), store.language.value)}</span>
        </li>
      );
    }
    if (item.type === "new") {
      return (
        <li class="new" data-testid="new-divider">
          <span>{store.t("newMessages")}</span>
        </li>
      );
    }
    const name = authorName(item.entry);
    const { kind, author } = item.entry;
    return (
      <li class="line" data-testid="line">
        <span>{kind === "joined" || kind === "left" ? store.t(kind, { name }) : author.role === "shopper" ? store.t("endedByYou") : name ? store.t("endedBy", { name }) : store.t("ended")}</span>
      </li>
    );
  }

  function day(at: number, now: number, language: string): string {
    const days = Math.round((startOfDay(at) - startOfDay(now)) / 86_400_000);
    if (days === 0 || days === -1) return capital(new Intl.RelativeTimeFormat(tag(language), { numeric: "auto" }).format(days, "day"));
    const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
    const format = new Intl.DateTimeFormat(tag(language), { weekday: days > -7 ? "long" : "short", day: "numeric", month: days > -7 ? "long" : "short", ...(!sameYear && { year: "numeric" }) });
    return capital(format.format(at));
  }

  function capital(text: string): string {
    return text.charAt(0).toLocaleUpperCase() + text.slice(1);
  }

  /** Under a message: that it was not sent, or that it came by mail and what came along. */
  function Below({ bubble, store }: { bubble: Bubble; store: Store }) {
    const { key, mail, unsent } = bubble;
    if (mail) {
      void store.bring(files, () => import("./files.js"));
      return files.value && <files.value.Mailed bubble={bubble} store={store} />;
    }
    if (unsent?.state.name !== "failed") return null;
    return (
      <p class="trouble" data-testid="failed">
        <Icon name="alert" size={16} />
        {store.t("notSent")}
        <button type="button" onClick={() => store.client.retry(key)}>
          {store.t("retry")}
        </button>
        <button type="button" onClick={() => store.client.discard(key)}>
          {store.t("discard")}
        </button>
      </p>
    );
  }

  /** How far the last of the shopper's messages has come. */
  function Status({ bubble, store }: { bubble: Bubble; store: Store }) {
    const team = store.conversation.value?.log.cursors.team;
    const state = bubble.unsent?.state.name;
    if (state === "failed" || state === "closed") return null;
    const seq = bubble.seq || (bubble.unsent?.state.name === "stored" ? bubble.unsent.state.seq : 0);
    const key = seq === 0 ? "sending" : team && team.seen >= seq ? "seen" : team && team.delivered >= seq ? "delivered" : "sent";
    return (
      <span class={`status ${key}`} data-testid="status" data-status={key}>
        <Icon name={key === "sending" ? "clock" : key === "sent" ? "check" : "checks"} size={14} />
        {store.t(key)}
      </span>
    );
  }

  function Typing({ store }: { store: Store }) {
    const author = store.typing.value;
    if (!author) return null;
    return (
      <li class="group theirs typing" data-testid="typing">
        <Avatar name={author.name} photo={store.photo(author)} />
        <div class="bubble" role="img" aria-label={store.t("typing", { name: author.name })}>
          <i />
          <i />
          <i />
        </div>
      </li>
    );
  }
}
