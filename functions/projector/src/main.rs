use aws::dynamo::stream;
use aws::{Config, Connections, Dynamo, Real, clients, telemetry};
use delivery::{Engine, Move};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use projector::Record;
use serde_json::{Value, json};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let config = Config::from_env()?;
    let sdk = clients::sdk().await;
    let store = Dynamo::new(aws_sdk_dynamodb::Client::new(&sdk), config.table);
    store.warm().await;
    let engine = Engine::new(store, Connections::new(&sdk, &config.connections_url), Real, config.epoch);
    run(service_fn(|event: LambdaEvent<Value>| on_event(&engine, event))).await
}

async fn on_event(
    engine: &Engine<Dynamo, Connections, Real>,
    event: LambdaEvent<Value>,
) -> Result<Value, Error> {
    let records = event.payload["Records"]
        .as_array()
        .map(|records| records.iter().map(read).collect())
        .unwrap_or_default();
    let span = tracing::info_span!("batch", request_id = event.context.request_id);
    let failed = projector::handle(engine, records).instrument(span).await;
    let failures: Vec<Value> = failed.into_iter().map(|number| json!({"itemIdentifier": number})).collect();
    Ok(json!({"batchItemFailures": failures}))
}

fn read(record: &Value) -> Record {
    let change = &record["dynamodb"];
    let keys = &change["Keys"];
    let sequence_number = change["SequenceNumber"].as_str().unwrap_or_default().to_owned();
    let is_head = keys["sk"]["S"] == aws::dynamo::keys::HEAD;
    // A removed head (retention) moves nothing that a list would show.
    let step = (is_head && change["NewImage"].is_object()).then(|| {
        let after = stream::head(&change["NewImage"])?;
        let before =
            if change["OldImage"].is_object() { Some(stream::head(&change["OldImage"])?) } else { None };
        Ok::<_, domain::ports::StoreError>(Move { before, after })
    });
    let step = match step {
        Some(Ok(step)) => Some(step),
        Some(Err(error)) => {
            // Keys are ids: they may be logged, and are what an operator needs.
            tracing::error!(%error, %keys, "a record cannot be read and is skipped");
            None
        }
        None => None,
    };
    Record { sequence_number, step }
}
