//! Agents who are told by mail, and transcripts, under faults: nothing is lost, and only what SES had accepted and nobody had recorded
//! goes twice.

use crate::mails::{self, speaker};
use crate::ports::Odds;
use delivery::{Before, TranscriptTo, Wish};
use domain::automatic::Deadline;
use domain::conversation::{Author, Body, Log};
use domain::notification::{Choice, Notified, PER_HOUR, QuietHours, When};
use domain::office_hours::{TimeOfDay, Zone};
use domain::people::{Actor, Availability, Member, Role};
use domain::ports::{Accounts, AgentNotices, Conversations, RawMail, Transcripts};
use domain::settings::Section;
use domain::{AgentId, ClientId, ConversationId, Timestamp};
use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;
use testkit::Memory;

const MINUTE: u64 = 60_000;

/// A mail that SES has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub to: String,
    /// What it tells of, and up to which number of the thread.
    pub of: Vec<(ConversationId, u64)>,
    pub at: Timestamp,
    /// All of it had been recorded already: such a one must not go.
    pub was_recorded: bool,
}

impl mails::Accepted for Accepted {
    async fn note(store: &Memory, mail: &RawMail<'_>, at: Timestamp) -> Self {
        let text = String::from_utf8_lossy(mail.bytes).replace("=\r\n", "");
        let ids: BTreeSet<ConversationId> =
            text.match_indices("conv_").filter_map(|(at, _)| text.get(at..at + 41)?.parse().ok()).collect();
        assert!(!ids.is_empty(), "a mail to an agent leads to a conversation");
        let agent = AGENTS.into_iter().find(|agent| address(*agent) == mail.to);
        let (mut of, mut was_recorded) = (Vec::new(), agent.is_some());
        for id in ids {
            let thread = store.log(id, Log::Thread);
            let newest = thread.iter().rev().find(|e| e.author == Author::Shopper).map_or(0, |e| e.seq);
            let told = store.told(id).await.expect("memory");
            was_recorded &= told.iter().any(|(of, told)| Some(*of) == agent && told.through >= newest);
            of.push((id, newest));
        }
        Self { to: mail.to.to_owned(), of, at, was_recorded }
    }
}

/// Who might be told: at once; at once but not at night; in one mail every two hours; never.
pub const AGENTS: [AgentId; 4] = [
    AgentId(uuid::Uuid::from_u128(1)),
    AgentId(uuid::Uuid::from_u128(2)),
    AgentId(uuid::Uuid::from_u128(3)),
    AgentId(uuid::Uuid::from_u128(4)),
];

#[must_use]
pub fn address(agent: AgentId) -> String {
    format!("agent{}@example.com", agent.0.as_u128())
}

fn choice(agent: AgentId) -> Choice {
    let time = |text| TimeOfDay::parse(text).expect("a time");
    let zone = Zone::named("Europe/Madrid").expect("a zone");
    let quiet = QuietHours::new(time("20:00"), time("08:00"), zone);
    match agent.0.as_u128() {
        1 => Choice::default(),
        2 => Choice { new: true, quiet, ..Choice::default() },
        3 => Choice { when: When::Every { hours: 2 }, ..Choice::default() },
        _ => Choice { when: When::Never, ..Choice::default() },
    }
}

/// A shop whose agents are somewhere else.
pub type Desk = mails::Shop<Accepted>;

impl Desk {
    #[must_use]
    pub fn new(seed: u64, odds: Odds, refuses: f64, is_silent: f64, agents: &[AgentId]) -> Self {
        let desk = Self::made(seed, odds, refuses, is_silent);
        desk.opens(agents.to_vec());
        desk
    }

    fn opens(&self, agents: Vec<AgentId>) {
        let (engine, site) = (self.plain(), self.site.clone());
        self.now(async move {
            engine.store.put_site(&site).await.expect("memory");
            let email = serde_json::json!({
                "enabled": true, "sender_address": "hola@shop.example", "reply_domain": "reply.shop.example", "delay_min": 2,
                "transcript_at_close": true,
            });
            engine.publish(&speaker(AGENTS[0], &site.id), &site, Section::Email, 0, email).await.expect("published");
            for agent in agents {
                let member = Member {
                    site: site.id.clone(),
                    agent,
                    name: "Ana".into(),
                    title: String::new(),
                    role: Role::Agent,
                    version: 1,
                    active: true,
                    availability: Availability::Offline,
                    seen_at: None,
                    photo: None,
                };
                assert!(engine.store.put_member(&member).await.expect("memory"));
                let notified = Notified { agent, address: address(agent), choice: choice(agent) };
                engine.store.put_notified(&site.id, &notified).await.expect("memory");
            }
        });
    }

    fn does(&self, conversation: ConversationId, as_shopper: bool, wish: Wish) {
        let (engine, site, client_id) = (self.plain(), self.site.id.clone(), ClientId(self.world.uuid()));
        self.now(async move {
            let head = engine.store.head(conversation).await.expect("memory").expect("a head");
            let shopper = Actor::Shopper { id: head.shopper, site: site.clone() };
            let actor = if as_shopper { shopper } else { speaker(AGENTS[0], &site) };
            engine.perform(&actor, "", client_id, wish, None).await.expect("done");
        });
    }

    pub fn says(&self, conversation: ConversationId, as_shopper: bool) {
        let wish =
            Wish::Say { conversation: Some(conversation), text: "Y ahora".into(), before: Before::default() };
        self.does(conversation, as_shopper, wish);
    }

    pub fn closes(&self, conversation: ConversationId) {
        self.does(conversation, false, Wish::Close { conversation });
    }

    /// An agent asks for the thread.
    pub fn asks(&self, conversation: ConversationId, agent: AgentId) {
        let (engine, site, id) = (self.plain(), self.site.id.clone(), ClientId(self.world.uuid()));
        self.now(async move {
            let to = TranscriptTo::Me { address: address(agent) };
            engine.ask_transcript(&speaker(agent, &site), "", conversation, id, to).await.expect("asked");
        });
    }

    fn invocation(&self, conversation: ConversationId) -> impl Future<Output = bool> + use<> {
        let (engine, room) = (self.engine.clone(), self.room.clone());
        async move {
            let agents = engine.tell_agents(&room, conversation).await;
            agents.is_ok() & engine.send_transcripts(&room, conversation).await.is_ok()
        }
    }

    /// One call of the function; it may be killed where it waits.
    pub fn call(&self, conversation: ConversationId) {
        let invocation = self.invocation(conversation);
        self.invoke(async move { _ = invocation.await });
    }

    /// One call that is killed when it is about to go on for the `n`th time. Whether it came to its end before.
    #[must_use]
    pub fn call_killed_at(&self, conversation: ConversationId, n: u32) -> bool {
        self.invoke_killed_at(n, self.invocation(conversation)).is_some()
    }

    #[must_use]
    pub fn told(&self, conversation: ConversationId) -> Vec<(AgentId, u64)> {
        let store = self.memory.clone();
        let told = self.now(async move { store.told(conversation).await }).expect("memory");
        told.into_iter().map(|(agent, told)| (agent, told.through)).collect()
    }

    #[must_use]
    pub fn asked(&self, conversation: ConversationId) -> usize {
        let store = self.memory.clone();
        self.now(async move { store.transcripts_asked(conversation).await }).expect("memory").len()
    }

    /// When it is to be looked at, for any of this.
    #[must_use]
    pub fn due(&self, conversation: ConversationId) -> Option<Timestamp> {
        let head = self.memory.heads().into_iter().find(|head| head.id == conversation).expect("a head");
        let of_ours = [Deadline::Agents, Deadline::Transcript];
        of_ours.iter().filter_map(|of| head.deadlines.get(of)).map(|armed| armed.due).min()
    }
}

/// What came of a long run.
#[derive(Debug, Default)]
pub struct Outcome {
    pub calls: u64,
    pub mails: usize,
    /// Those that told of more than one conversation.
    pub digests: usize,
    /// Something in it had gone before and nobody had recorded it.
    pub twice: usize,
    pub broken: Vec<String>,
}

/// Shoppers who ask while nobody is there, agents who answer at times, calls that come twice, late and are killed; then calm, and whoever is to
/// be told must have been.
#[must_use]
pub fn storm(seed: u64, calls: u64) -> Outcome {
    let odds = Odds { store_before: 0.01, store_after: 0.01, kill: 0.02, ..Odds::CALM };
    let desk = Desk::new(seed, odds, 0.02, 0.05, &AGENTS);
    let mut all: Vec<ConversationId> = (0..12).map(|_| desk.begins(None)).collect();
    let mut outcome = Outcome::default();
    while outcome.calls < calls {
        let conversation = all[desk.world.between(0, all.len() as u64 - 1) as usize];
        match desk.world.between(0, 99) {
            0..=11 => desk.says(conversation, true),
            12..=15 => desk.says(conversation, false),
            16..=19 => desk.passes(desk.world.between(1, 120) * MINUTE),
            20..=22 if all.len() < 1_000 => all.push(desk.begins(None)),
            _ => {
                for _ in 0..desk.world.between(1, 3) {
                    desk.call(conversation);
                    outcome.calls += 1;
                }
                desk.passes(desk.world.between(10, 90_000));
            }
        }
    }
    desk.world.calm();
    for _ in 0..3 * 24 * 12 {
        let owing: Vec<_> = all.iter().filter(|id| desk.due(**id).is_some()).collect();
        if owing.is_empty() {
            break;
        }
        for conversation in owing {
            desk.call(*conversation);
        }
        desk.passes(5 * MINUTE);
    }
    check(&desk, &all, &mut outcome);
    outcome
}

fn check(desk: &Desk, all: &[ConversationId], outcome: &mut Outcome) {
    let accepted = desk.accepted();
    outcome.mails = accepted.len();
    outcome.digests = accepted.iter().filter(|mail| mail.of.len() > 1).count();
    let mut gone = BTreeSet::new();
    for mail in &accepted {
        let mut twice = false;
        for of in &mail.of {
            twice |= !gone.insert((mail.to.clone(), *of));
        }
        outcome.twice += usize::from(twice);
        if mail.was_recorded {
            outcome.broken.push(format!("went although it was recorded: {mail:?}"));
        }
        if mail.to == address(AGENTS[3]) {
            outcome.broken.push(format!("to somebody who wants none: {mail:?}"));
        }
        if mail.to == address(AGENTS[1]) {
            let zone = Zone::named("Europe/Madrid").expect("a zone");
            let local = zone.local(mail.at);
            // A mail may take some seconds from its decision to its going.
            let day = (8..20).contains(&local.hour()) || (local.hour() == 20 && local.minute() == 0);
            if !day {
                outcome.broken.push(format!("in quiet hours: {mail:?}"));
            }
        }
    }
    for conversation in all {
        let thread = desk.memory.log(*conversation, Log::Thread);
        let said = |shopper: bool| {
            let is = |author: &Author| (*author == Author::Shopper) == shopper && *author != Author::System;
            let newest =
                thread.iter().rev().find(|e| matches!(e.body, Body::Message { .. }) && is(&e.author));
            newest.map_or(0, |entry| entry.seq)
        };
        let owner =
            desk.memory.heads().into_iter().find(|head| head.id == *conversation).and_then(|h| h.owner);
        if desk.due(*conversation).is_some() {
            outcome.broken.push(format!("{conversation}: still owed after all"));
        }
        if said(true) < said(false) {
            continue;
        }
        let told = desk.told(*conversation);
        for agent in AGENTS[..3].iter().filter(|agent| owner.is_none_or(|owner| owner == **agent)) {
            let through = told.iter().find(|(of, _)| of == agent).map_or(0, |(_, through)| *through);
            if through < said(true) {
                outcome.broken.push(format!("{conversation}: {agent} was not told"));
            }
        }
    }
    for agent in AGENTS {
        let mut times: Vec<Timestamp> =
            accepted.iter().filter(|mail| mail.to == address(agent)).map(|mail| mail.at).collect();
        times.sort_unstable();
        // What went twice was not counted, and is rare.
        let most = PER_HOUR + 1 + outcome.twice;
        let hour = Duration::from_millis(59 * MINUTE);
        if times.windows(most).any(|many| many[most - 1].since(many[0]) < hour) {
            outcome.broken.push(format!("{agent} had more than {PER_HOUR} mails in an hour"));
        }
    }
}
