//! Lists of conversations: which one a head stands in, who is told when it moves.

use crate::conversation::{Head, Status};
use crate::{AgentId, ConversationId, Timestamp};

/// A list that a dashboard shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// Open and nobody's.
    Queue,
    /// Open and this agent's.
    Mine,
    /// Everything open.
    All,
    Closed,
}

/// Where a head stands; at most one place at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shelf {
    Queue,
    /// Open, nobody's, and a bot goes on in it: seen among all, waiting for nobody.
    Bot,
    Agent(AgentId),
    Closed,
}

/// `None`: held for its form, and for agents not there.
#[must_use]
pub fn shelf(head: &Head) -> Option<Shelf> {
    if head.held {
        return None;
    }
    Some(match (&head.status, head.owner) {
        (Status::Closed { .. }, _) => Shelf::Closed,
        (Status::Open, Some(owner)) => Shelf::Agent(owner),
        (Status::Open, None) if head.is_with_bot() => Shelf::Bot,
        (Status::Open, None) => Shelf::Queue,
    })
}

impl List {
    /// Whether `agent` sees a head that stands on `shelf` in this list.
    #[must_use]
    pub fn shows(self, shelf: Shelf, agent: AgentId) -> bool {
        match self {
            Self::Queue => shelf == Shelf::Queue,
            Self::Mine => shelf == Shelf::Agent(agent),
            Self::All => shelf != Shelf::Closed,
            Self::Closed => shelf == Shelf::Closed,
        }
    }
}

/// Whether a dashboard of `agent` that shows `list` needs to hear that a head moved from one shelf to another (or
/// changed in place). The queue and one's own always matter: the badge counts them.
#[must_use]
pub fn concerns(list: List, agent: AgentId, before: Option<Shelf>, after: Shelf) -> bool {
    [before, Some(after)].into_iter().flatten().any(|shelf| {
        list.shows(shelf, agent) || List::Queue.shows(shelf, agent) || List::Mine.shows(shelf, agent)
    })
}

/// A place in a list, newest activity first; equal times are ordered by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub last_activity: Timestamp,
    pub conversation: ConversationId,
}

impl Place {
    #[must_use]
    pub const fn of(head: &Head) -> Self {
        Self { last_activity: head.last_activity, conversation: head.id }
    }
}

/// How many rows from the top a heartbeat compares.
pub const DIGEST_ROWS: usize = 50;

/// A digest of the first rows of a list, for comparing a dashboard's picture with the table's: FNV-1a (32 bits) over
/// `conversation:rev\n` of each of the first [`DIGEST_ROWS`], as eight hexadecimal digits. The browser computes the same.
#[must_use]
pub fn digest<'a>(rows: impl IntoIterator<Item = &'a Head>) -> String {
    let mut hash: u32 = 0x811c_9dc5;
    for head in rows.into_iter().take(DIGEST_ROWS) {
        for byte in format!("{}:{}\n", head.id, head.rev).bytes() {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
    format!("{hash:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn lists_show_what_stands_in_them() {
        let (ana, luis) = (AgentId(Uuid::from_u128(1)), AgentId(Uuid::from_u128(2)));
        let check =
            |list: List, shelf, expect| assert_eq!(list.shows(shelf, ana), expect, "{list:?} {shelf:?}");
        check(List::Queue, Shelf::Queue, true);
        check(List::Queue, Shelf::Agent(ana), false);
        check(List::Mine, Shelf::Agent(ana), true);
        check(List::Mine, Shelf::Agent(luis), false);
        check(List::All, Shelf::Agent(luis), true);
        check(List::All, Shelf::Bot, true);
        check(List::Queue, Shelf::Bot, false);
        check(List::Mine, Shelf::Bot, false);
        check(List::All, Shelf::Closed, false);
        check(List::Closed, Shelf::Closed, true);
    }

    #[test]
    fn a_dashboard_hears_of_its_own_list_its_own_chats_and_the_queue() {
        let (ana, luis) = (AgentId(Uuid::from_u128(1)), AgentId(Uuid::from_u128(2)));
        let check = |list, before, after, expect| {
            assert_eq!(concerns(list, ana, before, after), expect, "{list:?} {before:?} {after:?}")
        };
        check(List::Closed, Some(Shelf::Agent(luis)), Shelf::Agent(luis), false);
        check(List::Closed, Some(Shelf::Agent(luis)), Shelf::Closed, true);
        check(List::Mine, None, Shelf::Queue, true);
        check(List::Mine, Some(Shelf::Queue), Shelf::Agent(luis), true);
        check(List::Mine, Some(Shelf::Agent(ana)), Shelf::Agent(luis), true);
        check(List::Mine, Some(Shelf::Agent(luis)), Shelf::Closed, false);
        check(List::All, Some(Shelf::Agent(luis)), Shelf::Agent(luis), true);
    }
}
