//! What a command does: a head, a command and the time in; a change or a named refusal out.

use super::bot::{self, BotBegins, BotMark, BotPart, First, Surroundings};
use super::{Assignee, Author, Body, ByTrigger, Entry, Head, InGroup, Log, Mailing, Numbers, Status, fold};
use crate::automatic::{self, Asking, Rule, Why};
use crate::deadline::Deadlines;
use crate::intake::{self, AskedField, Intake, Value};
use crate::people::{Actor, ProfileChange, Told};
use crate::scenario::State;
use crate::settings::{Faq, FieldId};
use crate::text::MessageText;
use crate::{AgentId, ClientId, ConversationId, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Say {
        text: MessageText,
        /// A shopper's, where the conversation is held: nothing holds it any more.
        releases: bool,
    },
    Answer(Box<Answering>),
    /// A shopper's choice among a bot's buttons.
    Choose {
        turn: u64,
        button: FieldId,
        /// Known where the bot awaits it; without them nothing comes of it.
        around: Option<Box<Surroundings>>,
    },
    /// A shopper's: the scenario from its beginning.
    Restart {
        turn: u64,
        around: Option<Box<Surroundings>>,
    },
    Close,
    Note {
        text: MessageText,
    },
    /// `expected` is the owner that the agent saw when deciding; another owner by now means that a colleague was quicker.
    Assign {
        to: Option<Assignee>,
        expected: Option<AgentId>,
        /// `None`: the group stays. Of two who give it to a group at once the later counts.
        group: Option<Option<InGroup>>,
    },
    Join,
    Leave,
}

/// A shopper's answer to a question of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answering {
    /// How far the form is filled; `None`: it has not been asked.
    pub intake: Option<Intake>,
    pub field: FieldId,
    /// `None`: skipped.
    pub value: Option<String>,
    /// Nothing holds the conversation any more, whether this finishes the form or not.
    pub releases: bool,
    /// Where a bot has asked.
    pub around: Option<Box<Surroundings>>,
}

/// What a conversation may begin with, beside its first message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beginning {
    /// The trigger that had shown what this answers.
    pub triggered: Option<ByTrigger>,
    /// What the shop had shown by itself, before everything else.
    pub spoken: Option<Spoken>,
    /// Before it.
    pub faqs: Vec<Faq>,
    /// What was said before it, or answers it first; such a conversation is not held for a form.
    pub bot: Option<BotBegins>,
    /// Behind it, unless a bot speaks: the form for which the conversation is held. So none is held without one that can be filled.
    pub held_for: Option<(Vec<AskedField>, Rule)>,
    /// Likewise, without holding anything: the form that a trigger shows.
    pub asks: Vec<AskedField>,
    /// An address of the shopper's is known: how long an answer stays unseen before it is mailed.
    pub mail_after: Option<Duration>,
    /// The shop mails: agents may be told of who waits.
    pub tells_agents: bool,
    /// Whom the page, a trigger or the shopper has said that it is for.
    pub group: Option<InGroup>,
}

/// What the shop had said before anybody wrote, to a visitor who answers it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// An agent, who has not joined by it, or the shop itself.
    pub author: Author,
    pub text: String,
    /// [`Rule::Trigger`] or [`Rule::Invitation`].
    pub rule: Rule,
    /// An agent wrote it by hand: it is theirs.
    pub assigned: Option<Assignee>,
}

/// What is to be stored, all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub head: Head,
    /// In the order of their numbers. Empty: the wish was already so, and nothing is to be stored.
    pub entries: Vec<Entry>,
    /// The entry that answers the command.
    pub log: Log,
    pub seq: u64,
}

impl Change {
    /// What its answers tell of the shopper. Of a verified one neither name nor email: what stands beside that mark is the shop's word, and
    /// not what somebody typed.
    #[must_use]
    pub fn profile(&self) -> Option<ProfileChange> {
        let verified = self.head.shopper.is_verified();
        let mut profile = ProfileChange::default();
        for entry in &self.entries {
            let Body::Answer(taken) = &entry.body else { continue };
            let own = taken.field == FieldId::name() || taken.field == FieldId::email();
            match &taken.value {
                None => {}
                Some(Value::Name(name)) if taken.field == FieldId::name() && !verified => {
                    profile.name = Some(name.clone());
                }
                Some(Value::Email(email)) if taken.field == FieldId::email() && !verified => {
                    profile.email = Some(email.clone());
                }
                Some(_) if own => {}
                Some(value) => {
                    let told = Told { question: taken.label.clone(), answer: value.as_str().to_owned() };
                    profile.answers.insert(taken.field.clone(), told);
                }
            }
        }
        (profile != ProfileChange::default()).then_some(profile)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the conversation is closed; the next message starts a new one")]
    Closed,
    #[error("a colleague was quicker")]
    Taken { owner: Option<AgentId> },
    #[error("not for this role")]
    Forbidden,
    /// No bot has offered this button, or this beginning.
    #[error("nobody has offered this")]
    NotOffered,
    #[error("{why}")]
    Form { field: FieldId, why: intake::Refusal },
}

/// A shopper's first message.
#[must_use]
pub fn begin(
    id: ConversationId,
    actor: (crate::ShopperId, crate::SiteId),
    shopper_name: Option<String>,
    text: MessageText,
    client_id: ClientId,
    now: Timestamp,
) -> Change {
    begin_with(id, actor, shopper_name, text, Beginning::default(), client_id, now)
}

/// The same, with what comes before it and what it is held for.
#[must_use]
pub fn begin_with(
    id: ConversationId,
    actor: (crate::ShopperId, crate::SiteId),
    shopper_name: Option<String>,
    text: MessageText,
    with: Beginning,
    client_id: ClientId,
    now: Timestamp,
) -> Change {
    begin_by(id, actor, shopper_name, First::Words(text), with, client_id, now)
        .expect("words begin a conversation, whatever is said before")
}

/// The same; or by a choice of what a bot has offered, if it has.
pub fn begin_by(
    id: ConversationId,
    actor: (crate::ShopperId, crate::SiteId),
    shopper_name: Option<String>,
    first: First,
    with: Beginning,
    client_id: ClientId,
    now: Timestamp,
) -> Result<Change, Refusal> {
    let (shopper, site) = actor;
    let head = Head {
        id,
        site,
        shopper,
        origin: shopper,
        shopper_name,
        numbers: Numbers::default(),
        rev: 0,
        status: Status::Open,
        owner: None,
        group: None,
        participants: BTreeSet::new(),
        began_at: now,
        last_activity: now,
        waiting_since: None,
        unread: false,
        preview: None,
        deadlines: Deadlines::new(),
        held: false,
        form: None,
        mailing: with.mail_after.map(Mailing::after),
        tells_agents: with.tells_agents,
        scenario: None,
    };
    let mut draft = Draft::new(&head, now);
    if let Some(by) = with.triggered {
        draft.push(Author::System, Body::Triggered { by });
    }
    if let Some(spoken) = with.spoken {
        // It is answered by the shopper's first entry, which is the next but one: questions come between.
        let answered_by = u64::try_from(with.faqs.len()).unwrap_or(0) + 2;
        draft.speak_first(spoken.author.clone(), spoken.text, Why { rule: spoken.rule, cause: answered_by });
        if let Some(to) = spoken.assigned {
            draft.push(spoken.author, Body::Assigned { to: Some(to) });
        }
    }
    for faq in with.faqs {
        draft.push(Author::Shopper, Body::Faq(faq));
    }
    let own = match (with.bot, first) {
        (Some(bot), first) => bot::begins(&mut draft, bot, first)?,
        (None, First::Words(text)) => draft.push(Author::Shopper, Body::Message { text: text.into_string() }),
        (None, First::Choice { .. }) => return Err(Refusal::NotOffered),
    };
    let cause = draft.entries[own].seq;
    // Where a bot speaks it asks what it needs.
    let (held_for, asks) = match draft.head.scenario {
        Some(_) => (None, Vec::new()),
        None => (with.held_for, with.asks),
    };
    if let Some((fields, rule)) = held_for {
        let asking = Asking { fields, why: Why { rule, cause }, client_id: automatic::form_id(id) };
        draft.ask(asking, true);
    } else if !asks.is_empty() {
        let why = Why { rule: Rule::Trigger, cause };
        draft.ask(Asking { fields: asks, why, client_id: automatic::form_id(id) }, false);
    }
    // A claim of the shopper's browser, and said so.
    if let Some(group) = with.group.filter(|_| draft.head.group.is_none()) {
        draft.push(Author::Shopper, Body::Grouped { to: Some(group) });
    }
    Ok(draft.finish(own, client_id))
}

/// Whether and how `command` changes the conversation. That `actor` may reach it at all has been checked before:
/// who may not is answered as if it did not exist.
pub fn decide(
    head: &Head,
    actor: &Actor,
    command: Command,
    client_id: ClientId,
    now: Timestamp,
) -> Result<Change, Refusal> {
    let mut draft = Draft::new(head, now);
    match (command, actor) {
        (Command::Answer(_) | Command::Choose { .. } | Command::Restart { .. }, Actor::Agent { .. })
        | (
            Command::Note { .. } | Command::Assign { .. } | Command::Join | Command::Leave,
            Actor::Shopper { .. },
        ) => {
            return Err(Refusal::Forbidden);
        }
        // A note is backstage and may follow the close; everything else ends with it.
        (Command::Note { text }, Actor::Agent { .. }) => {
            draft.push(author(actor), Body::Note { text: text.into_string() });
        }
        _ if !head.is_open() => return Err(Refusal::Closed),
        (Command::Say { text, releases }, Actor::Shopper { .. }) => {
            let body = Body::Message { text: text.into_string() };
            // Words instead of a choice, or after the end: a person goes on.
            let handed = head.scenario.as_ref().and_then(State::wrote);
            let at = draft.push_releasing(Author::Shopper, body, releases && head.held);
            if let Some(state) = handed {
                draft.mark_at(at, state);
            }
        }
        (Command::Choose { turn, button, around }, Actor::Shopper { .. }) => {
            // Nobody is awaited who was not when it was looked up: it is too late, or was never offered.
            let around = around.as_deref();
            let own = bot::chose(&mut draft, head.scenario.as_ref(), around, turn, button)?;
            return Ok(
                own.map_or_else(|| Draft::new(head, now).unchanged(), |own| draft.finish(own, client_id))
            );
        }
        (Command::Restart { turn, around }, Actor::Shopper { .. }) => {
            let first = bot::restart(&mut draft, head.scenario.as_ref(), around.as_deref(), turn)?;
            return Ok(first
                .map_or_else(|| Draft::new(head, now).unchanged(), |first| draft.finish(first, client_id)));
        }
        (Command::Answer(answering), Actor::Shopper { .. }) => {
            let Answering { intake, field, value, releases, around } = *answering;
            let refuse = |why| Refusal::Form { field: field.clone(), why };
            let intake = intake.ok_or_else(|| refuse(intake::Refusal::NotAsked))?;
            if let Some(taken) = intake.take(&field, value.as_deref()).map_err(refuse)? {
                let (releases, finished) = (head.held && (releases || taken.finished), taken.finished);
                draft.push_releasing(Author::Shopper, Body::Answer(taken), releases);
                if finished {
                    bot::answered(&mut draft, head.scenario.as_ref(), around.as_deref());
                }
                return Ok(draft.finish(0, client_id));
            }
        }
        (Command::Say { text, .. }, Actor::Agent { id, name, .. }) => {
            if !head.participants.contains(id) {
                draft.push(author(actor), Body::Joined);
            }
            // Replying to what nobody has takes it.
            if head.owner.is_none() {
                let to = Some(Assignee { id: *id, name: name.clone() });
                draft.push(author(actor), Body::Assigned { to });
            }
            draft.push(author(actor), Body::Message { text: text.into_string() });
        }
        (Command::Close, _) => {
            draft.push(author(actor), Body::Closed);
        }
        (Command::Assign { to, expected, group }, Actor::Agent { .. }) => {
            let wanted = to.as_ref().map(|to| to.id);
            if head.owner != wanted {
                if head.owner != expected {
                    return Err(Refusal::Taken { owner: head.owner });
                }
                draft.push(author(actor), Body::Assigned { to });
            }
            if let Some(to) = group
                && head.group.as_ref() != to.as_ref().map(|to| &to.id)
            {
                draft.push(author(actor), Body::Grouped { to });
            }
        }
        (Command::Join, Actor::Agent { id, .. }) => {
            if !head.participants.contains(id) {
                draft.push(author(actor), Body::Joined);
            }
        }
        (Command::Leave, Actor::Agent { id, .. }) => {
            if head.participants.contains(id) {
                draft.push(author(actor), Body::Left);
            }
        }
    }
    let last = draft.entries.len().saturating_sub(1);
    Ok(draft.finish(last, client_id))
}

/// What the shop says and asks by itself, and the deadlines that stand from then on: one change, so that whoever repeats it
/// repeats all of it. A closed conversation is told nothing. Whether a person has answered is the caller's to know: the
/// answer moves the head, and a change decided on the head before it is not stored.
pub fn speak(
    head: &Head,
    message: Option<&automatic::Message>,
    form: Option<Asking>,
    deadlines: Deadlines,
    now: Timestamp,
) -> Result<Change, Refusal> {
    if !head.is_open() {
        return Err(Refusal::Closed);
    }
    let mut draft = Draft::new(head, now);
    let mut id = None;
    if let Some(message) = message {
        let at = draft.push(Author::System, Body::Message { text: message.text.clone() });
        draft.entries[at].why = Some(message.why);
        id = Some(message.client_id);
    }
    if let Some(asking) = form {
        let asked = asking.client_id;
        draft.ask(asking, false);
        id = id.or(Some(asked));
    }
    draft.head.deadlines = deadlines;
    Ok(match id {
        Some(id) => draft.finish(0, id),
        None => draft.unchanged(),
    })
}

/// A mail went out to `to` with what the shopper had not seen, up to `through`. A closed conversation is told as well: only agents
/// read it. `client_id` is made from the mail, so that it is noted once.
#[must_use]
pub fn note_mail(head: &Head, through: u64, to: String, client_id: ClientId, now: Timestamp) -> Change {
    let mut draft = Draft::new(head, now);
    let at = draft.push(Author::System, Body::Mailed { through, to });
    draft.finish(at, client_id)
}

fn author(actor: &Actor) -> Author {
    match actor {
        Actor::Shopper { .. } => Author::Shopper,
        Actor::Agent { id, name, .. } => Author::Agent { id: *id, name: name.clone() },
    }
}

/// A change being written: numbers each entry and folds it into the head.
pub(super) struct Draft {
    head: Head,
    entries: Vec<Entry>,
    now: Timestamp,
}

impl Draft {
    pub(super) fn new(head: &Head, now: Timestamp) -> Self {
        Self { head: head.clone(), entries: Vec::new(), now }
    }

    /// Its place among the draft's entries.
    pub(super) fn push(&mut self, author: Author, body: Body) -> usize {
        self.push_releasing(author, body, false)
    }

    /// As the part of a scenario that it is.
    pub(super) fn push_as(&mut self, author: Author, body: Body, part: Option<BotPart>) -> usize {
        self.write(author, body, (false, None), part.map(|part| Box::new(BotMark { part, state: None })))
    }

    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// From the last entry of the thread on the chat is here in its scenario. Whether there is one.
    pub(super) fn mark(&mut self, state: State) -> bool {
        let last = self.entries.iter().rposition(|entry| entry.log == Log::Thread);
        if let Some(at) = last {
            self.mark_at(at, state);
        }
        last.is_some()
    }

    pub(super) fn mark_at(&mut self, at: usize, state: State) {
        self.head.scenario = Some(state.clone());
        let entry = &mut self.entries[at];
        let mark = entry.bot.get_or_insert_with(|| Box::new(BotMark { part: BotPart::Moved, state: None }));
        mark.state = Some(state);
    }

    fn push_releasing(&mut self, author: Author, body: Body, releases: bool) -> usize {
        self.write(author, body, (releases, None), None)
    }

    fn speak_first(&mut self, author: Author, text: String, why: Why) {
        self.write(author, Body::Message { text }, (false, Some(why)), None);
    }

    fn write(
        &mut self,
        author: Author,
        body: Body,
        (releases, why): (bool, Option<Why>),
        bot: Option<Box<BotMark>>,
    ) -> usize {
        let log = body.log();
        let (seq, thread_at) = match log {
            Log::Thread => (self.head.numbers.t + 1, self.head.numbers.t + 1),
            Log::Backstage => (self.head.numbers.b + 1, self.head.numbers.t),
        };
        let (client_id, mail) = (None, None);
        let at = self.now;
        let entry = Entry { log, seq, thread_at, at, author, body, client_id, why, releases, mail, bot };
        fold(&mut self.head, &entry);
        self.entries.push(entry);
        self.entries.len() - 1
    }

    fn ask(&mut self, asking: Asking, held: bool) {
        let at = self.push(Author::System, Body::Form { fields: asking.fields, held });
        let entry = &mut self.entries[at];
        (entry.why, entry.client_id) = (Some(asking.why), Some(asking.client_id));
    }

    /// The entry at `answers` is the one that was asked for, and bears the client's id.
    pub(super) fn finish(mut self, answers: usize, client_id: ClientId) -> Change {
        let Some(entry) = self.entries.get_mut(answers) else { return self.unchanged() };
        entry.client_id = Some(client_id);
        self.head.rev += 1;
        let (log, seq) = (entry.log, entry.seq);
        Change { head: self.head, entries: self.entries, log, seq }
    }

    fn unchanged(self) -> Change {
        Change { seq: self.head.numbers.t, head: self.head, entries: self.entries, log: Log::Thread }
    }
}

#[cfg(test)]
mod tests;
