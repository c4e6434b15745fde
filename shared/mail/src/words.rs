//! What our mails say: the texts are settings (`domain::settings`), for every one may be said otherwise by the merchant.

use domain::Timestamp;
use domain::office_hours::Zone;
use domain::settings::{General, Language, LocalText, fill};
use std::collections::BTreeMap;

pub use domain::settings::{MAIL_TEXTS, MailText, MailTextSpec};

/// The site's languages and what the merchant has written.
#[derive(Debug, Clone)]
pub struct Texts {
    pub general: General,
    pub written: BTreeMap<MailText, LocalText>,
}

impl Texts {
    /// The text in `language`, or in the nearest that it exists in, with its variables filled. A value is not searched for variables.
    #[must_use]
    pub fn say(&self, text: MailText, language: &Language, values: &[(&str, &str)]) -> String {
        static NONE: LocalText = LocalText::new();
        let written = self.written.get(&text).unwrap_or(&NONE);
        fill(self.general.text(written, &text.spec().shipped, language), values)
    }
}

const MONTHS: [(&str, [&str; 12]); 4] = [
    ("en", ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]),
    ("es", ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"]),
    ("pt", ["jan.", "fev.", "mar.", "abr.", "maio", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez."]),
    ("it", ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"]),
];

/// "20 Nov 2026": mails are read much later than written, so the year stands there. In figures where we know no months.
#[must_use]
pub fn day(at: Timestamp, zone: &Zone, language: &Language) -> String {
    let local = zone.local(at);
    let months = MONTHS.iter().find(|(tag, _)| *tag == language.primary());
    let Some((tag, months)) = months else {
        return format!("{:04}-{:02}-{:02}", local.year(), local.month(), local.day());
    };
    let month = months[local.month().clamp(1, 12) as usize - 1];
    let of = if *tag == "pt" { " de " } else { " " };
    format!("{}{of}{month}{of}{}", local.day(), local.year())
}

/// "20 Nov 2026, 14:05".
#[must_use]
pub fn moment(at: Timestamp, zone: &Zone, language: &Language) -> String {
    let local = zone.local(at);
    format!("{}, {:02}:{:02}", day(at, zone, language), local.hour(), local.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_language_does() {
        // Friday 20 November 2026, 13:05 UTC.
        let at = Timestamp(1_795_179_900_000);
        let zone = Zone::named("Europe/Madrid").unwrap();
        for (language, expect) in [
            ("en", "20 Nov 2026, 14:05"),
            ("es-MX", "20 nov 2026, 14:05"),
            ("pt-BR", "20 de nov. de 2026, 14:05"),
            ("it", "20 nov 2026, 14:05"),
            ("he", "2026-11-20, 14:05"),
        ] {
            assert_eq!(moment(at, &zone, &Language::parse(language).unwrap()), expect);
        }
    }
}
