use super::*;
use PatternKind::{Contains, Exact, Regex as Expression, Wildcard};
use proptest::prelude::*;

fn origins() -> Vec<String> {
    vec!["https://shop.example".into(), "http://localhost:8080".into()]
}

fn pattern(kind: PatternKind, text: &str) -> UrlPattern {
    UrlPattern::parse(kind, text, &origins()).unwrap()
}

#[test]
fn t_1_pages_are_told_apart_by_four_kinds_of_pattern() {
    let check = |kind, text: &str, fits: &[&str], others: &[&str]| {
        let pattern = pattern(kind, text);
        for (urls, expect) in [(fits, true), (others, false)] {
            for url in urls {
                let found = pattern.matches(&PageUrl::parse(url).unwrap());
                assert_eq!(found, expect, "{pattern:?} on {url}");
            }
        }
    };
    check(
        Exact,
        "/cart",
        &[
            "https://shop.example/cart",
            "https://shop.example/Cart/",
            "http://localhost:8080/cart?utm_source=x#top",
        ],
        &["https://shop.example/cart/2", "https://shop.example/", "https://shop.example/es/cart"],
    );
    check(Exact, "/", &["https://shop.example", "https://shop.example/?a=1"], &["https://shop.example/cart"]);
    check(
        Exact,
        "https://shop.example:443/search?q=lamp",
        &["https://shop.example/search?q=lamp", "https://SHOP.example:443/search/?Q=Lamp"],
        &["https://shop.example/search", "http://localhost:8080/search?q=lamp"],
    );
    check(
        Contains,
        "ofertas/año",
        &["https://shop.example/ofertas/a%C3%B1o-nuevo"],
        &["https://shop.example/ofertas/ano", "https://shop.example/#ofertas/a%C3%B1o"],
    );
    check(
        Wildcard,
        "/products/*/reviews",
        &["https://shop.example/products/lamp/reviews?page=2", "https://shop.example/products/a/b/reviews"],
        &["https://shop.example/products/reviews", "https://shop.example/es/products/lamp/reviews"],
    );
    check(
        Wildcard,
        "/checkout*",
        &["https://shop.example/checkouts/1"],
        &["https://shop.example/x/checkout"],
    );
    check(Wildcard, "*lamp*", &["https://shop.example/?q=LAMP"], &["https://shop.example/?q=table"]);
    check(
        Wildcard,
        "https://*.example/sale?*code=*",
        &["https://shop.example/sale?code=1", "https://shop.example/sale?a=2&code="],
        &["https://shop.example/sale", "http://localhost:8080/sale?code=1"],
    );
    check(Wildcard, "/a*a", &["https://shop.example/aa"], &["https://shop.example/a"]);
    check(
        Expression,
        r"^https://[^/]+/products/\d+$",
        &["https://shop.example/products/42"],
        &["https://shop.example/products/42?x", "https://shop.example/PRODUCTS/42"],
    );
    check(Expression, "(?i)cart|basket", &["https://shop.example/BASKET"], &["https://shop.example/c"]);
}

#[test]
fn a_pattern_that_cannot_match_or_is_too_large_is_refused() {
    let check = |kind, text: &str, expect: FieldCode| {
        let found = UrlPattern::parse(kind, text, &origins()).unwrap_err();
        assert_eq!(found.0, expect, "{kind:?} {text:?}: {}", found.1);
        assert!(!found.1.is_empty(), "{kind:?} {text:?}");
        assert!(text.len() < 10 || !found.1.contains(text), "it repeats what was sent: {}", found.1);
    };
    for kind in [Exact, Contains, Wildcard, Expression] {
        check(kind, "  ", FieldCode::Required);
        check(kind, &"x".repeat(MAX_PATTERN + 1), FieldCode::TooLong);
    }
    for kind in [Exact, Contains, Wildcard] {
        check(kind, "/a b", FieldCode::MatchesNothing);
        check(kind, "/a#top", FieldCode::MatchesNothing);
    }
    check(Exact, "cart", FieldCode::MatchesNothing);
    check(Exact, "https://other.example/cart", FieldCode::MatchesNothing);
    check(Wildcard, "cart*", FieldCode::MatchesNothing);
    check(Wildcard, "https://*.other/cart", FieldCode::MatchesNothing);
    check(Expression, "(", FieldCode::Format);
    check(Expression, r"(a)\1", FieldCode::Format);
    check(Expression, "(?=lookahead)", FieldCode::Format);
    check(Expression, "año", FieldCode::MatchesNothing);
    check(Expression, r"[^\s\S]", FieldCode::MatchesNothing);
    check(Expression, "a{2001}", FieldCode::MatchesNothing);
    check(Expression, "((a{1,100}){1,100}){1,100}", FieldCode::TooLong);
    check(Expression, "(x{0,1000}){0,1000}", FieldCode::TooLong);
    check(Expression, &"(".repeat(200), FieldCode::Format);
}

#[test]
fn what_shops_write_fits() {
    let slugs: Vec<String> = (0..33).map(|n| format!("desk-lamp-{n}")).collect();
    let all = format!("(?i)/(?:es|en|pt-br)/products/(?:{})/?$", slugs.join("|"));
    assert!(all.len() > 450 && all.len() <= MAX_PATTERN);
    let pattern = pattern(Expression, &all);
    assert!(pattern.matches(&PageUrl::parse("https://shop.example/es/products/Desk-lamp-17").unwrap()));
    for fine in [
        r"^https://[^/]+/(?:[a-z]{2}/)?cart/?(?:\?.*)?$",
        r"/orders/\d{4,10}/(?:pay|review)",
        r"[?&]utm_source=(?:news|mail)\b",
    ] {
        assert!(UrlPattern::parse(Expression, fine, &[]).is_ok(), "{fine}");
    }
}

#[test]
fn an_expression_that_others_choke_on_is_decided_at_once() {
    // Backtracking takes 2^n steps here. A loop of a thousand would never end if this did.
    let evil = pattern(Expression, "^https://shop.example/(a+)+$");
    let url = PageUrl::parse(&format!("https://shop.example/{}!", "a".repeat(1_900))).unwrap();
    for _ in 0..1_000 {
        assert!(!evil.matches(&url));
    }
}

#[test]
fn addresses_are_taken_apart_and_never_trusted() {
    for wrong in ["", "shop.example", "javascript:alert(1)", "https://", "https:///x", "file:///etc", "ñ"] {
        assert_eq!(PageUrl::parse(wrong), None, "{wrong}");
    }
    let long = PageUrl::parse(&format!("https://shop.example/{}", "ñ".repeat(2_000))).unwrap();
    assert!(long.as_str().len() <= MAX_URL);
    let url =
        PageUrl::parse("https://Shop.example:443/x?utm_campaign=Black+Friday%20%C3%B1&b&utm_campaign=2#f")
            .unwrap();
    assert_eq!(url.host(), "shop.example");
    assert_eq!(url.parameter("utm_campaign").as_deref(), Some("Black Friday ñ"));
    assert_eq!(url.parameter("b").as_deref(), Some(""));
    assert_eq!(url.parameter("c"), None);
}

#[test]
fn what_an_address_must_contain_is_read_off_its_pattern() {
    let check = |kind, text: &str, expect: Option<&[&str]>| {
        let found = pattern(kind, text).needles();
        let found: Option<Vec<&str>> = found.as_ref().map(|n| n.iter().map(String::as_str).collect());
        assert_eq!(found.as_deref(), expect, "{text}");
    };
    check(Exact, "/Cart/", Some(&["/cart"]));
    check(Exact, "/", None);
    check(Exact, "https://shop.example/", Some(&["shop.example"]));
    check(Wildcard, "/p/*/reviews", Some(&["/reviews"]));
    check(Wildcard, "*", None);
    check(Expression, r"^https://[^/]+/products/\d+", Some(&["/products/"]));
    check(Expression, "(?i)cart|(Basket)+", Some(&["cart", "basket"]));
    check(Expression, "cart|.*", None);
    check(Expression, "(cart)?", None);
}

fn any_pattern() -> impl Strategy<Value = (PatternKind, String)> {
    prop_oneof![
        "/[a-cA-C/]{0,6}".prop_map(|text| (Exact, text)),
        "[a-cA-C/]{1,3}".prop_map(|text| (Contains, text)),
        r"[/*][a-c*/]{0,6}".prop_map(|text| (Wildcard, text)),
        r"(\^https?://.+)?[a-cA-C]{1,2}(\[ab\]|\(a\|b\)|c\*|b\+|\(\?i\)cA)?[a-c/]{0,2}\$?"
            .prop_map(|text| (Expression, text)),
    ]
}

proptest! {
    #[test]
    fn a_match_contains_one_of_its_needles((kind, text) in any_pattern(), path in "[a-cA-C/?]{0,12}") {
        if let Ok(pattern) = UrlPattern::parse(kind, &text, &[]) {
            let href = format!("https://shop.example/{path}");
            let url = PageUrl::parse(&href).unwrap();
            if pattern.matches(&url) && let Some(needles) = pattern.needles() {
                let href = href.to_ascii_lowercase();
                prop_assert!(needles.iter().any(|needle| href.contains(needle)), "{:?} {}", needles, href);
            }
        }
    }

    /// Wildcards against the plainest matcher that could be written.
    #[test]
    fn wildcards_are_what_they_say(text in "/[ab*]{0,8}", path in "/[ab]{0,10}") {
        fn naive(pattern: &[u8], text: &[u8]) -> bool {
            match pattern.split_first() {
                None => text.is_empty(),
                Some((b'*', rest)) => (0..=text.len()).any(|n| naive(rest, &text[n..])),
                Some((first, rest)) => text.split_first().is_some_and(|(c, text)| c == first && naive(rest, text)),
            }
        }
        let url = PageUrl::parse(&format!("https://shop.example{path}")).unwrap();
        let found = pattern(Wildcard, &text).matches(&url);
        prop_assert_eq!(found, naive(text.as_bytes(), path.as_bytes()));
    }

    #[test]
    fn no_pattern_and_no_address_panics(kind in 0..4usize, text in ".{0,40}", href in ".{0,60}") {
        let kind = [Exact, Contains, Wildcard, Expression][kind];
        if let (Ok(pattern), Some(url)) =
            (UrlPattern::parse(kind, &text, &origins()), PageUrl::parse(&format!("https://{href}")))
        {
            let _ = (pattern.matches(&url), pattern.needles(), url.parameter("a"), url.host());
        }
    }
}
