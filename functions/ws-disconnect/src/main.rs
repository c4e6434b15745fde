use aws::{Config, Connections, Dynamo, Real, clients, telemetry};
use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use delivery::Engine;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let config = Config::from_env()?;
    let sdk = clients::sdk().await;
    let store = Dynamo::new(aws_sdk_dynamodb::Client::new(&sdk), config.table);
    let engine = Engine::new(store, Connections::new(&sdk, &config.connections_url), Real, config.epoch);
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
