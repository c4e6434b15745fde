//! A site's people, settings, and how often they may.

use super::{Case, MINUTE, NOW, fresh, hash, shopper, site};
use domain::people::{Availability, Member, Page, Person, Role, Shopper, Site};
use domain::ports::{Published, Publishing, Session, Store, StoreError};
use domain::rate::Quota;
use domain::settings::Section;
use domain::{ShopperId, Timestamp};
use std::time::Duration;

pub(super) async fn all<S: Store>(store: &S) {
    members_are_written_by_version(store).await;
    signs_of_life_keep_what_was_chosen(store).await;
    a_quota_counts_per_key_and_window(store).await;
    settings_are_published_version_by_version(store).await;
    of_two_who_publish_at_once_one_is_told(store).await;
    people_sites_and_profiles_are_read_back_as_written(store).await;
}

pub(super) fn member(case: &Case, version: u64) -> Member {
    Member {
        site: case.site.clone(),
        agent: case.agent,
        name: "Ana".into(),
        title: "Orders".into(),
        photo: None,
        role: Role::Admin,
        version,
        active: true,
        availability: Availability::Online,
        seen_at: None,
    }
}

async fn members_are_written_by_version<S: Store>(store: &S) {
    let case = Case::new();
    assert!(store.put_member(&member(&case, 1)).await.expect("tried"));
    let ended = Member { active: false, ..member(&case, 2) };
    assert!(store.put_member(&ended).await.expect("tried"));
    // Another's change of the same version is refused; one's own again, after a lost answer, is not.
    assert!(!store.put_member(&member(&case, 2)).await.expect("tried"));
    store.sign_of_life(&case.site, case.agent, None, NOW).await.expect("answered");
    assert!(store.put_member(&ended).await.expect("tried"));
    assert!(!store.put_member(&member(&case, 1)).await.expect("tried"));
    let ended = Member { seen_at: Some(NOW), ..ended };
    assert_eq!(store.member(&case.site, case.agent).await.expect("read"), Some(ended.clone()));
    assert_eq!(store.members(&case.site).await.expect("read"), [ended]);
    assert_eq!(store.memberships(case.agent).await.expect("read"), std::slice::from_ref(&case.site));
    assert_eq!(store.member(&site(), case.agent).await.expect("read"), None);
}

async fn signs_of_life_keep_what_was_chosen<S: Store>(store: &S) {
    let case = Case::new();
    assert_eq!(store.sign_of_life(&case.site, case.agent, None, NOW).await.expect("answered"), None);
    store.put_member(&member(&case, 1)).await.expect("written");
    let chosen = store
        .sign_of_life(&case.site, case.agent, Some(Availability::Invisible), NOW)
        .await
        .expect("answered")
        .expect("there");
    assert_eq!(chosen.presence(NOW), Availability::Invisible);
    let later = NOW.plus(MINUTE);
    let alive =
        store.sign_of_life(&case.site, case.agent, None, later).await.expect("answered").expect("there");
    assert_eq!((alive.availability, alive.seen_at), (Availability::Invisible, Some(later)));
}

fn section(case: &Case, section: Section, version: u64, body: &str) -> Published {
    Published {
        what: section,
        version,
        at: NOW.plus(MINUTE * version as u32),
        by: case.agent,
        by_name: "Ana".into(),
        restored: (version > 2).then_some(1),
        body: body.into(),
    }
}

async fn settings_are_published_version_by_version<S: Store>(store: &S) {
    let (here, there) = (Case::new(), Case::new());
    assert_eq!(store.published(&here.site).await.expect("read").sections, []);
    assert_eq!(store.section(&here.site, Section::Hours).await.expect("read"), None);
    let versions: Vec<Published> =
        (1..=11).map(|n| section(&here, Section::Hours, n, &format!("{{\"n\":{n}}}"))).collect();
    // Not the second before the first.
    assert_eq!(store.publish(&here.site, &versions[1]).await.expect("tried"), Publishing::Moved(None));
    for one in &versions {
        assert_eq!(store.publish(&here.site, one).await.expect("tried"), Publishing::Done);
        // The answer was lost, and it is tried again.
        assert_eq!(store.publish(&here.site, one).await.expect("tried"), Publishing::Done);
    }
    let faqs = section(&here, Section::Faqs, 1, "{}");
    store.publish(&here.site, &faqs).await.expect("published");
    let mut now = store.published(&here.site).await.expect("read").sections;
    now.sort_by_key(|one| one.what);
    let one = store.section(&here.site, Section::Hours).await.expect("read");
    assert_eq!(
        (one, store.section(&there.site, Section::Hours).await.expect("read")),
        (Some(versions[10].clone()), None)
    );
    assert_eq!(now, [versions[10].clone(), faqs]);
    // Another's version of a number that is taken, and one from before.
    for stale in [section(&here, Section::Hours, 11, "{}"), versions[4].clone()] {
        let stands = Publishing::Moved(Some(Box::new(versions[10].clone())));
        assert_eq!(store.publish(&here.site, &stale).await.expect("tried"), stands);
    }
    let history = async |before, limit| {
        let versions = store.history(&here.site, Section::Hours, before, limit).await.expect("read");
        versions.into_iter().map(|one| one.version).collect::<Vec<_>>()
    };
    assert_eq!(history(None, 3).await, [11, 10, 9]);
    assert_eq!(history(Some(10), 2).await, [9, 8]);
    assert_eq!(history(Some(2), 5).await, [1]);
    assert_eq!(history(Some(1), 5).await, [] as [u64; 0]);
    let all = store.history(&here.site, Section::Hours, None, 100).await.expect("read");
    assert_eq!(all, versions.into_iter().rev().collect::<Vec<_>>());
    assert_eq!(store.published(&there.site).await.expect("read").sections, []);
    assert_eq!(store.history(&there.site, Section::Hours, None, 9).await.expect("read"), []);
}

async fn of_two_who_publish_at_once_one_is_told<S: Store>(store: &S) {
    let case = Case::new();
    let wishes: Vec<Published> =
        (0..6).map(|n| section(&case, Section::General, 1, &format!("{{\"n\":{n}}}"))).collect();
    let outcomes = futures::future::join_all(wishes.iter().map(|wish| store.publish(&case.site, wish))).await;
    let stands = store.published(&case.site).await.expect("read").sections;
    assert_eq!(stands.len(), 1);
    for (wish, outcome) in wishes.iter().zip(outcomes) {
        match outcome {
            Ok(Publishing::Done) => assert_eq!(*wish, stands[0]),
            Ok(Publishing::Moved(Some(found))) => assert_eq!(*found, stands[0]),
            Err(StoreError::Unavailable(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn a_quota_counts_per_key_and_window<S: Store>(store: &S) {
    let quota = Quota { name: "test", window: MINUTE, limit: 2 };
    let key = format!("key#{}", fresh());
    let start = Timestamp(quota.window_of(NOW) * 60_000);
    for _ in 0..2 {
        assert_eq!(store.count(quota, &key, start).await.expect("counted"), Ok(()));
    }
    let late = start.plus(Duration::from_secs(45));
    assert_eq!(store.count(quota, &key, late).await.expect("counted"), Err(Duration::from_secs(15)));
    assert_eq!(store.count(quota, "another", late).await.expect("counted"), Ok(()));
    assert_eq!(store.count(quota, &key, start.plus(MINUTE)).await.expect("counted"), Ok(()));
}

async fn people_sites_and_profiles_are_read_back_as_written<S: Store>(store: &S) {
    let case = Case::new();
    let shop = Site {
        id: case.site.clone(),
        name: "Taller Luz".into(),
        color: "#0f766e".into(),
        welcome: "¡Hola!".into(),
        time_zone: "Europe/Madrid".into(),
        origins: vec!["https://shop.example".into(), "http://localhost:8787".into()],
    };
    store.put_site(&shop).await.expect("written");
    assert_eq!(store.site(&case.site).await.expect("read"), Some(shop));
    assert_eq!(store.site(&site()).await.expect("read"), None);
    let person = Person {
        id: case.agent,
        email: format!("a{}@example.com", fresh()),
        name: "Ana".into(),
        owner: true,
    };
    store.put_person(&person).await.expect("written");
    assert_eq!(store.person_by_email(&person.email).await.expect("read"), Some(person));
    assert_eq!(store.person_by_email("nobody@example.com").await.expect("read"), None);
    let session = Session { shopper: case.shopper, site: case.site.clone(), expires_at: NOW.plus(MINUTE) };
    store.open_session(hash(), &session, &shopper(&case)).await.expect("opened");
    assert_eq!(store.shopper(case.shopper).await.expect("read"), Some(shopper(&case)));
    let page =
        Page { url: "https://shop.example/lamps".into(), title: "Lamps".into(), referrer: String::new() };
    store.visit(case.shopper, &page, NOW.plus(MINUTE)).await.expect("noted");
    store.visit(ShopperId(fresh()), &page, NOW).await.expect("an unknown shopper's visit is nothing");
    let visited = Shopper { page: Some(page), last_seen: NOW.plus(MINUTE), ..shopper(&case) };
    assert_eq!(store.shopper(case.shopper).await.expect("read"), Some(visited));
}
