//! A function for the platform's own tests: it does what its event tells it to. Its calls of AWS go through a client of
//! twenty lines, for the tests are of the platform and not of an SDK.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use std::env::var;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if var("FAIL_AT_START").is_ok() {
        return Err("told to fail at the start".into());
    }
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let event = event.payload;
    if event["Records"][0]["eventSource"] == "aws:sqs" {
        return Ok(messages(&event).await);
    }
    if event["Records"][0]["eventSource"] == "aws:ses" {
        return Ok(mail(&event["Records"][0]["ses"]).await);
    }
    if let Some(message) = event["Records"][0]["Sns"]["Message"].as_str() {
        let told: Value = serde_json::from_str(message)?;
        let kind = told["eventType"].as_str().unwrap_or("-");
        count(&format!("SEEN#{kind} {}", told["mail"]["messageId"].as_str().unwrap_or("-"))).await;
        return Ok(Value::Null);
    }
    if event["Records"].is_array() {
        return Ok(records(&event).await);
    }
    if event["detail-type"] == "Scheduled Event" {
        count("SEEN#hourly").await;
        return Ok(Value::Null);
    }
    if let Some(note) = event["note"].as_str() {
        count(&format!("SEEN#{note}")).await;
        return if event["fail"] == true { Err("told to fail".into()) } else { Ok(json!({ "noted": note })) };
    }
    match event["requestContext"]["eventType"].as_str() {
        Some("CONNECT") => connect(&event).await,
        Some("MESSAGE") => message(&event).await,
        Some("DISCONNECT") => {
            let id = event["requestContext"]["connectionId"].as_str().unwrap_or_default();
            put(&format!("GONE#{id}"), &event["requestContext"]["disconnectStatusCode"].to_string()).await;
            Ok(json!({ "statusCode": 200 }))
        }
        _ => http(event).await,
    }
}

async fn connect(event: &Value) -> Result<Value, Error> {
    let query = &event["queryStringParameters"];
    if query["crash"] == "yes" {
        std::process::abort();
    }
    let status = query["status"].as_str().and_then(|status| status.parse::<u16>().ok()).unwrap_or(200);
    // A post to oneself, before the connection is one.
    let early = post(event, "early").await;
    Ok(json!({ "statusCode": status, "headers": {
        "X-Early-Post": early.to_string(),
        "X-Seen": format!("{} {}", event["headers"]["Origin"].as_str().unwrap_or("-"), query["v"].as_str().unwrap_or("-")),
    } }))
}

async fn message(event: &Value) -> Result<Value, Error> {
    let order: Value = serde_json::from_str(event["body"].as_str().unwrap_or_default()).unwrap_or_default();
    match order["do"].as_str() {
        Some("crash") => std::process::abort(),
        Some("fail") => return Err("told to fail".into()),
        Some("sleep") => tokio::time::sleep(Duration::from_secs(60)).await,
        Some("put") => {
            let status = put(order["key"].as_str().unwrap_or_default(), "x").await;
            post(event, &format!("put {status}")).await;
        }
        Some("clock") => {
            post(event, &var("CLOCK_OFFSET_MS").unwrap_or_else(|_| "0".into())).await;
        }
        Some("queue") => {
            let url = order["url"].as_str().unwrap_or_default();
            let body = json!({ "QueueUrl": url, "MessageBody": "from the function" }).to_string();
            let (status, _) = call("/_aws/sqs", "x-amz-target: AmazonSQS.SendMessage\r\n", &body).await;
            post(event, &format!("queue {status}")).await;
        }
        Some("invoke") => {
            let path = format!(
                "/_aws/lambda/2015-03-31/functions/{}/invocations",
                order["function"].as_str().unwrap_or_default()
            );
            let (status, _) = call(
                &path,
                "x-amz-invocation-type: Event\r\n",
                &json!({ "note": order["note"] }).to_string(),
            )
            .await;
            post(event, &format!("invoke {status}")).await;
        }
        Some("object") => {
            let text = |field: &str| order[field].as_str().unwrap_or_default().to_owned();
            let path = format!("/_aws/s3/{}/{}", text("bucket"), text("key"));
            let (status, _) = request(&text("method"), &path, "", &text("body")).await;
            post(event, &format!("object {status}")).await;
        }
        Some("mail") => {
            let fields = order["fields"].as_str().unwrap_or_default();
            let (status, answer) = call("/_aws/ses", "", fields).await;
            post(event, &format!("mail {status} {}", answer.contains("AccessDenied"))).await;
        }
        Some("scan") => {
            let (status, body) =
                dynamodb("Scan", &json!({ "TableName": var("TABLE_NAME").unwrap_or_default() })).await;
            post(event, &format!("scan {status} {}", body.contains("AccessDenied"))).await;
        }
        _ if event["isBase64Encoded"] == true => {
            post(event, &format!("binary {}", event["body"].as_str().unwrap_or_default())).await;
        }
        _ => {
            post(event, &format!("echo {}", event["body"].as_str().unwrap_or_default())).await;
        }
    }
    Ok(json!({ "statusCode": 200 }))
}

async fn http(event: Value) -> Result<Value, Error> {
    match event["rawPath"].as_str().unwrap_or_default() {
        "/crash" => std::process::abort(),
        "/sleep" => tokio::time::sleep(Duration::from_secs(60)).await,
        "/pause" => tokio::time::sleep(Duration::from_millis(300)).await,
        "/teapot" => {
            return Ok(
                json!({ "statusCode": 418, "headers": { "x-kind": "pot" }, "cookies": ["a=1", "b=2"], "body": "dGVh", "isBase64Encoded": true }),
            );
        }
        "/large" => return Ok(json!({ "statusCode": 200, "body": "x".repeat(6 * 1_024 * 1_024) })),
        "/cors" => {
            return Ok(json!({ "statusCode": 200, "headers": { "access-control-allow-origin": "*" } }));
        }
        "/bare" => return Ok(json!({ "hello": "there" })),
        "/nonsense" => return Ok(json!({ "statusCode": "many" , "body": 3 })),
        _ => {}
    }
    Ok(
        json!({ "statusCode": 200, "headers": { "content-type": "application/json" }, "body": event.to_string() }),
    )
}

/// Reads the mail where a rule has stored it, and notes what was found out about it.
async fn mail(told: &Value) -> Value {
    let id = told["mail"]["messageId"].as_str().unwrap_or_default();
    let verdict = told["receipt"]["dmarcVerdict"]["status"].as_str().unwrap_or("-");
    let (status, raw) = request("GET", &format!("/_aws/s3/local-post/mail/{id}"), "", "").await;
    let stamped = raw.contains("X-SES-Spam-Verdict: PASS");
    count(&format!("SEEN#{id} {verdict} {status} {stamped}")).await;
    Value::Null
}

/// The same for messages of a queue; what fails is named, the rest of the batch counts.
async fn messages(event: &Value) -> Value {
    let mut failures = Vec::new();
    for record in event["Records"].as_array().into_iter().flatten() {
        let body = record["body"].as_str().unwrap_or_default();
        let order: Value = serde_json::from_str(body).unwrap_or_default();
        if order["crash"] == true {
            std::process::abort();
        }
        if order["fail"] == true {
            failures.push(json!({ "itemIdentifier": record["messageId"] }));
        }
        count(&format!("SEEN#{}", order["name"].as_str().unwrap_or("-"))).await;
    }
    json!({ "batchItemFailures": failures })
}

/// Notes each delivery in the table; fails for records that say so.
async fn records(event: &Value) -> Value {
    let mut failures = Vec::new();
    for record in event["Records"].as_array().into_iter().flatten() {
        let image = &record["dynamodb"]["NewImage"];
        let name = image["name"]["S"].as_str().unwrap_or("-");
        if image["crash"]["BOOL"] == true {
            std::process::abort();
        }
        if image["fail"]["BOOL"] == true {
            failures.push(json!({ "itemIdentifier": record["dynamodb"]["SequenceNumber"] }));
            break;
        }
        count(&format!("SEEN#{name}")).await;
    }
    json!({ "batchItemFailures": failures })
}

async fn post(event: &Value, text: &str) -> u16 {
    let id = event["requestContext"]["connectionId"]
        .as_str()
        .unwrap_or_default()
        .replace('=', "%3D")
        .replace('/', "%2F")
        .replace('+', "%2B");
    let url = var("CONNECTIONS_URL").unwrap_or_default();
    let path = url.trim_start_matches("http://").split_once('/').map_or("", |(_, path)| path).to_owned();
    call(&format!("/{path}/%40connections/{id}"), "", text).await.0
}

async fn put(pk: &str, value: &str) -> u16 {
    let body = json!({ "TableName": var("TABLE_NAME").unwrap_or_default(), "Item": { "pk": { "S": pk }, "sk": { "S": "-" }, "value": { "S": value } } });
    dynamodb("PutItem", &body).await.0
}

async fn count(pk: &str) {
    let body = json!({
        "TableName": var("TABLE_NAME").unwrap_or_default(), "Key": { "pk": { "S": pk }, "sk": { "S": "-" } },
        "UpdateExpression": "ADD times :one", "ExpressionAttributeValues": { ":one": { "N": "1" } },
    });
    dynamodb("UpdateItem", &body).await;
}

async fn dynamodb(operation: &str, body: &Value) -> (u16, String) {
    call("/_aws/dynamodb", &format!("x-amz-target: DynamoDB_20120810.{operation}\r\n"), &body.to_string())
        .await
}

/// One request to the platform, signed as far as the platform looks. No answer is status 0.
async fn call(path: &str, headers: &str, body: &str) -> (u16, String) {
    request("POST", path, headers, body).await
}

async fn request(method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let endpoint = var("AWS_ENDPOINT_URL_DYNAMODB").unwrap_or_default();
    let host = endpoint.trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
    let key = var("AWS_ACCESS_KEY_ID").unwrap_or_default();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 Credential={key}/20260101/local/x/aws4_request\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut answer = String::new();
    let exchange = async {
        let mut stream = TcpStream::connect(&host).await?;
        stream.write_all(request.as_bytes()).await?;
        stream.read_to_string(&mut answer).await
    };
    if exchange.await.is_err() {
        return (0, String::new());
    }
    (answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), answer)
}
