//! Whether a shop is there, as its shoppers are told: hours and somebody at the counter (H6).

use domain::Timestamp;
use domain::availability::{Away, Shop};
use domain::people::Member;
use domain::settings::Settings;
use protocol::server::Availability;

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
