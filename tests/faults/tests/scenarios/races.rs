//! At once and late: the same choice twice, two tabs, an old turn, an agent in between, another version.

use super::{begun, choice, help, id, logs, post, queued, shop, times};
use anyhow::{Context, Result, ensure};
use faults::letters::say;
use faults::page::publish_document;
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn f_15_the_same_choice_twice_and_two_tabs_that_choose_differently_move_the_chat_one_step() -> Result<()>
{
    let (stack, ana) = shop().await?;
    for _ in 0..6 {
        // Nobody here writes faster than they may.
        stack.later(10_000);
        let shopper = stack.shopper("demo").await;
        // Two tabs begin it at once, differently.
        let (one, other) = (choice(&id(), 1, "more", true), choice(&id(), 1, "bye", true));
        let (a, b, again) = futures::try_join!(
            post(&shopper, None, &one),
            post(&shopper, None, &other),
            post(&shopper, None, &one)
        )?;
        for reply in [&a, &b, &again] {
            ensure!(matches!(reply.status, 200 | 503), "{}", reply.raw);
        }
        let chat = [&a, &b, &again].into_iter().find_map(|reply| reply.body["conversation_id"].as_str());
        let chat = chat.context("one began")?.to_owned();
        let (thread, _, bot) = logs(&ana, &shopper, &chat).await?;
        ensure!(
            thread == ["hello?", "> more", "menu?"] || thread == ["hello?", "> bye", "bye"],
            "{thread:?}"
        );
        ensure!(bot["turn"] == 2, "{bot}");
        if thread[1] == "> bye" {
            continue;
        }
        // And go on differently, one of them thrice.
        let (one, other) = (choice(&id(), 2, "person", false), choice(&id(), 2, "again", false));
        let all = [&one, &other, &one, &one].map(|choice| post(&shopper, Some(&chat), choice));
        for reply in futures::future::try_join_all(all).await? {
            ensure!(matches!(reply.status, 200 | 503), "{}", reply.raw);
        }
        let (thread, backstage, bot) = logs(&ana, &shopper, &chat).await?;
        let person = thread == ["hello?", "> more", "menu?", "> person", "person"];
        ensure!(person || thread == ["hello?", "> more", "menu?", "> again", "hello?"], "{thread:?}");
        ensure!(times(&backstage, "handed_over") == usize::from(person), "{backstage:?}");
        ensure!(queued(&ana, &chat).await? == usize::from(person), "in the queue otherwise than handed over");
        // A choice of an old turn is acknowledged and changes nothing.
        for turn in [0, 1, 2] {
            let late = post(&shopper, Some(&chat), &choice(&id(), turn, "more", false)).await?;
            ensure!(late.status == 200, "{turn}: {}", late.raw);
        }
        ensure!(logs(&ana, &shopper, &chat).await? == (thread, backstage, bot), "an old turn moved it");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_15_once_an_agent_has_written_the_bot_is_silent_in_whatever_order_it_happens() -> Result<()> {
    let (stack, ana) = shop().await?;
    let (mut before, mut after) = (0, 0);
    for n in 0..10 {
        stack.later(10_000);
        let shopper = stack.shopper("demo").await;
        let chat = begun(&shopper, "more").await?;
        let chosen = choice(&id(), 2, "again", false);
        let conversation = chat.parse()?;
        let speaks = say(&ana, conversation, "I am here");
        let (reply, ()) = if n % 2 == 0 {
            futures::try_join!(post(&shopper, Some(&chat), &chosen), speaks)?
        } else {
            let (said, reply) = futures::try_join!(speaks, post(&shopper, Some(&chat), &chosen))?;
            (reply, said)
        };
        ensure!(matches!(reply.status, 200 | 503), "{}", reply.raw);
        // And after that, buttons of every turn.
        for turn in 1..=4 {
            let late = post(&shopper, Some(&chat), &choice(&id(), turn, "more", false)).await?;
            ensure!(matches!(late.status, 200 | 404), "{}", late.raw);
        }
        let (thread, _, bot) = logs(&ana, &shopper, &chat).await?;
        let spoke = thread.iter().position(|line| line == "agent: I am here").context("the agent's words")?;
        let bots = thread[spoke..]
            .iter()
            .filter(|line| ["hello?", "menu?", "bye", "person"].contains(&line.as_str()));
        ensure!(bots.count() == 0, "{thread:?}");
        ensure!(bot["at"] == "silent", "{bot}");
        if times(&thread, "hello?") == 2 { before += 1 } else { after += 1 }
    }
    println!("the choice came first {before} times, the agent {after} times");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn t_7_a_running_chat_keeps_its_version_while_another_is_published_or_it_is_taken_away() -> Result<()> {
    let (stack, ana) = shop().await?;
    let shopper = stack.shopper("demo").await;
    let chat = begun(&shopper, "more").await?;
    publish_document(&ana, "scenarios/help", help("Another hello")).await?;
    // From a process that has kept nothing of it.
    stack.platform.kill("HttpApiFunction");
    let go = async |turn: u64, button: &str| {
        let reply = post(&shopper, Some(&chat), &choice(&id(), turn, button, false)).await?;
        ensure!(reply.status == 200, "{}", reply.raw);
        anyhow::Ok(())
    };
    go(2, "again").await?;
    let taken = ana.request(Method::DELETE, "/v1/agent/sites/demo/scenarios/help?expected=2", None).await?;
    ensure!(taken.status == 204, "{}", taken.raw);
    stack.platform.kill("HttpApiFunction");
    go(3, "more").await?;
    go(4, "person").await?;
    let path = format!("/v1/conversations/{chat}/entries?t=0&b=0");
    let entries = shopper.get(&path).await?;
    ensure!(!entries.raw.contains("Another hello"), "{}", entries.raw);
    let (thread, backstage, _) = logs(&ana, &shopper, &chat).await?;
    ensure!(thread.len() == 9 && thread[8] == "person", "{thread:?}");
    ensure!(times(&backstage, "handed_over") == 1 && queued(&ana, &chat).await? == 1, "{backstage:?}");
    // Nobody begins with what was taken away; there is no chat then.
    let other = stack.shopper("demo").await;
    let gone = post(&other, None, &choice(&id(), 1, "more", true)).await?;
    ensure!(gone.status == 404 && gone.body["error"]["code"] == json!("not_found"), "{}", gone.raw);
    Ok(())
}
