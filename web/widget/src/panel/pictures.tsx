// Pictures in what the shop says by itself. Fetched when a text with one is there, which few are.

import { inWords, pictured } from "@mostrador/protocol";
import type { h } from "preact";
import type { Kit } from "./kit.js";
import css from "./pictures.css";
import type { Store } from "./store.js";

export { css };

export type Pictures = ReturnType<typeof views>;

export function views(kit: Kit) {
  const { Fragment, Rich, h, useEffect, useSignal } = kit;
  return { Pictured };

  function Pictured({ store, text }: { store: Store; text: string }) {
    // What is read out loud says what a picture shows, not where it is.
    useEffect(() => void (store.announced.value = inWords(store.announced.value)), [text]);
    return <>{pictured(text).map((part) => (typeof part === "string" ? <Rich text={part} /> : <Picture key={part.href} {...part} />))}</>;
  }

  /** The box stands before the picture has come: nothing moves when it does. The shop's page may forbid it, or it may be gone. */
  function Picture({ shows, href }: { shows: string; href: string }) {
    const lost = useSignal(false);
    return (
      <a class={lost.value ? "lost" : "picture"} href={href} target="_blank" rel="noopener noreferrer" data-testid="picture">
        {lost.value ? shows : <img alt={shows} loading="lazy" decoding="async" referrerPolicy="no-referrer" onError={() => (lost.value = true)} src={href} />}
      </a>
    );
  }
}
