//! Event source mappings: the table's stream to a function, in order, filtered and in batches, retried and bisected as Lambda
//! does it. A batch that fails holds up those behind it, as it does on AWS.

mod filter;

use crate::World;
use crate::template::MappingSpec;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

const LOOK_AHEAD: usize = 1_000;
/// While a window is open the stream is read so often, and not at each of a thousand writes a second.
const LOOK: Duration = Duration::from_millis(50);

/// One mapping, and the handles by which tests hold it up.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) spec: MappingSpec,
    /// Everything up to this sequence number is done with.
    done: AtomicI64,
    paused: AtomicBool,
    twice: AtomicBool,
    wake: Notify,
    progressed: Notify,
}

impl Mapping {
    pub(crate) fn new(spec: MappingSpec) -> Self {
        Self {
            spec,
            done: AtomicI64::new(0),
            paused: AtomicBool::new(false),
            twice: AtomicBool::new(false),
            wake: Notify::new(),
            progressed: Notify::new(),
        }
    }

    pub(crate) fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::SeqCst);
        self.wake.notify_one();
    }

    pub(crate) fn duplicate(&self, twice: bool) {
        self.twice.store(twice, Ordering::SeqCst);
    }

    /// Returns when everything that the stream holds now has been delivered, filtered out or given up.
    pub(crate) async fn settled(&self, world: &World) {
        let target = world.tables.newest(&self.spec.table);
        loop {
            let progressed = self.progressed.notified();
            if self.done.load(Ordering::SeqCst) >= target {
                return;
            }
            progressed.await;
        }
    }

    fn reached(&self, sequence: i64) {
        self.done.store(sequence, Ordering::SeqCst);
        self.progressed.notify_waiters();
    }
}

/// Runs for the life of the platform.
pub(crate) async fn run(world: Arc<World>, mapping: Arc<Mapping>) {
    let spec = &mapping.spec;
    let mut changes = world.tables.changes();
    if !spec.from_start {
        mapping.reached(world.tables.newest(&spec.table));
    }
    loop {
        while mapping.paused.load(Ordering::SeqCst) {
            mapping.wake.notified().await;
        }
        changes.mark_unchanged();
        let Some((batch, last)) = gather(&world, &mapping).await else {
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = mapping.wake.notified() => {}
            }
            continue;
        };
        if mapping.paused.load(Ordering::SeqCst) {
            continue;
        }
        deliver(&world, &mapping, batch.clone()).await;
        if mapping.twice.load(Ordering::SeqCst) {
            deliver(&world, &mapping, batch).await;
        }
        mapping.reached(last);
        trim(&world, &spec.table);
    }
}

/// The next batch and the last sequence number that it covers; none when the stream holds nothing for us.
async fn gather(world: &World, mapping: &Mapping) -> Option<(Vec<Value>, i64)> {
    let spec = &mapping.spec;
    let (mut batch, mut last) = (Vec::new(), mapping.done.load(Ordering::SeqCst));
    let mut until: Option<Instant> = None;
    loop {
        let records =
            world.tables.records(&spec.table, last, LOOK_AHEAD, &spec.stream_arn, &world.place.region);
        let full_page = records.len() == LOOK_AHEAD;
        for (sequence, record) in records {
            last = sequence;
            if let Some(record) = record.filter(|record| passes(spec, record)) {
                batch.push(record);
                if batch.len() == spec.batch_size {
                    return Some((batch, last));
                }
            }
        }
        if batch.is_empty() {
            mapping.reached(last);
            trim(world, &spec.table);
            if full_page {
                continue;
            }
            return None;
        }
        if full_page {
            continue;
        }
        // The window opens with the first record that matters.
        let end = *until.get_or_insert_with(|| Instant::now() + world.options.pace.window(spec.window));
        if Instant::now() >= end {
            return Some((batch, last));
        }
        sleep_until(end.min(Instant::now() + LOOK)).await;
    }
}

fn passes(spec: &MappingSpec, record: &Value) -> bool {
    spec.patterns.is_empty() || spec.patterns.iter().any(|pattern| filter::matches(pattern, record))
}

/// Delivers a batch until it is done with: handled, or given up after the mapping's retries. Halves wait their turn on a stack,
/// the earlier on top.
async fn deliver(world: &World, mapping: &Mapping, batch: Vec<Value>) {
    let spec = &mapping.spec;
    let mut stack = vec![(batch, 0_u32)];
    while let Some((mut batch, mut tries)) = stack.pop() {
        loop {
            let payload = json!({ "Records": batch }).to_string().into_bytes();
            let failed_from = match world.lambda.invoke(world, &spec.function, payload).await {
                Err(_) => Some(0),
                Ok(answer) if spec.partial_failures => first_failure(&answer, &batch),
                Ok(_) => None,
            };
            let Some(from) = failed_from else { break };
            batch.drain(..from);
            tries += 1;
            if spec.retries.is_some_and(|retries| tries > retries) {
                world.log.say(format!(
                    "{}: gave up {} record(s) of the stream after {tries} tries",
                    spec.function,
                    batch.len()
                ));
                break;
            }
            sleep(
                world
                    .options
                    .pace
                    .stream_backoff
                    .saturating_mul(1 << tries.min(6))
                    .min(Duration::from_secs(10)),
            )
            .await;
            if spec.bisect && batch.len() > 1 {
                let later = batch.split_off(batch.len() / 2);
                stack.push((later, tries));
            }
        }
    }
}

/// Where the batch must be taken up again: at the lowest record reported; whole, when the answer names none of the batch.
fn first_failure(answer: &[u8], batch: &[Value]) -> Option<usize> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let failures = answer["batchItemFailures"].as_array()?;
    if failures.is_empty() {
        return None;
    }
    let position = |failure: &Value| {
        batch.iter().position(|record| record["dynamodb"]["SequenceNumber"] == failure["itemIdentifier"])
    };
    Some(failures.iter().filter_map(position).min().unwrap_or(0))
}

/// Records that every mapping of the table is done with are forgotten.
fn trim(world: &World, table: &str) {
    let done = world
        .mappings
        .iter()
        .filter(|mapping| mapping.spec.table == table)
        .map(|mapping| mapping.done.load(Ordering::SeqCst));
    if let Some(done) = done.min().filter(|done| *done > 0) {
        world.tables.trim(table, done);
    }
}
