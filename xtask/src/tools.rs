//! Other programs: finding them, running them, naming what is missing.

use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of the project, wherever the command is typed.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the project").to_owned()
}

/// A program to be run in the project's folder, without what cargo told *this* program about itself: build scripts (ring's)
/// watch those variables, and `cargo xtask` would then build anew what `cargo` has built, and the other way round.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    let about_us = |name: &str| {
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(about_us) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command in the project's folder; its output is shown.
pub fn sh(program: &str, arguments: &[&str]) -> Result<()> {
    let status = command(program)
        .args(arguments)
        .status()
        .with_context(|| format!("{program} could not be started"))?;
    ensure!(status.success(), "{program} {} failed", arguments.join(" "));
    Ok(())
}

pub fn cargo(arguments: &[&str]) -> Result<()> {
    sh(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()), arguments)
}

pub fn npm(arguments: &[&str]) -> Result<()> {
    sh("npm", arguments)
}

pub fn exists(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// cargo-deny at the version that `deny.toml` was written for, in the project's own folder: built once, in about a minute.
pub fn cargo_deny() -> Result<PathBuf> {
    const VERSION: &str = "0.20.2";
    let tools = root().join("target/tools");
    let program = tools.join("bin/cargo-deny");
    let version = Command::new(&program).arg("--version").output();
    if !version.is_ok_and(|output| output.stdout.trim_ascii_end().ends_with(VERSION.as_bytes())) {
        println!("cargo-deny {VERSION} is not in target/tools: building it");
        // Not optimised: it runs for two seconds. Built apart, so that its thousand files do not stay.
        let (tools, build) = (tools.display().to_string(), root().join("target/tools-build"));
        let to = build.display().to_string();
        let install = [
            "install",
            "cargo-deny",
            "--version",
            VERSION,
            "--locked",
            "--debug",
            "--force",
            "--root",
            &tools,
        ];
        let installed = cargo(&[&install[..], &["--target-dir", &to]].concat());
        // Whatever came of it, its half is of no more use.
        let _ = std::fs::remove_dir_all(build);
        installed.context("cargo-deny could not be built; crates.io must be within reach")?;
    }
    Ok(program)
}

/// Why the project's Python environment cannot be had here, or nothing.
pub fn python_is_missing() -> Option<&'static str> {
    let recent = "import sys; sys.exit(sys.version_info < (3, 11))";
    match Command::new("python3").args(["-c", recent]).status() {
        Err(_) => Some("python3 is missing: install Python 3.11 or later (https://www.python.org)"),
        Ok(status) if !status.success() => Some("python3 is older than 3.11"),
        Ok(_) => None,
    }
}

/// The project's own Python environment (`.venv`) with what a list of pinned packages names; the folder of its programs. A list
/// that has changed is installed anew.
pub fn python_environment(requirements: &str) -> Result<PathBuf> {
    let programs = root().join(".venv/bin");
    let wanted = std::fs::read_to_string(root().join(requirements)).context(requirements.to_owned())?;
    let stamp = root().join(".venv").join(requirements.replace('/', "-"));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(programs);
    }
    if let Some(why) = python_is_missing() {
        bail!(why);
    }
    if !programs.join("pip").exists() {
        sh("python3", &["-m", "venv", ".venv"])
            .context("Python's venv is needed (on Debian and Ubuntu: apt-get install python3-venv)")?;
    }
    sh(
        ".venv/bin/pip",
        &["install", "--quiet", "--disable-pip-version-check", "--requirement", requirements],
    )?;
    std::fs::write(stamp, wanted)?;
    Ok(programs)
}

/// Node 20 or later, and npm. Of 20 and 22 only what the build tools run on.
pub fn need_node() -> Result<()> {
    let version = Command::new("node").arg("--version").output();
    let version = version.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let numbers = version.as_deref().and_then(|version| {
        let mut parts = version.strip_prefix('v')?.split('.').map(str::parse::<u32>);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    });
    match numbers {
        Some((20, 19..) | (22, 12..) | (23.., _)) => {}
        Some(_) => bail!(
            "Node {} is too old: 20.19, 22.12 or any later is needed (https://nodejs.org)",
            version.unwrap_or_default()
        ),
        None => bail!("Node is missing: install Node 20.19 or later (https://nodejs.org)"),
    }
    ensure!(exists("npm"), "npm is missing: it comes with Node (https://nodejs.org)");
    Ok(())
}

/// Installs the web's packages when the lock has moved since the last time.
pub fn node_modules() -> Result<()> {
    need_node()?;
    let (lock, stamp) = (root().join("package-lock.json"), root().join("node_modules/.package-lock.json"));
    let modified = |path: &Path| path.metadata().and_then(|meta| meta.modified()).ok();
    if modified(&stamp).is_none() || modified(&lock) > modified(&stamp) {
        npm(&["ci", "--no-audit", "--no-fund"])?;
    }
    Ok(())
}

/// A Chromium for the browser tests: found, or installed where that can be done without asking.
pub fn chromium() -> Result<PathBuf> {
    if let Ok(path) = std::env::var("CHROMIUM") {
        ensure!(Path::new(&path).exists(), "CHROMIUM points at {path}, where nothing is");
        return Ok(path.into());
    }
    let find = || {
        ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
            .into_iter()
            .find(|name| exists(name))
    };
    if find().is_none() && Path::new("/etc/debian_version").exists() && is_root() {
        println!("no Chromium: installing Debian's");
        sh("apt-get", &["update", "-qq"])?;
        sh("apt-get", &["install", "-y", "-qq", "chromium", "fonts-noto-core", "fonts-noto-color-emoji"])?;
    }
    match find() {
        Some(name) => Ok(name.into()),
        None => bail!(
            "no Chromium, which the browser tests need: install Chromium or Chrome, or let CHROMIUM point at one"
        ),
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
