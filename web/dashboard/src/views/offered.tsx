// What a bot offered under its words, and what the shopper took of it. They are read, not pressed.

import { Check } from 'lucide-react';
import { useText } from '../hooks';
import type { Offered } from '../state/timeline';

export function OfferedButtons({ offered }: { offered: readonly Offered[] }) {
  const { t } = useText();
  const chosen = offered.some((button) => button.chosen);
  return (
    <ul className="offered" aria-label={t(chosen ? 'bot.offered' : 'bot.offered_none')}>
      {offered.map(({ id, label, chosen }) => (
        <li key={id} data-chosen={chosen ? '' : undefined}>
          {chosen && <Check size={14} strokeWidth={2} aria-hidden="true" />}
          <bdi>{label}</bdi>
          {chosen && <span className="hidden"> ({t('bot.chosen')})</span>}
        </li>
      ))}
    </ul>
  );
}
