//! Writing first.

use super::{ask, code, invite, keep, now, shop, somebody, store};
use anyhow::Result;
use domain::ConversationId;
use domain::ports::Visitors;
use domain::visitors::{LEAVING, Row};
use faults::line::Line;
use protocol::visitors::InvitationState;
use serde_json::json;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn f_15_of_two_agents_who_write_at_once_one_does_and_the_other_is_told() -> Result<()> {
    let stack = shop().await;
    let agents =
        [stack.agent("demo", "ana@example.com").await, stack.agent("demo", "luis@example.com").await];
    for _ in 0..10 {
        let visitor = somebody("demo", "https://shop.example/", now());
        keep(&stack, &visitor).await;
        let id = visitor.id.to_string();
        let ids = [Uuid::new_v4(), Uuid::new_v4()];
        let both = futures::join!(
            invite(&agents[0], &id, ids[0], "¿Te ayudo?"),
            invite(&agents[1], &id, ids[1], "¿Te ayudo?")
        );
        let mut answers = [code(&both.0), code(&both.1)];
        answers.sort_unstable();
        assert_eq!(answers, [(202, ""), (409, "taken")]);
        // The same again is harmless; another text under the same id is not.
        let first = usize::from(both.0.status != 202);
        let again = invite(&agents[first], &id, ids[first], "¿Te ayudo?").await;
        assert_eq!((again.status, &again.body["invitation"]["state"]), (202, &json!("waiting")));
        assert_eq!(code(&invite(&agents[first], &id, ids[first], "Otra cosa").await), (409, "id_reused"));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_22_nobody_writes_to_another_sites_visitor_to_who_is_gone_chats_or_has_had_enough() -> Result<()> {
    let stack = shop().await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let here = somebody("demo", "https://shop.example/", now());
    let theirs = somebody("demo-two", "https://two.example/", now());
    let left =
        Row { left_at: Some(now().minus(LEAVING)), ..somebody("demo", "https://shop.example/", now()) };
    let chats = Row {
        chatting: Some(ConversationId(Uuid::new_v4())),
        ..somebody("demo", "https://shop.example/", now())
    };
    let enough = Row { dismissed: true, ..somebody("demo", "https://shop.example/", now()) };
    for row in [&here, &theirs, &left, &chats, &enough] {
        keep(&stack, row).await;
    }
    let refused = async |id: String| invite(&luis, &id, Uuid::new_v4(), "¿Te ayudo?").await;
    let foreign = refused(theirs.id.to_string()).await;
    let absent = refused(format!("vis_{}", Uuid::new_v4())).await;
    assert_eq!((code(&foreign), &foreign.raw), ((410, "visitor_left"), &absent.raw));
    assert_eq!(code(&refused(left.id.to_string()).await), (410, "visitor_left"));
    assert_eq!(code(&refused(chats.id.to_string()).await), (409, "visitor_chatting"));
    assert_eq!(code(&refused(enough.id.to_string()).await), (409, "visitor_dismissed"));
    let id = here.id.to_string();
    assert_eq!(code(&invite(&luis, &id, Uuid::new_v4(), " \u{200b}").await), (400, "empty"));
    assert_eq!(code(&invite(&luis, &id, Uuid::new_v4(), &"a".repeat(1_001)).await), (413, "too_large"));
    let shopper = stack.shopper("demo").await;
    assert!(matches!(invite(&shopper, &id, Uuid::new_v4(), "Hola").await.status, 401 | 403));
    // Nothing of all that was kept.
    for row in [&here, &theirs, &left, &chats, &enough] {
        assert_eq!(store(&stack).visitor(&row.site, row.id).await?.as_ref(), Some(row));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_09_an_agent_writes_to_so_many_visitors_and_no_more() -> Result<()> {
    let stack = shop().await;
    let (luis, ana) =
        (stack.agent("demo", "luis@example.com").await, stack.agent("demo", "ana@example.com").await);
    let nobody = format!("vis_{}", Uuid::new_v4());
    for _ in 0..60 {
        assert_eq!(code(&invite(&luis, &nobody, Uuid::new_v4(), "Hola").await), (410, "visitor_left"));
    }
    assert_eq!(code(&invite(&luis, &nobody, Uuid::new_v4(), "Hola").await), (429, "rate_limited"));
    assert_eq!(code(&invite(&ana, &nobody, Uuid::new_v4(), "Hola").await), (410, "visitor_left"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_nobody_takes_within_a_minute_is_gone_and_leaves_nothing() -> Result<()> {
    let stack = shop().await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let mut line = Line::ready(&luis, vec![]).await?;
    let visitor = somebody("demo", "https://shop.example/", now());
    keep(&stack, &visitor).await;
    let id = visitor.id.to_string();
    assert_eq!(invite(&luis, &id, Uuid::new_v4(), "¿Te ayudo?").await.status, 202);
    let state = |rows: Vec<protocol::visitors::VisitorRow>| rows[0].invitation.as_ref().map(|one| one.state);
    assert_eq!(state(ask(&mut line, None).await?.0), Some(InvitationState::Waiting));
    stack.platform.move_clock(61_000);
    assert_eq!(state(ask(&mut line, None).await?.0), Some(InvitationState::Gone));
    assert_eq!(luis.get("/v1/agent/sites/demo/conversations?list=all").await?.body["rows"], json!([]));
    Ok(())
}
