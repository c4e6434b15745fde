//! What SES takes, what it makes of it, and where it goes.

use super::message::{self, Message, Person};
use super::{Bounce, DAY_MS, Inbound, Mail, MailState, Verdict, Verdicts, events};
use crate::World;
use crate::clock;
use crate::template::{ConfigurationSetSpec, IdentitySpec};
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The largest mail of this API, encoded as it travels.
const MOST_BYTES: usize = 10 * 1_024 * 1_024;
const MOST_RECIPIENTS: usize = 50;
/// Of a line without its end (RFC 5322).
const LONGEST_LINE: usize = 998;
/// Octets before the `@` (RFC 5321).
const LONGEST_LOCAL: usize = 64;

/// Fields of which a mail has at most one.
const SINGLE: [&str; 13] = [
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "subject",
    "message-id",
    "in-reply-to",
    "references",
    "date",
    "mime-version",
    "content-type",
];

/// Fields that SES writes itself, or keeps to itself.
const REPLACED: [&str; 8] = [
    "message-id",
    "date",
    "bcc",
    "return-path",
    "x-ses-configuration-set",
    "x-ses-message-tags",
    "x-ses-source-arn",
    "x-ses-from-arn",
];

/// A mail as a function hands it over.
pub(super) struct Outgoing {
    pub(super) source: Option<String>,
    /// As they were given apart from the header; none: those of the header.
    pub(super) destinations: Vec<String>,
    pub(super) raw: Vec<u8>,
    pub(super) configuration_set: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
}

/// Why SES did not take it: its code and its message.
pub(super) struct Rejected {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Rejected {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValue", message)
    }
}

/// A mail that was read and found whole; whether SES takes it from here depends on the account.
pub(super) struct Checked {
    source: Person,
    recipients: Vec<Person>,
    message: Message,
    raw: Vec<u8>,
    configuration_set: Option<String>,
    tags: BTreeMap<String, String>,
}

/// The ARNs on which the caller must be allowed to send: of the identity, and of the configuration set.
pub(super) fn resources(world: &World, mail: &Checked) -> Vec<String> {
    let from = mail.message.from.first().map_or(mail.source.address.as_str(), |from| from.address.as_str());
    let arn = |kind: &str, name: &str| {
        let (region, account) = (&world.place.region, crate::template::ACCOUNT);
        format!("arn:aws:ses:{region}:{account}:{kind}/{name}")
    };
    let identity = world.post.identity_of(from).map_or_else(|| arn("identity", from), |one| one.arn.clone());
    let set = mail.configuration_set.as_ref().map(|set| arn("configuration-set", set));
    std::iter::once(identity).chain(set).collect()
}

/// Reads it as SES does before it looks at the account.
pub(super) fn check(outgoing: Outgoing) -> Result<Checked, Rejected> {
    let raw = outgoing.raw;
    if raw.len() > MOST_BYTES {
        let why = format!("Message length is more than {MOST_BYTES} bytes long: '{}'.", raw.len());
        return Err(Rejected::parameter(why));
    }
    let (fields, body) = message::split(&raw);
    for (index, field) in fields.iter().enumerate() {
        let name = field.name.to_lowercase();
        if SINGLE.contains(&name.as_str())
            && fields[..index].iter().any(|other| other.name.eq_ignore_ascii_case(&name))
        {
            return Err(Rejected::parameter(format!("Duplicate header '{}'.", field.name)));
        }
        if !field.lines.is_ascii() {
            let why = format!("The header '{}' holds what is not ASCII; encode it (RFC 2047).", field.name);
            return Err(Rejected::parameter(why));
        }
    }
    let has = |name: &str| fields.iter().any(|field| field.name.eq_ignore_ascii_case(name));
    if !has("from") {
        return Err(Rejected::parameter("Missing required header 'From'."));
    }
    let length = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).len();
    if raw.split(|byte| *byte == b'\n').any(|line| length(line) > LONGEST_LINE) {
        let why = "A line of the message is longer than 998 characters; encode its body (RFC 2045).";
        return Err(Rejected::parameter(why));
    }
    if body.contains(&0) {
        return Err(Rejected::parameter("The message holds a NUL."));
    }
    let own = |name: &str| {
        let field = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        Some(field.value()).filter(|value| !value.is_empty())
    };
    let configuration_set = outgoing.configuration_set.or_else(|| own("x-ses-configuration-set"));
    let mut tags = outgoing.tags;
    for pair in own("x-ses-message-tags").iter().flat_map(|value| value.split(',')) {
        if let Some((name, value)) = pair.split_once('=') {
            tags.entry(name.trim().to_owned()).or_insert_with(|| value.trim().to_owned());
        }
    }
    for (name, value) in &tags {
        let fits = |text: &str| {
            (1..=256).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.@".contains(&byte))
        };
        if !fits(name) || !fits(value) {
            return Err(Rejected::parameter(format!("Invalid tag <{name}: {value}>.")));
        }
    }
    let message = Message::read(&raw);
    let source = match &outgoing.source {
        Some(text) => message::person(text).ok_or_else(|| address_wrong(text))?,
        None => {
            message.from.first().cloned().ok_or_else(|| Rejected::parameter("Missing final '@domain'"))?
        }
    };
    let recipients = if outgoing.destinations.is_empty() {
        [message.to.as_slice(), &message.cc, &message.bcc].concat()
    } else {
        let given = outgoing.destinations.iter();
        given
            .map(|text| message::person(text).ok_or_else(|| address_wrong(text)))
            .collect::<Result<_, _>>()?
    };
    if recipients.is_empty() {
        return Err(Rejected::parameter("Missing required header 'To'."));
    }
    if recipients.len() > MOST_RECIPIENTS {
        return Err(Rejected::parameter(format!("Recipient count exceeds {MOST_RECIPIENTS}.")));
    }
    for person in [&recipients[..], &message.from, &message.reply_to, std::slice::from_ref(&source)].concat()
    {
        check_address(&person.address)?;
    }
    Ok(Checked { source, recipients, message, raw, configuration_set, tags })
}

fn address_wrong(text: &str) -> Rejected {
    check_address(text).err().unwrap_or_else(|| Rejected::parameter("Missing final '@domain'"))
}

fn check_address(address: &str) -> Result<(), Rejected> {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return Err(Rejected::parameter("Missing final '@domain'"));
    };
    if local.is_empty() {
        return Err(Rejected::parameter("User name is missing"));
    }
    if !local.is_ascii() || local.bytes().any(|byte| byte.is_ascii_control() || byte == b' ') {
        return Err(Rejected::parameter("Local address contains control or whitespace"));
    }
    if local.len() > LONGEST_LOCAL {
        return Err(Rejected::parameter(format!("Local address is longer than {LONGEST_LOCAL} octets")));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    if domain.split('.').any(str::is_empty) {
        return Err(Rejected::parameter("Domain contains dot-string end or is empty"));
    }
    if !domain.bytes().all(fits) {
        return Err(Rejected::parameter("Domain contains illegal character"));
    }
    Ok(())
}

/// Takes the mail or does not, by the state of the account; the id under which it goes.
pub(super) fn accept(world: &Arc<World>, mail: Checked, caller: &str) -> Result<String, Rejected> {
    let post = &world.post;
    let verified =
        |address: &str| post.identity_of(address).filter(|identity| post.is_verified(&identity.name));
    let quota = post.quota();
    let mut unknown: Vec<&str> = Vec::new();
    let senders = mail.message.from.iter().chain(std::iter::once(&mail.source));
    let receivers = mail.recipients.iter().filter(|_| quota.sandbox);
    for person in senders.chain(receivers) {
        let simulated = person.address.to_lowercase().ends_with("@simulator.amazonses.com");
        if !simulated && verified(&person.address).is_none() && !unknown.contains(&person.address.as_str()) {
            unknown.push(&person.address);
        }
    }
    if !unknown.is_empty() {
        let why = format!(
            "Email address is not verified. The following identities failed the check in region {}: {}",
            world.place.region.to_uppercase(),
            unknown.join(", ")
        );
        return Err(Rejected::new("MessageRejected", why));
    }
    let from = &mail.message.from[0];
    let Some(identity) = verified(&from.address) else {
        return Err(Rejected::new("MessageRejected", "Email address is not verified."));
    };
    let set = match mail.configuration_set.as_ref().or(identity.configuration_set.as_ref()) {
        None => None,
        Some(name) => Some(post.spec.sets.iter().find(|set| set.name == *name).ok_or_else(|| {
            let why = format!("Configuration set <{name}> does not exist.");
            Rejected::new("ConfigurationSetDoesNotExist", why)
        })?),
    };
    if set.is_some_and(|set| !set.sending) {
        let why = "Email sending is disabled for the configuration set.";
        return Err(Rejected::new("ConfigurationSetSendingPausedException", why));
    }
    let now_ms = world.clock.now_ms();
    take_from_quota(world, quota, mail.recipients.len(), now_ms)?;
    let id = new_id(now_ms);
    deliver(world, &mail, identity, set, &id, now_ms, caller);
    Ok(id)
}

fn take_from_quota(
    world: &World,
    quota: super::Quota,
    recipients: usize,
    now_ms: u64,
) -> Result<(), Rejected> {
    let mut sent = world.post.sent.lock().expect("no holder panics");
    while sent.front().is_some_and(|at| at + DAY_MS <= now_ms) {
        sent.pop_front();
    }
    let in_last = |ms: u64| sent.iter().rev().take_while(|at| **at + ms > now_ms).count();
    let over = |count: usize, most: u64| u64::try_from(count + recipients).unwrap_or(u64::MAX) > most;
    if over(sent.len(), quota.per_day) {
        return Err(Rejected::new("Throttling", "Daily message quota exceeded."));
    }
    if quota.per_second > 0 && over(in_last(1_000), quota.per_second) {
        return Err(Rejected::new("Throttling", "Maximum sending rate exceeded."));
    }
    sent.extend(std::iter::repeat_n(now_ms, recipients));
    Ok(())
}

/// In the shape of SES's: the time in hexadecimal, something unique, the shard.
fn new_id(now_ms: u64) -> String {
    format!("0102{now_ms:012x}-{}-000000", &clock::uuid()[..36])
}

fn deliver(
    world: &Arc<World>,
    mail: &Checked,
    identity: &IdentitySpec,
    set: Option<&ConfigurationSetSpec>,
    id: &str,
    now_ms: u64,
    caller: &str,
) {
    let raw: Arc<[u8]> = rewritten(world, &mail.raw, id, now_ms).into();
    world.metrics.change(|all| {
        all.mails_sent += u64::try_from(mail.recipients.len()).unwrap_or(u64::MAX);
        let files: usize = mail.message.attachments.iter().map(|file| file.size).sum();
        all.mail_bytes += u64::try_from(files * mail.recipients.len()).unwrap_or(u64::MAX);
    });
    let list = |people: &[Person]| people.iter().map(ToString::to_string).collect::<Vec<_>>();
    let template = Mail {
        id: 0,
        mailbox: String::new(),
        outgoing: false,
        at_ms: now_ms,
        from: list(&mail.message.from).join(", "),
        to: list(&mail.message.to),
        subject: mail.message.subject.clone(),
        preview: mail.message.preview(),
        message_id: id.to_owned(),
        envelope_from: mail.source.address.clone(),
        recipients: mail.recipients.iter().map(|person| person.address.clone()).collect(),
        configuration_set: set.map(|set| set.name.clone()),
        tags: mail.tags.clone(),
        unread: true,
        state: MailState::Delivered,
        size: raw.len(),
        attachments: mail.message.attachments.iter().filter(|one| !one.inline).count(),
        raw,
    };
    let domain = mail.message.from[0].address.rsplit_once('@').map_or("", |(_, domain)| domain);
    events::sent(world, &template, &identity.arn, domain, caller);
    for person in &mail.recipients {
        let mut copy = Mail { mailbox: person.address.to_lowercase(), ..template.clone() };
        if world.post.suppressed().contains_key(&copy.mailbox) {
            copy.state = MailState::Suppressed;
            world.post.lay(copy.clone());
            events::suppressed(world, &copy);
            continue;
        }
        if super::receive::is_ours(world, &copy.mailbox) {
            // Ours to ourselves, by way of the world: signed, so it passes.
            let dmarc = if domain == identity.name { Verdict::Pass } else { Verdict::Gray };
            super::receive(
                world,
                Inbound {
                    from: format!("{id}@{}", mail_host(world)),
                    to: vec![person.address.clone()],
                    raw: copy.raw.to_vec(),
                    verdicts: Verdicts { dmarc, ..Verdicts::default() },
                    author: None,
                },
            );
        }
        let simulated = copy.mailbox.strip_suffix("@simulator.amazonses.com").map(str::to_owned);
        let mail_id = world.post.lay(copy.clone());
        match simulated.as_deref().map(|local| local.split('+').next().unwrap_or_default()) {
            Some("bounce") => {
                super::bounce(world, mail_id, Bounce::Permanent);
                world.post.suppress(&copy.mailbox, None);
            }
            Some("complaint") => {
                events::delivered(world, &copy);
                super::complain(world, mail_id);
                world.post.suppress(&copy.mailbox, None);
            }
            _ => events::delivered(world, &copy),
        }
    }
}

pub(super) fn mail_host(world: &World) -> String {
    match world.place.region.as_str() {
        "us-east-1" => "email.amazonses.com".to_owned(),
        region => format!("{region}.amazonses.com"),
    }
}

/// What the recipient gets: SES's own Message-ID, date and marks.
fn rewritten(world: &World, raw: &[u8], id: &str, now_ms: u64) -> Vec<u8> {
    let (fields, body) = message::split(raw);
    let host = mail_host(world);
    let mut out = format!("Return-Path: <{id}@{host}>\r\n").into_bytes();
    for field in fields {
        if !REPLACED.contains(&field.name.to_lowercase().as_str()) {
            out.extend_from_slice(field.lines.trim_ascii_end());
            out.extend_from_slice(b"\r\n");
        }
    }
    let date = rfc_2822(now_ms);
    let own = format!(
        "Message-ID: <{id}@{host}>\r\nDate: {date}\r\nFeedback-ID: ::1.{}.local:AmazonSES\r\nX-SES-Outgoing: {}-127.0.0.1\r\n\r\n",
        world.place.region,
        &clock::rfc_3339(now_ms)[..10].replace('-', ".")
    );
    out.extend_from_slice(own.as_bytes());
    out.extend_from_slice(body);
    out
}

/// `Sat, 21 Nov 2026 10:04:05 +0000`
pub(super) fn rfc_2822(ms: u64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms.cast_signed()).unwrap_or_default();
    time.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %-d %b %Y %H:%M:%S %z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_refused_as_ses_refuses_them() {
        let check = |address: &str, why: &str| {
            let told = check_address(address).err().map_or_else(String::new, |rejected| rejected.message);
            assert!(told.contains(why) && told.is_empty() == why.is_empty(), "{address}: {told}");
        };
        check("ana@example.com", "");
        check("ana", "Missing final '@domain'");
        check("@example.com", "User name is missing");
        check("a na@example.com", "control or whitespace");
        check("josé@example.com", "control or whitespace");
        check("ana@exa mple.com", "illegal character");
        check("ana@example..com", "dot-string");
        check(&format!("{}@example.com", "a".repeat(64)), "");
        check(&format!("{}@example.com", "a".repeat(65)), "longer than 64");
    }

    #[test]
    fn mails_that_are_none_are_refused_with_the_reason() {
        let refuse = |raw: &str, why: &str| {
            let outgoing = Outgoing {
                source: None,
                destinations: Vec::new(),
                raw: raw.as_bytes().to_vec(),
                configuration_set: None,
                tags: BTreeMap::new(),
            };
            let told = check(outgoing).err().map_or_else(String::new, |rejected| rejected.message);
            assert!(told.contains(why) && told.is_empty() == why.is_empty(), "{raw:.80}: {told}");
        };
        refuse("From: a@b.example\r\nTo: c@d.example\r\n\r\nx", "");
        refuse("To: c@d.example\r\n\r\nx", "'From'");
        refuse("From: a@b.example\r\n\r\nx", "'To'");
        refuse("From: a@b.example\r\nTo: c@d.example\r\nTo: e@f.example\r\n\r\nx", "Duplicate header 'To'");
        refuse("From: a@b.example\r\nTo: c@d.example\r\nSubject: ñ\r\n\r\nx", "'Subject' holds");
        refuse(
            &format!("From: a@b.example\r\nTo: c@d.example\r\n\r\n{}", "x".repeat(999)),
            "longer than 998",
        );
        refuse("From: a@b.example\r\nTo: c@d.example\r\nX-SES-MESSAGE-TAGS: a=b c\r\n\r\nx", "Invalid tag");
    }
}
