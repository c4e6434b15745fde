//! Groups (A4): a name and agents. A conversation gets its group from the page's code, a trigger, an agent, or the
//! shopper's choice.

use crate::AgentId;
use crate::fields::{FieldCode, FieldError, FieldErrors};
use crate::settings::{FieldId, TextSpec};
use std::collections::BTreeSet;

/// Groups of one site.
pub const MAX_GROUPS: usize = 50;
/// Agents of one group.
pub const MAX_GROUP_AGENTS: usize = 200;
/// Characters in a group's name.
pub const MAX_GROUP_NAME: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Stays when the name changes: conversations and triggers bear it.
    pub id: FieldId,
    pub name: String,
    /// May be empty: such a group is offered to nobody.
    pub agents: BTreeSet<AgentId>,
}

/// The groups of a site, in the merchant's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Groups(pub Vec<Group>);

/// A group as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub id: String,
    pub name: String,
    pub agents: Vec<String>,
}

impl Groups {
    /// Paths are `groups[0].name`. An agent who is no member of the site any more is kept: they take part in nothing.
    pub fn parse(drafts: &[Draft]) -> Result<Self, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        if drafts.len() > MAX_GROUPS {
            errors.add("groups", FieldCode::TooMany, format!("at most {MAX_GROUPS} groups"));
        }
        let mut groups: Vec<Group> = Vec::new();
        for (n, draft) in drafts.iter().take(MAX_GROUPS).enumerate() {
            let path = |field: &str| format!("groups[{n}].{field}");
            let id = FieldId::parse(&draft.id);
            match &id {
                None => errors.add(path("id"), FieldCode::Format, "1 to 40 of a-z, 0-9, - and _"),
                Some(id) if groups.iter().any(|group| group.id == *id) => {
                    errors.add(path("id"), FieldCode::Duplicate, "another group has this id");
                }
                Some(_) => {}
            }
            let name = draft.name.trim();
            if name.is_empty() {
                errors.add(path("name"), FieldCode::Required, "the group's name");
            } else if let Some((code, message)) = TextSpec::line(MAX_GROUP_NAME, &[]).problem(name) {
                errors.add(path("name"), code, message);
            } else if groups.iter().any(|group| group.name == name) {
                errors.add(path("name"), FieldCode::Duplicate, "another group has this name");
            }
            if draft.agents.len() > MAX_GROUP_AGENTS {
                errors.add(path("agents"), FieldCode::TooMany, format!("at most {MAX_GROUP_AGENTS} agents"));
            }
            let mut agents = BTreeSet::new();
            for (k, agent) in draft.agents.iter().take(MAX_GROUP_AGENTS).enumerate() {
                match agent.parse() {
                    Err(_) => errors.add(path(&format!("agents[{k}]")), FieldCode::Format, "an agent's id"),
                    Ok(agent) if !agents.insert(agent) => {
                        errors.add(
                            path(&format!("agents[{k}]")),
                            FieldCode::Duplicate,
                            "is in the group already",
                        );
                    }
                    Ok(_) => {}
                }
            }
            if let Some(id) = id {
                groups.push(Group { id, name: name.to_owned(), agents });
            }
        }
        errors.finish(Self(groups))
    }

    #[must_use]
    pub fn get(&self, id: &FieldId) -> Option<&Group> {
        self.0.iter().find(|group| group.id == *id)
    }

    /// Those with an agent in `online`: what a shopper may be offered, and what a trigger may speak for.
    #[must_use]
    pub fn online(&self, online: &BTreeSet<AgentId>) -> BTreeSet<FieldId> {
        let here = |group: &&Group| !group.agents.is_disjoint(online);
        self.0.iter().filter(here).map(|group| group.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: &str = "agt_018f3b1e-7c1a-7000-8000-000000000001";

    fn draft(id: &str, name: &str, agents: &[&str]) -> Draft {
        Draft {
            id: id.into(),
            name: name.into(),
            agents: agents.iter().map(|agent| (*agent).to_owned()).collect(),
        }
    }

    #[test]
    fn every_wrong_field_of_a_group_is_named() {
        let check = |drafts: &[Draft], expect: &[(&str, FieldCode)]| {
            let found = Groups::parse(drafts).err().unwrap_or_default();
            let found: Vec<_> = found.iter().map(|error| (error.path.as_str(), error.code)).collect();
            assert_eq!(found, expect);
        };
        check(&[draft("sales", "Sales", &[ANA]), draft("care", "Care", &[])], &[]);
        check(
            &[draft("Sales", "", &["ana"])],
            &[
                ("groups[0].id", FieldCode::Format),
                ("groups[0].name", FieldCode::Required),
                ("groups[0].agents[0]", FieldCode::Format),
            ],
        );
        check(
            &[draft("a", "Sales", &[ANA, ANA]), draft("a", "Sales ", &[])],
            &[
                ("groups[0].agents[1]", FieldCode::Duplicate),
                ("groups[1].id", FieldCode::Duplicate),
                ("groups[1].name", FieldCode::Duplicate),
            ],
        );
        check(&[draft("a", &"x".repeat(61), &[])], &[("groups[0].name", FieldCode::TooLong)]);
        let many: Vec<_> = (0..=MAX_GROUPS).map(|n| draft(&format!("g{n}"), &format!("G{n}"), &[])).collect();
        check(&many, &[("groups", FieldCode::TooMany)]);
        let agents: Vec<_> =
            (0..=MAX_GROUP_AGENTS).map(|n| AgentId(uuid::Uuid::from_u128(n as u128)).to_string()).collect();
        let crowd = Draft { id: "a".into(), name: "A".into(), agents };
        check(&[crowd], &[("groups[0].agents", FieldCode::TooMany)]);
    }

    #[test]
    fn a_4_a_group_is_online_when_one_of_its_agents_is() {
        let groups = Groups::parse(&[draft("sales", "Sales", &[ANA]), draft("care", "Care", &[])]).unwrap();
        assert!(groups.online(&BTreeSet::new()).is_empty());
        let online = groups.online(&BTreeSet::from([ANA.parse().unwrap()]));
        assert_eq!(online, BTreeSet::from([FieldId::parse("sales").unwrap()]));
    }
}
