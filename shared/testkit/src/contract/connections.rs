//! Tickets, connections and what they listen to.

use super::{Case, MINUTE, NOW, connection_id, fresh, hash, site};
use domain::connection::{Connection, Identity, LONGEST, Registration, Ticket, Topic};
use domain::inbox::List;
use domain::people::Role;
use domain::ports::{Admission, Store};
use domain::rate::Rate;
use domain::{AgentId, ConnectionId, ConversationId};
use std::time::Duration;

pub(super) async fn all<S: Store>(store: &S) {
    a_ticket_is_redeemed_once_and_not_after_its_expiry(store).await;
    a_connection_is_admitted_at_its_rate_until_it_is_forgotten(store).await;
    registrations_are_seen_at_once_and_end_with_their_lease(store).await;
    forgetting_a_connection_ends_its_registrations(store).await;
}

async fn a_ticket_is_redeemed_once_and_not_after_its_expiry<S: Store>(store: &S) {
    let ticket = |expires_at| Ticket {
        site: site(),
        identity: Identity::Agent { id: AgentId(fresh()), name: "Ana".into(), role: Role::Admin, version: 3 },
        origin: Some("https://shop.example".into()),
        session: Some(hash()),
        expires_at,
    };
    let (good, secret) = (ticket(NOW.plus(MINUTE)), hash());
    store.issue_ticket(secret, &good).await.expect("kept");
    let both =
        futures::future::join(store.redeem_ticket(secret, NOW), store.redeem_ticket(secret, NOW)).await;
    let redeemed: Vec<Ticket> =
        [both.0, both.1].into_iter().filter_map(|answer| answer.expect("answered")).collect();
    assert_eq!(redeemed, [good]);
    let late = hash();
    store.issue_ticket(late, &ticket(NOW)).await.expect("kept");
    assert_eq!(store.redeem_ticket(late, NOW).await.expect("answered"), None);
    assert_eq!(store.redeem_ticket(hash(), NOW).await.expect("answered"), None);
}

fn connection(case: &Case, agent: bool) -> Connection {
    let identity = if agent {
        Identity::Agent { id: case.agent, name: "Ana".into(), role: Role::Agent, version: 1 }
    } else {
        Identity::Shopper { id: case.shopper }
    };
    Connection {
        id: connection_id(),
        site: case.site.clone(),
        identity,
        session: Some(hash()),
        address: "203.0.113.7".into(),
        connected_at: NOW,
        viewing: None,
        greeted: false,
    }
}

async fn a_connection_is_admitted_at_its_rate_until_it_is_forgotten<S: Store>(store: &S) {
    let case = Case::new();
    let known = connection(&case, false);
    let rate = Rate { every: Duration::from_millis(200), burst: 3 };
    assert_eq!(store.admit(&known.id, rate, NOW).await.expect("answered"), Admission::Unknown);
    store.connect(&known).await.expect("noted");
    for _ in 0..3 {
        assert_eq!(
            store.admit(&known.id, rate, NOW).await.expect("answered"),
            Admission::Admitted(Box::new(known.clone()))
        );
    }
    let limited = store.admit(&known.id, rate, NOW).await.expect("answered");
    assert_eq!(limited, Admission::Limited { retry_after: Duration::from_millis(200) });
    store.greet(&known.id, None).await.expect("noted");
    let later = NOW.plus(MINUTE);
    let greeted = Connection { greeted: true, ..known.clone() };
    assert_eq!(
        store.admit(&known.id, rate, later).await.expect("answered"),
        Admission::Admitted(Box::new(greeted.clone()))
    );
    assert_eq!(store.disconnect(&known.id).await.expect("forgotten"), Some(greeted));
    assert_eq!(store.disconnect(&known.id).await.expect("forgotten"), None);
    assert_eq!(store.admit(&known.id, rate, later).await.expect("answered"), Admission::Unknown);
    // A row that the table has not swept yet is no connection any more.
    let old = connection(&case, false);
    store.connect(&old).await.expect("noted");
    assert_eq!(store.admit(&old.id, rate, NOW.plus(LONGEST)).await.expect("answered"), Admission::Unknown);
}

async fn registrations_are_seen_at_once_and_end_with_their_lease<S: Store>(store: &S) {
    let case = Case::new();
    let topic = Topic::Site(case.site.clone());
    let registration = |list, expires_at| Registration {
        session: Some([9; 32]),
        connection: connection_id(),
        agent: Some(case.agent),
        list,
        expires_at,
    };
    let short = registration(Some(List::Queue), NOW.plus(MINUTE));
    let long = registration(Some(List::All), NOW.plus(5 * MINUTE));
    store.register(&topic, &short).await.expect("registered");
    store.register(&topic, &long).await.expect("registered");
    let connections = async |now| {
        let mut all: Vec<ConnectionId> =
            store.registered(&topic, now).await.expect("read").into_iter().map(|r| r.connection).collect();
        all.sort();
        all
    };
    let mut both = vec![short.connection.clone(), long.connection.clone()];
    both.sort();
    assert_eq!(connections(NOW).await, both);
    assert_eq!(connections(NOW.plus(MINUTE)).await, std::slice::from_ref(&long.connection));
    let renewed =
        Registration { list: Some(List::Closed), expires_at: NOW.plus(9 * MINUTE), ..short.clone() };
    store.register(&topic, &renewed).await.expect("renewed");
    assert!(store.registered(&topic, NOW.plus(6 * MINUTE)).await.expect("read").contains(&renewed));
    store.unregister(&topic, &renewed.connection).await.expect("ended");
    store.unregister(&topic, &renewed.connection).await.expect("ending twice is harmless");
    assert_eq!(connections(NOW).await, [long.connection]);
}

async fn forgetting_a_connection_ends_its_registrations<S: Store>(store: &S) {
    let case = Case::new();
    let conversation = ConversationId(fresh());
    let agents = connection(&case, true);
    store.connect(&agents).await.expect("noted");
    store.greet(&agents.id, Some(conversation)).await.expect("noted");
    let shoppers = connection(&case, false);
    store.connect(&shoppers).await.expect("noted");
    let topics = [agents.topics(), vec![Topic::Conversation(conversation)], shoppers.topics()].concat();
    for (topic, id) in topics.iter().zip([&agents.id, &agents.id, &shoppers.id, &shoppers.id]) {
        let registration = Registration {
            connection: id.clone(),
            agent: None,
            session: Some(hash()),
            list: None,
            expires_at: NOW.plus(MINUTE),
        };
        store.register(topic, &registration).await.expect("registered");
    }
    store.disconnect(&agents.id).await.expect("forgotten");
    store.disconnect(&shoppers.id).await.expect("forgotten");
    for topic in &topics {
        assert!(store.registered(topic, NOW).await.expect("read").is_empty(), "{topic:?}");
    }
}
