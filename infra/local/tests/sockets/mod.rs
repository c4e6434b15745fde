//! The WebSocket API and its management.

use crate::common::{ask, connect, end, get, hear, open, say, start, until, with_limits};
use futures::SinkExt;
use platform::Limits;
use platform::faults::PostFault;
use serde_json::{Value, json};
use std::time::Duration;
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
