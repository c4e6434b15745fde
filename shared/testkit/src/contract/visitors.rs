//! Who is on the site, and who looks.

use super::{MINUTE, NOW, fresh, site};
use domain::ports::Store;
use domain::triggers::facts::{RawLine, cart};
use domain::triggers::{Country, Currency, Device, PageId, Window};
use domain::visitors::{Browser, CartSeen, Invitation, Invited, OVERLAP, Place, Row, Step, System};
use domain::{AgentId, ClientId, ConversationId, ShopperId, SiteId, Timestamp, VisitorId};
use std::time::Duration;

pub(super) async fn all<S: Store>(store: &S) {
    a_row_is_read_as_it_was_written(store).await;
    a_row_is_written_by_one_at_a_time(store).await;
    rows_come_in_the_order_in_which_they_were_written(store).await;
    a_site_sees_its_own_visitors(store).await;
    who_looks_is_remembered_until_then(store).await;
}

fn row(site: &SiteId, at: Timestamp) -> Row {
    Row {
        id: VisitorId(fresh()),
        site: site.clone(),
        changed_at: at,
        last_seen: at,
        first_seen: at,
        visits: 1,
        pages: 1,
        page: PageId(fresh()),
        viewed_at: at,
        path: vec![Step { url: "https://shop.example/".into(), title: String::new(), at }],
        referrer: None,
        country: None,
        language: None,
        device: Device::Phone,
        system: None,
        browser: None,
        cart: None,
        attributes: Vec::new(),
        shopper: None,
        name: None,
        chatted_before: false,
        chatting: None,
        window: Window::Closed,
        dismissed: false,
        left_at: None,
        invitation: None,
    }
}

fn full(site: &SiteId) -> Row {
    let lines = [
        RawLine { number: "", name: "Vela de soja\t«ñandú»", quantity: 2.0, price: 12.5 },
        RawLine { number: "S#1", name: "", quantity: 0.0, price: 0.0 },
    ];
    let cart = cart(lines, Some(20.0), Some("EUR")).value;
    Row {
        changed_at: NOW.plus(MINUTE),
        visits: 7,
        pages: 3,
        path: vec![
            Step { url: "https://shop.example/p/1?q=ä".into(), title: "Velas 🕯".into(), at: NOW },
            Step { url: String::new(), title: String::new(), at: NOW.plus(MINUTE) },
        ],
        referrer: Some("search.example/".into()),
        country: Country::parse("ES"),
        language: Some("es-ES".into()),
        device: Device::Tablet,
        system: Some(System::Ios),
        browser: Some(Browser::Safari),
        cart: Some(CartSeen {
            value: cart.value,
            currency: Currency::parse("EUR"),
            pieces: cart.pieces,
            lines: cart.lines().to_vec(),
        }),
        attributes: vec![("tier".into(), "gold".into()), ("note".into(), String::new())],
        shopper: Some(ShopperId(fresh())),
        name: Some("Eva".into()),
        chatted_before: true,
        chatting: Some(ConversationId(fresh())),
        window: Window::Open,
        dismissed: true,
        left_at: Some(NOW.plus(MINUTE)),
        invitation: Some(Invitation {
            id: ClientId(fresh()),
            agent: AgentId(fresh()),
            agent_name: "Ana".into(),
            text: "¿Te ayudo?\nCon gusto".into(),
            at: NOW,
            shown_at: Some(NOW.plus(MINUTE)),
            state: Invited::Shown,
        }),
        ..row(site, NOW)
    }
}

async fn a_row_is_read_as_it_was_written<S: Store>(store: &S) {
    let site = site();
    let mut rows = vec![row(&site, NOW), full(&site)];
    for state in Invited::ALL {
        let waits = full(&site);
        let invitation =
            waits.invitation.clone().map(|invitation| Invitation { state, shown_at: None, ..invitation });
        rows.push(Row { invitation, cart: None, left_at: None, ..waits });
    }
    for row in rows {
        assert_eq!(store.visitor(&site, row.id).await.expect("read"), None);
        assert!(store.put_visitor(&row, None).await.expect("answered"));
        assert_eq!(store.visitor(&site, row.id).await.expect("read"), Some(row));
    }
}

async fn a_row_is_written_by_one_at_a_time<S: Store>(store: &S) {
    let site = site();
    let first = row(&site, NOW);
    let rival = Row { visits: 2, ..first.clone() };
    for _ in 0..2 {
        assert!(store.put_visitor(&first, None).await.expect("answered"));
        assert!(!store.put_visitor(&rival, None).await.expect("answered"));
    }
    let next = Row { changed_at: NOW.plus(MINUTE), window: Window::Open, ..first.clone() };
    let rival = Row { visits: 2, ..next.clone() };
    for _ in 0..2 {
        assert!(store.put_visitor(&next, Some(NOW)).await.expect("answered"));
        assert!(!store.put_visitor(&rival, Some(NOW)).await.expect("answered"));
        assert!(!store.put_visitor(&first, None).await.expect("answered"));
    }
    assert_eq!(store.visitor(&site, first.id).await.expect("read"), Some(next));
    // One that was swept away while somebody had it in hand.
    let swept = row(&site, NOW.plus(MINUTE));
    assert!(!store.put_visitor(&swept, Some(NOW)).await.expect("answered"));
    assert_eq!(store.visitor(&site, swept.id).await.expect("read"), None);
}

async fn rows_come_in_the_order_in_which_they_were_written<S: Store>(store: &S) {
    let site = site();
    let mut rows: Vec<Row> =
        (0..250_u32).map(|n| row(&site, NOW.plus(Duration::from_millis(u64::from(n / 3))))).collect();
    rows.sort_by_key(Place::of);
    for row in rows.iter().rev() {
        assert!(store.put_visitor(row, None).await.expect("answered"));
    }
    let (mut read, mut after, mut pages) = (Vec::new(), Place::before(NOW), 0);
    loop {
        let page = store.visitors(&site, after, 120).await.expect("read");
        read.extend(page.rows);
        pages += 1;
        let Some(through) = page.through else { break };
        assert_eq!(through, Place::of(read.last().expect("a row")));
        after = through;
    }
    assert_eq!((read == rows, pages), (true, 3));
    // One that is written again stands at its new place, and at no other.
    let again = Row { changed_at: NOW.plus(MINUTE), pages: 2, ..rows[0].clone() };
    assert!(store.put_visitor(&again, Some(rows[0].changed_at)).await.expect("answered"));
    let page = store.visitors(&site, Place::before(NOW), 250).await.expect("read");
    assert_eq!((page.rows.len(), page.rows.last(), page.through), (250, Some(&again), None));
    let beyond = store.visitors(&site, Place::before(NOW.plus(OVERLAP)), 10).await.expect("read");
    assert_eq!((beyond.rows, beyond.through), (vec![again.clone()], None));
    let nothing = store.visitors(&site, Place::of(&again), 10).await.expect("read");
    assert_eq!((nothing.rows, nothing.through), (vec![], None));
}

async fn a_site_sees_its_own_visitors<S: Store>(store: &S) {
    let (here, there) = (site(), site());
    let visitor = row(&here, NOW);
    assert!(store.put_visitor(&visitor, None).await.expect("answered"));
    assert_eq!(store.visitor(&there, visitor.id).await.expect("read"), None);
    assert_eq!(store.visitors(&there, Place::before(NOW), 10).await.expect("read").rows, []);
    assert_eq!(store.visitors(&here, Place::before(NOW), 10).await.expect("read").rows, [visitor]);
}

async fn who_looks_is_remembered_until_then<S: Store>(store: &S) {
    let (here, there) = (site(), site());
    assert_eq!(store.visitors_watched(&here).await.expect("read"), None);
    for (until, expect) in [(1, 1), (3, 3), (2, 3)] {
        store.watch_visitors(&here, NOW.plus(MINUTE * until)).await.expect("kept");
        assert_eq!(store.visitors_watched(&here).await.expect("read"), Some(NOW.plus(MINUTE * expect)));
    }
    assert_eq!(store.visitors_watched(&there).await.expect("read"), None);
}
