// The scenario as a list: the same as the picture, for the keyboard, for ears, and for who prefers to read.

import type { ScenarioBody, ScenarioStep } from '@mostrador/protocol';
import { CornerDownRight, Plus, TriangleAlert } from 'lucide-react';
import { type KeyboardEvent, useId, useRef } from 'react';
import { useText } from '../../hooks';
import { languageName } from '../settings/fields';
import { fieldName, toName, useEditing } from './editing';
import * as model from './model';
import { Faults, Select, WaySelect, Written, cut } from './pieces';
import { StepForm } from './step-form';
import { useWords } from './words';

export function Outline() {
  const t = useWords();
  const { value, order, change, jump } = useEditing();
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
      </section>
      <h3 id="outline-title">{t('list.title')}</h3>
      <p className="field-hint">{t('list.hint')}</p>
      <ol className="outline-steps" aria-labelledby="outline-title" ref={list} onKeyDown={onKeyDown}>
        {order.map(({ step, depth, reached }, n) => (
          <Row key={step.id} step={step} number={n + 1} depth={reached ? depth : 0} />
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

function Row({ step, number, depth }: { step: ScenarioStep; number: number; depth: number }) {
  const t = useWords();
  const { locale } = useText();
  const { value, selected, select, titleOf, faultsOf, current, language } = useEditing();
  const id = useId();
  const open = selected === step.id;
  const faults = faultsOf(step.id).length;
  const missing = model.missingIn(step, language);
  return (
    <li className="outline-step" style={{ '--depth': Math.min(depth, 5) } as Record<string, unknown>} data-step={step.id} data-open={open ? '' : undefined} data-current={current === step.id ? '' : undefined}>
      <div className="outline-head">
        <h4>
          <button type="button" data-title={step.id} aria-expanded={open} aria-controls={id} onClick={() => select(open ? null : step.id)}>
            <span className="step-number">{number}</span>
            <span className="outline-name" dir="auto">
              {titleOf(step)}
            </span>
          </button>
        </h4>
        <Marks value={value} step={step} />
        {missing > 0 && <span className="chip">{t('lang.missing_in', { count: missing, language: languageName(locale, language) })}</span>}
        {faults > 0 && (
          <span className="fault-chip">
            <TriangleAlert size={14} strokeWidth={2} aria-hidden="true" />
            {t('fault.count', { count: faults })}
          </span>
        )}
      </div>
      {!open && <Summary step={step} />}
      <div id={id} hidden={!open}>
        {open && <StepForm step={step} />}
      </div>
    </li>
  );
}

export function Marks({ value, step }: { value: ScenarioBody; step: ScenarioStep }) {
  const t = useWords();
  return (
    <>
      {value.first === step.id && <span className="chip chip-start">{t('mark.first')}</span>}
      {value.offline === step.id && <span className="chip chip-start">{t('mark.offline')}</span>}
    </>
  );
}

/** What follows, in a line for each way; each leads there. */
function Summary({ step }: { step: ScenarioStep }) {
  const t = useWords();
  const { value, jump, numberOf, titleOf, language, site } = useEditing();
  const next = step.next;
  const name = (exit: model.Exit, n: number): string => {
    if (exit.from === 'button') return model.shownText(model.buttonsOf(step)[n]?.labels ?? {}, language, site.languages[0]!) || t('button.number', { number: n + 1 });
    if (next?.kind === 'ask') return t('row.ask', { field: fieldName(site, next.field, language, t) });
    if (next?.kind === 'hand_over') return t('row.offline');
    return t('row.go');
  };
  const still = next?.kind === 'hand_over' ? t('row.hand_over', { to: toName(site, step, t) }) : next?.kind === 'end' ? t(next.restart ? 'row.end_restart' : 'row.end') : next === undefined ? t(model.says(step) ? 'row.unset' : 'row.hand_over_empty') : null;
  const ways = model.waysOf(step).filter(({ exit, to }) => to !== '' || exit.from !== 'step' || exit.way !== 'offline');
  return (
    <ul className="outline-ways">
      {still !== null && <li className="soft">{still}</li>}
      {ways.map(({ exit, to }, n) => {
        const target = model.stepOf(value, to);
        return (
          <li key={n}>
            <span className={exit.from === 'button' ? 'way-button' : 'soft'} dir="auto">
              {name(exit, n)}
            </span>
            {target === undefined ? (
              <span className="way-lost">{t('way.nowhere')}</span>
            ) : (
              <button type="button" className="way-link" onClick={() => jump(target.id)}>
                <CornerDownRight size={14} strokeWidth={1.75} aria-hidden="true" />
                <span className="hidden">{t('way.leads')}</span>
                <span className="step-number">{numberOf(target.id)}</span>
                <span dir="auto">{cut(titleOf(target))}</span>
              </button>
            )}
          </li>
        );
      })}
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
