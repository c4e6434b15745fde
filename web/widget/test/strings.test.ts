import { expect, it } from "vitest";
import { dangerous } from "../src/panel/files.js";
import { strings as en } from "../src/languages/en.js";
import { fill, languages, stringsFor } from "../src/strings.js";

const keys = Object.keys(en).sort();
const holes = (phrase: string) => [...phrase.matchAll(/\{\w+\}/g)].map(String).sort();

it.each(Object.keys(languages))("%s has every phrase, with the same holes", async (language) => {
  const { strings } = await languages[language]!();
  expect(Object.keys(strings).sort()).toEqual(keys);
  for (const [key, phrase] of Object.entries(strings)) {
    expect(phrase.trim(), key).not.toBe("");
    expect(holes(phrase), key).toEqual(holes(en[key as keyof typeof en]));
  }
});

it("speaks the page's language, and English where it speaks none of it", async () => {
  expect((await stringsFor("pt-BR")).send).toBe("Enviar");
  expect((await stringsFor("ES")).placeholder).toBe("Escribe un mensaje…");
  for (const tag of ["ar", "de-AT", "", "x"]) expect(await stringsFor(tag)).toBe(en);
});

it("fills phrases in, and leaves what nobody gave", () => {
  expect(fill("{a} and {b}", { a: "$&", b: 2 })).toBe("$& and 2");
  expect(fill("{a}", {})).toBe("{a}");
});

it("a file that may be dangerous is called so in every language", () => {
  expect(Object.keys(dangerous).sort()).toEqual(Object.keys(languages).sort());
});
