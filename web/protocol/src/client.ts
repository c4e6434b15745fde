// A chat client without a face: connection, logs and outbox as one thing that widget and dashboard both stand on. Views render what
// it holds; it alone applies what the server says.

import { backoff } from "./backoff.js";
import { Connection, type ConnectionOptions, type ConnectionState } from "./connection.js";
import type { Edges, Timer } from "./edges.js";
import { textProblem } from "./frame.js";
import type { Ack, Availability, Command, Entry, ErrorCode, Known, ListDigest, ListName, ServerFrame } from "./generated/index.js";
import { ACK_LIMIT, OPEN_LIMIT, GAP_HOLD, TYPING_EVERY } from "./limits.js";
import { ConversationLog } from "./log.js";
import { type Beginning, noStorage, Outbox, type OutboxStorage, type Unsent } from "./outbox.js";

export type Refusal = Extract<ServerFrame, { type: "error" }>;
type Other = Exclude<ServerFrame, { type: "entries" | "ready" | "ack" | "pong" | "error" | "bye" | "seen" }>;

export type ClientEvent =
  | { type: "state"; state: ConnectionState }
  /** A conversation has changed: entries, head, cursors. `added` is empty when only the latter did. */
  | { type: "conversation"; log: ConversationLog; added: Entry[]; reset: boolean }
  /** The server has no such conversation for us: it is dropped here too. */
  | { type: "absent"; conversation_id: string }
  | { type: "outbox" }
  /** `hello` is answered; shoppers: the open conversation. */
  | { type: "ready"; open: string | null }
  /** Shoppers: whether the shop is there, and which of its settings stand. */
  | { type: "site"; availability: Availability; version: number }
  /** `typing`, `row`, `rows`, `presence`, `visit`. */
  | { type: "frame"; frame: Other };

export interface ClientOptions extends Pick<ConnectionOptions, "api" | "token" | "renew" | "active"> {
  /** Present on dashboards. */
  agent?: {
    site: string;
    /** The list shown, named in `hello`, and its digest, compared at each heartbeat. */
    list(): ListName;
    digest(): ListDigest | null;
  };
  storage?: OutboxStorage;
  onEvent(event: ClientEvent): void;
}

interface Pending {
  command: Command;
  resolve(ack: Ack): void;
  reject(error: Error): void;
}

/** Why a request was not carried out. `lost`: the connection went, the outcome is unknown. */
export class RequestError extends Error {
  constructor(
    readonly code: ErrorCode | "offline" | "lost",
    readonly refusal?: Refusal,
  ) {
    super(refusal?.message ?? code);
  }
}

export class Client {
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly conversations = new Map<string, ConversationLog>();
  /** Server's clock minus ours, for showing times right on a wrong clock. */
  clockOffset = 0;
  /** Agents: the conversation looked at. */
  private viewing: string | null = null;
  private pending = new Map<string, Pending>();
  private ackTimers = new Map<string, Timer>();
  private flushAt: Timer | null = null;
  private gap: Timer | null = null;
  private gapTries = 0;
  private lastTyping = new Map<string, number>();
  private troubles = 0;

  constructor(
    private readonly options: ClientOptions,
    private readonly edges: Edges,
  ) {
    this.outbox = new Outbox(options.storage ?? noStorage, !options.agent);
    const { agent } = options;
    this.connection = new Connection(
      {
        api: options.api,
        token: options.token,
        renew: options.renew,
        active: options.active,
        unsent: () => this.outbox.waiting,
        ...(agent && { site: agent.site }),
        hello: () => ({ conversations: this.known(), newest: true, ...(agent && { list: agent.list() }) }),
        ping: () => {
          const list = agent?.digest();
          return { conversations: this.known(), ...(list && { list }) };
        },
        onFrame: (frame) => this.receive(frame),
        onState: (state) => this.stateChanged(state),
      },
      edges,
    );
  }

  start(): void {
    this.connection.start();
  }

  stop(): void {
    this.connection.stop();
  }

  /** Forgets everything, the unsent included: the session is over. */
  forget(): void {
    this.stop();
    this.conversations.clear();
    this.outbox.clear();
    this.options.onEvent({ type: "outbox" });
  }

  now(): number {
    return this.edges.now() + this.clockOffset;
  }

  /** Puts a message on its way; it survives whatever happens next. `null` when the text is not sendable (see `textProblem`). */
  say(conversationId: string | null, text: string, begin?: Beginning): Unsent | null {
    return this.write("send", conversationId, text, begin);
  }

  note(conversationId: string, text: string): Unsent | null {
    return this.write("note", conversationId, text);
  }

  retry(id: string): void {
    this.outbox.retry(id, () => this.edges.uuid());
    this.outboxChanged();
  }

  /** Gives an unsent message up. */
  discard(id: string): void {
    this.outbox.drop(id);
    this.outboxChanged();
  }

  /** What a closed conversation refused, into a new one. */
  sendAsNew(): void {
    this.outbox.sendAsNew();
    this.outboxChanged();
  }

  /** Another tab has changed the outbox' storage. */
  synchronise(): void {
    if (this.outbox.synchronise()) this.outboxChanged();
  }

  /** A command whose answer somebody waits for: close, answer, assign, join, leave. Fails at once when offline. With the same `id` again it is the same command. */
  request(command: Command, limit = ACK_LIMIT, id = this.edges.uuid()): Promise<Ack> {
    return new Promise((resolve, reject) => {
      if (!this.connection.send(command, id)) return reject(new RequestError("offline"));
      this.pending.set(id, { command, resolve, reject });
      this.ackTimers.set(
        id,
        this.edges.after(limit, () => this.settle(id, (pending) => pending.reject(new RequestError("lost")))),
      );
    });
  }

  /** A command without an answer: seen, page, presence, list. Lost when offline; answers whether it was sent. */
  tell(command: Command): boolean {
    return this.connection.send(command);
  }

  /** Call at every key: sends at most one frame per 3 s. */
  typing(conversationId: string): void {
    const last = this.lastTyping.get(conversationId) ?? -TYPING_EVERY;
    if (this.edges.now() - last < TYPING_EVERY) return;
    if (this.tell({ action: "typing", conversation_id: conversationId })) this.lastTyping.set(conversationId, this.edges.now());
  }

  /** Agents: looks at a conversation, or at none. Keeps one log at a time live; the others are stale until opened again. Answers when all its pages have come. */
  view(conversationId: string | null): Promise<Ack | RequestError> {
    this.viewing = conversationId;
    const log = conversationId === null ? undefined : this.conversations.get(conversationId);
    // The epoch of what we have may have passed: then from the start. While offline, `hello` will name it. Never rejects:
    // most callers need not care, and who does (a conversation that does not exist) looks at the answer.
    return this.request({ action: "open", conversation_id: conversationId, after: log?.numbers ?? { t: 0, b: 0 }, newest: true }, OPEN_LIMIT).catch((error: RequestError) =>
      // Nothing came, and the connection stands: the function was killed, perhaps. Nobody else would ask before the next heartbeat.
      error.code === "lost" && this.connection.online && this.viewing === conversationId ? this.view(conversationId) : error,
    );
  }

  /** Shoppers: a conversation that is over and no longer shown. */
  drop(conversationId: string): void {
    this.conversations.delete(conversationId);
  }

  /** Loads the page before what is here of a conversation. Answers whether it came; the views hear of it by the event. */
  async loadOlder(conversationId: string): Promise<boolean> {
    const log = this.conversations.get(conversationId);
    return !!log?.hasOlder && import("./older.js").then(({ older }) => older(log, this.options, this.edges)).catch(() => false);
  }

  private write(action: "send" | "note", conversationId: string | null, text: string, begin?: Beginning): Unsent | null {
    const trimmed = text.trim();
    if (textProblem(trimmed)) return null;
    const unsent = this.outbox.add({ id: this.edges.uuid(), action, conversation_id: conversationId, text: trimmed, at: this.edges.now(), ...(begin && { begin }) });
    this.lastTyping.clear();
    this.outboxChanged();
    return unsent;
  }

  private known(): Known[] {
    const logs = this.options.agent ? [this.viewing === null ? undefined : (this.conversations.get(this.viewing) ?? new ConversationLog(this.viewing, ""))] : [...this.conversations.values()];
    return logs.flatMap((log) => (log ? [{ conversation_id: log.id, epoch: log.epoch, after: log.numbers }] : []));
  }

  private stateChanged(state: ConnectionState): void {
    if (state.name !== "online") {
      this.outbox.disconnected();
      for (const [id, timer] of this.ackTimers) {
        this.edges.cancel(timer);
        this.ackTimers.delete(id);
      }
      for (const log of this.conversations.values()) log.interrupted();
      for (const [id, pending] of this.pending) {
        this.pending.delete(id);
        pending.reject(new RequestError("lost"));
      }
    }
    this.options.onEvent({ type: "state", state });
    if (state.name === "online") {
      this.lastTyping.clear();
      // A list may have moved while nobody listened: compare at once.
      const list = this.options.agent?.digest();
      if (list) this.tell({ action: "ping", conversations: this.known(), list });
      this.flush();
    }
  }

  private outboxChanged(): void {
    this.options.onEvent({ type: "outbox" });
    this.flush();
  }

  private flush(): void {
    if (!this.connection.online || this.flushAt !== null) return;
    for (const message of this.outbox.due()) {
      const { id, text, conversation_id, begin } = message;
      const command: Command =
        message.action === "note" && conversation_id !== null
          ? { action: "note", conversation_id, text }
          : { action: "send", conversation_id, text, ...(conversation_id === null && begin) };
      // Before sending: an answer may come while `send` runs.
      this.outbox.sending(id);
      this.ackTimers.set(
        id,
        this.edges.after(ACK_LIMIT, () => {
          this.ackTimers.delete(id);
          this.outbox.unknown(id);
          this.flush();
        }),
      );
      if (!this.connection.send(command, id)) this.outbox.unknown(id);
    }
  }

  private receive(frame: ServerFrame): void {
    const { onEvent } = this.options;
    switch (frame.type) {
      case "entries": {
        let log = this.conversations.get(frame.conversation_id);
        if (!log) {
          if (this.options.agent && frame.conversation_id !== this.viewing) return;
          log = new ConversationLog(frame.conversation_id, frame.epoch);
          this.conversations.set(frame.conversation_id, log);
        }
        const { added, reset } = log.receive(frame);
        let delivered = false;
        for (const { client_id } of added) {
          if (client_id === undefined || !this.outbox.drop(client_id)) continue;
          // The entry came before its acknowledgement, or instead of it.
          this.clearAckTimer(client_id);
          delivered = true;
        }
        if (reset) this.outbox.fellBack(log.id);
        // The page may begin behind an entry that was only known by its acknowledgement.
        else if (this.outbox.arrived(log)) delivered = true;
        if (log.closed) this.outbox.closed(log.id);
        onEvent({ type: "conversation", log, added, reset });
        if (delivered || reset || log.closed) this.outboxChanged();
        this.watchGaps();
        return;
      }
      case "ack": {
        this.clearAckTimer(frame.id);
        this.troubles = 0;
        this.settle(frame.id, (pending) => pending.resolve(frame));
        if (this.outbox.acknowledged(frame)) {
          const log = frame.conversation_id === null ? undefined : this.conversations.get(frame.conversation_id);
          if (log && log.epoch === frame.epoch) {
            log.expect(frame.log === "thread" ? { t: frame.seq, b: 0 } : { t: 0, b: frame.seq });
            this.outbox.arrived(log);
          } else if (frame.conversation_id !== null && !this.options.agent) {
            // A conversation begun by this very message: its entries are pushed; should they not come, the gap asks.
            const begun = new ConversationLog(frame.conversation_id, frame.epoch);
            begun.expect({ t: frame.seq, b: 0 });
            this.conversations.set(begun.id, begun);
            onEvent({ type: "conversation", log: begun, added: [], reset: false });
          }
          this.watchGaps();
          this.outboxChanged();
        } else if (!this.options.agent && frame.conversation_id !== null) {
          // Should the entry not be pushed, the gap asks.
          const log = this.conversations.get(frame.conversation_id);
          if (log?.epoch === frame.epoch && frame.log === "thread") log.expect({ t: frame.seq, b: 0 });
          this.watchGaps();
        }
        return;
      }
      case "error": {
        if (frame.ref === null) return;
        this.clearAckTimer(frame.ref);
        this.settle(frame.ref, (pending) => pending.reject(new RequestError(frame.code, frame)));
        const message = this.outbox.refused(frame.ref, frame.code);
        if (!message) return;
        if (frame.code === "hello_first") this.connection.hello();
        if (message.state.name === "waiting") this.flushLater(Math.max(frame.retry_after_ms ?? 0, 200 + backoff(this.troubles++, this.edges.random())));
        this.outboxChanged();
        return;
      }
      case "ready": {
        this.clockOffset = frame.now - this.edges.now();
        for (const id of frame.absent) {
          this.conversations.delete(id);
          onEvent({ type: "absent", conversation_id: id });
        }
        onEvent({ type: "ready", open: frame.open });
        this.siteHeard(frame);
        this.watchGaps();
        return;
      }
      case "pong": {
        this.clockOffset = frame.now - this.edges.now();
        this.siteHeard(frame);
        let lacking = frame.open !== null && !this.conversations.has(frame.open);
        for (const head of frame.heads) {
          const log = this.conversations.get(head.conversation_id);
          if (!log) continue;
          if (log.epoch !== frame.epoch) lacking = true;
          else log.expect(head.numbers);
          if (log.moveCursors(head.cursors)) onEvent({ type: "conversation", log, added: [], reset: false });
        }
        if (lacking) this.connection.hello();
        else this.watchGaps();
        return;
      }
      case "seen": {
        const log = this.conversations.get(frame.conversation_id);
        if (log?.moveCursor(frame.reader, frame)) onEvent({ type: "conversation", log, added: [], reset: false });
        return;
      }
      case "bye":
        return;
      default:
        onEvent({ type: "frame", frame });
    }
  }

  private siteHeard({ availability, version }: { availability?: Availability; version?: number }): void {
    if (availability && version !== undefined) this.options.onEvent({ type: "site", availability, version });
  }

  /** Holds a gap for a moment, since frames overtake one another; then asks. */
  private watchGaps(): void {
    const behind = [...this.conversations.values()].some((log) => log.behind && (!this.options.agent || log.id === this.viewing));
    if (!behind) {
      if (this.gap !== null) this.edges.cancel(this.gap);
      this.gap = null;
      this.gapTries = 0;
      return;
    }
    if (this.gap !== null) return;
    this.gap = this.edges.after(GAP_HOLD + (this.gapTries && backoff(this.gapTries, this.edges.random())), () => {
      this.gap = null;
      this.gapTries++;
      this.connection.hello();
      this.watchGaps();
    });
  }

  private flushLater(ms: number): void {
    if (this.flushAt !== null) this.edges.cancel(this.flushAt);
    this.flushAt = this.edges.after(ms, () => {
      this.flushAt = null;
      this.flush();
    });
  }

  private settle(id: string, how: (pending: Pending) => void): void {
    const pending = this.pending.get(id);
    if (!pending) return;
    this.pending.delete(id);
    this.clearAckTimer(id);
    how(pending);
  }

  private clearAckTimer(id: string): void {
    const timer = this.ackTimers.get(id);
    if (timer !== undefined) this.edges.cancel(timer);
    this.ackTimers.delete(id);
  }
}
