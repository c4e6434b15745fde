//! A page of the shop with the widget on it: what it reports, and keeps of the answers. And the shop's triggers.

use crate::people::Account;
use crate::stack::Stack;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use uuid::Uuid;

/// One opening of one page by one browser.
#[derive(Debug, Clone)]
pub struct Page {
    http: reqwest::Client,
    base: String,
    site: String,
    pub id: Uuid,
    /// As the last answer gave it.
    pub visitor: Option<String>,
    /// The shopper's session, if there is one.
    pub session: Option<String>,
}

impl Page {
    #[must_use]
    pub fn of(stack: &Stack, site: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: stack.url.clone(),
            site: site.into(),
            id: Uuid::new_v4(),
            visitor: None,
            session: None,
        }
    }

    /// Somebody at another address: every 127.x.x.x is this machine.
    pub fn from_address(self, last: u8) -> Result<Self> {
        let address = std::net::IpAddr::from([127, 0, 0, last]);
        Ok(Self { http: reqwest::Client::builder().local_address(address).build()?, ..self })
    }

    /// The same browser opens another.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { id: Uuid::new_v4(), ..self.clone() }
    }

    /// As agents know who reports: the half of the token that opens nothing.
    #[must_use]
    pub fn visitor_id(&self) -> Option<String> {
        let digits = self.visitor.as_deref()?.strip_prefix("vst_")?.get(..32)?;
        Some(format!("vis_{}", Uuid::try_parse(digits).ok()?.hyphenated()))
    }

    /// What it reports; `more` comes over what is usual.
    #[must_use]
    pub fn report(&self, what: &str, more: &Value) -> Value {
        let mut report = json!({
            "page_id": self.id, "what": what, "remember": true, "url": "https://shop.example/lamps", "title": "Lamps",
            "referrer": "https://search.example/results?q=private", "language": "es-ES", "device": "phone", "window": "closed",
        });
        if let Some(visitor) = &self.visitor {
            report["visitor"] = json!(visitor);
        }
        for (name, value) in more.as_object().into_iter().flatten() {
            report[name] = value.clone();
        }
        report
    }

    /// Status and answer; a visitor's token is kept as a page keeps it.
    pub async fn tell(&mut self, what: &str, more: Value) -> Result<(u16, Value)> {
        let (status, body) = self.send(self.report(what, &more).to_string()).await?;
        if let Some(visitor) = body["visitor"].as_str() {
            self.visitor = Some(visitor.to_owned());
        }
        Ok((status, body))
    }

    /// As [`Page::tell`], once more where a busy machine had to ask for it.
    pub async fn told(&mut self, what: &str, more: Value) -> Result<(u16, Value)> {
        for _ in 0..8 {
            let answer = self.tell(what, more.clone()).await?;
            if answer.0 != 503 {
                return Ok(answer);
            }
        }
        self.tell(what, more).await
    }

    /// A body as it is.
    pub async fn send(&self, body: String) -> Result<(u16, Value)> {
        let mut request = self
            .http
            .post(format!("{}/v1/sites/{}/page-views", self.base, self.site))
            .header("origin", &self.base)
            .header("content-type", "application/json");
        if let Some(session) = &self.session {
            request = request.header("authorization", format!("Bearer {session}"));
        }
        let answer = request.body(body).send().await?;
        let status = answer.status().as_u16();
        Ok((status, serde_json::from_str(&answer.text().await?)?))
    }
}

/// A message in the shop's own name, as a trigger of `frequency` under `conditions`.
#[must_use]
pub fn trigger(id: &str, frequency: &str, conditions: Value) -> Value {
    json!({
        "id": id, "name": format!("Trigger {id}"), "enabled": true, "when": "both", "conditions": conditions,
        "actions": [{
            "kind": "message", "sender": {"kind": "bot"}, "texts": {"en": "Can I help?"}, "display": "teaser",
        }],
        "frequency": {"kind": frequency},
    })
}

/// Publishes triggers, groups or a scenario (`scenarios/help`) over whichever version stands.
pub async fn publish_document(admin: &Account, what: &str, value: Value) -> Result<()> {
    let path = format!("/v1/agent/sites/{}/{what}", admin.site);
    let stands = admin.get(&path).await?;
    let body = json!({"expected": stands.body["version"].as_u64().unwrap_or(0), "value": value});
    let reply = admin.request(reqwest::Method::PUT, &path, Some(body)).await?;
    ensure!(reply.status == 200, "not published: {} {}", reply.status, reply.raw);
    Ok(())
}

/// How often a trigger counts as shown, opened and answered in all.
pub async fn results(admin: &Account, trigger: &str) -> Result<(u64, u64, u64)> {
    let reply = admin.get(&format!("/v1/agent/sites/{}/triggers/results?days=30", admin.site)).await?;
    ensure!(reply.status == 200, "no results: {} {}", reply.status, reply.raw);
    let all = reply.body["triggers"].as_array().context("triggers")?;
    let days = all.iter().filter(|one| one["id"] == trigger).flat_map(|one| one["days"].as_array()).flatten();
    let mut sums = (0, 0, 0);
    for day in days {
        sums.0 += day["shown"].as_u64().unwrap_or(0);
        sums.1 += day["opened"].as_u64().unwrap_or(0);
        sums.2 += day["answered"].as_u64().unwrap_or(0);
    }
    Ok(sums)
}
