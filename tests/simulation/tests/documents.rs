//! F1-F4 for documents: publishing is killed at every await, and fails at every call. Nothing is half published, and who asks again is answered
//! as if nothing had happened.

use domain::ports::Document;
use serde_json::Value;
use simulation::documents::{Publisher, group, help, scenario, trigger};
use simulation::ports::Odds;

const NEVER: u32 = u32::MAX;

/// The documents that lean on one another, in the order in which they can be published.
fn all(name: &str) -> [(Document, Value); 3] {
    [
        (Document::Groups, group(name)),
        (Document::Scenario(help()), scenario(name)),
        (Document::Triggers, trigger(name)),
    ]
}

/// A shop in which everything before `document` is published.
fn shop(document: &Document) -> Publisher {
    let publisher = Publisher::new(1, Odds::CALM);
    for (before, value) in all("First").into_iter().take_while(|(one, _)| one != document) {
        publisher.publishes(NEVER, &before, 0, &value).expect("not killed").expect("published");
    }
    publisher
}

/// Either nothing of a version is there, or all of it.
fn is_whole(publisher: &Publisher, document: &Document, version: u64) -> bool {
    let stands = publisher.stands(document).map_or(0, |stands| stands.version);
    let kept = publisher.kept(document, version);
    assert!(stands == version || stands + 1 == version, "{document}: {stands} stands");
    assert_eq!(kept.is_some(), stands == version, "{document}: half of it is there");
    assert_eq!(publisher.kept(document, version + 1), None);
    stands == version
}

#[test]
fn f_1_f_2_killed_at_every_await_a_document_is_published_whole_or_not_and_the_retry_is_answered_as_the_first()
{
    for (document, value) in all("Killed") {
        let undisturbed = shop(&document);
        let expect =
            undisturbed.publishes(NEVER, &document, 0, &value).expect("not killed").expect("published");
        let (mut before, mut behind) = (0, 0);
        for n in 0.. {
            let publisher = shop(&document);
            let ended = publisher.publishes(n, &document, 0, &value);
            if is_whole(&publisher, &document, 1) {
                behind += 1
            } else {
                before += 1
            }
            let stood = publisher.stands(&document);
            let again =
                publisher.publishes(NEVER, &document, 0, &value).expect("not killed").expect("published");
            assert_eq!((&again.body, again.revision.version), (&expect.body, 1), "{document}: killed at {n}");
            // What was stored by then is what is answered: also when, and by whom.
            let stands = publisher.stands(&document).expect("it stands");
            assert_eq!(again.revision.at, Some(stands.at.millis()));
            assert!(
                stood.is_none_or(|stood| stood == stands),
                "{document}: killed at {n}, and published twice"
            );
            assert!(is_whole(&publisher, &document, 1));
            // And once more; and what somebody makes of it next.
            let third =
                publisher.publishes(NEVER, &document, 0, &value).expect("not killed").expect("published");
            assert_eq!(third, again, "{document}: killed at {n}");
            let (_, next) = all("Next").into_iter().find(|(one, _)| *one == document).expect("it is one");
            let next =
                publisher.publishes(NEVER, &document, 1, &next).expect("not killed").expect("published");
            assert_eq!(next.revision.version, 2);
            if let Some(answer) = ended {
                assert_eq!(answer.expect("published"), again);
                break;
            }
        }
        assert!(before > 5 && behind > 1, "{document}: killed {before} times before and {behind} behind it");
    }
}

#[test]
fn f_1_f_2_killed_at_every_await_a_scenario_is_taken_away_or_not_and_the_retry_says_that_it_is() {
    let document = Document::Scenario(help());
    let (mut before, mut behind) = (0, 0);
    for n in 0.. {
        let publisher = shop(&document);
        publisher.publishes(NEVER, &document, 0, &scenario("Hello")).expect("not killed").expect("published");
        let first = publisher.kept(&document, 1);
        let ended = publisher.removes(n, &help(), 1);
        if is_whole(&publisher, &document, 2) {
            behind += 1
        } else {
            before += 1
        }
        for _ in 0..2 {
            publisher.removes(NEVER, &help(), 1).expect("not killed").expect("taken away");
            let stands = publisher.stands(&document).expect("its last version");
            assert_eq!((stands.version, stands.about), (2, None), "killed at {n}");
        }
        // The chats that are in it go on.
        assert_eq!(publisher.kept(&document, 1), first);
        if let Some(answer) = ended {
            answer.expect("taken away");
            break;
        }
    }
    assert!(before > 5 && behind > 1, "killed {before} times before and {behind} behind it");
}

#[test]
fn f_3_f_4_under_random_faults_every_version_is_there_once_and_as_it_was_answered() {
    let (mut tries, mut versions) = (0, 0);
    for seed in 0..60 {
        let odds = Odds { store_before: 0.05, store_after: 0.05, ..Odds::CALM };
        let publisher = Publisher::new(seed, odds);
        let mut answered = Vec::new();
        for version in 0..4 {
            for (document, value) in all(&format!("Name {version}")) {
                let (published, asked) = publisher.insists(&document, version, &value);
                assert_eq!(published.revision.version, version + 1, "seed {seed}");
                tries += asked;
                versions += 1;
                answered.push((document, published));
            }
        }
        for (document, published) in answered {
            let kept = publisher.kept(&document, published.revision.version).expect("kept");
            assert_eq!(published.revision.at, Some(kept.at.millis()), "seed {seed}: {document}");
            assert_eq!(publisher.stands(&document).expect("stands").version, 4);
            assert_eq!(publisher.kept(&document, 5), None, "seed {seed}: {document} was published twice");
        }
    }
    assert!(tries > versions * 3 / 2, "{tries} tries for {versions} versions: hardly anything failed");
}
