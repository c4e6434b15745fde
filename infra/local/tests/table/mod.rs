//! The table and its stream.

use crate::common::{dynamodb, folder, get, options, put, start, times_seen};
use platform::faults::{TableFault, When};
use platform::{Options, Platform};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn calls_of_the_table_fail_before_or_after_their_effect() {
    let platform = start().await;
    for (when, stored) in [(When::Before, false), (When::After, true)] {
        for (fault, kind) in [
            (TableFault::Throttle, "ProvisionedThroughputExceeded"),
            (TableFault::Error, "InternalServerError"),
            (TableFault::Conflict, "TransactionConflict"),
        ] {
            let pk = format!("{when:?}{fault:?}");
            platform.faults().table("PutItem", when, &fault, 1);
            let item = json!({ "pk": { "S": pk }, "sk": { "S": "-" } });
            let (status, body) =
                dynamodb(&platform, "PutItem", json!({ "TableName": platform.table(), "Item": item })).await;
            assert!(status >= 400 && body["__type"].as_str().unwrap().contains(kind), "{body}");
            assert_eq!(get(&platform, &pk, "-").await.is_object(), stored, "{pk}");
        }
    }
    platform.faults().table("TransactWriteItems", When::Before, &TableFault::Conflict, 1);
    let put = json!({ "Put": { "TableName": platform.table(), "Item": { "pk": { "S": "t" }, "sk": { "S": "-" } } } });
    let (_, body) = dynamodb(&platform, "TransactWriteItems", json!({ "TransactItems": [put] })).await;
    assert_eq!(body["CancellationReasons"][0]["Code"], "TransactionConflict");
}

#[tokio::test]
async fn the_stream_delivers_what_passes_the_filter_and_nothing_that_changed_nothing() {
    let platform = start().await;
    for n in 0..10 {
        put(&platform, &format!("{n}"), "WATCHED", json!({ "name": { "S": format!("r{n}") } })).await;
        put(&platform, &format!("{n}"), "IGNORED", json!({ "name": { "S": "ignored" } })).await;
    }
    put(&platform, "0", "WATCHED", json!({ "name": { "S": "r0" } })).await;
    platform.streams_settled().await;
    for n in 0..10 {
        assert_eq!(times_seen(&platform, &format!("r{n}")).await, "1");
    }
    assert_eq!(times_seen(&platform, "ignored").await, "0");
}

#[tokio::test]
async fn a_poisoned_record_is_given_up_and_those_behind_it_arrive() {
    let platform = start().await;
    platform.pause_stream("Echo", true);
    for (pk, more) in [
        ("1", json!({})),
        ("2", json!({ "fail": { "BOOL": true } })),
        ("3", json!({})),
        ("4", json!({ "crash": { "BOOL": true } })),
        ("5", json!({})),
    ] {
        let mut item = more;
        item["name"] = json!({ "S": pk });
        put(&platform, pk, "WATCHED", item).await;
    }
    platform.pause_stream("Echo", false);
    platform.streams_settled().await;
    let seen = [
        times_seen(&platform, "1").await,
        times_seen(&platform, "2").await,
        times_seen(&platform, "3").await,
        times_seen(&platform, "5").await,
    ];
    assert_eq!(
        (seen[0].as_str(), seen[1].as_str()),
        ("1", "0"),
        "what came before the failure is not repeated, what fails never counts"
    );
    assert!(seen[2] != "0" && seen[3] == "1", "{seen:?}");
}

#[tokio::test]
async fn a_paused_stream_delivers_nothing_and_a_doubled_one_twice() {
    let platform = start().await;
    platform.pause_stream("Echo", true);
    platform.duplicate_stream("Echo", true);
    put(&platform, "1", "WATCHED", json!({ "name": { "S": "late" } })).await;
    assert_eq!(times_seen(&platform, "late").await, "0");
    platform.pause_stream("Echo", false);
    platform.streams_settled().await;
    assert_eq!(times_seen(&platform, "late").await, "2");
}

#[tokio::test]
async fn a_stream_keeps_its_speed_as_records_pile_up() {
    let platform = start().await;
    // The quickest hundred of a thousand: what else the machine does meanwhile must not decide.
    let quickest = async |from: usize| {
        let mut best = Duration::MAX;
        for hundred in (from..from + 1_000).step_by(100) {
            let began = tokio::time::Instant::now();
            for n in hundred..hundred + 100 {
                put(&platform, &format!("{n}"), "IGNORED", json!({})).await;
            }
            best = best.min(began.elapsed());
        }
        best
    };
    let first = quickest(0).await;
    quickest(1_000).await;
    quickest(2_000).await;
    let last = quickest(3_000).await;
    assert!(last < first * 3, "{first:?} for a hundred of the first thousand, {last:?} of the fourth");
}

#[tokio::test]
async fn expired_items_go_when_swept() {
    let platform = start().await;
    put(&platform, "old", "-", json!({ "ttl": { "N": "1" } })).await;
    put(&platform, "kept", "-", json!({ "ttl": { "N": "99999999999" } })).await;
    assert_eq!(platform.sweep_expired().unwrap(), 1);
    assert_eq!(get(&platform, "old", "-").await, Value::Null);
    assert!(get(&platform, "kept", "-").await.is_object());
}

#[tokio::test]
async fn units_are_counted_by_the_published_rules() {
    let platform = start().await;
    let table = platform.table();
    let item = |pk: &str, bytes: usize, shelf: bool| {
        let mut item = json!({ "pk": { "S": pk }, "sk": { "S": "-" }, "text": { "S": "x".repeat(bytes) } });
        if shelf {
            item["shelf"] = json!({ "S": "a" });
        }
        item
    };
    let put = |item: Value| json!({ "TableName": table, "Item": item });
    let get = |pk: &str, consistent: bool| json!({ "TableName": table, "Key": { "pk": { "S": pk }, "sk": { "S": "-" } }, "ConsistentRead": consistent });
    // (operation, body, read units, write units): 1 KB a write unit, 4 KB a read unit, half for eventual, double in transactions.
    for (operation, body, read, write) in [
        ("PutItem", put(item("a", 500, false)), 0.0, 1.0),
        ("PutItem", put(item("b", 1_500, false)), 0.0, 2.0),
        ("PutItem", put(item("c", 500, true)), 0.0, 2.0),
        (
            "TransactWriteItems",
            json!({ "TransactItems": [{ "Put": put(item("d", 1_500, false)) }, { "Put": put(item("e", 100, false)) }] }),
            0.0,
            6.0,
        ),
        ("GetItem", get("a", true), 1.0, 0.0),
        ("GetItem", get("a", false), 0.5, 0.0),
        ("GetItem", get("nobody", true), 1.0, 0.0),
    ] {
        let before = platform.metrics();
        let (status, answer) = dynamodb(&platform, operation, body).await;
        assert_eq!(status, 200, "{answer}");
        assert!(answer.get("ConsumedCapacity").is_none(), "nobody asked for it");
        let of = |metrics: &platform::Snapshot| {
            let one =
                metrics.by_function.get("-").and_then(|all| all.get(operation)).cloned().unwrap_or_default();
            (one.read_units, one.write_units)
        };
        let (before, after) = (of(&before), of(&platform.metrics()));
        assert_eq!((after.0 - before.0, after.1 - before.1), (read, write), "{operation}");
    }
}

#[tokio::test]
async fn a_file_keeps_the_data_and_its_name_over_a_restart_on_the_same_port() {
    let file = folder("data").join("table.db");
    let first = Platform::start(Options { data: Some(file.clone()), ..options() }).await.unwrap();
    let port = first.port();
    put(&first, "kept", "-", json!({})).await;
    let name = first.data_set().to_owned();
    first.ended().await;
    drop(first);
    let second = Platform::start(Options { data: Some(file), port, ..options() }).await.unwrap();
    assert!(get(&second, "kept", "-").await.is_object());
    assert_eq!(second.data_set(), name);
    assert_ne!(start().await.data_set(), name, "new data has a new name");
}
