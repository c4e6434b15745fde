// T6: what came of the triggers. Numbers large, a chart, and the same as tables.

import type { MoneyAmount, TriggerResults } from '@mostrador/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChartLine } from 'lucide-react';
import { useId, useState } from 'react';
import { useDoors, useSite } from '../../context';
import { useText } from '../../hooks';
import { Empty, Skeleton } from '../parts';
import { Chart, dayLabel } from './chart';
import { COUNTS, type Figures, perDay, total } from './figures';
import { Head } from './list';
import { money } from './sentences';
import { useTriggers } from './surroundings';
import { useWords } from './words';

const PERIODS = [7, 30, 90] as const;

export function Results() {
  const t = useWords();
  const { site } = useSite();
  const { api } = useDoors();
  const [days, setDays] = useState<number>(30);
  const results = useQuery({ queryKey: ['trigger-results', site.site, days], queryFn: () => api.triggerResults(site.site, days) });
  return (
    <div className="settings-page triggers">
      <Head title={t('results.title')} why={t('results.why')} at="results" />
      {results.data === undefined ? (
        results.isError ? (
          <div className="failed" role="alert">
            <p>{t('results.failed')}</p>
            <button type="button" className="button" onClick={() => void results.refetch()}>
              {t('all.retry')}
            </button>
          </div>
        ) : (
          <Skeleton label={t('results.loading')} rows={6} kind="lines" />
        )
      ) : (
        <Shown triggers={results.data.triggers} days={days} onDays={setDays} />
      )}
    </div>
  );
}

function Shown({ triggers, days, onDays }: { triggers: readonly TriggerResults[]; days: number; onDays(days: number): void }) {
  const t = useWords();
  const { locale } = useText();
  const { site } = useSite();
  const id = useId();
  const known = useTriggers().data?.value.triggers;
  const [chosen, setChosen] = useState('');
  const nameOf = (trigger: string) => known?.find((one) => one.id === trigger)?.name ?? t('results.gone', { id: trigger });
  const of = triggers.filter((one) => chosen === '' || one.id === chosen);
  const all = perDay(of, days, new Date().toISOString().slice(0, 10));
  const sum = total(all);
  const nothing = triggers.every((one) => one.days.length === 0);
  const number = new Intl.NumberFormat(locale);
  const some = all.filter((one) => COUNTS.some((count) => one[count] > 0));
  return (
    <>
      <div className="results-tools">
        <div>
          <label htmlFor={`${id}-days`}>{t('results.days')}</label>
          <select id={`${id}-days`} className="input" value={days} onChange={(event) => onDays(Number(event.target.value))}>
            {PERIODS.map((n) => (
              <option key={n} value={n}>
                {t('results.last', { n })}
              </option>
            ))}
          </select>
        </div>
        {!nothing && (
          <div>
            <label htmlFor={`${id}-trigger`}>{t('results.trigger')}</label>
            <select id={`${id}-trigger`} className="input" value={chosen} onChange={(event) => setChosen(event.target.value)}>
              <option value="">{t('results.every')}</option>
              {triggers.map((one) => (
                <option key={one.id} value={one.id}>
                  {nameOf(one.id)}
                </option>
              ))}
            </select>
          </div>
        )}
      </div>
      {nothing ? (
        <Empty icon={ChartLine} title={t('results.none')} why={t('results.none_why')}>
          <Link className="button" to="/$site/settings/$section" params={{ site: site.site, section: 'triggers' }}>
            {t('results.none_do')}
          </Link>
        </Empty>
      ) : (
        <>
          <dl className="results-sums">
            {COUNTS.map((count) => (
              <div key={count} className={`results-sum chart-${count}`}>
                <dt>
                  <svg width="24" height="8" aria-hidden="true">
                    <line x1="0" x2="24" y1="4" y2="4" />
                  </svg>
                  {t(`results.${count}`)}
                </dt>
                <dd>{number.format(sum[count])}</dd>
              </div>
            ))}
            <div className="results-sum">
              <dt>{t('results.value')}</dt>
              <dd className="results-money">
                <Money value={sum.value} />
              </dd>
            </div>
          </dl>
          <Chart days={all} />
          <Figured caption={t('results.by_day')} head={t('results.day')} rows={some.map((one) => ({ key: one.day, name: dayLabel(locale, one.day), figures: one }))} sum={sum} testid="by-day" />
          <Figured caption={t('results.by_trigger')} head={t('results.trigger')} rows={of.map((one) => ({ key: one.id, name: nameOf(one.id), figures: total(one.days) }))} sum={sum} testid="by-trigger" />
        </>
      )}
    </>
  );
}

function Money({ value }: { value: readonly MoneyAmount[] }) {
  const t = useWords();
  const { locale } = useText();
  if (value.length === 0) return <span className="soft">{t('results.no_value')}</span>;
  return value.map(({ currency, hundredths }) => (
    <span key={currency} className="money">
      {money(locale, hundredths / 100, currency || undefined)}
    </span>
  ));
}

function Figured({ caption, head, rows, sum, testid }: { caption: string; head: string; rows: readonly { key: string; name: string; figures: Figures }[]; sum: Figures; testid: string }) {
  const t = useWords();
  const { locale } = useText();
  const number = new Intl.NumberFormat(locale);
  const cells = (figures: Figures) => (
    <>
      {COUNTS.map((count) => (
        <td key={count} data-count={count} data-value={figures[count]}>
          {number.format(figures[count])}
        </td>
      ))}
      <td>
        <Money value={figures.value} />
      </td>
    </>
  );
  return (
    <div className="records results-table" tabIndex={0} role="group" aria-label={caption}>
      <table data-testid={testid}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{head}</th>
            {COUNTS.map((count) => (
              <th key={count} scope="col">
                {t(`results.${count}`)}
              </th>
            ))}
            <th scope="col">{t('results.value')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, name, figures }) => (
            <tr key={key} data-row={key}>
              <th scope="row" dir="auto">
                {name}
              </th>
              {cells(figures)}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('results.total')}</th>
            {cells(sum)}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
