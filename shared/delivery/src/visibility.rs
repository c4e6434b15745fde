//! Who may chat (W2), enforced: at the doors, at `hello`, and on those who are in when it changes.
//!
//! A message over a socket does not look: whoever may no longer chat has no connection any more. That holds because of
//! an order. `hello` registers the connection first and reads the visibility second; publishing writes the visibility first and
//! lists the connections second. So one of the two sees the other.

use crate::{Engine, Failure};
use domain::connection::Topic;
use domain::identity::Refusal;
use domain::ports::{Environment, Push, Store};
use domain::settings::{Barred, Section, Visibility};
use domain::{ShopperId, SiteId};
use futures::StreamExt;
use protocol::server::ByeReason;
use protocol::settings::read_visibility;

/// Connections that are ended at the same time.
const AT_ONCE: usize = 32;

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Lets a shopper chat on a site as it is set now, or says why not.
    pub async fn admit_shopper(&self, site: &SiteId, shopper: ShopperId) -> Result<(), Failure> {
        let visibility = self.visibility(site).await?;
        visibility.admits(shopper.is_verified()).map_err(|barred| barred_failure(barred, None))
    }

    /// As of now. One that cannot be read is our default, as everywhere, and an error in the log.
    pub(crate) async fn visibility(&self, site: &SiteId) -> Result<Visibility, Failure> {
        let Some(published) = self.store.section(site, Section::Visibility).await? else {
            return Ok(Visibility::default());
        };
        Ok(read_visibility(&published.body).unwrap_or_else(|error| {
            tracing::error!(%site, version = published.version, %error, "a published section cannot be read; the default counts");
            Visibility::default()
        }))
    }

    /// Ends the connections of all shoppers whom `visibility` bars. Those that cannot be listed now end at their next heartbeat.
    pub(crate) async fn end_barred(&self, site: &SiteId, visibility: Visibility) {
        for verified in [false, true] {
            if visibility.admits(verified).is_ok() {
                continue;
            }
            let listening = self.registered(Topic::Shoppers { site: site.clone(), verified }).await;
            let count = listening.len();
            let end = |registration: domain::connection::Registration| async move {
                self.dismiss(&registration.connection, ByeReason::Visibility).await;
            };
            futures::stream::iter(listening).map(end).buffer_unordered(AT_ONCE).for_each(|()| async {}).await;
            tracing::info!(%site, verified, count, "connections of shoppers who may no longer chat were ended");
        }
    }
}

/// As the asker is told. `refused`: what they brought as a proof that they may, and why it was none.
pub(crate) const fn barred_failure(barred: Barred, refused: Option<Refusal>) -> Failure {
    match barred {
        Barred::SwitchedOff => Failure::SwitchedOff,
        Barred::SignInRequired => Failure::SignInRequired { refused },
    }
}
