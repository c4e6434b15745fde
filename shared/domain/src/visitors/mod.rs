//! Who is on the site (V1), and writing to them first (V2): what a row of the visitors' list says, how it follows what a
//! page reports, when somebody is here, idle or gone.
//!
//! Of whoever has not agreed to be remembered (W7) there is no row. What a page says of its visitor is text: cleaned, cut to
//! limits, shown as unverified (A18), and decides nothing.

mod clean;
mod follow;
mod invitation;
mod software;

pub use clean::{address, line, referrer};
pub use follow::{Followed, Sighting, What, follow};
pub use invitation::{Invitation, Invited, Refused, Wish, invite};
pub use software::{Browser, System, software};

use crate::triggers::facts::Line;
use crate::triggers::{Country, Currency, Device, PageId, Window};
use crate::{ConversationId, ShopperId, SiteId, Timestamp, VisitorId};
use std::time::Duration;

/// A visitor is listed for this long after the last sign of life.
pub const LISTED: Duration = Duration::from_secs(30 * 60);
/// *Here* for this long after it; then *idle*.
pub const HERE: Duration = Duration::from_secs(2 * 60);
/// A page that closes is as a rule followed by the next one: only after this has the visitor left.
pub const LEAVING: Duration = Duration::from_secs(5);
/// Whoever has left is listed for this long, so that the row does not vanish under somebody's eyes.
pub const LEFT_LISTED: Duration = Duration::from_secs(60);
/// While somebody looks at the list, visible pages give a sign of life this often.
pub const BEAT: Duration = Duration::from_secs(30);
/// A sign of life that shows nothing new is written down when the last one is this old, and costs a reading before.
pub const NOTED: Duration = Duration::from_secs(45);
/// That somebody looks is remembered for this long, and renewed when less than [`WATCH_RENEWED`] of it is left.
pub const WATCHED: Duration = Duration::from_secs(60);
pub const WATCH_RENEWED: Duration = Duration::from_secs(40);
/// An index may be behind by this much: who asks for what has changed is given as much again, and drops what is known.
pub const OVERLAP: Duration = Duration::from_secs(3);
/// Pages of the path that are kept.
pub const MAX_PATH: usize = 20;
/// Lines of the cart that agents see.
pub const MAX_CART_LINES: usize = 10;
/// Characters of an address, a title, a referrer, and of addresses and titles that have been left.
pub const MAX_ADDRESS: usize = 500;
pub const MAX_TITLE: usize = 120;
pub const MAX_REFERRER: usize = 200;
pub const MAX_PAST: usize = 160;
/// Characters of an attribute's value and of a product's name, as agents see them.
pub const MAX_CLAIM: usize = 100;

/// One page of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub url: String,
    pub title: String,
    pub at: Timestamp,
}

/// A cart as the page tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartSeen {
    /// In hundredths of the currency's unit.
    pub value: i64,
    pub currency: Option<Currency>,
    pub pieces: i64,
    /// The first [`MAX_CART_LINES`].
    pub lines: Vec<Line>,
}

/// A row of the list. Never more than some 10 KB, as a rule less than one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: VisitorId,
    pub site: SiteId,
    /// When this row was written: moves with every writing, also within one millisecond. The newest counts, and the list is in its order.
    pub changed_at: Timestamp,
    pub last_seen: Timestamp,
    pub first_seen: Timestamp,
    /// Visits, this one included.
    pub visits: u32,
    /// Pages of this visit.
    pub pages: u32,
    /// The page that they look at, and since when.
    pub page: PageId,
    pub viewed_at: Timestamp,
    /// The last [`MAX_PATH`] pages, the present one last; never empty.
    pub path: Vec<Step>,
    /// From where this visit came; `None`: by itself, or from a page of the shop.
    pub referrer: Option<String>,
    pub country: Option<Country>,
    /// A language tag, as the browser tells it.
    pub language: Option<String>,
    pub device: Device,
    pub system: Option<System>,
    pub browser: Option<Browser>,
    pub cart: Option<CartSeen>,
    /// Name and value.
    pub attributes: Vec<(String, String)>,
    /// The shopper that this browser is, if it has a session.
    pub shopper: Option<ShopperId>,
    pub name: Option<String>,
    pub chatted_before: bool,
    pub chatting: Option<ConversationId>,
    pub window: Window,
    /// Has put away what the shop said first, in this visit.
    pub dismissed: bool,
    pub left_at: Option<Timestamp>,
    pub invitation: Option<Invitation>,
}

/// A place in the order in which rows were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub changed_at: Timestamp,
    pub id: VisitorId,
}

impl Place {
    #[must_use]
    pub const fn of(row: &Row) -> Self {
        Self { changed_at: row.changed_at, id: row.id }
    }

    /// Before everything that is written at `at`.
    #[must_use]
    pub const fn before(at: Timestamp) -> Self {
        Self { changed_at: at, id: VisitorId(uuid::Uuid::nil()) }
    }
}

/// Rows in the order in which they were written, and how far that goes: `None`, there is nothing beyond.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    pub rows: Vec<Row>,
    pub through: Option<Place>,
}

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    Here,
    Idle,
    /// Has closed the shop's last page, a moment ago.
    Left,
    /// No longer listed.
    Over,
}

impl Row {
    /// What they look at.
    #[must_use]
    pub fn current(&self) -> &Step {
        static NOWHERE: Step = Step { url: String::new(), title: String::new(), at: Timestamp(0) };
        self.path.last().unwrap_or(&NOWHERE)
    }

    #[must_use]
    pub fn presence(&self, now: Timestamp) -> Presence {
        let silent = now.since(self.last_seen);
        match self.left_at.map(|at| now.since(at)) {
            Some(gone) if gone >= LEAVING + LEFT_LISTED => Presence::Over,
            Some(gone) if gone >= LEAVING => Presence::Left,
            _ if silent >= LISTED => Presence::Over,
            _ if silent >= HERE => Presence::Idle,
            _ => Presence::Here,
        }
    }

    /// When it may be swept away. Longer than it is listed for who has left: coming back continues the path.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        self.last_seen.plus(LISTED)
    }

    /// What has become of the invitation by now.
    #[must_use]
    pub fn invited(&self, now: Timestamp) -> Option<Invited> {
        let gone = matches!(self.presence(now), Presence::Left | Presence::Over);
        self.invitation.as_ref().map(|invitation| invitation.stands(gone, now))
    }
}

#[cfg(test)]
mod tests;
