// Undo and redo: what was, what is, what was undone. Pure; time comes in.

export interface History<T> {
  past: readonly T[];
  present: T;
  future: readonly T[];
  /** What the last change was to, and when: typing on in the same field is one change. */
  last: { key: string; at: number } | null;
}

const KEPT = 200;
const PAUSE_MS = 1_000;

export const begin = <T>(present: T): History<T> => ({ past: [], present, future: [], last: null });

/** `key`: changes of the same key without a pause between them are undone as one. */
export function change<T>(history: History<T>, present: T, at: number, key?: string): History<T> {
  if (present === history.present) return history;
  const goesOn = key !== undefined && history.last?.key === key && at - history.last.at < PAUSE_MS;
  return { past: goesOn ? history.past : [...history.past, history.present].slice(-KEPT), present, future: [], last: key === undefined ? null : { key, at } };
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  return before === undefined ? history : { past: history.past.slice(0, -1), present: before, future: [history.present, ...history.future], last: null };
}

export function redo<T>(history: History<T>): History<T> {
  const [after, ...future] = history.future;
  return after === undefined ? history : { past: [...history.past, history.present], present: after, future, last: null };
}

/** The same thing in other words (as the server keeps it): nothing to undo. */
export const restate = <T>(history: History<T>, present: T): History<T> => ({ ...history, present, last: null });
