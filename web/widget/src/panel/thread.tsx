import { Fragment, h } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Avatar } from "./avatar.js";
import { kit } from "./kit.js";
import { type Bubble, type Item, layout } from "./layout.js";
import { Rich } from "./rich.js";
import { fromTeam, type Store } from "./store.js";
import { clock, startOfDay } from "./times.js";

/** Entries rendered at first, and added whenever the reader reaches the top. */
const WINDOW = 80;
/** So close to the end counts as there. */
const NEAR = 48;

export function Thread({ store }: { store: Store }) {
  const scroller = useRef<HTMLDivElement>(null);
  const amount = useSignal(WINDOW);
  /** The height below the first visible message, to keep it where it is when earlier ones appear above. */
  const anchor = useRef<number | null>(null);
  const below = useSignal(0);
  /** On the way to the end by itself: what is passed on the way does not count as scrolled up. */
  const gliding = useRef(false);

  const conversation = store.conversation.value;
  const entries = conversation?.log.thread ?? [];
  const first = Math.max(0, entries.length - amount.value);
  const stored = new Set(entries.slice(-50).map((entry) => entry.client_id));
  const later = store.later.value;
  const unsent = store.unsent.value.filter((message) => !stored.has(message.id));
  const items = layout({ entries: entries.slice(first), unsent, divider: store.divider.value, dayOf: startOfDay });
  const language = store.language.value;
  const reached = conversation?.log.numbers.t ?? 0;
  const last = reached + unsent.length;

  const toEnd = (smooth = false) => {
    const box = scroller.current;
    if (!box) return;
    gliding.current = smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    box.scrollTo({ top: box.scrollHeight, behavior: gliding.current ? "smooth" : "instant" });
    store.atEnd.value = true;
    below.value = 0;
  };
  /** More of what came before: from what is here, or from the server. What is in sight stays where it is. */
  const earlier = async () => {
    const box = scroller.current!;
    if (anchor.current !== null || (first === 0 && !(await store.loadOlder()))) return;
    anchor.current = box.scrollHeight - box.scrollTop;
    amount.value += WINDOW;
  };
  const scrolled = () => {
    const box = scroller.current!;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    if (atEnd) gliding.current = false;
    if (gliding.current) return;
    if (atEnd !== store.atEnd.value) {
      store.atEnd.value = atEnd;
      if (atEnd) {
        below.value = 0;
        store.reconsider();
      }
    }
    if (box.scrollTop < 200) void earlier();
  };

  // After what the reader's eye rests on has been kept, and before it is painted.
  useLayoutEffect(() => {
    const box = scroller.current!;
    if (anchor.current !== null) {
      box.scrollTop = box.scrollHeight - anchor.current;
      anchor.current = null;
    }
  }, [entries[first]?.seq]);
  const counted = useRef(0);
  useLayoutEffect(() => {
    const news = entries.filter((entry) => entry.seq > counted.current && fromTeam(entry)).length;
    const own = unsent.some((message) => message.state.name === "waiting" || message.state.name === "sending");
    if (store.atEnd.value || (own && news === 0)) toEnd(counted.current > 0);
    else if (counted.current > 0) below.value += news;
    counted.current = reached;
    store.reconsider();
  }, [last, conversation?.log.id]);
  // Questions to choose from are read from the top.
  const choosing = later !== null && store.faqs.value.length > 0;
  const stay = () => !choosing && store.atEnd.value && toEnd();
  useLayoutEffect(() => {
    if (store.open.value && !choosing) toEnd();
  }, [store.open.value, store.loaded.value, choosing, store.form.value]);
  useEffect(() => {
    // The composer grows, the keyboard rises, an image of the future loads: stay at the end if one was there.
    const observer = new ResizeObserver(stay);
    observer.observe(scroller.current!);
    observer.observe(scroller.current!.firstElementChild!);
    return () => observer.disconnect();
  }, [choosing]);

  const { config } = store;
  const greeting = (
    <li class="group theirs welcome" data-testid="welcome">
      <Avatar name={config.value.name} />
      <div class="bubbles">
        <p class="name">
          <bdi>{config.value.name}</bdi>
        </p>
        <div class="bubble" dir="auto">
          <kit.said store={store} text={store.written("welcome") || config.value.welcome} />
        </div>
        {entries.length === 0 && unsent.length === 0 && !config.value.availability.online && !store.barred.value && (
          <div class="bubble soft" dir="auto">
            {store.written("away_note") || store.t("awayNote")}
          </div>
        )}
      </div>
    </li>
  );
  return (
    <div class="stage">
      <div class="thread" ref={scroller} onScroll={scrolled} onWheel={() => (gliding.current = false)} onTouchMove={() => (gliding.current = false)} tabIndex={0} role="log" aria-live="off" aria-label={store.t("thread")} data-testid="thread">
        <ol>
          {!store.loaded.value && entries.length === 0 && unsent.length === 0 ? (
            later && <later.Skeleton />
          ) : (
            <>
              {later && <later.Faqs store={store} />}
              {/* Where there are questions the greeting comes after them, with a person. */}
              {first === 0 && !conversation?.log.hasOlder && !choosing && greeting}
              {items.map((item) => (
                <Row key={item.key} item={item} store={store} language={language} lastOwn={item === lastOwn(items)} />
              ))}
            </>
          )}
          {later && <later.Typing store={store} />}
        </ol>
      </div>
      {later && !store.atEnd.value && !choosing && <later.Pill store={store} news={below.value} onClick={() => toEnd(true)} />}
      <p class="sr" aria-live="polite" data-testid="announcer">
        {store.open.value ? store.announced.value : ""}
      </p>
    </div>
  );
}

function lastOwn(items: Item[]): Item | undefined {
  return items.findLast((item) => item.type === "group" && item.own);
}

function Row({ item, store, language, lastOwn }: { item: Item; store: Store; language: string; lastOwn: boolean }) {
  const later = store.later.value;
  switch (item.type) {
    case "day":
    case "new":
    case "line":
      return later && <later.Line item={item} store={store} />;
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
              {lastOwn && later && <later.Status bubble={item.bubbles.at(-1)!} store={store} />}
            </p>
          </div>
        </li>
      );
    }
  }
}

function BubbleView({ bubble, own, store }: { bubble: Bubble; own: boolean; store: Store }) {
  const later = store.later.value;
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
      {later && <later.Below bubble={bubble} store={store} />}
    </div>
  );
}
