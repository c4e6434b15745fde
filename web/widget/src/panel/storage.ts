// The browser's storages, which may be forbidden, full, or written by others. What is read is checked; what cannot be written
// is kept in memory, so that nothing is lost as long as the page lives.

import { isUnsent, type OutboxStorage, type Unsent } from "@mostrador/protocol";

export class Cupboard {
  private memory = new Map<string, string>();

  constructor(private readonly area: () => Storage) {}

  get(key: string): string | null {
    if (this.memory.has(key)) return this.memory.get(key)!;
    try {
      return this.area().getItem(key);
    } catch {
      return null;
    }
  }

  set(key: string, value: string): void {
    try {
      this.area().setItem(key, value);
      this.memory.delete(key);
    } catch {
      this.memory.set(key, value);
    }
  }

  remove(key: string): void {
    this.memory.delete(key);
    try {
      this.area().removeItem(key);
    } catch {
      // Forbidden: then there is nothing to remove either.
    }
  }

  keys(prefix: string): string[] {
    const found = new Set([...this.memory.keys()].filter((key) => key.startsWith(prefix)));
    try {
      const area = this.area();
      for (let i = 0; i < area.length; i++) {
        const key = area.key(i);
        if (key?.startsWith(prefix)) found.add(key);
      }
    } catch {
      // As above.
    }
    return [...found];
  }
}

export interface Session {
  session: string;
  shopper_id: string;
  expires_at: number;
  /** The customer that the server has verified: as the page names them. */
  who?: string;
}

export function readSession(text: string | null): Session | null {
  const value = parse(text) as Partial<Session> | null;
  return value && typeof value.session === "string" && /^[rs]es_[\w-]{20,100}$/.test(value.session) && typeof value.shopper_id === "string" && typeof value.expires_at === "number"
    ? (value as Session)
    : null;
}

export function unsentIn(cupboard: Cupboard, prefix: string): OutboxStorage {
  return {
    all: () => cupboard.keys(prefix).flatMap((key) => parseUnsent(cupboard.get(key))),
    put: (message) => cupboard.set(prefix + message.id, JSON.stringify(message)),
    remove: (id) => cupboard.remove(prefix + id),
  };
}

function parseUnsent(text: string | null): Unsent[] {
  const value = parse(text);
  return isUnsent(value) && value.text.length <= 20_000 ? [value] : [];
}

function parse(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
