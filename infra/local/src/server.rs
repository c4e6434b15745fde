//! The one port: where each request goes.

use crate::{World, console, dynamodb, http_api, lambda, oidc, post, queues, statics, storage, websocket};
use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;

/// The largest body of most services: DynamoDB's 16 MB.
const LARGEST: usize = 16 * 1_024 * 1_024;
/// Of objects and mails: a mail of 40 MB in base64, and what is around it.
const LARGEST_MAIL: usize = 68 * 1_024 * 1_024;

/// Both loopbacks on one port: `localhost` means either.
pub(crate) async fn bind(port: u16) -> Result<(Vec<TcpListener>, u16)> {
    for attempt in 0_u32..20 {
        let four = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(four) => four,
            // A platform that has just ended here may need a moment to let go.
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && attempt < 10 => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("port {port} is in use; stop what uses it or choose another with --port")
                });
            }
        };
        let bound = four.local_addr()?.port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, bound)).await {
            Ok(six) => return Ok((vec![four, six], bound)),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                tokio::time::sleep(Duration::from_millis(50)).await
            }
            // A machine without IPv6.
            Err(_) => return Ok((vec![four], bound)),
        }
    }
    bail!("port {port} is in use on ::1; stop what uses it or choose another with --port")
}

pub(crate) async fn route(
    State(world): State<Arc<World>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    if world.ended.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, [("connection", "close")]).into_response();
    }
    let (mut parts, body) = request.into_parts();
    let path = percent_decode(parts.uri.path());
    if let Some(routes) = world.stack.sockets.clone() {
        let base = format!("/{}", routes.stage);
        if path == base || path == format!("{base}/") {
            return match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
                Ok(upgrade) => {
                    websocket::connect(world, routes, upgrade, &parts.uri, &parts.headers, address).await
                }
                // API Gateway's answer to whoever comes without an upgrade.
                Err(_) => (StatusCode::UPGRADE_REQUIRED, "Upgrade Required").into_response(),
            };
        }
        if let Some(id) = path.strip_prefix(&format!("{base}/@connections/")) {
            let Ok(body) = read(body, LARGEST).await else {
                return StatusCode::PAYLOAD_TOO_LARGE.into_response();
            };
            return websocket::manage(&world, &routes, id, &parts.method, &parts.headers, body).await;
        }
    }
    let mails = path.starts_with("/mail/") || path.starts_with("/_aws/s3") || path.starts_with("/_aws/ses");
    let most = if mails { LARGEST_MAIL } else { LARGEST };
    let Ok(body) = read(body, most).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let query = parts.uri.query().unwrap_or_default();
    if path.trim_end_matches('/') == "/_aws/dynamodb" {
        dynamodb::handle(&world, &parts.headers, body).await
    } else if path.starts_with("/_aws/sqs") {
        queues::handle(&world, &parts.headers, body).await
    } else if path.starts_with("/_aws/s3") {
        storage::handle(&world, &parts.method, &parts.uri, &parts.headers, body).await
    } else if path.starts_with("/_aws/ses") {
        post::handle(&world, &parts.headers, body).await
    } else if path.starts_with("/_aws/lambda/") {
        lambda::handle_invoke(&world, &parts.method, &path, &parts.headers, body).await
    } else if path.starts_with("/_lambda/") {
        lambda::handle(&world, &parts.method, &path, &parts.headers, body).await
    } else if path.starts_with("/oidc/") {
        oidc::handle(&world, &parts.method, &path, query, &parts.headers, body).await
    } else if path == "/" {
        console::front(&world)
    } else if path.starts_with("/mail/") {
        console::mail(&world, &parts.method, &path, query, &parts.headers, body).await
    } else if path.starts_with("/platform/") {
        console::platform(&world, &parts.method, &path, &parts.headers, &body)
    } else if let Some((prefix, folder)) =
        world.options.mounts.iter().find(|(prefix, _)| path.starts_with(prefix))
    {
        statics::handle(&world, prefix, folder, &parts.method, &path, &parts.headers).await
    } else if path == "/platform"
        || path == "/mail"
        || world.options.mounts.iter().any(|(prefix, _)| *prefix == format!("{path}/"))
    {
        (StatusCode::PERMANENT_REDIRECT, [("location", format!("{path}/"))]).into_response()
    } else {
        http_api::handle(&world, &parts.method, &parts.uri, &parts.headers, body, address).await
    }
}

async fn read(body: axum::body::Body, most: usize) -> Result<Bytes, axum::Error> {
    axum::body::to_bytes(body, most).await
}

pub(crate) fn percent_decode(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| path.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
