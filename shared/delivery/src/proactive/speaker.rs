//! What a trigger shows, and in whose name.

use super::Context;
use crate::{Engine, Secret};
use domain::conversation::ByTrigger;
use domain::people::Member;
use domain::ports::{Document, Environment, Push, Store, Stored};
use domain::proactive::{Opens, Showing, Speaker};
use domain::settings::{FieldId, LocalText, fill};
use domain::triggers::{Action, Display, Online, Sender, Trigger};
use domain::visitors::Invitation;
use domain::{Timestamp, VisitorId};
use protocol::proactive::{Proactive, ProactiveAuthor, ProactiveMessage};
use protocol::triggers::MessageDisplay;

/// Something that is about to be shown, and what is kept of it.
pub(super) struct Composed {
    pub hash: [u8; 32],
    pub showing: Showing,
    pub proactive: Proactive,
}

/// Where a member's photo is, as a path of this API.
#[must_use]
pub fn photo_path(member: &Member) -> Option<String> {
    member.photo.map(|photo| format!("/v1/sites/{}/photos/{photo}", member.site))
}

fn agent(member: &Member) -> (Speaker, ProactiveAuthor) {
    let speaker = Speaker::Agent { id: member.agent, name: member.name.clone() };
    let author = ProactiveAuthor::Agent {
        id: member.agent.to_string(),
        name: member.name.clone(),
        title: Some(member.title.clone()).filter(|title| !title.is_empty()),
        photo: photo_path(member),
    };
    (speaker, author)
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// `None`: there is nothing to show; the scenario was taken away, say.
    pub(super) async fn composed(
        &self,
        context: &Context<'_>,
        trigger: &Trigger,
        online: &Online,
        visitor: Option<VisitorId>,
        language: Option<&str>,
        counted: bool,
    ) -> Stored<Option<Composed>> {
        let general = &context.picture.configured.settings.general;
        let (speaker, author) = self.speaker(context, trigger, online);
        let token = Secret::make("shn_", &self.env);
        let mut showing = Showing {
            site: context.from.site.clone(),
            trigger: Some(ByTrigger { id: trigger.id.clone(), name: trigger.name.clone() }),
            visitor,
            speaker,
            text: None,
            group: super::decide::group(trigger).cloned(),
            form: false,
            scenario: None,
            at: context.now,
            counted,
            answered: None,
        };
        let mut proactive = Proactive {
            shown: String::new(),
            trigger: Some(trigger.id.to_string()),
            author,
            message: None,
            open_window: false,
            show_form: false,
            scenario: None,
        };
        for action in &trigger.actions {
            match action {
                Action::Message(message) => {
                    let text = self.text(&message.texts, general, language);
                    showing.text = Some(text.clone());
                    proactive.message = Some(ProactiveMessage { text, display: display(message.display) });
                }
                Action::OpenWindow => proactive.open_window = true,
                Action::ShowForm => (showing.form, proactive.show_form) = (true, true),
                Action::AssignGroup(_) => {}
                Action::StartScenario(id) => {
                    let document = Document::Scenario(id.clone());
                    let configured = &context.picture.configured;
                    let Some(standing) = configured.document(&document) else { continue };
                    let scenario = self.scenario(&context.from.site, id, standing.version).await?;
                    let Some(scenario) = scenario else { continue };
                    let members = &context.picture.members;
                    let opening = self.opening_of(&scenario, configured, members, language);
                    // Where nothing is said there is nothing to answer.
                    let last = opening.said.last().and_then(|said| FieldId::parse(&said.step));
                    let Some(last) = last else { continue };
                    showing.scenario = Some(Opens { scenario: id.clone(), version: standing.version, last });
                    proactive.scenario = Some(opening);
                }
            }
        }
        let shows = proactive.message.is_some()
            || proactive.scenario.is_some()
            || proactive.open_window
            || proactive.show_form;
        let hash = token.hash();
        proactive.shown = token.reveal();
        Ok(shows.then_some(Composed { hash, showing, proactive }))
    }

    /// In the visitor's language, else in the site's, else in any.
    fn text(&self, texts: &LocalText, general: &domain::settings::General, language: Option<&str>) -> String {
        let text = texts.get(general.language_for(language)).or_else(|| texts.get(&general.default_language));
        let text = text.or_else(|| texts.values().next()).map_or("", String::as_str);
        fill(text, &[("shop", &general.name)])
    }

    /// Of a group one who is there, any of them; while the shop is closed one of its members. Whoever has left the shop meanwhile speaks no
    /// more: then the shop itself does.
    fn speaker(
        &self,
        context: &Context<'_>,
        trigger: &Trigger,
        online: &Online,
    ) -> (Speaker, ProactiveAuthor) {
        let members = context.picture.members.iter().filter(|member| member.active);
        let of = |group: &FieldId| context.groups.0.iter().find(|known| known.id == *group);
        let may = |member: &&Member| !online.shop || online.agents.contains(&member.agent);
        let candidates: Vec<&Member> = match trigger.sender() {
            Some(Sender::Agent(id)) => members.filter(|member| member.agent == *id).filter(may).collect(),
            Some(Sender::Group(group)) => of(group).map_or_else(Vec::new, |group| {
                members.filter(|member| group.agents.contains(&member.agent)).filter(may).collect()
            }),
            Some(Sender::Bot) | None => Vec::new(),
        };
        let some = usize::try_from(self.env.random() % (candidates.len().max(1) as u128)).unwrap_or(0);
        candidates.get(some).map_or_else(
            || {
                let name = context.picture.configured.settings.general.name.clone();
                (Speaker::Shop, ProactiveAuthor::Bot { name })
            },
            |member| agent(member),
        )
    }

    /// What an agent has written to one visitor.
    pub(super) fn written_by_hand(
        &self,
        invitation: &Invitation,
        member: &Member,
        visitor: Option<VisitorId>,
        now: Timestamp,
    ) -> Composed {
        let (speaker, author) = agent(member);
        let token = Secret::make("shn_", &self.env);
        let showing = Showing {
            site: member.site.clone(),
            trigger: None,
            visitor,
            speaker,
            text: Some(invitation.text.clone()),
            group: None,
            form: false,
            scenario: None,
            at: now,
            counted: false,
            answered: None,
        };
        let message =
            Some(ProactiveMessage { text: invitation.text.clone(), display: MessageDisplay::Teaser });
        let hash = token.hash();
        let proactive = Proactive {
            shown: token.reveal(),
            trigger: None,
            author,
            message,
            open_window: false,
            show_form: false,
            scenario: None,
        };
        Composed { hash, showing, proactive }
    }
}

const fn display(display: Display) -> MessageDisplay {
    match display {
        Display::Teaser => MessageDisplay::Teaser,
        Display::Bubble => MessageDisplay::Bubble,
        Display::Window => MessageDisplay::Window,
    }
}
