// Small ties between React and the browser.

import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { type T, asText } from './i18n';
import { preference, setPreference } from './state/storage';

/** `locale`: the language as it is spoken where this browser is, for dates and times. */
export function useText(): { t: T; language: string; locale: string } {
  const { t, i18n } = useTranslation();
  return { t: asText(t), language: i18n.language, locale: regional(i18n.language) };
}

/** The time, every so often; `offset` is what the server's clock is ahead. */
export function useNow(everyMs: number, offset = 0): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now + offset;
}

export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (changed: () => void) => {
      const media = window.matchMedia(query);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}

export function usePreference(name: string): [string | null, (value: string | null) => void] {
  const [value, setValue] = useState(() => preference(name));
  return [
    value,
    (next) => {
      setPreference(name, next);
      setValue(next);
    },
  ];
}

export function regional(language: string, browser: readonly string[] = navigator.languages): string {
  return browser.find((tag) => tag.split('-')[0] === language) ?? language;
}
