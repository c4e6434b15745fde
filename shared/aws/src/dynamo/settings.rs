//! Published settings and what was published before.

use super::item::{Item, n, s};
use super::keys;
use super::{Dynamo, documents, unavailable};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::SiteId;
use domain::ports::{Publications, Published, Publishing, SettingsStore, StoreError, Stored};
use domain::settings::Section;

impl SettingsStore for Dynamo {
    /// Access pattern: a site's settings as they are.
    async fn published(&self, site: &SiteId) -> Stored<Publications> {
        let items = self.query_prefix(keys::site(site), keys::PUBLISHED).await?;
        let mut publications = Publications::default();
        for item in &items {
            // A newer version may have sections and documents that this one has no name for.
            if known(item) {
                publications.sections.push(read(item)?);
            } else if let Some(document) = documents::known(item) {
                publications.documents.push(documents::read_standing(item, document)?);
            }
        }
        Ok(publications)
    }

    async fn section(&self, site: &SiteId, section: Section) -> Stored<Option<Published>> {
        self.get(keys::published(site, section)).await?.map(|item| read(&item)).transpose()
    }

    async fn publish(&self, site: &SiteId, published: &Published) -> Stored<Publishing> {
        let section = published.what;
        let stands = write(Item::at(keys::published(site, section)), published);
        let kept = write(Item::at(keys::version(site, section, published.version)), published);
        if self.put_version(published.version, stands, kept, Vec::new()).await? {
            return Ok(Publishing::Done);
        }
        let stands = self.get(keys::published(site, section)).await?.map(|item| read(&item)).transpose()?;
        match stands {
            // Stored by this very call: an answer was lost, and it was tried again.
            Some(stands) if stands == *published => Ok(Publishing::Done),
            // Two who publish at once may both be refused; then nothing has moved yet.
            stands if stands.as_ref().map_or(0, |stands| stands.version) + 1 == published.version => {
                Err(StoreError::Unavailable("published by two at once".into()))
            }
            stands => Ok(Publishing::Moved(stands.map(Box::new))),
        }
    }

    /// Access pattern: the versions of a section, newest first.
    async fn history(
        &self,
        site: &SiteId,
        section: Section,
        before: Option<u64>,
        limit: usize,
    ) -> Stored<Vec<Published>> {
        let last = before.map_or(999_999_999_999, |before| before.saturating_sub(1));
        let mut versions = Vec::new();
        let mut from = None;
        while versions.len() < limit && last > 0 {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":pk", s(keys::site(site)))
                .expression_attribute_values(":first", s(keys::version(site, section, 1).sk))
                .expression_attribute_values(":last", s(keys::version(site, section, last).sk))
                .scan_index_forward(false)
                .consistent_read(true)
                .limit(i32::try_from(limit - versions.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(unavailable)?;
            for item in page.items.unwrap_or_default() {
                versions.push(read(&item.into())?);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(versions)
    }
}

impl Dynamo {
    /// Puts what stands, if the version before it stands, and what is kept of it, if nothing is kept under that number; both or neither.
    /// `false`: one of the conditions did not hold, or somebody else was at it.
    pub(super) async fn put_version(
        &self,
        version: u64,
        stands: Item,
        kept: Item,
        conditions: Vec<TransactWriteItem>,
    ) -> Stored<bool> {
        let put = Put::builder().table_name(&self.table).set_item(Some(stands.0));
        let put = match version.saturating_sub(1) {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            before => put
                .condition_expression("version = :before")
                .expression_attribute_values(":before", n(before)),
        };
        let kept = Put::builder()
            .table_name(&self.table)
            .set_item(Some(kept.0))
            .condition_expression("attribute_not_exists(pk)");
        let puts = [put, kept].map(|put| {
            TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
        });
        let items = puts.into_iter().chain(conditions).collect();
        let Err(error) = self.client.transact_write_items().set_transact_items(Some(items)).send().await
        else {
            return Ok(true);
        };
        if error.as_service_error().is_some_and(|e| e.is_transaction_canceled_exception()) {
            return Ok(false);
        }
        Err(unavailable(error))
    }
}

fn write(item: Item, published: &Published) -> Item {
    revision(item.text("section", published.what.name()), published).text("body", &published.body)
}

/// Who published it, and when, under which version.
pub(super) fn revision<W>(item: Item, published: &Published<W>) -> Item {
    let item = item
        .number("version", published.version)
        .time("at", published.at)
        .text("by", published.by.to_string())
        .text("by_name", &published.by_name);
    match published.restored {
        Some(restored) => item.number("restored", restored),
        None => item,
    }
}

fn known(item: &Item) -> bool {
    item.get("section").is_some_and(|name| Section::named(name).is_some())
}

fn read(item: &Item) -> Stored<Published> {
    let section = Section::named(item.need("section")?)
        .ok_or_else(|| StoreError::Broken("attribute section".into()))?;
    read_version(item, section)
}

pub(super) fn read_version<W>(item: &Item, what: W) -> Stored<Published<W>> {
    Ok(Published {
        what,
        version: item.need_number("version")?,
        at: item.need_time("at")?,
        by: item.parse("by")?,
        by_name: item.string("by_name").unwrap_or_default(),
        restored: item.get_number("restored"),
        body: item.need("body")?.to_owned(),
    })
}
