//! A scenario in a chat: what its words, its buttons and the shopper's choices are on the wire; and trying one.

use super::ScenarioTo;
use crate::error::ParseError;
use crate::http::parse_body;
use domain::scenario as ds;
use domain::settings::FieldId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A button as it was offered: in the shopper's language, whatever is published later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct OfferedButton {
    pub id: String,
    pub label: String,
}

/// Of the bot's words: where they are from, and what they offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct BotMark {
    pub scenario: String,
    pub step: String,
    /// With buttons: the turn that a choice among them is for. While it is the head's, and the head awaits a choice, they can be pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub turn: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<OfferedButton>>")]
    pub buttons: Vec<OfferedButton>,
}

/// Of a shopper's message that is a choice: of which turn, and which button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Chosen {
    pub turn: u64,
    pub button: String,
}

/// Where a chat is in its scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct BotState {
    /// What `choose` and `restart` name.
    pub turn: u64,
    pub at: BotAt,
    /// Of `ended`: it may begin again.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub restart: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BotAt {
    /// A choice among the last buttons is awaited.
    Buttons,
    /// The answer to the form's question is.
    Asking,
    /// A person goes on.
    HandedOver,
    Ended,
    /// An agent has joined or written.
    Silent,
}

/// What a bot says before there is a conversation: shown, and stored nowhere. The shopper's first choice, or text, begins the conversation
/// with it, and names it as `SeenOpening`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ScenarioOpening {
    pub scenario: String,
    pub version: u64,
    /// What a first choice names.
    pub turn: u64,
    /// Only the last may have buttons.
    pub said: Vec<ScenarioSaid>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ScenarioSaid {
    pub step: String,
    /// Formatted as messages are.
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<OfferedButton>>")]
    pub buttons: Vec<OfferedButton>,
}

/// The opening that a shopper has seen: by its names alone. What was said in it the server knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct SeenOpening {
    pub scenario: String,
    pub version: u64,
    /// The last that was said.
    pub step: String,
}

/// `POST /v1/agent/sites/{site}/scenarios/try` (admins): a scenario that need not be published, followed by one event. Nothing is kept: the
/// state goes out and comes back. 422 with `problems` for one that could not be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TryRequest {
    /// As in `ScenarioBody`.
    #[ts(type = "unknown")]
    pub value: Value,
    pub online: bool,
    /// A language tag; what is not written in it is said in the site's default language.
    pub language: String,
    /// Questions that need not be asked, as if the profile had them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub known: Vec<String>,
    /// From the answer before. Without it, or without an event, it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub state: Option<TriedState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub event: Option<TriedEvent>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TryAnswer {
    pub effects: Vec<TriedEffect>,
    pub state: TriedState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriedState {
    pub turn: u64,
    pub at: TriedAt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TriedAt {
    Buttons { step: String },
    Asking { step: String },
    HandedOver {},
    Ended { restart: bool },
    Silent {},
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TriedEvent {
    Chose {
        turn: u64,
        button: String,
    },
    /// The form's question was answered or skipped.
    Answered {
        turn: u64,
    },
    Wrote {},
    AgentWrote {},
    Restart {
        turn: u64,
    },
}

/// What the bot does, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TriedEffect {
    /// The shopper's choice, as their own message.
    Post {
        text: String,
    },
    Say {
        step: String,
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(optional, as = "Option<Vec<OfferedButton>>")]
        buttons: Vec<OfferedButton>,
    },
    /// The form asks this field.
    Ask {
        step: String,
        field: String,
    },
    HandOver {
        to: ScenarioTo,
    },
    Finish {
        restart: bool,
    },
}

impl TryRequest {
    pub fn parse(raw: &str) -> Result<Self, ParseError> {
        parse_body(raw)
    }
}

impl TriedState {
    /// As a state of `scenario`; `None` if it names what cannot be a step.
    #[must_use]
    pub fn of(&self, scenario: &ds::Scenario) -> Option<ds::State> {
        let at = match &self.at {
            TriedAt::Buttons { step } => ds::At::Buttons(FieldId::parse(step)?),
            TriedAt::Asking { step } => ds::At::Asking(FieldId::parse(step)?),
            TriedAt::HandedOver {} => ds::At::HandedOver,
            TriedAt::Ended { restart } => ds::At::Ended { restart: *restart },
            TriedAt::Silent {} => ds::At::Silent,
        };
        // One that was drawn anew since is tried as it is by now.
        Some(ds::State { scenario: scenario.id.clone(), version: scenario.version, turn: self.turn, at })
    }
}

impl From<&ds::State> for TriedState {
    fn from(state: &ds::State) -> Self {
        let at = match &state.at {
            ds::At::Buttons(step) => TriedAt::Buttons { step: step.to_string() },
            ds::At::Asking(step) => TriedAt::Asking { step: step.to_string() },
            ds::At::HandedOver => TriedAt::HandedOver {},
            ds::At::Ended { restart } => TriedAt::Ended { restart: *restart },
            ds::At::Silent => TriedAt::Silent {},
        };
        Self { turn: state.turn, at }
    }
}

impl TriedEvent {
    /// `None`: a button that cannot be one.
    #[must_use]
    pub fn event(&self) -> Option<ds::Event> {
        Some(match self {
            Self::Chose { turn, button } => ds::Event::Chose { turn: *turn, button: FieldId::parse(button)? },
            Self::Answered { turn } => ds::Event::Answered { turn: *turn },
            Self::Wrote {} => ds::Event::Wrote,
            Self::AgentWrote {} => ds::Event::AgentWrote,
            Self::Restart { turn } => ds::Event::Restart { turn: *turn },
        })
    }
}

impl From<&ds::Effect> for TriedEffect {
    fn from(effect: &ds::Effect) -> Self {
        match effect {
            ds::Effect::Post(text) => Self::Post { text: text.clone() },
            ds::Effect::Say { step, text, buttons } => Self::Say {
                step: step.to_string(),
                text: text.clone(),
                buttons: buttons.iter().map(Into::into).collect(),
            },
            ds::Effect::Ask { step, field } => Self::Ask { step: step.to_string(), field: field.to_string() },
            ds::Effect::HandOver(to) => Self::HandOver { to: to.into() },
            ds::Effect::Finish { restart } => Self::Finish { restart: *restart },
        }
    }
}

impl From<&ds::Offered> for OfferedButton {
    fn from(button: &ds::Offered) -> Self {
        Self { id: button.id.to_string(), label: button.label.clone() }
    }
}

impl From<&ds::State> for BotState {
    fn from(state: &ds::State) -> Self {
        let (at, restart) = match state.at {
            ds::At::Buttons(_) => (BotAt::Buttons, false),
            ds::At::Asking(_) => (BotAt::Asking, false),
            ds::At::HandedOver => (BotAt::HandedOver, false),
            ds::At::Ended { restart } => (BotAt::Ended, restart),
            ds::At::Silent => (BotAt::Silent, false),
        };
        Self { turn: state.turn, at, restart }
    }
}
