// One site's counter on one screen: rail, list, thread, profile. Makes the desk, ties it to the page, and knows every action.

import type { AgentsAnswer, ConversationDetail, ListName, Me, MySite, PresenceStatus } from '@mostrador/protocol';
import { bindToPage } from '@mostrador/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useLocation, useNavigate, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { SignedOut } from '../auth';
import { type Handles, type Site, SiteContext, useDesk, useDoors, useSite } from '../context';
import { whenIdle } from '../idle';
import { useMedia, usePreference, useText } from '../hooks';
import { LISTS, attention } from '../state/inbox';
import { Desk } from '../state/desk';
import { Drafts, forgetEverything, outboxStorage, setPreference } from '../state/storage';
import { workerEdges } from '../state/worker-edges';
import { type Theme, applyTheme, currentTheme } from '../theme';
import { type Action, useKeys } from './actions';
import { InboxList } from './inbox-list';
import { type PageName, PAGES, pageOf } from './pages';
import { Rail } from './rail';
import { ComingThread, NoThread } from './thread-none';
import { Banner, UndoToast } from './toasts';

const Palette = lazy(async () => ({ default: (await import('./palette')).Palette }));
const KeysOverlay = lazy(async () => ({ default: (await import('./palette')).KeysOverlay }));
const Team = lazy(async () => ({ default: (await import('./team')).Team }));
const loadThread = async () => ({ default: (await import('./thread')).Thread });
const Thread = lazy(loadThread);
const Profile = lazy(async () => ({ default: (await import('./profile')).Profile }));

export type Overlay = 'palette' | 'keys' | 'team' | 'me' | null;

const isList = (name: string | undefined): name is ListName => LISTS.includes(name as ListName);

export function SiteView({ me: person, site }: { me: Me; site: MySite }) {
  const { config, auth, api } = useDoors();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const params = useParams({ strict: false });
  const page = useLocation({ select: (at) => pageOf(at.pathname) });
  const list = isList(params.list) ? params.list : 'queue';
  const conversation = params.conversation ?? null;
  const owner = `${person.agent_id}.${site.site}`;

  const [desk] = useState(
    () =>
      new Desk({
        site: site.site,
        me: { id: person.agent_id, name: person.name },
        list,
        api,
        origin: config.api,
        token: async (renew) => {
          try {
            return await auth.token(renew);
          } catch (error) {
            if (error instanceof SignedOut) return null;
            throw error;
          }
        },
        edges: workerEdges(),
        storage: outboxStorage(window.localStorage, owner),
        looking: () => document.visibilityState === 'visible',
        onPresence: (agent, presence) => {
          queries.setQueryData<AgentsAnswer>(['agents', site.site], (old) => old && { agents: old.agents.map((one) => (one.id === agent ? { ...one, presence } : one)) });
          // Who comes or goes may change what shoppers are told.
          void queries.invalidateQueries({ queryKey: ['config', site.site] });
        },
        onVisit: ({ shopper_id, page, at }) => {
          queries.setQueriesData<ConversationDetail>({ queryKey: ['detail'] }, (old) =>
            old?.shopper.shopper_id === shopper_id ? { ...old, shopper: { ...old.shopper, page, last_seen: Math.max(at, old.shopper.last_seen) } } : old,
          );
        },
        onOnline: () => void queries.invalidateQueries(),
      }),
  );
  const [drafts] = useState(() => new Drafts(window.localStorage, owner));
  const started = useRef(false);

  useEffect(() => {
    // Held back closings go out before the connection rests.
    const leave = () => desk.closeNow();
    window.addEventListener('pagehide', leave);
    const untie = bindToPage(desk.client.connection, window, () => started.current);
    const storage = (event: StorageEvent) => {
      if (event.key?.startsWith(`mostrador.outbox.${owner}.`) === true) desk.storageChanged();
    };
    window.addEventListener('storage', storage);
    started.current = true;
    desk.start();
    setPreference('site', site.site);
    return () => {
      started.current = false;
      desk.stop();
      untie();
      window.removeEventListener('pagehide', leave);
      window.removeEventListener('storage', storage);
    };
  }, [desk, owner, site.site]);

  useEffect(() => desk.showList(list), [desk, list]);
  useEffect(() => desk.openConversation(conversation), [desk, conversation]);

  const agents = useQuery({ queryKey: ['agents', site.site], queryFn: () => api.agents(site.site), refetchInterval: 60_000 });
  const team = agents.data?.agents;
  // In every site one may be called something else.
  const here = team?.find((agent) => agent.id === person.agent_id)?.name;
  const me = useMemo(() => (here === undefined ? person : { ...person, name: here }), [person, here]);
  const agentName = useCallback((id: string) => (id === me.agent_id ? me.name : (team?.find((agent) => agent.id === id)?.name ?? '…')), [me, team]);
  const agentPhoto = useCallback(
    (id: string) => {
      const photo = team?.find((agent) => agent.id === id)?.photo;
      return photo === undefined ? undefined : config.api + photo;
    },
    [config.api, team],
  );
  const go = useCallback(
    (to: ListName, id: string | null) => {
      if (id === null) void navigate({ to: '/$site/$list', params: { site: site.site, list: to } });
      else void navigate({ to: '/$site/$list/$conversation', params: { site: site.site, list: to, conversation: id } });
    },
    [navigate, site.site],
  );

  const narrow = useMedia('(max-width: 1099.98px)');
  const [folded, setFolded] = usePreference('profile');
  const [drawer, setDrawer] = useState(false);
  const profile = useMemo(
    () => (narrow ? { shown: drawer, show: setDrawer } : { shown: folded !== 'hidden', show: (shown: boolean) => setFolded(shown ? null : 'hidden') }),
    [narrow, drawer, folded, setFolded],
  );
  useEffect(() => setDrawer(false), [conversation]);

  const [keys, setKeys] = usePreference('keys');
  const handles = useRef<Handles>({}).current;
  const value: Site = { desk, me, site, list, conversation, drafts, agents: team ?? [], agentName, agentPhoto, go, handles, profile, keysOn: keys !== 'off' };
  return (
    <SiteContext value={value}>
      <Screen narrow={narrow} setKeysOn={(on) => setKeys(on ? null : 'off')} page={page} section={params.section ?? ''} item={params.item ?? null} />
    </SiteContext>
  );
}

function Screen({ narrow, setKeysOn, page, section, item }: { narrow: boolean; setKeysOn: (on: boolean) => void; page: PageName | null; section: string; item: string | null }) {
  const { t } = useText();
  const { desk, site, list, conversation, profile, keysOn } = useSite();
  const { auth } = useDoors();
  const { inbox, connection } = useDesk();
  const [overlay, setOverlay] = useState<Overlay>(null);
  const [theme, setTheme] = useState<Theme>(currentTheme);
  const unread = useMemo(() => attention(inbox), [inbox]);
  const Page = page === null ? null : PAGES[page];

  // The first conversation that is opened finds its view here.
  useEffect(() => whenIdle(() => void loadThread().catch(() => undefined)), []);

  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${t(`list.${list}`)} · ${site.name} · ${t('app.name')}`;
  }, [unread, list, site.name, t]);

  const chooseTheme = (next: Theme) => {
    applyTheme(next);
    setTheme(next);
  };
  const signOut = () => {
    desk.stop();
    forgetEverything(window.localStorage);
    void auth.signOut();
  };
  const choosePresence = useChoosePresence();
  const actions = useActions({ setOverlay, chooseTheme, choosePresence, signOut });
  useKeys(actions, keysOn);

  return (
    <div className={`screen ${conversation === null ? 'screen-list' : 'screen-thread'} ${profile.shown && conversation !== null && !narrow ? 'screen-profile' : ''}`}>
      <Banner />
      <Rail
        unread={unread}
        theme={theme}
        onTheme={chooseTheme}
        onPresence={choosePresence}
        onOverlay={setOverlay}
        onSignOut={signOut}
        keysOn={keysOn}
        onKeysOn={setKeysOn}
      />
      {Page !== null && (
        <Suspense>
          <Page section={section} item={item} />
        </Suspense>
      )}
      {Page === null && <InboxList />}
      {Page === null &&
        (conversation === null ? (
          <NoThread />
        ) : (
          <Suspense fallback={<ComingThread />}>
            <Thread key={conversation} id={conversation} />
          </Suspense>
        ))}
      {conversation !== null && profile.shown && (
        <Suspense>
          <Profile key={conversation} drawer={narrow} />
        </Suspense>
      )}
      <UndoToast />
      <Suspense>
        {overlay === 'palette' && <Palette actions={actions} onClose={() => setOverlay(null)} />}
        {overlay === 'keys' && <KeysOverlay actions={actions} keysOn={keysOn} onKeysOn={setKeysOn} onClose={() => setOverlay(null)} />}
        {(overlay === 'team' || overlay === 'me') && <Team key={overlay} own={overlay === 'me'} onClose={() => setOverlay(null)} />}
      </Suspense>
      <Ended ended={connection.name === 'ended' ? connection.reason : null} />
    </div>
  );
}

/** The server or the provider has ended it: nothing goes on until the person acts. What is written stays. */
function Ended({ ended }: { ended: string | null }) {
  const { t } = useText();
  const { auth } = useDoors();
  const state = useSyncExternalStore(auth.subscribe, auth.current);
  const expired = state.is === 'expired' || ended === 'unauthorized';
  const shown = expired || ended !== null;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (shown) dialog.current?.showModal();
  }, [shown]);
  if (!shown) return null;
  return (
    <dialog ref={dialog} className="page-card ended" role="alertdialog" aria-labelledby="ended-title" aria-describedby="ended-why" onCancel={(event) => event.preventDefault()}>
      <h1 id="ended-title">{expired ? t('signin.expired') : t('signin.member_changed')}</h1>
      <p id="ended-why">{expired ? t('signin.expired_why') : t('signin.member_changed_why')}</p>
      <div className="page-actions">
        {expired ? (
          <button type="button" className="button button-primary" onClick={() => void auth.signIn(location.pathname)}>
            {t('signin.again')}
          </button>
        ) : (
          <button type="button" className="button button-primary" onClick={() => location.reload()}>
            {t('app.reload')}
          </button>
        )}
      </div>
    </dialog>
  );
}

function useChoosePresence(): (status: PresenceStatus) => void {
  const { desk, me, site } = useSite();
  const queries = useQueryClient();
  return (status) => {
    // Shown at once; the server's own word follows to every dashboard, this one included.
    if (!desk.choosePresence(status)) return;
    queries.setQueryData<AgentsAnswer>(['agents', site.site], (old) => old && { agents: old.agents.map((one) => (one.id === me.agent_id ? { ...one, presence: status } : one)) });
  };
}

function useActions(does: { setOverlay(overlay: Overlay): void; chooseTheme(theme: Theme): void; choosePresence(status: PresenceStatus): void; signOut(): void }): Action[] {
  const { desk, me, site, list, conversation, go, handles, profile } = useSite();
  const { inbox, open, undoable } = useDesk();
  const navigate = useNavigate();
  const row = conversation === null ? undefined : inbox.rows.get(conversation);
  const here = conversation !== null && open?.absent !== true;
  const closed = row?.status === 'closed' || open?.head?.status === 'closed' || (conversation !== null && inbox.wishes.get(conversation)?.closed === true);
  const live = here && !closed;
  const owner = conversation === null ? null : desk.owner(conversation);
  const joined = open?.head?.participants.includes(me.agent_id) === true;
  const id = conversation ?? '';
  return [
    { id: 'next', group: 'conversation', keys: 'j', run: () => handles.move?.(1) },
    { id: 'previous', group: 'conversation', keys: 'k', run: () => handles.move?.(-1) },
    { id: 'open', group: 'conversation', keys: 'Enter', native: true, run: () => handles.enter?.() },
    { id: 'reply', group: 'conversation', keys: 'r', enabled: live, run: () => handles.compose?.('reply') },
    { id: 'note', group: 'conversation', keys: 'n', enabled: here, run: () => handles.compose?.('note') },
    { id: 'take', group: 'conversation', keys: 'a', enabled: live && owner !== me.agent_id, run: () => desk.assign(id, me.agent_id, owner) },
    { id: 'unassign', group: 'conversation', enabled: live && owner !== null, run: () => desk.assign(id, null, owner) },
    { id: 'join', group: 'conversation', enabled: live && !joined, run: () => desk.join(id) },
    { id: 'leave', group: 'conversation', enabled: live && joined, run: () => desk.leave(id) },
    { id: 'close', group: 'conversation', keys: 'e', enabled: live, run: () => desk.close(id) },
    { id: 'undo', group: 'conversation', keys: 'z', enabled: undoable !== null, run: () => desk.undo() },
    ...LISTS.map((name): Action => ({ id: name, group: 'go', enabled: list !== name, run: () => go(name, conversation) })),
    { id: 'team', group: 'go', run: () => does.setOverlay('team') },
    ...(site.role === 'admin' ? [{ id: 'settings', group: 'go', run: () => void navigate({ to: '/$site/settings', params: { site: site.site } }) } satisfies Action] : []),
    ...me.sites
      .filter((other) => other.site !== site.site)
      .map((other): Action => ({ id: 'site', name: other.name, group: 'go', run: () => void navigate({ to: '/$site/$list', params: { site: other.site, list: 'queue' } }) })),
    { id: 'filter', group: 'view', keys: '/', run: () => handles.filter?.() },
    { id: 'palette', group: 'view', keys: '$mod+k', run: () => does.setOverlay('palette') },
    { id: 'keys', group: 'view', keys: '?', run: () => does.setOverlay('keys') },
    { id: 'profile', group: 'view', keys: 'p', enabled: here, run: () => profile.show(!profile.shown) },
    { id: 'light', group: 'view', run: () => does.chooseTheme('light') },
    { id: 'dark', group: 'view', run: () => does.chooseTheme('dark') },
    { id: 'system', group: 'view', run: () => does.chooseTheme('system') },
    { id: 'me', group: 'you', run: () => does.setOverlay('me') },
    { id: 'online', group: 'you', run: () => does.choosePresence('online') },
    { id: 'invisible', group: 'you', run: () => does.choosePresence('invisible') },
    { id: 'offline', group: 'you', run: () => does.choosePresence('offline') },
    { id: 'signout', group: 'you', run: does.signOut },
  ];
}
