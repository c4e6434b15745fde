//! Mails that come in: a shopper who was mailed something, and who answers it, or says to be somebody who does.

use crate::line::new_id;
use crate::people::Account;
use crate::stack::Stack;
use anyhow::{Context, Result, ensure};
use domain::ConversationId;
use platform::{Inbound, Received, Verdicts};
use protocol::http::EntriesAnswer;
use protocol::server::{Author, Body, Entry, MailClass};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const EVA: &str = "eva@shopper.example";
/// 16 bytes of zero, as a token is written.
pub const TOKEN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Where answers to what Eva was mailed go.
#[must_use]
pub fn reply_address() -> String {
    format!("{TOKEN}@reply.shop.example")
}

/// A mail as somebody's server hands it over.
#[derive(Debug, Clone)]
pub struct Letter {
    pub from: String,
    pub to: String,
    /// More header lines.
    pub head: String,
    /// Content-Type, an empty line, and what is said.
    pub body: String,
    pub verdicts: Verdicts,
}

impl Letter {
    /// Eva's answer, as it should be.
    #[must_use]
    pub fn of_eva(id: &str, text: &str) -> Self {
        Self {
            from: format!("Eva <{EVA}>"),
            to: reply_address(),
            head: format!("Message-ID: <{id}@shopper.example>\r\n"),
            body: format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"),
            verdicts: Verdicts::default(),
        }
    }

    /// With files: name, type and bytes.
    #[must_use]
    pub fn with_files(self, text: &str, files: &[(&str, &str, &[u8])]) -> Self {
        use base64::Engine as _;
        let parts: String = files
            .iter()
            .map(|(name, kind, bytes)| {
                let bytes = base64::engine::general_purpose::STANDARD.encode(bytes);
                let lines: Vec<&str> = (0..bytes.len()).step_by(76).map(|at| &bytes[at..bytes.len().min(at + 76)]).collect();
                format!(
                    "--b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
                    lines.join("\r\n")
                )
            })
            .collect();
        let body = format!(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n{parts}--b--\r\n"
        );
        Self { body, ..self }
    }

    #[must_use]
    pub fn raw(&self) -> Vec<u8> {
        let Self { from, to, head, body, .. } = self;
        format!("From: {from}\r\nTo: {to}\r\nSubject: Re: hello\r\n{head}MIME-Version: 1.0\r\n{body}")
            .into_bytes()
    }
}

/// Eva has written and was mailed something, with [`TOKEN`] to answer it.
#[derive(Debug)]
pub struct Chat {
    pub stack: Stack,
    pub shopper: Account,
    pub ana: Account,
    pub conversation: ConversationId,
}

impl Chat {
    pub async fn new() -> Result<Self> {
        let stack = Stack::start().await;
        let shopper = stack.shopper("demo").await;
        let ana = stack.agent("demo", "ana@example.com").await;
        let conversation = begin(&shopper, "Hola").await?;
        let hash =
            |of: &[u8]| Sha256::digest(of).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let grant = json!({
            "pk": {"S": format!("RT#{}", hash(&[0; 16]))}, "sk": {"S": "TOKEN"}, "site": {"S": "demo"},
            "conversation": {"S": conversation.to_string()}, "address": {"S": hash(EVA.as_bytes())},
            "made_at": {"N": "1"}, "expires_at": {"N": "9999999999999"},
        });
        stack.put_item(grant).await?;
        Ok(Self { stack, shopper, ana, conversation })
    }

    /// Comes in, and everything that follows has happened.
    pub async fn receive(&self, letter: &Letter) -> Result<Received> {
        let from = letter.from.rsplit_once('<').map_or(letter.from.as_str(), |(_, rest)| rest);
        let from = from.trim_end_matches('>').to_owned();
        let received = self.stack.platform.receive_mail(Inbound {
            author: Some(from.clone()),
            from,
            to: vec![letter.to.clone()],
            raw: letter.raw(),
            verdicts: letter.verdicts,
        });
        ensure!(received.object.is_some(), "not taken: {received:?}");
        self.stack.platform.settled().await;
        Ok(received)
    }

    /// How many invocations of the function have failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.stack.platform.metrics().functions.get("EmailInbound").map_or(0, |function| function.errors)
    }

    pub async fn entries(&self, reader: &Account) -> Result<Vec<Entry>> {
        entries(reader, self.conversation).await
    }

    /// What came by mail, as the shopper is shown it.
    pub async fn by_mail(&self) -> Result<Vec<String>> {
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
    pub async fn notes(&self) -> Result<Vec<(MailClass, Option<String>)>> {
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

    /// Nothing was refused by a role, and nothing was given up.
    pub async fn in_order(&self) -> Result<()> {
        let denied = self.stack.platform.metrics().denied;
        ensure!(denied.is_empty(), "{denied:?}");
        let parked = self.stack.messages("ParkedQueue").await?;
        ensure!(parked.is_empty(), "{parked:?}");
        Ok(())
    }
}

pub async fn begin(shopper: &Account, text: &str) -> Result<ConversationId> {
    let body = json!({"id": new_id().to_string(), "text": text});
    let begun = shopper.post("/v1/conversations", body).await?;
    Ok(begun.body["conversation_id"].as_str().context(begun.raw.clone())?.parse()?)
}

pub async fn say(who: &Account, conversation: ConversationId, text: &str) -> Result<()> {
    let body = json!({"id": new_id().to_string(), "text": text});
    let said = who.post(&format!("/v1/conversations/{conversation}/messages"), body).await?;
    ensure!(said.status == 200, "not said: {} {}", said.status, said.raw);
    Ok(())
}

pub async fn entries(reader: &Account, conversation: ConversationId) -> Result<Vec<Entry>> {
    let reply = reader.get(&format!("/v1/conversations/{conversation}/entries?t=0&b=0")).await?;
    ensure!(reply.status == 200, "no entries: {} {}", reply.status, reply.raw);
    Ok(serde_json::from_value::<EntriesAnswer>(reply.body)?.entries)
}

/// Publishes a section of the site's settings, changed.
pub async fn publish(admin: &Account, section: &str, change: Value) -> Result<()> {
    let path = format!("/v1/agent/sites/{}/settings/{section}", admin.site);
    let stands = admin.get(&path).await?;
    let mut value = stands.body["value"].clone();
    for (name, with) in change.as_object().context("fields")? {
        value[name] = with.clone();
    }
    let body = json!({"expected": stands.body["version"], "value": value});
    let reply = admin.request(reqwest::Method::PUT, &path, Some(body)).await?;
    ensure!(reply.status == 200, "not published: {} {}", reply.status, reply.raw);
    Ok(())
}
