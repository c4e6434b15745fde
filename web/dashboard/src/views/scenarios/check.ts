// What can be told of a draft without asking the server, in its words and by its paths (`domain::scenario::check`), and what the server has
// said, put to the steps that it is about. The server decides; this is so that nobody has to publish to learn what is missing.

import type { FieldCode, FieldProblem, ScenarioBody, ScenarioStep } from '@mostrador/protocol';
import { MAX_BUTTON, MAX_BUTTONS, MAX_CHARACTERS, MAX_NAME, MAX_STEPS, MAX_TEXT, beginnings, buttonsOf, characters, length, says, stepOf, waysOf } from './model';

export interface Fault {
  /** `null`: the scenario as a whole. */
  step: string | null;
  /** Within the step (`next.buttons[0].goes`) or the scenario (`name`); empty: the step itself. */
  at: string;
  /** `unset`: a way that leads nowhere yet. */
  code: FieldCode | 'unset';
  /** What the server says is allowed, in English. */
  message?: string;
}

export interface Known {
  defaultLanguage: string;
  /** `null`: not known yet, and nothing is said of them. */
  fields: ReadonlySet<string> | null;
  groups: ReadonlySet<string> | null;
  agents: ReadonlySet<string> | null;
}

export function check(scenario: ScenarioBody, known: Known): Fault[] {
  const faults: Fault[] = [];
  const whole = (at: string, code: Fault['code']) => faults.push({ step: null, at, code });
  if (scenario.name.trim() === '') whole('name', 'required');
  if (length(scenario.name.trim()) > MAX_NAME) whole('name', 'too_long');
  if (scenario.steps.length === 0) whole('steps', 'required');
  if (scenario.steps.length > MAX_STEPS) whole('steps', 'too_many');
  if (characters(scenario) > MAX_CHARACTERS) whole('steps', 'too_long');
  if (scenario.steps.length > 0 && stepOf(scenario, scenario.first) === undefined) whole('first', 'unset');
  const ids = new Set(scenario.steps.map((step) => step.id));
  if (scenario.offline !== undefined && !ids.has(scenario.offline)) whole('offline', 'unset');
  for (const step of scenario.steps) faults.push(...ofStep(scenario, step, ids, known));
  faults.push(...shape(scenario));
  return faults;
}

function ofStep(scenario: ScenarioBody, step: ScenarioStep, ids: ReadonlySet<string>, known: Known): Fault[] {
  const faults: Fault[] = [];
  const add = (at: string, code: Fault['code']) => faults.push({ step: step.id, at, code });
  const texts = (at: string, texts: Record<string, string | undefined>, max: number, needed: boolean) => {
    if (needed && !texts[known.defaultLanguage]?.trim()) add(`${at}.${known.defaultLanguage}`, 'required');
    for (const [language, text] of Object.entries(texts)) if (length(text ?? '') > max) add(`${at}.${language}`, 'too_long');
  };
  const begins = scenario.first === step.id || scenario.offline === step.id;
  texts('texts', step.texts, MAX_TEXT, begins || says(step) || step.next?.kind === 'buttons');
  const next = step.next;
  const leads = (at: string, to: string) => !ids.has(to) && add(at, 'unset');
  const exists = (at: string, id: string, among: ReadonlySet<string> | null) => among !== null && !among.has(id) && add(at, id === '' ? 'required' : 'unknown');
  switch (next?.kind) {
    case undefined:
      if (says(step)) add('next', 'dead_end');
      break;
    case 'buttons':
      if (next.buttons.length === 0) add('next.buttons', 'dead_end');
      if (next.buttons.length > MAX_BUTTONS) add('next.buttons', 'too_many');
      next.buttons.forEach((button, n) => {
        texts(`next.buttons[${n}].labels`, button.labels, MAX_BUTTON, true);
        leads(`next.buttons[${n}].goes`, button.goes);
      });
      break;
    case 'go':
      leads('next.to', next.to);
      break;
    case 'ask':
      exists('next.field', next.field, known.fields);
      leads('next.then', next.then);
      break;
    case 'hand_over':
      if (next.to.kind === 'group') exists('next.to.group', next.to.group, known.groups);
      if (next.to.kind === 'agent') exists('next.to.agent', next.to.agent, known.agents);
      if (next.offline !== undefined) leads('next.offline', next.offline);
      break;
    case 'end':
      break;
  }
  return faults;
}

/** What is wrong with the graph: steps that nothing leads to, and circles in which nobody is asked for anything. */
function shape(scenario: ScenarioBody): Fault[] {
  const faults: Fault[] = [];
  const steps = new Map(scenario.steps.map((step) => [step.id, step]));
  const reached = new Set<string>();
  const open = beginnings(scenario).map(({ to }) => to);
  while (open.length > 0) {
    const step = steps.get(open.pop()!);
    if (step === undefined || reached.has(step.id)) continue;
    reached.add(step.id);
    open.push(...waysOf(step).map(({ to }) => to));
  }
  for (const { id } of scenario.steps) if (!reached.has(id)) faults.push({ step: id, at: '', code: 'unreachable' });
  const unasked = (id: string) => {
    const step = steps.get(id);
    return step === undefined || buttonsOf(step).length > 0 ? undefined : waysOf(step).find(({ to }) => steps.has(to))?.to;
  };
  const told = new Set<string>();
  for (const id of [...steps.keys()].sort()) {
    const path = new Set<string>();
    let at: string | undefined = id;
    while (at !== undefined && !path.has(at) && !told.has(at)) {
      path.add(at);
      at = unasked(at);
    }
    if (at !== undefined && path.has(at)) faults.push({ step: at, at: '', code: 'endless' });
    for (const seen of path) told.add(seen);
  }
  return faults;
}

/** What the server said of a version of the draft. It holds of each step until that step is changed. */
export interface Refusal {
  of: ScenarioBody;
  problems: readonly FieldProblem[];
}

export function refused({ of, problems }: Refusal, now: ScenarioBody): Fault[] {
  return problems.flatMap(({ path, code, message }): Fault[] => {
    const [, number, rest] = /^steps\[(\d+)\]\.?(.*)$/.exec(path) ?? [];
    const step = number === undefined ? undefined : of.steps[Number(number)];
    if (step !== undefined) return now.steps.includes(step) ? [{ step: step.id, at: rest ?? '', code, message }] : [];
    const field = path as keyof ScenarioBody;
    return of[field] === now[field] ? [{ step: null, at: path, code, message }] : [];
  });
}

/** Ours and the server's, each once. */
export function together(ours: readonly Fault[], theirs: readonly Fault[]): Fault[] {
  const key = (fault: Fault) => `${fault.step}/${fault.at}`;
  const said = new Set(ours.map(key));
  return [...ours, ...theirs.filter((fault) => !said.has(key(fault)))];
}
