import { describe, expect, it } from "vitest";
import { ACK_LIMIT, Client, type ClientEvent, type ConversationLog, GAP_HOLD, OPEN_LIMIT, type OutboxStorage, type Unsent } from "../src/index.js";
import { calm, dice, FakeServer } from "./virtual.js";

function shelf(): OutboxStorage {
  const kept = new Map<string, string>();
  return {
    all: () => [...kept.values()].map((text) => JSON.parse(text) as Unsent),
    put: (message) => void kept.set(message.id, JSON.stringify(message)),
    remove: (id) => void kept.delete(id),
  };
}

function shopper(server: FakeServer, storage = shelf()) {
  const events: ClientEvent[] = [];
  const client = new Client(
    { api: "http://api", token: () => Promise.resolve("ses_x"), renew: () => Promise.resolve(false), active: () => true, storage, onEvent: (event) => events.push(event) },
    server.edges,
  );
  return { client, events, storage };
}

const texts = (log: ConversationLog | undefined) => log?.thread.map((entry) => (entry.kind === "message" ? entry.text : entry.kind)) ?? [];
const stored = (server: FakeServer, id: string) => server.conversations.get(id)!.entries.map((entry) => (entry.kind === "message" ? entry.text : entry.kind));

it("an open that is never answered is asked again, until another conversation is looked at", async () => {
  const server = new FakeServer();
  const client = new Client(
    { api: "http://api", token: () => Promise.resolve("t"), renew: () => Promise.resolve(false), active: () => true, agent: { site: "demo", list: () => "queue", digest: () => null }, onEvent() {} },
    server.edges,
  );
  client.start();
  await server.time.run(100);
  const opens = () => server.socket.sent.flatMap((frame) => (frame.action === "open" ? [frame.conversation_id] : []));
  void client.view("conv_1");
  await server.time.run(OPEN_LIMIT * 2 + 100);
  expect(opens()).toEqual(["conv_1", "conv_1", "conv_1"]);
  void client.view("conv_2");
  await server.time.run(OPEN_LIMIT + 100);
  expect(opens().slice(3)).toEqual(["conv_2", "conv_2"]);
});

describe("a conversation", () => {
  it("begins with the first message, and those behind it follow in order, one at a time", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    for (const text of ["one", "two", "three"]) client.say(null, text);
    await server.time.run(1000);
    expect(stored(server, "conv_1")).toEqual(["one", "two", "three"]);
    expect(texts(client.conversations.get("conv_1"))).toEqual(["one", "two", "three"]);
    expect(client.outbox.all).toEqual([]);
    expect(server.conversations.size).toBe(1);
  });

  it("H4 begins with the questions that were opened, and names them at the beginning only", async () => {
    const server = new FakeServer();
    const { client, storage } = shopper(server);
    client.say(null, "one", { faqs: ["shipping", "returns"] });
    client.say(null, "two", { faqs: ["shipping", "returns"] });
    // Kept over a reload.
    expect(storage.all().map(({ begin }) => begin?.faqs)).toEqual([["shipping", "returns"], ["shipping", "returns"]]);
    const again = shopper(server, storage);
    again.client.start();
    await server.time.run(1000);
    const sends = server.socket.sent.flatMap((frame) => (frame.action === "send" ? [{ begins: frame.conversation_id === null, faqs: frame.faqs }] : []));
    expect(sends).toEqual([
      { begins: true, faqs: ["shipping", "returns"] },
      { begins: false, faqs: undefined },
    ]);
  });

  it("I1 an answer goes under one id as often as it is tried, and its entry is asked for when it is not pushed", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    client.say(null, "hello");
    await server.time.run(500);
    const id = "00000000-0000-4000-8000-0000000000aa";
    const answer = { action: "answer", conversation_id: "conv_1", field: "email", value: "ana@example.com" } as const;
    await Promise.all([expect(client.request(answer, undefined, id)).rejects.toMatchObject({ code: "lost" }), server.time.run(ACK_LIMIT + 100)]);
    const done = client.request(answer, undefined, id);
    expect(server.socket.sent.filter((frame) => frame.action === "answer")).toEqual([
      { id, ...answer },
      { id, ...answer },
    ]);
    server.conversations.get("conv_1")!.entries.push({ log: "thread", seq: 2, thread_at: 2, at: 1, author: { role: "shopper" }, kind: "answer", field: "email", label: "Email", value: "ana@example.com", finished: true, client_id: id });
    server.socket.receive({ type: "ack", id, conversation_id: "conv_1", epoch: "e1", log: "thread", seq: 2, at: 1 });
    expect((await done).seq).toBe(2);
    await server.time.run(GAP_HOLD + 100);
    expect(texts(client.conversations.get("conv_1"))).toEqual(["hello", "answer"]);
  });

  it("W2 H6 hears whether the shop is there and which settings stand, with every hello and heartbeat", async () => {
    const server = new FakeServer();
    const { client, events } = shopper(server);
    client.start();
    await server.time.run(100);
    const heads = { heads: [], open: null, epoch: "e1", now: server.time.now };
    server.socket.receive({ type: "pong", id: "x", ...heads, availability: { online: false, opens_at: 5, zone: "Europe/Madrid" }, version: 8 });
    server.socket.receive({ type: "pong", id: "y", ...heads });
    expect(events.filter(({ type }) => type === "site")).toEqual([{ type: "site", availability: { online: false, opens_at: 5, zone: "Europe/Madrid" }, version: 8 }]);
  });

  it("holds a gap for 400 ms before it asks, and asks nothing when the frame comes by itself", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    client.say(null, "hello");
    await server.time.run(500);
    const hellos = () => server.socket.sent.filter((frame) => frame.action === "hello").length;
    const before = hellos();
    const late = server.socket;
    const receive = late.receive.bind(late);
    // The first of the two is held up on its way.
    let nth = 0;
    late.receive = (frame) => void (nth++ === 0 ? server.time.after(GAP_HOLD - 100, () => receive(frame)) : receive(frame));
    server.write("a");
    await server.time.run(20);
    server.write("b");
    await server.time.run(50);
    expect(texts(client.conversations.get("conv_1"))).toEqual(["hello"]);
    await server.time.run(1000);
    expect(texts(client.conversations.get("conv_1"))).toEqual(["hello", "a", "b"]);
    expect(hellos()).toBe(before);
    // And now it is lost.
    nth = -1;
    late.receive = (frame) => void (nth++ < 0 ? undefined : receive(frame));
    server.write("c");
    await server.time.run(20);
    server.write("d");
    await server.time.run(GAP_HOLD - 50);
    expect(hellos()).toBe(before);
    await server.time.run(200);
    expect(hellos()).toBe(before + 1);
    expect(texts(client.conversations.get("conv_1"))).toEqual(["hello", "a", "b", "c", "d"]);
  });

  it("F20 a long conversation begins with its newest page; the rest comes when it is asked for, page by page", async () => {
    const server = new FakeServer();
    const first = shopper(server);
    first.client.start();
    first.client.say(null, "hello");
    await server.time.run(1000);
    for (let n = 2; n <= 13; n++) server.write(`m${n}`);
    await server.time.run(1000);
    const { client, events } = shopper(server);
    client.start();
    await server.time.run(1000);
    const log = client.conversations.get("conv_1")!;
    expect(texts(log)).toEqual(["m9", "m10", "m11", "m12", "m13"]);
    server.write("m14");
    await server.time.run(100);
    expect(log.numbers.t).toBe(14);
    const told = events.length;
    // Two who ask at once get one page.
    expect(await Promise.all([client.loadOlder("conv_1"), client.loadOlder("conv_1")])).toEqual([true, false]);
    expect(events.length).toBe(told + 1);
    expect(texts(log)[0]).toBe("m4");
    expect(await client.loadOlder("conv_1")).toBe(true);
    expect([log.hasOlder, await client.loadOlder("conv_1")]).toEqual([false, false]);
    expect(log.thread.map((entry) => entry.seq)).toEqual(Array.from({ length: 14 }, (_, n) => n + 1));
    expect(log.behind).toBe(false);
  });

  it("F20 who comes back to very much begins with the newest page; what was sent meanwhile is not shown twice", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    client.say(null, "hello");
    await server.time.run(1000);
    // The acknowledgement comes, the entry and all that follows do not.
    server.socket.receive = ((receive) => (frame) => frame.type !== "entries" && receive(frame))(server.socket.receive.bind(server.socket));
    client.say("conv_1", "mine");
    await server.time.run(100);
    expect(client.outbox.all[0]?.state.name).toBe("stored");
    for (let n = 3; n <= 40; n++) server.write(`m${n}`);
    server.socket.cut();
    await server.time.run(35_000);
    const log = client.conversations.get("conv_1")!;
    expect(log.thread.map((entry) => entry.seq)).toEqual([36, 37, 38, 39, 40]);
    expect(log.behind).toBe(false);
    expect(client.outbox.all).toEqual([]);
  });

  it("F2 a lost acknowledgement is asked for again under the same id, and stored once", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    await server.time.run(100);
    server.weather = { ...calm, loseToClient: 1 };
    client.say(null, "once");
    await server.time.run(ACK_LIMIT - 1000);
    expect(client.outbox.all[0]?.state.name).toBe("sending");
    server.weather = calm;
    await server.time.run(5000);
    expect(stored(server, "conv_1")).toEqual(["once"]);
    expect(texts(client.conversations.get("conv_1"))).toEqual(["once"]);
    expect(server.socket.sent.filter((frame) => frame.action === "send")).toHaveLength(2);
    expect(client.outbox.all).toEqual([]);
  });

  it("F4 a busy service is asked again, and the message waits in sight", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    server.weather = { ...calm, refuse: 1 };
    client.say(null, "patience");
    await server.time.run(3000);
    expect(["waiting", "sending"]).toContain(client.outbox.all[0]?.state.name);
    server.weather = calm;
    await server.time.run(35_000);
    expect(stored(server, "conv_1")).toEqual(["patience"]);
  });

  it("F5 what was written before a reload is sent after it, exactly once", async () => {
    const server = new FakeServer();
    const storage = shelf();
    const first = shopper(server, storage);
    first.client.start();
    first.client.say(null, "kept");
    // The tab dies when the frame is on its way.
    await server.time.run(12);
    first.client.stop();
    const second = shopper(server, storage);
    expect(second.client.outbox.all.map((message) => message.text)).toEqual(["kept"]);
    second.client.start();
    await server.time.run(1000);
    expect(stored(server, "conv_1")).toEqual(["kept"]);
    expect(storage.all()).toEqual([]);
  });

  it("F16 what a closed conversation refuses is offered, and goes under its own id into a new one", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    client.say(null, "first");
    await server.time.run(100);
    // Frames in order: the entries come before `ready`.
    server.weather = { ...calm, delay: 0 };
    server.socket.cut();
    client.say("conv_1", "too late");
    const { id } = client.outbox.all[0]!;
    server.close();
    await server.time.run(5000);
    expect(client.outbox.get(id)?.state).toEqual({ name: "closed" });
    // The thread said so: it was not even tried.
    expect(server.socket.sent.filter((frame) => frame.action === "send")).toEqual([]);
    client.sendAsNew();
    await server.time.run(1000);
    expect(stored(server, "conv_2")).toEqual(["too late"]);
    expect(server.receipts.has(id)).toBe(true);
    expect(client.outbox.all).toEqual([]);
  });

  it("F16 what was written behind a beginning belongs to the conversation that it began, closed or not", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    await server.time.run(100);
    client.say(null, "first");
    client.say(null, "second");
    // Closed the moment it begins; nobody has heard of that when the second one goes out.
    const arrives = server.arrives.bind(server);
    server.arrives = (socket, frame) => {
      if (frame.action === "send" && frame.text === "second") server.close();
      arrives(socket, frame);
    };
    await server.time.run(1000);
    expect(server.conversations.size).toBe(1);
    expect(client.outbox.all.map(({ text, state }) => [text, state.name])).toEqual([["second", "closed"]]);
  });

  it("A14 a reused id fails with its text kept, and retries under another", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    await server.time.run(100);
    const message = client.say(null, "mine")!;
    server.receipts.set(message.id, { conversation: "conv_9", seq: 1, at: 1, text: "something else" });
    await server.time.run(100);
    expect(client.outbox.get(message.id)).toMatchObject({ text: "mine", state: { name: "failed", code: "id_reused" } });
    client.retry(message.id);
    await server.time.run(100);
    expect(stored(server, "conv_1")).toEqual(["mine"]);
  });

  it("F22 another epoch discards what the client has", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    client.say(null, "one");
    await server.time.run(100);
    server.write("two");
    await server.time.run(100);
    // A backup from before the second message.
    server.epoch = "e2";
    server.conversations.get("conv_1")!.entries.length = 1;
    await server.time.run(31_000);
    expect(texts(client.conversations.get("conv_1"))).toEqual(["one"]);
    expect(client.conversations.get("conv_1")?.epoch).toBe("e2");
  });

  it("F22 sends again what was acknowledged, and then lost by a restored backup", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    client.say(null, "one");
    await server.time.run(100);
    const { socket } = server;
    const receive = socket.receive.bind(socket);
    socket.receive = (frame) => void (frame.type === "ack" && receive(frame));
    const { id } = client.say("conv_1", "two")!;
    await server.time.run(50);
    expect(client.outbox.get(id)?.state.name).toBe("stored");
    server.epoch = "e2";
    server.conversations.get("conv_1")!.entries.length = 1;
    server.receipts.delete(id);
    socket.receive = receive;
    await server.time.run(31_000);
    expect(stored(server, "conv_1")).toEqual(["one", "two"]);
    expect(client.outbox.all).toEqual([]);
  });

  it("learns from a heartbeat what no push told", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    client.say(null, "one");
    await server.time.run(1000);
    server.weather = { ...calm, loseToClient: 1 };
    server.write("unheard");
    await server.time.run(100);
    server.weather = calm;
    await server.time.run(31_000);
    expect(texts(client.conversations.get("conv_1"))).toEqual(["one", "unheard"]);
  });

  it("UX17 tells of typing at most once in 3 s", async () => {
    const server = new FakeServer();
    const { client } = shopper(server);
    client.start();
    client.say(null, "one");
    await server.time.run(100);
    for (let key = 0; key < 40; key++) {
      client.typing("conv_1");
      await server.time.run(150);
    }
    expect(server.socket.sent.filter((frame) => frame.action === "typing")).toHaveLength(2);
  });

  it("refuses to queue what cannot be sent", () => {
    const { client } = shopper(new FakeServer());
    expect(client.say(null, " \n\u200b ")).toBeNull();
    expect(client.say(null, "x".repeat(10_001))).toBeNull();
    expect(client.say(null, "\u0001".repeat(9_000))).toBeNull();
    expect(client.say(null, "😀".repeat(5_000))).not.toBeNull();
  });
});

/** Writes, loses, repeats, reorders, cuts, reloads; then the weather clears, and everything must be right. */
async function storm(seed: number): Promise<void> {
  const server = new FakeServer(seed);
  const random = dice(seed ^ 0x9e3779b9);
  const storage = shelf();
  let { client } = shopper(server, storage);
  client.start();
  server.weather = { loseToServer: 0.08, loseToClient: 0.12, repeat: 0.1, delay: 600, refuse: 0.1 };
  const said: string[] = [];
  for (let step = 0; step < 60; step++) {
    const roll = random();
    if (roll < 0.5) {
      said.push(`s${said.length}`);
      client.say([...client.conversations.values()].at(-1)?.id ?? null, said.at(-1)!);
    } else if (roll < 0.75) server.write(`t${step}`);
    else if (roll < 0.85) server.live[0]?.cut(random() < 0.5);
    else if (roll < 0.88) {
      client.stop();
      client = shopper(server, storage).client;
      client.start();
    }
    await server.time.run(random() * 1500);
  }
  server.weather = calm;
  await server.time.run(180_000);
  const id = "conv_1";
  expect(server.conversations.size, `seed ${seed}: one conversation`).toBe(1);
  expect(client.outbox.all, `seed ${seed}: nothing unsent`).toEqual([]);
  while (await client.loadOlder(id));
  expect(texts(client.conversations.get(id)), `seed ${seed}: the client has what is stored`).toEqual(stored(server, id));
  const own = server.conversations.get(id)!.entries.filter((entry) => entry.author.role === "shopper");
  expect(own.map((entry) => (entry.kind === "message" ? entry.text : "")), `seed ${seed}: in the order written, once`).toEqual(said);
}

describe("in a storm", () => {
  const seeds = Number(process.env.SEEDS ?? 150);
  const first = Number(process.env.SEED ?? 1);
  it(`nothing is lost, doubled or reordered (${seeds} seeds from ${first}; SEED and SEEDS replay)`, { timeout: 120_000 }, async () => {
    for (let seed = first; seed < first + seeds; seed++) await storm(seed);
  });
});
