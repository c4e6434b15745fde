//! What agents show of themselves: who may change it, and whose photo is handed out.

use crate::{Engine, Failure};
use domain::connection::Topic;
use domain::people::{Actor, Member, Role};
use domain::ports::{Environment, Push, Store};
use domain::profile::{Photo, PhotoId, Profile};
use domain::rate::PROFILES_PER_AGENT;
use domain::{AgentId, SiteId};

/// Between reading a membership and giving it a photo somebody else may have given it one.
const TRIES: usize = 4;

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Another name and title, from the next message on. The agent's own, or, for admins, anybody's of the site.
    pub async fn set_profile(
        &self,
        actor: &Actor,
        agent: AgentId,
        name: &str,
        title: &str,
    ) -> Result<Member, Failure> {
        let member = self.editable(actor, agent).await?;
        let profile = Profile::parse(name, title).map_err(Failure::Invalid)?;
        if !self.store.set_profile(&member.site, agent, &profile).await? {
            return Err(Failure::NotFound);
        }
        // Written first, then listed: who registers later compares with the membership.
        for registration in self.registered(Topic::Site(member.site.clone())).await {
            if registration.agent == Some(agent) {
                let renamed = self.store.rename(&registration.connection, &profile.name).await;
                if let Err(error) = renamed {
                    tracing::warn!(%error, "a connection keeps its agent's old name until its next heartbeat");
                }
            }
        }
        Ok(Member { name: profile.name, title: profile.title, ..member })
    }

    /// Another photo, or none. The agent's own, or, for admins, anybody's of the site.
    pub async fn set_photo(
        &self,
        actor: &Actor,
        agent: AgentId,
        bytes: Option<Vec<u8>>,
    ) -> Result<Member, Failure> {
        let mut member = self.editable(actor, agent).await?;
        let photo = bytes.map(|bytes| Photo::judge(agent, bytes)).transpose().map_err(Failure::Photo)?;
        let wanted = photo.as_ref().map(|photo| photo.id);
        for _ in 0..TRIES {
            if self.store.set_photo(&member.site, agent, member.photo, photo.as_ref()).await? {
                return Ok(Member { photo: wanted, ..member });
            }
            let now = self.store.member(&member.site, agent).await?;
            member = now.filter(|member| member.active).ok_or(Failure::NotFound)?;
        }
        Err(Failure::Busy)
    }

    /// A photo that an active member of the site shows at this moment; any other is as absent as one that never was.
    pub async fn photo(&self, site: &SiteId, id: PhotoId) -> Result<Photo, Failure> {
        let photo = self.store.photo(site, id).await?.ok_or(Failure::NotFound)?;
        let owner = self.store.member(site, photo.agent).await?;
        let shown = owner.is_some_and(|member| member.active && member.photo == Some(id));
        shown.then_some(photo).ok_or(Failure::NotFound)
    }

    async fn editable(&self, actor: &Actor, agent: AgentId) -> Result<Member, Failure> {
        let Actor::Agent { id: me, site, role, .. } = actor else {
            return Err(Failure::Forbidden);
        };
        if *me != agent && *role != Role::Admin {
            return Err(Failure::Forbidden);
        }
        if let Err(retry_after) =
            self.store.count(PROFILES_PER_AGENT, &me.to_string(), self.env.now()).await?
        {
            return Err(Failure::RateLimited { retry_after });
        }
        let member = self.store.member(site, agent).await?;
        member.filter(|member| member.active).ok_or(Failure::NotFound)
    }
}
