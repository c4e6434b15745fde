//! The sections of a site's settings as they are stored and served: one JSON form for both.
//!
//! [`SectionBody::check`] turns a body into what the rules work with, or says of every field that is wrong what is
//! allowed. [`write`] and [`read`] are the stored form, which bears the number of its shape: one that this version does not
//! know is [`Unreadable`], and the caller goes on with the default.

mod check;
mod phrases;
mod show;

pub use phrases::text_spec;

use crate::error::ParseError;
use domain::fields;
use domain::settings::{Section, SectionValue, Settings, Visibility};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use ts_rs::TS;

/// A text per language tag.
pub type LocalText = BTreeMap<String, String>;

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SectionName {
    General,
    Appearance,
    Visibility,
    Hours,
    Texts,
    Faqs,
    Form,
    Automatic,
    Privacy,
    Email,
    Visitors,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct GeneralSettings {
    /// The shop's name, 1 to 80 characters.
    pub name: String,
    /// 1 to 20 language tags.
    pub languages: Vec<String>,
    /// One of `languages`.
    pub default_language: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct AppearanceSettings {
    /// `#rrggbb`. Where it could not be read it is shown darker or lighter.
    pub color: String,
    /// `#rrggbb`, 4.5:1 or more against `color`; absent: what reads best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub text_color: Option<String>,
    pub corner: CornerName,
    /// Pixels, 0 to 400.
    pub offset_x: i64,
    pub offset_y: i64,
    /// 0 to 2147483646.
    pub z_index: i64,
    pub launcher: LauncherName,
}

/// As the page reads: `end` is the right in English and the left in Arabic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CornerName {
    Start,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LauncherName {
    Icon,
    Label,
    Hidden,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct VisibilitySettings {
    pub visibility: VisibilityName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisibilityName {
    Off,
    Everyone,
    /// Everyone sees it, only verified shoppers may write.
    VerifiedWrite,
    /// Only verified shoppers see it.
    VerifiedOnly,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct HoursSettings {
    /// Off: the week is kept and counts for nothing; availability is presence alone.
    pub enabled: bool,
    /// An IANA zone name.
    pub zone: String,
    pub week: WeekHours,
    pub exceptions: Vec<HoursException>,
}

/// Up to 10 ranges a day. A range belongs to the day on which it starts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct WeekHours {
    pub monday: Vec<HoursRange>,
    pub tuesday: Vec<HoursRange>,
    pub wednesday: Vec<HoursRange>,
    pub thursday: Vec<HoursRange>,
    pub friday: Vec<HoursRange>,
    pub saturday: Vec<HoursRange>,
    pub sunday: Vec<HoursRange>,
}

/// An `end` that is not after `start` is the next day's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct HoursRange {
    /// `HH:MM`, 00:00 to 23:59.
    pub start: String,
    /// `HH:MM`, 00:00 to 24:00.
    pub end: String,
}

/// Replaces the ranges that start on its date. At most 200; a dated one goes before a yearly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct HoursException {
    /// `YYYY-MM-DD`; of a yearly one the year does not count.
    pub date: String,
    pub yearly: bool,
    /// At most 80 characters.
    #[serde(default)]
    pub name: String,
    /// Empty: closed.
    pub ranges: Vec<HoursRange>,
}

/// Texts by language and key. What is absent or blank is the widget's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct TextSettings {
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
}

/// Up to 50 questions a language, in the merchant's order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct FaqSettings {
    pub faqs: BTreeMap<String, Vec<Faq>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Faq {
    /// 1 to 40 of `a-z`, `0-9`, `-` and `_`; stays when the text changes.
    pub id: String,
    /// 1 to 200 characters.
    pub question: String,
    /// 1 to 4,000 characters; formatting as in messages.
    pub answer: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct FormSettings {
    /// While the shop is online. While it is offline the form is always asked.
    pub when: FormWhenName,
    /// Seconds, 10 to 1800; counts with `slow`.
    pub slow_after_s: i64,
    /// Counts where the form is asked at once.
    pub hold_online: bool,
    pub hold_offline: bool,
    /// In the order in which they are asked; at most name, email and five more. Empty: there is no form.
    pub fields: Vec<FormField>,
    /// By language and phrase. What is absent or blank is ours.
    pub phrases: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormWhenName {
    Never,
    Always,
    Slow,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct FormField {
    /// `name` and `email` are the profile's own; 1 to 40 of `a-z`, `0-9`, `-` and `_`.
    pub id: String,
    pub kind: FieldKindName,
    pub required: bool,
    /// The question by language, at most 120 characters. A custom field has one in the default language.
    pub labels: LocalText,
    /// Of `choice` only: 1 to 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<FormChoice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKindName {
    Name,
    Email,
    Text,
    Phone,
    Number,
    Choice,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct FormChoice {
    pub id: String,
    /// At most 80 characters, one in the default language.
    pub labels: LocalText,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct AutomaticSettings {
    /// Sent during office hours, if hours are set.
    pub during: AutomaticReply,
    /// Sent outside office hours; may use `{next_opening}`.
    pub outside: AutomaticReply,
    /// Sent when an agent is online, in the place of `during`.
    pub online: AutomaticReply,
    /// Sent when nobody is online, or nobody takes the chat within the wait time; may use `{next_opening}`.
    pub offline: AutomaticReply,
    /// Seconds, 10 to 1800.
    pub wait_time_s: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct AutomaticReply {
    pub enabled: bool,
    /// By language, at most 2,000 characters. What is absent or blank is ours.
    pub texts: LocalText,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct PrivacySettings {
    /// `https://…`, at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub privacy_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub terms_url: Option<String>,
    /// The shopper ticks a box before the first message; needs `privacy_url`.
    pub ask_consent: bool,
}

/// Mail to shoppers (E1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS, JsonSchema)]
pub struct EmailSettings {
    /// Off: nothing is mailed to shoppers. On, there is a `sender_address`.
    pub enabled: bool,
    /// At most 80 characters; blank: the shop's name.
    #[serde(default)]
    pub sender_name: String,
    /// Of a domain that SES has verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sender_address: Option<String>,
    /// Where answers by mail arrive; absent: they are not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reply_domain: Option<String>,
    /// Minutes that an answer stays unseen before it is mailed, 1 to 60.
    pub delay_min: i64,
    /// `https://…`, at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub logo_url: Option<String>,
    /// By language and text (`answers_subject`, `signature`, …). What is absent or blank is ours.
    #[serde(default)]
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
    /// A copy to whoever has an address, when the conversation is closed.
    #[serde(default)]
    pub transcript_at_close: bool,
}

/// Who is on the shop's pages, what counts as having come of a trigger, and the choice of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct VisitorSettings {
    /// Agents see the visitors: every page view is reported then.
    pub live: bool,
    /// 1 to 30: an event counts for a trigger for so long after it was shown.
    pub conversion_days: i64,
    /// Events by the names that the shop's pages report them under, at most 10.
    pub conversion_events: Vec<String>,
    /// At the first message a shopper may choose a group, where several have an agent online.
    #[serde(default = "yes")]
    pub choose_group: bool,
    /// Among the groups stands "not sure": everyone.
    #[serde(default = "yes")]
    pub not_sure: bool,
}

const fn yes() -> bool {
    true
}

/// Why a field was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldCode {
    Required,
    TooLong,
    TooMany,
    OutOfRange,
    Format,
    Unknown,
    Duplicate,
    EmptyRange,
    Overlap,
    Contrast,
    NotHttps,
    UnknownVariable,
    Unfillable,
    Contradiction,
    MatchesNothing,
    Unreachable,
    DeadEnd,
    Endless,
    /// Something else needs what this takes away; the message names it.
    InUse,
}

/// One field that was refused. Nothing of the section was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct FieldProblem {
    /// As in the section's JSON: `week.tuesday[1].start`.
    pub path: String,
    pub code: FieldCode,
    /// What is allowed, in English.
    pub message: String,
}

/// One section's content, in its JSON form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(tag = "section", content = "value", rename_all = "snake_case")]
pub enum SectionBody {
    General(GeneralSettings),
    Appearance(AppearanceSettings),
    Visibility(VisibilitySettings),
    Hours(HoursSettings),
    Texts(TextSettings),
    Faqs(FaqSettings),
    Form(FormSettings),
    Automatic(AutomaticSettings),
    Privacy(PrivacySettings),
    Email(EmailSettings),
    Visitors(VisitorSettings),
}

impl SectionBody {
    /// Reads the content of `section`; a field that it does not have is refused.
    pub fn parse(section: Section, value: Value) -> Result<Self, ParseError> {
        let Value::Object(fields) = value else {
            return Err(ParseError {
                code: crate::ErrorCode::BadFrame,
                message: "a section is a JSON object".to_owned(),
                frame: None,
                field: None,
            });
        };
        use crate::client::read_object;
        Ok(match section {
            Section::General => Self::General(read_object(fields)?),
            Section::Appearance => Self::Appearance(read_object(fields)?),
            Section::Visibility => Self::Visibility(read_object(fields)?),
            Section::Hours => Self::Hours(read_object(fields)?),
            Section::Texts => Self::Texts(read_object(fields)?),
            Section::Faqs => Self::Faqs(read_object(fields)?),
            Section::Form => Self::Form(read_object(fields)?),
            Section::Automatic => Self::Automatic(read_object(fields)?),
            Section::Privacy => Self::Privacy(read_object(fields)?),
            Section::Email => Self::Email(read_object(fields)?),
            Section::Visitors => Self::Visitors(read_object(fields)?),
        })
    }

    #[must_use]
    pub const fn section(&self) -> Section {
        match self {
            Self::General(_) => Section::General,
            Self::Appearance(_) => Section::Appearance,
            Self::Visibility(_) => Section::Visibility,
            Self::Hours(_) => Section::Hours,
            Self::Texts(_) => Section::Texts,
            Self::Faqs(_) => Section::Faqs,
            Self::Form(_) => Section::Form,
            Self::Automatic(_) => Section::Automatic,
            Self::Privacy(_) => Section::Privacy,
            Self::Email(_) => Section::Email,
            Self::Visitors(_) => Section::Visitors,
        }
    }

    /// The content without its section's name.
    #[must_use]
    pub fn value(&self) -> Value {
        let mut tagged = serde_json::to_value(self).expect("settings are JSON");
        tagged["value"].take()
    }
}

/// The shape of what this version stores. A change that an older version would misread takes the next number.
pub const SHAPE: u32 = 1;

/// A stored section that this version cannot read. The default stands in for it, and an alarm is logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored section {} cannot be read: {reason}", section.name())]
pub struct Unreadable {
    pub section: Section,
    pub reason: String,
}

/// A section as it is stored.
#[must_use]
pub fn write(value: &SectionValue) -> String {
    json!({"shape": SHAPE, "value": SectionBody::from(value).value()}).to_string()
}

/// A stored section. `current` gives what sections need of one another (the default language).
pub fn read(section: Section, stored: &str, current: &Settings) -> Result<SectionValue, Unreadable> {
    // A field's path and what is allowed: never what a merchant wrote.
    let body = read_body(section, stored)?;
    body.check(current).map_err(|errors| Unreadable { section, reason: errors[0].to_string() })
}

/// The stored visibility, which needs no other section.
pub fn read_visibility(stored: &str) -> Result<Visibility, Unreadable> {
    match read_body(Section::Visibility, stored)? {
        SectionBody::Visibility(body) => Ok(body.visibility.into()),
        _ => unreachable!("a section is read as itself"),
    }
}

fn read_body(section: Section, stored: &str) -> Result<SectionBody, Unreadable> {
    #[derive(Deserialize)]
    struct Stored {
        shape: u32,
        value: Value,
    }
    let unreadable = |reason: String| Unreadable { section, reason };
    let stored: Stored =
        serde_json::from_str(stored).map_err(|error| unreadable(format!("not a section: {error}")))?;
    if stored.shape != SHAPE {
        return Err(unreadable(format!("its shape is {}, this version reads {SHAPE}", stored.shape)));
    }
    SectionBody::parse(section, stored.value).map_err(|error| unreadable(error.message.clone()))
}

impl From<Section> for SectionName {
    fn from(section: Section) -> Self {
        match section {
            Section::General => Self::General,
            Section::Appearance => Self::Appearance,
            Section::Visibility => Self::Visibility,
            Section::Hours => Self::Hours,
            Section::Texts => Self::Texts,
            Section::Faqs => Self::Faqs,
            Section::Form => Self::Form,
            Section::Automatic => Self::Automatic,
            Section::Privacy => Self::Privacy,
            Section::Email => Self::Email,
            Section::Visitors => Self::Visitors,
        }
    }
}

impl From<&fields::FieldError> for FieldProblem {
    fn from(error: &fields::FieldError) -> Self {
        Self { path: error.path.clone(), code: error.code.into(), message: error.message.clone() }
    }
}

impl From<fields::FieldCode> for FieldCode {
    fn from(code: fields::FieldCode) -> Self {
        use fields::FieldCode as F;
        match code {
            F::Required => Self::Required,
            F::TooLong => Self::TooLong,
            F::TooMany => Self::TooMany,
            F::OutOfRange => Self::OutOfRange,
            F::Format => Self::Format,
            F::Unknown => Self::Unknown,
            F::Duplicate => Self::Duplicate,
            F::EmptyRange => Self::EmptyRange,
            F::Overlap => Self::Overlap,
            F::Contrast => Self::Contrast,
            F::NotHttps => Self::NotHttps,
            F::UnknownVariable => Self::UnknownVariable,
            F::Unfillable => Self::Unfillable,
            F::Contradiction => Self::Contradiction,
            F::MatchesNothing => Self::MatchesNothing,
            F::Unreachable => Self::Unreachable,
            F::DeadEnd => Self::DeadEnd,
            F::Endless => Self::Endless,
            F::InUse => Self::InUse,
        }
    }
}

#[cfg(test)]
mod tests;
