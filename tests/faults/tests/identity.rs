//! Who a shopper is and who may chat, at the real functions: signing in and out while a chat is open, what is not believed, and
//! what a shop's visibility and availability come to. Each test bears the number of its row.

use domain::ConversationId;
use faults::line::{Line, new_id};
use faults::people::{Account, Reply};
use faults::stack::Stack;
use platform::faults::{TableFault, When};
use protocol::client::{Hello, Known, Numbers, Ping, Send};
use protocol::server::ByeReason;
use protocol::{Command, ErrorCode, ServerFrame};
use reqwest::Method;
use serde_json::{Value, json};

fn say(conversation_id: Option<ConversationId>, text: &str) -> Command {
    Command::Send(Send { conversation_id, text: text.into(), faqs: vec![] })
}

async fn begin(line: &mut Line, text: &str) -> ConversationId {
    match line.ask(say(None, text)).await.unwrap() {
        ServerFrame::Ack(ack) => ack.conversation_id.unwrap().parse().unwrap(),
        other => panic!("no conversation began: {other:?}"),
    }
}

async fn publish(admin: &Account, section: &str, expected: u64, value: Value) -> Reply {
    let path = format!("/v1/agent/sites/{}/settings/{section}", admin.site);
    let reply =
        admin.request(Method::PUT, &path, Some(json!({"expected": expected, "value": value}))).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.raw);
    reply
}

async fn until_bye(line: &mut Line) -> ByeReason {
    match line.until(|frame| matches!(frame, ServerFrame::Bye(_)), true).await.unwrap() {
        ServerFrame::Bye(bye) => bye.reason,
        other => panic!("{other:?}"),
    }
}

async fn ping(line: &mut Line, known: Vec<Known>) -> ServerFrame {
    line.ask(Command::Ping(Ping { conversations: known, list: None })).await.unwrap()
}

fn known(conversation_id: ConversationId) -> Vec<Known> {
    vec![Known { conversation_id, epoch: "test".into(), after: Numbers::default() }]
}

#[tokio::test(flavor = "multi_thread")]
async fn w_02_a_stricter_visibility_is_felt_at_once_on_sockets_and_at_every_door() {
    let stack = Stack::speaking(|_| {}).await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let account = stack.shopper("demo").await;
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    let conversation = begin(&mut line, "is anybody there?").await;
    let elsewhere = stack.shopper("demo-two").await;
    let mut other_site = Line::ready(&elsewhere, vec![]).await.unwrap();
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
    let page = reqwest::get(format!("{}/v1/sites/demo/config", stack.url)).await.unwrap();
    let config: Value = page.json().await.unwrap();
    assert_eq!(
        (&config["settings"]["visibility"]["visibility"], &config["version"]),
        (&json!("off"), &json!(2))
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
