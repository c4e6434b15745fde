//! Triggers, groups and scenarios, version by version.

use super::{Case, MINUTE, NOW, fresh};
use domain::conversation::{Beginning, Body, Command, InGroup, Log, begin_with};
use domain::ports::{
    Document, DocumentPublishing, MAX_ABOUT_BYTES, MAX_DOCUMENT_BYTES, Published, Sender, Standing, Store,
    StoreError,
};
use domain::settings::{FieldId, Section};
use domain::text::MessageText;
use domain::{ClientId, ConversationId};

pub(super) async fn all<S: Store>(store: &S) {
    documents_are_published_version_by_version(store).await;
    what_is_taken_away_keeps_its_versions(store).await;
    f_15_of_two_who_publish_a_document_at_once_one_is_told(store).await;
    what_a_document_was_judged_by_must_stand_still(store).await;
    a_document_is_as_large_as_it_may_be(store).await;
    a_4_a_conversations_group_is_read_back_as_written(store).await;
}

fn scenario(id: &str) -> Document {
    Document::Scenario(FieldId::parse(id).expect("an id"))
}

fn version(case: &Case, what: Document, version: u64, body: &str) -> Published<Document> {
    Published {
        what,
        version,
        at: NOW.plus(MINUTE * version as u32),
        by: case.agent,
        by_name: "Ana".into(),
        restored: None,
        body: body.into(),
    }
}

fn standing(published: &Published<Document>, about: Option<&str>) -> Standing {
    Standing {
        document: published.what.clone(),
        version: published.version,
        at: published.at,
        by: published.by,
        by_name: published.by_name.clone(),
        about: about.map(str::to_owned),
    }
}

async fn documents_are_published_version_by_version<S: Store>(store: &S) {
    let (here, there) = (Case::new(), Case::new());
    for document in [Document::Triggers, Document::Groups, scenario("help")] {
        assert_eq!(store.standing(&here.site, &document).await.expect("read"), None);
        assert_eq!(store.document(&here.site, &document, 1).await.expect("read"), None);
        let versions: Vec<_> =
            (1..=3).map(|n| version(&here, document.clone(), n, &format!("{{\"n\":{n}}}"))).collect();
        let publish =
            async |one, about| store.publish_document(&here.site, one, about, &[]).await.expect("tried");
        // Not the second before the first.
        assert_eq!(publish(&versions[1], Some("b")).await, DocumentPublishing::Moved(None));
        for one in &versions {
            // The answer to the first was lost, and it is tried again.
            for _ in 0..2 {
                assert_eq!(publish(one, Some(&one.body)).await, DocumentPublishing::Done);
            }
        }
        let stands = standing(&versions[2], Some(&versions[2].body));
        let stale = [3, 2].map(|n| version(&here, document.clone(), n, "{}"));
        for one in &stale {
            assert_eq!(publish(one, None).await, DocumentPublishing::Moved(Some(stands.clone())));
        }
        assert_eq!(store.standing(&here.site, &document).await.expect("read"), Some(stands));
        for one in &versions {
            let found = store.document(&here.site, &document, one.version).await.expect("read");
            assert_eq!(found.as_ref(), Some(one));
            assert_eq!(store.document(&there.site, &document, one.version).await.expect("read"), None);
        }
        assert_eq!(store.document(&here.site, &document, 4).await.expect("read"), None);
    }
    // All together, beside the sections and not among their versions.
    let published = store.published(&here.site).await.expect("read");
    let mut documents: Vec<_> =
        published.documents.iter().map(|one| (one.document.clone(), one.version)).collect();
    documents.sort();
    assert_eq!(documents, [(Document::Triggers, 3), (Document::Groups, 3), (scenario("help"), 3)]);
    assert_eq!(published.sections, []);
    for section in Section::ALL {
        assert_eq!(store.history(&here.site, section, None, 9).await.expect("read"), []);
    }
    assert_eq!(store.published(&there.site).await.expect("read").documents, []);
}

async fn what_is_taken_away_keeps_its_versions<S: Store>(store: &S) {
    let case = Case::new();
    let help = version(&case, scenario("help"), 1, "{}");
    let gone = version(&case, scenario("help"), 2, "");
    let again = version(&case, scenario("help"), 3, "{\"again\":1}");
    for (one, about) in [(&help, Some("Help")), (&gone, None), (&again, Some("Help again"))] {
        let published = store.publish_document(&case.site, one, about, &[]).await.expect("tried");
        assert_eq!(published, DocumentPublishing::Done);
        let stands = standing(one, about);
        assert_eq!(store.standing(&case.site, &help.what).await.expect("read"), Some(stands.clone()));
        assert_eq!(store.published(&case.site).await.expect("read").documents, [stands]);
    }
    assert_eq!(store.document(&case.site, &help.what, 1).await.expect("read"), Some(help.clone()));
    assert_eq!(store.document(&case.site, &help.what, 2).await.expect("read"), Some(gone));
}

async fn f_15_of_two_who_publish_a_document_at_once_one_is_told<S: Store>(store: &S) {
    let case = Case::new();
    let wishes: Vec<_> =
        (0..6).map(|n| version(&case, Document::Triggers, 1, &format!("{{\"n\":{n}}}"))).collect();
    let publish = |wish| store.publish_document(&case.site, wish, Some("{}"), &[]);
    let outcomes = futures::future::join_all(wishes.iter().map(publish)).await;
    let stands = store.document(&case.site, &Document::Triggers, 1).await.expect("read");
    for (wish, outcome) in wishes.iter().zip(outcomes) {
        match outcome {
            Ok(DocumentPublishing::Done) => assert_eq!(Some(wish), stands.as_ref()),
            Ok(DocumentPublishing::Moved(Some(found))) => assert_eq!(found, standing(wish, Some("{}"))),
            Err(StoreError::Unavailable(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn what_a_document_was_judged_by_must_stand_still<S: Store>(store: &S) {
    let case = Case::new();
    let publish = async |one: &Published<Document>, judged_by: &[(Document, u64)]| {
        store.publish_document(&case.site, one, Some("{}"), judged_by).await.expect("tried")
    };
    let triggers = version(&case, Document::Triggers, 1, "{}");
    let judged = [(Document::Groups, 0), (scenario("help"), 0)];
    assert_eq!(publish(&triggers, &judged).await, DocumentPublishing::Done);
    let groups = version(&case, Document::Groups, 1, "{}");
    assert_eq!(publish(&groups, &[(Document::Triggers, 1)]).await, DocumentPublishing::Done);
    // A group has come since: it is not known what these triggers would be said to.
    let next = version(&case, Document::Triggers, 2, "{}");
    for version in [0, 2] {
        assert_eq!(publish(&next, &[(Document::Groups, version)]).await, DocumentPublishing::Outdated);
    }
    let stands = store.standing(&case.site, &Document::Triggers).await.expect("read").expect("there");
    assert_eq!(stands.version, 1);
    assert_eq!(store.document(&case.site, &Document::Triggers, 2).await.expect("read"), None);
    assert_eq!(publish(&next, &[(Document::Groups, 1)]).await, DocumentPublishing::Done);
    // Said again: its judges may have moved since.
    assert_eq!(publish(&next, &[(Document::Groups, 0)]).await, DocumentPublishing::Done);
}

async fn a_document_is_as_large_as_it_may_be<S: Store>(store: &S) {
    let case = Case::new();
    let large = version(&case, Document::Triggers, 1, &"é".repeat(MAX_DOCUMENT_BYTES / 2));
    let large = Published { by_name: "é".repeat(80), ..large };
    let about = "x".repeat(MAX_ABOUT_BYTES);
    let published = store.publish_document(&case.site, &large, Some(&about), &[]).await.expect("tried");
    assert_eq!(published, DocumentPublishing::Done);
    assert_eq!(store.document(&case.site, &Document::Triggers, 1).await.expect("read"), Some(large));
}

async fn a_4_a_conversations_group_is_read_back_as_written<S: Store>(store: &S) {
    let case = Case::new();
    let orders = InGroup { id: FieldId::parse("orders").expect("an id"), name: "Pedidos \u{1f4e6}".into() };
    let with = Beginning { group: Some(orders.clone()), ..Beginning::default() };
    let (id, client_id) = (ConversationId(fresh()), ClientId(fresh()));
    let text = MessageText::parse("Hola").expect("a text");
    let whose = (case.shopper, case.site.clone());
    let begun = begin_with(id, whose, None, text, with, client_id, NOW);
    let commit = case.commit(begun, None, Sender::Shopper(case.shopper), client_id);
    store.commit(&commit).await.expect("committed");
    let head = store.head(id).await.expect("read").expect("there");
    assert_eq!(head, commit.head);
    let page = store.entries(id, Log::Backstage, 0, 9).await.expect("read");
    assert_eq!(page.entries[0].body, Body::Grouped { to: Some(orders) });
    let everyone = Command::Assign { to: None, expected: None, group: Some(None) };
    let next = case.next(&head, &case.agent(), everyone, NOW.plus(MINUTE));
    store.commit(&next).await.expect("committed");
    assert_eq!(store.head(id).await.expect("read").map(|head| head.group), Some(None));
    let page = store.entries(id, Log::Backstage, 1, 9).await.expect("read");
    assert_eq!(page.entries[0].body, Body::Grouped { to: None });
}
