//! What the shop has shown to somebody by itself, and what came of it.
//!
//! A showing is kept under the hash of its token, in the transaction that claims its marks ([`crate::triggers::shown`]). Each of the facts
//! that follow (opened, answered, an order) is written once, together with one more in a day's results: so results are right however often
//! anything is delivered.

use crate::conversation::ByTrigger;
use crate::office_hours::Zone;
use crate::settings::FieldId;
use crate::triggers::shown::Claim;
use crate::triggers::{Currency, PageId};
use crate::{AgentId, ConversationId, SiteId, Timestamp, VisitorId};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// For so long what was shown can be answered.
pub const SHOWING_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// For so long a merchant tries a trigger with one key.
pub const TRIAL_LIFE: Duration = Duration::from_secs(60 * 60);

/// In whose name it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaker {
    Agent {
        id: AgentId,
        name: String,
    },
    /// The shop itself.
    Shop,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Showing {
    pub site: SiteId,
    /// `None`: an agent wrote it by hand, and gets the conversation.
    pub trigger: Option<ByTrigger>,
    /// `None`: nothing is stored of whoever saw it.
    pub visitor: Option<VisitorId>,
    pub speaker: Speaker,
    /// `None`: nothing was said; the window was opened, say.
    pub text: Option<String>,
    pub group: Option<FieldId>,
    /// The form is asked with the answer.
    pub form: bool,
    pub scenario: Option<Opens>,
    pub at: Timestamp,
    /// A merchant's test is not.
    pub counted: bool,
    /// The conversation that began with it.
    pub answered: Option<ConversationId>,
}

/// The scenario that a showing opened with, as it was shown: what is answered is this, whatever a browser says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opens {
    pub scenario: FieldId,
    pub version: u64,
    /// The last step that was said.
    pub last: FieldId,
}

impl Showing {
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.at.plus(SHOWING_LIFE)
    }
}

/// Under what the marks stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    Visitor(VisitorId),
    /// Of a visitor of whom nothing is stored.
    Page(PageId),
}

/// All that is written before something is shown: all of it, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claiming {
    pub owner: Owner,
    pub claims: Vec<Claim>,
    pub at: Timestamp,
    /// `None`: it shows nothing.
    pub showing: Option<([u8; 32], Showing)>,
    /// One more was shown on this day, of this trigger.
    pub counts: Option<(SiteId, FieldId, Day)>,
}

/// What may come of a showing, once each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    Opened,
    Answered,
}

impl Fact {
    /// As it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Answered => "answered",
        }
    }
}

/// Which showing an order is counted for: the last that this visitor has opened or answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    pub trigger: FieldId,
    pub at: Timestamp,
}

/// A day as the shop's wall has it: `2026-11-21`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(String);

impl Day {
    #[must_use]
    pub fn of(at: Timestamp, zone: &Zone) -> Self {
        Self(zone.local(at).date().to_string())
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let date: jiff::civil::Date = text.parse().ok()?;
        Some(Self(date.to_string())).filter(|day| day.0 == text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What came of one trigger on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    pub trigger: FieldId,
    pub day: Day,
    pub shown: u64,
    pub opened: u64,
    pub answered: u64,
    pub converted: u64,
    /// In hundredths; `None`: the page named no currency.
    pub value: BTreeMap<Option<Currency>, u64>,
}

impl Results {
    #[must_use]
    pub const fn none(trigger: FieldId, day: Day) -> Self {
        Self { trigger, day, shown: 0, opened: 0, answered: 0, converted: 0, value: BTreeMap::new() }
    }
}

/// A trigger that its merchant tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    pub site: SiteId,
    pub trigger: FieldId,
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_shops() {
        // A quarter past midnight in Madrid.
        let at = Timestamp(1_763_680_500_000);
        let madrid = Zone::named("Europe/Madrid").unwrap();
        assert_eq!(Day::of(at, &madrid).as_str(), "2025-11-21");
        assert_eq!(Day::of(at, &Zone::utc()).as_str(), "2025-11-20");
        assert_eq!(Day::parse("2025-11-21"), Some(Day::of(at, &madrid)));
        for wrong in ["", "2025-11", "2025-11-31", "2025-11-21#x", "20251121"] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
    }
}
