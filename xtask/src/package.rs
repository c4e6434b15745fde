//! `cargo xtask package`: the functions for AWS, cross-compiled by cargo-lambda, which comes from PyPI with its own linker
//! into the project's own Python environment.

use crate::run::FUNCTIONS;
use crate::tools::{command, exists, python_environment, root};
use anyhow::{Context, Result, bail, ensure};
use std::process::Command;

/// What `template.yaml` asks for.
const ARM64: &str = "aarch64-unknown-linux-gnu";
const X86_64: &str = "x86_64-unknown-linux-gnu";
/// The same in an ELF file.
const EM_AARCH64: u16 = 183;
const EM_X86_64: u16 = 62;
/// The runtime provided.al2023 has glibc 2.34.
const GLIBC: u32 = 34;

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
        let program =
            std::fs::read(&bootstrap).with_context(|| format!("{} was not made", bootstrap.display()))?;
        ensure!(
            machine(&program) == Some(if target == ARM64 { EM_AARCH64 } else { EM_X86_64 }),
            "{} is not a program for {target}",
            bootstrap.display()
        );
        let glibc = wanted_glibc(&program);
        ensure!(
            glibc <= GLIBC,
            "{} wants glibc 2.{glibc}; Amazon Linux 2023 has 2.{GLIBC}",
            bootstrap.display()
        );
        let path = format!("target/lambda/{function}/bootstrap");
        println!("  {path:<40} {:>6} KB, glibc 2.{glibc}", program.len() / 1024);
    }
    if target != ARM64 {
        println!(
            "\nNOT what template.yaml deploys: it says arm64. Deploy these only with Architectures: [x86_64]."
        );
    }
    Ok(())
}

/// What an ELF file says it is for.
fn machine(program: &[u8]) -> Option<u16> {
    let head = program.get(..20)?;
    head.starts_with(b"\x7fELF").then(|| u16::from_le_bytes([head[18], head[19]]))
}

/// The minor version of the newest glibc whose functions a program wants.
fn wanted_glibc(program: &[u8]) -> u32 {
    let mark = b"GLIBC_2.";
    let versions =
        program.windows(mark.len()).enumerate().filter(|(_, window)| window == mark).map(|(at, _)| {
            let digits = program[at + mark.len()..].iter().take_while(|byte| byte.is_ascii_digit()).take(3);
            digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
        });
    versions.max().unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_glibc_that_a_program_wants_is_found() {
        assert_eq!(wanted_glibc(b"..GLIBC_2.17\0GLIBC_2.34\0GLIBC_2.9\0"), 34);
        assert_eq!(wanted_glibc(b"GLIBC_PRIVATE, GLIBC_2."), 0);
    }

    #[test]
    fn what_is_no_program_is_for_no_machine() {
        let mut arm = [0_u8; 20];
        arm[..4].copy_from_slice(b"\x7fELF");
        arm[18] = 183;
        assert_eq!(machine(&arm), Some(EM_AARCH64));
        assert_eq!(machine(b"#!/bin/sh"), None);
        assert_eq!(machine(&[0; 20]), None);
    }
}
