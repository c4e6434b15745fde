use aws::queues::read_call;
use aws::{Connections, Dynamo, Real, mapping};
use delivery::Engine;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use timers::{Message, Timers};
use tracing::Instrument;

type Function = Timers<Engine<Dynamo, Connections, Real>, aws::Timers<Real>, aws::EmailFallback>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = aws::start().await?;
    let queue = aws::Timers::from_env(&function.sdk, Real)?;
    let mail = aws::EmailFallback::from_env(&function.sdk)?;
    let engine = Engine::new(function.store, function.connections, Real, function.epoch);
    let timers = Timers { engine, queue, mail };
    run(service_fn(|event: LambdaEvent<Value>| on_event(&timers, event))).await
}

/// A batch of the queue, or the schedule's `{"sweep": true}`.
async fn on_event(timers: &Function, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let span = tracing::info_span!("batch", request_id = event.context.request_id);
    if event.payload["sweep"] == true {
        let queued = timers.sweep().instrument(span).await?;
        return Ok(json!({"queued": queued}));
    }
    let messages = mapping::records(&event.payload).iter().map(read).collect();
    let failed = timers.handle(messages).instrument(span).await;
    Ok(mapping::answer(&failed))
}

fn read(record: &Value) -> Message {
    Message {
        id: record["messageId"].as_str().unwrap_or_default().to_owned(),
        call: record["body"].as_str().and_then(read_call),
    }
}
