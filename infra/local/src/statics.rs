//! Static files, as a bucket behind CloudFront serves them: content types, caching, and the response headers of the template.

use crate::World;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// How a mount is served, beyond its folder.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Serving {
    /// Logical id of the ResponseHeadersPolicy whose headers every answer carries.
    pub headers: Option<String>,
    /// The file that stands for what is not a file: a single-page application's page.
    pub fallback: Option<String>,
}

struct Mount<'a> {
    path: &'a str,
    folder: &'a Path,
    serving: Serving,
}

pub(crate) async fn handle(
    world: &World,
    prefix: &str,
    folder: &Path,
    method: &Method,
    path: &str,
    request: &HeaderMap,
) -> Response {
    let mount = &Mount {
        path: prefix,
        folder,
        serving: world.options.serving.get(prefix).cloned().unwrap_or_default(),
    };
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let relative = path.strip_prefix(mount.path).unwrap_or_default();
    let mut response = match load(mount, relative).await {
        Some((file, content)) => answer(&file, content, request),
        None if !mount.folder.is_dir() => (
            StatusCode::NOT_FOUND,
            format!("There is nothing at {} yet: build the web (`cargo xtask run` does) and load this page again.\n", mount.path),
        )
            .into_response(),
        None => (StatusCode::NOT_FOUND, "There is no such file.\n").into_response(),
    };
    for (name, value) in
        mount.serving.headers.iter().filter_map(|policy| world.stack.headers.get(policy)).flatten()
    {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn load(mount: &Mount<'_>, relative: &str) -> Option<(PathBuf, Vec<u8>)> {
    let plain = relative.split('/').all(|part| part != ".." && !part.contains(['\\', '\0']));
    let index = |path: &str| {
        if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() }
    };
    let mut candidates = Vec::new();
    if plain {
        candidates.push(index(relative));
    }
    // A missing script must not come back as a page, which browsers would try to run.
    candidates.extend(
        mount
            .serving
            .fallback
            .clone()
            .filter(|_| Path::new(relative).extension().is_none_or(|kind| kind == "html")),
    );
    for candidate in candidates {
        let file = mount.folder.join(candidate);
        if let Ok(content) = tokio::fs::read(&file).await {
            return Some((file, content));
        }
    }
    None
}

fn answer(file: &Path, content: Vec<u8>, request: &HeaderMap) -> Response {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(&content);
    let tag = format!("\"{}\"", hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<String>());
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let cache = if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = request.get("if-none-match").and_then(|value| value.to_str().ok()) == Some(tag.as_str());
    let kind = match file.extension().and_then(|kind| kind.to_str()) {
        Some("webmanifest") => "application/manifest+json".to_owned(),
        _ => {
            let kind = mime_guess::from_path(file).first_or_octet_stream().to_string();
            let text = kind.starts_with("text/")
                || kind.ends_with("javascript")
                || kind.ends_with("json")
                || kind.ends_with("svg+xml");
            if text { format!("{kind}; charset=utf-8") } else { kind }
        }
    };
    Response::builder()
        .status(if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK })
        .header("content-type", kind)
        .header("cache-control", cache)
        .header("etag", tag)
        .body(if known { Body::empty() } else { Body::from(content) })
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Whether the name carries a hash of its content, as bundlers write it: `panel-B1x9_aQ2.js`, `panel.3f9ab2c1.js`.
fn is_hashed(name: &str) -> bool {
    let Some((stem, _)) = name.rsplit_once('.') else { return false };
    let last = stem.rsplit(['.', '-']).next().unwrap_or_default();
    last != stem
        && last.len() >= 8
        && last.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && last.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    #[test]
    fn hashed_names_are_told_from_plain_ones() {
        for (name, expected) in [
            ("panel-B1x9_aQ2.js", true),
            ("panel.3f9ab2c1.js", true),
            ("loader.js", false),
            ("index.html", false),
            ("service-worker.js", false),
            ("apple-touch-icon.png", false),
        ] {
            assert_eq!(super::is_hashed(name), expected, "{name}");
        }
    }
}
