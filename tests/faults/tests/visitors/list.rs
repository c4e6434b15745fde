//! The list.

use super::{ask, code, keep, now, shop, somebody, store};
use anyhow::Result;
use domain::ports::Visitors;
use domain::visitors::{LEAVING, LEFT_LISTED, Row};
use faults::line::Line;
use faults::people::Account;
use protocol::visitors::Ask;
use protocol::{Command, ErrorCode, ServerFrame};
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_22_an_agent_sees_the_visitors_of_their_own_site_and_no_shopper_sees_any() -> Result<()> {
    let stack = shop().await;
    let (here, there) = (
        somebody("demo", "https://shop.example/here", now()),
        somebody("demo-two", "https://two.example/there", now()),
    );
    keep(&stack, &here).await;
    keep(&stack, &there).await;
    let mut luis = Line::ready(&stack.agent("demo", "luis@example.com").await, vec![]).await?;
    let mut marta = Line::ready(&stack.agent("demo-two", "marta@example.com").await, vec![]).await?;
    let ids =
        |rows: Vec<protocol::visitors::VisitorRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(ask(&mut luis, None).await?.0), [here.id.to_string()]);
    assert_eq!(ids(ask(&mut marta, None).await?.0), [there.id.to_string()]);

    let mut shopper = Line::ready(&stack.shopper("demo").await, vec![]).await?;
    let answer = shopper.ask(Command::Visitors(Ask::default())).await?;
    assert!(matches!(answer, ServerFrame::Error(error) if error.code == ErrorCode::Forbidden));

    // Somebody else's is what is not there, to the letter; whoever is no agent gets nothing at all.
    let luis = stack.agent("demo", "luis@example.com").await;
    let path = |id: &str| format!("/v1/agent/sites/demo/visitors/{id}");
    let foreign = luis.get(&path(&there.id.to_string())).await?;
    let absent = luis.get(&path("vis_018f3b1e-7c1a-7000-8000-000000000000")).await?;
    assert_eq!((foreign.status, &foreign.raw), (404, &absent.raw));
    assert_eq!(luis.get(&path(&here.id.to_string())).await?.status, 200);
    let at_theirs = luis.get(&format!("/v1/agent/sites/demo-two/visitors/{}", there.id)).await?;
    assert_eq!(code(&at_theirs).1, "not_found");
    for nobody in [Account::nobody(&stack.url, "demo"), stack.shopper("demo").await] {
        let refused = nobody.get(&path(&here.id.to_string())).await?;
        assert!(matches!(refused.status, 401 | 403), "{}", refused.raw);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_11_a_cursor_is_one_of_ours_or_refused() -> Result<()> {
    let stack = shop().await;
    let mut luis = Line::ready(&stack.agent("demo", "luis@example.com").await, vec![]).await?;
    for after in [
        "x",
        "1",
        "1.vis_1",
        "VL#demo",
        "99999999999999999999.vis_018f3b1e-7c1a-7000-8000-000000000000",
        "-1.vis_018f3b1e-7c1a-7000-8000-000000000000",
    ] {
        let answer = luis.ask(Command::Visitors(Ask { after: Some(after.into()) })).await?;
        assert!(
            matches!(&answer, ServerFrame::Error(error) if error.code == ErrorCode::BadFrame),
            "{after}: {answer:?}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_visitors_come_in_frames_that_fit_and_then_what_has_changed() -> Result<()> {
    let stack = shop().await;
    let table = store(&stack);
    let at = now().minus(Duration::from_secs(60));
    let rows: Vec<Row> = (0..5_000_u64)
        .map(|n| {
            somebody(
                "demo",
                &format!("https://shop.example/a/long/address/of/a/product/{n}?colour=red&size=42"),
                at.plus(Duration::from_millis(n)),
            )
        })
        .collect();
    for some in rows.chunks(50) {
        futures::future::try_join_all(some.iter().map(|row| table.put_visitor(row, None))).await?;
    }
    // Whoever has left a while ago, or was last seen half an hour ago, is in no list.
    let gone = Row {
        left_at: Some(now().minus(LEAVING + LEFT_LISTED)),
        ..somebody("demo", "https://shop.example/gone", at)
    };
    table.put_visitor(&gone, None).await?;
    table
        .put_visitor(
            &somebody("demo", "https://shop.example/over", now().minus(Duration::from_secs(31 * 60))),
            None,
        )
        .await?;

    let mut luis = Line::ready(&stack.agent("demo", "luis@example.com").await, vec![]).await?;
    let (mut listed, mut after, mut asked) = (BTreeSet::new(), None, 0);
    loop {
        let (some, cursor, again) = ask(&mut luis, after.as_deref()).await?;
        listed.extend(some.into_iter().map(|row| row.id));
        after = Some(cursor);
        asked += 1;
        if !again {
            break;
        }
    }
    let expected: BTreeSet<String> = rows.iter().map(|row| row.id.to_string()).collect();
    assert_eq!((listed == expected, asked), (true, 6), "{} listed", listed.len());

    // From then on what has changed, and nothing where nothing has.
    assert_eq!(ask(&mut luis, after.as_deref()).await?.0, []);
    let changed = Row { changed_at: now(), last_seen: now(), pages: 2, ..rows[7].clone() };
    assert!(table.put_visitor(&changed, Some(rows[7].changed_at)).await?);
    let (news, _, again) = ask(&mut luis, after.as_deref()).await?;
    assert_eq!((news.len(), news[0].pages, again), (1, 2, false));
    assert!(!stack.platform.metrics().operations.contains_key("Scan"), "something scans");
    Ok(())
}
