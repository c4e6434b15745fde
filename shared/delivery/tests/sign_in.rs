//! Sessions of verified shoppers: how long they live, and what a browser that comes again is given.

use domain::automatic::Deadline;
use domain::identity::{Key, KeyId, Material};
use domain::people::{Actor, ProfileChange, Role, Site};
use domain::ports::{Accounts, Conversations, Environment, IdentityKeys};
use domain::settings::Section;
use domain::{AgentId, ClientId};
use hmac::{Hmac, Mac};
use mostrador_delivery::{Before, Engine, Failure, NewSession, Opened, VERIFIED_SESSION_LIFE, Wish};
use protocol::http::{CustomerProof, IdentityProof};
use sha2::Sha256;
use std::time::Duration;
use testkit::{Memory, Outbox, World};

const SECRET: &[u8] = b"the shop's own";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Case {
    engine: Engine<Memory, Outbox, World>,
    site: Site,
}

impl Case {
    async fn new() -> Self {
        let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
        let site = testkit::shop::site("demo");
        let key = Key {
            id: KeyId::parse("k1").unwrap(),
            material: Material::Secret(SECRET.to_vec()),
            made_at: engine.env.now(),
            ends_at: None,
        };
        engine.store.keep_key(&site.id, &key).await.unwrap();
        Self { engine, site }
    }

    /// As customer 7, with the session that the browser has.
    async fn sign_in(&self, bearer: Option<&str>) -> Opened {
        let hash = Hmac::<Sha256>::new_from_slice(SECRET).unwrap().chain_update("7").finalize().into_bytes();
        let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let proof = IdentityProof::Customer(CustomerProof { customer_id: "7".into(), hash });
        let opened = self.engine.sign_in(&self.site, "203.0.113.7", NewSession::default(), &proof, bearer);
        let opened = opened.await.unwrap();
        assert!(opened.refused.is_none() && opened.session.shopper.is_verified());
        opened
    }
}

#[tokio::test]
async fn a_verified_session_lives_for_a_month_and_is_renewed_by_the_page_that_still_vouches() {
    let case = Case::new().await;
    let first = case.sign_in(None).await;
    assert_eq!(first.session.expires_at, case.engine.env.now().plus(VERIFIED_SESSION_LIFE));
    let first = first.secret.reveal();
    case.engine.env.pass(14 * DAY);
    assert_eq!(case.sign_in(Some(&first)).await.secret.reveal(), first);
    case.engine.env.pass(2 * DAY);
    let next = case.sign_in(Some(&first)).await.secret.reveal();
    assert_ne!(next, first);
    // Another tab goes on with the first until it is over; then that is over.
    assert!(case.engine.session(&first).await.is_ok());
    case.engine.env.pass(14 * DAY);
    assert_eq!(case.engine.session(&first).await, Err(Failure::Unauthorized));
    assert!(case.engine.session(&next).await.is_ok());
    // A session that is over comes along for nothing.
    assert!(case.engine.session(&case.sign_in(Some(&first)).await.secret.reveal()).await.is_ok());
}

#[tokio::test]
async fn an_address_that_signing_in_brings_arms_what_was_answered_before() {
    let case = Case::new().await;
    let (engine, site) = (&case.engine, &case.site);
    engine.store.put_site(site).await.unwrap();
    let actor = |role| Actor::Agent {
        id: AgentId(uuid::Uuid::from_u128(1)),
        site: site.id.clone(),
        name: "Ana".into(),
        role,
    };
    let email = serde_json::json!({"enabled": true, "sender_address": "hola@shop.example", "delay_min": 2});
    engine.publish(&actor(Role::Admin), site, Section::Email, 0, email).await.unwrap();
    let (secret, session) = engine.begin_session(site, "203.0.113.7", NewSession::default()).await.unwrap();
    let shopper = Actor::Shopper { id: session.shopper, site: site.id.clone() };
    let say = |conversation| Wish::Say { conversation, text: "Hola".into(), before: Before::default() };
    let id = |n| ClientId(uuid::Uuid::from_u128(n));
    let begun = engine.perform(&shopper, "203.0.113.7", id(1), say(None), None).await.unwrap().head;
    engine.perform(&actor(Role::Agent), "", id(2), say(Some(begun.id)), None).await.unwrap();
    assert!(engine.store.head(begun.id).await.unwrap().unwrap().deadlines.is_empty(), "there is no address");
    // Whoever signs in was vouched for with an address before.
    let verified = case.sign_in(None).await.session.shopper;
    let change = ProfileChange { email: Some("eva@example.com".into()), ..ProfileChange::default() };
    engine.store.learn(verified, &change);
    case.sign_in(Some(&secret.reveal())).await;
    let head = engine.store.head(begun.id).await.unwrap().unwrap();
    assert_eq!(head.shopper, verified);
    let due = head.deadlines.get(&Deadline::Unseen).expect("it is looked at").due;
    assert_eq!(due, engine.env.now().plus(Duration::from_secs(120)));
}
