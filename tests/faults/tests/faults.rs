//! Bad luck on the real binaries: kills, cuts, conflicts, pushes that fail. After healing every client shows every
//! acknowledged message exactly once, in one and the same order. Each test bears the number of its row.

use faults::healing::{begin, healed, people, say};
use faults::line::{Line, new_id};
use faults::stack::Stack;
use platform::Limits;
use platform::faults::{PostFault, TableFault, When};
use protocol::client::{Open, Ping};
use protocol::{ClientFrame, Command, ErrorCode, ServerFrame};
use std::time::Duration;

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
async fn f_06_a_stream_record_twice_or_late_has_no_second_effect() {
    let stack = Stack::start().await;
    let mut ana = Line::ready(&stack.agent("demo", "ana@example.com").await, vec![]).await.unwrap();
    let mut shopper = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    stack.platform.duplicate_stream("Projector", true);
    stack.platform.pause_stream("Projector", true);
    let conversation = begin(&mut shopper, "first").await;
    for n in 0..5 {
        shopper.ask(say(Some(conversation), &format!("late {n}"))).await.unwrap();
    }
    let reply = say(Some(conversation), "An answer overtakes its own rows");
    assert!(matches!(ana.ask(reply).await.unwrap(), ServerFrame::Ack(_)));
    let items =
        |operation: &str| stack.platform.metrics().operations.get(operation).copied().unwrap_or_default();
    let written = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"].map(items);
    stack.platform.pause_stream("Projector", false);
    stack.platform.streams_settled().await;
    // A mark in the order of what is posted: rows that the records caused are before it.
    let pong = ana.ask(Command::Ping(Ping::default())).await.unwrap();
    assert!(matches!(pong, ServerFrame::Pong(_)));
    let mut rows = Vec::new();
    while let Ok(frame) = tokio::time::timeout(Duration::from_millis(50), ana.next()).await {
        if let ServerFrame::Row(row) = frame.unwrap() {
            rows.push(row);
        }
    }
    // The latest revision wins, whatever the order; every row of one revision says the same.
    assert!(rows.len() > 1, "the records came once: {rows:?}");
    let newest = rows.iter().max_by_key(|row| row.rev).unwrap();
    assert_eq!(
        newest.preview.as_ref().map(|preview| preview.text.as_str()),
        Some("An answer overtakes its own rows")
    );
    for row in &rows {
        for other in rows.iter().filter(|other| other.rev == row.rev) {
            assert_eq!(row, other);
        }
    }
    let [puts, updates, deletes, transactions] =
        ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"].map(items);
    // The ping admitted its frame and renewed its lease; the records wrote nothing.
    assert_eq!([puts, deletes, transactions], [written[0], written[2], written[3]]);
    assert!(updates - written[1] <= 2, "{updates} after {}", written[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn f_12_fifty_sockets_cut_at_once_resume_and_nothing_is_lost() {
    let stack = Stack::start().await;
    let (shopper, agents, _) = people(&stack, 50).await;
    assert!(stack.platform.cut_connections(false) > 50);
    for n in 0..3 {
        shopper.write(format!("while everybody is away {n}"));
        agents[7].write(format!("so am I {n}"));
    }
    let mut all = vec![&shopper];
    all.extend(&agents);
    healed(&all).await;
    assert!(agents.iter().all(|device| device.lock().reconnects > 0));
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
async fn f_10_connections_that_vanished_take_no_place_from_new_ones() {
    let stack = Stack::start().await;
    let account = stack.shopper("demo").await;
    for _ in 0..12 {
        drop(Line::ready(&account, vec![]).await.unwrap());
        stack.platform.cut_connections(false);
        // No faster than tickets are given out.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    assert!(matches!(line.ask(Command::Ping(Ping::default())).await.unwrap(), ServerFrame::Pong(_)));
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
    line.command(Command::Open(Open {
        conversation_id: Some(conversation),
        after: Default::default(),
        newest: false,
    }))
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
