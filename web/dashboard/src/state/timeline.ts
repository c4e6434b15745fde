// A conversation as it is shown: both logs in one order, cut into days and groups. Pure: entries in, lines out.

import type { Author, Cursor, Entry, MailMark, Unsent, Why } from '@mostrador/protocol';
import { type AnswerEntry, type Form, Forms, type Told } from './form';

/** Messages of one author closer together than this share one name and time. */
const GROUP_MS = 3 * 60_000;

export type BubbleState =
  | { is: 'waiting' | 'sending' | 'sent' | 'delivered' | 'seen' }
  /** `closed`: written before somebody closed the conversation; it was not sent. */
  | { is: 'failed'; reason: 'closed' | 'refused' };

export interface Bubble {
  /** Of a stored one its log and number, `thread-12`. */
  key: string;
  kind: 'message' | 'note';
  author: Author;
  mine: boolean;
  text: string;
  at: number;
  /** Sent by the shop itself, and by which rule. */
  why: Why | null;
  /** It came by mail. */
  mail: MailMark | null;
  /** A bot's words: what they offered, empty where nothing was. */
  offered: readonly Offered[] | null;
  /** First and last of its group. */
  first: boolean;
  last: boolean;
  /** Of what agents wrote: the state of the last message, and of every one that is not stored yet. */
  state: BubbleState | null;
  /** In the outbox, under this id. */
  unsent: string | null;
}

/** A bot's button, and whether the shopper took it. */
export interface Offered {
  id: string;
  label: string;
  chosen: boolean;
}

export type Line =
  | { is: 'day'; key: string; at: number }
  | { is: 'new'; key: string }
  | { is: 'bubble'; key: string; bubble: Bubble }
  /** Something that happened. A kind that this build does not know is counted, and shown as nothing. */
  | { is: 'event'; key: string; entry: Entry }
  /** Where the form was asked, with everything that has been answered since. */
  | { is: 'form'; key: string; form: Form }
  /** An answer that says more than the form's own picture does. */
  | { is: 'answer'; key: string; entry: AnswerEntry; told: Exclude<Told, 'quiet'> }
  /** A question of the FAQs that the shopper had opened. */
  | { is: 'faq'; key: string; at: number; question: string; answer: string }
  /** A mail that is nobody's message. */
  | { is: 'mail'; key: string; entry: MailEntry };

export type MailEntry = Entry & { kind: 'mail' };

export interface Shown {
  entries: readonly Entry[];
  unsent: readonly Unsent[];
  me: { id: string; name: string };
  shopper: Cursor;
  /** The thread's number that was seen when the conversation was opened: what follows is new. */
  newAfter: number | null;
}

export function timeline({ entries, unsent, me, shopper, newAfter }: Shown): Line[] {
  const lines: Line[] = [];
  const stored = new Set(entries.flatMap((entry) => (entry.client_id === undefined ? [] : [entry.client_id])));
  let day = '';
  // A turn is chosen in once: which button it was, by its turn.
  const chosen = new Map(entries.flatMap(({ chose }) => (chose === undefined ? [] : [[chose.turn, chose.button]])));
  let divided = newAfter === null;
  let open: Bubble | null = null;
  const forms = new Forms();

  const onDay = (at: number, key: string) => {
    const date = new Date(at).toDateString();
    if (date === day) return;
    day = date;
    open = null;
    lines.push({ is: 'day', key: `day-${key}`, at });
  };
  const put = (bubble: Omit<Bubble, 'first' | 'last'>) => {
    const joins = open !== null && open.kind === bubble.kind && open.why === null && bubble.why === null && open.mail === null && bubble.mail === null && (open.offered === null) === (bubble.offered === null) && sameAuthor(open.author, bubble.author) && bubble.at - open.at < GROUP_MS;
    if (joins) open!.last = false;
    open = { ...bubble, first: !joins, last: true };
    lines.push({ is: 'bubble', key: bubble.key, bubble: open });
  };

  for (const entry of entries) {
    const key = `${entry.log}-${entry.seq}`;
    const told = entry.kind === 'answer' ? forms.answered(entry) : null;
    if (told === 'quiet') continue;
    onDay(entry.at, key);
    if (!divided && entry.log === 'thread' && entry.seq > newAfter! && entry.author.role === 'shopper') {
      divided = true;
      open = null;
      lines.push({ is: 'new', key: 'new' });
    }
    switch (entry.kind) {
      case 'message':
      case 'note':
        put({ key, kind: entry.kind, author: entry.author, mine: isMine(entry.author, me.id), text: entry.text, at: entry.at, why: entry.why ?? null, mail: entry.mail ?? null, offered: offered(entry, chosen), state: null, unsent: null });
        break;
      case 'joined':
      case 'left':
      case 'closed':
      case 'assigned':
      case 'grouped':
      case 'handed_over':
      case 'triggered':
      case 'mailed':
        open = null;
        lines.push({ is: 'event', key, entry });
        break;
      case 'mail':
        open = null;
        lines.push({ is: 'mail', key, entry });
        break;
      case 'form':
        open = null;
        lines.push({ is: 'form', key, form: forms.asked(entry) });
        break;
      case 'answer':
        open = null;
        if (told !== null) lines.push({ is: 'answer', key, entry, told });
        break;
      case 'faq':
        open = null;
        lines.push({ is: 'faq', key, at: entry.at, question: entry.question, answer: entry.answer });
        break;
      default:
        // Written by a newer version: it counts, and that is all that can be said of it.
        entry satisfies never;
    }
  }

  // Only the last of our stored messages bears a mark: it speaks for those before it.
  const lastOurs = entries.findLast((entry) => entry.kind === 'message' && entry.author.role === 'agent');
  if (lastOurs !== undefined) {
    const line = lines.find((line) => line.key === `thread-${lastOurs.seq}`);
    const is = shopper.seen >= lastOurs.seq ? 'seen' : shopper.delivered >= lastOurs.seq ? 'delivered' : 'sent';
    if (line?.is === 'bubble') line.bubble.state = { is };
  }

  const author: Author = { role: 'agent', id: me.id, name: me.name };
  for (const message of unsent) {
    if (stored.has(message.id)) continue;
    onDay(message.at, message.id);
    put({
      key: `unsent-${message.id}`,
      kind: message.action === 'note' ? 'note' : 'message',
      author,
      mine: true,
      text: message.text,
      at: message.at,
      why: null,
      mail: null,
      offered: null,
      state: unsentState(message),
      unsent: message.id,
    });
  }
  return lines;
}

function offered({ bot }: Entry, chosen: ReadonlyMap<number, string>): readonly Offered[] | null {
  if (bot === undefined) return null;
  const { turn, buttons = [] } = bot;
  return buttons.map(({ id, label }) => ({ id, label, chosen: turn !== undefined && chosen.get(turn) === id }));
}

function unsentState(message: Unsent): BubbleState {
  switch (message.state.name) {
    case 'waiting':
      return { is: 'waiting' };
    case 'sending':
      return { is: 'sending' };
    case 'stored':
      return { is: 'sent' };
    case 'closed':
      return { is: 'failed', reason: 'closed' };
    case 'failed':
      return { is: 'failed', reason: message.state.code === 'closed' ? 'closed' : 'refused' };
  }
}

const isMine = (author: Author, me: string) => author.role === 'agent' && author.id === me;

function sameAuthor(a: Author, b: Author): boolean {
  return a.role === b.role && (a.role !== 'agent' || (b.role === 'agent' && a.id === b.id));
}

/** The address, if following it can do nothing but open a web page. */
export function safeHref(address: string): string | null {
  try {
    const url = new URL(address);
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname !== '' ? url.href : null;
  } catch {
    return null;
  }
}
