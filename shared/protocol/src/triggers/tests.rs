use super::*;
use crate::ErrorCode;
use domain::fields::FieldCode;
use domain::triggers::templates::Template;
use serde_json::json;

const AGENT: &str = "agt_018f3b1e-7c1a-7000-8000-000000000001";

/// A trigger of every kind of condition, action and frequency.
fn everything() -> Value {
    let text = |how: &str, text: &str| json!([{"how": how, "text": text}]);
    let conditions = [
        json!({"kind": "page", "is": true, "patterns": [{"kind": "exact", "text": "/cart"}, {"kind": "contains", "text": "/p/"},
            {"kind": "wildcard", "text": "/a/*"}, {"kind": "regex", "text": "^https://[a-z.]+/b$"}]}),
        json!({"kind": "time_on_page", "seconds": 30}),
        json!({"kind": "time_on_site", "seconds": 60}),
        json!({"kind": "pages_seen", "at_least": 2.0, "at_most": 9.0}),
        json!({"kind": "scroll", "percent": 50}),
        json!({"kind": "leaving"}),
        json!({"kind": "idle", "seconds": 20}),
        json!({"kind": "referrer", "is": false, "texts": text("contains", "Google")}),
        json!({"kind": "campaign", "part": "source", "is": true, "texts": text("is", "mail")}),
        json!({"kind": "country", "is": true, "any_of": ["ES", "PT"]}),
        json!({"kind": "language", "is": true, "any_of": ["es", "pt-BR"]}),
        json!({"kind": "device", "is": true, "any_of": ["desktop", "tablet"]}),
        json!({"kind": "returning", "is": true}),
        json!({"kind": "chatted_before", "is": false}),
        json!({"kind": "cart_value", "at_least": 49.9, "currency": "EUR"}),
        json!({"kind": "cart_items", "at_most": 3.0}),
        json!({"kind": "cart_contains", "is": true, "texts": text("begins", "Lamp")}),
        json!({"kind": "attribute_text", "key": "plan", "is": true, "texts": text("is", "gold")}),
        json!({"kind": "attribute_number", "key": "orders", "at_least": 1.5}),
    ];
    let more = [
        json!({"kind": "attribute_present", "key": "vip", "is": true}),
        json!({"kind": "window", "is": "closed"}),
        json!({"kind": "office", "is": "open"}),
        json!({"kind": "event", "name": "added"}),
        json!({"kind": "identity", "any_of": ["anonymous", "verified"]}),
    ];
    let message = |sender: Value| json!({"kind": "message", "sender": sender, "texts": {"en": "Hello from {shop}", "es": "Hola"}, "display": "teaser"});
    let trigger = |id: &str, conditions: &[Value], actions: Vec<Value>, frequency: Value| json!({"id": id, "name": "A", "enabled": true, "when": "both", "conditions": conditions, "actions": actions, "frequency": frequency});
    let by = |kind: &str| json!({"kind": kind});
    json!({"triggers": [
        trigger("a", &conditions, vec![message(by("bot")), by("open_window"), by("show_form")], by("once_ever")),
        trigger("b", &more, vec![message(json!({"kind": "agent", "agent": AGENT}))], json!({"kind": "every_days", "days": 7})),
        trigger("c", &[], vec![message(json!({"kind": "group", "group": "sales"}))], by("once_per_visit")),
        trigger("d", &[], vec![json!({"kind": "start_scenario", "scenario": "help"}), json!({"kind": "assign_group", "group": "sales"})],
            by("every_page_load")),
    ]})
}

#[test]
fn triggers_are_read_as_they_were_written() {
    let body = TriggerSettings::parse(everything()).unwrap();
    let triggers = body.clone().check(&Known::default()).unwrap();
    assert_eq!(TriggerSettings::from(&triggers), body);
    assert_eq!(serde_json::to_value(&body).unwrap(), everything());
    assert_eq!(read(&write(&triggers)), Ok(triggers));
    assert_eq!(read(&write(&Triggers::default())), Ok(Triggers::default()));
    for template in Template::ALL {
        let draft = template.draft("/cart", "en", "Hello");
        let triggers = check(&[draft], &Known::default()).unwrap();
        assert_eq!(read(&write(&triggers)), Ok(triggers));
    }
}

#[test]
fn what_does_not_belong_there_is_refused_and_never_repeated() {
    let with = |pointer: &str, value: Value| {
        let mut body = everything();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[key] = value;
        body
    };
    for (pointer, value) in [
        ("/secret", json!(1)),
        ("/triggers/0/secret", json!(1)),
        ("/triggers/0/conditions/0/secret", json!(1)),
        ("/triggers/0/conditions/0/kind", json!("secret")),
        ("/triggers/0/conditions/1/seconds", json!("secret")),
        ("/triggers/0/actions/0/secret", json!(1)),
        ("/triggers/0/actions/0/sender/secret", json!(1)),
        ("/triggers/0/actions/1/secret", json!(1)),
        ("/triggers/0/conditions/5/secret", json!(1)),
        ("/triggers/0/frequency/secret", json!(1)),
        ("/triggers/1/frequency/secret", json!(1)),
        ("/triggers/0/when", json!("secret")),
    ] {
        let body = with(pointer, value);
        let error = TriggerSettings::parse(body.clone()).unwrap_err();
        assert!(matches!(error.code, ErrorCode::BadFrame | ErrorCode::UnknownField), "{pointer}");
        assert!(!error.message.contains("secret"), "{}", error.message);
        let error = read(&json!({"shape": 1, "value": body}).to_string()).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    let wrong = with("/triggers/0/conditions/0/patterns", json!([{"kind": "regex", "text": "(secret"}]));
    let errors = TriggerSettings::parse(wrong).unwrap().check(&Known::default()).unwrap_err();
    assert_eq!(errors[0].path, "triggers[0].conditions[0].patterns[0].text");
    assert_eq!(errors[0].code, FieldCode::Format);
    assert!(!errors[0].message.contains("secret"), "{}", errors[0].message);
    assert!(read(r#"{"shape": 2, "value": {}}"#).unwrap_err().reason.contains("shape is 2"));
}
