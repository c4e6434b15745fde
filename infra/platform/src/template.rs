//! A SAM template, as far as the platform gives it life: what is emulated is read, what is inert is named, anything else
//! is refused by name.

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_yaml_ng::Value as Yaml;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Resources that do nothing at home.
const INERT: &[&str] = &[
    "AWS::Logs::LogGroup",
    "AWS::IAM::Role",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::Function",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolClient",
    "AWS::SNS::Topic",
    "AWS::SNS::Subscription",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
];

#[derive(Debug, Clone)]
pub struct Stack {
    /// By logical id.
    pub functions: BTreeMap<String, Function>,
    pub table: Table,
    /// `$connect`, `$disconnect`, `$default` → logical id.
    pub websocket_routes: BTreeMap<String, String>,
    pub websocket_stage: String,
    /// Route key → logical id.
    pub http_routes: BTreeMap<String, String>,
    pub mappings: Vec<Mapping>,
}

#[derive(Debug, Clone)]
pub struct Function {
    pub name: String,
    pub binary: String,
    pub timeout_seconds: u64,
    pub memory_mb: u64,
    pub environment: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    /// The body of `CreateTable`.
    pub create: Value,
    pub ttl_attribute: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Mapping {
    pub function: String,
    pub batch: usize,
    pub window_seconds: u64,
    pub retries: u32,
    pub bisect: bool,
    pub report_failures: bool,
    /// Any of these must match; none: all pass.
    pub filters: Vec<Value>,
}

/// Reads a template with these parameters.
pub fn load(path: &Path, parameters: &BTreeMap<String, String>) -> Result<Stack> {
    let text = std::fs::read_to_string(path).with_context(|| format!("the template {} cannot be read", path.display()))?;
    let yaml: Yaml = serde_yaml_ng::from_str(&text).context("the template is not YAML")?;
    let template = plain(&yaml)?;
    Reader::new(&template, parameters)?.stack()
}

/// YAML with short-form intrinsics (`!Ref x`) as JSON with their long form.
fn plain(yaml: &Yaml) -> Result<Value> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(b) => json!(b),
        Yaml::Number(n) => n.as_i64().map_or_else(|| json!(n.as_f64()), |n| json!(n)),
        Yaml::String(s) => json!(s),
        Yaml::Sequence(items) => Value::Array(items.iter().map(plain).collect::<Result<_>>()?),
        Yaml::Mapping(map) => {
            let mut object = serde_json::Map::new();
            for (key, value) in map {
                let key = match key {
                    Yaml::String(key) => key.clone(),
                    Yaml::Number(key) => key.to_string(),
                    Yaml::Bool(key) => key.to_string(),
                    _ => bail!("a key of the template is not text"),
                };
                object.insert(key, plain(value)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let name = name.trim_start_matches('!');
            let value = plain(&tagged.value)?;
            match name {
                "Ref" | "Condition" => json!({ name: value }),
                "GetAtt" => {
                    let parts = match &value {
                        Value::String(text) => text.splitn(2, '.').map(|part| json!(part)).collect(),
                        Value::Array(parts) => parts.clone(),
                        _ => bail!("!GetAtt takes a resource and an attribute"),
                    };
                    json!({ "Fn::GetAtt": parts })
                }
                name => json!({ format!("Fn::{name}"): value }),
            }
        }
    })
}

struct Reader<'a> {
    resources: &'a serde_json::Map<String, Value>,
    globals: Value,
    conditions: Value,
    parameters: BTreeMap<String, String>,
}

impl<'a> Reader<'a> {
    fn new(template: &'a Value, given: &BTreeMap<String, String>) -> Result<Self> {
        let mut parameters = BTreeMap::new();
        let declared = template["Parameters"].as_object().cloned().unwrap_or_default();
        for (name, parameter) in &declared {
            let value = given.get(name).cloned().or_else(|| match &parameter["Default"] {
                Value::String(text) => Some(text.clone()),
                Value::Null => None,
                other => Some(other.to_string()),
            });
            parameters.insert(name.clone(), value.ok_or_else(|| anyhow!("the parameter {name} has no default and was not given"))?);
        }
        if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
            bail!("the template has no parameter {unknown}");
        }
        let resources = template["Resources"].as_object().context("the template has no Resources")?;
        Ok(Self { resources, globals: template["Globals"].clone(), conditions: template["Conditions"].clone(), parameters })
    }

    fn stack(&self) -> Result<Stack> {
        let mut stack = Stack {
            functions: BTreeMap::new(),
            table: Table { name: String::new(), create: Value::Null, ttl_attribute: None },
            websocket_routes: BTreeMap::new(),
            websocket_stage: String::new(),
            http_routes: BTreeMap::new(),
            mappings: Vec::new(),
        };
        for (id, resource) in self.resources {
            let kind = resource["Type"].as_str().unwrap_or_default();
            let properties = &resource["Properties"];
            match kind {
                "AWS::Serverless::Function" => {
                    stack.functions.insert(id.clone(), self.function(id, properties)?);
                }
                "AWS::DynamoDB::Table" => {
                    ensure!(stack.table.name.is_empty(), "the platform emulates one table; {id} is a second one");
                    stack.table = self.table(id, properties)?;
                }
                "AWS::Lambda::EventSourceMapping" => stack.mappings.push(self.mapping(id, properties)?),
                "AWS::ApiGatewayV2::Stage" => {
                    if self.protocol(&properties["ApiId"])? == "WEBSOCKET" {
                        stack.websocket_stage = self.text(&properties["StageName"])?;
                    }
                }
                "AWS::ApiGatewayV2::Route" => {
                    let function = self.route_target(id, properties)?;
                    let key = self.text(&properties["RouteKey"])?;
                    let routes = match self.protocol(&properties["ApiId"])?.as_str() {
                        "WEBSOCKET" => &mut stack.websocket_routes,
                        _ => &mut stack.http_routes,
                    };
                    routes.insert(key, function);
                }
                "AWS::ApiGatewayV2::Api" | "AWS::ApiGatewayV2::Integration" => {}
                kind if INERT.contains(&kind) => {}
                kind => bail!("the platform does not emulate {kind} ({id}); emulate it in infra/local or name it as inert"),
            }
        }
        ensure!(!stack.table.name.is_empty(), "the template has no AWS::DynamoDB::Table");
        Ok(stack)
    }

    fn function(&self, id: &str, properties: &Value) -> Result<Function> {
        let globals = &self.globals["Function"];
        let number = |name: &str, default: u64| properties[name].as_u64().or_else(|| globals[name].as_u64()).unwrap_or(default);
        let code = properties["CodeUri"].as_str().with_context(|| format!("function {id} has no CodeUri"))?;
        let mut environment = BTreeMap::new();
        for variables in [&globals["Environment"]["Variables"], &properties["Environment"]["Variables"]] {
            for (name, value) in variables.as_object().into_iter().flatten() {
                environment.insert(name.clone(), self.text(value).with_context(|| format!("variable {name} of {id}"))?);
            }
        }
        Ok(Function {
            name: id.to_owned(),
            binary: code.trim_end_matches('/').rsplit('/').next().unwrap_or(code).to_owned(),
            timeout_seconds: number("Timeout", 3),
            memory_mb: number("MemorySize", 128),
            environment,
        })
    }

    fn table(&self, id: &str, properties: &Value) -> Result<Table> {
        let mut create = json!({ "TableName": id });
        for name in ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"] {
            if !properties[name].is_null() {
                create[name] = self.resolve(&properties[name])?;
            }
        }
        if let Some(view) = properties["StreamSpecification"]["StreamViewType"].as_str() {
            create["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": view });
        }
        let ttl = &properties["TimeToLiveSpecification"]["AttributeName"];
        Ok(Table { name: id.to_owned(), create, ttl_attribute: ttl.as_str().map(str::to_owned) })
    }

    fn mapping(&self, id: &str, properties: &Value) -> Result<Mapping> {
        let mut filters = Vec::new();
        for filter in properties["FilterCriteria"]["Filters"].as_array().into_iter().flatten() {
            let pattern = filter["Pattern"].as_str().with_context(|| format!("a filter of {id} has no Pattern"))?;
            filters.push(serde_json::from_str(pattern).with_context(|| format!("a filter of {id} is not JSON"))?);
        }
        let types = properties["FunctionResponseTypes"].as_array().cloned().unwrap_or_default();
        Ok(Mapping {
            function: self.text(&properties["FunctionName"])?,
            batch: properties["BatchSize"].as_u64().unwrap_or(100) as usize,
            window_seconds: properties["MaximumBatchingWindowInSeconds"].as_u64().unwrap_or(0),
            retries: properties["MaximumRetryAttempts"].as_u64().map_or(u32::MAX, |n| n as u32),
            bisect: properties["BisectBatchOnFunctionError"].as_bool().unwrap_or(false),
            report_failures: types.iter().any(|kind| kind == "ReportBatchItemFailures"),
            filters,
        })
    }

    fn protocol(&self, api: &Value) -> Result<String> {
        let id = self.text(api)?;
        let protocol = self.resources.get(&id).and_then(|api| api["Properties"]["ProtocolType"].as_str());
        protocol.map(str::to_owned).with_context(|| format!("{id} is not an AWS::ApiGatewayV2::Api"))
    }

    fn route_target(&self, id: &str, properties: &Value) -> Result<String> {
        let target = self.text(&properties["Target"])?;
        let integration = target.strip_prefix("integrations/").with_context(|| format!("the target of {id} is no integration"))?;
        let integration = self.resources.get(integration).with_context(|| format!("{integration} of {id} is missing"))?;
        let uri = self.text(&integration["Properties"]["IntegrationUri"])?;
        // Arn values resolve to `arn:{logical id}` here.
        let function = uri.split("arn:fn:").nth(1).map(|rest| rest.split(['/', ':']).next().unwrap_or(rest));
        function.map(str::to_owned).with_context(|| format!("the integration of {id} calls no function of this template"))
    }

    fn text(&self, value: &Value) -> Result<String> {
        match self.resolve(value)? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            other => bail!("{other} is not a text"),
        }
    }

    /// Intrinsics, evaluated.
    fn resolve(&self, value: &Value) -> Result<Value> {
        let object = match value {
            Value::Array(items) => return Ok(Value::Array(items.iter().map(|item| self.resolve(item)).collect::<Result<_>>()?)),
            Value::Object(object) => object,
            other => return Ok(other.clone()),
        };
        let Some((name, argument)) = object.iter().next().filter(|_| object.len() == 1) else {
            let resolved = object.iter().map(|(key, value)| Ok((key.clone(), self.resolve(value)?)));
            return Ok(Value::Object(resolved.collect::<Result<_>>()?));
        };
        Ok(match name.as_str() {
            "Ref" => json!(self.reference(argument.as_str().unwrap_or_default())?),
            "Fn::GetAtt" => json!(self.attribute(argument[0].as_str().unwrap_or_default(), argument[1].as_str().unwrap_or_default())?),
            "Fn::Sub" => {
                let text = argument.as_str().context("!Sub with a map is not supported; use the plain form")?;
                json!(self.substitute(text)?)
            }
            "Fn::If" => {
                let branch = if self.condition(argument[0].as_str().unwrap_or_default())? { 1 } else { 2 };
                self.resolve(&argument[branch])?
            }
            "Fn::Join" => {
                let parts = argument[1].as_array().context("!Join takes a list")?;
                let parts = parts.iter().map(|part| self.text(part)).collect::<Result<Vec<_>>>()?;
                json!(parts.join(argument[0].as_str().unwrap_or_default()))
            }
            name if name.starts_with("Fn::") => bail!("the platform does not evaluate {name}; evaluate it in infra/local/src/template.rs"),
            name => json!({ name: self.resolve(argument)? }),
        })
    }

    fn reference(&self, name: &str) -> Result<String> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        Ok(match name {
            "AWS::Region" => "eu-west-1".into(),
            "AWS::Partition" => "aws".into(),
            "AWS::AccountId" => "000000000000".into(),
            "AWS::URLSuffix" => "amazonaws.com".into(),
            "AWS::StackName" => "local".into(),
            name if self.resources.contains_key(name) => name.to_owned(),
            name => bail!("!Ref {name}: there is no such parameter or resource"),
        })
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Result<String> {
        ensure!(self.resources.contains_key(resource), "!GetAtt {resource}.{attribute}: there is no such resource");
        Ok(match attribute {
            "Arn" => format!("arn:fn:{resource}"),
            other => format!("{resource}.{other}"),
        })
    }

    fn substitute(&self, text: &str) -> Result<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            out.push_str(&rest[..start]);
            let end = rest[start..].find('}').context("a ${ without }")? + start;
            let name = &rest[start + 2..end];
            out.push_str(&match name.split_once('.') {
                Some((resource, attribute)) => self.attribute(resource, attribute)?,
                None => self.reference(name)?,
            });
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn condition(&self, name: &str) -> Result<bool> {
        let condition = &self.conditions[name];
        ensure!(!condition.is_null(), "there is no condition {name}");
        self.truth(condition)
    }

    fn truth(&self, condition: &Value) -> Result<bool> {
        let (name, argument) = condition.as_object().and_then(|object| object.iter().next()).context("an empty condition")?;
        let all = || argument.as_array().into_iter().flatten().map(|part| self.truth(part)).collect::<Result<Vec<_>>>();
        Ok(match name.as_str() {
            "Fn::Equals" => self.text(&argument[0])? == self.text(&argument[1])?,
            "Fn::Not" => !self.truth(&argument[0])?,
            "Fn::And" => all()?.into_iter().all(|part| part),
            "Fn::Or" => all()?.into_iter().any(|part| part),
            "Condition" => self.condition(argument.as_str().unwrap_or_default())?,
            name => bail!("the platform does not evaluate the condition {name}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str, parameters: &[(&str, &str)]) -> Result<Stack> {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let template = plain(&serde_yaml_ng::from_str(yaml)?)?;
        Reader::new(&template, &parameters)?.stack()
    }

    const TABLE: &str = "  T: {Type: 'AWS::DynamoDB::Table', Properties: {KeySchema: [{AttributeName: pk, KeyType: HASH}]}}\n";

    #[test]
    fn an_unsupported_resource_is_refused_by_name() {
        let error = read(&format!("Resources:\n{TABLE}  Q: {{Type: 'AWS::SQS::Queue'}}\n"), &[]).unwrap_err();
        assert!(error.to_string().contains("AWS::SQS::Queue (Q)"), "{error}");
    }

    #[test]
    fn an_unsupported_intrinsic_and_an_unknown_parameter_are_refused_by_name() {
        let function = "  F: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: target/lambda/f, Environment: {Variables: {X: !Select [0, []]}}}}\n";
        let error = format!("{:#}", read(&format!("Resources:\n{TABLE}{function}"), &[]).unwrap_err());
        assert!(error.contains("Fn::Select"), "{error}");
        let error = read(&format!("Resources:\n{TABLE}"), &[("Nope", "x")]).unwrap_err();
        assert!(error.to_string().contains("Nope"), "{error}");
    }

    #[test]
    fn conditions_choose_and_globals_reach_every_function() {
        let yaml = format!(
            "Parameters:\n  Url: {{Type: String, Default: ''}}\nConditions:\n  Own: !Not [!Equals [!Ref Url, '']]\nGlobals:\n  Function:\n    Timeout: 7\n    Environment: {{Variables: {{URL: !If [Own, !Ref Url, !Sub 'https://${{Api}}.x.${{AWS::URLSuffix}}']}}}}\nResources:\n{TABLE}  Api: {{Type: 'AWS::ApiGatewayV2::Api', Properties: {{ProtocolType: HTTP}}}}\n  F: {{Type: 'AWS::Serverless::Function', Properties: {{CodeUri: target/lambda/f}}}}\n"
        );
        let default = read(&yaml, &[]).unwrap();
        assert_eq!(default.functions["F"].environment["URL"], "https://Api.x.amazonaws.com");
        assert_eq!((default.functions["F"].timeout_seconds, default.functions["F"].binary.as_str()), (7, "f"));
        assert_eq!(read(&yaml, &[("Url", "http://x")]).unwrap().functions["F"].environment["URL"], "http://x");
    }
}
