// What the panel shows, and the one place that changes it. Views read signals and call methods; the client below says what the
// server says.

import { batch, computed, type Signal, signal } from "@preact/signals";
import {
  type AgentName,
  type Beginning,
  bindToPage,
  browserEdges,
  Client,
  type ClientEvent,
  type ConnectionState,
  type ConversationLog,
  type Edges,
  type Entry,
  type Faq,
  type SiteConfig,
  type SiteContent,
  TYPING_SHOWN,
  type Unsent,
} from "@mostrador/protocol";
import { readableOn } from "../colour.js";
import type { Host, Identity } from "../host.js";
import { keys } from "../keys.js";
import { direction, language, theme } from "../page.js";
import { fill, type Key, languages, primary, type Strings, stringsFor } from "../strings.js";
import type { Form } from "./form.js";
import { type Kit, kit } from "./kit.js";
import type { Later } from "./later.js";
import type { Menus } from "./menu.js";
import type { Talk } from "./talk.js";
import { Cupboard, readSession, type Session, unsentIn } from "./storage.js";
import { opening } from "./times.js";

export type Ask = "end" | "forget" | "mail";

/** What the shop said before there was a conversation: it stands in the thread, and is in the log once somebody answers. */
export interface Spoken {
  /** As it will be in the log, from number 1 on. */
  thread: Entry[];
  /** By what the server knows it again. */
  begin: Beginning;
}

/** The card beside the launcher. */
export interface Offer {
  text: string;
  name: string;
  photo?: string | undefined;
  /** More room than for two lines. */
  whole: boolean;
  /** Sent away. */
  away(): void;
}

export class Store {
  readonly open = signal(false);
  readonly config = signal<SiteConfig>(null as never);
  readonly connection = signal<ConnectionState>({ name: "idle" });
  /** The connection has been away for long enough to say so. */
  readonly away = signal<false | "offline" | "trouble">(false);
  readonly conversation = signal<{ log: ConversationLog; version: number } | null>(null);
  readonly unsent = signal<readonly Unsent[]>([]);
  readonly typing = signal<AgentName | null>(null);
  /** The thread is known, or known to be none. */
  readonly loaded = signal(false);
  /** Number of the first message that was unread when the panel was opened; 0 = none. */
  readonly divider = signal(0);
  readonly ask = signal<Ask | null>(null);
  /** What the merchant has written, in the page's language or the nearest to it. */
  readonly content = signal<SiteContent | null>(null);
  /** Questions of the FAQs that were opened before a conversation. */
  readonly asked = signal<readonly Faq[]>([]);
  /** "I still need help": on to a person. */
  readonly wantsPerson = signal(false);
  /** The shopper has ticked what the merchant asks to be accepted; `null`: tried to write without. */
  readonly agreed = signal<boolean | null>(false);
  /** Only customers may write here, and the server knows of none. */
  readonly barred = signal(false);
  /** The intake form's view: see `form.tsx`. */
  readonly form = signal<Form | null>(null);
  /** What the shop says beside the launcher, to those who have said nothing. */
  readonly bubble = signal("");
  /** What it says to this one: see `offer.ts`. */
  readonly offer = signal<Offer | null>(null);
  readonly spoken = signal<Spoken | null>(null);
  /** What is not needed at first: see `later.tsx`. */
  readonly later = signal<Later | null>(null);
  /** What only a conversation has: see `talk.tsx`. */
  readonly talk = signal<Talk | null>(null);
  /** What is seldom wanted at all: see `menu.tsx`. */
  readonly menus = signal<Menus | null>(null);
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
  /** The window is open because somebody wants it, or has used it since. */
  private entered = false;

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

  /** Nothing has been said yet. */
  readonly fresh = computed(() => this.conversation.value === null && this.unsent.value.length === 0);
  /** The questions that come before the composer. */
  readonly faqs = computed(() => (this.fresh.value && !this.wantsPerson.value ? (this.content.value?.faqs ?? []) : []));
  /** Before the first message the shopper has to agree. */
  readonly asksConsent = computed(() => this.fresh.value && !this.agreed.value && this.config.value.settings.privacy.ask_consent);

  readonly client: Client;
  readonly key;
  readonly local = new Cupboard(() => (this.host.tab ? sessionStorage : localStorage));
  readonly tab = new Cupboard(() => sessionStorage);
  session: Session | null = null;
  private awayTimer: unknown = null;
  private typingTimer: unknown = null;
  private seenTimer: unknown = null;
  private configTimer: unknown = null;
  told = { seen: 0, delivered: 0 };
  private disowned: unknown;
  private lastPage = "";
  private configAt = 0;
  readonly undo: (() => void)[] = [];

  constructor(
    readonly host: Host,
    readonly edges: Edges = browserEdges,
  ) {
    this.key = keys(host.site + (host.tab ?? ""));
    this.config.value = host.config;
    this.configAt = edges.now();
    this.muted.value = this.local.get(this.key.mute) === "1";
    this.session = this.stored();
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
    this.wantsPerson.value = !!this.draft;
    this.judge();
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
    this.undo.push(bindToPage(this.client.connection, window, () => !this.barred.value && (this.entered || this.resumable)));
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
    this.identify();
    this.wake();
  }

  /** Who is signed in at the shop; `undefined`: the page has not said, or it has been forgotten since. */
  identity(): Identity | null | undefined {
    const said = this.host.identity();
    // What is none is as good as unsaid: the console has been told, and the chat goes on.
    const none = said && (typeof said !== "object" || !("token" in said || "customer_id" in said));
    return none || (said && said === this.disowned) ? undefined : said;
  }

  /** The page has said who is looking at it. */
  identify(): void {
    this.judge();
    this.wake();
    // Without a session there is nothing to change: what the page says goes along when one is made.
    if (this.identity() !== undefined && this.stored()) import("./identity.js").then(({ identify }) => identify(this), () => {});
  }

  /** Safe to call whenever it may be wanted: a network that was lost meanwhile is tried again. */
  async loadLater(): Promise<void> {
    await Promise.all([this.bring(this.later, () => import("./later.js")), this.bring(this.talk, () => import("./talk.js"))]);
    void this.bring(this.menus, () => import("./menu.js"));
  }

  async bring<T>(slot: Signal<T | null>, load: () => Promise<{ css: string; views(given: Kit): T }>): Promise<void> {
    if (slot.peek()) return;
    const part = await load().catch(() => null);
    if (!part || slot.peek()) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(part.css);
    this.host.root.adoptedStyleSheets.push(sheet);
    slot.value = part.views(kit);
  }

  shutdown(): void {
    this.client.stop();
    for (const undo of this.undo) undo();
    for (const timer of [this.awayTimer, this.typingTimer, this.seenTimer, this.configTimer]) this.edges.cancel(timer);
    this.title(0);
  }

  t(key: Key, values: Record<string, string | number> = {}): string {
    // A site that does not speak the page's language has texts in another: then the widget's own are nearer.
    const near = this.content.value && primary(this.content.value.language) === primary(this.language.value);
    return fill((near && this.content.value!.texts[key]) || this.strings.value[key], { shop: this.config.value.name, ...values });
  }

  /** Where the photo is of whoever this is, if they are of the team and have one: what was said keeps a face that changes. */
  photo(who: { id?: string; role?: string } | undefined): string | undefined {
    const photo = this.config.value.team.find(({ id }) => id === who?.id)?.photo;
    return photo && this.host.api + photo;
  }

  /** What only the merchant can have written. */
  written(key: string): string {
    return fill(this.content.value?.texts[key] ?? "", { shop: this.config.value.name, next_opening: this.opening() ?? this.t("soon") });
  }

  /** When the shop opens, in the shopper's zone; `null` while it is open, or does not say. */
  opening(): string | null {
    const { availability } = this.config.value;
    if (availability.online || !availability.opens_at) return null;
    const { key, ...values } = opening(availability.opens_at, this.client.now(), languages[primary(this.language.value)] ? this.language.value : "en");
    return this.t(key, values);
  }

  post(path: string, body: object, session?: string) {
    return this.edges.fetch(`${this.host.api}/v1${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(session && { authorization: `Bearer ${session}` }) },
      body: JSON.stringify(body),
    });
  }

  /** `focus`: somebody asked for it just now, and wants to write. */
  show(focus = true): void {
    if (this.open.value) return;
    this.reveal(focus);
    this.enter();
  }

  /** To be seen; nothing is kept or connected for that. */
  reveal(focus: boolean): void {
    this.takesFocus = focus;
    this.bubble.value = "";
    batch(() => {
      this.open.value = true;
      this.problem.value = false;
      this.markDivider();
      // Without a conversation of this shopper's there is nothing to wait for.
      if (!this.session) this.loaded.value = true;
    });
    this.host.emit("open");
    this.reconsider();
  }

  /** Somebody wants it. */
  enter(): void {
    this.entered = true;
    this.tab.set(this.key.shown, "1");
    this.wake();
    this.client.connection.wake();
    this.keepConfig(10_000);
  }

  hide(): void {
    if (!this.open.value) return;
    this.entered = false;
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
    if (this.asksConsent.value) {
      this.agreed.value = null;
      return false;
    }
    const said = this.client.say(this.closed.value ? null : (this.conversation.value?.log.id ?? null), text, this.begins());
    if (!said) return false;
    this.local.set(this.key.open, "1");
    this.divider.value = 0;
    this.client.start();
    return true;
  }

  /** What a conversation begins with. */
  begins(): Beginning {
    const faqs = this.asked.value.map(({ id }) => id);
    const group = this.host.said.findLast(([name]) => name === "group")?.[1];
    return { ...(faqs[0] && { faqs }), ...(typeof group === "string" && { group }), ...this.spoken.value?.begin };
  }

  typed(): void {
    const id = this.conversation.value?.log.id;
    if (id && !this.closed.value) this.client.typing(id);
  }

  stored(): Session | null {
    return readSession(this.local.get(this.key.session));
  }

  /** The session dies even if the network is away for a moment; after a while it is given up, and expires by itself. */
  async endSession(session: Session | null): Promise<void> {
    for (let attempt = 0; session && attempt < 8; attempt++) {
      try {
        const answer = await this.post("/sessions/end", {}, session.session);
        if (answer.status < 500 && answer.status !== 429) return;
      } catch {
        // Tried again below.
      }
      await new Promise<void>((resolve) => this.edges.after(1000 * 2 ** attempt, resolve));
    }
  }

  get draft(): string {
    return this.local.get(this.key.draft) ?? "";
  }

  set draft(text: string) {
    if (text) this.local.set(this.key.draft, text);
    else this.local.remove(this.key.draft);
  }

  /** Answers whether more of what came before is here now. */
  loadOlder(): Promise<boolean> {
    return this.client.loadOlder(this.conversation.value?.log.id ?? "");
  }

  /** Something that decides what counts as read has changed: the panel, the tab, the scroll position, the thread. */
  reconsider(): void {
    const log = this.conversation.value?.log;
    if (this.loaded.value) void this.loadLater();
    // Whether there is a conversation is not known before it is loaded: what a bot opens with would stand there for a moment, and a choice
    // that is on its way would be about nothing.
    if (this.open.value && this.loaded.value && this.fresh.value && !this.barred.value && this.content.value?.opening) import("./bot.js").then(({ speak }) => speak(this), () => {});
    if (log?.thread.some(({ kind }) => kind === "form")) void this.bring(this.form, () => import("./form.js"));
    if (log && this.watching() && this.atEnd.value) this.seenHere.value = Math.max(this.seenHere.value, log.numbers.t);
    const unread = this.unread.value;
    this.showLauncher();
    this.title(document.visibilityState === "hidden" ? unread : 0);
    if (this.seenTimer !== null || !log) return;
    this.seenTimer = this.edges.after(250, () => {
      this.seenTimer = null;
      this.tellSeen();
    });
  }

  /** The launcher says how many are unread, and what a click does. */
  showLauncher(): void {
    const { launcher } = this.host;
    const open = this.open.value;
    const n = this.unread.value;
    launcher.ariaExpanded = String(open);
    launcher.ariaLabel = this.t(open ? "close" : n ? "openUnread" : "open", { n });
    launcher.querySelector("b")!.textContent = this.t("open");
    launcher.querySelector("i")!.textContent = open || !n ? "" : n > 99 ? "99+" : String(n);
  }

  /** Takes language, direction and theme from the page. */
  async face(): Promise<void> {
    this.direction.value = direction();
    this.theme.value = theme(this.host.theme);
    this.host.element.style.setProperty("--accent-text", readableOn(this.config.value.settings.appearance.color, this.theme.value === "dark" ? "#2c2926" : "#f4f2ef"));
    const wanted = language();
    const [strings, content] = await Promise.all([stringsFor(wanted).catch(() => this.strings.value), this.readContent(wanted)]);
    if (!strings) throw new Error("no language can be loaded");
    // The page may have changed its mind meanwhile.
    if (wanted !== language() && this.strings.value) return;
    batch(() => {
      this.language.value = wanted;
      this.strings.value = strings;
      this.content.value = content;
      const asked = (this.tab.get(this.key.asked) ?? "").split(" ");
      this.bubble.value = this.fresh.value && !this.resumable && !this.tab.get(this.key.bubble) ? this.written("bubble") : "";
      this.asked.value = asked.flatMap((id) => content?.faqs.find((faq) => faq.id === id) ?? []);
    });
  }

  /** Failing that the widget has its own words, or those it had. */
  private async readContent(language: string): Promise<SiteContent | null> {
    const { site, version } = this.config.value;
    const had = this.content.value;
    if (had && this.language.value === language && had.version >= version) return had;
    try {
      // With the version in the address no cache answers with what was published before.
      const answer = await this.edges.fetch(`${this.host.api}/v1/sites/${encodeURIComponent(site)}/content?language=${encodeURIComponent(language)}&version=${version}`, { method: "GET", headers: {} });
      return answer.status === 200 ? (JSON.parse(await answer.text()) as SiteContent) : had;
    } catch {
      return had;
    }
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
        if (event.state.name === "ended") {
          if (event.state.reason === "session_ended") this.sessionEnded();
          if (event.state.reason === "visibility") this.turnedAway();
        }
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
      case "site":
        if (event.version !== this.config.value.version) void this.refreshConfig();
        else if (event.availability.online !== this.config.value.availability.online || event.availability.opens_at !== this.config.value.availability.opens_at) this.config.value = { ...this.config.value, availability: event.availability };
        return;
      case "frame":
        if (event.frame.type === "typing" && event.frame.author.role === "agent" && event.frame.conversation_id === this.conversation.value?.log.id) {
          this.showTyping(event.frame.author);
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
    // What stood there before it was answered is no news.
    const known = this.spoken.value?.thread.length ?? 0;
    const news = added.filter((entry) => entry.seq > known && fromTeam(entry));
    batch(() => {
      this.conversation.value = { log, version: (shown?.version ?? 0) + 1 };
      if (news.length > 0) this.showTyping(null);
      if (log.closed) this.local.remove(this.key.open);
      else this.local.set(this.key.open, "1");
      // They are in the thread now.
      if (added.length > 0) this.fromTheStart();
    });
    if (!history && news.length > 0) {
      if (this.watching() && !this.atEnd.value && this.divider.value === 0) this.divider.value = news[0]!.seq;
      const last = news.at(-1)!;
      if (last.kind === "message") {
        this.announced.value = (authorName(last) || this.config.value.name) + ": " + last.text;
        if (!this.watching() && !this.muted.value) import("./chime.js").then(({ chime }) => chime(), () => {});
      }
      for (const entry of news) {
        if (entry.kind === "message") this.host.emit("message", { text: entry.text, author: authorName(entry), at: entry.at, seq: entry.seq });
      }
    }
    if (!this.open.value && news.length > 0) this.divider.value = 0;
    else if (history && this.open.value && !known) this.markDivider();
    this.reconsider();
  }

  private markDivider(): void {
    const log = this.conversation.value?.log;
    if (!log) return;
    const seen = Math.max(this.seenHere.value, log.cursors.shopper.seen);
    this.divider.value = log.thread.find((entry) => entry.seq > seen && fromTeam(entry))?.seq ?? 0;
  }

  private showTyping(author: AgentName | null): void {
    this.edges.cancel(this.typingTimer);
    this.typing.value = author;
    if (author) this.typingTimer = this.edges.after(TYPING_SHOWN, () => this.showTyping(null));
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
    const session = this.stored();
    if (this.session && !session) {
      this.forgetHere();
      return this.hide();
    }
    if (session && session.session !== this.session?.session) this.adopt(session);
    this.client.synchronise();
    if (this.resumable) this.wake();
    this.muted.value = this.local.get(this.key.mute) === "1";
  }

  private sessionEnded(): void {
    // Somebody signs in, here or in another tab: the new session is about to be there, or is.
    const wait = Number(this.local.get(this.key.changing)) - this.edges.now();
    const stored = this.stored();
    if (stored && stored.session !== this.session?.session) return this.adopt(stored);
    if (wait > 0 && wait < 60_000) return void this.edges.after(wait, () => this.connection.value.name === "ended" && this.sessionEnded());
    const shown = this.open.value;
    this.forgetHere();
    if (shown) this.hide();
  }

  /** Whom the page still takes the shopper for (`said`) it has to say anew. */
  forgetHere(said: unknown = this.host.identity()): void {
    this.disowned = said;
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
      this.fromTheStart();
    });
    this.judge();
    this.reconsider();
  }

  fromTheStart(): void {
    this.asked.value = [];
    this.spoken.value = null;
    this.wantsPerson.value = this.agreed.value = false;
    this.tab.remove(this.key.asked);
  }

  /** Counts how often everything was forgotten: the composer then empties itself. */
  readonly forgotten = signal(0);

  private async token(): Promise<string | null> {
    this.session ??= this.stored();
    if (this.session) return this.session.session;
    // Made only for somebody who has opened the panel, or has written.
    return this.entered && (await this.begin()) ? this.session!.session : null;
  }

  /** A session, or another one in the place of `old`, for whom the page names. Answers whether there is one now. */
  async begin(old?: Session): Promise<boolean> {
    const identity = this.identity();
    const account = identity && (await import("./identity.js"));
    const page = { url: location.href, title: document.title, referrer: document.referrer };
    // In the zone the shopper is told when the shop opens.
    const body = { language: this.language.value, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, page, ...(identity && { identity }) };
    const answer = await this.post(`/sites/${encodeURIComponent(this.host.site)}/sessions`, body, old?.session);
    if (answer.status === 403) this.turnedAway();
    if (answer.status >= 300) return false;
    const text = await answer.text();
    const made = readSession(text);
    const who = account?.told(this.host, identity!, text);
    const stored = this.stored();
    // Another tab may have been quicker: one shopper, one session.
    if (stored && stored.session !== old?.session) this.session = stored;
    else if (made) {
      const { session, shopper_id, expires_at } = made;
      this.session = { session, shopper_id, expires_at, ...(who && { who }) };
      this.local.set(this.key.session, JSON.stringify(this.session));
      this.host.said.push(["begun"]);
    }
    this.judge();
    return this.session !== null;
  }

  /** Another session than before. What was shown is read again: it may be somebody else's to see. */
  adopt(session: Session): void {
    this.session = session;
    this.client.stop();
    this.client.conversations.clear();
    batch(() => {
      this.conversation.value = null;
      this.loaded.value = false;
    });
    this.judge();
    this.wake();
  }

  /** Connects who may and wants to. */
  wake(): void {
    if (!this.barred.value && (this.entered || this.resumable)) this.client.start();
  }

  /** Whether this shopper may write; the server has the last word. */
  judge(): void {
    const { visibility } = this.config.value.settings.visibility;
    const verified = this.session ? this.session.who : this.identity();
    this.barred.value = visibility.startsWith("verified") && !verified;
    if (this.barred.value) {
      this.client.stop();
      this.loaded.value = true;
    }
  }

  /** The server lets this shopper write no more: the settings say whether they may still look. */
  private turnedAway(): void {
    this.client.stop();
    this.barred.value = this.loaded.value = true;
    void this.refreshConfig();
  }

  /** The session is no longer good. What was written and not sent is kept, and offered in a new conversation. */
  private renew(): Promise<boolean> {
    const stored = this.stored();
    if (stored && stored.session !== this.session?.session) {
      this.session = stored;
      return Promise.resolve(true);
    }
    this.local.remove(this.key.session);
    this.local.remove(this.key.open);
    this.session = null;
    this.conversation.value = null;
    this.client.conversations.clear();
    return Promise.resolve(this.entered);
  }

  /** While the panel is open, who is here is never older than a minute or two. */
  private keepConfig(limit = 60_000): void {
    this.edges.cancel(this.configTimer);
    if (!this.open.value) return;
    if (this.edges.now() - this.configAt >= limit && document.visibilityState === "visible") void this.refreshConfig();
    this.configTimer = this.edges.after(60_000, () => this.keepConfig());
  }

  async refreshConfig(): Promise<void> {
    this.configAt = this.edges.now();
    // Failing that the old one serves.
    const config = await this.host.refresh().catch(() => this.config.value);
    const published = config.version !== this.config.value.version;
    this.config.value = config;
    if (!published) return;
    this.judge();
    this.wake();
    await this.face();
  }
}

/** What the shopper is to notice: a message, or a form, without which the message may wait for ever. */
export function fromTeam(entry: Entry): boolean {
  return entry.kind === "form" || (entry.kind === "message" && entry.author.role !== "shopper");
}

export function authorName(entry: Entry): string {
  return entry.author.role === "agent" ? entry.author.name : "";
}
