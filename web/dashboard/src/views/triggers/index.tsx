// The triggers of a site: all of them, what came of them, or the one that is edited. For admins; loaded when one comes here.

import { Suspense, lazy, useState } from 'react';
import { useSite } from '../../context';
import { Skeleton } from '../parts';
import { One } from './editor';
import { List } from './list';
import { RESULTS } from './model';
import './triggers.css';
import { useWords } from './words';

export { startWords } from './words';

// With its chart it weighs more than all the rest.
const Results = lazy(async () => ({ default: (await import('./results')).Results }));

export function Triggers({ item }: { item: string | null }) {
  const t = useWords();
  const { site } = useSite();
  // A trigger that was new goes on in the same editor when it has been published, under its own address.
  const [born, setBorn] = useState<{ item: string; key: string } | null>(null);
  if (item === null) return <List />;
  if (item === RESULTS) {
    return (
      <Suspense
        fallback={
          <div className="settings-page">
            <Skeleton label={t('results.loading')} rows={6} kind="lines" />
          </div>
        }
      >
        <Results />
      </Suspense>
    );
  }
  const key = born?.item === item ? born.key : item;
  return <One key={`${site.site} ${key}`} item={key} onBorn={(id) => setBorn({ item: id, key })} />;
}
