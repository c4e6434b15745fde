//! Scenarios in conversations: where a chat is, what each entry is to it, what was answered to its questions.

use super::{Case, MINUTE, NOW, asked, fresh, hash, say, shopper};
use domain::conversation::{
    Answering, Beginning, Body, BotBegins, BotMark, BotPart, ByTrigger, Command, Entry, First, Head, InGroup,
    Log, Surroundings, begin_by,
};
use domain::inbox::Shelf;
use domain::intake::{AskedKind, Intake};
use domain::people::Told;
use domain::ports::{Commit, CommitError, Sender, Session, Store};
use domain::scenario::{At, Button, Next, Offered, Scenario, Start, State, Step, To};
use domain::settings::{FieldId, Language};
use domain::text::MessageText;
use domain::{ClientId, ConversationId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) async fn all<S: Store>(store: &S) {
    a_chat_is_read_back_where_it_is_in_its_scenario_after_every_move(store).await;
    what_a_bot_asked_is_kept_on_the_profile_or_not_at_all(store).await;
    what_a_bot_has_waits_in_no_queue_until_it_hands_over(store).await;
    of_two_who_move_a_chat_at_once_one_does(store).await;
    a_write_of_the_head_alone_leaves_the_scenario_where_it_is(store).await;
}

fn id(text: &str) -> FieldId {
    FieldId::parse(text).expect("an id")
}

fn texts(text: &str) -> BTreeMap<Language, String> {
    [(Language::english(), text.to_owned())].into()
}

/// A menu that leads to a question and then to a group, and to an end of either kind.
fn scenario() -> Scenario {
    let button =
        |name: &str| Button { id: id(name), labels: texts(&format!("¿{name}? 📦")), goes: id(name) };
    let buttons = Next::Buttons(["order", "again", "end"].map(button).into());
    let person = Next::HandOver { to: To::Group(id("sales")), offline: None };
    let steps = [
        ("hello", "Hello\n**there**", buttons),
        ("order", "Which one?", Next::Ask { field: id("order"), then: id("person") }),
        ("person", "", person),
        ("again", "Bye", Next::End { restart: true }),
        ("end", "Bye", Next::End { restart: false }),
    ];
    let step = |(name, text, next): (_, &str, _)| {
        let texts = if text.is_empty() { BTreeMap::new() } else { texts(text) };
        (id(name), Step { texts, next, place: (0, 0) })
    };
    let (start, first) = (Start::OnOpening, id("hello"));
    let steps = steps.into_iter().map(step).collect();
    Scenario { id: id("help"), version: 3, name: "Help".into(), start, first, offline: None, steps }
}

fn around() -> Box<Surroundings> {
    Box::new(Surroundings {
        scenario: Some(Arc::new(scenario())),
        online: true,
        language: Language::english(),
        default_language: Language::english(),
        shop: "Luz".into(),
        questions: vec![asked("order", AskedKind::Text)],
        known: BTreeSet::new(),
        agents: BTreeMap::new(),
        groups: vec![InGroup { id: id("sales"), name: "Ventas".into() }],
        offered: Vec::new(),
    })
}

/// A conversation that is led through the scenario, and everything that was written of it.
struct Chat {
    case: Case,
    head: Head,
    entries: Vec<Entry>,
}

impl Chat {
    async fn begun<S: Store>(store: &S, bot: BotBegins, first: First) -> Self {
        let case = Case::new();
        let session =
            Session { shopper: case.shopper, site: case.site.clone(), expires_at: NOW.plus(MINUTE) };
        store.open_session(hash(), &session, &shopper(&case)).await.expect("opened");
        let (whose, client_id) = ((case.shopper, case.site.clone()), ClientId(fresh()));
        let triggered = Some(ByTrigger { id: id("ask"), name: "¿Ayuda? 📦".into() });
        let with = Beginning { bot: Some(bot), triggered, ..Beginning::default() };
        let change = begin_by(ConversationId(fresh()), whose, None, first, with, client_id, NOW);
        let commit = case.commit(change.expect("offered"), None, Sender::Shopper(case.shopper), client_id);
        let mut chat = Self { case, head: commit.head.clone(), entries: Vec::new() };
        chat.stored(store, commit).await;
        chat
    }

    async fn chose<S: Store>(store: &S, button: &str) -> Self {
        let seen = BotBegins::Seen(around(), id("hello"));
        Self::begun(store, seen, First::Choice { turn: 1, button: id(button) }).await
    }

    fn next(&self, command: Command) -> Commit {
        self.case.next(&self.head, &self.case.shopper(), command, NOW.plus(MINUTE))
    }

    fn choosing(&self, button: &str) -> Commit {
        let turn = self.head.scenario.as_ref().expect("one runs").turn;
        self.next(Command::Choose { turn, button: id(button), around: Some(around()) })
    }

    fn restarting(&self, around: Box<Surroundings>) -> Commit {
        let turn = self.head.scenario.as_ref().expect("one runs").turn;
        self.next(Command::Restart { turn, around: Some(around) })
    }

    fn answering(&self, value: &str) -> Commit {
        let intake = Intake::of(self.entries.iter().filter(|entry| entry.log == Log::Thread));
        let (field, value) = (id("order"), Some(value.to_owned()));
        let answering = Answering { intake, field, value, releases: false, around: Some(around()) };
        self.next(Command::Answer(Box::new(answering)))
    }

    /// Stored, and read back as written: the head and both logs.
    async fn stored<S: Store>(&mut self, store: &S, commit: Commit) {
        store.commit(&commit).await.expect("stored");
        self.head = commit.head;
        self.entries.extend(commit.entries);
        self.entries.sort_by_key(|entry| (entry.log, entry.seq));
        assert_eq!(store.head(self.head.id).await.expect("read").as_ref(), Some(&self.head));
        let mut read = Vec::new();
        for log in [Log::Thread, Log::Backstage] {
            read.extend(store.entries(self.head.id, log, 0, 100).await.expect("read").entries);
        }
        assert_eq!(read, self.entries);
    }

    fn at(&self) -> &At {
        &self.head.scenario.as_ref().expect("one runs").at
    }

    fn marks(&self) -> Vec<&BotMark> {
        self.entries.iter().filter_map(|entry| entry.bot.as_deref()).collect()
    }
}

async fn a_chat_is_read_back_where_it_is_in_its_scenario_after_every_move<S: Store>(store: &S) {
    let mut chat = Chat::chose(store, "order").await;
    let state = State { scenario: id("help"), version: 3, turn: 2, at: At::Asking(id("order")) };
    assert_eq!(chat.head.scenario, Some(state));
    let offered = |name: &str| Offered { id: id(name), label: format!("¿{name}? 📦") };
    let buttons = ["order", "again", "end"].map(offered).into();
    let said = BotPart::Said { scenario: id("help"), step: id("hello"), turn: 1, buttons };
    assert_eq!(chat.marks()[0].part, said);
    assert_eq!(chat.marks()[1].part, BotPart::Chose { turn: 1, button: id("order") });
    chat.stored(store, chat.answering("A-1")).await;
    assert_eq!((chat.at(), &chat.head.group), (&At::HandedOver, &Some(id("sales"))));
    // Words first, which the bot answers; an end, and from the beginning again; words, and a person goes on.
    let words = First::Words(MessageText::parse("Hola").expect("a text"));
    let mut chat = Chat::begun(store, BotBegins::Answers(around()), words).await;
    assert_eq!(chat.marks()[0].part, BotPart::Heard);
    assert_eq!(chat.at(), &At::Buttons(id("hello")));
    chat.stored(store, chat.choosing("again")).await;
    assert_eq!(chat.at(), &At::Ended { restart: true });
    chat.stored(store, chat.restarting(around())).await;
    assert_eq!(chat.at(), &At::Buttons(id("hello")));
    chat.stored(store, chat.next(say("A person"))).await;
    assert_eq!(chat.at(), &At::HandedOver);
    // The other end.
    let chat = Chat::chose(store, "end").await;
    assert_eq!(chat.at(), &At::Ended { restart: false });
    // Nobody has kept the version: what moves it is the backstage's alone.
    let mut chat = Chat::chose(store, "again").await;
    let thread = chat.head.numbers.t;
    chat.stored(store, chat.restarting(Box::new(Surroundings { scenario: None, ..*around() }))).await;
    let last = chat.entries.last().expect("one");
    assert_eq!((&last.body, chat.head.numbers.t), (&Body::HandedOver, thread));
    let moved = BotMark { part: BotPart::Moved, state: chat.head.scenario.clone() };
    assert_eq!(last.bot.as_deref(), Some(&moved));
    // An agent writes.
    let mut chat = Chat::chose(store, "again").await;
    let ana = chat.case.next(&chat.head, &chat.case.agent(), say("I am here"), NOW);
    chat.stored(store, ana).await;
    assert_eq!(chat.at(), &At::Silent);
}

async fn what_a_bot_asked_is_kept_on_the_profile_or_not_at_all<S: Store>(store: &S) {
    let mut chat = Chat::chose(store, "order").await;
    let known =
        || async { store.shopper(chat.case.shopper).await.expect("read").expect("a profile").answers };
    let commit = chat.answering("A-1\n📦");
    let lost = Commit { expected_rev: Some(chat.head.rev + 1), ..commit.clone() };
    assert!(matches!(store.commit(&lost).await, Err(CommitError::Moved)));
    assert_eq!(known().await, BTreeMap::new());
    store.commit(&commit).await.expect("stored");
    assert!(matches!(store.commit(&commit).await, Err(CommitError::Repeated)));
    let told =
        |answer: &str| [(id("order"), Told { question: "¿Cuál es?".into(), answer: answer.into() })].into();
    assert_eq!(known().await, told("A-1\n📦"));
    // Put right afterwards: as it is now.
    chat.head = commit.head;
    chat.entries.extend(commit.entries);
    let corrected = chat.answering("A-2");
    store.commit(&corrected).await.expect("stored");
    assert_eq!(
        store.shopper(chat.case.shopper).await.expect("read").expect("a profile").answers,
        told("A-2")
    );
}

async fn what_a_bot_has_waits_in_no_queue_until_it_hands_over<S: Store>(store: &S) {
    let mut chat = Chat::chose(store, "order").await;
    let (site, of) = (chat.case.site.clone(), chat.head.id);
    let stands = async |shelf| {
        let heads = store.shelf(&site, shelf, None, 50).await.expect("read");
        heads.iter().any(|head| head.id == of)
    };
    assert_eq!((stands(Shelf::Queue).await, stands(Shelf::Bot).await), (false, true));
    chat.stored(store, chat.answering("A-1")).await;
    assert_eq!((stands(Shelf::Queue).await, stands(Shelf::Bot).await), (true, false));
}

async fn of_two_who_move_a_chat_at_once_one_does<S: Store>(store: &S) {
    let words = First::Words(MessageText::parse("Hola").expect("a text"));
    let chat = Chat::begun(store, BotBegins::Answers(around()), words).await;
    let agents = chat.case.next(&chat.head, &chat.case.agent(), say("I am here"), NOW);
    let moves = [chat.choosing("again"), chat.choosing("end"), chat.next(say("Hm")), agents];
    let outcomes = futures::future::join_all(moves.iter().map(|one| store.commit(one))).await;
    let won: Vec<_> = moves.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()).collect();
    assert_eq!(won.len(), 1, "{outcomes:?}");
    assert_eq!(store.head(chat.head.id).await.expect("read").as_ref(), Some(&won[0].0.head));
}

async fn a_write_of_the_head_alone_leaves_the_scenario_where_it_is<S: Store>(store: &S) {
    let mut chat = Chat::chose(store, "order").await;
    chat.stored(store, chat.answering("A-1")).await;
    let read = chat.head.read_by_team().expect("it was unread");
    assert!(store.mark_read(&read).await.expect("answered"));
    assert_eq!(store.head(read.id).await.expect("read"), Some(read.clone()));
    let armed = read.known_to_be_mailable(MINUTE, NOW).expect("no address was known");
    assert!(store.arm(&armed).await.expect("answered"));
    assert_eq!(store.head(armed.id).await.expect("read").map(|head| head.scenario), Some(chat.head.scenario));
}
