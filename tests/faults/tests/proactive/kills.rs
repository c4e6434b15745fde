//! Killed before and after each call: a frequency is never exceeded, nothing is left half done.

use super::{FUNCTION, HALF_A_MINUTE, cart, on, shop, shown};
use anyhow::{Result, ensure};
use faults::line::{Line, Received, new_id};
use faults::page::{Page, results, trigger};
use platform::faults::{KillRule, TableFault, TableRule, When};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

fn once() -> Value {
    trigger("hello", "once_per_visit", on("/cart"))
}

/// No report makes more calls than this.
const MOST_CALLS: u32 = 24;

/// Kills before each call that there is, then after each: how many there are.
async fn sweep(mut run: impl AsyncFnMut(u32, When) -> Result<bool>) -> Result<u32> {
    let (mut calls, mut killed, mut missed) = (0, 0, 0);
    for call in 1..=MOST_CALLS {
        if run(call, When::Before).await? {
            (calls, killed, missed) = (call, killed + 1, 0);
        } else {
            missed += 1;
        }
        if missed == 2 {
            break;
        }
    }
    ensure!(calls < MOST_CALLS, "more calls than were looked for");
    for call in 1..=calls {
        killed += u32::from(run(call, When::After).await?);
    }
    println!("killed {killed} times at {calls} calls");
    Ok(calls)
}

#[tokio::test(flavor = "multi_thread")]
async fn f_01_f_02_a_page_view_killed_at_any_of_its_calls_shows_at_most_once_and_counts_exactly_once()
-> Result<()> {
    let (stack, ana) = shop(true, &[once()]).await?;
    let (mut runs, mut lost) = (0_u64, 0);
    for cold in [false, true] {
        let calls = sweep(async |call, when| {
            let about = format!("cold {cold}, call {call}, {when:?}");
            let mut page = Page::of(&stack, "demo");
            page.told("view", json!({})).await?;
            let mut page = page.next();
            if cold {
                stack.platform.kill(FUNCTION);
            }
            stack.platform.faults().kill_rule(KillRule { function: FUNCTION.into(), call, when });
            let (status, first) = page.tell("view", cart()).await?;
            runs += 1;
            let mut shows = u32::from(shown(&first).is_some());
            // The browser asks again, and the shopper loads the page once more; half a minute later, too.
            for n in 0..4 {
                if n == 2 {
                    page = page.next();
                }
                if n == 3 {
                    stack.later(HALF_A_MINUTE);
                    page = page.next();
                }
                let (status, answer) = page.told("view", cart()).await?;
                ensure!(status == 200, "{about}: {status} {answer}");
                shows += u32::from(shown(&answer).is_some());
            }
            let counted = results(&ana, "hello").await?.0;
            ensure!(shows <= 1, "{about}: shown {shows} times");
            ensure!(counted == runs, "{about}: {counted} counted of {runs}");
            lost += 1 - shows;
            Ok(status != 200)
        })
        .await?;
        ensure!(calls >= if cold { 8 } else { 4 }, "only {calls} calls");
    }
    println!("{runs} page views: {lost} showings were lost with their answers, none came twice");
    ensure!(u64::from(lost) * 4 < runs * 3, "{lost} of {runs} were lost");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_01_f_02_a_first_page_killed_at_any_of_its_calls_makes_one_visitor_of_the_browser_in_the_end()
-> Result<()> {
    let (stack, ana) = shop(false, &[trigger("ever", "once_ever", on("/cart"))]).await?;
    let calls = sweep(async |call, when| {
        stack.platform.kill(FUNCTION);
        stack.platform.faults().kill_rule(KillRule { function: FUNCTION.into(), call, when });
        let mut page = Page::of(&stack, "demo");
        let (status, first) = page.tell("view", cart()).await?;
        ensure!(page.visitor.is_some() == (status == 200), "{status}, {:?}", page.visitor);
        // Whoever was killed had nobody to show it to: what it has kept is of a visitor whom no browser is.
        let (again, answer) = page.told("view", cart()).await?;
        stack.later(HALF_A_MINUTE);
        let (_, later) = page.next().told("view", cart()).await?;
        let shows = [&first, &answer, &later].into_iter().filter(|answer| shown(answer).is_some()).count();
        ensure!(again == 200 && shows <= 1, "call {call}, {when:?}: shown {shows} times");
        Ok(status != 200)
    })
    .await?;
    ensure!(calls >= 8, "only {calls} calls");
    ensure!(u64::from(calls) <= results(&ana, "ever").await?.0, "hardly anything was shown");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_02_a_report_over_a_socket_killed_at_any_of_its_calls_shows_at_most_once() -> Result<()> {
    let (stack, ana) = shop(true, &[once()]).await?;
    let (mut runs, mut lost) = (0, 0);
    'calls: for call in (1..60).step_by(2) {
        let when = [When::Before, When::After][(call as usize / 2) % 2];
        let mut page = Page::of(&stack, "demo");
        page.told("view", json!({})).await?;
        let shopper = stack.shopper("demo").await;
        let mut line = Line::ready(&shopper, vec![]).await?;
        stack.platform.faults().kill_rule(KillRule { function: FUNCTION.into(), call, when });
        let page = page.next();
        let mut shows = 0;
        for n in 0..3 {
            let id = new_id().to_string();
            let mut frame = page.report("view", &cart());
            frame["action"] = json!("page");
            frame["id"] = json!(id);
            line.raw(Message::text(frame.to_string())).await?;
            // Answered by the function, or by the gateway that has lost it.
            let answer = loop {
                let Received::Text(text) = line.receive_text().await? else { anyhow::bail!("closed") };
                let frame: Value = serde_json::from_str(&text)?;
                if frame["ref"] == id.as_str() || frame["message"].is_string() {
                    break frame;
                }
            };
            shows += u32::from(shown(&answer).is_some());
            let killed = answer["message"].is_string();
            ensure!(n == 0 || !killed, "call {call}, {when:?}: {answer}");
            if n == 0 && !killed {
                ensure!(call > 8, "only {call} calls");
                break 'calls;
            }
        }
        runs += 1;
        stack.later(HALF_A_MINUTE);
        let counted = results(&ana, "hello").await?.0;
        ensure!(
            shows <= 1 && counted == runs,
            "call {call}, {when:?}: {shows} shown, {counted} of {runs} counted"
        );
        lost += 1 - shows;
    }
    ensure!(u64::from(lost) * 4 < runs * 3, "{lost} of {runs} were lost");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_03_f_04_conflicts_throttles_and_unknown_outcomes_show_at_most_once_and_nothing_half() -> Result<()>
{
    let (stack, ana) = shop(true, &[once()]).await?;
    let faults = [TableFault::Conflict, TableFault::Throttle, TableFault::Error];
    let (mut runs, mut shows_in_all) = (0, 0);
    for operation in ["Query", "PutItem", "UpdateItem", "TransactWriteItems"] {
        for fault in &faults {
            // Nothing but a transaction or a write meets others.
            if *fault == TableFault::Conflict && matches!(operation, "Query") {
                continue;
            }
            for (when, count) in [(When::Before, 1), (When::After, 1), (When::Before, 40)] {
                let mut page = Page::of(&stack, "demo");
                page.told("view", json!({})).await?;
                let mut page = page.next();
                stack.platform.faults().table_rule(TableRule {
                    operation: Some(operation.into()),
                    function: Some(FUNCTION.into()),
                    skip: 0,
                    count,
                    when,
                    fault: fault.clone(),
                });
                let first = page.tell("view", cart()).await?;
                // Clear where it could not be carried out: *try again*, or something of ours that is broken.
                ensure!(
                    matches!(super::code(&first), (200, "") | (503, "retry") | (500, "internal")),
                    "{operation}, {fault:?}, {when:?}, {count}: {first:?}"
                );
                stack.platform.faults().clear();
                let mut shows = u32::from(shown(&first.1).is_some());
                for n in 0..2 {
                    let (status, answer) = page.told("view", cart()).await?;
                    ensure!(status == 200, "{operation}, {fault:?}, {when:?}, {n}: {answer}");
                    shows += u32::from(shown(&answer).is_some());
                }
                runs += 1;
                stack.later(HALF_A_MINUTE);
                shows_in_all += shows;
                let counted = results(&ana, "hello").await?.0;
                ensure!(
                    shows <= 1 && counted == runs,
                    "{operation}, {fault:?}, {when:?}, {count}: {shows} shown, {counted} of {runs} counted"
                );
            }
        }
    }
    println!("{runs} page views under faults of the table: {shows_in_all} shown, none twice");
    ensure!(u64::from(shows_in_all) * 4 > runs * 3, "{shows_in_all} of {runs} were shown");
    Ok(())
}
