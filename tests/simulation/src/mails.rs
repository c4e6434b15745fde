//! A shop that mails, in virtual time: what the runs of answers to shoppers and of mails to agents share.

use crate::executor::Executor;
use crate::ports::{Faulty, Killable, Odds, World};
use delivery::{Before, Engine, MailRoom, NewSession, Wish};
use domain::people::{Actor, ProfileChange, Role, Site};
use domain::ports::{Environment, Mailer, NotSent, RawMail};
use domain::{AgentId, ClientId, ConversationId, SiteId, Timestamp};
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use testkit::Memory;

/// What is noted of a mail that SES has accepted.
pub trait Accepted: Clone + Debug + Send + Sync + 'static {
    fn note(store: &Memory, mail: &RawMail<'_>, at: Timestamp) -> impl Future<Output = Self> + Send;
}

/// SES: takes its time, refuses, or its answer is lost.
#[derive(Debug, Clone)]
pub struct Ses<A> {
    world: World,
    store: Memory,
    accepted: Arc<Mutex<Vec<A>>>,
    /// How likely it refuses, and how likely its answer is lost.
    refuses: f64,
    is_silent: f64,
}

impl<A: Accepted> Mailer for Ses<A> {
    async fn send(&self, mail: RawMail<'_>) -> Result<String, NotSent> {
        self.world.executor.sleep(self.world.between(5, 200)).await;
        if !self.world.is_calm() && self.world.chance(self.refuses) {
            return Err(NotSent::Refused("MessageRejected".into()));
        }
        let noted = A::note(&self.store, &mail, self.world.now()).await;
        let id = {
            let mut accepted = self.accepted.lock().expect("one thread");
            accepted.push(noted);
            format!("ses-{}", accepted.len())
        };
        if !self.world.is_calm() && self.world.chance(self.is_silent) {
            return Err(NotSent::Unknown("timed out".into()));
        }
        self.world.executor.sleep(self.world.between(1, 20)).await;
        Ok(id)
    }
}

/// A shop that mails, and what it is made of.
#[derive(Debug, Clone)]
pub struct Shop<A> {
    pub world: World,
    pub memory: Memory,
    pub(crate) engine: Arc<Engine<Faulty, World, World>>,
    pub(crate) room: Arc<MailRoom<Ses<A>>>,
    pub(crate) site: Site,
}

impl<A: Accepted> Shop<A> {
    pub(crate) fn made(seed: u64, odds: Odds, refuses: f64, is_silent: f64) -> Self {
        let world = World::new(seed, odds, None);
        let memory = Memory::default();
        let store = Faulty { inner: memory.clone(), world: world.clone() };
        let engine = Engine::new(store, world.clone(), world.clone(), "e1".into());
        let mailer =
            Ses { world: world.clone(), store: memory.clone(), accepted: Arc::default(), refuses, is_silent };
        let room = MailRoom {
            mailer,
            api_url: "https://api.example".into(),
            dashboard_url: "https://chat.example/dashboard".into(),
            loop_mark: mail::LoopMark::parse("test").expect("a mark"),
        };
        let site = Site { origins: vec!["https://shop.example".into()], ..testkit::shop::site("demo") };
        Self { world, memory, engine: Arc::new(engine), room: Arc::new(room), site }
    }

    /// Carries out what is free of faults, in no time worth speaking of: it goes to the memory directly.
    pub(crate) fn now<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        let executor = Executor::default();
        let answer = run(&executor, |end| executor.spawn(async move { end(future.await) }));
        answer.expect("nothing to wait for")
    }

    pub(crate) fn plain(&self) -> Engine<Memory, testkit::Outbox, At> {
        let at = At(self.world.clone());
        Engine::new(self.memory.clone(), testkit::Outbox::default(), at, "e1".into())
    }

    /// A shopper asks something, whose address is known, as a form would have learnt it before.
    #[must_use]
    pub fn begins(&self, email: Option<&str>) -> ConversationId {
        let (engine, site, email) = (self.plain(), self.site.clone(), email.map(str::to_owned));
        let (client_id, from) = (ClientId(self.world.uuid()), self.world.uuid().to_string());
        self.now(async move {
            let (_, session) =
                engine.begin_session(&site, &from, NewSession::default()).await.expect("a session");
            let shopper = Actor::Shopper { id: session.shopper, site: site.id.clone() };
            engine.store.learn(session.shopper, &ProfileChange { email, ..ProfileChange::default() });
            let wish = Wish::Say { conversation: None, text: "Hola".into(), before: Before::default() };
            engine.perform(&shopper, &from, client_id, wish, None).await.expect("begun").head.id
        })
    }

    /// Time passes, and what is under way goes on.
    pub fn passes(&self, millis: u64) {
        let until = self.world.executor.now() + millis;
        let executor = self.world.executor.clone();
        self.world.executor.spawn(async move { executor.sleep(millis).await });
        let executor = self.world.executor.clone();
        self.world.executor.run(move || executor.now() >= until);
    }

    /// An invocation begins; it may be killed where it waits.
    pub(crate) fn invoke(&self, invocation: impl Future<Output = ()> + Send + 'static) {
        let future = Box::pin(invocation);
        self.world.executor.spawn(Killable { future, world: self.world.clone() });
    }

    /// One that is killed when it is about to go on for the `n`th time; `Some` when it came to its end before.
    pub(crate) fn invoke_killed_at<T: Send + 'static>(
        &self,
        n: u32,
        invocation: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let executor = &self.world.executor;
        run(executor, |end| {
            let future = Box::pin(async move { end(invocation.await) });
            executor.spawn(KilledAt { future, left: n });
        })
    }

    #[must_use]
    pub fn accepted(&self) -> Vec<A> {
        self.room.mailer.accepted.lock().expect("one thread").clone()
    }
}

/// Runs until nothing goes on. What was told to the `end` that `begin` is given.
fn run<T: Send + 'static>(executor: &Executor, begin: impl FnOnce(Box<dyn FnOnce(T) + Send>)) -> Option<T> {
    let ended: Arc<Mutex<Option<T>>> = Arc::default();
    let told = ended.clone();
    begin(Box::new(move |answer| *told.lock().expect("one thread") = Some(answer)));
    executor.run(|| false);
    ended.lock().expect("one thread").take()
}

pub(crate) fn speaker(agent: AgentId, site: &SiteId) -> Actor {
    Actor::Agent { id: agent, site: site.clone(), name: "Ana".into(), role: Role::Admin }
}

/// The world's time, without waiting for it.
#[derive(Debug, Clone)]
pub(crate) struct At(World);

impl Environment for At {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, _: Duration) {}

    fn random(&self) -> u128 {
        self.0.random()
    }
}

struct KilledAt<F> {
    future: Pin<Box<F>>,
    left: u32,
}

impl<F: Future<Output = ()>> Future for KilledAt<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            return Poll::Ready(());
        }
        self.left -= 1;
        self.future.as_mut().poll(context)
    }
}
