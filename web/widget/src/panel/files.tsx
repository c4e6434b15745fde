// What came by mail: a mark, and each file with its name and size, and a link to it when somebody asks. Fetched where there are some, which is seldom.

import type { FileLink } from "@mostrador/protocol";
import type { h } from "preact";
import css from "./files.css";
import type { Kit } from "./kit.js";
import type { Bubble } from "./layout.js";
import type { Store } from "./store.js";

export { css };

export type Files = ReturnType<typeof views>;

export const dangerous: Record<string, string> = { en: "may be dangerous", es: "puede ser peligroso", pt: "pode ser perigoso", it: "può essere pericoloso" };

export function views({ Fragment, Icon, h, paths, primary, tag, useSignal }: Kit) {
  Object.assign(paths, { file: ["M14 3H6v18h12V7Z", "M14 3v4h4"], mail: ["M2 4h20v16H2Z", "m2 7 10 6 10-6"] });
  return { Mailed };

  function Mailed({ bubble: { mail, seq }, store }: { bubble: Bubble; store: Store }) {
    const busy = useSignal("");
    const language = store.language.value;
    const fetch = async (key: string) => {
      if (busy.value) return;
      busy.value = key;
      store.problem.value = false;
      try {
        const at = `${store.host.api}/v1/conversations/${store.conversation.value!.log.id}/thread/${seq}/attachments/${key}`;
        const answer = await store.edges.fetch(at, { method: "GET", headers: { authorization: `Bearer ${store.session!.session}` } });
        // What the link answers is saved and never shown; should it have ended, the shop's page stays where it is.
        const { url } = JSON.parse(await answer.text()) as FileLink;
        Object.assign(document.createElement("a"), { href: new URL(url).href, target: "_blank", rel: "noopener noreferrer" }).click();
      } catch {
        store.problem.value = true;
      }
      busy.value = "";
    };
    return (
      <>
        <p class="status mailed" data-testid="by-mail">
          <Icon name="mail" size={14} />
          {store.t("byMail")}
        </p>
        {mail?.attachments && (
          <ul class="files">
            {mail.attachments.map(({ key, name, bytes, dangerous: bad }) => (
              <li key={key}>
                <button type="button" data-testid="file" aria-busy={busy.value === key} onClick={() => void fetch(key)}>
                  <Icon name={bad ? "alert" : "file"} size={16} />
                  <bdi>{name}</bdi>
                  <span>{size(bytes, language)}</span>
                </button>
                {bad && <small>{dangerous[primary(language)] ?? dangerous.en}</small>}
              </li>
            ))}
          </ul>
        )}
      </>
    );
  }

  function size(bytes: number, language: string): string {
    const unit = bytes < 1e6 ? "kilobyte" : "megabyte";
    return new Intl.NumberFormat(tag(language), { style: "unit", unit, maximumSignificantDigits: 2 }).format(Math.max(bytes / (bytes < 1e6 ? 1e3 : 1e6), 0.1));
  }
}
