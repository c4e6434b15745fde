//! Fed by the queue of deadlines, and by a schedule every quarter of an hour. A call means "look": what is due by then is done if its
//! reason still stands (`Engine::called`), and coming twice or late is harmless. An unseen answer is handed on to email-fallback, for SES is
//! slow, and whoever waits for a person must not wait for it.

use delivery::{Called, Engine};
use domain::deadline::{Call, SHARDS, SWEEP_AHEAD};
use domain::ports::{DeadlineQueue, Environment, MailHandover, Push, Store, StoreError};
use futures::stream::{self, StreamExt};

/// Conversations looked at at once: one that is slow holds up none of the others.
const AT_ONCE: usize = 10;
/// What one sweep finds in a shard: more than a quarter of an hour of a very busy shop. The rest is the next one's.
const SWEPT: usize = 1_000;

/// A message of the queue, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What the mapping is told when the message is to come again.
    pub id: String,
    /// `None`: not one of ours.
    pub call: Option<Call>,
}

/// The function.
#[derive(Debug)]
pub struct Timers<E, T, H> {
    pub engine: E,
    pub queue: T,
    pub mail: H,
}

impl<S: Store, P: Push, E: Environment, T: DeadlineQueue, H: MailHandover> Timers<Engine<S, P, E>, T, H> {
    /// Looks at a batch. Returns the messages that are to come again; the queue lays aside what has come five times.
    pub async fn handle(&self, messages: Vec<Message>) -> Vec<String> {
        stream::iter(messages)
            .map(|message| async move { self.one(message).await })
            .buffer_unordered(AT_ONCE)
            .filter_map(std::future::ready)
            .collect()
            .await
    }

    async fn one(&self, Message { id, call }: Message) -> Option<String> {
        let Some(Call { conversation, due }) = call else {
            tracing::error!(message = id, "not a deadline; it is laid aside after its tries");
            return Some(id);
        };
        let late_ms = self.engine.env.now().since(due).as_millis() as u64;
        let called = match self.engine.called(conversation).await {
            Ok(called) => called,
            Err(failure) => {
                tracing::warn!(%conversation, code = ?failure.code(), "failed; the message comes again");
                return Some(id);
            }
        };
        let done = match called {
            Called { mail: true, .. } => self.mail.hand_over(conversation).await,
            // It came too early: the queue holds nothing for longer than a quarter of an hour, and clocks differ.
            Called { again: Some(due), .. } => self.queue.put(Call { conversation, due }).await,
            Called { again: None, .. } => Ok(()),
        };
        if let Err(error) = done {
            tracing::warn!(%error, %conversation, "could not be handed on; the message comes again");
            return Some(id);
        }
        tracing::info!(%conversation, late_ms, mail = called.mail, "looked at");
        None
    }

    /// Queues what is due before the next sweep, and whatever was lost on the way to the queue: how many calls. What cannot be queued
    /// stays where it is, for the next sweep; the error is for the alarm.
    pub async fn sweep(&self) -> Result<usize, SweepError> {
        let until = self.engine.env.now().plus(SWEEP_AHEAD);
        let (mut queued, mut failed) = (0, 0);
        for shard in 0..SHARDS {
            let calls = self.engine.store.due(shard, until, SWEPT).await?;
            if calls.len() == SWEPT {
                tracing::warn!(shard, "more is due than one sweep takes");
            }
            let outcomes = stream::iter(calls).map(|call| self.queue.put(call)).buffer_unordered(AT_ONCE);
            for outcome in outcomes.collect::<Vec<_>>().await {
                match outcome {
                    Ok(()) => queued += 1,
                    Err(error) => {
                        tracing::warn!(%error, shard, "a deadline could not be queued");
                        failed += 1;
                    }
                }
            }
        }
        tracing::info!(queued, failed, "swept");
        if failed > 0 { Err(SweepError::NotQueued(failed)) } else { Ok(queued) }
    }
}

/// A sweep that did not do all of its work. It is tried again, and then laid aside.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0} deadlines could not be queued")]
    NotQueued(usize),
}
