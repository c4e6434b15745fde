import { expect, it } from "vitest";
import { Cupboard, readSession, unsentIn } from "../src/panel/storage.js";

function area(limit = Infinity): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    key: (n: number) => [...kept.keys()][n] ?? null,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem(key: string, value: string) {
      if (kept.size >= limit) throw new Error("QuotaExceededError");
      kept.set(key, value);
    },
    removeItem: (key: string) => void kept.delete(key),
    clear: () => kept.clear(),
  };
}
const message = { id: "00000000-0000-4000-8000-000000000001", action: "send" as const, conversation_id: null, text: "x", at: 1, nth: 0, state: { name: "waiting" as const } };

it("keeps in memory what a full or forbidden storage refuses", () => {
  const forbidden = new Cupboard(() => {
    throw new Error("SecurityError");
  });
  for (const cupboard of [new Cupboard(() => area(0)), forbidden]) {
    const outbox = unsentIn(cupboard, "p:");
    outbox.put(message);
    expect(outbox.all()).toEqual([message]);
    outbox.remove(message.id);
    expect(outbox.all()).toEqual([]);
  }
});

it("A20 reads nothing that is not what it wrote", () => {
  const shelf = area();
  const cupboard = new Cupboard(() => shelf);
  shelf.setItem("p:1", "{");
  shelf.setItem("p:2", JSON.stringify({ ...message, text: "x".repeat(30_000) }));
  shelf.setItem("p:3", JSON.stringify({ ...message, action: "assign" }));
  shelf.setItem("other", JSON.stringify(message));
  expect(unsentIn(cupboard, "p:").all()).toEqual([]);
  const session = { session: `ses_${"a".repeat(43)}`, shopper_id: "shp_1", expires_at: 1 };
  expect(readSession(JSON.stringify(session))).toEqual(session);
  for (const bad of [null, "", "{", "7", "null", JSON.stringify({ ...session, session: "ses_ x" }), JSON.stringify({ ...session, session: 7 }), JSON.stringify({ session: session.session })]) {
    expect(readSession(bad)).toBeNull();
  }
});
