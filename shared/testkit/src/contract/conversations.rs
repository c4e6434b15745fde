//! The log of a conversation, its cursors and deadlines, and the lists it stands in.

use super::{Case, MINUTE, NOW, asked, fresh, say, site};
use domain::automatic::{self, Asking, Deadline, Message, Rule, Why};
use domain::connection::Topic;
use domain::conversation::{Body, Command, Head, Log, speak};
use domain::cursor::{Cursor, Reader};
use domain::deadline::{Armed, Deadlines, shard};
use domain::inbox::{Place, Shelf};
use domain::intake::AskedKind;
use domain::ports::{Commit, CommitError, Sender, Store, StoreError};
use domain::settings::{Language, ReplyKind};
use domain::text::MessageText;
use domain::{ClientId, ConversationId};
use std::time::Duration;

pub(super) async fn all<S: Store>(store: &S) {
    a_commit_is_stored_whole_and_read_back_as_written(store).await;
    a_used_client_id_is_repeated_and_stores_nothing(store).await;
    of_two_commits_on_the_same_head_one_is_stored(store).await;
    a_shopper_has_one_open_conversation_until_it_is_closed(store).await;
    entries_come_in_pages_in_order(store).await;
    entries_come_backwards_from_any_number(store).await;
    cursors_move_forward_each_part_by_itself(store).await;
    marking_read_loses_to_a_newer_head(store).await;
    nothing_reopens_or_adds_to_a_closed_conversation(store).await;
    cursors_that_many_move_at_once_end_at_the_furthest(store).await;
    deadlines_stand_on_the_head_and_are_found_when_due(store).await;
    what_the_shop_says_by_itself_keeps_its_reason_and_is_stored_once(store).await;
    shelves_show_the_newest_first_and_move_their_heads(store).await;
    sites_know_nothing_of_one_another(store).await;
}

async fn a_commit_is_stored_whole_and_read_back_as_written<S: Store>(store: &S) {
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let reply = case.next(&begun.head, &case.agent(), say("Hi <b>there</b>\n😀"), NOW.plus(MINUTE));
    store.commit(&reply).await.expect("stored");
    let closed = case.next(&reply.head, &case.agent(), Command::Close, NOW.plus(2 * MINUTE));
    store.commit(&closed).await.expect("stored");
    let id = begun.head.id;
    assert_eq!(store.head(id).await.expect("read"), Some(closed.head.clone()));
    let mut written: Vec<_> =
        [&begun, &reply, &closed].into_iter().flat_map(|commit| commit.entries.clone()).collect();
    written.sort_by_key(|entry| (entry.log, entry.seq));
    let mut read = Vec::new();
    for log in [domain::conversation::Log::Thread, domain::conversation::Log::Backstage] {
        read.extend(store.entries(id, log, 0, 100).await.expect("read").entries);
    }
    assert_eq!(read, written);
    assert_eq!(store.receipt(reply.sender, reply.client_id).await.expect("read"), Some(reply.receipt));
    assert_eq!(store.receipt(reply.sender, ClientId(fresh())).await.expect("read"), None);
}

async fn a_used_client_id_is_repeated_and_stores_nothing<S: Store>(store: &S) {
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    assert!(matches!(store.commit(&begun).await, Err(CommitError::Repeated)));
    // As a beginning elsewhere, and as a message here: one set of ids over all of a shopper's conversations.
    assert!(matches!(store.commit(&case.begin(begun.client_id, NOW)).await, Err(CommitError::Repeated)));
    let again =
        Commit { client_id: begun.client_id, ..case.next(&begun.head, &case.shopper(), say("x"), NOW) };
    assert!(matches!(store.commit(&again).await, Err(CommitError::Repeated)));
    assert_eq!(store.head(begun.head.id).await.expect("read"), Some(begun.head.clone()));
    // An agent's ids are a set of their own.
    let agents = case.next(&begun.head, &case.agent(), say("x"), NOW);
    store.commit(&Commit { client_id: begun.client_id, ..agents }).await.expect("stored");
}

async fn of_two_commits_on_the_same_head_one_is_stored<S: Store>(store: &S) {
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let commits: Vec<Commit> =
        (0..8).map(|n| case.next(&begun.head, &case.shopper(), say(&format!("{n}")), NOW)).collect();
    let outcomes = futures::future::join_all(commits.iter().map(|commit| store.commit(commit))).await;
    let stored = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(stored, 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(CommitError::Moved))));
    let page = store.entries(begun.head.id, domain::conversation::Log::Thread, 0, 10).await.expect("read");
    assert_eq!(page.entries.len(), 2);
    let lost = outcomes.iter().position(Result::is_err).expect("seven lost");
    assert_eq!(store.receipt(commits[lost].sender, commits[lost].client_id).await.expect("read"), None);
}

async fn a_shopper_has_one_open_conversation_until_it_is_closed<S: Store>(store: &S) {
    let case = Case::new();
    assert_eq!(store.open_conversation(case.shopper).await.expect("read"), None);
    let first = case.begin(ClientId(fresh()), NOW);
    store.commit(&first).await.expect("stored");
    assert_eq!(store.open_conversation(case.shopper).await.expect("read"), Some(first.head.id));
    let second = case.begin(ClientId(fresh()), NOW.plus(MINUTE));
    assert!(matches!(store.commit(&second).await, Err(CommitError::Moved)));
    assert_eq!(store.head(second.head.id).await.expect("read"), None);
    let closed = case.next(&first.head, &case.shopper(), Command::Close, NOW);
    store.commit(&closed).await.expect("stored");
    assert!(closed.entries.iter().any(|entry| entry.body == Body::Closed));
    assert_eq!(store.open_conversation(case.shopper).await.expect("read"), None);
    store.commit(&second).await.expect("stored");
    assert_eq!(store.open_conversation(case.shopper).await.expect("read"), Some(second.head.id));
    let all = store.conversations_of(case.shopper, 10).await.expect("read");
    assert_eq!(all, [second.head.clone(), closed.head]);
    assert_eq!(store.conversations_of(case.shopper, 1).await.expect("read"), [second.head]);
}

async fn entries_come_in_pages_in_order<S: Store>(store: &S) {
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let mut head = begun.head;
    for n in 0..12 {
        let commit = case.next(&head, &case.shopper(), say(&format!("{n}")), NOW);
        store.commit(&commit).await.expect("stored");
        head = commit.head;
    }
    let mut seen = Vec::new();
    loop {
        let after = seen.last().copied().unwrap_or_default();
        let page = store.entries(head.id, domain::conversation::Log::Thread, after, 5).await.expect("read");
        seen.extend(page.entries.iter().map(|entry| entry.seq));
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, (1..=13).collect::<Vec<_>>());
    let exact = store.entries(head.id, domain::conversation::Log::Thread, 8, 5).await.expect("read");
    assert!(exact.entries.len() == 5 && !exact.more, "a page that ends with the log says that there is more");
    let beyond = store.entries(head.id, domain::conversation::Log::Thread, 13, 5).await.expect("read");
    assert!(beyond.entries.is_empty() && !beyond.more);
}

async fn entries_come_backwards_from_any_number<S: Store>(store: &S) {
    use domain::conversation::Log::{Backstage, Thread};
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let mut head = begun.head;
    for n in 0..12 {
        let note = Command::Note { text: MessageText::parse("n").expect("a text") };
        let (actor, command) =
            if n % 4 == 3 { (case.agent(), note) } else { (case.shopper(), say(&format!("{n}"))) };
        let commit = case.next(&head, &actor, command, NOW);
        store.commit(&commit).await.expect("stored");
        head = commit.head;
    }
    let check = async |log, until, limit, expect: &[u64]| {
        let entries = store.entries_back(head.id, log, until, limit).await.expect("read");
        let numbers: Vec<u64> = entries.iter().map(|entry| entry.seq).collect();
        assert_eq!(numbers, expect, "{log:?} until {until}, at most {limit}");
        assert!(entries.iter().all(|entry| entry.log == log));
    };
    check(Thread, 10, 4, &[10, 9, 8, 7]).await;
    check(Thread, 6, 4, &[6, 5, 4, 3]).await;
    check(Thread, 2, 4, &[2, 1]).await;
    check(Thread, 99, 2, &[10, 9]).await;
    check(Thread, 0, 4, &[]).await;
    check(Backstage, 3, 2, &[3, 2]).await;
    check(Backstage, 1, 2, &[1]).await;
    let forwards = store.entries(head.id, Thread, 0, 100).await.expect("read").entries;
    let mut backwards = store.entries_back(head.id, Thread, head.numbers.t, 100).await.expect("read");
    backwards.reverse();
    assert_eq!(backwards, forwards);
}

async fn cursors_move_forward_each_part_by_itself<S: Store>(store: &S) {
    let id = ConversationId(fresh());
    let cursor = |seen, delivered| Cursor { seen, delivered };
    let check = async |to, expect: Option<Cursor>| {
        assert_eq!(store.advance(id, Reader::Shopper, to).await.expect("moved"), expect, "{to:?}");
    };
    check(cursor(1, 3), Some(cursor(1, 3))).await;
    check(cursor(1, 3), None).await;
    check(cursor(2, 2), Some(cursor(2, 3))).await;
    check(cursor(0, 5), Some(cursor(2, 5))).await;
    check(cursor(1, 4), None).await;
    let cursors = store.cursors(id).await.expect("read");
    assert_eq!((cursors.shopper, cursors.team), (cursor(2, 5), Cursor::default()));
}

async fn cursors_that_many_move_at_once_end_at_the_furthest<S: Store>(store: &S) {
    let id = ConversationId(fresh());
    let moves = (1..=8).map(|n| store.advance(id, Reader::Team, Cursor { seen: n, delivered: 9 - n }));
    for moved in futures::future::join_all(moves).await {
        // Overtaken too often is an answer; that nothing moved, though it did not, would be none.
        assert!(matches!(moved, Ok(_) | Err(StoreError::Unavailable(_))), "{moved:?}");
    }
    let last = Cursor { seen: 8, delivered: 8 };
    store.advance(id, Reader::Team, last).await.expect("moved");
    assert_eq!(store.cursors(id).await.expect("read").team, last);
}

async fn marking_read_loses_to_a_newer_head<S: Store>(store: &S) {
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let read = begun.head.read_by_team().expect("unread");
    assert!(store.mark_read(&read).await.expect("tried"));
    // The answer was lost, and it is tried again.
    assert!(store.mark_read(&read).await.expect("tried"));
    assert_eq!(store.head(begun.head.id).await.expect("read"), Some(read.clone()));
    // And a commit that was decided before the mark loses to it.
    let late = case.next(&begun.head, &case.shopper(), say("x"), NOW);
    assert!(matches!(store.commit(&late).await, Err(CommitError::Moved)));
    let fresh = case.next(&read, &case.shopper(), say("x"), NOW);
    store.commit(&fresh).await.expect("stored");
    assert!(store.head(begun.head.id).await.expect("read").expect("there").unread);
    // Now something else stands at its place.
    assert!(!store.mark_read(&read).await.expect("tried"));
    let other = Head { preview: None, ..fresh.head };
    assert!(!store.mark_read(&other).await.expect("tried"), "the same rev, but another's");
}

async fn deadlines_stand_on_the_head_and_are_found_when_due<S: Store>(store: &S) {
    let armed = |minutes: u32, seq| Armed { due: NOW.plus(MINUTE * minutes), seq };
    let with = |head: &Head, deadlines: &[(Deadline, Armed)]| {
        head.with_deadlines(deadlines.iter().copied().collect()).expect("others than before")
    };
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let id = begun.head.id;
    // Others' facts share the table: only what is asked about counts.
    let due = async |minutes: u32| {
        let calls = store.due(shard(id), NOW.plus(MINUTE * minutes), 1_000).await.expect("read");
        assert!(calls.is_sorted(), "the earliest first");
        calls.into_iter().find(|call| call.conversation == id).map(|call| call.due)
    };
    assert_eq!(due(1_000).await, None);
    let both = [(Deadline::WaitTime, armed(2, 1)), (Deadline::SlowForm, armed(1, 1))];
    let one = with(&begun.head, &both);
    assert!(store.arm(&one).await.expect("tried"));
    assert!(store.arm(&one).await.expect("tried"), "the answer was lost, and it is tried again");
    assert_eq!(store.head(id).await.expect("read"), Some(one.clone()));
    assert_eq!((due(0).await, due(1).await), (None, Some(armed(1, 1).due)));
    // What was decided on the head before loses; what follows keeps them.
    let late = case.next(&begun.head, &case.shopper(), say("x"), NOW);
    assert!(matches!(store.commit(&late).await, Err(CommitError::Moved)));
    let next = case.next(&one, &case.shopper(), say("x"), NOW);
    store.commit(&next).await.expect("stored");
    assert_eq!(store.head(id).await.expect("read"), Some(next.head.clone()));
    assert!(!store.arm(&with(&one, &both[..1])).await.expect("tried"));
    let later = with(&next.head, &both[..1]);
    assert!(store.arm(&later).await.expect("tried"));
    assert_eq!((due(1).await, due(2).await), (None, Some(armed(2, 1).due)));
    let none = with(&later, &[]);
    assert!(store.arm(&none).await.expect("tried"));
    assert_eq!(due(1_000).await, None);
    let again = with(&none, &both);
    assert!(store.arm(&again).await.expect("tried"));
    let answered = case.next(&again, &case.agent(), say("Hi"), NOW);
    store.commit(&answered).await.expect("stored");
    assert_eq!(due(1_000).await, None);
    // In one transaction with what causes them, too; and closed is final.
    let mut armed_by_text = case.next(&answered.head, &case.shopper(), say("y"), NOW);
    armed_by_text.head.deadlines = both.into_iter().collect();
    store.commit(&armed_by_text).await.expect("stored");
    assert_eq!(due(1).await, Some(armed(1, 1).due));
    let closed = case.next(&armed_by_text.head, &case.agent(), Command::Close, NOW);
    store.commit(&closed).await.expect("stored");
    assert_eq!(due(1_000).await, None);
    let forged =
        Head { deadlines: both.into_iter().collect(), rev: closed.head.rev + 1, ..closed.head.clone() };
    assert!(!store.arm(&forged).await.expect("tried"));
    assert_eq!(store.head(id).await.expect("read"), Some(closed.head));
}

async fn what_the_shop_says_by_itself_keeps_its_reason_and_is_stored_once<S: Store>(store: &S) {
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let message = Message {
        kind: ReplyKind::Offline,
        language: Language::english(),
        text: "Nobody is here.".into(),
        client_id: automatic::client_id(begun.head.id, 1, "reply"),
        why: Why { rule: Rule::NobodyOnline, cause: 1 },
    };
    let deadlines = [(Deadline::SlowForm, Armed { due: NOW.plus(Duration::from_secs(60)), seq: 1 })].into();
    let fields = vec![asked("email", AskedKind::Email)];
    let form = Asking { fields, why: message.why, client_id: automatic::form_id(begun.head.id) };
    let change = speak(&begun.head, Some(&message), Some(form), deadlines, NOW).expect("open");
    let sender = Sender::Shop(begun.head.id);
    let commit = case.commit(change, Some(begun.head.rev), sender, message.client_id);
    store.commit(&commit).await.expect("stored");
    assert_eq!(store.head(begun.head.id).await.expect("read").as_ref(), Some(&commit.head));
    let page = store.entries(begun.head.id, Log::Thread, 1, 10).await.expect("read");
    assert_eq!(page.entries, commit.entries);
    assert_eq!(
        (page.entries.len(), page.entries[0].why, page.entries[1].why),
        (2, Some(message.why), Some(message.why))
    );
    // The same cause again, as things are now: its message is there.
    let change = speak(&commit.head, Some(&message), None, Deadlines::new(), NOW).expect("open");
    let again = case.commit(change, Some(commit.head.rev), sender, message.client_id);
    assert!(matches!(store.commit(&again).await, Err(CommitError::Repeated)));
    assert_eq!(store.receipt(sender, message.client_id).await.expect("read"), Some(commit.receipt));
}

async fn nothing_reopens_or_adds_to_a_closed_conversation<S: Store>(store: &S) {
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let closed = case.next(&begun.head, &case.agent(), Command::Close, NOW);
    store.commit(&closed).await.expect("stored");
    // Whoever expects the closed head's rev and takes it for open: stale, mistaken or forged.
    let stale = Head { rev: closed.head.rev, numbers: closed.head.numbers, ..begun.head.clone() };
    let note = || Command::Note { text: MessageText::parse("n").expect("a text") };
    for (actor, command) in [
        (case.shopper(), say("x")),
        (case.agent(), say("x")),
        (case.agent(), Command::Close),
        (case.agent(), Command::Join),
        (case.agent(), note()),
    ] {
        let commit = case.next(&stale, &actor, command.clone(), NOW);
        let closing = Commit {
            head: Head { status: closed.head.status.clone(), ..commit.head.clone() },
            client_id: ClientId(fresh()),
            ..commit.clone()
        };
        assert!(matches!(store.commit(&commit).await, Err(CommitError::Moved)), "{command:?}");
        if command != note() {
            assert!(matches!(store.commit(&closing).await, Err(CommitError::Moved)), "{command:?}, closed");
        }
    }
    assert_eq!(store.head(begun.head.id).await.expect("read"), Some(closed.head.clone()));
    let noted = case.next(&closed.head, &case.agent(), note(), NOW);
    store.commit(&noted).await.expect("a note may follow");
    assert_eq!(store.head(begun.head.id).await.expect("read"), Some(noted.head));
}

async fn shelves_show_the_newest_first_and_move_their_heads<S: Store>(store: &S) {
    let site = site();
    let mut heads = Vec::new();
    // Three of them at the same moment: equal times are ordered by id.
    for n in [0, 1, 2, 2, 2, 3, 4] {
        let case = Case { site: site.clone(), ..Case::new() };
        let begun = case.begin(ClientId(fresh()), NOW.plus(n * MINUTE));
        store.commit(&begun).await.expect("stored");
        heads.push((case, begun.head));
    }
    let mut order: Vec<Place> = heads.iter().map(|(_, head)| Place::of(head)).collect();
    order.sort_by(|a, b| b.cmp(a));
    let mut seen: Vec<Place> = Vec::new();
    loop {
        let page = store.shelf(&site, Shelf::Queue, seen.last().copied(), 2).await.expect("read");
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(Place::of));
    }
    assert_eq!(seen, order);
    let (case, head) = &heads[0];
    let taken = case.next(head, &case.agent(), say("mine"), NOW.plus(9 * MINUTE));
    store.commit(&taken).await.expect("stored");
    assert_eq!(store.shelf(&site, Shelf::Queue, None, 50).await.expect("read").len(), 6);
    assert_eq!(
        store.shelf(&site, Shelf::Agent(case.agent), None, 50).await.expect("read"),
        std::slice::from_ref(&taken.head)
    );
    let closed = case.next(&taken.head, &case.agent(), Command::Close, NOW.plus(10 * MINUTE));
    store.commit(&closed).await.expect("stored");
    assert!(store.shelf(&site, Shelf::Agent(case.agent), None, 50).await.expect("read").is_empty());
    assert_eq!(store.shelf(&site, Shelf::Closed, None, 50).await.expect("read"), [closed.head]);
}

async fn sites_know_nothing_of_one_another<S: Store>(store: &S) {
    let (here, there) = (Case::new(), Case::new());
    store.commit(&here.begin(ClientId(fresh()), NOW)).await.expect("stored");
    assert!(store.shelf(&there.site, Shelf::Queue, None, 50).await.expect("read").is_empty());
    assert!(store.members(&there.site).await.expect("read").is_empty());
    assert!(store.registered(&Topic::Site(there.site), NOW).await.expect("read").is_empty());
}
