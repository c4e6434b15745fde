//! What was published of triggers, groups and scenarios, and bringing an earlier version back.

use domain::AgentId;
use domain::people::{Actor, Role, Site};
use domain::ports::{Accounts, Document};
use domain::settings::FieldId;
use mostrador_delivery::{Engine, Failure};
use serde_json::{Value, json};
use testkit::shop::{acting, admin, site};
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

const ANA: AgentId = AgentId(Uuid::from_u128(1));

struct Case {
    engine: Engine<Memory, Outbox, World>,
    site: Site,
    ana: Actor,
}

fn help() -> Document {
    Document::Scenario(FieldId::parse("help").unwrap())
}

fn scenario(text: &str) -> Value {
    json!({"id": "help", "name": "Help", "start": "by_trigger", "first": "a", "steps": [
        {"id": "a", "texts": {"en": text}, "next": {"kind": "hand_over", "to": {"kind": "anyone"}}, "x": 0, "y": 0},
    ]})
}

fn groups(ids: &[&str]) -> Value {
    let group = |id: &&str| json!({"id": id, "name": id.to_uppercase(), "agents": [ANA.to_string()]});
    json!({"groups": ids.iter().map(group).collect::<Vec<_>>()})
}

fn triggers(name: &str, actions: Value) -> Value {
    json!({"triggers": [{
        "id": "ask", "name": name, "enabled": true, "when": "both", "conditions": [], "actions": actions,
        "frequency": {"kind": "once_ever"},
    }]})
}

impl Case {
    async fn new() -> Self {
        let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
        let site = site("demo");
        engine.store.put_site(&site).await.unwrap();
        let member = admin(&site.id, ANA, "Ana");
        assert!(engine.store.put_member(&member).await.unwrap());
        Self { ana: acting(&member), engine, site }
    }

    async fn publish(&self, document: &Document, expected: u64, value: Value) {
        self.engine.publish_document(&self.ana, &self.site, document, expected, value).await.unwrap();
    }

    async fn history(&self, document: &Document, before: Option<u64>) -> (Vec<u64>, Option<u64>) {
        let page = self.engine.document_history(&self.ana, &self.site.id, document, before).await.unwrap();
        (page.versions.iter().map(|one| one.version).collect(), page.next)
    }

    async fn restore(&self, document: &Document, version: u64, expected: u64) -> Result<Value, Failure> {
        let restored = self.engine.restore_document(&self.ana, &self.site, document, version, expected).await;
        restored.map(|published| serde_json::to_value(published).unwrap())
    }
}

#[tokio::test]
async fn every_version_is_told_by_whom_and_when_in_pages_and_can_be_read() {
    let case = Case::new().await;
    assert_eq!(case.history(&Document::Triggers, None).await, (vec![], None));
    for n in 0..25 {
        case.publish(
            &Document::Triggers,
            n,
            triggers(&format!("Name {n}"), json!([{"kind": "open_window"}])),
        )
        .await;
    }
    let (first, next) = case.history(&Document::Triggers, None).await;
    assert_eq!((first, next), ((6..=25).rev().collect(), Some(6)));
    assert_eq!(case.history(&Document::Triggers, next).await, ((1..=5).rev().collect(), None));
    assert_eq!(case.history(&Document::Triggers, Some(21)).await, ((1..=20).rev().collect(), None));
    assert_eq!(case.history(&Document::Triggers, Some(u64::MAX)).await.1, Some(6));
    for before in [0, 1] {
        assert_eq!(case.history(&Document::Triggers, Some(before)).await, (vec![], None));
    }
    let page =
        case.engine.document_history(&case.ana, &case.site.id, &Document::Triggers, None).await.unwrap();
    assert_eq!(page.versions[0].by.as_ref().unwrap().name, "Ana");
    let read = async |version| {
        let one =
            case.engine.document_version(&case.ana, &case.site.id, &Document::Triggers, version).await?;
        Ok::<_, Failure>(serde_json::to_value(one).unwrap()["value"]["triggers"][0]["name"].clone())
    };
    assert_eq!(read(3).await.unwrap(), "Name 2");
    for version in [0, 26, u64::MAX] {
        assert_eq!(read(version).await.unwrap_err(), Failure::NotFound);
    }
}

#[tokio::test]
async fn an_earlier_version_comes_back_as_a_new_one_and_the_repetition_is_answered_the_same() {
    let case = Case::new().await;
    case.publish(&help(), 0, scenario("First")).await;
    case.publish(&help(), 1, scenario("Second")).await;
    let back = case.restore(&help(), 1, 2).await.unwrap();
    assert_eq!((&back["version"], &back["restored"]), (&json!(3), &json!(1)));
    assert_eq!(back["value"]["steps"][0]["texts"]["en"], "First");
    assert_eq!(case.restore(&help(), 1, 2).await.unwrap(), back);
    // F15: somebody has published since.
    assert!(matches!(case.restore(&help(), 2, 2).await.unwrap_err(), Failure::DocumentConflict(Some(_))));
    for version in [0, 9] {
        assert_eq!(case.restore(&help(), version, 3).await.unwrap_err(), Failure::NotFound);
    }
    assert_eq!(case.history(&help(), None).await.0, [3, 2, 1]);
}

#[tokio::test]
async fn a_scenario_that_was_taken_away_comes_back_and_what_took_it_away_does_not() {
    let case = Case::new().await;
    case.publish(&help(), 0, scenario("First")).await;
    let id = FieldId::parse("help").unwrap();
    case.engine.remove_scenario(&case.ana, &case.site, &id, 1).await.unwrap();
    assert_eq!(case.history(&help(), None).await, (vec![1], None));
    assert_eq!(case.restore(&help(), 2, 0).await.unwrap_err(), Failure::NotFound);
    let back = case.restore(&help(), 1, 0).await.unwrap();
    assert_eq!((&back["version"], &back["restored"]), (&json!(3), &json!(1)));
    assert!(case.engine.document(&case.ana, &case.site.id, &help()).await.is_ok());
}

#[tokio::test]
async fn what_comes_back_is_judged_by_what_there_is_now() {
    let case = Case::new().await;
    case.publish(&Document::Groups, 0, groups(&["sales", "care"])).await;
    let assigns = json!([{"kind": "assign_group", "group": "care"}]);
    case.publish(&Document::Triggers, 0, triggers("Assigns", assigns)).await;
    case.publish(&Document::Triggers, 1, triggers("Opens", json!([{"kind": "open_window"}]))).await;
    case.publish(&Document::Groups, 1, groups(&["sales"])).await;
    let Failure::Invalid(wrong) = case.restore(&Document::Triggers, 1, 2).await.unwrap_err() else {
        panic!("it fits")
    };
    assert_eq!(wrong[0].path, "triggers[0].actions[0].group");
    case.restore(&Document::Groups, 1, 2).await.unwrap();
    assert_eq!(case.restore(&Document::Triggers, 1, 2).await.unwrap()["version"], 3);
}

#[tokio::test]
async fn a_25_a_22_history_is_for_admins_of_the_site_and_what_never_was_is_absent() {
    let case = Case::new().await;
    case.publish(&help(), 0, scenario("First")).await;
    let of =
        |role, site: &str| Actor::Agent { id: ANA, site: site.parse().unwrap(), name: "Ana".into(), role };
    for actor in [of(Role::Agent, "demo"), of(Role::Admin, "other")] {
        for document in [Document::Triggers, Document::Groups, help()] {
            let (engine, site) = (&case.engine, &case.site);
            let all = engine.document_history(&actor, &site.id, &document, None).await;
            assert_eq!(all.unwrap_err(), Failure::Forbidden);
            let one = engine.document_version(&actor, &site.id, &document, 1).await;
            assert_eq!(one.unwrap_err(), Failure::Forbidden);
            let back = engine.restore_document(&actor, site, &document, 1, 1).await;
            assert_eq!(back.unwrap_err(), Failure::Forbidden);
        }
    }
    let none = Document::Scenario(FieldId::parse("none").unwrap());
    let all = case.engine.document_history(&case.ana, &case.site.id, &none, None).await;
    assert_eq!(all.unwrap_err(), Failure::NotFound);
    assert_eq!(case.restore(&none, 1, 0).await.unwrap_err(), Failure::NotFound);
}
