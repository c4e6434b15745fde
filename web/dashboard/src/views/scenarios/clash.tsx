// Two who publish at once: what differs, in words, and a choice that loses nothing.

import type { ScenarioBody } from '@mostrador/protocol';
import type { PublishedScenario } from '../../api';
import { useText } from '../../hooks';
import { ClashDialog } from '../settings/clash';
import { languageName } from '../settings/fields';
import { useWords as useSettingsWords } from '../settings/words';
import { scenarioDifferences } from './differences';
import { useEditing } from './editing';
import { cut, stepOf } from './model';
import { type Words, useWords } from './words';

export function Clash({ clash, base, pending, onMine, onTheirs, onEdit }: { clash: PublishedScenario | 'gone'; base: ScenarioBody; pending: boolean; onMine(): void; onTheirs(): void; onEdit(): void }) {
  const t = useWords();
  const s = useSettingsWords();
  const { locale } = useText();
  const { value: mine, titleOf } = useEditing();
  const rows = clash === 'gone' ? [] : scenarioDifferences(base, clash.value, mine);
  const where = (path: string) => {
    const [, id, rest] = /^steps\.([^.[]+)\.?(.*)$/.exec(path) ?? [];
    const step = stepOf(mine, id ?? null) ?? (clash === 'gone' ? undefined : stepOf(clash.value, id ?? null));
    return step === undefined ? fieldWords(t, path, locale) : `${cut(titleOf(step))} · ${fieldWords(t, rest ?? '', locale)}`;
  };
  const gone = clash === 'gone';
  return (
    <ClashDialog
      title={gone ? t('clash.gone') : s('conflict_title', { name: clash.by?.name ?? '?' })}
      why={gone ? t('clash.gone_why') : s('conflict_why', { version: clash.version })}
      rows={rows}
      called={where}
      anew={gone ? t('clash.anew') : undefined}
      pending={pending}
      onMine={onMine}
      onTheirs={onTheirs}
      onEdit={onEdit}
    />
  );
}

function fieldWords(t: Words, path: string, locale: string): string {
  const language = /(?:texts|labels)\.([^.]+)$/.exec(path)?.[1];
  if (language !== undefined) return languageName(locale, language);
  if (path === 'name') return t('whole.name');
  if (path === 'start') return t('whole.start');
  if (path === 'first') return t('whole.first');
  if (path === 'offline') return t('whole.offline');
  return t('next.title');
}
