//! The platform's own pages: a front page, and what the run has done and would have cost.

use crate::Shared;
use axum::Json;
use axum::extract::State;
use axum::response::Html;
use serde_json::{Value, json};
use std::sync::Arc;

/// One design for the platform's pages and its sign-in.
pub(crate) const STYLE: &str = include_str!("console.css");

pub(crate) async fn front(State(shared): State<Arc<Shared>>) -> Html<String> {
    let people: String = shared.options.users.iter().map(|user| format!("<li><b>{}</b> <span>{}</span></li>", user.name, user.email)).collect();
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'><title>Mostrador on this machine</title><style>{STYLE}</style>\
<main class=wide><h1>Mostrador on this machine</h1><p>Open the shop in one window and the dashboard in another, and chat.</p>\
<nav class=cards><a href=/shop/><b>The demo shop</b><span>Be a shopper of Taller Luz</span></a><a href=/dashboard/><b>The dashboard</b><span>Answer as an agent</span></a>\
<a href='/shop/?site=demo-two'><b>A second shop</b><span>Casa Verde, which knows nothing of the first</span></a><a href=/platform/><b>The platform</b><span>What runs, how fast, what it would cost</span></a></nav>\
<h2>Who can sign in</h2><ul class=list>{people}</ul><p>The password of everybody is <code>mostrador</code>.</p></main></html>"
    ))
}

pub(crate) async fn page() -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'><title>The platform</title><style>{STYLE}</style>\
<main class=wide><p><a href=/>Mostrador on this machine</a></p><h1>The platform</h1><p>Since it was started. Costs are AWS's list prices in eu-west-1, without the free tier.</p>\
<section class=cards id=totals aria-live=off></section><h2>Functions</h2><div class=scroll><table><thead><tr><th>Function<th>Calls<th>Errors<th>Cold starts<th>Processes<th>p50<th>p99</tr></thead><tbody id=functions></tbody></table></div>\
<h2>Table</h2><div class=scroll><table><thead><tr><th>Operation<th>Calls</tr></thead><tbody id=operations></tbody></table></div></main><script>{SCRIPT}</script></html>"
    ))
}

const SCRIPT: &str = include_str!("console.js");

pub(crate) async fn numbers(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let all = shared.metrics.snapshot();
    let cost = all.cost();
    let functions: Vec<Value> = shared
        .stack
        .functions
        .keys()
        .map(|name| {
            let count = all.functions.get(name).cloned().unwrap_or_default();
            json!({
                "name": name, "invocations": count.invocations, "errors": count.errors, "cold": count.cold,
                "processes": shared.lambda.processes(name), "p50": count.percentile(0.5), "p99": count.percentile(0.99),
            })
        })
        .collect();
    Json(json!({
        "functions": functions,
        "operations": all.operations,
        "read_units": all.read_units,
        "write_units": all.write_units,
        "frames": all.frames,
        "posts": all.posts,
        "http_requests": all.http_requests,
        "connections": shared.websocket.open(),
        "cost": {"lambda": cost.lambda, "dynamodb": cost.dynamodb, "api_gateway": cost.api_gateway},
    }))
}
