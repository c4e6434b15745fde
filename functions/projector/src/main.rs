use aws::dynamo::{keys, stream};
use aws::{Connections, Dynamo, ParkedQueue, Real, Timers, mapping};
use delivery::{Engine, Move};
use domain::ports::StoreError;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use projector::{Projector, Record, Subject};
use serde_json::Value;
use tracing::Instrument;

type Function = Projector<Engine<Dynamo, Connections, Real>, Timers<Real>, ParkedQueue>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = aws::start().await?;
    let projector = Projector {
        timers: Timers::from_env(&function.sdk, Real)?,
        parking: ParkedQueue::from_env(&function.sdk)?,
        engine: Engine::new(function.store, function.connections, Real, function.epoch),
    };
    run(service_fn(|event: LambdaEvent<Value>| on_event(&projector, event))).await
}

async fn on_event(projector: &Function, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let records = mapping::records(&event.payload).iter().map(read).collect();
    let span = tracing::info_span!("batch", request_id = event.context.request_id);
    let failed = projector.handle(records).instrument(span).await;
    Ok(mapping::answer(&failed))
}

fn read(record: &Value) -> Record {
    let change = &record["dynamodb"];
    let is_head = change["Keys"]["sk"]["S"] == keys::HEAD;
    // A removed head (retention) moves nothing that a list would show.
    let subject = if is_head && change["NewImage"].is_object() {
        match read_move(change) {
            Ok(step) => Subject::Head(Box::new(step)),
            Err(error) => Subject::Unreadable(error.to_string()),
        }
    } else {
        Subject::Nothing
    };
    Record {
        sequence_number: change["SequenceNumber"].as_str().unwrap_or_default().to_owned(),
        keys: change["Keys"].to_string(),
        subject,
    }
}

fn read_move(change: &Value) -> Result<Move, StoreError> {
    let after = stream::head(&change["NewImage"])?;
    let before = change["OldImage"].is_object().then(|| stream::head(&change["OldImage"])).transpose()?;
    Ok(Move { before, after })
}
