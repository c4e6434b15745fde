//! Batches from event source mappings, and the answer that names what is to come again (`ReportBatchItemFailures`).

use serde_json::{Value, json};

/// The batch's records, in their order; an event of another shape has none.
#[must_use]
pub fn records(event: &Value) -> &[Value] {
    event["Records"].as_array().map_or(&[], Vec::as_slice)
}

/// `failed`: sequence numbers of a stream, message ids of a queue. None: all is done.
#[must_use]
pub fn answer(failed: &[String]) -> Value {
    let failures: Vec<Value> = failed.iter().map(|number| json!({"itemIdentifier": number})).collect();
    json!({"batchItemFailures": failures})
}
