//! What a shop says by itself, with the deployed binaries: exactly once, at its time, whatever fails.

use anyhow::{Context, Result, ensure};
use domain::ConversationId;
use faults::line::{Line, PATIENCE, new_id};
use faults::people::Account;
use faults::stack::Stack;
use platform::faults::{KillRule, TableFault, TableRule, When};
use protocol::http::EntriesAnswer;
use protocol::server::{Author, Body, Entry};
use serde_json::{Value, json};
use std::time::Duration;

const MINUTE: i64 = 60_000;

async fn begin(shopper: &Account, text: &str) -> Result<ConversationId> {
    let reply = shopper.post("/v1/conversations", json!({"id": new_id().to_string(), "text": text})).await?;
    ensure!(reply.status == 201 || reply.status == 200, "not begun: {} {}", reply.status, reply.raw);
    Ok(reply.body["conversation_id"].as_str().context("an id")?.parse()?)
}

async fn thread(reader: &Account, conversation: ConversationId) -> Result<Vec<Entry>> {
    let reply = reader.get(&format!("/v1/conversations/{conversation}/entries?t=0&b=0")).await?;
    ensure!(reply.status == 200, "no thread: {} {}", reply.status, reply.raw);
    Ok(serde_json::from_value::<EntriesAnswer>(reply.body)?.entries)
}

/// The automatic messages of a thread: rule, cause and text.
fn automatic(thread: &[Entry]) -> Vec<(String, u64, String)> {
    thread
        .iter()
        .filter_map(|entry| match (&entry.why, &entry.body, &entry.author) {
            (Some(why), Body::Message { text }, Author::System) => {
                Some((why.rule.clone(), why.cause, text.clone()))
            }
            _ => None,
        })
        .collect()
}

fn rules(thread: &[Entry]) -> Vec<String> {
    automatic(thread).into_iter().map(|(rule, _, _)| rule).collect()
}

async fn publish(admin: &Account, section: &str, change: impl FnOnce(&mut Value)) -> Result<()> {
    let path = format!("/v1/agent/sites/{}/settings/{section}", admin.site);
    let stands = admin.get(&path).await?;
    ensure!(stands.status == 200, "no section: {}", stands.raw);
    let mut value = stands.body["value"].clone();
    change(&mut value);
    let body = json!({"expected": stands.body["version"], "value": value});
    let reply = admin.request(reqwest::Method::PUT, &path, Some(body)).await?;
    ensure!(reply.status == 200, "not published: {} {}", reply.status, reply.raw);
    Ok(())
}

/// Ana, online for as long as her line is open and the clock is not moved past her lease.
async fn ana(stack: &Stack) -> Result<(Account, Line)> {
    let ana = stack.agent("demo", "ana@example.com").await;
    let line = Line::ready(&ana, Vec::new()).await?;
    Ok((ana, line))
}

/// No form: its steps are tested beside.
async fn no_form(admin: &Account) -> Result<()> {
    publish(admin, "form", |form| form["fields"] = json!([])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn h_5_a_first_message_has_exactly_one_reply_that_says_why() -> Result<()> {
    let stack = Stack::speaking(|_| {}).await;
    let admin = stack.agent("demo", "ana@example.com").await;
    no_form(&admin).await?;
    let shopper = stack.shopper("demo").await;
    let conversation = begin(&shopper, "Is anybody there?").await?;
    for text in ["Hello?", "Hello??"] {
        let path = format!("/v1/conversations/{conversation}/messages");
        shopper.post(&path, json!({"id": new_id().to_string(), "text": text})).await?;
    }
    stack.platform.settled().await;
    let found = automatic(&thread(&shopper, conversation).await?);
    ensure!(found.len() == 1 && found[0].0 == "nobody_online" && found[0].1 == 1, "{found:?}");
    // Later messages wake nobody.
    let invoked = stack.platform.metrics().functions["AutoReply"].invocations;
    ensure!(invoked == 1, "auto-reply was invoked {invoked} times");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn h_3_the_outside_reply_names_the_next_opening_in_the_shoppers_zone_and_language() -> Result<()> {
    let stack = Stack::speaking(|_| {}).await;
    let admin = stack.agent("demo", "ana@example.com").await;
    no_form(&admin).await?;
    // Neither zone has summer time: nine in Kolkata is half past twelve in Tokyo, every day.
    publish(&admin, "hours", |hours| {
        hours["enabled"] = json!(true);
        hours["zone"] = json!("Asia/Kolkata");
        let days = hours["week"].as_object_mut().expect("a week");
        for ranges in days.values_mut() {
            *ranges = json!([{"start": "09:00", "end": "09:01"}]);
        }
    })
    .await?;
    // Three in the morning there, tomorrow.
    let now = stack.platform.now_ms() as i64;
    let day = 24 * 60 * MINUTE;
    let kolkata = 330 * MINUTE;
    let three = (now + kolkata).div_euclid(day) * day + day + 180 * MINUTE - kolkata;
    stack.platform.move_clock(three - now);
    for (language, time) in [
        ("en-US", "12:30 PM"),
        ("en-GB", "12:30"),
        ("es-ES", "12:30"),
        ("pt-BR", "12:30"),
        ("it-IT", "12:30"),
    ] {
        let body = json!({"language": language, "time_zone": "Asia/Tokyo"});
        let shopper = Account::shopper_with(&stack.url, "demo", body).await?;
        let conversation = begin(&shopper, "Hola").await?;
        stack.platform.settled().await;
        let found = automatic(&thread(&shopper, conversation).await?);
        ensure!(found.len() == 1 && found[0].0 == "outside_hours", "{language}: {found:?}");
        ensure!(found[0].2.contains(time) && !found[0].2.contains('{'), "{language}: {}", found[0].2);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn h_5_the_wait_ends_when_it_is_due_and_not_before_unless_somebody_has_answered() -> Result<()> {
    let stack = Stack::speaking(|_| {}).await;
    let (ana, mut line) = ana(&stack).await?;
    no_form(&ana).await?;
    let mut waiting = Vec::new();
    for n in 0..6 {
        let shopper = stack.shopper("demo").await;
        let conversation = begin(&shopper, &format!("Question {n}")).await?;
        waiting.push((shopper, conversation));
    }
    // The last one is answered.
    let (_, answered) = waiting.last().expect("six");
    let answer = protocol::client::Send {
        conversation_id: Some(*answered),
        text: "Here!".into(),
        ..protocol::client::Send::default()
    };
    line.ask(protocol::Command::Send(answer)).await?;
    stack.platform.settled().await;
    for (shopper, conversation) in &waiting {
        ensure!(rules(&thread(shopper, *conversation).await?).is_empty(), "said too early");
    }
    stack.platform.move_clock(2 * MINUTE);
    // Delays are whole seconds, rounded up: some come due up to a second after the clock has passed them.
    stack.emptied("TimersQueue").await?;
    stack.platform.settled().await;
    let mut late = Vec::new();
    for (n, (shopper, conversation)) in waiting.iter().enumerate() {
        let thread = thread(shopper, *conversation).await?;
        let found = rules(&thread);
        let expect: &[&str] = if n == 5 { &[] } else { &["wait_time_over"] };
        ensure!(found == expect, "question {n}: {found:?}");
        if n < 5 {
            let said = thread.last().expect("two").at as i64;
            late.push(said - (thread[0].at as i64 + 2 * MINUTE));
        }
    }
    // Never early, and by the queue: what is left to the sweep comes a quarter of an hour later. How many seconds of the machine's own time the way
    // takes is no fact about us.
    let least = late.iter().min().expect("five");
    ensure!(*least >= 0 && *least <= 30_000, "late by {late:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn h_7_a_kill_at_any_of_its_calls_leaves_exactly_one_reply() -> Result<()> {
    let stack = Stack::speaking(|_| {}).await;
    let admin = stack.agent("demo", "ana@example.com").await;
    no_form(&admin).await?;
    for call in 1..=12 {
        for when in [When::Before, When::After] {
            stack.platform.faults().kill_rule(KillRule { function: "AutoReply".into(), call, when });
            let shopper = stack.shopper("demo").await;
            let conversation = begin(&shopper, "Hola").await?;
            stack.platform.settled().await;
            stack.platform.faults().clear();
            let found = rules(&thread(&shopper, conversation).await?);
            ensure!(found == ["nobody_online"], "killed at call {call}, {when:?}: {found:?}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn h_7_records_that_come_twice_while_the_table_stumbles_are_answered_once() -> Result<()> {
    let stack = Stack::speaking(|_| {}).await;
    let admin = stack.agent("demo", "ana@example.com").await;
    no_form(&admin).await?;
    stack.platform.duplicate_stream("AutoReply", true);
    let mut begun = Vec::new();
    for n in 0..20_u32 {
        let fault = [TableFault::Conflict, TableFault::Throttle, TableFault::Error][n as usize % 3].clone();
        let when = [When::Before, When::After][n as usize % 2];
        let operation = Some("TransactWriteItems".to_owned());
        let function = Some("AutoReply".to_owned());
        stack.platform.faults().table_rule(TableRule {
            operation,
            function,
            skip: n % 2,
            count: 2,
            when,
            fault,
        });
        let shopper = stack.shopper("demo").await;
        let conversation = begin(&shopper, "Hola").await?;
        begun.push((shopper, conversation));
    }
    stack.platform.settled().await;
    for (shopper, conversation) in begun {
        let found = rules(&thread(&shopper, conversation).await?);
        ensure!(found == ["nobody_online"], "{conversation}: {found:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_07_a_poison_record_is_parked_with_its_keys_and_others_are_answered_within_ten_seconds()
-> Result<()> {
    let stack = Stack::speaking(|_| {}).await;
    let admin = stack.agent("demo", "ana@example.com").await;
    no_form(&admin).await?;
    stack.platform.pause_stream("AutoReply", true);
    let mut begun = Vec::new();
    for _ in 0..5 {
        let shopper = stack.shopper("demo").await;
        let conversation = begin(&shopper, "Hola").await?;
        begun.push((shopper, conversation));
    }
    let (_, poison) = begun.remove(1);
    break_head(&stack, poison).await?;
    stack.platform.pause_stream("AutoReply", false);
    stack.platform.settled().await;
    for (shopper, conversation) in &begun {
        let thread = thread(shopper, *conversation).await?;
        ensure!(rules(&thread) == ["nobody_online"], "{:?}", rules(&thread));
        ensure!(thread[1].at - thread[0].at < 10_000, "late by {} ms", thread[1].at - thread[0].at);
    }
    // Both readers of the stream have met it: one by its entry, the other by its head.
    let mut by = parked(&stack, poison).await?;
    by.sort();
    ensure!(by == ["auto-reply", "projector"], "{by:?}");
    Ok(())
}

/// A head that no version can read.
async fn break_head(stack: &Stack, conversation: ConversationId) -> Result<()> {
    let item =
        json!({"pk": {"S": format!("C#{conversation}")}, "sk": {"S": "META"}, "rev": {"S": "not a number"}});
    stack.put_item(item).await
}

/// Who parked what belongs to a conversation.
async fn parked(stack: &Stack, conversation: ConversationId) -> Result<Vec<String>> {
    let mut by = Vec::new();
    for body in stack.messages("ParkedQueue").await? {
        let body: Value = serde_json::from_str(&body)?;
        if body["keys"].as_str().is_some_and(|keys| keys.contains(&conversation.to_string())) {
            by.push(body["by"].as_str().unwrap_or_default().to_owned());
        }
    }
    Ok(by)
}

#[tokio::test(flavor = "multi_thread")]
async fn f_08_what_the_queue_has_lost_the_sweep_finds() -> Result<()> {
    let stack = Stack::speaking(|_| {}).await;
    let (ana, _line) = ana(&stack).await?;
    no_form(&ana).await?;
    publish(&ana, "automatic", |automatic| automatic["wait_time_s"] = json!(600)).await?;
    let shopper = stack.shopper("demo").await;
    let conversation = begin(&shopper, "Hola").await?;
    stack.platform.settled().await;
    let lost = stack.platform.purge_queue("TimersQueue");
    ensure!(lost == 1, "{lost} messages were on the queue");
    stack.platform.move_clock(11 * MINUTE);
    stack.platform.settled().await;
    let early = rules(&thread(&shopper, conversation).await?);
    ensure!(early.is_empty(), "nothing knows of it before the sweep: {early:?}");
    let fired = stack.platform.metrics().schedules_fired;
    stack.platform.move_clock(16 * MINUTE);
    let turn = async {
        while stack.platform.metrics().schedules_fired == fired {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, turn).await.context("the schedule has no turn")?;
    stack.platform.settled().await;
    let found = rules(&thread(&shopper, conversation).await?);
    ensure!(found == ["wait_time_over"], "{found:?}");
    Ok(())
}
