//! Who is on the site, one by one; the list goes over the socket.

use crate::routes::readable;
use crate::{Answer, Api, Request};
use delivery::Failure;
use domain::ports::{Environment, Files, Originals, Push, Store};
use domain::{SiteId, VisitorId};
use protocol::http::parse_body;
use protocol::visitors::{InvitationAnswer, NewInvitation};

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    pub(crate) async fn visitor(
        &self,
        request: &Request,
        site: SiteId,
        visitor: VisitorId,
    ) -> Result<Answer, Failure> {
        let person = self.person(request).await?;
        self.member(&person, &site).await?;
        let detail = self.engine.visitor_detail(&site, visitor).await?;
        Ok(readable(request, Answer::json(200, &detail)))
    }

    pub(crate) async fn invite(
        &self,
        request: &Request,
        site: SiteId,
        visitor: VisitorId,
    ) -> Result<Answer, Failure> {
        let person = self.person(request).await?;
        let member = self.member(&person, &site).await?;
        let asked: NewInvitation = parse_body(&request.body)?;
        let invitation = self.engine.invite_visitor(&member, visitor, &asked).await?;
        Ok(readable(request, Answer::json(202, &InvitationAnswer { invitation })))
    }
}
