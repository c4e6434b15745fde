//! Who talks to whom, and what must hold.

use crate::Mutant;
use crate::browser::{Browser, SignsIn};
use crate::client::{Client, Life, SimEngine, Who};
use crate::ports::{Faulty, Odds, World, is_message};
use delivery::Engine;
use domain::connection::Identity;
use domain::conversation::Log;
use domain::people::{Availability, Member, Role};
use domain::ports::{Accounts, Environment};
use domain::{AgentId, ConversationId, ShopperId, SiteId};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use testkit::Memory;

/// Shopper's devices and agents at each of the conversations.
const DEVICES: usize = 2;
const AGENTS: usize = 2;
/// Virtual time that healing may take: a heartbeat and a reconnect, generously.
const HEALING: u64 = 180_000;
/// Virtual time after which a run that does not end is stuck.
const LONGEST: u64 = 40 * 60 * 1000;

#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub seed: u64,
    /// How many messages are written in all, at least.
    pub messages: usize,
    /// How many each client writes.
    pub each: usize,
    pub odds: Odds,
    pub mutant: Option<Mutant>,
}

/// What a run found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub messages: usize,
    pub conversations: usize,
    pub clients: usize,
    pub reconnects: u64,
    pub virtual_seconds: u64,
    /// p50, p99 and maximum of milliseconds from stored to shown.
    pub live: [u32; 3],
    pub caught_up: [u32; 3],
    /// What did not hold, by the name of its check.
    pub broken: Vec<(&'static str, String)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} messages in {} conversations on {} clients; {} reconnects; {} s of virtual time",
            self.messages, self.conversations, self.clients, self.reconnects, self.virtual_seconds
        )?;
        writeln!(
            f,
            "stored to shown while connected: p50 {} ms, p99 {} ms, max {} ms",
            self.live[0], self.live[1], self.live[2]
        )?;
        writeln!(
            f,
            "caught up after a reconnect:     p50 {} ms, p99 {} ms, max {} ms",
            self.caught_up[0], self.caught_up[1], self.caught_up[2]
        )?;
        for (check, what) in self.broken.iter().take(10) {
            writeln!(f, "BROKEN {check}: {what}")?;
        }
        write!(
            f,
            "{}",
            if self.broken.is_empty() {
                "nothing lost, doubled or reordered"
            } else {
                "this seed replays it"
            }
        )
    }
}

#[must_use]
pub fn run(settings: Settings) -> Report {
    let world = World::new(settings.seed, settings.odds, settings.mutant);
    let memory = Memory::default();
    let store = Faulty { inner: memory.clone(), world: world.clone() };
    let engine: SimEngine = Arc::new(Engine::new(store, world.clone(), world.clone(), "sim".into()));
    // A few of an agent's messages meet a closed conversation and go nowhere.
    let groups = (settings.messages * 102 / 100).div_ceil(settings.each * (DEVICES + AGENTS)).max(2);
    let mut clients = Vec::new();
    for group in 0..groups {
        let site: SiteId = format!("site-{}", group % 3).parse().expect("a site id");
        let anonymous = ShopperId::anonymous(world.random());
        // Every other shopper signs in at the shop while they chat, in both tabs.
        let signs_in = (group % 2 == 1)
            .then(|| SignsIn::new(&site, anonymous, world.between(2_000, settings.each as u64 * 500)));
        if let Some(shop) = signs_in.clone() {
            world.executor.spawn(shop.prepare(memory.clone(), site.clone(), anonymous, world.now()));
        }
        let browser = Browser { anonymous, signs_in };
        let new = |who: Who, name| Client {
            world: world.clone(),
            engine: engine.clone(),
            site: site.clone(),
            who,
            life: Arc::new(Mutex::new(Life::default())),
            messages: settings.each,
            name,
        };
        for _ in 0..DEVICES {
            clients.push(new(Who::Shopper { browser: browser.clone() }, clients.len()));
        }
        for _ in 0..AGENTS {
            let identity = Identity::Agent {
                id: AgentId(world.uuid()),
                name: "Ana".into(),
                role: Role::Agent,
                version: 1,
            };
            join_team(&world, &memory, &site, &identity);
            clients.push(new(Who::Agent { identity, of: browser.clone() }, clients.len()));
        }
    }
    for client in &clients {
        world.executor.spawn(client.clone().live());
        world.executor.spawn(client.clone().signs_in());
    }
    // A shopper's last words end it: what an agent still has to say then has nowhere to go.
    let written = |client: &Client| {
        let life = client.life.lock().expect("one thread");
        matches!(client.who, Who::Agent { .. })
            || (life.written.len() >= settings.each && life.outbox.is_empty())
    };
    world.executor.run(|| world.executor.now() > LONGEST || clients.iter().all(written));
    world.calm();
    let healed_at = world.executor.now() + HEALING;
    world.executor.run(|| world.executor.now() > healed_at);
    check(&world, &memory, &clients, settings)
}

fn join_team(world: &World, memory: &Memory, site: &SiteId, identity: &Identity) {
    let Identity::Agent { id, name, role, version } = identity else { return };
    let member = Member {
        site: site.clone(),
        agent: *id,
        name: name.clone(),
        title: String::new(),
        photo: None,
        role: *role,
        version: *version,
        active: true,
        availability: Availability::Online,
        seen_at: None,
    };
    let memory = memory.clone();
    world.executor.spawn(async move {
        let _ = memory.put_member(&member).await;
    });
}

fn percentiles(mut values: Vec<u32>) -> [u32; 3] {
    values.sort_unstable();
    let at = |share: f64| {
        values.get(((values.len().saturating_sub(1)) as f64 * share) as usize).copied().unwrap_or_default()
    };
    [at(0.5), at(0.99), at(1.0)]
}

fn check(world: &World, memory: &Memory, clients: &[Client], settings: Settings) -> Report {
    let mut report =
        Report { clients: clients.len(), virtual_seconds: world.executor.now() / 1000, ..Report::default() };
    let heads = memory.heads();
    report.conversations = heads.len();
    // Where each message stands; what each conversation's thread is.
    let mut stands: HashMap<String, Vec<(ConversationId, u64)>> = HashMap::new();
    let mut owner: HashMap<ConversationId, ShopperId> = HashMap::new();
    let mut open: HashMap<ShopperId, usize> = HashMap::new();
    let mut texts: HashSet<String> = HashSet::new();
    for head in &heads {
        owner.insert(head.id, head.shopper);
        *open.entry(head.shopper).or_default() += usize::from(head.is_open());
        let thread = memory.log(head.id, Log::Thread);
        let mut closed = false;
        for (entry, n) in thread.iter().zip(1..) {
            if entry.seq != n {
                report.broken.push(("no holes", format!("{} has {} at {n}", head.id, entry.seq)));
            }
            if closed {
                report.broken.push(("closed is final", format!("{} grew after its close", head.id)));
            }
            closed |= entry.body == domain::conversation::Body::Closed;
            if is_message(entry) {
                report.messages += 1;
                if let domain::conversation::Body::Message { text } = &entry.body
                    && !texts.insert(text.clone())
                {
                    report.broken.push(("once", format!("{text} stands twice")));
                }
                if let Some(id) = entry.client_id {
                    stands.entry(id.to_string()).or_default().push((head.id, entry.seq));
                }
            }
        }
    }
    for (shopper, count) in open {
        if count > 1 {
            report.broken.push(("one open conversation", format!("{shopper} has {count}")));
        }
    }
    let (mut live, mut caught_up) = (Vec::new(), Vec::new());
    for client in clients {
        let mut life = client.life.lock().expect("one thread");
        live.append(&mut life.live);
        caught_up.append(&mut life.caught_up);
        report.reconnects += life.reconnects;
        for fault in &life.faults {
            report.broken.push(("what is shown", format!("{client:?}: {fault}")));
        }
        if matches!(client.who, Who::Shopper { .. }) && !life.outbox.is_empty() {
            report
                .broken
                .push(("everything is sent", format!("{client:?} still holds {}", life.outbox.len())));
        }
        let mut last: HashMap<ConversationId, u64> = HashMap::new();
        for (id, conversation, seq) in &life.acked {
            match stands.get(&id.to_string()).map(Vec::as_slice) {
                Some([(c, s)]) if c == conversation && s == seq => {}
                other => {
                    report.broken.push(("acknowledged is stored", format!("{client:?} {id}: {other:?}")))
                }
            }
            let before = last.insert(*conversation, *seq).unwrap_or_default();
            if *seq < before {
                report.broken.push(("the sender's order", format!("{client:?}: {seq} after {before}")));
            }
        }
        // A client's texts are numbered: in each thread they rise.
        let browser = match &client.who {
            Who::Shopper { browser } | Who::Agent { of: browser, .. } => browser,
        };
        if let Some(shop) = &browser.signs_in {
            if !shop.is_done() {
                report.broken.push(("everybody signs in", format!("{client:?} has not")));
            }
            if heads.iter().any(|head| head.shopper == browser.anonymous && head.is_open()) {
                report.broken.push(("nothing stays behind", format!("{client:?} left one open")));
            }
        }
        for (conversation, view) in &life.views {
            let theirs = owner.get(conversation).is_some_and(|owner| {
                let verified = browser.signs_in.as_ref().map(|shop| shop.verified);
                *owner == browser.anonymous || Some(*owner) == verified
            });
            if !theirs {
                report.broken.push(("nothing foreign", format!("{client:?} was shown {conversation}")));
                continue;
            }
            // Whoever is in the conversation now must have all of it.
            if life.current == Some(*conversation) {
                let thread = memory.log(*conversation, Log::Thread);
                let same = thread.len() == view.thread.len()
                    && thread
                        .iter()
                        .zip(view.thread.values())
                        .all(|(entry, known)| entry.client_id.map(|id| id.to_string()) == *known);
                if !same {
                    report.broken.push((
                        "everybody shows the same",
                        format!("{client:?} has {} of {}", view.thread.len(), thread.len()),
                    ));
                }
            }
        }
    }
    for head in &heads {
        let mut last: HashMap<String, u64> = HashMap::new();
        for entry in memory.log(head.id, Log::Thread) {
            let domain::conversation::Body::Message { text } = entry.body else { continue };
            let Some((who, n)) =
                text.split_once('/').and_then(|(who, n)| Some((who.to_owned(), n.parse::<u64>().ok()?)))
            else {
                continue;
            };
            if let Some(before) = last.insert(who.clone(), n)
                && before > n
            {
                report.broken.push(("the sender's order", format!("{who}/{n} after {before}")));
            }
        }
    }
    report.live = percentiles(live);
    report.caught_up = percentiles(caught_up);
    if report.live[1] > 1_000 {
        report.broken.push(("delivery", format!("p99 is {} ms while connected", report.live[1])));
    }
    if report.caught_up[1] > 2_000 {
        report.broken.push(("catching up", format!("p99 is {} ms after a reconnect", report.caught_up[1])));
    }
    if report.messages < settings.messages / 2 {
        report
            .broken
            .push(("everything is sent", format!("only {} of {}", report.messages, settings.messages)));
    }
    report
}
