use super::*;
use domain::people::Site;

fn defaults() -> Settings {
    Settings::default_for(&Site {
        id: "demo".parse().unwrap(),
        name: "Demo".into(),
        color: "#0f766e".into(),
        welcome: "Hello!".into(),
        time_zone: "Europe/Madrid".into(),
        origins: Vec::new(),
    })
}

/// The default of a section with `changes` put in (`{"a.b": value}` by JSON pointer).
fn changed(section: Section, changes: &[(&str, Value)]) -> SectionBody {
    let mut value = SectionBody::from(&defaults().get(section)).value();
    for (pointer, new) in changes {
        *value.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = new.clone();
    }
    SectionBody::parse(section, value).unwrap()
}

/// The refusals of a section, each as `path code`.
fn check(section: Section, changes: &[(&str, Value)], expect: &[&str]) {
    let errors = changed(section, changes).check(&defaults()).err().unwrap_or_default();
    let found: Vec<_> = errors
        .iter()
        .map(FieldProblem::from)
        .map(|p| {
            assert!(!p.message.is_empty());
            format!("{} {}", p.path, serde_json::to_value(p.code).unwrap().as_str().unwrap())
        })
        .collect();
    assert_eq!(found, expect, "{changes:?}");
}

#[test]
fn every_section_is_read_as_it_was_written() {
    let mut settings = defaults();
    let hours = json!({
        "enabled": true, "zone": "America/Sao_Paulo",
        "week": {"monday": [{"start": "09:00", "end": "14:00"}, {"start": "22:00", "end": "02:00"}], "tuesday": [], "wednesday": [],
            "thursday": [], "friday": [], "saturday": [{"start": "00:00", "end": "24:00"}], "sunday": []},
        "exceptions": [{"date": "2026-12-25", "yearly": true, "name": "Natal", "ranges": []}],
    });
    let form = json!({
        "when": "slow", "slow_after_s": 30, "hold_online": true, "hold_offline": true,
        "fields": [
            {"id": "email", "kind": "email", "required": true, "labels": {}},
            {"id": "size", "kind": "choice", "required": false, "labels": {"en": "Which size?", "pt-BR": "Qual tamanho?"},
             "choices": [{"id": "s", "labels": {"en": "Small"}}, {"id": "l", "labels": {"en": "Large"}}]},
        ],
        "phrases": {"es": {"skip": "Ahora no"}},
    });
    let more = [
        (Section::Hours, hours),
        (Section::Form, form),
        (
            Section::Faqs,
            json!({"faqs": {"es": [{"id": "envio", "question": "¿Cuánto tarda?", "answer": "*Dos* días."}]}}),
        ),
        (
            Section::Email,
            json!({"enabled": true, "sender_name": "Luz", "sender_address": "hola@shop.example", "reply_domain": "reply.shop.example",
                "delay_min": 60, "logo_url": "https://shop.example/logo.png", "transcript_at_close": true,
                "texts": {"es": {"signature": "El taller de {shop}", "button": "Abrir"}, "it": {"button": "Apri"}}}),
        ),
        (Section::Privacy, json!({"privacy_url": "https://shop.example/p", "ask_consent": true})),
        (
            Section::Visitors,
            json!({"live": true, "conversion_days": 30, "conversion_events": ["order", "signed-up"], "choose_group": false, "not_sure": false}),
        ),
        (Section::Texts, json!({"texts": {"es": {"welcome": "¡Hola de {shop}!", "hereTwo": "{a} y {b}"}}})),
    ];
    for (section, value) in more {
        settings.set(SectionBody::parse(section, value).unwrap().check(&settings).unwrap());
    }
    for all in [settings, defaults()] {
        for section in Section::ALL {
            let value = all.get(section);
            assert_eq!(value.section(), section);
            assert_eq!(Section::named(section.name()), Some(section));
            assert_eq!(read(section, &write(&value), &all), Ok(value), "{section:?}");
            let name = serde_json::to_value(SectionName::from(section)).unwrap();
            assert_eq!(name, section.name());
        }
    }
}

#[test]
fn a_section_of_another_shape_is_unreadable_and_says_nothing_of_its_content() {
    let all = defaults();
    let unreadable = |stored: &str| {
        let error = read(Section::Privacy, stored, &all).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        error.reason
    };
    assert!(unreadable(r#"{"shape": 2, "value": {"secret": true}}"#).contains("shape is 2"));
    unreadable("secret");
    unreadable("{}");
    unreadable(r#"{"shape": 1, "value": {"ask_consent": false, "secret": 1}}"#);
    unreadable(r#"{"shape": 1, "value": {"ask_consent": "secret"}}"#);
    unreadable(r#"{"shape": 1, "value": {"ask_consent": false, "privacy_url": "http://secret.example"}}"#);
}

#[test]
fn what_is_wrong_is_named_field_by_field_and_all_at_once() {
    use Section::{Appearance, Automatic, Email, Faqs, Form, General, Hours, Privacy, Texts, Visitors};
    check(
        Visitors,
        &[("/conversion_days", json!(31)), ("/conversion_events", json!(["order", "Order", "order"]))],
        &["conversion_days out_of_range", "conversion_events[1] format", "conversion_events[2] duplicate"],
    );
    let many: Vec<String> = (0..11).map(|n| format!("e{n}")).collect();
    check(Visitors, &[("/conversion_events", json!(many))], &["conversion_events too_many"]);
    check(
        General,
        &[("/name", json!("  ")), ("/default_language", json!("de"))],
        &["name required", "default_language unknown"],
    );
    check(General, &[("/name", json!("x".repeat(81)))], &["name too_long"]);
    check(
        General,
        &[("/languages", json!(["en", "EN", "xx_y"]))],
        &["languages[1] duplicate", "languages[2] unknown"],
    );
    check(General, &[("/languages", json!([]))], &["languages required", "default_language unknown"]);

    check(
        Appearance,
        &[("/color", json!("red")), ("/offset_x", json!(-1)), ("/z_index", json!(2_147_483_647))],
        &["color format", "offset_x out_of_range", "z_index out_of_range"],
    );
    check(Appearance, &[("/offset_y", json!(401))], &["offset_y out_of_range"]);

    let range = |start: &str, end: &str| json!({"start": start, "end": end});
    check(
        Hours,
        &[
            ("/zone", json!("Europe/Atlantis")),
            (
                "/week/tuesday",
                json!([range("09:00", "12:00"), range("10:00", "10:00"), range("11:00", "13:00")]),
            ),
            (
                "/exceptions",
                json!([
                    {"date": "2026-12-25", "yearly": false, "ranges": []}, {"date": "2026-12-25", "yearly": false, "ranges": []},
                ]),
            ),
        ],
        &[
            "zone unknown",
            "week.tuesday[1].end empty_range",
            "week.tuesday[2].start overlap",
            "exceptions[1].date duplicate",
        ],
    );

    check(
        Texts,
        &[(
            "/texts",
            json!({
                "en": {"bubble": "Hi {name}", "nonsense": "x", "title": "x".repeat(61), "welcome": "[a](http://a.example)", "send": "Go {n}"},
                "english": {"bubble": "Hi"},
            }),
        )],
        &[
            "texts.en.bubble unknown_variable",
            "texts.en.nonsense unknown",
            "texts.en.send unknown_variable",
            "texts.en.title too_long",
            "texts.en.welcome not_https",
            "texts.english unknown",
        ],
    );

    let faq =
        |id: &str, question: &str, answer: &str| json!({"id": id, "question": question, "answer": answer});
    check(
        Faqs,
        &[(
            "/faqs",
            json!({"en": [faq("a", "", "x"), faq("a", "Why?", ""), faq("B", "Why?", &"x".repeat(4_001))]}),
        )],
        &[
            "faqs.en[0].question required",
            "faqs.en[1].answer required",
            "faqs.en[1].id duplicate",
            "faqs.en[2].answer too_long",
            "faqs.en[2].id format",
        ],
    );
    let many: Vec<_> = (0..51).map(|n| faq(&format!("f{n}"), "Why?", "Because.")).collect();
    check(Faqs, &[("/faqs", json!({"en": many}))], &["faqs.en too_many"]);

    let field =
        |id: &str, kind: &str| json!({"id": id, "kind": kind, "required": true, "labels": {"en": "What?"}});
    let six: Vec<_> = ["name", "email", "a", "b", "c", "d", "e", "f"]
        .map(|id| field(id, if matches!(id, "name" | "email") { id } else { "text" }))
        .into();
    check(Form, &[("/fields", json!(six))], &["fields[7] too_many"]);
    check(Form, &[("/fields", json!([field("size", "choice")]))], &["fields[0].choices unfillable"]);
    check(
        Form,
        &[("/fields", json!([field("email", "text"), field("x", "name"), field("x", "text")]))],
        &["fields[0].kind format", "fields[1].kind format", "fields[2].id duplicate"],
    );
    check(
        Form,
        &[("/fields", json!([{"id": "x", "kind": "text", "required": false, "labels": {"es": "¿Qué?"}}]))],
        &["fields[0].labels.en required"],
    );
    let choice = json!({"id": "x", "kind": "choice", "required": false, "labels": {"en": "?"}, "choices": [{"id": "a", "labels": {}}, {"id": "a", "labels": {"en": "A"}}]});
    check(
        Form,
        &[("/fields", json!([choice]))],
        &["fields[0].choices[0].labels.en required", "fields[0].choices[1].id duplicate"],
    );
    check(Form, &[("/when", json!("slow")), ("/slow_after_s", json!(9))], &["slow_after_s out_of_range"]);
    check(Form, &[("/when", json!("slow")), ("/slow_after_s", json!(1801))], &["slow_after_s out_of_range"]);
    check(
        Form,
        &[("/phrases", json!({"en": {"skip": "x".repeat(301), "jump": "x"}}))],
        &["phrases.en.jump unknown", "phrases.en.skip too_long"],
    );

    for wrong in [9, 1_801, -1] {
        check(Automatic, &[("/wait_time_s", json!(wrong))], &["wait_time_s out_of_range"]);
    }
    for fine in [10, 1_800] {
        check(Automatic, &[("/wait_time_s", json!(fine))], &[]);
    }
    // Who is not told to wait is not told until when.
    check(
        Automatic,
        &[
            ("/online/texts", json!({"en": "{next_opening}"})),
            ("/outside/texts", json!({"en": "{next_opening}"})),
        ],
        &["online.texts.en unknown_variable"],
    );
    check(
        Automatic,
        &[("/offline/texts", json!({"pt-br": "a", "pt-BR": "b"}))],
        &["offline.texts.pt-br duplicate"],
    );

    check(Email, &[("/enabled", json!(true))], &["sender_address required"]);
    for wrong in [0, 61, -1] {
        check(Email, &[("/delay_min", json!(wrong))], &["delay_min out_of_range"]);
    }
    let wrong = json!({
        "enabled": true, "delay_min": 1, "sender_name": "x".repeat(81), "sender_address": "Ana <a@b.example>", "reply_domain": "localhost",
        "logo_url": "http://a.example/x.png",
        "texts": {"en": {"answers_subject": "{name} wrote", "subject": "x", "button": "x".repeat(201), "signature": "[a](http://a.example)"}, "english": {}},
    });
    let errors = SectionBody::parse(Email, wrong).unwrap().check(&defaults()).unwrap_err();
    assert_eq!(
        errors.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(),
        [
            "sender_name",
            "sender_address",
            "reply_domain",
            "logo_url",
            "texts.en.answers_subject",
            "texts.en.button",
            "texts.en.signature",
            "texts.en.subject",
            "texts.english",
        ]
    );

    check(Privacy, &[("/ask_consent", json!(true))], &["privacy_url required"]);
    let links =
        json!({"privacy_url": "http://a.example", "terms_url": "javascript:alert(1)", "ask_consent": true});
    let errors = SectionBody::parse(Privacy, links).unwrap().check(&defaults()).unwrap_err();
    assert_eq!(errors.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(), ["privacy_url", "terms_url"]);
}

#[test]
fn ux_28_two_colours_chosen_for_one_another_must_be_readable_and_one_alone_is_corrected() {
    let appearance = |color: &str, text: Option<&str>| {
        let mut value = SectionBody::from(&defaults().get(Section::Appearance)).value();
        value["color"] = json!(color);
        value["text_color"] = json!(text);
        SectionBody::parse(Section::Appearance, value).unwrap().check(&defaults())
    };
    let errors = appearance("#ffee00", Some("#ffffff")).unwrap_err();
    assert_eq!((errors[0].path.as_str(), errors[0].code), ("text_color", fields::FieldCode::Contrast));
    assert!(errors[0].message.contains("1.2:1") && errors[0].message.contains("#000000"), "{}", errors[0]);
    let SectionValue::Appearance(chosen) = appearance("#ffee00", Some("#222222")).unwrap() else { panic!() };
    assert_eq!(chosen.palette().on_accent.to_string(), "#222222");
    // A middling orange: white on it is hard to read, so it is darkened, and the editor can say so.
    let SectionValue::Appearance(alone) = appearance("#f26b1d", None).unwrap() else { panic!() };
    assert!(alone.palette().corrected);
    assert_eq!(alone.color.to_string(), "#f26b1d");
}

#[test]
fn a_field_that_a_section_does_not_have_is_refused_by_name() {
    let error =
        SectionBody::parse(Section::Privacy, json!({"ask_consent": false, "tracking": true})).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (crate::ErrorCode::UnknownField, Some("tracking")));
    assert!(SectionBody::parse(Section::Privacy, json!([])).is_err());
}
