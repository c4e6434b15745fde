//! Triggers, groups and scenarios: a small item says which version stands, an item of its own holds each version's content.

use super::Dynamo;
use super::attributes;
use super::item::{Item, n};
use super::keys;
use super::settings::{read_version, revision};
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use domain::SiteId;
use domain::ports::{Document, DocumentPublishing, Documents, Published, Standing, StoreError, Stored};

impl Documents for Dynamo {
    /// Access pattern: which version of a document stands.
    async fn standing(&self, site: &SiteId, document: &Document) -> Stored<Option<Standing>> {
        let item = self.get(keys::standing(site, document)).await?;
        item.map(|item| read_standing(&item, document.clone())).transpose()
    }

    /// Access pattern: a version's content.
    async fn document(
        &self,
        site: &SiteId,
        document: &Document,
        version: u64,
    ) -> Stored<Option<Published<Document>>> {
        let item = self.get(keys::document(site, document, version)).await?;
        item.map(|item| read_version(&item, document.clone())).transpose()
    }

    async fn publish_document(
        &self,
        site: &SiteId,
        published: &Published<Document>,
        about: Option<&str>,
        judged_by: &[(Document, u64)],
    ) -> Stored<DocumentPublishing> {
        let document = &published.what;
        let item = |key| revision(Item::at(key).text("document", document.to_string()), published);
        let stands = item(keys::standing(site, document)).maybe_text("about", about);
        let kept = item(keys::document(site, document, published.version)).text("body", &published.body);
        let conditions = judged_by.iter().map(|(judge, version)| {
            let check = ConditionCheck::builder()
                .table_name(&self.table)
                .set_key(Some(attributes(keys::standing(site, judge))));
            let check = match version {
                0 => check.condition_expression("attribute_not_exists(pk)"),
                version => check
                    .condition_expression("version = :version")
                    .expression_attribute_values(":version", n(*version)),
            };
            let check = check.build().expect("table, key and condition are set");
            TransactWriteItem::builder().condition_check(check).build()
        });
        if self.put_version(published.version, stands, kept, conditions.collect()).await? {
            return Ok(DocumentPublishing::Done);
        }
        // Stored by this very call: an answer was lost, and it was tried again.
        if self.document(site, document, published.version).await?.as_ref() == Some(published) {
            return Ok(DocumentPublishing::Done);
        }
        let stands = self.standing(site, document).await?;
        if stands.as_ref().map_or(0, |stands| stands.version) + 1 != published.version {
            return Ok(DocumentPublishing::Moved(stands));
        }
        for (judge, version) in judged_by {
            if self.standing(site, judge).await?.map_or(0, |stands| stands.version) != *version {
                return Ok(DocumentPublishing::Outdated);
            }
        }
        // Two who publish at once may both be refused; then nothing has moved yet.
        Err(StoreError::Unavailable("published by two at once".into()))
    }
}

/// Which document's version an item bears, if this version of the software has a name for it.
pub(super) fn known(item: &Item) -> Option<Document> {
    Document::named(item.get("document")?)
}

pub(super) fn read_standing(item: &Item, document: Document) -> Stored<Standing> {
    Ok(Standing {
        document,
        version: item.need_number("version")?,
        at: item.need_time("at")?,
        by: item.parse("by")?,
        by_name: item.string("by_name").unwrap_or_default(),
        about: item.string("about"),
    })
}
