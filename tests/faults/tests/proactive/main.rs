//! The shop speaks first, on the deployed binaries: killed at every call, attacked, flooded, and counted.
#![expect(clippy::print_stdout, reason = "figures are printed")]

mod answers;
mod claims;
mod cost;
mod floods;
mod kills;
mod pages;

use anyhow::Result;
use faults::letters::publish;
use faults::page::publish_document;
use faults::people::Account;
use faults::stack::Stack;
use serde_json::{Value, json};

const FUNCTION: &str = "EvaluateTriggers";
/// More than there are between two triggers that show something.
const HALF_A_MINUTE: i64 = 31_000;

/// A shop with triggers, with or without its visitors' list, and its admin.
async fn shop(live: bool, triggers: &[Value]) -> Result<(Stack, Account)> {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    publish(&ana, "visitors", json!({"live": live})).await?;
    publish_document(&ana, "triggers", json!({"triggers": triggers})).await?;
    Ok((stack, ana))
}

/// Pages whose address has this in it.
fn on(text: &str) -> Value {
    json!([{"kind": "page", "is": true, "patterns": [{"kind": "contains", "text": text}]}])
}

fn cart() -> Value {
    json!({"url": "https://shop.example/cart"})
}

/// The trigger that an answer shows, if it shows one.
fn shown(answer: &Value) -> Option<&str> {
    answer["show"]["trigger"].as_str()
}

/// What an answer arms.
fn armed(answer: &Value) -> Vec<&str> {
    answer["armed"].as_array().into_iter().flatten().filter_map(|one| one["trigger"].as_str()).collect()
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"]["code"].as_str().unwrap_or_default())
}
