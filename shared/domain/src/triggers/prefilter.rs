//! What the published config tells browsers, so that pages on which no trigger could fire cost no call at all.
//!
//! It is a sieve with wide holes: texts of which a page's address contains one wherever a trigger may match. A browser
//! needs no more for it than `address.toLowerCase().includes(text)`. It gives away which parts of addresses triggers are
//! about, and nothing else of them.

use super::{Condition, Trigger, Triggers};
use crate::settings::FieldId;
use std::collections::{BTreeMap, BTreeSet};

/// Texts of one list; more are one list of everything.
pub const MAX_NEEDLES: usize = 40;

/// Which pages, of addresses as browsers have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pages {
    All,
    /// Those whose address in lower case contains one of these. Empty: none.
    Containing(BTreeSet<String>),
}

impl Default for Pages {
    fn default() -> Self {
        Self::Containing(BTreeSet::new())
    }
}

impl Pages {
    #[must_use]
    pub fn may_match(&self, href: &str) -> bool {
        match self {
            Self::All => true,
            Self::Containing(needles) => {
                let href = href.to_ascii_lowercase();
                needles.iter().any(|needle| href.contains(needle))
            }
        }
    }

    fn or(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (Self::Containing(mine), Self::Containing(others)) => {
                mine.extend(others);
                if mine.len() > MAX_NEEDLES {
                    *self = Self::All;
                }
            }
            (mine, all) => *mine = all,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefilter {
    /// Where the opening of a page is worth a call.
    pub pages: Pages,
    /// Where an event is, by its name. Triggers that wait for one ask nothing of a page before it happens.
    pub events: BTreeMap<FieldId, Pages>,
}

impl Prefilter {
    /// Whether a trigger could fire or be armed on this page, on which these events have happened.
    #[must_use]
    pub fn may_match<'a>(&self, href: &str, events: impl IntoIterator<Item = &'a FieldId>) -> bool {
        let mut events = events.into_iter().filter_map(|event| self.events.get(event));
        self.pages.may_match(href) || events.any(|pages| pages.may_match(href))
    }

    /// Nothing is ever worth a call.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.pages == Pages::default()
    }
}

/// Of the triggers that are switched on. One that the merchant tries asks regardless.
#[must_use]
pub fn prefilter(triggers: &Triggers) -> Prefilter {
    let mut prefilter = Prefilter::default();
    for trigger in triggers.0.iter().filter(|trigger| trigger.enabled) {
        let event = trigger.conditions.iter().find_map(|condition| match condition {
            Condition::Event(name) => Some(name.clone()),
            _ => None,
        });
        let pages = pages(trigger);
        match event {
            Some(event) => prefilter.events.entry(event).or_default().or(pages),
            None => prefilter.pages.or(pages),
        }
    }
    prefilter
}

/// Of several conditions on the page the one with the longest texts: any of them would do.
fn pages(trigger: &Trigger) -> Pages {
    let lists = trigger.conditions.iter().filter_map(|condition| match condition {
        Condition::Page { is: true, patterns } => {
            let needles = patterns.iter().map(|pattern| pattern.needles());
            let all = needles.collect::<Option<Vec<_>>>()?;
            Some(all.into_iter().flatten().collect::<BTreeSet<String>>())
        }
        _ => None,
    });
    let best = lists.max_by_key(|list| list.iter().map(String::len).min().unwrap_or(0));
    best.map_or(Pages::All, Pages::Containing)
}

#[cfg(test)]
mod tests;
