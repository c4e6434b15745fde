// From entries and unsent messages to what the thread shows: day dividers, groups, system lines, the mark of what is new. Pure.

import type { Author, Entry, MailMark, Unsent } from "@mostrador/protocol";

/** Messages of one author within this share a photo, a name and a time. */
const GROUP_SPAN = 3 * 60_000;

export type Item =
  | { type: "day"; key: string; at: number }
  | { type: "new"; key: string }
  | { type: "line"; key: string; entry: Entry }
  | { type: "form"; key: string; entry: FormEntry }
  | { type: "group"; key: string; own: boolean; author: Author; at: number; bubbles: Bubble[] };

export type FormEntry = Extract<Entry, { kind: "form" }>;

export interface Bubble {
  key: string;
  text: string;
  at: number;
  /** 0 while unsent. */
  seq: number;
  unsent: Unsent | null;
  /** It came by mail. */
  mail?: MailMark | undefined;
  /** The shop's own words: they may have pictures. */
  shop?: unknown;
}

export interface LayoutInput {
  entries: readonly Entry[];
  unsent: readonly Unsent[];
  /** Number of the first new message, 0 for none. */
  divider: number;
  /** Start of the day of a moment, in the reader's time zone. */
  dayOf(at: number): number;
}

export function layout({ entries, unsent, divider, dayOf }: LayoutInput): Item[] {
  const items: Item[] = [];
  let day: number | null = null;
  const startOf = (at: number) => {
    if (dayOf(at) === day) return;
    day = dayOf(at);
    items.push({ type: "day", key: `day-${day}`, at });
  };
  const bubble = (author: Author, bubble: Bubble) => {
    const last = items.at(-1);
    const own = author.role === "shopper";
    const newest = last?.type === "group" ? last.bubbles.at(-1) : undefined;
    if (last?.type === "group" && newest && sameAuthor(last.author, author) && !newest.mail === !bubble.mail && bubble.at - newest.at < GROUP_SPAN) last.bubbles.push(bubble);
    else items.push({ type: "group", key: `group-${bubble.key}`, own, author, at: bubble.at, bubbles: [bubble] });
  };
  let form: FormEntry | null = null;
  /** The form with its answers is one thing, where it was finished; until then at the end, or where a person took over. */
  const placeForm = () => {
    if (form) items.push({ type: "form", key: `form-${form.seq}`, entry: form });
    form = null;
  };
  for (const [n, entry] of entries.entries()) {
    if (entry.log !== "thread") continue;
    switch (entry.kind) {
      case "form":
        startOf(entry.at);
        placeForm();
        form = entry;
        break;
      case "answer":
        if (entry.finished) placeForm();
        break;
      case "faq":
        startOf(entry.at);
        bubble(entry.author, { key: `faq-${entry.seq}`, text: entry.question, at: entry.at, seq: entry.seq, unsent: null });
        bubble({ role: "system" }, { key: `said-${entry.seq}`, text: entry.answer, at: entry.at, seq: entry.seq, unsent: null, shop: 1 });
        break;
      case "message":
        if (entry.author.role === "agent" && !entries.slice(n).some(({ kind }) => kind === "answer")) placeForm();
        startOf(entry.at);
        if (entry.seq === divider) items.push({ type: "new", key: "new" });
        // Keyed by the client's id: a bubble stays the same element from unsent to stored.
        bubble(entry.author, { key: entry.client_id ?? `seq-${entry.seq}`, text: entry.text, at: entry.at, seq: entry.seq, unsent: null, mail: entry.mail, shop: entry.why ?? entry.bot });
        break;
      case "joined":
      case "left":
      case "closed":
        startOf(entry.at);
        items.push({ type: "line", key: `line-${entry.seq}`, entry });
        break;
      default:
      // A kind of a later version: counted, not shown.
    }
  }
  for (const message of unsent) {
    startOf(message.at);
    bubble({ role: "shopper" }, { key: message.id, text: message.text, at: message.at, seq: 0, unsent: message });
  }
  placeForm();
  return items;
}

function sameAuthor(a: Author, b: Author): boolean {
  return a.role === b.role && (a.role !== "agent" || (b.role === "agent" && a.id === b.id));
}
