//! Unseen answers go out by mail: when is `domain::fallback`, what it says is `mail`; here it is given the present, and what is decided is
//! carried out, so that whoever is killed at any moment loses nothing.
//!
//! A mail is claimed in the outbox, handed to SES, recorded there, noted on the conversation. Whoever comes after a kill finds how far it
//! had come: a claim that is too old is taken over, what was recorded is noted. Only what SES had accepted and nobody had yet
//! recorded goes twice (TRUST F18). The deadline stays on the head until all of it is done, and the sweep finds it there.

use crate::command::{MAX_TRIES, fingerprint_of, jitter, log_store_error};
use crate::secret::{self, Secret};
use crate::settings::Configured;
use crate::{Engine, Failure};
use domain::automatic::Deadline;
use domain::connection::Topic;
use domain::conversation::{Author, Body, Entry, Head, Log, note_mail};
use domain::deadline::Armed;
use domain::fallback::{Address, BETWEEN_MAILS, Decision, Needless, Situation, Unseen, Waiting, decide};
use domain::office_hours::Zone;
use domain::people::{Shopper, Site};
use domain::ports::{
    Carries, Claimed, Commit, CommitError, Correspondent, Environment, MAIL_LEASE, MailKey, MailLink, Mailer,
    NotSent, Purpose, Push, RESUME_LIFE, RawMail, Receipt, Recipient, ReplyGrant, Sender, SentMail, Store,
    StoreError, UNSUBSCRIBE_LIFE,
};
use domain::settings::Settings;
use domain::{ConversationId, Timestamp};
use mail::{
    Envelope, HeaderText, Line, Link, Look, LoopMark, Mail, MailAddress, Mailbox, MessageId, Outgoing,
    ReplyToken, Texts, Unsubscribe, compose,
};
use std::time::Duration;

/// Entries read at once.
const PAGE: usize = 200;
/// Unseen answers beyond so many entries wait for the next mail.
const MAX_PAGES: usize = 10;
/// Lines that remind of what was said before.
const EARLIER: usize = 5;
/// Entries in which they are looked for.
const LOOKED_AT: usize = 40;
/// A mail that SES refuses is tried again for this long: a sender that is not verified yet, a quota that is used up.
const REFUSED_FOR: Duration = Duration::from_secs(14 * 24 * 60 * 60);
const LONGEST_REFUSAL: Duration = Duration::from_secs(6 * 60 * 60);

/// What mails need beside the engine.
#[derive(Debug, Clone)]
pub struct MailRoom<M> {
    pub mailer: M,
    /// Where the HTTP API is reached from outside, without a slash at the end.
    pub api_url: String,
    /// Where the dashboard is, without a slash at the end.
    pub dashboard_url: String,
    /// This deployment's own, so that it knows its mails when one comes back.
    pub loop_mark: LoopMark,
}

/// What came of looking at a conversation's unseen answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FellBack {
    /// The conversation, or its site, is gone.
    Gone,
    /// Nothing is owed.
    Nothing,
    /// Not yet.
    LookAgain {
        at: Timestamp,
        because: Waiting,
    },
    /// Somebody else is at it, or was killed at it.
    Held {
        until: Timestamp,
    },
    /// SES takes it not.
    Refused {
        again: Option<Timestamp>,
    },
    /// There is nothing to mail, and nothing to wait for.
    Done(Needless),
    Mailed {
        through: u64,
    },
}

/// Everything that is looked at, read once per try.
struct Present {
    head: Head,
    armed: Armed,
    site: Site,
    settings: Settings,
    shopper: Option<Shopper>,
    connected: bool,
    /// Agents' messages that the shopper has not seen and no mail has carried.
    unseen: Vec<Entry>,
    address: Option<MailAddress>,
    correspondent: Correspondent,
    /// `None`: the shop mails nothing.
    sender: Option<MailAddress>,
}

impl Present {
    fn decide(&self, now: Timestamp) -> Decision {
        let (Some(delay), Some(_)) = (self.settings.email.mails_after(), &self.sender) else {
            return Decision::Done(Needless::SwitchedOff);
        };
        let unseen: Vec<Unseen> = self.unseen.iter().map(|e| Unseen { seq: e.seq, at: e.at }).collect();
        let mails = self.head.mailing.as_ref().map_or(&[][..], |mailing| &mailing.sent);
        let address = match self.address {
            Some(_) => self.correspondent.as_address(),
            None => Address::Unknown,
        };
        decide(&Situation { delay, unseen: &unseen, connected: self.connected, address, mails }, now)
    }

    fn key(&self) -> MailKey {
        let after = self.head.mailing.as_ref().map_or(0, |mailing| mailing.through);
        MailKey { conversation: self.head.id, carries: Carries::Answers { after } }
    }
}

/// What an address is kept under: nobody reads it out of the table.
#[must_use]
pub fn address_hash(address: &str) -> [u8; 32] {
    secret::hash(&address.to_lowercase())
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Mails what a shopper has not seen of a conversation, if that is due and possible; otherwise arms the deadline for when it may be, or
    /// takes it away. May be called twice, late, or together with another call. An error: how it ended is unknown, and the deadline
    /// stands; whoever called calls again.
    pub async fn fallback<M: Mailer>(
        &self,
        room: &MailRoom<M>,
        conversation: ConversationId,
    ) -> Result<FellBack, Failure> {
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                self.env.sleep(jitter(attempt, self.env.random())).await;
            }
            let present = match self.owed(conversation).await {
                Ok(Ok(present)) => present,
                Ok(Err(ended)) => return Ok(ended),
                Err(Failure::Busy) => continue,
                Err(failure) => return Err(failure),
            };
            if let Some(ended) = self.fall_back(room, &present).await? {
                tracing::info!(%conversation, ?ended, "looked at unseen answers");
                return Ok(ended);
            }
        }
        Err(Failure::Busy)
    }

    /// Reads what is looked at; or that there is nothing to look at.
    async fn owed(&self, conversation: ConversationId) -> Result<Result<Present, FellBack>, Failure> {
        let Some(head) = self.store.head(conversation).await? else { return Ok(Err(FellBack::Gone)) };
        let Some(armed) = head.deadlines.get(&Deadline::Unseen).copied() else {
            return Ok(Err(FellBack::Nothing));
        };
        let now = self.env.now();
        if armed.due > now {
            return Ok(Err(FellBack::LookAgain { at: armed.due, because: Waiting::Delay }));
        }
        let Some(site) = self.store.site(&head.site).await? else { return Ok(Err(FellBack::Gone)) };
        let topic = Topic::Shopper(head.shopper);
        let (published, shopper, cursors, registered) = futures::try_join!(
            self.store.published(&site.id),
            self.store.shopper(head.shopper),
            self.store.cursors(conversation),
            self.store.registered(&topic, now),
        )?;
        let settings = Configured::of(&site, published).settings;
        let mailed = head.mailing.as_ref().map_or(0, |mailing| mailing.through);
        let unseen = self.unseen(&head, cursors.shopper.seen.max(mailed)).await?;
        let address = shopper.as_ref().and_then(|shopper| MailAddress::parse(shopper.email.as_deref()?));
        let correspondent = match &address {
            Some(address) => self.store.correspondent(&site.id, address_hash(address.as_str())).await?,
            None => Correspondent::default(),
        };
        let sender = settings.email.sender.as_deref().and_then(MailAddress::parse);
        let connected = !registered.is_empty();
        Ok(Ok(Present {
            head,
            armed,
            site,
            settings,
            shopper,
            connected,
            unseen,
            address,
            correspondent,
            sender,
        }))
    }

    async fn unseen(&self, head: &Head, after: u64) -> Result<Vec<Entry>, StoreError> {
        let mut unseen = Vec::new();
        let mut after = after;
        for _ in 0..MAX_PAGES {
            let page = self.store.entries(head.id, Log::Thread, after, PAGE).await?;
            after = page.entries.last().map_or(after, |entry| entry.seq);
            let is_answer = |entry: &Entry| {
                // What was committed after the head was read is the next look's.
                entry.seq <= head.numbers.t && entry.is_answer()
            };
            let ends = !page.more || page.entries.is_empty();
            unseen.extend(page.entries.into_iter().filter(is_answer));
            if ends {
                break;
            }
        }
        Ok(unseen)
    }

    /// One try. `None`: somebody was quicker; look again.
    async fn fall_back<M: Mailer>(
        &self,
        room: &MailRoom<M>,
        present: &Present,
    ) -> Result<Option<FellBack>, Failure> {
        let now = self.env.now();
        let through = match present.decide(now) {
            Decision::LookAgain { at, because } => {
                return self.settle(present, Some(at), FellBack::LookAgain { at, because }).await;
            }
            Decision::Done(needless) => {
                // A mail may have gone whose sender was killed before noting it; what it carried may have been seen since.
                let key = present.key();
                if let Some(sent) = self.store.sent_mail(&key).await? {
                    return self.note(&present.head, &key, &sent).await;
                }
                return self.settle(present, None, FellBack::Done(needless)).await;
            }
            Decision::Mail { through } => through,
        };
        let (Some(from), Some(to)) = (&present.sender, &present.address) else {
            unreachable!("without them nothing is to be mailed")
        };
        let (key, by) = (present.key(), self.env.random());
        let hash = address_hash(to.as_str());
        match again(self.store.claim_mail(&key, by, now, now.plus(MAIL_LEASE)).await)? {
            None => return Ok(None),
            Some(Claimed::Sent(sent)) => return self.note(&present.head, &key, &sent).await,
            Some(Claimed::Held { until }) => {
                return self.settle(present, Some(until), FellBack::Held { until }).await;
            }
            Some(Claimed::Yes) => {}
        }
        match self.store.take_turn(&present.site.id, hash, key.id(), now).await {
            Ok(true) => {}
            // Another conversation has had the last turn, or the address has bounced: decided anew, with that known.
            Ok(false) => {
                self.store.release_mail(&key, by).await?;
                return Ok(None);
            }
            Err(error) => {
                self.store.release_mail(&key, by).await?;
                return Err(error.into());
            }
        }
        let raw = match self.compose_answers(room, present, from, to, now).await {
            Ok(raw) => raw,
            Err(failure) => {
                self.store.release_mail(&key, by).await?;
                return Err(failure);
            }
        };
        match room.mailer.send(RawMail { from: from.as_str(), to: to.as_str(), bytes: &raw }).await {
            Ok(message_id) => {
                let sent = SentMail { through, to: to.to_string(), at: now, message_id };
                let sent = self.store.record_mail(&key, &sent).await?;
                self.note(&present.head, &key, &sent).await
            }
            // Its claim is not given back: whoever had read the head before would run into the same refusal, and it would be told twice. By
            // the next try its lease is over.
            Err(NotSent::Refused(why)) => self.refused(present, &why, now).await,
            // It may have gone: the claim stands until its lease is over, and is taken over then.
            Err(NotSent::Unknown(why)) => {
                tracing::warn!(conversation = %present.head.id, why, "it is not known whether a mail went");
                Err(Failure::Busy)
            }
        }
    }

    /// SES takes it not: for want of a quota, of a verified sender. That changes; and until it does, somebody must hear of it.
    async fn refused(
        &self,
        present: &Present,
        why: &str,
        now: Timestamp,
    ) -> Result<Option<FellBack>, Failure> {
        let waited = present.unseen.first().map_or(Duration::ZERO, |oldest| now.since(oldest.at));
        let next =
            (waited < REFUSED_FOR).then(|| now.plus((waited / 2).clamp(BETWEEN_MAILS, LONGEST_REFUSAL)));
        tracing::error!(conversation = %present.head.id, site = %present.site.id, why, gives_up = next.is_none(), "SES refuses a mail");
        // Told whatever has become of the head: a second call that found the mail claimed has put the deadline off, and would hide it.
        let mut head = present.head.clone();
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                self.env.sleep(jitter(attempt, self.env.random())).await;
                match again(self.store.head(head.id).await)? {
                    Some(Some(newer)) => head = newer,
                    Some(None) => return Ok(Some(FellBack::Gone)),
                    None => continue,
                }
            }
            let Some(armed) = head.deadlines.get(&Deadline::Unseen).copied() else { break };
            if self.rearm(&head, next, armed).await? {
                break;
            }
        }
        // Where it could not be put off it stands as it did, and is looked at then.
        Ok(Some(FellBack::Refused { again: next }))
    }

    /// The deadline stands at `at` from now on, or not at all. `None`: the head has moved.
    async fn settle(
        &self,
        present: &Present,
        at: Option<Timestamp>,
        ended: FellBack,
    ) -> Result<Option<FellBack>, Failure> {
        Ok(self.rearm(&present.head, at, present.armed).await?.then_some(ended))
    }

    /// The deadline of a head stands at `at` from now on, or not at all. `false`: the head has moved.
    async fn rearm(&self, head: &Head, at: Option<Timestamp>, armed: Armed) -> Result<bool, Failure> {
        let mut deadlines = head.deadlines.clone();
        match at {
            Some(due) => deadlines.insert(Deadline::Unseen, Armed { due, ..armed }),
            None => deadlines.remove(&Deadline::Unseen),
        };
        let Some(next) = head.with_deadlines(deadlines) else { return Ok(true) };
        Ok(again(self.store.arm(&next).await)?.unwrap_or(false))
    }

    /// Notes a mail that has gone, once, and tells the agents: also on a head that has moved since, for whoever found the mail claimed has
    /// put the deadline off and would leave it unnoted until then. `None`: it is noted already; look again at what is owed beyond it.
    async fn note(&self, head: &Head, key: &MailKey, sent: &SentMail) -> Result<Option<FellBack>, Failure> {
        let mut head = head.clone();
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                self.env.sleep(jitter(attempt, self.env.random())).await;
                match again(self.store.head(head.id).await)? {
                    Some(Some(newer)) => head = newer,
                    Some(None) => return Ok(Some(FellBack::Gone)),
                    None => continue,
                }
            }
            let change = note_mail(&head, sent.through, sent.to.clone(), key.id(), sent.at);
            let receipt = Receipt {
                conversation: head.id,
                log: change.log,
                seq: change.seq,
                at: sent.at,
                fingerprint: fingerprint_of("mailed"),
            };
            let commit = Commit {
                head: change.head.clone(),
                expected_rev: Some(head.rev),
                entries: change.entries.clone(),
                profile: None,
                sender: Sender::Shop(head.id),
                client_id: key.id(),
                receipt,
            };
            match self.store.commit(&commit).await {
                Ok(()) => {
                    self.fan_out(&change.head, &change.entries).await;
                    return Ok(Some(FellBack::Mailed { through: sent.through }));
                }
                Err(CommitError::Repeated) => return Ok(None),
                Err(CommitError::Moved) => {}
                Err(CommitError::Store(error)) => log_store_error(&error)?,
            }
        }
        Err(Failure::Busy)
    }

    async fn compose_answers<M: Mailer>(
        &self,
        room: &MailRoom<M>,
        present: &Present,
        sender: &MailAddress,
        to: &MailAddress,
        now: Timestamp,
    ) -> Result<Vec<u8>, Failure> {
        let Present { head, site, settings, shopper, unseen, .. } = present;
        let hash = address_hash(to.as_str());
        let before = unseen.first().map_or(0, |first| first.seq - 1);
        let mut earlier: Vec<Line> = self
            .store
            .entries_back(head.id, Log::Thread, before, LOOKED_AT)
            .await?
            .iter()
            .filter_map(|entry| line(entry, head))
            .take(EARLIER)
            .collect();
        earlier.reverse();
        let reply_to = match &settings.email.reply_domain {
            None => None,
            Some(domain) => {
                let token = ReplyToken::from_random(self.env.random().to_be_bytes());
                let grant = ReplyGrant {
                    site: site.id.clone(),
                    conversation: head.id,
                    recipient: Recipient::Shopper,
                    address: hash,
                    made_at: now,
                    revoked_at: None,
                };
                self.store.keep_reply_grant(token.hash().0, &grant).await?;
                token.address(domain)
            }
        };
        let resume = self.link(head, Purpose::Resume, hash, now.plus(RESUME_LIFE)).await?;
        let unsubscribe = self.link(head, Purpose::Unsubscribe, hash, now.plus(UNSUBSCRIBE_LIFE)).await?;
        let home = site.origins.first().and_then(|origin| Link::parse(origin));
        let resume = resume_link(site, shopper.as_ref(), &resume, &room.api_url);
        let unsubscribe = Link::parse(&format!("{}/v1/mail/unsubscribe/{unsubscribe}", room.api_url));
        let language =
            settings.general.language_for(shopper.as_ref().and_then(|shopper| shopper.language.as_deref()));
        let zone = shopper.as_ref().and_then(|shopper| Zone::named(shopper.time_zone.as_deref()?));
        let name = &settings.email.sender_name;
        let from_name = if name.is_empty() { &settings.general.name } else { name };
        let id = |left: String| MessageId::parse(&format!("{left}@{}", sender.domain()));
        let Some((resume, message_id)) = resume.zip(id(format!("{:032x}", self.env.random()))) else {
            tracing::error!(site = %site.id, "a mail has nowhere to lead to");
            return Err(Failure::Internal);
        };
        let outgoing = Outgoing {
            envelope: Envelope {
                to: Mailbox {
                    name: HeaderText::clean(
                        shopper.as_ref().and_then(|shopper| shopper.name.as_deref()).unwrap_or_default(),
                    ),
                    address: to.clone(),
                },
                reply_to,
                message_id,
                in_reply_to: None,
                // SES gives each mail an id of its own; by this one, which none bears, programs still see that they belong together.
                references: id(head.id.to_string()).into_iter().collect(),
                date: now,
                unsubscribe: unsubscribe.map(|page| Unsubscribe { page, address: None }),
                loop_mark: room.loop_mark.clone(),
                from: Mailbox { name: HeaderText::clean(from_name), address: sender.clone() },
            },
            look: Look {
                palette: settings.appearance.palette(),
                logo: settings.email.logo.as_ref().and_then(|logo| Link::parse(logo.as_str())),
                home,
            },
            texts: Texts { general: settings.general.clone(), written: settings.email.texts.clone() },
            language: language.clone(),
            zone: zone.unwrap_or_else(|| settings.hours.schedule.zone().clone()),
            reference: reference(head.id),
            mail: Mail::Answers {
                answers: unseen.iter().filter_map(|entry| line(entry, head)).collect(),
                earlier,
                resume,
                files_until: None,
            },
        };
        Ok(compose(&outgoing).raw)
    }

    /// Keeps a link, and answers its secret.
    pub(crate) async fn link(
        &self,
        head: &Head,
        purpose: Purpose,
        address: [u8; 32],
        expires_at: Timestamp,
    ) -> Result<String, StoreError> {
        let secret = Secret::make("mlk_", &self.env);
        let link = MailLink {
            purpose,
            site: head.site.clone(),
            conversation: head.id,
            shopper: head.shopper,
            address,
            expires_at,
        };
        self.store.keep_mail_link(secret.hash(), &link).await?;
        Ok(secret.reveal())
    }
}

/// What a store that is unavailable answers is `None`: try again. What is broken stays so.
fn again<T>(answer: Result<T, StoreError>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) => log_store_error(&error).map(|()| None),
    }
}

/// A conversation's short name: the last of its id, which is random.
#[must_use]
pub fn reference(conversation: ConversationId) -> HeaderText {
    let id = conversation.0.simple().to_string().to_uppercase();
    HeaderText::clean(&format!("#{}", &id[id.len() - 6..]))
}

/// What people have said, as a mail shows it.
pub(crate) fn line(entry: &Entry, head: &Head) -> Option<Line> {
    let Body::Message { text } = &entry.body else { return None };
    let author = match &entry.author {
        Author::Shopper => mail::Author::Shopper(head.shopper_name.as_deref().map(HeaderText::clean)),
        Author::Agent { name, .. } => mail::Author::Agent(HeaderText::clean(name)),
        Author::System => mail::Author::Automatic(HeaderText::default()),
    };
    Some(Line { author, at: entry.at, text: text.clone(), files: Vec::new() })
}

/// The page of the shop on which the conversation goes on: where the shopper was, if that is a page of the shop's (a browser may tell
/// anything), otherwise the shop's first. The secret stands in the fragment, which no server is sent.
fn resume_link(site: &Site, shopper: Option<&Shopper>, secret: &str, api_url: &str) -> Option<Link> {
    let was = shopper.and_then(|shopper| Link::parse(&shopper.page.as_ref()?.url));
    let of_the_shop =
        was.filter(|link| site.origins.iter().any(|origin| origin_of(link.as_str()) == Some(origin)));
    let page = match &of_the_shop {
        Some(link) => link.as_str(),
        None => site.origins.first().map_or(api_url, String::as_str),
    };
    let page = page.split('#').next().unwrap_or(page);
    Link::parse(&format!("{page}#mostrador-resume={secret}"))
}

/// Scheme, host and port of a link that was parsed.
fn origin_of(link: &str) -> Option<&str> {
    let host = link.find("://")? + 3;
    let end = link[host..].find(['/', '?', '#']).map_or(link.len(), |at| host + at);
    Some(&link[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::people::Page;

    fn site() -> Site {
        Site {
            origins: vec!["https://shop.example".into(), "http://localhost:8787".into()],
            ..testkit::shop::site("demo")
        }
    }

    #[test]
    fn the_button_leads_to_a_page_of_the_shop_whatever_a_browser_says() {
        let shopper = |url: &str| Shopper {
            id: domain::ShopperId::anonymous(1),
            site: site().id,
            name: None,
            email: None,
            language: None,
            time_zone: None,
            user_agent: None,
            country: None,
            page: Some(Page { url: url.into(), ..Page::default() }),
            answers: std::collections::BTreeMap::new(),
            visitor: None,
            first_seen: Timestamp(0),
            last_seen: Timestamp(0),
        };
        let check = |url: &str, expect: &str| {
            let link = resume_link(&site(), Some(&shopper(url)), "s", "https://api.example").unwrap();
            assert_eq!(link.as_str(), format!("{expect}#mostrador-resume=s"), "{url}");
        };
        check("https://shop.example/lamps?x=1#y", "https://shop.example/lamps?x=1");
        check("http://localhost:8787/shop/", "http://localhost:8787/shop/");
        for foreign in [
            "https://evil.example/",
            "https://shop.example.evil.example/",
            "https://shop.example:444/",
            "https://shop.example@evil.example/",
            "javascript:alert(1)",
            "",
            "http://shop.example/",
            "//evil.example",
        ] {
            check(foreign, "https://shop.example/");
        }
    }
}
