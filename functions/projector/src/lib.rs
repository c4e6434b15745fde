//! Fed by the table's stream: tells dashboards which rows of their lists moved, and puts deadlines that are near on the queue.
//! Its mapping's filter lets heads pass only, and its window gathers a second's worth.

use delivery::{Engine, Move};
use domain::deadline::{Call, QUEUE_HOLDS};
use domain::ports::{DeadlineQueue, Environment, Parked, Parking, Push, Store};
use futures::stream::{self, StreamExt};

/// Calls put on the queue at once.
const AT_ONCE: usize = 16;

/// A record of the stream, read.
#[derive(Debug, Clone)]
pub struct Record {
    /// What the mapping is told when the record failed.
    pub sequence_number: String,
    /// The item's keys, for whoever has to look at a record that was parked: ids, never a text.
    pub keys: String,
    pub subject: Subject,
}

#[derive(Debug, Clone)]
pub enum Subject {
    /// A head was written.
    Head(Box<Move>),
    /// Anything else: the filter lets none pass.
    Nothing,
    /// Cannot be read, and never will be.
    Unreadable(String),
}

/// The function.
#[derive(Debug)]
pub struct Projector<E, T, Q> {
    pub engine: E,
    pub timers: T,
    pub parking: Q,
}

impl<S: Store, P: Push, E: Environment, T: DeadlineQueue, Q: Parking> Projector<Engine<S, P, E>, T, Q> {
    /// Projects a batch. Returns the earliest record that failed, for another delivery of it and all after it: rows are idempotent
    /// and a deadline that is called twice does nothing the second time.
    pub async fn handle(&self, records: Vec<Record>) -> Vec<String> {
        let first = records.first().map(|record| record.sequence_number.clone());
        let mut moves: Vec<(String, Move)> = Vec::new();
        for Record { sequence_number, keys, subject } in records {
            match subject {
                Subject::Head(step) if step.before.as_ref() != Some(&step.after) => {
                    moves.push((sequence_number, *step));
                }
                Subject::Head(_) | Subject::Nothing => {}
                Subject::Unreadable(reason) => {
                    // So that others are not held up; dashboards heal by their digest, deadlines by the sweep.
                    tracing::error!(keys, reason, "a record cannot be read and is skipped");
                    let parked = self.parking.park(&Parked { by: "projector", keys, reason }).await;
                    if let Err(error) = parked {
                        tracing::error!(%error, "it cannot be parked either; the line above is all there is");
                    }
                }
            }
        }
        let calls = self.calls(&moves);
        let count = moves.len();
        let rows = self.engine.announce(moves.into_iter().map(|(_, step)| step).collect());
        let (announced, queued) = futures::join!(rows, self.queue(calls));
        match (announced, queued) {
            (Ok(()), None) => {
                tracing::info!(count, "projected");
                Vec::new()
            }
            // The registry could not be read. From the first on: order is kept, and rows are idempotent.
            (Err(error), _) => {
                tracing::warn!(%error, count, "not announced; the batch comes again");
                first.into_iter().collect()
            }
            (Ok(()), Some(sequence_number)) => vec![sequence_number],
        }
    }

    /// What is newly to be called soon enough for the queue; what lies further ahead is the sweep's.
    fn calls(&self, moves: &[(String, Move)]) -> Vec<(String, Call)> {
        let now = self.engine.env.now();
        let call = |(sequence_number, step): &(String, Move)| {
            let due = step.after.next_due()?;
            let stood = step.before.as_ref().and_then(|before| before.next_due());
            let newly = stood != Some(due) && due <= now.plus(QUEUE_HOLDS);
            newly.then(|| (sequence_number.clone(), Call { due, conversation: step.after.id }))
        };
        moves.iter().filter_map(call).collect()
    }

    /// The first record whose call could not be queued.
    async fn queue(&self, calls: Vec<(String, Call)>) -> Option<String> {
        stream::iter(calls)
            .map(|(sequence_number, call)| async move {
                let queued = self.timers.put(call).await;
                queued.err().map(|error| {
                    tracing::warn!(%error, conversation = %call.conversation, "a deadline could not be queued");
                    sequence_number
                })
            })
            .buffered(AT_ONCE)
            .filter_map(std::future::ready)
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .next()
    }
}
