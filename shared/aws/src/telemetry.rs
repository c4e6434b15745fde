//! Logs: JSON lines on AWS, readable ones at home. What happened, with fields, once; never a text, an address, a token.

use tracing_subscriber::EnvFilter;

/// Libraries that print whole requests and events at their finer levels, texts and tokens included: not even `RUST_LOG=trace`
/// makes them.
const DISCREET: [&str; 10] = [
    "aws_config",
    "aws_runtime",
    "aws_sdk_apigatewaymanagement",
    "aws_sdk_dynamodb",
    "aws_sigv4",
    "aws_smithy_runtime",
    "aws_smithy_runtime_api",
    "hyper",
    "lambda_http",
    "lambda_runtime",
];

/// Starts logging. `LOG_FORMAT=json` on AWS; `RUST_LOG` filters, `info` if it is not set.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = DISCREET.iter().fold(filter, |filter, library| {
        filter.add_directive(format!("{library}=info").parse().expect("a crate's name and a level"))
    });
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr);
    if std::env::var("LOG_FORMAT").is_ok_and(|format| format == "json") {
        builder.json().flatten_event(true).without_time().init();
    } else {
        builder.without_time().with_ansi(false).init();
    }
}
