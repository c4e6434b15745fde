// What not every first sight shows: the FAQs, what is to be read and accepted before the first message, what only a conversation has, the
// card beside the launcher. Fetched at once where it is wanted, else as soon as the panel has been shown. What it shares with the panel is
// handed to it: an import would cut the panel in two, and two files compress worse than one.

import type { Faq } from "@mostrador/protocol";
import type { h } from "preact";
import type { Kit } from "./kit.js";
import css from "./later.css";
import type { Pictures } from "./pictures.js";
import type { Store } from "./store.js";

export { css };

export type Later = ReturnType<typeof views>;

const icons = {
  next: ["m9 6 6 6-6 6"],
  end: ["M20 6 9 17l-5-5"],
  shield: ["M5 12h14", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z"],
  sound: ["M11 5 6 9H2v6h4l5 4V5Z", "M15.5 8.5a5 5 0 0 1 0 7"],
  muted: ["M11 5 6 9H2v6h4l5 4V5Z", "m22 9-6 6", "m16 9 6 6"],
  alert: ["M12 8v5", "M12 16.5h.01", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z"],
  offline: ["m2 2 20 20", "M8.5 16.4a5 5 0 0 1 7 0", "M5 12.9a10 10 0 0 1 5.2-2.7", "M19 12.9a10 10 0 0 0-2.3-1.6", "M12 20h.01"],
  close: ["M18 6 6 18", "m6 6 12 12"],
};

export function views(kit: Kit) {
  const { Avatar, Fragment, Icon, Rich, authorName, h, paths, signal, useEffect, useRef, useSignal } = kit;
  const pictures = signal<Pictures | null>(null);
  Object.assign(paths, icons);
  kit.wrap = wrap;
  kit.said = Said;
  return { Away, Barred, Before, Faqs, Pill, Skeleton, Teaser, wrap };

  /** The shop's own words, which may have pictures; until those can be shown, and where they cannot, what they show. */
  function Said({ store, text }: { store: Store; text: string }) {
    const words = worded(text);
    if (words !== text) void store.bring(pictures, () => import("./pictures.js"));
    return words !== text && pictures.value ? <pictures.value.Pictured store={store} text={text} /> : <Rich text={words} />;
  }

  function worded(text: string): string {
    return text.replace(/^\s*!\[(.+)]\(https:.*\)\s*$/gm, "$1");
  }

  /** The merchant's questions, each answered at a click, before anybody is asked for; and those that were opened. */
  function Faqs({ store }: { store: Store }) {
    const list = useRef<HTMLLIElement>(null);
    const { value: asked } = store.asked;
    const { value: faqs } = store.faqs;
    const { name } = store.config.value;
    const before = useRef(asked.length);
    useEffect(() => {
      // What was clicked is gone from the list: its answer comes into sight, and the focus stays near.
      if (asked.length > before.current) {
        const answer = list.current?.previousElementSibling as HTMLElement | undefined;
        const question = answer?.previousElementSibling as HTMLElement | undefined;
        if (question) question.closest(".thread")!.scrollTop = question.offsetTop - 12;
        list.current?.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
      }
      before.current = asked.length;
    }, [asked.length]);
    if (asked.length === 0 && faqs.length === 0) return null;
    return (
      <>
        {faqs.length > 0 && <li class="heading"><h3 dir="auto">{store.t("faq_heading")}</h3></li>}
        {asked.map((faq) => (
          <Fragment key={faq.id}>
            <li class="group own">
              <div class="bubbles">
                <p class="name sr">{store.t("you")}</p>
                <div class="bubble" dir="auto">
                  {faq.question}
                </div>
              </div>
            </li>
            <li class="group theirs" data-testid="answer">
              <Avatar name={name} />
              <div class="bubbles">
                <p class="name">
                  <bdi>{name}</bdi>
                </p>
                <div class="bubble" dir="auto">
                  <Said store={store} text={faq.answer} />
                </div>
              </div>
            </li>
          </Fragment>
        ))}
        {faqs.length > 0 && (
          <li class="faqs" data-testid="faqs" ref={list}>
            {faqs
              .filter(({ id }) => !asked.some((faq) => faq.id === id))
              .map((faq) => (
                <button key={faq.id} type="button" dir="auto" data-testid="faq" onClick={() => answer(store, faq)}>
                  <span>{faq.question}</span>
                  <Icon name="next" size={16} />
                </button>
              ))}
            <button key="" type="button" class="still" dir="auto" data-testid="still" onClick={() => toPerson(store)}>
              <span>{store.t("faq_still")}</span>
              <Icon name="next" size={16} />
            </button>
          </li>
        )}
      </>
    );
  }

  /** What is to be chosen, read or accepted before the first message. */
  function Before({ store }: { store: Store }) {
    return (
      <>
        <Groups store={store} />
        <Agreement store={store} />
      </>
    );
  }

  /** Whom the message is for, where nobody has said so: not the page, not a trigger, and no agent who has spoken. */
  function Groups({ store }: { store: Store }) {
    const { said } = store.host;
    const set = useRef(said.some(([name, group]) => name === "group" && group)).current;
    const groups = store.config.value.proactive?.groups;
    if (set || !groups || store.spoken.value?.thread[0]?.author.role === "agent") return null;
    return (
      <label class="before whom">
        <span>{store.t("whom")}</span>
        <select dir="auto" onChange={(event) => said.push(["group", event.currentTarget.value || null])} data-testid="whom">
          <option value="">{store.t("anyone")}</option>
          {groups.map(({ id, name }) => (
            <option value={id}>{name}</option>
          ))}
        </select>
      </label>
    );
  }

  function Agreement({ store }: { store: Store }) {
    const box = useRef<HTMLInputElement>(null);
    const missing = store.agreed.value === null;
    useEffect(() => {
      if (missing) box.current?.focus();
    }, [missing]);
    const { privacy_url, terms_url, ask_consent } = store.config.value.settings.privacy;
    if (!privacy_url && !terms_url) return null;
    const links: Record<string, string | undefined> = { privacy: privacy_url, terms: terms_url };
    const text = store.t(ask_consent ? "consent" : "privacy_note").split(/\{(privacy|terms)\}/).map((part) => {
      if (part !== "privacy" && part !== "terms") return part;
      return (
        links[part] && (
          <a href={links[part]} target="_blank" rel="noopener noreferrer">
            {store.t(part)}
          </a>
        )
      );
    });
    if (!ask_consent) return <p class="before" dir="auto" data-testid="privacy">{text}</p>;
    return (
      <div class="before" data-testid="privacy">
        <label>
          <input ref={box} type="checkbox" checked={!!store.agreed.value} aria-invalid={missing} aria-describedby="first" onChange={(event) => (store.agreed.value = event.currentTarget.checked)} data-testid="consent" />
          <span dir="auto">{text}</span>
        </label>
        <p id="first" class="wrong" role="alert">
          {missing && store.t("consentFirst")}
        </p>
      </div>
    );
  }

  /** What is wrong with the connection, or with what was just tried. */
  function Away({ store }: { store: Store }) {
    return (
      <>
        {kit.strip && <kit.strip store={store} />}
        {store.away.value && (
          <p class="strip" role="status" data-testid="offline">
            <Icon name="offline" size={16} />
            {store.t(store.away.value === "offline" ? "offline" : "trouble")}
          </p>
        )}
        {store.problem.value && (
          <p class="strip bad" role="alert">
            <Icon name="alert" size={16} />
            {store.t("failedNow")}
            <button type="button" aria-label={store.t("dismiss")} onClick={() => (store.problem.value = false)}>
              <Icon name="close" size={16} />
            </button>
          </p>
        )}
      </>
    );
  }

  /** In the composer's place for whom the shop does not know. */
  function Barred({ store }: { store: Store }) {
    return (
      <p class="closed" data-testid="verified-only">
        {store.t("verifiedOnly")}
      </p>
    );
  }

  /** The newest unread message beside the launcher, while the panel is closed. */
  function Teaser({ store }: { store: Store }) {
    const newest = store.newest.value;
    const offer = store.offer.value;
    const bubble = offer?.text ?? store.bubble.value;
    const said = useSignal("");
    // Into a region that is there already: else it is not read out.
    useEffect(() => void (said.value = bubble), [bubble]);
    const shown = newest && newest.seq > store.dismissed.value ? newest : null;
    if (store.open.value || (!shown && !bubble)) return null;
    const name = (shown ? authorName(shown) : offer?.name) || store.config.value.name;
    return (
      <div class={offer?.whole ? "teaser whole" : "teaser"} data-testid="teaser">
        <button type="button" class="card" onClick={() => store.show()}>
          <Avatar name={name} size={36} photo={shown ? store.photo(shown.author) : offer?.photo} />
          <span>
            <b>
              <bdi>{name}</bdi>
            </b>
            <span dir="auto">{shown?.kind === "message" ? worded(shown.text) : shown?.kind === "form" ? shown.fields[0]?.label : bubble}</span>
          </span>
        </button>
        <button type="button" class="away" aria-label={store.t("dismiss")} onClick={() => (shown ? (store.dismissed.value = shown.seq) : offer ? offer.away() : hideBubble(store))}>
          <Icon name="close" size={14} />
        </button>
        <p class="sr" role="status">
          {shown ? store.announced.value : said.value}
        </p>
      </div>
    );
  }

  /** Keeps the focus inside what is modal. */
  function wrap(event: KeyboardEvent, box: HTMLElement): void {
    const stops = [...box.querySelectorAll<HTMLElement>("button:not([disabled]), textarea, select, input, a[href], [tabindex='0']")].filter((stop) => stop.offsetParent !== null && stop.tabIndex >= 0);
    const at = (box.getRootNode() as ShadowRoot).activeElement;
    const [first, last] = [stops[0], stops.at(-1)];
    if (event.shiftKey ? at === first || !stops.includes(at as HTMLElement) : at === last) {
      event.preventDefault();
      (event.shiftKey ? last : first)?.focus();
    }
  }

  /** The panel has what the merchant wrote: the answer is there at the click. */
  function answer(store: Store, faq: Faq): void {
    store.asked.value = [...store.asked.value, faq].slice(-20);
    store.tab.set(store.key.asked, store.asked.value.map(({ id }) => id).join(" "));
    store.announced.value = worded(faq.answer);
    // Counted where it arrives; a count is not worth asking twice.
    store.post(`/sites/${encodeURIComponent(store.host.site)}/faqs/${encodeURIComponent(faq.id)}/opened`, { id: store.edges.uuid() }).catch(() => {});
  }

  function toPerson(store: Store): void {
    store.takesFocus = true;
    store.wantsPerson.value = true;
  }

  function hideBubble(store: Store): void {
    store.tab.set(store.key.bubble, "1");
    store.bubble.value = "";
  }

  /** Back to the latest, over the thread. */
  function Pill({ store, news, onClick }: { store: Store; news: number; onClick(): void }) {
    return (
      <button type="button" class={news > 0 ? "pill news" : "pill"} data-testid="pill" aria-label={store.t("latest")} onClick={onClick}>
        {news > 0 && <span>{store.t("moreNew", { n: news })}</span>}
        <Icon name="down" size={16} />
      </button>
    );
  }

  /** The thread, while it is fetched. */
  function Skeleton() {
    return (
      <>
        {[58, 40, 66].map((width, n) => (
          <li class={n === 1 ? "skeleton own" : "skeleton"} aria-hidden="true">
            <span style={{ width: `${width}%` }} />
          </li>
        ))}
      </>
    );
  }
}
