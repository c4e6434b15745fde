//! Fed by the table's stream: what a shop says by itself to a shopper's first message. Its mapping's filter lets shoppers'
//! messages pass only; the rules are `domain::automatic`, the storing `delivery`.
//!
//! A record that fails is reported, and the stream brings it again, with all that came after it: every second delivery
//! is harmless. One that has failed [`TRIES`] times is parked: named by its keys in an error for the alarm, and skipped, so
//! that it holds up nobody.

use delivery::{Engine, Failure, Reacted};
use domain::ConversationId;
use domain::ports::{Environment, Push, Store};
use domain::rate::Quota;
use futures::stream::{self, StreamExt};
use std::future::Future;
use std::time::Duration;

/// Deliveries of one record.
pub const TRIES: u32 = 5;
/// The failures of one record before the last; a stream keeps its records for a day.
const STRIKES: Quota =
    Quota { name: "auto-reply", window: Duration::from_secs(24 * 60 * 60), limit: TRIES - 1 };
/// Conversations looked at at once: one that is slow holds up none of the others.
const AT_ONCE: usize = 16;

/// A record of the stream, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What the mapping is told when the record failed.
    pub sequence_number: String,
    /// The item's keys, for whoever has to look at a record that was parked: ids, never a text.
    pub keys: String,
    pub subject: Subject,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An entry of a thread, by its number.
    Entry(ConversationId, u64),
    /// Not an entry of a thread, or not new: the filter lets none pass.
    Nothing,
    /// Its keys cannot be read, and never will be.
    Unreadable,
}

/// What the handler needs.
pub trait Automatic: Sync {
    /// Says and arms what follows from an entry. Repeating it is harmless.
    fn react(
        &self,
        conversation: ConversationId,
        seq: u64,
    ) -> impl Future<Output = Result<Reacted, Failure>> + Send;

    /// Notes that a record has failed once more; whether it has now had its tries.
    fn strike(&self, sequence_number: &str) -> impl Future<Output = Result<bool, Failure>> + Send;
}

impl<S: Store, P: Push, E: Environment> Automatic for Engine<S, P, E> {
    async fn react(&self, conversation: ConversationId, seq: u64) -> Result<Reacted, Failure> {
        Self::react(self, conversation, seq).await
    }

    async fn strike(&self, sequence_number: &str) -> Result<bool, Failure> {
        Ok(self.store.count(STRIKES, sequence_number, self.env.now()).await?.is_err())
    }
}

/// Looks at a batch. Returns the records that failed, in their order, for another delivery.
pub async fn handle(automatic: &impl Automatic, records: Vec<Record>) -> Vec<String> {
    stream::iter(records)
        .map(|record| async move { one(automatic, record).await })
        // In order, so that the first failure is the earliest.
        .buffered(AT_ONCE)
        .filter_map(std::future::ready)
        .collect()
        .await
}

/// The sequence number, if the record is to come again.
async fn one(automatic: &impl Automatic, record: Record) -> Option<String> {
    let failure = match record.subject {
        Subject::Nothing => return None,
        Subject::Unreadable => {
            park(&record, "its keys cannot be read");
            return None;
        }
        Subject::Entry(conversation, seq) => match automatic.react(conversation, seq).await {
            Ok(reacted) => {
                tracing::debug!(%conversation, seq, ?reacted, "looked at");
                return None;
            }
            Err(failure) => failure,
        },
    };
    match automatic.strike(&record.sequence_number).await {
        Ok(true) => {
            park(&record, &failure.message());
            None
        }
        Ok(false) => {
            tracing::warn!(keys = record.keys, code = ?failure.code(), "failed; the record comes again");
            Some(record.sequence_number)
        }
        // Not even that can be stored: the table is away, and this record is as good as any.
        Err(_) => Some(record.sequence_number),
    }
}

/// The alarm counts these lines by `parked`.
fn park(record: &Record, reason: &str) {
    tracing::error!(
        parked = true,
        keys = record.keys,
        sequence_number = record.sequence_number,
        reason,
        "a record is parked and skipped"
    );
}
