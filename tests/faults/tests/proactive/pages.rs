//! Repeated, parallel and reordered reports: tabs, back and forth, a network that sends twice.

use super::{HALF_A_MINUTE, armed, cart, on, shop, shown};
use anyhow::{Context, Result, ensure};
use faults::page::{Page, results, trigger};
use futures::future::try_join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What several reports at once were answered.
async fn at_once(pages: &[Page], what: &str, more: &Value) -> Result<Vec<(u16, Value)>> {
    try_join_all(pages.iter().map(|page| page.send(page.report(what, more).to_string()))).await
}

fn shows(answers: &[(u16, Value)]) -> usize {
    answers.iter().filter(|(_, answer)| shown(answer).is_some()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn f_06_the_same_report_many_times_at_once_shows_exactly_once() -> Result<()> {
    let (stack, ana) = shop(true, &[trigger("hello", "every_page_load", on("/cart"))]).await?;
    for n in 1..=5 {
        let mut page = Page::of(&stack, "demo");
        page.told("view", json!({})).await?;
        let same = vec![page.next(); 6];
        let mut answers = at_once(&same, "view", &cart()).await?;
        // Late once more, after the page was left.
        answers.extend(at_once(&same[..1], "leave", &cart()).await?);
        answers.extend(at_once(&same[..1], "view", &cart()).await?);
        for (status, answer) in &answers {
            ensure!(matches!(status, 200 | 503), "{status} {answer}");
        }
        // What was shown counts, also where its answer was lost on a busy machine.
        ensure!(shows(&answers) <= 1, "{answers:?}");
        ensure!(results(&ana, "hello").await?.0 == n, "not once: {answers:?}");
        stack.later(HALF_A_MINUTE);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_15_tabs_of_one_visitor_that_report_at_once_get_one_message_between_them() -> Result<()> {
    let triggers = [
        trigger("ever", "once_ever", on("/cart")),
        trigger("visit", "once_per_visit", on("/cart")),
        trigger("load", "every_page_load", on("/cart")),
    ];
    let (stack, ana) = shop(true, &triggers).await?;
    let mut page = Page::of(&stack, "demo");
    page.told("view", json!({})).await?;
    // Five tabs at once: at most one shows something, and one showing is counted, of the first trigger that may.
    let round = async |right: &str| {
        let sums = async || -> Result<BTreeMap<&str, u64>> {
            let mut sums = BTreeMap::new();
            for id in ["ever", "visit", "load"] {
                sums.insert(id, results(&ana, id).await?.0);
            }
            Ok(sums)
        };
        let mut expected = sums().await?;
        let tabs: Vec<Page> = (0..5).map(|_| page.next()).collect();
        let answers = at_once(&tabs, "view", &cart()).await?;
        ensure!(shows(&answers) <= 1, "{right}: {answers:?}");
        *expected.get_mut(right).context("a trigger")? += 1;
        let counted = sums().await?;
        ensure!(counted == expected, "{right}: {counted:?}");
        stack.later(HALF_A_MINUTE);
        Ok(())
    };
    // In the merchant's order, each as often as it may be.
    for right in ["ever", "visit", "load", "load"] {
        round(right).await?;
    }
    // Another visit: once in it, and what was shown for ever does not come back.
    stack.later(31 * 60_000);
    for right in ["visit", "load"] {
        round(right).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_06_what_was_met_comes_before_its_page_or_twice_and_shows_once() -> Result<()> {
    let scroll = json!([{"kind": "scroll", "percent": 50}]);
    let (stack, ana) = shop(false, &[trigger("deep", "once_per_visit", scroll)]).await?;
    let mut known = Page::of(&stack, "demo");
    let (_, answer) = known.told("view", json!({})).await?;
    ensure!(armed(&answer) == ["deep"] && shown(&answer).is_none(), "{answer}");
    // It overtakes the view of its page; the view then finds it shown.
    let page = known.next();
    let met = json!({"scroll": 80});
    let order = [("met", &met), ("view", &json!({})), ("met", &met), ("met", &met)];
    let mut shows = 0;
    for (what, more) in order {
        let (status, answer) = page.send(page.report(what, more).to_string()).await?;
        ensure!(status == 200, "{answer}");
        ensure!(armed(&answer).is_empty(), "armed again after it was shown: {answer}");
        shows += u32::from(shown(&answer).is_some());
    }
    ensure!(shows <= 1 && results(&ana, "deep").await?.0 == 1, "{shows} shown");
    // Twice at once in two tabs of somebody else.
    let mut other = Page::of(&stack, "demo");
    other.told("view", json!({})).await?;
    let tabs = [other.clone(), other.next(), other.clone()];
    let answers = at_once(&tabs, "met", &met).await?;
    ensure!(self::shows(&answers) <= 1 && results(&ana, "deep").await?.0 == 2, "{answers:?}");
    Ok(())
}
