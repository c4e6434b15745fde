//! A conversation's logs in pages: forwards for whoever catches up, backwards for whoever begins with the newest and may
//! scroll. What a page costs does not depend on how long the conversation is.

use crate::command::may_reach;
use crate::{Engine, Failure};
use domain::ConversationId;
use domain::connection::Connection;
use domain::conversation::{Entry, Head, Log, Numbers};
use domain::cursor::Cursors;
use domain::people::Actor;
use domain::ports::{Environment, Posted, Push, Store, StoreError};
use protocol::server::{self, Entries};
use protocol::{MAX_PAGE_BYTES, ServerFrame};
use std::collections::VecDeque;

/// Entries read forwards at once: about a page of them.
const READ_AHEAD: usize = 100;
/// Entries of one log read backwards at once.
const READ_BACK: usize = 40;
/// Entries in a page that is read backwards: more than a screen shows.
const NEWEST: usize = 80;
/// Whoever lacks more than this, and can begin with the newest, does.
const FAR_BEHIND: u64 = 400;
/// What a page's entries may take: the head and the frame around them need the rest.
const ROOM: usize = MAX_PAGE_BYTES - 2048;

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// A conversation that the actor may read; anything else does not exist.
    pub async fn reach(&self, actor: &Actor, conversation: ConversationId) -> Result<Head, Failure> {
        let head = self.store.head(conversation).await?;
        head.filter(|head| may_reach(actor, head)).ok_or(Failure::NotFound)
    }

    /// What comes after `after`, as much as fits one page.
    pub async fn page_after(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        after: Numbers,
    ) -> Result<Entries, Failure> {
        let head = self.reach(actor, conversation).await?;
        let cursors = self.store.cursors(conversation).await?;
        self.forwards(actor, &head, cursors, after).await
    }

    /// The newest page of what lies at and before `until`; without it, of everything.
    pub async fn page_until(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        until: Option<Numbers>,
    ) -> Result<Entries, Failure> {
        let head = self.reach(actor, conversation).await?;
        let cursors = self.store.cursors(conversation).await?;
        self.backwards(actor, &head, cursors, until.unwrap_or(head.numbers)).await
    }

    /// Everything after `after`; or, for a client that can begin with the newest and has nothing or too little, that.
    pub(crate) async fn send_pages(
        &self,
        connection: &Connection,
        actor: &Actor,
        conversation: ConversationId,
        after: Numbers,
        newest: bool,
    ) -> Result<(), Failure> {
        let head = self.reach(actor, conversation).await?;
        let cursors = self.store.cursors(conversation).await?;
        let mut after = Numbers { t: after.t.min(head.numbers.t), b: after.b.min(head.numbers.b) };
        let lacks = head.numbers.t - after.t + if actor.is_agent() { head.numbers.b - after.b } else { 0 };
        if newest && (after == Numbers::default() || lacks > FAR_BEHIND) {
            let page = self.backwards(actor, &head, cursors, head.numbers).await?;
            self.post(&connection.id, &ServerFrame::Entries(page)).await;
            return Ok(());
        }
        loop {
            let page = self.forwards(actor, &head, cursors, after).await?;
            for entry in &page.entries {
                match entry.log {
                    server::LogName::Thread => after.t = entry.seq,
                    server::LogName::Backstage => after.b = entry.seq,
                }
            }
            let more = page.more;
            let posted = self.post(&connection.id, &ServerFrame::Entries(page)).await;
            if !more || posted == Posted::Gone {
                return Ok(());
            }
        }
    }

    /// Thread first, then (for agents) backstage.
    async fn forwards(
        &self,
        actor: &Actor,
        head: &Head,
        cursors: Cursors,
        after: Numbers,
    ) -> Result<Entries, Failure> {
        let mut page = Page::default();
        let mut more = false;
        for (log, after) in [(Log::Thread, after.t), (Log::Backstage, after.b)] {
            let last = match log {
                Log::Thread => head.numbers.t,
                Log::Backstage => head.numbers.b,
            };
            if more || (log == Log::Backstage && !actor.is_agent()) || after >= last {
                continue;
            }
            let read = self.store.entries(head.id, log, after, READ_AHEAD).await?;
            let fits = read.entries.iter().all(|entry| page.takes(entry));
            more = read.more || !fits;
        }
        Ok(self.entries_page(actor, head, cursors, page, more, None))
    }

    /// Both logs from their ends towards their beginnings, in the one order in which they are shown: so the cut lies at
    /// one place of the conversation, and what is there of it is whole.
    async fn backwards(
        &self,
        actor: &Actor,
        head: &Head,
        cursors: Cursors,
        until: Numbers,
    ) -> Result<Entries, Failure> {
        let b = if actor.is_agent() { until.b.min(head.numbers.b) } else { 0 };
        let mut thread = Backwards::new(head.id, Log::Thread, until.t.min(head.numbers.t));
        let mut backstage = Backwards::new(head.id, Log::Backstage, b);
        let mut page = Page::default();
        while page.entries.len() < NEWEST {
            futures::try_join!(thread.fill(&self.store), backstage.fill(&self.store))?;
            let log = match (thread.read.front(), backstage.read.front()) {
                (None, None) => break,
                (Some(t), Some(b)) if b.position() > t.position() => &mut backstage,
                (None, Some(_)) => &mut backstage,
                (Some(_), _) => &mut thread,
            };
            if !log.read.front().is_some_and(|entry| page.takes(entry)) {
                break;
            }
            log.read.pop_front();
            log.left -= 1;
        }
        page.entries.reverse();
        let after = Numbers { t: thread.left, b: backstage.left };
        Ok(self.entries_page(actor, head, cursors, page, false, Some(after)))
    }

    fn entries_page(
        &self,
        actor: &Actor,
        head: &Head,
        cursors: Cursors,
        page: Page,
        more: bool,
        after: Option<Numbers>,
    ) -> Entries {
        Entries {
            conversation_id: head.id.to_string(),
            epoch: self.epoch.clone(),
            entries: page.entries,
            head: protocol::convert::head(head, Some(cursors), actor.is_agent()),
            more,
            after: after.map(Into::into),
        }
    }
}

/// Entries as they go onto the wire, until no more fit one frame.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub entries: Vec<server::Entry>,
    bytes: usize,
}

impl Page {
    /// Takes an entry if there is room. One always does: a text came in a frame that is smaller than a page.
    pub fn takes(&mut self, entry: &Entry) -> bool {
        let entry = server::Entry::from(entry);
        let bytes = serde_json::to_string(&entry).map_or(ROOM, |json| json.len()) + 1;
        if self.bytes + bytes > ROOM && !self.entries.is_empty() {
            return false;
        }
        self.bytes += bytes;
        self.entries.push(entry);
        true
    }
}

/// A log being read from its end.
struct Backwards {
    conversation: ConversationId,
    log: Log,
    /// Entries not taken yet: numbers have no holes.
    left: u64,
    /// The next of them, newest first.
    read: VecDeque<Entry>,
}

impl Backwards {
    const fn new(conversation: ConversationId, log: Log, until: u64) -> Self {
        Self { conversation, log, left: until, read: VecDeque::new() }
    }

    async fn fill(&mut self, store: &impl Store) -> Result<(), StoreError> {
        if self.left > 0 && self.read.is_empty() {
            self.read = store.entries_back(self.conversation, self.log, self.left, READ_BACK).await?.into();
            if self.read.front().map(|entry| entry.seq) != Some(self.left) {
                return Err(StoreError::Broken("a log has a hole".into()));
            }
        }
        Ok(())
    }
}
