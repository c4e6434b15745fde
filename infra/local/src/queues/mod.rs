//! SQS: standard queues with delays, visibility timeouts and dead letters, on the platform's clock. `wire` speaks the protocol of
//! the SDKs, `mapping` hands messages to functions, `journal` keeps them over a restart.

mod journal;
mod mapping;
mod wire;

pub(crate) use journal::Journal;
pub(crate) use mapping::{Mapping, run};
pub(crate) use wire::handle;

use crate::clock::{self, Clock};
use crate::template::QueueSpec;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// What a queue holds, as its attributes count it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct QueueDepth {
    /// There for whoever asks.
    pub visible: usize,
    /// Received, neither deleted nor visible again.
    pub in_flight: usize,
    /// Sent with a delay that has not passed.
    pub delayed: usize,
    /// Milliseconds since 1970, by the platform's clock, at which the oldest was sent.
    pub oldest_sent_ms: Option<u64>,
    /// Milliseconds since 1970, by the platform's clock, at which the next one becomes visible.
    pub next_visible_ms: Option<u64>,
    /// The name of the queue that takes what is received too often.
    pub dead_letters_to: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    /// `MessageAttributes`, as they were sent.
    pub(crate) attributes: Value,
    sender: String,
    sent_ms: u64,
    visible_ms: u64,
    receives: u32,
    first_received_ms: Option<u64>,
    /// Of the latest receipt: earlier ones delete nothing any more.
    pub(crate) handle: String,
    /// The ARN of the queue in which it was received too often.
    dead_from: Option<String>,
}

impl Message {
    fn new(sender: &str, body: String, attributes: Value, sent_ms: u64, delay: Duration) -> Self {
        Self {
            id: clock::uuid(),
            body,
            attributes,
            sender: sender.to_owned(),
            sent_ms,
            visible_ms: sent_ms + millis(delay),
            receives: 0,
            first_received_ms: None,
            handle: String::new(),
            dead_from: None,
        }
    }

    /// What SQS itself knows of it.
    fn system_attributes(&self) -> Map<String, Value> {
        let mut all = Map::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                all.insert(name.to_owned(), json!(value));
            }
        };
        add("ApproximateReceiveCount", Some(self.receives.to_string()));
        add("SentTimestamp", Some(self.sent_ms.to_string()));
        add("SenderId", Some(self.sender.clone()));
        add("ApproximateFirstReceiveTimestamp", self.first_received_ms.map(|at| at.to_string()));
        add("DeadLetterQueueSourceArn", self.dead_from.clone());
        all
    }

    fn md5(&self) -> String {
        format!("{:x}", md5::compute(&self.body))
    }
}

/// Why a receipt cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HandleError {
    /// It is none of ours.
    Invalid,
    /// Its message is visible again, or gone.
    NotInFlight,
}

pub(crate) struct Queue {
    pub(crate) spec: QueueSpec,
    /// By the order in which they were sent.
    messages: Mutex<BTreeMap<u64, Message>>,
    changed: watch::Sender<u64>,
    journal: Option<Arc<Journal>>,
}

impl Queue {
    fn new(spec: QueueSpec, journal: Option<Arc<Journal>>) -> Self {
        let messages = journal.as_ref().map(|journal| journal.load(&spec.name)).unwrap_or_default();
        Self { spec, messages: Mutex::new(messages), changed: watch::Sender::new(0), journal }
    }

    fn keep(&self, number: u64, message: &Message) {
        if let Some(journal) = &self.journal {
            journal.keep(&self.spec.name, number, message);
        }
    }

    fn forget(&self, number: u64) {
        if let Some(journal) = &self.journal {
            journal.forget(&self.spec.name, number);
        }
    }

    fn put(&self, message: Message) {
        let mut messages = self.messages.lock().expect("no holder panics");
        let number = messages.last_key_value().map_or(1, |(last, _)| last + 1);
        self.keep(number, &message);
        messages.insert(number, message);
        drop(messages);
        self.changed.send_modify(|change| *change += 1);
    }

    /// Receives up to so many, and gives up those that would be received too often: they are the second list.
    fn take(&self, now: u64, most: usize, visibility: Duration) -> (Vec<Message>, Vec<Message>) {
        let (mut taken, mut dead) = (Vec::new(), Vec::new());
        let most_receives = self.spec.redrive.as_ref().map_or(u32::MAX, |redrive| redrive.receives);
        self.messages.lock().expect("no holder panics").retain(|number, message| {
            if message.sent_ms + millis(self.spec.retention) <= now {
                self.forget(*number);
                return false;
            }
            if message.visible_ms > now || taken.len() == most {
                return true;
            }
            if message.receives >= most_receives {
                message.dead_from = Some(self.spec.arn.clone());
                dead.push(message.clone());
                self.forget(*number);
                return false;
            }
            message.receives += 1;
            message.first_received_ms.get_or_insert(now);
            message.visible_ms = now + millis(visibility);
            message.handle = STANDARD.encode(format!("{number} {} {}", message.receives, message.id));
            self.keep(*number, message);
            taken.push(message.clone());
            true
        });
        (taken, dead)
    }

    /// A receipt that is no longer the latest deletes nothing, and that is no error: so it is on AWS.
    fn delete(&self, handle: &str) -> Result<(), HandleError> {
        let number = number_of(handle)?;
        let mut messages = self.messages.lock().expect("no holder panics");
        if messages.get(&number).is_some_and(|message| message.handle == handle) {
            messages.remove(&number);
            self.forget(number);
            drop(messages);
            self.changed.send_modify(|change| *change += 1);
        }
        Ok(())
    }

    fn change_visibility(&self, now: u64, handle: &str, visibility: Duration) -> Result<(), HandleError> {
        let number = number_of(handle)?;
        let mut messages = self.messages.lock().expect("no holder panics");
        let message = messages
            .get_mut(&number)
            .filter(|message| message.handle == handle && message.visible_ms > now)
            .ok_or(HandleError::NotInFlight)?;
        message.visible_ms = now + millis(visibility);
        self.keep(number, message);
        drop(messages);
        self.changed.send_modify(|change| *change += 1);
        Ok(())
    }

    pub(crate) fn purge(&self) -> usize {
        let purged = std::mem::take(&mut *self.messages.lock().expect("no holder panics"));
        purged.keys().for_each(|number| self.forget(*number));
        self.changed.send_modify(|change| *change += 1);
        purged.len()
    }

    pub(crate) fn depth(&self, now: u64) -> QueueDepth {
        let messages = self.messages.lock().expect("no holder panics");
        let mut depth = QueueDepth {
            oldest_sent_ms: messages.values().map(|message| message.sent_ms).min(),
            next_visible_ms: messages.values().map(|message| message.visible_ms).filter(|at| *at > now).min(),
            dead_letters_to: self.spec.redrive.as_ref().map(|to| name_in(&to.queue_arn).to_owned()),
            ..QueueDepth::default()
        };
        for message in messages.values() {
            match (message.visible_ms <= now, message.receives) {
                (true, _) => depth.visible += 1,
                (false, 0) => depth.delayed += 1,
                (false, _) => depth.in_flight += 1,
            }
        }
        depth
    }

    /// Returns when a message may have become visible: one was sent or freed, or a delay has passed.
    async fn stirs(&self, clock: &Clock, changed: &mut watch::Receiver<u64>) {
        match self.depth(clock.now_ms()).next_visible_ms {
            Some(due) => tokio::select! {
                _ = changed.changed() => {}
                _ = clock.reaches(due) => {}
            },
            None => {
                // Its sender is ours, so it cannot fail.
                let _ = changed.changed().await;
            }
        }
    }
}

fn number_of(handle: &str) -> Result<u64, HandleError> {
    let plain = STANDARD.decode(handle).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    plain
        .and_then(|plain| plain.split(' ').next().and_then(|number| number.parse().ok()))
        .ok_or(HandleError::Invalid)
}

/// The queues of the template.
#[derive(Default)]
pub(crate) struct Queues(BTreeMap<String, Arc<Queue>>);

impl Queues {
    pub(crate) fn new(specs: &[QueueSpec], journal: Option<&Arc<Journal>>) -> Self {
        let queue = |spec: &QueueSpec| Arc::new(Queue::new(spec.clone(), journal.cloned()));
        Self(specs.iter().map(|spec| (spec.name.clone(), queue(spec))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Queue>> {
        self.0.get(name)
    }

    pub(crate) fn by_arn(&self, arn: &str) -> Option<&Arc<Queue>> {
        self.0.values().find(|queue| queue.spec.arn == arn)
    }

    pub(crate) fn depths(&self, now: u64) -> BTreeMap<String, QueueDepth> {
        self.0.iter().map(|(name, queue)| (name.clone(), queue.depth(now))).collect()
    }

    /// Something that happened here, and not a caller of SQS, puts a message: a schedule, a failure with a destination.
    pub(crate) fn put(&self, clock: &Clock, arn: &str, body: String, attributes: Value) -> bool {
        let Some(queue) = self.by_arn(arn) else { return false };
        queue.put(Message::new("platform", body, attributes, clock.now_ms(), queue.spec.delay));
        true
    }

    /// Receives what is visible, after what was received too often has moved to its dead-letter queue.
    fn receive(&self, clock: &Clock, queue: &Queue, most: usize, visibility: Duration) -> Vec<Message> {
        let (taken, dead) = queue.take(clock.now_ms(), most, visibility);
        let target = queue.spec.redrive.as_ref().and_then(|redrive| self.by_arn(&redrive.queue_arn));
        if let Some(target) = target {
            dead.into_iter().for_each(|message| target.put(Message { receives: 0, ..message }));
        }
        taken
    }
}

/// The last part of an ARN: the queue's name.
pub(crate) fn name_in(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Redrive;

    const VISIBILITY: Duration = Duration::from_secs(30);

    fn queue(redrive: Option<Redrive>) -> Queue {
        let spec = QueueSpec {
            name: "q".into(),
            url: "http://q".into(),
            arn: "arn:q".into(),
            visibility: VISIBILITY,
            delay: Duration::ZERO,
            wait: Duration::ZERO,
            retention: Duration::from_secs(345_600),
            largest: 1_024,
            redrive,
        };
        Queue::new(spec, None)
    }

    fn send(queue: &Queue, now: u64, delay: u64) {
        queue.put(Message::new("me", "x".into(), Value::Null, now, Duration::from_secs(delay)));
    }

    fn depth(queue: &Queue, now: u64) -> (usize, usize, usize) {
        let depth = queue.depth(now);
        (depth.visible, depth.in_flight, depth.delayed)
    }

    #[test]
    fn a_delayed_message_is_not_there_until_its_delay_has_passed() {
        let queue = queue(None);
        send(&queue, 0, 900);
        assert_eq!((depth(&queue, 899_999), queue.take(899_999, 10, VISIBILITY).0.len()), ((0, 0, 1), 0));
        assert_eq!(queue.take(900_000, 10, VISIBILITY).0.len(), 1);
    }

    #[test]
    fn a_message_that_is_not_deleted_comes_again_and_its_old_receipt_deletes_nothing() {
        let queue = queue(None);
        send(&queue, 0, 0);
        let first = queue.take(0, 10, VISIBILITY).0.remove(0);
        assert_eq!((depth(&queue, 1), queue.take(29_999, 10, VISIBILITY).0.len()), ((0, 1, 0), 0));
        let again = queue.take(30_000, 10, VISIBILITY).0.remove(0);
        assert_eq!((again.id.as_str(), again.receives), (first.id.as_str(), 2));
        assert_eq!(queue.delete(&first.handle), Ok(()));
        assert_eq!(depth(&queue, 30_000), (0, 1, 0));
        assert_eq!(queue.delete(&again.handle), Ok(()));
        assert_eq!(depth(&queue, 30_000), (0, 0, 0));
        assert_eq!(queue.delete("nonsense"), Err(HandleError::Invalid));
    }

    #[test]
    fn a_receipt_can_be_lengthened_or_given_back_while_it_holds() {
        let queue = queue(None);
        send(&queue, 0, 0);
        let first = queue.take(0, 10, VISIBILITY).0.remove(0);
        queue.change_visibility(10_000, &first.handle, Duration::from_secs(60)).unwrap();
        assert_eq!(depth(&queue, 69_999), (0, 1, 0));
        queue.change_visibility(20_000, &first.handle, Duration::ZERO).unwrap();
        assert_eq!(depth(&queue, 20_000), (1, 0, 0));
        assert_eq!(queue.change_visibility(20_000, &first.handle, VISIBILITY), Err(HandleError::NotInFlight));
    }

    #[test]
    fn what_is_received_too_often_is_given_up() {
        let queue = queue(Some(Redrive { queue_arn: "arn:dead".into(), receives: 2 }));
        send(&queue, 0, 0);
        for now in [0, 30_000] {
            assert_eq!(queue.take(now, 10, VISIBILITY).0.len(), 1);
        }
        let (taken, dead) = queue.take(60_000, 10, VISIBILITY);
        assert_eq!((taken.len(), dead.len()), (0, 1));
        assert_eq!(dead[0].system_attributes()["DeadLetterQueueSourceArn"], "arn:q");
    }

    #[test]
    fn what_nobody_took_in_time_is_gone() {
        let queue = queue(None);
        send(&queue, 0, 0);
        assert!(queue.take(345_600_000, 10, VISIBILITY).0.is_empty());
        assert_eq!(depth(&queue, 345_600_000), (0, 0, 0));
    }
}
