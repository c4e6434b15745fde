//! The local platform: gives a SAM template life on one machine and one port, with the very binaries that are deployed.
//!
//! ```text
//! /            front page            /<stage>                WebSocket API; /<stage>/@connections/{id}
//! /platform/   counts, cost, log     /oidc/                  OpenID provider
//! /mail/       mailboxes              /_aws/<service>         DynamoDB, SQS, S3, SES, Lambda
//! /…           static mounts
//! the rest     HTTP API              /_lambda/<instance>/…   Lambda Runtime API
//! ```
//!
//! It knows nothing of the application: what is particular to one is in its template and in a configuration file. Tests start
//! many platforms in one process, each with a fresh table, and hurt them through [`Platform::faults`] and its kin.
//! `docs/LOCAL_PLATFORM.md` says what is emulated and where it differs from AWS.

mod calls;
mod clock;
mod console;
mod control;
mod dynamodb;
pub mod faults;
mod filter;
mod http_api;
mod iam;
mod lambda;
mod log;
mod metrics;
mod oidc;
mod options;
mod post;
mod queues;
mod schedules;
mod server;
mod statics;
mod storage;
mod streams;
mod template;
mod websocket;
mod xml;

pub use console::{Front, Link};
pub use log::LogLine;
pub use metrics::{ClockReading, Cost, FunctionMetrics, OperationMetrics, Snapshot};
pub use oidc::User;
pub use options::{Limits, Options, Pace};
pub use post::{
    Auto, Bounce, Inbound, Mail, MailState, Mailbox, Order, Quota, Quote, Received, Verdict, Verdicts,
};
pub use queues::QueueDepth;
pub use schedules::ScheduleState;
pub use statics::Serving;
pub use storage::ObjectInfo;

use anyhow::{Result, bail};
use axum::extract::DefaultBodyLimit;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use tokio::task::{JoinHandle, JoinSet};

/// Everything that the parts share.
pub(crate) struct World {
    me: Weak<World>,
    stack: template::Stack,
    place: template::Place,
    /// The same server by its IPv4 address, for processes: it needs no name to be resolved.
    loopback: String,
    environment: BTreeMap<String, String>,
    metrics: metrics::Metrics,
    faults: faults::Faults,
    log: Arc<log::Log>,
    clock: clock::Clock,
    started: std::time::Instant,
    tables: dynamodb::Tables,
    lambda: lambda::Lambda,
    sockets: websocket::Sockets,
    mappings: Vec<Arc<streams::Mapping>>,
    queues: queues::Queues,
    queue_mappings: Vec<Arc<queues::Mapping>>,
    buckets: storage::Buckets,
    post: post::Post,
    schedules: Vec<Arc<schedules::Schedule>>,
    /// What runs until it is done, or until the platform ends.
    background: Mutex<JoinSet<()>>,
    oidc: oidc::Oidc,
    compressed: statics::Compressed,
    /// Whether the platform has ended; connections that outlive it must not be served by its ghost.
    ended: AtomicBool,
    options: Options,
}

impl World {
    fn host(&self) -> &str {
        self.place.origin.trim_start_matches("http://")
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.metrics.snapshot();
        let now_ms = self.clock.now_ms();
        snapshot.connections_now = self.sockets.ids().len();
        snapshot.asynchronous_now = self.lambda.accepted(now_ms);
        snapshot.queues = self.queues.depths(now_ms);
        snapshot.schedules = self.schedules.iter().map(|schedule| schedule.state()).collect();
        snapshot.clock = ClockReading { now_ms, offset_ms: self.clock.offset_ms() };
        // Five connections of 20 s each are a request in four seconds.
        let polled = u64::try_from(self.queue_mappings.len()).unwrap_or(0);
        snapshot.queue_polls = polled * self.started.elapsed().as_secs() / 4;
        snapshot
    }

    /// Moves the clock of the platform and of the functions, whose processes are renewed for it.
    fn move_clock(&self, offset_ms: i64) {
        if offset_ms != self.clock.offset_ms() {
            self.log.say(format!("the clock is moved by {offset_ms} ms"));
            // Before too: what falls due by the move itself must not go to a process that shows the old time.
            self.lambda.renew();
            self.clock.set(offset_ms);
            self.lambda.renew();
        }
    }

    fn background(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.background.lock().expect("no holder panics");
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    fn note_permission(&self, function: &str, action: &str, resource: &str, keys: &[String], allowed: bool) {
        if !allowed {
            self.log
                .write(function, format!("AccessDenied: its policy does not allow {action} on {resource}"));
        }
        self.metrics.change(|all| {
            if allowed {
                let index = resource.rsplit_once("/index/").map_or("", |(_, index)| index);
                let used = all.used.entry(function.to_owned()).or_default();
                let kinds = keys.iter().map(|key| key.split('#').next().unwrap_or(key));
                if index.is_empty() && !keys.is_empty() {
                    used.extend(kinds.map(|kind| format!("{action} {kind}")));
                } else {
                    used.insert(format!("{action} {index}").trim_end().to_owned());
                }
            } else if all.denied.len() < 1_000 {
                all.denied.push(format!("{function} {action} {resource}"));
            }
        });
    }
}

/// A running platform. Dropped, it ends its processes; [`Platform::shutdown`] also waits for their end.
pub struct Platform {
    world: Arc<World>,
    port: u16,
    tasks: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Platform {
    /// Starts it; when this returns, everything answers. Functions start at their first invocation.
    ///
    /// # Errors
    /// A port in use, a missing binary, a template that cannot be read or holds what is not supported: each by name.
    pub async fn start(options: Options) -> Result<Self> {
        // Programs that link the platform speak HTTP to it; without a provider of TLS their clients do not even start.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (listeners, port) = server::bind(options.port).await?;
        let place = template::Place {
            stack: "local".to_owned(),
            origin: format!("http://localhost:{port}"),
            region: "eu-west-1".to_owned(),
            names: BTreeMap::new(),
        };
        let loopback = format!("http://127.0.0.1:{port}");
        let tables = dynamodb::Tables::open(options.data.as_deref())?;
        let fill = |map: &BTreeMap<String, String>| -> BTreeMap<String, String> {
            let fill = |text: &str| {
                text.replace("{url}", &place.origin)
                    .replace("{ws}", &place.origin.replacen("http", "ws", 1))
                    .replace("{data_set}", tables.data_set())
            };
            map.iter().map(|(key, value)| (key.clone(), fill(value))).collect()
        };
        let environment = fill(&options.environment);
        let stack = template::read(&options.template, &fill(&options.parameters), &place)?;
        for table in &stack.tables {
            tables.create(table)?;
        }
        let mut binaries = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, function) in &stack.functions {
            let binary = options.binaries.join(&function.binary);
            if binary.is_file() {
                binaries.insert(name.clone(), binary);
            } else {
                missing.push(function.binary.as_str());
            }
        }
        if !missing.is_empty() {
            let packages: String = missing.iter().map(|name| format!(" -p {name}")).collect();
            bail!(
                "no binary of {} in {}: build it with `cargo build{packages}`",
                missing.join(", "),
                options.binaries.display()
            );
        }
        let log = Arc::new(log::Log::new(options.show_logs));
        let journal = match &options.data {
            Some(table) => Some(Arc::new(queues::Journal::open(table, Arc::clone(&log))?)),
            None => None,
        };
        let buckets = storage::Buckets::open(&stack.buckets, options.data.as_deref())?;
        let post = post::Post::open(&stack.post, options.data.as_deref())?;
        let world = Arc::new_cyclic(|me| World {
            me: me.clone(),
            lambda: lambda::Lambda::new(&stack.functions, &binaries, options.limits.instances),
            mappings: stack
                .mappings
                .iter()
                .cloned()
                .map(|spec| Arc::new(streams::Mapping::new(spec)))
                .collect(),
            queues: queues::Queues::new(&stack.queues, journal.as_ref()),
            queue_mappings: stack
                .queue_mappings
                .iter()
                .cloned()
                .map(|spec| Arc::new(queues::Mapping::new(spec)))
                .collect(),
            schedules: stack
                .schedules
                .iter()
                .cloned()
                .map(|spec| Arc::new(schedules::Schedule::new(spec)))
                .collect(),
            buckets,
            post,
            background: Mutex::default(),
            clock: clock::Clock::new(options.clock_offset_ms),
            started: clock::instant(),
            stack,
            place: place.clone(),
            loopback: loopback.clone(),
            environment,
            metrics: metrics::Metrics::default(),
            faults: faults::Faults::default(),
            log,
            tables,
            sockets: websocket::Sockets::default(),
            oidc: oidc::Oidc::default(),
            compressed: statics::Compressed::default(),
            ended: AtomicBool::new(false),
            options,
        });
        let mut tasks = Vec::new();
        for listener in listeners {
            let app = axum::Router::new()
                .fallback(server::route)
                .layer(DefaultBodyLimit::disable())
                .with_state(Arc::clone(&world))
                .into_make_service_with_connect_info::<SocketAddr>();
            tasks.push(tokio::spawn(async move {
                let _ = axum::serve(listener, app).await;
            }));
        }
        for mapping in &world.mappings {
            tasks.push(tokio::spawn(streams::run(Arc::clone(&world), Arc::clone(mapping))));
        }
        for mapping in &world.queue_mappings {
            tasks.push(tokio::spawn(queues::run(Arc::clone(&world), Arc::clone(mapping))));
        }
        for schedule in &world.schedules {
            tasks.push(tokio::spawn(schedules::run(Arc::clone(&world), Arc::clone(schedule))));
        }
        tasks.push(tokio::spawn(sweep(Arc::clone(&world))));
        post::announce(&world);
        world.log.say(format!("inert here: {}", world.stack.inert.join(", ")));
        Ok(Self { world, port, tasks })
    }

    /// `http://localhost:PORT`
    #[must_use]
    pub fn url(&self) -> &str {
        &self.world.place.origin
    }

    /// `ws://localhost:PORT/STAGE`
    #[must_use]
    pub fn websocket_url(&self) -> String {
        let stage = self.world.stack.sockets.as_ref().map_or("", |routes| routes.stage.as_str());
        format!("{}/{stage}", self.url().replacen("http", "ws", 1))
    }

    /// The first table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        self.world.stack.tables.first().map_or("", |table| table.name.as_str())
    }

    /// For `AWS_ENDPOINT_URL_DYNAMODB`. Callers that are not functions may do anything.
    #[must_use]
    pub fn dynamodb_url(&self) -> String {
        format!("{}/_aws/dynamodb", self.world.loopback)
    }

    /// For `AWS_ENDPOINT_URL_SQS`.
    #[must_use]
    pub fn sqs_url(&self) -> String {
        format!("{}/_aws/sqs", self.world.loopback)
    }

    /// For `AWS_ENDPOINT_URL_S3`. Requests must be signed, by whichever key; links by one whose secret is the key itself.
    #[must_use]
    pub fn s3_url(&self) -> String {
        format!("{}/_aws/s3", self.world.loopback)
    }

    /// For `AWS_ENDPOINT_URL_SES`.
    #[must_use]
    pub fn ses_url(&self) -> String {
        format!("{}/_aws/ses", self.world.loopback)
    }

    /// For `AWS_ENDPOINT_URL_LAMBDA`.
    #[must_use]
    pub fn lambda_url(&self) -> String {
        format!("{}/_aws/lambda", self.world.loopback)
    }

    /// The address of a queue (its logical id), as `Ref` gives it.
    #[must_use]
    pub fn queue_url(&self, queue: &str) -> Option<&str> {
        self.world.queues.get(queue).map(|queue| queue.spec.url.as_str())
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The name of the data set, `{data_set}` in parameters.
    #[must_use]
    pub fn data_set(&self) -> &str {
        self.world.tables.data_set()
    }

    /// Outputs of the template, resolved.
    #[must_use]
    pub fn outputs(&self) -> &BTreeMap<String, String> {
        &self.world.stack.outputs
    }

    /// An environment variable of a function, as the template sets it.
    #[must_use]
    pub fn variable(&self, function: &str, name: &str) -> Option<&str> {
        let own = self.world.stack.functions.get(function)?.environment.get(name);
        self.world.environment.get(name).or(own).map(String::as_str)
    }

    /// The embedded table itself, past policies, faults and counts.
    #[must_use]
    pub fn database(&self) -> &dynoxide::Database {
        self.world.tables.database()
    }

    /// Ends every process that was started, as a power cut does: no close frames, no `$disconnect`. The port is free as soon
    /// as the runtime has dropped the listeners.
    pub fn shutdown(&self) {
        self.world.ended.store(true, Ordering::SeqCst);
        for task in &self.tasks {
            task.abort();
        }
        self.world.background.lock().expect("no holder panics").abort_all();
        self.world.sockets.cut(None, false);
        // Each is killed by its watcher, or, when the runtime goes first, by the drop of the watcher.
        for instance in self.world.lambda.all() {
            instance.kill_soon();
        }
    }

    /// [`Platform::shutdown`], and waits until every process has ended.
    pub async fn ended(&self) {
        self.shutdown();
        for instance in self.world.lambda.all() {
            instance.exited().await;
        }
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.shutdown();
    }
}

async fn sweep(world: Arc<World>) {
    loop {
        tokio::time::sleep(world.options.pace.ttl_sweep).await;
        if let Err(error) = world.tables.sweep(&world.stack.tables, &world.clock) {
            world.log.say(format!("the sweep of expired items failed: {error}"));
        }
        if let Err(error) = world.buckets.sweep(world.clock.now_ms()) {
            world.log.say(format!("the sweep of expired objects failed: {error}"));
        }
    }
}
