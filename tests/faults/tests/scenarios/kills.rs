//! Killed before and after each call, and faults of the table, from the first choice to the hand-over.

use super::{choice, frame, id, logs, post, queued, shop, times};
use anyhow::{Context, Result, ensure};
use faults::line::Line;
use faults::people::Account;
use faults::stack::Stack;
use platform::faults::{KillRule, TableFault, TableRule, When};
use serde_json::Value;

/// A shopper's browser, by one of the two doors.
enum Door {
    Http,
    Socket(Box<Line>),
}

impl Door {
    /// The choice until it is acknowledged, as a widget sends it: again under its id. Whether it had to be sent again.
    async fn choose(&mut self, who: &Account, chat: Option<&str>, choice: &Value) -> Result<(String, bool)> {
        for n in 0..6 {
            let (done, acknowledged) = match self {
                Self::Http => {
                    let reply = post(who, chat, choice).await?;
                    ensure!(matches!(reply.status, 200 | 500..=599), "{} {}", reply.status, reply.raw);
                    (reply.status == 200, reply.body)
                }
                Self::Socket(line) => {
                    let came = frame(line, choice.clone(), "choose", chat).await?;
                    let code = came["code"].as_str();
                    ensure!(matches!(code, None | Some("retry" | "internal")), "{came}");
                    (came["type"] == "ack", came)
                }
            };
            if done {
                let chat = acknowledged["conversation_id"].as_str().context("an id")?;
                return Ok((chat.to_owned(), n > 0));
            }
        }
        anyhow::bail!("never acknowledged")
    }
}

/// From the menu to a person, each choice under its own bad luck; whether any of it struck.
async fn follows(
    stack: &Stack,
    ana: &Account,
    socket: bool,
    bad_luck: impl Fn(u32),
    about: &str,
) -> Result<bool> {
    let shopper = stack.shopper("demo").await;
    let mut door =
        if socket { Door::Socket(Box::new(Line::ready(&shopper, vec![]).await?)) } else { Door::Http };
    let mut struck = false;
    let mut chat: Option<String> = None;
    for (n, (turn, button)) in [(1, "more"), (2, "again"), (3, "more"), (4, "person")].into_iter().enumerate()
    {
        bad_luck(u32::try_from(n)?);
        let wish = choice(&id(), turn, button, chat.is_none());
        let (acknowledged, again) = door.choose(&shopper, chat.as_deref(), &wish).await?;
        stack.platform.faults().clear();
        struck |= again;
        ensure!(chat.as_ref().is_none_or(|chat| *chat == acknowledged), "{about}: two chats");
        // The same once more, its answer was lost: as if nothing had been sent.
        let (again, _) = door.choose(&shopper, Some(&acknowledged), &wish).await?;
        ensure!(again == acknowledged, "{about}: two chats");
        chat = Some(acknowledged);
    }
    let chat = chat.context("a chat")?;
    let (thread, backstage, bot) = logs(ana, &shopper, &chat).await?;
    let right = ["hello?", "> more", "menu?", "> again", "hello?", "> more", "menu?", "> person", "person"];
    ensure!(thread == right, "{about}: {thread:?}");
    ensure!(times(&backstage, "handed_over") == 1, "{about}: {backstage:?}");
    ensure!(bot["at"] == "handed_over", "{about}: {bot}");
    ensure!(queued(ana, &chat).await? == 1, "{about}: not once in the queue");
    // New windows of the limits per address: each run has a shopper of its own.
    stack.later(30_000);
    Ok(struck)
}

async fn killed_everywhere(socket: bool) -> Result<()> {
    let (stack, ana) = shop().await?;
    let function = if socket { "WsMessage" } else { "HttpApiFunction" };
    let mut calls = 0;
    for when in [When::Before, When::After] {
        let mut struck_at = 0;
        for call in 1..=24 {
            let rule = || KillRule { function: function.into(), call, when };
            let about = format!("{function}, call {call}, {when:?}");
            let struck =
                follows(&stack, &ana, socket, |_| stack.platform.faults().kill_rule(rule()), &about).await?;
            struck_at += u32::from(struck);
            // After as many as before.
            let over = if when == When::Before { !struck } else { call == calls };
            if over {
                calls = call;
                break;
            }
        }
        println!("{function} killed at {struck_at} calls, {when:?}");
        ensure!(struck_at > 5, "only {struck_at} calls");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_01_f_02_a_chat_over_a_socket_killed_at_any_call_goes_one_step_at_a_time_and_is_handed_over_once()
-> Result<()> {
    killed_everywhere(true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn f_01_f_02_a_chat_over_http_killed_at_any_call_goes_one_step_at_a_time_and_is_handed_over_once()
-> Result<()> {
    killed_everywhere(false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn f_03_f_04_conflicts_throttles_and_unknown_outcomes_post_each_choice_once() -> Result<()> {
    let (stack, ana) = shop().await?;
    let mut struck = 0;
    for socket in [true, false] {
        for fault in [TableFault::Conflict, TableFault::Throttle, TableFault::Error] {
            for (when, count) in [(When::Before, 2), (When::After, 1), (When::Before, 12), (When::After, 4)] {
                let about = format!("socket {socket}, {fault:?}, {when:?}, {count}");
                let rule = |_| {
                    stack.platform.faults().table_rule(TableRule {
                        count,
                        when,
                        ..TableRule::next("TransactWriteItems", fault.clone())
                    });
                };
                struck += u32::from(follows(&stack, &ana, socket, rule, &about).await?);
            }
        }
    }
    println!("{struck} of 24 chats were told to try again");
    Ok(())
}
