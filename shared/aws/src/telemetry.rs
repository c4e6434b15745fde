//! Logs: JSON lines on AWS, readable ones at home. What happened, with fields, once; never a text, an address, a token.

use tracing_subscriber::EnvFilter;

/// Starts logging. `LOG_FORMAT=json` on AWS; `RUST_LOG` filters, `info` if it is not set.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr);
    if std::env::var("LOG_FORMAT").is_ok_and(|format| format == "json") {
        builder.json().flatten_event(true).without_time().init();
    } else {
        builder.without_time().with_ansi(false).init();
    }
}
