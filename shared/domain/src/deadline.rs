//! Delays: what a conversation is to be looked at again for, and when.
//!
//! A deadline stands on the head, written together with what causes it. It is a reason to look, not an order: whoever is
//! called by it looks at the conversation as it is by then, does nothing when the reason is gone, and takes it away or arms it anew.
//! So it may be called twice, late, or for a head that has moved on.

use crate::automatic::Deadline;
use crate::conversation::Head;
use crate::{ConversationId, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// The index of deadlines is cut into so many parts, that one does not take all writes.
pub const SHARDS: u8 = 8;
/// The queue holds a call back for this long at most.
pub const QUEUE_HOLDS: Duration = Duration::from_secs(15 * 60);
/// How often the index is swept for what the queue could not hold, and for what was lost on the way there.
pub const SWEEP_EVERY: Duration = Duration::from_secs(15 * 60);
/// How far ahead a sweep looks: to the next sweep, and a minute more.
pub const SWEEP_AHEAD: Duration = Duration::from_secs(16 * 60);

/// A deadline that is armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Armed {
    pub due: Timestamp,
    /// The thread's entry that it counts from.
    pub seq: u64,
}

pub type Deadlines = BTreeMap<Deadline, Armed>;

/// One call: look at this conversation, at the earliest then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    pub due: Timestamp,
    pub conversation: ConversationId,
}

/// The part of the index that a conversation stands in.
#[must_use]
pub fn shard(conversation: ConversationId) -> u8 {
    // The last byte of a UUID is random in every version that we make.
    conversation.0.as_bytes()[15] % SHARDS
}

impl Head {
    /// When the earliest of its deadlines is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.deadlines.values().map(|armed| armed.due).min()
    }

    /// Whether its deadlines may stand on an open conversation only.
    #[must_use]
    pub fn arms_what_ends(&self) -> bool {
        self.deadlines.keys().any(|deadline| !deadline.outlives_the_end())
    }

    /// What is due, the earliest first.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<(Deadline, Armed)> {
        let mut due: Vec<_> = self
            .deadlines
            .iter()
            .filter(|(_, armed)| armed.due <= now)
            .map(|(deadline, armed)| (*deadline, *armed))
            .collect();
        due.sort_by_key(|(deadline, armed)| (armed.due, *deadline));
        due
    }

    /// The head with other deadlines; `None` when they are these already. A closed conversation has none but those that outlive its end.
    #[must_use]
    pub fn with_deadlines(&self, mut deadlines: Deadlines) -> Option<Self> {
        deadlines.retain(|deadline, _| self.is_open() || deadline.outlives_the_end());
        (deadlines != self.deadlines).then(|| Self { deadlines, rev: self.rev + 1, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automatic::Rule;
    use crate::conversation::{Beginning, Command, begin, begin_with, decide, note_mail};
    use crate::fallback::BETWEEN_MAILS;
    use crate::intake::{AskedField, AskedKind};
    use crate::notification::GRACE;
    use crate::people::{Actor, Role};
    use crate::settings::FieldId;
    use crate::text::MessageText;
    use crate::{AgentId, ClientId, ShopperId};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn armed(after: u64) -> Armed {
        Armed { due: NOW.plus(Duration::from_secs(after)), seq: 1 }
    }

    fn head(deadlines: &[(Deadline, u64)]) -> Head {
        let text = MessageText::parse("Hola").unwrap();
        let whose = (ShopperId(Uuid::from_u128(1)), "demo".parse().unwrap());
        let id = ConversationId(Uuid::from_u128(7));
        let begun = begin(id, whose, None, text, ClientId(Uuid::from_u128(1)), NOW).head;
        let deadlines = deadlines.iter().map(|(deadline, after)| (*deadline, armed(*after))).collect();
        begun.with_deadlines(deadlines).unwrap_or(begun)
    }

    fn act(head: &Head, command: Command) -> Head {
        let ana = Actor::Agent {
            id: AgentId(Uuid::from_u128(2)),
            site: head.site.clone(),
            name: "Ana".into(),
            role: Role::Agent,
        };
        decide(head, &ana, command, ClientId(Uuid::from_u128(9)), NOW).unwrap().head
    }

    #[test]
    fn the_earliest_is_next_and_what_is_due_comes_in_order() {
        let head = head(&[(Deadline::WaitTime, 120), (Deadline::SlowForm, 60)]);
        assert_eq!(head.next_due(), Some(armed(60).due));
        assert_eq!(head.due(NOW), []);
        assert_eq!(head.due(armed(60).due), [(Deadline::SlowForm, armed(60))]);
        let all = [(Deadline::SlowForm, armed(60)), (Deadline::WaitTime, armed(120))];
        assert_eq!(head.due(armed(999).due), all);
    }

    #[test]
    fn arming_moves_the_head_and_the_same_again_does_not() {
        let one = head(&[(Deadline::WaitTime, 120)]);
        assert_eq!(one.rev, 2);
        assert_eq!(one.with_deadlines(one.deadlines.clone()), None);
        assert_eq!(one.with_deadlines(Deadlines::new()).unwrap().next_due(), None);
    }

    #[test]
    fn an_answer_and_the_end_take_away_what_waited_for_them() {
        let waiting = head(&[(Deadline::WaitTime, 120), (Deadline::SlowForm, 60)]);
        let note = Command::Note { text: MessageText::parse("n").unwrap() };
        assert_eq!(act(&waiting, note).deadlines, waiting.deadlines);
        assert_eq!(act(&waiting, Command::Join).deadlines, waiting.deadlines);
        let answer = Command::Say { text: MessageText::parse("Hi").unwrap(), releases: false };
        assert_eq!(act(&waiting, answer).deadlines, Deadlines::new());
        let closed = act(&waiting, Command::Close);
        assert_eq!(closed.deadlines, Deadlines::new());
        assert_eq!(closed.with_deadlines(waiting.deadlines), None);
    }

    #[test]
    fn an_unseen_answer_is_owed_from_its_oldest_on_and_beyond_the_end() {
        let text = MessageText::parse("Hola").unwrap();
        let whose = (ShopperId(Uuid::from_u128(1)), "demo".parse().unwrap());
        let known = Beginning { mail_after: Some(Duration::from_secs(60)), ..Beginning::default() };
        let id = ConversationId(Uuid::from_u128(7));
        let begun = begin_with(id, whose, None, text, known, ClientId(Uuid::from_u128(1)), NOW).head;
        assert_eq!(begun.deadlines, Deadlines::new());
        let answer = || Command::Say { text: MessageText::parse("Hi").unwrap(), releases: false };
        // Joined, and then the answer.
        let owed: Deadlines =
            [(Deadline::Unseen, Armed { due: NOW.plus(Duration::from_secs(60)), seq: 3 })].into();
        let answered = act(&begun, answer());
        assert_eq!(answered.deadlines, owed);
        assert_eq!(act(&answered, answer()).deadlines, owed);
        let closed = act(&answered, Command::Close);
        assert_eq!(closed.deadlines, owed);
        assert_eq!(closed.with_deadlines(Deadlines::new()).unwrap().next_due(), None);
        // A mail went: a quarter of an hour later it is looked for what was written meanwhile.
        let mailed = note_mail(&closed, 3, "ana@example.com".into(), ClientId(Uuid::from_u128(3)), NOW).head;
        let later = Armed { due: NOW.plus(BETWEEN_MAILS), seq: 4 };
        assert_eq!(mailed.deadlines, [(Deadline::Unseen, later)].into());
        assert_eq!(mailed.mailing.unwrap().sent, [NOW]);
        // Without an address nothing is owed.
        assert_eq!(act(&head(&[]), answer()).deadlines, Deadlines::new());
    }

    #[test]
    fn an_address_that_signing_in_brings_has_what_was_answered_before_looked_at() {
        let answer = Command::Say { text: MessageText::parse("Hi").unwrap(), releases: false };
        let answered = act(&head(&[]), answer.clone());
        assert_eq!(answered.deadlines, Deadlines::new());
        let minute = Duration::from_secs(60);
        let known = answered.clone().mailable(minute, NOW);
        let seq = answered.numbers.t;
        assert_eq!(known.deadlines, [(Deadline::Unseen, Armed { due: NOW.plus(minute), seq })].into());
        // Known already: what stands stays.
        assert_eq!(known.clone().mailable(Duration::from_secs(600), NOW.plus(minute)), known);
        // What is answered from now on is awaited, too.
        let settled = known.with_deadlines(Deadlines::new()).unwrap();
        assert!(act(&settled, answer).deadlines.contains_key(&Deadline::Unseen));
    }

    #[test]
    fn every_conversation_has_its_shard() {
        let counts = (0..800u128).fold([0; SHARDS as usize], |mut counts, n| {
            counts[usize::from(shard(ConversationId(Uuid::from_u128(n))))] += 1;
            counts
        });
        assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
    }

    #[test]
    fn agents_are_told_of_who_waits_from_the_message_until_the_answer_and_never_of_what_is_held() {
        let asked = |id: &str| AskedField {
            id: FieldId::parse(id).unwrap(),
            kind: AskedKind::Email,
            label: "Your email?".into(),
            required: true,
        };
        let begin = |tells_agents, held: bool| {
            let held_for = held.then(|| (vec![asked("email")], Rule::FormOffline));
            let with = Beginning { tells_agents, held_for, ..Beginning::default() };
            let whose = (ShopperId(Uuid::from_u128(1)), "demo".parse().unwrap());
            let text = MessageText::parse("Hola").unwrap();
            begin_with(
                ConversationId(Uuid::from_u128(7)),
                whose,
                None,
                text,
                with,
                ClientId(Uuid::from_u128(1)),
                NOW,
            )
            .head
        };
        let agents = |head: &Head| head.deadlines.get(&Deadline::Agents).copied();
        let first = Armed { due: NOW.plus(GRACE), seq: 1 };
        let waits = begin(true, false);
        assert_eq!(agents(&waits), Some(first));
        assert_eq!(agents(&begin(false, false)), None, "the shop mails nothing");
        let held = begin(true, true);
        assert_eq!(agents(&held), None, "for agents it does not exist");
        let shopper = Actor::Shopper { id: held.shopper, site: held.site.clone() };
        let say = |releases| Command::Say { text: MessageText::parse("Hola").unwrap(), releases };
        let still = decide(&held, &shopper, say(false), ClientId(Uuid::from_u128(2)), NOW).unwrap().head;
        assert_eq!(agents(&still), None);
        let released = decide(&held, &shopper, say(true), ClientId(Uuid::from_u128(3)), NOW).unwrap().head;
        assert!(agents(&released).is_some());
        // More that is said is told with the first; an answer and the end take it away.
        let more = decide(&waits, &shopper, say(false), ClientId(Uuid::from_u128(4)), NOW).unwrap().head;
        assert_eq!(agents(&more), Some(first));
        let answered = act(&more, say(false));
        assert_eq!(agents(&answered), None);
        assert_eq!(agents(&act(&more, Command::Close)), None);
        let again = decide(&answered, &shopper, say(false), ClientId(Uuid::from_u128(5)), NOW).unwrap().head;
        assert_eq!(agents(&again).map(|armed| armed.seq), Some(again.numbers.t));
    }
}
