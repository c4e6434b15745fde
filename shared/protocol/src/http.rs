//! Bodies of the HTTP API, all under `/v1`. Requests with a body send `application/json`; unknown fields are refused.

use crate::client::{ListName, Numbers, Page, PresenceStatus, read_object};
use crate::documents::{Current, ProactiveConfig};
use crate::error::{ErrorCode, ParseError};
use crate::scenarios::{ScenarioOpening, SeenOpening};
use crate::server::{AgentName, Availability, Cursors, Entry, Head, Row};
use crate::settings::{
    AppearanceSettings, Faq, FieldProblem, FormSettings, GeneralSettings, HoursSettings, PrivacySettings,
    SectionBody, VisibilitySettings,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use ts_rs::TS;

/// Reads a request's body; an empty one counts as `{}`.
pub fn parse_body<T: DeserializeOwned>(raw: &str) -> Result<T, ParseError> {
    let raw = if raw.trim().is_empty() { "{}" } else { raw };
    match serde_json::from_str(raw) {
        Ok(Value::Object(fields)) => read_object(fields),
        _ => Err(ParseError {
            code: ErrorCode::BadFrame,
            message: "the body is a JSON object".to_owned(),
            frame: None,
            field: None,
        }),
    }
}

/// `POST /v1/sites/{site}/sessions`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct NewSession {
    /// The browser's language tag.
    #[serde(default)]
    #[ts(optional)]
    pub language: Option<String>,
    /// The browser's IANA zone: in it the shopper is told when the shop opens.
    #[serde(default)]
    #[ts(optional)]
    pub time_zone: Option<String>,
    #[serde(default)]
    #[ts(optional)]
    pub page: Option<Page>,
    /// What the shop's server signed for whoever has signed in there. With an old session as bearer token this browser signs in: its open
    /// conversation goes along, and the old session ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub identity: Option<IdentityProof>,
}

/// By which a shop's server vouches for a shopper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(untagged)]
pub enum IdentityProof {
    Token(TokenProof),
    Customer(CustomerProof),
}

/// A JWT, signed with one of the site's keys: HS256 or RS256, `kid`, `sub`, `aud` = the site, `exp` at most 15 minutes away.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenProof {
    pub token: String,
}

/// For Liquid themes: the customer's id, and its HMAC-SHA256 under one of the site's secrets, in hexadecimal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerProof {
    pub customer_id: String,
    pub hash: String,
}

// Whoever has one is that shopper: it is not printed.
impl std::fmt::Debug for TokenProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenProof(…)")
    }
}

impl std::fmt::Debug for CustomerProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CustomerProof(…)")
    }
}

/// 201. `session` is the bearer token of all further requests of this shopper; it is kept by the browser and by nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct SessionAnswer {
    pub session: String,
    pub shopper_id: String,
    pub expires_at: u64,
    /// The shop vouches for this shopper.
    #[serde(default)]
    pub verified: bool,
    /// Why `identity` was not believed: `expired`, `signature`, `audience`, … The session is then an anonymous one: the one that came along,
    /// or a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub refused: Option<String>,
}

/// `POST /v1/sites/{site}/resume`: what the button of a mail holds, from a page's address behind `#mostrador-resume=`. With the browser's session as bearer, if it
/// has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeRequest {
    pub token: String,
}

/// 200 without `session`: the conversation is that browser's own. 201 with one: the bearer token of requests that read this conversation and
/// write into it over HTTP, and of no others. Absent: whatever is no such button, or is one no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ResumeAnswer {
    pub conversation_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub session: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub expires_at: Option<u64>,
}

/// `POST /v1/tickets`. `site`: agents only; a shopper's session knows its site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct NewTicket {
    #[serde(default)]
    #[ts(optional)]
    pub site: Option<String>,
}

/// 201. Open `{url}?v=1&ticket={ticket}` before `expires_at`, once, from the same origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TicketAnswer {
    pub ticket: String,
    pub url: String,
    pub expires_at: u64,
}

/// `GET /v1/sites/{site}/config`: public, cacheable for a minute, with an `ETag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct SiteConfig {
    pub site: String,
    pub name: String,
    /// `#rrggbb`
    pub color: String,
    pub welcome: String,
    pub time_zone: String,
    pub team: Vec<TeamMember>,
    /// Moves forward with everything that is published for the site.
    pub version: u64,
    pub settings: PublicSettings,
    pub availability: Availability,
    /// In some language at least the merchant has written a text beside the launcher: `content` has it.
    pub bubble: bool,
    /// Where the shop may speak first, and what a first message may be for. Absent: it does not, and nothing is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub proactive: Option<ProactiveConfig>,
}

/// What every page of the shop needs of the settings; the rest comes with the panel, by `content`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct PublicSettings {
    pub general: GeneralSettings,
    pub appearance: AppearanceSettings,
    pub visibility: VisibilitySettings,
    pub hours: HoursSettings,
    pub privacy: PrivacySettings,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TeamMember {
    pub id: String,
    pub name: String,
    pub title: String,
    /// Where their photo is, as a path of this API; absent: they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub photo: Option<String>,
    /// Invisible agents are shown as offline.
    pub online: bool,
    pub last_active_at: Option<u64>,
}

/// `GET /v1/conversations/current` (shoppers): the open conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct CurrentConversation {
    pub conversation_id: Option<String>,
    pub epoch: String,
}

/// `GET /v1/conversations/{id}/entries`: with `?t=&b=` what comes after those numbers, as much as fits 30 KB; with `?until=head` the newest
/// page, with `?until=120.4` the newest page of what lies at and before thread number 120 and backstage number 4 (shoppers: 0).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct EntriesAnswer {
    pub conversation_id: String,
    pub epoch: String,
    pub entries: Vec<Entry>,
    pub head: Head,
    /// Asked for with `t` and `b`: there is more to come after these.
    pub more: bool,
    /// Asked for with `until`: what these follow on. Zeros: this is the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub after: Option<Numbers>,
}

/// `GET /v1/conversations/{id}/{thread|backstage}/{seq}/attachments/{key}`: a file that came with that entry's mail, for whoever may read the entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct FileLink {
    /// Elsewhere than here; answers the file as something to be saved.
    pub url: String,
    /// In five minutes.
    pub expires_at: u64,
}

/// `GET /v1/agent/conversations/{id}/{thread|backstage}/{seq}/original`: the mail that the entry came by, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct OriginalMail {
    /// All header lines as they came. Nobody has checked what they say.
    pub header: String,
    /// All of its text, with what it quotes; of a mail that is only HTML, the text in it.
    pub text: String,
    /// There is more of it.
    pub cut: bool,
    /// The whole mail, as a file to be saved, for admins: it holds what it quotes, also the link by which the shopper comes back.
    pub url: Option<String>,
    pub expires_at: u64,
}

/// `POST /v1/conversations/{id}/messages`, and `POST /v1/conversations` to begin one. Answered by an `ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct NewMessage {
    /// A UUID of the client's own: the same again is harmless.
    pub id: String,
    pub text: String,
    /// Where it begins a conversation: questions of the FAQs that were opened before, by id, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub faqs: Vec<String>,
    /// As in the frame `send`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub opening: Option<SeenOpening>,
    /// Where it begins a conversation: what the shop had shown before, as in the frame `send`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub proactive: Option<String>,
    /// Shoppers: the group that it is for, by id: the page's code, a trigger or the shopper has said so. Where this begins a conversation it is
    /// that group's; anywhere else, and where there is no such group, it counts for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub group: Option<String>,
}

/// `POST /v1/conversations/{id}/choices`, and `POST /v1/conversations/choices` to begin one (shoppers): as the frame `choose`. Answered by an
/// `ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct NewChoice {
    pub id: String,
    pub turn: u64,
    pub button: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub opening: Option<SeenOpening>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub shown: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub group: Option<String>,
}

/// `POST /v1/conversations/{id}/restart` (shoppers): as the frame `restart`. Answered by an `ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct NewRestart {
    pub id: String,
    pub turn: u64,
}

/// `POST /v1/conversations/{id}/answers` (shoppers): as the frame `answer`. Answered by an `ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct NewAnswer {
    pub id: String,
    /// The question's id.
    pub field: String,
    /// Of a choice its id; `null`: skipped.
    #[serde(deserialize_with = "Option::deserialize")]
    pub value: Option<String>,
}

/// `POST /v1/sites/{site}/faqs/{faq}/opened`: 204. Counts that a question was opened, once for each id. Limited per address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct FaqOpened {
    /// A UUID of the client's own: the same again is harmless.
    pub id: String,
}

/// `GET /v1/agent/sites/{site}/faq-counts`: of every question that was ever opened or brought along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct FaqCountsAnswer {
    pub faqs: Vec<FaqCount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct FaqCount {
    pub id: String,
    /// How often it was opened.
    pub opened: u64,
    /// How often a conversation began all the same.
    pub still_needed: u64,
}

/// `POST /v1/conversations/{id}/close`. Answered by an `ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct CloseRequest {
    pub id: String,
}

/// `POST /v1/conversations/{id}/seen`: 204.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct SeenRequest {
    pub seen: u64,
    pub delivered: u64,
}

/// `POST /v1/conversations/{id}/transcript`: 202; it goes soon, once for its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TranscriptRequest {
    /// A UUID of the client's.
    pub id: String,
    /// Where no address of the shopper's is known; one that is known counts more.
    #[serde(default)]
    #[ts(optional)]
    pub email: Option<String>,
}

/// `POST /v1/agent/conversations/{id}/transcript`: 202.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct AgentTranscriptRequest {
    pub id: String,
    pub to: TranscriptRecipient,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TranscriptRecipient {
    /// At the address that the shopper has given.
    Shopper,
    /// The agent who asks, at their own.
    Me,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenNotified {
    AtOnce,
    /// One mail with what waits, every so many hours from the shop's midnight on.
    Every,
    /// One mail a day, in the shop's zone.
    Daily,
    Never,
}

/// Every day from then until then, past midnight where the end is the earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct QuietHours {
    /// `HH:MM`
    pub from: String,
    pub until: String,
    /// An IANA zone name.
    pub zone: String,
}

/// `PUT /v1/agent/sites/{site}/notifications`: what an agent is told by mail. One's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct NotificationChoice {
    pub when: WhenNotified,
    /// With `every`: 1 to 12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub hours: Option<u8>,
    /// With `daily`: `HH:MM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub daily_at: Option<String>,
    /// Of conversations that nobody has answered yet.
    pub new: bool,
    /// Of whoever has waited for longer than the wait time, or wrote while nobody was there.
    pub missed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub quiet: Option<QuietHours>,
}

/// `GET /v1/agent/sites/{site}/notifications`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Notifications {
    /// Where mails go: the one by which the agent signs in.
    pub address: String,
    pub choice: NotificationChoice,
}

/// `GET /v1/agent/me`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Me {
    pub agent_id: String,
    pub name: String,
    pub email: String,
    pub owner: bool,
    pub sites: Vec<MySite>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct MySite {
    pub site: String,
    pub name: String,
    pub color: String,
    pub role: RoleName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    Agent,
    Admin,
}

/// `GET /v1/agent/sites/{site}/conversations?list=&before=&limit=`: a page of a list, newest activity first; `limit` 1 to 100, 50 if not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ListAnswer {
    pub list: ListName,
    pub rows: Vec<Row>,
    /// Pass as `before` for the next page; absent at the end.
    #[ts(optional)]
    pub next: Option<String>,
}

/// `GET /v1/agent/sites/{site}/agents`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct AgentsAnswer {
    pub agents: Vec<AgentInfo>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct AgentInfo {
    pub id: String,
    pub name: String,
    pub title: String,
    /// Where their photo is, as a path of this API; absent: they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub photo: Option<String>,
    pub role: RoleName,
    pub presence: PresenceStatus,
    pub last_active_at: Option<u64>,
}

/// `PUT /v1/agent/sites/{site}/agents/{agent}`: what shoppers and colleagues read of an agent. One's own, or, for admins, anybody's of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ProfileRequest {
    /// 1 to 80 characters on one line; what is invisible or changes direction is taken out.
    pub name: String,
    /// At most 80 characters; may be empty.
    pub title: String,
}

/// `GET /v1/agent/conversations/{id}`: what the panel beside a thread shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ConversationDetail {
    pub row: Row,
    pub cursors: Cursors,
    pub shopper: ShopperProfile,
    /// The shopper's other conversations on this site, newest first; also what the same browser had before signing in, and after.
    pub earlier: Vec<Row>,
    /// Whether what is written now reaches the shopper by mail.
    pub mail: MailReach,
}

/// Whether an answer that stays unseen goes out by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "reach", rename_all = "snake_case")]
pub enum MailReach {
    /// The shop mails nothing.
    Off,
    NoAddress,
    /// It goes to `address` when it has been unseen for `after_s` and the shopper is away.
    Mailed {
        address: String,
        after_s: u64,
        /// The shopper has a page of the shop open, in whatever tab.
        connected: bool,
    },
    /// Nothing goes to `address` any more.
    Suppressed {
        address: String,
        why: SuppressedWhy,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuppressedWhy {
    /// A mail came back for good.
    Bounced,
    /// A mail was called spam.
    Complained,
    /// By the link in a mail.
    Unsubscribed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ShopperProfile {
    pub shopper_id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub language: Option<String>,
    /// As the browser sent it: untrusted text.
    pub user_agent: Option<String>,
    pub country: Option<String>,
    pub page: Option<Page>,
    pub first_seen: u64,
    pub last_seen: u64,
    /// The shop vouches for who this is: name and email, where they are given, are the shop's words, and nothing that was typed.
    #[serde(default)]
    pub verified: bool,
    /// What they have answered to the form's other questions: typed, whoever they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<ToldAnswer>>")]
    pub answers: Vec<ToldAnswer>,
    /// As which visitor their browser last reported a page: what `…/visitors/{visitor}/explanation` is asked with. Absent: they have not
    /// agreed to be remembered, or no page of theirs has reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub visitor: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ToldAnswer {
    pub field: String,
    /// As it was asked.
    pub question: String,
    /// Of a choice its label.
    pub answer: String,
}

/// Every refusal over HTTP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ErrorAnswer {
    pub error: ErrorBody,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ErrorBody {
    pub code: ErrorCode,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub retry_after_ms: Option<u64>,
    /// `invalid`, of an answer to the form: the form's phrase that says what is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub phrase: Option<String>,
    /// `invalid`: every field that is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<FieldProblem>>")]
    pub problems: Vec<FieldProblem>,
    /// `conflict`: what stands. Absent: it has been taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub current: Option<Box<Current>>,
}

/// A section of the settings as it was published. Version 0: never published, this is our default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct PublishedSection {
    #[serde(flatten)]
    pub body: SectionBody,
    #[serde(flatten)]
    pub revision: Revision,
}

/// Who published a version of a section, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Revision {
    pub version: u64,
    /// Absent with version 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<AgentName>,
    /// It brought this earlier version back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub restored: Option<u64>,
    /// It was written by another version of this software and cannot be read: what is shown and what counts is our default.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub unreadable: bool,
}

/// `GET /v1/agent/sites/{site}/settings`: all sections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct SettingsAnswer {
    pub sections: Vec<PublishedSection>,
}

/// `PUT /v1/agent/sites/{site}/settings/{section}`: publishes it whole, or answers `conflict` or `invalid` and changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct PublishRequest {
    /// The version that was edited.
    pub expected: u64,
    /// The section's content.
    #[ts(type = "unknown")]
    pub value: Value,
}

/// `POST /v1/agent/sites/{site}/settings/{section}/history/{version}/restore`: publishes an earlier version as a new one. Also under `triggers`,
/// `groups` and `scenarios/{scenario}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct RestoreRequest {
    /// The version that stands.
    pub expected: u64,
}

/// `POST /v1/agent/sites/{site}/settings/hours/preview`: what a draft of the hours comes to at this moment. Nothing is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct HoursPreviewRequest {
    /// As in `HoursSettings`.
    #[ts(type = "unknown")]
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct HoursPreview {
    pub status: HoursStatusName,
    /// When it closes, or opens next; absent where that is beyond a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub until: Option<u64>,
    pub zone: String,
    /// When the clocks there change next, if they do within a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub clocks_change: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoursStatusName {
    /// No hours are kept: availability is presence alone.
    None,
    Open,
    Closed,
}

/// `GET /v1/agent/sites/{site}/settings/{section}/history?before=`: newest first, at most 20. Also under `triggers`, `groups` and
/// `scenarios/{scenario}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct HistoryAnswer {
    pub versions: Vec<Revision>,
    /// Pass as `before` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub next: Option<u64>,
}

/// A key by which the shop's server vouches for its shoppers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct IdentityKey {
    /// A token's header names it: `kid`.
    pub id: String,
    /// A token's header names it too: `HS256` or `RS256`.
    pub algorithm: String,
    pub made_at: u64,
    /// From then on it is good for nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub ends_at: Option<u64>,
    pub good: bool,
}

/// `GET /v1/agent/sites/{site}/identity-keys`: the oldest first, those that have ended too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct IdentityKeysAnswer {
    pub keys: Vec<IdentityKey>,
}

/// `POST /v1/agent/sites/{site}/settings/email/test`: to whoever asks, 5 times in 10 minutes at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct MailTestAnswer {
    pub to: String,
    pub outcome: MailTestOutcome,
    /// Of `refused` SES's code (`MessageRejected`, …), of `unknown` what happened instead of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub code: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailTestOutcome {
    /// SES has taken it.
    Sent,
    Refused,
    /// It may have gone.
    Unknown,
    /// No sender is published.
    NoSender,
}

/// `GET /v1/agent/sites/{site}/settings/email/identity`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum MailIdentityAnswer {
    /// No sender is published.
    NoSender,
    /// SES did not say; its code.
    NoAnswer { code: String },
    Known {
        /// Of the published sender.
        domain: String,
        /// Where SES was asked.
        region: String,
        standing: MailStanding,
        dkim: MailStanding,
        /// Mails go to verified addresses alone.
        sandbox: bool,
        /// Mails in 24 hours: how many may go, how many went.
        per_day: u64,
        sent: u64,
        records: Vec<DnsRecord>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailStanding {
    /// SES has never been told of the domain.
    Unknown,
    /// SES looks for its records.
    Pending,
    Verified,
    /// SES has given up looking.
    Failed,
}

/// A record that the domain's owner writes into the DNS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct DnsRecord {
    pub what_for: DnsRecordFor,
    /// `CNAME`, `MX`, `TXT`
    pub kind: String,
    pub name: String,
    /// Of an MX with its priority before it.
    pub value: String,
    /// Whether SES has found it; absent: SES does not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub found: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DnsRecordFor {
    Dkim,
    MailFrom,
    Dmarc,
    Reply,
}

/// `POST /v1/agent/sites/{site}/identity-keys`: at most 5 are good at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct NewIdentityKey {
    /// The shop's public RSA key (PEM, `BEGIN PUBLIC KEY`), for RS256. Without it a secret is made, for HS256 and for Liquid themes.
    #[serde(default)]
    #[ts(optional)]
    pub public_key: Option<String>,
}

/// 201. `secret` is told here and never again; its characters, as they stand, are what the shop's server signs with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct IdentityKeyAnswer {
    pub key: IdentityKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub secret: Option<String>,
}

/// `POST /v1/agent/sites/{site}/identity-keys/{key}/end`: 204.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct EndIdentityKey {
    /// Seconds until it is good for nothing, 0 to 30 days: pages that are cached still bear its tokens.
    pub after_s: u64,
}

/// `GET /v1/sites/{site}/content?language=`: what the panel shows, in the site's language nearest to the one asked for. Public, with an `ETag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct SiteContent {
    pub site: String,
    pub version: u64,
    pub language: String,
    /// What the merchant has written; what is absent is the widget's own.
    pub texts: BTreeMap<String, String>,
    pub faqs: Vec<Faq>,
    pub form: FormSettings,
    /// What a bot says to whoever opens the window without an open conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub opening: Option<ScenarioOpening>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
