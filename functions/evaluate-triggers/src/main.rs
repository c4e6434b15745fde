use aws::{Connections, Dynamo, Real};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayWebsocketProxyRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use delivery::Engine;
use delivery::proactive::Asked;
use domain::ConnectionId;
use evaluate_triggers::{Answer, Request};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use tracing::Instrument;

type Function = Engine<Dynamo, Connections, Real>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = aws::start().await?;
    let engine = Engine::new(function.store, function.connections, Real, function.epoch);
    run(service_fn(|event: LambdaEvent<Value>| on_event(&engine, event))).await
}

/// Both APIs come here: only the WebSocket's events have a connection.
async fn on_event(engine: &Function, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let request_id = event.context.request_id;
    if event.payload["requestContext"]["connectionId"].is_string() {
        let frame: ApiGatewayWebsocketProxyRequest = serde_json::from_value(event.payload)?;
        let from = frame.request_context.connection_id.ok_or("an event without a connection")?;
        let from: ConnectionId = from.parse()?;
        let body = frame.body.filter(|_| !frame.is_base64_encoded);
        let span = tracing::info_span!("page", request_id, connection = %from);
        evaluate_triggers::over_socket(engine, &from, body.as_deref()).instrument(span).await;
        return Ok(json!({"statusCode": 200}));
    }
    let request: ApiGatewayV2httpRequest = serde_json::from_value(event.payload)?;
    let span = tracing::info_span!("page-view", request_id);
    Ok(write(evaluate_triggers::over_http(engine, read(request)).instrument(span).await))
}

fn read(request: ApiGatewayV2httpRequest) -> Request {
    let header =
        |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Request {
        site: request.path_parameters.get("site").cloned().unwrap_or_default(),
        asked: Asked {
            origin: header("origin"),
            token: header("authorization").and_then(|value| Some(value.strip_prefix("Bearer ")?.to_owned())),
            address: request.request_context.http.source_ip.clone().unwrap_or_default(),
            country: header("cloudfront-viewer-country"),
            user_agent: header("user-agent"),
        },
        body: text(request.body.unwrap_or_default(), request.is_base64_encoded),
    }
}

/// What the gateway takes for bytes may be text all the same: a page that is being left sends its last word without a type.
fn text(body: String, encoded: bool) -> Option<String> {
    if !encoded {
        return Some(body);
    }
    String::from_utf8(STANDARD.decode(body).ok()?).ok()
}

fn write(answer: Answer) -> Value {
    let mut headers = json!({
        "content-type": "application/json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "vary": "origin",
    });
    if let Some(origin) = answer.allow_origin {
        headers["access-control-allow-origin"] = json!(origin);
        headers["access-control-expose-headers"] = json!("retry-after");
    }
    if let Some(seconds) = answer.retry_after {
        headers["retry-after"] = json!(seconds.to_string());
    }
    json!({"statusCode": answer.status, "headers": headers, "body": answer.body})
}
