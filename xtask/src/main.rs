//! `cargo xtask run | test | prove | bench | package | generate`: what a newcomer types, and what CI runs.
#![expect(clippy::print_stdout, reason = "a command-line program talks")]
#![expect(clippy::disallowed_methods, reason = "it times its steps")]

mod bench;
mod package;
mod run;
mod steps;
mod tools;

use anyhow::{Result, bail};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask run [--port N] [--data FILE] [--release]
    the whole product on this machine: http://localhost:8787
cargo xtask test [--quick | STEP …]
    every check; --quick: the inner loop; STEP: format, lint, rust, web, template, browser, audit, advisories
cargo xtask prove
    the long figures: the simulation and the faults at full length
cargo xtask bench
    what a message costs, beside two baselines that make the same AWS calls
cargo xtask package [--x86-64]
    the functions as AWS wants them: target/lambda/<name>/bootstrap, for arm64
cargo xtask generate
    TypeScript and API documents from shared/protocol";

/// What went wrong is told to whoever typed the command, not where in this program.
fn main() -> ExitCode {
    match obey() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn obey() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rest: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    match words.first().map(String::as_str) {
        Some("run") => run::run(&rest),
        Some("test") => steps::test(&rest),
        Some("prove") => steps::prove(),
        Some("bench") => bench::bench(),
        Some("package") => package::package(&rest),
        Some("generate") => steps::generate(),
        None | Some("help" | "--help" | "-h") => {
            println!("{HELP}");
            Ok(())
        }
        Some(other) => bail!("there is no command {other}\n{HELP}"),
    }
}
