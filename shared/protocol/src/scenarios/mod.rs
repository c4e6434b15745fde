//! Scenarios as they are stored and served: one JSON form for both, the picture included.

mod running;

pub use running::{
    BotAt, BotMark, BotState, Chosen, OfferedButton, ScenarioOpening, ScenarioSaid, SeenOpening, TriedAt,
    TriedEffect, TriedEvent, TriedState, TryAnswer, TryRequest,
};

use crate::error::ParseError;
use crate::settings::LocalText;
use crate::stored::{self, Unreadable};
use domain::fields::FieldError;
use domain::scenario as ds;
use domain::scenario::draft::{Draft, DraftButton, DraftNext, DraftStep, DraftTo, Known};
use domain::settings::FieldId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Its version is the one under which it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ScenarioBody {
    /// 1 to 40 of `a-z`, `0-9`, `-` and `_`, as all ids here.
    pub id: String,
    /// For agents only, 1 to 80 characters.
    pub name: String,
    pub start: ScenarioStart,
    /// A step that says something.
    pub first: String,
    /// Where it begins while the shop is offline, if elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub offline: Option<String>,
    /// 1 to 200.
    pub steps: Vec<ScenarioStep>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScenarioStart {
    ByTrigger,
    /// A shopper without an open conversation opens the window.
    OnOpening,
    /// A shopper's first message.
    FirstResponder,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ScenarioStep {
    pub id: String,
    /// By language, at most 2,000 characters, may use `{shop}`. Without any nothing is said.
    pub texts: LocalText,
    /// Absent after a step that says nothing: a person goes on. After one that says something it must be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub next: Option<ScenarioNext>,
    /// On the picture.
    pub x: i64,
    pub y: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ScenarioNext {
    /// 1 to 10.
    Buttons {
        buttons: Vec<ScenarioButton>,
    },
    Go {
        to: String,
    },
    /// A field of the intake form; passed over when it is known.
    Ask {
        field: String,
        then: String,
    },
    HandOver {
        to: ScenarioTo,
        /// The branch while the shop is offline.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        offline: Option<String>,
    },
    End {
        restart: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ScenarioButton {
    pub id: String,
    /// By language, one in the default language; at most 80 characters.
    pub labels: LocalText,
    pub goes: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ScenarioTo {
    /// With braces, so that a field that there is not is refused here too.
    Anyone {},
    Group {
        group: String,
    },
    Agent {
        agent: String,
    },
}

impl ScenarioBody {
    /// A field that there is not is refused.
    pub fn parse(value: Value) -> Result<Self, ParseError> {
        stored::parse(value)
    }

    /// What the rules work with, or every refusal. `version`: the one it is to be published under.
    pub fn check(self, version: u64, known: &Known) -> Result<ds::Scenario, Vec<FieldError>> {
        let start = match self.start {
            ScenarioStart::ByTrigger => ds::Start::ByTrigger,
            ScenarioStart::OnOpening => ds::Start::OnOpening,
            ScenarioStart::FirstResponder => ds::Start::FirstResponder,
        };
        let steps = self.steps.into_iter().map(Into::into).collect();
        let draft = Draft {
            id: self.id,
            version,
            name: self.name,
            start,
            first: self.first,
            offline: self.offline,
            steps,
        };
        ds::check(&draft, known)
    }
}

impl From<ScenarioStep> for DraftStep {
    fn from(step: ScenarioStep) -> Self {
        let button = |button: ScenarioButton| DraftButton {
            id: button.id,
            labels: button.labels.into_iter().collect(),
            goes: button.goes,
        };
        let next = step.next.map(|next| match next {
            ScenarioNext::Buttons { buttons } => {
                DraftNext::Buttons(buttons.into_iter().map(button).collect())
            }
            ScenarioNext::Go { to } => DraftNext::Go { to },
            ScenarioNext::Ask { field, then } => DraftNext::Ask { field, then },
            ScenarioNext::HandOver { to, offline } => DraftNext::HandOver {
                to: match to {
                    ScenarioTo::Anyone {} => DraftTo::Anyone,
                    ScenarioTo::Group { group } => DraftTo::Group(group),
                    ScenarioTo::Agent { agent } => DraftTo::Agent(agent),
                },
                offline,
            },
            ScenarioNext::End { restart } => DraftNext::End { restart },
        });
        Self { id: step.id, texts: step.texts.into_iter().collect(), next, place: (step.x, step.y) }
    }
}

impl From<&ds::To> for ScenarioTo {
    fn from(to: &ds::To) -> Self {
        match to {
            ds::To::Anyone => Self::Anyone {},
            ds::To::Group(group) => Self::Group { group: group.to_string() },
            ds::To::Agent(agent) => Self::Agent { agent: agent.to_string() },
        }
    }
}

fn local(texts: &domain::settings::LocalText) -> LocalText {
    texts.iter().map(|(language, text)| (language.to_string(), text.clone())).collect()
}

impl From<&ds::Scenario> for ScenarioBody {
    fn from(scenario: &ds::Scenario) -> Self {
        Self {
            id: scenario.id.to_string(),
            name: scenario.name.clone(),
            start: match scenario.start {
                ds::Start::ByTrigger => ScenarioStart::ByTrigger,
                ds::Start::OnOpening => ScenarioStart::OnOpening,
                ds::Start::FirstResponder => ScenarioStart::FirstResponder,
            },
            first: scenario.first.to_string(),
            offline: scenario.offline.as_ref().map(ToString::to_string),
            steps: scenario.steps.iter().map(|(id, step)| shown(id, step)).collect(),
        }
    }
}

fn shown(id: &FieldId, step: &ds::Step) -> ScenarioStep {
    let button = |button: &ds::Button| ScenarioButton {
        id: button.id.to_string(),
        labels: local(&button.labels),
        goes: button.goes.to_string(),
    };
    let next = match &step.next {
        ds::Next::Buttons(buttons) => ScenarioNext::Buttons { buttons: buttons.iter().map(button).collect() },
        ds::Next::Go(to) => ScenarioNext::Go { to: to.to_string() },
        ds::Next::Ask { field, then } => {
            ScenarioNext::Ask { field: field.to_string(), then: then.to_string() }
        }
        ds::Next::HandOver { to, offline } => {
            ScenarioNext::HandOver { to: to.into(), offline: offline.as_ref().map(ToString::to_string) }
        }
        ds::Next::End { restart } => ScenarioNext::End { restart: *restart },
    };
    let (x, y) = step.place;
    ScenarioStep { id: id.to_string(), texts: local(&step.texts), next: Some(next), x: x.into(), y: y.into() }
}

/// As it is stored, under its version.
#[must_use]
pub fn write(scenario: &ds::Scenario) -> String {
    stored::write(&ScenarioBody::from(scenario))
}

/// What was checked when it was published; nothing is asked of the site again.
pub fn read(stored: &str, version: u64) -> Result<ds::Scenario, Unreadable> {
    stored::read("scenario", stored, |body: ScenarioBody| body.check(version, &Known::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fields::FieldCode;
    use serde_json::json;

    fn help() -> Value {
        let agent = "agt_018f3b1e-7c1a-7000-8000-000000000001";
        let says = |id: &str, text: &str, next: Value| json!({"id": id, "texts": {"en": text}, "next": next, "x": 10, "y": -20});
        let button =
            |id: &str, goes: &str| json!({"id": id, "labels": {"en": id, "es": "Botón"}, "goes": goes});
        json!({"id": "help", "name": "Help", "start": "on_opening", "first": "a", "offline": "e", "steps": [
            says("a", "Hello from {shop}", json!({"kind": "buttons", "buttons": [button("order", "b"), button("buy", "c"), button("mail", "d")]})),
            says("b", "One moment", json!({"kind": "go", "to": "f"})),
            says("c", "To sales", json!({"kind": "hand_over", "to": {"kind": "group", "group": "sales"}, "offline": "e"})),
            says("d", "To Ana", json!({"kind": "hand_over", "to": {"kind": "agent", "agent": agent}})),
            says("e", "We are closed", json!({"kind": "ask", "field": "email", "then": "f"})),
            says("f", "Thank you", json!({"kind": "end", "restart": true})),
        ]})
    }

    #[test]
    fn a_scenario_is_read_as_it_was_written() {
        let body = ScenarioBody::parse(help()).unwrap();
        let scenario = body.clone().check(7, &Known::default()).unwrap();
        assert_eq!(scenario.version, 7);
        assert_eq!(ScenarioBody::from(&scenario), body);
        assert_eq!(serde_json::to_value(&body).unwrap(), help());
        assert_eq!(read(&write(&scenario), 7), Ok(scenario));
    }

    #[test]
    fn its_faults_are_named_by_their_place_in_the_json() {
        let check = |change: &dyn Fn(&mut Value), path: &str, code: FieldCode| {
            let mut body = help();
            change(&mut body);
            let errors = ScenarioBody::parse(body).unwrap().check(1, &Known::default()).unwrap_err();
            assert_eq!((errors[0].path.as_str(), errors[0].code), (path, code));
        };
        let set = |pointer: &'static str, value: Value| {
            move |body: &mut Value| *body.pointer_mut(pointer).unwrap() = value.clone()
        };
        let wrong = set("/steps/0/next/buttons/1/goes", json!("nowhere"));
        check(&wrong, "steps[0].next.buttons[1].goes", FieldCode::Unknown);
        check(&set("/steps/1/next", Value::Null), "steps[1].next", FieldCode::DeadEnd);
        check(&set("/steps/0/texts", json!({})), "steps[0].texts", FieldCode::Required);
        check(&set("/steps/1/next/to", json!("b")), "steps[1]", FieldCode::Endless);
        let mut body = help();
        body["steps"][0]["next"]["secret"] = json!(1);
        assert!(ScenarioBody::parse(body).is_err());
    }
}
