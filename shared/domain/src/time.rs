//! Instants and spans. A span of time is a [`std::time::Duration`]; an instant is a [`Timestamp`].

use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z. Shown to people, never used to order entries: numbers do that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// Whole seconds, rounded up: what a table's TTL attribute holds, so that nothing is swept early.
    #[must_use]
    pub const fn seconds_ceil(self) -> u64 {
        self.0.div_ceil(1000)
    }

    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_millis() as u64))
    }

    #[must_use]
    pub const fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_millis() as u64))
    }

    /// How long after `earlier` this is; zero when a clock has jumped backwards.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}
