use super::*;
use crate::automatic::Deadline;
use crate::conversation::decide::{Answering, Beginning, Change, Command, begin_by, decide};
use crate::conversation::{Numbers, fold};
use crate::inbox::{Shelf, shelf};
use crate::intake::{AskedKind, Intake};
use crate::people::{Actor, Role};
use crate::scenario::tests::{draft, known, shop};
use crate::scenario::{check, draft::Draft as Drawing};
use crate::{ClientId, ConversationId, ShopperId, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const ANA: &str = "agt_018f3b1e-7c1a-7000-8000-000000000001";

fn id(text: &str) -> FieldId {
    FieldId::parse(text).unwrap()
}

fn shopper() -> Actor {
    Actor::Shopper { id: ShopperId(Uuid::from_u128(1)), site: "demo".parse().unwrap() }
}

fn ana() -> Actor {
    let site = "demo".parse().unwrap();
    Actor::Agent { id: ANA.parse().unwrap(), site, name: "Ana".into(), role: Role::Agent }
}

fn text(text: &str) -> MessageText {
    MessageText::parse(text).unwrap()
}

fn question(field: &str, kind: AskedKind) -> AskedField {
    AskedField { id: id(field), kind, label: format!("Your {field}?"), required: false }
}

fn around(scenario: &Scenario) -> Surroundings {
    Surroundings {
        scenario: Some(Arc::new(scenario.clone())),
        online: true,
        language: Language::english(),
        default_language: Language::english(),
        shop: "Luz".into(),
        questions: vec![question("name", AskedKind::Name), question("email", AskedKind::Email)],
        known: BTreeSet::new(),
        agents: BTreeMap::from([(ANA.parse().unwrap(), "Ana".to_owned())]),
        groups: vec![InGroup { id: id("sales"), name: "Sales".into() }],
        offered: Vec::new(),
    }
}

/// Each entry as a word or two.
fn told(change: &Change) -> Vec<String> {
    let each = change.entries.iter().map(|entry| match (&entry.body, &entry.author) {
        (Body::Message { text }, Author::Shopper) => format!("\"{text}\""),
        (Body::Message { text }, Author::Agent { .. }) => format!("ana: {text}"),
        (Body::Message { .. }, Author::System) => match &entry.bot.as_ref().unwrap().part {
            BotPart::Said { step, buttons, turn, .. } if !buttons.is_empty() => {
                let ids: Vec<_> = buttons.iter().map(|button| button.id.as_str()).collect();
                format!("{step}@{turn}[{}]", ids.join(" "))
            }
            BotPart::Said { step, .. } => step.to_string(),
            other => panic!("{other:?}"),
        },
        (Body::Form { fields, .. }, _) => format!("asks {}", fields[0].id),
        (Body::Answer(taken), _) => {
            format!("{}={}", taken.field, taken.value.as_ref().map_or("-", |v| v.as_str()))
        }
        (Body::HandedOver, _) => "handed".into(),
        (Body::Triggered { by }, _) => format!("by {}", by.name),
        (Body::Assigned { to }, _) => format!("to {}", to.as_ref().unwrap().name),
        (Body::Grouped { to }, _) => format!("to {}", to.as_ref().unwrap().name),
        (other, _) => format!("{other:?}").to_lowercase(),
    });
    each.collect()
}

fn seen(around: &Surroundings, step: &str) -> Option<BotBegins> {
    Some(BotBegins::Seen(Box::new(around.clone()), id(step)))
}

fn begins_with(bot: Option<BotBegins>, first: First) -> Result<Change, Refusal> {
    let whose = (ShopperId(Uuid::from_u128(1)), "demo".parse().unwrap());
    let with = Beginning { bot, tells_agents: true, ..Beginning::default() };
    begin_by(ConversationId(Uuid::from_u128(7)), whose, None, first, with, ClientId(Uuid::from_u128(1)), NOW)
}

fn choice(turn: u64, button: &str) -> First {
    First::Choice { turn, button: id(button) }
}

/// A chat that is led through a scenario: `order` a button, `"…"` words, `email=…` an answer, `restart`, `ana …`.
struct Chat {
    around: Surroundings,
    head: Head,
    thread: Vec<Entry>,
    n: u128,
}

impl Chat {
    fn of(around: Surroundings, begun: Change) -> Self {
        Self { around, head: begun.head, thread: begun.entries, n: 10 }
    }

    fn command(&self, word: &str, turn: u64) -> (Actor, Command) {
        let around = || Some(Box::new(self.around.clone()));
        match word.split_once('=') {
            Some((field, value)) => {
                let thread = self.thread.iter().filter(|entry| entry.log == Log::Thread);
                let form = self.head.form.map_or(u64::MAX, |form| form.seq);
                let intake = Intake::of(thread.filter(|entry| entry.seq >= form));
                let value = (value != "-").then(|| value.to_owned());
                let answering =
                    Answering { intake, field: id(field), value, releases: false, around: around() };
                (shopper(), Command::Answer(Box::new(answering)))
            }
            None if word == "restart" => (shopper(), Command::Restart { turn, around: around() }),
            None if word == "join" => (ana(), Command::Join),
            None if word == "close" => (shopper(), Command::Close),
            None if word.starts_with("ana ") => {
                (ana(), Command::Say { text: text(&word[4..]), releases: false })
            }
            None if word.starts_with('"') => {
                (shopper(), Command::Say { text: text(word.trim_matches('"')), releases: false })
            }
            None => (shopper(), Command::Choose { turn, button: id(word), around: around() }),
        }
    }

    fn act(&mut self, word: &str, turn: u64) -> Result<Vec<String>, Refusal> {
        let (actor, command) = self.command(word, turn);
        self.n += 1;
        let change = decide(&self.head, &actor, command, ClientId(Uuid::from_u128(self.n)), NOW)?;
        assert_eq!(change.head.rev, self.head.rev + u64::from(!change.entries.is_empty()));
        let told = told(&change);
        self.head = change.head;
        self.thread.extend(change.entries);
        Ok(told)
    }

    fn turn(&self) -> u64 {
        self.head.scenario.as_ref().map_or(0, |state| state.turn)
    }

    fn check(&mut self, word: &str, expect: &[&str]) {
        assert_eq!(self.act(word, self.turn()).unwrap(), expect, "{word}");
    }
}

fn waits(head: &Head) -> bool {
    head.unread && head.waiting_since.is_some() && head.deadlines.contains_key(&Deadline::Agents)
}

#[test]
fn t_7_a_first_choice_begins_the_conversation_with_what_the_bot_had_said() {
    let around = around(&shop());
    let begun = begins_with(seen(&around, "hello"), choice(1, "buy")).unwrap();
    assert_eq!(told(&begun), ["hello@1[order back buy]", "\"BUY\"", "choose@2[gift me]"]);
    assert_eq!((begun.seq, begun.entries[1].client_id), (2, Some(ClientId(Uuid::from_u128(1)))));
    // The bot goes on: nobody waits for a person, and no queue has it.
    assert_eq!((shelf(&begun.head), waits(&begun.head), begun.head.unread), (Some(Shelf::Bot), false, false));
    let mut chat = Chat::of(around, begun);
    chat.check("gift", &["\"GIFT\"", "handed", "to Sales"]);
    assert_eq!(chat.head.group, Some(id("sales")));
    // The choice is posted, and from here on somebody waits.
    assert_eq!((shelf(&chat.head), waits(&chat.head)), (Some(Shelf::Queue), true));
    assert_eq!(chat.head.preview.clone().unwrap().text, "GIFT");
    chat.check("ana Hello", &["joined", "to Ana", "ana: Hello"]);
    assert_eq!(chat.head.scenario.as_ref().unwrap().at, At::Silent);
    assert_eq!(chat.act("me", 2).unwrap(), [] as [&str; 0]);
}

#[test]
fn t_7_a_first_text_begins_it_too_and_a_person_goes_on() {
    let around = around(&shop());
    let begun = begins_with(seen(&around, "hello"), First::Words(text("Hi"))).unwrap();
    assert_eq!(told(&begun), ["hello@1[order back buy]", "\"Hi\""]);
    assert_eq!((begun.seq, shelf(&begun.head), waits(&begun.head)), (2, Some(Shelf::Queue), true));
    assert!(hands_over(&begun.entries[1]) && !is_for_the_bot(&begun.entries[1]));
    // Words instead of a choice, later; after the end; instead of an answer.
    for (walk, asks) in [(&["order"][..], false), (&["order", "found"], false), (&["order", "lost"], true)] {
        let begun = begins_with(seen(&around, "hello"), choice(1, walk[0])).unwrap();
        let mut chat = Chat::of(around.clone(), begun);
        for word in &walk[1..] {
            chat.act(word, chat.turn()).unwrap();
        }
        assert_eq!((shelf(&chat.head), waits(&chat.head)), (Some(Shelf::Bot), false), "{walk:?}");
        chat.check("\"Somebody?\"", &["\"Somebody?\""]);
        assert_eq!((shelf(&chat.head), waits(&chat.head)), (Some(Shelf::Queue), true), "{walk:?}");
        // The form can still be answered, and the bot says no more.
        if asks {
            chat.check("email=a@b.example", &["email=a@b.example"]);
        }
    }
}

#[test]
fn t_7_questions_go_through_the_form_and_what_is_known_is_not_asked() {
    let around = around(&shop());
    let begun = begins_with(seen(&around, "hello"), choice(1, "order")).unwrap();
    let mut chat = Chat::of(around.clone(), begun.clone());
    chat.check("lost", &["\"LOST\"", "asks email"]);
    assert_eq!(
        chat.act("email=nonsense", 0).unwrap_err().to_string(),
        crate::intake::Refusal::Wrong(crate::settings::Phrase::WrongEmail).to_string()
    );
    chat.check("email=eva@example.com", &["email=eva@example.com", "person", "handed"]);
    assert!(waits(&chat.head));
    let mut skipped = Chat::of(around.clone(), begun.clone());
    skipped.act("lost", 2).unwrap();
    skipped.check("email=-", &["email=-", "person", "handed"]);
    let knows = Surroundings { known: BTreeSet::from([FieldId::email()]), ..around.clone() };
    let mut known = Chat::of(knows, begun.clone());
    known.check("lost", &["\"LOST\"", "person", "handed"]);
    // A question that the form does not have any more is passed over.
    let gone = Surroundings { questions: Vec::new(), ..around };
    Chat::of(gone, begun).check("lost", &["\"LOST\"", "person", "handed"]);
}

#[test]
fn t_7_an_opening_that_asks_asks_once_the_shopper_has_written() {
    let scenario =
        check(&draft("a | Hello | ask email then b \n b | Thanks | x>c \n c | Bye | end"), &known()).unwrap();
    let around = around(&scenario);
    let begun = begins_with(seen(&around, "a"), First::Words(text("Hi"))).unwrap();
    assert_eq!(told(&begun), ["a", "\"Hi\"", "asks email"]);
    assert!(is_for_the_bot(&begun.entries[1]) && !waits(&begun.head));
    let mut chat = Chat::of(around.clone(), begun);
    chat.check("email=a@b.example", &["email=a@b.example", "b@2[x]"]);
    chat.check("x", &["\"X\"", "c"]);
    assert_eq!(shelf(&chat.head), Some(Shelf::Bot));
    let knows = Surroundings { known: BTreeSet::from([FieldId::email()]), ..around };
    let begun = begins_with(seen(&knows, "a"), First::Words(text("Hi"))).unwrap();
    assert_eq!(told(&begun), ["a", "\"Hi\"", "b@2[x]"]);
}

#[test]
fn t_7_a_first_responder_answers_the_first_message() {
    let around = around(&shop());
    let begun =
        begins_with(Some(BotBegins::Answers(Box::new(around.clone()))), First::Words(text("Hi"))).unwrap();
    assert_eq!(told(&begun), ["\"Hi\"", "hello@1[order back buy]"]);
    assert_eq!((begun.seq, waits(&begun.head), shelf(&begun.head)), (1, false, Some(Shelf::Bot)));
    let at_once = check(&draft("a | One moment | hand"), &known()).unwrap();
    let around = self::around(&at_once);
    let begun = begins_with(Some(BotBegins::Answers(Box::new(around))), First::Words(text("Hi"))).unwrap();
    assert_eq!(told(&begun), ["\"Hi\"", "a", "handed"]);
    assert!(waits(&begun.head) && hands_over(&begun.entries[1]));
}

#[test]
fn a_5_a_forged_button_is_not_offered_and_one_of_the_past_does_nothing() {
    let around = around(&shop());
    for (step, first) in
        [("hello", choice(1, "found")), ("hello", choice(2, "order")), ("order", choice(1, "found"))]
    {
        assert_eq!(begins_with(seen(&around, step), first), Err(Refusal::NotOffered));
    }
    assert_eq!(begins_with(None, choice(1, "order")), Err(Refusal::NotOffered));
    let answers = Some(BotBegins::Answers(Box::new(around.clone())));
    assert_eq!(begins_with(answers, choice(1, "order")), Err(Refusal::NotOffered));
    let begun = begins_with(seen(&around, "hello"), choice(1, "order")).unwrap();
    let mut chat = Chat::of(around.clone(), begun);
    for (word, turn) in [("buy", 2), ("found", 3), ("found", 99), ("restart", 2)] {
        assert_eq!(chat.act(word, turn), Err(Refusal::NotOffered), "{word}@{turn}");
    }
    assert_eq!(chat.act("buy", 1), Ok(vec![]));
    assert_eq!(chat.act("found", 2).unwrap(), ["\"FOUND\"", "thanks"]);
    assert_eq!(chat.act("found", 2), Ok(vec![]));
    assert_eq!(chat.act("restart", 2), Ok(vec![]));
    assert_eq!(chat.act("restart", 3).unwrap(), ["hello@4[order back buy]"]);
    assert_eq!(chat.act("restart", 3), Ok(vec![]));
    // An agent is no shopper, and what is over is over.
    let choose = Command::Choose { turn: 4, button: id("order"), around: Some(Box::new(around)) };
    assert_eq!(
        decide(&chat.head, &ana(), choose.clone(), ClientId(Uuid::from_u128(9)), NOW),
        Err(Refusal::Forbidden)
    );
    chat.act("close", 0).unwrap();
    assert_eq!(
        decide(&chat.head, &shopper(), choose, ClientId(Uuid::from_u128(9)), NOW),
        Err(Refusal::Closed)
    );
}

#[test]
fn t_7_handing_over_to_an_agent_gives_it_to_them_and_to_nobody_who_has_left() {
    let scenario = check(&draft(&format!("a | Hello | x>b \n b | To Ana | hand {ANA}")), &known()).unwrap();
    let here = around(&scenario);
    let begun = begins_with(seen(&here, "a"), choice(1, "x")).unwrap();
    assert_eq!(told(&begun), ["a@1[x]", "\"X\"", "b", "handed", "to Ana"]);
    assert_eq!(shelf(&begun.head), Some(Shelf::Agent(ANA.parse().unwrap())));
    let gone = Surroundings { agents: BTreeMap::new(), ..here };
    let begun = begins_with(seen(&gone, "a"), choice(1, "x")).unwrap();
    assert_eq!((told(&begun).last().unwrap().as_str(), shelf(&begun.head)), ("handed", Some(Shelf::Queue)));
}

#[test]
fn t_7_a_version_that_nobody_has_kept_hands_over_with_what_was_chosen() {
    let around = around(&shop());
    let begun = begins_with(seen(&around, "hello"), choice(1, "buy")).unwrap();
    let offered = vec![Offered { id: id("gift"), label: "A present".into() }];
    let lost = Surroundings { scenario: None, offered, ..around.clone() };
    let mut chat = Chat::of(lost.clone(), begun.clone());
    assert_eq!(chat.act("me", 2), Err(Refusal::NotOffered));
    chat.check("gift", &["\"A present\"", "handed"]);
    assert!(waits(&chat.head));
    // A running chat goes on with its own version, whatever is published.
    let other = Drawing { version: 2, ..draft("hello | New | end") };
    let newer = Surroundings { scenario: Some(Arc::new(check(&other, &known()).unwrap())), ..around.clone() };
    let mut ended = Chat::of(around, begins_with(seen(&lost_restart(), "hello"), choice(1, "x")).unwrap());
    assert_eq!(ended.head.scenario.as_ref().unwrap().version, 1);
    ended.around = newer;
    ended.check("restart", &["hello"]);
    assert_eq!(ended.head.scenario.as_ref().unwrap().version, 2);
}

/// One that ends at its first choice.
fn lost_restart() -> Surroundings {
    around(&check(&draft("hello | Hello | x>bye \n bye | Bye | end restart"), &known()).unwrap())
}

#[test]
fn f_15_an_agents_word_silences_the_bot_whoever_comes_first() {
    let around = around(&shop());
    let begun = || begins_with(seen(&around, "hello"), choice(1, "order")).unwrap();
    for person in ["ana Hello", "join"] {
        let mut chat = Chat::of(around.clone(), begun());
        chat.act(person, 0).unwrap();
        for (word, turn) in [("found", 2), ("restart", 2)] {
            assert_eq!(chat.act(word, turn), Ok(vec![]), "{word} after {person}");
        }
        chat.check("\"Thanks\"", &["\"Thanks\""]);
        assert_eq!(chat.head.scenario.as_ref().unwrap().at, At::Silent);
    }
    // The choice first: the agent's word comes behind what it led to.
    let mut chat = Chat::of(around.clone(), begun());
    chat.check("found", &["\"FOUND\"", "thanks"]);
    chat.check("ana Hello", &["joined", "to Ana", "ana: Hello"]);
    assert_eq!(chat.act("restart", 3), Ok(vec![]));
}

#[derive(Debug, Clone)]
enum Step {
    Word(&'static str),
    Late(&'static str, u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let buttons = ["order", "back", "buy", "found", "lost", "menu", "print", "gift", "me"];
    let button = proptest::sample::select(buttons.to_vec());
    let other = proptest::sample::select(vec![
        "\"words\"",
        "email=a@b.example",
        "name=Eva",
        "email=-",
        "restart",
        "join",
        "ana Hi",
        "close",
    ]);
    prop_oneof![
        12 => button.clone().prop_map(Step::Word),
        5 => other.prop_map(Step::Word),
        2 => (button, 0..9u64).prop_map(|(button, turn)| Step::Late(button, turn)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Whatever a shopper and an agent do: the head is the fold of the logs, the bot says nothing behind a person's word, each turn has one
    /// outcome, and who is with the bot waits for nobody.
    #[test]
    fn the_bot_never_talks_over_a_person_and_the_head_is_the_fold(
        first in prop_oneof![Just(None), Just(Some("order")), Just(Some("buy"))],
        online in any::<bool>(),
        steps in proptest::collection::vec(any_step(), 0..40),
    ) {
        let around = Surroundings { online, ..around(&shop()) };
        let begun = match first {
            Some(button) => begins_with(seen(&around, "hello"), choice(1, button)).unwrap(),
            None => begins_with(Some(BotBegins::Answers(Box::new(around.clone()))), First::Words(text("Hi"))).unwrap(),
        };
        let blank = Head {
            numbers: Numbers::default(), rev: 0, unread: false, waiting_since: None, preview: None, form: None, scenario: None,
            deadlines: crate::deadline::Deadlines::new(), owner: None, group: None, participants: BTreeSet::new(), ..begun.head.clone()
        };
        let mut chat = Chat::of(around, begun);
        for step in steps {
            let (word, turn) = match step {
                Step::Word(word) => (word, chat.turn()),
                Step::Late(word, turn) => (word, turn),
            };
            let before = chat.turn();
            let _ = chat.act(word, turn);
            prop_assert!(chat.turn() >= before, "a turn is never used again");
            prop_assert!(!chat.head.is_with_bot() || !chat.head.unread && chat.head.waiting_since.is_none());
        }
        let mut again = blank;
        let mut person = false;
        let mut turns = BTreeSet::new();
        for entry in &chat.thread {
            fold(&mut again, entry);
            person |= matches!((&entry.body, &entry.author), (Body::Message { .. } | Body::Joined, Author::Agent { .. }));
            if let Some(BotMark { part, .. }) = entry.bot.as_deref() {
                prop_assert!(!(person && matches!(part, BotPart::Said { .. })), "said over a person");
                if let BotPart::Chose { turn, .. } = part {
                    prop_assert!(turns.insert(*turn), "two outcomes of one turn");
                }
            }
        }
        prop_assert_eq!(Head { rev: chat.head.rev, ..again }, chat.head);
    }
}
