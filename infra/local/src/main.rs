//! `mostrador-local --config FILE [--port N] [--data FILE] [--bin-dir FOLDER]`: the platform until Ctrl-C.

use anyhow::{Context, Result, bail};
use mostrador_local::{Data, LogSink, Options, Platform};
use std::io::Write;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: mostrador-local --config FILE [--port N] [--data FILE] [--bin-dir FOLDER]";

#[tokio::main]
async fn main() -> Result<()> {
    let Some(options) = options()? else { return Ok(()) };
    let platform = Platform::start(options).await?;
    // The last line of the start, for people and for programs that wait for it.
    writeln!(std::io::stdout(), "ready {}", platform.url())?;
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    platform.shutdown().await;
    Ok(())
}

/// None: only help was wanted.
fn options() -> Result<Option<Options>> {
    let (mut config, mut port, mut data, mut binaries) = (None, 8787, Data::Memory, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--help" || argument == "-h" {
            writeln!(std::io::stdout(), "{USAGE}")?;
            return Ok(None);
        }
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--config" => config = Some(PathBuf::from(value()?)),
            "--port" => port = value()?.parse().context("--port needs a number up to 65535")?,
            "--data" => data = Data::File(PathBuf::from(value()?)),
            "--bin-dir" => binaries = Some(PathBuf::from(value()?)),
            other => bail!("{other} is not an argument\n{USAGE}"),
        }
    }
    let mut options = Options::from_config(&config.with_context(|| format!("--config is missing\n{USAGE}"))?)?;
    (options.port, options.data, options.log) = (port, data, LogSink::Terminal);
    if let Some(binaries) = binaries {
        options.binaries = binaries;
    }
    Ok(Some(options))
}
