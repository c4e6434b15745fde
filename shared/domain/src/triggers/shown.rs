//! What was shown to a visitor, and the conditional writes that keep a trigger to its frequency.
//!
//! Deciding alone cannot: two page views at once both find that nothing was shown. So [`claims`] says what has to be
//! written before something is shown, all of it or none, each only if it is still free. Who loses looks again.
//!
//! Every showing is written down for all lengths of time that apply, so that a merchant may change a frequency without
//! anything being shown too often. Without consent to store there are marks for the page alone, under no visitor's name.

use super::{Frequency, Memory, PageId, Trigger, VisitId, Visitor};
use crate::Timestamp;
use crate::settings::FieldId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Between the beginnings of two visible triggers for one visitor, whichever tabs they are in.
pub const BETWEEN: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A thing to be written down once. All are in the partition of the visitor, or of the page where nothing may be stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// A trigger on a page view.
    Page(FieldId, PageId),
    Visit(FieldId, VisitId),
    /// A trigger, the last time.
    Ever(FieldId),
    /// Something visible on a page view.
    PageTaken(PageId),
    /// Something visible, the last time.
    Taken,
}

/// What is known of the marks when a trigger is decided: those of this page, this visit and for ever.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    triggers: BTreeMap<FieldId, Times>,
    pages: BTreeMap<PageId, Timestamp>,
    taken: Option<Timestamp>,
    /// Triggers that the shopper has sent away. They do not come back.
    pub dismissed: BTreeSet<FieldId>,
}

/// When a trigger was shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Times {
    pages: BTreeMap<PageId, Timestamp>,
    visits: BTreeMap<VisitId, Timestamp>,
    ever: Option<Timestamp>,
}

impl Shown {
    /// Takes up a mark that is stored.
    pub fn note(&mut self, mark: Mark, at: Timestamp) {
        match mark {
            Mark::Page(trigger, page) => {
                self.triggers.entry(trigger).or_default().pages.insert(page, at);
            }
            Mark::Visit(trigger, visit) => {
                self.triggers.entry(trigger).or_default().visits.insert(visit, at);
            }
            Mark::Ever(trigger) => self.triggers.entry(trigger).or_default().ever = Some(at),
            Mark::PageTaken(page) => {
                self.pages.insert(page, at);
            }
            Mark::Taken => self.taken = Some(at),
        }
    }
}

/// When a mark may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    Always,
    IfAbsent,
    /// Absent, or written at this time or before.
    IfAbsentOrUntil(Timestamp),
}

impl Free {
    #[must_use]
    pub fn admits(self, stored: Option<Timestamp>) -> bool {
        match (self, stored) {
            (Self::Always, _) | (_, None) => true,
            (Self::IfAbsent, Some(_)) => false,
            (Self::IfAbsentOrUntil(until), Some(at)) => at <= until,
        }
    }
}

/// One conditional write: `mark` at the present time, if it is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub mark: Mark,
    pub free: Free,
}

/// The latest time at which something may have happened to be `span` ago; before the clock began nothing has.
fn ago(now: Timestamp, span: Duration) -> Free {
    let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    now.0.checked_sub(span).map_or(Free::IfAbsent, |at| Free::IfAbsentOrUntil(Timestamp(at)))
}

/// What has to be written, in one transaction, before `trigger` shows itself. Empty for a test in the merchant's browser.
#[must_use]
pub fn claims(trigger: &Trigger, visitor: &Visitor, now: Timestamp) -> Vec<Claim> {
    let mut claims = frequency_claims(trigger, visitor, now);
    if trigger.is_visible() && !claims.is_empty() {
        claims.push(Claim { mark: Mark::PageTaken(visitor.page.id), free: Free::IfAbsent });
        if let Memory::Visit(_) = visitor.memory {
            claims.push(Claim { mark: Mark::Taken, free: ago(now, BETWEEN) });
        }
    }
    claims
}

fn frequency_claims(trigger: &Trigger, visitor: &Visitor, now: Timestamp) -> Vec<Claim> {
    if visitor.testing.as_ref() == Some(&trigger.id) {
        return Vec::new();
    }
    let id = || trigger.id.clone();
    let mut claims = vec![Claim { mark: Mark::Page(id(), visitor.page.id), free: Free::IfAbsent }];
    if let Memory::Visit(visit) = visitor.memory {
        let (in_visit, ever) = free(trigger.frequency, now);
        claims.push(Claim { mark: Mark::Visit(id(), visit.id), free: in_visit });
        claims.push(Claim { mark: Mark::Ever(id()), free: ever });
    }
    claims
}

/// When the marks of a visit and for ever are free.
fn free(frequency: Frequency, now: Timestamp) -> (Free, Free) {
    match frequency {
        Frequency::OnceEver => (Free::Always, Free::IfAbsent),
        Frequency::OncePerVisit => (Free::IfAbsent, Free::Always),
        Frequency::EveryDays(days) => (Free::Always, ago(now, DAY * u32::from(days))),
        Frequency::EveryPageLoad => (Free::Always, Free::Always),
    }
}

/// Whether the marks that are known allow a showing by the trigger's frequency: what [`claims`] will ask of the store.
pub(super) fn is_due(trigger: &Trigger, visitor: &Visitor, now: Timestamp) -> bool {
    let Some(times) = visitor.shown.triggers.get(&trigger.id) else { return true };
    let on_page = Free::IfAbsent.admits(times.pages.get(&visitor.page.id).copied());
    on_page
        && match visitor.memory {
            Memory::Nothing => true,
            Memory::Visit(visit) => {
                let (in_visit, ever) = free(trigger.frequency, now);
                in_visit.admits(times.visits.get(&visit.id).copied()) && ever.admits(times.ever)
            }
        }
}

/// Whether something visible was begun on this page, or a moment ago on another.
pub(super) fn is_taken(visitor: &Visitor, now: Timestamp) -> bool {
    let shown = &visitor.shown;
    let remembered = matches!(visitor.memory, Memory::Visit(_));
    shown.pages.contains_key(&visitor.page.id) || remembered && !ago(now, BETWEEN).admits(shown.taken)
}
