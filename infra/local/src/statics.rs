//! Static files, as a bucket behind CloudFront serves them: content types, caching, compression, and the response headers of the
//! template.

use crate::World;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What CloudFront compresses: text of this many bytes, up to 10 MB.
const WORTH_COMPRESSING: std::ops::RangeInclusive<usize> = 1_000..=10_000_000;

/// Files that were compressed once, by tag and encoding.
#[derive(Default)]
pub(crate) struct Compressed(Mutex<HashMap<(String, &'static str), Bytes>>);

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
        Some((file, content)) => answer(&world.compressed, &file, content, request),
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

fn answer(compressed: &Compressed, file: &Path, content: Vec<u8>, request: &HeaderMap) -> Response {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(&content);
    let tag = format!("\"{}\"", hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<String>());
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let cache = if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let (kind, is_text) = kind_of(file);
    let mut response = Response::builder().header("content-type", kind).header("cache-control", cache);
    let encoding = encoding(request).filter(|_| is_text && WORTH_COMPRESSING.contains(&content.len()));
    if is_text {
        response = response.header("vary", "accept-encoding");
    }
    let header = |name: &str| request.get(name).and_then(|value| value.to_str().ok());
    let known = header("if-none-match").is_some_and(|tags| {
        // Weakly: a compressed file is the same file.
        tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*")
    });
    let body = match encoding {
        _ if known => Body::empty(),
        Some(encoding) => compressed.get(&tag, encoding, &content).into(),
        None => Body::from(content),
    };
    response = match encoding {
        Some(encoding) => response.header("content-encoding", encoding).header("etag", format!("W/{tag}")),
        None => response.header("etag", tag),
    };
    response
        .status(if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK })
        .body(body)
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// The content type, and whether it is text of some kind.
fn kind_of(file: &Path) -> (String, bool) {
    if file.extension().is_some_and(|kind| kind == "webmanifest") {
        return ("application/manifest+json".to_owned(), true);
    }
    let kind = mime_guess::from_path(file).first_or_octet_stream().to_string();
    let is_text = kind.starts_with("text/")
        || ["javascript", "json", "svg+xml"].iter().any(|ending| kind.ends_with(ending));
    (if is_text { format!("{kind}; charset=utf-8") } else { kind }, is_text)
}

/// The best of the encodings that the client takes.
fn encoding(request: &HeaderMap) -> Option<&'static str> {
    let accepted = request.get("accept-encoding")?.to_str().ok()?;
    let takes = |encoding: &str| {
        accepted.split(',').any(|one| {
            let (name, weight) = one.split_once(';').unwrap_or((one, ""));
            name.trim() == encoding && weight.trim() != "q=0"
        })
    };
    ["br", "gzip"].into_iter().find(|encoding| takes(encoding))
}

impl Compressed {
    fn get(&self, tag: &str, encoding: &'static str, content: &[u8]) -> Bytes {
        let key = (tag.to_owned(), encoding);
        if let Some(known) = self.0.lock().expect("no holder panics").get(&key) {
            return known.clone();
        }
        let mut packed = Vec::new();
        // Writing to memory does not fail; and what is written wrongly shows as a page that does not load.
        if encoding == "br" {
            let _ = brotli::CompressorWriter::new(&mut packed, 4_096, 5, 22).write_all(content);
        } else {
            let mut packer = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::default());
            let _ = packer.write_all(content).and_then(|()| packer.try_finish());
        }
        let packed = Bytes::from(packed);
        self.0.lock().expect("no holder panics").insert(key, packed.clone());
        packed
    }
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
