//! Scenarios as a merchant drew them. What is wrong with them, [`super::check`] says.

use super::Start;
use crate::AgentId;
use crate::settings::{FieldId, Language};
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub id: String,
    pub version: u64,
    pub name: String,
    pub start: Start,
    pub first: String,
    pub offline: Option<String>,
    pub steps: Vec<DraftStep>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftStep {
    pub id: String,
    /// By language.
    pub texts: Vec<(String, String)>,
    /// `None`: what an empty message means, hand over to a person. After a message it is a dead end, and refused.
    pub next: Option<DraftNext>,
    pub place: (i64, i64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftNext {
    Buttons(Vec<DraftButton>),
    Go { to: String },
    Ask { field: String, then: String },
    HandOver { to: DraftTo, offline: Option<String> },
    End { restart: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftButton {
    pub id: String,
    pub labels: Vec<(String, String)>,
    pub goes: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftTo {
    Anyone,
    Group(String),
    Agent(String),
}

/// What there is at the site. `None`: not asked, as with what was checked when it was published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    pub default_language: Option<Language>,
    /// Of the intake form.
    pub fields: Option<BTreeSet<FieldId>>,
    pub agents: Option<BTreeSet<AgentId>>,
    pub groups: Option<BTreeSet<FieldId>>,
}
