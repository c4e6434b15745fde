//! What every call of an AWS service goes through, whichever service it is: who calls, whether their policy lets them, and
//! whether a rule of the tests makes it fail before or after its effect.

use crate::faults::{Refusal, TableFault, When};
use crate::lambda::Instance;
use crate::{World, iam};
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;

pub(crate) struct Call<'a> {
    /// As faults and counts name it: `SendMessage`.
    pub(crate) operation: &'a str,
    /// As policies name it: `sqs:SendMessage`.
    pub(crate) action: &'a str,
    /// The caller must be allowed it on each of them.
    pub(crate) resources: &'a [&'a str],
}

/// Why a call had no effect or no answer; each service has its own words for it.
pub(crate) enum Refusing {
    Denied(String),
    Throttled,
    Broken,
}

/// Serves the call: `effect` happens at most once, and not at all when the caller may not, dies before it, or a fault says so.
pub(crate) async fn serve(
    world: &Arc<World>,
    headers: &HeaderMap,
    call: &Call<'_>,
    refuse: &(impl Fn(&Refusing) -> Response + Sync),
    effect: impl Future<Output = Response> + Send,
) -> Response {
    let caller = world.lambda.caller(headers);
    let function = caller.as_ref().map(|instance| instance.function());
    let count = |refusal| world.metrics.operated(function.unwrap_or("-"), call.operation, 0.0, 0.0, refusal);
    let mut arrived = None;
    if let Some(instance) = &caller {
        arrived = Some(instance.call().await);
        let allowed = call
            .resources
            .iter()
            .try_for_each(|resource| permit(world, instance, call.action, resource, &[]));
        if let Err(message) = allowed {
            count(Some(Refusal::Denied));
            return refuse(&Refusing::Denied(message));
        }
    }
    let fault = world.faults.on_table(call.operation, function);
    if let Some((When::Before, fault)) = &fault {
        count(Some(Refusal::Injected));
        return fail(world, fault, refuse).await;
    }
    let answer = effect.await;
    count((!answer.status().is_success()).then_some(Refusal::Table));
    if let Some(call) = arrived {
        call.done().await;
    }
    match fault {
        Some((_, fault)) => fail(world, &fault, refuse).await,
        None => answer,
    }
}

/// Whether the function's policy allows it; if not, what AWS would say. Noted either way.
pub(crate) fn permit(
    world: &World,
    instance: &Instance,
    action: &str,
    resource: &str,
    keys: &[String],
) -> Result<(), String> {
    let allowed = iam::allows(&instance.spec().statements, action, resource, keys);
    world.note_permission(instance.function(), action, resource, keys, allowed);
    if allowed {
        return Ok(());
    }
    Err(format!(
        "User: {} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action",
        instance.spec().arn
    ))
}

async fn fail(world: &World, fault: &TableFault, refuse: impl Fn(&Refusing) -> Response) -> Response {
    match fault {
        TableFault::Hang => std::future::pending().await,
        TableFault::Kill(function) => {
            world.lambda.kill(function).await;
            std::future::pending().await
        }
        TableFault::Throttle => refuse(&Refusing::Throttled),
        TableFault::Error | TableFault::Conflict => refuse(&Refusing::Broken),
    }
}
