//! Questions of the FAQs, counted: each event once for its mark.

use super::conversations::read_field_id;
use super::item::{Item, n, s};
use super::keys;
use super::{Dynamo, attributes, unavailable};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use domain::ports::{FAQ_MARK_LIFE, FaqCount, FaqCounts, FaqEvent, StoreError, Stored};
use domain::settings::FieldId;
use domain::{SiteId, Timestamp};
use uuid::Uuid;

/// Tries of a count that others move at the same time.
const MOST_CONFLICTS: u32 = 6;

impl FaqCounts for Dynamo {
    async fn count_faq(
        &self,
        site: &SiteId,
        faq: &FieldId,
        event: FaqEvent,
        mark: Uuid,
        now: Timestamp,
    ) -> Stored<bool> {
        let mark = Item::at(keys::faq_mark(site, faq, event, mark)).ttl(now.plus(FAQ_MARK_LIFE));
        let mark = Put::builder()
            .table_name(&self.table)
            .set_item(Some(mark.0))
            .condition_expression("attribute_not_exists(pk)");
        let count = Update::builder()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::faq_count(site, faq))))
            .update_expression("SET faq = :faq ADD #event :one")
            .expression_attribute_names("#event", event.name())
            .expression_attribute_values(":faq", s(faq.as_str()))
            .expression_attribute_values(":one", n(1));
        let items = vec![
            TransactWriteItem::builder().put(mark.build().expect("table and item are set")).build(),
            TransactWriteItem::builder().update(count.build().expect("table and key are set")).build(),
        ];
        for _ in 0..MOST_CONFLICTS {
            let write = self.client.transact_write_items().set_transact_items(Some(items.clone()));
            let Err(error) = write.send().await else { return Ok(true) };
            let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
                error.as_service_error()
            else {
                return Err(unavailable(error));
            };
            let reasons: Vec<&str> = canceled
                .cancellation_reasons()
                .iter()
                .map(|reason| reason.code().unwrap_or("None"))
                .collect();
            if reasons.first() == Some(&"ConditionalCheckFailed") {
                return Ok(false);
            }
            if !reasons.contains(&"TransactionConflict") {
                return Err(StoreError::Unavailable(reasons.join(", ")));
            }
        }
        Err(StoreError::Unavailable("a count that many move at once".into()))
    }

    /// Access pattern: the counts of a site.
    async fn faq_counts(&self, site: &SiteId) -> Stored<Vec<FaqCount>> {
        let items = self.query_prefix(keys::site(site), keys::FAQ_COUNT).await?;
        let read = |item: &Item| {
            let count = |event: FaqEvent| item.get_number(event.name()).unwrap_or_default();
            Ok(FaqCount {
                faq: read_field_id(item, "faq")?,
                opened: count(FaqEvent::Opened),
                still_needed: count(FaqEvent::StillNeeded),
            })
        };
        items.iter().map(read).collect()
    }
}
