//! The Lambda Runtime API, per instance: `/_lambda/<instance>/2018-06-01/runtime/…`.

use super::InvokeError;
use crate::World;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

pub(crate) async fn handle(
    world: &World,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let mut parts = path.trim_start_matches("/_lambda/").splitn(2, '/');
    let instance =
        parts.next().and_then(|number| number.parse().ok()).and_then(|number| world.lambda.instance(number));
    let Some(instance) = instance else { return StatusCode::FORBIDDEN.into_response() };
    let action: Vec<&str> =
        parts.next().unwrap_or_default().trim_start_matches("2018-06-01/runtime/").split('/').collect();
    match (method.as_str(), action.as_slice()) {
        ("GET", ["invocation", "next"]) => {
            let Some((request_id, deadline, payload)) = instance.next().await else {
                return StatusCode::GONE.into_response();
            };
            Response::builder()
                .header("content-type", "application/json")
                .header(
                    "lambda-runtime-trace-id",
                    format!("Root=1-{:08x}-{:024x}", deadline / 1_000, instance.number()),
                )
                .header("lambda-runtime-aws-request-id", request_id)
                .header("lambda-runtime-deadline-ms", deadline)
                .header("lambda-runtime-invoked-function-arn", &instance.spec().arn)
                .body(Body::from(payload))
                .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
        ("POST", ["invocation", request_id, "response"]) => {
            accepted(instance.answer(request_id, Ok(body.to_vec())))
        }
        ("POST", ["invocation", request_id, "error"]) => {
            accepted(instance.answer(request_id, Err(reported(headers, &body))))
        }
        ("POST", ["init", "error"]) => {
            let error = reported(headers, &body);
            world.log.write(instance.function(), format!("Init error: {} ({})", error.message, error.kind));
            StatusCode::ACCEPTED.into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn accepted(known: bool) -> Response {
    if known { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST }.into_response()
}

fn reported(headers: &HeaderMap, body: &[u8]) -> InvokeError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let header = headers.get("lambda-runtime-function-error-type").and_then(|value| value.to_str().ok());
    InvokeError {
        kind: body["errorType"].as_str().or(header).unwrap_or("Unhandled").to_owned(),
        message: body["errorMessage"].as_str().unwrap_or_default().to_owned(),
    }
}
