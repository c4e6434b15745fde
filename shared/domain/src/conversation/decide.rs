//! What a command does: a head, a command and the time in; a change or a named refusal out.

use super::{Assignee, Author, Body, Entry, Head, Log, Numbers, Status, fold};
use crate::automatic;
use crate::deadline::Deadlines;
use crate::people::Actor;
use crate::text::MessageText;
use crate::{AgentId, ClientId, ConversationId, Timestamp};
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Say {
        text: MessageText,
    },
    Close,
    Note {
        text: MessageText,
    },
    /// `expected` is the owner that the agent saw when deciding; another owner by now means that a colleague was quicker.
    Assign {
        to: Option<Assignee>,
        expected: Option<AgentId>,
    },
    Join,
    Leave,
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

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the conversation is closed; the next message starts a new one")]
    Closed,
    #[error("a colleague was quicker")]
    Taken { owner: Option<AgentId> },
    #[error("only agents may do this")]
    Forbidden,
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
    let (shopper, site) = actor;
    let head = Head {
        id,
        site,
        shopper,
        shopper_name,
        numbers: Numbers::default(),
        rev: 0,
        status: Status::Open,
        owner: None,
        participants: BTreeSet::new(),
        began_at: now,
        last_activity: now,
        waiting_since: None,
        unread: false,
        preview: None,
        deadlines: Deadlines::new(),
    };
    let mut draft = Draft::new(&head, client_id, now);
    draft.push(Author::Shopper, Body::Message { text: text.into_string() });
    draft.finish()
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
    let mut draft = Draft::new(head, client_id, now);
    match (command, actor) {
        (
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
        (Command::Say { text }, Actor::Shopper { .. }) => {
            draft.push(Author::Shopper, Body::Message { text: text.into_string() });
        }
        (Command::Say { text }, Actor::Agent { id, name, .. }) => {
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
        (Command::Close, _) => draft.push(author(actor), Body::Closed),
        (Command::Assign { to, expected }, Actor::Agent { .. }) => {
            let wanted = to.as_ref().map(|to| to.id);
            if head.owner != wanted {
                if head.owner != expected {
                    return Err(Refusal::Taken { owner: head.owner });
                }
                draft.push(author(actor), Body::Assigned { to });
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
    Ok(draft.finish())
}

/// What the shop says by itself, and the deadlines that stand from then on: one change, so that whoever repeats it
/// repeats both. A closed conversation is told nothing. Whether a person has answered is the caller's to know: the
/// answer moves the head, and a change decided on the head before it is not stored.
pub fn say_automatically(
    head: &Head,
    message: &automatic::Message,
    deadlines: Deadlines,
    now: Timestamp,
) -> Result<Change, Refusal> {
    if !head.is_open() {
        return Err(Refusal::Closed);
    }
    let mut draft = Draft::new(head, message.client_id, now);
    draft.push(Author::System, Body::Message { text: message.text.clone() });
    if let Some(entry) = draft.entries.last_mut() {
        entry.why = Some(message.why);
    }
    draft.head.deadlines = deadlines;
    Ok(draft.finish())
}

fn author(actor: &Actor) -> Author {
    match actor {
        Actor::Shopper { .. } => Author::Shopper,
        Actor::Agent { id, name, .. } => Author::Agent { id: *id, name: name.clone() },
    }
}

/// A change being written: numbers each entry and folds it into the head.
struct Draft {
    head: Head,
    entries: Vec<Entry>,
    client_id: ClientId,
    now: Timestamp,
}

impl Draft {
    fn new(head: &Head, client_id: ClientId, now: Timestamp) -> Self {
        Self { head: head.clone(), entries: Vec::new(), client_id, now }
    }

    fn push(&mut self, author: Author, body: Body) {
        let log = body.log();
        let (seq, thread_at) = match log {
            Log::Thread => (self.head.numbers.t + 1, self.head.numbers.t + 1),
            Log::Backstage => (self.head.numbers.b + 1, self.head.numbers.t),
        };
        let entry = Entry { log, seq, thread_at, at: self.now, author, body, client_id: None, why: None };
        fold(&mut self.head, &entry);
        self.entries.push(entry);
    }

    /// The last entry is the one that was asked for; it alone bears the client's id.
    fn finish(mut self) -> Change {
        let (log, seq) = match self.entries.last_mut() {
            Some(last) => {
                last.client_id = Some(self.client_id);
                self.head.rev += 1;
                (last.log, last.seq)
            }
            None => (Log::Thread, self.head.numbers.t),
        };
        Change { head: self.head, entries: self.entries, log, seq }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Role;
    use crate::{ShopperId, SiteId};
    use proptest::prelude::*;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn site() -> SiteId {
        "demo".parse().unwrap()
    }

    fn shopper() -> Actor {
        Actor::Shopper { id: ShopperId(Uuid::from_u128(1)), site: site() }
    }

    fn agent(n: u128) -> Actor {
        Actor::Agent {
            id: AgentId(Uuid::from_u128(n)),
            site: site(),
            name: format!("Agent {n}"),
            role: Role::Agent,
        }
    }

    fn assignee(n: u128) -> Assignee {
        Assignee { id: AgentId(Uuid::from_u128(n)), name: format!("Agent {n}") }
    }

    fn text(s: &str) -> MessageText {
        MessageText::parse(s).unwrap()
    }

    fn say(s: &str) -> Command {
        Command::Say { text: text(s) }
    }

    fn client(n: u128) -> ClientId {
        ClientId(Uuid::from_u128(n))
    }

    fn begun() -> Head {
        let id = ConversationId(Uuid::from_u128(7));
        begin(id, (ShopperId(Uuid::from_u128(1)), site()), None, text("Hola"), client(1), NOW).head
    }

    /// The bodies stored and the head's numbers, as one line per entry.
    fn check(head: &Head, actor: &Actor, command: Command, expect: Result<&[&str], Refusal>) -> Head {
        let outcome = decide(head, actor, command, client(99), NOW);
        let lines = outcome.as_ref().map_err(Clone::clone).map(|change| {
            change
                .entries
                .iter()
                .map(|e| {
                    let log = match e.log {
                        Log::Thread => 't',
                        Log::Backstage => 'b',
                    };
                    let what = match &e.body {
                        Body::Message { text } => format!("message {text}"),
                        Body::Note { text } => format!("note {text}"),
                        Body::Assigned { to } => {
                            format!("assigned {}", to.as_ref().map_or("nobody", |a| &a.name))
                        }
                        Body::Joined => "joined".into(),
                        Body::Left => "left".into(),
                        Body::Closed => "closed".into(),
                    };
                    format!("{log}{} @{} {what}", e.seq, e.thread_at)
                })
                .collect::<Vec<_>>()
        });
        assert_eq!(lines, expect.map(|lines| lines.iter().map(ToString::to_string).collect()));
        outcome.map_or_else(|_| head.clone(), |change| change.head)
    }

    #[test]
    fn a_first_message_waits_in_the_queue_unread() {
        let head = begun();
        assert_eq!(head.numbers, Numbers { t: 1, b: 0 });
        assert_eq!((head.owner, head.unread, head.waiting_since, head.rev), (None, true, Some(NOW), 1));
    }

    #[test]
    fn a_first_reply_joins_takes_and_answers_in_one() {
        let head = check(
            &begun(),
            &agent(2),
            say("Hi"),
            Ok(&["t2 @2 joined", "b1 @2 assigned Agent 2", "t3 @3 message Hi"]),
        );
        assert_eq!((head.unread, head.waiting_since), (false, None));
        check(&head, &agent(2), say("More"), Ok(&["t4 @4 message More"]));
        check(&head, &agent(3), say("Me too"), Ok(&["t4 @4 joined", "t5 @5 message Me too"]));
        check(&head, &shopper(), say("Thanks"), Ok(&["t4 @4 message Thanks"]));
    }

    #[test]
    fn closed_is_final_for_everybody_by_every_command() {
        let closed = check(&begun(), &shopper(), Command::Close, Ok(&["t2 @2 closed"]));
        for actor in [shopper(), agent(2)] {
            for command in [say("more"), Command::Close] {
                check(&closed, &actor, command, Err(Refusal::Closed));
            }
        }
        for command in [Command::Join, Command::Leave, Command::Assign { to: None, expected: None }] {
            check(&closed, &agent(2), command, Err(Refusal::Closed));
        }
        let noted =
            check(&closed, &agent(2), Command::Note { text: text("was rude") }, Ok(&["b1 @2 note was rude"]));
        assert!(!noted.is_open());
    }

    #[test]
    fn f_15_of_two_who_take_a_chat_one_is_told_that_it_is_taken() {
        let head = begun();
        let take = |n| Command::Assign { to: Some(assignee(n)), expected: None };
        let taken = check(&head, &agent(2), take(2), Ok(&["b1 @1 assigned Agent 2"]));
        check(&taken, &agent(3), take(3), Err(Refusal::Taken { owner: Some(assignee(2).id) }));
        check(&taken, &agent(2), take(2), Ok(&[]));
        let handed = Command::Assign { to: Some(assignee(3)), expected: Some(assignee(2).id) };
        check(&taken, &agent(3), handed, Ok(&["b2 @1 assigned Agent 3"]));
    }

    #[test]
    fn joining_twice_and_leaving_unjoined_store_nothing() {
        let joined = check(&begun(), &agent(2), Command::Join, Ok(&["t2 @2 joined"]));
        check(&joined, &agent(2), Command::Join, Ok(&[]));
        let left = check(&joined, &agent(2), Command::Leave, Ok(&["t3 @3 left"]));
        check(&left, &agent(2), Command::Leave, Ok(&[]));
    }

    #[test]
    fn a_shopper_cannot_act_backstage() {
        for command in [
            Command::Note { text: text("x") },
            Command::Assign { to: None, expected: None },
            Command::Join,
            Command::Leave,
        ] {
            check(&begun(), &shopper(), command, Err(Refusal::Forbidden));
        }
    }

    fn any_step() -> impl Strategy<Value = (Actor, Command)> {
        let actor = prop_oneof![Just(shopper()), Just(agent(2)), Just(agent(3))];
        let command = prop_oneof![
            6 => Just(say("x")),
            2 => Just(Command::Note { text: text("n") }),
            1 => Just(Command::Close),
            2 => Just(Command::Join),
            2 => Just(Command::Leave),
            2 => prop_oneof![Just(None), Just(Some(assignee(2))), Just(Some(assignee(3)))]
                .prop_flat_map(|to| prop_oneof![Just(None), Just(Some(assignee(2).id))].prop_map(move |expected| Command::Assign { to: to.clone(), expected })),
        ];
        (actor, command)
    }

    proptest! {
        /// Numbers have no holes, the head is the fold of the logs, a closed thread never grows.
        #[test]
        fn the_head_is_always_the_fold_of_its_logs(steps in proptest::collection::vec(any_step(), 0..60)) {
            let first = begin(ConversationId(Uuid::from_u128(7)), (ShopperId(Uuid::from_u128(1)), site()), None, text("Hola"), client(1), NOW);
            let blank = Head { numbers: Numbers::default(), rev: 0, unread: false, waiting_since: None, preview: None, ..first.head.clone() };
            let mut head = first.head.clone();
            let mut entries = first.entries;
            for (n, (actor, command)) in steps.into_iter().enumerate() {
                let was_open = head.is_open();
                if let Ok(change) = decide(&head, &actor, command, client(n as u128), NOW) {
                    prop_assert!(was_open || change.entries.iter().all(|e| e.log == Log::Backstage));
                    prop_assert_eq!(change.head.rev, head.rev + u64::from(!change.entries.is_empty()));
                    entries.extend(change.entries);
                    head = change.head;
                }
            }
            for log in [Log::Thread, Log::Backstage] {
                let numbers: Vec<u64> = entries.iter().filter(|e| e.log == log).map(|e| e.seq).collect();
                prop_assert_eq!(&numbers, &(1..=numbers.len() as u64).collect::<Vec<_>>());
            }
            let mut again = blank;
            for entry in &entries {
                fold(&mut again, entry);
            }
            prop_assert_eq!(Head { rev: head.rev, ..again }, head);
        }
    }
}
