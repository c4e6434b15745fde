import { expect, it } from "vitest";
import { phrases } from "../src/languages/transcript.js";

it("what is said of a conversation by mail is complete in four languages", () => {
  expect(Object.keys(phrases)).toEqual(["en", "es", "pt", "it"]);
  for (const said of Object.values(phrases)) {
    expect(Object.keys(said)).toEqual(Object.keys(phrases.en));
    for (const phrase of Object.values(said)) expect(phrase.trim()).not.toBe("");
  }
});
