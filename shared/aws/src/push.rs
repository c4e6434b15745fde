//! Posting to connections through API Gateway's `@connections`.

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::Builder;
use aws_sdk_apigatewaymanagement::operation::get_connection::GetConnectionError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use domain::ConnectionId;
use domain::ports::{Posted, Push};
use std::time::Duration;

/// All that one post may take, its retries included.
const LIMIT: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub struct Connections {
    client: Client,
}

impl Connections {
    /// `endpoint`: `https://{api}.execute-api.{region}.amazonaws.com/{stage}`
    #[must_use]
    pub fn new(sdk: &SdkConfig, endpoint: &str) -> Self {
        let config = Builder::from(sdk)
            .endpoint_url(endpoint)
            .retry_config(
                RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50)),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_millis(1_000))
                    .operation_attempt_timeout(Duration::from_millis(1_500))
                    .operation_timeout(LIMIT)
                    .build(),
            )
            .build();
        Self { client: Client::from_conf(config) }
    }
}

impl Push for Connections {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Posted {
        let post = self
            .client
            .post_to_connection()
            .connection_id(to.as_str())
            .data(Blob::new(frame.as_bytes()))
            .send();
        match post.await {
            Ok(_) => Posted::Delivered,
            Err(error) => match error.as_service_error() {
                Some(PostToConnectionError::GoneException(_)) => Posted::Gone,
                _ => Posted::Failed,
            },
        }
    }

    async fn is_gone(&self, id: &ConnectionId) -> bool {
        let found = self.client.get_connection().connection_id(id.as_str()).send().await;
        found.is_err_and(|error| {
            matches!(error.as_service_error(), Some(GetConnectionError::GoneException(_)))
        })
    }

    async fn cut(&self, id: &ConnectionId) {
        if let Err(error) = self.client.delete_connection().connection_id(id.as_str()).send().await {
            tracing::debug!(%error, "a connection was not cut; it may be gone");
        }
    }
}
