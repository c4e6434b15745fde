//! Pages of a conversation's logs: what comes first, where a page is cut, what it leaves out.

use domain::connection::{Connection, Identity};
use domain::conversation::{Change, Command, Head, Numbers, begin, decide};
use domain::people::{Actor, Role};
use domain::ports::{Commit, Connections, Conversations, Environment, Receipt, Sender};
use domain::text::MessageText;
use domain::{AgentId, ClientId, ConversationId, ShopperId, SiteId};
use mostrador_delivery::Engine;
use protocol::client::{Hello, Known, Numbers as Named, Open};
use protocol::server::{Entries, LogName};
use protocol::{MAX_PAGE_BYTES, ServerFrame};
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

struct Case {
    engine: Engine<Memory, Outbox, World>,
    head: Head,
}

fn site() -> SiteId {
    "demo".parse().unwrap()
}

fn shopper() -> Actor {
    Actor::Shopper { id: ShopperId(Uuid::from_u128(1)), site: site() }
}

fn agent() -> Actor {
    Actor::Agent { id: AgentId(Uuid::from_u128(2)), site: site(), name: "Ana".into(), role: Role::Agent }
}

impl Case {
    async fn begun() -> Self {
        let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
        let id = ClientId(Uuid::from_u128(9));
        let whose = (ShopperId(Uuid::from_u128(1)), site());
        let text = MessageText::parse("1").unwrap();
        let change = begin(ConversationId(Uuid::from_u128(3)), whose, None, text, id, engine.env.now());
        let mut case = Self { engine, head: change.head.clone() };
        case.store(change, None).await;
        case
    }

    async fn store(&mut self, change: Change, expected_rev: Option<u64>) {
        let client_id = ClientId(Uuid::from_u128(self.engine.env.random()));
        let receipt = Receipt {
            conversation: change.head.id,
            log: change.log,
            seq: change.seq,
            at: self.engine.env.now(),
            fingerprint: [0; 32],
        };
        let sender = Sender::Agent(AgentId(Uuid::from_u128(2)), change.head.id);
        self.head = change.head.clone();
        let commit = Commit {
            head: change.head,
            expected_rev,
            entries: change.entries,
            profile: None,
            sender,
            client_id,
            receipt,
        };
        self.engine.store.commit(&commit).await.unwrap();
    }

    async fn act(&mut self, actor: &Actor, command: Command) {
        let id = ClientId(Uuid::from_u128(self.engine.env.random()));
        let change = decide(&self.head, actor, command, id, self.engine.env.now()).unwrap();
        self.store(change, Some(self.head.rev)).await;
    }

    async fn say(&mut self, text: &str) {
        self.act(&shopper(), Command::Say { text: MessageText::parse(text).unwrap(), releases: false }).await;
    }

    async fn note(&mut self) {
        self.act(&agent(), Command::Note { text: MessageText::parse("n").unwrap() }).await;
    }

    async fn until(&self, actor: &Actor, until: Option<Numbers>) -> Entries {
        self.engine.page_until(actor, self.head.id, until).await.unwrap()
    }

    async fn connection(&self, identity: Identity) -> Connection {
        let connection = Connection {
            id: format!("{:x}=", self.engine.env.random()).parse().unwrap(),
            site: site(),
            identity,
            session: None,
            address: "::".into(),
            connected_at: self.engine.env.now(),
            viewing: None,
            greeted: false,
        };
        self.engine.store.connect(&connection).await.unwrap();
        connection
    }

    /// The pages that a shopper's `hello` is answered with, who has nothing or everything up to `after`.
    async fn hello(&self, after: Option<u64>, newest: bool) -> Vec<Entries> {
        let connection = self.connection(Identity::Shopper { id: ShopperId(Uuid::from_u128(1)) }).await;
        let conversation_id = self.head.id;
        let known = after.map(|t| Known { conversation_id, epoch: "e1".into(), after: Named { t, b: 0 } });
        let hello = Hello { conversations: known.into_iter().collect(), list: None, newest };
        self.engine.hello(&connection, ClientId(Uuid::from_u128(1)), hello).await.unwrap();
        self.pages(&connection)
    }

    fn pages(&self, connection: &Connection) -> Vec<Entries> {
        let frames = self.engine.push.take(&connection.id);
        frames
            .iter()
            .filter_map(|frame| {
                assert!(frame.len() <= MAX_PAGE_BYTES, "a frame of {} bytes", frame.len());
                match serde_json::from_str(frame).unwrap() {
                    ServerFrame::Entries(page) => Some(page),
                    _ => None,
                }
            })
            .collect()
    }
}

fn numbers(pages: &[Entries]) -> Vec<u64> {
    pages.iter().flat_map(|page| page.entries.iter().map(|entry| entry.seq)).collect()
}

#[tokio::test]
async fn a_page_backwards_cuts_both_logs_at_one_place() {
    let mut case = Case::begun().await;
    case.note().await;
    case.note().await;
    case.say("2").await;
    case.say("3").await;
    case.note().await;
    let check = async |actor, until: Option<(u64, u64)>, expect: &str| {
        let page = case.until(&actor, until.map(|(t, b)| Numbers { t, b })).await;
        let name = |log| if log == LogName::Thread { 't' } else { 'b' };
        let line: Vec<String> =
            page.entries.iter().map(|entry| format!("{}{}", name(entry.log), entry.seq)).collect();
        assert_eq!(line.join(" "), expect, "{until:?}");
        assert_eq!(page.after, Some(Named::default()));
    };
    check(agent(), None, "t1 b1 b2 t2 t3 b3").await;
    check(agent(), Some((2, 2)), "t1 b1 b2 t2").await;
    check(agent(), Some((1, 1)), "t1 b1").await;
    check(agent(), Some((0, 0)), "").await;
    check(agent(), Some((u64::MAX, u64::MAX)), "t1 b1 b2 t2 t3 b3").await;
    check(shopper(), Some((2, 3)), "t1 t2").await;
}

#[tokio::test]
async fn f20_pages_backwards_are_small_and_together_everything() {
    let mut case = Case::begun().await;
    for n in 2..=300_usize {
        match n % 7 {
            0 => case.note().await,
            3 if n % 5 == 0 => case.say(&"é\"".repeat(4_999)).await,
            _ => case.say(&"word ".repeat(n % 40 + 1)).await,
        }
    }
    for actor in [agent(), shopper()] {
        let mut until = None;
        let mut all = Vec::new();
        loop {
            let page = case.until(&actor, until).await;
            assert!(!page.entries.is_empty() && page.entries.len() <= 80);
            let size = serde_json::to_string(&ServerFrame::Entries(page.clone())).unwrap().len();
            assert!(size <= MAX_PAGE_BYTES, "{size} bytes");
            all.splice(0..0, page.entries);
            let after = page.after.unwrap();
            if after == Named::default() {
                break;
            }
            until = Some(Numbers { t: after.t, b: after.b });
        }
        let of = |log| -> Vec<u64> {
            all.iter().filter(|entry| entry.log == log).map(|entry| entry.seq).collect()
        };
        let b = if actor.is_agent() { case.head.numbers.b } else { 0 };
        assert_eq!(of(LogName::Thread), (1..=case.head.numbers.t).collect::<Vec<_>>());
        assert_eq!(of(LogName::Backstage), (1..=b).collect::<Vec<_>>());
        let places: Vec<_> =
            all.iter().map(|entry| (entry.thread_at, entry.log == LogName::Backstage, entry.seq)).collect();
        assert!(places.is_sorted());
    }
}

#[tokio::test]
async fn f20_whoever_has_nothing_or_lacks_very_much_gets_the_newest_page() {
    let mut case = Case::begun().await;
    for n in 2..=600 {
        case.say(&n.to_string()).await;
    }
    // Not named in `hello`, named with nothing, far behind.
    for after in [None, Some(0), Some(100)] {
        let pages = case.hello(after, true).await;
        assert_eq!(numbers(&pages), (521..=600).collect::<Vec<_>>(), "after {after:?}");
        assert_eq!((pages.len(), pages[0].more), (1, false));
        assert_eq!((pages[0].after, pages[0].head.numbers.t), (Some(Named { t: 520, b: 0 }), 600));
    }
    let near = case.hello(Some(300), true).await;
    assert_eq!(numbers(&near), (301..=600).collect::<Vec<_>>());
    assert!(near.iter().all(|page| page.after.is_none()));
    // An agent's `open` likewise.
    let agent = AgentId(Uuid::from_u128(2));
    let identity = Identity::Agent { id: agent, name: "Ana".into(), role: Role::Agent, version: 1 };
    let ana = case.connection(identity).await;
    let open = Open { conversation_id: Some(case.head.id), after: Named::default(), newest: true };
    case.engine.open(&ana, ClientId(Uuid::from_u128(1)), open).await.unwrap();
    let pages = case.pages(&ana);
    assert_eq!((pages.len(), pages[0].after), (1, Some(Named { t: 520, b: 0 })));
}

#[tokio::test]
async fn f21_a_client_that_knows_nothing_of_newest_pages_gets_everything() {
    let mut case = Case::begun().await;
    for n in 2..=600 {
        case.say(&n.to_string()).await;
    }
    for after in [None, Some(0), Some(100)] {
        let pages = case.hello(after, false).await;
        assert_eq!(numbers(&pages), (after.unwrap_or(0) + 1..=600).collect::<Vec<_>>());
        assert!(pages.iter().all(|page| page.after.is_none()));
        let (last, before) = pages.split_last().unwrap();
        assert!(!last.more && before.iter().all(|page| page.more));
    }
}
