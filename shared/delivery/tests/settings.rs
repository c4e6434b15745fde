//! Publishing a site's settings: versions, two who save at once, what may not be read any more.

use domain::people::{Actor, Role, Site};
use domain::ports::{Accounts, Published, Publishing, SettingsStore};
use domain::settings::{Section, Visibility};
use domain::{AgentId, ShopperId, SiteId, Timestamp};
use mostrador_delivery::{Engine, Failure};
use protocol::ErrorCode;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

type Case = Engine<Memory, Outbox, World>;

async fn case() -> (Case, Site) {
    let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
    let site = testkit::shop::site("demo");
    engine.store.put_site(&site).await.unwrap();
    (engine, site)
}

fn agent(n: u128, role: Role, site: &str) -> Actor {
    let name = format!("Agent {n}");
    Actor::Agent { id: AgentId(Uuid::from_u128(n)), site: site.parse().unwrap(), name, role }
}

fn ana() -> Actor {
    agent(1, Role::Admin, "demo")
}

fn visibility(name: &str) -> Value {
    json!({"visibility": name})
}

async fn publish(
    (engine, site): &(Case, Site),
    actor: &Actor,
    expected: u64,
    name: &str,
) -> Result<u64, Failure> {
    let published = engine.publish(actor, site, Section::Visibility, expected, visibility(name)).await?;
    assert_eq!(published.body.value(), visibility(name));
    Ok(published.revision.version)
}

#[tokio::test]
async fn a_section_is_the_default_until_it_is_published_and_then_what_was_published_last() {
    let case = case().await;
    let (engine, site) = &case;
    let before = engine.configured(site).await.unwrap();
    assert_eq!((before.version, before.settings.visibility), (0, Visibility::Everyone));
    assert_eq!(before.section(Section::Visibility).revision.version, 0);
    assert_eq!(before.section(Section::General).body.value()["name"], "Taller Luz");
    assert_eq!(publish(&case, &ana(), 0, "verified_write").await, Ok(1));
    assert_eq!(publish(&case, &ana(), 1, "off").await, Ok(2));
    let after = engine.configured(site).await.unwrap();
    assert_eq!((after.version, after.settings.visibility), (2, Visibility::Off));
    let revision = after.section(Section::Visibility).revision;
    assert_eq!((revision.version, revision.by.unwrap().name.as_str()), (2, "Agent 1"));
    assert_eq!(engine.sections(&ana(), site).await.unwrap().len(), Section::ALL.len());
}

#[tokio::test]
async fn of_two_admins_who_save_at_once_the_second_is_told_what_stands_and_loses_nothing() {
    let case = case().await;
    assert_eq!(publish(&case, &ana(), 0, "off").await, Ok(1));
    let luis = agent(2, Role::Admin, "demo");
    for expected in [0, 7] {
        let Err(Failure::Conflict(stands)) = publish(&case, &luis, expected, "everyone").await else {
            panic!("expected a conflict")
        };
        assert_eq!(stands.body.value(), visibility("off"));
        assert_eq!((stands.revision.version, stands.revision.by.unwrap().name.as_str()), (1, "Agent 1"));
    }
    // On top of what stands it goes.
    assert_eq!(publish(&case, &luis, 1, "everyone").await, Ok(2));
    // The answer was lost, and the same person saves the same again: it is theirs already. Another's is not.
    case.0.env.pass(Duration::from_secs(5));
    assert_eq!(publish(&case, &luis, 1, "everyone").await, Ok(2));
    assert!(matches!(publish(&case, &ana(), 1, "everyone").await, Err(Failure::Conflict(_))));
}

#[tokio::test]
async fn a25_settings_are_for_admins_of_that_site() {
    let case = case().await;
    let (engine, site) = &case;
    publish(&case, &ana(), 0, "off").await.unwrap();
    let nobody = Actor::Shopper { id: ShopperId(Uuid::from_u128(3)), site: site.id.clone() };
    for actor in [agent(2, Role::Agent, "demo"), agent(1, Role::Admin, "demo-two"), nobody] {
        let refused = Some(Failure::Forbidden);
        assert_eq!(publish(&case, &actor, 1, "everyone").await.err(), refused);
        assert_eq!(engine.sections(&actor, site).await.err(), refused);
        assert_eq!(engine.history(&actor, &site.id, Section::Visibility, None).await.err(), refused);
        assert_eq!(engine.one_version(&actor, site, Section::Visibility, 1).await.err(), refused);
        assert_eq!(engine.restore(&actor, site, Section::Visibility, 1, 1).await.err(), refused);
    }
    assert_eq!(engine.configured(site).await.unwrap().settings.visibility, Visibility::Off);
}

#[tokio::test]
async fn what_is_wrong_is_named_field_by_field_and_nothing_is_published() {
    let (engine, site) = case().await;
    let hours = json!({
        "enabled": true, "zone": "Mars/Base", "exceptions": [],
        "week": {"monday": [{"start": "09:00", "end": "09:00"}], "tuesday": [], "wednesday": [],
                 "thursday": [], "friday": [], "saturday": [], "sunday": []},
    });
    let Err(Failure::Invalid(problems)) = engine.publish(&ana(), &site, Section::Hours, 0, hours).await
    else {
        panic!("expected problems")
    };
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert!(
        paths.contains(&"zone") && paths.iter().any(|path| path.starts_with("week.monday[0]")),
        "{paths:?}"
    );
    let extra = json!({"visibility": "off", "x": 1});
    let unknown = engine.publish(&ana(), &site, Section::Visibility, 0, extra).await;
    assert_eq!(unknown.unwrap_err().code(), ErrorCode::UnknownField);
    let texts: serde_json::Map<String, Value> =
        (0..400).map(|n| (format!("text-{n}"), Value::from("x".repeat(2_000)))).collect();
    let large = engine.publish(&ana(), &site, Section::Texts, 0, json!({"texts": {"en": texts}})).await;
    assert!(large.is_err());
    assert_eq!(engine.configured(&site).await.unwrap().version, 0);
}

#[tokio::test]
async fn an_earlier_version_comes_back_as_a_new_one() {
    let case = case().await;
    let (engine, site) = &case;
    for (n, name) in ["off", "everyone", "verified_only"].into_iter().enumerate() {
        publish(&case, &ana(), n as u64, name).await.unwrap();
    }
    let one = engine.one_version(&ana(), site, Section::Visibility, 1).await.unwrap();
    assert_eq!(one.body.value(), visibility("off"));
    let restored = engine.restore(&ana(), site, Section::Visibility, 1, 3).await.unwrap();
    assert_eq!((restored.revision.version, restored.revision.restored), (4, Some(1)));
    assert_eq!(engine.configured(site).await.unwrap().settings.visibility, Visibility::Off);
    for (version, expected) in [(9, 4), (0, 4)] {
        let absent = engine.restore(&ana(), site, Section::Visibility, version, expected).await;
        assert_eq!(absent.err(), Some(Failure::NotFound));
    }
    assert!(matches!(
        engine.restore(&ana(), site, Section::Visibility, 2, 3).await,
        Err(Failure::Conflict(_))
    ));
    let history = engine.history(&ana(), &site.id, Section::Visibility, None).await.unwrap();
    let versions: Vec<_> = history.versions.iter().map(|one| (one.version, one.restored)).collect();
    assert_eq!(
        (versions.as_slice(), history.next),
        ([(4, Some(1)), (3, None), (2, None), (1, None)].as_slice(), None)
    );
}

#[tokio::test]
async fn a_section_of_a_newer_version_stops_nothing() {
    let case = case().await;
    let (engine, site) = &case;
    let newer = Published {
        what: Section::Hours,
        version: 1,
        at: Timestamp(1),
        by: AgentId(Uuid::from_u128(1)),
        by_name: "Ana".into(),
        restored: None,
        body: r#"{"shape":99,"value":{"moons":2}}"#.into(),
    };
    assert_eq!(engine.store.publish(&site.id, &newer).await.unwrap(), Publishing::Done);
    publish(&case, &ana(), 0, "off").await.unwrap();
    let configured = engine.configured(site).await.unwrap();
    assert!(!configured.settings.hours.enabled);
    let shown = configured.section(Section::Hours).revision;
    assert_eq!((shown.version, shown.unreadable), (1, true));
    assert_eq!(configured.settings.visibility, Visibility::Off);
    // It is published over as any other.
    let hours = configured.section(Section::Hours).body.value();
    let published = engine.publish(&ana(), site, Section::Hours, 1, hours).await.unwrap();
    assert_eq!((published.revision.version, published.revision.unreadable), (2, false));
}

#[tokio::test]
async fn what_one_section_takes_away_no_other_may_need() {
    let (engine, site) = case().await;
    let general = |languages: Value, default: &str| json!({"name": "Luz", "languages": languages, "default_language": default});
    let put = async |section, expected, value| engine.publish(&ana(), &site, section, expected, value).await;
    put(Section::General, 0, general(json!(["es", "en"]), "es")).await.unwrap();
    let form = json!({
        "when": "always", "slow_after_s": 60, "hold_online": false, "hold_offline": false, "phrases": {},
        "fields": [{"id": "size", "kind": "text", "required": false, "labels": {"es": "¿Qué talla?"}}],
    });
    put(Section::Form, 0, form.clone()).await.unwrap();
    // The form asks in Spanish alone.
    let Err(Failure::Invalid(problems)) = put(Section::General, 1, general(json!(["en"]), "en")).await else {
        panic!("the form would be gone")
    };
    assert!(problems[0].message.contains("form"), "{problems:?}");
    let mut both = form;
    both["fields"][0]["labels"]["en"] = "Which size?".into();
    put(Section::Form, 1, both).await.unwrap();
    put(Section::General, 1, general(json!(["es", "en"]), "en")).await.unwrap();
    let site_id: SiteId = site.id.clone();
    assert_eq!(engine.store.published(&site_id).await.unwrap().sections.len(), 2);
}
