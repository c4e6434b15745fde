// How the groups ask for their words, which come with them. The settings’ own are there too: one comes here by them.

import { useTranslation } from 'react-i18next';
import { addTexts } from '../../i18n';
import { type WordKey, en } from './words/en';

export type Word = WordKey;
export type Words = (key: Word, values?: Record<string, string | number>) => string;

export const startWords = (): Promise<void> =>
  addTexts('groups', en, {
    es: async () => (await import('./words/es')).es,
    pt: async () => (await import('./words/pt')).pt,
    it: async () => (await import('./words/it')).it,
  });

export function useWords(): Words {
  const { t } = useTranslation('groups', { keyPrefix: '' });
  return t as unknown as Words;
}
