// The results of a period as lines over its days. Drawn here: a library for charts weighs more than the whole inbox, and this is one picture.
// Everything in it is in the table as well.

import type { TriggerDay } from '@mostrador/protocol';
import { useMedia, useText } from '../../hooks';
import { COUNTS, ticks } from './figures';
import { useWords } from './words';

const [HEIGHT, LEFT, BOTTOM, TOP] = [220, 40, 24, 8];

export function dayLabel(locale: string, day: string): string {
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
}

export function Chart({ days }: { days: readonly TriggerDay[] }) {
  const t = useWords();
  const { locale } = useText();
  // Drawn as wide as it is shown: scaled down, its words could not be read on a phone.
  const width = useMedia('(max-width: 759.98px)') ? 340 : 720;
  const lines = ticks(Math.max(...days.flatMap((one) => COUNTS.map((count) => one[count]))));
  const most = lines.at(-1)!;
  const x = (n: number) => LEFT + (days.length === 1 ? 0.5 : n / (days.length - 1)) * (width - LEFT - 12);
  const y = (value: number) => TOP + (1 - value / most) * (HEIGHT - TOP - BOTTOM);
  const named = [0, Math.floor((days.length - 1) / 2), days.length - 1];
  return (
    <svg className="chart" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={t('results.chart')} data-testid="chart">
      {lines.map((line) => (
        <g key={line} className="chart-line">
          <line x1={LEFT} x2={width} y1={y(line)} y2={y(line)} />
          <text x={LEFT - 8} y={y(line) + 4} textAnchor="end">
            {new Intl.NumberFormat(locale, { notation: 'compact' }).format(line)}
          </text>
        </g>
      ))}
      {named.map((n, place) => (
        <text key={place} x={x(n)} y={HEIGHT - 6} textAnchor={place === 0 ? 'start' : place === 1 ? 'middle' : 'end'}>
          {dayLabel(locale, days[n]!.day)}
        </text>
      ))}
      {COUNTS.map((count) => (
        <g key={count} className={`chart-${count}`}>
          <polyline points={days.map((one, n) => `${x(n)},${y(one[count])}`).join(' ')} />
          {days.map((one, n) => (
            <circle key={one.day} cx={x(n)} cy={y(one[count])} r={one[count] > 0 ? 3 : 0} data-count={count} data-day={one.day} data-value={one[count]}>
              <title>{`${dayLabel(locale, one.day)}: ${t(`results.${count}`)} ${one[count]}`}</title>
            </circle>
          ))}
        </g>
      ))}
    </svg>
  );
}
