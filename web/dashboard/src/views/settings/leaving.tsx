// UX 40: neither a link nor a closed tab takes changes away unasked.

import { Dialog } from '@base-ui/react/dialog';
import { useBlocker } from '@tanstack/react-router';
import { useWords, type Word } from './words';

/** `title` and `why`: where something is saved and not published. */
export function Leaving({ dirty, title = 'leave_title', why = 'leave_why' }: { dirty: boolean; title?: Word; why?: Word }) {
  const t = useWords();
  const blocker = useBlocker({ shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname, enableBeforeUnload: dirty, withResolver: true });
  if (blocker.status !== 'blocked') return null;
  return (
    <Dialog.Root open onOpenChange={(open) => !open && blocker.reset()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog dialog-ask" role="alertdialog">
          <Dialog.Title>{t(title)}</Dialog.Title>
          <Dialog.Description>{t(why)}</Dialog.Description>
          <div className="page-actions">
            <button type="button" className="button" autoFocus onClick={() => blocker.reset()}>
              {t('leave_stay')}
            </button>
            <button type="button" className="button button-danger" onClick={() => blocker.proceed()}>
              {t('leave_go')}
            </button>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
