// How the settings ask for their words, which come with them.

import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addTexts, textsIn } from '../../i18n';
import { type WordKey, en } from './words/en';

type Stem<K> = K extends `${infer S}_one` | `${infer S}_other` ? S : K;
export type Word = Stem<WordKey>;
export type Words = (key: Word, values?: Record<string, string | number>) => string;

/** Makes them known. In another language than English they have to be fetched. */
export const startWords = (): Promise<void> =>
  addTexts('settings', en, {
    es: async () => (await import('./words/es')).es,
    pt: async () => (await import('./words/pt')).pt,
    it: async () => (await import('./words/it')).it,
  });

export function useWords(): Words {
  const { t } = useTranslation('settings', { keyPrefix: '' });
  return t as unknown as Words;
}

/** The words in the language of a site, while it is previewed; in the page's own until they have come. */
export function useWordsIn(tag: string): Words {
  const own = useWords();
  const [words, setWords] = useState<{ tag: string; t: Words } | null>(null);
  useEffect(() => {
    let gone = false;
    void textsIn('settings', tag).then((t) => !gone && setWords({ tag, t: t as unknown as Words }));
    return () => {
      gone = true;
    };
  }, [tag]);
  return words?.tag === tag ? words.t : own;
}
