//! Bad luck on the real binaries: kills, cuts, conflicts, pushes that fail. After healing every client shows every
//! acknowledged message exactly once, in one and the same order. Each test bears the number of its row.
#![expect(clippy::print_stdout, reason = "figures are printed")]

use domain::ConversationId;
use faults::device::Device;
use faults::line::{Line, new_id};
use faults::stack::Stack;
use platform::Limits;
use platform::faults::{PostFault, TableFault, When};
use protocol::client::{Open, Ping, Send};
use protocol::server::Body;
use protocol::{ClientFrame, Command, ErrorCode, ServerFrame};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::collections::BTreeMap;
use std::time::Duration;

const HEALED: Duration = Duration::from_secs(45);

fn say(conversation_id: Option<ConversationId>, text: &str) -> Command {
    Command::Send(Send { conversation_id, text: text.into() })
}

async fn begin(line: &mut Line, text: &str) -> ConversationId {
    match line.ask(say(None, text)).await.unwrap() {
        ServerFrame::Ack(ack) => ack.conversation_id.unwrap().parse().unwrap(),
        other => panic!("no conversation began: {other:?}"),
    }
}

/// A shopper's device with a conversation, and agents' devices that look at it.
async fn people(stack: &Stack, agents: usize) -> (Device, Vec<Device>, ConversationId) {
    let account = stack.shopper("demo").await;
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    let conversation = begin(&mut line, "first").await;
    line.close().await.unwrap();
    let shopper = Device::start(account, Some(conversation));
    let mut devices = Vec::new();
    for n in 0..agents {
        let email = ["ana@example.com", "luis@example.com"][n % 2];
        devices.push(Device::start(stack.agent("demo", email).await, Some(conversation)));
    }
    for device in devices.iter().chain([&shopper]) {
        assert!(device.until(HEALED, |state| !state.thread.is_empty()).await, "a device did not connect");
    }
    (shopper, devices, conversation)
}

/// Waits until every device has sent everything and shows the same thread, then checks it.
async fn healed(devices: &[&Device]) {
    for device in devices {
        assert!(
            device.until(HEALED, |state| state.outbox.is_empty()).await,
            "unsent: {:?}",
            device.lock().outbox
        );
    }
    // As far as anybody knows the thread to go: by what is shown and by what was acknowledged.
    let reach = |device: &&Device| {
        let state = device.lock();
        state.acked.iter().map(|(_, seq)| *seq).chain([state.numbers().t]).max().unwrap_or_default()
    };
    let last = devices.iter().map(reach).max().unwrap_or_default();
    for device in devices {
        assert!(
            device
                .until(HEALED, |state| state.numbers().t >= last
                    && state.thread.len() as u64 == state.numbers().t)
                .await,
            "a device did not catch up to {last}: {:?}",
            device.lock().numbers()
        );
    }
    let reference: Vec<_> = devices[0].lock().thread.values().cloned().collect();
    for device in devices {
        let state = device.lock();
        assert_eq!(state.contradictions, Vec::<String>::new());
        assert_eq!(state.refused, vec![], "something was refused");
        let thread: Vec<_> = state.thread.values().cloned().collect();
        assert_eq!(thread.len(), reference.len());
        assert!(thread == reference, "two devices show different threads");
    }
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for entry in &reference {
        if let (Body::Message { .. }, Some(id)) = (&entry.body, &entry.client_id) {
            assert_eq!(seen.insert(id.clone(), entry.seq), None, "a message stands twice");
        }
    }
    for device in devices {
        let mut before = 0;
        for (id, seq) in &device.lock().acked {
            assert_eq!(
                seen.get(&id.to_string()),
                Some(seq),
                "an acknowledged message is missing or elsewhere"
            );
            assert!(*seq > before, "a device's messages are out of order");
            before = *seq;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f_01_killed_before_the_commit_the_retry_stores_once() {
    let stack = Stack::start().await;
    let (shopper, agents, _) = people(&stack, 1).await;
    stack.platform.faults().table(
        "TransactWriteItems",
        When::Before,
        &TableFault::Kill("WsMessage".into()),
        1,
    );
    shopper.write("survives");
    healed(&[&shopper, &agents[0]]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f_02_killed_after_the_commit_the_retry_gets_the_old_number_and_peers_heal() {
    let stack = Stack::start().await;
    let (shopper, agents, _) = people(&stack, 1).await;
    stack.platform.faults().table(
        "TransactWriteItems",
        When::After,
        &TableFault::Kill("WsMessage".into()),
        1,
    );
    shopper.write("stored, not acknowledged");
    healed(&[&shopper, &agents[0]]).await;
    assert_eq!(shopper.lock().acked.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn f_03_when_the_outcome_of_a_commit_is_unknown_the_receipt_decides() {
    let stack = Stack::start().await;
    let (shopper, agents, _) = people(&stack, 1).await;
    for (when, fault) in
        [(When::After, TableFault::Error), (When::Before, TableFault::Error), (When::After, TableFault::Hang)]
    {
        stack.platform.faults().table("TransactWriteItems", when, &fault, 1);
        shopper.write(format!("{when:?} {fault:?}"));
    }
    healed(&[&shopper, &agents[0]]).await;
    assert_eq!(shopper.lock().acked.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn f_04_conflicts_and_throttles_are_tried_again_and_then_answered_with_retry() {
    let stack = Stack::start().await;
    let mut line = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let conversation = begin(&mut line, "first").await;
    stack.platform.faults().table("TransactWriteItems", When::Before, &TableFault::Conflict, 3);
    assert!(matches!(
        line.ask(say(Some(conversation), "after conflicts")).await.unwrap(),
        ServerFrame::Ack(_)
    ));
    stack.platform.faults().table("TransactWriteItems", When::Before, &TableFault::Throttle, 40);
    match line.ask(say(Some(conversation), "too busy")).await.unwrap() {
        ServerFrame::Error(error) => {
            assert_eq!(error.code, ErrorCode::Retry);
            assert!(error.retry_after_ms.is_some());
        }
        other => panic!("{other:?}"),
    }
    stack.platform.faults().clear();
    assert!(matches!(line.ask(say(Some(conversation), "too busy")).await.unwrap(), ServerFrame::Ack(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn f_05_the_same_retry_much_later_is_still_one_message() {
    let stack = Stack::start().await;
    let account = stack.shopper("demo").await;
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    let id = new_id();
    let frame = ClientFrame { id, command: say(None, "once") };
    line.frame(&frame).await.unwrap();
    let ServerFrame::Ack(first) =
        line.until(|frame| matches!(frame, ServerFrame::Ack(_)), true).await.unwrap()
    else {
        unreachable!()
    };
    let conversation = first.conversation_id.clone().unwrap();
    for n in 0..5 {
        line.ask(say(Some(conversation.parse().unwrap()), &format!("later {n}"))).await.unwrap();
    }
    line.close().await.unwrap();
    stack.platform.kill("WsMessage");
    let mut again = Line::ready(&account, vec![]).await.unwrap();
    again.frame(&frame).await.unwrap();
    let ServerFrame::Ack(second) =
        again.until(|frame| matches!(frame, ServerFrame::Ack(_)), true).await.unwrap()
    else {
        unreachable!()
    };
    assert_eq!(first, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn f_09_pushes_that_fail_hold_nobody_up_and_heal() {
    let stack = Stack::start().await;
    let (shopper, agents, _) = people(&stack, 2).await;
    for fault in [PostFault::Throttled, PostFault::Error, PostFault::Gone, PostFault::Hang] {
        stack.platform.faults().posts(fault, 3);
        shopper.write(format!("while posts answer {fault:?}"));
        agents[0].write(format!("an answer while {fault:?}"));
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let mut all = vec![&shopper];
    all.extend(&agents);
    healed(&all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f_10_connections_that_vanish_without_a_word_are_forgotten_at_the_next_push() {
    let stack = Stack::start().await;
    let (shopper, agents, _) = people(&stack, 1).await;
    assert!(stack.platform.cut_connections(false) >= 2);
    shopper.write("after the cut");
    healed(&[&shopper, &agents[0]]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f_11_idle_and_aged_connections_are_cut_and_resumed() {
    let limits = Limits { idle: Duration::from_millis(1200), longest: Duration::from_secs(4), instances: 24 };
    let stack = Stack::with(limits).await;
    let (shopper, agents, _) = people(&stack, 1).await;
    for n in 0..8 {
        shopper.write(format!("shopper {n}"));
        agents[0].write(format!("agent {n}"));
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
    healed(&[&shopper, &agents[0]]).await;
    assert!(shopper.lock().reconnects > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn f_20_a_long_conversation_comes_in_pages_and_costs_the_same_per_message() {
    let stack = Stack::start().await;
    let (shopper, agents, conversation) = people(&stack, 1).await;
    let big = "x".repeat(3000);
    for n in 0..40 {
        shopper.write(format!("{n} {big}"));
    }
    healed(&[&shopper, &agents[0]]).await;
    let mut line = Line::ready(&agents[0].account, vec![]).await.unwrap();
    line.command(Command::Open(Open { conversation_id: Some(conversation), after: Default::default() }))
        .await
        .unwrap();
    let mut pages = 0;
    loop {
        if let ServerFrame::Entries(page) = line.next().await.unwrap() {
            pages += 1;
            assert!(
                serde_json::to_string(&page).unwrap().len() < 32 * 1024,
                "a page is too large for the gateway"
            );
            if !page.more {
                break;
            }
        }
    }
    assert!(pages > 3, "{pages}");
}

#[tokio::test(flavor = "multi_thread")]
async fn f_21_an_unknown_action_of_a_newer_client_leaves_the_connection_alive() {
    let stack = Stack::start().await;
    let mut line = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    line.raw(format!(r#"{{"action":"from_the_future","id":"{}"}}"#, new_id()).into()).await.unwrap();
    let error = line.until(|frame| matches!(frame, ServerFrame::Error(_)), true).await.unwrap();
    assert!(matches!(error, ServerFrame::Error(error) if error.code == ErrorCode::UnknownAction));
    assert!(matches!(line.ask(Command::Ping(Ping::default())).await.unwrap(), ServerFrame::Pong(_)));
}

/// Everything at once: kills before and after the commit, cuts with and without a word, failing posts, conflicts.
async fn storm(writers: usize, messages: usize, seed: u64) {
    println!("seed {seed}: {writers} writers, {messages} messages each");
    let stack = Stack::start().await;
    let mut random = StdRng::seed_from_u64(seed);
    let (shopper, agents, conversation) = people(&stack, writers.saturating_sub(1)).await;
    let devices: Vec<Device> = std::iter::once(shopper.clone()).chain(agents).collect();
    for (n, device) in devices.iter().enumerate() {
        for m in 0..messages {
            device.write(format!("{n}/{m}"));
        }
    }
    let total = devices.len() * messages;
    loop {
        let open: usize = devices.iter().map(|device| device.lock().outbox.len()).sum();
        if open == 0 {
            break;
        }
        let faults = stack.platform.faults();
        let kill = TableFault::Kill("WsMessage".into());
        match random.random_range(0..10) {
            0 => faults.table("TransactWriteItems", When::Before, &kill, 1),
            1 => faults.table("TransactWriteItems", When::After, &kill, 1),
            2 => drop(stack.platform.kill("WsMessage")),
            3 => drop(stack.platform.cut_connections(false)),
            4 => drop(stack.platform.cut_connections(true)),
            5 => faults.posts(PostFault::Gone, 2),
            6 => faults.posts(PostFault::Error, 3),
            7 => faults.posts(PostFault::Hang, 1),
            8 => faults.table("TransactWriteItems", When::After, &TableFault::Error, 2),
            _ => faults.table("TransactWriteItems", When::Before, &TableFault::Conflict, 3),
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(200..1500))).await;
    }
    stack.platform.faults().clear();
    healed(&devices.iter().collect::<Vec<_>>()).await;
    let stored =
        shopper.lock().thread.values().filter(|entry| matches!(entry.body, Body::Message { .. })).count();
    assert_eq!(stored, total + 1, "messages in {conversation}");
    let reconnects: u32 = devices.iter().map(|device| device.lock().reconnects).sum();
    println!(
        "seed {seed}: {stored} messages, each once, in one order, on {} devices; {reconnects} reconnects",
        devices.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_faults_loses_doubles_and_reorders_nothing() {
    storm(4, 40, 7).await;
}

/// `cargo xtask prove`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the long run: cargo xtask prove"]
async fn a_long_storm_of_faults_over_twenty_thousand_messages() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    storm(50, 400, seed).await;
}
