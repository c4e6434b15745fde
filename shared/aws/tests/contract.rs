//! The contract on DynamoDB: the embedded one, through the real SDK and over HTTP.

use dynoxide::Database;
use mostrador_aws::Dynamo;
use serde_json::{Value, json};

/// The table of template.yaml, as `CreateTable` takes it.
fn definition() -> Value {
    json!({
        "TableName": "Table",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": (["pk", "sk", "inbox_pk", "inbox_sk"].map(|name| json!({"AttributeName": name, "AttributeType": "S"}))),
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "inbox",
            "KeySchema": [{"AttributeName": "inbox_pk", "KeyType": "HASH"}, {"AttributeName": "inbox_sk", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
    })
}

async fn store() -> Dynamo {
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
        .endpoint_url(url)
        .build();
    Dynamo::new(aws_sdk_dynamodb::Client::from_conf(config), "Table".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_keeps_the_contract() {
    testkit::contract::all(&store().await).await;
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
        1,
        "a new index belongs into the schema's doc table and into this test"
    );
}
