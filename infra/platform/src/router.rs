//! One port for everything.

use crate::{Shared, console, dynamodb, http_api, lambda, oidc, static_files, websocket};
use axum::Router;
use axum::routing::{any, get, post};
use std::sync::Arc;

/// API Gateway takes 10 MB; the largest of what is served here.
const MAX_BODY: usize = 10 * 1024 * 1024;

pub(crate) fn build(shared: Arc<Shared>) -> Router {
    let stage = &shared.stack.websocket_stage;
    Router::new()
        .route(&format!("/{stage}"), get(websocket::handshake))
        .route(&format!("/{stage}/@connections/{{id}}"), post(websocket::post).get(websocket::get).delete(websocket::delete))
        .route("/v1/{*path}", any(http_api::serve))
        .route("/_aws/dynamodb", post(dynamodb::serve))
        .route("/_aws/dynamodb/", post(dynamodb::serve))
        .route("/_lambda/{id}/2018-06-01/runtime/invocation/next", get(lambda::next))
        .route("/_lambda/{id}/2018-06-01/runtime/invocation/{request}/response", post(lambda::respond))
        .route("/_lambda/{id}/2018-06-01/runtime/invocation/{request}/error", post(lambda::fail))
        .route("/_lambda/{id}/2018-06-01/runtime/init/error", post(lambda::fail_init))
        .route("/oidc/.well-known/openid-configuration", get(oidc::discovery))
        .route("/oidc/jwks", get(oidc::jwks))
        .route("/oidc/authorize", get(oidc::sign_in_page).post(oidc::sign_in))
        .route("/oidc/token", post(oidc::token))
        .route("/oidc/logout", get(oidc::logout))
        .route("/", get(console::front))
        .route("/platform/", get(console::page))
        .route("/platform", get(console::page))
        .route("/platform/numbers.json", get(console::numbers))
        .fallback(static_files::serve)
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY))
        .with_state(shared)
}
