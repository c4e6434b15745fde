//! What all mails of one site have in common, for those that are no answers to a shopper.

use crate::fallback::{MailRoom, reference};
use domain::Timestamp;
use domain::conversation::Head;
use domain::office_hours::Zone;
use domain::people::Site;
use domain::settings::{Language, Settings};
use mail::{
    Envelope, HeaderText, Link, Look, Mail, MailAddress, Mailbox, MessageId, Outgoing, Texts, Unsubscribe,
    compose,
};

/// One mail of a site's.
pub(crate) struct Letter<'a> {
    pub site: &'a Site,
    pub settings: &'a Settings,
    /// `settings` name it.
    pub sender: &'a MailAddress,
    pub to: Mailbox,
    pub reply_to: Option<MailAddress>,
    pub unsubscribe: Option<Unsubscribe>,
    /// The conversation that it is about, if it is about one.
    pub about: Option<&'a Head>,
    pub language: Language,
    pub zone: Zone,
    pub mail: Mail,
}

impl Letter<'_> {
    /// Its bytes. `random`: for its Message-ID, which SES replaces.
    pub fn write<M>(self, room: &MailRoom<M>, random: u128, now: Timestamp) -> Option<Vec<u8>> {
        let Self { site, settings, sender, .. } = self;
        let name = &settings.email.sender_name;
        let from_name = if name.is_empty() { &settings.general.name } else { name };
        let id = |left: String| MessageId::parse(&format!("{left}@{}", sender.domain()));
        let outgoing = Outgoing {
            envelope: Envelope {
                from: Mailbox { name: HeaderText::clean(from_name), address: sender.clone() },
                to: self.to,
                reply_to: self.reply_to,
                message_id: id(format!("{random:032x}"))?,
                in_reply_to: None,
                // As in `fallback`: none bears it, and programs still see which mails belong together.
                references: self.about.and_then(|head| id(head.id.to_string())).into_iter().collect(),
                date: now,
                unsubscribe: self.unsubscribe,
                loop_mark: room.loop_mark.clone(),
            },
            look: Look {
                palette: settings.appearance.palette(),
                logo: settings.email.logo.as_ref().and_then(|logo| Link::parse(logo.as_str())),
                home: site.origins.first().and_then(|origin| Link::parse(origin)),
            },
            texts: Texts { general: settings.general.clone(), written: settings.email.texts.clone() },
            language: self.language,
            zone: self.zone,
            reference: self.about.map_or_else(HeaderText::default, |head| reference(head.id)),
            mail: self.mail,
        };
        Some(compose(&outgoing).raw)
    }
}
