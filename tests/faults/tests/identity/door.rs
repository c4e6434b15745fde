//! Who may chat, and whether somebody is there: visibility and availability, at every door and on open sockets.

use super::{Key, begin, current, known, nobody, ping, publish, say, signed_in, stored, until_bye};
use domain::ConversationId;
use faults::line::{Line, new_id};
use faults::stack::Stack;
use platform::faults::{TableFault, When};
use protocol::client::{Hello, Presence, PresenceStatus};
use protocol::server::ByeReason;
use protocol::{Command, ErrorCode, ServerFrame};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn w_02_a_stricter_visibility_is_felt_at_once_on_sockets_and_at_every_door() {
    let stack = Stack::speaking(|_| {}).await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let account = stack.shopper("demo").await;
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    let conversation = begin(&mut line, "is anybody there?").await;
    let elsewhere = stack.shopper("demo-two").await;
    let mut other_site = Line::ready(&elsewhere, vec![]).await.unwrap();
    let config = async || -> Value {
        let page = reqwest::get(format!("{}/v1/sites/demo/config", stack.url)).await.unwrap();
        page.json().await.unwrap()
    };
    let before = config().await["version"].as_u64().unwrap();
    let unused = account.ticket().await.unwrap();
    let greeting = Line::open(&account).await.unwrap();

    publish(&ana, "visibility", 0, json!({"visibility": "verified_only"})).await;
    assert_eq!(until_bye(&mut line).await, ByeReason::Visibility);
    let doors = async |code: &str| {
        let message = json!({"id": new_id().to_string(), "text": "x"});
        for (method, path, body) in [
            (Method::POST, "/v1/tickets".to_owned(), json!({})),
            (Method::POST, "/v1/conversations".to_owned(), message.clone()),
            (Method::POST, format!("/v1/conversations/{conversation}/messages"), message.clone()),
            (Method::POST, format!("/v1/conversations/{conversation}/close"), message.clone()),
            (Method::GET, format!("/v1/conversations/{conversation}/entries"), Value::Null),
            (Method::GET, "/v1/conversations/current".to_owned(), Value::Null),
        ] {
            let body = (method == Method::POST).then_some(body);
            let reply = account.request(method.clone(), &path, body).await.unwrap();
            assert_eq!((reply.status, &reply.body["error"]["code"]), (403, &json!(code)), "{method} {path}");
        }
        let anew = account.post("/v1/sites/demo/sessions", json!({})).await.unwrap();
        assert_eq!((anew.status, &anew.body["error"]["code"]), (403, &json!(code)));
    };
    doors("sign_in_required").await;
    // With a ticket from before, or already through the door: no further than `hello`.
    let url = format!("{}?v=1&ticket={}", unused.url, unused.ticket);
    for mut late in [greeting, Line::redeem(&url, Some(&account.origin)).await.unwrap()] {
        late.command(Command::Hello(Hello::default())).await.unwrap();
        assert_eq!(until_bye(&mut late).await, ByeReason::Visibility);
    }
    publish(&ana, "visibility", 1, json!({"visibility": "off"})).await;
    doors("switched_off").await;
    // How pages learn that they should hide; agents go on; another site is another site.
    let now = config().await;
    assert_eq!(
        (&now["settings"]["visibility"]["visibility"], &now["version"]),
        (&json!("off"), &json!(before + 2))
    );
    let mut agent = Line::ready(&ana, vec![]).await.unwrap();
    assert!(matches!(
        agent.ask(say(Some(conversation), "We are moving.")).await.unwrap(),
        ServerFrame::Ack(_)
    ));
    begin(&mut other_site, "hello").await;
    // Leaving is always allowed.
    assert_eq!(account.post("/v1/sessions/end", json!({})).await.unwrap().status, 204);

    publish(&ana, "visibility", 2, json!({"visibility": "everyone"})).await;
    let back = stack.shopper("demo").await;
    let mut line = Line::ready(&back, vec![]).await.unwrap();
    begin(&mut line, "there you are").await;
    // Bringing an earlier version back is publishing.
    let path = "/v1/agent/sites/demo/settings/visibility/history/2/restore";
    assert_eq!(ana.post(path, json!({"expected": 3})).await.unwrap().status, 200);
    assert_eq!(until_bye(&mut line).await, ByeReason::Visibility);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_that_cannot_read_a_conversation_says_so_instead_of_leaving_it_out() {
    let stack = Stack::start().await;
    let mut line = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let conversation = begin(&mut line, "hello").await;
    let absent: ConversationId = "conv_018f3b1e-7c1a-7000-8000-00000000ffff".parse().unwrap();
    let both = [known(conversation), known(absent)].concat();
    match ping(&mut line, both.clone()).await {
        ServerFrame::Pong(pong) => assert_eq!(pong.heads.len(), 1),
        other => panic!("{other:?}"),
    }
    stack.platform.faults().table("GetItem", When::Before, &TableFault::Error, 9);
    match ping(&mut line, both).await {
        ServerFrame::Error(error) => assert_eq!(error.code, ErrorCode::Retry),
        other => panic!("{other:?}"),
    }
    stack.platform.faults().clear();
    assert!(matches!(ping(&mut line, known(conversation)).await, ServerFrame::Pong(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn w_02_where_only_verified_shoppers_may_chat_they_come_in_and_nobody_else() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let identity = || json!({"token": key.token(stack.platform.now_ms(), "eva", json!({}))});
    let browser = stack.shopper("demo").await;
    let mut line = Line::ready(&browser, vec![]).await.unwrap();
    let conversation = begin(&mut line, "hello").await;
    publish(&ana, "visibility", 0, json!({"visibility": "verified_write"})).await;
    assert_eq!(until_bye(&mut line).await, ByeReason::Visibility);
    // Not believed: told that they have to sign in, and why what they brought was not enough.
    for who in [&browser, &nobody(&stack)] {
        let identity = json!({"customer_id": "eva", "hash": key.hash("adam")});
        let reply = who.post("/v1/sites/demo/sessions", json!({"identity": identity})).await.unwrap();
        let error = &reply.body["error"];
        assert_eq!((reply.status, &error["code"]), (403, &json!("sign_in_required")));
        assert!(error["message"].as_str().unwrap().contains("signature"), "{}", reply.raw);
    }
    // Believed: the session that was barred signs in, and takes its conversation along.
    let eva = signed_in(&browser, identity()).await;
    assert_eq!(current(&eva).await, Some(conversation.to_string()));
    let mut line = Line::ready(&eva, known(conversation)).await.unwrap();
    stored(line.ask(say(Some(conversation), "It is me.")).await.unwrap());
    // Stricter for those who are not in changes nothing for her; off ends it for everybody.
    publish(&ana, "visibility", 1, json!({"visibility": "verified_only"})).await;
    stored(line.ask(say(Some(conversation), "Still me.")).await.unwrap());
    publish(&ana, "visibility", 2, json!({"visibility": "off"})).await;
    assert_eq!(until_bye(&mut line).await, ByeReason::Visibility);
    let body = json!({"identity": identity()});
    let reply = nobody(&stack).post("/v1/sites/demo/sessions", body).await.unwrap();
    assert_eq!((reply.status, &reply.body["error"]["code"]), (403, &json!("switched_off")));
    publish(&ana, "visibility", 3, json!({"visibility": "everyone"})).await;
    assert_eq!(current(&eva).await, Some(conversation.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn h_06_a_vanished_laptop_counts_as_gone_within_ninety_seconds() {
    let stack = Stack::start().await;
    let account = stack.agent("demo", "ana@example.com").await;
    let mut desk = Line::ready(&account, vec![]).await.unwrap();
    let presence = Command::Presence(Presence { status: PresenceStatus::Online });
    desk.command(presence).await.unwrap();
    desk.until(|frame| matches!(frame, ServerFrame::Presence(_)), true).await.unwrap();
    let shopper = stack.shopper("demo").await;
    // No `$disconnect`, no word: its clock stands still, the shop's goes on.
    for (later, there) in [(0, true), (60_000, true), (90_000, false)] {
        stack.platform.move_clock(later);
        let page = reqwest::get(format!("{}/v1/sites/demo/config", stack.url)).await.unwrap();
        let config = page.json::<Value>().await.unwrap();
        assert_eq!(config["availability"]["online"], json!(there), "after {later} ms");
        let ana = config["team"].as_array().unwrap().iter().find(|one| one["online"] == true);
        assert_eq!(ana.is_some(), there, "after {later} ms");
        let mut line = Line::open(&shopper).await.unwrap();
        line.command(Command::Hello(Hello::default())).await.unwrap();
        let ServerFrame::Ready(ready) = line.next().await.unwrap() else { panic!("not greeted") };
        assert_eq!(ready.availability.unwrap().online, there, "after {later} ms");
    }
}
