//! What triggers show that is no message: scenarios, begun by a choice or by words and by nothing but what was shown; and the form.

use domain::automatic::{Rule, Why};
use domain::conversation::{Author, Body, BotPart, ByTrigger, Entry, Head, Log};
use domain::people::{Actor, Availability};
use domain::ports::{Accounts, Conversations, Document, Environment};
use domain::scenario::At;
use domain::settings::{FieldId, Section};
use domain::{AgentId, ClientId, ConversationId};
use mostrador_delivery::proactive::Reporter;
use mostrador_delivery::{Before, Engine, Failure, NewSession, Performed, Wish};
use protocol::proactive::{PageReport, Proactive};
use protocol::scenarios::{ScenarioOpening, SeenOpening};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::shop::{acting, admin, site};
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

const ANA: AgentId = AgentId(Uuid::from_u128(1));
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Case {
    engine: Engine<Memory, Outbox, World>,
    site: domain::people::Site,
    ana: Actor,
}

/// A menu of two: a person, or an end.
fn scenario(id: &str, start: &str) -> Value {
    let says = |id: &str, text: &str, next: Value| json!({"id": id, "texts": {"en": text}, "next": next, "x": 0, "y": 0});
    let button = |id: &str| json!({"id": id, "labels": {"en": id.to_uppercase()}, "goes": id});
    json!({"id": id, "name": id, "start": start, "first": "hello", "steps": [
        says("hello", &format!("{id} from {{shop}}"), json!({"kind": "buttons", "buttons": [button("person"), button("bye")]})),
        says("person", "A person comes", json!({"kind": "hand_over", "to": {"kind": "anyone"}})),
        says("bye", "Bye!", json!({"kind": "end", "restart": true})),
    ]})
}

fn trigger(id: &str, actions: Value) -> Value {
    let name = format!("Trigger {id}");
    json!({
        "id": id, "name": name, "enabled": true, "when": "both", "actions": actions, "frequency": {"kind": "once_ever"},
        "conditions": [{"kind": "page", "is": true, "patterns": [{"kind": "exact", "text": format!("/{id}")}]}],
    })
}

fn starts(scenario: &str) -> Value {
    json!({"kind": "start_scenario", "scenario": scenario})
}

fn message() -> Value {
    json!({"kind": "message", "sender": {"kind": "bot"}, "texts": {"en": "May I?"}, "display": "teaser"})
}

fn seen(of: &ScenarioOpening) -> SeenOpening {
    let step = of.said.last().unwrap().step.clone();
    SeenOpening { scenario: of.scenario.clone(), version: of.version, step }
}

impl Case {
    /// A scenario that a trigger starts, one that the window does; on `/a` the first, on `/b` the same for a group, on `/c` a message alone, on
    /// `/d` the form.
    async fn new() -> Self {
        let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
        let site = site("demo");
        engine.store.put_site(&site).await.unwrap();
        let member = admin(&site.id, ANA, "Ana");
        assert!(engine.store.put_member(&member).await.unwrap());
        let case = Self { ana: acting(&member), engine, site };
        let group = |id: &str| json!({"id": id, "name": id.to_uppercase(), "agents": [ANA.to_string()]});
        case.publish(Document::Groups, 0, json!({"groups": [group("sales"), group("care")]})).await;
        for (id, start) in [("help", "by_trigger"), ("open", "on_opening")] {
            case.publish(Document::Scenario(FieldId::parse(id).unwrap()), 0, scenario(id, start)).await;
        }
        let assigns = json!({"kind": "assign_group", "group": "sales"});
        let form = json!({"when": "never", "slow_after_s": 60, "hold_online": true, "hold_offline": true, "phrases": {}, "fields": [
            {"id": "email", "kind": "email", "required": true, "labels": {}},
        ]});
        case.engine.publish(&case.ana, &case.site, Section::Form, 0, form).await.unwrap();
        let triggers = [
            trigger("a", json!([starts("help")])),
            trigger("b", json!([starts("help"), assigns, {"kind": "show_form"}])),
            trigger("c", json!([message()])),
            trigger("d", json!([{"kind": "show_form"}])),
        ];
        case.publish(Document::Triggers, 0, json!({"triggers": triggers})).await;
        let now = case.engine.env.now();
        case.engine.store.sign_of_life(&case.site.id, ANA, Some(Availability::Online), now).await.unwrap();
        // Whoever decides has a picture of some seconds ago.
        case.engine.env.pass(Duration::from_secs(16));
        case
    }

    async fn publish(&self, document: Document, expected: u64, value: Value) {
        self.engine.publish_document(&self.ana, &self.site, &document, expected, value).await.unwrap();
    }

    /// What is shown on a page of the shop to somebody new.
    async fn shows(&self, path: &str) -> Option<Proactive> {
        let page = Uuid::from_u128(self.engine.env.random());
        let report: PageReport = serde_json::from_value(json!({
            "page_id": page, "what": "view", "remember": true, "url": format!("https://shop.example/{path}"),
            "language": "en", "device": "desktop", "window": "closed",
        }))
        .unwrap();
        let from = Reporter {
            site: self.site.id.clone(),
            shopper: None,
            address: "203.0.113.7/32".into(),
            country: None,
            user_agent: None,
        };
        self.engine.page_report(&from, &report).await.unwrap().show
    }

    async fn shopper(&self) -> Actor {
        let about = NewSession { language: Some("en".into()), ..NewSession::default() };
        let (_, session) = self.engine.begin_session(&self.site, "203.0.113.7", about).await.unwrap();
        Actor::Shopper { id: session.shopper, site: self.site.id.clone() }
    }

    async fn act(&self, actor: &Actor, n: u128, wish: Wish) -> Result<Performed, Failure> {
        self.engine.perform(actor, "203.0.113.7", ClientId(Uuid::from_u128(n)), wish, None).await
    }

    async fn choose(
        &self,
        actor: &Actor,
        n: u128,
        button: &str,
        before: Before,
    ) -> Result<Performed, Failure> {
        self.act(actor, n, Wish::Choose { conversation: None, turn: 1, button: button.into(), before }).await
    }

    async fn log(&self, conversation: ConversationId, log: Log) -> Vec<Entry> {
        self.engine.store.entries(conversation, log, 0, 200).await.unwrap().entries
    }

    async fn thread(&self, head: &Head) -> Vec<String> {
        let said =
            |entry: &Entry| match (&entry.body, &entry.author, entry.bot.as_ref().map(|mark| &mark.part)) {
                (Body::Message { .. }, _, Some(BotPart::Said { scenario, step, .. })) => {
                    format!("{scenario}.{step}")
                }
                (Body::Message { text }, Author::Shopper, _) => format!("\"{text}\""),
                (Body::Message { text }, ..) => text.clone(),
                (other, ..) => format!("{other:?}"),
            };
        self.log(head.id, Log::Thread).await.iter().map(said).collect()
    }

    /// Which trigger the conversation says that it began with.
    async fn triggered(&self, head: &Head) -> Option<ByTrigger> {
        self.log(head.id, Log::Backstage).await.into_iter().find_map(|entry| match entry.body {
            Body::Triggered { by } => Some(by),
            _ => None,
        })
    }

    /// Of each trigger with results: shown and answered.
    async fn results(&self) -> Vec<(String, u64, u64)> {
        let answer = self.engine.trigger_results(&self.ana, &self.site, 30).await.unwrap();
        let of = |one: &protocol::proactive::TriggerResults| {
            let sum = |count: fn(&protocol::proactive::TriggerDay) -> u64| one.days.iter().map(count).sum();
            (one.id.clone(), sum(|day| day.shown), sum(|day| day.answered))
        };
        answer.triggers.iter().map(of).collect()
    }
}

fn by(id: &str) -> Option<ByTrigger> {
    Some(ByTrigger { id: FieldId::parse(id).unwrap(), name: format!("Trigger {id}") })
}

fn answering(shown: &Proactive) -> Before {
    Before {
        proactive: Some(shown.shown.clone()),
        opening: shown.scenario.as_ref().map(seen),
        ..Before::default()
    }
}

#[tokio::test]
async fn t_7_a_scenario_that_a_trigger_starts_is_followed_from_its_first_choice_and_counts_as_answered() {
    let case = Case::new().await;
    let shown = case.shows("a").await.unwrap();
    let opening = shown.scenario.clone().unwrap();
    assert_eq!((opening.scenario.as_str(), opening.version, opening.turn), ("help", 1, 1));
    assert_eq!(opening.said[0].text, "help from Taller Luz");
    assert_eq!(case.results().await, [("a".to_owned(), 1, 0)]);
    let eva = case.shopper().await;
    let done = case.choose(&eva, 1, "bye", answering(&shown)).await.unwrap();
    assert_eq!(case.thread(&done.head).await, ["help.hello", "\"BYE\"", "help.bye"]);
    let state = done.head.scenario.clone().unwrap();
    assert_eq!((state.scenario.as_str(), state.version, state.at), ("help", 1, At::Ended { restart: true }));
    assert_eq!(case.triggered(&done.head).await, by("a"));
    assert_eq!(case.results().await, [("a".to_owned(), 1, 1)]);
    // F2: its repetition is answered as it was, and counts once.
    let again = case.choose(&eva, 1, "bye", answering(&shown)).await.unwrap();
    assert_eq!((again.ack, case.results().await), (done.ack, vec![("a".to_owned(), 1, 1)]));
    // It goes on as any other.
    let restart = Wish::Restart { conversation: done.head.id, turn: 2 };
    let next = case.act(&eva, 2, restart).await.unwrap();
    assert_eq!(next.head.scenario.unwrap().turn, 3);
}

#[tokio::test]
async fn t_7_words_answer_it_too_and_the_bot_asks_instead_of_the_form() {
    let case = Case::new().await;
    let shown = case.shows("b").await.unwrap();
    assert!(shown.show_form && shown.scenario.is_some());
    let eva = case.shopper().await;
    let wish = Wish::Say { conversation: None, text: "Hm".into(), before: answering(&shown) };
    let done = case.act(&eva, 1, wish).await.unwrap();
    assert_eq!(case.thread(&done.head).await, ["help.hello", "\"Hm\""]);
    let head = &done.head;
    assert_eq!((&head.scenario.as_ref().unwrap().at, head.unread), (&At::HandedOver, true));
    assert_eq!((case.triggered(head).await, &head.group), (by("b"), &FieldId::parse("sales")));
    assert_eq!(case.results().await, [("b".to_owned(), 1, 1)]);
}

#[tokio::test]
async fn t_2_the_form_that_a_trigger_shows_is_asked_also_where_it_says_nothing() {
    let case = Case::new().await;
    let shown = case.shows("d").await.unwrap();
    assert!(shown.show_form && shown.message.is_none());
    let eva = case.shopper().await;
    let wish = Wish::Say { conversation: None, text: "Hi".into(), before: answering(&shown) };
    let done = case.act(&eva, 1, wish).await.unwrap();
    let thread = case.log(done.head.id, Log::Thread).await;
    let [said, asked] = &thread[..] else { panic!("{thread:?}") };
    assert!(matches!(&asked.body, Body::Form { fields, held: false } if fields[0].id == FieldId::email()));
    assert_eq!(asked.why, Some(Why { rule: Rule::Trigger, cause: said.seq }));
    assert_eq!((case.triggered(&done.head).await, done.head.held), (by("d"), false));
}

#[tokio::test]
async fn a_5_a_showing_begins_the_scenario_that_it_showed_whatever_a_browser_says_of_it() {
    let case = Case::new().await;
    let other = SeenOpening { scenario: "open".into(), version: 1, step: "hello".into() };
    // Another that stands, one of another step or version, none at all: it is `help` that was shown.
    let shown = case.shows("a").await.unwrap();
    let told = seen(shown.scenario.as_ref().unwrap());
    let claims = [
        Some(other.clone()),
        Some(SeenOpening { step: "bye".into(), ..told.clone() }),
        Some(SeenOpening { version: 9, ..told.clone() }),
        None,
    ];
    for (n, opening) in claims.into_iter().enumerate() {
        let shown = case.shows("a").await.unwrap();
        let before = Before { opening, ..answering(&shown) };
        let done = case.choose(&case.shopper().await, 1 + n as u128, "person", before).await.unwrap();
        assert_eq!(case.thread(&done.head).await, ["help.hello", "\"PERSON\"", "help.person"]);
        assert_eq!(case.triggered(&done.head).await, by("a"));
    }
    // What it did not offer is not chosen, and answers nothing.
    let eva = case.shopper().await;
    let before = Before { opening: Some(other.clone()), ..answering(&shown) };
    assert_eq!(case.choose(&eva, 20, "nonsense", before.clone()).await.unwrap_err(), Failure::NotFound);
    // A message without a scenario is not made to start one; words answer it.
    let message = case.shows("c").await.unwrap();
    let with = Before { opening: Some(other), ..answering(&message) };
    assert_eq!(case.choose(&eva, 21, "person", with.clone()).await.unwrap_err(), Failure::NotFound);
    let answered = |results: Vec<(String, u64, u64)>| results.into_iter().map(|of| of.2).collect::<Vec<_>>();
    assert_eq!(answered(case.results().await), [4, 0]);
    let wish = Wish::Say { conversation: None, text: "Yes".into(), before: with };
    let done = case.act(&eva, 22, wish).await.unwrap();
    assert_eq!(case.thread(&done.head).await, ["May I?", "\"Yes\""]);
    assert_eq!((done.head.scenario, answered(case.results().await)), (None, vec![4, 1]));
}

#[tokio::test]
async fn a_5_a_scenario_that_only_a_trigger_starts_begins_with_no_token_that_is_good_no_more() {
    let case = Case::new().await;
    let shown = case.shows("a").await.unwrap();
    let leo = case.shopper().await;
    case.choose(&leo, 1, "bye", answering(&shown)).await.unwrap();
    let eva = case.shopper().await;
    // Answered by somebody else, and made up.
    let forged = Before { proactive: Some("shn_0".into()), ..answering(&shown) };
    for (n, before) in [(2, answering(&shown)), (3, forged)] {
        assert_eq!(case.choose(&eva, n, "bye", before).await.unwrap_err(), Failure::NotFound);
    }
    // A week later.
    let late = case.shows("a").await.unwrap();
    case.engine.env.pass(DAY * 7);
    assert_eq!(case.choose(&eva, 4, "bye", answering(&late)).await.unwrap_err(), Failure::NotFound);
    // What has gone since, with its trigger.
    let gone = case.shows("a").await.unwrap();
    case.publish(Document::Triggers, 1, json!({"triggers": []})).await;
    let help = FieldId::parse("help").unwrap();
    case.engine.remove_scenario(&case.ana, &case.site, &help, 1).await.unwrap();
    assert_eq!(case.choose(&eva, 5, "bye", answering(&gone)).await.unwrap_err(), Failure::NotFound);
    let Actor::Shopper { id, .. } = eva else { panic!("a shopper") };
    assert_eq!(case.engine.store.open_conversation(id).await.unwrap(), None);
}

#[tokio::test]
async fn t_7_what_was_shown_is_answered_in_its_version_whatever_is_published_meanwhile() {
    let case = Case::new().await;
    let shown = case.shows("a").await.unwrap();
    let mut newer = scenario("help", "by_trigger");
    newer["steps"][0]["next"]["buttons"][1]["id"] = json!("later");
    case.publish(Document::Scenario(FieldId::parse("help").unwrap()), 1, newer).await;
    let eva = case.shopper().await;
    assert_eq!(case.choose(&eva, 1, "later", answering(&shown)).await.unwrap_err(), Failure::NotFound);
    let done = case.choose(&eva, 2, "bye", answering(&shown)).await.unwrap();
    assert_eq!(done.head.scenario.unwrap().version, 1);
}

#[tokio::test]
async fn f_15_of_two_tabs_that_choose_one_has_its_way_and_the_other_is_too_late_at_once_and_afterwards() {
    let case = Case::new().await;
    let shown = case.shows("a").await.unwrap();
    let eva = case.shopper().await;
    let (one, two) = futures::join!(
        case.choose(&eva, 1, "bye", answering(&shown)),
        case.choose(&eva, 2, "person", answering(&shown))
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.head.id, two.head.id);
    // The showing is answered by now: a third tab's choice comes too late, and is told what there is.
    let late = case.choose(&eva, 3, "person", answering(&shown)).await.unwrap();
    assert_eq!((late.head.id, late.entries.len()), (one.head.id, 0));
    assert_eq!(case.thread(&one.head).await.len(), 3);
    assert_eq!(case.results().await, [("a".to_owned(), 1, 1)]);
}

#[tokio::test]
async fn a_4_a_choice_is_for_the_group_that_the_page_says_as_words_are() {
    let case = Case::new().await;
    let group = |id: &str| Some(id.to_owned());
    let open = SeenOpening { scenario: "open".into(), version: 1, step: "hello".into() };
    let opening = |group| Before { opening: Some(open.clone()), group, ..Before::default() };
    for (n, before, expect) in [
        (1, opening(group("care")), Some("care")),
        (2, opening(group("nobody")), None),
        (3, opening(None), None),
        // The page's code comes before what the trigger has set.
        (4, Before { group: group("care"), ..answering(&case.shows("b").await.unwrap()) }, Some("care")),
        (5, answering(&case.shows("b").await.unwrap()), Some("sales")),
    ] {
        let done = case.choose(&case.shopper().await, n, "person", before).await.unwrap();
        assert_eq!(done.head.group.as_ref().map(FieldId::as_str), expect, "{n}");
    }
}
