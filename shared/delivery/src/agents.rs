//! Ending an agent's membership.

use crate::{Engine, Failure};
use domain::connection::Topic;
use domain::people::{Actor, Member, Role};
use domain::ports::{Environment, Push, Store};
use domain::{AgentId, SiteId};
use protocol::server::ByeReason;

/// What ending a membership did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deactivated {
    /// Connections that were cut.
    pub connections: usize,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Ends a membership, takes its photo away, cuts the agent's connections to the site and takes the agent out of its groups. Repeating it cuts what a kill had left.
    pub async fn deactivate(&self, actor: &Actor, agent: AgentId) -> Result<Deactivated, Failure> {
        let Actor::Agent { id: me, site, role: Role::Admin, name } = actor else {
            return Err(Failure::Forbidden);
        };
        if *me == agent {
            // The last admin could not come back.
            return Err(Failure::Forbidden);
        }
        let member = self.store.member(site, agent).await?.ok_or(Failure::NotFound)?;
        if member.active {
            let ended = Member { active: false, version: member.version + 1, ..member.clone() };
            if !self.store.put_member(&ended).await? {
                return Err(Failure::Busy);
            }
        }
        // Nobody is shown it any more; its bytes go too. From now on no other can come in its place.
        if member.photo.is_some() && !self.store.set_photo(site, agent, member.photo, None).await? {
            return Err(Failure::Busy);
        }
        let connections = self.cut_agent(site, agent).await;
        self.leave_groups((*me, name), site, agent).await?;
        Ok(Deactivated { connections })
    }

    async fn cut_agent(&self, site: &SiteId, agent: AgentId) -> usize {
        let mut cut = 0;
        for registration in self.registered(Topic::Site(site.clone())).await {
            if registration.agent == Some(agent) {
                self.dismiss(&registration.connection, ByeReason::MembershipChanged).await;
                cut += 1;
            }
        }
        cut
    }
}
