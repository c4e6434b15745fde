//! What a shop says by itself, stored once however often its cause comes.

use domain::automatic::{Deadline, Quiet, Rule};
use domain::conversation::{Author, Body, Entry, Log};
use domain::people::{Actor, Availability, Member, Role, Site};
use domain::ports::{Accounts, Conversations, Environment};
use domain::settings::{ReplyKind, Section};
use domain::{AgentId, ClientId, ConversationId, ShopperId};
use mostrador_delivery::{Before, Engine, NewSession, Reacted, Wish};
use serde_json::json;
use std::time::Duration;
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

const ANA: AgentId = AgentId(Uuid::from_u128(1));

struct Case {
    engine: Engine<Memory, Outbox, World>,
    site: Site,
    shopper: ShopperId,
}

impl Case {
    async fn new() -> Self {
        Self::of("Atlantic/Canary").await
    }

    /// A shopper who reads Spanish, in a zone.
    async fn of(zone: &str) -> Self {
        let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
        let site = testkit::shop::site("demo");
        engine.store.put_site(&site).await.unwrap();
        let about = NewSession {
            language: Some("es-ES".into()),
            time_zone: Some(zone.into()),
            ..NewSession::default()
        };
        let (_, session) = engine.begin_session(&site, "203.0.113.7", about).await.unwrap();
        let case = Self { engine, site, shopper: session.shopper };
        case.agent(Availability::Offline).await;
        case
    }

    /// Ana, seen just now.
    async fn agent(&self, availability: Availability) {
        let stored = self.engine.store.member(&self.site.id, ANA).await.unwrap();
        let member = Member {
            site: self.site.id.clone(),
            agent: ANA,
            name: "Ana".into(),
            title: String::new(),
            photo: None,
            role: Role::Admin,
            version: stored.map_or(1, |member| member.version + 1),
            active: true,
            availability,
            seen_at: Some(self.engine.env.now()),
        };
        assert!(self.engine.store.put_member(&member).await.unwrap());
        self.engine
            .store
            .sign_of_life(&self.site.id, ANA, Some(availability), self.engine.env.now())
            .await
            .unwrap();
    }

    fn ana() -> Actor {
        Actor::Agent { id: ANA, site: "demo".parse().unwrap(), name: "Ana".into(), role: Role::Admin }
    }

    async fn say(&self, n: u128, actor: Actor, conversation: Option<ConversationId>) -> ConversationId {
        let wish = Wish::Say { conversation, text: format!("message {n}"), before: Before::default() };
        let id = ClientId(Uuid::from_u128(n));
        self.engine.perform(&actor, "203.0.113.7", id, wish, None).await.unwrap().head.id
    }

    async fn begin(&self) -> ConversationId {
        self.say(100, Actor::Shopper { id: self.shopper, site: self.site.id.clone() }, None).await
    }

    async fn thread(&self, id: ConversationId) -> Vec<Entry> {
        self.engine.store.entries(id, Log::Thread, 0, 100).await.unwrap().entries
    }

    async fn automatic(&self, id: ConversationId) -> Vec<(Rule, String)> {
        let text = |entry: Entry| match (entry.why, entry.body) {
            (Some(why), Body::Message { text }) => {
                assert_eq!((entry.author, why.cause), (Author::System, 1));
                Some((why.rule, text))
            }
            _ => None,
        };
        self.thread(id).await.into_iter().filter_map(text).collect()
    }

    async fn due(&self, id: ConversationId) -> Vec<Deadline> {
        let head = self.engine.store.head(id).await.unwrap().unwrap();
        head.due(self.engine.env.now()).into_iter().map(|(deadline, _)| deadline).collect()
    }

    fn pass(&self, seconds: u64) {
        self.engine.env.pass(Duration::from_secs(seconds));
    }
}

fn said(kind: ReplyKind) -> Reacted {
    Reacted::Done { said: Some(kind), asked: true, armed: 0 }
}

#[tokio::test]
async fn h_5_nobody_online_gets_the_offline_message_once_in_the_shoppers_language() {
    let case = Case::new().await;
    let id = case.begin().await;
    assert_eq!(case.engine.react(id, 1).await, Ok(said(ReplyKind::Offline)));
    for _ in 0..3 {
        assert_eq!(case.engine.react(id, 1).await, Ok(Reacted::Quiet(Quiet::Done)));
    }
    let automatic = case.automatic(id).await;
    assert_eq!(automatic.len(), 1);
    assert_eq!(automatic[0].0, Rule::NobodyOnline);
    assert!(automatic[0].1.starts_with("En este momento"), "{}", automatic[0].1);
    let head = case.engine.store.head(id).await.unwrap().unwrap();
    // Lists show what the shopper said, and that they still wait for a person.
    assert_eq!(head.preview.unwrap().text, "message 100");
    assert!(head.unread && head.waiting_since.is_some() && head.deadlines.is_empty());
    // Its own message causes nothing.
    assert_eq!(case.engine.react(id, 2).await, Ok(Reacted::Quiet(Quiet::NotACause)));
}

#[tokio::test]
async fn h_5_while_somebody_is_online_the_offline_message_comes_when_the_wait_is_over() {
    let case = Case::new().await;
    case.agent(Availability::Online).await;
    let id = case.begin().await;
    assert_eq!(case.engine.react(id, 1).await, Ok(Reacted::Done { said: None, asked: false, armed: 1 }));
    assert_eq!(case.engine.deadline_due(id, Deadline::WaitTime).await, Ok(Reacted::Quiet(Quiet::NotYet)));
    case.pass(119);
    assert!(case.due(id).await.is_empty());
    case.pass(1);
    assert_eq!(case.due(id).await, [Deadline::WaitTime]);
    assert_eq!(case.engine.deadline_due(id, Deadline::WaitTime).await, Ok(said(ReplyKind::Offline)));
    // The call comes again, the record comes again: nothing more, and nothing is left to call for.
    for _ in 0..2 {
        assert_eq!(case.engine.deadline_due(id, Deadline::WaitTime).await, Ok(Reacted::Quiet(Quiet::Done)));
        assert_eq!(case.engine.react(id, 1).await, Ok(Reacted::Quiet(Quiet::Done)));
    }
    assert!(case.due(id).await.is_empty());
    assert_eq!(case.automatic(id).await.len(), 1);
    assert_eq!(case.automatic(id).await[0].0, Rule::WaitTimeOver);
}

#[tokio::test]
async fn h_7_nothing_is_said_after_a_person_has_written_nor_to_a_closed_conversation() {
    let case = Case::new().await;
    case.agent(Availability::Online).await;
    let id = case.begin().await;
    assert_eq!(case.engine.react(id, 1).await, Ok(Reacted::Done { said: None, asked: false, armed: 1 }));
    case.say(101, Case::ana(), Some(id)).await;
    case.pass(120);
    assert!(case.due(id).await.is_empty());
    assert_eq!(case.engine.deadline_due(id, Deadline::WaitTime).await, Ok(Reacted::Quiet(Quiet::Done)));
    assert_eq!(case.engine.react(id, 1).await, Ok(Reacted::Quiet(Quiet::Answered)));
    let close = Wish::Close { conversation: id };
    case.engine.perform(&Case::ana(), "", ClientId(Uuid::from_u128(9)), close, None).await.unwrap();
    assert_eq!(case.engine.react(id, 1).await, Ok(Reacted::Quiet(Quiet::ConversationClosed)));
    assert!(case.automatic(id).await.is_empty());
}

#[tokio::test]
async fn h_3_outside_office_hours_the_next_opening_is_told_in_the_shoppers_own_zone() {
    // On the Canaries it is an hour earlier; a zone that does not exist is none, and the shop's is named.
    for (zone, told) in [
        ("Atlantic/Canary", "volvemos mañana a las 8:00."),
        ("Mars/Olympus", "volvemos mañana a las 9:00 (Europe/Madrid)."),
    ] {
        let case = Case::of(zone).await;
        case.agent(Availability::Online).await;
        // The clock of the tests begins on Sunday 15 June 2025, 17:06 in Madrid.
        let monday = json!([{"start": "09:00", "end": "14:00"}]);
        let hours = json!({
            "enabled": true, "zone": "Europe/Madrid", "exceptions": [],
            "week": {"monday": monday, "tuesday": [], "wednesday": [], "thursday": [], "friday": [], "saturday": [], "sunday": []},
        });
        case.engine.publish(&Case::ana(), &case.site, Section::Hours, 0, hours).await.unwrap();
        let id = case.begin().await;
        assert_eq!(case.engine.react(id, 1).await, Ok(said(ReplyKind::Outside)));
        let automatic = case.automatic(id).await;
        assert_eq!(automatic[0].0, Rule::OutsideHours);
        assert!(automatic[0].1.contains(told), "{}", automatic[0].1);
    }
}

#[tokio::test]
async fn a_later_message_and_a_late_record_cause_nothing() {
    let case = Case::new().await;
    let id = case.begin().await;
    case.say(101, Actor::Shopper { id: case.shopper, site: case.site.id.clone() }, Some(id)).await;
    // Out of order: the second first.
    assert_eq!(case.engine.react(id, 2).await, Ok(Reacted::Quiet(Quiet::NotACause)));
    case.pass(10 * 60 + 1);
    assert_eq!(case.engine.react(id, 1).await, Ok(Reacted::Quiet(Quiet::TooOld)));
    assert!(case.automatic(id).await.is_empty());
    let nobody = ConversationId(Uuid::from_u128(404));
    assert_eq!(case.engine.react(nobody, 1).await, Ok(Reacted::Gone));
}
