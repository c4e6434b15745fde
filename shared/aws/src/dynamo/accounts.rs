//! Sites, people, sessions, counters.

use super::bots;
use super::connections::{Admitted, read_role, role_name};
use super::conversations::write_head;
use super::item::{Item, n, s};
use super::keys;
use super::{Dynamo, attributes, unavailable};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, ReturnValue, TransactWriteItem};
use domain::people::{Availability, Member, Page, Person, Shopper, Site};
use domain::ports::{Accounts, CommitError, Session, SignIn, StoreError, Stored};
use domain::rate::{Quota, Rate};
use domain::{AgentId, ShopperId, SiteId, Timestamp, VisitorId};
use std::collections::HashMap;
use std::time::Duration;

/// A sign of life is written at most this often: heartbeats come every 25 s, the lease is 90 s.
const SIGN_EVERY: Duration = Duration::from_secs(20);

impl Accounts for Dynamo {
    async fn site(&self, id: &SiteId) -> Stored<Option<Site>> {
        let Some(item) = self.get(keys::site_settings(id)).await? else { return Ok(None) };
        Ok(Some(Site {
            id: id.clone(),
            name: item.string("name").unwrap_or_default(),
            color: item.string("color").unwrap_or_default(),
            welcome: item.string("welcome").unwrap_or_default(),
            time_zone: item.string("time_zone").unwrap_or_default(),
            origins: item.strings("origins"),
        }))
    }

    async fn put_site(&self, site: &Site) -> Stored<()> {
        let item = Item::at(keys::site_settings(&site.id))
            .text("name", &site.name)
            .text("color", &site.color)
            .text("welcome", &site.welcome)
            .text("time_zone", &site.time_zone)
            .list("origins", site.origins.iter().cloned());
        self.put(item).await
    }

    async fn open_session(&self, hash: [u8; 32], session: &Session, shopper: &Shopper) -> Stored<()> {
        let profile = Item::at(keys::profile(shopper.id))
            .text("site", shopper.site.to_string())
            .maybe_text("name", shopper.name.as_deref())
            .maybe_text("email", shopper.email.as_deref())
            .maybe_text("language", shopper.language.as_deref())
            .maybe_text("time_zone", shopper.time_zone.as_deref())
            .maybe_text("user_agent", shopper.user_agent.as_deref())
            .maybe_text("country", shopper.country.as_deref())
            .time("first_seen", shopper.first_seen)
            .time("last_seen", shopper.last_seen);
        let profile = match &shopper.page {
            Some(page) => write_page(profile, page),
            None => profile,
        };
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(profile.0))
            .condition_expression("attribute_not_exists(pk)");
        match put.send().await {
            Ok(_) => {}
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {}
            Err(error) => return Err(unavailable(error)),
        }
        self.put(write_session(hash, session)).await
    }

    async fn session(
        &self,
        hash: [u8; 32],
        rate: Rate,
        now: Timestamp,
    ) -> Stored<Option<Result<Session, Duration>>> {
        let item = match self.admit_at(keys::session(hash), rate, now).await? {
            Admitted::Absent => return Ok(None),
            Admitted::Limited(retry_after) => return Ok(Some(Err(retry_after))),
            Admitted::Yes(item) => item,
        };
        let session = read_session(&item)?;
        Ok((session.expires_at > now).then_some(Ok(session)))
    }

    async fn known_session(&self, hash: [u8; 32], now: Timestamp) -> Stored<Option<Session>> {
        let Some(item) = self.get(keys::session(hash)).await? else { return Ok(None) };
        let session = read_session(&item)?;
        Ok(Some(session).filter(|session| session.expires_at > now))
    }

    async fn end_session(&self, hash: [u8; 32]) -> Stored<()> {
        self.delete(keys::session(hash)).await
    }

    async fn sign_in(&self, sign_in: &SignIn) -> Result<(), CommitError> {
        let answer = self
            .client
            .transact_write_items()
            .set_transact_items(Some(self.sign_in_transaction(sign_in)))
            .send()
            .await;
        let Err(error) = answer else { return Ok(()) };
        if error.as_service_error().is_some_and(|error| error.is_transaction_canceled_exception()) {
            return Err(CommitError::Moved);
        }
        Err(unavailable(error).into())
    }

    /// Access pattern: a verified shopper's browsers, the newest first.
    async fn browsers(&self, verified: ShopperId, limit: usize) -> Stored<Vec<ShopperId>> {
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", s(keys::shopper(verified)))
            .expression_attribute_values(":prefix", s(keys::BROWSER))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(unavailable)?;
        page.items.unwrap_or_default().into_iter().map(|item| Item::from(item).parse("shopper")).collect()
    }

    async fn signed_in_as(&self, anonymous: ShopperId) -> Stored<Option<ShopperId>> {
        self.get(keys::signed_in(anonymous)).await?.map(|item| item.parse("shopper")).transpose()
    }

    async fn vouch(&self, shopper: &Shopper) -> Stored<()> {
        let page = shopper.page.as_ref();
        let told = [
            ("name", shopper.name.as_deref()),
            ("email", shopper.email.as_deref()),
            ("language", shopper.language.as_deref()),
            ("time_zone", shopper.time_zone.as_deref()),
            ("user_agent", shopper.user_agent.as_deref()),
            ("country", shopper.country.as_deref()),
            ("page_url", page.map(|page| page.url.as_str())),
            ("page_title", page.map(|page| page.title.as_str())),
            ("page_referrer", page.map(|page| page.referrer.as_str())),
        ];
        let mut sets = vec![
            "site = :site".to_owned(),
            "first_seen = if_not_exists(first_seen, :first_seen)".to_owned(),
            "last_seen = :last_seen".to_owned(),
        ];
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::profile(shopper.id))))
            .expression_attribute_values(":site", s(shopper.site.to_string()))
            .expression_attribute_values(":first_seen", n(shopper.first_seen.millis()))
            .expression_attribute_values(":last_seen", n(shopper.last_seen.millis()));
        for (name, text) in told.into_iter().filter_map(|(name, text)| Some((name, text?))) {
            // Some of these are words of DynamoDB's own.
            sets.push(format!("#{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), s(text));
        }
        update.update_expression(format!("SET {}", sets.join(", "))).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn shopper(&self, id: ShopperId) -> Stored<Option<Shopper>> {
        let Some(item) = self.get(keys::profile(id)).await? else { return Ok(None) };
        Ok(Some(Shopper {
            id,
            site: item.parse("site")?,
            name: item.string("name"),
            email: item.string("email"),
            language: item.string("language"),
            time_zone: item.string("time_zone"),
            user_agent: item.string("user_agent"),
            country: item.string("country"),
            page: read_page(&item),
            answers: bots::read_answers(&item)?,
            visitor: item.parse_maybe("visitor")?,
            first_seen: item.need_time("first_seen")?,
            last_seen: item.need_time("last_seen")?,
        }))
    }

    async fn visit(&self, id: ShopperId, page: &Page, now: Timestamp) -> Stored<()> {
        let update = self
            .of_known(id)
            .update_expression(
                "SET page_url = :url, page_title = :title, page_referrer = :referrer, last_seen = :now",
            )
            .expression_attribute_values(":url", s(&page.url))
            .expression_attribute_values(":title", s(&page.title))
            .expression_attribute_values(":referrer", s(&page.referrer))
            .expression_attribute_values(":now", n(now.millis()));
        unless_unknown(update).await
    }

    async fn reports_as(&self, id: ShopperId, visitor: VisitorId) -> Stored<()> {
        let update = self
            .of_known(id)
            .update_expression("SET visitor = :visitor")
            .expression_attribute_values(":visitor", s(visitor.to_string()));
        unless_unknown(update).await
    }

    async fn person_by_email(&self, email: &str) -> Stored<Option<Person>> {
        let Some(item) = self.get(keys::person(email)).await? else { return Ok(None) };
        Ok(Some(Person {
            id: item.parse("agent")?,
            email: email.to_owned(),
            name: item.string("name").unwrap_or_default(),
            owner: item.is_set("owner"),
        }))
    }

    async fn put_person(&self, person: &Person) -> Stored<()> {
        let item = Item::at(keys::person(&person.email))
            .text("agent", person.id.to_string())
            .text("name", &person.name)
            .flag("owner", person.owner);
        self.put(item).await
    }

    /// Access pattern: the sites of a person.
    async fn memberships(&self, agent: AgentId) -> Stored<Vec<SiteId>> {
        let items = self.query_prefix(keys::agent(agent), "S#").await?;
        items.iter().map(|item| item.parse("site")).collect()
    }

    async fn member(&self, site: &SiteId, agent: AgentId) -> Stored<Option<Member>> {
        self.get(keys::member(site, agent)).await?.map(|item| read_member(site, &item)).transpose()
    }

    /// Access pattern: the team of a site.
    async fn members(&self, site: &SiteId) -> Stored<Vec<Member>> {
        let items = self.query_prefix(keys::site(site), "M#").await?;
        items.iter().map(|item| read_member(site, item)).collect()
    }

    async fn put_member(&self, member: &Member) -> Stored<bool> {
        let mut item = Item::at(keys::member(&member.site, member.agent))
            .text("agent", member.agent.to_string())
            .text("name", &member.name)
            .text("title", &member.title)
            .maybe_text("photo", member.photo.map(|photo| photo.to_string()))
            .text("role", role_name(member.role))
            .number("version", member.version)
            .flag("active", member.active)
            .text("availability", availability_name(member.availability));
        if let Some(at) = member.seen_at {
            item = item.time("seen_at", at);
        }
        let membership =
            Item::at(keys::membership(member.agent, &member.site)).text("site", member.site.to_string());
        let put_member = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item.0))
            .expression_attribute_values(":before", n(member.version.saturating_sub(1)));
        let put_member = match member.photo {
            None => put_member.condition_expression(
                "attribute_not_exists(pk) OR (version = :before AND attribute_not_exists(photo))",
            ),
            Some(photo) => put_member
                .condition_expression("version = :before AND photo = :photo")
                .expression_attribute_values(":photo", s(photo.to_string())),
        };
        let put_membership = Put::builder().table_name(&self.table).set_item(Some(membership.0));
        let items = [put_member, put_membership].map(|put| {
            TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
        });
        let Err(error) =
            self.client.transact_write_items().set_transact_items(Some(items.to_vec())).send().await
        else {
            return Ok(true);
        };
        if !error.as_service_error().is_some_and(|e| e.is_transaction_canceled_exception()) {
            return Err(unavailable(error));
        }
        // What stands there may be this very membership: an answer was lost, and it was tried again.
        let stored = self.member(&member.site, member.agent).await?;
        Ok(stored.is_some_and(|stored| stored.same_as(member)))
    }

    async fn sign_of_life(
        &self,
        site: &SiteId,
        agent: AgentId,
        chosen: Option<Availability>,
        now: Timestamp,
    ) -> Stored<Option<Member>> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::member(site, agent))))
            .expression_attribute_values(":now", n(now.millis()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(
                aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld,
            );
        let update = match chosen {
            Some(chosen) => update
                .update_expression("SET seen_at = :now, availability = :chosen")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_values(":chosen", s(availability_name(chosen))),
            None => update
                .update_expression("SET seen_at = :now")
                .condition_expression(
                    "attribute_exists(pk) AND (attribute_not_exists(seen_at) OR seen_at <= :long_ago)",
                )
                .expression_attribute_values(":long_ago", n(now.minus(SIGN_EVERY).millis())),
        };
        let item: Option<HashMap<String, AttributeValue>> = match update.send().await {
            Ok(answer) => answer.attributes,
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => refused.item().cloned(),
                _ => return Err(unavailable(error)),
            },
        };
        item.map(|item| read_member(site, &item.into())).transpose()
    }

    async fn count(&self, quota: Quota, key: &str, now: Timestamp) -> Stored<Result<(), Duration>> {
        let end = quota.window_end(now);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::quota(quota.name, key, quota.window_of(now)))))
            .update_expression("ADD used :one SET #ttl = :ttl")
            .condition_expression("attribute_not_exists(used) OR used < :limit")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":ttl", n(end.seconds_ceil()))
            .expression_attribute_values(":limit", n(u64::from(quota.limit)));
        match update.send().await {
            Ok(_) => Ok(Ok(())),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(Err(end.since(now)))
            }
            Err(error) => Err(unavailable(error)),
        }
    }
}

/// Carries out a change to a profile; of somebody of whom nothing is known nothing is stored.
async fn unless_unknown(update: UpdateItemFluentBuilder) -> Stored<()> {
    match update.send().await {
        Err(error)
            if !error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
        {
            Err(unavailable(error))
        }
        _ => Ok(()),
    }
}

impl Dynamo {
    fn of_known(&self, shopper: ShopperId) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::profile(shopper))))
            .condition_expression("attribute_exists(pk)")
    }

    fn sign_in_transaction(&self, sign_in: &SignIn) -> Vec<TransactWriteItem> {
        let SignIn { before, ends, session, hash, open, moved, linked, at } = sign_in;
        let verified = session.shopper;
        let put = |item: Item| Put::builder().table_name(&self.table).set_item(Some(item.0));
        let delete =
            |key: keys::Key| Delete::builder().table_name(&self.table).set_key(Some(attributes(key)));
        let mut deletes = vec![delete(keys::session(*ends)).condition_expression("attribute_exists(pk)")];
        let mut puts = vec![put(write_session(*hash, session))];
        let mark =
            Item::at(keys::open(*before)).maybe_text("conversation", open.map(|open| open.to_string()));
        // While it says so, nothing begins as the anonymous shopper.
        let stays = open.is_some() && moved.is_none();
        let mark = put(mark.maybe_text("signed_in_as", (!stays).then(|| verified.to_string())));
        puts.push(match open {
            None => mark.condition_expression("attribute_not_exists(pk)"),
            Some(open) => mark
                .condition_expression("conversation = :open AND attribute_not_exists(signed_in_as)")
                .expression_attribute_values(":open", s(open.to_string())),
        });
        if let Some(head) = moved {
            let conversation = head.id.to_string();
            puts.push(
                put(write_head(head))
                    .condition_expression("rev = :rev AND attribute_not_exists(closed_at)")
                    .expression_attribute_values(":rev", n(head.rev - 1)),
            );
            let now_open = Item::at(keys::open(verified)).text("conversation", &conversation);
            puts.push(put(now_open).condition_expression("attribute_not_exists(pk)"));
            puts.push(put(
                Item::at(keys::pointer(verified, head.began_at, head.id)).text("conversation", conversation)
            ));
            deletes.push(delete(keys::pointer(*before, head.began_at, head.id)));
        }
        if *linked {
            let was = Item::at(keys::browser(verified, *at, *before)).text("shopper", before.to_string());
            let is = Item::at(keys::signed_in(*before)).text("shopper", verified.to_string());
            puts.extend([put(was), put(is)]);
        }
        let puts = puts.into_iter().map(|put| {
            TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
        });
        let deletes = deletes.into_iter().map(|delete| {
            TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
        });
        puts.chain(deletes).collect()
    }
}

fn read_session(item: &Item) -> Stored<Session> {
    Ok(Session {
        shopper: item.parse("shopper")?,
        site: item.parse("site")?,
        expires_at: item.need_time("expires_at")?,
    })
}

fn write_session(hash: [u8; 32], session: &Session) -> Item {
    Item::at(keys::session(hash))
        .text("shopper", session.shopper.to_string())
        .text("site", session.site.to_string())
        .number("tat", 0)
        .ttl(session.expires_at)
}

fn write_page(item: Item, page: &Page) -> Item {
    item.text("page_url", &page.url).text("page_title", &page.title).text("page_referrer", &page.referrer)
}

fn read_page(item: &Item) -> Option<Page> {
    let text = |name| item.string(name).unwrap_or_default();
    item.get("page_url").map(|url| Page {
        url: url.to_owned(),
        title: text("page_title"),
        referrer: text("page_referrer"),
    })
}

const fn availability_name(availability: Availability) -> &'static str {
    match availability {
        Availability::Online => "online",
        Availability::Invisible => "invisible",
        Availability::Offline => "offline",
    }
}

fn read_member(site: &SiteId, item: &Item) -> Stored<Member> {
    let availability = match item.need("availability")? {
        "online" => Availability::Online,
        "invisible" => Availability::Invisible,
        "offline" => Availability::Offline,
        _ => return Err(StoreError::Broken("attribute availability".into())),
    };
    Ok(Member {
        site: site.clone(),
        agent: item.parse("agent")?,
        name: item.string("name").unwrap_or_default(),
        title: item.string("title").unwrap_or_default(),
        photo: item.parse_maybe("photo")?,
        role: read_role(item)?,
        version: item.need_number("version")?,
        active: item.is_set("active"),
        availability,
        seen_at: item.get_number("seen_at").map(Timestamp),
    })
}
