//! Identifiers. Each has one written form, which parsing accepts and nothing else: an id can therefore stand in a
//! table's key without carrying a separator of its own.

use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A string that is not an id of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct IdError(pub &'static str);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(s: &str) -> Result<Self, IdError> {
                let uuid = s.strip_prefix($prefix).and_then(canonical_uuid).ok_or(IdError($what))?;
                Ok(Self(uuid))
            }
        }
    };
}

/// Only the lower-case hyphenated form: `Uuid::parse_str` also takes braces, URNs and capitals, which would give one
/// conversation several names.
fn canonical_uuid(s: &str) -> Option<Uuid> {
    let uuid = Uuid::parse_str(s).ok()?;
    let mut buffer = Uuid::encode_buffer();
    (uuid.hyphenated().encode_lower(&mut buffer) == s).then_some(uuid)
}

uuid_id!(
    /// A conversation, `conv_<uuid>`.
    ConversationId, "conv_", "a conversation id (conv_ and a lower-case UUID)"
);
uuid_id!(
    /// A shopper of one site, `shp_<uuid>`.
    ShopperId, "shp_", "a shopper id (shp_ and a lower-case UUID)"
);
uuid_id!(
    /// An agent of the deployment, `agt_<uuid>`.
    AgentId, "agt_", "an agent id (agt_ and a lower-case UUID)"
);
uuid_id!(
    /// A visitor of one site, as agents call them: `vis_<uuid>`. It opens nothing: the browser's token has 128 secret bits beside it.
    VisitorId, "vis_", "a visitor id (vis_ and a lower-case UUID)"
);
uuid_id!(
    /// The id that a client gives its own command, so that a retry is recognised. A bare UUID.
    ClientId, "", "a client id (a lower-case UUID)"
);

impl ShopperId {
    /// An anonymous shopper: a browser. Made by chance (a UUID of version 4).
    #[must_use]
    pub fn anonymous(random: u128) -> Self {
        Self(uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid())
    }

    /// A verified shopper: made of whom the shop vouches for (a UUID of version 8, "custom").
    #[must_use]
    pub fn verified(hash: [u8; 16]) -> Self {
        Self(uuid::Builder::from_custom_bytes(hash).into_uuid())
    }

    /// Which of the two it is, for ever: so it need not be kept beside each id, and cannot contradict it. Only we make ids.
    #[must_use]
    pub fn is_verified(self) -> bool {
        self.0.get_version_num() == 8
    }
}

/// A site's short name: 1 to 40 of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteId(String);

impl SiteId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SiteId {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        let fits = (1..=40).contains(&s.len())
            && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(s.to_owned())) } else { Err(IdError("a site id (1 to 40 of a-z, 0-9 and -)")) }
    }
}

/// A connection, named by API Gateway: at most 128 of base64's characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(String);

impl ConnectionId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ConnectionId {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        let fits = (1..=128).contains(&s.len())
            && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'=' | b'-' | b'_' | b'+' | b'/'));
        if fits { Ok(Self(s.to_owned())) } else { Err(IdError("a connection id")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_its_one_written_form_only() {
        let id = "conv_018f3b1e-7c1a-7000-8000-000000000001";
        assert_eq!(id.parse::<ConversationId>().unwrap().to_string(), id);
        for wrong in [
            "",
            "conv_",
            "018f3b1e-7c1a-7000-8000-000000000001",
            "shp_018f3b1e-7c1a-7000-8000-000000000001",
            "conv_018F3B1E-7C1A-7000-8000-000000000001",
            "conv_018f3b1e7c1a70008000000000000001",
            "conv_{018f3b1e-7c1a-7000-8000-000000000001}",
            "conv_018f3b1e-7c1a-7000-8000-000000000001#META",
            " conv_018f3b1e-7c1a-7000-8000-000000000001",
        ] {
            assert!(wrong.parse::<ConversationId>().is_err(), "{wrong:?} was taken for an id");
        }
    }

    #[test]
    fn a_shoppers_id_says_whether_the_shop_vouches() {
        for random in [0, 1, u128::MAX, 0x0123_4567_89ab_8def_8123_4567_89ab_cdef] {
            assert!(!ShopperId::anonymous(random).is_verified());
            assert!(ShopperId::verified(random.to_be_bytes()).is_verified());
        }
    }

    #[test]
    fn a_11_no_id_can_carry_a_key_separator() {
        for wrong in ["a#b", "A", "a_b", "a/b", "", "ä", "a b", &"x".repeat(41)] {
            assert!(wrong.parse::<SiteId>().is_err(), "{wrong:?} was taken for a site");
        }
        for wrong in ["", "a#b", "a b", "a\nb", &"x".repeat(129)] {
            assert!(wrong.parse::<ConnectionId>().is_err(), "{wrong:?} was taken for a connection");
        }
        assert!("demo-two".parse::<SiteId>().is_ok());
        assert!("Jk2l-_x=".parse::<ConnectionId>().is_ok());
    }
}
