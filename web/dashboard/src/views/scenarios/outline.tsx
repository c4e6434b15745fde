// The scenario as a list: the same as the picture, for the keyboard, for ears, and for who prefers to read.

import type { ScenarioBody, ScenarioStep } from '@mostrador/protocol';
import { CornerDownRight, Plus, TriangleAlert } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, memo, useId, useRef } from 'react';
import { useText } from '../../hooks';
import { languageName } from '../settings/fields';
import { useEditing } from './editing';
import * as model from './model';
import { Faults, Select, WaySelect, Written } from './pieces';
import { StepForm } from './step-form';
import { type StepView, useStepViews } from './step-views';
import { useWords } from './words';

/** `after`: what stands under what concerns the whole. */
export function Outline({ after }: { after: ReactNode }) {
  const t = useWords();
  const { value, order, change, jump, select, selected, current, language } = useEditing();
  const views = useStepViews();
  const list = useRef<HTMLOListElement>(null);
  // Up and down go from title to title, past what is open between them.
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const titles = [...(list.current?.querySelectorAll<HTMLElement>('[data-title]') ?? [])];
    const at = titles.indexOf(event.target as HTMLElement);
    if (by === 0 || at < 0) return;
    event.preventDefault();
    titles[at + by]?.focus();
  };
  return (
    <div className="outline">
      <section className="outline-whole">
        <h3 data-title="" tabIndex={-1}>
          {t('whole.title')}
        </h3>
        <WholeForm />
        {after}
      </section>
      <h3 id="outline-title">{t('list.title')}</h3>
      <p className="field-hint">{t('list.hint')}</p>
      <ol className="outline-steps" aria-labelledby="outline-title" ref={list} onKeyDown={onKeyDown}>
        {order.map(({ step, depth, reached }) => (
          <Row key={step.id} step={step} view={views.get(step.id)!} depth={reached ? depth : 0} open={selected === step.id} current={current === step.id} first={value.first === step.id} offline={value.offline === step.id} missing={model.missingIn(step, language)} language={language} select={select} jump={jump} />
        ))}
      </ol>
      <button
        type="button"
        className="button"
        disabled={value.steps.length >= model.MAX_STEPS}
        onClick={() => {
          const id = model.freshStep(value);
          change((scenario) => model.addStep(scenario));
          jump(id);
        }}
      >
        <Plus size={16} strokeWidth={1.75} aria-hidden="true" />
        {t('step.add')}
      </button>
    </div>
  );
}

interface RowProps {
  step: ScenarioStep;
  view: StepView;
  depth: number;
  open: boolean;
  current: boolean;
  first: boolean;
  offline: boolean;
  missing: number;
  language: string;
  select(step: string | null): void;
  jump(step: string | null): void;
}

/** Without the rest of the draft, so that a row of which nothing has changed is left alone. */
const Row = memo(function Row({ step, view, depth, open, current, first, offline, missing, language, select, jump }: RowProps) {
  const t = useWords();
  const { locale } = useText();
  const id = useId();
  return (
    <li className="outline-step" style={{ '--depth': Math.min(depth, 5) } as Record<string, unknown>} data-step={step.id} data-open={open ? '' : undefined} data-current={current ? '' : undefined}>
      <div className="outline-head">
        <h4>
          <button type="button" data-title={step.id} aria-expanded={open} aria-controls={id} onClick={() => select(open ? null : step.id)}>
            <span className="step-number">{view.number}</span>
            <span className="outline-name" dir="auto">
              {view.title}
            </span>
          </button>
        </h4>
        {first && <span className="chip chip-start">{t('mark.first')}</span>}
        {offline && <span className="chip chip-start">{t('mark.offline')}</span>}
        {missing > 0 && <span className="chip">{t('lang.missing_in', { count: missing, language: languageName(locale, language) })}</span>}
        {view.faults > 0 && (
          <span className="fault-chip">
            <TriangleAlert size={14} strokeWidth={2} aria-hidden="true" />
            {view.faultWords}
          </span>
        )}
      </div>
      {!open && <Summary view={view} jump={jump} />}
      <div id={id} hidden={!open}>
        {open && <StepForm step={step} />}
      </div>
    </li>
  );
});

/** What follows, in a line for each way; each leads there. */
function Summary({ view, jump }: { view: StepView; jump(step: string | null): void }) {
  const t = useWords();
  return (
    <ul className="outline-ways">
      {view.still !== null && <li className="soft">{view.still}</li>}
      {view.rows
        .filter((row) => row.exit !== null && !row.meant)
        .map((row) => (
          <li key={row.id}>
            <span className={row.button ? 'way-button' : 'soft'} dir="auto">
              {row.words}
            </span>
            {row.target === null ? (
              <span className="way-lost">{t('way.nowhere')}</span>
            ) : (
              <button type="button" className="way-link" onClick={() => jump(row.target!.id)}>
                <CornerDownRight size={14} strokeWidth={1.75} aria-hidden="true" />
                <span className="hidden">{t('way.leads')}</span>
                <span className="step-number">{row.target.number}</span>
                <span dir="auto">{model.cut(row.target.title)}</span>
              </button>
            )}
          </li>
        ))}
    </ul>
  );
}

/** Of the scenario as a whole. */
export function WholeForm() {
  const t = useWords();
  const { locale } = useText();
  const { value, change, faultsOf } = useEditing();
  const figures = new Intl.NumberFormat(locale);
  return (
    <div className="step-form" data-form="">
      <Written label={t('whole.name')} value={value.name} max={model.MAX_NAME} at="name" faults={faultsOf(null, 'name')} onChange={(name) => change((scenario) => ({ ...scenario, name }), 'name')}>
        <small>{t('whole.name_hint')}</small>
      </Written>
      <Select label={t('whole.start')} value={value.start} at="start" onChange={(start) => change((scenario) => ({ ...scenario, start: start as ScenarioBody['start'] }))} hint={t(`start.${value.start}_hint`)}>
        {(['by_trigger', 'on_opening', 'first_responder'] as const).map((start) => (
          <option key={start} value={start}>
            {t(`start.${start}`)}
          </option>
        ))}
      </Select>
      <WaySelect exit={{ from: 'first' }} to={value.first} label={t('whole.first')} at="first" faults={faultsOf(null, 'first')} none={t('way.nowhere')} />
      <WaySelect exit={{ from: 'offline' }} to={value.offline ?? ''} label={t('whole.offline')} at="offline" faults={faultsOf(null, 'offline')} none={t('whole.offline_none')} />
      <p className="field-hint" data-at="steps" tabIndex={-1}>
        {t('whole.size', { steps: value.steps.length, max_steps: model.MAX_STEPS, characters: figures.format(model.characters(value)), max_characters: figures.format(model.MAX_CHARACTERS) })}
      </p>
      <Faults faults={faultsOf(null, 'steps')} />
      {faultsOf(null)
        .filter(({ at }) => !['name', 'first', 'offline', 'steps'].includes(at))
        .map((fault) => (
          <Faults key={fault.at} faults={[fault]} />
        ))}
    </div>
  );
}
