//! API Gateway's HTTP API, payload format 2.0.

use crate::Shared;
use crate::lambda::Failed;
use crate::metrics::now_ms;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// Any request of the HTTP API. Routes other than `$default` are matched to the letter.
pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.metrics.http();
    let routes = &shared.stack.http_routes;
    let exact = format!("{method} {}", uri.path());
    let Some((route, function)) = routes.get_key_value(&exact).or_else(|| routes.get_key_value("$default")) else {
        return (StatusCode::NOT_FOUND, json!({"message": "Not Found"}).to_string()).into_response();
    };
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &headers {
        if let Ok(value) = value.to_str() {
            named.entry(name.as_str().to_owned()).and_modify(|all| *all = format!("{all},{value}")).or_insert_with(|| value.to_owned());
        }
    }
    let query = uri.query().unwrap_or_default();
    let parameters: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let (body, encoded) = match String::from_utf8(body.to_vec()) {
        Ok(text) => (text, false),
        Err(_) => (base64::engine::general_purpose::STANDARD.encode(&body), true),
    };
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": uri.path(),
        "rawQueryString": query,
        "headers": named,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "http": {
                "method": method.as_str(),
                "path": uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": peer.ip().to_string(),
                "userAgent": named.get("user-agent").cloned().unwrap_or_default(),
            },
            "requestId": uuid::Uuid::new_v4().to_string(),
            "routeKey": route,
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": now_ms(),
        },
        "body": body,
        "isBase64Encoded": encoded,
    });
    if !parameters.is_empty() {
        event["queryStringParameters"] = json!(parameters);
    }
    match shared.lambda.invoke(&shared, function, Bytes::from(event.to_string())).await {
        Ok(answer) => respond(&answer),
        Err(Failed::TimedOut) => (StatusCode::SERVICE_UNAVAILABLE, "{\"message\":\"Service Unavailable\"}").into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "{\"message\":\"Internal Server Error\"}").into_response(),
    }
}

fn respond(answer: &[u8]) -> Response {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "{\"message\":\"Internal Server Error\"}").into_response();
    };
    let status = answer["statusCode"].as_u64().and_then(|status| StatusCode::from_u16(status as u16).ok()).unwrap_or(StatusCode::OK);
    let body = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true {
        base64::engine::general_purpose::STANDARD.decode(body).unwrap_or_default()
    } else {
        body.as_bytes().to_vec()
    };
    let mut response = (status, body).into_response();
    response.headers_mut().remove("content-type");
    let single = answer["headers"].as_object().into_iter().flatten().filter_map(|(name, value)| Some((name, value.as_str()?)));
    for (name, value) in single {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
