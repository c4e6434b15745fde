//! What is known of a visitor when a trigger is decided: what their browser tells, what the edge sees, what the server knows.

use super::facts::{Attributes, Cart};
use super::pattern::PageUrl;
use super::shown::Shown;
use super::{CampaignPart, Device, Identity, Office, Window};
use crate::settings::{FieldId, Language};
use crate::{AgentId, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// One opening of one page: made by the browser, new at every load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(pub Uuid);

/// A visit: pages without half an hour between them. Known only of whoever agreed to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VisitId(pub Uuid);

/// A country's code in capitals, from the edge's header: `ES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters: [u8; 2] = text.trim().as_bytes().try_into().ok()?;
        letters
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Self(letters.map(|letter| letter.to_ascii_uppercase())))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    pub page: PageView,
    pub browser: Browser,
    pub claims: Claims,
    /// `None`: the edge did not say.
    pub country: Option<Country>,
    pub memory: Memory,
    pub online: Online,
    pub chat: Chat,
    pub cart: Option<Cart>,
    pub attributes: Attributes,
    /// Reported since the page was opened.
    pub events: BTreeSet<FieldId>,
    pub shown: Shown,
    /// The trigger that the merchant tries in their own browser; the caller has checked that it is theirs.
    pub testing: Option<FieldId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageView {
    pub id: PageId,
    pub url: PageUrl,
    /// When the server heard of it first; `None` where nothing was kept of it. Time on the page is then the browser's word.
    pub viewed_at: Option<Timestamp>,
    /// Of the visit where one is remembered, otherwise of the page.
    pub referrer: Referrer,
    pub campaign: Campaign,
}

/// Where a visitor came from, in lower case; empty: they came by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Referrer(String);

impl Referrer {
    /// At most 500 characters are looked at.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.chars().take(500).collect::<String>().to_lowercase())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The five `utm_` parameters, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Campaign([Option<String>; 5]);

impl Campaign {
    /// Read off the address by which a visitor came; at most 200 characters of each.
    #[must_use]
    pub fn of(url: &PageUrl) -> Self {
        let read = |part: CampaignPart| {
            let value = url.parameter(part.parameter())?;
            Some(value.chars().take(200).collect::<String>().to_lowercase())
        };
        Self(CampaignPart::ALL.map(read))
    }

    /// As [`Campaign::parts`] gave them.
    #[must_use]
    pub const fn kept(parts: [Option<String>; 5]) -> Self {
        Self(parts)
    }

    /// In the order of [`CampaignPart::ALL`].
    #[must_use]
    pub const fn parts(&self) -> &[Option<String>; 5] {
        &self.0
    }

    #[must_use]
    pub fn get(&self, part: CampaignPart) -> Option<&str> {
        self.0[part as usize].as_deref()
    }
}

/// What the browser tells of itself. It can lie about it, to nobody's harm but its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browser {
    pub language: Option<Language>,
    pub device: Device,
    pub window: Window,
}

/// What only the browser can see, as it has measured it on this page. A claim counts for nothing that the server sees itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Claims {
    /// Looked at only where the server has kept no time of its own.
    pub on_page: Duration,
    /// The deepest, in per cent.
    pub scroll: u8,
    /// The longest on this page.
    pub idle: Duration,
    pub leaving: bool,
}

/// What may be remembered of a visitor (W7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// No consent: there is only this page.
    Nothing,
    Visit(Visit),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    pub id: VisitId,
    pub began_at: Timestamp,
    /// The present page included.
    pub pages: u32,
    /// There was a visit before this one.
    pub returning: bool,
    pub chatted_before: bool,
}

/// The shop's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Online {
    /// Open and somebody there.
    pub shop: bool,
    pub office: Office,
    /// Who is online, and neither invisible nor away.
    pub agents: BTreeSet<AgentId>,
    /// Groups with an agent of those.
    pub groups: BTreeSet<FieldId>,
}

/// The visitor as a shopper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chat {
    pub identity: Identity,
    /// By the site's visibility (W2).
    pub may_chat: bool,
    /// A conversation is open.
    pub open: bool,
}
