//! Languages by their tags, and the four that we ship texts in.

use std::fmt;

/// What every text of ours exists in.
pub const SHIPPED: [&str; 4] = ["en", "es", "pt-BR", "it"];

/// A language tag in its usual capitals: `es`, `pt-BR`, `zh-Hant`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(String);

impl Language {
    /// Two or three letters, then parts of two to eight letters or digits; at most 35 characters.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let mut parts = tag.split('-');
        let primary = parts
            .next()
            .filter(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphabetic()))?;
        let mut written = primary.to_ascii_lowercase();
        for part in parts {
            if !(2..=8).contains(&part.len()) || !part.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return None;
            }
            written.push('-');
            let lower = part.to_ascii_lowercase();
            match part.len() {
                2 => written.push_str(&part.to_ascii_uppercase()),
                4 if part.bytes().all(|b| b.is_ascii_alphabetic()) => {
                    written.push_str(&lower[..1].to_ascii_uppercase());
                    written.push_str(&lower[1..]);
                }
                _ => written.push_str(&lower),
            }
        }
        (written.len() <= 35).then_some(Self(written))
    }

    #[must_use]
    pub fn english() -> Self {
        Self("en".into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// The one of `offered` that speaks `wanted`: the same tag, else its plain language, else any of that language.
    #[must_use]
    pub fn nearest<'a>(wanted: &str, offered: &'a [Self]) -> Option<&'a Self> {
        let wanted = Self::parse(wanted)?;
        let same = |l: &&Self| **l == wanted;
        let plain = |l: &&Self| l.0 == wanted.primary();
        let kin = |l: &&Self| l.primary() == wanted.primary();
        offered.iter().find(same).or_else(|| offered.iter().find(plain)).or_else(|| offered.iter().find(kin))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text of ours. A language cannot be forgotten: it would not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    pub en: &'static str,
    pub es: &'static str,
    pub pt_br: &'static str,
    pub it: &'static str,
}

impl Shipped {
    #[must_use]
    pub fn in_language(&self, language: &Language) -> Option<&'static str> {
        match language.primary() {
            "en" => Some(self.en),
            "es" => Some(self.es),
            "pt" => Some(self.pt_br),
            "it" => Some(self.it),
            _ => None,
        }
    }

    /// In the order of [`SHIPPED`].
    #[must_use]
    pub const fn all(&self) -> [&'static str; 4] {
        [self.en, self.es, self.pt_br, self.it]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_one_written_form() {
        let check = |tag: &str, expect: Option<&str>| {
            assert_eq!(Language::parse(tag).as_ref().map(Language::as_str), expect, "{tag:?}");
        };
        check("ES", Some("es"));
        check("pt-br", Some("pt-BR"));
        check("zh-hant-tw", Some("zh-Hant-TW"));
        check("es-419", Some("es-419"));
        for wrong in ["", "e", "spanish", "es_ES", "es-", "-es", "es-a", "es-ñandu", "es ", "en-abcdefghi"] {
            check(wrong, None);
        }
    }

    #[test]
    fn the_nearest_language_is_found() {
        let offered: Vec<_> =
            ["en", "pt-BR", "zh-Hant", "es-MX", "es"].iter().map(|t| Language::parse(t).unwrap()).collect();
        let check = |wanted: &str, expect: Option<&str>| {
            assert_eq!(Language::nearest(wanted, &offered).map(Language::as_str), expect, "{wanted:?}");
        };
        check("en-GB", Some("en"));
        check("pt", Some("pt-BR"));
        check("pt-PT", Some("pt-BR"));
        check("es-mx", Some("es-MX"));
        check("es-AR", Some("es"));
        check("de", None);
        check("x", None);
    }
}
