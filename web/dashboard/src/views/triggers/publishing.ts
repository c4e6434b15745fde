// Changing the list of triggers: what is done shows at once and is published behind it, one after the other, several in one. A colleague who
// has published meanwhile is no conflict here: what was done is done again to what stands now.

import type { TriggerBody } from '@mostrador/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';
import { ApiError, type PublishedTriggers } from '../../api';
import { useDoors, useSite } from '../../context';

export type Change = (triggers: readonly TriggerBody[]) => TriggerBody[];

export interface Refusal {
  /** Triggers that have to be put right first; empty: there is no connection, or it is refused as a whole. */
  triggers: readonly TriggerBody[];
  refused: boolean;
}

export function useChanges(stands: PublishedTriggers | undefined): { shown: readonly TriggerBody[] | undefined; refusal: Refusal | null; change(change: Change): void; forget(): void } {
  const { site } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  const [ahead, setAhead] = useState<readonly TriggerBody[] | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const waiting = useRef<Change[]>([]);
  const busy = useRef(false);
  const latest = useRef(stands);
  if (!busy.current) latest.current = stands;

  const publish = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    try {
      while (waiting.current.length > 0) {
        const changes = waiting.current.splice(0);
        for (let tries = 1; ; tries += 1) {
          const before = latest.current!;
          const triggers = changes.reduce((list, change) => change(list), before.value.triggers);
          try {
            latest.current = await api.publishTriggers(site.site, before.version, { triggers });
            queries.setQueryData(['triggers', site.site], latest.current);
            break;
          } catch (error) {
            const now = error instanceof ApiError ? error.currentAs('triggers') : null;
            if (now !== null && tries < 4) {
              latest.current = now;
              continue;
            }
            const wrong = error instanceof ApiError ? error.problems.map(({ path }) => triggers[Number(/^triggers\[(\d+)\]/.exec(path)?.[1] ?? -1)]) : [];
            throw new Refused({ triggers: [...new Set(wrong)].filter((one) => one !== undefined), refused: error instanceof ApiError && error.status === 422 });
          }
        }
      }
    } catch (error) {
      // What was shown ahead of it is not so.
      waiting.current = [];
      setRefusal(error instanceof Refused ? error.refusal : { triggers: [], refused: false });
    } finally {
      busy.current = false;
      setAhead(null);
    }
  }, [api, queries, site.site]);

  const change = (next: Change) => {
    if (stands === undefined) return;
    setRefusal(null);
    setAhead((list) => next(list ?? stands.value.triggers));
    waiting.current.push(next);
    void publish();
  };
  return { shown: ahead ?? stands?.value.triggers, refusal, change, forget: () => setRefusal(null) };
}

class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super('refused');
  }
}
