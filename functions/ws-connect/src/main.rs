use aws::{Connections, Dynamo, Real};
use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use delivery::Engine;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use tracing::Instrument;
use ws_connect::Handshake;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = aws::start().await?;
    let engine = Engine::new(function.store, function.connections, Real, function.epoch);
    run(service_fn(|event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| on_event(&engine, event))).await
}

async fn on_event(
    engine: &Engine<Dynamo, Connections, Real>,
    event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
) -> Result<Value, Error> {
    let request = event.payload;
    let header =
        |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let query = |name: &str| request.query_string_parameters.first(name).map(str::to_owned);
    let handshake = Handshake {
        id: request.request_context.connection_id.clone().ok_or("an event without a connection")?.parse()?,
        version: query("v"),
        ticket: query("ticket"),
        origin: header("origin"),
        address: request.request_context.identity.source_ip.clone().unwrap_or_default(),
    };
    let span =
        tracing::info_span!("connect", request_id = event.context.request_id, connection = %handshake.id);
    let status = ws_connect::handle(engine, handshake).instrument(span).await;
    Ok(json!({"statusCode": status}))
}
