//! The table's stream, as the projector reads it: heads before and after.

use super::conversations::read_head;
use super::item::Item;
use super::keys;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::ConversationId;
use domain::conversation::{Head, Log};
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

/// Which entry of a thread a record's keys name; `None` for any other item, an error for keys that are none of ours.
pub fn thread_entry(keys: &Value) -> Stored<Option<(ConversationId, u64)>> {
    let broken = || StoreError::Broken("a record's keys".into());
    let text = |name: &str| keys[name]["S"].as_str().ok_or_else(broken);
    let (pk, sk) = (text("pk")?, text("sk")?);
    let Some(seq) = sk.strip_prefix(keys::log_prefix(Log::Thread)) else { return Ok(None) };
    let Some(conversation) = pk.strip_prefix("C#") else { return Ok(None) };
    let conversation = conversation.parse().map_err(|_| broken())?;
    Ok(Some((conversation, seq.parse().map_err(|_| broken())?)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_name_an_entry_of_a_thread_or_something_else_or_nothing_of_ours() {
        let id = "conv_018f3b1e-7c1a-7000-8000-000000000001";
        let conversation = id.parse().unwrap();
        let read = |pk: &str, sk: &str| thread_entry(&json!({"pk": {"S": pk}, "sk": {"S": sk}})).ok();
        assert_eq!(read(&format!("C#{id}"), &keys::entry_sk(Log::Thread, 7)), Some(Some((conversation, 7))));
        assert_eq!(read(&format!("C#{id}"), &keys::entry_sk(Log::Backstage, 7)), Some(None));
        assert_eq!(read(&format!("C#{id}"), keys::HEAD), Some(None));
        assert_eq!(read("S#demo", "T#7"), Some(None));
        assert_eq!(read("C#nonsense", "T#000000000001"), None);
        assert_eq!(read(&format!("C#{id}"), "T#x"), None);
        assert!(thread_entry(&json!({})).is_err());
    }
}
