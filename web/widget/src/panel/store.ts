// What the panel shows, and the one place that changes it. Views read signals and call methods; the client below says what the
// server says.

import { batch, computed, signal } from "@preact/signals";
import {
  bindToPage,
  browserEdges,
  Client,
  type ClientEvent,
  type ConnectionState,
  type ConversationLog,
  type Edges,
  type Entry,
  type SiteConfig,
  TYPING_SHOWN,
  type Unsent,
} from "@mostrador/protocol";
import type { Host } from "../host.js";
import { keys } from "../keys.js";
import { direction, language, theme } from "../page.js";
import { fill, type Key, type Strings, stringsFor } from "../strings.js";
import { kit } from "./kit.js";
import type { Later } from "./later.js";
import { Cupboard, readSession, type Session, unsentIn } from "./storage.js";

export type Ask = "end" | "forget";

export class Store {
  readonly open = signal(false);
  readonly config = signal<SiteConfig>(null as never);
  readonly connection = signal<ConnectionState>({ name: "idle" });
  /** The connection has been away for long enough to say so. */
  readonly away = signal<false | "offline" | "trouble">(false);
  readonly conversation = signal<{ log: ConversationLog; version: number } | null>(null);
  readonly unsent = signal<readonly Unsent[]>([]);
  readonly typing = signal<string | null>(null);
  /** The thread is known, or known to be none. */
  readonly loaded = signal(false);
  /** Number of the first message that was unread when the panel was opened; 0 = none. */
  readonly divider = signal(0);
  readonly ask = signal<Ask | null>(null);
  /** What is not needed at first: see `later.tsx`. */
  readonly later = signal<Later | null>(null);
  readonly problem = signal(false);
  readonly muted = signal(false);
  readonly language = signal("en");
  readonly strings = signal<Strings>(null as never);
  readonly direction = signal<"ltr" | "rtl">("ltr");
  readonly theme = signal<"light" | "dark">("light");
  /** The launcher's card with the newest unread message was put away at this number. */
  readonly dismissed = signal(0);
  /** What a screen reader is told: the newest message of the other side. */
  readonly announced = signal("");
  /** The reader is at the end of the thread: what comes is seen. */
  readonly atEnd = signal(true);
  private readonly seenHere = signal(0);
  takesFocus = true;

  readonly closed = computed(() => this.conversation.value?.log.closed ?? false);
  readonly unread = computed(() => {
    const log = this.conversation.value?.log;
    if (!log) return 0;
    const seen = Math.max(this.seenHere.value, log.cursors.shopper.seen);
    return log.thread.filter((entry) => entry.seq > seen && fromTeam(entry)).length;
  });
  readonly newest = computed(() => {
    const log = this.conversation.value?.log;
    return this.unread.value > 0 ? (log?.thread.findLast(fromTeam) ?? null) : null;
  });

  readonly client: Client;
  private readonly key;
  private readonly local = new Cupboard(() => localStorage);
  private readonly tab = new Cupboard(() => sessionStorage);
  private session: Session | null = null;
  private awayTimer: unknown = null;
  private typingTimer: unknown = null;
  private seenTimer: unknown = null;
  private configTimer: unknown = null;
  private told = { seen: 0, delivered: 0 };
  private lastPage = "";
  private configAt = 0;
  private readonly undo: (() => void)[] = [];

  constructor(
    private readonly host: Host,
    private readonly edges: Edges = browserEdges,
  ) {
    this.key = keys(host.site);
    this.config.value = host.config;
    this.configAt = edges.now();
    this.muted.value = this.local.get(this.key.mute) === "1";
    this.session = readSession(this.local.get(this.key.session));
    this.client = new Client(
      {
        api: host.api,
        token: () => this.token(),
        renew: () => this.renew(),
        active: () => this.watching(),
        storage: unsentIn(this.local, this.key.unsent),
        onEvent: (event) => this.apply(event),
      },
      edges,
    );
    this.unsent.value = [...this.client.outbox.all];
  }

  /** Whether something of the shopper is kept here, so that the socket is wanted without anybody opening the panel. */
  get resumable(): boolean {
    return this.session !== null && (this.local.get(this.key.open) === "1" || this.client.outbox.all.length > 0);
  }

  /** Whether the panel was shown on the page before. */
  get wasShown(): boolean {
    return this.tab.get(this.key.shown) === "1";
  }

  /** Binds to the page; answers nothing, `shutdown` undoes it. */
  start(): void {
    this.undo.push(bindToPage(this.client.connection, window, () => this.open.value || this.resumable));
    const observer = new MutationObserver(() => void this.face());
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["lang", "dir", "class", "style", "data-theme"] });
    this.undo.push(() => observer.disconnect());
    this.listen(window, "storage", (event) => this.otherTab(event as StorageEvent));
    this.listen(document, "visibilitychange", () => this.reconsider());
    this.listen(window, "popstate", () => this.tellPage());
    const navigation = (window as { navigation?: EventTarget }).navigation;
    if (navigation) this.listen(navigation, "navigatesuccess", () => this.tellPage());
    const dark = matchMedia("(prefers-color-scheme: dark)");
    this.listen(dark, "change", () => void this.face());
    if (this.resumable) this.client.start();
  }

  /** Safe to call whenever it may be wanted: a network that was lost meanwhile is tried again. */
  loadLater(): void {
    if (this.later.peek()) return;
    import("./later.js").then(
      (later) => {
        if (this.later.peek()) return;
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(later.css);
        this.host.root.adoptedStyleSheets.push(sheet);
        this.later.value = later.later(kit);
      },
      () => {},
    );
  }

  shutdown(): void {
    this.client.stop();
    for (const undo of this.undo) undo();
    for (const timer of [this.awayTimer, this.typingTimer, this.seenTimer, this.configTimer]) this.edges.cancel(timer);
    this.title(0);
  }

  t(key: Key, values: Record<string, string | number> = {}): string {
    return fill(this.strings.value[key], values);
  }

  /** `focus`: somebody asked for it just now, and wants to write. */
  show(focus = true): void {
    if (this.open.value) return;
    this.takesFocus = focus;
    batch(() => {
      this.open.value = true;
      this.problem.value = false;
      this.markDivider();
      // Without a conversation of this shopper's there is nothing to wait for.
      if (!this.session) this.loaded.value = true;
    });
    this.tab.set(this.key.shown, "1");
    this.client.start();
    this.client.connection.wake();
    this.keepConfig();
    this.host.emit("open");
    this.reconsider();
  }

  hide(): void {
    if (!this.open.value) return;
    batch(() => {
      this.open.value = false;
      this.ask.value = null;
      this.divider.value = 0;
    });
    this.tab.remove(this.key.shown);
    this.host.emit("close");
    // Nothing to listen for: a socket costs both sides.
    if (!this.resumable) this.client.stop();
    this.reconsider();
  }

  say(text: string): boolean {
    const said = this.client.say(this.closed.value ? null : (this.conversation.value?.log.id ?? null), text);
    if (!said) return false;
    this.local.set(this.key.open, "1");
    this.divider.value = 0;
    this.client.start();
    return true;
  }

  typed(): void {
    const id = this.conversation.value?.log.id;
    if (id && !this.closed.value) this.client.typing(id);
  }

  get draft(): string {
    return this.local.get(this.key.draft) ?? "";
  }

  set draft(text: string) {
    if (text) this.local.set(this.key.draft, text);
    else this.local.remove(this.key.draft);
  }

  retry(id: string): void {
    this.client.retry(id);
  }

  discard(id: string): void {
    this.client.discard(id);
  }

  /** Puts the ended conversation away. With `resend`, what it refused goes into the new one. */
  startNew(resend: boolean): void {
    const old = this.conversation.value;
    batch(() => {
      this.conversation.value = null;
      this.divider.value = 0;
    });
    if (old) this.client.drop(old.log.id);
    this.told = { seen: 0, delivered: 0 };
    if (resend) {
      this.local.set(this.key.open, "1");
      this.client.sendAsNew();
    } else {
      for (const message of this.client.outbox.all.filter((message) => message.state.name === "closed")) this.client.discard(message.id);
    }
  }

  async end(): Promise<void> {
    const id = this.conversation.value?.log.id;
    this.ask.value = null;
    if (!id) return;
    try {
      await this.client.request({ action: "close", conversation_id: id });
    } catch {
      // Closed already, or no way to tell now: the thread shows which.
      this.problem.value = !this.closed.value;
    }
  }

  /** A shared computer: nothing of this shopper stays here, in any tab, and the session is over on the server too. */
  async forget(): Promise<void> {
    const session = this.session;
    this.forgetHere();
    this.hide();
    if (!session) return;
    // The session dies even if the network is away for a moment; after an hour it is given up, and expires by itself.
    for (let attempt = 0; attempt < 8; attempt++) {
      try {
        const answer = await this.edges.fetch(`${this.host.api}/v1/sessions/end`, { method: "POST", headers: { authorization: `Bearer ${session.session}` } });
        if (answer.status < 500 && answer.status !== 429) return;
      } catch {
        // Tried again below.
      }
      await new Promise<void>((resolve) => this.edges.after(1000 * 2 ** attempt, resolve));
    }
  }

  toggleMute(): void {
    this.muted.value = !this.muted.value;
    if (this.muted.value) this.local.set(this.key.mute, "1");
    else this.local.remove(this.key.mute);
  }

  /** Answers whether more of what came before is here now. */
  loadOlder(): Promise<boolean> {
    return this.client.loadOlder(this.conversation.value?.log.id ?? "");
  }

  /** Something that decides what counts as read has changed: the panel, the tab, the scroll position, the thread. */
  reconsider(): void {
    if (this.loaded.value) this.loadLater();
    const log = this.conversation.value?.log;
    if (log && this.watching() && this.atEnd.value) this.seenHere.value = Math.max(this.seenHere.value, log.numbers.t);
    const unread = this.unread.value;
    this.host.show({ open: this.open.value, unread });
    this.title(document.visibilityState === "hidden" ? unread : 0);
    if (this.seenTimer !== null || !log) return;
    this.seenTimer = this.edges.after(250, () => {
      this.seenTimer = null;
      this.tellSeen();
    });
  }

  /** Takes language, direction and theme from the page. */
  async face(): Promise<void> {
    this.direction.value = direction();
    this.theme.value = theme(this.host.theme);
    const wanted = language();
    const strings = await stringsFor(wanted).catch(() => this.strings.value);
    if (!strings) throw new Error("no language can be loaded");
    // The page may have changed its mind meanwhile.
    if (wanted !== language() && this.strings.value) return;
    batch(() => {
      this.language.value = wanted;
      this.strings.value = strings;
    });
  }

  private watching(): boolean {
    return this.open.value && document.visibilityState === "visible";
  }

  private listen(target: EventTarget, type: string, run: (event: Event) => void): void {
    target.addEventListener(type, run);
    this.undo.push(() => target.removeEventListener(type, run));
  }

  private apply(event: ClientEvent): void {
    switch (event.type) {
      case "state":
        this.connection.value = event.state;
        if (event.state.name === "ended" && event.state.reason === "session_ended") this.sessionEnded();
        if (event.state.name === "online") {
          this.lastPage = "";
          this.tellPage();
        }
        return this.watchAway(event.state);
      case "conversation":
        return this.conversationChanged(event.log, event.added);
      case "absent":
        if (this.conversation.value?.log.id === event.conversation_id) this.conversation.value = null;
        return;
      case "outbox":
        this.unsent.value = [...this.client.outbox.all];
        return;
      case "ready":
        this.loaded.value = true;
        if (event.open) this.local.set(this.key.open, "1");
        else if (this.client.outbox.all.length === 0) this.local.remove(this.key.open);
        this.told = { seen: 0, delivered: 0 };
        return this.reconsider();
      case "frame":
        if (event.frame.type === "typing" && event.frame.author.role === "agent" && event.frame.conversation_id === this.conversation.value?.log.id) {
          this.showTyping(event.frame.author.name);
        }
    }
  }

  private conversationChanged(log: ConversationLog, added: Entry[]): void {
    const shown = this.conversation.value;
    // A closed one stays in sight until a new one begins; an older one never comes back.
    if (shown && shown.log.id !== log.id) {
      if (!shown.log.closed) return;
      this.client.drop(shown.log.id);
    }
    const history = shown?.log.id !== log.id || !this.loaded.value;
    const news = added.filter(fromTeam);
    batch(() => {
      this.conversation.value = { log, version: (shown?.version ?? 0) + 1 };
      if (news.length > 0) this.showTyping(null);
      if (log.closed) this.local.remove(this.key.open);
      else this.local.set(this.key.open, "1");
    });
    if (!history && news.length > 0) {
      if (this.watching() && !this.atEnd.value && this.divider.value === 0) this.divider.value = news[0]!.seq;
      const last = news.at(-1)!;
      if (last.kind === "message") {
        this.announced.value = `${authorName(last)}: ${last.text}`;
        if (!this.watching() && !this.muted.value) import("./chime.js").then(({ chime }) => chime(), () => {});
      }
      for (const entry of news) {
        if (entry.kind === "message") this.host.emit("message", { text: entry.text, author: authorName(entry), at: entry.at, seq: entry.seq });
      }
    }
    if (!this.open.value && news.length > 0) this.divider.value = 0;
    else if (history && this.open.value) this.markDivider();
    this.reconsider();
  }

  private markDivider(): void {
    const log = this.conversation.value?.log;
    if (!log) return;
    const seen = Math.max(this.seenHere.value, log.cursors.shopper.seen);
    this.divider.value = log.thread.find((entry) => entry.seq > seen && fromTeam(entry))?.seq ?? 0;
  }

  private showTyping(name: string | null): void {
    this.edges.cancel(this.typingTimer);
    this.typing.value = name;
    if (name !== null) this.typingTimer = this.edges.after(TYPING_SHOWN, () => this.showTyping(null));
  }

  private watchAway(state: ConnectionState): void {
    this.edges.cancel(this.awayTimer);
    if (state.name === "online" || state.name === "idle" || state.name === "ended") {
      this.away.value = false;
      return;
    }
    const kind = () => (navigator.onLine ? "trouble" : "offline");
    // A blink of the connection is nothing to talk about; a browser that knows itself offline is.
    if (this.away.value || !navigator.onLine) this.away.value = kind();
    else this.awayTimer = this.edges.after(1500, () => (this.away.value = kind()));
  }

  private tellSeen(): void {
    const log = this.conversation.value?.log;
    if (!log || !this.client.connection.online) return;
    const last = log.thread.findLast((entry) => entry.author.role !== "shopper")?.seq ?? 0;
    const seen = Math.min(this.seenHere.value, last);
    const { shopper } = log.cursors;
    if (seen <= Math.max(this.told.seen, shopper.seen) && last <= Math.max(this.told.delivered, shopper.delivered)) return;
    this.told = { seen: Math.max(seen, shopper.seen), delivered: last };
    this.client.tell({ action: "seen", conversation_id: log.id, ...this.told });
  }

  private tellPage(): void {
    const page = { url: location.href, title: document.title.replace(/^\(\d+\) /, ""), referrer: document.referrer };
    if (page.url === this.lastPage) return;
    if (this.client.tell({ action: "page", ...page })) this.lastPage = page.url;
  }

  private title(unread: number): void {
    const plain = document.title.replace(/^\(\d+\) /, "");
    const title = unread > 0 ? `(${unread}) ${plain}` : plain;
    if (document.title !== title) document.title = title;
  }

  /** The page's own scripts can make such events; what counts is what the storage really holds. */
  private otherTab(event: StorageEvent): void {
    if (!event.isTrusted || (event.key !== null && !event.key.startsWith(this.key.base))) return;
    const session = readSession(this.local.get(this.key.session));
    if (this.session && !session) {
      this.forgetHere();
      return this.hide();
    }
    if (session && session.session !== this.session?.session) {
      this.session = session;
      if (this.open.value || this.resumable) {
        this.client.stop();
        this.client.start();
      }
    }
    this.client.synchronise();
    if (this.resumable) this.client.start();
    this.muted.value = this.local.get(this.key.mute) === "1";
  }

  private sessionEnded(): void {
    const shown = this.open.value;
    this.forgetHere();
    if (shown) this.hide();
  }

  private forgetHere(): void {
    this.session = null;
    this.client.forget();
    for (const key of this.local.keys(this.key.base)) if (key !== this.key.mute) this.local.remove(key);
    for (const key of this.tab.keys(this.key.base)) this.tab.remove(key);
    batch(() => {
      this.conversation.value = null;
      this.seenHere.value = 0;
      this.divider.value = 0;
      this.dismissed.value = 0;
      this.announced.value = "";
      this.loaded.value = false;
      this.forgotten.value++;
    });
    this.reconsider();
  }

  /** Counts how often everything was forgotten: the composer then empties itself. */
  readonly forgotten = signal(0);

  private async token(): Promise<string | null> {
    this.session ??= readSession(this.local.get(this.key.session));
    if (this.session) return this.session.session;
    // Made only for somebody who has opened the panel, or has written.
    if (!this.open.value) return null;
    const page = { url: location.href, title: document.title, referrer: document.referrer };
    const answer = await this.edges.fetch(`${this.host.api}/v1/sites/${encodeURIComponent(this.host.site)}/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      // In the zone the shopper is told when the shop opens.
      body: JSON.stringify({ language: this.language.value, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, page }),
    });
    if (answer.status >= 300) return null;
    const made = readSession(await answer.text());
    // Another tab may have been quicker: one shopper, one session.
    this.session = readSession(this.local.get(this.key.session)) ?? made;
    if (this.session === made && made) this.local.set(this.key.session, JSON.stringify(made));
    return this.session?.session ?? null;
  }

  /** The session is no longer good. What was written and not sent is kept, and offered in a new conversation. */
  private renew(): Promise<boolean> {
    const stored = readSession(this.local.get(this.key.session));
    if (stored && stored.session !== this.session?.session) {
      this.session = stored;
      return Promise.resolve(true);
    }
    this.local.remove(this.key.session);
    this.local.remove(this.key.open);
    this.session = null;
    this.conversation.value = null;
    this.client.conversations.clear();
    return Promise.resolve(this.open.value);
  }

  /** While the panel is open, who is here is never older than a minute or two. */
  private keepConfig(): void {
    this.edges.cancel(this.configTimer);
    if (!this.open.value) return;
    if (this.edges.now() - this.configAt >= 60_000 && document.visibilityState === "visible") void this.refreshConfig();
    this.configTimer = this.edges.after(60_000, () => this.keepConfig());
  }

  private async refreshConfig(): Promise<void> {
    this.configAt = this.edges.now();
    try {
      const answer = await this.edges.fetch(`${this.host.api}/v1/sites/${encodeURIComponent(this.host.site)}/config`, { method: "GET", headers: {} });
      if (answer.status === 200) this.config.value = JSON.parse(await answer.text()) as SiteConfig;
    } catch {
      // The old one serves.
    }
  }
}

export function fromTeam(entry: Entry): boolean {
  return entry.kind === "message" && entry.author.role !== "shopper";
}

export function authorName(entry: Entry): string {
  return entry.author.role === "agent" ? entry.author.name : "";
}
