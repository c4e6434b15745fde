import { describe, expect, it } from 'vitest';
import { type Known, check, refused, together } from './check';
import { SHOP, drawn } from './drawn';
import * as model from './model';

const KNOWN: Known = { defaultLanguage: 'en', fields: new Set(['name', 'email']), groups: new Set(['sales']), agents: new Set(['agt_ana']) };
const found = (lines: string) => check(drawn(lines), KNOWN).map((fault) => `${fault.step ?? ''}:${fault.at} ${fault.code}`);

// The same drawings as the server's own rules are held to, in `domain::scenario::tests`.
describe('what can be told of a draft', () => {
  it.each<[lines: string, ...faults: string[]]>([
    [SHOP],
    ['a | Hello | end'],
    ['', ':steps required'],
    ['a | | hand', 'a:texts.en required'],
    ['a | | x>b \n b | B | end', 'a:texts.en required'],
    ['a | A | x>b \n b | | y>a', 'b:texts.en required'],
    ['a | Hello |', 'a:next dead_end'],
    ['a | Hello | x>b \n b | |'],
    ['a | Hello | x>b y>c \n b | Bye | \n c | | end', 'b:next dead_end'],
    ['a | A | end \n b | B | x>b', 'b: unreachable'],
    ['a | A | end \n b | B | go c \n c | C | end', 'b: unreachable', 'c: unreachable'],
    ['a | A | go a', 'a: endless'],
    ['a | A | go b \n b | B | go c \n c | C | go b', 'b: endless'],
    ['a | A | ask name then b \n b | B | go a', 'a: endless'],
    ['a | A | hand or b \n b | B | go a', 'a: endless'],
    ['a | A | x>b \n b | B | go a'],
    ['a | A | go b \n b | B | x>a'],
    ['a | A | go b', 'a:next.to unset'],
    ['a | A | x>b', 'a:next.buttons[0].goes unset'],
    ['a | A | ask shoe then b \n b | B | end', 'a:next.field unknown'],
    ['a | A | ask name then c \n b | B | end', 'a:next.then unset', 'b: unreachable'],
    ['a | A | hand nobody', 'a:next.to.group unknown'],
    ['a | A | hand sales or b', 'a:next.offline unset'],
    ['a | A | hand agt_x', 'a:next.to.agent unknown'],
    ['a | A | hand agt_ana'],
    [`a | ${'x'.repeat(2_001)} | end`, 'a:texts.en too_long'],
    [`a | ${'🛒'.repeat(2_000)} | end`],
    [`a | A | ${'x'.repeat(81)}>a`, 'a:next.buttons[0].labels.en too_long'],
    [`a | A | ${Array.from({ length: 11 }, (_, n) => `b${n}>a`).join(' ')}`, 'a:next.buttons too_many'],
    [Array.from({ length: 201 }, (_, n) => `s${n} | A | x>s${(n + 1) % 201}`).join('\n'), ':steps too_many'],
    [Array.from({ length: 51 }, (_, n) => `s${n} | ${'x'.repeat(2_000)} | x>s${(n + 1) % 51}`).join('\n'), ':steps too_long'],
  ])('%s', (lines, ...faults) => {
    expect(found(lines)).toEqual(faults);
  });

  it('is nothing of fields, groups and agents that are not known yet', () => {
    expect(check(drawn('a | A | ask shoe then b \n b | B | hand nobody'), { ...KNOWN, fields: null, groups: null, agents: null })).toEqual([]);
  });

  it('names a circle once, wherever one looks from', () => {
    expect(found('a | A | x>b y>c z>d \n b | B | go c \n c | C | go d \n d | D | go b')).toEqual(['b: endless']);
  });
});

describe('what the server refused', () => {
  const of = drawn('a | A | go b \n b | B | end');
  const problems = [
    { path: 'steps[1].texts.en', code: 'unknown_variable', message: 'the variables of this text are {shop}' },
    { path: 'name', code: 'format', message: 'one line of text' },
  ] as const;

  it('is put to its step, wherever that stands now, until it is changed', () => {
    const moved = { ...of, steps: [...of.steps].reverse() };
    expect(refused({ of, problems }, moved).map((fault) => [fault.step, fault.at])).toEqual([
      ['b', 'texts.en'],
      [null, 'name'],
    ]);
    expect(refused({ of, problems }, { ...model.say(of, 'b', 'en', 'Better'), name: 'Other' })).toEqual([]);
    expect(refused({ of, problems }, model.say(of, 'a', 'en', 'Better')).map((fault) => fault.step)).toEqual(['b', null]);
  });

  it('is not said twice', () => {
    const ours = [{ step: 'b', at: 'texts.en', code: 'too_long' as const }];
    expect(together(ours, refused({ of, problems }, of))).toHaveLength(2);
  });
});
