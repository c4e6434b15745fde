//! Trying a scenario that need not be published: the rules of `domain::scenario`, with the state kept by whoever tries.

use crate::settings::admin;
use crate::{Engine, Failure};
use domain::fields::{FieldCode, FieldError};
use domain::people::{Actor, Site};
use domain::ports::{Environment, Push, Store};
use domain::scenario::draft::Known;
use domain::scenario::{Setting, Stepped, begin, step};
use domain::settings::FieldId;
use protocol::scenarios::{ScenarioBody, TriedEffect, TryAnswer, TryRequest};

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// What the bot does with one event, or at its beginning. Nothing is kept.
    pub async fn try_scenario(
        &self,
        actor: &Actor,
        site: &Site,
        asked: TryRequest,
    ) -> Result<TryAnswer, Failure> {
        admin(actor, &site.id)?;
        let (configured, members) =
            futures::try_join!(self.configured(site), async { Ok(self.store.members(&site.id).await?) })?;
        let groups = self.groups(&site.id, &configured).await?;
        let settings = &configured.settings;
        let known = Known {
            default_language: Some(settings.general.default_language.clone()),
            fields: Some(settings.form.fields.iter().map(|field| field.id.clone()).collect()),
            agents: Some(members.iter().filter(|member| member.active).map(|member| member.agent).collect()),
            groups: Some(groups.0.iter().map(|group| group.id.clone()).collect()),
        };
        // As the version that it would be is nobody's to know, it is tried as its first.
        let scenario = ScenarioBody::parse(asked.value)?.check(1, &known).map_err(Failure::Invalid)?;
        let setting = Setting {
            online: asked.online,
            language: settings.general.language_for(Some(&asked.language)),
            default_language: &settings.general.default_language,
            shop: &settings.general.name,
            known: &asked.known.iter().filter_map(|id| FieldId::parse(id)).collect(),
        };
        let stepped = match (asked.state, asked.event) {
            (Some(state), Some(event)) => {
                let state = state.of(&scenario).ok_or_else(|| unreadable("state.at.step"))?;
                let event = event.event().ok_or_else(|| unreadable("event.button"))?;
                step(&scenario, &state, &event, &setting)
            }
            _ => begin(&scenario, &setting),
        };
        let Stepped { effects, state } = stepped;
        Ok(TryAnswer { effects: effects.iter().map(TriedEffect::from).collect(), state: (&state).into() })
    }
}

fn unreadable(path: &str) -> Failure {
    let message = "an id of this scenario".to_owned();
    Failure::Invalid(vec![FieldError { path: path.to_owned(), code: FieldCode::Format, message }])
}
