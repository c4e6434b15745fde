//! Whether a shop is there for its shoppers: its hours *and* somebody at the counter (H6).
//!
//! Presence is a lease ([`crate::people::PRESENCE_LEASE`]): a laptop that vanished writes nothing, and counts as gone when its
//! lease has run out. Every answer therefore says until when it holds at the latest.

use crate::Timestamp;
use crate::office_hours::Status;
use crate::people::{Availability, Member, PRESENCE_LEASE};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shop {
    /// Open, and an agent is online: until the hours end or the last lease runs out, unless somebody renews it.
    Online {
        until: Timestamp,
    },
    Away(Away),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Away {
    Closed {
        next_opening: Option<Timestamp>,
    },
    /// Open, or without hours, and nobody is online. `until`: when the hours end anyway.
    NobodyHere {
        until: Option<Timestamp>,
    },
}

impl Shop {
    /// `hours` is `None` where none are set: then presence alone decides.
    #[must_use]
    pub fn at<'a>(
        hours: Option<Status>,
        members: impl IntoIterator<Item = &'a Member>,
        now: Timestamp,
    ) -> Self {
        let last_lease = leases(members, now).max();
        match (hours, last_lease) {
            (Some(Status::Closed { next_opening }), _) => Self::Away(Away::Closed { next_opening }),
            (Some(Status::Open { until: Some(end) }), Some(lease)) => Self::Online { until: end.min(lease) },
            (Some(Status::Open { until: None }) | None, Some(lease)) => Self::Online { until: lease },
            (Some(Status::Open { until }), None) => Self::Away(Away::NobodyHere { until }),
            (None, None) => Self::Away(Away::NobodyHere { until: None }),
        }
    }

    #[must_use]
    pub const fn is_online(self) -> bool {
        matches!(self, Self::Online { .. })
    }

    /// When to look again if nobody comes or goes.
    #[must_use]
    pub const fn look_again(self) -> Option<Timestamp> {
        match self {
            Self::Online { until } => Some(until),
            Self::Away(Away::Closed { next_opening: at } | Away::NobodyHere { until: at }) => at,
        }
    }
}

/// Whether any agent is online now; the invisible ones are not.
#[must_use]
pub fn anybody_online<'a>(members: impl IntoIterator<Item = &'a Member>, now: Timestamp) -> bool {
    leases(members, now).next().is_some()
}

fn leases<'a>(
    members: impl IntoIterator<Item = &'a Member>,
    now: Timestamp,
) -> impl Iterator<Item = Timestamp> {
    let online = members.into_iter().filter(move |m| m.presence(now) == Availability::Online);
    online.filter_map(|member| Some(member.seen_at?.plus(PRESENCE_LEASE)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Role;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp(1_000_000_000);

    fn member(availability: Availability, seconds_ago: u64) -> Member {
        Member {
            site: "demo".parse().unwrap(),
            agent: "agt_018f3b1e-7c1a-7000-8000-000000000001".parse().unwrap(),
            name: "Ana".into(),
            title: String::new(),
            photo: None,
            role: Role::Agent,
            version: 1,
            active: true,
            availability,
            seen_at: Some(NOW.minus(Duration::from_secs(seconds_ago))),
        }
    }

    #[test]
    fn h_6_online_is_open_and_somebody_there() {
        use Availability::{Invisible, Offline, Online};
        let later = |s| NOW.plus(Duration::from_secs(s));
        let open = Some(Status::Open { until: Some(later(60)) });
        let always = Some(Status::Open { until: None });
        let closed = Some(Status::Closed { next_opening: Some(later(3600)) });
        let here = [member(Online, 10), member(Online, 80), member(Offline, 0)];
        let nobody = [member(Online, 90), member(Invisible, 0), member(Offline, 0)];
        let away_closed = Shop::Away(Away::Closed { next_opening: Some(later(3600)) });
        let table: [(Option<Status>, &[Member], Shop); 8] = [
            (open, &here, Shop::Online { until: later(60) }),
            (always, &here, Shop::Online { until: later(80) }),
            (None, &here, Shop::Online { until: later(80) }),
            (closed, &here, away_closed),
            (closed, &nobody, away_closed),
            (open, &nobody, Shop::Away(Away::NobodyHere { until: Some(later(60)) })),
            (None, &nobody, Shop::Away(Away::NobodyHere { until: None })),
            (None, &[], Shop::Away(Away::NobodyHere { until: None })),
        ];
        for (hours, members, expect) in table {
            assert_eq!(Shop::at(hours, members, NOW), expect, "{hours:?}");
            assert_eq!(anybody_online(members, NOW), members.len() == here.len() && members == here);
        }
        // At the moment it names the answer is another one.
        let shop = Shop::at(None, &here, NOW);
        assert!(!Shop::at(None, &here, shop.look_again().unwrap()).is_online());
    }
}
