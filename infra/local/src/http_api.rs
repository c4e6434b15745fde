//! API Gateway's HTTP API: requests as payload 2.0 to a function, its answer back, with the limits and errors of AWS.

use crate::template::HttpRoute;
use crate::{World, clock};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::time::timeout;

const MAX_REQUEST: usize = 10 * 1_024 * 1_024;
/// An event or an answer of Lambda's, base64 included.
const MAX_PAYLOAD: usize = 6 * 1_024 * 1_024;

pub(crate) async fn handle(
    world: &Arc<World>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
    address: SocketAddr,
) -> Response {
    world.metrics.change(|all| all.http_requests += 1);
    let preflight = method == Method::OPTIONS && headers.contains_key("access-control-request-method");
    if preflight && world.stack.cors.is_some() {
        return cors(world, headers, StatusCode::NO_CONTENT.into_response());
    }
    let Some((route, parameters)) = find(&world.stack.http, method, uri.path()) else {
        return cors(world, headers, message(StatusCode::NOT_FOUND, "Not Found"));
    };
    if body.len() > MAX_REQUEST {
        return cors(world, headers, message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"));
    }
    let event =
        event(world, route, parameters, method, uri, headers, &body, address).to_string().into_bytes();
    if event.len() > MAX_PAYLOAD {
        return cors(world, headers, message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"));
    }
    let response = match timeout(route.timeout, world.lambda.invoke(world, &route.function, event)).await {
        Err(_) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        Ok(Err(_)) => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        Ok(Ok(answer)) if answer.len() > MAX_PAYLOAD => {
            message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
        Ok(Ok(answer)) => translate(&answer)
            .unwrap_or_else(|| message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")),
    };
    cors(world, headers, response)
}

fn message(status: StatusCode, text: &str) -> Response {
    (status, [("content-type", "application/json")], json!({ "message": text }).to_string()).into_response()
}

/// The route that answers: an exact one before one with parameters, `$default` last.
fn find<'a>(
    routes: &'a [HttpRoute],
    method: &Method,
    path: &str,
) -> Option<(&'a HttpRoute, Map<String, Value>)> {
    let mut matching: Vec<_> = routes
        .iter()
        .filter_map(|route| {
            let Some((wanted, pattern)) = route.key.split_once(' ') else {
                return Some((2, route, Map::new()));
            };
            let parameters = parameters(pattern, path)?;
            (wanted == "ANY" || wanted == method.as_str())
                .then(|| (usize::from(!parameters.is_empty()), route, parameters))
        })
        .collect();
    matching.sort_by_key(|(rank, ..)| *rank);
    matching.into_iter().next().map(|(_, route, parameters)| (route, parameters))
}

fn parameters(pattern: &str, path: &str) -> Option<Map<String, Value>> {
    let (mut found, mut rest) = (Map::new(), path.trim_start_matches('/').split('/'));
    for part in pattern.trim_start_matches('/').split('/') {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => match name.strip_suffix('+') {
                Some(greedy) => {
                    let tail: Vec<&str> = rest.by_ref().collect();
                    found.insert(greedy.to_owned(), json!(tail.join("/")));
                    return Some(found);
                }
                None => found.insert(name.to_owned(), json!(rest.next()?)),
            },
            None if rest.next() == Some(part) => None,
            None => return None,
        };
    }
    rest.next().is_none().then_some(found)
}

#[expect(clippy::too_many_arguments, reason = "an event is made of all that a request is")]
fn event(
    world: &World,
    route: &HttpRoute,
    parameters: Map<String, Value>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
    address: SocketAddr,
) -> Value {
    let now = world.clock.now_ms();
    let mut folded = Map::new();
    let mut cookies: Vec<String> = Vec::new();
    for name in headers.keys() {
        let values: Vec<String> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        if name == "cookie" {
            cookies.extend(values.iter().flat_map(|value| value.split("; ").map(str::to_owned)));
        } else {
            folded.insert(name.as_str().to_owned(), json!(values.join(",")));
        }
    }
    let ip = address.ip().to_canonical().to_string();
    let forwarded = folded
        .get("x-forwarded-for")
        .and_then(Value::as_str)
        .map_or_else(|| ip.clone(), |chain| format!("{chain}, {ip}"));
    folded.insert("x-forwarded-for".into(), json!(forwarded));
    let mut query = Map::new();
    for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        let joined = query
            .get(name.as_ref())
            .and_then(Value::as_str)
            .map_or_else(|| value.to_string(), |first| format!("{first},{value}"));
        query.insert(name.into_owned(), json!(joined));
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": uri.path(),
        "rawQueryString": uri.query().unwrap_or_default(),
        "headers": folded,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": route.api_id,
            "domainName": world.host(),
            "domainPrefix": route.api_id,
            "http": {
                "method": method.as_str(),
                "path": uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": ip,
                "userAgent": headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or_default(),
            },
            "requestId": clock::uuid(),
            "routeKey": route.key,
            "stage": "$default",
            "time": clock::gateway_time(now),
            "timeEpoch": now,
        },
        "isBase64Encoded": false,
    });
    for (field, value) in [("queryStringParameters", query), ("pathParameters", parameters)] {
        if !value.is_empty() {
            event[field] = value.into();
        }
    }
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !body.is_empty() {
        let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let textual = kind.starts_with("text/")
            || ["json", "xml", "javascript", "x-www-form-urlencoded"].iter().any(|word| kind.contains(word));
        match std::str::from_utf8(body) {
            Ok(text) if textual => event["body"] = json!(text),
            _ => {
                event["body"] = json!(STANDARD.encode(body));
                event["isBase64Encoded"] = json!(true);
            }
        }
    }
    event
}

/// A function's answer as a response; `None` when it is none that API Gateway understands.
fn translate(answer: &[u8]) -> Option<Response> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let Some(status) = answer["statusCode"].as_u64() else {
        // Without a status the whole answer is the body, and all is well.
        return Some(([("content-type", "application/json")], answer.to_string()).into_response());
    };
    let status = StatusCode::from_u16(u16::try_from(status).ok()?).ok()?;
    let text = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true {
        STANDARD.decode(text).ok()?
    } else {
        text.as_bytes().to_vec()
    };
    let mut response = Response::builder().status(status).body(Body::from(body)).ok()?;
    let headers = response.headers_mut();
    let mut add = |name: &str, value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), text.parse::<HeaderValue>()) {
            headers.append(name, value);
        }
    };
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        add(name, value);
    }
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        if !answer["headers"].as_object().is_some_and(|single| single.contains_key(name)) {
            add(
                name,
                &json!(values.as_array()?.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            );
        }
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        add("set-cookie", cookie);
    }
    if !headers.contains_key("content-type") {
        headers.insert("content-type", HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    Some(response)
}

/// The template's CORS configuration, when it has one; the function's own headers are then replaced, as on AWS.
fn cors(world: &World, request: &HeaderMap, mut response: Response) -> Response {
    let Some(rules) = &world.stack.cors else { return response };
    let headers = response.headers_mut();
    let names: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in names {
        headers.remove(name);
    }
    let Some(origin) = request.get("origin").and_then(|value| value.to_str().ok()) else { return response };
    let any = rules.origins.iter().any(|allowed| allowed == "*");
    if !any && !rules.origins.iter().any(|allowed| allowed == origin) {
        return response;
    }
    let mut set = |name: &'static str, value: String| {
        if let (false, Ok(value)) = (value.is_empty(), value.parse()) {
            headers.insert(name, value);
        }
    };
    set("access-control-allow-origin", if any { "*".into() } else { origin.to_owned() });
    set("access-control-expose-headers", rules.expose.join(","));
    if rules.credentials {
        set("access-control-allow-credentials", "true".into());
    }
    if request.contains_key("access-control-request-method") {
        set("access-control-allow-methods", rules.methods.join(","));
        set("access-control-allow-headers", rules.headers.join(","));
        set("access-control-max-age", rules.max_age.map(|seconds| seconds.to_string()).unwrap_or_default());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_most_exact_route_answers() {
        let route = |key: &str| HttpRoute {
            api_id: "a".into(),
            key: key.into(),
            function: key.into(),
            timeout: Duration::ZERO,
        };
        let routes = [
            route("$default"),
            route("GET /items/{id}"),
            route("GET /items/all"),
            route("ANY /files/{path+}"),
        ];
        let check = |method: Method, path: &str, expected: &str| {
            assert_eq!(
                find(&routes, &method, path).map(|(route, _)| route.key.as_str()),
                Some(expected),
                "{method} {path}"
            );
        };
        check(Method::GET, "/items/all", "GET /items/all");
        check(Method::GET, "/items/7", "GET /items/{id}");
        check(Method::POST, "/items/7", "$default");
        check(Method::PUT, "/files/a/b", "ANY /files/{path+}");
        check(Method::GET, "/elsewhere", "$default");
        assert_eq!(
            find(&routes, &Method::GET, "/files/a/b").map(|(_, found)| found["path"].clone()),
            Some(json!("a/b"))
        );
    }
}
