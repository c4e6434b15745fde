//! Which kinds of resources get life here, and which are known to be harmless without it.

pub(super) const EMULATED: &[&str] = &[
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudFront::ResponseHeadersPolicy", // on the static mounts that name it
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role", // enforced on the calls of the functions
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission", // looked for where SES or SNS call a function
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy", // looked at where SES writes to the bucket
    "AWS::SES::ConfigurationSet",
    "AWS::SES::ConfigurationSetEventDestination",
    "AWS::SES::EmailIdentity",
    "AWS::SES::ReceiptRule",
    "AWS::SES::ReceiptRuleSet", // active here at once
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic", // between SES and functions; alarms do not ring at home
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::Scheduler::Schedule",
    "AWS::Serverless::Function",
];

/// Inert: nothing happens at home, for the reason beside it.
pub(super) const INERT: &[(&str, &str)] = &[
    ("AWS::CloudFront::Distribution", "static mounts of the configuration stand in"),
    ("AWS::CloudFront::OriginAccessControl", "static mounts of the configuration stand in"),
    ("AWS::CloudWatch::Alarm", "errors show in the log and at /platform/"),
    ("AWS::Cognito::UserPool", "the platform's OpenID provider stands in"),
    ("AWS::Cognito::UserPoolClient", "the platform's OpenID provider stands in"),
    ("AWS::Cognito::UserPoolDomain", "the platform's OpenID provider stands in"),
    ("AWS::Logs::LogGroup", "logs are shown as they come"),
    ("AWS::SQS::QueuePolicy", "what is enforced are the roles of the callers"),
    ("AWS::Scheduler::ScheduleGroup", "schedules need no group"),
];

pub(super) fn is_known(kind: &str) -> bool {
    EMULATED.contains(&kind) || INERT.iter().any(|(inert, _)| *inert == kind)
}
