//! What a merchant sets for a site, section by section. A section is published whole, under a version, or not at all.
//!
//! The types here are what is left after checking: whoever holds an [`Appearance`] holds a colour that is one. How
//! sections are written down, and what is said of a field that is wrong, is `protocol::settings`.

mod colour;
mod email;
mod form;
mod language;
mod mail_texts;
mod template;
mod visitors;

pub use colour::{Palette, READABLE, Rgb, VISIBLE};
pub use email::{Email, MAX_SENDER_NAME, email_address, mail_domain};
pub use form::{
    Choice, Field, FieldId, FieldKind, Form, FormTime, MAX_CHOICE, MAX_CHOICES, MAX_CUSTOM_FIELDS, MAX_LABEL,
    PHRASES, Phrase, PhraseSpec, SLOW, When,
};
pub use language::{Language, SHIPPED, Shipped};
pub use mail_texts::{MAIL_TEXTS, MailText, MailTextSpec};
pub use template::{TextSpec, fill, unknown_variable};
pub use visitors::{CONVERSION_DAYS, MAX_CONVERSION_EVENTS, Visitors};

use crate::Timestamp;
use crate::office_hours::{Schedule, Status, Zone};
use std::collections::BTreeMap;
use std::time::Duration;

/// A text in the languages that the merchant has written it in.
pub type LocalText = BTreeMap<Language, String>;

/// The sections, by the names under which they are stored and served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
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

impl Section {
    pub const ALL: [Self; 11] = [
        Self::General,
        Self::Appearance,
        Self::Visibility,
        Self::Hours,
        Self::Texts,
        Self::Faqs,
        Self::Form,
        Self::Automatic,
        Self::Privacy,
        Self::Email,
        Self::Visitors,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Appearance => "appearance",
            Self::Visibility => "visibility",
            Self::Hours => "hours",
            Self::Texts => "texts",
            Self::Faqs => "faqs",
            Self::Form => "form",
            Self::Automatic => "automatic",
            Self::Privacy => "privacy",
            Self::Email => "email",
            Self::Visitors => "visitors",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }
}

/// Everything that is set for a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub general: General,
    pub appearance: Appearance,
    pub visibility: Visibility,
    pub hours: Hours,
    pub texts: Texts,
    pub faqs: Faqs,
    pub form: Form,
    pub automatic: Automatic,
    pub privacy: Privacy,
    pub email: Email,
    pub visitors: Visitors,
}

/// One section's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectionValue {
    General(General),
    Appearance(Appearance),
    Visibility(Visibility),
    Hours(Hours),
    Texts(Texts),
    Faqs(Faqs),
    Form(Form),
    Automatic(Automatic),
    Privacy(Privacy),
    Email(Email),
    Visitors(Visitors),
}

impl SectionValue {
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
}

/// Characters in a shop's name.
pub const MAX_SHOP_NAME: usize = 80;
/// Languages of one site.
pub const MAX_LANGUAGES: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct General {
    /// The shop's name, as shoppers know it.
    pub name: String,
    /// Those that the site speaks; never empty, the default among them.
    pub languages: Vec<Language>,
    pub default_language: Language,
}

impl General {
    /// The site's language that is nearest to what a browser asks for.
    #[must_use]
    pub fn language_for(&self, wanted: Option<&str>) -> &Language {
        wanted.and_then(|tag| Language::nearest(tag, &self.languages)).unwrap_or(&self.default_language)
    }

    /// A text in `language`; where the merchant has written none, ours in that language; where we ship none, the
    /// merchant's default language, then ours, then English.
    #[must_use]
    pub fn text<'a>(&self, texts: &'a LocalText, shipped: &Shipped, language: &Language) -> &'a str
    where
        'static: 'a,
    {
        let written = |language: &Language| {
            texts.get(language).map(String::as_str).filter(|text| !text.trim().is_empty())
        };
        written(language)
            .or_else(|| shipped.in_language(language))
            .or_else(|| written(&self.default_language))
            .or_else(|| shipped.in_language(&self.default_language))
            .unwrap_or(shipped.en)
    }
}

/// Pixels between the launcher and the window's edges.
pub const MAX_OFFSET: u16 = 400;
/// Checkout buttons and cookie banners must stay reachable: below what they use (UX 7).
pub const MAX_Z_INDEX: u32 = 2_147_483_646;
pub const DEFAULT_Z_INDEX: u32 = 2_147_483_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appearance {
    pub color: Rgb,
    /// The merchant's own colour for text on `color`; `None`: the one that reads best.
    pub text_color: Option<Rgb>,
    pub corner: Corner,
    pub offset_x: u16,
    pub offset_y: u16,
    pub z_index: u32,
    pub launcher: Launcher,
}

impl Appearance {
    /// What is shown in place of the colour where the colour itself could not be read (UX 28).
    #[must_use]
    pub fn palette(&self) -> Palette {
        self.color.palette(self.text_color)
    }
}

/// As the page reads: `End` is the right in English and the left in Arabic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Corner {
    Start,
    #[default]
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Launcher {
    #[default]
    Icon,
    /// The icon with its words beside it.
    Label,
    /// None: the page opens the chat by itself.
    Hidden,
}

/// Who sees the widget, and who may write (W2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Visibility {
    Off,
    #[default]
    Everyone,
    /// Everyone sees it, only verified shoppers may write.
    VerifiedWrite,
    /// Only verified shoppers see it.
    VerifiedOnly,
}

impl Visibility {
    #[must_use]
    pub const fn may_see(self, verified: bool) -> bool {
        match self {
            Self::Off => false,
            Self::Everyone | Self::VerifiedWrite => true,
            Self::VerifiedOnly => verified,
        }
    }

    #[must_use]
    pub const fn may_write(self, verified: bool) -> bool {
        self.admits(verified).is_ok()
    }

    /// Whether such a shopper may chat: have a session, a connection, a conversation. Seeing the widget asks nothing of us.
    pub const fn admits(self, verified: bool) -> Result<(), Barred> {
        match self {
            Self::Off => Err(Barred::SwitchedOff),
            Self::VerifiedWrite | Self::VerifiedOnly if !verified => Err(Barred::SignInRequired),
            Self::Everyone | Self::VerifiedWrite | Self::VerifiedOnly => Ok(()),
        }
    }
}

/// Why a shopper may not chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barred {
    SwitchedOff,
    SignInRequired,
}

/// The shop's zone, and its hours if it has set any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// Off: the week is kept, and counts for nothing. Availability is presence alone.
    pub enabled: bool,
    pub schedule: Schedule,
}

impl Hours {
    #[must_use]
    pub fn unset(zone: Zone) -> Self {
        Self { enabled: false, schedule: Schedule::closed(zone) }
    }

    /// `None` when no hours are set.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Option<Status> {
        self.enabled.then(|| self.schedule.status(now))
    }
}

/// Words of the widget that the merchant has written. What is absent or blank is the widget's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts(pub BTreeMap<Language, BTreeMap<String, String>>);

impl Texts {
    #[must_use]
    pub fn get(&self, language: &Language, key: &str) -> Option<&str> {
        self.0.get(language)?.get(key).map(String::as_str).filter(|text| !text.trim().is_empty())
    }
}

/// The texts that only a merchant can write; every phrase of the widget can be replaced besides.
pub const TEXTS: &[(&str, TextSpec)] = &[
    ("title", TextSpec::line(60, &["shop"])),
    ("intro", TextSpec::line(200, &["shop"])),
    ("welcome", TextSpec::pictured(1_000, &["shop"])),
    ("bubble", TextSpec::line(200, &["shop"])),
    ("online_note", TextSpec::line(300, &["shop"])),
    ("away_note", TextSpec::line(300, &["shop", "next_opening"])),
    ("faq_heading", TextSpec::line(80, &["shop"])),
    ("faq_still", TextSpec::line(80, &["shop"])),
    ("privacy_note", TextSpec::line(300, &["shop", "privacy", "terms"])),
    ("consent", TextSpec::line(300, &["shop", "privacy", "terms"])),
];
/// Characters in a phrase of the widget.
pub const MAX_PHRASE: usize = 300;

/// Questions in one language.
pub const MAX_FAQS: usize = 50;
pub const MAX_QUESTION: usize = 200;
pub const MAX_ANSWER: usize = 4_000;

/// Answered without a person (H4), per language in the merchant's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faqs(pub BTreeMap<Language, Vec<Faq>>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faq {
    /// Stays when the text changes: how often it was opened is counted by it.
    pub id: FieldId,
    pub question: String,
    /// Formatting as in messages: bold, italic, lists, links; and images by https ([`crate::picture`]).
    pub answer: String,
}

/// Shortest and longest wait for a person before the offline message.
pub const WAIT_TIME: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(10)..=Duration::from_secs(30 * 60);
/// Characters in an automatic message.
pub const MAX_AUTOMATIC: usize = 2_000;

/// Messages that the shop sends by itself (H3, H5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Automatic {
    pub during: Reply,
    pub outside: Reply,
    pub online: Reply,
    pub offline: Reply,
    pub wait_time: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    pub enabled: bool,
    /// A language without a text of the merchant's has ours.
    pub texts: LocalText,
}

impl Default for Automatic {
    /// A shop that has set nothing is honest when nobody is there, and silent otherwise.
    fn default() -> Self {
        let on = || Reply { enabled: true, texts: LocalText::new() };
        Self {
            during: Reply::default(),
            outside: on(),
            online: Reply::default(),
            offline: on(),
            wait_time: Duration::from_secs(120),
        }
    }
}

/// Which automatic message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReplyKind {
    During,
    Outside,
    Online,
    Offline,
}

impl ReplyKind {
    pub const ALL: [Self; 4] = [Self::During, Self::Outside, Self::Online, Self::Offline];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::During => "during",
            Self::Outside => "outside",
            Self::Online => "online",
            Self::Offline => "offline",
        }
    }

    /// Only who is told to wait is told until when.
    #[must_use]
    pub const fn spec(self) -> TextSpec {
        match self {
            Self::During | Self::Online => TextSpec::pictured(MAX_AUTOMATIC, &["shop"]),
            Self::Outside | Self::Offline => TextSpec::pictured(MAX_AUTOMATIC, &["shop", "next_opening"]),
        }
    }

    /// Ours, for languages in which the merchant has written none.
    #[must_use]
    pub const fn shipped(self) -> Shipped {
        match self {
            Self::During => Shipped {
                en: "Thank you for your message. We will answer you here shortly.",
                es: "Gracias por tu mensaje. Te respondemos aquí enseguida.",
                pt_br: "Obrigado pela mensagem. Vamos responder aqui em instantes.",
                it: "Grazie per il messaggio. Ti rispondiamo qui tra poco.",
            },
            Self::Outside => Shipped {
                en: "Thank you for your message. We are closed now and will be back {next_opening}. We will answer you here.",
                es: "Gracias por tu mensaje. Ahora está cerrado; volvemos {next_opening}. Te responderemos aquí.",
                pt_br: "Obrigado pela mensagem. Agora estamos fechados e voltamos {next_opening}. Vamos responder aqui.",
                it: "Grazie per il messaggio. Adesso siamo chiusi; torniamo {next_opening}. Ti risponderemo qui.",
            },
            Self::Online => Shipped {
                en: "Hello! Somebody from {shop} will be with you in a moment.",
                es: "¡Hola! En un momento te atiende alguien de {shop}.",
                pt_br: "Olá! Alguém da {shop} já vai atender você.",
                it: "Ciao! Qualcuno di {shop} sarà da te tra un attimo.",
            },
            Self::Offline => Shipped {
                en: "Nobody is free at this moment. Your message is with us, and we will answer you here as soon as we can.",
                es: "En este momento no hay nadie libre. Tenemos tu mensaje y te responderemos aquí en cuanto podamos.",
                pt_br: "Neste momento ninguém está livre. Recebemos sua mensagem e vamos responder aqui assim que pudermos.",
                it: "In questo momento nessuno è libero. Abbiamo il tuo messaggio e ti risponderemo qui appena possibile.",
            },
        }
    }
}

impl Automatic {
    #[must_use]
    pub const fn reply(&self, kind: ReplyKind) -> &Reply {
        match kind {
            ReplyKind::During => &self.during,
            ReplyKind::Outside => &self.outside,
            ReplyKind::Online => &self.online,
            ReplyKind::Offline => &self.offline,
        }
    }
}

/// Characters in a link.
pub const MAX_LINK: usize = 2_000;

/// What a shopper is shown before the first message (W7).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Privacy {
    pub privacy_url: Option<HttpsUrl>,
    pub terms_url: Option<HttpsUrl>,
    /// The shopper ticks a box before the first message; there is a privacy link then.
    pub ask_consent: bool,
}

/// An address that opens over https and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpsUrl(String);

impl HttpsUrl {
    /// `https://` and a host; no user, no white space, no control characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("https://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "443"));
        let host_fits = !host.is_empty()
            && !host.starts_with(['.', '-'])
            && host.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-');
        let port_fits = port.parse::<u16>().is_ok();
        let fits = text.chars().count() <= MAX_LINK
            && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"\\<>\"`".contains(c));
        (host_fits && port_fits && fits).then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Settings {
    /// Puts one section in its place.
    pub fn set(&mut self, value: SectionValue) {
        match value {
            SectionValue::General(value) => self.general = value,
            SectionValue::Appearance(value) => self.appearance = value,
            SectionValue::Visibility(value) => self.visibility = value,
            SectionValue::Hours(value) => self.hours = value,
            SectionValue::Texts(value) => self.texts = value,
            SectionValue::Faqs(value) => self.faqs = value,
            SectionValue::Form(value) => self.form = value,
            SectionValue::Automatic(value) => self.automatic = value,
            SectionValue::Privacy(value) => self.privacy = value,
            SectionValue::Email(value) => self.email = value,
            SectionValue::Visitors(value) => self.visitors = value,
        }
    }

    #[must_use]
    pub fn get(&self, section: Section) -> SectionValue {
        match section {
            Section::General => SectionValue::General(self.general.clone()),
            Section::Appearance => SectionValue::Appearance(self.appearance.clone()),
            Section::Visibility => SectionValue::Visibility(self.visibility),
            Section::Hours => SectionValue::Hours(self.hours.clone()),
            Section::Texts => SectionValue::Texts(self.texts.clone()),
            Section::Faqs => SectionValue::Faqs(self.faqs.clone()),
            Section::Form => SectionValue::Form(self.form.clone()),
            Section::Automatic => SectionValue::Automatic(self.automatic.clone()),
            Section::Privacy => SectionValue::Privacy(self.privacy.clone()),
            Section::Email => SectionValue::Email(self.email.clone()),
            Section::Visitors => SectionValue::Visitors(self.visitors.clone()),
        }
    }

    /// What a site has before anybody has set anything, and in place of a section that cannot be read.
    #[must_use]
    pub fn default_for(site: &crate::people::Site) -> Self {
        let zone = Zone::named(&site.time_zone).unwrap_or_else(Zone::utc);
        let english = Language::english();
        let languages = SHIPPED.iter().map(|tag| Language::parse(tag).expect("a tag")).collect();
        let welcome = BTreeMap::from([("welcome".to_owned(), site.welcome.clone())]);
        let texts = if site.welcome.trim().is_empty() {
            Texts::default()
        } else {
            Texts(BTreeMap::from([(english.clone(), welcome)]))
        };
        Self {
            general: General { name: site.name.clone(), languages, default_language: english },
            appearance: Appearance {
                color: Rgb::parse(&site.color).unwrap_or(Rgb::DEFAULT),
                text_color: None,
                corner: Corner::default(),
                offset_x: 20,
                offset_y: 20,
                z_index: DEFAULT_Z_INDEX,
                launcher: Launcher::default(),
            },
            visibility: Visibility::default(),
            hours: Hours::unset(zone),
            texts,
            faqs: Faqs::default(),
            form: Form::default(),
            automatic: Automatic::default(),
            privacy: Privacy::default(),
            email: Email::default(),
            visitors: Visitors::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w_2_who_sees_and_who_may_write() {
        let table = [
            (Visibility::Off, [false, false], [false, false]),
            (Visibility::Everyone, [true, true], [true, true]),
            (Visibility::VerifiedWrite, [true, true], [false, true]),
            (Visibility::VerifiedOnly, [false, true], [false, true]),
        ];
        for (visibility, see, write) in table {
            let by = |rule: fn(Visibility, bool) -> bool| [rule(visibility, false), rule(visibility, true)];
            assert_eq!((by(Visibility::may_see), by(Visibility::may_write)), (see, write), "{visibility:?}");
        }
    }

    #[test]
    fn only_https_is_a_link() {
        for fine in
            ["https://shop.example/privacy?x=1#y", "https://shop.example", "https://täst.example:8443/"]
        {
            assert!(HttpsUrl::parse(fine).is_some(), "{fine}");
        }
        for wrong in [
            "http://shop.example",
            "javascript:alert(1)",
            "https://",
            "https:///x",
            "https://user:pw@shop.example",
            "https://a b.example",
            "https://shop.example/a b",
            "https://shop.example/\n",
            "https://shop.example:99999/",
            "HTTPS//shop.example",
            " https://shop.example",
        ] {
            assert!(HttpsUrl::parse(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn a_text_comes_from_the_merchant_then_from_us_in_the_shoppers_language() {
        let language = |tag: &str| Language::parse(tag).unwrap();
        let general = General {
            name: "Demo".into(),
            languages: ["es", "en", "ar"].map(language).into(),
            default_language: language("es"),
        };
        let shipped = ReplyKind::During.shipped();
        let texts =
            LocalText::from([(language("es"), "¡Hola!".to_owned()), (language("it"), " ".to_owned())]);
        let text = |tag: &str| general.text(&texts, &shipped, general.language_for(Some(tag)));
        assert_eq!(text("es-MX"), "¡Hola!");
        assert_eq!(text("en-GB"), shipped.en);
        // Spoken by the site, written by nobody: the default language.
        assert_eq!(text("ar"), "¡Hola!");
        // Not spoken by the site.
        assert_eq!(text("it"), "¡Hola!");
        assert_eq!(general.language_for(None), &language("es"));
    }

    #[test]
    fn what_we_ship_keeps_to_its_own_rules() {
        for kind in ReplyKind::ALL {
            for text in kind.shipped().all() {
                assert_eq!(kind.spec().problem(text), None, "{kind:?}: {text}");
            }
        }
        for spec in PHRASES {
            for text in spec.shipped.all() {
                assert_eq!(spec.text.problem(text), None, "{:?}: {text}", spec.phrase);
            }
        }
    }
}
