//! Which heads put a deadline on the queue, and what becomes of records that fail.

use delivery::{Engine, Move};
use domain::automatic::Deadline;
use domain::conversation::{Head, begin};
use domain::deadline::{Armed, Call, QUEUE_HOLDS};
use domain::ports::Environment;
use domain::text::MessageText;
use domain::{ClientId, ConversationId, ShopperId, Timestamp};
use projector::{Projector, Record, Subject};
use std::time::Duration;
use testkit::{Calls, Lot, Memory, Outbox, World};
use uuid::Uuid;

type Function = Projector<Engine<Memory, Outbox, World>, Calls, Lot>;

fn function() -> Function {
    let engine = Engine::new(Memory::default(), Outbox::default(), World::new(7), "e1".into());
    Projector { engine, timers: Calls::default(), parking: Lot::default() }
}

fn head(n: u128, now: Timestamp) -> Head {
    let whose = (ShopperId(Uuid::from_u128(n)), "demo".parse().unwrap());
    let text = MessageText::parse("Hola").unwrap();
    begin(ConversationId(Uuid::from_u128(n)), whose, None, text, ClientId(Uuid::from_u128(n)), now).head
}

fn armed(head: &Head, due: Timestamp) -> Head {
    head.with_deadlines([(Deadline::WaitTime, Armed { due, seq: 1 })].into()).unwrap_or_else(|| head.clone())
}

fn record(n: u128, subject: Subject) -> Record {
    Record { sequence_number: n.to_string(), keys: format!("C#{n} META"), subject }
}

fn step(before: Option<&Head>, after: &Head) -> Subject {
    Subject::Head(Box::new(Move { before: before.cloned(), after: after.clone() }))
}

#[tokio::test]
async fn a_deadline_that_is_near_and_new_is_queued_and_no_other() {
    let function = function();
    let now = function.engine.env.now();
    let soon = now.plus(Duration::from_secs(120));
    let (one, two, three) = (head(1, now), head(2, now), head(3, now));
    let stood = armed(&two, soon);
    let moved_on = Head { rev: stood.rev + 1, ..stood.clone() };
    let records = vec![
        record(1, step(Some(&one), &armed(&one, soon))),
        record(2, step(Some(&stood), &moved_on)),
        record(3, step(None, &armed(&three, now.plus(QUEUE_HOLDS + Duration::from_secs(1))))),
    ];
    assert!(function.handle(records).await.is_empty());
    assert_eq!(function.timers.due(Timestamp(u64::MAX)), [Call { due: soon, conversation: one.id }]);
}

#[tokio::test]
async fn a_deadline_that_cannot_be_queued_brings_its_record_again() {
    let function = function();
    let now = function.engine.env.now();
    let soon = now.plus(Duration::from_secs(120));
    let (one, two) = (head(1, now), head(2, now));
    let records = vec![
        record(1, step(None, &one)),
        record(2, step(Some(&two), &armed(&two, soon))),
        record(3, Subject::Nothing),
    ];
    function.timers.breaks(true);
    assert_eq!(function.handle(records.clone()).await, ["2"]);
    function.timers.breaks(false);
    assert!(function.handle(records[1..].to_vec()).await.is_empty());
    assert_eq!(function.timers.due(soon).len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_parked_with_its_keys_and_skipped() {
    let function = function();
    let records =
        vec![record(1, Subject::Unreadable("no rev".into())), record(2, step(None, &head(2, Timestamp(1))))];
    assert!(function.handle(records).await.is_empty());
    let parked: Vec<_> = function.parking.parked().into_iter().map(|p| (p.by, p.keys, p.reason)).collect();
    assert_eq!(parked, [("projector", "C#1 META".to_owned(), "no rev".to_owned())]);
}
