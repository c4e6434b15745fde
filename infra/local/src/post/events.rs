//! What SES tells of the mails that it took: events in AWS's shapes, through the topics of the mail's configuration set to the
//! functions behind them.

use super::{Bounce, Mail, Message, message};
use crate::template::ACCOUNT;
use crate::{World, clock, lambda};
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub(super) fn sent(world: &Arc<World>, mail: &Mail, identity_arn: &str, domain: &str, caller: &str) {
    // The others say nothing of these, so they are kept with the first.
    let mut told = about(world, mail);
    told["sourceArn"] = json!(identity_arn);
    told["tags"]["ses:from-domain"] = json!([domain]);
    told["tags"]["ses:caller-identity"] = json!([caller]);
    publish(world, mail, "Send", "send", json!({}), told);
}

pub(super) fn delivered(world: &Arc<World>, mail: &Mail) {
    let detail = json!({
        "timestamp": now(world),
        "processingTimeMillis": 400,
        "recipients": [mail.mailbox],
        "smtpResponse": "250 2.0.0 OK",
        "reportingMTA": format!("a1-1.smtp-out.{}", super::send::mail_host(world)),
    });
    publish(world, mail, "Delivery", "delivery", detail, about(world, mail));
}

pub(super) fn bounced(world: &Arc<World>, mail: &Mail, how: Bounce) {
    let (kind, subtype, status, code) = match how {
        Bounce::Permanent => ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown"),
        Bounce::Transient => ("Transient", "MailboxFull", "5.2.2", "smtp; 552 5.2.2 mailbox full"),
    };
    bounce(world, mail, kind, subtype, status, code);
}

pub(super) fn suppressed(world: &Arc<World>, mail: &Mail) {
    let code = "Amazon SES did not send the message to this address because it is on the suppression list for your account.";
    bounce(world, mail, "Permanent", "OnAccountSuppressionList", "5.1.1", code);
}

fn bounce(world: &Arc<World>, mail: &Mail, kind: &str, subtype: &str, status: &str, code: &str) {
    let detail = json!({
        "feedbackId": feedback_id(world),
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": [{
            "emailAddress": mail.mailbox, "action": "failed", "status": status, "diagnosticCode": code,
        }],
        "timestamp": now(world),
        "reportingMTA": "dns; mx.local",
    });
    publish(world, mail, "Bounce", "bounce", detail, about(world, mail));
}

pub(super) fn complained(world: &Arc<World>, mail: &Mail) {
    let detail = json!({
        "feedbackId": feedback_id(world),
        "complaintSubType": null,
        "complainedRecipients": [{ "emailAddress": mail.mailbox }],
        "timestamp": now(world),
        "userAgent": "Mostly harmless (local platform)",
        "complaintFeedbackType": "abuse",
        "arrivalDate": now(world),
    });
    publish(world, mail, "Complaint", "complaint", detail, about(world, mail));
}

/// `mail` of an event: what was sent, without what it said.
fn about(world: &World, mail: &Mail) -> Value {
    let read = Message::read(mail.raw());
    let (headers, truncated) = headers(mail.raw());
    let list = |people: &[super::message::Person]| -> Vec<String> {
        people.iter().map(ToString::to_string).collect()
    };
    let mut tags: Map<String, Value> =
        mail.tags.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    if let Some(set) = &mail.configuration_set {
        tags.insert("ses:configuration-set".into(), json!([set]));
    }
    json!({
        "timestamp": clock::rfc_3339(mail.at_ms),
        "source": mail.envelope_from,
        "sendingAccountId": ACCOUNT,
        "messageId": mail.message_id,
        "destination": mail.recipients,
        "headersTruncated": truncated,
        "headers": headers,
        "commonHeaders": {
            "from": list(&read.from), "to": list(&read.to), "subject": read.subject,
            "date": super::send::rfc_2822(mail.at_ms), "messageId": mail.message_id,
        },
        "tags": tags,
        "sourceArn": world.post.identity_of(&mail.envelope_from).map(|identity| identity.arn.clone()),
    })
}

/// The header fields as events list them: the first 10 KB of them.
pub(super) fn headers(raw: &[u8]) -> (Vec<Value>, bool) {
    const MOST: usize = 10 * 1_024;
    let (mut listed, mut size) = (Vec::new(), 0);
    for field in message::split(raw).0 {
        size += field.lines.len();
        if size > MOST {
            return (listed, true);
        }
        listed.push(json!({ "name": field.name, "value": field.value() }));
    }
    (listed, false)
}

fn publish(world: &Arc<World>, mail: &Mail, event_type: &str, field: &str, detail: Value, about: Value) {
    let set = mail.configuration_set.as_deref();
    let Some(set) = world.post.spec.sets.iter().find(|known| set == Some(known.name.as_str())) else {
        return;
    };
    let mut event = json!({ "eventType": event_type, "mail": about });
    event[field] = detail;
    for destination in &set.destinations {
        if destination.events.contains(&event_type.to_lowercase()) {
            notify(world, &destination.topic_arn, &event.to_string());
        }
    }
}

/// SNS, as far as SES needs it: the message to each function that subscribes to the topic.
fn notify(world: &Arc<World>, topic_arn: &str, message: &str) {
    let Some(topic) = world.post.spec.topics.iter().find(|topic| topic.arn == topic_arn) else { return };
    for function in &topic.functions {
        let event = json!({ "Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": format!("{topic_arn}:{}", clock::uuid()),
            "Sns": {
                "Type": "Notification",
                "MessageId": clock::uuid(),
                "TopicArn": topic_arn,
                "Subject": "Amazon SES Email Event Notification",
                "Message": message,
                "Timestamp": now(world),
                "SignatureVersion": "1",
                "Signature": "local",
                "SigningCertUrl": "https://sns.local/local.pem",
                "UnsubscribeUrl": "https://sns.local/",
                "MessageAttributes": {},
            },
        }] });
        world.metrics.change(|all| all.notifications += 1);
        lambda::accept(world, function, event.to_string().into_bytes());
    }
}

fn feedback_id(world: &World) -> String {
    format!("0102{:012x}-{}-000000", world.clock.now_ms(), clock::uuid())
}

fn now(world: &World) -> String {
    clock::rfc_3339(world.clock.now_ms())
}
