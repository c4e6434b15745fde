import type { Entry } from "@mostrador/protocol";
import { expect, it } from "vitest";
import source from "../../../shared/domain/src/settings/form.rs?raw";
import served from "../../../tests/fixtures/protocol/server.json";
import { phrases } from "../src/languages/form.js";
import { progress, readDraft } from "../src/panel/form-state.js";
import type { FormEntry } from "../src/panel/layout.js";

const fields = ["name", "email", "size"].map((id) => ({ id, kind: "text" as const, label: id, required: id === "email" }));
const at = { log: "thread" as const, thread_at: 0, at: 0 };
const form: FormEntry = { ...at, seq: 2, author: { role: "system" }, kind: "form", fields, held: true };
let seq = 2;
const answer = (field: string, value: string | null): Entry => ({ ...at, seq: ++seq, author: { role: "shopper" }, kind: "answer", field, label: field, value, finished: false });

it("I1 asks one question after the other; what is skipped counts as given", () => {
  expect(progress(form, []).asking?.id).toBe("name");
  expect(progress(form, [answer("name", null)]).asking?.id).toBe("email");
  expect(progress(form, [answer("name", null), answer("email", "a@b.c"), answer("size", "L")])).toMatchObject({ asking: null, finished: true });
});

it("I1 of several answers to one question the newest counts, and asks nothing anew", () => {
  const { given, asking } = progress(form, [answer("name", "Ana"), answer("email", "a@b.c"), answer("name", "Anna")]);
  expect(given.get("name")).toBe("Anna");
  expect(asking?.id).toBe("size");
});

it("I1 what the fixtures show of a form is understood", () => {
  const thread = (served as unknown as { type: string; entries?: Entry[] }[]).flatMap((frame) => (frame.type === "entries" ? frame.entries! : []));
  const asked = thread.find((entry): entry is FormEntry => entry.kind === "form")!;
  const { given, finished } = progress(asked, thread);
  expect([...given]).toEqual([
    ["email", "ana@example.com"],
    ["size", null],
  ]);
  expect(finished).toBe(true);
});

it("A20 what is written of an answer is kept for its question alone, and nothing else is believed", () => {
  const draft = { conversation: "conv_1", field: "email", text: "ana@" };
  const sent = { ...draft, sent: "00000000-0000-4000-8000-000000000001", value: "ana@" };
  for (const good of [draft, sent, { ...sent, value: null }]) expect(readDraft(JSON.stringify(good), "conv_1", "email")).toEqual(good);
  for (const bad of [null, "{", "7", JSON.stringify({ ...draft, text: 7 }), JSON.stringify({ ...sent, sent: "x" }), JSON.stringify({ ...sent, value: 7 })]) expect(readDraft(bad, "conv_1", "email")).toBeNull();
  expect(readDraft(JSON.stringify(draft), "conv_2", "email")).toBeNull();
  expect(readDraft(JSON.stringify(draft), "conv_1", "name")).toBeNull();
});

it("I4 the form's phrases are complete in four languages, and those that the server ships", () => {
  const table = source.slice(source.indexOf("pub const PHRASES"), source.indexOf("#[cfg(test)]"));
  const shipped = [...table.matchAll(/phrase\(\s*Phrase::\w+,\s*"(\w+)",\s*"(.*?)",\s*"(.*?)",\s*"(.*?)",\s*"(.*?)",?\s*\)/g)];
  expect(shipped.length).toBe(16);
  // The two that ask come with the question.
  const ours = shipped.filter(([, key]) => !key!.startsWith("ask_"));
  ["en", "es", "pt", "it"].forEach((language, n) => {
    expect(phrases[language as "en"], language).toEqual(Object.fromEntries(ours.map((found) => [found[1], found[2 + n]])));
  });
});
