//! Resolves `Ref`, `Fn::Sub` and their kin against parameters, conditions and resources.

use super::{Place, TemplateError};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) const SUPPORTED: &[&str] = &[
    "Ref",
    "Fn::GetAtt",
    "Fn::Sub",
    "Fn::If",
    "Fn::Equals",
    "Fn::Not",
    "Fn::And",
    "Fn::Or",
    "Fn::Join",
    "Fn::Select",
    "Fn::Split",
];

pub(crate) const ACCOUNT: &str = "000000000000";

pub(super) struct Context<'a> {
    document: &'a Value,
    parameters: BTreeMap<String, Value>,
    place: &'a Place,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        document: &'a Value,
        given: &BTreeMap<String, String>,
        place: &'a Place,
    ) -> Result<Self, TemplateError> {
        let declared = document["Parameters"].as_object().cloned().unwrap_or_default();
        if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
            return Err(TemplateError::UnknownParameter(unknown.clone()));
        }
        let mut parameters = BTreeMap::new();
        for (name, declaration) in declared {
            let value = match (given.get(&name), declaration.get("Default")) {
                (Some(value), _) => json!(value),
                (None, Some(default)) => default.clone(),
                (None, None) => return Err(TemplateError::MissingParameter(name)),
            };
            parameters.insert(name, value);
        }
        Ok(Self { document, parameters, place })
    }

    pub(super) fn region(&self) -> &str {
        &self.place.region
    }

    /// Whether the resource is there at all: it has no `Condition`, or one that holds.
    pub(super) fn exists(&self, name: &str, resource: &Value) -> Result<bool, TemplateError> {
        match resource["Condition"].as_str() {
            None => Ok(true),
            Some(condition) => self.condition(name, condition),
        }
    }

    fn condition(&self, at: &str, name: &str) -> Result<bool, TemplateError> {
        let expression = self.document["Conditions"]
            .get(name)
            .ok_or_else(|| TemplateError::invalid(at, format!("there is no condition {name}")))?;
        self.truth(&format!("Conditions.{name}"), expression)
    }

    fn truth(&self, at: &str, expression: &Value) -> Result<bool, TemplateError> {
        if let Some(name) = expression["Condition"].as_str() {
            return self.condition(at, name);
        }
        match self.resolve(at, expression)? {
            Value::Bool(value) => Ok(value),
            other => Err(TemplateError::invalid(at, format!("{other} is neither true nor false"))),
        }
    }

    pub(super) fn resolve(&self, at: &str, value: &Value) -> Result<Value, TemplateError> {
        match value {
            Value::Array(items) => {
                let items = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| self.resolve(&format!("{at}[{index}]"), item));
                Ok(Value::Array(
                    items
                        .filter(|item| !matches!(item, Ok(item) if is_no_value(item)))
                        .collect::<Result<_, _>>()?,
                ))
            }
            Value::Object(map) => match map.iter().next() {
                Some((key, argument)) if map.len() == 1 && (key == "Ref" || key.starts_with("Fn::")) => {
                    self.intrinsic(at, key, argument)
                }
                _ => {
                    let mut resolved = Map::new();
                    for (key, item) in map {
                        let item = self.resolve(&format!("{at}.{key}"), item)?;
                        if !is_no_value(&item) {
                            resolved.insert(key.clone(), item);
                        }
                    }
                    Ok(Value::Object(resolved))
                }
            },
            other => Ok(other.clone()),
        }
    }

    fn intrinsic(&self, at: &str, name: &str, argument: &Value) -> Result<Value, TemplateError> {
        let wrong = |message: &str| TemplateError::invalid(at, format!("{name}: {message}"));
        let list = || argument.as_array().ok_or_else(|| wrong("wants a list"));
        match name {
            "Ref" => self.reference(at, argument.as_str().ok_or_else(|| wrong("wants a name"))?),
            "Fn::GetAtt" => match list()?.as_slice() {
                [Value::String(resource), Value::String(attribute)] => {
                    self.attribute(at, resource, attribute)
                }
                _ => Err(wrong("wants a resource and an attribute")),
            },
            "Fn::Sub" => self.substitute(at, argument),
            "Fn::If" => match list()?.as_slice() {
                [Value::String(condition), yes, no] => {
                    self.resolve(at, if self.condition(at, condition)? { yes } else { no })
                }
                _ => Err(wrong("wants a condition and two values")),
            },
            "Fn::Equals" => match self.resolve(at, argument)?.as_array().map(Vec::as_slice) {
                Some([left, right]) => Ok(json!(text(left) == text(right))),
                _ => Err(wrong("wants two values")),
            },
            "Fn::Not" => match list()?.as_slice() {
                [one] => Ok(json!(!self.truth(at, one)?)),
                _ => Err(wrong("wants one condition")),
            },
            "Fn::And" | "Fn::Or" => {
                let truths = list()?.iter().map(|one| self.truth(at, one)).collect::<Result<Vec<_>, _>>()?;
                Ok(json!(if name == "Fn::And" {
                    truths.iter().all(|t| *t)
                } else {
                    truths.iter().any(|t| *t)
                }))
            }
            "Fn::Join" => match self.resolve(at, argument)?.as_array().map(Vec::as_slice) {
                Some([Value::String(between), Value::Array(parts)]) => {
                    Ok(json!(parts.iter().map(text).collect::<Vec<_>>().join(between)))
                }
                _ => Err(wrong("wants a delimiter and a list")),
            },
            "Fn::Split" => match self.resolve(at, argument)?.as_array().map(Vec::as_slice) {
                Some([Value::String(between), Value::String(whole)]) => {
                    Ok(json!(whole.split(between.as_str()).collect::<Vec<_>>()))
                }
                _ => Err(wrong("wants a delimiter and a text")),
            },
            "Fn::Select" => match self.resolve(at, argument)?.as_array().map(Vec::as_slice) {
                Some([index, Value::Array(items)]) => text(index)
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index).cloned())
                    .ok_or_else(|| wrong("selects what is not there")),
                _ => Err(wrong("wants an index and a list")),
            },
            other => {
                Err(TemplateError::UnsupportedIntrinsic { at: at.to_owned(), intrinsic: other.to_owned() })
            }
        }
    }

    fn reference(&self, at: &str, name: &str) -> Result<Value, TemplateError> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        let Place { stack, region, .. } = self.place;
        match name {
            "AWS::NoValue" => Ok(json!({ NO_VALUE: true })),
            "AWS::AccountId" => Ok(json!(ACCOUNT)),
            "AWS::Partition" => Ok(json!("aws")),
            "AWS::Region" => Ok(json!(region)),
            "AWS::StackName" => Ok(json!(stack)),
            "AWS::StackId" => Ok(json!(format!(
                "arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{stack}/00000000-0000-4000-8000-000000000000"
            ))),
            "AWS::URLSuffix" => Ok(json!("amazonaws.com")),
            _ => match self.resource(at, name)?["Type"].as_str() {
                Some("AWS::SQS::Queue") => self.attribute(at, name, "QueueUrl"),
                Some("AWS::SNS::Topic") => self.attribute(at, name, "TopicArn"),
                _ => Ok(json!(self.physical_name(at, name)?)),
            },
        }
    }

    /// What `Ref` gives for most: the name that the configuration wants, else the logical id. Buckets and what belongs to SES
    /// are named by their properties if these say a name; a bucket's is in small letters and has the stack's before it.
    fn physical_name(&self, at: &str, name: &str) -> Result<String, TemplateError> {
        let resource = self.resource(at, name)?;
        if let Some(wanted) = self.place.names.get(name) {
            return Ok(wanted.clone());
        }
        let kind = resource["Type"].as_str().unwrap_or_default();
        let property = match kind {
            "AWS::S3::Bucket" => "/Properties/BucketName",
            "AWS::SES::ConfigurationSet" => "/Properties/Name",
            "AWS::SES::EmailIdentity" => "/Properties/EmailIdentity",
            "AWS::SES::ReceiptRule" => "/Properties/Rule/Name",
            "AWS::SES::ReceiptRuleSet" => "/Properties/RuleSetName",
            _ => "",
        };
        match resource.pointer(property).filter(|value| !property.is_empty() && !value.is_null()) {
            Some(value) => Ok(text(&self.resolve(at, value)?)),
            None if kind == "AWS::S3::Bucket" => Ok(format!("{}-{}", self.place.stack, name).to_lowercase()),
            None => Ok(name.to_owned()),
        }
    }

    fn resource(&self, at: &str, name: &str) -> Result<&Value, TemplateError> {
        self.document["Resources"]
            .get(name)
            .ok_or_else(|| TemplateError::invalid(at, format!("there is no parameter or resource {name}")))
    }

    fn attribute(&self, at: &str, name: &str, attribute: &str) -> Result<Value, TemplateError> {
        let kind = self.resource(at, name)?["Type"].as_str().unwrap_or_default();
        let (physical, Place { region, origin, .. }) = (self.physical_name(at, name)?, self.place);
        Ok(json!(match (kind, attribute) {
            ("AWS::DynamoDB::Table", "Arn") =>
                format!("arn:aws:dynamodb:{region}:{ACCOUNT}:table/{physical}"),
            ("AWS::DynamoDB::Table", "StreamArn") =>
                format!("arn:aws:dynamodb:{region}:{ACCOUNT}:table/{physical}/stream/1"),
            ("AWS::SQS::Queue", "Arn") => format!("arn:aws:sqs:{region}:{ACCOUNT}:{physical}"),
            ("AWS::SQS::Queue", "QueueName") => physical,
            ("AWS::SQS::Queue", "QueueUrl") => format!("{origin}/_aws/sqs/{ACCOUNT}/{physical}"),
            ("AWS::Serverless::Function", "Arn") =>
                format!("arn:aws:lambda:{region}:{ACCOUNT}:function:{physical}"),
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{physical}"),
            ("AWS::SNS::Topic", "TopicArn") => format!("arn:aws:sns:{region}:{ACCOUNT}:{physical}"),
            ("AWS::SNS::Topic", "TopicName") => physical,
            // The three CNAME records of Easy DKIM.
            ("AWS::SES::EmailIdentity", _) if attribute.starts_with("DkimDNSToken") => {
                let token = dkim_token(&physical, attribute.chars().next_back().unwrap_or('1'));
                if attribute.contains("Name") {
                    format!("{token}._domainkey.{physical}")
                } else {
                    format!("{token}.dkim.amazonses.com")
                }
            }
            ("AWS::ApiGatewayV2::Api", "ApiEndpoint") => origin.clone(),
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            _ => format!("{physical}.{attribute}"),
        }))
    }

    fn substitute(&self, at: &str, argument: &Value) -> Result<Value, TemplateError> {
        let empty = Map::new();
        let (pattern, variables) = match argument {
            Value::String(pattern) => (pattern, &empty),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(pattern), Value::Object(variables)] => (pattern, variables),
                _ => return Err(TemplateError::invalid(at, "Fn::Sub: wants a text, or a text and a map")),
            },
            _ => return Err(TemplateError::invalid(at, "Fn::Sub: wants a text")),
        };
        let (mut result, mut rest) = (String::new(), pattern.as_str());
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| TemplateError::invalid(at, "Fn::Sub: a ${ that never ends"))?;
            result.push_str(before);
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = variables.get(name) {
                result.push_str(&text(&self.resolve(at, value)?));
            } else if let Some((resource, attribute)) = name.split_once('.') {
                result.push_str(&text(&self.attribute(at, resource, attribute)?));
            } else {
                result.push_str(&text(&self.reference(at, name)?));
            }
            rest = after;
        }
        result.push_str(rest);
        Ok(json!(result))
    }
}

const NO_VALUE: &str = "\0NoValue";

fn is_no_value(value: &Value) -> bool {
    value.get(NO_VALUE).is_some()
}

/// SES's tokens are 32 letters and digits; these are always the same for the same domain.
pub(crate) fn dkim_token(identity: &str, number: char) -> String {
    format!("{:x}", md5::compute(format!("{identity} {number}")))
}

/// A scalar as CloudFormation writes it into text.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn last_segment(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}
