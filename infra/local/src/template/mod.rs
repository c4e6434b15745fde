//! Reads a SAM template: YAML into plain values, intrinsics resolved, resources sorted into what is emulated, what is inert and
//! what must be refused. Knows nothing of the application that the template deploys.

mod events;
mod intrinsics;
mod kinds;
mod post;
mod stack;
mod storage;
mod yaml;

#[cfg(test)]
pub use events::Redrive;
pub use events::{AsynchronousSpec, MappingSpec, QueueMappingSpec, QueueSpec, ScheduleSpec, Target};
pub(crate) use intrinsics::{ACCOUNT, dkim_token};
pub use post::{ConfigurationSetSpec, IdentitySpec, PostSpec, ReceiptAction, ReceiptRuleSpec};
pub use stack::{FunctionSpec, HttpRoute, SocketRoutes, Stack, TableSpec};
pub use storage::BucketSpec;
#[cfg(test)]
pub use storage::Expiry;

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("cannot read the template {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{0} is not YAML that can be read: {1}")]
    Yaml(PathBuf, String),
    #[error(
        "resource {name} is of type {kind}, which this platform neither emulates nor knows to be harmless at home. \
         Emulate it, or add it to INERT in infra/local/src/template/kinds.rs with a reason"
    )]
    UnsupportedResource { name: String, kind: String },
    #[error("{at}: the intrinsic {intrinsic} is not supported; use one of {}", intrinsics::SUPPORTED.join(", "))]
    UnsupportedIntrinsic { at: String, intrinsic: String },
    #[error("{at}: {message}")]
    Invalid { at: String, message: String },
    #[error("the parameter {0} is not in the template; correct [parameters] of the configuration")]
    UnknownParameter(String),
    #[error(
        "the parameter {0} has no default and was given no value; set it in [parameters] of the configuration"
    )]
    MissingParameter(String),
}

impl TemplateError {
    pub(crate) fn invalid(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { at: at.into(), message: message.into() }
    }
}

/// Where the stack lives: what pseudo parameters and attributes of resources are made of.
#[derive(Debug, Clone)]
pub struct Place {
    pub stack: String,
    pub origin: String,
    pub region: String,
    /// Physical names by logical id, where a fixed one is wanted; else the logical id itself.
    pub names: BTreeMap<String, String>,
}

/// Reads and resolves the template.
///
/// # Errors
/// When it cannot be read, or holds what this platform does not know; always by name.
pub fn read(
    path: &Path,
    parameters: &BTreeMap<String, String>,
    place: &Place,
) -> Result<Stack, TemplateError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| TemplateError::Read { path: path.to_path_buf(), source })?;
    parse(path, &text, parameters, place)
}

pub(crate) fn parse(
    path: &Path,
    text: &str,
    parameters: &BTreeMap<String, String>,
    place: &Place,
) -> Result<Stack, TemplateError> {
    let document = yaml::parse(text).map_err(|message| TemplateError::Yaml(path.to_path_buf(), message))?;
    let document = with_globals(document);
    let context = intrinsics::Context::new(&document, parameters, place)?;
    stack::build(&document, &context)
}

/// SAM's Globals, merged into each function: maps by key, the function's own value wins.
fn with_globals(mut document: Value) -> Value {
    let globals = document["Globals"]["Function"].clone();
    if let (Some(resources), true) = (document["Resources"].as_object_mut(), globals.is_object()) {
        for resource in resources.values_mut() {
            if resource["Type"] == "AWS::Serverless::Function" {
                let mut merged = globals.clone();
                merge(&mut merged, resource["Properties"].take());
                resource["Properties"] = merged;
            }
        }
    }
    document
}

fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, Value::Null) if !base.is_null() => {}
        (base, over) => *base = over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            stack: "s".into(),
            origin: "http://localhost:1".into(),
            region: "local".into(),
            names: BTreeMap::from([("Table".into(), "t".into())]),
        }
    }

    fn check(resources: &str) -> Result<Stack, TemplateError> {
        parse(Path::new("t.yaml"), &format!("Resources:\n{resources}"), &BTreeMap::new(), &place())
    }

    #[test]
    fn an_unknown_kind_of_resource_is_refused_by_name() {
        let error = check("  Queue:\n    Type: AWS::MSK::Cluster\n").unwrap_err().to_string();
        assert!(error.contains("Queue") && error.contains("AWS::MSK::Cluster"), "{error}");
    }

    #[test]
    fn an_unknown_intrinsic_is_refused_by_name_and_place() {
        let error = check(
            "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: !Cidr [a, 1, 2]\n",
        )
        .unwrap_err()
        .to_string();
        assert!(error.contains("Fn::Cidr") && error.contains("Resources.F"), "{error}");
    }

    /// A function that reads a stream and a queue, and a schedule; `change` makes them wrong.
    fn with_events(change: (&str, &str)) -> Result<Stack, TemplateError> {
        let text = r#"
  Table:
    Type: AWS::DynamoDB::Table
    Properties: { KeySchema: [{ AttributeName: pk, KeyType: HASH }] }
  Queue: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: 30 } }
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: f
      Timeout: 10
      Role: !GetAtt Role.Arn
      Events: { Tick: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 minute) } } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument:
            Statement:
              - { Effect: Allow, Action: ["dynamodb:DescribeStream", "dynamodb:Get*"], Resource: !GetAtt Table.StreamArn }
              - { Effect: Allow, Action: "sqs:*", Resource: !GetAtt Queue.Arn }
  FromStream:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: !GetAtt Table.StreamArn, FunctionName: !Ref F, StartingPosition: LATEST }
  FromQueue:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: !GetAtt Queue.Arn, FunctionName: !Ref F }
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties: { ScheduleExpression: cron(0 3 * * ? *), Target: { Arn: !GetAtt Queue.Arn, RoleArn: !GetAtt Role.Arn } }
"#;
        assert!(text.contains(change.0), "{} is not there to be changed", change.0);
        check(&text.replace(change.0, change.1))
    }

    #[test]
    fn what_calls_functions_is_read() {
        let stack = with_events(("", "")).unwrap();
        assert_eq!((stack.mappings.len(), stack.queue_mappings.len()), (1, 1));
        let mut names: Vec<&str> = stack.schedules.iter().map(|schedule| schedule.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["FTick", "Nightly"]);
    }

    #[test]
    fn what_aws_would_not_create_is_refused_by_name() {
        let third = "  Second:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties: { EventSourceArn: !GetAtt Table.StreamArn, FunctionName: !Ref F }\n";
        let readers = format!("{third}{}  Nightly:", third.replace("Second", "Third"));
        for (from, to, name, why) in [
            ("  Nightly:", readers.as_str(), "FromStream Second Third", "no third"),
            (
                "VisibilityTimeout: 30",
                "VisibilityTimeout: 5",
                "FromQueue",
                "visibility timeout of Queue (5 s)",
            ),
            ("VisibilityTimeout: 30", "FifoQueue: true", "Queue", "FIFO"),
            ("VisibilityTimeout: 30", "DelaySeconds: 901", "Queue", "at most 900"),
            (
                "VisibilityTimeout: 30",
                "RedrivePolicy: { deadLetterTargetArn: x, maxReceiveCount: 3 }",
                "Queue",
                "not a queue",
            ),
            ("\"sqs:*\"", "\"sqs:SendMessage\"", "FromQueue", "sqs:ReceiveMessage"),
            (
                "\"sqs:*\"",
                "[sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes]",
                "Nightly",
                "sqs:SendMessage",
            ),
            ("\"dynamodb:Get*\"", "\"dynamodb:Query\"", "FromStream", "dynamodb:GetRecords"),
            ("cron(0 3 * * ? *)", "cron(0 3 * * *)", "Nightly", "six fields"),
            ("rate(1 minute)", "rate(1 minutes)", "F.Events.Tick", "rate(1 minute)"),
            ("ScheduleV2", "SNS", "F.Events.Tick", "SNS is not emulated"),
            ("StartingPosition: LATEST", "ParallelizationFactor: 4", "FromStream", "ParallelizationFactor"),
        ] {
            let error = with_events((from, to)).unwrap_err().to_string();
            assert!(name.split(' ').any(|name| error.starts_with(name)), "{name}: {error}");
            assert!(error.contains(why), "{why}: {error}");
        }
    }

    /// A function that is mailed to and hears of bounces; `change` makes it wrong.
    fn with_mail(change: (&str, &str)) -> Result<Stack, TemplateError> {
        let text = r#"
  F: { Type: AWS::Serverless::Function, Properties: { CodeUri: f } }
  Mails: { Type: AWS::S3::Bucket, Properties: { LifecycleConfiguration: { Rules: [{ Status: Enabled, ExpirationInDays: 30 }] } } }
  MailsPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Mails
      PolicyDocument: { Statement: [{ Effect: Allow, Principal: { Service: ses.amazonaws.com }, Action: s3:PutObject, Resource: !Sub "${Mails.Arn}/*" }] }
  Shop: { Type: AWS::SES::EmailIdentity, Properties: { EmailIdentity: Shop.example, ConfigurationSetAttributes: { ConfigurationSetName: !Ref Set } } }
  Set: { Type: AWS::SES::ConfigurationSet }
  Events:
    Type: AWS::SES::ConfigurationSetEventDestination
    Properties:
      ConfigurationSetName: !Ref Set
      EventDestination: { MatchingEventTypes: [bounce, DELIVERY_DELAY], SnsDestination: { TopicARN: !Ref Topic } }
  Topic: { Type: AWS::SNS::Topic, Properties: { Subscription: [{ Protocol: lambda, Endpoint: !GetAtt F.Arn }] } }
  TopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument: { Statement: [{ Effect: Allow, Principal: { Service: ses.amazonaws.com }, Action: sns:Publish, Resource: !Ref Topic }] }
  FromTopic:
    Type: AWS::Lambda::Permission
    Properties: { FunctionName: !Ref F, Action: lambda:InvokeFunction, Principal: sns.amazonaws.com, SourceArn: !Ref Topic }
  FromSes:
    Type: AWS::Lambda::Permission
    Properties: { FunctionName: !GetAtt F.Arn, Action: lambda:InvokeFunction, Principal: ses.amazonaws.com, SourceAccount: !Ref AWS::AccountId }
  Second:
    Type: AWS::SES::ReceiptRule
    Properties: { RuleSetName: theirs, After: !Ref Rule, Rule: { Recipients: [b.example], Actions: [{ StopAction: { Scope: RuleSet } }] } }
  Rule:
    Type: AWS::SES::ReceiptRule
    Properties:
      RuleSetName: theirs
      Rule:
        Name: first
        Recipients: [A.example]
        Actions: [{ S3Action: { BucketName: !Ref Mails } }, { LambdaAction: { FunctionArn: !GetAtt F.Arn } }]
"#;
        assert!(text.contains(change.0), "{} is not there to be changed", change.0);
        check(&text.replace(change.0, change.1))
    }

    #[test]
    fn what_a_template_says_of_mail_is_read() {
        let stack = with_mail(("", "")).unwrap();
        assert_eq!((stack.buckets[0].name.as_str(), stack.buckets[0].expiries.len()), ("s-mails", 1));
        let post = &stack.post;
        assert_eq!(post.identities[0].name, "shop.example");
        assert_eq!(post.identities[0].configuration_set.as_deref(), Some("Set"));
        assert_eq!(post.sets[0].destinations[0].events, ["bounce", "deliverydelay"]);
        assert_eq!(post.topics[0].functions, ["F"]);
        let names: Vec<&str> = post.rules.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names, ["first", "Second"]);
        assert_eq!(post.rules[0].recipients, ["a.example"]);
    }

    #[test]
    fn what_ses_or_sns_would_not_do_is_refused_by_name() {
        for (from, to, name, why) in [
            ("Resource: !Sub \"${Mails.Arn}/*\"", "Resource: !Sub \"${Mails.Arn}/in/*\"", "Rule", "s-mails"),
            (
                "Principal: ses.amazonaws.com, S",
                "Principal: s3.amazonaws.com, S",
                "Rule",
                "ses.amazonaws.com call F",
            ),
            ("SourceArn: !Ref Topic", "SourceArn: other", "Topic", "sns.amazonaws.com call F"),
            ("Action: sns:Publish", "Action: sns:Subscribe", "Events", "TopicPolicy"),
            ("Protocol: lambda", "Protocol: sqs", "Topic", "sqs are not emulated"),
            (
                "SnsDestination: { TopicARN: !Ref Topic }",
                "EventBridgeDestination: {}",
                "Events",
                "best effort",
            ),
            (
                "      ConfigurationSetName: !Ref Set",
                "      ConfigurationSetName: another",
                "Events",
                "another is not",
            ),
            (
                "FunctionArn: !GetAtt F.Arn }",
                "FunctionArn: !GetAtt F.Arn, InvocationType: RequestResponse }",
                "Rule",
                "RequestResponse",
            ),
            (
                "{ LambdaAction: { FunctionArn: !GetAtt F.Arn } }",
                "{ BounceAction: {} }",
                "Rule",
                "BounceAction is not",
            ),
            (
                "S3Action: { BucketName: !Ref Mails }",
                "S3Action: { BucketName: elsewhere }",
                "Rule",
                "elsewhere is not a bucket",
            ),
            ("ExpirationInDays: 30 }", "ExpirationInDays: 30, TagFilters: [] }", "Mails", "lifecycle"),
            (
                "LifecycleConfiguration: {",
                "VersioningConfiguration: { Status: Enabled }, LifecycleConfiguration: {",
                "Mails",
                "versions",
            ),
            (
                "LifecycleConfiguration: {",
                "BucketName: Mails, LifecycleConfiguration: {",
                "Mails",
                "small letters",
            ),
            (
                "LifecycleConfiguration: {",
                "NotificationConfiguration: {}, LifecycleConfiguration: {",
                "Mails",
                "notifications",
            ),
        ] {
            let error = with_mail((from, to)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name}: ")), "{name}: {error}");
            assert!(error.contains(why), "{why}: {error}");
        }
    }

    #[test]
    fn a_reference_to_nothing_is_refused() {
        let error =
            check("  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: !Ref Nope\n")
                .unwrap_err()
                .to_string();
        assert!(error.contains("Nope"), "{error}");
    }

    #[test]
    fn an_unknown_parameter_is_refused() {
        let given = BTreeMap::from([("Colour".to_owned(), "red".to_owned())]);
        let error = parse(Path::new("t.yaml"), "Resources: {}", &given, &place()).unwrap_err().to_string();
        assert!(error.contains("Colour"), "{error}");
    }

    #[test]
    fn globals_intrinsics_and_conditions_are_resolved() {
        let text = r#"
Parameters:
  Url: { Type: String, Default: "" }
Conditions:
  HasUrl: !Not [!Equals [!Ref Url, ""]]
Globals:
  Function:
    Timeout: 7
    Environment: { Variables: { TABLE: !Ref Table, URL: !If [HasUrl, !Ref Url, !Sub "https://${Table}.x/${!Raw}"] } }
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
  F:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: target/lambda/my-function, Environment: { Variables: { OWN: "1" } } }
"#;
        let stack = parse(Path::new("t.yaml"), text, &BTreeMap::new(), &place()).unwrap();
        let function = &stack.functions["F"];
        assert_eq!(function.binary, "my-function");
        assert_eq!(function.timeout.as_secs(), 7);
        assert_eq!(function.environment["TABLE"], "t");
        assert_eq!(function.environment["URL"], "https://t.x/${Raw}");
        assert_eq!(function.environment["OWN"], "1");
    }

    #[test]
    fn the_projects_template_is_understood_whole() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
        let stack = read(&path, &BTreeMap::new(), &place()).unwrap();
        assert_eq!(stack.sockets.as_ref().map(|routes| routes.stage.as_str()), Some("ws"));
        for function in stack.functions.values() {
            // Time is the platform's to move, and nobody's on AWS.
            assert!(!function.environment.contains_key("CLOCK_OFFSET_MS"), "{}", function.name);
            assert!(!function.statements.is_empty(), "{} has no policy", function.name);
        }
        let csp = &stack.headers["DashboardHeaders"];
        assert!(csp.iter().any(
            |(name, value)| name == "content-security-policy" && value.contains("frame-ancestors 'none'")
        ));
    }
}
