import { expect, it } from "vitest";
import { shops, words } from "../src/shops.mjs";
import { pages } from "../src/pages.mjs";

const keys = Object.keys(words.en).sort();

it.each(Object.entries(words))("%s has every phrase", (_language, phrases) => {
  expect(Object.keys(phrases).sort()).toEqual(keys);
  for (const phrase of Object.values(phrases)) expect(phrase).not.toBe("");
});

it.each(Object.values(shops))("$name's pages name only phrases that exist, and fetch nothing from elsewhere", (shop) => {
  for (const text of Object.values(pages(shop) as Record<string, string>)) {
    for (const [, key] of text.matchAll(/data-t(?:itle)?="([^"]+)"/g)) expect(keys).toContain(key);
    for (const [, address] of text.matchAll(/(?:src|href)="([^"]+)"/g)) expect(address).not.toMatch(/^(https?:)?\/\//);
    expect(text).toContain("require-trusted-types-for 'script'; trusted-types 'none'");
    expect(text).toContain(`data-site="${shop.site}"`);
  }
});
