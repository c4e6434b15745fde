//! A client after the protocol's rules: an outbox in the order written with one message in flight, entries taken by
//! their numbers, heartbeats that compare, reconnects with full jitter.

use crate::Mutant;
use crate::browser::Browser;
use crate::ports::{Faulty, Heard, Killable, World, hear};
use delivery::{Engine, Failure};
use domain::connection::Identity;
use domain::conversation::Log;
use domain::ports::Conversations;
use domain::{ClientId, ConnectionId, ConversationId, SiteId};
use protocol::client::{Close, Hello, Known, Numbers, Open, Ping, Send};
use protocol::server::{Entries, LogName};
use protocol::{ClientFrame, Command, ErrorCode, ServerFrame};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use ws_message::Payload;

pub type SimEngine = Arc<Engine<Faulty, World, World>>;

const HANDSHAKE: u64 = 8_000;
const ANSWER: u64 = 10_000;
/// An `open` that is not acknowledged in this time is asked again.
const OPENED: u64 = 4_000;
const GAP: u64 = 400;
const HEARTBEAT: u64 = 25_000;
/// Between two messages of one client, at the least: below the rate limit, acknowledgements and heartbeats included.
const PACE: u64 = 450;

/// One conversation as a client has it: what stands at each number.
#[derive(Debug, Default)]
pub struct View {
    pub thread: BTreeMap<u64, Option<String>>,
    pub backstage: BTreeMap<u64, Option<String>>,
}

impl View {
    fn whole(log: &BTreeMap<u64, Option<String>>) -> u64 {
        // The numbers are dense but for a few that are still missing: the last decides in the common case.
        match log.last_key_value() {
            Some((last, _)) if *last == log.len() as u64 => *last,
            _ => log.keys().zip(1..).take_while(|(seq, n)| **seq == *n).count() as u64,
        }
    }

    fn numbers(&self) -> Numbers {
        Numbers { t: Self::whole(&self.thread), b: Self::whole(&self.backstage) }
    }

    fn last(&self) -> Numbers {
        let last = |log: &BTreeMap<u64, _>| log.last_key_value().map_or(0, |(last, _)| *last);
        Numbers { t: last(&self.thread), b: last(&self.backstage) }
    }
}

/// What a client has lived through; the checks read it.
#[derive(Debug, Default)]
pub struct Life {
    pub views: HashMap<ConversationId, View>,
    pub current: Option<ConversationId>,
    /// An agent's text is for the conversation that it was written in; a shopper's for whichever is open.
    pub outbox: VecDeque<(ClientId, String, Option<ConversationId>)>,
    /// Where a message was addressed when it was first sent: there it goes again, as `web/protocol` does it, until it is told that the
    /// conversation is closed or not its own. `None`: to whichever is open, or a new one.
    addressed: BTreeMap<ClientId, Option<ConversationId>>,
    /// In the order of their acknowledgements: the text's number, where it stands.
    pub acked: Vec<(ClientId, ConversationId, u64)>,
    pub written: Vec<ClientId>,
    pub faults: Vec<String>,
    /// Milliseconds from stored to shown, while connected; from connected to shown, after a reconnect.
    pub live: Vec<u32>,
    pub caught_up: Vec<u32>,
    pub reconnects: u64,
}

impl Life {
    /// What is first in the outbox goes to whichever conversation is open then, under its old id.
    fn address_anew(&mut self) {
        if let Some((front, ..)) = self.outbox.front() {
            self.addressed.insert(*front, None);
        }
    }
}

#[derive(Debug, Clone)]
pub enum Who {
    Shopper {
        browser: Browser,
    },
    /// An agent who looks after one shopper.
    Agent {
        identity: Identity,
        of: Browser,
    },
}

#[derive(Clone)]
pub struct Client {
    pub world: World,
    pub engine: SimEngine,
    pub site: SiteId,
    pub who: Who,
    pub life: Arc<Mutex<Life>>,
    pub messages: usize,
    pub name: usize,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "client {}", self.name)
    }
}

struct Flight {
    id: ClientId,
    until: u64,
}

impl Client {
    fn now(&self) -> u64 {
        self.world.executor.now()
    }

    fn life(&self) -> std::sync::MutexGuard<'_, Life> {
        self.life.lock().expect("one thread")
    }

    const fn goes_on_as_another(&self) -> bool {
        matches!(self.who, Who::Shopper { browser: Browser { signs_in: Some(_), .. } })
    }

    const fn is_agent(&self) -> bool {
        matches!(self.who, Who::Agent { .. })
    }

    /// Writes all its messages, over and over reconnecting.
    pub async fn live(self) {
        let mut failures = 0u32;
        loop {
            if self.connect().await {
                failures = 0;
            } else {
                failures = (failures + 1).min(5);
            }
            self.life().reconnects += 1;
            let ceiling = (500u64 << failures).min(30_000);
            self.world.executor.sleep(self.world.between(0, ceiling)).await;
        }
    }

    /// Ticket, handshake, conversation; whether it came as far as `ready`.
    async fn connect(&self) -> bool {
        let (identity, token) = match &self.who {
            Who::Shopper { browser: Browser { signs_in: Some(shop), .. } } => {
                let token = shop.token();
                match self.engine.session(&token).await {
                    Ok(session) => (Identity::Shopper { id: session.shopper }, Some(token)),
                    Err(Failure::Unauthorized) => {
                        // Signed in, and the answer was lost: the page signs in again.
                        self.sign_in().await;
                        return false;
                    }
                    Err(_) => return false,
                }
            }
            Who::Shopper { browser } => (Identity::Shopper { id: browser.anonymous }, None),
            Who::Agent { identity, .. } => (identity.clone(), None),
        };
        let ticket = self.engine.issue_ticket(self.site.clone(), identity, None, token.as_deref()).await;
        let Ok((ticket, _)) = ticket else { return false };
        let Ok(id) = format!("{:032x}", self.world.uuid().as_u128()).parse::<ConnectionId>() else {
            return false;
        };
        let inbox = self.world.open_line(&id);
        let handshake = ws_connect::Handshake {
            id: id.clone(),
            version: Some("1".into()),
            ticket: Some(ticket.reveal()),
            origin: None,
            address: self.address(),
        };
        let status = Arc::new(Mutex::new(0));
        let (engine, answer) = (self.engine.clone(), status.clone());
        self.invoke(async move {
            *answer.lock().expect("one thread") = ws_connect::handle(&engine, handshake).await;
        });
        let until = self.now() + HANDSHAKE;
        loop {
            let answered = *status.lock().expect("one thread");
            match answered {
                200 => break,
                0 if self.now() < until => self.world.executor.sleep(5).await,
                _ => {
                    self.world.cut_line(&id);
                    return false;
                }
            }
        }
        let ready = self.talk(&id, &inbox).await;
        self.world.cut_line(&id);
        ready
    }

    fn address(&self) -> String {
        format!("10.{}.{}.{}", self.name >> 16, (self.name >> 8) & 255, self.name & 255)
    }

    /// A tab of a browser whose shopper signs in at the shop while they chat.
    pub async fn signs_in(self) {
        let Who::Shopper { browser: Browser { signs_in: Some(shop), .. } } = &self.who else { return };
        self.world.executor.sleep(shop.at + self.world.between(0, 3_000)).await;
        while !self.sign_in().await {
            self.world.executor.sleep(self.world.between(100, 2_000)).await;
        }
    }

    /// Whether an answer came.
    async fn sign_in(&self) -> bool {
        let Who::Shopper { browser: Browser { signs_in: Some(shop), .. } } = &self.who else { return true };
        let answered = Arc::new(Mutex::new(None));
        let (shop, engine, site, address) =
            (shop.clone(), self.engine.clone(), self.site.clone(), self.address());
        let answer = answered.clone();
        self.invoke(async move {
            let done = shop.sign_in(engine, site, address).await.is_ok();
            *answer.lock().expect("one thread") = Some(done);
        });
        let until = self.now() + ANSWER;
        while self.now() < until {
            if let Some(done) = *answered.lock().expect("one thread") {
                return done;
            }
            self.world.executor.sleep(5).await;
        }
        false
    }

    fn invoke(&self, future: impl Future<Output = ()> + std::marker::Send + 'static) {
        self.world.executor.spawn(Killable { future: Box::pin(future), world: self.world.clone() });
    }

    /// One frame to the function.
    fn send(&self, to: &ConnectionId, id: ClientId, command: Command) {
        if self.world.chance(self.world.odds().cut) {
            self.world.cut_line(to);
            return;
        }
        let Ok(text) = serde_json::to_string(&ClientFrame { id, command }) else { return };
        let (engine, to, world) = (self.engine.clone(), to.clone(), self.world.clone());
        self.invoke(async move {
            world.executor.sleep(world.between(1, 20)).await;
            ws_message::handle(&engine, &to, Payload::Text(text)).await;
        });
    }

    fn known(&self) -> Vec<Known> {
        let life = self.life();
        let current = life.current.into_iter();
        current
            .map(|id| Known {
                conversation_id: id,
                epoch: "sim".into(),
                after: life.views.get(&id).map(View::numbers).unwrap_or_default(),
            })
            .collect()
    }

    async fn talk(&self, line: &ConnectionId, inbox: &Arc<Mutex<crate::ports::Inbox>>) -> bool {
        let connected_at = self.now();
        let mut ready_at = None;
        let mut flight: Option<Flight> = None;
        let mut pong_until: Option<u64> = None;
        let mut ping_at = self.now() + HEARTBEAT;
        let mut gap_since: Option<u64> = None;
        // What was asked for and has not come: an agent's `open`, asked again as web/protocol does.
        let mut asked: Option<Flight> = None;
        let mut write_at = self.now() + self.world.between(0, PACE);
        self.send(
            line,
            ClientId(self.world.uuid()),
            Command::Hello(Hello { conversations: self.known(), list: None, newest: false }),
        );
        loop {
            let now = self.now();
            if ready_at.is_none() && now >= connected_at + ANSWER {
                return false;
            }
            if flight.as_ref().is_some_and(|flight| now >= flight.until)
                || pong_until.is_some_and(|until| now >= until)
            {
                return ready_at.is_some();
            }
            if ready_at.is_some() && now >= ping_at {
                self.send(
                    line,
                    ClientId(self.world.uuid()),
                    Command::Ping(Ping { conversations: self.known(), list: None }),
                );
                pong_until.get_or_insert(now + ANSWER);
                ping_at = now + HEARTBEAT;
            }
            // What comes before `ready` may have gaps: its pages are on their way.
            if ready_at.is_some() && gap_since.is_some_and(|since| now >= since + GAP) {
                asked = self.catch_up(line);
                gap_since = None;
            }
            if asked.as_ref().is_some_and(|asked| now >= asked.until) {
                asked = self.catch_up(line);
            }
            if ready_at.is_some() && now >= write_at {
                write_at = now + PACE + self.world.between(0, 300);
                self.write(line, &mut flight, &mut asked).await;
            }
            let when_ready = |at: u64| ready_at.map(|_| at);
            let late = [
                when_ready(ping_at),
                when_ready(write_at),
                pong_until,
                flight.as_ref().map(|f| f.until),
                asked.as_ref().map(|f| f.until),
                gap_since.and_then(|since| when_ready(since + GAP)),
            ];
            let until = late.into_iter().flatten().min().unwrap_or(now + ANSWER).min(now + ANSWER);
            let frame = match hear(&self.world, inbox, until).await {
                Heard::Nothing => continue,
                Heard::Broken => return ready_at.is_some(),
                Heard::Frame(text) => serde_json::from_str::<ServerFrame>(&text),
            };
            match frame {
                Ok(ServerFrame::Entries(page)) => {
                    let gap = self.take(&page, ready_at, connected_at);
                    gap_since = gap.then(|| gap_since.unwrap_or(self.now()));
                }
                Ok(ServerFrame::Ready(ready)) => {
                    ready_at.get_or_insert(self.now());
                    if let Some(open) = ready.open.and_then(|open| open.parse().ok()) {
                        self.life().current = Some(open);
                    }
                }
                Ok(ServerFrame::Ack(ack)) => {
                    let mut life = self.life();
                    let Ok(id) = ack.id.parse::<ClientId>() else { continue };
                    if life.outbox.front().is_some_and(|(front, ..)| *front == id)
                        || self.world.mutant == Some(Mutant::Pipelines)
                    {
                        let before = life.outbox.len();
                        life.outbox.retain(|(known, ..)| *known != id);
                        if let (true, Some(conversation)) =
                            (life.outbox.len() < before, ack.conversation_id.and_then(|id| id.parse().ok()))
                        {
                            life.acked.push((id, conversation, ack.seq));
                            if !self.is_agent() {
                                life.current = Some(conversation);
                            }
                        }
                    }
                    if flight.as_ref().is_some_and(|flight| flight.id == id) {
                        flight = None;
                    }
                    if asked.as_ref().is_some_and(|asked| asked.id == id) {
                        asked = None;
                    }
                }
                Ok(ServerFrame::Error(error)) => {
                    let ours =
                        flight.as_ref().is_some_and(|flight| error.r#ref == Some(flight.id.to_string()));
                    match error.code {
                        // A shopper's text goes to a new conversation under its old id; an agent's is offered and let go here.
                        ErrorCode::Closed if ours => {
                            let mut life = self.life();
                            if self.is_agent() {
                                life.outbox.pop_front();
                            } else {
                                life.current = None;
                                life.address_anew();
                            }
                        }
                        // Left behind at a sign-in.
                        ErrorCode::NotFound if ours && !self.is_agent() => self.life().address_anew(),
                        ErrorCode::Retry
                        | ErrorCode::RateLimited
                        | ErrorCode::Internal
                        | ErrorCode::Closed
                        | ErrorCode::NotFound => {}
                        // Its session has ended meanwhile: the same again under the next one.
                        ErrorCode::Unauthorized if self.goes_on_as_another() => {}
                        code => self.life().faults.push(format!("refused: {code:?}")),
                    }
                    if ours {
                        flight = None;
                    }
                }
                Ok(ServerFrame::Pong(pong)) => {
                    pong_until = None;
                    if self.world.mutant != Some(Mutant::IgnoresHeartbeats) {
                        let behind = {
                            let mut life = self.life();
                            if !self.is_agent()
                                && let Some(open) = pong.open.as_ref().and_then(|open| open.parse().ok())
                            {
                                life.current = Some(open);
                            }
                            let current = life.current;
                            let ignores = self.world.mutant == Some(Mutant::IgnoresGaps);
                            let mine = |id: &ConversationId| {
                                life.views
                                    .get(id)
                                    .map(|view| if ignores { view.last() } else { view.numbers() })
                                    .unwrap_or_default()
                            };
                            pong.heads.iter().any(|head| {
                                head.conversation_id.parse().is_ok_and(|id| {
                                    let mine = mine(&id);
                                    head.numbers.t > mine.t || head.numbers.b > mine.b
                                })
                            }) || current.is_some_and(|id| mine(&id).t == 0)
                        };
                        if behind {
                            asked = self.catch_up(line);
                        }
                    }
                }
                Ok(ServerFrame::Bye(_)) => return ready_at.is_some(),
                Ok(_) => {}
                Err(error) => self.life().faults.push(format!("not a frame: {error}")),
            }
        }
    }

    /// The next message, close, or look at the shopper's next conversation.
    async fn write(&self, line: &ConnectionId, flight: &mut Option<Flight>, asked: &mut Option<Flight>) {
        if flight.is_some() && self.world.mutant != Some(Mutant::Pipelines) {
            return;
        }
        if let Who::Agent { of, .. } = &self.who {
            let current = self.life().current;
            let open = self.open_of(of).await;
            if open.is_some() && open != current {
                self.life().current = open;
                *asked = self.catch_up(line);
                return;
            }
            if open.is_none() {
                return;
            }
        }
        let next = {
            let mut life = self.life();
            let wanted = if self.world.mutant == Some(Mutant::Pipelines) { 2 } else { 1 };
            while !self.world.is_calm() && life.outbox.len() < wanted && life.written.len() < self.messages {
                let id = ClientId(self.world.uuid());
                let text = format!("{}/{}", self.name, life.written.len());
                let conversation = life.current.filter(|_| self.is_agent());
                life.written.push(id);
                life.outbox.push_back((id, text, conversation));
            }
            if self.world.mutant == Some(Mutant::RetriesUnderNewIds)
                && let Some(front) = life.outbox.front_mut()
            {
                front.0 = ClientId(self.world.uuid());
            }
            life.outbox.iter().cloned().collect::<Vec<_>>()
        };
        let conversation_id = self.life().current;
        if next.is_empty() {
            return;
        }
        // Now and then somebody ends it, racing the others.
        if let (Some(conversation_id), true) =
            (conversation_id, !self.world.is_calm() && self.world.chance(0.003))
        {
            self.send(line, ClientId(self.world.uuid()), Command::Close(Close { conversation_id }));
        }
        let count = if self.world.mutant == Some(Mutant::Pipelines) { next.len() } else { 1 };
        for (id, text, bound) in next.into_iter().take(count) {
            let addressed = *self.life().addressed.entry(id).or_insert(bound.or(conversation_id));
            *flight = Some(Flight { id, until: self.now() + ANSWER });
            self.send(line, id, Command::Send(Send { conversation_id: addressed, text, ..Send::default() }));
        }
    }

    /// The open conversation of a shopper, in whichever name.
    async fn open_of(&self, browser: &Browser) -> Option<ConversationId> {
        let store = &self.engine.store.inner;
        for name in browser.signs_in.iter().map(|shop| shop.verified).chain([browser.anonymous]) {
            let Ok(Some(open)) = store.open_conversation(name).await else { continue };
            if store.head(open).await.ok().flatten().is_some_and(|head| head.shopper == name) {
                return Some(open);
            }
        }
        None
    }

    /// Asks for what lacks; what is to be acknowledged.
    fn catch_up(&self, line: &ConnectionId) -> Option<Flight> {
        let id = ClientId(self.world.uuid());
        let known = self.known();
        if self.is_agent() {
            let known = known.into_iter().next()?;
            self.send(
                line,
                id,
                Command::Open(Open {
                    conversation_id: Some(known.conversation_id),
                    after: known.after,
                    newest: false,
                }),
            );
            Some(Flight { id, until: self.now() + OPENED })
        } else {
            self.send(line, id, Command::Hello(Hello { conversations: known, list: None, newest: false }));
            None
        }
    }

    /// Takes entries by their numbers; whether there is a gap now.
    fn take(&self, page: &Entries, ready_at: Option<u64>, connected_at: u64) -> bool {
        let Ok(conversation) = page.conversation_id.parse::<ConversationId>() else { return false };
        let now = self.now();
        let stored_at = self.world.stored_at.lock().expect("one thread");
        let mut guard = self.life();
        let life = &mut *guard;
        let view = life.views.entry(conversation).or_default();
        for entry in &page.entries {
            let (log, domain_log) = match entry.log {
                LogName::Thread => (&mut view.thread, Log::Thread),
                LogName::Backstage => (&mut view.backstage, Log::Backstage),
            };
            if domain_log == Log::Backstage && !self.is_agent() {
                life.faults.push("a shopper was shown the backstage".into());
            }
            match log.get(&entry.seq) {
                Some(known) if *known != entry.client_id => {
                    life.faults.push(format!("two entries at {}", entry.seq))
                }
                Some(_) => {}
                None => {
                    if let Some(stored) = stored_at.get(&(conversation, domain_log, entry.seq)) {
                        match ready_at {
                            Some(ready) if *stored >= ready => life.live.push((now - stored) as u32),
                            _ if *stored < connected_at => life.caught_up.push((now - connected_at) as u32),
                            _ => {}
                        }
                    }
                    log.insert(entry.seq, entry.client_id.clone());
                }
            }
        }
        if self.world.mutant == Some(Mutant::IgnoresGaps) {
            return false;
        }
        view.numbers().t < view.thread.len() as u64 || view.numbers().b < view.backstage.len() as u64
    }
}
