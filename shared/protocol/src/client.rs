//! What clients send. A frame is a JSON object with `action`, `id` and the fields of the action, and nothing else.

use crate::error::{ErrorCode, ParseError};
use crate::proactive::PageReport;
use crate::scenarios::SeenOpening;
use crate::wire;
use domain::{AgentId, ClientId, ConversationId};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

/// A client's frame. `id` is a UUID of the client's own making; the answer refers to it. Sending the same command
/// again with the same id is harmless, for ever.
#[derive(Debug, Clone, PartialEq, Serialize, TS, JsonSchema)]
pub struct ClientFrame {
    #[serde(with = "wire")]
    #[ts(type = "string")]
    #[schemars(with = "String")]
    pub id: ClientId,
    #[serde(flatten)]
    pub command: Command,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Command {
    Hello(Hello),
    Send(Send),
    Answer(Answer),
    Choose(Choose),
    Restart(Restart),
    Close(Close),
    Seen(Seen),
    Typing(Typing),
    /// Of a widget from before page views were reported: agents are told, nothing is decided.
    Page(Page),
    #[serde(rename = "page")]
    Report(Box<PageReport>),
    Ping(Ping),
    Open(Open),
    List(ShowList),
    Note(Note),
    Assign(Assign),
    Join(Join),
    Leave(Leave),
    Presence(Presence),
    Visitors(crate::visitors::Ask),
}

/// How far a client has both logs of a conversation. A shopper's `b` is always 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Numbers {
    pub t: u64,
    #[serde(default)]
    pub b: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Known {
    #[serde(with = "wire")]
    #[ts(type = "string")]
    #[schemars(with = "String")]
    pub conversation_id: ConversationId,
    /// The epoch of what the client has; another than the server's makes `after` count as zero.
    pub epoch: String,
    pub after: Numbers,
}

/// First frame on every connection, and the way to catch up: registers the connection, then answers `entries` pages for
/// each conversation named (for a shopper also for the open one), then `ready`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Hello {
    #[serde(default)]
    pub conversations: Vec<Known>,
    /// Agents: the list that the dashboard shows.
    #[serde(default)]
    #[ts(optional)]
    pub list: Option<ListName>,
    /// Of a conversation that this client has nothing of, or lacks very much of: the newest page only, which says in `after` what
    /// it leaves out. Without it everything comes, from the first entry on.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub newest: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Say something. `conversation_id: null` begins a conversation, or continues the open one if there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Send {
    #[serde(with = "wire::option")]
    #[ts(type = "string | null")]
    #[schemars(with = "Option<String>")]
    pub conversation_id: Option<ConversationId>,
    /// 1 to 10,000 characters.
    pub text: String,
    /// Shoppers: questions of the FAQs that were opened before, by id, at most 20. Where this begins a conversation they become its
    /// first entries; anywhere else, and where there is no such question, they count for nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub faqs: Vec<String>,
    /// Shoppers: the bot's words that stood there when this was written. Where it begins a conversation they come first; anywhere else, and
    /// where nothing of the kind is said, they count for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub opening: Option<SeenOpening>,
    /// Shoppers: what the shop had shown (`Proactive.shown`). Where this begins a conversation, that message is its first entry; anywhere
    /// else, a second time, and where nothing was shown, it counts for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub proactive: Option<String>,
    /// Shoppers: the group that it is for, by id: the page's code, a trigger or the shopper has said so. Where this begins a conversation it is
    /// that group's; anywhere else, and where there is no such group, it counts for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub group: Option<String>,
}

/// Shoppers: a button of the bot's. `conversation_id: null` begins a conversation with the opening that was seen, or continues the open
/// one. A choice of a turn that is over changes nothing, and is acknowledged: what stands there is what others chose. A button that was not
/// offered, a scenario that does not begin like this, and a conversation without one are `not_found`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Choose {
    #[serde(with = "wire::option")]
    #[ts(type = "string | null")]
    #[schemars(with = "Option<String>")]
    pub conversation_id: Option<ConversationId>,
    /// Of the buttons.
    pub turn: u64,
    pub button: String,
    /// Where it begins a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub opening: Option<SeenOpening>,
    /// Where what a trigger showed begins it: the token of the showing. The scenario is the one that was shown, whatever `opening` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub shown: Option<String>,
    /// Where it begins a conversation: the group that it is for, as in `send`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub group: Option<String>,
}

/// Shoppers: an answer to a question of the form (`form`), or with `null` none; to one that was answered before it is a correction.
/// `invalid` names in `phrase` which of the form's phrases says what is wrong; a question that has not been asked is `not_found`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Answer {
    #[serde(with = "wire")]
    #[ts(type = "string")]
    #[schemars(with = "String")]
    pub conversation_id: ConversationId,
    /// The question's id.
    pub field: String,
    /// Of a choice its id. A name that is left out is no skipping: it has to be said.
    #[serde(deserialize_with = "Option::deserialize")]
    pub value: Option<String>,
}

macro_rules! about_a_conversation {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident : $kind:ty),* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
        pub struct $name {
            #[serde(with = "wire")]
            #[ts(type = "string")]
            #[schemars(with = "String")]
            pub conversation_id: ConversationId,
            $($(#[$field_doc])* pub $field: $kind,)*
        }
    )*};
}

about_a_conversation! {
    /// Shoppers: begin the scenario again, after an end that offers it. Too late or twice: as `choose`.
    Restart { /** The head's. */ turn: u64 }
    /// End the conversation, for good.
    Close {}
    /// How far this side has received and seen the thread. No answer; peers get `seen`. An agent's moves the team's
    /// cursor only after joining, and marks the conversation as read for the team in any case.
    Seen { seen: u64, delivered: u64 }
    /// Somebody is typing: at most one frame per 3 s. No answer; peers get `typing`.
    Typing {}
    /// Agents: a note that no shopper sees.
    Note { /** 1 to 10,000 characters. */ text: String }
    /// Agents: take part, visibly for the shopper.
    Join {}
    /// Agents: no longer take part.
    Leave {}
}

/// Agents: give a conversation to somebody, or to nobody. `expected` is the owner that the agent sees now: `taken` if that is
/// no longer so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Assign {
    #[serde(with = "wire")]
    #[ts(type = "string")]
    #[schemars(with = "String")]
    pub conversation_id: ConversationId,
    #[serde(with = "wire::option")]
    #[ts(type = "string | null")]
    #[schemars(with = "Option<String>")]
    pub to: Option<AgentId>,
    #[serde(with = "wire::option")]
    #[ts(type = "string | null")]
    #[schemars(with = "Option<String>")]
    pub expected: Option<AgentId>,
    /// The group that it is for from now on, by id; `null`: everyone. Absent: as it was.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[ts(optional, type = "string | null")]
    pub group: Option<Option<String>>,
}

/// A field that may be null, and may be absent, which is something else.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Shoppers: the page that is being looked at. Shown to agents, believed by nothing. No answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Page {
    /// Each at most 2,048 characters; more is cut.
    pub url: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub referrer: String,
}

/// Heartbeat: keeps the registration alive and compares. Answered by `pong`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Ping {
    #[serde(default)]
    pub conversations: Vec<Known>,
    /// Agents: the digest of the first 50 rows of the list shown.
    #[serde(default)]
    #[ts(optional)]
    pub list: Option<ListDigest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ListDigest {
    pub name: ListName,
    /// FNV-1a (32 bits, eight hexadecimal digits) over `conversation_id:rev\n` of each row, newest activity first.
    pub digest: String,
}

/// Agents: look at a conversation (replacing the one looked at before), or with `null` at none. Answered by `entries` pages and `ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Open {
    #[serde(with = "wire::option")]
    #[ts(type = "string | null")]
    #[schemars(with = "Option<String>")]
    pub conversation_id: Option<ConversationId>,
    #[serde(default)]
    pub after: Numbers,
    /// As in `hello`.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub newest: bool,
}

/// Agents: show another list. Answered by `rows`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ShowList {
    pub list: ListName,
}

/// Agents: what one wants to be for colleagues and shoppers. Answered by `ack`-less `presence` to all dashboards, oneself included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Presence {
    pub status: PresenceStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListName {
    Queue,
    Mine,
    All,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceStatus {
    Online,
    Invisible,
    Offline,
}

impl ClientFrame {
    /// Reads a frame, or says by a code of the protocol and the field's name what is wrong with it.
    pub fn parse(raw: &str) -> Result<Self, ParseError> {
        let refuse =
            |frame, code, message: &str| ParseError { code, message: message.to_owned(), frame, field: None };
        if raw.len() > crate::MAX_FRAME_BYTES {
            return Err(refuse(None, ErrorCode::TooLarge, "a frame has at most 24 KiB"));
        }
        let Ok(Value::Object(mut fields)) = serde_json::from_str(raw) else {
            return Err(refuse(None, ErrorCode::BadFrame, "a frame is a JSON object"));
        };
        let id = fields.remove("id").and_then(|id| id.as_str().and_then(|id| id.parse::<ClientId>().ok()));
        let Some(Value::String(action)) = fields.remove("action") else {
            return Err(refuse(id, ErrorCode::BadFrame, "a frame has an action"));
        };
        let Some(id) = id else {
            return Err(refuse(None, ErrorCode::BadFrame, "a frame has an id, a lower-case UUID"));
        };
        let body = Body { id, fields };
        let command = match action.as_str() {
            "hello" => Command::Hello(body.read()?),
            "send" => Command::Send(body.read()?),
            "answer" => Command::Answer(body.read()?),
            "choose" => Command::Choose(body.read()?),
            "restart" => Command::Restart(body.read()?),
            "close" => Command::Close(body.read()?),
            "seen" => Command::Seen(body.read()?),
            "typing" => Command::Typing(body.read()?),
            "page" if body.fields.contains_key("page_id") => Command::Report(Box::new(body.read()?)),
            "page" => Command::Page(body.read()?),
            "ping" => Command::Ping(body.read()?),
            "open" => Command::Open(body.read()?),
            "list" => Command::List(body.read()?),
            "note" => Command::Note(body.read()?),
            "assign" => Command::Assign(body.read()?),
            "join" => Command::Join(body.read()?),
            "leave" => Command::Leave(body.read()?),
            "presence" => Command::Presence(body.read()?),
            "visitors" => Command::Visitors(body.read()?),
            _ => return Err(refuse(Some(id), ErrorCode::UnknownAction, "there is no such action")),
        };
        let known = match &command {
            Command::Hello(hello) => hello.conversations.len(),
            Command::Ping(ping) => ping.conversations.len(),
            _ => 0,
        };
        if known > crate::MAX_HELLO_CONVERSATIONS {
            return Err(refuse(Some(id), ErrorCode::TooLarge, "at most 20 conversations"));
        }
        if matches!(&command, Command::Send(send) if send.faqs.len() > crate::MAX_FAQS) {
            return Err(refuse(Some(id), ErrorCode::TooLarge, "at most 20 questions"));
        }
        Ok(Self { id, command })
    }
}

struct Body {
    id: ClientId,
    fields: Map<String, Value>,
}

impl Body {
    fn read<T: DeserializeOwned>(self) -> Result<T, ParseError> {
        read_object(self.fields).map_err(|error| ParseError { frame: Some(self.id), ..error })
    }
}

/// An object of known fields only.
pub(crate) fn read_object<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, ParseError> {
    let mut unknown = None;
    let parsed = serde_ignored::deserialize(Value::Object(fields), |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    if let Some(field) = unknown {
        // A field's name is the sender's own text: cut, and only as far as it is harmless.
        let field: String =
            field.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')).take(40).collect();
        return Err(ParseError {
            code: ErrorCode::UnknownField,
            message: "there is no such field".to_owned(),
            frame: None,
            field: Some(field),
        });
    }
    parsed.map_err(|error: serde_json::Error| {
        let field = error
            .to_string()
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next().map(str::to_owned));
        let message =
            if field.is_some() { "a field is missing" } else { "a field has the wrong kind of value" };
        ParseError { code: ErrorCode::BadFrame, message: message.to_owned(), frame: None, field }
    })
}
