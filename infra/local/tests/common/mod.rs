//! A platform with the echo function behind every door.

use futures::{SinkExt, StreamExt};
use platform::{Limits, Options, Platform, User};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub fn options() -> Options {
    let test = std::env::current_exe().expect("a test has a path");
    let user = User { email: "ana@example.com".into(), name: "Ana".into(), password: "secret".into() };
    Options {
        template: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/template.yaml"),
        // Cargo builds examples before tests, beside them.
        binaries: test.ancestors().nth(2).expect("a test lies in target/*/deps").join("examples"),
        parameters: BTreeMap::from([("ConnectionsUrl".to_owned(), "{url}/stage".to_owned())]),
        users: vec![user],
        oidc_clients: vec!["client".into()],
        ..Options::default()
    }
}

pub async fn start() -> Platform {
    Platform::start(options()).await.expect("the platform starts")
}

pub async fn with_limits(limits: Limits) -> Platform {
    Platform::start(Options { limits, ..options() }).await.expect("the platform starts")
}

/// What clients of AWS are made from, as functions make them; here by somebody who is no function.
pub async fn sdk() -> aws_config::SdkConfig {
    let credentials = aws_sdk_sqs::config::Credentials::new("test", "test", None, None, "test");
    aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region("eu-west-1")
        .credentials_provider(credentials)
        .load()
        .await
}

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub async fn connect(platform: &Platform, query: &str) -> Result<(Socket, BTreeMap<String, String>), u16> {
    match connect_async(format!("{}?{query}", platform.websocket_url())).await {
        Ok((socket, response)) => {
            let headers = response
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
            Ok((socket, headers.collect()))
        }
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

pub async fn open(platform: &Platform) -> Socket {
    connect(platform, "v=1").await.expect("the handshake passes").0
}

pub async fn say(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).await.expect("the socket takes it");
}

pub async fn ask(socket: &mut Socket, order: Value) -> String {
    say(socket, &order.to_string()).await;
    hear(socket).await
}

pub async fn hear(socket: &mut Socket) -> String {
    match socket.next().await {
        Some(Ok(Message::Text(text))) => text.to_string(),
        other => panic!("no text came: {other:?}"),
    }
}

/// The close code that ends the socket; 1006 when none came.
pub async fn end(socket: &mut Socket) -> u16 {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(frame))) => return frame.map_or(1005, |frame| frame.code.into()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return 1006,
        }
    }
}

/// One call of DynamoDB's, as nobody in particular.
pub async fn dynamodb(platform: &Platform, operation: &str, body: Value) -> (u16, Value) {
    // One client for all tests; it keeps no connections, which would belong to one test's runtime.
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    let client = CLIENT.get_or_init(|| {
        reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client can be made")
    });
    let response = client
        .post(platform.dynamodb_url())
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .body(body.to_string())
        .send()
        .await
        .expect("the platform answers");
    (
        response.status().as_u16(),
        serde_json::from_str(&response.text().await.expect("a body")).unwrap_or_default(),
    )
}

pub async fn put(platform: &Platform, pk: &str, sk: &str, more: Value) -> u16 {
    let mut item = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
    for (name, value) in more.as_object().into_iter().flatten() {
        item[name] = value.clone();
    }
    dynamodb(platform, "PutItem", json!({ "TableName": platform.table(), "Item": item })).await.0
}

pub async fn get(platform: &Platform, pk: &str, sk: &str) -> Value {
    let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
    dynamodb(platform, "GetItem", json!({ "TableName": platform.table(), "Key": key })).await.1["Item"]
        .clone()
}

/// How often the function was given the record of that name.
pub async fn times_seen(platform: &Platform, name: &str) -> String {
    get(platform, &format!("SEEN#{name}"), "-").await["times"]["N"].as_str().unwrap_or("0").to_owned()
}

/// Waits for what must come; five seconds are never.
pub async fn until(condition: impl AsyncFn() -> bool) {
    let come = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), come).await.expect("it comes in five seconds");
}

pub fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("platform-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
    folder
}
