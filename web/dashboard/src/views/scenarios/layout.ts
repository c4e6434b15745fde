// The picture put in order by itself: from left to right, each step one column after the last that leads to it, ways back aside. Pure, and
// the same for the same scenario.

import type { ScenarioBody, ScenarioStep } from '@mostrador/protocol';
import { type Place, beginnings, outline, waysOf } from './model';

/** As the picture's style draws them. */
export const WIDTH = 264;
const HEAD = 88;
const ROW = 32;
const BETWEEN = { x: 112, y: 40 };

export const rowsOf = (step: ScenarioStep): number => Math.max(1, waysOf(step).length);
export const heightOf = (step: ScenarioStep): number => HEAD + rowsOf(step) * ROW + 8;

export function layout(scenario: ScenarioBody): Map<string, Place> {
  const steps = new Map(scenario.steps.map((step) => [step.id, step]));
  const order = outline(scenario).map(({ step }) => step.id);
  const ways = waysForward(scenario);
  const column = columns(order, ways);
  const inColumns: string[][] = [];
  for (const id of order) (inColumns[column.get(id)!] ??= []).push(id);
  const into = new Map<string, { from: string; row: number }[]>();
  for (const [from, tos] of ways) tos.forEach(({ to, row }) => into.set(to, [...(into.get(to) ?? []), { from, row }]));
  const places = new Map<string, Place>();
  inColumns.forEach((ids, n) => {
    // Each as near as may be to the rows that lead to it, in their order, and none over another.
    const wanted = new Map(
      ids.map((id) => {
        const rows = (into.get(id) ?? []).filter(({ from }) => places.has(from)).map(({ from, row }) => places.get(from)!.y + HEAD + row * ROW - HEAD / 2);
        return [id, rows.length === 0 ? Number.POSITIVE_INFINITY : rows.reduce((sum, y) => sum + y, 0) / rows.length];
      }),
    );
    const sorted = [...ids].sort((a, b) => wanted.get(a)! - wanted.get(b)! || order.indexOf(a) - order.indexOf(b));
    let free = Number.NEGATIVE_INFINITY;
    const ys = sorted.map((id) => {
      const want = wanted.get(id)!;
      const y = Math.max(free, Number.isFinite(want) ? want : Math.max(0, free));
      free = y + heightOf(steps.get(id)!) + BETWEEN.y;
      return y;
    });
    // Pushed down by one another they would drift: the column as a whole goes back up by half of it.
    const pushed = sorted.map((id, at) => ys[at]! - (Number.isFinite(wanted.get(id)!) ? wanted.get(id)! : ys[at]!));
    const up = n === 0 ? 0 : pushed.reduce((sum, by) => sum + by, 0) / Math.max(1, pushed.length);
    sorted.forEach((id, at) => places.set(id, { x: n * (WIDTH + BETWEEN.x), y: Math.round(ys[at]! - up) }));
  });
  const top = Math.min(...[...places.values()].map(({ y }) => y));
  return new Map([...places].map(([id, { x, y }]) => [id, { x, y: y - top }]));
}

type Forward = Map<string, { to: string; row: number }[]>;

/** Without the ways that lead back to where one has come from: what is left has no circle. */
function waysForward(scenario: ScenarioBody): Forward {
  const steps = new Map(scenario.steps.map((step) => [step.id, step]));
  const state = new Map<string, 'open' | 'done'>();
  const forward: Forward = new Map(scenario.steps.map((step) => [step.id, []]));
  const visit = (root: string) => {
    const path: { id: string; ways: { to: string; row: number }[] }[] = [];
    const enter = (id: string) => {
      state.set(id, 'open');
      path.push({ id, ways: waysOf(steps.get(id)!).map(({ to }, row) => ({ to, row })) });
    };
    enter(root);
    while (path.length > 0) {
      const here = path.at(-1)!;
      const way = here.ways.shift();
      if (way === undefined) {
        state.set(here.id, 'done');
        path.pop();
      } else if (steps.has(way.to) && state.get(way.to) !== 'open') {
        forward.get(here.id)!.push(way);
        if (state.get(way.to) === undefined) enter(way.to);
      }
    }
  };
  for (const id of [...beginnings(scenario).map(({ to }) => to), ...steps.keys()]) if (steps.has(id) && state.get(id) === undefined) visit(id);
  return forward;
}

/** The longest way there. */
function columns(order: readonly string[], ways: Forward): Map<string, number> {
  const column = new Map(order.map((id) => [id, 0]));
  const waiting = new Map(order.map((id) => [id, 0]));
  for (const tos of ways.values()) for (const { to } of tos) waiting.set(to, waiting.get(to)! + 1);
  const ready = order.filter((id) => waiting.get(id) === 0);
  while (ready.length > 0) {
    const id = ready.shift()!;
    for (const { to } of ways.get(id)!) {
      column.set(to, Math.max(column.get(to)!, column.get(id)! + 1));
      waiting.set(to, waiting.get(to)! - 1);
      if (waiting.get(to) === 0) ready.push(to);
    }
  }
  return column;
}
