//! Stream mappings: what changes in the table reaches the functions that listen, in order, filtered, in batches.

use crate::Shared;
use crate::template::Mapping;
use axum::body::Bytes;
use dynoxide::Database;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const POLL: Duration = Duration::from_millis(40);

pub(crate) fn start(shared: &Arc<Shared>, database: Database) -> Vec<JoinHandle<()>> {
    let mappings = shared.stack.mappings.clone();
    mappings.into_iter().map(|mapping| tokio::spawn(run(shared.clone(), database.clone(), mapping))).collect()
}

async fn run(shared: Arc<Shared>, database: Database, mapping: Mapping) {
    let mut after: Option<String> = None;
    let mut waiting: VecDeque<Value> = VecDeque::new();
    let mut since: Option<Instant> = None;
    loop {
        match read(&database, &shared.stack.table.name, after.as_deref()) {
            Ok(records) => {
                if let Some(last) = records.last() {
                    after = last["dynamodb"]["SequenceNumber"].as_str().map(str::to_owned);
                    trim(&shared, after.as_deref());
                }
                // DynamoDB writes no record for a write that changes nothing; the embedded one does.
                let changed = records.into_iter().filter(|record| record["dynamodb"]["OldImage"] != record["dynamodb"]["NewImage"]);
                let passed = changed.filter(|record| mapping.filters.is_empty() || mapping.filters.iter().any(|filter| matches(filter, record)));
                waiting.extend(passed);
            }
            Err(error) => eprintln!("the stream cannot be read: {error}"),
        }
        if waiting.is_empty() {
            since = None;
        } else {
            let since = since.get_or_insert_with(Instant::now);
            if waiting.len() >= mapping.batch || since.elapsed() >= Duration::from_secs(mapping.window_seconds) {
                let size = waiting.len().min(mapping.batch);
                let batch: Vec<Value> = waiting.drain(..size).collect();
                deliver(&shared, &mapping, batch).await;
                continue;
            }
        }
        tokio::time::sleep(POLL).await;
    }
}

fn read(database: &Database, table: &str, after: Option<&str>) -> anyhow::Result<Vec<Value>> {
    let failed = |error| anyhow::anyhow!("{error}");
    let streams = database.list_streams(serde_json::from_value(json!({"TableName": table}))?).map_err(failed)?;
    let streams = serde_json::to_value(&streams)?;
    let Some(arn) = streams["Streams"][0]["StreamArn"].as_str() else { return Ok(Vec::new()) };
    let stream = serde_json::to_value(database.describe_stream(serde_json::from_value(json!({"StreamArn": arn}))?).map_err(failed)?)?;
    let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
    let mut request = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    if let Some(after) = after {
        request["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
        request["SequenceNumber"] = json!(after);
    }
    let iterator = serde_json::to_value(database.get_shard_iterator(serde_json::from_value(request)?).map_err(failed)?)?;
    let request = json!({"ShardIterator": iterator["ShardIterator"], "Limit": 1000});
    let answer = serde_json::to_value(database.get_records(serde_json::from_value(request)?).map_err(failed)?)?;
    Ok(answer["Records"].as_array().cloned().unwrap_or_default())
}

/// What is consumed is trimmed, all but the last: its number is where the next reading goes on.
fn trim(shared: &Shared, up_to: Option<&str>) {
    let Some(up_to) = up_to.and_then(|number| number.parse::<i64>().ok()) else { return };
    if let Some(connection) = &*shared.dynamodb.trim.lock().expect("no holder panics") {
        let sql = "DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) < ?2";
        // Busy: the next time will do.
        let _ = connection.execute(sql, (&shared.stack.table.name, up_to));
    }
}

/// Until it is taken, or the retries are used up.
async fn deliver(shared: &Arc<Shared>, mapping: &Mapping, batch: Vec<Value>) {
    let mut todo = VecDeque::from([(batch, 0)]);
    while let Some((mut batch, tries)) = todo.pop_front() {
        let event = Bytes::from(json!({"Records": batch}).to_string());
        let answer = shared.lambda.invoke(shared, &mapping.function, event).await;
        let failed_at = match answer {
            Err(_) => Some(0),
            Ok(answer) if mapping.report_failures => {
                let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
                let failed: Vec<&str> = answer["batchItemFailures"].as_array().into_iter().flatten().filter_map(|item| item["itemIdentifier"].as_str()).collect();
                batch.iter().position(|record| failed.contains(&record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default()))
            }
            Ok(_) => None,
        };
        let Some(at) = failed_at else { continue };
        if tries >= mapping.retries {
            eprintln!("{}: {} records were given up after {tries} retries", mapping.function, batch.len() - at);
            continue;
        }
        tokio::time::sleep(Duration::from_millis(100 << tries.min(6))).await;
        let mut rest = batch.split_off(at);
        if mapping.bisect && rest.len() > 1 {
            let second = rest.split_off(rest.len() / 2);
            todo.push_front((second, tries));
        }
        todo.push_front((rest, tries + 1));
    }
}

/// An event filter's pattern: objects go down, a list holds what the value may be.
fn matches(pattern: &Value, value: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, pattern)| matches(pattern, &value[name])),
        Value::Array(any) => any.iter().any(|one| match one {
            Value::Object(rule) => rule.iter().all(|(name, argument)| match name.as_str() {
                "prefix" => value.as_str().is_some_and(|text| text.starts_with(argument.as_str().unwrap_or_default())),
                "exists" => argument.as_bool() == Some(!value.is_null()),
                "anything-but" => !argument.as_array().is_some_and(|all| all.contains(value)) && argument != value,
                _ => false,
            }),
            one => one == value,
        }),
        other => other == value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_match_as_awss_do() {
        let record = json!({"eventName": "MODIFY", "dynamodb": {"Keys": {"sk": {"S": "META"}}}});
        let check = |pattern: Value, expect| assert_eq!(matches(&pattern, &record), expect, "{pattern}");
        check(json!({"dynamodb": {"Keys": {"sk": {"S": ["META"]}}}}), true);
        check(json!({"dynamodb": {"Keys": {"sk": {"S": ["OPEN"]}}}}), false);
        check(json!({"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "ME"}]}}}}), true);
        check(json!({"eventName": ["INSERT", "MODIFY"]}), true);
        check(json!({"eventName": [{"anything-but": ["REMOVE"]}]}), true);
        check(json!({"missing": [{"exists": false}]}), true);
        check(json!({"missing": [{"exists": true}]}), false);
    }
}
