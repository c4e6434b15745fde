// The conditions: each a sentence, which opens to be changed.

import type { TriggerBody, TriggerCondition } from '@mostrador/protocol';
import { Plus, Trash2 } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { get, useFieldArray, useFormContext, useWatch } from 'react-hook-form';
import { Problem, Text } from '../settings/fields';
import { Alternatives, Codes, Pick, Several } from './inputs';
import { CONDITIONS, type ConditionKind, MAX_CONDITIONS, conditionForm, freshCondition } from './model';
import { conditionSentence } from './sentences';
import { useSpeaker } from './surroundings';
import { useWords } from './words';

export function Conditions() {
  const t = useWords();
  const { fields, append, remove } = useFieldArray<TriggerBody, 'conditions', 'key'>({ name: 'conditions', keyName: 'key' });
  const [added, setAdded] = useState<number | null>(null);
  const adder = useRef<HTMLSelectElement>(null);
  return (
    <fieldset className="field trigger-part">
      <legend>{t('if.title')}</legend>
      {fields.length === 0 && <p className="soft">{t('if.none')}</p>}
      <Problem name="conditions" />
      <ol className="conditions">
        {fields.map(({ key }, n) => (
          <li key={key}>
            <Condition
              n={n}
              fresh={n === added}
              onRemove={() => {
                remove(n);
                setAdded(null);
                // Whoever removes one stays where the next would be added.
                adder.current?.focus();
              }}
            />
          </li>
        ))}
      </ol>
      {fields.length >= MAX_CONDITIONS ? (
        <p className="soft">{t('if.most')}</p>
      ) : (
        <Add
          select={adder}
          onAdd={(kind) => {
            append(conditionForm(freshCondition(kind)), { shouldFocus: false });
            setAdded(fields.length);
          }}
        />
      )}
    </fieldset>
  );
}

function Add({ select, onAdd }: { select: React.RefObject<HTMLSelectElement | null>; onAdd(kind: ConditionKind): void }) {
  const t = useWords();
  const id = useId();
  const [kind, setKind] = useState<ConditionKind>('page');
  return (
    <div className="add-condition">
      <label htmlFor={id} className="hidden">
        {t('if.kind')}
      </label>
      <select id={id} ref={select} className="input" value={kind} onChange={(event) => setKind(event.target.value as ConditionKind)}>
        {CONDITIONS.map(([group, kinds]) => (
          <optgroup key={group} label={t(`if.group_${group}`)}>
            {kinds.map((one) => (
              <option key={one} value={one}>
                {t(`kind.${one}`)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <button type="button" className="button" onClick={() => onAdd(kind)}>
        <Plus size={16} strokeWidth={1.75} aria-hidden="true" />
        {t('if.add')}
      </button>
    </div>
  );
}

function Condition({ n, fresh, onRemove }: { n: number; fresh: boolean; onRemove(): void }) {
  const t = useWords();
  const speaker = useSpeaker();
  const path = `conditions.${n}`;
  const { formState } = useFormContext();
  const condition = useWatch({ name: path }) as TriggerCondition | undefined;
  const box = useRef<HTMLDetailsElement>(null);
  const wrong = get(formState.errors, path) !== undefined;
  // Its problem would not be seen.
  useEffect(() => {
    if (wrong && box.current !== null) box.current.open = true;
  }, [wrong]);
  useEffect(() => {
    if (!fresh || box.current === null) return;
    box.current.open = true;
    box.current.querySelector<HTMLElement>('.condition-fields :is(input, select)')?.focus();
    if (box.current.querySelector('.condition-fields :is(input, select)') === null) box.current.querySelector('summary')?.focus();
  }, [fresh]);
  if (condition === undefined) return null;
  const sentence = conditionSentence(speaker, condition);
  return (
    <div className="condition" data-condition={condition.kind} data-wrong={wrong || undefined}>
      <details ref={box}>
        <summary>
          <span className="condition-sentence" dir="auto" data-sentence>
            {sentence}
          </span>
        </summary>
        <div className="condition-fields">
          <Fields condition={condition} path={path} />
        </div>
      </details>
      <Problem name={path} />
      <button type="button" className="icon-button" aria-label={t('if.remove', { sentence })} onClick={onRemove}>
        <Trash2 size={16} strokeWidth={1.75} aria-hidden="true" />
      </button>
    </div>
  );
}

function Fields({ condition, path }: { condition: TriggerCondition; path: string }) {
  const t = useWords();
  const is = <Pick name={`${path}.is`} label={t('field.is')} options={[[true, t('field.is_any')], [false, t('field.is_none')]]} />;
  const yesNo = <Pick name={`${path}.is`} label={t(`kind.${condition.kind}`)} options={[[true, t('field.yes')], [false, t('field.no')]]} />;
  const number = { number: true, type: 'number' } as const;
  const range = (step = '1', min = 0) => (
    <div className="pair">
      <Text name={`${path}.at_least`} label={t('field.least')} {...number} optional min={min} step={step} />
      <Text name={`${path}.at_most`} label={t('field.most')} {...number} optional min={min} step={step} />
    </div>
  );
  const openOr = <Pick name={`${path}.is`} label={t(`kind.${condition.kind}`)} options={[['open', t('field.open')], ['closed', t('field.closed')]]} />;
  const texts = <Alternatives path={path} field="texts" what="text" />;
  const key = <Text name={`${path}.key`} label={t('field.key')} maxLength={40} spellCheck={false} autoComplete="off" />;
  switch (condition.kind) {
    case 'page':
      return (
        <>
          {is}
          <Alternatives path={path} field="patterns" what="pattern" />
        </>
      );
    case 'time_on_page':
      return <Text name={`${path}.seconds`} label={t('field.seconds')} {...number} min={1} max={3600} />;
    case 'time_on_site':
      return <Text name={`${path}.seconds`} label={t('field.seconds')} {...number} min={1} max={14_400} />;
    case 'idle':
      return <Text name={`${path}.seconds`} label={t('field.seconds')} {...number} min={5} max={1800} />;
    case 'scroll':
      return <Text name={`${path}.percent`} label={t('field.percent')} {...number} min={1} max={100} />;
    case 'leaving':
      return null;
    case 'pages_seen':
    case 'cart_items':
      return range();
    case 'cart_value':
      return (
        <>
          {range('any')}
          <Text name={`${path}.currency`} label={t('field.currency')} optional maxLength={3} spellCheck={false} autoComplete="off" />
        </>
      );
    case 'referrer':
    case 'cart_contains':
      return (
        <>
          {is}
          {texts}
        </>
      );
    case 'campaign':
      return (
        <>
          <Pick name={`${path}.part`} label={t('field.part')} options={(['source', 'medium', 'campaign', 'term', 'content'] as const).map((part) => [part, t(`part.${part}`)])} />
          {is}
          {texts}
        </>
      );
    case 'country':
      return (
        <>
          {is}
          <Codes name={`${path}.any_of`} label={t('field.countries')} upper />
        </>
      );
    case 'language':
      return (
        <>
          {is}
          <Codes name={`${path}.any_of`} label={t('field.languages')} />
        </>
      );
    case 'device':
      return (
        <>
          {is}
          <Several name={`${path}.any_of`} legend={t('field.devices')} options={(['desktop', 'phone', 'tablet'] as const).map((one) => [one, t(`device.${one}`)])} />
        </>
      );
    case 'identity':
      return <Several name={`${path}.any_of`} legend={t('field.identities')} options={(['anonymous', 'identified', 'verified'] as const).map((one) => [one, t(`identity.${one}`)])} />;
    case 'returning':
      return <Pick name={`${path}.is`} label={t('kind.returning')} options={[[true, t('say.returning')], [false, t('say.returning_not')]]} />;
    case 'chatted_before':
      return yesNo;
    case 'attribute_text':
      return (
        <>
          {key}
          {is}
          {texts}
        </>
      );
    case 'attribute_number':
      return (
        <>
          {key}
          {range('any', -1e9)}
        </>
      );
    case 'attribute_present':
      return (
        <>
          {key}
          <Pick name={`${path}.is`} label={t('kind.attribute')} options={[[true, t('field.there')], [false, t('field.absent')]]} />
        </>
      );
    case 'window':
    case 'office':
      return openOr;
    case 'event':
      return <Text name={`${path}.name`} label={t('field.event')} maxLength={40} spellCheck={false} autoComplete="off" />;
  }
}
