//! Writing first to somebody who is on the site (V2). It waits on the visitor's row for their next report, is shown there as a message of that
//! agent's, and becomes part of a conversation only when it is answered.

use super::{Presence, Row};
use crate::{AgentId, ClientId, Timestamp};
use std::time::Duration;

/// Not taken by a report within this: gone.
pub const WAITS: Duration = Duration::from_secs(60);
/// Neither answered nor put away, it goes along to the visitor's next pages for this long.
pub const GOES_ALONG: Duration = Duration::from_secs(10 * 60);

/// What an agent wants to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub id: ClientId,
    pub agent: AgentId,
    /// As it is now: shown to colleagues.
    pub agent_name: String,
    pub text: String,
}

/// What is kept of it, on the row and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub id: ClientId,
    pub agent: AgentId,
    pub agent_name: String,
    /// Empty as soon as nobody will be shown it any more.
    pub text: String,
    pub at: Timestamp,
    /// When a page took it.
    pub shown_at: Option<Timestamp>,
    pub state: Invited,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invited {
    Waiting,
    Shown,
    Opened,
    Answered,
    Dismissed,
    /// Nobody was there to take it, or they had begun to chat themselves.
    Gone,
}

impl Invited {
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Shown, Self::Opened, Self::Answered, Self::Dismissed, Self::Gone];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Shown => "shown",
            Self::Opened => "opened",
            Self::Answered => "answered",
            Self::Dismissed => "dismissed",
            Self::Gone => "gone",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Why nobody is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the visitor has left; nothing was kept")]
    Left,
    #[error("the visitor is chatting already")]
    Chatting,
    #[error("the visitor has put away what the shop said first")]
    Dismissed,
    #[error("a colleague is writing to this visitor")]
    Invited { agent: AgentId },
    /// The id is another invitation's.
    #[error("this id has been used for something else")]
    IdReused,
}

impl Invitation {
    /// `gone`: the visitor has left.
    #[must_use]
    pub fn stands(&self, gone: bool, now: Timestamp) -> Invited {
        let late = now.since(self.at) >= WAITS;
        if self.state == Invited::Waiting && (gone || late) { Invited::Gone } else { self.state }
    }

    /// It may still be answered.
    fn open(&self, now: Timestamp) -> bool {
        let along = self.shown_at.is_some_and(|at| now.since(at) < GOES_ALONG);
        match self.stands(false, now) {
            Invited::Waiting => true,
            Invited::Shown | Invited::Opened => along,
            Invited::Answered | Invited::Dismissed | Invited::Gone => false,
        }
    }

    pub(super) fn into(mut self, state: Invited) -> Self {
        self.state = state;
        if matches!(state, Invited::Answered | Invited::Dismissed | Invited::Gone) {
            self.text.clear();
        }
        self
    }

    /// To be handed to a page that reports now, for the first time or to one more of the visitor's pages.
    pub(super) fn due(&self, to_new_page: bool, now: Timestamp) -> bool {
        match self.state {
            Invited::Waiting => self.open(now),
            Invited::Shown => to_new_page && self.open(now),
            _ => false,
        }
    }
}

/// The row with the invitation; `None`: it bears it already.
pub fn invite(row: &Row, wish: &Wish, now: Timestamp) -> Result<Option<Row>, Refused> {
    if let Some(known) = row.invitation.as_ref().filter(|known| known.id == wish.id) {
        // The text may be gone from a row where it was taken or too late: then the id alone tells.
        let same = known.agent == wish.agent && (known.text.is_empty() || known.text == wish.text);
        return if same { Ok(None) } else { Err(Refused::IdReused) };
    }
    if matches!(row.presence(now), Presence::Left | Presence::Over) {
        return Err(Refused::Left);
    }
    if row.chatting.is_some() {
        return Err(Refused::Chatting);
    }
    if row.dismissed {
        return Err(Refused::Dismissed);
    }
    if let Some(known) = row.invitation.as_ref().filter(|known| known.open(now)) {
        return Err(Refused::Invited { agent: known.agent });
    }
    let invitation = Invitation {
        id: wish.id,
        agent: wish.agent,
        agent_name: wish.agent_name.clone(),
        text: wish.text.clone(),
        at: now,
        shown_at: None,
        state: Invited::Waiting,
    };
    Ok(Some(Row { changed_at: super::follow::after(row, now), invitation: Some(invitation), ..row.clone() }))
}
