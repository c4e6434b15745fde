//! What agents are told by mail, and transcripts that are to go.

use super::Dynamo;
use super::item::{Item, n};
use super::keys;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::notification::{Choice, Notified, QuietHours, Told, Tray, When};
use domain::office_hours::{TimeOfDay, Zone};
use domain::ports::{AgentNotices, MAIL_MEMORY, Recipient, StoreError, Stored, TranscriptAsked, Transcripts};
use domain::{AgentId, ClientId, ConversationId, SiteId, Timestamp};
use std::time::Duration;

/// A tray that nothing has happened to for this long is as good as none.
const TRAY_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl AgentNotices for Dynamo {
    async fn notified(&self, site: &SiteId) -> Stored<Vec<Notified>> {
        let items = self.query_prefix(keys::site(site), keys::NOTIFIED).await?;
        items.iter().map(read_notified).collect()
    }

    async fn notified_agent(&self, site: &SiteId, agent: AgentId) -> Stored<Option<Notified>> {
        self.get(keys::notified(site, agent)).await?.as_ref().map(read_notified).transpose()
    }

    async fn put_notified(&self, site: &SiteId, notified: &Notified) -> Stored<()> {
        let Notified { agent, address, choice: Choice { when, new, missed, quiet } } = notified;
        let mut item = Item::at(keys::notified(site, *agent))
            .text("agent", agent.to_string())
            .text("address", address)
            .flag("new", *new)
            .flag("missed", *missed);
        item = match when {
            When::AtOnce => item.text("when", "at_once"),
            When::Every { hours } => item.text("when", "every").number("hours", u64::from(*hours)),
            When::Daily { at } => item.text("when", "daily").text("daily_at", at.to_string()),
            When::Never => item.text("when", "never"),
        };
        if let Some(quiet) = quiet {
            item = item
                .text("quiet_from", quiet.from().to_string())
                .text("quiet_until", quiet.until().to_string())
                .text("quiet_zone", quiet.zone().name());
        }
        self.put(item).await
    }

    async fn tray(&self, site: &SiteId, agent: AgentId) -> Stored<Tray> {
        self.get(keys::tray(site, agent)).await?.map_or_else(|| Ok(Tray::default()), |item| read_tray(&item))
    }

    async fn put_tray(&self, site: &SiteId, agent: AgentId, tray: &Tray) -> Stored<bool> {
        let latest = tray.mails.iter().chain(tray.waiting.values()).max().copied().unwrap_or(Timestamp(0));
        let until = tray.held.map_or(latest, |(_, until)| latest.max(until));
        let waiting = tray.waiting.iter().map(|(id, at)| (id.to_string(), n(at.millis()))).collect();
        let mut item = Item::at(keys::tray(site, agent))
            .number("rev", tray.rev)
            .list("mails", tray.mails.iter().map(|at| at.millis().to_string()))
            .ttl(until.plus(TRAY_LIFE));
        item.0.insert("waiting".to_owned(), AttributeValue::M(waiting));
        if let Some((by, until)) = tray.held {
            item = item.text("held_by", format!("{by:032x}")).time("held_until", until);
        }
        let before = tray.rev.saturating_sub(1);
        let refused = match before {
            0 => self.put_if(item, "attribute_not_exists(pk)", &[]).await?,
            // One whose time was over may have been swept away: then nothing stands.
            _ => {
                let refused = self.put_refused(item, "rev = :rev", &[(":rev", before)]).await?;
                refused.map(Option::unwrap_or_default)
            }
        };
        refused.map_or(Ok(true), |stands| Ok(read_tray(&stands)? == *tray))
    }

    async fn told(&self, conversation: ConversationId) -> Stored<Vec<(AgentId, Told)>> {
        let items = self.query_prefix(keys::outbox(conversation), keys::TOLD).await?;
        items
            .iter()
            .map(|item| {
                let told = Told { through: item.need_number("through")?, at: item.need_time("at")? };
                Ok((item.parse("agent")?, told))
            })
            .collect()
    }

    async fn record_told(&self, conversation: ConversationId, agent: AgentId, told: Told) -> Stored<()> {
        let item = Item::at(keys::told(conversation, agent))
            .text("agent", agent.to_string())
            .number("through", told.through)
            .time("at", told.at)
            .ttl(told.at.plus(MAIL_MEMORY));
        let condition = "attribute_not_exists(pk) OR through < :through";
        self.put_if(item, condition, &[(":through", told.through)]).await.map(|_| ())
    }
}

impl Transcripts for Dynamo {
    async fn ask_transcript(&self, conversation: ConversationId, asked: &TranscriptAsked) -> Stored<()> {
        let agent = match asked.to {
            Recipient::Shopper => None,
            Recipient::Agent(agent) => Some(agent.to_string()),
        };
        let item = Item::at(keys::transcript(conversation, asked.id))
            .text("client_id", asked.id.to_string())
            .maybe_text("agent", agent)
            .text("address", &asked.address)
            .time("at", asked.at)
            .ttl(asked.at.plus(MAIL_MEMORY));
        self.put_if(item, "attribute_not_exists(pk)", &[]).await.map(|_| ())
    }

    async fn transcripts_asked(&self, conversation: ConversationId) -> Stored<Vec<TranscriptAsked>> {
        let items = self.query_prefix(keys::outbox(conversation), keys::ASKED).await?;
        items
            .iter()
            .map(|item| {
                Ok(TranscriptAsked {
                    id: item.parse("client_id")?,
                    to: item.parse_maybe("agent")?.map_or(Recipient::Shopper, Recipient::Agent),
                    address: item.need("address")?.to_owned(),
                    at: item.need_time("at")?,
                })
            })
            .collect()
    }

    async fn transcript_settled(&self, conversation: ConversationId, id: ClientId) -> Stored<()> {
        self.delete(keys::transcript(conversation, id)).await
    }
}

fn read_notified(item: &Item) -> Stored<Notified> {
    let broken = |name: &str| StoreError::Broken(format!("attribute {name}"));
    let time = |name: &str| TimeOfDay::parse(item.need(name)?).ok_or_else(|| broken(name));
    let when = match item.need("when")? {
        "at_once" => When::AtOnce,
        "every" => When::Every { hours: item.need_number("hours")?.try_into().map_err(|_| broken("hours"))? },
        "daily" => When::Daily { at: time("daily_at")? },
        "never" => When::Never,
        _ => return Err(broken("when")),
    };
    let quiet = match item.get("quiet_zone") {
        None => None,
        // A zone that the database names no more: to be told in the night is less than never to be told.
        Some(zone) => Zone::named(zone)
            .map(|zone| Ok(QuietHours::new(time("quiet_from")?, time("quiet_until")?, zone)))
            .transpose()?
            .flatten(),
    };
    let choice = Choice { when, new: item.is_set("new"), missed: item.is_set("missed"), quiet };
    Ok(Notified { agent: item.parse("agent")?, address: item.need("address")?.to_owned(), choice })
}

fn read_tray(item: &Item) -> Stored<Tray> {
    let broken = |name: &str| StoreError::Broken(format!("attribute {name}"));
    let mut tray = Tray { rev: item.get_number("rev").unwrap_or_default(), ..Tray::default() };
    if let Some(by) = item.get("held_by") {
        let by = u128::from_str_radix(by, 16).map_err(|_| broken("held_by"))?;
        tray.held = Some((by, item.need_time("held_until")?));
    }
    for at in item.strings("mails") {
        tray.mails.push(Timestamp(at.parse().map_err(|_| broken("mails"))?));
    }
    if let Some(AttributeValue::M(waiting)) = item.0.get("waiting") {
        for (id, at) in waiting {
            let at = at.as_n().ok().and_then(|at| at.parse().ok()).ok_or_else(|| broken("waiting"))?;
            tray.waiting.insert(id.parse().map_err(|_| broken("waiting"))?, Timestamp(at));
        }
    }
    Ok(tray)
}
