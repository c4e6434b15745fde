import type { Author, Entry, Unsent } from '@mostrador/protocol';
import { describe, expect, it } from 'vitest';
import { type Line, linkPieces, safeHref, timeline } from './timeline';

const ANA: Author = { role: 'agent', id: 'agt_ana', name: 'Ana' };
const LUIS: Author = { role: 'agent', id: 'agt_luis', name: 'Luis' };
const SHOPPER: Author = { role: 'shopper' };
const NOON = new Date(2026, 4, 4, 12).getTime();
const MINUTE = 60_000;

const message = (seq: number, author: Author, at: number, text = `message ${seq}`): Entry => ({ log: 'thread', seq, thread_at: seq, at, author, kind: 'message', text });
const show = (entries: Entry[], change: Partial<Parameters<typeof timeline>[0]> = {}) =>
  timeline({ entries, unsent: [], me: { id: 'agt_ana', name: 'Ana' }, shopper: { seen: 0, delivered: 0 }, newAfter: null, ...change });
const sketch = (lines: Line[]) => lines.map((line) => (line.is === 'bubble' ? `${line.bubble.first ? '[' : ''}${line.bubble.text}${line.bubble.last ? ']' : ''}` : line.is === 'event' ? line.entry.kind : line.is));

describe('the timeline', () => {
  it('groups what one author writes within three minutes', () => {
    const lines = show([message(1, SHOPPER, NOON), message(2, SHOPPER, NOON + MINUTE), message(3, SHOPPER, NOON + 5 * MINUTE), message(4, ANA, NOON + 5 * MINUTE), message(5, LUIS, NOON + 5 * MINUTE)]);
    expect(sketch(lines)).toEqual(['day', '[message 1', 'message 2]', '[message 3]', '[message 4]', '[message 5]']);
  });
  it('begins each day with a divider', () => {
    const lines = show([message(1, SHOPPER, NOON), message(2, SHOPPER, NOON + 24 * 60 * MINUTE)]);
    expect(sketch(lines)).toEqual(['day', '[message 1]', 'day', '[message 2]']);
  });
  it('shows what happened between the messages, and no group across it', () => {
    const closed: Entry = { log: 'thread', seq: 2, thread_at: 2, at: NOON, author: ANA, kind: 'joined' };
    expect(sketch(show([message(1, SHOPPER, NOON), closed, message(3, SHOPPER, NOON)]))).toEqual(['day', '[message 1]', 'joined', '[message 3]']);
  });
  it('shows an unknown kind as nothing', () => {
    const future = { log: 'thread', seq: 2, thread_at: 2, at: NOON, author: SHOPPER, kind: 'carrier_pigeon' } as unknown as Entry;
    expect(sketch(show([message(1, SHOPPER, NOON), future, message(3, SHOPPER, NOON)]))).toEqual(['day', '[message 1', 'message 3]']);
  });
  it('a note never joins a reply of the same agent', () => {
    const note: Entry = { log: 'backstage', seq: 1, thread_at: 1, at: NOON, author: ANA, kind: 'note', text: 'a note' };
    expect(sketch(show([message(1, ANA, NOON), note, message(2, ANA, NOON)]))).toEqual(['day', '[message 1]', '[a note]', '[message 2]']);
  });
  it('UX16 a divider stands before the first unread of the shopper’s', () => {
    const lines = show([message(1, SHOPPER, NOON), message(2, ANA, NOON), message(3, SHOPPER, NOON), message(4, SHOPPER, NOON)], { newAfter: 1 });
    expect(sketch(lines)).toEqual(['day', '[message 1]', '[message 2]', 'new', '[message 3', 'message 4]']);
  });
  it('marks the last of ours: sent, delivered, seen', () => {
    const state = (delivered: number, seen: number) =>
      show([message(1, ANA, NOON), message(2, ANA, NOON), message(3, SHOPPER, NOON)], { shopper: { delivered, seen } }).flatMap((line) => (line.is === 'bubble' && line.bubble.state ? [`${line.bubble.text} ${line.bubble.state.is}`] : []));
    expect(state(0, 0)).toEqual(['message 2 sent']);
    expect(state(2, 0)).toEqual(['message 2 delivered']);
    expect(state(3, 2)).toEqual(['message 2 seen']);
  });
  it('puts the outbox at the end, until each of its messages is in the log', () => {
    const unsent = (id: string, state: Unsent['state']): Unsent => ({ id, action: 'send', conversation_id: 'conv_1', text: id, at: NOON + 1, nth: 0, state });
    const entries: Entry[] = [{ ...message(1, ANA, NOON), client_id: 'a' }];
    const lines = show(entries, { unsent: [unsent('a', { name: 'stored', epoch: 'e', seq: 1, at: NOON }), unsent('b', { name: 'sending' }), unsent('c', { name: 'failed', code: 'too_large' })] });
    expect(sketch(lines)).toEqual(['day', '[message 1', 'b', 'c]']);
    expect(lines.at(-1)).toMatchObject({ bubble: { unsent: 'c', state: { is: 'failed', reason: 'refused' } } });
  });
});

describe('A6 links', () => {
  it('only http and https become links', () => {
    const check = (text: string, expected: [string, boolean][]) => expect(linkPieces(text).map((piece) => [piece.text, piece.href !== null])).toEqual(expected);
    check('see https://example.com/a?b=c.', [['see ', false], ['https://example.com/a?b=c', true], ['.', false]]);
    check('(http://example.com/x)', [['(', false], ['http://example.com/x', true], [')', false]]);
    check('https://en.wikipedia.org/wiki/A_(b)', [['https://en.wikipedia.org/wiki/A_(b)', true]]);
    check('javascript:alert(1) data:text/html,x', [['javascript:alert(1) data:text/html,x', false]]);
    check('JavaScript://example.com/%0aalert(1)', [['JavaScript://example.com/%0aalert(1)', false]]);
    check('<img src=x onerror=alert(1)>', [['<img src=x onerror=alert(1)>', false]]);
    check('https://', [['https://', false]]);
    check('', []);
  });
  it('nothing is lost of what was written', () => {
    const text = 'a https://a.example/(x)) b\nhttp://b.example, <b>c</b> http://';
    expect(linkPieces(text).map((piece) => piece.text).join('')).toBe(text);
  });
  it('a page’s address is linked only if it is a web address', () => {
    expect(safeHref('https://shop.example/p')).toBe('https://shop.example/p');
    for (const bad of ['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', '/relative', '']) expect(safeHref(bad)).toBeNull();
  });
});
