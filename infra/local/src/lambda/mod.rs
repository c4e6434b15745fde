//! Lambda: each function's binary as processes that ask the Runtime API for work, one invocation at a time each, more of them
//! under load, and a fresh one for each that dies.

mod asynchronous;
mod instance;
mod runtime_api;

pub(crate) use asynchronous::{accept, handle as handle_invoke};
pub(crate) use instance::Instance;
pub(crate) use runtime_api::handle;

use crate::template::FunctionSpec;
use crate::{World, clock};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::timeout;

/// What an invocation comes to when the function did not answer: AWS's error type and message.
#[derive(Debug, Clone)]
pub(crate) struct InvokeError {
    pub(crate) kind: String,
    pub(crate) message: String,
}

impl InvokeError {
    /// As Lambda hands it to whoever wants the answer.
    fn payload(&self) -> Value {
        json!({ "errorType": self.kind, "errorMessage": self.message })
    }
}

/// How long a new process may take to ask for its first work, on top of the function's own timeout.
const INIT: Duration = Duration::from_secs(10);

pub(crate) struct Lambda {
    functions: BTreeMap<String, Arc<Function>>,
    instances: Mutex<BTreeMap<u64, Arc<Instance>>>,
    numbers: AtomicU64,
    /// Whose process had which number: what it signed outlives it.
    signers: Mutex<BTreeMap<u64, String>>,
    /// Processes of an earlier generation finish what they do and get no more work: the clock has been moved since.
    generation: AtomicU64,
    accepted: watch::Sender<Accepted>,
}

/// Asynchronous events.
#[derive(Debug, Default)]
struct Accepted {
    /// Being tried, or about to be.
    busy: usize,
    /// When those that wait for their next try are due.
    waiting: Vec<u64>,
    /// All tries there have been.
    begun: u64,
}

impl Accepted {
    fn begins(&mut self) {
        self.busy += 1;
        self.begun += 1;
    }

    /// A clock that was just moved has not woken everybody yet: who is due counts as busy.
    fn due(&self, now_ms: u64) -> usize {
        self.busy + self.waiting.iter().filter(|due| **due <= now_ms).count()
    }
}

struct Function {
    spec: FunctionSpec,
    binary: PathBuf,
    idle: Mutex<Vec<Arc<Instance>>>,
    slots: Arc<Semaphore>,
}

impl Lambda {
    pub(crate) fn new(
        functions: &BTreeMap<String, FunctionSpec>,
        binaries: &BTreeMap<String, PathBuf>,
        cap: usize,
    ) -> Self {
        let functions = functions.iter().filter_map(|(name, spec)| {
            let binary = binaries.get(name)?.clone();
            let function = Function {
                spec: spec.clone(),
                binary,
                idle: Mutex::new(Vec::new()),
                slots: Arc::new(Semaphore::new(cap)),
            };
            Some((name.clone(), Arc::new(function)))
        });
        Self {
            functions: functions.collect(),
            instances: Mutex::new(BTreeMap::new()),
            numbers: AtomicU64::new(1),
            signers: Mutex::default(),
            generation: AtomicU64::new(0),
            accepted: watch::Sender::new(Accepted::default()),
        }
    }

    pub(crate) fn spec(&self, name: &str) -> Option<&FunctionSpec> {
        self.functions.get(name).map(|function| &function.spec)
    }

    /// Asynchronous events under way.
    pub(crate) fn accepted(&self, now_ms: u64) -> usize {
        self.accepted.borrow().due(now_ms)
    }

    /// All tries of asynchronous events that there have been.
    pub(crate) fn ever_begun(&self) -> u64 {
        self.accepted.borrow().begun
    }

    /// Returns when no asynchronous event is being tried, and none is due.
    pub(crate) async fn settled(&self, clock: &clock::Clock) {
        // The sender is ours, so the wait cannot fail.
        let _ = self.accepted.subscribe().wait_for(|accepted| accepted.due(clock.now_ms()) == 0).await;
    }

    /// From now on work goes to fresh processes; those that are idle end, those that are busy end after their work.
    pub(crate) fn renew(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        for function in self.functions.values() {
            for instance in function.idle.lock().expect("no holder panics").drain(..) {
                instance.kill_soon();
            }
        }
    }

    /// Runs the function once and gives its answer. Waits when all its instances are busy and no more are allowed.
    pub(crate) async fn invoke(
        &self,
        world: &World,
        name: &str,
        payload: Vec<u8>,
    ) -> Result<Vec<u8>, InvokeError> {
        self.invoke_as(world, name, &clock::uuid(), payload).await
    }

    /// The same, under a request id that is given: the tries of an asynchronous event share one. Once begun it runs to its end,
    /// whether or not its caller waits for that.
    async fn invoke_as(
        &self,
        world: &World,
        name: &str,
        request_id: &str,
        payload: Vec<u8>,
    ) -> Result<Vec<u8>, InvokeError> {
        let ending =
            || InvokeError { kind: "ServiceException".into(), message: "the platform is going down".into() };
        let function = self.functions.get(name).cloned().ok_or_else(|| InvokeError {
            kind: "ResourceNotFoundException".into(),
            message: format!("Function not found: {name}"),
        })?;
        // Who stops waiting for their turn has begun nothing.
        let slot = Arc::clone(&function.slots).acquire_owned().await.map_err(|_| ending())?;
        let (world, request_id) = (world.me.upgrade().ok_or_else(ending)?, request_id.to_owned());
        let run = tokio::spawn(async move {
            let _slot = slot;
            let began = clock::instant();
            let outcome = world.lambda.invoke_once(&world, &function, &request_id, payload).await;
            let name = &function.spec.name;
            world.metrics.invoked(name, memory_gb(&function.spec), began.elapsed(), outcome.is_err());
            if let Err(error) = &outcome {
                let line = format!("RequestId: {request_id} Error: {} ({})", error.message, error.kind);
                world.log.write(name, line);
            }
            outcome
        });
        run.await.unwrap_or_else(|_| Err(ending()))
    }

    async fn invoke_once(
        &self,
        world: &World,
        function: &Arc<Function>,
        request_id: &str,
        payload: Vec<u8>,
    ) -> Result<Vec<u8>, InvokeError> {
        let idle = loop {
            match function.idle.lock().expect("no holder panics").pop() {
                Some(instance) if !instance.is_well() => {}
                other => break other,
            }
        };
        let (instance, cold) = match idle {
            Some(instance) => (instance, false),
            None => (self.start(world, function)?, true),
        };
        let limit = function.spec.timeout;
        let (answer, answered) = oneshot::channel();
        instance.begin(instance::Work {
            request_id: request_id.to_owned(),
            payload,
            deadline_ms: world.clock.now_ms() + u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
            answer,
            kill_at: world.faults.on_invocation(&function.spec.name),
        });
        let patience = if cold { limit + INIT } else { limit };
        tokio::select! {
            biased;
            answer = timeout(patience, answered) => match answer {
                Ok(Ok(result)) => {
                    // Under the lock, so that no process of an earlier generation slips in behind its renewal.
                    let mut idle = function.idle.lock().expect("no holder panics");
                    if instance.generation() != self.generation.load(Ordering::SeqCst) {
                        instance.kill_soon();
                    } else if instance.is_well() {
                        idle.push(instance);
                    }
                    result
                }
                // The answering side went away with its process.
                Ok(Err(_)) => { instance.exited().await; Err(died(&instance)) }
                Err(_) => {
                    instance.kill().await;
                    Err(InvokeError {
                        kind: "Sandbox.Timedout".into(),
                        message: format!("RequestId: {request_id} Error: Task timed out after {:.2} seconds", limit.as_secs_f64()),
                    })
                }
            },
            () = instance.exited() => Err(died(&instance)),
        }
    }

    fn start(&self, world: &World, function: &Arc<Function>) -> Result<Arc<Instance>, InvokeError> {
        // What waited for its turn must not start a process that nobody would end.
        if world.ended.load(Ordering::SeqCst) {
            return Err(ending());
        }
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let instance = Instance::new(number, self.generation.load(Ordering::SeqCst), &function.spec);
        // Before its process starts: it may ask for work at once.
        self.instances.lock().expect("no holder panics").insert(number, Arc::clone(&instance));
        self.signers.lock().expect("no holder panics").insert(number, function.spec.name.clone());
        if let Err(error) = instance.start(world, &function.binary) {
            self.instances.lock().expect("no holder panics").remove(&number);
            return Err(InvokeError {
                kind: "Runtime.InvalidEntrypoint".into(),
                message: format!("cannot start {}: {error}", function.binary.display()),
            });
        }
        world.metrics.change(|all| {
            let mine = all.functions.entry(function.spec.name.clone()).or_default();
            mine.cold += 1;
            mine.instances += 1;
        });
        // Forgotten when it dies, so that its number answers nobody any more.
        let (gone, me): (Arc<Instance>, Weak<World>) = (Arc::clone(&instance), world.me.clone());
        tokio::spawn(async move {
            gone.exited().await;
            if let Some(world) = me.upgrade() {
                world.lambda.instances.lock().expect("no holder panics").remove(&gone.number());
                if let Some(function) = world.lambda.functions.get(gone.function()) {
                    function
                        .idle
                        .lock()
                        .expect("no holder panics")
                        .retain(|idle| idle.number() != gone.number());
                }
                world.metrics.change(|all| {
                    all.functions.entry(gone.function().to_owned()).or_default().instances -= 1
                });
            }
        });
        Ok(instance)
    }

    /// Kills every instance of the function (`kill -9`), busy or not; returns how many once they are dead.
    pub(crate) async fn kill(&self, name: &str) -> usize {
        if let Some(function) = self.functions.get(name) {
            function.idle.lock().expect("no holder panics").clear();
        }
        let mine: Vec<_> = self.all().into_iter().filter(|instance| instance.function() == name).collect();
        for instance in &mine {
            instance.kill().await;
        }
        mine.len()
    }

    /// The same, without waiting for their end.
    pub(crate) fn kill_soon(&self, name: &str) -> usize {
        if let Some(function) = self.functions.get(name) {
            function.idle.lock().expect("no holder panics").clear();
        }
        self.all()
            .iter()
            .filter(|instance| instance.function() == name)
            .map(|instance| instance.kill_soon())
            .count()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Instance>> {
        self.instances.lock().expect("no holder panics").values().cloned().collect()
    }

    pub(crate) fn instance(&self, number: u64) -> Option<Arc<Instance>> {
        self.instances.lock().expect("no holder panics").get(&number).cloned()
    }

    /// Whose access key that is, its process living or not: `None` for keys that are no function's.
    ///
    /// # Errors
    /// A key of an instance that never was; perhaps of an earlier run.
    pub(crate) fn signer(&self, key: &str) -> Result<Option<&FunctionSpec>, ()> {
        let Some(number) = key.strip_prefix(instance::ACCESS_KEY_PREFIX) else { return Ok(None) };
        let number: u64 = number.parse().map_err(drop)?;
        let name = self.signers.lock().expect("no holder panics").get(&number).cloned().ok_or(())?;
        Ok(self.spec(&name))
    }

    /// Which instance signed the request: each has an access key of its own.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Option<Arc<Instance>> {
        let authorization = headers.get("authorization")?.to_str().ok()?;
        let key = authorization.split_once("Credential=")?.1.split('/').next()?;
        self.instance(key.strip_prefix(instance::ACCESS_KEY_PREFIX)?.parse().ok()?)
    }
}

fn memory_gb(spec: &FunctionSpec) -> f64 {
    f64::from(u32::try_from(spec.memory_mb).unwrap_or(u32::MAX)) / 1_024.0
}

fn ending() -> InvokeError {
    InvokeError { kind: "ServiceException".into(), message: "the platform is going down".into() }
}

fn died(instance: &Instance) -> InvokeError {
    InvokeError { kind: "Runtime.ExitError".into(), message: instance.how_it_died() }
}
