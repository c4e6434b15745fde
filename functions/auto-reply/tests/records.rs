//! Records that come twice, late, out of order, or fail: every conversation has exactly the automatic messages that it should.

use auto_reply::{AutoReply, Automatic, Record, Subject, TRIES, handle};
use delivery::{Before, Engine, Failure, NewSession, Reacted, Wish};
use domain::automatic::{Deadline, Rule};
use domain::conversation::Log;
use domain::people::{Actor, Availability, Member, Role, Site};
use domain::ports::{Accounts, Conversations, Environment, FaqCounts, QueueError};
use domain::settings::Section;
use domain::{AgentId, ClientId, ConversationId, SiteId};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;
use testkit::{Lot, Memory, Outbox, World};
use uuid::Uuid;

type TestEngine = Engine<Memory, Outbox, World>;

/// The engine, with failures before and after what it does, and conversations that nothing can be done with.
struct Faulty {
    engine: TestEngine,
    function: AutoReply<TestEngine, Lot>,
    /// Of 100 calls so many fail, half of them with everything done.
    percent: u64,
    poison: BTreeSet<ConversationId>,
    strikes: Mutex<BTreeMap<String, u32>>,
    reacted: Mutex<BTreeMap<ConversationId, u32>>,
}

impl Faulty {
    fn new(engine: TestEngine, percent: u64) -> Self {
        let function = AutoReply { engine: engine.clone(), parking: Lot::default() };
        Self {
            engine,
            function,
            percent,
            poison: BTreeSet::new(),
            strikes: Mutex::default(),
            reacted: Mutex::default(),
        }
    }

    fn roll(&self) -> u64 {
        (self.engine.env.random() % 100) as u64
    }
}

impl Automatic for Faulty {
    async fn react(&self, conversation: ConversationId, seq: u64) -> Result<Reacted, Failure> {
        if self.poison.contains(&conversation) {
            return Err(Failure::Internal);
        }
        let roll = self.roll();
        if roll < self.percent / 2 {
            return Err(Failure::Busy);
        }
        let reacted = self.function.react(conversation, seq).await?;
        if roll < self.percent {
            return Err(Failure::Busy);
        }
        *self.reacted.lock().unwrap().entry(conversation).or_default() += 1;
        Ok(reacted)
    }

    async fn strike(&self, sequence_number: &str) -> Result<bool, Failure> {
        let last = self.function.strike(sequence_number).await?;
        *self.strikes.lock().unwrap().entry(sequence_number.to_owned()).or_default() += 1;
        Ok(last)
    }

    async fn park(&self, record: &Record, reason: &str) -> Result<(), QueueError> {
        self.function.park(record, reason).await
    }
}

fn site() -> Site {
    testkit::shop::site("demo")
}

async fn engine(seed: u64) -> TestEngine {
    let engine = Engine::new(Memory::default(), Outbox::default(), World::new(seed), "e1".into());
    engine.store.put_site(&site()).await.unwrap();
    engine
}

const ANA: AgentId = AgentId(Uuid::from_u128(1));

/// Ana is online from now on, for as long as a lease lasts.
async fn ana_comes(engine: &TestEngine) {
    let stored = engine.store.member(&site().id, ANA).await.unwrap();
    if stored.is_none() {
        let member = Member {
            site: site().id,
            agent: ANA,
            name: "Ana".into(),
            title: String::new(),
            photo: None,
            role: Role::Agent,
            version: 1,
            active: true,
            availability: Availability::Online,
            seen_at: None,
        };
        assert!(engine.store.put_member(&member).await.unwrap());
    }
    let now = engine.env.now();
    engine.store.sign_of_life(&site().id, ANA, Some(Availability::Online), now).await.unwrap();
}

async fn say(engine: &TestEngine, n: u128, actor: &Actor, to: Option<ConversationId>) -> ConversationId {
    let wish = Wish::Say { conversation: to, text: format!("message {n}"), before: Before::default() };
    let address = format!("2001:db8:{:x}::1", n & 0xffff);
    engine.perform(actor, &address, ClientId(Uuid::from_u128(n)), wish, None).await.unwrap().head.id
}

async fn begin(engine: &TestEngine, n: u128) -> (ConversationId, Actor) {
    let address = format!("2001:db8:{n:x}::1");
    let (_, session) = engine.begin_session(&site(), &address, NewSession::default()).await.unwrap();
    let shopper = Actor::Shopper { id: session.shopper, site: site().id };
    (say(engine, n, &shopper, None).await, shopper)
}

fn record(sequence: u64, conversation: ConversationId, seq: u64) -> Record {
    let sequence_number = format!("{sequence:020}");
    let keys = format!("C#{conversation} T#{seq}");
    Record { sequence_number, keys, subject: Subject::Entry(conversation, seq) }
}

async fn rules(engine: &TestEngine, conversation: ConversationId) -> Vec<Rule> {
    let page = engine.store.entries(conversation, Log::Thread, 0, 100).await.unwrap();
    page.entries.iter().filter_map(|entry| Some(entry.why?.rule)).collect()
}

#[tokio::test]
async fn f_07_a_record_that_keeps_failing_is_parked_at_the_fifth_time_and_holds_up_nobody() {
    let mut faulty = Faulty::new(engine(1).await, 0);
    let (mut records, mut conversations) = (Vec::new(), Vec::new());
    for n in 0..20 {
        let (conversation, _) = begin(&faulty.engine, 100 + u128::from(n)).await;
        records.push(record(n, conversation, 1));
        conversations.push(conversation);
    }
    faulty.poison.insert(conversations[7]);
    let before = faulty.engine.env.now();
    for delivery in 1..=TRIES {
        // As a stream does: after a failure, from the failure on.
        let from = if delivery == 1 { 0 } else { 7 };
        let failed = handle(&faulty, records[from..].to_vec()).await;
        let expect = if delivery < TRIES { vec![records[7].sequence_number.clone()] } else { Vec::new() };
        assert_eq!(failed, expect, "delivery {delivery}");
        // Everybody else has been answered, at the first delivery already.
        for (n, conversation) in conversations.iter().enumerate() {
            let expect: &[Rule] = if n == 7 { &[] } else { &[Rule::NobodyOnline, Rule::FormOffline] };
            assert_eq!(rules(&faulty.engine, *conversation).await, expect, "record {n}");
        }
    }
    assert!(faulty.engine.env.now().since(before) < Duration::from_secs(10));
    let parked: Vec<String> =
        faulty.function.parking.parked().into_iter().map(|parked| parked.keys).collect();
    assert_eq!(parked, [records[7].keys.clone()]);
}

#[tokio::test]
async fn what_can_be_neither_done_nor_parked_comes_again() {
    let mut faulty = Faulty::new(engine(1).await, 0);
    let (conversation, _) = begin(&faulty.engine, 100).await;
    faulty.poison.insert(conversation);
    let records = vec![record(1, conversation, 1)];
    faulty.function.parking.breaks(true);
    for _ in 0..TRIES + 3 {
        assert_eq!(handle(&faulty, records.clone()).await, [records[0].sequence_number.clone()]);
    }
    faulty.function.parking.breaks(false);
    assert!(handle(&faulty, records).await.is_empty());
    assert_eq!(faulty.function.parking.parked().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_parked_at_once_and_what_is_no_entry_is_passed_over() {
    let faulty = Faulty::new(engine(1).await, 0);
    let (conversation, _) = begin(&faulty.engine, 100).await;
    let records = vec![
        Record { subject: Subject::Unreadable, ..record(1, conversation, 1) },
        Record { subject: Subject::Nothing, ..record(2, conversation, 1) },
        record(3, ConversationId(Uuid::from_u128(404)), 1),
        record(4, conversation, 77),
    ];
    assert!(handle(&faulty, records).await.is_empty());
    assert!(faulty.strikes.lock().unwrap().is_empty());
    assert!(rules(&faulty.engine, conversation).await.is_empty());
}

fn held_site() -> SiteId {
    "held".parse().unwrap()
}

/// A second shop, which has questions and holds what begins while nobody is there.
async fn holding(engine: &TestEngine) {
    let shop = Site { id: held_site(), ..site() };
    engine.store.put_site(&shop).await.unwrap();
    let admin = Actor::Agent { id: ANA, site: held_site(), name: "Ana".into(), role: Role::Admin };
    let fields = json!([
        {"id": "name", "kind": "name", "required": false, "labels": {}, "choices": []},
        {"id": "email", "kind": "email", "required": true, "labels": {}, "choices": []},
    ]);
    let form = json!({"when": "never", "slow_after_s": 60, "hold_online": false, "hold_offline": true, "fields": fields, "phrases": {}});
    engine.publish(&admin, &shop, Section::Form, 0, form).await.unwrap();
    let faqs =
        json!({"faqs": {"en": [{"id": "shipping", "question": "How long?", "answer": "Three days."}]}});
    engine.publish(&admin, &shop, Section::Faqs, 0, faqs).await.unwrap();
}

/// A question of the FAQs, a message, the form, and two answers.
async fn held(engine: &TestEngine, n: u128) -> ConversationId {
    let address = format!("2001:db8:{n:x}::1");
    let shop = Site { id: held_site(), ..site() };
    let (_, session) = engine.begin_session(&shop, &address, NewSession::default()).await.unwrap();
    let shopper = Actor::Shopper { id: session.shopper, site: held_site() };
    let act = async |n: u128, wish| {
        engine.perform(&shopper, &address, ClientId(Uuid::from_u128(n)), wish, None).await.unwrap().head
    };
    let text = format!("message {n}");
    let say = Wish::Say {
        conversation: None,
        text,
        before: Before { faqs: vec!["shipping".into(), "nonsense".into()], ..Before::default() },
    };
    let head = act(n, say).await;
    assert!(head.held);
    let answer = |field: &str, value: Option<&str>| Wish::Answer {
        conversation: head.id,
        field: field.into(),
        value: value.map(Into::into),
    };
    assert!(act(n + 1, answer("name", None)).await.held);
    assert!(!act(n + 2, answer("email", Some("eva@example.com"))).await.held);
    head.id
}

/// What becomes of one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nobody is online: told at once.
    Offline,
    /// Somebody is online and nobody answers: told when the wait is over.
    Waits,
    /// A person answers before the wait is over.
    Answered,
    /// The record comes when it is too old.
    Late,
    /// It begins with a question of the FAQs, is held for its form, and released by the last answer.
    Held,
}

#[tokio::test]
async fn ten_thousand_records_with_random_faults_leave_exactly_the_messages_that_should_be() {
    let engine = engine(20_261_121).await;
    holding(&engine).await;
    let faulty = Faulty::new(engine.clone(), 20);
    let (mut sequence, mut delivered) = (0_u64, 0_usize);
    let mut all: Vec<(ConversationId, Fate)> = Vec::new();
    for round in 0..100_u128 {
        let fate = [Fate::Offline, Fate::Waits, Fate::Answered, Fate::Late, Fate::Held][(round % 5) as usize];
        let mut records = Vec::new();
        let mut begun = Vec::new();
        for n in 0..20_u128 {
            let base = 1_000_000 + round * 1_000 + n * 10;
            let (conversation, seqs) = match fate {
                Fate::Held => (held(&engine, base).await, vec![1, 2, 4, 5]),
                _ => {
                    let (conversation, shopper) = begin(&engine, base).await;
                    say(&engine, base + 1, &shopper, Some(conversation)).await;
                    (conversation, vec![1, 2])
                }
            };
            begun.push((conversation, base));
            for seq in seqs {
                // Once, twice or three times.
                for _ in 0..=engine.env.random() % 3 {
                    sequence += 1;
                    records.push(record(sequence, conversation, seq));
                }
            }
        }
        if matches!(fate, Fate::Waits | Fate::Answered) {
            ana_comes(&engine).await;
        }
        if fate == Fate::Late {
            engine.env.pass(Duration::from_secs(10 * 60 + 1));
        }
        // Out of order, and those that failed again until none does.
        for n in (1..records.len()).rev() {
            records.swap(n, (engine.env.random() % (n as u128 + 1)) as usize);
        }
        while !records.is_empty() {
            delivered += records.len();
            let failed = handle(&faulty, records.clone()).await;
            records.retain(|record| failed.contains(&record.sequence_number));
        }
        for (conversation, base) in &begun {
            if fate == Fate::Answered {
                let ana = Actor::Agent { id: ANA, site: site().id, name: "Ana".into(), role: Role::Agent };
                say(&engine, base + 2, &ana, Some(*conversation)).await;
            }
        }
        // Past the lease and the wait: every deadline that stands is called, twice.
        engine.env.pass(Duration::from_secs(130));
        for (conversation, _) in begun {
            for _ in 0..2 {
                engine.deadline_due(conversation, Deadline::WaitTime).await.unwrap();
            }
            all.push((conversation, fate));
        }
    }
    assert!(delivered >= 10_000, "only {delivered} records");
    let parked: BTreeSet<String> =
        faulty.strikes.lock().unwrap().iter().filter(|(_, n)| **n >= TRIES).map(|(s, _)| s.clone()).collect();
    let counts = engine.store.faq_counts(&held_site()).await.unwrap();
    assert_eq!(counts.len(), 1);
    let held = all.iter().filter(|(_, fate)| *fate == Fate::Held).count();
    assert_eq!((counts[0].opened, counts[0].still_needed), (0, held as u64), "parked: {parked:?}");
    for (conversation, fate) in all {
        let expect: &[Rule] = match fate {
            Fate::Offline => &[Rule::NobodyOnline, Rule::FormOffline],
            Fate::Waits => &[Rule::WaitTimeOver, Rule::FormOffline],
            // The form stands there from the beginning on.
            Fate::Held => &[Rule::FormOffline, Rule::NobodyOnline],
            Fate::Answered | Fate::Late => &[],
        };
        assert_eq!(rules(&engine, conversation).await, expect, "{conversation} {fate:?}; parked: {parked:?}");
        let head = engine.store.head(conversation).await.unwrap().unwrap();
        // An address that was typed is looked at by the mails; nothing waits for a person any more.
        assert!(head.deadlines.keys().all(|deadline| !deadline.ends_with_an_answer()) && !head.held);
    }
}
