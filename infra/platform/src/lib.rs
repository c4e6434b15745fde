//! The local platform: reads a SAM template and gives it life on one machine and one port. It knows nothing about
//! what the functions do.
//!
//! The functions are the binaries that are deployed, started as processes against the Lambda Runtime API. Limits are
//! AWS's. Of a template's resources each kind is emulated, inert (a named list) or refused by name.
#![expect(clippy::disallowed_methods, reason = "a platform has a clock and makes ids of its own")]

mod console;
mod dynamodb;
pub mod faults;
mod http_api;
mod lambda;
mod metrics;
mod oidc;
mod router;
mod static_files;
mod streams;
pub mod template;
mod websocket;

pub use metrics::Snapshot;
pub use oidc::User;

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a platform is started with.
#[derive(Debug, Clone)]
pub struct Options {
    pub template: PathBuf,
    /// Where the functions' binaries lie, each named as the last part of its `CodeUri`.
    pub binaries: PathBuf,
    /// 0: any free one.
    pub port: u16,
    /// Template parameters. `{url}` and `{ws}` stand for the platform's own addresses.
    pub parameters: BTreeMap<String, String>,
    /// Who can sign in at `/oidc/`.
    pub users: Vec<User>,
    pub oidc_clients: Vec<String>,
    /// URL prefix (`/shop/`) → folder.
    pub mounts: Vec<(String, PathBuf)>,
    /// A file that keeps the table, or memory.
    pub data: Option<PathBuf>,
    pub limits: Limits,
    /// Whether the functions' log lines are shown.
    pub show_logs: bool,
}

/// AWS's limits, shortened in tests.
#[derive(Debug, Clone)]
pub struct Limits {
    /// API Gateway cuts a connection without frames.
    pub idle: Duration,
    /// API Gateway cuts every connection.
    pub longest: Duration,
    /// Processes per function.
    pub instances: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(600), longest: Duration::from_secs(7200), instances: 24 }
    }
}

/// A running platform. Dropping it ends every process that it started.
#[derive(Debug)]
pub struct Platform {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

/// What all parts know.
#[derive(Debug)]
pub(crate) struct Shared {
    pub url: String,
    pub stack: template::Stack,
    pub lambda: lambda::Lambda,
    pub websocket: websocket::Gateway,
    pub dynamodb: dynamodb::Proxy,
    pub oidc: oidc::Provider,
    pub metrics: metrics::Metrics,
    pub faults: faults::Faults,
    pub options: Options,
}

impl Platform {
    /// Starts everything; when it returns, everything answers.
    pub async fn start(options: Options) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind(("127.0.0.1", options.port))
            .await
            .with_context(|| format!("port {} is in use; stop what uses it or choose another with --port", options.port))?;
        let port = listener.local_addr()?.port();
        let url = format!("http://localhost:{port}");
        let mut parameters = options.parameters.clone();
        for value in parameters.values_mut() {
            *value = value.replace("{url}", &url).replace("{ws}", &format!("ws://localhost:{port}"));
        }
        let stack = template::load(&options.template, &parameters)?;
        for function in stack.functions.values() {
            let binary = options.binaries.join(&function.binary);
            anyhow::ensure!(binary.exists(), "the binary of function {} is missing at {}; build it first", function.name, binary.display());
        }
        let (dynamodb, database) = dynamodb::Proxy::start(&stack, options.data.as_deref()).await?;
        let shared = Arc::new(Shared {
            lambda: lambda::Lambda::new(&stack, &options, &url),
            websocket: websocket::Gateway::default(),
            oidc: oidc::Provider::new(&url, options.users.clone(), options.oidc_clients.clone()),
            metrics: metrics::Metrics::default(),
            faults: faults::Faults::default(),
            dynamodb,
            url,
            stack,
            options,
        });
        let app = router::build(shared.clone());
        let mut tasks = vec![tokio::spawn(async move {
            let service = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
            if let Err(error) = axum::serve(listener, service).await {
                eprintln!("the platform's server ended: {error}");
            }
        })];
        tasks.extend(streams::start(&shared, database));
        Ok(Self { shared, tasks })
    }

    /// `http://localhost:PORT`
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    #[must_use]
    pub fn table(&self) -> &str {
        &self.shared.stack.table.name
    }

    /// Where the SDK finds DynamoDB.
    #[must_use]
    pub fn dynamodb_url(&self) -> String {
        format!("{}/_aws/dynamodb", self.shared.url)
    }

    /// What breaks, on purpose.
    #[must_use]
    pub fn faults(&self) -> &faults::Faults {
        &self.shared.faults
    }

    #[must_use]
    pub fn metrics(&self) -> Snapshot {
        self.shared.metrics.snapshot()
    }

    /// Kills every process of a function, as it is.
    pub fn kill(&self, function: &str) -> usize {
        self.shared.lambda.kill(function)
    }

    /// Cuts every WebSocket connection without a close; with `tell`, `$disconnect` is called.
    pub fn cut_connections(&self, tell: bool) -> usize {
        self.shared.websocket.cut_all(tell)
    }

    /// Ends every process that was started.
    pub fn shutdown(&self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.lambda.end();
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.shutdown();
    }
}
