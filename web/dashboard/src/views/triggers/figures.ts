// Results, added up. Pure.

import type { MoneyAmount, TriggerDay, TriggerResults } from '@mostrador/protocol';

export const COUNTS = ['shown', 'opened', 'answered', 'converted'] as const;
export type Count = (typeof COUNTS)[number];
export type Figures = Omit<TriggerDay, 'day'>;

const NONE: Figures = { shown: 0, opened: 0, answered: 0, converted: 0, value: [] };

/** By currency, the largest first; what is in another is never added to it. */
export function addMoney(...lists: readonly (readonly MoneyAmount[])[]): MoneyAmount[] {
  const sums = new Map<string, number>();
  for (const { currency, hundredths } of lists.flat()) sums.set(currency, (sums.get(currency) ?? 0) + hundredths);
  return [...sums].map(([currency, hundredths]) => ({ currency, hundredths })).sort((a, b) => b.hundredths - a.hundredths);
}

export const total = (all: readonly Figures[]): Figures =>
  all.reduce((sum, one) => ({ shown: sum.shown + one.shown, opened: sum.opened + one.opened, answered: sum.answered + one.answered, converted: sum.converted + one.converted, value: addMoney(sum.value, one.value) }), NONE);

/** Of all these triggers together, one for each day from the first to `until`, those without anything included: a gap would be drawn as a slope. */
export function perDay(triggers: readonly TriggerResults[], days: number, until: string): TriggerDay[] {
  const known = new Map<string, Figures[]>();
  for (const { day, ...figures } of triggers.flatMap((one) => one.days)) known.set(day, [...(known.get(day) ?? []), figures]);
  // The shop's last day may be a day ahead of this browser's.
  const last = [...known.keys(), until].sort().at(-1)!;
  return Array.from({ length: days }, (_, n) => {
    const day = new Date(Date.parse(`${last}T00:00:00Z`) - (days - 1 - n) * 86_400_000).toISOString().slice(0, 10);
    return { day, ...total(known.get(day) ?? []) };
  });
}

/** Where the axis ends, and its lines: 1, 2 or 5 times a power of ten apart, at most five of them. */
export function ticks(most: number): number[] {
  const rough = Math.max(most, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough)!);
  return Array.from({ length: Math.max(1, Math.ceil(most / step)) + 1 }, (_, n) => n * step);
}
