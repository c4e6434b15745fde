//! What a request of DynamoDB's does, read from its body: which actions on which resources and partitions (for the policies),
//! and how many units it consumed (for the meter).

use crate::template::TableSpec;
use serde_json::Value;

/// One action of a request, as IAM sees it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Touch {
    pub(super) action: String,
    pub(super) resource: String,
    /// The partition keys, for `dynamodb:LeadingKeys`.
    pub(super) keys: Vec<String>,
}

pub(super) fn writes(operation: &str) -> bool {
    matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems")
}

pub(super) fn is_metered(operation: &str) -> bool {
    writes(operation)
        || matches!(operation, "GetItem" | "Query" | "Scan" | "BatchGetItem" | "TransactGetItems")
}

pub(super) fn units(response: &Value) -> f64 {
    match &response["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum(),
        one => one["CapacityUnits"].as_f64().unwrap_or(0.0),
    }
}

/// What a refused write consumes at least: a unit an item, two in a transaction.
pub(super) fn floor_units(operation: &str, request: &Value) -> f64 {
    match operation {
        "TransactWriteItems" => {
            let items = request["TransactItems"].as_array().map_or(0, Vec::len);
            2.0 * f64::from(u32::try_from(items).unwrap_or(u32::MAX))
        }
        _ => 1.0,
    }
}

pub(super) fn touches(tables: &[TableSpec], operation: &str, request: &Value) -> Vec<Touch> {
    let touch = |action: &str, request: &Value| {
        let name = request["TableName"].as_str().unwrap_or_default();
        let table = tables.iter().find(|table| table.name == name || table.arn == name);
        let index = request["IndexName"].as_str();
        let hash = table.and_then(|table| hash_attribute(table, index)).unwrap_or_default();
        let resource =
            table.map_or_else(|| format!("(no table {name} in the template)"), |table| table.arn.clone());
        let resource = index.map_or(resource.clone(), |index| format!("{resource}/index/{index}"));
        Touch { action: format!("dynamodb:{action}"), resource, keys: partition_keys(request, &hash) }
    };
    let actions_of = |list: &Value, kinds: &[(&str, &str)]| -> Vec<Touch> {
        let items = list.as_array().into_iter().flatten();
        items
            .flat_map(|item| {
                kinds.iter().filter_map(|(kind, action)| item.get(*kind).map(|body| touch(action, body)))
            })
            .collect()
    };
    match operation {
        "TransactWriteItems" => actions_of(
            &request["TransactItems"],
            &[
                ("Put", "PutItem"),
                ("Update", "UpdateItem"),
                ("Delete", "DeleteItem"),
                ("ConditionCheck", "ConditionCheckItem"),
            ],
        ),
        "TransactGetItems" => actions_of(&request["TransactItems"], &[("Get", "GetItem")]),
        "BatchGetItem" | "BatchWriteItem" => {
            let tables_of = request["RequestItems"].as_object().into_iter().flatten();
            tables_of
                .map(|(table, body)| {
                    let mut one = touch(operation, &serde_json::json!({ "TableName": table }));
                    let hash = tables
                        .iter()
                        .find(|spec| spec.name == *table)
                        .and_then(|spec| hash_attribute(spec, None))
                        .unwrap_or_default();
                    let keys = body["Keys"].as_array().or_else(|| body.as_array()).into_iter().flatten();
                    one.keys = keys
                        .filter_map(|item| {
                            [
                                &item[&hash],
                                &item["PutRequest"]["Item"][&hash],
                                &item["DeleteRequest"]["Key"][&hash],
                            ]
                            .into_iter()
                            .find_map(scalar)
                        })
                        .collect();
                    one
                })
                .collect()
        }
        _ => vec![touch(operation, request)],
    }
}

fn hash_attribute(table: &TableSpec, index: Option<&str>) -> Option<String> {
    let schema = match index {
        None => &table.create["KeySchema"],
        Some(name) => {
            let indexes = table.create["GlobalSecondaryIndexes"].as_array()?;
            &indexes.iter().find(|index| index["IndexName"] == name)?["KeySchema"]
        }
    };
    let hash = schema.as_array()?.iter().find(|key| key["KeyType"] == "HASH")?;
    hash["AttributeName"].as_str().map(str::to_owned)
}

fn partition_keys(request: &Value, hash: &str) -> Vec<String> {
    if let Some(key) = scalar(&request["Key"][hash]).or_else(|| scalar(&request["Item"][hash])) {
        return vec![key];
    }
    // A query: the part of the key condition that says `hash = :value`.
    let condition = request["KeyConditionExpression"].as_str().unwrap_or_default();
    let words: Vec<&str> = condition
        .split(|c: char| c.is_whitespace() || "()=".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let names = &request["ExpressionAttributeNames"];
    words
        .windows(2)
        .filter(|pair| pair[0] == hash || names[pair[0]].as_str() == Some(hash))
        .filter_map(|pair| scalar(&request["ExpressionAttributeValues"][pair[1]]))
        .collect()
}

fn scalar(value: &Value) -> Option<String> {
    value["S"].as_str().or_else(|| value["N"].as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(operation: &str, request: Value, expected: &[(&str, &str, &[&str])]) {
        let tables = [TableSpec {
            name: "t".into(),
            arn: "arn:t".into(),
            create: json!({
                "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" }],
                "GlobalSecondaryIndexes": [{ "IndexName": "i", "KeySchema": [{ "AttributeName": "ipk", "KeyType": "HASH" }] }],
            }),
            ttl_attribute: None,
        }];
        let touches = touches(&tables, operation, &request);
        let seen: Vec<(&str, &str, Vec<&str>)> = touches
            .iter()
            .map(|touch| {
                (
                    touch.action.as_str(),
                    touch.resource.as_str(),
                    touch.keys.iter().map(String::as_str).collect(),
                )
            })
            .collect();
        let expected: Vec<(&str, &str, Vec<&str>)> =
            expected.iter().map(|(a, r, keys)| (*a, *r, keys.to_vec())).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn requests_are_seen_as_iam_sees_them() {
        check(
            "GetItem",
            json!({ "TableName": "t", "Key": { "pk": { "S": "a" }, "sk": { "S": "b" } } }),
            &[("dynamodb:GetItem", "arn:t", &["a"])],
        );
        check(
            "Query",
            json!({
                "TableName": "t", "IndexName": "i", "KeyConditionExpression": "#p = :p AND begins_with(sk, :s)",
                "ExpressionAttributeNames": { "#p": "ipk" }, "ExpressionAttributeValues": { ":p": { "S": "x" }, ":s": { "S": "y" } }
            }),
            &[("dynamodb:Query", "arn:t/index/i", &["x"])],
        );
        check(
            "TransactWriteItems",
            json!({ "TransactItems": [
                { "Put": { "TableName": "t", "Item": { "pk": { "S": "a" } } } },
                { "ConditionCheck": { "TableName": "t", "Key": { "pk": { "S": "b" } } } },
            ] }),
            &[("dynamodb:PutItem", "arn:t", &["a"]), ("dynamodb:ConditionCheckItem", "arn:t", &["b"])],
        );
        check(
            "BatchGetItem",
            json!({ "RequestItems": { "t": { "Keys": [{ "pk": { "S": "a" } }, { "pk": { "S": "b" } }] } } }),
            &[("dynamodb:BatchGetItem", "arn:t", &["a", "b"])],
        );
    }
}
