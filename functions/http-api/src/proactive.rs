//! What came of triggers, trying one, and why it did or did not fire for a visitor.

use crate::routes::{actor, bad_field, readable};
use crate::{Answer, Api, Request};
use delivery::Failure;
use delivery::proactive::RESULT_DAYS;
use domain::ports::{Environment, Files, Originals, Push, Store};
use domain::{SiteId, VisitorId};
use protocol::http::parse_body;
use protocol::proactive::TriggerTestRequest;

/// Of results, unless others are asked for.
const DAYS: u64 = 30;

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    pub(crate) async fn trigger_results(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let actor = actor(self.member(&self.person(request).await?, &site).await?);
        let days = match request.query("days") {
            None => DAYS,
            Some(text) => text
                .parse()
                .ok()
                .filter(|days| RESULT_DAYS.contains(days))
                .ok_or_else(|| bad_field("days"))?,
        };
        let site = self.site(&site).await?;
        let results = self.engine.trigger_results(&actor, &site, days).await?;
        Ok(readable(request, Answer::json(200, &results)))
    }

    pub(crate) async fn trigger_names(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        self.member(&self.person(request).await?, &site).await?;
        let site = self.site(&site).await?;
        let names = self.engine.trigger_names(&site).await?;
        Ok(readable(request, Answer::json(200, &names)))
    }

    pub(crate) async fn try_trigger(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let actor = actor(self.member(&self.person(request).await?, &site).await?);
        let asked: TriggerTestRequest = parse_body(&request.body)?;
        let site = self.site(&site).await?;
        let key = self.engine.try_trigger(&actor, &site, &asked.trigger).await?;
        Ok(readable(request, Answer::json(201, &key)))
    }

    pub(crate) async fn explanation(
        &self,
        request: &Request,
        site: SiteId,
        visitor: VisitorId,
    ) -> Result<Answer, Failure> {
        self.member(&self.person(request).await?, &site).await?;
        let site = self.site(&site).await?;
        let explanation = self.engine.explain(&site, visitor).await?;
        Ok(readable(request, Answer::json(200, &explanation)))
    }
}
