//! Items: a map of attributes with typed reading and writing. An item that cannot be read is an error with the
//! attribute's name, never a panic.

use super::keys::Key;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use domain::ports::{StoreError, Stored};
use std::collections::HashMap;
use std::str::FromStr;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item(pub HashMap<String, AttributeValue>);

pub fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn broken(name: &str) -> StoreError {
    StoreError::Broken(format!("attribute {name}"))
}

impl Item {
    pub fn at(key: Key) -> Self {
        Self::default().text("pk", key.pk).text("sk", key.sk)
    }

    pub fn text(mut self, name: &str, text: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), s(text));
        self
    }

    pub fn maybe_text(self, name: &str, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    pub fn number(mut self, name: &str, number: u64) -> Self {
        self.0.insert(name.to_owned(), n(number));
        self
    }

    pub fn time(self, name: &str, at: Timestamp) -> Self {
        self.number(name, at.millis())
    }

    pub fn flag(mut self, name: &str, flag: bool) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::Bool(flag));
        self
    }

    pub fn list(mut self, name: &str, items: impl IntoIterator<Item = String>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::L(items.into_iter().map(s).collect()));
        self
    }

    pub fn bytes(mut self, name: &str, bytes: &[u8]) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::B(bytes.into()));
        self
    }

    /// When the table may sweep it away. Reads compare the expiry all the same.
    pub fn ttl(self, at: Timestamp) -> Self {
        self.time("expires_at", at).number("ttl", at.seconds_ceil())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
    }

    pub fn need(&self, name: &str) -> Stored<&str> {
        self.get(name).ok_or_else(|| broken(name))
    }

    pub fn string(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    pub fn parse<T: FromStr>(&self, name: &str) -> Stored<T> {
        self.need(name)?.parse().map_err(|_| broken(name))
    }

    pub fn parse_maybe<T: FromStr>(&self, name: &str) -> Stored<Option<T>> {
        self.get(name).map(|text| text.parse().map_err(|_| broken(name))).transpose()
    }

    pub fn get_number(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok())
    }

    pub fn need_number(&self, name: &str) -> Stored<u64> {
        self.get_number(name).ok_or_else(|| broken(name))
    }

    pub fn need_time(&self, name: &str) -> Stored<Timestamp> {
        self.need_number(name).map(Timestamp)
    }

    pub fn is_set(&self, name: &str) -> bool {
        self.0.get(name).and_then(|value| value.as_bool().ok()).copied().unwrap_or_default()
    }

    pub fn need_bytes(&self, name: &str) -> Stored<Vec<u8>> {
        let bytes = self.0.get(name).and_then(|value| value.as_b().ok());
        bytes.map(|bytes| bytes.as_ref().to_vec()).ok_or_else(|| broken(name))
    }

    pub fn strings(&self, name: &str) -> Vec<String> {
        let list = self.0.get(name).and_then(|value| value.as_l().ok());
        list.map(|list| list.iter().filter_map(|value| value.as_s().ok().cloned()).collect())
            .unwrap_or_default()
    }
}

impl From<HashMap<String, AttributeValue>> for Item {
    fn from(map: HashMap<String, AttributeValue>) -> Self {
        Self(map)
    }
}
