// Where a conversation will be: none is chosen, or the view that shows it is still on its way.

import { MessageCircle } from 'lucide-react';
import { Fragment } from 'react';
import { useText } from '../hooks';
import { Empty, Keys, Skeleton } from './parts';

export function NoThread() {
  const { t } = useText();
  const why = t('thread.none_why', { down: '\u0001', up: '\u0002' }).split(/(\u0001|\u0002)/);
  return (
    <main className="thread thread-none">
      <Empty
        icon={MessageCircle}
        title={t('thread.none')}
        why={why.map((piece, i) => (
          <Fragment key={i}>{piece === '\u0001' ? <Keys keys="J" /> : piece === '\u0002' ? <Keys keys="K" /> : piece}</Fragment>
        ))}
      />
    </main>
  );
}

export function ComingThread() {
  const { t } = useText();
  return (
    <main className="thread">
      <Skeleton label={t('thread.loading')} rows={6} kind="bubbles" />
    </main>
  );
}
