//! Proactive triggers (T1-T4): the shop speaks first, at the right moment, once, and a merchant understands why.
//!
//! A [`Trigger`] is conditions (all of them must hold), actions, when (online, offline, both) and a frequency. [`check`]
//! makes one of what a merchant wrote, or names every field that is wrong. [`evaluate`] says of each trigger whether it
//! fires for a [`Visitor`] now, is armed until a condition that only the browser can see, or does not fire, with the
//! finding for every condition and rule. [`shown`] keeps to the frequency under repeated and parallel page views,
//! [`prefilter`] tells browsers on which pages nothing can happen, [`facts`] cuts to its limits what a page reports.
//!
//! What is refused to be known here: storage, the wire, the clock. Expressions are compiled when a trigger is checked, so
//! whoever keeps [`Triggers`] by the version of the settings compiles them once for that version.

mod check;
mod contradiction;
pub mod draft;
mod evaluate;
pub mod facts;
pub mod pattern;
pub mod prefilter;
pub mod shown;
pub mod templates;
mod uses;
mod visitor;

pub use check::check;
pub(crate) use check::local_text;
pub use draft::Known;
pub use evaluate::{
    Await, Choice, Evaluated, Finding, Rule, Subject, Verdict, Why, choose, evaluate, evaluate_one,
};
pub use visitor::{
    Browser, Campaign, Chat, Claims, Country, Memory, Online, PageId, PageView, Referrer, Visit, VisitId,
    Visitor,
};

use crate::AgentId;
use crate::settings::{FieldId, Language, LocalText};
use memchr::memmem::Finder;
use pattern::UrlPattern;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Triggers of one site.
pub const MAX_TRIGGERS: usize = 100;
/// Conditions of one trigger.
pub const MAX_CONDITIONS: usize = 20;
/// Alternatives of one condition: patterns, countries, texts.
pub const MAX_ALTERNATIVES: usize = 50;
/// Characters in a trigger's name.
pub const MAX_TRIGGER_NAME: usize = 80;
/// Characters in a proactive message.
pub const MAX_MESSAGE: usize = 1_000;
/// Characters in a text that something is compared with.
pub const MAX_COMPARED: usize = 200;
pub const TIME_ON_PAGE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60 * 60);
pub const TIME_ON_SITE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(4 * 60 * 60);
pub const IDLE: RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(30 * 60);
/// Of [`Frequency::EveryDays`].
pub const DAYS: RangeInclusive<u16> = 1..=365;

/// The triggers of a site, checked, in the merchant's order: where two would show something at once the first does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Triggers(pub Vec<Trigger>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Stays when everything else changes: what was shown and the results are kept by it.
    pub id: FieldId,
    /// For agents only.
    pub name: String,
    pub enabled: bool,
    pub when: When,
    /// All must hold. None: every page.
    pub conditions: Vec<Condition>,
    /// At least one, of each kind at most one.
    pub actions: Vec<Action>,
    pub frequency: Frequency,
}

impl Trigger {
    /// Shows the shopper something: at most one such trigger at a time, and none while they chat. Assigning a group is not.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        self.actions.iter().any(|action| !matches!(action, Action::AssignGroup(_)))
    }

    /// In whose name it speaks; `None` where it says nothing.
    #[must_use]
    pub fn sender(&self) -> Option<&Sender> {
        self.actions.iter().find_map(|action| match action {
            Action::Message(message) => Some(&message.sender),
            _ => None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    Online,
    Offline,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Frequency {
    OnceEver,
    OncePerVisit,
    /// Not again before so many times 24 hours, see [`DAYS`].
    EveryDays(u16),
    EveryPageLoad,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Message(Message),
    StartScenario(FieldId),
    AssignGroup(FieldId),
    OpenWindow,
    ShowForm,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub sender: Sender,
    /// In the default language at least.
    pub texts: LocalText,
    pub display: Display,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// Never while the shop is online and this agent is not (T4).
    Agent(AgentId),
    /// Likewise: one of the group's agents.
    Group(FieldId),
    Bot,
}

/// How a proactive message appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Display {
    /// Beside the launcher, with the sender's photo.
    #[default]
    Teaser,
    /// A line beside the launcher.
    Bubble,
    /// In the open window.
    Window,
}

/// One condition. Where there is an `is`, `false` turns it round: none of the alternatives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Page {
        is: bool,
        patterns: Vec<UrlPattern>,
    },
    TimeOnPage(Duration),
    TimeOnSite(Duration),
    /// In this visit, the present one included.
    PagesSeen(Range),
    /// Per cent of the page, 1 to 100.
    Scroll(u8),
    /// The pointer leaves towards the browser's bar; on phones a quick scroll upwards.
    Leaving,
    /// Without pointer, key or touch for so long.
    Idle(Duration),
    /// Whence the visit came. None at all contains no text.
    Referrer {
        is: bool,
        tests: Vec<TextTest>,
    },
    Campaign {
        part: CampaignPart,
        is: bool,
        tests: Vec<TextTest>,
    },
    Country {
        is: bool,
        any_of: BTreeSet<Country>,
    },
    /// `es` is met by `es-MX` too, `es-MX` by nothing else.
    Language {
        is: bool,
        any_of: Vec<Language>,
    },
    Device {
        is: bool,
        any_of: BTreeSet<Device>,
    },
    Returning(bool),
    ChattedBefore(bool),
    /// In hundredths of `currency`'s unit; without a currency, of whichever the cart has.
    CartValue {
        range: Range,
        currency: Option<Currency>,
    },
    /// Pieces, all lines together. No cart has none.
    CartItems(Range),
    /// A line whose name or number passes one of the tests.
    CartContains {
        is: bool,
        tests: Vec<TextTest>,
    },
    Attribute {
        key: FieldId,
        test: AttributeTest,
    },
    Window(Window),
    /// By the hours alone. Without hours the office is open.
    Office(Office),
    /// The page has reported it since it was opened.
    Event(FieldId),
    Identity(BTreeSet<Identity>),
}

/// The kind of a condition: what a sentence about it is chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionKind {
    Page,
    TimeOnPage,
    TimeOnSite,
    PagesSeen,
    Scroll,
    Leaving,
    Idle,
    Referrer,
    Campaign,
    Country,
    Language,
    Device,
    Returning,
    ChattedBefore,
    CartValue,
    CartItems,
    CartContains,
    Attribute,
    Window,
    Office,
    Event,
    Identity,
}

impl Condition {
    #[must_use]
    pub const fn kind(&self) -> ConditionKind {
        match self {
            Self::Page { .. } => ConditionKind::Page,
            Self::TimeOnPage(_) => ConditionKind::TimeOnPage,
            Self::TimeOnSite(_) => ConditionKind::TimeOnSite,
            Self::PagesSeen(_) => ConditionKind::PagesSeen,
            Self::Scroll(_) => ConditionKind::Scroll,
            Self::Leaving => ConditionKind::Leaving,
            Self::Idle(_) => ConditionKind::Idle,
            Self::Referrer { .. } => ConditionKind::Referrer,
            Self::Campaign { .. } => ConditionKind::Campaign,
            Self::Country { .. } => ConditionKind::Country,
            Self::Language { .. } => ConditionKind::Language,
            Self::Device { .. } => ConditionKind::Device,
            Self::Returning(_) => ConditionKind::Returning,
            Self::ChattedBefore(_) => ConditionKind::ChattedBefore,
            Self::CartValue { .. } => ConditionKind::CartValue,
            Self::CartItems(_) => ConditionKind::CartItems,
            Self::CartContains { .. } => ConditionKind::CartContains,
            Self::Attribute { .. } => ConditionKind::Attribute,
            Self::Window(_) => ConditionKind::Window,
            Self::Office(_) => ConditionKind::Office,
            Self::Event(_) => ConditionKind::Event,
            Self::Identity(_) => ConditionKind::Identity,
        }
    }
}

/// A number's bounds, both included; one of them at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Range {
    pub at_least: Option<i64>,
    pub at_most: Option<i64>,
}

impl Range {
    #[must_use]
    pub fn find(self, value: i64) -> Finding {
        if self.at_least.is_some_and(|least| value < least) {
            Finding::Fails(Why::TooLow)
        } else if self.at_most.is_some_and(|most| value > most) {
            Finding::Fails(Why::TooHigh)
        } else {
            Finding::Holds
        }
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        matches!((self.at_least, self.at_most), (Some(least), Some(most)) if least > most)
    }

    /// What both allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let least = self.at_least.max(other.at_least);
        let most = match (self.at_most, other.at_most) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { at_least: least, at_most: most }
    }
}

/// A text to compare with, without regard to capitals.
#[derive(Clone)]
pub struct TextTest {
    pub how: How,
    /// As written; lower case is what is compared.
    text: String,
    lower: String,
    /// Finds it among texts between line breaks; no text compared has one.
    among: Box<Finder<'static>>,
}

impl PartialEq for TextTest {
    fn eq(&self, other: &Self) -> bool {
        (self.how, &self.text) == (other.how, &other.text)
    }
}

impl Eq for TextTest {}

impl fmt::Debug for TextTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({:?})", self.how, self.text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    Is,
    Contains,
    Begins,
}

impl TextTest {
    #[must_use]
    pub fn new(how: How, text: &str) -> Self {
        let lower = text.to_lowercase();
        let line = match how {
            How::Is => format!("\n{lower}\n"),
            How::Contains => lower.clone(),
            How::Begins => format!("\n{lower}"),
        };
        let among = Box::new(Finder::new(line.as_bytes()).into_owned());
        Self { how, text: text.to_owned(), lower, among }
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `lower` is in lower case already.
    #[must_use]
    pub fn passes(&self, lower: &str) -> bool {
        match self.how {
            How::Is => lower == self.lower,
            How::Contains => lower.contains(&self.lower),
            How::Begins => lower.starts_with(&self.lower),
        }
    }

    /// Whether one of many texts passes: `lines` has a line break before each of them and after the last.
    #[must_use]
    pub(crate) fn passes_one(&self, lines: &str) -> bool {
        self.among.find(lines.as_bytes()).is_some()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeTest {
    Text {
        is: bool,
        tests: Vec<TextTest>,
    },
    /// In thousandths: `1.5` is 1500.
    Number(Range),
    Present(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CampaignPart {
    Source,
    Medium,
    Campaign,
    Term,
    Content,
}

impl CampaignPart {
    pub const ALL: [Self; 5] = [Self::Source, Self::Medium, Self::Campaign, Self::Term, Self::Content];

    /// The parameter of a page's address that bears it.
    #[must_use]
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Source => "utm_source",
            Self::Medium => "utm_medium",
            Self::Campaign => "utm_campaign",
            Self::Term => "utm_term",
            Self::Content => "utm_content",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Device {
    Desktop,
    Phone,
    Tablet,
}

/// The chat window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    Open,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Office {
    Open,
    Closed,
}

/// How well the visitor is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    Anonymous,
    /// Gave an email.
    Identified,
    /// Signed in at the shop and vouched for by it.
    Verified,
}

/// A currency's code in capitals: `EUR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters: [u8; 3] = text.trim().as_bytes().try_into().ok()?;
        letters
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Self(letters.map(|letter| letter.to_ascii_uppercase())))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
