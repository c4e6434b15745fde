//! `$disconnect`: forgets a connection. Best effort: API Gateway does not promise to call it, and nothing relies on it.

use delivery::Engine;
use domain::ConnectionId;
use domain::ports::{Environment, Push, Store};

pub async fn handle<S: Store, P: Push, E: Environment>(engine: &Engine<S, P, E>, id: &ConnectionId) {
    match engine.store.disconnect(id).await {
        Ok(_) => tracing::info!("forgotten"),
        Err(error) => tracing::warn!(%error, "not forgotten; its lease ends it"),
    }
}
