//! The contract on DynamoDB: the embedded one, through the real SDK and over HTTP.

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use domain::connection::{Connection, Identity};
use domain::ports::{Admission, Connections};
use domain::rate::FRAMES;
use domain::{ConnectionId, ShopperId, Timestamp};
use dynoxide::Database;
use mostrador_aws::Dynamo;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The table of template.yaml, as `CreateTable` takes it.
fn definition() -> Value {
    json!({
        "TableName": "Table",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": (["pk", "sk", "inbox_pk", "inbox_sk", "due_pk", "due_sk"].map(|name| json!({"AttributeName": name, "AttributeType": "S"}))),
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "inbox",
            "KeySchema": [{"AttributeName": "inbox_pk", "KeyType": "HASH"}, {"AttributeName": "inbox_sk", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }, {
            "IndexName": "deadlines",
            "KeySchema": [{"AttributeName": "due_pk", "KeyType": "HASH"}, {"AttributeName": "due_sk", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
    })
}

async fn store() -> Dynamo {
    counted(&Calls::default()).await
}

/// Calls of the table, by every store that was made with it.
#[derive(Debug, Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl Calls {
    fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "calls"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

async fn counted(calls: &Calls) -> Dynamo {
    let database = Database::memory().expect("a database");
    database.create_table(serde_json::from_value(definition()).expect("a definition")).expect("a table");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version_latest()
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(aws_sdk_dynamodb::config::Region::from_static("eu-west-1"))
        .credentials_provider(aws_sdk_dynamodb::config::Credentials::new(
            "local", "local", None, None, "test",
        ))
        .interceptor(calls.clone())
        .endpoint_url(url)
        .build();
    Dynamo::new(aws_sdk_dynamodb::Client::from_conf(config), "Table".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_keeps_the_contract() {
    testkit::contract::all(&store().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_costs_one_call_alone_and_in_a_burst_and_when_it_is_refused() {
    let calls = Calls::default();
    let store = counted(&calls).await;
    let now = Timestamp(1_750_000_000_000);
    let id: ConnectionId = "c1=".parse().expect("a connection id");
    let connection = Connection {
        id: id.clone(),
        site: "demo".parse().expect("a site id"),
        identity: Identity::Shopper { id: ShopperId(uuid::Uuid::from_u128(1)) },
        session: None,
        address: "203.0.113.7".into(),
        connected_at: now,
        viewing: None,
        greeted: true,
    };
    store.connect(&connection).await.expect("noted");
    calls.take();
    let admit = async |at: Timestamp, expect: bool| {
        let admission = store.admit(&id, FRAMES, at).await.expect("answered");
        assert_eq!(matches!(admission, Admission::Admitted(_)), expect, "{admission:?}");
        assert_eq!(calls.take(), 1);
    };
    for n in 0..FRAMES.burst + 2 {
        admit(now, n < FRAMES.burst).await;
    }
    // At the rate itself, and after a rest.
    for n in 1..5 {
        admit(now.plus(FRAMES.every * n), true).await;
    }
    admit(now.plus(Duration::from_secs(60)), true).await;
    admit(now.plus(Duration::from_secs(60)), true).await;
}

/// The schema is said once, in template.yaml; the definition above is held to it.
#[test]
fn the_tests_table_is_the_templates() {
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml"))
        .expect("the template");
    for line in [
        "- { AttributeName: pk, KeyType: HASH }",
        "- { AttributeName: sk, KeyType: RANGE }",
        "- IndexName: inbox",
        "- { AttributeName: inbox_pk, KeyType: HASH }",
        "- { AttributeName: inbox_sk, KeyType: RANGE }",
        "Projection: { ProjectionType: ALL }",
        "- IndexName: deadlines",
        "- { AttributeName: due_pk, KeyType: HASH }",
        "- { AttributeName: due_sk, KeyType: RANGE }",
        "Projection: { ProjectionType: KEYS_ONLY }",
        "TimeToLiveSpecification: { AttributeName: ttl, Enabled: true }",
        "StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }",
    ] {
        assert!(
            template.contains(line),
            "template.yaml lacks {line:?}; the schema in shared/aws/src/dynamo/mod.rs says it"
        );
    }
    assert_eq!(
        template.matches("IndexName:").count(),
        2,
        "a new index belongs into the schema's doc table and into this test"
    );
}
