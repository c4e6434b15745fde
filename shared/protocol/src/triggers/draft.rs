//! From the JSON form to what a merchant wrote, as the rules' check reads it.

use super::same;
use super::{
    CampaignPartName, ComparedText, DeviceName, HowName, IdentityName, MessageDisplay, OpenOrClosed,
    PagePattern, PatternKindName, TriggerAction, TriggerBody, TriggerCondition, TriggerFrequency,
    TriggerSender, TriggerWhen,
};
use domain::triggers as dt;
use domain::triggers::draft::{
    Draft, DraftAction, DraftCondition, DraftFrequency, DraftPattern, DraftRange, DraftSender, DraftText,
};

same!(TriggerWhen = dt::When: Online, Offline, Both);
same!(PatternKindName = dt::pattern::PatternKind: Exact, Contains, Wildcard, Regex);
same!(HowName = dt::How: Is, Contains, Begins);
same!(CampaignPartName = dt::CampaignPart: Source, Medium, Campaign, Term, Content);
same!(DeviceName = dt::Device: Desktop, Phone, Tablet);
same!(OpenOrClosed = dt::Window: Open, Closed);
same!(OpenOrClosed = dt::Office: Open, Closed);
same!(IdentityName = dt::Identity: Anonymous, Identified, Verified);
same!(MessageDisplay = dt::Display: Teaser, Bubble, Window);

impl From<TriggerBody> for Draft {
    fn from(body: TriggerBody) -> Self {
        Self {
            id: body.id,
            name: body.name,
            enabled: body.enabled,
            when: body.when.into(),
            conditions: body.conditions.into_iter().map(Into::into).collect(),
            actions: body.actions.into_iter().map(Into::into).collect(),
            frequency: match body.frequency {
                TriggerFrequency::OnceEver {} => DraftFrequency::OnceEver,
                TriggerFrequency::OncePerVisit {} => DraftFrequency::OncePerVisit,
                TriggerFrequency::EveryDays { days } => DraftFrequency::EveryDays(days),
                TriggerFrequency::EveryPageLoad {} => DraftFrequency::EveryPageLoad,
            },
        }
    }
}

fn all<T: Into<U>, U>(list: Vec<T>) -> Vec<U> {
    list.into_iter().map(Into::into).collect()
}

impl From<PagePattern> for DraftPattern {
    fn from(pattern: PagePattern) -> Self {
        Self { kind: pattern.kind.into(), text: pattern.text }
    }
}

impl From<ComparedText> for DraftText {
    fn from(text: ComparedText) -> Self {
        Self { how: text.how.into(), text: text.text }
    }
}

impl From<TriggerCondition> for DraftCondition {
    fn from(body: TriggerCondition) -> Self {
        use TriggerCondition as C;
        match body {
            C::Page { is, patterns } => Self::Page { is, patterns: all(patterns) },
            C::TimeOnPage { seconds } => Self::TimeOnPage { seconds },
            C::TimeOnSite { seconds } => Self::TimeOnSite { seconds },
            C::PagesSeen { at_least, at_most } => Self::PagesSeen { range: DraftRange { at_least, at_most } },
            C::Scroll { percent } => Self::Scroll { percent },
            C::Leaving {} => Self::Leaving,
            C::Idle { seconds } => Self::Idle { seconds },
            C::Referrer { is, texts } => Self::Referrer { is, texts: all(texts) },
            C::Campaign { part, is, texts } => Self::Campaign { part: part.into(), is, texts: all(texts) },
            C::Country { is, any_of } => Self::Country { is, any_of },
            C::Language { is, any_of } => Self::Language { is, any_of },
            C::Device { is, any_of } => Self::Device { is, any_of: all(any_of) },
            C::Returning { is } => Self::Returning { is },
            C::ChattedBefore { is } => Self::ChattedBefore { is },
            C::CartValue { at_least, at_most, currency } => {
                Self::CartValue { range: DraftRange { at_least, at_most }, currency }
            }
            C::CartItems { at_least, at_most } => Self::CartItems { range: DraftRange { at_least, at_most } },
            C::CartContains { is, texts } => Self::CartContains { is, texts: all(texts) },
            C::AttributeText { key, is, texts } => Self::AttributeText { key, is, texts: all(texts) },
            C::AttributeNumber { key, at_least, at_most } => {
                Self::AttributeNumber { key, range: DraftRange { at_least, at_most } }
            }
            C::AttributePresent { key, is } => Self::AttributePresent { key, is },
            C::Window { is } => Self::Window { is: is.into() },
            C::Office { is } => Self::Office { is: is.into() },
            C::Event { name } => Self::Event { name },
            C::Identity { any_of } => Self::Identity { any_of: all(any_of) },
        }
    }
}

impl From<TriggerAction> for DraftAction {
    fn from(body: TriggerAction) -> Self {
        match body {
            TriggerAction::Message { sender, texts, display } => Self::Message {
                sender: match sender {
                    TriggerSender::Agent { agent } => DraftSender::Agent(agent),
                    TriggerSender::Group { group } => DraftSender::Group(group),
                    TriggerSender::Bot {} => DraftSender::Bot,
                },
                texts: texts.into_iter().collect(),
                display: display.into(),
            },
            TriggerAction::StartScenario { scenario } => Self::StartScenario { scenario },
            TriggerAction::AssignGroup { group } => Self::AssignGroup { group },
            TriggerAction::OpenWindow {} => Self::OpenWindow,
            TriggerAction::ShowForm {} => Self::ShowForm,
        }
    }
}
