//! What happened, and what it would have cost on AWS.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

/// Counts since the start.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub functions: BTreeMap<String, FunctionCount>,
    /// DynamoDB operation → calls.
    pub operations: BTreeMap<String, u64>,
    pub read_units: f64,
    pub write_units: f64,
    /// Frames of clients and posts to them, in API Gateway's messages of 32 KB.
    pub frames: u64,
    pub posts: u64,
    pub http_requests: u64,
}

#[derive(Debug, Clone, Default)]
pub struct FunctionCount {
    pub invocations: u64,
    pub errors: u64,
    pub cold: u64,
    pub gb_seconds: f64,
    /// The last ones, in milliseconds.
    pub latencies: Vec<f64>,
}

impl FunctionCount {
    #[must_use]
    pub fn percentile(&self, share: f64) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }
}

/// Dollars at AWS's list prices of eu-west-1: Lambda arm64 per GB-second and per request, DynamoDB on demand per unit,
/// API Gateway per message and per HTTP call.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    pub lambda: f64,
    pub dynamodb: f64,
    pub api_gateway: f64,
}

impl Snapshot {
    #[must_use]
    pub fn cost(&self) -> Cost {
        let invocations: u64 = self.functions.values().map(|f| f.invocations).sum();
        let gb_seconds: f64 = self.functions.values().map(|f| f.gb_seconds).sum();
        Cost {
            lambda: invocations as f64 * 0.20e-6 + gb_seconds * 13.3334e-6,
            dynamodb: self.read_units * 0.1415e-6 + self.write_units * 0.7073e-6,
            api_gateway: (self.frames + self.posts) as f64 * 1.14e-6 + self.http_requests as f64 * 1.11e-6,
        }
    }
}

#[derive(Debug, Default)]
pub struct Metrics(Mutex<Snapshot>);

impl Metrics {
    pub fn snapshot(&self) -> Snapshot {
        self.0.lock().expect("no holder panics").clone()
    }

    pub fn invoked(&self, function: &str, took: Duration, cold: bool, failed: bool, memory_mb: u64) {
        let mut all = self.0.lock().expect("no holder panics");
        let count = all.functions.entry(function.to_owned()).or_default();
        count.invocations += 1;
        count.errors += u64::from(failed);
        count.cold += u64::from(cold);
        count.gb_seconds += took.as_secs_f64() * memory_mb as f64 / 1024.0;
        if count.latencies.len() >= 500 {
            count.latencies.remove(0);
        }
        count.latencies.push(took.as_secs_f64() * 1000.0);
    }

    pub fn operation(&self, name: &str, read: f64, write: f64) {
        let mut all = self.0.lock().expect("no holder panics");
        *all.operations.entry(name.to_owned()).or_default() += 1;
        all.read_units += read;
        all.write_units += write;
    }

    pub fn frame(&self, bytes: usize) {
        self.0.lock().expect("no holder panics").frames += messages(bytes);
    }

    pub fn post(&self, bytes: usize) {
        self.0.lock().expect("no holder panics").posts += messages(bytes);
    }

    pub fn http(&self) {
        self.0.lock().expect("no holder panics").http_requests += 1;
    }
}

/// API Gateway counts in pieces of 32 KB.
fn messages(bytes: usize) -> u64 {
    bytes.div_ceil(32 * 1024).max(1) as u64
}
