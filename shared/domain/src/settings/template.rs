//! Texts with variables: `{shop}`.

use crate::fields::FieldCode;

/// What a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextSpec {
    /// In characters, before variables are filled in.
    pub max: usize,
    pub variables: &'static [&'static str],
    /// May have line breaks, formatting and links.
    pub prose: bool,
    /// And images: see [`crate::picture`].
    pub pictures: bool,
}

impl TextSpec {
    #[must_use]
    pub const fn line(max: usize, variables: &'static [&'static str]) -> Self {
        Self { max, variables, prose: false, pictures: false }
    }

    #[must_use]
    pub const fn prose(max: usize, variables: &'static [&'static str]) -> Self {
        Self { max, variables, prose: true, pictures: false }
    }

    /// Prose that the shop says in a conversation: with images.
    #[must_use]
    pub const fn pictured(max: usize, variables: &'static [&'static str]) -> Self {
        Self { max, variables, prose: true, pictures: true }
    }

    /// What is wrong with `text`, and what is allowed instead.
    #[must_use]
    pub fn problem(&self, text: &str) -> Option<(FieldCode, String)> {
        if text.chars().nth(self.max).is_some() {
            return Some((FieldCode::TooLong, format!("at most {} characters", self.max)));
        }
        if unknown_variable(text, self.variables).is_some() {
            let names: Vec<_> = self.variables.iter().map(|name| format!("{{{name}}}")).collect();
            let message = if names.is_empty() {
                "this text has no variables".to_owned()
            } else {
                format!("the variables of this text are {}", names.join(", "))
            };
            return Some((FieldCode::UnknownVariable, message));
        }
        if text.chars().any(|c| c.is_control() && !(self.prose && matches!(c, '\n' | '\t'))) {
            let message = if self.prose { "text without control characters" } else { "one line of text" };
            return Some((FieldCode::Format, message.to_owned()));
        }
        if self.pictures
            && let Some(problem) = crate::picture::problem(text)
        {
            return Some(problem);
        }
        if self.prose && linked(text).any(|to| !allowed_link(to)) {
            return Some((FieldCode::NotHttps, "links start with https://".to_owned()));
        }
        if !self.pictures && text.split('\n').any(|line| crate::picture::picture(line).is_some()) {
            return Some((FieldCode::Format, "this text has no images".to_owned()));
        }
        None
    }
}

/// The first `{word}` in a text that is none of `known`. A bracket that is not round a word is just a bracket.
#[must_use]
pub fn unknown_variable<'a>(text: &'a str, known: &[&str]) -> Option<&'a str> {
    variables(text).map(|(_, name)| name).find(|name| !known.contains(name))
}

/// Puts values in the places of their variables; a variable without a value stays as it is written. Values are not
/// searched for variables in their turn.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut from = 0;
    for (at, name) in variables(text) {
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            filled.push_str(&text[from..at]);
            filled.push_str(value);
            from = at + name.len() + 2;
        }
    }
    filled.push_str(&text[from..]);
    filled
}

/// Each `{word}`: where it begins, and the word.
fn variables(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('{').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        let name = &rest[..rest.find('}')?];
        let word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        word.then_some((at, name))
    })
}

/// Where Markdown's links and images lead: `[text](here)`.
fn linked(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("](").filter_map(|(at, _)| {
        let rest = &text[at + 2..];
        Some(rest[..rest.find(')')?].trim())
    })
}

fn allowed_link(to: &str) -> bool {
    super::HttpsUrl::parse(to).is_some() || to.starts_with("mailto:") || to.starts_with("tel:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn variables_are_filled_once_and_unknown_ones_named() {
        assert_eq!(
            fill("{shop} opens {next_opening}.", &[("shop", "{next_opening}"), ("next_opening", "today")]),
            "{next_opening} opens today."
        );
        assert_eq!(fill("{ shop } {} {x {shop}", &[("shop", "A")]), "{ shop } {} {x A");
        assert_eq!(unknown_variable("{shop} {shops}", &["shop"]), Some("shops"));
        assert_eq!(unknown_variable("set {a, b} and { shop }", &["shop"]), None);
    }

    #[test]
    fn what_is_wrong_with_a_text() {
        let spec = TextSpec::pictured(40, &["shop"]);
        let code = |text: &str| spec.problem(text).map(|(code, _)| code);
        assert_eq!(code("*Hola* de {shop}\n- uno"), None);
        assert_eq!(code("[a](https://a.example)"), None);
        assert_eq!(code("![a](https://a.example/x.png)"), None);
        assert_eq!(code("here: ![b](https://b.c)"), Some(FieldCode::Format));
        assert_eq!(code("[a](javascript:alert(1))"), Some(FieldCode::NotHttps));
        assert_eq!(code("![a](http://a.example/x.png)"), Some(FieldCode::NotHttps));
        assert_eq!(code("{next_opening}"), Some(FieldCode::UnknownVariable));
        assert_eq!(code(&"ñ".repeat(41)), Some(FieldCode::TooLong));
        assert_eq!(code(&"ñ".repeat(40)), None);
        assert_eq!(code("a\u{0}"), Some(FieldCode::Format));
        assert_eq!(TextSpec::line(40, &[]).problem("a\nb").map(|(code, _)| code), Some(FieldCode::Format));
        let plain = |text: &str| TextSpec::prose(40, &[]).problem(text).map(|(code, _)| code);
        assert_eq!(plain("*a*\n[a](https://a.example)"), None);
        assert_eq!(plain("a\n![a](https://a.example/x.png)"), Some(FieldCode::Format));
    }

    proptest! {
        #[test]
        fn filling_touches_nothing_but_the_variables(text in "[{}ab_ ñ]{0,30}") {
            prop_assert_eq!(fill(&text, &[("a", "{a}"), ("b", "{b}")]), text.clone());
        }
    }
}
