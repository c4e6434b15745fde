//! The inbound path under broken and hostile mails, for as long as is said: `cargo run --release -p mostrador-mail --example storm -- --seconds 600`.
//! Every mail is read; none may panic, take two seconds, or make the process larger than 64 MB over the mail itself. `--seed` replays.
#![expect(clippy::print_stdout, reason = "a command-line program talks")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

mod bombs;
#[path = "../fixtures/languages.rs"]
mod languages;
mod mutation;
#[path = "../fixtures/shapes.rs"]
mod shapes;
#[path = "../fixtures/wire.rs"]
mod wire;

use mostrador_mail::{Inbound, Verdicts, attachment_bytes, read};
use std::time::{Duration, Instant};

const SLOWEST: Duration = Duration::from_secs(2);
const MOST_KIB: u64 = 64 << 10;

/// From here on the largest is counted anew.
fn forget_peak() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// The largest that the process has been, in KiB; Linux tells.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let number = |name: &str, otherwise: u64| {
        let at = words.iter().position(|word| word == name);
        at.and_then(|at| words.get(at + 1)).and_then(|word| word.parse().ok()).unwrap_or(otherwise)
    };
    let (seconds, seed) = (number("--seconds", 60), number("--seed", 1));
    let fixtures = shapes::all();
    let mut chance = mutation::Chance(seed);
    let start = Instant::now();
    let (mut mails, mut bytes, mut slowest) = (0_u64, 0_u64, (Duration::ZERO, String::new()));
    let mut flags = std::collections::BTreeMap::<String, u64>::new();
    let mut kinds = std::collections::BTreeMap::<&str, u64>::new();
    let mut one = |what: String, raw: &[u8]| {
        let begun = Instant::now();
        let mail = read(raw, Verdicts::default());
        for file in &mail.attachments {
            std::hint::black_box(attachment_bytes(raw, file));
        }
        let took = begun.elapsed();
        assert!(took < SLOWEST, "{what}: {took:?}");
        if took > slowest.0 {
            slowest = (took, what);
        }
        within(&mail, raw);
        mails += 1;
        bytes += raw.len() as u64;
        for flag in &mail.flags {
            *flags.entry(format!("{flag:?}")).or_default() += 1;
        }
        *kinds.entry(kind(&mail)).or_default() += 1;
    };
    let mut largest = (0, "");
    for (name, bomb) in bombs::all() {
        let raw = bomb();
        let (counted, before) = (forget_peak(), peak_kib());
        one(name.to_owned(), &raw);
        if let (true, Some(before), Some(after)) = (counted, before, peak_kib()) {
            largest = largest.max((after - before, name));
            assert!(after - before < MOST_KIB, "{name}: {} KiB more", after - before);
        }
    }
    for fixture in &fixtures {
        one(format!("{}, {} bytes new", fixture.name, fixture.expected.len()), &fixture.raw);
    }
    let mut sources: Vec<Vec<u8>> = fixtures.into_iter().map(|fixture| fixture.raw).collect();
    // Often enough to be met.
    (0..30).for_each(|_| sources.extend(mutation::reports()));
    while start.elapsed() < Duration::from_secs(seconds) {
        let raw = chance.mail(&sources);
        one("a mutation".to_owned(), &raw);
    }
    println!("{mails} mails, {} MB in {} s (seed {seed}): no panic", bytes >> 20, start.elapsed().as_secs());
    println!("slowest {} ms: {}", slowest.0.as_millis(), slowest.1);
    println!("kinds {kinds:?}");
    println!("flags {flags:?}");
    println!("largest {} KiB over the mail itself: {}", largest.0, largest.1);
}

fn kind(mail: &Inbound) -> &'static str {
    match mail.kind {
        mostrador_mail::Kind::Person => "person",
        mostrador_mail::Kind::AutoResponder => "auto-responder",
        mostrador_mail::Kind::Bounce(_) => "bounce",
        mostrador_mail::Kind::Complaint(_) => "complaint",
        mostrador_mail::Kind::Loop => "loop",
    }
}

/// What every reading must be, whatever was read.
fn within(mail: &Inbound, raw: &[u8]) {
    assert!(mail.text.len() <= 2 << 20 && mail.new_text.len() <= 2 << 20);
    assert!(mail.attachments.len() <= 100);
    assert!(mail.attachments.iter().map(|file| file.bytes).sum::<u64>() <= 2 * raw.len() as u64 + 64);
    let people = mail.from.iter().chain(&mail.to).chain(&mail.cc).chain(&mail.reply_to);
    assert!(people.clone().count() <= 400);
    for text in people.map(|person| person.name.as_str()).chain([mail.subject.as_str()]) {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}
