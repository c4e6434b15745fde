//! Scenarios in conversations: published, begun, followed, handed over; twice, late, forged, at once.

use domain::automatic::{Deadline, Quiet};
use domain::conversation::{Author, Body, BotPart, Entry, Head, Log};
use domain::inbox::{Shelf, shelf};
use domain::people::{Actor, Availability, Member, Role, Site};
use domain::ports::{Accounts, Conversations, Document, Environment};
use domain::scenario::At;
use domain::settings::{FieldId, ReplyKind, Section};
use domain::{AgentId, ClientId, ConversationId, ShopperId};
use mostrador_delivery::{Before, Engine, Failure, NewSession, Performed, Reacted, Wish};
use protocol::scenarios::SeenOpening;
use serde_json::{Value, json};
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

const ANA: AgentId = AgentId(Uuid::from_u128(1));

struct Case {
    engine: Engine<Memory, Outbox, World>,
    site: Site,
}

/// One scenario in one language: a menu, an order's mail, a person, an end; `start` as it starts.
fn help(start: &str) -> Value {
    let says = |id: &str, text: &str, next: Value| json!({"id": id, "texts": {"en": text}, "next": next, "x": 0, "y": 0});
    let button = |id: &str, goes: &str| json!({"id": id, "labels": {"en": id.to_uppercase()}, "goes": goes});
    json!({"id": "help", "name": "Help", "start": start, "first": "hello", "steps": [
        says("hello", "Hello from {shop}", json!({"kind": "buttons", "buttons": [button("order", "mail"), button("person", "person"), button("bye", "bye")]})),
        says("mail", "Which order?", json!({"kind": "ask", "field": "order", "then": "person"})),
        says("person", "A person comes", json!({"kind": "hand_over", "to": {"kind": "anyone"}})),
        says("bye", "Bye!", json!({"kind": "end", "restart": true})),
    ]})
}

fn seen(version: u64) -> Option<SeenOpening> {
    Some(SeenOpening { scenario: "help".into(), version, step: "hello".into() })
}

fn id(n: u128) -> ClientId {
    ClientId(Uuid::from_u128(n))
}

impl Case {
    /// A shop with a form that asks for an order's number.
    async fn new() -> Self {
        let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
        let site = testkit::shop::site("demo");
        engine.store.put_site(&site).await.unwrap();
        let case = Self { engine, site };
        case.ana_is(Availability::Online).await;
        let form = json!({"when": "never", "slow_after_s": 60, "hold_online": true, "hold_offline": true, "phrases": {}, "fields": [
            {"id": "email", "kind": "email", "required": true, "labels": {}},
            {"id": "order", "kind": "text", "required": false, "labels": {"en": "Your order?"}},
        ]});
        case.engine.publish(&case.ana(), &case.site, Section::Form, 0, form).await.unwrap();
        case
    }

    async fn ana_is(&self, availability: Availability) {
        let now = self.engine.env.now();
        let member = Member {
            site: self.site.id.clone(),
            agent: ANA,
            name: "Ana".into(),
            title: String::new(),
            photo: None,
            role: Role::Admin,
            version: self.engine.store.member(&self.site.id, ANA).await.unwrap().map_or(1, |m| m.version + 1),
            active: true,
            availability,
            seen_at: Some(now),
        };
        assert!(self.engine.store.put_member(&member).await.unwrap());
        self.engine.store.sign_of_life(&self.site.id, ANA, Some(availability), now).await.unwrap();
    }

    fn ana(&self) -> Actor {
        Actor::Agent { id: ANA, site: self.site.id.clone(), name: "Ana".into(), role: Role::Admin }
    }

    async fn shopper(&self) -> Actor {
        let about = NewSession { language: Some("en".into()), ..NewSession::default() };
        let (_, session) = self.engine.begin_session(&self.site, "203.0.113.7", about).await.unwrap();
        Actor::Shopper { id: session.shopper, site: self.site.id.clone() }
    }

    async fn publish(&self, expected: u64, scenario: Value) {
        let document = Document::Scenario(FieldId::parse(scenario["id"].as_str().unwrap()).unwrap());
        self.engine.publish_document(&self.ana(), &self.site, &document, expected, scenario).await.unwrap();
    }

    async fn act(&self, actor: &Actor, n: u128, wish: Wish) -> Result<Performed, Failure> {
        self.engine.perform(actor, "203.0.113.7", id(n), wish, None).await
    }

    async fn choose(
        &self,
        actor: &Actor,
        n: u128,
        conversation: Option<ConversationId>,
        turn: u64,
        button: &str,
    ) -> Result<Performed, Failure> {
        let opening = if conversation.is_none() { seen(1) } else { None };
        let before = Before { opening, ..Before::default() };
        let wish = Wish::Choose { conversation, turn, button: button.into(), before };
        self.act(actor, n, wish).await
    }

    async fn thread(&self, conversation: ConversationId) -> Vec<String> {
        let entries = self.engine.store.entries(conversation, Log::Thread, 0, 200).await.unwrap().entries;
        entries.iter().map(told).collect()
    }

    async fn head(&self, conversation: ConversationId) -> Head {
        self.engine.store.head(conversation).await.unwrap().unwrap()
    }

    /// What auto-reply does with every entry of the thread, each twice.
    async fn react(&self, conversation: ConversationId) -> Vec<Reacted> {
        let mut reacted = Vec::new();
        for entry in self.engine.store.entries(conversation, Log::Thread, 0, 200).await.unwrap().entries {
            for _ in 0..2 {
                reacted.push(self.engine.react(conversation, entry.seq).await.unwrap());
            }
        }
        reacted.retain(|reacted| !matches!(reacted, Reacted::Quiet(_)));
        reacted
    }
}

fn told(entry: &Entry) -> String {
    match (&entry.body, &entry.author, entry.bot.as_ref().map(|mark| &mark.part)) {
        (Body::Message { .. }, Author::System, Some(BotPart::Said { step, buttons, .. })) => {
            format!("{step}{}", if buttons.is_empty() { "" } else { "?" })
        }
        (Body::Message { .. }, Author::System, _) => entry.why.unwrap().rule.name().to_owned(),
        (Body::Message { text }, ..) => format!("\"{text}\""),
        (Body::Form { fields, .. }, ..) => format!("asks {}", fields[0].id),
        (Body::Answer(taken), ..) => {
            format!("{}={}", taken.field, taken.value.as_ref().map_or("-", |v| v.as_str()))
        }
        (other, ..) => format!("{other:?}").to_lowercase(),
    }
}

fn conversation(done: &Performed) -> ConversationId {
    done.head.id
}

fn say(conversation: Option<ConversationId>, text: &str, opening: Option<SeenOpening>) -> Wish {
    Wish::Say { conversation, text: text.into(), before: Before { opening, ..Before::default() } }
}

#[tokio::test]
async fn t_7_a_first_choice_begins_the_conversation_and_its_repetition_is_answered_as_the_first() {
    let case = Case::new().await;
    case.publish(0, help("on_opening")).await;
    let configured = case.engine.configured(&case.site).await.unwrap();
    let opening = case.engine.scenario_opening(&case.site, &configured, Some("en")).await.unwrap().unwrap();
    assert_eq!((opening.version, opening.turn, opening.said.len()), (1, 1, 1));
    assert_eq!(opening.said[0].text, "Hello from Taller Luz");
    let eva = case.shopper().await;
    let done = case.choose(&eva, 1, None, 1, "person").await.unwrap();
    let chat = conversation(&done);
    assert_eq!(case.thread(chat).await, ["hello?", "\"PERSON\"", "person"]);
    assert_eq!((done.ack.seq, done.head.held), (2, false));
    let again = case.choose(&eva, 1, None, 1, "person").await.unwrap();
    assert_eq!(again.ack, done.ack);
    // Retried as what it has become, and A14: with another body.
    assert_eq!(case.choose(&eva, 1, Some(chat), 1, "person").await.unwrap().ack, done.ack);
    assert_eq!(case.choose(&eva, 1, None, 1, "bye").await.unwrap_err(), Failure::IdReused);
    assert_eq!(case.thread(chat).await.len(), 3);
}

#[tokio::test]
async fn a_1_a_choice_in_anothers_conversation_finds_nothing() {
    let case = Case::new().await;
    case.publish(0, help("on_opening")).await;
    let (eva, mallory) = (case.shopper().await, case.shopper().await);
    let chat = conversation(&case.choose(&eva, 1, None, 1, "order").await.unwrap());
    for button in ["order", "nonsense", "!"] {
        let refused = case.choose(&mallory, 2, Some(chat), 2, button).await.unwrap_err();
        assert_eq!(refused, Failure::NotFound);
    }
    let restart = Wish::Restart { conversation: chat, turn: 2 };
    assert_eq!(case.act(&mallory, 3, restart).await.unwrap_err(), Failure::NotFound);
    let absent = case.choose(&mallory, 4, Some(ConversationId(Uuid::from_u128(9))), 2, "order").await;
    assert_eq!(absent.unwrap_err(), Failure::NotFound);
    assert_eq!(case.thread(chat).await.len(), 4);
}

#[tokio::test]
async fn a_5_what_no_bot_offers_begins_nothing_and_words_are_said_all_the_same() {
    let case = Case::new().await;
    case.publish(0, help("by_trigger")).await;
    let eva = case.shopper().await;
    // A scenario that only a trigger starts; one that there is not; a version that never was; a step that is not its beginning.
    let other = |scenario: &str, version, step: &str| SeenOpening {
        scenario: scenario.into(),
        version,
        step: step.into(),
    };
    case.publish(0, json!({"id": "open", "name": "Open", "start": "on_opening", "first": "hello", "steps": help("on_opening")["steps"]})).await;
    for (n, opening) in [
        other("help", 1, "hello"),
        other("none", 1, "hello"),
        other("open", 2, "hello"),
        other("open", 0, "hello"),
        other("open", 1, "mail"),
    ]
    .into_iter()
    .enumerate()
    {
        let wish = Wish::Choose {
            conversation: None,
            turn: 1,
            button: "person".into(),
            before: Before { opening: Some(opening), ..Before::default() },
        };
        assert_eq!(case.act(&eva, 10 + n as u128, wish).await.unwrap_err(), Failure::NotFound);
    }
    assert_eq!(case.engine.store.open_conversation(shopper_id(&eva)).await.unwrap(), None);
    let done = case.act(&eva, 30, say(None, "Hi", Some(other("help", 1, "hello")))).await.unwrap();
    assert_eq!(case.thread(conversation(&done)).await[0], "\"Hi\"");
    assert_eq!(done.head.scenario, None);
}

fn shopper_id(actor: &Actor) -> ShopperId {
    match actor {
        Actor::Shopper { id, .. } => *id,
        Actor::Agent { .. } => panic!("a shopper"),
    }
}

#[tokio::test]
async fn f_15_of_two_tabs_that_choose_at_once_one_has_its_way() {
    let case = Case::new().await;
    case.publish(0, help("on_opening")).await;
    // Before there is a conversation, and in it.
    let eva = case.shopper().await;
    let (a, b) =
        futures::join!(case.choose(&eva, 1, None, 1, "person"), case.choose(&eva, 2, None, 1, "bye"));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(conversation(&a), conversation(&b));
    assert_eq!(case.thread(conversation(&a)).await.len(), 3);
    let eva = case.shopper().await;
    let chat = conversation(&case.choose(&eva, 3, None, 1, "bye").await.unwrap());
    let restart = |n| case.act(&eva, n, Wish::Restart { conversation: chat, turn: 2 });
    let (a, b) = futures::join!(restart(4), restart(5));
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(case.thread(chat).await, ["hello?", "\"BYE\"", "bye", "hello?"]);
    // Words and a choice.
    let (said, chosen) = futures::join!(
        case.act(&eva, 6, say(Some(chat), "Hm", None)),
        case.choose(&eva, 7, Some(chat), 3, "bye")
    );
    assert!(said.is_ok() && chosen.is_ok());
    let head = case.head(chat).await;
    assert_eq!(head.scenario.unwrap().at, At::HandedOver);
    assert!(head.unread && head.waiting_since.is_some());
}

#[tokio::test]
async fn f_15_an_agents_word_and_a_choice_at_once_leave_the_bot_silent() {
    for flip in [false, true] {
        let case = Case::new().await;
        case.publish(0, help("on_opening")).await;
        let eva = case.shopper().await;
        let chat = conversation(&case.choose(&eva, 1, None, 1, "bye").await.unwrap());
        case.act(&eva, 2, Wish::Restart { conversation: chat, turn: 2 }).await.unwrap();
        let ana = case.ana();
        let chose = case.choose(&eva, 3, Some(chat), 3, "person");
        let said = case.act(&ana, 4, say(Some(chat), "I am here", None));
        let (a, b) = if flip {
            futures::join!(said, chose)
        } else {
            let (b, a) = futures::join!(chose, said);
            (a, b)
        };
        assert!(a.is_ok() && b.is_ok());
        let thread = case.thread(chat).await;
        let ana_at = thread.iter().position(|line| line == "\"I am here\"").unwrap();
        let late: Vec<_> = thread[ana_at..]
            .iter()
            .filter(|line| ["person", "bye", "hello?"].contains(&line.as_str()))
            .collect();
        assert!(late.is_empty(), "{thread:?}");
        assert_eq!(case.head(chat).await.scenario.unwrap().at, At::Silent);
    }
}

#[tokio::test]
async fn h_4_nothing_is_said_on_top_of_a_bots_answer_and_at_its_hand_over_only_that_nobody_is_there() {
    for (here, replies) in [(Availability::Online, 0), (Availability::Offline, 1)] {
        let case = Case::new().await;
        case.ana_is(here).await;
        case.publish(0, help("on_opening")).await;
        let eva = case.shopper().await;
        let chat = conversation(&case.choose(&eva, 1, None, 1, "order").await.unwrap());
        assert_eq!(case.thread(chat).await, ["hello?", "\"ORDER\"", "mail", "asks order"]);
        assert_eq!(case.react(chat).await, []);
        let head = case.head(chat).await;
        assert_eq!(
            (shelf(&head), head.unread, head.held, head.deadlines.len()),
            (Some(Shelf::Bot), false, false, 0)
        );
        let answer = Wish::Answer { conversation: chat, field: "order".into(), value: Some("4711".into()) };
        case.act(&eva, 2, answer).await.unwrap();
        let said: Vec<_> = case
            .react(chat)
            .await
            .iter()
            .filter(|r| matches!(r, Reacted::Done { said: Some(ReplyKind::Offline), .. }))
            .cloned()
            .collect();
        assert_eq!(said.len(), replies);
        let head = case.head(chat).await;
        assert_eq!((shelf(&head), head.unread), (Some(Shelf::Queue), true));
        // Somebody waits for a person from here on; the form is not asked again.
        assert_eq!(head.deadlines.contains_key(&Deadline::WaitTime), here == Availability::Online);
        assert_eq!(case.thread(chat).await.iter().filter(|line| line.starts_with("asks")).count(), 1);
    }
}

#[tokio::test]
async fn t_7_a_first_responder_answers_first_and_nothing_else_does() {
    let case = Case::new().await;
    case.publish(0, help("first_responder")).await;
    let eva = case.shopper().await;
    let done = case.act(&eva, 1, say(None, "Hello?", None)).await.unwrap();
    let chat = conversation(&done);
    assert_eq!(case.thread(chat).await, ["\"Hello?\"", "hello?"]);
    // The form that conversations are held for is not asked: the bot is there.
    assert!(!done.head.held && done.ack.seq == 1);
    assert_eq!(case.engine.react(chat, 1).await.unwrap(), Reacted::Quiet(Quiet::NotACause));
    case.act(&eva, 2, say(Some(chat), "A person, please", None)).await.unwrap();
    assert_eq!(shelf(&case.head(chat).await), Some(Shelf::Queue));
    case.react(chat).await;
    assert!(case.head(chat).await.deadlines.contains_key(&Deadline::WaitTime), "somebody waits for a person");
}

#[tokio::test]
async fn t_8_what_was_answered_is_kept_on_the_profile_and_not_asked_again() {
    let case = Case::new().await;
    case.publish(0, help("on_opening")).await;
    let eva = case.shopper().await;
    let chat = conversation(&case.choose(&eva, 1, None, 1, "order").await.unwrap());
    let answer = Wish::Answer { conversation: chat, field: "order".into(), value: Some("4711".into()) };
    case.act(&eva, 2, answer).await.unwrap();
    let known = case.engine.store.shopper(shopper_id(&eva)).await.unwrap().unwrap();
    let told = &known.answers[&FieldId::parse("order").unwrap()];
    assert_eq!((told.question.as_str(), told.answer.as_str()), ("Your order?", "4711"));
    case.act(&eva, 3, Wish::Close { conversation: chat }).await.unwrap();
    let next = conversation(&case.choose(&eva, 4, None, 1, "order").await.unwrap());
    assert_eq!(case.thread(next).await, ["hello?", "\"ORDER\"", "mail", "person"]);
}

#[tokio::test]
async fn t_7_a_running_chat_goes_on_with_its_version_whatever_is_published_or_taken_away() {
    let case = Case::new().await;
    case.publish(0, help("on_opening")).await;
    let (eva, leo) = (case.shopper().await, case.shopper().await);
    let chat = conversation(&case.choose(&eva, 1, None, 1, "bye").await.unwrap());
    let mut newer = help("on_opening");
    newer["steps"][0]["texts"]["en"] = json!("Welcome back");
    newer["steps"][0]["next"]["buttons"][2] = json!({"id": "late", "labels": {"en": "LATE"}, "goes": "bye"});
    case.publish(1, newer).await;
    // A page that has shown the first version an hour ago begins with that.
    let old = case.choose(&leo, 2, None, 1, "bye").await.unwrap();
    assert_eq!(old.head.scenario.unwrap().version, 1);
    // Beginning again is beginning with what is published now.
    case.act(&eva, 3, Wish::Restart { conversation: chat, turn: 2 }).await.unwrap();
    assert_eq!(case.head(chat).await.scenario.unwrap().version, 2);
    assert_eq!(case.choose(&eva, 4, Some(chat), 3, "bye").await.unwrap_err(), Failure::NotFound);
    case.choose(&eva, 5, Some(chat), 3, "late").await.unwrap();
    // Taken away: who waits at its end gets a person, and nobody begins with it.
    let help = FieldId::parse("help").unwrap();
    case.engine.remove_scenario(&case.ana(), &case.site, &help, 2).await.unwrap();
    case.act(&eva, 6, Wish::Restart { conversation: chat, turn: 4 }).await.unwrap();
    assert_eq!(case.head(chat).await.scenario.unwrap().at, At::HandedOver);
    let ida = case.shopper().await;
    assert_eq!(case.choose(&ida, 7, None, 1, "person").await.unwrap_err(), Failure::NotFound);
}
