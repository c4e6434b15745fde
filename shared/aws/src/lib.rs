//! The domain's ports on AWS: one DynamoDB table ([`dynamo`]), `@connections` ([`push`]), the real clock
//! ([`environment`]); what the functions read from their environment ([`config`]) and how they log ([`telemetry`]).

pub mod clients;
pub mod config;
pub mod dynamo;
pub mod environment;
pub mod push;
pub mod telemetry;

pub use config::{Config, ConfigError};
pub use dynamo::Dynamo;
pub use environment::Real;
pub use push::Connections;
