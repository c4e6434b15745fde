//! Which texts can be replaced: those that only a merchant can write, and every phrase of the widget.
//!
//! The widget's English file is the list of its phrases, with their variables; reading it here means that no phrase can
//! be shown that cannot be replaced.

use domain::settings::{MAX_PHRASE, TEXTS, TextSpec};
use std::collections::BTreeMap;
use std::sync::LazyLock;

const ENGLISH: &str = include_str!("../../../../web/widget/src/languages/en.ts");

static PHRASES: LazyLock<BTreeMap<&'static str, TextSpec>> = LazyLock::new(|| phrases(ENGLISH));

/// What the text `key` may be; `None` if there is no such text.
#[must_use]
pub fn text_spec(key: &str) -> Option<TextSpec> {
    let own = TEXTS.iter().find(|(name, _)| *name == key).map(|(_, spec)| *spec);
    own.or_else(|| PHRASES.get(key).copied())
}

/// The lines `key: "text",` of a language file.
fn phrases(file: &'static str) -> BTreeMap<&'static str, TextSpec> {
    let line = |line: &'static str| {
        let (key, text) = line.trim().split_once(": \"")?;
        let variables = text.match_indices('{').filter_map(|(at, _)| {
            let rest = &text[at + 1..];
            Some(&rest[..rest.find('}')?])
        });
        // Read once and kept for the life of the process.
        let variables: &'static [&'static str] = variables.collect::<Vec<_>>().leak();
        Some((key, TextSpec::line(MAX_PHRASE, variables)))
    };
    file.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w_8_every_phrase_of_the_widget_can_be_replaced() {
        let body = ENGLISH.split_once("strings = {").unwrap().1;
        let body = &body[..body.rfind("};").unwrap()];
        let lines: Vec<_> =
            body.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("//")).collect();
        assert!(lines.len() > 40, "the widget's phrases are read from its English file");
        for line in lines {
            let key = line.split(':').next().unwrap();
            assert!(
                PHRASES.contains_key(key),
                "{line} was not understood: one phrase a line, in double quotes"
            );
        }
        assert_eq!(text_spec("hereTwo").unwrap().variables, ["a", "b"]);
        assert_eq!(text_spec("bubble").unwrap().variables, ["shop"]);
        assert_eq!(text_spec("nonsense"), None);
    }
}
