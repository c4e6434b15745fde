//! What was handed over to be mailed, in memory.

use domain::ConversationId;
use domain::ports::{MailHandover, QueueError};
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, Default)]
pub struct Handed(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    over: Vec<ConversationId>,
    broken: bool,
}

impl Handed {
    /// Everything that was handed over, in its order.
    #[must_use]
    pub fn over(&self) -> Vec<ConversationId> {
        self.0.lock().expect("no holder panics").over.clone()
    }

    /// From now on nothing can be handed over, or it can again.
    pub fn breaks(&self, broken: bool) {
        self.0.lock().expect("no holder panics").broken = broken;
    }
}

impl MailHandover for Handed {
    async fn hand_over(&self, conversation: ConversationId) -> Result<(), QueueError> {
        let mut state = self.0.lock().expect("no holder panics");
        if state.broken {
            return Err(QueueError("broken by a test".into()));
        }
        state.over.push(conversation);
        Ok(())
    }
}
