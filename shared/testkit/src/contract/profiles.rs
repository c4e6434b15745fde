//! What agents show of themselves.

use super::site::member;
use super::{Case, NOW, connection_id, fresh, hash, site};
use domain::connection::{Connection, Identity};
use domain::people::{Member, Role};
use domain::ports::{Admission, Store};
use domain::profile::{Photo, PhotoId, PhotoKind, Profile};
use domain::rate::FRAMES;
use domain::{AgentId, ConnectionId};

pub(super) async fn all<S: Store>(store: &S) {
    a_name_changes_and_nothing_else(store).await;
    a_photo_is_kept_apart_and_replaced_whole(store).await;
    of_two_photos_at_once_one_stands_and_only_its_bytes(store).await;
    nobody_inactive_gets_a_photo_and_anybody_loses_one(store).await;
    a_membership_is_not_written_over_another_photo(store).await;
    who_is_renamed_is_called_so_on_open_connections(store).await;
}

fn photo(agent: AgentId, n: u8) -> Photo {
    let bytes = vec![n, 0, 255, 128];
    Photo { id: PhotoId(fresh().into_bytes()), agent, kind: PhotoKind::WebP, bytes }
}

async fn a_name_changes_and_nothing_else<S: Store>(store: &S) {
    let (case, nobody) = (Case::new(), Case::new());
    let profile = Profile { name: "Ana García".into(), title: String::new() };
    assert!(!store.set_profile(&case.site, case.agent, &profile).await.expect("tried"));
    assert_eq!(store.member(&case.site, case.agent).await.expect("read"), None, "a name made a member");
    store.put_member(&member(&case, 1)).await.expect("written");
    store.sign_of_life(&case.site, case.agent, None, NOW).await.expect("answered");
    let before = store.member(&case.site, case.agent).await.expect("read").expect("there");
    assert!(store.set_profile(&case.site, case.agent, &profile).await.expect("tried"));
    let after = Member { name: profile.name.clone(), title: String::new(), ..before };
    assert_eq!(store.member(&case.site, case.agent).await.expect("read"), Some(after.clone()));
    assert!(!store.set_profile(&nobody.site, case.agent, &profile).await.expect("tried"));
    let ended = Member { active: false, version: 2, ..after };
    assert!(store.put_member(&ended).await.expect("tried"));
    assert!(!store.set_profile(&case.site, case.agent, &profile).await.expect("tried"));
}

async fn a_photo_is_kept_apart_and_replaced_whole<S: Store>(store: &S) {
    let case = Case::new();
    let (first, second) = (photo(case.agent, 1), photo(case.agent, 2));
    assert!(!store.set_photo(&case.site, case.agent, None, Some(&first)).await.expect("tried"));
    assert_eq!(store.photo(&case.site, first.id).await.expect("read"), None, "kept for nobody");
    store.put_member(&member(&case, 1)).await.expect("written");
    let shown = async || store.member(&case.site, case.agent).await.expect("read").expect("there").photo;
    let set =
        async |before, photo| store.set_photo(&case.site, case.agent, before, photo).await.expect("tried");
    assert!(set(None, Some(&first)).await);
    // The answer was lost, and it is tried again.
    assert!(set(None, Some(&first)).await);
    assert_eq!(shown().await, Some(first.id));
    assert_eq!(store.photo(&case.site, first.id).await.expect("read"), Some(first.clone()));
    assert_eq!(store.photo(&site(), first.id).await.expect("read"), None, "another site's");
    // Whoever had read another before has lost.
    assert!(!set(Some(second.id), None).await);
    assert!(set(Some(first.id), Some(&second)).await);
    assert!(set(Some(first.id), Some(&second)).await);
    assert_eq!(shown().await, Some(second.id));
    assert_eq!(store.photo(&case.site, first.id).await.expect("read"), None);
    assert_eq!(store.photo(&case.site, second.id).await.expect("read"), Some(second.clone()));
    // The same in its own place.
    assert!(set(Some(second.id), Some(&second)).await);
    assert_eq!(store.photo(&case.site, second.id).await.expect("read"), Some(second.clone()));
    assert!(set(Some(second.id), None).await);
    assert!(set(Some(second.id), None).await);
    assert_eq!(shown().await, None);
    assert_eq!(store.photo(&case.site, second.id).await.expect("read"), None);
    assert!(set(None, None).await, "there is none, as was wished");
}

async fn of_two_photos_at_once_one_stands_and_only_its_bytes<S: Store>(store: &S) {
    let case = Case::new();
    store.put_member(&member(&case, 1)).await.expect("written");
    let wishes: Vec<Photo> = (0..6).map(|n| photo(case.agent, n)).collect();
    let set = wishes.iter().map(|photo| store.set_photo(&case.site, case.agent, None, Some(photo)));
    futures::future::join_all(set).await;
    let shown = store.member(&case.site, case.agent).await.expect("read").expect("there").photo;
    assert!(shown.is_some(), "nobody won");
    for wish in &wishes {
        let kept = store.photo(&case.site, wish.id).await.expect("read");
        assert_eq!(kept.is_some(), shown == Some(wish.id), "a photo of whoever lost was kept");
    }
}

async fn nobody_inactive_gets_a_photo_and_anybody_loses_one<S: Store>(store: &S) {
    let case = Case::new();
    let (one, other) = (photo(case.agent, 1), photo(case.agent, 2));
    store.put_member(&member(&case, 1)).await.expect("written");
    store.set_photo(&case.site, case.agent, None, Some(&one)).await.expect("set");
    let ended = Member { active: false, photo: Some(one.id), ..member(&case, 2) };
    assert!(store.put_member(&ended).await.expect("tried"));
    assert!(!store.set_photo(&case.site, case.agent, Some(one.id), Some(&other)).await.expect("tried"));
    assert_eq!(store.photo(&case.site, other.id).await.expect("read"), None);
    assert!(store.set_photo(&case.site, case.agent, Some(one.id), None).await.expect("tried"));
    assert_eq!(store.photo(&case.site, one.id).await.expect("read"), None);
}

async fn a_membership_is_not_written_over_another_photo<S: Store>(store: &S) {
    let case = Case::new();
    let one = photo(case.agent, 1);
    let invented = Member { photo: Some(one.id), ..member(&case, 1) };
    assert!(!store.put_member(&invented).await.expect("tried"), "a photo that is not kept");
    store.put_member(&member(&case, 1)).await.expect("written");
    store.set_photo(&case.site, case.agent, None, Some(&one)).await.expect("set");
    // Read before the photo came.
    assert!(!store.put_member(&Member { active: false, ..member(&case, 2) }).await.expect("tried"));
    let seen = store.member(&case.site, case.agent).await.expect("read").expect("there");
    assert!(seen.active);
    assert_eq!(seen.photo, Some(one.id));
    assert!(store.put_member(&Member { active: false, version: 2, ..seen }).await.expect("tried"));
}

async fn who_is_renamed_is_called_so_on_open_connections<S: Store>(store: &S) {
    let case = Case::new();
    let connection = |identity| Connection {
        id: connection_id(),
        site: case.site.clone(),
        identity,
        session: Some(hash()),
        address: "203.0.113.7".into(),
        connected_at: NOW,
        viewing: None,
        greeted: true,
    };
    let agents =
        |name: &str| Identity::Agent { id: case.agent, name: name.into(), role: Role::Agent, version: 1 };
    let admitted = async |id: &ConnectionId| match store.admit(id, FRAMES, NOW).await.expect("answered") {
        Admission::Admitted(connection) => Some(*connection),
        _ => None,
    };
    let ana = connection(agents("Ana"));
    let shopper = connection(Identity::Shopper { id: case.shopper });
    for one in [&ana, &shopper] {
        store.connect(one).await.expect("noted");
        store.greet(&one.id, None).await.expect("noted");
        store.rename(&one.id, "Ana García").await.expect("tried");
    }
    let renamed = Connection { identity: agents("Ana García"), ..ana.clone() };
    assert_eq!(admitted(&ana.id).await, Some(renamed));
    assert_eq!(admitted(&shopper.id).await, Some(shopper.clone()), "a shopper was given a name");
    let gone = connection_id();
    store.rename(&gone, "Ana").await.expect("nobody to rename is nothing");
    assert_eq!(admitted(&gone).await, None);
}
