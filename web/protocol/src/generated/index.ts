// Generated from shared/protocol by `cargo xtask generate`. Do not edit.

export type ListName = "queue" | "mine" | "all" | "closed";

export type PresenceStatus = "online" | "invisible" | "offline";

export type Numbers = { t: number, b: number, };

export type Known = { conversation_id: string, 
/**
 * The epoch of what the client has; another than the server's makes `after` count as zero.
 */
epoch: string, after: Numbers, };

export type Hello = { conversations: Array<Known>, 
/**
 * Agents: the list that the dashboard shows.
 */
list?: ListName, 
/**
 * Of a conversation that this client has nothing of, or lacks very much of: the newest page only, which says in `after` what
 * it leaves out. Without it everything comes, from the first entry on.
 */
newest?: boolean, };

export type Send = { conversation_id: string | null, 
/**
 * 1 to 10,000 characters.
 */
text: string, };

export type Close = { conversation_id: string, };

export type Seen = { conversation_id: string, seen: number, delivered: number, };

export type Typing = { conversation_id: string, };

export type Page = { 
/**
 * Each at most 2,048 characters; more is cut.
 */
url: string, title: string, referrer: string, };

export type ListDigest = { name: ListName, 
/**
 * FNV-1a (32 bits, eight hexadecimal digits) over `conversation_id:rev\n` of each row, newest activity first.
 */
digest: string, };

export type Ping = { conversations: Array<Known>, 
/**
 * Agents: the digest of the first 50 rows of the list shown.
 */
list?: ListDigest, };

export type Open = { conversation_id: string | null, after: Numbers, 
/**
 * As in `hello`.
 */
newest?: boolean, };

export type ShowList = { list: ListName, };

export type Note = { conversation_id: string, 
/**
 * 1 to 10,000 characters. 
 */
text: string, };

export type Assign = { conversation_id: string, to: string | null, expected: string | null, };

export type Join = { conversation_id: string, };

export type Leave = { conversation_id: string, };

export type Presence = { status: PresenceStatus, };

export type Command = { "action": "hello" } & Hello | { "action": "send" } & Send | { "action": "close" } & Close | { "action": "seen" } & Seen | { "action": "typing" } & Typing | { "action": "page" } & Page | { "action": "ping" } & Ping | { "action": "open" } & Open | { "action": "list" } & ShowList | { "action": "note" } & Note | { "action": "assign" } & Assign | { "action": "join" } & Join | { "action": "leave" } & Leave | { "action": "presence" } & Presence;

export type ClientFrame = { id: string, } & ({ "action": "hello" } & Hello | { "action": "send" } & Send | { "action": "close" } & Close | { "action": "seen" } & Seen | { "action": "typing" } & Typing | { "action": "page" } & Page | { "action": "ping" } & Ping | { "action": "open" } & Open | { "action": "list" } & ShowList | { "action": "note" } & Note | { "action": "assign" } & Assign | { "action": "join" } & Join | { "action": "leave" } & Leave | { "action": "presence" } & Presence);

export type ErrorCode = "bad_frame" | "unknown_action" | "unknown_field" | "too_large" | "empty" | "not_found" | "forbidden" | "unauthorized" | "closed" | "taken" | "id_reused" | "rate_limited" | "hello_first" | "retry" | "internal";

export type LogName = "thread" | "backstage";

export type Author = { "role": "shopper" } | { "role": "agent", id: string, name: string, } | { "role": "system" };

export type AgentName = { id: string, name: string, };

export type Body = { "kind": "message", text: string, } | { "kind": "joined" } | { "kind": "left" } | { "kind": "closed" } | { "kind": "note", text: string, } | { "kind": "assigned", to: AgentName | null, };

export type Entry = { log: LogName, 
/**
 * 1, 2, 3, … without holes in each log.
 */
seq: number, 
/**
 * The thread's number when a backstage entry was written (its own for a thread entry): sort by (`thread_at`, log, `seq`).
 */
thread_at: number, at: number, author: Author, 
/**
 * The id of the frame that caused it.
 */
client_id?: string, } & ({ "kind": "message", text: string, } | { "kind": "joined" } | { "kind": "left" } | { "kind": "closed" } | { "kind": "note", text: string, } | { "kind": "assigned", to: AgentName | null, });

export type StatusName = "open" | "closed";

export type Cursor = { seen: number, delivered: number, };

export type Cursors = { shopper: Cursor, team: Cursor, };

export type Head = { numbers: Numbers, status: StatusName, began_at: number, 
/**
 * The two sides' cursors in the thread. Absent in a push: cursors travel in `seen`.
 */
cursors?: Cursors, 
/**
 * Agents who take part (ids; names are in the entries and in the site's team).
 */
participants: Array<string>, 
/**
 * Agents only: who has it.
 */
owner?: string, };

export type Entries = { conversation_id: string, epoch: string, entries: Array<Entry>, 
/**
 * The state after these entries, or, in a page, as of now.
 */
head: Head, 
/**
 * More pages follow, unasked, on this connection.
 */
more: boolean, 
/**
 * In the newest page (`newest`) and in those asked for with `until`: these entries follow on these numbers. What lies at and before
 * them is not here; `GET …/entries?until=` has it. Whoever lacks something up to here starts anew with this page.
 */
after?: Numbers, };

export type Ready = { id: string, epoch: string, 
/**
 * The server's clock, for showing times right on a wrong clock.
 */
now: number, 
/**
 * Shoppers: the open conversation, if any.
 */
open: string | null, 
/**
 * Those named in `hello` that are not (or no longer) yours to read: drop them.
 */
absent: Array<string>, };

export type Ack = { id: string, conversation_id: string | null, epoch: string, log: LogName, seq: number, at: number, };

export type ReaderName = "shopper" | "team";

export type ServerSeen = { conversation_id: string, reader: ReaderName, seen: number, delivered: number, };

export type ServerTyping = { conversation_id: string, author: Author, };

export type PongHead = { conversation_id: string, numbers: Numbers, cursors: Cursors, };

export type Pong = { id: string, epoch: string, now: number, heads: Array<PongHead>, 
/**
 * Shoppers: the open conversation, if any: perhaps one that this client has not heard of.
 */
open: string | null, };

export type Preview = { author: Author, text: string, };

export type Row = { conversation_id: string, rev: number, shopper_id: string, shopper_name: string | null, status: StatusName, owner: string | null, unread: boolean, numbers: Numbers, began_at: number, last_activity: number, waiting_since: number | null, preview: Preview | null, };

export type Rows = { list: ListName, rows: Array<Row>, 
/**
 * There are more behind the last.
 */
more: boolean, };

export type AgentPresence = { agent_id: string, status: PresenceStatus, };

export type Visit = { shopper_id: string, page: Page, at: number, };

export type ServerError = { 
/**
 * The id of the frame, if it could be read.
 */
ref: string | null, code: ErrorCode, message: string, field?: string, retry_after_ms?: number, 
/**
 * `taken`: who has it now.
 */
owner?: string, };

export type ByeReason = "session_ended" | "membership_changed" | "too_many";

export type Bye = { reason: ByeReason, };

export type ServerFrame = { "type": "entries" } & Entries | { "type": "ready" } & Ready | { "type": "ack" } & Ack | { "type": "seen" } & ServerSeen | { "type": "typing" } & ServerTyping | { "type": "pong" } & Pong | { "type": "row" } & Row | { "type": "rows" } & Rows | { "type": "presence" } & AgentPresence | { "type": "visit" } & Visit | { "type": "error" } & ServerError | { "type": "bye" } & Bye;

export type NewSession = { 
/**
 * The browser's language tag.
 */
language?: string, page?: Page, };

export type SessionAnswer = { session: string, shopper_id: string, expires_at: number, };

export type NewTicket = { site?: string, };

export type TicketAnswer = { ticket: string, url: string, expires_at: number, };

export type TeamMember = { id: string, name: string, title: string, 
/**
 * Invisible agents are shown as offline.
 */
online: boolean, last_active_at: number | null, };

export type SiteConfig = { site: string, name: string, 
/**
 * `#rrggbb`
 */
color: string, welcome: string, time_zone: string, team: Array<TeamMember>, };

export type CurrentConversation = { conversation_id: string | null, epoch: string, };

export type EntriesAnswer = { conversation_id: string, epoch: string, entries: Array<Entry>, head: Head, 
/**
 * Asked for with `t` and `b`: there is more to come after these.
 */
more: boolean, 
/**
 * Asked for with `until`: what these follow on. Zeros: this is the beginning.
 */
after?: Numbers, };

export type NewMessage = { 
/**
 * A UUID of the client's own: the same again is harmless.
 */
id: string, text: string, };

export type CloseRequest = { id: string, };

export type SeenRequest = { seen: number, delivered: number, };

export type RoleName = "agent" | "admin";

export type MySite = { site: string, name: string, color: string, role: RoleName, };

export type Me = { agent_id: string, name: string, email: string, owner: boolean, sites: Array<MySite>, };

export type ListAnswer = { list: ListName, rows: Array<Row>, 
/**
 * Pass as `before` for the next page; absent at the end.
 */
next?: string, };

export type AgentInfo = { id: string, name: string, title: string, role: RoleName, presence: PresenceStatus, last_active_at: number | null, };

export type AgentsAnswer = { agents: Array<AgentInfo>, };

export type ShopperProfile = { shopper_id: string, name: string | null, email: string | null, language: string | null, 
/**
 * As the browser sent it: untrusted text.
 */
user_agent: string | null, country: string | null, page: Page | null, first_seen: number, last_seen: number, };

export type ConversationDetail = { row: Row, cursors: Cursors, shopper: ShopperProfile, 
/**
 * The shopper's other conversations on this site, newest first.
 */
earlier: Array<Row>, };

export type ErrorBody = { code: ErrorCode, message: string, field?: string, retry_after_ms?: number, };

export type ErrorAnswer = { error: ErrorBody, };
