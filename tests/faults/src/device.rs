//! A client that heals, by the same rules as `web/protocol`: an outbox in the order written with one message in flight,
//! entries taken by their numbers, heartbeats that compare, reconnects with jitter.

use crate::line::{Line, new_id};
use crate::people::Account;
use domain::{ClientId, ConversationId};
use protocol::client::{Hello, Known, Numbers, Open, Ping, Send};
use protocol::server::{Entry, LogName};
use protocol::{ClientFrame, Command, ErrorCode, ServerFrame};
use rand::Rng;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// Heartbeats and patience, shortened: what takes a browser half a minute takes a test two seconds.
const HEARTBEAT: Duration = Duration::from_millis(1500);
const ANSWER: Duration = Duration::from_secs(4);
const GAP: Duration = Duration::from_millis(400);

/// What a device has, at this moment.
#[derive(Debug, Default)]
pub struct State {
    /// Thread and backstage of one conversation, by number.
    pub thread: BTreeMap<u64, Entry>,
    pub backstage: BTreeMap<u64, Entry>,
    /// The last number of each log before the first hole: counted on as entries come, since a storm asks at every frame.
    whole: Numbers,
    pub conversation: Option<ConversationId>,
    pub epoch: String,
    /// Unsent, in the order written.
    pub outbox: VecDeque<(ClientId, String)>,
    /// Acknowledged: the client's id and the number it got.
    pub acked: Vec<(ClientId, u64)>,
    /// Refused for good.
    pub refused: Vec<(ClientId, ErrorCode)>,
    /// Entries that came with a number already held but another content: must stay empty.
    pub contradictions: Vec<String>,
    pub reconnects: u32,
}

impl State {
    /// The last number of each log before the first hole.
    #[must_use]
    pub const fn numbers(&self) -> Numbers {
        self.whole
    }

    fn gap(&self) -> bool {
        let n = self.numbers();
        n.t < self.thread.len() as u64 || n.b < self.backstage.len() as u64
    }

    fn take(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            let log = match entry.log {
                LogName::Thread => &mut self.thread,
                LogName::Backstage => &mut self.backstage,
            };
            match log.get(&entry.seq) {
                Some(known) if *known != entry => self.contradictions.push(format!("{known:?} / {entry:?}")),
                Some(_) => {}
                None => {
                    log.insert(entry.seq, entry);
                }
            }
        }
        let on = |log: &BTreeMap<u64, Entry>, mut whole: u64| {
            while log.contains_key(&(whole + 1)) {
                whole += 1;
            }
            whole
        };
        self.whole = Numbers { t: on(&self.thread, self.whole.t), b: on(&self.backstage, self.whole.b) };
    }
}

/// A device that runs by itself until it is dropped.
#[derive(Debug, Clone)]
pub struct Device {
    pub account: Account,
    pub state: Arc<Mutex<State>>,
    /// Something was written, or something came.
    changed: Arc<Notify>,
    wake: Arc<Notify>,
    _task: Arc<Task>,
}

#[derive(Debug)]
struct Task(tokio::task::JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Device {
    /// Starts a device; an agent's is given the conversation to look at.
    #[must_use]
    pub fn start(account: Account, conversation: Option<ConversationId>) -> Self {
        let state = Arc::new(Mutex::new(State { conversation, ..State::default() }));
        let (changed, wake) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let run = Run {
            account: account.clone(),
            state: state.clone(),
            changed: changed.clone(),
            wake: wake.clone(),
        };
        let task = Arc::new(Task(tokio::spawn(run.forever())));
        Self { account, state, changed, wake, _task: task }
    }

    /// Writes a message: kept in the outbox until it is acknowledged.
    pub fn write(&self, text: impl Into<String>) -> ClientId {
        let id = new_id();
        self.lock().outbox.push_back((id, text.into()));
        self.wake.notify_one();
        id
    }

    pub fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    /// Waits until `fact` holds; `false` if it does not within `patience`.
    pub async fn until(&self, patience: Duration, fact: impl Fn(&State) -> bool) -> bool {
        let wait = async {
            loop {
                let notified = self.changed.notified();
                if fact(&self.lock()) {
                    return;
                }
                let _ = timeout(Duration::from_millis(200), notified).await;
            }
        };
        timeout(patience, wait).await.is_ok()
    }
}

struct Run {
    account: Account,
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    wake: Arc<Notify>,
}

impl Run {
    async fn forever(mut self) {
        let mut failures = 0u32;
        loop {
            // A provider that was started anew has new keys; a dashboard would renew its token silently.
            if failures > 1
                && self.account.agent
                && let Ok(Ok(account)) = timeout(Duration::from_secs(8), self.account.renewed()).await
            {
                self.account = account;
            }
            match timeout(Duration::from_secs(8), Line::open(&self.account)).await {
                Ok(Ok(line)) => {
                    failures = 0;
                    let _ = self.talk(line).await;
                }
                _ => failures = (failures + 1).min(4),
            }
            self.lock().reconnects += 1;
            let ceiling = 100u64 << failures;
            let pause = rand::rng().random_range(0..=ceiling);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    fn known(&self) -> Vec<Known> {
        let state = self.lock();
        let known =
            |conversation_id| Known { conversation_id, epoch: state.epoch.clone(), after: state.numbers() };
        state.conversation.map(known).into_iter().collect()
    }

    /// One connection, until it breaks or falls silent.
    async fn talk(&self, mut line: Line) -> anyhow::Result<()> {
        let list = self.account.agent.then_some(protocol::client::ListName::Queue);
        line.command(Command::Hello(Hello { conversations: self.known(), list, newest: false })).await?;
        let mut greeted = false;
        let mut in_flight: Option<(ClientId, Instant)> = None;
        let mut pinged: Option<Instant> = None;
        let mut next_ping = Instant::now() + HEARTBEAT;
        let mut gap_since: Option<Instant> = None;
        let mut deadline_ready = Some(Instant::now() + ANSWER);
        loop {
            if greeted && in_flight.is_none() {
                let next = self.lock().outbox.front().cloned();
                if let Some((id, text)) = next {
                    let conversation_id = self.lock().conversation;
                    if conversation_id.is_some() || !self.account.agent {
                        line.frame(&ClientFrame {
                            id,
                            command: Command::Send(Send { conversation_id, text, ..Send::default() }),
                        })
                        .await?;
                        in_flight = Some((id, Instant::now() + ANSWER));
                    }
                }
            }
            let now = Instant::now();
            let late = [in_flight.map(|(_, at)| at), pinged, deadline_ready].into_iter().flatten().min();
            if late.is_some_and(|at| at <= now) {
                anyhow::bail!("no answer");
            }
            if greeted && next_ping <= now {
                line.command(Command::Ping(Ping { conversations: self.known(), list: None })).await?;
                pinged.get_or_insert(now + ANSWER);
                next_ping = now + HEARTBEAT;
            }
            // What comes before `ready` may have gaps: its pages are on their way.
            if let Some(since) = gap_since
                && greeted
                && now >= since + GAP
            {
                self.catch_up(&mut line).await?;
                gap_since = None;
            }
            let wait =
                [late, greeted.then_some(next_ping), gap_since.filter(|_| greeted).map(|since| since + GAP)]
                    .into_iter()
                    .flatten()
                    .min();
            let wait = wait.unwrap_or(now + HEARTBEAT).saturating_duration_since(now);
            let frame = tokio::select! {
                frame = line.next() => frame?,
                () = self.wake.notified(), if in_flight.is_none() => continue,
                () = tokio::time::sleep(wait) => continue,
            };
            match frame {
                ServerFrame::Entries(page) => {
                    let mut state = self.lock();
                    let conversation: ConversationId = page.conversation_id.parse()?;
                    if *state.conversation.get_or_insert(conversation) == conversation {
                        state.epoch.clone_from(&page.epoch);
                        state.take(page.entries);
                        gap_since = state.gap().then(|| gap_since.unwrap_or(now));
                    }
                }
                ServerFrame::Ready(ready) => {
                    greeted = true;
                    deadline_ready = None;
                    let mut state = self.lock();
                    state.epoch = ready.epoch;
                    if let (None, Some(open)) = (state.conversation, ready.open) {
                        state.conversation = Some(open.parse()?);
                    }
                }
                ServerFrame::Ack(ack) => {
                    let mut state = self.lock();
                    if let Some((id, _)) = in_flight.take_if(|(id, _)| id.to_string() == ack.id) {
                        state.outbox.retain(|(known, _)| *known != id);
                        state.acked.push((id, ack.seq));
                        if let Some(conversation) = &ack.conversation_id {
                            state.conversation.get_or_insert(conversation.parse()?);
                        }
                    }
                }
                ServerFrame::Error(error) => {
                    let pause = error.retry_after_ms;
                    if let Some((id, _)) = in_flight.take_if(|(id, _)| error.r#ref == Some(id.to_string())) {
                        match error.code {
                            ErrorCode::Retry | ErrorCode::RateLimited | ErrorCode::Internal => {
                                tokio::time::sleep(Duration::from_millis(pause.unwrap_or(500).min(1000)))
                                    .await;
                            }
                            code => {
                                let mut state = self.lock();
                                state.outbox.retain(|(known, _)| *known != id);
                                state.refused.push((id, code));
                            }
                        }
                    }
                }
                ServerFrame::Pong(pong) => {
                    pinged = None;
                    let behind = {
                        let mut state = self.lock();
                        if let (None, Some(open)) = (state.conversation, &pong.open) {
                            state.conversation = Some(open.parse()?);
                        }
                        let mine = state.numbers();
                        let conversation = state.conversation.map(|id| id.to_string());
                        pong.heads.iter().any(|head| {
                            Some(&head.conversation_id) == conversation.as_ref()
                                && (head.numbers.t > mine.t || head.numbers.b > mine.b)
                        }) || (mine == Numbers::default() && state.conversation.is_some())
                    };
                    if behind {
                        self.catch_up(&mut line).await?;
                    }
                }
                ServerFrame::Bye(_) => anyhow::bail!("dismissed"),
                _ => {}
            }
            self.changed.notify_waiters();
        }
    }

    async fn catch_up(&self, line: &mut Line) -> anyhow::Result<()> {
        let (conversation_id, after) = {
            let state = self.lock();
            (state.conversation, state.numbers())
        };
        if self.account.agent {
            line.command(Command::Open(Open { conversation_id, after, newest: false })).await?;
        } else {
            line.command(Command::Hello(Hello { conversations: self.known(), list: None, newest: false }))
                .await?;
        }
        Ok(())
    }
}
