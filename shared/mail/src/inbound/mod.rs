//! What a mail said.

use crate::header::{HeaderText, MailAddress};
use crate::token::ReplyToken;
use domain::Timestamp;

/// What a mail may be. Beyond it a mail is kept as it came and flagged; nothing of it is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub bytes: usize,
    pub parts: usize,
    /// Multiparts within multiparts; forwarded mails are attachments and not looked into.
    pub depth: usize,
    /// Of one part's headers.
    pub header_bytes: usize,
    /// Of one part's text, decoded.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 10 << 20, parts: 100, depth: 10, header_bytes: 256 << 10, text_bytes: 1 << 20 }
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
    /// One of our own, come back.
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
    OwnMark,
    ForeignMark,
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
