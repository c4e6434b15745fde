//! A clock that moves when told, and chance from a seed.

use domain::Timestamp;
use domain::ports::Environment;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct World(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Timestamp,
    seed: u64,
}

impl World {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State { now: Timestamp(1_750_000_000_000), seed })))
    }

    /// Lets time pass.
    pub fn pass(&self, span: Duration) {
        let mut state = self.0.lock().expect("no holder panics");
        state.now = state.now.plus(span);
    }
}

impl Environment for World {
    fn now(&self) -> Timestamp {
        self.0.lock().expect("no holder panics").now
    }

    /// Sleeping takes no time but the clock's.
    async fn sleep(&self, span: Duration) {
        self.pass(span);
    }

    fn random(&self) -> u128 {
        let mut state = self.0.lock().expect("no holder panics");
        let mut next = || {
            // SplitMix64
            state.seed = state.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state.seed;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        u128::from(next()) << 64 | u128::from(next())
    }
}
