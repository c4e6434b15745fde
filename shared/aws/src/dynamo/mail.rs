//! Addresses, the outbox, and what mails bear.

use super::item::{Item, n, s};
use super::keys;
use super::{Dynamo, attributes, unavailable};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use domain::fallback::cold_address_is_full;
use domain::ports::{
    ADDRESS_LIFE, Addresses, Claimed, Correspondent, MAIL_MEMORY, MailKey, MailLink, MailOutbox, MailTokens,
    Purpose, REPLY_GRANT_LIFE, Recipient, ReplyGrant, SentMail, StoreError, Stored, Suppressed,
};
use domain::{ClientId, SiteId, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Tries of an address that others take turns at.
const MOST_OVERTAKEN: u32 = 6;
/// Mails are remembered for this long on their address.
const TURNS: Duration = Duration::from_secs(24 * 60 * 60);
/// Mails that an address remembers at most: far more than count.
const MOST_TURNS: usize = 50;

impl Addresses for Dynamo {
    async fn correspondent(&self, site: &SiteId, address: [u8; 32]) -> Stored<Correspondent> {
        let item = self.get(keys::address(site, address)).await?;
        item.map_or_else(|| Ok(Correspondent::default()), |item| read_correspondent(&item))
    }

    async fn suppress(
        &self,
        site: &SiteId,
        address: [u8; 32],
        why: Suppressed,
        at: Timestamp,
    ) -> Stored<bool> {
        let update = self
            .update(keys::address(site, address))
            .update_expression("SET suppressed = :why, suppressed_at = :at REMOVE #ttl")
            .condition_expression("attribute_not_exists(suppressed)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":why", s(why.name()))
            .expression_attribute_values(":at", n(at.millis()));
        match refused(update).await? {
            None => Ok(true),
            Some(stands) => Ok(read_correspondent(&stands)?.suppressed == Some((why, at))),
        }
    }

    async fn warm(&self, site: &SiteId, address: [u8; 32], at: Timestamp) -> Stored<()> {
        let update = self
            .update(keys::address(site, address))
            .update_expression("SET warm_at = if_not_exists(warm_at, :at)")
            .expression_attribute_values(":at", n(at.millis()));
        update.send().await.map(|_| ()).map_err(unavailable)
    }

    async fn take_turn(
        &self,
        site: &SiteId,
        address: [u8; 32],
        id: ClientId,
        now: Timestamp,
    ) -> Stored<bool> {
        let key = keys::address(site, address);
        for _ in 0..MOST_OVERTAKEN {
            let item = self.get(key.clone()).await?.unwrap_or_default();
            let known = read_correspondent(&item)?;
            let mut turns = read_turns(&item)?;
            let id = id.to_string();
            turns.remove(&id);
            let others: Vec<Timestamp> = turns.values().copied().collect();
            if known.suppressed.is_some() || (!known.warm && cold_address_is_full(&others, now)) {
                return Ok(false);
            }
            turns.retain(|_, at| at.plus(TURNS) > now);
            while turns.len() >= MOST_TURNS {
                let oldest = turns.iter().min_by_key(|(_, at)| **at).map(|(id, _)| id.clone());
                turns.remove(&oldest.unwrap_or_default());
            }
            turns.insert(id, now);
            let turns = turns.iter().map(|(id, at)| (id.clone(), n(at.millis()))).collect();
            let rev = item.get_number("rev").unwrap_or_default();
            let update = self
                .update(key.clone())
                .update_expression("SET mails = :mails, rev = :next, #ttl = :ttl")
                .condition_expression(match rev {
                    0 => "attribute_not_exists(rev) AND attribute_not_exists(suppressed)",
                    _ => "rev = :rev AND attribute_not_exists(suppressed)",
                })
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":mails", AttributeValue::M(turns))
                .expression_attribute_values(":next", n(rev + 1))
                .expression_attribute_values(":ttl", n(now.plus(ADDRESS_LIFE).seconds_ceil()));
            let update = if rev == 0 { update } else { update.expression_attribute_values(":rev", n(rev)) };
            if refused(update).await?.is_none() {
                return Ok(true);
            }
        }
        Err(StoreError::Unavailable("an address at which many take turns".into()))
    }
}

impl MailOutbox for Dynamo {
    async fn claim_mail(&self, key: &MailKey, by: u128, now: Timestamp, until: Timestamp) -> Stored<Claimed> {
        let claim = Item::at(keys::mail(key))
            .text("claimed_by", by_text(by))
            .time("claimed_until", until)
            .ttl(now.plus(MAIL_MEMORY));
        let condition =
            "attribute_not_exists(pk) OR (attribute_not_exists(sent_at) AND claimed_until <= :now)";
        let Some(stands) = self.put_if(claim, condition, &[(":now", now.millis())]).await? else {
            return Ok(Claimed::Yes);
        };
        if stands.get_number("sent_at").is_some() {
            return Ok(Claimed::Sent(read_sent(&stands)?));
        }
        // This very claim: an answer was lost, and it was tried again.
        if stands.need("claimed_by")? == by_text(by) {
            return Ok(Claimed::Yes);
        }
        Ok(Claimed::Held { until: stands.need_time("claimed_until")? })
    }

    async fn record_mail(&self, key: &MailKey, sent: &SentMail) -> Stored<SentMail> {
        let update = self
            .update(keys::mail(key))
            .update_expression("SET sent_at = :at, through = :through, sent_to = :to, message_id = :id, expires_at = :expires, #ttl = :ttl")
            .condition_expression("attribute_not_exists(sent_at)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":at", n(sent.at.millis()))
            .expression_attribute_values(":through", n(sent.through))
            .expression_attribute_values(":to", s(&sent.to))
            .expression_attribute_values(":id", s(&sent.message_id))
            .expression_attribute_values(":expires", n(sent.at.plus(MAIL_MEMORY).millis()))
            .expression_attribute_values(":ttl", n(sent.at.plus(MAIL_MEMORY).seconds_ceil()));
        match refused(update).await? {
            None => Ok(sent.clone()),
            Some(stands) => read_sent(&stands),
        }
    }

    async fn sent_mail(&self, key: &MailKey) -> Stored<Option<SentMail>> {
        let item = self.get(keys::mail(key)).await?;
        item.filter(|item| item.get_number("sent_at").is_some()).map(|item| read_sent(&item)).transpose()
    }

    async fn release_mail(&self, key: &MailKey, by: u128) -> Stored<()> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::mail(key))))
            .condition_expression("claimed_by = :by AND attribute_not_exists(sent_at)")
            .expression_attribute_values(":by", s(by_text(by)));
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(unavailable(error)),
            },
        }
    }
}

impl MailTokens for Dynamo {
    async fn keep_reply_grant(&self, hash: [u8; 32], grant: &ReplyGrant) -> Stored<()> {
        let item = Item::at(keys::reply_grant(hash))
            .text("site", grant.site.as_str())
            .text("conversation", grant.conversation.to_string())
            .maybe_text(
                "agent",
                match grant.recipient {
                    Recipient::Shopper => None,
                    Recipient::Agent(agent) => Some(agent.to_string()),
                },
            )
            .text("address", keys::hex(&grant.address))
            .time("made_at", grant.made_at)
            .ttl(grant.made_at.plus(REPLY_GRANT_LIFE));
        self.put(match grant.revoked_at {
            Some(at) => item.time("revoked_at", at),
            None => item,
        })
        .await
    }

    async fn reply_grant(&self, hash: [u8; 32], now: Timestamp) -> Stored<Option<ReplyGrant>> {
        let Some(item) = self.get(keys::reply_grant(hash)).await? else { return Ok(None) };
        if item.need_time("expires_at")? <= now {
            return Ok(None);
        }
        Ok(Some(ReplyGrant {
            site: item.parse("site")?,
            conversation: item.parse("conversation")?,
            recipient: item.parse_maybe("agent")?.map_or(Recipient::Shopper, Recipient::Agent),
            address: read_hash(&item, "address")?,
            made_at: item.need_time("made_at")?,
            revoked_at: item.get_number("revoked_at").map(Timestamp),
        }))
    }

    async fn revoke_reply_grant(&self, hash: [u8; 32], at: Timestamp) -> Stored<bool> {
        let update = self
            .update(keys::reply_grant(hash))
            .update_expression("SET revoked_at = :at")
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(revoked_at) OR revoked_at > :at)",
            )
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_values(":at", n(at.millis()));
        let Err(error) = update.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => Ok(refused.item().is_some()),
            _ => Err(unavailable(error)),
        }
    }

    async fn keep_mail_link(&self, hash: [u8; 32], link: &MailLink) -> Stored<()> {
        let item = Item::at(link_key(hash, link.purpose))
            .text("purpose", link.purpose.name())
            .text("site", link.site.as_str())
            .text("conversation", link.conversation.to_string())
            .text("shopper", link.shopper.to_string())
            .text("address", keys::hex(&link.address))
            .ttl(link.expires_at);
        self.put(item).await
    }

    async fn mail_link(&self, hash: [u8; 32], purpose: Purpose, now: Timestamp) -> Stored<Option<MailLink>> {
        let Some(item) = self.get(link_key(hash, purpose)).await? else { return Ok(None) };
        let expires_at = item.need_time("expires_at")?;
        if expires_at <= now || item.need("purpose")? != purpose.name() {
            return Ok(None);
        }
        Ok(Some(MailLink {
            purpose,
            site: item.parse("site")?,
            conversation: item.parse("conversation")?,
            shopper: item.parse("shopper")?,
            address: read_hash(&item, "address")?,
            expires_at,
        }))
    }
}

fn link_key(hash: [u8; 32], purpose: Purpose) -> keys::Key {
    match purpose {
        Purpose::Resume | Purpose::Unsubscribe => keys::mail_link(hash),
        Purpose::Resumed => keys::resumed(hash),
    }
}

impl Dynamo {
    fn update(&self, key: keys::Key) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(attributes(key)))
    }
}

/// Sends an update; what stands if its condition does not hold.
async fn refused(update: UpdateItemFluentBuilder) -> Stored<Option<Item>> {
    let update = update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let Err(error) = update.send().await else { return Ok(None) };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
            Ok(Some(refused.item().cloned().map(Item::from).unwrap_or_default()))
        }
        _ => Err(unavailable(error)),
    }
}

fn by_text(by: u128) -> String {
    format!("{by:032x}")
}

fn read_correspondent(item: &Item) -> Stored<Correspondent> {
    let suppressed = match item.get("suppressed") {
        None => None,
        // A reason of a newer version is one all the same.
        Some(why) => {
            Some((Suppressed::named(why).unwrap_or(Suppressed::Bounced), item.need_time("suppressed_at")?))
        }
    };
    let mut mails: Vec<Timestamp> = read_turns(item)?.into_values().collect();
    mails.sort_unstable();
    Ok(Correspondent { suppressed, warm: item.get_number("warm_at").is_some(), mails })
}

fn read_turns(item: &Item) -> Stored<BTreeMap<String, Timestamp>> {
    let broken = || StoreError::Broken("attribute mails".into());
    let none = HashMap::new();
    let turns = match item.0.get("mails") {
        None => &none,
        Some(turns) => turns.as_m().map_err(|_| broken())?,
    };
    let turn =
        |(id, at): (&String, &AttributeValue)| Some((id.clone(), Timestamp(at.as_n().ok()?.parse().ok()?)));
    turns.iter().map(turn).collect::<Option<_>>().ok_or_else(broken)
}

fn read_sent(item: &Item) -> Stored<SentMail> {
    Ok(SentMail {
        through: item.need_number("through")?,
        to: item.need("sent_to")?.to_owned(),
        at: item.need_time("sent_at")?,
        message_id: item.need("message_id")?.to_owned(),
    })
}

fn read_hash(item: &Item, name: &str) -> Stored<[u8; 32]> {
    keys::unhex(item.need(name)?).ok_or_else(|| StoreError::Broken(format!("attribute {name}")))
}
