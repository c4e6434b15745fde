// Office hours: the week, the days that differ, and what they come to at this moment, by the server's own rule.

import type { HoursPreview, HoursRange, HoursSettings } from '@mostrador/protocol';
import { useQuery } from '@tanstack/react-query';
import { CopyPlus, Plus, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useFieldArray, useFormContext, useWatch } from 'react-hook-form';
import { useDoors, useSite } from '../../context';
import { useText } from '../../hooks';
import { Problem, Text, Toggle } from './fields';
import { useWords } from './words';

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
type Day = (typeof DAYS)[number];

/** 5 January 2026 is a Monday. */
export const dayName = (locale: string, day: number) => new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2026, 0, 5 + day));

const FIRST: HoursRange = { start: '09:00', end: '18:00' };

export function HoursForm() {
  const t = useWords();
  const { locale } = useText();
  const { getValues, setValue } = useFormContext<HoursSettings>();
  const enabled = useWatch<HoursSettings, 'enabled'>({ name: 'enabled' });
  const copy = (day: Day) => {
    const ranges = getValues(`week.${day}`);
    for (const other of DAYS) if (other !== day) setValue(`week.${other}`, structuredClone(ranges), { shouldDirty: true });
  };
  return (
    <>
      <Toggle name="enabled" label={t('hours.enabled')} />
      <datalist id="zones">
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <datalist id="quarters">
        {Array.from({ length: 97 }, (_, n) => (
          <option key={n} value={`${String(Math.floor(n / 4)).padStart(2, '0')}:${String((n % 4) * 15).padStart(2, '0')}`} />
        ))}
      </datalist>
      <Text name="zone" label={t('hours.zone')} list="zones" autoComplete="off" spellCheck={false} />
      <Preview />
      <fieldset className="field week" data-off={enabled ? undefined : ''}>
        <legend>{t('hours.week')}</legend>
        {DAYS.map((day, n) => (
          <DayRow key={day} path={`week.${day}`} name={dayName(locale, n)} onCopy={() => copy(day)} />
        ))}
      </fieldset>
      <Exceptions />
    </>
  );
}

function DayRow({ path, name, onCopy }: { path: `week.${Day}`; name: string; onCopy(): void }) {
  const t = useWords();
  const ranges = useWatch<HoursSettings>({ name: path }) as HoursRange[] | undefined;
  return (
    <div className="day" role="group" aria-label={name}>
      <span className="day-name">{name}</span>
      <Ranges path={path} what={name} empty={t('hours.closed')} />
      <button type="button" className="icon-button" disabled={(ranges?.length ?? 0) === 0} aria-label={t('hours.copy', { day: name })} title={t('hours.copy', { day: name })} onClick={onCopy}>
        <CopyPlus size={16} strokeWidth={1.75} aria-hidden="true" />
      </button>
      <Problem name={path} />
    </div>
  );
}

function Ranges({ path, what, empty }: { path: string; what: string; empty: string }) {
  const t = useWords();
  const { fields, append, insert, remove } = useFieldArray({ name: path });
  const values = (useWatch({ name: path }) as HoursRange[] | undefined) ?? [];
  const shown = (at: number) => `${what}, ${values[at]?.start ?? ''}–${values[at]?.end ?? ''}`;
  return (
    <div className="ranges">
      {fields.length === 0 && <span className="soft day-closed">{empty}</span>}
      {fields.map((field, at) => {
        const value = values[at];
        const over = value !== undefined && value.end !== '24:00' && value.end <= value.start && /^\d\d:\d\d$/.test(value.end);
        return (
          <div className="range" key={field.id}>
            <Text name={`${path}.${at}.start`} label={`${what}: ${t('hours.from')}`} hideLabel list="quarters" inputMode="numeric" maxLength={5} placeholder="09:00" autoComplete="off" />
            <span className="soft" aria-hidden="true">
              –
            </span>
            <Text name={`${path}.${at}.end`} label={`${what}: ${t('hours.to')}`} hideLabel list="quarters" inputMode="numeric" maxLength={5} placeholder="18:00" autoComplete="off" />
            {over && <small className="soft">{t('hours.next_day')}</small>}
            <button type="button" className="icon-button" aria-label={t('hours.duplicate', { range: shown(at) })} title={t('hours.duplicate', { range: shown(at) })} onClick={() => insert(at + 1, { ...values[at] })}>
              <CopyPlus size={14} strokeWidth={1.75} aria-hidden="true" />
            </button>
            <button type="button" className="icon-button" aria-label={t('hours.delete', { range: shown(at) })} title={t('hours.delete', { range: shown(at) })} onClick={() => remove(at)}>
              <Trash2 size={14} strokeWidth={1.75} aria-hidden="true" />
            </button>
            <Problem name={`${path}.${at}`} />
          </div>
        );
      })}
      <button type="button" className="icon-button" aria-label={t('hours.add', { day: what })} title={t('hours.add', { day: what })} onClick={() => append(fields.length === 0 ? FIRST : { start: '', end: '' })}>
        <Plus size={16} strokeWidth={1.75} aria-hidden="true" />
      </button>
    </div>
  );
}

function Exceptions() {
  const t = useWords();
  const { fields, append, remove } = useFieldArray<HoursSettings, 'exceptions'>({ name: 'exceptions' });
  const { register } = useFormContext<HoursSettings>();
  const values = useWatch<HoursSettings, 'exceptions'>({ name: 'exceptions' }) ?? [];
  return (
    <fieldset className="field">
      <legend>{t('hours.exceptions')}</legend>
      <p className="field-hint">{t('hours.exceptions_why')}</p>
      <Problem name="exceptions" />
      <ul className="exceptions">
        {fields.map((field, at) => {
          const what = values[at]?.name || values[at]?.date || String(at + 1);
          return (
            <li key={field.id} className="exception">
              <Text name={`exceptions.${at}.date`} label={t('hours.exception_date')} type="date" />
              <Text name={`exceptions.${at}.name`} label={t('hours.exception_name')} maxLength={80} />
              <label className="choice">
                <input type="checkbox" {...register(`exceptions.${at}.yearly`)} />
                <span>{t('hours.exception_yearly')}</span>
              </label>
              <div className="exception-hours">
                <Ranges path={`exceptions.${at}.ranges`} what={what} empty={t('hours.closed')} />
              </div>
              <button type="button" className="icon-button" aria-label={t('hours.exception_delete', { date: what })} title={t('hours.exception_delete', { date: what })} onClick={() => remove(at)}>
                <Trash2 size={16} strokeWidth={1.75} aria-hidden="true" />
              </button>
              <Problem name={`exceptions.${at}`} />
            </li>
          );
        })}
      </ul>
      <button type="button" className="button" onClick={() => append({ date: '', yearly: false, name: '', ranges: [] })}>
        <Plus size={16} strokeWidth={1.75} aria-hidden="true" />
        {t('hours.exception_add')}
      </button>
    </fieldset>
  );
}

/** The draft is asked of the server: one rule for shop and dashboard, on both sides of every change of the clocks. */
function Preview() {
  const t = useWords();
  const { locale } = useText();
  const { api } = useDoors();
  const { site } = useSite();
  const draft = useWatch<HoursSettings>() as HoursSettings;
  const settled = useSettled(JSON.stringify(draft), 400);
  const preview = useQuery({ queryKey: ['hours-preview', site.site, settled], queryFn: () => api.previewHours(site.site, JSON.parse(settled)), retry: false, refetchInterval: 60_000, placeholderData: (before) => before });
  const when = (at: number) => new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit', timeZone: preview.data?.zone ?? 'UTC', timeZoneName: 'short' }).format(at);
  const words = (seen: HoursPreview) => {
    switch (seen.status) {
      case 'none':
        return t('hours.preview_none');
      case 'open':
        return seen.until === undefined ? t('hours.preview_open_always') : t('hours.preview_open', { time: when(seen.until) });
      case 'closed':
        return seen.until === undefined ? t('hours.preview_closed_always') : t('hours.preview_closed', { time: when(seen.until) });
    }
  };
  return (
    <section className="hours-preview" aria-live="polite" data-testid="hours-preview" data-status={preview.isError ? 'wrong' : preview.data?.status}>
      <h3>{t('hours.preview')}</h3>
      <p>{preview.isError ? t('hours.preview_wrong') : preview.data === undefined ? '…' : words(preview.data)}</p>
      {!preview.isError && preview.data?.clocks_change !== undefined && <p className="soft">{t('hours.preview_dst', { zone: preview.data.zone, time: when(preview.data.clocks_change) })}</p>}
    </section>
  );
}

function useSettled(value: string, ms: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
