//! What agents show of themselves: changed by them and their admins, seen by anybody.

use crate::routes::{actor, id, readable};
use crate::{Answer, Api, Content, Request};
use delivery::Failure;
use delivery::proactive::photo_path;
use domain::people::{Actor, Member};
use domain::ports::{Environment, Files, Originals, Push, Store};
use domain::{AgentId, SiteId, Timestamp};
use protocol::http::{self as body, parse_body};

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    // -- anybody

    pub(crate) async fn photo(&self, site: SiteId, photo: &str) -> Result<Answer, Failure> {
        let photo = self.engine.photo(&site, id(photo)?).await?;
        Ok(Answer {
            body: Some(Content::Picture { media_type: photo.kind.media_type(), bytes: photo.bytes }),
            allow_origin: Some("*".into()),
            // Its name is made of what it shows: under it stands this picture or none.
            cache: "public, max-age=31536000, immutable",
            ..Answer::empty(200)
        })
    }

    // -- agents of themselves, admins of anybody of the site

    pub(crate) async fn set_profile(
        &self,
        request: &Request,
        site: SiteId,
        agent: AgentId,
    ) -> Result<Answer, Failure> {
        let actor = self.agent_of(request, &site).await?;
        let asked: body::ProfileRequest = parse_body(&request.body)?;
        let member = self.engine.set_profile(&actor, agent, &asked.name, &asked.title).await?;
        Ok(readable(request, Answer::json(200, &self.shown(member))))
    }

    pub(crate) async fn set_photo(
        &self,
        request: &Request,
        site: SiteId,
        agent: AgentId,
    ) -> Result<Answer, Failure> {
        let actor = self.agent_of(request, &site).await?;
        let member = self.engine.set_photo(&actor, agent, Some(request.raw().to_vec())).await?;
        Ok(readable(request, Answer::json(200, &self.shown(member))))
    }

    pub(crate) async fn remove_photo(
        &self,
        request: &Request,
        site: SiteId,
        agent: AgentId,
    ) -> Result<Answer, Failure> {
        let actor = self.agent_of(request, &site).await?;
        let member = self.engine.set_photo(&actor, agent, None).await?;
        Ok(readable(request, Answer::json(200, &self.shown(member))))
    }

    async fn agent_of(&self, request: &Request, site: &SiteId) -> Result<Actor, Failure> {
        Ok(actor(self.member(&self.person(request).await?, site).await?))
    }

    /// As colleagues see it.
    pub(crate) fn shown(&self, member: Member) -> body::AgentInfo {
        body::AgentInfo {
            id: member.agent.to_string(),
            photo: photo_path(&member),
            presence: member.presence(self.engine.env.now()).into(),
            role: member.role.into(),
            last_active_at: member.seen_at.map(Timestamp::millis),
            name: member.name,
            title: member.title,
        }
    }
}
