//! Who may chat, whoever is in when it changes, and what shoppers are told of a shop's availability.

use domain::connection::{Connection, Identity, Topic};
use domain::people::{Actor, Availability, Member, Role, Site};
use domain::ports::{Accounts, Admission, Connections, Environment, Published, SettingsStore};
use domain::rate::FRAMES;
use domain::settings::Section;
use domain::{AgentId, ClientId, ConnectionId, ShopperId};
use mostrador_delivery::{Engine, Failure, NewSession};
use protocol::ServerFrame;
use protocol::client::{Hello, Ping};
use protocol::server::{Bye, ByeReason, Pong};
use serde_json::json;
use std::time::Duration;
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

struct Case {
    engine: Engine<Memory, Outbox, World>,
    site: Site,
}

fn anonymous() -> ShopperId {
    ShopperId::anonymous(1)
}

fn verified() -> ShopperId {
    ShopperId::verified([2; 16])
}

impl Case {
    async fn new() -> Self {
        let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
        let site = testkit::shop::site("demo");
        engine.store.put_site(&site).await.unwrap();
        Self { engine, site }
    }

    fn admin(&self) -> Actor {
        let id = AgentId(Uuid::from_u128(9));
        Actor::Agent { id, site: self.site.id.clone(), name: "Ana".into(), role: Role::Admin }
    }

    async fn publish(&self, expected: u64, visibility: &str) {
        let value = json!({"visibility": visibility});
        self.engine.publish(&self.admin(), &self.site, Section::Visibility, expected, value).await.unwrap();
    }

    /// A connection that has not said `hello`.
    async fn connect(&self, name: &str, shopper: ShopperId) -> ConnectionId {
        let id: ConnectionId = name.parse().unwrap();
        let connection = Connection {
            id: id.clone(),
            site: self.site.id.clone(),
            identity: Identity::Shopper { id: shopper },
            session: None,
            address: "203.0.113.7".into(),
            connected_at: self.engine.env.now(),
            viewing: None,
            greeted: false,
        };
        self.engine.store.connect(&connection).await.unwrap();
        id
    }

    async fn admitted(&self, id: &ConnectionId) -> Option<Connection> {
        match self.engine.store.admit(id, FRAMES, self.engine.env.now()).await.unwrap() {
            Admission::Admitted(connection) => Some(*connection),
            _ => None,
        }
    }

    async fn hello(&self, id: &ConnectionId) -> Vec<ServerFrame> {
        let connection = self.admitted(id).await.expect("known");
        self.engine.hello(&connection, new_id(), Hello::default()).await.unwrap();
        self.heard(id)
    }

    async fn ping(&self, id: &ConnectionId) -> Vec<ServerFrame> {
        let connection = self.admitted(id).await.expect("known");
        self.engine.ping(&connection, new_id(), Ping::default()).await.unwrap();
        self.heard(id)
    }

    fn heard(&self, id: &ConnectionId) -> Vec<ServerFrame> {
        self.engine.push.take(id).iter().map(|frame| serde_json::from_str(frame).unwrap()).collect()
    }
}

fn new_id() -> ClientId {
    ClientId(Uuid::from_u128(77))
}

fn said_bye(frames: &[ServerFrame]) -> bool {
    frames == [ServerFrame::Bye(Bye { reason: ByeReason::Visibility })]
}

fn greeted(frames: &[ServerFrame]) -> bool {
    matches!(frames, [ServerFrame::Ready(_)])
}

#[tokio::test]
async fn w_2_publishing_a_stricter_visibility_ends_the_connections_of_whom_it_bars_and_of_nobody_else() {
    for (visibility, bars) in [
        ("everyone", [false, false]),
        ("verified_write", [true, false]),
        ("verified_only", [true, false]),
        ("off", [true, true]),
    ] {
        let case = Case::new().await;
        let ids = [case.connect("a=", anonymous()).await, case.connect("v=", verified()).await];
        for id in &ids {
            assert!(greeted(&case.hello(id).await));
        }
        case.publish(0, visibility).await;
        for (id, barred) in ids.iter().zip(bars) {
            assert_eq!(said_bye(&case.heard(id)), barred, "{visibility}");
            assert_eq!(case.engine.push.was_cut(id), barred, "{visibility}");
            // The next frame finds nobody.
            assert_eq!(case.admitted(id).await.is_none(), barred, "{visibility}");
        }
        // Whoever comes now is told at once, and registered nowhere.
        for (name, shopper, barred) in [("b=", anonymous(), bars[0]), ("w=", verified(), bars[1])] {
            let id = case.connect(name, shopper).await;
            let frames = case.hello(&id).await;
            assert_eq!((said_bye(&frames), greeted(&frames)), (barred, !barred), "{visibility}");
            let now = case.engine.env.now();
            for topic in [Topic::Shopper(shopper), Topic::shoppers(&case.site.id, shopper)] {
                let listening = case.engine.store.registered(&topic, now).await.unwrap();
                assert_eq!(listening.iter().any(|one| one.connection == id), !barred, "{visibility}");
            }
        }
        let session = case.engine.begin_session(&case.site, "203.0.113.7", NewSession::default()).await;
        assert_eq!(session.is_err(), bars[0], "{visibility}");
        let doors =
            [anonymous(), verified()].map(|shopper| case.engine.admit_shopper(&case.site.id, shopper));
        let [anonymous, verified] = futures::future::join_all(doors).await.try_into().unwrap();
        let expect = |barred| match (barred, visibility) {
            (false, _) => Ok(()),
            (true, "off") => Err(Failure::SwitchedOff),
            (true, _) => Err(Failure::SignInRequired { refused: None }),
        };
        assert_eq!((anonymous, verified), (expect(bars[0]), expect(bars[1])), "{visibility}");
    }
}

#[tokio::test]
async fn w_2_bringing_an_earlier_visibility_back_ends_connections_as_publishing_it_does() {
    let case = Case::new().await;
    case.publish(0, "off").await;
    case.publish(1, "everyone").await;
    let id = case.connect("a=", anonymous()).await;
    assert!(greeted(&case.hello(&id).await));
    case.engine.restore(&case.admin(), &case.site, Section::Visibility, 1, 2).await.unwrap();
    assert!(said_bye(&case.heard(&id)));
    assert!(case.admitted(&id).await.is_none());
}

/// Killed between publishing and ending, whoever was left is ended by the admin's second try, or by their own heartbeat.
#[tokio::test]
async fn w_2_whoever_was_left_when_publishing_was_killed_is_ended_all_the_same() {
    let case = Case::new().await;
    let ids = [case.connect("a=", anonymous()).await, case.connect("b=", ShopperId::anonymous(3)).await];
    for id in &ids {
        assert!(greeted(&case.hello(id).await));
    }
    let body = r#"{"shape":1,"value":{"visibility":"off"}}"#.to_owned();
    let by = AgentId(Uuid::from_u128(9));
    let at = case.engine.env.now();
    let published = Published {
        what: Section::Visibility,
        version: 1,
        at,
        by,
        by_name: "Ana".into(),
        restored: None,
        body,
    };
    case.engine.store.publish(&case.site.id, &published).await.unwrap();
    // Its picture of the site is older.
    assert!(matches!(case.ping(&ids[0]).await[..], [ServerFrame::Pong(_)]));
    case.engine.env.pass(Duration::from_secs(15));
    assert!(said_bye(&case.ping(&ids[0]).await));
    assert!(case.admitted(&ids[0]).await.is_none());
    case.publish(0, "off").await;
    assert!(said_bye(&case.heard(&ids[1])));
}

#[tokio::test]
async fn h_6_a_heartbeat_tells_availability_and_version_that_are_at_most_fifteen_seconds_old() {
    let case = Case::new().await;
    let id = case.connect("a=", anonymous()).await;
    let frames = case.hello(&id).await;
    let [ServerFrame::Ready(ready)] = &frames[..] else { panic!("{frames:?}") };
    let told = ready.availability.clone().unwrap();
    assert_eq!(
        (told.online, told.opens_at, told.zone.as_str(), ready.version),
        (false, None, "Europe/Madrid", Some(0))
    );

    let mut ana = Member {
        site: case.site.id.clone(),
        agent: AgentId(Uuid::from_u128(9)),
        name: "Ana".into(),
        title: String::new(),
        photo: None,
        role: Role::Agent,
        version: 1,
        active: true,
        availability: Availability::Online,
        seen_at: Some(case.engine.env.now()),
    };
    case.engine.store.put_member(&ana).await.unwrap();
    case.publish(0, "verified_write").await;
    case.publish(1, "everyone").await;
    // Publishing ended the connection; back again.
    assert!(case.admitted(&id).await.is_none());
    let id = case.connect("b=", anonymous()).await;
    let pong = async || match &case.ping(&id).await[..] {
        [ServerFrame::Pong(Pong { availability: Some(told), version: Some(version), .. })] => {
            (told.online, told.opens_at, *version)
        }
        other => panic!("{other:?}"),
    };
    assert!(greeted(&case.hello(&id).await));
    assert_eq!(pong().await, (false, None, 0));
    case.engine.env.pass(Duration::from_secs(15));
    assert_eq!(pong().await, (true, None, 2));
    // A laptop that vanished is gone when its lease is over, whatever the picture's age.
    case.engine.env.pass(Duration::from_secs(70));
    assert!(pong().await.0);
    case.engine.env.pass(Duration::from_secs(5));
    assert!(!pong().await.0);

    // Outside the hours nobody waits, whoever sits there; the next opening is told. (15 June 2025 was a Sunday.)
    ana.version += 1;
    ana.seen_at = Some(case.engine.env.now());
    case.engine.store.put_member(&ana).await.unwrap();
    let nine_to_five = json!([{"start": "09:00", "end": "17:00"}]);
    let hours = json!({"enabled": true, "zone": "Europe/Madrid", "exceptions": [], "week": {
        "monday": nine_to_five, "tuesday": [], "wednesday": [], "thursday": [], "friday": [], "saturday": [], "sunday": []}});
    case.engine.publish(&case.admin(), &case.site, Section::Hours, 0, hours).await.unwrap();
    case.engine.env.pass(Duration::from_secs(15));
    let monday_at_nine = 1_750_057_200_000;
    assert_eq!(pong().await, (false, Some(monday_at_nine), 3));
}
