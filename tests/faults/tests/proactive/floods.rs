//! A9: floods of page views, of events and of newcomers: limited with a clear answer, others unaffected. What is asserted is what a limit
//! promises, whatever the machine's speed; a limit that is reached is made so at the table.

use super::{cart, code, on, shop};
use anyhow::{Context, Result, ensure};
use domain::connection::address_key;
use domain::ports::Accounts;
use domain::rate::{NEW_VISITORS_PER_ADDRESS, REPORTS};
use domain::{Timestamp, VisitorId};
use faults::page::{Page, results, trigger};
use faults::stack::Stack;
use faults::table::store;
use futures::future::try_join_all;
use serde_json::{Value, json};

/// A refusal that says when to come again.
fn limited(answer: &(u16, Value)) -> bool {
    code(answer) == (429, "rate_limited")
        && answer.1["error"]["retry_after_ms"].as_u64().is_some_and(|wait| wait > 0)
}

async fn kept(stack: &Stack, page: &Page) -> Result<Value> {
    let visitor: VisitorId = page.visitor_id().context("a visitor")?.parse()?;
    stack.item(&format!("V#{visitor}"), "VISITOR").await?.context("an item")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_09_of_a_flood_no_more_is_taken_than_the_bucket_holds_and_others_are_unaffected() -> Result<()> {
    let (stack, ana) = shop(true, &[trigger("hello", "once_per_visit", on("/cart"))]).await?;
    let mut flooder = Page::of(&stack, "demo");
    flooder.told("view", json!({})).await?;
    let mut other = Page::of(&stack, "demo");
    other.told("view", json!({})).await?;
    let began = stack.platform.now_ms();
    let lane = async || {
        let mut taken = 0;
        for n in 0..40 {
            let page = flooder.next();
            let (what, more) = [
                ("view", json!({})),
                ("event", json!({"event": {"name": "tick"}})),
                ("met", json!({"scroll": 1})),
            ][n % 3]
                .clone();
            let answer = page.send(page.report(what, &more).to_string()).await?;
            // Tabs that overtake one another too often are asked to come again.
            ensure!(answer.0 == 200 || code(&answer) == (503, "retry") || limited(&answer), "{answer:?}");
            taken += u64::from(answer.0 == 200);
        }
        anyhow::Ok(taken)
    };
    let taken: u64 = try_join_all([lane(), lane(), lane()]).await?.into_iter().sum();
    let took = stack.platform.now_ms() - began;
    let most = u64::from(REPORTS.burst) + took / u64::try_from(REPORTS.every.as_millis())? + 1;
    println!("{taken} of 120 taken in {took} ms, at most {most}");
    ensure!(taken <= most, "{taken} taken in {took} ms, {most} allowed");
    // Somebody else from the same address is served, and is shown what they should be.
    let (status, answer) = other.next().told("view", cart()).await?;
    ensure!(status == 200, "{status} {answer}");
    ensure!(results(&ana, "hello").await?.0 == 1, "shown to the other, and to nobody else");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_09_whoever_has_flooded_is_refused_and_nothing_of_it_is_stored_until_the_bucket_has_emptied()
-> Result<()> {
    let (stack, ana) = shop(true, &[trigger("hello", "once_per_visit", on("/cart"))]).await?;
    let mut flooder = Page::of(&stack, "demo");
    flooder.told("view", json!({})).await?;
    // As a flood leaves it, with ten minutes to go.
    let mut item = kept(&stack, &flooder).await?;
    let full = stack.platform.now_ms() + 600_000;
    item["bucket"] = json!({"N": full.to_string()});
    stack.put_item(item.clone()).await?;
    for (what, more) in
        [("view", cart()), ("event", json!({"event": {"name": "order", "value": 10.0}})), ("met", cart())]
    {
        let page = flooder.next();
        let answer = page.send(page.report(what, &more).to_string()).await?;
        ensure!(limited(&answer), "{what}: {answer:?}");
    }
    ensure!(kept(&stack, &flooder).await? == item, "something was kept of it");
    ensure!(results(&ana, "hello").await?.0 == 0, "something was shown");
    // Somebody else is shown it meanwhile; whoever has flooded once the bucket has emptied.
    let (status, answer) = Page::of(&stack, "demo").told("view", cart()).await?;
    ensure!(status == 200 && results(&ana, "hello").await?.0 == 1, "{status} {answer}");
    stack.later(601_000);
    let (status, answer) = flooder.next().told("view", cart()).await?;
    ensure!(status == 200 && results(&ana, "hello").await?.0 == 2, "{status} {answer}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_09_newcomers_without_end_from_one_address_are_refused_and_other_addresses_are_not() -> Result<()> {
    let (stack, _) = shop(false, &[trigger("hello", "once_per_visit", on("/cart"))]).await?;
    let address = Page::of(&stack, "demo").from_address(7)?;
    let mut known = address.next();
    known.told("view", json!({})).await?;
    // All but five of the limit have come, in this window and in the one that may begin meanwhile.
    let table = store(&stack);
    let (now, quota) = (Timestamp(stack.platform.now_ms()), NEW_VISITORS_PER_ADDRESS);
    for at in [now, quota.window_end(now)] {
        for _ in 0..quota.limit - 5 {
            table.count(quota, &address_key("127.0.0.7"), at).await?.ok();
        }
    }
    let newcomers = (0..30).map(|_| {
        let page = address.next();
        async move { page.send(page.report("view", &cart()).to_string()).await }
    });
    let answers = try_join_all(newcomers).await?;
    let taken = answers.iter().filter(|answer| answer.0 == 200).count();
    ensure!(taken <= 10 && answers.iter().any(limited), "{taken} were taken: {answers:?}");
    ensure!(answers.iter().all(|answer| matches!(answer.0, 200 | 503) || limited(answer)), "{answers:?}");
    // Whoever was known at that address goes on, and newcomers from elsewhere come in.
    let (status, answer) = known.next().told("view", cart()).await?;
    ensure!(status == 200, "{status} {answer}");
    let mut far = Page::of(&stack, "demo").from_address(8)?;
    let (status, answer) = far.told("view", cart()).await?;
    far.visitor.as_deref().context("a visitor of their own")?;
    ensure!(status == 200, "{status} {answer}");
    Ok(())
}
