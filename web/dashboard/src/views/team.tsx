// Who answers here. Admins can end a membership.

import { Dialog } from '@base-ui/react/dialog';
import type { AgentInfo } from '@mostrador/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { UserRoundMinus, X } from 'lucide-react';
import { useState } from 'react';
import { useDoors, useSite } from '../context';
import { ago } from '../format';
import { useNow, useText } from '../hooks';
import { Avatar, Skeleton } from './parts';

export function Team({ onClose }: { onClose(): void }) {
  const { t } = useText();
  const { site } = useSite();
  const { api } = useDoors();
  const agents = useQuery({ queryKey: ['agents', site.site], queryFn: () => api.agents(site.site) });
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog">
          <header className="dialog-head">
            <Dialog.Title>
              {t('team.title')} <small>{site.name}</small>
            </Dialog.Title>
            <Dialog.Close className="icon-button" aria-label={t('keys.close')}>
              <X size={20} strokeWidth={1.75} aria-hidden="true" />
            </Dialog.Close>
          </header>
          {agents.isPending && <Skeleton label={t('app.loading')} rows={3} kind="rows" />}
          {agents.isError && agents.data === undefined && (
            <div className="failed" role="alert">
              <p>{t('team.failed')}</p>
              <button type="button" className="button" onClick={() => void agents.refetch()}>
                {t('list.retry')}
              </button>
            </div>
          )}
          <ul className="team">
            {agents.data?.agents.map((agent) => (
              <Member key={agent.id} agent={agent} />
            ))}
          </ul>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Member({ agent }: { agent: AgentInfo }) {
  const { t, locale } = useText();
  const { me, site } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  const now = useNow(30_000);
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => api.removeAgent(site.site, agent.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['agents', site.site] }),
  });
  const self = agent.id === me.agent_id;
  return (
    <li>
      <Avatar name={agent.name} size={36} presence={agent.presence} />
      <span className="team-words">
        <strong>
          {agent.name} {self && <small>({t('team.you')})</small>}
        </strong>
        <small>
          {[agent.title, t(`team.${agent.role}`), agent.presence === 'offline' && agent.last_active_at !== null ? t('team.last_active', { time: ago(locale, agent.last_active_at, now) }) : t(`presence.${agent.presence}`)].filter((part) => part !== '').join(' · ')}
        </small>
      </span>
      {site.role === 'admin' && !self && !asking && (
        <button type="button" className="icon-button" aria-label={t('team.remove', { name: agent.name })} title={t('team.remove', { name: agent.name })} onClick={() => setAsking(true)}>
          <UserRoundMinus size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      )}
      {asking && (
        <div className="team-sure" role="group" aria-label={t('team.remove_sure', { name: agent.name })}>
          <p>
            <strong>{t('team.remove_sure', { name: agent.name })}</strong> {t('team.remove_why')}
          </p>
          {remove.isError && <p role="alert">{t('team.remove_failed')}</p>}
          <button type="button" className="button" autoFocus onClick={() => setAsking(false)}>
            {t('team.keep')}
          </button>
          <button type="button" className="button button-danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
            {t('team.remove_do')}
          </button>
        </div>
      )}
    </li>
  );
}
