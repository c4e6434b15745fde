//! An admin who publishes triggers, groups and scenarios, where the function may be killed at every await, the store fails before and
//! behind each call, and the admin asks again until there is an answer.

use crate::mails::{Accepted, Shop, speaker};
use crate::ports::Odds;
use delivery::Failure;
use domain::people::Actor;
use domain::ports::{Accounts, Document, Documents, Environment, Published, RawMail, Standing};
use domain::settings::FieldId;
use domain::{AgentId, Timestamp};
use protocol::documents::PublishedDocument;
use serde_json::{Value, json};
use testkit::Memory;
use uuid::Uuid;

const ANA: AgentId = AgentId(Uuid::from_u128(1));
/// Nobody asks again more often before the window of their limit is over.
const WINDOW: u64 = 600_000;

/// No mail goes.
#[derive(Debug, Clone)]
pub struct NoMail;

impl Accepted for NoMail {
    async fn note(_: &Memory, _: &RawMail<'_>, _: Timestamp) -> Self {
        Self
    }
}

#[derive(Debug, Clone)]
pub struct Publisher(Shop<NoMail>);

impl Publisher {
    #[must_use]
    pub fn new(seed: u64, odds: Odds) -> Self {
        let shop = Shop::made(seed, odds, 0.0, 0.0);
        let (engine, site) = (shop.plain(), shop.site.clone());
        shop.now(async move {
            engine.store.put_site(&site).await.expect("memory");
            let member = testkit::shop::admin(&site.id, ANA, "Ana");
            assert!(engine.store.put_member(&member).await.expect("memory"));
        });
        Self(shop)
    }

    fn ana(&self) -> Actor {
        speaker(ANA, &self.0.site.id)
    }

    /// Killed when it is about to go on for the `n`th time; `Some` when it was answered before.
    #[must_use]
    pub fn publishes(
        &self,
        n: u32,
        document: &Document,
        expected: u64,
        value: &Value,
    ) -> Option<Result<PublishedDocument, Failure>> {
        let (engine, site, ana) = (self.0.engine.clone(), self.0.site.clone(), self.ana());
        let (document, value) = (document.clone(), value.clone());
        self.0.invoke_killed_at(n, async move {
            engine.publish_document(&ana, &site, &document, expected, value).await
        })
    }

    #[must_use]
    pub fn removes(&self, n: u32, scenario: &FieldId, expected: u64) -> Option<Result<(), Failure>> {
        let (engine, site, ana) = (self.0.engine.clone(), self.0.site.clone(), self.ana());
        let scenario = scenario.clone();
        self.0.invoke_killed_at(
            n,
            async move { engine.remove_scenario(&ana, &site, &scenario, expected).await },
        )
    }

    /// Asks until there is an answer, killed now and then; how often.
    ///
    /// # Panics
    ///
    /// If there is none after a hundred times, or another than that it was published.
    pub fn insists(&self, document: &Document, expected: u64, value: &Value) -> (PublishedDocument, u32) {
        for tries in 1..=100 {
            let left = self.0.world.between(1, 60);
            let n = u32::try_from(left).expect("small");
            match self.publishes(n, document, expected, value) {
                Some(Ok(published)) => return (published, tries),
                None | Some(Err(Failure::Busy)) => {}
                Some(Err(Failure::RateLimited { .. })) => self.0.passes(WINDOW),
                Some(Err(other)) => panic!("{other:?}"),
            }
        }
        panic!("no answer");
    }

    #[must_use]
    pub fn stands(&self, document: &Document) -> Option<Standing> {
        let (store, site, document) = (self.0.memory.clone(), self.0.site.id.clone(), document.clone());
        self.0.now(async move { store.standing(&site, &document).await.expect("memory") })
    }

    #[must_use]
    pub fn kept(&self, document: &Document, version: u64) -> Option<Published<Document>> {
        let (store, site, document) = (self.0.memory.clone(), self.0.site.id.clone(), document.clone());
        self.0.now(async move { store.document(&site, &document, version).await.expect("memory") })
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.world.now()
    }
}

#[must_use]
pub fn help() -> FieldId {
    FieldId::parse("help").expect("an id")
}

/// One group of this name, with Ana in it.
#[must_use]
pub fn group(name: &str) -> Value {
    json!({"groups": [{"id": "sales", "name": name, "agents": [ANA.to_string()]}]})
}

/// A scenario that says `text` and hands over to the group.
#[must_use]
pub fn scenario(text: &str) -> Value {
    let to = json!({"kind": "group", "group": "sales"});
    json!({"id": "help", "name": "Help", "start": "by_trigger", "first": "a", "steps": [
        {"id": "a", "texts": {"en": text}, "next": {"kind": "hand_over", "to": to}, "x": 0, "y": 0},
    ]})
}

/// One trigger of this name, which starts the scenario for the group.
#[must_use]
pub fn trigger(name: &str) -> Value {
    let actions =
        json!([{"kind": "start_scenario", "scenario": "help"}, {"kind": "assign_group", "group": "sales"}]);
    json!({"triggers": [{
        "id": "ask", "name": name, "enabled": true, "when": "both", "conditions": [], "actions": actions,
        "frequency": {"kind": "once_per_visit"},
    }]})
}
