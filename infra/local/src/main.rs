//! `mostrador-local [--config FILE] [--port N] [--data FILE] [--bin-dir DIR] [--clock MS] [--idle S] [--longest S]`: the platform
//! until Ctrl-C. `--clock` moves its clock so many milliseconds from the machine's; `--idle` and `--longest` shorten how many
//! seconds a socket may be quiet, and live.
#![expect(clippy::print_stdout, reason = "the ready line is this program's answer")]

use anyhow::{Context, Result, bail};
use platform::{Front, Limits, Options, Platform, Serving, User};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "known options are --config FILE, --port N, --data FILE, --bin-dir DIR, --clock MILLISECONDS, --idle SECONDS, --longest SECONDS";

/// The configuration: what is particular to one application, beside its template. Paths are relative to the working folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    template: PathBuf,
    port: u16,
    parameters: BTreeMap<String, String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    oidc_clients: Vec<String>,
    users: Vec<User>,
    mounts: BTreeMap<String, PathBuf>,
    #[serde(default)]
    serving: BTreeMap<String, Serving>,
    #[serde(default)]
    front: Front,
}

#[tokio::main]
async fn main() -> Result<()> {
    let platform = Platform::start(options()?).await?;
    println!("ready {} {}", platform.url(), platform.table());
    let (mut interrupted, mut terminated) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    platform.ended().await;
    Ok(())
}

fn options() -> Result<Options> {
    let mut config = PathBuf::from("infra/local/local.toml");
    let (mut port, mut data, mut binaries) = (None, None, PathBuf::from("target/debug"));
    let (mut clock_offset_ms, mut limits) = (0, Limits::default());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value; {USAGE}"))?;
        match word.as_str() {
            "--config" => config = value.into(),
            "--port" => port = Some(value.parse().context("--port takes a number up to 65535")?),
            "--data" => data = Some(value.into()),
            "--bin-dir" => binaries = value.into(),
            "--clock" => clock_offset_ms = value.parse().context("--clock takes whole milliseconds")?,
            "--idle" => limits.idle = seconds("--idle", &value)?,
            "--longest" => limits.longest = seconds("--longest", &value)?,
            _ => bail!("unknown option {word}; {USAGE}"),
        }
    }
    let text =
        std::fs::read_to_string(&config).with_context(|| format!("{} cannot be read", config.display()))?;
    let config: Config =
        toml::from_str(&text).with_context(|| format!("{} is not what it should be", config.display()))?;
    Ok(Options {
        template: config.template,
        binaries,
        port: port.unwrap_or(config.port),
        parameters: config.parameters,
        environment: config.environment,
        users: config.users,
        oidc_clients: config.oidc_clients,
        mounts: config.mounts.into_iter().collect(),
        serving: config.serving,
        front: config.front,
        data,
        clock_offset_ms,
        limits,
        show_logs: true,
        ..Options::default()
    })
}

fn seconds(option: &str, value: &str) -> Result<Duration> {
    let seconds = value.parse().ok().filter(|seconds| *seconds > 0);
    seconds
        .map(Duration::from_secs)
        .with_context(|| format!("{option} takes a number of seconds, not {value}"))
}
