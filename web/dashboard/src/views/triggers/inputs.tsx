// The inputs that conditions and actions share, beside those of the settings.

import { Controller, useFieldArray, useFormContext } from 'react-hook-form';
import { Plus, X } from 'lucide-react';
import { useId } from 'react';
import { ListInput, Problem, useProblem } from '../settings/fields';
import { MAX_ALTERNATIVES } from './model';
import { useWords } from './words';

/** One of a few values, which need not be texts. */
export function Pick<T extends string | boolean>({ name, label, hideLabel = false, options }: { name: string; label: string; hideLabel?: boolean; options: readonly (readonly [value: T, label: string])[] }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id} className={hideLabel ? 'hidden' : ''}>
        {label}
      </label>
      <Controller
        name={name}
        render={({ field }) => (
          <select id={id} className="input" ref={field.ref} value={String(field.value)} onBlur={field.onBlur} onChange={(event) => field.onChange(options.find(([value]) => String(value) === event.target.value)?.[0])}>
            {options.map(([value, said]) => (
              <option key={String(value)} value={String(value)}>
                {said}
              </option>
            ))}
          </select>
        )}
      />
      <Problem name={name} />
    </div>
  );
}

/** Several of a few. */
export function Several({ name, legend, options }: { name: string; legend: string; options: readonly (readonly [value: string, label: string])[] }) {
  return (
    <Controller
      name={name}
      render={({ field }) => {
        const chosen = (field.value ?? []) as string[];
        return (
          <fieldset className="field choices choices-row">
            <legend>{legend}</legend>
            {options.map(([value, label]) => (
              <label key={value} className="choice">
                {/* In the order in which they are offered, so that ticking twice changes nothing. */}
                <input type="checkbox" checked={chosen.includes(value)} onChange={(event) => field.onChange(options.map(([one]) => one).filter((one) => (one === value ? event.target.checked : chosen.includes(one))))} />
                <span>{label}</span>
              </label>
            ))}
            <Problem name={name} />
          </fieldset>
        );
      }}
    />
  );
}

/** Codes in one line, read as they are typed. */
export function Codes({ name, label, upper = false }: { name: string; label: string; upper?: boolean }) {
  const id = useId();
  return (
    <Controller
      name={name}
      render={({ field }) => {
        const codes = (field.value ?? []) as string[];
        return (
          <div className="field">
            <label htmlFor={id}>{label}</label>
            <ListInput id={id} value={codes} onChange={(list) => field.onChange(upper ? list.map((code) => code.toUpperCase()) : list)} />
            <Problem name={name} />
            {codes.map((_, n) => (
              <Problem key={n} name={`${name}.${n}`} />
            ))}
          </div>
        );
      }}
    />
  );
}

/** Texts of which one is enough: how each is compared, and with what. */
export function Alternatives({ path, field, what }: { path: string; field: 'patterns' | 'texts'; what: 'pattern' | 'text' }) {
  const t = useWords();
  const name = `${path}.${field}`;
  const { fields, append, remove } = useFieldArray({ name, keyName: 'key' });
  const hows = what === 'pattern' ? (['contains', 'exact', 'wildcard', 'regex'] as const) : (['is', 'contains', 'begins'] as const);
  return (
    <div className="field">
      <Problem name={name} />
      <ul className="alternatives">
        {(fields as unknown as { key: string }[]).map(({ key }, n) => (
          <li key={key}>
            <How name={`${name}.${n}.${what === 'pattern' ? 'kind' : 'how'}`} label={t(what === 'pattern' ? 'field.pattern_kind' : 'field.text_how', { n: n + 1 })} options={hows.map((how) => [how, what === 'pattern' ? t(`pattern.${how as 'exact'}`) : t(`compare.${how as 'is'}`)])} />
            <OneText name={`${name}.${n}.text`} label={t(what === 'pattern' ? 'field.pattern' : 'field.text', { n: n + 1 })} maxLength={what === 'pattern' ? 500 : 200} />
            {fields.length > 1 && (
              <button type="button" className="icon-button" aria-label={t('field.remove', { n: n + 1 })} onClick={() => remove(n)}>
                <X size={16} strokeWidth={1.75} aria-hidden="true" />
              </button>
            )}
          </li>
        ))}
      </ul>
      {fields.length < MAX_ALTERNATIVES && (
        <button type="button" className="button" onClick={() => append(what === 'pattern' ? { kind: 'contains', text: '' } : { how: 'is', text: '' })}>
          <Plus size={16} strokeWidth={1.75} aria-hidden="true" />
          {t('field.or')}
        </button>
      )}
    </div>
  );
}

function How({ name, label, options }: { name: string; label: string; options: readonly (readonly [value: string, label: string])[] }) {
  const { register } = useFormContext();
  return (
    <select className="input" aria-label={label} {...register(name)}>
      {options.map(([value, said]) => (
        <option key={value} value={value}>
          {said}
        </option>
      ))}
    </select>
  );
}

function OneText({ name, label, maxLength }: { name: string; label: string; maxLength: number }) {
  const { register } = useFormContext();
  const id = useId();
  const problem = useProblem(name);
  return (
    <div className="alternative-text">
      <input className="input" aria-label={label} aria-invalid={problem !== null} aria-describedby={id} maxLength={maxLength} dir="auto" spellCheck={false} autoComplete="off" {...register(name)} />
      <Problem name={name} id={id} />
    </div>
  );
}
