//! API Gateway's WebSocket API: handshakes through `$connect`, frames to the route that the body selects, `$disconnect` at the
//! end, and `@connections` for the functions to answer by.

use crate::faults::PostFault;
use crate::template::SocketRoutes;
use crate::{World, calls, clock};
use axum::body::{Body, Bytes};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::{SinkExt, StreamExt};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, sleep_until, timeout};

const MAX_FRAME: usize = 32 * 1_024;
const MAX_MESSAGE: usize = 128 * 1_024;
/// How long an integration may take.
const PATIENCE: Duration = Duration::from_secs(29);

/// What a connection's task can be told from outside.
enum Order {
    Send(Message),
    /// Close properly, with that code.
    Close(u16, &'static str),
    /// Drop the line: no close frame; `$disconnect` only if asked for.
    Cut {
        tell: bool,
    },
}

struct Connection {
    orders: mpsc::UnboundedSender<Order>,
    since_ms: u64,
    last_ms: u64,
    ip: String,
    agent: String,
}

#[derive(Default)]
pub(crate) struct Sockets {
    open: Mutex<BTreeMap<String, Connection>>,
}

impl Sockets {
    pub(crate) fn ids(&self) -> Vec<String> {
        self.open.lock().expect("no holder panics").keys().cloned().collect()
    }

    /// Drops lines as a train does in a tunnel; `None`: all of them.
    pub(crate) fn cut(&self, id: Option<&str>, tell: bool) -> usize {
        let open = self.open.lock().expect("no holder panics");
        open.iter()
            .filter(|(name, _)| id.is_none_or(|id| id == *name))
            .filter(|(_, connection)| connection.orders.send(Order::Cut { tell }).is_ok())
            .count()
    }

    fn order(&self, id: &str, order: Order) -> bool {
        self.open
            .lock()
            .expect("no holder panics")
            .get(id)
            .is_some_and(|connection| connection.orders.send(order).is_ok())
    }

    fn touch(&self, id: &str, now_ms: u64) {
        if let Some(connection) = self.open.lock().expect("no holder panics").get_mut(id) {
            connection.last_ms = now_ms;
        }
    }
}

/// A handshake: `$connect` decides.
pub(crate) async fn connect(
    world: Arc<World>,
    routes: Arc<SocketRoutes>,
    upgrade: WebSocketUpgrade,
    uri: &Uri,
    headers: &HeaderMap,
    address: SocketAddr,
) -> Response {
    let line = Line::new(world, routes, headers, address);
    let mut extra: Vec<(String, String)> = Vec::new();
    if let Some(function) = line.routes.routes.get("$connect") {
        let mut event =
            json!({ "requestContext": line.context("$connect", "CONNECT"), "isBase64Encoded": false });
        let (single, multi) = fold_headers(headers);
        (event["headers"], event["multiValueHeaders"]) = (single, multi);
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        if !query.is_empty() {
            event["queryStringParameters"] =
                query.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>().into();
            let mut multi = Map::new();
            for (name, value) in query {
                if let Value::Array(values) = multi.entry(name).or_insert_with(|| json!([])) {
                    values.push(json!(value));
                }
            }
            event["multiValueQueryStringParameters"] = multi.into();
        }
        let Ok(answer) =
            line.world.lambda.invoke(&line.world, function, event.to_string().into_bytes()).await
        else {
            return refusal(StatusCode::BAD_GATEWAY, &line);
        };
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        match answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()) {
            Some(200..=299) => {
                for (name, value) in answer["headers"].as_object().into_iter().flatten() {
                    extra.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
                }
            }
            // Whatever else it answers refuses the upgrade, with that status.
            Some(status @ 400..=599) => {
                return refusal(StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN), &line);
            }
            _ => return refusal(StatusCode::INTERNAL_SERVER_ERROR, &line),
        }
    }
    let protocol = extra
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"))
        .map(|(_, value)| value.clone());
    let upgrade = match protocol {
        Some(protocol) => upgrade.protocols([protocol]),
        None => upgrade,
    };
    let mut response = upgrade
        .max_frame_size(MAX_FRAME)
        .max_message_size(MAX_MESSAGE)
        .on_upgrade(move |socket| line.serve(socket));
    for (name, value) in extra {
        if let (Ok(name), Ok(value)) = (name.parse::<axum::http::HeaderName>(), value.parse()) {
            response.headers_mut().entry(name).or_insert(value);
        }
    }
    response
}

fn refusal(status: StatusCode, line: &Line) -> Response {
    let message = match status {
        StatusCode::UNAUTHORIZED => "Unauthorized",
        StatusCode::FORBIDDEN => "Forbidden",
        _ if status.is_client_error() => status.canonical_reason().unwrap_or("Bad Request"),
        _ => "Internal server error",
    };
    let body = json!({ "message": message, "connectionId": line.id, "requestId": clock::uuid() });
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

/// One connection from its handshake to its end.
struct Line {
    world: Arc<World>,
    routes: Arc<SocketRoutes>,
    id: String,
    since_ms: u64,
    ip: String,
    agent: String,
}

impl Line {
    fn new(world: Arc<World>, routes: Arc<SocketRoutes>, headers: &HeaderMap, address: SocketAddr) -> Self {
        let bytes: [u8; 11] = rand::random();
        Self {
            since_ms: world.clock.now_ms(),
            world,
            routes,
            // As long as API Gateway's, and with their trailing `=`, which paths must survive.
            id: STANDARD.encode(bytes),
            ip: address.ip().to_canonical().to_string(),
            agent: headers
                .get("user-agent")
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
        }
    }

    fn context(&self, route: &str, kind: &str) -> Value {
        let now = self.world.clock.now_ms();
        let mut context = json!({
            "routeKey": route,
            "eventType": kind,
            "extendedRequestId": clock::uuid(),
            "requestTime": clock::gateway_time(now),
            "messageDirection": "IN",
            "stage": self.routes.stage,
            "connectedAt": self.since_ms,
            "requestTimeEpoch": now,
            "identity": { "sourceIp": self.ip, "userAgent": self.agent },
            "requestId": clock::uuid(),
            "domainName": self.world.host(),
            "connectionId": self.id,
            "apiId": self.routes.api_id,
        });
        if kind == "MESSAGE" {
            context["messageId"] = json!(clock::uuid());
        }
        context
    }

    async fn serve(self, socket: WebSocket) {
        let (orders, mut inbox) = mpsc::unbounded_channel();
        let connection = Connection {
            orders,
            since_ms: self.since_ms,
            last_ms: self.since_ms,
            ip: self.ip.clone(),
            agent: self.agent.clone(),
        };
        self.world.sockets.open.lock().expect("no holder panics").insert(self.id.clone(), connection);
        self.world.metrics.change(|all| all.connections_opened += 1);
        let line = Arc::new(self);
        let (mut sink, mut stream) = socket.split();
        let limits = &line.world.options.limits;
        let born = Instant::now();
        let end = born + limits.longest;
        let mut quiet_until = born + limits.idle;
        let (code, reason, tell) = loop {
            tokio::select! {
                order = inbox.recv() => match order {
                    Some(Order::Send(message)) => {
                        quiet_until = Instant::now() + limits.idle;
                        if sink.send(message).await.is_err() { break (1006, "", true) }
                    }
                    Some(Order::Close(code, reason)) => { close(&mut sink, code, reason).await; break (code, reason, true) }
                    Some(Order::Cut { tell }) => break (1006, "", tell),
                    None => break (1006, "", true),
                },
                frame = stream.next() => {
                    quiet_until = Instant::now() + limits.idle;
                    match frame {
                        Some(Ok(Message::Text(text))) => line.receive(json!(text.as_str()), text.len(), false),
                        Some(Ok(Message::Binary(bytes))) => line.receive(json!(STANDARD.encode(&bytes)), bytes.len(), true),
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(frame))) => break (frame.map_or(1005, |frame| frame.code), "", true),
                        Some(Err(error)) => {
                            // tungstenite reports a frame or message over its limit as a capacity error.
                            if error.to_string().contains("Space limit exceeded") {
                                close(&mut sink, 1009, "Message too big").await;
                                break (1009, "", true);
                            }
                            break (1006, "", true);
                        }
                        None => break (1006, "", true),
                    }
                }
                () = sleep_until(quiet_until) => { close(&mut sink, 1001, "Going away").await; break (1001, "", true) }
                () = sleep_until(end) => { close(&mut sink, 1001, "Going away").await; break (1001, "", true) }
            }
        };
        line.world.sockets.open.lock().expect("no holder panics").remove(&line.id);
        drop((sink, stream));
        line.world.metrics.change(|all| all.connection_seconds += born.elapsed().as_secs().max(1));
        if let (true, Some(function)) = (tell, line.routes.routes.get("$disconnect")) {
            let mut context = line.context("$disconnect", "DISCONNECT");
            context["disconnectStatusCode"] = json!(code);
            context["disconnectReason"] = json!(reason);
            let event = json!({
                "headers": { "Host": line.world.host(), "x-api-key": "", "X-Forwarded-For": "" },
                "requestContext": context,
                "isBase64Encoded": false,
            });
            // Best effort, as on AWS: nobody is told when it fails.
            let _ = line.world.lambda.invoke(&line.world, function, event.to_string().into_bytes()).await;
        }
    }

    /// Frames are handled as they come, not one after the other: API Gateway waits for no answer either.
    fn receive(self: &Arc<Self>, body: Value, bytes: usize, binary: bool) {
        self.world.metrics.frame(bytes);
        self.world.sockets.touch(&self.id, self.world.clock.now_ms());
        let line = Arc::clone(self);
        tokio::spawn(async move {
            let route = line.select(&body, binary);
            let Some(function) = line.routes.routes.get(&route) else {
                line.complain("Forbidden");
                return;
            };
            let event = json!({ "requestContext": line.context(&route, "MESSAGE"), "body": body, "isBase64Encoded": binary });
            let invocation = line.world.lambda.invoke(&line.world, function, event.to_string().into_bytes());
            match timeout(PATIENCE, invocation).await {
                Ok(Ok(_)) => {}
                Ok(Err(_)) => line.complain("Internal server error"),
                Err(_) => line.complain("Endpoint request timed out"),
            }
        });
    }

    fn select(&self, body: &Value, binary: bool) -> String {
        let field = self.routes.selection.trim_start_matches("$request.body.");
        let parsed =
            body.as_str().filter(|_| !binary).and_then(|text| serde_json::from_str::<Value>(text).ok());
        parsed
            .and_then(|parsed| parsed[field].as_str().map(str::to_owned))
            .filter(|route| self.routes.routes.contains_key(route) && !route.starts_with('$'))
            .unwrap_or_else(|| "$default".to_owned())
    }

    fn complain(&self, message: &str) {
        let body =
            json!({ "message": message, "connectionId": self.id, "requestId": clock::uuid() }).to_string();
        self.world.metrics.post(&self.id, body.len());
        self.world.sockets.order(&self.id, Order::Send(Message::text(body)));
    }
}

async fn close(sink: &mut (impl SinkExt<Message> + Unpin), code: u16, reason: &'static str) {
    let _ = sink.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
}

/// `@connections/{id}`: POST a message, GET what is known, DELETE to close.
pub(crate) async fn manage(
    world: &Arc<World>,
    routes: &SocketRoutes,
    id: &str,
    method: &Method,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let caller = world.lambda.caller(headers);
    let mut arrived = None;
    if let Some(instance) = &caller {
        arrived = Some(instance.call().await);
        let resource = format!(
            "arn:aws:execute-api:{}:000000000000:{}/{}/{method}/@connections/{id}",
            world.place.region, routes.api_id, routes.stage
        );
        if calls::permit(world, instance, "execute-api:ManageConnections", &resource, &[]).is_err() {
            return answer(
                StatusCode::FORBIDDEN,
                "ForbiddenException",
                "User is not authorized to access this resource",
            );
        }
    }
    let response = match method.as_str() {
        "POST" => post(world, id, &body).await,
        "DELETE" if world.sockets.order(id, Order::Close(1000, "Connection Closed Normally")) => {
            StatusCode::NO_CONTENT.into_response()
        }
        "GET" => match world.sockets.open.lock().expect("no holder panics").get(id) {
            Some(one) => {
                let body = json!({
                    "connectedAt": clock::rfc_3339(one.since_ms), "lastActiveAt": clock::rfc_3339(one.last_ms),
                    "identity": { "sourceIp": one.ip, "userAgent": one.agent },
                });
                ([("content-type", "application/json")], body.to_string()).into_response()
            }
            None => gone(),
        },
        _ => gone(),
    };
    if let Some(call) = arrived {
        call.done().await;
    }
    response
}

async fn post(world: &World, id: &str, body: &Bytes) -> Response {
    world.metrics.change(|all| all.posts_tried += 1);
    match world.faults.on_post(id) {
        Some(PostFault::Gone) => return gone(),
        Some(PostFault::Throttled) => {
            return answer(StatusCode::TOO_MANY_REQUESTS, "LimitExceededException", "Too many requests");
        }
        Some(PostFault::Error) => {
            return answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerErrorException",
                "Internal server error",
            );
        }
        Some(PostFault::Hang) => std::future::pending().await,
        None => {}
    }
    if body.len() > MAX_MESSAGE {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException", "Payload too large");
    }
    let message = std::str::from_utf8(body).map_or_else(|_| Message::binary(body.clone()), Message::text);
    if !world.sockets.order(id, Order::Send(message)) {
        return gone();
    }
    world.metrics.post(id, body.len());
    world.sockets.touch(id, world.clock.now_ms());
    StatusCode::OK.into_response()
}

fn gone() -> Response {
    Response::builder()
        .status(StatusCode::GONE)
        .header("x-amzn-errortype", "GoneException")
        .body(Body::empty())
        .unwrap_or_else(|_| StatusCode::GONE.into_response())
}

fn answer(status: StatusCode, kind: &'static str, message: &str) -> Response {
    (
        status,
        [("x-amzn-errortype", kind), ("content-type", "application/json")],
        json!({ "message": message }).to_string(),
    )
        .into_response()
}

/// Headers once each, the last winning, and all their values.
fn fold_headers(headers: &HeaderMap) -> (Value, Value) {
    let (mut single, mut multi) = (Map::new(), Map::new());
    for name in headers.keys() {
        let values: Vec<String> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        let name = canonical(name.as_str());
        single.insert(name.clone(), json!(values.last()));
        multi.insert(name, json!(values));
    }
    (single.into(), multi.into())
}

/// A WebSocket API passes headers on as browsers write them: `Origin`, `User-Agent`.
fn canonical(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}
