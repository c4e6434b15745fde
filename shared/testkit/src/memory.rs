//! The store in memory: every contract of `domain::ports`, nothing else.

use domain::connection::{Connection, Identity, Registration, Ticket, Topic};
use domain::conversation::{Body, Entry, Head, Log};
use domain::cursor::{Cursor, Cursors, Reader};
use domain::deadline::Call;
use domain::fallback::cold_address_is_full;
use domain::identity::{Key, KeyId};
use domain::inbox::{Place, Shelf, shelf};
use domain::notification::{Notified, Told, Tray};
use domain::people::{Availability, Member, Page, Person, ProfileChange, Shopper, Site};
use domain::ports::{
    Accounts, Addresses, Admission, AgentNotices, Claimed, Commit, CommitError, Connections, Conversations,
    Correspondent, Document, DocumentPublishing, Documents, EntryPage, FaqCount, FaqCounts, FaqEvent,
    IdentityKeys, MailKey, MailLink, MailOutbox, MailTokens, Profiles, Publications, Published, Publishing,
    Purpose, REPLY_GRANT_LIFE, Receipt, ReplyGrant, Sender, SentMail, Session, SettingsStore, SignIn,
    Standing, Stored, Suppressed, TranscriptAsked, Transcripts, Visitors,
};
use domain::profile::{Photo, PhotoId, Profile};
use domain::rate::{Quota, Rate, Verdict};
use domain::settings::{FieldId, Section};
use domain::visitors::{self, Row};
use domain::{AgentId, ClientId, ConnectionId, ConversationId, ShopperId, SiteId, Timestamp, VisitorId};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// A handle to one memory; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<State>>);

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) visited: crate::visits::Visited,
    heads: HashMap<ConversationId, Head>,
    entries: HashMap<(ConversationId, Log), BTreeMap<u64, Entry>>,
    receipts: HashMap<(Sender, ClientId), Receipt>,
    cursors: HashMap<(ConversationId, Reader), Cursor>,
    open: HashMap<ShopperId, ConversationId>,
    /// Anonymous shoppers who have signed in and left nothing open behind.
    sealed: HashSet<ShopperId>,
    browsers: HashMap<ShopperId, Vec<ShopperId>>,
    signed_in_as: HashMap<ShopperId, ShopperId>,
    of_shopper: HashMap<ShopperId, Vec<ConversationId>>,
    shelves: BTreeMap<(SiteId, Shelf), BTreeMap<Place, ConversationId>>,
    tickets: HashMap<[u8; 32], Ticket>,
    connections: HashMap<ConnectionId, (Connection, Timestamp)>,
    registered: HashMap<Topic, BTreeMap<ConnectionId, Registration>>,
    sites: BTreeMap<SiteId, Site>,
    sessions: HashMap<[u8; 32], (Session, Timestamp)>,
    shoppers: HashMap<ShopperId, Shopper>,
    people: BTreeMap<String, Person>,
    members: BTreeMap<(SiteId, AgentId), Member>,
    photos: HashMap<(SiteId, PhotoId), Photo>,
    identity_keys: BTreeMap<SiteId, Vec<Key>>,
    tokens: HashMap<(SiteId, String), (String, Timestamp)>,
    published: BTreeMap<(SiteId, Section), Vec<Published>>,
    documents: BTreeMap<(SiteId, Document), Vec<Edition>>,
    counters: HashMap<(&'static str, String, u64), u32>,
    faq_counts: BTreeMap<(SiteId, FieldId), FaqCount>,
    /// For ever: longer than the contract asks.
    faq_marks: HashSet<(SiteId, FieldId, FaqEvent, uuid::Uuid)>,
    addresses: HashMap<(SiteId, [u8; 32]), Noted>,
    mails: BTreeMap<MailKey, OutboxMail>,
    reply_grants: HashMap<[u8; 32], ReplyGrant>,
    mail_links: HashMap<[u8; 32], MailLink>,
    notified: BTreeMap<(SiteId, AgentId), Notified>,
    trays: HashMap<(SiteId, AgentId), Tray>,
    told: BTreeMap<(ConversationId, AgentId), Told>,
    transcripts: BTreeMap<(ConversationId, ClientId), TranscriptAsked>,
    visitors: HashMap<(SiteId, VisitorId), Row>,
    watched: HashMap<SiteId, Timestamp>,
}

/// What is noted of an address.
#[derive(Debug, Default)]
struct Noted {
    suppressed: Option<(Suppressed, Timestamp)>,
    warm: bool,
    mails: BTreeMap<ClientId, Timestamp>,
}

impl Noted {
    fn shown(&self) -> Correspondent {
        let mut mails: Vec<Timestamp> = self.mails.values().copied().collect();
        mails.sort_unstable();
        Correspondent { suppressed: self.suppressed, warm: self.warm, mails }
    }
}

#[derive(Debug)]
enum OutboxMail {
    Claimed { by: u128, until: Timestamp },
    Sent(SentMail),
}

impl Memory {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no holder panics")
    }

    /// As if this anonymous shopper had not signed in, for checks of checks: conversations can begin in that name again.
    pub fn unseal(&self, anonymous: ShopperId) {
        let mut state = self.lock();
        state.sealed.remove(&anonymous);
        state.open.remove(&anonymous);
    }

    /// Every entry of a log, for checks.
    #[must_use]
    pub fn log(&self, id: ConversationId, log: Log) -> Vec<Entry> {
        self.lock()
            .entries
            .get(&(id, log))
            .map(|entries| entries.values().cloned().collect())
            .unwrap_or_default()
    }

    /// What a shopper has told of themselves, without a conversation in which it was told.
    pub fn learn(&self, shopper: ShopperId, told: &ProfileChange) {
        if let Some(profile) = self.lock().shoppers.get_mut(&shopper) {
            profile.name = told.name.clone().or(profile.name.take());
            profile.email = told.email.clone().or(profile.email.take());
            profile.answers.extend(told.answers.clone());
        }
    }

    /// Every conversation, for checks.
    #[must_use]
    pub fn heads(&self) -> Vec<Head> {
        self.lock().heads.values().cloned().collect()
    }
}

impl State {
    pub(crate) fn has_receipt(&self, commit: &Commit) -> bool {
        self.receipts.contains_key(&(commit.sender, commit.client_id))
    }

    pub(crate) fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let state = self;
        if state.receipts.contains_key(&(commit.sender, commit.client_id)) {
            return Err(CommitError::Repeated);
        }
        let head = &commit.head;
        let stands = match commit.expected_rev {
            Some(rev) => state
                .heads
                .get(&head.id)
                .is_some_and(|known| known.rev == rev && (known.is_open() || !commit.needs_open())),
            None => {
                !state.heads.contains_key(&head.id)
                    && !state.open.contains_key(&head.shopper)
                    && !state.sealed.contains(&head.shopper)
            }
        };
        let fresh = commit.entries.iter().all(|entry| {
            !state.entries.get(&(head.id, entry.log)).is_some_and(|log| log.contains_key(&entry.seq))
        });
        let unknown = commit.profile.is_some() && !state.shoppers.contains_key(&head.shopper);
        if !stands || !fresh || unknown {
            return Err(CommitError::Moved);
        }
        if let (Some(told), Some(profile)) = (&commit.profile, state.shoppers.get_mut(&head.shopper)) {
            profile.name = told.name.clone().or(profile.name.take());
            profile.email = told.email.clone().or(profile.email.take());
            profile.answers.extend(told.answers.clone());
        }
        state.receipts.insert((commit.sender, commit.client_id), commit.receipt.clone());
        for entry in &commit.entries {
            state.entries.entry((head.id, entry.log)).or_default().insert(entry.seq, entry.clone());
        }
        if commit.expected_rev.is_none() {
            state.open.insert(head.shopper, head.id);
            state.of_shopper.entry(head.shopper).or_default().push(head.id);
        }
        if commit.entries.iter().any(|entry| entry.body == Body::Closed)
            && state.open.get(&head.shopper) == Some(&head.id)
        {
            state.open.remove(&head.shopper);
        }
        state.place(head.clone());
        Ok(())
    }

    fn place(&mut self, head: Head) {
        if let Some(before) = self.heads.get(&head.id)
            && let Some(stood) = shelf(before)
            && let Some(shelved) = self.shelves.get_mut(&(before.site.clone(), stood))
        {
            shelved.remove(&Place::of(before));
        }
        if let Some(shelf) = shelf(&head) {
            self.shelves.entry((head.site.clone(), shelf)).or_default().insert(Place::of(&head), head.id);
        }
        self.heads.insert(head.id, head);
    }
}

impl Conversations for Memory {
    async fn head(&self, id: ConversationId) -> Stored<Option<Head>> {
        Ok(self.lock().heads.get(&id).cloned())
    }

    async fn open_conversation(&self, shopper: ShopperId) -> Stored<Option<ConversationId>> {
        Ok(self.lock().open.get(&shopper).copied())
    }

    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.lock().commit(commit)
    }

    async fn receipt(&self, sender: Sender, client_id: ClientId) -> Stored<Option<Receipt>> {
        Ok(self.lock().receipts.get(&(sender, client_id)).cloned())
    }

    async fn entries(&self, id: ConversationId, log: Log, after: u64, limit: usize) -> Stored<EntryPage> {
        let state = self.lock();
        let Some(entries) = state.entries.get(&(id, log)) else { return Ok(EntryPage::default()) };
        let mut rest = entries.range(after.saturating_add(1)..).map(|(_, entry)| entry.clone());
        let page: Vec<Entry> = rest.by_ref().take(limit).collect();
        Ok(EntryPage { entries: page, more: rest.next().is_some() })
    }

    async fn entries_back(
        &self,
        id: ConversationId,
        log: Log,
        until: u64,
        limit: usize,
    ) -> Stored<Vec<Entry>> {
        let state = self.lock();
        let Some(entries) = state.entries.get(&(id, log)) else { return Ok(Vec::new()) };
        Ok(entries.range(..=until).rev().take(limit).map(|(_, entry)| entry.clone()).collect())
    }

    async fn cursors(&self, id: ConversationId) -> Stored<Cursors> {
        let state = self.lock();
        let cursor = |reader| state.cursors.get(&(id, reader)).copied().unwrap_or_default();
        Ok(Cursors { shopper: cursor(Reader::Shopper), team: cursor(Reader::Team) })
    }

    async fn advance(&self, id: ConversationId, reader: Reader, to: Cursor) -> Stored<Option<Cursor>> {
        let mut state = self.lock();
        let cursor = state.cursors.entry((id, reader)).or_default();
        let next = cursor.advance(to);
        if let Some(next) = next {
            *cursor = next;
        }
        Ok(next)
    }

    async fn mark_read(&self, head: &Head) -> Stored<bool> {
        let mut state = self.lock();
        let Some(known) = state.heads.get(&head.id) else { return Ok(false) };
        if known.rev + 1 != head.rev {
            return Ok(known == head);
        }
        state.place(head.clone());
        Ok(true)
    }

    async fn arm(&self, head: &Head) -> Stored<bool> {
        let mut state = self.lock();
        let Some(known) = state.heads.get(&head.id) else { return Ok(false) };
        if known.rev + 1 != head.rev || (head.arms_what_ends() && !known.is_open()) {
            return Ok(known == head);
        }
        state.place(head.clone());
        Ok(true)
    }

    async fn due(&self, shard: u8, until: Timestamp, limit: usize) -> Stored<Vec<Call>> {
        let state = self.lock();
        let of_shard = state.heads.values().filter(|head| domain::deadline::shard(head.id) == shard);
        let mut calls: Vec<Call> = of_shard
            .filter_map(|head| Some(Call { due: head.next_due()?, conversation: head.id }))
            .filter(|call| call.due <= until)
            .collect();
        calls.sort();
        calls.truncate(limit);
        Ok(calls)
    }

    async fn shelf(
        &self,
        site: &SiteId,
        shelf: Shelf,
        before: Option<Place>,
        limit: usize,
    ) -> Stored<Vec<Head>> {
        let state = self.lock();
        let Some(shelved) = state.shelves.get(&(site.clone(), shelf)) else { return Ok(Vec::new()) };
        let newest_first =
            shelved.iter().rev().filter(|(place, _)| before.is_none_or(|before| **place < before));
        Ok(newest_first.take(limit).map(|(_, id)| state.heads[id].clone()).collect())
    }

    async fn conversations_of(&self, shopper: ShopperId, limit: usize) -> Stored<Vec<Head>> {
        let state = self.lock();
        let mut heads: Vec<Head> =
            state.of_shopper.get(&shopper).into_iter().flatten().map(|id| state.heads[id].clone()).collect();
        heads.sort_by_key(|head| std::cmp::Reverse((head.began_at, head.id)));
        heads.truncate(limit);
        Ok(heads)
    }
}

impl Connections for Memory {
    async fn issue_ticket(&self, hash: [u8; 32], ticket: &Ticket) -> Stored<()> {
        self.lock().tickets.insert(hash, ticket.clone());
        Ok(())
    }

    async fn redeem_ticket(&self, hash: [u8; 32], now: Timestamp) -> Stored<Option<Ticket>> {
        Ok(self.lock().tickets.remove(&hash).filter(|ticket| ticket.expires_at > now))
    }

    async fn connect(&self, connection: &Connection) -> Stored<()> {
        self.lock().connections.insert(connection.id.clone(), (connection.clone(), Timestamp(0)));
        Ok(())
    }

    async fn admit(&self, id: &ConnectionId, rate: Rate, now: Timestamp) -> Stored<Admission> {
        let mut state = self.lock();
        let Some((connection, tat)) = state.connections.get_mut(id) else { return Ok(Admission::Unknown) };
        if connection.connected_at.plus(domain::connection::LONGEST) <= now {
            return Ok(Admission::Unknown);
        }
        Ok(match rate.take(*tat, now) {
            Verdict::Allowed { next } => {
                *tat = next;
                Admission::Admitted(Box::new(connection.clone()))
            }
            Verdict::Refused { retry_after } => Admission::Limited { retry_after },
        })
    }

    async fn greet(&self, id: &ConnectionId, viewing: Option<ConversationId>) -> Stored<()> {
        if let Some((connection, _)) = self.lock().connections.get_mut(id) {
            connection.greeted = true;
            connection.viewing = viewing;
        }
        Ok(())
    }

    async fn rename(&self, id: &ConnectionId, name: &str) -> Stored<()> {
        if let Some((Connection { identity: Identity::Agent { name: called, .. }, .. }, _)) =
            self.lock().connections.get_mut(id)
        {
            name.clone_into(called);
        }
        Ok(())
    }

    async fn register(&self, topic: &Topic, registration: &Registration) -> Stored<()> {
        self.lock()
            .registered
            .entry(topic.clone())
            .or_default()
            .insert(registration.connection.clone(), registration.clone());
        Ok(())
    }

    async fn unregister(&self, topic: &Topic, id: &ConnectionId) -> Stored<()> {
        if let Some(registered) = self.lock().registered.get_mut(topic) {
            registered.remove(id);
        }
        Ok(())
    }

    async fn registered(&self, topic: &Topic, now: Timestamp) -> Stored<Vec<Registration>> {
        let state = self.lock();
        let registered = state.registered.get(topic).into_iter().flat_map(BTreeMap::values);
        Ok(registered.filter(|registration| registration.expires_at > now).cloned().collect())
    }

    async fn disconnect(&self, id: &ConnectionId) -> Stored<Option<Connection>> {
        let Some((connection, _)) = self.lock().connections.remove(id) else { return Ok(None) };
        for topic in connection.topics() {
            self.unregister(&topic, id).await?;
        }
        Ok(Some(connection))
    }
}

impl SettingsStore for Memory {
    async fn published(&self, site: &SiteId) -> Stored<Publications> {
        let state = self.lock();
        let sections = state.published.iter().filter(|((of, _), _)| of == site);
        let documents = state.documents.iter().filter(|((of, _), _)| of == site);
        Ok(Publications {
            sections: sections.filter_map(|(_, versions)| versions.last().cloned()).collect(),
            documents: documents.filter_map(|(_, versions)| versions.last().map(standing)).collect(),
        })
    }

    async fn section(&self, site: &SiteId, section: Section) -> Stored<Option<Published>> {
        let state = self.lock();
        Ok(state.published.get(&(site.clone(), section)).and_then(|versions| versions.last().cloned()))
    }

    async fn publish(&self, site: &SiteId, published: &Published) -> Stored<Publishing> {
        let mut state = self.lock();
        let versions = state.published.entry((site.clone(), published.what)).or_default();
        if versions.last() == Some(published) {
            return Ok(Publishing::Done);
        }
        if versions.len() as u64 + 1 != published.version {
            return Ok(Publishing::Moved(versions.last().cloned().map(Box::new)));
        }
        versions.push(published.clone());
        Ok(Publishing::Done)
    }

    async fn history(
        &self,
        site: &SiteId,
        section: Section,
        before: Option<u64>,
        limit: usize,
    ) -> Stored<Vec<Published>> {
        let state = self.lock();
        let versions = state.published.get(&(site.clone(), section)).into_iter().flatten().rev();
        let beyond = versions.filter(|one| before.is_none_or(|before| one.version < before));
        Ok(beyond.take(limit).cloned().collect())
    }
}

/// A version of a document, and what stands beside it.
type Edition = (Published<Document>, Option<String>);

fn standing((published, about): &Edition) -> Standing {
    Standing {
        document: published.what.clone(),
        version: published.version,
        at: published.at,
        by: published.by,
        by_name: published.by_name.clone(),
        about: about.clone(),
    }
}

impl Documents for Memory {
    async fn standing(&self, site: &SiteId, document: &Document) -> Stored<Option<Standing>> {
        let state = self.lock();
        Ok(state.documents.get(&(site.clone(), document.clone())).and_then(|kept| kept.last().map(standing)))
    }

    async fn document(
        &self,
        site: &SiteId,
        document: &Document,
        version: u64,
    ) -> Stored<Option<Published<Document>>> {
        let state = self.lock();
        let mut versions = state.documents.get(&(site.clone(), document.clone())).into_iter().flatten();
        Ok(versions.find(|(one, _)| one.version == version).map(|(one, _)| one.clone()))
    }

    async fn publish_document(
        &self,
        site: &SiteId,
        published: &Published<Document>,
        about: Option<&str>,
        judged_by: &[(Document, u64)],
    ) -> Stored<DocumentPublishing> {
        let mut state = self.lock();
        let stands = |document: &Document| {
            state.documents.get(&(site.clone(), document.clone())).map_or(0, |versions| versions.len() as u64)
        };
        let outdated = judged_by.iter().any(|(document, version)| stands(document) != *version);
        let versions = state.documents.entry((site.clone(), published.what.clone())).or_default();
        let wanted = (published.clone(), about.map(str::to_owned));
        if versions.contains(&wanted) {
            return Ok(DocumentPublishing::Done);
        }
        if versions.len() as u64 + 1 != published.version {
            return Ok(DocumentPublishing::Moved(versions.last().map(standing)));
        }
        if outdated {
            return Ok(DocumentPublishing::Outdated);
        }
        versions.push(wanted);
        Ok(DocumentPublishing::Done)
    }
}

impl FaqCounts for Memory {
    async fn count_faq(
        &self,
        site: &SiteId,
        faq: &FieldId,
        event: FaqEvent,
        mark: uuid::Uuid,
        _now: Timestamp,
    ) -> Stored<bool> {
        let mut state = self.lock();
        if !state.faq_marks.insert((site.clone(), faq.clone(), event, mark)) {
            return Ok(false);
        }
        let none = || FaqCount { faq: faq.clone(), opened: 0, still_needed: 0 };
        let count = state.faq_counts.entry((site.clone(), faq.clone())).or_insert_with(none);
        match event {
            FaqEvent::Opened => count.opened += 1,
            FaqEvent::StillNeeded => count.still_needed += 1,
        }
        Ok(true)
    }

    async fn faq_counts(&self, site: &SiteId) -> Stored<Vec<FaqCount>> {
        let state = self.lock();
        let of_site = state.faq_counts.iter().filter(|((of, _), _)| of == site);
        Ok(of_site.map(|(_, count)| count.clone()).collect())
    }
}

impl Profiles for Memory {
    async fn set_profile(&self, site: &SiteId, agent: AgentId, profile: &Profile) -> Stored<bool> {
        let mut state = self.lock();
        let member = state.members.get_mut(&(site.clone(), agent)).filter(|member| member.active);
        let Some(member) = member else { return Ok(false) };
        member.name.clone_from(&profile.name);
        member.title.clone_from(&profile.title);
        Ok(true)
    }

    async fn set_photo(
        &self,
        site: &SiteId,
        agent: AgentId,
        before: Option<PhotoId>,
        photo: Option<&Photo>,
    ) -> Stored<bool> {
        let mut state = self.lock();
        let wanted = photo.map(|photo| photo.id);
        let Some(member) = state.members.get_mut(&(site.clone(), agent)) else { return Ok(false) };
        if member.photo != before || (photo.is_some() && !member.active) {
            return Ok(member.photo == wanted);
        }
        member.photo = wanted;
        if let Some(before) = before {
            state.photos.remove(&(site.clone(), before));
        }
        if let Some(photo) = photo {
            state.photos.insert((site.clone(), photo.id), photo.clone());
        }
        Ok(true)
    }

    async fn photo(&self, site: &SiteId, id: PhotoId) -> Stored<Option<Photo>> {
        Ok(self.lock().photos.get(&(site.clone(), id)).cloned())
    }
}

impl Addresses for Memory {
    async fn correspondent(&self, site: &SiteId, address: [u8; 32]) -> Stored<Correspondent> {
        let state = self.lock();
        Ok(state.addresses.get(&(site.clone(), address)).map(Noted::shown).unwrap_or_default())
    }

    async fn suppress(
        &self,
        site: &SiteId,
        address: [u8; 32],
        why: Suppressed,
        at: Timestamp,
    ) -> Stored<bool> {
        let mut state = self.lock();
        let noted = state.addresses.entry((site.clone(), address)).or_default();
        let first = *noted.suppressed.get_or_insert((why, at));
        Ok(first == (why, at))
    }

    async fn warm(&self, site: &SiteId, address: [u8; 32], _at: Timestamp) -> Stored<()> {
        self.lock().addresses.entry((site.clone(), address)).or_default().warm = true;
        Ok(())
    }

    async fn take_turn(
        &self,
        site: &SiteId,
        address: [u8; 32],
        id: ClientId,
        now: Timestamp,
    ) -> Stored<bool> {
        let mut state = self.lock();
        let noted = state.addresses.entry((site.clone(), address)).or_default();
        if noted.suppressed.is_some() {
            return Ok(false);
        }
        let others: Vec<Timestamp> =
            noted.mails.iter().filter(|(other, _)| **other != id).map(|(_, at)| *at).collect();
        if !noted.warm && cold_address_is_full(&others, now) {
            return Ok(false);
        }
        noted.mails.insert(id, now);
        Ok(true)
    }
}

impl MailOutbox for Memory {
    async fn claim_mail(&self, key: &MailKey, by: u128, now: Timestamp, until: Timestamp) -> Stored<Claimed> {
        let mut state = self.lock();
        match state.mails.get(key) {
            Some(OutboxMail::Sent(sent)) => return Ok(Claimed::Sent(sent.clone())),
            Some(OutboxMail::Claimed { by: other, until }) if *other != by && *until > now => {
                return Ok(Claimed::Held { until: *until });
            }
            _ => {}
        }
        state.mails.insert(*key, OutboxMail::Claimed { by, until });
        Ok(Claimed::Yes)
    }

    async fn record_mail(&self, key: &MailKey, sent: &SentMail) -> Stored<SentMail> {
        let mut state = self.lock();
        if let Some(OutboxMail::Sent(stands)) = state.mails.get(key) {
            return Ok(stands.clone());
        }
        state.mails.insert(*key, OutboxMail::Sent(sent.clone()));
        Ok(sent.clone())
    }

    async fn sent_mail(&self, key: &MailKey) -> Stored<Option<SentMail>> {
        Ok(match self.lock().mails.get(key) {
            Some(OutboxMail::Sent(sent)) => Some(sent.clone()),
            _ => None,
        })
    }

    async fn release_mail(&self, key: &MailKey, by: u128) -> Stored<()> {
        let mut state = self.lock();
        if matches!(state.mails.get(key), Some(OutboxMail::Claimed { by: holder, .. }) if *holder == by) {
            state.mails.remove(key);
        }
        Ok(())
    }
}

impl AgentNotices for Memory {
    async fn notified(&self, site: &SiteId) -> Stored<Vec<Notified>> {
        let state = self.lock();
        let of_site = state.notified.iter().filter(|((of, _), _)| of == site);
        Ok(of_site.map(|(_, notified)| notified.clone()).collect())
    }

    async fn notified_agent(&self, site: &SiteId, agent: AgentId) -> Stored<Option<Notified>> {
        Ok(self.lock().notified.get(&(site.clone(), agent)).cloned())
    }

    async fn put_notified(&self, site: &SiteId, notified: &Notified) -> Stored<()> {
        self.lock().notified.insert((site.clone(), notified.agent), notified.clone());
        Ok(())
    }

    async fn tray(&self, site: &SiteId, agent: AgentId) -> Stored<Tray> {
        Ok(self.lock().trays.get(&(site.clone(), agent)).cloned().unwrap_or_default())
    }

    async fn put_tray(&self, site: &SiteId, agent: AgentId, tray: &Tray) -> Stored<bool> {
        let mut state = self.lock();
        let stands = state.trays.entry((site.clone(), agent)).or_default();
        if stands.rev + 1 == tray.rev {
            *stands = tray.clone();
        }
        Ok(stands == tray)
    }

    async fn told(&self, conversation: ConversationId) -> Stored<Vec<(AgentId, Told)>> {
        let state = self.lock();
        let of_it = state.told.iter().filter(|((of, _), _)| *of == conversation);
        Ok(of_it.map(|((_, agent), told)| (*agent, *told)).collect())
    }

    async fn record_told(&self, conversation: ConversationId, agent: AgentId, told: Told) -> Stored<()> {
        let mut state = self.lock();
        let stands = state.told.entry((conversation, agent)).or_insert(told);
        if stands.through < told.through {
            *stands = told;
        }
        Ok(())
    }
}

impl Transcripts for Memory {
    async fn ask_transcript(&self, conversation: ConversationId, asked: &TranscriptAsked) -> Stored<()> {
        self.lock().transcripts.entry((conversation, asked.id)).or_insert_with(|| asked.clone());
        Ok(())
    }

    async fn transcripts_asked(&self, conversation: ConversationId) -> Stored<Vec<TranscriptAsked>> {
        let state = self.lock();
        let of_it = state.transcripts.iter().filter(|((of, _), _)| *of == conversation);
        Ok(of_it.map(|(_, asked)| asked.clone()).collect())
    }

    async fn transcript_settled(&self, conversation: ConversationId, id: ClientId) -> Stored<()> {
        self.lock().transcripts.remove(&(conversation, id));
        Ok(())
    }
}

impl MailTokens for Memory {
    async fn keep_reply_grant(&self, hash: [u8; 32], grant: &ReplyGrant) -> Stored<()> {
        self.lock().reply_grants.insert(hash, grant.clone());
        Ok(())
    }

    async fn reply_grant(&self, hash: [u8; 32], now: Timestamp) -> Stored<Option<ReplyGrant>> {
        let state = self.lock();
        let alive = |grant: &&ReplyGrant| grant.made_at.plus(REPLY_GRANT_LIFE) > now;
        Ok(state.reply_grants.get(&hash).filter(alive).cloned())
    }

    async fn revoke_reply_grant(&self, hash: [u8; 32], at: Timestamp) -> Stored<bool> {
        let mut state = self.lock();
        let Some(grant) = state.reply_grants.get_mut(&hash) else { return Ok(false) };
        grant.revoked_at = Some(grant.revoked_at.map_or(at, |before| before.min(at)));
        Ok(true)
    }

    async fn keep_mail_link(&self, hash: [u8; 32], link: &MailLink) -> Stored<()> {
        self.lock().mail_links.insert(hash, link.clone());
        Ok(())
    }

    async fn mail_link(&self, hash: [u8; 32], purpose: Purpose, now: Timestamp) -> Stored<Option<MailLink>> {
        let state = self.lock();
        let good = |link: &&MailLink| link.purpose == purpose && link.expires_at > now;
        Ok(state.mail_links.get(&hash).filter(good).cloned())
    }
}

impl IdentityKeys for Memory {
    async fn identity_keys(&self, site: &SiteId) -> Stored<Vec<Key>> {
        let mut keys = self.lock().identity_keys.get(site).cloned().unwrap_or_default();
        keys.sort_by(|a, b| (a.made_at, &a.id).cmp(&(b.made_at, &b.id)));
        Ok(keys)
    }

    async fn keep_key(&self, site: &SiteId, key: &Key) -> Stored<bool> {
        let mut state = self.lock();
        let keys = state.identity_keys.entry(site.clone()).or_default();
        if let Some(known) = keys.iter().find(|known| known.id == key.id) {
            return Ok(known == key);
        }
        keys.push(key.clone());
        Ok(true)
    }

    async fn end_key(&self, site: &SiteId, id: &KeyId, at: Timestamp) -> Stored<bool> {
        let mut state = self.lock();
        let key =
            state.identity_keys.get_mut(site).and_then(|keys| keys.iter_mut().find(|key| key.id == *id));
        let Some(key) = key else { return Ok(false) };
        key.ends_at = Some(key.ends_at.map_or(at, |before| before.min(at)));
        Ok(true)
    }

    async fn claim_token(
        &self,
        site: &SiteId,
        token: &str,
        subject: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Stored<Option<String>> {
        let mut state = self.lock();
        let claim = (site.clone(), token.to_owned());
        if let Some((holder, _)) = state.tokens.get(&claim).filter(|(_, until)| *until > now) {
            return Ok(Some(holder.clone()));
        }
        state.tokens.insert(claim, (subject.to_owned(), until));
        Ok(None)
    }
}

impl Accounts for Memory {
    async fn site(&self, id: &SiteId) -> Stored<Option<Site>> {
        Ok(self.lock().sites.get(id).cloned())
    }

    async fn put_site(&self, site: &Site) -> Stored<()> {
        self.lock().sites.insert(site.id.clone(), site.clone());
        Ok(())
    }

    async fn open_session(&self, hash: [u8; 32], session: &Session, shopper: &Shopper) -> Stored<()> {
        let mut state = self.lock();
        state.shoppers.entry(shopper.id).or_insert_with(|| shopper.clone());
        state.sessions.insert(hash, (session.clone(), Timestamp(0)));
        Ok(())
    }

    async fn session(
        &self,
        hash: [u8; 32],
        rate: Rate,
        now: Timestamp,
    ) -> Stored<Option<Result<Session, Duration>>> {
        let mut state = self.lock();
        let Some((session, tat)) =
            state.sessions.get_mut(&hash).filter(|(session, _)| session.expires_at > now)
        else {
            return Ok(None);
        };
        Ok(Some(match rate.take(*tat, now) {
            Verdict::Allowed { next } => {
                *tat = next;
                Ok(session.clone())
            }
            Verdict::Refused { retry_after } => Err(retry_after),
        }))
    }

    async fn known_session(&self, hash: [u8; 32], now: Timestamp) -> Stored<Option<Session>> {
        let known = self.lock().sessions.get(&hash).map(|(session, _)| session.clone());
        Ok(known.filter(|session| session.expires_at > now))
    }

    async fn end_session(&self, hash: [u8; 32]) -> Stored<()> {
        self.lock().sessions.remove(&hash);
        Ok(())
    }

    async fn sign_in(&self, sign_in: &SignIn) -> Result<(), CommitError> {
        let mut state = self.lock();
        let SignIn { before, ends, session, hash, open, moved, linked, at: _ } = sign_in;
        let verified = session.shopper;
        let movable = moved.as_ref().is_none_or(|head| {
            let same = |known: &Head| known.rev + 1 == head.rev && known.is_open();
            state.heads.get(&head.id).is_some_and(same) && !state.open.contains_key(&verified)
        });
        if !state.sessions.contains_key(ends)
            || state.sealed.contains(before)
            || state.open.get(before) != open.as_ref()
            || !movable
        {
            return Err(CommitError::Moved);
        }
        state.sessions.remove(ends);
        state.sessions.insert(*hash, (session.clone(), Timestamp(0)));
        if let Some(head) = moved {
            state.open.insert(verified, head.id);
            if let Some(had) = state.of_shopper.get_mut(before) {
                had.retain(|id| *id != head.id);
            }
            state.of_shopper.entry(verified).or_default().push(head.id);
            state.place(head.clone());
        }
        if open.is_none() || moved.is_some() {
            state.sealed.insert(*before);
        }
        if *linked {
            state.browsers.entry(verified).or_default().push(*before);
            state.signed_in_as.insert(*before, verified);
        }
        Ok(())
    }

    async fn browsers(&self, verified: ShopperId, limit: usize) -> Stored<Vec<ShopperId>> {
        let state = self.lock();
        Ok(state.browsers.get(&verified).into_iter().flatten().rev().take(limit).copied().collect())
    }

    async fn signed_in_as(&self, anonymous: ShopperId) -> Stored<Option<ShopperId>> {
        Ok(self.lock().signed_in_as.get(&anonymous).copied())
    }

    async fn vouch(&self, shopper: &Shopper) -> Stored<()> {
        let mut state = self.lock();
        let known = state.shoppers.entry(shopper.id).or_insert_with(|| shopper.clone());
        let now = |new: &Option<String>, old: &mut Option<String>| *old = new.clone().or(old.take());
        now(&shopper.name, &mut known.name);
        now(&shopper.email, &mut known.email);
        now(&shopper.language, &mut known.language);
        now(&shopper.time_zone, &mut known.time_zone);
        now(&shopper.user_agent, &mut known.user_agent);
        now(&shopper.country, &mut known.country);
        known.page = shopper.page.clone().or(known.page.take());
        known.last_seen = shopper.last_seen;
        Ok(())
    }

    async fn shopper(&self, id: ShopperId) -> Stored<Option<Shopper>> {
        Ok(self.lock().shoppers.get(&id).cloned())
    }

    async fn visit(&self, id: ShopperId, page: &Page, now: Timestamp) -> Stored<()> {
        if let Some(shopper) = self.lock().shoppers.get_mut(&id) {
            shopper.page = Some(page.clone());
            shopper.last_seen = now;
        }
        Ok(())
    }

    async fn reports_as(&self, id: ShopperId, visitor: VisitorId) -> Stored<()> {
        if let Some(shopper) = self.lock().shoppers.get_mut(&id) {
            shopper.visitor = Some(visitor);
        }
        Ok(())
    }

    async fn person_by_email(&self, email: &str) -> Stored<Option<Person>> {
        Ok(self.lock().people.get(email).cloned())
    }

    async fn put_person(&self, person: &Person) -> Stored<()> {
        self.lock().people.insert(person.email.clone(), person.clone());
        Ok(())
    }

    async fn memberships(&self, agent: AgentId) -> Stored<Vec<SiteId>> {
        Ok(self.lock().members.keys().filter(|(_, id)| *id == agent).map(|(site, _)| site.clone()).collect())
    }

    async fn member(&self, site: &SiteId, agent: AgentId) -> Stored<Option<Member>> {
        Ok(self.lock().members.get(&(site.clone(), agent)).cloned())
    }

    async fn members(&self, site: &SiteId) -> Stored<Vec<Member>> {
        Ok(self.lock().members.values().filter(|member| member.site == *site).cloned().collect())
    }

    async fn put_member(&self, member: &Member) -> Stored<bool> {
        let mut state = self.lock();
        let key = (member.site.clone(), member.agent);
        let fits = match state.members.get(&key) {
            None => member.photo.is_none(),
            Some(known) => known.version + 1 == member.version && known.photo == member.photo,
        };
        if !fits {
            return Ok(state.members.get(&key).is_some_and(|known| known.same_as(member)));
        }
        state.members.insert(key, member.clone());
        Ok(true)
    }

    async fn sign_of_life(
        &self,
        site: &SiteId,
        agent: AgentId,
        chosen: Option<Availability>,
        now: Timestamp,
    ) -> Stored<Option<Member>> {
        let mut state = self.lock();
        let Some(member) = state.members.get_mut(&(site.clone(), agent)) else { return Ok(None) };
        member.seen_at = Some(now);
        if let Some(chosen) = chosen {
            member.availability = chosen;
        }
        Ok(Some(member.clone()))
    }

    async fn count(&self, quota: Quota, key: &str, now: Timestamp) -> Stored<Result<(), Duration>> {
        let mut state = self.lock();
        let used = state.counters.entry((quota.name, key.to_owned(), quota.window_of(now))).or_default();
        if *used >= quota.limit {
            return Ok(Err(quota.window_end(now).since(now)));
        }
        *used += 1;
        Ok(Ok(()))
    }
}

impl Visitors for Memory {
    async fn visitor(&self, site: &SiteId, id: VisitorId) -> Stored<Option<Row>> {
        Ok(self.lock().visitors.get(&(site.clone(), id)).cloned())
    }

    async fn put_visitor(&self, row: &Row, expected: Option<Timestamp>) -> Stored<bool> {
        let mut state = self.lock();
        let key = (row.site.clone(), row.id);
        let stands = state.visitors.get(&key);
        if stands.map(|row| row.changed_at) != expected {
            return Ok(stands == Some(row));
        }
        state.visitors.insert(key, row.clone());
        Ok(true)
    }

    async fn visitors(&self, site: &SiteId, after: visitors::Place, limit: usize) -> Stored<visitors::Page> {
        let state = self.lock();
        let of_site = state.visitors.values().filter(|row| row.site == *site);
        let mut rows: Vec<Row> = of_site.filter(|row| visitors::Place::of(row) > after).cloned().collect();
        rows.sort_by_key(visitors::Place::of);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let through = rows.last().filter(|_| more).map(visitors::Place::of);
        Ok(visitors::Page { rows, through })
    }

    async fn watch_visitors(&self, site: &SiteId, until: Timestamp) -> Stored<()> {
        let mut state = self.lock();
        let watched = state.watched.entry(site.clone()).or_insert(until);
        *watched = until.max(*watched);
        Ok(())
    }

    async fn visitors_watched(&self, site: &SiteId) -> Stored<Option<Timestamp>> {
        Ok(self.lock().watched.get(site).copied())
    }
}
