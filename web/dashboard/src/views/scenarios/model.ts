// A scenario as it is edited: operations on its JSON, pure. A way that leads nowhere yet is the empty text, which the server refuses;
// drafts have some.

import type { ScenarioBody, ScenarioButton, ScenarioNext, ScenarioStep, ScenarioTo } from '@mostrador/protocol';

export const MAX_STEPS = 200;
export const MAX_BUTTONS = 10;
export const MAX_TEXT = 2_000;
export const MAX_BUTTON = 80;
export const MAX_CHARACTERS = 100_000;
export const MAX_NAME = 80;

/** Where something leads from: the beginnings, a step's one way on, its branch while the shop is offline, a button. */
export type Exit = { from: 'first' } | { from: 'offline' } | { from: 'step'; step: string; way: 'next' | 'offline' } | { from: 'button'; step: string; button: string };
export type NextKind = ScenarioNext['kind'];
export interface Way {
  exit: Exit;
  /** Empty: nowhere yet, or (an offline branch) nowhere on purpose. */
  to: string;
}
export type Place = { x: number; y: number };

export const stepOf = (scenario: ScenarioBody, id: string | null): ScenarioStep | undefined => scenario.steps.find((step) => step.id === id);
export const buttonsOf = (step: ScenarioStep): readonly ScenarioButton[] => (step.next?.kind === 'buttons' ? step.next.buttons : []);
export const says = (step: ScenarioStep): boolean => Object.values(step.texts).some((text) => text.trim() !== '');
/** In code points, as the server counts. */
export const length = (text: string): number => [...text].length;

/** Everywhere a step leads, in the order in which it stands there. */
export function waysOf(step: ScenarioStep): Way[] {
  const way = (way: 'next' | 'offline', to: string | undefined): Way => ({ exit: { from: 'step', step: step.id, way }, to: to ?? '' });
  switch (step.next?.kind) {
    case 'buttons':
      return step.next.buttons.map((button) => ({ exit: { from: 'button', step: step.id, button: button.id }, to: button.goes }));
    case 'go':
      return [way('next', step.next.to)];
    case 'ask':
      return [way('next', step.next.then)];
    case 'hand_over':
      return [way('offline', step.next.offline)];
    case 'end':
    case undefined:
      return [];
  }
}

export function beginnings(scenario: ScenarioBody): Way[] {
  return [{ exit: { from: 'first' }, to: scenario.first }, ...(scenario.offline === undefined ? [] : [{ exit: { from: 'offline' } as const, to: scenario.offline }])];
}

/** The steps as one reads them: each way followed to its end before the next. What nothing leads to comes last. */
export function outline(scenario: ScenarioBody): { step: ScenarioStep; depth: number; reached: boolean }[] {
  const steps = new Map(scenario.steps.map((step) => [step.id, step]));
  const found: { step: ScenarioStep; depth: number; reached: boolean }[] = [];
  const walk = (from: string, from_depth: number, reached: boolean) => {
    // A stack of our own: two hundred steps in a row are no reason to run out of one.
    const open = [{ id: from, depth: from_depth }];
    while (open.length > 0) {
      const { id, depth } = open.pop()!;
      const step = steps.get(id);
      if (step === undefined) continue;
      steps.delete(id);
      found.push({ step, depth, reached });
      for (const { exit, to } of waysOf(step).reverse()) open.push({ id: to, depth: exit.from === 'step' && exit.way === 'next' ? depth : depth + 1 });
    }
  };
  for (const { to } of beginnings(scenario)) walk(to, 0, true);
  for (const { id } of scenario.steps) walk(id, 0, false);
  return found;
}

/** The lowest number that is free, so that ids stay short. */
export function freshId(prefix: string, taken: Iterable<string>): string {
  const known = new Set(taken);
  let n = 1;
  while (known.has(`${prefix}${n}`)) n += 1;
  return `${prefix}${n}`;
}

export const freshStep = (scenario: ScenarioBody): string => freshId('s', scenario.steps.map((step) => step.id));
export const freshButton = (step: ScenarioStep): string => freshId('b', buttonsOf(step).map((button) => button.id));

/** An id made of a name, and of a number where another has it. */
export function slug(name: string, taken: Iterable<string>): string {
  const known = new Set(taken);
  const base =
    name
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 36)
      .replace(/^-+|-+$/g, '') || 'scenario';
  if (!known.has(base)) return base;
  let n = 2;
  while (known.has(`${base}-${n}`)) n += 1;
  return `${base}-${n}`;
}

export function empty(id: string, name: string): ScenarioBody {
  return { id, name, start: 'by_trigger', first: 's1', steps: [{ id: 's1', texts: {}, x: 0, y: 0 }] };
}

/** The step as `change` makes it; the others are the same objects as before, so that only what has changed is drawn anew. */
export function changeStep(scenario: ScenarioBody, id: string, change: (step: ScenarioStep) => ScenarioStep): ScenarioBody {
  return { ...scenario, steps: scenario.steps.map((step) => (step.id === id ? change(step) : step)) };
}

/** With `next` or without: absent is not the same as undefined here. */
function withNext(step: ScenarioStep, next: ScenarioNext | undefined): ScenarioStep {
  const { next: _, ...rest } = step;
  return next === undefined ? rest : { ...rest, next };
}

/** Lets a way lead to `to`; the empty text is nowhere. */
export function lead(scenario: ScenarioBody, exit: Exit, to: string): ScenarioBody {
  switch (exit.from) {
    case 'first':
      return { ...scenario, first: to };
    case 'offline': {
      const { offline: _, ...rest } = scenario;
      return to === '' ? rest : { ...rest, offline: to };
    }
    case 'button':
      return changeStep(scenario, exit.step, (step) => changeButton(step, exit.button, (button) => ({ ...button, goes: to })));
    case 'step':
      return changeStep(scenario, exit.step, (step) => {
        const next = step.next;
        if (exit.way === 'offline') {
          if (next?.kind !== 'hand_over') return step;
          return withNext(step, { kind: 'hand_over', to: next.to, ...(to === '' ? {} : { offline: to }) });
        }
        if (next?.kind === 'ask') return withNext(step, { ...next, then: to });
        // Whoever draws a line from a step that says nothing of what follows has said it.
        return next === undefined || next.kind === 'go' ? withNext(step, { kind: 'go', to }) : step;
      });
  }
}

/** A step of one's own at the end of a way, or leading from nowhere. */
export function addStep(scenario: ScenarioBody, { from, place }: { from?: Exit; place?: Place } = {}): ScenarioBody {
  const id = freshStep(scenario);
  const { x, y } = place ?? freePlace(scenario, from);
  const added: ScenarioBody = { ...scenario, steps: [...scenario.steps, { id, texts: {}, x: Math.round(x), y: Math.round(y) }] };
  if (from !== undefined) return lead(added, from, id);
  return stepOf(scenario, scenario.first) === undefined ? { ...added, first: id } : added;
}

const ROOM = { x: 360, y: 220 };

/** To the right of where it comes from and below what is there. */
function freePlace(scenario: ScenarioBody, from: Exit | undefined): Place {
  const source = from === undefined || from.from === 'first' || from.from === 'offline' ? undefined : stepOf(scenario, from.step);
  const x = source === undefined ? Math.min(0, ...scenario.steps.map((step) => step.x)) : source.x + ROOM.x;
  let y = source?.y ?? 0;
  const taken = (y: number) => scenario.steps.some((step) => Math.abs(step.x - x) < ROOM.x - 40 && Math.abs(step.y - y) < ROOM.y);
  while (taken(y)) y += ROOM.y / 2;
  return { x, y };
}

export function removeSteps(scenario: ScenarioBody, ids: readonly string[]): ScenarioBody {
  const gone = new Set(ids);
  let left: ScenarioBody = { ...scenario, steps: scenario.steps.filter((step) => !gone.has(step.id)) };
  for (const { exit, to } of [...beginnings(left), ...left.steps.flatMap(waysOf)]) if (gone.has(to)) left = lead(left, exit, '');
  // What begins it has to be something, as long as there is something.
  if (left.first === '' && left.steps[0] !== undefined) left = { ...left, first: outline(left)[0]!.step.id };
  return left;
}

export function duplicateStep(scenario: ScenarioBody, id: string): ScenarioBody {
  const step = stepOf(scenario, id);
  if (step === undefined) return scenario;
  return { ...scenario, steps: [...scenario.steps, { ...structuredClone(step), id: freshStep(scenario), ...freePlace(scenario, { from: 'step', step: id, way: 'next' }) }] };
}

/** Blank is none. */
function withText(texts: Record<string, string>, language: string, text: string): Record<string, string> {
  const { [language]: _, ...rest } = texts;
  return text === '' ? rest : { ...rest, [language]: text };
}

export const say = (scenario: ScenarioBody, id: string, language: string, text: string): ScenarioBody => changeStep(scenario, id, (step) => ({ ...step, texts: withText(step.texts, language, text) }));

/** What follows a step. Where the old way led, the new one does too, if it leads anywhere. */
export function follow(scenario: ScenarioBody, id: string, kind: NextKind, field = ''): ScenarioBody {
  return changeStep(scenario, id, (step) => {
    if (step.next?.kind === kind) return step;
    const to = waysOf(step).find((way) => way.to !== '')?.to ?? '';
    switch (kind) {
      case 'buttons':
        return withNext(step, { kind, buttons: [{ id: 'b1', labels: {}, goes: to }] });
      case 'go':
        return withNext(step, { kind, to });
      case 'ask':
        return withNext(step, { kind, field, then: to });
      case 'hand_over':
        return withNext(step, { kind, to: { kind: 'anyone' } });
      case 'end':
        return withNext(step, { kind, restart: false });
    }
  });
}

function changeButton(step: ScenarioStep, id: string, change: (button: ScenarioButton) => ScenarioButton): ScenarioStep {
  if (step.next?.kind !== 'buttons') return step;
  return withNext(step, { kind: 'buttons', buttons: step.next.buttons.map((button) => (button.id === id ? change(button) : button)) });
}

export function addButton(scenario: ScenarioBody, id: string): ScenarioBody {
  return changeStep(scenario, id, (step) => {
    const buttons = buttonsOf(step);
    return buttons.length >= MAX_BUTTONS ? step : withNext(step, { kind: 'buttons', buttons: [...buttons, { id: freshButton(step), labels: {}, goes: '' }] });
  });
}

export const removeButton = (scenario: ScenarioBody, id: string, button: string): ScenarioBody =>
  changeStep(scenario, id, (step) => withNext(step, { kind: 'buttons', buttons: buttonsOf(step).filter((one) => one.id !== button) }));

export function moveButton(scenario: ScenarioBody, id: string, from: number, to: number): ScenarioBody {
  return changeStep(scenario, id, (step) => {
    const buttons = [...buttonsOf(step)];
    const [moved] = buttons.splice(from, 1);
    if (moved === undefined || to < 0 || to > buttons.length) return step;
    buttons.splice(to, 0, moved);
    return withNext(step, { kind: 'buttons', buttons });
  });
}

export const label = (scenario: ScenarioBody, id: string, button: string, language: string, text: string): ScenarioBody =>
  changeStep(scenario, id, (step) => changeButton(step, button, (one) => ({ ...one, labels: withText(one.labels, language, text) })));

export const ask = (scenario: ScenarioBody, id: string, field: string): ScenarioBody => changeStep(scenario, id, (step) => (step.next?.kind === 'ask' ? withNext(step, { ...step.next, field }) : step));

export const handTo = (scenario: ScenarioBody, id: string, to: ScenarioTo): ScenarioBody =>
  changeStep(scenario, id, (step) => (step.next?.kind === 'hand_over' ? withNext(step, { ...step.next, to }) : step));

export const restart = (scenario: ScenarioBody, id: string, offered: boolean): ScenarioBody =>
  changeStep(scenario, id, (step) => (step.next?.kind === 'end' ? withNext(step, { kind: 'end', restart: offered }) : step));

/** Where steps stand on the picture: whole numbers, as they are kept. */
export function place(scenario: ScenarioBody, places: ReadonlyMap<string, Place>): ScenarioBody {
  const moved = (step: ScenarioStep) => {
    const to = places.get(step.id);
    if (to === undefined) return step;
    const [x, y] = [Math.round(to.x), Math.round(to.y)];
    return x === step.x && y === step.y ? step : { ...step, x, y };
  };
  const steps = scenario.steps.map(moved);
  return steps.every((step, n) => step === scenario.steps[n]) ? scenario : { ...scenario, steps };
}

/** A text in the language that is edited, else in the default one, else in any. */
export const shownText = (texts: Record<string, string | undefined>, language: string, fallback: string): string =>
  [texts[language], texts[fallback], ...Object.values(texts)].find((text) => text !== undefined && text.trim() !== '') ?? '';

/** The first line that says something, without the marks of formatting. */
export const firstLine = (text: string): string =>
  (text.split('\n').find((line) => line.trim() !== '') ?? '')
    .trim()
    .replace(/^[-•]\s+/, '')
    .replaceAll(/(^|\s)[*_]+|[*_]+(?=\s|[.,;:!?]|$)/g, '$1');

export const cut = (text: string): string => (length(text) > 60 ? `${[...text].slice(0, 59).join('')}…` : text);

/** All texts and languages together. */
export function characters(scenario: ScenarioBody): number {
  const of = (texts: Record<string, string>) => Object.values(texts).reduce((sum, text) => sum + length(text), 0);
  return scenario.steps.reduce((sum, step) => sum + of(step.texts) + buttonsOf(step).reduce((sum, button) => sum + of(button.labels), 0), 0);
}

/** How many texts a language lacks that another has. */
export function missing(scenario: ScenarioBody, language: string): number {
  return scenario.steps.reduce((sum, step) => sum + missingIn(step, language), 0);
}

export function missingIn(step: ScenarioStep, language: string): number {
  const lacks = (texts: Record<string, string | undefined>) => Object.values(texts).some((text) => text?.trim()) && !texts[language]?.trim();
  return [step.texts, ...buttonsOf(step).map((button) => button.labels)].filter(lacks).length;
}

/** The same whatever order its steps and languages are kept in: the server keeps them in its own. */
export function canonical(scenario: ScenarioBody): string {
  const sorted = (value: unknown): unknown =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, each]) => [key, sorted(each)]),
        )
      : Array.isArray(value)
        ? value.map(sorted)
        : value;
  return JSON.stringify(sorted({ ...scenario, steps: [...scenario.steps].sort((a, b) => (a.id < b.id ? -1 : 1)) }));
}
