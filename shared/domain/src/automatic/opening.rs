//! "Monday 9:00": the next opening as a shopper reads it, in their own zone and language.

use crate::Timestamp;
use crate::office_hours::Zone;
use crate::settings::Language;
use jiff::civil::DateTime;

/// The words of one language. `{time}` and the rest are put in by [`Words::say`].
struct Words {
    soon: &'static str,
    today: &'static str,
    tomorrow: &'static str,
    /// Within the coming six days.
    weekday: &'static str,
    date: &'static str,
    date_with_year: &'static str,
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
    /// Before a time, and before one o'clock, where the language tells them apart.
    at: [&'static str; 2],
}

const ENGLISH: Words = Words {
    soon: "as soon as we can",
    today: "today {time}",
    tomorrow: "tomorrow {time}",
    weekday: "{weekday} {time}",
    date: "{weekday}, {day} {month}, {time}",
    date_with_year: "{weekday}, {day} {month} {year}, {time}",
    weekdays: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    at: ["", ""],
};

const SPANISH: Words = Words {
    soon: "en cuanto podamos",
    today: "hoy {time}",
    tomorrow: "mañana {time}",
    weekday: "el {weekday} {time}",
    date: "el {weekday} {day} de {month} {time}",
    date_with_year: "el {weekday} {day} de {month} de {year} {time}",
    weekdays: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    at: ["a las ", "a la "],
};

const PORTUGUESE: Words = Words {
    soon: "assim que pudermos",
    today: "hoje {time}",
    tomorrow: "amanhã {time}",
    weekday: "{weekday} {time}",
    date: "{weekday}, {day} de {month}, {time}",
    date_with_year: "{weekday}, {day} de {month} de {year}, {time}",
    // With their prepositions: feminine to Friday, masculine at the weekend.
    weekdays: [
        "na segunda-feira",
        "na terça-feira",
        "na quarta-feira",
        "na quinta-feira",
        "na sexta-feira",
        "no sábado",
        "no domingo",
    ],
    months: [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
    at: ["às ", "à "],
};

const ITALIAN: Words = Words {
    soon: "appena possibile",
    today: "oggi {time}",
    tomorrow: "domani {time}",
    weekday: "{weekday} {time}",
    date: "{weekday} {day} {month} {time}",
    date_with_year: "{weekday} {day} {month} {year} {time}",
    weekdays: ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"],
    months: [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    at: ["alle ", "all'"],
};

/// What stands for `{next_opening}`. Without an opening to name it is "as soon as we can". The time is the shopper's;
/// where their zone is unknown it is the shop's, and says so. In a language whose weekdays we do not know the date
/// is written in figures. `browser` is the shopper's browser's tag: English is read on a twelve-hour clock in most countries.
#[must_use]
pub fn next_opening(
    opens: Option<Timestamp>,
    now: Timestamp,
    shopper: Option<&Zone>,
    shop: &Zone,
    language: &Language,
    browser: Option<&str>,
) -> String {
    let words = match language.primary() {
        "en" => Some(&ENGLISH),
        "es" => Some(&SPANISH),
        "pt" => Some(&PORTUGUESE),
        "it" => Some(&ITALIAN),
        _ => None,
    };
    let Some(opens) = opens.filter(|opens| *opens > now) else {
        return words.unwrap_or(&ENGLISH).soon.to_owned();
    };
    let zone = shopper.unwrap_or(shop);
    let (opens, now) = (zone.local(opens), zone.local(now));
    let said = match words {
        Some(words) => words.say(opens, now, reads_twelve_hours(language, browser)),
        None => format!("{} {:02}:{:02}", opens.date(), opens.hour(), opens.minute()),
    };
    if shopper.is_some() { said } else { format!("{said} ({})", shop.name()) }
}

/// As browsers write times themselves, the widget's header among them: an English text for a browser that asked for English, but for the
/// countries in which it goes with a clock of twenty-four hours.
fn reads_twelve_hours(language: &Language, browser: Option<&str>) -> bool {
    let Some(tag) = browser.filter(|_| language.primary() == "en") else { return false };
    let mut parts = tag.split('-');
    let is_english = parts.next().is_some_and(|primary| primary.eq_ignore_ascii_case("en"));
    is_english
        && !parts.any(|part| ["GB", "IE", "ZA", "150"].iter().any(|region| part.eq_ignore_ascii_case(region)))
}

impl Words {
    fn say(&self, opens: DateTime, now: DateTime, twelve_hours: bool) -> String {
        let days = (opens.date() - now.date()).get_days();
        let pattern = match days {
            ..=0 => self.today,
            1 => self.tomorrow,
            2..=6 => self.weekday,
            _ if opens.year() == now.year() => self.date,
            _ => self.date_with_year,
        };
        let one = usize::from(opens.hour() == 1);
        let (hour, minute) = (opens.hour(), opens.minute());
        let clock = match (twelve_hours, hour) {
            (false, _) => format!("{hour}:{minute:02}"),
            (true, 0..=11) => format!("{}:{minute:02} AM", (hour + 11) % 12 + 1),
            (true, _) => format!("{}:{minute:02} PM", (hour + 11) % 12 + 1),
        };
        let time = format!("{}{clock}", self.at[one]);
        let (day, year) = (opens.day().to_string(), opens.year().to_string());
        crate::settings::fill(
            pattern,
            &[
                ("time", &time),
                ("weekday", self.weekdays[opens.weekday().to_monday_zero_offset() as usize]),
                ("day", &day),
                ("month", self.months[opens.month() as usize - 1]),
                ("year", &year),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond() as u64)
    }

    #[test]
    fn w_9_the_next_opening_is_told_in_the_shoppers_zone_and_language() {
        let madrid = Zone::named("Europe/Madrid").unwrap();
        // Now: Thursday 19 November 2026, 19:00 in Madrid.
        let now = at("2026-11-19T18:00:00Z");
        let check = |opens: &str, expect: [&str; 4]| {
            for (tag, expect) in ["en", "es", "pt-BR", "it"].into_iter().zip(expect) {
                let language = Language::parse(tag).unwrap();
                assert_eq!(
                    next_opening(Some(at(opens)), now, Some(&madrid), &madrid, &language, None),
                    expect
                );
            }
        };
        check("2026-11-19T20:30:00Z", ["today 21:30", "hoy a las 21:30", "hoje às 21:30", "oggi alle 21:30"]);
        check(
            "2026-11-20T08:00:00Z",
            ["tomorrow 9:00", "mañana a las 9:00", "amanhã às 9:00", "domani alle 9:00"],
        );
        check(
            "2026-11-23T08:00:00Z",
            ["Monday 9:00", "el lunes a las 9:00", "na segunda-feira às 9:00", "lunedì alle 9:00"],
        );
        check(
            "2026-11-22T00:30:00Z",
            ["Sunday 1:30", "el domingo a la 1:30", "no domingo à 1:30", "domenica all'1:30"],
        );
        check(
            "2026-11-26T08:00:00Z",
            [
                "Thursday, 26 November, 9:00",
                "el jueves 26 de noviembre a las 9:00",
                "na quinta-feira, 26 de novembro, às 9:00",
                "giovedì 26 novembre alle 9:00",
            ],
        );
        check(
            "2027-01-07T08:00:00Z",
            [
                "Thursday, 7 January 2027, 9:00",
                "el jueves 7 de enero de 2027 a las 9:00",
                "na quinta-feira, 7 de janeiro de 2027, às 9:00",
                "giovedì 7 gennaio 2027 alle 9:00",
            ],
        );
    }

    #[test]
    fn f_14_another_zone_another_day_and_nothing_false_when_nothing_is_known() {
        let (madrid, tokyo) = (Zone::named("Europe/Madrid").unwrap(), Zone::named("Asia/Tokyo").unwrap());
        let (english, german) = (Language::english(), Language::parse("de").unwrap());
        let now = at("2026-11-19T18:00:00Z");
        let opens = Some(at("2026-11-20T15:30:00Z"));
        // In Tokyo it is Friday already, and the shop opens on Saturday.
        assert_eq!(next_opening(opens, now, Some(&tokyo), &madrid, &english, None), "tomorrow 0:30");
        assert_eq!(next_opening(opens, now, None, &madrid, &english, None), "tomorrow 16:30 (Europe/Madrid)");
        assert_eq!(next_opening(opens, now, Some(&madrid), &madrid, &german, None), "2026-11-20 16:30");
        assert_eq!(next_opening(None, now, Some(&madrid), &madrid, &english, None), "as soon as we can");
        assert_eq!(next_opening(Some(now), now, Some(&madrid), &madrid, &english, None), "as soon as we can");
        // Over the change to summer time: Saturday 28 March 2026 to Sunday.
        let night = at("2026-03-28T20:00:00Z");
        assert_eq!(
            next_opening(Some(at("2026-03-29T07:00:00Z")), night, Some(&madrid), &madrid, &english, None),
            "tomorrow 9:00"
        );
    }

    #[test]
    fn english_is_told_on_the_clock_of_the_readers_country() {
        let madrid = Zone::named("Europe/Madrid").unwrap();
        let now = at("2026-11-19T18:00:00Z");
        let english = Language::parse("en").unwrap();
        let spanish = Language::parse("es").unwrap();
        let told = |opens: &str, language: &Language, browser: Option<&str>| {
            next_opening(Some(at(opens)), now, Some(&madrid), &madrid, language, browser)
        };
        let nine = "2026-11-20T08:00:00Z";
        for (browser, expect) in [
            (Some("en-US"), "tomorrow 9:00 AM"),
            (Some("en"), "tomorrow 9:00 AM"),
            (Some("en-GB"), "tomorrow 9:00"),
            (Some("de-DE"), "tomorrow 9:00"),
            (None, "tomorrow 9:00"),
        ] {
            assert_eq!(told(nine, &english, browser), expect, "{browser:?}");
        }
        assert_eq!(told(nine, &spanish, Some("en-US")), "mañana a las 9:00");
        assert_eq!(told("2026-11-19T23:30:00Z", &english, Some("en-US")), "tomorrow 12:30 AM");
        assert_eq!(told("2026-11-20T11:05:00Z", &english, Some("en-US")), "tomorrow 12:05 PM");
        assert_eq!(told("2026-11-20T22:59:00Z", &english, Some("en-US")), "tomorrow 11:59 PM");
    }
}
