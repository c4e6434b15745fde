//! Agents are told by mail of who waits: whom, when and of what is `domain::notification`; here it is given the present, and what is
//! decided is carried out, so that whoever is killed at any moment loses nothing.
//!
//! What an agent is told goes out one mail after another: whoever writes one holds the agent's tray for as long as a claim lasts. A mail is
//! handed to SES, then recorded with each conversation that it tells of, then the tray is given back. So only what SES had accepted and
//! nobody had recorded goes twice (TRUST F18), after the lease. Every conversation's deadline stands until all who are to be told of it
//! have been, and the sweep finds it there; the tray only knows what may go together.

use crate::command::{MAX_TRIES, jitter, log_store_error};
use crate::fallback::{MailRoom, address_hash, line};
use crate::letter::Letter;
use crate::settings::Configured;
use crate::{Engine, Failure};
use domain::automatic::Deadline;
use domain::availability::anybody_online;
use domain::connection::Topic;
use domain::conversation::{Author, Body, Entry, Head, Log};
use domain::deadline::Armed;
use domain::fallback::BETWEEN_MAILS;
use domain::notification::{
    self, Candidate, Choice, Decision, Kind, MOST_GATHERED, Needless, Notified, Told, Tray, Waiting,
};
use domain::people::{Availability, Member, Person, Shopper, Site};
use domain::ports::{Environment, MAIL_LEASE, Mailer, NotSent, Push, RawMail, Recipient, ReplyGrant, Store};
use domain::settings::Settings;
use domain::{AgentId, ConversationId, SiteId, Timestamp};
use mail::{HeaderText, Line, Link, Mail, MailAddress, Mailbox, ReplyToken, Why};
use std::time::Duration;

/// Entries that are looked at, and the most that a mail repeats.
const LOOKED_AT: usize = 100;
/// What SES refuses is tried again for this long.
const REFUSED_FOR: Duration = Duration::from_secs(3 * 24 * 60 * 60);
const LONGEST_REFUSAL: Duration = Duration::from_secs(6 * 60 * 60);

/// What came of looking whom to tell of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentsTold {
    /// The conversation, or its site, is gone.
    Gone,
    /// Nothing is owed.
    Nothing,
    /// Whoever is to be told has been; `mails` went now.
    Done { mails: usize },
    /// Somebody is to be told, then.
    LookAgain { at: Timestamp, mails: usize },
    /// SES takes it not.
    Refused { again: Option<Timestamp> },
}

/// A conversation and whom it may concern, read once per try.
struct Present {
    head: Head,
    armed: Option<Armed>,
    site: Site,
    settings: Settings,
    sender: Option<MailAddress>,
    members: Vec<Member>,
    /// Who has it open.
    looking: Vec<AgentId>,
    told: Vec<(AgentId, Told)>,
    /// The newest entries, in order.
    entries: Vec<Entry>,
    shopper: Option<Shopper>,
}

/// What came of one agent.
enum One {
    Mailed,
    Later(Timestamp),
    Not,
    Refused,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Tells agents of who waits in a conversation, if that is due; otherwise arms the deadline for when it may be, or takes it away. May
    /// be called twice, late, or together with another call. An error: how it ended is unknown, and the deadline stands.
    pub async fn tell_agents<M: Mailer>(
        &self,
        room: &MailRoom<M>,
        conversation: ConversationId,
    ) -> Result<AgentsTold, Failure> {
        // Of a try that was overtaken: somebody who found the tray taken has put the deadline off meanwhile, for less long.
        let (mut mails, mut refused) = (0, None::<Option<Timestamp>>);
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                self.env.sleep(jitter(attempt, self.env.random())).await;
            }
            let present = match self.concerned(conversation).await {
                Ok(Some(present)) => present,
                Ok(None) => return Ok(AgentsTold::Gone),
                Err(Failure::Busy) => continue,
                Err(failure) => return Err(failure),
            };
            let Some(armed) = present.armed else { return Ok(AgentsTold::Nothing) };
            if armed.due > self.env.now() {
                let Some(until) = refused else {
                    return Ok(AgentsTold::LookAgain { at: armed.due, mails });
                };
                let at = until.map_or(armed.due, |until| until.max(armed.due));
                if self.settle_telling(&present.head, armed, Some(at)).await? {
                    return Ok(AgentsTold::Refused { again: Some(at) });
                }
                continue;
            }
            let (mut again, mut refuses) = (None::<Timestamp>, false);
            let notified = self.store.notified(&present.site.id).await?;
            for notified in &notified {
                match self.tell_one(room, &present, notified).await? {
                    One::Mailed => mails += 1,
                    One::Later(at) => again = Some(again.map_or(at, |other| other.min(at))),
                    One::Not => {}
                    One::Refused => refuses = true,
                }
            }
            if refuses {
                let since = present.head.waiting_since.unwrap_or(armed.due);
                let waited = self.env.now().since(since);
                let at = self.env.now().plus((waited / 2).clamp(BETWEEN_MAILS, LONGEST_REFUSAL));
                again = (waited < REFUSED_FOR).then(|| again.map_or(at, |other| other.min(at))).or(again);
            }
            match refused {
                _ if refuses => refused = Some(again),
                // What it had claimed then is its own.
                Some(until) => again = again.max(until),
                None => {}
            }
            if self.settle_telling(&present.head, armed, again).await? {
                let told = match (refused, again) {
                    (Some(_), again) => AgentsTold::Refused { again },
                    (None, Some(at)) => AgentsTold::LookAgain { at, mails },
                    (None, None) => AgentsTold::Done { mails },
                };
                tracing::info!(%conversation, ?told, "looked whom to tell");
                return Ok(told);
            }
        }
        Err(Failure::Busy)
    }

    /// Notes who has signed in to a site, and where they are reached. What they have chosen stays.
    pub async fn note_address(&self, site: &SiteId, person: &Person) -> Result<Notified, Failure> {
        let known = self.store.notified_agent(site, person.id).await?;
        let choice = match known {
            Some(known) if known.address == person.email => return Ok(known),
            Some(known) => known.choice,
            None => Choice::default(),
        };
        let notified = Notified { agent: person.id, address: person.email.clone(), choice };
        self.store.put_notified(site, &notified).await?;
        Ok(notified)
    }

    /// Everything that is looked at; `None`: it is gone.
    async fn concerned(&self, conversation: ConversationId) -> Result<Option<Present>, Failure> {
        let Some(head) = self.store.head(conversation).await? else { return Ok(None) };
        let armed = head.deadlines.get(&Deadline::Agents).copied();
        let Some(site) = self.store.site(&head.site).await? else { return Ok(None) };
        let (topic, now) = (Topic::Conversation(conversation), self.env.now());
        let (published, members, registered, told, entries, shopper) = futures::try_join!(
            self.store.published(&site.id),
            self.store.members(&site.id),
            self.store.registered(&topic, now),
            self.store.told(conversation),
            self.store.entries_back(conversation, Log::Thread, head.numbers.t, LOOKED_AT),
            self.store.shopper(head.shopper),
        )?;
        let settings = Configured::of(&site, published).settings;
        let sender = settings.email.mails_after().and(settings.email.sender.as_deref());
        let sender = sender.and_then(MailAddress::parse);
        let looking = registered.iter().filter_map(|registration| registration.agent).collect();
        let entries = entries.into_iter().rev().collect();
        Ok(Some(Present { head, armed, site, settings, sender, members, looking, told, entries, shopper }))
    }

    async fn tell_one<M: Mailer>(
        &self,
        room: &MailRoom<M>,
        present: &Present,
        notified: &Notified,
    ) -> Result<One, Failure> {
        let agent = notified.agent;
        let (site, conversation) = (&present.site.id, present.head.id);
        let Some(to) = MailAddress::parse(&notified.address) else { return Ok(One::Not) };
        match present.decide(notified, &[], self.env.now()) {
            Decision::Not(why) => {
                tracing::debug!(%conversation, %agent, ?why, "not told");
                return Ok(One::Not);
            }
            Decision::Later { at, because } => {
                if because.gathers() {
                    self.change_tray(site, agent, |tray| tray.gathering(conversation, at)).await?;
                }
                return Ok(One::Later(at));
            }
            Decision::Tell(_) => {}
        }
        if self.store.correspondent(site, address_hash(to.as_str())).await?.suppressed.is_some() {
            return Ok(One::Not);
        }
        let by = self.env.random();
        let mut held = None;
        let taken = self
            .change_tray(site, agent, |tray| {
                let now = self.env.now();
                held = tray.held_by_another(by, now);
                held.is_none().then(|| tray.taken(by, now.plus(MAIL_LEASE)))
            })
            .await?;
        if let Some(until) = held {
            // Whoever is next takes it along.
            self.change_tray(site, agent, |tray| tray.gathering(conversation, self.env.now())).await?;
            return Ok(One::Later(until));
        }
        // Read under the lease: what was recorded before it was taken is known.
        let told = self.mail_agent(room, present, notified, &to, &taken).await;
        match &told {
            // It may have gone, or it is not known what was recorded: the tray is held until the lease is over. So it is where SES refuses:
            // whoever was waiting for it would run into the same refusal, and it would be told twice.
            Err(_) | Ok((One::Refused, _)) => {}
            Ok((one, looked_at)) => {
                let mailed = matches!(one, One::Mailed).then(|| self.env.now());
                let gathers = match one {
                    One::Later(at) => Some(*at),
                    _ => None,
                };
                self.change_tray(site, agent, |tray| {
                    let back = tray.returned(looked_at, mailed);
                    let gathered = gathers
                        .and_then(|at| Tray { rev: tray.rev, ..back.clone() }.gathering(conversation, at));
                    Some(gathered.unwrap_or(back))
                })
                .await?;
            }
        }
        told.map(|(one, _)| one)
    }

    /// One mail to an agent, whose tray is the caller's: of this conversation and whatever else waits for one. Also, what was looked at
    /// and waits no more.
    async fn mail_agent<M: Mailer>(
        &self,
        room: &MailRoom<M>,
        present: &Present,
        notified: &Notified,
        to: &MailAddress,
        tray: &Tray,
    ) -> Result<(One, Vec<ConversationId>), Failure> {
        let now = self.env.now();
        let Some(sender) = &present.sender else { return Ok((One::Not, Vec::new())) };
        let mut this = Vec::new();
        if let Some(fresh) = self.concerned(present.head.id).await? {
            match fresh.decide(notified, &tray.mails, now) {
                Decision::Tell(kind) => this.push((fresh, kind)),
                Decision::Later { at, .. } => return Ok((One::Later(at), Vec::new())),
                Decision::Not(_) => {}
            }
        }
        let mut looked_at = vec![present.head.id];
        if this.is_empty() {
            return Ok((One::Not, looked_at));
        }
        let others = tray.waiting.iter().filter(|(id, at)| **id != present.head.id && **at <= now);
        for (id, _) in others.take(MOST_GATHERED) {
            let decided = match self.concerned(*id).await? {
                Some(other) if other.site.id == present.site.id => {
                    (other.decide(notified, &tray.mails, now), Some(other))
                }
                _ => (Decision::Not(Needless::NobodyWaits), None),
            };
            match decided {
                (Decision::Tell(kind), Some(other)) => this.push((other, kind)),
                (Decision::Later { .. }, _) => continue,
                _ => {}
            }
            looked_at.push(*id);
        }
        let raw = self.compose_notice(room, &this, notified.agent, sender, to, now).await?;
        match room.mailer.send(RawMail { from: sender.as_str(), to: to.as_str(), bytes: &raw }).await {
            Ok(_) => {
                for (of, _) in &this {
                    let told = Told { through: of.newest(), at: now };
                    self.store.record_told(of.head.id, notified.agent, told).await?;
                }
                Ok((One::Mailed, looked_at))
            }
            Err(NotSent::Refused(why)) => {
                tracing::error!(site = %present.site.id, agent = %notified.agent, why, "SES refuses a mail to an agent");
                Ok((One::Refused, Vec::new()))
            }
            Err(NotSent::Unknown(why)) => {
                tracing::warn!(agent = %notified.agent, why, "it is not known whether a mail to an agent went");
                Err(Failure::Busy)
            }
        }
    }

    async fn compose_notice<M: Mailer>(
        &self,
        room: &MailRoom<M>,
        of: &[(Present, Kind)],
        agent: AgentId,
        sender: &MailAddress,
        to: &MailAddress,
        now: Timestamp,
    ) -> Result<Vec<u8>, Failure> {
        let Some((first, kind)) = of.first() else { return Err(Failure::Internal) };
        let (site, settings) = (&first.site, &first.settings);
        let place = |path: &str| Link::parse(&format!("{}/{}/{path}", room.dashboard_url, site.id));
        let (Some(inbox), change) = (place("queue"), place("settings/notifications")) else {
            tracing::error!(site = %site.id, "a mail has nowhere to lead to");
            return Err(Failure::Internal);
        };
        let waiting = |present: &Present| {
            let list = if present.head.owner.is_some() { "mine" } else { "queue" };
            let shopper = present.shopper.as_ref();
            mail::Waiting {
                shopper: present.head.shopper_name.as_deref().map(HeaderText::clean),
                address: shopper.and_then(|shopper| MailAddress::parse(shopper.email.as_deref()?)),
                page: shopper.and_then(|shopper| Link::parse(&shopper.page.as_ref()?.url)),
                lines: present.lines(),
                open: place(&format!("{list}/{}", present.head.id)).unwrap_or_else(|| inbox.clone()),
            }
        };
        let (mail, reply_to) = if of.len() == 1 {
            let why = match kind {
                Kind::New => Why::New,
                Kind::Missed => Why::Missed,
            };
            let reply_to = self.agents_reply_to(settings, &first.head, agent, to, now).await?;
            (Mail::Conversation { why, waiting: waiting(first), change }, reply_to)
        } else {
            let waiting = of.iter().map(|(present, _)| waiting(present)).collect();
            (Mail::Digest { waiting, inbox, change }, None)
        };
        let name = first.members.iter().find(|member| member.agent == agent);
        let letter = Letter {
            site,
            settings,
            sender,
            to: Mailbox {
                name: HeaderText::clean(name.map_or("", |member| &member.name)),
                address: to.clone(),
            },
            reply_to,
            unsubscribe: None,
            about: (of.len() == 1).then_some(&first.head),
            language: settings.general.language_for(None).clone(),
            zone: settings.hours.schedule.zone().clone(),
            mail,
        };
        letter.write(room, self.env.random(), now).ok_or(Failure::Internal)
    }

    /// An address of the agent's own for this conversation: what comes there from their mailbox is their answer.
    async fn agents_reply_to(
        &self,
        settings: &Settings,
        head: &Head,
        agent: AgentId,
        to: &MailAddress,
        now: Timestamp,
    ) -> Result<Option<MailAddress>, Failure> {
        let Some(domain) = &settings.email.reply_domain else { return Ok(None) };
        let token = ReplyToken::from_random(self.env.random().to_be_bytes());
        let grant = ReplyGrant {
            site: head.site.clone(),
            conversation: head.id,
            recipient: Recipient::Agent(agent),
            address: address_hash(to.as_str()),
            made_at: now,
            revoked_at: None,
        };
        self.store.keep_reply_grant(token.hash().0, &grant).await?;
        Ok(token.address(domain))
    }

    /// What stands in the tray afterwards; `None` from `change`: it stays. Tried again while others are quicker.
    async fn change_tray(
        &self,
        site: &SiteId,
        agent: AgentId,
        mut change: impl FnMut(&Tray) -> Option<Tray>,
    ) -> Result<Tray, Failure> {
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                self.env.sleep(jitter(attempt, self.env.random())).await;
            }
            let tray = self.store.tray(site, agent).await?;
            let Some(next) = change(&tray) else { return Ok(tray) };
            if self.store.put_tray(site, agent, &next).await? {
                return Ok(next);
            }
        }
        Err(Failure::Busy)
    }

    /// The deadline stands at `at` from now on, or not at all. `false`: the head has moved.
    async fn settle_telling(
        &self,
        head: &Head,
        armed: Armed,
        at: Option<Timestamp>,
    ) -> Result<bool, Failure> {
        let mut deadlines = head.deadlines.clone();
        match at {
            Some(due) => deadlines.insert(Deadline::Agents, Armed { due, ..armed }),
            None => deadlines.remove(&Deadline::Agents),
        };
        let Some(next) = head.with_deadlines(deadlines) else { return Ok(true) };
        match self.store.arm(&next).await {
            Ok(armed) => Ok(armed),
            Err(error) => log_store_error(&error).map(|()| false),
        }
    }
}

impl Present {
    fn decide(&self, notified: &Notified, mails: &[Timestamp], now: Timestamp) -> Decision {
        let Some(armed) = self.armed.filter(|_| self.sender.is_some()) else {
            return Decision::Not(Needless::NobodyWaits);
        };
        let is_member = |agent| self.members.iter().find(|member| member.agent == agent && member.active);
        let member = is_member(notified.agent);
        let answered = Entry::is_answer;
        let is_whole = self.head.numbers.t <= LOOKED_AT as u64;
        let waiting = Waiting {
            since: self.head.waiting_since.filter(|_| self.head.is_open() && !self.head.held),
            newest: self.newest().max(armed.seq),
            unread: self.head.unread,
            unanswered: is_whole && self.head.participants.is_empty() && !self.entries.iter().any(answered),
            owner: self.head.owner.filter(|owner| is_member(*owner).is_some()),
            anybody_online: anybody_online(&self.members, now),
            wait_time: self.settings.automatic.wait_time,
        };
        let candidate = Candidate {
            agent: notified.agent,
            member: member.is_some(),
            choice: &notified.choice,
            address: true,
            at_desk: member.is_some_and(|member| member.presence(now) != Availability::Offline),
            looking: self.looking.contains(&notified.agent),
            told: self.told.iter().find(|(agent, _)| *agent == notified.agent).map(|(_, told)| *told),
            mails,
        };
        notification::decide(&waiting, &candidate, self.settings.hours.schedule.zone(), now)
    }

    /// The number of the newest thing that the shopper has said.
    fn newest(&self) -> u64 {
        let said = |e: &&Entry| matches!((&e.author, &e.body), (Author::Shopper, Body::Message { .. }));
        self.entries.iter().rev().find(said).map_or(0, |entry| entry.seq)
    }

    fn lines(&self) -> Vec<Line> {
        self.entries.iter().filter_map(|entry| line(entry, &self.head)).collect()
    }
}
