//! Sessions, who signs in, and the keys that a shop signs with.

use super::{Case, MINUTE, NOW, fresh, hash, say, shopper, site};
use domain::conversation::{Command, Head};
use domain::identity::{Key, KeyId, Material};
use domain::people::{Actor, Page, Shopper};
use domain::ports::{CommitError, Session, SignIn, Store};
use domain::rate::Rate;
use domain::{ClientId, ShopperId, SiteId, VisitorId};
use std::time::Duration;

pub(super) async fn all<S: Store>(store: &S) {
    a_session_is_rated_ended_and_expires(store).await;
    who_signs_in_takes_the_open_conversation_along_or_nothing_happens(store).await;
    who_signs_in_with_nothing_open_begins_nothing_as_before(store).await;
    what_a_shop_says_of_a_shopper_is_kept_until_it_says_otherwise(store).await;
    a_profile_knows_as_whom_its_browser_reports(store).await;
    identity_keys_are_kept_once_and_end(store).await;
    a_tokens_id_is_one_subjects_until_it_expires(store).await;
}

async fn a_session_is_rated_ended_and_expires<S: Store>(store: &S) {
    let case = Case::new();
    let session = Session { shopper: case.shopper, site: case.site.clone(), expires_at: NOW.plus(MINUTE) };
    let secret = hash();
    let rate = Rate { every: Duration::from_millis(200), burst: 2 };
    assert_eq!(store.session(secret, rate, NOW).await.expect("answered"), None);
    assert_eq!(store.known_session(secret, NOW).await.expect("answered"), None);
    store.open_session(secret, &session, &shopper(&case)).await.expect("opened");
    for (at, stands) in [(NOW, true), (session.expires_at, false)] {
        let known = store.known_session(secret, at).await.expect("answered");
        assert_eq!(known, stands.then(|| session.clone()));
    }
    for _ in 0..2 {
        assert_eq!(store.session(secret, rate, NOW).await.expect("answered"), Some(Ok(session.clone())));
    }
    assert_eq!(
        store.session(secret, rate, NOW).await.expect("answered"),
        Some(Err(Duration::from_millis(200)))
    );
    assert_eq!(store.session(secret, rate, NOW.plus(MINUTE)).await.expect("answered"), None);
    // Over is over, also with a bucket that is full.
    let full = Rate { every: 2 * MINUTE, burst: 1 };
    let other = hash();
    store.open_session(other, &session, &shopper(&case)).await.expect("opened");
    assert!(matches!(store.session(other, full, NOW.plus(MINUTE / 2)).await, Ok(Some(Ok(_)))));
    assert_eq!(store.session(other, full, NOW.plus(MINUTE)).await.expect("answered"), None);
    store.end_session(secret).await.expect("ended");
    assert_eq!(store.known_session(secret, NOW).await.expect("answered"), None);
    assert_eq!(store.session(secret, rate, NOW).await.expect("answered"), None);
}

fn verified() -> ShopperId {
    ShopperId::verified(fresh().into_bytes())
}

/// A session of an anonymous shopper, and what its sign-in would be.
async fn about_to_sign_in<S: Store>(store: &S, case: &Case, open: Option<&Head>) -> SignIn {
    let ends = hash();
    let session = |shopper| Session { shopper, site: case.site.clone(), expires_at: NOW.plus(MINUTE) };
    store.open_session(ends, &session(case.shopper), &shopper(case)).await.expect("opened");
    let to = verified();
    SignIn {
        before: case.shopper,
        ends,
        session: session(to),
        hash: hash(),
        open: open.map(|head| head.id),
        moved: open.map(|head| head.signed_in(to, Some("Eva M.".into()))),
        linked: true,
        at: NOW,
    }
}

async fn who_signs_in_takes_the_open_conversation_along_or_nothing_happens<S: Store>(store: &S) {
    let case = Case::new();
    let rate = Rate { every: Duration::from_millis(1), burst: 100 };
    let first = case.begin(ClientId(fresh()), NOW);
    store.commit(&first).await.expect("stored");
    let closed = case.next(&first.head, &case.shopper(), Command::Close, NOW);
    store.commit(&closed).await.expect("stored");
    let begun = case.begin(ClientId(fresh()), NOW.plus(MINUTE));
    store.commit(&begun).await.expect("stored");
    let wish = about_to_sign_in(store, &case, Some(&begun.head)).await;
    let to = wish.session.shopper;
    let more = case.next(&begun.head, &case.shopper(), say("wait"), NOW.plus(MINUTE));
    store.commit(&more).await.expect("stored");

    let none = SignIn { open: None, moved: None, ..wish.clone() };
    let stale_session = SignIn { ends: hash(), ..wish.clone() };
    let another = SignIn { open: Some(closed.head.id), moved: None, ..wish.clone() };
    for refused in [&wish, &none, &stale_session, &another] {
        assert!(matches!(store.sign_in(refused).await, Err(CommitError::Moved)), "{refused:?}");
        assert!(store.session(wish.ends, rate, NOW).await.expect("answered").is_some());
        assert!(store.session(wish.hash, rate, NOW).await.expect("answered").is_none());
        assert_eq!(store.head(more.head.id).await.expect("read"), Some(more.head.clone()));
        assert_eq!(store.open_conversation(to).await.expect("read"), None);
        assert_eq!(store.signed_in_as(case.shopper).await.expect("read"), None);
    }

    let moved = more.head.signed_in(to, Some("Eva M.".into()));
    let wish = SignIn { moved: Some(moved.clone()), ..wish };
    store.sign_in(&wish).await.expect("signed in");
    assert!(matches!(store.sign_in(&wish).await, Err(CommitError::Moved)));
    assert!(store.session(wish.ends, rate, NOW).await.expect("answered").is_none());
    assert_eq!(store.session(wish.hash, rate, NOW).await.expect("answered"), Some(Ok(wish.session.clone())));
    assert_eq!(store.head(moved.id).await.expect("read"), Some(moved.clone()));
    assert_eq!((moved.shopper, moved.origin), (to, case.shopper));
    assert_eq!(store.open_conversation(to).await.expect("read"), Some(moved.id));
    assert_eq!(store.conversations_of(to, 10).await.expect("read"), std::slice::from_ref(&moved));
    assert_eq!(store.conversations_of(case.shopper, 10).await.expect("read"), [closed.head]);
    assert_eq!(store.browsers(to, 10).await.expect("read"), [case.shopper]);
    assert_eq!(store.signed_in_as(case.shopper).await.expect("read"), Some(to));
    // What was under way in the old name finds nothing to append to and nothing to begin.
    let late = case.next(&more.head, &case.shopper(), say("late"), NOW);
    assert!(matches!(store.commit(&late).await, Err(CommitError::Moved)));
    let late = case.begin(ClientId(fresh()), NOW);
    assert!(matches!(store.commit(&late).await, Err(CommitError::Moved)));
    assert_eq!(store.open_conversation(case.shopper).await.expect("read"), Some(moved.id));
    // Closed by its new shopper, it is nobody's open one; and still nothing begins in the old name.
    let as_verified = Actor::Shopper { id: to, site: case.site.clone() };
    let closed = case.next(&moved, &as_verified, Command::Close, NOW);
    store.commit(&closed).await.expect("stored");
    assert_eq!(store.open_conversation(to).await.expect("read"), None);
    assert!(matches!(store.commit(&late).await, Err(CommitError::Moved)));

    // Of somebody who has one open, that one stays; the other browser's stays where it is.
    let other = Case { shopper: ShopperId(fresh()), site: case.site.clone(), agent: case.agent };
    let mine = Case { shopper: to, site: case.site.clone(), agent: case.agent };
    let open = mine.begin(ClientId(fresh()), NOW);
    store.commit(&open).await.expect("stored");
    let theirs = other.begin(ClientId(fresh()), NOW);
    store.commit(&theirs).await.expect("stored");
    let wish = about_to_sign_in(store, &other, Some(&theirs.head)).await;
    let session = Session { shopper: to, ..wish.session };
    let moving =
        SignIn { session, moved: Some(theirs.head.signed_in(to, None)), at: NOW.plus(MINUTE), ..wish };
    assert!(matches!(store.sign_in(&moving).await, Err(CommitError::Moved)));
    store.sign_in(&SignIn { moved: None, ..moving.clone() }).await.expect("signed in");
    assert_eq!(store.open_conversation(to).await.expect("read"), Some(open.head.id));
    assert_eq!(store.open_conversation(other.shopper).await.expect("read"), Some(theirs.head.id));
    assert_eq!(store.browsers(to, 10).await.expect("read"), [other.shopper, case.shopper]);
    assert_eq!(store.browsers(to, 1).await.expect("read"), [other.shopper]);
}

async fn who_signs_in_with_nothing_open_begins_nothing_as_before<S: Store>(store: &S) {
    let case = Case::new();
    let wish = SignIn { linked: false, ..about_to_sign_in(store, &case, None).await };
    store.sign_in(&wish).await.expect("signed in");
    assert!(matches!(store.commit(&case.begin(ClientId(fresh()), NOW)).await, Err(CommitError::Moved)));
    assert_eq!(store.open_conversation(case.shopper).await.expect("read"), None);
    assert_eq!(store.signed_in_as(case.shopper).await.expect("read"), None);
    assert!(store.browsers(wish.session.shopper, 10).await.expect("read").is_empty());
    // Two browsers of one person at once: each has its own session.
    let (one, two) = (Case::new(), Case::new());
    let first = about_to_sign_in(store, &one, None).await;
    let second = about_to_sign_in(store, &two, None).await;
    let second = SignIn { session: first.session.clone(), ..second };
    let (a, b) = futures::join!(store.sign_in(&first), store.sign_in(&second));
    assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
}

async fn what_a_shop_says_of_a_shopper_is_kept_until_it_says_otherwise<S: Store>(store: &S) {
    let case = Case { shopper: verified(), ..Case::new() };
    let said = Shopper {
        email: Some("eva@shop.example".into()),
        page: Some(Page { url: "https://shop.example/".into(), ..Page::default() }),
        ..shopper(&case)
    };
    store.vouch(&said).await.expect("kept");
    assert_eq!(store.shopper(case.shopper).await.expect("read"), Some(said.clone()));
    // Later it says less, and the browser is another.
    let later = Shopper {
        name: None,
        email: None,
        language: None,
        user_agent: Some("Another/1.0".into()),
        page: None,
        first_seen: NOW.plus(MINUTE),
        last_seen: NOW.plus(MINUTE),
        ..said.clone()
    };
    store.vouch(&later).await.expect("kept");
    let user_agent = later.user_agent;
    let expect = Shopper { user_agent, last_seen: NOW.plus(MINUTE), ..said };
    assert_eq!(store.shopper(case.shopper).await.expect("read"), Some(expect.clone()));
    // A session of a browser that knows less leaves the profile as it is.
    let session = Session { shopper: case.shopper, site: case.site.clone(), expires_at: NOW.plus(MINUTE) };
    store.open_session(hash(), &session, &shopper(&case)).await.expect("opened");
    assert_eq!(store.shopper(case.shopper).await.expect("read"), Some(expect));
}

async fn a_profile_knows_as_whom_its_browser_reports<S: Store>(store: &S) {
    let (case, stranger) = (Case::new(), Case::new());
    let session = Session { shopper: case.shopper, site: case.site.clone(), expires_at: NOW.plus(MINUTE) };
    store.open_session(hash(), &session, &shopper(&case)).await.expect("opened");
    for visitor in [VisitorId(fresh()), VisitorId(fresh())] {
        store.reports_as(case.shopper, visitor).await.expect("kept");
        let known = Shopper { visitor: Some(visitor), ..shopper(&case) };
        assert_eq!(store.shopper(case.shopper).await.expect("read"), Some(known));
    }
    // Of somebody of whom nothing is known nothing is stored.
    store.reports_as(stranger.shopper, VisitorId(fresh())).await.expect("nothing to do");
    assert_eq!(store.shopper(stranger.shopper).await.expect("read"), None);
}

async fn identity_keys_are_kept_once_and_end<S: Store>(store: &S) {
    let (here, there) = (site(), site());
    let key = |id: &str, minutes: u32, material| Key {
        id: KeyId::parse(id).expect("a key's id"),
        material,
        made_at: NOW.plus(MINUTE * minutes),
        ends_at: None,
    };
    let first = key("b", 1, Material::Secret((0..32).map(|n| n * 8).collect()));
    let second = key("a", 2, Material::PublicKey("-----BEGIN PUBLIC KEY-----\nMIIB\n".into()));
    for one in [&second, &first, &second] {
        assert!(store.keep_key(&here, one).await.expect("kept"));
    }
    let other = Key { material: Material::Secret(vec![1]), ..first.clone() };
    assert!(!store.keep_key(&here, &other).await.expect("tried"), "the id is used");
    assert!(store.keep_key(&there, &other).await.expect("kept"), "another site's ids are its own");
    assert_eq!(store.identity_keys(&here).await.expect("read"), [first.clone(), second.clone()]);
    assert_eq!(store.identity_keys(&there).await.expect("read"), [other]);
    assert_eq!(store.identity_keys(&site()).await.expect("read"), []);
    let end = async |id: &KeyId, minutes: u32| {
        store.end_key(&here, id, NOW.plus(MINUTE * minutes)).await.expect("tried")
    };
    assert!(end(&first.id, 30).await && end(&first.id, 10).await && end(&first.id, 20).await);
    assert!(!end(&KeyId::parse("c").expect("a key's id"), 10).await);
    let ended = Key { ends_at: Some(NOW.plus(MINUTE * 10)), ..first };
    assert_eq!(store.identity_keys(&here).await.expect("read"), [ended, second]);
}

async fn a_tokens_id_is_one_subjects_until_it_expires<S: Store>(store: &S) {
    let (here, there) = (site(), site());
    let until = NOW.plus(MINUTE);
    let claim = async |of: &SiteId, subject: &str, now| {
        store.claim_token(of, "jti#1", subject, until, now).await.expect("answered")
    };
    let eva = || Some("eva".to_owned());
    assert_eq!(claim(&here, "eva", NOW).await, None);
    // A cached page, a tab that reloads; and somebody else.
    assert_eq!(claim(&here, "eva", NOW).await, eva());
    assert_eq!(claim(&here, "mallory", NOW).await, eva());
    assert_eq!(claim(&there, "mallory", NOW).await, None);
    assert_eq!(claim(&here, "mallory", until).await, None);
    let both = futures::future::join(
        store.claim_token(&here, "jti#2", "eva", until, NOW),
        store.claim_token(&here, "jti#2", "mallory", until, NOW),
    );
    let (eva, mallory) = both.await;
    assert_eq!([eva, mallory].into_iter().filter(|one| matches!(one, Ok(None))).count(), 1);
}
