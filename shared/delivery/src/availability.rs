//! Whether a shop is there, as its shoppers are told: hours and somebody at the counter (H6).
//!
//! Over sockets it is told from a picture of the site that this process keeps for some seconds: a heartbeat of each of a
//! thousand open panels must not read the settings and the team anew. Where more than a picture's age matters (who may
//! come in), nothing is taken from here.

use crate::{Configured, Engine, Failure};
use domain::availability::{Away, Shop};
use domain::people::{Member, Site};
use domain::ports::{Environment, Push, Store};
use domain::settings::Settings;
use domain::{SiteId, Timestamp};
use protocol::server::Availability;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How old a picture may be. A lease of presence is 90 s and renewed at 25 s: a picture of that age misses nobody who is there.
const PICTURE_LIFE: Duration = Duration::from_secs(15);
/// Sites that one process remembers.
const MOST_PICTURES: usize = 100;

/// A site's settings and team as they were a moment ago.
#[derive(Debug)]
pub(crate) struct Picture {
    taken_at: Timestamp,
    pub site: Site,
    pub configured: Configured,
    pub members: Vec<Member>,
}

/// What one process remembers of the sites that it serves.
#[derive(Debug, Clone, Default)]
pub struct Pictures(Arc<Mutex<HashMap<SiteId, Arc<Picture>>>>);

/// What shoppers are told of a shop that is set and staffed like this.
#[must_use]
pub fn availability<'a>(
    settings: &Settings,
    members: impl IntoIterator<Item = &'a Member>,
    now: Timestamp,
) -> Availability {
    let shop = Shop::at(settings.hours.status(now), members, now);
    let opens_at = match shop {
        Shop::Away(Away::Closed { next_opening }) => next_opening,
        Shop::Online { .. } | Shop::Away(Away::NobodyHere { .. }) => None,
    };
    Availability {
        online: shop.is_online(),
        opens_at: opens_at.map(Timestamp::millis),
        zone: settings.hours.schedule.zone().name().to_owned(),
    }
}

impl Picture {
    /// Of hours and presence the time is now; only what they are computed from is a moment old.
    pub fn availability(&self, now: Timestamp) -> Availability {
        availability(&self.configured.settings, &self.members, now)
    }
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// The site as it was at most 15 s ago. `None` if it cannot be read now: what depends on it is left out, nothing fails.
    pub(crate) async fn picture(&self, site: &SiteId) -> Option<Arc<Picture>> {
        match self.fresh_picture(site).await {
            Ok(picture) => Some(picture),
            Err(failure) => {
                tracing::warn!(%site, code = ?failure.code(), "no picture of the site; nobody is told of its availability");
                None
            }
        }
    }

    /// The same, for what cannot do without it.
    pub(crate) async fn fresh_picture(&self, site: &SiteId) -> Result<Arc<Picture>, Failure> {
        let now = self.env.now();
        let known = self.pictures.0.lock().expect("no holder panics").get(site).cloned();
        if let Some(known) = known.filter(|known| now.since(known.taken_at) < PICTURE_LIFE) {
            return Ok(known);
        }
        let picture = Arc::new(self.take_picture(site, now).await?);
        let mut pictures = self.pictures.0.lock().expect("no holder panics");
        if pictures.len() >= MOST_PICTURES {
            pictures.clear();
        }
        pictures.insert(site.clone(), picture.clone());
        Ok(picture)
    }

    async fn take_picture(&self, id: &SiteId, taken_at: Timestamp) -> Result<Picture, Failure> {
        let site = self.store.site(id).await?.ok_or(Failure::NotFound)?;
        let configured = self.configured(&site).await?;
        let members = self.store.members(id).await?;
        Ok(Picture { taken_at, site, configured, members })
    }
}
