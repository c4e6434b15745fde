//! Held conversations, answers to the form, and the counts of the FAQs.

use super::{Case, MINUTE, NOW, asked, fresh, hash, say, shopper, site};
use domain::automatic::Rule;
use domain::conversation::{Answering, Beginning, Command, Head, Log, begin_with};
use domain::inbox::Shelf;
use domain::intake::{AskedChoice, AskedKind, Intake};
use domain::people::{Shopper, Told};
use domain::ports::{CommitError, FaqCount, FaqEvent, Sender, Session, Store};
use domain::settings::{Faq, FieldId};
use domain::text::MessageText;
use domain::{ClientId, ConversationId, SiteId};
use uuid::Uuid;

pub(super) async fn all<S: Store>(store: &S) {
    a_held_conversation_stands_on_no_shelf_and_what_is_answered_is_kept_with_it(store).await;
    a_question_is_counted_once_for_its_mark(store).await;
}

async fn a_held_conversation_stands_on_no_shelf_and_what_is_answered_is_kept_with_it<S: Store>(store: &S) {
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
    let with =
        Beginning { faqs: vec![faq], held_for: Some((fields, Rule::FormOffline)), ..Beginning::default() };
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
        let answering = Answering { intake, field, value, releases: false, around: None };
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
    // What is neither name nor address is kept with its question, so that nobody asks twice.
    let told = [("note", "two\nlines"), ("phone", "600123456"), ("count", "2.5"), ("size", "L")];
    let told = told.map(|(field, answer)| {
        let told = Told { question: "¿Cuál es?".into(), answer: answer.into() };
        (FieldId::parse(field).expect("an id"), told)
    });
    let told = Shopper {
        name: Some("Eva María".into()),
        email: Some("eva@example.com".into()),
        answers: told.into(),
        ..shopper(&case)
    };
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

async fn a_question_is_counted_once_for_its_mark<S: Store>(store: &S) {
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
