//! What every function starts with: the same environment, the same clients, connections opened while the CPU is boosted.

use crate::{Config, ConfigError, Connections, Dynamo, clients, telemetry};
use aws_config::SdkConfig;

/// A function that has started: what its engine is made of.
#[derive(Debug)]
pub struct Started {
    pub store: Dynamo,
    pub connections: Connections,
    pub epoch: String,
    /// For the clients that only some functions need.
    pub sdk: SdkConfig,
}

/// Sets up logs, reads the environment, builds the clients and opens the table's connection. Called once, before the first event:
/// what is done here is done with the CPU of the start, and is not billed by the invocation.
pub async fn start() -> Result<Started, ConfigError> {
    let started = start_cold().await?;
    started.store.warm().await;
    Ok(started)
}

/// As [`start`], for a function that nobody waits for: the table's connection is opened when it is first used.
pub async fn start_cold() -> Result<Started, ConfigError> {
    telemetry::init();
    let config = Config::from_env()?;
    let sdk = clients::sdk().await;
    Ok(Started {
        store: Dynamo::new(aws_sdk_dynamodb::Client::new(&sdk), config.table),
        connections: Connections::new(&sdk, &config.connections_url),
        epoch: config.epoch,
        sdk,
    })
}
