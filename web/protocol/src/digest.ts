// The digest by which a dashboard and the server compare the top of a list: FNV-1a, 32 bits, over `conversation_id:rev\n` of each row.

import type { Row } from "./generated/index.js";

/** Rows of a list that the digest covers. */
export const DIGEST_ROWS = 50;

/** Of the rows in the order shown (newest activity first); only the first `DIGEST_ROWS` count. */
export function listDigest(rows: readonly Pick<Row, "conversation_id" | "rev">[]): string {
  return fnv1a(
    rows
      .slice(0, DIGEST_ROWS)
      .map((row) => `${row.conversation_id}:${row.rev}\n`)
      .join(""),
  );
}

export function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
