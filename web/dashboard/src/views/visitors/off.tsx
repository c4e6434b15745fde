// The list is switched off: what it would show, what it costs, and a switch for who may.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Users } from 'lucide-react';
import { useDoors, useSite } from '../../context';
import { useText } from '../../hooks';
import { Empty } from '../parts';
import { useWords } from './words';

/** Of 1,000,000 page views with the list on, in US dollars: counted in `docs/ARCHITECTURE.md`. */
const MILLION_PAGE_VIEWS = 5;

export function Off() {
  const t = useWords();
  const { locale } = useText();
  const { site } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  const on = useMutation({
    mutationFn: async () => {
      const published = (await api.settings(site.site)).sections.find(({ section }) => section === 'visitors');
      if (published === undefined) throw new Error('there is no such section');
      await api.publish(site.site, 'visitors', published.version, { ...(published.value as object), live: true });
    },
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['settings', site.site] }),
  });
  const cost = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', maximumFractionDigits: 0 }).format(MILLION_PAGE_VIEWS);
  return (
    <div className="visitors-off">
      <Empty icon={Users} title={t('off.title')} why={t('off.why', { cost })}>
        <p className="empty-why">{t('off.kept')}</p>
        {site.role === 'admin' ? (
          <button type="button" className="button button-primary" disabled={on.isPending || on.isSuccess} onClick={() => on.mutate()}>
            {on.isPending ? t('off.doing') : t('off.do')}
          </button>
        ) : (
          <p className="empty-why">{t('off.ask')}</p>
        )}
        <p role="status" className="empty-why">
          {on.isError && t('off.failed')}
          {on.isSuccess && t('off.on')}
        </p>
      </Empty>
    </div>
  );
}
