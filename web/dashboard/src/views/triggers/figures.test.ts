import { describe, expect, it } from 'vitest';
import { addMoney, perDay, ticks, total } from './figures';

const day = (day: string, shown: number, hundredths = 0, currency = 'EUR') => ({ day, shown, opened: 1, answered: 0, converted: 0, value: hundredths === 0 ? [] : [{ currency, hundredths }] });

describe('results', () => {
  it('are added up by currency, never across', () => {
    expect(addMoney([{ currency: 'EUR', hundredths: 100 }], [{ currency: 'USD', hundredths: 500 }, { currency: 'EUR', hundredths: 50 }])).toEqual([
      { currency: 'USD', hundredths: 500 },
      { currency: 'EUR', hundredths: 150 },
    ]);
    expect(total([])).toEqual({ shown: 0, opened: 0, answered: 0, converted: 0, value: [] });
  });
  it('have every day of the period, those without anything too, and lose none', () => {
    const triggers = [
      { id: 'a', days: [day('2026-02-27', 3, 100), day('2026-03-02', 2)] },
      { id: 'b', days: [day('2026-03-02', 5, 250)] },
    ];
    const all = perDay(triggers, 5, '2026-03-02');
    expect(all.map((one) => [one.day, one.shown])).toEqual([['2026-02-26', 0], ['2026-02-27', 3], ['2026-02-28', 0], ['2026-03-01', 0], ['2026-03-02', 7]]);
    expect(total(all)).toEqual(total(triggers.flatMap((one) => one.days)));
    // Where the shop is, tomorrow has begun.
    expect(perDay(triggers, 2, '2026-03-01').map((one) => one.day)).toEqual(['2026-03-01', '2026-03-02']);
  });
  it('stand on an axis of whole numbers that holds them all', () => {
    for (const [most, expected] of [[0, [0, 1]], [1, [0, 1]], [3, [0, 1, 2, 3]], [4, [0, 1, 2, 3, 4]], [7, [0, 2, 4, 6, 8]], [100, [0, 50, 100]], [12_345, [0, 5000, 10_000, 15_000]]] as const) expect(ticks(most), `${most}`).toEqual(expected);
  });
});
