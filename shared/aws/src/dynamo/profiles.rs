//! Agents' names, titles and photos.

use super::item::{Item, s};
use super::keys;
use super::{Dynamo, attributes, unavailable};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use domain::ports::{Accounts, Profiles, StoreError, Stored};
use domain::profile::{Photo, PhotoId, PhotoKind, Profile};
use domain::{AgentId, SiteId};

impl Profiles for Dynamo {
    async fn set_profile(&self, site: &SiteId, agent: AgentId, profile: &Profile) -> Stored<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::member(site, agent))))
            .update_expression("SET #name = :name, title = :title")
            .condition_expression("active = :true")
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":name", s(&profile.name))
            .expression_attribute_values(":title", s(&profile.title))
            .expression_attribute_values(":true", true_value());
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn set_photo(
        &self,
        site: &SiteId,
        agent: AgentId,
        before: Option<PhotoId>,
        photo: Option<&Photo>,
    ) -> Stored<bool> {
        let answer = self
            .client
            .transact_write_items()
            .set_transact_items(Some(self.photo_transaction(site, agent, before, photo)))
            .send()
            .await;
        let Err(error) = answer else { return Ok(true) };
        if !error.as_service_error().is_some_and(|error| error.is_transaction_canceled_exception()) {
            return Err(unavailable(error));
        }
        // What stands may be this very change: an answer was lost, and it was tried again.
        let member = self.member(site, agent).await?;
        Ok(member.is_some_and(|member| member.photo == photo.map(|photo| photo.id)))
    }

    async fn photo(&self, site: &SiteId, id: PhotoId) -> Stored<Option<Photo>> {
        let Some(item) = self.get(keys::photo(site, id)).await? else { return Ok(None) };
        let kind = PhotoKind::named(item.need("kind")?)
            .ok_or_else(|| StoreError::Broken("attribute kind".into()))?;
        Ok(Some(Photo { id, agent: item.parse("agent")?, kind, bytes: item.need_bytes("bytes")? }))
    }
}

impl Dynamo {
    fn photo_transaction(
        &self,
        site: &SiteId,
        agent: AgentId,
        before: Option<PhotoId>,
        photo: Option<&Photo>,
    ) -> Vec<TransactWriteItem> {
        let mut member =
            Update::builder().table_name(&self.table).set_key(Some(attributes(keys::member(site, agent))));
        let mut conditions = vec!["attribute_exists(pk)"];
        member = match before {
            Some(before) => {
                conditions.push("photo = :before");
                member.expression_attribute_values(":before", s(before.to_string()))
            }
            None => {
                conditions.push("attribute_not_exists(photo)");
                member
            }
        };
        member = match photo {
            Some(photo) => {
                conditions.push("active = :true");
                member
                    .update_expression("SET photo = :photo")
                    .expression_attribute_values(":photo", s(photo.id.to_string()))
                    .expression_attribute_values(":true", true_value())
            }
            None => member.update_expression("REMOVE photo"),
        };
        let member = member.condition_expression(conditions.join(" AND "));
        let mut items = vec![
            TransactWriteItem::builder()
                .update(member.build().expect("table, key and expression are set"))
                .build(),
        ];
        if let Some(photo) = photo {
            let item = Item::at(keys::photo(site, photo.id))
                .text("agent", photo.agent.to_string())
                .text("kind", photo.kind.media_type())
                .bytes("bytes", &photo.bytes);
            let put = Put::builder().table_name(&self.table).set_item(Some(item.0));
            items
                .push(TransactWriteItem::builder().put(put.build().expect("table and item are set")).build());
        }
        if let Some(before) = before.filter(|before| photo.is_none_or(|photo| photo.id != *before)) {
            let delete = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(attributes(keys::photo(site, before))));
            items.push(
                TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build(),
            );
        }
        items
    }
}

fn true_value() -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::Bool(true)
}
