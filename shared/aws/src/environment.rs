//! The real clock and the system's randomness: the one place that reads either.

use domain::Timestamp;
use domain::ports::Environment;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `CLOCK_OFFSET_MS`: how many milliseconds this function's clock is ahead of the machine's. The local platform sets it when its
/// clock has been moved, and starts its processes anew; the template never does (a test of ours says so), and on AWS whoever may set
/// a function's environment may replace its code as well.
static OFFSET_MS: LazyLock<i64> = LazyLock::new(|| {
    std::env::var("CLOCK_OFFSET_MS").ok().and_then(|offset| offset.parse().ok()).unwrap_or(0)
});

#[derive(Debug, Clone, Copy, Default)]
pub struct Real;

impl Environment for Real {
    #[expect(clippy::disallowed_methods, reason = "here is where time comes in")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp((since.as_millis() as u64).saturating_add_signed(*OFFSET_MS))
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    fn random(&self) -> u128 {
        rand::random()
    }
}
