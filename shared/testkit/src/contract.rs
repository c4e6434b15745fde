//! What every store must do: one suite, run on memory and on DynamoDB. Each fact takes a store and ids of its own, so
//! that all can share one table.

use domain::automatic::{self, Asking, Deadline, Message, Rule, Why};
use domain::connection::{Connection, Identity, LONGEST, Registration, Ticket, Topic};
use domain::conversation::{
    Answering, Attached, Beginning, Body, Change, Command, FileKey, Head, Log, MailClass, MailMark,
    ReviewWhy, begin, begin_with, decide, note_arrival, note_mail, speak,
};
use domain::cursor::{Cursor, Reader};
use domain::deadline::{Armed, Deadlines, shard};
use domain::identity::{Key, KeyId, Material};
use domain::inbox::{List, Place, Shelf};
use domain::intake::{AskedChoice, AskedField, AskedKind, Intake};
use domain::people::{Actor, Availability, Member, Page, Person, Role, Shopper, Site};
use domain::ports::{
    Admission, Carries, Claimed, Commit, CommitError, Correspondent, FaqCount, FaqEvent, MailKey, MailLink,
    Published, Publishing, Purpose, REPLY_GRANT_LIFE, Receipt, Recipient, ReplyGrant, Sender, SentMail,
    Session, SignIn, Store, StoreError, Suppressed,
};
use domain::rate::{Quota, Rate};
use domain::settings::{Faq, FieldId, Language, ReplyKind, Section};
use domain::text::MessageText;
use domain::{AgentId, ClientId, ConnectionId, ConversationId, ShopperId, SiteId, Timestamp};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_750_000_000_000);
const MINUTE: Duration = Duration::from_secs(60);

static COUNT: AtomicU64 = AtomicU64::new(1);

/// An id that no other fact uses.
fn fresh() -> Uuid {
    Uuid::from_u128(0x4000_8000_0000_0000_0000 + u128::from(COUNT.fetch_add(1, Ordering::Relaxed)))
}

fn site() -> SiteId {
    format!("s{}", COUNT.fetch_add(1, Ordering::Relaxed)).parse().expect("a site id")
}

fn connection_id() -> ConnectionId {
    format!("c{}=", COUNT.fetch_add(1, Ordering::Relaxed)).parse().expect("a connection id")
}

fn hash() -> [u8; 32] {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    hash
}

fn say(text: &str) -> Command {
    Command::Say { text: MessageText::parse(text).expect("a text"), releases: false }
}

struct Case {
    site: SiteId,
    shopper: ShopperId,
    agent: AgentId,
}

impl Case {
    fn new() -> Self {
        Self { site: site(), shopper: ShopperId(fresh()), agent: AgentId(fresh()) }
    }

    fn shopper(&self) -> Actor {
        Actor::Shopper { id: self.shopper, site: self.site.clone() }
    }

    fn agent(&self) -> Actor {
        Actor::Agent { id: self.agent, site: self.site.clone(), name: "Ana".into(), role: Role::Agent }
    }

    fn begin(&self, client_id: ClientId, at: Timestamp) -> Commit {
        let text = MessageText::parse("Hola").expect("a text");
        let change = begin(
            ConversationId(fresh()),
            (self.shopper, self.site.clone()),
            Some("Eva".into()),
            text,
            client_id,
            at,
        );
        self.commit(change, None, Sender::Shopper(self.shopper), client_id)
    }

    fn next(&self, head: &Head, actor: &Actor, command: Command, at: Timestamp) -> Commit {
        let client_id = ClientId(fresh());
        let change = decide(head, actor, command, client_id, at).expect("allowed");
        let sender = match actor {
            Actor::Shopper { id, .. } => Sender::Shopper(*id),
            Actor::Agent { id, .. } => Sender::Agent(*id, head.id),
        };
        self.commit(change, Some(head.rev), sender, client_id)
    }

    fn commit(
        &self,
        change: Change,
        expected_rev: Option<u64>,
        sender: Sender,
        client_id: ClientId,
    ) -> Commit {
        let receipt = Receipt {
            conversation: change.head.id,
            log: change.log,
            seq: change.seq,
            at: NOW,
            fingerprint: hash(),
        };
        let profile = change.profile();
        Commit {
            head: change.head,
            expected_rev,
            entries: change.entries,
            profile,
            sender,
            client_id,
            receipt,
        }
    }
}

/// All facts, one after the other.
pub async fn all<S: Store>(store: &S) {
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
    a_mail_is_owed_beyond_the_end_and_its_head_remembers_what_went(store).await;
    what_came_by_mail_keeps_its_mark_also_after_the_end(store).await;
    what_the_shop_says_by_itself_keeps_its_reason_and_is_stored_once(store).await;
    a_held_conversation_stands_on_no_shelf_and_what_is_answered_is_kept_with_it(store).await;
    a_question_is_counted_once_for_its_mark(store).await;
    an_address_keeps_what_was_noted_of_it(store).await;
    a_31_a_cold_address_has_three_turns_a_day_whoever_asks_at_once(store).await;
    a_mail_is_claimed_by_one_until_it_has_gone_or_the_lease_is_over(store).await;
    what_mails_bear_is_good_for_its_purpose_until_it_ends(store).await;
    shelves_show_the_newest_first_and_move_their_heads(store).await;
    sites_know_nothing_of_one_another(store).await;
    a_ticket_is_redeemed_once_and_not_after_its_expiry(store).await;
    a_connection_is_admitted_at_its_rate_until_it_is_forgotten(store).await;
    registrations_are_seen_at_once_and_end_with_their_lease(store).await;
    forgetting_a_connection_ends_its_registrations(store).await;
    a_session_is_rated_ended_and_expires(store).await;
    who_signs_in_takes_the_open_conversation_along_or_nothing_happens(store).await;
    who_signs_in_with_nothing_open_begins_nothing_as_before(store).await;
    what_a_shop_says_of_a_shopper_is_kept_until_it_says_otherwise(store).await;
    members_are_written_by_version(store).await;
    signs_of_life_keep_what_was_chosen(store).await;
    a_quota_counts_per_key_and_window(store).await;
    settings_are_published_version_by_version(store).await;
    of_two_who_publish_at_once_one_is_told(store).await;
    identity_keys_are_kept_once_and_end(store).await;
    a_tokens_id_is_one_subjects_until_it_expires(store).await;
    people_sites_and_profiles_are_read_back_as_written(store).await;
}

pub async fn a_commit_is_stored_whole_and_read_back_as_written<S: Store>(store: &S) {
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

pub async fn a_used_client_id_is_repeated_and_stores_nothing<S: Store>(store: &S) {
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

pub async fn of_two_commits_on_the_same_head_one_is_stored<S: Store>(store: &S) {
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

pub async fn a_shopper_has_one_open_conversation_until_it_is_closed<S: Store>(store: &S) {
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

pub async fn entries_come_in_pages_in_order<S: Store>(store: &S) {
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

pub async fn entries_come_backwards_from_any_number<S: Store>(store: &S) {
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

pub async fn cursors_move_forward_each_part_by_itself<S: Store>(store: &S) {
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

pub async fn cursors_that_many_move_at_once_end_at_the_furthest<S: Store>(store: &S) {
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

pub async fn marking_read_loses_to_a_newer_head<S: Store>(store: &S) {
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

pub async fn deadlines_stand_on_the_head_and_are_found_when_due<S: Store>(store: &S) {
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

pub async fn what_came_by_mail_keeps_its_mark_also_after_the_end<S: Store>(store: &S) {
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let mark = MailMark {
        original: "mail/abc".into(),
        attachments: vec![
            Attached {
                key: FileKey(7),
                name: "box.jpg".into(),
                kind: "image/jpeg".into(),
                bytes: 12,
                dangerous: false,
            },
            Attached {
                key: FileKey(u128::MAX),
                name: "x.svg".into(),
                kind: "text/html".into(),
                bytes: 0,
                dangerous: true,
            },
        ],
        flags: vec!["text_cut".into()],
        follows: Some(ConversationId(fresh())),
        unverified: Some("ana@example.com".into()),
    };
    let bare = MailMark {
        attachments: Vec::new(),
        flags: Vec::new(),
        follows: None,
        unverified: None,
        ..mark.clone()
    };
    let (client_id, change) = {
        let client_id = ClientId(fresh());
        let said = decide(&begun.head, &case.shopper(), say("By mail"), client_id, NOW).expect("allowed");
        (client_id, said.by_mail(mark.clone()))
    };
    let said = case.commit(change, Some(begun.head.rev), Sender::Shopper(case.shopper), client_id);
    store.commit(&said).await.expect("stored");
    let closed = case.next(&said.head, &case.agent(), Command::Close, NOW);
    store.commit(&closed).await.expect("stored");
    let id = begun.head.id;
    let mut head = closed.head;
    let reviews = ReviewWhy::ALL.map(MailClass::Review);
    let rest = [MailClass::AutoResponse, MailClass::Bounce, MailClass::Complaint];
    let mut written = Vec::new();
    for class in reviews.into_iter().chain(rest) {
        let (client_id, mark) = (ClientId(fresh()), (class != MailClass::Bounce).then(|| bare.clone()));
        let noted = note_arrival(&head, class, "ana@example.com".into(), "x".into(), mark, client_id, NOW);
        let noted = case.commit(noted, Some(head.rev), Sender::Shop(id), client_id);
        store.commit(&noted).await.expect("stored after the end");
        let again = store.commit(&noted).await;
        assert!(matches!(again, Err(CommitError::Repeated)), "{again:?}");
        written.extend(noted.entries);
        head = noted.head;
    }
    assert_eq!(store.head(id).await.expect("read"), Some(head));
    assert_eq!(store.entries(id, Log::Backstage, 0, 100).await.expect("read").entries, written);
    let thread = store.entries(id, Log::Thread, 1, 1).await.expect("read").entries;
    assert_eq!(thread[0].mail.as_deref(), Some(&mark));
}

pub async fn a_mail_is_owed_beyond_the_end_and_its_head_remembers_what_went<S: Store>(store: &S) {
    let case = Case::new();
    let with = Beginning { mail_after: Some(Duration::from_secs(300)), ..Beginning::default() };
    let (id, client_id) = (ConversationId(fresh()), ClientId(fresh()));
    let whose = (case.shopper, case.site.clone());
    let begun =
        begin_with(id, whose, None, MessageText::parse("Hola").expect("a text"), with, client_id, NOW);
    let begun = case.commit(begun, None, Sender::Shopper(case.shopper), client_id);
    store.commit(&begun).await.expect("stored");
    let answered = case.next(&begun.head, &case.agent(), say("Hi"), NOW);
    store.commit(&answered).await.expect("stored");
    let closed = case.next(&answered.head, &case.agent(), Command::Close, NOW);
    store.commit(&closed).await.expect("stored");
    let kept = store.head(id).await.expect("read").expect("there");
    assert_eq!(kept, closed.head);
    let owed = Armed { due: NOW.plus(Duration::from_secs(300)), seq: answered.head.numbers.t };
    assert_eq!(kept.deadlines, [(Deadline::Unseen, owed)].into());
    // What is owed may be looked at again later, and what ends with the conversation may not.
    let later = Armed { due: NOW.plus(Duration::from_secs(900)), ..owed };
    let again = kept.with_deadlines([(Deadline::Unseen, later)].into()).expect("another time");
    assert!(store.arm(&again).await.expect("tried"));
    let client_id = ClientId(fresh());
    let noted = note_mail(&again, answered.head.numbers.t, "ana@example.com".into(), client_id, NOW);
    let recorded = case.commit(noted, Some(again.rev), Sender::Shop(id), client_id);
    store.commit(&recorded).await.expect("stored after the end");
    let kept = store.head(id).await.expect("read").expect("there");
    assert_eq!(kept, recorded.head);
    let mailing = kept.mailing.expect("an address is known");
    assert_eq!((mailing.through, mailing.sent), (answered.head.numbers.t, vec![NOW]));
    let page = store.entries(id, Log::Backstage, 0, 10).await.expect("read");
    assert_eq!(page.entries.last(), recorded.entries.last());
}

pub async fn what_the_shop_says_by_itself_keeps_its_reason_and_is_stored_once<S: Store>(store: &S) {
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

fn asked(id: &str, kind: AskedKind) -> AskedField {
    let id = FieldId::parse(id).expect("an id");
    AskedField { id, kind, label: "¿Cuál es?".into(), required: false }
}

pub async fn a_held_conversation_stands_on_no_shelf_and_what_is_answered_is_kept_with_it<S: Store>(
    store: &S,
) {
    let case = Case::new();
    let session = Session { shopper: case.shopper, site: case.site.clone(), expires_at: NOW.plus(MINUTE) };
    store.open_session(hash(), &session, &shopper(&case)).await.expect("opened");
    let choice = |id: &str| AskedChoice { id: FieldId::parse(id).expect("an id"), label: id.to_uppercase() };
    let fields = vec![
        asked("email", AskedKind::Email),
        asked("name", AskedKind::Name),
        asked("note", AskedKind::Text),
        asked("phone", AskedKind::Phone),
        asked("count", AskedKind::Number),
        asked("size", AskedKind::Choice(vec![choice("s"), choice("l")])),
        asked("more", AskedKind::Text),
    ];
    let faq = Faq {
        id: FieldId::parse("shipping").expect("an id"),
        question: "¿Cuánto tarda?".into(),
        answer: "**Dos** días.".into(),
    };
    let with = Beginning { faqs: vec![faq], held_for: Some((fields, Rule::FormOffline)), mail_after: None };
    let (id, text) = (ConversationId(fresh()), MessageText::parse("Hola").expect("a text"));
    let client_id = ClientId(fresh());
    let whose = (case.shopper, case.site.clone());
    let change = begin_with(id, whose, None, text, with, client_id, NOW);
    let begun = case.commit(change, None, Sender::Shopper(case.shopper), client_id);
    store.commit(&begun).await.expect("stored");
    let stands = async |shelf| {
        let heads = store.shelf(&case.site, shelf, None, 50).await.expect("read");
        heads.iter().any(|head| head.id == id)
    };
    let mut head = begun.head.clone();
    assert_eq!(store.head(id).await.expect("read"), Some(head.clone()));
    assert_eq!(store.open_conversation(case.shopper).await.expect("read"), Some(id));
    assert!(head.held && !stands(Shelf::Queue).await);
    let mut thread = begun.entries;
    let answer = |thread: &[_], head: &Head, field: &str, value: Option<&str>| {
        let (intake, value) = (Intake::of(thread), value.map(str::to_owned));
        let field = FieldId::parse(field).expect("an id");
        let answering = Answering { intake, field, value, releases: false };
        case.next(head, &case.shopper(), Command::Answer(Box::new(answering)), NOW)
    };
    // A commit that loses leaves the profile as it is.
    let known = || async { store.shopper(case.shopper).await.expect("read").expect("a profile") };
    let lost = answer(&thread, &Head { rev: head.rev + 9, ..head.clone() }, "email", Some("x@example.com"));
    assert!(matches!(store.commit(&lost).await, Err(CommitError::Moved)));
    assert_eq!(known().await, shopper(&case));
    let given = [
        ("email", Some("eva@example.com")),
        ("name", Some("Eva María")),
        ("note", Some("two\nlines")),
        ("phone", Some("600 123 456")),
        ("count", Some("2,5")),
        ("size", Some("l")),
    ];
    for (field, value) in given {
        let commit = answer(&thread, &head, field, value);
        store.commit(&commit).await.expect("stored");
        thread.extend(commit.entries);
        head = commit.head;
        assert_eq!(store.head(id).await.expect("read"), Some(head.clone()));
    }
    assert!(head.held && !stands(Shelf::Queue).await);
    let told =
        Shopper { name: Some("Eva María".into()), email: Some("eva@example.com".into()), ..shopper(&case) };
    assert_eq!(known().await, told);
    let last = answer(&thread, &head, "more", None);
    store.commit(&last).await.expect("stored");
    thread.extend(last.entries.clone());
    assert!(last.entries[0].releases && !last.head.held && stands(Shelf::Queue).await);
    assert_eq!(known().await, told);
    assert_eq!(store.head(id).await.expect("read"), Some(last.head));
    assert_eq!(store.entries(id, Log::Thread, 0, 100).await.expect("read").entries, thread);
    // Of somebody of whom nothing is known nothing can be changed, and nothing is stored.
    let stranger = Case::new();
    let begun = stranger.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let mut next = stranger.next(&begun.head, &stranger.shopper(), say("x"), NOW);
    next.profile = lost.profile;
    assert!(matches!(store.commit(&next).await, Err(CommitError::Moved)));
    assert_eq!(store.head(begun.head.id).await.expect("read"), Some(begun.head));
    assert_eq!(store.shopper(stranger.shopper).await.expect("read"), None);
}

pub async fn a_question_is_counted_once_for_its_mark<S: Store>(store: &S) {
    use FaqEvent::{Opened, StillNeeded};
    let (here, there) = (site(), site());
    let id = |text: &str| FieldId::parse(text).expect("an id");
    let (first, second) = (fresh(), fresh());
    let count = async |of: &SiteId, faq: &str, event, mark| {
        store.count_faq(of, &id(faq), event, mark, NOW).await.expect("counted")
    };
    assert_eq!(store.faq_counts(&here).await.expect("read"), []);
    assert!(count(&here, "shipping", Opened, first).await);
    assert!(!count(&here, "shipping", Opened, first).await, "an answer was lost, and it is sent again");
    assert!(count(&here, "shipping", Opened, second).await);
    // One mark for each question, event and site.
    assert!(count(&here, "shipping", StillNeeded, first).await);
    assert!(count(&here, "returns", Opened, first).await);
    assert!(count(&there, "shipping", Opened, first).await);
    let counted = |faq: &str, opened, still_needed| FaqCount { faq: id(faq), opened, still_needed };
    let counts = store.faq_counts(&here).await.expect("read");
    assert_eq!(counts, [counted("returns", 1, 0), counted("shipping", 2, 1)]);
    assert_eq!(store.faq_counts(&there).await.expect("read"), [counted("shipping", 1, 0)]);
    // Many at once: all of them, or told that it was too much.
    let marks: Vec<Uuid> = (0..8).map(|_| fresh()).collect();
    let many = marks.iter().map(|mark| store.count_faq(&here, &counts[0].faq, Opened, *mark, NOW));
    let counted =
        futures::future::join_all(many).await.into_iter().filter(|one| matches!(one, Ok(true))).count();
    let now = store.faq_counts(&here).await.expect("read");
    assert_eq!(now[0].opened, 1 + counted as u64);
}

pub async fn an_address_keeps_what_was_noted_of_it<S: Store>(store: &S) {
    let (here, there, address) = (site(), site(), hash());
    let known = async |of: &SiteId| store.correspondent(of, address).await.expect("read");
    assert_eq!(known(&here).await, Correspondent::default());
    let id = ClientId(fresh());
    for _ in 0..2 {
        assert!(store.take_turn(&here, address, id, NOW).await.expect("answered"));
        assert_eq!(known(&here).await.mails, [NOW]);
    }
    // The same mail a moment later is one mail still.
    assert!(store.take_turn(&here, address, id, NOW.plus(MINUTE)).await.expect("answered"));
    assert_eq!(
        known(&here).await,
        Correspondent { mails: vec![NOW.plus(MINUTE)], ..Correspondent::default() }
    );
    store.warm(&here, address, NOW).await.expect("noted");
    store.warm(&here, address, NOW.plus(MINUTE)).await.expect("noted");
    assert!(known(&here).await.warm);
    let at = NOW.plus(MINUTE);
    for _ in 0..2 {
        assert!(store.suppress(&here, address, Suppressed::Bounced, at).await.expect("noted"));
    }
    assert!(!store.suppress(&here, address, Suppressed::Complained, at).await.expect("tried"));
    let stands = known(&here).await;
    assert_eq!((stands.suppressed, stands.warm), (Some((Suppressed::Bounced, at)), true));
    assert!(!store.take_turn(&here, address, ClientId(fresh()), at).await.expect("answered"));
    assert_eq!(known(&here).await.mails, [NOW.plus(MINUTE)]);
    // Another site knows nothing of it, nor this one of another address.
    assert_eq!(known(&there).await, Correspondent::default());
    assert_eq!(store.correspondent(&here, hash()).await.expect("read"), Correspondent::default());
    // One that was never written to.
    let other = hash();
    assert!(store.suppress(&there, other, Suppressed::Unsubscribed, NOW).await.expect("noted"));
    assert!(!store.take_turn(&there, other, id, NOW).await.expect("answered"));
}

pub async fn a_31_a_cold_address_has_three_turns_a_day_whoever_asks_at_once<S: Store>(store: &S) {
    let (site, address) = (site(), hash());
    let ask = async |id: ClientId, at| {
        // Whoever is overtaken too often is told so, and asks again.
        loop {
            match store.take_turn(&site, address, id, at).await {
                Err(StoreError::Unavailable(_)) => {}
                answer => return answer.expect("answered"),
            }
        }
    };
    let ids: Vec<ClientId> = (0..8).map(|_| ClientId(fresh())).collect();
    let turns = futures::future::join_all(ids.iter().map(|id| ask(*id, NOW))).await;
    assert_eq!(turns.iter().filter(|may| **may).count(), 3, "{turns:?}");
    // Those who had a turn have it still; the others have none until a day is over.
    for at in [NOW, NOW.plus(MINUTE * 60 * 24).minus(Duration::from_millis(1))] {
        for (id, had) in ids.iter().zip(&turns).filter(|(_, had)| !**had) {
            assert_eq!(ask(*id, at).await, *had);
        }
    }
    assert!(ask(ids[0], NOW.plus(MINUTE * 60 * 24)).await);
    store.warm(&site, address, NOW).await.expect("noted");
    for _ in 0..5 {
        assert!(ask(ClientId(fresh()), NOW).await);
    }
}

pub async fn a_mail_is_claimed_by_one_until_it_has_gone_or_the_lease_is_over<S: Store>(store: &S) {
    let conversation = ConversationId(fresh());
    let key = |after| MailKey { conversation, carries: Carries::Answers { after } };
    let until = NOW.plus(MINUTE);
    let claim = async |key: MailKey, by, now: Timestamp| {
        store.claim_mail(&key, by, now, now.plus(MINUTE)).await.expect("answered")
    };
    assert_eq!(claim(key(0), 1, NOW).await, Claimed::Yes);
    // An answer was lost, and it is tried again.
    assert_eq!(claim(key(0), 1, NOW).await, Claimed::Yes);
    assert_eq!(claim(key(0), 2, NOW).await, Claimed::Held { until });
    assert_eq!(claim(key(0), 2, until.minus(Duration::from_millis(1))).await, Claimed::Held { until });
    assert_eq!(claim(key(3), 2, NOW).await, Claimed::Yes, "another mail");
    // Given back, by whom it belongs to alone.
    store.release_mail(&key(0), 2).await.expect("nothing to it");
    assert_eq!(claim(key(0), 2, NOW).await, Claimed::Held { until });
    store.release_mail(&key(0), 1).await.expect("released");
    store.release_mail(&key(0), 1).await.expect("released before");
    assert_eq!(claim(key(0), 2, NOW).await, Claimed::Yes);
    // Whoever held it is gone.
    assert_eq!(claim(key(0), 3, until).await, Claimed::Yes);
    assert_eq!(claim(key(0), 2, until).await, Claimed::Held { until: until.plus(MINUTE) });
    assert_eq!(store.sent_mail(&key(0)).await.expect("read"), None);
    let sent = |through| SentMail {
        through,
        to: "eva@example.com".into(),
        at: until,
        message_id: format!("m{through}"),
    };
    assert_eq!(store.record_mail(&key(0), &sent(5)).await.expect("recorded"), sent(5));
    // Both had sent it: the first to say so stands.
    assert_eq!(store.record_mail(&key(0), &sent(6)).await.expect("answered"), sent(5));
    store.release_mail(&key(0), 3).await.expect("nothing to it");
    assert_eq!(store.sent_mail(&key(0)).await.expect("read"), Some(sent(5)));
    assert_eq!(store.sent_mail(&key(7)).await.expect("read"), None);
    for later in [until, until.plus(MINUTE * 600)] {
        assert_eq!(claim(key(0), 4, later).await, Claimed::Sent(sent(5)));
    }
    let contested = key(9);
    let wishes = (10..16).map(|by| store.claim_mail(&contested, by, NOW, until));
    let mut outcomes = Vec::new();
    for wish in futures::future::join_all(wishes).await {
        outcomes.push(wish.expect("answered"));
    }
    assert_eq!(outcomes.iter().filter(|one| **one == Claimed::Yes).count(), 1, "{outcomes:?}");
}

pub async fn what_mails_bear_is_good_for_its_purpose_until_it_ends<S: Store>(store: &S) {
    let case = Case::new();
    let conversation = ConversationId(fresh());
    for recipient in [Recipient::Shopper, Recipient::Agent(case.agent)] {
        let token = hash();
        let grant = ReplyGrant {
            site: case.site.clone(),
            conversation,
            recipient,
            address: hash(),
            made_at: NOW,
            revoked_at: None,
        };
        assert_eq!(store.reply_grant(token, NOW).await.expect("read"), None);
        assert!(!store.revoke_reply_grant(token, NOW).await.expect("tried"));
        store.keep_reply_grant(token, &grant).await.expect("kept");
        assert_eq!(store.reply_grant(token, NOW).await.expect("read"), Some(grant.clone()));
        assert_eq!(store.reply_grant(hash(), NOW).await.expect("read"), None);
        let ends = NOW.plus(REPLY_GRANT_LIFE);
        assert!(store.reply_grant(token, ends.minus(MINUTE)).await.expect("read").is_some());
        assert_eq!(store.reply_grant(token, ends).await.expect("read"), None);
        for minutes in [3, 1, 2] {
            assert!(store.revoke_reply_grant(token, NOW.plus(MINUTE * minutes)).await.expect("revoked"));
        }
        let revoked = store.reply_grant(token, NOW).await.expect("read").expect("kept");
        assert_eq!(revoked.revoked_at, Some(NOW.plus(MINUTE)));
    }
    for (purpose, other) in [(Purpose::Resume, Purpose::Unsubscribe), (Purpose::Unsubscribe, Purpose::Resume)]
    {
        let secret = hash();
        let link = MailLink {
            purpose,
            site: case.site.clone(),
            conversation,
            shopper: case.shopper,
            address: hash(),
            expires_at: NOW.plus(MINUTE),
        };
        store.keep_mail_link(secret, &link).await.expect("kept");
        for _ in 0..2 {
            assert_eq!(store.mail_link(secret, purpose, NOW).await.expect("read"), Some(link.clone()));
        }
        assert_eq!(store.mail_link(secret, other, NOW).await.expect("read"), None);
        assert_eq!(store.mail_link(secret, purpose, NOW.plus(MINUTE)).await.expect("read"), None);
        assert_eq!(store.mail_link(hash(), purpose, NOW).await.expect("read"), None);
    }
}

pub async fn nothing_reopens_or_adds_to_a_closed_conversation<S: Store>(store: &S) {
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

pub async fn shelves_show_the_newest_first_and_move_their_heads<S: Store>(store: &S) {
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

pub async fn sites_know_nothing_of_one_another<S: Store>(store: &S) {
    let (here, there) = (Case::new(), Case::new());
    store.commit(&here.begin(ClientId(fresh()), NOW)).await.expect("stored");
    assert!(store.shelf(&there.site, Shelf::Queue, None, 50).await.expect("read").is_empty());
    assert!(store.members(&there.site).await.expect("read").is_empty());
    assert!(store.registered(&Topic::Site(there.site), NOW).await.expect("read").is_empty());
}

pub async fn a_ticket_is_redeemed_once_and_not_after_its_expiry<S: Store>(store: &S) {
    let ticket = |expires_at| Ticket {
        site: site(),
        identity: Identity::Agent { id: AgentId(fresh()), name: "Ana".into(), role: Role::Admin, version: 3 },
        origin: Some("https://shop.example".into()),
        session: Some(hash()),
        expires_at,
    };
    let (good, secret) = (ticket(NOW.plus(MINUTE)), hash());
    store.issue_ticket(secret, &good).await.expect("kept");
    let both =
        futures::future::join(store.redeem_ticket(secret, NOW), store.redeem_ticket(secret, NOW)).await;
    let redeemed: Vec<Ticket> =
        [both.0, both.1].into_iter().filter_map(|answer| answer.expect("answered")).collect();
    assert_eq!(redeemed, [good]);
    let late = hash();
    store.issue_ticket(late, &ticket(NOW)).await.expect("kept");
    assert_eq!(store.redeem_ticket(late, NOW).await.expect("answered"), None);
    assert_eq!(store.redeem_ticket(hash(), NOW).await.expect("answered"), None);
}

fn connection(case: &Case, agent: bool) -> Connection {
    let identity = if agent {
        Identity::Agent { id: case.agent, name: "Ana".into(), role: Role::Agent, version: 1 }
    } else {
        Identity::Shopper { id: case.shopper }
    };
    Connection {
        id: connection_id(),
        site: case.site.clone(),
        identity,
        session: Some(hash()),
        address: "203.0.113.7".into(),
        connected_at: NOW,
        viewing: None,
        greeted: false,
    }
}

pub async fn a_connection_is_admitted_at_its_rate_until_it_is_forgotten<S: Store>(store: &S) {
    let case = Case::new();
    let known = connection(&case, false);
    let rate = Rate { every: Duration::from_millis(200), burst: 3 };
    assert_eq!(store.admit(&known.id, rate, NOW).await.expect("answered"), Admission::Unknown);
    store.connect(&known).await.expect("noted");
    for _ in 0..3 {
        assert_eq!(
            store.admit(&known.id, rate, NOW).await.expect("answered"),
            Admission::Admitted(Box::new(known.clone()))
        );
    }
    let limited = store.admit(&known.id, rate, NOW).await.expect("answered");
    assert_eq!(limited, Admission::Limited { retry_after: Duration::from_millis(200) });
    store.greet(&known.id, None).await.expect("noted");
    let later = NOW.plus(MINUTE);
    let greeted = Connection { greeted: true, ..known.clone() };
    assert_eq!(
        store.admit(&known.id, rate, later).await.expect("answered"),
        Admission::Admitted(Box::new(greeted.clone()))
    );
    assert_eq!(store.disconnect(&known.id).await.expect("forgotten"), Some(greeted));
    assert_eq!(store.disconnect(&known.id).await.expect("forgotten"), None);
    assert_eq!(store.admit(&known.id, rate, later).await.expect("answered"), Admission::Unknown);
    // A row that the table has not swept yet is no connection any more.
    let old = connection(&case, false);
    store.connect(&old).await.expect("noted");
    assert_eq!(store.admit(&old.id, rate, NOW.plus(LONGEST)).await.expect("answered"), Admission::Unknown);
}

pub async fn registrations_are_seen_at_once_and_end_with_their_lease<S: Store>(store: &S) {
    let case = Case::new();
    let topic = Topic::Site(case.site.clone());
    let registration = |list, expires_at| Registration {
        session: Some([9; 32]),
        connection: connection_id(),
        agent: Some(case.agent),
        list,
        expires_at,
    };
    let short = registration(Some(List::Queue), NOW.plus(MINUTE));
    let long = registration(Some(List::All), NOW.plus(5 * MINUTE));
    store.register(&topic, &short).await.expect("registered");
    store.register(&topic, &long).await.expect("registered");
    let connections = async |now| {
        let mut all: Vec<ConnectionId> =
            store.registered(&topic, now).await.expect("read").into_iter().map(|r| r.connection).collect();
        all.sort();
        all
    };
    let mut both = vec![short.connection.clone(), long.connection.clone()];
    both.sort();
    assert_eq!(connections(NOW).await, both);
    assert_eq!(connections(NOW.plus(MINUTE)).await, std::slice::from_ref(&long.connection));
    let renewed =
        Registration { list: Some(List::Closed), expires_at: NOW.plus(9 * MINUTE), ..short.clone() };
    store.register(&topic, &renewed).await.expect("renewed");
    assert!(store.registered(&topic, NOW.plus(6 * MINUTE)).await.expect("read").contains(&renewed));
    store.unregister(&topic, &renewed.connection).await.expect("ended");
    store.unregister(&topic, &renewed.connection).await.expect("ending twice is harmless");
    assert_eq!(connections(NOW).await, [long.connection]);
}

pub async fn forgetting_a_connection_ends_its_registrations<S: Store>(store: &S) {
    let case = Case::new();
    let conversation = ConversationId(fresh());
    let agents = connection(&case, true);
    store.connect(&agents).await.expect("noted");
    store.greet(&agents.id, Some(conversation)).await.expect("noted");
    let shoppers = connection(&case, false);
    store.connect(&shoppers).await.expect("noted");
    let topics = [agents.topics(), vec![Topic::Conversation(conversation)], shoppers.topics()].concat();
    for (topic, id) in topics.iter().zip([&agents.id, &agents.id, &shoppers.id, &shoppers.id]) {
        let registration = Registration {
            connection: id.clone(),
            agent: None,
            session: Some(hash()),
            list: None,
            expires_at: NOW.plus(MINUTE),
        };
        store.register(topic, &registration).await.expect("registered");
    }
    store.disconnect(&agents.id).await.expect("forgotten");
    store.disconnect(&shoppers.id).await.expect("forgotten");
    for topic in &topics {
        assert!(store.registered(topic, NOW).await.expect("read").is_empty(), "{topic:?}");
    }
}

fn shopper(case: &Case) -> Shopper {
    Shopper {
        id: case.shopper,
        site: case.site.clone(),
        name: Some("Eva".into()),
        email: None,
        language: Some("es-ES".into()),
        time_zone: Some("Atlantic/Canary".into()),
        user_agent: Some("Mozilla/5.0".into()),
        country: Some("ES".into()),
        page: None,
        first_seen: NOW,
        last_seen: NOW,
    }
}

pub async fn a_session_is_rated_ended_and_expires<S: Store>(store: &S) {
    let case = Case::new();
    let session = Session { shopper: case.shopper, site: case.site.clone(), expires_at: NOW.plus(MINUTE) };
    let secret = hash();
    let rate = Rate { every: Duration::from_millis(200), burst: 2 };
    assert_eq!(store.session(secret, rate, NOW).await.expect("answered"), None);
    assert!(!store.session_stands(secret, NOW).await.expect("answered"));
    store.open_session(secret, &session, &shopper(&case)).await.expect("opened");
    for (at, stands) in [(NOW, true), (session.expires_at, false)] {
        assert_eq!(store.session_stands(secret, at).await.expect("answered"), stands);
    }
    for _ in 0..2 {
        assert_eq!(store.session(secret, rate, NOW).await.expect("answered"), Some(Ok(session.clone())));
    }
    assert_eq!(
        store.session(secret, rate, NOW).await.expect("answered"),
        Some(Err(Duration::from_millis(200)))
    );
    assert_eq!(store.session(secret, rate, NOW.plus(MINUTE)).await.expect("answered"), None);
    // Over is over, also with a bucket that is full.
    let full = Rate { every: 2 * MINUTE, burst: 1 };
    let other = hash();
    store.open_session(other, &session, &shopper(&case)).await.expect("opened");
    assert!(matches!(store.session(other, full, NOW.plus(MINUTE / 2)).await, Ok(Some(Ok(_)))));
    assert_eq!(store.session(other, full, NOW.plus(MINUTE)).await.expect("answered"), None);
    store.end_session(secret).await.expect("ended");
    assert!(!store.session_stands(secret, NOW).await.expect("answered"));
    assert_eq!(store.session(secret, rate, NOW).await.expect("answered"), None);
}

fn member(case: &Case, version: u64) -> Member {
    Member {
        site: case.site.clone(),
        agent: case.agent,
        name: "Ana".into(),
        title: "Orders".into(),
        role: Role::Admin,
        version,
        active: true,
        availability: Availability::Online,
        seen_at: None,
    }
}

fn verified() -> ShopperId {
    ShopperId::verified(fresh().into_bytes())
}

/// A session of an anonymous shopper, and what its sign-in would be.
async fn about_to_sign_in<S: Store>(store: &S, case: &Case, open: Option<&Head>) -> SignIn {
    let ends = hash();
    let session = |shopper| Session { shopper, site: case.site.clone(), expires_at: NOW.plus(MINUTE) };
    store.open_session(ends, &session(case.shopper), &shopper(case)).await.expect("opened");
    let to = verified();
    SignIn {
        before: case.shopper,
        ends,
        session: session(to),
        hash: hash(),
        open: open.map(|head| head.id),
        moved: open.map(|head| head.signed_in(to, Some("Eva M.".into()))),
        linked: true,
        at: NOW,
    }
}

pub async fn who_signs_in_takes_the_open_conversation_along_or_nothing_happens<S: Store>(store: &S) {
    let case = Case::new();
    let rate = Rate { every: Duration::from_millis(1), burst: 100 };
    let first = case.begin(ClientId(fresh()), NOW);
    store.commit(&first).await.expect("stored");
    let closed = case.next(&first.head, &case.shopper(), Command::Close, NOW);
    store.commit(&closed).await.expect("stored");
    let begun = case.begin(ClientId(fresh()), NOW.plus(MINUTE));
    store.commit(&begun).await.expect("stored");
    let wish = about_to_sign_in(store, &case, Some(&begun.head)).await;
    let to = wish.session.shopper;
    let more = case.next(&begun.head, &case.shopper(), say("wait"), NOW.plus(MINUTE));
    store.commit(&more).await.expect("stored");

    let none = SignIn { open: None, moved: None, ..wish.clone() };
    let stale_session = SignIn { ends: hash(), ..wish.clone() };
    let another = SignIn { open: Some(closed.head.id), moved: None, ..wish.clone() };
    for refused in [&wish, &none, &stale_session, &another] {
        assert!(matches!(store.sign_in(refused).await, Err(CommitError::Moved)), "{refused:?}");
        assert!(store.session(wish.ends, rate, NOW).await.expect("answered").is_some());
        assert!(store.session(wish.hash, rate, NOW).await.expect("answered").is_none());
        assert_eq!(store.head(more.head.id).await.expect("read"), Some(more.head.clone()));
        assert_eq!(store.open_conversation(to).await.expect("read"), None);
        assert_eq!(store.signed_in_as(case.shopper).await.expect("read"), None);
    }

    let moved = more.head.signed_in(to, Some("Eva M.".into()));
    let wish = SignIn { moved: Some(moved.clone()), ..wish };
    store.sign_in(&wish).await.expect("signed in");
    assert!(matches!(store.sign_in(&wish).await, Err(CommitError::Moved)));
    assert!(store.session(wish.ends, rate, NOW).await.expect("answered").is_none());
    assert_eq!(store.session(wish.hash, rate, NOW).await.expect("answered"), Some(Ok(wish.session.clone())));
    assert_eq!(store.head(moved.id).await.expect("read"), Some(moved.clone()));
    assert_eq!((moved.shopper, moved.origin), (to, case.shopper));
    assert_eq!(store.open_conversation(to).await.expect("read"), Some(moved.id));
    assert_eq!(store.conversations_of(to, 10).await.expect("read"), std::slice::from_ref(&moved));
    assert_eq!(store.conversations_of(case.shopper, 10).await.expect("read"), [closed.head]);
    assert_eq!(store.browsers(to, 10).await.expect("read"), [case.shopper]);
    assert_eq!(store.signed_in_as(case.shopper).await.expect("read"), Some(to));
    // What was under way in the old name finds nothing to append to and nothing to begin.
    let late = case.next(&more.head, &case.shopper(), say("late"), NOW);
    assert!(matches!(store.commit(&late).await, Err(CommitError::Moved)));
    let late = case.begin(ClientId(fresh()), NOW);
    assert!(matches!(store.commit(&late).await, Err(CommitError::Moved)));
    assert_eq!(store.open_conversation(case.shopper).await.expect("read"), Some(moved.id));
    // Closed by its new shopper, it is nobody's open one; and still nothing begins in the old name.
    let as_verified = Actor::Shopper { id: to, site: case.site.clone() };
    let closed = case.next(&moved, &as_verified, Command::Close, NOW);
    store.commit(&closed).await.expect("stored");
    assert_eq!(store.open_conversation(to).await.expect("read"), None);
    assert!(matches!(store.commit(&late).await, Err(CommitError::Moved)));

    // Of somebody who has one open, that one stays; the other browser's stays where it is.
    let other = Case { shopper: ShopperId(fresh()), site: case.site.clone(), agent: case.agent };
    let mine = Case { shopper: to, site: case.site.clone(), agent: case.agent };
    let open = mine.begin(ClientId(fresh()), NOW);
    store.commit(&open).await.expect("stored");
    let theirs = other.begin(ClientId(fresh()), NOW);
    store.commit(&theirs).await.expect("stored");
    let wish = about_to_sign_in(store, &other, Some(&theirs.head)).await;
    let session = Session { shopper: to, ..wish.session };
    let moving =
        SignIn { session, moved: Some(theirs.head.signed_in(to, None)), at: NOW.plus(MINUTE), ..wish };
    assert!(matches!(store.sign_in(&moving).await, Err(CommitError::Moved)));
    store.sign_in(&SignIn { moved: None, ..moving.clone() }).await.expect("signed in");
    assert_eq!(store.open_conversation(to).await.expect("read"), Some(open.head.id));
    assert_eq!(store.open_conversation(other.shopper).await.expect("read"), Some(theirs.head.id));
    assert_eq!(store.browsers(to, 10).await.expect("read"), [other.shopper, case.shopper]);
    assert_eq!(store.browsers(to, 1).await.expect("read"), [other.shopper]);
}

pub async fn who_signs_in_with_nothing_open_begins_nothing_as_before<S: Store>(store: &S) {
    let case = Case::new();
    let wish = SignIn { linked: false, ..about_to_sign_in(store, &case, None).await };
    store.sign_in(&wish).await.expect("signed in");
    assert!(matches!(store.commit(&case.begin(ClientId(fresh()), NOW)).await, Err(CommitError::Moved)));
    assert_eq!(store.open_conversation(case.shopper).await.expect("read"), None);
    assert_eq!(store.signed_in_as(case.shopper).await.expect("read"), None);
    assert!(store.browsers(wish.session.shopper, 10).await.expect("read").is_empty());
    // Two browsers of one person at once: each has its own session.
    let (one, two) = (Case::new(), Case::new());
    let first = about_to_sign_in(store, &one, None).await;
    let second = about_to_sign_in(store, &two, None).await;
    let second = SignIn { session: first.session.clone(), ..second };
    let (a, b) = futures::join!(store.sign_in(&first), store.sign_in(&second));
    assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
}

pub async fn what_a_shop_says_of_a_shopper_is_kept_until_it_says_otherwise<S: Store>(store: &S) {
    let case = Case { shopper: verified(), ..Case::new() };
    let said = Shopper {
        email: Some("eva@shop.example".into()),
        page: Some(Page { url: "https://shop.example/".into(), ..Page::default() }),
        ..shopper(&case)
    };
    store.vouch(&said).await.expect("kept");
    assert_eq!(store.shopper(case.shopper).await.expect("read"), Some(said.clone()));
    // Later it says less, and the browser is another.
    let later = Shopper {
        name: None,
        email: None,
        language: None,
        user_agent: Some("Another/1.0".into()),
        page: None,
        first_seen: NOW.plus(MINUTE),
        last_seen: NOW.plus(MINUTE),
        ..said.clone()
    };
    store.vouch(&later).await.expect("kept");
    let user_agent = later.user_agent;
    let expect = Shopper { user_agent, last_seen: NOW.plus(MINUTE), ..said };
    assert_eq!(store.shopper(case.shopper).await.expect("read"), Some(expect.clone()));
    // A session of a browser that knows less leaves the profile as it is.
    let session = Session { shopper: case.shopper, site: case.site.clone(), expires_at: NOW.plus(MINUTE) };
    store.open_session(hash(), &session, &shopper(&case)).await.expect("opened");
    assert_eq!(store.shopper(case.shopper).await.expect("read"), Some(expect));
}

pub async fn members_are_written_by_version<S: Store>(store: &S) {
    let case = Case::new();
    assert!(store.put_member(&member(&case, 1)).await.expect("tried"));
    let ended = Member { active: false, ..member(&case, 2) };
    assert!(store.put_member(&ended).await.expect("tried"));
    // Another's change of the same version is refused; one's own again, after a lost answer, is not.
    assert!(!store.put_member(&member(&case, 2)).await.expect("tried"));
    store.sign_of_life(&case.site, case.agent, None, NOW).await.expect("answered");
    assert!(store.put_member(&ended).await.expect("tried"));
    assert!(!store.put_member(&member(&case, 1)).await.expect("tried"));
    let ended = Member { seen_at: Some(NOW), ..ended };
    assert_eq!(store.member(&case.site, case.agent).await.expect("read"), Some(ended.clone()));
    assert_eq!(store.members(&case.site).await.expect("read"), [ended]);
    assert_eq!(store.memberships(case.agent).await.expect("read"), std::slice::from_ref(&case.site));
    assert_eq!(store.member(&site(), case.agent).await.expect("read"), None);
}

pub async fn signs_of_life_keep_what_was_chosen<S: Store>(store: &S) {
    let case = Case::new();
    assert_eq!(store.sign_of_life(&case.site, case.agent, None, NOW).await.expect("answered"), None);
    store.put_member(&member(&case, 1)).await.expect("written");
    let chosen = store
        .sign_of_life(&case.site, case.agent, Some(Availability::Invisible), NOW)
        .await
        .expect("answered")
        .expect("there");
    assert_eq!(chosen.presence(NOW), Availability::Invisible);
    let later = NOW.plus(MINUTE);
    let alive =
        store.sign_of_life(&case.site, case.agent, None, later).await.expect("answered").expect("there");
    assert_eq!((alive.availability, alive.seen_at), (Availability::Invisible, Some(later)));
}

pub async fn identity_keys_are_kept_once_and_end<S: Store>(store: &S) {
    let (here, there) = (site(), site());
    let key = |id: &str, minutes: u32, material| Key {
        id: KeyId::parse(id).expect("a key's id"),
        material,
        made_at: NOW.plus(MINUTE * minutes),
        ends_at: None,
    };
    let first = key("b", 1, Material::Secret((0..32).map(|n| n * 8).collect()));
    let second = key("a", 2, Material::PublicKey("-----BEGIN PUBLIC KEY-----\nMIIB\n".into()));
    for one in [&second, &first, &second] {
        assert!(store.keep_key(&here, one).await.expect("kept"));
    }
    let other = Key { material: Material::Secret(vec![1]), ..first.clone() };
    assert!(!store.keep_key(&here, &other).await.expect("tried"), "the id is used");
    assert!(store.keep_key(&there, &other).await.expect("kept"), "another site's ids are its own");
    assert_eq!(store.identity_keys(&here).await.expect("read"), [first.clone(), second.clone()]);
    assert_eq!(store.identity_keys(&there).await.expect("read"), [other]);
    assert_eq!(store.identity_keys(&site()).await.expect("read"), []);
    let end = async |id: &KeyId, minutes: u32| {
        store.end_key(&here, id, NOW.plus(MINUTE * minutes)).await.expect("tried")
    };
    assert!(end(&first.id, 30).await && end(&first.id, 10).await && end(&first.id, 20).await);
    assert!(!end(&KeyId::parse("c").expect("a key's id"), 10).await);
    let ended = Key { ends_at: Some(NOW.plus(MINUTE * 10)), ..first };
    assert_eq!(store.identity_keys(&here).await.expect("read"), [ended, second]);
}

pub async fn a_tokens_id_is_one_subjects_until_it_expires<S: Store>(store: &S) {
    let (here, there) = (site(), site());
    let until = NOW.plus(MINUTE);
    let claim = async |of: &SiteId, subject: &str, now| {
        store.claim_token(of, "jti#1", subject, until, now).await.expect("answered")
    };
    let eva = || Some("eva".to_owned());
    assert_eq!(claim(&here, "eva", NOW).await, None);
    // A cached page, a tab that reloads; and somebody else.
    assert_eq!(claim(&here, "eva", NOW).await, eva());
    assert_eq!(claim(&here, "mallory", NOW).await, eva());
    assert_eq!(claim(&there, "mallory", NOW).await, None);
    assert_eq!(claim(&here, "mallory", until).await, None);
    let both = futures::future::join(
        store.claim_token(&here, "jti#2", "eva", until, NOW),
        store.claim_token(&here, "jti#2", "mallory", until, NOW),
    );
    let (eva, mallory) = both.await;
    assert_eq!([eva, mallory].into_iter().filter(|one| matches!(one, Ok(None))).count(), 1);
}

fn section(case: &Case, section: Section, version: u64, body: &str) -> Published {
    Published {
        section,
        version,
        at: NOW.plus(MINUTE * version as u32),
        by: case.agent,
        by_name: "Ana".into(),
        restored: (version > 2).then_some(1),
        body: body.into(),
    }
}

pub async fn settings_are_published_version_by_version<S: Store>(store: &S) {
    let (here, there) = (Case::new(), Case::new());
    assert_eq!(store.published(&here.site).await.expect("read"), []);
    let versions: Vec<Published> =
        (1..=11).map(|n| section(&here, Section::Hours, n, &format!("{{\"n\":{n}}}"))).collect();
    // Not the second before the first.
    assert_eq!(store.publish(&here.site, &versions[1]).await.expect("tried"), Publishing::Moved(None));
    for one in &versions {
        assert_eq!(store.publish(&here.site, one).await.expect("tried"), Publishing::Done);
        // The answer was lost, and it is tried again.
        assert_eq!(store.publish(&here.site, one).await.expect("tried"), Publishing::Done);
    }
    let faqs = section(&here, Section::Faqs, 1, "{}");
    store.publish(&here.site, &faqs).await.expect("published");
    let mut now = store.published(&here.site).await.expect("read");
    now.sort_by_key(|one| one.section);
    assert_eq!(now, [versions[10].clone(), faqs]);
    // Another's version of a number that is taken, and one from before.
    for stale in [section(&here, Section::Hours, 11, "{}"), versions[4].clone()] {
        let stands = Publishing::Moved(Some(Box::new(versions[10].clone())));
        assert_eq!(store.publish(&here.site, &stale).await.expect("tried"), stands);
    }
    let history = async |before, limit| {
        let versions = store.history(&here.site, Section::Hours, before, limit).await.expect("read");
        versions.into_iter().map(|one| one.version).collect::<Vec<_>>()
    };
    assert_eq!(history(None, 3).await, [11, 10, 9]);
    assert_eq!(history(Some(10), 2).await, [9, 8]);
    assert_eq!(history(Some(2), 5).await, [1]);
    assert_eq!(history(Some(1), 5).await, [] as [u64; 0]);
    let all = store.history(&here.site, Section::Hours, None, 100).await.expect("read");
    assert_eq!(all, versions.into_iter().rev().collect::<Vec<_>>());
    assert_eq!(store.published(&there.site).await.expect("read"), []);
    assert_eq!(store.history(&there.site, Section::Hours, None, 9).await.expect("read"), []);
}

pub async fn of_two_who_publish_at_once_one_is_told<S: Store>(store: &S) {
    let case = Case::new();
    let wishes: Vec<Published> =
        (0..6).map(|n| section(&case, Section::General, 1, &format!("{{\"n\":{n}}}"))).collect();
    let outcomes = futures::future::join_all(wishes.iter().map(|wish| store.publish(&case.site, wish))).await;
    let stands = store.published(&case.site).await.expect("read");
    assert_eq!(stands.len(), 1);
    for (wish, outcome) in wishes.iter().zip(outcomes) {
        match outcome {
            Ok(Publishing::Done) => assert_eq!(*wish, stands[0]),
            Ok(Publishing::Moved(Some(found))) => assert_eq!(*found, stands[0]),
            Err(StoreError::Unavailable(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub async fn a_quota_counts_per_key_and_window<S: Store>(store: &S) {
    let quota = Quota { name: "test", window: MINUTE, limit: 2 };
    let key = format!("key#{}", fresh());
    let start = Timestamp(quota.window_of(NOW) * 60_000);
    for _ in 0..2 {
        assert_eq!(store.count(quota, &key, start).await.expect("counted"), Ok(()));
    }
    let late = start.plus(Duration::from_secs(45));
    assert_eq!(store.count(quota, &key, late).await.expect("counted"), Err(Duration::from_secs(15)));
    assert_eq!(store.count(quota, "another", late).await.expect("counted"), Ok(()));
    assert_eq!(store.count(quota, &key, start.plus(MINUTE)).await.expect("counted"), Ok(()));
}

pub async fn people_sites_and_profiles_are_read_back_as_written<S: Store>(store: &S) {
    let case = Case::new();
    let shop = Site {
        id: case.site.clone(),
        name: "Taller Luz".into(),
        color: "#0f766e".into(),
        welcome: "¡Hola!".into(),
        time_zone: "Europe/Madrid".into(),
        origins: vec!["https://shop.example".into(), "http://localhost:8787".into()],
    };
    store.put_site(&shop).await.expect("written");
    assert_eq!(store.site(&case.site).await.expect("read"), Some(shop));
    assert_eq!(store.site(&site()).await.expect("read"), None);
    let person = Person {
        id: case.agent,
        email: format!("a{}@example.com", fresh()),
        name: "Ana".into(),
        owner: true,
    };
    store.put_person(&person).await.expect("written");
    assert_eq!(store.person_by_email(&person.email).await.expect("read"), Some(person));
    assert_eq!(store.person_by_email("nobody@example.com").await.expect("read"), None);
    let session = Session { shopper: case.shopper, site: case.site.clone(), expires_at: NOW.plus(MINUTE) };
    store.open_session(hash(), &session, &shopper(&case)).await.expect("opened");
    assert_eq!(store.shopper(case.shopper).await.expect("read"), Some(shopper(&case)));
    let page =
        Page { url: "https://shop.example/lamps".into(), title: "Lamps".into(), referrer: String::new() };
    store.visit(case.shopper, &page, NOW.plus(MINUTE)).await.expect("noted");
    store.visit(ShopperId(fresh()), &page, NOW).await.expect("an unknown shopper's visit is nothing");
    let visited = Shopper { page: Some(page), last_seen: NOW.plus(MINUTE), ..shopper(&case) };
    assert_eq!(store.shopper(case.shopper).await.expect("read"), Some(visited));
}
