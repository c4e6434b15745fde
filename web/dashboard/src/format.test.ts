import { describe, expect, it } from 'vitest';
import { ago, device, elapsed, hue, initials, languageName, opening, regionName, shopperName } from './format';
import type { T } from './i18n';

const t: T = (key, values) => `${key} ${Object.values(values ?? {}).join(' ')}`.trim();
const MINUTE = 60_000;

describe('format', () => {
  it('says how long it has been, and never less than nothing', () => {
    const check = (ms: number, expected: string) => expect(elapsed(t, 0, ms)).toBe(expected);
    check(-5, 'time.now');
    check(59_999, 'time.now');
    check(4.9 * MINUTE, 'time.minutes 4');
    check(119 * MINUTE, 'time.hours 1');
    check(49 * 60 * MINUTE, 'time.days 2');
  });
  it('says when it was', () => {
    const check = (ms: number, expected: string) => expect(ago('en', 0, ms)).toBe(expected);
    check(-5, 'now');
    check(6 * MINUTE, '6 min. ago');
    check(30 * 60 * MINUTE, 'yesterday');
    expect(ago('es', 0, 2 * 60 * MINUTE)).toBe('hace 2 h');
  });
  it('knows the common browsers, and believes nothing else', () => {
    const check = (agent: string, expected: string | null) => {
      const found = device(agent);
      expect(found === null ? null : `${found.browser} ${found.system}`).toBe(expected);
    };
    check('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1', 'Safari iPhone');
    check('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0', 'Edge Windows');
    check('Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36', 'Chrome Android');
    check('Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0', 'Firefox macOS');
    check('<script>alert(1)</script>', null);
    expect(device(null)).toBeNull();
  });
  it('makes initials of any name', () => {
    const check = (name: string, expected: string) => expect(initials(name)).toBe(expected);
    check('Ana García', 'AG');
    check('luis', 'L');
    check('María José de la O', 'MO');
    check('  ', '?');
    check('😀', '?');
    check('王 小明', '王小');
  });
  it('a nameless shopper has a name of its own', () => {
    expect(shopperName(t, null, 'shp_0192-abcd')).toBe('shopper.visitor ABCD');
    expect(shopperName(t, '  ', 'shp_0192-abcd')).toBe('shopper.visitor ABCD');
    expect(shopperName(t, 'Eva', 'shp_1')).toBe('Eva');
  });
  it('colours stay the same, and codes that are none are shown as they are', () => {
    expect(hue('Ana')).toBe(hue('Ana'));
    expect(regionName('en', 'ES')).toBe('Spain');
    expect(regionName('en', '<b>')).toBe('<b>');
    expect(languageName('es', 'en')).toBe('inglés');
    expect(languageName('en', '!!')).toBe('!!');
  });
  it('F14 an opening is told by the clock of the shop, over every change of it', () => {
    const check = (at: string, now: string, zone: string, here: string, expected: string) => expect(opening('en-GB', Date.parse(at), Date.parse(now), zone, here).replace(/\b0(?=\d:)|,/g, '')).toBe(expected);
    // Today, within the week, and later.
    check('2026-05-04T15:00:00+02:00', '2026-05-04T14:00:00+02:00', 'Europe/Madrid', 'Europe/Madrid', '15:00');
    check('2026-05-04T09:00:00+02:00', '2026-05-01T18:00:00+02:00', 'Europe/Madrid', 'Europe/Madrid', 'Monday 9:00');
    check('2026-05-11T09:00:00+02:00', '2026-05-04T09:00:00+02:00', 'Europe/Madrid', 'Europe/Madrid', '11 May at 9:00');
    // The night in which the clocks go forward, and the one in which they go back: 9:00 stays 9:00.
    check('2026-03-29T09:00:00+02:00', '2026-03-28T20:00:00+01:00', 'Europe/Madrid', 'Europe/Madrid', 'Sunday 9:00');
    check('2026-10-25T09:00:00+01:00', '2026-10-24T20:00:00+02:00', 'Europe/Madrid', 'Europe/Madrid', 'Sunday 9:00');
    // Whoever reads it elsewhere is told whose clock it is, and the day is the shop's.
    check('2026-05-05T09:00:00+09:00', '2026-05-04T22:00:00+09:00', 'Asia/Tokyo', 'Europe/Madrid', 'Tuesday 9:00 GMT+9');
  });
});
