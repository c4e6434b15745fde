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
text: string, 
/**
 * Shoppers: questions of the FAQs that were opened before, by id, at most 20. Where this begins a conversation they become its
 * first entries; anywhere else, and where there is no such question, they count for nothing.
 */
faqs?: Array<string>, 
/**
 * Shoppers: the bot's words that stood there when this was written. Where it begins a conversation they come first; anywhere else, and
 * where nothing of the kind is said, they count for nothing.
 */
opening?: SeenOpening, 
/**
 * Shoppers: what the shop had shown (`Proactive.shown`). Where this begins a conversation, that message is its first entry; anywhere
 * else, a second time, and where nothing was shown, it counts for nothing.
 */
proactive?: string, 
/**
 * Shoppers: the group that it is for, by id: the page's code, a trigger or the shopper has said so. Where this begins a conversation it is
 * that group's; anywhere else, and where there is no such group, it counts for nothing.
 */
group?: string, };

export type Answer = { conversation_id: string, 
/**
 * The question's id.
 */
field: string, 
/**
 * Of a choice its id. A name that is left out is no skipping: it has to be said.
 */
value: string | null, };

export type Choose = { conversation_id: string | null, 
/**
 * Of the buttons.
 */
turn: number, button: string, 
/**
 * Where it begins a conversation.
 */
opening?: SeenOpening, 
/**
 * Where what a trigger showed begins it: the token of the showing. The scenario is the one that was shown, whatever `opening` says.
 */
shown?: string, 
/**
 * Where it begins a conversation: the group that it is for, as in `send`.
 */
group?: string, };

export type Restart = { conversation_id: string, 
/**
 * The head's. 
 */
turn: number, };

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

export type Assign = { conversation_id: string, to: string | null, expected: string | null, 
/**
 * The group that it is for from now on, by id; `null`: everyone. Absent: as it was.
 */
group?: string | null, };

export type Join = { conversation_id: string, };

export type Leave = { conversation_id: string, };

export type Presence = { status: PresenceStatus, };

export type AskVisitors = { 
/**
 * The cursor of the last frame: what has changed since. Without it, all.
 */
after?: string, };

export type Command = { "action": "hello" } & Hello | { "action": "send" } & Send | { "action": "answer" } & Answer | { "action": "choose" } & Choose | { "action": "restart" } & Restart | { "action": "close" } & Close | { "action": "seen" } & Seen | { "action": "typing" } & Typing | { "action": "page" } & Page | { "action": "page" } & PageReport | { "action": "ping" } & Ping | { "action": "open" } & Open | { "action": "list" } & ShowList | { "action": "note" } & Note | { "action": "assign" } & Assign | { "action": "join" } & Join | { "action": "leave" } & Leave | { "action": "presence" } & Presence | { "action": "visitors" } & AskVisitors;

export type ClientFrame = { id: string, } & ({ "action": "hello" } & Hello | { "action": "send" } & Send | { "action": "answer" } & Answer | { "action": "choose" } & Choose | { "action": "restart" } & Restart | { "action": "close" } & Close | { "action": "seen" } & Seen | { "action": "typing" } & Typing | { "action": "page" } & Page | { "action": "page" } & PageReport | { "action": "ping" } & Ping | { "action": "open" } & Open | { "action": "list" } & ShowList | { "action": "note" } & Note | { "action": "assign" } & Assign | { "action": "join" } & Join | { "action": "leave" } & Leave | { "action": "presence" } & Presence | { "action": "visitors" } & AskVisitors);

export type ErrorCode = "bad_frame" | "unknown_action" | "unknown_field" | "too_large" | "empty" | "not_found" | "forbidden" | "unauthorized" | "closed" | "taken" | "id_reused" | "conflict" | "invalid" | "unsupported_media" | "rate_limited" | "hello_first" | "switched_off" | "sign_in_required" | "visitor_left" | "visitor_chatting" | "visitor_dismissed" | "retry" | "internal";

export type LogName = "thread" | "backstage";

export type Author = { "role": "shopper" } | { "role": "agent", id: string, name: string, } | { "role": "system" };

export type AgentName = { id: string, name: string, };

export type TriggerName = { id: string, name: string, };

export type AskedChoice = { id: string, label: string, };

export type AskedField = { id: string, kind: FieldKindName, label: string, required: boolean, 
/**
 * Of `choice` only.
 */
choices?: Array<AskedChoice>, };

export type Body = { "kind": "message", text: string, } | { "kind": "joined" } | { "kind": "left" } | { "kind": "closed" } | { "kind": "form", 
/**
 * In the order in which they are asked; what is known of the shopper is not among them.
 */
fields: Array<AskedField>, 
/**
 * The conversation waits, seen by no agent, until every question is given.
 */
held: boolean, } | { "kind": "answer", field: string, 
/**
 * The question as it was asked.
 */
label: string, 
/**
 * Of a choice its label; `null`: skipped.
 */
value: string | null, 
/**
 * With this one every question is given. Comes once.
 */
finished: boolean, } | { "kind": "faq", faq: string, question: string, 
/**
 * Formatted as messages are.
 */
answer: string, } | { "kind": "note", text: string, } | { "kind": "assigned", to: AgentName | null, } | { "kind": "grouped", to: GroupChoice | null, } | { "kind": "handed_over" } | { "kind": "triggered", by: TriggerName, } | { "kind": "mailed", through: number, to: string, } | { "kind": "mail", class: MailClass, from: string, text: string, 
/**
 * Of `review`: `another_address`, `failed_dmarc`, `unauthenticated`, `spam`, `virus`, …
 */
review?: string, };

export type Why = { 
/**
 * `outside_hours`, `agent_online`, `during_hours`, `nobody_online`, `wait_time_over`, …
 */
rule: string, 
/**
 * The thread's entry that it answers.
 */
cause: number, };

export type MailMark = { attachments?: Array<Attached>, 
/**
 * What is odd about the mail: `text_cut`, `only_quotes`, `broken_mime`, `more_attachments`, …
 */
flags?: Array<string>, 
/**
 * The closed conversation that it answers.
 */
follows?: string, 
/**
 * No token of ours brought it: the address that it says to be from, which is a claim.
 */
unverified?: string, };

export type Attached = { key: string, name: string, 
/**
 * A media type, by the file's first bytes.
 */
kind: string, bytes: number, 
/**
 * It runs, opens as a page or is not what it is called: opened by nobody who does not know why.
 */
dangerous?: boolean, };

export type MailClass = "review" | "auto_response" | "bounce" | "complaint" | "unsubscribed";

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
client_id?: string, 
/**
 * Of what the shop said by itself.
 */
why?: Why, 
/**
 * Of what came by mail.
 */
mail?: MailMark, 
/**
 * Of a bot's words.
 */
bot?: BotMark, 
/**
 * Of a shopper's message that is a choice among a bot's buttons.
 */
chose?: Chosen, } & ({ "kind": "message", text: string, } | { "kind": "joined" } | { "kind": "left" } | { "kind": "closed" } | { "kind": "form", 
/**
 * In the order in which they are asked; what is known of the shopper is not among them.
 */
fields: Array<AskedField>, 
/**
 * The conversation waits, seen by no agent, until every question is given.
 */
held: boolean, } | { "kind": "answer", field: string, 
/**
 * The question as it was asked.
 */
label: string, 
/**
 * Of a choice its label; `null`: skipped.
 */
value: string | null, 
/**
 * With this one every question is given. Comes once.
 */
finished: boolean, } | { "kind": "faq", faq: string, question: string, 
/**
 * Formatted as messages are.
 */
answer: string, } | { "kind": "note", text: string, } | { "kind": "assigned", to: AgentName | null, } | { "kind": "grouped", to: GroupChoice | null, } | { "kind": "handed_over" } | { "kind": "triggered", by: TriggerName, } | { "kind": "mailed", through: number, to: string, } | { "kind": "mail", class: MailClass, from: string, text: string, 
/**
 * Of `review`: `another_address`, `failed_dmarc`, `unauthenticated`, `spam`, `virus`, …
 */
review?: string, });

export type StatusName = "open" | "closed";

export type FormProgress = "asked" | "finished";

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
owner?: string, 
/**
 * Agents only: the id of the group that it is for. Absent: for everyone.
 */
group?: string, 
/**
 * It waits for its form, seen by no agent. Absent: no.
 */
held?: boolean, 
/**
 * Absent: the form has not been asked.
 */
form?: FormProgress, 
/**
 * Absent: no scenario has run here.
 */
bot?: BotState, };

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

export type Availability = { online: boolean, 
/**
 * Only while it is closed: the next opening, if there is one within 400 days.
 */
opens_at?: number, 
/**
 * The shop's IANA zone.
 */
zone: string, };

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
absent: Array<string>, 
/**
 * Shoppers: as in `SiteConfig`.
 */
availability?: Availability, 
/**
 * Shoppers: the `version` of `SiteConfig`; another than the one you have: fetch config and content again.
 */
version?: number, };

export type Ack = { id: string, conversation_id: string | null, epoch: string, log: LogName, seq: number, at: number, };

export type ReaderName = "shopper" | "team";

export type ServerSeen = { conversation_id: string, reader: ReaderName, seen: number, delivered: number, };

export type ServerTyping = { conversation_id: string, author: Author, };

export type PongHead = { conversation_id: string, numbers: Numbers, cursors: Cursors, };

export type Pong = { id: string, epoch: string, now: number, heads: Array<PongHead>, 
/**
 * Shoppers: the open conversation, if any: perhaps one that this client has not heard of.
 */
open: string | null, 
/**
 * Shoppers: as in `ready`.
 */
availability?: Availability, 
/**
 * Shoppers: as in `ready`.
 */
version?: number, };

export type Preview = { author: Author, text: string, };

export type Row = { conversation_id: string, rev: number, shopper_id: string, shopper_name: string | null, status: StatusName, owner: string | null, unread: boolean, numbers: Numbers, began_at: number, last_activity: number, waiting_since: number | null, preview: Preview | null, 
/**
 * The id of the group that it is for. Absent: for everyone.
 */
group?: string, 
/**
 * The shop vouches for this shopper.
 */
verified?: boolean, 
/**
 * A bot goes on in it: it is in the list of all, and in no queue.
 */
bot?: boolean, 
/**
 * With `bot`: it has come to its end, and nobody has gone on since.
 */
ended?: boolean, };

export type Rows = { list: ListName, rows: Array<Row>, 
/**
 * There are more behind the last.
 */
more: boolean, };

export type AgentPresence = { agent_id: string, status: PresenceStatus, };

export type Visit = { shopper_id: string, page: Page, at: number, };

export type SystemName = "windows" | "macos" | "ios" | "android" | "chromeos" | "linux";

export type BrowserName = "edge" | "opera" | "samsung" | "firefox" | "chrome" | "safari";

export type CartTotal = { 
/**
 * In hundredths of the currency's unit.
 */
value: number, currency?: string, pieces: number, };

export type InvitationState = "waiting" | "shown" | "opened" | "answered" | "dismissed" | "gone";

export type InvitationSeen = { id: string, agent_id: string, agent_name: string, at: number, state: InvitationState, };

export type VisitorRow = { id: string, 
/**
 * Moves with every change.
 */
changed_at: number, last_seen: number, first_seen: number, 
/**
 * Visits, this one included.
 */
visits: number, 
/**
 * Pages of this visit.
 */
pages: number, url: string, title: string, 
/**
 * Since when that page.
 */
viewed_at: number, 
/**
 * Host and path of another site.
 */
referrer?: string, 
/**
 * Two letters, from the edge.
 */
country?: string, language?: string, device: DeviceName, system?: SystemName, browser?: BrowserName, cart?: CartTotal, shopper_id?: string, name?: string, 
/**
 * The shop vouches for who this is.
 */
verified?: boolean, chatted_before?: boolean, 
/**
 * The conversation that they have open.
 */
chatting?: string, window_open?: boolean, 
/**
 * Has put away, in this visit, what the shop said first.
 */
dismissed?: boolean, 
/**
 * Has closed the shop's page. Not gone before some seconds are over: the next page may follow.
 */
left_at?: number, invitation?: InvitationSeen, };

export type Visitors = { 
/**
 * The frame that asked.
 */
ref: string, 
/**
 * Whether the site has its list switched on. Off: no rows, and none to come.
 */
live: boolean, 
/**
 * The server's time: `last_seen` and `left_at` are compared with it.
 */
at: number, rows: Array<VisitorRow>, 
/**
 * To ask with next time.
 */
cursor: string, 
/**
 * These are all that there are: what is known besides is to be dropped.
 */
reset?: boolean, 
/**
 * Another frame follows, unasked.
 */
more?: boolean, 
/**
 * There is more than one answer holds: ask again at once.
 */
again?: boolean, };

export type PageVisited = { url: string, title: string, at: number, };

export type CartLine = { number: string, name: string, pieces: number, 
/**
 * Of one piece, in hundredths.
 */
price: number, };

export type VisitorAttribute = { name: string, value: string, };

export type VisitorDetail = { at: number, row: VisitorRow, 
/**
 * The last 20 pages, the present one last.
 */
path: Array<PageVisited>, 
/**
 * The first 10 lines. A page can invent them.
 */
cart_lines: Array<CartLine>, 
/**
 * A page can invent these too.
 */
attributes: Array<VisitorAttribute>, };

export type NewInvitation = { id: string, 
/**
 * 1 to 1,000 characters.
 */
text: string, };

export type InvitationAnswer = { invitation: InvitationSeen, };

export type ServerError = { 
/**
 * The id of the frame, if it could be read.
 */
ref: string | null, code: ErrorCode, message: string, field?: string, retry_after_ms?: number, 
/**
 * `invalid`, in answer to `answer`: the form's phrase that says what is wrong (`wrong_email`, `required`, …).
 */
phrase?: string, 
/**
 * `taken`: who has it now.
 */
owner?: string, };

export type ByeReason = "session_ended" | "membership_changed" | "too_many" | "visibility";

export type Bye = { reason: ByeReason, };

export type ServerFrame = { "type": "entries" } & Entries | { "type": "ready" } & Ready | { "type": "ack" } & Ack | { "type": "seen" } & ServerSeen | { "type": "typing" } & ServerTyping | { "type": "pong" } & Pong | { "type": "row" } & Row | { "type": "rows" } & Rows | { "type": "presence" } & AgentPresence | { "type": "visit" } & Visit | { "type": "page" } & PageAnswered | { "type": "visitors" } & Visitors | { "type": "error" } & ServerError | { "type": "bye" } & Bye;

export type TokenProof = { token: string, };

export type CustomerProof = { customer_id: string, hash: string, };

export type IdentityProof = TokenProof | CustomerProof;

export type NewSession = { 
/**
 * The browser's language tag.
 */
language?: string, 
/**
 * The browser's IANA zone: in it the shopper is told when the shop opens.
 */
time_zone?: string, page?: Page, 
/**
 * What the shop's server signed for whoever has signed in there. With an old session as bearer token this browser signs in: its open
 * conversation goes along, and the old session ends.
 */
identity?: IdentityProof, };

export type SessionAnswer = { session: string, shopper_id: string, expires_at: number, 
/**
 * The shop vouches for this shopper.
 */
verified: boolean, 
/**
 * Why `identity` was not believed: `expired`, `signature`, `audience`, … The session is then an anonymous one: the one that came along,
 * or a new one.
 */
refused?: string, };

export type ResumeRequest = { token: string, };

export type ResumeAnswer = { conversation_id: string, session?: string, expires_at?: number, };

export type NewTicket = { site?: string, };

export type TicketAnswer = { ticket: string, url: string, expires_at: number, };

export type TeamMember = { id: string, name: string, title: string, 
/**
 * Where their photo is, as a path of this API; absent: they have none.
 */
photo?: string, 
/**
 * Invisible agents are shown as offline.
 */
online: boolean, last_active_at: number | null, };

export type SiteConfig = { site: string, name: string, 
/**
 * `#rrggbb`
 */
color: string, welcome: string, time_zone: string, team: Array<TeamMember>, 
/**
 * Moves forward with everything that is published for the site.
 */
version: number, settings: PublicSettings, availability: Availability, 
/**
 * In some language at least the merchant has written a text beside the launcher: `content` has it.
 */
bubble: boolean, 
/**
 * Where the shop may speak first, and what a first message may be for. Absent: it does not, and nothing is asked.
 */
proactive?: ProactiveConfig, };

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

export type FileLink = { 
/**
 * Elsewhere than here; answers the file as something to be saved.
 */
url: string, 
/**
 * In five minutes.
 */
expires_at: number, };

export type OriginalMail = { 
/**
 * All header lines as they came. Nobody has checked what they say.
 */
header: string, 
/**
 * All of its text, with what it quotes; of a mail that is only HTML, the text in it.
 */
text: string, 
/**
 * There is more of it.
 */
cut: boolean, 
/**
 * The whole mail, as a file to be saved, for admins: it holds what it quotes, also the link by which the shopper comes back.
 */
url: string | null, expires_at: number, };

export type NewMessage = { 
/**
 * A UUID of the client's own: the same again is harmless.
 */
id: string, text: string, 
/**
 * Where it begins a conversation: questions of the FAQs that were opened before, by id, at most 20.
 */
faqs?: Array<string>, 
/**
 * As in the frame `send`.
 */
opening?: SeenOpening, 
/**
 * Where it begins a conversation: what the shop had shown before, as in the frame `send`.
 */
proactive?: string, 
/**
 * Shoppers: the group that it is for, by id: the page's code, a trigger or the shopper has said so. Where this begins a conversation it is
 * that group's; anywhere else, and where there is no such group, it counts for nothing.
 */
group?: string, };

export type NewChoice = { id: string, turn: number, button: string, opening?: SeenOpening, shown?: string, group?: string, };

export type NewRestart = { id: string, turn: number, };

export type NewAnswer = { id: string, 
/**
 * The question's id.
 */
field: string, 
/**
 * Of a choice its id; `null`: skipped.
 */
value: string | null, };

export type FaqOpened = { 
/**
 * A UUID of the client's own: the same again is harmless.
 */
id: string, };

export type FaqCount = { id: string, 
/**
 * How often it was opened.
 */
opened: number, 
/**
 * How often a conversation began all the same.
 */
still_needed: number, };

export type FaqCountsAnswer = { faqs: Array<FaqCount>, };

export type CloseRequest = { id: string, };

export type SeenRequest = { seen: number, delivered: number, };

export type TranscriptRequest = { 
/**
 * A UUID of the client's.
 */
id: string, 
/**
 * Where no address of the shopper's is known; one that is known counts more.
 */
email?: string, };

export type TranscriptRecipient = "shopper" | "me";

export type AgentTranscriptRequest = { id: string, to: TranscriptRecipient, };

export type WhenNotified = "at_once" | "every" | "daily" | "never";

export type QuietHours = { 
/**
 * `HH:MM`
 */
from: string, until: string, 
/**
 * An IANA zone name.
 */
zone: string, };

export type NotificationChoice = { when: WhenNotified, 
/**
 * With `every`: 1 to 12.
 */
hours?: number, 
/**
 * With `daily`: `HH:MM`.
 */
daily_at?: string, 
/**
 * Of conversations that nobody has answered yet.
 */
new: boolean, 
/**
 * Of whoever has waited for longer than the wait time, or wrote while nobody was there.
 */
missed: boolean, quiet?: QuietHours, };

export type Notifications = { 
/**
 * Where mails go: the one by which the agent signs in.
 */
address: string, choice: NotificationChoice, };

export type RoleName = "agent" | "admin";

export type MySite = { site: string, name: string, color: string, role: RoleName, };

export type Me = { agent_id: string, name: string, email: string, owner: boolean, sites: Array<MySite>, };

export type ListAnswer = { list: ListName, rows: Array<Row>, 
/**
 * Pass as `before` for the next page; absent at the end.
 */
next?: string, };

export type AgentInfo = { id: string, name: string, title: string, 
/**
 * Where their photo is, as a path of this API; absent: they have none.
 */
photo?: string, role: RoleName, presence: PresenceStatus, last_active_at: number | null, };

export type AgentsAnswer = { agents: Array<AgentInfo>, };

export type ProfileRequest = { 
/**
 * 1 to 80 characters on one line; what is invisible or changes direction is taken out.
 */
name: string, 
/**
 * At most 80 characters; may be empty.
 */
title: string, };

export type ToldAnswer = { field: string, 
/**
 * As it was asked.
 */
question: string, 
/**
 * Of a choice its label.
 */
answer: string, };

export type ShopperProfile = { shopper_id: string, name: string | null, email: string | null, language: string | null, 
/**
 * As the browser sent it: untrusted text.
 */
user_agent: string | null, country: string | null, page: Page | null, first_seen: number, last_seen: number, 
/**
 * The shop vouches for who this is: name and email, where they are given, are the shop's words, and nothing that was typed.
 */
verified: boolean, 
/**
 * What they have answered to the form's other questions: typed, whoever they are.
 */
answers?: Array<ToldAnswer>, 
/**
 * As which visitor their browser last reported a page: what `…/visitors/{visitor}/explanation` is asked with. Absent: they have not
 * agreed to be remembered, or no page of theirs has reported.
 */
visitor?: string, };

export type ConversationDetail = { row: Row, cursors: Cursors, shopper: ShopperProfile, 
/**
 * The shopper's other conversations on this site, newest first; also what the same browser had before signing in, and after.
 */
earlier: Array<Row>, 
/**
 * Whether what is written now reaches the shopper by mail.
 */
mail: MailReach, };

export type ErrorBody = { code: ErrorCode, message: string, field?: string, retry_after_ms?: number, 
/**
 * `invalid`, of an answer to the form: the form's phrase that says what is wrong.
 */
phrase?: string, 
/**
 * `invalid`: every field that is wrong.
 */
problems?: Array<FieldProblem>, 
/**
 * `conflict`: what stands. Absent: it has been taken away.
 */
current?: Current, };

export type ErrorAnswer = { error: ErrorBody, };

export type Revision = { version: number, 
/**
 * Absent with version 0.
 */
at?: number, by?: AgentName, 
/**
 * It brought this earlier version back.
 */
restored?: number, 
/**
 * It was written by another version of this software and cannot be read: what is shown and what counts is our default.
 */
unreadable?: boolean, };

export type PublishedSection = ({ "section": "general", "value": GeneralSettings } | { "section": "appearance", "value": AppearanceSettings } | { "section": "visibility", "value": VisibilitySettings } | { "section": "hours", "value": HoursSettings } | { "section": "texts", "value": TextSettings } | { "section": "faqs", "value": FaqSettings } | { "section": "form", "value": FormSettings } | { "section": "automatic", "value": AutomaticSettings } | { "section": "privacy", "value": PrivacySettings } | { "section": "email", "value": EmailSettings } | { "section": "visitors", "value": VisitorSettings }) & { version: number, 
/**
 * Absent with version 0.
 */
at?: number, by?: AgentName, 
/**
 * It brought this earlier version back.
 */
restored?: number, 
/**
 * It was written by another version of this software and cannot be read: what is shown and what counts is our default.
 */
unreadable?: boolean, };

export type SettingsAnswer = { sections: Array<PublishedSection>, };

export type PublishRequest = { 
/**
 * The version that was edited.
 */
expected: number, 
/**
 * The section's content.
 */
value: unknown, };

export type RestoreRequest = { 
/**
 * The version that stands.
 */
expected: number, };

export type HoursPreviewRequest = { 
/**
 * As in `HoursSettings`.
 */
value: unknown, };

export type HoursStatusName = "none" | "open" | "closed";

export type HoursPreview = { status: HoursStatusName, 
/**
 * When it closes, or opens next; absent where that is beyond a year.
 */
until?: number, zone: string, 
/**
 * When the clocks there change next, if they do within a year.
 */
clocks_change?: number, };

export type HistoryAnswer = { versions: Array<Revision>, 
/**
 * Pass as `before` for the next page; absent at the end.
 */
next?: number, };

export type IdentityKey = { 
/**
 * A token's header names it: `kid`.
 */
id: string, 
/**
 * A token's header names it too: `HS256` or `RS256`.
 */
algorithm: string, made_at: number, 
/**
 * From then on it is good for nothing.
 */
ends_at?: number, good: boolean, };

export type IdentityKeysAnswer = { keys: Array<IdentityKey>, };

export type MailReach = { "reach": "off" } | { "reach": "no_address" } | { "reach": "mailed", address: string, after_s: number, 
/**
 * The shopper has a page of the shop open, in whatever tab.
 */
connected: boolean, } | { "reach": "suppressed", address: string, why: SuppressedWhy, };

export type SuppressedWhy = "bounced" | "complained" | "unsubscribed";

export type MailTestAnswer = { to: string, outcome: MailTestOutcome, 
/**
 * Of `refused` SES's code (`MessageRejected`, …), of `unknown` what happened instead of an answer.
 */
code?: string, };

export type MailTestOutcome = "sent" | "refused" | "unknown" | "no_sender";

export type MailIdentityAnswer = { "answer": "no_sender" } | { "answer": "no_answer", code: string, } | { "answer": "known", 
/**
 * Of the published sender.
 */
domain: string, 
/**
 * Where SES was asked.
 */
region: string, standing: MailStanding, dkim: MailStanding, 
/**
 * Mails go to verified addresses alone.
 */
sandbox: boolean, 
/**
 * Mails in 24 hours: how many may go, how many went.
 */
per_day: number, sent: number, records: Array<DnsRecord>, };

export type MailStanding = "unknown" | "pending" | "verified" | "failed";

export type DnsRecord = { what_for: DnsRecordFor, 
/**
 * `CNAME`, `MX`, `TXT`
 */
kind: string, name: string, 
/**
 * Of an MX with its priority before it.
 */
value: string, 
/**
 * Whether SES has found it; absent: SES does not look.
 */
found?: boolean, };

export type DnsRecordFor = "dkim" | "mail_from" | "dmarc" | "reply";

export type NewIdentityKey = { 
/**
 * The shop's public RSA key (PEM, `BEGIN PUBLIC KEY`), for RS256. Without it a secret is made, for HS256 and for Liquid themes.
 */
public_key?: string, };

export type IdentityKeyAnswer = { key: IdentityKey, secret?: string, };

export type EndIdentityKey = { 
/**
 * Seconds until it is good for nothing, 0 to 30 days: pages that are cached still bear its tokens.
 */
after_s: number, };

export type PublicSettings = { general: GeneralSettings, appearance: AppearanceSettings, visibility: VisibilitySettings, hours: HoursSettings, privacy: PrivacySettings, };

export type SiteContent = { site: string, version: number, language: string, 
/**
 * What the merchant has written; what is absent is the widget's own.
 */
texts: { [key in string]: string }, faqs: Array<Faq>, form: FormSettings, 
/**
 * What a bot says to whoever opens the window without an open conversation.
 */
opening?: ScenarioOpening, };

export type SectionName = "general" | "appearance" | "visibility" | "hours" | "texts" | "faqs" | "form" | "automatic" | "privacy" | "email" | "visitors";

export type GeneralSettings = { 
/**
 * The shop's name, 1 to 80 characters.
 */
name: string, 
/**
 * 1 to 20 language tags.
 */
languages: Array<string>, 
/**
 * One of `languages`.
 */
default_language: string, };

export type CornerName = "start" | "end";

export type LauncherName = "icon" | "label" | "hidden";

export type AppearanceSettings = { 
/**
 * `#rrggbb`. Where it could not be read it is shown darker or lighter.
 */
color: string, 
/**
 * `#rrggbb`, 4.5:1 or more against `color`; absent: what reads best.
 */
text_color?: string, corner: CornerName, 
/**
 * Pixels, 0 to 400.
 */
offset_x: number, offset_y: number, 
/**
 * 0 to 2147483646.
 */
z_index: number, launcher: LauncherName, };

export type VisibilityName = "off" | "everyone" | "verified_write" | "verified_only";

export type VisibilitySettings = { visibility: VisibilityName, };

export type HoursRange = { 
/**
 * `HH:MM`, 00:00 to 23:59.
 */
start: string, 
/**
 * `HH:MM`, 00:00 to 24:00.
 */
end: string, };

export type WeekHours = { monday: Array<HoursRange>, tuesday: Array<HoursRange>, wednesday: Array<HoursRange>, thursday: Array<HoursRange>, friday: Array<HoursRange>, saturday: Array<HoursRange>, sunday: Array<HoursRange>, };

export type HoursException = { 
/**
 * `YYYY-MM-DD`; of a yearly one the year does not count.
 */
date: string, yearly: boolean, 
/**
 * At most 80 characters.
 */
name: string, 
/**
 * Empty: closed.
 */
ranges: Array<HoursRange>, };

export type HoursSettings = { 
/**
 * Off: the week is kept and counts for nothing; availability is presence alone.
 */
enabled: boolean, 
/**
 * An IANA zone name.
 */
zone: string, week: WeekHours, exceptions: Array<HoursException>, };

export type TextSettings = { texts: { [key in string]: { [key in string]: string } }, };

export type Faq = { 
/**
 * 1 to 40 of `a-z`, `0-9`, `-` and `_`; stays when the text changes.
 */
id: string, 
/**
 * 1 to 200 characters.
 */
question: string, 
/**
 * 1 to 4,000 characters; formatting as in messages.
 */
answer: string, };

export type FaqSettings = { faqs: { [key in string]: Array<Faq> }, };

export type FormWhenName = "never" | "always" | "slow";

export type FieldKindName = "name" | "email" | "text" | "phone" | "number" | "choice";

export type FormChoice = { id: string, 
/**
 * At most 80 characters, one in the default language.
 */
labels: { [key in string]: string }, };

export type FormField = { 
/**
 * `name` and `email` are the profile's own; 1 to 40 of `a-z`, `0-9`, `-` and `_`.
 */
id: string, kind: FieldKindName, required: boolean, 
/**
 * The question by language, at most 120 characters. A custom field has one in the default language.
 */
labels: { [key in string]: string }, 
/**
 * Of `choice` only: 1 to 20.
 */
choices?: Array<FormChoice>, };

export type FormSettings = { 
/**
 * While the shop is online. While it is offline the form is always asked.
 */
when: FormWhenName, 
/**
 * Seconds, 10 to 1800; counts with `slow`.
 */
slow_after_s: number, 
/**
 * Counts where the form is asked at once.
 */
hold_online: boolean, hold_offline: boolean, 
/**
 * In the order in which they are asked; at most name, email and five more. Empty: there is no form.
 */
fields: Array<FormField>, 
/**
 * By language and phrase. What is absent or blank is ours.
 */
phrases: { [key in string]: { [key in string]: string } }, };

export type AutomaticReply = { enabled: boolean, 
/**
 * By language, at most 2,000 characters. What is absent or blank is ours.
 */
texts: { [key in string]: string }, };

export type AutomaticSettings = { 
/**
 * Sent during office hours, if hours are set.
 */
during: AutomaticReply, 
/**
 * Sent outside office hours; may use `{next_opening}`.
 */
outside: AutomaticReply, 
/**
 * Sent when an agent is online, in the place of `during`.
 */
online: AutomaticReply, 
/**
 * Sent when nobody is online, or nobody takes the chat within the wait time; may use `{next_opening}`.
 */
offline: AutomaticReply, 
/**
 * Seconds, 10 to 1800.
 */
wait_time_s: number, };

export type PrivacySettings = { 
/**
 * `https://…`, at most 2,000 characters.
 */
privacy_url?: string, terms_url?: string, 
/**
 * The shopper ticks a box before the first message; needs `privacy_url`.
 */
ask_consent: boolean, };

export type EmailSettings = { 
/**
 * Off: nothing is mailed to shoppers. On, there is a `sender_address`.
 */
enabled: boolean, 
/**
 * At most 80 characters; blank: the shop's name.
 */
sender_name: string, 
/**
 * Of a domain that SES has verified.
 */
sender_address?: string, 
/**
 * Where answers by mail arrive; absent: they are not read.
 */
reply_domain?: string, 
/**
 * Minutes that an answer stays unseen before it is mailed, 1 to 60.
 */
delay_min: number, 
/**
 * `https://…`, at most 2,000 characters.
 */
logo_url?: string, 
/**
 * By language and text (`answers_subject`, `signature`, …). What is absent or blank is ours.
 */
texts: { [key in string]: { [key in string]: string } }, 
/**
 * A copy to whoever has an address, when the conversation is closed.
 */
transcript_at_close: boolean, };

export type VisitorSettings = { 
/**
 * Agents see the visitors: every page view is reported then.
 */
live: boolean, 
/**
 * 1 to 30: an event counts for a trigger for so long after it was shown.
 */
conversion_days: number, 
/**
 * Events by the names that the shop's pages report them under, at most 10.
 */
conversion_events: Array<string>, 
/**
 * At the first message a shopper may choose a group, where several have an agent online.
 */
choose_group: boolean, 
/**
 * Among the groups stands "not sure": everyone.
 */
not_sure: boolean, };

export type FieldCode = "required" | "too_long" | "too_many" | "out_of_range" | "format" | "unknown" | "duplicate" | "empty_range" | "overlap" | "contrast" | "not_https" | "unknown_variable" | "unfillable" | "contradiction" | "matches_nothing" | "unreachable" | "dead_end" | "endless" | "in_use";

export type FieldProblem = { 
/**
 * As in the section's JSON: `week.tuesday[1].start`.
 */
path: string, code: FieldCode, 
/**
 * What is allowed, in English.
 */
message: string, };

export type SectionBody = { "section": "general", "value": GeneralSettings } | { "section": "appearance", "value": AppearanceSettings } | { "section": "visibility", "value": VisibilitySettings } | { "section": "hours", "value": HoursSettings } | { "section": "texts", "value": TextSettings } | { "section": "faqs", "value": FaqSettings } | { "section": "form", "value": FormSettings } | { "section": "automatic", "value": AutomaticSettings } | { "section": "privacy", "value": PrivacySettings } | { "section": "email", "value": EmailSettings } | { "section": "visitors", "value": VisitorSettings };

export type DocumentBody = { "document": "triggers", "value": TriggerSettings } | { "document": "groups", "value": GroupSettings } | { "document": "scenario", "value": ScenarioBody };

export type PublishedDocument = ({ "document": "triggers", "value": TriggerSettings } | { "document": "groups", "value": GroupSettings } | { "document": "scenario", "value": ScenarioBody }) & { version: number, 
/**
 * Absent with version 0.
 */
at?: number, by?: AgentName, 
/**
 * It brought this earlier version back.
 */
restored?: number, 
/**
 * It was written by another version of this software and cannot be read: what is shown and what counts is our default.
 */
unreadable?: boolean, };

export type Current = PublishedSection | PublishedDocument;

export type ScenarioInfo = { id: string, name: string, start: ScenarioStart, version: number, at: number, by: AgentName, };

export type ScenariosAnswer = { scenarios: Array<ScenarioInfo>, };

export type GroupChoice = { id: string, name: string, };

export type ProactiveConfig = { sieve: TriggerSieve, 
/**
 * Agents watch the visitors: every page reports.
 */
live: boolean, 
/**
 * The groups that have an agent online, of which a shopper may choose one at the first message. Absent: there is nothing to choose.
 */
groups?: Array<GroupChoice>, 
/**
 * Among the groups stands "not sure": the message is for everyone.
 */
not_sure?: boolean, };

export type GroupSettings = { 
/**
 * At most 50, in the merchant's order.
 */
groups: Array<GroupBody>, };

export type GroupBody = { 
/**
 * 1 to 40 of `a-z`, `0-9`, `-` and `_`; stays when the name changes.
 */
id: string, 
/**
 * 1 to 60 characters.
 */
name: string, 
/**
 * Ids, at most 200.
 */
agents: Array<string>, };

export type TriggerSettings = { 
/**
 * At most 100. Where two would show something at once, the first does.
 */
triggers: Array<TriggerBody>, };

export type TriggerBody = { 
/**
 * 1 to 40 of `a-z`, `0-9`, `-` and `_`; stays when everything else changes.
 */
id: string, 
/**
 * For agents only, 1 to 80 characters.
 */
name: string, enabled: boolean, when: TriggerWhen, 
/**
 * At most 20, all of which must hold. Empty: every page.
 */
conditions: Array<TriggerCondition>, 
/**
 * 1 to 5, of each kind at most one.
 */
actions: Array<TriggerAction>, frequency: TriggerFrequency, };

export type TriggerWhen = "online" | "offline" | "both";

export type TriggerFrequency = { "kind": "once_ever", } | { "kind": "once_per_visit", } | { "kind": "every_days", days: number, } | { "kind": "every_page_load", };

export type TriggerCondition = { "kind": "page", is: boolean, patterns: Array<PagePattern>, } | { "kind": "time_on_page", seconds: number, } | { "kind": "time_on_site", seconds: number, } | { "kind": "pages_seen", at_least?: number, at_most?: number, } | { "kind": "scroll", percent: number, } | { "kind": "leaving", } | { "kind": "idle", seconds: number, } | { "kind": "referrer", is: boolean, texts: Array<ComparedText>, } | { "kind": "campaign", part: CampaignPartName, is: boolean, texts: Array<ComparedText>, } | { "kind": "country", is: boolean, any_of: Array<string>, } | { "kind": "language", is: boolean, any_of: Array<string>, } | { "kind": "device", is: boolean, any_of: Array<DeviceName>, } | { "kind": "returning", is: boolean, } | { "kind": "chatted_before", is: boolean, } | { "kind": "cart_value", at_least?: number, at_most?: number, 
/**
 * Three letters: `EUR`.
 */
currency?: string, } | { "kind": "cart_items", at_least?: number, at_most?: number, } | { "kind": "cart_contains", is: boolean, texts: Array<ComparedText>, } | { "kind": "attribute_text", key: string, is: boolean, texts: Array<ComparedText>, } | { "kind": "attribute_number", key: string, at_least?: number, at_most?: number, } | { "kind": "attribute_present", key: string, is: boolean, } | { "kind": "window", is: OpenOrClosed, } | { "kind": "office", is: OpenOrClosed, } | { "kind": "event", name: string, } | { "kind": "identity", any_of: Array<IdentityName>, };

export type PagePattern = { kind: PatternKindName, 
/**
 * At most 500 characters.
 */
text: string, };

export type PatternKindName = "exact" | "contains" | "wildcard" | "regex";

export type ComparedText = { how: HowName, 
/**
 * At most 200 characters; capitals do not count.
 */
text: string, };

export type HowName = "is" | "contains" | "begins";

export type CampaignPartName = "source" | "medium" | "campaign" | "term" | "content";

export type DeviceName = "desktop" | "phone" | "tablet";

export type OpenOrClosed = "open" | "closed";

export type IdentityName = "anonymous" | "identified" | "verified";

export type TriggerAction = { "kind": "message", sender: TriggerSender, 
/**
 * By language, one in the default language; at most 1,000 characters, may use `{shop}`.
 */
texts: { [key in string]: string }, display: MessageDisplay, } | { "kind": "start_scenario", scenario: string, } | { "kind": "assign_group", group: string, } | { "kind": "open_window", } | { "kind": "show_form", };

export type TriggerSender = { "kind": "agent", agent: string, } | { "kind": "group", group: string, } | { "kind": "bot", };

export type MessageDisplay = "teaser" | "bubble" | "window";

export type TriggerSieve = { 
/**
 * When a page is opened. Empty: never.
 */
pages: Array<string>, 
/**
 * When an event happens, by its name.
 */
events: { [key in string]: Array<string> }, };

export type ArmedTrigger = { trigger: string, awaits: Array<Awaited>, };

export type Awaited = { "kind": "after", ms: number, } | { "kind": "scroll", percent: number, } | { "kind": "leaving" } | { "kind": "idle", ms: number, };

export type TriggerExplanation = { trigger: string, verdict: VerdictName, 
/**
 * What holds for every trigger: each once.
 */
rules: Array<RuleFinding>, 
/**
 * In the order of the trigger's own.
 */
conditions: Array<ConditionFinding>, };

export type RuleFinding = { rule: RuleName, finding: FindingBody, };

export type ConditionFinding = { condition: ConditionKindName, finding: FindingBody, };

export type FindingBody = { "kind": "holds" } | { "kind": "awaits", awaited: Awaited, } | { "kind": "fails", why: WhyName, };

export type VerdictName = "fires" | "armed" | "silent";

export type RuleName = "enabled" | "when" | "sender" | "may_chat" | "not_chatting" | "not_busy" | "not_dismissed" | "frequency";

export type ConditionKindName = "page" | "time_on_page" | "time_on_site" | "pages_seen" | "scroll" | "leaving" | "idle" | "referrer" | "campaign" | "country" | "language" | "device" | "returning" | "chatted_before" | "cart_value" | "cart_items" | "cart_contains" | "attribute" | "window" | "office" | "event" | "identity";

export type WhyName = "differs" | "excluded" | "too_low" | "too_high" | "unknown" | "needs_consent" | "other_currency" | "not_happened" | "switched_off" | "shop_offline" | "shop_online" | "sender_away" | "may_not_chat" | "chatting" | "busy" | "dismissed" | "shown_before";

export type ScenarioBody = { 
/**
 * 1 to 40 of `a-z`, `0-9`, `-` and `_`, as all ids here.
 */
id: string, 
/**
 * For agents only, 1 to 80 characters.
 */
name: string, start: ScenarioStart, 
/**
 * A step that says something.
 */
first: string, 
/**
 * Where it begins while the shop is offline, if elsewhere.
 */
offline?: string, 
/**
 * 1 to 200.
 */
steps: Array<ScenarioStep>, };

export type ScenarioStart = "by_trigger" | "on_opening" | "first_responder";

export type ScenarioStep = { id: string, 
/**
 * By language, at most 2,000 characters, may use `{shop}`. Without any nothing is said.
 */
texts: { [key in string]: string }, 
/**
 * Absent after a step that says nothing: a person goes on. After one that says something it must be there.
 */
next?: ScenarioNext, 
/**
 * On the picture.
 */
x: number, y: number, };

export type ScenarioNext = { "kind": "buttons", buttons: Array<ScenarioButton>, } | { "kind": "go", to: string, } | { "kind": "ask", field: string, then: string, } | { "kind": "hand_over", to: ScenarioTo, 
/**
 * The branch while the shop is offline.
 */
offline?: string, } | { "kind": "end", restart: boolean, };

export type ScenarioButton = { id: string, 
/**
 * By language, one in the default language; at most 80 characters.
 */
labels: { [key in string]: string }, goes: string, };

export type ScenarioTo = { "kind": "anyone", } | { "kind": "group", group: string, } | { "kind": "agent", agent: string, };

export type OfferedButton = { id: string, label: string, };

export type BotMark = { scenario: string, step: string, 
/**
 * With buttons: the turn that a choice among them is for. While it is the head's, and the head awaits a choice, they can be pressed.
 */
turn?: number, buttons?: Array<OfferedButton>, };

export type Chosen = { turn: number, button: string, };

export type BotAt = "buttons" | "asking" | "handed_over" | "ended" | "silent";

export type BotState = { 
/**
 * What `choose` and `restart` name.
 */
turn: number, at: BotAt, 
/**
 * Of `ended`: it may begin again.
 */
restart?: boolean, };

export type ScenarioSaid = { step: string, 
/**
 * Formatted as messages are.
 */
text: string, buttons?: Array<OfferedButton>, };

export type ScenarioOpening = { scenario: string, version: number, 
/**
 * What a first choice names.
 */
turn: number, 
/**
 * Only the last may have buttons.
 */
said: Array<ScenarioSaid>, };

export type SeenOpening = { scenario: string, version: number, 
/**
 * The last that was said.
 */
step: string, };

export type TriedAt = { "kind": "buttons", step: string, } | { "kind": "asking", step: string, } | { "kind": "handed_over", } | { "kind": "ended", restart: boolean, } | { "kind": "silent", };

export type TriedState = { turn: number, at: TriedAt, };

export type TriedEvent = { "kind": "chose", turn: number, button: string, } | { "kind": "answered", turn: number, } | { "kind": "wrote", } | { "kind": "agent_wrote", } | { "kind": "restart", turn: number, };

export type TriedEffect = { "kind": "post", text: string, } | { "kind": "say", step: string, text: string, buttons?: Array<OfferedButton>, } | { "kind": "ask", step: string, field: string, } | { "kind": "hand_over", to: ScenarioTo, } | { "kind": "finish", restart: boolean, };

export type TryRequest = { 
/**
 * As in `ScenarioBody`.
 */
value: unknown, online: boolean, 
/**
 * A language tag; what is not written in it is said in the site's default language.
 */
language: string, 
/**
 * Questions that need not be asked, as if the profile had them.
 */
known?: Array<string>, 
/**
 * From the answer before. Without it, or without an event, it begins.
 */
state?: TriedState, event?: TriedEvent, };

export type TryAnswer = { effects: Array<TriedEffect>, state: TriedState, };

export type PageReport = { 
/**
 * One opening of one page: a UUID of the page's own, new at every load.
 */
page_id: string, what: PageHappening, 
/**
 * As the last answer gave it, if the page may keep it.
 */
visitor?: string, 
/**
 * The visitor has agreed to be remembered. `false`: nothing is stored of them.
 */
remember: boolean, 
/**
 * This and the texts below: at most 2,048 characters each; more is cut.
 */
url: string, title?: string, referrer?: string, 
/**
 * The browser's language tag.
 */
language?: string, device: DeviceName, 
/**
 * The chat window.
 */
window: OpenOrClosed, 
/**
 * Milliseconds since the page was opened. Counts only where nothing is stored of the visitor.
 */
on_page_ms: number, 
/**
 * The deepest so far, in per cent of the page.
 */
scroll: number, 
/**
 * The longest so far without pointer, key or touch, in milliseconds.
 */
idle_ms: number, leaving: boolean, 
/**
 * Names of what the page has reported since it was opened, at most 50.
 */
events: Array<string>, 
/**
 * With `event`.
 */
event?: PageEvent, cart?: ReportedCart, 
/**
 * At most 30, 2 KB together; a text, a number or a boolean each.
 */
attributes?: Record<string, string | number | boolean>, 
/**
 * With `shown_opened` and `dismissed`: what is opened or sent away.
 */
shown?: string, 
/**
 * A trigger that its merchant tries in this browser.
 */
testing?: TestingTrigger, };

export type PageHappening = "view" | "event" | "met" | "beat" | "shown_opened" | "dismissed" | "leave";

export type PageEvent = { 
/**
 * 1 to 40 of `a-z`, `0-9`, `-` and `_`.
 */
name: string, 
/**
 * In units of the currency: `49.90`.
 */
value?: number, currency?: string, 
/**
 * The shop's own number of it: an order is counted once, however often its page is loaded. Without one, once for the page.
 */
reference?: string, };

export type ReportedCart = { lines: Array<ReportedLine>, 
/**
 * As the shop reckons it, with its discounts; without it the sum of the lines counts.
 */
total?: number, currency?: string, };

export type ReportedLine = { 
/**
 * The shop's number of it (SKU).
 */
number: string, name: string, quantity: number, 
/**
 * Of one piece.
 */
price: number, };

export type TestingTrigger = { trigger: string, key: string, };

export type CutName = "attributes" | "texts" | "lines" | "unread" | "numbers" | "events";

export type PageAnswer = { 
/**
 * A new one: the page keeps it, and sends it along from now on.
 */
visitor?: string, 
/**
 * What to look out for from now on, in place of what was armed before. Empty after `beat`, `shown_opened`, `dismissed` and
 * `leave`, which change nothing of it.
 */
armed: Array<ArmedTrigger>, show?: Proactive, 
/**
 * What a trigger has set: `send` takes it along where it begins a conversation.
 */
group?: string, 
/**
 * Somebody watches: a page that is visible tells so often that it is still there.
 */
beat_ms?: number, 
/**
 * An agent has written to this visitor.
 */
invitation?: Proactive, 
/**
 * What the page told beyond its limits, and was left out.
 */
cut?: Array<CutName>, };

export type PageAnswered = { 
/**
 * The frame's id.
 */
ref: string, 
/**
 * A new one: the page keeps it, and sends it along from now on.
 */
visitor?: string, 
/**
 * What to look out for from now on, in place of what was armed before. Empty after `beat`, `shown_opened`, `dismissed` and
 * `leave`, which change nothing of it.
 */
armed: Array<ArmedTrigger>, show?: Proactive, 
/**
 * What a trigger has set: `send` takes it along where it begins a conversation.
 */
group?: string, 
/**
 * Somebody watches: a page that is visible tells so often that it is still there.
 */
beat_ms?: number, 
/**
 * An agent has written to this visitor.
 */
invitation?: Proactive, 
/**
 * What the page told beyond its limits, and was left out.
 */
cut?: Array<CutName>, };

export type Proactive = { 
/**
 * What it is answered, opened and sent away by.
 */
shown: string, 
/**
 * Absent: an agent wrote it by hand.
 */
trigger?: string, author: ProactiveAuthor, message?: ProactiveMessage, open_window: boolean, show_form: boolean, scenario?: ScenarioOpening, };

export type ProactiveAuthor = { "kind": "agent", id: string, name: string, title?: string, 
/**
 * A path of this API.
 */
photo?: string, } | { "kind": "bot", name: string, };

export type ProactiveMessage = { 
/**
 * In the visitor's language, as far as the shop has it.
 */
text: string, display: MessageDisplay, };

export type TriggerTestRequest = { trigger: string, };

export type TriggerTestAnswer = { key: string, expires_at: number, };

export type TriggerNames = { triggers: Array<TriggerName>, };

export type TriggerResultsAnswer = { triggers: Array<TriggerResults>, 
/**
 * Of all of them together.
 */
value: Array<MoneyAmount>, };

export type TriggerResults = { id: string, 
/**
 * The oldest first; days on which nothing happened are left out.
 */
days: Array<TriggerDay>, };

export type TriggerDay = { 
/**
 * `2026-11-21`
 */
day: string, shown: number, opened: number, answered: number, 
/**
 * Events that count as a conversion, after it was opened or answered.
 */
converted: number, value: Array<MoneyAmount>, };

export type MoneyAmount = { 
/**
 * `EUR`; empty: the page did not say.
 */
currency: string, 
/**
 * In hundredths of the currency's unit.
 */
hundredths: number, };

export type VisitorExplanation = { at: number, 
/**
 * Of the page that was reported.
 */
url: string, triggers: Array<TriggerExplanation>, };
