// What survives a reload: drafts and unsent messages. A browser that refuses to store (private windows, full disks) loses only that.

import { type OutboxStorage, type Unsent } from '@mostrador/protocol';

type Keep = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

function attempt<T>(run: () => T, otherwise: T): T {
  try {
    return run();
  } catch {
    return otherwise;
  }
}

function keysWith(store: Keep, prefix: string): string[] {
  const keys: string[] = [];
  for (let i = 0; i < store.length; i++) {
    const key = store.key(i);
    if (key?.startsWith(prefix) === true) keys.push(key);
  }
  return keys;
}

/** Each message under its own key, so that two tabs never overwrite each other's. */
export function outboxStorage(store: Keep, owner: string): OutboxStorage {
  const prefix = `mostrador.outbox.${owner}.`;
  return {
    all: () =>
      attempt(
        () => keysWith(store, prefix).flatMap((key) => attempt<Unsent[]>(() => [JSON.parse(store.getItem(key) ?? '') as Unsent], [])),
        [],
      ),
    put: (message) => attempt(() => store.setItem(prefix + message.id, JSON.stringify(message)), undefined),
    remove: (id) => attempt(() => store.removeItem(prefix + id), undefined),
  };
}

export type DraftKind = 'reply' | 'note';

/** What is written and not sent, for each conversation and each tab of the composer. */
export class Drafts {
  private readonly prefix: string;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly store: Keep,
    owner: string,
  ) {
    this.prefix = `mostrador.draft.${owner}.`;
  }

  /** Hears of texts that are given back; not of what is being typed. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A text that could not be sent, in front of what has been written since. */
  giveBack(conversation: string, kind: DraftKind, text: string): void {
    const since = this.read(conversation, kind);
    this.write(conversation, kind, since === '' ? text : `${text}\n${since}`);
    for (const listener of this.listeners) listener();
  }

  read(conversation: string, kind: DraftKind): string {
    return attempt(() => this.store.getItem(this.key(conversation, kind)) ?? '', '');
  }

  write(conversation: string, kind: DraftKind, text: string): void {
    const key = this.key(conversation, kind);
    attempt(() => (text === '' ? this.store.removeItem(key) : this.store.setItem(key, text)), undefined);
  }

  private key(conversation: string, kind: DraftKind): string {
    return `${this.prefix}${conversation}.${kind}`;
  }
}

/** Signing out leaves nothing of the shop's conversations in the browser. */
export function forgetEverything(store: Keep): void {
  attempt(() => {
    for (const key of [...keysWith(store, 'mostrador.outbox.'), ...keysWith(store, 'mostrador.draft.')]) store.removeItem(key);
  }, undefined);
}

export function preference(name: string): string | null {
  return attempt(() => window.localStorage.getItem(`mostrador.prefer.${name}`), null);
}

export function setPreference(name: string, value: string | null): void {
  attempt(() => {
    const key = `mostrador.prefer.${name}`;
    if (value === null) window.localStorage.removeItem(key);
    else window.localStorage.setItem(key, value);
  }, undefined);
}
