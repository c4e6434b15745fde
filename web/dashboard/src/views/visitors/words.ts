// How the list of visitors asks for its words.

import { useTranslation } from 'react-i18next';
import { addTexts } from '../../i18n';
import { type WordKey, en } from './words/en';

type Stem<K> = K extends `${infer S}_one` | `${infer S}_other` ? S : K;
export type Word = Stem<WordKey>;
export type Words = (key: Word, values?: Record<string, string | number>) => string;

export const startWords = (): Promise<void> =>
  addTexts('visitors', en, {
    es: async () => (await import('./words/es')).es,
    pt: async () => (await import('./words/pt')).pt,
    it: async () => (await import('./words/it')).it,
  });

export function useWords(): Words {
  const { t } = useTranslation('visitors', { keyPrefix: '' });
  return t as unknown as Words;
}
