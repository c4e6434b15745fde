use auto_reply::{Record, Subject};
use aws::dynamo::stream;
use aws::{Config, Connections, Dynamo, Real, clients, telemetry};
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
    let failed = auto_reply::handle(engine, records).instrument(span).await;
    let failures: Vec<Value> = failed.into_iter().map(|number| json!({"itemIdentifier": number})).collect();
    Ok(json!({"batchItemFailures": failures}))
}

fn read(record: &Value) -> Record {
    let change = &record["dynamodb"];
    let is_new = record["eventName"] == "INSERT";
    let subject = match stream::thread_entry(&change["Keys"]) {
        Ok(Some((conversation, seq))) if is_new => Subject::Entry(conversation, seq),
        Ok(_) => Subject::Nothing,
        Err(_) => Subject::Unreadable,
    };
    Record {
        sequence_number: change["SequenceNumber"].as_str().unwrap_or_default().to_owned(),
        keys: change["Keys"].to_string(),
        subject,
    }
}
