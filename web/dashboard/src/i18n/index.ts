// Languages. Keys are flat; every language has every key, which a test holds. English comes with the page, another when it is chosen.

import i18next, { type TFunction } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { preference, setPreference } from '../state/storage';
import { type Key, en } from './en';

export const LANGUAGES = { en: 'English', es: 'Español', pt: 'Português', it: 'Italiano' } as const;
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

type Texts = Record<string, string>;
/** Every language but English, which comes with whoever asks for texts. */
export type Others = Record<Exclude<Language, 'en'>, () => Promise<Texts>>;

/** Who has texts: the dashboard itself, and parts of it that are loaded later and bring their own. */
const parts = new Map<string, Others>([
  ['translation', { es: async () => (await import('./es')).es, pt: async () => (await import('./pt')).pt, it: async () => (await import('./it')).it }],
]);

/** Whether the language is here now, for every part that is. One that does not come (the connection is gone) leaves things as they are. */
async function fetched(language: Language): Promise<boolean> {
  if (language === 'en') return true;
  const missing = [...parts].filter(([part]) => !i18next.hasResourceBundle(language, part));
  try {
    await Promise.all(missing.map(async ([part, others]) => i18next.addResourceBundle(language, part, await others[language]())));
    return true;
  } catch {
    return false;
  }
}

/** A part that has been loaded brings its texts, in the language that is shown; the others come when they are chosen. */
export async function addTexts(part: string, english: Texts, others: Others): Promise<void> {
  i18next.addResourceBundle('en', part, english);
  parts.set(part, others);
  await fetched(chooseLanguage(i18next.language, []));
}

export async function startLanguages(): Promise<void> {
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language;
  });
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: en } },
    keySeparator: false,
    nsSeparator: false,
    // React escapes; escaping twice would show.
    interpolation: { escapeValue: false },
  });
  const language = chooseLanguage(preference('language'), navigator.languages);
  if (await fetched(language)) await i18next.changeLanguage(language);
}

export async function changeLanguage(language: Language): Promise<void> {
  if (!(await fetched(language))) return;
  setPreference('language', language);
  await i18next.changeLanguage(language);
}

export const asText = (t: TFunction): T => t as unknown as T;

/** A part's texts in a language that is not the page's: for showing what others will read. */
export async function textsIn(part: string, tag: string): Promise<T> {
  const language = chooseLanguage(tag, []);
  return asText(i18next.getFixedT((await fetched(language)) ? language : 'en', part));
}
