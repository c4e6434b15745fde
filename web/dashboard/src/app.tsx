// Who may see what: the door, then the routes, then one site.

import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { Outlet, RouterProvider, createRootRoute, createRoute, createRouter, useNavigate, useParams } from '@tanstack/react-router';
import { Component, type ReactNode, Suspense, lazy, useEffect, useState, useSyncExternalStore } from 'react';
import { ApiError } from './api';
import { BASE } from './config';
import { type Doors, DoorsContext, useDoors } from './context';
import { useText } from './hooks';
import { preference } from './state/storage';
import { Message, Skeleton } from './views/parts';
import { SiteView } from './views/site';

// Whoever is signed in does not come by the door.
const SignIn = lazy(async () => ({ default: (await import('./views/sign-in')).SignIn }));

const rootRoute = createRootRoute({ component: Gate, notFoundComponent: Home });
const homeRoute = createRoute({ getParentRoute: () => rootRoute, path: '/', component: Home });
const siteRoute = createRoute({ getParentRoute: () => rootRoute, path: '/$site', component: OneSite });
const settingsRoute = createRoute({ getParentRoute: () => siteRoute, path: '/settings' });
const sectionRoute = createRoute({ getParentRoute: () => siteRoute, path: '/settings/$section' });
const itemRoute = createRoute({ getParentRoute: () => siteRoute, path: '/settings/$section/$item' });
const visitorsRoute = createRoute({ getParentRoute: () => siteRoute, path: '/visitors' });
const listRoute = createRoute({ getParentRoute: () => siteRoute, path: '/$list' });
const conversationRoute = createRoute({ getParentRoute: () => siteRoute, path: '/$list/$conversation' });

function makeRouter() {
  return createRouter({
    routeTree: rootRoute.addChildren([homeRoute, siteRoute.addChildren([settingsRoute, sectionRoute, itemRoute, visitorsRoute, listRoute, conversationRoute])]),
    basepath: BASE,
    defaultPreload: false,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}

export function App({ doors, failed }: { doors: Doors; failed: boolean }) {
  const [router] = useState(makeRouter);
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: {
            staleTime: 30_000,
            // What the server has understood and refused will be refused again.
            retry: (times, error) => times < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500 || error.status === 429),
          },
        },
      }),
  );
  const auth = useSyncExternalStore(doors.auth.subscribe, doors.auth.current);
  return (
    <Crash>
      <DoorsContext value={doors}>
        {auth.is === 'signed_out' ? (
          <Suspense>
            <SignIn auth={doors.auth} failed={failed} returnTo={location.pathname} />
          </Suspense>
        ) : (
          <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        )}
      </DoorsContext>
    </Crash>
  );
}

export function useMe() {
  const { api } = useDoors();
  return useQuery({ queryKey: ['me'], queryFn: api.me, staleTime: 5 * 60_000 });
}

/** Signed in; now who that is to us. */
function Gate() {
  const { t } = useText();
  const { auth } = useDoors();
  const me = useMe();
  const state = useSyncExternalStore(auth.subscribe, auth.current);
  if (me.data !== undefined) return <Outlet />;
  if (state.is === 'expired') {
    return (
      <Message title={t('signin.expired')} why={t('signin.expired_why')}>
        <button type="button" className="button button-primary" onClick={() => void auth.signIn(location.pathname)}>
          {t('signin.again')}
        </button>
      </Message>
    );
  }
  if (me.isPending) {
    return (
      <div className="boot">
        <Skeleton label={t('app.loading')} rows={8} kind="rows" />
      </div>
    );
  }
  const email = state.is === 'signed_in' ? state.email : '';
  const stranger = me.error instanceof ApiError && me.error.code === 'forbidden';
  return (
    <Message title={stranger ? t('sites.none') : t('app.broken')} why={stranger ? t('sites.forbidden_why', { email }) : t('signin.unreachable')}>
      {!stranger && (
        <button type="button" className="button button-primary" onClick={() => void me.refetch()}>
          {t('list.retry')}
        </button>
      )}
      <button type="button" className="button" onClick={() => void auth.signOut()}>
        {t('signin.out')}
      </button>
    </Message>
  );
}

function Home() {
  const { t } = useText();
  const { auth } = useDoors();
  const me = useMe();
  const navigate = useNavigate();
  const sites = me.data?.sites ?? [];
  const home = sites.find((site) => site.site === preference('site')) ?? sites[0];
  useEffect(() => {
    if (home !== undefined) void navigate({ to: '/$site/$list', params: { site: home.site, list: 'queue' }, replace: true });
  }, [home, navigate]);
  if (home !== undefined) return null;
  return (
    <Message title={t('sites.none')} why={t('sites.none_why', { email: me.data?.email ?? '' })}>
      <button type="button" className="button" onClick={() => void auth.signOut()}>
        {t('signin.out')}
      </button>
    </Message>
  );
}

function OneSite() {
  const { t } = useText();
  const params = useParams({ strict: false });
  const navigate = useNavigate();
  const me = useMe().data;
  const site = me?.sites.find((site) => site.site === params.site);
  if (me === undefined) return null;
  if (site === undefined) {
    return (
      <Message title={t('sites.unknown')} why={t('sites.unknown_why')}>
        <button type="button" className="button button-primary" onClick={() => void navigate({ to: '/' })}>
          {t('sites.go_home')}
        </button>
      </Message>
    );
  }
  // Another site is another counter: nothing of the one before stays.
  return <SiteView key={site.site} me={me} site={site} />;
}

class Crash extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };
  static getDerivedStateFromError() {
    return { broken: true };
  }
  override render() {
    return this.state.broken ? <Crashed /> : this.props.children;
  }
}

function Crashed() {
  const { t } = useText();
  return (
    <Message title={t('app.crashed')} why={t('app.crashed_why')}>
      <button type="button" className="button button-primary" onClick={() => location.reload()}>
        {t('app.reload')}
      </button>
    </Message>
  );
}
