//! What calls functions beside the two APIs: streams, queues and schedules, and what becomes of events that nobody waits for.
//! What AWS would refuse when the stack is made (a role that may not read its queue, a third reader of a stream) is refused here.

use super::TemplateError;
use super::intrinsics::{ACCOUNT, text};
use super::stack::{FunctionSpec, Resource, TableSpec, function_of, list};
use crate::iam::{self, Statement};
use crate::schedules::Expression;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct QueueSpec {
    pub name: String,
    pub url: String,
    pub arn: String,
    pub visibility: Duration,
    pub delay: Duration,
    /// How long ReceiveMessage waits when it is not said.
    pub wait: Duration,
    pub retention: Duration,
    /// The largest message, in bytes.
    pub largest: usize,
    pub redrive: Option<Redrive>,
}

/// Where what is received too often goes.
#[derive(Debug, Clone)]
pub struct Redrive {
    pub queue_arn: String,
    pub receives: u32,
}

/// A stream to a function.
#[derive(Debug, Clone)]
pub struct MappingSpec {
    pub function: String,
    pub table: String,
    pub stream_arn: String,
    pub batch_size: usize,
    pub window: Duration,
    pub from_start: bool,
    pub bisect: bool,
    pub partial_failures: bool,
    /// None: until the record expires.
    pub retries: Option<u32>,
    /// None: as long as the stream keeps it, a day.
    pub oldest: Option<Duration>,
    /// The ARN of the queue that is told of what was given up.
    pub on_failure: Option<String>,
    pub patterns: Vec<Value>,
}

/// A queue to a function.
#[derive(Debug, Clone)]
pub struct QueueMappingSpec {
    pub function: String,
    pub queue_arn: String,
    pub batch_size: usize,
    pub window: Duration,
    pub partial_failures: bool,
    /// `MaximumConcurrency`
    pub most_at_once: Option<usize>,
    pub patterns: Vec<Value>,
}

/// How a function's asynchronous events are tried, and where they end. Destinations are ARNs of queues.
#[derive(Debug, Clone)]
pub struct AsynchronousSpec {
    pub retries: u32,
    pub oldest: Duration,
    pub on_success: Option<String>,
    pub on_failure: Option<String>,
    pub dead_letters: Option<String>,
}

#[derive(Debug, Clone)]
pub struct ScheduleSpec {
    pub name: String,
    pub arn: String,
    pub expression: Expression,
    pub zone: TimeZone,
    pub target: Target,
    pub input: Option<String>,
    /// By EventBridge Scheduler, which bills for it; otherwise by a rule of the event bus.
    pub by_scheduler: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Function(String),
    /// Its ARN.
    Queue(String),
}

type Functions = BTreeMap<String, FunctionSpec>;

pub(super) fn queue(resource: &Resource, url: String, arn: String) -> Result<QueueSpec, TemplateError> {
    let (name, properties) = (&resource.name, &resource.properties);
    if properties["FifoQueue"] == true {
        return Err(TemplateError::invalid(name, "FIFO queues are not emulated; use a standard one"));
    }
    let seconds = |property: &str, otherwise: u64, most: u64| {
        let value = number(&properties[property]).unwrap_or(otherwise);
        if value <= most {
            Ok(Duration::from_secs(value))
        } else {
            Err(TemplateError::invalid(name, format!("{property} is at most {most} seconds")))
        }
    };
    let redrive = &properties["RedrivePolicy"];
    let redrive = match number(&redrive["maxReceiveCount"]).and_then(|count| u32::try_from(count).ok()) {
        Some(receives) => Some(Redrive { queue_arn: text(&redrive["deadLetterTargetArn"]), receives }),
        None if redrive.is_null() => None,
        None => return Err(TemplateError::invalid(name, "RedrivePolicy needs maxReceiveCount")),
    };
    Ok(QueueSpec {
        name: url.rsplit('/').next().unwrap_or_default().to_owned(),
        visibility: seconds("VisibilityTimeout", 30, 43_200)?,
        delay: seconds("DelaySeconds", 0, 900)?,
        wait: seconds("ReceiveMessageWaitTimeSeconds", 0, 20)?,
        retention: seconds("MessageRetentionPeriod", 345_600, 1_209_600)?,
        largest: number(&properties["MaximumMessageSize"])
            .and_then(|bytes| usize::try_from(bytes).ok())
            .unwrap_or(1_048_576),
        redrive,
        url,
        arn,
    })
}

/// Dead letters can only go where there is a queue.
pub(super) fn check_redrives(queues: &[QueueSpec]) -> Result<(), TemplateError> {
    for queue in queues {
        if let Some(redrive) = &queue.redrive {
            known_queue(queues, &queue.name, &redrive.queue_arn)?;
        }
    }
    Ok(())
}

/// `EventInvokeConfig` and `DeadLetterQueue` of a function, or the resource that says the former.
pub(super) fn asynchronous(
    at: &str,
    config: &Value,
    dead_letters: &Value,
    statements: &[Statement],
    queues: &[QueueSpec],
) -> Result<AsynchronousSpec, TemplateError> {
    let destination = |value: &Value| -> Result<Option<String>, TemplateError> {
        if value.is_null() {
            return Ok(None);
        }
        let arn = text(value);
        known_queue(queues, at, &arn)?;
        require(at, statements, &["sqs:SendMessage"], &arn)?;
        Ok(Some(arn))
    };
    let destinations = &config["DestinationConfig"];
    Ok(AsynchronousSpec {
        retries: number(&config["MaximumRetryAttempts"]).map_or(2, |retries| retries.min(2) as u32),
        oldest: Duration::from_secs(number(&config["MaximumEventAgeInSeconds"]).unwrap_or(21_600)),
        on_success: destination(&destinations["OnSuccess"]["Destination"])?,
        on_failure: destination(&destinations["OnFailure"]["Destination"])?,
        dead_letters: destination(&dead_letters["TargetArn"])?,
    })
}

pub(super) fn mappings<'a>(
    resources: impl Iterator<Item = &'a Resource>,
    functions: &Functions,
    tables: &[TableSpec],
    queues: &[QueueSpec],
) -> Result<(Vec<MappingSpec>, Vec<QueueMappingSpec>), TemplateError> {
    let (mut of_streams, mut of_queues): (Vec<MappingSpec>, Vec<QueueMappingSpec>) = (Vec::new(), Vec::new());
    for mapping in resources.filter(|mapping| mapping.properties["Enabled"] != false) {
        let (at, properties) = (&mapping.name, &mapping.properties);
        for name in ["ParallelizationFactor", "TumblingWindowInSeconds"] {
            if number(&properties[name]).is_some_and(|value| value > 1) {
                return Err(TemplateError::invalid(at, format!("{name} is not emulated")));
            }
        }
        let function = function_of(functions, at, &text(&properties["FunctionName"]))?;
        let spec = &functions[&function];
        let source = text(&properties["EventSourceArn"]);
        let window = Duration::from_secs(number(&properties["MaximumBatchingWindowInSeconds"]).unwrap_or(0));
        let batch_size = |otherwise: usize| {
            number(&properties["BatchSize"]).and_then(|size| usize::try_from(size).ok()).unwrap_or(otherwise)
        };
        let partial_failures =
            list(&properties["FunctionResponseTypes"]).iter().any(|kind| kind == "ReportBatchItemFailures");
        let patterns = patterns(at, properties)?;
        if let Some(queue) = queues.iter().find(|queue| queue.arn == source) {
            let actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
            require(at, &spec.statements, &actions, &queue.arn)?;
            if queue.visibility < spec.timeout {
                return Err(TemplateError::invalid(
                    at,
                    format!(
                        "the visibility timeout of {} ({} s) is less than the timeout of {function} ({} s): what takes long would be handled twice",
                        queue.name,
                        queue.visibility.as_secs(),
                        spec.timeout.as_secs()
                    ),
                ));
            }
            let most = number(&properties["ScalingConfig"]["MaximumConcurrency"]);
            of_queues.push(QueueMappingSpec {
                function,
                queue_arn: source,
                batch_size: batch_size(10),
                window,
                partial_failures,
                most_at_once: most.and_then(|most| usize::try_from(most).ok()),
                patterns,
            });
            continue;
        }
        let Some(table) = tables.iter().find(|table| source.starts_with(&format!("{}/stream/", table.arn)))
        else {
            let message = format!("{source} is neither the stream of a table nor a queue of this template");
            return Err(TemplateError::invalid(at, message));
        };
        let actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
        require(at, &spec.statements, &actions, &source)?;
        if of_streams.iter().filter(|other| other.table == table.name).count() == 2 {
            let message = format!("the stream of {} has two readers, and AWS serves no third", table.name);
            return Err(TemplateError::invalid(at, message));
        }
        let on_failure = &properties["DestinationConfig"]["OnFailure"]["Destination"];
        let on_failure = on_failure.as_str().map(str::to_owned);
        if let Some(queue) = &on_failure {
            known_queue(queues, at, queue)?;
            require(at, &spec.statements, &["sqs:SendMessage"], queue)?;
        }
        of_streams.push(MappingSpec {
            function,
            table: table.name.clone(),
            stream_arn: source,
            batch_size: batch_size(100),
            window,
            from_start: properties["StartingPosition"] != "LATEST",
            bisect: properties["BisectBatchOnFunctionError"] == true,
            partial_failures,
            // -1, as nothing, is: until the record expires.
            retries: number(&properties["MaximumRetryAttempts"]).and_then(|count| u32::try_from(count).ok()),
            oldest: number(&properties["MaximumRecordAgeInSeconds"]).map(Duration::from_secs),
            on_failure,
            patterns,
        });
    }
    Ok((of_streams, of_queues))
}

fn patterns(at: &str, properties: &Value) -> Result<Vec<Value>, TemplateError> {
    list(&properties["FilterCriteria"]["Filters"])
        .iter()
        .map(|filter| {
            serde_json::from_str(&text(&filter["Pattern"]))
                .map_err(|error| TemplateError::invalid(at, format!("a filter pattern is not JSON: {error}")))
        })
        .collect()
}

/// `AWS::Scheduler::Schedule`
pub(super) fn schedule(
    resource: &Resource,
    region: &str,
    functions: &Functions,
    queues: &[QueueSpec],
    roles: &BTreeMap<String, Vec<Statement>>,
) -> Result<Option<ScheduleSpec>, TemplateError> {
    let (at, properties) = (&resource.name, &resource.properties);
    if properties["State"] == "DISABLED" {
        return Ok(None);
    }
    let wanted = &properties["Target"];
    let arn = text(&wanted["Arn"]);
    let role = roles.get(&text(&wanted["RoleArn"])).ok_or_else(|| {
        TemplateError::invalid(at, "Target.RoleArn is not a role of this template; a schedule needs one")
    })?;
    let target = if queues.iter().any(|queue| queue.arn == arn) {
        require(at, role, &["sqs:SendMessage"], &arn)?;
        Target::Queue(arn)
    } else {
        let function = function_of(functions, at, &arn)?;
        require(at, role, &["lambda:InvokeFunction"], &functions[&function].arn)?;
        Target::Function(function)
    };
    Ok(Some(ScheduleSpec {
        name: at.clone(),
        arn: format!("arn:aws:scheduler:{region}:{ACCOUNT}:schedule/default/{at}"),
        expression: expression(at, &properties["ScheduleExpression"])?,
        zone: zone(at, &properties["ScheduleExpressionTimezone"])?,
        target,
        input: wanted["Input"].as_str().map(str::to_owned),
        by_scheduler: true,
    }))
}

/// The `Events` of a SAM function: its schedules. Other kinds are refused, for they would be lost in silence.
pub(super) fn function_schedules(
    function: &Resource,
    region: &str,
) -> Result<Vec<ScheduleSpec>, TemplateError> {
    let mut all = Vec::new();
    for (event, body) in function.properties["Events"].as_object().into_iter().flatten() {
        let at = format!("{}.Events.{event}", function.name);
        let (kind, properties) = (body["Type"].as_str().unwrap_or_default(), &body["Properties"]);
        let (when, by_scheduler) = match kind {
            "Schedule" => (&properties["Schedule"], false),
            "ScheduleV2" => (&properties["ScheduleExpression"], true),
            other => {
                let message = format!(
                    "the event type {other} is not emulated; write it as a resource of its own (Schedule and ScheduleV2 are)"
                );
                return Err(TemplateError::invalid(at, message));
            }
        };
        if properties["Enabled"] == false || properties["State"] == "DISABLED" {
            continue;
        }
        let name = format!("{}{event}", function.name);
        let arn = if by_scheduler {
            format!("arn:aws:scheduler:{region}:{ACCOUNT}:schedule/default/{name}")
        } else {
            format!("arn:aws:events:{region}:{ACCOUNT}:rule/{name}")
        };
        all.push(ScheduleSpec {
            arn,
            expression: expression(&at, when)?,
            zone: zone(&at, &properties["ScheduleExpressionTimezone"])?,
            target: Target::Function(function.name.clone()),
            input: properties["Input"].as_str().map(str::to_owned),
            by_scheduler,
            name,
        });
    }
    Ok(all)
}

fn expression(at: &str, value: &Value) -> Result<Expression, TemplateError> {
    Expression::parse(value.as_str().unwrap_or_default())
        .map_err(|message| TemplateError::invalid(at, message))
}

fn zone(at: &str, value: &Value) -> Result<TimeZone, TemplateError> {
    let name = value.as_str().unwrap_or("UTC");
    TimeZone::get(name).map_err(|_| TemplateError::invalid(at, format!("there is no time zone {name}")))
}

fn known_queue(queues: &[QueueSpec], at: &str, arn: &str) -> Result<(), TemplateError> {
    if queues.iter().any(|queue| queue.arn == arn) {
        return Ok(());
    }
    Err(TemplateError::invalid(at, format!("{arn} is not a queue of this template")))
}

fn require(
    at: &str,
    statements: &[Statement],
    actions: &[&str],
    resource: &str,
) -> Result<(), TemplateError> {
    match actions.iter().find(|action| !iam::allows(statements, action, resource, &[])) {
        None => Ok(()),
        Some(action) => {
            Err(TemplateError::invalid(at, format!("its role does not allow {action} on {resource}")))
        }
    }
}

/// A number, also when it is written as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}
