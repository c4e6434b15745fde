//! What is new in mails of real shapes: 97 of 100 exactly, and the others named.
#![expect(clippy::print_stdout, reason = "a count is worth reading: --nocapture")]

#[path = "../examples/fixtures/languages.rs"]
mod languages;
#[path = "../examples/fixtures/shapes.rs"]
mod shapes;
#[path = "../examples/fixtures/wire.rs"]
mod wire;

use mostrador_mail::{Kind, Verdicts, read};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/mail")
}

#[test]
fn the_fixtures_are_those_that_the_generator_makes() {
    let made: BTreeMap<_, _> = shapes::all().into_iter().map(|f| (f.name, (f.raw, f.expected))).collect();
    for (name, (raw, expected)) in &made {
        let path = root().join(name);
        let found = std::fs::read(path.with_extension("eml")).unwrap_or_default();
        assert!(found == *raw, "{name}.eml is stale: cargo run -p mostrador-mail --example fixtures");
        assert_eq!(
            &std::fs::read_to_string(path.with_extension("txt")).unwrap_or_default(),
            expected,
            "{name}.txt"
        );
    }
    let mut stored = BTreeSet::new();
    for folder in std::fs::read_dir(root()).expect("the fixtures") {
        let folder = folder.expect("readable");
        for file in std::fs::read_dir(folder.path()).expect("a folder of mails") {
            let path = file.expect("readable").path();
            if path.extension().is_some_and(|end| end == "eml") {
                let name = format!(
                    "{}/{}",
                    folder.file_name().display(),
                    path.file_stem().expect("a name").display()
                );
                stored.insert(name);
            }
        }
    }
    assert_eq!(stored, made.keys().cloned().collect(), "mails that nobody makes");
}

#[test]
fn what_is_new_is_found_in_97_of_100_mails() {
    let all = shapes::all();
    assert!(all.len() >= 300, "{} mails", all.len());
    let misses: Vec<_> = all
        .iter()
        .filter_map(|fixture| {
            let found = read(&fixture.raw, Verdicts::default()).new_text;
            (found != fixture.expected).then_some((fixture.name.as_str(), found, fixture.expected.as_str()))
        })
        .collect();
    let exact = all.len() - misses.len();
    println!("{exact} of {} exact ({:.1} %)", all.len(), exact as f64 * 100.0 / all.len() as f64);
    for (name, found, expected) in &misses {
        println!("  miss: {name}");
        if std::env::var_os("SHOW").is_some() {
            println!("--- found\n{found}\n--- expected\n{expected}\n---");
        }
    }
    assert!(exact * 100 >= all.len() * 97, "{exact} of {}", all.len());
}

/// A line too many is read over; a line too few is lost.
#[test]
fn no_miss_loses_what_a_person_wrote_but_the_one_who_writes_into_the_history() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let losing: Vec<_> = shapes::all()
        .into_iter()
        .filter(|fixture| {
            let found = words(&read(&fixture.raw, Verdicts::default()).new_text);
            let mut rest = found.iter();
            !words(&fixture.expected).iter().all(|word| rest.any(|found| found == word))
        })
        .map(|fixture| fixture.name)
        .collect();
    assert_eq!(losing, ["hard/outlook-in-red"]);
}

#[test]
fn all_of_it_is_kept_and_every_writer_is_a_person() {
    for fixture in shapes::all() {
        let mail = read(&fixture.raw, Verdicts::default());
        assert_eq!(mail.kind, Kind::Person, "{}: {:?}", fixture.name, mail.evidence);
        assert_eq!(mail.author().map(|a| a.as_str()), Some("zoe@example.com"), "{}", fixture.name);
        assert_eq!(mail.from[0].name.as_str(), "Zoë García", "{}", fixture.name);
        assert_eq!(mail.tokens("reply.tienda.example").len(), 1, "{}", fixture.name);
        assert_eq!(mail.message_id.as_deref(), Some("CA+7f1@mail.example.com"), "{}", fixture.name);
        assert!(mail.text.len() >= mail.new_text.len(), "{}", fixture.name);
    }
}
