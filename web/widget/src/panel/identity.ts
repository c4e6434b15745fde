// Signing in and out at the shop while the widget is there: on this page, in other tabs, on a shared computer. Loaded when a page says
// who is looking at it. What the page says decides which session is asked for; the server decides what it believes.

import type { SessionAnswer } from "@mostrador/protocol";
import type { Host, Identity } from "../host.js";
import type { Store } from "./store.js";

/** How long a sign-in may take before the old session's end counts as an end, in the other tabs. */
const PATIENCE = 15_000;

/** The second half of a verified session's 30 days. */
const RENEW_BEFORE = 15 * 86_400_000;

/** Told apart, not believed: only the server can read a token. */
export function whoIs(identity: Identity): string {
  if ("customer_id" in identity) return identity.customer_id;
  try {
    return String((JSON.parse(atob(identity.token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"))) as { sub: unknown }).sub);
  } catch {
    return identity.token;
  }
}

/** The server's answer, for the page; and the customer, if it knows one now. */
export function told(host: Host, identity: Identity, answer: string): string | undefined {
  const { verified, refused } = JSON.parse(answer) as SessionAnswer;
  host.emit("identity", { verified, ...(refused && { refused }) });
  if (refused) console.warn(`mostrador: the shopper's identity was not believed: ${refused}`);
  return verified ? whoIs(identity) : undefined;
}

export async function identify(store: Store): Promise<void> {
  const { edges, key, local } = store;
  const identity = store.identity();
  const session = (store.session ??= store.stored());
  if (!session) return;
  if (session.who === (identity ? whoIs(identity) : undefined)) {
    // The same as before, and still vouched for: what grows old is renewed, quietly; sockets go on with what opened them.
    if (session.who && session.expires_at - edges.now() < RENEW_BEFORE) await store.begin(session).catch(() => false);
    return;
  }
  // Somebody else, or nobody any more: nothing stays of the one before.
  if (session.who) {
    store.forgetHere(false);
    store.hide();
    return store.endSession(session);
  }
  // What was written so far goes along. The old session ends meanwhile: the other tabs wait for the new one.
  store.client.stop();
  local.set(key.changing, String(edges.now() + PATIENCE));
  const done = await store.begin(session).catch(() => false);
  local.remove(key.changing);
  if (done && store.session?.session !== session.session) store.adopt(store.session!);
  else store.wake();
}
