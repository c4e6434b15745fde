//! How a row follows what a page reports.

use super::{
    CartSeen, Invitation, Invited, MAX_ADDRESS, MAX_CART_LINES, MAX_CLAIM, MAX_PAST, MAX_PATH, MAX_TITLE,
    NOTED, Presence, Row, Step, address, line, referrer, software,
};
use crate::triggers::facts::{Attribute, Attributes, Cart, Line};
use crate::triggers::{Country, Device, PageId, Window};
use crate::{ConversationId, ShopperId, SiteId, Timestamp, VisitorId};

/// What is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A page was opened.
    View,
    /// A sign of life, an event, a condition that was met.
    Beat,
    /// What the shop said first was opened, or put away.
    Opened,
    Dismissed,
    /// The page was closed.
    Leave,
}

/// A report, with what the server knows of who sends it. Texts are as they came.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    pub id: VisitorId,
    pub site: &'a SiteId,
    pub what: What,
    pub page: PageId,
    pub url: &'a str,
    pub title: &'a str,
    pub referrer: &'a str,
    pub language: Option<&'a str>,
    /// `None`: this door does not tell; what is known stays.
    pub user_agent: Option<&'a str>,
    pub country: Option<Country>,
    pub device: Device,
    pub window: Window,
    pub cart: Option<&'a Cart>,
    pub attributes: &'a Attributes,
    pub first_seen: Timestamp,
    /// Visits, this one included.
    pub visits: u32,
    pub shopper: Option<ShopperId>,
    pub name: Option<&'a str>,
    pub chatted_before: bool,
    pub chatting: Option<ConversationId>,
}

/// What follows from a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Followed {
    /// To be written; `None`: nothing that anybody would see has changed.
    pub row: Option<Row>,
    /// To be shown on the reporting page, once `row` is written (or, on a page more, as it stands).
    pub deliver: Option<Invitation>,
}

/// Later than every earlier writing of the row.
pub(super) fn after(row: &Row, now: Timestamp) -> Timestamp {
    now.max(Timestamp(row.changed_at.0 + 1))
}

/// The row after a report. `before` is what stands, ended or not.
#[must_use]
pub fn follow(before: Option<&Row>, seen: &Sighting<'_>, now: Timestamp) -> Followed {
    let known = before.filter(|row| now.since(row.last_seen) < super::LISTED);
    let Some(known) = known else {
        // A last word of somebody who is not listed.
        if seen.what == What::Leave {
            return Followed::default();
        }
        let row = arrive(seen, now, before.map_or(now, |row| after(row, now)));
        return Followed { row: Some(row), deliver: None };
    };
    if seen.what == What::Leave {
        // Another page may have been opened since; and a second word says nothing new.
        let leaves = seen.page == known.page && known.left_at.is_none();
        let row = leaves.then(|| Row { left_at: Some(now), changed_at: after(known, now), ..known.clone() });
        return Followed { row, deliver: None };
    }
    let mut row = if seen.visits > known.visits {
        arrive(seen, now, known.changed_at)
    } else {
        go_on(known, seen, now)
    };
    row.invitation.clone_from(&known.invitation);
    let deliver = take_along(&mut row, known.invited(now), seen, now);
    let quiet = Row { last_seen: known.last_seen, ..row.clone() } == *known;
    if quiet && now.since(known.last_seen) < NOTED {
        return Followed { row: None, deliver };
    }
    row.changed_at = after(known, now);
    Followed { row: Some(row), deliver }
}

fn arrive(seen: &Sighting<'_>, now: Timestamp, changed_at: Timestamp) -> Row {
    let (system, browser) = seen.user_agent.map_or((None, None), software);
    Row {
        id: seen.id,
        site: seen.site.clone(),
        changed_at,
        last_seen: now,
        first_seen: seen.first_seen,
        visits: seen.visits.max(1),
        pages: 1,
        page: seen.page,
        viewed_at: now,
        path: vec![step(seen, now)],
        referrer: referrer(seen.referrer, seen.url),
        country: seen.country,
        language: seen.language.map(|language| line(language, 35)),
        device: seen.device,
        system,
        browser,
        cart: seen.cart.map(glance),
        attributes: claims(seen.attributes),
        shopper: seen.shopper,
        name: seen.name.map(|name| line(name, crate::text::MAX_NAME_CHARS)),
        chatted_before: seen.chatted_before,
        chatting: seen.chatting,
        window: seen.window,
        dismissed: seen.what == What::Dismissed,
        left_at: None,
        invitation: None,
    }
}

fn go_on(known: &Row, seen: &Sighting<'_>, now: Timestamp) -> Row {
    let fresh = arrive(seen, now, known.changed_at);
    let mut row = Row {
        pages: known.pages,
        page: known.page,
        viewed_at: known.viewed_at,
        path: known.path.clone(),
        referrer: known.referrer.clone(),
        first_seen: known.first_seen,
        visits: known.visits,
        country: fresh.country.or(known.country),
        language: fresh.language.clone().or_else(|| known.language.clone()),
        system: fresh.system.or(known.system),
        browser: fresh.browser.or(known.browser),
        dismissed: known.dismissed || fresh.dismissed,
        // A report that tells of none leaves what was told: an emptied cart is one without lines.
        cart: fresh.cart.clone().or_else(|| known.cart.clone()),
        attributes: if fresh.attributes.is_empty() {
            known.attributes.clone()
        } else {
            fresh.attributes.clone()
        },
        ..fresh.clone()
    };
    let opened = seen.what == What::View && seen.page != known.page;
    // Of several tabs the one that was opened last is shown; another only once that one was closed.
    if opened || (seen.page != known.page && known.left_at.is_some()) {
        row.page = seen.page;
        row.viewed_at = now;
        row.pages = known.pages.saturating_add(u32::from(opened));
        walk(&mut row.path, step(seen, now));
    } else if seen.page == known.page {
        // The title may come later than the page.
        let step = step(seen, now);
        if let Some(last) = row.path.last_mut().filter(|last| last.url == step.url) {
            last.title = step.title;
        } else {
            walk(&mut row.path, step);
        }
    } else {
        // A tab in the background tells nothing of the one in front.
        row.cart.clone_from(&known.cart);
        row.attributes.clone_from(&known.attributes);
        row.window = known.window;
    }
    row
}

fn walk(path: &mut Vec<Step>, step: Step) {
    if let Some(last) = path.last_mut() {
        if last.url == step.url {
            last.title = step.title;
            return;
        }
        *last = Step { url: line(&last.url, MAX_PAST), title: line(&last.title, MAX_PAST / 2), at: last.at };
    }
    path.push(step);
    let too_many = path.len().saturating_sub(MAX_PATH);
    path.drain(..too_many);
}

fn step(seen: &Sighting<'_>, at: Timestamp) -> Step {
    Step { url: address(seen.url, MAX_ADDRESS), title: line(seen.title, MAX_TITLE), at }
}

fn glance(cart: &Cart) -> CartSeen {
    let short = |line_: &Line| Line {
        number: line(&line_.number, MAX_CLAIM / 2),
        name: line(&line_.name, MAX_CLAIM),
        ..line_.clone()
    };
    CartSeen {
        value: cart.value,
        currency: cart.currency,
        pieces: cart.pieces,
        lines: cart.lines().iter().take(MAX_CART_LINES).map(short).collect(),
    }
}

fn claims(attributes: &Attributes) -> Vec<(String, String)> {
    let text = |attribute: &Attribute| match attribute {
        Attribute::Text { text, .. } => line(text, MAX_CLAIM),
        Attribute::Number(_) | Attribute::Flag(_) => attribute.lower().into_owned(),
    };
    attributes.0.iter().map(|(key, value)| (key.to_string(), text(value))).collect()
}

/// Moves the invitation on, and says whether it is to be shown here. `was`: what had become of it before this report. Who had
/// left is told nothing on coming back: the agent has read that they are gone.
fn take_along(
    row: &mut Row,
    was: Option<Invited>,
    seen: &Sighting<'_>,
    now: Timestamp,
) -> Option<Invitation> {
    let (invitation, was) = row.invitation.take().zip(was)?;
    let (next, deliver) = match (was, seen.what) {
        (Invited::Waiting, _) if row.chatting.is_some() => (invitation.into(Invited::Gone), false),
        (Invited::Waiting, _) if row.dismissed => (invitation.into(Invited::Gone), false),
        (Invited::Shown | Invited::Opened, _) if row.chatting.is_some() => {
            (invitation.into(Invited::Answered), false)
        }
        (Invited::Shown, What::Opened) => (invitation.into(Invited::Opened), false),
        (Invited::Shown | Invited::Opened, What::Dismissed) => (invitation.into(Invited::Dismissed), false),
        (Invited::Waiting | Invited::Shown, _) if invitation.due(seen.what == What::View, now) => {
            let shown_at = invitation.shown_at.or(Some(now));
            (Invitation { shown_at, ..invitation.into(Invited::Shown) }, true)
        }
        _ => (invitation.into(was), false),
    };
    debug_assert!(row.presence(now) != Presence::Over, "whoever reports is there");
    row.invitation = Some(next.clone());
    deliver.then_some(next)
}
