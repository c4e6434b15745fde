//! DynamoDB: the embedded database behind a door that counts units and can fail on purpose.

use crate::Shared;
use crate::faults::{TableFault, When};
use crate::template::Stack;
use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use dynoxide::Database;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

#[derive(Debug)]
pub struct Proxy {
    inner: String,
    client: reqwest::Client,
    /// Keeps an in-memory database alive, and trims what the stream has consumed.
    pub(crate) trim: std::sync::Mutex<Option<rusqlite::Connection>>,
}

impl Proxy {
    /// Opens the database, makes the table if it is not there, serves it on a port of its own.
    pub async fn start(stack: &Stack, data: Option<&Path>) -> Result<(Self, Database)> {
        let path = match data {
            Some(path) => path.display().to_string(),
            // Named, so that a second connection can reach it for the index that the stream needs.
            None => format!("file:/mostrador-{}?vfs=memdb", uuid::Uuid::new_v4()),
        };
        let database = Database::new(&path).map_err(|error| anyhow::anyhow!("the database {path} cannot be opened: {error}"))?;
        let exists = database.describe_table(serde_json::from_value(json!({"TableName": stack.table.name}))?).is_ok();
        if !exists {
            let create = serde_json::from_value(stack.table.create.clone()).context("the table's definition")?;
            database.create_table(create).map_err(|error| anyhow::anyhow!("the table cannot be made: {error}"))?;
            if let Some(attribute) = &stack.table.ttl_attribute {
                let ttl = json!({"TableName": stack.table.name, "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true}});
                database.update_time_to_live(serde_json::from_value(ttl)?).map_err(|error| anyhow::anyhow!("{error}"))?;
            }
        }
        // Without this index a put slows down as the stream grows; without trimming it grows for ever.
        let trim = rusqlite::Connection::open(&path).ok();
        if let Some(connection) = &trim {
            let _ = connection.busy_timeout(Duration::from_millis(200));
            let index = "CREATE INDEX IF NOT EXISTS _stream_by_number ON _stream_records(table_name, CAST(sequence_number AS INTEGER))";
            if let Err(error) = connection.execute(index, []) {
                eprintln!("the stream's index was not made ({error}); writes slow down as the stream grows");
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let inner = format!("http://{}", listener.local_addr()?);
        let served = database.clone();
        tokio::spawn(dynoxide::server::serve_on(listener, served));
        let sweep = database.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(60)).await;
                let _ = sweep.sweep_ttl();
            }
        });
        Ok((Self { inner, client: reqwest::Client::new(), trim: std::sync::Mutex::new(trim) }, database))
    }

    async fn forward(&self, headers: &HeaderMap, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let mut request = self.client.post(&self.inner).body(body);
        for name in ["x-amz-target", "content-type", "authorization", "x-amz-date", "x-amz-security-token"] {
            if let Some(value) = headers.get(name) {
                request = request.header(name, value.as_bytes());
            }
        }
        let answer = request.send().await?;
        Ok((StatusCode::from_u16(answer.status().as_u16())?, answer.bytes().await?))
    }
}

/// `POST /_aws/dynamodb`
pub(crate) async fn serve(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let fault = shared.faults.take_table(&operation);
    if let Some((When::Before, fault)) = fault {
        return fail(&shared, fault, &operation).await;
    }
    // Every call is asked for what it consumed: the meter follows the table's own rules.
    let body = match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Object(mut request)) => {
            request.insert("ReturnConsumedCapacity".into(), json!("INDEXES"));
            Bytes::from(Value::Object(request).to_string())
        }
        _ => body,
    };
    let (status, answer) = match shared.dynamodb.forward(&headers, body.clone()).await {
        Ok(answer) => answer,
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    };
    let (read, write) = units(&operation, status, &body, &answer);
    shared.metrics.operation(&operation, read, write);
    if let Some((When::After, fault)) = fault {
        return fail(&shared, fault, &operation).await;
    }
    (status, [("content-type", "application/x-amz-json-1.0")], answer).into_response()
}

/// What a call consumed: as the table says, or one write unit for a condition that failed.
fn units(operation: &str, status: StatusCode, request: &[u8], answer: &[u8]) -> (f64, f64) {
    let writes = matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "BatchWriteItem");
    if !status.is_success() {
        let items = serde_json::from_slice::<Value>(request).ok().and_then(|request| request["TransactItems"].as_array().map(Vec::len));
        return if writes { (0.0, items.map_or(1.0, |items| items as f64 * 2.0)) } else { (0.0, 0.0) };
    }
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return (0.0, 0.0) };
    let consumed = &answer["ConsumedCapacity"];
    let total = match consumed {
        Value::Array(tables) => tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum(),
        one => one["CapacityUnits"].as_f64().unwrap_or_default(),
    };
    if writes { (0.0, total) } else { (total, 0.0) }
}

async fn fail(shared: &Shared, fault: TableFault, operation: &str) -> Response {
    let error = |status: StatusCode, body: Value| (status, [("content-type", "application/x-amz-json-1.0")], body.to_string()).into_response();
    match fault {
        TableFault::Conflict => error(
            StatusCode::BAD_REQUEST,
            json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "message": "Transaction cancelled, please refer cancellation reasons for specific reasons [None, TransactionConflict]",
                "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}],
            }),
        ),
        TableFault::Throttle => error(
            StatusCode::BAD_REQUEST,
            json!({"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "message": "throttled"}),
        ),
        TableFault::Error => error(StatusCode::INTERNAL_SERVER_ERROR, json!({"__type": "InternalServerError", "message": "internal"})),
        TableFault::Hang => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        TableFault::Kill(function) => {
            let killed = shared.lambda.kill(&function);
            eprintln!("fault: {killed} processes of {function} killed at {operation}");
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
    }
}
