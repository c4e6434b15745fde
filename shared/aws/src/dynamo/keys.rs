//! Every key string of the table is made here.
//!
//! Ids cannot carry `#` (they have one written form, see `domain::ids`), so no key can be mistaken for another.

use domain::connection::Topic;
use domain::conversation::Log;
use domain::cursor::Reader;
use domain::deadline::Call;
use domain::identity::KeyId;
use domain::inbox::{Place, Shelf};
use domain::ports::{Carries, Document, FaqEvent, MailKey, Sender};
use domain::proactive::Day;
use domain::profile::PhotoId;
use domain::settings::{FieldId, Section};
use domain::triggers::PageId;
use domain::triggers::shown::Mark;
use domain::{
    AgentId, ClientId, ConnectionId, ConversationId, ShopperId, SiteId, Timestamp, VisitorId, visitors,
};
use std::fmt::Write;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub pk: String,
    pub sk: String,
}

fn key(pk: String, sk: impl Into<String>) -> Key {
    Key { pk, sk: sk.into() }
}

pub const HEAD: &str = "META";

#[must_use]
pub fn conversation(id: ConversationId) -> String {
    format!("C#{id}")
}

#[must_use]
pub fn shopper(id: ShopperId) -> String {
    format!("P#{id}")
}

#[must_use]
pub fn site(id: &SiteId) -> String {
    format!("S#{id}")
}

#[must_use]
pub fn head(id: ConversationId) -> Key {
    key(conversation(id), HEAD)
}

#[must_use]
pub const fn log_prefix(log: Log) -> &'static str {
    match log {
        Log::Thread => "T#",
        Log::Backstage => "B#",
    }
}

#[must_use]
pub fn entry_sk(log: Log, seq: u64) -> String {
    format!("{}{seq:012}", log_prefix(log))
}

#[must_use]
pub fn entry(id: ConversationId, log: Log, seq: u64) -> Key {
    key(conversation(id), entry_sk(log, seq))
}

#[must_use]
pub fn receipt(sender: Sender, client_id: ClientId) -> Key {
    match sender {
        Sender::Shopper(id) => key(shopper(id), format!("D#{client_id}")),
        Sender::Agent(agent, id) => key(conversation(id), format!("D#{agent}#{client_id}")),
        Sender::Shop(id) => key(conversation(id), format!("D#shop#{client_id}")),
    }
}

#[must_use]
pub fn cursor(id: ConversationId, reader: Reader) -> Key {
    let sk = match reader {
        Reader::Shopper => "R#shopper",
        Reader::Team => "R#team",
    };
    key(conversation(id), sk)
}

#[must_use]
pub fn open(id: ShopperId) -> Key {
    key(shopper(id), "OPEN")
}

#[must_use]
pub fn profile(id: ShopperId) -> Key {
    key(shopper(id), "PROFILE")
}

/// As which anonymous shoppers a verified one has had conversations, in the order of the sign-ins.
pub const BROWSER: &str = "L#";

#[must_use]
pub fn browser(verified: ShopperId, at: Timestamp, anonymous: ShopperId) -> Key {
    key(shopper(verified), format!("{BROWSER}{:013}#{anonymous}", at.millis()))
}

#[must_use]
pub fn signed_in(anonymous: ShopperId) -> Key {
    key(shopper(anonymous), "SIGNED_IN")
}

/// A shopper's conversations, in the order of their beginnings.
#[must_use]
pub fn pointer(id: ShopperId, began_at: Timestamp, conversation: ConversationId) -> Key {
    key(shopper(id), format!("C#{:013}#{conversation}", began_at.millis()))
}

#[must_use]
pub fn connection(id: &ConnectionId) -> Key {
    key(format!("K#{id}"), "CONNECTION")
}

/// The prefix under which a topic's registrations stand.
#[must_use]
pub const fn registration_prefix(topic: &Topic) -> &'static str {
    match topic {
        Topic::Conversation(_) | Topic::Shopper(_) => "X#",
        Topic::Site(_) => "L#",
        Topic::Shoppers { verified: false, .. } => "X#anonymous#",
        Topic::Shoppers { verified: true, .. } => "X#verified#",
    }
}

#[must_use]
pub fn topic(topic: &Topic) -> String {
    match topic {
        Topic::Conversation(id) => conversation(*id),
        Topic::Shopper(id) => shopper(*id),
        Topic::Site(id) | Topic::Shoppers { site: id, .. } => site(id),
    }
}

#[must_use]
pub fn registration(to: &Topic, id: &ConnectionId) -> Key {
    key(topic(to), format!("{}{id}", registration_prefix(to)))
}

#[must_use]
pub fn site_settings(id: &SiteId) -> Key {
    key(site(id), "SITE")
}

/// The prefix under which stands what is published for a site: sections with their content, of documents which version it is.
pub const PUBLISHED: &str = "PUB#";

#[must_use]
pub fn published(id: &SiteId, section: Section) -> Key {
    key(site(id), format!("{PUBLISHED}{}", section.name()))
}

/// One of the versions of a section that were published.
#[must_use]
pub fn version(id: &SiteId, section: Section, version: u64) -> Key {
    key(site(id), format!("HIST#{}#{version:012}", section.name()))
}

/// No section is called as a document is.
#[must_use]
pub fn standing(id: &SiteId, document: &Document) -> Key {
    key(site(id), format!("{PUBLISHED}{document}"))
}

/// One of the versions of a document: its content.
#[must_use]
pub fn document(id: &SiteId, document: &Document, version: u64) -> Key {
    key(site(id), format!("HIST#{document}#{version:012}"))
}

/// The prefix under which a site's counts of its FAQs stand.
pub const FAQ_COUNT: &str = "FAQ#";

#[must_use]
pub fn faq_count(id: &SiteId, faq: &FieldId) -> Key {
    key(site(id), format!("{FAQ_COUNT}{faq}"))
}

/// That an event has been counted.
#[must_use]
pub fn faq_mark(id: &SiteId, faq: &FieldId, event: FaqEvent, mark: Uuid) -> Key {
    key(format!("F#{}", mark.hyphenated()), format!("{id}#{}#{faq}", event.name()))
}

#[must_use]
pub fn member(id: &SiteId, agent: AgentId) -> Key {
    key(site(id), format!("M#{agent}"))
}

/// Apart from its member: who reads a team reads no pictures.
#[must_use]
pub fn photo(id: &SiteId, photo: PhotoId) -> Key {
    key(site(id), format!("PHOTO#{photo}"))
}

#[must_use]
pub fn agent(id: AgentId) -> String {
    format!("A#{id}")
}

#[must_use]
pub fn membership(agent_id: AgentId, id: &SiteId) -> Key {
    key(agent(agent_id), format!("S#{id}"))
}

#[must_use]
pub fn person(email: &str) -> Key {
    key(format!("E#{}", hex(email.as_bytes())), "PERSON")
}

/// A site's keys, apart from what else is the site's: who may read this can speak for the shop.
#[must_use]
pub fn identity(id: &SiteId) -> String {
    format!("I#{id}")
}

/// The prefix under which a site's keys stand.
pub const IDENTITY_KEY: &str = "KEY#";

#[must_use]
pub fn identity_key(id: &SiteId, name: &KeyId) -> Key {
    key(identity(id), format!("{IDENTITY_KEY}{}", name.as_str()))
}

/// A token's own id, which is somebody's text: it goes in as a hash made with its site.
#[must_use]
pub fn token(hash: [u8; 32]) -> Key {
    key(format!("J#{}", hex(&hash)), "JTI")
}

#[must_use]
pub fn ticket(hash: [u8; 32]) -> Key {
    key(format!("TK#{}", hex(&hash)), "TICKET")
}

/// An address is somebody's text, and nobody's to read out of a key: it goes in as its hash.
#[must_use]
pub fn address(id: &SiteId, hash: [u8; 32]) -> Key {
    key(format!("AD#{id}#{}", hex(&hash)), "ADDRESS")
}

#[must_use]
pub fn mail(mail: &MailKey) -> Key {
    let sk = match mail.carries {
        Carries::Answers { after } => format!("ANSWERS#{after:012}"),
        Carries::Transcript { asked } => format!("TRANSCRIPT#{asked}"),
    };
    key(outbox(mail.conversation), sk)
}

/// What a conversation has sent by mail, and is about to.
#[must_use]
pub fn outbox(id: ConversationId) -> String {
    format!("O#{id}")
}

/// The prefix of how far agents have been told.
pub const TOLD: &str = "AGENT#";

#[must_use]
pub fn told(id: ConversationId, agent: AgentId) -> Key {
    key(outbox(id), format!("{TOLD}{agent}"))
}

/// The prefix of transcripts that are to go.
pub const ASKED: &str = "ASKED#";

#[must_use]
pub fn transcript(id: ConversationId, asked: ClientId) -> Key {
    key(outbox(id), format!("{ASKED}{asked}"))
}

/// The prefix of what agents want to be told by mail.
pub const NOTIFIED: &str = "MAIL#";

#[must_use]
pub fn notified(id: &SiteId, agent: AgentId) -> Key {
    key(site(id), format!("{NOTIFIED}{agent}"))
}

#[must_use]
pub fn tray(site: &SiteId, agent: AgentId) -> Key {
    key(format!("AM#{site}#{agent}"), "TRAY")
}

#[must_use]
pub fn reply_grant(hash: [u8; 32]) -> Key {
    key(format!("RT#{}", hex(&hash)), "TOKEN")
}

#[must_use]
pub fn mail_link(hash: [u8; 32]) -> Key {
    key(format!("ML#{}", hex(&hash)), "LINK")
}

/// What was got for a button: where links are read, none of those can be made.
#[must_use]
pub fn resumed(hash: [u8; 32]) -> Key {
    key(format!("RS#{}", hex(&hash)), "RESUMED")
}

#[must_use]
pub fn session(hash: [u8; 32]) -> Key {
    key(format!("SE#{}", hex(&hash)), "SESSION")
}

/// A counter of one window. The counted key is somebody's text: it goes in as hexadecimal.
#[must_use]
pub fn quota(name: &str, counted: &str, window: u64) -> Key {
    key(format!("N#{name}#{}", hex(counted.as_bytes())), format!("W#{window}"))
}

/// The partition of the index `inbox`.
#[must_use]
pub fn shelf(id: &SiteId, shelf: Shelf) -> String {
    match shelf {
        Shelf::Queue => format!("{id}#queue"),
        Shelf::Bot => format!("{id}#bot"),
        Shelf::Agent(agent) => format!("{id}#agent#{agent}"),
        Shelf::Closed => format!("{id}#closed"),
    }
}

#[must_use]
pub fn place(place: Place) -> String {
    format!("{:013}#{}", place.last_activity.millis(), place.conversation)
}

/// The partition of the index `deadlines`.
#[must_use]
pub fn due_shard(shard: u8) -> String {
    format!("Q#{shard}")
}

#[must_use]
pub fn due(call: Call) -> String {
    format!("{:013}#{}", call.due.millis(), call.conversation)
}

#[must_use]
pub fn read_due(text: &str) -> Option<Call> {
    let (due, conversation) = text.split_once('#')?;
    Some(Call { due: Timestamp(due.parse().ok()?), conversation: conversation.parse().ok()? })
}

/// A row of the visitors' list.
#[must_use]
pub fn visitor_row(site: &SiteId, id: VisitorId) -> Key {
    key(format!("VR#{site}#{id}"), "ROW")
}

/// That somebody looks at the visitors' list.
#[must_use]
pub fn visitors_watched(id: &SiteId) -> Key {
    key(site(id), "WATCH")
}

/// The partition of the index `deadlines` in which a site's visitors stand, in the order in which their rows were written.
#[must_use]
pub fn visitors(id: &SiteId) -> String {
    format!("VL#{id}")
}

#[must_use]
pub fn visitor_place(place: visitors::Place) -> String {
    format!("{:013}#{}", place.changed_at.millis(), place.id)
}

#[must_use]
pub fn read_visitor_place(text: &str) -> Option<visitors::Place> {
    let (at, id) = text.split_once('#')?;
    Some(visitors::Place { changed_at: Timestamp(at.parse().ok()?), id: id.parse().ok()? })
}

/// All that is known of a visitor.
#[must_use]
pub fn visitor(id: VisitorId) -> String {
    format!("V#{id}")
}

pub const VISITOR: &str = "VISITOR";

/// The marks of a page of somebody of whom nothing is stored. A bare UUID is no visitor's id.
#[must_use]
pub fn page_marks(page: PageId) -> String {
    format!("V#{}", page.0.hyphenated())
}

/// The prefix of marks.
pub const MARK: &str = "M#";

#[must_use]
pub fn mark(mark: &Mark) -> String {
    match mark {
        Mark::Page(trigger, page) => format!("{MARK}PAGE#{}#{trigger}", page.0.hyphenated()),
        Mark::Visit(trigger, visit) => format!("{MARK}VISIT#{}#{trigger}", visit.0.hyphenated()),
        Mark::Ever(trigger) => format!("{MARK}EVER#{trigger}"),
        Mark::PageTaken(page) => format!("{MARK}TAKEN#{}", page.0.hyphenated()),
        Mark::Taken => format!("{MARK}TAKEN"),
    }
}

#[must_use]
pub fn dismissed(id: VisitorId, trigger: &FieldId) -> Key {
    key(visitor(id), format!("X#{trigger}"))
}

#[must_use]
pub fn credit(id: VisitorId) -> Key {
    key(visitor(id), "CREDIT")
}

/// Apart from its visitor: who reads the one reads none of the others.
#[must_use]
pub fn order(id: VisitorId, hash: [u8; 32]) -> Key {
    key(format!("V#{id}#{}", hex(&hash)), "ORDER")
}

#[must_use]
pub fn showing(hash: [u8; 32]) -> Key {
    key(format!("SH#{}", hex(&hash)), "SHOWN")
}

#[must_use]
pub fn trial(hash: [u8; 32]) -> Key {
    key(format!("TT#{}", hex(&hash)), "TRIAL")
}

#[must_use]
pub fn results(id: &SiteId) -> String {
    format!("TR#{id}")
}

#[must_use]
pub fn result(id: &SiteId, day: &Day, trigger: &FieldId) -> Key {
    key(results(id), format!("{day}#{trigger}"))
}

#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[must_use]
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(n * 2..n * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}
