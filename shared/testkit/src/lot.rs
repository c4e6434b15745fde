//! What was parked, in memory.

use domain::ports::{Parked, Parking, QueueError};
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, Default)]
pub struct Lot(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    parked: Vec<Parked>,
    broken: bool,
}

impl Lot {
    /// Everything that was parked, in its order.
    #[must_use]
    pub fn parked(&self) -> Vec<Parked> {
        self.0.lock().expect("no holder panics").parked.clone()
    }

    /// From now on nothing can be parked, or it can again.
    pub fn breaks(&self, broken: bool) {
        self.0.lock().expect("no holder panics").broken = broken;
    }
}

impl Parking for Lot {
    async fn park(&self, parked: &Parked) -> Result<(), QueueError> {
        let mut state = self.0.lock().expect("no holder panics");
        if state.broken {
            return Err(QueueError("broken by a test".into()));
        }
        state.parked.push(parked.clone());
        Ok(())
    }
}
