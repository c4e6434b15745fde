//! The intake form, step by step inside the thread (I1-I4): one question at a time; the shopper answers, skips what is
//! not required, goes back, corrects, sends again; agents see what was asked and answered.
//!
//! [`Intake`] is the state that is kept; [`Intake::take`] is the machine. A form that the merchant changes while a
//! shopper fills it loses the questions that are gone and keeps its answers. What is typed here is believed by nobody:
//! an email makes a shopper *identified*, never *verified*, and merges with no other.

use crate::settings::{Choice, Field, FieldId, FieldKind, Form, Phrase};
use crate::text;
use std::collections::{BTreeMap, BTreeSet};

/// Characters in the answer to a text question.
pub const MAX_ANSWER_CHARS: usize = 500;

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
    Choice(FieldId),
}

impl Value {
    /// As it is stored and shown where no label is at hand.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Name(text)
            | Self::Email(text)
            | Self::Text(text)
            | Self::Phone(text)
            | Self::Number(text) => text,
            Self::Choice(id) => id.as_str(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    Answered(Value),
    Skipped,
}

/// How far a shopper has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// What is asked, in order: decided when the form was first asked.
    plan: Vec<FieldId>,
    given: BTreeMap<FieldId, Given>,
    /// Where the shopper stands, when not at the first open question: they went back.
    at: Option<FieldId>,
}

/// What the shopper does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// To the question asked, or again to one already given.
    Answer {
        field: FieldId,
        text: String,
    },
    Skip {
        field: FieldId,
    },
    Back,
}

/// What an input did, for the thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Answered {
        field: FieldId,
        value: Value,
    },
    /// Another answer than before.
    Corrected {
        field: FieldId,
        value: Value,
    },
    Skipped {
        field: FieldId,
    },
    /// Every question is given: a held conversation is released. Comes once.
    Finished,
}

/// Why an input was not taken, and what the form says to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("not an answer to this question")]
    Wrong(Phrase),
    #[error("this question needs an answer")]
    Required,
    /// Not in the form, or not asked yet.
    #[error("this question has not been asked")]
    NotAsked,
    #[error("this is the first question")]
    AtTheStart,
}

impl Refusal {
    #[must_use]
    pub const fn phrase(self) -> Option<Phrase> {
        match self {
            Self::Wrong(phrase) => Some(phrase),
            Self::Required => Some(Phrase::Required),
            Self::NotAsked | Self::AtTheStart => None,
        }
    }
}

/// For agents: what became of each question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    Answered(&'a Value),
    Skipped,
    /// It is being asked.
    Asked,
    /// Its turn has not come.
    Waiting,
}

impl Intake {
    /// The form as it is asked of a shopper of whom `known` is known; `None` when there is nothing to ask.
    #[must_use]
    pub fn begin(form: &Form, known: &BTreeSet<FieldId>) -> Option<Self> {
        let plan: Vec<_> =
            form.fields.iter().map(|f| f.id.clone()).filter(|id| !known.contains(id)).collect();
        (!plan.is_empty()).then_some(Self { plan, given: BTreeMap::new(), at: None })
    }

    /// What was kept. Anything that does not fit together is dropped.
    #[must_use]
    pub fn restore(plan: Vec<FieldId>, mut given: BTreeMap<FieldId, Given>, at: Option<FieldId>) -> Self {
        given.retain(|field, _| plan.contains(field));
        let at = at.filter(|field| plan.contains(field));
        Self { plan, given, at }
    }

    #[must_use]
    pub fn plan(&self) -> &[FieldId] {
        &self.plan
    }

    #[must_use]
    pub const fn given(&self) -> &BTreeMap<FieldId, Given> {
        &self.given
    }

    /// The question that the shopper has gone back to.
    #[must_use]
    pub const fn at(&self) -> Option<&FieldId> {
        self.at.as_ref()
    }

    /// The question that is asked now; `None` when the form is finished.
    #[must_use]
    pub fn asking<'a>(&self, form: &'a Form) -> Option<&'a Field> {
        if let Some(field) = self.at.as_ref().and_then(|id| form.field(id)) {
            return Some(field);
        }
        let open = |field: &&Field| match self.given.get(&field.id) {
            None => true,
            // The merchant has made it required since.
            Some(Given::Skipped) => field.required,
            Some(Given::Answered(_)) => false,
        };
        self.fields(form).find(open)
    }

    #[must_use]
    pub fn is_finished(&self, form: &Form) -> bool {
        self.asking(form).is_none() || (self.at.is_some() && self.nothing_open(form))
    }

    /// What became of each question, in their order.
    #[must_use]
    pub fn progress<'a>(&'a self, form: &'a Form) -> Vec<(&'a FieldId, Progress<'a>)> {
        let asked = self.asking(form).map(|field| &field.id);
        let state = |id: &FieldId| match self.given.get(id) {
            Some(Given::Answered(value)) => Progress::Answered(value),
            _ if asked == Some(id) => Progress::Asked,
            Some(Given::Skipped) => Progress::Skipped,
            None => Progress::Waiting,
        };
        self.fields(form).map(|field| (&field.id, state(&field.id))).collect()
    }

    /// Takes one input: what happened, or why nothing did. The same input again does nothing more.
    pub fn take(&mut self, form: &Form, input: &Input) -> Result<Vec<Event>, Refusal> {
        let was_finished = self.nothing_open(form);
        let mut events = match input {
            Input::Answer { field, text } => {
                let field = self.reachable(form, field)?;
                let value = read(&field.kind, text)?;
                self.answer(&field.id, value)
            }
            Input::Skip { field } => {
                let field = self.reachable(form, field)?;
                self.skip(field)?
            }
            Input::Back => {
                self.back(form)?;
                Vec::new()
            }
        };
        if !was_finished && self.nothing_open(form) {
            events.push(Event::Finished);
        }
        Ok(events)
    }

    fn answer(&mut self, id: &FieldId, value: Value) -> Vec<Event> {
        self.leave(id);
        let (field, kept) = (id.clone(), self.given.get(id));
        let event = match kept {
            Some(Given::Answered(before)) if *before == value => return Vec::new(),
            Some(Given::Answered(_)) => Event::Corrected { field, value: value.clone() },
            Some(Given::Skipped) | None => Event::Answered { field, value: value.clone() },
        };
        self.given.insert(id.clone(), Given::Answered(value));
        vec![event]
    }

    fn skip(&mut self, field: &Field) -> Result<Vec<Event>, Refusal> {
        match self.given.get(&field.id) {
            // Passing over an answer leaves it as it is.
            Some(Given::Answered(_)) => {
                self.leave(&field.id);
                Ok(Vec::new())
            }
            _ if field.required => Err(Refusal::Required),
            Some(Given::Skipped) => {
                self.leave(&field.id);
                Ok(Vec::new())
            }
            None => {
                self.leave(&field.id);
                self.given.insert(field.id.clone(), Given::Skipped);
                Ok(vec![Event::Skipped { field: field.id.clone() }])
            }
        }
    }

    fn back(&mut self, form: &Form) -> Result<(), Refusal> {
        let fields: Vec<&Field> = self.fields(form).collect();
        let here = match self.asking(form) {
            Some(asked) => fields.iter().position(|field| field.id == asked.id).unwrap_or(0),
            None => fields.len(),
        };
        let before = here.checked_sub(1).ok_or(Refusal::AtTheStart)?;
        self.at = Some(fields[before].id.clone());
        Ok(())
    }

    /// Whoever had gone back to `id` goes on at the first open question.
    fn leave(&mut self, id: &FieldId) {
        if self.at.as_ref() == Some(id) {
            self.at = None;
        }
    }

    fn nothing_open(&self, form: &Form) -> bool {
        let all = Self { at: None, ..self.clone() };
        all.asking(form).is_none()
    }

    /// A question that was given or is asked now.
    fn reachable<'a>(&self, form: &'a Form, id: &FieldId) -> Result<&'a Field, Refusal> {
        let field = self.fields(form).find(|field| field.id == *id).ok_or(Refusal::NotAsked)?;
        let first_open = Self { at: None, ..self.clone() };
        let asked = [self.asking(form), first_open.asking(form)];
        let reached = self.given.contains_key(id) || asked.into_iter().flatten().any(|f| f.id == *id);
        if reached { Ok(field) } else { Err(Refusal::NotAsked) }
    }

    /// The questions of the plan that the form still has, in the plan's order.
    fn fields<'a>(&self, form: &'a Form) -> impl Iterator<Item = &'a Field> {
        self.plan.iter().filter_map(|id| form.field(id)).collect::<Vec<_>>().into_iter()
    }
}

/// An answer to a question of `kind`.
fn read(kind: &FieldKind, text: &str) -> Result<Value, Refusal> {
    let value = match kind {
        FieldKind::Name => text::display_name(text).map(Value::Name).ok_or(Phrase::WrongName),
        FieldKind::Email => email(text).map(Value::Email).ok_or(Phrase::WrongEmail),
        FieldKind::Text => plain(text).map(Value::Text).ok_or(Phrase::WrongText),
        FieldKind::Phone => phone(text).map(Value::Phone).ok_or(Phrase::WrongPhone),
        FieldKind::Number => number(text).map(Value::Number).ok_or(Phrase::WrongNumber),
        FieldKind::Choice(choices) => {
            let chosen = |choice: &&Choice| choice.id.as_str() == text;
            choices.iter().find(chosen).map(|c| Value::Choice(c.id.clone())).ok_or(Phrase::WrongChoice)
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
    use crate::settings::LocalText;
    use proptest::prelude::*;

    fn id(text: &str) -> FieldId {
        FieldId::parse(text).unwrap()
    }

    fn field(name: &str, kind: FieldKind, required: bool) -> Field {
        Field { id: id(name), kind, required, labels: LocalText::new() }
    }

    fn form() -> Form {
        let choice = |name: &str| Choice { id: id(name), labels: LocalText::new() };
        Form {
            fields: vec![
                field("name", FieldKind::Name, false),
                field("email", FieldKind::Email, true),
                field("size", FieldKind::Choice(vec![choice("s"), choice("l")]), false),
            ],
            ..Form::default()
        }
    }

    fn answer(name: &str, text: &str) -> Input {
        Input::Answer { field: id(name), text: text.into() }
    }

    fn skip(name: &str) -> Input {
        Input::Skip { field: id(name) }
    }

    /// Each input and what it leads to: events, or the refusal, then what is asked.
    fn check(form: &Form, intake: &mut Intake, steps: &[(Input, &str)]) {
        for (input, expect) in steps {
            let told = match intake.take(form, input) {
                Ok(events) => events
                    .iter()
                    .map(|event| match event {
                        Event::Answered { field, value } => format!("{field}={}", value.as_str()),
                        Event::Corrected { field, value } => format!("{field}:={}", value.as_str()),
                        Event::Skipped { field } => format!("{field} skipped"),
                        Event::Finished => "finished".into(),
                    })
                    .collect::<Vec<_>>()
                    .join(", "),
                Err(refusal) => format!("{refusal:?}"),
            };
            let asking = intake.asking(form).map_or("-".into(), |f| f.id.to_string());
            assert_eq!(format!("{told} > {asking}"), *expect, "{input:?}");
        }
    }

    fn begun() -> Intake {
        Intake::begin(&form(), &BTreeSet::new()).unwrap()
    }

    #[test]
    fn i_1_a_form_is_answered_skipped_gone_back_in_and_corrected() {
        let mut intake = begun();
        check(
            &form(),
            &mut intake,
            &[
                (Input::Back, "AtTheStart > name"),
                (answer("email", "ana@example.com"), "NotAsked > name"),
                (skip("name"), "name skipped > email"),
                (skip("email"), "Required > email"),
                (answer("email", "ana"), "Wrong(WrongEmail) > email"),
                (answer("email", " Ana@Example.COM "), "email=Ana@example.com > size"),
                // Back twice, then an answer where there was none; on to the first open question.
                (Input::Back, " > email"),
                (Input::Back, " > name"),
                (answer("name", "Ana"), "name=Ana > size"),
                // A correction from afar, without going back.
                (answer("email", "ana@example.org"), "email:=ana@example.org > size"),
                (answer("size", "xl"), "Wrong(WrongChoice) > size"),
                (answer("size", "l"), "size=l, finished > -"),
                // Sent again: the same does nothing, another answer corrects, and it is finished once.
                (answer("size", "l"), " > -"),
                (answer("size", "s"), "size:=s > -"),
                (Input::Back, " > size"),
                (skip("size"), " > -"),
            ],
        );
        assert!(intake.is_finished(&form()));
        assert_eq!(intake.given()[&id("size")], Given::Answered(Value::Choice(id("s"))));
    }

    #[test]
    fn i_3_what_is_required_cannot_be_skipped_and_what_is_known_is_not_asked() {
        let known = BTreeSet::from([id("email"), id("name")]);
        let mut intake = Intake::begin(&form(), &known).unwrap();
        check(&form(), &mut intake, &[(skip("size"), "size skipped, finished > -")]);
        let all = BTreeSet::from([id("email"), id("name"), id("size")]);
        assert_eq!(Intake::begin(&form(), &all), None);
        assert_eq!(Intake::begin(&Form { fields: Vec::new(), ..form() }, &BTreeSet::new()), None);
    }

    #[test]
    fn a_form_that_changes_meanwhile_loses_what_is_gone_and_keeps_its_answers() {
        let mut intake = begun();
        check(&form(), &mut intake, &[(answer("name", "Ana"), "name=Ana > email")]);
        let mut shorter = form();
        shorter.fields.remove(1);
        check(
            &shorter,
            &mut intake,
            &[
                (answer("email", "ana@example.com"), "NotAsked > size"),
                (skip("size"), "size skipped, finished > -"),
            ],
        );
        // Required since: it is asked again.
        shorter.fields[1].required = true;
        assert_eq!(intake.asking(&shorter).map(|f| f.id.clone()), Some(id("size")));
        let kept = Intake::restore(intake.plan().to_vec(), intake.given().clone(), intake.at().cloned());
        assert_eq!(kept, intake);
    }

    #[test]
    fn agents_see_what_was_asked_and_answered() {
        let (form, mut intake) = (form(), begun());
        check(&form, &mut intake, &[(skip("name"), "name skipped > email")]);
        let told = |intake: &Intake| -> Vec<String> {
            intake.progress(&form).iter().map(|(field, state)| format!("{field} {state:?}")).collect()
        };
        assert_eq!(told(&intake), ["name Skipped", "email Asked", "size Waiting"]);
    }

    #[test]
    fn answers_are_read_by_their_kind() {
        let table: &[(FieldKind, &str, Option<&str>)] = &[
            (FieldKind::Name, " Ana\u{202E} García ", Some("Ana García")),
            (FieldKind::Name, "\u{200B}", None),
            (FieldKind::Email, "a.b+c@shop.example", Some("a.b+c@shop.example")),
            (FieldKind::Email, "ana@täst.example", Some("ana@täst.example")),
            (FieldKind::Email, "ana@example", None),
            (FieldKind::Email, "ana@@example.com", None),
            (FieldKind::Email, "ana@example.com\r\nBcc: x@example.com", None),
            (FieldKind::Email, "ana <ana@example.com>", None),
            (FieldKind::Email, "ana@192.168.0.1", None),
            (FieldKind::Email, "a..b@example.com", None),
            (FieldKind::Email, "@example.com", None),
            (FieldKind::Phone, "+34 600 (12) 34-56", Some("+34600123456")),
            (FieldKind::Phone, "600 123 456", Some("600123456")),
            (FieldKind::Phone, "12345", None),
            (FieldKind::Phone, "call me", None),
            (FieldKind::Phone, "1234567890123456", None),
            (FieldKind::Number, " -12,50 ", Some("-12.50")),
            (FieldKind::Number, "12", Some("12")),
            (FieldKind::Number, "1e9", None),
            (FieldKind::Number, "1.2.3", None),
            (FieldKind::Number, "NaN", None),
            (FieldKind::Number, "", None),
            (FieldKind::Text, "two\nlines", Some("two\nlines")),
            (FieldKind::Text, "  ", None),
        ];
        for (kind, text, expect) in table {
            assert_eq!(read(kind, text).as_ref().ok().map(Value::as_str), *expect, "{kind:?} {text:?}");
        }
        assert!(read(&FieldKind::Text, &"x".repeat(MAX_ANSWER_CHARS + 1)).is_err());
    }

    fn any_input() -> impl Strategy<Value = Input> {
        let name = prop_oneof![Just("name"), Just("email"), Just("size"), Just("other")];
        prop_oneof![
            4 => (name.clone(), prop_oneof![Just("Ana"), Just("a@b.example"), Just("s"), Just("")]).prop_map(|(n, t)| answer(n, t)),
            2 => name.prop_map(skip),
            2 => Just(Input::Back),
        ]
    }

    proptest! {
        /// Whatever a shopper does, the form finishes once, is finished only when what is required is answered, forgets no answer,
        /// and asks only what can be answered or passed.
        #[test]
        fn a_form_never_loses_an_answer_and_finishes_once(inputs in proptest::collection::vec(any_input(), 0..40)) {
            let (form, mut intake) = (form(), begun());
            let mut finished = 0;
            for input in inputs {
                let before = intake.clone();
                match intake.take(&form, &input) {
                    Ok(events) => finished += events.iter().filter(|e| **e == Event::Finished).count(),
                    Err(_) => prop_assert_eq!(&intake, &before),
                }
                for (field, given) in before.given() {
                    if matches!(given, Given::Answered(_)) {
                        prop_assert!(matches!(intake.given().get(field), Some(Given::Answered(_))));
                    }
                }
                let answered = matches!(intake.given().get(&id("email")), Some(Given::Answered(_)));
                prop_assert!(!intake.is_finished(&form) || answered);
                prop_assert_eq!(finished > 0, intake.is_finished(&form));
            }
            prop_assert!(finished <= 1);
        }
    }
}
