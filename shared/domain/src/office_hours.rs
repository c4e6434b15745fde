//! When a shop is open: ranges for every weekday, dated exceptions, in one IANA zone.
//!
//! **What a time of day means.** `09:00` on a date is *the first moment at which the shop's clock shows that time of
//! that date, or a later one*. That one sentence decides both sides of every clock change: a time that is skipped
//! means the moment of the change, so that a range inside the gap does not take place; a time that is shown twice means its first
//! showing, so that a range within the repeated hour takes place once. The order of times is never reversed by it.
//!
//! **Whose range is it.** A range belongs to the date on which it starts, also when it crosses midnight. An exception
//! replaces the ranges of its own date and nothing else: what began the evening before runs to its end. (To end it at
//! midnight, give the evening before an exception until 24:00.) Ranges that touch or, through exceptions, overlap are
//! one opening.

use crate::Timestamp;
use crate::fields::{FieldCode, FieldError, FieldErrors};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use std::fmt;

/// Ranges in one day.
pub const MAX_RANGES: usize = 10;
/// Dated exceptions of one site.
pub const MAX_EXCEPTIONS: usize = 200;
/// Characters in an exception's name.
pub const MAX_EXCEPTION_NAME: usize = 80;
/// How far an opening or closing is looked for. What lies beyond is told as none.
pub const HORIZON_DAYS: i64 = 400;

/// The days of the week as paths name them.
pub const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A zone of the IANA database, by its own name.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// `None` for anything that the database does not name; offsets are not zones.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        // `Etc/Unknown` is jiff's own word for "no zone".
        TimeZone::get(name).ok().filter(|zone| !zone.is_unknown() && zone.iana_name().is_some()).map(Self)
    }

    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What a clock on the wall there shows.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> DateTime {
        self.0.to_datetime(instant(at))
    }

    /// When the clocks there change next, if they do within a year.
    #[must_use]
    pub fn next_change(&self, after: Timestamp) -> Option<Timestamp> {
        let now = instant(after);
        let before = self.0.to_offset_info(now);
        let (offset, dst) = (before.offset(), before.dst());
        let year = now.checked_add(jiff::SignedDuration::from_hours(366 * 24)).ok()?;
        self.0
            .following(now)
            .take_while(|change| change.timestamp() <= year)
            // A zone may be renamed without its clocks moving.
            .find(|change| change.offset() != offset || change.dst() != dst)
            .and_then(|change| u64::try_from(change.timestamp().as_millisecond()).ok())
            .map(Timestamp)
    }

    /// The first moment at which a clock there shows `wall` or later.
    #[must_use]
    pub fn first_showing(&self, wall: DateTime) -> Timestamp {
        let at = match self.0.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(wall),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(wall),
            AmbiguousOffset::Gap { after, .. } => after.to_timestamp(wall).map(|before_the_gap| {
                let changes = self.0.following(before_the_gap).map(|change| change.timestamp());
                changes.take(4).find(|at| self.0.to_datetime(*at) >= wall).unwrap_or(before_the_gap)
            }),
        };
        Timestamp(at.map_or(0, |at| u64::try_from(at.as_millisecond()).unwrap_or(0)))
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    let millis = i64::try_from(at.millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX)
}

/// Minutes since midnight, 0 to 1440: `00:00` to `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

const DAY: u16 = 24 * 60;

impl TimeOfDay {
    pub const MIDNIGHT: Self = Self(0);
    pub const END_OF_DAY: Self = Self(DAY);

    /// Reads `HH:MM`, two digits each.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = |at: usize| -> Option<u16> {
            let two = bytes.get(at..at + 2)?;
            two.iter()
                .all(u8::is_ascii_digit)
                .then(|| u16::from(two[0] - b'0') * 10 + u16::from(two[1] - b'0'))
        };
        if bytes.len() != 5 || bytes[2] != b':' {
            return None;
        }
        let (hours, minutes) = (digits(0)?, digits(3)?);
        let total = hours * 60 + minutes;
        (minutes < 60 && total <= DAY).then_some(Self(total))
    }

    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// `None` beyond the end of the day.
    #[must_use]
    pub const fn from_minutes(minutes: u16) -> Option<Self> {
        if minutes <= DAY { Some(Self(minutes)) } else { None }
    }

    /// This time of `date`.
    pub(crate) fn on(self, date: Date) -> DateTime {
        if self.0 == DAY {
            return date.tomorrow().unwrap_or(date).to_datetime(Time::midnight());
        }
        let time = Time::new((self.0 / 60) as i8, (self.0 % 60) as i8, 0, 0).unwrap_or(Time::midnight());
        date.to_datetime(time)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Open from `start` until `end`; an `end` not after `start` is the next day's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    start: TimeOfDay,
    end: TimeOfDay,
}

impl Range {
    /// `None` if it starts and ends at the same minute, or starts at 24:00.
    #[must_use]
    pub fn new(start: TimeOfDay, end: TimeOfDay) -> Option<Self> {
        (start != end && start < TimeOfDay::END_OF_DAY).then_some(Self { start, end })
    }

    #[must_use]
    pub const fn start(self) -> TimeOfDay {
        self.start
    }

    #[must_use]
    pub const fn end(self) -> TimeOfDay {
        self.end
    }

    #[must_use]
    pub fn crosses_midnight(self) -> bool {
        self.end < self.start
    }

    /// Minutes since the midnight before its start.
    fn span(self) -> (u16, u16) {
        let end = if self.crosses_midnight() { self.end.0 + DAY } else { self.end.0 };
        (self.start.0, end)
    }

    fn on(self, date: Date) -> (DateTime, DateTime) {
        let last = if self.crosses_midnight() { date.tomorrow().unwrap_or(date) } else { date };
        (self.start.on(date), self.end.on(last))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.start, self.end)
    }
}

/// A date that is not like its weekday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Of a yearly one only month and day count; the 29th of February comes every four years.
    pub date: Date,
    pub yearly: bool,
    /// What merchants call it. Shown to agents.
    pub name: String,
    /// Empty: closed.
    pub ranges: Vec<Range>,
}

/// When a shop is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    zone: Zone,
    /// Monday first; in the order of their starts.
    week: [Vec<Range>; 7],
    exceptions: Vec<Exception>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `until` is `None` when no closing lies within [`HORIZON_DAYS`].
    Open { until: Option<Timestamp> },
    /// `next_opening` is `None` when none lies within [`HORIZON_DAYS`].
    Closed { next_opening: Option<Timestamp> },
}

impl Status {
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// When this changes by itself.
    #[must_use]
    pub const fn changes_at(self) -> Option<Timestamp> {
        match self {
            Self::Open { until: at } | Self::Closed { next_opening: at } => at,
        }
    }
}

/// A schedule as it was written down, before anything of it is believed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    pub zone: String,
    pub week: [Vec<DraftRange>; 7],
    pub exceptions: Vec<DraftException>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DraftRange {
    /// `HH:MM`, 00:00 to 23:59.
    pub start: String,
    /// `HH:MM`, 00:00 to 24:00.
    pub end: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DraftException {
    /// `YYYY-MM-DD`
    pub date: String,
    pub yearly: bool,
    pub name: String,
    pub ranges: Vec<DraftRange>,
}

impl Schedule {
    /// Every day closed, no exceptions.
    #[must_use]
    pub fn closed(zone: Zone) -> Self {
        Self { zone, week: Default::default(), exceptions: Vec::new() }
    }

    /// All that is wrong with a draft, or the schedule. Paths: `zone`, `week.tuesday[1].start`,
    /// `exceptions[3].ranges[0].end`.
    pub fn parse(draft: &Draft) -> Result<Self, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let zone = Zone::named(&draft.zone).unwrap_or_else(|| {
            errors.add("zone", FieldCode::Unknown, "a zone of the IANA database, such as Europe/Madrid");
            Zone::utc()
        });
        let days: [Vec<Option<Range>>; 7] = std::array::from_fn(|day| {
            read_ranges(&draft.week[day], &format!("week.{}", WEEKDAYS[day]), &mut errors)
        });
        refuse_overlaps_over_midnight(&days, &mut errors);
        let exceptions = read_exceptions(&draft.exceptions, &mut errors);
        let week = days.map(|day| sorted(day.into_iter().flatten().collect()));
        errors.finish(Self { zone, week, exceptions })
    }

    #[must_use]
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Monday first.
    #[must_use]
    pub const fn week(&self) -> &[Vec<Range>; 7] {
        &self.week
    }

    #[must_use]
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// The ranges that start on `date`. A dated exception goes before a yearly one, and that before the weekday.
    #[must_use]
    pub fn ranges_on(&self, date: Date) -> &[Range] {
        let dated = self.exceptions.iter().find(|e| !e.yearly && e.date == date);
        let yearly = || {
            let same =
                |e: &&Exception| e.yearly && (e.date.month(), e.date.day()) == (date.month(), date.day());
            self.exceptions.iter().find(same)
        };
        match dated.or_else(yearly) {
            Some(exception) => &exception.ranges,
            None => &self.week[date.weekday().to_monday_zero_offset() as usize],
        }
    }

    /// Open or closed at `now`, and until when.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Status {
        let today = self.zone.local(now).date();
        // A range of yesterday may still run, and where a clock falls back over midnight "yesterday" comes twice.
        let days = (-3..=HORIZON_DAYS).filter_map(|n| today.checked_add(jiff::Span::new().days(n)).ok());
        let mut open_until: Option<Timestamp> = None;
        for date in days {
            for range in self.ranges_on(date) {
                let (start, end) = range.on(date);
                let (start, end) = (self.zone.first_showing(start), self.zone.first_showing(end));
                if end <= start {
                    continue;
                }
                match open_until {
                    Some(until) if start <= until => open_until = Some(until.max(end)),
                    Some(until) => return Status::Open { until: Some(until) },
                    None if end <= now => {}
                    None if start <= now => open_until = Some(end),
                    None => return Status::Closed { next_opening: Some(start) },
                }
            }
        }
        match open_until {
            None => Status::Closed { next_opening: None },
            Some(until) => {
                let horizon = today.checked_add(jiff::Span::new().days(HORIZON_DAYS)).unwrap_or(Date::MAX);
                let seen_to = self.zone.first_showing(horizon.to_datetime(Time::midnight()));
                Status::Open { until: (until < seen_to).then_some(until) }
            }
        }
    }
}

fn sorted(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort();
    ranges
}

/// The ranges of one date; `None` in the place of one that was refused, so that places still name fields.
fn read_ranges(drafts: &[DraftRange], path: &str, errors: &mut FieldErrors) -> Vec<Option<Range>> {
    if drafts.len() > MAX_RANGES {
        errors.add(path, FieldCode::TooMany, format!("at most {MAX_RANGES} ranges in a day"));
    }
    let mut ranges: Vec<Option<Range>> = Vec::with_capacity(drafts.len());
    for (n, draft) in drafts.iter().enumerate() {
        let start = TimeOfDay::parse(&draft.start).filter(|start| *start < TimeOfDay::END_OF_DAY);
        let end = TimeOfDay::parse(&draft.end);
        if start.is_none() {
            errors.add(format!("{path}[{n}].start"), FieldCode::Format, "a time from 00:00 to 23:59");
        }
        if end.is_none() {
            errors.add(format!("{path}[{n}].end"), FieldCode::Format, "a time from 00:00 to 24:00");
        }
        let range = start.zip(end).and_then(|(start, end)| {
            let range = Range::new(start, end);
            if range.is_none() {
                let message = "starts and ends at the same minute; for a whole day write 00:00 to 24:00";
                errors.add(format!("{path}[{n}].end"), FieldCode::EmptyRange, message);
            }
            range
        });
        ranges.push(range);
    }
    let known: Vec<(usize, Range)> = numbered(&ranges).collect();
    for (n, later) in &known {
        let before = |(m, other): &&(usize, Range)| {
            (other.start, *m) < (later.start, *n) && other.span().1 > later.span().0
        };
        if let Some((_, other)) = known.iter().find(before) {
            errors.add(format!("{path}[{n}].start"), FieldCode::Overlap, format!("overlaps {other}"));
        }
    }
    ranges
}

fn numbered(ranges: &[Option<Range>]) -> impl Iterator<Item = (usize, Range)> + '_ {
    ranges.iter().enumerate().filter_map(|(n, range)| Some((n, (*range)?)))
}

/// Sunday night runs into Monday.
fn refuse_overlaps_over_midnight(days: &[Vec<Option<Range>>; 7], errors: &mut FieldErrors) {
    for (day, name) in WEEKDAYS.iter().enumerate() {
        let eve = (day + 6) % 7;
        for (n, range) in numbered(&days[day]) {
            let runs_into = |night: &Range| night.span().1 > DAY + range.start.0;
            if let Some((_, night)) = numbered(&days[eve]).find(|(_, night)| runs_into(night)) {
                let path = format!("week.{name}[{n}].start");
                errors.add(path, FieldCode::Overlap, format!("overlaps {} of {}", night, WEEKDAYS[eve]));
            }
        }
    }
}

fn read_exceptions(drafts: &[DraftException], errors: &mut FieldErrors) -> Vec<Exception> {
    if drafts.len() > MAX_EXCEPTIONS {
        errors.add("exceptions", FieldCode::TooMany, format!("at most {MAX_EXCEPTIONS} exceptions"));
    }
    let mut read: Vec<Exception> = Vec::with_capacity(drafts.len());
    for (n, draft) in drafts.iter().enumerate() {
        let path = format!("exceptions[{n}]");
        let ranges = read_ranges(&draft.ranges, &format!("{path}.ranges"), errors);
        if draft.name.chars().count() > MAX_EXCEPTION_NAME {
            let message = format!("at most {MAX_EXCEPTION_NAME} characters");
            errors.add(format!("{path}.name"), FieldCode::TooLong, message);
        }
        let Some(date) = read_date(&draft.date) else {
            errors.add(format!("{path}.date"), FieldCode::Format, "a date written YYYY-MM-DD");
            continue;
        };
        let same = |other: &Exception| {
            let same_day = (other.date.month(), other.date.day()) == (date.month(), date.day());
            other.yearly == draft.yearly && same_day && (draft.yearly || other.date == date)
        };
        if read.iter().any(same) {
            errors.add(format!("{path}.date"), FieldCode::Duplicate, "this date has an exception already");
        }
        let ranges = sorted(ranges.into_iter().flatten().collect());
        read.push(Exception { date, yearly: draft.yearly, name: draft.name.clone(), ranges });
    }
    read
}

/// `YYYY-MM-DD` and nothing else, 1970 to 9998.
fn read_date(text: &str) -> Option<Date> {
    let shape = |(n, b): (usize, u8)| if n == 4 || n == 7 { b == b'-' } else { b.is_ascii_digit() };
    let fits = text.len() == 10 && text.bytes().enumerate().all(shape);
    fits.then(|| text.parse::<Date>().ok()).flatten().filter(|date| (1970..=9998).contains(&date.year()))
}

#[cfg(test)]
mod tests;
