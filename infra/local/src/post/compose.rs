//! Writes what people write: answers quoted as mail programs quote, automatic ones with the marks that they bear, new mails.

use super::message::Person;
use super::{Inbound, Mail, Message, Verdicts};
use crate::clock;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use serde::Deserialize;

/// What somebody wants written and sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Order {
    /// The mail that is answered.
    pub answers: Option<u64>,
    /// Who writes: `Ana <ana@example.com>`. An answer's is the mailbox in which the mail lies, if it is not said.
    pub from: String,
    /// An answer goes to whom the mail wants its answers sent.
    pub to: Vec<String>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub quote: Quote,
    pub automatic: Option<Auto>,
    pub attachments: Vec<File>,
    pub verdicts: Verdicts,
    /// Of the envelope, where it differs from who writes.
    pub envelope_from: Option<String>,
}

/// What is quoted of the mail that is answered, and where the new text stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quote {
    /// The new text above it, as Gmail does.
    #[default]
    Top,
    /// The new text below it.
    Bottom,
    None,
}

/// Who answers when nobody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auto {
    /// As RFC 3834 wants it.
    Standard,
    /// As older programs do: without `Auto-Submitted`, from a sender that can be answered.
    Old,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub name: String,
    pub kind: String,
    pub base64: String,
}

pub(super) fn compose(order: &Order, answered: Option<&Mail>, now_ms: u64) -> Result<Inbound, String> {
    let original = answered.map(|mail| Message::read(mail.raw()));
    let from = if order.from.is_empty() {
        let mailbox = answered.map(|mail| mail.mailbox.clone()).ok_or("say who writes: from")?;
        let named =
            original.iter().flat_map(|mail| &mail.to).find(|to| to.address.eq_ignore_ascii_case(&mailbox));
        Person { name: named.and_then(|to| to.name.clone()), address: mailbox }
    } else {
        super::message::person(&order.from).ok_or_else(|| format!("{} is no address", order.from))?
    };
    let to: Vec<Person> = if order.to.is_empty() {
        let original = original.as_ref().ok_or("say to whom: to")?;
        if original.reply_to.is_empty() { original.from.clone() } else { original.reply_to.clone() }
    } else {
        let people =
            order.to.iter().map(|to| super::message::person(to).ok_or_else(|| format!("{to} is no address")));
        people.collect::<Result<_, _>>()?
    };
    if to.is_empty() {
        return Err("the mail does not say whom to answer".into());
    }
    let subject = match (&original, order.subject.as_str()) {
        (Some(original), "") if order.automatic.is_some() => format!("Automatic reply: {}", original.subject),
        (Some(original), "") => {
            let plain = original.subject.trim();
            let answered = plain.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
            if answered { plain.to_owned() } else { format!("Re: {plain}") }
        }
        (_, given) => given.to_owned(),
    };
    let (text, html) = bodies(order, original.as_ref(), answered, now_ms);
    let host = from.address.rsplit_once('@').map_or("local", |(_, domain)| domain);
    let mut builder = MessageBuilder::new()
        .from(address(&from))
        .to(Address::new_list(to.iter().map(address).collect()))
        .subject(subject)
        .date(i64::try_from(now_ms / 1_000).unwrap_or_default())
        .message_id(format!("CA{}@mail.{host}", clock::uuid().replace('-', "")))
        .text_body(text);
    if let Some(html) = html {
        builder = builder.html_body(html);
    }
    if let Some(original) = original.as_ref().filter(|original| !original.message_id.is_empty()) {
        let bare = |id: &String| id.trim_matches(['<', '>']).to_owned();
        let chain: Vec<String> =
            original.references.iter().chain(std::iter::once(&original.message_id)).map(bare).collect();
        builder = builder
            .in_reply_to(bare(&original.message_id))
            .references(MessageId::new_list(chain.into_iter()));
    }
    builder = match order.automatic {
        Some(Auto::Standard) => builder
            .header("Auto-Submitted", Raw::new("auto-replied"))
            .header("X-Auto-Response-Suppress", Raw::new("All")),
        Some(Auto::Old) => {
            builder.header("Precedence", Raw::new("bulk")).header("X-Autoreply", Raw::new("yes"))
        }
        None => builder,
    };
    for file in &order.attachments {
        let contents = STANDARD.decode(&file.base64).map_err(|_| format!("{} is not base64", file.name))?;
        builder = builder.attachment(file.kind.clone(), file.name.clone(), contents);
    }
    let raw = builder.write_to_vec().map_err(|error| error.to_string())?;
    let null_sender = order.automatic == Some(Auto::Standard);
    let envelope = if null_sender { String::new() } else { from.address.clone() };
    Ok(Inbound {
        from: order.envelope_from.clone().unwrap_or(envelope),
        to: to.into_iter().map(|person| person.address).collect(),
        raw,
        verdicts: order.verdicts,
        author: Some(from.address),
    })
}

/// The text, and the HTML that a mail program sends beside it.
fn bodies(
    order: &Order,
    original: Option<&Message>,
    answered: Option<&Mail>,
    now_ms: u64,
) -> (String, Option<String>) {
    let own_html = order.html.clone().unwrap_or_else(|| {
        let lines: Vec<String> = order.text.lines().map(crate::console::escape).collect();
        format!("<div dir=\"ltr\">{}</div>", lines.join("<br>"))
    });
    let quoted = original.filter(|_| order.quote != Quote::None && order.automatic.is_none());
    let Some(original) = quoted else {
        return (order.text.clone(), order.automatic.is_none().then_some(own_html));
    };
    let who = original.from.first().cloned().unwrap_or_default();
    let at = jiff::Timestamp::from_millisecond(answered.map_or(now_ms, |mail| mail.at_ms).cast_signed())
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC);
    let when = at.strftime("%a, %b %-d, %Y at %-I:%M\u{202f}%p");
    let line = match &who.name {
        Some(name) => format!("On {when} {name} <{}> wrote:", who.address),
        None => format!("On {when} <{}> wrote:", who.address),
    };
    let quote: String = original
        .text
        .trim_end()
        .lines()
        .map(|line| if line.starts_with('>') { format!(">{line}\n") } else { format!("> {line}\n") })
        .collect();
    let original_html = original.html.clone().unwrap_or_else(|| {
        original.text.lines().map(crate::console::escape).collect::<Vec<_>>().join("<br>")
    });
    let attribution =
        format!("<div dir=\"ltr\" class=\"gmail_attr\">{}<br></div>", crate::console::escape(&line));
    let block = format!(
        "<blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\">{original_html}</blockquote>"
    );
    match order.quote {
        Quote::Bottom => (
            format!("{line}\n{quote}\n{}\n", order.text),
            Some(format!("{attribution}{block}<br>{own_html}")),
        ),
        _ => (
            format!("{}\n\n{line}\n\n{quote}", order.text),
            Some(format!(
                "{own_html}<br><div class=\"gmail_quote gmail_quote_container\">{attribution}{block}</div>"
            )),
        ),
    }
}

/// `SendEmail`'s mail, as SES writes it.
#[expect(clippy::too_many_arguments, reason = "a mail is made of all that it says")]
pub(super) fn from_parts(
    source: &str,
    to: &[&str],
    cc: &[&str],
    reply_to: &[&str],
    subject: &str,
    text: Option<&str>,
    html: Option<&str>,
    now_ms: u64,
) -> Vec<u8> {
    let list = |texts: &[&str]| -> Vec<Address<'static>> {
        texts.iter().filter_map(|text| super::message::person(text)).map(|person| address(&person)).collect()
    };
    let mut builder = MessageBuilder::new()
        .from(Address::new_list(list(&[source])))
        .subject(subject)
        .date(i64::try_from(now_ms / 1_000).unwrap_or_default())
        .message_id("local");
    for (name, people) in [("To", list(to)), ("Cc", list(cc)), ("Reply-To", list(reply_to))] {
        if !people.is_empty() {
            builder = builder.header(name, Address::new_list(people));
        }
    }
    if let Some(text) = text {
        builder = builder.text_body(text);
    }
    if let Some(html) = html {
        builder = builder.html_body(html);
    }
    // Writing into memory does not fail.
    builder.write_to_vec().unwrap_or_default()
}

fn address(person: &Person) -> Address<'static> {
    Address::new_address(person.name.clone(), person.address.clone())
}
