//! What must never happen: attackers at the real functions. Each test bears the number of its row.

use domain::{ClientId, ConversationId};
use faults::line::{Line, Received, new_id, refused_with};
use faults::people::Account;
use faults::stack::Stack;
use platform::faults::{PostFault, TableFault, When};
use protocol::client::{
    Answer, Assign, Close, Hello, Join, Known, Leave, ListName, Note, Numbers, Open, Ping, Presence,
    PresenceStatus, Seen, Send, ShowList, Typing,
};
use protocol::server::{Body, ByeReason};
use protocol::{ClientFrame, Command, ErrorCode, ServerFrame};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

const A_MOMENT: Duration = Duration::from_millis(400);

fn say(conversation_id: Option<ConversationId>, text: &str) -> Command {
    Command::Send(Send { conversation_id, text: text.into(), ..Send::default() })
}

/// Begins a conversation and answers its id.
async fn begin(line: &mut Line, text: &str) -> ConversationId {
    match line.ask(say(None, text)).await.unwrap() {
        ServerFrame::Ack(ack) => ack.conversation_id.unwrap().parse().unwrap(),
        other => panic!("no conversation began: {other:?}"),
    }
}

#[track_caller]
fn assert_refused(answer: &ServerFrame, code: ErrorCode) {
    match answer {
        ServerFrame::Error(error) => assert_eq!(error.code, code, "{error:?}"),
        other => panic!("not refused with {code:?}: {other:?}"),
    }
}

/// The error without the frame's own id, as text: what two answers must have in common to the byte.
fn bytes(answer: &ServerFrame) -> String {
    match answer {
        ServerFrame::Error(error) => {
            serde_json::to_string(&protocol::server::Error { r#ref: None, ..error.clone() }).unwrap()
        }
        other => panic!("not an error: {other:?}"),
    }
}

/// All commands that name a conversation.
fn commands(conversation_id: ConversationId) -> Vec<Command> {
    vec![
        say(Some(conversation_id), "x"),
        Command::Answer(Answer { conversation_id, field: "email".into(), value: Some("x".into()) }),
        Command::Close(Close { conversation_id }),
        Command::Seen(Seen { conversation_id, seen: 1, delivered: 1 }),
        Command::Typing(Typing { conversation_id }),
        Command::Note(Note { conversation_id, text: "x".into() }),
        Command::Assign(Assign { conversation_id, to: None, expected: None, group: None }),
        Command::Join(Join { conversation_id }),
        Command::Leave(Leave { conversation_id }),
        Command::Open(Open {
            conversation_id: Some(conversation_id),
            after: Numbers::default(),
            newest: false,
        }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_01_another_shoppers_conversation_is_byte_identical_to_none() {
    let stack = Stack::start().await;
    let mut victim = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let theirs = begin(&mut victim, "my order 4711").await;
    let absent: ConversationId = "conv_018f3b1e-7c1a-7000-8000-00000000ffff".parse().unwrap();
    let attacker = stack.shopper("demo").await;
    let mut line = Line::ready(&attacker, vec![]).await.unwrap();

    for (foreign, none) in commands(theirs).into_iter().zip(commands(absent)) {
        let foreign = line.ask(foreign).await.unwrap();
        let none = line.ask(none).await.unwrap();
        assert_eq!(bytes(&foreign), bytes(&none));
        tokio::time::sleep(A_MOMENT).await;
    }
    for path in ["entries", "entries?t=0&b=0"] {
        let foreign = attacker.get(&format!("/v1/conversations/{theirs}/{path}")).await.unwrap();
        let none = attacker.get(&format!("/v1/conversations/{absent}/{path}")).await.unwrap();
        assert_eq!((foreign.status, foreign.raw), (404, none.raw));
    }
    for (path, body) in [
        ("messages", json!({"id": new_id().to_string(), "text": "x"})),
        ("answers", json!({"id": new_id().to_string(), "field": "email", "value": null})),
        ("close", json!({"id": new_id().to_string()})),
        ("seen", json!({"seen": 1, "delivered": 1})),
    ] {
        let foreign =
            attacker.post(&format!("/v1/conversations/{theirs}/{path}"), body.clone()).await.unwrap();
        let none = attacker.post(&format!("/v1/conversations/{absent}/{path}"), body).await.unwrap();
        assert_eq!((foreign.status, foreign.raw), (404, none.raw));
    }
    // Named in `hello`, it is absent; nothing of it comes.
    let after = Numbers::default();
    let mut fresh = Line::open(&attacker).await.unwrap();
    fresh
        .command(Command::Hello(Hello {
            conversations: vec![Known { conversation_id: theirs, epoch: String::new(), after }],
            list: None,
            newest: false,
        }))
        .await
        .unwrap();
    match fresh.next().await.unwrap() {
        ServerFrame::Ready(ready) => assert_eq!(ready.absent, [theirs.to_string()]),
        other => panic!("something foreign came: {other:?}"),
    }
    // Nothing was stored and nothing reached the victim.
    let page = victim
        .ask(Command::Ping(Ping {
            conversations: vec![Known { conversation_id: theirs, epoch: String::new(), after }],
            list: None,
        }))
        .await
        .unwrap();
    match page {
        ServerFrame::Pong(pong) => assert_eq!(pong.heads[0].numbers, Numbers { t: 1, b: 0 }),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_05_script_in_a_text_is_stored_and_returned_as_text() {
    let stack = Stack::start().await;
    let account = stack.shopper("demo").await;
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    let script = "<img src=x onerror=alert(1)><script>alert('x')</script> javascript:alert(1)";
    let conversation = begin(&mut line, script).await;
    let reply = account.get(&format!("/v1/conversations/{conversation}/entries")).await.unwrap();
    assert_eq!(reply.body["entries"][0]["text"], script);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_09_a_flood_of_frames_is_refused_and_others_are_unaffected() {
    let stack = Stack::start().await;
    let mut flooder = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let mut other = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let conversation = begin(&mut flooder, "hello").await;
    let mut sent = Vec::new();
    for _ in 0..80 {
        sent.push(flooder.command(Command::Typing(Typing { conversation_id: conversation })).await.unwrap());
    }
    let refused = flooder
        .until(
            |frame| matches!(frame, ServerFrame::Error(error) if error.code == ErrorCode::RateLimited),
            true,
        )
        .await
        .unwrap();
    match refused {
        ServerFrame::Error(error) => assert!(error.retry_after_ms.is_some()),
        other => panic!("{other:?}"),
    }
    assert!(matches!(other.ask(say(None, "calm")).await.unwrap(), ServerFrame::Ack(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_09_an_eleventh_connection_of_a_shopper_is_turned_away() {
    let stack = Stack::start().await;
    let account = stack.shopper("demo").await;
    let mut lines = Vec::new();
    for _ in 0..10 {
        lines.push(Line::ready(&account, vec![]).await.unwrap());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut eleventh = Line::open(&account).await.unwrap();
    eleventh.command(Command::Hello(Hello::default())).await.unwrap();
    let bye = eleventh.next().await.unwrap();
    assert!(matches!(&bye, ServerFrame::Bye(bye) if bye.reason == ByeReason::TooMany), "{bye:?}");
    for line in &mut lines {
        assert!(matches!(line.ask(Command::Ping(Ping::default())).await.unwrap(), ServerFrame::Pong(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_09_sessions_from_one_address_are_limited() {
    let stack = Stack::start().await;
    let mut refused = 0;
    for _ in 0..130 {
        refused += u32::from(Account::shopper(&stack.url, "demo").await.is_err());
    }
    // 60 per address and ten minutes; should a window end meanwhile, two windows' worth.
    assert!(refused == 70 || refused == 10, "{refused} of 130 were refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_10_a_ticket_is_good_once_from_its_own_origin_and_cannot_be_guessed() {
    let stack = Stack::start().await;
    let account = stack.shopper("demo").await;
    let ticket = account.ticket().await.unwrap();
    let url = format!("{}?v=1&ticket={}", ticket.url, ticket.ticket);
    Line::redeem(&url, Some(&account.origin)).await.unwrap();
    let check = async |url: String, origin: Option<&str>, why: &str| {
        let refusal = Line::redeem(&url, origin).await.expect_err(why);
        assert_eq!(refused_with(&refusal), Some(401), "{why}: {refusal}");
    };
    check(url.clone(), Some(&account.origin), "a ticket was good twice").await;
    let fresh = async || {
        let ticket = account.ticket().await.unwrap();
        format!("{}?v=1&ticket={}", ticket.url, ticket.ticket)
    };
    check(fresh().await, Some("https://evil.example"), "a ticket was good from another origin").await;
    check(fresh().await, None, "a ticket was good without its origin").await;
    check(
        format!("{}?v=1&ticket=tkt_{}", ticket.url, "0".repeat(64)),
        Some(&account.origin),
        "a guess was good",
    )
    .await;
    check(format!("{}?v=1", ticket.url), Some(&account.origin), "no ticket was good").await;
    check(fresh().await.replace("v=1", "v=2"), Some(&account.origin), "an unknown version was good").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_11_separators_and_query_syntax_in_ids_are_refused() {
    let stack = Stack::start().await;
    let account = stack.shopper("demo").await;
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    for wrong in [
        "conv_x#META",
        "C#1",
        "conv_018F3B1E-7C1A-7000-8000-000000000001",
        "",
        "conv_",
        "%23",
        "a' OR '1'='1",
    ] {
        let id = new_id();
        let frame = json!({"action": "send", "id": id.to_string(), "conversation_id": wrong, "text": "x"});
        line.raw(Message::text(frame.to_string())).await.unwrap();
        assert_refused(&line.next().await.unwrap(), ErrorCode::BadFrame);
        let reply = account.get(&format!("/v1/conversations/{}/entries", urlencode(wrong))).await.unwrap();
        assert!((400..=404).contains(&reply.status), "{wrong}: {reply:?}");
    }
    let agent = stack.agent("demo", "ana@example.com").await;
    for wrong in ["x", "1.2", "1.conv_#", "99999999999999999999.conv_018f3b1e-7c1a-7000-8000-000000000001"] {
        let reply = agent
            .get(&format!("/v1/agent/sites/demo/conversations?before={}", urlencode(wrong)))
            .await
            .unwrap();
        assert_eq!(reply.status, 400, "{wrong}");
    }
}

fn urlencode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_12_a_client_cannot_set_author_number_site_or_role() {
    let stack = Stack::start().await;
    let mut line = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    for field in ["author", "seq", "at", "site", "role", "verified", "log", "kind"] {
        let mut frame =
            json!({"action": "send", "id": new_id().to_string(), "conversation_id": null, "text": "x"});
        frame[field] = json!("agent");
        line.raw(Message::text(frame.to_string())).await.unwrap();
        match line.next().await.unwrap() {
            ServerFrame::Error(error) => {
                assert_eq!((error.code, error.field.as_deref()), (ErrorCode::UnknownField, Some(field)));
            }
            other => panic!("{field}: {other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let conversation = begin(&mut line, "first").await;
    let page = line.until(|frame| matches!(frame, ServerFrame::Entries(_)), true).await.unwrap();
    match page {
        ServerFrame::Entries(page) => {
            assert_eq!((page.conversation_id, page.entries[0].seq), (conversation.to_string(), 1))
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_13_broken_frames_are_answered_by_constant_text_and_the_connection_lives() {
    let stack = Stack::start().await;
    let mut line = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let id = new_id().to_string();
    let deep = format!("{}1{}", "[".repeat(2000), "]".repeat(2000));
    let frames: Vec<(String, ErrorCode)> = vec![
        ("canary-secret".into(), ErrorCode::BadFrame),
        ("[]".into(), ErrorCode::BadFrame),
        ("null".into(), ErrorCode::BadFrame),
        (deep, ErrorCode::BadFrame),
        (json!({"action": "canary", "id": id}).to_string(), ErrorCode::UnknownAction),
        (json!({"action": 5, "id": id}).to_string(), ErrorCode::BadFrame),
        (json!({"action": "send", "text": "x"}).to_string(), ErrorCode::BadFrame),
        (json!({"action": "send", "id": id, "conversation_id": null}).to_string(), ErrorCode::BadFrame),
        (
            json!({"action": "send", "id": id, "conversation_id": null, "text": 5}).to_string(),
            ErrorCode::BadFrame,
        ),
        (
            json!({"action": "send", "id": id, "conversation_id": null, "text": " \n"}).to_string(),
            ErrorCode::Empty,
        ),
        (
            json!({"action": "send", "id": id, "conversation_id": null, "text": "x".repeat(10_001)})
                .to_string(),
            ErrorCode::TooLarge,
        ),
        (
            json!({"action": "send", "id": id, "conversation_id": null, "text": "é".repeat(14_000)})
                .to_string(),
            ErrorCode::TooLarge,
        ),
    ];
    for (frame, code) in frames {
        line.raw(Message::text(frame.clone())).await.unwrap();
        let answer = line.next().await.unwrap();
        assert_refused(&answer, code);
        assert!(
            !serde_json::to_string(&answer).unwrap().contains("canary"),
            "an answer repeats what was sent"
        );
        tokio::time::sleep(Duration::from_millis(120)).await;
    }
    line.raw(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_refused(&line.next().await.unwrap(), ErrorCode::BadFrame);
    assert!(matches!(line.ask(say(None, "still here")).await.unwrap(), ServerFrame::Ack(_)));
    // Beyond what the gateway takes, it closes.
    line.raw(Message::text("x".repeat(33 * 1024))).await.unwrap();
    loop {
        match line.receive_text().await.unwrap() {
            Received::Closed(code) => break assert_eq!(code, Some(1009)),
            Received::Text(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_14_the_same_id_with_another_body_is_refused_and_with_the_same_answers_the_same() {
    let stack = Stack::start().await;
    let mut line = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let id: ClientId = new_id();
    let mut send = async |conversation_id: Option<ConversationId>, text: &str| {
        line.frame(&ClientFrame { id, command: say(conversation_id, text) }).await.unwrap();
        line.until(|frame| matches!(frame, ServerFrame::Ack(_) | ServerFrame::Error(_)), true).await.unwrap()
    };
    let ServerFrame::Ack(first) = send(None, "one").await else { panic!("not stored") };
    let conversation = first.conversation_id.clone().unwrap().parse().unwrap();
    assert_eq!(send(None, "one").await, ServerFrame::Ack(first.clone()));
    assert_eq!(send(Some(conversation), "one").await, ServerFrame::Ack(first.clone()));
    assert_refused(&send(None, "two").await, ErrorCode::IdReused);
    assert_refused(&send(Some(conversation), "two").await, ErrorCode::IdReused);
    let page = line
        .ask(Command::Ping(Ping {
            conversations: vec![Known {
                conversation_id: conversation,
                epoch: String::new(),
                after: Numbers::default(),
            }],
            list: None,
        }))
        .await
        .unwrap();
    assert!(matches!(page, ServerFrame::Pong(pong) if pong.heads[0].numbers.t == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_19_unlisted_look_alike_and_null_origins_are_refused() {
    let stack = Stack::start().await;
    for origin in [
        "https://evil.example",
        "null",
        &format!("{}.evil.example", stack.url),
        &stack.url.replace("http://", "https://"),
    ] {
        let answer = reqwest::Client::new()
            .post(format!("{}/v1/sites/demo/sessions", stack.url))
            .header("origin", origin)
            .body("{}")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403, "{origin}");
        let mut account = stack.shopper("demo").await;
        account.origin = origin.to_owned();
        assert!(account.ticket().await.is_err(), "{origin} got a ticket");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_17_after_ending_a_session_nothing_old_is_reachable() {
    let stack = Stack::start().await;
    let account = stack.shopper("demo").await;
    let mut first = Line::ready(&account, vec![]).await.unwrap();
    let mut second = Line::ready(&account, vec![]).await.unwrap();
    let conversation = begin(&mut first, "private").await;
    let unused = account.ticket().await.unwrap();
    assert_eq!(account.post("/v1/sessions/end", json!({})).await.unwrap().status, 204);
    for line in [&mut first, &mut second] {
        let bye = line.until(|frame| matches!(frame, ServerFrame::Bye(_)), true).await.unwrap();
        assert!(matches!(bye, ServerFrame::Bye(bye) if bye.reason == ByeReason::SessionEnded));
    }
    assert_eq!(account.get(&format!("/v1/conversations/{conversation}/entries")).await.unwrap().status, 401);
    // A ticket from before lets nobody read anything.
    if let Ok(mut late) =
        Line::redeem(&format!("{}?v=1&ticket={}", unused.url, unused.ticket), Some(&account.origin)).await
    {
        late.command(Command::Hello(Hello::default())).await.unwrap();
        let bye = late.next().await.unwrap();
        assert!(matches!(bye, ServerFrame::Bye(_)), "{bye:?}");
    }
    let next = stack.shopper("demo").await;
    let open = next.get("/v1/conversations/current").await.unwrap();
    assert_eq!(open.body["conversation_id"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_22_another_sites_agent_finds_nothing() {
    let stack = Stack::start().await;
    let mut shopper = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let theirs = begin(&mut shopper, "hello").await;
    let absent: ConversationId = "conv_018f3b1e-7c1a-7000-8000-00000000ffff".parse().unwrap();
    let marta = stack.agent("demo-two", "marta@example.com").await;
    let mut line = Line::ready(&marta, vec![]).await.unwrap();
    for (foreign, none) in commands(theirs).into_iter().zip(commands(absent)) {
        assert_eq!(bytes(&line.ask(foreign).await.unwrap()), bytes(&line.ask(none).await.unwrap()));
        tokio::time::sleep(A_MOMENT).await;
    }
    for path in [
        format!("/v1/agent/conversations/{theirs}"),
        format!("/v1/conversations/{theirs}/entries"),
        "/v1/agent/sites/demo/agents".into(),
        "/v1/agent/sites/demo/conversations".into(),
    ] {
        assert_eq!(marta.get(&path).await.unwrap().status, 404, "{path}");
    }
    let mut elsewhere = marta.clone();
    elsewhere.site = "demo".into();
    assert!(elsewhere.ticket().await.is_err());
    line.command(Command::List(ShowList { list: ListName::All })).await.unwrap();
    match line.until(|frame| matches!(frame, ServerFrame::Rows(_)), true).await.unwrap() {
        ServerFrame::Rows(rows) => assert!(rows.rows.is_empty()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_23_a_deactivated_agent_is_cut_within_five_seconds() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let mut line = Line::ready(&luis, vec![]).await.unwrap();
    let me = luis.get("/v1/agent/me").await.unwrap().body["agent_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/agent/sites/demo/agents/{me}");
    assert_eq!(
        luis.request(reqwest::Method::DELETE, &path, None).await.unwrap().status,
        403,
        "an agent is no admin"
    );
    let unused = luis.ticket().await.unwrap();
    assert_eq!(ana.request(reqwest::Method::DELETE, &path, None).await.unwrap().status, 204);
    let cut = tokio::time::timeout(Duration::from_secs(5), async {
        line.until(
            |frame| matches!(frame, ServerFrame::Bye(bye) if bye.reason == ByeReason::MembershipChanged),
            true,
        )
        .await
        .unwrap();
        while line.next().await.is_ok() {}
    });
    cut.await.expect("a deactivated agent's socket was still open after 5 s");
    assert!(luis.ticket().await.is_err());
    let mut late = Line::redeem(&format!("{}?v=1&ticket={}", unused.url, unused.ticket), Some(&luis.origin))
        .await
        .unwrap();
    late.command(Command::Hello(Hello::default())).await.unwrap();
    assert!(matches!(late.next().await.unwrap(), ServerFrame::Bye(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_25_settings_are_for_admins_of_the_site_and_every_page_reads_what_is_published() {
    use reqwest::Method;
    let stack = Stack::speaking(|_| {}).await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let base = "/v1/agent/sites/demo/settings";
    let general = json!({"name": "Luz y Más", "languages": ["es", "en"], "default_language": "es"});
    let publish = json!({"expected": 0, "value": general});
    let doors = [
        (Method::GET, base.to_owned(), None),
        (Method::GET, format!("{base}/general"), None),
        (Method::PUT, format!("{base}/general"), Some(publish.clone())),
        (Method::GET, format!("{base}/general/history"), None),
        (Method::GET, format!("{base}/general/history/1"), None),
        (Method::POST, format!("{base}/general/history/1/restore"), Some(json!({"expected": 1}))),
        (Method::GET, "/v1/agent/sites/demo/identity-keys".into(), None),
        (Method::POST, "/v1/agent/sites/demo/identity-keys".into(), Some(json!({}))),
        (Method::POST, "/v1/agent/sites/demo/identity-keys/k1/end".into(), Some(json!({"after_s": 0}))),
    ];
    let luis = stack.agent("demo", "luis@example.com").await;
    let marta = stack.agent("demo-two", "marta@example.com").await;
    let shopper = stack.shopper("demo").await;
    for (who, status) in [(&luis, 403), (&marta, 404), (&shopper, 403)] {
        for (method, path, body) in &doors {
            let reply = who.request(method.clone(), path, body.clone()).await.unwrap();
            assert_eq!(reply.status, status, "{method} {path}: {}", reply.raw);
        }
    }
    let absent = ana.get(&format!("{base}/nothing")).await.unwrap();
    assert_eq!(absent.status, 404);

    // The page of the shop, before and after: what it has already is not sent again.
    let page = async |known: Option<&str>| {
        let request = reqwest::Client::new().get(format!("{}/v1/sites/demo/config", stack.url));
        let answer = request.header("if-none-match", known.unwrap_or_default()).send().await.unwrap();
        let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), etag, answer.text().await.unwrap())
    };
    let (_, before, text) = page(None).await;
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["version"], 0);
    let path = format!("{base}/general");
    let put = async |body: Value| ana.request(Method::PUT, &path, Some(body)).await.unwrap();
    let published = put(publish.clone()).await;
    assert_eq!((published.status, &published.body["version"]), (200, &json!(1)), "{}", published.raw);
    assert_eq!(published.body["value"], general);
    let (status, after, text) = page(Some(&before)).await;
    let config: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &config["version"], &config["name"]), (200, &json!(1), &json!("Luz y Más")));
    assert!(before != after);
    assert_eq!(page(Some(&after)).await, (304, after, String::new()));
    // And the agents' pages: the name is the one that was published.
    let me = luis.get("/v1/agent/me").await.unwrap();
    assert_eq!(
        (&me.body["sites"][0]["site"], &me.body["sites"][0]["name"]),
        (&json!("demo"), &json!("Luz y Más"))
    );

    // Saved again by the same person: the same. With something else on an old version: what stands is told.
    assert_eq!(put(publish).await.body["version"], 1);
    let stale =
        put(json!({"expected": 0, "value": {"name": "X", "languages": ["es"], "default_language": "es"}}))
            .await;
    assert_eq!((stale.status, &stale.body["error"]["code"]), (409, &json!("conflict")));
    assert_eq!(stale.body["error"]["current"]["value"], general);
    let wrong =
        put(json!({"expected": 1, "value": {"name": "", "languages": ["es"], "default_language": "fr"}}))
            .await;
    assert_eq!((wrong.status, &wrong.body["error"]["code"]), (422, &json!("invalid")));
    let problems = wrong.body["error"]["problems"].as_array().unwrap();
    let paths: BTreeSet<&str> = problems.iter().map(|problem| problem["path"].as_str().unwrap()).collect();
    assert_eq!(paths, BTreeSet::from(["default_language", "name"]));
    let extra = put(json!({"expected": 1, "value": general, "force": true})).await;
    assert_eq!((extra.status, &extra.body["error"]["code"]), (400, &json!("unknown_field")));

    // A secret is told once; afterwards only that there is such a key.
    let keys = "/v1/agent/sites/demo/identity-keys";
    let made = ana.post(keys, json!({})).await.unwrap();
    assert_eq!((made.status, &made.body["key"]["algorithm"]), (201, &json!("HS256")));
    let secret = made.body["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 68);
    let id = made.body["key"]["id"].as_str().unwrap();
    let all = ana.get(keys).await.unwrap();
    assert_eq!((&all.body["keys"][0]["id"], &all.body["keys"][0]["good"]), (&json!(id), &json!(true)));
    assert!(!all.raw.contains(secret));
    let no_key = ana.post(keys, json!({"public_key": "-----BEGIN PUBLIC KEY-----"})).await.unwrap();
    assert_eq!((no_key.status, &no_key.body["error"]["problems"][0]["path"]), (422, &json!("public_key")));
    let ended = ana.post(&format!("{keys}/{id}/end"), json!({"after_s": 0})).await.unwrap();
    assert_eq!(ended.status, 204);
    assert_eq!(ana.get(keys).await.unwrap().body["keys"][0]["good"], false);
    for (path, body, status) in [
        (format!("{keys}/k9/end"), json!({"after_s": 0}), 404),
        (format!("{keys}/{id}/end"), json!({"after_s": 9_999_999}), 422),
    ] {
        assert_eq!(ana.post(&path, body).await.unwrap().status, status);
    }

    let restored = ana.post(&format!("{path}/history/1/restore"), json!({"expected": 1})).await.unwrap();
    assert_eq!((&restored.body["version"], &restored.body["restored"]), (&json!(2), &json!(1)));
    let history = ana.get(&format!("{path}/history")).await.unwrap();
    assert_eq!(history.body["versions"].as_array().unwrap().len(), 2);
    assert_eq!(history.body["versions"][0]["by"]["id"], restored.body["by"]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shopper_sees_no_backstage_and_agents_see_both() {
    let stack = Stack::start().await;
    let mut shopper = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let conversation = begin(&mut shopper, "hello").await;
    let mut ana = Line::ready(&stack.agent("demo", "ana@example.com").await, vec![]).await.unwrap();
    let mut luis = Line::ready(&stack.agent("demo", "luis@example.com").await, vec![]).await.unwrap();
    for line in [&mut ana, &mut luis] {
        let open = Command::Open(Open {
            conversation_id: Some(conversation),
            after: Numbers::default(),
            newest: false,
        });
        assert!(matches!(line.ask(open).await.unwrap(), ServerFrame::Ack(_)));
    }
    let note = Command::Note(Note { conversation_id: conversation, text: "canary: is this the one?".into() });
    assert!(matches!(ana.ask(note).await.unwrap(), ServerFrame::Ack(_)));
    assert!(matches!(ana.ask(say(Some(conversation), "Hi, I am Ana")).await.unwrap(), ServerFrame::Ack(_)));
    let mut seen_by_shopper = Vec::new();
    while seen_by_shopper.len() < 3 {
        if let ServerFrame::Entries(page) = shopper.next().await.unwrap() {
            assert_eq!(page.head.numbers.b, 0);
            assert_eq!(page.head.owner, None);
            seen_by_shopper.extend(page.entries);
        }
    }
    let bodies: Vec<&Body> = seen_by_shopper.iter().map(|entry| &entry.body).collect();
    assert!(matches!(bodies[..], [Body::Message { .. }, Body::Joined, Body::Message { .. }]), "{bodies:?}");
    // One frame for the first reply, to each.
    let first_reply = luis
        .until(|frame| matches!(frame, ServerFrame::Entries(page) if page.entries.len() == 3), true)
        .await
        .unwrap();
    assert!(matches!(first_reply, ServerFrame::Entries(page) if page.head.owner.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn f_15_two_who_take_a_chat_one_gets_it_and_both_are_told() {
    let stack = Stack::start().await;
    let mut shopper = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let conversation_id = begin(&mut shopper, "hello").await;
    let mut lines = Vec::new();
    for email in ["ana@example.com", "luis@example.com"] {
        let account = stack.agent("demo", email).await;
        let me: domain::AgentId =
            account.get("/v1/agent/me").await.unwrap().body["agent_id"].as_str().unwrap().parse().unwrap();
        lines.push((Line::ready(&account, vec![]).await.unwrap(), me));
    }
    let take = |me| Command::Assign(Assign { conversation_id, to: Some(me), expected: None, group: None });
    let [(ana, ana_id), (luis, luis_id)] = &mut lines[..] else { unreachable!() };
    let (first, second) = tokio::join!(ana.ask(take(*ana_id)), luis.ask(take(*luis_id)));
    let outcomes = [first.unwrap(), second.unwrap()];
    let taken = outcomes.iter().filter(|frame| matches!(frame, ServerFrame::Error(error) if error.code == ErrorCode::Taken && error.owner.is_some())).count();
    let acked = outcomes.iter().filter(|frame| matches!(frame, ServerFrame::Ack(_))).count();
    assert_eq!((acked, taken), (1, 1), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn f_16_closed_is_final_and_the_next_message_begins_anew() {
    let stack = Stack::start().await;
    let mut shopper = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let first = begin(&mut shopper, "one").await;
    assert!(matches!(
        shopper.ask(Command::Close(Close { conversation_id: first })).await.unwrap(),
        ServerFrame::Ack(_)
    ));
    let id = new_id();
    shopper.frame(&ClientFrame { id, command: say(Some(first), "two") }).await.unwrap();
    let refused = shopper.until(|frame| matches!(frame, ServerFrame::Error(_)), true).await.unwrap();
    assert_refused(&refused, ErrorCode::Closed);
    // The refused text goes to a new conversation under its old id.
    shopper.frame(&ClientFrame { id, command: say(None, "two") }).await.unwrap();
    match shopper.until(|frame| matches!(frame, ServerFrame::Ack(_)), true).await.unwrap() {
        ServerFrame::Ack(ack) => assert_ne!(ack.conversation_id.unwrap(), first.to_string()),
        other => panic!("{other:?}"),
    }
    let mut ana = Line::ready(&stack.agent("demo", "ana@example.com").await, vec![]).await.unwrap();
    assert_refused(&ana.ask(say(Some(first), "late")).await.unwrap(), ErrorCode::Closed);
    assert_refused(
        &ana.ask(Command::Join(Join { conversation_id: first })).await.unwrap(),
        ErrorCode::Closed,
    );
}

/// At the most talkative that anybody can make the functions, and with things going wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_28_no_secret_and_no_text_reaches_a_log() {
    let stack = Stack::adjusted(|options| {
        options.environment.insert("RUST_LOG".into(), "trace".into());
    })
    .await;
    let account = stack.shopper("demo").await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let ticket = account.ticket().await.unwrap();
    let url = format!("{}?v=1&ticket={}", ticket.url, ticket.ticket);
    let mut shopper = Line::redeem(&url, Some(&account.origin)).await.unwrap();
    assert!(matches!(shopper.ask(Command::Hello(Hello::default())).await.unwrap(), ServerFrame::Ready(_)));
    Line::redeem(&url, Some(&account.origin)).await.unwrap_err();
    let conversation = begin(&mut shopper, "canary-of-the-shopper").await;
    let mut agent = Line::ready(&ana, vec![]).await.unwrap();
    agent.ask(say(Some(conversation), "canary-of-the-agent")).await.unwrap();
    agent
        .ask(Command::Note(Note { conversation_id: conversation, text: "canary-of-a-note".into() }))
        .await
        .unwrap();
    for broken in [
        r#"{"action":"send","id":"canary-of-an-id","text":"canary-of-a-broken-frame"}"#,
        "canary-that-is-no-json",
        r#"{"action":"canary-of-an-action","id":"x"}"#,
    ] {
        shopper.raw(Message::text(broken)).await.unwrap();
        shopper.until(|frame| matches!(frame, ServerFrame::Error(_)), true).await.unwrap();
    }
    let path = format!("/v1/conversations/{conversation}/messages");
    account.post(&path, json!({"id": new_id().to_string(), "text": "canary-over-http"})).await.unwrap();
    account.post(&path, json!({"id": "x", "text": "canary-refused", "canary-of-a-field": 1})).await.unwrap();
    let forged = Account { token: "canary-of-a-token".into(), ..account.clone() };
    assert_eq!(forged.post("/v1/tickets", json!({})).await.unwrap().status, 401);
    let faults = stack.platform.faults();
    for fault in [TableFault::Conflict, TableFault::Error, TableFault::Throttle] {
        faults.table("TransactWriteItems", When::Before, &fault, 9);
        shopper.ask(say(Some(conversation), "canary-of-a-failure")).await.unwrap();
        faults.clear();
    }
    faults.posts(PostFault::Error, 3);
    agent.ask(say(Some(conversation), "canary-of-a-failed-post")).await.unwrap();
    stack.platform.streams_settled().await;

    let logs = stack.platform.logs();
    for function in ["WsConnect", "WsMessage", "HttpApiFunction", "Projector"] {
        let sources: BTreeSet<_> = logs.iter().map(|line| line.source.as_str()).collect();
        assert!(sources.contains(function), "{function} logs nothing at all: {sources:?}");
    }
    let signature = ana.token.rsplit('.').next().unwrap();
    let secrets = [
        "canary",
        "mostrador\"",
        "ana@example.com",
        &account.token["ses_".len()..],
        &ticket.ticket["tkt_".len()..],
        signature,
    ];
    for line in &logs {
        for secret in secrets {
            assert!(!line.line.contains(secret), "{}: {}", line.source, line.line);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_rows_and_seen_reach_whom_they_concern() {
    let stack = Stack::start().await;
    let mut ana = Line::ready(&stack.agent("demo", "ana@example.com").await, vec![]).await.unwrap();
    let mut luis = Line::ready(&stack.agent("demo", "luis@example.com").await, vec![]).await.unwrap();
    luis.command(Command::Presence(Presence { status: PresenceStatus::Online })).await.unwrap();
    ana.until(|frame| matches!(frame, ServerFrame::Presence(_)), true).await.unwrap();
    let mut shopper = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let conversation_id = begin(&mut shopper, "hello").await;
    let row = ana.until(|frame| matches!(frame, ServerFrame::Row(_)), true).await.unwrap();
    assert!(
        matches!(row, ServerFrame::Row(row) if row.conversation_id == conversation_id.to_string() && row.unread)
    );
    assert!(matches!(ana.ask(say(Some(conversation_id), "Hi")).await.unwrap(), ServerFrame::Ack(_)));
    let open = Command::Open(Open {
        conversation_id: Some(conversation_id),
        after: Numbers::default(),
        newest: false,
    });
    assert!(matches!(ana.ask(open).await.unwrap(), ServerFrame::Ack(_)));
    shopper.command(Command::Seen(Seen { conversation_id, seen: 3, delivered: 3 })).await.unwrap();
    let seen = ana.until(|frame| matches!(frame, ServerFrame::Seen(_)), true).await.unwrap();
    assert!(matches!(seen, ServerFrame::Seen(seen) if seen.seen == 3));
}
