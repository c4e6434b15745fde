use aws::{Connections, Dynamo, MailBucket, ParkedQueue, Real};
use delivery::Engine;
use domain::SiteId;
use email_inbound::{EmailInbound, event};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use tracing::Instrument;

type Function = EmailInbound<Engine<Dynamo, Connections, Real>, MailBucket, ParkedQueue>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = aws::start_cold().await?;
    let strangers = std::env::var("STRANGERS_SITE").ok().filter(|site| !site.is_empty());
    let inbound = EmailInbound {
        bucket: MailBucket::from_env(&function.sdk)?,
        parking: ParkedQueue::from_env(&function.sdk)?,
        engine: Engine::new(function.store, function.connections, Real, function.epoch),
        strangers: strangers.map(|site| site.parse::<SiteId>()).transpose()?,
    };
    run(service_fn(|event: LambdaEvent<Value>| on_event(&inbound, event))).await
}

async fn on_event(inbound: &Function, event: LambdaEvent<Value>) -> Result<(), Error> {
    let span = tracing::info_span!("mail", request_id = event.context.request_id);
    let handled = inbound.handle(event::read(&event.payload)).instrument(span).await;
    handled.map_err(|failed| match failed {
        email_inbound::Failed::Store(failure) => failure.message().into(),
        email_inbound::Failed::Files(error) => error.into(),
    })
}
