//! Short seeds of the simulation, and every mutant caught.

use simulation::ports::Odds;
use simulation::run::{Report, Settings, run};
use simulation::{MUTANTS, Mutant};

fn short(seed: u64, mutant: Option<Mutant>) -> Report {
    // A heartbeat matters where a push was lost that nothing follows: that has to happen often enough to be seen.
    let post = if mutant == Some(Mutant::IgnoresHeartbeats) { 0.03 } else { 0.000_5 };
    run(Settings {
        seed,
        messages: 3_000,
        each: 60,
        odds: Odds { kill: 0.001, store_after: 0.001, cut: 0.002, post, ..Odds::STORMY },
        mutant,
    })
}

#[test]
fn nothing_is_lost_doubled_or_reordered() {
    for seed in 1..=4 {
        let report = short(seed, None);
        assert!(report.broken.is_empty(), "seed {seed}\n{report}");
        assert!(report.messages > 1_500 && report.reconnects > 0, "{report}");
    }
}

#[test]
fn a_seed_replays_to_the_byte() {
    let (first, second) = (short(7, None), short(7, None));
    assert_eq!(format!("{first:?}"), format!("{second:?}"));
}

/// By which checks each is to be caught: a mistake that only trips over something else proves nothing.
const fn caught_by(mutant: Mutant) -> &'static [&'static str] {
    match mutant {
        Mutant::ForgetsReceipts | Mutant::RetriesUnderNewIds => &["once"],
        Mutant::AcknowledgesBeforeStoring => &["acknowledged is stored", "what is shown"],
        Mutant::RegistersLate | Mutant::PushesToNobody | Mutant::LosesPushes => &["delivery"],
        Mutant::ShowsBackstage => &["what is shown"],
        Mutant::CrossesShoppers => &["nothing foreign"],
        Mutant::KeepsClosedOpen => &["everything is sent"],
        // The store stops it, and then what was written to the closed one is never sent.
        Mutant::Reopens => &["closed is final", "everything is sent"],
        Mutant::Pipelines => &["the sender's order"],
        Mutant::IgnoresGaps | Mutant::IgnoresHeartbeats => &["everybody shows the same"],
        Mutant::ForgetsOrigins => &["once"],
        Mutant::LeavesTheDoorOpen => &["once", "nothing stays behind"],
        // Of page views: `proactive.rs`.
        Mutant::ClaimsWhatIsTaken | Mutant::ShowsWhatIsUnknown | Mutant::ForgetsShowings => &[],
    }
}

#[test]
fn every_deliberate_mistake_is_caught() {
    let mut escaped = Vec::new();
    for mutant in MUTANTS {
        let caught = (1..=4).find_map(|seed| {
            short(seed, Some(mutant)).broken.into_iter().find(|(check, _)| caught_by(mutant).contains(check))
        });
        match caught {
            Some((check, what)) => eprintln!("{mutant:?} is caught by \"{check}\": {what}"),
            None => {
                escaped.push((mutant, short(1, Some(mutant)).broken.into_iter().take(3).collect::<Vec<_>>()))
            }
        }
    }
    assert!(escaped.is_empty(), "escaped: {escaped:#?}");
}
