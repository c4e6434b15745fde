//! What came by mail: the mark on its entry, and the entries that are nobody's message.

use super::decide::Draft;
use super::{Author, Body, Change, Head};
use crate::{ClientId, ConversationId, Timestamp};
use std::fmt;
use std::str::FromStr;

/// Files of one mail that are listed; what lies beyond is in the original.
pub const MAX_ATTACHED: usize = 20;

/// On an entry that came by mail. The text is in the entry, as any other's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailMark {
    /// Where the mail is kept as it came.
    pub original: String,
    /// At most [`MAX_ATTACHED`].
    pub attachments: Vec<Attached>,
    /// What is odd about it, by the names of `mail::Flag`: cut, only quotes, …
    pub flags: Vec<String>,
    /// The closed conversation that it answers.
    pub follows: Option<ConversationId>,
    /// No token brought it: of whom it is, is known from nothing but its own word.
    pub unverified: Option<String>,
}

/// A file that came with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    pub key: FileKey,
    pub name: String,
    /// By its first bytes, whatever it was called.
    pub kind: String,
    pub bytes: u64,
    /// It runs, opens as a page or is not what it says.
    pub dangerous: bool,
}

/// 128 random bits: who has not been told it does not guess it. 32 digits of hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileKey(pub u128);

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for FileKey {
    type Err = crate::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits =
            text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let key = digits.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        key.map(Self).ok_or(crate::IdError("a file's key (32 digits of hexadecimal)"))
    }
}

/// What a mail is that is nobody's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailClass {
    /// It may be from whom it says: a person decides.
    Review(ReviewWhy),
    /// A program's: never answered.
    AutoResponse,
    /// A mail of ours did not arrive, and never will.
    Bounce,
    /// A mail of ours was called spam.
    Complaint,
    /// Whoever had a mail of ours wants no more, by the link in it.
    Unsubscribed,
}

/// Why a mail is not taken for its author's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewWhy {
    /// From nobody, or from several.
    NoOneAuthor,
    AnotherAddress,
    FailedDmarc,
    /// Nothing speaks for the address that it says to be from.
    Unauthenticated,
    Spam,
    Virus,
    TokenRevoked,
    /// Nothing new in it: only quotes, or nothing at all.
    NothingNew,
    /// So large or so nested that nothing of it was taken apart.
    NotTakenApart,
    /// An agent's, who is none any more.
    NoAgent,
    /// An agent's, to a conversation that is closed.
    Closed,
}

impl ReviewWhy {
    pub const ALL: [Self; 11] = [
        Self::NoOneAuthor,
        Self::AnotherAddress,
        Self::FailedDmarc,
        Self::Unauthenticated,
        Self::Spam,
        Self::Virus,
        Self::TokenRevoked,
        Self::NothingNew,
        Self::NotTakenApart,
        Self::NoAgent,
        Self::Closed,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoOneAuthor => "no_one_author",
            Self::AnotherAddress => "another_address",
            Self::FailedDmarc => "failed_dmarc",
            Self::Unauthenticated => "unauthenticated",
            Self::Spam => "spam",
            Self::Virus => "virus",
            Self::TokenRevoked => "token_revoked",
            Self::NothingNew => "nothing_new",
            Self::NotTakenApart => "not_taken_apart",
            Self::NoAgent => "no_agent",
            Self::Closed => "closed",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.name() == name)
    }
}

/// A mail that is nobody's message, for agents to see. A closed conversation is told as well. `client_id` is made from the mail, so that
/// it is noted once.
#[must_use]
pub fn note_arrival(
    head: &Head,
    class: MailClass,
    from: String,
    text: String,
    mark: Option<MailMark>,
    client_id: ClientId,
    now: Timestamp,
) -> Change {
    let mut draft = Draft::new(head, now);
    let at = draft.push(Author::System, Body::Mail { class, from, text });
    let change = draft.finish(at, client_id);
    match mark {
        Some(mark) => change.by_mail(mark),
        None => change,
    }
}

impl Change {
    /// The same, where the entry that answers the command came by mail.
    #[must_use]
    pub fn by_mail(mut self, mark: MailMark) -> Self {
        let answers = (self.log, self.seq);
        if let Some(entry) = self.entries.iter_mut().find(|entry| (entry.log, entry.seq) == answers) {
            entry.mail = Some(Box::new(mark));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Command, Log, begin, decide};
    use crate::people::Actor;
    use crate::text::MessageText;
    use crate::{ConversationId, ShopperId};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn begun() -> Head {
        let whose = (ShopperId(Uuid::from_u128(1)), "demo".parse().unwrap());
        let text = MessageText::parse("Hola").unwrap();
        begin(ConversationId(Uuid::from_u128(7)), whose, None, text, ClientId(Uuid::from_u128(1)), NOW).head
    }

    fn mark() -> MailMark {
        MailMark {
            original: "mail/1".into(),
            attachments: Vec::new(),
            flags: Vec::new(),
            follows: None,
            unverified: None,
        }
    }

    #[test]
    fn a_29_a_mail_for_review_is_backstage_and_is_looked_at_also_when_all_is_over() {
        let shopper = Actor::Shopper { id: ShopperId(Uuid::from_u128(1)), site: "demo".parse().unwrap() };
        let id = |n| ClientId(Uuid::from_u128(n));
        let closed = decide(&begun(), &shopper, Command::Close, id(2), NOW).unwrap().head;
        for head in [begun(), closed] {
            let read = Head { unread: false, ..head.clone() };
            for (class, unread) in [
                (MailClass::Review(ReviewWhy::FailedDmarc), true),
                (MailClass::AutoResponse, false),
                (MailClass::Bounce, false),
            ] {
                let change =
                    note_arrival(&read, class, "a@b.example".into(), "x".into(), Some(mark()), id(3), NOW);
                let [entry] = &change.entries[..] else { panic!("{:?}", change.entries) };
                assert_eq!((entry.log, &entry.author), (Log::Backstage, &Author::System));
                assert_eq!((entry.mail.as_deref(), entry.client_id), (Some(&mark()), Some(id(3))));
                assert_eq!((change.head.numbers.t, change.head.unread), (head.numbers.t, unread));
                assert_eq!(change.head.preview, head.preview);
            }
        }
    }

    #[test]
    fn the_mark_is_on_the_message_alone() {
        let shopper = Actor::Shopper { id: ShopperId(Uuid::from_u128(1)), site: "demo".parse().unwrap() };
        let say = Command::Say { text: MessageText::parse("By mail").unwrap(), releases: false };
        let change = decide(&begun(), &shopper, say, ClientId(Uuid::from_u128(2)), NOW).unwrap();
        let plain = change.head.clone();
        let change = change.by_mail(mark());
        assert_eq!((change.entries[0].mail.as_deref(), change.head), (Some(&mark()), plain));
    }

    #[test]
    fn a_3_a_files_key_is_read_in_its_one_written_form() {
        let key = FileKey(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        assert_eq!(key.to_string().parse::<FileKey>(), Ok(key));
        assert_eq!(FileKey(7).to_string().parse::<FileKey>(), Ok(FileKey(7)));
        for wrong in [
            "",
            "7",
            "0123456789ABCDEF0123456789ABCDEF",
            &"0".repeat(33),
            "../../../../../../../../../etc/pw",
        ] {
            assert!(wrong.parse::<FileKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_reason_is_read_by_the_name_that_it_has() {
        for why in ReviewWhy::ALL {
            assert_eq!(ReviewWhy::named(why.name()), Some(why));
        }
    }
}
