//! Unseen answers and their mails under faults: nothing is lost, and only what SES had accepted and nobody had recorded goes twice.

use crate::mails::{self, speaker};
use crate::ports::Odds;
use delivery::{Before, FellBack, Wish, address_hash};
use domain::automatic::Deadline;
use domain::conversation::{Author, Body, Log};
use domain::cursor::{Cursor, Reader};
use domain::fallback::{BETWEEN_MAILS, COLD_PER_DAY};
use domain::ports::{
    Accounts, Addresses, Carries, Conversations, Environment, MailKey, MailOutbox, RawMail, Suppressed,
};
use domain::settings::Section;
use domain::{AgentId, ClientId, ConversationId, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::Memory;

const ANA: AgentId = AgentId(uuid::Uuid::from_u128(1));
const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// A mail that SES has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub conversation: ConversationId,
    /// The mark that it goes on from: two with the same are the same mail.
    pub after: u64,
    pub to: String,
    pub at: Timestamp,
    /// It had been recorded already: such a one must not go.
    pub was_recorded: bool,
}

impl mails::Accepted for Accepted {
    async fn note(store: &Memory, mail: &RawMail<'_>, at: Timestamp) -> Self {
        let text = String::from_utf8_lossy(mail.bytes);
        let from = text.find("<conv_").expect("a mail names its conversation") + 1;
        let conversation: ConversationId = text[from..from + 41].parse().expect("a conversation's id");
        let head = store.head(conversation).await.expect("memory").expect("a head");
        let after = head.mailing.map_or(0, |mailing| mailing.through);
        let key = MailKey { conversation, carries: Carries::Answers { after } };
        let was_recorded = store.sent_mail(&key).await.expect("memory").is_some();
        Self { conversation, after, to: mail.to.to_owned(), at, was_recorded }
    }
}

/// A shop that mails its answers.
pub type Shop = mails::Shop<Accepted>;

impl Shop {
    #[must_use]
    pub fn new(seed: u64, odds: Odds, refuses: f64, is_silent: f64) -> Self {
        Self::made(seed, odds, refuses, is_silent)
    }

    /// Mail is on, and answers by mail are read.
    pub fn opens(&self) {
        let (engine, site) = (self.plain(), self.site.clone());
        self.now(async move {
            engine.store.put_site(&site).await.expect("memory");
            let email = serde_json::json!({
                "enabled": true, "sender_address": "hola@shop.example", "reply_domain": "reply.shop.example", "delay_min": 2,
            });
            engine.publish(&speaker(ANA, &site.id), &site, Section::Email, 0, email).await.expect("published");
        });
    }

    pub fn answers(&self, conversation: ConversationId) {
        let (engine, site) = (self.plain(), self.site.id.clone());
        let client_id = ClientId(self.world.uuid());
        self.now(async move {
            let wish = Wish::Say {
                conversation: Some(conversation),
                text: "Aquí estamos".into(),
                before: Before::default(),
            };
            engine.perform(&speaker(ANA, &site), "", client_id, wish, None).await.expect("answered");
        });
    }

    /// The shopper looks, from home.
    pub fn looks(&self, conversation: ConversationId) {
        let store = self.memory.clone();
        self.now(async move {
            let t = store.head(conversation).await.expect("memory").expect("a head").numbers.t;
            let to = Cursor { seen: t, delivered: t };
            store.advance(conversation, Reader::Shopper, to).await.expect("memory");
        });
    }

    pub fn bounces(&self, address: &str) {
        let (store, site, hash, now) =
            (self.memory.clone(), self.site.id.clone(), address_hash(address), self.world.now());
        self.now(async move { store.suppress(&site, hash, Suppressed::Bounced, now).await.expect("memory") });
    }

    /// One call of the function; it may be killed where it waits. How it ended, once it has.
    pub fn call(&self, conversation: ConversationId) -> Arc<Mutex<Option<FellBack>>> {
        let (engine, room, ended) = (self.engine.clone(), self.room.clone(), Arc::default());
        let end: Arc<Mutex<Option<FellBack>>> = Arc::clone(&ended);
        self.invoke(async move {
            let answer = engine.fallback(&room, conversation).await;
            *end.lock().expect("one thread") = answer.ok();
        });
        ended
    }

    /// One call that is killed when it is about to go on for the `n`th time; `Some` when it came to its end before.
    #[must_use]
    pub fn call_killed_at(&self, conversation: ConversationId, n: u32) -> Option<FellBack> {
        let (engine, room) = (self.engine.clone(), self.room.clone());
        self.invoke_killed_at(n, async move {
            engine.fallback(&room, conversation).await.expect("nothing fails here")
        })
    }

    /// The mails that a conversation notes: how far each carried it, and when.
    #[must_use]
    pub fn noted(&self, conversation: ConversationId) -> Vec<(u64, Timestamp)> {
        let noted = |entry: domain::conversation::Entry| match entry.body {
            Body::Mailed { through, .. } => Some((through, entry.at)),
            _ => None,
        };
        self.memory.log(conversation, Log::Backstage).into_iter().filter_map(noted).collect()
    }

    #[must_use]
    pub fn owes(&self, conversation: ConversationId) -> bool {
        let store = self.memory.clone();
        let head = self.now(async move { store.head(conversation).await });
        head.expect("memory").expect("a head").deadlines.contains_key(&Deadline::Unseen)
    }

    fn recorded(&self, conversation: ConversationId, after: u64) -> bool {
        let (store, key) =
            (self.memory.clone(), MailKey { conversation, carries: Carries::Answers { after } });
        self.now(async move { store.sent_mail(&key).await }).expect("memory").is_some()
    }

    fn seen(&self, conversation: ConversationId) -> u64 {
        let store = self.memory.clone();
        self.now(async move { store.cursors(conversation).await }).expect("memory").shopper.seen
    }
}

/// What came of a long run.
#[derive(Debug, Default)]
pub struct Outcome {
    pub decisions: u64,
    pub answers: u64,
    pub mails: u64,
    /// SES had accepted it and nobody had recorded it.
    pub twice: u64,
    pub broken: Vec<String>,
}

/// Shoppers who leave, agents who answer, calls that come twice, late and are killed; then calm, and everything that is owed must go.
#[must_use]
pub fn storm(seed: u64, decisions: u64) -> Outcome {
    let odds = Odds { store_before: 0.01, store_after: 0.01, kill: 0.01, ..Odds::CALM };
    let shop = Shop::new(seed, odds, 0.02, 0.02);
    shop.opens();
    let addresses: Vec<String> = (0..6).map(|n| format!("shopper{n}@example.com")).collect();
    // Two of them have answered a mail before.
    for address in &addresses[..2] {
        let (store, site, hash, now) =
            (shop.memory.clone(), shop.site.id.clone(), address_hash(address), shop.world.now());
        shop.now(async move { store.warm(&site, hash, now).await.expect("memory") });
    }
    let all: Vec<(ConversationId, &String)> = (0..24)
        .map(|n| &addresses[n % addresses.len()])
        .map(|address| (shop.begins(Some(address)), address))
        .collect();
    let mut outcome = Outcome::default();
    let mut suppressed: Option<&String> = None;
    while outcome.decisions < decisions {
        let (conversation, address) = all[shop.world.between(0, all.len() as u64 - 1) as usize];
        match shop.world.between(0, 99) {
            0..=24 => {
                shop.answers(conversation);
                outcome.answers += 1;
            }
            25..=29 => shop.looks(conversation),
            30..=33 => shop.passes(shop.world.between(1, 60) * MINUTE),
            34 if suppressed.is_none() && outcome.decisions > decisions / 2 && address.contains("5") => {
                shop.bounces(address);
                suppressed = Some(address);
            }
            _ => {
                let times = shop.world.between(1, 3);
                for _ in 0..times {
                    drop(shop.call(conversation));
                    outcome.decisions += 1;
                }
                shop.passes(shop.world.between(10, 90_000));
            }
        }
    }
    shop.world.calm();
    // The sweep goes on calling what is due; the cold addresses have their turns day by day.
    for _ in 0..60 * 24 {
        shop.passes(30 * MINUTE);
        let mut owing = false;
        for (conversation, _) in &all {
            if shop.owes(*conversation) {
                owing = true;
                drop(shop.call(*conversation));
            }
        }
        if !owing {
            break;
        }
        shop.passes(5_000);
    }
    check(&shop, &all, suppressed, &mut outcome);
    outcome
}

fn check(shop: &Shop, all: &[(ConversationId, &String)], suppressed: Option<&String>, outcome: &mut Outcome) {
    let accepted = shop.accepted();
    let mut mails = BTreeMap::<(ConversationId, u64), Vec<&Accepted>>::new();
    for one in &accepted {
        mails.entry((one.conversation, one.after)).or_default().push(one);
        if one.was_recorded {
            outcome.broken.push(format!("went although it was recorded: {one:?}"));
        }
    }
    outcome.mails = mails.len() as u64;
    outcome.twice = accepted.len() as u64 - outcome.mails;
    for (conversation, address) in all {
        let noted = shop.noted(*conversation);
        let through =
            noted.iter().map(|(through, _)| *through).max().unwrap_or_default().max(shop.seen(*conversation));
        let thread = shop.memory.log(*conversation, Log::Thread);
        let is_answer = |author: &Author, body: &Body| {
            matches!((author, body), (Author::Agent { .. }, Body::Message { .. }))
        };
        let lost = thread.iter().filter(|e| is_answer(&e.author, &e.body) && e.seq > through).count();
        if lost > 0 && suppressed != Some(address) {
            outcome.broken.push(format!("{conversation}: {lost} answers were neither seen nor mailed"));
        }
        if shop.owes(*conversation) {
            outcome.broken.push(format!("{conversation}: still owed after all"));
        }
        // One that SES accepted without our learning of it is recorded nowhere if its answers were seen before anybody tried again.
        let (recorded, unrecorded): (Vec<u64>, Vec<u64>) = mails
            .keys()
            .filter(|(of, _)| of == conversation)
            .map(|(_, after)| *after)
            .partition(|after| shop.recorded(*conversation, *after));
        if let Some(after) = unrecorded.iter().find(|after| shop.seen(*conversation) <= **after) {
            outcome
                .broken
                .push(format!("{conversation}: the mail after {after} is recorded nowhere and was not seen"));
        }
        let recorded = recorded.len();
        if noted.len() != recorded {
            outcome
                .broken
                .push(format!("{conversation}: {recorded} mails are recorded, {} noted", noted.len()));
        }
        let mut times: Vec<Timestamp> = noted.iter().map(|(_, at)| *at).collect();
        times.sort_unstable();
        if times.windows(2).any(|pair| pair[1].since(pair[0]) < BETWEEN_MAILS) {
            outcome.broken.push(format!("{conversation}: two mails within a quarter of an hour"));
        }
    }
    // A31, by the first time that each mail went.
    for address in accepted.iter().map(|one| &one.to).collect::<std::collections::BTreeSet<_>>() {
        if address.starts_with("shopper0") || address.starts_with("shopper1") {
            continue;
        }
        let mut first: Vec<Timestamp> =
            mails.values().filter(|m| m[0].to == *address).map(|m| m[0].at).collect();
        first.sort_unstable();
        // A mail may take some seconds from its turn to its going.
        let day = Duration::from_millis(DAY - MINUTE);
        if first.windows(COLD_PER_DAY + 1).any(|four| four[COLD_PER_DAY].since(four[0]) < day) {
            outcome.broken.push(format!("{address} had more than three mails in a day"));
        }
    }
}
