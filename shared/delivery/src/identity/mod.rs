//! Tokens by which a shop's server vouches for a shopper (C5). What the claims must say is `domain::identity`; here a
//! token is taken apart and its signature checked, with the algorithm of the stored key and never the token's own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::identity::{Claims, Key, MAX_TOKEN, Material, Refusal, Vouched, check_claims, choose_key};
use domain::{SiteId, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Map, Value};

/// Whom a JWT vouches for on `site`, whose keys are `keys`.
pub fn verify_token(token: &str, keys: &[Key], site: &SiteId, now: Timestamp) -> Result<Vouched, Refusal> {
    check_claims(signed_claims(token, keys, now)?, site, now)
}

/// What a JWT claims, if one of `keys` has signed it. Nothing of it has been looked at.
pub fn signed_claims(token: &str, keys: &[Key], now: Timestamp) -> Result<Claims, Refusal> {
    let header = header(token)?;
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let key = choose_key(keys, text("kid"), text("alg").unwrap_or_default(), now)?;
    // An extension that must be understood, and is not (RFC 7515, 4.1.11); `b64` changes what is signed.
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err(Refusal::Malformed);
    }
    let (algorithm, key) = match &key.material {
        Material::Secret(secret) => (Algorithm::HS256, DecodingKey::from_secret(secret)),
        Material::PublicKey(pem) => {
            let key = DecodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| Refusal::UnknownKey)?;
            (Algorithm::RS256, key)
        }
    };
    let claims = decode::<Map<String, Value>>(token, &key, &signature_only(algorithm))
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => Refusal::Signature,
            _ => Refusal::Malformed,
        })?
        .claims;
    read_claims(&claims)
}

/// A shop's public RSA key that a token can be checked with, 2048 to 8192 bits.
#[must_use]
pub fn is_public_key(pem: &str) -> bool {
    let der_bytes = |pem: &str| -> usize {
        pem.lines().filter(|line| !line.starts_with("-----")).map(|line| line.trim().len() * 3 / 4).sum()
    };
    // A key of 2048 bits is some 290 bytes.
    pem.len() <= MAX_TOKEN
        && pem.starts_with("-----BEGIN PUBLIC KEY-----")
        && der_bytes(pem) >= 290
        && DecodingKey::from_rsa_pem(pem.as_bytes()).is_ok()
}

/// Time and audience are checked by our own clock and rules.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn header(token: &str) -> Result<Map<String, Value>, Refusal> {
    let parts: Vec<&str> = token.split('.').collect();
    if token.len() > MAX_TOKEN || parts.len() != 3 {
        return Err(Refusal::Malformed);
    }
    let bytes = URL_SAFE_NO_PAD.decode(parts[0]).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)
}

fn read_claims(claims: &Map<String, Value>) -> Result<Claims, Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let seconds = |name: &str| match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        // NumericDate may have a fraction.
        Some(value) => value.as_f64().map(|s| Some(s.max(0.0) as u64)).ok_or(Refusal::Malformed),
    };
    let sub = match claims.get("sub") {
        // Shops number their customers.
        Some(Value::Number(number)) if number.is_u64() => Some(number.to_string()),
        _ => text("sub"),
    };
    let aud = match claims.get("aud") {
        Some(Value::String(audience)) => vec![audience.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Ok(Claims {
        sub,
        aud,
        exp: seconds("exp")?,
        nbf: seconds("nbf")?,
        iat: seconds("iat")?,
        jti: text("jti"),
        email: text("email"),
        name: text("name"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::identity::KeyId;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    /// Made for these tests; nothing else has ever trusted it.
    const PRIVATE: &str = include_str!("test-key.pem");
    const PUBLIC: &str = include_str!("test-key.pub.pem");
    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
    const S: u64 = 1_800_000_000;
    const NOW: Timestamp = Timestamp(S * 1000);

    fn site() -> SiteId {
        "demo".parse().unwrap()
    }

    fn keys() -> [Key; 2] {
        let key =
            |id: &str, material| Key { id: KeyId::parse(id).unwrap(), material, made_at: NOW, ends_at: None };
        [key("shared", Material::Secret(SECRET.to_vec())), key("rsa", Material::PublicKey(PUBLIC.into()))]
    }

    fn claims() -> Value {
        json!({"sub": "customer-7", "aud": "demo", "exp": S + 300, "email": "ana@example.com", "name": "Ana"})
    }

    fn signed(algorithm: Algorithm, kid: Option<&str>, key: &EncodingKey, claims: &Value) -> String {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
        encode(&header, claims, key).unwrap()
    }

    fn shared(claims: &Value) -> String {
        signed(Algorithm::HS256, Some("shared"), &EncodingKey::from_secret(SECRET), claims)
    }

    fn rsa() -> EncodingKey {
        EncodingKey::from_rsa_pem(PRIVATE.as_bytes()).unwrap()
    }

    fn part(value: &Value) -> String {
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    fn check(token: &str, expect: Result<&str, Refusal>) {
        let found = verify_token(token, &keys(), &site(), NOW).map(|v| v.subject);
        assert_eq!(found, expect.map(str::to_owned));
    }

    #[test]
    fn a_good_token_vouches_by_either_kind_of_key() {
        check(&shared(&claims()), Ok("customer-7"));
        check(&signed(Algorithm::RS256, Some("rsa"), &rsa(), &claims()), Ok("customer-7"));
        let vouched = verify_token(&shared(&claims()), &keys(), &site(), NOW).unwrap();
        assert_eq!(
            (vouched.email.as_deref(), vouched.name.as_deref()),
            (Some("ana@example.com"), Some("Ana"))
        );
        // Numbers as customers' ids, several audiences, fractions of seconds.
        check(&shared(&json!({"sub": 42, "aud": ["x", "demo"], "exp": S as f64 + 0.5})), Ok("42"));
    }

    #[test]
    fn a_15_tokens_that_are_not_believed_are_refused_by_name() {
        let other_secret = EncodingKey::from_secret(b"another secret of thirty-two by.");
        let with = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            shared(&claims)
        };
        let without = |name: &str| {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(name);
            shared(&claims)
        };
        let good = shared(&claims());
        let (head, rest) = good.split_once('.').unwrap();
        let (body, signature) = rest.split_once('.').unwrap();
        let unsigned =
            |header: Value, signature: &str| format!("{}.{}.{signature}", part(&header), part(&claims()));

        // No signature, in every spelling; with and without the good one's.
        for none in ["none", "None", "NONE", "nOnE", ""] {
            check(&unsigned(json!({"alg": none, "kid": "shared"}), ""), Err(Refusal::Algorithm));
            check(&unsigned(json!({"alg": none, "kid": "shared"}), signature), Err(Refusal::Algorithm));
        }
        check(&unsigned(json!({"kid": "shared"}), signature), Err(Refusal::Algorithm));
        check(&unsigned(json!({"alg": "HS256", "kid": "shared"}), ""), Err(Refusal::Signature));
        // Another algorithm than the stored key's: the public key as a secret above all.
        let public_as_secret = EncodingKey::from_secret(PUBLIC.as_bytes());
        check(&signed(Algorithm::HS256, Some("rsa"), &public_as_secret, &claims()), Err(Refusal::Algorithm));
        check(
            &signed(Algorithm::HS512, Some("shared"), &EncodingKey::from_secret(SECRET), &claims()),
            Err(Refusal::Algorithm),
        );
        check(&signed(Algorithm::RS512, Some("rsa"), &rsa(), &claims()), Err(Refusal::Algorithm));
        check(&signed(Algorithm::PS256, Some("rsa"), &rsa(), &claims()), Err(Refusal::Algorithm));
        check(&signed(Algorithm::RS256, Some("shared"), &rsa(), &claims()), Err(Refusal::Algorithm));
        // Another key, an unknown one, none, one that the token brings along.
        check(&signed(Algorithm::HS256, Some("shared"), &other_secret, &claims()), Err(Refusal::Signature));
        check(&signed(Algorithm::HS256, Some("nobody"), &other_secret, &claims()), Err(Refusal::UnknownKey));
        check(
            &signed(Algorithm::HS256, None, &EncodingKey::from_secret(SECRET), &claims()),
            Err(Refusal::UnknownKey),
        );
        check(
            &unsigned(json!({"alg": "HS256", "jwk": {"kty": "oct", "k": "AA"}}), signature),
            Err(Refusal::UnknownKey),
        );
        // Changed after signing.
        let changed = part(&json!({"sub": "customer-8", "aud": "demo", "exp": S + 300}));
        check(&format!("{head}.{changed}.{signature}"), Err(Refusal::Signature));
        check(
            &unsigned(json!({"alg": "HS256", "kid": "shared", "crit": ["b64"], "b64": false}), signature),
            Err(Refusal::Malformed),
        );
        // Claims.
        check(&with("aud", json!("demo-two")), Err(Refusal::Audience));
        check(&without("aud"), Err(Refusal::Audience));
        check(&without("exp"), Err(Refusal::NoExpiry));
        check(&with("exp", json!(null)), Err(Refusal::NoExpiry));
        check(&with("exp", json!("soon")), Err(Refusal::Malformed));
        check(&with("exp", json!(S - 60)), Err(Refusal::Expired));
        check(&with("exp", json!(-5)), Err(Refusal::Expired));
        check(&with("exp", json!(S + 24 * 3600)), Err(Refusal::TooLong));
        check(&with("exp", json!(1e300)), Err(Refusal::TooLong));
        check(&without("sub"), Err(Refusal::Subject));
        check(&with("sub", json!({"id": 7})), Err(Refusal::Malformed));
        check(&with("nbf", json!(S + 120)), Err(Refusal::NotYet));
        // Not tokens.
        for broken in [
            "",
            ".",
            "..",
            "a.b",
            "a.b.c",
            "a.b.c.d",
            &format!("{head}.{body}"),
            &format!("{head}.{body}.{signature}.x"),
        ] {
            check(broken, Err(Refusal::Malformed));
        }
        check(&format!("{}.{body}.{signature}", part(&json!([]))), Err(Refusal::Malformed));
        check(&with("name", json!("x".repeat(MAX_TOKEN))), Err(Refusal::Malformed));
        check(&format!("{head}.{body}.{signature}="), Err(Refusal::Malformed));
    }

    #[test]
    fn a_16_a_victims_email_in_ones_own_token_is_just_a_text() {
        let theirs = verify_token(
            &shared(&json!({"sub": "victim", "aud": "demo", "exp": S + 60, "email": "v@example.com"})),
            &keys(),
            &site(),
            NOW,
        );
        let mine = verify_token(
            &shared(&json!({"sub": "thief", "aud": "demo", "exp": S + 60, "email": "v@example.com"})),
            &keys(),
            &site(),
            NOW,
        );
        assert_ne!(theirs.unwrap().shopper(&site()), mine.unwrap().shopper(&site()));
    }

    #[test]
    fn only_a_public_rsa_key_is_taken_for_one() {
        assert!(is_public_key(PUBLIC));
        assert!(!is_public_key(PRIVATE));
        assert!(!is_public_key(""));
        assert!(!is_public_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
    }
}
