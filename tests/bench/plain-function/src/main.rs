//! One message, stored and pushed with the same AWS calls as ws-message makes, by the SDK as it comes. No rules, no checks:
//! a baseline for what the calls themselves cost.

use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use std::collections::HashMap;

struct Clients {
    table: String,
    dynamodb: aws_sdk_dynamodb::Client,
    connections: aws_sdk_apigatewaymanagement::Client,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let sdk = aws_config::load_from_env().await;
    let connections = aws_sdk_apigatewaymanagement::config::Builder::from(&sdk)
        .endpoint_url(std::env::var("CONNECTIONS_URL")?)
        .build();
    let clients = Clients {
        table: std::env::var("TABLE_NAME")?,
        dynamodb: aws_sdk_dynamodb::Client::new(&sdk),
        connections: aws_sdk_apigatewaymanagement::Client::from_conf(connections),
    };
    run(service_fn(|event: LambdaEvent<Value>| on_event(&clients, event.payload))).await
}

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn key(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))])
}

async fn on_event(clients: &Clients, event: Value) -> Result<Value, Error> {
    let connection = event["requestContext"]["connectionId"].as_str().ok_or("no connection")?;
    let frame: Value = serde_json::from_str(event["body"].as_str().ok_or("no body")?)?;
    let (id, text) = (frame["id"].as_str().ok_or("no id")?, frame["text"].as_str().ok_or("no text")?);
    let conversation = format!("BC#{}", frame["conversation_id"].as_str().ok_or("no conversation")?);
    let shopper = format!("BP#{connection}");

    let admit = clients
        .dynamodb
        .update_item()
        .table_name(&clients.table)
        .set_key(Some(key(&format!("BK#{connection}"), "CONNECTION")))
        .update_expression("ADD frames :one")
        .expression_attribute_values(":one", AttributeValue::N("1".into()))
        .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew)
        .send();
    let head = clients
        .dynamodb
        .get_item()
        .table_name(&clients.table)
        .set_key(Some(key(&conversation, "HEAD")))
        .consistent_read(true)
        .send();
    let (admitted, head) = tokio::join!(admit, head);
    admitted?;
    let item = head?.item;
    let seq: u64 = item
        .as_ref()
        .and_then(|item| item.get("seq")?.as_n().ok()?.parse().ok())
        .unwrap_or(0);
    let next = AttributeValue::N((seq + 1).to_string());

    let put = |pk: &str, sk: &str, fresh: bool, more: Vec<(&str, AttributeValue)>| -> Result<TransactWriteItem, Error> {
        let mut item = key(pk, sk);
        item.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let mut put = Put::builder().table_name(&clients.table).set_item(Some(item));
        if fresh {
            put = put.condition_expression("attribute_not_exists(pk)");
        } else {
            put = put
                .condition_expression("attribute_not_exists(pk) OR seq = :seq")
                .expression_attribute_values(":seq", AttributeValue::N(seq.to_string()));
        }
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    };
    clients
        .dynamodb
        .transact_write_items()
        .transact_items(put(&shopper, &format!("D#{id}"), true, vec![("seq", next.clone())])?)
        .transact_items(put(&conversation, "HEAD", false, vec![("seq", next.clone()), ("preview", s(text))])?)
        .transact_items(put(&conversation, &format!("T#{:020}", seq + 1), true, vec![("text", s(text))])?)
        .send()
        .await?;

    let ack = json!({"type": "ack", "id": id, "seq": seq + 1}).to_string();
    clients.connections.post_to_connection().connection_id(connection).data(Blob::new(ack)).send().await?;

    let listeners = |pk: String| {
        clients
            .dynamodb
            .query()
            .table_name(&clients.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :x)")
            .expression_attribute_values(":pk", s(pk))
            .expression_attribute_values(":x", s("X#"))
            .consistent_read(true)
            .send()
    };
    let (agents, shoppers) = tokio::join!(listeners(conversation.clone()), listeners(shopper.clone()));
    let entry = json!({"type": "entries", "text": text, "seq": seq + 1}).to_string();
    for item in agents?.items().iter().chain(shoppers?.items()) {
        let to = item.get("sk").and_then(|sk| sk.as_s().ok()?.strip_prefix("X#")).ok_or("no listener")?;
        clients.connections.post_to_connection().connection_id(to).data(Blob::new(entry.as_str())).send().await?;
    }
    Ok(json!({"statusCode": 200}))
}
