//! Asynchronous invocation: an event is accepted at once, tried up to three times, and when all fail handed to where the
//! function's configuration says. And `Invoke`, by which it is asked for.

use super::{Accepted, InvokeError};
use crate::calls::{self, Call, Refusing};
use crate::template::AsynchronousSpec;
use crate::{World, clock};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// What an asynchronous event may weigh; a synchronous one 6 MB.
const MOST_EVENT: usize = 1_024 * 1_024;
const MOST_PAYLOAD: usize = 6 * 1_024 * 1_024;

/// Lambda waits a minute before it tries again, and two before the last time.
const BEFORE_RETRY: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// Accepts the event; whatever becomes of it, the caller is not told.
pub(crate) fn accept(world: &Arc<World>, function: &str, payload: Vec<u8>) {
    world.lambda.accepted.send_modify(Accepted::begins);
    let (me, function) = (Arc::clone(world), function.to_owned());
    world.background(async move {
        attempt(&me, &function, payload).await;
        me.lambda.accepted.send_modify(|accepted| accepted.busy -= 1);
    });
}

async fn attempt(world: &World, function: &str, payload: Vec<u8>) {
    let Some(spec) = world.lambda.spec(function) else { return };
    let rules = &spec.asynchronous;
    let (request_id, began_ms) = (clock::uuid(), world.clock.now_ms());
    let oldest_ms = began_ms + u64::try_from(rules.oldest.as_millis()).unwrap_or(u64::MAX);
    let mut tries = 0_u32;
    let (error, condition) = loop {
        let outcome = world.lambda.invoke_as(world, function, &request_id, payload.clone()).await;
        tries += 1;
        let error = match outcome {
            Ok(answer) => {
                report(
                    world,
                    rules.on_success.as_deref(),
                    &spec.arn,
                    "Success",
                    &request_id,
                    tries,
                    &payload,
                    Ok(&answer),
                );
                return;
            }
            Err(error) => error,
        };
        let Some(pause) = BEFORE_RETRY.get(tries as usize - 1).filter(|_| tries <= rules.retries) else {
            break (error, "RetriesExhausted");
        };
        let due = world.clock.now_ms() + u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        if due > oldest_ms {
            break (error, "EventAgeExceeded");
        }
        world.lambda.accepted.send_modify(|accepted| {
            accepted.busy -= 1;
            accepted.waiting.push(due);
        });
        // Turned back or not: the next try is better early than never.
        world.clock.reaches(due).await;
        world.lambda.accepted.send_modify(|accepted| {
            accepted.begins();
            accepted.waiting.iter().position(|one| *one == due).map(|at| accepted.waiting.swap_remove(at));
        });
    };
    world.log.write(function, format!("RequestId: {request_id} given up after {tries} tries ({condition})"));
    report(
        world,
        rules.on_failure.as_deref(),
        &spec.arn,
        condition,
        &request_id,
        tries,
        &payload,
        Err(&error),
    );
    dead_letter(world, rules, &request_id, &payload, &error);
}

/// The invocation record, to the destination if there is one.
#[expect(clippy::too_many_arguments, reason = "a record is made of all that happened")]
fn report(
    world: &World,
    destination: Option<&str>,
    arn: &str,
    condition: &str,
    request_id: &str,
    tries: u32,
    payload: &[u8],
    outcome: Result<&[u8], &InvokeError>,
) {
    let Some(queue) = destination else { return };
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let mut record = json!({
        "version": "1.0",
        "timestamp": clock::rfc_3339(world.clock.now_ms()),
        "requestContext": {
            "requestId": request_id,
            "functionArn": format!("{arn}:$LATEST"),
            "condition": condition,
            "approximateInvokeCount": tries,
        },
        "requestPayload": read(payload),
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST" },
        "responsePayload": outcome.map_or_else(InvokeError::payload, read),
    });
    if outcome.is_err() {
        record["responseContext"]["functionError"] = json!("Unhandled");
    }
    world.queues.put(&world.clock, queue, record.to_string(), Value::Null);
}

/// The event itself, to the function's dead-letter queue if it has one.
fn dead_letter(
    world: &World,
    rules: &AsynchronousSpec,
    request_id: &str,
    payload: &[u8],
    error: &InvokeError,
) {
    let Some(queue) = rules.dead_letters.as_deref() else { return };
    let text = |value: &str| json!({ "DataType": "String", "StringValue": value });
    let attributes = json!({
        "RequestID": text(request_id), "ErrorMessage": text(&error.message),
        "ErrorCode": { "DataType": "Number", "StringValue": "200" },
    });
    world.queues.put(&world.clock, queue, String::from_utf8_lossy(payload).into_owned(), attributes);
}

/// `POST /2015-03-31/functions/{name or ARN}/invocations`
pub(crate) async fn handle(
    world: &Arc<World>,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let name = path
        .split_once("/2015-03-31/functions/")
        .and_then(|(_, rest)| rest.strip_suffix("/invocations"))
        .filter(|_| method == Method::POST)
        .map(|name| name.rsplit(":function:").next().unwrap_or(name).split(':').next().unwrap_or(name));
    let Some(name) = name else {
        return refusal(StatusCode::NOT_FOUND, "UnknownOperationException", "only Invoke is served here");
    };
    let arn = world
        .lambda
        .spec(name)
        .map_or_else(|| format!("(no function {name} in the template)"), |spec| spec.arn.clone());
    let call = Call { operation: "Invoke", action: "lambda:InvokeFunction", resources: &[&arn] };
    calls::serve(world, headers, &call, &refuse, invoke(world, name, headers, body)).await
}

async fn invoke(world: &Arc<World>, name: &str, headers: &HeaderMap, body: Bytes) -> Response {
    if world.lambda.spec(name).is_none() {
        let message = format!("Function not found: {name}");
        return refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message);
    }
    let kind = headers.get("x-amz-invocation-type").and_then(|value| value.to_str().ok());
    let event = kind == Some("Event");
    let payload = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    if serde_json::from_slice::<serde::de::IgnoredAny>(&payload).is_err() {
        let message = "Could not parse request body into json";
        return refusal(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message);
    }
    let most = if event { MOST_EVENT } else { MOST_PAYLOAD };
    if payload.len() > most {
        let message =
            format!("{} byte payload is too large for the invocation (limit {most} bytes)", payload.len());
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", &message);
    }
    match kind {
        Some("Event") => {
            accept(world, name, payload.to_vec());
            StatusCode::ACCEPTED.into_response()
        }
        Some("DryRun") => StatusCode::NO_CONTENT.into_response(),
        _ => match world.lambda.invoke(world, name, payload.to_vec()).await {
            Ok(answer) => ([("x-amz-executed-version", "$LATEST")], answer).into_response(),
            Err(error) => (
                [("x-amz-executed-version", "$LATEST"), ("x-amz-function-error", "Unhandled")],
                error.payload().to_string(),
            )
                .into_response(),
        },
    }
}

fn refuse(why: &Refusing) -> Response {
    match why {
        Refusing::Denied(message) => refusal(StatusCode::FORBIDDEN, "AccessDeniedException", message),
        Refusing::Throttled => {
            refusal(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Rate Exceeded.")
        }
        Refusing::Broken => {
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", "Internal service error")
        }
    }
}

fn refusal(status: StatusCode, kind: &'static str, message: &str) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("x-amzn-errortype", kind)
        .body(Body::from(json!({ "Type": "User", "message": message, "Message": message }).to_string()))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
