//! What a document is checked against: the site's agents, its languages, its form, and the other documents.

use super::Checked;
use crate::{Configured, Engine, Failure};
use domain::AgentId;
use domain::SiteId;
use domain::fields::{FieldCode, FieldError};
use domain::groups::Groups;
use domain::people::Site;
use domain::ports::{Document, Environment, Push, Store, Stored};
use domain::scenario::{self, MAX_SCENARIOS, Scenario};
use domain::settings::FieldId;
use domain::triggers::{self, Triggers};
use protocol::documents::{DocumentBody, DocumentValue};
use std::collections::BTreeSet;
use std::sync::Arc;

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// What may be published of a draft, or every field that is wrong.
    pub(super) async fn checked(
        &self,
        site: &Site,
        configured: &Configured,
        document: &Document,
        draft: DocumentBody,
        version: u64,
    ) -> Result<Checked, Failure> {
        let members = self.store.members(&site.id).await?;
        let agents: BTreeSet<AgentId> =
            members.iter().filter(|member| member.active).map(|member| member.agent).collect();
        let groups = self.groups(&site.id, configured).await?;
        let group_ids: BTreeSet<FieldId> = groups.0.iter().map(|group| group.id.clone()).collect();
        let (value, judged_by) = match draft {
            DocumentBody::Triggers(draft) => {
                let known = triggers::draft::Known {
                    published: false,
                    origins: site.origins.clone(),
                    default_language: Some(configured.settings.general.default_language.clone()),
                    agents: Some(agents),
                    groups: Some(group_ids),
                    scenarios: Some(configured.scenarios().map(|(id, _)| id).collect()),
                };
                let triggers = draft.check(&known).map_err(Failure::Invalid)?;
                let scenarios = triggers.scenarios().into_iter().cloned().map(Document::Scenario);
                let judges = std::iter::once(Document::Groups).chain(scenarios);
                let judged_by = judges.map(|judge| stands(configured, judge)).collect();
                (DocumentValue::Triggers(triggers), judged_by)
            }
            DocumentBody::Groups(draft) => {
                let next = draft.check().map_err(Failure::Invalid)?;
                strangers(&next, &agents)?;
                let judged_by = self.unused_groups(&site.id, configured, &groups, &next).await?;
                (DocumentValue::Groups(next), judged_by)
            }
            DocumentBody::Scenario(draft) => {
                let fields = configured.settings.form.fields.iter().map(|field| field.id.clone());
                let known = scenario::draft::Known {
                    default_language: Some(configured.settings.general.default_language.clone()),
                    fields: Some(fields.collect()),
                    agents: Some(agents),
                    groups: Some(group_ids),
                };
                named(document, &draft.id, configured)?;
                let scenario = draft.check(version, &known).map_err(Failure::Invalid)?;
                (DocumentValue::Scenario(scenario), vec![stands(configured, Document::Groups)])
            }
        };
        let shown = DocumentBody::from(&value);
        Ok(Checked { body: value.write(), about: value.about(), shown, judged_by })
    }

    /// Groups that would be gone are used by no trigger and no scenario; what that was judged by.
    async fn unused_groups(
        &self,
        site: &SiteId,
        configured: &Configured,
        before: &Groups,
        next: &Groups,
    ) -> Result<Vec<(Document, u64)>, Failure> {
        let gone: Vec<_> = before.0.iter().filter(|group| next.get(&group.id).is_none()).collect();
        if gone.is_empty() {
            return Ok(Vec::new());
        }
        let (triggers, scenarios) =
            futures::try_join!(self.triggers(site, configured), self.standing_scenarios(site, configured))?;
        let mut problems = Vec::new();
        for group in gone {
            let trigger = triggers.using_group(&group.id).map(|trigger| ("trigger", &trigger.name));
            let scenario = scenarios.iter().find(|scenario| scenario.uses_group(&group.id));
            let scenario = scenario.map(|scenario| ("scenario", &scenario.name));
            if let Some((kind, name)) = trigger.or(scenario) {
                problems.push(in_use("groups", &format!("the group “{}”", group.name), kind, name));
            }
        }
        if !problems.is_empty() {
            return Err(Failure::Invalid(problems));
        }
        let scenarios = configured.scenarios().map(|(id, _)| Document::Scenario(id));
        let judges = std::iter::once(Document::Triggers).chain(scenarios);
        Ok(judges.map(|judge| stands(configured, judge)).collect())
    }

    /// No trigger starts the scenario; what that was judged by.
    pub(super) async fn unused_scenario(
        &self,
        site: &SiteId,
        configured: &Configured,
        id: &FieldId,
    ) -> Result<Vec<(Document, u64)>, Failure> {
        let triggers: Arc<Triggers> = self.triggers(site, configured).await?;
        match triggers.using_scenario(id) {
            Some(trigger) => {
                Err(Failure::Invalid(vec![in_use("id", "the scenario", "trigger", &trigger.name)]))
            }
            None => Ok(vec![stands(configured, Document::Triggers)]),
        }
    }

    async fn standing_scenarios(&self, site: &SiteId, configured: &Configured) -> Stored<Vec<Arc<Scenario>>> {
        let read = configured
            .scenarios()
            .map(|(id, info)| async move { self.scenario(site, &id, info.version).await });
        Ok(futures::future::try_join_all(read).await?.into_iter().flatten().collect())
    }
}

fn stands(configured: &Configured, document: Document) -> (Document, u64) {
    let standing = configured.documents.iter().find(|one| one.document == document);
    let version = standing.map_or(0, |standing| standing.version);
    (document, version)
}

/// Agents who are not of the team, by their place in the JSON.
fn strangers(groups: &Groups, agents: &BTreeSet<AgentId>) -> Result<(), Failure> {
    let problems: Vec<FieldError> = groups
        .0
        .iter()
        .enumerate()
        .filter(|(_, group)| !group.agents.is_subset(agents))
        .map(|(n, _)| FieldError {
            path: format!("groups[{n}].agents"),
            code: FieldCode::Unknown,
            message: "agents of this site only: somebody here is no longer of the team".into(),
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::Invalid(problems)) }
}

/// A scenario is published under its own name, and there are not too many of them.
fn named(document: &Document, id: &str, configured: &Configured) -> Result<(), Failure> {
    let problem =
        |code, message: String| Err(Failure::Invalid(vec![FieldError { path: "id".into(), code, message }]));
    if *document != FieldId::parse(id).map_or(Document::Triggers, Document::Scenario) {
        return problem(FieldCode::Format, "the id in the address".into());
    }
    let others = configured.scenarios().filter(|(other, _)| other.as_str() != id).count();
    if others >= MAX_SCENARIOS {
        return problem(FieldCode::TooMany, format!("at most {MAX_SCENARIOS} scenarios"));
    }
    Ok(())
}

fn in_use(path: &str, what: &str, kind: &str, name: &str) -> FieldError {
    FieldError {
        path: path.into(),
        code: FieldCode::InUse,
        message: format!("the {kind} “{name}” uses {what}: change that one first"),
    }
}
