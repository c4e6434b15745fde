//! SES and the people at the other end: what functions send lands in mailboxes here, and what people answer from there comes
//! back through the template's receipt rules. No mail ever leaves the machine.
//!
//! `wire` speaks the protocol of the SDK, `send` decides what SES would take and delivers it, `events` tells of it, `receive`
//! takes mail in, `compose` writes what people write, `message` reads mail.

mod compose;
mod events;
mod message;
mod receive;
mod send;
mod wire;

pub use compose::{Auto, Order, Quote};
pub(crate) use message::{Attachment, Message};
pub use receive::{Inbound, Received};
pub(crate) use receive::{again, announce, receive};
pub(crate) use wire::handle;

use crate::World;
use crate::template::PostSpec;
use anyhow::{Context, Result};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

const DAY_MS: u64 = 86_400_000;

/// A mail as it lies in somebody's mailbox: received there, or written there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mail {
    pub id: u64,
    /// Whose it is: an address in small letters.
    pub mailbox: String,
    /// Whether the mailbox's owner wrote it.
    pub outgoing: bool,
    /// Milliseconds since 1970, by the platform's clock.
    pub at_ms: u64,
    /// As the header says it: `Ana <ana@example.com>`.
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    /// How its text begins.
    pub preview: String,
    /// The id that SES gave it, as `SendEmail` answered, or under which it was stored when it came in.
    pub message_id: String,
    pub envelope_from: String,
    /// All whom it was sent to, whoever the header names.
    pub recipients: Vec<String>,
    pub configuration_set: Option<String>,
    /// Message tags of the sender.
    pub tags: BTreeMap<String, String>,
    pub unread: bool,
    pub state: MailState,
    pub size: usize,
    /// Files that it carries, pictures of its text not counted.
    pub attachments: usize,
    #[serde(skip)]
    raw: Arc<[u8]>,
}

impl Mail {
    /// The whole mail, as it arrived.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum MailState {
    Delivered,
    /// It came back: for ever, or for now.
    Bounced {
        permanent: bool,
    },
    /// Its reader called it spam.
    Complained,
    /// SES took it and did not deliver it, for that address has bounced or complained before.
    Suppressed,
    /// Receipt rules took it, by their names.
    Received {
        rules: Vec<String>,
        object: Option<String>,
    },
    /// The receiving side said no.
    Refused {
        why: String,
    },
}

/// What the receiving side found out about a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Verdicts {
    pub spam: Verdict,
    pub virus: Verdict,
    pub spf: Verdict,
    pub dkim: Verdict,
    pub dmarc: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    Pass,
    Fail,
    /// There is nothing to judge by: no policy, no signature.
    Gray,
    ProcessingFailed,
}

impl Default for Verdicts {
    fn default() -> Self {
        let pass = Verdict::Pass;
        Self { spam: pass, virus: pass, spf: pass, dkim: pass, dmarc: pass }
    }
}

impl Verdicts {
    /// Of a mail that only says from whom it is.
    #[must_use]
    pub fn forged() -> Self {
        Self { spf: Verdict::Fail, dkim: Verdict::Fail, dmarc: Verdict::Fail, ..Self::default() }
    }

    /// Of a mail from a domain that publishes nothing to judge by.
    #[must_use]
    pub fn unsigned() -> Self {
        Self { spf: Verdict::Gray, dkim: Verdict::Gray, dmarc: Verdict::Gray, ..Self::default() }
    }
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Gray => "GRAY",
            Self::ProcessingFailed => "PROCESSING_FAILED",
        }
    }
}

/// How a mail comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounce {
    /// There is no such mailbox.
    Permanent,
    /// It is full, or its server was away for too long.
    Transient,
}

/// What the account may do; by default a production account whose rate is not enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// In the sandbox mail goes to verified addresses only.
    pub sandbox: bool,
    pub per_day: u64,
    /// 0: as fast as one likes.
    pub per_second: u64,
}

impl Quota {
    pub const PRODUCTION: Self = Self { sandbox: false, per_day: 50_000, per_second: 0 };
    pub const SANDBOX: Self = Self { sandbox: true, per_day: 200, per_second: 1 };
}

/// An address with how many mails it has.
#[derive(Debug, Clone, Serialize)]
pub struct Mailbox {
    pub address: String,
    pub mails: usize,
    pub unread: usize,
    pub latest_ms: u64,
}

/// A function, and the event that it was told.
type Told = (String, Vec<u8>);

pub(crate) struct Post {
    spec: PostSpec,
    mails: Mutex<BTreeMap<u64, Mail>>,
    changed: watch::Sender<u64>,
    /// Identities whose records are not in the DNS yet.
    unverified: Mutex<BTreeSet<String>>,
    /// Addresses that SES does not deliver to any more, and why: `BOUNCE` or `COMPLAINT`.
    suppressed: Mutex<BTreeMap<String, String>>,
    quota: Mutex<Quota>,
    /// When mails were sent, by the platform's clock: the last day's.
    sent: Mutex<VecDeque<u64>>,
    /// What functions were told of a mail that came in, for who wants them told again.
    told: Mutex<BTreeMap<u64, Vec<Told>>>,
    file: Option<Mutex<Connection>>,
}

impl Post {
    pub(crate) fn open(spec: &PostSpec, data: Option<&Path>) -> Result<Self> {
        let (mut file, mut mails) = (None, BTreeMap::new());
        if let Some(table) = data {
            let path = table.with_extension("mails.db");
            let opened = Connection::open(&path)
                .and_then(|file| {
                    file.execute_batch(
                        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
                         CREATE TABLE IF NOT EXISTS mails (id INTEGER PRIMARY KEY, mail TEXT NOT NULL, raw BLOB NOT NULL);",
                    )?;
                    mails = load(&file)?;
                    Ok(file)
                })
                .with_context(|| format!("cannot open the mails' data at {}", path.display()))?;
            file = Some(Mutex::new(opened));
        }
        Ok(Self {
            spec: spec.clone(),
            mails: Mutex::new(mails),
            changed: watch::Sender::new(0),
            unverified: Mutex::default(),
            suppressed: Mutex::default(),
            quota: Mutex::new(Quota::PRODUCTION),
            sent: Mutex::default(),
            told: Mutex::default(),
            file,
        })
    }

    /// Lays a mail into a mailbox; its number there.
    fn lay(&self, mail: Mail) -> u64 {
        let mut mails = self.mails.lock().expect("no holder panics");
        let id = mails.last_key_value().map_or(1, |(last, _)| last + 1);
        let mail = Mail { id, ..mail };
        self.keep(&mail, true);
        mails.insert(id, mail);
        drop(mails);
        self.stir();
        id
    }

    pub(crate) fn get(&self, id: u64) -> Option<Mail> {
        self.mails.lock().expect("no holder panics").get(&id).cloned()
    }

    /// All of them, latest first.
    pub(crate) fn all(&self) -> Vec<Mail> {
        self.mails.lock().expect("no holder panics").values().rev().cloned().collect()
    }

    pub(crate) fn change(&self, id: u64, change: impl FnOnce(&mut Mail)) {
        let mut mails = self.mails.lock().expect("no holder panics");
        if let Some(mail) = mails.get_mut(&id) {
            change(mail);
            self.keep(mail, false);
        }
        drop(mails);
        self.stir();
    }

    /// Throws a mailbox's mails away; how many.
    pub(crate) fn empty(&self, mailbox: &str) -> usize {
        let mut mails = self.mails.lock().expect("no holder panics");
        let before = mails.len();
        mails.retain(|id, mail| {
            let stays = mail.mailbox != mailbox;
            if let (false, Some(file)) = (stays, &self.file) {
                let file = file.lock().expect("no holder panics");
                // What cannot be deleted is there again after a restart, no worse.
                let _ = file.execute("DELETE FROM mails WHERE id = ?1", [id.cast_signed()]);
            }
            stays
        });
        let gone = before - mails.len();
        drop(mails);
        self.stir();
        gone
    }

    pub(crate) fn mailboxes(&self) -> Vec<Mailbox> {
        let mut boxes = BTreeMap::<String, Mailbox>::new();
        for mail in self.mails.lock().expect("no holder panics").values() {
            let one = boxes.entry(mail.mailbox.clone()).or_insert_with(|| Mailbox {
                address: mail.mailbox.clone(),
                mails: 0,
                unread: 0,
                latest_ms: 0,
            });
            one.mails += 1;
            one.unread += usize::from(mail.unread);
            one.latest_ms = one.latest_ms.max(mail.at_ms);
        }
        let mut boxes: Vec<Mailbox> = boxes.into_values().collect();
        boxes.sort_by(|a, b| b.latest_ms.cmp(&a.latest_ms).then_with(|| a.address.cmp(&b.address)));
        boxes
    }

    /// Tells who watches that something is different.
    pub(crate) fn stir(&self) {
        self.changed.send_modify(|change| *change += 1);
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(crate) fn spec(&self) -> &PostSpec {
        &self.spec
    }

    /// The identity that vouches for the address: the address itself, its domain, or a domain above that.
    fn identity_of(&self, address: &str) -> Option<&crate::template::IdentitySpec> {
        let address = address.to_lowercase();
        let find = |name: &str| self.spec.identities.iter().find(|identity| identity.name == name);
        if let Some(own) = find(&address) {
            return Some(own);
        }
        let mut domain = address.rsplit_once('@')?.1;
        loop {
            if let Some(identity) = find(domain) {
                return Some(identity);
            }
            domain = domain.split_once('.')?.1;
        }
    }

    pub(crate) fn is_verified(&self, identity: &str) -> bool {
        !self.unverified.lock().expect("no holder panics").contains(identity)
    }

    pub(crate) fn set_verified(&self, identity: &str, verified: bool) {
        let mut unverified = self.unverified.lock().expect("no holder panics");
        if verified {
            unverified.remove(&identity.to_lowercase());
        } else {
            unverified.insert(identity.to_lowercase());
        }
        drop(unverified);
        self.stir();
    }

    pub(crate) fn quota(&self) -> Quota {
        *self.quota.lock().expect("no holder panics")
    }

    pub(crate) fn set_quota(&self, quota: Quota) {
        *self.quota.lock().expect("no holder panics") = quota;
        self.stir();
    }

    /// Whether SES would still deliver there; with `None` it forgets what it held against the address.
    pub(crate) fn suppress(&self, address: &str, reason: Option<&str>) {
        let mut suppressed = self.suppressed.lock().expect("no holder panics");
        match reason {
            Some(reason) => suppressed.insert(address.to_lowercase(), reason.to_owned()),
            None => suppressed.remove(&address.to_lowercase()),
        };
        drop(suppressed);
        self.stir();
    }

    pub(crate) fn suppressed(&self) -> BTreeMap<String, String> {
        self.suppressed.lock().expect("no holder panics").clone()
    }

    fn keep(&self, mail: &Mail, new: bool) {
        let Some(file) = &self.file else { return };
        let text = serde_json::to_string(mail).unwrap_or_default();
        let file = file.lock().expect("no holder panics");
        // A file that cannot be written is no reason to lose what memory still holds.
        let _ = if new {
            file.execute(
                "INSERT OR REPLACE INTO mails VALUES (?1, ?2, ?3)",
                params![mail.id.cast_signed(), text, mail.raw()],
            )
        } else {
            file.execute("UPDATE mails SET mail = ?2 WHERE id = ?1", params![mail.id.cast_signed(), text])
        };
    }
}

fn load(file: &Connection) -> rusqlite::Result<BTreeMap<u64, Mail>> {
    let mut query = file.prepare("SELECT mail, raw FROM mails")?;
    let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let mut mails = BTreeMap::new();
    for row in rows {
        let (text, raw) = row?;
        if let Ok(mail) = serde_json::from_str::<Mail>(&text) {
            mails.insert(mail.id, Mail { raw: raw.into(), ..mail });
        }
    }
    Ok(mails)
}

/// The recipient's server sends it back, now or (`Transient`) after SES has tried for long enough.
pub(crate) fn bounce(world: &Arc<World>, id: u64, how: Bounce) -> bool {
    let Some(mail) = world.post.get(id).filter(|mail| !mail.outgoing) else { return false };
    if how == Bounce::Permanent && suppresses(world, &mail, "BOUNCE") {
        world.post.suppress(&mail.mailbox, Some("BOUNCE"));
    }
    world.post.change(id, |mail| mail.state = MailState::Bounced { permanent: how == Bounce::Permanent });
    events::bounced(world, &mail, how);
    true
}

/// Its reader presses *spam*.
pub(crate) fn complain(world: &Arc<World>, id: u64) -> bool {
    let Some(mail) = world.post.get(id).filter(|mail| !mail.outgoing) else { return false };
    if suppresses(world, &mail, "COMPLAINT") {
        world.post.suppress(&mail.mailbox, Some("COMPLAINT"));
    }
    world.post.change(id, |mail| mail.state = MailState::Complained);
    events::complained(world, &mail);
    true
}

/// Whether the account's list takes the address up for that reason: for both, unless the configuration set says otherwise.
fn suppresses(world: &World, mail: &Mail, reason: &str) -> bool {
    let set = mail.configuration_set.as_deref();
    world
        .post
        .spec
        .sets
        .iter()
        .find(|known| set == Some(known.name.as_str()))
        .and_then(|set| set.suppressed_reasons.as_ref())
        .is_none_or(|reasons| reasons.iter().any(|one| one == reason))
}

/// Somebody writes from their mailbox: an answer to a mail there, or a new one.
///
/// # Errors
/// What is wrong with the order, in a sentence.
pub(crate) fn write(world: &Arc<World>, order: &Order) -> Result<Received, String> {
    let answered = match order.answers {
        Some(id) => Some(world.post.get(id).ok_or_else(|| format!("there is no mail {id}"))?),
        None => None,
    };
    let inbound = compose::compose(order, answered.as_ref(), world.clock.now_ms())?;
    Ok(receive(world, inbound))
}
