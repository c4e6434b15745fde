//! The queue of deadlines in memory: calls come back when their time has come, as often as they are asked for until they are done.

use domain::Timestamp;
use domain::deadline::Call;
use domain::ports::{DeadlineQueue, QueueError};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    waiting: BTreeSet<Call>,
    broken: bool,
}

impl Calls {
    /// What is due, the earliest first. It stays until it is [`done`](Self::done): a second delivery is harmless.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<Call> {
        let state = self.0.lock().expect("no holder panics");
        state.waiting.iter().filter(|call| call.due <= now).copied().collect()
    }

    pub fn done(&self, call: Call) {
        self.0.lock().expect("no holder panics").waiting.remove(&call);
    }

    /// From now on nothing can be queued, or it can again.
    pub fn breaks(&self, broken: bool) {
        self.0.lock().expect("no holder panics").broken = broken;
    }
}

impl DeadlineQueue for Calls {
    async fn put(&self, call: Call) -> Result<(), QueueError> {
        let mut state = self.0.lock().expect("no holder panics");
        if state.broken {
            return Err(QueueError("broken by a test".into()));
        }
        state.waiting.insert(call);
        Ok(())
    }
}
