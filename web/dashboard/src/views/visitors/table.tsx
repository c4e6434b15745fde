// The table: a row each, on a phone a card each. Only what is in sight is in the document; the row that is looked at stays where it is.

import { type VirtualItem, useVirtualizer } from '@tanstack/react-virtual';
import type { VisitorRow } from '@mostrador/protocol';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type CSSProperties, memo, useEffect, useMemo, useRef, useState } from 'react';
import { useSite } from '../../context';
import { elapsed } from '../../format';
import { useMedia, useNow, useText } from '../../hooks';
import { Cell, type Invited, type Speech, Who } from './cells';
import { type Column, type Order, type Presence, hold, invited, presence } from './list';
import { useWords } from './words';

const ROW = 48;
const CARD = 112;

/** How much room a column wants; the page takes what is left. */
const WIDTHS: Record<Column, string> = {
  who: 'minmax(170px, 1.1fr)',
  page: 'minmax(180px, 2fr)',
  since: '96px',
  pages: '72px',
  referrer: 'minmax(120px, 1fr)',
  country: 'minmax(110px, 0.8fr)',
  device: 'minmax(140px, 0.9fr)',
  cart: '130px',
  visits: '72px',
  state: 'minmax(180px, 1.1fr)',
};
const LEAST: Record<Column, number> = { who: 170, page: 180, since: 96, pages: 72, referrer: 120, country: 110, device: 140, cart: 130, visits: 72, state: 180 };

interface Props {
  rows: VisitorRow[];
  columns: readonly Column[];
  order: Order;
  onOrder(order: Order): void;
  selected: string | null;
  onSelect(id: string): void;
  clock: number;
  /** What is asked for: filters and order. Where that changes, nothing is held. */
  view: string;
}

export function VisitorTable({ rows: sorted, columns, order, onOrder, selected, onSelect, clock, view }: Props) {
  const t = useWords();
  const { t: text, locale } = useText();
  const speech = useMemo(() => ({ t, text, locale }), [t, text, locale]);
  const { handles } = useSite();
  const cards = useMedia('(max-width: 759.98px)');
  const now = useNow(5_000, clock);
  const scroller = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<string | null>(null);
  const [cursor, setCursor] = useState<string | null>(null);
  const rows = useHeld(sorted, pointed ?? selected, view);
  const height = cards ? CARD : ROW;
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => height, overscan: 6 });
  useEffect(() => virtual.measure(), [virtual, height]);

  const tabStop = rows.some((row) => row.id === (cursor ?? selected)) ? (cursor ?? selected) : (rows[0]?.id ?? null);
  const wantsFocus = useRef(false);
  useEffect(() => {
    if (!wantsFocus.current || cursor === null) return;
    const button = scroller.current?.querySelector<HTMLElement>(`[data-visitor="${CSS.escape(cursor)}"]`);
    if (button === null || button === undefined) return;
    wantsFocus.current = false;
    button.focus({ preventScroll: true });
  });
  useEffect(() => {
    handles.move = (by) => {
      const focused = document.activeElement?.getAttribute('data-visitor') ?? selected;
      const from = rows.findIndex((row) => row.id === focused);
      const to = from < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, from + by));
      const row = rows[to];
      if (row === undefined) return;
      wantsFocus.current = true;
      setCursor(row.id);
      virtual.scrollToIndex(to);
    };
    return () => {
      delete handles.move;
    };
  });

  const template = { '--columns': columns.map((name) => WIDTHS[name]).join(' '), '--least': `${columns.reduce((sum, name) => sum + LEAST[name] + 16, 32)}px` } as CSSProperties;
  return (
    <div
      className={`visitors-table ${cards ? 'visitors-cards' : ''}`}
      style={template}
      ref={scroller}
      role="table"
      aria-label={t('list.label')}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      onPointerLeave={() => setPointed(null)}
      onKeyDown={(event) => {
        const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : null;
        if (by === null) return;
        event.preventDefault();
        handles.move?.(by);
      }}
    >
      <div role="rowgroup" className="visitors-header">
        <div role="row" aria-rowindex={1} className="visitors-row">
          {columns.map((name, i) => (
            <Header key={name} name={name} index={i} order={order} onOrder={onOrder} />
          ))}
        </div>
      </div>
      <div role="rowgroup" className="visitors-track" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index]!;
          return (
            <TableRow
              key={row.id}
              row={row}
              item={item.index}
              start={item.start}
              height={height}
              columns={columns}
              cards={cards}
              is={presence(row, now)}
              since={elapsed(text, row.viewed_at, now)}
              invitation={invited(row, now)}
              speech={speech}
              selected={row.id === selected}
              tabStop={row.id === tabStop}
              onSelect={onSelect}
              onPoint={setPointed}
            />
          );
        })}
      </div>
    </div>
  );
}

/** The order on screen: the row under the pointer, or else the one that is open, stays where it was. */
function useHeld(sorted: VisitorRow[], id: string | null, view: string): VisitorRow[] {
  const held = useRef<{ id: string; index: number; view: string } | null>(null);
  const shown = useRef<VisitorRow[]>([]);
  if ((held.current?.id ?? null) !== id || held.current?.view !== view) {
    const before = held.current === null || held.current.view === view ? shown.current : sorted;
    const index = before.findIndex((row) => row.id === id);
    held.current = id === null || index < 0 ? null : { id, index, view };
  }
  const rows = held.current === null ? sorted : hold([...sorted], held.current);
  shown.current = rows;
  return rows;
}

function Header({ name, index, order, onOrder }: { name: Column; index: number; order: Order; onOrder(order: Order): void }) {
  const t = useWords();
  const on = order.by === name;
  const Arrow = order.down ? ArrowDown : ArrowUp;
  return (
    <div role="columnheader" aria-colindex={index + 1} aria-sort={on ? (order.down ? 'descending' : 'ascending') : undefined} className={`visitors-cell cell-${name}`}>
      <button type="button" className="visitors-sort" onClick={() => onOrder({ by: name, down: on ? !order.down : ['cart', 'visits', 'pages', 'state'].includes(name) })}>
        {t(`column.${name}`)}
        {on && <Arrow size={14} strokeWidth={2} aria-hidden="true" />}
      </button>
    </div>
  );
}

interface RowProps {
  row: VisitorRow;
  item: VirtualItem['index'];
  start: number;
  height: number;
  columns: readonly Column[];
  cards: boolean;
  /** Of the time what a row shows of it: one that shows the same is not drawn again. */
  is: Presence;
  since: string;
  invitation: Invited;
  speech: Speech;
  selected: boolean;
  tabStop: boolean;
  onSelect(id: string): void;
  onPoint(id: string): void;
}

const TableRow = memo(function TableRow({ row, item, start, height, columns, cards, is, since, invitation, speech, selected, tabStop, onSelect, onPoint }: RowProps) {
  return (
    <div
      role="row"
      aria-rowindex={item + 2}
      className={`visitors-row visitors-${is} ${selected ? 'visitors-selected' : ''}`}
      style={{ transform: `translateY(${start}px)`, height }}
      onPointerEnter={() => onPoint(row.id)}
      onClick={() => onSelect(row.id)}
    >
      {columns.map((name, i) => (
        <div key={name} role="cell" aria-colindex={i + 1} className={`visitors-cell cell-${name}`}>
          {name === 'who' ? (
            <button type="button" className="visitors-open-one" data-visitor={row.id} aria-current={selected ? 'true' : undefined} tabIndex={tabStop ? 0 : -1}>
              <Who row={row} is={is} speech={speech} />
            </button>
          ) : (
            <Cell row={row} name={name} since={since} invited={invitation} labelled={cards} speech={speech} />
          )}
        </div>
      ))}
    </div>
  );
});
