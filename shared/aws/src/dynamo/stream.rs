//! The table's stream, as the projector reads it: heads before and after.

use super::conversations::read_head;
use super::item::Item;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::conversation::Head;
use domain::ports::{StoreError, Stored};
use serde_json::Value;
use std::collections::HashMap;

/// A head from a record's image, in DynamoDB's JSON (`{"pk": {"S": "…"}}`).
pub fn head(image: &Value) -> Stored<Head> {
    let Value::Object(attributes) = image else { return Err(StoreError::Broken("a record's image".into())) };
    let item: HashMap<String, AttributeValue> =
        attributes.iter().filter_map(|(name, value)| Some((name.clone(), attribute(value)?))).collect();
    read_head(&Item::from(item))
}

fn attribute(value: &Value) -> Option<AttributeValue> {
    let (kind, value) = value.as_object()?.iter().next()?;
    Some(match kind.as_str() {
        "S" => AttributeValue::S(value.as_str()?.to_owned()),
        "N" => AttributeValue::N(value.as_str()?.to_owned()),
        "BOOL" => AttributeValue::Bool(value.as_bool()?),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(value.as_array()?.iter().filter_map(attribute).collect()),
        "M" => AttributeValue::M(
            value
                .as_object()?
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), attribute(value)?)))
                .collect(),
        ),
        _ => return None,
    })
}
