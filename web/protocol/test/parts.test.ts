import { describe, expect, it } from "vitest";
import { type ClientFrame, ConversationLog, type Entry, fnv1a, interleaved, isUnsent, listDigest, MAX_FRAME_BYTES, onlyEmoji, Outbox, readFrame, rich, safeLink, type ServerFrame, spans, textProblem, uuid } from "../src/index.js";
import { prepend } from "../src/older.js";
import accepted from "../../../tests/fixtures/protocol/client-accepted.json";
import served from "../../../tests/fixtures/protocol/server.json";

const entry = (seq: number, over: Partial<Entry> = {}): Entry => ({ log: "thread", seq, thread_at: seq, at: seq, author: { role: "shopper" }, kind: "message", text: `m${seq}`, ...over }) as Entry;
const page = (entries: Entry[], t: number, over: { b?: number; epoch?: string; more?: boolean; status?: "open" | "closed" } = {}) => ({
  conversation_id: "conv_1",
  epoch: over.epoch ?? "e1",
  entries,
  head: { numbers: { t, b: over.b ?? 0 }, status: over.status ?? ("open" as const), began_at: 1, participants: [] },
  more: over.more ?? false,
});

describe("a log", () => {
  it("ends up the same whatever the order, the repetitions and the losses in between", () => {
    const orders = [[1, 2, 3, 4], [4, 3, 2, 1], [2, 2, 1, 4, 1, 3], [3, 1, 4, 2, 2]];
    for (const order of orders) {
      const log = new ConversationLog("conv_1", "e1");
      const added = order.flatMap((seq) => log.receive(page([entry(seq)], seq)).added);
      expect(log.thread.map((each) => each.seq)).toEqual([1, 2, 3, 4]);
      expect(added.map((each) => each.seq)).toEqual([1, 2, 3, 4]);
      expect(log.behind).toBe(false);
    }
  });

  it("is behind while a number is missing, but not while pages are on their way", () => {
    const log = new ConversationLog("conv_1", "e1");
    log.receive(page([entry(1)], 3, { more: true }));
    expect(log.behind).toBe(false);
    log.interrupted();
    expect(log.behind).toBe(true);
    log.receive(page([entry(2), entry(3)], 3));
    expect(log.behind).toBe(false);
    log.expect({ t: 4, b: 0 });
    expect(log.behind).toBe(true);
  });

  it("F21 counts a kind that it does not know", () => {
    const log = new ConversationLog("conv_1", "e1");
    log.receive(page([entry(1), { ...entry(2), kind: "rated" } as unknown as Entry, entry(3)], 3));
    expect(log.numbers.t).toBe(3);
    expect(log.behind).toBe(false);
  });

  it("F22 starts again under another epoch, cursors included", () => {
    const log = new ConversationLog("conv_1", "e1");
    log.receive(page([entry(1), entry(2)], 2));
    log.moveCursor("team", { seen: 2, delivered: 2 });
    expect(log.receive(page([entry(1)], 1, { epoch: "e2" })).reset).toBe(true);
    expect(log.thread).toHaveLength(1);
    expect(log.cursors.team).toEqual({ seen: 0, delivered: 0 });
  });

  it("F20 begins with the newest page and takes what came before in front of it", () => {
    const log = new ConversationLog("conv_1", "e1");
    const note = (seq: number, at: number) => entry(seq, { log: "backstage", thread_at: at, kind: "note" } as Partial<Entry>);
    // A push overtakes the page.
    log.receive(page([entry(103)], 103, { b: 9 }));
    const { added, reset } = log.receive({ ...page([entry(101), note(9, 101), entry(102)], 102, { b: 9 }), after: { t: 100, b: 8 } });
    expect(reset).toBe(false);
    expect(added.map((each) => each.log[0]! + each.seq)).toEqual(["t101", "b9", "t102", "t103"]);
    expect(log.numbers).toEqual({ t: 103, b: 9 });
    expect([log.behind, log.hasOlder]).toEqual([false, true]);
    const older = { conversation_id: "conv_1", epoch: "e1", head: page([], 103).head, more: false };
    expect(prepend(log, { ...older, entries: [entry(98)], after: { t: 97, b: 8 } })).toBe(false);
    expect(prepend(log, { ...older, epoch: "e0", entries: [entry(99), entry(100)], after: { t: 98, b: 8 } })).toBe(false);
    expect(prepend(log, { ...older, entries: [entry(99), note(8, 99), entry(100)], after: { t: 98, b: 7 } })).toBe(true);
    expect(interleaved(log).map((each) => each.log[0]! + each.seq)).toEqual(["t99", "b8", "t100", "t101", "b9", "t102", "t103"]);
    expect(log.numbers).toEqual({ t: 103, b: 9 });
    expect(log.base).toEqual({ t: 98, b: 7 });
  });

  it("F20 begins anew with a page that lies far ahead, and not with one that overlaps", () => {
    const log = new ConversationLog("conv_1", "e1");
    log.receive(page([entry(1), entry(2), entry(3)], 3));
    log.receive({ ...page([entry(3), entry(4)], 4), after: { t: 2, b: 0 } });
    expect(log.thread.map((each) => each.seq)).toEqual([1, 2, 3, 4]);
    log.receive({ ...page([entry(500), entry(501)], 501), after: { t: 499, b: 0 } });
    expect(log.thread.map((each) => each.seq)).toEqual([500, 501]);
    expect([log.behind, log.hasOlder]).toEqual([false, true]);
    log.receive(page([entry(502)], 502));
    expect(log.numbers.t).toBe(502);
  });

  it("stays closed when an older head arrives later", () => {
    const log = new ConversationLog("conv_1", "e1");
    log.receive(page([entry(1)], 1));
    log.receive(page([entry(3, { kind: "closed" } as Partial<Entry>)], 3, { status: "closed" }));
    log.receive(page([entry(2)], 2));
    expect(log.closed).toBe(true);
    expect(log.thread).toHaveLength(3);
  });

  it("moves cursors forward only, and what is seen has been delivered", () => {
    const log = new ConversationLog("conv_1", "e1");
    expect(log.moveCursor("team", { seen: 3, delivered: 1 })).toBe(true);
    expect(log.cursors.team).toEqual({ seen: 3, delivered: 3 });
    expect(log.moveCursor("team", { seen: 2, delivered: 2 })).toBe(false);
  });

  it("interleaves both logs as they were written", () => {
    const log = new ConversationLog("conv_1", "e1");
    const note = (seq: number, at: number) => entry(seq, { log: "backstage", thread_at: at, kind: "note" } as Partial<Entry>);
    log.receive(page([entry(1), entry(2), note(1, 1), note(2, 2), note(3, 1)], 2, { b: 3 }));
    expect(interleaved(log).map((each) => each.log[0]! + each.seq)).toEqual(["t1", "b1", "b3", "t2", "b2"]);
  });
});

describe("an outbox", () => {
  const message = (n: number, conversation_id: string | null = "conv_1") => ({ id: `00000000-0000-4000-8000-00000000000${n}`, action: "send" as const, conversation_id, text: `m${n}`, at: n });

  it("has one message under way per conversation", () => {
    const outbox = new Outbox();
    for (const each of [message(1), message(2), message(3, "conv_2")]) outbox.add(each);
    expect(outbox.due().map((each) => each.text)).toEqual(["m1", "m3"]);
    outbox.sending(message(1).id);
    expect(outbox.due().map((each) => each.text)).toEqual(["m3"]);
  });

  it("goes on behind a message that failed for good, and keeps its text", () => {
    const outbox = new Outbox();
    for (const each of [message(1), message(2)]) outbox.add(each);
    outbox.refused(message(1).id, "too_large");
    expect(outbox.get(message(1).id)).toMatchObject({ text: "m1", state: { name: "failed", code: "too_large" } });
    expect(outbox.due().map((each) => each.text)).toEqual(["m2"]);
  });

  it("A20 believes nothing in the storage that is not an unsent message", () => {
    const good = { ...message(1), nth: 0, state: { name: "waiting" } };
    expect(isUnsent(good)).toBe(true);
    for (const bad of [null, 7, "x", {}, { ...good, id: "1" }, { ...good, action: "assign" }, { ...good, text: 7 }, { ...good, at: "1" }, { ...good, state: null }, { ...good, state: { name: "sent" } }, { ...good, conversation_id: 7 }, { ...good, begin: "x" }, { ...good, begin: null }]) {
      expect(isUnsent(bad)).toBe(false);
    }
    const outbox = new Outbox({ all: () => [{ evil: true }, good] as never, put() {}, remove() {} });
    expect(outbox.all).toHaveLength(1);
  });
});

describe("a frame", () => {
  it("is refused before it is sent when the service would refuse it", () => {
    expect(textProblem("")).toBe("empty");
    expect(textProblem("\u200b\u2060 ")).toBe("empty");
    expect(textProblem("a")).toBeNull();
    expect(textProblem("👍")).toBeNull();
    expect(textProblem("x".repeat(10_000))).toBeNull();
    expect(textProblem("x".repeat(10_001))).toBe("too_large");
    // 10,000 characters may still be more than 24 KiB.
    expect(textProblem("ع".repeat(10_000))).toBeNull();
    expect(textProblem("😀".repeat(10_000))).toBe("too_large");
    expect(textProblem('"'.repeat(MAX_FRAME_BYTES / 2))).toBe("too_large");
  });

  it("that is none is none", () => {
    for (const bad of ["", "x", "7", "null", "[]", "{}", '{"type":7}', new ArrayBuffer(3), undefined]) expect(readFrame(bad)).toBeNull();
    expect(readFrame('{"type":"of tomorrow"}')).not.toBeNull();
  });

  it("of the fixtures that both languages read is understood", () => {
    for (const frame of served as ServerFrame[]) expect(readFrame(JSON.stringify(frame))).toEqual(frame);
    const log = new Map<string, ConversationLog>();
    for (const frame of served as ServerFrame[]) {
      if (frame.type !== "entries") continue;
      const each = log.get(frame.conversation_id) ?? new ConversationLog(frame.conversation_id, frame.epoch);
      log.set(frame.conversation_id, each);
      each.receive(frame);
    }
    expect(log.size).toBeGreaterThan(0);
    for (const frame of accepted as ClientFrame[]) expect(frame.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("has a lower-case UUID of version 4", () => {
    expect(uuid((bytes) => bytes.fill(255))).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
    expect(uuid((bytes) => bytes.fill(0))).toBe("00000000-0000-4000-8000-000000000000");
  });
});

describe("a digest", () => {
  it("is FNV-1a of 32 bits, as published", () => {
    expect([fnv1a(""), fnv1a("a"), fnv1a("foobar")]).toEqual(["811c9dc5", "e40c292c", "bf9cf968"]);
  });

  it("covers the first fifty rows, in their order", () => {
    const rows = Array.from({ length: 60 }, (_, n) => ({ conversation_id: `conv_${n}`, rev: n }));
    expect(listDigest([])).toBe("811c9dc5");
    expect(listDigest(rows)).toBe(listDigest(rows.slice(0, 50)));
    expect(listDigest(rows)).not.toBe(listDigest([...rows].reverse()));
  });
});

describe("a text", () => {
  const flat = (text: string) => spans(text).map((span) => (span.type === "text" ? span.text : `${span.type}(${span.text})`)).join("");

  it.each([
    ["see https://example.com/a_b_c?x=1.", "see link(https://example.com/a_b_c?x=1)."],
    ["(https://example.com/x)", "(link(https://example.com/x))"],
    ["https://en.example.org/wiki/Lamp_(oil)", "link(https://en.example.org/wiki/Lamp_(oil))"],
    ["www.example.com, thanks", "link(www.example.com), thanks"],
    ["*bold* and _soft_", "bold(bold) and italic(soft)"],
    ["2*3*4 and snake_case_name", "2*3*4 and snake_case_name"],
    ["* not * bold", "* not * bold"],
  ])("%s", (text, expected) => expect(flat(text)).toBe(expected));

  it("A6 makes links of http and https only", () => {
    for (const text of ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "JaVaScRiPt://x"]) {
      expect(spans(text).every((span) => span.type !== "link")).toBe(true);
      expect(safeLink(text)).toBeNull();
    }
  });

  it("A5 leaves markup as text", () => {
    expect(flat("<img src=x onerror=alert(1)>")).toBe("<img src=x onerror=alert(1)>");
  });

  it("has lists among its lines", () => {
    expect(rich("a\n- b\n- c\nd").map((block) => block.type)).toEqual(["text", "list", "text"]);
  });

  it("of emoji alone is shown large", () => {
    expect(["👍", "👍🏽", "❤️", "😀 😀", "👩‍👩‍👧"].map(onlyEmoji)).toEqual([true, true, true, true, true]);
    expect(["ok 👍", "😀😀😀😀", "1", "", "a"].map(onlyEmoji)).toEqual([false, false, false, false, false]);
  });
});
