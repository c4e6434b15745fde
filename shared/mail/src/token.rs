//! The local part of a Reply-To: 128 random bits in base32, so that an answer finds its conversation without anything else in
//! the mail being believed. A local part holds 64 octets; this needs 26, and no capitals, which mail servers do not always keep.

use crate::header::MailAddress;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};
use std::fmt;

/// Characters of a written token.
const WRITTEN: usize = 26;

/// Made from 16 bytes of the caller's randomness. Whoever holds it may answer: it is kept only as its [`TokenHash`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReplyToken([u8; 16]);

impl ReplyToken {
    #[must_use]
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// 26 characters of base32, in any capitals. Nothing else is a token: not a longer or shorter one, not one whose
    /// spare bits are set.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != WRITTEN || !text.is_ascii() {
            return None;
        }
        let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The token in an address of the reply domain.
    #[must_use]
    pub fn of_address(address: &MailAddress, reply_domain: &str) -> Option<Self> {
        if !address.domain().eq_ignore_ascii_case(reply_domain) {
            return None;
        }
        Self::parse(address.local())
    }

    /// `None` if `reply_domain` is none.
    #[must_use]
    pub fn address(&self, reply_domain: &str) -> Option<MailAddress> {
        MailAddress::parse(&format!("{}@{reply_domain}", self.written()))
    }

    #[must_use]
    pub fn written(&self) -> String {
        BASE32_NOPAD.encode(&self.0).to_ascii_lowercase()
    }

    /// What is stored: from it no token can be made. Plain SHA-256 does for 128 random bits, which nobody can guess.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for ReplyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyToken(…)")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_30_what_is_truncated_lengthened_or_altered_is_no_token() {
        let token = ReplyToken::from_random(*b"0123456789abcdef");
        let written = token.written();
        assert_eq!(written, "gaytemzugu3doobzmfrggzdfmy");
        assert_eq!(ReplyToken::parse(&written), Some(token));
        assert_eq!(ReplyToken::parse(&written.to_uppercase()), Some(token));
        for end in 0..written.len() {
            assert_eq!(ReplyToken::parse(&written[..end]), None, "{end} characters");
        }
        let wrong = [
            format!("{written}a"),
            format!(" {written}"),
            format!("{written}="),
            written.replace('g', "0"),
            written.replace('g', "ñ"),
            // The last character's two spare bits.
            format!("{}z", &written[..25]),
            format!("{}-", &written[..25]),
            "a+".repeat(13),
        ];
        for text in wrong {
            assert_eq!(ReplyToken::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn a_token_is_an_address_of_the_reply_domain_only() {
        let token = ReplyToken::from_random([7; 16]);
        let address = token.address("reply.Shop.example").unwrap();
        assert_eq!(address.as_str(), "a4dqobyha4dqobyha4dqobyha4@reply.shop.example");
        assert!(address.local().len() <= 64);
        assert_eq!(ReplyToken::of_address(&address, "reply.shop.example"), Some(token));
        let capitals = MailAddress::parse(&address.as_str().to_uppercase()).unwrap();
        assert_eq!(ReplyToken::of_address(&capitals, "reply.shop.example"), Some(token));
        assert_eq!(ReplyToken::of_address(&address, "shop.example"), None);
        assert_eq!(token.address("no domain"), None);
    }

    #[test]
    fn what_is_stored_is_the_hash_and_what_is_logged_is_nothing() {
        let token = ReplyToken::from_random([0; 16]);
        assert_eq!(
            token.hash().to_string(),
            "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb"
        );
        assert_eq!(format!("{token:?}"), "ReplyToken(…)");
    }

    proptest! {
        #[test]
        fn every_token_is_read_as_it_was_written(bytes: [u8; 16]) {
            let token = ReplyToken::from_random(bytes);
            prop_assert_eq!(token.written().len(), WRITTEN);
            prop_assert_eq!(ReplyToken::parse(&token.written()), Some(token));
        }

        #[test]
        fn a_30_whatever_parses_is_written_the_same(text in "[a-z2-7]{26}") {
            if let Some(token) = ReplyToken::parse(&text) {
                prop_assert_eq!(token.written(), text);
            }
        }
    }
}
