//! Queues, schedules, asynchronous invocation and the clock: what is promised for later is kept, shown with the SDKs' own clients.

use crate::common::{ask, get, open, put, start, times_seen, until};
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry,
};
use platform::faults::{TableFault, When};
use platform::{Options, Platform};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;

struct Clients {
    sqs: aws_sdk_sqs::Client,
    lambda: aws_sdk_lambda::Client,
}

/// As functions make them: from the standard environment, here said in so many words.
async fn clients(platform: &Platform) -> Clients {
    let shared = crate::common::sdk().await;
    let sqs = aws_sdk_sqs::config::Builder::from(&shared).endpoint_url(platform.sqs_url()).build();
    let lambda = aws_sdk_lambda::config::Builder::from(&shared).endpoint_url(platform.lambda_url()).build();
    Clients { sqs: aws_sdk_sqs::Client::from_conf(sqs), lambda: aws_sdk_lambda::Client::from_conf(lambda) }
}

async fn send(clients: &Clients, platform: &Platform, queue: &str, body: Value, delay: i32) {
    let url = platform.queue_url(queue).unwrap();
    clients
        .sqs
        .send_message()
        .queue_url(url)
        .message_body(body.to_string())
        .delay_seconds(delay)
        .send()
        .await
        .unwrap();
}

/// What lies in a queue, as JSON.
async fn bodies(clients: &Clients, platform: &Platform, queue: &str) -> Vec<Value> {
    let url = platform.queue_url(queue).unwrap();
    let answer =
        clients.sqs.receive_message().queue_url(url).max_number_of_messages(10).send().await.unwrap();
    answer.messages().iter().map(|message| serde_json::from_str(message.body().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn the_sdk_sends_receives_lengthens_and_deletes() {
    let platform = start().await;
    let Clients { sqs, .. } = clients(&platform).await;
    let url = sqs.get_queue_url().queue_name("Loose").send().await.unwrap().queue_url.unwrap();
    assert_eq!(Some(url.as_str()), platform.queue_url("Loose"));
    let colour = MessageAttributeValue::builder().data_type("String").string_value("red").build().unwrap();
    let sent = sqs
        .send_message()
        .queue_url(&url)
        .message_body("hello")
        .message_attributes("colour", colour)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.md5_of_message_body(), Some("5d41402abc4b2a76b9719d911017c592"));
    let received = sqs
        .receive_message()
        .queue_url(&url)
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .message_attribute_names("All")
        .send()
        .await
        .unwrap();
    let message = &received.messages()[0];
    assert_eq!((message.message_id(), message.body()), (sent.message_id(), Some("hello")));
    assert_eq!(message.message_attributes().unwrap()["colour"].string_value(), Some("red"));
    let system = message.attributes().unwrap();
    assert_eq!(system[&MessageSystemAttributeName::ApproximateReceiveCount], "1");
    let handle = message.receipt_handle().unwrap();
    sqs.change_message_visibility()
        .queue_url(&url)
        .receipt_handle(handle)
        .visibility_timeout(0)
        .send()
        .await
        .unwrap();
    let again = sqs.receive_message().queue_url(&url).send().await.unwrap();
    assert_eq!(again.messages().len(), 1, "given back, it is there at once");
    let wanted = [QueueAttributeName::ApproximateNumberOfMessagesNotVisible, QueueAttributeName::QueueArn];
    let attributes = sqs
        .get_queue_attributes()
        .queue_url(&url)
        .set_attribute_names(Some(wanted.to_vec()))
        .send()
        .await
        .unwrap();
    let attributes = attributes.attributes().unwrap();
    assert_eq!(attributes[&wanted[0]], "1");
    assert_eq!(attributes[&wanted[1]], "arn:aws:sqs:eu-west-1:000000000000:Loose");
    let handle = again.messages()[0].receipt_handle().unwrap();
    sqs.delete_message().queue_url(&url).receipt_handle(handle).send().await.unwrap();
    assert_eq!(platform.metrics().queues["Loose"].in_flight, 0);
    assert!(platform.metrics().queue_requests >= 6);
}

#[tokio::test]
async fn batches_answer_for_each_entry_and_bad_requests_are_named() {
    let platform = start().await;
    let Clients { sqs, .. } = clients(&platform).await;
    let url = platform.queue_url("Loose").unwrap();
    let entry = |id: &str, delay: i32| {
        SendMessageBatchRequestEntry::builder().id(id).message_body("x").delay_seconds(delay).build().unwrap()
    };
    let batch = |entries: Vec<SendMessageBatchRequestEntry>| {
        sqs.send_message_batch().queue_url(url).set_entries(Some(entries)).send()
    };
    let answer = batch(vec![entry("good", 900), entry("bad", 901)]).await.unwrap();
    assert_eq!(answer.successful().iter().map(|one| one.id()).collect::<Vec<_>>(), ["good"]);
    assert_eq!(answer.failed()[0].code(), "InvalidParameterValue");
    assert!(answer.failed()[0].sender_fault());
    assert_eq!(platform.metrics().queues["Loose"].delayed, 1);
    let error = batch(vec![entry("a", 0), entry("a", 0)]).await.unwrap_err().into_service_error();
    assert!(error.is_batch_entry_ids_not_distinct(), "{error:?}");
    let many = (0..11).map(|n| entry(&n.to_string(), 0)).collect();
    let error = batch(many).await.unwrap_err().into_service_error();
    assert!(error.is_too_many_entries_in_batch_request(), "{error:?}");
    let nowhere = sqs.send_message().queue_url("http://x/0/Nowhere").message_body("x").send().await;
    assert!(nowhere.unwrap_err().into_service_error().is_queue_does_not_exist());
    let foreign = sqs.delete_message().queue_url(url).receipt_handle("nonsense").send().await;
    assert!(foreign.unwrap_err().into_service_error().is_receipt_handle_is_invalid());
}

#[tokio::test]
async fn a_receipt_that_waits_gets_what_is_sent_meanwhile() {
    let platform = start().await;
    let clients = clients(&platform).await;
    let url = platform.queue_url("Loose").unwrap();
    let waiting = clients.sqs.receive_message().queue_url(url).wait_time_seconds(20).send();
    let sending = async {
        until(async || platform.metrics().queue_requests == 1).await;
        send(&clients, &platform, "Loose", json!("late"), 0).await;
    };
    let (received, ()) = tokio::join!(waiting, sending);
    assert_eq!(received.unwrap().messages().len(), 1);
}

#[tokio::test]
async fn messages_reach_the_function_and_what_it_handled_is_gone() {
    let platform = start().await;
    let clients = clients(&platform).await;
    for n in 0..10 {
        send(&clients, &platform, "Queue", json!({ "name": format!("m{n}") }), 0).await;
    }
    send(&clients, &platform, "Queue", json!({ "name": "unwanted", "unwanted": true }), 0).await;
    platform.settled().await;
    for n in 0..10 {
        assert_eq!(times_seen(&platform, &format!("m{n}")).await, "1");
    }
    assert_eq!(times_seen(&platform, "unwanted").await, "0", "the filter drops it");
    let depth = platform.metrics().queues["Queue"].clone();
    assert_eq!((depth.visible, depth.in_flight, depth.delayed), (0, 0, 0), "and deletes it");
    assert!(platform.metrics().functions["Echo"].instances <= 2, "no more at once than the mapping allows");
}

#[tokio::test]
async fn what_fails_comes_again_alone_and_ends_among_the_dead_letters() {
    let platform = start().await;
    let clients = clients(&platform).await;
    for body in [
        json!({ "name": "good" }),
        json!({ "name": "bad", "fail": true }),
        json!({ "name": "fatal", "crash": true }),
    ] {
        send(&clients, &platform, "Queue", body, 0).await;
    }
    platform.settled().await;
    // Two receipts each, a minute of visibility timeout apart; the third finds them dead.
    for minute in 1..=3 {
        platform.move_clock(minute * 61_000);
        platform.settled().await;
    }
    assert_eq!(times_seen(&platform, "bad").await, "2");
    let mut dead: Vec<String> = bodies(&clients, &platform, "Dead")
        .await
        .iter()
        .map(|body| body["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    dead.sort();
    assert!(dead.contains(&"bad".to_owned()) && dead.contains(&"fatal".to_owned()), "{dead:?}");
    assert_eq!(platform.metrics().queues["Queue"].in_flight, 0);
}

#[tokio::test]
async fn a_delay_of_ten_minutes_passes_when_the_clock_is_moved_and_not_before() {
    let platform = start().await;
    let clients = clients(&platform).await;
    send(&clients, &platform, "Queue", json!({ "name": "due" }), 600).await;
    platform.move_clock(9 * MINUTE);
    platform.settled().await;
    assert_eq!(times_seen(&platform, "due").await, "0");
    let due_ms = platform.metrics().queues["Queue"].next_visible_ms.unwrap();
    platform.move_clock(10 * MINUTE);
    until(async || times_seen(&platform, "due").await == "1").await;
    assert!(platform.now_ms() >= due_ms);
    assert!(platform.now_ms() - due_ms < 5_000, "on the moved clock hardly any time has passed since");
}

#[tokio::test]
async fn what_was_delayed_outlives_the_platform_when_there_is_a_file_for_it() {
    let data = crate::common::folder("queues").join("table.db");
    let begin = async || {
        Platform::start(Options { data: Some(data.clone()), ..crate::common::options() }).await.unwrap()
    };
    let first = begin().await;
    let theirs = clients(&first).await;
    for (name, delay) in [("done", 0), ("kept", 600), ("kept too", 0)] {
        let queue = if name == "kept too" { "Loose" } else { "Queue" };
        send(&theirs, &first, queue, json!({ "name": name }), delay).await;
    }
    first.settled().await;
    first.ended().await;
    drop(first);
    let second = begin().await;
    assert_eq!(second.metrics().queues["Loose"].visible, 1);
    second.move_clock(10 * MINUTE);
    until(async || times_seen(&second, "kept").await == "1").await;
    second.settled().await;
    assert_eq!(times_seen(&second, "done").await, "1");
    assert_eq!(bodies(&clients(&second).await, &second, "Loose").await, [json!({ "name": "kept too" })]);
}

#[tokio::test]
async fn schedules_fire_when_the_clock_comes_to_them() {
    let platform = start().await;
    let clients = clients(&platform).await;
    let next = |name: &str| {
        let all = platform.metrics().schedules;
        all.iter().find(|schedule| schedule.name == name).unwrap().next_ms
    };
    until(async || next("Sweep").is_some() && next("EchoHourly").is_some()).await;
    let ahead = i64::try_from(next("Sweep").unwrap() - platform.now_ms()).unwrap();
    assert!((14 * MINUTE..=15 * MINUTE).contains(&ahead), "{ahead}");
    platform.move_clock(15 * MINUTE);
    until(async || times_seen(&platform, "swept").await == "1").await;
    // A day in one step: each fires once, and is due again after it.
    platform.move_clock(24 * 60 * MINUTE);
    until(async || times_seen(&platform, "swept").await == "2").await;
    until(async || times_seen(&platform, "hourly").await == "1").await;
    until(async || platform.metrics().queues["Loose"].visible == 1).await;
    let url = platform.queue_url("Loose").unwrap();
    let morning = clients.sqs.receive_message().queue_url(url).send().await.unwrap();
    assert_eq!(morning.messages()[0].body(), Some("good morning"));
    until(async || next("Sweep").is_some_and(|next| next > platform.now_ms())).await;
    assert_eq!(platform.metrics().schedules_fired, 3, "a rule of the event bus is none of the Scheduler's");
}

#[tokio::test]
async fn an_event_that_nobody_waits_for_is_tried_three_times_and_then_told_of() {
    let platform = start().await;
    let clients = clients(&platform).await;
    let invoke = async |payload: Value| {
        let payload = aws_sdk_lambda::primitives::Blob::new(payload.to_string());
        let request = clients.lambda.invoke().function_name("Echo").invocation_type(InvocationType::Event);
        request.payload(payload).send().await.unwrap().status_code()
    };
    assert_eq!(invoke(json!({ "note": "easy" })).await, 202);
    assert_eq!(invoke(json!({ "note": "hard", "fail": true })).await, 202);
    platform.settled().await;
    assert_eq!(times_seen(&platform, "easy").await, "1");
    for (minutes, tries) in [(0, "1"), (1, "2"), (3, "3"), (60, "3")] {
        platform.move_clock(minutes * MINUTE + 100);
        until(async || times_seen(&platform, "hard").await == tries).await;
        platform.settled().await;
    }
    assert_eq!(times_seen(&platform, "hard").await, "3");
    let told = bodies(&clients, &platform, "Failures").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(told[0]["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(told[0]["requestPayload"]["note"], "hard");
    assert_eq!(told[0]["responsePayload"]["errorMessage"], "told to fail");
}

#[tokio::test]
async fn an_invocation_that_is_waited_for_has_its_answer_or_its_error() {
    let platform = start().await;
    let Clients { lambda, .. } = clients(&platform).await;
    let invoke = async |payload: Value| {
        let payload = aws_sdk_lambda::primitives::Blob::new(payload.to_string());
        let answer = lambda.invoke().function_name("Echo").payload(payload).send().await.unwrap();
        let body: Value = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
        (answer.function_error().map(str::to_owned), body)
    };
    assert_eq!(invoke(json!({ "note": "x" })).await, (None, json!({ "noted": "x" })));
    let (error, body) = invoke(json!({ "note": "y", "fail": true })).await;
    assert_eq!((error.as_deref(), &body["errorMessage"]), (Some("Unhandled"), &json!("told to fail")));
    let nobody = lambda.invoke().function_name("Nobody").send().await;
    assert!(nobody.unwrap_err().into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn queues_and_functions_are_reached_only_as_policies_allow_and_as_faults_let() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    let to = |queue: &str| json!({ "do": "queue", "url": platform.queue_url(queue).unwrap() });
    assert_eq!(ask(&mut socket, to("Loose")).await, "queue 200");
    assert_eq!(ask(&mut socket, to("Dead")).await, "queue 403");
    assert_eq!(platform.metrics().queues["Dead"].visible, 0);
    let call = |function: &str| json!({ "do": "invoke", "function": function, "note": "called" });
    assert_eq!(ask(&mut socket, call("Echo")).await, "invoke 202");
    assert_eq!(ask(&mut socket, call("Other")).await, "invoke 403");
    assert_eq!(platform.metrics().denied.len(), 2, "{:?}", platform.metrics().denied);
    assert!(platform.metrics().used["Echo"].contains("sqs:SendMessage"));
    platform.settled().await;
    assert_eq!(times_seen(&platform, "called").await, "1");
    for (when, more) in [(When::Before, 0), (When::After, 1)] {
        let before = platform.metrics().queues["Loose"].visible;
        platform.faults().table("SendMessage", when, &TableFault::Error, 1);
        assert_eq!(ask(&mut socket, to("Loose")).await, "queue 500");
        assert_eq!(platform.metrics().queues["Loose"].visible, before + more, "{when:?}");
    }
}

#[tokio::test]
async fn a_stream_record_that_is_given_up_is_told_of_and_only_it() {
    let platform = start().await;
    let clients = clients(&platform).await;
    platform.pause_stream("Echo", true);
    for (pk, fails) in [("1", false), ("2", true), ("3", false)] {
        let item = json!({ "name": { "S": format!("r{pk}") }, "fail": { "BOOL": fails } });
        put(&platform, pk, "WATCHED", item).await;
    }
    platform.pause_stream("Echo", false);
    platform.settled().await;
    for (name, times) in [("r1", "1"), ("r2", "0"), ("r3", "1")] {
        assert_eq!(times_seen(&platform, name).await, times, "{name}");
    }
    let told = bodies(&clients, &platform, "Failures").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(told[0]["requestContext"]["approximateInvokeCount"], 4, "the first try and three more");
    let place = &told[0]["DDBStreamBatchInfo"];
    assert_eq!(
        (&place["batchSize"], &place["startSequenceNumber"]),
        (&json!(1), &place["endSequenceNumber"])
    );
}

#[tokio::test]
async fn a_filter_for_inserted_items_lets_nothing_else_pass() {
    let platform = start().await;
    let named = |name: &str| json!({ "name": { "S": name } });
    put(&platform, "1", "T#1", named("inserted")).await;
    put(&platform, "1", "T#1", named("changed")).await;
    put(&platform, "1", "META", named("other")).await;
    platform.settled().await;
    for (name, times) in [("inserted", "1"), ("changed", "0"), ("other", "0")] {
        assert_eq!(times_seen(&platform, name).await, times, "{name}");
    }
}

#[tokio::test]
async fn functions_follow_the_moved_clock_in_fresh_processes() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    assert_eq!(ask(&mut socket, json!({ "do": "clock" })).await, "0");
    let client = reqwest::Client::new();
    let clock = format!("{}/platform/clock", platform.url());
    let moved = client.post(&clock).json(&json!({ "offset_ms": 600_000 })).send().await.unwrap();
    assert_eq!(moved.json::<Value>().await.unwrap()["offset_ms"], 600_000);
    assert_eq!(ask(&mut socket, json!({ "do": "clock" })).await, "600000");
    for (kind, body) in
        [("text/plain", r#"{"offset_ms": 0}"#), ("application/json", r#"{"offset_ms": "soon"}"#)]
    {
        let refused = client.post(&clock).header("content-type", kind).body(body).send().await.unwrap();
        assert_eq!(refused.status(), 400, "{kind} {body}");
    }
    assert_eq!(platform.metrics().clock.offset_ms, 600_000);
    assert_eq!(platform.metrics().functions["Echo"].errors, 0, "nothing that ran was cut off");
}

#[tokio::test]
async fn items_expire_by_the_moved_clock() {
    let platform =
        Platform::start(Options { clock_offset_ms: 60 * MINUTE, ..crate::common::options() }).await.unwrap();
    let in_minutes =
        |minutes: u64| json!({ "ttl": { "N": (platform.now_ms() / 1_000 + minutes * 60).to_string() } });
    put(&platform, "soon", "-", in_minutes(10)).await;
    put(&platform, "later", "-", in_minutes(30)).await;
    assert_eq!(platform.sweep_expired().unwrap(), 0);
    platform.move_clock(75 * MINUTE);
    assert_eq!(platform.sweep_expired().unwrap(), 1);
    assert_eq!(get(&platform, "soon", "-").await, Value::Null);
    assert!(get(&platform, "later", "-").await.is_object());
}
