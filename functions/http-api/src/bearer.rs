//! Agents' bearer tokens: ID tokens of the OpenID provider. Whoever signs in there with a verified email address is
//! looked up by it; memberships and roles are ours.

use delivery::Failure;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use std::sync::Mutex;

/// What we take from an ID token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub email: Option<String>,
    /// Cognito writes a boolean, some providers a string.
    #[serde(default, deserialize_with = "truth")]
    pub email_verified: bool,
    /// Cognito's mark that this is an ID token and not an access token; absent elsewhere.
    pub token_use: Option<String>,
}

fn truth<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Truth {
        Bool(bool),
        Text(String),
    }
    Ok(match Truth::deserialize(deserializer)? {
        Truth::Bool(truth) => truth,
        Truth::Text(text) => text == "true",
    })
}

/// Checks ID tokens against the provider's keys, fetched once and again when a key is unknown.
#[derive(Debug)]
pub struct IdTokens {
    issuer: String,
    audience: String,
    client: reqwest::Client,
    keys: Mutex<Option<JwkSet>>,
}

#[derive(Deserialize)]
struct Discovery {
    jwks_uri: String,
}

impl IdTokens {
    #[must_use]
    pub const fn new(issuer: String, audience: String, client: reqwest::Client) -> Self {
        Self { issuer, audience, client, keys: Mutex::new(None) }
    }

    /// The claims of a valid token with a verified email address; anything else is unauthorized.
    pub async fn verify(&self, token: &str) -> Result<Claims, Failure> {
        let header = decode_header(token).map_err(|_| Failure::Unauthorized)?;
        // Asymmetric only: a token signed with the public key as an HMAC secret is refused here.
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
            return Err(Failure::Unauthorized);
        }
        let kid = header.kid.ok_or(Failure::Unauthorized)?;
        let known =
            self.keys.lock().expect("no holder panics").as_ref().and_then(|set| set.find(&kid).cloned());
        let key = match known {
            Some(key) => key,
            None => {
                let set = self.fetch().await?;
                let key = set.find(&kid).cloned();
                *self.keys.lock().expect("no holder panics") = Some(set);
                key.ok_or(Failure::Unauthorized)?
            }
        };
        let key = DecodingKey::from_jwk(&key).map_err(|_| Failure::Unauthorized)?;
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.leeway = 60;
        let claims = decode::<Claims>(token, &key, &validation).map_err(|_| Failure::Unauthorized)?.claims;
        let an_id_token = claims.token_use.as_deref().is_none_or(|kind| kind == "id");
        if !an_id_token || !claims.email_verified || claims.email.is_none() {
            return Err(Failure::Unauthorized);
        }
        Ok(claims)
    }

    async fn fetch(&self) -> Result<JwkSet, Failure> {
        let fetch = async {
            let discovery = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
            let discovery: Discovery =
                self.client.get(discovery).send().await?.error_for_status()?.json().await?;
            self.client.get(discovery.jwks_uri).send().await?.error_for_status()?.json::<JwkSet>().await
        };
        fetch.await.map_err(|error: reqwest::Error| {
            tracing::error!(%error, "the OpenID provider's keys could not be fetched");
            Failure::Busy
        })
    }
}
