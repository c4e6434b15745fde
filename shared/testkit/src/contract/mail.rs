//! What is known of an address, the outbox of mails, and what mails bear.

use super::{Case, MINUTE, NOW, fresh, hash, say, site};
use domain::automatic::Deadline;
use domain::conversation::{
    Attached, Beginning, Command, FileKey, Log, MailClass, MailMark, ReviewWhy, begin_with, decide,
    note_arrival, note_mail,
};
use domain::deadline::Armed;
use domain::ports::{
    Carries, Claimed, CommitError, Correspondent, MailKey, MailLink, Purpose, REPLY_GRANT_LIFE, Recipient,
    ReplyGrant, Sender, SentMail, Store, StoreError, Suppressed,
};
use domain::text::MessageText;
use domain::{ClientId, ConversationId, SiteId, Timestamp};
use std::time::Duration;

pub(super) async fn all<S: Store>(store: &S) {
    a_mail_is_owed_beyond_the_end_and_its_head_remembers_what_went(store).await;
    a_conversation_whose_address_is_learnt_beside_it_is_looked_at_from_then_on(store).await;
    what_came_by_mail_keeps_its_mark_also_after_the_end(store).await;
    an_address_keeps_what_was_noted_of_it(store).await;
    a_31_a_cold_address_has_three_turns_a_day_whoever_asks_at_once(store).await;
    a_mail_is_claimed_by_one_until_it_has_gone_or_the_lease_is_over(store).await;
    what_mails_bear_is_good_for_its_purpose_until_it_ends(store).await;
}

async fn what_came_by_mail_keeps_its_mark_also_after_the_end<S: Store>(store: &S) {
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let mark = MailMark {
        original: "mail/abc".into(),
        attachments: vec![
            Attached {
                key: FileKey(7),
                name: "box.jpg".into(),
                kind: "image/jpeg".into(),
                bytes: 12,
                dangerous: false,
            },
            Attached {
                key: FileKey(u128::MAX),
                name: "x.svg".into(),
                kind: "text/html".into(),
                bytes: 0,
                dangerous: true,
            },
        ],
        flags: vec!["text_cut".into()],
        follows: Some(ConversationId(fresh())),
        unverified: Some("ana@example.com".into()),
    };
    let bare = MailMark {
        attachments: Vec::new(),
        flags: Vec::new(),
        follows: None,
        unverified: None,
        ..mark.clone()
    };
    let (client_id, change) = {
        let client_id = ClientId(fresh());
        let said = decide(&begun.head, &case.shopper(), say("By mail"), client_id, NOW).expect("allowed");
        (client_id, said.by_mail(mark.clone()))
    };
    let said = case.commit(change, Some(begun.head.rev), Sender::Shopper(case.shopper), client_id);
    store.commit(&said).await.expect("stored");
    let closed = case.next(&said.head, &case.agent(), Command::Close, NOW);
    store.commit(&closed).await.expect("stored");
    let id = begun.head.id;
    let mut head = closed.head;
    let reviews = ReviewWhy::ALL.map(MailClass::Review);
    let rest = [MailClass::AutoResponse, MailClass::Bounce, MailClass::Complaint, MailClass::Unsubscribed];
    let mut written = Vec::new();
    for class in reviews.into_iter().chain(rest) {
        let (client_id, mark) = (ClientId(fresh()), (class != MailClass::Bounce).then(|| bare.clone()));
        let noted = note_arrival(&head, class, "ana@example.com".into(), "x".into(), mark, client_id, NOW);
        let noted = case.commit(noted, Some(head.rev), Sender::Shop(id), client_id);
        store.commit(&noted).await.expect("stored after the end");
        let again = store.commit(&noted).await;
        assert!(matches!(again, Err(CommitError::Repeated)), "{again:?}");
        written.extend(noted.entries);
        head = noted.head;
    }
    assert_eq!(store.head(id).await.expect("read"), Some(head));
    assert_eq!(store.entries(id, Log::Backstage, 0, 100).await.expect("read").entries, written);
    let thread = store.entries(id, Log::Thread, 1, 1).await.expect("read").entries;
    assert_eq!(thread[0].mail.as_deref(), Some(&mark));
}

async fn a_mail_is_owed_beyond_the_end_and_its_head_remembers_what_went<S: Store>(store: &S) {
    let case = Case::new();
    let with = Beginning { mail_after: Some(Duration::from_secs(300)), ..Beginning::default() };
    let (id, client_id) = (ConversationId(fresh()), ClientId(fresh()));
    let whose = (case.shopper, case.site.clone());
    let begun =
        begin_with(id, whose, None, MessageText::parse("Hola").expect("a text"), with, client_id, NOW);
    let begun = case.commit(begun, None, Sender::Shopper(case.shopper), client_id);
    store.commit(&begun).await.expect("stored");
    let answered = case.next(&begun.head, &case.agent(), say("Hi"), NOW);
    store.commit(&answered).await.expect("stored");
    let closed = case.next(&answered.head, &case.agent(), Command::Close, NOW);
    store.commit(&closed).await.expect("stored");
    let kept = store.head(id).await.expect("read").expect("there");
    assert_eq!(kept, closed.head);
    let owed = Armed { due: NOW.plus(Duration::from_secs(300)), seq: answered.head.numbers.t };
    assert_eq!(kept.deadlines, [(Deadline::Unseen, owed)].into());
    // What is owed may be looked at again later, and what ends with the conversation may not.
    let later = Armed { due: NOW.plus(Duration::from_secs(900)), ..owed };
    let again = kept.with_deadlines([(Deadline::Unseen, later)].into()).expect("another time");
    assert!(store.arm(&again).await.expect("tried"));
    let client_id = ClientId(fresh());
    let noted = note_mail(&again, answered.head.numbers.t, "ana@example.com".into(), client_id, NOW);
    let recorded = case.commit(noted, Some(again.rev), Sender::Shop(id), client_id);
    store.commit(&recorded).await.expect("stored after the end");
    let kept = store.head(id).await.expect("read").expect("there");
    assert_eq!(kept, recorded.head);
    let mailing = kept.mailing.expect("an address is known");
    assert_eq!((mailing.through, mailing.sent), (answered.head.numbers.t, vec![NOW]));
    let page = store.entries(id, Log::Backstage, 0, 10).await.expect("read");
    assert_eq!(page.entries.last(), recorded.entries.last());
}

async fn a_conversation_whose_address_is_learnt_beside_it_is_looked_at_from_then_on<S: Store>(store: &S) {
    let case = Case::new();
    let begun = case.begin(ClientId(fresh()), NOW);
    store.commit(&begun).await.expect("stored");
    let mailable = begun.head.known_to_be_mailable(Duration::from_secs(300), NOW).expect("no address yet");
    assert!(store.arm(&mailable).await.expect("tried"));
    assert!(store.arm(&mailable).await.expect("tried"), "the answer was lost, and it is tried again");
    assert_eq!(store.head(begun.head.id).await.expect("read"), Some(mailable.clone()));
    assert!(mailable.deadlines.contains_key(&Deadline::Unseen));
    assert_eq!(mailable.known_to_be_mailable(Duration::from_secs(60), NOW), None);
    // Answered, it is looked at anew.
    let answered = case.next(&mailable, &case.agent(), say("Hi"), NOW.plus(Duration::from_secs(60)));
    store.commit(&answered).await.expect("stored");
    let kept = store.head(begun.head.id).await.expect("read").expect("there");
    assert_eq!(kept.mailing.map(|mailing| mailing.after), Some(Duration::from_secs(300)));
}

async fn an_address_keeps_what_was_noted_of_it<S: Store>(store: &S) {
    let (here, there, address) = (site(), site(), hash());
    let known = async |of: &SiteId| store.correspondent(of, address).await.expect("read");
    assert_eq!(known(&here).await, Correspondent::default());
    let id = ClientId(fresh());
    for _ in 0..2 {
        assert!(store.take_turn(&here, address, id, NOW).await.expect("answered"));
        assert_eq!(known(&here).await.mails, [NOW]);
    }
    // The same mail a moment later is one mail still.
    assert!(store.take_turn(&here, address, id, NOW.plus(MINUTE)).await.expect("answered"));
    assert_eq!(
        known(&here).await,
        Correspondent { mails: vec![NOW.plus(MINUTE)], ..Correspondent::default() }
    );
    store.warm(&here, address, NOW).await.expect("noted");
    store.warm(&here, address, NOW.plus(MINUTE)).await.expect("noted");
    assert!(known(&here).await.warm);
    let at = NOW.plus(MINUTE);
    for _ in 0..2 {
        assert!(store.suppress(&here, address, Suppressed::Bounced, at).await.expect("noted"));
    }
    assert!(!store.suppress(&here, address, Suppressed::Complained, at).await.expect("tried"));
    let stands = known(&here).await;
    assert_eq!((stands.suppressed, stands.warm), (Some((Suppressed::Bounced, at)), true));
    assert!(!store.take_turn(&here, address, ClientId(fresh()), at).await.expect("answered"));
    assert_eq!(known(&here).await.mails, [NOW.plus(MINUTE)]);
    // Another site knows nothing of it, nor this one of another address.
    assert_eq!(known(&there).await, Correspondent::default());
    assert_eq!(store.correspondent(&here, hash()).await.expect("read"), Correspondent::default());
    // One that was never written to.
    let other = hash();
    assert!(store.suppress(&there, other, Suppressed::Unsubscribed, NOW).await.expect("noted"));
    assert!(!store.take_turn(&there, other, id, NOW).await.expect("answered"));
}

async fn a_31_a_cold_address_has_three_turns_a_day_whoever_asks_at_once<S: Store>(store: &S) {
    let (site, address) = (site(), hash());
    let ask = async |id: ClientId, at| {
        // Whoever is overtaken too often is told so, and asks again.
        loop {
            match store.take_turn(&site, address, id, at).await {
                Err(StoreError::Unavailable(_)) => {}
                answer => return answer.expect("answered"),
            }
        }
    };
    let ids: Vec<ClientId> = (0..8).map(|_| ClientId(fresh())).collect();
    let turns = futures::future::join_all(ids.iter().map(|id| ask(*id, NOW))).await;
    assert_eq!(turns.iter().filter(|may| **may).count(), 3, "{turns:?}");
    // Those who had a turn have it still; the others have none until a day is over.
    for at in [NOW, NOW.plus(MINUTE * 60 * 24).minus(Duration::from_millis(1))] {
        for (id, had) in ids.iter().zip(&turns).filter(|(_, had)| !**had) {
            assert_eq!(ask(*id, at).await, *had);
        }
    }
    assert!(ask(ids[0], NOW.plus(MINUTE * 60 * 24)).await);
    store.warm(&site, address, NOW).await.expect("noted");
    for _ in 0..5 {
        assert!(ask(ClientId(fresh()), NOW).await);
    }
}

async fn a_mail_is_claimed_by_one_until_it_has_gone_or_the_lease_is_over<S: Store>(store: &S) {
    let conversation = ConversationId(fresh());
    let key = |after| MailKey { conversation, carries: Carries::Answers { after } };
    let until = NOW.plus(MINUTE);
    let claim = async |key: MailKey, by, now: Timestamp| {
        store.claim_mail(&key, by, now, now.plus(MINUTE)).await.expect("answered")
    };
    assert_eq!(claim(key(0), 1, NOW).await, Claimed::Yes);
    // An answer was lost, and it is tried again.
    assert_eq!(claim(key(0), 1, NOW).await, Claimed::Yes);
    assert_eq!(claim(key(0), 2, NOW).await, Claimed::Held { until });
    assert_eq!(claim(key(0), 2, until.minus(Duration::from_millis(1))).await, Claimed::Held { until });
    assert_eq!(claim(key(3), 2, NOW).await, Claimed::Yes, "another mail");
    // Given back, by whom it belongs to alone.
    store.release_mail(&key(0), 2).await.expect("nothing to it");
    assert_eq!(claim(key(0), 2, NOW).await, Claimed::Held { until });
    store.release_mail(&key(0), 1).await.expect("released");
    store.release_mail(&key(0), 1).await.expect("released before");
    assert_eq!(claim(key(0), 2, NOW).await, Claimed::Yes);
    // Whoever held it is gone.
    assert_eq!(claim(key(0), 3, until).await, Claimed::Yes);
    assert_eq!(claim(key(0), 2, until).await, Claimed::Held { until: until.plus(MINUTE) });
    assert_eq!(store.sent_mail(&key(0)).await.expect("read"), None);
    let sent = |through| SentMail {
        through,
        to: "eva@example.com".into(),
        at: until,
        message_id: format!("m{through}"),
    };
    assert_eq!(store.record_mail(&key(0), &sent(5)).await.expect("recorded"), sent(5));
    // Both had sent it: the first to say so stands.
    assert_eq!(store.record_mail(&key(0), &sent(6)).await.expect("answered"), sent(5));
    store.release_mail(&key(0), 3).await.expect("nothing to it");
    assert_eq!(store.sent_mail(&key(0)).await.expect("read"), Some(sent(5)));
    assert_eq!(store.sent_mail(&key(7)).await.expect("read"), None);
    for later in [until, until.plus(MINUTE * 600)] {
        assert_eq!(claim(key(0), 4, later).await, Claimed::Sent(sent(5)));
    }
    let contested = key(9);
    let wishes = (10..16).map(|by| store.claim_mail(&contested, by, NOW, until));
    let mut outcomes = Vec::new();
    for wish in futures::future::join_all(wishes).await {
        outcomes.push(wish.expect("answered"));
    }
    assert_eq!(outcomes.iter().filter(|one| **one == Claimed::Yes).count(), 1, "{outcomes:?}");
}

async fn what_mails_bear_is_good_for_its_purpose_until_it_ends<S: Store>(store: &S) {
    let case = Case::new();
    let conversation = ConversationId(fresh());
    for recipient in [Recipient::Shopper, Recipient::Agent(case.agent)] {
        let token = hash();
        let grant = ReplyGrant {
            site: case.site.clone(),
            conversation,
            recipient,
            address: hash(),
            made_at: NOW,
            revoked_at: None,
        };
        assert_eq!(store.reply_grant(token, NOW).await.expect("read"), None);
        assert!(!store.revoke_reply_grant(token, NOW).await.expect("tried"));
        store.keep_reply_grant(token, &grant).await.expect("kept");
        assert_eq!(store.reply_grant(token, NOW).await.expect("read"), Some(grant.clone()));
        assert_eq!(store.reply_grant(hash(), NOW).await.expect("read"), None);
        let ends = NOW.plus(REPLY_GRANT_LIFE);
        assert!(store.reply_grant(token, ends.minus(MINUTE)).await.expect("read").is_some());
        assert_eq!(store.reply_grant(token, ends).await.expect("read"), None);
        for minutes in [3, 1, 2] {
            assert!(store.revoke_reply_grant(token, NOW.plus(MINUTE * minutes)).await.expect("revoked"));
        }
        let revoked = store.reply_grant(token, NOW).await.expect("read").expect("kept");
        assert_eq!(revoked.revoked_at, Some(NOW.plus(MINUTE)));
    }
    for (purpose, other) in [
        (Purpose::Resume, Purpose::Unsubscribe),
        (Purpose::Unsubscribe, Purpose::Resume),
        (Purpose::Resume, Purpose::Resumed),
        (Purpose::Resumed, Purpose::Resume),
    ] {
        let secret = hash();
        let link = MailLink {
            purpose,
            site: case.site.clone(),
            conversation,
            shopper: case.shopper,
            address: hash(),
            expires_at: NOW.plus(MINUTE),
        };
        store.keep_mail_link(secret, &link).await.expect("kept");
        for _ in 0..2 {
            assert_eq!(store.mail_link(secret, purpose, NOW).await.expect("read"), Some(link.clone()));
        }
        assert_eq!(store.mail_link(secret, other, NOW).await.expect("read"), None);
        assert_eq!(store.mail_link(secret, purpose, NOW.plus(MINUTE)).await.expect("read"), None);
        assert_eq!(store.mail_link(hash(), purpose, NOW).await.expect("read"), None);
    }
}
