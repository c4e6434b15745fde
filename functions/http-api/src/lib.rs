//! `/v1`: sessions, tickets, configuration, history, and the fallback by polling. See `docs/protocol/openapi.json`.

pub mod bearer;
mod documents;
mod mail_setup;
mod mails;
mod notices;
mod proactive;
mod profile;
mod resume;
mod routes;
mod scenarios;
mod settings;
mod unsubscribe;
mod visitors;

pub use bearer::{Claims, IdTokens};
pub use mail_setup::MailDoor;

use delivery::{Engine, Failure};
use domain::ports::{Environment, Files, Originals, Push, Store};
use serde::Serialize;
use sha2::Digest;

/// A request as the gateway hands it over.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub origin: Option<String>,
    /// The bearer token.
    pub token: Option<String>,
    pub user_agent: Option<String>,
    pub country: Option<String>,
    pub address: String,
    /// `If-None-Match`: what the asker has.
    pub known: Option<String>,
    /// `Accept-Language`
    pub language: Option<String>,
    pub body: String,
    /// A body that is no text.
    pub bytes: Vec<u8>,
}

impl Request {
    /// The body as it came, whatever it calls itself.
    pub(crate) fn raw(&self) -> &[u8] {
        if self.bytes.is_empty() { self.body.as_bytes() } else { &self.bytes }
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What an answer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Json(String),
    /// Shown as what it is and as nothing else: see `main.rs`.
    Picture {
        media_type: &'static str,
        bytes: Vec<u8>,
    },
    /// For people: it runs and fetches nothing.
    Page(String),
}

/// An answer: JSON, a picture, a page or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Option<Content>,
    /// `Access-Control-Allow-Origin`, if a page may read this.
    pub allow_origin: Option<String>,
    /// `Cache-Control`.
    pub cache: &'static str,
    /// `Retry-After`, whole seconds.
    pub retry_after: Option<u64>,
    /// `ETag`, in its quotes.
    pub etag: Option<String>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).expect("a body of strings and numbers is JSON");
        Self { body: Some(Content::Json(body)), ..Self::empty(status) }
    }

    pub(crate) const fn empty(status: u16) -> Self {
        Self { status, body: None, allow_origin: None, cache: "no-store", retry_after: None, etag: None }
    }

    pub(crate) fn page(status: u16, html: String) -> Self {
        Self { body: Some(Content::Page(html)), ..Self::empty(status) }
    }

    /// What any page may read and keep for a minute; whoever has it already is told just that.
    pub(crate) fn public(request: &Request, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).expect("a body of strings and numbers is JSON");
        let digest = sha2::Sha256::digest(&body);
        let etag: String = digest[..12].iter().map(|byte| format!("{byte:02x}")).collect();
        let etag = format!("\"{etag}\"");
        let known = request.known.as_deref().unwrap_or_default();
        // What passed a proxy that compresses comes back as a weak one.
        let has = known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag);
        let answer =
            if has { Self::empty(304) } else { Self { body: Some(Content::Json(body)), ..Self::empty(200) } };
        Self { allow_origin: Some("*".into()), cache: "public, max-age=60", etag: Some(etag), ..answer }
    }

    fn refusal(failure: &Failure) -> Self {
        let mut answer = Self::json(failure.code().http_status(), &failure.answer());
        answer.retry_after = failure.retry_after_ms().map(|ms| ms.div_ceil(1000));
        answer
    }
}

/// What the HTTP function knows beside the engine.
#[derive(Debug)]
pub struct Api<S, P, E, F> {
    pub engine: Engine<S, P, E>,
    /// Mails and what came with them.
    pub files: F,
    pub id_tokens: IdTokens,
    /// Where clients open their socket.
    pub websocket_url: String,
    /// The origin that agents' pages are served from.
    pub dashboard_origin: String,
}

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    pub async fn handle(&self, request: &Request) -> Answer {
        // A preflight tells nothing and allows nothing by itself: no cookies are used, and the answer to the request
        // proper is readable only for the site's own origins.
        if request.method == "OPTIONS" {
            return Answer { allow_origin: Some("*".into()), cache: "max-age=600", ..Answer::empty(204) };
        }
        match self.route(request).await {
            Ok(answer) => answer,
            Err(failure) => {
                tracing::info!(code = ?failure.code(), "refused");
                // Readable by any page: it says nothing that its own request did not.
                Answer { allow_origin: request.origin.clone(), ..Answer::refusal(&failure) }
            }
        }
    }
}
