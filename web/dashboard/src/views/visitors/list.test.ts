import type { Visitors, VisitorRow } from '@mostrador/protocol';
import { describe, expect, it } from 'vitest';
import { EVERY, VisitorFeed } from './feed';
import { type Rows, DEFAULT, FIRST_ORDER, NO_FILTER, apply, arrange, countries, current, hold, invited, moveColumn, presence, readColumns, toggleColumn, writeColumns } from './list';

const NOW = 1_750_000_000_000;
const row = (n: number, change: Partial<VisitorRow> = {}): VisitorRow => ({
  id: `vis_${String(n).padStart(4, '0')}`,
  changed_at: NOW,
  last_seen: NOW,
  first_seen: NOW,
  visits: 1,
  pages: 1,
  url: `https://shop.example/p/${n}`,
  title: `Page ${n}`,
  viewed_at: NOW - n,
  device: 'desktop',
  ...change,
});
const rows = (...list: VisitorRow[]): Rows => new Map(list.map((row) => [row.id, row]));
const frame = (change: Partial<Visitors>): Visitors => ({ ref: 'x', live: true, at: NOW, rows: [], cursor: 'c', ...change });
const names = (list: Iterable<VisitorRow>) => [...list].map((row) => Number(row.id.slice(4)));

describe('a row', () => {
  it('is here, idle, left, over', () => {
    const check = (change: Partial<VisitorRow>, after: number, expected: string) => expect(presence(row(1, change), NOW + after)).toBe(expected);
    check({}, 119_000, 'here');
    check({}, 120_000, 'idle');
    check({}, 30 * 60_000, 'over');
    check({ left_at: NOW }, 4_000, 'here');
    check({ left_at: NOW }, 5_000, 'left');
    check({ left_at: NOW }, 65_000, 'over');
  });
  it('tells of an invitation what time has made of it: nobody writes to a row that its visitor has gone', () => {
    const check = (state: NonNullable<VisitorRow['invitation']>['state'], change: Partial<VisitorRow>, after: number, expected: string) =>
      expect(invited(row(1, { invitation: { id: 'i', agent_id: 'a', agent_name: 'Ana', at: NOW, state }, ...change }), NOW + after)).toBe(expected);
    check('waiting', {}, 59_999, 'waiting');
    check('waiting', {}, 60_000, 'gone');
    check('waiting', { left_at: NOW }, 4_999, 'waiting');
    check('waiting', { left_at: NOW }, 5_000, 'gone');
    for (const state of ['shown', 'opened', 'answered', 'dismissed', 'gone'] as const) check(state, { left_at: NOW }, 70_000, state);
    expect(invited(row(1), NOW)).toBeUndefined();
  });
  it('that is known and no older is dropped', () => {
    const known = rows(row(1, { changed_at: NOW + 5, title: 'newer' }));
    expect(apply(known, frame({ rows: [row(1)] }))).toBe(known);
    expect(apply(known, frame({ rows: [row(1, { changed_at: NOW + 6, title: 'newest' })] })).get('vis_0001')!.title).toBe('newest');
    expect(names(apply(known, frame({ rows: [row(2)], reset: true })).values())).toEqual([2]);
  });
  it('goes when its time is over', () => {
    const both = rows(row(1), row(2, { left_at: NOW - 70_000 }));
    expect(names(current(both, NOW).values())).toEqual([1]);
    expect(current(rows(row(1)), NOW).size).toBe(1);
  });
});

describe('the order', () => {
  const cart = (value: number) => ({ cart: { value, currency: 'EUR', pieces: 1 } });
  const all = rows(row(1, { ...cart(500), country: 'ES' }), row(2, { country: 'PT' }), row(3, { ...cart(9_000), country: 'ES', visits: 4 }), row(4, cart(500)));
  it('is by the column that was chosen, and who has nothing comes last', () => {
    expect(names(arrange(all, NO_FILTER, FIRST_ORDER))).toEqual([1, 2, 3, 4]);
    expect(names(arrange(all, NO_FILTER, { by: 'since', down: true }))).toEqual([4, 3, 2, 1]);
    expect(names(arrange(all, NO_FILTER, { by: 'cart', down: true }))).toEqual([3, 1, 4, 2]);
    expect(names(arrange(all, NO_FILTER, { by: 'cart', down: false }))).toEqual([1, 4, 3, 2]);
    expect(names(arrange(all, NO_FILTER, { by: 'country', down: true }))).toEqual([2, 1, 3, 4]);
  });
  it('shows what the filters let through', () => {
    expect(names(arrange(all, { ...NO_FILTER, country: 'ES' }, FIRST_ORDER))).toEqual([1, 3]);
    expect(names(arrange(all, { ...NO_FILTER, cart: 501 }, FIRST_ORDER))).toEqual([3]);
    expect(names(arrange(all, { ...NO_FILTER, page: ' PAGE 2' }, FIRST_ORDER))).toEqual([2]);
    expect(names(arrange(all, { ...NO_FILTER, page: '/p/4' }, FIRST_ORDER))).toEqual([4]);
    expect(countries(all)).toEqual(['ES', 'PT']);
  });
  it('37: leaves the held row where it was', () => {
    const sorted = () => arrange(all, NO_FILTER, FIRST_ORDER);
    expect(names(hold(sorted(), { id: 'vis_0004', index: 0 }))).toEqual([4, 1, 2, 3]);
    expect(names(hold(sorted(), { id: 'vis_0001', index: 9 }))).toEqual([2, 3, 4, 1]);
    expect(names(hold(sorted(), { id: 'vis_0009', index: 1 }))).toEqual([1, 2, 3, 4]);
  });
});

describe('columns', () => {
  it('are read as they were chosen, without what there is not', () => {
    expect(readColumns(null)).toEqual(DEFAULT);
    expect(readColumns('cart,page,cart,nonsense,who')).toEqual(['who', 'cart', 'page']);
    expect(readColumns(writeColumns(['who', 'visits', 'page']))).toEqual(['who', 'visits', 'page']);
    expect(readColumns('')).toEqual(['who']);
    expect(writeColumns(DEFAULT)).toBeNull();
  });
  it('move and go, but for the first', () => {
    expect(moveColumn(['who', 'page', 'cart'], 'cart', -1)).toEqual(['who', 'cart', 'page']);
    for (const [name, by] of [['page', -1], ['cart', 1], ['who', 1]] as const) expect(moveColumn(['who', 'page', 'cart'], name, by)).toEqual(['who', 'page', 'cart']);
    expect(toggleColumn(['who', 'page'], 'page')).toEqual(['who']);
    expect(toggleColumn(['who'], 'cart')).toEqual(['who', 'cart']);
    expect(toggleColumn(['who'], 'who')).toEqual(['who']);
  });
});

describe('the feed', () => {
  function feed() {
    const asked: (string | null)[] = [];
    const world = { now: NOW, looking: true, online: true };
    const made = new VisitorFeed({ ask: (after) => world.online && asked.push(after) > 0, looking: () => world.looking, now: () => world.now });
    return { asked, world, feed: made };
  }
  it('asks at once and then every two seconds, from where it has come', () => {
    const { asked, world, feed: made } = feed();
    made.tick();
    made.tick();
    made.receive(frame({ rows: [row(1)], reset: true, cursor: 'one' }));
    made.tick();
    expect(asked).toEqual([null]);
    world.now += EVERY;
    made.tick();
    expect(asked).toEqual([null, 'one']);
    expect(made.snapshot()).toMatchObject({ is: 'live' });
  });
  it('does not ask while nobody looks, and asks again where no answer came', () => {
    const { asked, world, feed: made } = feed();
    world.looking = false;
    made.tick();
    world.looking = true;
    made.tick();
    world.now += 5_000;
    made.tick();
    expect(asked).toEqual([null]);
    world.now += 1_000;
    made.tick();
    expect(asked).toEqual([null, null]);
    made.interrupted();
    made.receive(frame({ rows: [row(1)] }));
    expect(made.snapshot().rows.size).toBe(0);
  });
  it('shows the frames of one answer together, and asks on at once where there is more', () => {
    const { asked, feed: made } = feed();
    let heard = 0;
    made.subscribe(() => heard++);
    made.tick();
    made.receive(frame({ rows: [row(1)], reset: true, more: true }));
    made.receive(frame({ rows: [row(2)], again: true, cursor: 'two' }));
    expect([heard, made.snapshot().rows.size, asked.length]).toEqual([0, 0, 2]);
    made.receive(frame({ rows: [row(3)], cursor: 'three' }));
    expect([heard, made.snapshot().rows.size, asked]).toEqual([1, 3, [null, 'two']]);
  });
  it('says that the list is off, and forgets who was there', () => {
    const { made } = { made: feed() };
    made.feed.tick();
    made.feed.receive(frame({ rows: [row(1)], reset: true }));
    made.world.now += EVERY;
    made.feed.tick();
    made.feed.receive(frame({ live: false, reset: true, cursor: '' }));
    expect(made.feed.snapshot()).toMatchObject({ is: 'off', rows: new Map() });
    made.world.now += EVERY;
    made.feed.tick();
    expect(made.asked.at(-1)).toBeNull();
  });
});
