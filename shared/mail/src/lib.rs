//! What a mail says, and what a mail said: [`compose`] makes the bytes that SES sends, [`read`] takes apart the bytes that
//! SES received, [`LinkPage`] is where a link of a mail leads that is answered by us. Pure functions: no AWS, no store, no clock, no chance; whoever calls brings time, ids and links.
//!
//! What goes into a header is a type that cannot hold a line break ([`HeaderText`], [`MailAddress`], [`MessageId`],
//! [`Link`]): nobody can write a header of their own through a name (TRUST A32). What comes in is read under limits that are
//! checked before anything is taken apart (TRUST A33), and never believed: [`read`] says what a mail claims, and who
//! may write as whom is decided elsewhere, by the token and the verdicts (TRUST A29).

mod header;
mod inbound;
mod outgoing;
mod page;
mod rich;
mod token;
mod words;

pub use header::{HeaderText, Link, LoopMark, MailAddress, Mailbox, MessageId};
pub use inbound::{
    Attachment, AttachmentKind, Bounce, BouncedRecipient, Complaint, Evidence, Flag, Inbound, Kind, Limits,
    Person, Verdict, Verdicts, attachment_bytes, read, read_within,
};
pub use outgoing::{
    Author, Composed, Envelope, Line, Look, Mail, MailFile, Outgoing, Unsubscribe, Waiting, Why, compose,
};
pub use page::LinkPage;
pub use rich::{Block, Span, blocks, pictured, plain_pictured, plain_text};
pub use token::{ReplyToken, TokenHash};
pub use words::{MAIL_TEXTS, MailText, MailTextSpec, Texts, day, moment};
