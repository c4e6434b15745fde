//! `cargo xtask package`: the functions for AWS, cross-compiled by cargo-lambda, which comes from PyPI with its own linker
//! into the project's own Python environment.

use crate::run::FUNCTIONS;
use crate::tools::{command, exists, python_environment, root};
use anyhow::{Context, Result, bail, ensure};
use std::process::Command;

/// What `template.yaml` asks for.
const ARM64: &str = "aarch64-unknown-linux-gnu";
const X86_64: &str = "x86_64-unknown-linux-gnu";

pub fn package(words: &[&str]) -> Result<()> {
    let (target, architecture) = match words {
        [] | ["--arm64"] => (ARM64, "--arm64"),
        ["--x86-64"] => (X86_64, "--x86-64"),
        _ => bail!(
            "unknown option {}; known are --arm64 (as template.yaml has it) and --x86-64",
            words.join(" ")
        ),
    };
    need_standard_library(target)?;
    let programs =
        python_environment("infra/package/requirements.txt").context("cargo-lambda comes from PyPI")?;
    let mut arguments =
        vec!["lambda", "build", "--profile", "lambda", architecture, "--locked", "--skip-target-check"];
    for function in FUNCTIONS {
        arguments.extend(["-p", function]);
    }
    // cargo finds `cargo-lambda` and `python-zig` (which lies beside it) by PATH.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path)))?;
    let status =
        command("cargo").args(&arguments).env("PATH", path).status().context("cargo could not be started")?;
    ensure!(status.success(), "cargo lambda build failed");
    println!("\nfor {target}:");
    for function in FUNCTIONS {
        let bootstrap = root().join("target/lambda").join(function).join("bootstrap");
        ensure!(bootstrap.exists(), "{} was not made", bootstrap.display());
        println!("  target/lambda/{function}/bootstrap {:>6} KB", bootstrap.metadata()?.len() / 1024);
    }
    if target != ARM64 {
        println!(
            "\nNOT what template.yaml deploys: it says arm64. Deploy these only with Architectures: [x86_64]."
        );
    }
    Ok(())
}

/// Rust's standard library for the target, which rustup brings where it can reach its server.
fn need_standard_library(target: &str) -> Result<()> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).current_dir(root()).output();
    let sysroot = sysroot.context("rustc could not be started")?;
    let library = format!("{}/lib/rustlib/{target}/lib", String::from_utf8_lossy(&sysroot.stdout).trim());
    let there = || std::path::Path::new(&library).exists();
    if there() {
        return Ok(());
    }
    if exists("rustup") {
        println!("Rust's standard library for {target} is missing: asking rustup for it");
        // Its own words say what it could not reach; ours what to do.
        let _ = command("rustup").args(["target", "add", target]).status();
    }
    ensure!(
        there(),
        "Rust's standard library for {target} is missing, and rustup could not bring it: run `rustup target add {target}` where \
         static.rust-lang.org can be reached, and package there (`cargo xtask package --x86-64` packages for x86-64 instead)"
    );
    Ok(())
}
