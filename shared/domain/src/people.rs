//! Who is who: shoppers, agents, the memberships that tie agents to sites.

use crate::profile::PhotoId;
use crate::settings::FieldId;
use crate::{AgentId, ShopperId, SiteId, Timestamp, VisitorId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// An agent is shown as present for this long after the last sign of life.
pub const PRESENCE_LEASE: Duration = Duration::from_secs(90);

/// One shop. Sites of a deployment know nothing of one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    pub id: SiteId,
    pub name: String,
    /// `#rrggbb`: the merchant's colour.
    pub color: String,
    /// What greets a shopper before the first message.
    pub welcome: String,
    /// An IANA zone name.
    pub time_zone: String,
    /// Origins whose pages may open sessions and connections.
    pub origins: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Agent,
    Admin,
}

/// What an agent has chosen; whether they are there is decided together with the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Availability {
    Online,
    /// Works, but gets no new chats and is shown to nobody as present.
    Invisible,
    #[default]
    Offline,
}

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: AgentId,
    /// Lower case; the identity provider has verified it.
    pub email: String,
    pub name: String,
    /// Owner of the deployment.
    pub owner: bool,
}

/// A person's place in one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub site: SiteId,
    pub agent: AgentId,
    pub name: String,
    pub title: String,
    /// Kept apart: who reads a team reads no pictures.
    pub photo: Option<PhotoId>,
    pub role: Role,
    /// Moves with every change to role or activity: a connection made under another version is cut.
    pub version: u64,
    pub active: bool,
    pub availability: Availability,
    /// The last sign of life of any of the agent's dashboards.
    pub seen_at: Option<Timestamp>,
}

impl Member {
    /// The same membership, whatever its presence.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let Self { availability, seen_at, .. } = other;
        Self { availability: *availability, seen_at: *seen_at, ..self.clone() } == *other
    }

    /// What colleagues and shoppers are told now.
    #[must_use]
    pub fn presence(&self, now: Timestamp) -> Availability {
        let alive = self.seen_at.is_some_and(|at| now.since(at) < PRESENCE_LEASE);
        if self.active && alive { self.availability } else { Availability::Offline }
    }
}

/// Where a shopper is, as their browser tells: shown to agents, believed by nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    pub url: String,
    pub title: String,
    pub referrer: String,
}

/// What is known of a shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shopper {
    pub id: ShopperId,
    pub site: SiteId,
    pub name: Option<String>,
    pub email: Option<String>,
    /// A language tag of the browser's, such as `es-ES`.
    pub language: Option<String>,
    /// The browser's zone, if the IANA database names it: in it the shopper is told when the shop opens.
    pub time_zone: Option<String>,
    pub user_agent: Option<String>,
    /// Two letters, from the edge; absent where no edge tells.
    pub country: Option<String>,
    pub page: Option<Page>,
    /// What they have answered to questions other than for name and email (T8): typed, and believed by nobody.
    pub answers: BTreeMap<FieldId, Told>,
    /// As which visitor their browser last reported a page, for agents alone. `None`: never, or they are not to be remembered.
    pub visitor: Option<VisitorId>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

impl Shopper {
    /// What a form need not ask.
    #[must_use]
    pub fn known(&self) -> BTreeSet<FieldId> {
        let name = self.name.as_ref().map(|_| FieldId::name());
        let email = self.email.as_ref().map(|_| FieldId::email());
        name.into_iter().chain(email).chain(self.answers.keys().cloned()).collect()
    }
}

/// What shoppers have typed of themselves: it makes them *identified*, and is believed by nobody. `None` changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    pub name: Option<String>,
    pub email: Option<String>,
    pub answers: BTreeMap<FieldId, Told>,
}

/// An answer, with its question as it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub question: String,
    /// As it is shown; of a choice its label.
    pub answer: String,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    Shopper { id: ShopperId, site: SiteId },
    Agent { id: AgentId, site: SiteId, name: String, role: Role },
}

impl Actor {
    #[must_use]
    pub const fn site(&self) -> &SiteId {
        match self {
            Self::Shopper { site, .. } | Self::Agent { site, .. } => site,
        }
    }

    #[must_use]
    pub const fn is_agent(&self) -> bool {
        matches!(self, Self::Agent { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vanished_laptop_counts_as_gone_within_ninety_seconds() {
        let now = Timestamp(1_000_000);
        let member = |availability, active, seen_at| Member {
            site: "demo".parse().unwrap(),
            agent: "agt_018f3b1e-7c1a-7000-8000-000000000001".parse().unwrap(),
            name: "Ana".into(),
            title: String::new(),
            photo: None,
            role: Role::Admin,
            version: 1,
            active,
            availability,
            seen_at,
        };
        use Availability::{Invisible, Offline, Online};
        let just = Some(now.minus(Duration::from_secs(89)));
        let long = Some(now.minus(Duration::from_secs(90)));
        assert_eq!(member(Online, true, just).presence(now), Online);
        assert_eq!(member(Online, true, long).presence(now), Offline);
        assert_eq!(member(Online, true, None).presence(now), Offline);
        assert_eq!(member(Invisible, true, just).presence(now), Invisible);
        assert_eq!(member(Online, false, just).presence(now), Offline);
        assert_eq!(member(Offline, true, just).presence(now), Offline);
    }
}
