//! Who is on the site, as dashboards are told (V1), and writing to them first (V2). What a page claims of its visitor (page, title,
//! referrer, cart, attributes) is text that nobody vouches for.

use crate::triggers::DeviceName;
use crate::wire;
use domain::triggers::facts::Line;
use domain::triggers::{Country, Currency, Window};
use domain::visitors::{Browser, Invited, Row, Step, System};
use domain::{ClientId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Agents: who is on the site. Answered by `visitors` frames. A dashboard asks every 2 s at most, and only while somebody looks at the list; while
/// somebody asks, visible pages of the shop give signs of life.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[ts(rename = "AskVisitors")]
pub struct Ask {
    /// The cursor of the last frame: what has changed since. Without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub after: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Rows that have changed, the earliest change first. A row that is known with the same or a later `changed_at` is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct Visitors {
    /// The frame that asked.
    pub r#ref: String,
    /// Whether the site has its list switched on. Off: no rows, and none to come.
    pub live: bool,
    /// The server's time: `last_seen` and `left_at` are compared with it.
    pub at: u64,
    pub rows: Vec<VisitorRow>,
    /// To ask with next time.
    pub cursor: String,
    /// These are all that there are: what is known besides is to be dropped.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub reset: bool,
    /// Another frame follows, unasked.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub more: bool,
    /// There is more than one answer holds: ask again at once.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub again: bool,
}

/// A visitor in the list. Listed until 30 minutes after `last_seen`, or a minute after leaving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct VisitorRow {
    pub id: String,
    /// Moves with every change.
    pub changed_at: u64,
    pub last_seen: u64,
    pub first_seen: u64,
    /// Visits, this one included.
    pub visits: u32,
    /// Pages of this visit.
    pub pages: u32,
    pub url: String,
    pub title: String,
    /// Since when that page.
    pub viewed_at: u64,
    /// Host and path of another site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub referrer: Option<String>,
    /// Two letters, from the edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub language: Option<String>,
    pub device: DeviceName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub system: Option<SystemName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub browser: Option<BrowserName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cart: Option<CartTotal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub shopper_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// The shop vouches for who this is.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub verified: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub chatted_before: bool,
    /// The conversation that they have open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub chatting: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub window_open: bool,
    /// Has put away, in this visit, what the shop said first.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub dismissed: bool,
    /// Has closed the shop's page. Not gone before some seconds are over: the next page may follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub left_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub invitation: Option<InvitationSeen>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct CartTotal {
    /// In hundredths of the currency's unit.
    pub value: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub currency: Option<String>,
    pub pieces: i64,
}

/// What has become of writing to a visitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct InvitationSeen {
    pub id: String,
    pub agent_id: String,
    pub agent_name: String,
    pub at: u64,
    pub state: InvitationState,
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident = $rule:ident: $($(#[$variant_doc:meta])* $variant:ident),*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl From<$rule> for $name {
            fn from(rule: $rule) -> Self {
                match rule {
                    $($rule::$variant => Self::$variant,)*
                }
            }
        }
    };
}

named! {
    SystemName = System: Windows, MacOs, Ios, Android, ChromeOs, Linux
}
named! {
    BrowserName = Browser: Edge, Opera, Samsung, Firefox, Chrome, Safari
}
named! {
    InvitationState = Invited:
    /// For the visitor's next sign of life, a minute at most.
    Waiting,
    Shown,
    Opened,
    /// The conversation has begun.
    Answered,
    Dismissed,
    /// Not taken: the visitor had left, or was chatting already. Nothing was kept.
    Gone
}

/// `GET /v1/agent/sites/{site}/visitors/{visitor}`: all that is known of somebody who is on the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct VisitorDetail {
    pub at: u64,
    pub row: VisitorRow,
    /// The last 20 pages, the present one last.
    pub path: Vec<PageVisited>,
    /// The first 10 lines. A page can invent them.
    pub cart_lines: Vec<CartLine>,
    /// A page can invent these too.
    pub attributes: Vec<VisitorAttribute>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct PageVisited {
    pub url: String,
    pub title: String,
    pub at: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct CartLine {
    pub number: String,
    pub name: String,
    pub pieces: i64,
    /// Of one piece, in hundredths.
    pub price: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct VisitorAttribute {
    pub name: String,
    pub value: String,
}

/// `POST /v1/agent/sites/{site}/visitors/{visitor}/invitations`: write to somebody who is on the site. The same again with the same `id` is harmless.
/// Refused as `visitor_left`, `visitor_chatting`, `visitor_dismissed`, and as `taken` where a colleague was quicker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct NewInvitation {
    #[serde(with = "wire")]
    #[ts(type = "string")]
    #[schemars(with = "String")]
    pub id: ClientId,
    /// 1 to 1,000 characters.
    pub text: String,
}

/// It waits for the visitor's next sign of life; the list tells what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
pub struct InvitationAnswer {
    pub invitation: InvitationSeen,
}

/// `row` as of `now`.
#[must_use]
pub fn row(row: &Row, now: Timestamp) -> VisitorRow {
    let current = row.current();
    VisitorRow {
        id: row.id.to_string(),
        changed_at: row.changed_at.millis(),
        last_seen: row.last_seen.millis(),
        first_seen: row.first_seen.millis(),
        visits: row.visits,
        pages: row.pages,
        url: current.url.clone(),
        title: current.title.clone(),
        viewed_at: row.viewed_at.millis(),
        referrer: row.referrer.clone(),
        country: row.country.as_ref().map(Country::as_str).map(str::to_owned),
        language: row.language.clone(),
        device: row.device.into(),
        system: row.system.map(Into::into),
        browser: row.browser.map(Into::into),
        cart: row.cart.as_ref().map(|cart| CartTotal {
            value: cart.value,
            currency: cart.currency.as_ref().map(Currency::as_str).map(str::to_owned),
            pieces: cart.pieces,
        }),
        shopper_id: row.shopper.map(|id| id.to_string()),
        name: row.name.clone(),
        verified: row.shopper.is_some_and(domain::ShopperId::is_verified),
        chatted_before: row.chatted_before,
        chatting: row.chatting.map(|id| id.to_string()),
        window_open: row.window == Window::Open,
        dismissed: row.dismissed,
        left_at: row.left_at.map(Timestamp::millis),
        invitation: invitation(row, now),
    }
}

/// What has become of the invitation that `row` bears.
#[must_use]
pub fn invitation(row: &Row, now: Timestamp) -> Option<InvitationSeen> {
    let invitation = row.invitation.as_ref()?;
    Some(InvitationSeen {
        id: invitation.id.to_string(),
        agent_id: invitation.agent.to_string(),
        agent_name: invitation.agent_name.clone(),
        at: invitation.at.millis(),
        state: row.invited(now)?.into(),
    })
}

/// Everything of `row` as of `now`.
#[must_use]
pub fn detail(of: &Row, now: Timestamp) -> VisitorDetail {
    let step =
        |step: &Step| PageVisited { url: step.url.clone(), title: step.title.clone(), at: step.at.millis() };
    let line = |line: &Line| CartLine {
        number: line.number.clone(),
        name: line.name.clone(),
        pieces: line.pieces,
        price: line.price,
    };
    let attribute =
        |(name, value): &(String, String)| VisitorAttribute { name: name.clone(), value: value.clone() };
    VisitorDetail {
        at: now.millis(),
        row: row(of, now),
        path: of.path.iter().map(step).collect(),
        cart_lines: of.cart.iter().flat_map(|cart| &cart.lines).map(line).collect(),
        attributes: of.attributes.iter().map(attribute).collect(),
    }
}
