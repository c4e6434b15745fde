//! Lists of conversations, and telling dashboards what moved.

use crate::{Engine, Failure};
use domain::connection::{Registration, Topic};
use domain::conversation::Head;
use domain::inbox::{List, Place, Shelf, concerns, shelf};
use domain::ports::{Environment, Push, Store, StoreError};
use domain::settings::FieldId;
use domain::{AgentId, ConversationId, SiteId};
use futures::future::{join_all, try_join_all};
use protocol::ServerFrame;
use protocol::client::ListName;
use protocol::server::{Row, Rows};
use std::collections::BTreeMap;

/// Conversations that one page of a group's is found among, and how many are read at once.
pub const LOOKED_THROUGH: usize = 1_000;
const AT_ONCE: usize = 100;

/// A page of a list, newest activity first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    pub heads: Vec<Head>,
    pub more: bool,
}

/// A head that was written, with what it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    pub before: Option<Head>,
    pub after: Head,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// A page of what `agent` sees in `list`.
    pub async fn list(
        &self,
        site: &SiteId,
        agent: AgentId,
        list: List,
        before: Option<Place>,
        limit: usize,
    ) -> Result<ListPage, Failure> {
        let shelves = match list {
            List::Queue => vec![Shelf::Queue],
            List::Mine => vec![Shelf::Agent(agent)],
            List::Closed => vec![Shelf::Closed],
            // Whoever has left the team may still own something.
            List::All => {
                let members = self.store.members(site).await?;
                [Shelf::Queue, Shelf::Bot]
                    .into_iter()
                    .chain(members.into_iter().map(|member| Shelf::Agent(member.agent)))
                    .collect()
            }
        };
        // One more than asked for tells whether there is more.
        let read = shelves.into_iter().map(|shelf| self.store.shelf(site, shelf, before, limit + 1));
        let mut heads: Vec<Head> = try_join_all(read).await?.into_iter().flatten().collect();
        heads.sort_by_key(|head| std::cmp::Reverse(Place::of(head)));
        // The index lags: for a moment a head may stand on two shelves. The newest counts.
        let mut newest: BTreeMap<ConversationId, u64> = BTreeMap::new();
        for head in &heads {
            let rev = newest.entry(head.id).or_default();
            *rev = (*rev).max(head.rev);
        }
        heads.retain(|head| newest.get(&head.id) == Some(&head.rev));
        let more = heads.len() > limit;
        heads.truncate(limit);
        Ok(ListPage { heads, more })
    }

    /// The same of one group's conversations, and where the next page begins. Lists are in no order by group: the conversations are looked
    /// through, [`LOOKED_THROUGH`] at most, so that a page may be short and there is more all the same.
    pub async fn list_of_group(
        &self,
        site: &SiteId,
        agent: AgentId,
        list: List,
        group: &FieldId,
        before: Option<Place>,
        limit: usize,
    ) -> Result<(Vec<Head>, Option<Place>), Failure> {
        let (mut found, mut next) = (Vec::new(), before);
        for _ in 0..LOOKED_THROUGH / AT_ONCE {
            let page = self.list(site, agent, list, next, AT_ONCE).await?;
            for head in page.heads {
                next = Some(Place::of(&head));
                if head.group.as_ref() == Some(group) {
                    found.push(head);
                    if found.len() == limit {
                        return Ok((found, next));
                    }
                }
            }
            if !page.more {
                return Ok((found, None));
            }
        }
        Ok((found, next))
    }

    /// Tells the dashboards of each site what moved: of each conversation the newest only, one frame per row and
    /// dashboard that it concerns.
    pub async fn announce(&self, moves: Vec<Move>) -> Result<(), StoreError> {
        let mut sites: BTreeMap<SiteId, BTreeMap<ConversationId, Move>> = BTreeMap::new();
        for step in moves {
            let rows = sites.entry(step.after.site.clone()).or_default();
            match rows.get_mut(&step.after.id) {
                None => {
                    rows.insert(step.after.id, step);
                }
                // The earliest before and the latest after: what the batch did as a whole.
                Some(known) if step.after.rev > known.after.rev => known.after = step.after,
                Some(known) => {
                    if step.after.rev < known.after.rev
                        && step.before.as_ref().map(|head| head.rev)
                            < known.before.as_ref().map(|head| head.rev)
                    {
                        known.before = step.before;
                    }
                }
            }
        }
        for (site, rows) in sites {
            let dashboards = self.store.registered(&Topic::Site(site), self.env.now()).await?;
            let posts = dashboards.iter().map(|dashboard| self.post_rows(dashboard, rows.values()));
            join_all(posts).await;
        }
        Ok(())
    }

    async fn post_rows(&self, dashboard: &Registration, rows: impl Iterator<Item = &Move>) {
        let (Some(agent), Some(list)) = (dashboard.agent, dashboard.list) else { return };
        for step in rows {
            // What is held for its form stands nowhere, and nobody is told.
            let Some(after) = shelf(&step.after) else { continue };
            if concerns(list, agent, step.before.as_ref().and_then(shelf), after) {
                self.post(&dashboard.connection, &ServerFrame::Row(Row::from(&step.after))).await;
            }
        }
    }
}

pub(crate) fn rows(list: ListName, page: &ListPage) -> Rows {
    Rows { list, rows: page.heads.iter().map(Into::into).collect(), more: page.more }
}
