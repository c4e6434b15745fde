//! The keys by which shops vouch for their shoppers, and the ids of tokens that have been used.

use super::item::{Item, n};
use super::keys;
use super::{Dynamo, attributes, unavailable};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::identity::{Key, KeyId, Material};
use domain::ports::{IdentityKeys, StoreError, Stored};
use domain::{SiteId, Timestamp};
use sha2::{Digest, Sha256};

impl IdentityKeys for Dynamo {
    /// Access pattern: the keys of a site.
    async fn identity_keys(&self, site: &SiteId) -> Stored<Vec<Key>> {
        let items = self.query_prefix(keys::identity(site), keys::IDENTITY_KEY).await?;
        let mut keys = items.iter().map(read).collect::<Stored<Vec<_>>>()?;
        keys.sort_by(|a, b| (a.made_at, &a.id).cmp(&(b.made_at, &b.id)));
        Ok(keys)
    }

    async fn keep_key(&self, site: &SiteId, key: &Key) -> Stored<bool> {
        let item = Item::at(keys::identity_key(site, &key.id))
            .text("id", key.id.as_str())
            .time("made_at", key.made_at);
        let item = match &key.material {
            Material::Secret(secret) => item.text("secret", keys::hex(secret)),
            Material::PublicKey(pem) => item.text("public_key", pem),
        };
        let item = match key.ends_at {
            Some(at) => item.time("ends_at", at),
            None => item,
        };
        match self.put_if(item, "attribute_not_exists(pk)", &[]).await? {
            None => Ok(true),
            // This very key: an answer was lost, and it was tried again.
            Some(stands) => Ok(read(&stands)? == *key),
        }
    }

    async fn end_key(&self, site: &SiteId, id: &KeyId, at: Timestamp) -> Stored<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::identity_key(site, id))))
            .update_expression("SET ends_at = :at")
            .condition_expression("attribute_exists(pk) AND (attribute_not_exists(ends_at) OR ends_at > :at)")
            .expression_attribute_values(":at", n(at.millis()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = update.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => Ok(refused.item().is_some()),
            _ => Err(unavailable(error)),
        }
    }

    async fn claim_token(
        &self,
        site: &SiteId,
        token: &str,
        subject: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Stored<Option<String>> {
        let hash =
            Sha256::new().chain_update(site.as_str()).chain_update(b"\0").chain_update(token).finalize();
        let item = Item::at(keys::token(hash.into())).text("subject", subject).ttl(until);
        let condition = "attribute_not_exists(pk) OR expires_at <= :now";
        let stands = self.put_if(item, condition, &[(":now", now.millis())]).await?;
        stands.map(|stands| stands.need("subject").map(str::to_owned)).transpose()
    }
}

impl Dynamo {
    /// Puts an item if `condition` holds; otherwise answers what stands.
    pub(super) async fn put_if(
        &self,
        item: Item,
        condition: &str,
        numbers: &[(&str, u64)],
    ) -> Stored<Option<Item>> {
        let refused = self.put_refused(item, condition, numbers).await?;
        refused
            .map(|stands| stands.ok_or_else(|| StoreError::Unavailable("refused, and gone".into())))
            .transpose()
    }

    /// The same; what stands may be nothing.
    pub(super) async fn put_refused(
        &self,
        item: Item,
        condition: &str,
        numbers: &[(&str, u64)],
    ) -> Stored<Option<Option<Item>>> {
        let mut put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item.0))
            .condition_expression(condition)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, number) in numbers {
            put = put.expression_attribute_values(*name, n(*number));
        }
        match put.send().await {
            Ok(_) => Ok(None),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                match error.into_err() {
                    PutItemError::ConditionalCheckFailedException(refused) => {
                        Ok(Some(refused.item().cloned().map(Item::from)))
                    }
                    _ => Err(StoreError::Unavailable("refused".into())),
                }
            }
            Err(error) => Err(unavailable(error)),
        }
    }
}

fn read(item: &Item) -> Stored<Key> {
    let broken = |name: &str| StoreError::Broken(format!("attribute {name}"));
    let material = match (item.get("secret"), item.get("public_key")) {
        (Some(secret), _) => Material::Secret(unhex(secret).ok_or_else(|| broken("secret"))?),
        (None, Some(pem)) => Material::PublicKey(pem.to_owned()),
        (None, None) => return Err(broken("secret")),
    };
    Ok(Key {
        id: KeyId::parse(item.need("id")?).ok_or_else(|| broken("id"))?,
        material,
        made_at: item.need_time("made_at")?,
        ends_at: item.get_number("ends_at").map(Timestamp),
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let whole = text.len().is_multiple_of(2) && text.is_ascii();
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    whole.then(|| (0..text.len()).step_by(2).map(byte).collect())?
}
