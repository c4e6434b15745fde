// Which columns there are, in which order: remembered in this browser.

import { Popover } from '@base-ui/react/popover';
import { ArrowDown, ArrowUp, Columns3, X } from 'lucide-react';
import { COLUMNS, type Column, DEFAULT, FIXED, moveColumn, toggleColumn } from './list';
import { useWords } from './words';

export function Columns({ columns, onChange }: { columns: readonly Column[]; onChange(columns: readonly Column[]): void }) {
  const t = useWords();
  const rest = COLUMNS.filter((name) => !columns.includes(name));
  return (
    <Popover.Root>
      <Popover.Trigger className="button visitors-columns">
        <Columns3 size={16} strokeWidth={1.75} aria-hidden="true" />
        {t('columns.button')}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="positioner" align="end" sideOffset={8} collisionPadding={8}>
          <Popover.Popup className="popup visitors-chooser">
            <div className="visitors-chooser-head">
              <Popover.Title className="visitors-chooser-title">{t('columns.title')}</Popover.Title>
              <Popover.Close className="icon-button" aria-label={t('columns.close')}>
                <X size={16} strokeWidth={1.75} aria-hidden="true" />
              </Popover.Close>
            </div>
            <ul>
              {[...columns, ...rest].map((name) => {
                const on = columns.includes(name);
                const column = t(`column.${name}`);
                const move = (by: 1 | -1) => onChange(moveColumn(columns, name, by));
                const can = (by: 1 | -1) => moveColumn(columns, name, by) !== columns;
                return (
                  <li key={name}>
                    <label>
                      <input type="checkbox" checked={on} disabled={name === FIXED} onChange={() => onChange(toggleColumn(columns, name))} />
                      {column}
                    </label>
                    {on && name !== FIXED && (
                      <>
                        <button type="button" className="icon-button" aria-label={t('columns.up', { column })} aria-disabled={!can(-1)} onClick={() => move(-1)}>
                          <ArrowUp size={16} strokeWidth={1.75} aria-hidden="true" />
                        </button>
                        <button type="button" className="icon-button" aria-label={t('columns.down', { column })} aria-disabled={!can(1)} onClick={() => move(1)}>
                          <ArrowDown size={16} strokeWidth={1.75} aria-hidden="true" />
                        </button>
                      </>
                    )}
                  </li>
                );
              })}
            </ul>
            <button type="button" className="link" onClick={() => onChange(DEFAULT)}>
              {t('columns.reset')}
            </button>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
