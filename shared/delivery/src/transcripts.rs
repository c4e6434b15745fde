//! A conversation as a mail: when a shopper or an agent asks for it, and at its end if the merchant wants (E3).
//!
//! It goes to an address that is known already, or that its shopper types; only of a conversation in which a person of the shop has
//! answered, so that nobody mails their own words to a stranger through us; and by the turns of every address (TRUST A31). What is asked
//! for is kept beside the conversation, and a deadline has it looked at; it goes through the outbox as answers do.

use crate::command::{MAX_TRIES, jitter, log_store_error};
use crate::fallback::{MailRoom, address_hash, line};
use crate::letter::Letter;
use crate::settings::Configured;
use crate::{Engine, Failure};
use domain::automatic::{Deadline, client_id};
use domain::conversation::{Entry, Head, Log, Status};
use domain::deadline::Armed;
use domain::fallback::BETWEEN_MAILS;
use domain::fields::{FieldCode, FieldErrors};
use domain::office_hours::Zone;
use domain::people::{Actor, Shopper, Site};
use domain::ports::{
    Carries, Claimed, Environment, MAIL_LEASE, MailKey, Mailer, NotSent, Purpose, Push, RawMail, Recipient,
    SentMail, Store, StoreError, TranscriptAsked, UNSUBSCRIBE_LIFE,
};
use domain::rate::{TRANSCRIPTS_PER_ADDRESS, TRANSCRIPTS_PER_CONVERSATION};
use domain::settings::Settings;
use domain::{ClientId, ConversationId, SiteId, Timestamp};
use mail::{HeaderText, Line, Link, Mail, MailAddress, Mailbox, Unsubscribe};
use std::time::Duration;

const PAGE: usize = 200;
/// Entries of a thread that are looked at, the newest: a mail holds far fewer.
const MOST: usize = 2_000;
/// What cannot go, because SES refuses it or the address has had its turns, is tried again for this long.
const TRIED_FOR: Duration = Duration::from_secs(3 * 24 * 60 * 60);
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

/// Whom somebody wants a transcript to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TranscriptTo {
    /// At the address that is known; where none is, at the one that the shopper types.
    Shopper { typed: Option<String> },
    /// The agent who asks, at the address by which they sign in.
    Me { address: String },
}

/// What came of looking at the transcripts that are to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TranscriptsSent {
    Gone,
    Nothing,
    Done {
        mails: usize,
    },
    LookAgain {
        at: Timestamp,
        mails: usize,
    },
    /// SES takes one not.
    Refused {
        again: Option<Timestamp>,
    },
}

enum One {
    Mailed,
    Settled,
    Later(Timestamp),
    Refused(Timestamp),
}

struct Present {
    head: Head,
    armed: Armed,
    site: Site,
    settings: Settings,
    sender: Option<MailAddress>,
    shopper: Option<Shopper>,
    thread: Vec<Entry>,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Asks for a transcript, once for its id. It goes soon. `address` is where the request comes from.
    pub async fn ask_transcript(
        &self,
        actor: &Actor,
        address: &str,
        conversation: ConversationId,
        id: ClientId,
        to: TranscriptTo,
    ) -> Result<(), Failure> {
        let head = self.reach(actor, conversation).await?;
        let key = MailKey { conversation, carries: Carries::Transcript { asked: id } };
        if self.store.sent_mail(&key).await?.is_some() {
            return Ok(());
        }
        let asked = self.store.transcripts_asked(conversation).await?;
        if !asked.iter().any(|asked| asked.id == id) {
            let (site, shopper) =
                futures::try_join!(self.store.site(&head.site), self.store.shopper(head.shopper))?;
            let site = site.ok_or(Failure::NotFound)?;
            if self.configured(&site).await?.settings.email.mails_after().is_none() {
                return Err(Failure::SwitchedOff);
            }
            let (to, mailbox) = recipient(actor, shopper.as_ref(), to)?;
            if !answered(&self.newest_of(&head).await?) {
                return Err(Failure::Forbidden);
            }
            let now = self.env.now();
            let limited = |retry_after| Failure::RateLimited { retry_after };
            if !actor.is_agent() {
                self.store.count(TRANSCRIPTS_PER_ADDRESS, address, now).await?.map_err(limited)?;
            }
            let counted = conversation.to_string();
            self.store.count(TRANSCRIPTS_PER_CONVERSATION, &counted, now).await?.map_err(limited)?;
            let asked = TranscriptAsked { id, to, address: mailbox.to_string(), at: now };
            self.store.ask_transcript(conversation, &asked).await?;
        }
        self.arm_transcript(conversation).await
    }

    /// From now on it is looked what is to go. Another than what stood, always: whoever settles it at this moment finds the head moved.
    async fn arm_transcript(&self, conversation: ConversationId) -> Result<(), Failure> {
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                self.env.sleep(jitter(attempt, self.env.random())).await;
            }
            let head = self.store.head(conversation).await?.ok_or(Failure::NotFound)?;
            let mut deadlines = head.deadlines.clone();
            let seq = deadlines.get(&Deadline::Transcript).map_or(0, |armed| armed.seq) + 1;
            deadlines.insert(Deadline::Transcript, Armed { due: self.env.now(), seq });
            let Some(next) = head.with_deadlines(deadlines) else { return Ok(()) };
            match self.store.arm(&next).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => log_store_error(&error)?,
            }
        }
        Err(Failure::Busy)
    }

    /// Whether the merchant wants a transcript to go when a conversation is closed.
    pub(crate) async fn transcribes_at_close(&self, site: &SiteId) -> Result<bool, StoreError> {
        let (site, published) = futures::try_join!(self.store.site(site), self.store.published(site))?;
        let email = site.map(|site| Configured::of(&site, published).settings.email);
        Ok(email.is_some_and(|email| email.transcript_at_close && email.mails_after().is_some()))
    }

    /// Mails what was asked for, if it may go; otherwise arms the deadline for when it may, or takes it away.
    pub async fn send_transcripts<M: Mailer>(
        &self,
        room: &MailRoom<M>,
        conversation: ConversationId,
    ) -> Result<TranscriptsSent, Failure> {
        // Of a try that was overtaken: somebody who found the mail claimed has put the deadline off meanwhile, for less long.
        let (mut mails, mut refused) = (0, None::<Option<Timestamp>>);
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                self.env.sleep(jitter(attempt, self.env.random())).await;
            }
            let Some(head) = self.store.head(conversation).await? else { return Ok(TranscriptsSent::Gone) };
            let Some(armed) = head.deadlines.get(&Deadline::Transcript).copied() else {
                return Ok(TranscriptsSent::Nothing);
            };
            if armed.due > self.env.now() {
                let Some(until) = refused else {
                    return Ok(TranscriptsSent::LookAgain { at: armed.due, mails });
                };
                let at = until.map_or(armed.due, |until| until.max(armed.due));
                if self.settle_transcripts(&head, armed, Some(at)).await? {
                    return Ok(TranscriptsSent::Refused { again: Some(at) });
                }
                continue;
            }
            let Some(present) = self.transcribed(head, armed).await? else {
                return Ok(TranscriptsSent::Gone);
            };
            let mut asked = self.store.transcripts_asked(conversation).await?;
            asked.extend(present.at_close());
            let (mut again, mut refuses) = (None::<Timestamp>, false);
            for asked in &asked {
                match self.send_transcript(room, &present, asked).await? {
                    One::Mailed => mails += 1,
                    One::Settled => {}
                    One::Later(at) => again = Some(again.map_or(at, |other| other.min(at))),
                    One::Refused(at) => {
                        again = Some(again.map_or(at, |other| other.min(at)));
                        refuses = true;
                    }
                }
            }
            match refused {
                _ if refuses => refused = Some(again),
                // What it had claimed then is its own.
                Some(until) => again = again.max(until),
                None => {}
            }
            if self.settle_transcripts(&present.head, present.armed, again).await? {
                let sent = match (refused, again) {
                    (Some(_), again) => TranscriptsSent::Refused { again },
                    (None, Some(at)) => TranscriptsSent::LookAgain { at, mails },
                    (None, None) => TranscriptsSent::Done { mails },
                };
                tracing::info!(%conversation, ?sent, "looked at transcripts");
                return Ok(sent);
            }
        }
        Err(Failure::Busy)
    }

    async fn transcribed(&self, head: Head, armed: Armed) -> Result<Option<Present>, Failure> {
        let Some(site) = self.store.site(&head.site).await? else { return Ok(None) };
        let (published, shopper) =
            futures::try_join!(self.store.published(&site.id), self.store.shopper(head.shopper))?;
        let settings = Configured::of(&site, published).settings;
        let sender = settings.email.mails_after().and(settings.email.sender.as_deref());
        let sender = sender.and_then(MailAddress::parse);
        let thread = self.newest_of(&head).await?;
        Ok(Some(Present { head, armed, site, settings, sender, shopper, thread }))
    }

    /// The thread in order, as of the head; of a very long one the end.
    async fn newest_of(&self, head: &Head) -> Result<Vec<Entry>, StoreError> {
        let mut thread: Vec<Entry> = Vec::new();
        let mut until = head.numbers.t;
        while until > 0 && thread.len() < MOST {
            let page = self.store.entries_back(head.id, Log::Thread, until, PAGE).await?;
            let Some(last) = page.last() else { break };
            until = last.seq - 1;
            thread.extend(page);
        }
        thread.reverse();
        Ok(thread)
    }

    async fn send_transcript<M: Mailer>(
        &self,
        room: &MailRoom<M>,
        present: &Present,
        asked: &TranscriptAsked,
    ) -> Result<One, Failure> {
        let (site, conversation, now) = (&present.site.id, present.head.id, self.env.now());
        let key = MailKey { conversation, carries: Carries::Transcript { asked: asked.id } };
        let settled = async || self.store.transcript_settled(conversation, asked.id).await;
        let still_member = match asked.to {
            Recipient::Shopper => true,
            Recipient::Agent(agent) => {
                self.store.member(site, agent).await?.is_some_and(|member| member.active)
            }
        };
        let to = MailAddress::parse(&asked.address).filter(|_| still_member && answered(&present.thread));
        let (Some(to), Some(sender)) = (to, &present.sender) else {
            settled().await?;
            return Ok(One::Settled);
        };
        let hash = address_hash(to.as_str());
        let given_up = now.since(asked.at) >= TRIED_FOR;
        let later = now.plus((now.since(asked.at) / 2).clamp(BETWEEN_MAILS, LONGEST));
        if given_up || self.store.correspondent(site, hash).await?.suppressed.is_some() {
            settled().await?;
            return Ok(One::Settled);
        }
        let by = self.env.random();
        match self.store.claim_mail(&key, by, now, now.plus(MAIL_LEASE)).await? {
            Claimed::Sent(_) => {
                settled().await?;
                return Ok(One::Settled);
            }
            Claimed::Held { until } => return Ok(One::Later(until)),
            Claimed::Yes => {}
        }
        // An agent's own mailbox is no stranger's.
        if asked.to == Recipient::Shopper && !self.store.take_turn(site, hash, key.id(), now).await? {
            self.store.release_mail(&key, by).await?;
            return Ok(One::Later(later));
        }
        let raw = self.compose_transcript(room, present, asked, sender, &to, now).await?;
        match room.mailer.send(RawMail { from: sender.as_str(), to: to.as_str(), bytes: &raw }).await {
            Ok(message_id) => {
                let through = present.head.numbers.t;
                let sent = SentMail { through, to: to.to_string(), at: now, message_id };
                self.store.record_mail(&key, &sent).await?;
                settled().await?;
                Ok(One::Mailed)
            }
            Err(NotSent::Refused(why)) => {
                // Its claim is not given back: see `fallback`.
                tracing::error!(%conversation, %site, why, "SES refuses a transcript");
                Ok(One::Refused(later))
            }
            Err(NotSent::Unknown(why)) => {
                tracing::warn!(%conversation, why, "it is not known whether a transcript went");
                Err(Failure::Busy)
            }
        }
    }

    async fn compose_transcript<M: Mailer>(
        &self,
        room: &MailRoom<M>,
        present: &Present,
        asked: &TranscriptAsked,
        sender: &MailAddress,
        to: &MailAddress,
        now: Timestamp,
    ) -> Result<Vec<u8>, Failure> {
        let Present { head, settings, site, .. } = present;
        // Only the shopper's own profile speaks of the shopper; an address that was typed may be a stranger's.
        let shopper = present.shopper.as_ref().filter(|_| asked.to == Recipient::Shopper);
        let own = shopper.filter(|shopper| {
            shopper.email.as_deref().is_some_and(|email| address_hash(email) == address_hash(&asked.address))
        });
        let unsubscribe = match asked.to {
            Recipient::Agent(_) => None,
            Recipient::Shopper => {
                let until = now.plus(UNSUBSCRIBE_LIFE);
                let secret = self.link(head, Purpose::Unsubscribe, address_hash(to.as_str()), until).await?;
                Link::parse(&format!("{}/v1/mail/unsubscribe/{secret}", room.api_url))
            }
        };
        let zone = shopper.and_then(|shopper| Zone::named(shopper.time_zone.as_deref()?));
        let language =
            settings.general.language_for(shopper.and_then(|shopper| shopper.language.as_deref())).clone();
        let letter = Letter {
            site,
            settings,
            sender,
            to: Mailbox {
                name: HeaderText::clean(own.and_then(|shopper| shopper.name.as_deref()).unwrap_or_default()),
                address: to.clone(),
            },
            reply_to: None,
            unsubscribe: unsubscribe.map(|page| Unsubscribe { page, address: None }),
            about: Some(head),
            language,
            zone: zone.unwrap_or_else(|| settings.hours.schedule.zone().clone()),
            mail: Mail::Transcript {
                lines: present.lines(),
                resume: None,
                files_until: None,
                to_agent: asked.to != Recipient::Shopper,
            },
        };
        letter.write(room, self.env.random(), now).ok_or(Failure::Internal)
    }

    /// `false`: the head has moved.
    async fn settle_transcripts(
        &self,
        head: &Head,
        armed: Armed,
        at: Option<Timestamp>,
    ) -> Result<bool, Failure> {
        let mut deadlines = head.deadlines.clone();
        match at {
            Some(due) => deadlines.insert(Deadline::Transcript, Armed { due, ..armed }),
            None => deadlines.remove(&Deadline::Transcript),
        };
        let Some(next) = head.with_deadlines(deadlines) else { return Ok(true) };
        match self.store.arm(&next).await {
            Ok(armed) => Ok(armed),
            Err(error) => log_store_error(&error).map(|()| false),
        }
    }
}

impl Present {
    /// What goes at the end, if the merchant wants it: once, for its id is made of the conversation.
    fn at_close(&self) -> Option<TranscriptAsked> {
        let Status::Closed { at, .. } = &self.head.status else { return None };
        let address = self.shopper.as_ref()?.email.clone()?;
        self.settings.email.transcript_at_close.then(|| TranscriptAsked {
            id: client_id(self.head.id, 0, "transcript at close"),
            to: Recipient::Shopper,
            address,
            at: *at,
        })
    }

    fn lines(&self) -> Vec<Line> {
        self.thread.iter().filter_map(|entry| line(entry, &self.head)).collect()
    }
}

/// A person of the shop has said something.
fn answered(thread: &[Entry]) -> bool {
    thread.iter().any(Entry::is_answer)
}

fn recipient(
    actor: &Actor,
    shopper: Option<&Shopper>,
    to: TranscriptTo,
) -> Result<(Recipient, MailAddress), Failure> {
    let refuse = |code, message: &str| {
        let mut errors = FieldErrors::default();
        errors.add("email", code, message);
        Failure::Invalid(errors.0)
    };
    let required = || refuse(FieldCode::Required, "no address is known");
    let known = shopper.and_then(|shopper| shopper.email.clone());
    let (to, address) = match (to, actor) {
        (TranscriptTo::Me { address }, Actor::Agent { id, .. }) => (Recipient::Agent(*id), address),
        (TranscriptTo::Me { .. }, Actor::Shopper { .. }) => return Err(Failure::Forbidden),
        // An agent types no addresses: what is known of a shopper is what the shopper has said.
        (TranscriptTo::Shopper { .. }, Actor::Agent { .. }) => {
            (Recipient::Shopper, known.ok_or_else(required)?)
        }
        (TranscriptTo::Shopper { typed }, Actor::Shopper { .. }) => {
            (Recipient::Shopper, known.or(typed).ok_or_else(required)?)
        }
    };
    let address =
        MailAddress::parse(address.trim()).ok_or_else(|| refuse(FieldCode::Format, "an email address"))?;
    Ok((to, address))
}
