use super::super::draft::{Draft, DraftAction, DraftCondition, DraftFrequency, DraftPattern};
use super::super::pattern::PatternKind;
use super::super::{Known, When, check};
use super::*;

fn page(is: bool, kind: PatternKind, texts: &[&str]) -> DraftCondition {
    let pattern = |text: &&str| DraftPattern { kind, text: (*text).to_owned() };
    DraftCondition::Page { is, patterns: texts.iter().map(pattern).collect() }
}

fn draft(n: usize, conditions: Vec<DraftCondition>) -> Draft {
    Draft {
        id: format!("t{n}"),
        name: "T".into(),
        enabled: true,
        when: When::Both,
        conditions,
        actions: vec![DraftAction::OpenWindow],
        frequency: DraftFrequency::EveryPageLoad,
    }
}

fn of(drafts: Vec<Draft>) -> Prefilter {
    prefilter(&check(&drafts, &Known::default()).unwrap())
}

fn containing(needles: &[&str]) -> Pages {
    Pages::Containing(needles.iter().map(|needle| (*needle).to_owned()).collect())
}

#[test]
fn the_sieve_holds_what_every_matching_address_contains() {
    use PatternKind::{Contains, Exact, Regex, Wildcard};
    let check_one = |conditions: Vec<DraftCondition>, expect: Pages| {
        assert_eq!(of(vec![draft(0, conditions.clone())]).pages, expect, "{conditions:?}");
    };
    check_one(vec![], Pages::All);
    check_one(vec![page(true, Exact, &["/Cart", "/checkout/"])], containing(&["/cart", "/checkout"]));
    // One pattern that may be anywhere lets all of the condition's pages through.
    check_one(vec![page(true, Exact, &["/cart", "/"])], Pages::All);
    check_one(vec![page(true, Regex, &[".*"])], Pages::All);
    // What must not be there says nothing of what must.
    check_one(vec![page(false, Exact, &["/cart"])], Pages::All);
    check_one(vec![page(false, Contains, &["/cart"]), page(true, Wildcard, &["/p/*"])], containing(&["/p/"]));
    // All conditions hold, so the one that tells most will do.
    let both = vec![page(true, Contains, &["a"]), page(true, Contains, &["/products/"])];
    check_one(both, containing(&["/products/"]));
    check_one(vec![DraftCondition::Leaving], Pages::All);
}

#[test]
fn triggers_add_up_and_those_that_are_off_do_not_count() {
    let on = |n: usize, text: &str| draft(n, vec![page(true, PatternKind::Contains, &[text])]);
    assert_eq!(of(vec![on(0, "/a"), on(1, "/b")]).pages, containing(&["/a", "/b"]));
    let off = Draft { enabled: false, ..draft(2, vec![]) };
    assert_eq!(of(vec![on(0, "/a"), off.clone()]).pages, containing(&["/a"]));
    assert!(of(vec![off]).is_empty() && of(vec![]).is_empty());
    assert!(!of(vec![]).may_match("https://shop.example/", []));
    assert_eq!(of(vec![on(0, "/a"), draft(1, vec![])]).pages, Pages::All);
}

#[test]
fn a_trigger_that_waits_for_an_event_asks_nothing_of_a_page_before() {
    let event = |name: &str| DraftCondition::Event { name: name.into() };
    let sieve = of(vec![
        draft(0, vec![event("added"), page(true, PatternKind::Exact, &["/p/lamp"])]),
        draft(1, vec![event("looked")]),
    ]);
    let id = |text: &str| FieldId::parse(text).unwrap();
    let asks = |path: &str, event: Option<&str>| {
        sieve.may_match(&format!("https://shop.example{path}"), event.map(id).as_ref())
    };
    assert_eq!(
        [asks("/p/lamp", None), asks("/p/LAMP", Some("added")), asks("/", Some("added"))],
        [false, true, false]
    );
    assert_eq!([asks("/", Some("looked")), asks("/", Some("other"))], [true, false]);
    assert!(!sieve.is_empty());
}

#[test]
fn more_texts_than_a_config_should_carry_are_every_page() {
    let many = |n: usize| {
        let texts: Vec<String> = (0..n).map(|n| format!("/p{n}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (one, other) = texts.split_at(n / 2);
        of(vec![
            draft(0, vec![page(true, PatternKind::Contains, one)]),
            draft(1, vec![page(true, PatternKind::Contains, other)]),
        ])
        .pages
    };
    assert!(matches!(many(MAX_NEEDLES), Pages::Containing(needles) if needles.len() == MAX_NEEDLES));
    assert_eq!(many(MAX_NEEDLES + 1), Pages::All);
}
