import type { Author, Entry, Unsent } from '@mostrador/protocol';
import { describe, expect, it } from 'vitest';
import type { FormEntry } from './form';
import { type Line, safeHref, timeline } from './timeline';

const ANA: Author = { role: 'agent', id: 'agt_ana', name: 'Ana' };
const LUIS: Author = { role: 'agent', id: 'agt_luis', name: 'Luis' };
const SHOPPER: Author = { role: 'shopper' };
const NOON = new Date(2026, 4, 4, 12).getTime();
const MINUTE = 60_000;

const message = (seq: number, author: Author, at: number, text = `message ${seq}`): Entry => ({ log: 'thread', seq, thread_at: seq, at, author, kind: 'message', text });
const show = (entries: Entry[], change: Partial<Parameters<typeof timeline>[0]> = {}) =>
  timeline({ entries, unsent: [], me: { id: 'agt_ana', name: 'Ana' }, shopper: { seen: 0, delivered: 0 }, newAfter: null, ...change });
const sketch = (lines: Line[]) => lines.map((line) => (line.is === 'bubble' ? `${line.bubble.first ? '[' : ''}${line.bubble.text}${line.bubble.last ? ']' : ''}` : line.is === 'event' ? line.entry.kind : line.is === 'answer' ? line.told : line.is));

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

describe('what the shop does by itself', () => {
  const form = (seq: number, change: Partial<FormEntry> = {}): Entry => ({
    log: 'thread', seq, thread_at: seq, at: NOON, author: { role: 'system' }, kind: 'form', held: true, why: { rule: 'form_offline', cause: 1 },
    fields: [
      { id: 'name', kind: 'name', label: 'Your name?', required: false },
      { id: 'email', kind: 'email', label: 'Your email?', required: true },
      { id: 'size', kind: 'choice', label: 'Which size?', required: false, choices: [{ id: 's', label: 'Small' }] },
    ],
    ...change,
  });
  const answer = (seq: number, field: string, value: string | null, finished = false): Entry => ({ log: 'thread', seq, thread_at: seq, at: NOON, author: SHOPPER, kind: 'answer', field, label: `${field}?`, value, finished });
  const picture = (lines: Line[]) => lines.flatMap((line) => (line.is === 'form' ? [line.form.questions.map(({ id, state, value, before }) => [id, state, value, before].filter((part) => part !== null).join(' ')), line.form.finished] : []));

  it('the form is one card, which fills in where it was asked', () => {
    const asked = [message(1, SHOPPER, NOON), form(2)];
    expect(sketch(show(asked))).toEqual(['day', '[message 1]', 'form']);
    expect(picture(show(asked))).toEqual([['name asked', 'email open', 'size open'], false]);
    const half = [...asked, answer(3, 'name', null), answer(4, 'email', 'ana@example.com')];
    expect(sketch(show(half))).toEqual(['day', '[message 1]', 'form']);
    expect(picture(show(half))).toEqual([['name skipped', 'email answered ana@example.com', 'size asked'], false]);
    const full = [...half, answer(5, 'size', 'Small', true)];
    expect(sketch(show(full))).toEqual(['day', '[message 1]', 'form', 'finished']);
    expect(picture(show(full))).toEqual([['name skipped', 'email answered ana@example.com', 'size answered Small'], true]);
  });
  it('the newest answer counts, and what it corrected is not lost; after the end it is told where it happened', () => {
    const early = [form(1), answer(2, 'name', 'Anna'), answer(3, 'name', 'Ana'), answer(4, 'email', 'ana@example.com')];
    expect(picture(show(early))).toEqual([['name answered Ana Anna', 'email answered ana@example.com', 'size asked'], false]);
    const late = [...early, answer(5, 'size', null, true), message(6, ANA, NOON), answer(7, 'email', 'ana@example.org')];
    expect(sketch(show(late))).toEqual(['day', 'form', 'finished', '[message 6]', 'corrected']);
    expect(picture(show(late))).toEqual([['name answered Ana Anna', 'email answered ana@example.org ana@example.com', 'size skipped'], true]);
    // Given late, after it had been skipped: nothing was corrected away.
    expect(picture(show([...late, answer(8, 'size', 'Small')]))).toEqual([['name answered Ana Anna', 'email answered ana@example.org ana@example.com', 'size answered Small'], true]);
  });
  it('an answer whose form is further up than what is loaded stands for itself', () => {
    expect(sketch(show([answer(40, 'email', 'ana@example.com'), message(41, ANA, NOON)]))).toEqual(['day', 'alone', '[message 41]']);
  });
  it('an answer that shows as nothing of its own puts no divider anywhere', () => {
    const lines = show([form(1), answer(2, 'name', 'Ana'), message(3, SHOPPER, NOON)], { newAfter: 1 });
    expect(sketch(lines)).toEqual(['day', 'form', 'new', '[message 3]']);
  });
  it('what was read in the FAQs is shown as question and answer', () => {
    const faq: Entry = { log: 'thread', seq: 1, thread_at: 1, at: NOON, author: SHOPPER, kind: 'faq', faq: 'shipping', question: 'Do you ship?', answer: 'Everywhere.' };
    expect(show([faq, message(2, SHOPPER, NOON)])[1]).toMatchObject({ is: 'faq', question: 'Do you ship?', answer: 'Everywhere.' });
  });
  it('an automatic message bears its rule and stands alone', () => {
    const automatic = (seq: number, rule: string): Entry => ({ ...message(seq, { role: 'system' }, NOON), why: { rule, cause: 1 } });
    const lines = show([message(1, SHOPPER, NOON), automatic(2, 'nobody_online'), automatic(3, 'wait_time_over')]);
    expect(sketch(lines)).toEqual(['day', '[message 1]', '[message 2]', '[message 3]']);
    expect(lines.map((line) => (line.is === 'bubble' ? (line.bubble.why?.rule ?? null) : null))).toEqual([null, null, 'nobody_online', 'wait_time_over']);
  });
});

describe('what a bot offers', () => {
  const BOT: Author = { role: 'system' };
  const said = (seq: number, turn: number, ...labels: string[]): Entry => ({ ...message(seq, BOT, NOON), bot: { scenario: 'help', step: `s${seq}`, ...(labels.length > 0 && { turn, buttons: labels.map((label) => ({ id: label.toLowerCase(), label })) }) } });
  const chose = (seq: number, turn: number, button: string): Entry => ({ ...message(seq, SHOPPER, NOON, button), chose: { turn, button } });
  const chips = (entries: Entry[]) => show(entries).flatMap((line) => (line.is === 'bubble' && line.bubble.offered !== null ? [line.bubble.offered.map(({ label, chosen }) => `${label}${chosen ? '!' : ''}`).join(' ')] : []));

  it('T7 stands under its words, and what the shopper took is marked', () => {
    expect(chips([said(1, 1, 'Order', 'Buy'), chose(2, 1, 'buy'), said(3, 2), said(4, 2, 'Order', 'Buy')])).toEqual(['Order Buy!', '', 'Order Buy']);
  });
  it('a choice is of its turn: the same button before or after is another one', () => {
    expect(chips([said(1, 1, 'Again'), chose(2, 1, 'again'), said(3, 2, 'Again'), message(4, SHOPPER, NOON, 'again')])).toEqual(['Again!', 'Again']);
  });
  it('a bot and a message that the shop sends by a rule do not share a name', () => {
    const first: Entry = { ...message(1, BOT, NOON), why: { rule: 'trigger', cause: 3 } };
    expect(sketch(show([first, said(2, 1, 'Order'), message(3, BOT, NOON)]))).toEqual(['day', '[message 1]', '[message 2]', '[message 3]']);
  });
});

describe('A6 links', () => {
  it('a page’s address is linked only if it is a web address', () => {
    expect(safeHref('https://shop.example/p')).toBe('https://shop.example/p');
    for (const bad of ['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', '/relative', '']) expect(safeHref(bad)).toBeNull();
  });
});
