//! What every store must do: one suite, run on memory and on DynamoDB. Each fact takes a store and ids of its own, so
//! that all can share one table.

mod bots;
mod connections;
mod conversations;
mod documents;
mod intake;
mod mail;
mod notices;
mod profiles;
mod sessions;
mod site;
mod visitors;
mod visits;

use domain::conversation::{Change, Command, Head, begin, decide};
use domain::intake::{AskedField, AskedKind};
use domain::people::{Actor, Role, Shopper};
use domain::ports::{Commit, Receipt, Sender, Store};
use domain::settings::FieldId;
use domain::text::MessageText;
use domain::{AgentId, ClientId, ConnectionId, ConversationId, ShopperId, SiteId, Timestamp};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_750_000_000_000);
const MINUTE: Duration = Duration::from_secs(60);

static COUNT: AtomicU64 = AtomicU64::new(1);

/// An id that no other fact uses.
fn fresh() -> Uuid {
    Uuid::from_u128(0x4000_8000_0000_0000_0000 + u128::from(COUNT.fetch_add(1, Ordering::Relaxed)))
}

fn site() -> SiteId {
    format!("s{}", COUNT.fetch_add(1, Ordering::Relaxed)).parse().expect("a site id")
}

fn connection_id() -> ConnectionId {
    format!("c{}=", COUNT.fetch_add(1, Ordering::Relaxed)).parse().expect("a connection id")
}

fn hash() -> [u8; 32] {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    hash
}

fn say(text: &str) -> Command {
    Command::Say { text: MessageText::parse(text).expect("a text"), releases: false }
}

fn asked(id: &str, kind: AskedKind) -> AskedField {
    let id = FieldId::parse(id).expect("an id");
    AskedField { id, kind, label: "¿Cuál es?".into(), required: false }
}

struct Case {
    site: SiteId,
    shopper: ShopperId,
    agent: AgentId,
}

impl Case {
    fn new() -> Self {
        Self { site: site(), shopper: ShopperId(fresh()), agent: AgentId(fresh()) }
    }

    fn shopper(&self) -> Actor {
        Actor::Shopper { id: self.shopper, site: self.site.clone() }
    }

    fn agent(&self) -> Actor {
        Actor::Agent { id: self.agent, site: self.site.clone(), name: "Ana".into(), role: Role::Agent }
    }

    fn begin(&self, client_id: ClientId, at: Timestamp) -> Commit {
        let text = MessageText::parse("Hola").expect("a text");
        let change = begin(
            ConversationId(fresh()),
            (self.shopper, self.site.clone()),
            Some("Eva".into()),
            text,
            client_id,
            at,
        );
        self.commit(change, None, Sender::Shopper(self.shopper), client_id)
    }

    fn next(&self, head: &Head, actor: &Actor, command: Command, at: Timestamp) -> Commit {
        let client_id = ClientId(fresh());
        let change = decide(head, actor, command, client_id, at).expect("allowed");
        let sender = match actor {
            Actor::Shopper { id, .. } => Sender::Shopper(*id),
            Actor::Agent { id, .. } => Sender::Agent(*id, head.id),
        };
        self.commit(change, Some(head.rev), sender, client_id)
    }

    fn commit(
        &self,
        change: Change,
        expected_rev: Option<u64>,
        sender: Sender,
        client_id: ClientId,
    ) -> Commit {
        let receipt = Receipt {
            conversation: change.head.id,
            log: change.log,
            seq: change.seq,
            at: NOW,
            fingerprint: hash(),
        };
        let profile = change.profile();
        Commit {
            head: change.head,
            expected_rev,
            entries: change.entries,
            profile,
            sender,
            client_id,
            receipt,
        }
    }
}

fn shopper(case: &Case) -> Shopper {
    Shopper {
        id: case.shopper,
        site: case.site.clone(),
        name: Some("Eva".into()),
        email: None,
        language: Some("es-ES".into()),
        time_zone: Some("Atlantic/Canary".into()),
        user_agent: Some("Mozilla/5.0".into()),
        country: Some("ES".into()),
        page: None,
        answers: BTreeMap::new(),
        visitor: None,
        first_seen: NOW,
        last_seen: NOW,
    }
}

/// All facts, one after the other.
pub async fn all<S: Store>(store: &S) {
    conversations::all(store).await;
    intake::all(store).await;
    bots::all(store).await;
    mail::all(store).await;
    notices::all(store).await;
    connections::all(store).await;
    sessions::all(store).await;
    site::all(store).await;
    documents::all(store).await;
    profiles::all(store).await;
    visitors::all(store).await;
    visits::all(store).await;
}
