// What the client needs of its surroundings. Everything that touches the world is here, so that tests run on virtual time.

export type Timer = unknown;

export interface Edges {
  now(): number;
  /** Runs `run` once after `ms`. */
  after(ms: number, run: () => void): Timer;
  cancel(timer: Timer): void;
  /** 0 ≤ x < 1 */
  random(): number;
  uuid(): string;
  fetch(url: string, init: { method: string; headers: Record<string, string>; body?: string }): Promise<{ status: number; text(): Promise<string> }>;
  socket(url: string): Socket;
}

/** The part of a WebSocket that is used. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
  send(text: string): void;
  close(): void;
}

export const browserEdges: Edges = {
  now: () => Date.now(),
  after: (ms, run) => setTimeout(run, ms),
  cancel: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  random: () => Math.random(),
  uuid: () => uuid((bytes) => crypto.getRandomValues(bytes)),
  fetch: (url, init) => fetch(url, { ...init, credentials: "omit" }),
  socket: (url) => new WebSocket(url) as unknown as Socket,
};

/** Version 4. `crypto.randomUUID` is missing on pages without TLS, such as a shop on a developer's network. */
export function uuid(fill: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): string {
  const bytes = fill(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 15) | 64;
  bytes[8] = (bytes[8]! & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
