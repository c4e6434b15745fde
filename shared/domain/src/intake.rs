//! The intake form, step by step inside the thread (I1-I4): one question at a time; the shopper answers, skips what is
//! not required, corrects, sends again; agents see what was asked and answered.
//!
//! [`ask`] is what is asked of one shopper: it becomes an entry of the thread, and is what is filled, whatever the merchant
//! changes meanwhile. [`Intake`] is how far it is filled, read off the thread; [`Intake::take`] says what an answer does.
//! Going back is showing an earlier question again, and is the client's own affair. What is typed here is believed by nobody:
//! an email makes a shopper *identified*, never *verified*, and merges with no other.

use crate::conversation::{Body, Entry};
use crate::settings::{Field, FieldId, FieldKind, Language, LocalText, Phrase, Settings, Shipped, fill};
use crate::text;
use std::collections::{BTreeMap, BTreeSet};

/// Characters in the answer to a text question.
pub const MAX_ANSWER_CHARS: usize = 500;

/// A question as it is asked: in the shopper's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedField {
    pub id: FieldId,
    pub kind: AskedKind,
    pub label: String,
    pub required: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedKind {
    Name,
    /// The profile's email when the question's id is `email`; otherwise just an address.
    Email,
    Text,
    Phone,
    Number,
    Choice(Vec<AskedChoice>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedChoice {
    pub id: FieldId,
    pub label: String,
}

/// The form as it is asked of a shopper of whom `known` is known; empty when there is nothing to ask.
#[must_use]
pub fn ask(settings: &Settings, language: &Language, known: &BTreeSet<FieldId>) -> Vec<AskedField> {
    let unknown = settings.form.fields.iter().filter(|field| !known.contains(&field.id));
    unknown.map(|field| asked(settings, language, field)).collect()
}

fn asked(settings: &Settings, language: &Language, field: &Field) -> AskedField {
    let kind = match &field.kind {
        FieldKind::Name => AskedKind::Name,
        FieldKind::Email => AskedKind::Email,
        FieldKind::Text => AskedKind::Text,
        FieldKind::Phone => AskedKind::Phone,
        FieldKind::Number => AskedKind::Number,
        FieldKind::Choice(choices) => AskedKind::Choice(
            choices
                .iter()
                .map(|choice| AskedChoice {
                    id: choice.id.clone(),
                    label: written(settings, &choice.labels, language, &choice.id),
                })
                .collect(),
        ),
    };
    let label = match own_phrase(field) {
        Some(phrase) => own_label(settings, field, phrase, language),
        None => written(settings, &field.labels, language, &field.id),
    };
    AskedField { id: field.id.clone(), kind, label, required: field.required }
}

/// Name and email have a question of ours.
fn own_phrase(field: &Field) -> Option<Phrase> {
    match field.kind {
        FieldKind::Name if field.id == FieldId::name() => Some(Phrase::AskName),
        FieldKind::Email if field.id == FieldId::email() => Some(Phrase::AskEmail),
        _ => None,
    }
}

/// The field's own label goes before the merchant's phrase, and that before ours.
fn own_label(settings: &Settings, field: &Field, phrase: Phrase, language: &Language) -> String {
    let phrases = settings.form.phrases.iter();
    let mut labels: LocalText = phrases
        .filter_map(|(language, texts)| Some((language.clone(), texts.get(&phrase)?.clone())))
        .collect();
    let own = field.labels.iter().filter(|(_, text)| !text.trim().is_empty());
    labels.extend(own.map(|(language, text)| (language.clone(), text.clone())));
    let shipped: &Shipped = &phrase.spec().shipped;
    let text = settings.general.text(&labels, shipped, language);
    fill(text, &[("shop", &settings.general.name)])
}

/// What the merchant has written in `language`, or in the default one, where it has to be.
fn written(settings: &Settings, labels: &LocalText, language: &Language, id: &FieldId) -> String {
    let text = |language: &Language| labels.get(language).filter(|text| !text.trim().is_empty());
    let text = text(language).or_else(|| text(&settings.general.default_language));
    text.map_or_else(|| id.to_string(), Clone::clone)
}

/// An answer that fits its question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Name(String),
    /// Lower case in its domain, otherwise as typed.
    Email(String),
    Text(String),
    /// Digits, with a leading `+` if one was typed.
    Phone(String),
    /// As a decimal number is written: `12`, `-0.5`.
    Number(String),
    Choice(AskedChoice),
}

impl Value {
    /// As it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Name(text)
            | Self::Email(text)
            | Self::Text(text)
            | Self::Phone(text)
            | Self::Number(text) => text,
            Self::Choice(choice) => &choice.label,
        }
    }
}

/// How far a shopper has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// In the order in which they are asked.
    asked: Vec<AskedField>,
    /// `None`: skipped.
    given: BTreeMap<FieldId, Option<Value>>,
}

/// What an answer becomes in the thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub field: FieldId,
    pub label: String,
    /// `None`: skipped.
    pub value: Option<Value>,
    /// With this one every question is given. Comes once.
    pub finished: bool,
}

/// Why an answer was not taken, and what the form says to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("not an answer to this question")]
    Wrong(Phrase),
    #[error("this question needs an answer")]
    Required,
    /// Not in the form, or not asked yet.
    #[error("this question has not been asked")]
    NotAsked,
}

impl Refusal {
    #[must_use]
    pub const fn phrase(self) -> Option<Phrase> {
        match self {
            Self::Wrong(phrase) => Some(phrase),
            Self::Required => Some(Phrase::Required),
            Self::NotAsked => None,
        }
    }
}

impl Intake {
    #[must_use]
    pub const fn new(asked: Vec<AskedField>) -> Self {
        Self { asked, given: BTreeMap::new() }
    }

    /// As a thread tells it, from the entry on by which the form was asked; `None` where it was not.
    #[must_use]
    pub fn of<'a>(thread: impl IntoIterator<Item = &'a Entry>) -> Option<Self> {
        let mut intake: Option<Self> = None;
        for entry in thread {
            match (&entry.body, &mut intake) {
                (Body::Form { fields, .. }, None) => intake = Some(Self::new(fields.clone())),
                (Body::Answer(taken), Some(intake)) => intake.note(taken),
                _ => {}
            }
        }
        intake
    }

    /// After `taken` has been stored.
    pub fn note(&mut self, taken: &Taken) {
        self.given.insert(taken.field.clone(), taken.value.clone());
    }

    /// The question that is asked now; `None` when the form is finished.
    #[must_use]
    pub fn asking(&self) -> Option<&AskedField> {
        self.asked.iter().find(|field| !self.given.contains_key(&field.id))
    }

    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.asking().is_none()
    }

    /// What `text` (`None`: nothing) does as an answer to `field`: `Ok(None)` when it is so already, or passes over what was
    /// answered. To a question that was given before it is a correction.
    pub fn take(&self, field: &FieldId, text: Option<&str>) -> Result<Option<Taken>, Refusal> {
        let asking = self.asking().map(|asking| &asking.id);
        let asked = self.asked.iter().find(|asked| asked.id == *field).ok_or(Refusal::NotAsked)?;
        let given = self.given.get(field);
        if given.is_none() && asking != Some(field) {
            return Err(Refusal::NotAsked);
        }
        let value = text.map(|text| read(&asked.kind, text)).transpose()?;
        match (&value, given) {
            (value, Some(given)) if value == given => return Ok(None),
            (None, Some(Some(_))) => return Ok(None),
            (None, _) if asked.required => return Err(Refusal::Required),
            _ => {}
        }
        let taken = Taken { field: field.clone(), label: asked.label.clone(), value, finished: false };
        let mut after = self.clone();
        after.note(&taken);
        Ok(Some(Taken { finished: !self.is_finished() && after.is_finished(), ..taken }))
    }
}

/// An answer to a question of `kind`.
fn read(kind: &AskedKind, text: &str) -> Result<Value, Refusal> {
    let value = match kind {
        AskedKind::Name => text::display_name(text).map(Value::Name).ok_or(Phrase::WrongName),
        AskedKind::Email => email(text).map(Value::Email).ok_or(Phrase::WrongEmail),
        AskedKind::Text => plain(text).map(Value::Text).ok_or(Phrase::WrongText),
        AskedKind::Phone => phone(text).map(Value::Phone).ok_or(Phrase::WrongPhone),
        AskedKind::Number => number(text).map(Value::Number).ok_or(Phrase::WrongNumber),
        AskedKind::Choice(choices) => {
            let chosen = |choice: &&AskedChoice| choice.id.as_str() == text;
            choices.iter().find(chosen).cloned().map(Value::Choice).ok_or(Phrase::WrongChoice)
        }
    };
    value.map_err(Refusal::Wrong)
}

fn plain(text: &str) -> Option<String> {
    let text = text::MessageText::parse(text).ok()?.into_string();
    text.chars().nth(MAX_ANSWER_CHARS).is_none().then_some(text)
}

/// An address that a mail can be sent to: one `@`, a name of at most 64 characters without quotes, a domain with a dot.
/// Its domain becomes lower case; whether anybody reads it is learned by writing.
#[must_use]
pub fn email(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let local_fits = (1..=64).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let domain_fits = domain.len() <= 253
        && domain.split('.').count() >= 2
        && domain.split('.').all(label_fits)
        && domain
            .rsplit('.')
            .next()
            .is_some_and(|top| top.chars().count() >= 2 && !top.chars().all(|c| c.is_ascii_digit()));
    (local_fits && domain_fits && text.len() <= 254).then(|| format!("{local}@{}", domain.to_lowercase()))
}

/// 6 to 15 digits, however they are grouped.
fn phone(text: &str) -> Option<String> {
    let text = text.trim();
    let (plus, rest) = text.strip_prefix('+').map_or(("", text), |rest| ("+", rest));
    let fits = rest.chars().all(|c| c.is_ascii_digit() || " ()-./\u{a0}".contains(c));
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    (fits && (6..=15).contains(&digits.len())).then(|| format!("{plus}{digits}"))
}

/// Up to 15 digits, with a sign and one decimal comma or point.
fn number(text: &str) -> Option<String> {
    let text = text.trim().replace(',', ".");
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    (all_digits(whole) && all_digits(part) && whole.len() + part.len() <= 16).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Site;
    use crate::settings::Choice;
    use proptest::prelude::*;

    fn id(text: &str) -> FieldId {
        FieldId::parse(text).unwrap()
    }

    fn language(tag: &str) -> Language {
        Language::parse(tag).unwrap()
    }

    fn labels(texts: &[(&str, &str)]) -> LocalText {
        texts.iter().map(|(tag, text)| (language(tag), (*text).to_owned())).collect()
    }

    /// A shop that speaks Spanish, and English besides.
    fn settings() -> Settings {
        let mut settings = Settings::default_for(&Site {
            id: "demo".parse().unwrap(),
            name: "Taller Luz".into(),
            color: "#0f766e".into(),
            welcome: String::new(),
            time_zone: "Europe/Madrid".into(),
            origins: Vec::new(),
        });
        settings.general.languages = vec![language("es"), language("en")];
        settings.general.default_language = language("es");
        let field = |name: &str, kind, required, texts: &[(&str, &str)]| Field {
            id: id(name),
            kind,
            required,
            labels: labels(texts),
        };
        let choice = |name: &str, text| Choice { id: id(name), labels: labels(&[("es", text)]) };
        let sizes = vec![choice("s", "Pequeña"), choice("l", "Grande")];
        settings.form.fields = vec![
            field("name", FieldKind::Name, false, &[]),
            field("email", FieldKind::Email, true, &[("es", "¿Tu correo?")]),
            field("size", FieldKind::Choice(sizes), false, &[("es", "¿Qué talla?"), ("en", "Which size?")]),
        ];
        settings
    }

    fn begun() -> Intake {
        Intake::new(ask(&settings(), &language("es"), &BTreeSet::new()))
    }

    /// Each answer and what it leads to: what is stored, or the refusal, then what is asked.
    fn check(intake: &mut Intake, steps: &[(&str, Option<&str>, &str)]) {
        for (field, text, expect) in steps {
            let told = match intake.take(&id(field), *text) {
                Ok(None) => String::new(),
                Ok(Some(taken)) => {
                    intake.note(&taken);
                    let value = taken.value.as_ref().map_or("skipped", Value::as_str);
                    let finished = if taken.finished { ", finished" } else { "" };
                    format!("{}={value}{finished}", taken.field)
                }
                Err(refusal) => format!("{refusal:?}"),
            };
            let asking = intake.asking().map_or("-".into(), |field| field.id.to_string());
            assert_eq!(format!("{told} > {asking}"), *expect, "{field} {text:?}");
        }
    }

    #[test]
    fn i_1_a_form_is_answered_skipped_and_corrected() {
        let mut intake = begun();
        check(
            &mut intake,
            &[
                ("email", Some("ana@example.com"), "NotAsked > name"),
                ("other", Some("x"), "NotAsked > name"),
                ("name", None, "name=skipped > email"),
                ("name", None, " > email"),
                ("email", None, "Required > email"),
                ("email", Some("ana"), "Wrong(WrongEmail) > email"),
                ("email", Some(" Ana@Example.COM "), "email=Ana@example.com > size"),
                // Gone back, an answer where there was none, and another than before.
                ("name", Some("Ana"), "name=Ana > size"),
                ("email", Some("ana@example.org"), "email=ana@example.org > size"),
                // Passing over an answer leaves it as it is.
                ("email", None, " > size"),
                ("size", Some("xl"), "Wrong(WrongChoice) > size"),
                ("size", Some("l"), "size=Grande, finished > -"),
                // Sent again: the same does nothing, another answer corrects, and it is finished once.
                ("size", Some("l"), " > -"),
                ("size", Some("s"), "size=Pequeña > -"),
                ("size", None, " > -"),
            ],
        );
        assert!(intake.is_finished());
    }

    #[test]
    fn i_3_what_is_required_cannot_be_skipped_and_what_is_known_is_not_asked() {
        let known = BTreeSet::from([FieldId::email(), FieldId::name()]);
        let mut intake = Intake::new(ask(&settings(), &language("es"), &known));
        check(&mut intake, &[("email", Some("a@b.example"), "NotAsked > size")]);
        check(&mut intake, &[("size", None, "size=skipped, finished > -")]);
        let all = BTreeSet::from([id("email"), id("name"), id("size")]);
        assert_eq!(ask(&settings(), &language("es"), &all), []);
        let mut none = settings();
        none.form.fields.clear();
        assert_eq!(ask(&none, &language("es"), &BTreeSet::new()), []);
    }

    #[test]
    fn i_1_questions_are_asked_in_the_shoppers_language_in_the_merchants_words_or_ours() {
        let mut settings = settings();
        let told = |settings: &Settings, tag: &str| -> Vec<String> {
            let asked = ask(settings, &language(tag), &BTreeSet::new());
            asked.into_iter().map(|field| field.label).collect()
        };
        assert_eq!(told(&settings, "es"), ["¿Cómo te llamas?", "¿Tu correo?", "¿Qué talla?"]);
        let english = Phrase::AskEmail.spec().shipped.en;
        assert_eq!(told(&settings, "en"), ["What is your name?", english, "Which size?"]);
        // A phrase of the merchant's goes before ours, and a field's label before that; blank is none.
        let phrases = BTreeMap::from([
            (Phrase::AskName, "Who writes to {shop}?".to_owned()),
            (Phrase::AskEmail, "Your email?".to_owned()),
        ]);
        settings.form.phrases.insert(language("en"), phrases);
        settings.form.fields[1].labels.insert(language("en"), " ".into());
        assert_eq!(told(&settings, "en"), ["Who writes to Taller Luz?", "Your email?", "Which size?"]);
        // Of a choice nobody has translated, the default language.
        let asked = ask(&settings, &language("en"), &BTreeSet::new());
        let AskedKind::Choice(choices) = &asked[2].kind else { panic!("{asked:?}") };
        assert_eq!(choices[0], AskedChoice { id: id("s"), label: "Pequeña".into() });
    }

    #[test]
    fn answers_are_read_by_their_kind() {
        let table: &[(AskedKind, &str, Option<&str>)] = &[
            (AskedKind::Name, " Ana\u{202E} García ", Some("Ana García")),
            (AskedKind::Name, "\u{200B}", None),
            (AskedKind::Email, "a.b+c@shop.example", Some("a.b+c@shop.example")),
            (AskedKind::Email, "ana@täst.example", Some("ana@täst.example")),
            (AskedKind::Email, "ana@example", None),
            (AskedKind::Email, "ana@@example.com", None),
            (AskedKind::Email, "ana@example.com\r\nBcc: x@example.com", None),
            (AskedKind::Email, "ana <ana@example.com>", None),
            (AskedKind::Email, "ana@192.168.0.1", None),
            (AskedKind::Email, "a..b@example.com", None),
            (AskedKind::Email, "@example.com", None),
            (AskedKind::Phone, "+34 600 (12) 34-56", Some("+34600123456")),
            (AskedKind::Phone, "600 123 456", Some("600123456")),
            (AskedKind::Phone, "12345", None),
            (AskedKind::Phone, "call me", None),
            (AskedKind::Phone, "1234567890123456", None),
            (AskedKind::Number, " -12,50 ", Some("-12.50")),
            (AskedKind::Number, "12", Some("12")),
            (AskedKind::Number, "1e9", None),
            (AskedKind::Number, "1.2.3", None),
            (AskedKind::Number, "NaN", None),
            (AskedKind::Number, "", None),
            (AskedKind::Text, "two\nlines", Some("two\nlines")),
            (AskedKind::Text, "  ", None),
        ];
        for (kind, text, expect) in table {
            assert_eq!(read(kind, text).as_ref().ok().map(Value::as_str), *expect, "{kind:?} {text:?}");
        }
        assert!(read(&AskedKind::Text, &"x".repeat(MAX_ANSWER_CHARS + 1)).is_err());
    }

    fn any_answer() -> impl Strategy<Value = (&'static str, Option<&'static str>)> {
        let name = prop_oneof![Just("name"), Just("email"), Just("size"), Just("other")];
        let text = prop_oneof![
            Just(None),
            Just(Some("Ana")),
            Just(Some("a@b.example")),
            Just(Some("s")),
            Just(Some(""))
        ];
        (name, text)
    }

    proptest! {
        /// Whatever a shopper does, the form finishes once, is finished only when what is required is answered, forgets no answer,
        /// and asks only what can be answered or passed.
        #[test]
        fn a_form_never_loses_an_answer_and_finishes_once(answers in proptest::collection::vec(any_answer(), 0..60)) {
            let mut intake = begun();
            let mut finished = 0;
            for (field, text) in answers {
                let before = intake.clone();
                if let Ok(Some(taken)) = intake.take(&id(field), text) {
                    finished += usize::from(taken.finished);
                    intake.note(&taken);
                    prop_assert_ne!(&intake, &before);
                }
                for (field, given) in &before.given {
                    prop_assert!(given.is_none() || intake.given[field].is_some());
                }
                let answered = matches!(intake.given.get(&id("email")), Some(Some(_)));
                prop_assert!(!intake.is_finished() || answered);
                prop_assert_eq!(finished > 0, intake.is_finished());
            }
            prop_assert!(finished <= 1);
        }
    }
}
