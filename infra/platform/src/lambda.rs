//! Lambda: a pool of processes per function, each of them one invocation at a time, spoken to through the Runtime API.

use crate::Shared;
use crate::template::{Function, Stack};
use crate::Options;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};

/// Why a function gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// The function answered with an error.
    Unhandled(String),
    TimedOut,
    /// Its process ended.
    Crashed,
}

type Outcome = Result<Bytes, Failed>;

#[derive(Debug)]
struct Invocation {
    id: String,
    payload: Bytes,
    deadline_ms: u64,
}

#[derive(Debug)]
struct Instance {
    work: mpsc::Sender<Invocation>,
    inbox: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    answer: Mutex<Option<oneshot::Sender<Outcome>>>,
    kill: Notify,
}

impl Instance {
    fn answer(&self, outcome: Outcome) {
        if let Some(waiting) = self.answer.lock().expect("no holder panics").take() {
            let _ = waiting.send(outcome);
        }
    }
}

#[derive(Debug)]
struct Pool {
    function: Function,
    idle: Mutex<Vec<(String, Arc<Instance>)>>,
    room: Arc<Semaphore>,
}

#[derive(Debug)]
pub struct Lambda {
    pools: BTreeMap<String, Pool>,
    instances: Arc<Mutex<HashMap<String, (String, Arc<Instance>)>>>,
    binaries: PathBuf,
    url: String,
    show_logs: bool,
    count: AtomicU64,
}

impl Lambda {
    pub(crate) fn new(stack: &Stack, options: &Options, url: &str) -> Self {
        let pools = stack.functions.iter().map(|(id, function)| {
            let pool = Pool { function: function.clone(), idle: Mutex::default(), room: Arc::new(Semaphore::new(options.limits.instances)) };
            (id.clone(), pool)
        });
        Self {
            pools: pools.collect(),
            instances: Arc::default(),
            binaries: options.binaries.clone(),
            url: url.to_owned(),
            show_logs: options.show_logs,
            count: AtomicU64::new(0),
        }
    }

    /// Invokes a function and waits for its answer, at most its timeout.
    pub(crate) async fn invoke(&self, shared: &Shared, function: &str, payload: Bytes) -> Outcome {
        let pool = self.pools.get(function).expect("routes name functions of the template");
        let _room = pool.room.acquire().await.expect("never closed");
        let started = Instant::now();
        let waiting = pool.idle.lock().expect("no holder panics").pop();
        let cold = waiting.is_none();
        let (id, instance) = waiting.unwrap_or_else(|| self.spawn(&pool.function));
        let (answer, outcome) = oneshot::channel();
        *instance.answer.lock().expect("no holder panics") = Some(answer);
        let timeout = Duration::from_secs(pool.function.timeout_seconds);
        let invocation = Invocation {
            id: uuid::Uuid::new_v4().to_string(),
            payload,
            deadline_ms: crate::metrics::now_ms() + timeout.as_millis() as u64,
        };
        let outcome = if instance.work.send(invocation).await.is_err() {
            Err(Failed::Crashed)
        } else {
            match tokio::time::timeout(timeout, outcome).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => Err(Failed::Crashed),
                Err(_) => {
                    instance.kill.notify_one();
                    Err(Failed::TimedOut)
                }
            }
        };
        if !matches!(outcome, Err(Failed::Crashed | Failed::TimedOut)) {
            pool.idle.lock().expect("no holder panics").push((id, instance));
        }
        shared.metrics.invoked(function, started.elapsed(), cold, outcome.is_err(), pool.function.memory_mb);
        outcome
    }

    fn spawn(&self, function: &Function) -> (String, Arc<Instance>) {
        let id = format!("{}-{}", function.binary, self.count.fetch_add(1, Ordering::Relaxed));
        let (work, inbox) = mpsc::channel(1);
        let instance = Arc::new(Instance { work, inbox: tokio::sync::Mutex::new(inbox), answer: Mutex::new(None), kill: Notify::new() });
        self.instances.lock().expect("no holder panics").insert(id.clone(), (function.name.clone(), instance.clone()));
        let mut command = Command::new(self.binaries.join(&function.binary));
        command
            .env_clear()
            .envs(std::env::vars().filter(|(name, _)| matches!(name.as_str(), "PATH" | "HOME" | "RUST_LOG" | "RUST_BACKTRACE")))
            .envs(&function.environment)
            .env("AWS_LAMBDA_RUNTIME_API", format!("{}/_lambda/{id}", self.url))
            .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string())
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/local/{}", function.name))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", &id)
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_ENDPOINT_URL_DYNAMODB", format!("{}/_aws/dynamodb", self.url))
            .env("LOG_FORMAT", "text")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let (name, show, instances) = (function.binary.clone(), self.show_logs, self.instances.clone());
        let (watched, known_as) = (instance.clone(), id.clone());
        tokio::spawn(async move {
            match command.spawn() {
                Ok(mut child) => {
                    let out = child.stdout.take().map(|out| tokio::spawn(log(name.clone(), out, show)));
                    let err = child.stderr.take().map(|err| tokio::spawn(log(name.clone(), err, show)));
                    tokio::select! {
                        status = child.wait() => {
                            if show {
                                eprintln!("{name}: its process ended ({status:?}); the next invocation starts a new one");
                            }
                        }
                        () = watched.kill.notified() => {
                            let _ = child.kill().await;
                        }
                    }
                    drop((out, err));
                }
                Err(error) => eprintln!("{name}: could not be started: {error}"),
            }
            instances.lock().expect("no holder panics").remove(&known_as);
            watched.inbox.lock().await.close();
            watched.answer(Err(Failed::Crashed));
        });
        (id, instance)
    }

    /// Kills every process of a function.
    pub(crate) fn kill(&self, function: &str) -> usize {
        let Some(pool) = self.pools.get(function) else { return 0 };
        pool.idle.lock().expect("no holder panics").clear();
        let instances = self.instances.lock().expect("no holder panics");
        let ours: Vec<_> = instances.values().filter(|(name, _)| name == function).collect();
        for (_, instance) in &ours {
            instance.kill.notify_one();
        }
        ours.len()
    }

    pub(crate) fn end(&self) {
        for function in self.pools.keys() {
            self.kill(function);
        }
    }

    pub(crate) fn processes(&self, function: &str) -> usize {
        self.instances.lock().expect("no holder panics").values().filter(|(name, _)| name == function).count()
    }

    fn instance(&self, id: &str) -> Option<Arc<Instance>> {
        self.instances.lock().expect("no holder panics").get(id).map(|(_, instance)| instance.clone())
    }
}

/// A function's output, line by line, under its name.
async fn log(name: String, out: impl tokio::io::AsyncRead + Unpin, show: bool) {
    let colour = 31 + name.bytes().map(u32::from).sum::<u32>() % 6;
    let mut lines = BufReader::new(out).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if show {
            eprintln!("\u{1b}[{colour}m{name:>13}\u{1b}[0m {line}");
        }
    }
}

/// `GET …/runtime/invocation/next`
pub(crate) async fn next(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let Some(instance) = shared.lambda.instance(&id) else { return StatusCode::GONE.into_response() };
    let mut inbox = instance.inbox.lock().await;
    let Some(invocation) = inbox.recv().await else { return StatusCode::GONE.into_response() };
    drop(inbox);
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.id),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", format!("arn:aws:lambda:eu-west-1:000000000000:function:{id}")),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, invocation.payload).into_response()
}

/// `POST …/runtime/invocation/{request}/response`
pub(crate) async fn respond(State(shared): State<Arc<Shared>>, Path((id, _)): Path<(String, String)>, body: Bytes) -> StatusCode {
    if let Some(instance) = shared.lambda.instance(&id) {
        instance.answer(Ok(body));
    }
    StatusCode::ACCEPTED
}

/// `POST …/runtime/invocation/{request}/error`
pub(crate) async fn fail(State(shared): State<Arc<Shared>>, Path((id, _)): Path<(String, String)>, headers: HeaderMap, body: Bytes) -> StatusCode {
    report(&shared, &id, &headers, &body);
    StatusCode::ACCEPTED
}

/// `POST …/runtime/init/error`
pub(crate) async fn fail_init(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> StatusCode {
    report(&shared, &id, &headers, &body);
    StatusCode::ACCEPTED
}

fn report(shared: &Shared, id: &str, headers: &HeaderMap, body: &Bytes) {
    let kind = headers.get("lambda-runtime-function-error-type").and_then(|kind| kind.to_str().ok()).unwrap_or("Unhandled");
    eprintln!("{id}: {kind}: {}", String::from_utf8_lossy(body));
    if let Some(instance) = shared.lambda.instance(id) {
        instance.answer(Err(Failed::Unhandled(kind.to_owned())));
    }
}
