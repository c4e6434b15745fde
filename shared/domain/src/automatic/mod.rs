//! What a shop says by itself, and when (H3-H7, I2).
//!
//! [`decide`] is given one cause (an entry of the thread, a deadline that is due) and the situation as it is now, and names
//! every message and deadline that follows, or why nothing does. It is called again with the same cause as often as
//! the cause is delivered again: the ids are made from the cause, so that whatever was done is done once.
//!
//! The rules, in the order in which they are looked at:
//!
//! 1. Only a shopper's message, the release of a held conversation and our own deadlines are causes. What a bot, a colleague or
//!    the system writes is never answered; a question of the FAQs has its answer already.
//! 2. Nothing follows from a cause older than [`MAX_AGE`]; of a deadline that is counted from when it was due.
//! 3. Nothing is said in a closed conversation, or after a person has written.
//! 4. A first message gets exactly one reply: closed → *outside*; open and an agent online → *online* if it is on,
//!    else *during*; open and nobody online → *offline*. Without office hours neither *outside* nor *during* exists.
//! 5. Then the form, if it has anything to ask: at once while offline or if set to always; after its delay if set to slow.
//!    A chat that a trigger or an agent began is not disturbed by it.
//! 6. What is said to a bot is the bot's to answer. From its hand-over on the conversation is treated as one that begins, but for a reply
//!    that says no more than that somebody will come. A form that the bot has asked is not asked again.
//! 7. Who waits for a person waits for the wait time, then gets the *offline* message, unless it was sent. Nobody waits who
//!    was told that the shop is closed, whose chat is taken, or whose message is held; a held one waits from its release.

mod opening;

pub use opening::next_opening;

use crate::intake::AskedField;
use crate::office_hours::{Status, Zone};
use crate::settings::{FormTime, Language, ReplyKind, Settings, When, fill};
use crate::{ClientId, ConversationId, Timestamp};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Nothing automatic is sent for a cause older than this.
pub const MAX_AGE: Duration = Duration::from_secs(10 * 60);

/// Why the rules are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// An entry of the thread was committed.
    Entry { seq: u64, at: Timestamp, writer: Writer, said: Said },
    /// The form was finished with this entry, and a conversation that was held for it is held no more.
    Released { seq: u64, at: Timestamp },
    /// A bot has handed over with this entry: from here on somebody waits for a person.
    HandedOver { seq: u64, at: Timestamp },
    /// A deadline that `seq` had armed.
    Due { deadline: Deadline, seq: u64, due: Timestamp },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    Shopper,
    Agent,
    /// A scenario, a trigger, an automatic message, a mail program that answers by itself.
    Bot,
    System,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// The conversation's first message of the shopper's own.
    First,
    Later,
    /// A question of the FAQs, which its answer follows.
    Faq,
    /// A step of the form, a joining, a closing: no message.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deadline {
    /// Nobody has taken the chat within the wait time.
    WaitTime,
    /// Agents have been slow: the form is asked.
    SlowForm,
    /// An agent's answer has not been seen: it may be mailed. See [`crate::fallback`]; no cause of an automatic message.
    Unseen,
    /// Somebody waits, and agents may be told by mail. See [`crate::notification`]; no cause of an automatic message.
    Agents,
    /// A transcript is to be mailed; no cause of an automatic message.
    Transcript,
}

impl Deadline {
    pub const ALL: [Self; 5] = [Self::WaitTime, Self::SlowForm, Self::Unseen, Self::Agents, Self::Transcript];

    /// What waits for a person's answer, and ends with it.
    #[must_use]
    pub const fn ends_with_an_answer(self) -> bool {
        matches!(self, Self::WaitTime | Self::SlowForm | Self::Agents)
    }

    /// What stays owed when the conversation is closed.
    #[must_use]
    pub const fn outlives_the_end(self) -> bool {
        matches!(self, Self::Unseen | Self::Transcript)
    }

    /// What is for whoever sends mail to look at.
    #[must_use]
    pub const fn is_for_mail(self) -> bool {
        matches!(self, Self::Unseen | Self::Agents | Self::Transcript)
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deadline| deadline.name() == name)
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WaitTime => "wait_time",
            Self::SlowForm => "slow_form",
            Self::Unseen => "unseen",
            Self::Agents => "agents",
            Self::Transcript => "transcript",
        }
    }
}

/// The conversation and its shop as they are now.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    pub conversation: ConversationId,
    pub settings: &'a Settings,
    /// `None`: no hours are set.
    pub hours: Option<Status>,
    pub agents_online: bool,
    pub closed: bool,
    /// A person has written in this conversation.
    pub answered: bool,
    /// A person has joined it, or it has an owner.
    pub taken: bool,
    /// A trigger or an agent began it.
    pub proactive: bool,
    /// It waits for its form, seen by nobody.
    pub held: bool,
    pub form: FormState,
    /// Automatic messages that this conversation has had.
    pub sent: &'a [ReplyKind],
    /// The shopper's browser's tag.
    pub language: Option<&'a str>,
    /// The shopper's zone, if the browser told one that exists.
    pub zone: Option<&'a Zone>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormState {
    /// Everything that it would ask is known, or it has no fields.
    NothingToAsk,
    Unasked,
    /// Asked, whether finished or not.
    Asked,
}

/// A form that is asked: of whom, and so what, is the caller's to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    pub fields: Vec<AskedField>,
    pub why: Why,
    pub client_id: ClientId,
}

/// What follows from a cause, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Say(Message),
    AskForm(Why, ClientId),
    Arm {
        deadline: Deadline,
        /// The entry that it counts from.
        seq: u64,
        due: Timestamp,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub kind: ReplyKind,
    pub language: Language,
    pub text: String,
    /// Made from the cause: the same cause again finds its message sent.
    pub client_id: ClientId,
    pub why: Why,
}

/// Kept with what was sent, and shown to agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Why {
    pub rule: Rule,
    /// The entry of the thread that is answered; of what was said first, by the shopper's.
    pub cause: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    OutsideHours,
    AgentOnline,
    DuringHours,
    NobodyOnline,
    WaitTimeOver,
    FormOffline,
    FormAlways,
    FormSlow,
    /// No reply: a trigger had shown it before the shopper wrote.
    Trigger,
    /// Likewise; an agent had written it by hand to a visitor.
    Invitation,
}

impl Rule {
    pub const ALL: [Self; 10] = [
        Self::OutsideHours,
        Self::AgentOnline,
        Self::DuringHours,
        Self::NobodyOnline,
        Self::WaitTimeOver,
        Self::FormOffline,
        Self::FormAlways,
        Self::FormSlow,
        Self::Trigger,
        Self::Invitation,
    ];

    /// As it is stored and served.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutsideHours => "outside_hours",
            Self::AgentOnline => "agent_online",
            Self::DuringHours => "during_hours",
            Self::NobodyOnline => "nobody_online",
            Self::WaitTimeOver => "wait_time_over",
            Self::FormOffline => "form_offline",
            Self::FormAlways => "form_always",
            Self::FormSlow => "form_slow",
            Self::Trigger => "trigger",
            Self::Invitation => "invitation",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Why a form that is asked at once is.
    #[must_use]
    pub const fn asking_at_once(when: When) -> Self {
        match when {
            When::Online => Self::FormAlways,
            When::Offline => Self::FormOffline,
        }
    }

    /// The message that this rule sends, if it is one.
    #[must_use]
    pub const fn sends(self) -> Option<ReplyKind> {
        match self {
            Self::OutsideHours => Some(ReplyKind::Outside),
            Self::AgentOnline => Some(ReplyKind::Online),
            Self::DuringHours => Some(ReplyKind::During),
            Self::NobodyOnline | Self::WaitTimeOver => Some(ReplyKind::Offline),
            Self::FormOffline | Self::FormAlways | Self::FormSlow | Self::Trigger | Self::Invitation => None,
        }
    }

    /// In English, for whoever wonders why a message was sent.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::OutsideHours => "a first message outside office hours",
            Self::AgentOnline => "a first message while an agent was online",
            Self::DuringHours => "a first message during office hours",
            Self::NobodyOnline => "a first message while nobody was online",
            Self::WaitTimeOver => "nobody took the chat within the wait time",
            Self::FormOffline => "the form is always asked while the shop is offline",
            Self::FormAlways => "the form is asked after every first message",
            Self::FormSlow => "no agent had answered after the form's delay",
            Self::Trigger => "a trigger had shown it before the shopper wrote",
            Self::Invitation => "an agent had written it to a visitor",
        }
    }
}

/// Why nothing follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    NotACause,
    TooOld,
    ConversationClosed,
    Answered,
    Taken,
    /// It was sent, or asked, before.
    Done,
    /// The settings want nothing here.
    NothingSet,
    /// A deadline that is not due: it stays.
    NotYet,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub actions: Vec<Action>,
    /// Set exactly when there are none.
    pub quiet: Option<Quiet>,
}

impl Decision {
    fn of(actions: Vec<Action>, otherwise: Quiet) -> Self {
        let quiet = actions.is_empty().then_some(otherwise);
        Self { actions, quiet }
    }
}

/// What follows from `cause` as things are at `now`.
#[must_use]
pub fn decide(cause: Cause, situation: &Situation<'_>, now: Timestamp) -> Decision {
    let (actions, otherwise) = match consider(cause, situation, now) {
        Ok(actions) => (actions, Quiet::NothingSet),
        Err(quiet) => (Vec::new(), quiet),
    };
    Decision::of(actions, otherwise)
}

fn consider(cause: Cause, s: &Situation<'_>, now: Timestamp) -> Result<Vec<Action>, Quiet> {
    let at = match cause {
        Cause::Entry { at, writer: Writer::Shopper, said: Said::First, .. } => at,
        Cause::Due { deadline, .. } if deadline.is_for_mail() => return Err(Quiet::NotACause),
        Cause::Entry { .. } => return Err(Quiet::NotACause),
        Cause::Released { at, .. } | Cause::HandedOver { at, .. } => at,
        Cause::Due { due, .. } => due,
    };
    if now.since(at) > MAX_AGE {
        return Err(Quiet::TooOld);
    }
    if s.closed {
        return Err(Quiet::ConversationClosed);
    }
    if s.answered {
        return Err(Quiet::Answered);
    }
    match cause {
        Cause::Entry { seq, .. } => for_a_person(s, s.reply(), seq, at, now),
        // The bot has greeted, and said who comes: only that nobody does is news.
        Cause::HandedOver { seq, .. } => {
            let nobody =
                |(kind, _): &(ReplyKind, Rule)| matches!(kind, ReplyKind::Outside | ReplyKind::Offline);
            for_a_person(s, s.reply().filter(nobody), seq, at, now)
        }
        Cause::Released { seq, .. } => Ok(s.wait(seq, at).into_iter().collect()),
        Cause::Due { due, .. } if now < due => Err(Quiet::NotYet),
        Cause::Due { deadline: Deadline::WaitTime, seq, .. } => wait_is_over(s, seq, now),
        Cause::Due { deadline: Deadline::SlowForm, seq, .. } => {
            s.may_ask_form()?;
            Ok(vec![s.ask_form(Rule::FormSlow, seq)])
        }
        Cause::Due { deadline: Deadline::Unseen | Deadline::Agents | Deadline::Transcript, .. } => {
            Err(Quiet::NotACause)
        }
    }
}

fn for_a_person(
    s: &Situation<'_>,
    reply: Option<(ReplyKind, Rule)>,
    seq: u64,
    at: Timestamp,
    now: Timestamp,
) -> Result<Vec<Action>, Quiet> {
    let mut actions = Vec::new();
    let reply = reply.filter(|_| s.sent.is_empty());
    if let Some((kind, rule)) = reply {
        actions.push(Action::Say(s.message(kind, rule, seq, "reply", now)));
    }
    if s.may_ask_form().is_ok() {
        let when = if s.online() { When::Online } else { When::Offline };
        match (s.settings.form.time(when), when) {
            (FormTime::Never, _) => {}
            (FormTime::Always, when) => actions.push(s.ask_form(Rule::asking_at_once(when), seq)),
            (FormTime::Slow(after), _) => {
                actions.push(Action::Arm { deadline: Deadline::SlowForm, seq, due: at.plus(after) });
            }
        }
    }
    let told = reply.map(|(kind, _)| kind);
    if !s.held && !matches!(told, Some(ReplyKind::Outside | ReplyKind::Offline)) {
        actions.extend(s.wait(seq, at));
    }
    if actions.is_empty() && !s.sent.is_empty() {
        return Err(Quiet::Done);
    }
    Ok(actions)
}

fn wait_is_over(s: &Situation<'_>, seq: u64, now: Timestamp) -> Result<Vec<Action>, Quiet> {
    if s.taken {
        return Err(Quiet::Taken);
    }
    let mut actions = Vec::new();
    let told = s.sent.iter().any(|kind| matches!(kind, ReplyKind::Offline | ReplyKind::Outside));
    if s.settings.automatic.offline.enabled && !told {
        actions.push(Action::Say(s.message(ReplyKind::Offline, Rule::WaitTimeOver, seq, "wait", now)));
    }
    // Agents have left meanwhile: the shop is offline, and while it is the form is always asked.
    if !s.online() && s.may_ask_form().is_ok() {
        actions.push(s.ask_form(Rule::FormOffline, seq));
    }
    if actions.is_empty() && told { Err(Quiet::Done) } else { Ok(actions) }
}

impl Situation<'_> {
    fn online(&self) -> bool {
        self.agents_online && self.hours.is_none_or(Status::is_open)
    }

    /// The one reply to a first message, if it is on.
    fn reply(&self) -> Option<(ReplyKind, Rule)> {
        let automatic = &self.settings.automatic;
        let (kind, rule) = match (self.hours, self.agents_online) {
            (Some(Status::Closed { .. }), _) => (ReplyKind::Outside, Rule::OutsideHours),
            (_, false) => (ReplyKind::Offline, Rule::NobodyOnline),
            (_, true) if automatic.online.enabled => (ReplyKind::Online, Rule::AgentOnline),
            (Some(Status::Open { .. }), true) => (ReplyKind::During, Rule::DuringHours),
            (None, true) => return None,
        };
        automatic.reply(kind).enabled.then_some((kind, rule))
    }

    /// The wait for a person, from an entry on.
    fn wait(&self, seq: u64, from: Timestamp) -> Option<Action> {
        let automatic = &self.settings.automatic;
        let told = self.sent.iter().any(|kind| matches!(kind, ReplyKind::Offline | ReplyKind::Outside));
        let waits = automatic.offline.enabled && !told && !self.taken;
        waits.then(|| Action::Arm { deadline: Deadline::WaitTime, seq, due: from.plus(automatic.wait_time) })
    }

    fn may_ask_form(&self) -> Result<(), Quiet> {
        match self.form {
            FormState::NothingToAsk => Err(Quiet::NothingSet),
            FormState::Asked => Err(Quiet::Done),
            FormState::Unasked if self.proactive => Err(Quiet::NothingSet),
            FormState::Unasked => Ok(()),
        }
    }

    fn ask_form(&self, rule: Rule, seq: u64) -> Action {
        // One form for a conversation, whatever asked for it.
        Action::AskForm(Why { rule, cause: seq }, form_id(self.conversation))
    }

    fn message(&self, kind: ReplyKind, rule: Rule, seq: u64, slot: &str, now: Timestamp) -> Message {
        let general = &self.settings.general;
        let language = general.language_for(self.language).clone();
        let text =
            general.text(&self.settings.automatic.reply(kind).texts, &kind.shipped(), &language).to_owned();
        let opens = match self.hours {
            Some(Status::Closed { next_opening }) => next_opening,
            Some(Status::Open { .. }) | None => None,
        };
        let shop_zone = self.settings.hours.schedule.zone();
        let opening = next_opening(opens, now, self.zone, shop_zone, &language, self.language);
        let values = [("shop", general.name.as_str()), ("next_opening", opening.as_str())];
        Message {
            kind,
            text: fill(&text, &values),
            language,
            client_id: client_id(self.conversation, seq, slot),
            why: Why { rule, cause: seq },
        }
    }
}

/// The id under which a conversation's form is asked: one for a conversation, whoever asks it.
#[must_use]
pub fn form_id(conversation: ConversationId) -> ClientId {
    client_id(conversation, 0, "form")
}

/// The id of what `slot` sends for the entry `seq`: always the same, and nobody else's. The slot does not tell *which*
/// message: when a record comes a second time and the shop has closed meanwhile, the one reply has still been sent.
#[must_use]
pub fn client_id(conversation: ConversationId, seq: u64, slot: &str) -> ClientId {
    let hash = Sha256::new()
        .chain_update(b"mostrador automatic\0")
        .chain_update(conversation.0.as_bytes())
        .chain_update(seq.to_be_bytes())
        .chain_update(slot.as_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    ClientId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests;
