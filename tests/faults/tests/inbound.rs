//! Mail that comes in, with the deployed binaries: taken for its author's on proof alone, once, whatever fails.

use anyhow::{Context, Result, ensure};
use domain::ConversationId;
use faults::line::new_id;
use faults::people::Account;
use faults::stack::Stack;
use platform::faults::{KillRule, TableFault, When};
use platform::{Inbound, Verdict, Verdicts};
use protocol::http::EntriesAnswer;
use protocol::server::{Author, Body, Entry, MailClass};
use serde_json::json;
use sha2::{Digest, Sha256};

const EVA: &str = "eva@shopper.example";
/// 16 bytes of zero, as a token is written.
const TOKEN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Chat {
    stack: Stack,
    shopper: Account,
    ana: Account,
    conversation: ConversationId,
}

impl Chat {
    /// Eva has written, and was mailed something with the token.
    async fn new() -> Result<Self> {
        let stack = Stack::start().await;
        let shopper = stack.shopper("demo").await;
        let ana = stack.agent("demo", "ana@example.com").await;
        let body = json!({"id": new_id().to_string(), "text": "Hola"});
        let begun = shopper.post("/v1/conversations", body).await?;
        let conversation: ConversationId =
            begun.body["conversation_id"].as_str().context(begun.raw.clone())?.parse()?;
        let key = format!("RT#{}", hex(Sha256::digest([0; 16])));
        let grant = json!({
            "pk": {"S": key}, "sk": {"S": "TOKEN"}, "site": {"S": "demo"},
            "conversation": {"S": conversation.to_string()}, "address": {"S": hex(Sha256::digest(EVA))},
            "made_at": {"N": "1"}, "expires_at": {"N": "9999999999999"},
        });
        stack.put_item(grant).await?;
        Ok(Self { stack, shopper, ana, conversation })
    }

    /// Comes in, and everything that follows has happened.
    async fn receive(&self, to: &str, id: &str, head: &str, text: &str, verdicts: Verdicts) -> Result<()> {
        let raw = format!(
            "From: Eva <{EVA}>\r\nTo: {to}\r\nSubject: Re: hello\r\nMessage-ID: <{id}@shopper.example>\r\n{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        );
        let inbound =
            Inbound { from: EVA.into(), to: vec![to.into()], raw: raw.into_bytes(), verdicts, author: None };
        let received = self.stack.platform.receive_mail(inbound);
        ensure!(received.object.is_some(), "not taken: {received:?}");
        self.stack.platform.settled().await;
        Ok(())
    }

    fn died(&self) -> u64 {
        self.stack.platform.metrics().functions.get("EmailInbound").map_or(0, |function| function.errors)
    }

    async fn entries(&self, reader: &Account) -> Result<Vec<Entry>> {
        let path = format!("/v1/conversations/{}/entries?t=0&b=0", self.conversation);
        let reply = reader.get(&path).await?;
        ensure!(reply.status == 200, "no entries: {} {}", reply.status, reply.raw);
        Ok(serde_json::from_value::<EntriesAnswer>(reply.body)?.entries)
    }

    /// What came by mail, as the shopper is shown it.
    async fn by_mail(&self) -> Result<Vec<String>> {
        let entries = self.entries(&self.shopper).await?.into_iter();
        let by_mail = entries.filter(|entry| entry.mail.is_some() && entry.author == Author::Shopper);
        Ok(by_mail
            .filter_map(|entry| match entry.body {
                Body::Message { text } => Some(text),
                _ => None,
            })
            .collect())
    }

    /// What agents alone are shown of mails.
    async fn notes(&self) -> Result<Vec<(MailClass, Option<String>)>> {
        ensure!(
            self.entries(&self.shopper).await?.iter().all(|entry| !matches!(entry.body, Body::Mail { .. })),
            "the shopper sees what is for agents"
        );
        let entries = self.entries(&self.ana).await?.into_iter();
        Ok(entries
            .filter_map(|entry| match entry.body {
                Body::Mail { class, review, .. } => Some((class, review)),
                _ => None,
            })
            .collect())
    }
}

fn reply_address() -> String {
    format!("{TOKEN}@reply.shop.example")
}

#[tokio::test(flavor = "multi_thread")]
async fn f_19_killed_at_every_call_and_delivered_twice_a_mail_is_one_message() -> Result<()> {
    let chat = Chat::new().await?;
    let (mut expected, mut killed) = (Vec::new(), 0);
    for when in [When::Before, When::After] {
        for call in 1.. {
            let (id, text) = (format!("{when:?}-{call}"), format!("Killed {when:?} call {call}"));
            let before = chat.died();
            let kill = KillRule { function: "EmailInbound".into(), call, when };
            chat.stack.platform.faults().kill_rule(kill);
            chat.receive(&reply_address(), &id, "", &text, Verdicts::default()).await?;
            let lived = chat.died() == before;
            // A server that was not answered hands it over again.
            chat.receive(&reply_address(), &id, "", &text, Verdicts::default()).await?;
            expected.push(text);
            let found = chat.by_mail().await?;
            ensure!(found == expected, "killed {when:?} call {call}: {found:?}");
            if lived {
                break;
            }
            killed += 1;
        }
    }
    // The mail, its token, head, settings or team, receipts, the commit, who listens, whom to believe from now on.
    ensure!(killed >= 16, "only {killed} calls");
    // Lambda brings again what was killed.
    chat.stack.platform.move_clock(600_000);
    chat.stack.platform.settled().await;
    let found = chat.by_mail().await?;
    ensure!(found == expected, "brought again: {found:?}");
    ensure!(chat.notes().await?.is_empty());
    let denied = chat.stack.platform.metrics().denied;
    ensure!(denied.is_empty(), "{denied:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_29_a_30_f_17_what_is_not_proven_and_what_no_person_wrote_is_no_message() -> Result<()> {
    let chat = Chat::new().await?;
    let to = reply_address();
    let text = "It is me";
    chat.receive(&to, "forged", "", text, Verdicts::forged()).await?;
    let spam = Verdicts { spam: Verdict::Fail, ..Verdicts::default() };
    chat.receive(&to, "spam", "", text, spam).await?;
    chat.receive(&to, "away", "Auto-Submitted: auto-replied\r\n", text, Verdicts::default()).await?;
    chat.receive(&to, "loop", "X-Mostrador-Loop: other\r\n", text, Verdicts::default()).await?;
    let review = |why: &str| (MailClass::Review, Some(why.to_owned()));
    let automatic = (MailClass::AutoResponse, None);
    let found = chat.notes().await?;
    ensure!(found == [review("failed_dmarc"), review("spam"), automatic.clone(), automatic], "{found:?}");
    ensure!(chat.by_mail().await?.is_empty());
    // Guessed, and cut: no conversation that there is has heard of it. (The demo takes no strangers' mail before it says where mail comes to.)
    let before = chat.entries(&chat.ana).await?;
    for local in ["abaaaaaaaaaaaaaaaaaaaaaaaa", &TOKEN[..20]] {
        chat.receive(&format!("{local}@reply.shop.example"), local, "", text, Verdicts::default()).await?;
    }
    ensure!(chat.entries(&chat.ana).await? == before);
    let parked = chat.stack.messages("ParkedQueue").await?;
    ensure!(parked.is_empty(), "{parked:?}");
    let denied = chat.stack.platform.metrics().denied;
    ensure!(denied.is_empty(), "{denied:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_7_a_mail_that_cannot_be_stored_is_tried_three_times_then_parked_and_others_come_through()
-> Result<()> {
    let chat = Chat::new().await?;
    let fault = TableFault::Error;
    chat.stack.platform.faults().table("GetObject", When::Before, &fault, 1_000);
    chat.receive(&reply_address(), "poison", "", "Too late", Verdicts::default()).await?;
    for minutes in [2, 5] {
        ensure!(chat.stack.messages("ParkedQueue").await?.is_empty(), "parked too early");
        chat.stack.platform.move_clock(minutes * 60_000);
        chat.stack.platform.settled().await;
    }
    let parked = chat.stack.messages("ParkedQueue").await?;
    let [parked] = &parked[..] else { anyhow::bail!("{parked:?}") };
    ensure!(parked.contains("email-inbound") && parked.contains("mail/"), "{parked}");
    chat.stack.platform.faults().clear();
    chat.receive(&reply_address(), "next", "", "In time", Verdicts::default()).await?;
    let found = chat.by_mail().await?;
    ensure!(found == ["In time"], "{found:?}");
    Ok(())
}
