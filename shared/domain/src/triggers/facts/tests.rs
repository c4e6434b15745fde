use super::*;
use proptest::prelude::*;

fn id(text: &str) -> FieldId {
    FieldId::parse(text).unwrap()
}

fn line<'a>(name: &'a str, quantity: f64, price: f64) -> RawLine<'a> {
    RawLine { number: "sku", name, quantity, price }
}

#[test]
fn a_cart_of_ten_thousand_lines_is_cut_and_counted_whole() {
    let lines = |n: usize| (0..n).map(|_| line("lamp", 2.0, 9.99));
    let Within { value, cut } = cart(lines(10_000), None, Some("eur"));
    assert_eq!((value.lines.len(), value.pieces, value.value), (MAX_LINES, 20_000, 19_980_000));
    assert_eq!((value.currency, cut), (Currency::parse("EUR"), BTreeSet::from([Cut::Lines])));
    let more = cart(lines(10_001), Some(12.5), None);
    assert_eq!((more.value.value, more.cut), (1_250, BTreeSet::from([Cut::Lines, Cut::Unread])));
    assert_eq!(cart(lines(MAX_LINES), None, None).cut, BTreeSet::new());
}

#[test]
fn numbers_that_are_none_count_nothing_and_are_marked() {
    for wrong in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        let Within { value, cut } =
            cart([line("lamp", 1.0, wrong), line("lamp", wrong, 1.0)], Some(wrong), Some("x"));
        assert_eq!((value.value, value.pieces, value.currency), (0, 1, None), "{wrong}");
        assert_eq!(cut, BTreeSet::from([Cut::Numbers]));
    }
    let event = event("ordered", Some(f64::NAN), None, None).unwrap();
    assert_eq!((event.value.value, event.cut), (None, BTreeSet::from([Cut::Numbers])));
}

#[test]
fn attributes_over_two_kilobytes_are_cut_and_marked() {
    let long = "x".repeat(MAX_VALUE);
    let keys: Vec<String> = (0..40).map(|n| format!("key{n}")).collect();
    let Within { value, cut } = attributes(keys.iter().map(|key| (key.as_str(), Raw::Text(&long))));
    let bytes: usize = value.0.keys().map(|key| key.as_str().len() + MAX_VALUE).sum();
    assert!(bytes <= MAX_ATTRIBUTES_BYTES && bytes > MAX_ATTRIBUTES_BYTES - 300, "{bytes}");
    assert_eq!(cut, BTreeSet::from([Cut::Attributes]));
    let few = attributes(keys.iter().map(|key| (key.as_str(), Raw::Flag(true))));
    assert_eq!((few.value.0.len(), few.cut), (MAX_ATTRIBUTES, BTreeSet::from([Cut::Attributes])));
    let flood = attributes((0..1_000_000).map(|_| ("again", Raw::Number(1.0))));
    assert_eq!((flood.value.0.len(), flood.cut), (1, BTreeSet::from([Cut::Attributes])));
}

#[test]
fn a_18_what_a_page_says_becomes_plain_values() {
    let given = [
        ("Customer Type", Raw::Text(" <b>VIP</b>\n\u{0}customer ")),
        ("orders", Raw::Number(1.5)),
        ("member", Raw::Flag(true)),
        ("ñ", Raw::Text("no such key")),
        ("nan", Raw::Number(f64::NAN)),
        ("orders", Raw::Number(-2.0)),
    ];
    let Within { value, cut } = attributes(given);
    assert_eq!(cut, BTreeSet::from([Cut::Attributes]));
    let lower: Vec<_> =
        value.0.iter().map(|(key, a)| (key.as_str(), a.lower().into_owned(), a.number())).collect();
    assert_eq!(
        lower,
        [
            ("customer_type", "<b>vip</b> customer".to_owned(), None),
            ("member", "true".to_owned(), None),
            ("orders", "-2".to_owned(), Some(-2_000)),
        ]
    );
    let number = |n| Attribute::Number(n).lower().into_owned();
    assert_eq!([number(1_500), number(-5), number(0), number(10_000)], ["1.5", "-0.005", "0", "10"]);
    let text = attributes([("a", Raw::Text("12.25"))]).value.0[&id("a")].number();
    assert_eq!(text, Some(12_250));
}

#[test]
fn an_event_without_a_name_is_refused() {
    for wrong in ["", " ", "ñandú", &"x".repeat(41), "a/b"] {
        let error = event(wrong, None, None, None).unwrap_err();
        assert_eq!((error.path.as_str(), error.code), ("name", FieldCode::Format), "{wrong:?}");
    }
    let order = event("Ordered", Some(49.9), Some("EUR"), Some(" A-17 ")).unwrap();
    assert_eq!(order.cut, BTreeSet::new());
    assert_eq!(order.value.name, id("ordered"));
    assert_eq!((order.value.value, order.value.reference.as_deref()), (Some(4_990), Some("A-17")));
}

proptest! {
    #[test]
    fn whatever_comes_is_within_the_limits(
        pairs in proptest::collection::vec((".{0,60}", ".{0,300}", any::<f64>(), 0..3u8), 0..60),
    ) {
        let raw = pairs.iter().map(|(key, text, n, kind)| {
            let value = match kind { 0 => Raw::Text(text), 1 => Raw::Number(*n), _ => Raw::Flag(*n > 0.0) };
            (key.as_str(), value)
        });
        let kept = attributes(raw).value.0;
        prop_assert!(kept.len() <= MAX_ATTRIBUTES);
        for attribute in kept.values() {
            prop_assert!(attribute.lower().chars().count() <= MAX_VALUE * 3);
        }
        let lines = pairs.iter().map(|(number, name, n, _)| RawLine { number, name, quantity: *n, price: *n });
        let cart = cart(lines, None, None).value;
        prop_assert!(cart.value >= 0 && cart.pieces >= 0 && cart.lines.len() <= MAX_LINES);
        for line in cart.lines {
            prop_assert!(line.name.chars().count() <= MAX_VALUE && !line.name.contains(char::is_control));
        }
    }
}
