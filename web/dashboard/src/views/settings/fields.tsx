// The pieces that forms are made of. A field shows what the server said of it, by its path.

import { Switch } from '@base-ui/react/switch';
import type { FieldCode } from '@mostrador/protocol';
import { ArrowDown, ArrowUp, GripVertical, ImagePlus, Trash2 } from 'lucide-react';
import { type DragEvent, type InputHTMLAttributes, type ReactNode, type TextareaHTMLAttributes, useId, useLayoutEffect, useRef, useState } from 'react';
import { Controller, get, useFormContext, useWatch } from 'react-hook-form';
import { useText } from '../../hooks';
import { useWords, type Word } from './words';

/** What is wrong with a field: in English the server's own words, which say what is allowed. */
export function useProblem(name: string): string | null {
  const { formState } = useFormContext();
  const { language } = useText();
  const t = useWords();
  const error = get(formState.errors, name) as { type?: FieldCode; message?: string } | undefined;
  if (typeof error?.type !== 'string') return null;
  return language === 'en' && error.message ? sentence(error.message) : t(`problem.${error.type}` as Word);
}

const sentence = (text: string) => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

export function Problem({ name, id }: { name: string; id?: string }) {
  const problem = useProblem(name);
  if (problem === null) return null;
  return (
    <p className="field-problem" id={id} role="alert" data-problem={name}>
      {problem}
    </p>
  );
}

type Input = Omit<InputHTMLAttributes<HTMLInputElement>, 'name'>;

export function Text({ name, label, hint, hideLabel = false, number = false, optional = false, ...input }: { name: string; label: string; hint?: ReactNode; hideLabel?: boolean; number?: boolean; optional?: boolean } & Input) {
  const { register } = useFormContext();
  const id = useId();
  const problem = useProblem(name);
  return (
    <div className="field">
      <label htmlFor={id} className={hideLabel ? 'hidden' : ''}>
        {label}
      </label>
      <input id={id} className="input" aria-invalid={problem !== null} aria-describedby={`${id}-hint ${id}-problem`} dir="auto" {...(number ? { inputMode: 'numeric' as const } : {})} {...input} {...register(name, number && !optional ? { valueAsNumber: true } : number ? { setValueAs: blankNumber } : { setValueAs: blankIsAbsent(optional || input.type === 'url') })} />
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <Problem name={name} id={`${id}-problem`} />
    </div>
  );
}

const blankNumber = (value: unknown) => (value === '' || value === undefined ? undefined : Number(value));
/** What is optional, as links are: blank is none. */
const blankIsAbsent = (optional: boolean) => (value: unknown) => (optional && value === '' ? undefined : value);

/** `pictures`: the text may have some, and there is a button for who does not know how they are written. */
export function Area({ name, label, hint, rows = 3, pictures = false, ...area }: { name: string; label: string; hint?: ReactNode; pictures?: boolean } & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'name'>) {
  const { register } = useFormContext();
  const id = useId();
  const problem = useProblem(name);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea id={id} className="input" rows={rows} dir="auto" aria-invalid={problem !== null} aria-describedby={`${id}-hint ${id}-problem`} {...area} {...register(name)} />
      {pictures && <AddPicture name={name} area={id} />}
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <Problem name={name} id={`${id}-problem`} />
    </div>
  );
}

/** Puts a picture's form on a line of its own where the cursor stands, with what has to be said of it selected. */
function AddPicture({ name, area }: { name: string; area: string }) {
  const t = useWords();
  const { setValue } = useFormContext();
  const add = () => {
    const box = document.getElementById(area) as HTMLTextAreaElement;
    const [before, after] = [box.value.slice(0, box.selectionEnd), box.value.slice(box.selectionEnd)];
    const start = before === '' || before.endsWith('\n') ? before : `${before}\n`;
    const shows = t('picture.shows');
    setValue(name, `${start}![${shows}](https://)${after === '' || after.startsWith('\n') ? '' : '\n'}${after}`, { shouldDirty: true });
    box.focus();
    box.setSelectionRange(start.length + 2, start.length + 2 + shows.length);
  };
  return (
    <p className="field-hint picture-add">
      <button type="button" className="link" onClick={add}>
        <ImagePlus size={14} strokeWidth={1.75} aria-hidden="true" />
        {t('picture.add')}
      </button>
    </p>
  );
}

export function Toggle({ name, label, hint }: { name: string; label: string; hint?: ReactNode }) {
  const id = useId();
  return (
    <div className="field">
      <div className="toggle">
        <Controller
          name={name}
          render={({ field }) => (
            <Switch.Root id={id} className="switch" checked={field.value === true} onCheckedChange={field.onChange}>
              <Switch.Thumb className="switch-thumb" />
            </Switch.Root>
          )}
        />
        <label htmlFor={id}>{label}</label>
      </div>
      {hint !== undefined && <p className="field-hint">{hint}</p>}
      <Problem name={name} />
    </div>
  );
}

export function Choice({ name, legend, options }: { name: string; legend: string; options: readonly (readonly [value: string, label: string])[] }) {
  const { register } = useFormContext();
  return (
    <fieldset className="field choices">
      <legend>{legend}</legend>
      {options.map(([value, label]) => (
        <label key={value} className="choice">
          <input type="radio" value={value} {...register(name)} />
          <span>{label}</span>
        </label>
      ))}
      <Problem name={name} />
    </fieldset>
  );
}

/** Which language is edited. The choice is not part of the form. */
export function LanguageTabs({ languages, chosen, onChoose }: { languages: readonly string[]; chosen: string; onChoose(language: string): void }) {
  const t = useWords();
  const { locale } = useText();
  return (
    <div className="language-tabs" role="group" aria-label={t('texts.language')}>
      {languages.map((language) => (
        <button type="button" key={language} className="tab" aria-pressed={language === chosen} onClick={() => onChoose(language)}>
          {languageName(locale, language)}
        </button>
      ))}
    </div>
  );
}

export function languageName(locale: string, tag: string): string {
  try {
    const name = new Intl.DisplayNames([locale], { type: 'language' }).of(tag) ?? tag;
    return `${name[0]!.toLocaleUpperCase(locale)}${name.slice(1)}`;
  } catch {
    return tag;
  }
}

/** A list in the merchant's order: by dragging, and by buttons for who does not drag. Whoever moves something stays with it, and hears where it is. */
/** `rows`: one line each, with the tools behind what they are for, and `more` of them. */
export function Ordered({ ids, nameOf, onMove, onDelete, rows = false, more, children }: { ids: readonly string[]; nameOf(at: number): string; onMove(from: number, to: number): void; onDelete(at: number): void; rows?: boolean; more?: (at: number) => ReactNode; children(at: number): ReactNode }) {
  const t = useWords();
  const list = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const [moved, setMoved] = useState<{ to: number; name: string; by: 'up' | 'down' | null } | null>(null);
  const move = (from: number, to: number, by: 'up' | 'down' | null) => {
    setMoved({ to, name: nameOf(from), by });
    onMove(from, to);
  };
  useLayoutEffect(() => {
    if (moved === null || moved.by === null) return;
    const tools = list.current?.children[moved.to];
    const button = (way: 'up' | 'down') => tools?.querySelector<HTMLButtonElement>(`[data-move=${way}]:enabled`);
    (button(moved.by) ?? button(moved.by === 'up' ? 'down' : 'up'))?.focus();
  }, [moved]);
  const drop = (event: DragEvent, to: number) => {
    event.preventDefault();
    if (dragged !== null && dragged !== to) move(dragged, to, null);
    setDragged(null);
  };
  const tools = (at: number) => (
    <div className="ordered-tools">
      <span className="ordered-grip" draggable title={t('order.drag')} aria-hidden="true" onDragStart={() => setDragged(at)} onDragEnd={() => setDragged(null)}>
        <GripVertical size={16} strokeWidth={1.75} />
      </span>
      <button type="button" className="icon-button" data-move="up" disabled={at === 0} aria-label={t('order.up', { name: nameOf(at) })} onClick={() => move(at, at - 1, 'up')}>
        <ArrowUp size={16} strokeWidth={1.75} aria-hidden="true" />
      </button>
      <button type="button" className="icon-button" data-move="down" disabled={at === ids.length - 1} aria-label={t('order.down', { name: nameOf(at) })} onClick={() => move(at, at + 1, 'down')}>
        <ArrowDown size={16} strokeWidth={1.75} aria-hidden="true" />
      </button>
      {more?.(at)}
      <button type="button" className="icon-button" aria-label={t('order.delete', { name: nameOf(at) })} onClick={() => onDelete(at)}>
        <Trash2 size={16} strokeWidth={1.75} aria-hidden="true" />
      </button>
    </div>
  );
  return (
    <>
      <ol className={rows ? 'ordered ordered-rows' : 'ordered'} ref={list}>
        {ids.map((id, at) => (
          <li key={id} className={dragged === at ? 'ordered-item dragged' : 'ordered-item'} onDragOver={(event) => dragged !== null && event.preventDefault()} onDrop={(event) => drop(event, at)}>
            {!rows && tools(at)}
            <div className="ordered-body">{children(at)}</div>
            {rows && tools(at)}
          </li>
        ))}
      </ol>
      <p className="hidden" role="status">
        {moved !== null && t('order.moved', { name: moved.name, place: moved.to + 1, total: ids.length })}
      </p>
    </>
  );
}

/** Commas are typed as text and read when the field is left: otherwise one could not type them. */
export function ListInput({ id, value, onChange }: { id: string; value: readonly string[]; onChange(value: string[]): void }) {
  const [text, setText] = useState(value.join(', '));
  const [known, setKnown] = useState(value);
  if (known !== value) {
    setKnown(value);
    if (split(text).join() !== value.join()) setText(value.join(', '));
  }
  return (
    <input
      id={id}
      className="input"
      value={text}
      spellCheck={false}
      onChange={(event) => {
        setText(event.target.value);
        onChange(split(event.target.value));
      }}
    />
  );
}

const split = (text: string) => text.split(/[\s,;]+/).filter(Boolean);

export function useValue<T>(name: string): T | undefined {
  return useWatch({ name }) as T | undefined;
}
