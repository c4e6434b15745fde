//! From the first page to leaving, with each report killed before and after each call, and what is lost for good.

use super::{ask, shop};
use anyhow::{Context, Result, ensure};
use faults::line::Line;
use faults::page::Page;
use faults::people::{Account, Reply};
use faults::stack::Stack;
use platform::faults::{KillRule, When};
use serde_json::{Value, json};

async fn detail(agent: &Account, page: &Page) -> Result<Reply> {
    let visitor = page.visitor_id().context("a visitor")?;
    agent.get(&format!("/v1/agent/sites/demo/visitors/{visitor}")).await
}

/// The first page of somebody, with its row: where a busy machine could not write that, somebody else comes.
async fn comes(stack: &Stack, luis: &Account) -> Result<Page> {
    for _ in 0..4 {
        let mut page = Page::of(stack, "demo");
        page.told("view", json!({})).await?;
        if detail(luis, &page).await?.status == 200 {
            return Ok(page);
        }
    }
    anyhow::bail!("no row comes of a page view")
}

#[tokio::test(flavor = "multi_thread")]
async fn f_01_f_02_from_page_view_to_leaving_killed_at_any_call_a_row_follows_and_goes() -> Result<()> {
    let stack = shop().await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let mut line = Line::ready(&luis, vec![]).await?;
    let (mut visitors, mut lost) = (0, Vec::new());
    let mut calls = 0;
    for when in [When::Before, When::After] {
        for call in 1..=24 {
            let about = format!("call {call}, {when:?}");
            let strike = || {
                stack.platform.faults().kill_rule(KillRule {
                    function: "EvaluateTriggers".into(),
                    call,
                    when,
                })
            };
            let mut page = comes(&stack, &luis).await?;
            visitors += 1;
            // A page, and a sign of life with a cart: killed, and told again.
            page = page.next();
            let cart = json!({"lines": [{"number": "L1", "name": "Lamp", "quantity": 2, "price": 20}], "currency": "EUR"});
            let mut struck = false;
            for (what, more) in [
                ("view", json!({"url": "https://shop.example/cart"})),
                ("beat", json!({"url": "https://shop.example/cart", "cart": cart, "window": "open"})),
            ] {
                strike();
                let (status, _) = page.tell(what, more.clone()).await?;
                struck |= status != 200;
                let (again, answer) = page.told(what, more).await?;
                ensure!(again == 200, "{about}: {answer}");
            }
            let told = detail(&luis, &page).await?;
            ensure!(told.status == 200, "{about}: {}", told.raw);
            let (row, path) = (&told.body["row"], told.body["path"].as_array().context("a path")?);
            let urls: Vec<&Value> = path.iter().map(|step| &step["url"]).collect();
            ensure!(urls == ["https://shop.example/lamps", "https://shop.example/cart"], "{about}: {urls:?}");
            ensure!((&row["pages"], &row["visits"]) == (&json!(2), &json!(1)), "{about}: {row}");
            ensure!(row["cart"]["value"] == 4_000 && row["window_open"] == true, "{about}: {row}");
            ensure!(row.get("left_at").is_none(), "{about}: {row}");
            // A browser says once that it leaves. Where that was killed before it was written, nobody knows.
            strike();
            let (status, _) = page.tell("leave", json!({"url": "https://shop.example/cart"})).await?;
            let told = detail(&luis, &page).await?;
            let left = told.body["row"]["left_at"].is_u64();
            ensure!(left || status != 200, "{about}: {}", told.raw);
            // Gone a minute after leaving, and not before half an hour of silence where that was lost.
            stack.later(70_000);
            let told = detail(&luis, &page).await?;
            ensure!(told.status == if left { 404 } else { 200 }, "{about}, left {left}: {}", told.raw);
            if !left {
                lost.push(page.clone());
            }
            // After as many as before.
            let over = if when == When::Before { !struck && status == 200 } else { call == calls };
            if over {
                calls = call;
                break;
            }
        }
    }
    ensure!(calls > 3, "only {calls} calls");
    println!("{visitors} visitors; of {} nobody was told that they left", lost.len());
    ensure!(!lost.is_empty() && lost.len() < visitors, "{} of {visitors}", lost.len());
    stack.later(31 * 60_000);
    for page in &lost {
        ensure!(detail(&luis, page).await?.status == 404, "somebody stays for ever");
        stack.later(1_000);
    }
    ensure!(ask(&mut line, None).await?.0.is_empty(), "somebody is listed for ever");
    Ok(())
}
