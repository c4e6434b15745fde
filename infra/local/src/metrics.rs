//! Counts what the run does and what it would have cost, by AWS's published rules and list prices.

use crate::faults::Refusal;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// US dollars, list prices of us-east-1 in 2026, without free tiers: aws.amazon.com/{lambda,dynamodb,api-gateway}/pricing.
mod price {
    pub(super) const LAMBDA_REQUEST: f64 = 0.20e-6;
    pub(super) const LAMBDA_ARM_GB_SECOND: f64 = 0.000_013_333_4;
    pub(super) const WRITE_UNIT: f64 = 0.625e-6;
    pub(super) const READ_UNIT: f64 = 0.125e-6;
    pub(super) const SOCKET_MESSAGE: f64 = 1.00e-6;
    pub(super) const SOCKET_MINUTE: f64 = 0.25e-6;
    pub(super) const HTTP_REQUEST: f64 = 1.00e-6;
}

/// Socket messages are billed in pieces of 32 KB.
const SOCKET_PIECE: usize = 32 * 1_024;
const LATENCIES_KEPT: usize = 2_000;

/// Everything counted since the start; take two and subtract to measure a stretch.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Snapshot {
    pub functions: BTreeMap<String, FunctionMetrics>,
    /// By function (`-`: a caller that is not a function) and operation.
    pub operations: BTreeMap<String, BTreeMap<String, OperationMetrics>>,
    /// Posts that connections received, by connection id.
    pub posts: BTreeMap<String, u64>,
    /// Posts asked for, whatever was answered.
    pub posts_tried: u64,
    pub connections_now: usize,
    pub connections_opened: u64,
    pub socket_frames: u64,
    pub socket_pieces: u64,
    pub socket_seconds: u64,
    pub http_requests: u64,
    /// Actions that a function's policy did not allow, as `function action resource`.
    pub denied: Vec<String>,
    /// Actions that each function's policy allowed and that it used.
    pub used: BTreeMap<String, std::collections::BTreeSet<String>>,
    pub cost: Cost,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct FunctionMetrics {
    pub invocations: u64,
    pub errors: u64,
    pub cold_starts: u64,
    pub instances: usize,
    pub busy_ms: f64,
    pub memory_mb: u64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    #[serde(skip)]
    latencies: Vec<f64>,
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
    pub websocket: f64,
    pub http: f64,
}

impl Snapshot {
    /// Sums over all functions' operations, `-` (tests, seeds) left out.
    #[must_use]
    pub fn units(&self) -> (f64, f64) {
        let all = self.operations.iter().filter(|(function, _)| *function != "-").flat_map(|(_, operations)| operations.values());
        all.fold((0.0, 0.0), |(read, write), one| (read + one.read_units, write + one.write_units))
    }

    #[must_use]
    pub fn total_posts(&self) -> u64 {
        self.posts.values().sum()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Metrics(Mutex<Snapshot>);

impl Metrics {
    pub(crate) fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        change(&mut self.0.lock().expect("no holder panics"));
    }

    pub(crate) fn invoked(&self, function: &str, memory_mb: u64, took: Duration, failed: bool) {
        self.change(|all| {
            let mine = all.functions.entry(function.to_owned()).or_default();
            mine.invocations += 1;
            mine.errors += u64::from(failed);
            mine.memory_mb = memory_mb;
            let took = took.as_secs_f64() * 1_000.0;
            // Billed by the millisecond, rounded up.
            mine.busy_ms += took.ceil();
            if mine.latencies.len() == LATENCIES_KEPT {
                mine.latencies.remove(0);
            }
            mine.latencies.push(took);
        });
    }

    pub(crate) fn operated(&self, caller: &str, operation: &str, read: f64, write: f64, refused: Option<Refusal>) {
        self.change(|all| {
            let mine = all.operations.entry(caller.to_owned()).or_default().entry(operation.to_owned()).or_default();
            mine.count += 1;
            mine.read_units += read;
            mine.write_units += write;
            mine.refused += u64::from(refused.is_some());
        });
    }

    pub(crate) fn frame(&self, bytes: usize) {
        let pieces = u64::try_from(bytes.div_ceil(SOCKET_PIECE).max(1)).unwrap_or(1);
        self.change(|all| {
            all.socket_frames += 1;
            all.socket_pieces += pieces;
        });
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut all = self.0.lock().expect("no holder panics").clone();
        for function in all.functions.values_mut() {
            let mut sorted = function.latencies.clone();
            sorted.sort_by(f64::total_cmp);
            let at = |share: usize| sorted.get((sorted.len() * share / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0);
            (function.p50_ms, function.p99_ms) = (at(50), at(99));
        }
        all.cost = cost(&all);
        all
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run on one machine are far below 2^52")]
fn cost(all: &Snapshot) -> Cost {
    let lambda = all.functions.values().map(|one| {
        one.invocations as f64 * price::LAMBDA_REQUEST
            + one.busy_ms / 1_000.0 * one.memory_mb as f64 / 1_024.0 * price::LAMBDA_ARM_GB_SECOND
    });
    let (read, write) = all.units();
    Cost {
        lambda: lambda.sum(),
        dynamodb: read * price::READ_UNIT + write * price::WRITE_UNIT,
        websocket: all.socket_pieces as f64 * price::SOCKET_MESSAGE + all.socket_seconds as f64 / 60.0 * price::SOCKET_MINUTE,
        http: all.http_requests as f64 * price::HTTP_REQUEST,
    }
}
