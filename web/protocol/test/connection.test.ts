import { describe, expect, it } from "vitest";
import { backoff, Connection, type ConnectionOptions, type ConnectionState, HANDSHAKE_LIMIT, MOVE_AFTER, MOVE_SPREAD, PING_ACTIVE, PING_DASHBOARD, PING_IDLE, PONG_LIMIT } from "../src/index.js";
import { calm, FakeServer } from "./virtual.js";

function connected(server: FakeServer, over: Partial<ConnectionOptions> = {}) {
  const states: ConnectionState[] = [];
  const connection = new Connection(
    {
      api: "http://api",
      token: () => Promise.resolve("ses_x"),
      renew: () => Promise.resolve(false),
      hello: () => ({ conversations: [] }),
      ping: () => ({ conversations: [] }),
      active: () => true,
      onFrame: () => {},
      onState: (state) => states.push(state),
      ...over,
    },
    server.edges,
  );
  return { connection, states };
}

const pings = (server: FakeServer) => server.sockets.flatMap((socket) => socket.sent).filter((frame) => frame.action === "ping").length;

describe("a connection", () => {
  it("comes by ticket, socket and hello", async () => {
    const server = new FakeServer();
    const { connection, states } = connected(server);
    connection.start();
    await server.time.run(100);
    expect(server.requests).toEqual(["POST /tickets"]);
    expect(server.socket.url).toBe("ws://api/ws?v=1&ticket=tkt_1");
    expect(server.socket.sent.map((frame) => frame.action)).toEqual(["hello"]);
    expect(states.map((state) => state.name)).toEqual(["connecting", "online"]);
  });

  it("F11 gives a handshake 8 s: a socket that never opens, a hello that is never answered, a ticket that never comes", async () => {
    for (const hang of ["socket", "hello", "ticket"] as const) {
      const server = new FakeServer();
      const edges = server.edges;
      if (hang === "socket") edges.socket = (url) => Object.assign(server.edges.socket(url), { open() {} });
      if (hang === "ticket") edges.fetch = () => new Promise(() => {});
      if (hang === "hello") server.weather = { ...calm, loseToClient: 1 };
      const states: ConnectionState["name"][] = [];
      const connection = new Connection({ api: "http://api", token: () => Promise.resolve("s"), renew: () => Promise.resolve(false), hello: () => ({ conversations: [] }), ping: () => ({ conversations: [] }), active: () => true, onFrame() {}, onState: (state) => states.push(state.name) }, edges);
      connection.start();
      await server.time.run(HANDSHAKE_LIMIT - 100);
      expect(states, hang).toEqual(["connecting"]);
      await server.time.run(300);
      expect(states[1], hang).toBe("offline");
      connection.stop();
    }
  });

  it.each([
    ["a widget that is looked at", { active: (): boolean => true }, PING_ACTIVE],
    ["a widget that is not", { active: (): boolean => false }, PING_IDLE],
    ["a dashboard, looked at or not", { active: (): boolean => false, site: "demo" }, PING_DASHBOARD],
  ])("%s beats in its time", async (_who, over, period) => {
    const server = new FakeServer();
    connected(server, over).connection.start();
    await server.time.run(period - 100);
    expect(pings(server)).toBe(0);
    await server.time.run(200);
    expect(pings(server)).toBe(1);
    await server.time.run(period);
    expect(pings(server)).toBe(2);
  });

  it("F11 leaves a half-open socket when a ping has no answer in 10 s", async () => {
    const server = new FakeServer();
    const { connection } = connected(server);
    connection.start();
    await server.time.run(100);
    server.socket.cut(true);
    await server.time.run(PING_ACTIVE + PONG_LIMIT - 500);
    expect(connection.online).toBe(true);
    await server.time.run(2000);
    expect(server.sockets).toHaveLength(2);
    expect(connection.online).toBe(true);
  });

  it("F11 moves to a new socket at 110 ± 5 min, the new one first, and is online all the while", async () => {
    const server = new FakeServer(7);
    const { connection, states } = connected(server);
    connection.start();
    await server.time.run(1000);
    await server.time.run(MOVE_AFTER - MOVE_SPREAD - 2000);
    expect(server.sockets).toHaveLength(1);
    await server.time.run(2 * MOVE_SPREAD + 2000);
    expect(server.sockets).toHaveLength(2);
    expect(server.sockets[0]!.closed).toBe(true);
    expect(server.live).toHaveLength(1);
    expect(states.map((state) => state.name)).not.toContain("offline");
    expect(connection.send({ action: "page", url: "", title: "", referrer: "" })).toBe(true);
    expect(server.sockets[1]!.sent.at(-1)?.action).toBe("page");
  });

  it("keeps the old socket when the move fails, and tries again", async () => {
    const server = new FakeServer(7);
    const { connection } = connected(server);
    connection.start();
    await server.time.run(1000);
    server.opensSockets = false;
    await server.time.run(MOVE_AFTER + MOVE_SPREAD);
    expect(server.sockets.length).toBeGreaterThan(1);
    expect(connection.online).toBe(true);
    server.opensSockets = true;
    await server.time.run(120_000);
    expect(server.sockets[0]!.closed).toBe(true);
    expect(server.live).toHaveLength(1);
  });

  it("F12 waits anything up to a ceiling that doubles to 30 s", () => {
    expect([0, 1, 2, 3, 4, 5, 9, 99].map((attempt) => backoff(attempt, 0.9999999))).toEqual([999, 1999, 3999, 7999, 15_999, 29_999, 29_999, 29_999]);
    expect(backoff(9, 0)).toBe(0);
  });

  it.each([
    ["at rest, to a server that takes them all: fewer than 500 a second come", false, Number.POSITIVE_INFINITY],
    ["all being looked at, to a gateway that takes 500 a second and refuses the rest", true, 500],
  ])("F12 ten thousand come back from one outage within a minute: %s", async (_who, looking, most) => {
    const server = new FakeServer(3);
    const clients = Array.from({ length: 10_000 }, () => connected(server, { active: () => looking }).connection);
    for (const client of clients) client.start();
    await server.time.run(60_000);
    expect(clients.filter((client) => client.online)).toHaveLength(10_000);
    const cut = server.time.now;
    const second = () => Math.floor((server.time.now - cut) / 1000);
    const came = new Map<number, number>();
    server.ticketStatus = () => {
      const before = came.get(second()) ?? 0;
      if (before >= most) return 0;
      came.set(second(), before + 1);
      return 201;
    };
    for (const socket of server.live) socket.cut();
    await server.time.run(60_000);
    expect(clients.filter((client) => client.online)).toHaveLength(10_000);
    expect(Math.max(...came.values())).toBeLessThanOrEqual(500);
    for (const client of clients) client.stop();
  }, 60_000);

  it("UX12 comes back from an outage within 30 s of its end", async () => {
    const server = new FakeServer(5);
    const { connection } = connected(server);
    connection.start();
    await server.time.run(100);
    server.ticketStatus = () => 0;
    server.socket.cut();
    await server.time.run(10 * 60_000);
    expect(connection.state.name).toBe("offline");
    const tries = server.requests.length;
    expect(tries).toBeGreaterThan(20);
    server.ticketStatus = () => 201;
    await server.time.run(31_000);
    expect(connection.online).toBe(true);
  });

  it("comes back at once when the network is said to be back, and lets go when it is said to be gone", async () => {
    const server = new FakeServer();
    const { connection } = connected(server);
    connection.start();
    await server.time.run(100);
    connection.lost();
    expect(connection.state.name).toBe("offline");
    expect(server.live).toHaveLength(0);
    connection.wake();
    await server.time.run(600);
    expect(connection.online).toBe(true);
  });

  it("F13 asks for another session when the token is refused, once", async () => {
    const server = new FakeServer();
    let renewals = 0;
    let refused = true;
    server.ticketStatus = () => (refused ? 401 : 201);
    const { connection } = connected(server, {
      renew: () => {
        renewals++;
        refused = false;
        return Promise.resolve(true);
      },
    });
    connection.start();
    await server.time.run(100);
    expect(renewals).toBe(1);
    expect(connection.online).toBe(true);

    const denied = new FakeServer();
    denied.ticketStatus = () => 401;
    const other = connected(denied, { renew: () => Promise.resolve(true) });
    other.connection.start();
    await denied.time.run(60_000);
    expect(other.connection.state).toEqual({ name: "ended", reason: "unauthorized" });
    expect(denied.requests).toHaveLength(2);
  });

  it("A17 is over when the server says goodbye, and stays over", async () => {
    const server = new FakeServer();
    const { connection } = connected(server);
    connection.start();
    await server.time.run(100);
    server.socket.receive({ type: "bye", reason: "session_ended" });
    await server.time.run(600_000);
    expect(connection.state).toEqual({ name: "ended", reason: "session_ended" });
    expect(server.sockets).toHaveLength(1);
  });

  it("W2 stays away from where the chat is off, or not for this shopper, until it is started again", async () => {
    const server = new FakeServer();
    const { connection } = connected(server);
    server.ticketStatus = () => 403;
    connection.start();
    await server.time.run(600_000);
    expect(connection.state).toEqual({ name: "ended", reason: "visibility" });
    expect(server.requests).toHaveLength(1);
    server.ticketStatus = () => 201;
    connection.start();
    await server.time.run(100);
    expect(connection.online).toBe(true);
    server.socket.receive({ type: "bye", reason: "visibility" });
    expect(connection.state).toEqual({ name: "ended", reason: "visibility" });
  });

  it("A9 one socket too many waits for half a minute at least", async () => {
    const server = new FakeServer();
    const { connection } = connected(server);
    connection.start();
    await server.time.run(100);
    server.socket.receive({ type: "bye", reason: "too_many" });
    await server.time.run(29_000);
    expect(server.sockets).toHaveLength(1);
    await server.time.run(32_000);
    expect(server.sockets).toHaveLength(2);
    expect(connection.online).toBe(true);
  });

  it("UX9 lets go of everything when stopped, and starts anew", async () => {
    const server = new FakeServer();
    const { connection } = connected(server);
    connection.start();
    await server.time.run(100);
    connection.stop();
    expect(server.live).toHaveLength(0);
    expect(server.time.waiting).toBe(0);
    connection.start();
    await server.time.run(100);
    expect(connection.online).toBe(true);
  });

  it("polls where no socket can be had, and takes the socket when it can", async () => {
    const server = new FakeServer(2);
    server.opensSockets = false;
    const { connection, states } = connected(server);
    connection.start();
    await server.time.run(20_000);
    expect(states.at(-1)).toEqual({ name: "online", polling: true });
    expect(connection.send({ action: "send", conversation_id: null, text: "by post" })).toBe(true);
    await server.time.run(100);
    expect(server.conversations.get("conv_1")?.entries).toHaveLength(1);
    const before = server.requests.filter((request) => request.endsWith("/conversations/current")).length;
    await server.time.run(9_000);
    expect(server.requests.filter((request) => request.endsWith("/conversations/current")).length - before).toBe(3);
    server.opensSockets = true;
    await server.time.run(150_000);
    expect(states.at(-1)).toEqual({ name: "online", polling: false });
  });
});
