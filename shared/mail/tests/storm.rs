//! TRUST A33: whatever comes in is read within its limits. Short here; `cargo xtask prove` runs it for ten minutes.

#[path = "../examples/storm/bombs.rs"]
mod bombs;
#[path = "../examples/storm/mutation.rs"]
mod mutation;

use mostrador_mail::{Inbound, Verdicts, attachment_bytes, read};
use proptest::prelude::*;

fn reads(raw: &[u8]) -> Inbound {
    let mail = read(raw, Verdicts::default());
    let mut decoded = 0;
    for file in &mail.attachments {
        let bytes = attachment_bytes(raw, file);
        assert_eq!(bytes.len() as u64, file.bytes);
        decoded += bytes.len();
    }
    assert!(decoded <= 2 * raw.len() + 64);
    assert!(mail.attachments.len() <= 100 && mail.text.len() <= 2 << 20 && mail.new_text.len() <= 2 << 20);
    mail
}

/// The largest that this process has been, in KiB.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_33_a_bomb_costs_what_it_weighs() {
    for (name, bomb) in bombs::all() {
        let raw = bomb();
        // From here on the largest is counted anew; where there is no Linux to count, the limits of `reads` remain.
        let counted = std::fs::write("/proc/self/clear_refs", "5").is_ok();
        let before = peak_kib();
        let mail = reads(&raw);
        if let (true, Some(before), Some(after)) = (counted, before, peak_kib()) {
            // Other tests of this file run beside it: they read small mails.
            assert!(after - before < 64 << 10, "{name}: {} KiB more", after - before);
        }
        assert_eq!(mail.from[0].address.as_ref().map(|a| a.as_str()), Some("a@b.example"), "{name}");
    }
}

#[test]
fn a_33_mutated_mails_are_read() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/mail");
    let mut sources = Vec::new();
    for folder in std::fs::read_dir(root).expect("the fixtures") {
        for file in std::fs::read_dir(folder.expect("readable").path()).expect("a folder of mails") {
            let path = file.expect("readable").path();
            if path.extension().is_some_and(|end| end == "eml") {
                sources.push((path.clone(), std::fs::read(path).expect("a mail")));
            }
        }
    }
    sources.sort();
    let mut sources: Vec<Vec<u8>> = sources.into_iter().map(|(_, raw)| raw).collect();
    assert!(sources.len() >= 300);
    (0..30).for_each(|_| sources.extend(mutation::reports()));
    let mut chance = mutation::Chance(7);
    for _ in 0..1_500 {
        reads(&chance.mail(&sources));
    }
}

proptest! {
    #[test]
    fn a_33_any_bytes_are_read(raw in proptest::collection::vec(any::<u8>(), 0..600)) {
        reads(&raw);
    }

    #[test]
    fn a_33_any_text_is_read(text in "\\PC{0,200}", html in any::<bool>()) {
        let kind = if html { "text/html" } else { "text/plain" };
        reads(format!("From: a@b.example\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n{text}").as_bytes());
    }

    /// What nobody quoted and nobody signed is what was written.
    #[test]
    fn plain_words_are_kept(lines in proptest::collection::vec("[a-zñé]{1,12}( [a-zñé,.]{1,12}){0,6}", 1..8)) {
        let text = lines.join("\n");
        let raw = format!("From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n", text.replace('\n', "\r\n"));
        prop_assert_eq!(reads(raw.as_bytes()).new_text, text);
    }
}
