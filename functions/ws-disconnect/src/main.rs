use aws::{Connections, Dynamo, Real};
use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use delivery::Engine;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = aws::start_cold().await?;
    let engine = Engine::new(function.store, function.connections, Real, function.epoch);
    run(service_fn(|event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| on_event(&engine, event))).await
}

async fn on_event(
    engine: &Engine<Dynamo, Connections, Real>,
    event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
) -> Result<Value, Error> {
    let id = event.payload.request_context.connection_id.ok_or("an event without a connection")?.parse()?;
    let span = tracing::info_span!("disconnect", request_id = event.context.request_id, connection = %id);
    ws_disconnect::handle(engine, &id).instrument(span).await;
    Ok(json!({"statusCode": 200}))
}
