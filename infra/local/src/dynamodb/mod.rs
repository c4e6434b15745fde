//! The table: dynoxide in process, behind DynamoDB's wire. Adds what dynoxide leaves out: policies, conflicts and throttles on
//! demand, consumed units, and streams that do not slow down as records pile up.

mod request;

use crate::World;
use crate::clock::Clock;
use crate::faults::{Refusal, TableFault, When};
use crate::lambda::Instance;
use crate::template::TableSpec;
use crate::{calls, clock};
use anyhow::{Context, Result};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dynoxide::{Database, DynoxideError};
use request::Touch;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};
use tokio::sync::watch;

pub(crate) struct Tables {
    database: Database,
    /// Held for writing while the second connection trims: SQLite would answer "locked" to whoever writes meanwhile.
    gate: RwLock<()>,
    side: Mutex<rusqlite::Connection>,
    changes: watch::Sender<u64>,
    trimmed: Mutex<Option<std::time::Instant>>,
    data_set: String,
}

impl Tables {
    pub(crate) fn open(data: Option<&Path>) -> Result<Self> {
        let path = match data {
            None => format!("file:/mostrador-{}?vfs=memdb", clock::uuid()),
            Some(path) => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder)
                        .with_context(|| format!("cannot create {}", folder.display()))?;
                }
                path.to_string_lossy().into_owned()
            }
        };
        let database =
            Database::new(&path).with_context(|| format!("cannot open the table's data at {path}"))?;
        let side = rusqlite::Connection::open(&path)?;
        side.busy_timeout(std::time::Duration::from_secs(5))?;
        // Without it the next sequence number is found by reading every record.
        side.execute_batch(
            "CREATE INDEX IF NOT EXISTS _stream_order ON _stream_records(table_name, CAST(sequence_number AS INTEGER));
             CREATE TABLE IF NOT EXISTS _platform (name TEXT PRIMARY KEY, value TEXT NOT NULL);",
        )?;
        side.execute("INSERT OR IGNORE INTO _platform VALUES ('data_set', ?1)", [clock::uuid()])?;
        let data_set =
            side.query_row("SELECT value FROM _platform WHERE name = 'data_set'", [], |row| row.get(0))?;
        Ok(Self {
            database,
            gate: RwLock::new(()),
            side: Mutex::new(side),
            changes: watch::Sender::new(0),
            trimmed: Mutex::new(None),
            data_set,
        })
    }

    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }

    /// The name of the data set: new with new data, the same when a file is opened again.
    pub(crate) fn data_set(&self) -> &str {
        &self.data_set
    }

    pub(crate) fn create(&self, table: &TableSpec) -> Result<()> {
        match self.run("CreateTable", table.create.clone()) {
            Ok(_) | Err(DynoxideError::ResourceInUseException(_)) => {}
            Err(error) => return Err(anyhow::anyhow!("cannot create the table {}: {error}", table.name)),
        }
        if let Some(attribute) = &table.ttl_attribute {
            let body = json!({ "TableName": table.name, "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true } });
            // Refused when it is on already, in a file that is opened again.
            let _ = self.run("UpdateTimeToLive", body);
        }
        Ok(())
    }

    /// Deletes what has expired by the platform's clock, as DynamoDB does within some days; how many items.
    pub(crate) fn sweep(&self, tables: &[TableSpec], clock: &Clock) -> Result<usize> {
        let deleted = if clock.offset_ms() == 0 {
            let _gate = self.gate.read().expect("no holder panics");
            self.database.sweep_ttl()?
        } else {
            // dynoxide's own sweep knows the machine's clock alone.
            let now_s = clock.now_ms() / 1_000;
            let of = |table: &TableSpec| {
                table.ttl_attribute.as_ref().map_or(Ok(0), |attribute| self.expire(table, attribute, now_s))
            };
            tables.iter().map(of).sum::<Result<usize>>()?
        };
        self.changes.send_modify(|change| *change += 1);
        Ok(deleted)
    }

    fn expire(&self, table: &TableSpec, attribute: &str, now_s: u64) -> Result<usize> {
        let keys = table.create["KeySchema"].as_array().into_iter().flatten();
        let keys: Vec<&str> = keys.filter_map(|key| key["AttributeName"].as_str()).collect();
        let mut expired = Vec::new();
        let mut start = Value::Null;
        loop {
            let mut scan = json!({
                "TableName": table.name,
                "FilterExpression": "attribute_type(#ttl, :number) AND #ttl <= :now",
                "ExpressionAttributeNames": { "#ttl": attribute },
                "ExpressionAttributeValues": { ":now": { "N": now_s.to_string() }, ":number": { "S": "N" } },
            });
            if !start.is_null() {
                scan["ExclusiveStartKey"] = start;
            }
            let page = self.run("Scan", scan)?;
            for item in page["Items"].as_array().into_iter().flatten() {
                let key: Map<String, Value> =
                    keys.iter().map(|name| ((*name).to_owned(), item[*name].clone())).collect();
                expired.push(key);
            }
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                break;
            }
        }
        let mut deleted = 0;
        for key in expired {
            deleted += usize::from(self.expire_one(table, key, attribute, now_s)?);
        }
        Ok(deleted)
    }

    /// A deletion whose stream record says, as on AWS, that nobody but the table itself made it; none when the item was
    /// written anew meanwhile.
    fn expire_one(
        &self,
        table: &TableSpec,
        key: Map<String, Value>,
        attribute: &str,
        now_s: u64,
    ) -> Result<bool> {
        let _gate = self.gate.write().expect("no holder panics");
        let request = serde_json::from_value(json!({
            "TableName": table.name, "Key": key, "ConditionExpression": "#ttl <= :now",
            "ExpressionAttributeNames": { "#ttl": attribute },
            "ExpressionAttributeValues": { ":now": { "N": now_s.to_string() } },
        }))?;
        match self.database.delete_item(request) {
            Ok(_) => {}
            Err(DynoxideError::ConditionalCheckFailedException(..)) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let side = self.side.lock().expect("no holder panics");
        side.execute(
            "UPDATE _stream_records SET user_identity = ?2 WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) =
             (SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1) AND event_name = 'REMOVE'",
            [&table.name, r#"{"type":"Service","principalId":"dynamodb.amazonaws.com"}"#],
        )?;
        Ok(true)
    }

    /// Tells of every call that may have written.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The newest sequence number of a table's stream, 0 when it has none.
    pub(crate) fn newest(&self, table: &str) -> i64 {
        let _gate = self.gate.write().expect("no holder panics");
        let side = self.side.lock().expect("no holder panics");
        side.query_row("SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) FROM _stream_records WHERE table_name = ?1", [table], |row| {
            row.get(0)
        })
        .unwrap_or(0)
    }

    /// Stream records after that sequence number, as Lambda delivers them.
    pub(crate) fn records(
        &self,
        table: &str,
        after: i64,
        limit: usize,
        stream_arn: &str,
        region: &str,
        clock_offset_ms: i64,
    ) -> Vec<(i64, Option<Value>)> {
        type Row = (String, String, Option<String>, Option<String>, i64, i64, Option<String>, Option<String>);
        let _gate = self.gate.write().expect("no holder panics");
        let side = self.side.lock().expect("no holder panics");
        let rows = side
            .prepare_cached(
                "SELECT event_name, keys_json, new_image, old_image, CAST(sequence_number AS INTEGER), created_at, user_identity, event_id
                 FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2
                 ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3",
            )
            .and_then(|mut statement| {
                statement
                    .query_map(rusqlite::params![table, after, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?))
                    })?
                    .collect::<rusqlite::Result<Vec<Row>>>()
            })
            .unwrap_or_default();
        rows.into_iter()
            .map(|(event, keys, new, old, sequence, created, identity, id)| {
                let image =
                    |text: Option<String>| text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
                let (new, old) = (image(new), image(old));
                // DynamoDB writes no record for a write that changes nothing; dynoxide does.
                if new.is_some() && new == old {
                    return (sequence, None);
                }
                let size = new.as_ref().map_or(0, |image| image.to_string().len())
                    + old.as_ref().map_or(0, |image| image.to_string().len());
                let mut change = json!({
                    "ApproximateCreationDateTime": created + clock_offset_ms / 1_000,
                    "Keys": serde_json::from_str::<Value>(&keys).unwrap_or_default(),
                    "SequenceNumber": format!("1{sequence:020}"),
                    "SizeBytes": size,
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                });
                if let Some(new) = new {
                    change["NewImage"] = new;
                }
                if let Some(old) = old {
                    change["OldImage"] = old;
                }
                let mut record = json!({
                    "eventID": id.unwrap_or_else(|| sequence.to_string()),
                    "eventName": event,
                    "eventVersion": "1.1",
                    "eventSource": "aws:dynamodb",
                    "awsRegion": region,
                    "dynamodb": change,
                    "eventSourceARN": stream_arn,
                });
                if let Some(identity) = image(identity) {
                    record["userIdentity"] = identity;
                }
                (sequence, Some(record))
            })
            .collect()
    }

    /// Forgets stream records up to and including that one; the newest stays, for the next number is counted from it.
    /// At most once in two seconds: trimming costs more than what it saves.
    pub(crate) fn trim(&self, table: &str, consumed: i64) {
        let mut last = self.trimmed.lock().expect("no holder panics");
        if last.is_some_and(|last| last.elapsed() < std::time::Duration::from_secs(2)) {
            return;
        }
        *last = Some(clock::instant());
        let _gate = self.gate.write().expect("no holder panics");
        let side = self.side.lock().expect("no holder panics");
        let _ = side.execute(
            "DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2
             AND CAST(sequence_number AS INTEGER) < (SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1)",
            rusqlite::params![table, consumed],
        );
    }

    fn run(&self, operation: &str, body: Value) -> Result<Value, DynoxideError> {
        let _gate = self.gate.read().expect("no holder panics");
        let db = &self.database;
        macro_rules! call {
            ($method:ident) => {{
                let request = serde_json::from_value(body)
                    .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
                let response = db.$method(request)?;
                serde_json::to_value(&response)
                    .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
            }};
        }
        match operation {
            "GetItem" => call!(get_item),
            "PutItem" => call!(put_item),
            "UpdateItem" => call!(update_item),
            "DeleteItem" => call!(delete_item),
            "Query" => call!(query),
            "Scan" => call!(scan),
            "BatchGetItem" => call!(batch_get_item),
            "BatchWriteItem" => call!(batch_write_item),
            "TransactWriteItems" => call!(transact_write_items),
            "TransactGetItems" => call!(transact_get_items),
            "CreateTable" => call!(create_table),
            "DescribeTable" => call!(describe_table),
            "ListTables" => call!(list_tables),
            "UpdateTimeToLive" => call!(update_time_to_live),
            "DescribeTimeToLive" => call!(describe_time_to_live),
            other => Err(DynoxideError::ValidationException(format!(
                "the local platform does not know the operation {other}"
            ))),
        }
    }
}

/// One call over the wire.
pub(crate) async fn handle(world: &Arc<World>, headers: &HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(operation) = target.strip_prefix("DynamoDB_20120810.") else {
        return refuse(
            StatusCode::BAD_REQUEST,
            &json!({ "__type": "com.amazon.coral.service#UnknownOperationException" }),
        );
    };
    let Ok(mut request) = serde_json::from_slice::<Value>(&body) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            &json!({ "__type": "com.amazon.coral.service#SerializationException" }),
        );
    };
    let caller = world.lambda.caller(headers);
    let function = caller.as_ref().map(|instance| instance.function());
    let name = function.unwrap_or("-");

    let mut arrived = None;
    if let Some(instance) = &caller {
        arrived = Some(instance.call().await);
        let touches = request::touches(&world.stack.tables, operation, &request);
        if let Err(denial) = permit(world, instance, &touches) {
            world.metrics.operated(name, operation, 0.0, 0.0, Some(Refusal::Denied));
            return refuse(StatusCode::BAD_REQUEST, &denial);
        }
    }
    let fault = world.faults.on_table(operation, function);
    if let Some((When::Before, fault)) = &fault {
        world.metrics.operated(name, operation, 0.0, 0.0, Some(Refusal::Injected));
        return fail(world, fault, operation, &request).await;
    }

    // Units are DynamoDB's own answer to being asked for them; asked here, whether or not the caller did.
    let asked = request.get("ReturnConsumedCapacity").is_some_and(|wanted| wanted != "NONE");
    if !asked && request::is_metered(operation) {
        request["ReturnConsumedCapacity"] = json!("TOTAL");
    }
    let writes = request::writes(operation);
    let outcome = world.tables.run(operation, request.clone());
    if writes {
        world.tables.changes.send_modify(|change| *change += 1);
    }
    let answer = match outcome {
        Ok(mut response) => {
            let units = request::units(&response);
            let (read, write) = if writes { (0.0, units) } else { (units, 0.0) };
            world.metrics.operated(name, operation, read, write, None);
            if !asked && let Some(map) = response.as_object_mut() {
                map.remove("ConsumedCapacity");
            }
            respond(StatusCode::OK, response.to_string())
        }
        Err(error) => {
            // A condition that fails is billed as if it had held; the smallest item, for its size is not told.
            let write = if writes { request::floor_units(operation, &request) } else { 0.0 };
            world.metrics.operated(name, operation, 0.0, write, Some(Refusal::Table));
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
            respond(status, error.to_json())
        }
    };
    if let Some(call) = arrived {
        call.done().await;
    }
    match fault {
        Some((When::After, fault)) => fail(world, &fault, operation, &request).await,
        _ => answer,
    }
}

fn permit(world: &World, instance: &Instance, touches: &[Touch]) -> Result<(), Value> {
    touches.iter().try_for_each(|touch| {
        calls::permit(world, instance, &touch.action, &touch.resource, &touch.keys).map_err(|message| {
            json!({ "__type": "com.amazon.coral.service#AccessDeniedException", "Message": message })
        })
    })
}

async fn fail(world: &World, fault: &TableFault, operation: &str, request: &Value) -> Response {
    const NAMESPACE: &str = "com.amazonaws.dynamodb.v20120810#";
    match fault {
        TableFault::Hang => std::future::pending().await,
        TableFault::Kill(function) => {
            world.lambda.kill(function).await;
            std::future::pending().await
        }
        TableFault::Error => refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            &json!({ "__type": format!("{NAMESPACE}InternalServerError"), "message": "Internal server error" }),
        ),
        TableFault::Throttle => refuse(
            StatusCode::BAD_REQUEST,
            &json!({ "__type": format!("{NAMESPACE}ProvisionedThroughputExceededException"), "message": "The level of configured provisioned throughput for the table was exceeded" }),
        ),
        TableFault::Conflict if operation.starts_with("Transact") => {
            let count = request["TransactItems"].as_array().map_or(0, Vec::len);
            let reason =
                json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" });
            let codes = vec!["TransactionConflict"; count].join(", ");
            refuse(
                StatusCode::BAD_REQUEST,
                &json!({
                    "__type": format!("{NAMESPACE}TransactionCanceledException"),
                    "Message": format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"),
                    "CancellationReasons": vec![reason; count],
                }),
            )
        }
        TableFault::Conflict => refuse(
            StatusCode::BAD_REQUEST,
            &json!({ "__type": format!("{NAMESPACE}TransactionConflictException"), "message": "Transaction is ongoing for the item" }),
        ),
    }
}

fn refuse(status: StatusCode, body: &Value) -> Response {
    respond(status, body.to_string())
}

fn respond(status: StatusCode, body: String) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amzn-requestid", clock::uuid())
        .body(Body::from(body))
        .expect("static headers are valid")
}
