//! What a merchant made and is kept beside the sections: triggers, groups, scenarios. Each in one JSON form, under the
//! number of its shape; one that this version cannot read is [`Unreadable`], and the caller goes on without it.
//!
//! They are no sections, because sections are read together whenever a conversation begins, and these can be large.

use crate::client::read_object;
use crate::error::ParseError;
use domain::fields::FieldError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The shape of what this version stores. A change that an older version would misread takes the next number.
pub const SHAPE: u32 = 1;

/// Something stored that this version cannot read. It says nothing of what a merchant wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored {what} cannot be read: {reason}")]
pub struct Unreadable {
    pub what: &'static str,
    pub reason: String,
}

/// Reads a body; a field that it does not have is refused.
pub(crate) fn parse<T: DeserializeOwned>(value: Value) -> Result<T, ParseError> {
    match value {
        Value::Object(fields) => read_object(fields),
        _ => Err(ParseError {
            code: crate::ErrorCode::BadFrame,
            message: "a JSON object".to_owned(),
            frame: None,
            field: None,
        }),
    }
}

pub(crate) fn write(body: &impl Serialize) -> String {
    json!({"shape": SHAPE, "value": body}).to_string()
}

pub(crate) fn read<T: DeserializeOwned, U>(
    what: &'static str,
    stored: &str,
    check: impl FnOnce(T) -> Result<U, Vec<FieldError>>,
) -> Result<U, Unreadable> {
    #[derive(Deserialize)]
    struct Stored {
        shape: u32,
        value: Value,
    }
    let unreadable = |reason: String| Unreadable { what, reason };
    let stored: Stored = serde_json::from_str(stored)
        .map_err(|error| unreadable(format!("not JSON of ours, at column {}", error.column())))?;
    if stored.shape != SHAPE {
        return Err(unreadable(format!("its shape is {}, this version reads {SHAPE}", stored.shape)));
    }
    let body = parse(stored.value).map_err(|error| unreadable(error.message))?;
    check(body).map_err(|errors| unreadable(errors[0].to_string()))
}
