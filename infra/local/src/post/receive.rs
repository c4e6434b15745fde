//! Mail that comes in: the receipt rules of the template decide, S3 keeps it as it came with SES's findings before it, and the
//! function is told.

use super::events::headers;
use super::send::rfc_2822;
use super::{Mail, MailState, Message, Told, Verdict, Verdicts};
use crate::template::{ReceiptAction, ReceiptRuleSpec};
use crate::{World, clock, lambda};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What SES takes in, at most.
const MOST_BYTES: usize = 40 * 1_024 * 1_024;
/// Incoming mail is billed by its whole pieces of 256 KB.
const CHUNK: usize = 256 * 1_024;

/// A mail on its way in.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// Of the envelope; empty: the null sender of bounces and auto-responders.
    pub from: String,
    /// Of the envelope.
    pub to: Vec<String>,
    pub raw: Vec<u8>,
    pub verdicts: Verdicts,
    /// In whose mailbox a copy stays, as sent; `None`: in nobody's.
    pub author: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Received {
    /// The id under which SES took it; none: it did not.
    pub message_id: Option<String>,
    /// The rules that took it, in their order.
    pub rules: Vec<String>,
    /// Where it was stored: bucket and key.
    pub object: Option<(String, String)>,
    /// Why it was not taken, as its sender's server is told.
    pub refused: Option<String>,
    /// The number of its copy in its author's mailbox.
    pub mail: Option<u64>,
    /// Addresses that are nobody's of ours; the mail lies in their mailboxes.
    pub delivered: Vec<String>,
}

/// Whether mail to the address comes to SES.
pub(super) fn is_ours(world: &World, address: &str) -> bool {
    world.post.spec.rules.iter().any(|rule| takes(world, rule, address))
}

pub(crate) fn receive(world: &Arc<World>, inbound: Inbound) -> Received {
    let read = Message::read(&inbound.raw);
    let (ours, others): (Vec<String>, Vec<String>) =
        inbound.to.iter().map(|to| to.to_lowercase()).partition(|to| is_ours(world, to));
    let mut outcome = Received::default();
    let mut told = Vec::new();
    if inbound.raw.len() > MOST_BYTES {
        outcome.refused = Some("552 5.3.4 Message size exceeds fixed limit".into());
    } else if ours.is_empty() && others.iter().all(|to| world.post.identity_of(to).is_some()) {
        outcome.refused = Some("550 5.1.1 Requested action not taken: mailbox unavailable".into());
    } else {
        if !ours.is_empty() {
            told = take(world, &inbound, &ours, &mut outcome);
        }
        // The rest is the world's, which is here.
        for mailbox in others {
            world.post.lay(copy(world, &inbound, &read, &mailbox, false, MailState::Delivered));
            outcome.delivered.push(mailbox);
        }
    }
    if let Some(author) = &inbound.author {
        let state = match (&outcome.refused, &outcome.message_id) {
            (Some(why), _) => MailState::Refused { why: why.clone() },
            (None, Some(_)) => MailState::Received {
                rules: outcome.rules.clone(),
                object: outcome.object.as_ref().map(|(bucket, key)| format!("{bucket}/{key}")),
            },
            (None, None) => MailState::Delivered,
        };
        let mut mail = copy(world, &inbound, &read, &author.to_lowercase(), true, state);
        mail.message_id = outcome.message_id.clone().unwrap_or_default();
        let id = world.post.lay(mail);
        world.post.told.lock().expect("no holder panics").insert(id, told);
        outcome.mail = Some(id);
    }
    outcome
}

/// Tells the functions once more of a mail that came in: what is delivered at least once may come twice.
pub(crate) fn again(world: &Arc<World>, id: u64) -> usize {
    let told = world.post.told.lock().expect("no holder panics").get(&id).cloned().unwrap_or_default();
    for (function, event) in &told {
        lambda::accept(world, function, event.clone());
    }
    told.len()
}

/// Rules in their order, actions in theirs.
fn take(world: &Arc<World>, inbound: &Inbound, ours: &[String], outcome: &mut Received) -> Vec<Told> {
    let id = format!("{}{}", clock::uuid(), clock::uuid()).replace('-', "")[..40].to_owned();
    world.metrics.change(|all| {
        all.mails_received += 1;
        all.mail_chunks += u64::try_from(inbound.raw.len() / CHUNK).unwrap_or(u64::MAX);
    });
    outcome.message_id = Some(id.clone());
    let mut told = Vec::new();
    'rules: for rule in &world.post.spec.rules {
        let mine: Vec<&String> = ours.iter().filter(|to| takes(world, rule, to)).collect();
        if mine.is_empty() {
            continue;
        }
        outcome.rules.push(rule.name.clone());
        let stamped = stamped(world, inbound, &id, mine[0], rule.scan);
        for action in &rule.actions {
            match action {
                ReceiptAction::Store { bucket, prefix } => {
                    let key = format!("{prefix}{id}");
                    store(world, bucket, &key, &stamped);
                    outcome.object = Some((bucket.clone(), key));
                }
                ReceiptAction::Invoke { function } => {
                    let event = event(world, inbound, &stamped, &id, &mine, rule, function).to_string();
                    told.push((function.clone(), event.clone().into_bytes()));
                    lambda::accept(world, function, event.into_bytes());
                }
                ReceiptAction::Stop => break 'rules,
            }
        }
    }
    told
}

fn store(world: &World, bucket: &str, key: &str, body: &[u8]) {
    world.metrics.change(|all| all.storage_writes += 1);
    if let Err(error) = world.buckets.put(bucket, key, BTreeMap::new(), body, world.clock.now_ms()) {
        world.log.say(format!("the mail {key} could not be stored: {error}"));
    }
}

/// What SES leaves in the bucket when a rule is made; who reads all that is there meets it.
pub(crate) fn announce(world: &World) {
    for rule in &world.post.spec.rules {
        for action in &rule.actions {
            if let ReceiptAction::Store { bucket, prefix } = action {
                let key = format!("{prefix}AMAZON_SES_SETUP_NOTIFICATION");
                let body = format!(
                    "Hello,\r\n\r\nThis bucket takes the mail of the receipt rule {} of {}.\r\n",
                    rule.name, rule.rule_set
                );
                store(world, bucket, &key, body.as_bytes());
            }
        }
    }
}

/// An address, a domain or `.domain` for those below it; what follows a `+` is the reader's own.
fn takes(world: &World, rule: &ReceiptRuleSpec, address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    if rule.recipients.is_empty() {
        let identity = world.post.identity_of(address);
        return identity.is_some_and(|identity| world.post.is_verified(&identity.name));
    }
    let plain = format!("{}@{domain}", local.split('+').next().unwrap_or(local));
    rule.recipients.iter().any(|wanted| {
        *wanted == address
            || *wanted == plain
            || *wanted == domain
            || (wanted.starts_with('.') && domain.ends_with(wanted.as_str()))
    })
}

/// The mail with SES's findings before it, as it lies in the bucket.
fn stamped(world: &World, inbound: &Inbound, id: &str, recipient: &str, scan: bool) -> Vec<u8> {
    let read = Message::read(&inbound.raw);
    let domain_of = |address: &str| address.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
    let header_domain = read.from.first().map_or_else(String::new, |from| domain_of(&from.address));
    // The null sender has no domain; its server has a name all the same.
    let envelope_domain = Some(domain_of(&inbound.from)).filter(|domain| !domain.is_empty());
    let envelope_domain = envelope_domain.unwrap_or_else(|| header_domain.clone());
    let (verdicts, helo) = (inbound.verdicts, format!("mx.{envelope_domain}"));
    let scanned = |verdict: Verdict| if scan { verdict.word() } else { "DISABLED" };
    let (spf, explained) = match verdicts.spf {
        Verdict::Pass => {
            ("pass", format!("domain of {envelope_domain} designates 127.0.0.1 as permitted sender"))
        }
        Verdict::Fail => {
            ("fail", format!("domain of {envelope_domain} does not designate 127.0.0.1 as permitted sender"))
        }
        Verdict::Gray => {
            ("none", format!("127.0.0.1 is neither permitted nor denied by domain of {envelope_domain}"))
        }
        Verdict::ProcessingFailed => ("temperror", "error in processing during lookup".to_owned()),
    };
    let spf = format!(
        "{spf} (spfCheck: {explained}) client-ip=127.0.0.1; envelope-from={}; helo={helo};",
        inbound.from
    );
    let dkim = match verdicts.dkim {
        Verdict::Pass => format!("dkim=pass header.i=@{header_domain};"),
        Verdict::Fail => format!("dkim=fail header.i=@{header_domain};"),
        Verdict::Gray | Verdict::ProcessingFailed => "dkim=none;".to_owned(),
    };
    let dmarc = match verdicts.dmarc {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Gray | Verdict::ProcessingFailed => "none",
    };
    let mut out = format!(
        "Return-Path: <{from}>\r\n\
         Received: from {helo} ({helo} [127.0.0.1])\r\n by inbound-smtp.{region}.amazonaws.com with SMTP id {id}\r\n for {recipient};\r\n {date} (UTC)\r\n\
         X-SES-Spam-Verdict: {spam}\r\nX-SES-Virus-Verdict: {virus}\r\n\
         Received-SPF: {spf}\r\n\
         Authentication-Results: amazonses.com;\r\n spf={spf}\r\n {dkim}\r\n dmarc={dmarc} header.from={header_domain};\r\n\
         X-SES-RECEIPT: local\r\n",
        from = inbound.from,
        region = world.place.region,
        date = rfc_2822(world.clock.now_ms()),
        spam = scanned(verdicts.spam),
        virus = scanned(verdicts.virus),
    )
    .into_bytes();
    out.extend_from_slice(&inbound.raw);
    out
}

/// What the function of a Lambda action is told. The mail itself it finds where an action before stored it.
fn event(
    world: &World,
    inbound: &Inbound,
    stamped: &[u8],
    id: &str,
    recipients: &[&String],
    rule: &ReceiptRuleSpec,
    function: &str,
) -> Value {
    let read = Message::read(&inbound.raw);
    let now = clock::rfc_3339(world.clock.now_ms());
    let list = |people: &[super::message::Person]| -> Vec<String> {
        people.iter().map(ToString::to_string).collect()
    };
    let (headers, truncated) = headers(stamped);
    let verdicts = inbound.verdicts;
    let scanned = |verdict: Verdict| json!({ "status": if rule.scan { verdict.word() } else { "DISABLED" } });
    let status = |verdict: Verdict| json!({ "status": verdict.word() });
    let mut common = json!({
        "returnPath": inbound.from, "from": list(&read.from), "date": read.date, "to": list(&read.to),
        "messageId": read.message_id, "subject": read.subject,
    });
    for (field, people) in [("cc", &read.cc), ("replyTo", &read.reply_to)] {
        if !people.is_empty() {
            common[field] = json!(list(people));
        }
    }
    let mut receipt = json!({
        "timestamp": now,
        "processingTimeMillis": 100,
        "recipients": recipients,
        "spamVerdict": scanned(verdicts.spam),
        "virusVerdict": scanned(verdicts.virus),
        "spfVerdict": status(verdicts.spf),
        "dkimVerdict": status(verdicts.dkim),
        "dmarcVerdict": status(verdicts.dmarc),
        "action": {
            "type": "Lambda",
            "functionArn": world.lambda.spec(function).map(|spec| spec.arn.clone()),
            "invocationType": "Event",
        },
    });
    if verdicts.dmarc == Verdict::Fail {
        receipt["dmarcPolicy"] = json!("reject");
    }
    json!({ "Records": [{ "eventSource": "aws:ses", "eventVersion": "1.0", "ses": {
        "mail": {
            "timestamp": now, "source": inbound.from, "messageId": id, "destination": inbound.to,
            "headersTruncated": truncated, "headers": headers, "commonHeaders": common,
        },
        "receipt": receipt,
    } }] })
}

fn copy(
    world: &World,
    inbound: &Inbound,
    read: &Message,
    mailbox: &str,
    outgoing: bool,
    state: MailState,
) -> Mail {
    let list = |people: &[super::message::Person]| -> Vec<String> {
        people.iter().map(ToString::to_string).collect()
    };
    Mail {
        id: 0,
        mailbox: mailbox.to_owned(),
        outgoing,
        at_ms: world.clock.now_ms(),
        from: list(&read.from).join(", "),
        to: if read.to.is_empty() { inbound.to.clone() } else { list(&read.to) },
        subject: read.subject.clone(),
        preview: read.preview(),
        message_id: String::new(),
        envelope_from: inbound.from.clone(),
        recipients: inbound.to.clone(),
        configuration_set: None,
        tags: BTreeMap::new(),
        unread: !outgoing,
        state,
        size: inbound.raw.len(),
        attachments: read.attachments.iter().filter(|one| !one.inline).count(),
        raw: inbound.raw.clone().into(),
    }
}
