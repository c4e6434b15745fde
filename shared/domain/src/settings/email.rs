//! Mail to shoppers: whether, from whom, after how long, in which words (E1).

use super::{HttpsUrl, LocalText, MailText};
use crate::fallback::DEFAULT_DELAY;
use std::collections::BTreeMap;
use std::time::Duration;

/// Characters in a sender's name.
pub const MAX_SENDER_NAME: usize = 80;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// Off: nothing is mailed to shoppers. On, there is a sender.
    pub enabled: bool,
    /// Empty: the shop's name.
    pub sender_name: String,
    /// What mails come from: of a domain that SES has verified.
    pub sender: Option<String>,
    /// Where answers arrive, if answers by mail are read.
    pub reply_domain: Option<String>,
    /// How long an answer stays unseen before it is mailed: [`crate::fallback::DELAY`].
    pub delay: Duration,
    pub logo: Option<HttpsUrl>,
    /// In the merchant's words; what is absent or blank is ours. The signature is one of them.
    pub texts: BTreeMap<MailText, LocalText>,
    /// Whoever has an address gets a copy when the conversation is closed.
    pub transcript_at_close: bool,
}

impl Default for Email {
    /// A shop that has verified no domain sends nothing.
    fn default() -> Self {
        Self {
            enabled: false,
            sender_name: String::new(),
            sender: None,
            reply_domain: None,
            delay: DEFAULT_DELAY,
            logo: None,
            texts: BTreeMap::new(),
            transcript_at_close: false,
        }
    }
}

impl Email {
    /// How long an answer stays unseen before it is mailed to whoever has an address; `None`: it is not.
    #[must_use]
    pub fn mails_after(&self) -> Option<Duration> {
        (self.enabled && self.sender.is_some()).then_some(self.delay)
    }
}

/// `local@domain` as SES takes it for a sender: ASCII, at most 254 characters; the domain in small letters.
#[must_use]
pub fn email_address(text: &str) -> Option<String> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    let fits = (1..=64).contains(&local.len())
        && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
        && local.len() + domain.len() < 254;
    fits.then(|| Some(format!("{local}@{}", mail_domain(domain)?)))?
}

/// A domain that mail is sent to: two labels at least, in ASCII (an international one in its `xn--` form), in small letters.
#[must_use]
pub fn mail_domain(text: &str) -> Option<String> {
    let text = text.trim();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let last_is_a_name =
        text.rsplit('.').next().is_some_and(|last| last.bytes().any(|b| b.is_ascii_alphabetic()));
    // The local part of a reply's address takes 26 characters and the sign between them one.
    let fits = text.len() <= 220 && text.contains('.') && text.split('.').all(label) && last_is_a_name;
    fits.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_sender_and_what_a_domain() {
        let check =
            |text: &str, expect: Option<&str>| assert_eq!(email_address(text).as_deref(), expect, "{text:?}");
        check("hello@shop.example", Some("hello@shop.example"));
        check(" Hello.You+1@Shop.Example ", Some("Hello.You+1@shop.example"));
        for wrong in [
            "",
            "@",
            "a@",
            "@b.c",
            "a@b",
            "a b@c.example",
            "a@b .example",
            "a@b.example\r\nBcc: x@y.example",
            "a..b@c.example",
            ".a@c.example",
            "ñ@c.example",
            "a@ñ.example",
            "a@127.0.0.1",
            "a@-b.example",
            "a@b..example",
            "<a@b.example>",
            "a,b@c.example",
        ] {
            check(wrong, None);
        }
        assert_eq!(mail_domain("Reply.Shop.Example").as_deref(), Some("reply.shop.example"));
        assert_eq!(mail_domain(&format!("{}.example", "a".repeat(64))), None);
        assert_eq!(email_address(&format!("{}@b.example", "a".repeat(65))), None);
    }

    #[test]
    fn a_shop_without_a_sender_mails_nothing() {
        let mut email = Email::default();
        assert_eq!(email.mails_after(), None);
        email.enabled = true;
        assert_eq!(email.mails_after(), None);
        email.sender = Some("hello@shop.example".into());
        assert_eq!(email.mails_after(), Some(DEFAULT_DELAY));
    }
}
