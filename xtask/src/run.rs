//! `cargo xtask run`: builds, starts the platform, seeds it, says where everything is.

use crate::tools::{cargo, node_modules, npm, root};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// What is deployed.
pub const FUNCTIONS: [&str; 10] = [
    "ws-connect",
    "ws-message",
    "ws-disconnect",
    "evaluate-triggers",
    "http-api",
    "projector",
    "auto-reply",
    "timers",
    "email-fallback",
    "email-inbound",
];
/// What serves them at home.
const AT_HOME: [&str; 2] = ["mostrador-local", "seed"];

pub fn run(words: &[&str]) -> Result<()> {
    let (mut port, mut data, mut release, mut conversations) = ("8787", None, false, "0");
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().copied().with_context(|| format!("{word} needs a value"));
        match *word {
            "--port" => port = value()?,
            "--data" => data = Some(value()?),
            "--conversations" => conversations = value()?,
            "--release" => release = true,
            _ => bail!("unknown option {word}; known are --port, --data, --conversations, --release"),
        }
    }
    // Before minutes of building rather than after.
    let number: u16 = port.parse().with_context(|| format!("--port takes a number, not {port}"))?;
    if number != 0 && std::net::TcpStream::connect(("127.0.0.1", number)).is_ok() {
        bail!("port {port} is in use: end what runs there, or choose another with --port");
    }
    node_modules()?;
    npm(&["run", "build", "--workspaces", "--if-present"])?;
    build(release)?;
    let binaries = root().join(if release { "target/release" } else { "target/debug" });
    let mut platform = Command::new(binaries.join("mostrador-local"));
    platform.args(["--config", "infra/local/local.toml", "--port", port, "--bin-dir"]).arg(&binaries);
    if let Some(data) = data {
        platform.args(["--data", data]);
    }
    let mut platform = platform
        .current_dir(root())
        .stdout(Stdio::piped())
        .spawn()
        .context("the platform could not be started")?;
    let mut lines = BufReader::new(platform.stdout.take().expect("piped")).lines();
    let ready = lines.next().transpose()?.unwrap_or_default();
    let mut words = ready.split(' ');
    let (Some("ready"), Some(url), Some(table)) = (words.next(), words.next(), words.next()) else {
        bail!("the platform did not start; what it said is above");
    };
    let seed = Command::new(binaries.join("seed"))
        .args([
            "--table",
            table,
            "--origin",
            url,
            "--origin",
            &url.replace("localhost", "127.0.0.1"),
            "--show",
            "--conversations",
            conversations,
        ])
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_ENDPOINT_URL_DYNAMODB", format!("{url}/_aws/dynamodb"))
        .status()?;
    if !seed.success() {
        platform.kill()?;
        bail!("the demo could not be seeded");
    }
    println!(
        "\nMostrador runs.\n\n  Everything     {url}/\n  Demo shop      {url}/shop/\n  Dashboard      {url}/dashboard/   ana@example.com or luis@example.com, password mostrador\n  Second shop    {url}/shop/?site=demo-two   marta@example.com (eva@example.com is in both teams)\n  Platform       {url}/platform/\n\nCtrl-C ends it.\n"
    );
    // Ctrl-C reaches the whole group: the platform ends its processes, and then this ends.
    platform.wait()?;
    Ok(())
}

/// All that runs at home.
pub fn packages() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.into_iter().chain(AT_HOME)
}

/// Builds the functions, the platform and the seed.
pub fn build(release: bool) -> Result<()> {
    let mut arguments = vec!["build", "--bins"];
    for package in packages() {
        arguments.extend(["-p", package]);
    }
    if release {
        arguments.push("--release");
    }
    cargo(&arguments)
}
