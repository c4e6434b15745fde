//! Triggers, groups and scenarios: what stands, publishing them, and what was published before.

use crate::routes::{bad_field, id, readable};
use crate::{Answer, Api, Request};
use delivery::Failure;
use domain::ports::{Document, Environment, Files, Originals, Push, Store};
use domain::settings::FieldId;
use protocol::http::{PublishRequest, RestoreRequest, parse_body};

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    /// What lies under `/v1/agent/sites/{site}/`.
    pub(crate) async fn documents(
        &self,
        request: &Request,
        site: &str,
        path: &[&str],
    ) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &id(site)?).await?;
        match (request.method.as_str(), path) {
            ("GET", ["scenarios"]) => {
                let scenarios = self.engine.scenarios(&actor, &site).await?;
                Ok(readable(request, Answer::json(200, &scenarios)))
            }
            ("DELETE", ["scenarios", scenario]) => {
                let scenario = FieldId::parse(scenario).ok_or(Failure::NotFound)?;
                let expected = request.query("expected").and_then(|text| text.parse().ok());
                let expected = expected.ok_or_else(|| bad_field("expected"))?;
                self.engine.remove_scenario(&actor, &site, &scenario, expected).await?;
                Ok(readable(request, Answer::empty(204)))
            }
            // A scenario may be called `history`.
            ("GET", [path @ .., "history"]) if named(path).is_some() => {
                let document = named(path).ok_or(Failure::NotFound)?;
                let before = request.query("before").map(str::parse).transpose();
                let before = before.map_err(|_| bad_field("before"))?;
                let history = self.engine.document_history(&actor, &site.id, &document, before).await?;
                Ok(readable(request, Answer::json(200, &history)))
            }
            ("GET", [path @ .., "history", version]) if named(path).is_some() => {
                let document = named(path).ok_or(Failure::NotFound)?;
                let one = self.engine.document_version(&actor, &site.id, &document, id(version)?).await?;
                Ok(readable(request, Answer::json(200, &one)))
            }
            ("POST", [path @ .., "history", version, "restore"]) => {
                let document = named(path).ok_or(Failure::NotFound)?;
                let (version, asked) = (id(version)?, parse_body::<RestoreRequest>(&request.body)?);
                let engine = &self.engine;
                let published =
                    engine.restore_document(&actor, &site, &document, version, asked.expected).await?;
                Ok(readable(request, Answer::json(200, &published)))
            }
            ("GET", path) => {
                let document = named(path).ok_or(Failure::NotFound)?;
                let shown = self.engine.document(&actor, &site.id, &document).await?;
                Ok(readable(request, Answer::json(200, &shown)))
            }
            ("PUT", path) => {
                let document = named(path).ok_or(Failure::NotFound)?;
                let asked: PublishRequest = parse_body(&request.body)?;
                let engine = &self.engine;
                let published =
                    engine.publish_document(&actor, &site, &document, asked.expected, asked.value).await?;
                Ok(readable(request, Answer::json(200, &published)))
            }
            _ => Err(Failure::NotFound),
        }
    }
}

fn named(path: &[&str]) -> Option<Document> {
    match path {
        ["triggers"] => Some(Document::Triggers),
        ["groups"] => Some(Document::Groups),
        ["scenarios", scenario] => FieldId::parse(scenario).map(Document::Scenario),
        _ => None,
    }
}
