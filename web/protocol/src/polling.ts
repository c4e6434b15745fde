// The same conversation over plain HTTP, for networks that let no WebSocket through: takes the frames of a shopper's socket and
// answers in its frames, so that nothing above knows the difference. Typing is not told.

import type { Edges } from "./edges.js";
import type { Ack, ClientFrame, CurrentConversation, EntriesAnswer, ErrorAnswer, Hello, Known, ServerFrame } from "./generated/index.js";

export interface PollingEvents {
  frame(frame: ServerFrame): void;
  /** The network or the service is gone. */
  failed(): void;
  unauthorized(): void;
}

export class Polling {
  private closed = false;
  /** One request after the other: answers in order. */
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: { api: string; token(): Promise<string | null> },
    private readonly edges: Edges,
    private readonly events: PollingEvents,
  ) {}

  send(frame: ClientFrame): void {
    this.queue = this.queue.then(() => this.perform(frame)).catch(() => this.fail());
  }

  close(): void {
    this.closed = true;
  }

  private async perform(frame: ClientFrame): Promise<void> {
    if (this.closed) return;
    switch (frame.action) {
      case "hello":
        return this.hello(frame.id, frame);
      case "send": {
        const { action: _, conversation_id, ...body } = frame;
        const path = conversation_id === null ? "/conversations" : `/conversations/${conversation_id}/messages`;
        const ack = await this.post<Ack>(frame.id, path, body);
        if (ack) this.emit({ type: "ack", ...ack });
        return;
      }
      case "choose":
      case "restart": {
        const { action, conversation_id, ...body } = frame;
        const path = `/conversations${conversation_id === null ? "" : `/${conversation_id}`}/${action === "choose" ? "choices" : action}`;
        const ack = await this.post<Ack>(frame.id, path, body);
        if (ack) this.emit({ type: "ack", ...ack });
        return;
      }
      case "answer": {
        const ack = await this.post<Ack>(frame.id, `/conversations/${frame.conversation_id}/answers`, { id: frame.id, field: frame.field, value: frame.value });
        if (ack) this.emit({ type: "ack", ...ack });
        return;
      }
      case "close": {
        const ack = await this.post<Ack>(frame.id, `/conversations/${frame.conversation_id}/close`, { id: frame.id });
        if (ack) this.emit({ type: "ack", ...ack });
        return;
      }
      case "seen":
        await this.post(null, `/conversations/${frame.conversation_id}/seen`, { seen: frame.seen, delivered: frame.delivered });
        return;
      default:
        return;
    }
  }

  private async hello(id: string, hello: Hello): Promise<void> {
    const current = await this.request<CurrentConversation>(id, "GET", "/conversations/current");
    if (!current) return;
    const wanted: Known[] = [...hello.conversations];
    const open = current.conversation_id;
    if (open !== null && !wanted.some((known) => known.conversation_id === open)) {
      wanted.push({ conversation_id: open, epoch: current.epoch, after: { t: 0, b: 0 } });
    }
    const absent: string[] = [];
    for (const known of wanted) {
      let t = known.epoch === current.epoch ? known.after.t : 0;
      for (let more = true; more && !this.closed; ) {
        const which = t === 0 ? "until=head" : `t=${t}`;
        const answer = await this.request<EntriesAnswer>(null, "GET", `/conversations/${known.conversation_id}/entries?${which}`);
        if (answer === null) {
          absent.push(known.conversation_id);
          break;
        }
        this.emit({ type: "entries", ...answer });
        const last = answer.entries.at(-1);
        more = answer.more && last !== undefined;
        t = last?.seq ?? t;
      }
    }
    this.emit({ type: "ready", id, epoch: current.epoch, now: this.edges.now(), open, absent });
  }

  private post<T>(ref: string | null, path: string, body: object): Promise<T | null> {
    return this.request<T>(ref, "POST", path, body);
  }

  /** The body; `null` for a refusal, which has been told as an `error` frame if `ref` is given. */
  private async request<T>(ref: string | null, method: string, path: string, body?: object): Promise<T | null> {
    const token = await this.options.token();
    if (token === null) throw new Error("no session");
    const answer = await this.edges.fetch(`${this.options.api}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (this.closed) return null;
    if (answer.status >= 200 && answer.status < 300) return text === "" ? null : (JSON.parse(text) as T);
    if (answer.status === 401) {
      // There is no other way in than the one that has ended.
      if (token.startsWith("res_")) this.emit({ type: "bye", reason: "session_ended" });
      else this.events.unauthorized();
      return null;
    }
    const { error } = JSON.parse(text) as ErrorAnswer;
    // Absent is an answer; a service in trouble is none.
    if (ref === null && answer.status !== 404) throw new Error(error.code);
    if (ref !== null) this.emit({ type: "error", ref, ...error });
    return null;
  }

  private emit(frame: ServerFrame): void {
    if (!this.closed) this.events.frame(frame);
  }

  private fail(): void {
    if (!this.closed) this.events.failed();
  }
}
