//! `rate(15 minutes)`, `cron(0 9 ? * MON-FRI *)`, `at(2026-12-24T18:00:00)`: when a schedule fires next.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expression {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Every so many milliseconds.
    Rate(u64),
    At(DateTime),
    Cron(Box<Cron>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Cron {
    minutes: Vec<i16>,
    hours: Vec<i16>,
    days: Days,
    months: Vec<i16>,
    years: Vec<i16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    OfMonth(Vec<i16>),
    LastOfMonth,
    /// The weekday nearest to that day, within its month.
    NearestWeekday(i16),
    /// 1 is Sunday.
    OfWeek(Vec<i16>),
    LastOfWeek(i16),
    NthOfWeek(i16, i8),
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// How far a cron expression is looked ahead: 29 February comes within eight years.
const DAYS_AHEAD: i32 = 8 * 366;

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Expression {
    /// What is wrong with it is said in a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let inner = |name: &str| {
            text.strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('('))
                .and_then(|rest| rest.strip_suffix(')'))
        };
        let kind = if let Some(rate) = inner("rate") {
            Kind::Rate(parse_rate(rate)?)
        } else if let Some(at) = inner("at") {
            Kind::At(at.parse().map_err(|_| format!("{at} is not a time like 2026-12-24T18:00:00"))?)
        } else if let Some(cron) = inner("cron") {
            Kind::Cron(Box::new(Cron::parse(cron)?))
        } else {
            return Err(format!("{text} is neither rate(…) nor cron(…) nor at(…)"));
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// The first moment after that one at which it fires.
    pub(crate) fn next(&self, after_ms: u64, zone: &TimeZone) -> Option<u64> {
        match &self.kind {
            Kind::Rate(every) => Some(after_ms + every),
            Kind::At(at) => moment(*at, zone).filter(|at| *at > after_ms),
            Kind::Cron(cron) => cron.next(after_ms, zone),
        }
    }
}

fn moment(at: DateTime, zone: &TimeZone) -> Option<u64> {
    let ms = at.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond();
    u64::try_from(ms).ok()
}

fn parse_rate(rate: &str) -> Result<u64, String> {
    let wrong =
        || format!("rate({rate}) is not like rate(1 minute), rate(15 minutes), rate(2 hours), rate(1 day)");
    let (value, unit) = rate.split_once(' ').ok_or_else(wrong)?;
    let value: u64 = value.parse().ok().filter(|value| *value > 0).ok_or_else(wrong)?;
    let minutes = match (unit, value) {
        ("minute", 1) => 1,
        ("minutes", 2..) => value,
        ("hour", 1) => 60,
        ("hours", 2..) => value * 60,
        ("day", 1) => 1_440,
        ("days", 2..) => value * 1_440,
        _ => return Err(wrong()),
    };
    Ok(minutes * 60_000)
}

impl Cron {
    fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, day, months, weekday, years] = fields.as_slice() else {
            return Err(format!(
                "cron({text}) wants six fields: minutes, hours, day of month, month, day of week, year"
            ));
        };
        let wrong = |message: String| format!("cron({text}): {message}");
        let days = match (*day, *weekday) {
            (day, "?") => parse_day_of_month(day).map_err(wrong)?,
            ("?", weekday) => parse_day_of_week(weekday).map_err(wrong)?,
            _ => return Err(wrong("one of day of month and day of week must be ?".into())),
        };
        Ok(Self {
            minutes: set(minutes, 0, 59, &[]).map_err(wrong)?,
            hours: set(hours, 0, 23, &[]).map_err(wrong)?,
            days,
            months: set(months, 1, 12, &MONTHS).map_err(wrong)?,
            years: set(years, 1970, 2199, &[]).map_err(wrong)?,
        })
    }

    fn next(&self, after_ms: u64, zone: &TimeZone) -> Option<u64> {
        let after = Timestamp::from_millisecond(i64::try_from(after_ms).ok()?).ok()?;
        let mut date = after.to_zoned(zone.clone()).date();
        for _ in 0..DAYS_AHEAD {
            if self.falls_on(date) {
                for (hour, minute) in
                    self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)))
                {
                    let at = date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
                    if let Some(ms) = moment(at, zone).filter(|ms| *ms > after_ms) {
                        return Some(ms);
                    }
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn falls_on(&self, date: Date) -> bool {
        let (day, last) = (i16::from(date.day()), i16::from(date.days_in_month()));
        let weekday = i16::from(date.weekday().to_sunday_one_offset());
        self.years.contains(&date.year())
            && self.months.contains(&i16::from(date.month()))
            && match &self.days {
                Days::OfMonth(days) => days.contains(&day),
                Days::LastOfMonth => day == last,
                Days::NearestWeekday(wanted) => nearest_weekday(date, *wanted) == Some(date),
                Days::OfWeek(days) => days.contains(&weekday),
                Days::LastOfWeek(wanted) => weekday == *wanted && day + 7 > last,
                Days::NthOfWeek(wanted, nth) => weekday == *wanted && (day - 1) / 7 + 1 == i16::from(*nth),
            }
    }
}

fn nearest_weekday(month: Date, day: i16) -> Option<Date> {
    let date = Date::new(month.year(), month.month(), i8::try_from(day).ok()?).ok()?;
    let moved = match date.weekday() {
        Weekday::Saturday if day == 1 => 2,
        Weekday::Saturday => -1,
        Weekday::Sunday if date.day() == date.days_in_month() => -2,
        Weekday::Sunday => 1,
        _ => 0,
    };
    date.checked_add(moved.days()).ok()
}

fn parse_day_of_month(field: &str) -> Result<Days, String> {
    if field == "L" {
        return Ok(Days::LastOfMonth);
    }
    match field.strip_suffix('W') {
        Some(day) => Ok(Days::NearestWeekday(number(day, 1, 31, &[])?)),
        None => Ok(Days::OfMonth(set(field, 1, 31, &[])?)),
    }
}

fn parse_day_of_week(field: &str) -> Result<Days, String> {
    if let Some((day, nth)) = field.split_once('#') {
        let nth = i8::try_from(number(nth, 1, 5, &[])?).unwrap_or(1);
        return Ok(Days::NthOfWeek(number(day, 1, 7, &WEEKDAYS)?, nth));
    }
    match field.strip_suffix('L').filter(|day| !day.is_empty()) {
        Some(day) => Ok(Days::LastOfWeek(number(day, 1, 7, &WEEKDAYS)?)),
        None if field == "L" => Ok(Days::OfWeek(vec![7])),
        None => Ok(Days::OfWeek(set(field, 1, 7, &WEEKDAYS)?)),
    }
}

/// `*`, `5`, `1,2`, `1-5`, `MON-FRI`, `0/15`, `1-30/2`.
fn set(field: &str, least: i16, most: i16, names: &[&str]) -> Result<Vec<i16>, String> {
    let mut all = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, number(step, 1, most.max(1), &[])?),
            None => (part, 1),
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (least, most),
            (_, Some((from, to))) => (number(from, least, most, names)?, number(to, least, most, names)?),
            (one, None) if part.contains('/') => (number(one, least, most, names)?, most),
            (one, None) => {
                let one = number(one, least, most, names)?;
                (one, one)
            }
        };
        // `FRI-MON` goes over the end of the week.
        let span: Vec<i16> =
            if from <= to { (from..=to).collect() } else { (from..=most).chain(least..=to).collect() };
        all.extend(span.into_iter().step_by(usize::try_from(step).unwrap_or(1)));
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn number(text: &str, least: i16, most: i16, names: &[&str]) -> Result<i16, String> {
    let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
    // Names count from 1: both months and weekdays do.
    named
        .and_then(|index| i16::try_from(index + 1).ok())
        .or_else(|| text.parse().ok())
        .filter(|value| (least..=most).contains(value))
        .ok_or_else(|| format!("{text} is not between {least} and {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, zone: &str, after: &str, expected: &[&str]) {
        let zone = TimeZone::get(zone).unwrap();
        let expression = Expression::parse(expression).unwrap();
        let mut at = u64::try_from(after.parse::<Timestamp>().unwrap().as_millisecond()).unwrap();
        for wanted in expected {
            at = expression.next(at, &zone).unwrap();
            let seen = Timestamp::from_millisecond(i64::try_from(at).unwrap()).unwrap().to_string();
            assert_eq!(seen, *wanted, "{expression}");
        }
    }

    #[test]
    fn rates_count_from_the_last_turn() {
        check(
            "rate(15 minutes)",
            "UTC",
            "2026-11-21T10:01:00Z",
            &["2026-11-21T10:16:00Z", "2026-11-21T10:31:00Z"],
        );
        check("rate(1 day)", "UTC", "2026-11-21T10:01:00Z", &["2026-11-22T10:01:00Z"]);
    }

    #[test]
    fn cron_fires_at_what_its_fields_name() {
        let from = "2026-11-21T10:01:00Z"; // a Saturday
        check("cron(0/15 * * * ? *)", "UTC", from, &["2026-11-21T10:15:00Z", "2026-11-21T10:30:00Z"]);
        check("cron(0 9 ? * MON-FRI *)", "UTC", from, &["2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z"]);
        check("cron(30 8 L * ? *)", "UTC", from, &["2026-11-30T08:30:00Z", "2026-12-31T08:30:00Z"]);
        check(
            "cron(0 0 1W * ? *)",
            "UTC",
            from,
            &["2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z"],
        );
        check("cron(0 0 ? * 6#3 *)", "UTC", from, &["2026-12-18T00:00:00Z"]);
        check("cron(0 0 ? * 6L *)", "UTC", from, &["2026-11-27T00:00:00Z"]);
        check("cron(0 0 29 2 ? *)", "UTC", from, &["2028-02-29T00:00:00Z"]);
    }

    #[test]
    fn cron_follows_its_zone_over_the_change_of_clocks() {
        // Madrid: UTC+2 until 25 October 2026, 3:00; the hour that does not exist on 29 March 2026 moves on.
        check(
            "cron(0 9 * * ? *)",
            "Europe/Madrid",
            "2026-10-24T00:00:00Z",
            &["2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z"],
        );
        check("cron(30 2 29 3 ? 2026)", "Europe/Madrid", "2026-03-28T00:00:00Z", &["2026-03-29T01:30:00Z"]);
    }

    #[test]
    fn a_single_moment_passes_once() {
        let once = Expression::parse("at(2026-12-24T18:00:00)").unwrap();
        let christmas = once.next(0, &TimeZone::UTC).unwrap();
        assert_eq!(once.next(christmas, &TimeZone::UTC), None);
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_a_reason() {
        for (text, why) in [
            ("every 5 minutes", "neither"),
            ("rate(1 minutes)", "rate(1 minute)"),
            ("rate(0 minutes)", "rate(0 minutes)"),
            ("cron(0 9 * * *)", "six fields"),
            ("cron(0 9 * * * *)", "must be ?"),
            ("cron(60 9 * * ? *)", "60 is not between 0 and 59"),
            ("at(tomorrow)", "tomorrow"),
        ] {
            let error = Expression::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
