//! Event source mappings from queues: messages in batches to a function, several batches at once; what it handled is deleted,
//! the rest comes again when its visibility timeout has passed.

use super::{Message, Queue, wire};
use crate::template::QueueMappingSpec;
use crate::{World, filter};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep_until};

/// One receipt takes no more than that.
const AT_ONCE: usize = 10;

pub(crate) struct Mapping {
    pub(crate) spec: QueueMappingSpec,
    /// Batches that are being gathered or handled.
    busy: watch::Sender<usize>,
    /// Batches that have been begun.
    begun: AtomicU64,
}

impl Mapping {
    pub(crate) fn new(spec: QueueMappingSpec) -> Self {
        Self { spec, busy: watch::Sender::new(0), begun: AtomicU64::new(0) }
    }

    fn queue<'a>(&self, world: &'a World) -> Option<&'a Arc<Queue>> {
        world.queues.by_arn(&self.spec.queue_arn)
    }

    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    pub(crate) fn is_settled(&self, world: &World) -> bool {
        let waiting = self.queue(world).map_or(0, |queue| queue.depth(world.clock.now_ms()).visible);
        // In this order: a message leaves the queue only once its batch is busy.
        waiting == 0 && *self.busy.borrow() == 0
    }

    /// Returns when no message waits to be handled or is being handled. What failed waits for its visibility timeout, and is
    /// not waited for.
    pub(crate) async fn settled(&self, world: &World) {
        let Some(queue) = self.queue(world) else { return };
        let (mut busy, mut changed) = (self.busy.subscribe(), queue.changed.subscribe());
        loop {
            busy.mark_unchanged();
            changed.mark_unchanged();
            if self.is_settled(world) {
                return;
            }
            tokio::select! {
                _ = busy.changed() => {}
                _ = changed.changed() => {}
            }
        }
    }
}

/// Runs for the life of the platform.
pub(crate) async fn run(world: Arc<World>, mapping: Arc<Mapping>) {
    let Some(queue) = mapping.queue(&world).cloned() else { return };
    let most = mapping.spec.most_at_once.unwrap_or(world.options.limits.instances);
    let slots = Arc::new(Semaphore::new(most));
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        let batch = gather(&world, &mapping, &queue).await;
        let (world, mapping, queue) = (Arc::clone(&world), Arc::clone(&mapping), Arc::clone(&queue));
        tokio::spawn(async move {
            deliver(&world, &mapping.spec, &queue, &batch).await;
            mapping.busy.send_modify(|busy| *busy -= 1);
            drop(slot);
        });
    }
}

/// The next batch, which counts as busy from its first message on.
async fn gather(world: &World, mapping: &Mapping, queue: &Queue) -> Vec<Message> {
    let spec = &mapping.spec;
    let mut changed = queue.changed.subscribe();
    let mut batch: Vec<Message> = Vec::new();
    let mut until: Option<Instant> = None;
    loop {
        changed.mark_unchanged();
        if batch.is_empty() {
            // Before the first receipt, so that no message is ever neither in the queue nor in a busy batch.
            mapping.begun.fetch_add(1, Ordering::SeqCst);
            mapping.busy.send_modify(|busy| *busy += 1);
        }
        while batch.len() < spec.batch_size {
            let most = (spec.batch_size - batch.len()).min(AT_ONCE);
            let taken = world.queues.receive(&world.clock, queue, most, queue.spec.visibility);
            if taken.is_empty() {
                break;
            }
            world.metrics.change(|all| all.queue_requests += 1);
            for message in taken {
                if passes(spec, &wire::record(queue, &world.place.region, &message)) {
                    batch.push(message);
                } else {
                    // Lambda deletes what the filter does not want.
                    let _ = queue.delete(&message.handle);
                }
            }
        }
        if batch.is_empty() {
            mapping.busy.send_modify(|busy| *busy -= 1);
            queue.stirs(&world.clock, &mut changed).await;
            continue;
        }
        let end = *until.get_or_insert_with(|| Instant::now() + world.options.pace.window(spec.window));
        if batch.len() == spec.batch_size || Instant::now() >= end {
            return batch;
        }
        tokio::select! {
            () = sleep_until(end) => {}
            () = queue.stirs(&world.clock, &mut changed) => {}
        }
    }
}

/// Filters see a body that is JSON as what it is.
fn passes(spec: &QueueMappingSpec, record: &Value) -> bool {
    if spec.patterns.is_empty() {
        return true;
    }
    let mut record = record.clone();
    if let Some(body) = record["body"].as_str().and_then(|body| serde_json::from_str(body).ok()) {
        record["body"] = body;
    }
    spec.patterns.iter().any(|pattern| filter::matches(pattern, &record))
}

async fn deliver(world: &World, spec: &QueueMappingSpec, queue: &Queue, batch: &[Message]) {
    let records: Vec<Value> =
        batch.iter().map(|message| wire::record(queue, &world.place.region, message)).collect();
    let payload = json!({ "Records": records }).to_string().into_bytes();
    let Ok(answer) = world.lambda.invoke(world, &spec.function, payload).await else { return };
    let Some(failed) = failures(spec, &answer, batch) else { return };
    let mut deleted = 0_usize;
    for message in batch.iter().filter(|message| !failed.contains(message.id.as_str())) {
        let _ = queue.delete(&message.handle);
        deleted += 1;
    }
    let requests = u64::try_from(deleted.div_ceil(AT_ONCE)).unwrap_or(0);
    world.metrics.change(|all| all.queue_requests += requests);
}

/// The messages that the function says it has not handled; none when its answer makes all of them count as failed: it names
/// one that is not in the batch, or is not what was agreed.
fn failures(spec: &QueueMappingSpec, answer: &[u8], batch: &[Message]) -> Option<BTreeSet<String>> {
    if !spec.partial_failures {
        return Some(BTreeSet::new());
    }
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let Some(list) = answer.get("batchItemFailures").filter(|list| !list.is_null()) else {
        return Some(BTreeSet::new());
    };
    list.as_array()?
        .iter()
        .map(|failure| {
            let id = failure["itemIdentifier"].as_str()?;
            batch.iter().any(|message| message.id == id).then(|| id.to_owned())
        })
        .collect()
}
