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

/// Node 20 or later, and npm.
pub fn need_node() -> Result<()> {
    let version = Command::new("node").arg("--version").output();
    let version = version.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let major = version
        .as_deref()
        .and_then(|version| version.strip_prefix('v')?.split('.').next()?.parse::<u32>().ok());
    match major {
        Some(major) if major >= 20 => {}
        Some(_) => bail!(
            "Node {} is too old: 20 or later is needed (https://nodejs.org)",
            version.unwrap_or_default()
        ),
        None => bail!("Node is missing: install Node 20 or later (https://nodejs.org)"),
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
        None => bail!("no Chromium: install Chromium or Chrome, or let CHROMIUM point at one"),
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
