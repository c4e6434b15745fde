//! Who is on the site (V1): rows follow what pages report, dashboards that show the list ask what has changed. Writing first to somebody who
//! is there (V2).
//!
//! Nobody is pushed to: a function that answers a page view cannot wait for others to come, so as to tell of them together. A dashboard that
//! shows the list asks every two seconds, and a list that nobody looks at costs nothing but its rows.

use crate::{Engine, Failure};
use domain::connection::{Connection, Identity};
use domain::people::Member;
use domain::ports::{Environment, Push, Store};
use domain::rate::{INVITATIONS_PER_AGENT, Quota};
use domain::text::{MessageText, TextError};
use domain::visitors::{
    BEAT, Followed, Invitation, LEAVING, LEFT_LISTED, LISTED, OVERLAP, Place, Presence, Refused, Row,
    Sighting, WATCH_RENEWED, WATCHED, Wish, follow, invite,
};
use domain::{ClientId, SiteId, Timestamp, VisitorId};
use protocol::ServerFrame;
use protocol::error::{ErrorCode, ParseError};
use protocol::visitors::{
    Ask, InvitationSeen, NewInvitation, VisitorDetail, VisitorRow, Visitors, detail, invitation, row,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Rows in one answer: some fifteen frames.
const MOST_ROWS: usize = 1_000;
/// Characters of what an agent writes first: as in a trigger's message.
const MAX_INVITATION: usize = 1_000;
/// Tries of a row that several of a visitor's tabs write at once.
const MOST_OVERTAKEN: u32 = 4;
/// For this long a process believes what it has read of who looks.
const WATCH_KNOWN: Duration = Duration::from_secs(5);
/// Sites that one process remembers.
const MOST_SITES: usize = 100;

/// What one process remembers of who looks at lists.
#[derive(Debug, Clone, Default)]
pub struct Watches(Arc<Mutex<HashMap<SiteId, Watch>>>);

#[derive(Debug, Clone, Copy)]
struct Watch {
    /// Until when somebody looks, as it was at `read_at`.
    until: Timestamp,
    read_at: Timestamp,
}

impl Watches {
    fn get(&self, site: &SiteId) -> Option<Watch> {
        self.0.lock().expect("no holder panics").get(site).copied()
    }

    fn set(&self, site: &SiteId, watch: Watch) {
        let mut watches = self.0.lock().expect("no holder panics");
        if watches.len() >= MOST_SITES {
            watches.clear();
        }
        watches.insert(site.clone(), watch);
    }
}

/// What a reporting page is answered of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sighted {
    /// Somebody looks: so often a visible page gives a sign of life.
    pub beat: Option<Duration>,
    /// What an agent has written to this visitor, to be shown on this page.
    pub invitation: Option<Invitation>,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Lets a visitor's row follow a report. One reading and at most one writing; a beat that shows nothing new is not written. Nothing that goes
    /// wrong here stands in the way of what the page is answered otherwise.
    pub async fn sight(&self, sighting: &Sighting<'_>) -> Sighted {
        let (followed, watched) = futures::join!(self.follow(sighting), self.watched(sighting.site));
        let invitation = followed.unwrap_or_else(|failure| {
            tracing::warn!(site = %sighting.site, code = ?failure.code(), "a visitor's row did not follow");
            None
        });
        Sighted { beat: watched.then_some(BEAT), invitation }
    }

    async fn follow(&self, sighting: &Sighting<'_>) -> Result<Option<Invitation>, Failure> {
        for _ in 0..MOST_OVERTAKEN {
            let before = self.store.visitor(sighting.site, sighting.id).await?;
            let Followed { row, deliver } = follow(before.as_ref(), sighting, self.env.now());
            let Some(row) = row else { return Ok(deliver) };
            if self.store.put_visitor(&row, before.map(|row| row.changed_at)).await? {
                return Ok(deliver);
            }
        }
        Err(Failure::Busy)
    }

    /// Whether somebody looks at the list: as it was a few seconds ago.
    async fn watched(&self, site: &SiteId) -> bool {
        let now = self.env.now();
        if let Some(known) = self.watches.get(site).filter(|known| now.since(known.read_at) < WATCH_KNOWN) {
            return known.until > now;
        }
        let until = match self.store.visitors_watched(site).await {
            Ok(until) => until.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%site, %error, "whether somebody looks at the visitors is not known");
                return false;
            }
        };
        self.watches.set(site, Watch { until, read_at: now });
        until > now
    }

    /// Somebody looks from now on. Written again only when what was written is about to end.
    async fn watch_visitors(&self, site: &SiteId) -> Result<(), Failure> {
        let now = self.env.now();
        if self.watches.get(site).is_some_and(|known| known.until > now.plus(WATCH_RENEWED)) {
            return Ok(());
        }
        let until = now.plus(WATCHED);
        self.store.watch_visitors(site, until).await?;
        self.watches.set(site, Watch { until, read_at: now });
        Ok(())
    }

    /// Answers a dashboard that shows the list: frames of rows that have changed since its cursor.
    pub async fn visitors(&self, connection: &Connection, id: ClientId, ask: &Ask) -> Result<(), Failure> {
        let Identity::Agent { .. } = &connection.identity else { return Err(Failure::Forbidden) };
        let site = &connection.site;
        let now = self.env.now();
        if !self.lists_visitors(site).await? {
            let off = Visitors { live: false, reset: true, ..answer(id, now, String::new()) };
            self.post(&connection.id, &ServerFrame::Visitors(off)).await;
            return Ok(());
        }
        let oldest = Place::before(now.minus(LISTED + LEAVING + LEFT_LISTED));
        let asked = ask.after.as_deref().filter(|after| !after.is_empty()).map(read_place).transpose()?;
        let after = asked.filter(|place| *place > oldest);
        let (_, page) = futures::try_join!(self.watch_visitors(site), async {
            Ok(self.store.visitors(site, after.unwrap_or(oldest), MOST_ROWS).await?)
        })?;
        // What was written just now may come into the index after what was written later.
        let cursor =
            page.through.unwrap_or_else(|| Place::before(now.minus(OVERLAP)).max(after.unwrap_or(oldest)));
        let listed = page.rows.iter().filter(|known| {
            // Who is over is told of only where a dashboard may still show them.
            after.is_some() || !matches!(known.presence(now), Presence::Left | Presence::Over)
        });
        let again = page.through.is_some();
        let frames = frames(listed.map(|known| row(known, now)), &answer(id, now, write_place(cursor)));
        let last = frames.len() - 1;
        for (n, frame) in frames.into_iter().enumerate() {
            let reset = n == 0 && after.is_none();
            let frame = Visitors { reset, more: n < last, again: again && n == last, ..frame };
            self.post(&connection.id, &ServerFrame::Visitors(frame)).await;
        }
        Ok(())
    }

    /// All that is known of somebody who is on the site. The caller has checked that the agent is the site's.
    pub async fn visitor_detail(&self, site: &SiteId, id: VisitorId) -> Result<VisitorDetail, Failure> {
        let now = self.env.now();
        Ok(detail(&self.listed(site, id, now).await?, now))
    }

    async fn listed(&self, site: &SiteId, id: VisitorId, now: Timestamp) -> Result<Row, Failure> {
        if !self.lists_visitors(site).await? {
            return Err(Failure::NotFound);
        }
        let row = self.store.visitor(site, id).await?;
        row.filter(|row| row.presence(now) != Presence::Over).ok_or(Failure::NotFound)
    }

    /// Writes to somebody who is on the site, as `agent`; what has become of it by now. The same again is harmless.
    pub async fn invite_visitor(
        &self,
        agent: &Member,
        id: VisitorId,
        asked: &NewInvitation,
    ) -> Result<InvitationSeen, Failure> {
        let text = MessageText::parse(&asked.text)?;
        if text.as_str().chars().nth(MAX_INVITATION).is_some() {
            return Err(Failure::Text(TextError::TooLong));
        }
        let wish = Wish {
            id: asked.id,
            agent: agent.agent,
            agent_name: agent.name.clone(),
            text: text.into_string(),
        };
        let site = &agent.site;
        self.count_agent(INVITATIONS_PER_AGENT, agent).await?;
        for _ in 0..MOST_OVERTAKEN {
            let now = self.env.now();
            // Somebody who was listed a moment ago and is not any more has left.
            let known = self.listed(site, id, now).await.map_err(|failure| match failure {
                Failure::NotFound => Failure::Visitor(Refused::Left),
                failure => failure,
            })?;
            let Some(next) = invite(&known, &wish, now).map_err(Failure::Visitor)? else {
                return invitation(&known, now).ok_or(Failure::Internal);
            };
            if self.store.put_visitor(&next, Some(known.changed_at)).await? {
                tracing::info!(%site, "an agent writes to a visitor");
                return invitation(&next, now).ok_or(Failure::Internal);
            }
        }
        Err(Failure::Busy)
    }

    async fn count_agent(&self, quota: Quota, agent: &Member) -> Result<(), Failure> {
        let key = format!("{}/{}", agent.site, agent.agent);
        let counted = self.store.count(quota, &key, self.env.now()).await?;
        counted.map_err(|retry_after| Failure::RateLimited { retry_after })
    }

    /// Whether the site has its visitors listed, as it was a moment ago.
    async fn lists_visitors(&self, site: &SiteId) -> Result<bool, Failure> {
        Ok(self.fresh_picture(site).await?.configured.settings.visitors.live)
    }
}

fn answer(id: ClientId, now: Timestamp, cursor: String) -> Visitors {
    Visitors {
        r#ref: id.to_string(),
        live: true,
        at: now.millis(),
        rows: Vec::new(),
        cursor,
        reset: false,
        more: false,
        again: false,
    }
}

/// Rows in frames that each stay under [`protocol::MAX_PAGE_BYTES`]; one frame where there is no row.
fn frames(rows: impl IntoIterator<Item = VisitorRow>, empty: &Visitors) -> Vec<Visitors> {
    let size = |row: &VisitorRow| serde_json::to_string(row).map_or(0, |text| text.len() + 1);
    let room = protocol::MAX_PAGE_BYTES - 400;
    let mut frames = vec![empty.clone()];
    let mut used = 0;
    for row in rows {
        let bytes = size(&row);
        if used + bytes > room && used > 0 {
            frames.push(empty.clone());
            used = 0;
        }
        used += bytes;
        if let Some(frame) = frames.last_mut() {
            frame.rows.push(row);
        }
    }
    frames
}

fn write_place(place: Place) -> String {
    format!("{}.{}", place.changed_at.millis(), place.id)
}

/// A cursor is ours; whatever else comes is no frame of this protocol.
fn read_place(text: &str) -> Result<Place, Failure> {
    let place = || {
        let (at, id) = text.split_once('.')?;
        (at.len() <= 15).then_some(())?;
        Some(Place { changed_at: Timestamp(at.parse().ok()?), id: id.parse().ok()? })
    };
    place().ok_or_else(|| {
        Failure::Parse(ParseError {
            code: ErrorCode::BadFrame,
            message: "not a cursor".to_owned(),
            frame: None,
            field: Some("after".to_owned()),
        })
    })
}
