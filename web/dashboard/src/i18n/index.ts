// Languages. Keys are flat; every language has every key, which a test holds.

import i18next, { type TFunction } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { preference, setPreference } from '../state/storage';
import { type Key, en } from './en';
import { es } from './es';

export const LANGUAGES = { en: 'English', es: 'Español' } as const;
export type Language = keyof typeof LANGUAGES;

type Stem<K> = K extends `${infer S}_one` | `${infer S}_other` ? S : K;
/** A key as it is asked for: without its plural's ending. */
export type TextKey = Stem<Key>;
export type T = (key: TextKey, values?: Record<string, string | number>) => string;

/** What the person chose, or else the first of the browser's languages that we have. */
export function chooseLanguage(chosen: string | null, browser: readonly string[]): Language {
  const known = [chosen ?? '', ...browser].map((tag) => tag.split('-')[0]!.toLowerCase()).find((tag) => tag in LANGUAGES);
  return (known as Language | undefined) ?? 'en';
}

export async function startLanguages(): Promise<void> {
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language;
  });
  await i18next.use(initReactI18next).init({
    lng: chooseLanguage(preference('language'), navigator.languages),
    fallbackLng: 'en',
    resources: { en: { translation: en }, es: { translation: es } },
    keySeparator: false,
    nsSeparator: false,
    // React escapes; escaping twice would show.
    interpolation: { escapeValue: false },
  });
}

export async function changeLanguage(language: Language): Promise<void> {
  setPreference('language', language);
  await i18next.changeLanguage(language);
}

export const asText = (t: TFunction): T => t as unknown as T;
