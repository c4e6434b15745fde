//! The parts of a mail, found under limits. Each part's headers are read by mail-parser; where a part begins and ends is found here, line by line,
//! so that no nesting is ever followed further than allowed. Forwarded mails are leaves.

use super::{Encoding, Flag, Flags, Limits};
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{ContentType, Message, MessageParser, MimeHeaders};
use std::borrow::Cow;
use std::ops::Range;

/// A mail's leaves in their order.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub leaves: Vec<Leaf>,
    /// `delivery-status`, `feedback-report`, … of a multipart/report.
    pub report: Option<String>,
}

/// What is needed of a part's headers; the headers themselves may be a hundred times as large in memory as in the mail.
#[derive(Debug)]
pub(super) struct Leaf {
    /// `text/plain`, in lower case.
    pub kind: String,
    pub charset: Option<String>,
    /// As given: not yet to be shown to anybody.
    pub name: Option<String>,
    /// RFC 3676.
    pub flowed: bool,
    pub delsp: bool,
    pub body: Range<usize>,
    pub encoding: Encoding,
    /// The outermost multipart/alternative that it is in.
    pub alternative: Option<usize>,
    /// Within a multipart/related, behind its first part.
    pub related: bool,
    attached: bool,
    in_report: bool,
}

impl Leaf {
    /// Text that is there to be read, not to be saved.
    pub fn is_body(&self) -> bool {
        matches!(self.kind.as_str(), "text/plain" | "text/html") && !self.attached && self.name.is_none()
    }

    /// What a program writes for programs.
    pub fn is_report(&self) -> bool {
        self.in_report
            && matches!(
                self.kind.as_str(),
                "message/delivery-status"
                    | "message/global-delivery-status"
                    | "message/feedback-report"
                    | "message/disposition-notification"
                    | "message/rfc822"
                    | "message/global"
                    | "text/rfc822-headers"
                    | "message/rfc822-headers"
            )
    }
}

/// The headers at the beginning of `part`, of which only so much is read.
pub(super) fn headers<'x>(part: &'x [u8], limit: usize, flags: &mut Flags) -> Option<Message<'x>> {
    let end = headers_end(part);
    flags.raise_if(Flag::HeadersCut, end > limit);
    MessageParser::new().parse_headers(&part[..end.min(limit)])
}

/// Behind the empty line that ends the headers.
fn headers_end(part: &[u8]) -> usize {
    let mut at = 0;
    for line in part.split_inclusive(|b| *b == b'\n') {
        at += line.len();
        if matches!(line, b"\n" | b"\r\n") {
            return at;
        }
    }
    part.len()
}

/// A part yet to be looked at.
struct Pending {
    range: Range<usize>,
    depth: usize,
    alternative: Option<usize>,
    related: bool,
    in_report: bool,
}

/// `None`: beyond the limits, and flagged.
pub(super) fn shape(raw: &[u8], limits: &Limits, flags: &mut Flags) -> Option<Shape> {
    let mut shape = Shape::default();
    let whole =
        Pending { range: 0..raw.len(), depth: 0, alternative: None, related: false, in_report: false };
    let mut pending = vec![whole];
    let mut parts = 0;
    while let Some(part) = pending.pop() {
        let slice = &raw[part.range.clone()];
        let body = part.range.start + headers_end(slice)..part.range.end;
        let limit = if part.depth == 0 { limits.header_bytes } else { limits.header_bytes / 4 };
        let headers = headers(slice, limit, flags);
        let content_type = headers.as_ref().and_then(MimeHeaders::content_type);
        let kind = content_type.map_or_else(|| "text/plain".to_owned(), kind);
        flags.raise_if(
            Flag::Encrypted,
            matches!(
                kind.as_str(),
                "multipart/encrypted" | "application/pkcs7-mime" | "application/x-pkcs7-mime"
            ),
        );
        if kind.starts_with("multipart/") {
            let boundary = content_type.and_then(|kind| kind.attribute("boundary")).unwrap_or_default();
            let children = children(raw, body.clone(), boundary, limits.parts, flags);
            if part.depth >= limits.depth {
                flags.raise(Flag::TooDeep);
                return None;
            }
            parts += children.len();
            if parts > limits.parts {
                flags.raise(Flag::TooManyParts);
                return None;
            }
            if !children.is_empty() {
                let report = kind == "multipart/report";
                if report && shape.report.is_none() {
                    let of = content_type.and_then(|kind| kind.attribute("report-type"));
                    shape.report = Some(of.unwrap_or_default().to_ascii_lowercase());
                }
                let alternative =
                    part.alternative.or((kind == "multipart/alternative").then_some(part.range.start));
                let of_related = kind == "multipart/related";
                pending.extend(children.into_iter().enumerate().rev().map(|(n, range)| Pending {
                    range,
                    depth: part.depth + 1,
                    alternative,
                    related: part.related || (of_related && n > 0),
                    in_report: part.in_report || report,
                }));
                continue;
            }
            flags.raise(Flag::BrokenMime);
        }
        let encoding = headers
            .as_ref()
            .and_then(MimeHeaders::content_transfer_encoding)
            .map_or(Encoding::Plain, encoding);
        // A multipart without parts is read as the text that it then is.
        let kind = if kind.starts_with("multipart/") { "text/plain".to_owned() } else { kind };
        let attribute = |name: &str| content_type.and_then(|kind| kind.attribute(name)).map(str::to_owned);
        let is = |name: &str, wanted: &str| {
            attribute(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
        };
        let disposition = headers.as_ref().and_then(MimeHeaders::content_disposition);
        shape.leaves.push(Leaf {
            charset: attribute("charset"),
            name: headers.as_ref().and_then(MimeHeaders::attachment_name).map(str::to_owned),
            flowed: kind == "text/plain" && is("format", "flowed"),
            delsp: is("delsp", "yes"),
            attached: disposition.is_some_and(ContentType::is_attachment),
            kind,
            body,
            encoding,
            alternative: part.alternative,
            related: part.related,
            in_report: part.in_report,
        });
    }
    Some(shape)
}

fn kind(content_type: &ContentType<'_>) -> String {
    let kind = match content_type.subtype() {
        Some(subtype) => format!("{}/{subtype}", content_type.ctype()),
        None if content_type.ctype() == "text" => "text/plain".to_owned(),
        None => "application/octet-stream".to_owned(),
    };
    kind.to_ascii_lowercase()
}

fn encoding(name: &str) -> Encoding {
    match name.trim().to_ascii_lowercase().as_str() {
        "base64" => Encoding::Base64,
        "quoted-printable" => Encoding::QuotedPrintable,
        _ => Encoding::Plain,
    }
}

/// Where the parts between the boundary's lines are; at most one more than `most`, which is enough to know.
fn children(
    raw: &[u8],
    body: Range<usize>,
    boundary: &str,
    most: usize,
    flags: &mut Flags,
) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if boundary.is_empty() {
        return found;
    }
    let mut begin = None;
    let mut at = body.start;
    for line in raw[body.clone()].split_inclusive(|b| *b == b'\n') {
        let (start, next) = (at, at + line.len());
        at = next;
        let Some(rest) = line.strip_prefix(b"--").and_then(|rest| rest.strip_prefix(boundary.as_bytes()))
        else {
            continue;
        };
        let (last, rest) = match rest.strip_prefix(b"--") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        // Some write on behind the last boundary's line; behind another, the line would be of another boundary.
        if !last && !rest.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if let Some(begin) = begin.take() {
            found.push(begin..without_line_break(raw, begin, start));
        }
        if last || found.len() > most {
            return found;
        }
        begin = Some(next);
    }
    flags.raise(Flag::BrokenMime);
    found.extend(begin.map(|begin| begin..body.end));
    found
}

/// The line break before a boundary belongs to the boundary.
fn without_line_break(raw: &[u8], begin: usize, end: usize) -> usize {
    let part = &raw[begin..end];
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    begin + part.strip_suffix(b"\r").unwrap_or(part).len()
}

/// What the encoding hides. What is not well encoded is read as far as it can be.
pub(super) fn decoded(body: &[u8], encoding: Encoding) -> Cow<'_, [u8]> {
    match encoding {
        Encoding::Plain => Cow::Borrowed(body),
        Encoding::QuotedPrintable => {
            quoted_printable_decode(body).map_or_else(|| quoted_printable_of_the_rest(body), Cow::Owned)
        }
        Encoding::Base64 => base64_decode(body).map_or_else(|| base64_of_the_rest(body), Cow::Owned),
    }
}

/// What looks like an escape and is none is what it looks like.
fn quoted_printable_of_the_rest(body: &[u8]) -> Cow<'_, [u8]> {
    let hex = |byte: Option<&u8>| byte.and_then(|b| (*b as char).to_digit(16));
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while at < body.len() {
        let rest = &body[at..];
        if rest.starts_with(b"=\r\n") || rest.starts_with(b"=\n") {
            at += 2 + usize::from(rest[1] == b'\r');
        } else if let (b'=', Some(high), Some(low)) = (rest[0], hex(rest.get(1)), hex(rest.get(2))) {
            out.push((high * 16 + low) as u8);
            at += 3;
        } else {
            out.push(rest[0]);
            at += 1;
        }
    }
    Cow::Owned(out)
}

/// Mailing lists write their footers in plain behind what is encoded; transports lose a character.
fn base64_of_the_rest(body: &[u8]) -> Cow<'_, [u8]> {
    let known = |b: &u8| b.is_ascii_alphanumeric() || b"+/".contains(b);
    let mut kept: Vec<u8> =
        body.iter().copied().take_while(|b| known(b) || b.is_ascii_whitespace()).filter(known).collect();
    // Where it stopped: at the padding, at a line that is none, or near the end. Elsewhere it was not base64 at all.
    let stop = body.iter().position(|b| !known(b) && !b.is_ascii_whitespace()).unwrap_or(body.len());
    let between_lines = stop == body.len() || body[stop] == b'=' || body[..stop].ends_with(b"\n");
    if kept.is_empty() || !(between_lines || stop >= body.len() / 10 * 9) {
        return Cow::Borrowed(body);
    }
    if kept.len() % 4 == 1 {
        kept.pop();
    }
    kept.resize(kept.len().next_multiple_of(4), b'=');
    base64_decode(&kept).map_or(Cow::Borrowed(body), Cow::Owned)
}
