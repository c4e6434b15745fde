// What the forms of a scenario are made of.

import { CornerDownRight } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { useText } from '../../hooks';
import { useWords as useSettingsWords, type Word as SettingsWord } from '../settings/words';
import type { Fault } from './check';
import { faultWords, useEditing } from './editing';
import { type Exit, MAX_STEPS, addStep, freshStep, lead, length, stepOf } from './model';
import { useWords } from './words';

export function useFaultWords(): (fault: Fault) => string {
  const t = useWords();
  const s = useSettingsWords();
  const { language, locale } = useText();
  return (fault) => faultWords(t, fault, { locale, english: language === 'en', other: (code) => s(`problem.${code}` as SettingsWord) });
}

export function Faults({ faults, id }: { faults: readonly Fault[]; id?: string }) {
  const words = useFaultWords();
  return faults.map((fault) => (
    <p key={`${fault.at} ${fault.code}`} className="field-problem" id={id} data-problem={fault.at}>
      {words(fault)}
    </p>
  ));
}

/** One that is written in: with its count, and what is wrong with it. */
export function Written({ label, value, max, at, faults, onChange, rows, children }: { label: ReactNode; value: string; max: number; at: string; faults: readonly Fault[]; onChange(value: string): void; rows?: number; children?: ReactNode }) {
  const t = useWords();
  const { locale } = useText();
  const id = useId();
  const count = length(value);
  const figures = new Intl.NumberFormat(locale);
  const attributes = {
    id,
    className: 'input',
    value,
    dir: 'auto' as const,
    'data-at': at,
    'aria-invalid': faults.length > 0,
    'aria-describedby': `${id}-count ${id}-problem`,
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {rows === undefined ? <input {...attributes} onChange={(event) => onChange(event.target.value)} /> : <textarea {...attributes} rows={rows} onChange={(event) => onChange(event.target.value)} />}
      <div className="written-foot">
        {children}
        <small id={`${id}-count`} className="written-count" data-over={count > max ? '' : undefined}>
          {t('count', { count: figures.format(count), max: figures.format(max) })}
        </small>
      </div>
      <Faults faults={faults} id={`${id}-problem`} />
    </div>
  );
}

export function Select({ label, value, at, faults = [], onChange, children, hint, after }: { label: ReactNode; value: string; at: string; faults?: readonly Fault[]; onChange(value: string): void; children: ReactNode; hint?: ReactNode; after?: ReactNode }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="select-row">
        <select id={id} className="input" value={value} data-at={at} aria-invalid={faults.length > 0} aria-describedby={`${id}-hint ${id}-problem`} onChange={(event) => onChange(event.target.value)}>
          {children}
        </select>
        {after}
      </div>
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <Faults faults={faults} id={`${id}-problem`} />
    </div>
  );
}

const NEW = '+';

/** Where a way leads: what is drawn on the picture, without drawing. */
export function WaySelect({ exit, to, label, at, faults, none }: { exit: Exit; to: string; label: ReactNode; at: string; faults: readonly Fault[]; none: string }) {
  const t = useWords();
  const { value, change, options, titleOf, jump, announce, numberOf } = useEditing();
  const target = stepOf(value, to);
  const choose = (chosen: string) => {
    if (chosen !== NEW) return change((scenario) => lead(scenario, exit, chosen));
    announce(t('step.added_way', { id: freshStep(value) }));
    change((scenario) => addStep(scenario, { from: exit }));
  };
  return (
    <Select
      label={label}
      value={target === undefined ? '' : to}
      at={at}
      faults={faults}
      onChange={choose}
      after={
        target !== undefined && (
          <button type="button" className="icon-button way-jump" aria-label={t('way.jump', { step: `${numberOf(target.id)} ${titleOf(target)}` })} title={t('way.jump', { step: `${numberOf(target.id)} ${titleOf(target)}` })} onClick={() => jump(target.id)}>
            <CornerDownRight size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
        )
      }
    >
      <option value="">{none}</option>
      {options}
      {value.steps.length < MAX_STEPS && <option value={NEW}>{t('way.new')}</option>}
    </Select>
  );
}
