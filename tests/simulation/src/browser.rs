//! A shopper's browser: its session, which both of its tabs share, and the shop's page that signs it in.

use crate::client::SimEngine;
use delivery::{Failure, Secret};
use domain::identity::{Key, KeyId, Material, shopper_of};
use domain::people::{Shopper, Site};
use domain::ports::{Accounts, IdentityKeys, Session};
use domain::{ShopperId, SiteId, Timestamp};
use hmac::{Hmac, Mac};
use protocol::http::{CustomerProof, IdentityProof};
use sha2::Sha256;
use std::sync::{Arc, Mutex};
use testkit::Memory;

const SECRET: &[u8] = b"the shop's own";

/// As whom it came, and, where its shopper signs in at the shop, as whom it goes on.
#[derive(Debug, Clone)]
pub struct Browser {
    pub anonymous: ShopperId,
    pub signs_in: Option<SignsIn>,
}

#[derive(Debug, Clone)]
pub struct SignsIn {
    pub verified: ShopperId,
    pub proof: IdentityProof,
    /// When the shop's page asks for it.
    pub at: u64,
    kept: Arc<Mutex<Kept>>,
}

/// What the browser keeps.
#[derive(Debug)]
struct Kept {
    token: String,
    done: bool,
}

impl SignsIn {
    pub fn new(site: &SiteId, anonymous: ShopperId, at: u64) -> Self {
        let customer_id = anonymous.to_string();
        let hash = Hmac::<Sha256>::new_from_slice(SECRET)
            .expect("a key of any length")
            .chain_update(&customer_id)
            .finalize()
            .into_bytes();
        let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let verified = shopper_of(site, &customer_id);
        let kept = Arc::new(Mutex::new(Kept { token: format!("ses_{anonymous}"), done: false }));
        Self { verified, proof: IdentityProof::Customer(CustomerProof { customer_id, hash }), at, kept }
    }

    pub fn token(&self) -> String {
        self.kept.lock().expect("one thread").token.clone()
    }

    pub fn is_done(&self) -> bool {
        self.kept.lock().expect("one thread").done
    }

    /// One try. Its answer may be lost, or the function killed: then the old session is all that the browser has.
    pub async fn sign_in(&self, engine: SimEngine, site: SiteId, address: String) -> Result<(), Failure> {
        let site = Site {
            id: site,
            name: String::new(),
            color: String::new(),
            welcome: String::new(),
            time_zone: "UTC".into(),
            origins: Vec::new(),
        };
        let bearer = self.token();
        let opened = engine
            .sign_in(&site, &address, delivery::NewSession::default(), &self.proof, Some(&bearer))
            .await?;
        assert!(opened.refused.is_none() && opened.session.shopper == self.verified, "not believed");
        let mut kept = self.kept.lock().expect("one thread");
        (kept.token, kept.done) = (opened.secret.reveal(), true);
        Ok(())
    }

    /// The session that the browser begins with, and the key by which its shop signs.
    pub async fn prepare(self, memory: Memory, site: SiteId, anonymous: ShopperId, now: Timestamp) {
        let key = Key {
            id: KeyId::parse("k1").expect("a key's id"),
            material: Material::Secret(SECRET.to_vec()),
            made_at: Timestamp(0),
            ends_at: None,
        };
        let _ = memory.keep_key(&site, &key).await;
        let session =
            Session { shopper: anonymous, site: site.clone(), expires_at: now.plus(delivery::SESSION_LIFE) };
        let profile = Shopper {
            id: anonymous,
            site,
            name: None,
            email: None,
            language: None,
            time_zone: None,
            user_agent: None,
            country: None,
            page: None,
            answers: std::collections::BTreeMap::new(),
            visitor: None,
            first_seen: now,
            last_seen: now,
        };
        let _ = memory.open_session(Secret::known(&self.token()).hash(), &session, &profile).await;
    }
}
