//! The two queues: deadlines that come back when they are due, and what was parked.

use crate::ConfigError;
use crate::config::read;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use domain::deadline::{Call, QUEUE_HOLDS};
use domain::ports::{DeadlineQueue, Environment, Parked, Parking, QueueError};
use domain::{ConversationId, Timestamp};
use serde_json::{Value, json};

/// Deadlines, on the one queue that is polled.
#[derive(Debug, Clone)]
pub struct Timers<E> {
    client: Client,
    url: String,
    env: E,
}

impl<E: Environment> Timers<E> {
    /// `TIMERS_QUEUE_URL`
    pub fn from_env(sdk: &SdkConfig, env: E) -> Result<Self, ConfigError> {
        Ok(Self { client: Client::new(sdk), url: read("TIMERS_QUEUE_URL")?, env })
    }
}

impl<E: Environment> DeadlineQueue for Timers<E> {
    async fn put(&self, call: Call) -> Result<(), QueueError> {
        let delay = delay_seconds(call.due, self.env.now());
        let send = self.client.send_message().queue_url(&self.url).delay_seconds(delay);
        send.message_body(write_call(call)).send().await.map(|_| ()).map_err(unavailable)
    }
}

/// Whole seconds, rounded up: not before it is due. What is due later than the queue can hold comes back early.
fn delay_seconds(due: Timestamp, now: Timestamp) -> i32 {
    let wait = due.since(now).min(QUEUE_HOLDS);
    i32::try_from(wait.as_millis().div_ceil(1000)).expect("at most fifteen minutes")
}

fn write_call(call: Call) -> String {
    json!({"conversation": call.conversation.to_string(), "due": call.due.millis()}).to_string()
}

/// A message's body, as [`Timers`] wrote it; `None` for anything else.
#[must_use]
pub fn read_call(body: &str) -> Option<Call> {
    let body: Value = serde_json::from_str(body).ok()?;
    let conversation: ConversationId = body["conversation"].as_str()?.parse().ok()?;
    Some(Call { conversation, due: Timestamp(body["due"].as_u64()?) })
}

/// What could not be done, on a queue that nobody polls: an alarm says that it is not empty.
#[derive(Debug, Clone)]
pub struct ParkedQueue {
    client: Client,
    url: String,
}

impl ParkedQueue {
    /// `PARKED_QUEUE_URL`
    pub fn from_env(sdk: &SdkConfig) -> Result<Self, ConfigError> {
        Ok(Self { client: Client::new(sdk), url: read("PARKED_QUEUE_URL")? })
    }
}

impl Parking for ParkedQueue {
    async fn park(&self, parked: &Parked) -> Result<(), QueueError> {
        let Parked { by, keys, reason } = parked;
        let body = json!({"by": by, "keys": keys, "reason": reason}).to_string();
        let send = self.client.send_message().queue_url(&self.url).message_body(body);
        send.send().await.map(|_| ()).map_err(unavailable)
    }
}

fn unavailable<E: std::error::Error + Send + Sync + 'static>(
    error: aws_sdk_sqs::error::SdkError<E>,
) -> QueueError {
    QueueError(aws_sdk_sqs::error::DisplayErrorContext(error).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    #[test]
    fn a_call_is_held_back_in_whole_seconds_and_never_too_short() {
        let after = |millis| delay_seconds(NOW.plus(Duration::from_millis(millis)), NOW);
        assert_eq!([after(0), after(1), after(1000), after(1001)], [0, 1, 1, 2]);
        assert_eq!(after(24 * 60 * 60 * 1000), 900);
        assert_eq!(delay_seconds(NOW.minus(Duration::from_secs(5)), NOW), 0);
    }

    #[test]
    fn a_call_comes_back_as_it_was_written_and_anything_else_is_none() {
        let call = Call { due: NOW, conversation: ConversationId(Uuid::from_u128(7)) };
        assert_eq!(read_call(&write_call(call)), Some(call));
        for body in [
            "",
            "{}",
            "[]",
            r#"{"conversation":"x","due":1}"#,
            r#"{"conversation":"cnv_00000000-0000-0000-0000-000000000007"}"#,
        ] {
            assert_eq!(read_call(body), None, "{body}");
        }
    }
}
