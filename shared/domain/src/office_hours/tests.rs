use super::*;
use proptest::prelude::*;

fn range(text: &str) -> DraftRange {
    let (start, end) = text.split_once('-').unwrap();
    DraftRange { start: start.into(), end: end.into() }
}

fn ranges(text: &str) -> Vec<DraftRange> {
    text.split_whitespace().map(range).collect()
}

/// A zone; the ranges of Monday to Sunday separated by `|`; exceptions as `2026-12-25: 10:00-12:00` or `yearly 2026-12-25:`.
fn draft(zone: &str, week: &str, exceptions: &[&str]) -> Draft {
    let days: Vec<_> = week.split('|').map(ranges).collect();
    let exceptions = exceptions.iter().map(|line| {
        let yearly = line.starts_with("yearly ");
        let (date, times) = line.trim_start_matches("yearly ").split_once(':').unwrap();
        DraftException { date: date.into(), yearly, name: String::new(), ranges: ranges(times) }
    });
    Draft { zone: zone.into(), week: days.try_into().unwrap(), exceptions: exceptions.collect() }
}

fn schedule(zone: &str, week: &str, exceptions: &[&str]) -> Schedule {
    Schedule::parse(&draft(zone, week, exceptions)).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond() as u64)
}

fn told(status: Status) -> String {
    let (word, at) = match status {
        Status::Open { until } => ("open until", until),
        Status::Closed { next_opening } => ("closed until", next_opening),
    };
    let at = at.map_or("ever".into(), |at| instant(at).to_string());
    format!("{word} {at}")
}

fn check(schedule: &Schedule, now: &str, expect: &str) {
    assert_eq!(told(schedule.status(at(now))), expect, "at {now}");
}

const SHOP: &str = "09:00-14:00 16:00-20:00|09:00-14:00 16:00-20:00|09:00-14:00|09:00-14:00|20:00-02:00|||";

fn shop(exceptions: &[&str]) -> Schedule {
    schedule("Europe/Madrid", &SHOP[..SHOP.len() - 1], exceptions)
}

#[test]
fn several_ranges_a_day_and_nights_that_cross_midnight() {
    let shop = shop(&[]);
    // Monday 23 November 2026, winter: an hour ahead of UTC.
    check(&shop, "2026-11-23T07:59:59Z", "closed until 2026-11-23T08:00:00Z");
    check(&shop, "2026-11-23T08:00:00Z", "open until 2026-11-23T13:00:00Z");
    check(&shop, "2026-11-23T12:59:59.999Z", "open until 2026-11-23T13:00:00Z");
    check(&shop, "2026-11-23T13:00:00Z", "closed until 2026-11-23T15:00:00Z");
    check(&shop, "2026-11-27T23:30:00Z", "open until 2026-11-28T01:00:00Z");
    check(&shop, "2026-11-28T01:00:00Z", "closed until 2026-11-30T08:00:00Z");
}

#[test]
fn always_open_never_open_and_round_midnight() {
    let always = schedule("Asia/Tokyo", &["00:00-24:00"; 7].join("|"), &[]);
    check(&always, "2026-11-23T08:00:00Z", "open until ever");
    let never = Schedule::closed(Zone::named("Asia/Tokyo").unwrap());
    check(&never, "2026-11-23T08:00:00Z", "closed until ever");
    let two_days = schedule("UTC", "22:00-24:00|00:00-03:00|||||", &[]);
    check(&two_days, "2026-11-23T22:30:00Z", "open until 2026-11-24T03:00:00Z");
    let to_midnight = schedule("UTC", "22:00-00:00||||||", &[]);
    check(&to_midnight, "2026-11-23T22:30:00Z", "open until 2026-11-24T00:00:00Z");
    let once = schedule("UTC", "||||||", &["2027-03-01: 10:00-11:00"]);
    check(&once, "2026-11-23T22:30:00Z", "closed until 2027-03-01T10:00:00Z");
    check(&once, "2027-03-01T10:30:00Z", "open until 2027-03-01T11:00:00Z");
    check(&once, "2027-03-01T11:00:00Z", "closed until ever");
}

#[test]
fn an_exception_replaces_what_starts_on_its_date_and_nothing_else() {
    let closed = shop(&["2026-11-23:"]);
    check(&closed, "2026-11-23T09:00:00Z", "closed until 2026-11-24T08:00:00Z");
    let short = shop(&["2026-11-23: 10:00-11:00"]);
    check(&short, "2026-11-23T08:30:00Z", "closed until 2026-11-23T09:00:00Z");
    // Friday's night runs into a Saturday that is a holiday: it is Friday's.
    let holiday = shop(&["2026-11-28:"]);
    check(&holiday, "2026-11-28T00:30:00Z", "open until 2026-11-28T01:00:00Z");
    // Friday itself a holiday: neither the evening nor its night.
    let friday = shop(&["2026-11-27:"]);
    check(&friday, "2026-11-28T00:30:00Z", "closed until 2026-11-30T08:00:00Z");
    // An extra opening that the night runs into is one opening with it.
    let extra = shop(&["2026-11-28: 01:00-04:00"]);
    check(&extra, "2026-11-28T00:30:00Z", "open until 2026-11-28T03:00:00Z");
}

#[test]
fn a_yearly_exception_comes_back_and_a_dated_one_goes_before_it() {
    let shop = shop(&["yearly 2020-12-25:", "2028-12-25: 10:00-11:00", "yearly 2020-02-29: 05:00-06:00"]);
    for year in [2024, 2025, 2026, 2029] {
        check_closed_at_noon(&shop, &format!("{year}-12-25T11:00:00Z"));
    }
    check(&shop, "2028-12-25T09:30:00Z", "open until 2028-12-25T10:00:00Z");
    // The 29th of February exists in leap years only.
    check(&shop, "2028-02-29T04:30:00Z", "open until 2028-02-29T05:00:00Z");
    check(&shop, "2027-03-01T04:30:00Z", "closed until 2027-03-01T08:00:00Z");
}

fn check_closed_at_noon(shop: &Schedule, now: &str) {
    assert!(!shop.status(at(now)).is_open(), "at {now}");
}

#[test]
fn f_14_in_the_gap_of_spring_a_time_that_is_skipped_is_the_moment_of_the_change() {
    // Madrid, Sunday 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
    let week = |sunday: &str| format!("||||||{sunday}");
    check(
        &schedule("Europe/Madrid", &week("02:30-05:00"), &[]),
        "2026-03-29T00:00:00Z",
        "closed until 2026-03-29T01:00:00Z",
    );
    check(
        &schedule("Europe/Madrid", &week("01:00-02:30"), &[]),
        "2026-03-29T00:30:00Z",
        "open until 2026-03-29T01:00:00Z",
    );
    // Wholly inside: this Sunday it does not take place.
    check(
        &schedule("Europe/Madrid", &week("02:10-02:50"), &[]),
        "2026-03-29T00:30:00Z",
        "closed until 2026-04-05T00:10:00Z",
    );
    // Across: an hour shorter.
    check(
        &schedule("Europe/Madrid", &week("01:00-04:00"), &[]),
        "2026-03-29T00:30:00Z",
        "open until 2026-03-29T02:00:00Z",
    );
}

#[test]
fn f_14_in_the_fold_of_autumn_a_time_that_is_shown_twice_is_its_first_showing() {
    // Madrid, Sunday 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
    let week = |sunday: &str| format!("||||||{sunday}");
    let early = schedule("Europe/Madrid", &week("01:00-02:30"), &[]);
    check(&early, "2026-10-25T00:00:00Z", "open until 2026-10-25T00:30:00Z");
    check(&early, "2026-10-25T01:15:00Z", "closed until 2026-11-01T00:00:00Z");
    let late = schedule("Europe/Madrid", &week("02:30-03:30"), &[]);
    check(&late, "2026-10-25T00:00:00Z", "closed until 2026-10-25T00:30:00Z");
    check(&late, "2026-10-25T01:15:00Z", "open until 2026-10-25T02:30:00Z");
}

#[test]
fn f_14_a_clock_that_falls_back_over_midnight_and_a_date_that_never_was() {
    // São Paulo, 17 February 2018: 24:00 became 23:00 of the same Saturday, at 02:00 UTC on the 18th.
    let saturday = schedule("America/Sao_Paulo", "|||||22:00-24:00|", &[]);
    check(&saturday, "2018-02-18T01:30:00Z", "open until 2018-02-18T03:00:00Z");
    // St. John's, until 2011: 00:01 on Sunday became 23:01 on Saturday. Sunday's first minute has been shown by then.
    let sunday = schedule("America/St_Johns", "||||||00:00-01:00", &[]);
    check(&sunday, "2010-11-07T02:29:59Z", "closed until 2010-11-07T02:30:00Z");
    check(&sunday, "2010-11-07T03:00:00Z", "open until 2010-11-07T04:30:00Z");
    // Samoa had no 30 December 2011, a Friday.
    let friday = schedule("Pacific/Apia", "||||09:00-17:00||", &[]);
    check(&friday, "2011-12-30T00:00:00Z", "closed until 2012-01-05T19:00:00Z");
}

#[test]
fn what_is_wrong_is_named_by_its_path_all_at_once() {
    let wrong = |draft: &Draft, expect: &[(&str, FieldCode)]| {
        let errors = Schedule::parse(draft).unwrap_err();
        let found: Vec<_> = errors.iter().map(|e| (e.path.as_str(), e.code)).collect();
        assert_eq!(found, expect);
    };
    use FieldCode::{Duplicate, EmptyRange, Format, Overlap, TooMany, Unknown};
    for zone in ["", "Europe/Atlantis", "+02:00", "Etc/Unknown", "CET-1CEST", "../Madrid"] {
        wrong(&draft(zone, "||||||", &[]), &[("zone", Unknown)]);
    }
    wrong(&draft("UTC", "|09:00-12:00 10:00-10:00|||||", &[]), &[("week.tuesday[1].end", EmptyRange)]);
    wrong(&draft("UTC", "|09:00-12:00 11:59-13:00|||||", &[]), &[("week.tuesday[1].start", Overlap)]);
    wrong(&draft("UTC", "|11:59-13:00 09:00-12:00|||||", &[]), &[("week.tuesday[0].start", Overlap)]);
    wrong(&draft("UTC", "20:00-02:00|01:00-03:00|||||", &[]), &[("week.tuesday[0].start", Overlap)]);
    wrong(&draft("UTC", "01:00-03:00||||||20:00-02:00", &[]), &[("week.monday[0].start", Overlap)]);
    wrong(
        &draft("UTC", "24:00-02:00|9:00-10:00|09:60-25:00|a-b|||", &[]),
        &[
            ("week.monday[0].start", Format),
            ("week.tuesday[0].start", Format),
            ("week.wednesday[0].start", Format),
            ("week.wednesday[0].end", Format),
            ("week.thursday[0].start", Format),
            ("week.thursday[0].end", Format),
        ],
    );
    wrong(
        &draft("UTC", "||||||", &["2026-12-25:", "yearly 2026-12-25:", "2026-12-25: 10:00-11:00"]),
        &[("exceptions[2].date", Duplicate)],
    );
    wrong(
        &draft("UTC", "||||||", &["yearly 2026-12-25:", "yearly 2027-12-25:"]),
        &[("exceptions[1].date", Duplicate)],
    );
    wrong(
        &draft("UTC", "||||||", &["2026-02-29:", "26-1-1:", "2026-01-01: 10:00-12:00 11:00-13:00"]),
        &[
            ("exceptions[0].date", Format),
            ("exceptions[1].date", Format),
            ("exceptions[2].ranges[1].start", Overlap),
        ],
    );
    let eleven: Vec<String> = (0..11).map(|n| format!("{:02}:00-{:02}:30", n, n)).collect();
    wrong(&draft("UTC", &format!("{}||||||", eleven.join(" ")), &[]), &[("week.monday", TooMany)]);
    // Touching is not overlapping, and a whole day is one.
    schedule("UTC", "00:00-24:00|00:00-12:00 12:00-00:00|00:00-24:00||||23:00-00:00", &[]);
    assert_eq!(Zone::named("europe/madrid").unwrap().name(), "Europe/Madrid");
}

fn any_draft() -> impl Strategy<Value = Draft> {
    let time = |max: u16| (0..=max).prop_map(|n| TimeOfDay(n * 30).to_string());
    let range = (time(47), time(48)).prop_map(|(start, end)| DraftRange { start, end });
    let day = proptest::collection::vec(range, 0..3);
    let zone = prop_oneof![
        Just("Europe/Madrid"),
        Just("America/St_Johns"),
        Just("Australia/Lord_Howe"),
        Just("Africa/Casablanca"),
        Just("Pacific/Apia"),
        Just("Asia/Kathmandu"),
    ];
    let exception = (1_i16..=3, 1_i8..=28, any::<bool>(), day.clone()).prop_map(|(m, d, yearly, ranges)| {
        DraftException { date: format!("2026-{m:02}-{d:02}"), yearly, name: String::new(), ranges }
    });
    (zone, proptest::collection::vec(day, 7), proptest::collection::vec(exception, 0..4)).prop_map(
        |(zone, week, exceptions)| Draft { zone: zone.into(), week: week.try_into().unwrap(), exceptions },
    )
}

proptest! {
    /// Just before a change nothing has changed, at it everything has; and nothing changes in between.
    #[test]
    fn a_status_holds_exactly_until_it_says(draft in any_draft(), minute in 0_u64..60 * 24 * 365, part in 0.0..1.0) {
        let Ok(schedule) = Schedule::parse(&draft) else { return Ok(()) };
        let now = Timestamp(at("2026-01-01T00:00:00Z").millis() + minute * 60_000);
        let status = schedule.status(now);
        let Some(change) = status.changes_at() else { return Ok(()) };
        prop_assert!(change > now);
        let between = Timestamp(now.millis() + ((change.millis() - 1 - now.millis()) as f64 * part) as u64);
        prop_assert_eq!(schedule.status(between), status);
        prop_assert_eq!(schedule.status(Timestamp(change.millis() - 1)), status);
        prop_assert_ne!(schedule.status(change).is_open(), status.is_open());
    }
}

#[test]
fn ux_40_the_next_change_of_the_clocks() {
    let change = |zone: &str, after: &str| {
        let after: jiff::Timestamp = after.parse().unwrap();
        let zone = Zone::named(zone).unwrap();
        zone.next_change(Timestamp(after.as_millisecond() as u64))
            .map(|at| jiff::Timestamp::from_millisecond(at.millis() as i64).unwrap().to_string())
    };
    assert_eq!(change("Europe/Madrid", "2026-11-21T00:00:00Z").as_deref(), Some("2027-03-28T01:00:00Z"));
    assert_eq!(change("Europe/Madrid", "2027-03-28T01:00:00Z").as_deref(), Some("2027-10-31T01:00:00Z"));
    assert_eq!(change("America/New_York", "2026-11-21T00:00:00Z").as_deref(), Some("2027-03-14T07:00:00Z"));
    assert_eq!(change("Asia/Tokyo", "2026-11-21T00:00:00Z"), None);
}
