//! One process of a function: its life, its work and the count of its AWS calls.

use super::InvokeError;
use crate::World;
use crate::faults::When;
use crate::template::FunctionSpec;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::{Notify, mpsc, oneshot, watch};

pub(super) const ACCESS_KEY_PREFIX: &str = "LOCALINSTANCE";

/// By how many milliseconds the function's clock is to differ from the machine's; not set when it does not.
const CLOCK_OFFSET: &str = "CLOCK_OFFSET_MS";

pub(crate) struct Work {
    pub(super) request_id: String,
    pub(super) payload: Vec<u8>,
    pub(super) deadline_ms: u64,
    pub(super) answer: oneshot::Sender<Result<Vec<u8>, InvokeError>>,
    pub(super) kill_at: Option<(u32, When)>,
}

struct Current {
    request_id: String,
    answer: oneshot::Sender<Result<Vec<u8>, InvokeError>>,
}

pub(crate) struct Instance {
    number: u64,
    generation: u64,
    spec: FunctionSpec,
    work: mpsc::UnboundedSender<Work>,
    inbox: tokio::sync::Mutex<mpsc::UnboundedReceiver<Work>>,
    current: Mutex<Option<Current>>,
    calls: AtomicU32,
    kill_at: Mutex<Option<(u32, When)>>,
    doomed: AtomicBool,
    killing: Notify,
    exit: watch::Sender<Option<String>>,
}

impl Instance {
    pub(super) fn new(number: u64, generation: u64, spec: &FunctionSpec) -> Arc<Self> {
        let (work, inbox) = mpsc::unbounded_channel();
        Arc::new(Self {
            number,
            generation,
            spec: spec.clone(),
            work,
            inbox: tokio::sync::Mutex::new(inbox),
            current: Mutex::new(None),
            calls: AtomicU32::new(0),
            kill_at: Mutex::new(None),
            doomed: AtomicBool::new(false),
            killing: Notify::new(),
            exit: watch::Sender::new(None),
        })
    }

    /// Starts its process. Who asks for work by its number must find it by then.
    pub(super) fn start(self: &Arc<Self>, world: &World, binary: &Path) -> std::io::Result<()> {
        let mut command = Command::new(binary);
        command
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for inherited in ["PATH", "RUST_BACKTRACE", "RUST_LOG", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(inherited) {
                command.env(inherited, value);
            }
        }
        let (origin, region) = (&world.loopback, &world.place.region);
        let key = format!("{ACCESS_KEY_PREFIX}{}", self.number);
        command
            .env("AWS_LAMBDA_FUNCTION_NAME", &self.spec.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.spec.memory_mb.to_string())
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", self.spec.name))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/{}", self.number))
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("_HANDLER", "bootstrap")
            .env("TZ", ":UTC")
            // With a path it needs its scheme: lambda_runtime takes it apart as an address.
            .env("AWS_LAMBDA_RUNTIME_API", format!("{origin}/_lambda/{}", self.number))
            .env("AWS_REGION", region)
            .env("AWS_DEFAULT_REGION", region)
            .env("AWS_ACCESS_KEY_ID", &key)
            .env("AWS_SECRET_ACCESS_KEY", &key)
            .env("AWS_ENDPOINT_URL_DYNAMODB", format!("{origin}/_aws/dynamodb"))
            .env("AWS_ENDPOINT_URL_LAMBDA", format!("{origin}/_aws/lambda"))
            .env("AWS_ENDPOINT_URL_S3", format!("{origin}/_aws/s3"))
            .env("AWS_ENDPOINT_URL_SES", format!("{origin}/_aws/ses"))
            .env("AWS_ENDPOINT_URL_SQS", format!("{origin}/_aws/sqs"))
            .envs(&self.spec.environment)
            .envs(&world.environment);
        let offset_ms = world.clock.offset_ms();
        if offset_ms != 0 {
            command.env(CLOCK_OFFSET, offset_ms.to_string());
        }
        let mut child = command.spawn()?;
        if let Some(output) = child.stdout.take() {
            pipe(world, &self.spec.name, output);
        }
        if let Some(output) = child.stderr.take() {
            pipe(world, &self.spec.name, output);
        }
        let me = Arc::clone(self);
        tokio::spawn(async move {
            let status = tokio::select! {
                status = child.wait() => status,
                () = me.killing.notified() => {
                    // Failing to kill means that it is dead already.
                    let _ = child.start_kill();
                    child.wait().await
                }
            };
            let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            me.exit.send_replace(Some(format!("Runtime exited with error: {how}")));
            me.current.lock().expect("no holder panics").take();
        });
        Ok(())
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn function(&self) -> &str {
        &self.spec.name
    }

    pub(crate) const fn spec(&self) -> &FunctionSpec {
        &self.spec
    }

    pub(super) fn begin(&self, work: Work) {
        // A dead instance drops its work; who waits for the answer learns it from that.
        let _ = self.work.send(work);
    }

    /// The next invocation, for the process that asks for it.
    pub(super) async fn next(&self) -> Option<(String, u64, Vec<u8>)> {
        let work = self.inbox.lock().await.recv().await?;
        self.calls.store(0, Ordering::SeqCst);
        *self.kill_at.lock().expect("no holder panics") = work.kill_at;
        *self.current.lock().expect("no holder panics") =
            Some(Current { request_id: work.request_id.clone(), answer: work.answer });
        Some((work.request_id, work.deadline_ms, work.payload))
    }

    /// Whether there was such an invocation to answer.
    pub(super) fn answer(&self, request_id: &str, result: Result<Vec<u8>, InvokeError>) -> bool {
        let mut current = self.current.lock().expect("no holder panics");
        match current.take() {
            Some(mine) if mine.request_id == request_id => mine.answer.send(result).is_ok(),
            other => {
                *current = other;
                false
            }
        }
    }

    pub(crate) async fn kill(&self) {
        self.kill_soon();
        self.exited().await;
    }

    /// For who cannot wait for its end; from here on it gets no work.
    pub(crate) fn kill_soon(&self) {
        self.doomed.store(true, Ordering::SeqCst);
        self.killing.notify_one();
    }

    /// Whether it still takes work.
    pub(super) fn is_well(&self) -> bool {
        !self.doomed.load(Ordering::SeqCst) && !self.has_exited()
    }

    fn has_exited(&self) -> bool {
        self.exit.borrow().is_some()
    }

    pub(crate) async fn exited(&self) {
        // The sender is ours, so the wait cannot fail.
        let _ = self.exit.subscribe().wait_for(Option::is_some).await;
    }

    pub(super) fn how_it_died(&self) -> String {
        self.exit.borrow().clone().unwrap_or_else(|| "Runtime exited without providing a reason".into())
    }

    /// An AWS call of this instance has arrived; a kill that is due before it happens here.
    pub(crate) async fn call(&self) -> Call<'_> {
        let call = Call {
            instance: self,
            number: self.calls.fetch_add(1, Ordering::SeqCst) + 1,
            kill_at: *self.kill_at.lock().expect("no holder panics"),
        };
        call.die_if_due(When::Before).await;
        call
    }
}

/// A call knows its own number: others may arrive, and another invocation begin, before it has had its effect.
pub(crate) struct Call<'a> {
    instance: &'a Instance,
    number: u32,
    kill_at: Option<(u32, When)>,
}

impl Call<'_> {
    /// It has had its effect; a kill that is due after it happens here.
    pub(crate) async fn done(self) {
        self.die_if_due(When::After).await;
    }

    async fn die_if_due(&self, moment: When) {
        if self.kill_at == Some((self.number, moment)) {
            self.instance.kill().await;
            // Nobody is left to hear the answer, and the call must have no effect after the death.
            std::future::pending::<()>().await;
        }
    }
}

fn pipe(world: &World, source: &str, output: impl AsyncRead + Unpin + Send + 'static) {
    let (log, source) = (Arc::clone(&world.log), source.to_owned());
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            log.write(&source, line);
        }
    });
}
