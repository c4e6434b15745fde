//! Published settings and what was published before.

use super::item::{Item, n, s};
use super::keys;
use super::{Dynamo, unavailable};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::SiteId;
use domain::ports::{Published, Publishing, SettingsStore, StoreError, Stored};
use domain::settings::Section;

impl SettingsStore for Dynamo {
    /// Access pattern: a site's settings as they are.
    async fn published(&self, site: &SiteId) -> Stored<Vec<Published>> {
        let items = self.query_prefix(keys::site(site), keys::PUBLISHED).await?;
        // A newer version may have sections that this one has no name for.
        items.iter().filter(|item| known(item)).map(read).collect()
    }

    async fn section(&self, site: &SiteId, section: Section) -> Stored<Option<Published>> {
        self.get(keys::published(site, section)).await?.map(|item| read(&item)).transpose()
    }

    async fn publish(&self, site: &SiteId, published: &Published) -> Stored<Publishing> {
        let section = published.section;
        let before = published.version.saturating_sub(1);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(write(Item::at(keys::published(site, section)), published).0));
        let put = if before == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("version = :before").expression_attribute_values(":before", n(before))
        };
        let kept = Put::builder()
            .table_name(&self.table)
            .set_item(Some(write(Item::at(keys::version(site, section, published.version)), published).0))
            .condition_expression("attribute_not_exists(pk)");
        let items = [put, kept].map(|put| {
            TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
        });
        let Err(error) =
            self.client.transact_write_items().set_transact_items(Some(items.to_vec())).send().await
        else {
            return Ok(Publishing::Done);
        };
        if !error.as_service_error().is_some_and(|e| e.is_transaction_canceled_exception()) {
            return Err(unavailable(error));
        }
        let stands = self.get(keys::published(site, section)).await?.map(|item| read(&item)).transpose()?;
        match stands {
            // Stored by this very call: an answer was lost, and it was tried again.
            Some(stands) if stands == *published => Ok(Publishing::Done),
            // Two who publish at once may both be refused; then nothing has moved yet.
            stands if stands.as_ref().map_or(0, |stands| stands.version) == before => {
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

fn write(item: Item, published: &Published) -> Item {
    let item = item
        .text("section", published.section.name())
        .number("version", published.version)
        .time("at", published.at)
        .text("by", published.by.to_string())
        .text("by_name", &published.by_name)
        .text("body", &published.body);
    match published.restored {
        Some(restored) => item.number("restored", restored),
        None => item,
    }
}

fn known(item: &Item) -> bool {
    item.get("section").is_some_and(|name| Section::named(name).is_some())
}

fn read(item: &Item) -> Stored<Published> {
    Ok(Published {
        section: Section::named(item.need("section")?)
            .ok_or_else(|| StoreError::Broken("attribute section".into()))?,
        version: item.need_number("version")?,
        at: item.need_time("at")?,
        by: item.parse("by")?,
        by_name: item.string("by_name").unwrap_or_default(),
        restored: item.get_number("restored"),
        body: item.need("body")?.to_owned(),
    })
}
