//! Files that came with mails, as links that are good for minutes; and for agents the mail as it came, as text. Nothing of a mail
//! is ever shown by us as a page.

use crate::routes::{id, readable};
use crate::{Answer, Api, Request};
use delivery::Failure;
use domain::ConversationId;
use domain::conversation::{FileKey, Log};
use domain::people::{Actor, Role};
use domain::ports::{Environment, Files, FilesError, LINK_LIFE, Originals, Push, Store};
use mail::Verdicts;
use protocol::http::{FileLink, OriginalMail};

/// So much of a mail is read to show it. The rest is files, mostly, and behind the link.
const READ: usize = 1 << 20;
/// Characters of the header and of the text that are shown.
const HEADER: usize = 32 << 10;
const TEXT: usize = 100_000;

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    pub(crate) async fn attachment(
        &self,
        request: &Request,
        conversation: ConversationId,
        entry: (Log, u64),
        key: &str,
    ) -> Result<Answer, Failure> {
        let actor = self.writer_for(request, conversation).await?;
        let file = self.engine.attached(&actor, conversation, entry, id::<FileKey>(key)?).await?;
        let now = self.engine.env.now();
        let url = self.files.link(&file, now).await.map_err(|error| unavailable(&error))?;
        let answer = FileLink { url, expires_at: now.plus(LINK_LIFE).millis() };
        Ok(readable(request, Answer::json(200, &answer)))
    }

    /// For agents: header and text as they came, with what is quoted; for admins a link to all of it.
    pub(crate) async fn original(
        &self,
        request: &Request,
        conversation: ConversationId,
        entry: (Log, u64),
    ) -> Result<Answer, Failure> {
        let actor = self.agent_for(&self.person(request).await?, conversation).await?;
        let mark = self.engine.mail_mark(&actor, conversation, entry).await?;
        let now = self.engine.env.now();
        let raw = self.files.original(&mark.original, READ).await.map_err(|error| unavailable(&error))?;
        // Mails are kept for as long as the merchant says; what was said stays in the conversation.
        let raw = raw.ok_or(Failure::NotFound)?;
        // What a shopper answers quotes the link that lets them in. Whoever has that speaks as the shopper.
        let url = match actor {
            Actor::Agent { role: Role::Admin, .. } => Some(
                self.files.original_link(&mark.original, now).await.map_err(|error| unavailable(&error))?,
            ),
            _ => None,
        };
        let (header, header_cut) = first(&String::from_utf8_lossy(header(&raw)), HEADER);
        let (text, text_cut) = first(&without_keys(&mail::read(&raw, Verdicts::default()).text), TEXT);
        let answer = OriginalMail {
            header,
            text,
            cut: header_cut || text_cut || raw.len() > READ,
            url,
            expires_at: now.plus(LINK_LIFE).millis(),
        };
        Ok(readable(request, Answer::json(200, &answer)))
    }
}

/// An entry's log and number in a path. What cannot be one is absent.
pub(crate) fn entry(log: &str, seq: &str) -> Result<(Log, u64), Failure> {
    let log = match log {
        "thread" => Log::Thread,
        "backstage" => Log::Backstage,
        _ => return Err(Failure::NotFound),
    };
    Ok((log, id(seq)?))
}

fn unavailable(error: &FilesError) -> Failure {
    tracing::warn!(%error, "the bucket did not answer");
    Failure::Busy
}

/// The prefix of what a link back holds (`delivery::fallback`), and how long all of it is.
const KEY: (&str, usize) = ("mlk_", 68);

/// A text in which no link lets anybody in. What quotes it may have broken it over lines, with marks of the quote before each.
fn without_keys(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, key)) = rest.split_once(KEY.0) {
        kept.push_str(before);
        kept.push('\u{2026}');
        let (mut left, mut end, mut between) = (KEY.1 - KEY.0.len(), 0, false);
        for (at, c) in key.char_indices() {
            match c {
                '0'..='9' | 'a'..='f' if left > 0 => {
                    (left, end, between) = (left - 1, at + 1, false);
                }
                '\r' | '\n' | '=' if left > 0 => between = true,
                '>' | ' ' | '\t' if between => {}
                _ => break,
            }
        }
        rest = &key[end..];
    }
    kept.push_str(rest);
    kept
}

/// Up to the first empty line.
fn header(raw: &[u8]) -> &[u8] {
    let ends = [&b"\r\n\r\n"[..], b"\n\n"];
    let end = ends.iter().filter_map(|end| raw.windows(end.len()).position(|window| window == *end)).min();
    &raw[..end.unwrap_or(raw.len())]
}

/// So many characters of it, and whether there are more.
fn first(text: &str, most: usize) -> (String, bool) {
    match text.char_indices().nth(most) {
        Some((end, _)) => (text[..end].to_owned(), true),
        None => (text.to_owned(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_at_the_first_empty_line() {
        for (raw, expect) in [
            ("A: b\r\nC: d\r\n\r\nx\n\ny", "A: b\r\nC: d"),
            ("A: b\n\nx\r\n\r\ny", "A: b"),
            ("A: b", "A: b"),
            ("", ""),
        ] {
            assert_eq!(header(raw.as_bytes()), expect.as_bytes(), "{raw:?}");
        }
    }

    #[test]
    fn a_1_no_agent_is_shown_the_link_that_lets_the_shopper_in() {
        let key = "0123456789abcdef".repeat(4);
        let link = format!("https://shop.example/#mostrador-resume=mlk_{key}");
        let (one, two) = key.split_at(20);
        let broken = format!("https://shop.example/#mostrador-resume=mlk_{one}\r\n> > {two}");
        for (text, expect) in [
            (
                format!("Yes\n> {link}\n> or reply"),
                "Yes\n> https://shop.example/#mostrador-resume=\u{2026}\n> or reply",
            ),
            (broken, "https://shop.example/#mostrador-resume=\u{2026}"),
            (
                format!("{link} {link}"),
                "https://shop.example/#mostrador-resume=\u{2026} https://shop.example/#mostrador-resume=\u{2026}",
            ),
            ("mlk_12\nfish".to_owned(), "\u{2026}ish"),
            ("No link".to_owned(), "No link"),
        ] {
            assert_eq!(without_keys(&text), expect, "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_cut_between_characters() {
        assert_eq!(first("año", 2), ("añ".to_owned(), true));
        assert_eq!(first("año", 3), ("año".to_owned(), false));
    }

    #[test]
    fn a_3_only_what_can_be_an_entry_is_looked_for() {
        assert_eq!(entry("thread", "3"), Ok((Log::Thread, 3)));
        for (log, seq) in [("notes", "3"), ("thread", "-1"), ("thread", "x"), ("", "")] {
            assert_eq!(entry(log, seq), Err(Failure::NotFound));
        }
    }
}
