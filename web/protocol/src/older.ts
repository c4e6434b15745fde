// What came before, page by page: for readers who scroll up. Loaded when the first of them does.

import type { ClientOptions } from "./client.js";
import type { Edges } from "./edges.js";
import type { EntriesAnswer } from "./generated/index.js";
import type { ConversationLog } from "./log.js";

/** Being loaded: a second reader who asks meanwhile need not. */
const loading = new WeakSet<ConversationLog>();

/** Fetches the page before what is here of `log`. Answers whether it came; the views hear of it by the event. */
export async function older(log: ConversationLog, options: Pick<ClientOptions, "api" | "token" | "onEvent">, edges: Edges): Promise<boolean> {
  if (loading.has(log)) return false;
  loading.add(log);
  try {
    const { t, b } = log.base;
    const headers = { authorization: `Bearer ${await options.token()}` };
    const answer = await edges.fetch(`${options.api}/v1/conversations/${log.id}/entries?until=${t}.${b}`, { method: "GET", headers });
    const came = answer.status === 200 && prepend(log, JSON.parse(await answer.text()) as EntriesAnswer);
    if (came) options.onEvent({ type: "conversation", log, added: [], reset: false });
    return came;
  } finally {
    loading.delete(log);
  }
}

/** Answers whether the page fitted: the log may have begun anew while it was on its way. */
export function prepend(log: ConversationLog, { epoch, entries, after }: EntriesAnswer): boolean {
  const thread = entries.filter((entry) => entry.log === "thread");
  const backstage = entries.filter((entry) => entry.log === "backstage");
  const fits = epoch === log.epoch && after && after.t + thread.length === log.base.t && after.b + backstage.length === log.base.b;
  if (!fits) return false;
  log.thread.unshift(...thread);
  log.backstage.unshift(...backstage);
  log.base = after;
  return true;
}
