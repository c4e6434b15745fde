import type { TriggerExplanation } from '@mostrador/protocol';
import { describe, expect, it } from 'vitest';
import { reason } from './explanation';
import { freshTrigger } from './model';
import type { Speaker } from './sentences';
import type { Words } from './words';
import { en } from './words/en';

const t = ((key: keyof typeof en, values: Record<string, string> = {}) => en[key].replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '')) as unknown as Words;
const speaker: Speaker = { t, locale: 'en', agent: () => '', group: () => '', scenario: () => '' };
const holds = { kind: 'holds' } as const;
const explanation = (more: Partial<TriggerExplanation>): TriggerExplanation => ({ trigger: 'a', verdict: 'silent', rules: [], conditions: [], ...more });

function check(more: Partial<TriggerExplanation>, expected: string, trigger = freshTrigger()) {
  expect(reason(speaker, explanation(more), trigger)).toBe(expected);
}

describe('why a trigger did or did not fire, in a line', () => {
  it('names the first rule that keeps it, before any condition', () => {
    check({ rules: [{ rule: 'enabled', finding: holds }, { rule: 'frequency', finding: { kind: 'fails', why: 'shown_before' } }], conditions: [{ condition: 'page', finding: { kind: 'fails', why: 'differs' } }] }, 'It has been shown already.');
  });
  it('names the first condition in the words in which the merchant knows it', () => {
    const failed = [{ condition: 'page', finding: holds }, { condition: 'time_on_page', finding: { kind: 'fails', why: 'too_low' } }] as const;
    check({ conditions: [...failed] }, 'Does not hold: Has been on this page for at least 30 seconds (it is less).');
    // The trigger is another one by now: its kind is all that is sure.
    check({ conditions: [...failed] }, 'Does not hold: Time on this page (it is less).', { ...freshTrigger(), conditions: [] });
    check({ conditions: [...failed] }, 'Does not hold: Time on this page (it is less).', { ...freshTrigger(), conditions: freshTrigger().conditions.toReversed() });
  });
  it('says what is waited for, all of it', () => {
    check({ verdict: 'armed', conditions: [{ condition: 'time_on_page', finding: { kind: 'awaits', awaited: { kind: 'after', ms: 9500 } } }, { condition: 'scroll', finding: { kind: 'awaits', awaited: { kind: 'scroll', percent: 50 } } }] }, 'Waits: in 10 seconds and until they have scrolled to 50%.');
    check({ verdict: 'fires' }, 'Everything holds.');
  });
});
