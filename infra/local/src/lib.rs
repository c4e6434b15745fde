//! The local platform: gives a SAM template life on one machine and one port, with the very binaries that are deployed.
//!
//! ```text
//! /            front page            /<stage>                WebSocket API; /<stage>/@connections/{id}
//! /platform/   counts, cost, log     /oidc/                  OpenID provider
//! /…           static mounts         /_aws/dynamodb          DynamoDB
//! the rest     HTTP API              /_lambda/<instance>/…   Lambda Runtime API
//! ```
//!
//! It knows nothing of the application: what is particular to one is in its template and in a configuration file. Tests start
//! many platforms in one process, each with a fresh table, and hurt them through [`Platform::faults`] and its kin.
//! `docs/LOCAL_PLATFORM.md` says what is emulated and where it differs from AWS.

mod clock;
mod config;
mod console;
mod dynamodb;
pub mod faults;
mod http_api;
mod iam;
mod lambda;
mod log;
mod metrics;
mod oidc;
mod statics;
mod streams;
mod template;
mod websocket;

pub use config::ConfigError;
pub use console::{Front, Link};
pub use dynamodb::Data;
pub use faults::{Faults, KillRule, PostFault, PostRule, TableFault, TableRule, When};
pub use log::{LogLine, LogSink};
pub use metrics::{Cost, FunctionMetrics, OperationMetrics, Snapshot};
pub use oidc::{Person, Provider};
pub use statics::Mount;

use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, Request, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a platform is made of. In parameters, environment, redirects and links, `${origin}`, `${loopback}`, `${ws_origin}` and
/// `${data_set}` stand for what is known only once it runs.
#[derive(Debug, Clone)]
pub struct Options {
    pub stack: String,
    pub template: PathBuf,
    /// Where the functions' binaries are.
    pub binaries: PathBuf,
    pub parameters: BTreeMap<String, String>,
    /// Set for every function, over what the template says.
    pub environment: BTreeMap<String, String>,
    /// Physical names of tables by logical id.
    pub names: BTreeMap<String, String>,
    /// 0: any free port.
    pub port: u16,
    pub data: Data,
    pub provider: Provider,
    pub mounts: Vec<Mount>,
    pub front: Front,
    pub limits: Limits,
    pub log: LogSink,
}

/// AWS's limits, which tests may shorten.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A socket on which nothing passes is closed: 10 minutes.
    pub socket_idle: Duration,
    /// A socket is closed at this age: 2 hours.
    pub socket_life: Duration,
    /// Instances of one function at a time: 10, what new accounts may have.
    pub instances: usize,
    /// The longest batching window of mappings; `None`: as the template says.
    pub stream_window: Option<Duration>,
    /// Before the first retry of a batch; doubled at each.
    pub stream_backoff: Duration,
    /// Between two sweeps of what has expired.
    pub ttl_sweep: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            socket_idle: Duration::from_secs(600),
            socket_life: Duration::from_secs(7_200),
            instances: 10,
            stream_window: None,
            stream_backoff: Duration::from_millis(100),
            ttl_sweep: Duration::from_secs(60),
        }
    }
}

impl Limits {
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
    limits: Limits,
    metrics: metrics::Metrics,
    faults: Faults,
    log: Arc<log::Log>,
    tables: dynamodb::Tables,
    lambda: lambda::Lambda,
    sockets: websocket::Sockets,
    mappings: Vec<Arc<streams::Mapping>>,
    provider: Provider,
    oidc: oidc::Oidc,
    mounts: Vec<Mount>,
    front: Front,
}

impl World {
    fn host(&self) -> &str {
        self.place.origin.trim_start_matches("http://")
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.metrics.snapshot();
        snapshot.connections_now = self.sockets.ids().len();
        snapshot
    }

    fn note_permission(&self, function: &str, action: &str, resource: &str, allowed: bool) {
        if !allowed {
            self.log.write(function, format!("AccessDenied: its policy does not allow {action} on {resource}"));
        }
        self.metrics.change(|all| {
            if allowed {
                let used = all.used.entry(function.to_owned()).or_default();
                if !used.contains(action) {
                    used.insert(action.to_owned());
                }
            } else {
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
        let (listeners, port) = bind(options.port).await?;
        let place = template::Place {
            stack: options.stack,
            origin: format!("http://localhost:{port}"),
            region: "local".to_owned(),
            names: options.names,
        };
        let loopback = format!("http://127.0.0.1:{port}");
        let tables = dynamodb::Tables::open(&options.data)?;
        let fill = |text: &str| {
            text.replace("${origin}", &place.origin)
                .replace("${loopback}", &loopback)
                .replace("${ws_origin}", &place.origin.replacen("http", "ws", 1))
                .replace("${data_set}", tables.data_set())
        };
        let filled = |map: &BTreeMap<String, String>| map.iter().map(|(key, value)| (key.clone(), fill(value))).collect::<BTreeMap<_, _>>();
        let parameters = filled(&options.parameters);
        let environment = filled(&options.environment);
        let mut provider = options.provider;
        provider.redirects = provider.redirects.iter().map(|redirect| fill(redirect)).collect();
        let stack = template::read(&options.template, &parameters, &place)?;
        for table in &stack.tables {
            tables.create(table)?;
        }
        let mut binaries = BTreeMap::new();
        let mut missing = Vec::new();
        for name in stack.functions.keys() {
            let binary = options.binaries.join(name);
            if binary.is_file() {
                binaries.insert(name.clone(), binary);
            } else {
                missing.push(name.as_str());
            }
        }
        if !missing.is_empty() {
            let packages: String = missing.iter().map(|name| format!(" -p {name}")).collect();
            bail!("no binary of {} in {}: build it with `cargo build{packages}`", missing.join(", "), options.binaries.display());
        }
        let world = Arc::new_cyclic(|me| World {
            me: me.clone(),
            lambda: lambda::Lambda::new(&stack.functions, &binaries, options.limits.instances),
            mappings: stack.mappings.iter().cloned().map(|spec| Arc::new(streams::Mapping::new(spec))).collect(),
            stack,
            place: place.clone(),
            loopback: loopback.clone(),
            environment,
            limits: options.limits,
            metrics: metrics::Metrics::default(),
            faults: Faults::default(),
            log: Arc::new(log::Log::new(options.log)),
            tables,
            sockets: websocket::Sockets::default(),
            provider,
            oidc: oidc::Oidc::default(),
            mounts: options.mounts,
            front: options.front,
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

    /// For `AWS_ENDPOINT_URL_DYNAMODB`. Callers that are not functions may do anything.
    #[must_use]
    pub fn dynamodb_url(&self) -> String {
        format!("{}/_aws/dynamodb", self.world.loopback)
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
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
    pub fn faults(&self) -> &Faults {
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

    /// `kill -9` on every instance of the function, at once; how many there were. The next invocation starts a fresh one.
    pub async fn kill(&self, function: &str) -> usize {
        self.world.lambda.kill(function).await
    }

    /// Ids of the sockets that are open.
    #[must_use]
    pub fn connections(&self) -> Vec<String> {
        self.world.sockets.ids()
    }

    /// Drops one connection, or all, without a close frame; `tell`: whether `$disconnect` is delivered.
    pub fn cut(&self, connection: Option<&str>, tell: bool) -> usize {
        self.world.sockets.cut(connection, tell)
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

    /// Deletes what has expired, now; how many items.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sweep_expired(&self) -> Result<usize> {
        self.world.tables.sweep()
    }

    fn mappings_of(&self, function: &str) -> impl Iterator<Item = &Arc<streams::Mapping>> {
        self.world.mappings.iter().filter(move |mapping| mapping.spec.function == function)
    }

    /// Closes the sockets, kills every process that it started, waits for their end and frees the port.
    pub async fn shutdown(mut self) {
        self.world.sockets.close_all();
        for task in self.tasks.drain(..) {
            task.abort();
            let _ = task.await;
        }
        self.world.lambda.kill_all().await;
    }

    /// Ends as a power cut does: no close frames, no `$disconnect`, every process killed.
    pub async fn crash(mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
            let _ = task.await;
        }
        self.world.sockets.cut(None, false);
        self.world.lambda.kill_all().await;
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.world.sockets.cut(None, false);
        // Each process is killed by its watcher, or, when the runtime goes first, by the drop of the watcher.
        for instance in self.world.lambda.all() {
            instance.kill_soon();
        }
    }
}

/// Both loopbacks on one port: `localhost` means either.
async fn bind(port: u16) -> Result<(Vec<TcpListener>, u16)> {
    for _ in 0..20 {
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.with_context(|| {
            format!("port {port} is in use: end what listens there, or choose another with --port")
        })?;
        let bound = four.local_addr()?.port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, bound)).await {
            Ok(six) => return Ok((vec![four, six], bound)),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                if port != 0 {
                    return Err(error).with_context(|| format!("port {port} is in use on ::1: end what listens there, or choose another with --port"));
                }
            }
            // A machine without IPv6.
            Err(_) => return Ok((vec![four], bound)),
        }
    }
    bail!("no port is free on both 127.0.0.1 and ::1")
}

async fn sweep(world: Arc<World>) {
    loop {
        tokio::time::sleep(world.limits.ttl_sweep).await;
        if let Err(error) = world.tables.sweep() {
            world.log.say(format!("the sweep of expired items failed: {error}"));
        }
    }
}

async fn route(State(world): State<Arc<World>>, ConnectInfo(address): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = percent_decode(parts.uri.path());
    if let Some(routes) = world.stack.sockets.clone() {
        let base = format!("/{}", routes.stage);
        if path == base || path == format!("{base}/") {
            return match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
                Ok(upgrade) => websocket::connect(world, routes, upgrade, &parts.uri, &parts.headers, address).await,
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
    } else if path.starts_with("/_lambda/") {
        lambda::handle(&world, &parts.method, &path, &parts.headers, body).await
    } else if path.starts_with("/oidc/") {
        oidc::handle(&world, &parts.method, &path, query, &parts.headers, body).await
    } else if path == "/" {
        console::front(&world)
    } else if path.starts_with("/platform/") {
        console::platform(&world, &path)
    } else if let Some(mount) = world.mounts.iter().find(|mount| path.starts_with(&mount.path)) {
        statics::handle(&world, mount, &parts.method, &path, &parts.headers).await
    } else if path == "/platform" || world.mounts.iter().any(|mount| mount.path == format!("{path}/")) {
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
        let hex = (bytes[at] == b'%').then(|| path.get(at + 1..at + 3)).flatten().and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
