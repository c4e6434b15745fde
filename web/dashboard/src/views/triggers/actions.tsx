// What a trigger does: something that is shown, and what goes with it. Of each kind there is at most one.

import type { TriggerAction, TriggerBody, TriggerSender } from '@mostrador/protocol';
import { useId } from 'react';
import { Controller, useFieldArray, useFormContext, useWatch } from 'react-hook-form';
import { useSite } from '../../context';
import { useText } from '../../hooks';
import { Area, Choice, Problem, languageName } from '../settings/fields';
import { type ActionKind, freshAction } from './model';
import type { Surroundings } from './surroundings';
import { useWords } from './words';

const SPOKEN: readonly ActionKind[] = ['message', 'start_scenario'];
const BESIDE = ['assign_group', 'open_window', 'show_form'] as const;

export function Actions({ surroundings }: { surroundings: Surroundings }) {
  const t = useWords();
  const id = useId();
  const { fields, append, prepend, remove, update } = useFieldArray<TriggerBody, 'actions', 'key'>({ name: 'actions', keyName: 'key' });
  const actions = (useWatch({ name: 'actions' }) as TriggerAction[] | undefined) ?? [];
  const at = (kind: ActionKind) => actions.findIndex((one) => one.kind === kind);
  const said = actions.findIndex((one) => SPOKEN.includes(one.kind));
  const shown = actions[said]?.kind ?? 'nothing';
  const fresh = (kind: ActionKind) => (kind === 'message' ? { ...freshAction(kind), texts: Object.fromEntries(surroundings.languages.map((tag) => [tag, ''])) } : freshAction(kind)) as TriggerAction;
  const speak = (kind: 'message' | 'start_scenario' | 'nothing') => {
    if (kind === 'nothing') remove(said);
    else if (said === -1) prepend(fresh(kind), { shouldFocus: false });
    else update(said, fresh(kind));
  };
  return (
    <div className="trigger-part">
      <fieldset className="field choices">
        <legend>{t('then.title')}</legend>
        {(['message', 'start_scenario', 'nothing'] as const).map((kind) => (
          <label key={kind} className="choice">
            <input type="radio" name={id} value={kind} checked={shown === kind} onChange={() => speak(kind)} />
            <span>{t(`then.${kind}`)}</span>
          </label>
        ))}
      </fieldset>
      {said !== -1 && (
        <div className="trigger-action" key={fields[said]?.key}>
          {shown === 'message' ? <Message path={`actions.${said}`} surroundings={surroundings} /> : <Scenario path={`actions.${said}`} surroundings={surroundings} />}
          <Problem name={`actions.${said}`} />
        </div>
      )}
      <fieldset className="field choices">
        <legend className="hidden">{t('then.title')}</legend>
        {BESIDE.map((kind) => {
          const n = at(kind);
          return (
            <div key={kind}>
              <label className="choice">
                <input type="checkbox" checked={n !== -1} onChange={(event) => (event.target.checked ? append(freshAction(kind), { shouldFocus: false }) : remove(n))} />
                <span>{t(`then.${kind}`)}</span>
              </label>
              {kind === 'assign_group' && n !== -1 && (
                <div className="trigger-action" key={fields[n]?.key}>
                  <Named name={`actions.${n}.group`} label={t('then.group')} none={t('then.no_groups')} options={surroundings.groups} />
                </div>
              )}
              {n !== -1 && <Problem name={`actions.${n}`} />}
            </div>
          );
        })}
        {actions.length === 0 && <p className="soft">{t('then.none_yet')}</p>}
        <Problem name="actions" />
      </fieldset>
    </div>
  );
}

/** One of what the site has, by its id. What is chosen and no longer there is still shown, to be seen and changed. */
function Named({ name, label, none, options }: { name: string; label: string; none: string; options: readonly { id: string; name: string }[] }) {
  const t = useWords();
  const { register } = useFormContext();
  const id = useId();
  const chosen = useWatch({ name }) as string | undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="input" {...register(name)}>
        <option value="">{t('then.choose')}</option>
        {options.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
        {chosen !== undefined && chosen !== '' && !options.some((one) => one.id === chosen) && <option value={chosen}>{t('then.gone')}</option>}
      </select>
      {options.length === 0 && <p className="field-hint">{none}</p>}
      <Problem name={name} />
    </div>
  );
}

function Scenario({ path, surroundings }: { path: string; surroundings: Surroundings }) {
  const t = useWords();
  return <Named name={`${path}.scenario`} label={t('then.scenario')} none={t('then.no_scenarios')} options={surroundings.scenarios} />;
}

function Message({ path, surroundings }: { path: string; surroundings: Surroundings }) {
  const t = useWords();
  const { locale } = useText();
  return (
    <>
      <Texts path={path} languages={surroundings.languages} locale={locale} />
      <Sender path={`${path}.sender`} surroundings={surroundings} />
      <Choice name={`${path}.display`} legend={t('message.display')} options={(['teaser', 'bubble', 'window'] as const).map((one) => [one, t(`message.${one}`)])} />
    </>
  );
}

function Texts({ path, languages, locale }: { path: string; languages: readonly string[]; locale: string }) {
  const t = useWords();
  return (
    <div className="field">
      <div className="columns">
        {languages.map((language) => (
          <div key={language} lang={language}>
            <Area name={`${path}.texts.${language}`} label={t('message.text', { language: languageName(locale, language) })} rows={3} maxLength={1000} />
          </div>
        ))}
      </div>
      <p className="field-hint">{t('message.text_why')}</p>
      <Problem name={`${path}.texts`} />
    </div>
  );
}

const asText = (sender: TriggerSender) => (sender.kind === 'agent' ? `agent ${sender.agent}` : sender.kind === 'group' ? `group ${sender.group}` : 'bot');

function asSender(text: string): TriggerSender {
  const [kind, id = ''] = text.split(' ');
  return kind === 'agent' ? { kind, agent: id } : kind === 'group' ? { kind, group: id } : { kind: 'bot' };
}

function Sender({ path, surroundings }: { path: string; surroundings: Surroundings }) {
  const t = useWords();
  const { agents } = useSite();
  const id = useId();
  return (
    <Controller
      name={path}
      render={({ field }) => {
        const sender = (field.value ?? { kind: 'bot' }) as TriggerSender;
        const gone = sender.kind === 'agent' ? !agents.some((one) => one.id === sender.agent) : sender.kind === 'group' && !surroundings.groups.some((one) => one.id === sender.group);
        return (
          <div className="field">
            <label htmlFor={id}>{t('message.sender')}</label>
            <select id={id} className="input" ref={field.ref} value={asText(sender)} onBlur={field.onBlur} onChange={(event) => field.onChange(asSender(event.target.value))}>
              <option value="bot">{t('sender.bot')}</option>
              <optgroup label={t('message.agents')}>
                {agents.map((one) => (
                  <option key={one.id} value={`agent ${one.id}`}>
                    {one.name}
                  </option>
                ))}
              </optgroup>
              {surroundings.groups.length > 0 && (
                <optgroup label={t('message.groups')}>
                  {surroundings.groups.map((one) => (
                    <option key={one.id} value={`group ${one.id}`}>
                      {one.name}
                    </option>
                  ))}
                </optgroup>
              )}
              {gone && <option value={asText(sender)}>{t('then.gone')}</option>}
            </select>
            {sender.kind !== 'bot' && <p className="field-hint">{t('message.sender_why')}</p>}
            <Problem name={`${path}.agent`} />
            <Problem name={`${path}.group`} />
          </div>
        );
      }}
    />
  );
}
