//! What a platform is told at its start.

use crate::console::Front;
use crate::oidc::User;
use crate::statics::Serving;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// What a platform is started with. In parameters and environment, `{url}`, `{ws}` and `{data_set}` stand for what is known
/// only once it runs: its addresses, and the name of its data, which is new with new data.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub template: PathBuf,
    /// Where the functions' binaries lie, each named as the last part of its `CodeUri`.
    pub binaries: PathBuf,
    /// 0: any free one.
    pub port: u16,
    pub parameters: BTreeMap<String, String>,
    /// Who can sign in at `/oidc/`.
    pub users: Vec<User>,
    pub oidc_clients: Vec<String>,
    /// URL prefix (`/shop/`) → folder.
    pub mounts: Vec<(String, PathBuf)>,
    /// A file that keeps the table, and beside it one each for queues, objects and mails; or memory.
    pub data: Option<PathBuf>,
    pub limits: Limits,
    pub pace: Pace,
    /// Whether the functions' log lines are shown; they are kept for [`Platform::logs`] either way.
    pub show_logs: bool,
    /// Set for every function, over what the template says.
    pub environment: BTreeMap<String, String>,
    /// How mounts are served, by their prefix.
    pub serving: BTreeMap<String, Serving>,
    pub front: Front,
    /// By how much the platform's clock, and the functions', differs from the machine's at the start.
    pub clock_offset_ms: i64,
}

/// AWS's limits, shortened in tests.
#[derive(Debug, Clone)]
pub struct Limits {
    /// API Gateway cuts a connection without frames: 10 minutes.
    pub idle: Duration,
    /// API Gateway cuts every connection: 2 hours.
    pub longest: Duration,
    /// Processes per function.
    pub instances: usize,
}

/// What on AWS takes its time, hurried in tests.
#[derive(Debug, Clone)]
pub struct Pace {
    /// The longest batching window of stream mappings; `None`: as the template says.
    pub stream_window: Option<Duration>,
    /// Before the first retry of a batch; doubled at each, to 10 s.
    pub stream_backoff: Duration,
    /// Between two sweeps of what has expired.
    pub ttl_sweep: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(600), longest: Duration::from_secs(7_200), instances: 24 }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            stream_window: None,
            stream_backoff: Duration::from_millis(100),
            ttl_sweep: Duration::from_secs(60),
        }
    }
}

impl Pace {
    pub(crate) fn window(&self, wanted: Duration) -> Duration {
        self.stream_window.map_or(wanted, |limit| wanted.min(limit))
    }
}
