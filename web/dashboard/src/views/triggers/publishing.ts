// Changing the list of triggers: what is done shows at once and is published behind it, in one go once one pauses (every publishing is a version
// that is kept). A colleague who has published meanwhile is no conflict here: what was done is done again to what stands now.

import type { TriggerBody } from '@mostrador/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, type PublishedTriggers } from '../../api';
import { useDoors, useSite } from '../../context';

export type Change = (triggers: readonly TriggerBody[]) => TriggerBody[];

/** Why it was not published. `triggers`: those that have to be put right first. */
export type Refusal = { why: 'failed' | 'refused' | 'too_often'; triggers: readonly TriggerBody[] };

/** Long enough for somebody who moves a trigger by many places. */
const PAUSE_MS = 600;

export function useChanges(stands: PublishedTriggers | undefined): { shown: readonly TriggerBody[] | undefined; refusal: Refusal | null; change(change: Change): void; forget(): void } {
  const { site } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  const [ahead, setAhead] = useState<readonly TriggerBody[] | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const waiting = useRef<Change[]>([]);
  const underWay = useRef<Change[]>([]);
  const busy = useRef(false);
  const latest = useRef(stands);
  const ours = useRef<PublishedTriggers>(undefined);
  // What stands at the server; what is shown, here and wherever one goes next, is ahead of it while something waits.
  if (!busy.current && waiting.current.length === 0) latest.current = stands;
  const show = useCallback(
    (from: PublishedTriggers) => {
      const triggers = [...underWay.current, ...waiting.current].reduce<TriggerBody[]>((list, change) => change(list), from.value.triggers);
      ours.current = { ...from, value: { triggers } };
      // An answer that was asked for before would put it back as it was.
      void queries.cancelQueries({ queryKey: ['triggers', site.site] });
      queries.setQueryData(['triggers', site.site], ours.current);
      return triggers;
    },
    [queries, site.site],
  );

  const publish = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    try {
      while (waiting.current.length > 0) {
        const changes = (underWay.current = waiting.current.splice(0));
        for (let tries = 1; ; tries += 1) {
          const before = latest.current!;
          const triggers = changes.reduce((list, change) => change(list), before.value.triggers);
          try {
            latest.current = await api.publishTriggers(site.site, before.version, { triggers });
            underWay.current = [];
            show(latest.current);
            break;
          } catch (error) {
            const now = error instanceof ApiError ? error.currentAs('triggers') : null;
            if (now !== null && tries < 4) {
              latest.current = now;
              continue;
            }
            const wrong = error instanceof ApiError ? error.problems.map(({ path }) => triggers[Number(/^triggers\[(\d+)\]/.exec(path)?.[1] ?? -1)]) : [];
            const status = error instanceof ApiError ? error.status : 0;
            throw new Refused({ triggers: [...new Set(wrong)].filter((one) => one !== undefined), why: status === 422 ? 'refused' : status === 429 ? 'too_often' : 'failed' });
          }
        }
      }
    } catch (error) {
      // What was shown ahead of it is not so.
      waiting.current = [];
      underWay.current = [];
      if (latest.current !== undefined) show(latest.current);
      void queries.invalidateQueries({ queryKey: ['triggers', site.site] });
      setRefusal(error instanceof Refused ? error.refusal : { triggers: [], why: 'failed' });
    } finally {
      busy.current = false;
      setAhead(null);
    }
  }, [api, queries, show, site.site]);

  // So would one that was asked for meanwhile: when the connection is back, all is asked for again.
  useEffect(() => {
    if (latest.current !== undefined && underWay.current.length + waiting.current.length > 0 && stands !== ours.current) show(latest.current);
  }, [stands, show]);

  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    const now = () => {
      clearTimeout(pause.current);
      void publish();
    };
    // Whoever goes elsewhere has done what they have done.
    window.addEventListener('pagehide', now);
    return () => {
      window.removeEventListener('pagehide', now);
      now();
    };
  }, [publish]);

  const change = (next: Change) => {
    if (latest.current === undefined) return;
    setRefusal(null);
    waiting.current.push(next);
    setAhead(show(latest.current));
    clearTimeout(pause.current);
    pause.current = setTimeout(() => void publish(), PAUSE_MS);
  };
  return { shown: ahead ?? stands?.value.triggers, refusal, change, forget: () => setRefusal(null) };
}

class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super('refused');
  }
}
