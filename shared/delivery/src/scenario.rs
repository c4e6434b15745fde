//! Scenarios in conversations: the rules are `domain::scenario` and `domain::conversation`; here they are given the version that a chat
//! is in, and the present.
//!
//! A chat goes on with the version that it began with. An opening that a shopper has seen is one of a version, too: it may have been shown
//! an hour ago, and is believed in by its names alone, where that version begins like this.

use crate::command::Before;
use crate::intake::unasked;
use crate::proactive::Answered;
use crate::settings::Configured;
use crate::{Engine, Failure};
use domain::SiteId;
use domain::availability::Shop;
use domain::conversation::{BotBegins, BotPart, Command, Head, Log, Surroundings};
use domain::people::{Member, Shopper, Site};
use domain::ports::{Environment, Push, Store, StoreError, Stored};
use domain::scenario::{At, Effect, Offered, Scenario, Setting, Start, State, begin};
use domain::settings::FieldId;
use protocol::scenarios::{ScenarioOpening, ScenarioSaid, ScenarioStart, SeenOpening};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How far back the words are looked for that offered what was chosen, where their version is gone.
const LAST_WORDS: usize = 40;

/// A site and a shopper, as they are now.
pub(crate) struct Here<'a> {
    pub site: &'a Site,
    pub configured: &'a Configured,
    pub members: &'a [Member],
    pub shopper: Option<&'a Shopper>,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// The command with what a bot has to know, where it awaits just this.
    pub(crate) async fn with_surroundings(&self, head: &Head, mut command: Command) -> Stored<Command> {
        let Some(state) = &head.scenario else { return Ok(command) };
        match (&mut command, &state.at) {
            (Command::Choose { turn, around, .. }, At::Buttons(_)) if *turn == state.turn => {
                *around = Some(self.surroundings(head, state).await?);
            }
            (Command::Restart { turn, around }, At::Ended { restart: true }) if *turn == state.turn => {
                *around = Some(self.surroundings(head, state).await?);
            }
            (Command::Answer(answering), At::Asking(_)) => {
                answering.around = Some(self.surroundings(head, state).await?);
            }
            _ => {}
        }
        Ok(command)
    }

    async fn surroundings(&self, head: &Head, state: &State) -> Stored<Box<Surroundings>> {
        let (site, published, members, shopper) = futures::try_join!(
            self.store.site(&head.site),
            self.store.published(&head.site),
            self.store.members(&head.site),
            self.store.shopper(head.shopper),
        )?;
        let site = site.ok_or_else(|| StoreError::Broken("a conversation's site".into()))?;
        let configured = Configured::of(&site, published);
        let version = match state.at {
            // It begins anew, with what is published by now.
            At::Ended { .. } => standing(&configured, &state.scenario).map(|(version, _)| version),
            _ => Some(state.version),
        };
        let scenario = match version {
            Some(version) => self.scenario(&head.site, &state.scenario, version).await?,
            None => None,
        };
        let here =
            Here { site: &site, configured: &configured, members: &members, shopper: shopper.as_ref() };
        let mut around = self.around(&here, scenario);
        if around.scenario.is_none() {
            tracing::warn!(conversation = %head.id, scenario = %state.scenario, "nobody has kept its version: a person goes on");
            around.offered = self.offered(head, state.turn).await?;
        }
        Ok(Box::new(around))
    }

    fn around(&self, here: &Here<'_>, scenario: Option<Arc<Scenario>>) -> Surroundings {
        let settings = &here.configured.settings;
        let general = &settings.general;
        let now = self.env.now();
        let active = here.members.iter().filter(|member| member.active);
        let groups = scenario.iter().flat_map(|scenario| scenario.groups());
        Surroundings {
            groups: groups.filter_map(|id| here.configured.group(id.as_str())).collect(),
            scenario,
            online: Shop::at(settings.hours.status(now), here.members, now).is_online(),
            language: general
                .language_for(here.shopper.and_then(|shopper| shopper.language.as_deref()))
                .clone(),
            default_language: general.default_language.clone(),
            shop: general.name.clone(),
            questions: unasked(settings, here.shopper, &BTreeSet::new()),
            known: here.shopper.map(Shopper::known).unwrap_or_default(),
            agents: active.map(|member| (member.agent, member.name.clone())).collect(),
            offered: Vec::new(),
        }
    }

    /// What the last words of this turn offered.
    async fn offered(&self, head: &Head, turn: u64) -> Stored<Vec<Offered>> {
        let last = self.store.entries_back(head.id, Log::Thread, head.numbers.t, LAST_WORDS).await?;
        let offered = last.into_iter().find_map(|entry| match entry.bot?.part {
            BotPart::Said { turn: of, buttons, .. } if of == turn && !buttons.is_empty() => Some(buttons),
            _ => None,
        });
        Ok(offered.unwrap_or_default())
    }

    /// The scenario that a conversation begins with: the opening that its shopper has seen, or the site's first responder.
    pub(crate) async fn begins_with(
        &self,
        here: &Here<'_>,
        before: &Before,
        answers: Option<&Answered>,
    ) -> Stored<Option<BotBegins>> {
        // Who answers what the shop has shown them is answered by whoever showed it, and by nothing else: what a browser says of it
        // counts for nothing.
        let seen = match (answers, &before.opening) {
            (Some(answers), _) => self.shown_opening(here, answers).await?,
            (None, Some(seen)) => self.seen_opening(here, seen).await?,
            (None, None) => return self.first_responder(here).await,
        };
        Ok(seen.map(|(scenario, last)| BotBegins::Seen(Box::new(self.around(here, Some(scenario))), last)))
    }

    async fn first_responder(&self, here: &Here<'_>) -> Stored<Option<BotBegins>> {
        let Some(scenario) =
            self.standing_of(here.configured, &here.site.id, ScenarioStart::FirstResponder).await?
        else {
            return Ok(None);
        };
        Ok(Some(BotBegins::Answers(Box::new(self.around(here, Some(scenario))))))
    }

    /// The version that a trigger has shown the beginning of, and the last that was said; however it starts else.
    async fn shown_opening(
        &self,
        here: &Here<'_>,
        answers: &Answered,
    ) -> Stored<Option<(Arc<Scenario>, FieldId)>> {
        let Some(opens) = &answers.showing.scenario else { return Ok(None) };
        let scenario = self.published_version(here, &opens.scenario, opens.version).await?;
        Ok(scenario.map(|scenario| (scenario, opens.last.clone())))
    }

    /// The version that a shopper has seen the beginning of, if that is how it begins, and the last that was said.
    async fn seen_opening(
        &self,
        here: &Here<'_>,
        seen: &SeenOpening,
    ) -> Stored<Option<(Arc<Scenario>, FieldId)>> {
        let (Some(id), Some(last)) = (FieldId::parse(&seen.scenario), FieldId::parse(&seen.step)) else {
            return Ok(None);
        };
        let scenario = self.published_version(here, &id, seen.version).await?;
        let opens = scenario.filter(|scenario| scenario.start == Start::OnOpening);
        Ok(opens.map(|scenario| (scenario, last)))
    }

    /// A version that was published, of a scenario that stands.
    async fn published_version(
        &self,
        here: &Here<'_>,
        id: &FieldId,
        version: u64,
    ) -> Stored<Option<Arc<Scenario>>> {
        let stands = standing(here.configured, id).is_some_and(|(latest, _)| (1..=latest).contains(&version));
        if !stands {
            return Ok(None);
        }
        self.scenario(&here.site.id, id, version).await
    }

    /// The one that starts like this; of several the first by its id.
    async fn standing_of(
        &self,
        configured: &Configured,
        site: &SiteId,
        start: ScenarioStart,
    ) -> Stored<Option<Arc<Scenario>>> {
        let mut standing: Vec<_> = configured.scenarios().filter(|(_, info)| info.start == start).collect();
        standing.sort_by(|(a, _), (b, _)| a.cmp(b));
        match standing.into_iter().next() {
            Some((id, info)) => self.scenario(site, &id, info.version).await,
            None => Ok(None),
        }
    }

    /// What a bot says to whoever opens the window, in the site's language nearest to `language`.
    pub async fn scenario_opening(
        &self,
        site: &Site,
        configured: &Configured,
        language: Option<&str>,
    ) -> Result<Option<ScenarioOpening>, Failure> {
        let scenario = self.standing_of(configured, &site.id, ScenarioStart::OnOpening).await?;
        let Some(scenario) = scenario else { return Ok(None) };
        let members = self.store.members(&site.id).await?;
        Ok(Some(self.opening_of(&scenario, configured, &members, language)))
    }

    /// What `scenario` says before there is a conversation, as things are now. Of whom, nobody knows: a question ends it.
    pub fn opening_of(
        &self,
        scenario: &Scenario,
        configured: &Configured,
        members: &[Member],
        language: Option<&str>,
    ) -> ScenarioOpening {
        let settings = &configured.settings;
        let now = self.env.now();
        let begun = begin(
            scenario,
            &Setting {
                online: Shop::at(settings.hours.status(now), members, now).is_online(),
                language: settings.general.language_for(language),
                default_language: &settings.general.default_language,
                shop: &settings.general.name,
                known: &BTreeSet::new(),
            },
        );
        let said = begun.effects.into_iter().filter_map(|effect| match effect {
            Effect::Say { step, text, buttons } => Some(ScenarioSaid {
                step: step.to_string(),
                text,
                buttons: buttons.iter().map(Into::into).collect(),
            }),
            _ => None,
        });
        ScenarioOpening {
            scenario: scenario.id.to_string(),
            version: scenario.version,
            turn: begun.state.turn,
            said: said.collect(),
        }
    }
}

/// The version of a scenario that stands, and how it starts.
fn standing(configured: &Configured, id: &FieldId) -> Option<(u64, ScenarioStart)> {
    configured.scenarios().find(|(other, _)| other == id).map(|(_, info)| (info.version, info.start))
}
