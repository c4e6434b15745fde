// What can be done, and by which key. One list feeds the keyboard, the palette and the overlay.

import { useEffect, useRef } from 'react';
import { tinykeys } from 'tinykeys';
import type { T, TextKey } from '../i18n';

export type Group = 'conversation' | 'go' | 'view' | 'you';
export const GROUPS: readonly Group[] = ['conversation', 'go', 'view', 'you'];

export interface Action {
  id: string;
  group: Group;
  /** In tinykeys' notation. */
  keys?: string;
  /** The key is the browser's own (Enter on a link): shown, not bound. */
  native?: boolean;
  /** Not now. Absent: always possible. */
  enabled?: boolean;
  /** A name that belongs into the label. */
  name?: string;
  run(): void;
}

export const labelOf = (t: T, action: Action): string => t(`action.${action.id}` as TextKey, action.name === undefined ? {} : { name: action.name });

const apple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

/** As it is printed on the keys. */
export function shownKeys(keys: string): string {
  return keys
    .split('+')
    .map((key) => (key === '$mod' ? (apple ? '⌘' : 'Ctrl') : key === 'Enter' ? '↵' : key.length === 1 ? key.toUpperCase() : key))
    .join(' ');
}

/** Where a key is text: fields, and whatever else takes typing. */
export function takesText(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable=""], [contenteditable="true"]') !== null;
}

/** Binds the keys. Single ones are off in fields, while a dialog or menu is open, and when the person has switched them off. */
export function useKeys(actions: readonly Action[], singleKeys: boolean): void {
  const latest = useRef({ actions, singleKeys });
  useEffect(() => {
    latest.current = { actions, singleKeys };
  });
  const bound = actions.flatMap((action) => (action.keys === undefined || action.native === true ? [] : [action.keys])).join('\n');
  useEffect(() => {
    const bindings: Record<string, (event: KeyboardEvent) => void> = {};
    for (const keys of new Set(bound.split('\n'))) {
      const combined = keys.includes('+');
      const bind = (event: KeyboardEvent) => {
        const { actions, singleKeys } = latest.current;
        const action = actions.find((action) => action.keys === keys);
        if (action === undefined || action.enabled === false || event.defaultPrevented) return;
        // Nothing goes on behind a question that must be answered.
        if (document.querySelector('dialog[open]') !== null) return;
        if (!combined && (!singleKeys || takesText(event.target) || document.querySelector('[role="dialog"], [role="menu"]') !== null)) return;
        event.preventDefault();
        action.run();
      };
      bindings[keys] = bind;
      // Most keyboards need Shift for this sign, some do not.
      if (keys === '?') bindings['Shift+?'] = bind;
    }
    return tinykeys(window, bindings);
  }, [bound]);
}
