//! Visitors and showings, in memory.

use crate::Memory;
use domain::ports::{Commit, CommitError, Order, Stored, Visits};
use domain::proactive::{Claiming, Credit, Day, Fact, Known, Owner, Remembered, Results, Showing, Trial};
use domain::settings::FieldId;
use domain::triggers::PageId;
use domain::triggers::shown::Mark;
use domain::{SiteId, Timestamp, VisitorId};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

#[derive(Debug, Default)]
pub(crate) struct Visited {
    visitors: HashMap<VisitorId, Remembered>,
    marks: HashMap<Owner, BTreeMap<Mark, Timestamp>>,
    dismissed: HashMap<VisitorId, BTreeSet<FieldId>>,
    credits: HashMap<VisitorId, Credit>,
    showings: HashMap<[u8; 32], Showing>,
    opened: HashSet<[u8; 32]>,
    orders: HashSet<(VisitorId, [u8; 32])>,
    results: BTreeMap<(SiteId, Day, FieldId), Results>,
    trials: HashMap<[u8; 32], Trial>,
}

impl Visited {
    fn day(&mut self, site: &SiteId, trigger: &FieldId, day: &Day) -> &mut Results {
        let key = (site.clone(), day.clone(), trigger.clone());
        self.results.entry(key).or_insert_with(|| Results::none(trigger.clone(), day.clone()))
    }

    fn follow(&mut self, showing: &Showing, day: &Day, at: Timestamp, fact: Fact) {
        let Some(by) = showing.trigger.as_ref().filter(|_| showing.counted) else { return };
        let trigger = &by.id;
        let results = self.day(&showing.site, trigger, day);
        match fact {
            Fact::Opened => results.opened += 1,
            Fact::Answered => results.answered += 1,
        }
        if let Some(visitor) = showing.visitor {
            self.credits.insert(visitor, Credit { trigger: trigger.clone(), at });
        }
    }
}

impl Visits for Memory {
    async fn known_visitor(&self, id: VisitorId) -> Stored<Option<Known>> {
        let state = self.lock();
        let visited = &state.visited;
        Ok(visited.visitors.get(&id).map(|visitor| Known {
            visitor: visitor.clone(),
            marks: marks(visited, Owner::Visitor(id)),
            dismissed: visited.dismissed.get(&id).cloned().unwrap_or_default(),
            credit: visited.credits.get(&id).cloned(),
        }))
    }

    async fn keep_visitor(&self, visitor: &Remembered, expected: Option<u64>) -> Stored<bool> {
        let visitors = &mut self.lock().visited.visitors;
        let stands = visitors.get(&visitor.id).map(|known| known.rev) == expected;
        if stands {
            visitors.insert(visitor.id, visitor.clone());
        }
        Ok(stands)
    }

    async fn page_marks(&self, page: PageId) -> Stored<Vec<(Mark, Timestamp)>> {
        Ok(marks(&self.lock().visited, Owner::Page(page)))
    }

    async fn claim(&self, claiming: &Claiming) -> Stored<bool> {
        let visited = &mut self.lock().visited;
        let stored = visited.marks.entry(claiming.owner).or_default();
        let free = claiming.claims.iter().all(|claim| claim.free.admits(stored.get(&claim.mark).copied()));
        if !free {
            return Ok(false);
        }
        stored.extend(claiming.claims.iter().map(|claim| (claim.mark.clone(), claiming.at)));
        if let Some((hash, showing)) = &claiming.showing {
            visited.showings.insert(*hash, showing.clone());
        }
        if let Some((site, trigger, day)) = &claiming.counts {
            visited.day(site, trigger, day).shown += 1;
        }
        Ok(true)
    }

    async fn keep_showing(&self, hash: [u8; 32], showing: &Showing) -> Stored<()> {
        self.lock().visited.showings.insert(hash, showing.clone());
        Ok(())
    }

    async fn showing(&self, hash: [u8; 32], now: Timestamp) -> Stored<Option<Showing>> {
        let known = self.lock().visited.showings.get(&hash).cloned();
        Ok(known.filter(|showing| showing.expires_at() > now))
    }

    async fn opened(&self, hash: [u8; 32], showing: &Showing, day: &Day, now: Timestamp) -> Stored<bool> {
        let visited = &mut self.lock().visited;
        let now_first = visited.showings.contains_key(&hash) && visited.opened.insert(hash);
        if now_first {
            visited.follow(showing, day, now, Fact::Opened);
        }
        Ok(now_first)
    }

    async fn commit_answer(
        &self,
        commit: &Commit,
        hash: [u8; 32],
        showing: &Showing,
        day: &Day,
    ) -> Result<(), CommitError> {
        let mut state = self.lock();
        let free = state.visited.showings.get(&hash).is_some_and(|known| known.answered.is_none());
        if !free && !state.has_receipt(commit) {
            return Err(CommitError::Moved);
        }
        state.commit(commit)?;
        if let Some(known) = state.visited.showings.get_mut(&hash) {
            known.answered = Some(commit.head.id);
        }
        state.visited.follow(showing, day, commit.receipt.at, Fact::Answered);
        Ok(())
    }

    async fn dismiss(&self, visitor: VisitorId, trigger: &FieldId, _: Timestamp) -> Stored<()> {
        self.lock().visited.dismissed.entry(visitor).or_default().insert(trigger.clone());
        Ok(())
    }

    async fn convert(&self, order: &Order, site: &SiteId, credit: &Credit, day: &Day) -> Stored<bool> {
        let visited = &mut self.lock().visited;
        if !visited.orders.insert((order.visitor, order.hash)) {
            return Ok(false);
        }
        let results = visited.day(site, &credit.trigger, day);
        results.converted += 1;
        *results.value.entry(order.currency).or_default() += order.value;
        Ok(true)
    }

    async fn results(&self, site: &SiteId, from: &Day) -> Stored<Vec<Results>> {
        let state = self.lock();
        let results = state.visited.results.iter();
        let wanted = results.filter(|((of, day, _), _)| of == site && day >= from);
        Ok(wanted.map(|(_, results)| results.clone()).collect())
    }

    async fn keep_trial(&self, hash: [u8; 32], trial: &Trial) -> Stored<()> {
        self.lock().visited.trials.insert(hash, trial.clone());
        Ok(())
    }

    async fn trial(&self, hash: [u8; 32], now: Timestamp) -> Stored<Option<Trial>> {
        let known = self.lock().visited.trials.get(&hash).cloned();
        Ok(known.filter(|trial| trial.expires_at > now))
    }
}

fn marks(visited: &Visited, owner: Owner) -> Vec<(Mark, Timestamp)> {
    let stored = visited.marks.get(&owner).into_iter().flatten();
    stored.map(|(mark, at)| (mark.clone(), *at)).collect()
}
