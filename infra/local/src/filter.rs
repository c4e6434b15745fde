//! Filter patterns of event source mappings, in the part of the language that templates use: nested objects of lists of
//! values, `prefix`, `suffix`, `exists`, `anything-but` and `equals-ignore-case`.

use serde_json::Value;

/// Whether the record matches the pattern: every field that the pattern names has one of the values it lists.
pub(crate) fn matches(pattern: &Value, record: &Value) -> bool {
    let Some(fields) = pattern.as_object() else { return false };
    fields.iter().all(|(name, wanted)| match wanted {
        Value::Object(_) => {
            record.get(name).is_some_and(|inner| matches(wanted, inner))
                || (record.get(name).is_none() && matches(wanted, &Value::Null))
        }
        Value::Array(alternatives) => {
            alternatives.iter().any(|alternative| one(alternative, record.get(name)))
        }
        _ => false,
    })
}

fn one(alternative: &Value, value: Option<&Value>) -> bool {
    let Some(rule) = alternative.as_object() else { return value == Some(alternative) };
    let text = value.and_then(Value::as_str);
    rule.iter().all(|(kind, argument)| match kind.as_str() {
        "exists" => argument.as_bool() == Some(value.is_some()),
        "prefix" => text.zip(argument.as_str()).is_some_and(|(text, prefix)| text.starts_with(prefix)),
        "suffix" => text.zip(argument.as_str()).is_some_and(|(text, suffix)| text.ends_with(suffix)),
        "equals-ignore-case" => {
            text.zip(argument.as_str()).is_some_and(|(text, other)| text.eq_ignore_ascii_case(other))
        }
        "anything-but" => value.is_some_and(|value| match argument {
            Value::Array(refused) => !refused.contains(value),
            other => value != other,
        }),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patterns_match_as_lambda_matches_them() {
        let record = json!({ "eventName": "MODIFY", "dynamodb": { "Keys": { "sk": { "S": "META" } } } });
        let check = |pattern: Value, expected| assert_eq!(matches(&pattern, &record), expected, "{pattern}");
        check(json!({ "dynamodb": { "Keys": { "sk": { "S": ["META"] } } } }), true);
        check(json!({ "dynamodb": { "Keys": { "sk": { "S": ["T#"] } } } }), false);
        check(json!({ "dynamodb": { "Keys": { "sk": { "S": [{ "prefix": "ME" }] } } } }), true);
        check(json!({ "eventName": [{ "anything-but": ["REMOVE"] }] }), true);
        check(json!({ "userIdentity": { "type": [{ "exists": false }] } }), true);
        check(json!({ "eventName": [{ "exists": false }] }), false);
        check(json!({ "eventName": ["INSERT"], "dynamodb": { "Keys": { "sk": { "S": ["META"] } } } }), false);
    }
}
