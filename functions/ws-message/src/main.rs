use aws::{Connections, Dynamo, Real};
use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use delivery::Engine;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use tracing::Instrument;
use ws_message::Payload;

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
    let from = request.request_context.connection_id.ok_or("an event without a connection")?.parse()?;
    let body = request.body.unwrap_or_default();
    let payload = if request.is_base64_encoded { Payload::Binary } else { Payload::Text(body) };
    let span = tracing::info_span!("frame", request_id = event.context.request_id, connection = %from);
    ws_message::handle(engine, &from, payload).instrument(span).await;
    Ok(json!({"statusCode": 200}))
}
