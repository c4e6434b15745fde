//! Frequencies under repeated, parallel and reordered page views: workers that read late, write late, die before and after
//! writing, and are asked again. The store knows nothing but conditional writes.

use super::super::shown::{BETWEEN, Claim};
use super::*;

/// Repeatable chance (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }
}

/// All or nothing, as one transaction of a table is.
#[derive(Default)]
struct Store(BTreeMap<Mark, Timestamp>);

impl Store {
    fn write(&mut self, claims: &[Claim], now: Timestamp) -> bool {
        let free = claims.iter().all(|claim| claim.free.admits(self.0.get(&claim.mark).copied()));
        if free {
            self.0.extend(claims.iter().map(|claim| (claim.mark.clone(), now)));
        }
        free
    }
}

#[derive(Debug, Clone)]
struct Showing {
    trigger: usize,
    page: PageId,
    visit: VisitId,
    at: Timestamp,
}

/// Decided and not written yet.
struct Pending {
    view: usize,
    trigger: usize,
    claims: Vec<Claim>,
    now: Timestamp,
}

struct View {
    page: PageId,
    visit: VisitId,
    at: Timestamp,
}

fn triggers() -> Triggers {
    let mut drafts: Vec<Draft> = Vec::new();
    for often in ["ever", "visit", "days7", "load"] {
        for quiet in [false, true] {
            let mut draft = draft(vec![], frequency(often));
            draft.id = format!("{often}{quiet}");
            if quiet {
                draft.actions = vec![DraftAction::AssignGroup { group: "sales".into() }];
            }
            drafts.push(draft);
        }
    }
    check(&drafts, &known()).unwrap()
}

/// One visitor's weeks; `keeps`: the store's conditions count. Returns what was shown.
fn live(chance: &mut Chance, triggers: &Triggers, remembered: bool, keeps: bool) -> Vec<Showing> {
    let mut views = Vec::new();
    let mut at = Timestamp(1_700_000_000_000 + chance.below(1_000_000));
    for visit in 0..1 + chance.below(4) {
        for page in 0..1 + chance.below(4) {
            let (page, visit) = (Uuid::from_u128(u128::from(visit * 100 + page)), u128::from(visit));
            views.push(View { page: PageId(page), visit: VisitId(Uuid::from_u128(visit)), at });
            at = at.plus(Duration::from_secs(chance.below(120)));
        }
        at = at.plus(Duration::from_secs(chance.below(10 * 86_400)));
    }
    // Each view once or oftener, in any order among those near it.
    let mut asked: Vec<usize> = Vec::new();
    for view in 0..views.len() {
        for _ in 0..1 + chance.below(3) {
            let back = usize::try_from(chance.below(4)).unwrap().min(asked.len());
            asked.insert(asked.len() - back, view);
        }
    }
    asked.reverse();
    let mut store = Store::default();
    let mut stale: BTreeMap<Mark, Timestamp> = BTreeMap::new();
    let (mut pending, mut shown): (Vec<Pending>, Vec<Showing>) = (Vec::new(), Vec::new());
    while !(asked.is_empty() && pending.is_empty()) {
        if pending.is_empty() || !asked.is_empty() && chance.percent(50) {
            let Some(view) = asked.pop() else { continue };
            let now = views[view].at.plus(Duration::from_millis(chance.below(40_000)));
            let marks = if chance.percent(30) { stale.clone() } else { store.0.clone() };
            let mut visitor = visitor();
            visitor.page.id = views[view].page;
            for (mark, at) in marks {
                visitor.shown.note(mark, at);
            }
            visitor.memory = match visitor.memory {
                Memory::Visit(visit) if remembered => Memory::Visit(Visit { id: views[view].visit, ..visit }),
                _ => Memory::Nothing,
            };
            let evaluated = evaluate(triggers, &visitor, now);
            for (trigger, claims) in choose(&evaluated).claims(&visitor, now) {
                let trigger = triggers.0.iter().position(|other| other.id == trigger.id).unwrap();
                pending.push(Pending { view, trigger, claims, now });
            }
            if chance.percent(30) {
                stale.clone_from(&store.0);
            }
        } else {
            let picked = usize::try_from(chance.below(pending.len() as u64)).unwrap();
            let Pending { view, trigger, claims, now } = pending.swap_remove(picked);
            if chance.percent(10) {
                // Died before writing; asked again.
                asked.push(view);
                continue;
            }
            if store.write(&claims, now) || !keeps {
                let View { page, visit, .. } = views[view];
                shown.push(Showing { trigger, page, visit, at: now });
                if chance.percent(10) {
                    // Died after writing, before anybody heard of it; asked again.
                    asked.push(view);
                }
            } else if chance.percent(50) {
                asked.push(view);
            }
        }
    }
    shown
}

/// What was shown too often, in words.
fn exceeded(shown: &[Showing], triggers: &Triggers, remembered: bool) -> Option<String> {
    for (n, a) in shown.iter().enumerate() {
        for b in &shown[n + 1..] {
            let apart = a.at.since(b.at).max(b.at.since(a.at));
            let trigger = &triggers.0[a.trigger];
            if a.trigger == b.trigger {
                let often = match trigger.frequency {
                    Frequency::OnceEver => true,
                    Frequency::OncePerVisit => a.visit == b.visit,
                    Frequency::EveryDays(days) => apart < Duration::from_secs(86_400) * u32::from(days),
                    Frequency::EveryPageLoad => a.page == b.page,
                };
                if often {
                    return Some(format!("{} {a:?} {b:?}", trigger.id));
                }
            }
            if trigger.is_visible() && triggers.0[b.trigger].is_visible() {
                if a.page == b.page {
                    return Some(format!("two on one page {a:?} {b:?}"));
                }
                if remembered && apart < BETWEEN {
                    return Some(format!("two at once {a:?} {b:?}"));
                }
            }
        }
        if !remembered && triggers.0[a.trigger].frequency != Frequency::EveryPageLoad {
            return Some(format!("remembered without consent {a:?}"));
        }
    }
    None
}

#[test]
fn t_3_no_frequency_is_exceeded_for_ten_thousand_visitors_whatever_fails() {
    let triggers = triggers();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut by_trigger = vec![0_u32; triggers.0.len()];
    for n in 0..10_000 {
        let remembered = chance.percent(80);
        let shown = live(&mut chance, &triggers, remembered, true);
        assert_eq!(exceeded(&shown, &triggers, remembered), None, "visitor {n}");
        for showing in shown {
            by_trigger[showing.trigger] += 1;
        }
    }
    // It is not kept by showing nothing: of each something was seen, also of those that come last.
    assert!(by_trigger.iter().all(|shown| *shown > 500), "{by_trigger:?}");
}

#[test]
fn the_test_of_frequencies_can_fail() {
    let triggers = triggers();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let broken = (0..200).filter(|_| {
        let shown = live(&mut chance, &triggers, true, false);
        exceeded(&shown, &triggers, true).is_some()
    });
    assert!(broken.count() > 100, "deciding without the conditional writes goes wrong");
}

#[test]
fn a_visitor_whom_nothing_befalls_sees_each_as_often_as_is_set() {
    let triggers = triggers();
    let mut store = Store::default();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    // Four visits of three pages, five days and a minute apart.
    for visit in 0..4_u64 {
        for page in 0..3_u64 {
            let now = Timestamp(1_700_000_000_000 + visit * 5 * 86_400_000 + page * 60_000);
            let mut visitor = visitor();
            visitor.page.id = PageId(Uuid::from_u128(u128::from(visit * 10 + page)));
            for (mark, at) in store.0.clone() {
                visitor.shown.note(mark, at);
            }
            if let Memory::Visit(of) = &mut visitor.memory {
                of.id = VisitId(Uuid::from_u128(u128::from(visit)));
            }
            let evaluated = evaluate(&triggers, &visitor, now);
            for (trigger, claims) in choose(&evaluated).claims(&visitor, now) {
                assert!(store.write(&claims, now));
                *counts.entry(trigger.id.to_string()).or_default() += 1;
            }
        }
    }
    let expect = [
        ("everfalse", 1),
        ("evertrue", 1),
        ("visitfalse", 4),
        ("visittrue", 4),
        // Its turn comes on the third page of the first visit; the next ten days later.
        ("days7false", 2),
        ("days7true", 2),
        ("loadfalse", 5),
        ("loadtrue", 12),
    ];
    assert_eq!(counts, expect.map(|(name, n)| (name.to_owned(), n)).into());
}
