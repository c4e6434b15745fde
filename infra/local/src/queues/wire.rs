//! SQS on the wire: AWS JSON 1.0, as the SDKs speak it.

use super::{HandleError, Message, Queue, millis};
use crate::World;
use crate::calls::{self, Call, Refusing};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

const MOST_DELAY: u64 = 900;
const MOST_VISIBILITY: u64 = 43_200;
const MOST_ENTRIES: usize = 10;

/// An error as SQS names it: the code of its JSON shapes, the one of its older protocol, and what is wrong.
struct Wrong {
    status: StatusCode,
    shape: &'static str,
    query: &'static str,
    message: String,
}

impl Wrong {
    fn new(shape: &'static str, query: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, shape, query, message: message.into() }
    }

    fn parameter(name: &str, value: &Value, must: &str) -> Self {
        let message =
            format!("Value {value} for parameter {name} is invalid. Reason: {name} must be {must}.");
        Self::new("com.amazonaws.sqs#InvalidParameterValueException", "InvalidParameterValue", message)
    }

    fn missing(name: &str) -> Self {
        let message = format!("The request must contain the parameter {name}.");
        Self::new("com.amazonaws.sqs#MissingRequiredParameterException", "MissingParameter", message)
    }

    fn into_response(self) -> Response {
        let body = json!({ "__type": self.shape, "message": self.message });
        let mut response = respond(self.status, &body);
        if let Ok(value) = format!("{};Sender", self.query).parse() {
            response.headers_mut().insert("x-amzn-query-error", value);
        }
        response
    }
}

impl From<HandleError> for Wrong {
    fn from(error: HandleError) -> Self {
        match error {
            HandleError::Invalid => Self::new(
                "com.amazonaws.sqs#ReceiptHandleIsInvalid",
                "ReceiptHandleIsInvalid",
                "The input receipt handle is invalid.",
            ),
            HandleError::NotInFlight => Self::new(
                "com.amazonaws.sqs#MessageNotInflight",
                "AWS.SimpleQueueService.MessageNotInflight",
                "The message is not in flight: it is visible again, or gone.",
            ),
        }
    }
}

/// One call over the wire.
pub(crate) async fn handle(world: &Arc<World>, headers: &HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("AmazonSQS.").unwrap_or_default();
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return Wrong::new(
            "com.amazon.coral.service#SerializationException",
            "MalformedInput",
            "The body is not JSON.",
        )
        .into_response();
    };
    let name = match operation {
        "GetQueueUrl" => request["QueueName"].as_str().unwrap_or_default(),
        _ => request["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default(),
    };
    let queue = world.queues.get(name);
    let call = Call {
        operation,
        action: &format!("sqs:{}", operation.trim_end_matches("Batch")),
        resources: &[queue.map_or("", |queue| queue.spec.arn.as_str())],
    };
    let chunks = body.len().div_ceil(64 * 1_024).max(1);
    calls::serve(world, headers, &call, &refuse, async {
        world.metrics.change(|all| all.queue_requests += u64::try_from(chunks).unwrap_or(1));
        let Some(queue) = queue else {
            return Wrong::new(
                "com.amazonaws.sqs#QueueDoesNotExist",
                "AWS.SimpleQueueService.NonExistentQueue",
                format!("There is no queue {name} in the template."),
            )
            .into_response();
        };
        match perform(world, queue, operation, &request).await {
            Ok(answer) => respond(StatusCode::OK, &answer),
            Err(wrong) => wrong.into_response(),
        }
    })
    .await
}

async fn perform(world: &World, queue: &Queue, operation: &str, request: &Value) -> Result<Value, Wrong> {
    match operation {
        "SendMessage" => send(world, queue, request),
        "SendMessageBatch" => batch(request, |entry| send(world, queue, entry)),
        "ReceiveMessage" => receive(world, queue, request).await,
        "DeleteMessage" => delete(queue, request),
        "DeleteMessageBatch" => batch(request, |entry| delete(queue, entry)),
        "ChangeMessageVisibility" => change_visibility(world, queue, request),
        "ChangeMessageVisibilityBatch" => batch(request, |entry| change_visibility(world, queue, entry)),
        "GetQueueUrl" => Ok(json!({ "QueueUrl": queue.spec.url })),
        "GetQueueAttributes" => Ok(json!({ "Attributes": attributes(world, queue, request) })),
        "PurgeQueue" => {
            queue.purge();
            Ok(json!({}))
        }
        other => Err(Wrong::new(
            "com.amazonaws.sqs#UnsupportedOperation",
            "AWS.SimpleQueueService.UnsupportedOperation",
            format!("the local platform does not know the operation {other}"),
        )),
    }
}

fn send(world: &World, queue: &Queue, request: &Value) -> Result<Value, Wrong> {
    let body = request["MessageBody"].as_str().ok_or_else(|| Wrong::missing("MessageBody"))?;
    if body.is_empty() {
        return Err(Wrong::missing("MessageBody"));
    }
    if body.len() > queue.spec.largest {
        let must = format!("shorter than {} bytes", queue.spec.largest);
        return Err(Wrong::parameter("MessageBody", &json!(format!("({} bytes)", body.len())), &must));
    }
    let delay = seconds(request, "DelaySeconds", MOST_DELAY)?.unwrap_or(queue.spec.delay);
    let message = Message::new(
        "caller",
        body.to_owned(),
        request["MessageAttributes"].clone(),
        world.clock.now_ms(),
        delay,
    );
    let answer = json!({ "MessageId": message.id, "MD5OfMessageBody": message.md5() });
    queue.put(message);
    Ok(answer)
}

async fn receive(world: &World, queue: &Queue, request: &Value) -> Result<Value, Wrong> {
    let most = &request["MaxNumberOfMessages"];
    let most = match most {
        Value::Null => 1,
        given => given
            .as_u64()
            .filter(|most| (1..=10).contains(most))
            .ok_or_else(|| Wrong::parameter("MaxNumberOfMessages", given, ">= 1 and <= 10"))?,
    };
    let visibility = seconds(request, "VisibilityTimeout", MOST_VISIBILITY)?.unwrap_or(queue.spec.visibility);
    let wait = seconds(request, "WaitTimeSeconds", 20)?.unwrap_or(queue.spec.wait);
    let until = Instant::now() + wait;
    let mut changed = queue.changed.subscribe();
    let taken = loop {
        changed.mark_unchanged();
        let taken = world.queues.receive(&world.clock, queue, usize::try_from(most).unwrap_or(1), visibility);
        if !taken.is_empty() || timeout_at(until, queue.stirs(&world.clock, &mut changed)).await.is_err() {
            break taken;
        }
    };
    let wanted_system: Vec<&str> = ["MessageSystemAttributeNames", "AttributeNames"]
        .into_iter()
        .flat_map(|list| words(&request[list]))
        .collect();
    let wanted = words(&request["MessageAttributeNames"]);
    let messages: Vec<Value> =
        taken.iter().map(|message| received(message, &wanted_system, &wanted)).collect();
    Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) })
}

/// A message as ReceiveMessage gives it, with the attributes that were asked for.
fn received(message: &Message, wanted_system: &[&str], wanted: &[&str]) -> Value {
    let mut answer = json!({
        "MessageId": message.id, "ReceiptHandle": message.handle, "Body": message.body, "MD5OfBody": message.md5(),
    });
    let pick = |from: Map<String, Value>, wanted: &[&str]| -> Map<String, Value> {
        let is_wanted = |name: &str| {
            wanted.iter().any(|one| {
                *one == "All"
                    || *one == name
                    || one.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
            })
        };
        from.into_iter().filter(|(name, _)| is_wanted(name)).collect()
    };
    let system = pick(message.system_attributes(), wanted_system);
    let own = pick(message.attributes.as_object().cloned().unwrap_or_default(), wanted);
    for (field, values) in [("Attributes", system), ("MessageAttributes", own)] {
        if !values.is_empty() {
            answer[field] = values.into();
        }
    }
    answer
}

fn delete(queue: &Queue, request: &Value) -> Result<Value, Wrong> {
    queue.delete(handle_of(request)?)?;
    Ok(json!({}))
}

fn change_visibility(world: &World, queue: &Queue, request: &Value) -> Result<Value, Wrong> {
    let visibility = seconds(request, "VisibilityTimeout", MOST_VISIBILITY)?
        .ok_or_else(|| Wrong::missing("VisibilityTimeout"))?;
    queue.change_visibility(world.clock.now_ms(), handle_of(request)?, visibility)?;
    Ok(json!({}))
}

fn handle_of(request: &Value) -> Result<&str, Wrong> {
    request["ReceiptHandle"].as_str().ok_or_else(|| Wrong::missing("ReceiptHandle"))
}

/// Each entry on its own: some may succeed, others not, and the answer says which.
fn batch(request: &Value, one: impl Fn(&Value) -> Result<Value, Wrong>) -> Result<Value, Wrong> {
    let wrong = |shape, query, message: &str| Err(Wrong::new(shape, query, message));
    let entries = request["Entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut ids: Vec<&str> = entries.iter().filter_map(|entry| entry["Id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    if entries.is_empty() {
        return wrong(
            "com.amazonaws.sqs#EmptyBatchRequest",
            "AWS.SimpleQueueService.EmptyBatchRequest",
            "There is no entry in the request.",
        );
    }
    if entries.len() > MOST_ENTRIES {
        return wrong(
            "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            "A batch holds at most 10 entries.",
        );
    }
    if ids.len() < entries.len() {
        return wrong(
            "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
            "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            "Each entry needs an Id of its own.",
        );
    }
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match one(entry) {
            Ok(mut answer) => {
                answer["Id"] = entry["Id"].clone();
                done.push(answer);
            }
            Err(wrong) => failed.push(json!({
                "Id": entry["Id"], "Code": wrong.query, "Message": wrong.message, "SenderFault": true,
            })),
        }
    }
    Ok(json!({ "Successful": done, "Failed": failed }))
}

fn attributes(world: &World, queue: &Queue, request: &Value) -> Map<String, Value> {
    let (spec, depth) = (&queue.spec, queue.depth(world.clock.now_ms()));
    let in_seconds = |span: Duration| (millis(span) / 1_000).to_string();
    let mut all = vec![
        ("QueueArn", spec.arn.clone()),
        ("ApproximateNumberOfMessages", depth.visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", depth.in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed", depth.delayed.to_string()),
        ("VisibilityTimeout", in_seconds(spec.visibility)),
        ("DelaySeconds", in_seconds(spec.delay)),
        ("MessageRetentionPeriod", in_seconds(spec.retention)),
        ("ReceiveMessageWaitTimeSeconds", in_seconds(spec.wait)),
        ("MaximumMessageSize", spec.largest.to_string()),
    ];
    if let Some(redrive) = &spec.redrive {
        let policy = json!({ "deadLetterTargetArn": redrive.queue_arn, "maxReceiveCount": redrive.receives.to_string() });
        all.push(("RedrivePolicy", policy.to_string()));
    }
    let wanted = words(&request["AttributeNames"]);
    all.into_iter()
        .filter(|(name, _)| wanted.iter().any(|one| *one == "All" || one == name))
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
}

fn seconds(request: &Value, name: &str, most: u64) -> Result<Option<Duration>, Wrong> {
    match &request[name] {
        Value::Null => Ok(None),
        given => given
            .as_u64()
            .filter(|seconds| *seconds <= most)
            .map(|seconds| Some(Duration::from_secs(seconds)))
            .ok_or_else(|| Wrong::parameter(name, given, &format!(">= 0 and <= {most}"))),
    }
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn refuse(why: &Refusing) -> Response {
    let wrong = match why {
        Refusing::Denied(message) => Wrong {
            status: StatusCode::FORBIDDEN,
            ..Wrong::new("com.amazon.coral.service#AccessDeniedException", "AccessDenied", message.clone())
        },
        Refusing::Throttled => {
            Wrong::new("com.amazonaws.sqs#RequestThrottled", "RequestThrottled", "Rate exceeded")
        }
        Refusing::Broken => Wrong {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Wrong::new("com.amazonaws.sqs#InternalError", "InternalError", "Internal error")
        },
    };
    wrong.into_response()
}

fn respond(status: StatusCode, body: &Value) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amzn-requestid", crate::clock::uuid())
        .body(Body::from(body.to_string()))
        .expect("static headers are valid")
}

/// A message as Lambda's event holds it.
pub(super) fn record(queue: &Queue, region: &str, message: &Message) -> Value {
    let own = message.attributes.as_object().into_iter().flatten().map(|(name, value)| {
        let attribute = json!({
            "dataType": value["DataType"], "stringValue": value["StringValue"], "binaryValue": value["BinaryValue"],
            "stringListValues": [], "binaryListValues": [],
        });
        let attribute: Map<String, Value> = attribute
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        (name.clone(), attribute.into())
    });
    json!({
        "messageId": message.id,
        "receiptHandle": message.handle,
        "body": message.body,
        "attributes": message.system_attributes(),
        "messageAttributes": own.collect::<Map<String, Value>>(),
        "md5OfBody": message.md5(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.spec.arn,
        "awsRegion": region,
    })
}
