//! Signing in and out while a chat is open, on shared computers, with messages under way.

use super::{
    Key, begin, current, detail, known, nobody, ping, publish, say, send_as, sign_in, signed_in, status_of,
    stored, thread, until_bye, with,
};
use domain::{ClientId, ConversationId};
use faults::line::{Line, new_id};
use faults::stack::Stack;
use platform::faults::{TableFault, When};
use protocol::client::{Close, Hello, Ping};
use protocol::server::ByeReason;
use protocol::{ClientFrame, Command, ErrorCode, ServerFrame};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn c_05_signing_in_takes_the_open_conversation_along() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let browser = stack.shopper("demo").await;
    let mut line = Line::ready(&browser, vec![]).await.unwrap();
    let closed = begin(&mut line, "an old question").await;
    line.ask(Command::Close(Close { conversation_id: closed })).await.unwrap();
    let conversation = begin(&mut line, "where is my order?").await;
    let mut agent = Line::ready(&ana, vec![]).await.unwrap();
    stored(agent.ask(say(Some(conversation), "Please sign in.")).await.unwrap());
    let row = |body: &Value| (body["row"]["verified"].clone(), body["row"]["shopper_name"].clone());
    let before = detail(&ana, conversation).await;
    assert_eq!(row(&before), (Value::Null, Value::Null));

    let claims = json!({"email": "eva@shop.example", "name": "Eva Martín"});
    let token = key.token(stack.platform.now_ms(), "customer-7", claims);
    let me = signed_in(&browser, json!({"token": token})).await;
    // The old session is over, on every tab; the new one has the conversation, and what was said in it.
    assert_eq!(until_bye(&mut line).await, ByeReason::SessionEnded);
    assert_eq!(browser.get("/v1/conversations/current").await.unwrap().status, 401);
    assert_eq!(current(&me).await, Some(conversation.to_string()));
    let mut line = Line::ready(&me, known(conversation)).await.unwrap();
    stored(line.ask(say(Some(conversation), "It is order 4711.")).await.unwrap());
    let texts: Vec<Value> = thread(&me, conversation)
        .await
        .iter()
        .map(|entry| serde_json::to_value(entry).unwrap()["kind"].clone())
        .collect();
    assert_eq!(texts, ["message", "joined", "message", "message"]);
    // Both sides go on as before.
    stored(agent.ask(say(Some(conversation), "It left today.")).await.unwrap());
    line.until(|frame| matches!(frame, ServerFrame::Entries(page) if page.head.numbers.t == 5), true)
        .await
        .unwrap();
    // Agents see who it is; what was closed before is linked for them, and for nobody else.
    let after = detail(&ana, conversation).await;
    assert_eq!(row(&after), (json!(true), json!("Eva Martín")));
    let shopper = &after["shopper"];
    assert_eq!(
        (&shopper["verified"], &shopper["name"], &shopper["email"]),
        (&json!(true), &json!("Eva Martín"), &json!("eva@shop.example"))
    );
    assert_eq!(after["earlier"][0]["conversation_id"], closed.to_string());
    assert_eq!(detail(&ana, closed).await["earlier"][0]["conversation_id"], conversation.to_string());
    assert_eq!(status_of(&me, closed).await, 404);
    let list = ana.get("/v1/agent/sites/demo/conversations?list=mine").await.unwrap();
    assert_eq!(list.body["rows"][0]["verified"], true);

    // On another device the same person finds it; so does a theme that knows the customer's number alone, if that is the same.
    let elsewhere = signed_in(
        &nobody(&stack),
        json!({"token": key.token(stack.platform.now_ms(), "customer-7", json!({}))}),
    )
    .await;
    assert_eq!(current(&elsewhere).await, Some(conversation.to_string()));
    let liquid = json!({"customer_id": "customer-7", "hash": key.hash("customer-7")});
    assert_eq!(current(&signed_in(&nobody(&stack), liquid).await).await, Some(conversation.to_string()));
    // The page was loaded again: the same session goes on, and its connections with it.
    let again = sign_in(&me, json!({"token": token})).await;
    assert_eq!((again.session.as_str(), again.verified), (me.token.as_str(), true));
    assert!(matches!(ping(&mut line, known(conversation)).await, ServerFrame::Pong(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn c_05_whoever_has_one_open_keeps_it_and_the_browsers_stays_where_agents_see_both() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let identity = || json!({"token": key.token(stack.platform.now_ms(), "customer-7", json!({}))});
    let phone = signed_in(&nobody(&stack), identity()).await;
    let theirs = begin(&mut Line::ready(&phone, vec![]).await.unwrap(), "from the phone").await;
    let browser = stack.shopper("demo").await;
    let mut line = Line::ready(&browser, vec![]).await.unwrap();
    let left = begin(&mut line, "from the laptop, not signed in").await;
    let me = signed_in(&browser, identity()).await;
    assert_eq!(until_bye(&mut line).await, ByeReason::SessionEnded);
    assert_eq!(current(&me).await, Some(theirs.to_string()));
    assert_eq!(status_of(&me, left).await, 404);
    // Nothing is lost: it waits in the queue, and beside each stands the other.
    for (one, other) in [(left, theirs), (theirs, left)] {
        let seen = detail(&ana, one).await;
        assert_eq!(seen["row"]["status"], "open");
        assert_eq!(seen["earlier"][0]["conversation_id"], other.to_string());
    }
}

/// What is under way when a browser signs in is stored once, however far it had come, and is answered under the new session.
#[tokio::test(flavor = "multi_thread")]
async fn c_05_a_message_under_way_at_the_sign_in_is_neither_lost_nor_doubled() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let mut customer = 0;
    let mut identity = || {
        customer += 1;
        json!({"token": key.token(stack.platform.now_ms(), &format!("customer-{customer}"), json!({}))})
    };
    // What becomes of the commit before the sign-in: its answer is lost, it has failed, nobody knows.
    let fates = [
        None,
        Some((When::Before, TableFault::Error)),
        Some((When::After, TableFault::Error)),
        Some((When::Before, TableFault::Kill("WsMessage".into()))),
        Some((When::After, TableFault::Kill("WsMessage".into()))),
    ];
    for fate in fates {
        for begins in [true, false] {
            let browser = stack.shopper("demo").await;
            let mut line = Line::ready(&browser, vec![]).await.unwrap();
            let conversation = match begins {
                true => None,
                false => Some(begin(&mut line, "first").await),
            };
            let id = new_id();
            if let Some((when, fault)) = &fate {
                stack.platform.faults().table("TransactWriteItems", *when, fault, 1);
            }
            line.frame(&ClientFrame { id, command: say(conversation, "under way") }).await.unwrap();
            if fate.is_none() {
                // Stored; and the browser never reads the answer.
                line.until(|frame| matches!(frame, ServerFrame::Ack(_)), true).await.unwrap();
            }
            while stack.platform.faults().pending() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let me = signed_in(&browser, identity()).await;
            let mut line = Line::ready(&me, vec![]).await.unwrap();
            // As the outbox has it: addressed to the conversation, or to none yet; again and again.
            let first = stored(resend(&mut line, id, conversation).await);
            let again = stored(resend(&mut line, id, None).await);
            assert_eq!((&first.conversation_id, first.seq), (&again.conversation_id, again.seq), "{fate:?}");
            let stored_in: ConversationId = first.conversation_id.unwrap().parse().unwrap();
            let entries = thread(&me, stored_in).await;
            let mine = entries.iter().filter(|entry| entry.client_id.as_deref() == Some(&id.to_string()));
            assert_eq!(mine.count(), 1, "{fate:?} {begins}");
            assert_eq!(entries.len(), if begins { 1 } else { 2 }, "{fate:?} {begins}");
            assert_eq!(current(&me).await, Some(stored_in.to_string()));
            if let Some(conversation) = conversation {
                assert_eq!(conversation, stored_in);
            }
            // Closed meanwhile: it is still the message that it was.
            let mut agent = Line::ready(&ana, vec![]).await.unwrap();
            stored(agent.ask(Command::Close(Close { conversation_id: stored_in })).await.unwrap());
            let late = stored(resend(&mut line, id, None).await);
            assert_eq!((late.conversation_id, late.seq), (Some(stored_in.to_string()), first.seq));
            assert_eq!(current(&me).await, None);
        }
    }
}

/// Until it is stored or refused for good.
async fn resend(line: &mut Line, id: ClientId, conversation: Option<ConversationId>) -> ServerFrame {
    for _ in 0..20 {
        let answer = send_as(line, id, say(conversation, "under way")).await;
        match &answer {
            ServerFrame::Error(error) if error.code == ErrorCode::Retry => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            _ => return answer,
        }
    }
    panic!("never stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn e_01_an_address_that_only_a_later_token_tells_is_mailed_what_was_answered_before() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let email = "/v1/agent/sites/demo/settings/email";
    let mut value = ana.get(email).await.unwrap().body["value"].clone();
    value["enabled"] = json!(true);
    value["sender_address"] = json!("hello@shop.example");
    publish(&ana, "email", 0, value).await;
    let key = Key::make(&ana).await;
    let token = |claims| json!({"token": key.token(stack.platform.now_ms(), "customer-9", claims)});
    let me = signed_in(&stack.shopper("demo").await, token(json!({"name": "Eva"}))).await;
    let path = "/v1/conversations";
    let begun = me.post(path, json!({"id": new_id().to_string(), "text": "Is it dimmable?"})).await.unwrap();
    let conversation = begun.body["conversation_id"].as_str().unwrap().to_owned();
    let messages = format!("{path}/{conversation}/messages");
    let said = ana.post(&messages, json!({"id": new_id().to_string(), "text": "It is."})).await.unwrap();
    assert_eq!(said.status, 200, "{}", said.raw);
    stack.platform.settled().await;
    stack.platform.move_clock(10 * 60_000);
    stack.platform.settled().await;
    // The next page tells the address; the session stays.
    let same = signed_in(&me, token(json!({"email": "eva@shop.example"}))).await;
    assert_eq!((same.token, current(&me).await), (me.token.clone(), Some(conversation)));
    assert!(stack.platform.mailbox("eva@shop.example").is_empty());
    stack.platform.settled().await;
    stack.platform.move_clock(12 * 60_000 + 2_000);
    stack.platform.settled().await;
    assert_eq!(stack.platform.mailbox("eva@shop.example").len(), 1);
    let denied = stack.platform.metrics().denied;
    assert!(denied.is_empty(), "{denied:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn c_05_signing_in_twice_at_once_or_killed_half_way_is_harmless() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let identity = |n: u32| json!({"token": key.token(stack.platform.now_ms(), &format!("customer-{n}"), json!({"jti": format!("t{n}")}))});
    // Two tabs with one session, at once, each with the same page's token.
    let browser = stack.shopper("demo").await;
    let conversation = begin(&mut Line::ready(&browser, vec![]).await.unwrap(), "hello").await;
    let (one, two) = tokio::join!(signed_in(&browser, identity(1)), signed_in(&browser, identity(1)));
    for tab in [&one, &two] {
        assert_eq!(current(tab).await, Some(conversation.to_string()));
        assert!(Line::ready(tab, vec![]).await.is_ok());
    }
    assert_eq!(browser.get("/v1/conversations/current").await.unwrap().status, 401);
    // The answer is lost, or the function is killed before or after: the same again.
    for (n, when, fault) in [
        (2, When::Before, TableFault::Error),
        (3, When::After, TableFault::Error),
        (4, When::Before, TableFault::Conflict),
        (5, When::Before, TableFault::Kill("HttpApiFunction".into())),
        (6, When::After, TableFault::Kill("HttpApiFunction".into())),
    ] {
        let browser = stack.shopper("demo").await;
        let mut line = Line::ready(&browser, vec![]).await.unwrap();
        let conversation = begin(&mut line, "hello").await;
        stack.platform.faults().table("TransactWriteItems", when, &fault, 1);
        let body = json!({"identity": identity(n)});
        let first = browser.post("/v1/sites/demo/sessions", body.clone()).await;
        let killed = matches!(fault, TableFault::Kill(_));
        assert_eq!(first.is_ok_and(|reply| reply.status == 201), !killed, "{when:?} {fault:?}");
        let me = signed_in(&browser, identity(n)).await;
        assert_eq!(current(&me).await, Some(conversation.to_string()), "{when:?} {fault:?}");
        let mut line = Line::ready(&me, vec![]).await.unwrap();
        stored(line.ask(say(Some(conversation), "still here")).await.unwrap());
        assert_eq!(thread(&me, conversation).await.len(), 2);
    }
    // An agent writes all the while.
    let browser = stack.shopper("demo").await;
    let conversation = begin(&mut Line::ready(&browser, vec![]).await.unwrap(), "hello").await;
    let mut agent = Line::ready(&ana, vec![]).await.unwrap();
    let writes = async {
        for n in 0..10 {
            stored(agent.ask(say(Some(conversation), &format!("{n}"))).await.unwrap());
        }
    };
    let ((), me) = tokio::join!(writes, signed_in(&browser, identity(7)));
    // The shopper's, joined, and ten.
    assert_eq!(thread(&me, conversation).await.len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_17_a_shared_computer_shows_nothing_of_who_has_signed_out() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let identity = |who: &str| json!({"token": key.token(stack.platform.now_ms(), who, json!({}))});
    let browser = stack.shopper("demo").await;
    let conversation = begin(&mut Line::ready(&browser, vec![]).await.unwrap(), "hello").await;
    let eva = signed_in(&browser, identity("eva")).await;
    let mut tabs = [Line::ready(&eva, vec![]).await.unwrap(), Line::ready(&eva, vec![]).await.unwrap()];
    let elsewhere = signed_in(&nobody(&stack), identity("eva")).await;
    let mut phone = Line::ready(&elsewhere, vec![]).await.unwrap();
    let unused = eva.ticket().await.unwrap();
    // Out: sockets cut, session over, tickets with it.
    assert_eq!(eva.post("/v1/sessions/end", json!({})).await.unwrap().status, 204);
    for tab in &mut tabs {
        assert_eq!(until_bye(tab).await, ByeReason::SessionEnded);
    }
    for old in [&browser, &eva] {
        assert_eq!(old.get("/v1/conversations/current").await.unwrap().status, 401);
        assert_eq!(status_of(old, conversation).await, 401);
        assert_eq!(old.post("/v1/tickets", json!({})).await.unwrap().status, 401);
    }
    let url = format!("{}?v=1&ticket={}", unused.url, unused.ticket);
    if let Ok(mut late) = Line::redeem(&url, Some(&eva.origin)).await {
        late.command(Command::Hello(Hello::default())).await.unwrap();
        assert_eq!(until_bye(&mut late).await, ByeReason::SessionEnded);
    }
    // Her phone is hers.
    assert!(
        matches!(ping(&mut phone, known(conversation)).await, ServerFrame::Pong(pong) if pong.heads.len() == 1)
    );
    // The next one at this browser: anonymous, then somebody else.
    let next = stack.shopper("demo").await;
    assert_eq!(current(&next).await, None);
    assert_eq!(status_of(&next, conversation).await, 404);
    let mut line = Line::open(&next).await.unwrap();
    line.command(Command::Hello(Hello { conversations: known(conversation), list: None, newest: false }))
        .await
        .unwrap();
    match line.next().await.unwrap() {
        ServerFrame::Ready(ready) => {
            assert_eq!((ready.open, ready.absent), (None, vec![conversation.to_string()]))
        }
        other => panic!("something of hers came: {other:?}"),
    }
    let luis = signed_in(&next, identity("luis")).await;
    assert_eq!((current(&luis).await, status_of(&luis, conversation).await), (None, 404));
    // Without signing out first: a session is never handed from one to the other.
    let mut line = Line::ready(&luis, vec![]).await.unwrap();
    let his = begin(&mut line, "mine").await;
    let eva = signed_in(&luis, identity("eva")).await;
    assert_eq!(until_bye(&mut line).await, ByeReason::SessionEnded);
    assert_eq!(luis.get("/v1/conversations/current").await.unwrap().status, 401);
    assert_eq!((current(&eva).await, status_of(&eva, his).await), (Some(conversation.to_string()), 404));
    // A proof that is not believed does not leave the browser with her session either, unless it is her own that has just expired.
    let exp = stack.platform.now_ms() / 1000 - 120;
    let expired = |who: &str| json!({"token": key.token(stack.platform.now_ms(), who, json!({"exp": exp}))});
    let not_his = sign_in(&eva, expired("luis")).await;
    assert_eq!((not_his.verified, not_his.refused.as_deref()), (false, Some("expired")));
    assert_eq!(current(&with(&eva, &not_his)).await, None);
    let still_hers = sign_in(&eva, expired("eva")).await;
    assert_eq!((&still_hers.session, still_hers.verified), (&eva.token, true));
    // She finds hers again wherever she signs in.
    let elsewhere = signed_in(&nobody(&stack), identity("eva")).await;
    assert_eq!(current(&elsewhere).await, Some(conversation.to_string()));
}

/// The function that ends a session, or signs in, is killed before it has told anybody.
#[tokio::test(flavor = "multi_thread")]
async fn a_17_sockets_of_a_session_that_has_ended_end_at_their_next_heartbeat_at_the_latest() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let kill = TableFault::Kill("HttpApiFunction".into());
    let out = (Method::POST, "/v1/sessions/end", json!({}), "DeleteItem");
    let identity = json!({"token": key.token(stack.platform.now_ms(), "eva", json!({}))});
    let sign_in =
        (Method::POST, "/v1/sites/demo/sessions", json!({"identity": identity}), "TransactWriteItems");
    for (method, path, body, operation) in [out, sign_in] {
        let browser = stack.shopper("demo").await;
        let mut line = Line::ready(&browser, vec![]).await.unwrap();
        let conversation = begin(&mut line, "hello").await;
        assert!(matches!(ping(&mut line, known(conversation)).await, ServerFrame::Pong(_)));
        stack.platform.faults().table(operation, When::After, &kill, 1);
        assert!(browser.request(method, path, Some(body)).await.is_ok_and(|reply| reply.status >= 500));
        line.command(Command::Ping(Ping { conversations: known(conversation), list: None })).await.unwrap();
        assert_eq!(until_bye(&mut line).await, ByeReason::SessionEnded, "{path}");
    }
}
