//! The keys by which a shop's server vouches for its shoppers: made, told once, ended in time.

use crate::identity::is_public_key;
use crate::settings::admin;
use crate::{Engine, Failure, Secret};
use domain::SiteId;
use domain::fields::{FieldCode, FieldError};
use domain::identity::{Key, KeyId, MAX_KEYS, Material};
use domain::people::Actor;
use domain::ports::{Environment, Push, Store};
use std::time::Duration;

/// A key may go on for this long at most once its end is decided.
const LONGEST_END: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// All keys of a site, for its admins, the oldest first. What they sign with is nobody's to see.
    pub async fn identity_keys(&self, actor: &Actor, site: &SiteId) -> Result<Vec<Key>, Failure> {
        admin(actor, site)?;
        Ok(self.store.identity_keys(site).await?)
    }

    /// A new key: the shop's own public one, or a secret that is told here and never again.
    pub async fn make_identity_key(
        &self,
        actor: &Actor,
        site: &SiteId,
        public_key: Option<String>,
    ) -> Result<(Key, Option<String>), Failure> {
        admin(actor, site)?;
        let now = self.env.now();
        let good = self.store.identity_keys(site).await?.iter().filter(|key| key.is_valid(now)).count();
        if good >= MAX_KEYS {
            let message = format!("at most {MAX_KEYS} keys are good at once: end one first");
            return Err(wrong("", FieldCode::TooMany, message));
        }
        let (material, secret) = match public_key {
            Some(pem) if is_public_key(&pem) => (Material::PublicKey(pem), None),
            Some(_) => {
                let message = "an RSA public key of 2048 bits or more, as PEM: -----BEGIN PUBLIC KEY-----";
                return Err(wrong("public_key", FieldCode::Format, message.into()));
            }
            // Its characters as they stand are the secret: so every library and every theme reads it the same.
            None => {
                let secret = Secret::make("msk_", &self.env).reveal();
                (Material::Secret(secret.clone().into_bytes()), Some(secret))
            }
        };
        let id = KeyId::parse(&format!("k{:016x}", self.env.random() as u64)).expect("a key's id");
        let key = Key { id, material, made_at: now, ends_at: None };
        if !self.store.keep_key(site, &key).await? {
            return Err(Failure::Busy);
        }
        tracing::info!(%site, key = key.id.as_str(), algorithm = key.material.algorithm(), "an identity key was made");
        Ok((key, secret))
    }

    /// Ends a key, at once or after a while, for pages that are cached. An end that is decided is not put off.
    pub async fn end_identity_key(
        &self,
        actor: &Actor,
        site: &SiteId,
        id: &KeyId,
        after: Duration,
    ) -> Result<(), Failure> {
        admin(actor, site)?;
        if after > LONGEST_END {
            return Err(wrong("after_s", FieldCode::OutOfRange, "0 to 2592000 seconds".into()));
        }
        if !self.store.end_key(site, id, self.env.now().plus(after)).await? {
            return Err(Failure::NotFound);
        }
        tracing::info!(%site, key = id.as_str(), "an identity key ends");
        Ok(())
    }
}

fn wrong(path: &str, code: FieldCode, message: String) -> Failure {
    Failure::Invalid(vec![FieldError { path: path.into(), code, message }])
}
