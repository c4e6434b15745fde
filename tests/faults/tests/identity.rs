//! Who a shopper is and who may chat, at the real functions: signing in and out while a chat is open, what is not believed, and
//! what a shop's visibility and availability come to. Each test bears the number of its row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{ClientId, ConversationId};
use faults::line::{Line, new_id};
use faults::people::{Account, Reply};
use faults::stack::Stack;
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use platform::faults::{TableFault, When};
use protocol::client::{Answer, Close, Hello, Known, Numbers, Ping, Presence, PresenceStatus, Send};
use protocol::http::SessionAnswer;
use protocol::server::{Ack, ByeReason, Entry};
use protocol::{ClientFrame, Command, ErrorCode, ServerFrame};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

/// Made for tests; nothing else has ever trusted it.
const PRIVATE: &str = include_str!("../../../shared/delivery/src/identity/test-key.pem");
const PUBLIC: &str = include_str!("../../../shared/delivery/src/identity/test-key.pub.pem");

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
async fn a_15_a_token_that_is_not_believed_leaves_the_shopper_anonymous_and_able_to_chat() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let marta = stack.agent("demo-two", "marta@example.com").await;
    let (key, other_site, ended) = (Key::make(&ana).await, Key::make(&marta).await, Key::make(&ana).await);
    ended.end(&ana, 0).await;
    let rsa = {
        let made =
            ana.post("/v1/agent/sites/demo/identity-keys", json!({"public_key": PUBLIC})).await.unwrap();
        let id = made.body["key"]["id"].as_str().unwrap().to_owned();
        Key { site: "demo".into(), id, secret: PUBLIC.into() }
    };
    let now = stack.platform.now_ms();
    let claims = json!({"sub": "customer-7", "aud": "demo", "exp": now / 1000 + 300});
    let good = key.token(now, "customer-7", json!({}));
    let part = |n: usize| good.split('.').nth(n).unwrap();
    let none = |alg: &str| base64_url(&json!({"alg": alg, "typ": "JWT", "kid": key.id}).to_string());
    let private = EncodingKey::from_rsa_pem(PRIVATE.as_bytes()).unwrap();
    let refused = [
        (format!("{}.{}.", none("none"), part(1)), "algorithm"),
        (format!("{}.{}.{}", none("NONE"), part(1), part(2)), "algorithm"),
        (key.signed(Algorithm::HS512, &key.signing(), &claims), "algorithm"),
        (key.signed(Algorithm::RS256, &private, &claims), "algorithm"),
        // The public key, which anybody may know, as a secret.
        (rsa.signed(Algorithm::HS256, &rsa.signing(), &claims), "algorithm"),
        (key.signed(Algorithm::HS256, &other_site.signing(), &claims), "signature"),
        (
            format!("{}.{}.{}", part(0), base64_url(&claims.to_string().replace('7', "8")), part(2)),
            "signature",
        ),
        (other_site.token(now, "customer-7", json!({"aud": "demo"})), "unknown_key"),
        (ended.token(now, "customer-7", json!({})), "unknown_key"),
        (key.token(now, "customer-7", json!({"aud": "demo-two"})), "audience"),
        (key.token(now, "customer-7", json!({"aud": null})), "audience"),
        (key.token(now, "customer-7", json!({"exp": null})), "no_expiry"),
        (key.token(now, "customer-7", json!({"exp": now / 1000 - 61})), "expired"),
        (key.token(now, "customer-7", json!({"exp": now / 1000 + 3600})), "too_long"),
        (key.token(now, "customer-7", json!({"nbf": now / 1000 + 200})), "not_yet"),
        (key.token(now, "customer-7", json!({"sub": null})), "subject"),
        (key.token(now, "customer-7", json!({"sub": " "})), "subject"),
        ("not a token".into(), "malformed"),
        ("x".repeat(5000), "malformed"),
    ];
    let identities = refused.into_iter().map(|(token, why)| (json!({"token": token}), why)).chain([
        (json!({"customer_id": "7", "hash": key.hash("8")}), "signature"),
        (json!({"customer_id": "7", "hash": other_site.hash("7")}), "signature"),
        (json!({"customer_id": "7", "hash": ended.hash("7")}), "signature"),
        (json!({"customer_id": "7", "hash": "7"}), "malformed"),
        (json!({"customer_id": "", "hash": key.hash("")}), "subject"),
    ]);
    let browser = stack.shopper("demo").await;
    let mut line = Line::ready(&browser, vec![]).await.unwrap();
    let conversation = begin(&mut line, "hello").await;
    for (identity, why) in identities {
        // With a session it stays the one it was, connections and all; without one a new anonymous one begins.
        let kept = sign_in(&browser, identity.clone()).await;
        assert_eq!(
            (&kept.session, kept.verified, kept.refused.as_deref()),
            (&browser.token, false, Some(why))
        );
        let fresh = sign_in(&nobody(&stack), identity).await;
        assert_eq!((fresh.verified, fresh.refused.as_deref()), (false, Some(why)));
        assert_ne!(fresh.shopper_id, kept.shopper_id);
        assert_eq!(current(&with(&browser, &fresh)).await, None);
    }
    stored(line.ask(say(Some(conversation), "still here")).await.unwrap());
    assert_eq!(detail(&ana, conversation).await["shopper"]["verified"], false);
    // What is no proof at all is refused as any body that is none.
    for body in [
        json!({"identity": {"token": 5}}),
        json!({"identity": {}}),
        json!({"identity": {"token": good, "verified": true}}),
    ] {
        assert_eq!(browser.post("/v1/sites/demo/sessions", body).await.unwrap().status, 400);
    }
    // And the good ones, of both kinds, of a key that ends later and of its successor.
    key.end(&ana, 3600).await;
    let successor = Key::make(&ana).await;
    let by_rsa = rsa.signed(Algorithm::RS256, &private, &claims);
    let mut shoppers = Vec::new();
    for identity in [
        json!({"token": good}),
        json!({"token": successor.token(now, "customer-7", json!({}))}),
        json!({"token": by_rsa}),
        json!({"customer_id": "customer-7", "hash": key.hash("customer-7").to_uppercase()}),
    ] {
        let answer = sign_in(&nobody(&stack), identity).await;
        assert!(answer.verified, "{answer:?}");
        shoppers.push(answer.shopper_id);
    }
    shoppers.dedup();
    assert_eq!(shoppers.len(), 1);
}

fn base64_url(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_16_a_victims_email_or_token_id_in_ones_own_token_reaches_nothing_of_theirs() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let now = stack.platform.now_ms();
    let says = json!({"email": "victim@shop.example", "name": "Victoria", "jti": "once"});
    let victim = signed_in(&nobody(&stack), json!({"token": key.token(now, "victim", says.clone())})).await;
    let theirs = begin(&mut Line::ready(&victim, vec![]).await.unwrap(), "my order 4711").await;

    let thief = signed_in(
        &nobody(&stack),
        json!({"token": key.token(now, "thief", json!({"email": "victim@shop.example", "name": "Victoria"}))}),
    )
    .await;
    assert_eq!(current(&thief).await, None);
    assert_eq!(status_of(&thief, theirs).await, 404);
    let mut line = Line::ready(&thief, vec![]).await.unwrap();
    let own = begin(&mut line, "what did I order?").await;
    assert_ne!(own, theirs);
    let seen = detail(&ana, own).await;
    assert_eq!((&seen["shopper"]["email"], &seen["earlier"]), (&json!("victim@shop.example"), &json!([])));
    assert_eq!(detail(&ana, theirs).await["earlier"], json!([]));
    // A token's own id is one subject's; for that one it may come again.
    let stolen = sign_in(&nobody(&stack), json!({"token": key.token(now, "thief", says.clone())})).await;
    assert_eq!((stolen.verified, stolen.refused.as_deref()), (false, Some("replayed")));
    let reloaded = signed_in(&nobody(&stack), json!({"token": key.token(now, "victim", says)})).await;
    assert_eq!(current(&reloaded).await, Some(theirs.to_string()));
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

#[tokio::test(flavor = "multi_thread")]
async fn a_18_what_a_pages_script_invents_is_refused_or_shown_as_unverified() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let browser = nobody(&stack);
    for (field, value) in [
        ("verified", json!(true)),
        ("shopper_id", json!("shp_018f3b1e-7c1a-8000-8000-000000000008")),
        ("email", json!("victim@shop.example")),
        ("name", json!("Victoria")),
        ("attributes", json!({"orders": 12})),
        ("cart", json!([{"price": 1}])),
    ] {
        let reply = browser.post("/v1/sites/demo/sessions", json!({field: value})).await.unwrap();
        let error = &reply.body["error"];
        assert_eq!(
            (reply.status, &error["code"], &error["field"]),
            (400, &json!("unknown_field"), &json!(field))
        );
    }
    // What a page may say of itself is text beside an unverified shopper.
    let page = json!({"url": "https://shop.example/?verified=true", "title": "VIP customer: Victoria", "referrer": ""});
    let reply = browser.post("/v1/sites/demo/sessions", json!({"page": page})).await.unwrap();
    let answer: SessionAnswer = serde_json::from_value(reply.body).unwrap();
    let conversation =
        begin(&mut Line::ready(&with(&browser, &answer), vec![]).await.unwrap(), "hello").await;
    let seen = detail(&ana, conversation).await;
    assert_eq!(
        (
            &seen["shopper"]["verified"],
            &seen["shopper"]["name"],
            &seen["shopper"]["email"],
            &seen["row"]["verified"]
        ),
        (&json!(false), &Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(seen["shopper"]["page"], page);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_25_an_agent_cannot_bar_shoppers_nor_make_keys_that_speak_for_the_shop() {
    let stack = Stack::start().await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let mut line = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let key = Key::make(&ana).await;
    let before = match ping(&mut line, vec![]).await {
        ServerFrame::Pong(pong) => pong.version.unwrap(),
        other => panic!("{other:?}"),
    };
    let visibility = "/v1/agent/sites/demo/settings/visibility";
    let keys = "/v1/agent/sites/demo/identity-keys";
    for (method, path, body) in [
        (Method::PUT, visibility.to_owned(), json!({"expected": 0, "value": {"visibility": "off"}})),
        (Method::POST, format!("{visibility}/history/1/restore"), json!({"expected": 1})),
        (Method::POST, keys.to_owned(), json!({})),
        (Method::POST, format!("{keys}/{}/end", key.id), json!({"after_s": 0})),
    ] {
        let reply = luis.request(method, &path, Some(body)).await.unwrap();
        assert_eq!((reply.status, &reply.body["error"]["code"]), (403, &json!("forbidden")), "{path}");
    }
    match ping(&mut line, vec![]).await {
        ServerFrame::Pong(pong) => assert_eq!(pong.version, Some(before)),
        other => panic!("{other:?}"),
    }
    assert_eq!(ana.get(keys).await.unwrap().body["keys"].as_array().unwrap().len(), 1);
    signed_in(&nobody(&stack), json!({"token": key.token(stack.platform.now_ms(), "eva", json!({}))})).await;
}

/// Name and email, asked of everybody at once.
fn form() -> Value {
    let field =
        |kind: &str| json!({"id": kind, "kind": kind, "required": false, "labels": {}, "choices": []});
    json!({
        "when": "always", "slow_after_s": 60, "hold_online": true, "hold_offline": true, "phrases": {},
        "fields": [field("name"), field("email")],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_02_what_is_typed_never_takes_the_place_of_what_the_shop_says_and_reaches_nothing_of_it() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let stands =
        ana.get("/v1/agent/sites/demo/settings/form").await.unwrap().body["version"].as_u64().unwrap();
    publish(&ana, "form", stands, form()).await;
    let token = |who: &str, says: Value| json!({"token": key.token(stack.platform.now_ms(), who, says)});
    let answers = async |account: &Account, email: &str| {
        let mut line = Line::ready(account, vec![]).await.unwrap();
        let conversation_id = begin(&mut line, "my invoice").await;
        for (field, value) in [("name", "Victoria"), ("email", email)] {
            let answer = Answer { conversation_id, field: field.into(), value: Some(value.into()) };
            stored(line.ask(Command::Answer(answer)).await.unwrap());
        }
        conversation_id
    };
    let told = |body: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let shopper = &body["shopper"];
        let verified = shopper["verified"].as_bool().unwrap();
        assert_eq!(
            (&shopper["name"], verified),
            (&body["row"]["shopper_name"], body["row"]["verified"] == true)
        );
        (verified, text(&shopper["name"]), text(&shopper["email"]))
    };
    let hers = (true, String::from("Victoria"), String::from("victim@shop.example"));

    // The shop tells name and email: nothing is asked.
    let says = json!({"email": hers.2, "name": hers.1});
    let victim = signed_in(&nobody(&stack), token("victim", says)).await;
    let theirs = begin(&mut Line::ready(&victim, vec![]).await.unwrap(), "my order 4711").await;
    assert_eq!(thread(&victim, theirs).await.len(), 1);
    assert_eq!(told(&detail(&ana, theirs).await), hers);
    // Typed by somebody else: anonymous, it is theirs to say; verified, it is an answer in the thread and stands beside no mark.
    let anonymous = stack.shopper("demo").await;
    let other = signed_in(&nobody(&stack), token("somebody", json!({}))).await;
    for (account, expect) in
        [(anonymous, (false, hers.1.clone(), hers.2.clone())), (other, (true, String::new(), String::new()))]
    {
        let own = answers(&account, &hers.2).await;
        let seen = detail(&ana, own).await;
        assert_eq!((told(&seen), &seen["earlier"]), (expect, &json!([])));
        assert_eq!(status_of(&account, theirs).await, 404);
    }
    assert_eq!(detail(&ana, theirs).await["earlier"], json!([]));
    // Typed at a browser before somebody signs in there: it does not become the shop's word by that.
    for (who, says, expect) in [
        ("newcomer", json!({"name": "Nora", "email": "nora@shop.example"}), ("Nora", "nora@shop.example")),
        ("nameless", json!({}), ("", "")),
    ] {
        let browser = stack.shopper("demo").await;
        let typed = answers(&browser, &hers.2).await;
        signed_in(&browser, token(who, says)).await;
        assert_eq!(told(&detail(&ana, typed).await), (true, expect.0.into(), expect.1.into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_09_identities_from_one_address_are_limited_and_who_brings_none_comes_in() {
    let stack = Stack::start().await;
    // Each session has a burst of its own: what is refused here is refused to the address.
    let mut browsers = Vec::new();
    for _ in 0..16 {
        browsers.push(stack.shopper("demo").await);
    }
    let mut refused = 0;
    for browser in &browsers {
        for _ in 0..16 {
            let body = json!({"identity": {"token": "guess"}});
            refused += u32::from(browser.post("/v1/sites/demo/sessions", body).await.unwrap().status == 429);
        }
    }
    // 120 per address and ten minutes; should a window end meanwhile, two windows' worth.
    assert!(refused == 256 - 120 || refused == 256 - 240, "{refused} of 256 were refused");
    assert_eq!(nobody(&stack).post("/v1/sites/demo/sessions", json!({})).await.unwrap().status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_28_no_token_no_hash_and_nothing_that_they_say_reaches_a_log() {
    let stack = Stack::adjusted(|options| {
        options.environment.insert("RUST_LOG".into(), "trace".into());
    })
    .await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let now = stack.platform.now_ms();
    let says = json!({"email": "canary@shop.example", "name": "Canary Name", "jti": "canary-jti"});
    let good = key.token(now, "canary-subject", says.clone());
    let replayed = key.token(now, "canary-other", says);
    let hash = key.hash("canary-customer");
    let browser = stack.shopper("demo").await;
    begin(&mut Line::ready(&browser, vec![]).await.unwrap(), "hello").await;
    for identity in [
        json!({"token": good}),
        json!({"token": replayed}),
        json!({"token": format!("{good}canary")}),
        json!({"token": "canary.canary.canary"}),
        json!({"customer_id": "canary-customer", "hash": hash}),
        json!({"customer_id": "canary-customer", "hash": "canary"}),
        json!({"customer_id": "canary-customer", "hash": key.hash("x")}),
    ] {
        sign_in(&browser, identity).await;
    }
    let logs = stack.platform.logs();
    assert!(logs.iter().any(|line| line.line.contains("an identity was not believed")));
    assert!(logs.iter().any(|line| line.line.contains("signed in")));
    let signature = good.rsplit('.').next().unwrap();
    for line in &logs {
        for secret in ["canary", "Canary", signature, &hash, &key.secret["msk_".len()..]] {
            assert!(!line.line.contains(secret), "{}: {}", line.source, line.line);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f_14_clocks_that_are_off_and_nights_in_which_they_change_confuse_nobody() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    // Ten minutes pass between two messages, or so a clock says: the order is the numbers'.
    let account = stack.shopper("demo").await;
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    let conversation = begin(&mut line, "before").await;
    stack.platform.move_clock(600_000);
    stored(line.ask(say(Some(conversation), "after")).await.unwrap());
    let entries = thread(&account, conversation).await;
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2]);
    assert!(entries[1].at - entries[0].at >= 600_000);
    stack.platform.move_clock(0);
    // A shop's server that is ten minutes slow or fast signs what is not believed, and its shoppers can chat all the same.
    let now = stack.platform.now_ms();
    let at = |shift: i64| {
        let iat = now.saturating_add_signed(shift) / 1000;
        key.token(now, "eva", json!({"iat": iat, "exp": iat + 300}))
    };
    for (shift, why) in
        [(-600_000, Some("expired")), (-50_000, None), (50_000, None), (600_000, Some("not_yet"))]
    {
        let answer = sign_in(&nobody(&stack), json!({"token": at(shift)})).await;
        assert_eq!((answer.verified, answer.refused.as_deref()), (why.is_none(), why), "{shift}");
        begin_once(&with(&nobody(&stack), &answer)).await;
    }

    // Sundays from 2:30 to 5:00 in Madrid, in the night that has no 2:30 and in the one that has two.
    let week = json!({"sunday": [{"start": "02:30", "end": "05:00"}],
        "monday": [], "tuesday": [], "wednesday": [], "thursday": [], "friday": [], "saturday": []});
    let hours = json!({"enabled": true, "zone": "Europe/Madrid", "week": week, "exceptions": []});
    publish(&ana, "hours", 0, hours).await;
    let utc = |text: &str| u64::try_from(text.parse::<jiff::Timestamp>().unwrap().as_millisecond()).unwrap();
    for (at, opens_at) in [
        // 2:00 becomes 3:00 at 1:00 UTC: 2:30 is the moment of the change.
        ("2027-03-27T23:00:00Z", Some("2027-03-28T01:00:00Z")),
        ("2027-03-28T00:58:00Z", Some("2027-03-28T01:00:00Z")),
        ("2027-03-28T01:00:00Z", None),
        ("2027-03-28T02:59:30Z", None),
        ("2027-03-28T03:00:00Z", Some("2027-04-04T00:30:00Z")),
        // 3:00 becomes 2:00 at 1:00 UTC: 2:30 is its first showing, and 5:00 comes an hour later.
        ("2027-10-30T23:59:00Z", Some("2027-10-31T00:30:00Z")),
        ("2027-10-31T00:30:00Z", None),
        ("2027-10-31T01:15:00Z", None),
        ("2027-10-31T03:59:30Z", None),
        ("2027-10-31T04:00:00Z", Some("2027-11-07T01:30:00Z")),
    ] {
        let clock = stack.platform.metrics().clock;
        let real = i64::try_from(clock.now_ms).unwrap() - clock.offset_ms;
        stack.platform.move_clock(i64::try_from(utc(at)).unwrap() - real);
        let page = reqwest::get(format!("{}/v1/sites/demo/config", stack.url)).await.unwrap();
        let told = page.json::<Value>().await.unwrap()["availability"].clone();
        let expect = opens_at.map(utc);
        assert_eq!((told["opens_at"].as_u64(), &told["online"]), (expect, &json!(false)), "{at}");
        let mut line = Line::open(&stack.shopper("demo").await).await.unwrap();
        line.command(Command::Hello(Hello::default())).await.unwrap();
        let ServerFrame::Ready(ready) = line.next().await.unwrap() else { panic!("not greeted") };
        assert_eq!(ready.availability.unwrap().opens_at, expect, "{at}");
        // Open, and somebody comes: online; closed, and nobody waits for that.
        let mut desk = Line::ready(&ana.renewed().await.unwrap(), vec![]).await.unwrap();
        let status = PresenceStatus::Online;
        desk.command(Command::Presence(Presence { status })).await.unwrap();
        desk.until(|frame| matches!(frame, ServerFrame::Presence(_)), true).await.unwrap();
        let page = reqwest::get(format!("{}/v1/sites/demo/config", stack.url)).await.unwrap();
        let told = page.json::<Value>().await.unwrap()["availability"].clone();
        assert_eq!(told["online"], json!(expect.is_none()), "{at}");
    }
}

async fn begin_once(account: &Account) {
    let mut line = Line::ready(account, vec![]).await.unwrap();
    stored(line.ask(say(None, "hello")).await.unwrap());
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
