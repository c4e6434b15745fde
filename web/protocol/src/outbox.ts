// Messages that are written and not yet known to be stored, in the order written: one in flight per conversation, because two
// in flight may change places. Kept in a storage, so that a reload, a crash or a day without network loses nothing; sent
// again with the same id, which the server answers with the same numbers.

import type { Ack, ErrorCode, Numbers, Send } from "./generated/index.js";

/** What had been seen, chosen or set before a conversation begins: goes along with its first message, and with no other. */
export type Beginning = Omit<Send, "conversation_id" | "text">;

export interface Unsent {
  readonly id: string;
  readonly action: "send" | "note";
  /** `null`: begins a conversation. */
  conversation_id: string | null;
  readonly text: string;
  readonly begin?: Beginning;
  /** The writer's clock; says the order written. */
  readonly at: number;
  /** Order within the same millisecond. */
  readonly nth: number;
  state: UnsentState;
}

export type UnsentState =
  /** Waits for its turn or for a connection. */
  | { name: "waiting" }
  /** On its way, outcome unknown. */
  | { name: "sending" }
  /** Stored under this number; shown from here until the entry itself has come. */
  | { name: "stored"; epoch: string; seq: number; at: number }
  /** Refused for good. The text is kept; `retry` tries again under the same id, or a new one after `id_reused`. */
  | { name: "failed"; code: ErrorCode }
  /** The conversation was closed meanwhile: offered to be sent as a new one, under the same id. */
  | { name: "closed" };

/** Where unsent messages survive. Each has its own key, so that two tabs never overwrite each other's. */
export interface OutboxStorage {
  all(): Unsent[];
  put(message: Unsent): void;
  remove(id: string): void;
}

export const noStorage: OutboxStorage = { all: () => [], put() {}, remove() {} };

export class Outbox {
  private messages: Unsent[];
  private count = 0;

  /** `oneLane`: shoppers have one conversation at a time, known by its id or not yet; what is written first goes first. */
  constructor(
    private readonly storage: OutboxStorage = noStorage,
    private readonly oneLane = false,
  ) {
    this.messages = storage.all().filter(isUnsent).map(restored);
    this.sort();
  }

  /** In the order written. */
  get all(): readonly Unsent[] {
    return this.messages;
  }

  /** Whether anything is yet to be sent. */
  get waiting(): boolean {
    return this.messages.some(({ state }) => state.name === "waiting" || state.name === "sending");
  }

  get(id: string): Unsent | undefined {
    return this.messages.find((message) => message.id === id);
  }

  of(conversationId: string | null): Unsent[] {
    return this.messages.filter((message) => message.conversation_id === conversationId);
  }

  add(message: Pick<Unsent, "id" | "action" | "conversation_id" | "text" | "at" | "begin">): Unsent {
    const unsent: Unsent = { ...message, nth: this.count++, state: { name: "waiting" } };
    this.messages.push(unsent);
    this.sort();
    this.storage.put(unsent);
    return unsent;
  }

  /** What may be sent now: the first unfinished of each conversation, unless it is on its way. A note waits for nothing but earlier ones. */
  due(): Unsent[] {
    const lanes = new Set<string | null>();
    return this.messages.filter((message) => {
      const { name } = message.state;
      if (name !== "waiting" && name !== "sending") return false;
      const lane = this.oneLane ? null : message.conversation_id;
      if (lanes.has(lane)) return false;
      lanes.add(lane);
      return name === "waiting";
    });
  }

  sending(id: string): void {
    this.change(id, { name: "sending" });
  }

  /** Not known whether it arrived: the same again, when there is a connection. */
  unknown(id: string): void {
    if (this.get(id)?.state.name === "sending") this.change(id, { name: "waiting" });
  }

  /** The connection is gone: what was under way has an unknown outcome. */
  disconnected(): void {
    for (const message of this.messages) this.unknown(message.id);
  }

  acknowledged(ack: Ack): Unsent | undefined {
    const message = this.get(ack.id);
    if (!message) return undefined;
    // Those written behind a beginning were meant for the conversation that it began.
    if (message.conversation_id === null && ack.conversation_id) this.rebind(null, ack.conversation_id);
    message.conversation_id = ack.conversation_id ?? message.conversation_id;
    this.change(message.id, { name: "stored", epoch: ack.epoch, seq: ack.seq, at: ack.at });
    return message;
  }

  refused(id: string, code: ErrorCode): Unsent | undefined {
    const message = this.get(id);
    if (!message) return undefined;
    switch (code) {
      case "retry":
      case "internal":
      case "rate_limited":
      case "hello_first":
      case "unauthorized":
        this.unknown(id);
        break;
      case "closed":
      case "not_found":
        // Those behind it would get the same answer.
        if (message.action === "note" || message.conversation_id === null) this.change(id, { name: "failed", code });
        else {
          this.change(id, { name: "closed" });
          this.closed(message.conversation_id);
        }
        break;
      default:
        this.change(id, { name: "failed", code });
    }
    return message;
  }

  /** The conversation is closed: what waits for it is offered as a new one. The one under way gets its own answer. */
  closed(conversationId: string): void {
    for (const message of this.of(conversationId)) {
      if (message.action === "send" && message.state.name === "waiting") this.change(message.id, { name: "closed" });
    }
  }

  /** All that is offered, into a new conversation, under the same ids: nothing was stored under them. */
  sendAsNew(): void {
    for (const message of this.messages) {
      if (message.state.name !== "closed") continue;
      message.conversation_id = null;
      this.change(message.id, { name: "waiting" });
    }
  }

  /** The log has come this far: what is stored up to there is in it. Answers whether anything was. */
  arrived({ id, numbers }: { id: string; numbers: Numbers }): boolean {
    return this.of(id).filter(({ id, action, state }) => state.name === "stored" && state.seq <= (action === "note" ? numbers.b : numbers.t) && this.drop(id)).length > 0;
  }

  /** The data set has fallen back behind what was stored: sent again. */
  fellBack(conversationId: string): void {
    for (const message of this.of(conversationId)) if (message.state.name === "stored") this.change(message.id, { name: "waiting" });
  }

  /** Tries a failed one again. `freshId` is used where the old id is taken by something else. */
  retry(id: string, freshId: () => string): void {
    const message = this.get(id);
    if (message?.state.name !== "failed") return;
    if (message.state.code !== "id_reused") return this.change(id, { name: "waiting" });
    this.drop(id);
    const again: Unsent = { ...message, id: freshId(), state: { name: "waiting" } };
    this.messages.push(again);
    this.sort();
    this.storage.put(again);
  }

  /** Its entry is in the log, or the writer gives it up. */
  drop(id: string): boolean {
    const before = this.messages.length;
    this.messages = this.messages.filter((message) => message.id !== id);
    if (this.messages.length === before) return false;
    this.storage.remove(id);
    return true;
  }

  clear(): void {
    for (const message of [...this.messages]) this.drop(message.id);
  }

  /** Another tab has written to the storage: takes what is new, forgets what is done there. Answers whether anything changed. */
  synchronise(): boolean {
    const stored = this.storage.all().filter(isUnsent);
    const ids = new Set(stored.map((message) => message.id));
    const news = stored.filter((message) => !this.get(message.id)).map(restored);
    const kept = this.messages.filter((message) => ids.has(message.id));
    const changed = news.length > 0 || kept.length < this.messages.length;
    this.messages = [...kept, ...news];
    this.sort();
    return changed;
  }

  private rebind(from: string | null, to: string): void {
    for (const message of this.of(from)) {
      message.conversation_id = to;
      this.storage.put(message);
    }
  }

  private change(id: string, state: UnsentState): void {
    const message = this.get(id);
    if (!message) return;
    message.state = state;
    this.storage.put(message);
  }

  private sort(): void {
    this.messages.sort((a, b) => a.at - b.at || a.nth - b.nth);
    this.count = Math.max(this.count, ...this.messages.map((message) => message.nth + 1));
  }
}

/** What comes from a storage that the page's own scripts can write to is checked before it is believed. */
export function isUnsent(value: unknown): value is Unsent {
  if (typeof value !== "object" || value === null) return false;
  const { id, action, conversation_id, text, begin, at, nth, state } = value as Record<string, unknown>;
  return (
    typeof id === "string" &&
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) &&
    (action === "send" || action === "note") &&
    (conversation_id === null || typeof conversation_id === "string") &&
    typeof text === "string" &&
    (begin === undefined || (typeof begin === "object" && begin !== null)) &&
    Number.isFinite(at) &&
    Number.isFinite(nth) &&
    typeof state === "object" &&
    state !== null &&
    ["waiting", "sending", "stored", "failed", "closed"].includes((state as { name: string }).name)
  );
}

/** After a reload nothing is under way any more. */
function restored(message: Unsent): Unsent {
  return message.state.name === "sending" || message.state.name === "stored" ? { ...message, state: { name: "waiting" } } : message;
}
