//! The domain's ports on AWS: one DynamoDB table ([`dynamo`]), `@connections` ([`push`]), queues ([`queues`]), mail ([`mail`]), mails and files in a bucket ([`files`]), the real clock
//! ([`environment`]); how functions start ([`start`]), what they read from their environment ([`config`]) and how they log ([`telemetry`]).

pub mod clients;
pub mod config;
pub mod dynamo;
pub mod environment;
pub mod files;
pub mod mail;
pub mod mapping;
pub mod push;
pub mod queues;
pub mod start;
pub mod telemetry;

pub use config::{Config, ConfigError};
pub use dynamo::Dynamo;
pub use environment::Real;
pub use files::MailBucket;
pub use mail::EmailFallback;
pub use push::Connections;
pub use queues::{ParkedQueue, Timers};
pub use start::{Started, start, start_cold};
