//! Scenarios (T7): a bot that says what was written for it and goes where its buttons lead. No words of the shopper's are
//! interpreted; who writes instead of choosing gets a person.
//!
//! A [`Scenario`] is a graph of steps, checked by [`check`]: it has a first message, every step can be reached, none ends
//! without saying so, none goes round without a button. [`begin`] and [`step`] lead through it: pure, total, one event at a
//! time. The [`State`] bears the version that the chat began with; whoever keeps scenarios keeps the versions that chats
//! are still in. Once an agent has written the bot is silent for good.

mod check;
pub mod draft;

pub use check::check;

use crate::AgentId;
use crate::settings::{FieldId, Language, LocalText, fill};
use std::collections::{BTreeMap, BTreeSet};

/// Scenarios of one site.
pub const MAX_SCENARIOS: usize = 30;
pub const MAX_STEPS: usize = 200;
pub const MAX_BUTTONS: usize = 10;
/// Steps from one choice to the next: what is said in them is stored at once.
pub const MAX_IN_A_ROW: usize = 20;
/// Characters in a bot's message.
pub const MAX_TEXT: usize = 2_000;
/// Characters on a button.
pub const MAX_BUTTON: usize = 80;
/// Characters of one scenario in all languages together.
pub const MAX_CHARACTERS: usize = 100_000;
/// Characters in a scenario's name.
pub const MAX_NAME: usize = 80;

/// A scenario, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    pub id: FieldId,
    /// Moves with every publishing.
    pub version: u64,
    /// For agents only.
    pub name: String,
    pub start: Start,
    pub first: FieldId,
    /// Where it begins while the shop is offline, if elsewhere.
    pub offline: Option<FieldId>,
    pub steps: BTreeMap<FieldId, Step>,
}

/// What starts it. A trigger may start any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Start {
    #[default]
    ByTrigger,
    /// A shopper without an open conversation opens the window.
    OnOpening,
    /// A shopper's first message.
    FirstResponder,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Empty: nothing is said.
    pub texts: LocalText,
    pub next: Next,
    /// On the picture, in its own units: from the left and from the top.
    pub place: (i32, i32),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Waits for a choice.
    Buttons(Vec<Button>),
    /// Goes on at once.
    Go(FieldId),
    /// Asks through the intake form, unless it is known already.
    Ask { field: FieldId, then: FieldId },
    /// A person goes on. While the shop is offline the other branch does, if there is one.
    HandOver { to: To, offline: Option<FieldId> },
    /// Ends here, as was meant.
    End { restart: bool },
}

impl Next {
    /// Where it leads without the shopper's doing anything, at least sometimes.
    fn unasked(&self) -> Option<&FieldId> {
        match self {
            Self::Go(to) | Self::Ask { then: to, .. } => Some(to),
            Self::HandOver { offline, .. } => offline.as_ref(),
            Self::Buttons(_) | Self::End { .. } => None,
        }
    }

    /// Everywhere it leads.
    pub fn leads_to(&self) -> impl Iterator<Item = &FieldId> {
        let buttons: &[Button] = match self {
            Self::Buttons(buttons) => buttons,
            _ => &[],
        };
        self.unasked().into_iter().chain(buttons.iter().map(|button| &button.goes))
    }
}

impl Scenario {
    /// A step of it hands over to the group.
    #[must_use]
    pub fn uses_group(&self, group: &FieldId) -> bool {
        self.steps
            .values()
            .any(|step| matches!(&step.next, Next::HandOver { to: To::Group(to), .. } if to == group))
    }

    /// The groups that it may hand over to.
    pub fn groups(&self) -> impl Iterator<Item = &FieldId> {
        self.steps.values().filter_map(|step| match &step.next {
            Next::HandOver { to: To::Group(group), .. } => Some(group),
            _ => None,
        })
    }

    /// The form's questions that it may ask.
    pub fn asks(&self) -> impl Iterator<Item = &FieldId> {
        self.steps.values().filter_map(|step| match &step.next {
            Next::Ask { field, .. } => Some(field),
            _ => None,
        })
    }
}

impl Stepped {
    /// Where nothing need be said of it: the shopper's own words stand there.
    pub(crate) fn without_handing_over(mut self) -> Self {
        self.effects.retain(|effect| !matches!(effect, Effect::HandOver(_)));
        self
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    pub id: FieldId,
    /// In the default language at least. A shopper's choice stands in the thread in these words.
    pub labels: LocalText,
    pub goes: FieldId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    Anyone,
    Group(FieldId),
    Agent(AgentId),
}

/// Where a chat is in a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub scenario: FieldId,
    /// The one it began with, and goes on with.
    pub version: u64,
    /// Moves each time the bot stops. An event for another turn comes too late, or twice.
    pub turn: u64,
    pub at: At,
}

impl State {
    /// Words, where the bot awaits something or has ended: a person goes on. `None`: nothing comes of them here.
    #[must_use]
    pub fn wrote(&self) -> Option<Self> {
        let awaits = matches!(self.at, At::Buttons(_) | At::Asking(_) | At::Ended { .. });
        awaits.then(|| Self { turn: self.turn + 1, at: At::HandedOver, ..self.clone() })
    }

    /// It has come to its end, whether it may begin again or not.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        matches!(self.at, At::Ended { .. })
    }

    /// A person takes part.
    pub fn silence(&mut self) {
        self.at = At::Silent;
    }

    /// A person goes on, whatever was to come.
    #[must_use]
    pub fn handed_over(&self) -> Stepped {
        hand_over(self, Vec::new(), To::Anyone)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// A choice is awaited.
    Buttons(FieldId),
    /// The answer to the intake form's question is.
    Asking(FieldId),
    HandedOver,
    Ended {
        restart: bool,
    },
    /// An agent has written.
    Silent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Chose {
        turn: u64,
        button: FieldId,
    },
    /// The form's question was answered or skipped; what was answered is the profile's affair.
    Answered {
        turn: u64,
    },
    /// The shopper wrote instead of choosing, instead of answering the form, or after the end.
    Wrote,
    AgentWrote,
    Restart {
        turn: u64,
    },
}

/// What the bot does, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The shopper's choice, as their own message.
    Post(String),
    Say {
        step: FieldId,
        /// Formatting as in messages.
        text: String,
        /// Empty: nothing to choose.
        buttons: Vec<Offered>,
    },
    Ask {
        step: FieldId,
        field: FieldId,
    },
    HandOver(To),
    /// With a button to begin again, or without.
    Finish {
        restart: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub id: FieldId,
    pub label: String,
}

/// What a scenario has to know of its surroundings.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    pub online: bool,
    pub language: &'a Language,
    pub default_language: &'a Language,
    pub shop: &'a str,
    /// Of the shopper: fields that need not be asked.
    pub known: &'a BTreeSet<FieldId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stepped {
    pub effects: Vec<Effect>,
    pub state: State,
}

/// The scenario from its beginning.
#[must_use]
pub fn begin(scenario: &Scenario, setting: &Setting<'_>) -> Stepped {
    let first = scenario.offline.as_ref().filter(|_| !setting.online).unwrap_or(&scenario.first);
    let before =
        State { scenario: scenario.id.clone(), version: scenario.version, turn: 0, at: At::HandedOver };
    go(scenario, &before, first, Vec::new(), setting)
}

/// What the shopper has seen where `last` was the last that was said before there was a conversation: the beginning, or the one for while
/// the shop is offline. As nobody is known there, a question stands for itself. `None`: neither says that last.
#[must_use]
pub fn opening(scenario: &Scenario, last: &FieldId, setting: &Setting<'_>) -> Option<Stepped> {
    let known = BTreeSet::new();
    [true, false].into_iter().find_map(|online| {
        let begun = begin(scenario, &Setting { online, known: &known, ..*setting });
        let said = begun.effects.iter().rev().find_map(|effect| match effect {
            Effect::Say { step, .. } => Some(step),
            _ => None,
        });
        (said == Some(last)).then_some(begun)
    })
}

/// What an event does. What comes too late, twice, or from somewhere else does nothing.
#[must_use]
pub fn step(scenario: &Scenario, state: &State, event: &Event, setting: &Setting<'_>) -> Stepped {
    let nothing = || Stepped { effects: Vec::new(), state: state.clone() };
    let same = state.scenario == scenario.id && state.version == scenario.version;
    match (event, &state.at) {
        (_, At::Silent) => nothing(),
        (Event::AgentWrote, _) => {
            let mut state = state.clone();
            state.silence();
            Stepped { effects: Vec::new(), state }
        }
        // It begins anew, with what is published now.
        (Event::Restart { turn }, At::Ended { restart: true })
            if *turn == state.turn && state.scenario == scenario.id =>
        {
            let begun = begin(scenario, setting);
            Stepped { state: State { turn: state.turn + begun.state.turn, ..begun.state }, ..begun }
        }
        (Event::Restart { .. }, _) => nothing(),
        // Its version is nowhere any more: a person goes on, rather than nobody.
        (Event::Chose { turn, .. }, At::Buttons(_)) | (Event::Answered { turn }, At::Asking(_))
            if !same && *turn == state.turn =>
        {
            hand_over(state, Vec::new(), To::Anyone)
        }
        (Event::Chose { turn, button }, At::Buttons(at)) if *turn == state.turn => {
            let Some(Next::Buttons(buttons)) = scenario.steps.get(at).map(|step| &step.next) else {
                return hand_over(state, Vec::new(), To::Anyone);
            };
            let Some(button) = buttons.iter().find(|offered| offered.id == *button) else { return nothing() };
            let chosen = Effect::Post(setting.text(&button.labels));
            go(scenario, state, &button.goes, vec![chosen], setting)
        }
        (Event::Answered { turn }, At::Asking(at)) if *turn == state.turn => {
            let Some(Next::Ask { then, .. }) = scenario.steps.get(at).map(|step| &step.next) else {
                return hand_over(state, Vec::new(), To::Anyone);
            };
            go(scenario, state, then, Vec::new(), setting)
        }
        (Event::Wrote, _) => state
            .wrote()
            .map_or_else(nothing, |state| Stepped { effects: vec![Effect::HandOver(To::Anyone)], state }),
        (Event::Chose { .. } | Event::Answered { .. }, _) => nothing(),
    }
}

fn hand_over(state: &State, mut effects: Vec<Effect>, to: To) -> Stepped {
    effects.push(Effect::HandOver(to));
    Stepped { effects, state: State { turn: state.turn + 1, at: At::HandedOver, ..state.clone() } }
}

/// From a step on until the shopper is to do something, or nothing more comes.
fn go(
    scenario: &Scenario,
    state: &State,
    from: &FieldId,
    mut effects: Vec<Effect>,
    setting: &Setting<'_>,
) -> Stepped {
    let stops = |effects, at| Stepped { effects, state: State { turn: state.turn + 1, at, ..state.clone() } };
    let mut id = from;
    // A checked scenario comes to a stop before it has been everywhere.
    for _ in 0..=scenario.steps.len() {
        let Some(step) = scenario.steps.get(id) else { break };
        let buttons = match &step.next {
            Next::Buttons(buttons) => buttons.as_slice(),
            _ => &[],
        };
        if !step.texts.is_empty() {
            let offered =
                |button: &Button| Offered { id: button.id.clone(), label: setting.text(&button.labels) };
            effects.push(Effect::Say {
                step: id.clone(),
                text: setting.text(&step.texts),
                buttons: buttons.iter().map(offered).collect(),
            });
        }
        match &step.next {
            Next::Buttons(_) => return stops(effects, At::Buttons(id.clone())),
            Next::Go(to) => id = to,
            Next::Ask { field, then } if setting.known.contains(field) => id = then,
            Next::Ask { field, .. } => {
                effects.push(Effect::Ask { step: id.clone(), field: field.clone() });
                return stops(effects, At::Asking(id.clone()));
            }
            Next::HandOver { offline: Some(branch), .. } if !setting.online => id = branch,
            Next::HandOver { to, .. } => return hand_over(state, effects, to.clone()),
            Next::End { restart } => {
                effects.push(Effect::Finish { restart: *restart });
                return stops(effects, At::Ended { restart: *restart });
            }
        }
    }
    hand_over(state, effects, To::Anyone)
}

impl Setting<'_> {
    /// In the shopper's language, else in the default one, else in any.
    fn text(&self, texts: &LocalText) -> String {
        let text = texts.get(self.language).or_else(|| texts.get(self.default_language));
        let text = text.or_else(|| texts.values().next()).map_or("", String::as_str);
        fill(text, &[("shop", self.shop)])
    }
}

#[cfg(test)]
pub(crate) mod tests;
