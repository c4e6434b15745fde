//! Trying a scenario: as it would run, kept nowhere, for admins alone.

use domain::people::{Actor, Role, Site};
use domain::ports::Accounts;
use domain::{AgentId, ShopperId};
use mostrador_delivery::{Engine, Failure};
use protocol::scenarios::{TriedEvent, TryAnswer, TryRequest};
use serde_json::{Value, json};
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

fn help() -> Value {
    json!({"id": "help", "name": "Help", "start": "on_opening", "first": "hello", "offline": "closed", "steps": [
        {"id": "hello", "texts": {"en": "Hello from {shop}"}, "x": 0, "y": 0, "next":
            {"kind": "buttons", "buttons": [{"id": "bye", "labels": {"en": "Bye"}, "goes": "end"}, {"id": "ana", "labels": {"en": "A person"}, "goes": "ana"}]}},
        {"id": "ana", "texts": {}, "x": 0, "y": 1},
        {"id": "end", "texts": {"en": "Bye!"}, "x": 0, "y": 2, "next": {"kind": "end", "restart": true}},
        {"id": "closed", "texts": {"en": "We are closed"}, "x": 0, "y": 3, "next": {"kind": "ask", "field": "email", "then": "end"}},
    ]})
}

async fn site() -> (Engine<Memory, Outbox, World>, Site) {
    let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
    let site = testkit::shop::site("demo");
    engine.store.put_site(&site).await.unwrap();
    (engine, site)
}

fn agent(role: Role) -> Actor {
    Actor::Agent { id: AgentId(Uuid::from_u128(1)), site: "demo".parse().unwrap(), name: "Ana".into(), role }
}

async fn attempt(who: &Actor, request: Value) -> Result<TryAnswer, Failure> {
    let (engine, site) = site().await;
    engine.try_scenario(who, &site, TryRequest::parse(&request.to_string()).unwrap()).await
}

#[tokio::test]
async fn t_7_a_scenario_is_tried_from_its_beginning_to_its_end_with_the_state_going_out_and_coming_back() {
    let admin = agent(Role::Admin);
    let begun = attempt(&admin, json!({"value": help(), "online": true, "language": "es-ES"})).await.unwrap();
    let told = serde_json::to_value(&begun).unwrap();
    assert_eq!(told["effects"][0]["text"], "Hello from Taller Luz");
    assert_eq!(told["effects"][0]["buttons"][1], json!({"id": "ana", "label": "A person"}));
    assert_eq!(told["state"], json!({"turn": 1, "at": {"kind": "buttons", "step": "hello"}}));
    let next = |event: TriedEvent| json!({"value": help(), "online": true, "language": "en", "state": told["state"], "event": event});
    let ended = attempt(&admin, next(TriedEvent::Chose { turn: 1, button: "bye".into() })).await.unwrap();
    assert_eq!(
        serde_json::to_value(&ended).unwrap(),
        json!({"effects": [{"kind": "post", "text": "Bye"}, {"kind": "say", "step": "end", "text": "Bye!"}, {"kind": "finish", "restart": true}],
               "state": {"turn": 2, "at": {"kind": "ended", "restart": true}}})
    );
    let late = attempt(&admin, next(TriedEvent::Chose { turn: 9, button: "bye".into() })).await.unwrap();
    assert_eq!((late.effects.len(), late.state), (0, begun.state));
    let offline = json!({"value": help(), "online": false, "language": "en"});
    let asked = serde_json::to_value(attempt(&admin, offline).await.unwrap()).unwrap();
    assert_eq!(asked["state"]["at"], json!({"kind": "asking", "step": "closed"}));
    let known = json!({"value": help(), "online": false, "language": "en", "known": ["email"]});
    let passed = serde_json::to_value(attempt(&admin, known).await.unwrap()).unwrap();
    assert_eq!(passed["state"]["at"]["kind"], "ended");
}

#[tokio::test]
async fn what_could_not_be_published_is_not_tried_and_only_admins_try() {
    let request = |value: Value| json!({"value": value, "online": true, "language": "en"});
    let mut wrong = help();
    wrong["steps"][3]["next"]["field"] = json!("shoe-size");
    let refused = attempt(&agent(Role::Admin), request(wrong)).await.unwrap_err();
    let Failure::Invalid(problems) = refused else { panic!("{refused:?}") };
    assert_eq!(problems[0].path, "steps[3].next.field");
    assert_eq!(attempt(&agent(Role::Agent), request(help())).await.unwrap_err(), Failure::Forbidden);
    let shopper = Actor::Shopper { id: ShopperId(Uuid::from_u128(2)), site: "demo".parse().unwrap() };
    assert_eq!(attempt(&shopper, request(help())).await.unwrap_err(), Failure::Forbidden);
}
