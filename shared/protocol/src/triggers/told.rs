//! What is told of triggers once they are decided: to browsers, what to look out for and on which pages to ask at all; to
//! merchants, why one did or did not fire.

use super::same;
use domain::triggers as dt;
use domain::triggers::prefilter::{Pages, Prefilter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use ts_rs::TS;

/// In the public config: where a call could be worth it. A page asks when its address in lower case contains one of the
/// texts; every address contains the empty one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriggerSieve {
    /// When a page is opened. Empty: never.
    pub pages: Vec<String>,
    /// When an event happens, by its name.
    pub events: BTreeMap<String, Vec<String>>,
}

fn texts(pages: &Pages) -> Vec<String> {
    match pages {
        Pages::All => vec![String::new()],
        Pages::Containing(needles) => needles.iter().cloned().collect(),
    }
}

impl From<&Prefilter> for TriggerSieve {
    fn from(prefilter: &Prefilter) -> Self {
        let events = prefilter.events.iter().map(|(name, pages)| (name.to_string(), texts(pages)));
        Self { pages: texts(&prefilter.pages), events: events.collect() }
    }
}

/// A trigger that may fire once the browser has seen all of this. What it would do is not told before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ArmedTrigger {
    pub trigger: String,
    pub awaits: Vec<Awaited>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Awaited {
    /// So many milliseconds from now.
    After {
        ms: u64,
    },
    /// So deep, in per cent of the page.
    Scroll {
        percent: u8,
    },
    Leaving,
    /// So many milliseconds without pointer, key or touch.
    Idle {
        ms: u64,
    },
}

/// Rounded up: who comes a millisecond early is told to come again.
fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

impl From<dt::Await> for Awaited {
    fn from(awaited: dt::Await) -> Self {
        match awaited {
            dt::Await::After(span) => Self::After { ms: millis(span) },
            dt::Await::Scroll(percent) => Self::Scroll { percent },
            dt::Await::Leaving => Self::Leaving,
            dt::Await::Idle(span) => Self::Idle { ms: millis(span) },
        }
    }
}

/// `None` for what is not armed.
#[must_use]
pub fn armed(evaluated: &dt::Evaluated<'_>) -> Option<ArmedTrigger> {
    let awaits: Vec<Awaited> = evaluated.awaited().map(Into::into).collect();
    (!awaits.is_empty()).then(|| ArmedTrigger { trigger: evaluated.trigger.id.to_string(), awaits })
}

/// Why a trigger did or did not fire for a visitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct TriggerExplanation {
    pub trigger: String,
    pub verdict: VerdictName,
    /// What holds for every trigger: each once.
    pub rules: Vec<RuleFinding>,
    /// In the order of the trigger's own.
    pub conditions: Vec<ConditionFinding>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct RuleFinding {
    pub rule: RuleName,
    pub finding: FindingBody,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct ConditionFinding {
    pub condition: ConditionKindName,
    pub finding: FindingBody,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FindingBody {
    Holds,
    Awaits { awaited: Awaited },
    Fails { why: WhyName },
}

/// What came of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictName {
    Fires,
    Armed,
    Silent,
}

/// What holds for every trigger beside its conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleName {
    Enabled,
    When,
    Sender,
    MayChat,
    NotChatting,
    NotBusy,
    NotDismissed,
    Frequency,
}

/// What a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKindName {
    Page,
    TimeOnPage,
    TimeOnSite,
    PagesSeen,
    Scroll,
    Leaving,
    Idle,
    Referrer,
    Campaign,
    Country,
    Language,
    Device,
    Returning,
    ChattedBefore,
    CartValue,
    CartItems,
    CartContains,
    Attribute,
    Window,
    Office,
    Event,
    Identity,
}

/// Why not. Together with the rule or the condition it makes a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhyName {
    Differs,
    Excluded,
    TooLow,
    TooHigh,
    Unknown,
    NeedsConsent,
    OtherCurrency,
    NotHappened,
    SwitchedOff,
    ShopOffline,
    ShopOnline,
    SenderAway,
    MayNotChat,
    Chatting,
    Busy,
    Dismissed,
    ShownBefore,
}

same!(VerdictName = dt::Verdict: Fires, Armed, Silent);
same!(RuleName = dt::Rule: Enabled, When, Sender, MayChat, NotChatting, NotBusy, NotDismissed, Frequency);
same!(
    ConditionKindName = dt::ConditionKind: Page, TimeOnPage, TimeOnSite, PagesSeen, Scroll, Leaving, Idle, Referrer, Campaign, Country, Language, Device, Returning, ChattedBefore, CartValue, CartItems, CartContains, Attribute, Window, Office, Event, Identity
);
same!(
    WhyName = dt::Why: Differs, Excluded, TooLow, TooHigh, Unknown, NeedsConsent, OtherCurrency, NotHappened, SwitchedOff, ShopOffline, ShopOnline, SenderAway, MayNotChat, Chatting, Busy, Dismissed, ShownBefore
);

impl From<dt::Finding> for FindingBody {
    fn from(finding: dt::Finding) -> Self {
        match finding {
            dt::Finding::Holds => Self::Holds,
            dt::Finding::Awaits(awaited) => Self::Awaits { awaited: awaited.into() },
            dt::Finding::Fails(why) => Self::Fails { why: why.into() },
        }
    }
}

impl From<&dt::Evaluated<'_>> for TriggerExplanation {
    fn from(evaluated: &dt::Evaluated<'_>) -> Self {
        let (mut rules, mut conditions) = (Vec::new(), Vec::new());
        for (subject, finding) in &evaluated.findings {
            let finding = (*finding).into();
            match subject {
                dt::Subject::Rule(rule) => rules.push(RuleFinding { rule: (*rule).into(), finding }),
                dt::Subject::Condition(_, kind) => {
                    conditions.push(ConditionFinding { condition: (*kind).into(), finding });
                }
            }
        }
        let trigger = evaluated.trigger.id.to_string();
        Self { trigger, verdict: evaluated.verdict.into(), rules, conditions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::settings::FieldId;
    use domain::triggers::prefilter::prefilter;
    use domain::triggers::{Await, Finding, Known, Rule, Subject, Verdict, Why, check};
    use serde_json::json;

    fn triggers() -> dt::Triggers {
        let draft = |template: dt::templates::Template| template.draft("/Cart", "en", "Hello");
        check(&dt::templates::Template::ALL.map(draft), &Known::default()).unwrap()
    }

    #[test]
    fn a_browser_learns_on_which_pages_to_ask_and_nothing_else() {
        let mut triggers = triggers();
        let sieve =
            |triggers: &dt::Triggers| serde_json::to_value(TriggerSieve::from(&prefilter(triggers))).unwrap();
        assert_eq!(sieve(&triggers), json!({"pages": ["/cart"], "events": {}}));
        triggers.0[0].conditions.clear();
        assert_eq!(sieve(&triggers), json!({"pages": [""], "events": {}}));
        triggers.0[0].conditions.push(dt::Condition::Event(FieldId::parse("added").unwrap()));
        assert_eq!(sieve(&triggers), json!({"pages": ["/cart"], "events": {"added": [""]}}));
        assert_eq!(sieve(&dt::Triggers::default()), json!({"pages": [], "events": {}}));
    }

    #[test]
    fn why_and_what_is_awaited_go_out_by_name() {
        let triggers = triggers();
        let conditions = &triggers.0[0].conditions;
        let mut evaluated = dt::Evaluated {
            trigger: &triggers.0[0],
            place: 0,
            verdict: Verdict::Armed,
            findings: vec![
                (Subject::Rule(Rule::NotBusy), Finding::Holds),
                (
                    Subject::Condition(0, conditions[0].kind()),
                    Finding::Awaits(Await::After(Duration::from_nanos(1_000_001))),
                ),
                (Subject::Condition(1, conditions[1].kind()), Finding::Awaits(Await::Scroll(50))),
            ],
        };
        let awaits = json!([{"kind": "after", "ms": 2}, {"kind": "scroll", "percent": 50}]);
        let told = serde_json::to_value(armed(&evaluated).unwrap()).unwrap();
        assert_eq!(told, json!({"trigger": "stuck_on_landing", "awaits": awaits}));
        evaluated.verdict = Verdict::Silent;
        evaluated.findings[0].1 = Finding::Fails(Why::ShownBefore);
        assert_eq!(armed(&evaluated), None);
        let told = serde_json::to_value(TriggerExplanation::from(&evaluated)).unwrap();
        assert_eq!(told["verdict"], "silent");
        assert_eq!(
            told["rules"],
            json!([{"rule": "not_busy", "finding": {"kind": "fails", "why": "shown_before"}}])
        );
        let scroll = json!({"kind": "awaits", "awaited": {"kind": "scroll", "percent": 50}});
        assert_eq!(told["conditions"][1]["finding"], scroll);
    }
}
