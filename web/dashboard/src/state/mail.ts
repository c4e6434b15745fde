// What the thread knows of whether its shopper can be mailed. Pure.

import type { Entry, MailClass } from '@mostrador/protocol';

export interface Unreachable {
  address: string;
  why: 'bounce' | 'complaint' | 'unsubscribed';
}

/** The newest that speaks against mailing: a mail of ours came back for good, was called spam, or no more are wanted. An address that the shopper has given since is another matter. */
export function unreachable(entries: readonly Entry[], known: string | null | undefined): Unreachable | null {
  const back = entries.findLast((entry) => entry.kind === 'mail' && isAgainst(entry.class));
  if (back?.kind !== 'mail' || !isAgainst(back.class)) return null;
  // Without the profile nothing is known that would speak against it.
  if (known && known.toLowerCase() !== back.from.toLowerCase()) return null;
  return { address: back.from, why: back.class };
}

function isAgainst(is: MailClass): is is Unreachable['why'] {
  return is === 'bounce' || is === 'complaint' || is === 'unsubscribed';
}
