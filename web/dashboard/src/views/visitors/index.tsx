// Who is on the site, live: a table of which only the rows in sight are in the document, and somebody of it in a drawer.

import { Users } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useDesk, useSite } from '../../context';
import { useMedia, usePreference, useText } from '../../hooks';
import { Empty, Skeleton } from '../parts';
import { Columns } from './columns';
import { Drawer } from './drawer';
import { VisitorFeed } from './feed';
import { Filters } from './filters';
import { count } from './formats';
import { FIRST_ORDER, NO_FILTER, type Filter, type Order, arrange, countries, readColumns, writeColumns } from './list';
import { Off } from './off';
import { VisitorTable } from './table';
import { useWords } from './words';
import './visitors.css';

export { startWords } from './words';

/** How often the feed looks whether it is time. */
const TICK = 500;

export function Visitors() {
  const t = useWords();
  const { locale } = useText();
  const { site } = useSite();
  const { connection, begun } = useDesk();
  const feed = useFeed();
  const { rows, is, clock } = useSyncExternalStore(feed.subscribe, feed.snapshot);
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const [order, setOrder] = useState<Order>(FIRST_ORDER);
  const [selected, setSelected] = useState<string | null>(null);
  const [chosen, choose] = usePreference('visitors-columns');
  const columns = useMemo(() => readColumns(chosen), [chosen]);
  const narrow = useMedia('(max-width: 1099.98px)');
  const opener = useRef<string | null>(null);

  const shown = useMemo(() => arrange(rows, filter, order), [rows, filter, order]);
  const there = useMemo(() => countries(rows), [rows]);
  const filtered = filter.page.trim() !== '' || filter.country !== '' || filter.cart !== null;
  const cut = begun && connection.name !== 'online';
  // The same one always: rows are drawn again only where something of theirs is another.
  const open = useCallback((id: string | null) => {
    if (id !== null) opener.current = id;
    setSelected(id);
    // Closed: the keyboard is where it was.
    if (id === null) requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-visitor="${CSS.escape(opener.current ?? '')}"]`)?.focus());
  }, []);

  return (
    <main className={`visitors ${selected === null || narrow ? '' : 'visitors-open'}`} aria-label={t('list.label')}>
      <div className="visitors-page">
        <header className="visitors-head">
          <h1>{t('list.title')}</h1>
          {is === 'live' && (
            <p className="soft visitors-count" role="status" data-testid="count">
              {t('list.count', { count: rows.size, n: count(locale, rows.size) })}
              {filtered && `, ${t('list.shown', { shown: count(locale, shown.length), all: count(locale, rows.size) })}`}
            </p>
          )}
          {is === 'live' && <Columns columns={columns} onChange={(next) => choose(writeColumns(next))} />}
        </header>
        {is === 'off' ? (
          <Off />
        ) : (
          <>
            <Filters filter={filter} onFilter={setFilter} countries={there} filtered={filtered} />
            {cut && is === 'live' && (
              <p className="visitors-cut" role="status">
                {t('list.reconnecting')}
              </p>
            )}
            {is === 'loading' && <Skeleton label={t('list.loading')} rows={8} kind="rows" />}
            {is === 'live' && rows.size === 0 && (
              <Empty icon={Users} title={t('list.empty')} why={`${t('list.empty_why')} ${t('list.unconsented')}`}>
                {location.hostname === 'localhost' && (
                  <a className="button" href={`/shop/?site=${encodeURIComponent(site.site)}`} target="_blank" rel="noopener">
                    {t('list.empty_do')}
                  </a>
                )}
              </Empty>
            )}
            {is === 'live' && rows.size > 0 && shown.length === 0 && (
              <Empty icon={Users} title={t('list.none')}>
                <button type="button" className="button" onClick={() => setFilter(NO_FILTER)}>
                  {t('list.none_do')}
                </button>
              </Empty>
            )}
            {is === 'live' && shown.length > 0 && (
              <VisitorTable rows={shown} columns={columns} order={order} onOrder={setOrder} selected={selected} onSelect={open} clock={clock} view={JSON.stringify([filter, order])} />
            )}
          </>
        )}
      </div>
      {selected !== null && <Drawer key={selected} id={selected} row={rows.get(selected)} clock={clock} narrow={narrow} onClose={() => open(null)} />}
    </main>
  );
}

/** Asks while this is shown; what was known is let go when it is not. */
function useFeed(): VisitorFeed {
  const { desk } = useSite();
  const { connection } = useDesk();
  const [feed] = useState(
    () =>
      new VisitorFeed({
        ask: (after) => desk.client.tell({ action: 'visitors', ...(after === null ? {} : { after }) }),
        looking: () => document.visibilityState === 'visible' && desk.client.connection.online,
        now: () => Date.now(),
      }),
  );
  useEffect(() => {
    if (connection.name !== 'online') feed.interrupted();
    else feed.tick();
  }, [connection.name, feed]);
  useEffect(() => {
    desk.onVisitors = (frame) => feed.receive(frame);
    const tick = () => feed.tick();
    const timer = setInterval(tick, TICK);
    document.addEventListener('visibilitychange', tick);
    tick();
    return () => {
      desk.onVisitors = null;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [desk, feed]);
  return feed;
}
