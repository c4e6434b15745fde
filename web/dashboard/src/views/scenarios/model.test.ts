import { describe, expect, it } from 'vitest';
import { check } from './check';
import { SHOP, drawn } from './drawn';
import { begin, change, redo, undo } from './history';
import { WIDTH, heightOf, layout } from './layout';
import * as model from './model';

const shop = drawn(SHOP);
const next = (scenario: ReturnType<typeof drawn>, id: string) => model.stepOf(scenario, id)?.next;

describe('leading somewhere', () => {
  it('goes for every kind of way', () => {
    expect(model.lead(shop, { from: 'first' }, 'order').first).toBe('order');
    expect(model.lead(shop, { from: 'offline' }, 'leave').offline).toBe('leave');
    expect('offline' in model.lead(model.lead(shop, { from: 'offline' }, 'leave'), { from: 'offline' }, '')).toBe(false);
    expect(next(model.lead(shop, { from: 'button', step: 'hello', button: 'back' }, 'thanks'), 'hello')).toMatchObject({ buttons: [{ goes: 'order' }, { id: 'back', goes: 'thanks' }, { goes: 'choose' }] });
    expect(next(model.lead(shop, { from: 'step', step: 'slip', way: 'next' }, 'hello'), 'slip')).toEqual({ kind: 'go', to: 'hello' });
    expect(next(model.lead(shop, { from: 'step', step: 'mail', way: 'next' }, 'hello'), 'mail')).toEqual({ kind: 'ask', field: 'email', then: 'hello' });
    expect(next(model.lead(shop, { from: 'step', step: 'sales', way: 'offline' }, ''), 'sales')).toEqual({ kind: 'hand_over', to: { kind: 'group', group: 'sales' } });
  });
  it('from a step that says nothing of what follows is going on', () => {
    expect(next(model.lead(drawn('a | A | \n b | B | end'), { from: 'step', step: 'a', way: 'next' }, 'b'), 'a')).toEqual({ kind: 'go', to: 'b' });
  });
  it('leaves every other step the object that it was', () => {
    const led = model.lead(shop, { from: 'button', step: 'hello', button: 'back' }, 'thanks');
    expect(led.steps.filter((step, n) => step !== shop.steps[n]).map((step) => step.id)).toEqual(['hello']);
  });
});

describe('steps', () => {
  it('are added at the end of a way, where there is room', () => {
    const added = model.addStep(shop, { from: { from: 'button', step: 'hello', button: 'back' } });
    expect(added.steps.at(-1)).toEqual({ id: 's1', texts: {}, x: 360, y: 0 });
    expect(next(added, 'hello')).toMatchObject({ buttons: [{}, { goes: 's1' }, {}] });
    const again = model.addStep(added, { from: { from: 'button', step: 'hello', button: 'buy' } });
    expect(again.steps.at(-1)!.id).toBe('s2');
    expect(again.steps.at(-1)!.y - added.steps.at(-1)!.y).toBeGreaterThanOrEqual(220);
  });
  it('the first of all begins the scenario', () => {
    expect(model.addStep({ ...shop, first: '', steps: [] }).first).toBe('s1');
  });
  it('are removed with whatever led there, but the scenario goes on beginning somewhere', () => {
    const left = model.removeSteps({ ...shop, offline: 'leave' }, ['leave', 'order', 'hello', 'slip', 'written']);
    expect(left.first).toBe('mail');
    expect(left.offline).toBeUndefined();
    expect(next(left, 'person')).toEqual({ kind: 'hand_over', to: { kind: 'anyone' } });
    expect(next(left, 'returns')).toMatchObject({ buttons: [{ goes: '' }, { goes: '' }] });
    expect(next(left, 'address')).toMatchObject({ then: '' });
    expect(model.removeSteps(drawn('a | A | end'), ['a'])).toMatchObject({ first: '', steps: [] });
  });
  it('are copied with an id of their own', () => {
    const twice = model.duplicateStep(shop, 'hello');
    expect(twice.steps).toHaveLength(13);
    expect(twice.steps.at(-1)).toMatchObject({ id: 's1', texts: { en: 'Hello from {shop}! What is it about?' }, next: { kind: 'buttons' } });
    expect(twice.steps.at(-1)!.next).not.toBe(next(shop, 'hello'));
  });
  it('keep the way on when what follows is changed', () => {
    expect(next(model.follow(shop, 'slip', 'buttons'), 'slip')).toEqual({ kind: 'buttons', buttons: [{ id: 'b1', labels: {}, goes: 'thanks' }] });
    expect(next(model.follow(shop, 'hello', 'go'), 'hello')).toEqual({ kind: 'go', to: 'order' });
    expect(next(model.follow(shop, 'slip', 'ask', 'email'), 'slip')).toEqual({ kind: 'ask', field: 'email', then: 'thanks' });
    expect(model.follow(shop, 'slip', 'go')).toEqual(shop);
  });
});

describe('buttons', () => {
  it('are added up to ten, removed and moved', () => {
    let many = shop;
    for (let n = 0; n < 12; n += 1) many = model.addButton(many, 'hello');
    const ids = (scenario: typeof shop) => model.buttonsOf(model.stepOf(scenario, 'hello')!).map((button) => button.id);
    expect(ids(many)).toHaveLength(10);
    expect(new Set(ids(many)).size).toBe(10);
    expect(ids(model.removeButton(shop, 'hello', 'back'))).toEqual(['order', 'buy']);
    expect(ids(model.moveButton(shop, 'hello', 2, 0))).toEqual(['buy', 'order', 'back']);
    expect(ids(model.moveButton(shop, 'hello', 0, 3))).toEqual(['order', 'back', 'buy']);
    expect(ids(model.moveButton(shop, 'hello', 0, -1))).toEqual(['order', 'back', 'buy']);
  });
  it('are named by language; blank is none', () => {
    const named = model.label(model.label(shop, 'hello', 'order', 'es', 'Pedido'), 'hello', 'order', 'en', '');
    expect(model.buttonsOf(model.stepOf(named, 'hello')!)[0]!.labels).toEqual({ es: 'Pedido' });
    expect(model.missing(named, 'en')).toBe(1);
    expect(model.missing(shop, 'es')).toBe(9 + 10);
  });
});

describe('the outline', () => {
  it('follows each way to its end, and has every step once', () => {
    expect(model.outline(shop).map(({ step, depth }) => `${step.id}${depth}`)).toEqual(['hello0', 'order1', 'thanks2', 'mail2', 'person2', 'leave3', 'address3', 'written3', 'returns1', 'slip2', 'choose1', 'sales2']);
  });
  it('ends with what nothing leads to', () => {
    expect(model.outline(drawn('a | A | end \n b | B | end')).map(({ step, reached }) => [step.id, reached])).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });
});

it('the same scenario in another order is the same', () => {
  const other = { ...shop, steps: [...shop.steps].reverse().map(({ texts, ...step }) => ({ ...step, texts })) };
  expect(model.canonical(other)).toBe(model.canonical(shop));
  expect(model.canonical(model.say(shop, 'hello', 'es', 'Hola'))).not.toBe(model.canonical(shop));
});

it('ids are made of names', () => {
  expect(model.slug('¿Dónde está mi pedido?', [])).toBe('donde-esta-mi-pedido');
  expect(model.slug('Help', ['help', 'help-2'])).toBe('help-3');
  expect(model.slug('帮助', [])).toBe('scenario');
  expect(model.slug('x'.repeat(80), [])).toMatch(/^x{36}$/);
});

it('a line of a message is shown without its marks', () => {
  expect(model.firstLine('\n *Hello* from _us_\nsecond')).toBe('Hello from us');
  expect(model.firstLine('snake_case stays')).toBe('snake_case stays');
});

describe('undo', () => {
  it('takes back one change at a time, and typing as one', () => {
    let history = begin('');
    history = change(history, 'H', 0, 'text');
    history = change(history, 'He', 200, 'text');
    history = change(history, 'Hey', 2_000, 'text');
    history = change(history, 'Hey!', 2_100, 'other');
    expect(undo(history).present).toBe('Hey');
    expect(undo(undo(history)).present).toBe('He');
    expect(undo(undo(undo(undo(undo(history))))).present).toBe('');
    expect(redo(undo(history)).present).toBe('Hey!');
    expect(redo(redo(undo(history))).present).toBe('Hey!');
  });
  it('what is done after undoing takes the place of what was undone', () => {
    const history = change(undo(change(begin('a'), 'b', 0)), 'c', 0);
    expect(redo(history).present).toBe('c');
    expect(undo(history).present).toBe('a');
  });
  it('typing after undoing is a change of its own', () => {
    const history = change(undo(change(begin('a'), 'ab', 0, 'text')), 'ac', 10, 'text');
    expect(undo(history).present).toBe('a');
  });
  it('remembers no more than two hundred', () => {
    let history = begin(0);
    for (let n = 1; n <= 300; n += 1) history = change(history, n, n);
    for (let n = 0; n < 300; n += 1) history = undo(history);
    expect(history.present).toBe(100);
  });
});

describe('the picture put in order', () => {
  const long = drawn(Array.from({ length: 200 }, (_, n) => `s${n} | Step ${n} | a>s${Math.min(199, 2 * n + 1)} b>s${Math.min(199, 2 * n + 2)} c>s${Math.floor(n / 3)}`).join('\n'));
  const chain = drawn(Array.from({ length: 200 }, (_, n) => `s${n} | Step ${n} | ${n < 199 ? `go s${n + 1}` : 'end'}`).join('\n'));
  const apart = drawn('a | A | go b \n b | B | x>a \n lost | L | go lost2 \n lost2 | L | go lost');
  it.each([
    ['twelve steps', shop],
    ['two hundred', long],
    ['in a row', chain],
    ['apart', apart],
    ['one', drawn('a | A | end')],
  ])('has no step over another: %s', (_, scenario) => {
    const places = [...layout(scenario)].map(([id, place]) => ({ ...place, height: heightOf(model.stepOf(scenario, id)!) }));
    expect(places).toHaveLength(scenario.steps.length);
    const over = places.flatMap((a, n) => places.slice(n + 1).filter((b) => a.x < b.x + WIDTH && b.x < a.x + WIDTH && a.y < b.y + b.height && b.y < a.y + a.height));
    expect(over).toEqual([]);
  });
  it('leads from left to right, but for what leads back', () => {
    const places = layout(shop);
    for (const [from, to] of [['hello', 'order'], ['order', 'mail'], ['mail', 'person'], ['person', 'leave'], ['sales', 'leave'], ['leave', 'address'], ['slip', 'thanks']] as const) expect(places.get(from)!.x, `${from} → ${to}`).toBeLessThan(places.get(to)!.x);
  });
  it('is the same each time, and nothing but places', () => {
    const once = model.place(shop, layout(shop));
    expect(model.place(once, layout(once))).toBe(once);
    expect(check(once, { defaultLanguage: 'en', fields: null, groups: null, agents: null })).toEqual([]);
    expect(once.steps.map(({ x: _, y: __, ...step }) => step)).toEqual(shop.steps.map(({ x: _, y: __, ...step }) => step));
  });
});
