// What triggers are edited among: the site's languages and look, its agents, groups and scenarios, and the triggers that stand.

import type { AppearanceSettings, GroupBody, ScenarioInfo } from '@mostrador/protocol';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useDoors, useSite } from '../../context';
import { useText } from '../../hooks';
import type { Speaker } from './sentences';
import { useWords } from './words';

export interface Surroundings {
  shop: string;
  /** The default first. */
  languages: readonly string[];
  appearance: AppearanceSettings;
  groups: readonly GroupBody[];
  scenarios: readonly ScenarioInfo[];
}

export function useTriggers() {
  const { site } = useSite();
  const { api } = useDoors();
  return useQuery({ queryKey: ['triggers', site.site], queryFn: () => api.triggers(site.site), refetchOnWindowFocus: false });
}

/** What a trigger is called, by its id: agents who may not read triggers are told that much. `undefined` until it is known; `null`: there is none any more. */
export function useTriggerNames(): (id: string) => string | null | undefined {
  const { site } = useSite();
  const { api } = useDoors();
  const { data } = useQuery({ queryKey: ['trigger-names', site.site], queryFn: () => api.triggerNames(site.site), staleTime: 60_000 });
  return (id) => data && (data.triggers.find((one) => one.id === id)?.name ?? null);
}

/** `null` until it has come. */
export function useSurroundings(): { surroundings: Surroundings | null; failed: boolean; again(): void } {
  const { site } = useSite();
  const { api } = useDoors();
  const settings = useQuery({ queryKey: ['settings', site.site], queryFn: () => api.settings(site.site), refetchOnWindowFocus: false });
  const groups = useQuery({ queryKey: ['groups', site.site], queryFn: () => api.groups(site.site) });
  const scenarios = useQuery({ queryKey: ['scenarios', site.site], queryFn: () => api.scenarios(site.site) });
  const surroundings = useMemo<Surroundings | null>(() => {
    if (settings.data === undefined || groups.data === undefined || scenarios.data === undefined) return null;
    const { sections } = settings.data;
    const general = sections.find((one) => one.section === 'general');
    const appearance = sections.find((one) => one.section === 'appearance');
    if (general?.section !== 'general' || appearance?.section !== 'appearance') return null;
    const { name, languages, default_language } = general.value;
    return {
      shop: name,
      languages: [default_language, ...languages.filter((tag) => tag !== default_language)],
      appearance: appearance.value,
      groups: groups.data.value.groups,
      scenarios: scenarios.data.scenarios,
    };
  }, [settings.data, groups.data, scenarios.data]);
  const all = [settings, groups, scenarios];
  return { surroundings, failed: all.some((one) => one.isError && one.data === undefined), again: () => all.forEach((one) => void (one.data === undefined && one.refetch())) };
}

/** Names are shown once they are known; until then, and where something is gone, its id is all there is. */
export function useSpeaker(): Speaker {
  const t = useWords();
  const { locale } = useText();
  const { agents, site } = useSite();
  const { api } = useDoors();
  const groups = useQuery({ queryKey: ['groups', site.site], queryFn: () => api.groups(site.site) });
  const scenarios = useQuery({ queryKey: ['scenarios', site.site], queryFn: () => api.scenarios(site.site), enabled: site.role === 'admin' });
  return useMemo(
    () => ({
      t,
      locale,
      agent: (id) => agents.find((one) => one.id === id)?.name ?? t('then.gone'),
      group: (id) => groups.data?.value.groups.find((one) => one.id === id)?.name ?? id,
      scenario: (id) => scenarios.data?.scenarios.find((one) => one.id === id)?.name ?? id,
    }),
    [t, locale, agents, groups.data, scenarios.data],
  );
}
