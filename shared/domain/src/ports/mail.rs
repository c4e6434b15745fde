//! What is kept of mail: addresses, mails that are about to go and have gone, tokens by which answers find their conversation,
//! links that bring people back.

use super::{QueueError, Stored};
use crate::fallback::Address;
use crate::mail_identity::MailAccountState;
use crate::notification::{Notified, Told, Tray};
use crate::{AgentId, ClientId, ConversationId, ShopperId, SiteId, Timestamp, automatic};
use std::future::Future;
use std::time::Duration;

/// Why an address is written to no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suppressed {
    /// It bounced for good.
    Bounced,
    Complained,
    Unsubscribed,
}

impl Suppressed {
    pub const ALL: [Self; 3] = [Self::Bounced, Self::Complained, Self::Unsubscribed];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Unsubscribed => "unsubscribed",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// What is known of an address at one site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correspondent {
    /// Since when it must not be written to, and why.
    pub suppressed: Option<(Suppressed, Timestamp)>,
    /// It has answered a mail, or clicked in one.
    pub warm: bool,
    /// When mails went to it (or were about to), the oldest first: those of the last day, and perhaps some before.
    pub mails: Vec<Timestamp>,
}

impl Correspondent {
    #[must_use]
    pub fn as_address(&self) -> Address<'_> {
        match self {
            Self { suppressed: Some(_), .. } => Address::Suppressed,
            Self { warm: true, .. } => Address::Warm,
            Self { mails, .. } => Address::Cold { mails },
        }
    }
}

/// An address is forgotten when nothing has happened to it for this long; unless it is suppressed: that stays.
pub const ADDRESS_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Addresses that mails go to, each under the SHA-256 of its small letters, of each site apart. Each method notes a fact: saying it
/// again changes nothing.
pub trait Addresses: Send + Sync {
    /// What is known of an address, as of now.
    fn correspondent(
        &self,
        site: &SiteId,
        address: [u8; 32],
    ) -> impl Future<Output = Stored<Correspondent>> + Send;

    /// From now on it must not be written to. The first reason stays; whether this is it.
    fn suppress(
        &self,
        site: &SiteId,
        address: [u8; 32],
        why: Suppressed,
        at: Timestamp,
    ) -> impl Future<Output = Stored<bool>> + Send;

    /// It has answered, or clicked.
    fn warm(
        &self,
        site: &SiteId,
        address: [u8; 32],
        at: Timestamp,
    ) -> impl Future<Output = Stored<()>> + Send;

    /// Notes that the mail `id` is about to go to it; counted once for its id. Whether it may: not to an address that is suppressed, nor to
    /// a cold one that has had [`crate::fallback::COLD_PER_DAY`] others within a day. Of many who ask at once no more are let through.
    fn take_turn(
        &self,
        site: &SiteId,
        address: [u8; 32],
        id: ClientId,
        now: Timestamp,
    ) -> impl Future<Output = Stored<bool>> + Send;
}

/// What one mail is: whoever would send the same finds it claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailKey {
    pub conversation: ConversationId,
    pub carries: Carries,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carries {
    /// To the shopper: the unseen answers beyond this number of the thread, up to which mails have carried it. There is one mail after
    /// each mark, whatever has been written by the time it goes: two calls that see a different number of answers make the same claim.
    Answers { after: u64 },
    /// A transcript, by what asked for it.
    Transcript { asked: ClientId },
}

impl MailKey {
    /// The id of what follows from the mail: always the same, so that it is noted and counted once.
    #[must_use]
    pub fn id(&self) -> ClientId {
        match self.carries {
            Carries::Answers { after } => automatic::client_id(self.conversation, after, "mailed answers"),
            Carries::Transcript { asked } => asked,
        }
    }
}

/// A mail that SES has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMail {
    /// It carried the thread up to this number.
    pub through: u64,
    pub to: String,
    pub at: Timestamp,
    /// SES's id: bounces name it.
    pub message_id: String,
}

/// What came of claiming a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It is the caller's until its lease ends.
    Yes,
    /// Somebody else's until then.
    Held { until: Timestamp },
    /// It has gone.
    Sent(SentMail),
}

/// A claim is taken over when it is this old: longer than any function may run, so that whoever held it is not sending any more.
pub const MAIL_LEASE: Duration = Duration::from_secs(60);
/// What has been sent is remembered for this long: much longer than it takes to note it.
pub const MAIL_MEMORY: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Mails that are about to go and have gone. A mail is claimed, then handed to SES, then recorded: only one that SES has accepted and that
/// was not recorded within the lease can go twice.
pub trait MailOutbox: Send + Sync {
    /// Claims a mail for `by` (a fresh number of each who tries) until `until`, unless it has gone or is somebody else's at `now`. A repetition, after an
    /// answer that was lost, answers as the first did.
    fn claim_mail(
        &self,
        key: &MailKey,
        by: u128,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Stored<Claimed>> + Send;

    /// Records that it has gone. Whoever records first stands; what stands.
    fn record_mail(&self, key: &MailKey, sent: &SentMail) -> impl Future<Output = Stored<SentMail>> + Send;

    /// A mail that has gone, as of now.
    fn sent_mail(&self, key: &MailKey) -> impl Future<Output = Stored<Option<SentMail>>> + Send;

    /// Gives a claim back: nothing was sent by it. Does nothing to what is not `by`'s, and to what has gone.
    fn release_mail(&self, key: &MailKey, by: u128) -> impl Future<Output = Stored<()>> + Send;
}

/// What agents are told by mail, and how far they have been. Everything of an agent is of one site: another site's is another's.
pub trait AgentNotices: Send + Sync {
    /// Every agent who has ever signed in to the site, with what they have chosen; also those who are no members any more.
    fn notified(&self, site: &SiteId) -> impl Future<Output = Stored<Vec<Notified>>> + Send;

    fn notified_agent(
        &self,
        site: &SiteId,
        agent: AgentId,
    ) -> impl Future<Output = Stored<Option<Notified>>> + Send;

    fn put_notified(&self, site: &SiteId, notified: &Notified) -> impl Future<Output = Stored<()>> + Send;

    /// An agent's tray as of now; an empty one where there is none.
    fn tray(&self, site: &SiteId, agent: AgentId) -> impl Future<Output = Stored<Tray>> + Send;

    /// Replaces a tray if the `rev` of the one that stands is one less. Whether it is stored now: a repetition, after an answer that was lost,
    /// answers as the first did.
    fn put_tray(
        &self,
        site: &SiteId,
        agent: AgentId,
        tray: &Tray,
    ) -> impl Future<Output = Stored<bool>> + Send;

    /// How far agents have been told of a conversation, as of now.
    fn told(&self, conversation: ConversationId)
    -> impl Future<Output = Stored<Vec<(AgentId, Told)>>> + Send;

    /// Records that SES has accepted what tells an agent of a conversation. What stands and reaches as far stays.
    fn record_told(
        &self,
        conversation: ConversationId,
        agent: AgentId,
        told: Told,
    ) -> impl Future<Output = Stored<()>> + Send;
}

/// Whom a transcript goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscriptAsked {
    /// What asked for it: it goes once.
    pub id: ClientId,
    pub to: Recipient,
    pub address: String,
    pub at: Timestamp,
}

/// Transcripts that are to be mailed.
pub trait Transcripts: Send + Sync {
    /// Keeps it. The same id again changes nothing.
    fn ask_transcript(
        &self,
        conversation: ConversationId,
        asked: &TranscriptAsked,
    ) -> impl Future<Output = Stored<()>> + Send;

    /// What is to be mailed, as of now.
    fn transcripts_asked(
        &self,
        conversation: ConversationId,
    ) -> impl Future<Output = Stored<Vec<TranscriptAsked>>> + Send;

    /// It has gone, or never will.
    fn transcript_settled(
        &self,
        conversation: ConversationId,
        id: ClientId,
    ) -> impl Future<Output = Stored<()>> + Send;
}

/// Who gets a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipient {
    Shopper,
    Agent(AgentId),
}

/// What the token in a Reply-To is good for: an answer in this conversation, by this recipient, from this address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyGrant {
    pub site: SiteId,
    pub conversation: ConversationId,
    pub recipient: Recipient,
    /// The SHA-256 of the small letters of the address that it went to.
    pub address: [u8; 32],
    pub made_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// An answer to a mail is taken for this long.
pub const REPLY_GRANT_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// A link brings back to a conversation for this long.
pub const RESUME_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// A link ends mails for this long.
pub const UNSUBSCRIBE_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// What a link of a mail, or what came of it, is for; it is good for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The button of a mail: may be exchanged for what is below, as often as it is followed.
    Resume,
    /// What a browser holds that has followed it: shows this conversation's thread, and takes messages in it.
    Resumed,
    /// Ends mails to this address.
    Unsubscribe,
}

impl Purpose {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Resumed => "resumed",
            Self::Unsubscribe => "unsubscribe",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLink {
    pub purpose: Purpose,
    pub site: SiteId,
    pub conversation: ConversationId,
    pub shopper: ShopperId,
    /// The SHA-256 of the small letters of the address that it went to.
    pub address: [u8; 32],
    pub expires_at: Timestamp,
}

/// What mails bear, kept under the SHA-256 of its secret.
pub trait MailTokens: Send + Sync {
    fn keep_reply_grant(&self, hash: [u8; 32], grant: &ReplyGrant)
    -> impl Future<Output = Stored<()>> + Send;

    /// What a token is good for; `None` if there is none, or it is older than [`REPLY_GRANT_LIFE`]. One that was revoked says so.
    fn reply_grant(
        &self,
        hash: [u8; 32],
        now: Timestamp,
    ) -> impl Future<Output = Stored<Option<ReplyGrant>>> + Send;

    /// From `at` on it is good for nothing; an earlier end stays. Whether there is such a token.
    fn revoke_reply_grant(&self, hash: [u8; 32], at: Timestamp) -> impl Future<Output = Stored<bool>> + Send;

    fn keep_mail_link(&self, hash: [u8; 32], link: &MailLink) -> impl Future<Output = Stored<()>> + Send;

    /// What a link leads to, if it is for that and has not expired. As often as it is opened: mail programs and scanners look first.
    fn mail_link(
        &self,
        hash: [u8; 32],
        purpose: Purpose,
        now: Timestamp,
    ) -> impl Future<Output = Stored<Option<MailLink>>> + Send;
}

/// A mail as SES takes it.
#[derive(Debug, Clone, Copy)]
pub struct RawMail<'a> {
    pub from: &'a str,
    pub to: &'a str,
    /// All of it, headers first.
    pub bytes: &'a [u8],
}

/// Why a mail has no id of SES's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// Nothing went: refused, throttled, sending is paused.
    #[error("the mail was refused: {0}")]
    Refused(String),
    /// No answer: it may have gone.
    #[error("it is not known whether the mail went: {0}")]
    Unknown(String),
}

/// Mail out.
pub trait Mailer: Send + Sync {
    /// Hands a mail over once; never tries again by itself after an answer that was lost. SES's id.
    fn send(&self, mail: RawMail<'_>) -> impl Future<Output = Result<String, NotSent>> + Send;
}

/// What SES says of whoever wants to send, as of now. Needed when mail is set up, and at no other time.
pub trait MailAccount: Send + Sync {
    /// The code of SES's refusal is the error, or what kept it from answering.
    fn state(&self, domain: &str) -> impl Future<Output = Result<MailAccountState, NotSent>> + Send;

    /// The Region, which records of the DNS name.
    fn region(&self) -> &str;
}

/// Conversations of which something is due to be mailed, on their way to whoever mails it.
pub trait MailHandover: Send + Sync {
    /// Has somebody look at what a conversation owes by mail, soon, at least once; the caller does not wait for it. An error: nobody
    /// will.
    fn hand_over(&self, conversation: ConversationId) -> impl Future<Output = Result<(), QueueError>> + Send;
}
