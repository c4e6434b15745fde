//! Fed by the table's stream: what a shop says by itself to a shopper's first message. Its mapping's filter lets shoppers'
//! messages pass only; the rules are `domain::automatic`, the storing `delivery`.
//!
//! A record that fails is reported, and the stream brings it again, with all that came after it: every second delivery
//! is harmless. One that has failed [`TRIES`] times is parked with its keys, which rings an alarm, and skipped, so that it
//! holds up nobody.

use delivery::{Engine, Failure, Reacted};
use domain::ConversationId;
use domain::ports::{Environment, Parked, Parking, Push, QueueError, Store};
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

    /// Lays a record aside, for a person to look at.
    fn park(&self, record: &Record, reason: &str) -> impl Future<Output = Result<(), QueueError>> + Send;
}

/// The function.
#[derive(Debug)]
pub struct AutoReply<E, Q> {
    pub engine: E,
    pub parking: Q,
}

impl<S: Store, P: Push, E: Environment, Q: Parking> Automatic for AutoReply<Engine<S, P, E>, Q> {
    async fn react(&self, conversation: ConversationId, seq: u64) -> Result<Reacted, Failure> {
        self.engine.react(conversation, seq).await
    }

    async fn strike(&self, sequence_number: &str) -> Result<bool, Failure> {
        let Engine { store, env, .. } = &self.engine;
        Ok(store.count(STRIKES, sequence_number, env.now()).await?.is_err())
    }

    async fn park(&self, record: &Record, reason: &str) -> Result<(), QueueError> {
        let parked = Parked { by: "auto-reply", keys: record.keys.clone(), reason: reason.to_owned() };
        self.parking.park(&parked).await
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
        Subject::Unreadable => return park(automatic, record, "its keys cannot be read").await,
        Subject::Entry(conversation, seq) => match automatic.react(conversation, seq).await {
            Ok(reacted) => {
                tracing::debug!(%conversation, seq, ?reacted, "looked at");
                return None;
            }
            Err(failure) => failure,
        },
    };
    match automatic.strike(&record.sequence_number).await {
        Ok(true) => park(automatic, record, &failure.message()).await,
        Ok(false) => {
            tracing::warn!(keys = record.keys, code = ?failure.code(), "failed; the record comes again");
            Some(record.sequence_number)
        }
        // Not even that can be stored: the table is away, and this record is as good as any.
        Err(_) => Some(record.sequence_number),
    }
}

/// Lays a record aside. What cannot be laid aside comes again: skipped in silence it would be lost.
async fn park(automatic: &impl Automatic, record: Record, reason: &str) -> Option<String> {
    let parked = automatic.park(&record, reason).await;
    let Record { sequence_number, keys, .. } = record;
    match parked {
        Ok(()) => {
            tracing::error!(keys, sequence_number, reason, "a record is parked and skipped");
            None
        }
        Err(error) => {
            tracing::error!(keys, sequence_number, reason, %error, "a record cannot be parked and comes again");
            Some(sequence_number)
        }
    }
}
