// The list: tabs, a filter, and rows of which only those in sight are in the document.

import type { ListName, Row } from '@mostrador/protocol';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Link } from '@tanstack/react-router';
import { Archive, CircleAlert, Clock3, Inbox, MessagesSquare, Search, UserRound, X } from 'lucide-react';
import { type CSSProperties, type PointerEvent, Suspense, lazy, useEffect, useMemo, useRef, useState } from 'react';
import { useDesk, useSite } from '../context';
import { absolute, elapsed, shopperName, whenShort } from '../format';
import { useMedia, useNow, useText } from '../hooks';
import { LISTS, arrange, count, listed, urgency } from '../state/inbox';
import { preference, setPreference } from '../state/storage';
import { Avatar, Empty, Skeleton, VerifiedMark } from './parts';
import { ShopSeen } from './shop-seen';

const SiteMenu = lazy(async () => ({ default: (await import('./menus')).SiteMenu }));

const ROW = 68;
const WIDTH = { least: 280, first: 340, most: 520 };

export function InboxList() {
  const { t } = useText();
  const { desk, list, conversation, handles, go } = useSite();
  const { inbox, loading, clock } = useDesk();
  const now = useNow(5_000, clock);
  const [filter, setFilter] = useState('');
  // On a phone the list is the page while no conversation is open.
  const alone = useMedia('(max-width: 759.98px)');
  const field = useRef<HTMLInputElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(() => clampWidth(Number(preference('list-width') ?? WIDTH.first)));

  const all = useMemo(() => listed(inbox, list), [inbox, list]);
  const found = useMemo(() => {
    const words = filter.trim().toLowerCase();
    if (words === '') return all;
    return all.filter((row) => `${shopperName(t, row.shopper_name, row.shopper_id)} ${row.preview?.text ?? ''}`.toLowerCase().includes(words));
  }, [all, filter, t]);
  const rows = useHeld(found, conversation, `${list} ${filter}`);

  const shelf = inbox.shelves[list];
  const state = loading[list];
  const known = shelf.floor !== null;
  const complete = shelf.end && !shelf.stale;
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 8, getItemKey: (i) => rows[i]!.conversation_id });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (known && !complete && state === 'idle' && lastShown >= rows.length - 15) void desk.loadMore(list);
  }, [known, complete, state, lastShown, rows.length, desk, list]);

  // The keyboard's place in the list. It is the focus, so that Enter opens by itself.
  const [cursor, setCursor] = useState<string | null>(null);
  const wantsFocus = useRef(false);
  useEffect(() => {
    if (!wantsFocus.current || cursor === null) return;
    const link = scroller.current?.querySelector<HTMLElement>(`[data-conversation="${CSS.escape(cursor)}"]`);
    if (link === null || link === undefined) return;
    wantsFocus.current = false;
    link.focus({ preventScroll: true });
  });
  const place = Math.max(0, rows.findIndex((row) => row.conversation_id === (cursor ?? conversation)));
  const tabStop = rows.some((row) => row.conversation_id === (cursor ?? conversation)) ? (cursor ?? conversation) : (rows[0]?.conversation_id ?? null);
  useEffect(() => {
    handles.filter = () => field.current?.focus();
    handles.move = (by) => {
      const focused = document.activeElement?.getAttribute('data-conversation') ?? conversation;
      const from = rows.findIndex((row) => row.conversation_id === focused);
      const to = from < 0 ? (by > 0 ? Math.min(place, rows.length - 1) : 0) : Math.min(rows.length - 1, Math.max(0, from + by));
      const row = rows[to];
      if (row === undefined) return;
      wantsFocus.current = true;
      setCursor(row.conversation_id);
      virtual.scrollToIndex(to);
    };
    handles.enter = () => {
      const row = rows[place];
      if (row !== undefined) go(list, row.conversation_id);
    };
    return () => {
      delete handles.filter;
      delete handles.move;
      delete handles.enter;
    };
  });

  return (
    <section className="list" role={alone && conversation === null ? 'main' : undefined} aria-label={t('list.label')} style={{ '--list-width': `${width}px` } as CSSProperties}>
      <SiteName />
      <Tabs />
      <div className="filter">
        <Search size={16} strokeWidth={1.75} aria-hidden="true" />
        <input
          ref={field}
          type="text"
          role="searchbox"
          value={filter}
          aria-label={t('list.filter')}
          placeholder={t('list.filter')}
          onChange={(event) => setFilter(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            setFilter('');
            event.currentTarget.blur();
          }}
        />
        {filter === '' ? (
          <kbd aria-hidden="true">/</kbd>
        ) : (
          <button type="button" className="icon-button" aria-label={t('list.filter_clear')} onClick={() => setFilter('')}>
            <X size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
        )}
      </div>
      <div className="rows" ref={scroller} data-testid="rows" tabIndex={-1}>
        {!known && state !== 'failed' && <Skeleton label={t('list.loading')} rows={8} kind="rows" />}
        {!known && state === 'failed' && <Failed text={t('list.failed')} onRetry={() => void desk.loadMore(list)} />}
        {known && all.length === 0 && complete && <EmptyList list={list} />}
        {known && all.length > 0 && rows.length === 0 && <Empty icon={Search} title={t('list.filter_none', { count: all.length, text: filter.trim() })} why={t('list.filter_none_why')} />}
        {rows.length > 0 && (
          <ul
            className="rows-track"
            aria-label={t(`list.${list}`)}
            style={{ height: virtual.getTotalSize() }}
            onKeyDown={(event) => {
              const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : null;
              if (by === null) return;
              event.preventDefault();
              handles.move?.(by);
            }}
          >
            {items.map((item) => {
              const row = rows[item.index]!;
              return (
                <li
                  key={item.key}
                  className="row-place"
                  style={{ transform: `translateY(${item.start}px)`, height: ROW }}
                  aria-posinset={item.index + 1}
                  aria-setsize={complete || filter !== '' ? rows.length : -1}
                >
                  <RowLink row={row} now={now} selected={row.conversation_id === conversation} tabStop={row.conversation_id === tabStop} />
                </li>
              );
            })}
          </ul>
        )}
        {known && rows.length > 0 && state === 'failed' && <Failed text={t('list.failed_more')} onRetry={() => void desk.loadMore(list)} />}
        {known && rows.length > 0 && state === 'loading' && !complete && (
          <p className="rows-more" role="status">
            {t('list.more')}
          </p>
        )}
        {complete && rows.length > 20 && filter === '' && <p className="rows-more">{t('list.end')}</p>}
      </div>
      <Resizer width={width} onWidth={setWidth} />
    </section>
  );
}

/** The order on screen: the selected row stays where it was when it was selected. */
function useHeld(sorted: readonly Row[], selected: string | null, view: string): readonly Row[] {
  const held = useRef<{ id: string; index: number; view: string } | null>(null);
  const shown = useRef<readonly Row[]>([]);
  if (held.current?.id !== selected || held.current.view !== view) {
    const before = held.current?.view === view ? shown.current : sorted;
    const index = before.findIndex((row) => row.conversation_id === selected);
    held.current = selected === null || index < 0 ? null : { id: selected, index, view };
  }
  const order = arrange(sorted, held.current);
  shown.current = order;
  return order;
}

function RowLink({ row, now, selected, tabStop }: { row: Row; now: number; selected: boolean; tabStop: boolean }) {
  const { t, locale: language } = useText();
  const { me, site, list, agentName, agentPhoto } = useSite();
  const name = shopperName(t, row.shopper_name, row.shopper_id);
  const wait = urgency(row.waiting_since, now);
  const waited = row.waiting_since === null ? null : elapsed(t, row.waiting_since, now);
  const when = waited ?? whenShort(t, language, row.last_activity, now);
  const author = row.preview?.author;
  const by = author?.role === 'agent' ? (author.id === me.agent_id ? t('row.you') : author.name) : author?.role === 'system' ? t('thread.automatic') : null;
  const words = row.preview?.text ?? t('row.no_message');
  const owner = row.owner === null ? null : row.owner === me.agent_id ? t('row.owner_you') : t('row.owner', { name: agentName(row.owner) });
  return (
    <Link
      to="/$site/$list/$conversation"
      params={{ site: site.site, list, conversation: row.conversation_id }}
      className={`row ${selected ? 'row-selected' : ''} ${row.unread ? 'row-unread' : ''}`}
      data-conversation={row.conversation_id}
      aria-current={selected ? 'true' : undefined}
      tabIndex={tabStop ? 0 : -1}
      activeProps={{}}
    >
      <span className="row-dot" />
      <Avatar name={name} size={36} />
      <span className="row-words">
        <span className="row-top">
          <span className="row-name" dir="auto">
            {name}
          </span>
          {row.verified === true && <VerifiedMark size={14} />}
          <span className="hidden">, {row.unread ? `${t('row.unread')}, ` : ''}</span>
          <span className={`row-time wait-${row.waiting_since === null ? 'none' : wait}`} title={absolute(language, row.waiting_since ?? row.last_activity)}>
            {wait === 'long' && <Clock3 size={12} strokeWidth={2.25} aria-hidden="true" />}
            {wait === 'too_long' && <CircleAlert size={12} strokeWidth={2.25} aria-hidden="true" />}
            {wait === 'long' && `${t('row.wait_long')} `}
            {wait === 'too_long' && `${t('row.wait_too_long')} `}
            {waited !== null && wait === 'fine' && <span className="hidden">{t('row.waiting')} </span>}
            {when}
          </span>
          <span className="hidden">, </span>
        </span>
        <span className="row-bottom">
          <span className="row-preview" dir="auto">
            {by !== null && <span className="row-by">{by}: </span>}
            {words}
          </span>
          {row.bot === true && <span className="chip row-bot">{t(row.ended === true ? 'row.bot_ended' : 'row.bot')}</span>}
          {row.owner !== null && list !== 'mine' && (
            <span className="row-owner" title={owner ?? ''}>
              <span className="hidden">, {owner}</span>
              <Avatar name={agentName(row.owner)} size={20} photo={agentPhoto(row.owner)} />
            </span>
          )}
        </span>
      </span>
    </Link>
  );
}

function SiteName() {
  const { me, site } = useSite();
  const title = (
    <>
      <span className="site-color" style={{ background: /^#[0-9a-f]{6}$/i.test(site.color) ? site.color : 'var(--accent)' }} aria-hidden="true" />
      <span className="site-name">{site.name}</span>
    </>
  );
  return (
    <header className="list-head">
      {me.sites.length > 1 ? (
        <Suspense fallback={<span className="site-title">{title}</span>}>
          <SiteMenu>{title}</SiteMenu>
        </Suspense>
      ) : (
        <h1 className="site-title">{title}</h1>
      )}
      <ShopSeen className="shop-seen" />
    </header>
  );
}

function Tabs() {
  const { t, locale } = useText();
  const { list, site } = useSite();
  const { inbox } = useDesk();
  return (
    <nav className="tabs" aria-label={t('list.tabs')}>
      {LISTS.map((name) => {
        const { total, unread, waiting, atLeast } = count(inbox, name);
        // The two that are work. The others would only say how long the shop has been open.
        const number = inbox.shelves[name].floor !== null && (name === 'queue' || name === 'mine') ? total : 0;
        const spoken = [t('list.unread', { count: unread }), t('list.waiting', { count: waiting })].join(', ');
        return (
          <Link key={name} to="/$site/$list" params={{ site: site.site, list: name }} className="tab" aria-current={list === name ? 'page' : undefined} activeProps={{}} data-list={name}>
            {t(`list.${name}`)}
            {number > 0 && (
              <span className={`tab-count ${unread > 0 ? 'tab-count-unread' : ''}`}>
                {`${new Intl.NumberFormat(locale).format(number)}${atLeast ? '+' : ''}`}
                <span className="hidden"> ({spoken})</span>
              </span>
            )}
          </Link>
        );
      })}
    </nav>
  );
}

function EmptyList({ list }: { list: ListName }) {
  const { t } = useText();
  const { go, site } = useSite();
  const icon = { queue: Inbox, mine: UserRound, all: MessagesSquare, closed: Archive }[list];
  return (
    <Empty icon={icon} title={t(`list.empty_${list}`)} why={t(`list.empty_${list}_why`)}>
      {list === 'mine' && (
        <button type="button" className="button" onClick={() => go('queue', null)}>
          {t('list.empty_mine_do')}
        </button>
      )}
      {list === 'queue' && location.hostname === 'localhost' && (
        <a className="button" href={`/shop/?site=${encodeURIComponent(site.site)}`} target="_blank" rel="noopener">
          {t('list.empty_queue_do')}
        </a>
      )}
    </Empty>
  );
}

function Failed({ text, onRetry }: { text: string; onRetry(): void }) {
  const { t } = useText();
  return (
    <div className="failed" role="alert">
      <p>{text}</p>
      <button type="button" className="button" onClick={onRetry}>
        {t('list.retry')}
      </button>
    </div>
  );
}

const clampWidth = (width: number) => Math.min(WIDTH.most, Math.max(WIDTH.least, Number.isFinite(width) ? width : WIDTH.first));

function Resizer({ width, onWidth }: { width: number; onWidth(width: number): void }) {
  const { t } = useText();
  const from = useRef<{ x: number; width: number } | null>(null);
  const set = (next: number) => {
    onWidth(clampWidth(next));
    setPreference('list-width', String(clampWidth(next)));
  };
  return (
    <div
      className="resizer"
      role="separator"
      aria-orientation="vertical"
      aria-label={t('list.label')}
      aria-valuenow={width}
      aria-valuemin={WIDTH.least}
      aria-valuemax={WIDTH.most}
      tabIndex={0}
      onPointerDown={(event: PointerEvent<HTMLDivElement>) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { x: event.clientX, width };
      }}
      onPointerMove={(event) => from.current !== null && set(from.current.width + event.clientX - from.current.x)}
      onPointerUp={() => (from.current = null)}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') set(width - 16);
        if (event.key === 'ArrowRight') set(width + 16);
      }}
    />
  );
}
