// The explanation for whoever shows a visitor: the visitors' list, the profile beside a conversation. Its words and the rest come when it is asked for.

import { lazy } from 'react';

export const LazyExplanation = lazy(async () => {
  const { Explanation, startWords } = await import('./explanation');
  await startWords();
  return { default: Explanation };
});
