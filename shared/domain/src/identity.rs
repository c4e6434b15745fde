//! Who a shopper is, and how far that is believed (C5, DESIGN 7).
//!
//! *Anonymous*: a browser. *Identified*: gave an email, which reveals nothing and merges with nobody. *Verified*: the shop's
//! server vouches for them, by a signed token (JWT) or, in Liquid themes, by an HMAC of the customer's id. People are told
//! apart by the token's `sub` alone: an email in somebody's own valid token is just what their shop writes there.
//!
//! The signature of a JWT is checked where JSON is read (`delivery::identity`), with the algorithm of the *stored* key; what
//! its claims must say is here.

use crate::{ShopperId, SiteId, Timestamp};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;

/// A token vouches for a sign-in, not for a day.
pub const MAX_LIFE: Duration = Duration::from_secs(15 * 60);
/// What the clocks of two servers may be apart.
pub const LEEWAY: Duration = Duration::from_secs(60);
/// Characters in a `sub` or a customer's id.
pub const MAX_SUBJECT: usize = 255;
/// Bytes in a token.
pub const MAX_TOKEN: usize = 4096;
/// Keys of a site that are in use at once: the new one, and the old one while pages are cached.
pub const MAX_KEYS: usize = 5;
/// Bytes of a secret that we make.
pub const SECRET_BYTES: usize = 32;

/// How far it is believed who a shopper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Standing {
    #[default]
    Anonymous,
    Identified,
    Verified,
}

impl Standing {
    /// After an email was typed: never more than identified, and who is verified stays so.
    #[must_use]
    pub fn with_typed_email(self) -> Self {
        self.max(Self::Identified)
    }
}

/// Names a key in a token's header: 1 to 40 of `a-z`, `A-Z`, `0-9`, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fits.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a shop's server signs with.
#[derive(Clone, PartialEq, Eq)]
pub enum Material {
    /// A secret that the shop shares with us: for JWT (HS256) and for Liquid.
    Secret(Vec<u8>),
    /// The shop's public RSA key, as PEM: for JWT (RS256) only.
    PublicKey(String),
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret(…)",
            Self::PublicKey(_) => "PublicKey(…)",
        })
    }
}

impl Material {
    /// As a token's header must name it.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self {
            Self::Secret(_) => "HS256",
            Self::PublicKey(_) => "RS256",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub id: KeyId,
    pub material: Material,
    pub made_at: Timestamp,
    /// From then on it signs nothing: rotated, with some time for cached pages.
    pub ends_at: Option<Timestamp>,
}

impl Key {
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.ends_at.is_none_or(|end| now < end)
    }
}

/// Why a shopper is not believed. They stay anonymous, and can still chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("not a token of three parts with a header and claims, at most {MAX_TOKEN} bytes")]
    Malformed,
    #[error("the token names no key of this site; its `kid` is the key's id")]
    UnknownKey,
    #[error("the token's `alg` is not the key's")]
    Algorithm,
    #[error("the signature is not this key's")]
    Signature,
    #[error("`sub` is missing, empty or longer than {MAX_SUBJECT} characters")]
    Subject,
    #[error("`aud` is not this site")]
    Audience,
    #[error("`exp` is missing")]
    NoExpiry,
    #[error("the token has expired")]
    Expired,
    #[error("`exp` is more than 15 minutes away")]
    TooLong,
    #[error("`nbf` or `iat` lies in the future")]
    NotYet,
    #[error("this `jti` has been used for another `sub`")]
    Replayed,
}

impl Refusal {
    pub const ALL: [Self; 11] = [
        Self::Malformed,
        Self::UnknownKey,
        Self::Algorithm,
        Self::Signature,
        Self::Subject,
        Self::Audience,
        Self::NoExpiry,
        Self::Expired,
        Self::TooLong,
        Self::NotYet,
        Self::Replayed,
    ];

    /// For whoever writes the shop's side.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::Subject => "subject",
            Self::Audience => "audience",
            Self::NoExpiry => "no_expiry",
            Self::Expired => "expired",
            Self::TooLong => "too_long",
            Self::NotYet => "not_yet",
            Self::Replayed => "replayed",
        }
    }
}

/// What a token claims. Times are whole seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    pub sub: Option<String>,
    pub aud: Vec<String>,
    pub exp: Option<u64>,
    pub nbf: Option<u64>,
    pub iat: Option<u64>,
    pub jti: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
}

/// Somebody whom the shop's server vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    pub subject: String,
    /// As the shop writes it: shown, never merged by.
    pub email: Option<String>,
    pub name: Option<String>,
    /// The token's own id and when it may be forgotten: until then it is this subject's.
    pub jti: Option<(String, Timestamp)>,
}

impl Vouched {
    /// The shopper that this is, on every device and for ever: made of the site and the subject, and of nothing else.
    #[must_use]
    pub fn shopper(&self, site: &SiteId) -> ShopperId {
        shopper_of(site, &self.subject)
    }

    /// A `jti` may come again while it is valid (pages are cached, tabs reload), but for the same subject only.
    pub fn accept_after(self, used_by: Option<&str>) -> Result<Self, Refusal> {
        match used_by {
            Some(subject) if subject != self.subject => Err(Refusal::Replayed),
            _ => Ok(self),
        }
    }
}

/// The shopper whom a site knows by this subject.
#[must_use]
pub fn shopper_of(site: &SiteId, subject: &str) -> ShopperId {
    let hash = Sha256::new()
        .chain_update(b"mostrador shopper\0")
        .chain_update(site.as_str())
        .chain_update(b"\0")
        .chain_update(subject.as_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    ShopperId::verified(bytes)
}

/// The key that a token's header names, if its algorithm is the header's. The stored key decides; the header is
/// only compared with it.
pub fn choose_key<'a>(
    keys: &'a [Key],
    kid: Option<&str>,
    algorithm: &str,
    now: Timestamp,
) -> Result<&'a Key, Refusal> {
    let named = keys.iter().find(|key| Some(key.id.as_str()) == kid && key.is_valid(now));
    let key = named.ok_or(Refusal::UnknownKey)?;
    if key.material.algorithm() == algorithm { Ok(key) } else { Err(Refusal::Algorithm) }
}

/// Whom claims vouch for, whose signature has been found good.
pub fn check_claims(claims: Claims, site: &SiteId, now: Timestamp) -> Result<Vouched, Refusal> {
    let subject = claims.sub.filter(|sub| fits_subject(sub)).ok_or(Refusal::Subject)?;
    if !claims.aud.iter().any(|audience| audience == site.as_str()) {
        return Err(Refusal::Audience);
    }
    let seconds = |s: u64| Timestamp(s.saturating_mul(1000));
    let exp = seconds(claims.exp.ok_or(Refusal::NoExpiry)?);
    if now >= exp.plus(LEEWAY) {
        return Err(Refusal::Expired);
    }
    let issued = claims.iat.map(seconds);
    let too_long = exp.since(now) > MAX_LIFE + LEEWAY || issued.is_some_and(|iat| exp.since(iat) > MAX_LIFE);
    if too_long {
        return Err(Refusal::TooLong);
    }
    let latest = now.plus(LEEWAY);
    if claims.nbf.map(seconds).is_some_and(|nbf| nbf > latest) || issued.is_some_and(|iat| iat > latest) {
        return Err(Refusal::NotYet);
    }
    let jti = claims.jti.filter(|jti| !jti.is_empty());
    if jti.as_ref().is_some_and(|jti| jti.len() > MAX_SUBJECT) {
        return Err(Refusal::Malformed);
    }
    Ok(Vouched {
        subject,
        email: claims.email.as_deref().and_then(crate::intake::email),
        name: claims.name.as_deref().and_then(crate::text::display_name),
        jti: jti.map(|jti| (jti, exp.plus(LEEWAY))),
    })
}

/// Whom a Liquid theme vouches for: `hmac` is the HMAC-SHA256 of the customer's id under a secret of the site, in
/// hexadecimal. It does not expire: it is as good as the secret, and a copy of it is that customer until the key is
/// changed.
pub fn check_liquid(keys: &[Key], customer_id: &str, hmac: &str, now: Timestamp) -> Result<Vouched, Refusal> {
    if !fits_subject(customer_id) {
        return Err(Refusal::Subject);
    }
    let claimed = from_hex(hmac).ok_or(Refusal::Malformed)?;
    let matches = |key: &&Key| match &key.material {
        Material::Secret(secret) if key.is_valid(now) => {
            // Compared in constant time.
            mac(secret).chain_update(customer_id.as_bytes()).verify_slice(&claimed).is_ok()
        }
        Material::Secret(_) | Material::PublicKey(_) => false,
    };
    keys.iter().find(matches).ok_or(Refusal::Signature)?;
    Ok(Vouched { subject: customer_id.to_owned(), email: None, name: None, jti: None })
}

fn mac(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("HMAC takes a key of any length")
}

fn fits_subject(subject: &str) -> bool {
    let blank = subject.trim().is_empty();
    !blank && subject.chars().nth(MAX_SUBJECT).is_none() && !subject.chars().any(char::is_control)
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (n, byte) in bytes.iter_mut().enumerate() {
        let pair = &text[2 * n..2 * n + 2];
        if !pair.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const S: u64 = 1_800_000_000;

    fn site() -> SiteId {
        "demo".parse().unwrap()
    }

    fn claims() -> Claims {
        Claims {
            sub: Some("customer-7".into()),
            aud: vec!["demo".into()],
            exp: Some(S + 300),
            ..Claims::default()
        }
    }

    fn key(id: &str, material: Material) -> Key {
        Key { id: KeyId::parse(id).unwrap(), material, made_at: NOW, ends_at: None }
    }

    #[test]
    fn a_15_claims_are_refused_by_name() {
        let check = |claims: Claims, expect: Result<(), Refusal>| {
            assert_eq!(check_claims(claims.clone(), &site(), NOW).map(|_| ()), expect, "{claims:?}");
        };
        check(claims(), Ok(()));
        check(Claims { sub: None, ..claims() }, Err(Refusal::Subject));
        check(Claims { sub: Some(" ".into()), ..claims() }, Err(Refusal::Subject));
        check(Claims { sub: Some("a\nb".into()), ..claims() }, Err(Refusal::Subject));
        check(Claims { sub: Some("x".repeat(256)), ..claims() }, Err(Refusal::Subject));
        check(Claims { aud: vec![], ..claims() }, Err(Refusal::Audience));
        check(Claims { aud: vec!["demo-two".into()], ..claims() }, Err(Refusal::Audience));
        check(Claims { aud: vec!["other".into(), "demo".into()], ..claims() }, Ok(()));
        check(Claims { exp: None, ..claims() }, Err(Refusal::NoExpiry));
        check(Claims { exp: Some(S - 59), ..claims() }, Ok(()));
        check(Claims { exp: Some(S - 60), ..claims() }, Err(Refusal::Expired));
        check(Claims { exp: Some(S + 15 * 60 + 60), ..claims() }, Ok(()));
        check(Claims { exp: Some(S + 15 * 60 + 61), ..claims() }, Err(Refusal::TooLong));
        check(Claims { exp: Some(u64::MAX), ..claims() }, Err(Refusal::TooLong));
        // Fifteen minutes from its own beginning, wherever that lies.
        check(Claims { iat: Some(S - 600), exp: Some(S + 300), ..claims() }, Ok(()));
        check(Claims { iat: Some(S - 601), exp: Some(S + 300), ..claims() }, Err(Refusal::TooLong));
        check(Claims { iat: Some(S + 60), ..claims() }, Ok(()));
        check(Claims { iat: Some(S + 61), ..claims() }, Err(Refusal::NotYet));
        check(Claims { nbf: Some(S + 61), ..claims() }, Err(Refusal::NotYet));
        check(Claims { jti: Some("x".repeat(256)), ..claims() }, Err(Refusal::Malformed));
    }

    #[test]
    fn a_15_the_stored_key_decides_the_algorithm() {
        let keys = [
            key("k1", Material::Secret(vec![7; 32])),
            key("k2", Material::PublicKey("-----BEGIN PUBLIC KEY-----".into())),
            Key { ends_at: Some(NOW), ..key("old", Material::Secret(vec![8; 32])) },
            Key { ends_at: Some(NOW.plus(LEEWAY)), ..key("older", Material::Secret(vec![9; 32])) },
        ];
        let check = |kid: Option<&str>, algorithm: &str, expect: Result<&str, Refusal>| {
            assert_eq!(choose_key(&keys, kid, algorithm, NOW).map(|k| k.id.as_str()), expect);
        };
        check(Some("k1"), "HS256", Ok("k1"));
        check(Some("k2"), "RS256", Ok("k2"));
        check(Some("older"), "HS256", Ok("older"));
        check(Some("old"), "HS256", Err(Refusal::UnknownKey));
        check(Some("k3"), "HS256", Err(Refusal::UnknownKey));
        check(None, "HS256", Err(Refusal::UnknownKey));
        // The public key as an HMAC secret, and its kin.
        for algorithm in ["HS256", "none", "None", "", "RS512", "PS256", "ES256"] {
            check(Some("k2"), algorithm, Err(Refusal::Algorithm));
        }
        for algorithm in ["none", "hs256", "HS512", "RS256"] {
            check(Some("k1"), algorithm, Err(Refusal::Algorithm));
        }
    }

    #[test]
    fn a_16_people_are_told_apart_by_subject_alone() {
        let vouched = |sub: &str, email: &str| {
            let claims = Claims { sub: Some(sub.into()), email: Some(email.into()), ..claims() };
            check_claims(claims, &site(), NOW).unwrap()
        };
        let victim = vouched("customer-1", "ana@example.com");
        let thief = vouched("customer-2", "ana@example.com");
        assert_ne!(victim.shopper(&site()), thief.shopper(&site()));
        assert_eq!(victim.shopper(&site()), vouched("customer-1", "new@example.com").shopper(&site()));
        // Nor across sites, whatever is written where.
        assert_ne!(victim.shopper(&site()), victim.shopper(&"demo-two".parse().unwrap()));
        assert_eq!(vouched("x", "not an address").email, None);
    }

    #[test]
    fn a_02_a_typed_email_makes_identified_and_never_verified() {
        assert_eq!(Standing::Anonymous.with_typed_email(), Standing::Identified);
        assert_eq!(Standing::Identified.with_typed_email(), Standing::Identified);
        assert_eq!(Standing::Verified.with_typed_email(), Standing::Verified);
    }

    #[test]
    fn a_token_comes_again_for_the_same_subject_only() {
        let token = || check_claims(Claims { jti: Some("j".into()), ..claims() }, &site(), NOW).unwrap();
        assert_eq!(token().jti, Some(("j".into(), Timestamp((S + 360) * 1000))));
        assert!(token().accept_after(None).is_ok());
        assert!(token().accept_after(Some("customer-7")).is_ok());
        assert_eq!(token().accept_after(Some("customer-8")), Err(Refusal::Replayed));
    }

    #[test]
    fn a_liquid_theme_vouches_by_the_hmac_of_the_customers_id() {
        // RFC 4231, test case 2: the key "Jefe", the data "what do ya want for nothing?".
        let digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let data = "what do ya want for nothing?";
        let keys = [
            key("pub", Material::PublicKey("Jefe".into())),
            key("new", Material::Secret(b"new".to_vec())),
            key("jefe", Material::Secret(b"Jefe".to_vec())),
        ];
        let check = |keys: &[Key], id: &str, hmac: &str| check_liquid(keys, id, hmac, NOW).map(|v| v.subject);
        assert_eq!(check(&keys, data, digest), Ok(data.to_owned()));
        assert_eq!(check(&keys, data, &digest.to_uppercase()), Ok(data.to_owned()));
        assert_eq!(check(&keys[..2], data, digest), Err(Refusal::Signature));
        assert_eq!(check(&keys, "what do ya want", digest), Err(Refusal::Signature));
        assert_eq!(check(&keys, "", digest), Err(Refusal::Subject));
        for wrong in
            ["", "5bdc", &digest[..62], &format!("{}zz", &digest[..62]), &format!("+f{}", &digest[2..])]
        {
            assert_eq!(check(&keys, data, wrong), Err(Refusal::Malformed), "{wrong:?}");
        }
        let ended = [Key { ends_at: Some(NOW), ..keys[2].clone() }];
        assert_eq!(check(&ended, data, digest), Err(Refusal::Signature));
    }

    #[test]
    fn a_key_is_never_shown() {
        let shown = format!("{:?}", key("k1", Material::Secret(b"hunter2".to_vec())));
        assert!(!shown.contains("104") && shown.contains("Secret(…)"), "{shown}");
        let codes: std::collections::BTreeSet<_> = Refusal::ALL.map(Refusal::code).into();
        assert_eq!(codes.len(), Refusal::ALL.len());
    }
}
