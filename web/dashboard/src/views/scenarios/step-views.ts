// What list and picture show of each step, in words. Made anew only for steps of which something has changed: there may be two hundred, and
// every key that is pressed asks.

import type { ScenarioStep } from '@mostrador/protocol';
import { useRef } from 'react';
import { type Editing, fieldName, toName, useEditing } from './editing';
import * as model from './model';
import { type Words, useWords } from './words';

export interface StepRow {
  /** The handle's, on the picture. */
  id: string;
  words: string;
  button: boolean;
  /** `null`: nothing leads on from here. */
  exit: model.Exit | null;
  target: { id: string; number: number; title: string } | null;
  /** An offline branch may lead nowhere on purpose. */
  meant: boolean;
}

export interface StepView {
  number: number;
  title: string;
  kind: model.NextKind | 'none';
  kindWords: string;
  /** What there is to say beside its ways. */
  still: string | null;
  rows: readonly StepRow[];
  faults: number;
  faultWords: string;
}

export function useStepViews(): ReadonlyMap<string, StepView> {
  const t = useWords();
  const editing = useEditing();
  const cache = useRef<{ t: Words; language: string; site: unknown; views: Map<string, { step: ScenarioStep; deps: string; view: StepView }> } | null>(null);
  const before = cache.current !== null && cache.current.t === t && cache.current.language === editing.language && cache.current.site === editing.site ? cache.current.views : null;
  const targets = new Map(editing.order.map(({ step }, n) => [step.id, { id: step.id, number: n + 1, title: editing.titleOf(step) }]));
  const views = new Map(
    editing.order.map(({ step }, n) => {
      const faults = editing.faultsOf(step.id).length;
      const deps = `${n} ${faults} ${model.waysOf(step).map(({ to }) => `${targets.get(to)?.number} ${targets.get(to)?.title}`).join('\n')}`;
      const old = before?.get(step.id);
      return [step.id, old?.step === step && old.deps === deps ? old : { step, deps, view: viewOf(editing, step, faults, targets, t) }] as const;
    }),
  );
  cache.current = { t, language: editing.language, site: editing.site, views };
  return new Map([...views].map(([id, { view }]) => [id, view]));
}

function viewOf(editing: Editing, step: ScenarioStep, faults: number, targets: ReadonlyMap<string, NonNullable<StepRow['target']>>, t: Words): StepView {
  const { language, site } = editing;
  const next = step.next;
  const way = (way: 'next' | 'offline', words: string, to: string): StepRow => ({ id: way, words, button: false, exit: { from: 'step', step: step.id, way }, target: targets.get(to) ?? null, meant: way === 'offline' && to === '' });
  const nothing = (words: string): StepRow => ({ id: 'none', words, button: false, exit: null, target: null, meant: true });
  const rows = (): StepRow[] => {
    switch (next?.kind) {
      case 'buttons':
        if (next.buttons.length === 0) return [nothing(t('fault.no_button'))];
        return next.buttons.map((button, n) => ({
          id: `button:${button.id}`,
          words: model.shownText(button.labels, language, site.languages[0]!) || t('button.number', { number: n + 1 }),
          button: true,
          exit: { from: 'button', step: step.id, button: button.id },
          target: targets.get(button.goes) ?? null,
          meant: false,
        }));
      case 'go':
        return [way('next', t('row.go'), next.to)];
      case 'ask':
        return [way('next', t('row.ask', { field: fieldName(site, next.field, language, t) }), next.then)];
      case 'hand_over':
        return [way('offline', t('row.offline'), next.offline ?? '')];
      case 'end':
        return [nothing(t(next.restart ? 'row.end_restart' : 'row.end'))];
      case undefined:
        return [{ ...way('next', t(model.says(step) ? 'row.unset' : 'row.hand_over_empty'), ''), meant: true }];
    }
  };
  const made = rows();
  return {
    number: editing.numberOf(step.id),
    title: editing.titleOf(step),
    kind: next?.kind ?? 'none',
    kindWords: next?.kind === 'hand_over' ? t('row.hand_over', { to: toName(site, step, t) }) : t(`kind.${next?.kind ?? 'none'}`),
    still: next?.kind === 'hand_over' ? t('row.hand_over', { to: toName(site, step, t) }) : next === undefined || made[0]?.exit === null ? made[0]!.words : null,
    rows: made,
    faults,
    faultWords: faults === 0 ? '' : t('fault.count', { count: faults }),
  };
}
