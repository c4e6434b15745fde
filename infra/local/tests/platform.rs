//! The platform does what AWS does, shown with a function that does what it is told.

mod common;
mod events;
mod mail;
mod storage;

use common::{
    ask, connect, dynamodb, end, folder, get, hear, open, options, put, say, start, times_seen, until,
    with_limits,
};
use futures::SinkExt;
use platform::faults::{KillRule, PostFault, TableFault, When};
use platform::{Limits, Options, Platform, Serving};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

#[tokio::test]
async fn a_handshake_reaches_the_function_and_its_headers_come_back() {
    let platform = start().await;
    let (_, headers) = connect(&platform, "v=7&x=1&x=2").await.unwrap();
    assert_eq!(headers["x-seen"], "- 7");
}

#[tokio::test]
async fn a_post_before_connect_has_returned_is_answered_gone() {
    let platform = start().await;
    let (_, headers) = connect(&platform, "").await.unwrap();
    assert_eq!(headers["x-early-post"], "410");
}

#[tokio::test]
async fn a_refused_handshake_has_the_status_that_the_gateway_gives() {
    let platform = start().await;
    for (query, status) in [("status=401", 401), ("status=403", 403), ("status=429", 429), ("crash=yes", 502)]
    {
        assert_eq!(connect(&platform, query).await.err(), Some(status), "{query}");
    }
    assert_eq!(platform.connections().len(), 0);
}

#[tokio::test]
async fn a_frame_reaches_the_function_and_its_post_comes_back() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    assert_eq!(ask(&mut socket, json!({ "text": "hola" })).await, r#"echo {"text":"hola"}"#);
    socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(hear(&mut socket).await, "binary AQID");
    let metrics = platform.metrics();
    assert_eq!((metrics.frames, metrics.posts), (2, 2));
}

#[tokio::test]
async fn a_function_that_crashes_or_fails_is_answered_as_aws_answers_and_started_anew() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    for order in ["crash", "fail"] {
        let answer: Value = serde_json::from_str(&ask(&mut socket, json!({ "do": order })).await).unwrap();
        assert_eq!(answer["message"], "Internal server error", "{order}");
        assert!(answer["connectionId"].is_string() && answer["requestId"].is_string());
    }
    assert!(ask(&mut socket, json!({})).await.starts_with("echo"));
    let echo = platform.metrics().functions["Echo"].clone();
    assert_eq!((echo.errors, echo.cold), (2, 2));
    assert!(
        platform.logs().iter().any(|line| line.source == "Echo" && line.line.contains("Runtime.ExitError"))
    );
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_stopped() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    assert!(ask(&mut socket, json!({ "do": "sleep" })).await.contains("Internal server error"));
    assert!(platform.logs().iter().any(|line| line.line.contains("Task timed out after 2.00 seconds")));
}

#[tokio::test]
async fn a_frame_over_32_kilobytes_closes_the_socket_with_1009() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    say(&mut socket, &"x".repeat(33 * 1_024)).await;
    assert_eq!(end(&mut socket).await, 1009);
}

#[tokio::test]
async fn a_message_may_come_in_frames_up_to_128_kilobytes() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    let frames = |count: usize| {
        (0..count).map(move |n| {
            let kind = if n == 0 { OpCode::Data(Data::Text) } else { OpCode::Data(Data::Continue) };
            Message::Frame(Frame::message(vec![b'x'; 30 * 1_024], kind, n == count - 1))
        })
    };
    for frame in frames(4) {
        socket.send(frame).await.unwrap();
    }
    assert_eq!(hear(&mut socket).await.len(), "echo ".len() + 120 * 1_024);
    for frame in frames(5) {
        // The last may find the socket closed already.
        let _ = socket.send(frame).await;
    }
    assert_eq!(end(&mut socket).await, 1009);
}

#[tokio::test]
async fn quiet_and_old_sockets_are_closed() {
    let limits = |idle, longest| Limits {
        idle: Duration::from_millis(idle),
        longest: Duration::from_millis(longest),
        instances: 4,
    };
    for limits in [limits(300, 60_000), limits(60_000, 300)] {
        let platform = with_limits(limits).await;
        let mut socket = open(&platform).await;
        assert_eq!(end(&mut socket).await, 1001);
    }
}

#[tokio::test]
async fn a_cut_has_no_close_frame_and_disconnect_comes_only_when_asked_for() {
    let platform = start().await;
    for (tell, expected) in [(true, "1006"), (false, "")] {
        let mut socket = open(&platform).await;
        say(&mut socket, "{}").await;
        hear(&mut socket).await;
        let id = platform.connections()[0].clone();
        assert!(platform.cut_connection(&id, tell));
        assert_eq!(end(&mut socket).await, 1006);
        let key = format!("GONE#{id}");
        if tell {
            until(async || get(&platform, &key, "-").await.is_object()).await;
        } else {
            // A later connection's whole life passes, and still nobody was told of the first one's end.
            let mut other = open(&platform).await;
            let later = format!("GONE#{}", platform.connections()[0]);
            other.close(None).await.unwrap();
            until(async || get(&platform, &later, "-").await.is_object()).await;
        }
        assert_eq!(get(&platform, &key, "-").await["value"]["S"].as_str().unwrap_or_default(), expected);
    }
}

#[tokio::test]
async fn connections_can_be_looked_at_and_closed() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    let id = platform.connections()[0].replace('=', "%3D").replace('/', "%2F").replace('+', "%2B");
    let url = format!("{}/stage/%40connections/{id}", platform.url());
    let client = reqwest::Client::new();
    let seen: Value = client.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(seen["identity"]["sourceIp"].as_str().map(|ip| ip == "127.0.0.1" || ip == "::1"), Some(true));
    assert_eq!(client.post(&url).body("x".repeat(129 * 1_024)).send().await.unwrap().status(), 413);
    assert_eq!(client.delete(&url).send().await.unwrap().status(), 204);
    assert_eq!(end(&mut socket).await, 1000);
    assert_eq!(client.post(&url).body("late").send().await.unwrap().status(), 410);
}

#[tokio::test]
async fn posts_fail_as_they_are_told_to() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    let id = platform.connections()[0].replace('=', "%3D").replace('/', "%2F").replace('+', "%2B");
    let url = format!("{}/stage/%40connections/{id}", platform.url());
    let client = reqwest::Client::builder().timeout(Duration::from_millis(500)).build().unwrap();
    for (fault, expected) in [(PostFault::Gone, 410), (PostFault::Throttled, 429), (PostFault::Error, 500)] {
        platform.faults().posts(fault, 1);
        assert_eq!(client.post(&url).body("lost").send().await.unwrap().status(), expected);
    }
    platform.faults().posts(PostFault::Hang, 1);
    assert!(client.post(&url).body("lost").send().await.unwrap_err().is_timeout());
    assert_eq!(client.post(&url).body("heard").send().await.unwrap().status(), 200);
    assert_eq!(hear(&mut socket).await, "heard", "what failed was not delivered");
}

#[tokio::test]
async fn requests_reach_the_function_as_payload_2() {
    let platform = start().await;
    let client = reqwest::Client::new();
    let url = format!("{}/v1/a%20b?x=1&x=2&y=%C3%B1", platform.url());
    let event: Value = client
        .post(&url)
        .header("x-list", "1")
        .header("x-list", "2")
        .header("content-type", "application/json")
        .body("{}")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["requestContext"]["http"]["method"], "POST");
    assert_eq!(
        (&event["queryStringParameters"]["x"], &event["queryStringParameters"]["y"]),
        (&json!("1,2"), &json!("ñ"))
    );
    assert_eq!(event["headers"]["x-list"], "1,2");
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{}"), &json!(false)));
    let event: Value = client.post(&url).body(vec![0xff, 0xfe]).send().await.unwrap().json().await.unwrap();
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("//4="), &json!(true)));
    let teapot = client.get(format!("{}/teapot", platform.url())).send().await.unwrap();
    assert_eq!((teapot.status().as_u16(), teapot.headers()["x-kind"].to_str().unwrap()), (418, "pot"));
    assert_eq!(teapot.headers().get_all("set-cookie").iter().count(), 2);
    assert_eq!(teapot.text().await.unwrap(), "tea");
    assert_eq!(
        client.get(format!("{}/bare", platform.url())).send().await.unwrap().text().await.unwrap(),
        r#"{"hello":"there"}"#
    );
}

#[tokio::test]
async fn an_idle_process_is_used_again() {
    let platform = start().await;
    for _ in 0..3 {
        reqwest::get(format!("{}/x", platform.url())).await.unwrap();
    }
    let echo = platform.metrics().functions["Echo"].clone();
    assert_eq!((echo.invocations, echo.cold), (3, 1));
}

#[tokio::test]
async fn an_invocation_runs_to_its_end_when_nobody_waits_for_it_any_more() {
    let platform = start().await;
    let impatient = reqwest::Client::builder().timeout(Duration::from_millis(100)).build().unwrap();
    assert!(impatient.get(format!("{}/pause", platform.url())).send().await.unwrap_err().is_timeout());
    until(async || platform.metrics().functions.get("Echo").is_some_and(|echo| echo.invocations == 1)).await;
    reqwest::get(format!("{}/x", platform.url())).await.unwrap();
    let echo = platform.metrics().functions["Echo"].clone();
    assert_eq!((echo.invocations, echo.cold), (2, 1), "its process is free for the next");
}

#[tokio::test]
async fn an_answer_over_6_megabytes_and_a_request_over_10_are_refused() {
    let platform = start().await;
    let client = reqwest::Client::new();
    let large = client.get(format!("{}/large", platform.url())).send().await.unwrap();
    assert_eq!(large.status(), 500);
    let url = format!("{}/x", platform.url());
    let request = client.post(&url).body(vec![0; 11 * 1_024 * 1_024]).send().await.unwrap();
    assert_eq!(request.status(), 413);
}

#[tokio::test]
async fn cross_origin_answers_are_the_templates() {
    let platform = start().await;
    let client = reqwest::Client::new();
    let url = format!("{}/cors", platform.url());
    let ask = async |method: reqwest::Method, origin: &str| {
        let request = client.request(method, &url).header("origin", origin);
        let response = request.header("access-control-request-method", "PUT").send().await.unwrap();
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let allowed = (header("access-control-allow-origin"), header("access-control-allow-methods"));
        (response.status().as_u16(), allowed.0, allowed.1)
    };
    let (shop, methods) = ("https://shop.example".to_owned(), "GET,PUT".to_owned());
    assert_eq!(ask(reqwest::Method::OPTIONS, &shop).await, (204, shop.clone(), methods));
    assert_eq!(
        ask(reqwest::Method::OPTIONS, "https://evil.example").await,
        (204, String::new(), String::new())
    );
    assert_eq!(ask(reqwest::Method::GET, &shop).await.1, shop, "the function's own * is replaced");
    assert_eq!(ask(reqwest::Method::GET, "https://evil.example").await.1, "");
    assert_eq!(platform.metrics().functions["Echo"].invocations, 2, "no preflight reaches the function");
}

#[tokio::test]
async fn broken_functions_make_500s() {
    let platform = start().await;
    for path in ["/crash", "/sleep"] {
        let response = reqwest::get(format!("{}{path}", platform.url())).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.text().await.unwrap().as_str()),
            (500, r#"{"message":"Internal Server Error"}"#),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn load_starts_more_processes_up_to_the_limit() {
    let platform = with_limits(Limits { instances: 3, ..Limits::default() }).await;
    let url = format!("{}/pause", platform.url());
    let requests = (0..8).map(|_| reqwest::get(url.clone()));
    for response in futures::future::join_all(requests).await {
        assert_eq!(response.unwrap().status(), 200, "{:?}", platform.logs());
    }
    let echo = platform.metrics().functions["Echo"].clone();
    assert_eq!((echo.invocations, echo.cold, echo.instances), (8, 3, 3));
}

#[tokio::test]
async fn what_a_policy_does_not_allow_is_refused() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    assert_eq!(ask(&mut socket, json!({ "do": "put", "key": "OK#1" })).await, "put 200");
    assert_eq!(ask(&mut socket, json!({ "do": "put", "key": "FOREIGN#1" })).await, "put 400");
    assert_eq!(ask(&mut socket, json!({ "do": "scan" })).await, "scan 400 true");
    let metrics = platform.metrics();
    assert_eq!(metrics.denied.len(), 2, "{:?}", metrics.denied);
    assert!(metrics.used["Echo"].contains("dynamodb:PutItem OK"));
    assert_eq!(get(&platform, "FOREIGN#1", "-").await, Value::Null);
}

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
async fn a_process_is_killed_at_the_call_that_a_rule_names() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    for (when, stored) in [(When::Before, false), (When::After, true)] {
        let pk = format!("OK#{when:?}");
        platform.faults().kill_rule(KillRule { function: "Echo".into(), call: 1, when });
        assert!(ask(&mut socket, json!({ "do": "put", "key": pk })).await.contains("Internal server error"));
        assert_eq!(get(&platform, &pk, "-").await.is_object(), stored, "{pk}");
    }
    assert_eq!(ask(&mut socket, json!({ "do": "put", "key": "OK#3" })).await, "put 200");
}

#[tokio::test]
async fn after_a_kill_a_fresh_process_takes_over() {
    let platform = start().await;
    let url = format!("{}/x", platform.url());
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    assert_eq!(platform.kill("Echo"), 1);
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    assert_eq!(platform.metrics().functions["Echo"].cold, 2);
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

#[tokio::test]
async fn static_files_have_types_caching_and_the_templates_headers() {
    let folder = folder("static");
    for (name, content) in
        [("index.html", "<p>page"), ("app-B1x9_aQ2.js", "1"), ("long.css", &"a{} ".repeat(1_250))]
    {
        std::fs::write(folder.join(name), content).unwrap();
    }
    let serving = Serving { headers: Some("Headers".into()), fallback: Some("index.html".into()) };
    let platform = Platform::start(Options {
        mounts: vec![("/app/".into(), folder)],
        serving: BTreeMap::from([("/app/".to_owned(), serving)]),
        ..options()
    })
    .await
    .unwrap();
    let fetch = async |path: &str| {
        let response = reqwest::get(format!("{}/app/{path}", platform.url())).await.unwrap();
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        (
            response.status().as_u16(),
            header("content-type"),
            header("cache-control"),
            header("content-security-policy"),
        )
    };
    let page = (
        200,
        "text/html; charset=utf-8".to_owned(),
        "no-cache".to_owned(),
        "frame-ancestors 'none'".to_owned(),
    );
    assert_eq!(fetch("").await, page);
    assert_eq!(fetch("some/route").await, page, "a route of the application is its page");
    let script = fetch("app-B1x9_aQ2.js").await;
    assert!(script.1.starts_with("text/javascript") && script.2.contains("immutable"), "{script:?}");
    let client = reqwest::Client::new();
    let long = format!("{}/app/long.css", platform.url());
    let mut sizes = Vec::new();
    for (accepted, encoding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0", "")] {
        let response = client.get(&long).header("accept-encoding", accepted).send().await.unwrap();
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        assert_eq!(
            (header("content-encoding").as_str(), header("vary").as_str()),
            (encoding, "accept-encoding")
        );
        let tag = header("etag");
        sizes.push(response.bytes().await.unwrap().len());
        let again = client.get(&long).header("accept-encoding", accepted).header("if-none-match", tag);
        assert_eq!(again.send().await.unwrap().status(), 304);
    }
    assert!(sizes[0] < 100 && sizes[1] < 100 && sizes[2] == 5_000, "{sizes:?}");
    assert_eq!(fetch("missing.js").await.0, 404, "a missing script is not a page");
    assert_ne!(fetch("%2e%2e/Cargo.toml").await.1, "text/x-toml");
}

#[tokio::test]
async fn agents_sign_in_with_a_code_and_a_verifier_once() {
    let platform = start().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = platform.url();
    let discovery: Value = client
        .get(format!("{url}/oidc/.well-known/openid-configuration"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(discovery["issuer"], format!("{url}/oidc"));
    // The verifier "abc" and its SHA-256 in base64url.
    let request = "client_id=client&response_type=code&scope=openid&redirect_uri=http%3A%2F%2Flocalhost%2Fback&state=s&nonce=n&code_challenge_method=S256&code_challenge=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    let authorize = format!("{url}/oidc/authorize?{request}");
    assert!(client.get(&authorize).send().await.unwrap().text().await.unwrap().contains("<form"));
    let sign_in = async |password: &str| {
        let form = format!("email=ana%40example.com&password={password}");
        client.post(&authorize).body(form).send().await.unwrap()
    };
    assert_eq!(sign_in("wrong").await.status(), 200, "the page again");
    let location = sign_in("secret").await.headers()["location"].to_str().unwrap().to_owned();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    assert!(location.starts_with("http://localhost/back?") && location.ends_with("state=s"));
    let exchange = async |verifier: &str, code: &str| {
        let form = format!(
            "grant_type=authorization_code&client_id=client&redirect_uri=http%3A%2F%2Flocalhost%2Fback&code={code}&code_verifier={verifier}"
        );
        let response = client.post(format!("{url}/oidc/token")).body(form).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, tokens) = exchange("abc", &code).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(exchange("abc", &code).await.0, 400, "a code is good once");
    let userinfo = client
        .get(format!("{url}/oidc/userinfo"))
        .bearer_auth(tokens["access_token"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(userinfo.json::<Value>().await.unwrap()["email"], "ana@example.com");
    let location = sign_in("secret").await.headers()["location"].to_str().unwrap().to_owned();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    assert_eq!(exchange("wrong", &code).await.0, 400, "without the verifier a code is worth nothing");
    let token = async |form: String| {
        let response = client.post(format!("{url}/oidc/token")).body(form).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let refresh = async |tokens: &Value| {
        let refresh = tokens["refresh_token"].as_str().unwrap();
        token(format!("grant_type=refresh_token&client_id=client&refresh_token={refresh}")).await
    };
    // A code that was brought twice, as above, ends what came of it: it may have been stolen.
    assert_eq!(refresh(&tokens).await.1["error"], "invalid_grant");
    let form = "client_id=client&grant_type=password&username=ana%40example.com&password=";
    let (_, tokens) = token(format!("{form}secret")).await;
    let (status, rotated) = refresh(&tokens).await;
    assert_eq!(status, 200, "{rotated}");
    assert_ne!(rotated["refresh_token"], tokens["refresh_token"], "each use gives a new one");
    assert_eq!(refresh(&tokens).await.0, 200, "another tab may still be using the old one");
    for (form, error) in [
        (format!("{form}wrong"), "invalid_grant"),
        (
            "grant_type=password&client_id=other&username=ana%40example.com&password=secret".into(),
            "invalid_client",
        ),
        ("grant_type=magic&client_id=client".into(), "unsupported_grant_type"),
        ("client_id=client".into(), "invalid_request"),
        ("grant_type=refresh_token&client_id=client&refresh_token=x".into(), "invalid_grant"),
    ] {
        let (status, answer) = token(form).await;
        assert_eq!((status, &answer["error"]), (400, &json!(error)), "{answer}");
    }
    for (from, to, error) in [
        ("response_type=code", "response_type=token", "unsupported_response_type"),
        ("S256", "plain", "invalid_request"),
        ("scope=openid", "scope=email", "invalid_scope"),
        ("scope=openid", "scope=openid&prompt=none", "login_required"),
    ] {
        let response = client.get(authorize.replace(from, to)).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.contains(&format!("error={error}")) && location.ends_with("state=s"), "{location}");
    }
    let nobody = client.get(format!("{url}/oidc/userinfo")).bearer_auth("x").send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    assert!(nobody.headers().contains_key("www-authenticate"));
    let elsewhere = authorize.replace("localhost%2Fback", "evil.example%2Fback");
    assert_eq!(client.get(elsewhere).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn the_platforms_own_pages_answer() {
    let platform = start().await;
    let front = reqwest::get(platform.url()).await.unwrap().text().await.unwrap();
    assert!(front.contains("ana@example.com"));
    reqwest::get(format!("{}/anything", platform.url())).await.unwrap();
    let numbers: Value = reqwest::get(format!("{}/platform/metrics.json", platform.url()))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(numbers["functions"]["Echo"]["invocations"], 1);
    assert!(numbers["cost"]["lambda"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn a_port_in_use_and_a_missing_binary_are_refused_by_name() {
    let first = start().await;
    let error = Platform::start(Options { port: first.port(), ..options() }).await.unwrap_err();
    assert!(format!("{error:#}").contains(&format!("port {} is in use", first.port())), "{error:#}");
    let error = Platform::start(Options { binaries: folder("empty"), ..options() }).await.unwrap_err();
    assert!(format!("{error:#}").contains("echo-function"), "{error:#}");
}

#[tokio::test]
async fn a_function_that_fails_at_its_start_is_an_error_and_not_a_wait() {
    let platform = Platform::start(Options {
        environment: BTreeMap::from([("FAIL_AT_START".into(), "1".into())]),
        ..options()
    })
    .await
    .unwrap();
    assert_eq!(reqwest::get(format!("{}/", platform.url()) + "x").await.unwrap().status(), 500);
}

/// The binary itself, ended politely and not: in either case no process of a function stays behind.
#[tokio::test]
async fn no_process_outlives_the_platform() {
    for signal in ["TERM", "KILL"] {
        let options = options();
        let folder = folder(signal);
        let config = folder.join("local.toml");
        let text = format!(
            "template = {:?}\nport = 0\noidc_clients = []\nusers = []\n[parameters]\nConnectionsUrl = \"{{url}}/stage\"\n[mounts]\n",
            options.template
        );
        std::fs::write(&config, text).unwrap();
        let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_mostrador-local"))
            .arg("--config")
            .arg(&config)
            .arg("--bin-dir")
            .arg(&options.binaries)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.next_line().await.unwrap().unwrap();
        let url = ready.split(' ').nth(1).unwrap();
        assert_eq!(reqwest::get(format!("{url}/x")).await.unwrap().status(), 200);
        let pid = child.id().unwrap();
        let children =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let processes: Vec<String> = std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter(|entry| {
                std::fs::read_to_string(entry.path().join("stat")).is_ok_and(|stat| {
                    stat.rsplit(')')
                        .next()
                        .is_some_and(|rest| rest.split(' ').nth(2) == Some(&pid.to_string()))
                })
            })
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(processes.len(), 1, "{children}");
        tokio::process::Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(pid.to_string())
            .status()
            .await
            .unwrap();
        child.wait().await.unwrap();
        // The function's process learns of the end by its own broken connection: wait for that, not for a time.
        let gone = async {
            while std::fs::read_to_string(format!("/proc/{}/cmdline", processes[0]))
                .is_ok_and(|line| line.contains("echo-function"))
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), gone)
            .await
            .unwrap_or_else(|_| panic!("a process outlived SIG{signal}"));
    }
}
