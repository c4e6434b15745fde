// Times, names and devices as people read them.

import type { Author } from '@mostrador/protocol';
import type { T } from './i18n';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "4 min", "3 h", "2 d": how long it has been. */
export function elapsed(t: T, since: number, now: number): string {
  const ms = Math.max(0, now - since);
  if (ms < MINUTE) return t('time.now');
  if (ms < HOUR) return t('time.minutes', { n: Math.floor(ms / MINUTE) });
  if (ms < DAY) return t('time.hours', { n: Math.floor(ms / HOUR) });
  return t('time.days', { n: Math.floor(ms / DAY) });
}

/** Relative under a day, then the date. */
export function whenShort(t: T, language: string, at: number, now: number): string {
  if (now - at < DAY) return elapsed(t, at, now);
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(language, sameYear ? { day: 'numeric', month: 'short' } : { day: 'numeric', month: 'short', year: 'numeric' }).format(at);
}

/** "6 min ago", "yesterday"; the date after a week. */
export function ago(language: string, at: number, now: number): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  const ms = Math.max(0, now - at);
  if (ms < MINUTE) return format.format(0, 'second');
  if (ms < HOUR) return format.format(-Math.floor(ms / MINUTE), 'minute');
  if (ms < DAY) return format.format(-Math.floor(ms / HOUR), 'hour');
  if (ms < 7 * DAY) return format.format(-Math.floor(ms / DAY), 'day');
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(at);
}

export const clock = (language: string, at: number) => new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' }).format(at);

export const absolute = (language: string, at: number) => new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short' }).format(at);

export function dayName(t: T, language: string, at: number, now: number): string {
  const day = new Date(at).toDateString();
  if (day === new Date(now).toDateString()) return t('thread.today');
  if (day === new Date(now - DAY).toDateString()) return t('thread.yesterday');
  return new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long', ...(now - at > 300 * DAY ? { year: 'numeric' as const } : {}) }).format(at);
}

/** When a shop opens, on its own clock: the time today, the weekday within a week, then the date. Who reads it elsewhere is told the zone. */
export function opening(language: string, at: number, now: number, zone: string, here = Intl.DateTimeFormat().resolvedOptions().timeZone): string {
  const day = (time: number) => new Intl.DateTimeFormat('sv', { timeZone: zone }).format(time);
  const days = (Date.parse(day(at)) - Date.parse(day(now))) / DAY;
  const date = days === 0 ? {} : days < 7 ? { weekday: 'long' as const } : { day: 'numeric' as const, month: 'long' as const };
  return new Intl.DateTimeFormat(language, { ...date, hour: 'numeric', minute: '2-digit', timeZone: zone, ...(zone === here ? {} : { timeZoneName: 'short' as const }) }).format(at);
}

/** A shopper who has not said their name is told from others by the end of their id. */
export function shopperName(t: T, name: string | null | undefined, id: string): string {
  const said = name?.trim() ?? '';
  return said !== '' ? said : t('shopper.visitor', { code: id.replace(/[^0-9a-z]/gi, '').slice(-4).toUpperCase() });
}

export function authorName(t: T, author: Author, me: string, shopper: string): string {
  switch (author.role) {
    case 'shopper':
      return shopper;
    case 'agent':
      return author.id === me ? t('thread.you') : author.name;
    case 'system':
      return t('thread.system');
  }
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return letters.map((word) => [...word][0]!.toUpperCase()).join('') || '?';
}

/** A hue from a name: the same for the same name, everywhere. */
export function hue(name: string): number {
  let hash = 0;
  for (const char of name) hash = (Math.imul(hash, 31) + char.codePointAt(0)!) >>> 0;
  return (hash % 12) * 30;
}

/** Browser and system from what the browser says of itself. It may say anything: only known names come out. */
export function device(userAgent: string | null): { browser: string; system: string } | null {
  if (userAgent === null) return null;
  const first = (known: [RegExp, string][]) => known.find(([pattern]) => pattern.test(userAgent))?.[1];
  const browser = first([
    [/\bEdgA?\//, 'Edge'],
    [/\bOPR\//, 'Opera'],
    [/\bSamsungBrowser\//, 'Samsung Internet'],
    [/\b(Firefox|FxiOS)\//, 'Firefox'],
    [/\b(Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
    [/\bSafari\//, 'Safari'],
  ]);
  const system = first([
    [/\biPhone\b/, 'iPhone'],
    [/\biPad\b/, 'iPad'],
    [/\bAndroid\b/, 'Android'],
    [/\bWindows\b/, 'Windows'],
    [/\bCrOS\b/, 'ChromeOS'],
    [/\bMac OS X\b/, 'macOS'],
    [/\bLinux\b/, 'Linux'],
  ]);
  return browser === undefined || system === undefined ? null : { browser, system };
}

/** 1.2 MB, as it is written in that language. */
export function fileSize(language: string, bytes: number): string {
  const [unit, size] = bytes < 1_000_000 ? (['kilobyte', bytes / 1_000] as const) : (['megabyte', bytes / 1_000_000] as const);
  return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: size < 10 ? 1 : 0 }).format(Math.max(size, 0.1));
}

export function regionName(language: string, code: string): string {
  try {
    return new Intl.DisplayNames([language], { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}

export function languageName(language: string, code: string): string {
  try {
    return new Intl.DisplayNames([language], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}
