//! Visitors who are remembered, what was shown to whom, and what came of it.

use super::{Commit, CommitError, Stored};
use crate::proactive::{Claiming, Credit, Day, Known, Remembered, Results, Showing, Trial};
use crate::settings::FieldId;
use crate::triggers::shown::Mark;
use crate::triggers::{Currency, PageId};
use crate::{SiteId, Timestamp, VisitorId};
use std::future::Future;
use std::time::Duration;

/// Of somebody who has not agreed to be remembered nothing is kept but marks of a page, under no visitor's name.
pub trait Visits: Send + Sync {
    /// All that is known of a visitor, as of now.
    fn known_visitor(&self, id: VisitorId) -> impl Future<Output = Stored<Option<Known>>> + Send;

    /// Keeps a visitor if what stands has this `rev` (`None`: if nothing stands). Whether it is kept now.
    fn keep_visitor(
        &self,
        visitor: &Remembered,
        expected: Option<u64>,
    ) -> impl Future<Output = Stored<bool>> + Send;

    /// The marks of a page of somebody of whom nothing is stored, as of now.
    fn page_marks(&self, page: PageId) -> impl Future<Output = Stored<Vec<(Mark, Timestamp)>>> + Send;

    /// Writes all of it or nothing: each mark only if it is free, the showing, one more in the day's results. Whether it is written now;
    /// an error leaves that open, and then nothing is to be shown.
    fn claim(&self, claiming: &Claiming) -> impl Future<Output = Stored<bool>> + Send;

    /// Keeps a showing that claims nothing: what an agent has written by hand.
    fn keep_showing(&self, hash: [u8; 32], showing: &Showing) -> impl Future<Output = Stored<()>> + Send;

    /// What was shown, if it can be answered still.
    fn showing(&self, hash: [u8; 32], now: Timestamp)
    -> impl Future<Output = Stored<Option<Showing>>> + Send;

    /// Notes that a showing was opened, once, and one more in the day's results of its trigger; of a remembered visitor, that orders are
    /// counted for it from now on. Whether it was noted now.
    fn opened(
        &self,
        hash: [u8; 32],
        showing: &Showing,
        day: &Day,
        now: Timestamp,
    ) -> impl Future<Output = Stored<bool>> + Send;

    /// Stores a commit as [`super::Conversations::commit`] does, and in the same transaction that the showing was answered by it: as
    /// [`CommitError::Moved`] also if it was answered before, or there is none.
    fn commit_answer(
        &self,
        commit: &Commit,
        hash: [u8; 32],
        showing: &Showing,
        day: &Day,
    ) -> impl Future<Output = Result<(), CommitError>> + Send;

    /// It does not come back to this visitor.
    fn dismiss(
        &self,
        visitor: VisitorId,
        trigger: &FieldId,
        now: Timestamp,
    ) -> impl Future<Output = Stored<()>> + Send;

    /// Counts an order of a visitor's once, by the hash of what tells it from others: one more for the trigger on this day, and what it is
    /// worth, in hundredths. Whether it was counted now.
    fn convert(
        &self,
        order: &Order,
        site: &SiteId,
        credit: &Credit,
        day: &Day,
    ) -> impl Future<Output = Stored<bool>> + Send;

    /// What came of a site's triggers from a day on, in no order.
    fn results(&self, site: &SiteId, from: &Day) -> impl Future<Output = Stored<Vec<Results>>> + Send;

    fn keep_trial(&self, hash: [u8; 32], trial: &Trial) -> impl Future<Output = Stored<()>> + Send;

    fn trial(&self, hash: [u8; 32], now: Timestamp) -> impl Future<Output = Stored<Option<Trial>>> + Send;
}

/// Something that counts as a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub visitor: VisitorId,
    pub hash: [u8; 32],
    pub value: u64,
    pub currency: Option<Currency>,
    pub at: Timestamp,
}

/// How long a mark is kept: pages and visits are over by then, and a frequency has at most a year.
#[must_use]
pub const fn mark_life(mark: &Mark) -> Duration {
    const DAY: u64 = 24 * 60 * 60;
    Duration::from_secs(match mark {
        Mark::Page(..) | Mark::PageTaken(_) | Mark::Visit(..) | Mark::Taken => 7 * DAY,
        Mark::Ever(_) => 1_100 * DAY,
    })
}
