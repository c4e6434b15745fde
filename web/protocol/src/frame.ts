// Frames as text: building what is sent within the limits, reading what comes without trusting its shape.

import type { ClientFrame, Command, ServerFrame } from "./generated/index.js";
import { MAX_FRAME_BYTES, MAX_TEXT_CHARS } from "./limits.js";

export type TextProblem = "empty" | "too_large";

export function frame(id: string, command: Command): ClientFrame {
  return { id, ...command };
}

/** What is wrong with a text before it is sent; the server checks the same. Counts characters as the server does, not UTF-16 units. */
export function textProblem(text: string): TextProblem | null {
  // White space, and what is invisible: a message of nothing but zero-width characters is empty.
  if (!/[^\s\p{Cf}\p{Cc}]/u.test(text)) return "empty";
  if (text.length > MAX_TEXT_CHARS && [...text].length > MAX_TEXT_CHARS) return "too_large";
  // A frame's other fields take some 150 bytes. JSON escapes make a text longer than its UTF-8.
  return byteLength(JSON.stringify(text)) + 256 > MAX_FRAME_BYTES ? "too_large" : null;
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** `null` for what is not a frame. An unknown `type` passes: the caller ignores it. */
export function readFrame(text: unknown): ServerFrame | null {
  if (typeof text !== "string") return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string" ? (value as ServerFrame) : null;
  } catch {
    return null;
  }
}
