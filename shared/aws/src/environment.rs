//! The real clock and the system's randomness: the one place that reads either.

use domain::Timestamp;
use domain::ports::Environment;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[derive(Debug, Clone, Copy, Default)]
pub struct Real;

impl Environment for Real {
    #[expect(clippy::disallowed_methods, reason = "here is where time comes in")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(since.as_millis() as u64)
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    fn random(&self) -> u128 {
        rand::random()
    }
}
