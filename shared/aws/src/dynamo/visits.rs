//! Visitors who are remembered, what was shown, and what came of it.

use super::item::{Item, n, s};
use super::keys::{self, Key};
use super::{Dynamo, attributes, unavailable};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use domain::conversation::ByTrigger;
use domain::ports::{Commit, CommitError, Order, StoreError, Stored, Visits, mark_life};
use domain::proactive::{
    Claiming, Credit, Day, Fact, Known, Opens, Owner, Remembered, Results, Showing, Speaker, Trial,
    VISITOR_LIFE,
};
use domain::settings::FieldId;
use domain::triggers::shown::{Claim, Free, Mark};
use domain::triggers::{Campaign, Country, Currency, PageId, Referrer, VisitId};
use domain::{SiteId, Timestamp, VisitorId};
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// Tries of a transaction whose items others write at the same moment: results are one item a day and trigger.
const MOST_CONFLICTS: u32 = 6;
/// Results, and that an order has been counted.
const RESULTS_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// Prefix of the attributes that hold what orders come to, by currency.
const VALUE: &str = "value#";

/// What became of a transaction.
enum Written {
    Done,
    /// A condition was not met.
    Refused,
}

impl Visits for Dynamo {
    /// Access pattern: a visitor with marks, all at once.
    async fn known_visitor(&self, id: VisitorId) -> Stored<Option<Known>> {
        let items = self.query_prefix(keys::visitor(id), "").await?;
        let mut visitor = None;
        let (mut marks, mut dismissed, mut credit) = (Vec::new(), std::collections::BTreeSet::new(), None);
        for item in &items {
            match item.need("kind")? {
                "visitor" => visitor = Some(read_visitor(item)?),
                "mark" => marks.push(read_mark(item)?),
                "dismissed" => {
                    dismissed.insert(field(item, "trigger")?);
                }
                "credit" => {
                    credit = Some(Credit { trigger: field(item, "trigger")?, at: item.need_time("at")? });
                }
                // Of a newer version.
                _ => {}
            }
        }
        Ok(visitor.map(|visitor| Known { visitor, marks, dismissed, credit }))
    }

    async fn keep_visitor(&self, visitor: &Remembered, expected: Option<u64>) -> Stored<bool> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(write_visitor(visitor).0));
        let put = match expected {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(rev) => put.condition_expression("rev = :rev").expression_attribute_values(":rev", n(rev)),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn page_marks(&self, page: PageId) -> Stored<Vec<(Mark, Timestamp)>> {
        let items = self.query_prefix(keys::page_marks(page), keys::MARK).await?;
        items.iter().map(read_mark).collect()
    }

    async fn claim(&self, claiming: &Claiming) -> Stored<bool> {
        let owner = match claiming.owner {
            Owner::Visitor(id) => keys::visitor(id),
            Owner::Page(page) => keys::page_marks(page),
        };
        let mut items: Vec<TransactWriteItem> =
            claiming.claims.iter().map(|claim| self.mark(&owner, claim, claiming.at)).collect();
        if let Some((hash, showing)) = &claiming.showing {
            items.push(self.put_new(write_showing(*hash, showing)));
        }
        if let Some((site, trigger, day)) = &claiming.counts {
            items.push(self.count_result(site, trigger, day, claiming.at, &[("shown", 1)]));
        }
        if items.is_empty() {
            return Ok(true);
        }
        Ok(matches!(self.write_all(items).await?, Written::Done))
    }

    async fn keep_showing(&self, hash: [u8; 32], showing: &Showing) -> Stored<()> {
        self.put(write_showing(hash, showing)).await
    }

    async fn showing(&self, hash: [u8; 32], now: Timestamp) -> Stored<Option<Showing>> {
        let Some(item) = self.get(keys::showing(hash)).await? else { return Ok(None) };
        Ok(Some(read_showing(&item)?).filter(|showing| showing.expires_at() > now))
    }

    async fn opened(&self, hash: [u8; 32], showing: &Showing, day: &Day, now: Timestamp) -> Stored<bool> {
        let fact = Update::builder()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::showing(hash))))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(opened_at)")
            .update_expression("SET opened_at = :at")
            .expression_attribute_values(":at", n(now.millis()));
        let mut items = vec![update(fact)];
        items.extend(self.consequences(showing, day, now, Fact::Opened));
        Ok(matches!(self.write_all(items).await?, Written::Done))
    }

    async fn commit_answer(
        &self,
        commit: &Commit,
        hash: [u8; 32],
        showing: &Showing,
        day: &Day,
    ) -> Result<(), CommitError> {
        let at = commit.receipt.at;
        let fact = Update::builder()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::showing(hash))))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(answered)")
            .update_expression("SET answered = :conversation, answered_at = :at")
            .expression_attribute_values(":conversation", s(commit.head.id.to_string()))
            .expression_attribute_values(":at", n(at.millis()));
        let mut more = vec![update(fact)];
        more.extend(self.consequences(showing, day, at, Fact::Answered));
        self.commit_with(commit, more).await
    }

    async fn dismiss(&self, visitor: VisitorId, trigger: &FieldId, now: Timestamp) -> Stored<()> {
        let item = Item::at(keys::dismissed(visitor, trigger))
            .text("kind", "dismissed")
            .text("trigger", trigger.as_str())
            .ttl(now.plus(VISITOR_LIFE));
        self.put(item).await
    }

    async fn convert(&self, order: &Order, site: &SiteId, credit: &Credit, day: &Day) -> Stored<bool> {
        let mark = Item::at(keys::order(order.visitor, order.hash))
            .text("trigger", credit.trigger.as_str())
            .ttl(order.at.plus(RESULTS_LIFE));
        let value = format!("{VALUE}{}", order.currency.as_ref().map_or("", Currency::as_str));
        let counts = [("converted", 1), (value.as_str(), order.value)];
        let items =
            vec![self.put_new(mark), self.count_result(site, &credit.trigger, day, order.at, &counts)];
        Ok(matches!(self.write_all(items).await?, Written::Done))
    }

    /// Access pattern: a site's results from a day on.
    async fn results(&self, site: &SiteId, from: &Day) -> Stored<Vec<Results>> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk >= :from")
                .expression_attribute_values(":pk", s(keys::results(site)))
                .expression_attribute_values(":from", s(from.as_str()))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(unavailable)?;
            for item in page.items.unwrap_or_default() {
                found.push(read_results(&item.into())?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }

    async fn keep_trial(&self, hash: [u8; 32], trial: &Trial) -> Stored<()> {
        let item = Item::at(keys::trial(hash))
            .text("site", trial.site.to_string())
            .text("trigger", trial.trigger.as_str())
            .ttl(trial.expires_at);
        self.put(item).await
    }

    async fn trial(&self, hash: [u8; 32], now: Timestamp) -> Stored<Option<Trial>> {
        let Some(item) = self.get(keys::trial(hash)).await? else { return Ok(None) };
        let trial = Trial {
            site: item.parse("site")?,
            trigger: field(&item, "trigger")?,
            expires_at: item.need_time("expires_at")?,
        };
        Ok(Some(trial).filter(|trial| trial.expires_at > now))
    }
}

impl Dynamo {
    /// All or nothing. Who meets others on the way tries again; whose condition is not met is told so.
    async fn write_all(&self, items: Vec<TransactWriteItem>) -> Stored<Written> {
        for _ in 0..MOST_CONFLICTS {
            let write = self.client.transact_write_items().set_transact_items(Some(items.clone()));
            let Err(error) = write.send().await else { return Ok(Written::Done) };
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
            if reasons.contains(&"ConditionalCheckFailed") {
                return Ok(Written::Refused);
            }
            if !reasons.contains(&"TransactionConflict") {
                return Err(StoreError::Unavailable(reasons.join(", ")));
            }
        }
        Err(StoreError::Unavailable("what many write at once".into()))
    }

    fn put_new(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item.0))
            .condition_expression("attribute_not_exists(pk)");
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    fn mark(&self, owner: &str, claim: &Claim, at: Timestamp) -> TransactWriteItem {
        let put = Put::builder().table_name(&self.table).set_item(Some(write_mark(owner, &claim.mark, at).0));
        let put = match claim.free {
            Free::Always => put,
            Free::IfAbsent => put.condition_expression("attribute_not_exists(pk)"),
            Free::IfAbsentOrUntil(until) => put
                .condition_expression("attribute_not_exists(pk) OR #at <= :until")
                .expression_attribute_names("#at", "at")
                .expression_attribute_values(":until", n(until.millis())),
        };
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    fn count_result(
        &self,
        site: &SiteId,
        trigger: &FieldId,
        day: &Day,
        at: Timestamp,
        counts: &[(&str, u64)],
    ) -> TransactWriteItem {
        let mut count = Update::builder()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::result(site, day, trigger))))
            .expression_attribute_names("#trigger", "trigger")
            .expression_attribute_names("#day", "day")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":trigger", s(trigger.as_str()))
            .expression_attribute_values(":day", s(day.as_str()))
            .expression_attribute_values(":ttl", n(at.plus(RESULTS_LIFE).seconds_ceil()));
        let mut adds = Vec::new();
        for (place, (name, by)) in counts.iter().enumerate() {
            adds.push(format!("#n{place} :n{place}"));
            count = count
                .expression_attribute_names(format!("#n{place}"), *name)
                .expression_attribute_values(format!(":n{place}"), n(*by));
        }
        let expression = format!("SET #trigger = :trigger, #day = :day, #ttl = :ttl ADD {}", adds.join(", "));
        update(count.update_expression(expression))
    }

    /// What follows from a fact: one more in the results, and whom an order is counted for.
    fn consequences(
        &self,
        showing: &Showing,
        day: &Day,
        at: Timestamp,
        fact: Fact,
    ) -> Vec<TransactWriteItem> {
        let Some(by) = showing.trigger.as_ref().filter(|_| showing.counted) else { return Vec::new() };
        let trigger = &by.id;
        let mut items = vec![self.count_result(&showing.site, trigger, day, at, &[(fact.name(), 1)])];
        if let Some(visitor) = showing.visitor {
            let credit = Item::at(keys::credit(visitor))
                .text("kind", "credit")
                .text("trigger", trigger.as_str())
                .time("at", at)
                .ttl(at.plus(VISITOR_LIFE));
            let put = Put::builder().table_name(&self.table).set_item(Some(credit.0));
            let put = put.build().expect("table and item are set");
            items.push(TransactWriteItem::builder().put(put).build());
        }
        items
    }
}

fn update(update: aws_sdk_dynamodb::types::builders::UpdateBuilder) -> TransactWriteItem {
    TransactWriteItem::builder().update(update.build().expect("table and key are set")).build()
}

fn broken(name: &str) -> StoreError {
    StoreError::Broken(format!("attribute {name}"))
}

fn field(item: &Item, name: &str) -> Stored<FieldId> {
    FieldId::parse(item.need(name)?).ok_or_else(|| broken(name))
}

fn uuid(item: &Item, name: &str) -> Stored<Uuid> {
    Uuid::parse_str(item.need(name)?).map_err(|_| broken(name))
}

fn write_visitor(visitor: &Remembered) -> Item {
    let views = visitor.views.iter().map(|(page, at)| format!("{}@{}", page.0.simple(), at.millis()));
    let campaign: Vec<String> =
        visitor.campaign.parts().iter().map(|part| part.clone().unwrap_or_default()).collect();
    let mut item = Item::at(Key { pk: keys::visitor(visitor.id), sk: keys::VISITOR.into() })
        .text("kind", "visitor")
        .text("id", visitor.id.to_string())
        .text("site", visitor.site.to_string())
        .text("token", keys::hex(&visitor.token))
        .number("rev", visitor.rev)
        .time("first_seen", visitor.first_seen)
        .time("last_seen", visitor.last_seen)
        .number("visits", visitor.visits.into())
        .text("visit", visitor.visit.0.to_string())
        .time("began_at", visitor.began_at)
        .number("pages", visitor.pages.into())
        .text("views", views.collect::<Vec<_>>().join(" "))
        .text("referrer", visitor.referrer.as_str())
        .maybe_text("country", visitor.country.map(|country| country.as_str().to_owned()))
        .time("bucket", visitor.bucket)
        .ttl(visitor.last_seen.plus(VISITOR_LIFE));
    if campaign.iter().any(|part| !part.is_empty()) {
        item = item.list("campaign", campaign);
    }
    if visitor.chatted {
        item = item.flag("chatted", true);
    }
    match &visitor.report {
        Some((report, at)) => item.text("report", report.as_str()).time("reported_at", *at),
        None => item,
    }
}

fn read_visitor(item: &Item) -> Stored<Remembered> {
    let count = |name: &str| item.need_number(name).map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    let view = |text: &str| {
        let (page, at) = text.split_once('@')?;
        Some((PageId(Uuid::parse_str(page).ok()?), Timestamp(at.parse().ok()?)))
    };
    let views = item.need("views")?.split(' ').filter(|text| !text.is_empty());
    let mut parts = item.strings("campaign").into_iter().map(|part| (!part.is_empty()).then_some(part));
    let mut part = || parts.next().flatten();
    Ok(Remembered {
        id: item.parse("id")?,
        site: item.parse("site")?,
        token: keys::unhex(item.need("token")?).ok_or_else(|| broken("token"))?,
        rev: item.need_number("rev")?,
        first_seen: item.need_time("first_seen")?,
        last_seen: item.need_time("last_seen")?,
        visits: count("visits")?,
        visit: VisitId(uuid(item, "visit")?),
        began_at: item.need_time("began_at")?,
        pages: count("pages")?,
        views: views.map(view).collect::<Option<_>>().ok_or_else(|| broken("views"))?,
        referrer: Referrer::new(item.need("referrer")?),
        campaign: Campaign::kept([part(), part(), part(), part(), part()]),
        country: item.get("country").and_then(Country::parse),
        chatted: item.is_set("chatted"),
        bucket: item.need_time("bucket")?,
        report: item.string("report").zip(item.get_number("reported_at").map(Timestamp)),
    })
}

fn write_mark(owner: &str, mark: &Mark, at: Timestamp) -> Item {
    let item = Item::at(Key { pk: owner.to_owned(), sk: keys::mark(mark) })
        .text("kind", "mark")
        .time("at", at)
        .ttl(at.plus(mark_life(mark)));
    let (name, trigger, within) = match mark {
        Mark::Page(trigger, page) => ("page", Some(trigger), Some(page.0)),
        Mark::Visit(trigger, visit) => ("visit", Some(trigger), Some(visit.0)),
        Mark::Ever(trigger) => ("ever", Some(trigger), None),
        Mark::PageTaken(page) => ("page_taken", None, Some(page.0)),
        Mark::Taken => ("taken", None, None),
    };
    item.text("mark", name)
        .maybe_text("trigger", trigger.map(FieldId::as_str))
        .maybe_text("within", within.map(|within| within.to_string()))
}

fn read_mark(item: &Item) -> Stored<(Mark, Timestamp)> {
    let trigger = || field(item, "trigger");
    let within = || uuid(item, "within");
    let mark = match item.need("mark")? {
        "page" => Mark::Page(trigger()?, PageId(within()?)),
        "visit" => Mark::Visit(trigger()?, VisitId(within()?)),
        "ever" => Mark::Ever(trigger()?),
        "page_taken" => Mark::PageTaken(PageId(within()?)),
        "taken" => Mark::Taken,
        _ => return Err(broken("mark")),
    };
    Ok((mark, item.need_time("at")?))
}

fn write_showing(hash: [u8; 32], showing: &Showing) -> Item {
    let (agent, name) = match &showing.speaker {
        Speaker::Agent { id, name } => (Some(id.to_string()), Some(name.clone())),
        Speaker::Shop => (None, None),
    };
    let mut item = Item::at(keys::showing(hash))
        .text("site", showing.site.to_string())
        .maybe_text("trigger", showing.trigger.as_ref().map(|by| by.id.as_str()))
        .maybe_text("trigger_name", showing.trigger.as_ref().map(|by| by.name.as_str()))
        .maybe_text("visitor", showing.visitor.map(|id| id.to_string()))
        .maybe_text("agent", agent)
        .maybe_text("name", name)
        .maybe_text("text", showing.text.clone())
        .maybe_text("group", showing.group.as_ref().map(FieldId::as_str))
        .flag("form", showing.form)
        .time("at", showing.at)
        .flag("counted", showing.counted)
        .maybe_text("answered", showing.answered.map(|id| id.to_string()))
        .ttl(showing.expires_at());
    if let Some(Opens { scenario, version, last }) = &showing.scenario {
        item =
            item.text("scenario", scenario.as_str()).number("version", *version).text("step", last.as_str());
    }
    item
}

fn read_showing(item: &Item) -> Stored<Showing> {
    let maybe = |name: &str| item.get(name).map(|_| field(item, name)).transpose();
    let speaker = match item.parse_maybe("agent")? {
        Some(id) => Speaker::Agent { id, name: item.need("name")?.to_owned() },
        None => Speaker::Shop,
    };
    let trigger = maybe("trigger")?;
    Ok(Showing {
        site: item.parse("site")?,
        trigger: trigger.map(|id| ByTrigger { id, name: item.string("trigger_name").unwrap_or_default() }),
        visitor: item.parse_maybe("visitor")?,
        speaker,
        text: item.string("text"),
        group: maybe("group")?,
        form: item.is_set("form"),
        scenario: match maybe("scenario")? {
            Some(scenario) => {
                Some(Opens { scenario, version: item.need_number("version")?, last: field(item, "step")? })
            }
            None => None,
        },
        at: item.need_time("at")?,
        counted: item.is_set("counted"),
        answered: item.parse_maybe("answered")?,
    })
}

fn read_results(item: &Item) -> Stored<Results> {
    let count = |name: &str| item.get_number(name).unwrap_or_default();
    let mut value = BTreeMap::new();
    for name in item.0.keys() {
        if let Some(currency) = name.strip_prefix(VALUE) {
            value.insert(Currency::parse(currency), count(name));
        }
    }
    Ok(Results {
        trigger: field(item, "trigger")?,
        day: Day::parse(item.need("day")?).ok_or_else(|| broken("day"))?,
        shown: count("shown"),
        opened: count("opened"),
        answered: count("answered"),
        converted: count("converted"),
        value,
    })
}
