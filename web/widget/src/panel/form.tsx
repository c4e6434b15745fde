// The intake form inside the thread: what was answered, with a way to correct it, and the question that is asked now. Loaded when a
// conversation has one. What counts as an answer the server decides; what is written here is kept until it has.

import type { RequestError } from "@mostrador/protocol";
import type { h, InputHTMLAttributes } from "preact";
import { type Phrase, phrases } from "../languages/form.js";
import css from "./form.css";
import { type Draft, progress, readDraft } from "./form-state.js";
import type { Kit } from "./kit.js";
import type { FormEntry } from "./layout.js";
import type { Store } from "./store.js";

export { css };

export type Form = ReturnType<typeof views>;

type Field = FormEntry["fields"][number];

const inputs: Record<string, Pick<InputHTMLAttributes, "type" | "inputMode" | "autocomplete">> = {
  name: { type: "text", autocomplete: "name" },
  email: { type: "email", autocomplete: "email" },
  phone: { type: "tel", autocomplete: "tel" },
  number: { type: "text", inputMode: "decimal", autocomplete: "off" },
  text: { type: "text", autocomplete: "off" },
};

export function views({ Avatar, Icon, fill, h, primary, useEffect, useRef, useSignal }: Kit) {
  return { Form };

  function Form({ entry, store }: { entry: FormEntry; store: Store }) {
    /** The question that the shopper has gone back to. */
    const again = useSignal<string | null>(null);
    /** The shopper is at it: the next question takes the focus. Before that it would take it from the composer. */
    const busy = useRef(false);
    const { given, asking, finished } = progress(entry, store.conversation.value!.log.thread);
    const field = entry.fields.find(({ id }) => id === again.value) ?? asking;
    // Who follows a mail's button reads what was given, and gives nothing.
    const open = !store.closed.value && !store.host.tab;
    const name = store.config.value.name;
    useEffect(() => {
      if (open && asking) store.announced.value = asking.label;
    }, [asking?.id]);
    return (
      <li class="group theirs" data-testid="form">
        <Avatar name={name} />
        <div class="bubbles">
          <p class="name">
            <bdi>{name}</bdi>
          </p>
          <div class="form" role="group" aria-label={name}>
            {entry.held && !finished && open && (
              <p class="held" dir="auto" data-testid="held">
                {say(store, "held")}
              </p>
            )}
            {entry.fields.map(
              ({ id, label }) =>
                given.has(id) &&
                !(open && field?.id === id) && (
                  <div key={id} class="given" data-testid="given">
                    <p>
                      <span dir="auto">{label}</span>
                      <b dir="auto">{given.get(id) ?? "—"}</b>
                    </p>
                    {open && (
                      <button type="button" aria-label={`${say(store, "correct")}: ${label}`} onClick={() => ((busy.current = true), (again.value = id))}>
                        {say(store, "correct")}
                      </button>
                    )}
                  </div>
                ),
            )}
            {open && field && (
              <Question
                key={field.id}
                field={field}
                store={store}
                before={given.get(field.id) ?? ""}
                correcting={field !== asking}
                busy={busy}
                onBack={again.value !== null ? () => (again.value = null) : previous(entry, field) === null ? null : () => (again.value = previous(entry, field))}
                onDone={() => (again.value = null)}
              />
            )}
            {/* A bot goes on by itself. */}
            {finished && !field && entry.why && (
              <p class="thanks" dir="auto" data-testid="thanks">
                {say(store, "thanks")}
              </p>
            )}
          </div>
        </div>
      </li>
    );
  }

  interface QuestionProps {
    field: Field;
    store: Store;
    before: string;
    correcting: boolean;
    busy: { current: boolean };
    onBack: (() => void) | null;
    onDone(): void;
  }

  function Question({ field, store, before, correcting, busy, onBack, onDone }: QuestionProps) {
    const conversation = store.conversation.value!.log.id;
    const kept = readDraft(store.local.get(store.key.answer), conversation, field.id);
    const text = useSignal(kept?.text ?? before);
    const state = useSignal<"idle" | "sending" | "failed">("idle");
    const wrong = useSignal("");
    const box = useRef<HTMLFormElement>(null);
    const mounted = useRef(true);
    const { choices } = field;
    const focus = () => box.current?.querySelector<HTMLElement>("input, button")?.focus({ preventScroll: true });

    const keep = (draft: Partial<Draft>) => store.local.set(store.key.answer, JSON.stringify({ conversation, field: field.id, text: text.value, ...draft }));
    const send = async (value: string | null, id: string) => {
      keep({ sent: id, value });
      state.value = "sending";
      wrong.value = "";
      try {
        await store.client.request({ action: "answer", conversation_id: conversation, field: field.id, value }, undefined, id);
        store.local.remove(store.key.answer);
        // Its entry brings the next question; what was corrected is done.
        if (correcting && mounted.current) onDone();
      } catch (error) {
        const { code, refusal } = error as RequestError;
        // Refused for good, or not known to have arrived: then the same again once there is a connection.
        const lost = code === "offline" || code === "lost" || code === "retry";
        keep(lost ? { sent: id, value } : {});
        if (!mounted.current) return;
        state.value = refusal?.phrase ? "idle" : "failed";
        if (refusal?.phrase) {
          wrong.value = say(store, refusal.phrase as Phrase);
          focus();
        }
      }
    };
    const submit = (value: string | null) => {
      if (state.value === "sending") return;
      busy.current = true;
      if (value?.trim() === "") {
        if (field.required) {
          wrong.value = say(store, "required");
          return focus();
        }
        value = null;
      }
      void send(value, store.edges.uuid());
    };

    useEffect(() => {
      if (busy.current) focus();
      // What is taller than the thread is read from the question on.
      const ask = box.current!;
      const thread = ask.closest(".thread")!;
      if (ask.offsetHeight > thread.clientHeight) {
        store.atEnd.value = false;
        thread.scrollTop = ask.offsetTop - 12;
      }
      return () => void (mounted.current = false);
    }, []);
    // What was on its way when the connection or the page went.
    const online = store.connection.value.name === "online";
    useEffect(() => {
      const { sent, value } = readDraft(store.local.get(store.key.answer), conversation, field.id) ?? {};
      if (online && sent && value !== undefined && state.value !== "sending") void send(value, sent);
    }, [online]);

    const sending = state.value === "sending";
    const id = `field-${field.id}`;
    return (
      <form
        ref={box}
        class="ask"
        noValidate
        data-testid="question"
        onSubmit={(event) => {
          event.preventDefault();
          if (!choices) submit(text.value);
        }}
      >
        <label for={choices ? undefined : id} id={`${id}-label`} dir="auto">
          {field.label}
          {!field.required && <small>{say(store, "optional")}</small>}
        </label>
        {choices ? (
          <div class="options" role="group" aria-labelledby={`${id}-label`} aria-describedby={`${id}-wrong`}>
            {choices.map((choice) => (
              <button key={choice.id} type="button" class="quiet" dir="auto" aria-pressed={choice.label === before} disabled={sending} data-testid="choice" onClick={() => submit(choice.id)}>
                {choice.label}
              </button>
            ))}
          </div>
        ) : (
          <div class="line-in">
            <input
              id={id}
              {...((inputs[field.kind] ?? inputs.text!) as { type: "text" })}
              dir="auto"
              value={text.value}
              required={field.required}
              readOnly={sending}
              aria-invalid={wrong.value !== ""}
              aria-describedby={`${id}-wrong`}
              data-testid="field"
              onInput={(event) => {
                text.value = event.currentTarget.value;
                wrong.value = "";
                keep({});
              }}
            />
            <button type="submit" class="primary" disabled={sending} data-testid="answer-send">
              {correcting || state.value === "failed" ? say(store, "resend") : store.t("send")}
            </button>
          </div>
        )}
        <p id={`${id}-wrong`} class="wrong" role="alert" dir="auto" data-testid="wrong">
          {wrong.value}
        </p>
        {state.value === "failed" && (
          <p class="trouble" role="status" data-testid="answer-failed">
            <Icon name="alert" size={16} />
            {store.t("notSent")}
          </p>
        )}
        {(onBack || !field.required) && (
          <p class="moves">
            {onBack && (
              <button type="button" data-testid="back" onClick={() => ((busy.current = true), store.local.remove(store.key.answer), onBack())}>
                {correcting ? store.t("cancel") : say(store, "back")}
              </button>
            )}
            {!field.required && (
              <button type="button" disabled={sending} data-testid="skip" onClick={() => submit(null)}>
                {say(store, "skip")}
              </button>
            )}
          </p>
        )}
      </form>
    );
  }

  function previous(entry: FormEntry, field: Field): string | null {
    return entry.fields[entry.fields.indexOf(field) - 1]?.id ?? null;
  }

  /** The merchant's words, else ours in the page's language. */
  function say(store: Store, phrase: Phrase): string {
    const content = store.content.value;
    const theirs = content?.form.phrases[content.language]?.[phrase]?.trim();
    const ours = phrases[primary(store.language.value) as "en"] ?? phrases.en;
    return fill(theirs || ours[phrase] || "", { shop: store.config.value.name });
  }
}
