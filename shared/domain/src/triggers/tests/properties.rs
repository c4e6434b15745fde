//! What holds whatever the triggers and the visitor.

use super::super::facts::hear;
use super::super::prefilter::prefilter;
use super::*;
use crate::fields::FieldCode;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const CONDITIONS: &[&str] = &[
    "page=exact:/cart",
    "page=exact:/",
    "page=exact:/A,/b",
    "page!=exact:/cart",
    "page=contains:/p/",
    "page!=contains:a",
    "page=wildcard:/p/*",
    "page=wildcard:*a*",
    "page=regex:/p/[0-9]+$",
    "page=regex:(?i)CART|/b",
    "page!=regex:x",
    "page=exact:https://shop.example/cart",
    "time=1",
    "time=30",
    "site=60",
    "pages=2..",
    "pages=..2",
    "scroll=1",
    "scroll=80",
    "leaving",
    "idle=5",
    "idle=60",
    "ref=contains:goo",
    "ref!=contains:goo",
    "ref=is:google",
    "ref=begins:b",
    "utm_source=is:mail",
    "utm_source!=is:mail",
    "country=ES",
    "country=ES,PT",
    "country!=ES",
    "lang=es",
    "lang=es-MX",
    "lang!=es",
    "lang=it",
    "device=phone",
    "device!=phone",
    "device=desktop,tablet",
    "returning=yes",
    "returning=no",
    "chatted=yes",
    "chatted=no",
    "cart=50..",
    "cart=..50",
    "cart=10..EUR",
    "cart=10..USD",
    "items=1..",
    "items=..0",
    "contains=contains:lamp",
    "contains!=is:lamp",
    "attr.vip?yes",
    "attr.vip?no",
    "attr.vip=is:yes",
    "attr.vip!=is:yes",
    "attr.vip#1..",
    "attr.vip#..0",
    "window=open",
    "window=closed",
    "office=open",
    "office=closed",
    "event=added",
    "event=looked",
    "who=anonymous",
    "who=verified,identified",
];
/// So many of the first are about pages.
const PAGES: usize = 12;
const PATHS: &[&str] = &["/", "/cart", "/Cart/?a=1", "/a", "/b", "/p/7", "/p/lamp", "/x", "/about#cart"];
const STATES: &[&str] = &[
    "url=/cart",
    "url=/p/7",
    "url=/b",
    "url=/a?utm_source=mail",
    "t=10",
    "t=31",
    "unkept",
    "on=90",
    "visit=90",
    "pages=3",
    "returning",
    "chatted",
    "noconsent",
    "scroll=50",
    "scroll=100",
    "idle=30",
    "idle=90",
    "leaving",
    "ref=google",
    "ref=bing",
    "country=ES",
    "country=FR",
    "lang=es",
    "lang=es-MX",
    "lang=it",
    "phone",
    "tablet",
    "open",
    "cart=60EUR",
    "line=lamp*2",
    "attr.vip=yes",
    "attr.vip#2",
    "who=verified",
    "office=closed",
    "shop=off",
    "here",
    "event=added",
    "event=looked",
    "barred",
    "chatting",
    "dismissed",
    "shown=page",
    "shown=visit",
    "shown=ever:3",
    "shown=ever:9",
    "taken=page",
    "taken=9",
];
const OFTEN: &[&str] = &["ever", "visit", "days7", "load"];

/// A trigger as it may be published, and one that may not but is decided all the same.
fn any_trigger() -> impl Strategy<Value = (Vec<&'static str>, &'static str, &'static str)> {
    let about = select(&["", "off", "quiet", "when=online", "when=offline", "from=agent", "from=group"][..]);
    (subsequence(CONDITIONS, 0..5), select(OFTEN), about)
}

fn build(words: &[&str], often: &str, about: &str) -> Option<Trigger> {
    let mut draft = draft(words.iter().map(|word| condition(word)).collect(), frequency(often));
    if !about.is_empty() {
        set(about, &mut draft, &mut visitor(), &mut Vec::new());
    }
    check(&[draft], &known()).ok().map(|mut triggers| triggers.0.remove(0))
}

fn any_visitor() -> impl Strategy<Value = Visitor> {
    subsequence(STATES, 0..12).prop_map(|words| {
        let mut visitor = visitor();
        let mut lines = Vec::new();
        for word in words {
            set(word, &mut draft(vec![], DraftFrequency::OnceEver), &mut visitor, &mut lines);
        }
        visitor
    })
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fires => 2,
        Verdict::Armed => 1,
        Verdict::Silent => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn adding_a_condition_never_makes_more_visitors_match(
        (words, often, about) in any_trigger(), more in select(CONDITIONS), visitor in any_visitor(),
    ) {
        let Some(before) = build(&words, often, about) else { return Ok(()) };
        let added = build(&[more], "load", "").unwrap().conditions.remove(0);
        for at in 0..=before.conditions.len() {
            let mut after = before.clone();
            after.conditions.insert(at, added.clone());
            let by = |trigger: &Trigger| rank(evaluate_one(trigger, 0, &visitor, NOW).verdict);
            prop_assert!(by(&after) <= by(&before), "{:?} + {}", words, more);
        }
    }

    #[test]
    fn the_order_of_evaluation_never_changes_the_outcome(
        picked in proptest::collection::vec(any_trigger(), 1..6), visitor in any_visitor(), turn in 0..6usize,
    ) {
        let mut triggers = Vec::new();
        for (n, (words, often, about)) in picked.iter().enumerate() {
            if let Some(trigger) = build(words, often, about) {
                triggers.push(Trigger { id: id(&format!("t{n}")), ..trigger });
            }
        }
        let triggers = Triggers(triggers);
        let straight = evaluate(&triggers, &visitor, NOW);
        let each = triggers.0.iter().enumerate().rev();
        let mut otherwise: Vec<_> = each.map(|(n, t)| evaluate_one(t, n, &visitor, NOW)).collect();
        let turn = turn.min(otherwise.len());
        otherwise.rotate_left(turn);
        prop_assert_eq!(choose(&straight), choose(&otherwise));
        otherwise.sort_by_key(|evaluated| evaluated.place);
        prop_assert_eq!(straight, otherwise);
        // The order of conditions does not matter either.
        for trigger in &triggers.0 {
            let mut turned = trigger.clone();
            turned.conditions.reverse();
            let by = |trigger: &Trigger| evaluate_one(trigger, 0, &visitor, NOW).verdict;
            prop_assert_eq!(by(trigger), by(&turned));
        }
    }

    /// Each trigger by itself: others would let through what it must not exclude. Half the time it is about pages only.
    #[test]
    fn the_prefilter_never_excludes_a_page_on_which_a_trigger_fires_or_is_armed(
        (words, often, about) in any_trigger(), pages in subsequence(&CONDITIONS[..PAGES], 0..4), all in any::<bool>(),
        visitor in any_visitor(), path in select(PATHS),
    ) {
        let trigger = if all { build(&words, often, about) } else { build(&pages, "load", "") };
        let Some(trigger) = trigger else { return Ok(()) };
        let mut visitor = if all { visitor } else { self::visitor() };
        visitor.page = PageView { id: visitor.page.id, ..on(&format!("https://shop.example{path}")) };
        let verdict = evaluate_one(&trigger, 0, &visitor, NOW).verdict;
        if verdict != Verdict::Silent {
            let filter = prefilter(&Triggers(vec![trigger]));
            prop_assert!(!filter.is_empty());
            prop_assert!(filter.may_match(visitor.page.url.as_str(), &visitor.events), "{:?} {}", filter, path);
        }
    }

    #[test]
    fn what_is_refused_as_contradictory_no_visitor_meets(
        words in subsequence(CONDITIONS, 2..4), visitor in any_visitor(),
    ) {
        let together: Vec<_> = words.iter().map(|word| condition(word)).collect();
        let refused = check(&[draft(together, DraftFrequency::EveryPageLoad)], &known())
            .is_err_and(|errors| errors.iter().any(|e| e.code == FieldCode::Contradiction));
        if refused {
            let each = words.iter().map(|word| build(&[word], "load", "").unwrap().conditions.remove(0));
            let trigger = Trigger { conditions: each.collect(), ..build(&[], "load", "").unwrap() };
            prop_assert_eq!(evaluate_one(&trigger, 0, &visitor, NOW).verdict, Verdict::Silent, "{:?}", words);
        }
    }

    #[test]
    fn a_verdict_is_what_its_findings_say((words, often, about) in any_trigger(), visitor in any_visitor()) {
        let Some(trigger) = build(&words, often, about) else { return Ok(()) };
        let told = evaluate_one(&trigger, 0, &visitor, NOW);
        let fails = told.findings.iter().any(|(_, f)| matches!(f, Finding::Fails(_)));
        let awaits = told.findings.iter().any(|(_, f)| matches!(f, Finding::Awaits(_)));
        prop_assert_eq!(told.findings.len(), Rule::ALL.len() + trigger.conditions.len());
        prop_assert_eq!(told.verdict, match (fails, awaits) {
            (true, _) => Verdict::Silent,
            (false, true) => Verdict::Armed,
            (false, false) => Verdict::Fires,
        });
        prop_assert_eq!(told.awaited().count() > 0, told.verdict == Verdict::Armed);
    }

    /// What is armed fires once the browser has seen everything that it was told to look out for, and not before.
    #[test]
    fn what_is_awaited_is_what_is_missing((words, often, about) in any_trigger(), visitor in any_visitor()) {
        let Some(trigger) = build(&words, often, about) else { return Ok(()) };
        let told = evaluate_one(&trigger, 0, &visitor, NOW);
        let mut met = visitor.clone();
        let mut now = NOW;
        for awaited in told.awaited() {
            match awaited {
                Await::After(span) => {
                    now = now.max(NOW.plus(span));
                    met.claims.on_page = met.claims.on_page.max(visitor.claims.on_page + span);
                }
                Await::Scroll(depth) => met.claims.scroll = depth,
                Await::Leaving => met.claims.leaving = true,
                Await::Idle(span) => met.claims.idle = span,
            }
        }
        if told.verdict == Verdict::Armed {
            prop_assert_eq!(evaluate_one(&trigger, 0, &met, now).verdict, Verdict::Fires, "{:?}", words);
        }
    }
}

#[test]
fn events_beyond_the_limit_of_a_page_are_left_out() {
    use super::super::facts::{Heard, MAX_EVENTS};
    let mut events = BTreeSet::new();
    for n in 0..10_000 {
        let expect = if n < MAX_EVENTS { Heard::New } else { Heard::TooMany };
        assert_eq!(hear(&mut events, &id(&format!("e{n}"))), expect);
    }
    assert_eq!(hear(&mut events, &id("e0")), Heard::Again);
    assert_eq!(events.len(), MAX_EVENTS);
}
