import { expect, it } from 'vitest';
import { scenarioDifferences } from './differences';
import { SHOP, drawn } from './drawn';
import * as model from './model';

const base = drawn(SHOP);

it('differ by step and button, wherever these stand', () => {
  const theirs = { ...model.say(base, 'thanks', 'en', 'Gladly.'), steps: [...model.say(base, 'thanks', 'en', 'Gladly.').steps].reverse() };
  const mine = model.label(model.moveButton(base, 'hello', 2, 0), 'hello', 'buy', 'es', 'Comprar');
  const found = scenarioDifferences(base, theirs, mine).sort((a, b) => (a.path < b.path ? -1 : 1));
  expect(found).toEqual([
    { path: 'steps.hello.next.buttons.back.place', theirs: '2', mine: '3' },
    { path: 'steps.hello.next.buttons.buy.labels.es', theirs: undefined, mine: '"Comprar"' },
    { path: 'steps.hello.next.buttons.buy.place', theirs: '3', mine: '1' },
    { path: 'steps.hello.next.buttons.order.place', theirs: '1', mine: '2' },
    { path: 'steps.thanks.texts.en', theirs: '"Gladly."', mine: '"Glad to help."' },
  ]);
});

it('where a step is drawn is no difference', () => {
  expect(scenarioDifferences(base, model.place(base, new Map([['hello', { x: 5, y: 6 }]])), base)).toEqual([]);
});
