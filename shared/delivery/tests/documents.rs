//! Triggers, groups and scenarios: publishing, who may, what they lean on, what every page is told of them.

use domain::people::{Actor, Availability, Role, Site};
use domain::ports::{Accounts, Document, Documents, Environment};
use domain::settings::{FieldId, Section};
use domain::{AgentId, ShopperId};
use mostrador_delivery::{Engine, Failure};
use protocol::ErrorCode;
use protocol::documents::{GroupChoice, PublishedDocument};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

type Case = Engine<Memory, Outbox, World>;

const ANA: AgentId = AgentId(Uuid::from_u128(1));
const LUIS: AgentId = AgentId(Uuid::from_u128(2));

async fn case() -> (Case, Site) {
    let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
    let site = testkit::shop::site("demo");
    engine.store.put_site(&site).await.unwrap();
    for agent in [ANA, LUIS] {
        let member = testkit::shop::admin(&site.id, agent, "Agent");
        assert!(engine.store.put_member(&member).await.unwrap());
    }
    (engine, site)
}

fn actor(agent: AgentId, role: Role, site: &str) -> Actor {
    Actor::Agent { id: agent, site: site.parse().unwrap(), name: "Ana".into(), role }
}

fn ana() -> Actor {
    actor(ANA, Role::Admin, "demo")
}

fn scenario_id() -> FieldId {
    FieldId::parse("help").unwrap()
}

fn help() -> Document {
    Document::Scenario(scenario_id())
}

fn trigger(id: &str, action: Value) -> Value {
    json!({
        "id": id, "name": format!("Trigger {id}"), "enabled": true, "when": "both",
        "conditions": [{"kind": "page", "is": true, "patterns": [{"kind": "wildcard", "text": "/cart*"}]}],
        "actions": [action], "frequency": {"kind": "once_per_visit"},
    })
}

fn triggers(triggers: &[Value]) -> Value {
    json!({"triggers": triggers})
}

fn opens() -> Value {
    triggers(&[trigger("opens", json!({"kind": "open_window"}))])
}

fn group(id: &str, agents: &[AgentId]) -> Value {
    let agents: Vec<String> = agents.iter().map(ToString::to_string).collect();
    json!({"id": id, "name": format!("Group {id}"), "agents": agents})
}

fn groups(groups: &[Value]) -> Value {
    json!({"groups": groups})
}

fn scenario(text: &str, to: Value) -> Value {
    let step =
        |id: &str, texts: Value, next: Value| json!({"id": id, "texts": texts, "next": next, "x": 0, "y": 0});
    json!({"id": "help", "name": "Help", "start": "by_trigger", "first": "a", "steps": [
        step("a", json!({"en": text}), json!({"kind": "hand_over", "to": to})),
    ]})
}

async fn publish(
    (engine, site): &(Case, Site),
    document: &Document,
    expected: u64,
    value: Value,
) -> Result<PublishedDocument, Failure> {
    engine.publish_document(&ana(), site, document, expected, value).await
}

fn paths(failure: Result<impl std::fmt::Debug, Failure>) -> Vec<String> {
    match failure {
        Err(Failure::Invalid(problems)) => problems.into_iter().map(|problem| problem.path).collect(),
        other => panic!("{other:?}"),
    }
}

fn said(failure: Result<impl std::fmt::Debug, Failure>) -> String {
    match failure {
        Err(Failure::Invalid(problems)) => problems.into_iter().map(|problem| problem.message).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_document_is_empty_until_it_is_published_and_then_what_was_published_last() {
    let case = case().await;
    let (engine, site) = &case;
    for document in [Document::Triggers, Document::Groups] {
        let shown = engine.document(&ana(), &site.id, &document).await.unwrap();
        assert_eq!(shown.revision.version, 0);
        assert_eq!(shown.body.value()[document.to_string()], json!([]));
    }
    assert_eq!(engine.document(&ana(), &site.id, &help()).await.err(), Some(Failure::NotFound));
    let first = publish(&case, &Document::Triggers, 0, opens()).await.unwrap();
    assert_eq!((first.revision.version, first.body.value()), (1, opens()));
    publish(&case, &Document::Triggers, 1, triggers(&[])).await.unwrap();
    let shown = engine.document(&ana(), &site.id, &Document::Triggers).await.unwrap();
    assert_eq!((shown.revision.version, shown.body.value()), (2, triggers(&[])));
}

#[tokio::test]
async fn f15_of_two_admins_who_publish_at_once_the_second_is_told_what_stands() {
    let case = case().await;
    let (engine, site) = &case;
    publish(&case, &Document::Triggers, 0, opens()).await.unwrap();
    let luis = actor(LUIS, Role::Admin, "demo");
    for expected in [0, 7] {
        let late = engine.publish_document(&luis, site, &Document::Triggers, expected, triggers(&[])).await;
        let Err(Failure::DocumentConflict(Some(stands))) = late else { panic!("{late:?}") };
        assert_eq!((stands.body.value(), stands.revision.version), (opens(), 1));
    }
    // The answer was lost, and the same person saves the same again; another's same is not theirs.
    engine.env.pass(Duration::from_secs(5));
    let again = publish(&case, &Document::Triggers, 0, opens()).await.unwrap();
    assert_eq!(again.revision.version, 1);
    let theirs = engine.publish_document(&luis, site, &Document::Triggers, 0, opens()).await;
    assert_eq!(theirs.unwrap_err().code(), ErrorCode::Conflict);
    assert_eq!(engine.store.standing(&site.id, &Document::Triggers).await.unwrap().unwrap().version, 1);
}

#[tokio::test]
async fn a25_documents_are_for_admins_of_that_site_and_groups_may_be_read_by_its_agents() {
    let case = case().await;
    let (engine, site) = &case;
    let shopper = Actor::Shopper { id: ShopperId(Uuid::from_u128(3)), site: site.id.clone() };
    let agent = actor(LUIS, Role::Agent, "demo");
    let other = actor(ANA, Role::Admin, "demo-two");
    for document in [Document::Triggers, Document::Groups, help()] {
        for who in [&agent, &other, &shopper] {
            let refused = engine.publish_document(who, site, &document, 0, opens()).await;
            assert_eq!(refused.err(), Some(Failure::Forbidden));
            let read = engine.document(who, &site.id, &document).await;
            match (who, &document) {
                (who, Document::Groups) if who == &agent => assert!(read.is_ok()),
                _ => assert_eq!(read.err(), Some(Failure::Forbidden)),
            }
        }
    }
    for who in [&agent, &other, &shopper] {
        assert_eq!(engine.scenarios(who, site).await.err(), Some(Failure::Forbidden));
        let removed = engine.remove_scenario(who, site, &scenario_id(), 1).await;
        assert_eq!(removed.err(), Some(Failure::Forbidden));
    }
}

#[tokio::test]
async fn what_bad_input_gets_is_every_field_by_its_path_and_nothing_is_published() {
    let case = case().await;
    let (engine, site) = &case;
    let check = async |document: &Document, value: Value, expect: &[&str]| {
        assert_eq!(paths(publish(&case, document, 0, value).await), expect);
        assert_eq!(engine.store.standing(&site.id, document).await.unwrap(), None);
    };
    let stranger = AgentId(Uuid::from_u128(9));
    let message = |sender: Value| json!({"kind": "message", "sender": sender, "texts": {"en": "Hello"}, "display": "teaser"});
    let mut wrong = trigger("a", message(json!({"kind": "agent", "agent": stranger.to_string()})));
    wrong["conditions"][0]["patterns"][0] = json!({"kind": "regex", "text": "("});
    let assigns = trigger("b", json!({"kind": "assign_group", "group": "nowhere"}));
    let starts = trigger("c", json!({"kind": "start_scenario", "scenario": "nowhere"}));
    check(
        &Document::Triggers,
        triggers(&[wrong, assigns, starts]),
        &[
            "triggers[0].conditions[0].patterns[0].text",
            "triggers[0].actions[0].sender.agent",
            "triggers[1].actions[0].group",
            "triggers[2].actions[0].scenario",
        ],
    )
    .await;
    let many: Vec<Value> =
        (0..101).map(|n| trigger(&format!("t{n}"), json!({"kind": "open_window"}))).collect();
    check(&Document::Triggers, triggers(&many), &["triggers"]).await;
    check(&Document::Groups, groups(&[group("a", &[ANA]), group("b", &[stranger])]), &["groups[1].agents"])
        .await;
    let nowhere = scenario("Hello", json!({"kind": "group", "group": "nowhere"}));
    check(&help(), nowhere, &["steps[0].next.to.group"]).await;
    let mut another = scenario("Hello", json!({"kind": "anyone"}));
    another["id"] = "other".into();
    check(&help(), another, &["id"]).await;
    let mut round = scenario("Hello", json!({"kind": "anyone"}));
    round["steps"][0]["next"] = json!({"kind": "go", "to": "a"});
    check(&help(), round, &["steps[0]"]).await;
    let mut extra = opens();
    extra["triggers"][0]["secret"] = json!(1);
    let unknown = publish(&case, &Document::Triggers, 0, extra).await;
    assert!(matches!(unknown.unwrap_err().code(), ErrorCode::UnknownField | ErrorCode::BadFrame));
}

#[tokio::test]
async fn what_an_item_cannot_hold_is_too_large_and_says_what_can_be_held() {
    let case = case().await;
    let text = "é".repeat(450);
    let patterns: Vec<Value> =
        (0..50).map(|n| json!({"kind": "contains", "text": format!("{text}{n}")})).collect();
    let many: Vec<Value> = (0..20)
        .map(|n| {
            let mut trigger = trigger(&format!("t{n}"), json!({"kind": "open_window"}));
            trigger["conditions"][0]["patterns"] = json!(patterns);
            trigger
        })
        .collect();
    let refused = publish(&case, &Document::Triggers, 0, triggers(&many)).await.unwrap_err();
    assert_eq!((refused.code(), refused.field().as_deref()), (ErrorCode::TooLarge, Some("value")));
    assert!(refused.message().contains("390 KiB"), "{}", refused.message());
    let fits = publish(&case, &Document::Triggers, 0, triggers(&many[..5])).await.unwrap();
    assert_eq!(fits.revision.version, 1);
}

#[tokio::test]
async fn a_group_that_is_used_cannot_be_deleted_and_the_refusal_names_who_uses_it() {
    let case = case().await;
    publish(&case, &Document::Groups, 0, groups(&[group("a", &[ANA]), group("b", &[])])).await.unwrap();
    let to_b = json!({"kind": "group", "group": "b"});
    publish(&case, &help(), 0, scenario("Hello", to_b)).await.unwrap();
    let assigns = trigger("assigns", json!({"kind": "assign_group", "group": "a"}));
    publish(&case, &Document::Triggers, 0, triggers(&[assigns])).await.unwrap();
    let without_a = publish(&case, &Document::Groups, 1, groups(&[group("b", &[])])).await;
    assert!(said(without_a).contains("the trigger “Trigger assigns” uses the group “Group a”"));
    let without_b = publish(&case, &Document::Groups, 1, groups(&[group("a", &[])])).await;
    assert!(said(without_b).contains("the scenario “Help” uses the group “Group b”"));
    // Once nothing uses it, it goes.
    publish(&case, &Document::Triggers, 1, opens()).await.unwrap();
    let gone = publish(&case, &Document::Groups, 1, groups(&[group("b", &[])])).await.unwrap();
    assert_eq!(gone.revision.version, 2);
    // And is known to nobody any more.
    let assigns = trigger("assigns", json!({"kind": "assign_group", "group": "a"}));
    let late = publish(&case, &Document::Triggers, 2, triggers(&[assigns])).await;
    assert_eq!(paths(late), ["triggers[0].actions[0].group"]);
}

#[tokio::test]
async fn a_scenario_that_was_taken_away_keeps_its_versions_and_goes_on_from_there() {
    let case = case().await;
    let (engine, site) = &case;
    let anyone = || json!({"kind": "anyone"});
    publish(&case, &help(), 0, scenario("One", anyone())).await.unwrap();
    publish(&case, &help(), 1, scenario("Two", anyone())).await.unwrap();
    let starts = trigger("starts", json!({"kind": "start_scenario", "scenario": "help"}));
    publish(&case, &Document::Triggers, 0, triggers(&[starts])).await.unwrap();
    let used = engine.remove_scenario(&ana(), site, &scenario_id(), 2).await;
    assert!(said(used).contains("the trigger “Trigger starts” uses the scenario"));
    publish(&case, &Document::Triggers, 1, opens()).await.unwrap();
    let early = engine.remove_scenario(&ana(), site, &scenario_id(), 1).await;
    assert_eq!(early.unwrap_err().code(), ErrorCode::Conflict);
    for _ in 0..2 {
        engine.remove_scenario(&ana(), site, &scenario_id(), 2).await.unwrap();
    }
    assert_eq!(engine.document(&ana(), &site.id, &help()).await.err(), Some(Failure::NotFound));
    assert!(engine.scenarios(&ana(), site).await.unwrap().scenarios.is_empty());
    // A chat that is in it goes on, and nobody's version is another's.
    for (version, text) in [(1, "One"), (2, "Two")] {
        let kept = engine.scenario(&site.id, &scenario_id(), version).await.unwrap().unwrap();
        assert!(kept.steps.values().any(|step| step.texts.values().any(|said| said == text)));
    }
    assert_eq!(engine.scenario(&site.id, &scenario_id(), 3).await.unwrap(), None);
    let again = publish(&case, &help(), 0, scenario("Four", anyone())).await.unwrap();
    assert_eq!(again.revision.version, 4);
    let again = publish(&case, &help(), 0, scenario("Four", anyone())).await;
    assert_eq!(again.unwrap_err().code(), ErrorCode::Conflict);
    let scenarios = engine.scenarios(&ana(), site).await.unwrap().scenarios;
    assert_eq!((scenarios[0].id.as_str(), scenarios[0].version), ("help", 4));
}

#[tokio::test]
async fn a9_an_admin_publishes_so_often_and_no_more() {
    let case = case().await;
    for n in 0..60 {
        publish(&case, &Document::Triggers, n, opens()).await.unwrap();
    }
    let refused = publish(&case, &Document::Triggers, 60, opens()).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::RateLimited);
    // Others are not affected.
    let luis = actor(LUIS, Role::Admin, "demo");
    case.0.publish_document(&luis, &case.1, &Document::Triggers, 60, opens()).await.unwrap();
}

#[tokio::test]
async fn triggers_are_read_once_for_each_of_their_versions() {
    let case = case().await;
    let (engine, site) = &case;
    publish(&case, &Document::Triggers, 0, opens()).await.unwrap();
    let now = async || {
        let configured = engine.configured(site).await.unwrap();
        engine.triggers(&site.id, &configured).await.unwrap()
    };
    let first = now().await;
    assert_eq!(first.0.len(), 1);
    assert!(Arc::ptr_eq(&first, &now().await));
    publish(&case, &Document::Triggers, 1, triggers(&[])).await.unwrap();
    assert_eq!(now().await.0.len(), 0);
}

#[tokio::test]
async fn every_page_is_told_where_the_shop_may_speak_first_and_what_may_be_chosen() {
    let case = case().await;
    let (engine, site) = &case;
    let config = async || {
        let configured = engine.configured(site).await.unwrap();
        let team = engine.store.members(&site.id).await.unwrap();
        engine.proactive_config(&site.id, &configured, &team, engine.env.now()).await.unwrap()
    };
    let visitors = async |expected, value| {
        engine.publish(&ana(), site, Section::Visitors, expected, value).await.unwrap();
    };
    assert_eq!(config().await, None);
    let mut off = opens();
    off["triggers"][0]["enabled"] = json!(false);
    publish(&case, &Document::Triggers, 0, off).await.unwrap();
    assert_eq!(config().await, None);
    publish(&case, &Document::Triggers, 1, opens()).await.unwrap();
    let told = config().await.unwrap();
    assert_eq!((told.sieve.pages, told.live), (vec!["/cart".to_owned()], false));
    publish(&case, &Document::Triggers, 2, triggers(&[])).await.unwrap();
    let live = json!({"live": true, "conversion_days": 7, "conversion_events": []});
    visitors(0, live.clone()).await;
    let told = config().await.unwrap();
    assert_eq!((told.sieve.pages.len(), told.live, told.groups.len()), (0, true, 0));
    // Groups without anybody online are no choice; "not sure" is one of two.
    publish(&case, &Document::Groups, 0, groups(&[group("a", &[ANA]), group("b", &[LUIS]), group("c", &[])]))
        .await
        .unwrap();
    assert_eq!(config().await.unwrap().groups, []);
    let now = engine.env.now();
    engine.store.sign_of_life(&site.id, ANA, Some(Availability::Online), now).await.unwrap();
    engine.store.sign_of_life(&site.id, LUIS, Some(Availability::Invisible), now).await.unwrap();
    let choice = |id: &str| GroupChoice { id: id.into(), name: format!("Group {id}") };
    let told = config().await.unwrap();
    assert_eq!((told.groups, told.not_sure), (vec![choice("a")], true));
    let mut sure = live;
    sure["not_sure"] = json!(false);
    visitors(1, sure.clone()).await;
    assert_eq!(config().await.unwrap().groups, []);
    engine.store.sign_of_life(&site.id, LUIS, Some(Availability::Online), now).await.unwrap();
    assert_eq!(config().await.unwrap().groups, [choice("a"), choice("b")]);
    sure["choose_group"] = json!(false);
    visitors(2, sure).await;
    assert_eq!(config().await.unwrap().groups, []);
}
