import { Fragment, h } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Avatar } from "./avatar.js";
import { kit } from "./kit.js";
import { fromTeam, type Store } from "./store.js";

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
  const top = useRef(0);

  const conversation = store.conversation.value;
  // What the shop said first stands there until it is in the log.
  const entries = (conversation?.log.thread.length ? conversation.log : store.spoken.value)?.thread ?? [];
  const first = Math.max(0, entries.length - amount.value);
  const stored = new Set(entries.slice(-50).map((entry) => entry.client_id));
  const later = store.later.value;
  const talk = store.talk.value;
  const unsent = store.unsent.value.filter((message) => !stored.has(message.id));
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
    // A glide goes down: up it is the reader, by whatever key or bar.
    if (atEnd || box.scrollTop < top.current) gliding.current = false;
    top.current = box.scrollTop;
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
  }, [last, conversation?.log.id, talk]);
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
              {/* Where there are questions the greeting comes after them, with a person. Where the shop spoke first, that is the greeting. */}
              {first === 0 && !conversation?.log.hasOlder && !choosing && !(entries[0] && fromTeam(entries[0])) && greeting}
              {talk && <talk.Items store={store} entries={entries.slice(first)} unsent={unsent} />}
            </>
          )}
          {talk && <talk.Typing store={store} />}
        </ol>
      </div>
      {later && !store.atEnd.value && !choosing && <later.Pill store={store} news={below.value} onClick={() => toEnd(true)} />}
      <p class="sr" aria-live="polite" data-testid="announcer">
        {store.open.value ? store.announced.value : ""}
      </p>
    </div>
  );
}
