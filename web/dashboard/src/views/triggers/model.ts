// Triggers as they are edited: new ones, copies, what is sent, and where the server's refusals belong. Pure.

import type { FieldProblem, PagePattern, TriggerAction, TriggerBody, TriggerCondition, TriggerTemplate } from '@mostrador/protocol';

export type ConditionKind = TriggerCondition['kind'];
export type ActionKind = TriggerAction['kind'];
export type ConditionOf<K extends ConditionKind> = Extract<TriggerCondition, { kind: K }>;
export type ActionOf<K extends ActionKind> = Extract<TriggerAction, { kind: K }>;

/** In the order in which they are offered. */
export const CONDITIONS: readonly (readonly [group: 'page' | 'visitor' | 'shop', kinds: readonly ConditionKind[]])[] = [
  ['page', ['page', 'time_on_page', 'scroll', 'idle', 'leaving', 'event', 'window']],
  ['visitor', ['time_on_site', 'pages_seen', 'returning', 'chatted_before', 'identity', 'device', 'country', 'language', 'referrer', 'campaign']],
  ['shop', ['cart_value', 'cart_items', 'cart_contains', 'attribute_text', 'attribute_number', 'attribute_present', 'office']],
];
export const ACTIONS: readonly ActionKind[] = ['message', 'start_scenario', 'assign_group', 'open_window', 'show_form'];
/** In addresses: no trigger's id has a colon. */
export const NEW = 'new:';
export const RESULTS = 'all:results';
export const MAX_TRIGGERS = 100;
export const MAX_CONDITIONS = 20;
export const MAX_ALTERNATIVES = 50;

/** A condition that says something sensible at once, or whose gaps are plain to see. */
export function freshCondition(kind: ConditionKind): TriggerCondition {
  switch (kind) {
    case 'page':
      return { kind, is: true, patterns: [{ kind: 'contains', text: '' }] };
    case 'time_on_page':
      return { kind, seconds: 30 };
    case 'time_on_site':
      return { kind, seconds: 120 };
    case 'pages_seen':
      return { kind, at_least: 3 };
    case 'scroll':
      return { kind, percent: 50 };
    case 'leaving':
      return { kind };
    case 'idle':
      return { kind, seconds: 40 };
    case 'referrer':
      return { kind, is: true, texts: [{ how: 'contains', text: '' }] };
    case 'campaign':
      return { kind, part: 'source', is: true, texts: [{ how: 'is', text: '' }] };
    case 'country':
    case 'language':
      return { kind, is: true, any_of: [] };
    case 'device':
      return { kind, is: true, any_of: ['phone'] };
    case 'returning':
    case 'chatted_before':
      return { kind, is: true };
    case 'cart_value':
      return { kind, at_least: 50 };
    case 'cart_items':
      return { kind, at_least: 1 };
    case 'cart_contains':
      return { kind, is: true, texts: [{ how: 'contains', text: '' }] };
    case 'attribute_text':
      return { kind, key: '', is: true, texts: [{ how: 'is', text: '' }] };
    case 'attribute_number':
      return { kind, key: '', at_least: 1 };
    case 'attribute_present':
      return { kind, key: '', is: true };
    case 'window':
      return { kind, is: 'closed' };
    case 'office':
      return { kind, is: 'open' };
    case 'event':
      return { kind, name: '' };
    case 'identity':
      return { kind, any_of: ['anonymous'] };
  }
}

export function freshAction(kind: ActionKind): TriggerAction {
  switch (kind) {
    case 'message':
      return { kind, sender: { kind: 'bot' }, texts: {}, display: 'teaser' };
    case 'start_scenario':
      return { kind, scenario: '' };
    case 'assign_group':
      return { kind, group: '' };
    case 'open_window':
    case 'show_form':
      return { kind };
  }
}

export const freshTrigger = (): TriggerBody => ({
  id: '',
  name: '',
  enabled: true,
  when: 'online',
  conditions: [freshCondition('page'), freshCondition('time_on_page')],
  actions: [freshAction('message')],
  frequency: { kind: 'once_per_visit' },
});

/** As the rules read it: an address with a star has wildcards. */
export const patternOf = (url: string): PagePattern => ({ kind: url.includes('*') ? 'wildcard' : 'exact', text: url });

/** A text of ours in the language nearest to `tag`. */
export const spoken = (texts: Record<string, string>, tag: string): string | undefined => Object.entries(texts).find(([known]) => known.split('-')[0] === tag.split('-')[0])?.[1];

/** A ready-made trigger: whole but for its page. It says the suggested text in every language of the site for which there is one. */
export function fromTemplate(template: TriggerTemplate, languages: readonly string[], language: string): TriggerBody {
  const [first = 'en'] = languages;
  const known = languages.map((tag) => [tag, spoken(template.text, tag)] as const).filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  const texts = known.some(([tag]) => tag === first) ? known : [[first, template.text['en'] ?? ''] as const, ...known];
  const trigger = structuredClone(template.trigger);
  return {
    ...trigger,
    id: '',
    name: spoken(template.title, language) ?? trigger.name,
    conditions: trigger.conditions.map((one) => (one.kind === 'page' ? { ...one, patterns: [patternOf('')] } : one)),
    actions: trigger.actions.map((one) => (one.kind === 'message' ? { ...one, texts: Object.fromEntries(texts) } : one)),
  };
}

/** An id that no other has, made of the name and kept for good: what was shown and the results are kept by it. */
export function freshId(name: string, taken: readonly string[], fallback = 'trigger'): string {
  const plain = name
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase();
  const stem = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '').slice(0, 32).replace(/-+$/, '') || fallback;
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? stem : `${stem}-${n}`;
    if (!taken.includes(id)) return id;
  }
}

/** Goes behind what it was copied from, switched off. */
export function duplicate(triggers: readonly TriggerBody[], id: string, name: string): TriggerBody[] {
  const at = triggers.findIndex((one) => one.id === id);
  const one = triggers[at];
  if (one === undefined) return [...triggers];
  const copy = { ...structuredClone(one), id: freshId(name, triggers.map((other) => other.id)), name, enabled: false };
  return [...triggers.slice(0, at + 1), copy, ...triggers.slice(at + 1)];
}

/** Puts one where another stands; who is gone meanwhile goes nowhere. */
export function moved(triggers: readonly TriggerBody[], id: string, to: number): TriggerBody[] {
  const one = triggers.find((other) => other.id === id);
  if (one === undefined) return [...triggers];
  const rest = triggers.filter((other) => other !== one);
  return [...rest.slice(0, to), one, ...rest.slice(to)];
}

/** The trigger as it is published: in its place, or behind all others when it is new. */
export function placed(triggers: readonly TriggerBody[], trigger: TriggerBody): TriggerBody[] {
  return triggers.some((one) => one.id === trigger.id) ? triggers.map((one) => (one.id === trigger.id ? trigger : one)) : [...triggers, trigger];
}

/** With every field that a form has for it, the empty ones too: a field that one has only walked through is no change. */
export function asForm(trigger: TriggerBody, languages: readonly string[]): TriggerBody {
  const blank = Object.fromEntries(languages.map((tag) => [tag, '']));
  return {
    ...trigger,
    conditions: trigger.conditions.map(conditionForm),
    actions: trigger.actions.map((one) => (one.kind === 'message' ? { ...one, texts: { ...blank, ...one.texts } } : one)),
  };
}

export function conditionForm(condition: TriggerCondition): TriggerCondition {
  const range = condition.kind === 'pages_seen' || condition.kind === 'cart_items' || condition.kind === 'cart_value' || condition.kind === 'attribute_number';
  if (!range) return condition;
  // Types say that what is absent has no field; a form has one.
  return { at_least: undefined, at_most: undefined, ...(condition.kind === 'cart_value' ? { currency: undefined } : {}), ...condition } as unknown as TriggerCondition;
}

/** Numbers that have been cleared are none: forms have NaN for them, which JSON has not. */
export function withoutGaps<T>(value: T): T {
  if (Array.isArray(value)) return value.map((one) => withoutGaps(one) as unknown) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined && !(typeof one === 'number' && Number.isNaN(one)))
      .map(([key, one]) => [key, withoutGaps(one)]),
  ) as T;
}

/** Numbers that must be there and have been cleared, by their path in the form: the server would refuse the whole as unreadable. */
export function gaps(trigger: TriggerBody): string[] {
  const missing = (n: unknown) => typeof n !== 'number' || Number.isNaN(n);
  const found = trigger.conditions.flatMap((one, n) => [
    ...('seconds' in one && missing(one.seconds) ? [`conditions.${n}.seconds`] : []),
    ...('percent' in one && missing(one.percent) ? [`conditions.${n}.percent`] : []),
  ]);
  return trigger.frequency.kind === 'every_days' && missing(trigger.frequency.days) ? [...found, 'frequency.days'] : found;
}

export interface Placed {
  /** Of the trigger at the place asked for, by their path in its form: `conditions.2.patterns.0.text`. */
  own: FieldProblem[];
  /** Of others, by their place in the list. */
  others: { at: number; problem: FieldProblem }[];
  /** Of the list as a whole. */
  all: FieldProblem[];
}

/** `triggers[3].conditions[2].patterns[0].text`: whose it is, and where that is in a form. */
export function placeProblems(problems: readonly FieldProblem[], mine: number): Placed {
  const placed: Placed = { own: [], others: [], all: [] };
  for (const problem of problems) {
    const found = /^triggers\[(\d+)\](?:\.(.*))?$/.exec(problem.path);
    if (found === null) placed.all.push(problem);
    else if (Number(found[1]) === mine) placed.own.push({ ...problem, path: (found[2] ?? '').replaceAll(/\[(\d+)\]/g, '.$1') });
    else placed.others.push({ at: Number(found[1]), problem });
  }
  return placed;
}

/** The page with the key in its fragment, which no server is told; `null` for what is no whole address. */
export function testLink(page: string, trigger: string, key: string): string | null {
  if (!URL.canParse(page.trim())) return null;
  const url = new URL(page.trim());
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  url.hash = `mostrador-test=${trigger}.${key}`;
  return url.href;
}
