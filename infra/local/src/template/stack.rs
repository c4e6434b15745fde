//! What the platform brings to life: the template's resources as plain structs.

use super::events::{self, AsynchronousSpec, MappingSpec, QueueMappingSpec, QueueSpec, ScheduleSpec};
use super::intrinsics::{Context, last_segment, text};
use super::post::{self, PostSpec};
use super::storage::{self, BucketSpec};
use super::{TemplateError, kinds};
use crate::iam::Statement;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub struct Stack {
    /// By logical id, which is also their name.
    pub functions: BTreeMap<String, FunctionSpec>,
    pub tables: Vec<TableSpec>,
    pub mappings: Vec<MappingSpec>,
    pub queues: Vec<QueueSpec>,
    pub queue_mappings: Vec<QueueMappingSpec>,
    pub schedules: Vec<ScheduleSpec>,
    pub buckets: Vec<BucketSpec>,
    pub post: PostSpec,
    pub sockets: Option<Arc<SocketRoutes>>,
    pub http: Vec<HttpRoute>,
    pub cors: Option<CorsRules>,
    /// Response headers by the logical id of the policy that sets them.
    pub headers: BTreeMap<String, Vec<(String, String)>>,
    pub outputs: BTreeMap<String, String>,
    pub inert: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct FunctionSpec {
    pub name: String,
    /// The last part of `CodeUri`.
    pub binary: String,
    pub arn: String,
    pub timeout: Duration,
    pub memory_mb: u64,
    pub environment: BTreeMap<String, String>,
    pub statements: Vec<Statement>,
    pub asynchronous: AsynchronousSpec,
}

#[derive(Debug, Clone)]
pub struct TableSpec {
    pub name: String,
    pub arn: String,
    /// The body of CreateTable.
    pub create: Value,
    pub ttl_attribute: Option<String>,
}

/// Function per route key, `$connect`, `$disconnect`, `$default` and those that the body selects.
#[derive(Debug, Clone)]
pub struct SocketRoutes {
    pub api_id: String,
    pub stage: String,
    pub selection: String,
    pub routes: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub struct HttpRoute {
    pub api_id: String,
    /// `$default`, or `GET /path/{parameter}`.
    pub key: String,
    pub function: String,
    pub timeout: Duration,
}

#[derive(Debug, Clone, Default)]
pub struct CorsRules {
    pub origins: Vec<String>,
    pub methods: Vec<String>,
    pub headers: Vec<String>,
    pub expose: Vec<String>,
    pub max_age: Option<i64>,
    pub credentials: bool,
}

pub(super) struct Resource {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) properties: Value,
}

pub(super) fn build(document: &Value, context: &Context<'_>) -> Result<Stack, TemplateError> {
    let mut resources = Vec::new();
    let mut inert = Vec::new();
    for (name, resource) in document["Resources"].as_object().into_iter().flatten() {
        let kind = resource["Type"].as_str().unwrap_or_default().to_owned();
        if !kinds::is_known(&kind) {
            return Err(TemplateError::UnsupportedResource { name: name.clone(), kind });
        }
        if !context.exists(name, resource)? {
            continue;
        }
        if kinds::EMULATED.contains(&kind.as_str()) {
            let properties = context.resolve(&format!("Resources.{name}"), &resource["Properties"])?;
            resources.push(Resource { name: name.clone(), kind, properties });
        } else {
            inert.push(format!("{name} ({kind})"));
        }
    }
    let of = |kind: &'static str| resources.iter().filter(move |resource| resource.kind == kind);
    let logical =
        |name: &str| context.resolve(name, &serde_json::json!({ "Ref": name })).map(|value| text(&value));
    let arn = |name: &str| {
        context.resolve(name, &serde_json::json!({ "Fn::GetAtt": [name, "Arn"] })).map(|value| text(&value))
    };

    let mut statements: BTreeMap<String, Vec<Statement>> = BTreeMap::new();
    for role in of("AWS::IAM::Role") {
        let mut all = Vec::new();
        for policy in list(&role.properties["Policies"]) {
            for statement in list(&policy["PolicyDocument"]["Statement"]) {
                all.push(
                    Statement::read(statement)
                        .map_err(|message| TemplateError::invalid(&role.name, message))?,
                );
            }
        }
        statements.insert(arn(&role.name)?, all);
    }

    let mut queues = Vec::new();
    for queue in of("AWS::SQS::Queue") {
        queues.push(events::queue(queue, logical(&queue.name)?, arn(&queue.name)?)?);
    }
    events::check_redrives(&queues)?;

    let mut functions = BTreeMap::new();
    let mut schedules = Vec::new();
    for function in of("AWS::Serverless::Function") {
        let properties = &function.properties;
        schedules.extend(events::function_schedules(function, context.region())?);
        let code = properties["CodeUri"].as_str().ok_or_else(|| {
            TemplateError::invalid(
                &function.name,
                "a function needs CodeUri, whose last part names the binary",
            )
        })?;
        let name = function.name.clone();
        let variables = properties["Environment"]["Variables"].as_object().into_iter().flatten();
        let statements = statements.get(&text(&properties["Role"])).cloned().unwrap_or_default();
        let config = of("AWS::Lambda::EventInvokeConfig")
            .find(|config| config.properties["FunctionName"] == name.as_str())
            .map_or(&properties["EventInvokeConfig"], |config| &config.properties);
        let asynchronous =
            events::asynchronous(&name, config, &properties["DeadLetterQueue"], &statements, &queues)?;
        functions.insert(
            name.clone(),
            FunctionSpec {
                name,
                binary: last_segment(code).to_owned(),
                arn: arn(&function.name)?,
                timeout: Duration::from_secs(properties["Timeout"].as_u64().unwrap_or(3)),
                memory_mb: properties["MemorySize"].as_u64().unwrap_or(128),
                environment: variables.map(|(key, value)| (key.clone(), text(value))).collect(),
                statements,
                asynchronous,
            },
        );
    }

    let mut tables = Vec::new();
    for table in of("AWS::DynamoDB::Table") {
        let mut create = table.properties.clone();
        let name = logical(&table.name)?;
        let ttl = create["TimeToLiveSpecification"]["AttributeName"].as_str().map(str::to_owned);
        if let Some(create) = create.as_object_mut() {
            let known = [
                "AttributeDefinitions",
                "KeySchema",
                "GlobalSecondaryIndexes",
                "LocalSecondaryIndexes",
                "StreamSpecification",
            ];
            create.retain(|key, _| known.contains(&key.as_str()));
            if let Some(stream) = create.get_mut("StreamSpecification") {
                stream["StreamEnabled"] = true.into();
            }
            create.insert("TableName".into(), name.clone().into());
            create.insert("BillingMode".into(), "PAY_PER_REQUEST".into());
        }
        tables.push(TableSpec { arn: arn(&table.name)?, name, create, ttl_attribute: ttl });
    }

    let (mappings, queue_mappings) =
        events::mappings(of("AWS::Lambda::EventSourceMapping"), &functions, &tables, &queues)?;
    for schedule in of("AWS::Scheduler::Schedule") {
        schedules.extend(events::schedule(schedule, context.region(), &functions, &queues, &statements)?);
    }

    let mut buckets = Vec::new();
    for bucket in of("AWS::S3::Bucket") {
        buckets.push(storage::bucket(bucket, logical(&bucket.name)?, arn(&bucket.name)?)?);
    }
    let post = post::read(&post::Around {
        region: context.region(),
        functions: &functions,
        buckets: &buckets,
        roles: &statements,
        resources: &resources,
        reference: &logical,
    })?;

    let (mut sockets, mut http, mut cors) = (None, Vec::new(), None);
    for api in of("AWS::ApiGatewayV2::Api") {
        let api_id = logical(&api.name)?;
        let mine = |resource: &&Resource| resource.properties["ApiId"] == api_id.as_str();
        let mut routes = BTreeMap::new();
        for route in of("AWS::ApiGatewayV2::Route").filter(mine) {
            let target = text(&route.properties["Target"]);
            let integration = of("AWS::ApiGatewayV2::Integration")
                .find(|integration| target == format!("integrations/{}", integration.name))
                .ok_or_else(|| {
                    TemplateError::invalid(
                        &route.name,
                        format!("{target} is not an integration of this template"),
                    )
                })?;
            let function =
                function_of(&functions, &integration.name, &text(&integration.properties["IntegrationUri"]))?;
            let timeout = integration.properties["TimeoutInMillis"].as_u64();
            routes.insert(text(&route.properties["RouteKey"]), (function, timeout));
        }
        match api.properties["ProtocolType"].as_str() {
            Some("WEBSOCKET") => {
                let stage = of("AWS::ApiGatewayV2::Stage")
                    .find(mine)
                    .ok_or_else(|| TemplateError::invalid(&api.name, "the API has no stage"))?;
                sockets = Some(Arc::new(SocketRoutes {
                    stage: text(&stage.properties["StageName"]),
                    selection: text(&api.properties["RouteSelectionExpression"]),
                    routes: routes.into_iter().map(|(key, (function, _))| (key, function)).collect(),
                    api_id,
                }));
            }
            Some("HTTP") => {
                for (key, (function, timeout)) in routes {
                    let timeout = Duration::from_millis(timeout.unwrap_or(29_000).min(29_000));
                    http.push(HttpRoute { api_id: api_id.clone(), key, function, timeout });
                }
                if let Some(rules) = api.properties.get("CorsConfiguration") {
                    let words = |key: &str| list(&rules[key]).iter().map(text).collect();
                    cors = Some(CorsRules {
                        origins: words("AllowOrigins"),
                        methods: words("AllowMethods"),
                        headers: words("AllowHeaders"),
                        expose: words("ExposeHeaders"),
                        max_age: rules["MaxAge"].as_i64(),
                        credentials: rules["AllowCredentials"] == true,
                    });
                }
            }
            other => {
                return Err(TemplateError::invalid(
                    &api.name,
                    format!("ProtocolType {other:?} is neither WEBSOCKET nor HTTP"),
                ));
            }
        }
    }

    let headers = of("AWS::CloudFront::ResponseHeadersPolicy")
        .map(|policy| (policy.name.clone(), response_headers(&policy.properties)));
    let mut outputs = BTreeMap::new();
    for (name, output) in document["Outputs"].as_object().into_iter().flatten() {
        outputs.insert(name.clone(), text(&context.resolve(&format!("Outputs.{name}"), &output["Value"])?));
    }
    Ok(Stack {
        headers: headers.collect(),
        functions,
        tables,
        mappings,
        queues,
        queue_mappings,
        schedules,
        buckets,
        post,
        sockets,
        http,
        cors,
        outputs,
        inert,
    })
}

/// The function that is meant by its name, its ARN, or the invocation URI of an integration.
pub(super) fn function_of(
    functions: &BTreeMap<String, FunctionSpec>,
    at: &str,
    value: &str,
) -> Result<String, TemplateError> {
    let arn = value.split("/functions/").last().unwrap_or(value).trim_end_matches("/invocations");
    let name = arn.rsplit(':').next().unwrap_or(arn);
    if functions.contains_key(name) {
        Ok(name.to_owned())
    } else {
        Err(TemplateError::invalid(at, format!("{value} is not a function of this template")))
    }
}

fn response_headers(properties: &Value) -> Vec<(String, String)> {
    let config = &properties["ResponseHeadersPolicyConfig"];
    let security = &config["SecurityHeadersConfig"];
    let mut headers = Vec::new();
    let mut add = |name: &str, value: &Value| {
        if let Some(value) = value.as_str() {
            headers.push((name.to_owned(), value.to_owned()));
        }
    };
    add("content-security-policy", &security["ContentSecurityPolicy"]["ContentSecurityPolicy"]);
    add("x-frame-options", &security["FrameOptions"]["FrameOption"]);
    add("referrer-policy", &security["ReferrerPolicy"]["ReferrerPolicy"]);
    if security.get("ContentTypeOptions").is_some() {
        add("x-content-type-options", &"nosniff".into());
    }
    // Strict-Transport-Security is left out: at home there is no TLS for it to protect.
    add("access-control-allow-origin", &config["CorsConfig"]["AccessControlAllowOrigins"]["Items"][0]);
    for item in list(&config["CustomHeadersConfig"]["Items"]) {
        add(&text(&item["Header"]).to_lowercase(), &item["Value"]);
    }
    headers
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
