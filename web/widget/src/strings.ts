// Every word that a shopper reads: one file per language, loaded when a page speaks it. A language that lacks a phrase does not
// compile, and a test says so too.

import type { strings as english } from "./languages/en.js";

export type Key = keyof typeof english;
export type Strings = Record<Key, string>;

export const languages: Record<string, () => Promise<{ strings: Strings }>> = {
  en: () => import("./languages/en.js"),
  es: () => import("./languages/es.js"),
  pt: () => import("./languages/pt.js"),
  it: () => import("./languages/it.js"),
};

/** `pt` of `pt-BR`. */
export const primary = (tag: string) => tag.toLowerCase().split("-")[0]!;

/** The strings for a language tag; English where we speak none of it. */
export async function stringsFor(tag: string): Promise<Strings> {
  return (await (languages[primary(tag)] ?? languages.en!)()).strings;
}

/** Puts values into a phrase. */
export function fill(phrase: string, values: Record<string, string | number>): string {
  return phrase.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}
