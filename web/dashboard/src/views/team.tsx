// Who answers here. Each may change what is seen of them, admins what is seen of anybody; and end a membership.

import { Dialog } from '@base-ui/react/dialog';
import type { AgentInfo } from '@mostrador/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Pencil, UserRoundMinus, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useDoors, useSite } from '../context';
import { ago } from '../format';
import { useNow, useText } from '../hooks';
import { ProfileForm } from './own-profile';
import { Avatar, Skeleton } from './parts';
import './palette.css';

/** `own`: opened to change one's own profile, and closed when that is done. */
export function Team({ own, onClose }: { own: boolean; onClose(): void }) {
  const { t } = useText();
  const { me, site } = useSite();
  const { api } = useDoors();
  const [edited, setEdited] = useState<string | null>(own ? me.agent_id : null);
  const agents = useQuery({ queryKey: ['agents', site.site], queryFn: () => api.agents(site.site) });
  const agent = agents.data?.agents.find((one) => one.id === edited);
  const list = useRef<HTMLUListElement>(null);
  const done = () => {
    if (own) return onClose();
    setEdited(null);
  };
  const before = useRef(edited);
  useEffect(() => {
    // Back to where one came from.
    if (edited === null && before.current !== null) list.current?.querySelector<HTMLElement>(`[data-edit="${before.current}"]`)?.focus();
    before.current = edited;
  }, [edited]);
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog">
          <header className="dialog-head">
            <Dialog.Title>
              {agent === undefined ? t('team.title') : agent.id === me.agent_id ? t('profile_edit.own') : t('profile_edit.of', { name: agent.name })} <small>{site.name}</small>
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
          {agent !== undefined && <ProfileForm key={agent.id} agent={agent} onDone={done} />}
          {agent === undefined && !own && (
            <ul className="team" ref={list}>
              {agents.data?.agents.map((one) => (
                <Member key={one.id} agent={one} onEdit={() => setEdited(one.id)} />
              ))}
            </ul>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Member({ agent, onEdit }: { agent: AgentInfo; onEdit(): void }) {
  const { t, locale } = useText();
  const { me, site, agentPhoto } = useSite();
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
      <Avatar name={agent.name} size={36} photo={agentPhoto(agent.id)} presence={agent.presence} />
      <span className="team-words">
        <strong>
          {agent.name} {self && <small>({t('team.you')})</small>}
        </strong>
        <small>
          {[agent.title, t(`team.${agent.role}`), agent.presence === 'offline' && agent.last_active_at !== null ? t('team.last_active', { time: ago(locale, agent.last_active_at, now) }) : t(`presence.${agent.presence}`)].filter((part) => part !== '').join(' · ')}
        </small>
      </span>
      {(self || site.role === 'admin') && !asking && (
        <button type="button" className="icon-button" data-edit={agent.id} aria-label={self ? t('profile_edit.own') : t('profile_edit.of', { name: agent.name })} title={self ? t('profile_edit.own') : t('profile_edit.of', { name: agent.name })} onClick={onEdit}>
          <Pencil size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      )}
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
