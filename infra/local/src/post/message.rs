//! Reads mail: its headers as they stand, and what a mail program would show of it.

use mail_parser::{Address, HeaderValue, MessageParser, MimeHeaders, PartType};
use serde::Serialize;

/// A header field as it stands: its name, and all its lines with the name and their ends.
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) lines: &'a [u8],
}

impl Field<'_> {
    /// What it says, unfolded.
    pub(super) fn value(&self) -> String {
        let text = String::from_utf8_lossy(self.lines);
        let value = text.split_once(':').map_or("", |(_, value)| value);
        value.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
    }
}

/// The header fields and the body. What is no field is left out.
pub(super) fn split(raw: &[u8]) -> (Vec<Field<'_>>, &[u8]) {
    let (mut fields, mut at) = (Vec::new(), 0);
    while at < raw.len() {
        let end = line_end(raw, at);
        let line = raw[at..end].trim_ascii_end();
        if line.is_empty() {
            return (fields, &raw[end..]);
        }
        let mut last = end;
        while raw.get(last).is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            last = line_end(raw, last);
        }
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        if let (Ok(name), true) = (std::str::from_utf8(name), line.contains(&b':')) {
            fields.push(Field { name: name.trim(), lines: &raw[at..last] });
        }
        at = last;
    }
    (fields, &[])
}

fn line_end(raw: &[u8], from: usize) -> usize {
    raw[from..].iter().position(|byte| *byte == b'\n').map_or(raw.len(), |at| from + at + 1)
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Attachment {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) size: usize,
    /// A picture of the text, not a file beside it.
    pub(crate) inline: bool,
    #[serde(skip)]
    pub(crate) content_id: Option<String>,
    #[serde(skip)]
    pub(crate) contents: Vec<u8>,
}

/// A mail as it is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    pub(crate) from: Vec<Person>,
    pub(crate) to: Vec<Person>,
    pub(crate) cc: Vec<Person>,
    pub(crate) bcc: Vec<Person>,
    pub(crate) reply_to: Vec<Person>,
    pub(crate) subject: String,
    pub(crate) date: String,
    /// With its angle brackets, as the references of an answer want it.
    pub(crate) message_id: String,
    pub(crate) references: Vec<String>,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    pub(crate) attachments: Vec<Attachment>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: Option<String>,
    pub(crate) address: String,
}

impl std::fmt::Display for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

impl Message {
    /// Whatever can be read of it; of what is no mail, nothing.
    pub(crate) fn read(raw: &[u8]) -> Self {
        let Some(parsed) = MessageParser::default().parse(raw) else { return Self::default() };
        let has_html = parsed.html_bodies().any(|part| matches!(part.body, PartType::Html(_)));
        let attachments = parsed
            .attachments()
            .map(|part| Attachment {
                name: part.attachment_name().unwrap_or("unnamed").to_owned(),
                kind: part.content_type().map_or_else(
                    || "application/octet-stream".to_owned(),
                    |kind| match kind.subtype() {
                        Some(subtype) => format!("{}/{subtype}", kind.ctype()).to_lowercase(),
                        None => kind.ctype().to_lowercase(),
                    },
                ),
                size: part.contents().len(),
                inline: part.content_id().is_some()
                    && part.content_disposition().is_none_or(|how| !how.is_attachment()),
                content_id: part.content_id().map(str::to_owned),
                contents: part.contents().to_vec(),
            })
            .collect();
        let references = match parsed.references() {
            HeaderValue::Text(one) => vec![format!("<{one}>")],
            HeaderValue::TextList(many) => many.iter().map(|one| format!("<{one}>")).collect(),
            _ => Vec::new(),
        };
        Self {
            from: people(parsed.from()),
            to: people(parsed.to()),
            cc: people(parsed.cc()),
            bcc: people(parsed.bcc()),
            reply_to: people(parsed.reply_to()),
            subject: parsed.subject().unwrap_or_default().to_owned(),
            date: parsed.date().map(mail_parser::DateTime::to_rfc3339).unwrap_or_default(),
            message_id: parsed.message_id().map(|id| format!("<{id}>")).unwrap_or_default(),
            references,
            text: parsed.body_text(0).map(|text| text.replace("\r\n", "\n")).unwrap_or_default(),
            html: has_html.then(|| parsed.body_html(0)).flatten().map(|html| html.into_owned()),
            attachments,
        }
    }

    /// How its text begins, in one line.
    pub(super) fn preview(&self) -> String {
        let words: Vec<&str> = self.text.split_whitespace().take(40).collect();
        words.join(" ").chars().take(160).collect()
    }
}

fn people(address: Option<&Address<'_>>) -> Vec<Person> {
    address
        .into_iter()
        .flat_map(|address| address.iter())
        .filter_map(|one| {
            Some(Person { name: one.name().map(str::to_owned), address: one.address()?.to_owned() })
        })
        .collect()
}

/// The bare address of what a parameter of SES holds: `Ana <ana@example.com>`.
pub(super) fn person(text: &str) -> Option<Person> {
    let raw = format!("To: {text}\r\n\r\n");
    Message::read(raw.as_bytes()).to.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_are_taken_apart_and_unfolded() {
        let (fields, body) = split(b"From: a@b\r\nSubject: one\r\n two\r\nX: \r\n\r\nbody\r\n\r\nmore");
        let seen: Vec<(&str, String)> = fields.iter().map(|field| (field.name, field.value())).collect();
        let expected = [("From", "a@b"), ("Subject", "one two"), ("X", "")];
        assert_eq!(seen, expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(body, b"body\r\n\r\nmore");
    }

    #[test]
    fn a_mail_that_ends_in_its_head_has_no_body() {
        let (fields, body) = split(b"From: a@b");
        assert_eq!((fields.len(), body), (1, &b""[..]));
    }
}
