// What a bot offers now, and what of it is on its way. Pure: every tab, and every reload, comes to the same.

import type { Beginning, ConversationLog, Entry, OfferedButton } from "@mostrador/protocol";

/** What can be pressed: the buttons of a turn, or beginning again. */
export interface Offered {
  /** `null`: there is none yet. */
  conversation: string | null;
  turn: number;
  buttons: readonly OfferedButton[];
  restart: boolean;
}

/** `log`: the conversation, if there is one. `thread`: what is shown, or was said before there was one. */
export function offered(log: Pick<ConversationLog, "id" | "closed" | "head"> | null, thread: readonly Entry[]): Offered | null {
  const last = thread.findLast(({ bot }) => bot);
  if (!last || log?.closed) return null;
  const { turn, buttons = [] } = last.bot!;
  const conversation = log?.id ?? null;
  const state = log?.head?.bot;
  if (log && state?.at === "ended" && state.restart) return { conversation, turn: state.turn, buttons: [], restart: true };
  const awaited = log ? state?.at === "buttons" && state.turn === turn : turn !== undefined;
  return awaited ? { conversation, turn: turn!, buttons, restart: false } : null;
}

/** A choice that is not known to have arrived. */
export interface Choice {
  id: string;
  conversation: string | null;
  turn: number;
  /** `null`: begin again. */
  button: string | null;
  begin?: Beginning;
}

/** The page's own scripts can write to the storage: what is read is checked. */
export function readChoice(stored: string | null): Choice | null {
  try {
    const choice = JSON.parse(stored ?? "null") as Partial<Choice> | null;
    const fits =
      /^[0-9a-f-]{36}$/.test(choice?.id ?? "") &&
      (choice!.conversation === null || typeof choice!.conversation === "string") &&
      Number.isSafeInteger(choice!.turn) &&
      (choice!.button === null || typeof choice!.button === "string") &&
      (choice!.begin === undefined || (typeof choice!.begin === "object" && choice!.begin !== null));
    return fits ? (choice as Choice) : null;
  } catch {
    return null;
  }
}

/** It is about what is offered now. */
export function concerns(choice: Choice | null, now: Offered | null): choice is Choice {
  return choice !== null && now !== null && choice.turn === now.turn && choice.conversation === now.conversation && (choice.button === null) === now.restart;
}
