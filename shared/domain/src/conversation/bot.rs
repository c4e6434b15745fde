//! A scenario in its conversation (T7): what an entry is to it, and what a bot's move becomes in both logs.
//!
//! Where a chat is in its scenario stands on the head, and moves in the transaction of the entries that it causes: the last of the
//! thread's bears it, so that the head stays the fold of its logs. While the bot goes on nobody waits for a person: the conversation is in
//! no queue and nobody is told of it. From the hand-over on ([`Body::HandedOver`], or words instead of a choice) it is as one that began then.
//! Who takes part silences the bot.

use super::decide::{Draft, Refusal};
use super::{Assignee, Author, Body, Entry, Head, InGroup, Log};
use crate::AgentId;
use crate::intake::AskedField;
use crate::scenario::{
    At, Effect, Event, Offered, Scenario, Setting, State, Stepped, To, begin, opening, step,
};
use crate::settings::{FieldId, Language};
use crate::text::MessageText;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What an entry is to the scenario that runs in its conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotMark {
    pub part: BotPart,
    /// Where the chat is from here on; `None`: where it was.
    pub state: Option<State>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BotPart {
    /// The bot's words.
    Said { scenario: FieldId, step: FieldId, turn: u64, buttons: Vec<Offered> },
    /// A shopper's choice: the bot answers it, and nobody waits for a person by it.
    Chose { turn: u64, button: FieldId },
    /// A shopper's words, likewise.
    Heard,
    /// Anything else that moved it.
    Moved,
}

/// A shopper's message that the bot answers.
#[must_use]
pub fn is_for_the_bot(entry: &Entry) -> bool {
    let part = entry.bot.as_ref().map(|mark| &mark.part);
    entry.author == Author::Shopper && matches!(part, Some(BotPart::Chose { .. } | BotPart::Heard))
}

/// A person is wanted from this entry of the thread on.
#[must_use]
pub fn hands_over(entry: &Entry) -> bool {
    let state = entry.bot.as_ref().and_then(|mark| mark.state.as_ref());
    entry.log == Log::Thread && state.is_some_and(|state| state.at == At::HandedOver)
}

impl Head {
    /// The bot has it, and no person: it waits in no queue.
    #[must_use]
    pub fn is_with_bot(&self) -> bool {
        let goes_on = |state: &State| matches!(state.at, At::Buttons(_) | At::Asking(_) | At::Ended { .. });
        self.is_open() && self.owner.is_none() && self.scenario.as_ref().is_some_and(goes_on)
    }
}

/// What a scenario has to know where it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The version that the chat is in; where it begins, the one that is published. `None`: nobody has kept it.
    pub scenario: Option<Arc<Scenario>>,
    pub online: bool,
    pub language: Language,
    pub default_language: Language,
    pub shop: String,
    /// Every question of the form, as this shopper is asked it.
    pub questions: Vec<AskedField>,
    /// Of the shopper.
    pub known: BTreeSet<FieldId>,
    /// To whom it may hand over.
    pub agents: BTreeMap<AgentId, String>,
    pub groups: Vec<InGroup>,
    /// What the last words offered, where the version is gone.
    pub offered: Vec<Offered>,
}

impl Surroundings {
    /// What is known, and what nobody asks for any more.
    fn unasked(&self, scenario: &Scenario) -> BTreeSet<FieldId> {
        let asks = |field: &FieldId| self.questions.iter().any(|question| question.id == *field);
        let gone = scenario.asks().filter(|field| !asks(field)).cloned();
        self.known.iter().cloned().chain(gone).collect()
    }

    fn with<T>(&self, scenario: &Scenario, play: impl FnOnce(&Setting<'_>) -> T) -> T {
        play(&Setting {
            online: self.online,
            language: &self.language,
            default_language: &self.default_language,
            shop: &self.shop,
            known: &self.unasked(scenario),
        })
    }

    fn begin(&self, scenario: &Scenario) -> Stepped {
        self.with(scenario, |setting| begin(scenario, setting))
    }

    fn step(&self, scenario: &Scenario, state: &State, event: &Event) -> Stepped {
        self.with(scenario, |setting| step(scenario, state, event, setting))
    }
}

/// How a scenario stands at a conversation's beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BotBegins {
    /// The shopper had its words before them, the last of them of this step, and chose or wrote.
    Seen(Box<Surroundings>, FieldId),
    /// The shopper wrote, and it answers first.
    Answers(Box<Surroundings>),
}

/// What a shopper begins a conversation with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    Words(MessageText),
    Choice { turn: u64, button: FieldId },
}

/// The first entries of a conversation that begins with a scenario. The place of the shopper's own among them.
pub(super) fn begins(draft: &mut Draft, bot: BotBegins, first: First) -> Result<usize, Refusal> {
    match (bot, first) {
        (BotBegins::Answers(around), First::Words(text)) => {
            let own = draft.push_as(Author::Shopper, words(text), Some(BotPart::Heard));
            if let Some(scenario) = &around.scenario {
                let begun = around.begin(scenario);
                carry_out(draft, begun, &around);
            }
            Ok(own)
        }
        (BotBegins::Answers(_), First::Choice { .. }) => Err(Refusal::NotOffered),
        (BotBegins::Seen(around, last), first) => {
            let seen = around.scenario.as_ref().and_then(|scenario| {
                let opened = around.with(scenario, |setting| opening(scenario, &last, setting))?;
                Some((scenario, opened))
            });
            match (seen, first) {
                (Some((scenario, opened)), first) => seen_first(draft, scenario, opened, &around, first),
                // There is no such opening: the words are the shopper's all the same.
                (None, First::Words(text)) => Ok(draft.push(Author::Shopper, words(text))),
                (None, First::Choice { .. }) => Err(Refusal::NotOffered),
            }
        }
    }
}

fn words(text: MessageText) -> Body {
    Body::Message { text: text.into_string() }
}

fn seen_first(
    draft: &mut Draft,
    scenario: &Scenario,
    opened: Stepped,
    around: &Surroundings,
    first: First,
) -> Result<usize, Refusal> {
    let state = opened.state;
    let (said, rest): (Vec<Effect>, Vec<Effect>) =
        opened.effects.into_iter().partition(|effect| matches!(effect, Effect::Say { .. }));
    for effect in said {
        say(draft, effect, &state);
    }
    match first {
        First::Choice { turn, button } => choose(draft, scenario, &state, around, turn, button),
        First::Words(text) => {
            let heard = match state.at {
                At::Asking(_) => BotPart::Heard,
                _ => BotPart::Moved,
            };
            let own = draft.push_as(Author::Shopper, words(text), Some(heard));
            let next = match (&state.at, rest.last()) {
                // The question comes now, unless it needs none.
                (At::Asking(_), Some(Effect::Ask { field, .. })) => {
                    match around.unasked(scenario).contains(field) {
                        true => around.step(scenario, &state, &Event::Answered { turn: state.turn }),
                        false => Stepped { effects: rest, state },
                    }
                }
                (At::HandedOver, _) => Stepped { effects: rest, state },
                _ => around.step(scenario, &state, &Event::Wrote).without_handing_over(),
            };
            carry_out(draft, next, around);
            Ok(own)
        }
    }
}

/// A choice in a conversation that goes on. `None`: it comes too late, and does nothing.
pub(super) fn chose(
    draft: &mut Draft,
    state: Option<&State>,
    around: Option<&Surroundings>,
    turn: u64,
    button: FieldId,
) -> Result<Option<usize>, Refusal> {
    let Some(state) = state else { return Err(Refusal::NotOffered) };
    let late = turn < state.turn || (turn == state.turn && state.at == At::Silent);
    if late {
        return Ok(None);
    }
    let around = around.filter(|_| turn == state.turn).ok_or(Refusal::NotOffered)?;
    match (&around.scenario, &state.at) {
        (Some(scenario), At::Buttons(_)) => choose(draft, scenario, state, around, turn, button).map(Some),
        // Its version is nowhere any more: a person goes on, with what was chosen.
        (None, At::Buttons(_)) => {
            let offered = around.offered.iter().find(|offered| offered.id == button);
            let label = offered.ok_or(Refusal::NotOffered)?.label.clone();
            let own = post(draft, label, turn, button);
            carry_out(draft, state.handed_over(), around);
            Ok(Some(own))
        }
        _ => Err(Refusal::NotOffered),
    }
}

fn choose(
    draft: &mut Draft,
    scenario: &Scenario,
    state: &State,
    around: &Surroundings,
    turn: u64,
    button: FieldId,
) -> Result<usize, Refusal> {
    let stepped = around.step(scenario, state, &Event::Chose { turn, button: button.clone() });
    let Stepped { mut effects, state } = stepped;
    if !matches!(effects.first(), Some(Effect::Post(_))) {
        return Err(Refusal::NotOffered);
    }
    let Effect::Post(label) = effects.remove(0) else { return Err(Refusal::NotOffered) };
    let own = post(draft, label, turn, button);
    carry_out(draft, Stepped { effects, state }, around);
    Ok(own)
}

fn post(draft: &mut Draft, label: String, turn: u64, button: FieldId) -> usize {
    draft.push_as(Author::Shopper, Body::Message { text: label }, Some(BotPart::Chose { turn, button }))
}

/// A scenario begins again. `None`: too late, or nothing to begin again. The place of the first entry.
pub(super) fn restart(
    draft: &mut Draft,
    state: Option<&State>,
    around: Option<&Surroundings>,
    turn: u64,
) -> Result<Option<usize>, Refusal> {
    let Some(state) = state else { return Err(Refusal::NotOffered) };
    if turn < state.turn || state.at == At::Silent {
        return Ok(None);
    }
    let offered = turn == state.turn && state.at == At::Ended { restart: true };
    let around = around.filter(|_| offered).ok_or(Refusal::NotOffered)?;
    let stepped = match &around.scenario {
        Some(scenario) => around.step(scenario, state, &Event::Restart { turn }),
        None => state.handed_over(),
    };
    let first = draft.len();
    carry_out(draft, stepped, around);
    Ok(Some(first))
}

/// The form's question was answered or skipped: the bot goes on.
pub(super) fn answered(draft: &mut Draft, state: Option<&State>, around: Option<&Surroundings>) {
    let (Some(state), Some(around)) = (state, around) else { return };
    if !matches!(state.at, At::Asking(_)) {
        return;
    }
    let stepped = match &around.scenario {
        Some(scenario) => around.step(scenario, state, &Event::Answered { turn: state.turn }),
        None => state.handed_over(),
    };
    carry_out(draft, stepped, around);
}

/// What the bot does, as entries, and where the chat is then on the last of the thread's.
fn carry_out(draft: &mut Draft, stepped: Stepped, around: &Surroundings) {
    let Stepped { effects, state } = stepped;
    let mut to = None;
    for effect in effects {
        match effect {
            Effect::Say { .. } => say(draft, effect, &state),
            Effect::Ask { field, .. } => {
                let asked = around.questions.iter().find(|question| question.id == field);
                let fields = asked.cloned().into_iter().collect();
                draft.push_as(Author::System, Body::Form { fields, held: false }, Some(BotPart::Moved));
            }
            Effect::HandOver(whom) => to = Some(whom),
            // The choice was posted by whoever knows its button; an end is the state's.
            Effect::Post(_) | Effect::Finish { .. } => {}
        }
    }
    let hands_over = to.is_some();
    let at = draft.mark(state.clone());
    if hands_over {
        let handed = draft.push_as(Author::System, Body::HandedOver, (!at).then_some(BotPart::Moved));
        if !at {
            draft.mark_at(handed, state);
        }
    }
    // Whom there is no more is handed nothing: anybody goes on.
    match to {
        Some(To::Agent(id)) => {
            if let Some(name) = around.agents.get(&id) {
                draft.push(Author::System, Body::Assigned { to: Some(Assignee { id, name: name.clone() }) });
            }
        }
        Some(To::Group(id)) => {
            if let Some(group) = around.groups.iter().find(|group| group.id == id) {
                draft.push(Author::System, Body::Grouped { to: Some(group.clone()) });
            }
        }
        Some(To::Anyone) | None => {}
    }
}

fn say(draft: &mut Draft, effect: Effect, state: &State) {
    let Effect::Say { step, text, buttons } = effect else { return };
    let part = BotPart::Said { scenario: state.scenario.clone(), step, turn: state.turn, buttons };
    draft.push_as(Author::System, Body::Message { text }, Some(part));
}

#[cfg(test)]
mod tests;
