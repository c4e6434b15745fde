//! F18 for what agents are told and for transcripts, and what is owed under random faults.

use domain::Timestamp;
use simulation::notices::{AGENTS, Desk, address, storm};
use simulation::ports::Odds;

const MINUTE: u64 = 60_000;

#[test]
fn f_18_killed_at_every_await_an_agent_is_told_and_only_what_was_not_recorded_goes_twice() {
    let (mut points, mut twice) = (0, 0);
    for n in 0..500 {
        let desk = Desk::new(n.into(), Odds::CALM, 0.0, 0.0, &AGENTS[..1]);
        let conversation = desk.begins(None);
        desk.passes(MINUTE);
        let ended = desk.call_killed_at(conversation, n);
        let went = desk.accepted();
        let recorded = !desk.told(conversation).is_empty();
        // The lease is over, and it is called again; and once more, for nothing.
        for _ in 0..2 {
            desk.passes(MINUTE);
            assert!(desk.call_killed_at(conversation, u32::MAX));
        }
        let accepted = desk.accepted();
        assert_eq!(desk.told(conversation), [(AGENTS[0], 1)], "killed at {n}");
        assert_eq!(desk.due(conversation), None, "killed at {n}: still owed");
        assert!(!accepted.iter().any(|one| one.was_recorded), "killed at {n}: {accepted:?}");
        assert!((1..=2).contains(&accepted.len()), "killed at {n}: {accepted:?}");
        if accepted.len() == 2 {
            assert!(went.len() == 1 && !recorded, "killed at {n}: it had not gone, or was recorded");
            twice += 1;
        }
        if ended {
            assert_eq!(accepted.len(), 1);
            assert!(points > 30, "only {points} places to be killed at");
            assert!((1..=6).contains(&twice), "{twice} of {points} went twice");
            eprintln!("killed at each of {points} awaits: {twice} of them let a mail to an agent go twice");
            return;
        }
        points += 1;
    }
    panic!("it never came to its end");
}

#[test]
fn f_18_killed_at_every_await_what_waited_for_a_digest_goes_in_one_mail() {
    let (mut points, mut twice) = (0, 0);
    for n in 0..1_000 {
        let desk = Desk::new(n.into(), Odds::CALM, 0.0, 0.0, &AGENTS[2..3]);
        let all = [desk.begins(None), desk.begins(None), desk.begins(None)];
        desk.passes(MINUTE);
        for conversation in all {
            assert!(desk.call_killed_at(conversation, u32::MAX));
        }
        assert!(desk.accepted().is_empty(), "before its hour");
        let due: Timestamp = desk.due(all[0]).expect("it waits");
        desk.passes(due.since(domain::ports::Environment::now(&desk.world)).as_millis() as u64 + 1);
        let ended = desk.call_killed_at(all[0], n);
        let went = desk.accepted();
        for _ in 0..3 {
            desk.passes(MINUTE + 1);
            for conversation in all {
                assert!(desk.call_killed_at(conversation, u32::MAX));
            }
        }
        let accepted = desk.accepted();
        for conversation in all {
            assert_eq!(desk.told(conversation), [(AGENTS[2], 1)], "killed at {n}");
            assert_eq!(desk.due(conversation), None, "killed at {n}: still owed");
        }
        assert!(!accepted.iter().any(|one| one.was_recorded), "killed at {n}: {accepted:?}");
        assert_eq!(accepted[0].of.len(), 3, "killed at {n}: {accepted:?}");
        assert!((1..=2).contains(&accepted.len()), "killed at {n}: {accepted:?}");
        if accepted.len() == 2 {
            assert_eq!(went.len(), 1, "killed at {n}: it had not gone");
            twice += 1;
        }
        if ended {
            assert_eq!(accepted.len(), 1);
            assert!(points > 50, "only {points} places to be killed at");
            // Between SES's yes and the last of three records.
            assert!((1..=12).contains(&twice), "{twice} of {points} went twice");
            eprintln!("killed at each of {points} awaits: {twice} of them let a digest of three go twice");
            return;
        }
        points += 1;
    }
    panic!("it never came to its end");
}

#[test]
fn f_18_killed_at_every_await_transcripts_go_once_unless_unrecorded() {
    let (mut points, mut twice) = (0, 0);
    for n in 0..1_000 {
        let desk = Desk::new(n.into(), Odds::CALM, 0.0, 0.0, &AGENTS[..1]);
        let conversation = desk.begins(Some("eva@example.com"));
        desk.says(conversation, false);
        desk.asks(conversation, AGENTS[0]);
        desk.closes(conversation);
        let ended = desk.call_killed_at(conversation, n);
        for _ in 0..3 {
            desk.passes(MINUTE + 1);
            assert!(desk.call_killed_at(conversation, u32::MAX));
        }
        let accepted = desk.accepted();
        let to = |address: &str| accepted.iter().filter(|mail| mail.to == address).count();
        let (agents, shoppers) = (to(&address(AGENTS[0])), to("eva@example.com"));
        assert!((1..=2).contains(&agents) && (1..=2).contains(&shoppers), "killed at {n}: {accepted:?}");
        assert!(accepted.len() <= 3, "killed at {n}: one at most was under way");
        assert_eq!(
            (desk.asked(conversation), desk.due(conversation)),
            (0, None),
            "killed at {n}: still owed"
        );
        twice += accepted.len() - 2;
        if ended {
            assert_eq!(accepted.len(), 2);
            assert!(points > 50, "only {points} places to be killed at");
            assert!((1..=12).contains(&twice), "{twice} of {points} went twice");
            eprintln!("killed at each of {points} awaits: {twice} of them let a transcript go twice");
            return;
        }
        points += 1;
    }
    panic!("it never came to its end");
}

#[test]
fn whoever_is_to_be_told_is_told_whatever_fails() {
    let calls = 20_000;
    let mut twice = 0;
    for seed in 1..=3 {
        let outcome = storm(seed, calls);
        assert!(outcome.broken.is_empty(), "seed {seed}: {:#?}", outcome.broken);
        assert!(outcome.mails > 50 && outcome.digests > 0, "{outcome:?}");
        twice += outcome.twice;
        eprintln!(
            "seed {seed}: {} calls; {} mails to agents, {} of several conversations, {} of them twice; nobody was forgotten",
            outcome.calls, outcome.mails, outcome.digests, outcome.twice
        );
    }
    assert!(twice > 0, "no fault ever fell where it counts");
}
