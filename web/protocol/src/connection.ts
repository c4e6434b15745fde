// The life of a connection: a ticket, a socket, `hello`; heartbeats; moving to a new socket before AWS cuts the old one; coming
// back after a loss; HTTP polling where no socket can be had. Knows frames only as far as it needs them for that.

import { backoff } from "./backoff.js";
import type { Edges, Socket, Timer } from "./edges.js";
import { readFrame } from "./frame.js";
import type { ByeReason, ClientFrame, Command, ErrorAnswer, Hello, Ping, ServerFrame, TicketAnswer } from "./generated/index.js";
import {
  HANDSHAKE_LIMIT,
  MOVE_AFTER,
  MOVE_SPREAD,
  PING_ACTIVE,
  PING_DASHBOARD,
  PING_IDLE,
  POLL_ACTIVE,
  POLL_IDLE,
  PONG_LIMIT,
  PROTOCOL_VERSION,
  RECONNECT_MOST,
  SOCKET_FAILURES_BEFORE_POLLING,
  SOCKET_RETRY_WHILE_POLLING,
} from "./limits.js";

export interface ConnectionOptions {
  /** Origin of the HTTP API, without a slash at the end. */
  api: string;
  /** The bearer token; asked for before each ticket. `null`: there is none to be had, stay as we are. */
  token(): Promise<string | null>;
  /** The token was refused (401). Answers whether there is another one; `false` ends the connection. */
  renew(): Promise<boolean>;
  /** Dashboards beat every 25 s whatever is shown, name their site in the ticket, and never poll. */
  site?: string;
  hello(): Hello;
  ping(): Ping;
  /** Whether somebody is looking: decides how often to beat. */
  active(): boolean;
  /** Whether anything waits to be sent. */
  unsent?(): boolean;
  onFrame(frame: ServerFrame): void;
  onState(state: ConnectionState): void;
}

export type ConnectionState =
  /** Not started, stopped, or resting in the back/forward cache. */
  | { name: "idle" }
  | { name: "connecting" }
  /** `hello` is answered: what is sent now is sent. */
  | { name: "online"; polling: boolean }
  | { name: "offline"; retryAt: number }
  /** The server ended it, or nobody vouches for us: starting again needs a new session. */
  | { name: "ended"; reason: ByeReason | "unauthorized" };

/** A try whose ceiling is the longest one. */
const PATIENT = 5;

/** What carries frames: a socket, or polling. */
export interface Carrier {
  send(frame: ClientFrame): void;
  close(): void;
}

interface Link {
  carrier: Carrier;
  polling: boolean;
  ready: boolean;
  helloId: string;
  /** Any frame counts as a sign of life. */
  heardAt: number;
  since: number;
  timers: Map<string, Timer>;
  dead: boolean;
}

export class Connection {
  state: ConnectionState = { name: "idle" };
  private active: Link | null = null;
  /** The new socket while moving. */
  private next: Link | null = null;
  private wanted = false;
  private attempt = 0;
  private socketFailures = 0;
  private retry: Timer | null = null;
  /** Tells a try that it has been overtaken. */
  private generation = 0;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly edges: Edges,
  ) {}

  get online(): boolean {
    return this.state.name === "online";
  }

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.attempt = 0;
    void this.connect();
  }

  /** Lets go of everything: sign-out, `pagehide`. `start` begins again. */
  stop(): void {
    this.wanted = false;
    this.generation++;
    this.letGo();
    this.become({ name: "idle" });
  }

  /** The network is said to be back, or somebody looks: do not wait for the timer. */
  wake(): void {
    if (!this.wanted) return;
    if (this.state.name === "offline") {
      this.attempt = 0;
      this.schedule(this.edges.random() * 500);
    } else if (this.active?.ready) {
      if (this.edges.now() - this.active.heardAt >= PING_ACTIVE) this.beat(this.active);
      else this.scheduleBeat(this.active);
    }
  }

  /** The network is said to be gone. */
  lost(): void {
    if (!this.wanted || this.state.name === "ended") return;
    this.generation++;
    this.letGo();
    this.failed(RECONNECT_MOST);
  }

  /** Sends when `online`; answers whether it was handed over. */
  send(command: Command, id: string = this.edges.uuid()): boolean {
    if (!this.active?.ready) return false;
    this.active.carrier.send({ id, ...command });
    return true;
  }

  /** Asks for what is lacking. */
  hello(): void {
    if (this.active?.ready) this.active.carrier.send({ id: this.edges.uuid(), action: "hello", ...this.options.hello() });
  }

  private become(state: ConnectionState): void {
    const before = this.state;
    if (before.name === state.name && before.name !== "offline" && before.name !== "online") return;
    this.state = state;
    this.options.onState(state);
  }

  private async connect(): Promise<void> {
    const generation = ++this.generation;
    const overtaken = () => generation !== this.generation || !this.wanted;
    if (!this.active) this.become({ name: "connecting" });
    const limit = this.edges.after(HANDSHAKE_LIMIT, () => {
      if (!overtaken()) {
        this.generation++;
        this.failed(0);
      }
    });
    const ticket = await this.ticket(overtaken).catch(() => "failed" as const);
    // Few networks need polling: it is loaded when one does.
    const polling = ticket === "poll" ? await import("./polling.js").catch(() => null) : null;
    this.edges.cancel(limit);
    if (overtaken() || ticket === "done") return;
    if (ticket === "failed") return this.failed(0);
    if (typeof ticket === "number") return this.failed(ticket);
    if (ticket === "poll") return polling ? this.open((link) => this.poller(link, polling.Polling), true) : this.failed(0);
    const url = `${ticket.url}?v=${PROTOCOL_VERSION}&ticket=${encodeURIComponent(ticket.ticket)}`;
    this.open((link) => this.socket(link, url), false);
  }

  /** A ticket; or how long to wait; or `poll`; or `done` when there is nothing more to do. */
  private async ticket(overtaken: () => boolean): Promise<TicketAnswer | number | "poll" | "done" | "failed"> {
    for (let renewed = false; ; renewed = true) {
      const token = await this.options.token();
      if (overtaken()) return "done";
      if (token === null) return "failed";
      // Who followed a mail's button reads one conversation, and has no socket.
      if (token.startsWith("res_")) return "poll";
      const answer = await this.edges.fetch(`${this.options.api}/v1/tickets`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(this.options.site === undefined ? {} : { site: this.options.site }),
      });
      if (overtaken()) return "done";
      const text = await answer.text();
      if (overtaken()) return "done";
      if (answer.status === 401) {
        if (!renewed && (await this.options.renew())) continue;
        if (!overtaken()) this.end("unauthorized");
        return "done";
      }
      // The chat is off, or not for this shopper: asking again is no use before the settings change.
      if (answer.status === 403 && this.options.site === undefined) {
        this.end("visibility");
        return "done";
      }
      if (answer.status >= 200 && answer.status < 300) {
        const polling = this.options.site === undefined && !this.active && this.socketFailures >= SOCKET_FAILURES_BEFORE_POLLING;
        return polling ? "poll" : (JSON.parse(text) as TicketAnswer);
      }
      return retryAfter(text) ?? "failed";
    }
  }

  private open(carry: (link: Link) => Carrier, polling: boolean): void {
    const now = this.edges.now();
    const link: Link = { carrier: nothing, polling, ready: false, helloId: "", heardAt: now, since: now, timers: new Map(), dead: false };
    if (this.active) this.next = link;
    else this.active = link;
    this.time(link, "handshake", HANDSHAKE_LIMIT, () => this.gone(link));
    try {
      link.carrier = carry(link);
    } catch {
      // A page's policy may forbid the socket: `new WebSocket` then throws.
      this.gone(link);
    }
  }

  private socket(link: Link, url: string): Carrier {
    const socket: Socket = this.edges.socket(url);
    socket.onopen = () => this.opened(link);
    socket.onmessage = ({ data }) => {
      const frame = readFrame(data);
      if (frame) this.receive(link, frame);
    };
    socket.onclose = () => this.gone(link);
    socket.onerror = () => this.gone(link);
    return {
      send(frame) {
        try {
          socket.send(JSON.stringify(frame));
        } catch {
          // Closing: `onclose` follows, and what was sent has an unknown outcome.
        }
      },
      close() {
        socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
        socket.close();
      },
    };
  }

  private poller(link: Link, Polling: typeof import("./polling.js").Polling): Carrier {
    const polling = new Polling(this.options, this.edges, {
      frame: (frame) => this.receive(link, frame),
      failed: () => this.gone(link),
      // The next ticket is refused as well, and asks for another session.
      unauthorized: () => this.gone(link),
    });
    this.edges.after(0, () => !link.dead && this.opened(link));
    return polling;
  }

  private opened(link: Link): void {
    if (link.dead) return;
    this.time(link, "handshake", HANDSHAKE_LIMIT, () => this.gone(link));
    link.helloId = this.edges.uuid();
    link.carrier.send({ id: link.helloId, action: "hello", ...this.options.hello() });
  }

  private receive(link: Link, frame: ServerFrame): void {
    if (link.dead) return;
    link.heardAt = this.edges.now();
    this.cancel(link, "pong");
    if (frame.type === "bye") return this.end(frame.reason);
    this.options.onFrame(frame);
    if (frame.type === "ready" && frame.id === link.helloId && !link.ready && !link.dead) this.settled(link);
    if (frame.type === "error" && frame.ref === link.helloId && !link.ready) {
      if (frame.code === "unauthorized") return this.end("unauthorized");
      this.gone(link, frame.retry_after_ms);
    }
  }

  /** `hello` is answered: from here on this link carries everything. */
  private settled(link: Link): void {
    link.ready = true;
    link.since = this.edges.now();
    this.cancel(link, "handshake");
    if (!link.polling) this.socketFailures = 0;
    if (link === this.next) {
      const old = this.active;
      this.active = link;
      this.next = null;
      if (old) this.bury(old);
      // What was under way on the old socket: its answer may have been lost with it.
      this.become({ name: "connecting" });
    }
    if (link.polling) {
      this.time(link, "move", SOCKET_RETRY_WHILE_POLLING, () => void this.connect());
    } else {
      this.time(link, "move", MOVE_AFTER + (2 * this.edges.random() - 1) * MOVE_SPREAD, () => void this.connect());
    }
    this.scheduleBeat(link);
    this.become({ name: "online", polling: link.polling });
  }

  private scheduleBeat(link: Link): void {
    const { site, active } = this.options;
    const looking = active();
    const period = link.polling ? (looking ? POLL_ACTIVE : POLL_IDLE) : site !== undefined ? PING_DASHBOARD : looking ? PING_ACTIVE : PING_IDLE;
    this.time(link, "beat", period, () => this.beat(link));
  }

  private beat(link: Link): void {
    const id = this.edges.uuid();
    link.carrier.send(link.polling ? { id, action: "hello", ...this.options.hello() } : { id, action: "ping", ...this.options.ping() });
    if (!link.timers.has("pong")) this.time(link, "pong", PONG_LIMIT, () => this.gone(link));
    this.scheduleBeat(link);
  }

  /** A link is lost, or never came to be. */
  private gone(link: Link, retryAfterMs = 0): void {
    if (link.dead) return;
    this.bury(link);
    if (!link.ready && !link.polling) this.socketFailures++;
    if (link === this.next) {
      // Moving failed; the old one still works. Try again soon.
      this.next = null;
      if (this.active) this.time(this.active, "move", backoff(++this.attempt, this.edges.random()) + RECONNECT_MOST, () => void this.connect());
      return;
    }
    if (link !== this.active) return;
    this.active = null;
    // A link that lived was no failed try. Who looks, or has something to send, comes back at once; of the others, most of an
    // outage's clients, there may be tens of thousands: they take their time, and `wake` cuts it short.
    if (link.ready && this.edges.now() - link.since > PONG_LIMIT) this.attempt = this.urgent() ? 0 : PATIENT;
    if (this.next) {
      // The new one is on its way already, and takes over.
      this.active = this.next;
      this.next = null;
      return this.become({ name: "connecting" });
    }
    this.generation++;
    this.failed(retryAfterMs);
  }

  private urgent(): boolean {
    const { site, active, unsent } = this.options;
    return site !== undefined || active() || (unsent?.() ?? false);
  }

  private failed(atLeast: number): void {
    if (!this.wanted) return;
    if (this.active?.ready) {
      // It was a move that failed.
      this.time(this.active, "move", RECONNECT_MOST + backoff(++this.attempt, this.edges.random()), () => void this.connect());
      return;
    }
    this.schedule(Math.max(atLeast, backoff(this.attempt++, this.edges.random())));
  }

  private schedule(wait: number): void {
    if (this.retry !== null) this.edges.cancel(this.retry);
    this.retry = this.edges.after(wait, () => {
      this.retry = null;
      void this.connect();
    });
    this.become({ name: "offline", retryAt: this.edges.now() + wait });
  }

  private end(reason: ByeReason | "unauthorized"): void {
    this.letGo();
    this.generation++;
    // Too many connections of one shopper: one of the others may close.
    if (reason === "too_many") {
      this.attempt = PATIENT;
      return this.failed(RECONNECT_MOST);
    }
    this.wanted = false;
    this.become({ name: "ended", reason });
  }

  private letGo(): void {
    if (this.retry !== null) this.edges.cancel(this.retry);
    this.retry = null;
    for (const link of [this.active, this.next]) if (link) this.bury(link);
    this.active = this.next = null;
  }

  private bury(link: Link): void {
    link.dead = true;
    for (const timer of link.timers.values()) this.edges.cancel(timer);
    link.timers.clear();
    link.carrier.close();
  }

  private time(link: Link, name: string, ms: number, run: () => void): void {
    this.cancel(link, name);
    link.timers.set(
      name,
      this.edges.after(ms, () => {
        link.timers.delete(name);
        run();
      }),
    );
  }

  private cancel(link: Link, name: string): void {
    const timer = link.timers.get(name);
    if (timer === undefined) return;
    this.edges.cancel(timer);
    link.timers.delete(name);
  }
}

const nothing: Carrier = { send() {}, close() {} };

function retryAfter(text: string): number | undefined {
  try {
    return (JSON.parse(text) as ErrorAnswer).error.retry_after_ms;
  } catch {
    return undefined;
  }
}
