import { listDigest, type Row } from '@mostrador/protocol';
import { describe, expect, it } from 'vitest';
import { type Inbox, arrange, attention, comparePlaces, count, emptyInbox, listed, placeOf, urgency, withDoubt, withPage, withRow, withWish } from './inbox';

const ANA = 'agt_ana';
const LUIS = 'agt_luis';

function row(n: number, change: Partial<Row> = {}): Row {
  return {
    conversation_id: `conv_${String(n).padStart(6, '0')}`,
    rev: 1,
    shopper_id: `shp_${n}`,
    shopper_name: null,
    status: 'open',
    owner: null,
    unread: true,
    numbers: { t: 1, b: 0 },
    began_at: n,
    last_activity: n * 1000,
    waiting_since: n * 1000,
    preview: { author: { role: 'shopper' }, text: `message ${n}` },
    ...change,
  };
}
const ids = (rows: readonly Row[]) => rows.map((r) => Number(r.conversation_id.slice(5)));
const top = (rows: Row[], end: boolean, next: string | null = null) => ({ rows, below: null, end, next });
const queueOf = (...rows: Row[]): Inbox => withPage(emptyInbox(ANA), 'queue', top(rows, true));

describe('rows', () => {
  it('the newest rev wins, whatever the order of arrival', () => {
    const steps = [row(1, { rev: 2, owner: ANA }), row(1, { rev: 3, status: 'closed' }), row(1, { rev: 1 })];
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0], [0, 2, 1], [2, 0, 1]]) {
      const inbox = order.reduce((state, i) => withRow(state, steps[i]!), queueOf());
      expect(inbox.rows.get('conv_000001')).toEqual(steps[1]);
    }
  });
  it('the same row again changes nothing', () => {
    const inbox = withRow(queueOf(), row(1));
    expect(withRow(inbox, row(1))).toBe(inbox);
  });
  it('move among the lists by status and owner', () => {
    let inbox = queueOf(row(1));
    for (const list of ['mine', 'all', 'closed'] as const) inbox = withPage(inbox, list, top([], true));
    // 'all' was empty before the row was known to the server's answer: it comes with its next rev.
    const where = () => (['queue', 'mine', 'all', 'closed'] as const).filter((list) => listed(inbox, list).length > 0);
    expect(where()).toEqual(['queue']);
    inbox = withRow(inbox, row(1, { rev: 2, owner: ANA }));
    expect(where()).toEqual(['mine', 'all']);
    inbox = withRow(inbox, row(1, { rev: 3, owner: LUIS }));
    expect(where()).toEqual(['all']);
    inbox = withRow(inbox, row(1, { rev: 4, owner: LUIS, status: 'closed' }));
    expect(where()).toEqual(['closed']);
  });
  it('an unknown new conversation appears on top', () => {
    const inbox = withRow(queueOf(row(2), row(1)), row(3));
    expect(ids(listed(inbox, 'queue'))).toEqual([3, 2, 1]);
  });
  it('equal times are ordered by id, descending, as the table does', () => {
    const inbox = queueOf(row(1, { last_activity: 5 }), row(2, { last_activity: 5 }));
    expect(ids(listed(inbox, 'queue'))).toEqual([2, 1]);
  });
});

describe('pages', () => {
  it('follow one another down to the end', () => {
    let inbox = withPage(emptyInbox(ANA), 'queue', top([row(9), row(8)], false, 'after-8'));
    expect(inbox.shelves.queue).toMatchObject({ end: false, next: 'after-8' });
    inbox = withPage(inbox, 'queue', { rows: [row(7), row(6)], below: placeOf(row(8)), end: true, next: null });
    expect(ids(listed(inbox, 'queue'))).toEqual([9, 8, 7, 6]);
    expect(count(inbox, 'queue')).toEqual({ total: 4, unread: 4, waiting: 4, atLeast: false });
  });
  it('rows from below the known stretch stay hidden until the stretch reaches them', () => {
    let inbox = withPage(emptyInbox(ANA), 'queue', top([row(9), row(8)], false, 'after-8'));
    inbox = withRow(inbox, row(3));
    expect(ids(listed(inbox, 'queue'))).toEqual([9, 8]);
    inbox = withPage(inbox, 'queue', { rows: [row(5), row(3)], below: placeOf(row(8)), end: false, next: 'after-3' });
    expect(ids(listed(inbox, 'queue'))).toEqual([9, 8, 5, 3]);
  });
  it('`rows` heals: what is not in the stretch is gone, what is in it is back', () => {
    let inbox = queueOf(row(3), row(2), row(1));
    inbox = withPage(inbox, 'queue', top([row(3), row(1)], true));
    expect(ids(listed(inbox, 'queue'))).toEqual([3, 1]);
    inbox = withPage(inbox, 'queue', top([row(3), row(2), row(1)], true));
    expect(ids(listed(inbox, 'queue'))).toEqual([3, 2, 1]);
  });
  it('a row that was missing comes back with a newer rev', () => {
    let inbox = withPage(queueOf(row(2), row(1)), 'queue', top([row(1)], true));
    expect(ids(listed(inbox, 'queue'))).toEqual([1]);
    inbox = withRow(inbox, row(2, { rev: 2 }));
    expect(ids(listed(inbox, 'queue'))).toEqual([2, 1]);
  });
  it('a page does not put back an older rev', () => {
    const inbox = withPage(withRow(queueOf(row(1)), row(1, { rev: 5, owner: LUIS })), 'queue', top([row(1)], true));
    expect(ids(listed(inbox, 'queue'))).toEqual([]);
  });
  it('a healing top keeps what was loaded below it', () => {
    let inbox = withPage(emptyInbox(ANA), 'queue', top([row(9), row(8)], false, 'after-8'));
    inbox = withPage(inbox, 'queue', { rows: [row(7), row(6)], below: placeOf(row(8)), end: false, next: 'after-6' });
    inbox = withPage(inbox, 'queue', top([row(10), row(9), row(8)], false));
    expect(ids(listed(inbox, 'queue'))).toEqual([10, 9, 8, 7, 6]);
    expect(inbox.shelves.queue.next).toBe('after-6');
  });
  it('after a loss, a page from the top starts the list anew, and pages asked for before join nowhere', () => {
    let inbox = withPage(emptyInbox(ANA), 'queue', top([row(9), row(8), row(7), row(6)], false, 'after-6'));
    inbox = withDoubt(inbox);
    expect(ids(listed(inbox, 'queue'))).toEqual([9, 8, 7, 6]);
    expect(withPage(inbox, 'queue', { rows: [row(5)], below: placeOf(row(6)), end: true, next: null })).toBe(inbox);
    inbox = withPage(inbox, 'queue', top([row(11), row(9)], false));
    expect(ids(listed(inbox, 'queue'))).toEqual([11, 9]);
    expect(inbox.shelves.queue).toMatchObject({ stale: false, end: false, next: null });
  });
  it('an empty list that is at its end is known to be empty', () => {
    const inbox = queueOf();
    expect(inbox.shelves.queue.floor).not.toBeNull();
    expect(count(inbox, 'queue')).toMatchObject({ total: 0, atLeast: false });
  });
  it('the same history in any order of pushes ends in the same list', () => {
    // A small generator, so that a failure can be replayed.
    let seed = 42;
    const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
    const history: Row[] = [];
    for (let n = 1; n <= 40; n++)
      for (let rev = 1; rev <= 5; rev++)
        history.push(row(n, { rev, owner: [null, ANA, LUIS][Math.floor(random() * 3)]!, status: rev === 5 && n % 3 === 0 ? 'closed' : 'open', last_activity: n * 10 + rev }));
    const play = (rows: Row[]) => {
      let inbox = emptyInbox(ANA);
      for (const list of ['queue', 'mine', 'all', 'closed'] as const) inbox = withPage(inbox, list, top([], true));
      for (const r of rows) inbox = withRow(inbox, r);
      return (['queue', 'mine', 'all', 'closed'] as const).map((list) => ids(listed(inbox, list)));
    };
    const straight = play(history);
    for (let round = 0; round < 20; round++) {
      const shuffled = [...history];
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = Math.floor(random() * (i + 1));
        [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
      }
      expect(play(shuffled)).toEqual(straight);
    }
  });
});

describe('wishes', () => {
  it('show at once and are taken back without a trace', () => {
    const stored = withPage(queueOf(row(1)), 'mine', top([], true));
    const asked = withWish(stored, 'conv_000001', { owner: ANA });
    expect(ids(listed(asked, 'queue'))).toEqual([]);
    expect(ids(listed(asked, 'mine'))).toEqual([1]);
    expect(ids(listed(withWish(asked, 'conv_000001', null), 'queue'))).toEqual([1]);
  });
  it('do not reach the digest, which compares what is stored', () => {
    const stored = queueOf(row(2), row(1));
    const asked = withWish(stored, 'conv_000001', { closed: true });
    expect(listDigest(listed(asked, 'queue', true))).toBe(listDigest(listed(stored, 'queue')));
    expect(listDigest(listed(asked, 'queue'))).not.toBe(listDigest(listed(stored, 'queue')));
  });
});

describe('what calls for attention', () => {
  it('is unread in the queue and in one’s own', () => {
    let inbox = queueOf(row(1), row(2, { unread: false }));
    inbox = withPage(inbox, 'mine', top([row(3, { owner: ANA }), row(4, { owner: ANA, unread: false })], true));
    inbox = withPage(inbox, 'all', top([row(5, { owner: LUIS })], true));
    expect(attention(inbox)).toBe(2);
  });
  it('waiting turns amber at 3 minutes and red at 5', () => {
    const check = (since: number | null, expected: string) => expect(urgency(since, 1_000_000)).toBe(expected);
    check(null, 'fine');
    check(1_000_000 - 179_999, 'fine');
    check(1_000_000 - 180_000, 'long');
    check(1_000_000 - 299_999, 'long');
    check(1_000_000 - 300_000, 'too_long');
  });
});

describe('the selected row', () => {
  const rows = [5, 4, 3, 2, 1].map((n) => row(n));
  it('stays where it is when others move', () => {
    const held = { id: 'conv_000003', index: 2 };
    const moved = [row(1), row(5), row(4), row(3), row(2)];
    expect(ids(arrange(moved, held))).toEqual([1, 5, 3, 4, 2]);
  });
  it('stays where it is when it has itself moved to the top', () => {
    expect(ids(arrange([row(3), row(5), row(4), row(2), row(1)], { id: 'conv_000003', index: 2 }))).toEqual([5, 4, 3, 2, 1]);
  });
  it('goes when it has left the list, and cannot stand beyond the end', () => {
    expect(ids(arrange(rows, { id: 'conv_000009', index: 2 }))).toEqual([5, 4, 3, 2, 1]);
    expect(ids(arrange([row(2), row(1)], { id: 'conv_000001', index: 7 }))).toEqual([2, 1]);
  });
});

it('orders 10,000 rows in an instant', () => {
  const rows = Array.from({ length: 10_000 }, (_, n) => row(n));
  const sorted = [...rows].sort((a, b) => comparePlaces(placeOf(a), placeOf(b)));
  const inbox = queueOf(...sorted);
  const begun = performance.now();
  expect(listed(inbox, 'queue')).toHaveLength(10_000);
  expect(performance.now() - begun).toBeLessThan(250);
});
