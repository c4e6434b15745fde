//! From the domain's types to the wire's, in one place.

use crate::client::{ListName, Numbers, Page, PresenceStatus};
use crate::documents::GroupChoice;
use crate::http::RoleName;
use crate::scenarios::{BotMark, Chosen};
use crate::server::{
    self, AgentName, Author, Body, Cursor, Cursors, Entry, LogName, Preview, ReaderName, Row, StatusName,
    TriggerName,
};
use crate::settings::FieldKindName;
use domain::conversation as dc;
use domain::cursor as cur;
use domain::inbox::List;
use domain::intake::{AskedChoice, AskedField, AskedKind, Value};
use domain::people::{self, Availability, Role};
use domain::scenario::State;

impl From<dc::Numbers> for Numbers {
    fn from(n: dc::Numbers) -> Self {
        Self { t: n.t, b: n.b }
    }
}

impl From<&dc::Author> for Author {
    fn from(author: &dc::Author) -> Self {
        match author {
            dc::Author::Shopper => Self::Shopper,
            dc::Author::Agent { id, name } => Self::Agent { id: id.to_string(), name: name.clone() },
            dc::Author::System => Self::System,
        }
    }
}

impl From<dc::Log> for LogName {
    fn from(log: dc::Log) -> Self {
        match log {
            dc::Log::Thread => Self::Thread,
            dc::Log::Backstage => Self::Backstage,
        }
    }
}

impl From<&dc::Entry> for Entry {
    fn from(entry: &dc::Entry) -> Self {
        let body = match &entry.body {
            dc::Body::Message { text } => Body::Message { text: text.clone() },
            dc::Body::Joined => Body::Joined,
            dc::Body::Left => Body::Left,
            dc::Body::Closed => Body::Closed,
            dc::Body::Form { fields, held } => {
                Body::Form { fields: fields.iter().map(Into::into).collect(), held: *held }
            }
            dc::Body::Answer(taken) => Body::Answer {
                field: taken.field.to_string(),
                label: taken.label.clone(),
                value: taken.value.as_ref().map(|value| Value::as_str(value).to_owned()),
                finished: taken.finished,
            },
            dc::Body::Faq(faq) => Body::Faq {
                faq: faq.id.to_string(),
                question: faq.question.clone(),
                answer: faq.answer.clone(),
            },
            dc::Body::HandedOver => Body::HandedOver,
            dc::Body::Triggered { by } => {
                Body::Triggered { by: TriggerName { id: by.id.to_string(), name: by.name.clone() } }
            }
            dc::Body::Note { text } => Body::Note { text: text.clone() },
            dc::Body::Mailed { through, to } => Body::Mailed { through: *through, to: to.clone() },
            dc::Body::Mail { class, from, text } => Body::Mail {
                class: (*class).into(),
                from: from.clone(),
                text: text.clone(),
                review: match class {
                    dc::MailClass::Review(why) => Some(why.name().to_owned()),
                    _ => None,
                },
            },
            dc::Body::Grouped { to } => Body::Grouped {
                to: to.as_ref().map(|to| GroupChoice { id: to.id.to_string(), name: to.name.clone() }),
            },
            dc::Body::Assigned { to } => Body::Assigned {
                to: to.as_ref().map(|to| AgentName { id: to.id.to_string(), name: to.name.clone() }),
            },
        };
        Self {
            log: entry.log.into(),
            seq: entry.seq,
            thread_at: entry.thread_at,
            at: entry.at.millis(),
            author: (&entry.author).into(),
            body,
            client_id: entry.client_id.map(|id| id.to_string()),
            why: entry.why.map(|why| server::Why { rule: why.rule.name().to_owned(), cause: why.cause }),
            mail: entry.mail.as_deref().map(Into::into),
            bot: entry.bot.as_deref().and_then(said),
            chose: entry.bot.as_deref().and_then(chosen),
        }
    }
}

/// A bot's words.
fn said(mark: &dc::BotMark) -> Option<BotMark> {
    let dc::BotPart::Said { scenario, step, turn, buttons } = &mark.part else { return None };
    Some(BotMark {
        scenario: scenario.to_string(),
        step: step.to_string(),
        turn: (!buttons.is_empty()).then_some(*turn),
        buttons: buttons.iter().map(Into::into).collect(),
    })
}

fn chosen(mark: &dc::BotMark) -> Option<Chosen> {
    let dc::BotPart::Chose { turn, button } = &mark.part else { return None };
    Some(Chosen { turn: *turn, button: button.to_string() })
}

impl From<&dc::MailMark> for server::MailMark {
    fn from(mark: &dc::MailMark) -> Self {
        let attached = |file: &dc::Attached| server::Attached {
            key: file.key.to_string(),
            name: file.name.clone(),
            kind: file.kind.clone(),
            bytes: file.bytes,
            dangerous: file.dangerous,
        };
        Self {
            attachments: mark.attachments.iter().map(attached).collect(),
            flags: mark.flags.clone(),
            follows: mark.follows.map(|id| id.to_string()),
            unverified: mark.unverified.clone(),
        }
    }
}

impl From<dc::MailClass> for server::MailClass {
    fn from(class: dc::MailClass) -> Self {
        match class {
            dc::MailClass::Review(_) => Self::Review,
            dc::MailClass::AutoResponse => Self::AutoResponse,
            dc::MailClass::Bounce => Self::Bounce,
            dc::MailClass::Complaint => Self::Complaint,
            dc::MailClass::Unsubscribed => Self::Unsubscribed,
        }
    }
}

impl From<&AskedField> for server::AskedField {
    fn from(field: &AskedField) -> Self {
        let show = |c: &AskedChoice| server::AskedChoice { id: c.id.to_string(), label: c.label.clone() };
        let mut choices = Vec::new();
        let kind = match &field.kind {
            AskedKind::Name => FieldKindName::Name,
            AskedKind::Email => FieldKindName::Email,
            AskedKind::Text => FieldKindName::Text,
            AskedKind::Phone => FieldKindName::Phone,
            AskedKind::Number => FieldKindName::Number,
            AskedKind::Choice(options) => {
                choices = options.iter().map(show).collect();
                FieldKindName::Choice
            }
        };
        let (id, label) = (field.id.to_string(), field.label.clone());
        Self { id, kind, label, required: field.required, choices }
    }
}

impl From<&dc::Status> for StatusName {
    fn from(status: &dc::Status) -> Self {
        match status {
            dc::Status::Open => Self::Open,
            dc::Status::Closed { .. } => Self::Closed,
        }
    }
}

impl From<cur::Cursor> for Cursor {
    fn from(c: cur::Cursor) -> Self {
        Self { seen: c.seen, delivered: c.delivered }
    }
}

impl From<cur::Cursors> for Cursors {
    fn from(c: cur::Cursors) -> Self {
        Self { shopper: c.shopper.into(), team: c.team.into() }
    }
}

impl From<cur::Reader> for ReaderName {
    fn from(reader: cur::Reader) -> Self {
        match reader {
            cur::Reader::Shopper => Self::Shopper,
            cur::Reader::Team => Self::Team,
        }
    }
}

/// A head as a shopper (`to_agent` false) or an agent may see it.
#[must_use]
pub fn head(head: &dc::Head, cursors: Option<cur::Cursors>, to_agent: bool) -> server::Head {
    server::Head {
        numbers: domain::ports::visible(head.numbers, to_agent).into(),
        status: (&head.status).into(),
        began_at: head.began_at.millis(),
        cursors: cursors.map(Into::into),
        participants: head.participants.iter().map(ToString::to_string).collect(),
        owner: head.owner.filter(|_| to_agent).map(|id| id.to_string()),
        group: head.group.as_ref().filter(|_| to_agent).map(ToString::to_string),
        held: head.held,
        form: head.form.map(|form| match form.finished {
            true => server::FormProgress::Finished,
            false => server::FormProgress::Asked,
        }),
        bot: head.scenario.as_ref().map(Into::into),
    }
}

impl From<&dc::Head> for Row {
    fn from(head: &dc::Head) -> Self {
        Self {
            conversation_id: head.id.to_string(),
            rev: head.rev,
            shopper_id: head.shopper.to_string(),
            shopper_name: head.shopper_name.clone(),
            status: (&head.status).into(),
            owner: head.owner.map(|id| id.to_string()),
            group: head.group.as_ref().map(ToString::to_string),
            unread: head.unread,
            numbers: head.numbers.into(),
            began_at: head.began_at.millis(),
            last_activity: head.last_activity.millis(),
            waiting_since: head.waiting_since.map(domain::Timestamp::millis),
            preview: head
                .preview
                .as_ref()
                .map(|p| Preview { author: (&p.author).into(), text: p.text.clone() }),
            verified: head.shopper.is_verified(),
            bot: head.is_with_bot(),
            ended: head.is_with_bot() && head.scenario.as_ref().is_some_and(State::has_ended),
        }
    }
}

impl From<ListName> for List {
    fn from(name: ListName) -> Self {
        match name {
            ListName::Queue => Self::Queue,
            ListName::Mine => Self::Mine,
            ListName::All => Self::All,
            ListName::Closed => Self::Closed,
        }
    }
}

impl From<Availability> for PresenceStatus {
    fn from(a: Availability) -> Self {
        match a {
            Availability::Online => Self::Online,
            Availability::Invisible => Self::Invisible,
            Availability::Offline => Self::Offline,
        }
    }
}

impl From<PresenceStatus> for Availability {
    fn from(status: PresenceStatus) -> Self {
        match status {
            PresenceStatus::Online => Self::Online,
            PresenceStatus::Invisible => Self::Invisible,
            PresenceStatus::Offline => Self::Offline,
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Agent => Self::Agent,
            Role::Admin => Self::Admin,
        }
    }
}

/// Each part cut to what is kept of it.
const MAX_PAGE_CHARS: usize = 2048;

impl From<Page> for people::Page {
    fn from(page: Page) -> Self {
        let cut = |s: String| s.chars().filter(|c| !c.is_control()).take(MAX_PAGE_CHARS).collect();
        Self { url: cut(page.url), title: cut(page.title), referrer: cut(page.referrer) }
    }
}

impl From<&people::Page> for Page {
    fn from(page: &people::Page) -> Self {
        Self { url: page.url.clone(), title: page.title.clone(), referrer: page.referrer.clone() }
    }
}
