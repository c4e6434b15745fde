//! What pages report, in the list: from the function that decides what the shop says first.

use super::{Page, ask, invite, seen, shop};
use anyhow::Result;
use faults::line::Line;
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
    let mut next = Page { id: Uuid::new_v4(), visitor: page.visitor.clone(), ..Page::of(&stack, "demo") };
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
