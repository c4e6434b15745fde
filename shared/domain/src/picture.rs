//! A picture in a text that a merchant wrote (H7): `![what it shows](https://…)`, on a line of its own.
//!
//! Only the shop's own texts have pictures: what the shop says by itself, its welcome, its answers to questions. In what a shopper
//! or an agent types the same letters stay letters: whoever looks at a picture tells its server that they look. `web/protocol/src/pictures.ts`
//! reads the same; `tests/fixtures/rich.json` holds both to it.

use crate::fields::FieldCode;
use crate::settings::HttpsUrl;

/// Pictures in one text.
pub const MAX_PICTURES: usize = 4;
/// Characters that say what a picture shows.
pub const MAX_SHOWS: usize = 120;
/// Characters of its address.
pub const MAX_ADDRESS: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture<'a> {
    /// For who does not see it, and where it cannot be shown.
    pub shows: &'a str,
    /// Begins with `https://`.
    pub address: &'a str,
}

/// A text cut at its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Without the blank lines that set it apart from a picture.
    Text(&'a str),
    Picture(Picture<'a>),
}

const BLANK: [char; 2] = [' ', '\t'];

/// The picture that a line is.
#[must_use]
pub fn picture(line: &str) -> Option<Picture<'_>> {
    let inner = line.trim_matches(BLANK).strip_prefix("![")?.strip_suffix(')')?;
    let (shows, address) = inner.split_once("](")?;
    let shows = shows.trim_matches(BLANK);
    let shows_fits =
        !shows.is_empty() && !shows.contains(['[', ']']) && shows.chars().nth(MAX_SHOWS).is_none();
    let address_fits = address.chars().nth(MAX_ADDRESS).is_none()
        && !address.contains(['(', ')', '\'', '\u{feff}'])
        && HttpsUrl::parse(address).is_some()
        && host(address).is_some_and(|host| {
            host.starts_with(|c: char| c.is_ascii_alphanumeric())
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b))
        });
    (shows_fits && address_fits).then_some(Picture { shows, address })
}

/// With its port.
fn host(address: &str) -> Option<&str> {
    address.strip_prefix("https://")?.split(['/', '?', '#']).next()
}

/// In order, never empty texts.
#[must_use]
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if let Some(picture) = picture(line.trim_end_matches('\n')) {
            found.extend(between(&text[from..at], from > 0, true));
            found.push(Part::Picture(picture));
            from = end;
        }
        at = end;
    }
    found.extend(between(&text[from..], from > 0, false));
    found
}

fn between(text: &str, after_one: bool, before_one: bool) -> Option<Part<'_>> {
    let mut text = text;
    while after_one
        && let Some((first, rest)) = text.split_once('\n')
        && is_blank(first)
    {
        text = rest;
    }
    if before_one {
        text = text.strip_suffix('\n').unwrap_or(text);
        while let Some((rest, last)) = text.rsplit_once('\n')
            && is_blank(last)
        {
            text = rest;
        }
    }
    let nothing = is_blank(text) && (after_one || before_one);
    (!nothing && !text.is_empty()).then_some(Part::Text(text))
}

fn is_blank(line: &str) -> bool {
    line.trim_matches(BLANK).is_empty()
}

/// The text where pictures cannot stand: their words in their places.
#[must_use]
pub fn in_words(text: &str) -> String {
    text.split('\n')
        .map(|line| picture(line).map_or(line, |picture| picture.shows))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What is wrong with the pictures of a text, and what is allowed instead.
#[must_use]
pub fn problem(text: &str) -> Option<(FieldCode, String)> {
    let mut pictures = 0;
    for line in text.split('\n').filter(|line| line.contains("![") && line.contains("](")) {
        let Some(_) = picture(line) else { return Some(wrong(line)) };
        pictures += 1;
    }
    (pictures > MAX_PICTURES).then(|| (FieldCode::TooMany, format!("at most {MAX_PICTURES} images")))
}

/// Of a line that means to be a picture.
fn wrong(line: &str) -> (FieldCode, String) {
    const FORM: &str = "![what it shows](https://…)";
    let line = line.trim_matches(BLANK);
    let inside = line.strip_prefix("![").and_then(|line| line.strip_suffix(')'));
    let Some((shows, address)) = inside.and_then(|inside| inside.split_once("](")) else {
        return (FieldCode::Format, format!("an image stands on a line of its own: {FORM}"));
    };
    if address.contains("![") || shows.contains(['[', ']']) {
        (FieldCode::Format, format!("an image stands on a line of its own: {FORM}"))
    } else if !address.starts_with("https://") {
        (FieldCode::NotHttps, "an image's address starts with https://".to_owned())
    } else if shows.trim_matches(BLANK).is_empty() {
        (FieldCode::Required, format!("an image says what it shows: {FORM}"))
    } else if shows.chars().nth(MAX_SHOWS).is_some() {
        (FieldCode::TooLong, format!("at most {MAX_SHOWS} characters say what an image shows"))
    } else if address.chars().nth(MAX_ADDRESS).is_some() {
        (FieldCode::TooLong, format!("at most {MAX_ADDRESS} characters in an image's address"))
    } else {
        (FieldCode::Format, "an image's address has neither spaces nor brackets nor quotes".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_pictures_is_said() {
        let long = |n: usize| "x".repeat(n);
        let table = [
            ("![A lamp](https://shop.example/lamp.jpg)", None),
            ("Look:\n\n  ![A lamp](https://shop.example/a/b.png?w=200&h=1#x)  \nNice?", None),
            ("![Ñandú, 100 % lana](https://shop.example:8443/ñ.webp)", None),
            ("no picture ![ here", None),
            ("[A lamp](https://shop.example/lamp.jpg)", None),
            ("![A lamp](http://shop.example/lamp.jpg)", Some(FieldCode::NotHttps)),
            ("![A lamp](javascript:alert(1))", Some(FieldCode::NotHttps)),
            ("![A lamp](data:image/png;base64,xxxx)", Some(FieldCode::NotHttps)),
            ("![A lamp](//shop.example/lamp.jpg)", Some(FieldCode::NotHttps)),
            ("![](https://shop.example/lamp.jpg)", Some(FieldCode::Required)),
            ("![ \t](https://shop.example/lamp.jpg)", Some(FieldCode::Required)),
            ("See ![A lamp](https://shop.example/lamp.jpg)", Some(FieldCode::Format)),
            ("![A lamp](https://shop.example/lamp.jpg) here", Some(FieldCode::Format)),
            ("![A](https://a.example) ![B](https://b.example)", Some(FieldCode::Format)),
            ("![A [b]](https://a.example/x)", Some(FieldCode::Format)),
            ("![A lamp](https://a.example/x(1).png)", Some(FieldCode::Format)),
            ("![A lamp](https://a.example/x 1.png)", Some(FieldCode::Format)),
            ("![A lamp](https://me:pw@a.example/x.png)", Some(FieldCode::Format)),
            ("![A lamp](https://)", Some(FieldCode::Format)),
        ];
        for (text, code) in table {
            assert_eq!(problem(text).map(|(code, _)| code), code, "{text}");
        }
        let of = |shows: usize, address: usize| {
            let start = "https://a.example/";
            format!("![{}]({start}{})", long(shows), long(address - start.len()))
        };
        assert_eq!(problem(&of(MAX_SHOWS, MAX_ADDRESS)), None);
        assert_eq!(problem(&of(MAX_SHOWS + 1, 40)).unwrap().0, FieldCode::TooLong);
        assert_eq!(problem(&of(9, MAX_ADDRESS + 1)).unwrap().0, FieldCode::TooLong);
        let one = "![A](https://a.example/a.png)\n";
        assert_eq!(problem(&one.repeat(MAX_PICTURES)), None);
        assert_eq!(problem(&one.repeat(MAX_PICTURES + 1)).unwrap().0, FieldCode::TooMany);
    }

    #[test]
    fn where_no_picture_can_stand_its_words_do() {
        assert_eq!(
            in_words("New:\n![A lamp](https://a.example/l.png)\n![no](http://x)"),
            "New:\nA lamp\n![no](http://x)"
        );
    }
}
