//! From what the rules hold to the JSON form.

use super::{
    ComparedText, PagePattern, TriggerAction, TriggerBody, TriggerCondition, TriggerFrequency, TriggerSender,
    TriggerSettings,
};
use domain::triggers as dt;

impl From<&dt::Triggers> for TriggerSettings {
    fn from(triggers: &dt::Triggers) -> Self {
        Self { triggers: triggers.0.iter().map(Into::into).collect() }
    }
}

impl From<&dt::Trigger> for TriggerBody {
    fn from(trigger: &dt::Trigger) -> Self {
        Self {
            id: trigger.id.to_string(),
            name: trigger.name.clone(),
            enabled: trigger.enabled,
            when: trigger.when.into(),
            conditions: trigger.conditions.iter().map(Into::into).collect(),
            actions: trigger.actions.iter().map(Into::into).collect(),
            frequency: match trigger.frequency {
                dt::Frequency::OnceEver => TriggerFrequency::OnceEver {},
                dt::Frequency::OncePerVisit => TriggerFrequency::OncePerVisit {},
                dt::Frequency::EveryDays(days) => TriggerFrequency::EveryDays { days: days.into() },
                dt::Frequency::EveryPageLoad => TriggerFrequency::EveryPageLoad {},
            },
        }
    }
}

fn texts(tests: &[dt::TextTest]) -> Vec<ComparedText> {
    tests.iter().map(|test| ComparedText { how: test.how.into(), text: test.text().to_owned() }).collect()
}

fn words<T: ToString>(list: impl IntoIterator<Item = T>) -> Vec<String> {
    list.into_iter().map(|item| item.to_string()).collect()
}

fn seconds(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}

/// A bound in units; `scale`: what one unit is kept as.
fn units(bound: Option<i64>, scale: f64) -> Option<f64> {
    bound.map(|bound| bound as f64 / scale)
}

impl From<&dt::Condition> for TriggerCondition {
    fn from(condition: &dt::Condition) -> Self {
        use dt::Condition as C;
        match condition {
            C::Page { is, patterns } => {
                let pattern = |p: &dt::pattern::UrlPattern| PagePattern {
                    kind: p.kind().into(),
                    text: p.source().to_owned(),
                };
                Self::Page { is: *is, patterns: patterns.iter().map(pattern).collect() }
            }
            C::TimeOnPage(span) => Self::TimeOnPage { seconds: seconds(*span) },
            C::TimeOnSite(span) => Self::TimeOnSite { seconds: seconds(*span) },
            C::PagesSeen(range) => {
                Self::PagesSeen { at_least: units(range.at_least, 1.0), at_most: units(range.at_most, 1.0) }
            }
            C::Scroll(percent) => Self::Scroll { percent: (*percent).into() },
            C::Leaving => Self::Leaving {},
            C::Idle(span) => Self::Idle { seconds: seconds(*span) },
            C::Referrer { is, tests } => Self::Referrer { is: *is, texts: texts(tests) },
            C::Campaign { part, is, tests } => {
                Self::Campaign { part: (*part).into(), is: *is, texts: texts(tests) }
            }
            C::Country { is, any_of } => {
                Self::Country { is: *is, any_of: words(any_of.iter().map(dt::Country::as_str)) }
            }
            C::Language { is, any_of } => Self::Language { is: *is, any_of: words(any_of) },
            C::Device { is, any_of } => {
                Self::Device { is: *is, any_of: any_of.iter().map(|device| (*device).into()).collect() }
            }
            C::Returning(is) => Self::Returning { is: *is },
            C::ChattedBefore(is) => Self::ChattedBefore { is: *is },
            C::CartValue { range, currency } => Self::CartValue {
                at_least: units(range.at_least, 100.0),
                at_most: units(range.at_most, 100.0),
                currency: currency.as_ref().map(|currency| currency.as_str().to_owned()),
            },
            C::CartItems(range) => {
                Self::CartItems { at_least: units(range.at_least, 1.0), at_most: units(range.at_most, 1.0) }
            }
            C::CartContains { is, tests } => Self::CartContains { is: *is, texts: texts(tests) },
            C::Attribute { key, test } => attribute(key.to_string(), test),
            C::Window(is) => Self::Window { is: (*is).into() },
            C::Office(is) => Self::Office { is: (*is).into() },
            C::Event(name) => Self::Event { name: name.to_string() },
            C::Identity(any_of) => {
                Self::Identity { any_of: any_of.iter().map(|identity| (*identity).into()).collect() }
            }
        }
    }
}

fn attribute(key: String, test: &dt::AttributeTest) -> TriggerCondition {
    match test {
        dt::AttributeTest::Text { is, tests } => {
            TriggerCondition::AttributeText { key, is: *is, texts: texts(tests) }
        }
        dt::AttributeTest::Number(range) => TriggerCondition::AttributeNumber {
            key,
            at_least: units(range.at_least, 1_000.0),
            at_most: units(range.at_most, 1_000.0),
        },
        dt::AttributeTest::Present(is) => TriggerCondition::AttributePresent { key, is: *is },
    }
}

impl From<&dt::Action> for TriggerAction {
    fn from(action: &dt::Action) -> Self {
        match action {
            dt::Action::Message(message) => Self::Message {
                sender: match &message.sender {
                    dt::Sender::Agent(agent) => TriggerSender::Agent { agent: agent.to_string() },
                    dt::Sender::Group(group) => TriggerSender::Group { group: group.to_string() },
                    dt::Sender::Bot => TriggerSender::Bot {},
                },
                texts: message.texts.iter().map(|(tag, text)| (tag.to_string(), text.clone())).collect(),
                display: message.display.into(),
            },
            dt::Action::StartScenario(scenario) => Self::StartScenario { scenario: scenario.to_string() },
            dt::Action::AssignGroup(group) => Self::AssignGroup { group: group.to_string() },
            dt::Action::OpenWindow => Self::OpenWindow {},
            dt::Action::ShowForm => Self::ShowForm {},
        }
    }
}
