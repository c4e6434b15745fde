// One step: what it says, and what follows. The same form in the list and beside the picture.

import type { ScenarioStep } from '@mostrador/protocol';
import { CopyPlus, Flag, Plus, Trash2 } from 'lucide-react';
import { useText } from '../../hooks';
import { Ordered, languageName } from '../settings/fields';
import { fieldName, useEditing } from './editing';
import * as model from './model';
import { Faults, Select, WaySelect, Written } from './pieces';
import { useWords } from './words';

export function StepForm({ step }: { step: ScenarioStep }) {
  const t = useWords();
  const { locale } = useText();
  const { value, change, select, jump, language, site, numberOf, faultsOf, announce } = useEditing();
  const number = numberOf(step.id);
  const original = site.languages[0]!;
  const other = language === original ? '' : (step.texts[original] ?? '');
  const remove = () => {
    change((scenario) => model.removeSteps(scenario, [step.id]));
    announce(t('step.deleted', { number }));
    // Where the focus goes when what had it is gone.
    jump(null);
  };
  return (
    <div className="step-form" data-form={step.id}>
      <Faults faults={faultsOf(step.id, '')} />
      <Written
        label={t('step.text', { language: languageName(locale, language) })}
        value={step.texts[language] ?? ''}
        max={model.MAX_TEXT}
        rows={4}
        at={`texts.${language}`}
        faults={faultsOf(step.id, `texts.${language}`)}
        onChange={(text) => change((scenario) => model.say(scenario, step.id, language, text), `text ${step.id} ${language}`)}
      >
        <Formatting />
      </Written>
      {faultsOf(step.id)
        .filter((fault) => fault.at.startsWith('texts.') && fault.at !== `texts.${language}`)
        .map((fault) => (
          <Faults key={fault.at} faults={[fault]} />
        ))}
      {other !== '' && (
        <p className="field-hint original" dir="auto">
          <strong>{languageName(locale, original)}:</strong> {other}
        </p>
      )}
      {!model.says(step) && <p className="field-hint">{t('step.empty_hint')}</p>}
      <Follows step={step} />
      <div className="step-tools">
        {value.first !== step.id && (
          <button type="button" className="button" onClick={() => change((scenario) => model.lead(scenario, { from: 'first' }, step.id))}>
            <Flag size={16} strokeWidth={1.75} aria-hidden="true" />
            {t('step.begin_here')}
          </button>
        )}
        <button
          type="button"
          className="button"
          disabled={value.steps.length >= model.MAX_STEPS}
          onClick={() => {
            const id = model.freshStep(value);
            change((scenario) => model.duplicateStep(scenario, step.id));
            select(id);
            jump(id);
          }}
        >
          <CopyPlus size={16} strokeWidth={1.75} aria-hidden="true" />
          {t('step.duplicate')}
        </button>
        <button type="button" className="button" onClick={remove}>
          <Trash2 size={16} strokeWidth={1.75} aria-hidden="true" />
          {t('step.delete')}
        </button>
      </div>
    </div>
  );
}

function Formatting() {
  const t = useWords();
  return (
    <details className="formatting">
      <summary>{t('format.title')}</summary>
      <dl>
        {(
          [
            ['*…*', t('format.bold')],
            ['_…_', t('format.italic')],
            ['- …', t('format.list')],
            ['https://…', t('format.link')],
            ['{shop}', t('format.shop')],
          ] as const
        ).map(([how, what]) => (
          <div key={how}>
            <dt>
              <code>{how}</code>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

const KINDS: readonly model.NextKind[] = ['buttons', 'go', 'ask', 'hand_over', 'end'];

function Follows({ step }: { step: ScenarioStep }) {
  const t = useWords();
  const { change, site, language, faultsOf } = useEditing();
  const next = step.next;
  const faults = (at: string) => faultsOf(step.id, at);
  const way = (way: 'next' | 'offline') => ({ from: 'step', step: step.id, way }) as const;
  return (
    <>
      <Select
        label={t('next.title')}
        value={next?.kind ?? ''}
        at="next"
        faults={faults('next')}
        onChange={(kind) => change((scenario) => model.follow(scenario, step.id, kind as model.NextKind, site.fields[0]?.id))}
      >
        {next === undefined && <option value="">{t('next.unset')}</option>}
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {t(`next.${kind}`)}
          </option>
        ))}
      </Select>
      {next?.kind === 'buttons' && <Buttons step={step} />}
      {next?.kind === 'go' && <WaySelect exit={way('next')} to={next.to} label={t('way.to')} at="next.to" faults={faults('next.to')} none={t('way.nowhere')} />}
      {next?.kind === 'ask' && (
        <>
          <Select label={t('ask.field')} value={next.field} at="next.field" faults={faults('next.field')} hint={t('ask.hint')} onChange={(field) => change((scenario) => model.ask(scenario, step.id, field))}>
            {!site.fields.some((field) => field.id === next.field) && <option value={next.field}>{next.field || t('ask.choose')}</option>}
            {site.fields.map((field) => (
              <option key={field.id} value={field.id}>
                {fieldName(site, field.id, language, t)}
              </option>
            ))}
          </Select>
          <WaySelect exit={way('next')} to={next.then} label={t('ask.then')} at="next.then" faults={faults('next.then')} none={t('way.nowhere')} />
        </>
      )}
      {next?.kind === 'hand_over' && <HandOver step={step} />}
      {next?.kind === 'end' && (
        <label className="choice">
          <input type="checkbox" checked={next.restart} data-at="next.restart" onChange={(event) => change((scenario) => model.restart(scenario, step.id, event.target.checked))} />
          <span>{t('end.restart')}</span>
        </label>
      )}
    </>
  );
}

function HandOver({ step }: { step: ScenarioStep }) {
  const t = useWords();
  const { change, site, faultsOf } = useEditing();
  if (step.next?.kind !== 'hand_over') return null;
  const { to, offline } = step.next;
  const chosen = to.kind === 'anyone' ? 'anyone' : to.kind === 'group' ? `group:${to.group}` : `agent:${to.agent}`;
  const at = to.kind === 'agent' ? 'next.to.agent' : 'next.to.group';
  const choices = ['anyone', ...(site.groups ?? []).map((group) => `group:${group.id}`), ...site.agents.map((agent) => `agent:${agent.id}`)];
  const choose = (name: string) => {
    const [kind, id = ''] = [name.slice(0, 5), name.slice(6)];
    change((scenario) => model.handTo(scenario, step.id, kind === 'group' ? { kind, group: id } : kind === 'agent' ? { kind, agent: id } : { kind: 'anyone' }));
  };
  return (
    <>
      <Select label={t('to.title')} value={chosen} at={at} faults={faultsOf(step.id, at)} hint={t('to.hint')} onChange={choose}>
        {!choices.includes(chosen) && <option value={chosen}>{chosen.slice(6)}</option>}
        <option value="anyone">{t('to.anyone')}</option>
        {(site.groups ?? []).length > 0 && (
          <optgroup label={t('to.groups')}>
            {site.groups!.map((group) => (
              <option key={group.id} value={`group:${group.id}`}>
                {group.name}
              </option>
            ))}
          </optgroup>
        )}
        <optgroup label={t('to.agents')}>
          {site.agents.map((agent) => (
            <option key={agent.id} value={`agent:${agent.id}`}>
              {agent.name}
            </option>
          ))}
        </optgroup>
      </Select>
      <WaySelect exit={{ from: 'step', step: step.id, way: 'offline' }} to={offline ?? ''} label={t('to.offline')} at="next.offline" faults={faultsOf(step.id, 'next.offline')} none={t('to.offline_none')} />
    </>
  );
}

function Buttons({ step }: { step: ScenarioStep }) {
  const t = useWords();
  const { locale } = useText();
  const { change, language, site, faultsOf, announce } = useEditing();
  const buttons = model.buttonsOf(step);
  const nameOf = (at: number) => model.shownText(buttons[at]?.labels ?? {}, language, site.languages[0]!) || t('button.number', { number: at + 1 });
  const faults = (at: string) => faultsOf(step.id, at);
  return (
    <fieldset className="field step-buttons">
      <legend>{t('button.title', { count: buttons.length, max: model.MAX_BUTTONS })}</legend>
      <Faults faults={faults('next.buttons')} />
      <Ordered ids={buttons.map((button) => button.id)} nameOf={nameOf} onMove={(from, to) => change((scenario) => model.moveButton(scenario, step.id, from, to))} onDelete={(at) => change((scenario) => model.removeButton(scenario, step.id, buttons[at]!.id))}>
        {(at) => {
          const button = buttons[at]!;
          const path = `next.buttons[${at}]`;
          const labels = `${path}.labels.${language}`;
          return (
            <div role="group" aria-label={t('button.number', { number: at + 1 })} className="step-button">
              <Written label={t('button.label', { language: languageName(locale, language) })} value={button.labels[language] ?? ''} max={model.MAX_BUTTON} at={labels} faults={faults(labels)} onChange={(text) => change((scenario) => model.label(scenario, step.id, button.id, language, text), `label ${step.id} ${button.id} ${language}`)}>
                {language !== site.languages[0] && button.labels[site.languages[0]!] !== undefined && (
                  <small className="original" dir="auto">
                    {button.labels[site.languages[0]!]}
                  </small>
                )}
              </Written>
              {faultsOf(step.id)
                .filter((fault) => fault.at.startsWith(`${path}.labels.`) && fault.at !== labels)
                .map((fault) => (
                  <Faults key={fault.at} faults={[fault]} />
                ))}
              <WaySelect exit={{ from: 'button', step: step.id, button: button.id }} to={button.goes} label={t('button.goes')} at={`${path}.goes`} faults={faults(`${path}.goes`)} none={t('way.nowhere')} />
            </div>
          );
        }}
      </Ordered>
      <button
        type="button"
        className="button"
        disabled={buttons.length >= model.MAX_BUTTONS}
        onClick={() => {
          change((scenario) => model.addButton(scenario, step.id));
          announce(t('button.added', { number: buttons.length + 1 }));
          requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-form="${step.id}"] [data-at="next.buttons[${buttons.length}].labels.${language}"]`)?.focus());
        }}
      >
        <Plus size={16} strokeWidth={1.75} aria-hidden="true" />
        {t('button.add')}
      </button>
    </fieldset>
  );
}
