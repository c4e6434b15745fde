//! A visitor who has agreed to be remembered (W7): their visits, and the pages that they have open. Of nobody else is there anything.

use crate::settings::FieldId;
use crate::triggers::shown::Mark;
use crate::triggers::{Campaign, Country, PageId, Referrer, Visit, VisitId};
use crate::{SiteId, Timestamp, VisitorId};
use std::collections::BTreeSet;
use std::time::Duration;

/// Without a sign of life for so long the next page begins another visit.
pub const BETWEEN_VISITS: Duration = Duration::from_secs(30 * 60);
/// From the last sign of life on.
pub const VISITOR_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// Pages of which it is known when they were opened, the newest: more than anybody keeps open, and little to keep.
pub const MAX_VIEWS: usize = 20;
/// Characters of where a visit came from.
const MAX_REFERRER: usize = 200;

/// What is kept of a visitor, in one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    pub id: VisitorId,
    pub site: SiteId,
    /// SHA-256 of the browser's token.
    pub token: [u8; 32],
    /// Moves with every writing.
    pub rev: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// This one included.
    pub visits: u32,
    pub visit: VisitId,
    pub began_at: Timestamp,
    /// Opened in this visit.
    pub pages: u32,
    /// When the server first heard of a page, the newest last.
    pub views: Vec<(PageId, Timestamp)>,
    pub referrer: Referrer,
    pub campaign: Campaign,
    pub country: Option<Country>,
    pub chatted: bool,
    /// How full their bucket of reports is ([`crate::rate::Rate`]).
    pub bucket: Timestamp,
    /// The last report that was decided on, in a form that nothing here looks into, and when.
    pub report: Option<(String, Timestamp)>,
}

/// A page that reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<'a> {
    pub page: PageId,
    /// Whence this page was opened; empty from the shop's own pages.
    pub referrer: &'a str,
    pub campaign: Campaign,
    pub country: Option<Country>,
    pub chatted: bool,
}

impl Remembered {
    /// For the first time.
    #[must_use]
    pub fn new(id: VisitorId, site: SiteId, token: [u8; 32], visit: VisitId, now: Timestamp) -> Self {
        Self {
            id,
            site,
            token,
            rev: 0,
            first_seen: now,
            last_seen: now,
            visits: 0,
            visit,
            began_at: now,
            pages: 0,
            views: Vec::new(),
            referrer: Referrer::default(),
            campaign: Campaign::default(),
            country: None,
            chatted: false,
            bucket: Timestamp(0),
            report: None,
        }
    }

    /// After a page has reported. `fresh`: a visit of its own, should one begin. The same page again is the same page, however often and
    /// in whatever order it reports.
    #[must_use]
    pub fn sees(mut self, seen: &Seen<'_>, fresh: VisitId, now: Timestamp) -> Self {
        let known = self.views.iter().any(|(page, _)| *page == seen.page);
        let again = now.since(self.last_seen) >= BETWEEN_VISITS;
        if self.visits == 0 || (again && !known) {
            self.visits += 1;
            self.visit = fresh;
            self.began_at = now;
            self.pages = 0;
            self.referrer = Referrer::new(&seen.referrer.chars().take(MAX_REFERRER).collect::<String>());
            self.campaign = seen.campaign.clone();
        }
        if !known {
            self.pages = self.pages.saturating_add(1);
            self.views.push((seen.page, now));
            let beyond = self.views.len().saturating_sub(MAX_VIEWS);
            self.views.drain(..beyond);
        }
        self.last_seen = self.last_seen.max(now);
        self.country = seen.country.or(self.country);
        self.chatted |= seen.chatted;
        self.rev += 1;
        self
    }

    #[must_use]
    pub const fn visit(&self) -> Visit {
        Visit {
            id: self.visit,
            began_at: self.began_at,
            pages: self.pages,
            returning: self.visits > 1,
            chatted_before: self.chatted,
        }
    }

    /// When the server first heard of a page.
    #[must_use]
    pub fn viewed_at(&self, page: PageId) -> Option<Timestamp> {
        self.views.iter().find(|(known, _)| *known == page).map(|(_, at)| *at)
    }
}

/// All that is known of a visitor: one reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub visitor: Remembered,
    pub marks: Vec<(Mark, Timestamp)>,
    pub dismissed: BTreeSet<FieldId>,
    /// The last that was opened or answered: what happens in the shop is counted for it.
    pub credit: Option<super::Credit>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp(1_750_000_000_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn page(n: u128) -> PageId {
        PageId(Uuid::from_u128(n))
    }

    fn visit(n: u128) -> VisitId {
        VisitId(Uuid::from_u128(n))
    }

    fn seen(n: u128) -> Seen<'static> {
        Seen {
            page: page(n),
            referrer: "https://search.example/",
            campaign: Campaign::default(),
            country: Country::parse("ES"),
            chatted: false,
        }
    }

    fn somebody() -> Remembered {
        Remembered::new(VisitorId(Uuid::from_u128(7)), "demo".parse().unwrap(), [1; 32], visit(0), NOW)
    }

    #[test]
    fn the_same_page_counts_once_however_often_it_reports() {
        let mut visitor = somebody();
        for n in [1, 2, 1, 1, 2] {
            visitor = visitor.sees(&seen(n), visit(9), NOW);
        }
        assert_eq!((visitor.visits, visitor.pages, visitor.rev), (1, 2, 5));
        assert!(!visitor.visit().returning);
    }

    #[test]
    fn half_an_hour_without_a_sign_of_life_ends_a_visit_and_a_page_that_stays_open_does_not_begin_one() {
        let mut visitor = somebody().sees(&seen(1), visit(1), NOW);
        let later = NOW.plus(29 * MINUTE);
        visitor = visitor.sees(&seen(2), visit(2), later);
        assert_eq!((visitor.visits, visitor.pages, visitor.visit), (1, 2, visit(1)));
        let much_later = later.plus(31 * MINUTE);
        // The page of before tells of something.
        visitor = visitor.sees(&seen(2), visit(3), much_later);
        assert_eq!((visitor.visits, visitor.visit), (1, visit(1)));
        visitor = visitor.sees(&Seen { referrer: "", ..seen(3) }, visit(4), much_later.plus(31 * MINUTE));
        assert_eq!((visitor.visits, visitor.pages, visitor.visit), (2, 1, visit(4)));
        assert!(visitor.visit().returning);
        assert_eq!(visitor.referrer, Referrer::default());
        assert_eq!(visitor.country, Country::parse("ES"));
    }

    #[test]
    fn a_page_is_as_old_as_the_server_knows_and_only_the_newest_are_known() {
        let mut visitor = somebody();
        for n in 0..=MAX_VIEWS as u128 {
            visitor = visitor.sees(&seen(n), visit(1), NOW.plus(MINUTE * u32::try_from(n).unwrap()));
        }
        assert_eq!(visitor.views.len(), MAX_VIEWS);
        assert_eq!(visitor.viewed_at(page(0)), None);
        assert_eq!(visitor.viewed_at(page(1)), Some(NOW.plus(MINUTE)));
        let again = visitor.clone().sees(&seen(1), visit(1), NOW.plus(99 * MINUTE));
        assert_eq!(again.viewed_at(page(1)), Some(NOW.plus(MINUTE)));
    }
}
