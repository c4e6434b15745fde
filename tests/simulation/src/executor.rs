//! Time and tasks, single-threaded: the next thing that happens is the one that is due first, and of those the one that was
//! asked for first.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Debug, Default)]
struct Shared {
    now: u64,
    count: u64,
    sleeping: BinaryHeap<Reverse<(u64, u64, u64)>>,
    ready: VecDeque<u64>,
}

struct Tick {
    task: u64,
    shared: Arc<Mutex<Shared>>,
}

impl Wake for Tick {
    fn wake(self: Arc<Self>) {
        self.shared.lock().expect("one thread").ready.push_back(self.task);
    }
}

/// A handle on time and tasks.
#[derive(Clone, Default)]
pub struct Executor {
    shared: Arc<Mutex<Shared>>,
    fresh: Arc<Mutex<Vec<Task>>>,
    /// Those that have begun, between two runs.
    tasks: Arc<Mutex<HashMap<u64, (Task, Waker)>>>,
    begun: Arc<Mutex<u64>>,
    current: Arc<Mutex<u64>>,
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Executor at {}", self.now())
    }
}

impl Executor {
    /// Virtual milliseconds since the start.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.shared.lock().expect("one thread").now
    }

    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.fresh.lock().expect("one thread").push(Box::pin(task));
    }

    pub fn sleep(&self, millis: u64) -> Sleep {
        Sleep { executor: self.clone(), until: self.now() + millis, asked: false }
    }

    /// Runs until nothing is left to happen, or `done` says so.
    pub fn run(&self, done: impl Fn() -> bool) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().expect("one thread"));
        self.run_all(&mut tasks, done);
        *self.tasks.lock().expect("one thread") = tasks;
    }

    fn run_all(&self, tasks: &mut HashMap<u64, (Task, Waker)>, done: impl Fn() -> bool) {
        loop {
            for task in std::mem::take(&mut *self.fresh.lock().expect("one thread")) {
                let next_task = {
                    let mut begun = self.begun.lock().expect("one thread");
                    *begun += 1;
                    *begun
                };
                let waker = Waker::from(Arc::new(Tick { task: next_task, shared: self.shared.clone() }));
                tasks.insert(next_task, (task, waker));
                self.shared.lock().expect("one thread").ready.push_back(next_task);
            }
            let ready = self.shared.lock().expect("one thread").ready.pop_front();
            if let Some(id) = ready {
                let Some((task, waker)) = tasks.get_mut(&id) else { continue };
                *self.current.lock().expect("one thread") = id;
                let waker = waker.clone();
                if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                    tasks.remove(&id);
                }
                continue;
            }
            if done() {
                return;
            }
            let mut shared = self.shared.lock().expect("one thread");
            let Some(Reverse((at, _, task))) = shared.sleeping.pop() else { return };
            shared.now = shared.now.max(at);
            shared.ready.push_back(task);
        }
    }
}

#[expect(missing_debug_implementations, reason = "a future of a test")]
pub struct Sleep {
    executor: Executor,
    until: u64,
    asked: bool,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let executor = self.executor.clone();
        let mut shared = executor.shared.lock().expect("one thread");
        if shared.now >= self.until {
            return Poll::Ready(());
        }
        if !self.asked {
            self.asked = true;
            shared.count += 1;
            let entry = (self.until, shared.count, *executor.current.lock().expect("one thread"));
            shared.sleeping.push(Reverse(entry));
        }
        Poll::Pending
    }
}
