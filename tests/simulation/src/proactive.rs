//! Page views without end: visitors whose pages report repeatedly, in parallel and out of order, to several processes, with a fault
//! possible at every await; and that no frequency is exceeded by what their browsers were answered.

use crate::Mutant;
use crate::ports::{Faulty, Killable, Odds, World};
use delivery::Engine;
use delivery::proactive::Reporter;
use domain::AgentId;
use domain::people::{Actor, Role, Site};
use domain::ports::{Accounts, Document};
use futures::FutureExt;
use protocol::proactive::{PageAnswer, PageReport};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use testkit::Memory;
use uuid::Uuid;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const DAY: u64 = 24 * 60 * MINUTE;
const ROUGH: Odds = Odds { store_before: 0.02, store_after: 0.02, kill: 0.01, post: 0.0, cut: 0.0 };

type Process = Arc<Engine<Faulty, World, World>>;

/// A report that was answered.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The token of whoever reported; of somebody who is not to be remembered the page.
    pub visitor: String,
    pub page: Uuid,
    /// The trigger that was shown.
    pub shown: Option<String>,
    /// When it was sent and when its answer came: in between the server decided.
    pub sent: u64,
    pub came: u64,
}

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub answered: Vec<Answered>,
    /// Reports that were killed, or refused.
    pub lost: usize,
}

struct Storm {
    world: World,
    processes: Vec<Process>,
    site: Site,
    report: Mutex<Report>,
    /// Visitors who are still about.
    left: AtomicUsize,
    /// Reports that are under way.
    open: AtomicUsize,
}

/// One browser of one visitor.
#[derive(Clone)]
struct Browser {
    name: usize,
    remember: bool,
    token: Arc<Mutex<Option<String>>>,
}

fn trigger(id: &str, frequency: &Value) -> Value {
    let message = json!({
        "kind": "message", "sender": {"kind": "bot"}, "texts": {"en": "Can I help?"}, "display": "teaser",
    });
    json!({
        "id": id, "name": id, "enabled": true, "when": "both", "conditions": [], "actions": [message],
        "frequency": frequency,
    })
}

/// A shop with a trigger of each frequency.
fn shop(memory: &Memory) -> Site {
    let plain = Engine::new(memory.clone(), testkit::Outbox::default(), testkit::World::new(1), "e1".into());
    let site = Site {
        id: "demo".parse().expect("an id"),
        name: "Taller Luz".into(),
        color: "#0f766e".into(),
        welcome: String::new(),
        time_zone: "Europe/Madrid".into(),
        origins: vec!["https://shop.example".into()],
    };
    memory.put_site(&site).now_or_never().expect("at once").expect("kept");
    let admin = Actor::Agent {
        id: AgentId(Uuid::from_u128(1)),
        site: site.id.clone(),
        name: "Ana".into(),
        role: Role::Admin,
    };
    let triggers = [
        trigger("ever", &json!({"kind": "once_ever"})),
        trigger("visit", &json!({"kind": "once_per_visit"})),
        trigger("days", &json!({"kind": "every_days", "days": 7})),
        trigger("load", &json!({"kind": "every_page_load"})),
    ];
    let value = json!({"triggers": triggers});
    let published = plain.publish_document(&admin, &site, &Document::Triggers, 0, value).now_or_never();
    published.expect("at once").expect("published");
    site
}

/// Counts itself out when its invocation ends, however it ends.
struct UnderWay(Arc<Storm>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Storm {
    /// One page reports, to one of the processes; the answer may be lost.
    fn reports(self: &Arc<Self>, browser: &Browser, page: Uuid, what: &str) {
        let of = self.world.between(0, self.processes.len() as u64 - 1);
        let process = self.processes[usize::try_from(of).expect("few")].clone();
        let from = Reporter {
            site: self.site.id.clone(),
            shopper: None,
            address: format!("visitor {}", browser.name),
            country: None,
            user_agent: None,
        };
        let brought = browser.token.lock().expect("one thread").clone();
        let report: PageReport = serde_json::from_value(json!({
            "page_id": page, "what": what, "remember": browser.remember, "visitor": brought,
            "url": "https://shop.example/", "device": "phone", "window": "closed",
        }))
        .expect("a report");
        self.open.fetch_add(1, Ordering::Relaxed);
        self.report.lock().expect("one thread").lost += 1;
        let (storm, browser, sent) = (self.clone(), browser.clone(), self.world.executor.now());
        let under_way = UnderWay(self.clone());
        let invocation = async move {
            let _under_way = under_way;
            let Ok(answer) = process.page_report(&from, &report).await else { return };
            let PageAnswer { visitor: fresh, show, .. } = answer;
            if let Some(fresh) = &fresh {
                browser.token.lock().expect("one thread").get_or_insert_with(|| fresh.clone());
            }
            let visitor = if browser.remember { fresh.or(report.visitor) } else { Some(page.to_string()) };
            let answered = Answered {
                visitor: visitor.expect("whoever is remembered is known"),
                page,
                shown: show.map(|shown| shown.trigger.expect("a trigger's")),
                sent,
                came: storm.world.executor.now(),
            };
            let mut report = storm.report.lock().expect("one thread");
            report.lost -= 1;
            report.answered.push(answered);
        };
        self.world.executor.spawn(Killable { future: Box::pin(invocation), world: self.world.clone() });
    }

    /// Some visits of some pages, each of which reports some times: at once, again, late.
    async fn lives(self: Arc<Self>, name: usize) {
        let browser = Browser { name, remember: !self.world.chance(0.15), token: Arc::default() };
        for _ in 0..self.world.between(1, 3) {
            for _ in 0..self.world.between(1, 5) {
                let page = self.world.uuid();
                for again in 0..self.world.between(1, 4) {
                    let what = if again == 0 || self.world.chance(0.3) { "view" } else { "met" };
                    if self.world.chance(0.5) {
                        self.reports(&browser, page, what);
                        continue;
                    }
                    // After pages that were opened later, perhaps.
                    let (storm, browser, delay) =
                        (self.clone(), browser.clone(), self.world.between(0, 90 * SECOND));
                    self.open.fetch_add(1, Ordering::Relaxed);
                    let under_way = UnderWay(self.clone());
                    self.world.executor.spawn(async move {
                        let _under_way = under_way;
                        storm.world.executor.sleep(delay).await;
                        storm.reports(&browser, page, what);
                    });
                }
                // As a rule the next page comes soon; sometimes after so long that it is a visit of its own, or just not.
                let pause = if self.world.chance(0.2) { 45 * MINUTE } else { MINUTE };
                self.world.executor.sleep(self.world.between(0, pause)).await;
            }
            self.world.executor.sleep(self.world.between(0, 9 * DAY)).await;
        }
        self.left.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Lets so many visitors come, in one virtual time.
#[must_use]
pub fn storm(seed: u64, visitors: usize, mutant: Option<Mutant>) -> Report {
    let world = World::new(seed, ROUGH, mutant);
    let memory = Memory::default();
    let site = shop(&memory);
    let process = || {
        let store = Faulty { inner: memory.clone(), world: world.clone() };
        Arc::new(Engine::new(store, world.clone(), world.clone(), "e1".into()))
    };
    let storm = Arc::new(Storm {
        world: world.clone(),
        processes: (0..3).map(|_| process()).collect(),
        site,
        report: Mutex::default(),
        left: AtomicUsize::new(visitors),
        open: AtomicUsize::new(0),
    });
    for name in 0..visitors {
        world.executor.spawn(storm.clone().lives(name));
    }
    let watched = storm.clone();
    world
        .executor
        .run(move || watched.left.load(Ordering::Relaxed) == 0 && watched.open.load(Ordering::Relaxed) == 0);
    storm.report.lock().expect("one thread").clone()
}

/// What came too often, in words. The server decides at some moment between the sending and the answer: only what is certain counts.
#[must_use]
pub fn exceeded(report: &Report) -> Option<(&'static str, String)> {
    let mut by_visitor: BTreeMap<&str, Vec<&Answered>> = BTreeMap::new();
    for one in &report.answered {
        by_visitor.entry(&one.visitor).or_default().push(one);
    }
    for reports in by_visitor.values_mut() {
        reports.sort_by_key(|one| (one.sent, one.came));
        let shown: Vec<(&Answered, &str)> =
            reports.iter().filter_map(|one| Some((*one, one.shown.as_deref()?))).collect();
        for (n, (a, trigger)) in shown.iter().enumerate() {
            for (b, other) in &shown[n + 1..] {
                let told = || format!("{a:?} {b:?}");
                // At the most; at the least it is negative, or zero.
                let apart = b.came.saturating_sub(a.sent);
                if a.page == b.page {
                    return Some(("one on a page", told()));
                }
                if apart < 30 * SECOND {
                    return Some(("half a minute between two", told()));
                }
                let too_often = trigger == other
                    && match *trigger {
                        "ever" => true,
                        "visit" => one_visit(reports, a, b),
                        "days" => apart < 7 * DAY,
                        _ => false,
                    };
                if too_often {
                    return Some(("its frequency", told()));
                }
            }
        }
    }
    None
}

/// Whether from one report to another no half hour passed without one: then it was one visit, however long.
fn one_visit(reports: &[&Answered], a: &Answered, b: &Answered) -> bool {
    let mut last = a;
    for next in reports.iter().filter(|one| one.sent >= a.sent && one.sent <= b.sent) {
        if next.came.saturating_sub(last.sent) >= 30 * MINUTE {
            return false;
        }
        last = next;
    }
    true
}
