//! Fed by the table's stream: tells dashboards which rows of their lists moved. Its mapping's filter lets heads pass only, and
//! its window gathers a second's worth.

use delivery::{Engine, Move};
use domain::ports::{Environment, Push, Store};

/// A record of the stream, read.
#[derive(Debug, Clone)]
pub struct Record {
    /// What the mapping is told when the record failed.
    pub sequence_number: String,
    /// `None`: cannot be read, or no head.
    pub step: Option<Move>,
}

/// Announces a batch. Returns the records that failed, for another delivery. What cannot be read never will be: it is
/// skipped, so that others are not held up, and dashboards heal by their digest.
pub async fn handle<S: Store, P: Push, E: Environment>(
    engine: &Engine<S, P, E>,
    records: Vec<Record>,
) -> Vec<String> {
    let first = records.first().map(|record| record.sequence_number.clone());
    let moves: Vec<Move> = records
        .into_iter()
        .filter_map(|record| record.step)
        .filter(|step| step.before.as_ref() != Some(&step.after))
        .collect();
    let count = moves.len();
    match engine.announce(moves).await {
        Ok(()) => {
            tracing::info!(count, "announced");
            Vec::new()
        }
        // The registry could not be read. From the first on: order is kept, and rows are idempotent.
        Err(error) => {
            tracing::warn!(%error, count, "not announced; the batch comes again");
            first.into_iter().collect()
        }
    }
}
