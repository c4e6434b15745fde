// Who is remembered, and where. Nothing is stored of a visitor before they agree by what the page passes on (`consent`), or have opened the
// widget; until then a page knows no more than itself.

export interface Shelf {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
}

/** A storage that may be forbidden or full: then memory has to do. */
export function shelf(area: () => Storage): Shelf {
  const tried = <T>(run: (area: Storage) => T) => {
    try {
      return run(area());
    } catch {
      return null;
    }
  };
  return {
    get: (key) => tried((area) => area.getItem(key)),
    set: (key, value) => void tried((area) => area.setItem(key, value)),
    remove: (key) => void tried((area) => area.removeItem(key)),
  };
}

/** For so long what the page tells of orders may follow from something that was shown: the longest that settings allow. */
const FOLLOWS = 30 * 86_400_000;

export class Visitor {
  private memory: string | undefined;
  private spokenAt = 0;

  constructor(
    private readonly keys: { visitor: string; spoken: string },
    private readonly local: Shelf,
    private readonly now: () => number,
    /** The shopper has opened the widget, here or before. */
    private readonly opened: () => boolean,
    /** What the page has passed on. */
    public consent: boolean,
  ) {}

  get remember(): boolean {
    return this.consent || this.opened();
  }

  /** As the server gave it. What the page's own scripts put in its place is checked there. */
  get token(): string | undefined {
    const stored = this.remember ? this.local.get(this.keys.visitor) : null;
    return (stored && /^[\w-]{20,100}$/.test(stored) ? stored : undefined) ?? this.memory;
  }

  keep(token: string): void {
    this.memory = token;
    if (this.remember) this.local.set(this.keys.visitor, token);
  }

  /** Something that was shown was opened: what the page tells of orders is worth a call from now on. */
  spoken(): void {
    this.spokenAt = this.now();
    if (this.remember) this.local.set(this.keys.spoken, String(this.spokenAt));
  }

  get follows(): boolean {
    const at = Math.max(this.spokenAt, (this.remember && Number(this.local.get(this.keys.spoken))) || 0);
    return at > 0 && this.now() - at < FOLLOWS;
  }

  /** Agreed meanwhile: what was only known here is kept. Withdrawn: it is forgotten. */
  agree(consent: boolean): void {
    this.consent = consent;
    if (consent) {
      if (this.memory) this.keep(this.memory);
    } else {
      this.memory = undefined;
      this.local.remove(this.keys.visitor);
      this.local.remove(this.keys.spoken);
    }
  }
}
