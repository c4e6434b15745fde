//! A conversation: two append-only logs and the head that is their fold.
//!
//! The *thread* holds everything that the shopper can see happen; the *backstage* what only agents see. Each is
//! numbered 1, 2, 3, … without holes. [`decide`] says what a command does to a head; storing it is a port's work.

mod bot;
mod decide;
mod mail;

pub use bot::{BotBegins, BotMark, BotPart, First, Surroundings, hands_over, is_for_the_bot};

pub use decide::{
    Answering, Beginning, Change, Command, Refusal, Spoken, begin, begin_by, begin_with, decide, note_mail,
    speak,
};

pub use mail::{Attached, FileKey, MAX_ATTACHED, MailClass, MailMark, ReviewWhy, note_arrival};

use crate::automatic::Deadline;
use crate::automatic::Why;
use crate::deadline::{Armed, Deadlines};
use crate::fallback::{BETWEEN_MAILS, DEFAULT_DELAY, PER_HOUR};
use crate::intake::{AskedField, Taken, Value};
use crate::notification::GRACE;
use crate::scenario::State;
use crate::settings::{Faq, FieldId};
use crate::text;
use crate::{AgentId, ClientId, ConversationId, ShopperId, SiteId, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Log {
    Thread,
    Backstage,
}

/// How far both logs have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    pub t: u64,
    pub b: u64,
}

/// Closed is final: nothing leads back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Open,
    Closed { at: Timestamp, by: Author },
}

/// Who wrote an entry. An agent's name is kept as it was at the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    Shopper,
    Agent { id: AgentId, name: String },
    System,
}

/// What lists show of the last message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    pub author: Author,
    pub text: String,
}

/// The present state of a conversation: the fold of both logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub id: ConversationId,
    pub site: SiteId,
    pub shopper: ShopperId,
    /// As whom the shopper began it: somebody else than now if they have signed in at the shop since. All that they write in it is
    /// told apart by client ids in this name, so that a message that is under way at that moment is stored once.
    pub origin: ShopperId,
    /// The shopper's name as last known when the head was written.
    pub shopper_name: Option<String>,
    pub numbers: Numbers,
    /// Moves with every write of the head; what a writer has read must still be so.
    pub rev: u64,
    pub status: Status,
    pub owner: Option<AgentId>,
    /// For whom it is (A4). A group that there is no more counts as none.
    pub group: Option<FieldId>,
    /// Agents who have joined and not left: those whom the shopper sees.
    pub participants: BTreeSet<AgentId>,
    pub began_at: Timestamp,
    /// When the thread last grew: lists are ordered by it.
    pub last_activity: Timestamp,
    /// Since when the shopper has been without an answer.
    pub waiting_since: Option<Timestamp>,
    /// The team has not seen the shopper's last message.
    pub unread: bool,
    pub preview: Option<Preview>,
    /// What it is to be looked at again for: see [`crate::deadline`].
    pub deadlines: Deadlines,
    /// It waits for its form: on no shelf, and for agents it does not exist.
    pub held: bool,
    /// `None`: the form has not been asked.
    pub form: Option<FormMark>,
    /// `None`: no address of the shopper's is known.
    pub mailing: Option<Mailing>,
    /// The shop mailed when it began: agents may be told of who waits in it, see [`crate::notification`].
    pub tells_agents: bool,
    /// Where it is in its scenario; `None`: none has run in it.
    pub scenario: Option<State>,
}

/// What a head knows of the mails that its unseen answers go out by: see [`crate::fallback`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailing {
    /// How long an answer stays unseen before it is mailed, as the merchant had set it when the address became known.
    pub after: Duration,
    /// Mails have carried the thread up to this number.
    pub through: u64,
    /// When the last of them went, the newest last: as many as count for [`crate::fallback::PER_HOUR`].
    pub sent: Vec<Timestamp>,
}

impl Mailing {
    #[must_use]
    pub const fn after(after: Duration) -> Self {
        Self { after, through: 0, sent: Vec::new() }
    }
}

/// What a head knows of its form; the rest is in the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormMark {
    /// The thread's entry by which it was asked: answers lie behind it.
    pub seq: u64,
    /// Every question is given.
    pub finished: bool,
}

impl Head {
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.status, Status::Open)
    }

    /// The head after its shopper has signed in at the shop, which says that this is their name: one that was typed goes.
    #[must_use]
    pub fn signed_in(&self, shopper: ShopperId, shopper_name: Option<String>) -> Self {
        Self { shopper, shopper_name, rev: self.rev + 1, ..self.clone() }
    }

    /// The same, once an address is known that mails may go to, other than by what is said in it: what was answered before is looked at
    /// `after` from now on, and so is what will be.
    #[must_use]
    pub fn mailable(mut self, after: Duration, now: Timestamp) -> Self {
        if self.mailing.is_none() {
            self.mailing = Some(Mailing::after(after));
            // Whether anything is unseen is found by looking.
            let armed = Armed { due: now.plus(after), seq: self.numbers.t };
            self.deadlines.entry(Deadline::Unseen).or_insert(armed);
        }
        self
    }

    /// The head once its shopper's address has become known beside the conversation; `None` when one was known already.
    #[must_use]
    pub fn known_to_be_mailable(&self, after: Duration, now: Timestamp) -> Option<Self> {
        let unknown = self.is_open() && self.mailing.is_none();
        unknown.then(|| Self { rev: self.rev + 1, ..self.clone() }.mailable(after, now))
    }

    /// The head after the team has seen everything; `None` when it had already.
    #[must_use]
    pub fn read_by_team(&self) -> Option<Self> {
        self.unread.then(|| Self { unread: false, rev: self.rev + 1, ..self.clone() })
    }
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub log: Log,
    pub seq: u64,
    /// For a backstage entry the thread's number at its commit, so that both logs interleave in one order; for a
    /// thread entry its own number.
    pub thread_at: u64,
    pub at: Timestamp,
    pub author: Author,
    pub body: Body,
    /// The id of the command that caused it, so that a client knows its own message again.
    pub client_id: Option<ClientId>,
    /// Of what the shop says by itself: the rule that sent it, and what it answers. An agent's message bears it if it was shown before
    /// anybody wrote ([`Entry::is_answer`]).
    pub why: Option<Why>,
    /// The conversation was held for its form until this entry.
    pub releases: bool,
    /// Of what came by mail: where it is kept, and what came with it.
    pub mail: Option<Box<MailMark>>,
    /// Of what a scenario has to do with.
    pub bot: Option<Box<BotMark>>,
}

impl Entry {
    /// A person has written here.
    #[must_use]
    pub const fn is_answer(&self) -> bool {
        matches!((&self.author, &self.body), (Author::Agent { .. }, Body::Message { .. }))
            && self.why.is_none()
    }

    /// Where it stands when both logs are shown as one.
    #[must_use]
    pub const fn position(&self) -> (u64, Log, u64) {
        (self.thread_at, self.log, self.seq)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    // Thread
    Message {
        text: String,
    },
    Joined,
    Left,
    Closed,
    /// The form is asked: as it stands here it is filled. `held`: the conversation waits for it, unseen.
    Form {
        fields: Vec<AskedField>,
        held: bool,
    },
    Answer(Taken),
    /// A question of the FAQs that the shopper had opened before writing, as it was shown.
    Faq(Faq),
    // Backstage
    Note {
        text: String,
    },
    Assigned {
        to: Option<Assignee>,
    },
    /// It is for a group from here on, or for everyone.
    Grouped {
        to: Option<InGroup>,
    },
    /// The bot has handed over: from here on somebody waits for a person.
    HandedOver,
    /// It began as the answer to what a trigger had shown.
    Triggered {
        by: ByTrigger,
    },
    /// A mail carried what the shopper had not seen of the thread, up to this number.
    Mailed {
        through: u64,
        to: String,
    },
    /// A mail came in that is nobody's message: agents alone see it, and who it says to be from is a claim.
    Mail {
        class: MailClass,
        from: String,
        text: String,
    },
}

/// Whom a conversation was given to, with the name as it was at the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignee {
    pub id: AgentId,
    pub name: String,
}

/// The group that a conversation is for, with the name as it was at the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InGroup {
    pub id: FieldId,
    pub name: String,
}

/// The trigger that a conversation began with, with the name as it was when it showed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByTrigger {
    pub id: FieldId,
    pub name: String,
}

impl Body {
    #[must_use]
    pub const fn log(&self) -> Log {
        match self {
            Self::Message { .. }
            | Self::Joined
            | Self::Left
            | Self::Closed
            | Self::Form { .. }
            | Self::Answer(_)
            | Self::Faq(_) => Log::Thread,
            Self::Note { .. }
            | Self::Assigned { .. }
            | Self::Grouped { .. }
            | Self::HandedOver
            | Self::Triggered { .. }
            | Self::Mailed { .. }
            | Self::Mail { .. } => Log::Backstage,
        }
    }
}

/// What a conversation's head says after `entry`, all else being equal. Writing a head and folding the logs anew
/// must agree; a test holds them together.
fn fold(head: &mut Head, entry: &Entry) {
    match entry.log {
        Log::Thread => {
            head.numbers.t = entry.seq;
            head.last_activity = head.last_activity.max(entry.at);
        }
        Log::Backstage => head.numbers.b = entry.seq,
    }
    if entry.releases {
        // As a new chat: who waits for a person waits from here on.
        head.held = false;
        head.unread = true;
        head.waiting_since = Some(entry.at);
        await_answer(head, entry);
    }
    if let Some(state) = entry.bot.as_ref().and_then(|mark| mark.state.as_ref()) {
        head.scenario = Some(state.clone());
    }
    match (&entry.body, &entry.author) {
        // Said before anybody wrote, whoever said it: it answers nobody, nobody waits for it, and no mail is owed for it.
        (Body::Message { .. }, Author::Agent { .. }) if entry.why.is_some() => {}
        (Body::Message { text }, author) => {
            // What the shop says by itself does not cover what the shopper said.
            if *author != Author::System {
                head.preview = Some(Preview { author: author.clone(), text: text::preview(text) });
            }
            match author {
                // The bot answers it.
                Author::Shopper if is_for_the_bot(entry) => {}
                Author::Shopper => {
                    head.unread = true;
                    head.waiting_since.get_or_insert(entry.at);
                    await_answer(head, entry);
                }
                Author::Agent { .. } => {
                    head.unread = false;
                    head.waiting_since = None;
                    head.deadlines.retain(|deadline, _| !deadline.ends_with_an_answer());
                    await_seeing(head, entry);
                    silence(head);
                }
                Author::System => {}
            }
        }
        (Body::Joined, Author::Agent { id, .. }) => {
            head.participants.insert(*id);
            silence(head);
        }
        (Body::HandedOver, _) => {
            head.unread = true;
            head.waiting_since.get_or_insert(entry.at);
            await_answer(head, entry);
        }
        (Body::Left, Author::Agent { id, .. }) => {
            head.participants.remove(id);
        }
        (Body::Closed, by) => {
            head.status = Status::Closed { at: entry.at, by: by.clone() };
            head.waiting_since = None;
            // Closing cancels no mail that is owed.
            head.deadlines.retain(|deadline, _| deadline.outlives_the_end());
        }
        (Body::Form { held, .. }, _) => {
            head.form = Some(FormMark { seq: entry.seq, finished: false });
            head.held = *held;
            if *held {
                head.deadlines.remove(&Deadline::Agents);
            }
        }
        (Body::Answer(taken), _) => {
            if let Some(form) = &mut head.form {
                form.finished |= taken.finished;
            }
            let own = taken.field == FieldId::name() && !head.shopper.is_verified();
            if let (Some(Value::Name(name)), true) = (&taken.value, own) {
                head.shopper_name = Some(name.clone());
            }
            if let Some(Value::Email(_)) = &taken.value
                && taken.field == FieldId::email()
            {
                head.mailing.get_or_insert(Mailing::after(DEFAULT_DELAY));
                // What was answered before the address was known.
                await_seeing(head, entry);
            }
        }
        (Body::Mailed { through, .. }, _) => {
            let mailing = head.mailing.get_or_insert(Mailing::after(DEFAULT_DELAY));
            mailing.through = mailing.through.max(*through);
            mailing.sent.push(entry.at);
            let beyond = mailing.sent.len().saturating_sub(PER_HOUR);
            mailing.sent.drain(..beyond);
            // What an agent wrote while it went out.
            head.deadlines.insert(
                Deadline::Unseen,
                Armed { due: entry.at.plus(BETWEEN_MAILS), seq: mailing.through + 1 },
            );
        }
        (Body::Assigned { to }, _) => head.owner = to.as_ref().map(|to| to.id),
        (Body::Grouped { to }, _) => head.group = to.as_ref().map(|to| to.id.clone()),
        // Somebody may be waiting behind it: it is looked at as a message is.
        (Body::Mail { class: MailClass::Review(_), .. }, _) => head.unread = true,
        (
            Body::Faq(_)
            | Body::Joined
            | Body::Left
            | Body::Note { .. }
            | Body::Triggered { .. }
            | Body::Mail { .. },
            _,
        ) => {}
    }
}

/// A person is here: the bot says no more.
fn silence(head: &mut Head) {
    if let Some(state) = &mut head.scenario {
        state.silence();
    }
}

/// From a shopper's message on it is looked whether somebody answers it. What is held does not exist for agents.
fn await_answer(head: &mut Head, entry: &Entry) {
    if head.tells_agents && !head.held {
        let armed = Armed { due: entry.at.plus(GRACE), seq: entry.thread_at };
        head.deadlines.entry(Deadline::Agents).or_insert(armed);
    }
}

/// From an agent's answer on it is looked whether the shopper has seen it: from the oldest that may be unseen.
fn await_seeing(head: &mut Head, entry: &Entry) {
    if let Some(mailing) = &head.mailing {
        let armed = Armed { due: entry.at.plus(mailing.after), seq: entry.seq };
        head.deadlines.entry(Deadline::Unseen).or_insert(armed);
    }
}
