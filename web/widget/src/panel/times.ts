// Moments in the reader's language and time zone.

export function clock(at: number, language: string): string {
  return new Intl.DateTimeFormat(tag(language), { hour: "numeric", minute: "2-digit" }).format(at);
}

/** "5 minutes ago" */
export function ago(at: number, now: number, language: string): string {
  const minutes = Math.max(0, Math.round((now - at) / 60_000));
  const format = new Intl.RelativeTimeFormat(tag(language), { numeric: "auto" });
  if (minutes < 60) return format.format(-Math.max(1, minutes), "minute");
  if (minutes < 60 * 24) return format.format(-Math.round(minutes / 60), "hour");
  return format.format(-Math.round(minutes / (60 * 24)), "day");
}

/** The phrase for an opening, and what goes into it: today, tomorrow, on Monday, on a date. */
export function opening(at: number, now: number, language: string): { key: "opensToday" | "opensTomorrow" | "opensDay"; time: string; day: string } {
  const days = Math.round((startOfDay(at) - startOfDay(now)) / 86_400_000);
  const date = days > 6 && ({ day: "numeric", month: "long" } as const);
  const format = new Intl.DateTimeFormat(tag(language), { weekday: "long", ...date });
  return { key: days < 1 ? "opensToday" : days < 2 ? "opensTomorrow" : "opensDay", time: clock(at, language), day: format.format(at) };
}

export function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** A page may name a language that does not exist; `Intl` would throw. */
export function tag(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? "en";
  } catch {
    return "en";
  }
}
