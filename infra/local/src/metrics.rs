//! Counts what the run does and what it would have cost, by AWS's published rules and list prices.

use crate::faults::Refusal;
use crate::queues::QueueDepth;
use crate::schedules::ScheduleState;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// US dollars, list prices of us-east-1 in 2026, without free tiers: aws.amazon.com/{lambda,dynamodb,api-gateway,sqs,eventbridge,s3,ses,sns}/pricing.
mod price {
    pub(super) const LAMBDA_REQUEST: f64 = 0.20e-6;
    pub(super) const LAMBDA_ARM_GB_SECOND: f64 = 0.000_013_333_4;
    pub(super) const WRITE_UNIT: f64 = 0.625e-6;
    pub(super) const READ_UNIT: f64 = 0.125e-6;
    pub(super) const SOCKET_MESSAGE: f64 = 1.00e-6;
    pub(super) const SOCKET_MINUTE: f64 = 0.25e-6;
    pub(super) const HTTP_REQUEST: f64 = 1.00e-6;
    pub(super) const QUEUE_REQUEST: f64 = 0.40e-6;
    pub(super) const SCHEDULE: f64 = 1.00e-6;
    pub(super) const STORAGE_WRITE: f64 = 5.00e-6;
    pub(super) const STORAGE_READ: f64 = 0.40e-6;
    pub(super) const MAIL: f64 = 100e-6;
    pub(super) const MAIL_GB: f64 = 0.12;
    pub(super) const MAIL_CHUNK: f64 = 90e-6;
    pub(super) const NOTIFICATION: f64 = 0.50e-6;
}

/// Socket messages are billed in pieces of 32 KB.
const SOCKET_PIECE: usize = 32 * 1_024;
const LATENCIES_KEPT: usize = 2_000;

/// Everything counted since the start; take two and subtract to measure a stretch.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Snapshot {
    /// By logical id.
    pub functions: BTreeMap<String, FunctionMetrics>,
    /// Calls of functions, by operation: `Query`, `SendMessage`, `Invoke`.
    pub operations: BTreeMap<String, u64>,
    /// Units that functions' calls consumed.
    pub read_units: f64,
    pub write_units: f64,
    /// By function (`-`: a caller that is not a function, left out above) and operation.
    pub by_function: BTreeMap<String, BTreeMap<String, OperationMetrics>>,
    /// Clients' frames and posts to them, in the gateway's pieces of 32 KB.
    pub frames: u64,
    pub posts: u64,
    /// Posts that connections received, by connection id.
    pub posts_to: BTreeMap<String, u64>,
    /// Posts asked for, whatever was answered.
    pub posts_tried: u64,
    pub connections_now: usize,
    pub connections_opened: u64,
    pub connection_seconds: u64,
    pub http_requests: u64,
    /// Requests of SQS, by functions and by the mappings for them, in pieces of 64 KB.
    pub queue_requests: u64,
    /// What mappings asked of their queues in vain: five connections each, 20 s a request, for as long as the run lasts.
    pub queue_polls: u64,
    /// Turns of EventBridge Scheduler.
    pub schedules_fired: u64,
    /// Requests of S3 by functions, links and SES: those that put or list, and those that get. To delete is free.
    pub storage_writes: u64,
    pub storage_reads: u64,
    /// By recipient, and the bytes of their attachments.
    pub mails_sent: u64,
    pub mail_bytes: u64,
    /// Mails that came in, and their whole pieces of 256 KB.
    pub mails_received: u64,
    pub mail_chunks: u64,
    /// What topics told functions.
    pub notifications: u64,
    /// Asynchronous events that are being tried.
    pub asynchronous_now: usize,
    pub queues: BTreeMap<String, QueueDepth>,
    pub schedules: Vec<ScheduleState>,
    pub clock: ClockReading,
    /// Actions that a function's policy did not allow, as `function action resource`.
    pub denied: Vec<String>,
    /// What each function did with its policy's leave: the action, and the kind of partition (what stands before the first
    /// `#` of its key) or the index that it touched.
    pub used: BTreeMap<String, std::collections::BTreeSet<String>>,
}

/// What the platform's clock shows, in milliseconds since 1970, and by how much it has been moved.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct ClockReading {
    pub now_ms: u64,
    pub offset_ms: i64,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct FunctionMetrics {
    pub invocations: u64,
    pub errors: u64,
    pub cold: u64,
    pub instances: usize,
    pub gb_seconds: f64,
    /// The last ones, in milliseconds.
    #[serde(skip)]
    pub latencies: Vec<f64>,
}

impl FunctionMetrics {
    /// `share`: 0.5 for the median.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 2,000 are kept"
    )]
    pub fn percentile(&self, share: f64) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct OperationMetrics {
    pub count: u64,
    pub read_units: f64,
    pub write_units: f64,
    pub refused: u64,
}

/// US dollars.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Cost {
    pub lambda: f64,
    pub dynamodb: f64,
    pub api_gateway: f64,
    pub sqs: f64,
    pub scheduler: f64,
    pub s3: f64,
    pub ses: f64,
    pub sns: f64,
}

impl Snapshot {
    /// What all this would have cost.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of a run on one machine are far below 2^52")]
    pub fn cost(&self) -> Cost {
        let lambda = self.functions.values();
        Cost {
            lambda: lambda.fold(0.0, |sum, one| {
                sum + one.invocations as f64 * price::LAMBDA_REQUEST
                    + one.gb_seconds * price::LAMBDA_ARM_GB_SECOND
            }),
            dynamodb: self.read_units * price::READ_UNIT + self.write_units * price::WRITE_UNIT,
            api_gateway: (self.frames + self.posts) as f64 * price::SOCKET_MESSAGE
                + self.connection_seconds as f64 / 60.0 * price::SOCKET_MINUTE
                + self.http_requests as f64 * price::HTTP_REQUEST,
            sqs: (self.queue_requests + self.queue_polls) as f64 * price::QUEUE_REQUEST,
            scheduler: self.schedules_fired as f64 * price::SCHEDULE,
            s3: self.storage_writes as f64 * price::STORAGE_WRITE
                + self.storage_reads as f64 * price::STORAGE_READ,
            ses: (self.mails_sent + self.mails_received) as f64 * price::MAIL
                + self.mail_bytes as f64 / 1e9 * price::MAIL_GB
                + self.mail_chunks as f64 * price::MAIL_CHUNK,
            sns: self.notifications as f64 * price::NOTIFICATION,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Metrics(Mutex<Snapshot>);

impl Metrics {
    pub(crate) fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        change(&mut self.0.lock().expect("no holder panics"));
    }

    pub(crate) fn invoked(&self, function: &str, memory_gb: f64, took: Duration, failed: bool) {
        self.change(|all| {
            let mine = all.functions.entry(function.to_owned()).or_default();
            mine.invocations += 1;
            mine.errors += u64::from(failed);
            let took = took.as_secs_f64() * 1_000.0;
            // Billed by the millisecond, rounded up.
            mine.gb_seconds += took.ceil() / 1_000.0 * memory_gb;
            if mine.latencies.len() == LATENCIES_KEPT {
                mine.latencies.remove(0);
            }
            mine.latencies.push(took);
        });
    }

    pub(crate) fn operated(
        &self,
        caller: &str,
        operation: &str,
        read: f64,
        write: f64,
        refused: Option<Refusal>,
    ) {
        self.change(|all| {
            if caller != "-" {
                *all.operations.entry(operation.to_owned()).or_default() += 1;
                all.read_units += read;
                all.write_units += write;
            }
            let mine = all
                .by_function
                .entry(caller.to_owned())
                .or_default()
                .entry(operation.to_owned())
                .or_default();
            mine.count += 1;
            mine.read_units += read;
            mine.write_units += write;
            mine.refused += u64::from(refused.is_some());
        });
    }

    pub(crate) fn frame(&self, bytes: usize) {
        self.change(|all| all.frames += pieces(bytes));
    }

    pub(crate) fn post(&self, connection: &str, bytes: usize) {
        self.change(|all| {
            all.posts += pieces(bytes);
            *all.posts_to.entry(connection.to_owned()).or_default() += 1;
        });
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.0.lock().expect("no holder panics").clone()
    }
}

fn pieces(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(SOCKET_PIECE).max(1)).unwrap_or(1)
}
