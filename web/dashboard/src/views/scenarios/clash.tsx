// Two who publish at once: what differs, in words, and a choice that loses nothing.

import { Dialog } from '@base-ui/react/dialog';
import type { ScenarioBody } from '@mostrador/protocol';
import type { PublishedScenario } from '../../api';
import { useText } from '../../hooks';
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
  const shown = (value: string | undefined) => (value === undefined || value === '""' ? s('nothing') : value.replace(/^"|"$/g, ''));
  const where = (path: string) => {
    const [, id, rest] = /^steps\.([^.[]+)\.?(.*)$/.exec(path) ?? [];
    const step = stepOf(mine, id ?? null) ?? (clash === 'gone' ? undefined : stepOf(clash.value, id ?? null));
    return step === undefined ? fieldWords(t, path, locale) : `${cut(titleOf(step))} · ${fieldWords(t, rest ?? '', locale)}`;
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onEdit()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog dialog-wide">
          <Dialog.Title>{clash === 'gone' ? t('clash.gone') : s('conflict_title', { name: clash.by?.name ?? '?' })}</Dialog.Title>
          <Dialog.Description>{clash === 'gone' ? t('clash.gone_why') : s('conflict_why', { version: clash.version })}</Dialog.Description>
          {clash !== 'gone' && rows.length === 0 && <p>{s('conflict_same')}</p>}
          {rows.length > 0 && (
            <div className="diff" tabIndex={0} role="group" aria-label={s('conflict_field')}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">{s('conflict_field')}</th>
                    <th scope="col">{s('conflict_theirs')}</th>
                    <th scope="col">{s('conflict_mine')}</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map(({ path, theirs, mine }) => (
                    <tr key={path}>
                      <th scope="row" dir="auto">
                        {where(path)}
                      </th>
                      <td dir="auto">{shown(theirs)}</td>
                      <td dir="auto">{shown(mine)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
          <div className="page-actions">
            <button type="button" className="button button-primary" disabled={pending} onClick={onMine}>
              {clash === 'gone' ? t('clash.anew') : s('conflict_mine_do')}
            </button>
            {clash !== 'gone' && (
              <button type="button" className="button" onClick={onTheirs}>
                {s('conflict_theirs_do')}
              </button>
            )}
            <button type="button" className="button" onClick={onEdit}>
              {s('conflict_edit')}
            </button>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
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
