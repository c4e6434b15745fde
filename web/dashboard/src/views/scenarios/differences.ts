// Two drafts of one scenario, field by field.

import type { ScenarioBody } from '@mostrador/protocol';
import { type Difference, differences } from '../settings/differences';

/** By step and button, wherever they stand; where a step is drawn is nothing that two would quarrel over. */
export function scenarioDifferences(base: ScenarioBody, theirs: ScenarioBody, mine: ScenarioBody): Difference[] {
  return differences(byIds(base), byIds(theirs), byIds(mine));
}

function byIds(scenario: ScenarioBody): unknown {
  const steps = scenario.steps.map(({ id, x: _, y: __, next, ...step }) => [id, { ...step, next: next?.kind === 'buttons' ? { kind: next.kind, buttons: Object.fromEntries(next.buttons.map(({ id, ...button }, n) => [id, { place: n + 1, ...button }])) } : next }]);
  return { ...scenario, steps: Object.fromEntries(steps) };
}
