// Virtual time, a seeded dice, and a server with an unreliable network: what the client is tested in.

import "../src/older.js";
import "../src/polling.js";
import type { ClientFrame, Edges, Entry, ServerFrame, Socket } from "../src/index.js";

/** mulberry32: a small generator whose whole state is its seed. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Due {
  at: number;
  nth: number;
  run: (() => void) | null;
}

export class VirtualTime {
  now = 1_750_000_000_000;
  /** A binary heap, the next on top; cancelled ones stay in it with nothing to run. */
  private readonly heap: Due[] = [];
  private count = 0;

  after(ms: number, run: () => void): unknown {
    const timer: Due = { at: this.now + Math.max(0, ms), nth: this.count++, run };
    let i = this.heap.push(timer) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!sooner(timer, this.heap[parent]!)) break;
      this.heap[i] = this.heap[parent]!;
      i = parent;
    }
    this.heap[i] = timer;
    return timer;
  }

  cancel(timer: unknown): void {
    (timer as Due).run = null;
  }

  get waiting(): number {
    return this.heap.filter((timer) => timer.run).length;
  }

  /** Lets everything happen that is due within `ms`. */
  async run(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      await settled();
      const next = this.next();
      if (!next || next.at > until) break;
      this.pop();
      this.now = Math.max(this.now, next.at);
      next.run!();
    }
    this.now = until;
  }

  private next(): Due | undefined {
    while (this.heap[0]?.run === null) this.pop();
    return this.heap[0];
  }

  private pop(): void {
    const last = this.heap.pop()!;
    if (this.heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && sooner(this.heap[child + 1]!, this.heap[child]!)) child++;
      if (!sooner(this.heap[child]!, last)) break;
      this.heap[i] = this.heap[child]!;
      i = child;
    }
    this.heap[i] = last;
  }
}

const sooner = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.nth < b.nth);

/** Promises that are ready have run, and modules that are loaded on demand have come. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export interface Weather {
  /** Chances from 0 to 1. */
  loseToServer: number;
  loseToClient: number;
  repeat: number;
  /** Most of the delay of a frame; each has its own, so that they overtake one another. */
  delay: number;
  refuse: number;
}

export const calm: Weather = { loseToServer: 0, loseToClient: 0, repeat: 0, delay: 5, refuse: 0 };

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  sent: ClientFrame[] = [];
  closed = false;
  /** Cut without anybody being told. */
  dead = false;

  constructor(
    readonly url: string,
    private readonly server: FakeServer,
  ) {}

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    this.sent.push(frame);
    if (!this.closed && !this.dead) this.server.arrives(this, frame);
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    if (!this.closed) this.onopen?.();
  }

  receive(frame: ServerFrame): void {
    if (!this.closed && !this.dead) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** The server's side ends it; `silently` is a laptop's lid. */
  cut(silently = false): void {
    this.dead = true;
    if (!silently && !this.closed) this.onclose?.();
  }
}

/** One shopper's service: a log, receipts, pushes; everything as the real one promises it, on a network that promises nothing. */
export class FakeServer {
  readonly sockets: FakeSocket[] = [];
  readonly time = new VirtualTime();
  readonly random: () => number;
  weather: Weather = calm;
  epoch = "e1";
  conversations = new Map<string, { entries: Entry[]; closed: boolean }>();
  open: string | null = null;
  receipts = new Map<string, { conversation: string; seq: number; at: number; text: string }>();
  tickets = 0;
  ticketStatus: () => number = () => 201;
  opensSockets = true;
  pageSize = 5;
  /** Lacking more than this, a client is sent the newest page only. */
  farBehind = 20;
  requests: string[] = [];
  private count = 0;
  private ids = 0;

  constructor(seed = 1) {
    this.random = dice(seed);
  }

  get edges(): Edges {
    return {
      now: () => this.time.now,
      after: (ms, run) => this.time.after(ms, run),
      cancel: (timer) => this.time.cancel(timer),
      random: () => this.random(),
      uuid: () => `00000000-0000-4000-8000-${(++this.ids).toString(16).padStart(12, "0")}`,
      fetch: (url, init) => this.http(url, init),
      socket: (url) => this.connect(url),
    };
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  get live(): FakeSocket[] {
    return this.sockets.filter((socket) => !socket.closed && !socket.dead);
  }

  /** The team writes: pushed, if the weather lets it. */
  write(text: string): void {
    const id = this.open;
    if (id === null) return;
    const entry = this.append(id, { kind: "message", text }, { role: "agent", id: "agt_1", name: "Ana" });
    this.push(id, [entry]);
  }

  close(): void {
    const id = this.open;
    if (id === null) return;
    this.conversations.get(id)!.closed = true;
    this.open = null;
    this.push(id, [this.append(id, { kind: "closed" }, { role: "agent", id: "agt_1", name: "Ana" })]);
  }

  arrives(socket: FakeSocket, frame: ClientFrame): void {
    if (this.random() < this.weather.loseToServer) return;
    this.later(() => this.handle(frame, (answer) => this.deliver(socket, answer)));
    if (this.random() < this.weather.repeat) this.later(() => this.handle(frame, (answer) => this.deliver(socket, answer)));
  }

  /** The newest page up to `until`, as `newest` and `until` ask for it. */
  newestFrame(id: string, until = Infinity): Extract<ServerFrame, { type: "entries" }> {
    const whole = this.entriesFrame(id, 0);
    const entries = whole.entries.slice(0, until).slice(-this.pageSize);
    return { ...whole, entries, after: { t: (entries[0]?.seq ?? 1) - 1, b: 0 } };
  }

  entriesFrame(id: string, after: number): Extract<ServerFrame, { type: "entries" }> {
    const { entries, closed } = this.conversations.get(id)!;
    return {
      type: "entries",
      conversation_id: id,
      epoch: this.epoch,
      entries: entries.slice(after),
      head: { numbers: { t: entries.length, b: 0 }, status: closed ? "closed" : "open", began_at: 1, participants: [] },
      more: false,
    };
  }

  private connect(url: string): FakeSocket {
    const socket = new FakeSocket(url, this);
    this.sockets.push(socket);
    this.time.after(5, () => (this.opensSockets ? socket.open() : socket.cut()));
    return socket;
  }

  private handle(frame: ClientFrame, answer: (frame: ServerFrame) => void): void {
    switch (frame.action) {
      case "hello": {
        const absent: string[] = [];
        const known = new Map(frame.conversations.map((each) => [each.conversation_id, each.epoch === this.epoch ? each.after.t : 0]));
        if (this.open !== null && !known.has(this.open)) known.set(this.open, 0);
        for (const [id, after] of known) {
          const conversation = this.conversations.get(id);
          if (!conversation) absent.push(id);
          else if (frame.newest && (after === 0 || conversation.entries.length - after > this.farBehind)) answer(this.newestFrame(id));
          else answer(this.entriesFrame(id, after));
        }
        return answer({ type: "ready", id: frame.id, epoch: this.epoch, now: this.time.now, open: this.open, absent });
      }
      case "send": {
        const refuse = (code: "retry" | "closed" | "not_found" | "id_reused") => answer({ type: "error", ref: frame.id, code, message: code });
        const done = this.receipts.get(frame.id);
        if (done) {
          if (done.text !== frame.text) return refuse("id_reused");
          return answer({ type: "ack", id: frame.id, conversation_id: done.conversation, epoch: this.epoch, log: "thread", seq: done.seq, at: done.at });
        }
        if (this.random() < this.weather.refuse) return refuse("retry");
        const id = frame.conversation_id ?? this.open ?? this.begin();
        const conversation = this.conversations.get(id);
        if (!conversation) return refuse("not_found");
        if (conversation.closed) return refuse("closed");
        const entry = this.append(id, { kind: "message", text: frame.text }, { role: "shopper" }, frame.id);
        this.receipts.set(frame.id, { conversation: id, seq: entry.seq, at: entry.at, text: frame.text });
        answer({ type: "ack", id: frame.id, conversation_id: id, epoch: this.epoch, log: "thread", seq: entry.seq, at: entry.at });
        return this.push(id, [entry]);
      }
      case "close":
        answer({ type: "ack", id: frame.id, conversation_id: frame.conversation_id, epoch: this.epoch, log: "thread", seq: 1, at: this.time.now });
        return this.close();
      case "ping":
        return answer({
          type: "pong",
          id: frame.id,
          epoch: this.epoch,
          now: this.time.now,
          open: this.open,
          heads: frame.conversations.flatMap(({ conversation_id }) => {
            const conversation = this.conversations.get(conversation_id);
            const none = { seen: 0, delivered: 0 };
            return conversation ? [{ conversation_id, numbers: { t: conversation.entries.length, b: 0 }, cursors: { shopper: none, team: none } }] : [];
          }),
        });
      default:
    }
  }

  private begin(): string {
    const id = `conv_${++this.count}`;
    this.conversations.set(id, { entries: [], closed: false });
    this.open = id;
    return id;
  }

  private append(id: string, body: { kind: "message"; text: string } | { kind: "closed" }, author: Entry["author"], clientId?: string): Entry {
    const { entries } = this.conversations.get(id)!;
    const seq = entries.length + 1;
    const entry: Entry = { log: "thread", seq, thread_at: seq, at: this.time.now, author, ...body, ...(clientId !== undefined && { client_id: clientId }) };
    entries.push(entry);
    return entry;
  }

  private push(id: string, entries: Entry[]): void {
    const whole = this.entriesFrame(id, 0);
    for (const socket of this.live) this.deliver(socket, { ...whole, entries });
  }

  private deliver(socket: FakeSocket, frame: ServerFrame): void {
    const times = 1 + Number(this.random() < this.weather.repeat);
    for (let i = 0; i < times; i++) {
      if (this.random() >= this.weather.loseToClient) this.later(() => socket.receive(frame));
    }
  }

  private later(run: () => void): void {
    this.time.after(1 + this.random() * this.weather.delay, run);
  }

  private http(url: string, init: { method: string; headers: Record<string, string>; body?: string }): Promise<{ status: number; text(): Promise<string> }> {
    const path = url.replace("http://api/v1", "");
    this.requests.push(`${init.method} ${path}`);
    const reply = (status: number, body: unknown) => Promise.resolve({ status, text: () => Promise.resolve(JSON.stringify(body)) });
    if (path === "/tickets") {
      const status = this.ticketStatus();
      if (status === 0) return Promise.reject(new TypeError("network"));
      if (status >= 300) return reply(status, { error: { code: "unauthorized", message: "" } });
      return reply(status, { ticket: `tkt_${++this.tickets}`, url: "ws://api/ws", expires_at: this.time.now + 30_000 });
    }
    if (path === "/conversations/current") return reply(200, { conversation_id: this.open, epoch: this.epoch });
    const [, id, what, which, number] = /^\/conversations\/(conv_\d+)\/(\w+)(?:\?(t|until)=(\d+|head)(?:\.0)?)?$/.exec(path) ?? [];
    const body = init.body === undefined ? {} : (JSON.parse(init.body) as { id: string; text: string });
    if (path === "/conversations" || what === "messages") {
      let answer: ServerFrame | null = null;
      this.handle({ id: (body as { id: string }).id, action: "send", conversation_id: id ?? null, text: (body as { text: string }).text }, (frame) => (answer ??= frame));
      const frame = answer as ServerFrame | null;
      return frame?.type === "ack" ? reply(201, frame) : reply(409, { error: frame });
    }
    if (what === "entries" && id !== undefined && this.conversations.has(id)) return reply(200, which === "until" ? this.newestFrame(id, number === "head" ? Infinity : Number(number)) : this.entriesFrame(id, Number(number)));
    return reply(404, { error: { code: "not_found", message: "" } });
  }
}
