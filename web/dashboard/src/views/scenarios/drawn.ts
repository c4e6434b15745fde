// For tests: a scenario in a few lines, as the rules' own tests write them. `id | message | what follows`.

import type { ScenarioBody, ScenarioNext, ScenarioStep } from '@mostrador/protocol';

function nextOf(words: readonly string[]): ScenarioNext | undefined {
  switch (words[0]) {
    case undefined:
      return undefined;
    case 'go':
      return { kind: 'go', to: words[1]! };
    case 'ask':
      return { kind: 'ask', field: words[1]!, then: words[3]! };
    case 'end':
      return { kind: 'end', restart: words[1] === 'restart' };
    case 'hand': {
      const branch = words.indexOf('or');
      const to = words[1] === undefined || words[1] === 'or' ? ({ kind: 'anyone' } as const) : words[1].startsWith('agt_') ? ({ kind: 'agent', agent: words[1] } as const) : ({ kind: 'group', group: words[1] } as const);
      return { kind: 'hand_over', to, ...(branch < 0 ? {} : { offline: words[branch + 1]! }) };
    }
    default:
      return {
        kind: 'buttons',
        buttons: words.map((word) => {
          const [id, goes] = word.split('>') as [string, string];
          return { id, labels: { en: id.toUpperCase() }, goes };
        }),
      };
  }
}

export function drawn(lines: string): ScenarioBody {
  const steps = lines
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line): ScenarioStep => {
      const [id, text, follows] = line.split('|').map((part) => part.trim()) as [string, string, string];
      const next = nextOf(follows.split(/\s+/).filter(Boolean));
      return { id, texts: text === '' ? {} : { en: text }, ...(next === undefined ? {} : { next }), x: 0, y: 0 };
    });
  return { id: 'help', name: 'Help', start: 'by_trigger', first: steps[0]?.id ?? '', steps };
}

/** Twelve steps: a menu, an order's status, a return, sales, and what happens while nobody is there. */
export const SHOP = `
  hello    | Hello from {shop}! What is it about?  | order>order back>returns buy>choose
  order    | Look in your confirmation mail.       | found>thanks lost>mail menu>hello
  mail     |                                       | ask email then person
  person   | A person looks into it.               | hand or leave
  returns  | Within 30 days, with the slip.        | print>slip menu>hello
  slip     | The slip is in your account.          | go thanks
  choose   | A present, or for yourself?           | gift>sales me>sales
  sales    |                                       | hand sales or leave
  leave    | We are closed. May we write to you?   | ask name then address
  address  |                                       | ask email then written
  written  | We will write to you.                 | end
  thanks   | Glad to help.                         | end restart
`;
