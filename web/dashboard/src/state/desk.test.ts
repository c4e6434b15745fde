import type { ClientFrame, Edges, Entry, Head, ListAnswer, Row, ServerFrame, Socket } from '@mostrador/protocol';
import { noStorage } from '@mostrador/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { Desk, UNDO_MS } from './desk';
import { count, listed } from './inbox';

const ANA = { id: 'agt_ana', name: 'Ana' };
const LUIS = 'agt_luis';
const CONV = 'conv_1';

/** The world that the desk sees: time that is told, and a server that says what the test lets it say. */
class World {
  time = 1_000_000;
  timers: { at: number; run: () => void; id: number }[] = [];
  ids = 0;
  sockets: FakeSocket[] = [];
  visible = true;
  pages: ListAnswer[] = [];
  asked: string[] = [];

  edges: Edges = {
    now: () => this.time,
    after: (ms, run) => {
      const id = ++this.ids;
      this.timers.push({ at: this.time + ms, run, id });
      return id;
    },
    cancel: (timer) => {
      this.timers = this.timers.filter(({ id }) => id !== timer);
    },
    random: () => 0.5,
    uuid: () => `00000000-0000-4000-8000-${String(++this.ids).padStart(12, '0')}`,
    fetch: async () => ({ status: 201, text: async () => JSON.stringify({ ticket: 'tkt_1', url: 'wss://example/ws', expires_at: 0 }) }),
    socket: () => {
      const socket = new FakeSocket();
      this.sockets.push(socket);
      return socket;
    },
  };

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
  }
}

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  sent: ClientFrame[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame);
  }
  close(): void {}
  says(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  last<A extends ClientFrame['action']>(action: A): ClientFrame & { action: A } {
    return this.sent.findLast((frame) => frame.action === action) as ClientFrame & { action: A };
  }
  count(action: ClientFrame['action']): number {
    return this.sent.filter((frame) => frame.action === action).length;
  }
}

const settled = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

const row = (n: number, change: Partial<Row> = {}): Row => ({
  conversation_id: `conv_${n}`, rev: 1, shopper_id: `shp_${n}`, shopper_name: null, status: 'open', owner: null, unread: true,
  numbers: { t: 1, b: 0 }, began_at: 1, last_activity: 1_000 - n, waiting_since: null, preview: { author: { role: 'shopper' }, text: 'hi' }, ...change,
});
const said = (seq: number, change: Partial<Entry> = {}): Entry => ({ log: 'thread', seq, thread_at: seq, at: seq, author: { role: 'shopper' }, kind: 'message', text: `message ${seq}`, ...change }) as Entry;
const head = (t: number, change: Partial<Head> = {}): Head => ({ numbers: { t, b: 0 }, status: 'open', began_at: 1, participants: [], ...change });
const entries = (list: Entry[], h: Head): ServerFrame => ({ type: 'entries', conversation_id: CONV, epoch: 'e1', entries: list, head: h, more: false });

let world: World;
let desk: Desk;
const presences: string[] = [];

async function online(): Promise<void> {
  await settled();
  world.socket.onopen?.();
  world.socket.says({ type: 'ready', id: world.socket.last('hello').id, epoch: 'e1', now: world.time + 500, open: null, absent: [] });
  await settled();
}
const shows = (list: 'queue' | 'mine' | 'all' | 'closed') => listed(desk.snapshot().inbox, list).map((r) => r.conversation_id);
const rows = (list: Row[], more = false) => world.socket.says({ type: 'rows', list: 'queue', rows: list, more });

async function begin(): Promise<void> {
  desk.start();
  await online();
  rows([row(1), row(2)]);
}
async function look(count = 1, change: Partial<Head> = {}): Promise<void> {
  desk.openConversation(CONV);
  await settled();
  const open = world.socket.last('open');
  world.socket.says(entries(Array.from({ length: count }, (_, i) => said(i + 1)), head(count, { cursors: { shopper: { seen: 0, delivered: 0 }, team: { seen: 0, delivered: 0 } }, ...change })));
  world.socket.says({ type: 'ack', id: open.id, conversation_id: CONV, epoch: 'e1', log: 'thread', seq: count, at: world.time });
  await settled();
}

beforeEach(() => {
  world = new World();
  presences.length = 0;
  desk = new Desk({
    site: 'demo', me: ANA, list: 'queue', origin: '', edges: world.edges, storage: noStorage,
    api: {
      conversations: async (_site, list, before) => {
        world.asked.push(`${list} ${before ?? 'top'}`);
        return world.pages.shift() ?? { list, rows: [] };
      },
    },
    token: async () => 'token',
    looking: () => world.visible,
    onPresence: (agent, status) => presences.push(`${agent} ${status}`),
    onVisit: () => {},
    onOnline: () => {},
  });
});

describe('connecting', () => {
  it('greets with the list shown, and its first heartbeat asks for the rows whatever they are', async () => {
    await begin();
    expect(world.socket.last('hello')).toMatchObject({ list: 'queue', conversations: [] });
    expect(world.socket.last('ping').list).toEqual({ name: 'queue', digest: '' });
    expect(shows('queue')).toEqual(['conv_1', 'conv_2']);
    expect(desk.snapshot().clock).toBe(500);
  });
  it('the badge’s other list is asked for over HTTP', async () => {
    await begin();
    expect(world.asked).toEqual(['mine top']);
  });
  it('after a loss an unknown new conversation and a vanished one are healed', async () => {
    await begin();
    world.socket.onclose?.();
    expect(desk.snapshot().connection.name).toBe('offline');
    expect(shows('queue')).toEqual(['conv_1', 'conv_2']);
    world.pass(2_000);
    await online();
    rows([row(3, { last_activity: 5_000 }), row(1)]);
    expect(shows('queue')).toEqual(['conv_3', 'conv_1']);
  });
  it('a heartbeat names the conversation looked at and what is known of it', async () => {
    await begin();
    await look(3);
    world.pass(25_000);
    const ping = world.socket.last('ping');
    expect(ping.conversations).toEqual([{ conversation_id: CONV, epoch: 'e1', after: { t: 3, b: 0 } }]);
    expect(ping.list?.digest).toMatch(/^[0-9a-f]{8}$/);
  });
});

describe('lists', () => {
  it('all and closed are asked for anew when shown: their rows are told to nobody else', async () => {
    await begin();
    desk.showList('closed');
    world.socket.says({ type: 'rows', list: 'closed', rows: [row(9, { status: 'closed' })], more: false });
    expect(shows('closed')).toEqual(['conv_9']);
    desk.showList('queue');
    desk.showList('closed');
    expect(desk.snapshot().inbox.shelves.closed.stale).toBe(true);
    expect(world.socket.count('list')).toBe(3);
  });
  it('pages follow one another over HTTP', async () => {
    await begin();
    rows([row(1), row(2)], true);
    world.asked = [];
    world.pages = [{ list: 'queue', rows: [row(1), row(2), row(3)], next: 'n3' }, { list: 'queue', rows: [row(4)] }];
    await desk.loadMore('queue');
    await desk.loadMore('queue');
    await desk.loadMore('queue');
    expect(world.asked).toEqual(['queue top', 'queue n3']);
    expect(count(desk.snapshot().inbox, 'queue')).toMatchObject({ total: 4, atLeast: false });
  });
});

describe('a conversation', () => {
  it('is complete when its pages have come', async () => {
    await begin();
    desk.openConversation(CONV);
    expect(desk.snapshot().open).toMatchObject({ id: CONV, complete: false, absent: false });
    world.socket.says({ ...(entries([said(1)], head(2)) as Extract<ServerFrame, { type: 'entries' }>), more: true });
    expect(desk.snapshot().open).toMatchObject({ complete: false, entries: [{ seq: 1 }] });
    world.socket.says(entries([said(2)], head(2)));
    expect(desk.snapshot().open?.complete).toBe(true);
  });
  it('shows both logs in one order', async () => {
    await begin();
    await look(2);
    const note: Entry = { log: 'backstage', seq: 1, thread_at: 1, at: 5, author: { role: 'agent', ...ANA }, kind: 'note', text: 'note' };
    world.socket.says(entries([note], head(2, { numbers: { t: 2, b: 1 } })));
    expect(desk.snapshot().open?.entries.map((entry) => `${entry.log} ${entry.seq}`)).toEqual(['thread 1', 'backstage 1', 'thread 2']);
    expect(desk.snapshot().open?.complete).toBe(true);
  });
  it('that does not exist is said to be absent', async () => {
    await begin();
    desk.openConversation(CONV);
    await settled();
    world.socket.says({ type: 'error', ref: world.socket.last('open').id, code: 'not_found', message: '' });
    await settled();
    expect(desk.snapshot().open?.absent).toBe(true);
  });
  it('walking quickly asks only for where one rests', async () => {
    await begin();
    for (let n = 1; n <= 30; n++) {
      desk.openConversation(`conv_${n}`);
      world.pass(30);
    }
    world.pass(200);
    expect(world.socket.count('open')).toBe(2);
    expect(world.socket.last('open').conversation_id).toBe('conv_30');
  });
  it('a gap is asked for', async () => {
    await begin();
    await look(1);
    const before = world.socket.count('hello');
    world.socket.says(entries([said(3)], head(3)));
    expect(desk.snapshot().open?.entries).toHaveLength(1);
    world.pass(500);
    expect(world.socket.count('hello')).toBe(before + 1);
    expect(world.socket.last('hello').conversations[0]).toMatchObject({ conversation_id: CONV, after: { t: 1, b: 0 } });
  });
  it('typing is forgotten after six seconds, and when the message comes', async () => {
    await begin();
    await look(1);
    world.socket.says({ type: 'typing', conversation_id: CONV, author: { role: 'shopper' } });
    expect(desk.snapshot().open?.typing).toHaveLength(1);
    world.pass(6_001);
    expect(desk.snapshot().open?.typing).toHaveLength(0);
    world.socket.says({ type: 'typing', conversation_id: CONV, author: { role: 'shopper' } });
    world.socket.says(entries([said(2)], head(2)));
    expect(desk.snapshot().open?.typing).toHaveLength(0);
  });
  it('UX16 what comes while nobody looks stands below a divider; replying takes it away', async () => {
    await begin();
    await look(2);
    world.visible = false;
    world.socket.says(entries([said(3)], head(3)));
    expect(desk.snapshot().open?.newAfter).toBe(2);
    expect(world.socket.last('seen')).toMatchObject({ seen: 0, delivered: 3 });
    desk.say(CONV, 'hello', 'reply');
    expect(desk.snapshot().open?.newAfter).toBeNull();
  });
  it('what is seen is told once', async () => {
    await begin();
    await look(2);
    desk.seen(CONV);
    desk.seen(CONV);
    expect(world.socket.sent.filter((frame) => frame.action === 'seen')).toEqual([expect.objectContaining({ seen: 2, delivered: 2 })]);
  });
  it('UX11 what is written offline waits and goes out once', async () => {
    await begin();
    await look(1);
    world.socket.onclose?.();
    desk.say(CONV, 'written offline', 'reply');
    expect(desk.snapshot().unsent).toMatchObject([{ text: 'written offline', state: { name: 'waiting' } }]);
    world.pass(2_000);
    await online();
    const sent = world.socket.sent.filter((frame) => frame.action === 'send');
    expect(sent).toHaveLength(1);
    world.socket.says(entries([said(2, { author: { role: 'agent', ...ANA }, client_id: sent[0]!.id })], head(2)));
    expect(desk.snapshot().unsent).toEqual([]);
  });
});

describe('assigning', () => {
  it('shows at once, and stays until the row agrees', async () => {
    await begin();
    desk.assign(CONV, ANA.id);
    expect(shows('queue')).toEqual(['conv_2']);
    expect(shows('mine')).toEqual([CONV]);
    const assign = world.socket.last('assign');
    expect(assign).toMatchObject({ to: ANA.id, expected: null });
    world.socket.says({ type: 'ack', id: assign.id, conversation_id: CONV, epoch: 'e1', log: 'backstage', seq: 1, at: 1 });
    await settled();
    expect(shows('mine')).toEqual([CONV]);
    world.socket.says({ type: 'row', ...row(1, { rev: 2, owner: ANA.id }) });
    expect(desk.snapshot().inbox.wishes.size).toBe(0);
    expect(shows('mine')).toEqual([CONV]);
  });
  it('`taken` rolls back and says who has it', async () => {
    await begin();
    desk.assign(CONV, ANA.id);
    world.socket.says({ type: 'error', ref: world.socket.last('assign').id, code: 'taken', message: '', owner: LUIS });
    await settled();
    expect(shows('queue')).toEqual(['conv_1', 'conv_2']);
    expect(desk.snapshot()).toMatchObject({ notice: { is: 'taken', conversation: CONV, owner: LUIS }, undoable: null });
  });
  it('whose outcome was lost is repeated; that it was so already is no refusal', async () => {
    await begin();
    desk.assign(CONV, ANA.id);
    world.socket.onclose?.();
    await settled();
    world.pass(2_000);
    await online();
    const again = world.socket.last('assign');
    expect(again).toMatchObject({ to: ANA.id, expected: null });
    world.socket.says({ type: 'error', ref: again.id, code: 'taken', message: '', owner: ANA.id });
    await settled();
    expect(desk.snapshot().notice).toBeNull();
  });
  it('can be undone, and the offer passes', async () => {
    await begin();
    desk.assign(CONV, ANA.id);
    desk.undo();
    expect(world.socket.last('assign')).toMatchObject({ to: null, expected: ANA.id });
    desk.assign('conv_2', LUIS);
    expect(desk.snapshot().undoable).not.toBeNull();
    world.pass(UNDO_MS);
    expect(desk.snapshot().undoable).toBeNull();
  });
  it('busy is tried again, not refused', async () => {
    await begin();
    desk.assign(CONV, ANA.id);
    world.socket.says({ type: 'error', ref: world.socket.last('assign').id, code: 'retry', message: '', retry_after_ms: 700 });
    await settled();
    world.pass(700);
    expect(world.socket.count('assign')).toBe(2);
    expect(desk.snapshot().notice).toBeNull();
  });
});

describe('closing, which is final', () => {
  it('is held back, and then sent', async () => {
    await begin();
    desk.close(CONV);
    expect(shows('queue')).toEqual(['conv_2']);
    world.pass(UNDO_MS - 1);
    expect(world.socket.count('close')).toBe(0);
    world.pass(1);
    expect(world.socket.last('close')).toMatchObject({ conversation_id: CONV });
  });
  it('undone is never sent', async () => {
    await begin();
    desk.close(CONV);
    desk.undo();
    expect(shows('queue')).toEqual(['conv_1', 'conv_2']);
    world.pass(20_000);
    expect(world.socket.count('close')).toBe(0);
  });
  it('is given up when the shopper writes meanwhile, and that is said', async () => {
    await begin();
    await look(1);
    desk.close(CONV);
    world.socket.says(entries([said(2)], head(2)));
    world.pass(20_000);
    expect(world.socket.count('close')).toBe(0);
    expect(desk.snapshot().notice).toEqual({ is: 'wrote_again', conversation: CONV });
  });
  it('is not given up for a row that tells late of what was there before', async () => {
    await begin();
    await look(2);
    desk.close(CONV);
    world.socket.says({ type: 'row', ...row(1, { rev: 2, numbers: { t: 2, b: 0 } }) });
    world.pass(UNDO_MS);
    expect(world.socket.count('close')).toBe(1);
  });
  it('is given up for a conversation that is not open, too', async () => {
    await begin();
    desk.close(CONV);
    world.socket.says({ type: 'row', ...row(1, { rev: 2, numbers: { t: 2, b: 0 } }) });
    world.pass(UNDO_MS);
    expect(world.socket.count('close')).toBe(0);
    expect(desk.snapshot().notice?.is).toBe('wrote_again');
  });
  it('goes out when the page is left, and when another one is closed', async () => {
    await begin();
    desk.close(CONV);
    desk.close('conv_2');
    expect(world.socket.last('close')).toMatchObject({ conversation_id: CONV });
    desk.closeNow();
    expect(world.socket.last('close')).toMatchObject({ conversation_id: 'conv_2' });
  });
});

it('colleagues’ presence is passed on', async () => {
  await begin();
  world.socket.says({ type: 'presence', agent_id: LUIS, status: 'invisible' });
  expect(presences).toEqual([`${LUIS} invisible`]);
});
