//! What was published of a document before, and bringing it back: as with the settings' sections. A version never changes, and numbers have no
//! holes, so a page of history is read by its numbers.

use crate::settings::{HISTORY_PAGE, admin, no_longer_fits, revision};
use crate::{Engine, Failure};
use domain::SiteId;
use domain::people::{Actor, Site};
use domain::ports::{Document, Environment, Published, Push, Store};
use futures::future::try_join_all;
use protocol::documents::{DocumentBody, DocumentValue, PublishedDocument};
use protocol::http::HistoryAnswer;

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// What was published, newest first, beyond `before`; also of a scenario that was taken away. What took it away said nothing, and is left
    /// out.
    pub async fn document_history(
        &self,
        actor: &Actor,
        site: &SiteId,
        document: &Document,
        before: Option<u64>,
    ) -> Result<HistoryAnswer, Failure> {
        admin(actor, site)?;
        let standing = self.store.standing(site, document).await?;
        if standing.is_none() && matches!(document, Document::Scenario(_)) {
            return Err(Failure::NotFound);
        }
        let last = standing.map_or(0, |standing| standing.version);
        let newest = before.map_or(last, |before| before.saturating_sub(1).min(last));
        let oldest = newest.saturating_sub(HISTORY_PAGE as u64) + 1;
        let numbers = (oldest..=newest).rev();
        let versions = numbers.map(|version| self.store.document(site, document, version));
        let versions = try_join_all(versions).await?;
        let versions = versions.iter().flatten().filter(|one| says_something(one)).map(revision).collect();
        Ok(HistoryAnswer { versions, next: (oldest > 1).then_some(oldest) })
    }

    pub async fn document_version(
        &self,
        actor: &Actor,
        site: &SiteId,
        document: &Document,
        version: u64,
    ) -> Result<PublishedDocument, Failure> {
        admin(actor, site)?;
        self.kept_as_published(site, document, version).await
    }

    /// Publishes what an earlier version said as a new one, if it fits what there is now. `expected` as where it is published.
    pub async fn restore_document(
        &self,
        actor: &Actor,
        site: &Site,
        document: &Document,
        version: u64,
        expected: u64,
    ) -> Result<PublishedDocument, Failure> {
        let by = admin(actor, &site.id)?;
        let earlier = self.kept_as_published(&site.id, document, version).await?;
        self.put_document(by, site, document, expected, earlier.body, Some(version)).await
    }

    async fn kept_as_published(
        &self,
        site: &SiteId,
        document: &Document,
        version: u64,
    ) -> Result<PublishedDocument, Failure> {
        let found = self.store.document(site, document, version).await?;
        let found = found.filter(says_something).ok_or(Failure::NotFound)?;
        let value = DocumentValue::read(document, &found.body, version).map_err(|_| no_longer_fits())?;
        Ok(PublishedDocument { body: DocumentBody::from(&value), revision: revision(&found) })
    }
}

fn says_something(published: &Published<Document>) -> bool {
    !published.body.is_empty()
}
