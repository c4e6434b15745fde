//! Conditions that nobody can meet at once. Found where it can be told from the conditions alone; whether two expressions
//! have an address in common is not asked.

use super::pattern::{PatternKind, percent_encoded};
use super::{AttributeTest, Condition, How, Office, Range, TextTest, When};
use std::collections::BTreeSet;

/// The later of two that contradict one another, by its place, and what it contradicts.
pub(super) fn contradictions(conditions: &[Option<Condition>], when: When) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (n, later) in conditions.iter().enumerate() {
        let Some(later) = later else { continue };
        if matches!(later, Condition::Office(Office::Closed)) && when == When::Online {
            found.push((n, "the shop is never online while the office is closed".into()));
        }
        let earlier = conditions[..n].iter().enumerate().filter_map(|(k, c)| Some((k, c.as_ref()?)));
        for (k, earlier) in earlier {
            if exclude(earlier, later) || exclude(later, earlier) {
                found.push((n, format!("nobody can meet this and condition {} at once", k + 1)));
                break;
            }
        }
    }
    found
}

fn disjoint(a: Range, b: Range) -> bool {
    a.and(b).is_empty()
}

/// Whether what one of two conditions asks rules out the other.
fn exclude(one: &Condition, other: &Condition) -> bool {
    use Condition as C;
    match (one, other) {
        (C::Page { is: true, patterns }, C::Page { is, patterns: others }) => {
            // Only what is the very same pattern, or exact on both sides, can be told.
            let exact = |pattern: &super::pattern::UrlPattern| pattern.kind() == PatternKind::Exact;
            if *is {
                patterns.iter().chain(others).all(exact)
                    && !patterns.iter().any(|a| others.iter().any(|b| may_be_one(a.source(), b.source())))
            } else {
                patterns.iter().all(|pattern| others.contains(pattern))
            }
        }
        (C::PagesSeen(a), C::PagesSeen(b)) | (C::CartItems(a), C::CartItems(b)) => disjoint(*a, *b),
        (C::CartValue { range: a, currency: x }, C::CartValue { range: b, currency: y }) => {
            disjoint(*a, *b) || x.is_some() && y.is_some() && x != y
        }
        (C::CartItems(range), C::CartContains { is: true, .. }) => range.at_most == Some(0),
        (C::Returning(a), C::Returning(b)) | (C::ChattedBefore(a), C::ChattedBefore(b)) => a != b,
        (C::Window(a), C::Window(b)) => a != b,
        (C::Office(a), C::Office(b)) => a != b,
        (C::Identity(a), C::Identity(b)) => a.is_disjoint(b),
        (C::Country { is: true, any_of: a }, C::Country { is, any_of: b }) => nothing_left(a, *is, b),
        (C::Device { is: true, any_of: a }, C::Device { is, any_of: b }) => nothing_left(a, *is, b),
        (C::Device { is: false, any_of: a }, C::Device { is: false, any_of: b }) => a.union(b).count() == 3,
        (C::Language { is: true, any_of: a }, C::Language { is, any_of: b }) => {
            let covers = |wide: &crate::settings::Language, narrow: &crate::settings::Language| {
                wide == narrow || wide.as_str() == wide.primary() && wide.primary() == narrow.primary()
            };
            if *is {
                !a.iter().any(|x| b.iter().any(|y| covers(x, y) || covers(y, x)))
            } else {
                a.iter().all(|x| b.iter().any(|y| covers(y, x)))
            }
        }
        (C::Referrer { is: true, tests: a }, C::Referrer { is, tests: b }) => no_text(a, *is, b),
        (C::Campaign { part: p, is: true, tests: a }, C::Campaign { part: q, is, tests: b }) => {
            p == q && no_text(a, *is, b)
        }
        (C::CartContains { is: true, tests: a }, C::CartContains { is: false, tests: b }) => {
            no_text(a, false, b)
        }
        (C::Attribute { key: a, test: x }, C::Attribute { key: b, test: y }) => a == b && of_one(x, y),
        _ => false,
    }
}

/// `/cart` on any host is `https://shop.example/cart` too.
fn may_be_one(a: &str, b: &str) -> bool {
    let path = |text: &str| {
        let lower = percent_encoded(text);
        let rest = lower
            .split_once("://")
            .map_or(lower.as_str(), |(_, rest)| &rest[rest.find('/').unwrap_or(rest.len())..]);
        rest.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned()
    };
    path(a) == path(b)
}

fn nothing_left<T: Ord>(a: &BTreeSet<T>, is: bool, b: &BTreeSet<T>) -> bool {
    if is { a.is_disjoint(b) } else { a.is_subset(b) }
}

/// Whether no text passes one of `a` and, as `is` says, one or none of `b`.
fn no_text(a: &[TextTest], is: bool, b: &[TextTest]) -> bool {
    let whole = |tests: &[TextTest]| tests.iter().all(|test| test.how == How::Is);
    if is {
        // Of two texts to begin with, one must begin the other; a text to contain fits in anywhere.
        whole(a) && !a.iter().any(|x| b.iter().any(|y| y.passes(&x.lower)))
            || whole(b) && !b.iter().any(|x| a.iter().any(|y| y.passes(&x.lower)))
    } else {
        // Whatever passes `x` passes `y` as well.
        a.iter().all(|x| {
            b.iter().any(|y| match (x.how, y.how) {
                (How::Is, _) => y.passes(&x.lower),
                (How::Begins, How::Begins | How::Contains) | (How::Contains, How::Contains) => {
                    y.passes(&x.lower)
                }
                _ => false,
            })
        })
    }
}

fn of_one(x: &AttributeTest, y: &AttributeTest) -> bool {
    use AttributeTest as A;
    match (x, y) {
        (A::Present(a), A::Present(b)) => a != b,
        (A::Present(false), A::Number(_) | A::Text { is: true, .. }) => true,
        (A::Number(a), A::Number(b)) => disjoint(*a, *b),
        (A::Text { is: true, tests: a }, A::Text { is, tests: b }) => no_text(a, *is, b),
        _ => false,
    }
}
