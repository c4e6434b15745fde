// One scenario in the hands of one person: the draft with its undo, what is chosen, and what is wrong with it. Views render it and ask for changes.

import type { AgentInfo, FormField, GroupBody, ScenarioBody, ScenarioStep } from '@mostrador/protocol';
import { type ReactNode, createContext, createElement, useCallback, useContext, useMemo, useReducer, useRef, useState } from 'react';
import { languageName } from '../settings/fields';
import { type Fault, type Known, type Refusal, check, refused, together } from './check';
import * as history from './history';
import { cut, firstLine, outline, shownText, stepOf } from './model';
import type { Words } from './words';

/** What there is at the site. */
export interface Surroundings {
  shop: string;
  /** The default first. */
  languages: readonly string[];
  fields: readonly FormField[];
  agents: readonly AgentInfo[];
  /** `null`: they have not come. */
  groups: readonly GroupBody[] | null;
}

export interface Editing {
  value: ScenarioBody;
  /** `key`: typing on in the same field is undone as one change. */
  change(make: (scenario: ScenarioBody) => ScenarioBody, key?: string): void;
  undo(): void;
  redo(): void;
  canUndo: boolean;
  canRedo: boolean;
  selected: string | null;
  select(step: string | null): void;
  /** Chooses a step, and puts the focus on what is named there, or on its title. */
  jump(step: string | null, at?: string): void;
  /** In which the texts are edited. */
  language: string;
  setLanguage(language: string): void;
  site: Surroundings;
  order: readonly { step: ScenarioStep; depth: number; reached: boolean }[];
  numberOf(step: string): number;
  titleOf(step: ScenarioStep): string;
  /** Every step, to choose one from: the same elements while nothing in them changes. */
  options: readonly ReactNode[];
  faults: readonly Fault[];
  /** Of a step (`null`: of the scenario): what is wrong with a field, or with all of it. */
  faultsOf(step: string | null, at?: string): readonly Fault[];
  /** Where the trial has come to. */
  current: string | null;
  setCurrent(step: string | null): void;
  announce(text: string): void;
}

export const EditingContext = createContext<Editing | null>(null);

export function useEditing(): Editing {
  const editing = useContext(EditingContext);
  if (editing === null) throw new Error('nothing is edited');
  return editing;
}

type Act = { do: 'change'; make: (scenario: ScenarioBody) => ScenarioBody; key?: string | undefined; at: number } | { do: 'undo' } | { do: 'redo' } | { do: 'restate'; value: ScenarioBody };

function acted(draft: history.History<ScenarioBody>, act: Act): history.History<ScenarioBody> {
  switch (act.do) {
    case 'change':
      return history.change(draft, act.make(draft.present), act.at, act.key);
    case 'undo':
      return history.undo(draft);
    case 'redo':
      return history.redo(draft);
    case 'restate':
      return history.restate(draft, act.value);
  }
}

export function useDraft(initial: ScenarioBody, site: Surroundings, refusal: Refusal | null, t: Words): Editing & { restate(value: ScenarioBody): void; announced: string } {
  const [draft, act] = useReducer(acted, initial, history.begin<ScenarioBody>);
  const value = draft.present;
  const [chosen, select] = useState<string | null>(null);
  const [language, setLanguage] = useState(site.languages[0]!);
  const [current, setCurrent] = useState<string | null>(null);
  const [announced, announce] = useState('');
  // What was chosen may have been undone.
  const selected = stepOf(value, chosen) === undefined ? null : chosen;
  const order = useMemo(() => outline(value), [value]);
  const numbers = useMemo(() => new Map(order.map(({ step }, n) => [step.id, n + 1])), [order]);
  const known = useMemo<Known>(
    () => ({
      defaultLanguage: site.languages[0]!,
      fields: new Set(site.fields.map((field) => field.id)),
      groups: site.groups === null ? null : new Set(site.groups.map((group) => group.id)),
      agents: site.agents.length === 0 ? null : new Set(site.agents.map((agent) => agent.id)),
    }),
    [site],
  );
  const faults = useMemo(() => together(check(value, known), refusal === null ? [] : refused(refusal, value)), [value, known, refusal]);
  const change = useCallback((make: (scenario: ScenarioBody) => ScenarioBody, key?: string) => act({ do: 'change', make, key, at: Date.now() }), []);
  const jump = useCallback(
    (step: string | null, at = '') => {
      select(step);
      const written = /(?:^|\.)(?:texts|labels)\.(.+)$/.exec(at)?.[1];
      if (written !== undefined && site.languages.includes(written)) setLanguage(written);
      // When what is chosen is on screen.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          const place = document.querySelector(`[data-form="${step ?? ''}"]`);
          const field = at === '' ? null : (place?.querySelector<HTMLElement>(`[data-at="${CSS.escape(at)}"]`) ?? null);
          const title = document.querySelector<HTMLElement>(`[data-title="${step ?? ''}"]`);
          const target = field ?? title;
          (step === null ? target : (title ?? target))?.scrollIntoView({ block: field === null ? 'nearest' : 'start' });
          target?.focus();
          field?.scrollIntoView({ block: 'nearest' });
        }),
      );
    },
    [site.languages],
  );
  // Asked for by every list of steps: found once for each step as it is.
  const titles = useRef<{ of: readonly unknown[]; known: WeakMap<ScenarioStep, string> }>({ of: [], known: new WeakMap() });
  const of = [language, site, t];
  if (of.some((each, n) => each !== titles.current.of[n])) titles.current = { of, known: new WeakMap() };
  const titleOf = (step: ScenarioStep): string => {
    const known = titles.current.known.get(step) ?? titleIn(step, language, site, t);
    titles.current.known.set(step, known);
    return known;
  };
  const byStep = useMemo(() => {
    const all = new Map<string | null, Fault[]>();
    for (const fault of faults) all.set(fault.step, [...(all.get(fault.step) ?? []), fault]);
    return all;
  }, [faults]);
  const options = useRef(new Map<string, { text: string; option: ReactNode }>());
  options.current = new Map(
    order.map(({ step }, n) => {
      const text = `${n + 1} · ${cut(titleOf(step))}`;
      const old = options.current.get(step.id);
      return [step.id, old?.text === text ? old : { text, option: createElement('option', { key: step.id, value: step.id }, text) }];
    }),
  );
  return {
    value,
    change,
    undo: () => act({ do: 'undo' }),
    redo: () => act({ do: 'redo' }),
    canUndo: draft.past.length > 0,
    canRedo: draft.future.length > 0,
    restate: (to) => act({ do: 'restate', value: to }),
    selected,
    select,
    jump,
    language,
    setLanguage,
    site,
    order,
    numberOf: (step) => numbers.get(step) ?? 0,
    titleOf,
    options: [...options.current.values()].map(({ option }) => option),
    faults,
    faultsOf: (step, at) => {
      const all = byStep.get(step) ?? NONE;
      return at === undefined ? all : all.filter((fault) => fault.at === at);
    },
    current,
    setCurrent,
    announce,
    announced,
  };
}

const NONE: readonly Fault[] = [];

function titleIn(step: ScenarioStep, language: string, site: Surroundings, t: Words): string {
  const line = firstLine(shownText(step.texts, language, site.languages[0]!));
  if (line !== '') return line;
  switch (step.next?.kind) {
    case 'ask':
      return t('title.ask', { field: fieldName(site, step.next.field, language, t) });
    case 'go':
      return t('title.go');
    case 'end':
      return t('title.end');
    case 'hand_over':
      return t('title.hand_over', { to: toName(site, step, t) });
    case 'buttons':
      return t('title.buttons');
    case undefined:
      return t('title.none');
  }
}

export function fieldName(site: Surroundings, id: string, language: string, t: Words): string {
  const field = site.fields.find((one) => one.id === id);
  const written = field === undefined ? '' : shownText(field.labels, language, site.languages[0]!);
  // The profile's own are asked in our words where the merchant has none.
  return written || (id === 'name' || id === 'email' ? t(`field.${id}`) : id) || '?';
}

export function toName(site: Surroundings, step: ScenarioStep, t: Words): string {
  const to = step.next?.kind === 'hand_over' ? step.next.to : ({ kind: 'anyone' } as const);
  switch (to.kind) {
    case 'anyone':
      return t('to.anyone_name');
    case 'group':
      return site.groups?.find((group) => group.id === to.group)?.name ?? (to.group || '?');
    case 'agent':
      return site.agents.find((agent) => agent.id === to.agent)?.name ?? '?';
  }
}

/** A fault in plain words: beside its field, and in the list of them all. */
export function faultWords(t: Words, fault: Fault, { locale, english, other }: { locale: string; english: boolean; other(code: string): string }): string {
  const language = /(?:^|\.)(?:texts|labels)\.(.+)$/.exec(fault.at)?.[1];
  const inLanguage = { language: language === undefined ? '' : languageName(locale, language) };
  switch (fault.code) {
    case 'unset':
      return t('fault.unset');
    case 'unreachable':
      return t('fault.unreachable');
    case 'endless':
      return t('fault.endless');
    case 'dead_end':
      return fault.at.endsWith('buttons') ? t('fault.no_button') : t('fault.dead_end');
    case 'required':
      if (fault.at.startsWith('texts')) return t('fault.text', inLanguage);
      if (fault.at.includes('labels')) return t('fault.label', inLanguage);
      return fault.at === 'name' ? t('fault.name') : fault.at === 'steps' ? t('fault.steps') : t('fault.choose');
    case 'unknown':
      return fault.message === undefined || !english ? t('fault.gone') : sentence(fault.message);
    default:
      return fault.message !== undefined && english ? sentence(fault.message) : other(fault.code);
  }
}

const sentence = (text: string) => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
