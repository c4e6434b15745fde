//! What may stand in a header. Each type is made by one function that lets no control character through: a header
//! that somebody else writes into ours cannot be expressed (TRUST A32).

use std::fmt;
use url::{Host, Url};

/// Characters of a name or subject; what is longer is cut.
const MAX_HEADER_TEXT: usize = 120;
/// RFC 5321, 4.5.3.1.
const MAX_LOCAL: usize = 64;
const MAX_ADDRESS: usize = 254;
const MAX_MESSAGE_ID: usize = 250;
const MAX_LINK: usize = 2_000;

/// One line of text for people: a name, a subject. No control characters, line breaks, or marks that turn the
/// direction of what follows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct HeaderText(String);

impl HeaderText {
    /// Never refuses: whatever cannot stand in a header becomes a space, and spaces are one. A name must not keep a mail back.
    #[must_use]
    pub fn clean(text: &str) -> Self {
        let mut line = String::new();
        let mut length = 0;
        for c in text.chars() {
            if is_invisible_mark(c) {
                continue;
            }
            let space = c.is_control() || c.is_whitespace();
            if space && (line.is_empty() || line.ends_with(' ')) {
                continue;
            }
            if length == MAX_HEADER_TEXT {
                break;
            }
            line.push(if space { ' ' } else { c });
            length += 1;
        }
        line.truncate(line.trim_end().len());
        Self(line)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Marks that nobody sees and that turn or hide what stands beside them: `gpj.exe` shown as `exe.jpg`.
pub(crate) fn is_invisible_mark(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// `local@domain`, in ASCII: the domain in its xn-- form, the local part of the characters that need no quotes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailAddress {
    text: String,
    at: usize,
}

impl MailAddress {
    /// `None` for what SES could not send to, too: a local part beyond ASCII, an address in brackets.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.trim().rsplit_once('@')?;
        let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&c);
        let local_fits = local.len() <= MAX_LOCAL
            && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom));
        // The URL parser would read past a port, a path or a user: the domain is looked at before.
        let host_fits = domain.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-');
        if !local_fits || !host_fits {
            return None;
        }
        let Ok(Host::Domain(domain)) = Host::parse(domain) else { return None };
        let labels_fit = domain
            .split('.')
            .all(|label| (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-'));
        let text = format!("{local}@{domain}");
        (labels_fit && text.len() <= MAX_ADDRESS).then_some(Self { at: local.len(), text })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// In lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// Whether mail to both lands with the same person as far as anybody can tell: capitals do not count.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Addresses are not for logs.
impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailAddress(…@{})", self.domain())
    }
}

/// A name and where it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub name: HeaderText,
    pub address: MailAddress,
}

/// `left@right`, without its angle brackets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(String);

impl MessageId {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let id = text.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(text);
        let fits = (3..=MAX_MESSAGE_ID).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_graphic() && !b"<>".contains(&b))
            && id.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty());
        fits.then(|| Self(id.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a button or a logo leads: https, or http for a platform at home. In ASCII, without white space or brackets.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let fits = matches!(url.scheme(), "https" | "http")
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.as_str().len() <= MAX_LINK
            && url.as_str().bytes().all(|b| b.is_ascii_graphic() && !b"<>\"\\`".contains(&b));
        fits.then(|| Self(url.into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Links of ours carry tokens: they are not for logs.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(…)")
    }
}

/// What every mail of one deployment carries, so that it knows its own when one comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoopMark(String);

impl LoopMark {
    pub const HEADER: &'static str = "X-Mostrador-Loop";

    /// 1 to 64 letters, digits and hyphens.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fits.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_32_a_name_is_one_line_without_marks_that_turn_it() {
        let check =
            |text: &str, expect: &str| assert_eq!(HeaderText::clean(text).as_str(), expect, "{text:?}");
        check("Ana\r\nBcc: x@evil.example", "Ana Bcc: x@evil.example");
        check("  Ana \u{0} \u{85}\u{2028} Ruiz\t", "Ana Ruiz");
        check("\u{202E}anA\u{202C}", "anA");
        check("a\u{200B}b\u{FEFF}c", "abc");
        check("👩\u{200D}💻 Zoë שלום", "👩\u{200D}💻 Zoë שלום");
        check("\r\n", "");
        assert_eq!(HeaderText::clean(&"ñ".repeat(500)).as_str().chars().count(), MAX_HEADER_TEXT);
    }

    #[test]
    fn what_is_an_address() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(MailAddress::parse(text).as_ref().map(MailAddress::as_str), expect, "{text:?}");
        };
        check("ana@example.com", Some("ana@example.com"));
        check(" Ana.Ruiz+shop@Example.COM ", Some("Ana.Ruiz+shop@example.com"));
        check("o'hara@example.com", Some("o'hara@example.com"));
        check("a@müller.example", Some("a@xn--mller-kva.example"));
        check("a@localhost", Some("a@localhost"));
        let wrong = [
            "",
            "@",
            "a@",
            "@b.c",
            "a b@c.d",
            "a@b c",
            "a\r\n@b.c",
            "a@b.c\r\nBcc: x@y.z",
            "\"a b\"@c.d",
            ".a@b.c",
            "a..b@c.d",
            "a.@b.c",
            "ñ@b.c",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@b..c",
            "a@-b.c",
            "a@b.c:25",
            "a@b.c/x",
            "a@b,c",
            "<a@b.c>",
            "a@b\u{0}.c",
        ];
        for text in wrong {
            check(text, None);
        }
        check(&format!("{}@b.c", "a".repeat(65)), None);
        check(&format!("a@{}.c", "b".repeat(64)), None);
        assert!(MailAddress::parse("Ana@x.y").unwrap().is_same(&MailAddress::parse("ana@X.y").unwrap()));
    }

    #[test]
    fn what_is_a_message_id_a_link_a_mark() {
        assert_eq!(MessageId::parse("<a.b@c>").unwrap().as_str(), "a.b@c");
        for wrong in ["", "a", "@", "a@", "@b", "a b@c", "a@b>\r\nX: y", "<a@b>, <c@d>", "ñ@b"] {
            assert!(MessageId::parse(wrong).is_none(), "{wrong:?}");
        }
        assert_eq!(
            Link::parse("https://shop.example/a b?c=<d>").unwrap().as_str(),
            "https://shop.example/a%20b?c=%3Cd%3E"
        );
        assert!(Link::parse("http://localhost:8787/mail/").is_some());
        for wrong in [
            "",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://u:p@x.y",
            "//x.y",
            "mailto:a@b.c",
            "https://",
        ] {
            assert!(Link::parse(wrong).is_none(), "{wrong:?}");
        }
        assert!(LoopMark::parse("prod-eu_1").is_some());
        assert!(
            LoopMark::parse("a b").is_none()
                && LoopMark::parse("a\r\n").is_none()
                && LoopMark::parse("").is_none()
        );
    }

    proptest! {
        #[test]
        fn a_32_no_text_becomes_more_than_a_line(text in "\\PC{0,40}|[\\r\\n\\t a-z:<>@\\u{0}-\\u{1f}\\u{2028}\\u{202e}]{0,60}") {
            let fits = |s: &str| s.chars().all(|c| !c.is_control() && c != '\u{2028}' && c != '\u{2029}');
            prop_assert!(fits(HeaderText::clean(&text).as_str()));
            for made in [
                MailAddress::parse(&text).map(|a| a.as_str().to_owned()),
                MailAddress::parse(&format!("{text}@b.c")).map(|a| a.as_str().to_owned()),
                MessageId::parse(&format!("a@{text}")).map(|a| a.as_str().to_owned()),
                Link::parse(&format!("https://a.b/{text}")).map(|a| a.as_str().to_owned()),
                LoopMark::parse(&text).map(|a| a.as_str().to_owned()),
            ].into_iter().flatten() {
                prop_assert!(made.bytes().all(|b| b.is_ascii_graphic()), "{made:?}");
            }
        }
    }
}
