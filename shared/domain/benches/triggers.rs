//! What deciding 100 triggers costs for one page view, and each kind of condition's share; beside a baseline that compiles
//! its expressions each time. `cargo bench -p mostrador-domain --bench triggers`
//!
//! Wall time of one thread without a system call in between, so processor time; the fastest of many rounds, since whatever
//! else the machine does only adds. Nothing is asserted: a machine's figures are its own.
#![expect(clippy::print_stdout, reason = "a command-line program talks")]
#![expect(clippy::disallowed_methods, reason = "it times")]

use mostrador_domain::Timestamp;
use mostrador_domain::settings::{FieldId, Language};
use mostrador_domain::triggers::draft::{
    Draft, DraftAction, DraftCondition as C, DraftFrequency, DraftPattern, DraftRange, DraftSender, DraftText,
};
use mostrador_domain::triggers::facts::{Attributes, Raw, RawLine, attributes, cart};
use mostrador_domain::triggers::pattern::{PageUrl, PatternKind};
use mostrador_domain::triggers::prefilter::prefilter;
use mostrador_domain::triggers::shown::{Mark, Shown};
use mostrador_domain::triggers::{
    Browser, Campaign, CampaignPart, Chat, Claims, Country, Device, Display, How, Identity, Known, Memory,
    Office, Online, PageId, PageView, Referrer, Triggers, Visit, VisitId, Visitor, When, Window, check,
    choose, evaluate,
};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};
use uuid::Uuid;

const TRIGGERS: usize = 100;
const NOW: Timestamp = Timestamp(1_795_172_400_000);
const URL: &str = "https://www.shop.example/es/products/desk-lamp-4711?variant=red&utm_source=news&utm_medium=mail&utm_campaign=autumn-2026";

fn id(text: &str) -> FieldId {
    FieldId::parse(text).expect("an id")
}

fn page(kind: PatternKind, text: String) -> C {
    C::Page { is: true, patterns: vec![DraftPattern { kind, text }] }
}

fn texts(how: How, list: &[&str]) -> Vec<DraftText> {
    list.iter().map(|text| DraftText { how, text: (*text).to_owned() }).collect()
}

fn from(at_least: f64) -> DraftRange {
    DraftRange { at_least: Some(at_least), at_most: None }
}

/// One of each kind; `n` makes them differ from trigger to trigger.
fn kinds(n: usize) -> Vec<(&'static str, C)> {
    let any = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    let key = || "customer_type".to_owned();
    vec![
        ("page, exact", page(PatternKind::Exact, format!("/es/products/lamp-{n}"))),
        ("page, contains", page(PatternKind::Contains, format!("lamp-{n}"))),
        ("page, wildcard", page(PatternKind::Wildcard, format!("/*/products/*-{n}"))),
        ("page, expression", page(PatternKind::Regex, format!(r"/products/[a-z0-9-]+-{n}(\?|$)"))),
        ("time on page", C::TimeOnPage { seconds: 30 }),
        ("time on site", C::TimeOnSite { seconds: 60 }),
        ("pages seen", C::PagesSeen { range: from(3.0) }),
        ("scroll", C::Scroll { percent: 50 }),
        ("leaving", C::Leaving),
        ("idle", C::Idle { seconds: 30 }),
        (
            "referrer",
            C::Referrer { is: true, texts: texts(How::Contains, &["google", "bing", "duckduckgo"]) },
        ),
        (
            "campaign",
            C::Campaign { part: CampaignPart::Source, is: true, texts: texts(How::Is, &["mail", "news"]) },
        ),
        ("country", C::Country { is: true, any_of: any(&["ES", "PT", "IT"]) }),
        ("language", C::Language { is: true, any_of: any(&["es", "pt-BR"]) }),
        ("device", C::Device { is: true, any_of: vec![Device::Desktop] }),
        ("returning", C::Returning { is: true }),
        ("chatted before", C::ChattedBefore { is: false }),
        ("cart value", C::CartValue { range: from(50.0), currency: Some("EUR".into()) }),
        ("cart items", C::CartItems { range: from(1.0) }),
        (
            "cart contains (50 lines)",
            C::CartContains { is: true, texts: texts(How::Contains, &["sofa", "table"]) },
        ),
        ("attribute", C::AttributeText { key: key(), is: true, texts: texts(How::Is, &["vip"]) }),
        ("window", C::Window { is: Window::Closed }),
        ("office", C::Office { is: Office::Open }),
        ("event", C::Event { name: "added_to_cart".into() }),
        ("identity", C::Identity { any_of: vec![Identity::Anonymous, Identity::Identified] }),
    ]
}

fn draft(n: usize, conditions: Vec<C>) -> Draft {
    let frequencies = [
        DraftFrequency::OnceEver,
        DraftFrequency::OncePerVisit,
        DraftFrequency::EveryDays(7),
        DraftFrequency::EveryPageLoad,
    ];
    Draft {
        id: format!("t{n}"),
        name: format!("Trigger {n}"),
        enabled: true,
        when: When::Online,
        conditions,
        actions: vec![DraftAction::Message {
            sender: DraftSender::Bot,
            texts: vec![("en".into(), "May we help?".into())],
            display: Display::Teaser,
        }],
        frequency: frequencies[n % 4],
    }
}

fn compiled(drafts: &[Draft]) -> Triggers {
    check(drafts, &Known::default()).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// A returning customer with a full cart, to whom ten triggers were shown before.
fn visitor() -> Visitor {
    let url = PageUrl::parse(URL).expect("an address");
    let names: Vec<String> = (0..50).map(|n| format!("Product number {n}, dark oak")).collect();
    let lines = names.iter().map(|name| RawLine { number: "SKU-4711", name, quantity: 1.0, price: 19.9 });
    let mut shown = Shown::default();
    for n in 0..10 {
        shown.note(Mark::Ever(id(&format!("t{n}"))), NOW.minus(Duration::from_secs(99_999)));
    }
    let given = (0..20).map(|n| (format!("key{n}"), Raw::Text("some value"))).collect::<Vec<_>>();
    let attributes: Attributes = attributes(
        given.iter().map(|(key, raw)| (key.as_str(), *raw)).chain([("customer_type", Raw::Text("Regular"))]),
    )
    .value;
    Visitor {
        page: PageView {
            id: PageId(Uuid::from_u128(1)),
            campaign: Campaign::of(&url),
            url,
            viewed_at: Some(NOW.minus(Duration::from_secs(10))),
            referrer: Referrer::new("https://www.google.es/search"),
        },
        browser: Browser {
            language: Language::parse("es-ES"),
            device: Device::Desktop,
            window: Window::Closed,
        },
        claims: Claims::default(),
        country: Country::parse("ES"),
        memory: Memory::Visit(Visit {
            id: VisitId(Uuid::from_u128(2)),
            began_at: NOW.minus(Duration::from_secs(50)),
            pages: 4,
            returning: true,
            chatted_before: false,
        }),
        online: Online { shop: true, office: Office::Open, agents: BTreeSet::new(), groups: BTreeSet::new() },
        chat: Chat { identity: Identity::Anonymous, may_chat: true, open: false },
        cart: Some(cart(lines, None, Some("EUR")).value),
        attributes,
        events: BTreeSet::new(),
        shown,
        testing: None,
    }
}

/// Microseconds of the fastest round; each round calls `what` so often.
fn fastest(rounds: usize, calls: u32, mut what: impl FnMut()) -> f64 {
    what();
    let round = |what: &mut dyn FnMut()| {
        let begun = Instant::now();
        for _ in 0..calls {
            what();
        }
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
    };
    (0..rounds).map(|_| round(&mut what)).fold(f64::INFINITY, f64::min)
}

fn main() {
    let visitor = visitor();
    let decide = |triggers: &Triggers| {
        fastest(50, 50, || {
            let evaluated = evaluate(black_box(triggers), black_box(&visitor), NOW);
            black_box(choose(&evaluated));
        })
    };

    // As shops have them: a page and two or three conditions more, of every kind in turn; a quarter of the pages by expression.
    let mixed: Vec<Draft> = (0..TRIGGERS)
        .map(|n| {
            let all = kinds(n);
            let more = [4 + n % 21, 4 + (n * 7 + 5) % 21, 4 + (n * 13 + 11) % 21];
            let conditions = [n % 4]
                .into_iter()
                .chain(more.into_iter().collect::<BTreeSet<_>>())
                .map(|k| all[k].1.clone());
            draft(n, conditions.collect())
        })
        .collect();
    let triggers = compiled(&mixed);
    let conditions: usize = triggers.0.iter().map(|trigger| trigger.conditions.len()).sum();
    let whole = decide(&triggers);
    println!("100 triggers, {conditions} conditions, every condition and rule explained");
    println!("  one page view                              {whole:9.2} µs   (aim: under 50)");
    let naive = fastest(5, 5, || {
        let triggers = compiled(black_box(&mixed));
        let evaluated = evaluate(&triggers, &visitor, NOW);
        black_box(choose(&evaluated));
    });
    println!("  the same, compiled at every page view       {naive:9.2} µs   ({:.0} times)", naive / whole);
    let sieve = prefilter(&triggers);
    println!(
        "  the browser's sieve: {} pages, {} events",
        match &sieve.pages {
            mostrador_domain::triggers::prefilter::Pages::All => "all".to_owned(),
            mostrador_domain::triggers::prefilter::Pages::Containing(needles) =>
                format!("{} texts for", needles.len()),
        },
        sieve.events.len()
    );

    let empty: Vec<Draft> = (0..TRIGGERS).map(|n| draft(n, Vec::new())).collect();
    let rules = decide(&compiled(&empty));
    println!("\nshare of each, for 100 triggers");
    println!("  {:<42} {rules:9.2} µs", "the 8 rules, no condition");
    for (k, (name, _)) in kinds(0).iter().enumerate() {
        let drafts: Vec<Draft> = (0..TRIGGERS).map(|n| draft(n, vec![kinds(n)[k].1.clone()])).collect();
        let more = (decide(&compiled(&drafts)) - rules).max(0.0);
        println!("  {name:<42} {more:9.2} µs");
    }
    let expressions: Vec<Draft> = (0..TRIGGERS).map(|n| draft(n, vec![kinds(n)[3].1.clone()])).collect();
    let hundred = decide(&compiled(&expressions));
    let naive = fastest(5, 2, || {
        black_box(evaluate(&compiled(black_box(&expressions)), &visitor, NOW));
    });
    println!("\n100 triggers with an expression each: {hundred:.2} µs; compiled every time {naive:.2} µs");
}
