// Somebody else has published meanwhile: what differs, and what to do about it.

import { Dialog } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { type Difference, differences } from './differences';
import { useWords } from './words';

interface Answers {
  pending: boolean;
  onMine(): void;
  onTheirs(): void;
  onEdit(): void;
}

/** `base` is what both began with. */
export function Clash({ by, version, base, theirs, mine, ...answers }: Answers & { by: string | undefined; version: number; base: unknown; theirs: unknown; mine: unknown }) {
  const t = useWords();
  const rows = differences(base, theirs, mine);
  return <ClashDialog title={t('conflict_title', { name: by ?? '?' })} why={t('conflict_why', { version })} rows={rows} called={(path) => <code>{path}</code>} {...answers} />;
}

/** `called`: what a path is for people. `anew`: there is nothing left of theirs, and this puts mine there again. */
export function ClashDialog({ title, why, rows, called, anew, pending, onMine, onTheirs, onEdit }: Answers & { title: string; why: string; rows: readonly Difference[]; called(path: string): ReactNode; anew?: string | undefined }) {
  const t = useWords();
  const shown = (value: string | undefined) => (value === undefined || value === '""' ? t('nothing') : value.replace(/^"|"$/g, ''));
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onEdit()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog dialog-wide">
          <Dialog.Title>{title}</Dialog.Title>
          <Dialog.Description>{why}</Dialog.Description>
          {anew === undefined && rows.length === 0 && <p>{t('conflict_same')}</p>}
          {rows.length > 0 && (
            <div className="diff" tabIndex={0} role="group" aria-label={t('conflict_field')}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">{t('conflict_field')}</th>
                    <th scope="col">{t('conflict_theirs')}</th>
                    <th scope="col">{t('conflict_mine')}</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map(({ path, theirs, mine }) => (
                    <tr key={path}>
                      <th scope="row" dir="auto">
                        {called(path)}
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
              {anew ?? t('conflict_mine_do')}
            </button>
            {anew === undefined && (
              <button type="button" className="button" onClick={onTheirs}>
                {t('conflict_theirs_do')}
              </button>
            )}
            <button type="button" className="button" onClick={onEdit}>
              {t('conflict_edit')}
            </button>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
