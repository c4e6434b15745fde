import type { Author, Entry, Unsent } from "@mostrador/protocol";
import { expect, it } from "vitest";
import { layout } from "../src/panel/layout.js";

const DAY = 86_400_000;
const MINUTE = 60_000;
const ana: Author = { role: "agent", id: "agt_1", name: "Ana" };
const luis: Author = { role: "agent", id: "agt_2", name: "Luis" };
const me: Author = { role: "shopper" };
let seq = 0;
const entry = (author: Author, at: number, body: object = { kind: "message", text: "x" }): Entry => ({ log: "thread", seq: ++seq, thread_at: seq, at, author, ...body }) as Entry;
const unsent = (at: number): Unsent => ({ id: `u${at}`, action: "send", conversation_id: null, text: "u", at, nth: 0, state: { name: "waiting" } });
const shown = (entries: Entry[], over: { unsent?: Unsent[]; divider?: number } = {}) =>
  layout({ entries, unsent: over.unsent ?? [], divider: over.divider ?? 0, dayOf: (at) => Math.floor(at / DAY) }).map((item) =>
    item.type === "group" ? `${item.author.role === "agent" ? item.author.name : item.own ? "me" : "shop"}×${item.bubbles.length}` : item.type,
  );

it("groups what one person writes within three minutes", () => {
  expect(shown([entry(me, 0), entry(me, MINUTE), entry(ana, 2 * MINUTE), entry(luis, 2 * MINUTE), entry(luis, 4 * MINUTE), entry(luis, 8 * MINUTE)])).toEqual(["day", "me×2", "Ana×1", "Luis×2", "Luis×1"]);
});

it("divides days, and breaks groups at them", () => {
  expect(shown([entry(me, DAY - MINUTE), entry(me, DAY + MINUTE)])).toEqual(["day", "me×1", "day", "me×1"]);
});

it("UX16 marks the first unread message", () => {
  seq = 0;
  expect(shown([entry(ana, 0), entry(ana, 1), entry(ana, 2)], { divider: 2 })).toEqual(["day", "Ana×1", "new", "Ana×2"]);
});

it("shows who joined, left and ended it as lines, and nothing of a kind it does not know", () => {
  expect(shown([entry(me, 0), entry(ana, 1, { kind: "joined" }), entry(ana, 2, { kind: "rated" }), entry(ana, 3), entry(ana, 4, { kind: "closed" })])).toEqual(["day", "me×1", "line", "Ana×1", "line"]);
});

it("H4 shows a question that was opened, and its answer as the shop's", () => {
  seq = 0;
  const faq = { kind: "faq", faq: "shipping", question: "How long?", answer: "Two days" };
  expect(shown([entry(me, 0, faq), entry(me, 1)])).toEqual(["day", "me×1", "shop×1", "me×1"]);
  const [, question, answer] = layout({ entries: [entry(me, 0, faq)], unsent: [], divider: 0, dayOf: () => 0 });
  expect([question, answer].map((item) => item?.type === "group" && item.bubbles[0]!.text)).toEqual(["How long?", "Two days"]);
});

it("H7 automatic messages are the shop's own, in one group, whatever rule sent them", () => {
  const shop: Author = { role: "system" };
  expect(shown([entry(me, 0), { ...entry(shop, 1), why: { rule: "outside_hours", cause: 1 } }, { ...entry(shop, 2), why: { rule: "wait_time_over", cause: 1 } }])).toEqual(["day", "me×1", "shop×2"]);
});

const asked = () => entry({ role: "system" }, 1, { kind: "form", held: true, fields: [{ id: "email", kind: "email", label: "Email", required: true }] });
const answered = (finished: boolean) => entry(me, 2, { kind: "answer", field: "email", label: "Email", value: "x", finished });

it("I1 the form is one thing: at the end while it is asked, then where it was finished", () => {
  seq = 0;
  expect(shown([entry(me, 0), asked(), entry(me, 2)], { unsent: [unsent(3)] })).toEqual(["day", "me×3", "form"]);
  expect(shown([entry(me, 0), asked(), answered(true), entry(me, 3)])).toEqual(["day", "me×1", "form", "me×1"]);
  // A correction later moves nothing.
  expect(shown([entry(me, 0), asked(), answered(true), entry(ana, 3), answered(false)])).toEqual(["day", "me×1", "form", "Ana×1"]);
});

it("I1 a person who takes over writes below the form, unless it is gone on with", () => {
  seq = 0;
  expect(shown([entry(me, 0), asked(), entry(ana, 3), entry(me, 4)])).toEqual(["day", "me×1", "form", "Ana×1", "me×1"]);
  expect(shown([entry(me, 0), asked(), entry(ana, 3), answered(true), entry(me, 4)])).toEqual(["day", "me×1", "Ana×1", "form", "me×1"]);
});

it("UX10 has what is not sent yet at the end, in the same group, under the key that it will keep", () => {
  const message = unsent(MINUTE);
  const stored = { ...entry(me, 2 * MINUTE), client_id: message.id };
  const before = layout({ entries: [entry(me, 0)], unsent: [message], divider: 0, dayOf: () => 0 });
  const after = layout({ entries: [entry(me, 0), stored], unsent: [], divider: 0, dayOf: () => 0 });
  const keys = (items: typeof before) => items.flatMap((item) => (item.type === "group" ? item.bubbles.map((bubble) => bubble.key) : []));
  expect(keys(before)[1]).toBe(message.id);
  expect(keys(after)[1]).toBe(message.id);
  expect(shown([entry(me, 0)], { unsent: [message] })).toEqual(["day", "me×2"]);
});

it("E3 what came by mail stands by itself, and says so", () => {
  const mailed = { kind: "message", text: "x", mail: {} };
  expect(shown([entry(me, 0), entry(me, 1, mailed), entry(me, 2, mailed), entry(me, 3)])).toEqual(["day", "me×1", "me×2", "me×1"]);
  const [, chat, mail] = layout({ entries: [entry(me, 0), entry(me, 1, mailed)], unsent: [], divider: 0, dayOf: () => 0 });
  expect([chat, mail].map((item) => item?.type === "group" && item.bubbles[0]!.mail !== undefined)).toEqual([false, true]);
});
