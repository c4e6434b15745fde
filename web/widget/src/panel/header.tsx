import { h } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Avatar } from "./avatar.js";
import { Icon } from "./icons.js";
import type { Store } from "./store.js";
import { ago } from "./times.js";

export function Header({ store }: { store: Store }) {
  const config = store.config.value;
  const { team } = config;
  const log = store.conversation.value?.log;
  const present = log?.head?.participants ?? [];
  // Who has joined bears the header; before that the whole team does.
  const joined = store.closed.value ? [] : team.filter((member) => present.includes(member.id));
  const faces = joined.length > 0 ? joined : [...team].sort((a, b) => Number(b.online) - Number(a.online));
  // The site's settings may be a minute old; who has just written is here, whatever they say.
  const lately = log?.thread.findLast((entry) => entry.author.role === "agent");
  const here = team.some((member) => member.online) || (joined.length > 0 && lately !== undefined && store.client.now() - lately.at < 5 * 60_000);
  const title = joined.length === 1 ? joined[0]!.name : config.name;
  return (
    <div class="header">
      <div class="faces">
        {faces.slice(0, 3).map((member) => (
          <Avatar key={member.id} name={member.name} size={36} />
        ))}
      </div>
      <div class="who">
        <h2 id="title" tabIndex={-1} data-testid="title">
          <bdi>{title}</bdi>
        </h2>
        <p class={here ? "presence on" : "presence"} data-testid="presence">
          {joined.length === 1 && joined[0]!.title ? <bdi>{joined[0]!.title}</bdi> : <bdi>{presence(store)}</bdi>}
        </p>
      </div>
      <Menu store={store} />
      <button type="button" class="tool" aria-label={store.t("close")} data-testid="close" onClick={() => store.hide()}>
        <Icon name="minimise" />
      </button>
    </div>
  );
}

function presence(store: Store): string {
  const { team } = store.config.value;
  const here = team.filter((member) => member.online).map((member) => member.name.split(" ")[0]!);
  if (here.length === 1) return store.t("hereOne", { a: here[0]! });
  if (here.length === 2) return store.t("hereTwo", { a: here[0]!, b: here[1]! });
  if (here.length > 2) return store.t("hereMany", { a: here[0]!, b: here[1]!, n: here.length - 2 });
  const last = Math.max(0, ...team.map((member) => member.last_active_at ?? 0));
  return last > 0 ? store.t("lastHere", { when: ago(last, store.client.now(), store.language.value) }) : store.t("away");
}

function Menu({ store }: { store: Store }) {
  const open = useSignal(false);
  const anchor = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open.value) return;
    box.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const root = box.current?.getRootNode() as ShadowRoot;
    const away = (event: Event) => {
      if (!event.composedPath().includes(anchor.current!)) open.value = false;
    };
    document.addEventListener("pointerdown", away);
    root.addEventListener("focusin", away);
    return () => {
      document.removeEventListener("pointerdown", away);
      root.removeEventListener("focusin", away);
    };
  }, [open.value]);
  const keys = (event: KeyboardEvent) => {
    const items = [...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = items.indexOf((box.current?.getRootNode() as ShadowRoot).activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items[(to + items.length) % items.length]?.focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      open.value = false;
      button.current?.focus();
    } else if (event.key === "Tab") open.value = false;
  };
  const pick = (act: () => void) => () => {
    open.value = false;
    button.current?.focus();
    act();
  };
  const live = store.conversation.value !== null && !store.closed.value;
  return (
    <div class="menu-anchor" ref={anchor}>
      <button
        ref={button}
        type="button"
        class="tool"
        aria-label={store.t("menu")}
        aria-haspopup="menu"
        aria-expanded={open.value}
        data-testid="menu"
        onClick={() => (open.value = !open.value)}
      >
        <Icon name="more" />
      </button>
      {open.value && (
        <div ref={box} class="menu" role="menu" aria-label={store.t("menu")} onKeyDown={keys}>
          {live && (
            <button type="button" role="menuitem" tabIndex={-1} data-testid="end" onClick={pick(() => (store.ask.value = "end"))}>
              <Icon name="end" size={16} />
              {store.t("endChat")}
            </button>
          )}
          <button type="button" role="menuitem" tabIndex={-1} data-testid="mute" onClick={pick(() => store.toggleMute())}>
            <Icon name={store.muted.value ? "sound" : "muted"} size={16} />
            {store.t(store.muted.value ? "unmute" : "mute")}
          </button>
          <button type="button" role="menuitem" tabIndex={-1} data-testid="forget" onClick={pick(() => (store.ask.value = "forget"))}>
            <Icon name="shield" size={16} />
            {store.t("endHere")}
          </button>
        </div>
      )}
    </div>
  );
}
