// One agent at one site's counter: the connection, the lists, the conversation that is open, and what has been done and
// not yet confirmed. What the server says goes in as frames, what views show comes out as one immutable state.

import {
  type Author,
  Client,
  type ClientEvent,
  type Command,
  type ConnectionState,
  type ConversationLog,
  type Cursors,
  type Edges,
  type Entry,
  type ErrorCode,
  type Head,
  type ListName,
  type OutboxStorage,
  type PresenceStatus,
  RequestError,
  type Row,
  type ServerFrame,
  TYPING_SHOWN,
  type Timer,
  type Unsent,
  type Visitors,
  interleaved,
  listDigest,
} from '@mostrador/protocol';
import type { Api } from '../api';
import { type Inbox, emptyInbox, listed, withDoubt, withPage, withRow, withWish } from './inbox';

/** Closing is final: it is held back for so long, and can be undone until then. */
export const UNDO_MS = 5_000;
const PAGE_ROWS = 100;
/** After an acknowledgement, for so long a wish stands in for the row that has not come yet. */
const WISH_GRACE = 4_000;
/** Holding j down walks through many conversations; the server is asked for those where one rests. */
const REST_MS = 120;
/** A digest that no list has: asks for the rows in any case. */
const NO_DIGEST = '';

export interface OpenConversation {
  readonly id: string;
  readonly entries: readonly Entry[];
  /** What came before the first of them has not been asked for yet. */
  readonly hasOlder: boolean;
  readonly head: Head | null;
  readonly cursors: Cursors;
  /** All pages have come. */
  readonly complete: boolean;
  /** There is no such conversation, or it is not this agent's to read. */
  readonly absent: boolean;
  readonly typing: readonly Typist[];
  /** The thread's number after which everything is new to this agent. */
  readonly newAfter: number | null;
}

export interface Typist {
  readonly author: Author;
  readonly until: number;
}

export type Notice =
  /** A colleague was quicker. */
  | { is: 'taken'; conversation: string; owner: string | null }
  | { is: 'refused'; conversation: string; code: ErrorCode }
  /** Held back closing was given up: the shopper wrote meanwhile. */
  | { is: 'wrote_again'; conversation: string };

export type Undoable =
  | { is: 'closing'; conversation: string; until: number }
  | { is: 'assigned'; conversation: string; to: string | null; from: string | null; until: number };

export type Loading = 'idle' | 'loading' | 'failed';

export interface DeskState {
  readonly connection: ConnectionState;
  /** It was online at least once. */
  readonly begun: boolean;
  readonly inbox: Inbox;
  readonly list: ListName;
  readonly loading: Readonly<Record<ListName, Loading>>;
  readonly open: OpenConversation | null;
  readonly unsent: readonly Unsent[];
  readonly notice: Notice | null;
  readonly undoable: Undoable | null;
  /** The server's clock minus this one's. */
  readonly clock: number;
}

export interface DeskOptions {
  site: string;
  me: { id: string; name: string };
  list: ListName;
  api: Pick<Api, 'conversations'>;
  origin: string;
  token(renew: boolean): Promise<string | null>;
  edges: Edges;
  storage: OutboxStorage;
  /** Whether somebody looks at the page. */
  looking(): boolean;
  onPresence(agent: string, status: PresenceStatus): void;
  onVisit(frame: Extract<ServerFrame, { type: 'visit' }>): void;
  /** The socket is (again) there: what was asked for over HTTP may be out of date. */
  onOnline(): void;
}

/** A command that changes a conversation and is worth repeating until it is answered. */
type Deed = Extract<Command, { action: 'assign' | 'join' | 'leave' | 'close' }>;

const NO_CURSORS: Cursors = { shopper: { seen: 0, delivered: 0 }, team: { seen: 0, delivered: 0 } };

export class Desk {
  readonly client: Client;
  /** The list of visitors, while it is shown. */
  onVisitors: ((frame: Visitors) => void) | null = null;
  private state: DeskState;
  private readonly listeners = new Set<() => void>();
  /** What is to be repeated when the connection is back: the outcome is unknown, and doing it twice is harmless. */
  private lost: Deed[] = [];
  /** Seen and delivered, as told to the server, by conversation. */
  private readonly told = new Map<string, { seen: number; delivered: number }>();
  /** `t`: the thread's number when it was asked for; what is beyond was written since. */
  private closing: { conversation: string; timer: Timer; t: number } | null = null;
  /** The conversation whose pages have been asked for and have not all come: what comes now is history. */
  private fetching: string | null = null;
  private rest: Timer | null = null;
  private askedAt = 0;
  private readonly loads: Record<ListName, number> = { queue: 0, mine: 0, all: 0, closed: 0 };

  constructor(private readonly options: DeskOptions) {
    this.client = new Client(
      {
        api: options.origin,
        token: () => options.token(false),
        renew: async () => (await options.token(true)) !== null,
        active: () => true,
        agent: {
          site: options.site,
          list: () => this.state.list,
          digest: () => {
            const { inbox, list } = this.state;
            const { floor, stale } = inbox.shelves[list];
            return { name: list, digest: floor === null || stale ? NO_DIGEST : listDigest(listed(inbox, list, true)) };
          },
        },
        storage: options.storage,
        onEvent: (event) => this.heard(event),
      },
      options.edges,
    );
    this.state = {
      connection: { name: 'idle' },
      begun: false,
      inbox: emptyInbox(options.me.id),
      list: options.list,
      loading: { queue: 'idle', mine: 'idle', all: 'idle', closed: 'idle' },
      open: null,
      unsent: this.unsent(),
      notice: null,
      undoable: null,
      clock: 0,
    };
  }

  snapshot = (): DeskState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    this.client.start();
  }

  /** Lets go; what was held back is sent first. */
  stop(): void {
    this.closeNow();
    this.client.stop();
  }

  // -- what views ask for

  showList(list: ListName): void {
    if (list === this.state.list) return;
    const { inbox } = this.state;
    const shelf = inbox.shelves[list];
    // Rows of colleagues' and closed conversations are told only to who shows such a list: what is known may be old.
    const old = (list === 'all' || list === 'closed') && shelf.floor !== null;
    this.update({ list, inbox: old ? { ...inbox, shelves: { ...inbox.shelves, [list]: { ...shelf, stale: true } } } : inbox });
    this.client.tell({ action: 'list', list });
  }

  /** The next page of a list, or the first one again. */
  async loadMore(list: ListName): Promise<void> {
    const shelf = this.state.inbox.shelves[list];
    if (this.state.loading[list] === 'loading' || (shelf.end && !shelf.stale)) return;
    const load = ++this.loads[list];
    const setLoading = (loading: Loading) => this.update({ loading: { ...this.state.loading, [list]: loading } });
    setLoading('loading');
    const below = shelf.stale || shelf.next === null ? null : shelf.floor;
    try {
      const answer = await this.options.api.conversations(this.options.site, list, below === null ? null : shelf.next, PAGE_ROWS);
      if (load !== this.loads[list]) return;
      const next = answer.next ?? null;
      this.update({ inbox: withPage(this.state.inbox, list, { rows: answer.rows, below, end: next === null, next }) });
      setLoading('idle');
    } catch {
      if (load === this.loads[list]) setLoading('failed');
    }
  }

  openConversation(id: string | null): void {
    if (id === (this.state.open?.id ?? null)) return;
    const { edges } = this.options;
    if (this.rest !== null) edges.cancel(this.rest);
    this.rest = null;
    this.fetching = id;
    if (id === null) {
      this.update({ open: null, notice: null });
    } else {
      const log = this.client.conversations.get(id);
      const seen = this.told.get(id)?.seen ?? 0;
      const picture = log === undefined ? { id, entries: [], hasOlder: false, head: null, cursors: NO_CURSORS, complete: false } : this.picture(log);
      this.update({ notice: null, open: { ...picture, absent: false, typing: [], newAfter: seen > 0 ? seen : null } });
    }
    const wait = this.askedAt + REST_MS - edges.now();
    this.askedAt = edges.now();
    if (wait <= 0) void this.ask();
    else this.rest = edges.after(REST_MS, () => void this.ask());
  }

  say(conversation: string, text: string, kind: 'reply' | 'note'): boolean {
    const unsent = kind === 'note' ? this.client.note(conversation, text) : this.client.say(conversation, text);
    if (unsent !== null && kind === 'reply') this.changeOpen(conversation, { newAfter: null });
    return unsent !== null;
  }

  retry(id: string): void {
    this.client.retry(id);
  }

  /** Gives an unsent message up; its text, for the composer. */
  takeBack(id: string): string | null {
    const text = this.client.outbox.get(id)?.text ?? null;
    this.client.discard(id);
    return text;
  }

  typing(conversation: string): void {
    this.client.typing(conversation);
  }

  /** The page before what is here of a conversation. */
  loadOlder(conversation: string): void {
    void this.client.loadOlder(conversation);
  }

  /** Everything that is shown was seen by a person. */
  seen(conversation: string): void {
    const log = this.client.conversations.get(conversation);
    if (log === undefined || log.numbers.t === 0 || log.behind) return;
    const { t } = log.numbers;
    const told = this.told.get(conversation);
    const row = this.state.inbox.rows.get(conversation);
    if (told !== undefined && told.seen >= t && !(row?.unread === true && row.numbers.t > told.seen)) return;
    if (this.client.tell({ action: 'seen', conversation_id: conversation, seen: t, delivered: t })) this.told.set(conversation, { seen: t, delivered: t });
  }

  /** `from`: the owner that the agent saw when they decided. Who clicks before a change is painted takes it from nobody unknowingly. */
  assign(conversation: string, to: string | null, from = this.owner(conversation), undoable = true): void {
    if (from === to) return;
    this.wish(conversation, { owner: to });
    void this.perform({ action: 'assign', conversation_id: conversation, to, expected: from });
    const offer: Undoable | null = undoable ? { is: 'assigned', conversation, to, from, until: this.options.edges.now() + UNDO_MS } : null;
    this.update({ notice: null, undoable: offer });
    this.options.edges.after(UNDO_MS, () => {
      if (offer !== null && this.state.undoable === offer) this.update({ undoable: null });
    });
  }

  join(conversation: string): void {
    void this.perform({ action: 'join', conversation_id: conversation });
  }

  leave(conversation: string): void {
    void this.perform({ action: 'leave', conversation_id: conversation });
  }

  close(conversation: string): void {
    if (this.closing?.conversation === conversation) return;
    this.closeNow();
    const t = Math.max(this.state.inbox.rows.get(conversation)?.numbers.t ?? 0, this.client.conversations.get(conversation)?.numbers.t ?? 0);
    this.closing = { conversation, t, timer: this.options.edges.after(UNDO_MS, () => this.closeNow()) };
    this.wish(conversation, { closed: true });
    this.update({ notice: null, undoable: { is: 'closing', conversation, until: this.options.edges.now() + UNDO_MS } });
  }

  undo(): void {
    const { undoable } = this.state;
    switch (undoable?.is) {
      case undefined:
        break;
      case 'closing':
        this.keepOpen(undoable.conversation);
        break;
      case 'assigned':
        this.assign(undoable.conversation, undoable.from, undoable.to, false);
        break;
    }
  }

  dismissUndo(): void {
    if (this.state.undoable?.is === 'closing') this.closeNow();
    else this.update({ undoable: null });
  }

  dismissNotice(): void {
    this.update({ notice: null });
  }

  /** What was held back for undoing goes out now: the page is being left, or another conversation closed. */
  closeNow(): void {
    if (this.closing === null) return;
    const { conversation, timer } = this.closing;
    this.options.edges.cancel(timer);
    this.closing = null;
    if (this.state.undoable?.is === 'closing') this.update({ undoable: null });
    void this.perform({ action: 'close', conversation_id: conversation });
  }

  /** Answers whether it was sent. */
  choosePresence(status: PresenceStatus): boolean {
    return this.client.tell({ action: 'presence', status });
  }

  /** Another tab has written to the outbox. */
  storageChanged(): void {
    this.client.synchronise();
  }

  owner(conversation: string): string | null {
    const { inbox, open } = this.state;
    const wish = inbox.wishes.get(conversation);
    if (wish?.owner !== undefined) return wish.owner;
    if (open?.id === conversation && open.head !== null) return open.head.owner ?? null;
    return inbox.rows.get(conversation)?.owner ?? null;
  }

  // -- what is heard

  private heard(event: ClientEvent): void {
    switch (event.type) {
      case 'state':
        return this.connectionChanged(event.state);
      case 'conversation':
        return this.conversationChanged(event.log, event.added);
      case 'absent':
        return this.changeOpen(event.conversation_id, { absent: true, complete: true });
      case 'outbox':
        // What is stored in a conversation that nobody looks at is shown when somebody does.
        for (const message of this.client.outbox.all) {
          if (message.state.name === 'stored' && message.conversation_id !== this.state.open?.id) return this.client.discard(message.id);
        }
        return this.update({ unsent: this.unsent() });
      case 'ready':
        return this.update({ clock: this.client.clockOffset });
      case 'frame':
        return this.frame(event.frame);
    }
  }

  private frame(frame: Extract<ClientEvent, { type: 'frame' }>['frame']): void {
    switch (frame.type) {
      case 'row':
        return this.rowMoved(frame);
      case 'rows':
        return this.update({
          inbox: withPage(this.state.inbox, frame.list, { rows: frame.rows, below: null, end: !frame.more, next: null }),
        });
      case 'typing':
        return this.someoneTypes(frame.conversation_id, frame.author);
      case 'presence':
        return this.options.onPresence(frame.agent_id, frame.status);
      case 'visit':
        return this.options.onVisit(frame);
      case 'visitors':
        return this.onVisitors?.(frame);
      case 'page':
        // For shoppers' pages.
        return;
      default:
        // From a newer server.
        frame satisfies never;
    }
  }

  private connectionChanged(connection: ConnectionState): void {
    if (connection.name !== 'online') return this.update({ connection, ...(this.state.open === null ? {} : { open: { ...this.state.open, typing: [] } }) });
    this.update({ connection, begun: true, inbox: withDoubt(this.state.inbox), clock: this.client.clockOffset });
    // The list shown comes by itself: the first heartbeat has a digest that fits nothing. The badge counts these two.
    for (const list of ['queue', 'mine'] as const) if (list !== this.state.list) void this.loadMore(list);
    if (this.state.open !== null) void this.ask();
    const again = this.lost;
    this.lost = [];
    for (const deed of again) void this.perform(deed);
    this.options.onOnline();
  }

  /** Asks for what the open conversation lacks. */
  private async ask(): Promise<void> {
    const id = this.state.open?.id ?? null;
    this.fetching = id;
    const answer = await this.client.view(id);
    if (id === null || this.state.open?.id !== id) return;
    if (!(answer instanceof RequestError)) {
      this.fetching = null;
      return this.changeOpen(id, { complete: true });
    }
    if (answer.code === 'not_found') return this.changeOpen(id, { absent: true, complete: true });
    // Gone with the connection: asked again when it is back.
    if (answer.code === 'offline' || (answer.code === 'lost' && !this.client.connection.online)) return;
    this.options.edges.after(answer.refusal?.retry_after_ms ?? 1_000, () => {
      if (this.state.open?.id === id && this.fetching === id) void this.ask();
    });
  }

  private conversationChanged(log: ConversationLog, added: readonly Entry[]): void {
    const history = this.fetching === log.id || !this.client.connection.online;
    const fromShopper = added.some((entry) => entry.kind === 'message' && entry.author.role === 'shopper');
    const { open } = this.state;
    if (open?.id === log.id) {
      let { newAfter } = open;
      const came = added.filter((entry) => entry.log === 'thread').length;
      const before = log.numbers.t - came;
      if (newAfter === null && fromShopper) {
        // First sight of it: what the team has not seen is new, unless the team has seen nothing of it.
        if (history) newAfter = came === log.thread.length && log.cursors.team.seen > 0 ? log.cursors.team.seen : null;
        else if (!this.options.looking()) newAfter = before;
      }
      const typing = open.typing.filter((typist) => !added.some((entry) => sameAuthor(entry.author, typist.author)));
      this.update({ open: { ...open, ...this.picture(log), complete: open.complete || this.picture(log).complete, newAfter, typing } });
      this.deliver(log);
    }
    if (fromShopper) this.interruptClosing(log.id, log.numbers.t);
  }

  private rowMoved(row: Row): void {
    let inbox = withRow(this.state.inbox, row);
    const wish = inbox.wishes.get(row.conversation_id);
    // What was asked for has come true.
    if (wish !== undefined && (wish.closed === true ? row.status === 'closed' : wish.owner === row.owner)) inbox = withWish(inbox, row.conversation_id, null);
    this.update({ inbox });
    if (row.preview?.author.role === 'shopper') this.interruptClosing(row.conversation_id, row.numbers.t);
    this.client.conversations.get(row.conversation_id)?.expect(row.numbers);
  }

  private someoneTypes(conversation: string, author: Author): void {
    const { open } = this.state;
    if (open?.id !== conversation || (author.role === 'agent' && author.id === this.options.me.id)) return;
    const { edges } = this.options;
    const others = open.typing.filter((typist) => !sameAuthor(typist.author, author));
    this.changeOpen(conversation, { typing: [...others, { author, until: edges.now() + TYPING_SHOWN }] });
    edges.after(TYPING_SHOWN, () => {
      const now = this.state.open;
      if (now?.id === conversation) this.changeOpen(conversation, { typing: now.typing.filter((typist) => typist.until > edges.now()) });
    });
  }

  // -- what is done

  private async perform(deed: Deed): Promise<void> {
    const { conversation_id: conversation } = deed;
    const wish = this.state.inbox.wishes.get(conversation);
    try {
      await this.client.request(deed);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return this.failed(deed, error);
    }
    // The row that tells of it is under way; should it be lost, the wish must not stand for ever.
    if (wish !== undefined) {
      this.options.edges.after(WISH_GRACE, () => {
        if (this.state.inbox.wishes.get(conversation) === wish) this.wish(conversation, null);
      });
    }
  }

  private failed(deed: Deed, { code, refusal }: RequestError): void {
    switch (code) {
      case 'offline':
      case 'lost':
        if (this.client.connection.online) void this.perform(deed);
        else this.lost.push(deed);
        return;
      case 'retry':
      case 'internal':
      case 'rate_limited':
      case 'hello_first':
        this.options.edges.after(refusal?.retry_after_ms ?? 1_000, () => void this.perform(deed));
        return;
      default:
    }
    const owner = refusal?.owner ?? null;
    // Repeated because nobody knew, and it was so already.
    const wasSo = (deed.action === 'close' && code === 'closed') || (deed.action === 'assign' && code === 'taken' && owner === deed.to);
    this.wish(deed.conversation_id, null);
    if (!wasSo) {
      const { conversation_id: conversation } = deed;
      this.update({ undoable: null, notice: code === 'taken' ? { is: 'taken', conversation, owner } : { is: 'refused', conversation, code } });
    }
    if (this.state.open?.id === deed.conversation_id) void this.ask();
  }

  /** Received, though perhaps nobody looks. */
  private deliver(log: ConversationLog): void {
    const { t } = log.numbers;
    const told = this.told.get(log.id) ?? { seen: 0, delivered: 0 };
    if (log.behind || told.delivered >= t || this.options.looking()) return;
    if (this.client.tell({ action: 'seen', conversation_id: log.id, seen: told.seen, delivered: t })) this.told.set(log.id, { ...told, delivered: t });
  }

  private wish(conversation: string, wish: { owner?: string | null; closed?: true } | null): void {
    this.update({ inbox: withWish(this.state.inbox, conversation, wish) });
  }

  /** The shopper wrote, up to number `t`. */
  private interruptClosing(conversation: string, t: number): void {
    if (this.closing !== null && t > this.closing.t && this.keepOpen(conversation)) this.update({ notice: { is: 'wrote_again', conversation } });
  }

  private keepOpen(conversation: string): boolean {
    if (this.closing?.conversation !== conversation) return false;
    this.options.edges.cancel(this.closing.timer);
    this.closing = null;
    this.wish(conversation, null);
    this.update({ undoable: null });
    return true;
  }

  // -- pictures for views

  private picture(log: ConversationLog): Pick<OpenConversation, 'id' | 'entries' | 'hasOlder' | 'head' | 'cursors' | 'complete'> {
    const { t, b } = log.numbers;
    return {
      id: log.id,
      entries: interleaved(log),
      hasOlder: log.hasOlder,
      head: log.head,
      cursors: { shopper: { ...log.cursors.shopper }, team: { ...log.cursors.team } },
      complete: log.head !== null && t >= log.head.numbers.t && b >= log.head.numbers.b,
    };
  }

  private unsent(): Unsent[] {
    return this.client.outbox.all.map((message) => ({ ...message }));
  }

  private changeOpen(conversation: string, change: Partial<OpenConversation>): void {
    if (this.state.open?.id === conversation) this.update({ open: { ...this.state.open, ...change } });
  }

  private update(change: Partial<DeskState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}

function sameAuthor(a: Author, b: Author): boolean {
  return a.role === b.role && (a.role !== 'agent' || (b.role === 'agent' && a.id === b.id));
}
