use aws::mail::{MailConfig, Ses, read_handover};
use aws::{ConfigError, Connections, Dynamo, ParkedQueue, Real};
use delivery::{Engine, MailRoom};
use email_fallback::{EmailFallback, Looked};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use mail::LoopMark;
use serde_json::{Value, json};
use tracing::Instrument;

type Function = EmailFallback<Engine<Dynamo, Connections, Real>, MailRoom<Ses>, ParkedQueue>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = aws::start_cold().await?;
    let config = MailConfig::from_env()?;
    let loop_mark = LoopMark::parse(&config.loop_mark).ok_or(ConfigError("TABLE_NAME"))?;
    let room = MailRoom {
        mailer: Ses::from_env(&function.sdk),
        api_url: config.api_url,
        dashboard_url: config.dashboard_url,
        loop_mark,
    };
    let parking = ParkedQueue::from_env(&function.sdk)?;
    let engine = Engine::new(function.store, function.connections, Real, function.epoch);
    let email_fallback = EmailFallback { engine, room, parking };
    run(service_fn(|event: LambdaEvent<Value>| on_event(&email_fallback, event))).await
}

/// `{"conversation": "conv_…"}`
async fn on_event(function: &Function, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let span = tracing::info_span!("fallback", request_id = event.context.request_id);
    let ended = function.handle(read_handover(&event.payload)).instrument(span).await?;
    let Looked { answers, agents, transcripts } = ended;
    Ok(json!({
        "answers": format!("{answers:?}"),
        "agents": format!("{agents:?}"),
        "transcripts": format!("{transcripts:?}"),
    }))
}
