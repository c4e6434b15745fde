//! From what the rules hold to its JSON form.

use super::{
    AppearanceSettings, AutomaticReply, AutomaticSettings, CornerName, EmailSettings, Faq, FaqSettings,
    FieldKindName, FormChoice, FormField, FormSettings, FormWhenName, GeneralSettings, HoursException,
    HoursRange, HoursSettings, LauncherName, LocalText, PrivacySettings, SectionBody, TextSettings,
    VisibilityName, VisibilitySettings, VisitorSettings, WeekHours,
};
use domain::office_hours as oh;
use domain::settings as ds;

impl From<&ds::SectionValue> for SectionBody {
    fn from(value: &ds::SectionValue) -> Self {
        match value {
            ds::SectionValue::General(value) => Self::General(value.into()),
            ds::SectionValue::Appearance(value) => Self::Appearance(value.into()),
            ds::SectionValue::Visibility(value) => {
                Self::Visibility(VisibilitySettings { visibility: (*value).into() })
            }
            ds::SectionValue::Hours(value) => Self::Hours(value.into()),
            ds::SectionValue::Texts(value) => {
                Self::Texts(TextSettings { texts: by_language(&value.0, Clone::clone) })
            }
            ds::SectionValue::Faqs(value) => Self::Faqs(FaqSettings {
                faqs: by_language(&value.0, |faqs| faqs.iter().map(Into::into).collect()),
            }),
            ds::SectionValue::Form(value) => Self::Form(value.into()),
            ds::SectionValue::Automatic(value) => Self::Automatic(value.into()),
            ds::SectionValue::Privacy(value) => Self::Privacy(PrivacySettings {
                privacy_url: value.privacy_url.as_ref().map(|url| url.as_str().to_owned()),
                terms_url: value.terms_url.as_ref().map(|url| url.as_str().to_owned()),
                ask_consent: value.ask_consent,
            }),
            ds::SectionValue::Email(value) => Self::Email(value.into()),
            ds::SectionValue::Visitors(value) => Self::Visitors(value.into()),
        }
    }
}

fn by_language<T, U>(
    map: &std::collections::BTreeMap<ds::Language, T>,
    show: impl Fn(&T) -> U,
) -> std::collections::BTreeMap<String, U> {
    map.iter().map(|(language, value)| (language.to_string(), show(value))).collect()
}

fn local(texts: &ds::LocalText) -> LocalText {
    by_language(texts, Clone::clone)
}

impl From<&ds::General> for GeneralSettings {
    fn from(general: &ds::General) -> Self {
        Self {
            name: general.name.clone(),
            languages: general.languages.iter().map(ToString::to_string).collect(),
            default_language: general.default_language.to_string(),
        }
    }
}

impl From<&ds::Appearance> for AppearanceSettings {
    fn from(appearance: &ds::Appearance) -> Self {
        Self {
            color: appearance.color.to_string(),
            text_color: appearance.text_color.map(|color| color.to_string()),
            corner: match appearance.corner {
                ds::Corner::Start => CornerName::Start,
                ds::Corner::End => CornerName::End,
            },
            offset_x: appearance.offset_x.into(),
            offset_y: appearance.offset_y.into(),
            z_index: appearance.z_index.into(),
            launcher: match appearance.launcher {
                ds::Launcher::Icon => LauncherName::Icon,
                ds::Launcher::Label => LauncherName::Label,
                ds::Launcher::Hidden => LauncherName::Hidden,
            },
        }
    }
}

impl From<ds::Visibility> for VisibilityName {
    fn from(visibility: ds::Visibility) -> Self {
        match visibility {
            ds::Visibility::Off => Self::Off,
            ds::Visibility::Everyone => Self::Everyone,
            ds::Visibility::VerifiedWrite => Self::VerifiedWrite,
            ds::Visibility::VerifiedOnly => Self::VerifiedOnly,
        }
    }
}

fn ranges(ranges: &[oh::Range]) -> Vec<HoursRange> {
    ranges
        .iter()
        .map(|range| HoursRange { start: range.start().to_string(), end: range.end().to_string() })
        .collect()
}

impl From<&ds::Hours> for HoursSettings {
    fn from(hours: &ds::Hours) -> Self {
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] =
            std::array::from_fn(|day| ranges(&hours.schedule.week()[day]));
        let exceptions = hours.schedule.exceptions().iter().map(|exception| HoursException {
            date: exception.date.to_string(),
            yearly: exception.yearly,
            name: exception.name.clone(),
            ranges: ranges(&exception.ranges),
        });
        Self {
            enabled: hours.enabled,
            zone: hours.schedule.zone().name().to_owned(),
            week: WeekHours { monday, tuesday, wednesday, thursday, friday, saturday, sunday },
            exceptions: exceptions.collect(),
        }
    }
}

impl From<&ds::Faq> for Faq {
    fn from(faq: &ds::Faq) -> Self {
        Self { id: faq.id.to_string(), question: faq.question.clone(), answer: faq.answer.clone() }
    }
}

impl From<&ds::Form> for FormSettings {
    fn from(form: &ds::Form) -> Self {
        let (when, slow_after_s) = match form.when {
            ds::FormTime::Never => (FormWhenName::Never, 60),
            ds::FormTime::Always => (FormWhenName::Always, 60),
            ds::FormTime::Slow(after) => (FormWhenName::Slow, after.as_secs() as i64),
        };
        Self {
            when,
            slow_after_s,
            hold_online: form.hold_online,
            hold_offline: form.hold_offline,
            fields: form.fields.iter().map(Into::into).collect(),
            phrases: by_language(&form.phrases, |phrases| {
                phrases.iter().map(|(phrase, text)| (phrase.spec().key.to_owned(), text.clone())).collect()
            }),
        }
    }
}

impl From<&ds::Field> for FormField {
    fn from(field: &ds::Field) -> Self {
        let mut choices = Vec::new();
        let kind = match &field.kind {
            ds::FieldKind::Name => FieldKindName::Name,
            ds::FieldKind::Email => FieldKindName::Email,
            ds::FieldKind::Text => FieldKindName::Text,
            ds::FieldKind::Phone => FieldKindName::Phone,
            ds::FieldKind::Number => FieldKindName::Number,
            ds::FieldKind::Choice(options) => {
                let show = |c: &ds::Choice| FormChoice { id: c.id.to_string(), labels: local(&c.labels) };
                choices = options.iter().map(show).collect();
                FieldKindName::Choice
            }
        };
        let (id, labels) = (field.id.to_string(), local(&field.labels));
        Self { id, kind, required: field.required, labels, choices }
    }
}

impl From<&ds::Automatic> for AutomaticSettings {
    fn from(automatic: &ds::Automatic) -> Self {
        let reply = |reply: &ds::Reply| AutomaticReply { enabled: reply.enabled, texts: local(&reply.texts) };
        Self {
            during: reply(&automatic.during),
            outside: reply(&automatic.outside),
            online: reply(&automatic.online),
            offline: reply(&automatic.offline),
            wait_time_s: automatic.wait_time.as_secs() as i64,
        }
    }
}

impl From<&ds::Visitors> for VisitorSettings {
    fn from(visitors: &ds::Visitors) -> Self {
        Self {
            live: visitors.live,
            conversion_days: visitors.conversion_days.into(),
            conversion_events: visitors.conversion_events.iter().map(ToString::to_string).collect(),
            choose_group: visitors.choose_group,
            not_sure: visitors.not_sure,
        }
    }
}

impl From<&ds::Email> for EmailSettings {
    fn from(email: &ds::Email) -> Self {
        let mut texts =
            std::collections::BTreeMap::<String, std::collections::BTreeMap<String, String>>::new();
        for (text, local) in &email.texts {
            for (language, written) in local {
                texts
                    .entry(language.to_string())
                    .or_default()
                    .insert(text.spec().key.to_owned(), written.clone());
            }
        }
        Self {
            enabled: email.enabled,
            sender_name: email.sender_name.clone(),
            sender_address: email.sender.clone(),
            reply_domain: email.reply_domain.clone(),
            delay_min: (email.delay.as_secs() / 60) as i64,
            logo_url: email.logo.as_ref().map(|url| url.as_str().to_owned()),
            texts,
            transcript_at_close: email.transcript_at_close,
        }
    }
}
