//! The one place where this platform reads the clock and draws ids: it is the world that others take time from.
//!
//! There are two clocks. The machine's runs what belongs to this moment: sockets, timeouts, sign-in, whose tokens browsers
//! check. The platform's, which a test may move, runs what is promised for later: delays of queues, schedules, what expires,
//! retries of asynchronous invocations; and the functions read it too.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// The platform's clock: the machine's, moved by so much.
#[derive(Debug)]
pub(crate) struct Clock {
    offset_ms: watch::Sender<i64>,
}

impl Clock {
    pub(crate) fn new(offset_ms: i64) -> Self {
        Self { offset_ms: watch::Sender::new(offset_ms) }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        now_ms().saturating_add_signed(self.offset_ms())
    }

    pub(crate) fn offset_ms(&self) -> i64 {
        *self.offset_ms.borrow()
    }

    pub(crate) fn set(&self, offset_ms: i64) {
        self.offset_ms.send_replace(offset_ms);
    }

    /// Returns when the clock shows that moment, having come there by itself or by being moved; or when it was turned back,
    /// for then whoever waits must reckon anew: false.
    pub(crate) async fn reaches(&self, due_ms: u64) -> bool {
        let mut moved = self.offset_ms.subscribe();
        let began_with = *moved.borrow_and_update();
        loop {
            if *moved.borrow_and_update() < began_with {
                return false;
            }
            let missing = due_ms.saturating_sub(self.now_ms());
            if missing == 0 {
                return true;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(missing)) => {}
                // Its sender is ours, so it cannot fail.
                _ = moved.changed() => {}
            }
        }
    }
}

/// Milliseconds since 1970, by the machine's clock.
pub(crate) fn now_ms() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the platform is where time comes from")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

pub(crate) fn instant() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "latencies are measured against the machine's clock")]
    let now = Instant::now();
    now
}

pub(crate) fn uuid() -> String {
    #[expect(clippy::disallowed_methods, reason = "request ids are the platform's to draw")]
    let id = uuid::Uuid::new_v4();
    id.to_string()
}

/// A moment in RFC 3339, in UTC: `2026-11-21T10:04:05.123Z`.
pub(crate) fn rfc_3339(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms).map(|time| format!("{time:.3}")).unwrap_or_default()
}

/// A moment as API Gateway writes it: `21/Nov/2026:10:04:05 +0000`.
pub(crate) fn gateway_time(ms: u64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = ms / 1_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days to a civil date, by eras of 400 years counted from 1 March of the year 0.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let name = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"Jan");
    format!("{day:02}/{name}/{year}:{:02}:{:02}:{:02} +0000", rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_reaches_what_it_is_moved_over_and_says_when_it_is_turned_back() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            const HOUR: u64 = 3_600_000;
            let clock = Clock::new(0);
            let due = clock.now_ms() + HOUR;
            let (reached, ()) = tokio::join!(clock.reaches(due), async { clock.set(3_600_000) });
            assert!(reached && clock.now_ms() >= due);
            let (reached, ()) = tokio::join!(clock.reaches(due + HOUR), async { clock.set(0) });
            assert!(!reached);
        });
    }

    #[test]
    fn times_are_written_as_aws_writes_them() {
        assert_eq!(rfc_3339(1_709_210_096_007), "2024-02-29T12:34:56.007Z");
        assert_eq!(gateway_time(0), "01/Jan/1970:00:00:00 +0000");
        assert_eq!(gateway_time(1_709_210_096_000), "29/Feb/2024:12:34:56 +0000");
    }
}
