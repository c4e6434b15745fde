//! What the rules need kept, in the words of the domain. A doc comment is a contract: one suite
//! (`testkit::contract`) holds every implementation to it.

mod files;
mod mail;
mod profiles;
mod published;
mod visitors;
mod visits;

pub use files::{Files, FilesError, LINK_LIFE, Originals};
pub use mail::{
    ADDRESS_LIFE, Addresses, AgentNotices, Carries, Claimed, Correspondent, MAIL_LEASE, MAIL_MEMORY,
    MailAccount, MailHandover, MailKey, MailLink, MailOutbox, MailTokens, Mailer, NotSent, Purpose,
    REPLY_GRANT_LIFE, RESUME_LIFE, RawMail, Recipient, ReplyGrant, SentMail, Suppressed, TranscriptAsked,
    Transcripts, UNSUBSCRIBE_LIFE,
};
pub use profiles::Profiles;
pub use published::{
    Document, DocumentPublishing, Documents, MAX_ABOUT_BYTES, MAX_DOCUMENT_BYTES, MAX_SECTION_BYTES,
    Publications, Published, Publishing, SettingsStore, Standing,
};
pub use visitors::Visitors;
pub use visits::{Order, Visits, mark_life};

use crate::connection::{Connection, Registration, Ticket, Topic};
use crate::conversation::{Author, Body, Entry, Head, Log, Numbers, hands_over, is_for_the_bot};
use crate::cursor::{Cursor, Cursors, Reader};
use crate::deadline::Call;
use crate::identity::{Key, KeyId};
use crate::inbox::{Place, Shelf};
use crate::people::{Availability, Member, Page, Person, ProfileChange, Shopper, Site};
use crate::rate::{Quota, Rate};
use crate::settings::FieldId;
use crate::{AgentId, ClientId, ConnectionId, ConversationId, ShopperId, SiteId, Timestamp, VisitorId};
use std::future::Future;
use std::time::Duration;

/// The store did not answer as it should. Whether a write took place is unknown unless the method says otherwise.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Throttled, timed out, out of reach: trying again may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// What is stored cannot be read. Trying again will not help.
    #[error("a stored item is broken: {0}")]
    Broken(String),
}

pub type Stored<T> = Result<T, StoreError>;

/// Whose client ids are told apart. A shopper's ids are one set over all their conversations, so that a message keeps
/// its id when it moves from "begin" to a conversation or to the next one; an agent's are one set per conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    Shopper(ShopperId),
    Agent(AgentId, ConversationId),
    /// The shop itself: automatic messages, whose ids are made from their cause.
    Shop(ConversationId),
}

/// What a command was answered with, kept for as long as the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub conversation: ConversationId,
    pub log: Log,
    pub seq: u64,
    pub at: Timestamp,
    /// SHA-256 of what was asked: the same id with another body is another command.
    pub fingerprint: [u8; 32],
}

/// One transaction: the head, its new entries, what they tell of the shopper, and the receipt, all or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub head: Head,
    /// The head's `rev` that the change was decided on; `None` for a new conversation.
    pub expected_rev: Option<u64>,
    pub entries: Vec<Entry>,
    /// Of the head's shopper, whose profile there is.
    pub profile: Option<ProfileChange>,
    pub sender: Sender,
    pub client_id: ClientId,
    pub receipt: Receipt,
}

impl Commit {
    /// Closed is final: whatever the path by which a commit was decided, the stored head must be open unless it adds notes, or that a mail
    /// went out or came in, to a head that stays closed.
    #[must_use]
    pub fn needs_open(&self) -> bool {
        let may_follow =
            |entry: &Entry| matches!(entry.body, Body::Note { .. } | Body::Mailed { .. } | Body::Mail { .. });
        self.expected_rev.is_some() && (self.head.is_open() || !self.entries.iter().all(may_follow))
    }

    /// Whether the shop itself may have something to say to `entry`, one of these: only of such entries is auto-reply told, so that all
    /// others cost nothing there. What it says then is decided by [`crate::automatic::decide`], which knows no other causes.
    #[must_use]
    pub fn may_be_replied_to(&self, entry: &Entry) -> bool {
        let is_message = matches!((&entry.author, &entry.body), (Author::Shopper, Body::Message { .. }))
            && !is_for_the_bot(entry);
        (self.expected_rev.is_none() && is_message) || entry.releases || hands_over(entry)
    }
}

/// Why nothing was stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// This sender has used this client id: read the [`Receipt`].
    #[error("the client id has been used")]
    Repeated,
    /// The head has moved, or the shopper has an open conversation already: read again, decide again.
    #[error("the head has moved")]
    Moved,
    /// The outcome is unknown; the receipt decides.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A page of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryPage {
    pub entries: Vec<Entry>,
    /// There is more beyond the last of these.
    pub more: bool,
}

/// Heads, logs, receipts, cursors.
pub trait Conversations: Send + Sync {
    /// The head as of now: reads what was committed before the call.
    fn head(&self, id: ConversationId) -> impl Future<Output = Stored<Option<Head>>> + Send;

    /// The shopper's one unclosed conversation, as of now. Of an anonymous shopper who has signed in: what has gone along ([`SignIn`]).
    fn open_conversation(
        &self,
        shopper: ShopperId,
    ) -> impl Future<Output = Stored<Option<ConversationId>>> + Send;

    /// Stores all of `commit` or nothing. Refused as [`CommitError::Repeated`] if the sender has used the client id,
    /// otherwise as [`CommitError::Moved`] if the head's `rev` is not the expected one, if the stored head is closed and this
    /// is more than notes ([`Commit::needs_open`]), or, for a new conversation, if the shopper has an open one. A new conversation becomes the shopper's open one; a head that is closed is no
    /// longer it. Both are part of the same transaction.
    fn commit(&self, commit: &Commit) -> impl Future<Output = Result<(), CommitError>> + Send;

    /// The receipt for a client id, as of now.
    fn receipt(
        &self,
        sender: Sender,
        client_id: ClientId,
    ) -> impl Future<Output = Stored<Option<Receipt>>> + Send;

    /// Entries after `after` in order, as of now, at most `limit` of them.
    fn entries(
        &self,
        id: ConversationId,
        log: Log,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Stored<EntryPage>> + Send;

    /// Entries up to and including `until`, newest first, as of now, at most `limit` of them.
    fn entries_back(
        &self,
        id: ConversationId,
        log: Log,
        until: u64,
        limit: usize,
    ) -> impl Future<Output = Stored<Vec<Entry>>> + Send;

    fn cursors(&self, id: ConversationId) -> impl Future<Output = Stored<Cursors>> + Send;

    /// Moves a cursor forward; what it is now, or `None` if it was there or further already. Several who move it at once all
    /// get an answer; [`StoreError::Unavailable`] if they keep overtaking this one: nothing moved then.
    fn advance(
        &self,
        id: ConversationId,
        reader: Reader,
        to: Cursor,
    ) -> impl Future<Output = Stored<Option<Cursor>>> + Send;

    /// Replaces the head, which differs only in `unread` and `rev`, if its `rev` is still one less and it is open, or
    /// nothing stands there that ends with the conversation ([`Head::arms_what_ends`]). Whether it is stored now: a
    /// repetition, after an answer that was lost, answers as the first did.
    fn mark_read(&self, head: &Head) -> impl Future<Output = Stored<bool>> + Send;

    /// Replaces the head, which differs only in `deadlines`, `rev` and in that mails may go (`mailing` where there was none), if its `rev` is still one
    /// less. Whether it is stored now: a repetition, after an answer that was lost, answers as the first did.
    fn arm(&self, head: &Head) -> impl Future<Output = Stored<bool>> + Send;

    /// Conversations of a shard ([`crate::deadline::shard`]) with a deadline due at `until` or before, the earliest first, at most
    /// `limit`. May lag by a moment.
    fn due(
        &self,
        shard: u8,
        until: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Stored<Vec<Call>>> + Send;

    /// Heads on a shelf of a site, newest activity first, beyond `before`. May lag by a moment.
    fn shelf(
        &self,
        site: &SiteId,
        shelf: Shelf,
        before: Option<Place>,
        limit: usize,
    ) -> impl Future<Output = Stored<Vec<Head>>> + Send;

    /// All conversations of a shopper, newest first, at most `limit`, which is at most 100.
    fn conversations_of(
        &self,
        shopper: ShopperId,
        limit: usize,
    ) -> impl Future<Output = Stored<Vec<Head>>> + Send;
}

/// The answer to a frame's knock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    Admitted(Box<Connection>),
    /// Not a connection of ours, or forgotten.
    Unknown,
    Limited {
        retry_after: Duration,
    },
}

/// Tickets and connections.
pub trait Connections: Send + Sync {
    /// Keeps a ticket under the SHA-256 of its secret.
    fn issue_ticket(&self, hash: [u8; 32], ticket: &Ticket) -> impl Future<Output = Stored<()>> + Send;

    /// Takes a ticket away and answers it, once: the second caller, and anybody at or after its expiry, gets `None`.
    fn redeem_ticket(
        &self,
        hash: [u8; 32],
        now: Timestamp,
    ) -> impl Future<Output = Stored<Option<Ticket>>> + Send;

    fn connect(&self, connection: &Connection) -> impl Future<Output = Stored<()>> + Send;

    /// Reads a connection and counts a frame against `rate`, at once.
    fn admit(
        &self,
        id: &ConnectionId,
        rate: Rate,
        now: Timestamp,
    ) -> impl Future<Output = Stored<Admission>> + Send;

    /// Marks a connection as greeted, and what it has open.
    fn greet(
        &self,
        id: &ConnectionId,
        viewing: Option<ConversationId>,
    ) -> impl Future<Output = Stored<()>> + Send;

    /// Registers (or renews) a connection under a topic until its lease ends.
    fn register(&self, topic: &Topic, registration: &Registration)
    -> impl Future<Output = Stored<()>> + Send;

    fn unregister(&self, topic: &Topic, id: &ConnectionId) -> impl Future<Output = Stored<()>> + Send;

    /// Whoever is registered as of now: a registration made before the call is in the answer. Ended leases are not.
    fn registered(
        &self,
        topic: &Topic,
        now: Timestamp,
    ) -> impl Future<Output = Stored<Vec<Registration>>> + Send;

    /// What an agent is called from the next frame on, if there is such a connection.
    fn rename(&self, id: &ConnectionId, name: &str) -> impl Future<Output = Stored<()>> + Send;

    /// Forgets a connection: its row and its registrations. What it was, if it was.
    fn disconnect(&self, id: &ConnectionId) -> impl Future<Output = Stored<Option<Connection>>> + Send;
}

/// A shopper's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub shopper: ShopperId,
    pub site: SiteId,
    pub expires_at: Timestamp,
}

/// An anonymous shopper's browser signs in at the shop: its session ends, another begins, its open conversation goes along. All or
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The anonymous shopper, and the session that ends, under its hash.
    pub before: ShopperId,
    pub ends: [u8; 32],
    /// The verified shopper's session, and its hash.
    pub session: Session,
    pub hash: [u8; 32],
    /// The anonymous shopper's open conversation, as it was read.
    pub open: Option<ConversationId>,
    /// Its head from now on, whose `rev` is one more than was read: it is the verified shopper's open one then. `None`: it stays, for that one
    /// has another open; or there is none.
    pub moved: Option<Head>,
    /// The anonymous shopper has conversations: for agents the two are known as one person from now on.
    pub linked: bool,
    pub at: Timestamp,
}

/// Sites, people, sessions, limits.
pub trait Accounts: Send + Sync {
    fn site(&self, id: &SiteId) -> impl Future<Output = Stored<Option<Site>>> + Send;
    fn put_site(&self, site: &Site) -> impl Future<Output = Stored<()>> + Send;

    /// Keeps a session under the SHA-256 of its secret, and the shopper's profile if it is new.
    fn open_session(
        &self,
        hash: [u8; 32],
        session: &Session,
        shopper: &Shopper,
    ) -> impl Future<Output = Stored<()>> + Send;
    /// The session, counted against `rate`; `None` if there is none or it has expired; a limit as `Err(retry_after)` inside.
    fn session(
        &self,
        hash: [u8; 32],
        rate: Rate,
        now: Timestamp,
    ) -> impl Future<Output = Stored<Option<Result<Session, Duration>>>> + Send;
    /// The session, if there is one that has not expired; counts nothing.
    fn known_session(
        &self,
        hash: [u8; 32],
        now: Timestamp,
    ) -> impl Future<Output = Stored<Option<Session>>> + Send;
    fn end_session(&self, hash: [u8; 32]) -> impl Future<Output = Stored<()>> + Send;

    /// Carries out a sign-in. Unless a conversation stays behind, none can begin as the anonymous shopper any more: what is still under way
    /// is refused as [`CommitError::Moved`], and [`Conversations::open_conversation`] goes on naming what has gone along. Refused
    /// as `Moved` if the session that should end is not there (or has ended), if the open conversation is another than was read, or if what
    /// moves has another `rev`, is closed, or finds one open.
    fn sign_in(&self, sign_in: &SignIn) -> impl Future<Output = Result<(), CommitError>> + Send;
    /// As which anonymous shoppers this verified one has had conversations: the newest sign-in first, at most `limit`.
    fn browsers(
        &self,
        verified: ShopperId,
        limit: usize,
    ) -> impl Future<Output = Stored<Vec<ShopperId>>> + Send;
    /// As whom this anonymous shopper, who had conversations, has signed in.
    fn signed_in_as(&self, anonymous: ShopperId) -> impl Future<Output = Stored<Option<ShopperId>>> + Send;
    /// Keeps what a shop says of a verified shopper, and what the browser tells: a profile if there is none; otherwise each as it is now where it is
    /// known, and as it was where it is not.
    fn vouch(&self, shopper: &Shopper) -> impl Future<Output = Stored<()>> + Send;

    fn shopper(&self, id: ShopperId) -> impl Future<Output = Stored<Option<Shopper>>> + Send;
    /// Where the shopper is now. Does nothing for an unknown shopper.
    fn visit(&self, id: ShopperId, page: &Page, now: Timestamp) -> impl Future<Output = Stored<()>> + Send;
    /// As which visitor the shopper's browser reports. Does nothing for an unknown shopper.
    fn reports_as(&self, id: ShopperId, visitor: VisitorId) -> impl Future<Output = Stored<()>> + Send;

    fn person_by_email(&self, email: &str) -> impl Future<Output = Stored<Option<Person>>> + Send;
    fn put_person(&self, person: &Person) -> impl Future<Output = Stored<()>> + Send;
    /// The sites that a person belongs to.
    fn memberships(&self, agent: AgentId) -> impl Future<Output = Stored<Vec<SiteId>>> + Send;

    fn member(&self, site: &SiteId, agent: AgentId) -> impl Future<Output = Stored<Option<Member>>> + Send;
    fn members(&self, site: &SiteId) -> impl Future<Output = Stored<Vec<Member>>> + Send;
    /// Writes a membership if its stored `version` is one less (or there is none). Whether it is stored now: a repetition, after an
    /// answer that was lost, answers as the first did (presence, which moves by itself, aside). It never changes a photo: refused where
    /// the stored membership has another ([`Profiles::set_photo`] does).
    fn put_member(&self, member: &Member) -> impl Future<Output = Stored<bool>> + Send;
    /// A sign of life, and what the agent has chosen if they chose.
    fn sign_of_life(
        &self,
        site: &SiteId,
        agent: AgentId,
        chosen: Option<Availability>,
        now: Timestamp,
    ) -> impl Future<Output = Stored<Option<Member>>> + Send;

    /// Counts one against a quota; the time to wait if it is used up.
    fn count(
        &self,
        quota: Quota,
        key: &str,
        now: Timestamp,
    ) -> impl Future<Output = Stored<Result<(), Duration>>> + Send;
}

/// The keys by which shops vouch for their shoppers. They open doors: apart from everything else, and read by nobody but
/// who checks tokens.
pub trait IdentityKeys: Send + Sync {
    /// All keys of a site, those that have ended too, the oldest first.
    fn identity_keys(&self, site: &SiteId) -> impl Future<Output = Stored<Vec<Key>>> + Send;

    /// Keeps a key under an id that the site has not used. Whether it is kept now: a repetition, after an answer that was lost, answers as
    /// the first did.
    fn keep_key(&self, site: &SiteId, key: &Key) -> impl Future<Output = Stored<bool>> + Send;

    /// From `at` on the key is good for nothing; an earlier end stays. Whether there is such a key.
    fn end_key(&self, site: &SiteId, id: &KeyId, at: Timestamp) -> impl Future<Output = Stored<bool>> + Send;

    /// Claims a token's own id for a subject until the token has expired, and answers whose it was before `now`: `None` if nobody's.
    /// Of two who claim it at once one is answered the other's.
    fn claim_token(
        &self,
        site: &SiteId,
        token: &str,
        subject: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> impl Future<Output = Stored<Option<String>>> + Send;
}

/// What is counted of a question of the FAQs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaqEvent {
    Opened,
    /// A conversation began all the same.
    StillNeeded,
}

impl FaqEvent {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::StillNeeded => "still_needed",
        }
    }
}

/// How often, of one question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FaqCount {
    pub faq: FieldId,
    pub opened: u64,
    pub still_needed: u64,
}

/// A count is remembered by its mark for this long: longer than a stream keeps its records, or a client what it has not sent.
pub const FAQ_MARK_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Questions of the FAQs, counted.
pub trait FaqCounts: Send + Sync {
    /// Counts an event once for its mark, within [`FAQ_MARK_LIFE`]: the mark and the count are kept together or not at all, and
    /// a repetition, whoever sends it, counts nothing. Whether it was counted now.
    fn count_faq(
        &self,
        site: &SiteId,
        faq: &FieldId,
        event: FaqEvent,
        mark: uuid::Uuid,
        now: Timestamp,
    ) -> impl Future<Output = Stored<bool>> + Send;

    /// Every question of a site that was ever counted, by its id.
    fn faq_counts(&self, site: &SiteId) -> impl Future<Output = Stored<Vec<FaqCount>>> + Send;
}

/// Everything that is kept.
pub trait Store:
    Conversations
    + Connections
    + Accounts
    + SettingsStore
    + Documents
    + IdentityKeys
    + FaqCounts
    + Profiles
    + Addresses
    + MailOutbox
    + MailTokens
    + AgentNotices
    + Transcripts
    + Visitors
    + Visits
{
}
impl<T> Store for T where
    T: Conversations
        + Connections
        + Accounts
        + SettingsStore
        + Documents
        + IdentityKeys
        + FaqCounts
        + Profiles
        + Addresses
        + MailOutbox
        + MailTokens
        + AgentNotices
        + Transcripts
        + Visitors
        + Visits
{
}

/// What became of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    Delivered,
    /// There is no such connection any more.
    Gone,
    /// Throttled, failed or unanswered, after at most three tries.
    Failed,
}

/// Server to client.
pub trait Push: Send + Sync {
    /// Posts a frame; answers within 2 s, whatever happens.
    fn post(&self, to: &ConnectionId, frame: &str) -> impl Future<Output = Posted> + Send;
    /// Whether the connection is known to be gone; `false` also when that cannot be found out.
    fn is_gone(&self, id: &ConnectionId) -> impl Future<Output = bool> + Send;
    /// Ends a connection from our side. Best effort.
    fn cut(&self, id: &ConnectionId) -> impl Future<Output = ()> + Send;
}

/// Nothing was queued; a deadline is found by the sweep.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the queue is unavailable: {0}")]
pub struct QueueError(pub String);

/// Calls that come back when they are due.
pub trait DeadlineQueue: Send + Sync {
    /// Gives a call back once it is due, and not before: at least once, perhaps more often, in no order. What is due later than the queue
    /// can hold ([`crate::deadline::QUEUE_HOLDS`]) comes back early and is queued again, or left to the sweep.
    fn put(&self, call: Call) -> impl Future<Output = Result<(), QueueError>> + Send;
}

/// Something that could not be done after all tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The function that gave up.
    pub by: &'static str,
    /// What it is about: the keys of an item. Ids, never a text.
    pub keys: String,
    pub reason: String,
}

/// Where things are laid aside that would hold up others, for a person to look at: an alarm says that there are any.
pub trait Parking: Send + Sync {
    /// Keeps it for two weeks. An error: it is not kept, and is to be tried again.
    fn park(&self, parked: &Parked) -> impl Future<Output = Result<(), QueueError>> + Send;
}

/// Time and chance.
pub trait Environment: Send + Sync {
    fn now(&self) -> Timestamp;
    fn sleep(&self, span: Duration) -> impl Future<Output = ()> + Send;
    /// 128 random bits, fit for ids and, taken twice, for secrets.
    fn random(&self) -> u128;
}

/// What [`Numbers`] a reader of that side may be told: a shopper learns nothing of the backstage.
#[must_use]
pub const fn visible(numbers: Numbers, to_agent: bool) -> Numbers {
    if to_agent { numbers } else { Numbers { t: numbers.t, b: 0 } }
}
