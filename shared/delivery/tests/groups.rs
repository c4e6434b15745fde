//! Groups (A4) where conversations are: whom a first message is for, agents who give a conversation to a group, lists by group.

use domain::conversation::{Body, Head};
use domain::inbox::{List, Place};
use domain::people::{Actor, Role, Site};
use domain::ports::{Accounts, Conversations, Document};
use domain::settings::FieldId;
use domain::{AgentId, ClientId, ConversationId};
use mostrador_delivery::{Before, Engine, Failure, LOOKED_THROUGH, NewSession, Performed, Wish};
use serde_json::json;
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

const ANA: AgentId = AgentId(Uuid::from_u128(1));
const LUIS: AgentId = AgentId(Uuid::from_u128(2));

struct Case {
    engine: Engine<Memory, Outbox, World>,
    site: Site,
}

fn ana() -> Actor {
    Actor::Agent { id: ANA, site: "demo".parse().unwrap(), name: "Ana".into(), role: Role::Admin }
}

impl Case {
    async fn new() -> Self {
        let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
        let site = testkit::shop::site("demo");
        engine.store.put_site(&site).await.unwrap();
        for agent in [ANA, LUIS] {
            let member = testkit::shop::admin(&site.id, agent, "Agent");
            assert!(engine.store.put_member(&member).await.unwrap());
        }
        let case = Self { engine, site };
        case.groups(0, &["orders", "care"]).await;
        case
    }

    async fn groups(&self, expected: u64, ids: &[&str]) {
        let agents = [ANA, LUIS].map(|agent| agent.to_string());
        let group = |id: &&str| json!({"id": id, "name": id.to_uppercase(), "agents": agents});
        let value = json!({"groups": ids.iter().map(group).collect::<Vec<_>>()});
        self.engine.publish_document(&ana(), &self.site, &Document::Groups, expected, value).await.unwrap();
    }

    async fn shopper(&self) -> Actor {
        let session =
            self.engine.begin_session(&self.site, "203.0.113.7", NewSession::default()).await.unwrap().1;
        Actor::Shopper { id: session.shopper, site: self.site.id.clone() }
    }

    async fn begin(&self, actor: &Actor, n: u128, group: Option<&str>) -> Performed {
        let before = Before { group: group.map(str::to_owned), ..Before::default() };
        let wish = Wish::Say { conversation: None, text: "Hola".into(), before };
        // Beginnings are limited per address.
        self.act(actor, n, wish).await.unwrap()
    }

    async fn act(&self, actor: &Actor, n: u128, wish: Wish) -> Result<Performed, Failure> {
        let address = format!("203.0.113.{}", n % 250);
        self.engine.perform(actor, &address, ClientId(Uuid::from_u128(n)), wish, None).await
    }

    async fn give(
        &self,
        conversation: ConversationId,
        n: u128,
        group: Option<&str>,
    ) -> Result<Performed, Failure> {
        let group = Some(group.map(str::to_owned));
        self.act(&ana(), n, Wish::Assign { conversation, to: None, expected: None, group }).await
    }

    async fn stored(&self, id: ConversationId) -> Head {
        self.engine.store.head(id).await.unwrap().unwrap()
    }
}

fn group_of(head: &Head) -> Option<&str> {
    head.group.as_ref().map(FieldId::as_str)
}

#[tokio::test]
async fn a_4_a_first_message_is_for_the_group_that_there_is_and_agents_see_that_it_is() {
    let case = Case::new().await;
    let eva = case.shopper().await;
    let begun = case.begin(&eva, 1, Some("orders")).await;
    assert_eq!(group_of(&case.stored(begun.head.id).await), Some("orders"));
    let backstage: Vec<&Body> = begun
        .entries
        .iter()
        .map(|entry| &entry.body)
        .filter(|body| matches!(body, Body::Grouped { .. }))
        .collect();
    assert!(matches!(backstage[..], [Body::Grouped { to: Some(to) }] if to.name == "ORDERS"));
    // What a page makes up counts for nothing, and stops nobody.
    for (n, made_up) in [(2, "nowhere"), (3, "Orders"), (4, ""), (5, "orders#care")] {
        let somebody = case.shopper().await;
        let begun = case.begin(&somebody, n, Some(made_up)).await;
        assert_eq!((group_of(&begun.head), begun.entries.len()), (None, 1), "{made_up}");
    }
    // In a conversation that goes on it says nothing new.
    let on = case.begin(&eva, 6, Some("care")).await;
    assert_eq!((on.head.id, group_of(&on.head)), (begun.head.id, Some("orders")));
}

#[tokio::test]
async fn a_4_agents_give_a_conversation_to_a_group_that_there_is() {
    let case = Case::new().await;
    let id = case.begin(&case.shopper().await, 1, None).await.head.id;
    assert_eq!(group_of(&case.give(id, 2, Some("care")).await.unwrap().head), Some("care"));
    // The same again, after an answer that was lost, is the same.
    let again = case.give(id, 2, Some("care")).await.unwrap();
    assert_eq!((again.ack.seq, case.stored(id).await.numbers.b), (1, 1));
    // A 14: the same id for another group is another command.
    assert_eq!(case.give(id, 2, Some("orders")).await.err(), Some(Failure::IdReused));
    assert_eq!(case.give(id, 3, Some("nowhere")).await.err(), Some(Failure::NotFound));
    assert_eq!(group_of(&case.stored(id).await), Some("care"));
    assert_eq!(group_of(&case.give(id, 4, None).await.unwrap().head), None);
    let shopper = case.shopper().await;
    let wish = Wish::Assign { conversation: id, to: None, expected: None, group: Some(Some("care".into())) };
    assert_eq!(case.act(&shopper, 5, wish).await.err(), Some(Failure::Forbidden));
}

#[tokio::test]
async fn a_4_lists_are_filtered_by_group_page_by_page_without_a_hole() {
    let case = Case::new().await;
    let mut care: Vec<ConversationId> = Vec::new();
    for n in 0..130_u128 {
        let group = ["orders", "care", "nowhere"][n as usize % 3];
        let begun = case.begin(&case.shopper().await, n + 1, Some(group)).await;
        case.engine.env.pass(std::time::Duration::from_secs(11));
        if group == "care" {
            care.insert(0, begun.head.id);
        }
    }
    let group = FieldId::parse("care").unwrap();
    let mut found: Vec<ConversationId> = Vec::new();
    let mut before: Option<Place> = None;
    let mut pages = 0;
    loop {
        let page = case.engine.list_of_group(&case.site.id, ANA, List::Queue, &group, before, 20).await;
        let (heads, next) = page.unwrap();
        assert!(heads.len() <= 20);
        found.extend(heads.iter().map(|head| head.id));
        pages += 1;
        match next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    assert_eq!(found, care);
    assert!(pages <= 4, "{pages}");
    const { assert!(LOOKED_THROUGH >= 130) };
}

#[tokio::test]
async fn a_4_who_leaves_the_team_leaves_its_groups() {
    let case = Case::new().await;
    let now = async || {
        let configured = case.engine.configured(&case.site).await.unwrap();
        case.engine.groups(&case.site.id, &configured).await.unwrap()
    };
    assert!(now().await.0.iter().all(|group| group.agents.contains(&LUIS)));
    // Killed in between, and done again: it comes to the same.
    for _ in 0..2 {
        case.engine.deactivate(&ana(), LUIS).await.unwrap();
        assert!(now().await.0.iter().all(|group| group.agents.len() == 1 && group.agents.contains(&ANA)));
    }
    let shown = case.engine.document(&ana(), &case.site.id, &Document::Groups).await.unwrap();
    assert_eq!(shown.revision.version, 2);
    // An editor that was open meanwhile cannot bring Luis back.
    let late = json!({"groups": [{"id": "orders", "name": "Orders", "agents": [LUIS.to_string()]}]});
    for expected in [1, 2] {
        let refused =
            case.engine.publish_document(&ana(), &case.site, &Document::Groups, expected, late.clone()).await;
        let Err(Failure::Invalid(problems)) = refused else { panic!("{refused:?}") };
        assert_eq!(problems[0].path, "groups[0].agents");
    }
}
