//! The little formatting that messages have: links, *bold*, _italic_, lists. The same reading as the widget's
//! (`web/protocol/src/rich.ts`), so that a mail shows what the thread shows. It is not Markdown, in which `*bold*` is italic, `#1` a
//! heading and four spaces a code block: a Markdown parser would say something else than the agent saw.

use crate::header::Link;
use domain::picture::{self, Part};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    Text(String),
    Bold(String),
    Italic(String),
    Link { text: String, to: Link },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Lines(Vec<Vec<Span>>),
    List(Vec<Vec<Span>>),
    /// Only of what the shop wrote: see [`pictured`].
    Picture {
        shows: String,
        to: Link,
    },
}

/// What the shop says by itself: [`blocks`], and pictures. What people type is never read so.
#[must_use]
pub fn pictured(text: &str) -> Vec<Block> {
    let read = |part: &Part<'_>| match part {
        Part::Text(text) => blocks(text),
        Part::Picture(picture) => match Link::parse(picture.address) {
            Some(to) => vec![Block::Picture { shows: picture.shows.to_owned(), to }],
            None => blocks(picture.shows),
        },
    };
    picture::parts(text).iter().flat_map(read).collect()
}

/// [`plain_text`], with what a picture shows and where it is.
#[must_use]
pub fn plain_pictured(text: &str) -> String {
    let read = |part: &Part<'_>| match part {
        Part::Text(text) => plain_text(text),
        Part::Picture(picture) => format!("{}: {}", picture.shows, picture.address),
    };
    picture::parts(text).iter().map(read).collect::<Vec<_>>().join("\n")
}

#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    for line in text.lines() {
        match (list_item(line), found.last_mut()) {
            (Some(item), Some(Block::List(items))) => items.push(spans(item)),
            (Some(item), _) => found.push(Block::List(vec![spans(item)])),
            (None, Some(Block::Lines(lines))) => lines.push(spans(line)),
            (None, _) => found.push(Block::Lines(vec![spans(line)])),
        }
    }
    found
}

/// As it is read without formatting: what was bold keeps its asterisks, as people write them in plain mails.
#[must_use]
pub fn plain_text(text: &str) -> String {
    text.lines()
        .map(|line| list_item(line).map_or_else(|| line.trim_end().to_owned(), |item| format!("- {item}")))
        .collect::<Vec<_>>()
        .join("\n")
}

fn list_item(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix(['-', '*', '•'])?;
    let item = rest.trim();
    (rest.starts_with(char::is_whitespace) && !item.is_empty()).then_some(item)
}

fn spans(line: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut plain_from = 0;
    let mut at = 0;
    let mut before = None;
    while let Some(c) = line[at..].chars().next() {
        let rest = &line[at..];
        let span = match c {
            'h' | 'w' => address(rest),
            '*' => marked(rest, '*', before).map(|text| (text.len() + 2, Span::Bold(text.to_owned()))),
            '_' => marked(rest, '_', before).map(|text| (text.len() + 2, Span::Italic(text.to_owned()))),
            _ => None,
        };
        let length = match span {
            Some((length, span)) => {
                if plain_from < at {
                    found.push(Span::Text(line[plain_from..at].to_owned()));
                }
                found.push(span);
                plain_from = at + length;
                length
            }
            None => c.len_utf8(),
        };
        before = line[at..at + length].chars().next_back();
        at += length;
    }
    if plain_from < line.len() {
        found.push(Span::Text(line[plain_from..].to_owned()));
    }
    found
}

/// The inside of `*…*`, if the marks stand at the edges of words.
fn marked(rest: &str, mark: char, before: Option<char>) -> Option<&str> {
    let in_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == mark);
    let inner = &rest[1..];
    let inner = &inner[..inner.find(mark)?];
    let after = rest[inner.len() + 2..].chars().next();
    let edges_fit =
        !inner.is_empty() && !inner.starts_with(char::is_whitespace) && !inner.ends_with(char::is_whitespace);
    (edges_fit && !in_word(before) && !in_word(after)).then_some(inner)
}

fn address(rest: &str) -> Option<(usize, Span)> {
    let scheme = ["https://", "http://", "www."].into_iter().find(|scheme| rest.starts_with(scheme))?;
    let end = rest.find(|c: char| c.is_whitespace() || "<>\"".contains(c)).unwrap_or(rest.len());
    let shown = without_tail(&rest[..end]);
    let to = if scheme == "www." {
        let host = &rest[4..end];
        host.find('.').filter(|dot| *dot > 0 && dot + 1 < host.len())?;
        format!("https://{shown}")
    } else {
        shown.to_owned()
    };
    Some((shown.len(), Span::Link { text: shown.to_owned(), to: Link::parse(&to)? }))
}

/// Punctuation behind an address belongs to the sentence; a closing bracket only if none was opened.
fn without_tail(address: &str) -> &str {
    let text = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '"', '’', '”', '»', '…']);
    let inside = text.trim_end_matches(')');
    let opened = text.matches('(').count().saturating_sub(inside.matches(')').count());
    let closed = text.len() - inside.len();
    &text[..inside.len() + closed.min(opened)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[b …]` bold, `[i …]` italic, `[a …]` a link, `- ` an item, `|` between blocks.
    fn drawn(read: &[Block]) -> String {
        let line = |spans: &Vec<Span>| {
            spans
                .iter()
                .map(|span| match span {
                    Span::Text(text) => text.clone(),
                    Span::Bold(text) => format!("[b {text}]"),
                    Span::Italic(text) => format!("[i {text}]"),
                    Span::Link { text, to } if text == to.as_str() => format!("[a {text}]"),
                    Span::Link { text, to } => format!("[a {text} → {}]", to.as_str()),
                })
                .collect::<String>()
        };
        read.iter()
            .map(|block| match block {
                Block::Lines(lines) => lines.iter().map(line).collect::<Vec<_>>().join("/"),
                Block::List(items) => {
                    items.iter().map(|i| format!("- {}", line(i))).collect::<Vec<_>>().join("/")
                }
                Block::Picture { shows, to } => format!("[img {shows} → {}]", to.as_str()),
            })
            .collect::<Vec<_>>()
            .join(" | ")
    }

    #[derive(serde::Deserialize)]
    struct Case {
        text: String,
        /// As anybody's message is read.
        drawn: String,
        /// As what the shop wrote is read, where that is something else.
        pictured: Option<String>,
    }

    /// The widget and the dashboard are held to the same file.
    #[test]
    fn formatting_is_read_as_in_the_thread() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../../tests/fixtures/rich.json"))
            .expect("the fixture is read");
        assert!(cases.iter().filter(|case| case.pictured.is_some()).count() > 10);
        for Case { text, drawn: expect, pictured: shop } in cases {
            assert_eq!(drawn(&blocks(&text)), expect, "{text:?}");
            assert_eq!(drawn(&pictured(&text)), shop.unwrap_or(expect), "of the shop: {text:?}");
        }
    }

    #[test]
    fn plain_text_stays_readable() {
        assert_eq!(
            plain_text("*hola*  \n  * uno\n• dos\nhttps://a.example"),
            "*hola*\n- uno\n- dos\nhttps://a.example"
        );
        assert_eq!(
            plain_pictured("Mira:\n\n![Una lámpara](https://a.example/l.png)\n\n- uno"),
            "Mira:\nUna lámpara: https://a.example/l.png\n- uno"
        );
    }
}
