//! What a message costs at the table and the gateway: counted, the same at message 3 and at message 300 (`cargo xtask
//! prove`: and at message 10,000), with one agent and with many.
#![expect(clippy::print_stdout, reason = "figures are printed")]

use domain::conversation::{Log, decide};
use domain::people::{Actor, Role};
use domain::ports::{Commit, Conversations, Receipt, Sender};
use domain::text::MessageText;
use domain::{AgentId, ConversationId};
use faults::line::{Line, new_id};
use faults::stack::Stack;
use faults::table::store;
use platform::Snapshot;
use protocol::client::{Hello, Numbers, Open, Send};
use protocol::http::EntriesAnswer;
use protocol::server::{Entry, LogName};
use protocol::{Command, ServerFrame};
use std::time::Duration;
use uuid::Uuid;

/// DESIGN: a plain message, the rate limit's write and the index included.
const PLAIN_WRITES: f64 = 12.0;
const PLAIN_READS: f64 = 4.0;
/// A first reply or a new conversation.
const FIRST_WRITES: f64 = 20.0;

fn say(conversation_id: Option<ConversationId>, text: &str) -> Command {
    Command::Send(Send { conversation_id, text: text.into(), ..Send::default() })
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
    let open =
        Command::Open(Open { conversation_id: Some(conversation), after: Numbers::default(), newest: false });
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

/// 10,000 entries of thread and backstage, as a merchant's longest conversation might have them: written to the table
/// directly, in few transactions.
async fn lengthen(stack: &Stack, conversation: ConversationId) -> Numbers {
    let store = store(stack);
    let mut head = store.head(conversation).await.unwrap().unwrap();
    let agent = Actor::Agent {
        id: AgentId(Uuid::from_u128(7)),
        site: head.site.clone(),
        name: "Ana".into(),
        role: Role::Agent,
    };
    let shopper = Actor::Shopper { id: head.shopper, site: head.site.clone() };
    let text = |text: &str| MessageText::parse(text).unwrap();
    while head.numbers.t + head.numbers.b < 10_000 {
        let expected_rev = head.rev;
        let mut entries = Vec::new();
        let (id, at) = (new_id(), head.last_activity);
        while entries.len() < 90 {
            let (actor, command) = match entries.len() % 10 {
                9 => (&agent, domain::conversation::Command::Note { text: text("Asked the workshop.") }),
                _ => (
                    &shopper,
                    domain::conversation::Command::Say {
                        text: text(&"Is it dimmable? ".repeat(4)),
                        releases: false,
                    },
                ),
            };
            let change = decide(&head, actor, command, id, at).unwrap();
            head = change.head;
            entries.extend(change.entries);
        }
        head.rev = expected_rev + 1;
        let receipt =
            Receipt { conversation, log: Log::Thread, seq: head.numbers.t, at, fingerprint: [0; 32] };
        let sender = Sender::Shopper(head.shopper);
        let commit = Commit {
            head: head.clone(),
            expected_rev: Some(expected_rev),
            entries,
            profile: None,
            sender,
            client_id: id,
            receipt,
        };
        store.commit(&commit).await.unwrap();
    }
    head.numbers.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn f20_opening_a_conversation_of_ten_thousand_entries_costs_as_much_as_one_of_a_hundred() {
    let stack = Stack::start().await;
    let account = stack.shopper("demo").await;
    let mut shopper = Line::ready(&account, vec![]).await.unwrap();
    let ServerFrame::Ack(begun) = shopper.ask(say(None, "Hello")).await.unwrap() else { panic!("no ack") };
    let conversation: ConversationId = begun.conversation_id.unwrap().parse().unwrap();
    shopper.close().await.unwrap();
    let ana = stack.agent("demo", "ana@example.com").await;
    let mut line = Line::ready(&ana, vec![]).await.unwrap();
    let head = lengthen(&stack, conversation).await;

    settle(&stack).await;
    let before = stack.platform.metrics();
    let after = Numbers::default();
    line.command(Command::Open(Open { conversation_id: Some(conversation), after, newest: true }))
        .await
        .unwrap();
    let page = match line.until(|frame| matches!(frame, ServerFrame::Entries(_)), true).await.unwrap() {
        ServerFrame::Entries(page) => page,
        other => panic!("{other:?}"),
    };
    line.until(|frame| matches!(frame, ServerFrame::Ack(_)), true).await.unwrap();
    let opened = stack.platform.metrics();
    println!(
        "opening {} + {} entries: {} read units, {} posts, a page of {}",
        head.t,
        head.b,
        opened.read_units - before.read_units,
        opened.posts - before.posts,
        page.entries.len()
    );
    assert_eq!(page.head.numbers, head);
    assert_eq!(page.entries.len(), 80);
    assert!(!page.more);
    assert_eq!(opened.posts - before.posts, 2, "one page and the ack");
    // The head twice, two cursors, 40 + 40 + 40 entries of some 300 bytes.
    assert!(opened.read_units - before.read_units <= 20.0);

    // And so does each page of what came before, wherever it lies; together they are everything, once.
    let mut until = page.after.unwrap();
    let mut known = page.entries;
    let mut dearest = 0.0_f64;
    while (until.t, until.b) != (0, 0) {
        let before = stack.platform.metrics().read_units;
        let answer = ana
            .get(&format!("/v1/conversations/{conversation}/entries?until={}.{}", until.t, until.b))
            .await
            .unwrap();
        assert_eq!(answer.status, 200);
        dearest = dearest.max(stack.platform.metrics().read_units - before);
        let older: EntriesAnswer = serde_json::from_value(answer.body).unwrap();
        until = older.after.unwrap();
        known.splice(0..0, older.entries);
    }
    println!("an older page: at most {dearest} read units");
    assert!(dearest <= 24.0);
    let position = |entry: &Entry| (entry.thread_at, entry.log == LogName::Backstage, entry.seq);
    assert!(known.windows(2).all(|pair| position(&pair[0]) < position(&pair[1])), "both logs in one order");
    let count = |log| known.iter().filter(|entry| entry.log == log).count() as u64;
    assert_eq!((count(LogName::Thread), count(LogName::Backstage)), (head.t, head.b));

    // The shopper comes back with nothing, and sees nothing of the backstage.
    let mut shopper = Line::open(&account).await.unwrap();
    shopper.command(Command::Hello(Hello { conversations: vec![], list: None, newest: true })).await.unwrap();
    let ServerFrame::Entries(page) = shopper.next().await.unwrap() else { panic!("no page") };
    assert_eq!((page.entries.len(), page.after), (80, Some(Numbers { t: head.t - 80, b: 0 })));
    assert!(page.entries.iter().all(|entry| entry.log == LogName::Thread));
    assert!(matches!(shopper.next().await.unwrap(), ServerFrame::Ready(_)));
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
