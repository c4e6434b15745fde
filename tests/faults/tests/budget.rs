//! What a message costs at the table and the gateway: counted, the same at message 3 and at message 300 (`cargo xtask
//! prove`: and at message 10,000), with one agent and with many.
#![expect(clippy::print_stdout, reason = "figures are printed")]

use domain::ConversationId;
use faults::line::Line;
use faults::stack::Stack;
use platform::Snapshot;
use protocol::client::{Numbers, Open, Send};
use protocol::{Command, ServerFrame};
use std::time::Duration;

/// DESIGN: a plain message, the rate limit's write and the index included.
const PLAIN_WRITES: f64 = 12.0;
const PLAIN_READS: f64 = 4.0;
/// A first reply or a new conversation.
const FIRST_WRITES: f64 = 20.0;

fn say(conversation_id: Option<ConversationId>, text: &str) -> Command {
    Command::Send(Send { conversation_id, text: text.into() })
}

struct Cost {
    reads: f64,
    writes: f64,
    posts: u64,
}

/// What one command costs, the projector's rows left to pass first and counted after.
async fn cost(stack: &Stack, line: &mut Line, command: Command) -> Cost {
    settle(stack).await;
    let before = stack.platform.metrics();
    assert!(matches!(line.ask(command).await.unwrap(), ServerFrame::Ack(_)));
    settle(stack).await;
    let after = stack.platform.metrics();
    Cost {
        reads: after.read_units - before.read_units,
        writes: after.write_units - before.write_units,
        posts: after.posts - before.posts,
    }
}

/// Until the counts stand still for longer than the stream's window.
async fn settle(stack: &Stack) {
    let counts = |all: &Snapshot| (all.posts, all.operations.values().sum::<u64>());
    loop {
        let before = counts(&stack.platform.metrics());
        tokio::time::sleep(Duration::from_millis(1_600)).await;
        if counts(&stack.platform.metrics()) == before {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f_20_a_message_costs_the_same_at_message_3_and_at_message_300() {
    costs_the_same(300).await;
}

/// `cargo xtask prove`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the long run: cargo xtask prove"]
async fn f_20_a_message_costs_the_same_at_message_3_and_at_message_10_000() {
    costs_the_same(10_000).await;
}

async fn costs_the_same(length: u32) {
    let stack = Stack::start().await;
    let mut shopper = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let mut ana = Line::ready(&stack.agent("demo", "ana@example.com").await, vec![]).await.unwrap();
    let begun = cost(&stack, &mut shopper, say(None, "Is this lamp dimmable?")).await;
    assert!(begun.writes <= FIRST_WRITES, "beginning: {} write units", begun.writes);

    let conversation = {
        let list = stack
            .agent("demo", "ana@example.com")
            .await
            .get("/v1/agent/sites/demo/conversations")
            .await
            .unwrap();
        list.body["rows"][0]["conversation_id"].as_str().unwrap().parse::<ConversationId>().unwrap()
    };
    let open = Command::Open(Open { conversation_id: Some(conversation), after: Numbers::default() });
    assert!(matches!(ana.ask(open).await.unwrap(), ServerFrame::Ack(_)));
    let reply = cost(&stack, &mut ana, say(Some(conversation), "It is, with any dimmer.")).await;
    assert!(reply.writes <= FIRST_WRITES, "first reply: {} write units", reply.writes);

    let early = cost(&stack, &mut shopper, say(Some(conversation), "Thanks!")).await;
    stack.lengthen(conversation, length).await;
    let late = cost(&stack, &mut shopper, say(Some(conversation), "Thanks!")).await;
    for (when, cost) in [("early", &early), ("late", &late)] {
        println!("{when}: {} read units, {} write units, {} posts", cost.reads, cost.writes, cost.posts);
        assert!(cost.writes <= PLAIN_WRITES, "{when}: {} write units", cost.writes);
        assert!(cost.reads <= PLAIN_READS, "{when}: {} read units", cost.reads);
        // The acknowledgement; the entry to the shopper and to the agent; the row to the dashboard.
        assert_eq!(cost.posts, 4, "{when}");
    }
    assert_eq!(
        (early.reads, early.writes),
        (late.reads, late.writes),
        "a message's cost grew with the conversation"
    );
    assert!(!stack.platform.metrics().operations.contains_key("Scan"), "something scans");
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_online_cost_posts_and_no_writes() {
    let stack = Stack::start().await;
    let mut shopper = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let begun = shopper.ask(say(None, "Hello")).await.unwrap();
    let ServerFrame::Ack(ack) = begun else { panic!("{begun:?}") };
    let conversation: ConversationId = ack.conversation_id.unwrap().parse().unwrap();
    let mut costs = Vec::new();
    let mut lines = Vec::new();
    for agents in [1, 20] {
        while lines.len() < agents {
            let email = ["ana@example.com", "luis@example.com"][lines.len() % 2];
            lines.push(Line::ready(&stack.agent("demo", email).await, vec![]).await.unwrap());
        }
        let cost = cost(&stack, &mut shopper, say(Some(conversation), "Anybody?")).await;
        println!(
            "{agents} agents online: {} read units, {} write units, {} posts",
            cost.reads, cost.writes, cost.posts
        );
        // Nobody looks at the conversation: the acknowledgement, the shopper's own entry, a row for each dashboard.
        assert_eq!(cost.posts, 2 + agents as u64);
        costs.push(cost.writes);
    }
    assert_eq!(costs[0], costs[1], "agents online cost writes");
}
