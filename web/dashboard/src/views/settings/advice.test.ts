import type { FormSettings } from '@mostrador/protocol';
import { describe, expect, it } from 'vitest';
import { formAdvice } from './advice';

const field = (required: boolean) => ({ id: 'email', kind: 'email' as const, required, labels: {} });
const form = (change: Partial<FormSettings>): FormSettings => ({ when: 'always', slow_after_s: 60, hold_online: false, hold_offline: false, fields: [field(false)], phrases: {}, ...change });

describe('what a merchant is told about the form', () => {
  it('nothing while what is set does what it says', () => {
    const check = (change: Partial<FormSettings>) => expect(formAdvice(form(change))).toEqual([]);
    check({});
    check({ when: 'never', fields: [] });
    check({ hold_online: true, fields: [field(true)] });
    check({ when: 'never', hold_offline: true, fields: [field(true)] });
  });
  it('that a required question holds nothing by itself', () => {
    expect(formAdvice(form({ fields: [field(true)] }))).toEqual(['nothing_held']);
  });
  it('that only a form that is asked at once can hold', () => {
    expect(formAdvice(form({ when: 'slow', hold_online: true, fields: [field(true)] }))).toEqual(['not_held_online', 'nothing_held']);
    expect(formAdvice(form({ when: 'never', hold_online: true, hold_offline: true, fields: [field(true)] }))).toEqual(['not_held_online']);
  });
  it('that a form which can be skipped only delays, and that none holds nothing', () => {
    expect(formAdvice(form({ hold_online: true }))).toEqual(['all_skippable']);
    expect(formAdvice(form({ hold_offline: true, fields: [] }))).toEqual(['no_questions']);
  });
});
