//! What a mail said.
//!
//! [`read`] never panics and never refuses: a mail beyond its limits is flagged, and what could be read without taking it apart is there.
//! Headers and encodings are mail-parser's work; the parts are counted and cut here, before it sees them, because it has no limits of its
//! own: three hundred thousand forwarded mails within one another would overflow its stack.

mod attachment;
mod charset;
mod html;
mod kind;
mod mime;
mod reply;

pub use attachment::attachment_bytes;

use crate::header::{HeaderText, LoopMark, MailAddress};
use crate::token::ReplyToken;
use domain::Timestamp;
use mail_parser::{Address, HeaderName, HeaderValue, Message};
use mime::{Leaf, Shape};
use std::ops::Range;

/// What a mail may be. Beyond it a mail is kept as it came and flagged; nothing of it is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub bytes: usize,
    pub parts: usize,
    /// Multiparts within multiparts; forwarded mails are attachments and not looked into.
    pub depth: usize,
    /// Of the mail's headers; a part has a quarter of it.
    pub header_bytes: usize,
    /// Of all its texts, decoded.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 10 << 20, parts: 100, depth: 10, header_bytes: 256 << 10, text_bytes: 512 << 10 }
    }
}

/// What SES found, from the receipt and not from the mail: headers of that name may be anybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdicts {
    pub spf: Verdict,
    pub dkim: Verdict,
    pub dmarc: Verdict,
    pub spam: Verdict,
    pub virus: Verdict,
}

/// As `ses.receipt.*Verdict.status` writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    Pass,
    Fail,
    Gray,
    ProcessingFailed,
    /// SES said nothing.
    #[default]
    Unknown,
}

impl Verdict {
    #[must_use]
    pub fn named(status: &str) -> Self {
        match status {
            "PASS" => Self::Pass,
            "FAIL" => Self::Fail,
            "GRAY" => Self::Gray,
            "PROCESSING_FAILED" => Self::ProcessingFailed,
            _ => Self::Unknown,
        }
    }
}

/// A name and address as a mail claims them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: HeaderText,
    /// `None`: there is something, and it is no address.
    pub address: Option<MailAddress>,
}

/// A mail, taken apart. Everything in it is a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    pub from: Vec<Person>,
    pub sender: Option<Person>,
    pub reply_to: Vec<Person>,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    /// Delivered-To, X-Original-To and their like.
    pub delivered_to: Vec<MailAddress>,
    /// `None`: no Return-Path; `Some(None)`: the empty one, `<>`.
    pub return_path: Option<Option<MailAddress>>,
    /// As written, without angle brackets: for deduplication, not for headers.
    pub message_id: Option<String>,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    pub subject: HeaderText,
    pub date: Option<Timestamp>,
    pub verdicts: Verdicts,
    /// The mark that a Mostrador puts on its mails.
    pub loop_mark: Option<LoopMark>,
    pub kind: Kind,
    /// Why `kind` is what it is; also what is not enough by itself.
    pub evidence: Vec<Evidence>,
    /// All of it, quoted history too.
    pub text: String,
    /// What is new in it: without quoted history, signature, mobile footers.
    pub new_text: String,
    pub attachments: Vec<Attachment>,
    pub flags: Vec<Flag>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Person,
    /// A program: an absence note, a receipt, a newsletter. Never answered.
    AutoResponder,
    /// RFC 3464, or its look.
    Bounce(Bounce),
    /// RFC 5965.
    Complaint(Complaint),
    /// A deployment's own mail, of this one or another (`Inbound::loop_mark`), or one that goes round in a circle.
    Loop,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bounce {
    /// Empty for one without a report.
    pub recipients: Vec<BouncedRecipient>,
    /// Of the mail that bounced, if it came along.
    pub original_message_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BouncedRecipient {
    pub address: Option<MailAddress>,
    /// Will not be delivered however often it is tried: action `failed`, status 5.x.x.
    pub permanent: bool,
    /// `5.1.1`
    pub status: String,
    pub diagnostic: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Complaint {
    /// `abuse`
    pub feedback_type: String,
    pub recipient: Option<MailAddress>,
    pub original_message_id: Option<String>,
}

/// What speaks for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    AutoSubmitted,
    Precedence,
    AutoResponseHeader,
    ResponseSuppressed,
    MailingList,
    EmptyReturnPath,
    DaemonAddress,
    Report,
    LoopMark,
    TooManyHops,
    /// "Out of office": people write that, too. Not enough by itself.
    AbsenceSubject,
}

/// What is odd about a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    TooLarge,
    TooManyParts,
    TooDeep,
    HeadersCut,
    TextCut,
    BrokenMime,
    WrongCharset,
    Empty,
    OnlyHtml,
    /// There is text, and nothing of it is new.
    OnlyQuotes,
    /// Answers between quoted lines: the original shows what to.
    Interleaved,
    Forwarded,
    Calendar,
    WinmailDat,
    Encrypted,
    DirectionOverride,
    SeveralFrom,
    NoFrom,
    DangerousAttachment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// For people; never a path.
    pub name: HeaderText,
    pub declared: String,
    pub kind: AttachmentKind,
    /// By its first bytes, whatever it was called.
    pub sniffed: &'static str,
    /// Decoded.
    pub bytes: u64,
    /// Of a multipart/related: a picture of the signature, mostly.
    pub inline: bool,
    /// Runs or shows pages where it is opened, or is not what it is called: never served as what it says (TRUST A4).
    pub dangerous: bool,
    pub(crate) body: Range<usize>,
    pub(crate) encoding: Encoding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachmentKind {
    Image,
    Pdf,
    Text,
    Document,
    Archive,
    Audio,
    Video,
    Calendar,
    Contact,
    Mail,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Base64,
    QuotedPrintable,
    Plain,
}

/// The mail in `raw`, under the limits that we promise.
#[must_use]
pub fn read(raw: &[u8], verdicts: Verdicts) -> Inbound {
    read_within(raw, verdicts, &Limits::default())
}

/// The same under other limits.
#[must_use]
pub fn read_within(raw: &[u8], verdicts: Verdicts, limits: &Limits) -> Inbound {
    let mut flags = Flags::default();
    if raw.len() > limits.bytes {
        flags.raise(Flag::TooLarge);
    }
    let head = mime::headers(raw, limits.header_bytes, &mut flags);
    let mut mail = claims(head.as_ref(), verdicts, &mut flags);
    let shape = if flags.has(Flag::TooLarge) { None } else { mime::shape(raw, limits, &mut flags) };
    let shape = shape.unwrap_or_default();
    take_apart(&mut mail, raw, &shape, limits, &mut flags);
    let found = kind::kind(head.as_ref(), &mail, raw, &shape);
    (mail.kind, mail.evidence) = found;
    mail.flags = flags.into_sorted();
    mail
}

/// What the headers claim.
fn claims(head: Option<&Message<'_>>, verdicts: Verdicts, flags: &mut Flags) -> Inbound {
    let people = |name: HeaderName<'static>, flags: &mut Flags| -> Vec<Person> {
        let all = head.into_iter().flat_map(|head| head.header_values(name.clone()));
        all.filter_map(HeaderValue::as_address)
            .flat_map(|list| persons(list, flags))
            .take(MAX_PEOPLE)
            .collect()
    };
    let ids = |name: HeaderName<'static>| -> Vec<String> {
        head.and_then(|head| head.header(name)).map_or_else(Vec::new, message_ids)
    };
    let subject = head.and_then(Message::subject).unwrap_or_default();
    flags.raise_if(Flag::DirectionOverride, has_override(subject));
    let from = people(HeaderName::From, flags);
    flags.raise_if(Flag::NoFrom, from.is_empty());
    flags.raise_if(Flag::SeveralFrom, from.len() > 1);
    let seconds = head.and_then(Message::date).map(mail_parser::DateTime::to_timestamp);
    Inbound {
        sender: people(HeaderName::Sender, flags).into_iter().next(),
        reply_to: people(HeaderName::ReplyTo, flags),
        to: people(HeaderName::To, flags),
        cc: people(HeaderName::Cc, flags),
        delivered_to: head.map_or_else(Vec::new, delivered_to),
        return_path: head.and_then(return_path),
        message_id: ids(HeaderName::MessageId).into_iter().next(),
        in_reply_to: ids(HeaderName::InReplyTo),
        references: ids(HeaderName::References),
        subject: HeaderText::clean(subject),
        date: seconds.and_then(|s| u64::try_from(s).ok()).and_then(|s| s.checked_mul(1000)).map(Timestamp),
        verdicts,
        loop_mark: kind::loop_mark(head),
        kind: Kind::Person,
        evidence: Vec::new(),
        text: String::new(),
        new_text: String::new(),
        attachments: Vec::new(),
        flags: Vec::new(),
        from,
    }
}

/// The text, what is new in it, and what came with it.
fn take_apart(mail: &mut Inbound, raw: &[u8], shape: &Shape, limits: &Limits, flags: &mut Flags) {
    let forward = reply::is_forward(mail.subject.as_str());
    let bodies = bodies(raw, &shape.leaves, limits, flags);
    let found = match &bodies[..] {
        [Body { plain: Some(plain), html: Some(html) }] => reply::of_both(plain, html, forward),
        _ => reply::of_one(&bodies.iter().map(Body::text).collect::<Vec<_>>().join("\n\n"), forward),
    };
    flags.raise_if(Flag::OnlyHtml, !bodies.is_empty() && bodies.iter().all(|body| body.plain.is_none()));
    flags.raise_if(Flag::Interleaved, found.interleaved);
    flags.raise_if(Flag::Forwarded, found.forwarded);
    let attachments = shape.leaves.iter().filter(|leaf| !leaf.is_body() && !leaf.is_report());
    mail.attachments = attachments.map(|leaf| attachment::look(raw, leaf, flags)).collect();
    flags.raise_if(Flag::Empty, found.text.trim().is_empty() && mail.attachments.is_empty());
    flags.raise_if(Flag::OnlyQuotes, !found.text.trim().is_empty() && found.new_text.is_empty());
    flags.raise_if(Flag::Calendar, mail.attachments.iter().any(|a| a.kind == AttachmentKind::Calendar));
    flags.raise_if(Flag::DangerousAttachment, mail.attachments.iter().any(|a| a.dangerous));
    mail.text = found.text;
    mail.new_text = found.new_text;
}

/// A text as it came: in one form, or in two that say the same.
struct Body {
    plain: Option<String>,
    /// Rendered, with marks.
    html: Option<String>,
}

impl Body {
    fn text(&self) -> &str {
        self.plain.as_deref().or(self.html.as_deref()).unwrap_or_default()
    }
}

fn bodies(raw: &[u8], leaves: &[Leaf], limits: &Limits, flags: &mut Flags) -> Vec<Body> {
    let mut found: Vec<(Option<usize>, Body)> = Vec::new();
    let mut left = limits.text_bytes;
    for leaf in leaves.iter().filter(|leaf| leaf.is_body()) {
        let decoded = mime::decoded(&raw[leaf.body.clone()], leaf.encoding);
        let text = charset::text(&decoded, leaf.charset.as_deref(), left, flags);
        left = left.saturating_sub(text.len());
        let text = if leaf.flowed { reply::unflowed(&text, leaf.delsp) } else { text };
        let same = found.iter().position(|(of, _)| leaf.alternative.is_some() && *of == leaf.alternative);
        let at = same.unwrap_or_else(|| {
            found.push((leaf.alternative, Body { plain: None, html: None }));
            found.len() - 1
        });
        let body = &mut found[at].1;
        if leaf.kind == "text/html" {
            let rendered = html::render(&text);
            match &mut body.html {
                Some(before) => before.push_str(&rendered),
                none => *none = Some(rendered),
            }
        } else {
            match &mut body.plain {
                Some(before) => {
                    before.push_str("\n\n");
                    before.push_str(&text);
                }
                none => *none = Some(text),
            }
        }
    }
    // An empty plain part beside a full HTML part says nothing.
    for (_, body) in &mut found {
        if body.html.is_some() && body.plain.as_ref().is_some_and(|plain| plain.trim().is_empty()) {
            body.plain = None;
        }
    }
    found.into_iter().map(|(_, body)| body).collect()
}

/// Nobody writes to more; what is beyond is not read.
const MAX_PEOPLE: usize = 100;
const MAX_IDS: usize = 100;

fn persons(list: &Address<'_>, flags: &mut Flags) -> Vec<Person> {
    list.iter()
        .take(MAX_PEOPLE)
        .filter(|one| one.name().is_some() || one.address().is_some())
        .map(|one| {
            let name = one.name().unwrap_or_default();
            flags.raise_if(Flag::DirectionOverride, has_override(name));
            Person { name: HeaderText::clean(name), address: one.address().and_then(MailAddress::parse) }
        })
        .collect()
}

fn message_ids(value: &HeaderValue<'_>) -> Vec<String> {
    let one = value.as_text().into_iter();
    let ids = one.chain(value.as_text_list().unwrap_or_default().iter().map(AsRef::as_ref));
    let fits = |id: &&str| !id.is_empty() && id.len() <= 998 && !id.chars().any(char::is_control);
    ids.filter(fits).take(MAX_IDS).map(str::to_owned).collect()
}

fn delivered_to(head: &Message<'_>) -> Vec<MailAddress> {
    let names = ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Forwarded-To"];
    let all =
        head.headers_raw().filter(|(name, _)| names.iter().any(|known| known.eq_ignore_ascii_case(name)));
    let mut found: Vec<MailAddress> = Vec::new();
    for (_, value) in all.take(MAX_PEOPLE) {
        let value = value.trim().trim_start_matches('<').trim_end_matches('>');
        found.extend(MailAddress::parse(value).filter(|address| !found.contains(address)));
    }
    found
}

fn return_path(head: &Message<'_>) -> Option<Option<MailAddress>> {
    let (_, value) = head.headers_raw().find(|(name, _)| name.eq_ignore_ascii_case("Return-Path"))?;
    let value = value.trim().trim_start_matches('<').trim_end_matches('>');
    Some(MailAddress::parse(value))
}

/// Marks that turn the direction of what follows them.
fn has_override(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
}

#[derive(Debug, Default)]
pub(crate) struct Flags(Vec<Flag>);

impl Flags {
    fn raise(&mut self, flag: Flag) {
        if !self.0.contains(&flag) {
            self.0.push(flag);
        }
    }

    fn raise_if(&mut self, flag: Flag, yes: bool) {
        if yes {
            self.raise(flag);
        }
    }

    fn has(&self, flag: Flag) -> bool {
        self.0.contains(&flag)
    }

    fn into_sorted(mut self) -> Vec<Flag> {
        self.0.sort();
        self.0
    }
}

impl Inbound {
    /// The one who wrote it, if it is one.
    #[must_use]
    pub fn author(&self) -> Option<&MailAddress> {
        match &self.from[..] {
            [one] => one.address.as_ref(),
            _ => None,
        }
    }

    #[must_use]
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// Tokens among its recipients, each once. SES knows better to whom it was: this is for mails that were passed on.
    #[must_use]
    pub fn tokens(&self, reply_domain: &str) -> Vec<ReplyToken> {
        let people = self.to.iter().chain(&self.cc).filter_map(|person| person.address.as_ref());
        let mut tokens = Vec::new();
        for token in people.chain(&self.delivered_to).filter_map(|a| ReplyToken::of_address(a, reply_domain))
        {
            if !tokens.contains(&token) {
                tokens.push(token);
            }
        }
        tokens
    }
}
