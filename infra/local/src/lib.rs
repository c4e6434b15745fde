//! The local platform: gives a SAM template life on one machine and one port, with the very binaries that are deployed.
//!
//! ```text
//! /            front page            /<stage>                WebSocket API; /<stage>/@connections/{id}
//! /platform/   counts, cost, log     /oidc/                  OpenID provider
//! /…           static mounts         /_aws/<service>         DynamoDB, SQS, Lambda
//! the rest     HTTP API              /_lambda/<instance>/…   Lambda Runtime API
//! ```
//!
//! It knows nothing of the application: what is particular to one is in its template and in a configuration file. Tests start
//! many platforms in one process, each with a fresh table, and hurt them through [`Platform::faults`] and its kin.
//! `docs/LOCAL_PLATFORM.md` says what is emulated and where it differs from AWS.

mod calls;
mod clock;
mod console;
mod dynamodb;
pub mod faults;
mod filter;
mod http_api;
mod iam;
mod lambda;
mod log;
mod metrics;
mod oidc;
mod queues;
mod schedules;
mod statics;
mod streams;
mod template;
mod websocket;

pub use console::{Front, Link};
pub use log::LogLine;
pub use metrics::{ClockReading, Cost, FunctionMetrics, OperationMetrics, Snapshot};
pub use oidc::User;
pub use queues::QueueDepth;
pub use schedules::ScheduleState;
pub use statics::Serving;

use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, Request, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

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
    /// A file that keeps the table, and beside it one for the queues; or memory.
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
        snapshot.asynchronous_now = self.lambda.accepted();
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
        let (listeners, port) = bind(options.port).await?;
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
                .fallback(route)
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

    #[must_use]
    pub fn faults(&self) -> &faults::Faults {
        &self.world.faults
    }

    #[must_use]
    pub fn metrics(&self) -> Snapshot {
        self.world.snapshot()
    }

    /// The latest 50,000 lines that functions and platform wrote.
    #[must_use]
    pub fn logs(&self) -> Vec<LogLine> {
        self.world.log.lines()
    }

    /// `kill -9` on every process of the function (its logical id), busy or not; how many there were. The next invocation
    /// starts a fresh one.
    pub fn kill(&self, function: &str) -> usize {
        self.world.lambda.kill_soon(function)
    }

    /// How many processes of functions run now.
    #[must_use]
    pub fn processes(&self) -> usize {
        self.world.lambda.all().len()
    }

    /// Ids of the sockets that are open.
    #[must_use]
    pub fn connections(&self) -> Vec<String> {
        self.world.sockets.ids()
    }

    /// Cuts every WebSocket connection without a close; with `tell`, `$disconnect` is called.
    pub fn cut_connections(&self, tell: bool) -> usize {
        self.world.sockets.cut(None, tell)
    }

    /// The same for one of them; whether there was such a one.
    pub fn cut_connection(&self, connection: &str, tell: bool) -> bool {
        self.world.sockets.cut(Some(connection), tell) == 1
    }

    /// Holds up, or lets go, the stream mapping of that function.
    pub fn pause_stream(&self, function: &str, paused: bool) {
        self.mappings_of(function).for_each(|mapping| mapping.pause(paused));
    }

    /// From now on every batch of the stream is delivered twice.
    pub fn duplicate_stream(&self, function: &str, twice: bool) {
        self.mappings_of(function).for_each(|mapping| mapping.duplicate(twice));
    }

    /// Returns when the stream mappings have dealt with all that has been written until now. Never while one is paused.
    pub async fn streams_settled(&self) {
        for mapping in &self.world.mappings {
            mapping.settled(&self.world).await;
        }
    }

    /// Deletes what has expired by the platform's clock, now; how many items.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sweep_expired(&self) -> Result<usize> {
        self.world.tables.sweep(&self.world.stack.tables, &self.world.clock)
    }

    /// Moves the clock of platform and functions so many milliseconds from the machine's. What falls due by that happens at
    /// once: delays of queues, schedules (one turn each), retries of asynchronous invocations. Processes are renewed.
    pub fn move_clock(&self, offset_ms: i64) {
        self.world.move_clock(offset_ms);
    }

    /// What the platform's clock shows, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.world.clock.now_ms()
    }

    /// Loses everything that a queue (its logical id) holds; how many messages.
    pub fn purge_queue(&self, queue: &str) -> usize {
        self.world.queues.get(queue).map_or(0, |queue| queue.purge())
    }

    /// Returns when streams, asynchronous events and queues have brought to the functions what is due now. What failed and
    /// waits for its next try is not waited for.
    pub async fn settled(&self) {
        loop {
            self.streams_settled().await;
            self.world.lambda.settled().await;
            for mapping in &self.world.queue_mappings {
                mapping.settled(&self.world).await;
            }
            // One may have given work to another meanwhile.
            if self.at_rest() {
                return;
            }
        }
    }

    fn at_rest(&self) -> bool {
        self.world.lambda.accepted() == 0
            && self.world.mappings.iter().all(|mapping| mapping.is_settled(&self.world))
            && self.world.queue_mappings.iter().all(|mapping| mapping.is_settled(&self.world))
    }

    fn mappings_of(&self, function: &str) -> impl Iterator<Item = &Arc<streams::Mapping>> {
        self.world.mappings.iter().filter(move |mapping| mapping.spec.function == function)
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

/// Both loopbacks on one port: `localhost` means either.
async fn bind(port: u16) -> Result<(Vec<TcpListener>, u16)> {
    for attempt in 0_u32..20 {
        let four = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(four) => four,
            // A platform that has just ended here may need a moment to let go.
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && attempt < 10 => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("port {port} is in use; stop what uses it or choose another with --port")
                });
            }
        };
        let bound = four.local_addr()?.port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, bound)).await {
            Ok(six) => return Ok((vec![four, six], bound)),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                tokio::time::sleep(Duration::from_millis(50)).await
            }
            // A machine without IPv6.
            Err(_) => return Ok((vec![four], bound)),
        }
    }
    bail!("port {port} is in use on ::1; stop what uses it or choose another with --port")
}

async fn sweep(world: Arc<World>) {
    loop {
        tokio::time::sleep(world.options.pace.ttl_sweep).await;
        if let Err(error) = world.tables.sweep(&world.stack.tables, &world.clock) {
            world.log.say(format!("the sweep of expired items failed: {error}"));
        }
    }
}

async fn route(
    State(world): State<Arc<World>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    if world.ended.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, [("connection", "close")]).into_response();
    }
    let (mut parts, body) = request.into_parts();
    let path = percent_decode(parts.uri.path());
    if let Some(routes) = world.stack.sockets.clone() {
        let base = format!("/{}", routes.stage);
        if path == base || path == format!("{base}/") {
            return match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
                Ok(upgrade) => {
                    websocket::connect(world, routes, upgrade, &parts.uri, &parts.headers, address).await
                }
                // API Gateway's answer to whoever comes without an upgrade.
                Err(_) => (StatusCode::UPGRADE_REQUIRED, "Upgrade Required").into_response(),
            };
        }
        if let Some(id) = path.strip_prefix(&format!("{base}/@connections/")) {
            let Ok(body) = read(body).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
            return websocket::manage(&world, &routes, id, &parts.method, &parts.headers, body).await;
        }
    }
    let Ok(body) = read(body).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let query = parts.uri.query().unwrap_or_default();
    if path.trim_end_matches('/') == "/_aws/dynamodb" {
        dynamodb::handle(&world, &parts.headers, body).await
    } else if path.starts_with("/_aws/sqs") {
        queues::handle(&world, &parts.headers, body).await
    } else if path.starts_with("/_aws/lambda/") {
        lambda::handle_invoke(&world, &parts.method, &path, &parts.headers, body).await
    } else if path.starts_with("/_lambda/") {
        lambda::handle(&world, &parts.method, &path, &parts.headers, body).await
    } else if path.starts_with("/oidc/") {
        oidc::handle(&world, &parts.method, &path, query, &parts.headers, body).await
    } else if path == "/" {
        console::front(&world)
    } else if path.starts_with("/platform/") {
        console::platform(&world, &parts.method, &path, &parts.headers, &body)
    } else if let Some((prefix, folder)) =
        world.options.mounts.iter().find(|(prefix, _)| path.starts_with(prefix))
    {
        statics::handle(&world, prefix, folder, &parts.method, &path, &parts.headers).await
    } else if path == "/platform"
        || world.options.mounts.iter().any(|(prefix, _)| *prefix == format!("{path}/"))
    {
        (StatusCode::PERMANENT_REDIRECT, [("location", format!("{path}/"))]).into_response()
    } else {
        http_api::handle(&world, &parts.method, &parts.uri, &parts.headers, body, address).await
    }
}

async fn read(body: axum::body::Body) -> Result<Bytes, axum::Error> {
    // The largest body of any of the services: DynamoDB's 16 MB.
    axum::body::to_bytes(body, 16 * 1_024 * 1_024).await
}

fn percent_decode(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| path.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
