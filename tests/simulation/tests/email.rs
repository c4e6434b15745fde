//! F18, and what is owed under random faults.

use delivery::FellBack;
use domain::ConversationId;
use simulation::email::{Shop, storm};
use simulation::ports::Odds;

const MINUTE: u64 = 60_000;

#[test]
fn f_18_killed_at_every_await_nothing_is_lost_and_only_what_ses_accepted_unrecorded_goes_twice() {
    let (mut points, mut twice) = (0, 0);
    for n in 0..500 {
        let shop = Shop::new(n.into(), Odds::CALM, 0.0, 0.0);
        shop.opens();
        let conversation = shop.begins(Some("eva@example.com"));
        shop.answers(conversation);
        shop.passes(2 * MINUTE);
        let ended = shop.call_killed_at(conversation, n);
        let went = shop.accepted();
        let recorded = !shop.noted(conversation).is_empty();
        // The lease is over, and it is called again; and once more, for nothing.
        for _ in 0..2 {
            shop.passes(MINUTE);
            let _ = shop.call_killed_at(conversation, u32::MAX);
        }
        let accepted = shop.accepted();
        assert_eq!(shop.noted(conversation).len(), 1, "killed at {n}");
        assert!(!accepted.iter().any(|one| one.was_recorded), "killed at {n}: {accepted:?}");
        assert!((1..=2).contains(&accepted.len()), "killed at {n}: {accepted:?}");
        if accepted.len() == 2 {
            assert!(went.len() == 1 && !recorded, "killed at {n}: it had not gone, or was recorded");
            twice += 1;
        }
        if ended.is_some() {
            assert_eq!(accepted.len(), 1);
            assert!(points > 30, "only {points} places to be killed at");
            // Between SES's yes and the record of it there are a few places, and no more.
            assert!((1..=6).contains(&twice), "{twice} of {points} went twice");
            eprintln!("killed at each of {points} awaits: {twice} of them let a mail go twice");
            return;
        }
        points += 1;
    }
    panic!("it never came to its end");
}

/// Three calls at once about an answer that is due, half a minute later; and how they ended.
fn called_three_times(seed: u64, refuses: f64) -> (Shop, ConversationId, Vec<FellBack>) {
    let shop = Shop::new(seed, Odds::CALM, refuses, 0.0);
    shop.opens();
    let conversation = shop.begins(Some("eva@example.com"));
    shop.answers(conversation);
    shop.passes(2 * MINUTE);
    let calls = [0; 3].map(|_| shop.call(conversation));
    shop.passes(MINUTE / 2);
    let ended = calls.iter().filter_map(|call| call.lock().expect("one thread").clone()).collect();
    (shop, conversation, ended)
}

#[test]
fn a_mail_is_noted_at_once_although_somebody_who_found_it_claimed_has_put_the_deadline_off() {
    for seed in 0..100 {
        let (shop, conversation, _) = called_three_times(seed, 0.0);
        assert_eq!((shop.accepted().len(), shop.noted(conversation).len()), (1, 1), "seed {seed}");
    }
}

#[test]
fn a_refusal_is_told_although_somebody_who_found_the_mail_claimed_has_put_the_deadline_off() {
    for seed in 0..100 {
        let (shop, conversation, ended) = called_three_times(seed, 1.0);
        let told = ended.iter().filter(|ended| matches!(ended, FellBack::Refused { again: Some(_) })).count();
        assert!(shop.accepted().is_empty() && told == 1 && shop.owes(conversation), "seed {seed}: {ended:?}");
    }
}

#[test]
fn what_is_owed_goes_whatever_fails() {
    let decisions = 10_000;
    for seed in 1..=3 {
        let outcome = storm(seed, decisions);
        assert!(outcome.broken.is_empty(), "seed {seed}: {:#?}", outcome.broken);
        assert!(outcome.mails > 50 && outcome.twice > 0, "{outcome:?}");
        eprintln!(
            "seed {seed}: {} decisions on {} answers; {} mails, {} of them twice; none lost",
            outcome.decisions, outcome.answers, outcome.mails, outcome.twice
        );
    }
}
