//! What nobody has offered, and what is another's: `not_found`, and nothing is stored.

use super::{begun, choice, frame, id, logs, post, shop};
use anyhow::{Result, ensure};
use faults::line::Line;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_01_a_11_a_choice_that_nobody_has_offered_and_anothers_chat_are_not_found_and_store_nothing()
-> Result<()> {
    let (stack, ana) = shop().await?;
    let (eva, mallory) = (stack.shopper("demo").await, stack.shopper("demo").await);
    let elsewhere = stack.shopper("demo-two").await;
    let chat = begun(&eva, "more").await?;
    let before = logs(&ana, &eva, &chat).await?;
    let absent = "conv_018f3b1e-7c1a-7000-8000-000000000001";
    let mut line = Line::ready(&eva, vec![]).await?;
    let mut theirs = Line::ready(&mallory, vec![]).await?;
    // Buttons of other steps, of none, of turns to come.
    // Nobody here writes faster than they may.
    let pause = || stack.later(5_000);
    for (turn, button) in
        [(2, "bye"), (2, "hello"), (2, "person#"), (2, ""), (2, "<script>"), (3, "person"), (9, "more")]
    {
        pause();
        let reply = post(&eva, Some(&chat), &choice(&id(), turn, button, false)).await?;
        ensure!(
            (reply.status, &reply.body["error"]["code"]) == (404, &json!("not_found")),
            "{turn} {button}: {}",
            reply.raw
        );
        let came = frame(&mut line, choice(&id(), turn, button, false), "choose", Some(&chat)).await?;
        ensure!(came["code"] == "not_found", "{turn} {button}: {came}");
    }
    // Another's chat is byte for byte one that there is not, by both doors.
    for who in [&mallory, &elsewhere] {
        let wish = choice(&id(), 2, "person", false);
        let (foreign, none) = (post(who, Some(&chat), &wish).await?, post(who, Some(absent), &wish).await?);
        ensure!((foreign.status, &foreign.raw) == (404, &none.raw), "{}", foreign.raw);
    }
    let wish = choice(&id(), 2, "person", false);
    let foreign = frame(&mut theirs, wish.clone(), "choose", Some(&chat)).await?;
    ensure!(foreign == frame(&mut theirs, wish, "choose", Some(absent)).await?, "{foreign}");
    pause();
    // Beginning with what is no beginning: no chat comes of it.
    let openings: [Value; 6] = [
        json!({"scenario": "help", "version": 1, "step": "person"}),
        json!({"scenario": "help", "version": 2, "step": "hello"}),
        json!({"scenario": "help", "version": 0, "step": "hello"}),
        json!({"scenario": "other", "version": 1, "step": "hello"}),
        json!({"scenario": "help#1", "version": 1, "step": "hello"}),
        Value::Null,
    ];
    for opening in openings {
        let mut wish = choice(&id(), 1, "more", false);
        wish["opening"] = opening.clone();
        if opening.is_null() {
            wish.as_object_mut().expect("an object").remove("opening");
        }
        let reply = post(&mallory, None, &wish).await?;
        ensure!(reply.status == 404, "{opening}: {}", reply.raw);
    }
    for button in ["person", "nowhere"] {
        let reply = post(&mallory, None, &choice(&id(), 1, button, true)).await?;
        ensure!(reply.status == 404, "{button}: {}", reply.raw);
    }
    pause();
    // A12: a field that there is not.
    let mut forced = choice(&id(), 2, "person", false);
    forced["author"] = json!("agent");
    let reply = post(&eva, Some(&chat), &forced).await?;
    ensure!((reply.status, &reply.body["error"]["code"]) == (400, &json!("unknown_field")), "{}", reply.raw);
    // A14: another choice under an id that was used.
    let used = id();
    let first = post(&eva, Some(&chat), &choice(&used, 2, "again", false)).await?;
    ensure!(first.status == 200, "{}", first.raw);
    let other = post(&eva, Some(&chat), &choice(&used, 3, "bye", false)).await?;
    ensure!((other.status, &other.body["error"]["code"]) == (409, &json!("id_reused")), "{}", other.raw);
    // One chat with the one choice of Eva's, and nobody else's.
    let (thread, backstage, _) = logs(&ana, &eva, &chat).await?;
    let mut right = before.0;
    right.extend(["> again".to_owned(), "hello?".to_owned()]);
    ensure!((&thread, &backstage) == (&right, &before.1), "{thread:?} {backstage:?}");
    let all = ana.get("/v1/agent/sites/demo/conversations?list=all").await?;
    ensure!(all.body["rows"].as_array().is_some_and(|rows| rows.len() == 1), "{}", all.raw);
    ensure!(mallory.get(&format!("/v1/conversations/{chat}/entries")).await?.status == 404);
    Ok(())
}
