import { TRIGGER_TEMPLATES, type TriggerBody, type TriggerCondition } from '@mostrador/protocol';
import { describe, expect, it } from 'vitest';
import { ACTIONS, CONDITIONS, asForm, duplicate, freshAction, freshCondition, freshId, freshTrigger, fromTemplate, gaps, moved, patternOf, placeProblems, placed, testLink, withoutGaps } from './model';

const trigger = (id: string, more: Partial<TriggerBody> = {}): TriggerBody => ({ ...freshTrigger(), id, name: id, ...more });
const ids = (list: readonly TriggerBody[]) => list.map(({ id }) => id);

describe('what the server says of a trigger', () => {
  it('is put beside the field of the trigger that is edited, and others are told apart by their place', () => {
    const problem = (path: string) => ({ path, code: 'required' as const, message: 'm' });
    const found = placeProblems([problem('triggers[3].conditions[2].patterns[0].text'), problem('triggers[3]'), problem('triggers[3].actions[0].texts.pt-BR'), problem('triggers[13].name'), problem('triggers')], 3);
    expect(found.own.map(({ path }) => path)).toEqual(['conditions.2.patterns.0.text', '', 'actions.0.texts.pt-BR']);
    expect(found.others).toEqual([{ at: 13, problem: problem('triggers[13].name') }]);
    expect(found.all).toEqual([problem('triggers')]);
  });
});

describe('a list of triggers', () => {
  it('is put in order, and stays as it is when who was to move has gone', () => {
    const list = ['a', 'b', 'c'].map((id) => trigger(id));
    expect(ids(moved(list, 'c', 0))).toEqual(['c', 'a', 'b']);
    expect(ids(moved(list, 'a', 2))).toEqual(['b', 'c', 'a']);
    expect(ids(moved(list, 'x', 0))).toEqual(['a', 'b', 'c']);
  });
  it('has a copy behind what was copied, switched off, with an id of its own', () => {
    const list = [trigger('a'), trigger('b')];
    const [, copy] = duplicate(list, 'a', 'a (copy)');
    expect(copy).toMatchObject({ id: 'a-copy', name: 'a (copy)', enabled: false });
    expect(ids(duplicate(duplicate(list, 'a', 'a (copy)'), 'a', 'a (copy)'))).toEqual(['a', 'a-copy-2', 'a-copy', 'b']);
  });
  it('has what is published in its place, and what is new behind all others', () => {
    const list = [trigger('a'), trigger('b')];
    expect(placed(list, trigger('a', { name: 'new' })).map(({ name }) => name)).toEqual(['new', 'b']);
    expect(ids(placed(list, trigger('c')))).toEqual(['a', 'b', 'c']);
  });
  it('gives ids that the server takes, whatever the name', () => {
    for (const [name, id] of [['Carrito o pago', 'carrito-o-pago'], ['Página de contacto!', 'pagina-de-contacto'], ['结账', 'trigger'], ['  ', 'trigger'], ['x'.repeat(80), 'x'.repeat(32)]] as const) expect(freshId(name, [])).toBe(id);
    expect(freshId('Cart', ['cart', 'cart-2'])).toBe('cart-3');
  });
});

describe('a template', () => {
  it.each(TRIGGER_TEMPLATES.map((one) => [one.name, one] as const))('%s is whole but for its page, in all the languages of the site that we have', (_, template) => {
    const made = fromTemplate(template, ['es', 'pt-BR', 'de'], 'it');
    const message = made.actions.find((one) => one.kind === 'message');
    expect(message?.texts).toEqual({ es: template.text['es'], 'pt-BR': template.text['pt-BR'] });
    expect(made.name).toBe(template.title['it']);
    expect(made.conditions[0]).toEqual({ kind: 'page', is: true, patterns: [{ kind: 'exact', text: '' }] });
    expect(made.conditions.slice(1)).toEqual(template.trigger.conditions.slice(1));
    expect(made.frequency).toEqual(template.trigger.frequency);
    // The default language is one that we have not: there it must be written.
    expect(Object.keys(fromTemplate(template, ['de'], 'en').actions.find((one) => one.kind === 'message')!.texts)).toEqual(['de']);
  });
  it('reads a star as anything', () => {
    expect(patternOf('/cart')).toEqual({ kind: 'exact', text: '/cart' });
    expect(patternOf('/p/*')).toEqual({ kind: 'wildcard', text: '/p/*' });
  });
});

describe('what is sent', () => {
  it('has no number where one was cleared, and says which must be there', () => {
    const made = trigger('a', { conditions: [{ kind: 'time_on_page', seconds: Number.NaN }, { kind: 'cart_items', at_least: Number.NaN, at_most: 3 }, { kind: 'scroll', percent: 20 }], frequency: { kind: 'every_days', days: Number.NaN } });
    expect(gaps(made)).toEqual(['conditions.0.seconds', 'frequency.days']);
    expect(withoutGaps(made).conditions[1]).toEqual({ kind: 'cart_items', at_most: 3 });
  });
  it('offers every kind of condition and action once', () => {
    const kinds = CONDITIONS.flatMap(([, kinds]) => kinds);
    // A kind that is missing here would not compile in `every`.
    const every: Record<TriggerCondition['kind'], true> = { page: true, time_on_page: true, time_on_site: true, pages_seen: true, scroll: true, leaving: true, idle: true, referrer: true, campaign: true, country: true, language: true, device: true, returning: true, chatted_before: true, cart_value: true, cart_items: true, cart_contains: true, attribute_text: true, attribute_number: true, attribute_present: true, window: true, office: true, event: true, identity: true };
    expect([...kinds].sort()).toEqual(Object.keys(every).sort());
    for (const kind of kinds) expect(freshCondition(kind).kind).toBe(kind);
    for (const kind of ACTIONS) expect(freshAction(kind).kind).toBe(kind);
  });
});

describe('a form', () => {
  it('has a field for everything that may be filled in, and sends none of what is left blank', () => {
    const made = trigger('a', { conditions: [{ kind: 'cart_value', at_least: 5 }, { kind: 'leaving' }], actions: [{ kind: 'message', sender: { kind: 'bot' }, texts: { en: 'Hi' }, display: 'teaser' }] });
    const form = asForm(made, ['en', 'es']);
    expect(Object.keys(form.conditions[0]!).sort()).toEqual(['at_least', 'at_most', 'currency', 'kind']);
    expect(form.actions[0]).toMatchObject({ texts: { en: 'Hi', es: '' } });
    expect(withoutGaps(form).conditions).toEqual(made.conditions);
  });
});

describe('the link for trying', () => {
  it('carries the key where no server is told it, and is made for whole addresses only', () => {
    expect(testLink('https://shop.example/cart?a=1#old', 'cart', 'KEY')).toBe('https://shop.example/cart?a=1#mostrador-test=cart.KEY');
    for (const wrong of ['', '/cart', 'shop.example', 'javascript:alert(1)', 'data:text/html,x']) expect(testLink(wrong, 'cart', 'KEY'), wrong).toBeNull();
  });
});
