//! The one place where this platform reads the clock and draws ids: it is the world that others take time from.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
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
    #[test]
    fn gateway_times_are_civil() {
        assert_eq!(super::gateway_time(0), "01/Jan/1970:00:00:00 +0000");
        assert_eq!(super::gateway_time(1_709_210_096_000), "29/Feb/2024:12:34:56 +0000");
    }
}
