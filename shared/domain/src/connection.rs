//! Connections: who they are, what they listen to, how long they count as alive.

use crate::inbox::List;
use crate::people::Role;
use crate::{AgentId, ConnectionId, ConversationId, ShopperId, SiteId, Timestamp};
use std::time::Duration;

/// A registration counts for this long after the last `hello` or `ping`. Clients ping every 30 s (shoppers, visible),
/// 25 s (dashboards) or 4 min (idle): the longest, and one lost.
pub const LEASE: Duration = Duration::from_secs(9 * 60);
/// API Gateway ends every connection after two hours.
pub const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);
/// A ticket is good for this long, once.
pub const TICKET_LIFE: Duration = Duration::from_secs(30);

/// Who sits at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    Shopper { id: ShopperId },
    Agent { id: AgentId, name: String, role: Role, version: u64 },
}

/// A permission to connect: bound to who asked and from which origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub site: SiteId,
    pub identity: Identity,
    pub origin: Option<String>,
    /// Which session it was asked with, so that ending the session ends the connection.
    pub session: Option<[u8; 32]>,
    pub expires_at: Timestamp,
}

/// A live connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub id: ConnectionId,
    pub site: SiteId,
    pub identity: Identity,
    pub session: Option<[u8; 32]>,
    /// The address it came from, or its /64 for IPv6.
    pub address: String,
    pub connected_at: Timestamp,
    /// The conversation that an agent's connection has open.
    pub viewing: Option<ConversationId>,
    /// Said `hello`: it is registered and may act.
    pub greeted: bool,
}

impl Connection {
    /// Everything that it may be registered under, so that it can be forgotten without a search.
    #[must_use]
    pub fn topics(&self) -> Vec<Topic> {
        match &self.identity {
            Identity::Shopper { id } => vec![Topic::Shopper(*id), Topic::shoppers(&self.site, *id)],
            Identity::Agent { .. } => {
                let viewing = self.viewing.map(Topic::Conversation);
                std::iter::once(Topic::Site(self.site.clone())).chain(viewing).collect()
            }
        }
    }

    #[must_use]
    pub fn actor(&self) -> crate::people::Actor {
        match &self.identity {
            Identity::Shopper { id } => crate::people::Actor::Shopper { id: *id, site: self.site.clone() },
            Identity::Agent { id, name, role, .. } => crate::people::Actor::Agent {
                id: *id,
                site: self.site.clone(),
                name: name.clone(),
                role: *role,
            },
        }
    }
}

/// What a connection can be registered to hear.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Both logs of a conversation: agents who have it open.
    Conversation(ConversationId),
    /// All threads of a shopper: that shopper's own connections.
    Shopper(ShopperId),
    /// Rows and presence of a site: dashboards.
    Site(SiteId),
    /// That a site's shoppers of this kind may no longer chat: their connections, from `hello` until they end.
    Shoppers { site: SiteId, verified: bool },
}

impl Topic {
    /// Where a shopper's connections stand with those of all others of the kind.
    #[must_use]
    pub fn shoppers(site: &SiteId, shopper: ShopperId) -> Self {
        Self::Shoppers { site: site.clone(), verified: shopper.is_verified() }
    }
}

/// One connection's entry under a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub connection: ConnectionId,
    /// Absent for a shopper's.
    pub agent: Option<AgentId>,
    /// A shopper's: the session that its ticket was asked with. A verified shopper has one on every device, and they end one by one.
    pub session: Option<[u8; 32]>,
    /// The list a dashboard shows.
    pub list: Option<List>,
    pub expires_at: Timestamp,
}

/// What an address is counted under: an IPv4 address as it is, an IPv6 address by its /64 (one line's subscriber has all
/// of that), anything else as one crowd.
#[must_use]
pub fn address_key(address: &str) -> String {
    use std::net::IpAddr;
    match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => ip.to_string(),
        Ok(IpAddr::V6(ip)) => {
            let s = ip.segments();
            format!("{:x}:{:x}:{:x}:{:x}::", s[0], s[1], s[2], s[3])
        }
        Err(_) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_counted_by_line_not_by_host() {
        let check = |address, expect| assert_eq!(address_key(address), expect, "{address}");
        check("203.0.113.7", "203.0.113.7");
        check("::ffff:203.0.113.7", "203.0.113.7");
        check("2001:db8:1:2:aaaa::1", "2001:db8:1:2::");
        check("2001:db8:1:2:bbbb::9", "2001:db8:1:2::");
        check("a#b", "unknown");
    }
}
