//! Visitors, what is shown to them, what comes of it.

use super::{Case, MINUTE, NOW, fresh, hash};
use domain::conversation::ByTrigger;
use domain::office_hours::Zone;
use domain::ports::{CommitError, Order, Store};
use domain::proactive::{
    Claiming, Credit, Day, Opens, Owner, Remembered, Results, SHOWING_LIFE, Seen, Showing, Speaker,
    TRIAL_LIFE, Trial,
};
use domain::settings::FieldId;
use domain::triggers::shown::{Claim, Free, Mark};
use domain::triggers::{Campaign, Country, Currency, PageId, VisitId};
use domain::{ClientId, VisitorId};

pub(super) async fn all<S: Store>(store: &S) {
    a_visitor_is_kept_if_nobody_was_quicker(store).await;
    marks_are_written_all_or_none_each_only_if_it_is_free(store).await;
    of_many_who_claim_at_once_one_gets_it(store).await;
    a_showing_is_opened_once_and_an_order_is_counted_once(store).await;
    a_showing_is_answered_once_together_with_its_conversation(store).await;
    what_is_tried_ends(store).await;
}

fn trigger(name: &str) -> FieldId {
    FieldId::parse(name).expect("an id")
}

fn somebody(case: &Case) -> Remembered {
    let seen = Seen {
        page: PageId(fresh()),
        referrer: "https://search.example/?q=lamps",
        campaign: Campaign::kept([Some("mail".into()), None, None, None, Some("büro".into())]),
        country: Country::parse("ES"),
        chatted: true,
    };
    let id = VisitorId(fresh());
    let new = Remembered::new(id, case.site.clone(), hash(), VisitId(fresh()), NOW);
    Remembered { report: Some(("{\"a\": 1}".into(), NOW)), ..new.sees(&seen, VisitId(fresh()), NOW) }
}

fn shown_to(case: &Case, visitor: Option<VisitorId>, of: Option<&str>) -> Showing {
    Showing {
        site: case.site.clone(),
        trigger: of.map(|of| ByTrigger { id: trigger(of), name: "¿Ayuda?".into() }),
        visitor,
        speaker: Speaker::Agent { id: case.agent, name: "Ana".into() },
        text: Some("¿Te ayudo?".into()),
        group: Some(trigger("sales")),
        form: true,
        scenario: Some(Opens { scenario: trigger("help"), version: 3, last: trigger("hello") }),
        at: NOW,
        counted: true,
        answered: None,
    }
}

fn today() -> Day {
    Day::of(NOW, &Zone::utc())
}

async fn a_visitor_is_kept_if_nobody_was_quicker<S: Store>(store: &S) {
    let visitor = somebody(&Case::new());
    assert_eq!(store.known_visitor(visitor.id).await.expect("read"), None);
    assert!(!store.keep_visitor(&visitor, Some(0)).await.expect("answered"));
    assert!(store.keep_visitor(&visitor, None).await.expect("kept"));
    assert!(!store.keep_visitor(&visitor, None).await.expect("answered"));
    let known = store.known_visitor(visitor.id).await.expect("read").expect("kept");
    assert_eq!((known.visitor, known.marks.len(), known.dismissed.len()), (visitor.clone(), 0, 0));
    let next = Remembered { rev: visitor.rev + 1, country: None, report: None, ..visitor.clone() };
    let next = Remembered { campaign: Campaign::default(), chatted: false, views: Vec::new(), ..next };
    assert!(!store.keep_visitor(&next, Some(visitor.rev + 1)).await.expect("answered"));
    assert!(store.keep_visitor(&next, Some(visitor.rev)).await.expect("kept"));
    store.dismiss(visitor.id, &trigger("a"), NOW).await.expect("kept");
    store.dismiss(visitor.id, &trigger("a"), NOW).await.expect("again");
    let known = store.known_visitor(visitor.id).await.expect("read").expect("kept");
    assert_eq!((known.visitor, known.dismissed), (next, [trigger("a")].into()));
}

async fn marks_are_written_all_or_none_each_only_if_it_is_free<S: Store>(store: &S) {
    let visitor = somebody(&Case::new());
    store.keep_visitor(&visitor, None).await.expect("kept");
    let (page, visit) = (PageId(fresh()), VisitId(fresh()));
    for owner in [Owner::Visitor(visitor.id), Owner::Page(page)] {
        let every = [
            Mark::Page(trigger("a"), page),
            Mark::Visit(trigger("a"), visit),
            Mark::Ever(trigger("a")),
            Mark::PageTaken(page),
            Mark::Taken,
        ];
        let marks = || async {
            match owner {
                Owner::Visitor(id) => store.known_visitor(id).await.expect("read").expect("kept").marks,
                Owner::Page(page) => store.page_marks(page).await.expect("read"),
            }
        };
        let claim = |marks: &[Mark], free: Free, at| {
            let claims = marks.iter().map(|mark| Claim { mark: mark.clone(), free }).collect();
            let claiming = Claiming { owner, claims, at, showing: None, counts: None };
            async move { store.claim(&claiming).await.expect("answered") }
        };
        assert!(claim(&every[..4], Free::IfAbsent, NOW).await);
        // One of two is taken: the other is not written either.
        assert!(!claim(&every[3..], Free::IfAbsent, NOW).await);
        let mut stored = marks().await;
        stored.sort();
        let mut expect: Vec<_> = every[..4].iter().map(|mark| (mark.clone(), NOW)).collect();
        expect.sort();
        assert_eq!(stored, expect);
        let later = NOW.plus(MINUTE);
        assert!(!claim(&every[2..3], Free::IfAbsentOrUntil(NOW.minus(MINUTE)), later).await);
        assert!(claim(&every[2..3], Free::IfAbsentOrUntil(NOW), later).await);
        assert!(!claim(&every[2..3], Free::IfAbsentOrUntil(NOW), later).await);
        assert!(claim(&every[2..3], Free::Always, later).await);
        assert!(claim(&[], Free::IfAbsent, later).await);
        assert!(marks().await.contains(&(every[2].clone(), later)));
    }
}

async fn of_many_who_claim_at_once_one_gets_it<S: Store>(store: &S) {
    let case = Case::new();
    let visitor = VisitorId(fresh());
    let wishes: Vec<Claiming> = (0..8)
        .map(|_| Claiming {
            owner: Owner::Visitor(visitor),
            claims: vec![Claim { mark: Mark::Ever(trigger("a")), free: Free::IfAbsent }],
            at: NOW,
            showing: Some((hash(), shown_to(&case, Some(visitor), Some("a")))),
            counts: Some((case.site.clone(), trigger("a"), today())),
        })
        .collect();
    let answers = futures::future::join_all(wishes.iter().map(|wish| store.claim(wish))).await;
    let won: Vec<bool> = answers.into_iter().map(|answer| answer.expect("answered")).collect();
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    for (wish, won) in wishes.iter().zip(won) {
        let (hash, showing) = wish.showing.clone().expect("one");
        assert_eq!(store.showing(hash, NOW).await.expect("read"), won.then_some(showing));
    }
    let results = store.results(&case.site, &today()).await.expect("read");
    assert_eq!(results, [Results { shown: 1, ..Results::none(trigger("a"), today()) }]);
}

async fn a_showing_is_opened_once_and_an_order_is_counted_once<S: Store>(store: &S) {
    let case = Case::new();
    let visitor = somebody(&case);
    store.keep_visitor(&visitor, None).await.expect("kept");
    let (first, showing) = (hash(), shown_to(&case, Some(visitor.id), Some("a")));
    assert!(!store.opened(first, &showing, &today(), NOW).await.expect("answered"), "nothing was shown");
    store.keep_showing(first, &showing).await.expect("kept");
    let opened = futures::future::join_all(
        (0..4).map(|_| async { store.opened(first, &showing, &today(), NOW).await.expect("answered") }),
    );
    assert_eq!(opened.await.into_iter().filter(|now| *now).count(), 1);
    assert_eq!(store.showing(first, NOW.plus(SHOWING_LIFE)).await.expect("read"), None);
    // A test counts nothing, and neither does what an agent wrote.
    for quiet in [Showing { counted: false, ..showing.clone() }, shown_to(&case, Some(visitor.id), None)] {
        let hash = hash();
        store.keep_showing(hash, &quiet).await.expect("kept");
        assert!(store.opened(hash, &quiet, &today(), NOW).await.expect("answered"));
    }
    let known = store.known_visitor(visitor.id).await.expect("read").expect("kept");
    let credit = Credit { trigger: trigger("a"), at: NOW };
    assert_eq!(known.credit, Some(credit.clone()));
    let order = |hash, value, currency| Order {
        visitor: visitor.id,
        hash,
        value,
        currency: Currency::parse(currency),
        at: NOW,
    };
    let tomorrow = Day::parse("2025-06-16").expect("a day");
    for (order, day, counts) in [
        (order([1; 32], 4_990, "EUR"), today(), true),
        (order([1; 32], 4_990, "EUR"), today(), false),
        (order([2; 32], 10, "EUR"), today(), true),
        (order([3; 32], 0, ""), today(), true),
        (order([4; 32], 7, "USD"), tomorrow.clone(), true),
    ] {
        let counted = store.convert(&order, &case.site, &credit, &day).await.expect("answered");
        assert_eq!(counted, counts, "{order:?}");
    }
    let mut results = store.results(&case.site, &today()).await.expect("read");
    results.sort_by(|a, b| a.day.cmp(&b.day));
    let euros = [(Currency::parse("EUR"), 5_000), (None, 0)].into();
    let dollars = [(Currency::parse("USD"), 7)].into();
    let none = |day| Results::none(trigger("a"), day);
    let last = Results { converted: 1, value: dollars, ..none(tomorrow.clone()) };
    assert_eq!(results, [Results { opened: 1, converted: 3, value: euros, ..none(today()) }, last.clone()]);
    assert_eq!(store.results(&case.site, &tomorrow).await.expect("read"), [last]);
    assert_eq!(store.results(&Case::new().site, &today()).await.expect("read"), []);
}

async fn a_showing_is_answered_once_together_with_its_conversation<S: Store>(store: &S) {
    let case = Case::new();
    let (token, showing) = (hash(), shown_to(&case, None, Some("a")));
    let begin = case.begin(ClientId(fresh()), NOW);
    let absent = store.commit_answer(&begin, token, &showing, &today()).await;
    assert!(matches!(absent, Err(CommitError::Moved)), "nothing was shown: {absent:?}");
    assert_eq!(store.head(begin.head.id).await.expect("read"), None);
    store.keep_showing(token, &showing).await.expect("kept");
    store.commit_answer(&begin, token, &showing, &today()).await.expect("stored");
    let again = store.commit_answer(&begin, token, &showing, &today()).await;
    assert!(matches!(again, Err(CommitError::Repeated)), "{again:?}");
    // Somebody else with the same token: nothing of it is stored.
    let other = Case { shopper: domain::ShopperId(fresh()), site: case.site.clone(), agent: case.agent };
    let second = other.begin(ClientId(fresh()), NOW);
    let refused = store.commit_answer(&second, token, &showing, &today()).await;
    assert!(matches!(refused, Err(CommitError::Moved)), "{refused:?}");
    assert_eq!(store.head(second.head.id).await.expect("read"), None);
    let known = store.showing(token, NOW).await.expect("read").expect("kept");
    assert_eq!(known, Showing { answered: Some(begin.head.id), ..showing });
    let results = store.results(&case.site, &today()).await.expect("read");
    assert_eq!(results, [Results { answered: 1, ..Results::none(trigger("a"), today()) }]);
}

async fn what_is_tried_ends<S: Store>(store: &S) {
    let (key, at) = (hash(), NOW.plus(TRIAL_LIFE));
    let trial = Trial { site: Case::new().site, trigger: trigger("a"), expires_at: at };
    assert_eq!(store.trial(key, NOW).await.expect("read"), None);
    store.keep_trial(key, &trial).await.expect("kept");
    assert_eq!(store.trial(key, NOW).await.expect("read"), Some(trial));
    assert_eq!(store.trial(key, at).await.expect("read"), None);
}
