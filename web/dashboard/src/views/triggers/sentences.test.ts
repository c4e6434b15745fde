import type { TriggerCondition } from '@mostrador/protocol';
import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import { CONDITIONS, freshCondition } from './model';
import { type Speaker, actionSentence, awaitedSentence, conditionSentence, frequencySentence } from './sentences';
import type { Words } from './words';
import { en } from './words/en';
import { es } from './words/es';
import { it as italian } from './words/it';
import { pt } from './words/pt';

const texts = { en, es, pt, it: italian };

beforeAll(async () => {
  await i18next.init({ lng: 'en', resources: Object.fromEntries(Object.entries(texts).map(([language, triggers]) => [language, { triggers }])), keySeparator: false, nsSeparator: false, interpolation: { escapeValue: false } });
});

const speaker = (language: keyof typeof texts): Speaker => ({
  t: i18next.getFixedT(language, 'triggers') as unknown as Words,
  locale: language,
  agent: () => 'Ana',
  group: () => 'Sales',
  scenario: () => 'Returns',
});

function check(condition: TriggerCondition, expected: string, language: keyof typeof texts = 'en') {
  expect(conditionSentence(speaker(language), condition)).toBe(expected);
}

describe('a condition in plain words', () => {
  it('says its alternatives with or, and turned round with and', () => {
    const patterns = [{ kind: 'contains' as const, text: '/cart' }, { kind: 'exact' as const, text: '/checkout' }, { kind: 'regex' as const, text: '^https' }];
    check({ kind: 'page', is: true, patterns }, 'The page’s address contains “/cart”, is “/checkout”, or matches the expression “^https”');
    check({ kind: 'page', is: false, patterns: patterns.slice(0, 2) }, 'The page’s address does not contain “/cart” and is not “/checkout”');
    check({ kind: 'page', is: true, patterns: [{ kind: 'contains', text: ' ' }] }, 'The page’s address contains “…”');
    check({ kind: 'cart_contains', is: false, texts: [{ how: 'is', text: 'A1' }, { how: 'begins', text: 'B' }] }, 'There is no product in the cart whose name or number is “A1” or begins with “B”');
  });
  it('says times, shares and money as the language does', () => {
    check({ kind: 'time_on_page', seconds: 30 }, 'Has been on this page for at least 30 seconds');
    check({ kind: 'time_on_page', seconds: 120 }, 'Lleva en esta página al menos 2 minutos', 'es');
    check({ kind: 'time_on_page', seconds: Number.NaN }, 'Has been on this page for at least …');
    check({ kind: 'scroll', percent: 50 }, 'È sceso almeno al 50% della pagina', 'it');
    check({ kind: 'cart_value', at_least: 49.9, currency: 'EUR' }, 'The value of the cart is at least €49.90');
    check({ kind: 'cart_value', at_least: 50, at_most: 100, currency: 'BRL' }, 'O valor do carrinho é de R$\u00a050 a R$\u00a0100', 'pt');
    check({ kind: 'cart_value', at_most: 5 }, 'The value of the cart is at most 5');
    check({ kind: 'cart_items', at_least: 2, at_most: 2 }, 'Items in the cart: exactly 2');
    check({ kind: 'attribute_number', key: 'tier', at_least: 1.5 }, 'The attribute “tier” is at least 1.5');
  });
  it('names countries and languages, and keeps what has no name', () => {
    check({ kind: 'country', is: true, any_of: ['ES', 'pt'] }, 'Is in Spain or Portugal');
    check({ kind: 'country', is: false, any_of: ['ES'] }, 'No está en España', 'es');
    check({ kind: 'country', is: true, any_of: ['???'] }, 'Is in ???');
    check({ kind: 'language', is: true, any_of: [] }, 'Reads …');
    check({ kind: 'device', is: true, any_of: ['phone', 'tablet'] }, 'Uses a phone or a tablet');
  });
  it.each(Object.keys(texts) as (keyof typeof texts)[])('has a sentence for every kind, turned round too, with no gap in the words: %s', (language) => {
    for (const kind of CONDITIONS.flatMap(([, kinds]) => kinds)) {
      const fresh = freshCondition(kind);
      const said = conditionSentence(speaker(language), fresh);
      expect(said, kind).not.toMatch(/\{\{|^[a-z]+\.[a-z_]+$|undefined|NaN/);
      if (!('is' in fresh)) continue;
      const turned = { ...fresh, is: typeof fresh.is === 'boolean' ? !fresh.is : fresh.is === 'open' ? 'closed' : 'open' } as TriggerCondition;
      expect(conditionSentence(speaker(language), turned), kind).not.toBe(said);
    }
  });
});

describe('the rest of a trigger', () => {
  it('is said too', () => {
    expect(actionSentence(speaker('en'), { kind: 'message', sender: { kind: 'agent', agent: 'a' }, texts: {}, display: 'bubble' })).toBe('Ana says a line beside the button');
    expect(actionSentence(speaker('en'), { kind: 'assign_group', group: 'g' })).toBe('The conversation goes to Sales');
    expect(actionSentence(speaker('en'), { kind: 'start_scenario', scenario: '' })).toBe('The scenario “…” begins');
    expect(frequencySentence(speaker('es'), { kind: 'every_days', days: 7 })).toBe('Como mucho cada 7 días');
    expect(awaitedSentence(speaker('en'), { kind: 'after', ms: 11_200 })).toBe('in 12 seconds');
    expect(awaitedSentence(speaker('en'), { kind: 'scroll', percent: 40 })).toBe('until they have scrolled to 40%');
  });
});
