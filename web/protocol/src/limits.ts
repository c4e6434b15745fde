// The figures of the protocol that a client keeps to by itself; the server enforces its own.

export const PROTOCOL_VERSION = 1;
/** Characters (Unicode scalar values) of a message or note. */
export const MAX_TEXT_CHARS = 10_000;
/** Bytes of a frame. API Gateway closes the connection with 1009 above 32 KB. */
export const MAX_FRAME_BYTES = 24 * 1024;

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** From the request for a ticket to an open socket, and again from `hello` to `ready`: some handshakes hang for ever. */
export const HANDSHAKE_LIMIT = 8 * SECOND;
/** After a ping, any frame must come within this. */
export const PONG_LIMIT = 10 * SECOND;
export const PING_ACTIVE = 30 * SECOND;
/** API Gateway cuts at 10 minutes without traffic. */
export const PING_IDLE = 4 * MINUTE;
export const PING_DASHBOARD = 25 * SECOND;
export const RECONNECT_FIRST = SECOND;
export const RECONNECT_MOST = 30 * SECOND;
/** API Gateway cuts at 2 hours: move before, not all at once. */
export const MOVE_AFTER = 110 * MINUTE;
export const MOVE_SPREAD = 5 * MINUTE;
/** How long a gap may wait for the frame that fills it before the client asks. */
export const GAP_HOLD = 400;
/** A message that is neither acknowledged nor refused in this time is sent again, with the same id. */
export const ACK_LIMIT = 10 * SECOND;
/** An `open` that is not answered in this time is asked again: until then its conversation is not heard of. */
export const OPEN_LIMIT = 4 * SECOND;
/** Sockets that fail in a row, while tickets can be had, before HTTP polling takes over. */
export const SOCKET_FAILURES_BEFORE_POLLING = 3;
export const POLL_ACTIVE = 3 * SECOND;
export const POLL_IDLE = 30 * SECOND;
/** While polling: how often a socket is tried again. */
export const SOCKET_RETRY_WHILE_POLLING = 2 * MINUTE;
/** At most one `typing` frame per so much; the other side forgets it after `TYPING_SHOWN`. */
export const TYPING_EVERY = 3 * SECOND;
export const TYPING_SHOWN = 6 * SECOND;
