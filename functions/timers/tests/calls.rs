//! Calls that come early, late, twice, or for what is gone; and the sweep that finds what the queue has lost.

use delivery::{Before, Engine, NewSession, Wish};
use domain::automatic::Deadline;
use domain::conversation::{Body, Log};
use domain::deadline::{Armed, Call, QUEUE_HOLDS};
use domain::people::{Actor, Availability, Member, Role, Site};
use domain::ports::{Accounts, Conversations, DeadlineQueue, Environment};
use domain::{AgentId, ClientId, ConversationId, Timestamp};
use testkit::{Calls, Handed, Memory, Outbox, World};
use timers::{Message, SweepError, Timers};
use uuid::Uuid;

type Function = Timers<Engine<Memory, Outbox, World>, Calls, Handed>;

fn site() -> Site {
    testkit::shop::site("demo")
}

async fn function() -> Function {
    let engine = Engine::new(Memory::default(), Outbox::default(), World::new(7), "e1".into());
    engine.store.put_site(&site()).await.unwrap();
    let agent = AgentId(Uuid::from_u128(1));
    let member = Member {
        site: site().id,
        agent,
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
    let now = engine.env.now();
    engine.store.sign_of_life(&site().id, agent, Some(Availability::Online), now).await.unwrap();
    Timers { engine, queue: Calls::default(), mail: Handed::default() }
}

/// A first message while an agent is online: from then on the shopper waits, for two minutes.
async fn waiting(function: &Function, n: u128) -> (ConversationId, Timestamp) {
    let engine = &function.engine;
    let address = format!("2001:db8:{n:x}::1");
    let (_, session) = engine.begin_session(&site(), &address, NewSession::default()).await.unwrap();
    let shopper = Actor::Shopper { id: session.shopper, site: site().id };
    let wish = Wish::Say { conversation: None, text: "Hola".into(), before: Before::default() };
    let begun = engine.perform(&shopper, &address, ClientId(Uuid::from_u128(n)), wish, None).await.unwrap();
    engine.react(begun.head.id, 1).await.unwrap();
    let head = engine.store.head(begun.head.id).await.unwrap().unwrap();
    (head.id, head.next_due().expect("waits for a person"))
}

async fn messages(function: &Function, conversation: ConversationId) -> usize {
    let thread = function.engine.store.entries(conversation, Log::Thread, 0, 100).await.unwrap().entries;
    // The form may be asked beside what is said.
    thread.iter().filter(|entry| matches!(entry.body, Body::Message { .. })).count()
}

fn message(conversation: ConversationId, due: Timestamp) -> Message {
    Message { id: conversation.to_string(), call: Some(Call { conversation, due }) }
}

#[tokio::test]
async fn what_is_due_is_done_once_however_often_it_is_called() {
    let function = function().await;
    let (conversation, due) = waiting(&function, 1).await;
    function.engine.env.pass(due.since(function.engine.env.now()));
    for _ in 0..3 {
        assert!(
            function.handle(vec![message(conversation, due), message(conversation, due)]).await.is_empty()
        );
        assert_eq!(messages(&function, conversation).await, 2);
    }
}

#[tokio::test]
async fn a_call_that_comes_early_is_queued_again_for_its_time() {
    let function = function().await;
    let (conversation, due) = waiting(&function, 1).await;
    assert!(function.handle(vec![message(conversation, due)]).await.is_empty());
    assert_eq!(messages(&function, conversation).await, 1);
    assert_eq!(function.queue.due(due), [Call { conversation, due }]);
    // Where it cannot be queued the message itself comes again.
    function.queue.breaks(true);
    assert_eq!(function.handle(vec![message(conversation, due)]).await, [conversation.to_string()]);
}

#[tokio::test]
async fn an_unseen_answer_is_handed_on_when_it_is_due_and_stands_until_it_is_settled() {
    let function = function().await;
    let (conversation, _) = waiting(&function, 1).await;
    let due = function.engine.env.now();
    let head = function.engine.store.head(conversation).await.unwrap().unwrap();
    let unseen = [(Deadline::Unseen, Armed { due, seq: 2 })].into();
    assert!(function.engine.store.arm(&head.with_deadlines(unseen).unwrap()).await.unwrap());
    function.mail.breaks(true);
    assert_eq!(function.handle(vec![message(conversation, due)]).await, [conversation.to_string()]);
    function.mail.breaks(false);
    for times in 1..=2 {
        assert!(function.handle(vec![message(conversation, due)]).await.is_empty());
        assert_eq!(function.mail.over(), vec![conversation; times]);
    }
    // Nothing is said by it, and the sweep finds it still.
    assert_eq!(messages(&function, conversation).await, 1);
    assert_eq!(function.sweep().await.unwrap(), 1);
}

#[tokio::test]
async fn what_is_gone_and_what_is_none_of_ours_hold_up_nobody() {
    let function = function().await;
    let (conversation, due) = waiting(&function, 1).await;
    function.engine.env.pass(due.since(function.engine.env.now()));
    let gone = message(ConversationId(Uuid::from_u128(404)), due);
    let nonsense = Message { id: "nonsense".into(), call: None };
    let failed = function.handle(vec![nonsense, gone, message(conversation, due)]).await;
    assert_eq!(failed, ["nonsense"]);
    assert_eq!(messages(&function, conversation).await, 2);
}

#[tokio::test]
async fn a_sweep_finds_what_the_queue_has_lost_and_what_it_cannot_hold_yet() {
    let function = function().await;
    let mut all = Vec::new();
    for n in 1..=30 {
        all.push(waiting(&function, n).await);
    }
    assert_eq!(function.sweep().await.unwrap(), 30);
    let mut queued = function.queue.due(Timestamp(u64::MAX));
    queued.sort();
    let mut expect: Vec<_> =
        all.iter().map(|(conversation, due)| Call { due: *due, conversation: *conversation }).collect();
    expect.sort();
    assert_eq!(queued, expect);
    // Again: they are queued twice, which is harmless. When nothing can be queued the sweep says so.
    assert_eq!(function.sweep().await.unwrap(), 30);
    function.queue.breaks(true);
    assert!(matches!(function.sweep().await, Err(SweepError::NotQueued(30))));
}

#[tokio::test]
async fn nothing_far_ahead_is_queued_by_a_sweep() {
    let function = function().await;
    let (conversation, due) = waiting(&function, 1).await;
    let head = function.engine.store.head(conversation).await.unwrap().unwrap();
    let mut deadlines = head.deadlines.clone();
    for armed in deadlines.values_mut() {
        armed.due = due.plus(2 * QUEUE_HOLDS);
    }
    assert!(function.engine.store.arm(&head.with_deadlines(deadlines).unwrap()).await.unwrap());
    assert_eq!(function.sweep().await.unwrap(), 0);
    function.engine.env.pass(2 * QUEUE_HOLDS);
    assert_eq!(function.sweep().await.unwrap(), 1);
    assert!(function.queue.put(Call { conversation, due }).await.is_ok());
}
