//! The store, the network and chance, with their faults.

use crate::Mutant;
use crate::executor::Executor;
use domain::connection::{Connection, Registration, Ticket, Topic};
use domain::conversation::{Body, Entry, Head, Log, Status};
use domain::cursor::{Cursor, Cursors, Reader};
use domain::deadline::Call;
use domain::identity::{Key, KeyId};
use domain::inbox::{Place, Shelf};
use domain::notification::{Notified, Told, Tray};
use domain::people::{Availability, Member, Page, Person, Shopper, Site};
use domain::ports::{
    Accounts, Addresses, Admission, AgentNotices, Claimed, Commit, CommitError, Connections, Conversations,
    Correspondent, Document, DocumentPublishing, Documents, EntryPage, Environment, FaqCount, FaqCounts,
    FaqEvent, IdentityKeys, MailKey, MailLink, MailOutbox, MailTokens, Order, Posted, Profiles, Publications,
    Published, Publishing, Purpose, Push, Receipt, ReplyGrant, Sender, SentMail, Session, SettingsStore,
    SignIn, Standing, StoreError, Stored, Suppressed, TranscriptAsked, Transcripts, Visitors, Visits,
};
use domain::proactive::{Claiming, Credit, Day, Known, Remembered, Results, Showing, Trial};
use domain::profile::{Photo, PhotoId, Profile};
use domain::rate::{Quota, Rate};
use domain::settings::{FieldId, Section};
use domain::triggers::PageId;
use domain::triggers::shown::{Free, Mark};
use domain::{
    AgentId, ClientId, ConnectionId, ConversationId, ShopperId, SiteId, Timestamp, VisitorId, visitors,
};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use testkit::Memory;

/// When virtual time begins.
const START: u64 = 1_750_000_000_000;

/// How likely each fault is, at each of its chances.
#[derive(Debug, Clone, Copy)]
pub struct Odds {
    /// A call to the store fails, and was not carried out.
    pub store_before: f64,
    /// A call to the store fails, and was carried out.
    pub store_after: f64,
    /// A function is killed where it waits.
    pub kill: f64,
    /// A post fails.
    pub post: f64,
    /// A connection breaks when a frame is sent.
    pub cut: f64,
}

impl Odds {
    pub const STORMY: Self =
        Self { store_before: 0.000_2, store_after: 0.000_2, kill: 0.000_1, post: 0.000_5, cut: 0.000_5 };
    pub const CALM: Self = Self { store_before: 0.0, store_after: 0.0, kill: 0.0, post: 0.0, cut: 0.0 };
}

/// When each entry was stored, in virtual milliseconds.
pub type StoredAt = HashMap<(ConversationId, Log, u64), u64>;

/// What everything in a run shares.
#[derive(Debug, Clone)]
pub struct World {
    pub executor: Executor,
    pub mutant: Option<Mutant>,
    random: Arc<Mutex<SmallRng>>,
    odds: Arc<Mutex<Odds>>,
    calm: Arc<Mutex<bool>>,
    lines: Arc<Mutex<HashMap<ConnectionId, Arc<Mutex<Inbox>>>>>,
    /// When each entry was stored.
    pub stored_at: Arc<Mutex<StoredAt>>,
}

/// What has come over one connection.
#[derive(Debug, Default)]
pub struct Inbox {
    frames: VecDeque<String>,
    open: bool,
    waker: Option<Waker>,
}

impl World {
    #[must_use]
    pub fn new(seed: u64, odds: Odds, mutant: Option<Mutant>) -> Self {
        Self {
            executor: Executor::default(),
            mutant,
            random: Arc::new(Mutex::new(SmallRng::seed_from_u64(seed))),
            odds: Arc::new(Mutex::new(odds)),
            calm: Arc::default(),
            lines: Arc::default(),
            stored_at: Arc::default(),
        }
    }

    pub fn odds(&self) -> Odds {
        *self.odds.lock().expect("one thread")
    }

    /// No more faults from now on, and nobody writes anything new.
    pub fn calm(&self) {
        *self.calm.lock().expect("one thread") = true;
        *self.odds.lock().expect("one thread") = Odds::CALM;
    }

    pub fn is_calm(&self) -> bool {
        *self.calm.lock().expect("one thread")
    }

    pub fn chance(&self, share: f64) -> bool {
        share > 0.0 && self.random.lock().expect("one thread").random_bool(share)
    }

    pub fn between(&self, low: u64, high: u64) -> u64 {
        self.random.lock().expect("one thread").random_range(low..=high)
    }

    pub fn uuid(&self) -> uuid::Uuid {
        uuid::Builder::from_random_bytes(self.random().to_be_bytes()).into_uuid()
    }

    pub fn open_line(&self, id: &ConnectionId) -> Arc<Mutex<Inbox>> {
        let inbox = Arc::new(Mutex::new(Inbox { open: true, ..Inbox::default() }));
        self.lines.lock().expect("one thread").insert(id.clone(), inbox.clone());
        inbox
    }

    /// The connection is gone; nobody is told.
    pub fn cut_line(&self, id: &ConnectionId) {
        if let Some(inbox) = self.lines.lock().expect("one thread").remove(id) {
            let mut inbox = inbox.lock().expect("one thread");
            inbox.open = false;
            if let Some(waker) = inbox.waker.take() {
                waker.wake();
            }
        }
    }
}

/// What a client hears next.
#[derive(Debug)]
pub enum Heard {
    Frame(String),
    Broken,
    Nothing,
}

/// Waits for a frame, at most until a moment.
pub async fn hear(world: &World, inbox: &Arc<Mutex<Inbox>>, until: u64) -> Heard {
    let wait = until.saturating_sub(world.executor.now());
    let mut sleep = Box::pin(world.executor.sleep(wait));
    std::future::poll_fn(move |context| {
        let mut line = inbox.lock().expect("one thread");
        if let Some(frame) = line.frames.pop_front() {
            return Poll::Ready(Heard::Frame(frame));
        }
        if !line.open {
            return Poll::Ready(Heard::Broken);
        }
        line.waker = Some(context.waker().clone());
        drop(line);
        sleep.as_mut().poll(context).map(|()| Heard::Nothing)
    })
    .await
}

impl Environment for World {
    fn now(&self) -> Timestamp {
        Timestamp(START + self.executor.now())
    }

    async fn sleep(&self, span: Duration) {
        self.executor.sleep(span.as_millis() as u64).await;
    }

    fn random(&self) -> u128 {
        self.random.lock().expect("one thread").random()
    }
}

impl Push for World {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Posted {
        self.executor.sleep(self.between(1, 15)).await;
        if self.chance(self.odds().post) {
            // Throttled three times, or never answered: two seconds at the most.
            self.executor.sleep(self.between(100, 2000)).await;
            return Posted::Failed;
        }
        if self.mutant == Some(Mutant::LosesPushes) && self.chance(0.2) {
            return Posted::Delivered;
        }
        let line = self.lines.lock().expect("one thread").get(to).cloned();
        let Some(line) = line else { return Posted::Gone };
        let (executor, late, frame) = (self.executor.clone(), self.between(1, 30), frame.to_owned());
        // The last mile has a pace of its own for every frame: pushes overtake one another.
        self.executor.spawn(async move {
            executor.sleep(late).await;
            let mut line = line.lock().expect("one thread");
            if line.open {
                line.frames.push_back(frame);
                if let Some(waker) = line.waker.take() {
                    waker.wake();
                }
            }
        });
        Posted::Delivered
    }

    async fn is_gone(&self, id: &ConnectionId) -> bool {
        self.executor.sleep(self.between(1, 15)).await;
        !self.lines.lock().expect("one thread").contains_key(id)
    }

    async fn cut(&self, id: &ConnectionId) {
        self.cut_line(id);
    }
}

/// A function's invocation: killed, perhaps, where it waits.
#[expect(missing_debug_implementations, reason = "a future of a test")]
pub struct Killable<F> {
    pub future: Pin<Box<F>>,
    pub world: World,
}

impl<F: Future<Output = ()>> Future for Killable<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.world.chance(self.world.odds().kill) {
            return Poll::Ready(());
        }
        self.future.as_mut().poll(context)
    }
}

/// The store in memory behind a network that fails.
#[derive(Debug, Clone)]
pub struct Faulty {
    pub inner: Memory,
    pub world: World,
}

impl Faulty {
    async fn before(&self) -> Stored<()> {
        self.world.executor.sleep(self.world.between(1, 4)).await;
        if self.world.chance(self.world.odds().store_before) {
            return Err(StoreError::Unavailable("on the way there".into()));
        }
        Ok(())
    }

    async fn after(&self) -> Stored<()> {
        if self.world.chance(self.world.odds().store_after) {
            return Err(StoreError::Unavailable("on the way back".into()));
        }
        self.world.executor.sleep(self.world.between(1, 3)).await;
        Ok(())
    }
}

macro_rules! forward {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {$(
        async fn $name(&self, $($argument: $kind),*) -> Stored<$answer> {
            self.before().await?;
            let answer = self.inner.$name($($argument),*).await;
            self.after().await?;
            answer
        }
    )*};
}

impl Conversations for Faulty {
    async fn head(&self, id: ConversationId) -> Stored<Option<Head>> {
        self.before().await?;
        let mut head = self.inner.head(id).await?;
        if self.world.mutant == Some(Mutant::Reopens)
            && let Some(head) = &mut head
        {
            head.status = Status::Open;
        }
        if self.world.mutant == Some(Mutant::ForgetsOrigins)
            && let Some(head) = &mut head
        {
            head.origin = head.shopper;
        }
        self.after().await?;
        Ok(head)
    }

    async fn open_conversation(&self, shopper: ShopperId) -> Stored<Option<ConversationId>> {
        self.before().await?;
        let mut open = self.inner.open_conversation(shopper).await?;
        if self.world.mutant == Some(Mutant::KeepsClosedOpen) && open.is_none() {
            open = self.inner.conversations_of(shopper, 1).await?.first().map(|head| head.id);
        }
        self.after().await?;
        Ok(open)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.before().await?;
        if self.world.mutant == Some(Mutant::AcknowledgesBeforeStoring) && self.world.chance(0.001) {
            return Ok(());
        }
        if self.world.mutant == Some(Mutant::KeepsClosedOpen)
            && commit.expected_rev.is_none()
            && !self.inner.conversations_of(commit.head.shopper, 1).await?.is_empty()
        {
            return Err(CommitError::Moved);
        }
        let stored = if self.world.mutant == Some(Mutant::ForgetsReceipts) {
            let elsewhere = Commit { client_id: ClientId(self.world.uuid()), ..commit.clone() };
            self.inner.commit(&elsewhere).await
        } else {
            self.inner.commit(commit).await
        };
        if stored.is_ok() {
            let mut stored_at = self.world.stored_at.lock().expect("one thread");
            for entry in &commit.entries {
                stored_at.insert((commit.head.id, entry.log, entry.seq), self.world.executor.now());
            }
        }
        self.after().await?;
        stored
    }

    async fn entries(&self, id: ConversationId, log: Log, after: u64, limit: usize) -> Stored<EntryPage> {
        self.before().await?;
        let page = self.inner.entries(id, log, after, limit).await;
        self.after().await?;
        page
    }

    forward! {
        receipt(sender: Sender, client_id: ClientId) -> Option<Receipt>;
        entries_back(id: ConversationId, log: Log, until: u64, limit: usize) -> Vec<Entry>;
        cursors(id: ConversationId) -> Cursors;
        advance(id: ConversationId, reader: Reader, to: Cursor) -> Option<Cursor>;
        mark_read(head: &Head) -> bool;
        arm(head: &Head) -> bool;
        due(shard: u8, until: Timestamp, limit: usize) -> Vec<Call>;
        shelf(site: &SiteId, shelf: Shelf, before: Option<Place>, limit: usize) -> Vec<Head>;
        conversations_of(shopper: ShopperId, limit: usize) -> Vec<Head>;
    }
}

impl Connections for Faulty {
    async fn register(&self, topic: &Topic, registration: &Registration) -> Stored<()> {
        self.before().await?;
        if self.world.mutant == Some(Mutant::RegistersLate) {
            let (late, topic, registration) = (self.clone(), topic.clone(), registration.clone());
            self.world.executor.spawn(async move {
                late.world.executor.sleep(5_000).await;
                let _ = late.inner.register(&topic, &registration).await;
            });
            return Ok(());
        }
        self.inner.register(topic, registration).await?;
        self.after().await
    }

    async fn registered(&self, topic: &Topic, now: Timestamp) -> Stored<Vec<Registration>> {
        self.before().await?;
        let mut all = self.inner.registered(topic, now).await?;
        match (self.world.mutant, topic) {
            (Some(Mutant::PushesToNobody), _) => all.clear(),
            (Some(Mutant::ShowsBackstage), Topic::Conversation(id)) => {
                if let Some(head) = self.inner.head(*id).await? {
                    all.extend(self.inner.registered(&Topic::Shopper(head.shopper), now).await?);
                }
            }
            (Some(Mutant::CrossesShoppers), Topic::Shopper(id)) => {
                let other =
                    self.inner.heads().into_iter().map(|head| head.shopper).filter(|other| other != id).min();
                if let Some(other) = other {
                    all.extend(self.inner.registered(&Topic::Shopper(other), now).await?);
                }
            }
            _ => {}
        }
        self.after().await?;
        Ok(all)
    }

    forward! {
        issue_ticket(hash: [u8; 32], ticket: &Ticket) -> ();
        redeem_ticket(hash: [u8; 32], now: Timestamp) -> Option<Ticket>;
        connect(connection: &Connection) -> ();
        admit(id: &ConnectionId, rate: Rate, now: Timestamp) -> Admission;
        greet(id: &ConnectionId, viewing: Option<ConversationId>) -> ();
        rename(id: &ConnectionId, name: &str) -> ();
        unregister(topic: &Topic, id: &ConnectionId) -> ();
        disconnect(id: &ConnectionId) -> Option<Connection>;
    }
}

impl SettingsStore for Faulty {
    forward! {
        published(site: &SiteId) -> Publications;
        section(site: &SiteId, section: Section) -> Option<Published>;
        publish(site: &SiteId, published: &Published) -> Publishing;
        history(site: &SiteId, section: Section, before: Option<u64>, limit: usize) -> Vec<Published>;
    }
}

impl Documents for Faulty {
    forward! {
        standing(site: &SiteId, document: &Document) -> Option<Standing>;
        document(site: &SiteId, document: &Document, version: u64) -> Option<Published<Document>>;
        publish_document(site: &SiteId, published: &Published<Document>, about: Option<&str>, judged_by: &[(Document, u64)]) -> DocumentPublishing;
    }
}

impl IdentityKeys for Faulty {
    forward! {
        identity_keys(site: &SiteId) -> Vec<Key>;
        keep_key(site: &SiteId, key: &Key) -> bool;
        end_key(site: &SiteId, id: &KeyId, at: Timestamp) -> bool;
        claim_token(site: &SiteId, token: &str, subject: &str, until: Timestamp, now: Timestamp) -> Option<String>;
    }
}

impl FaqCounts for Faulty {
    forward! {
        count_faq(site: &SiteId, faq: &FieldId, event: FaqEvent, mark: uuid::Uuid, now: Timestamp) -> bool;
        faq_counts(site: &SiteId) -> Vec<FaqCount>;
    }
}

impl Profiles for Faulty {
    forward! {
        set_profile(site: &SiteId, agent: AgentId, profile: &Profile) -> bool;
        set_photo(site: &SiteId, agent: AgentId, before: Option<PhotoId>, photo: Option<&Photo>) -> bool;
        photo(site: &SiteId, id: PhotoId) -> Option<Photo>;
    }
}

impl Addresses for Faulty {
    forward! {
        correspondent(site: &SiteId, address: [u8; 32]) -> Correspondent;
        suppress(site: &SiteId, address: [u8; 32], why: Suppressed, at: Timestamp) -> bool;
        warm(site: &SiteId, address: [u8; 32], at: Timestamp) -> ();
        take_turn(site: &SiteId, address: [u8; 32], id: ClientId, now: Timestamp) -> bool;
    }
}

impl MailOutbox for Faulty {
    forward! {
        claim_mail(key: &MailKey, by: u128, now: Timestamp, until: Timestamp) -> Claimed;
        record_mail(key: &MailKey, sent: &SentMail) -> SentMail;
        sent_mail(key: &MailKey) -> Option<SentMail>;
        release_mail(key: &MailKey, by: u128) -> ();
    }
}

impl AgentNotices for Faulty {
    forward! {
        notified(site: &SiteId) -> Vec<Notified>;
        notified_agent(site: &SiteId, agent: AgentId) -> Option<Notified>;
        put_notified(site: &SiteId, notified: &Notified) -> ();
        tray(site: &SiteId, agent: AgentId) -> Tray;
        put_tray(site: &SiteId, agent: AgentId, tray: &Tray) -> bool;
        told(conversation: ConversationId) -> Vec<(AgentId, Told)>;
        record_told(conversation: ConversationId, agent: AgentId, told: Told) -> ();
    }
}

impl Transcripts for Faulty {
    forward! {
        ask_transcript(conversation: ConversationId, asked: &TranscriptAsked) -> ();
        transcripts_asked(conversation: ConversationId) -> Vec<TranscriptAsked>;
        transcript_settled(conversation: ConversationId, id: ClientId) -> ();
    }
}

impl Visitors for Faulty {
    forward! {
        visitor(site: &SiteId, id: VisitorId) -> Option<visitors::Row>;
        put_visitor(row: &visitors::Row, expected: Option<Timestamp>) -> bool;
        visitors(site: &SiteId, after: visitors::Place, limit: usize) -> visitors::Page;
        watch_visitors(site: &SiteId, until: Timestamp) -> ();
        visitors_watched(site: &SiteId) -> Option<Timestamp>;
    }
}

impl MailTokens for Faulty {
    forward! {
        keep_reply_grant(hash: [u8; 32], grant: &ReplyGrant) -> ();
        reply_grant(hash: [u8; 32], now: Timestamp) -> Option<ReplyGrant>;
        revoke_reply_grant(hash: [u8; 32], at: Timestamp) -> bool;
        keep_mail_link(hash: [u8; 32], link: &MailLink) -> ();
        mail_link(hash: [u8; 32], purpose: Purpose, now: Timestamp) -> Option<MailLink>;
    }
}

impl Accounts for Faulty {
    async fn sign_in(&self, sign_in: &SignIn) -> Result<(), CommitError> {
        self.before().await?;
        let stored = self.inner.sign_in(sign_in).await;
        if self.world.mutant == Some(Mutant::LeavesTheDoorOpen) {
            self.inner.unseal(sign_in.before);
        }
        self.after().await?;
        stored
    }

    forward! {
        site(id: &SiteId) -> Option<Site>;
        put_site(site: &Site) -> ();
        open_session(hash: [u8; 32], session: &Session, shopper: &Shopper) -> ();
        session(hash: [u8; 32], rate: Rate, now: Timestamp) -> Option<Result<Session, Duration>>;
        known_session(hash: [u8; 32], now: Timestamp) -> Option<Session>;
        end_session(hash: [u8; 32]) -> ();
        browsers(verified: ShopperId, limit: usize) -> Vec<ShopperId>;
        signed_in_as(anonymous: ShopperId) -> Option<ShopperId>;
        vouch(shopper: &Shopper) -> ();
        shopper(id: ShopperId) -> Option<Shopper>;
        visit(id: ShopperId, page: &Page, now: Timestamp) -> ();
        reports_as(id: ShopperId, visitor: VisitorId) -> ();
        person_by_email(email: &str) -> Option<Person>;
        put_person(person: &Person) -> ();
        memberships(agent: AgentId) -> Vec<SiteId>;
        member(site: &SiteId, agent: AgentId) -> Option<Member>;
        members(site: &SiteId) -> Vec<Member>;
        put_member(member: &Member) -> bool;
        sign_of_life(site: &SiteId, agent: AgentId, chosen: Option<Availability>, now: Timestamp) -> Option<Member>;
        count(quota: Quota, key: &str, now: Timestamp) -> Result<(), Duration>;
    }
}

/// What a check needs of an entry.
#[must_use]
pub fn is_message(entry: &Entry) -> bool {
    matches!(entry.body, Body::Message { .. })
}

impl Visits for Faulty {
    async fn claim(&self, claiming: &Claiming) -> Stored<bool> {
        let mut claiming = claiming.clone();
        match self.world.mutant {
            Some(Mutant::ClaimsWhatIsTaken) => {
                claiming.claims.iter_mut().for_each(|claim| claim.free = Free::Always);
            }
            Some(Mutant::ForgetsShowings) => {
                claiming.claims.retain(|claim| !matches!(claim.mark, Mark::Ever(_) | Mark::Visit(..)));
            }
            _ => {}
        }
        let claimed = async {
            self.before().await?;
            let claimed = self.inner.claim(&claiming).await;
            self.after().await?;
            claimed
        };
        match claimed.await {
            Err(_) if self.world.mutant == Some(Mutant::ShowsWhatIsUnknown) => Ok(true),
            claimed => claimed,
        }
    }

    async fn commit_answer(
        &self,
        commit: &Commit,
        hash: [u8; 32],
        showing: &Showing,
        day: &Day,
    ) -> Result<(), CommitError> {
        self.before().await?;
        let stored = self.inner.commit_answer(commit, hash, showing, day).await;
        self.after().await?;
        stored
    }

    forward! {
        known_visitor(id: VisitorId) -> Option<Known>;
        keep_visitor(visitor: &Remembered, expected: Option<u64>) -> bool;
        page_marks(page: PageId) -> Vec<(Mark, Timestamp)>;
        keep_showing(hash: [u8; 32], showing: &Showing) -> ();
        showing(hash: [u8; 32], now: Timestamp) -> Option<Showing>;
        opened(hash: [u8; 32], showing: &Showing, day: &Day, now: Timestamp) -> bool;
        dismiss(visitor: VisitorId, trigger: &FieldId, now: Timestamp) -> ();
        convert(order: &Order, site: &SiteId, credit: &Credit, day: &Day) -> bool;
        results(site: &SiteId, from: &Day) -> Vec<Results>;
        keep_trial(hash: [u8; 32], trial: &Trial) -> ();
        trial(hash: [u8; 32], now: Timestamp) -> Option<Trial>;
    }
}
