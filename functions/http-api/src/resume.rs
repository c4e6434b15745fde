//! The button of a mail, followed: one conversation, and nothing else.

use crate::routes::{allow, readable};
use crate::{Answer, Api, Request};
use delivery::{Failure, Resumed};
use domain::SiteId;
use domain::connection::address_key;
use domain::ports::{Environment, Files, Originals, Push, Store};
use protocol::http::{self as body, parse_body};

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    pub(crate) async fn resume(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let site = self.site(&site).await?;
        allow(&site.origins, request)?;
        let asked: body::ResumeRequest = parse_body(&request.body)?;
        let bearer = request.token.as_deref().filter(|token| token.starts_with("ses_"));
        let address = address_key(&request.address);
        let (status, answer) = match self.engine.resume(&site, &address, &asked.token, bearer).await? {
            Resumed::Own { conversation } => {
                let conversation_id = conversation.to_string();
                (200, body::ResumeAnswer { conversation_id, session: None, expires_at: None })
            }
            Resumed::Opened { secret, link } => {
                let answer = body::ResumeAnswer {
                    conversation_id: link.conversation.to_string(),
                    session: Some(secret.reveal()),
                    expires_at: Some(link.expires_at.millis()),
                };
                (201, answer)
            }
        };
        Ok(readable(request, Answer::json(status, &answer)))
    }
}
