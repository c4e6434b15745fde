// Moments in the reader's language and time zone.

export function clock(at: number, language: string): string {
  return new Intl.DateTimeFormat(tag(language), { hour: "numeric", minute: "2-digit" }).format(at);
}

export function day(at: number, now: number, language: string): string {
  const days = Math.round((startOfDay(at) - startOfDay(now)) / 86_400_000);
  if (days === 0 || days === -1) return capital(new Intl.RelativeTimeFormat(tag(language), { numeric: "auto" }).format(days, "day"));
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const format = new Intl.DateTimeFormat(tag(language), { weekday: days > -7 ? "long" : "short", day: "numeric", month: days > -7 ? "long" : "short", ...(!sameYear && { year: "numeric" }) });
  return capital(format.format(at));
}

/** "5 minutes ago" */
export function ago(at: number, now: number, language: string): string {
  const minutes = Math.max(0, Math.round((now - at) / 60_000));
  const format = new Intl.RelativeTimeFormat(tag(language), { numeric: "auto" });
  if (minutes < 60) return format.format(-Math.max(1, minutes), "minute");
  if (minutes < 60 * 24) return format.format(-Math.round(minutes / 60), "hour");
  return format.format(-Math.round(minutes / (60 * 24)), "day");
}

export function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

/** A page may name a language that does not exist; `Intl` would throw. */
function tag(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? "en";
  } catch {
    return "en";
  }
}
