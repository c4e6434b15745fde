//! API Gateway's WebSocket API: `$connect`, `$disconnect`, `$default`, and `@connections`.

use crate::Shared;
use crate::faults::PostFault;
use crate::metrics::now_ms;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// A client's frame beyond this closes its connection with 1009.
const MAX_FRAME: usize = 32 * 1024;
/// A post beyond this is refused with 413.
const MAX_POST: usize = 128 * 1024;

#[derive(Debug)]
enum Out {
    Text(String),
    /// A close frame, from `DELETE @connections`.
    Close,
    /// As if a cable had been pulled.
    Cut { tell: bool },
}

#[derive(Debug)]
struct Connection {
    out: mpsc::UnboundedSender<Out>,
    connected_at: u64,
    address: String,
    user_agent: String,
    last_active: Arc<Mutex<u64>>,
}

/// The connections that are open.
#[derive(Debug, Default)]
pub struct Gateway(Mutex<HashMap<String, Connection>>);

impl Gateway {
    pub(crate) fn open(&self) -> usize {
        self.0.lock().expect("no holder panics").len()
    }

    pub(crate) fn cut_all(&self, tell: bool) -> usize {
        let connections = self.0.lock().expect("no holder panics");
        for connection in connections.values() {
            let _ = connection.out.send(Out::Cut { tell });
        }
        connections.len()
    }
}

fn new_id() -> String {
    base64::engine::general_purpose::URL_SAFE.encode(&uuid::Uuid::new_v4().as_bytes()[..10])
}

struct Caller {
    id: String,
    address: String,
    user_agent: String,
    connected_at: u64,
}

fn context(shared: &Shared, caller: &Caller, event: &str, route: &str) -> Value {
    json!({
        "routeKey": route,
        "eventType": event,
        "messageDirection": "IN",
        "connectionId": caller.id,
        "connectedAt": caller.connected_at,
        "requestTimeEpoch": now_ms(),
        "requestId": uuid::Uuid::new_v4().to_string(),
        "extendedRequestId": new_id(),
        "apiId": "local",
        "stage": shared.stack.websocket_stage,
        "domainName": "localhost",
        "identity": {"sourceIp": caller.address, "userAgent": caller.user_agent},
    })
}

/// `GET /{stage}`: the handshake. `$connect` decides.
pub(crate) async fn handshake(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let caller = Caller { id: new_id(), address: peer.ip().to_string(), user_agent: header("user-agent"), connected_at: now_ms() };
    let named: HashMap<&str, String> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?.to_owned())))
        .collect();
    let event = json!({
        "headers": named,
        "multiValueHeaders": named.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect::<serde_json::Map<_, _>>(),
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query.iter().map(|(name, value)| (name.clone(), json!([value]))).collect::<serde_json::Map<_, _>>(),
        "requestContext": context(&shared, &caller, "CONNECT", "$connect"),
        "isBase64Encoded": false,
    });
    if let Some(function) = shared.stack.websocket_routes.get("$connect") {
        let answer = shared.lambda.invoke(&shared, function, Bytes::from(event.to_string())).await;
        let answer: Option<Value> = answer.ok().and_then(|answer| serde_json::from_slice(&answer).ok());
        let status = answer.as_ref().and_then(|answer| answer["statusCode"].as_u64()).unwrap_or(502);
        if !(200..300).contains(&status) {
            // As on AWS: what the function says if it is a refusal, else an error of the gateway.
            let status = if (400..500).contains(&status) { status as u16 } else { 500 };
            return StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        }
    }
    upgrade.max_message_size(4 * MAX_POST).max_frame_size(4 * MAX_POST).on_upgrade(move |socket| serve(shared, caller, socket))
}

async fn serve(shared: Arc<Shared>, caller: Caller, socket: WebSocket) {
    let (out, mut outgoing) = mpsc::unbounded_channel();
    let last_active = Arc::new(Mutex::new(now_ms()));
    let connection = Connection {
        out,
        connected_at: caller.connected_at,
        address: caller.address.clone(),
        user_agent: caller.user_agent.clone(),
        last_active: last_active.clone(),
    };
    shared.websocket.0.lock().expect("no holder panics").insert(caller.id.clone(), connection);
    let caller = Arc::new(caller);
    let (mut sink, mut stream) = socket.split();
    let close = |code: u16, reason: &'static str| Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    let end = Instant::now() + shared.options.limits.longest;
    let mut idle = Instant::now() + shared.options.limits.idle;
    let mut tell = true;
    loop {
        tokio::select! {
            incoming = stream.next() => match incoming {
                Some(Ok(Message::Text(text))) if text.len() > MAX_FRAME => {
                    let _ = sink.send(close(1009, "message too big")).await;
                    break;
                }
                Some(Ok(Message::Binary(bytes))) if bytes.len() > MAX_FRAME => {
                    let _ = sink.send(close(1009, "message too big")).await;
                    break;
                }
                Some(Ok(Message::Text(text))) => {
                    idle = Instant::now() + shared.options.limits.idle;
                    tokio::spawn(message(shared.clone(), caller.clone(), text.to_string(), false));
                }
                Some(Ok(Message::Binary(bytes))) => {
                    idle = Instant::now() + shared.options.limits.idle;
                    let body = base64::engine::general_purpose::STANDARD.encode(&bytes);
                    tokio::spawn(message(shared.clone(), caller.clone(), body, true));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => idle = Instant::now() + shared.options.limits.idle,
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
            next = outgoing.recv() => match next {
                Some(Out::Text(text)) => {
                    idle = Instant::now() + shared.options.limits.idle;
                    *last_active.lock().expect("no holder panics") = now_ms();
                    if sink.send(Message::text(text)).await.is_err() {
                        break;
                    }
                }
                Some(Out::Close) => {
                    let _ = sink.send(close(1000, "")).await;
                    break;
                }
                Some(Out::Cut { tell: told }) => {
                    tell = told;
                    break;
                }
                None => break,
            },
            () = tokio::time::sleep_until(idle.min(end)) => {
                let _ = sink.send(close(1001, "going away")).await;
                break;
            }
        }
    }
    shared.websocket.0.lock().expect("no holder panics").remove(&caller.id);
    drop((sink, stream));
    if tell && let Some(function) = shared.stack.websocket_routes.get("$disconnect") {
        let mut context = context(&shared, &caller, "DISCONNECT", "$disconnect");
        context["disconnectStatusCode"] = json!(1000);
        let event = json!({"headers": {}, "requestContext": context, "isBase64Encoded": false});
        let _ = shared.lambda.invoke(&shared, function, Bytes::from(event.to_string())).await;
    }
}

async fn message(shared: Arc<Shared>, caller: Arc<Caller>, body: String, encoded: bool) {
    shared.metrics.frame(body.len());
    let routes = &shared.stack.websocket_routes;
    // The route selection expression is `$request.body.action`.
    let action = serde_json::from_str::<Value>(&body).ok().and_then(|body| body["action"].as_str().map(str::to_owned));
    let route = action.filter(|action| routes.contains_key(action)).unwrap_or_else(|| "$default".to_owned());
    let Some(function) = routes.get(&route) else { return };
    let mut context = context(&shared, &caller, "MESSAGE", &route);
    context["messageId"] = json!(new_id());
    let request_id = context["requestId"].clone();
    let event = json!({"requestContext": context, "body": body, "isBase64Encoded": encoded});
    if shared.lambda.invoke(&shared, function, Bytes::from(event.to_string())).await.is_err() {
        let text = json!({"message": "Internal server error", "connectionId": caller.id, "requestId": request_id}).to_string();
        if let Some(connection) = shared.websocket.0.lock().expect("no holder panics").get(&caller.id) {
            let _ = connection.out.send(Out::Text(text));
        }
    }
}

fn gone() -> Response {
    (StatusCode::GONE, [("x-amzn-errortype", "GoneException")], "{\"message\":\"GoneException\"}").into_response()
}

/// `POST /{stage}/@connections/{id}`
pub(crate) async fn post(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    shared.metrics.post(body.len());
    match shared.faults.take_post() {
        Some(PostFault::Gone) => return gone(),
        Some(PostFault::Throttled) => {
            return (StatusCode::TOO_MANY_REQUESTS, [("x-amzn-errortype", "LimitExceededException")], "{}").into_response();
        }
        Some(PostFault::Error) => return (StatusCode::INTERNAL_SERVER_ERROR, "{}").into_response(),
        Some(PostFault::Hang) => tokio::time::sleep(Duration::from_secs(30)).await,
        None => {}
    }
    if body.len() > MAX_POST {
        return (StatusCode::PAYLOAD_TOO_LARGE, [("x-amzn-errortype", "PayloadTooLargeException")], "{}").into_response();
    }
    let connections = shared.websocket.0.lock().expect("no holder panics");
    let text = String::from_utf8_lossy(&body).into_owned();
    match connections.get(&id).map(|connection| connection.out.send(Out::Text(text))) {
        Some(Ok(())) => StatusCode::OK.into_response(),
        _ => gone(),
    }
}

/// `GET /{stage}/@connections/{id}`
pub(crate) async fn get(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let connections = shared.websocket.0.lock().expect("no holder panics");
    let Some(connection) = connections.get(&id) else { return gone() };
    let last_active = *connection.last_active.lock().expect("no holder panics");
    let body = json!({
        "connectedAt": connection.connected_at,
        "lastActiveAt": last_active,
        "identity": {"sourceIp": connection.address, "userAgent": connection.user_agent},
    });
    (StatusCode::OK, body.to_string()).into_response()
}

/// `DELETE /{stage}/@connections/{id}`
pub(crate) async fn delete(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    match shared.websocket.0.lock().expect("no holder panics").get(&id).map(|connection| connection.out.send(Out::Close)) {
        Some(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        _ => gone(),
    }
}
