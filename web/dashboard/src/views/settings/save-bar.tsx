// The bar under a page that is published whole: what came of it last, taking back, publishing.

import { CircleAlert, CircleCheck } from 'lucide-react';
import type { ReactNode } from 'react';

/** What came of publishing. */
export interface Said {
  good: boolean;
  text: string;
}

/** What stands in an element of the class `save-bar`. `otherwise` is read while there is nothing to say of the last time. */
export function SaveActions({ said, otherwise, discard, publish }: { said: Said | null; otherwise: ReactNode; discard: { label: string; disabled: boolean; onClick(): void } | null; publish: { label: string; disabled: boolean } }) {
  return (
    <>
      <p role="status">
        {said === null ? (
          otherwise
        ) : (
          <span className={said.good ? 'said-good' : 'said-bad'}>
            {said.good ? <CircleCheck size={16} strokeWidth={1.75} aria-hidden="true" /> : <CircleAlert size={16} strokeWidth={1.75} aria-hidden="true" />}
            {said.text}
          </span>
        )}
      </p>
      {discard !== null && (
        <button type="button" className="button" disabled={discard.disabled} onClick={discard.onClick}>
          {discard.label}
        </button>
      )}
      <button type="submit" className="button button-primary" disabled={publish.disabled}>
        {publish.label}
      </button>
    </>
  );
}
