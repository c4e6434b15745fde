//! What is refused, by its path; and the templates.

use super::super::templates::Template;
use super::*;
use crate::fields::FieldCode;
use crate::settings::SHIPPED;

fn refusals(draft: &Draft, known: &Known) -> Vec<(String, FieldCode)> {
    let errors = check(std::slice::from_ref(draft), known).err().unwrap_or_default();
    for error in &errors {
        assert!(!error.message.is_empty(), "{error:?}");
    }
    errors.into_iter().map(|error| (error.path, error.code)).collect()
}

fn of(words: &str) -> Draft {
    draft(words.split_whitespace().map(condition).collect(), DraftFrequency::OncePerVisit)
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let mut wrong =
        of("page=regex:( scroll=0 time=0 site=99999 idle=1 cart=5..2 country=SPAIN lang=x pages=0..");
    wrong.id = "Wrong Id".into();
    wrong.name = " ".into();
    wrong.frequency = DraftFrequency::EveryDays(366);
    wrong.actions = Vec::new();
    let expect = [
        ("triggers[0].id", FieldCode::Format),
        ("triggers[0].name", FieldCode::Required),
        ("triggers[0].conditions[0].patterns[0].text", FieldCode::Format),
        ("triggers[0].conditions[1].percent", FieldCode::OutOfRange),
        ("triggers[0].conditions[2].seconds", FieldCode::OutOfRange),
        ("triggers[0].conditions[3].seconds", FieldCode::OutOfRange),
        ("triggers[0].conditions[4].seconds", FieldCode::OutOfRange),
        ("triggers[0].conditions[5].at_most", FieldCode::Contradiction),
        ("triggers[0].conditions[6].any_of[0]", FieldCode::Format),
        ("triggers[0].conditions[7].any_of[0]", FieldCode::Format),
        ("triggers[0].conditions[8].at_least", FieldCode::OutOfRange),
        ("triggers[0].actions", FieldCode::Required),
        ("triggers[0].frequency.days", FieldCode::OutOfRange),
    ];
    let found: BTreeSet<_> = refusals(&wrong, &known()).into_iter().collect();
    assert_eq!(found, expect.map(|(path, code)| (path.to_owned(), code)).into());
}

#[test]
fn each_limit_has_its_refusal() {
    let check_one = |change: &dyn Fn(&mut Draft), path: &str, code: FieldCode| {
        let mut draft = of("page=exact:/cart");
        change(&mut draft);
        let path = format!("triggers[0].{path}");
        assert_eq!(refusals(&draft, &known()), [(path, code)]);
    };
    let with = |condition: DraftCondition| move |draft: &mut Draft| draft.conditions.push(condition.clone());
    let says = |texts: &[(&str, &str)]| {
        let texts: Vec<_> = texts.iter().map(|(tag, text)| ((*tag).to_owned(), (*text).to_owned())).collect();
        move |draft: &mut Draft| {
            let texts = texts.clone();
            let (sender, display) = (DraftSender::Bot, Display::Bubble);
            draft.actions = vec![DraftAction::Message { sender, texts, display }];
        }
    };
    use DraftCondition as C;
    check_one(&|d| d.name = "x".repeat(81), "name", FieldCode::TooLong);
    check_one(&|d| d.conditions = vec![C::Leaving; 21], "conditions", FieldCode::TooMany);
    check_one(&with(C::Country { is: true, any_of: vec![] }), "conditions[1].any_of", FieldCode::Required);
    let countries = vec!["ES".to_owned(); MAX_ALTERNATIVES + 1];
    check_one(&with(C::Country { is: true, any_of: countries }), "conditions[1].any_of", FieldCode::TooMany);
    check_one(&with(C::Page { is: true, patterns: vec![] }), "conditions[1].patterns", FieldCode::Required);
    check_one(&with(C::Device { is: true, any_of: vec![] }), "conditions[1].any_of", FieldCode::Required);
    let devices = vec![Device::Desktop, Device::Phone, Device::Tablet];
    check_one(
        &with(C::Device { is: false, any_of: devices }),
        "conditions[1].any_of",
        FieldCode::MatchesNothing,
    );
    check_one(&with(C::Identity { any_of: vec![] }), "conditions[1].any_of", FieldCode::Required);
    check_one(&with(C::Event { name: "Added to cart".into() }), "conditions[1].name", FieldCode::Format);
    check_one(
        &with(C::AttributePresent { key: String::new(), is: true }),
        "conditions[1].key",
        FieldCode::Format,
    );
    let text = |text: &str| vec![DraftText { how: How::Is, text: text.into() }];
    check_one(
        &with(C::Referrer { is: true, texts: text(&"x".repeat(201)) }),
        "conditions[1].texts[0].text",
        FieldCode::TooLong,
    );
    check_one(
        &with(C::Referrer { is: true, texts: text(" ") }),
        "conditions[1].texts[0].text",
        FieldCode::Required,
    );
    check_one(
        &with(C::CartValue { range: DraftRange::default(), currency: None }),
        "conditions[1].at_least",
        FieldCode::Required,
    );
    for n in [f64::NAN, f64::INFINITY, -1.0] {
        let range = DraftRange { at_least: Some(n), at_most: None };
        check_one(
            &with(C::CartValue { range, currency: None }),
            "conditions[1].at_least",
            FieldCode::OutOfRange,
        );
    }
    let range = DraftRange { at_least: Some(1.0), at_most: None };
    check_one(
        &with(C::CartValue { range, currency: Some("euros".into()) }),
        "conditions[1].currency",
        FieldCode::Format,
    );
    let least = |at_least: f64| DraftRange { at_least: Some(at_least), at_most: None };
    for wrong in [
        C::PagesSeen { range: least(2.5) },
        C::CartItems { range: least(0.1) },
        C::CartValue { range: least(49.999), currency: None },
        C::AttributeNumber { key: "n".into(), range: least(0.000_5) },
    ] {
        check_one(&with(wrong), "conditions[1].at_least", FieldCode::Format);
    }
    for fine in [49.9, 0.07, 1e9 - 0.01, 1_234_567.89] {
        let mut draft = of("");
        draft.conditions.push(C::CartValue { range: least(fine), currency: None });
        assert_eq!(refusals(&draft, &known()), [], "{fine}");
    }
    check_one(&says(&[]), "actions[0].texts.en", FieldCode::Required);
    check_one(&says(&[("es", "Hola")]), "actions[0].texts.en", FieldCode::Required);
    check_one(&says(&[("en", &"x".repeat(1_001))]), "actions[0].texts.en", FieldCode::TooLong);
    check_one(&says(&[("en", "Hi {name}")]), "actions[0].texts.en", FieldCode::UnknownVariable);
    check_one(&says(&[("en", "[x](http://a.b)")]), "actions[0].texts.en", FieldCode::NotHttps);
    check_one(&says(&[("en", "Hi"), ("english", "Hi")]), "actions[0].texts.english", FieldCode::Unknown);
    check_one(
        &|d| d.actions = vec![DraftAction::OpenWindow, DraftAction::OpenWindow],
        "actions[1]",
        FieldCode::Duplicate,
    );
    check_one(
        &|d| d.actions.push(DraftAction::StartScenario { scenario: "help".into() }),
        "actions[1]",
        FieldCode::Contradiction,
    );
    let twice = check(&[of(""), of("")], &known()).unwrap_err();
    assert_eq!((twice[0].path.as_str(), twice[0].code), ("triggers[1].id", FieldCode::Duplicate));
    let many: Vec<_> = (0..=MAX_TRIGGERS).map(|n| Draft { id: format!("t{n}"), ..of("") }).collect();
    assert_eq!(check(&many, &known()).unwrap_err()[0].code, FieldCode::TooMany);
}

#[test]
fn what_is_not_at_the_site_is_refused_when_published_and_forgiven_when_stored() {
    let mut draft = of("page=exact:https://other.example/cart");
    draft.actions = vec![
        DraftAction::Message {
            sender: DraftSender::Agent(ANA.into()),
            texts: vec![("es".into(), "Hola".into())],
            display: Display::Teaser,
        },
        DraftAction::AssignGroup { group: "sales".into() },
    ];
    let strict = Known {
        published: false,
        origins: vec!["https://shop.example".into()],
        default_language: Some(Language::english()),
        agents: Some(BTreeSet::new()),
        groups: Some(BTreeSet::new()),
        scenarios: Some(BTreeSet::new()),
    };
    let codes: Vec<_> = refusals(&draft, &strict).into_iter().map(|(_, code)| code).collect();
    assert_eq!(
        codes,
        [FieldCode::MatchesNothing, FieldCode::Unknown, FieldCode::Required, FieldCode::Unknown]
    );
    assert_eq!(refusals(&draft, &Known::default()), []);
    draft.actions = vec![DraftAction::StartScenario { scenario: "help".into() }];
    draft.conditions.clear();
    assert_eq!(
        refusals(&draft, &strict),
        [("triggers[0].actions[0].scenario".to_owned(), FieldCode::Unknown)]
    );
}

#[test]
fn an_expression_that_was_checked_is_compiled_when_it_is_first_used() {
    let draft = of("page=regex:/cart$");
    let published = Known { published: true, ..known() };
    let stored = check(std::slice::from_ref(&draft), &published).unwrap();
    let at_once = check(&[draft], &known()).unwrap();
    assert_eq!(stored, at_once);
    for url in ["https://shop.example/cart", "https://shop.example/cart/2"] {
        let visitor = Visitor { page: on(url), ..visitor() };
        let by = |triggers: &Triggers| evaluate_one(&triggers.0[0], 0, &visitor, NOW).verdict;
        assert_eq!(by(&stored), by(&at_once));
    }
    // What no check has let pass matches nothing, and stops nothing.
    let broken = check(&[of("page=regex:(")], &published).unwrap();
    assert_eq!(evaluate_one(&broken.0[0], 0, &visitor(), NOW).verdict, Verdict::Silent);
}

#[test]
fn what_contradicts_itself_is_refused_and_what_does_not_is_not() {
    let check_one = |words: &str, expect: bool| {
        let found = refusals(&of(words), &known());
        let contradicts = found.iter().any(|(_, code)| *code == FieldCode::Contradiction);
        assert_eq!((contradicts, found.len()), (expect, usize::from(expect)), "{words}: {found:?}");
    };
    for words in [
        "returning=yes returning=no",
        "chatted=yes chatted=no",
        "window=open window=closed",
        "office=open office=closed",
        "who=verified who=anonymous,identified",
        "device=phone device=desktop",
        "device=phone device!=phone,tablet",
        "device!=phone device!=desktop,tablet",
        "country=ES country=PT,FR",
        "country=ES country!=ES,FR",
        "country!=ES,FR country=ES",
        "lang=es lang=it",
        "lang=es-MX lang!=es",
        "pages=..1 pages=3..",
        "cart=50.. cart=..20",
        "cart=50..EUR cart=60..USD",
        "items=..0 contains=is:lamp",
        "contains=is:lamp contains!=contains:la",
        "page=exact:/cart page=exact:/about",
        "page=exact:/cart page!=exact:/cart",
        "page=contains:/p page!=contains:/p",
        "ref=is:a ref=is:b",
        "ref=contains:google ref!=contains:goo",
        "utm_source=is:mail utm_source=begins:news",
        "attr.vip?no attr.vip=is:yes",
        "attr.vip?no attr.vip#1..",
        "attr.n#5.. attr.n#..4",
        "attr.n=is:a attr.n=is:b,c",
    ] {
        check_one(words, true);
    }
    for words in [
        "returning=yes returning=yes",
        "page=contains:/p page!=contains:/p/x",
        "page=contains:/p page=exact:/p",
        "page=exact:/cart,/a page!=exact:/a",
        "page=exact:/cart page=exact:https://shop.example/cart/",
        "page=exact:/año page=exact:/a%C3%B1o",
        "country=ES,PT country!=ES",
        "lang=es lang!=es-MX",
        "lang=es lang=es-MX",
        "cart=20.. cart=..20",
        "cart=20..EUR cart=..50",
        "contains=is:lamp contains=is:shade",
        "utm_source=is:mail utm_medium=is:cpc",
        "ref=contains:a ref=contains:b",
        "ref=begins:https ref=contains:shop",
        "attr.a=is:x attr.b=is:y",
        "attr.vip?no attr.vip!=is:x",
        "office=closed",
    ] {
        check_one(words, false);
    }
    let mut online = of("office=closed");
    online.when = When::Online;
    let found = refusals(&online, &known());
    assert_eq!(found, [("triggers[0].conditions[0]".to_owned(), FieldCode::Contradiction)]);
}

#[test]
fn t_3_each_template_is_whole_after_a_url_and_a_text_in_each_language() {
    for template in Template::ALL {
        for (n, tag) in SHIPPED.iter().enumerate() {
            let known = Known {
                origins: vec!["https://shop.example".into()],
                default_language: Language::parse(tag),
                ..Known::default()
            };
            for url in ["/cart", "https://shop.example/checkout/*"] {
                let draft = template.draft(url, tag, template.text().all()[n]);
                assert_eq!(refusals(&draft, &known), [], "{template:?} {tag} {url}");
                assert_eq!(draft.name, template.title().all()[n]);
            }
            for text in [template.title(), template.purpose(), template.text()] {
                assert!(!text.all()[n].is_empty());
            }
            assert_eq!(refusals(&template.draft("", tag, "x"), &known).len(), 1, "a URL is needed");
            assert_eq!(refusals(&template.draft("/", tag, ""), &known).len(), 1, "a text is needed");
        }
        // A delay and a cap are built in, and it fires once they are over.
        let mut visitor = visitor();
        visitor.page = on("https://shop.example/cart");
        let trigger = trigger(&template.draft("/cart", "en", "Hello"));
        assert_ne!(trigger.frequency, Frequency::EveryPageLoad);
        let evaluated = evaluate_one(&trigger, 0, &visitor, NOW);
        assert_eq!(evaluated.verdict, Verdict::Armed, "{template:?}");
        visitor.claims.idle = Duration::from_secs(60);
        let later = NOW.plus(Duration::from_secs(60));
        assert_eq!(evaluate_one(&trigger, 0, &visitor, later).verdict, Verdict::Fires, "{template:?}");
    }
}
