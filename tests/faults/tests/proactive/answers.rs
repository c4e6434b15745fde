//! What comes of a message that was shown: answered, opened, sent away, killed before and after each call. Each counts once.

use super::{FUNCTION, HALF_A_MINUTE, cart, on, shop, shown};
use anyhow::{Context, Result, ensure};
use faults::line::new_id;
use faults::page::{Page, results, trigger};
use faults::people::{Account, Reply};
use faults::stack::Stack;
use platform::faults::{KillRule, When};
use serde_json::{Value, json};

async fn shows(stack: &Stack) -> Result<(Page, String)> {
    // A showing may be lost with its answer, on a busy machine: then somebody else comes.
    for _ in 0..4 {
        let mut page = Page::of(stack, "demo");
        let (_, answer) = page.told("view", cart()).await?;
        if let (Some("hello"), Some(token)) = (shown(&answer), answer["show"]["shown"].as_str()) {
            return Ok((page, token.to_owned()));
        }
    }
    anyhow::bail!("nothing is shown")
}

/// As a widget would: again under the same id, until there is an answer that was not lost.
async fn answer(shopper: &Account, token: &str) -> Result<Reply> {
    let body = json!({"id": new_id().to_string(), "text": "Yes, please", "proactive": token});
    for _ in 0..4 {
        let reply = shopper.post("/v1/conversations", body.clone()).await?;
        if reply.status < 500 {
            return Ok(reply);
        }
    }
    anyhow::bail!("no answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn f_01_f_02_an_answer_killed_at_any_call_begins_one_conversation_with_what_was_shown() -> Result<()> {
    let (stack, ana) = shop(false, &[trigger("hello", "once_per_visit", on("/cart"))]).await?;
    let mut runs = 0;
    for when in [When::Before, When::After] {
        let mut last = 0;
        for call in 1..60 {
            let (_, token) = shows(&stack).await?;
            let shopper = stack.shopper("demo").await;
            // Of the next invocation of the API, which is the answer.
            let errors = |stack: &Stack| stack.platform.metrics().functions["HttpApiFunction"].errors;
            let before = errors(&stack);
            stack.platform.faults().kill_rule(KillRule { function: "HttpApiFunction".into(), call, when });
            let begun = answer(&shopper, &token).await?;
            let killed = errors(&stack) > before;
            runs += 1;
            ensure!(begun.status == 200, "{}", begun.raw);
            let conversation = begun.body["conversation_id"].as_str().context("an id")?;
            let entries = shopper.get(&format!("/v1/conversations/{conversation}/entries")).await?;
            let said: Vec<&str> = entries.body["entries"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|entry| entry["kind"] == "message")
                .filter_map(|entry| entry["text"].as_str())
                .collect();
            ensure!(said == ["Can I help?", "Yes, please"], "call {call}, {when:?}: {said:?}");
            // The token again, by somebody else: it counts for nothing.
            let other = stack.shopper("demo").await;
            let again = answer(&other, &token).await?;
            let theirs = again.body["conversation_id"].as_str().context("an id")?;
            let entries = other.get(&format!("/v1/conversations/{theirs}/entries")).await?;
            ensure!(theirs != conversation && !entries.raw.contains("Can I help?"), "{}", entries.raw);
            let (shown, _, answered) = results(&ana, "hello").await?;
            ensure!(
                shown >= runs && answered == runs,
                "call {call}, {when:?}: {shown} shown, {answered} answered of {runs}"
            );
            // New windows of the limits per address.
            stack.later(HALF_A_MINUTE);
            if !killed {
                break;
            }
            last = call;
        }
        println!("killed at each of {last} calls, {when:?}");
        ensure!(last >= 8, "only {last} calls");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_02_opened_and_sent_away_killed_at_any_call_count_once_and_it_does_not_come_back() -> Result<()> {
    let (stack, ana) = shop(false, &[trigger("hello", "every_page_load", on("/cart"))]).await?;
    let mut runs = 0;
    for what in ["shown_opened", "dismissed"] {
        for when in [When::Before, When::After] {
            for call in 1..40 {
                let (mut page, token) = shows(&stack).await?;
                stack.platform.faults().kill_rule(KillRule { function: FUNCTION.into(), call, when });
                let (status, _) = page.tell(what, json!({"shown": token})).await?;
                let (again, told) = page.tell(what, json!({"shown": token})).await?;
                ensure!(again == 200, "{again} {told}");
                // Somebody else's word for it counts for nothing.
                let mut other = Page::of(&stack, "demo");
                other.told("view", json!({})).await?;
                other.tell(what, json!({"shown": token})).await?;
                runs += u64::from(what == "shown_opened");
                let opened = results(&ana, "hello").await?.1;
                ensure!(opened == runs, "{what}, call {call}, {when:?}: {opened} opened of {runs}");
                stack.later(HALF_A_MINUTE);
                let (_, later) = page.next().told("view", cart()).await?;
                let back: Option<&Value> = later.get("show");
                ensure!(back.is_none() == (what == "dismissed"), "{what}, call {call}, {when:?}: {later}");
                if status == 200 {
                    ensure!(call > 4, "only {call} calls");
                    break;
                }
            }
        }
    }
    Ok(())
}
