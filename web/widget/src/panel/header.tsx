import { h } from "preact";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
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
  const here = config.availability.online || (joined.length > 0 && lately !== undefined && store.client.now() - lately.at < 5 * 60_000);
  const title = joined.length === 1 ? joined[0]!.name : store.written("title") || config.name;
  const intro = store.fresh.value && store.written("intro");
  return (
    <div class="header">
      <div class="faces">
        {faces.slice(0, 3).map((member) => (
          <Avatar key={member.id} name={member.name} size={36} photo={store.photo(member)} />
        ))}
      </div>
      <div class="who">
        <h2 id="title" tabIndex={-1} data-testid="title">
          <bdi>{title}</bdi>
        </h2>
        {intro && <p class="intro" dir="auto">{intro}</p>}
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
  const { team, availability } = store.config.value;
  const opens = store.opening();
  if (opens) return store.t("back", { when: opens });
  if (availability.online && store.written("online_note")) return store.written("online_note");
  const here = team.filter((member) => availability.online && member.online).map((member) => member.name.split(" ")[0]!);
  if (here.length === 1) return store.t("hereOne", { a: here[0]! });
  if (here.length === 2) return store.t("hereTwo", { a: here[0]!, b: here[1]! });
  if (here.length > 2) return store.t("hereMany", { a: here[0]!, b: here[1]!, n: here.length - 2 });
  const last = Math.max(0, ...team.map((member) => member.last_active_at ?? 0));
  return last > 0 ? store.t("lastHere", { when: ago(last, store.client.now(), store.language.value) }) : store.t("away");
}

function Menu({ store }: { store: Store }) {
  const open = useSignal(false);
  const anchor = useRef<HTMLDivElement>(null);
  const menus = store.menus.value;
  return (
    <div class="menu-anchor" ref={anchor}>
      <button
        type="button"
        class="tool"
        aria-label={store.t("menu")}
        aria-haspopup="menu"
        aria-expanded={open.value}
        data-testid="menu"
        onClick={() => {
          void store.loadLater();
          open.value = !open.value;
        }}
      >
        <Icon name="more" />
      </button>
      {open.value && menus && <menus.Menu store={store} open={open} anchor={anchor.current!} />}
    </div>
  );
}
