// The narrow column on the left: where one is, and who one is.

import type { PresenceStatus } from '@mostrador/protocol';
import { Link, useLocation } from '@tanstack/react-router';
import { Command, Eye, Inbox, Keyboard, Settings, Users } from 'lucide-react';
import { Suspense, lazy } from 'react';
import { useSite } from '../context';
import { useText } from '../hooks';
import type { Theme } from '../theme';
import { pageOf } from './pages';
import { Avatar, Mark } from './parts';
import type { Overlay } from './site';

interface RailProps {
  unread: number;
  theme: Theme;
  onTheme(theme: Theme): void;
  onPresence(status: PresenceStatus): void;
  onOverlay(overlay: Overlay): void;
  onSignOut(): void;
  keysOn: boolean;
  onKeysOn(on: boolean): void;
}

const YouMenu = lazy(async () => ({ default: (await import('./menus')).YouMenu }));

export function Rail({ unread, theme, onTheme, onPresence, onOverlay, onSignOut, keysOn, onKeysOn }: RailProps) {
  const { t } = useText();
  const { me, site, agents, agentPhoto, list, go } = useSite();
  const page = useLocation({ select: (at) => pageOf(at.pathname) });
  const presence = agents.find((agent) => agent.id === me.agent_id)?.presence ?? 'offline';
  return (
    <nav className="rail" aria-label={t('rail.label')}>
      <span className="rail-mark">
        <Mark />
      </span>
      <button type="button" className="rail-button" aria-current={page === null ? 'page' : undefined} aria-label={unread > 0 ? t('rail.inbox_unread', { count: unread }) : t('rail.inbox')} title={t('rail.inbox')} onClick={() => go(list, null)}>
        <Inbox size={20} strokeWidth={1.75} aria-hidden="true" />
        {unread > 0 && (
          <span className="badge" aria-hidden="true">
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </button>
      <Link to="/$site/visitors" params={{ site: site.site }} className="rail-button" aria-current={page === 'visitors' ? 'page' : undefined} activeProps={{}} aria-label={t('rail.visitors')} title={t('rail.visitors')}>
        <Eye size={20} strokeWidth={1.75} aria-hidden="true" />
      </Link>
      <button type="button" className="rail-button" aria-label={t('rail.team')} title={t('rail.team')} onClick={() => onOverlay('team')}>
        <Users size={20} strokeWidth={1.75} aria-hidden="true" />
      </button>
      {site.role === 'admin' && (
        <Link to="/$site/settings" params={{ site: site.site }} className="rail-button" aria-current={page === 'settings' ? 'page' : undefined} activeProps={{}} aria-label={t('rail.settings')} title={t('rail.settings')}>
          <Settings size={20} strokeWidth={1.75} aria-hidden="true" />
        </Link>
      )}
      <span className="rail-space" />
      <button type="button" className="rail-button" aria-label={t('rail.actions')} title={t('rail.actions')} onClick={() => onOverlay('palette')}>
        <Command size={20} strokeWidth={1.75} aria-hidden="true" />
      </button>
      <button type="button" className="rail-button rail-keys" aria-label={t('rail.keys')} title={t('rail.keys')} onClick={() => onOverlay('keys')}>
        <Keyboard size={20} strokeWidth={1.75} aria-hidden="true" />
      </button>
      <Suspense
        fallback={
          <button type="button" className="rail-you">
          <span className="hidden">{t('rail.you', { name: me.name, presence: t(`presence.${presence}`) })}</span>
            <Avatar name={me.name} size={32} photo={agentPhoto(me.agent_id)} presence={presence} />
          </button>
        }
      >
        <YouMenu onProfile={() => onOverlay('me')} presence={presence} theme={theme} onTheme={onTheme} onPresence={onPresence} onSignOut={onSignOut} keysOn={keysOn} onKeysOn={onKeysOn} />
      </Suspense>
    </nav>
  );
}
