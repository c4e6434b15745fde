//! Groups of agents (A4) as they are stored and served.

use crate::error::ParseError;
use crate::stored::{self, Unreadable};
use domain::fields::FieldError;
use domain::groups::{Draft, Groups};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct GroupSettings {
    /// At most 50, in the merchant's order.
    pub groups: Vec<GroupBody>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct GroupBody {
    /// 1 to 40 of `a-z`, `0-9`, `-` and `_`; stays when the name changes.
    pub id: String,
    /// 1 to 60 characters.
    pub name: String,
    /// Ids, at most 200.
    pub agents: Vec<String>,
}

impl GroupSettings {
    /// A field that there is not is refused.
    pub fn parse(value: Value) -> Result<Self, ParseError> {
        stored::parse(value)
    }

    /// The groups, or every refusal.
    pub fn check(self) -> Result<Groups, Vec<FieldError>> {
        let draft = |group: GroupBody| Draft { id: group.id, name: group.name, agents: group.agents };
        Groups::parse(&self.groups.into_iter().map(draft).collect::<Vec<_>>())
    }
}

impl From<&Groups> for GroupSettings {
    fn from(groups: &Groups) -> Self {
        let group = |group: &domain::groups::Group| GroupBody {
            id: group.id.to_string(),
            name: group.name.clone(),
            agents: group.agents.iter().map(ToString::to_string).collect(),
        };
        Self { groups: groups.0.iter().map(group).collect() }
    }
}

/// As it is stored.
#[must_use]
pub fn write(groups: &Groups) -> String {
    stored::write(&GroupSettings::from(groups))
}

pub fn read(stored: &str) -> Result<Groups, Unreadable> {
    stored::read("groups", stored, GroupSettings::check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn groups_are_read_as_they_were_written() {
        let agent = "agt_018f3b1e-7c1a-7000-8000-000000000001";
        let value = json!({"groups": [{"id": "sales", "name": "Sales", "agents": [agent]}, {"id": "care", "name": "Care", "agents": []}]});
        let groups = GroupSettings::parse(value.clone()).unwrap().check().unwrap();
        assert_eq!(read(&write(&groups)), Ok(groups.clone()));
        assert_eq!(serde_json::to_value(GroupSettings::from(&groups)).unwrap(), value);
        let error = GroupSettings::parse(json!({"groups": [], "secret": 1})).unwrap_err();
        assert_eq!(error.code, crate::ErrorCode::UnknownField);
        for wrong in [
            "secret",
            r#"{"shape": 2, "value": {"groups": []}}"#,
            r#"{"shape": 1, "value": {"groups": [{"id": "secret!", "name": "a", "agents": []}]}}"#,
        ] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
