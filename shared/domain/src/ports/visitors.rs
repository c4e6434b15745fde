//! Who is on the site.

use super::Stored;
use crate::visitors::{Page, Place, Row};
use crate::{SiteId, Timestamp, VisitorId};
use std::future::Future;

/// The rows of the visitors' list, each under its own key, and who looks at it.
pub trait Visitors: Send + Sync {
    /// The row as of now, whether it has ended or not; `None` if there never was one, or it was swept away.
    fn visitor(&self, site: &SiteId, id: VisitorId) -> impl Future<Output = Stored<Option<Row>>> + Send;

    /// Writes a row if what stands was written at `expected` (`None`: if nothing stands). Whether it is stored now: a repetition, after an
    /// answer that was lost, answers as the first did. `row.changed_at` is later than `expected`.
    fn put_visitor(
        &self,
        row: &Row,
        expected: Option<Timestamp>,
    ) -> impl Future<Output = Stored<bool>> + Send;

    /// Rows of a site that were written beyond `after`, the earliest writing first, at most `limit`; each as it is now, which may be later than
    /// its place. May lag by a moment ([`crate::visitors::OVERLAP`]): a row may be missing that was written before others that are there.
    fn visitors(
        &self,
        site: &SiteId,
        after: Place,
        limit: usize,
    ) -> impl Future<Output = Stored<Page>> + Send;

    /// Somebody looks at the list until then. A later end stays.
    fn watch_visitors(&self, site: &SiteId, until: Timestamp) -> impl Future<Output = Stored<()>> + Send;

    /// Until when somebody looks at the list; `None` if nobody ever did.
    fn visitors_watched(&self, site: &SiteId) -> impl Future<Output = Stored<Option<Timestamp>>> + Send;
}
