//! `mostrador-local [--config FILE] [--port N] [--data FILE] [--bin-dir DIR]`
#![expect(clippy::print_stdout, reason = "the ready line is this program's answer")]

use anyhow::{Context, Result, bail};
use platform::{Limits, Options, Platform, User};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    template: PathBuf,
    port: u16,
    parameters: BTreeMap<String, String>,
    oidc_clients: Vec<String>,
    users: Vec<User>,
    mounts: BTreeMap<String, PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut config = PathBuf::from("infra/platform/local.toml");
    let (mut port, mut data, mut binaries) = (None, None, PathBuf::from("target/debug"));
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--config" => config = value.into(),
            "--port" => port = Some(value.parse().context("--port takes a number")?),
            "--data" => data = Some(value.into()),
            "--bin-dir" => binaries = value.into(),
            _ => bail!("unknown option {word}; known are --config, --port, --data, --bin-dir"),
        }
    }
    let text = std::fs::read_to_string(&config).with_context(|| format!("{} cannot be read", config.display()))?;
    let config: Config = toml::from_str(&text).with_context(|| format!("{} is not what it should be", config.display()))?;
    let platform = Platform::start(Options {
        template: config.template,
        binaries,
        port: port.unwrap_or(config.port),
        parameters: config.parameters,
        users: config.users,
        oidc_clients: config.oidc_clients,
        mounts: config.mounts.into_iter().collect(),
        data,
        limits: Limits::default(),
        show_logs: true,
    })
    .await?;
    println!("ready {} {}", platform.url(), platform.table());
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    platform.shutdown();
    Ok(())
}
