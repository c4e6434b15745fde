// The versions of what is published whole, newest first, and bringing one of them back.

import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError, type Kept } from '../../api';
import { useDoors, useSite } from '../../context';
import { absolute, ago } from '../../format';
import { useNow, useText } from '../../hooks';
import { useWords } from './words';

/** `base`: the version that stands. What is brought back is judged by what stands besides it now, and may be refused. */
export function History<Published>({ of, base, onRestored }: { of: Kept; base: { version: number; by?: { name: string } }; onRestored(published: Published): void }) {
  const t = useWords();
  const { locale } = useText();
  const { site } = useSite();
  const { api } = useDoors();
  const now = useNow(60_000);
  const [open, setOpen] = useState(false);
  const [before, setBefore] = useState<number | undefined>();
  const history = useQuery({
    queryKey: ['history', site.site, of, base.version, before ?? 0],
    queryFn: () => api.history(site.site, of, before),
    enabled: open && base.version > 0,
    // What was there stays until the new list has come: nobody's button jumps.
    placeholderData: keepPreviousData,
  });
  const restore = useMutation({ mutationFn: (version: number) => api.restore<Published>(site.site, of, version, base.version), onSuccess: onRestored });
  useEffect(() => setBefore(undefined), [base.version]);
  const why = (error: Error) => {
    if (!(error instanceof ApiError)) return t('publish_failed');
    if (error.code === 'conflict') return t('history_moved');
    return error.problems.length === 0 ? t('publish_failed') : `${t('history_wrong')} ${error.problems.map(({ message }) => message).join(' ')}`;
  };
  return (
    <details className="history" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {t('history')} <span className="soft">{base.version === 0 ? t('history_none') : t('history_by', { version: base.version, name: base.by?.name ?? '?' })}</span>
      </summary>
      <ul>
        {history.data?.versions.map((one) => (
          <li key={one.version}>
            <span>
              <strong>{t('history_by', { version: one.version, name: one.by?.name ?? '?' })}</strong>{' '}
              <small className="soft" title={one.at === undefined ? '' : absolute(locale, one.at)}>
                {one.at !== undefined && ago(locale, one.at, now)}
                {one.restored !== undefined && ` · ${t('history_restored', { version: one.restored })}`}
              </small>
            </span>
            {one.version === base.version ? (
              <span className="chip">{t('history_now')}</span>
            ) : (
              <button type="button" className="button" disabled={restore.isPending} onClick={() => restore.mutate(one.version)}>
                {t('history_restore')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {(restore.isError || history.isError) && (
        <p className="field-problem" role="alert">
          {restore.isError ? why(restore.error) : t('failed')}
        </p>
      )}
      {history.data?.next !== undefined && (
        <button type="button" className="button" onClick={() => setBefore(history.data?.next)}>
          {t('history_more')}
        </button>
      )}
    </details>
  );
}
