//! The shop that tests are about, and who works there.

use domain::people::{Actor, Availability, Member, Role, Site};
use domain::{AgentId, SiteId};

/// A site before anything is published.
///
/// # Panics
///
/// If `id` is none.
#[must_use]
pub fn site(id: &str) -> Site {
    Site {
        id: id.parse().expect("a site id"),
        name: "Taller Luz".into(),
        color: "#0f766e".into(),
        welcome: "Hi!".into(),
        time_zone: "Europe/Madrid".into(),
        origins: Vec::new(),
    }
}

/// An active admin who has not come yet.
#[must_use]
pub fn admin(site: &SiteId, agent: AgentId, name: &str) -> Member {
    Member {
        site: site.clone(),
        agent,
        name: name.into(),
        title: String::new(),
        photo: None,
        role: Role::Admin,
        version: 1,
        active: true,
        availability: Availability::Offline,
        seen_at: None,
    }
}

/// As whom a member acts.
#[must_use]
pub fn acting(member: &Member) -> Actor {
    Actor::Agent { id: member.agent, site: member.site.clone(), name: member.name.clone(), role: member.role }
}
