// Where an intake form stands, from the thread alone: every tab, and every reload, comes to the same. Pure.

import type { Entry } from "@mostrador/protocol";
import type { FormEntry } from "./layout.js";

export interface Progress {
  /** By question; `null`: skipped. Of several answers to one question the newest. */
  given: Map<string, string | null>;
  /** The first question without an answer. */
  asking: FormEntry["fields"][number] | null;
  finished: boolean;
}

export function progress(form: FormEntry, thread: readonly Entry[]): Progress {
  const given = new Map<string, string | null>();
  for (const entry of thread) if (entry.kind === "answer" && entry.seq > form.seq) given.set(entry.field, entry.value);
  const asking = form.fields.find(({ id }) => !given.has(id)) ?? null;
  return { given, asking, finished: asking === null };
}

/** What is written and not yet stored of an answer. */
export interface Draft {
  conversation: string;
  field: string;
  text: string;
  /** It was handed over under this id, with this value, and may have arrived. */
  sent?: string;
  value?: string | null;
}

/** The page's own scripts can write to the storage: what is read is checked. */
export function readDraft(stored: string | null, conversation: string, field: string): Draft | null {
  try {
    const draft = JSON.parse(stored ?? "null") as Partial<Draft> | null;
    const fits = draft?.conversation === conversation && draft.field === field && typeof draft.text === "string";
    const sent = fits && (draft.sent === undefined || (typeof draft.sent === "string" && /^[0-9a-f-]{36}$/.test(draft.sent))) && (draft.value == null || typeof draft.value === "string");
    return sent ? (draft as Draft) : null;
  } catch {
    return null;
  }
}
