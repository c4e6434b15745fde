//! `simulation [--messages N] [--seed N]`: a long run, printed.
#![expect(clippy::print_stdout, reason = "its answer")]
#![expect(clippy::disallowed_methods, reason = "it says how long it took")]

use simulation::ports::Odds;
use simulation::run::{Settings, run};

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: u64| {
        words
            .iter()
            .position(|word| word == name)
            .and_then(|at| words.get(at + 1)?.parse().ok())
            .unwrap_or(default)
    };
    let (messages, seed) = (number("--messages", 1_000_000), number("--seed", 1));
    let started = std::time::Instant::now();
    let report =
        run(Settings { seed, messages: messages as usize, each: 250, odds: Odds::STORMY, mutant: None });
    println!("seed {seed}\n{report}\n{:.0} s", started.elapsed().as_secs_f64());
    std::process::exit(i32::from(!report.broken.is_empty()));
}
