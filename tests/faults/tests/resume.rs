//! The button of a mail, followed elsewhere: one conversation, to whoever holds it, and nothing else (E4).

use anyhow::{Context, Result, ensure};
use domain::ShopperId;
use faults::line::new_id;
use faults::people::{Account, Reply};
use faults::stack::Stack;
use protocol::http::{EntriesAnswer, ResumeAnswer};
use protocol::server::Body;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const EVA: &str = "eva@shopper.example";
const FOREVER: u64 = 9_999_999_999_999;

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A shopper who has written, and an agent.
struct Chat {
    stack: Stack,
    shopper: Account,
    ana: Account,
    conversation: String,
}

impl Chat {
    async fn new() -> Result<Self> {
        let stack = Stack::start().await;
        let shopper = stack.shopper("demo").await;
        let ana = stack.agent("demo", "ana@example.com").await;
        let conversation = begun(&shopper, "Do you have it in blue?").await?;
        Ok(Self { stack, shopper, ana, conversation })
    }

    /// As email-fallback keeps it: a button that leads to this conversation.
    async fn button(&self, expires_at: u64, purpose: &str) -> Result<String> {
        let row = self.ana.get(&format!("/v1/agent/conversations/{}", self.conversation)).await?;
        let shopper = row.body["row"]["shopper_id"].as_str().context(row.raw.clone())?;
        self.button_of(shopper, expires_at, purpose).await
    }

    /// Made while the conversation was that shopper's.
    async fn button_of(&self, shopper: &str, expires_at: u64, purpose: &str) -> Result<String> {
        let secret = format!("mlk_{}", hex(Sha256::digest(new_id().to_string())));
        let _: ShopperId = shopper.parse()?;
        let link = json!({
            "pk": {"S": format!("ML#{}", hex(Sha256::digest(&secret)))}, "sk": {"S": "LINK"},
            "purpose": {"S": purpose}, "site": {"S": "demo"}, "conversation": {"S": self.conversation},
            "shopper": {"S": shopper}, "address": {"S": hex(Sha256::digest(EVA))},
            "expires_at": {"N": expires_at.to_string()},
        });
        self.stack.put_item(link).await?;
        Ok(secret)
    }

    async fn follow(&self, button: &str) -> Result<Reply> {
        Account::resume(&self.stack.url, "demo", button).await
    }

    /// A browser that has followed a button.
    async fn followed(&self) -> Result<Account> {
        let reply = self.follow(&self.button(FOREVER, "resume").await?).await?;
        ensure!(reply.status == 201, "not followed: {} {}", reply.status, reply.raw);
        let answer: ResumeAnswer = serde_json::from_value(reply.body)?;
        ensure!(answer.conversation_id == self.conversation, "another conversation");
        let token = answer.session.context("no session")?;
        Ok(Account { token, ..Account::nobody(&self.stack.url, "demo") })
    }

    async fn texts(&self, reader: &Account) -> Result<Vec<String>> {
        let reply = reader.get(&self.path("entries?t=0&b=0")).await?;
        ensure!(reply.status == 200, "no entries: {} {}", reply.status, reply.raw);
        let entries = serde_json::from_value::<EntriesAnswer>(reply.body)?.entries;
        Ok(entries
            .into_iter()
            .map(|entry| match entry.body {
                Body::Message { text } => text,
                other => format!("{other:?}"),
            })
            .collect())
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/conversations/{}/{rest}", self.conversation)
    }
}

async fn begun(shopper: &Account, text: &str) -> Result<String> {
    let reply = shopper.post("/v1/conversations", json!({"id": new_id().to_string(), "text": text})).await?;
    Ok(reply.body["conversation_id"].as_str().context(reply.raw.clone())?.to_owned())
}

fn message(text: &str) -> Value {
    json!({"id": new_id().to_string(), "text": text})
}

#[tokio::test(flavor = "multi_thread")]
async fn e4_whoever_follows_a_button_reads_and_writes_one_conversation() -> Result<()> {
    let chat = Chat::new().await?;
    let phone = chat.followed().await?;
    assert_eq!(chat.texts(&phone).await?, ["Do you have it in blue?"]);
    let current = phone.get("/v1/conversations/current").await?;
    assert_eq!(current.body["conversation_id"], json!(chat.conversation));
    let written = phone.post(&chat.path("messages"), message("From my phone")).await?;
    assert_eq!(written.status, 200, "{}", written.raw);
    for reader in [&chat.ana, &chat.shopper, &phone] {
        let texts = chat.texts(reader).await?;
        assert_eq!(texts, ["Do you have it in blue?", "From my phone"]);
    }
    let seen = phone.post(&chat.path("seen"), json!({"seen": 1, "delivered": 1})).await?;
    assert_eq!(seen.status, 204, "{}", seen.raw);
    // What agents say among themselves is not part of the thread.
    let noted = phone.get(&chat.path("entries?t=0&b=0")).await?;
    assert!(!noted.raw.contains("backstage"), "{}", noted.raw);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_a25_a_button_opens_nothing_else() -> Result<()> {
    let chat = Chat::new().await?;
    let another = stranger(&chat, "Mine").await?;
    let phone = chat.followed().await?;
    let absent =
        chat.shopper.get("/v1/conversations/conv_018f3b1e-7c1a-7000-8000-000000000002/entries").await?;
    let foreign = phone.get(&format!("/v1/conversations/{another}/entries?t=0&b=0")).await?;
    assert_eq!((foreign.status, foreign.raw), (absent.status, absent.raw.clone()));
    let write = phone.post(&format!("/v1/conversations/{another}/messages"), message("hi")).await?;
    assert_eq!((write.status, write.raw), (404, absent.raw));
    let id = || new_id().to_string();
    let refused = [
        ("/v1/tickets".to_owned(), json!({})),
        ("/v1/conversations".to_owned(), message("a new one")),
        ("/v1/sessions/end".to_owned(), json!({})),
        (chat.path("close"), json!({"id": id()})),
        (chat.path("answers"), json!({"id": id(), "field": "email", "value": "mallory@example.com"})),
    ];
    for (path, body) in refused {
        let reply = phone.post(&path, body).await?;
        assert_eq!(reply.status, 403, "{path}: {}", reply.raw);
    }
    for path in ["/v1/agent/me", "/v1/agent/sites/demo/conversations"] {
        assert_eq!(phone.get(path).await?.status, 403, "{path}");
    }
    // A session is asked for with it: another shopper's, who has nothing of this one's.
    let fresh = phone.post("/v1/sites/demo/sessions", json!({})).await?;
    let fresh =
        Account { token: fresh.body["session"].as_str().context("none")?.to_owned(), ..phone.clone() };
    assert_eq!(fresh.get(&chat.path("entries?t=0&b=0")).await?.status, 404);
    assert_eq!(chat.texts(&chat.ana).await?, ["Do you have it in blue?"], "nothing was stored");
    Ok(())
}

async fn stranger(chat: &Chat, text: &str) -> Result<String> {
    begun(&chat.stack.shopper("demo").await, text).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_guessed_expired_of_another_site_or_purpose_or_no_button_are_all_absent() -> Result<()> {
    let chat = Chat::new().await?;
    let good = chat.button(FOREVER, "resume").await?;
    let expired = chat.button(1_000, "resume").await?;
    let unsubscribe = chat.button(FOREVER, "unsubscribe").await?;
    let absent = chat.follow(&format!("mlk_{}", "0".repeat(64))).await?;
    assert_eq!(absent.status, 404);
    for (what, button) in [("expired", expired), ("of another purpose", unsubscribe), ("none", String::new())]
    {
        assert_eq!(chat.follow(&button).await?, absent, "{what}");
    }
    let elsewhere = Account::resume(&chat.stack.url, "demo-two", &good).await?;
    assert_eq!(elsewhere, absent, "of another site");
    // What a browser holds is no button, what a button holds opens nothing by itself, and neither is anything that was made up.
    let phone = chat.followed().await?;
    assert_eq!(chat.follow(&phone.token).await?, absent);
    for token in [good.clone(), good.replace("mlk_", "res_"), format!("res_{}", "0".repeat(64))] {
        let holder = Account { token, ..phone.clone() };
        assert_eq!(holder.get(&chat.path("entries?t=0&b=0")).await?.status, 401);
    }
    // A page that is none of the shop's.
    let page = Account { origin: "https://evil.example".into(), ..Account::nobody(&chat.stack.url, "demo") };
    let reply = page.post("/v1/sites/demo/resume", json!({"token": good})).await?;
    assert_eq!(reply.status, 403);
    let reply = Account { origin: "https://evil.example".into(), ..phone }.get(&chat.path("entries")).await?;
    assert_eq!(reply.status, 403);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn e4_programs_that_look_first_change_nothing_and_a_button_can_be_followed_again() -> Result<()> {
    let chat = Chat::new().await?;
    let button = chat.button(FOREVER, "resume").await?;
    let scanner = Account::nobody(&chat.stack.url, "demo");
    for path in [format!("/v1/sites/demo/resume?token={button}"), format!("/v1/sites/demo/resume/{button}")] {
        assert_eq!(scanner.get(&path).await?.status, 404);
    }
    let address = format!("AD#demo#{}", hex(Sha256::digest(EVA)));
    assert_eq!(chat.stack.item(&address, "ADDRESS").await?, None, "nobody has clicked");
    for _ in 0..2 {
        assert_eq!(chat.follow(&button).await?.status, 201);
    }
    let known = chat.stack.item(&address, "ADDRESS").await?.context("a31: who has clicked is known")?;
    assert!(known["warm_at"]["N"].is_string(), "{known}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn e4_a_button_ends_with_its_conversation_with_a_sign_in_and_with_its_address() -> Result<()> {
    let absent = Chat::new().await?.follow("mlk_none").await?;
    let chat = Chat::new().await?;
    let button = chat.button(FOREVER, "resume").await?;
    let phone = chat.followed().await?;
    let address = json!({
        "pk": {"S": format!("AD#demo#{}", hex(Sha256::digest(EVA)))}, "sk": {"S": "ADDRESS"},
        "suppressed": {"S": "unsubscribed"}, "suppressed_at": {"N": "1"},
    });
    chat.stack.put_item(address.clone()).await?;
    assert_eq!(
        chat.follow(&button).await?.status,
        201,
        "who wants no more mails may go on where the last one led"
    );
    for why in ["bounced", "complained"] {
        let mut address = address.clone();
        address["suppressed"] = json!({"S": why});
        chat.stack.put_item(address).await?;
        assert_eq!(chat.follow(&button).await?, absent, "{why}");
        assert_eq!(phone.get(&chat.path("entries?t=0&b=0")).await?.status, 401, "{why}");
    }
    chat.stack.put_item(address).await?;
    assert_eq!(phone.get(&chat.path("entries?t=0&b=0")).await?.status, 200);
    let before = chat.button_of("shp_018f3b1e-7c1a-7000-8000-000000000004", FOREVER, "resume").await?;
    assert_eq!(chat.follow(&before).await?, absent, "the conversation has become a customer's");
    let closed = chat.ana.post(&chat.path("close"), json!({"id": new_id().to_string()})).await?;
    assert_eq!(closed.status, 200, "{}", closed.raw);
    assert_eq!(chat.follow(&button).await?, absent, "closed");
    assert_eq!(phone.get(&chat.path("entries?t=0&b=0")).await?.status, 401);
    assert_eq!(phone.post(&chat.path("messages"), message("still here?")).await?.status, 401);
    // In the shopper's own browser it is their conversation still, closed or not.
    let own = chat.shopper.post("/v1/sites/demo/resume", json!({"token": button})).await?;
    assert_eq!((own.status, &own.body["session"]), (200, &Value::Null), "{}", own.raw);
    assert_eq!(own.body["conversation_id"], json!(chat.conversation));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_guessing_buttons_is_limited() -> Result<()> {
    let chat = Chat::new().await?;
    let mut last = chat.follow("mlk_guess").await?;
    for n in 0..60 {
        last = chat.follow(&format!("mlk_{n}")).await?;
    }
    assert_eq!(last.status, 429, "{}", last.raw);
    Ok(())
}
