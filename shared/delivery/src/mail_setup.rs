//! Mail is set up by looking: what SES says of the sender's domain, and a mail to whoever asks for one.

use crate::fallback::address_hash;
use crate::settings::admin;
use crate::{Engine, Failure};
use domain::SiteId;
use domain::connection::Topic;
use domain::mail_identity::{DnsRecord, MailAccountState, records};
use domain::people::{Actor, Person, Shopper, Site};
use domain::ports::{Environment, MailAccount, Mailer, NotSent, Push, RawMail, Store, Suppressed};
use domain::rate::TEST_MAILS_PER_PERSON;
use domain::settings::Settings;
use mail::{
    Envelope, HeaderText, Link, Look, LoopMark, Mail, MailAddress, Mailbox, MessageId, Outgoing, Texts,
    compose,
};
use std::time::Duration;

/// What stands between a shop and its mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailIdentity {
    /// Of the sender. Nothing else is known without one.
    pub domain: String,
    pub state: MailAccountState,
    pub records: Vec<DnsRecord>,
}

/// What became of a test mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tested {
    Sent,
    /// SES's code.
    Refused(String),
    Unknown(String),
    /// The shop names no sender, or its admin has no address that mail can go to.
    NoSender,
}

/// Whether an answer that stays unseen goes out by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailReach {
    Off,
    NoAddress,
    Mailed { address: String, after: Duration, connected: bool },
    Suppressed { address: String, why: Suppressed },
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// As of now, for whoever is about to answer. An address is suppressed for the whole site: it may have become so by another conversation.
    pub async fn mail_reach(&self, site: &SiteId, shopper: &Shopper) -> Result<MailReach, Failure> {
        let Some(known) = self.store.site(site).await? else { return Ok(MailReach::Off) };
        let Some(after) = self.configured(&known).await?.settings.email.mails_after() else {
            return Ok(MailReach::Off);
        };
        let Some(address) = shopper.email.as_deref().and_then(MailAddress::parse) else {
            return Ok(MailReach::NoAddress);
        };
        let topic = Topic::Shopper(shopper.id);
        let (correspondent, registered) = futures::try_join!(
            self.store.correspondent(site, address_hash(address.as_str())),
            self.store.registered(&topic, self.env.now()),
        )?;
        let address = address.to_string();
        Ok(match correspondent.suppressed {
            Some((why, _)) => MailReach::Suppressed { address, why },
            None => MailReach::Mailed { address, after, connected: !registered.is_empty() },
        })
    }

    /// What SES says of the domain of the site's published sender; `None`: it has none.
    pub async fn mail_identity<M: MailAccount>(
        &self,
        account: &M,
        actor: &Actor,
        site: &Site,
    ) -> Result<Option<Result<MailIdentity, NotSent>>, Failure> {
        admin(actor, &site.id)?;
        let email = self.configured(site).await?.settings.email;
        let Some(sender) = email.sender.as_deref().and_then(MailAddress::parse) else { return Ok(None) };
        let domain = sender.domain().to_owned();
        let identity = account.state(&domain).await.map(|state| {
            let records = records(&domain, email.reply_domain.as_deref(), account.region(), &state);
            MailIdentity { domain, state, records }
        });
        Ok(Some(identity))
    }

    /// Mails the admin who asks, and nobody else, what a shopper would get, from the published settings.
    pub async fn test_mail<M: Mailer>(
        &self,
        mailer: &M,
        loop_mark: &LoopMark,
        actor: &Actor,
        person: &Person,
        site: &Site,
    ) -> Result<Tested, Failure> {
        admin(actor, &site.id)?;
        let now = self.env.now();
        let counted = self.store.count(TEST_MAILS_PER_PERSON, &person.id.to_string(), now).await?;
        counted.map_err(|retry_after| Failure::RateLimited { retry_after })?;
        let settings = self.configured(site).await?.settings;
        let Some(from) = settings.email.sender.as_deref().and_then(MailAddress::parse) else {
            return Ok(Tested::NoSender);
        };
        let Some(to) = MailAddress::parse(&person.email) else { return Ok(Tested::NoSender) };
        let number = self.env.random();
        let outgoing = test_of(settings, site, person, (&from, &to), loop_mark, number, now);
        let raw = compose(&outgoing.ok_or(Failure::Internal)?).raw;
        let sent = mailer.send(RawMail { from: from.as_str(), to: to.as_str(), bytes: &raw }).await;
        tracing::info!(site = %site.id, ok = sent.is_ok(), "a test mail");
        Ok(match sent {
            Ok(_) => Tested::Sent,
            Err(NotSent::Refused(code)) => Tested::Refused(code),
            Err(NotSent::Unknown(why)) => Tested::Unknown(why),
        })
    }
}

fn test_of(
    settings: Settings,
    site: &Site,
    person: &Person,
    (from, to): (&MailAddress, &MailAddress),
    loop_mark: &LoopMark,
    number: u128,
    now: domain::Timestamp,
) -> Option<Outgoing> {
    let Settings { general, email, appearance, hours, .. } = settings;
    let home = site.origins.first().and_then(|origin| Link::parse(origin));
    let name = if email.sender_name.is_empty() { &general.name } else { &email.sender_name };
    Some(Outgoing {
        envelope: Envelope {
            from: Mailbox { name: HeaderText::clean(name), address: from.clone() },
            to: Mailbox { name: HeaderText::clean(&person.name), address: to.clone() },
            reply_to: None,
            message_id: MessageId::parse(&format!("{number:032x}@{}", from.domain()))?,
            in_reply_to: None,
            references: Vec::new(),
            date: now,
            unsubscribe: None,
            loop_mark: loop_mark.clone(),
        },
        look: Look {
            palette: appearance.palette(),
            logo: email.logo.as_ref().and_then(|logo| Link::parse(logo.as_str())),
            home: home.clone(),
        },
        language: general.default_language.clone(),
        zone: hours.schedule.zone().clone(),
        reference: HeaderText::clean(&format!("#{:06X}", number % (1 << 24))),
        mail: Mail::Test { answer_by: HeaderText::clean(&person.name), resume: home? },
        texts: Texts { general, written: email.texts },
    })
}
