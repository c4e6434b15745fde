//! The table itself, not through a function.

use crate::stack::Stack;
use aws::Dynamo;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};

#[must_use]
pub fn store(stack: &Stack) -> Dynamo {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(stack.platform.dynamodb_url())
        .build();
    Dynamo::new(aws_sdk_dynamodb::Client::from_conf(config), stack.platform.table().to_owned())
}
