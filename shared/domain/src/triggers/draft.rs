//! Triggers as a merchant wrote them. What is wrong with them, [`super::check`] says.

use super::pattern::PatternKind;
use super::{CampaignPart, Device, Display, How, Identity, Office, When, Window};
use crate::AgentId;
use crate::settings::{FieldId, Language};
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub id: String,
    pub name: String,
    pub enabled: bool,
    pub when: When,
    pub conditions: Vec<DraftCondition>,
    pub actions: Vec<DraftAction>,
    pub frequency: DraftFrequency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftFrequency {
    OnceEver,
    OncePerVisit,
    EveryDays(i64),
    EveryPageLoad,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DraftCondition {
    Page {
        is: bool,
        patterns: Vec<DraftPattern>,
    },
    TimeOnPage {
        seconds: i64,
    },
    TimeOnSite {
        seconds: i64,
    },
    PagesSeen {
        range: DraftRange,
    },
    Scroll {
        percent: i64,
    },
    Leaving,
    Idle {
        seconds: i64,
    },
    Referrer {
        is: bool,
        texts: Vec<DraftText>,
    },
    Campaign {
        part: CampaignPart,
        is: bool,
        texts: Vec<DraftText>,
    },
    Country {
        is: bool,
        any_of: Vec<String>,
    },
    Language {
        is: bool,
        any_of: Vec<String>,
    },
    Device {
        is: bool,
        any_of: Vec<Device>,
    },
    Returning {
        is: bool,
    },
    ChattedBefore {
        is: bool,
    },
    /// In units of the currency: `49.90`.
    CartValue {
        range: DraftRange,
        currency: Option<String>,
    },
    CartItems {
        range: DraftRange,
    },
    CartContains {
        is: bool,
        texts: Vec<DraftText>,
    },
    AttributeText {
        key: String,
        is: bool,
        texts: Vec<DraftText>,
    },
    AttributeNumber {
        key: String,
        range: DraftRange,
    },
    AttributePresent {
        key: String,
        is: bool,
    },
    Window {
        is: Window,
    },
    Office {
        is: Office,
    },
    Event {
        name: String,
    },
    Identity {
        any_of: Vec<Identity>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPattern {
    pub kind: PatternKind,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftText {
    pub how: How,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DraftRange {
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftAction {
    Message { sender: DraftSender, texts: Vec<(String, String)>, display: Display },
    StartScenario { scenario: String },
    AssignGroup { group: String },
    OpenWindow,
    ShowForm,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftSender {
    Agent(String),
    Group(String),
    Bot,
}

/// What there is at the site. `None`: not asked. What is stored was checked when it was published, and is not refused
/// for an agent who has left since or a language that is the default since.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// It was let pass when it was published: expressions are compiled when they are first used.
    pub published: bool,
    /// Empty: any.
    pub origins: Vec<String>,
    pub default_language: Option<Language>,
    pub agents: Option<BTreeSet<AgentId>>,
    pub groups: Option<BTreeSet<FieldId>>,
    pub scenarios: Option<BTreeSet<FieldId>>,
}
