// What the thread knows of whether its shopper can be mailed. Pure.

import type { Entry } from '@mostrador/protocol';

export interface Unreachable {
  address: string;
  why: 'bounce' | 'complaint';
}

/** The newest mail of ours that came back for good, or was called spam. An address that the shopper has given since is another matter. */
export function unreachable(entries: readonly Entry[], known: string | null | undefined): Unreachable | null {
  const back = entries.findLast((entry) => entry.kind === 'mail' && (entry.class === 'bounce' || entry.class === 'complaint'));
  if (back?.kind !== 'mail') return null;
  // Without the profile nothing is known that would speak against it.
  if (known && known.toLowerCase() !== back.from.toLowerCase()) return null;
  return { address: back.from, why: back.class === 'bounce' ? 'bounce' : 'complaint' };
}
