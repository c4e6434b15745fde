//! `cargo xtask test`: every check as a step, and a summary that cannot be overlooked.

use crate::run::{build, packages};
use crate::tools::{
    cargo, cargo_deny, chromium, command, need_node, node_modules, npm, python_environment,
    python_is_missing, sh,
};
use anyhow::{Result, bail, ensure};
use std::collections::BTreeSet;
use std::time::Instant;

type Step = (&'static str, fn() -> Result<Outcome>);

enum Outcome {
    Passed,
    /// With the reason, told loudly.
    Skipped(String),
}

const STEPS: [Step; 8] = [
    ("format", format),
    ("lint", lint),
    ("rust", rust),
    ("web", web),
    ("template", template),
    ("browser", browser),
    ("audit", audit),
    ("advisories", advisories),
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
    need(&chosen)?;
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

/// What the steps want beside Rust, before minutes of building rather than after.
fn need(chosen: &[&str]) -> Result<()> {
    let any = |steps: &[&str]| steps.iter().any(|step| chosen.contains(step));
    if any(&["web", "browser"]) {
        need_node()?;
    }
    if any(&["browser"]) {
        chromium()?;
    }
    Ok(())
}

fn in_ci() -> bool {
    std::env::var_os("CI").is_some()
}

fn format() -> Result<Outcome> {
    cargo(&["fmt", "--all", "--check"])?;
    Ok(Outcome::Passed)
}

fn lint() -> Result<Outcome> {
    one_build_serves_all()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    Ok(Outcome::Passed)
}

/// A package that tests use with more features than the programs do would be compiled a second time, and with it all that
/// stands on it: the AWS SDK, the table, all of ours. It cost minutes once.
fn one_build_serves_all() -> Result<()> {
    let features = |selection: &[&str]| -> Result<BTreeSet<String>> {
        let arguments = ["tree", "--locked", "--prefix", "none", "--format", "{p} {f}"];
        let tree = command("cargo").args([&arguments[..], selection].concat()).output()?;
        ensure!(tree.status.success(), "cargo tree: {}", String::from_utf8_lossy(&tree.stderr).trim());
        let lines = String::from_utf8_lossy(&tree.stdout).into_owned();
        Ok(lines.lines().map(|line| line.trim_end_matches(" (*)").trim_end().to_owned()).collect())
    };
    let mut programs = vec!["--edges", "normal,build"];
    for package in packages() {
        programs.extend(["-p", package]);
    }
    let (programs, tests) =
        (features(&programs)?, features(&["--workspace", "--edges", "normal,build,dev"])?);
    let twice: Vec<&String> = programs.difference(&tests).collect();
    ensure!(
        twice.is_empty(),
        "compiled twice, because tests turn on more features of them: {twice:?}; name those features in infra/seed/Cargo.toml"
    );
    Ok(())
}

/// The functions first: tests start them as they are deployed; and the platform's tests a function that is an example.
fn rust() -> Result<Outcome> {
    build(false)?;
    cargo(&["build", "--workspace", "--examples"])?;
    cargo(&["test", "--workspace", "--tests", "--no-fail-fast"])?;
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
    if let Some(why) = python_is_missing() {
        ensure!(!in_ci(), "{why}; CI needs it");
        return Ok(Outcome::Skipped(format!("{why}; the template was NOT checked")));
    }
    let programs = python_environment("tests/deployment/requirements.txt")?;
    sh(&programs.join("python").display().to_string(), &["tests/deployment/check.py"])?;
    Ok(Outcome::Passed)
}

/// People, in a real browser, against the real functions.
fn browser() -> Result<Outcome> {
    node_modules()?;
    let chromium = chromium()?;
    build(false)?;
    npm(&["run", "build", "--workspaces", "--if-present"])?;
    let status = command("npm")
        .args(["run", "e2e", "--workspaces", "--if-present"])
        .env("CHROMIUM", chromium)
        .status()?;
    ensure!(status.success(), "the browser tests failed");
    Ok(Outcome::Passed)
}

/// Dependencies that turn bad (TRUST A35), as far as our own files tell: where they come from, what binds them to their
/// content, what is banned, which licences.
fn audit() -> Result<Outcome> {
    cargo(&["test", "--package", "deployment", "--test", "supply_chain"])?;
    let deny = cargo_deny()?.display().to_string();
    sh(&deny, &["--locked", "check", "bans", "licenses", "sources"])?;
    Ok(Outcome::Passed)
}

/// The same, as far as others have found out: RustSec's database, crates.io's yanked versions, npm's audits. Whoever cannot be
/// asked is named; what was found fails.
fn advisories() -> Result<Outcome> {
    let mut unasked = Vec::new();
    let deny = cargo_deny()?.display().to_string();
    let fetched = command(&deny).args(["fetch", "db"]).output()?;
    if fetched.status.success() {
        sh(&deny, &["--locked", "check", "--disable-fetch", "advisories"])?;
    } else {
        let said = String::from_utf8_lossy(&fetched.stderr);
        let reason = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no reason given");
        unasked.push(format!("crates were NOT held against RustSec's advisories ({})", reason.trim()));
    }
    match command("npm").args(["audit", "--audit-level=high", "--json"]).output() {
        Err(_) => unasked.push("npm's packages were NOT audited (npm is missing)".to_owned()),
        Ok(npm) => {
            let answer = String::from_utf8_lossy(&npm.stdout);
            if answer.contains("\"auditReportVersion\"") {
                ensure!(npm.status.success(), "npm knows of dangerous packages: run `npm audit`");
            } else {
                // Without the registry's answer there is an error in its place.
                let reason =
                    answer.lines().find(|line| line.contains("\"message\"") || line.contains("\"summary\""));
                let reason = reason.unwrap_or("npm does not say why").trim().trim_end_matches(',');
                unasked.push(format!("npm's packages were NOT audited ({reason})"));
            }
        }
    }
    Ok(if unasked.is_empty() { Outcome::Passed } else { Outcome::Skipped(unasked.join("; ")) })
}

/// The long figures, printed.
pub fn prove() -> Result<()> {
    cargo(&["run", "--release", "-p", "simulation", "--", "--messages", "1000000", "--seed", "1"])?;
    // With the storm of ten thousand visitors' page views.
    cargo(&["test", "--release", "-p", "simulation", "--", "--nocapture", "--include-ignored"])?;
    // Ten thousand records of the stream, each conversation with exactly the automatic messages that it should have.
    cargo(&["test", "--release", "-p", "auto-reply", "--", "--nocapture"])?;
    cargo(&["run", "--release", "-p", "mostrador-mail", "--example", "storm", "--", "--seconds", "600"])?;
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
