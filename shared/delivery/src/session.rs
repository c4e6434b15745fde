//! Shoppers' sessions and tickets to connect.

use crate::secret::{self, Secret};
use crate::visibility::barred_failure;
use crate::{Engine, Failure};
use domain::connection::{Identity, TICKET_LIFE, Ticket, Topic};
use domain::office_hours::Zone;
use domain::people::{Page, Shopper, Site};
use domain::ports::{Environment, Push, Session, Store};
use domain::rate::{REQUESTS, SESSIONS_PER_ADDRESS};
use domain::{ShopperId, SiteId, Timestamp};
use protocol::server::ByeReason;
use std::collections::BTreeMap;
use std::time::Duration;

/// A session that is not used for this long is over.
pub const SESSION_LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What a browser tells when it asks for a session. All of it is shown to agents and believed by nothing.
#[derive(Debug, Clone, Default)]
pub struct NewSession {
    pub language: Option<String>,
    pub time_zone: Option<String>,
    pub user_agent: Option<String>,
    pub country: Option<String>,
    pub page: Option<Page>,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// A new anonymous shopper of `site`, and the secret that makes a browser that shopper.
    pub async fn begin_session(
        &self,
        site: &Site,
        address: &str,
        about: NewSession,
    ) -> Result<(Secret, Session), Failure> {
        let now = self.env.now();
        self.visibility(&site.id).await?.admits(false).map_err(|barred| barred_failure(barred, None))?;
        let counted = self.store.count(SESSIONS_PER_ADDRESS, address, now).await?;
        counted.map_err(|retry_after| Failure::RateLimited { retry_after })?;
        let shopper = ShopperId::anonymous(self.env.random());
        let session = Session { shopper, site: site.id.clone(), expires_at: now.plus(SESSION_LIFE) };
        let profile = profile(shopper, &site.id, about, now);
        let secret = Secret::make("ses_", &self.env);
        self.store.open_session(secret.hash(), &session, &profile).await?;
        Ok((secret, session))
    }

    /// Who a bearer of a session token is; counted against the session's rate.
    pub async fn session(&self, token: &str) -> Result<Session, Failure> {
        let found = self.store.session(secret::hash(token), REQUESTS, self.env.now()).await?;
        found.ok_or(Failure::Unauthorized)?.map_err(|retry_after| Failure::RateLimited { retry_after })
    }

    /// Ends a session for good, on a shared computer: whoever opens this browser next is somebody else. Its connections are
    /// cut, on all tabs; a verified shopper's other devices have sessions of their own.
    pub async fn end_session(&self, token: &str, session: &Session) -> Result<(), Failure> {
        let ended = secret::hash(token);
        self.store.end_session(ended).await?;
        for registration in self.registered(Topic::Shopper(session.shopper)).await {
            if registration.session.is_none_or(|session| session == ended) {
                self.dismiss(&registration.connection, ByeReason::SessionEnded).await;
            }
        }
        Ok(())
    }

    /// A ticket to connect, good once and for 30 s.
    pub async fn issue_ticket(
        &self,
        site: domain::SiteId,
        identity: Identity,
        origin: Option<String>,
        session: Option<&str>,
    ) -> Result<(Secret, Timestamp), Failure> {
        let ticket = Secret::make("tkt_", &self.env);
        let expires_at = self.env.now().plus(TICKET_LIFE);
        let session = session.map(secret::hash);
        self.store
            .issue_ticket(ticket.hash(), &Ticket { site, identity, origin, session, expires_at })
            .await?;
        Ok((ticket, expires_at))
    }

    /// Who a ticket lets in, once. The origin must be the one that asked for it.
    pub async fn redeem_ticket(&self, ticket: &str, origin: Option<&str>) -> Result<Ticket, Failure> {
        let redeemed = self.store.redeem_ticket(secret::hash(ticket), self.env.now()).await?;
        redeemed.filter(|ticket| ticket.origin.as_deref() == origin).ok_or(Failure::Unauthorized)
    }
}

/// What is kept of a shopper whom nobody has told a name of, from what the browser tells.
pub(crate) fn profile(id: ShopperId, site: &SiteId, about: NewSession, now: Timestamp) -> Shopper {
    let line = |text: String, max: usize| -> Option<String> {
        let text: String = text.chars().filter(|c| !c.is_control()).take(max).collect();
        (!text.trim().is_empty()).then_some(text)
    };
    Shopper {
        id,
        site: site.clone(),
        name: None,
        email: None,
        language: about.language.and_then(|text| line(text, 35)),
        time_zone: about.time_zone.and_then(|name| Some(Zone::named(&name)?.name().to_owned())),
        user_agent: about.user_agent.and_then(|text| line(text, 512)),
        country: about.country.filter(|c| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase())),
        page: about.page,
        answers: BTreeMap::new(),
        visitor: None,
        first_seen: now,
        last_seen: now,
    }
}
