//! From a section's JSON form to what the rules hold. Every field is looked at: all refusals come at once.

use super::{
    AppearanceSettings, AutomaticReply, AutomaticSettings, CornerName, EmailSettings, FaqSettings,
    FieldKindName, FormField, FormSettings, FormWhenName, GeneralSettings, HoursRange, HoursSettings,
    LauncherName, LocalText, PrivacySettings, SectionBody, TextSettings, VisibilityName, VisitorSettings,
    text_spec,
};
use domain::fallback::DELAY;
use domain::fields::{FieldCode, FieldError, FieldErrors};
use domain::office_hours::{Draft, DraftException, DraftRange, Schedule};
use domain::settings::{
    Appearance, Automatic, CONVERSION_DAYS, Choice, Corner, Email, Faq, Faqs, Field, FieldId, FieldKind,
    Form, FormTime, General, Hours, HttpsUrl, Language, Launcher, LocalText as DomainText, MAX_ANSWER,
    MAX_CHOICE, MAX_CHOICES, MAX_CONVERSION_EVENTS, MAX_CUSTOM_FIELDS, MAX_FAQS, MAX_LABEL, MAX_LANGUAGES,
    MAX_OFFSET, MAX_QUESTION, MAX_SENDER_NAME, MAX_SHOP_NAME, MAX_Z_INDEX, MailText, Phrase, Privacy, Reply,
    ReplyKind, Rgb, SLOW, SectionValue, Settings, TextSpec, Texts, Visibility, Visitors, WAIT_TIME,
    email_address, mail_domain,
};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

impl From<VisibilityName> for Visibility {
    fn from(name: VisibilityName) -> Self {
        match name {
            VisibilityName::Off => Self::Off,
            VisibilityName::Everyone => Self::Everyone,
            VisibilityName::VerifiedWrite => Self::VerifiedWrite,
            VisibilityName::VerifiedOnly => Self::VerifiedOnly,
        }
    }
}

type Checked<T> = Result<T, Vec<FieldError>>;

impl SectionBody {
    /// What the rules work with, or every refusal. `current` gives what sections need of one another: the language
    /// in which every question must have a text.
    pub fn check(&self, current: &Settings) -> Checked<SectionValue> {
        Ok(match self {
            Self::General(body) => SectionValue::General(general(body)?),
            Self::Appearance(body) => SectionValue::Appearance(appearance(body)?),
            Self::Visibility(body) => SectionValue::Visibility(body.visibility.into()),
            Self::Hours(body) => SectionValue::Hours(hours(body)?),
            Self::Texts(body) => SectionValue::Texts(texts(body)?),
            Self::Faqs(body) => SectionValue::Faqs(faqs(body)?),
            Self::Form(body) => SectionValue::Form(form(body, &current.general.default_language)?),
            Self::Automatic(body) => SectionValue::Automatic(automatic(body)?),
            Self::Privacy(body) => SectionValue::Privacy(privacy(body)?),
            Self::Email(body) => SectionValue::Email(email(body)?),
            Self::Visitors(body) => SectionValue::Visitors(visitors(body)?),
        })
    }
}

const TAG: &str = "a language tag, such as en or pt-BR";
const ID: &str = "1 to 40 of a-z, 0-9, - and _";

fn general(body: &GeneralSettings) -> Checked<General> {
    let mut errors = FieldErrors::default();
    let name = domain::text::display_name(&body.name).unwrap_or_default();
    required_text(&mut errors, "name", &body.name, TextSpec::line(MAX_SHOP_NAME, &[]));
    if name.is_empty() && errors.0.is_empty() {
        errors.add("name", FieldCode::Required, "the shop's name");
    }
    let mut languages: Vec<Language> = Vec::new();
    if body.languages.is_empty() {
        errors.add("languages", FieldCode::Required, "one language at least");
    }
    if body.languages.len() > MAX_LANGUAGES {
        errors.add("languages", FieldCode::TooMany, format!("at most {MAX_LANGUAGES} languages"));
    }
    for (n, tag) in body.languages.iter().enumerate() {
        match Language::parse(tag) {
            None => errors.add(format!("languages[{n}]"), FieldCode::Unknown, TAG),
            Some(language) if languages.contains(&language) => {
                errors.add(format!("languages[{n}]"), FieldCode::Duplicate, "this language is there already");
            }
            Some(language) => languages.push(language),
        }
    }
    let default_language = Language::parse(&body.default_language);
    if default_language.as_ref().is_none_or(|language| !languages.contains(language)) {
        errors.add("default_language", FieldCode::Unknown, "one of the site's languages");
    }
    let default_language = default_language.unwrap_or_else(Language::english);
    errors.finish(General { name, languages, default_language })
}

fn appearance(body: &AppearanceSettings) -> Checked<Appearance> {
    const COLOR: &str = "a colour written #rrggbb";
    let mut errors = FieldErrors::default();
    let color = Rgb::parse(&body.color);
    if color.is_none() {
        errors.add("color", FieldCode::Format, COLOR);
    }
    let text_color = body.text_color.as_deref().and_then(|text| {
        let chosen = Rgb::parse(text);
        if chosen.is_none() {
            errors.add("text_color", FieldCode::Format, COLOR);
        }
        chosen
    });
    if let (Some(color), Some(text)) = (color, text_color)
        && color.contrast(text) < domain::settings::READABLE
    {
        let message = format!(
            "contrast with the colour is {:.1}:1 and must be 4.5:1; {} would do",
            (color.contrast(text) * 10.0).floor() / 10.0,
            color.best_text()
        );
        errors.add("text_color", FieldCode::Contrast, message);
    }
    let mut pixels =
        |path: &str, value: i64, max: u32| bounded(&mut errors, path, value, 0..=i64::from(max)) as u32;
    let offset_x = pixels("offset_x", body.offset_x, MAX_OFFSET.into()) as u16;
    let offset_y = pixels("offset_y", body.offset_y, MAX_OFFSET.into()) as u16;
    let z_index = pixels("z_index", body.z_index, MAX_Z_INDEX);
    errors.finish(Appearance {
        color: color.unwrap_or(Rgb::DEFAULT),
        text_color,
        corner: match body.corner {
            CornerName::Start => Corner::Start,
            CornerName::End => Corner::End,
        },
        offset_x,
        offset_y,
        z_index,
        launcher: match body.launcher {
            LauncherName::Icon => Launcher::Icon,
            LauncherName::Label => Launcher::Label,
            LauncherName::Hidden => Launcher::Hidden,
        },
    })
}

fn hours(body: &HoursSettings) -> Checked<Hours> {
    let ranges = |ranges: &[HoursRange]| -> Vec<DraftRange> {
        ranges.iter().map(|r| DraftRange { start: r.start.clone(), end: r.end.clone() }).collect()
    };
    let week = &body.week;
    let days = [
        &week.monday,
        &week.tuesday,
        &week.wednesday,
        &week.thursday,
        &week.friday,
        &week.saturday,
        &week.sunday,
    ];
    let exceptions = body.exceptions.iter().map(|exception| DraftException {
        date: exception.date.clone(),
        yearly: exception.yearly,
        name: exception.name.clone(),
        ranges: ranges(&exception.ranges),
    });
    let draft = Draft {
        zone: body.zone.clone(),
        week: days.map(|day| ranges(day)),
        exceptions: exceptions.collect(),
    };
    Ok(Hours { enabled: body.enabled, schedule: Schedule::parse(&draft)? })
}

fn texts(body: &TextSettings) -> Checked<Texts> {
    let mut errors = FieldErrors::default();
    let mut read = BTreeMap::new();
    for (tag, texts) in &body.texts {
        let path = format!("texts.{}", path_part(tag));
        let Some(language) = language_key(&mut errors, &path, tag, &read) else { continue };
        for (key, text) in texts {
            let path = format!("{path}.{}", path_part(key));
            match text_spec(key) {
                None => errors.add(path, FieldCode::Unknown, "there is no such text"),
                Some(spec) => check_text(&mut errors, &path, text, spec),
            }
        }
        read.insert(language, texts.clone());
    }
    errors.finish(Texts(read))
}

fn faqs(body: &FaqSettings) -> Checked<Faqs> {
    let mut errors = FieldErrors::default();
    let mut read: BTreeMap<Language, Vec<Faq>> = BTreeMap::new();
    for (tag, faqs) in &body.faqs {
        let path = format!("faqs.{}", path_part(tag));
        let Some(language) = language_key(&mut errors, &path, tag, &read) else { continue };
        if faqs.len() > MAX_FAQS {
            errors.add(&path, FieldCode::TooMany, format!("at most {MAX_FAQS} questions"));
        }
        let mut kept: Vec<Faq> = Vec::with_capacity(faqs.len());
        for (n, faq) in faqs.iter().enumerate() {
            let path = format!("{path}[{n}]");
            required_text(
                &mut errors,
                &format!("{path}.question"),
                &faq.question,
                TextSpec::line(MAX_QUESTION, &["shop"]),
            );
            required_text(
                &mut errors,
                &format!("{path}.answer"),
                &faq.answer,
                TextSpec::pictured(MAX_ANSWER, &["shop"]),
            );
            let taken = |id: &FieldId| kept.iter().any(|other| other.id == *id);
            if let Some(id) = id(&mut errors, &format!("{path}.id"), &faq.id, taken) {
                kept.push(Faq { id, question: faq.question.clone(), answer: faq.answer.clone() });
            }
        }
        read.insert(language, kept);
    }
    errors.finish(Faqs(read))
}

fn form(body: &FormSettings, default_language: &Language) -> Checked<Form> {
    let mut errors = FieldErrors::default();
    let when = match body.when {
        FormWhenName::Never => FormTime::Never,
        FormWhenName::Always => FormTime::Always,
        FormWhenName::Slow => FormTime::Slow(seconds(&mut errors, "slow_after_s", body.slow_after_s, &SLOW)),
    };
    let mut fields: Vec<Field> = Vec::with_capacity(body.fields.len());
    let mut custom = 0;
    for (n, draft) in body.fields.iter().enumerate() {
        let path = format!("fields[{n}]");
        let own = matches!(draft.id.as_str(), "name" | "email");
        custom += usize::from(!own);
        if custom > MAX_CUSTOM_FIELDS && !own {
            let message = format!("at most {MAX_CUSTOM_FIELDS} fields beside name and email");
            errors.add(&path, FieldCode::TooMany, message);
        }
        let kind = field_kind(&mut errors, &path, draft, default_language);
        let labels = local_text(
            &mut errors,
            &format!("{path}.labels"),
            &draft.labels,
            TextSpec::line(MAX_LABEL, &["shop"]),
        );
        if !own && !has_text(&labels, default_language) {
            needs_language(&mut errors, &format!("{path}.labels"), default_language);
        }
        let taken = |id: &FieldId| fields.iter().any(|other| other.id == *id);
        if let Some(id) = id(&mut errors, &format!("{path}.id"), &draft.id, taken) {
            fields.push(Field { id, kind, required: draft.required, labels });
        }
    }
    let mut phrases = BTreeMap::new();
    for (tag, texts) in &body.phrases {
        let path = format!("phrases.{}", path_part(tag));
        let Some(language) = language_key(&mut errors, &path, tag, &phrases) else { continue };
        let mut read = BTreeMap::new();
        for (key, text) in texts {
            let path = format!("{path}.{}", path_part(key));
            match Phrase::named(key) {
                None => errors.add(path, FieldCode::Unknown, "there is no such phrase"),
                Some(phrase) => {
                    check_text(&mut errors, &path, text, phrase.spec().text);
                    read.insert(phrase, text.clone());
                }
            }
        }
        phrases.insert(language, read);
    }
    let (hold_online, hold_offline) = (body.hold_online, body.hold_offline);
    errors.finish(Form { when, hold_online, hold_offline, fields, phrases })
}

/// The profile's own fields are of their own kind, and no other is called like them.
fn field_kind(
    errors: &mut FieldErrors,
    path: &str,
    draft: &FormField,
    default_language: &Language,
) -> FieldKind {
    let fits = match draft.id.as_str() {
        "name" => draft.kind == FieldKindName::Name,
        "email" => draft.kind == FieldKindName::Email,
        _ => draft.kind != FieldKindName::Name,
    };
    if !fits {
        let message = "the field name is of the kind name, the field email of the kind email, others of any kind but name";
        errors.add(format!("{path}.kind"), FieldCode::Format, message);
    }
    let path = format!("{path}.choices");
    if draft.kind != FieldKindName::Choice {
        if !draft.choices.is_empty() {
            errors.add(path, FieldCode::Format, "only a choice has choices");
        }
        return match draft.kind {
            FieldKindName::Name => FieldKind::Name,
            FieldKindName::Email => FieldKind::Email,
            FieldKindName::Phone => FieldKind::Phone,
            FieldKindName::Number => FieldKind::Number,
            FieldKindName::Text | FieldKindName::Choice => FieldKind::Text,
        };
    }
    match draft.choices.len() {
        0 => errors.add(&path, FieldCode::Unfillable, "something to choose: nobody could fill this field"),
        n if n > MAX_CHOICES => {
            errors.add(&path, FieldCode::TooMany, format!("at most {MAX_CHOICES} choices"));
        }
        _ => {}
    }
    let mut choices: Vec<Choice> = Vec::with_capacity(draft.choices.len());
    for (n, choice) in draft.choices.iter().enumerate() {
        let path = format!("{path}[{n}]");
        let labels =
            local_text(errors, &format!("{path}.labels"), &choice.labels, TextSpec::line(MAX_CHOICE, &[]));
        if !has_text(&labels, default_language) {
            needs_language(errors, &format!("{path}.labels"), default_language);
        }
        let taken = |id: &FieldId| choices.iter().any(|other| other.id == *id);
        if let Some(id) = id(errors, &format!("{path}.id"), &choice.id, taken) {
            choices.push(Choice { id, labels });
        }
    }
    FieldKind::Choice(choices)
}

fn automatic(body: &AutomaticSettings) -> Checked<Automatic> {
    let mut errors = FieldErrors::default();
    let mut reply = |kind: ReplyKind, reply: &AutomaticReply| Reply {
        enabled: reply.enabled,
        texts: local_text(&mut errors, &format!("{}.texts", kind.name()), &reply.texts, kind.spec()),
    };
    let during = reply(ReplyKind::During, &body.during);
    let outside = reply(ReplyKind::Outside, &body.outside);
    let online = reply(ReplyKind::Online, &body.online);
    let offline = reply(ReplyKind::Offline, &body.offline);
    let wait_time = seconds(&mut errors, "wait_time_s", body.wait_time_s, &WAIT_TIME);
    errors.finish(Automatic { during, outside, online, offline, wait_time })
}

fn privacy(body: &PrivacySettings) -> Checked<Privacy> {
    let mut errors = FieldErrors::default();
    let mut link = |path: &str, text: Option<&str>| {
        let text = text.filter(|text| !text.trim().is_empty())?;
        let url = HttpsUrl::parse(text.trim());
        if url.is_none() {
            errors.add(path, FieldCode::NotHttps, "a link that starts with https://");
        }
        url
    };
    let privacy_url = link("privacy_url", body.privacy_url.as_deref());
    let terms_url = link("terms_url", body.terms_url.as_deref());
    if body.ask_consent && privacy_url.is_none() && errors.0.iter().all(|e| e.path != "privacy_url") {
        errors.add("privacy_url", FieldCode::Required, "what a shopper agrees to must be there to read");
    }
    errors.finish(Privacy { privacy_url, terms_url, ask_consent: body.ask_consent })
}

fn email(body: &EmailSettings) -> Checked<Email> {
    let mut errors = FieldErrors::default();
    check_text(&mut errors, "sender_name", &body.sender_name, TextSpec::line(MAX_SENDER_NAME, &[]));
    let sender_name = domain::text::display_name(&body.sender_name).unwrap_or_default();
    let mut read = |path: &str, text: Option<&str>, parse: fn(&str) -> Option<String>, allowed: &str| {
        let text = text.filter(|text| !text.trim().is_empty())?;
        let parsed = parse(text);
        if parsed.is_none() {
            errors.add(path, FieldCode::Format, allowed);
        }
        parsed
    };
    let sender = read(
        "sender_address",
        body.sender_address.as_deref(),
        email_address,
        "an address such as hello@shop.example, of the domain that mail is sent from",
    );
    let reply_domain = read(
        "reply_domain",
        body.reply_domain.as_deref(),
        mail_domain,
        "a domain such as reply.shop.example",
    );
    if body.enabled && body.sender_address.as_deref().is_none_or(|text| text.trim().is_empty()) {
        errors.add("sender_address", FieldCode::Required, "mail needs an address that it comes from");
    }
    let minutes = DELAY.start().as_secs() as i64 / 60..=DELAY.end().as_secs() as i64 / 60;
    let delay = Duration::from_secs(bounded(&mut errors, "delay_min", body.delay_min, minutes) as u64 * 60);
    let logo = body.logo_url.as_deref().filter(|text| !text.trim().is_empty()).and_then(|text| {
        let url = HttpsUrl::parse(text.trim());
        if url.is_none() {
            errors.add("logo_url", FieldCode::NotHttps, "a picture whose address starts with https://");
        }
        url
    });
    let mut languages = BTreeMap::new();
    let mut texts = BTreeMap::<MailText, DomainText>::new();
    for (tag, written) in &body.texts {
        let path = format!("texts.{}", path_part(tag));
        let Some(language) = language_key(&mut errors, &path, tag, &languages) else { continue };
        for (key, text) in written {
            let path = format!("{path}.{}", path_part(key));
            match MailText::named(key) {
                None => errors.add(path, FieldCode::Unknown, "there is no such text"),
                Some(of) => {
                    check_text(&mut errors, &path, text, of.spec().spec);
                    texts.entry(of).or_default().insert(language.clone(), text.clone());
                }
            }
        }
        languages.insert(language, ());
    }
    let (enabled, transcript_at_close) = (body.enabled, body.transcript_at_close);
    errors.finish(Email {
        enabled,
        sender_name,
        sender,
        reply_domain,
        delay,
        logo,
        texts,
        transcript_at_close,
    })
}

fn visitors(body: &VisitorSettings) -> Checked<Visitors> {
    let mut errors = FieldErrors::default();
    let days = bounded(&mut errors, "conversion_days", body.conversion_days, CONVERSION_DAYS);
    if body.conversion_events.len() > MAX_CONVERSION_EVENTS {
        let message = format!("at most {MAX_CONVERSION_EVENTS} events");
        errors.add("conversion_events", FieldCode::TooMany, message);
    }
    let mut conversion_events: Vec<FieldId> = Vec::new();
    for (n, name) in body.conversion_events.iter().take(MAX_CONVERSION_EVENTS).enumerate() {
        let path = format!("conversion_events[{n}]");
        let taken = |id: &FieldId| conversion_events.contains(id);
        if let Some(id) = id(&mut errors, &path, name, taken) {
            conversion_events.push(id);
        }
    }
    errors.finish(Visitors {
        live: body.live,
        conversion_days: days as u16,
        conversion_events,
        choose_group: body.choose_group,
        not_sure: body.not_sure,
    })
}

/// A language as a key of a map, once only.
fn language_key<T>(
    errors: &mut FieldErrors,
    path: &str,
    tag: &str,
    read: &BTreeMap<Language, T>,
) -> Option<Language> {
    let Some(language) = Language::parse(tag) else {
        errors.add(path, FieldCode::Unknown, TAG);
        return None;
    };
    if read.contains_key(&language) {
        errors.add(path, FieldCode::Duplicate, "this language is there already");
        return None;
    }
    Some(language)
}

fn local_text(errors: &mut FieldErrors, path: &str, texts: &LocalText, spec: TextSpec) -> DomainText {
    let mut read = DomainText::new();
    for (tag, text) in texts {
        let path = format!("{path}.{}", path_part(tag));
        let Some(language) = language_key(errors, &path, tag, &read) else { continue };
        check_text(errors, &path, text, spec);
        read.insert(language, text.clone());
    }
    read
}

fn has_text(texts: &DomainText, language: &Language) -> bool {
    texts.get(language).is_some_and(|text| !text.trim().is_empty())
}

fn needs_language(errors: &mut FieldErrors, path: &str, language: &Language) {
    let message = format!("a text in the site's default language, {language}");
    errors.add(format!("{path}.{language}"), FieldCode::Required, message);
}

fn check_text(errors: &mut FieldErrors, path: &str, text: &str, spec: TextSpec) {
    if let Some((code, message)) = spec.problem(text) {
        errors.add(path, code, message);
    }
}

fn required_text(errors: &mut FieldErrors, path: &str, text: &str, spec: TextSpec) {
    if text.trim().is_empty() {
        errors.add(path, FieldCode::Required, format!("1 to {} characters", spec.max));
    } else {
        check_text(errors, path, text, spec);
    }
}

fn id(errors: &mut FieldErrors, path: &str, text: &str, taken: impl Fn(&FieldId) -> bool) -> Option<FieldId> {
    let id = FieldId::parse(text);
    match &id {
        None => errors.add(path, FieldCode::Format, ID),
        Some(id) if taken(id) => errors.add(path, FieldCode::Duplicate, "another has this id"),
        Some(_) => {}
    }
    id
}

fn bounded(errors: &mut FieldErrors, path: &str, value: i64, bounds: RangeInclusive<i64>) -> i64 {
    if !bounds.contains(&value) {
        let message = format!("{} to {}", bounds.start(), bounds.end());
        errors.add(path, FieldCode::OutOfRange, message);
    }
    value.clamp(*bounds.start(), *bounds.end())
}

fn seconds(errors: &mut FieldErrors, path: &str, value: i64, bounds: &RangeInclusive<Duration>) -> Duration {
    let bounds = bounds.start().as_secs() as i64..=bounds.end().as_secs() as i64;
    Duration::from_secs(bounded(errors, path, value, bounds) as u64)
}

/// A key that the sender chose, as part of a path: cut to what is harmless.
fn path_part(key: &str) -> String {
    key.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).take(40).collect()
}
