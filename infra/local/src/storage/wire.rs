//! S3 on the wire: REST with XML, path style (`/_aws/s3/bucket/key`), in the part of it that the template's functions use.

use super::signature::{self, hex};
use super::{MOST_OBJECT, ObjectInfo};
use crate::calls::{self, Call, Refusing};
use crate::template::BucketSpec;
use crate::xml::{nest, text};
use crate::{World, clock, iam};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response as HttpResponse, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const PATH: &str = "/_aws/s3/";
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
const MOST_KEYS: usize = 1_000;
const LONGEST_KEY: usize = 1_024;

/// Headers of an object that come with it and go out with it, beside `x-amz-meta-…` and its checksums.
const KEPT: [&str; 6] = [
    "content-type",
    "content-disposition",
    "content-encoding",
    "content-language",
    "cache-control",
    "x-amz-server-side-encryption",
];

struct Wrong {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Wrong {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    fn denied() -> Self {
        Self::new(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied")
    }

    fn broken() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "We encountered an internal error. Please try again.",
        )
    }

    fn unknown(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            format!("the local platform does not know {what}"),
        )
    }
}

impl From<rusqlite::Error> for Wrong {
    fn from(error: rusqlite::Error) -> Self {
        Self { message: error.to_string(), ..Self::broken() }
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let body = nest(
            "Error",
            &[text("Code", self.code), text("Message", self.message), text("RequestId", clock::uuid())]
                .concat(),
        );
        xml(self.status, &body)
    }
}

/// What a request is about.
struct Request<'a> {
    operation: &'static str,
    action: &'static str,
    bucket: &'a str,
    key: String,
    query: Vec<(String, String)>,
    headers: &'a HeaderMap,
}

impl Request<'_> {
    fn resource(&self) -> String {
        let slash = if self.key.is_empty() { "" } else { "/" };
        format!("arn:aws:s3:::{}{slash}{}", self.bucket, self.key)
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// One call over the wire.
pub(crate) async fn handle(
    world: &Arc<World>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let (bucket, key) = split(uri.path());
    let query = uri.query().unwrap_or_default();
    let spec = world.buckets.spec(&bucket);
    if method == Method::OPTIONS {
        return with_cors(spec, method, headers, StatusCode::OK.into_response());
    }
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let named = |name: &str| fields.iter().any(|(key, _)| key == name);
    let (operation, action) = match (method.as_str(), key.is_empty()) {
        ("GET", true) if named("list-type") => ("ListObjectsV2", "s3:ListBucket"),
        ("HEAD", true) => ("HeadBucket", "s3:ListBucket"),
        ("PUT", false) if headers.contains_key("x-amz-copy-source") || named("partNumber") => {
            return Wrong::unknown("copies and parts of objects").into_response();
        }
        ("PUT", false) => ("PutObject", "s3:PutObject"),
        ("GET", false) => ("GetObject", "s3:GetObject"),
        ("HEAD", false) => ("HeadObject", "s3:GetObject"),
        ("DELETE", false) => ("DeleteObject", "s3:DeleteObject"),
        (method, _) => return Wrong::unknown(&format!("{method} {}", uri)).into_response(),
    };
    let signed_link = named("X-Amz-Signature");
    let request = Request { operation, action, bucket: &bucket, key, query: fields, headers };
    let answer = if signed_link {
        opened_link(world, method, uri, &request, &body)
    } else if headers.contains_key("authorization") {
        called(world, &request, &body).await
    } else {
        // A bucket of ours is nobody's to read, whatever its callers may do.
        Wrong::denied().into_response()
    };
    with_cors(spec, method, headers, answer)
}

async fn called(world: &Arc<World>, request: &Request<'_>, body: &Bytes) -> Response {
    let resource = request.resource();
    let call = Call { operation: request.operation, action: request.action, resources: &[&resource] };
    let caller = world.lambda.caller(request.headers);
    let statements = caller.as_ref().map(|instance| instance.spec().statements.as_slice());
    let metered = caller.is_some();
    calls::serve(world, request.headers, &call, &refuse, async {
        perform(world, request, body, statements, metered).unwrap_or_else(Wrong::into_response)
    })
    .await
}

/// Whoever opens the link does what its signer may do, and is no process whose calls are counted.
fn opened_link(
    world: &Arc<World>,
    method: &Method,
    uri: &Uri,
    request: &Request<'_>,
    body: &Bytes,
) -> Response {
    let query = uri.query().unwrap_or_default();
    let key = match signature::check(method, uri.path(), query, request.headers, world.clock.now_ms()) {
        Ok(key) => key,
        Err(signature::Unsigned(code, message)) => {
            let status = if code.starts_with("Authorization") {
                StatusCode::BAD_REQUEST
            } else {
                StatusCode::FORBIDDEN
            };
            return Wrong::new(status, code, message).into_response();
        }
    };
    let signer = match world.lambda.signer(&key) {
        Ok(signer) => signer,
        Err(()) => {
            let why = "The AWS Access Key Id you provided does not exist in our records.";
            return Wrong::new(StatusCode::FORBIDDEN, "InvalidAccessKeyId", why).into_response();
        }
    };
    if let Some(spec) = signer {
        let resource = request.resource();
        let allowed = iam::allows(&spec.statements, request.action, &resource, &[]);
        world.note_permission(&spec.name, request.action, &resource, &[], allowed);
        if !allowed {
            return Wrong::denied().into_response();
        }
    }
    let statements = signer.map(|spec| spec.statements.as_slice());
    perform(world, request, body, statements, true).unwrap_or_else(Wrong::into_response)
}

/// `statements`: of the caller's policy; `None` may do anything.
fn perform(
    world: &World,
    request: &Request<'_>,
    body: &Bytes,
    statements: Option<&[iam::Statement]>,
    metered: bool,
) -> Result<Response, Wrong> {
    if metered {
        world.metrics.change(|all| match request.operation {
            "PutObject" | "ListObjectsV2" => all.storage_writes += 1,
            "DeleteObject" => {}
            _ => all.storage_reads += 1,
        });
    }
    let spec = world.buckets.spec(request.bucket).ok_or_else(|| {
        Wrong::new(
            StatusCode::NOT_FOUND,
            "NoSuchBucket",
            format!("There is no bucket {} in the template.", request.bucket),
        )
    })?;
    match request.operation {
        "PutObject" => put(world, request, body),
        "GetObject" => get(world, request, spec, statements, true),
        "HeadObject" => get(world, request, spec, statements, false),
        "DeleteObject" => {
            world.buckets.delete(request.bucket, &request.key)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        "ListObjectsV2" => list(world, request),
        _ => Ok(StatusCode::OK.into_response()),
    }
}

fn put(world: &World, request: &Request<'_>, body: &Bytes) -> Result<Response, Wrong> {
    let now_ms = world.clock.now_ms();
    if request.key.len() > LONGEST_KEY {
        return Err(Wrong::bad("KeyTooLongError", "Your key is too long"));
    }
    for unknown in ["x-amz-tagging", "x-amz-acl", "x-amz-website-redirect-location"] {
        if request.headers.contains_key(unknown) {
            return Err(Wrong::unknown(&format!("the header {unknown}")));
        }
    }
    let (body, trailers) = unchunk(request, body)?;
    if body.len() > MOST_OBJECT {
        return Err(Wrong::bad(
            "EntityTooLarge",
            format!("an object holds at most {MOST_OBJECT} bytes here"),
        ));
    }
    let mut headers = BTreeMap::new();
    for (name, value) in request.headers {
        let (name, Ok(value)) = (name.as_str(), value.to_str()) else { continue };
        if KEPT.contains(&name) || name.starts_with("x-amz-meta-") || is_checksum(name) {
            headers.insert(name.to_owned(), value.to_owned());
        }
    }
    headers.extend(trailers.into_iter().filter(|(name, _)| is_checksum(name)));
    if let Some(encoding) = headers.remove("content-encoding") {
        let rest: Vec<&str> =
            encoding.split(',').map(str::trim).filter(|one| *one != "aws-chunked").collect();
        if !rest.is_empty() {
            headers.insert("content-encoding".into(), rest.join(","));
        }
    }
    verify(request, &headers, &body)?;
    let there = world.buckets.info(request.bucket, &request.key, now_ms)?;
    let (never, only) = (request.header("if-none-match"), request.header("if-match"));
    let fits = match &there {
        Some(there) => never.is_none() && only.is_none_or(|tag| tag.trim_matches('"') == there.etag),
        None => only.is_none(),
    };
    if !fits {
        let why = "At least one of the pre-conditions you specified did not hold";
        return Err(Wrong::new(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", why));
    }
    let info = world.buckets.put(request.bucket, &request.key, headers, &body, now_ms)?;
    let mut response = StatusCode::OK.into_response();
    set(&mut response, "etag", &format!("\"{}\"", info.etag));
    for (name, value) in info.headers.iter().filter(|(name, _)| is_checksum(name)) {
        set(&mut response, name, value);
    }
    Ok(response)
}

fn get(
    world: &World,
    request: &Request<'_>,
    spec: &BucketSpec,
    statements: Option<&[iam::Statement]>,
    with_body: bool,
) -> Result<Response, Wrong> {
    let Some((info, body)) = world.buckets.get(request.bucket, &request.key, world.clock.now_ms())? else {
        // Who may not list is not told what is missing.
        let may_list = statements.is_none_or(|all| iam::allows(all, "s3:ListBucket", &spec.arn, &[]));
        return Err(if may_list {
            Wrong::new(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.")
        } else {
            Wrong::denied()
        });
    };
    let etag = format!("\"{}\"", info.etag);
    if request.header("if-none-match").is_some_and(|given| given == etag || given == "*") {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    if request.header("if-match").is_some_and(|given| given != etag) {
        let why = "At least one of the pre-conditions you specified did not hold";
        return Err(Wrong::new(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", why));
    }
    let range = request.header("range").and_then(|range| range_of(range, info.size));
    let (status, slice) = match range {
        Some(Ok((from, to))) => (StatusCode::PARTIAL_CONTENT, &body[from..=to]),
        Some(Err(())) => {
            let why = "The requested range is not satisfiable";
            return Err(Wrong::new(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange", why));
        }
        None => (StatusCode::OK, body.as_slice()),
    };
    let mut response = HttpResponse::new(if with_body { Body::from(slice.to_vec()) } else { Body::empty() });
    *response.status_mut() = status;
    describe(&mut response, &info, request);
    set(&mut response, "content-length", &slice.len().to_string());
    if let Some(Ok((from, to))) = range {
        set(&mut response, "content-range", &format!("bytes {from}-{to}/{}", info.size));
    }
    Ok(response)
}

fn describe(response: &mut Response, info: &ObjectInfo, request: &Request<'_>) {
    set(response, "etag", &format!("\"{}\"", info.etag));
    set(response, "accept-ranges", "bytes");
    set(response, "last-modified", &http_date(info.modified_ms));
    set(response, "content-type", "binary/octet-stream");
    let checksums =
        request.header("x-amz-checksum-mode") == Some("ENABLED") && request.header("range").is_none();
    for (name, value) in &info.headers {
        if checksums || !is_checksum(name) {
            set(response, name, value);
        }
    }
    for name in
        ["content-type", "content-disposition", "content-encoding", "content-language", "cache-control"]
    {
        if let Some(wanted) = request.field(&format!("response-{name}")) {
            set(response, name, wanted);
        }
    }
}

fn list(world: &World, request: &Request<'_>) -> Result<Response, Wrong> {
    let field = |name: &str| request.field(name).unwrap_or_default();
    let (prefix, delimiter) = (field("prefix"), field("delimiter"));
    let most = match request.field("max-keys") {
        None => MOST_KEYS,
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| Wrong::bad("InvalidArgument", "max-keys is not a number"))?
            .min(MOST_KEYS),
    };
    let after = match request.field("continuation-token") {
        None => field("start-after").to_owned(),
        Some(token) => {
            STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
                Wrong::bad("InvalidArgument", "The continuation token provided is incorrect")
            })?
        }
    };
    let encode = |key: &str| {
        if field("encoding-type") == "url" {
            signature::encode(key).replace("%2F", "/")
        } else {
            key.to_owned()
        }
    };
    let (mut contents, mut folders, mut count, mut last, mut truncated) =
        (String::new(), Vec::<String>::new(), 0, String::new(), false);
    for info in world.buckets.list(request.bucket, prefix, &after, world.clock.now_ms())? {
        let rest = &info.key[prefix.len()..];
        let folder = (!delimiter.is_empty())
            .then(|| rest.split_once(delimiter))
            .flatten()
            .map(|(head, _)| format!("{prefix}{head}{delimiter}"));
        // What a page before has shown as a folder is not shown again.
        if folder
            .as_ref()
            .is_some_and(|folder| folders.contains(folder) || after.starts_with(folder.as_str()))
        {
            last = info.key;
            continue;
        }
        if count == most {
            truncated = true;
            break;
        }
        count += 1;
        last = info.key.clone();
        match folder {
            Some(folder) => folders.push(folder),
            None => contents.push_str(&nest(
                "Contents",
                &[
                    text("Key", encode(&info.key)),
                    text("LastModified", clock::rfc_3339(info.modified_ms)),
                    text("ETag", format!("\"{}\"", info.etag)),
                    text("Size", info.size),
                    text("StorageClass", "STANDARD"),
                ]
                .concat(),
            )),
        }
    }
    let folders: String =
        folders.iter().map(|folder| nest("CommonPrefixes", &text("Prefix", encode(folder)))).collect();
    let mut body = [
        text("Name", request.bucket),
        text("Prefix", encode(prefix)),
        text("KeyCount", count),
        text("MaxKeys", most),
        text("IsTruncated", truncated),
        contents,
        folders,
    ]
    .concat();
    if !delimiter.is_empty() {
        body.push_str(&text("Delimiter", encode(delimiter)));
    }
    if let Some(encoding) = request.field("encoding-type") {
        body.push_str(&text("EncodingType", encoding));
    }
    if truncated {
        body.push_str(&text("NextContinuationToken", STANDARD.encode(last)));
    }
    Ok(xml(StatusCode::OK, &format!("<ListBucketResult xmlns=\"{NAMESPACE}\">{body}</ListBucketResult>")))
}

/// The body as it was before the SDK cut it into chunks, and the headers that followed it.
fn unchunk(request: &Request<'_>, body: &Bytes) -> Result<(Vec<u8>, BTreeMap<String, String>), Wrong> {
    let chunked = request.header("content-encoding").is_some_and(|value| value.contains("aws-chunked"))
        || request.header("x-amz-content-sha256").is_some_and(|value| value.starts_with("STREAMING-"));
    if !chunked {
        return Ok((body.to_vec(), BTreeMap::new()));
    }
    let incomplete = || Wrong::bad("IncompleteBody", "The body ends before its chunks do.");
    let line = |rest: &mut &[u8]| -> Option<String> {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        *rest = &rest[end + 2..];
        Some(line)
    };
    let (mut rest, mut whole) = (body.as_ref(), Vec::new());
    loop {
        let head = line(&mut rest).ok_or_else(incomplete)?;
        let size = usize::from_str_radix(head.split(';').next().unwrap_or_default(), 16)
            .map_err(|_| incomplete())?;
        if size == 0 {
            break;
        }
        whole.extend_from_slice(rest.get(..size).ok_or_else(incomplete)?);
        rest = rest.get(size + 2..).ok_or_else(incomplete)?;
    }
    let mut trailers = BTreeMap::new();
    while let Some((name, value)) = line(&mut rest)
        .as_deref()
        .and_then(|line| line.split_once(':'))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
    {
        trailers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    Ok((whole, trailers))
}

fn is_checksum(name: &str) -> bool {
    name.starts_with("x-amz-checksum-") && !name.ends_with("-algorithm") && !name.ends_with("-mode")
}

fn verify(request: &Request<'_>, headers: &BTreeMap<String, String>, body: &[u8]) -> Result<(), Wrong> {
    let sha256 = Sha256::digest(body);
    if let Some(given) = request.header("x-amz-content-sha256").filter(|given| given.len() == 64)
        && given != hex(&sha256)
    {
        let why = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return Err(Wrong::bad("XAmzContentSHA256Mismatch", why));
    }
    if request.header("content-md5").is_some_and(|given| given != STANDARD.encode(md5::compute(body).0)) {
        return Err(Wrong::bad("BadDigest", "The Content-MD5 you specified did not match what we received."));
    }
    let crc32 = {
        let mut crc = flate2::Crc::new();
        crc.update(body);
        STANDARD.encode(crc.sum().to_be_bytes())
    };
    for (name, computed) in
        [("x-amz-checksum-crc32", crc32), ("x-amz-checksum-sha256", STANDARD.encode(sha256))]
    {
        if headers.get(name).is_some_and(|given| *given != computed) {
            return Err(Wrong::bad("BadDigest", format!("The {name} you specified did not match.")));
        }
    }
    Ok(())
}

/// `None`: not a range that is served, so the whole is; `Err`: beyond its end.
fn range_of(header: &str, size: usize) -> Option<Result<(usize, usize), ()>> {
    let (from, to) = header.strip_prefix("bytes=")?.split_once('-')?;
    let last = size.checked_sub(1);
    let (from, to) = match (from.parse::<usize>().ok(), to.parse::<usize>().ok()) {
        (Some(from), to) => (from, to.unwrap_or(usize::MAX)),
        (None, Some(tail)) => (size.saturating_sub(tail), usize::MAX),
        (None, None) => return None,
    };
    Some(match last {
        Some(last) if from <= last && from <= to => Ok((from, to.min(last))),
        _ => Err(()),
    })
}

/// The bucket's CORS configuration, for browsers of other origins.
fn with_cors(
    spec: Option<&BucketSpec>,
    method: &Method,
    headers: &HeaderMap,
    mut response: Response,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = header("origin") else { return response };
    let wanted = header("access-control-request-method").unwrap_or(method.as_str());
    let rule = spec.into_iter().flat_map(|spec| &spec.cors).find(|rule| {
        rule.origins.iter().any(|allowed| iam::glob(allowed, origin))
            && rule.methods.iter().any(|one| one == wanted)
    });
    let Some(rule) = rule else {
        return if method == Method::OPTIONS { Wrong::denied().into_response() } else { response };
    };
    let any = rule.origins.iter().any(|allowed| allowed == "*");
    set(&mut response, "access-control-allow-origin", if any { "*" } else { origin });
    set(&mut response, "access-control-allow-methods", &rule.methods.join(", "));
    set(&mut response, "access-control-expose-headers", &rule.expose.join(", "));
    if let Some(asked) = header("access-control-request-headers") {
        set(&mut response, "access-control-allow-headers", asked);
    }
    set(&mut response, "vary", "Origin");
    response
}

fn refuse(why: &Refusing) -> Response {
    match why {
        Refusing::Denied(message) => {
            Wrong::new(StatusCode::FORBIDDEN, "AccessDenied", message.clone()).into_response()
        }
        Refusing::Throttled => {
            Wrong::new(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your request rate.")
                .into_response()
        }
        Refusing::Broken => Wrong::broken().into_response(),
    }
}

fn split(raw_path: &str) -> (String, String) {
    let path =
        crate::server::percent_decode(raw_path.strip_prefix(PATH.trim_end_matches('/')).unwrap_or_default());
    let path = path.trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (bucket.to_owned(), key.to_owned())
}

fn set(response: &mut Response, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value))
        && !value.is_empty()
    {
        response.headers_mut().insert(name, value);
    }
}

fn http_date(ms: u64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms.cast_signed()).unwrap_or_default();
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn xml(status: StatusCode, body: &str) -> Response {
    let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
    (status, [("content-type", "application/xml")], declared).into_response()
}
