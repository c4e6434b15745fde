// Formats, made once: making one takes as long as drawing a row, and a list draws thirty every two seconds.

import { regionName } from '../../format';

export function remembered<V>(make: (key: string) => V, most = 2_000): (key: string) => V {
  const known = new Map<string, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      if (known.size >= most) known.clear();
      value = make(key);
      known.set(key, value);
    }
    return value;
  };
}

const numbers = remembered((locale) => new Intl.NumberFormat(locale));
const plain = remembered((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }));
const times = remembered((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' }));
const currencies = remembered((both) => {
  const [locale, currency] = both.split('|');
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency });
  } catch {
    return null;
  }
});
const regions = remembered((both) => {
  const [locale, country] = both.split('|');
  return regionName(locale!, country!);
});

export const count = (locale: string, n: number): string => numbers(locale).format(n);
export const region = (locale: string, country: string): string => regions(`${locale}|${country}`);
export const moment = (locale: string, at: number): string => times(locale).format(at);

/** `hundredths` of a currency that a page names: it may be none. */
export function money(locale: string, hundredths: number, currency: string | undefined): string {
  const value = hundredths / 100;
  if (currency === undefined) return plain(locale).format(value);
  return currencies(`${locale}|${currency}`)?.format(value) ?? `${plain(locale).format(value)} ${currency}`;
}
