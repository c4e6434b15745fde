//! Static files, as the distributions serve them: types, caching, security headers.

use crate::Shared;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

pub(crate) async fn serve(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    let path = uri.path();
    for (prefix, folder) in &shared.options.mounts {
        if path == prefix.trim_end_matches('/') {
            return Redirect::permanent(prefix).into_response();
        }
        if let Some(rest) = path.strip_prefix(prefix.as_str()) {
            return file(folder, prefix, rest).await;
        }
    }
    (StatusCode::NOT_FOUND, "nothing is here").into_response()
}

async fn file(folder: &Path, prefix: &str, rest: &str) -> Response {
    let rest: PathBuf = PathBuf::from(rest);
    if rest.components().any(|part| !matches!(part, Component::Normal(_))) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let asked = folder.join(&rest);
    let candidates = [asked.clone(), asked.join("index.html"), folder.join(&rest).with_extension("html")];
    for candidate in candidates {
        if candidate.is_file() {
            return send(&candidate, prefix).await;
        }
    }
    // A page of an application that routes by itself; a missing asset stays missing.
    let index = folder.join("index.html");
    if rest.extension().is_none() && index.is_file() {
        return send(&index, prefix).await;
    }
    StatusCode::NOT_FOUND.into_response()
}

async fn send(path: &Path, prefix: &str) -> Response {
    let Ok(bytes) = tokio::fs::read(path).await else { return StatusCode::NOT_FOUND.into_response() };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    // Vite's names carry a hash after the last dash.
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let hashed = path.components().any(|part| part.as_os_str() == "assets") && name.rsplit('-').next().is_some_and(|hash| hash.len() >= 8);
    let cache = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = (StatusCode::OK, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind.parse().expect("a type is a header"));
    headers.insert(header::CACHE_CONTROL, cache.parse().expect("constant"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, "nosniff".parse().expect("constant"));
    headers.insert(header::REFERRER_POLICY, "strict-origin-when-cross-origin".parse().expect("constant"));
    if prefix.starts_with("/widget") {
        // Any shop's page loads the widget's modules.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".parse().expect("constant"));
        headers.insert("cross-origin-resource-policy", "cross-origin".parse().expect("constant"));
    }
    if prefix.starts_with("/dashboard") {
        let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.parse().expect("constant"));
        headers.insert(header::X_FRAME_OPTIONS, "DENY".parse().expect("constant"));
    }
    response
}
