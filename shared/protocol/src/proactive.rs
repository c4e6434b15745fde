//! Page views: what a page of the shop reports of its visitor, and what it is answered; the message that the shop speaks first with.
//!
//! What a page says of itself it may have invented (A18). It is cut to its limits with a mark and never refused, but for fields that
//! there are not and a body beyond [`MAX_REPORT_BYTES`].

use crate::error::{ErrorCode, ParseError};
use crate::scenarios::ScenarioOpening;
use crate::triggers::{ArmedTrigger, DeviceName, MessageDisplay, OpenOrClosed, TriggerExplanation};
use domain::triggers::facts::Cut;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use ts_rs::TS;
use uuid::Uuid;

/// Bytes of a report over HTTP: a cart of 10,000 lines fits. Over a socket a frame's limit holds.
pub const MAX_REPORT_BYTES: usize = 2 * 1024 * 1024;
/// Characters of an address, a title, a referrer.
pub const MAX_REPORT_TEXT: usize = 2_048;

/// `POST /v1/sites/{site}/page-views`, and the frame `page`: something has happened on a page that is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, JsonSchema)]
pub struct PageReport {
    /// One opening of one page: a UUID of the page's own, new at every load.
    #[ts(type = "string")]
    #[schemars(with = "String")]
    pub page_id: Uuid,
    pub what: PageHappening,
    /// As the last answer gave it, if the page may keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub visitor: Option<String>,
    /// The visitor has agreed to be remembered. `false`: nothing is stored of them.
    pub remember: bool,
    /// This and the texts below: at most 2,048 characters each; more is cut.
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub referrer: Option<String>,
    /// The browser's language tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub language: Option<String>,
    pub device: DeviceName,
    /// The chat window.
    pub window: OpenOrClosed,
    /// Milliseconds since the page was opened. Counts only where nothing is stored of the visitor.
    #[serde(default)]
    pub on_page_ms: u64,
    /// The deepest so far, in per cent of the page.
    #[serde(default)]
    pub scroll: u8,
    /// The longest so far without pointer, key or touch, in milliseconds.
    #[serde(default)]
    pub idle_ms: u64,
    #[serde(default)]
    pub leaving: bool,
    /// Names of what the page has reported since it was opened, at most 50.
    #[serde(default)]
    pub events: Vec<String>,
    /// With `event`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub event: Option<PageEvent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cart: Option<ReportedCart>,
    /// At most 30, 2 KB together; a text, a number or a boolean each.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[ts(optional, type = "Record<string, string | number | boolean>")]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub attributes: Map<String, Value>,
    /// With `shown_opened` and `dismissed`: what is opened or sent away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub shown: Option<String>,
    /// A trigger that its merchant tries in this browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub testing: Option<TestingTrigger>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PageHappening {
    /// The page was opened.
    View,
    /// The page's own code tells of something.
    Event,
    /// What an armed trigger awaited has been seen. The server decides again.
    Met,
    /// A sign of life, as often as `beat_ms` asks for.
    Beat,
    /// What was shown has been opened.
    ShownOpened,
    /// What was shown has been sent away: it does not come back.
    Dismissed,
    /// The page is left.
    Leave,
}

/// Something that has happened in the shop: `added_to_cart`, `order`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, JsonSchema)]
pub struct PageEvent {
    /// 1 to 40 of `a-z`, `0-9`, `-` and `_`.
    pub name: String,
    /// In units of the currency: `49.90`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub currency: Option<String>,
    /// The shop's own number of it: an order is counted once, however often its page is loaded. Without one, once for the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reference: Option<String>,
}

/// The first 50 lines are kept; 10,000 count for its value.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct ReportedCart {
    #[serde(default)]
    pub lines: Vec<ReportedLine>,
    /// As the shop reckons it, with its discounts; without it the sum of the lines counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub total: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub currency: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct ReportedLine {
    /// The shop's number of it (SKU).
    #[serde(default)]
    pub number: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub quantity: f64,
    /// Of one piece.
    #[serde(default)]
    pub price: f64,
}

/// From the address by which the merchant opened the page: `#mostrador-test=trigger.key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TestingTrigger {
    pub trigger: String,
    pub key: String,
}

/// What a page is answered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct PageAnswer {
    /// A new one: the page keeps it, and sends it along from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub visitor: Option<String>,
    /// What to look out for from now on, in place of what was armed before. Empty after `beat`, `shown_opened`, `dismissed` and
    /// `leave`, which change nothing of it.
    pub armed: Vec<ArmedTrigger>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub show: Option<Proactive>,
    /// What a trigger has set: `send` takes it along where it begins a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub group: Option<String>,
    /// Somebody watches: a page that is visible tells so often that it is still there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub beat_ms: Option<u64>,
    /// An agent has written to this visitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub invitation: Option<Proactive>,
    /// What the page told beyond its limits, and was left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<CutName>>")]
    pub cut: Vec<CutName>,
}

/// Of a report, what was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CutName {
    /// Attributes beyond 30 or 2 KB, or without a usable name or value.
    Attributes,
    /// The ends of texts.
    Texts,
    /// The cart's lines beyond 50, which count for its value and pieces all the same.
    Lines,
    /// The cart's lines beyond 10,000, which count for nothing.
    Unread,
    /// Prices, quantities or a currency that are none.
    Numbers,
    /// Events beyond 50, or without a usable name.
    Events,
}

impl From<Cut> for CutName {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::Attributes => Self::Attributes,
            Cut::Texts => Self::Texts,
            Cut::Lines => Self::Lines,
            Cut::Unread => Self::Unread,
            Cut::Numbers => Self::Numbers,
            Cut::Events => Self::Events,
        }
    }
}

/// The answer to the frame `page`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct PageAnswered {
    /// The frame's id.
    pub r#ref: String,
    #[serde(flatten)]
    pub answer: PageAnswer,
}

/// What the shop shows by itself. It becomes part of a conversation when the shopper answers: `send` with `proactive: shown`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Proactive {
    /// What it is answered, opened and sent away by.
    pub shown: String,
    /// Absent: an agent wrote it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub trigger: Option<String>,
    pub author: ProactiveAuthor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub message: Option<ProactiveMessage>,
    pub open_window: bool,
    pub show_form: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub scenario: Option<ScenarioOpening>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProactiveAuthor {
    Agent {
        id: String,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        title: Option<String>,
        /// A path of this API.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        photo: Option<String>,
    },
    /// The shop itself, under its name.
    Bot { name: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ProactiveMessage {
    /// In the visitor's language, as far as the shop has it.
    pub text: String,
    pub display: MessageDisplay,
}

/// `POST /v1/agent/sites/{site}/triggers/test`: a key by which one browser sees the trigger, also while it is off, and nothing is
/// counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriggerTestRequest {
    pub trigger: String,
}

/// Open a page of the shop with `#mostrador-test=trigger.key` behind its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriggerTestAnswer {
    pub key: String,
    pub expires_at: u64,
}

/// `GET /v1/agent/sites/{site}/triggers/names`: what the triggers are called, for agents, who read no more of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriggerNames {
    pub triggers: Vec<crate::server::TriggerName>,
}

/// `GET /v1/agent/sites/{site}/triggers/results?days=30`: of each trigger that was ever shown in that time, also of those that
/// there are no more. Days are the shop's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriggerResultsAnswer {
    pub triggers: Vec<TriggerResults>,
    /// Of all of them together.
    pub value: Vec<MoneyAmount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriggerResults {
    pub id: String,
    /// The oldest first; days on which nothing happened are left out.
    pub days: Vec<TriggerDay>,
}

/// What happened on one day, whenever it was shown. Events and what they are worth are the pages' word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriggerDay {
    /// `2026-11-21`
    pub day: String,
    pub shown: u64,
    pub opened: u64,
    pub answered: u64,
    /// Events that count as a conversion, after it was opened or answered.
    pub converted: u64,
    pub value: Vec<MoneyAmount>,
}

/// What something comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct MoneyAmount {
    /// `EUR`; empty: the page did not say.
    pub currency: String,
    /// In hundredths of the currency's unit.
    pub hundredths: u64,
}

/// `GET /v1/agent/sites/{site}/visitors/{visitor}/explanation`: what came of every trigger at the last report of that visitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct VisitorExplanation {
    pub at: u64,
    /// Of the page that was reported.
    pub url: String,
    pub triggers: Vec<TriggerExplanation>,
}

impl PageReport {
    /// Reads a report; a field that there is not is refused.
    pub fn parse(raw: &str) -> Result<Self, ParseError> {
        if raw.len() > MAX_REPORT_BYTES {
            return Err(ParseError {
                code: ErrorCode::TooLarge,
                message: "a report has at most 2 MB".to_owned(),
                frame: None,
                field: None,
            });
        }
        crate::http::parse_body(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report() -> Value {
        json!({
            "page_id": "018f3b1e-7c1a-4000-8000-000000000001", "what": "view", "remember": true,
            "url": "https://shop.example/lamps", "device": "phone", "window": "closed",
        })
    }

    fn parse(value: &Value) -> Result<PageReport, ParseError> {
        PageReport::parse(&value.to_string())
    }

    #[test]
    fn a_page_need_not_know_everything() {
        let read = parse(&report()).unwrap();
        assert_eq!((read.scroll, read.leaving, read.events.len()), (0, false, 0));
        assert_eq!(read.cart, None);
    }

    #[test]
    fn a_12_a_report_says_nothing_of_who_somebody_is() {
        for field in ["author", "site", "shopper", "role", "verified", "country", "identity"] {
            let mut value = report();
            value[field] = json!("x");
            let refused = parse(&value).unwrap_err();
            assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::UnknownField, Some(field)));
        }
    }

    #[test]
    fn a_13_what_is_no_report_is_refused_by_code() {
        for raw in ["", "[]", "{}", "null", "{\"what\": 7}", "not JSON"] {
            assert_eq!(PageReport::parse(raw).unwrap_err().code, ErrorCode::BadFrame, "{raw}");
        }
        for (field, value) in [("page_id", json!("x")), ("scroll", json!(900)), ("idle_ms", json!(-1))] {
            let mut wrong = report();
            wrong[field] = value;
            assert_eq!(parse(&wrong).unwrap_err().code, ErrorCode::BadFrame, "{field}");
        }
        let long = " ".repeat(MAX_REPORT_BYTES + 1);
        assert_eq!(PageReport::parse(&long).unwrap_err().code, ErrorCode::TooLarge);
    }
}
