//! `cargo xtask test`: every check as a step, and a summary that cannot be overlooked.

use crate::run::build;
use crate::tools::{cargo, chromium, exists, node_modules, npm, root, sh};
use anyhow::{Result, bail, ensure};
use std::time::Instant;

type Step = (&'static str, fn() -> Result<Outcome>);

enum Outcome {
    Passed,
    /// With the reason, told loudly.
    Skipped(&'static str),
}

const STEPS: [Step; 7] = [
    ("format", format),
    ("lint", lint),
    ("rust", rust),
    ("web", web),
    ("template", template),
    ("browser", browser),
    ("audit", audit),
];

/// The inner loop: what most changes break.
const QUICK: [&str; 2] = ["lint", "rust"];

pub fn test(words: &[&str]) -> Result<()> {
    let chosen: Vec<&str> = match words {
        [] => STEPS.iter().map(|(name, _)| *name).collect(),
        ["--quick"] => QUICK.to_vec(),
        names => names.to_vec(),
    };
    if let Some(unknown) = chosen.iter().find(|name| !STEPS.iter().any(|(known, _)| known == *name)) {
        bail!("there is no step {unknown}; there are {}", STEPS.map(|(name, _)| name).join(", "));
    }
    let mut lines = Vec::new();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, step) in STEPS.iter().filter(|(name, _)| chosen.contains(name)) {
        println!("\n=== {name}");
        let started = Instant::now();
        let outcome = step();
        let took = started.elapsed().as_secs();
        lines.push(match outcome {
            Ok(Outcome::Passed) => {
                passed += 1;
                format!("  passed   {name:<10} {took:>4} s")
            }
            Ok(Outcome::Skipped(why)) => {
                skipped += 1;
                format!("  SKIPPED  {name:<10} {why}")
            }
            Err(error) => {
                failed += 1;
                format!("  FAILED   {name:<10} {took:>4} s  {error:#}")
            }
        });
    }
    println!("\n{}\n\n{passed} passed, {failed} failed, {skipped} skipped", lines.join("\n"));
    ensure!(failed == 0, "{failed} of the steps failed");
    Ok(())
}

fn format() -> Result<Outcome> {
    cargo(&["fmt", "--all", "--check"])?;
    Ok(Outcome::Passed)
}

fn lint() -> Result<Outcome> {
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    Ok(Outcome::Passed)
}

/// The functions first: tests start them as they are deployed.
fn rust() -> Result<Outcome> {
    build(false)?;
    cargo(&["test", "--workspace", "--no-fail-fast"])?;
    Ok(Outcome::Passed)
}

fn web() -> Result<Outcome> {
    node_modules()?;
    npm(&["run", "typecheck", "--workspaces", "--if-present"])?;
    npm(&["test", "--workspaces", "--if-present"])?;
    npm(&["run", "build", "--workspaces", "--if-present"])?;
    Ok(Outcome::Passed)
}

/// The template against SAM's own translation and cfn-lint: Python, in an environment of the project's own.
fn template() -> Result<Outcome> {
    if !exists("python3") {
        ensure!(std::env::var("CI").is_err(), "python3 is missing, and CI needs it");
        return Ok(Outcome::Skipped("python3 is missing: the template was NOT checked"));
    }
    let venv = root().join(".venv");
    if !venv.join("bin/cfn-lint").exists() {
        sh("python3", &["-m", "venv", ".venv"])?;
        sh(".venv/bin/pip", &["install", "--quiet", "--requirement", "tests/deployment/requirements.txt"])?;
    }
    sh(".venv/bin/python", &["tests/deployment/check.py"])?;
    Ok(Outcome::Passed)
}

/// People, in a real browser, against the real functions.
fn browser() -> Result<Outcome> {
    node_modules()?;
    let chromium = chromium()?;
    build(false)?;
    npm(&["run", "build", "--workspaces", "--if-present"])?;
    let status = std::process::Command::new("npm")
        .args(["run", "e2e", "--workspaces", "--if-present"])
        .env("CHROMIUM", chromium)
        .current_dir(root())
        .status()?;
    ensure!(status.success(), "the browser tests failed");
    Ok(Outcome::Passed)
}

/// Dependencies that turned bad (TRUST A35). Both need what a newcomer's machine may lack, and say so.
fn audit() -> Result<Outcome> {
    let deny = exists("cargo-deny");
    if deny {
        cargo(&["deny", "--locked", "check"])?;
    }
    let npm = std::process::Command::new("npm")
        .args(["audit", "--omit=dev", "--audit-level=high", "--json"])
        .current_dir(root())
        .output()?;
    // Without the registry's answer there is an error in its place.
    let answered = String::from_utf8_lossy(&npm.stdout).contains("\"auditReportVersion\"");
    ensure!(!answered || npm.status.success(), "npm audit finds something: run `npm audit --omit=dev`");
    Ok(match (deny, answered) {
        (true, true) => Outcome::Passed,
        (false, true) => {
            Outcome::Skipped("cargo-deny is missing: `cargo install cargo-deny --locked`; npm's part passed")
        }
        (true, false) => Outcome::Skipped("the registry gives no audits; cargo-deny's part passed"),
        (false, false) => Outcome::Skipped(
            "dependencies were NOT audited: `cargo install cargo-deny --locked`, and a registry that answers",
        ),
    })
}

/// The long figures, printed.
pub fn prove() -> Result<()> {
    cargo(&["run", "--release", "-p", "simulation", "--", "--messages", "1000000", "--seed", "1"])?;
    cargo(&["test", "--release", "-p", "simulation", "--", "--nocapture"])?;
    build(true)?;
    // One at a time: each measures or hurts a whole platform.
    let long = ["--ignored", "--nocapture", "--test-threads=1"];
    for (suite, flags) in
        [("budget", &["--include-ignored", "--nocapture", "--test-threads=1"]), ("storm", &long)]
    {
        cargo(&[&["test", "--release", "-p", "faults", "--test", suite, "--"], &flags[..]].concat())?;
    }
    Ok(())
}

pub fn generate() -> Result<()> {
    cargo(&["run", "--quiet", "-p", "mostrador-protocol", "--bin", "generate"])
}
