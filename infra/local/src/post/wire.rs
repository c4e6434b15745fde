//! SES on the wire: the Query protocol of its first API (version 2010-12-01), which `aws-sdk-ses` speaks.

use super::send::{self, Outgoing, Rejected};
use super::{Quota, compose};
use crate::calls::{self, Call, Refusing};
use crate::template::dkim_token;
use crate::xml::{nest, text};
use crate::{World, clock};
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::sync::Arc;

const NAMESPACE: &str = "http://ses.amazonaws.com/doc/2010-12-01/";

/// The fields of a request, `Destination.ToAddresses.member.1` and so on.
struct Fields(BTreeMap<String, String>);

impl Fields {
    fn one(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn members(&self, name: &str) -> Vec<&str> {
        (1..).map_while(|number| self.one(&format!("{name}.member.{number}"))).collect()
    }

    fn tags(&self) -> BTreeMap<String, String> {
        let part = |number: usize, part: &str| self.one(&format!("Tags.member.{number}.{part}"));
        (1..)
            .map_while(|number| Some((part(number, "Name")?.to_owned(), part(number, "Value")?.to_owned())))
            .collect()
    }
}

/// One call over the wire.
pub(crate) async fn handle(world: &Arc<World>, headers: &HeaderMap, body: Bytes) -> Response {
    let fields = Fields(url::form_urlencoded::parse(&body).into_owned().collect());
    let operation = fields.one("Action").unwrap_or_default().to_owned();
    if matches!(operation.as_str(), "SendEmail" | "SendRawEmail") {
        return send(world, headers, &operation, &fields).await;
    }
    let action = format!("ses:{operation}");
    let call = Call { operation: &operation, action: &action, resources: &["*"] };
    calls::serve(world, headers, &call, &refuse, async {
        match look(world, &operation, &fields) {
            Ok(result) => answer(&operation, &result),
            Err(rejected) => refusal(&rejected),
        }
    })
    .await
}

async fn send(world: &Arc<World>, headers: &HeaderMap, operation: &str, fields: &Fields) -> Response {
    let outgoing = if operation == "SendEmail" { simple(world, fields) } else { raw(fields) };
    let checked = match outgoing.and_then(send::check) {
        Ok(checked) => checked,
        Err(rejected) => return refusal(&rejected),
    };
    let resources = send::resources(world, &checked);
    let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
    let action = format!("ses:{operation}");
    let call = Call { operation, action: &action, resources: &resources };
    let caller = world.lambda.caller(headers).map_or_else(|| "-".to_owned(), |one| one.function().to_owned());
    calls::serve(world, headers, &call, &refuse, async {
        match send::accept(world, checked, &caller) {
            Ok(id) => answer(operation, &text("MessageId", id)),
            Err(rejected) => refusal(&rejected),
        }
    })
    .await
}

fn raw(fields: &Fields) -> Result<Outgoing, Rejected> {
    let data = fields.one("RawMessage.Data").ok_or_else(|| {
        Rejected::new("ValidationError", "1 validation error detected: RawMessage is missing")
    })?;
    let raw = STANDARD
        .decode(data)
        .map_err(|_| Rejected::new("InvalidParameterValue", "RawMessage.Data is not base64."))?;
    Ok(Outgoing {
        source: fields.one("Source").map(str::to_owned),
        destinations: fields.members("Destinations").into_iter().map(str::to_owned).collect(),
        raw,
        configuration_set: fields.one("ConfigurationSetName").map(str::to_owned),
        tags: fields.tags(),
    })
}

/// `SendEmail`: SES writes the mail from its parts.
fn simple(world: &World, fields: &Fields) -> Result<Outgoing, Rejected> {
    let source = fields
        .one("Source")
        .ok_or_else(|| Rejected::new("ValidationError", "1 validation error detected: Source is missing"))?;
    let to = fields.members("Destination.ToAddresses");
    let (cc, bcc) = (fields.members("Destination.CcAddresses"), fields.members("Destination.BccAddresses"));
    let raw = compose::from_parts(
        source,
        &to,
        &cc,
        &fields.members("ReplyToAddresses"),
        fields.one("Message.Subject.Data").unwrap_or_default(),
        fields.one("Message.Body.Text.Data"),
        fields.one("Message.Body.Html.Data"),
        world.clock.now_ms(),
    );
    Ok(Outgoing {
        source: Some(source.to_owned()),
        destinations: [to, cc, bcc].concat().into_iter().map(str::to_owned).collect(),
        raw,
        configuration_set: fields.one("ConfigurationSetName").map(str::to_owned),
        tags: fields.tags(),
    })
}

/// What only looks at the account.
fn look(world: &World, operation: &str, fields: &Fields) -> Result<String, Rejected> {
    let post = &world.post;
    let known =
        |name: &&&str| post.spec.identities.iter().any(|identity| identity.name == name.to_lowercase());
    let asked = fields.members("Identities");
    let entries = |container: &str, value: &dyn Fn(&str) -> String| {
        let all: String = asked
            .iter()
            .filter(known)
            .map(|name| nest("entry", &(text("key", name) + &nest("value", &value(&name.to_lowercase())))))
            .collect();
        nest(container, &all)
    };
    let status = |name: &str| if post.is_verified(name) { "Success" } else { "Pending" };
    Ok(match operation {
        "GetIdentityVerificationAttributes" => {
            entries("VerificationAttributes", &|name| text("VerificationStatus", status(name)))
        }
        "GetIdentityDkimAttributes" => entries("DkimAttributes", &|name| {
            let tokens: String =
                ['1', '2', '3'].iter().map(|number| text("member", dkim_token(name, *number))).collect();
            // An address has no records of its own.
            let of_domain = !name.contains('@');
            [
                text("DkimEnabled", of_domain),
                text("DkimVerificationStatus", if of_domain { status(name) } else { "NotStarted" }),
                if of_domain { nest("DkimTokens", &tokens) } else { String::new() },
            ]
            .concat()
        }),
        "GetIdentityMailFromDomainAttributes" => {
            entries("MailFromDomainAttributes", &|_| text("BehaviorOnMXFailure", "UseDefaultValue"))
        }
        "GetSendQuota" => {
            let Quota { per_day, per_second, .. } = post.quota();
            let now_ms = world.clock.now_ms();
            let sent = post.sent.lock().expect("no holder panics");
            let sent = sent.iter().filter(|at| **at + super::DAY_MS > now_ms).count();
            [
                text("Max24HourSend", format!("{per_day}.0")),
                // What AWS gives to accounts that have left the sandbox.
                text("MaxSendRate", format!("{}.0", if per_second == 0 { 14 } else { per_second })),
                text("SentLast24Hours", format!("{sent}.0")),
            ]
            .concat()
        }
        "GetAccountSendingEnabled" => text("Enabled", true),
        "ListIdentities" => {
            let all: String = post.spec.identities.iter().map(|one| text("member", &one.name)).collect();
            nest("Identities", &all)
        }
        other => {
            return Err(Rejected::new(
                "InvalidAction",
                format!("the local platform does not know the operation {other}"),
            ));
        }
    })
}

fn answer(operation: &str, result: &str) -> Response {
    let body = format!(
        "<{operation}Response xmlns=\"{NAMESPACE}\">{}{}</{operation}Response>",
        nest(&format!("{operation}Result"), result),
        nest("ResponseMetadata", &text("RequestId", clock::uuid()))
    );
    (StatusCode::OK, [("content-type", "text/xml")], body).into_response()
}

fn refuse(why: &Refusing) -> Response {
    refusal(&match why {
        Refusing::Denied(message) => {
            Rejected { status: StatusCode::FORBIDDEN, ..Rejected::new("AccessDenied", message.clone()) }
        }
        Refusing::Throttled => Rejected::new("Throttling", "Maximum sending rate exceeded."),
        Refusing::Broken => Rejected {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Rejected::new("InternalFailure", "An internal error occurred.")
        },
    })
}

fn refusal(rejected: &Rejected) -> Response {
    let side = if rejected.status.is_server_error() { "Receiver" } else { "Sender" };
    let error = nest(
        "Error",
        &[text("Type", side), text("Code", rejected.code), text("Message", &rejected.message)].concat(),
    );
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\">{error}{}</ErrorResponse>",
        text("RequestId", clock::uuid())
    );
    (rejected.status, [("content-type", "text/xml")], body).into_response()
}
