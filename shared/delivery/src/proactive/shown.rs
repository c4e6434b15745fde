//! What comes of a showing: it is opened, sent away, answered, and an order follows.

use super::Context;
use super::memory::Who;
use crate::availability::Picture;
use crate::settings::Configured;
use crate::{Engine, Failure, secret};
use domain::automatic::Rule;
use domain::conversation::{Assignee, Author, Spoken};
use domain::ports::{Environment, Order, Push, Store, Stored};
use domain::proactive::{Day, Showing, Speaker};
use domain::triggers::facts::Event;
use domain::{SiteId, Timestamp};
use protocol::proactive::{PageHappening, PageReport};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// A showing that a conversation begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub hash: [u8; 32],
    pub showing: Showing,
    /// By the shop's own clock on the wall.
    pub day: Day,
}

impl Answered {
    /// What was said, as a conversation's first entry.
    pub fn spoken(&self) -> Option<Spoken> {
        let text = self.showing.text.clone()?;
        let by_hand = self.showing.trigger.is_none();
        let (author, assigned) = match &self.showing.speaker {
            Speaker::Agent { id, name } => {
                let to = Assignee { id: *id, name: name.clone() };
                (Author::Agent { id: *id, name: name.clone() }, by_hand.then_some(to))
            }
            Speaker::Shop => (Author::System, None),
        };
        Some(Spoken { author, text, rule: if by_hand { Rule::Invitation } else { Rule::Trigger }, assigned })
    }
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// What this site has shown under a token, unless it was answered before. Another site's, an old one and one that was made up are
    /// as none.
    pub(crate) async fn answerable(
        &self,
        site: &SiteId,
        token: &str,
        configured: &Configured,
        now: Timestamp,
    ) -> Stored<Option<Answered>> {
        let hash = secret::hash(token);
        let showing = self.store.showing(hash, now).await?;
        let showing = showing.filter(|showing| showing.site == *site && showing.answered.is_none());
        let day = Day::of(now, configured.settings.hours.schedule.zone());
        Ok(showing.map(|showing| Answered { hash, showing, day }))
    }

    /// What is reported and decides nothing.
    pub(super) async fn follow_up(
        &self,
        who: &Who,
        report: &PageReport,
        picture: &Picture,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if let Who::Visitor { known, .. } = who {
            self.stays(known, report, now).await?;
        }
        let opened = report.what == PageHappening::ShownOpened;
        if !opened && report.what != PageHappening::Dismissed {
            return Ok(());
        }
        let Some(hash) = report.shown.as_deref().map(secret::hash) else { return Ok(()) };
        let Some(showing) = self.store.showing(hash, now).await? else { return Ok(()) };
        // Whose it was; with no name to either, whoever has the token.
        if showing.site != picture.site.id || showing.visitor != who.visitor().map(|known| known.id) {
            return Ok(());
        }
        if opened {
            let day = Day::of(now, picture.configured.settings.hours.schedule.zone());
            self.store.opened(hash, &showing, &day, now).await?;
        } else if let (Some(visitor), Some(trigger), true) =
            (showing.visitor, &showing.trigger, showing.counted)
        {
            self.store.dismiss(visitor, &trigger.id, now).await?;
        }
        Ok(())
    }

    /// Something has happened in the shop: if the merchant counts it, and something was shown before that this visitor opened or answered,
    /// it is counted for the last of those. Once for each order.
    pub(super) async fn convert(
        &self,
        context: &Context<'_>,
        who: &Who,
        event: &Event,
    ) -> Result<(), Failure> {
        let settings = &context.picture.configured.settings;
        let Who::Visitor { known, .. } = who else { return Ok(()) };
        let Some(credit) = &known.credit else { return Ok(()) };
        let within = Duration::from_secs(u64::from(settings.visitors.conversion_days) * 24 * 60 * 60);
        let counts = settings.visitors.conversion_events.contains(&event.name)
            && context.now.since(credit.at) < within;
        if !counts {
            return Ok(());
        }
        // Without a number of the shop's a page tells of one.
        let page = context.heard.page.0.to_string();
        let reference =
            event.reference.as_deref().map_or(format!("page\n{page}"), |own| format!("own\n{own}"));
        let order = Order {
            visitor: known.visitor.id,
            hash: Sha256::digest(format!("{}\n{reference}", event.name)).into(),
            value: event.value.and_then(|value| u64::try_from(value).ok()).unwrap_or(0),
            currency: event.currency,
            at: context.now,
        };
        let day = Day::of(context.now, settings.hours.schedule.zone());
        self.store.convert(&order, &context.from.site, credit, &day).await?;
        Ok(())
    }
}
