//! What holds for every scenario that passes the check, wherever a shopper goes in it.

use super::*;
use proptest::prelude::*;

/// What follows a step; the numbers are of steps, beyond the last from the first again.
#[derive(Debug, Clone)]
enum Follows {
    Buttons(Vec<usize>),
    Go(usize),
    Ask(bool, usize),
    HandOr(usize),
    Hand,
    End(bool),
    Nothing,
}

/// Any graph of up to seven steps: some go round without a button, some have steps that nothing leads to.
fn any_draft() -> impl Strategy<Value = Draft> {
    let to = || 0..7usize;
    let next = prop_oneof![
        5 => proptest::collection::vec(to(), 1..4).prop_map(Follows::Buttons),
        1 => to().prop_map(Follows::Go),
        1 => (any::<bool>(), to()).prop_map(|(name, to)| Follows::Ask(name, to)),
        1 => to().prop_map(Follows::HandOr),
        1 => Just(Follows::Hand),
        1 => any::<bool>().prop_map(Follows::End),
        1 => Just(Follows::Nothing),
    ];
    let step = (any::<bool>(), next);
    (proptest::collection::vec(step, 1..7), proptest::option::of(to())).prop_map(|(steps, offline)| {
        let count = steps.len();
        let step = |(n, (says, next)): (usize, &(bool, Follows))| {
            let (says, next) = match next {
                Follows::Buttons(goes) => {
                    let each = goes.iter().enumerate().map(|(k, to)| format!("b{k}>s{}", to % count));
                    (true, each.collect::<Vec<_>>().join(" "))
                }
                Follows::Go(to) => (*says, format!("go s{}", to % count)),
                Follows::Ask(name, to) => {
                    (*says, format!("ask {} then s{}", if *name { "name" } else { "email" }, to % count))
                }
                Follows::HandOr(to) => (*says, format!("hand sales or s{}", to % count)),
                Follows::Hand => (*says, "hand".into()),
                Follows::End(restart) => (*says, if *restart { "end restart" } else { "end" }.into()),
                Follows::Nothing if n == 0 => (true, "end".into()),
                Follows::Nothing => (false, String::new()),
            };
            format!("s{n} | {} | {next}\n", if says || n == 0 || offline == Some(n) { "Text" } else { "" })
        };
        let lines: String = steps.iter().enumerate().map(step).collect();
        let offline = offline.filter(|to| *to < count && !matches!(steps[*to].1, Follows::Nothing));
        Draft { offline: offline.map(|to| format!("s{to}")), ..draft(&lines) }
    })
}

/// The part of a graph that can be reached, which is more often right.
fn pruned(mut draft: Draft) -> Draft {
    loop {
        let Err(errors) = check(&draft, &known()) else { return draft };
        let unreachable = |n: usize| {
            errors.iter().any(|e| e.code == FieldCode::Unreachable && e.path == format!("steps[{n}]"))
        };
        let kept: Vec<_> = (0..draft.steps.len()).filter(|n| !unreachable(*n)).collect();
        if kept.len() == draft.steps.len() {
            return draft;
        }
        draft.steps = kept.into_iter().map(|n| draft.steps[n].clone()).collect();
    }
}

fn events(state: &State, scenario: &Scenario) -> Vec<Event> {
    let turn = state.turn;
    match &state.at {
        At::Buttons(at) => match &scenario.steps[at].next {
            Next::Buttons(buttons) => {
                buttons.iter().map(|button| Event::Chose { turn, button: button.id.clone() }).collect()
            }
            other => panic!("waits for buttons at {other:?}"),
        },
        At::Asking(_) => vec![Event::Answered { turn }],
        At::Ended { restart: true } => vec![Event::Restart { turn }],
        At::Ended { restart: false } | At::HandedOver | At::Silent => vec![],
    }
}

fn places() -> Vec<Place> {
    let known = [
        BTreeSet::new(),
        BTreeSet::from([FieldId::name()]),
        BTreeSet::from([FieldId::name(), FieldId::email()]),
    ];
    let of = |online| known.clone().map(|known| Place { known, ..Place::new(online) });
    of(true).into_iter().chain(of(false)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn every_state_that_can_be_reached_has_a_way_forward_or_is_a_meant_end(any in any_draft()) {
        let Ok(scenario) = check(&pruned(any), &known()) else { return Ok(()) };
        let english = Language::english();
        for place in places() {
            let setting = place.setting(&english);
            let begun = begin(&scenario, &setting);
            let first_said = matches!(begun.effects.first(), Some(Effect::Say { .. }));
            prop_assert!(first_said, "the bot begins with a message");
            let mut open = vec![begun];
            let mut seen = BTreeSet::new();
            while let Some(Stepped { effects, state }) = open.pop() {
                // Each stop comes after fewer messages than there are steps: nothing goes round without the shopper.
                prop_assert!(effects.len() <= scenario.steps.len() + 2);
                let last = effects.last().expect("something was done");
                match &state.at {
                    At::Buttons(_) => {
                        let offers = matches!(last, Effect::Say { buttons, .. } if !buttons.is_empty());
                        prop_assert!(offers);
                    }
                    At::Asking(_) => {
                        let asks = matches!(last, Effect::Ask { .. });
                        prop_assert!(asks);
                    }
                    At::HandedOver => {
                        let hands = matches!(last, Effect::HandOver(_));
                        prop_assert!(hands);
                    }
                    At::Ended { restart } => prop_assert_eq!(last, &Effect::Finish { restart: *restart }),
                    At::Silent => prop_assert!(false, "silent though no agent wrote"),
                }
                if !seen.insert(format!("{:?}", state.at)) {
                    continue;
                }
                for event in events(&state, &scenario) {
                    let next = step(&scenario, &state, &event, &setting);
                    prop_assert!(next.state.turn > state.turn && !next.effects.is_empty());
                    // A second delivery, and one that comes late, does nothing.
                    let again = step(&scenario, &next.state, &event, &setting);
                    prop_assert_eq!(again, Stepped { effects: vec![], state: next.state.clone() });
                    open.push(next);
                }
            }
        }
    }

    /// Events from nowhere, in any order, also of other scenarios' states.
    #[test]
    fn no_walk_panics_and_an_agent_ends_them_all(
        any in any_draft(), other in any_draft(), walk in proptest::collection::vec((0..7usize, 0..4u64, any::<bool>()), 0..30),
        wrote in 0..30usize,
    ) {
        let (Ok(scenario), Ok(other)) = (check(&pruned(any), &known()), check(&pruned(other), &known())) else {
            return Ok(());
        };
        let other = Scenario { version: 2, ..other };
        let english = Language::english();
        let place = Place::new(true);
        let setting = place.setting(&english);
        let mut state = begin(&scenario, &setting).state;
        for (n, (what, turn, strange)) in walk.into_iter().enumerate() {
            let turn = if turn == 0 { state.turn } else { turn };
            let event = match what {
                0 => Event::Answered { turn },
                1 => Event::Wrote,
                2 => Event::Restart { turn },
                n => Event::Chose { turn, button: id(&format!("b{}", n - 3)) },
            };
            let event = if n == wrote { Event::AgentWrote } else { event };
            let scenario = if strange { &other } else { &scenario };
            let Stepped { effects, state: next } = step(scenario, &state, &event, &setting);
            prop_assert!(next.turn >= state.turn);
            if n >= wrote {
                prop_assert_eq!((effects, &next.at), (vec![], &At::Silent), "the bot talks over a person");
            }
            state = next;
        }
    }

    #[test]
    fn no_drawing_panics(
        first in "[a-c]{0,2}", texts in proptest::collection::vec((".{0,6}", ".{0,20}", "[a-c]{0,2}"), 0..6),
    ) {
        let step = |(tag, text, to): &(String, String, String)| DraftStep {
            id: to.clone(),
            texts: vec![(tag.clone(), text.clone())],
            next: Some(DraftNext::Go { to: to.clone() }),
            place: (i64::MAX, i64::MIN),
        };
        let drawing = Draft { first, steps: texts.iter().map(step).collect(), ..draft("a | A | end") };
        let _ = check(&drawing, &known());
    }
}

/// The properties above would hold of nothing: most random graphs are refused. Enough pass.
#[test]
fn enough_random_drawings_are_scenarios() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, TestRunner};
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let mut passed = 0;
    for _ in 0..1_000 {
        let drawing = any_draft().new_tree(&mut runner).unwrap().current();
        passed +=
            usize::from(check(&pruned(drawing), &known()).is_ok_and(|scenario| scenario.steps.len() > 1));
    }
    assert!(passed > 400, "{passed} of 1000");
}
