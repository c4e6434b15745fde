import { h } from "preact";
import { MAX_TEXT_CHARS, textProblem } from "@mostrador/protocol";
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.js";
import type { Store } from "./store.js";

export function Composer({ store }: { store: Store }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const text = useSignal(store.draft);
  const problem = textProblem(text.value.trim());
  const later = store.later.value;
  const over = [...text.value.trim()].length - MAX_TEXT_CHARS;

  useEffect(() => {
    if (store.forgotten.value > 0) text.value = "";
  }, [store.forgotten.value]);
  // One line to five, then it scrolls.
  useLayoutEffect(() => {
    const box = field.current!;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 5 * 22 + 20)}px`;
  }, [text.value, store.open.value]);
  useEffect(() => {
    // On touch screens the keyboard would pop up over the thread: there the header has the focus.
    if (store.open.value && store.takesFocus && matchMedia("(hover: hover) and (pointer: fine)").matches) field.current?.focus({ preventScroll: true });
  }, [store.open.value]);

  const send = () => {
    if (problem || !store.say(text.value)) return;
    text.value = "";
    store.draft = "";
    store.atEnd.value = true;
    field.current?.focus({ preventScroll: true });
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="field">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text.value}
          placeholder={store.t("placeholder")}
          aria-label={store.t("placeholder")}
          aria-invalid={problem === "too_large"}
          autocomplete="off"
          enterkeyhint="send"
          data-testid="composer"
          onInput={(event) => {
            text.value = event.currentTarget.value;
            store.draft = text.value;
            if (text.value.trim()) store.typed();
          }}
          onKeyDown={(event) => {
            // Enter inside an input method chooses a word; some browsers tell only by the key code.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
            event.preventDefault();
            send();
          }}
        />
        <button type="submit" class={text.value.trim() ? "send ready" : "send"} disabled={problem !== null} aria-label={store.t("send")} data-testid="send">
          <Icon name="send" />
        </button>
      </div>
      {store.fresh.value && later && <later.Before store={store} />}
      {problem === "too_large" && (
        <p class="limit" role="alert">
          {store.t("tooLong", { n: Math.max(over, 1).toLocaleString(store.language.value) })}
        </p>
      )}
    </form>
  );
}
