//! A bot's buttons for clients without a socket, and trying a scenario.

use crate::routes::readable;
use crate::{Answer, Api, Request};
use delivery::{Before, Failure, Wish};
use domain::ports::{Environment, Files, Originals, Push, Store};
use domain::{ConversationId, SiteId};
use protocol::http::{self as body, parse_body};
use protocol::scenarios::TryRequest;

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    /// `None` begins a conversation, or continues the open one.
    pub(crate) async fn choose(
        &self,
        request: &Request,
        conversation: Option<ConversationId>,
    ) -> Result<Answer, Failure> {
        let (actor, ..) = self.shopper(request).await?;
        let body::NewChoice { id, turn, button, opening, shown, group } = parse_body(&request.body)?;
        let before = Before { faqs: Vec::new(), opening, proactive: shown, group };
        self.perform(request, &actor, &id, Wish::Choose { conversation, turn, button, before }).await
    }

    pub(crate) async fn restart(
        &self,
        request: &Request,
        conversation: ConversationId,
    ) -> Result<Answer, Failure> {
        let (actor, ..) = self.shopper(request).await?;
        let body::NewRestart { id, turn } = parse_body(&request.body)?;
        self.perform(request, &actor, &id, Wish::Restart { conversation, turn }).await
    }

    pub(crate) async fn try_scenario(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let asked = TryRequest::parse(&request.body)?;
        let tried = self.engine.try_scenario(&actor, &site, asked).await?;
        Ok(readable(request, Answer::json(200, &tried)))
    }
}
