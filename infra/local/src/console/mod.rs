//! What people see of the platform itself: the front page, and `/platform/` with counts, latencies and cost so far.

mod mail;

pub(crate) use mail::handle as mail;

use crate::World;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write;

pub(crate) const STYLE: &str = include_str!("style.css");

/// A link on the front page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub href: String,
    pub title: String,
    pub text: String,
}

/// What the front page says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Front {
    pub title: String,
    pub text: String,
    #[serde(rename = "link")]
    pub links: Vec<Link>,
}

pub(crate) fn front(world: &World) -> Response {
    let (mut links, mut people) = (String::new(), String::new());
    for link in &world.options.front.links {
        let _ = write!(
            links,
            "<li><a class=\"card\" href=\"{}\"><b>{}</b>{}</a></li>",
            escape(&link.href),
            escape(&link.title),
            escape(&link.text)
        );
    }
    for person in &world.options.users {
        let cell = |text: &str| format!("<td>{}</td>", escape(text));
        let _ = write!(
            people,
            "<tr>{}{}<td><code>{}</code></td></tr>",
            cell(&person.name),
            cell(&person.email),
            escape(&person.password)
        );
    }
    let sockets = world.stack.sockets.as_ref().map_or_else(String::new, |routes| {
        format!("{}/{}", world.place.origin.replacen("http", "ws", 1), routes.stage)
    });
    page(
        include_str!("front.html")
            .replace("{{style}}", STYLE)
            .replace("{{title}}", &escape(&world.options.front.title))
            .replace("{{text}}", &escape(&world.options.front.text))
            .replace("{{links}}", &links)
            .replace("{{people}}", &people)
            .replace("{{sockets}}", &escape(&sockets))
            .replace("{{origin}}", &escape(&world.place.origin)),
    )
}

pub(crate) fn platform(
    world: &World,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    match (method.as_str(), path.trim_start_matches("/platform/")) {
        ("POST", "clock") => move_clock(world, headers, body),
        ("GET" | "HEAD", page) => look(world, page),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// The development switch: `{"offset_ms": 600000}` moves the clock of platform and functions ten minutes ahead of the machine's.
fn move_clock(world: &World, headers: &HeaderMap, body: &[u8]) -> Response {
    // A page of another origin cannot say this of its body without asking first, and is not answered when it asks.
    let json_body =
        headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let wanted = serde_json::from_slice::<Value>(body).ok().and_then(|body| body["offset_ms"].as_i64());
    match wanted.filter(|_| json_body) {
        Some(offset_ms) => {
            world.move_clock(offset_ms);
            data(&json!(world.snapshot().clock))
        }
        None => {
            let why =
                "POST {\"offset_ms\": <whole milliseconds from the machine's clock>} as application/json.\n";
            (StatusCode::BAD_REQUEST, why).into_response()
        }
    }
}

fn look(world: &World, page_name: &str) -> Response {
    match page_name {
        "" => page(
            include_str!("platform.html")
                .replace("{{style}}", STYLE)
                .replace("{{title}}", &escape(&world.options.front.title)),
        ),
        "metrics.json" => {
            let snapshot = world.snapshot();
            let mut numbers = json!(snapshot);
            numbers["cost"] = json!(snapshot.cost());
            for (name, function) in &snapshot.functions {
                numbers["functions"][name]["p50_ms"] = json!(function.percentile(0.5));
                numbers["functions"][name]["p99_ms"] = json!(function.percentile(0.99));
            }
            data(&numbers)
        }
        "log.json" => {
            let lines = world.log.lines();
            let last: Vec<Value> = lines
                .iter()
                .rev()
                .take(200)
                .rev()
                .map(|line| json!({ "source": line.source, "line": line.line }))
                .collect();
            data(&json!(last))
        }
        "outputs.json" => data(&json!(world.stack.outputs)),
        _ => (StatusCode::NOT_FOUND, "There is no such page.\n").into_response(),
    }
}

pub(crate) fn page(html: String) -> Response {
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    (headers, html).into_response()
}

fn data(value: &Value) -> Response {
    ([("content-type", "application/json"), ("cache-control", "no-store")], value.to_string()).into_response()
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
