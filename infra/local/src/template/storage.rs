//! Buckets, and who beside our functions may write to them.

use super::TemplateError;
use super::intrinsics::text;
use super::stack::{Resource, list};
use crate::iam::glob;
use serde_json::Value;

#[derive(Debug, Clone)]
pub struct BucketSpec {
    pub logical_id: String,
    pub name: String,
    pub arn: String,
    pub expiries: Vec<Expiry>,
    pub cors: Vec<BucketCors>,
}

/// What lies under the prefix goes after so many days.
#[derive(Debug, Clone)]
pub struct Expiry {
    pub prefix: String,
    pub days: u64,
}

#[derive(Debug, Clone)]
pub struct BucketCors {
    pub origins: Vec<String>,
    pub methods: Vec<String>,
    pub expose: Vec<String>,
}

pub(super) fn bucket(resource: &Resource, name: String, arn: String) -> Result<BucketSpec, TemplateError> {
    let (at, properties) = (&resource.name, &resource.properties);
    let named = (3..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
    if !named {
        let why = format!("{name} is no name of a bucket: 3 to 63 small letters, digits, dots and hyphens");
        return Err(TemplateError::invalid(at, why));
    }
    if properties["VersioningConfiguration"]["Status"] == "Enabled" {
        return Err(TemplateError::invalid(at, "versions of objects are not emulated"));
    }
    if properties.get("NotificationConfiguration").is_some() {
        let why = "notifications of buckets are not emulated; a receipt rule can call the function after it has stored the mail";
        return Err(TemplateError::invalid(at, why));
    }
    let mut expiries = Vec::new();
    for rule in list(&properties["LifecycleConfiguration"]["Rules"]) {
        if rule["Status"] != "Enabled" {
            continue;
        }
        if rule.get("TagFilters").is_some() || rule.get("Transitions").is_some() {
            let why = "of lifecycle rules only ExpirationInDays by Prefix is emulated";
            return Err(TemplateError::invalid(at, why));
        }
        // AbortIncompleteMultipartUpload has nothing to do here: objects come whole.
        if let Some(days) = rule["ExpirationInDays"].as_u64() {
            expiries.push(Expiry { prefix: rule["Prefix"].as_str().unwrap_or_default().to_owned(), days });
        }
    }
    let words = |value: &Value| list(value).iter().map(text).collect();
    let cors = list(&properties["CorsConfiguration"]["CorsRules"]).iter().map(|rule| BucketCors {
        origins: words(&rule["AllowedOrigins"]),
        methods: words(&rule["AllowedMethods"]),
        expose: words(&rule["ExposedHeaders"]),
    });
    Ok(BucketSpec { logical_id: at.clone(), cors: cors.collect(), name, arn, expiries })
}

/// Whether a resource policy (of a bucket, of a topic) lets that service do it.
pub(super) fn lets<'a>(
    documents: impl Iterator<Item = &'a Value>,
    service: &str,
    action: &str,
    resource: &str,
) -> bool {
    let any = |value: &Value, fits: &dyn Fn(&str) -> bool| match value {
        Value::Array(many) => many.iter().filter_map(Value::as_str).any(fits),
        one => one.as_str().is_some_and(fits),
    };
    documents.flat_map(|document| list(&document["Statement"])).any(|statement| {
        statement["Effect"] == "Allow"
            && any(&statement["Principal"]["Service"], &|given| given == service)
            && any(&statement["Action"], &|pattern| glob(pattern, action))
            && any(&statement["Resource"], &|pattern| glob(pattern, resource))
    })
}
