// When to try again: full jitter, so that ten thousand clients of one outage do not come back as one wave.

import { RECONNECT_FIRST, RECONNECT_MOST } from "./limits.js";

/** The wait before try number `attempt` (from 0): anything between nothing and a ceiling that doubles up to 30 s. */
export function backoff(attempt: number, random: number): number {
  return Math.floor(random * Math.min(RECONNECT_MOST, RECONNECT_FIRST * 2 ** Math.min(attempt, 10)));
}
