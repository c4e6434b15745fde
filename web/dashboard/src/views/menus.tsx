// The menus. Loaded after the first paint: nobody opens one in the first moment.

import { Menu } from '@base-ui/react/menu';
import type { PresenceStatus } from '@mostrador/protocol';
import { useNavigate } from '@tanstack/react-router';
import { Check, ChevronsUpDown, EyeOff, LogIn, LogOut, Mail, UserRoundPen } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSite } from '../context';
import { useText } from '../hooks';
import { type Language, LANGUAGES, changeLanguage } from '../i18n';
import { THEMES, type Theme } from '../theme';
import { Avatar, Keys, PresenceDot } from './parts';
import { ShopSeen } from './shop-seen';

const PRESENCES: readonly PresenceStatus[] = ['online', 'invisible', 'offline'];

interface YouMenuProps {
  presence: PresenceStatus;
  onProfile(): void;
  theme: Theme;
  onTheme(theme: Theme): void;
  onPresence(status: PresenceStatus): void;
  onSignOut(): void;
  keysOn: boolean;
  onKeysOn(on: boolean): void;
}

export function YouMenu({ presence, onProfile, theme, onTheme, onPresence, onSignOut, keysOn, onKeysOn }: YouMenuProps) {
  const { t, language } = useText();
  const { me, site, agentPhoto } = useSite();
  const navigate = useNavigate();
  return (
      <Menu.Root>
        <Menu.Trigger className="rail-you">
          <span className="hidden">{t('rail.you', { name: me.name, presence: t(`presence.${presence}`) })}</span>
          <Avatar name={me.name} size={32} photo={agentPhoto(me.agent_id)} presence={presence} />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className="positioner" side="right" align="end" sideOffset={8} collisionPadding={8}>
            <Menu.Popup className="popup popup-you">
              <div className="popup-head">
                <Avatar name={me.name} size={36} photo={agentPhoto(me.agent_id)} />
                <span>
                  <strong>{me.name}</strong>
                  <small>{me.email}</small>
                </span>
              </div>
              <Menu.Item className="popup-item" onClick={onProfile}>
                <UserRoundPen size={16} strokeWidth={1.75} aria-hidden="true" />
                <span className="popup-words">{t('profile_edit.own')}</span>
              </Menu.Item>
              <Menu.Separator className="popup-line" />
              <Menu.RadioGroup value={presence} onValueChange={(value: PresenceStatus) => onPresence(value)}>
                <GroupLabel>{t('you.presence')}</GroupLabel>
                {PRESENCES.map((status) => (
                  <Menu.RadioItem key={status} value={status} className="popup-item" closeOnClick>
                    <PresenceDot status={status} />
                    <span className="popup-words">
                      {t(`presence.${status}`)}
                      <small>{t(`presence.${status}_why`)}</small>
                    </span>
                    <Chosen />
                  </Menu.RadioItem>
                ))}
              </Menu.RadioGroup>
              <ShopSeen className="shop-seen popup-seen" />
              <Menu.Separator className="popup-line" />
              <Menu.RadioGroup value={theme} onValueChange={(value: Theme) => onTheme(value)}>
                <GroupLabel>{t('you.theme')}</GroupLabel>
                {THEMES.map((one) => (
                  <Menu.RadioItem key={one} value={one} className="popup-item">
                    <span className="popup-words">{t(`you.theme_${one}`)}</span>
                    <Chosen />
                  </Menu.RadioItem>
                ))}
              </Menu.RadioGroup>
              <Menu.Separator className="popup-line" />
              <Menu.RadioGroup value={language} onValueChange={(value: Language) => void changeLanguage(value)}>
                <GroupLabel>{t('you.language')}</GroupLabel>
                {(Object.keys(LANGUAGES) as Language[]).map((code) => (
                  <Menu.RadioItem key={code} value={code} className="popup-item" lang={code}>
                    <span className="popup-words">{LANGUAGES[code]}</span>
                    <Chosen />
                  </Menu.RadioItem>
                ))}
              </Menu.RadioGroup>
              <Menu.Separator className="popup-line" />
              <Menu.CheckboxItem className="popup-item" checked={keysOn} onCheckedChange={onKeysOn}>
                <span className="popup-words">{t('you.keys')}</span>
                <Menu.CheckboxItemIndicator className="popup-check">
                  <Check size={16} strokeWidth={2} aria-hidden="true" />
                </Menu.CheckboxItemIndicator>
              </Menu.CheckboxItem>
              <Menu.Separator className="popup-line" />
              <Menu.Item className="popup-item" onClick={() => void navigate({ to: '/$site/settings/$section', params: { site: site.site, section: 'notifications' } })}>
                <Mail size={16} strokeWidth={1.75} aria-hidden="true" />
                <span className="popup-words">{t('you.notifications')}</span>
              </Menu.Item>
              <Menu.Item className="popup-item" onClick={onSignOut}>
                <LogOut size={16} strokeWidth={1.75} aria-hidden="true" />
                <span className="popup-words">{t('signin.out')}</span>
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
  );
}

export function SiteMenu({ children }: { children: ReactNode }) {
  const { t } = useText();
  const { me, site } = useSite();
  const navigate = useNavigate();
  return (
    <Menu.Root>
      <Menu.Trigger className="site-button">
        <span className="hidden">{t('sites.switch')}: </span>
        {children}
        <ChevronsUpDown size={16} strokeWidth={1.75} aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="positioner" align="start" sideOffset={4}>
          <Menu.Popup className="popup">
            {me.sites.map((other) => (
              <Menu.Item key={other.site} className="popup-item" onClick={() => void navigate({ to: '/$site/$list', params: { site: other.site, list: 'queue' } })}>
                <span className="popup-words">{other.name}</span>
                {other.site === site.site && <Check size={16} strokeWidth={2} aria-hidden="true" />}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

export function OwnerMenu({ id, owner, joined, children }: { id: string; owner: string | null; joined: boolean; children: ReactNode }) {
  const { t } = useText();
  const { desk, me, agents, agentPhoto } = useSite();
  const others = agents.filter((agent) => agent.id !== me.agent_id);
  return (
          <Menu.Root>
            <Menu.Trigger className="button owner-button">
              {children}
            </Menu.Trigger>
            <Menu.Portal>
              <Menu.Positioner className="positioner" align="end" sideOffset={4} collisionPadding={8}>
                <Menu.Popup className="popup">
                  <Menu.Group>
                    <Menu.GroupLabel className="popup-label">{t('owner.assign')}</Menu.GroupLabel>
                    <OwnerItem chosen={owner === me.agent_id} onPick={() => desk.assign(id, me.agent_id, owner)} hint="A">
                      <Avatar name={me.name} size={20} photo={agentPhoto(me.agent_id)} />
                      <span className="popup-words">{t('owner.me')}</span>
                    </OwnerItem>
                    {others.map((agent) => (
                      <OwnerItem key={agent.id} chosen={owner === agent.id} onPick={() => desk.assign(id, agent.id, owner)}>
                        <Avatar name={agent.name} size={20} photo={agentPhoto(agent.id)} />
                        <span className="popup-words">{agent.name}</span>
                        <span className="popup-presence">
                          <PresenceDot status={agent.presence} />
                          {t(`presence.${agent.presence}`)}
                        </span>
                      </OwnerItem>
                    ))}
                  </Menu.Group>
                  <Menu.Separator className="popup-line" />
                  <OwnerItem chosen={owner === null} onPick={() => desk.assign(id, null, owner)}>
                    <EyeOff size={16} strokeWidth={1.75} aria-hidden="true" />
                    <span className="popup-words">{t('owner.to_nobody')}</span>
                  </OwnerItem>
                  <Menu.Separator className="popup-line" />
                  <Menu.Item className="popup-item" onClick={() => (joined ? desk.leave(id) : desk.join(id))}>
                    {joined ? <LogOut size={16} strokeWidth={1.75} aria-hidden="true" /> : <LogIn size={16} strokeWidth={1.75} aria-hidden="true" />}
                    <span className="popup-words">{joined ? t('join.leave') : t('join.do')}</span>
                  </Menu.Item>
                </Menu.Popup>
              </Menu.Positioner>
            </Menu.Portal>
          </Menu.Root>
  );
}

function OwnerItem({ chosen, onPick, hint, children }: { chosen: boolean; onPick(): void; hint?: string; children: ReactNode }) {
  return (
    <Menu.Item className="popup-item" onClick={onPick}>
      {children}
      {chosen ? <Check size={16} strokeWidth={2} aria-hidden="true" /> : hint !== undefined && <Keys keys={hint} />}
    </Menu.Item>
  );
}

function GroupLabel({ children }: { children: ReactNode }) {
  return <Menu.GroupLabel className="popup-label">{children}</Menu.GroupLabel>;
}

function Chosen() {
  return (
    <Menu.RadioItemIndicator className="popup-check">
      <Check size={16} strokeWidth={2} aria-hidden="true" />
    </Menu.RadioItemIndicator>
  );
}
