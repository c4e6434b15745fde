//! Event source mappings: the table's stream to a function, in order, filtered and in batches, retried and bisected as Lambda
//! does it. A batch that fails holds up those behind it, as it does on AWS.

use crate::template::MappingSpec;
use crate::{World, clock, filter};
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

    pub(crate) fn is_settled(&self, world: &World) -> bool {
        self.done.load(Ordering::SeqCst) >= world.tables.newest(&self.spec.table)
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
        let records = world.tables.records(
            &spec.table,
            last,
            LOOK_AHEAD,
            &spec.stream_arn,
            &world.place.region,
            world.clock.offset_ms(),
        );
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

/// Delivers a batch until it is done with: handled, or given up after the mapping's retries. A batch that is split waits its
/// turn on a stack, the earlier half on top. Splitting is no retry and takes none away, nor does taking up a batch behind what
/// its function has handled: a record that cannot be handled ends alone, and is then tried as often as the mapping says.
async fn deliver(world: &World, mapping: &Mapping, batch: Vec<Value>) {
    let spec = &mapping.spec;
    let mut stack = vec![(batch, 0_u32)];
    while let Some((mut batch, mut tries)) = stack.pop() {
        let mut pauses = 0_u32;
        loop {
            if spec.oldest.is_some_and(|oldest| age(world, &batch) > oldest) {
                give_up(world, spec, &batch, "RecordAgeExceeded", tries);
                break;
            }
            let payload = json!({ "Records": batch }).to_string().into_bytes();
            let failed_from = match world.lambda.invoke(world, &spec.function, payload).await {
                Err(_) => Some(0),
                Ok(answer) if spec.partial_failures => first_failure(&answer, &batch),
                Ok(_) => None,
            };
            let Some(from) = failed_from else { break };
            if from > 0 {
                batch.drain(..from);
            } else if spec.bisect && batch.len() > 1 {
                let later = batch.split_off(batch.len() / 2);
                stack.push((later, tries));
            } else {
                tries += 1;
            }
            if spec.retries.is_some_and(|retries| tries > retries) {
                give_up(world, spec, &batch, "RetryAttemptsExhausted", tries);
                break;
            }
            pauses += 1;
            let pause = world.options.pace.stream_backoff.saturating_mul(1 << pauses.min(6));
            sleep(pause.min(Duration::from_secs(10))).await;
        }
    }
}

/// How old the batch's first record is, by the platform's clock.
fn age(world: &World, batch: &[Value]) -> Duration {
    Duration::from_millis(world.clock.now_ms().saturating_sub(created_ms(batch.first())))
}

fn created_ms(record: Option<&Value>) -> u64 {
    record.and_then(|record| record["dynamodb"]["ApproximateCreationDateTime"].as_u64()).unwrap_or(0) * 1_000
}

/// Says so, and tells the mapping's destination where the records were: it does not get the records themselves.
fn give_up(world: &World, spec: &MappingSpec, batch: &[Value], condition: &str, tries: u32) {
    let what = format!("{} record(s) of the stream after {tries} tries ({condition})", batch.len());
    world.log.say(format!("{}: gave up {what}", spec.function));
    let Some(queue) = &spec.on_failure else { return };
    let number = |record: Option<&Value>| record.map(|record| record["dynamodb"]["SequenceNumber"].clone());
    let arn = world.lambda.spec(&spec.function).map_or("", |function| function.arn.as_str());
    let record = json!({
        "version": "1.0",
        "timestamp": clock::rfc_3339(world.clock.now_ms()),
        "requestContext": {
            "requestId": clock::uuid(),
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": tries,
        },
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000000000000000001-00000001",
            "startSequenceNumber": number(batch.first()),
            "endSequenceNumber": number(batch.last()),
            "approximateArrivalOfFirstRecord": clock::rfc_3339(created_ms(batch.first())),
            "approximateArrivalOfLastRecord": clock::rfc_3339(created_ms(batch.last())),
            "batchSize": batch.len(),
            "streamArn": spec.stream_arn,
        },
    });
    world.queues.put(&world.clock, queue, record.to_string(), Value::Null);
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
