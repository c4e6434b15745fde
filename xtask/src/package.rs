//! `cargo xtask package`: the functions for AWS, cross-compiled by cargo-lambda, which comes from PyPI with its own linker
//! into the project's own Python environment.

use crate::run::FUNCTIONS;
use crate::tools::{command, exists, root, sh};
use anyhow::{Context, Result, ensure};

/// Pinned: what is deployed is built by a known tool.
const CARGO_LAMBDA: &str = "cargo-lambda==1.9.2";

pub fn package() -> Result<()> {
    let own = root().join(".venv/bin");
    if !exists("cargo-lambda") && !own.join("cargo-lambda").exists() {
        ensure!(
            exists("python3"),
            "cargo-lambda is missing, and so is python3, with which it would be installed: see https://www.cargo-lambda.info"
        );
        sh("python3", &["-m", "venv", ".venv"])?;
        sh(".venv/bin/pip", &["install", "--quiet", CARGO_LAMBDA])?;
    }
    if exists("rustup") {
        sh("rustup", &["target", "add", "aarch64-unknown-linux-gnu"])?;
    }
    let mut arguments = vec!["lambda", "build", "--profile", "lambda", "--arm64", "--locked"];
    for function in FUNCTIONS {
        arguments.extend(["-p", function]);
    }
    // cargo finds `cargo-lambda` and `zig` (which lies beside it) by PATH.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path)))?;
    let status =
        command("cargo").args(&arguments).env("PATH", path).status().context("cargo could not be started")?;
    ensure!(status.success(), "cargo lambda build failed");
    for function in FUNCTIONS {
        let bootstrap = root().join("target/lambda").join(function).join("bootstrap");
        ensure!(bootstrap.exists(), "{} was not made", bootstrap.display());
        println!("{function:<16} {:>6} KB", bootstrap.metadata()?.len() / 1024);
    }
    Ok(())
}
