// The mail that an entry came by, as text: nothing of it is ever shown as a page.

import { Dialog } from '@base-ui/react/dialog';
import { useQuery } from '@tanstack/react-query';
import { Download, X } from 'lucide-react';
import { useDoors } from '../context';
import { useText } from '../hooks';
import { save } from './save';

export function Original({ conversation, where, onClose }: { conversation: string; where: string; onClose(): void }) {
  const { t } = useText();
  const { api } = useDoors();
  // Its link is good for minutes: it is asked for each time.
  const { data, isError } = useQuery({ queryKey: ['original', conversation, where], queryFn: () => api.original(conversation, where), gcTime: 0, retry: false });
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog original" data-original>
          <header className="dialog-head">
            <Dialog.Title>{t('mail.original_title')}</Dialog.Title>
            <Dialog.Close className="icon-button" aria-label={t('keys.close')}>
              <X size={20} strokeWidth={1.75} aria-hidden="true" />
            </Dialog.Close>
          </header>
          <div className="original-body" aria-busy={data === undefined && !isError}>
            <p className="original-note">{isError ? t('mail.original_gone') : t('mail.original_note')}</p>
            {data !== undefined && (
              <>
                <h3>{t('mail.original_text')}</h3>
                <pre tabIndex={0} aria-label={t('mail.original_text')} dir="auto" data-part="text">
                  {data.text === '' ? t('mail.original_empty') : data.text}
                </pre>
                <h3>{t('mail.original_header')}</h3>
                <pre tabIndex={0} aria-label={t('mail.original_header')} dir="ltr" data-part="header">
                  {data.header}
                </pre>
                {data.cut && <p className="original-note">{t('mail.original_cut')}</p>}
                {data.url !== null && <SaveAll url={data.url} />}
              </>
            )}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function SaveAll({ url }: { url: string }) {
  const { t } = useText();
  return (
    <button type="button" className="button" onClick={() => save(url)}>
      <Download size={16} strokeWidth={1.75} aria-hidden="true" />
      {t('mail.original_save')}
    </button>
  );
}
