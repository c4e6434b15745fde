//! The shop speaks first: a page reports ([`PageReport`]), and is answered what to look out for and what to show.
//!
//! A browser decides nothing: what it claims of itself counts where `domain::triggers` says so, and nowhere else. Nothing that goes wrong
//! here stands in the way of a chat.

use crate::{Engine, Failure, secret};
use domain::connection::address_key;
use domain::ports::{Environment, Push, Store};
use domain::triggers::Country;
use domain::{ShopperId, SiteId};
use protocol::client::Page;
use protocol::proactive::{MAX_REPORT_TEXT, PageAnswer, PageReport};

/// Who reports, as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporter {
    pub site: SiteId,
    /// Whose session came along, if one did.
    pub shopper: Option<ShopperId>,
    /// The address, cut as limits per address have it.
    pub address: String,
    /// From the edge; `None` where no edge tells.
    pub country: Option<Country>,
    pub user_agent: Option<String>,
}

/// A request as it comes over HTTP.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub origin: Option<String>,
    /// The bearer token.
    pub token: Option<String>,
    pub address: String,
    pub country: Option<String>,
    pub user_agent: Option<String>,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Who reports over HTTP: a page of the site's, of a shopper who has a session or of somebody who has not.
    pub async fn reporter(&self, site: &SiteId, asked: Asked) -> Result<Reporter, Failure> {
        let picture = self.fresh_picture(site).await?;
        if asked.origin.is_some_and(|origin| !picture.site.origins.contains(&origin)) {
            return Err(Failure::Forbidden);
        }
        let shopper = match &asked.token {
            // A session that has ended, or another site's, is none: the page goes on as somebody without one.
            Some(token) => {
                let session = self.store.known_session(secret::hash(token), self.env.now()).await?;
                session.filter(|session| session.site == *site).map(|session| session.shopper)
            }
            None => None,
        };
        Ok(Reporter {
            site: site.clone(),
            shopper,
            address: address_key(&asked.address),
            country: asked.country.as_deref().and_then(Country::parse),
            user_agent: asked.user_agent,
        })
    }

    /// What a page is answered.
    pub async fn page_report(&self, from: &Reporter, report: &PageReport) -> Result<PageAnswer, Failure> {
        self.fresh_picture(&from.site).await?;
        tracing::debug!(site = %from.site, what = ?report.what, "a page reports");
        Ok(PageAnswer::default())
    }
}

/// The page of a report, as agents are shown it.
#[must_use]
pub fn page_of(report: &PageReport) -> Page {
    let text = |text: &Option<String>| cut(text.as_deref().unwrap_or_default());
    Page { url: cut(&report.url), title: text(&report.title), referrer: text(&report.referrer) }
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_REPORT_TEXT).collect()
}
