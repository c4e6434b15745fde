//! What a template says of mail: identities, configuration sets and where their events go, receipt rules, topics with the
//! functions behind them. What SES or SNS would refuse when the stack is made is refused here.

use super::TemplateError;
use super::intrinsics::{ACCOUNT, text};
use super::stack::{FunctionSpec, Resource, function_of, list};
use super::storage::{BucketSpec, lets};
use crate::iam::{Statement, allows, glob};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
pub struct PostSpec {
    pub identities: Vec<IdentitySpec>,
    pub sets: Vec<ConfigurationSetSpec>,
    pub rules: Vec<ReceiptRuleSpec>,
    pub topics: Vec<TopicSpec>,
}

/// An address or a domain that mail may come from.
#[derive(Debug, Clone)]
pub struct IdentitySpec {
    pub name: String,
    pub arn: String,
    /// For mails that name none.
    pub configuration_set: Option<String>,
}

#[derive(Debug, Clone)]
pub struct ConfigurationSetSpec {
    pub name: String,
    pub sending: bool,
    /// `None`: as the account does.
    pub suppressed_reasons: Option<Vec<String>>,
    pub destinations: Vec<EventDestination>,
}

#[derive(Debug, Clone)]
pub struct EventDestination {
    /// As the event's own `eventType` says it, in small letters: `bounce`, `deliverydelay`.
    pub events: Vec<String>,
    pub topic_arn: String,
}

#[derive(Debug, Clone)]
pub struct TopicSpec {
    pub arn: String,
    pub functions: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct ReceiptRuleSpec {
    pub name: String,
    pub rule_set: String,
    /// Addresses, domains, `.domain` for all below it; none: whatever comes to a verified domain.
    pub recipients: Vec<String>,
    pub scan: bool,
    pub actions: Vec<ReceiptAction>,
}

#[derive(Debug, Clone)]
pub enum ReceiptAction {
    Store { bucket: String, prefix: String },
    Invoke { function: String },
    Stop,
}

pub(super) struct Around<'a> {
    pub(super) region: &'a str,
    pub(super) functions: &'a BTreeMap<String, FunctionSpec>,
    pub(super) buckets: &'a [BucketSpec],
    pub(super) roles: &'a BTreeMap<String, Vec<Statement>>,
    pub(super) resources: &'a [Resource],
    /// What `Ref` gives for a resource.
    pub(super) reference: &'a dyn Fn(&str) -> Result<String, TemplateError>,
}

impl Around<'_> {
    fn of(&self, kind: &'static str) -> impl Iterator<Item = &Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    /// `AWS::Lambda::Permission`: whether that service may call the function for that source.
    fn may_invoke(&self, service: &str, function: &str, source: &str) -> bool {
        self.of("AWS::Lambda::Permission").any(|permission| {
            let given = &permission.properties;
            let mine = function_of(self.functions, &permission.name, &text(&given["FunctionName"]))
                .is_ok_and(|name| name == function);
            mine && given["Principal"] == service
                && given["Action"] == "lambda:InvokeFunction"
                && given["SourceArn"].as_str().is_none_or(|pattern| glob(pattern, source))
                && given.get("SourceAccount").is_none_or(|account| text(account) == ACCOUNT)
        })
    }

    fn require_invoke(
        &self,
        at: &str,
        service: &str,
        function: &str,
        source: &str,
    ) -> Result<(), TemplateError> {
        if self.may_invoke(service, function, source) {
            return Ok(());
        }
        let why = format!("no AWS::Lambda::Permission lets {service} call {function} for {source}");
        Err(TemplateError::invalid(at, why))
    }
}

pub(super) fn read(around: &Around<'_>) -> Result<PostSpec, TemplateError> {
    let topics = topics(around)?;
    let sets = sets(around, &topics)?;
    let arn = |kind: &str, name: &str| format!("arn:aws:ses:{}:{ACCOUNT}:{kind}/{name}", around.region);
    let mut identities = Vec::new();
    for identity in around.of("AWS::SES::EmailIdentity") {
        let properties = &identity.properties;
        let name = text(&properties["EmailIdentity"]).to_lowercase();
        let set = properties["ConfigurationSetAttributes"]["ConfigurationSetName"].as_str();
        if let Some(set) = set.filter(|set| !sets.iter().any(|known| known.name == **set)) {
            let why = format!("{set} is not a configuration set of this template");
            return Err(TemplateError::invalid(&identity.name, why));
        }
        identities.push(IdentitySpec {
            arn: arn("identity", &name),
            configuration_set: set.map(str::to_owned),
            name,
        });
    }
    Ok(PostSpec { identities, sets, rules: rules(around)?, topics })
}

fn topics(around: &Around<'_>) -> Result<Vec<TopicSpec>, TemplateError> {
    let mut topics = Vec::new();
    for topic in around.of("AWS::SNS::Topic") {
        let arn = (around.reference)(&topic.name)?;
        let mut functions = Vec::new();
        let own = list(&topic.properties["Subscription"]).iter().map(|one| (topic.name.as_str(), one));
        let apart = around
            .of("AWS::SNS::Subscription")
            .filter(|one| one.properties["TopicArn"] == arn.as_str())
            .map(|one| (one.name.as_str(), &one.properties));
        for (at, subscription) in own.chain(apart) {
            match subscription["Protocol"].as_str().unwrap_or_default() {
                "lambda" => {
                    if subscription.get("FilterPolicy").is_some() {
                        return Err(TemplateError::invalid(at, "filter policies of topics are not emulated"));
                    }
                    let function = function_of(around.functions, at, &text(&subscription["Endpoint"]))?;
                    around.require_invoke(at, "sns.amazonaws.com", &function, &arn)?;
                    functions.push(function);
                }
                // Nobody's telephone rings at home.
                "email" | "email-json" | "sms" => {}
                other => {
                    let why = format!("subscriptions by {other} are not emulated; lambda is");
                    return Err(TemplateError::invalid(at, why));
                }
            }
        }
        topics.push(TopicSpec { arn, functions });
    }
    Ok(topics)
}

fn sets(around: &Around<'_>, topics: &[TopicSpec]) -> Result<Vec<ConfigurationSetSpec>, TemplateError> {
    let mut sets = Vec::new();
    for set in around.of("AWS::SES::ConfigurationSet") {
        let name = (around.reference)(&set.name)?;
        let reasons = set.properties["SuppressionOptions"].get("SuppressedReasons");
        let mut destinations = Vec::new();
        for destination in around
            .of("AWS::SES::ConfigurationSetEventDestination")
            .filter(|one| one.properties["ConfigurationSetName"] == name.as_str())
        {
            let (at, properties) = (&destination.name, &destination.properties["EventDestination"]);
            if properties["Enabled"] == false {
                continue;
            }
            let Some(topic_arn) = properties["SnsDestination"]["TopicARN"].as_str() else {
                let why = "of event destinations only SnsDestination is emulated (events by EventBridge are best effort)";
                return Err(TemplateError::invalid(at, why));
            };
            if !topics.iter().any(|topic| topic.arn == topic_arn) {
                return Err(TemplateError::invalid(
                    at,
                    format!("{topic_arn} is not a topic of this template"),
                ));
            }
            let policies = around
                .of("AWS::SNS::TopicPolicy")
                .filter(|policy| list(&policy.properties["Topics"]).iter().any(|topic| topic == topic_arn))
                .map(|policy| &policy.properties["PolicyDocument"]);
            if !lets(policies, "ses.amazonaws.com", "sns:Publish", topic_arn) {
                let why = format!("no AWS::SNS::TopicPolicy lets ses.amazonaws.com publish to {topic_arn}");
                return Err(TemplateError::invalid(at, why));
            }
            let plain = |event: &Value| text(event).replace('_', "").to_lowercase();
            destinations.push(EventDestination {
                events: list(&properties["MatchingEventTypes"]).iter().map(plain).collect(),
                topic_arn: topic_arn.to_owned(),
            });
        }
        sets.push(ConfigurationSetSpec {
            sending: set.properties["SendingOptions"]["SendingEnabled"] != false,
            suppressed_reasons: reasons.map(|reasons| list(reasons).iter().map(text).collect()),
            destinations,
            name,
        });
    }
    for destination in around.of("AWS::SES::ConfigurationSetEventDestination") {
        let set = text(&destination.properties["ConfigurationSetName"]);
        if !sets.iter().any(|known| known.name == set) {
            let why = format!("{set} is not a configuration set of this template");
            return Err(TemplateError::invalid(&destination.name, why));
        }
    }
    Ok(sets)
}

fn rules(around: &Around<'_>) -> Result<Vec<ReceiptRuleSpec>, TemplateError> {
    let mut rules: Vec<(ReceiptRuleSpec, Option<String>)> = Vec::new();
    for resource in around.of("AWS::SES::ReceiptRule") {
        let (at, properties) = (&resource.name, &resource.properties);
        let rule = &properties["Rule"];
        if rule["Enabled"] == false {
            continue;
        }
        let rule_set = text(&properties["RuleSetName"]);
        let name = rule["Name"].as_str().map_or_else(|| at.clone(), str::to_owned);
        let source = format!(
            "arn:aws:ses:{}:{ACCOUNT}:receipt-rule-set/{rule_set}:receipt-rule/{name}",
            around.region
        );
        let actions = list(&rule["Actions"])
            .iter()
            .map(|action| receipt_action(around, at, action, &source))
            .collect::<Result<Vec<_>, _>>()?;
        let spec = ReceiptRuleSpec {
            recipients: list(&rule["Recipients"]).iter().map(|one| text(one).to_lowercase()).collect(),
            // SES looks for spam and viruses only when it is told to.
            scan: rule["ScanEnabled"] == true,
            name,
            rule_set,
            actions,
        };
        rules.push((spec, properties["After"].as_str().map(str::to_owned)));
    }
    Ok(in_order(rules))
}

/// `After` names the rule that comes before; without it a rule is the first of its set.
fn in_order(mut rules: Vec<(ReceiptRuleSpec, Option<String>)>) -> Vec<ReceiptRuleSpec> {
    let mut ordered: Vec<ReceiptRuleSpec> = Vec::new();
    while !rules.is_empty() {
        let next = rules.iter().position(|(_, after)| {
            after.as_ref().is_none_or(|after| {
                ordered.iter().any(|rule| rule.name == *after)
                    || !rules.iter().any(|(rule, _)| rule.name == *after)
            })
        });
        ordered.push(rules.remove(next.unwrap_or(0)).0);
    }
    ordered
}

fn receipt_action(
    around: &Around<'_>,
    at: &str,
    action: &Value,
    source: &str,
) -> Result<ReceiptAction, TemplateError> {
    if let Some(store) = action.get("S3Action") {
        let bucket = text(&store["BucketName"]);
        let prefix = store["ObjectKeyPrefix"].as_str().unwrap_or_default().to_owned();
        let Some(spec) = around.buckets.iter().find(|spec| spec.name == bucket) else {
            return Err(TemplateError::invalid(at, format!("{bucket} is not a bucket of this template")));
        };
        for other in ["TopicArn", "KmsKeyArn"] {
            if store.get(other).is_some() {
                return Err(TemplateError::invalid(at, format!("{other} of S3Action is not emulated")));
            }
        }
        let object = format!("{}/{prefix}AMAZON_SES_SETUP_NOTIFICATION", spec.arn);
        let by_role = store["IamRoleArn"]
            .as_str()
            .and_then(|role| around.roles.get(role))
            .is_some_and(|statements| allows(statements, "s3:PutObject", &object, &[]));
        let policies = around
            .of("AWS::S3::BucketPolicy")
            .filter(|policy| policy.properties["Bucket"] == bucket.as_str())
            .map(|policy| &policy.properties["PolicyDocument"]);
        if !by_role && !lets(policies, "ses.amazonaws.com", "s3:PutObject", &object) {
            let why = format!(
                "neither an AWS::S3::BucketPolicy nor IamRoleArn lets ses.amazonaws.com put objects into {bucket}/{prefix}"
            );
            return Err(TemplateError::invalid(at, why));
        }
        return Ok(ReceiptAction::Store { bucket, prefix });
    }
    if let Some(invoke) = action.get("LambdaAction") {
        if invoke["InvocationType"] == "RequestResponse" {
            let why = "LambdaAction with RequestResponse is not emulated: a reply waits for nobody's answer";
            return Err(TemplateError::invalid(at, why));
        }
        let function = function_of(around.functions, at, &text(&invoke["FunctionArn"]))?;
        around.require_invoke(at, "ses.amazonaws.com", &function, source)?;
        return Ok(ReceiptAction::Invoke { function });
    }
    if let Some(stop) = action.get("StopAction") {
        if stop["Scope"] == "RuleSet" {
            return Ok(ReceiptAction::Stop);
        }
        return Err(TemplateError::invalid(at, "StopAction has the scope RuleSet"));
    }
    let kind = action.as_object().and_then(|action| action.keys().next()).map_or("nothing", String::as_str);
    Err(TemplateError::invalid(
        at,
        format!("the receipt action {kind} is not emulated; S3Action, LambdaAction and StopAction are"),
    ))
}
