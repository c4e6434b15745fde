//! What triggers lean on: a group or a scenario that one of them uses is not taken away behind its back.

use super::{Action, Sender, Trigger, Triggers};
use crate::settings::FieldId;
use std::collections::BTreeSet;

impl Trigger {
    /// It speaks for the group, or assigns it.
    #[must_use]
    pub fn uses_group(&self, group: &FieldId) -> bool {
        self.actions.iter().any(|action| match action {
            Action::AssignGroup(assigned) => assigned == group,
            Action::Message(message) => message.sender == Sender::Group(group.clone()),
            Action::StartScenario(_) | Action::OpenWindow | Action::ShowForm => false,
        })
    }

    #[must_use]
    pub fn scenario(&self) -> Option<&FieldId> {
        self.actions.iter().find_map(|action| match action {
            Action::StartScenario(scenario) => Some(scenario),
            _ => None,
        })
    }
}

impl Triggers {
    /// Whether they are switched on or not: one that is off is not to break when it is switched on.
    #[must_use]
    pub fn using_group(&self, group: &FieldId) -> Option<&Trigger> {
        self.0.iter().find(|trigger| trigger.uses_group(group))
    }

    #[must_use]
    pub fn using_scenario(&self, scenario: &FieldId) -> Option<&Trigger> {
        self.0.iter().find(|trigger| trigger.scenario() == Some(scenario))
    }

    #[must_use]
    pub fn scenarios(&self) -> BTreeSet<&FieldId> {
        self.0.iter().filter_map(Trigger::scenario).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::draft::{Draft, DraftAction, DraftFrequency, DraftSender, Known};
    use super::super::{Display, When, check};
    use super::*;

    #[test]
    fn a_trigger_uses_the_group_that_it_speaks_for_or_assigns_and_the_scenario_that_it_starts() {
        let draft = |id: &str, action| Draft {
            id: id.into(),
            name: id.into(),
            enabled: false,
            when: When::Both,
            conditions: Vec::new(),
            actions: vec![action],
            frequency: DraftFrequency::OnceEver,
        };
        let texts = vec![("en".to_owned(), "Hello".to_owned())];
        let sender = DraftSender::Group("sales".into());
        let drafts = [
            draft("says", DraftAction::Message { sender, texts, display: Display::Teaser }),
            draft("assigns", DraftAction::AssignGroup { group: "care".into() }),
            draft("starts", DraftAction::StartScenario { scenario: "help".into() }),
            draft("opens", DraftAction::OpenWindow),
        ];
        let triggers = check(&drafts, &Known::default()).unwrap();
        let id = |text: &str| FieldId::parse(text).unwrap();
        let by = |trigger: Option<&Trigger>| trigger.map(|trigger| trigger.name.clone());
        assert_eq!(by(triggers.using_group(&id("sales"))).as_deref(), Some("says"));
        assert_eq!(by(triggers.using_group(&id("care"))).as_deref(), Some("assigns"));
        assert_eq!(by(triggers.using_group(&id("help"))), None);
        assert_eq!(by(triggers.using_scenario(&id("help"))).as_deref(), Some("starts"));
        assert_eq!(by(triggers.using_scenario(&id("sales"))), None);
        assert_eq!(triggers.scenarios(), BTreeSet::from([&id("help")]));
    }
}
