import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { strings as en } from "../src/languages/en.js";
import { strings as es } from "../src/languages/es.js";
import { strings as it_ } from "../src/languages/it.js";
import { strings as pt } from "../src/languages/pt.js";
import { opening } from "../src/panel/times.js";
import { fill, type Strings } from "../src/strings.js";

const zone = (name: string) => vi.stubEnv("TZ", name);
beforeEach(() => void zone("Europe/Madrid"));
afterEach(() => void vi.unstubAllEnvs());

function said(strings: Strings, language: string, opens: string, now: string): string {
  const { key, ...values } = opening(Date.parse(opens), Date.parse(now), language);
  return fill(strings.back, { when: fill(strings[key], values) }).replace(/\u202f/g, " ");
}

// Thursday 19 November 2026, 19:00 in Madrid.
const now = "2026-11-19T18:00:00Z";

it("W9 names the next opening in the shopper's language, as far away as it is", () => {
  const cases: [string, string[]][] = [
    ["2026-11-19T20:30:00Z", ["Back today 21:30", "Volvemos hoy a las 21:30", "Voltamos hoje às 21:30", "Torniamo oggi alle 21:30"]],
    ["2026-11-20T08:00:00Z", ["Back tomorrow 9:00", "Volvemos mañana a las 9:00", "Voltamos amanhã às 9:00", "Torniamo domani alle 9:00"]],
    ["2026-11-23T08:00:00Z", ["Back Monday 9:00", "Volvemos el lunes a las 9:00", "Voltamos segunda-feira às 9:00", "Torniamo lunedì alle 9:00"]],
    ["2026-12-07T08:00:00Z", ["Back Monday 7 December 9:00", "Volvemos el lunes, 7 de diciembre a las 9:00", "Voltamos segunda-feira, 7 de dezembro às 9:00", "Torniamo lunedì 7 dicembre alle 9:00"]],
  ];
  for (const [opens, expected] of cases) {
    expect([said(en, "en-GB", opens, now), said(es, "es-ES", opens, now), said(pt, "pt-BR", opens, now), said(it_, "it-IT", opens, now)].map((text) => text.replace("Monday,", "Monday"))).toEqual(expected);
  }
});

it("F14 W9 in the shopper's own zone, where it is another day, and over a change of the clocks", () => {
  zone("Asia/Tokyo");
  // Still Thursday in Madrid, Friday in Tokyo already.
  expect(said(en, "en-GB", "2026-11-20T08:00:00Z", now)).toBe("Back today 17:00");
  expect(said(en, "en-GB", "2026-11-20T15:30:00Z", now)).toBe("Back tomorrow 0:30");
  zone("Europe/Madrid");
  // The night of 28 to 29 March 2026 has 23 hours, that of 24 to 25 October has 25.
  expect(said(en, "en-GB", "2026-03-29T07:00:00Z", "2026-03-28T22:30:00Z")).toBe("Back tomorrow 9:00");
  expect(said(en, "en-GB", "2026-10-25T08:00:00Z", "2026-10-24T21:30:00Z")).toBe("Back tomorrow 9:00");
  expect(said(en, "en-GB", "2026-10-26T08:00:00Z", "2026-10-24T21:30:00Z")).toBe("Back Monday 9:00");
});

it("W9 a page that names no language that exists breaks nothing", () => {
  expect(said(en, "not a language", "2026-11-20T08:00:00Z", now)).toBe("Back tomorrow 9:00 AM");
});
