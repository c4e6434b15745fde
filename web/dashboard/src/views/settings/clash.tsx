// Somebody else has published meanwhile: what differs, and what to do about it.

import { Dialog } from '@base-ui/react/dialog';
import { differences } from './differences';
import { useWords } from './words';

/** `base` is what both began with. */
export function Clash({ by, version, base, theirs, mine, pending, onMine, onTheirs, onEdit }: { by: string | undefined; version: number; base: unknown; theirs: unknown; mine: unknown; pending: boolean; onMine(): void; onTheirs(): void; onEdit(): void }) {
  const t = useWords();
  const rows = differences(base, theirs, mine);
  const shown = (value: string | undefined) => (value === undefined || value === '""' ? t('nothing') : value.replace(/^"|"$/g, ''));
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onEdit()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog dialog-wide">
          <Dialog.Title>{t('conflict_title', { name: by ?? '?' })}</Dialog.Title>
          <Dialog.Description>{t('conflict_why', { version: version })}</Dialog.Description>
          {rows.length === 0 ? (
            <p>{t('conflict_same')}</p>
          ) : (
            <div className="diff">
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
                      <th scope="row">
                        <code>{path}</code>
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
              {t('conflict_mine_do')}
            </button>
            <button type="button" className="button" onClick={onTheirs}>
              {t('conflict_theirs_do')}
            </button>
            <button type="button" className="button" onClick={onEdit}>
              {t('conflict_edit')}
            </button>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
