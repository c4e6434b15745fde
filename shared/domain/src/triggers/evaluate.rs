//! Whether a trigger fires. Pure, total, and each trigger by itself: no order of looking at them changes anything.

use super::shown::{Claim, claims, is_due, is_taken};
use super::{
    AttributeTest, Condition, ConditionKind, Identity, Memory, Sender, TextTest, Trigger, Triggers, Visitor,
    When,
};
use super::{Frequency, Window};
use crate::Timestamp;
use crate::settings::Language;
use std::time::Duration;

/// What came of a condition or a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Holds,
    /// Not yet, and only the browser will see when.
    Awaits(Await),
    Fails(Why),
}

/// What the browser looks out for on this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Await {
    /// So long from now.
    After(Duration),
    /// Per cent.
    Scroll(u8),
    Leaving,
    Idle(Duration),
}

/// Why not. Together with the condition's kind or the rule it makes a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// Is something else.
    Differs,
    /// Is one of those that it must not be.
    Excluded,
    TooLow,
    TooHigh,
    /// Nobody has told.
    Unknown,
    /// Would have to be remembered, and the visitor has not agreed to that.
    NeedsConsent,
    /// The amount is in another currency.
    OtherCurrency,
    /// Has not happened on this page.
    NotHappened,
    SwitchedOff,
    ShopOffline,
    ShopOnline,
    /// In whose name it would speak is not online.
    SenderAway,
    /// Some visitors may not chat, by the site's visibility.
    MayNotChat,
    Chatting,
    /// Another message is there, or was a moment ago.
    Busy,
    Dismissed,
    /// As often as the frequency allows.
    ShownBefore,
}

/// What holds for every trigger beside its conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    Enabled,
    When,
    Sender,
    MayChat,
    /// Never while a conversation is open (T4).
    NotChatting,
    /// Never twice at once (T4).
    NotBusy,
    /// Never after the shopper dismissed it (T4).
    NotDismissed,
    Frequency,
}

impl Rule {
    pub const ALL: [Self; 8] = [
        Self::Enabled,
        Self::When,
        Self::Sender,
        Self::MayChat,
        Self::NotChatting,
        Self::NotBusy,
        Self::NotDismissed,
        Self::Frequency,
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Rule(Rule),
    /// By its place among the trigger's conditions.
    Condition(usize, ConditionKind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Fires,
    /// Would fire if the browser saw what it awaits. The server decides again then.
    Armed,
    Silent,
}

/// What came of one trigger, and of everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated<'t> {
    pub trigger: &'t Trigger,
    /// Its place in the merchant's order.
    pub place: usize,
    pub verdict: Verdict,
    /// Every rule, then every condition.
    pub findings: Vec<(Subject, Finding)>,
}

impl Evaluated<'_> {
    /// What the browser waits for: all of it.
    pub fn awaited(&self) -> impl Iterator<Item = Await> {
        let armed = self.verdict == Verdict::Armed;
        self.findings.iter().filter_map(move |(_, finding)| match finding {
            Finding::Awaits(awaited) if armed => Some(*awaited),
            _ => None,
        })
    }
}

/// Every trigger, in the merchant's order.
#[must_use]
pub fn evaluate<'t>(triggers: &'t Triggers, visitor: &Visitor, now: Timestamp) -> Vec<Evaluated<'t>> {
    let each = triggers.0.iter().enumerate();
    each.map(|(place, trigger)| evaluate_one(trigger, place, visitor, now)).collect()
}

/// One trigger, which knows nothing of the others.
#[must_use]
pub fn evaluate_one<'t>(
    trigger: &'t Trigger,
    place: usize,
    visitor: &Visitor,
    now: Timestamp,
) -> Evaluated<'t> {
    let mut findings = Vec::with_capacity(Rule::ALL.len() + trigger.conditions.len());
    findings.extend(Rule::ALL.map(|rule| (Subject::Rule(rule), ruled(rule, trigger, visitor, now))));
    findings.extend(
        trigger
            .conditions
            .iter()
            .enumerate()
            .map(|(n, condition)| (Subject::Condition(n, condition.kind()), find(condition, visitor, now))),
    );
    let mut verdict = Verdict::Fires;
    for (_, finding) in &findings {
        verdict = verdict.max(match finding {
            Finding::Holds => Verdict::Fires,
            Finding::Awaits(_) => Verdict::Armed,
            Finding::Fails(_) => Verdict::Silent,
        });
    }
    Evaluated { trigger, place, verdict, findings }
}

/// What is done now, of all that fires.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice<'t> {
    /// The first in the merchant's order that shows something.
    pub visible: Option<&'t Trigger>,
    /// All that show nothing, in the merchant's order.
    pub silent: Vec<&'t Trigger>,
}

impl<'t> Choice<'t> {
    /// Each with what has to be written before it is done; see [`claims`].
    pub fn claims(
        &self,
        visitor: &Visitor,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'t Trigger, Vec<Claim>)> {
        let all: Vec<_> = self.visible.into_iter().chain(self.silent.iter().copied()).collect();
        all.into_iter().map(move |trigger| (trigger, claims(trigger, visitor, now)))
    }
}

/// In whatever order the triggers were looked at.
#[must_use]
pub fn choose<'t>(evaluated: &[Evaluated<'t>]) -> Choice<'t> {
    let mut firing: Vec<&Evaluated<'t>> = evaluated.iter().filter(|e| e.verdict == Verdict::Fires).collect();
    firing.sort_by_key(|evaluated| evaluated.place);
    let mut choice = Choice::default();
    for evaluated in firing {
        if !evaluated.trigger.is_visible() {
            choice.silent.push(evaluated.trigger);
        } else if choice.visible.is_none() {
            choice.visible = Some(evaluated.trigger);
        }
    }
    choice
}

const fn unless(fails: bool, why: Why) -> Finding {
    if fails { Finding::Fails(why) } else { Finding::Holds }
}

fn ruled(rule: Rule, trigger: &Trigger, visitor: &Visitor, now: Timestamp) -> Finding {
    let testing = visitor.testing.as_ref() == Some(&trigger.id);
    match rule {
        Rule::Enabled => unless(!trigger.enabled && !testing, Why::SwitchedOff),
        Rule::When => match (trigger.when, visitor.online.shop) {
            (When::Online, false) => Finding::Fails(Why::ShopOffline),
            (When::Offline, true) => Finding::Fails(Why::ShopOnline),
            _ => Finding::Holds,
        },
        // Whoever leaves a word for a closed shop is not said to be there; who speaks in an open one is (T4).
        Rule::Sender => {
            let away = visitor.online.shop
                && match trigger.sender() {
                    Some(Sender::Agent(agent)) => !visitor.online.agents.contains(agent),
                    Some(Sender::Group(group)) => !visitor.online.groups.contains(group),
                    Some(Sender::Bot) | None => false,
                };
            unless(away, Why::SenderAway)
        }
        Rule::MayChat => unless(trigger.is_visible() && !visitor.chat.may_chat, Why::MayNotChat),
        Rule::NotChatting => unless(trigger.is_visible() && visitor.chat.open, Why::Chatting),
        Rule::NotBusy => unless(!testing && trigger.is_visible() && is_taken(visitor, now), Why::Busy),
        Rule::NotDismissed => {
            unless(!testing && visitor.shown.dismissed.contains(&trigger.id), Why::Dismissed)
        }
        Rule::Frequency if testing => Finding::Holds,
        Rule::Frequency => match (visitor.memory, trigger.frequency) {
            (Memory::Nothing, Frequency::OnceEver | Frequency::OncePerVisit | Frequency::EveryDays(_)) => {
                Finding::Fails(Why::NeedsConsent)
            }
            _ => unless(!is_due(trigger, visitor, now), Why::ShownBefore),
        },
    }
}

fn find(condition: &Condition, visitor: &Visitor, now: Timestamp) -> Finding {
    match condition {
        Condition::Page { is, patterns } => {
            either(*is, patterns.iter().any(|pattern| pattern.matches(&visitor.page.url)))
        }
        Condition::TimeOnPage(needed) => elapsed(*needed, on_page(visitor, now)),
        Condition::TimeOnSite(needed) => elapsed(*needed, on_site(visitor, now)),
        Condition::PagesSeen(range) => range.find(match visitor.memory {
            Memory::Nothing => 1,
            Memory::Visit(visit) => i64::from(visit.pages),
        }),
        Condition::Scroll(depth) if visitor.claims.scroll >= *depth => Finding::Holds,
        Condition::Scroll(depth) => Finding::Awaits(Await::Scroll(*depth)),
        Condition::Leaving if visitor.claims.leaving => Finding::Holds,
        Condition::Leaving => Finding::Awaits(Await::Leaving),
        Condition::Idle(needed) if visitor.claims.idle >= *needed => Finding::Holds,
        Condition::Idle(needed) => Finding::Awaits(Await::Idle(*needed)),
        Condition::Referrer { is, tests } => either(*is, any(tests, visitor.page.referrer.as_str())),
        Condition::Campaign { part, is, tests } => {
            either(*is, any(tests, visitor.page.campaign.get(*part).unwrap_or_default()))
        }
        Condition::Country { is, any_of } => match visitor.country {
            None => Finding::Fails(Why::Unknown),
            Some(country) => either(*is, any_of.contains(&country)),
        },
        Condition::Language { is, any_of } => match &visitor.browser.language {
            None => Finding::Fails(Why::Unknown),
            Some(language) => either(*is, any_of.iter().any(|wanted| speaks(language, wanted))),
        },
        Condition::Device { is, any_of } => either(*is, any_of.contains(&visitor.browser.device)),
        Condition::Returning(wanted) => match visitor.memory {
            Memory::Nothing => Finding::Fails(Why::NeedsConsent),
            Memory::Visit(visit) => either(*wanted, visit.returning),
        },
        Condition::ChattedBefore(wanted) => match visitor.memory {
            Memory::Nothing => Finding::Fails(Why::NeedsConsent),
            Memory::Visit(visit) => either(*wanted, visit.chatted_before),
        },
        Condition::CartValue { range, currency } => match &visitor.cart {
            None => Finding::Fails(Why::Unknown),
            Some(cart) if currency.is_some() && cart.currency != *currency => {
                Finding::Fails(Why::OtherCurrency)
            }
            Some(cart) => range.find(cart.value),
        },
        Condition::CartItems(range) => range.find(visitor.cart.as_ref().map_or(0, |cart| cart.pieces)),
        Condition::CartContains { is, tests } => {
            let lines = visitor.cart.as_ref().map_or("", |cart| cart.searched());
            either(*is, tests.iter().any(|test| test.passes_one(lines)))
        }
        Condition::Attribute { key, test } => {
            let attribute = visitor.attributes.0.get(key);
            match test {
                AttributeTest::Present(wanted) => either(*wanted, attribute.is_some()),
                AttributeTest::Text { is, tests } => {
                    either(*is, attribute.is_some_and(|attribute| any(tests, &attribute.lower())))
                }
                AttributeTest::Number(range) => match attribute.map(super::facts::Attribute::number) {
                    None => Finding::Fails(Why::Unknown),
                    Some(None) => Finding::Fails(Why::Differs),
                    Some(Some(number)) => range.find(number),
                },
            }
        }
        Condition::Window(wanted) => either(*wanted == Window::Open, visitor.browser.window == Window::Open),
        Condition::Office(wanted) => unless(visitor.online.office != *wanted, Why::Differs),
        Condition::Event(name) => unless(!visitor.events.contains(name), Why::NotHappened),
        Condition::Identity(any_of) => {
            let identity: Identity = visitor.chat.identity;
            either(true, any_of.contains(&identity))
        }
    }
}

/// What is found where `wanted` says whether it should be `so`.
const fn either(wanted: bool, so: bool) -> Finding {
    match (wanted, so) {
        (true, true) | (false, false) => Finding::Holds,
        (true, false) => Finding::Fails(Why::Differs),
        (false, true) => Finding::Fails(Why::Excluded),
    }
}

fn any(tests: &[TextTest], lower: &str) -> bool {
    tests.iter().any(|test| test.passes(lower))
}

fn speaks(language: &Language, wanted: &Language) -> bool {
    language == wanted || wanted.as_str() == wanted.primary() && language.primary() == wanted.primary()
}

/// The server's own clock where it can tell, whatever the browser says.
fn on_page(visitor: &Visitor, now: Timestamp) -> Duration {
    visitor.page.viewed_at.map_or(visitor.claims.on_page, |at| now.since(at))
}

fn on_site(visitor: &Visitor, now: Timestamp) -> Duration {
    match visitor.memory {
        Memory::Nothing => on_page(visitor, now),
        Memory::Visit(visit) => now.since(visit.began_at),
    }
}

fn elapsed(needed: Duration, so_far: Duration) -> Finding {
    let left = needed.saturating_sub(so_far);
    if left.is_zero() { Finding::Holds } else { Finding::Awaits(Await::After(left)) }
}
