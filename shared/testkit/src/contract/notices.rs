//! What agents are told by mail, and transcripts that are to go.

use super::{MINUTE, NOW, fresh, site};
use domain::notification::{Choice, Notified, QuietHours, Told, Tray, When};
use domain::office_hours::{TimeOfDay, Zone};
use domain::ports::{Recipient, Store, TranscriptAsked};
use domain::{AgentId, ClientId, ConversationId};

pub(super) async fn all<S: Store>(store: &S) {
    a_choice_is_kept_as_it_was_made_at_each_site_apart(store).await;
    a_tray_is_changed_by_one_at_a_time(store).await;
    how_far_somebody_was_told_only_grows(store).await;
    a_transcript_is_asked_for_once_until_it_is_settled(store).await;
}

async fn a_choice_is_kept_as_it_was_made_at_each_site_apart<S: Store>(store: &S) {
    let (here, there) = (site(), site());
    let time = |text| TimeOfDay::parse(text).expect("a time");
    let quiet = QuietHours::new(time("22:00"), time("07:30"), Zone::named("America/Lima").expect("a zone"));
    let choices = [
        Choice::default(),
        Choice { when: When::Every { hours: 6 }, new: true, missed: false, quiet: None },
        Choice { when: When::Daily { at: time("09:15") }, new: true, missed: true, quiet },
        Choice { when: When::Never, new: false, missed: false, quiet: None },
    ];
    let mut all = Vec::new();
    for (n, choice) in choices.into_iter().enumerate() {
        let agent = AgentId(fresh());
        let before = Notified { agent, address: "old@example.com".into(), choice: Choice::default() };
        let notified = Notified { agent, address: format!("ana{n}@example.com"), choice };
        assert_eq!(store.notified_agent(&here, agent).await.expect("read"), None);
        store.put_notified(&here, &before).await.expect("kept");
        store.put_notified(&here, &notified).await.expect("kept");
        assert_eq!(store.notified_agent(&here, agent).await.expect("read").as_ref(), Some(&notified));
        assert_eq!(store.notified_agent(&there, agent).await.expect("read"), None);
        all.push(notified);
    }
    let mut kept = store.notified(&here).await.expect("read");
    kept.sort_by_key(|notified| notified.agent);
    assert_eq!(kept, all);
    assert_eq!(store.notified(&there).await.expect("read"), []);
}

async fn a_tray_is_changed_by_one_at_a_time<S: Store>(store: &S) {
    let (here, there, agent) = (site(), site(), AgentId(fresh()));
    let (one, two) = (ConversationId(fresh()), ConversationId(fresh()));
    assert_eq!(store.tray(&here, agent).await.expect("read"), Tray::default());
    let first = Tray::default().gathering(one, NOW.plus(MINUTE)).expect("something new");
    let rival = Tray::default().gathering(two, NOW).expect("something new");
    for _ in 0..2 {
        assert!(store.put_tray(&here, agent, &first).await.expect("answered"));
        assert!(!store.put_tray(&here, agent, &rival).await.expect("answered"));
    }
    assert_eq!(store.tray(&here, agent).await.expect("read"), first);
    let taken = first.taken(u128::MAX - 7, NOW.plus(MINUTE));
    assert!(store.put_tray(&here, agent, &taken).await.expect("answered"));
    assert!(!store.put_tray(&here, agent, &first.taken(7, NOW)).await.expect("answered"));
    let returned = taken.returned(&[one], Some(NOW));
    for _ in 0..2 {
        assert!(store.put_tray(&here, agent, &returned).await.expect("answered"));
    }
    assert!(!store.put_tray(&here, agent, &first).await.expect("answered"));
    assert_eq!(store.tray(&here, agent).await.expect("read"), returned);
    assert_eq!(store.tray(&there, agent).await.expect("read"), Tray::default());
    // One that was swept away while somebody had it in hand.
    assert!(!store.put_tray(&there, agent, &returned).await.expect("answered"));
    assert_eq!(store.tray(&there, agent).await.expect("read"), Tray::default());
}

async fn how_far_somebody_was_told_only_grows<S: Store>(store: &S) {
    let (conversation, ana, luis) = (ConversationId(fresh()), AgentId(fresh()), AgentId(fresh()));
    let told = |through, minutes: u32| Told { through, at: NOW.plus(MINUTE * minutes) };
    assert_eq!(store.told(conversation).await.expect("read"), []);
    store.record_told(conversation, ana, told(3, 0)).await.expect("kept");
    store.record_told(conversation, luis, told(5, 1)).await.expect("kept");
    store.record_told(conversation, ana, told(4, 2)).await.expect("kept");
    for again in [told(4, 3), told(1, 4)] {
        store.record_told(conversation, ana, again).await.expect("kept");
    }
    let mut kept = store.told(conversation).await.expect("read");
    kept.sort_by_key(|(agent, _)| *agent);
    assert_eq!(kept, [(ana, told(4, 2)), (luis, told(5, 1))]);
    assert_eq!(store.told(ConversationId(fresh())).await.expect("read"), []);
}

async fn a_transcript_is_asked_for_once_until_it_is_settled<S: Store>(store: &S) {
    let (conversation, agent) = (ConversationId(fresh()), AgentId(fresh()));
    let asked =
        |to, address: &str| TranscriptAsked { id: ClientId(fresh()), to, address: address.into(), at: NOW };
    let first = asked(Recipient::Shopper, "eva@example.com");
    let second = asked(Recipient::Agent(agent), "ana@example.com");
    store.ask_transcript(conversation, &first).await.expect("kept");
    let other = TranscriptAsked { address: "other@example.com".into(), ..first.clone() };
    store.ask_transcript(conversation, &other).await.expect("kept as it was");
    store.ask_transcript(conversation, &second).await.expect("kept");
    let mut kept = store.transcripts_asked(conversation).await.expect("read");
    kept.sort_by_key(|asked| asked.id);
    assert_eq!(kept, [first.clone(), second.clone()]);
    for _ in 0..2 {
        store.transcript_settled(conversation, first.id).await.expect("settled");
    }
    assert_eq!(store.transcripts_asked(conversation).await.expect("read"), [second]);
    assert_eq!(store.transcripts_asked(ConversationId(fresh())).await.expect("read"), []);
}
