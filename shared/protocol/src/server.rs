//! What the server sends. A client ignores a `type` and an entry's `kind` that it does not know; an unknown kind still
//! counts in `seq`.

use crate::client::{ListName, Numbers, PresenceStatus};
use crate::documents::GroupChoice;
use crate::error::ErrorCode;
use crate::proactive::PageAnswered;
use crate::scenarios::{BotMark, BotState, Chosen};
use crate::settings::FieldKindName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    Entries(Entries),
    Ready(Ready),
    Ack(Ack),
    Seen(Seen),
    Typing(Typing),
    Pong(Pong),
    Row(Row),
    Rows(Rows),
    Presence(AgentPresence),
    Visit(Visit),
    Page(Box<PageAnswered>),
    Visitors(crate::visitors::Visitors),
    Error(Error),
    Bye(Bye),
}

/// Entries of a conversation, in the order of their numbers: pushed (one frame per commit), or a page in answer to `hello` and `open`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Entries {
    pub conversation_id: String,
    pub epoch: String,
    pub entries: Vec<Entry>,
    /// The state after these entries, or, in a page, as of now.
    pub head: Head,
    /// More pages follow, unasked, on this connection.
    pub more: bool,
    /// In the newest page (`newest`) and in those asked for with `until`: these entries follow on these numbers. What lies at and before
    /// them is not here; `GET …/entries?until=` has it. Whoever lacks something up to here starts anew with this page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub after: Option<Numbers>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Entry {
    pub log: LogName,
    /// 1, 2, 3, … without holes in each log.
    pub seq: u64,
    /// The thread's number when a backstage entry was written (its own for a thread entry): sort by (`thread_at`, log, `seq`).
    pub thread_at: u64,
    pub at: u64,
    pub author: Author,
    #[serde(flatten)]
    pub body: Body,
    /// The id of the frame that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub client_id: Option<String>,
    /// Of what the shop said by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub why: Option<Why>,
    /// Of what came by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub mail: Option<MailMark>,
    /// Of a bot's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub bot: Option<BotMark>,
    /// Of a shopper's message that is a choice among a bot's buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub chose: Option<Chosen>,
}

/// What came by mail: the entry has its new text, without quoted history and signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct MailMark {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Attached>>")]
    pub attachments: Vec<Attached>,
    /// What is odd about the mail: `text_cut`, `only_quotes`, `broken_mime`, `more_attachments`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub flags: Vec<String>,
    /// The closed conversation that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub follows: Option<String>,
    /// No token of ours brought it: the address that it says to be from, which is a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unverified: Option<String>,
}

/// A file that came with a mail. `FileLink` says where it is handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Attached {
    pub key: String,
    pub name: String,
    /// A media type, by the file's first bytes.
    pub kind: String,
    pub bytes: u64,
    /// It runs, opens as a page or is not what it is called: opened by nobody who does not know why.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub dangerous: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailClass {
    /// It may be from whom it says: a person decides.
    Review,
    /// A program's: never answered.
    AutoResponse,
    /// A mail of ours did not arrive, and never will.
    Bounce,
    /// A mail of ours was called spam.
    Complaint,
    /// Whoever had a mail of ours wants no more, by the link in it. `from` is empty where the address is not known any more.
    Unsubscribed,
}

/// What a trigger is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriggerName {
    pub id: String,
    pub name: String,
}

/// Why the shop said something by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Why {
    /// `outside_hours`, `agent_online`, `during_hours`, `nobody_online`, `wait_time_over`, …
    pub rule: String,
    /// The thread's entry that it answers.
    pub cause: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogName {
    Thread,
    Backstage,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Author {
    Shopper,
    Agent { id: String, name: String },
    System,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    Message {
        text: String,
    },
    Joined,
    Left,
    Closed,
    /// The form is asked, by the shop.
    Form {
        /// In the order in which they are asked; what is known of the shopper is not among them.
        fields: Vec<AskedField>,
        /// The conversation waits, seen by no agent, until every question is given.
        held: bool,
    },
    /// The shopper's answer to a question of the form. Of several to one question the newest counts.
    Answer {
        field: String,
        /// The question as it was asked.
        label: String,
        /// Of a choice its label; `null`: skipped.
        value: Option<String>,
        /// With this one every question is given. Comes once.
        finished: bool,
    },
    /// A question of the FAQs that the shopper had opened before writing, with the answer that was shown.
    Faq {
        faq: String,
        question: String,
        /// Formatted as messages are.
        answer: String,
    },
    Note {
        text: String,
    },
    Assigned {
        to: Option<AgentName>,
    },
    /// It is for a group from here on; `null`: for everyone. Of the shopper's browser it is a claim.
    Grouped {
        to: Option<GroupChoice>,
    },
    /// The bot has handed over: from here on somebody waits for a person.
    HandedOver,
    /// The conversation began as the answer to what this trigger had shown; its name is that of the time.
    Triggered {
        by: TriggerName,
    },
    /// A mail went to this address with what the shopper had not seen of the thread, up to this number.
    Mailed {
        through: u64,
        to: String,
    },
    /// A mail came in that is nobody's message. Who it says to be from is a claim.
    Mail {
        class: MailClass,
        from: String,
        text: String,
        /// Of `review`: `another_address`, `failed_dmarc`, `unauthenticated`, `spam`, `virus`, …
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        review: Option<String>,
    },
}

/// A question of the form as it was asked: in the shopper's language, whatever the merchant changes later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct AskedField {
    pub id: String,
    pub kind: FieldKindName,
    pub label: String,
    pub required: bool,
    /// Of `choice` only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<AskedChoice>>")]
    pub choices: Vec<AskedChoice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct AskedChoice {
    pub id: String,
    pub label: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct AgentName {
    pub id: String,
    pub name: String,
}

/// A conversation as its reader may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Head {
    pub numbers: Numbers,
    pub status: StatusName,
    pub began_at: u64,
    /// The two sides' cursors in the thread. Absent in a push: cursors travel in `seen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cursors: Option<Cursors>,
    /// Agents who take part (ids; names are in the entries and in the site's team).
    pub participants: Vec<String>,
    /// Agents only: who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub owner: Option<String>,
    /// Agents only: the id of the group that it is for. Absent: for everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub group: Option<String>,
    /// It waits for its form, seen by no agent. Absent: no.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub held: bool,
    /// Absent: the form has not been asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub form: Option<FormProgress>,
    /// Absent: no scenario has run here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub bot: Option<BotState>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusName {
    Open,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormProgress {
    Asked,
    /// Every question is given: answered or skipped.
    Finished,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Cursor {
    pub seen: u64,
    pub delivered: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Cursors {
    pub shopper: Cursor,
    pub team: Cursor,
}

/// The end of the answer to `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Ready {
    pub id: String,
    pub epoch: String,
    /// The server's clock, for showing times right on a wrong clock.
    pub now: u64,
    /// Shoppers: the open conversation, if any.
    pub open: Option<String>,
    /// Those named in `hello` that are not (or no longer) yours to read: drop them.
    pub absent: Vec<String>,
    /// Shoppers: as in `SiteConfig`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub availability: Option<Availability>,
    /// Shoppers: the `version` of `SiteConfig`; another than the one you have: fetch config and content again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub version: Option<u64>,
}

/// Whether the shop is there now: its hours and somebody at the counter. At most 15 s old where a connection hears of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Availability {
    pub online: bool,
    /// Only while it is closed: the next opening, if there is one within 400 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub opens_at: Option<u64>,
    /// The shop's IANA zone.
    pub zone: String,
}

/// A command is stored. `seq` is the number of the entry that it became, in `log`; for `open` and for what was so already, the head's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Ack {
    pub id: String,
    pub conversation_id: Option<String>,
    pub epoch: String,
    pub log: LogName,
    pub seq: u64,
    pub at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReaderName {
    Shopper,
    Team,
}

/// The other side has received and seen this far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[ts(rename = "ServerSeen")]
pub struct Seen {
    pub conversation_id: String,
    pub reader: ReaderName,
    pub seen: u64,
    pub delivered: u64,
}

/// Somebody is typing; forget it after 6 s, or when their message comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[ts(rename = "ServerTyping")]
pub struct Typing {
    pub conversation_id: String,
    pub author: Author,
}

/// Answer to `ping`: what differs. A client that lacks entries asks by `hello` (or `open`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Pong {
    pub id: String,
    pub epoch: String,
    pub now: u64,
    pub heads: Vec<PongHead>,
    /// Shoppers: the open conversation, if any: perhaps one that this client has not heard of.
    pub open: Option<String>,
    /// Shoppers: as in `ready`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub availability: Option<Availability>,
    /// Shoppers: as in `ready`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub version: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct PongHead {
    pub conversation_id: String,
    pub numbers: Numbers,
    pub cursors: Cursors,
}

/// A line of an inbox list. The newest `rev` wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Row {
    pub conversation_id: String,
    pub rev: u64,
    pub shopper_id: String,
    pub shopper_name: Option<String>,
    pub status: StatusName,
    pub owner: Option<String>,
    pub unread: bool,
    pub numbers: Numbers,
    pub began_at: u64,
    pub last_activity: u64,
    pub waiting_since: Option<u64>,
    pub preview: Option<Preview>,
    /// The id of the group that it is for. Absent: for everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub group: Option<String>,
    /// The shop vouches for this shopper.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub verified: bool,
    /// A bot goes on in it: it is in the list of all, and in no queue.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub bot: bool,
    /// With `bot`: it has come to its end, and nobody has gone on since.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub ended: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Preview {
    pub author: Author,
    pub text: String,
}

/// The first rows of a list (at most 50), newest activity first: the answer to `list`, and unasked after a `ping` whose digest
/// differs. Between the first and the last of them the list holds nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Rows {
    pub list: ListName,
    pub rows: Vec<Row>,
    /// There are more behind the last.
    pub more: bool,
}

/// A colleague's presence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct AgentPresence {
    pub agent_id: String,
    pub status: PresenceStatus,
}

/// The shopper of the open conversation is on another page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Visit {
    pub shopper_id: String,
    pub page: crate::client::Page,
    pub at: u64,
}

/// A frame was refused; nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[ts(rename = "ServerError")]
pub struct Error {
    /// The id of the frame, if it could be read.
    pub r#ref: Option<String>,
    pub code: ErrorCode,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub retry_after_ms: Option<u64>,
    /// `invalid`, in answer to `answer`: the form's phrase that says what is wrong (`wrong_email`, `required`, …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub phrase: Option<String>,
    /// `taken`: who has it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub owner: Option<String>,
}

/// The server ends this connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Bye {
    pub reason: ByeReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ByeReason {
    /// The session was ended, on this or another tab, by signing in or out at the shop: go on with the session that the browser keeps by
    /// now, or start anew; show nothing old.
    SessionEnded,
    /// The membership was ended or changed: sign in again.
    MembershipChanged,
    /// More connections than one shopper may have.
    TooMany,
    /// The shop's chat is switched off, or open to verified shoppers only, from now on: fetch the configuration again.
    Visibility,
}
