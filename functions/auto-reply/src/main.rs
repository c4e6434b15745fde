use auto_reply::{AutoReply, Record, Subject};
use aws::dynamo::stream;
use aws::{Connections, Dynamo, ParkedQueue, Real, mapping};
use delivery::Engine;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use tracing::Instrument;

type Function = AutoReply<Engine<Dynamo, Connections, Real>, ParkedQueue>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = aws::start().await?;
    let parking = ParkedQueue::from_env(&function.sdk)?;
    let engine = Engine::new(function.store, function.connections, Real, function.epoch);
    let auto_reply = AutoReply { engine, parking };
    run(service_fn(|event: LambdaEvent<Value>| on_event(&auto_reply, event))).await
}

async fn on_event(auto_reply: &Function, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let records = mapping::records(&event.payload).iter().map(read).collect();
    let span = tracing::info_span!("batch", request_id = event.context.request_id);
    let failed = auto_reply::handle(auto_reply, records).instrument(span).await;
    Ok(mapping::answer(&failed))
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
