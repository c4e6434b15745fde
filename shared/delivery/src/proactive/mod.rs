//! The shop speaks first: a page reports ([`PageReport`]), and is answered what to look out for and what to show.
//!
//! Who reports is recognised ([`memory`]), what is reported is cut to its limits ([`heard`]), the rules of `domain::triggers` are asked with
//! what the server knows, and what they name is claimed before it is shown ([`decide`]). What comes of it: [`shown`], [`results`].
//!
//! A browser decides nothing: what it claims of itself counts where the rules say so, and nowhere else. Nothing that goes wrong here stands in
//! the way of a chat.

mod decide;
mod heard;
mod memory;
mod results;
mod shown;
mod speaker;
mod trial;

pub use results::RESULT_DAYS;
pub use speaker::photo_path;

pub(crate) use shown::Answered;

use crate::availability::Picture;
use crate::{Engine, Failure, Sighted, secret};
use domain::connection::address_key;
use domain::groups::Groups;
use domain::ports::{Environment, Push, Store, StoreError};
use domain::rate::PAGES_PER_ADDRESS;
use domain::triggers::{Chat, Country, Identity, Triggers};
use domain::visitors::{Sighting, What};
use domain::{ConversationId, ShopperId, SiteId, Timestamp, VisitorId};
use heard::Heard;
use memory::Who;
use protocol::client::Page;
use protocol::proactive::{MAX_REPORT_TEXT, PageAnswer, PageHappening, PageReport, Proactive};
use std::sync::Arc;

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

/// The visitor as a shopper, and whether they chat.
struct Shopper {
    id: Option<ShopperId>,
    chat: Chat,
    open: Option<ConversationId>,
    chatted: bool,
    name: Option<String>,
    language: Option<String>,
    country: Option<Country>,
    /// As whom their browser has reported before.
    visitor: Option<VisitorId>,
}

/// All that a report is decided with, but for what was shown before.
struct Context<'a> {
    from: &'a Reporter,
    report: &'a PageReport,
    heard: Heard,
    picture: Arc<Picture>,
    triggers: Arc<Triggers>,
    groups: Arc<Groups>,
    shopper: Shopper,
    testing: Option<domain::settings::FieldId>,
    now: Timestamp,
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

    /// What a page is answered. Whatever of it cannot be had now is left out: nothing is shown that was not claimed.
    pub async fn page_report(&self, from: &Reporter, report: &PageReport) -> Result<PageAnswer, Failure> {
        let now = self.env.now();
        let picture = self.fresh_picture(&from.site).await?;
        let heard = Heard::read(report);
        let decides = matches!(report.what, PageHappening::View | PageHappening::Event | PageHappening::Met);
        let (who, shopper) =
            futures::try_join!(self.recognise(from, report, decides, now), self.shopper_of(from, &picture))?;
        let Some(mut who) = who else { return Ok(PageAnswer::default()) };
        if !decides {
            self.follow_up(&who, report, &picture, now).await?;
            self.note_visitor(&shopper, &who).await;
            let sighted = self.sighted(from, report, &heard, &shopper, &who, &picture).await;
            let answer = PageAnswer { cut: heard.told_cut(), ..PageAnswer::default() };
            return self.with_list(answer, sighted, &who, &shopper, &picture, now).await;
        }
        let (triggers, groups, testing) = futures::try_join!(
            self.triggers_for(from, report, &picture),
            async { Ok(self.groups(&from.site, &picture.configured).await?) },
            self.testing(&from.site, report, now),
        )?;
        let context = Context { from, report, heard, picture, triggers, groups, shopper, testing, now };
        self.remember(&context, &mut who).await?;
        let mut deciding = who.clone();
        let (mut answer, sighted, ()) = futures::join!(
            self.answer(&context, &mut deciding),
            self.sighted(from, report, &context.heard, &context.shopper, &who, &context.picture),
            self.note_visitor(&context.shopper, &who)
        );
        answer.visitor = who.fresh_token();
        answer.cut = context.heard.told_cut();
        if let Some(event) = &context.heard.event {
            self.convert(&context, &who, event).await?;
        }
        self.with_list(answer, sighted, &who, &context.shopper, &context.picture, now).await
    }

    /// A merchant who tries a trigger has just published it: nothing is taken from memory then.
    async fn triggers_for(
        &self,
        from: &Reporter,
        report: &PageReport,
        picture: &Picture,
    ) -> Result<Arc<Triggers>, Failure> {
        if report.testing.is_none() {
            return Ok(self.triggers(&from.site, &picture.configured).await?);
        }
        let configured = self.configured(&picture.site).await?;
        Ok(self.triggers(&from.site, &configured).await?)
    }

    async fn shopper_of(&self, from: &Reporter, picture: &Picture) -> Result<Shopper, Failure> {
        let verified = from.shopper.is_some_and(|id| id.is_verified());
        let may_chat = picture.configured.settings.visibility.admits(verified).is_ok();
        let nobody = Shopper {
            id: from.shopper,
            chat: Chat { identity: Identity::Anonymous, may_chat, open: false },
            open: None,
            chatted: false,
            name: None,
            language: None,
            country: None,
            visitor: None,
        };
        let Some(id) = from.shopper else { return Ok(nobody) };
        let (profile, open, conversations) = futures::try_join!(
            self.store.shopper(id),
            self.store.open_conversation(id),
            self.store.conversations_of(id, 1)
        )?;
        let known = profile.as_ref().is_some_and(|profile| profile.email.is_some());
        let identity = match (verified, known) {
            (true, _) => Identity::Verified,
            (false, true) => Identity::Identified,
            (false, false) => Identity::Anonymous,
        };
        let chatted = !conversations.is_empty();
        let visitor = profile.as_ref().and_then(|profile| profile.visitor);
        let (name, language, country) =
            profile.map_or((None, None, None), |profile| (profile.name, profile.language, profile.country));
        Ok(Shopper {
            chat: Chat { identity, may_chat, open: open.is_some() },
            open,
            chatted,
            name,
            language,
            country: country.as_deref().and_then(Country::parse),
            visitor,
            ..nobody
        })
    }

    /// Keeps with the shopper as whom their browser reports, so that agents find the explanation beside the conversation. Written when it is
    /// another than before; without it a report is worth as much.
    async fn note_visitor(&self, shopper: &Shopper, who: &Who) {
        let (Some(id), Some(visitor)) = (shopper.id, who.visitor()) else { return };
        if shopper.visitor != Some(visitor.id)
            && let Err(error) = self.store.reports_as(id, visitor.id).await
        {
            tracing::warn!(%error, "as which visitor a shopper reports could not be kept");
        }
    }

    /// Counts a report that no visitor's own bucket counts.
    async fn count_page(&self, from: &Reporter, now: Timestamp) -> Result<(), Failure> {
        let counted = self.store.count(PAGES_PER_ADDRESS, &from.address, now).await?;
        counted.map_err(|retry_after| Failure::RateLimited { retry_after })
    }

    /// The visitors' list hears of it, if the merchant has it and the visitor is remembered.
    async fn sighted(
        &self,
        from: &Reporter,
        report: &PageReport,
        heard: &Heard,
        shopper: &Shopper,
        who: &Who,
        picture: &Picture,
    ) -> Sighted {
        let Some(visitor) = who.visitor().filter(|_| picture.configured.settings.visitors.live) else {
            return Sighted::default();
        };
        let what = match report.what {
            PageHappening::View => What::View,
            PageHappening::Event | PageHappening::Met | PageHappening::Beat => What::Beat,
            PageHappening::ShownOpened => What::Opened,
            PageHappening::Dismissed => What::Dismissed,
            PageHappening::Leave => What::Leave,
        };
        let sighting = Sighting {
            id: visitor.id,
            site: &from.site,
            what,
            page: heard.page,
            url: &report.url,
            title: report.title.as_deref().unwrap_or_default(),
            referrer: report.referrer.as_deref().unwrap_or_default(),
            language: report.language.as_deref(),
            user_agent: from.user_agent.as_deref(),
            country: from.country.or(visitor.country).or(shopper.country),
            device: heard.browser.device,
            window: heard.browser.window,
            cart: heard.cart.as_ref(),
            attributes: &heard.attributes,
            first_seen: visitor.first_seen,
            visits: visitor.visits,
            shopper: shopper.id,
            name: shopper.name.as_deref(),
            chatted_before: visitor.chatted || shopper.chatted,
            chatting: shopper.open,
        };
        self.sight(&sighting).await
    }

    /// The answer with what the visitors' list has for this page.
    async fn with_list(
        &self,
        mut answer: PageAnswer,
        sighted: Sighted,
        who: &Who,
        shopper: &Shopper,
        picture: &Picture,
        now: Timestamp,
    ) -> Result<PageAnswer, Failure> {
        answer.beat_ms = sighted.beat.map(|beat| u64::try_from(beat.as_millis()).unwrap_or(u64::MAX));
        if let (Some(invitation), false) = (sighted.invitation, shopper.chat.open) {
            answer.invitation = self.invitation(&invitation, who, picture, now).await?;
        }
        Ok(answer)
    }

    /// What an agent has written by hand, as something that can be answered.
    async fn invitation(
        &self,
        invitation: &domain::visitors::Invitation,
        who: &Who,
        picture: &Picture,
        now: Timestamp,
    ) -> Result<Option<Proactive>, Failure> {
        let Some(member) = picture.members.iter().find(|member| member.agent == invitation.agent) else {
            return Ok(None);
        };
        let shown = self.written_by_hand(invitation, member, who.visitor().map(|known| known.id), now);
        self.store.keep_showing(shown.hash, &shown.showing).await?;
        Ok(Some(shown.proactive))
    }
}

/// Nothing is shown because of a store that does not answer; whoever comes again is looked at again.
fn quiet(error: &StoreError) {
    tracing::warn!(%error, "what a page reported could not be carried out; nothing is shown");
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
