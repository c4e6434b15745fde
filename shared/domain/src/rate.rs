//! Limits on how often: a leaky bucket kept as one number, and counters per window.

use crate::Timestamp;
use std::time::Duration;

/// So many a second on average, so many at once (GCRA: one timestamp of state, no background refill).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The span that one event uses up.
    pub every: Duration,
    /// How many may come at once.
    pub burst: u32,
}

/// Frames on one connection: 5 a second, 20 at once.
pub const FRAMES: Rate = Rate { every: Duration::from_millis(200), burst: 20 };
/// HTTP requests of one session: 5 a second, 20 at once.
pub const REQUESTS: Rate = Rate { every: Duration::from_millis(200), burst: 20 };

/// What the bucket answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed; keep this as the new state.
    Allowed { next: Timestamp },
    /// Refused; the earliest moment at which it would be allowed.
    Refused { retry_after: Duration },
}

impl Rate {
    /// `state` is the moment at which the bucket is empty again; anything in the past means empty.
    #[must_use]
    pub fn take(self, state: Timestamp, now: Timestamp) -> Verdict {
        let next = state.max(now).plus(self.every);
        let ceiling = now.plus(self.every * self.burst);
        if next <= ceiling {
            Verdict::Allowed { next }
        } else {
            Verdict::Refused { retry_after: next.since(ceiling) }
        }
    }

    /// The largest state from which one more event is allowed at `now`.
    #[must_use]
    pub fn fullest(self, now: Timestamp) -> Timestamp {
        now.plus(self.every * (self.burst - 1))
    }
}

/// At most `limit` within each window of `window`, counted per key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub name: &'static str,
    pub window: Duration,
    pub limit: u32,
}

impl Quota {
    /// The window that `now` falls into.
    #[must_use]
    pub fn window_of(self, now: Timestamp) -> u64 {
        now.millis() / self.window.as_millis() as u64
    }

    /// When that window ends.
    #[must_use]
    pub fn window_end(self, now: Timestamp) -> Timestamp {
        Timestamp((self.window_of(now) + 1) * self.window.as_millis() as u64)
    }
}

/// Sessions made from one address.
pub const SESSIONS_PER_ADDRESS: Quota =
    Quota { name: "sessions", window: Duration::from_secs(600), limit: 60 };
/// Tokens and hashes of identity looked at from one address.
pub const IDENTITIES_PER_ADDRESS: Quota =
    Quota { name: "identity", window: Duration::from_secs(600), limit: 120 };
/// Buttons of mails followed from one address.
pub const RESUMES_PER_ADDRESS: Quota = Quota { name: "resume", window: Duration::from_secs(600), limit: 60 };
/// Requests, from one address, of browsers that have followed one.
pub const RESUMED_PER_ADDRESS: Quota =
    Quota { name: "resumed", window: Duration::from_secs(600), limit: 1_200 };
/// Conversations begun from one address.
pub const BEGINNINGS_PER_ADDRESS: Quota =
    Quota { name: "begin", window: Duration::from_secs(600), limit: 60 };
/// Questions of the FAQs opened from one address.
pub const FAQS_PER_ADDRESS: Quota = Quota { name: "faqs", window: Duration::from_secs(600), limit: 240 };
/// Changes of names, titles and photos that one agent makes.
pub const PROFILES_PER_AGENT: Quota = Quota { name: "profile", window: Duration::from_secs(600), limit: 30 };
/// Triggers, groups and scenarios that one admin publishes: every version is kept.
pub const PUBLISHINGS_PER_ADMIN: Quota =
    Quota { name: "publish", window: Duration::from_secs(600), limit: 60 };
/// Test mails that one admin asks for.
pub const TEST_MAILS_PER_PERSON: Quota =
    Quota { name: "test-mail", window: Duration::from_secs(600), limit: 5 };
/// Transcripts asked for of one conversation.
pub const TRANSCRIPTS_PER_CONVERSATION: Quota =
    Quota { name: "transcripts", window: Duration::from_secs(24 * 60 * 60), limit: 10 };
/// Transcripts asked for by shoppers from one address.
pub const TRANSCRIPTS_PER_ADDRESS: Quota =
    Quota { name: "transcripts-from", window: Duration::from_secs(60 * 60), limit: 20 };
/// Visitors that one agent writes to first.
pub const INVITATIONS_PER_AGENT: Quota =
    Quota { name: "invitations", window: Duration::from_secs(600), limit: 60 };
/// Reports of one visitor's pages that are decided on: 2 a second, 60 at once.
pub const REPORTS: Rate = Rate { every: Duration::from_millis(500), burst: 60 };
/// Reports from one address that no visitor's own bucket counts: of who is not remembered, and what decides nothing.
pub const PAGES_PER_ADDRESS: Quota = Quota { name: "pages", window: Duration::from_secs(600), limit: 6_000 };
/// Visitors from one address who are seen for the first time.
pub const NEW_VISITORS_PER_ADDRESS: Quota =
    Quota { name: "visitors", window: Duration::from_secs(600), limit: 600 };
/// Triggers that one admin tries.
pub const TRIALS_PER_PERSON: Quota = Quota { name: "trials", window: Duration::from_secs(600), limit: 60 };
/// Live connections of one shopper.
pub const CONNECTIONS_PER_SHOPPER: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_at_once_then_five_a_second() {
        let mut state = Timestamp(0);
        let now = Timestamp(1_000_000);
        for n in 0..20 {
            match FRAMES.take(state, now) {
                Verdict::Allowed { next } => state = next,
                Verdict::Refused { .. } => panic!("the {n}th of a burst of 20 was refused"),
            }
        }
        assert_eq!(FRAMES.take(state, now), Verdict::Refused { retry_after: Duration::from_millis(200) });
        let later = now.plus(Duration::from_millis(200));
        assert!(matches!(FRAMES.take(state, later), Verdict::Allowed { .. }));
    }

    #[test]
    fn idling_saves_up_no_more_than_one_burst() {
        let mut state = Timestamp(0);
        let mut allowed = 0;
        let now = Timestamp(3_600_000);
        while let Verdict::Allowed { next } = FRAMES.take(state, now) {
            state = next;
            allowed += 1;
        }
        assert_eq!(allowed, 20);
    }

    #[test]
    fn fullest_is_the_edge_of_what_is_allowed() {
        let now = Timestamp(50_000);
        let edge = FRAMES.fullest(now);
        assert!(matches!(FRAMES.take(edge, now), Verdict::Allowed { .. }));
        assert!(matches!(FRAMES.take(Timestamp(edge.0 + 1), now), Verdict::Refused { .. }));
    }
}
