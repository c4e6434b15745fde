//! What people type: limits, and what is taken out before anything is kept.

use unicode_normalization::UnicodeNormalization;

/// Characters in a message or note.
pub const MAX_TEXT_CHARS: usize = 10_000;
/// Characters in a person's name or title.
pub const MAX_NAME_CHARS: usize = 80;
/// Characters of a message that a list shows.
pub const PREVIEW_CHARS: usize = 120;

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("text is empty")]
    Empty,
    #[error("text is longer than {MAX_TEXT_CHARS} characters")]
    TooLong,
}

/// A text that somebody may send: not blank, at most [`MAX_TEXT_CHARS`] characters, without control characters other
/// than line breaks and tabs. Kept as text; it is never markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageText(String);

impl MessageText {
    /// Line endings become `\n`, NULs and other control characters go, the ends are trimmed of white space.
    pub fn parse(raw: &str) -> Result<Self, TextError> {
        if raw.chars().nth(MAX_TEXT_CHARS).is_some() {
            return Err(TextError::TooLong);
        }
        let mut text = String::with_capacity(raw.len());
        let mut chars = raw.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\r' => {
                    if chars.peek() != Some(&'\n') {
                        text.push('\n');
                    }
                }
                '\n' | '\t' => text.push(c),
                c if c.is_control() => {}
                c => text.push(c),
            }
        }
        let text = text.trim();
        if text.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
            return Err(TextError::Empty);
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// The start of a text on one line, cut at a character, with an ellipsis when cut.
#[must_use]
pub fn preview(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.chars().nth(PREVIEW_CHARS).is_some() {
            let cut: String = line.chars().take(PREVIEW_CHARS - 1).collect();
            return format!("{}…", cut.trim_end());
        }
    }
    line
}

/// A person's name as it may be shown: NFKC, one line, without characters that are invisible or change direction
/// (they let one name look like another), at most [`MAX_NAME_CHARS`]. `None` when nothing is left.
#[must_use]
pub fn display_name(raw: &str) -> Option<String> {
    let normal: String = raw.nfkc().filter(|c| !is_invisible(*c)).collect();
    let line: Vec<&str> =
        normal.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let name: String = line.join(" ").chars().take(MAX_NAME_CHARS).collect();
    let name = name.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Zero-width, joining, bidirectional-control, tag and variation characters.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_kept_as_written_and_refused_by_name() {
        let check = |raw: &str, expect: Result<&str, TextError>| {
            assert_eq!(
                MessageText::parse(raw).as_ref().map(MessageText::as_str).map_err(|e| *e),
                expect,
                "{raw:?}"
            );
        };
        check("Hola", Ok("Hola"));
        check("  two\r\nlines\rthree ", Ok("two\nlines\nthree"));
        check("<b>&amp;</b>", Ok("<b>&amp;</b>"));
        check("a\u{0}b\u{7}c\td", Ok("abc\td"));
        check("", Err(TextError::Empty));
        check(" \n\t ", Err(TextError::Empty));
        check("\u{200B}\u{2060}", Err(TextError::Empty));
        check(&"x".repeat(MAX_TEXT_CHARS), Ok(&"x".repeat(MAX_TEXT_CHARS)));
        check(&"x".repeat(MAX_TEXT_CHARS + 1), Err(TextError::TooLong));
        check(&"😀".repeat(MAX_TEXT_CHARS), Ok(&"😀".repeat(MAX_TEXT_CHARS)));
    }

    #[test]
    fn a_07_names_lose_what_is_invisible_or_changes_direction() {
        let check =
            |raw: &str, expect: Option<&str>| assert_eq!(display_name(raw).as_deref(), expect, "{raw:?}");
        check("Ana García", Some("Ana García"));
        check("A\u{200B}na\u{202E} nimdA", Some("Ana nimdA"));
        check("\u{2066}\u{200D}", None);
        check("  two\nlines\t", Some("two lines"));
        check("ﬁne Ａｎａ", Some("fine Ana"));
        check("", None);
        assert_eq!(display_name(&"x".repeat(500)).unwrap().len(), MAX_NAME_CHARS);
    }

    proptest! {
        #[test]
        fn a_preview_is_one_short_line(text in "\\PC{0,400}") {
            let line = preview(&text);
            prop_assert!(line.chars().count() <= PREVIEW_CHARS);
            prop_assert!(!line.contains('\n'));
        }

        #[test]
        fn parsing_a_text_twice_changes_nothing_more(text in ".{0,200}") {
            if let Ok(once) = MessageText::parse(&text) {
                prop_assert_eq!(MessageText::parse(once.as_str()), Ok(once.clone()));
            }
        }
    }
}
