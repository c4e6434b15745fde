//! A bot's chat on the deployed binaries: each choice is posted once, one step at a time, and handed over once, whatever is killed, lost,
//! late, double or at once.
#![expect(clippy::print_stdout, reason = "figures are printed")]

mod attacks;
mod kills;
mod races;

use anyhow::{Context, Result, ensure};
use faults::line::{Line, Received, new_id};
use faults::page::publish_document;
use faults::people::{Account, Reply};
use faults::stack::Stack;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// A menu that leads to itself, to another, to an end and to a person.
fn help(greeting: &str) -> Value {
    let says = |id: &str, text: &str, next: Value| json!({"id": id, "texts": {"en": text}, "next": next, "x": 0, "y": 0});
    let buttons = |all: &[(&str, &str)]| {
        let button =
            |(id, goes): &(&str, &str)| json!({"id": id, "labels": {"en": format!("To {id}")}, "goes": goes});
        json!({"kind": "buttons", "buttons": all.iter().map(button).collect::<Vec<_>>()})
    };
    json!({"id": "help", "name": "Help", "start": "on_opening", "first": "hello", "steps": [
        says("hello", greeting, buttons(&[("more", "menu"), ("bye", "bye")])),
        says("menu", "What is it about?", buttons(&[("person", "person"), ("again", "hello")])),
        says("person", "A person comes", json!({"kind": "hand_over", "to": {"kind": "anyone"}})),
        says("bye", "Bye!", json!({"kind": "end", "restart": true})),
    ]})
}

async fn shop() -> Result<(Stack, Account)> {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    publish_document(&ana, "scenarios/help", help("Hello")).await?;
    Ok((stack, ana))
}

/// What a shopper does in a bot's chat, as a body; the same `id` is the same wish.
fn choice(id: &str, turn: u64, button: &str, begins: bool) -> Value {
    let mut choice = json!({"id": id, "turn": turn, "button": button});
    if begins {
        choice["opening"] = json!({"scenario": "help", "version": 1, "step": "hello"});
    }
    choice
}

fn id() -> String {
    new_id().to_string()
}

/// Over HTTP; `None` begins the chat.
async fn post(shopper: &Account, chat: Option<&str>, choice: &Value) -> Result<Reply> {
    let path = chat.map_or_else(
        || "/v1/conversations/choices".to_owned(),
        |chat| format!("/v1/conversations/{chat}/choices"),
    );
    shopper.post(&path, choice.clone()).await
}

/// Begins the chat with a choice among the first buttons.
async fn begun(shopper: &Account, button: &str) -> Result<String> {
    let reply = post(shopper, None, &choice(&id(), 1, button, true)).await?;
    ensure!(reply.status == 200, "{}", reply.raw);
    Ok(reply.body["conversation_id"].as_str().context("an id")?.to_owned())
}

/// A frame's answer: ours, or the gateway's where it has lost the invocation.
async fn frame(line: &mut Line, mut frame: Value, action: &str, chat: Option<&str>) -> Result<Value> {
    frame["action"] = json!(action);
    frame["conversation_id"] = json!(chat);
    line.raw(Message::text(frame.to_string())).await?;
    loop {
        let Received::Text(text) = line.receive_text().await? else { anyhow::bail!("closed") };
        let came: Value = serde_json::from_str(&text)?;
        let ours = came["type"] == "ack" && came["id"] == frame["id"] || came["ref"] == frame["id"];
        if ours || came["message"].is_string() && came["type"].is_null() {
            return Ok(came);
        }
    }
}

/// One entry of a log in a word: a bot's step, `?` where it offers buttons; a choice's label; who writes and what.
fn told(entry: &Value) -> String {
    let text = entry["text"].as_str().unwrap_or_default();
    match (&entry["bot"]["step"], &entry["chose"]["button"], entry["kind"].as_str()) {
        (Value::String(step), ..) => {
            format!("{step}{}", if entry["bot"]["buttons"].is_array() { "?" } else { "" })
        }
        (_, Value::String(button), _) => format!("> {button}"),
        (.., Some("message")) => format!("{}: {text}", entry["author"]["role"].as_str().unwrap_or_default()),
        (.., kind) => kind.unwrap_or_default().to_owned(),
    }
}

/// Thread and backstage, as an agent reads them; the shopper's reading must be the same thread. And where the bot is.
async fn logs(ana: &Account, shopper: &Account, chat: &str) -> Result<(Vec<String>, Vec<String>, Value)> {
    let path = format!("/v1/conversations/{chat}/entries?t=0&b=0");
    let (reply, theirs) = (ana.get(&path).await?, shopper.get(&path).await?);
    ensure!(reply.status == 200 && theirs.status == 200, "{} / {}", reply.raw, theirs.raw);
    let of = |reply: &Reply, log: &str| -> Result<Vec<String>> {
        let entries = reply.body["entries"].as_array().context("entries")?;
        let entries: Vec<&Value> = entries.iter().filter(|entry| entry["log"] == log).collect();
        for (n, entry) in entries.iter().enumerate() {
            ensure!(entry["seq"] == json!(n + 1), "a hole in the {log}: {entries:?}");
        }
        Ok(entries.into_iter().map(told).collect())
    };
    let thread = of(&reply, "thread")?;
    ensure!(thread == of(&theirs, "thread")?, "two readers, two threads");
    Ok((thread, of(&reply, "backstage")?, reply.body["head"]["bot"].clone()))
}

/// How often the queue lists a chat.
async fn queued(ana: &Account, chat: &str) -> Result<usize> {
    let reply = ana.get("/v1/agent/sites/demo/conversations?list=queue").await?;
    ensure!(reply.status == 200, "{}", reply.raw);
    let rows = reply.body["rows"].as_array().context("rows")?;
    Ok(rows.iter().filter(|row| row["conversation_id"] == chat).count())
}

fn times(all: &[String], what: &str) -> usize {
    all.iter().filter(|one| one.as_str() == what).count()
}
