// What shoppers are told of the shop at this moment: hours and presence together, by the server's rule.

import type { Availability } from '@mostrador/protocol';
import { useQuery } from '@tanstack/react-query';
import { useDesk, useDoors, useSite } from '../context';
import { opening } from '../format';
import { useNow, useText } from '../hooks';
import type { T } from '../i18n';

/** A little more often than pages of the shop learn of it. */
const AGAIN_MS = 30_000;

export function useShop(): Availability | null {
  const { api } = useDoors();
  const { site } = useSite();
  const config = useQuery({ queryKey: ['config', site.site], queryFn: () => api.siteConfig(site.site), refetchInterval: AGAIN_MS });
  return config.data?.availability ?? null;
}

export function shopWords(t: T, language: string, shop: Availability, now: number): string {
  if (shop.online) return t('shop.online');
  return shop.opens_at === undefined ? t('shop.away') : t('shop.back', { time: opening(language, shop.opens_at, now, shop.zone) });
}

export function ShopSeen({ className }: { className: string }) {
  const { t, locale } = useText();
  const { clock } = useDesk();
  const now = useNow(30_000, clock);
  const shop = useShop();
  if (shop === null) return null;
  return (
    <p className={className} title={t('shop.why')} data-testid="shop-seen" data-online={shop.online}>
      <span className={`dot dot-inline dot-${shop.online ? 'online' : 'offline'}`} aria-hidden="true" />
      <span>{t('shop.seen', { words: shopWords(t, locale, shop, now) })}</span>
    </p>
  );
}
