//! What pages report, in the list: from the function that decides what the shop says first.

use super::{ask, code, invite, seen, shop};
use anyhow::Result;
use faults::line::Line;
use faults::page::Page;
use platform::faults::{TableFault, When};
use protocol::visitors::InvitationState;
use serde_json::json;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn of_whoever_is_not_to_be_remembered_there_is_no_row_and_with_the_list_off_of_nobody() -> Result<()> {
    let stack = shop().await;
    let mut luis = Line::ready(&stack.agent("demo", "luis@example.com").await, vec![]).await?;
    let mut stranger = Page::of(&stack, "demo");
    assert_eq!(
        stranger.tell("view", json!({"remember": false, "url": "https://shop.example/secret"})).await?.0,
        200
    );
    let mut other = Page::of(&stack, "demo");
    other.tell("view", json!({})).await?;
    seen(&mut luis, |row| row.url == "https://shop.example/lamps").await?;
    assert_eq!(ask(&mut luis, None).await?.0.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_02_killed_after_an_invitation_was_taken_it_comes_with_the_next_page() -> Result<()> {
    let stack = shop().await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let mut line = Line::ready(&luis, vec![]).await?;
    let mut page = Page::of(&stack, "demo");
    page.tell("view", json!({})).await?;
    let row = seen(&mut line, |row| row.url == "https://shop.example/lamps").await?;
    assert_eq!(invite(&luis, &row.id, Uuid::new_v4(), "¿Te ayudo?").await.status, 202);
    // At each of its writes, before and after: whatever was lost, the next page has it.
    for when in [When::Before, When::After] {
        stack.platform.faults().table("PutItem", when, &TableFault::Kill("EvaluateTriggers".into()), 1);
        let killed = page.tell("beat", json!({})).await?;
        assert!(killed.0 >= 500, "{killed:?}");
    }
    let mut next = page.next();
    let (_, answer) = next.tell("view", json!({"url": "https://shop.example/cart"})).await?;
    assert_eq!(answer["invitation"]["message"]["text"], json!("¿Te ayudo?"), "{answer}");
    seen(&mut line, |row| row.invitation.as_ref().is_some_and(|one| one.state == InvitationState::Shown))
        .await?;
    Ok(())
}

/// `docs/ARCHITECTURE.md` reckons with it: what the list adds to a page view that is one already.
#[tokio::test(flavor = "multi_thread")]
async fn with_the_list_on_a_page_view_is_one_call_and_three_write_units_more() -> Result<()> {
    let mut costs = Vec::new();
    for live in [false, true] {
        let stack = faults::stack::Stack::start().await;
        let admin = stack.agent("demo", "ana@example.com").await;
        faults::letters::publish(&admin, "visitors", json!({"live": live})).await?;
        let mut page = Page::of(&stack, "demo");
        page.tell("view", json!({})).await?;
        page.tell("view", json!({"page_id": Uuid::new_v4(), "url": "https://shop.example/a"})).await?;
        let before = stack.platform.metrics();
        let (status, answer) =
            page.tell("view", json!({"page_id": Uuid::new_v4(), "url": "https://shop.example/b"})).await?;
        assert_eq!(status, 200, "{answer}");
        let after = stack.platform.metrics();
        costs.push((after.read_units - before.read_units, after.write_units - before.write_units));
        println!(
            "live {live}: {} read units, {} write units",
            costs[costs.len() - 1].0,
            costs[costs.len() - 1].1
        );
    }
    assert!((costs[1].1 - costs[0].1 - 3.0).abs() < f64::EPSILON, "{costs:?}");
    assert!(costs[1].0 - costs[0].0 <= 2.0, "{costs:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_writes_comes_with_the_visitors_next_sign_of_life_and_begins_a_conversation_when_answered()
-> Result<()> {
    let stack = shop().await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let mut line = Line::ready(&luis, vec![]).await?;
    let mut page = Page::of(&stack, "demo");
    page.tell("view", json!({})).await?;
    let row = seen(&mut line, |row| row.url == "https://shop.example/lamps").await?;
    assert_eq!(invite(&luis, &row.id, Uuid::new_v4(), "¿Te ayudo a elegir?").await.status, 202);
    let (_, answer) = page.tell("beat", json!({})).await?;
    let invitation = &answer["invitation"];
    assert_eq!(
        (&invitation["message"]["text"], &invitation["author"]["kind"]),
        (&json!("¿Te ayudo a elegir?"), &json!("agent")),
        "{answer}"
    );
    assert_eq!(invitation.get("trigger"), None);
    let shown = invitation["shown"].as_str().expect("a token").to_owned();
    seen(&mut line, |row| row.invitation.as_ref().is_some_and(|one| one.state == InvitationState::Shown))
        .await?;
    // Once: the next sign of life brings nothing, and nothing is in any list.
    assert_eq!(page.tell("beat", json!({})).await?.1.get("invitation"), None);
    let lists = luis.get("/v1/agent/sites/demo/conversations?list=all").await?;
    assert_eq!(lists.body["rows"], json!([]));

    let shopper = stack.shopper("demo").await;
    let begun = shopper
        .post("/v1/conversations", json!({"id": Uuid::new_v4(), "text": "Sí, por favor", "proactive": shown}))
        .await?;
    assert_eq!(begun.status, 200, "{}", begun.raw);
    let lists = luis.get("/v1/agent/sites/demo/conversations?list=mine").await?;
    let rows = lists.body["rows"].as_array().expect("rows");
    assert_eq!(
        (rows.len(), &rows[0]["conversation_id"]),
        (1, &begun.body["conversation_id"]),
        "it is the agent's who wrote"
    );
    let conversation = begun.body["conversation_id"].as_str().expect("an id");
    let entries = shopper.get(&format!("/v1/conversations/{conversation}/entries")).await?;
    let said: Vec<(&str, &str)> = entries.body["entries"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|entry| entry["kind"] == "message")
        .map(|entry| {
            (entry["author"]["role"].as_str().unwrap_or_default(), entry["text"].as_str().unwrap_or_default())
        })
        .collect();
    assert_eq!(said, [("agent", "¿Te ayudo a elegir?"), ("shopper", "Sí, por favor")]);
    // The page knows that they chat, and so does the list.
    page.session = Some(shopper.token.clone());
    page.tell("beat", json!({"window": "open"})).await?;
    let row = seen(&mut line, |row| row.chatting.is_some()).await?;
    assert_eq!(row.invitation.map(|one| one.state), Some(InvitationState::Answered));
    assert_eq!(code(&invite(&luis, &row.id, Uuid::new_v4(), "Hola").await), (409, "visitor_chatting"));
    Ok(())
}
