//! What the intake form asks (I1-I4).

use super::{Language, LocalText, Shipped, TextSpec};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

pub const MAX_CUSTOM_FIELDS: usize = 5;
pub const MAX_LABEL: usize = 120;
pub const MAX_CHOICES: usize = 20;
pub const MAX_CHOICE: usize = 80;
/// How long agents may be slow before the form is asked.
pub const SLOW: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(30 * 60);

/// The name of a field, an option or a question that outlives its text: 1 to 40 of `a-z`, `0-9`, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(String);

impl FieldId {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        fits.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn name() -> Self {
        Self("name".into())
    }

    #[must_use]
    pub fn email() -> Self {
        Self("email".into())
    }
}

impl fmt::Display for FieldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// When it is asked while the shop is online. While offline it always is.
    pub when: FormTime,
    /// The conversation is held until the form is filled: in no list, no push, no wait time.
    pub hold_online: bool,
    pub hold_offline: bool,
    /// In the order in which they are asked. Empty: there is no form.
    pub fields: Vec<Field>,
    /// Per language; what is absent or blank is ours.
    pub phrases: BTreeMap<Language, BTreeMap<Phrase, String>>,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            when: FormTime::Never,
            hold_online: false,
            hold_offline: false,
            fields: vec![
                Field {
                    id: FieldId::name(),
                    kind: FieldKind::Name,
                    required: false,
                    labels: LocalText::new(),
                },
                Field {
                    id: FieldId::email(),
                    kind: FieldKind::Email,
                    required: false,
                    labels: LocalText::new(),
                },
            ],
            phrases: BTreeMap::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormTime {
    Never,
    Always,
    /// If no agent has answered after this long.
    Slow(Duration),
}

/// Whether the shop is online, for the settings that differ by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Online,
    Offline,
}

impl Form {
    /// What to do about the form at a first message.
    #[must_use]
    pub const fn time(&self, when: When) -> FormTime {
        match when {
            When::Online => self.when,
            When::Offline => FormTime::Always,
        }
    }

    /// Whether a conversation that begins now is held. Only a form that is asked at once can hold.
    #[must_use]
    pub fn holds(&self, when: When) -> bool {
        let wished = match when {
            When::Online => self.hold_online,
            When::Offline => self.hold_offline,
        };
        wished && !self.fields.is_empty() && matches!(self.time(when), FormTime::Always)
    }

    /// Whether a conversation that is held goes on being held: not when the merchant has switched it off.
    #[must_use]
    pub fn still_holds(&self) -> bool {
        self.holds(When::Online) || self.holds(When::Offline)
    }

    #[must_use]
    pub fn field(&self, id: &FieldId) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == *id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// `name` and `email` are the profile's own; others are custom.
    pub id: FieldId,
    pub kind: FieldKind,
    pub required: bool,
    /// The question, per language. Name and email have ours where there is none.
    pub labels: LocalText,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    Name,
    /// The profile's email when the field's id is `email`; otherwise just an address.
    Email,
    Text,
    Phone,
    Number,
    Choice(Vec<Choice>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub id: FieldId,
    pub labels: LocalText,
}

/// What the form says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phrase {
    AskName,
    AskEmail,
    Required,
    Optional,
    Skip,
    Back,
    Correct,
    Resend,
    Thanks,
    Held,
    WrongName,
    WrongEmail,
    WrongPhone,
    WrongNumber,
    WrongChoice,
    WrongText,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhraseSpec {
    pub phrase: Phrase,
    /// As sections name it.
    pub key: &'static str,
    pub text: TextSpec,
    pub shipped: Shipped,
}

impl Phrase {
    #[must_use]
    pub fn spec(self) -> &'static PhraseSpec {
        PHRASES
            .iter()
            .find(|spec| spec.phrase == self)
            .expect("every phrase is in the table; a test counts them")
    }

    #[must_use]
    pub fn named(key: &str) -> Option<Self> {
        PHRASES.iter().find(|spec| spec.key == key).map(|spec| spec.phrase)
    }
}

const fn phrase(
    phrase: Phrase,
    key: &'static str,
    en: &'static str,
    es: &'static str,
    pt_br: &'static str,
    it: &'static str,
) -> PhraseSpec {
    PhraseSpec { phrase, key, text: TextSpec::line(300, &["shop"]), shipped: Shipped { en, es, pt_br, it } }
}

pub const PHRASES: &[PhraseSpec] = &[
    phrase(
        Phrase::AskName,
        "ask_name",
        "What is your name?",
        "¿Cómo te llamas?",
        "Qual é o seu nome?",
        "Come ti chiami?",
    ),
    phrase(
        Phrase::AskEmail,
        "ask_email",
        "Which email address may we answer to, should you leave?",
        "¿A qué correo podemos responderte si te vas?",
        "Para qual e-mail podemos responder se você sair?",
        "A quale indirizzo email possiamo risponderti se vai via?",
    ),
    phrase(
        Phrase::Required,
        "required",
        "We need this to go on.",
        "Lo necesitamos para continuar.",
        "Precisamos disto para continuar.",
        "Ci serve per continuare.",
    ),
    phrase(Phrase::Optional, "optional", "Optional", "Opcional", "Opcional", "Facoltativo"),
    phrase(Phrase::Skip, "skip", "Skip", "Saltar", "Pular", "Salta"),
    phrase(Phrase::Back, "back", "Back", "Atrás", "Voltar", "Indietro"),
    phrase(Phrase::Correct, "correct", "Correct", "Corregir", "Corrigir", "Correggi"),
    phrase(Phrase::Resend, "resend", "Send again", "Enviar de nuevo", "Enviar de novo", "Invia di nuovo"),
    phrase(
        Phrase::Thanks,
        "thanks",
        "Thank you. We will answer you here.",
        "Gracias. Te responderemos aquí.",
        "Obrigado. Vamos responder aqui.",
        "Grazie. Ti risponderemo qui.",
    ),
    phrase(
        Phrase::Held,
        "held",
        "Your message reaches {shop} once you have answered this.",
        "Tu mensaje llegará a {shop} cuando hayas respondido a esto.",
        "Sua mensagem chegará à {shop} quando você responder a isto.",
        "Il tuo messaggio arriverà a {shop} quando avrai risposto a questo.",
    ),
    phrase(
        Phrase::WrongName,
        "wrong_name",
        "Please write a name.",
        "Escribe un nombre.",
        "Escreva um nome.",
        "Scrivi un nome.",
    ),
    phrase(
        Phrase::WrongEmail,
        "wrong_email",
        "Please write an email address, such as ana@example.com.",
        "Escribe una dirección de correo, como ana@example.com.",
        "Escreva um endereço de e-mail, como ana@example.com.",
        "Scrivi un indirizzo email, come ana@example.com.",
    ),
    phrase(
        Phrase::WrongPhone,
        "wrong_phone",
        "Please write a phone number, with its country code if you are abroad.",
        "Escribe un número de teléfono, con su prefijo si estás en otro país.",
        "Escreva um número de telefone, com o código do país se você estiver fora.",
        "Scrivi un numero di telefono, con il prefisso se sei all'estero.",
    ),
    phrase(
        Phrase::WrongNumber,
        "wrong_number",
        "Please write a number.",
        "Escribe un número.",
        "Escreva um número.",
        "Scrivi un numero.",
    ),
    phrase(
        Phrase::WrongChoice,
        "wrong_choice",
        "Please choose one of these.",
        "Elige una de estas opciones.",
        "Escolha uma destas opções.",
        "Scegli una di queste opzioni.",
    ),
    phrase(
        Phrase::WrongText,
        "wrong_text",
        "Please write up to 500 characters.",
        "Escribe hasta 500 caracteres.",
        "Escreva até 500 caracteres.",
        "Scrivi fino a 500 caratteri.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_is_in_the_table_once() {
        for (n, spec) in PHRASES.iter().enumerate() {
            assert_eq!(spec.phrase as usize, n, "{:?} is out of place", spec.phrase);
            assert_eq!(Phrase::named(spec.key), Some(spec.phrase));
        }
        assert_eq!(PHRASES.len(), Phrase::WrongText as usize + 1);
    }

    #[test]
    fn i_2_while_offline_the_form_is_always_asked_and_only_a_form_asked_at_once_can_hold() {
        let form = |when, hold| Form { when, hold_online: hold, hold_offline: hold, ..Form::default() };
        let slow = FormTime::Slow(Duration::from_secs(60));
        for when in [FormTime::Never, slow, FormTime::Always] {
            assert_eq!(form(when, true).time(When::Offline), FormTime::Always);
            assert!(form(when, true).holds(When::Offline));
            assert!(!form(when, false).holds(When::Offline));
        }
        assert!(form(FormTime::Always, true).holds(When::Online));
        assert!(!form(slow, true).holds(When::Online));
        assert!(!form(FormTime::Never, true).holds(When::Online));
        assert!(!Form { fields: Vec::new(), ..form(FormTime::Always, true) }.holds(When::Online));
    }
}
