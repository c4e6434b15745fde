//! Triggers, groups and scenarios as they are published: one shape for all, as the settings' sections have theirs.

use crate::error::ParseError;
use crate::groups::{self, GroupSettings};
use crate::http::{PublishedSection, Revision};
use crate::scenarios::{self, ScenarioBody, ScenarioStart};
use crate::server::AgentName;
use crate::stored::{self, Unreadable};
use crate::triggers::{self, TriggerSettings, TriggerSieve};
use domain::groups::{Group, Groups};
use domain::ports::Document;
use domain::scenario::Scenario;
use domain::triggers::{Triggers, prefilter::prefilter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// A document's content, in its JSON form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "document", content = "value", rename_all = "snake_case")]
pub enum DocumentBody {
    Triggers(TriggerSettings),
    Groups(GroupSettings),
    Scenario(ScenarioBody),
}

impl DocumentBody {
    /// A field that there is not is refused.
    pub fn parse(document: &Document, value: Value) -> Result<Self, ParseError> {
        Ok(match document {
            Document::Triggers => Self::Triggers(TriggerSettings::parse(value)?),
            Document::Groups => Self::Groups(GroupSettings::parse(value)?),
            Document::Scenario(_) => Self::Scenario(ScenarioBody::parse(value)?),
        })
    }

    /// The content without its document's name.
    #[must_use]
    pub fn value(&self) -> Value {
        let mut tagged = serde_json::to_value(self).expect("documents are JSON");
        tagged["value"].take()
    }
}

/// Triggers, groups or a scenario as they were published. Version 0: never published, nothing is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, JsonSchema)]
pub struct PublishedDocument {
    #[serde(flatten)]
    pub body: DocumentBody,
    #[serde(flatten)]
    pub revision: Revision,
}

/// What stands where somebody else has published meanwhile: a section of the settings, or a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(untagged)]
pub enum Current {
    Section(PublishedSection),
    Document(PublishedDocument),
}

/// `GET /v1/agent/sites/{site}/scenarios`: by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ScenariosAnswer {
    pub scenarios: Vec<ScenarioInfo>,
}

/// A scenario without its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ScenarioInfo {
    pub id: String,
    pub name: String,
    pub start: ScenarioStart,
    pub version: u64,
    pub at: u64,
    pub by: AgentName,
}

/// In the public config: what a page needs to know to let the shop speak first. Absent where it never does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct ProactiveConfig {
    pub sieve: TriggerSieve,
    /// Agents watch the visitors: every page reports.
    pub live: bool,
    /// The groups that have an agent online, of which a shopper may choose one at the first message. Absent: there is nothing to choose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<GroupChoice>>")]
    pub groups: Vec<GroupChoice>,
    /// Among the groups stands "not sure": the message is for everyone.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub not_sure: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A group, as shoppers know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct GroupChoice {
    pub id: String,
    pub name: String,
}

impl From<&Group> for GroupChoice {
    fn from(group: &Group) -> Self {
        Self { id: group.id.to_string(), name: group.name.clone() }
    }
}

/// Bytes of a sieve in the public config, which every page of the shop reads.
const MAX_SIEVE_BYTES: usize = 7 * 1024;

/// What stands beside triggers' version: read with the settings, so that who needs no more reads no triggers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TriggersAbout {
    /// One of them is switched on.
    pub on: bool,
    pub sieve: TriggerSieve,
}

impl From<&Triggers> for TriggersAbout {
    fn from(triggers: &Triggers) -> Self {
        let mut sieve = TriggerSieve::from(&prefilter(triggers));
        let size = |sieve: &TriggerSieve| serde_json::to_string(sieve).map_or(0, |text| text.len());
        let everywhere = || vec![String::new()];
        // A sieve with wider holes is right, and costs a call here and there.
        if size(&sieve) > MAX_SIEVE_BYTES {
            sieve.events.values_mut().for_each(|pages| *pages = everywhere());
        }
        if size(&sieve) > MAX_SIEVE_BYTES {
            sieve.pages = everywhere();
        }
        Self { on: triggers.0.iter().any(|trigger| trigger.enabled), sieve }
    }
}

/// Likewise beside groups' version: what is asked whenever a conversation is given a group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GroupsAbout {
    pub groups: Vec<GroupChoice>,
}

impl From<&Groups> for GroupsAbout {
    fn from(groups: &Groups) -> Self {
        Self { groups: groups.0.iter().map(Into::into).collect() }
    }
}

/// Likewise beside a scenario's: its place in the list, and what starts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioAbout {
    pub name: String,
    pub start: ScenarioStart,
}

impl From<&Scenario> for ScenarioAbout {
    fn from(scenario: &Scenario) -> Self {
        Self { name: scenario.name.clone(), start: ScenarioBody::from(scenario).start }
    }
}

/// What stands beside a version, as it is stored.
#[must_use]
pub fn write_about(about: &impl Serialize) -> String {
    stored::write(about)
}

pub fn read_about<T: serde::de::DeserializeOwned>(stored: &str) -> Result<T, Unreadable> {
    stored::read("summary of a document", stored, Ok)
}

/// A document that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentValue {
    Triggers(Triggers),
    Groups(Groups),
    Scenario(Scenario),
}

impl DocumentValue {
    /// As it is stored.
    #[must_use]
    pub fn write(&self) -> String {
        match self {
            Self::Triggers(value) => triggers::write(value),
            Self::Groups(value) => groups::write(value),
            Self::Scenario(value) => scenarios::write(value),
        }
    }

    /// What stands beside its version.
    #[must_use]
    pub fn about(&self) -> String {
        match self {
            Self::Triggers(value) => write_about(&TriggersAbout::from(value)),
            Self::Groups(value) => write_about(&GroupsAbout::from(value)),
            Self::Scenario(value) => write_about(&ScenarioAbout::from(value)),
        }
    }

    pub fn read(document: &Document, stored: &str, version: u64) -> Result<Self, Unreadable> {
        Ok(match document {
            Document::Triggers => Self::Triggers(triggers::read(stored)?),
            Document::Groups => Self::Groups(groups::read(stored)?),
            Document::Scenario(_) => Self::Scenario(scenarios::read(stored, version)?),
        })
    }
}

impl From<&DocumentValue> for DocumentBody {
    fn from(value: &DocumentValue) -> Self {
        match value {
            DocumentValue::Triggers(value) => Self::Triggers(value.into()),
            DocumentValue::Groups(value) => Self::Groups(value.into()),
            DocumentValue::Scenario(value) => Self::Scenario(value.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ports::MAX_ABOUT_BYTES;
    use domain::triggers::Known;
    use serde_json::json;

    fn on_event(n: usize, page: &str) -> Value {
        json!({
            "id": format!("t{n}"), "name": format!("T{n}"), "enabled": true, "when": "both",
            "conditions": [
                {"kind": "event", "name": format!("{n:0>40}")},
                {"kind": "page", "is": true, "patterns": [{"kind": "contains", "text": format!("{page}{n}")}]},
            ],
            "actions": [{"kind": "open_window"}], "frequency": {"kind": "once_ever"},
        })
    }

    #[test]
    fn what_stands_beside_a_version_stays_small_however_large_the_document_is() {
        let about = |n: usize, page: &str| {
            let triggers: Vec<Value> = (0..n).map(|n| on_event(n, page)).collect();
            let settings = TriggerSettings::parse(json!({"triggers": triggers})).unwrap();
            TriggersAbout::from(&settings.check(&Known::default()).unwrap())
        };
        let small = about(3, "/p/");
        assert_eq!(small.sieve.events.len(), 3);
        assert!(small.sieve.events.values().all(|pages| pages[0].starts_with("/p/")));
        let large = about(100, &"x".repeat(400));
        assert_eq!(large.sieve.events.len(), 100);
        assert!(large.sieve.events.values().all(|pages| *pages == [""]));
        let groups = (0..domain::groups::MAX_GROUPS).map(|n| {
            let id = format!("{n:0>40}");
            json!({"id": id, "name": format!("{n}{}", "🛒".repeat(58)), "agents": []})
        });
        let groups = json!({"groups": groups.collect::<Vec<_>>()});
        let groups = GroupSettings::parse(groups).unwrap().check().unwrap();
        for about in [DocumentValue::Groups(groups).about(), write_about(&large)] {
            assert!(about.len() <= MAX_ABOUT_BYTES, "{}", about.len());
        }
        assert_eq!(read_about::<TriggersAbout>(&write_about(&large)), Ok(large));
    }
}
