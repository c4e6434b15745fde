// Every action by its name, and every key.

import { Dialog } from '@base-ui/react/dialog';
import { Switch } from '@base-ui/react/switch';
import { Search, X } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useText } from '../hooks';
import { type Action, GROUPS, labelOf, shownKeys } from './actions';
import { Keys } from './parts';
import './palette.css';

const plain = (text: string) => text.normalize('NFD').replace(/\p{Diacritic}/gu, '').toLowerCase();

export function Palette({ actions, onClose }: { actions: readonly Action[]; onClose(): void }) {
  const { t } = useText();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const box = useRef<HTMLUListElement>(null);
  const possible = useMemo(() => {
    const words = plain(text).split(/\s+/).filter(Boolean);
    return GROUPS.flatMap((group) => actions.filter((action) => action.group === group))
      .filter((action) => action.enabled !== false && action.id !== 'palette')
      .filter((action) => words.every((word) => plain(labelOf(t, action)).includes(word)));
  }, [actions, text, t]);
  const chosen = Math.min(at, possible.length - 1);
  useEffect(() => box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }), [chosen]);
  const run = (action: Action | undefined) => {
    if (action === undefined) return;
    onClose();
    // After the dialog has given the focus back.
    setTimeout(() => action.run(), 0);
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="palette" aria-label={t('palette.label')}>
          <div className="palette-field">
            <Search size={20} strokeWidth={1.75} aria-hidden="true" />
            <input
              type="text"
              role="combobox"
              aria-expanded="true"
              aria-controls="palette-list"
              aria-autocomplete="list"
              aria-activedescendant={chosen >= 0 ? `palette-${chosen}` : undefined}
              aria-label={t('palette.placeholder')}
              placeholder={t('palette.placeholder')}
              value={text}
              autoFocus
              onChange={(event) => {
                setText(event.target.value);
                setAt(0);
              }}
              onKeyDown={(event) => {
                if (event.nativeEvent.isComposing) return;
                const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
                if (by !== 0 && possible.length > 0) {
                  event.preventDefault();
                  setAt((chosen + by + possible.length) % possible.length);
                }
                if (event.key === 'Enter') {
                  event.preventDefault();
                  run(possible[chosen]);
                }
              }}
            />
          </div>
          <p className="hidden" role="status">
            {possible.length === 0 ? t('palette.none', { text }) : t('palette.results', { count: possible.length })}
          </p>
          <ul className="palette-list" id="palette-list" role="listbox" aria-label={t('palette.label')} ref={box}>
            {possible.map((action, i) => (
              <li
                key={`${action.id}-${action.name ?? ''}`}
                id={`palette-${i}`}
                role="option"
                aria-selected={i === chosen}
                onPointerMove={() => setAt(i)}
                onClick={() => run(action)}
                className={i > 0 && possible[i - 1]?.group !== action.group ? 'palette-break' : undefined}
              >
                <span>{labelOf(t, action)}</span>
                {action.keys !== undefined ? <Keys keys={shownKeys(action.keys)} /> : <small>{t(`group.${action.group}`)}</small>}
              </li>
            ))}
          </ul>
          {possible.length === 0 && (
            <p className="palette-none" aria-hidden="true">
              {t('palette.none', { text })}
            </p>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

export function KeysOverlay({ actions, keysOn, onKeysOn, onClose }: { actions: readonly Action[]; keysOn: boolean; onKeysOn(on: boolean): void; onClose(): void }) {
  const { t } = useText();
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog">
          <header className="dialog-head">
            <Dialog.Title>{t('keys.title')}</Dialog.Title>
            <Dialog.Close className="icon-button" aria-label={t('keys.close')}>
              <X size={20} strokeWidth={1.75} aria-hidden="true" />
            </Dialog.Close>
          </header>
          <div className="keys-groups">
            {GROUPS.map((group) => {
              const keyed = actions.filter((action) => action.group === group && action.keys !== undefined);
              if (keyed.length === 0) return null;
              return (
                <section key={group}>
                  <h3>{t(`group.${group}`)}</h3>
                  <dl>
                    {keyed.map((action) => (
                      <div key={action.id}>
                        <dt>{labelOf(t, action)}</dt>
                        <dd>
                          <Keys keys={shownKeys(action.keys!)} />
                        </dd>
                      </div>
                    ))}
                  </dl>
                </section>
              );
            })}
          </div>
          <label className="keys-switch">
            <Switch.Root className="switch" checked={keysOn} onCheckedChange={onKeysOn}>
              <Switch.Thumb className="switch-thumb" />
            </Switch.Root>
            <span>
              {t('keys.enabled')}
              <small>{t('keys.text')}</small>
            </span>
          </label>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
