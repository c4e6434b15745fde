// What a page says of its shopper, read with care: whatever a shop's code hands over, nothing is thrown back at it. What cannot be used is
// left out, and the console says what is wrong and what would be right. The server cuts to its own limits and believes none of it.

import type { PageEvent, ReportedCart, ReportedLine } from "@mostrador/protocol";

export type Attributes = Record<string, string | number | boolean>;
export type Warn = (what: string) => void;

/** More lines are left out: their number and worth can be said by `total`. */
const MOST_LINES = 500;
/** Characters: twice what the server keeps. */
const MOST_TEXT = 400;

const names = /^[a-z0-9_-]{1,40}$/;

/** `mostrador("cart", { lines: [{ number, name, quantity, price }], total, currency })`; `null`: there is none. */
export function cart(given: unknown, warn: Warn): ReportedCart | undefined {
  if (given === null) return { lines: [] };
  const all = fields("cart", given, ["lines", "total", "currency"], warn);
  if (!all) return undefined;
  const { lines = [], ...rest } = all;
  if (!Array.isArray(lines)) {
    warn("cart: lines is a list of { number, name, quantity, price }");
    return undefined;
  }
  if (lines.length > MOST_LINES) warn(`cart: only the first ${MOST_LINES} of ${lines.length} lines are looked at`);
  return {
    lines: lines.slice(0, MOST_LINES).flatMap((line: unknown) => {
      const read = fields("cart.lines", line, ["number", "name", "quantity", "price"], warn);
      if (!read) return [];
      const { quantity = 1, price = 0 } = read;
      return [{ number: text(read.number), name: text(read.name), quantity: number("cart.lines: quantity", quantity, warn) ?? 0, price: number("cart.lines: price", price, warn) ?? 0 } satisfies ReportedLine];
    }),
    ...worth("cart", rest, "total", warn),
  };
}

/** `mostrador("attributes", { plan: "gold", orders: 3 })`; `null` for one that is no more. */
export function attributes(given: unknown, before: Attributes, warn: Warn): Attributes {
  const kept = { ...before };
  const read = fields("attributes", given, null, warn);
  for (const key in read) {
    const value = read[key];
    if (value === null) delete kept[key];
    else if (!names.test(key)) warn(`attributes: "${key}" cannot be a name; 1 to 40 of a-z, 0-9, _ and - are`);
    else if (typeof value === "string") kept[key] = text(value);
    else if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) kept[key] = value;
    else warn(`attributes: ${key} is neither a text nor a number nor true or false`);
  }
  return kept;
}

/** `mostrador("track", "order", { value: 49.9, currency: "EUR", reference: "1001" })` */
export function event(name: unknown, given: unknown, warn: Warn): PageEvent | undefined {
  if (typeof name !== "string" || !names.test(name)) {
    warn(`track: ${said(name)} cannot be an event's name; 1 to 40 of a-z, 0-9, _ and - are`);
    return undefined;
  }
  const read = given === undefined ? {} : fields("track", given, ["value", "currency", "reference"], warn);
  const reference = read && text(read.reference);
  return { name, ...worth("track", read ?? {}, "value", warn), ...(reference && { reference }) };
}

/** `mostrador("group", "sales")`; `null`: whoever is there. Answers `undefined` for what is neither. */
export function group(given: unknown, warn: Warn): string | null | undefined {
  if (given === null || (typeof given === "string" && names.test(given))) return given;
  warn(`group: ${said(given)} cannot be a group's id, which settings show; null is for none`);
  return undefined;
}

/** What somebody meant who said it so. */
export function misuse(name: string, rest: unknown[]): string | undefined {
  const [first, second] = rest;
  const known = ["open", "close", "on", "identify", "group", "cart", "attributes", "track", "page", "consent", "shutdown"];
  if (!known.includes(name)) return `there is no ${said(name)}; there are ${known.join(", ")}`;
  if (name === "on" && (typeof second !== "function" || !["message", "open", "close", "identity"].includes(first as string))) return 'on: "message", "open", "close" or "identity" is wanted, and a function';
  if (name === "identify" && first != null && !(typeof first === "object" && ("token" in first || "customer_id" in first))) return "identify: { token } or { customer_id, hash } is wanted, or null for nobody";
  if (name === "consent" && first !== undefined && typeof first !== "boolean") return "consent: true or false, or nothing, which is true";
  return undefined;
}

/** Its own fields, if it is an object; of those that nobody knows the page is told. */
function fields(what: string, given: unknown, known: string[] | null, warn: Warn): Record<string, unknown> | undefined {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    warn(`${what}: an object is wanted${known ? ` of ${known.join(", ")}` : ""}, not ${said(given)}`);
    return undefined;
  }
  const read = given as Record<string, unknown>;
  for (const key in read) if (known && !known.includes(key)) warn(`${what}: there is no "${key}"; there are ${known.join(", ")}`);
  return read;
}

function worth<Name extends "value" | "total">(what: string, given: Record<string, unknown>, name: Name, warn: Warn): { [key in Name]?: number } & { currency?: string } {
  const amount = given[name] == null ? undefined : number(`${what}: ${name}`, given[name], warn);
  const { currency } = given;
  const sound = typeof currency === "string" && /^[a-z]{3}$/i.test(currency);
  if (currency != null && !sound) warn(`${what}: currency is three letters, such as EUR`);
  return { ...(amount !== undefined && { [name]: amount }), ...(sound && { currency }) } as { [key in Name]?: number } & { currency?: string };
}

/** Templates write numbers as texts. */
function number(what: string, given: unknown, warn: Warn): number | undefined {
  const n = typeof given === "string" && given.trim() ? Number(given) : given;
  if (typeof n === "number" && Number.isFinite(n) && n >= 0) return n;
  warn(`${what} is a number and not below 0`);
  return undefined;
}

function text(given: unknown): string {
  return typeof given === "string" || typeof given === "number" ? String(given).slice(0, MOST_TEXT) : "";
}

function said(given: unknown): string {
  return typeof given === "string" ? `"${given.slice(0, 60)}"` : given === null ? "null" : typeof given;
}
