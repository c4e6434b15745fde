//! A push that remembers what was posted, and can be told how to answer.

use domain::ConnectionId;
use domain::ports::{Posted, Push};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, Default)]
pub struct Outbox(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    posts: Vec<(ConnectionId, String)>,
    answers: BTreeMap<ConnectionId, Posted>,
    cut: BTreeSet<ConnectionId>,
}

impl Outbox {
    /// How posts to this connection are answered from now on; they are delivered unless told otherwise.
    pub fn answer(&self, to: &ConnectionId, posted: Posted) {
        self.0.lock().expect("no holder panics").answers.insert(to.clone(), posted);
    }

    /// Takes out what was posted to a connection, in order.
    #[must_use]
    pub fn take(&self, to: &ConnectionId) -> Vec<String> {
        let mut state = self.0.lock().expect("no holder panics");
        let (taken, kept) = std::mem::take(&mut state.posts).into_iter().partition(|(id, _)| id == to);
        state.posts = kept;
        let taken: Vec<(ConnectionId, String)> = taken;
        taken.into_iter().map(|(_, frame)| frame).collect()
    }

    /// Takes out everything that was posted, in order.
    #[must_use]
    pub fn take_all(&self) -> Vec<(ConnectionId, String)> {
        std::mem::take(&mut self.0.lock().expect("no holder panics").posts)
    }

    #[must_use]
    pub fn was_cut(&self, id: &ConnectionId) -> bool {
        self.0.lock().expect("no holder panics").cut.contains(id)
    }
}

impl Push for Outbox {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Posted {
        let mut state = self.0.lock().expect("no holder panics");
        let answer = state.answers.get(to).copied().unwrap_or(Posted::Delivered);
        if answer == Posted::Delivered {
            state.posts.push((to.clone(), frame.to_owned()));
        }
        answer
    }

    async fn is_gone(&self, id: &ConnectionId) -> bool {
        self.0.lock().expect("no holder panics").answers.get(id) == Some(&Posted::Gone)
    }

    async fn cut(&self, id: &ConnectionId) {
        self.0.lock().expect("no holder panics").cut.insert(id.clone());
    }
}
