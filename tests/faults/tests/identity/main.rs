//! Who a shopper is and who may chat, at the real functions: signing in and out while a chat is open, what is not believed, and
//! what a shop's visibility and availability come to. Each test bears the number of its row.

mod claims;
mod door;
mod sign_in;

use domain::{ClientId, ConversationId};
use faults::line::Line;
use faults::people::{Account, Reply};
use faults::stack::Stack;
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use protocol::client::{Known, Numbers, Ping, Send};
use protocol::http::SessionAnswer;
use protocol::server::{Ack, ByeReason, Entry};
use protocol::{ClientFrame, Command, ServerFrame};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

/// Made for tests; nothing else has ever trusted it.
const PRIVATE: &str = include_str!("../../../../shared/delivery/src/identity/test-key.pem");
const PUBLIC: &str = include_str!("../../../../shared/delivery/src/identity/test-key.pub.pem");

fn say(conversation_id: Option<ConversationId>, text: &str) -> Command {
    Command::Send(Send { conversation_id, text: text.into(), ..Send::default() })
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

// -- signing in

/// A key of a site, and the tokens that its shop's server signs with it.
struct Key {
    site: String,
    id: String,
    secret: String,
}

impl Key {
    async fn make(admin: &Account) -> Self {
        let made =
            admin.post(&format!("/v1/agent/sites/{}/identity-keys", admin.site), json!({})).await.unwrap();
        assert_eq!(made.status, 201, "{}", made.raw);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            site: admin.site.clone(),
            id: text(&made.body["key"]["id"]),
            secret: text(&made.body["secret"]),
        }
    }

    async fn end(&self, admin: &Account, after_s: u64) {
        let path = format!("/v1/agent/sites/{}/identity-keys/{}/end", admin.site, self.id);
        assert_eq!(admin.post(&path, json!({"after_s": after_s})).await.unwrap().status, 204);
    }

    fn signing(&self) -> EncodingKey {
        EncodingKey::from_secret(self.secret.as_bytes())
    }

    /// A good token of a customer, and whatever else it says.
    fn token(&self, now_ms: u64, subject: &str, more: Value) -> String {
        let mut claims = json!({"sub": subject, "aud": self.site, "exp": now_ms / 1000 + 300});
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.signed(Algorithm::HS256, &self.signing(), &claims)
    }

    fn signed(&self, algorithm: Algorithm, key: &EncodingKey, claims: &Value) -> String {
        encode(&Header { kid: Some(self.id.clone()), ..Header::new(algorithm) }, claims, key).unwrap()
    }

    fn hash(&self, customer_id: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        let hash = mac.chain_update(customer_id).finalize().into_bytes();
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A browser with no session yet.
fn nobody(stack: &Stack) -> Account {
    Account {
        http: reqwest::Client::new(),
        base: stack.url.clone(),
        origin: stack.url.clone(),
        site: "demo".into(),
        token: String::new(),
        agent: false,
        email: None,
    }
}

/// What a browser is answered that brings an identity and its session.
async fn sign_in(browser: &Account, identity: Value) -> SessionAnswer {
    let path = format!("/v1/sites/{}/sessions", browser.site);
    loop {
        let reply = browser.post(&path, json!({"identity": identity})).await.unwrap();
        // A session has its rate; a test asks faster than any browser.
        if let Some(pause) = reply.body["error"]["retry_after_ms"].as_u64().filter(|ms| *ms <= 1_000) {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            continue;
        }
        assert_eq!(reply.status, 201, "{}", reply.raw);
        return serde_json::from_value(reply.body).unwrap();
    }
}

/// The browser goes on with what it was answered.
fn with(browser: &Account, answer: &SessionAnswer) -> Account {
    Account { token: answer.session.clone(), ..browser.clone() }
}

/// Signed in, and believed.
async fn signed_in(browser: &Account, identity: Value) -> Account {
    let answer = sign_in(browser, identity).await;
    assert!(answer.verified && answer.refused.is_none(), "{answer:?}");
    with(browser, &answer)
}

async fn current(account: &Account) -> Option<String> {
    let reply = account.get("/v1/conversations/current").await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.raw);
    reply.body["conversation_id"].as_str().map(str::to_owned)
}

async fn status_of(account: &Account, conversation: ConversationId) -> u16 {
    account.get(&format!("/v1/conversations/{conversation}/entries")).await.unwrap().status
}

/// The thread as its reader has it.
async fn thread(account: &Account, conversation: ConversationId) -> Vec<Entry> {
    let reply = account.get(&format!("/v1/conversations/{conversation}/entries")).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.raw);
    serde_json::from_value(reply.body["entries"].clone()).unwrap()
}

async fn detail(agent: &Account, conversation: ConversationId) -> Value {
    let reply = agent.get(&format!("/v1/agent/conversations/{conversation}")).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.raw);
    reply.body
}

async fn send_as(line: &mut Line, id: ClientId, command: Command) -> ServerFrame {
    line.frame(&ClientFrame { id, command }).await.unwrap();
    let id = id.to_string();
    let answers = |frame: &ServerFrame| match frame {
        ServerFrame::Ack(ack) => ack.id == id,
        ServerFrame::Error(error) => error.r#ref.as_deref() == Some(&id),
        _ => false,
    };
    line.until(answers, true).await.unwrap()
}

fn stored(frame: ServerFrame) -> Ack {
    match frame {
        ServerFrame::Ack(ack) => ack,
        other => panic!("not stored: {other:?}"),
    }
}

async fn begin_once(account: &Account) {
    let mut line = Line::ready(account, vec![]).await.unwrap();
    stored(line.ask(say(None, "hello")).await.unwrap());
}
