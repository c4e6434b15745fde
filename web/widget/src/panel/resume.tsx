// A mail's button, followed: the conversation that it leads to, in this tab alone. What is kept of it has names of its own, in the tab's storage,
// so that whatever chat this browser has stays as it is, and is there again when this one is left. Loaded where such a button was followed.

import type { ResumeAnswer } from "@mostrador/protocol";
import type { h } from "preact";
import type { Host, Panel } from "../host.js";
import { keys } from "../keys.js";
import { phrases } from "../languages/resume.js";
import type { Kit } from "./kit.js";
import css from "./resume.css";
import type { Store } from "./store.js";

/** What is said above the thread. */
type Notice = "here" | "ended" | "gone" | "failed";

/** `store`: this browser's own, not shown. `mount`: shows the panel, of this browser's own chat or of another. */
export async function resume(host: Host, store: Store, mount: (host: Host) => Promise<Panel>, kit: Kit): Promise<Panel> {
  const { Icon, h, primary, signal, useEffect } = kit;
  const { root, launcher, resume: button, ...rest } = host;
  const own: Host = { root, launcher, ...rest };
  const { key, tab, local } = store;
  const there = keys(`${host.site}:mail`);
  const sheets = [...root.adoptedStyleSheets];
  const notice = signal<Notice | null>(null);
  let panel: Panel;

  if (button) await follow();
  else notice.value = "here";
  kit.strip = Strip;
  await show();
  // A panel of which nothing is known yet answers at once; what has ended meanwhile is left first.
  const act = (name: "open" | "toggle") => void (resumed() || notice.value !== "here" ? panel[name]() : leave("ended"));
  return {
    open: () => act("open"),
    toggle: () => act("toggle"),
    close: () => panel.close(),
    identify: () => panel.identify(),
    // Who follows a mail is in a conversation.
    offer: (shown, tell) => void (resumed() || panel.offer(shown, tell)),
    shutdown: () => panel.shutdown(),
  };

  function resumed(): boolean {
    return tab.get(there.session) !== null;
  }

  function forget(): void {
    for (const name of tab.keys(there.base)) tab.remove(name);
    tab.remove(key.shown);
  }

  /** Asks for what the button leads to. In this browser's own conversation nothing changes. */
  async function follow(): Promise<void> {
    try {
      const answer = await store.post(`/sites/${encodeURIComponent(host.site)}/resume`, { token: button }, store.stored()?.session);
      if (answer.status === 429 || answer.status >= 500) throw answer.status;
      forget();
      const { session, expires_at } = (answer.status < 300 ? JSON.parse(await answer.text()) : {}) as Partial<ResumeAnswer>;
      notice.value = session ? "here" : answer.status < 300 ? null : "gone";
      if (!session) return;
      tab.set(there.session, JSON.stringify({ session, shopper_id: "", expires_at }));
      tab.set(there.open, "1");
      // On the next page of this tab as well.
      tab.set(key.shown, "mail");
    } catch {
      notice.value = "failed";
    }
  }

  async function show(): Promise<void> {
    // What it ended with is told by its closing.
    const emit: Host["emit"] = (event, detail) => {
      host.emit(event, detail);
      if (event === "close" && !resumed()) void leave("ended");
    };
    if (!resumed() && notice.value === "here") {
      forget();
      notice.value = null;
    }
    // Who is signed in at the shop is so in their own chat.
    panel = await mount(resumed() ? { ...own, tab: ":mail", identity: () => undefined, emit } : own);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets.push(sheet);
  }

  /** Back to this browser's own chat, or to what the button leads to. */
  async function leave(why: Notice | null): Promise<void> {
    if (resumed() || why === "ended") forget();
    notice.value = why;
    await again();
  }

  async function again(): Promise<void> {
    panel.shutdown();
    launcher.querySelectorAll("i, .down").forEach((each) => each.remove());
    root.adoptedStyleSheets = sheets;
    await show();
    panel.open();
  }

  /** What the end has refused is not lost: it can be sent from this browser's own chat. Called before anything is forgotten. */
  function keepText(): void {
    const unsent = tab.keys(there.unsent).map((name) => (JSON.parse(tab.get(name)!) as { text: string }).text);
    const text = [...unsent, tab.get(there.draft) ?? ""].filter(Boolean).join("\n");
    if (text && !local.get(key.draft)) local.set(key.draft, text);
  }

  function Strip({ store: shown }: { store: Store }) {
    const said = notice.value;
    useEffect(() => shown.connection.subscribe(({ name }) => shown.host.tab && name === "ended" && keepText()), [shown]);
    if (!said) return null;
    const words = phrases[primary(shown.language.value) as keyof typeof phrases] ?? phrases.en;
    const chat = said === "here" && local.get(key.open) === "1";
    return (
      <p class="strip mailed" role="status" data-testid="mailed" data-notice={said}>
        <span dir="auto">{chat ? words.kept : words[said]}</span>
        {said === "here" && (
          <button type="button" data-testid="leave" onClick={() => void leave(null)}>
            {chat ? words.back : words.leave}
          </button>
        )}
        {said === "failed" && (
          <button type="button" onClick={() => void follow().then(again)}>
            {words.again}
          </button>
        )}
        {said !== "here" && (
          <button type="button" aria-label={shown.t("dismiss")} onClick={() => (notice.value = null)}>
            <Icon name="close" size={16} />
          </button>
        )}
      </p>
    );
  }
}
