//! The intake form and the FAQs at the real functions: what is held is for agents as if it were not there, what is answered is
//! stored once, and what is typed is believed by nobody. Each test bears the number of its row or its feature.

use domain::ConversationId;
use faults::line::{Line, new_id};
use faults::people::{Account, Reply};
use faults::stack::Stack;
use hmac::{Hmac, Mac};
use platform::faults::{KillRule, When};
use protocol::client::{Answer, Assign, Close, Join, Known, Leave, Note, Numbers, Open, Send, Typing};
use protocol::server::{Ack, Body, FormProgress};
use protocol::{ClientFrame, Command, ErrorCode, ServerFrame};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

fn say(conversation_id: Option<ConversationId>, text: &str, faqs: &[&str]) -> Command {
    let faqs = faqs.iter().map(ToString::to_string).collect();
    Command::Send(Send { conversation_id, text: text.into(), faqs, ..Send::default() })
}

fn answer(conversation_id: ConversationId, field: &str, value: Option<&str>) -> Command {
    Command::Answer(Answer { conversation_id, field: field.into(), value: value.map(Into::into) })
}

async fn acked(line: &mut Line, command: Command) -> Ack {
    match line.ask(command).await.unwrap() {
        ServerFrame::Ack(ack) => ack,
        other => panic!("not stored: {other:?}"),
    }
}

async fn begin(line: &mut Line, text: &str, faqs: &[&str]) -> ConversationId {
    acked(line, say(None, text, faqs)).await.conversation_id.unwrap().parse().unwrap()
}

async fn publish(admin: &Account, section: &str, value: Value) {
    let path = format!("/v1/agent/sites/{}/settings/{section}", admin.site);
    let stands = admin.get(&path).await.unwrap().body["version"].as_u64().unwrap();
    let body = json!({"expected": stands, "value": value});
    let reply = admin.request(Method::PUT, &path, Some(body)).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.raw);
}

/// Name and email, the latter required, held whether the shop is online or not.
fn form(held: bool) -> Value {
    json!({
        "when": "always", "slow_after_s": 60, "hold_online": held, "hold_offline": held, "phrases": {},
        "fields": [
            {"id": "name", "kind": "name", "required": false, "labels": {}, "choices": []},
            {"id": "email", "kind": "email", "required": true, "labels": {"en": "Your email?"}, "choices": []},
        ],
    })
}

async fn entries(account: &Account, conversation: ConversationId) -> Reply {
    account.get(&format!("/v1/conversations/{conversation}/entries")).await.unwrap()
}

/// The code, the field and the form's phrase of a refusal.
fn refusal(answer: &ServerFrame) -> (ErrorCode, Option<&str>, Option<&str>) {
    match answer {
        ServerFrame::Error(error) => (error.code, error.field.as_deref(), error.phrase.as_deref()),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i_3_a_held_conversation_does_not_exist_for_agents_until_its_form_is_filled() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    publish(&ana, "form", form(true)).await;
    let mut dashboard = Line::ready(&ana, vec![]).await.unwrap();
    let account = stack.shopper("demo").await;
    let mut shopper = Line::ready(&account, vec![]).await.unwrap();
    let held = begin(&mut shopper, "my order 4711", &[]).await;
    let absent: ConversationId = "conv_018f3b1e-7c1a-7000-8000-00000000ffff".parse().unwrap();

    // The shopper sees why, from the first answer on, and can write on.
    let page = entries(&account, held).await.body;
    assert_eq!((&page["head"]["held"], &page["head"]["form"]), (&json!(true), &json!("asked")));
    let asked = &page["entries"][1];
    assert_eq!(
        (&asked["kind"], &asked["held"], &asked["author"]["role"]),
        (&json!("form"), &json!(true), &json!("system"))
    );
    let questions: Vec<&str> =
        asked["fields"].as_array().unwrap().iter().map(|field| field["label"].as_str().unwrap()).collect();
    assert_eq!(questions, ["What is your name?", "Your email?"]);
    acked(&mut shopper, say(Some(held), "hello?", &[])).await;

    // To the byte what is not there.
    let commands = |conversation_id: ConversationId| {
        let text = || String::from("x");
        vec![
            say(Some(conversation_id), "x", &[]),
            answer(conversation_id, "name", None),
            Command::Close(Close { conversation_id }),
            Command::Typing(Typing { conversation_id }),
            Command::Note(Note { conversation_id, text: text() }),
            Command::Assign(Assign { conversation_id, to: None, expected: None, group: None }),
            Command::Join(Join { conversation_id }),
            Command::Leave(Leave { conversation_id }),
            Command::Open(Open {
                conversation_id: Some(conversation_id),
                after: Numbers::default(),
                newest: true,
            }),
        ]
    };
    let told = |answer: ServerFrame| match answer {
        ServerFrame::Error(error) => {
            serde_json::to_string(&protocol::server::Error { r#ref: None, ..error }).unwrap()
        }
        other => panic!("not refused: {other:?}"),
    };
    for (held, none) in commands(held).into_iter().zip(commands(absent)) {
        let held = told(dashboard.ask(held).await.unwrap());
        assert_eq!(held, told(dashboard.ask(none).await.unwrap()));
    }
    for path in ["agent/conversations/{}", "conversations/{}/entries", "conversations/{}/entries?until=head"]
    {
        let read =
            async |id: ConversationId| ana.get(&format!("/v1/{}", path.replace("{}", &id.to_string()))).await;
        let (held, none) = (read(held).await.unwrap(), read(absent).await.unwrap());
        assert_eq!((held.status, held.raw), (404, none.raw), "{path}");
    }
    for list in ["queue", "mine", "all", "closed"] {
        let page = ana.get(&format!("/v1/agent/sites/demo/conversations?list={list}")).await.unwrap();
        assert_eq!(page.body["rows"], json!([]), "{list}");
    }

    // Released by the last answer: the first that any dashboard hears of it.
    acked(&mut shopper, answer(held, "name", Some("Eva"))).await;
    let last = acked(&mut shopper, answer(held, "email", Some("eva@example.com"))).await;
    let row = dashboard.until(|frame| matches!(frame, ServerFrame::Row(_)), false).await.unwrap();
    match row {
        ServerFrame::Row(row) => {
            assert_eq!((row.conversation_id, row.numbers.t), (held.to_string(), last.seq));
            assert_eq!((row.unread, row.shopper_name.as_deref()), (true, Some("Eva")));
            assert_eq!(row.preview.unwrap().text, "hello?");
        }
        other => panic!("{other:?}"),
    }
    let open = Command::Open(Open { conversation_id: Some(held), after: Numbers::default(), newest: true });
    acked(&mut dashboard, open).await;
    match dashboard.until(|frame| matches!(frame, ServerFrame::Entries(_)), false).await.unwrap() {
        ServerFrame::Entries(page) => {
            assert_eq!((page.head.held, page.head.form), (false, Some(FormProgress::Finished)));
            assert_eq!(page.entries.len() as u64, last.seq);
        }
        other => panic!("{other:?}"),
    }
    let detail = ana.get(&format!("/v1/agent/conversations/{held}")).await.unwrap().body;
    assert_eq!(
        (&detail["shopper"]["name"], &detail["shopper"]["email"]),
        (&json!("Eva"), &json!("eva@example.com"))
    );

    // The shopper's next one is held again if there is something to ask, and stands beside no other.
    acked(&mut shopper, Command::Close(Close { conversation_id: held })).await;
    let mut more = form(true);
    more["fields"].as_array_mut().unwrap().push(
        json!({"id": "size", "kind": "choice", "required": false, "labels": {"en": "Size?"}, "choices": [{"id": "s", "labels": {"en": "Small"}}]}),
    );
    publish(&ana, "form", more).await;
    let next = begin(&mut shopper, "another thing", &[]).await;
    let page = entries(&account, next).await.body;
    assert_eq!(page["entries"][1]["fields"].as_array().unwrap().len(), 1, "what is known is not asked again");
    let detail = ana.get(&format!("/v1/agent/conversations/{held}")).await.unwrap().body;
    assert_eq!(detail["earlier"], json!([]));
    // The merchant thinks better of it: the next word lets it go.
    publish(&ana, "form", form(false)).await;
    acked(&mut shopper, say(Some(next), "anybody?", &[])).await;
    let detail = ana.get(&format!("/v1/agent/conversations/{held}")).await.unwrap().body;
    assert_eq!(detail["earlier"][0]["conversation_id"], json!(next.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn i_1_an_answer_sent_again_is_stored_once_another_corrects_it_and_what_is_required_is_not_skipped() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    publish(&ana, "form", form(true)).await;
    let account = stack.shopper("demo").await;
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    let conversation = begin(&mut line, "hello", &[]).await;
    let refused = async |line: &mut Line, field: &str, value: Option<&str>| {
        line.ask(answer(conversation, field, value)).await.unwrap()
    };
    let early = refused(&mut line, "email", Some("eva@example.com")).await;
    assert_eq!(refusal(&early), (ErrorCode::NotFound, Some("email"), None));
    acked(&mut line, answer(conversation, "name", None)).await;
    let skipped = refused(&mut line, "email", None).await;
    assert_eq!(refusal(&skipped), (ErrorCode::Invalid, Some("email"), Some("required")));
    let wrong = refused(&mut line, "email", Some("eva at example")).await;
    assert_eq!(refusal(&wrong), (ErrorCode::Invalid, Some("email"), Some("wrong_email")));
    let long = refused(&mut line, "email", Some(&"x".repeat(20_000))).await;
    assert_eq!(refusal(&long), (ErrorCode::Invalid, Some("email"), Some("wrong_email")));

    // The same frame twice, and over HTTP as well.
    let command = answer(conversation, "email", Some("eva@example.com"));
    let frame = ClientFrame { id: new_id(), command };
    let mut acks = Vec::new();
    for _ in 0..2 {
        line.frame(&frame).await.unwrap();
        let id = frame.id.to_string();
        let ack = line.until(|frame| matches!(frame, ServerFrame::Ack(ack) if ack.id == id), false);
        acks.push(ack.await.unwrap());
    }
    assert_eq!(acks[0], acks[1]);
    let path = format!("/v1/conversations/{conversation}/answers");
    let body = json!({"id": frame.id.to_string(), "field": "email", "value": "eva@example.com"});
    let again = account.post(&path, body).await.unwrap();
    assert_eq!((again.status, serde_json::to_value(&acks[0]).unwrap()), (200, again.body));
    let other = json!({"id": frame.id.to_string(), "field": "email", "value": "eve@example.com"});
    assert_eq!(account.post(&path, other).await.unwrap().body["error"]["code"], "id_reused");
    let wrong = json!({"id": new_id().to_string(), "field": "email", "value": "eva"});
    let wrong = account.post(&path, wrong).await.unwrap();
    assert_eq!((wrong.status, &wrong.body["error"]["phrase"]), (422, &json!("wrong_email")));
    // Whoever leaves the value out has skipped nothing.
    let missing = account.post(&path, json!({"id": new_id().to_string(), "field": "name"})).await.unwrap();
    assert_eq!((missing.status, &missing.body["error"]["field"]), (400, &json!("value")));

    // A correction, after the end of the form.
    acked(&mut line, answer(conversation, "email", Some("eva@example.org"))).await;
    let page = entries(&account, conversation).await.body;
    let answers: Vec<(&str, &Value, &Value)> = page["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["kind"] == "answer")
        .map(|entry| (entry["field"].as_str().unwrap(), &entry["value"], &entry["finished"]))
        .collect();
    let [yes, no] = [json!(true), json!(false)];
    let (first, second) = (json!("eva@example.com"), json!("eva@example.org"));
    assert_eq!(answers, [("name", &Value::Null, &no), ("email", &first, &yes), ("email", &second, &no)]);
    // An agent of the site fills in nobody's form.
    let body = json!({"id": new_id().to_string(), "field": "name", "value": "Eva"});
    let forbidden = ana.post(&path, body).await.unwrap();
    assert_eq!((forbidden.status, &forbidden.body["error"]["code"]), (403, &json!("forbidden")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_02_an_email_that_is_typed_identifies_merges_with_nobody_and_reveals_nothing() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    publish(&ana, "form", form(true)).await;
    let type_it = async |account: &Account| {
        let mut line = Line::ready(account, vec![]).await.unwrap();
        let conversation = begin(&mut line, "my invoice", &[]).await;
        acked(&mut line, answer(conversation, "name", None)).await;
        let ack = acked(&mut line, answer(conversation, "email", Some("eva@example.com"))).await;
        let page = entries(account, conversation).await.body;
        (conversation, ack.seq, page["head"].clone(), page["entries"].as_array().unwrap().len())
    };
    let (eva, mallory) = (stack.shopper("demo").await, stack.shopper("demo").await);
    let (theirs, theirs_seq, theirs_head, _) = type_it(&eva).await;
    let (own, own_seq, own_head, count) = type_it(&mallory).await;
    // Told the same as the first who typed it; no history comes with it.
    let progress =
        |head: &Value| (head["form"].clone(), head["numbers"].clone(), head["participants"].clone());
    assert_eq!((own_seq, progress(&own_head)), (theirs_seq, progress(&theirs_head)));
    assert_ne!(own, theirs);
    assert_eq!(count as u64, own_seq);
    for account in [&mallory, &eva] {
        let foreign = if std::ptr::eq(account, &mallory) { theirs } else { own };
        assert_eq!(entries(account, foreign).await.status, 404);
        let body = json!({"id": new_id().to_string(), "field": "email", "value": "eva@example.com"});
        let path = format!("/v1/conversations/{foreign}/answers");
        assert_eq!(account.post(&path, body).await.unwrap().status, 404);
    }
    // Agents see two shoppers who say so, neither of them verified, neither with the other's conversation.
    let seen =
        async |conversation| ana.get(&format!("/v1/agent/conversations/{conversation}")).await.unwrap().body;
    let (first, second) = (seen(theirs).await, seen(own).await);
    assert_ne!(first["shopper"]["shopper_id"], second["shopper"]["shopper_id"]);
    for detail in [first, second] {
        assert_eq!(
            (&detail["shopper"]["email"], &detail["earlier"]),
            (&json!("eva@example.com"), &json!([]))
        );
        assert_ne!(detail["shopper"]["verified"], json!(true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h_4_questions_that_were_opened_come_first_in_the_thread_and_are_counted_once() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let faq = |id: &str| json!({"id": id, "question": format!("{id}?"), "answer": "**Yes.**"});
    publish(&ana, "faqs", json!({"faqs": {"en": [faq("shipping"), faq("returns")]}})).await;
    let account = stack.shopper("demo").await;
    let open = async |faq: &str, id: &str| {
        account.post(&format!("/v1/sites/demo/faqs/{faq}/opened"), json!({"id": id})).await.unwrap().status
    };
    let id = new_id().to_string();
    for _ in 0..3 {
        assert_eq!(open("shipping", &id).await, 204);
    }
    assert_eq!(open("shipping", &new_id().to_string()).await, 204);
    assert_eq!(open("nonsense", &id).await, 404);
    assert_eq!(open("shipping", "not-an-id").await, 400);
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    let conversation = begin(&mut line, "but to the islands?", &["shipping", "nonsense", "returns"]).await;
    let page = entries(&account, conversation).await;
    let page: protocol::http::EntriesAnswer = serde_json::from_str(&page.raw).unwrap();
    let kinds: Vec<String> = page
        .entries
        .iter()
        .take(3)
        .map(|entry| match &entry.body {
            Body::Faq { faq, question, answer } => format!("{faq} {question} {answer}"),
            Body::Message { text } => text.clone(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["shipping shipping? **Yes.**", "returns returns? **Yes.**", "but to the islands?"]);
    // A second tab has all of it.
    let known = Known { conversation_id: conversation, epoch: "test".into(), after: Numbers::default() };
    let mut tab = Line::open(&account).await.unwrap();
    let hello = protocol::client::Hello { conversations: vec![known], list: None, newest: true };
    tab.command(Command::Hello(hello)).await.unwrap();
    match tab.next().await.unwrap() {
        ServerFrame::Entries(page) => assert!(page.entries.len() >= 3),
        other => panic!("{other:?}"),
    }
    let counts = ana.get("/v1/agent/sites/demo/faq-counts").await.unwrap().body;
    let shipping = counts["faqs"].as_array().unwrap().iter().find(|faq| faq["id"] == "shipping").unwrap();
    assert_eq!(shipping["opened"], json!(2));
    let luis = stack.agent("demo", "luis@example.com").await;
    assert_eq!(luis.get("/v1/agent/sites/demo/faq-counts").await.unwrap().status, 403);
}

/// What stands in a thread, a word for each entry.
async fn told(account: &Account, conversation: ConversationId) -> Vec<String> {
    let page = entries(account, conversation).await;
    let page: protocol::http::EntriesAnswer = serde_json::from_str(&page.raw).unwrap();
    let word = |entry: protocol::server::Entry| match (entry.body, entry.why) {
        (Body::Form { .. }, Some(why)) => format!("form/{}", why.rule),
        (_, Some(why)) => format!("{}@{}", why.rule, why.cause),
        (Body::Faq { faq, .. }, None) => format!("faq {faq}"),
        (Body::Answer { field, .. }, None) => format!("answer {field}"),
        (Body::Message { .. }, None) => "message".into(),
        (other, None) => format!("{other:?}"),
    };
    page.entries.into_iter().map(word).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn i_2_the_form_comes_with_the_reply_once_and_a_person_is_counted_once_whatever_is_killed_or_comes_twice()
 {
    let stack = Stack::speaking(|_| {}).await;
    let ana = stack.agent("demo", "ana@example.com").await;
    publish(&ana, "form", form(false)).await;
    let faq = json!({"id": "shipping", "question": "How long?", "answer": "Three days."});
    publish(&ana, "faqs", json!({"faqs": {"en": [faq]}})).await;
    stack.platform.duplicate_stream("AutoReply", true);
    let mut begun = 0;
    // Head, site, settings, team, profile, thread; then the commit, the listeners, the count.
    for call in 1..=12 {
        for when in [When::Before, When::After] {
            stack.platform.faults().kill_rule(KillRule { function: "AutoReply".into(), call, when });
            let shopper = stack.shopper("demo").await;
            let body =
                json!({"id": new_id().to_string(), "text": "And to the islands?", "faqs": ["shipping"]});
            let ack = shopper.post("/v1/conversations", body).await.unwrap().body;
            let conversation: ConversationId = ack["conversation_id"].as_str().unwrap().parse().unwrap();
            stack.platform.settled().await;
            stack.platform.faults().clear();
            begun += 1;
            let told = told(&shopper, conversation).await;
            let expect = ["faq shipping", "message", "nobody_online@2", "form/form_offline"];
            assert_eq!(told, expect, "killed at call {call}, {when:?}");
        }
    }
    let counts = ana.get("/v1/agent/sites/demo/faq-counts").await.unwrap().body;
    assert_eq!(counts, json!({"faqs": [{"id": "shipping", "opened": 0, "still_needed": begun}]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn i_2_when_agents_are_slow_the_form_is_asked_after_its_delay_and_not_before() {
    let stack = Stack::speaking(|_| {}).await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let mut slow = form(false);
    slow["when"] = json!("slow");
    publish(&ana, "form", slow).await;
    let _online = Line::ready(&ana, vec![]).await.unwrap();
    let account = stack.shopper("demo").await;
    let mut shopper = Line::ready(&account, vec![]).await.unwrap();
    let conversation = begin(&mut shopper, "hello", &[]).await;
    stack.platform.settled().await;
    assert_eq!(told(&account, conversation).await, ["message"]);
    stack.platform.move_clock(60_000);
    let asked = |frame: &ServerFrame| match frame {
        ServerFrame::Entries(page) => {
            page.entries.iter().any(|entry| matches!(entry.body, Body::Form { held: false, .. }))
        }
        _ => false,
    };
    shopper.until(asked, true).await.unwrap();
    stack.platform.settled().await;
    assert_eq!(told(&account, conversation).await, ["message", "form/form_slow"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn i_3_whoever_was_held_waits_for_a_person_from_the_last_answer_on() {
    let stack = Stack::speaking(|_| {}).await;
    let ana = stack.agent("demo", "ana@example.com").await;
    publish(&ana, "form", form(true)).await;
    let _online = Line::ready(&ana, vec![]).await.unwrap();
    let account = stack.shopper("demo").await;
    let mut shopper = Line::ready(&account, vec![]).await.unwrap();
    let conversation = begin(&mut shopper, "hello", &[]).await;
    stack.platform.settled().await;
    // Longer than the wait, for which nobody waits yet.
    stack.platform.move_clock(130_000);
    stack.platform.settled().await;
    acked(&mut shopper, answer(conversation, "name", None)).await;
    let last = acked(&mut shopper, answer(conversation, "email", Some("eva@example.com"))).await;
    stack.platform.settled().await;
    let so_far = ["message", "form/form_always", "answer name", "answer email"];
    assert_eq!(told(&account, conversation).await, so_far);
    // The clock is told how far it is ahead in all.
    stack.platform.move_clock(250_000);
    let over = |frame: &ServerFrame| match frame {
        ServerFrame::Entries(page) => page
            .entries
            .iter()
            .any(|entry| entry.why.as_ref().is_some_and(|why| why.rule == "wait_time_over")),
        _ => false,
    };
    shopper.until(over, true).await.unwrap();
    stack.platform.settled().await;
    let waited = format!("wait_time_over@{}", last.seq);
    assert_eq!(told(&account, conversation).await, [so_far.as_slice(), &[&waited]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn c_5_who_signs_in_at_the_shop_takes_the_form_along_and_what_was_typed_stands_beside_no_mark() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    publish(&ana, "form", form(true)).await;
    let key = ana.post("/v1/agent/sites/demo/identity-keys", json!({})).await.unwrap().body;
    let browser = stack.shopper("demo").await;
    let mut line = Line::ready(&browser, vec![]).await.unwrap();
    let conversation = begin(&mut line, "my order", &[]).await;
    acked(&mut line, answer(conversation, "name", Some("Somebody else"))).await;
    let secret = key["secret"].as_str().unwrap();
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update("4711").finalize();
    let hash: String = mac.into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let identity = json!({"identity": {"customer_id": "4711", "hash": hash}});
    let session = browser.post("/v1/sites/demo/sessions", identity).await.unwrap();
    assert_eq!((session.status, &session.body["verified"]), (201, &json!(true)), "{}", session.raw);
    let me = Account { token: session.body["session"].as_str().unwrap().into(), ..browser.clone() };
    // The same conversation, as far as it was, and still nowhere for agents.
    let page = entries(&me, conversation).await.body;
    assert_eq!((&page["head"]["held"], &page["head"]["form"]), (&json!(true), &json!("asked")));
    assert_eq!(ana.get(&format!("/v1/agent/conversations/{conversation}")).await.unwrap().status, 404);
    let mut line = Line::ready(&me, vec![]).await.unwrap();
    acked(&mut line, answer(conversation, "email", Some("victim@example.com"))).await;
    let detail = ana.get(&format!("/v1/agent/conversations/{conversation}")).await.unwrap();
    assert_eq!(detail.status, 200, "released by the last answer");
    let shopper = &detail.body["shopper"];
    assert_eq!(
        (&shopper["verified"], &shopper["name"], &shopper["email"], &detail.body["row"]["shopper_name"]),
        (&json!(true), &Value::Null, &Value::Null, &Value::Null)
    );
    // What was typed stands in the thread, as an answer.
    let typed = told(&me, conversation).await;
    assert_eq!(typed, ["message", "form/form_offline", "answer name", "answer email"]);
}
