//! Proactive triggers as they are stored and served: one JSON form for both.
//!
//! [`TriggerSettings::check`] makes of it what the rules work with, or names every wrong field by its path in this form
//! (`triggers[0].conditions[2].patterns[0].text`). [`write`] and [`read`] are the stored form.
//! Variants without a field are written with braces, so that a field that there is not is refused in them too.

mod draft;
mod show;
mod told;

pub use told::{
    ArmedTrigger, Awaited, ConditionFinding, ConditionKindName, FindingBody, RuleFinding, RuleName,
    TriggerExplanation, TriggerSieve, VerdictName, WhyName, armed,
};

use crate::error::ParseError;
use crate::settings::LocalText;
use crate::stored::{self, Unreadable};
use domain::fields::FieldError;
use domain::triggers::{Known, Triggers, check};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Names that are the same on both sides.
macro_rules! same {
    ($body:ident = $rule:path: $($name:ident),*) => {
        impl From<$body> for $rule {
            fn from(body: $body) -> Self {
                match body {
                    $($body::$name => Self::$name,)*
                }
            }
        }

        impl From<$rule> for $body {
            fn from(rule: $rule) -> Self {
                match rule {
                    $(<$rule>::$name => Self::$name,)*
                }
            }
        }
    };
}
use same;

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriggerSettings {
    /// At most 100. Where two would show something at once, the first does.
    pub triggers: Vec<TriggerBody>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriggerBody {
    /// 1 to 40 of `a-z`, `0-9`, `-` and `_`; stays when everything else changes.
    pub id: String,
    /// For agents only, 1 to 80 characters.
    pub name: String,
    pub enabled: bool,
    pub when: TriggerWhen,
    /// At most 20, all of which must hold. Empty: every page.
    pub conditions: Vec<TriggerCondition>,
    /// 1 to 5, of each kind at most one.
    pub actions: Vec<TriggerAction>,
    pub frequency: TriggerFrequency,
}

/// While the shop is online, offline, or either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerWhen {
    Online,
    Offline,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TriggerFrequency {
    OnceEver {},
    OncePerVisit {},
    /// 1 to 365 times 24 hours.
    EveryDays {
        days: i64,
    },
    EveryPageLoad {},
}

/// Where there is `is`, false turns the condition round: none of the alternatives. Ranges have a least, a most or both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TriggerCondition {
    /// 1 to 50 patterns.
    Page {
        is: bool,
        patterns: Vec<PagePattern>,
    },
    /// 1 to 3600.
    TimeOnPage {
        seconds: i64,
    },
    /// 1 to 14400.
    TimeOnSite {
        seconds: i64,
    },
    /// 1 to 1000, in this visit.
    PagesSeen {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        at_least: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        at_most: Option<f64>,
    },
    /// 1 to 100.
    Scroll {
        percent: i64,
    },
    Leaving {},
    /// 5 to 1800, without pointer, key or touch.
    Idle {
        seconds: i64,
    },
    /// 1 to 50 texts.
    Referrer {
        is: bool,
        texts: Vec<ComparedText>,
    },
    Campaign {
        part: CampaignPartName,
        is: bool,
        texts: Vec<ComparedText>,
    },
    /// Two letters each: `ES`.
    Country {
        is: bool,
        any_of: Vec<String>,
    },
    /// Language tags. `es` is met by `es-MX` too.
    Language {
        is: bool,
        any_of: Vec<String>,
    },
    Device {
        is: bool,
        any_of: Vec<DeviceName>,
    },
    Returning {
        is: bool,
    },
    ChattedBefore {
        is: bool,
    },
    /// In units of the currency; without one, of whichever the cart has.
    CartValue {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        at_least: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        at_most: Option<f64>,
        /// Three letters: `EUR`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        currency: Option<String>,
    },
    /// Pieces, all lines together.
    CartItems {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        at_least: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        at_most: Option<f64>,
    },
    /// The name or number of a line.
    CartContains {
        is: bool,
        texts: Vec<ComparedText>,
    },
    AttributeText {
        key: String,
        is: bool,
        texts: Vec<ComparedText>,
    },
    AttributeNumber {
        key: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        at_least: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        at_most: Option<f64>,
    },
    AttributePresent {
        key: String,
        is: bool,
    },
    /// The chat window.
    Window {
        is: OpenOrClosed,
    },
    /// By the hours alone; without hours it is open.
    Office {
        is: OpenOrClosed,
    },
    /// Reported by the page since it was opened.
    Event {
        name: String,
    },
    Identity {
        any_of: Vec<IdentityName>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct PagePattern {
    pub kind: PatternKindName,
    /// At most 500 characters.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PatternKindName {
    Exact,
    Contains,
    Wildcard,
    Regex,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ComparedText {
    pub how: HowName,
    /// At most 200 characters; capitals do not count.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HowName {
    Is,
    Contains,
    Begins,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignPartName {
    Source,
    Medium,
    Campaign,
    Term,
    Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceName {
    Desktop,
    Phone,
    Tablet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpenOrClosed {
    Open,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityName {
    Anonymous,
    Identified,
    Verified,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TriggerAction {
    Message {
        sender: TriggerSender,
        /// By language, one in the default language; at most 1,000 characters, may use `{shop}`.
        texts: LocalText,
        display: MessageDisplay,
    },
    /// Not beside a message.
    StartScenario {
        scenario: String,
    },
    AssignGroup {
        group: String,
    },
    OpenWindow {},
    ShowForm {},
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TriggerSender {
    Agent { agent: String },
    Group { group: String },
    Bot {},
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageDisplay {
    /// Beside the launcher, with the sender's photo.
    Teaser,
    /// A line beside the launcher.
    Bubble,
    /// In the open window.
    Window,
}

impl TriggerSettings {
    /// A field that there is not is refused.
    pub fn parse(value: Value) -> Result<Self, ParseError> {
        stored::parse(value)
    }

    /// What the rules work with, or every refusal.
    pub fn check(self, known: &Known) -> Result<Triggers, Vec<FieldError>> {
        let drafts: Vec<_> = self.triggers.into_iter().map(Into::into).collect();
        check(&drafts, known)
    }
}

/// As it is stored.
#[must_use]
pub fn write(triggers: &Triggers) -> String {
    stored::write(&TriggerSettings::from(triggers))
}

/// What was checked when it was published: nothing is asked of the site again, and expressions are compiled when they
/// are first used. Keep it by its version.
pub fn read(stored: &str) -> Result<Triggers, Unreadable> {
    let known = Known { published: true, ..Known::default() };
    stored::read("triggers", stored, |body: TriggerSettings| body.check(&known))
}

#[cfg(test)]
mod tests;
