//! Accounts: a shopper's browser and an agent's sign-in.

use anyhow::{Context, Result, ensure};
use protocol::http::{NewTicket, SessionAnswer, TicketAnswer};
use serde::Deserialize;
use serde_json::Value;

/// Whoever can ask for a ticket.
#[derive(Debug, Clone)]
pub struct Account {
    pub http: reqwest::Client,
    /// `http://localhost:PORT`
    pub base: String,
    pub origin: String,
    pub site: String,
    pub token: String,
    pub agent: bool,
    /// An agent's, to sign in again with.
    pub email: Option<String>,
}

/// An answer of the HTTP API.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
    /// As it came, for byte-identical comparisons.
    pub raw: String,
}

impl Account {
    /// A new anonymous shopper of `site`.
    pub async fn shopper(base: &str, site: &str) -> Result<Self> {
        Self::shopper_with(base, site, serde_json::json!({})).await
    }

    /// As [`Account::shopper`], of whom the browser tells something: the body of `POST …/sessions`.
    pub async fn shopper_with(base: &str, site: &str, about: Value) -> Result<Self> {
        let http = reqwest::Client::new();
        let answer = http
            .post(format!("{base}/v1/sites/{site}/sessions"))
            .header("origin", base)
            .header("content-type", "application/json")
            .body(about.to_string())
            .send()
            .await?;
        ensure!(answer.status() == 201, "no session: {} {}", answer.status(), answer.text().await?);
        let session: SessionAnswer = answer.json().await?;
        Ok(Self {
            http,
            base: base.into(),
            origin: base.into(),
            site: site.into(),
            token: session.session,
            agent: false,
            email: None,
        })
    }

    /// An agent who signs in with the demo password.
    pub async fn agent(base: &str, site: &str, email: &str) -> Result<Self> {
        Self::sign_in(reqwest::Client::new(), base, site, email).await
    }

    async fn sign_in(http: reqwest::Client, base: &str, site: &str, email: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Token {
            id_token: String,
        }
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "password")
            .append_pair("client_id", "dashboard")
            .append_pair("scope", "openid email profile")
            .append_pair("username", email)
            .append_pair("password", "mostrador")
            .finish();
        let answer = http
            .post(format!("{base}/oidc/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await?;
        ensure!(answer.status() == 200, "no token: {}", answer.text().await?);
        let token: Token = answer.json().await?;
        Ok(Self {
            http,
            base: base.into(),
            origin: base.into(),
            site: site.into(),
            token: token.id_token,
            agent: true,
            email: Some(email.into()),
        })
    }

    /// The same agent, signed in anew.
    pub async fn renewed(&self) -> Result<Self> {
        let email = self.email.as_deref().context("a shopper does not sign in")?;
        Self::sign_in(self.http.clone(), &self.base, &self.site, email).await
    }

    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.request(reqwest::Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Reply> {
        self.request(reqwest::Method::POST, path, Some(body)).await
    }

    pub async fn request(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Result<Reply> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("origin", &self.origin)
            .header("authorization", format!("Bearer {}", self.token));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let raw = answer.text().await?;
        let body =
            if raw.is_empty() { Value::Null } else { serde_json::from_str(&raw).context(raw.clone())? };
        Ok(Reply { status, body, raw })
    }

    /// The button of a mail is followed, by a browser of which nothing is known: what it holds then.
    pub async fn resume(base: &str, site: &str, button: &str) -> Result<Reply> {
        let browser = Self { token: "none".into(), ..Self::nobody(base, site) };
        browser.post(&format!("/v1/sites/{site}/resume"), serde_json::json!({"token": button})).await
    }

    /// A browser without anything.
    #[must_use]
    pub fn nobody(base: &str, site: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: base.into(),
            origin: base.into(),
            site: site.into(),
            token: String::new(),
            agent: false,
            email: None,
        }
    }

    /// A ticket to connect.
    pub async fn ticket(&self) -> Result<TicketAnswer> {
        let site = self.agent.then(|| self.site.clone());
        let reply = self.post("/v1/tickets", serde_json::to_value(NewTicket { site })?).await?;
        ensure!(reply.status == 201, "no ticket: {} {}", reply.status, reply.raw);
        Ok(serde_json::from_value(reply.body)?)
    }
}
