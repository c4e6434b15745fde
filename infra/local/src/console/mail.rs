//! `/mail/`: the mailboxes of everybody to whom mail was sent from here. The page, and `/mail/api` for it and for tests.

use super::{data, page};
use crate::World;
use crate::post::{self, Attachment, Bounce, Inbound, Mail, Message, Order, Quota, Received, Verdicts};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a question for news waits for some.
const PATIENCE: Duration = Duration::from_secs(20);
const MOST_LISTED: usize = 200;

type Query = BTreeMap<String, String>;

pub(crate) async fn handle(
    world: &Arc<World>,
    method: &Method,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let query: Query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let rest = path.trim_start_matches("/mail/");
    let parts: Vec<&str> = rest.split('/').collect();
    let get = matches!(method.as_str(), "GET" | "HEAD");
    match parts.as_slice() {
        [""] if get => page(
            include_str!("mail.html")
                .replace("{{style}}", super::STYLE)
                .replace("{{title}}", &super::escape(&world.options.front.title)),
        ),
        ["api", "changes"] if get => changes(world, &query).await,
        ["api", what @ ..] if get => look(world, what, &query),
        ["api", what @ ..] if method == Method::POST => {
            // A page of another origin cannot say this of its body without asking first, and is not answered when it asks.
            let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            if what == ["inbound"] {
                return if kind.starts_with("message/rfc822") {
                    inbound(world, &query, &body)
                } else {
                    wrong(
                        "POST the mail itself, as message/rfc822, to /mail/api/inbound?from=…&to=…&dmarc=FAIL",
                    )
                };
            }
            if !kind.starts_with("application/json") {
                return wrong("POST application/json");
            }
            act(world, what, &body)
        }
        _ => missing(),
    }
}

/// Waits for what has happened since `after`, then says how far things have come.
async fn changes(world: &World, query: &Query) -> Response {
    let after: u64 = query.get("after").and_then(|after| after.parse().ok()).unwrap_or_default();
    let mut changed = world.post.watch();
    // A number from before a restart is larger than any of ours.
    let news = changed.wait_for(|now| *now != after);
    let now = match tokio::time::timeout(PATIENCE, news).await {
        Ok(Ok(now)) => *now,
        _ => after,
    };
    data(&json!({ "version": now }))
}

fn look(world: &World, what: &[&str], query: &Query) -> Response {
    match what {
        ["mailboxes"] => {
            let version = *world.post.watch().borrow();
            let addresses: Vec<&str> = world
                .post
                .spec()
                .rules
                .iter()
                .flat_map(|rule| &rule.recipients)
                .map(String::as_str)
                .collect();
            let identities: Vec<Value> = world
                .post
                .spec()
                .identities
                .iter()
                .map(|one| json!({ "name": one.name, "verified": world.post.is_verified(&one.name) }))
                .collect();
            data(&json!({
                "version": version, "mailboxes": world.post.mailboxes(), "suppressed": world.post.suppressed(),
                "received_for": addresses, "identities": identities, "account": world.post.quota(),
            }))
        }
        ["mails"] => {
            let wanted = query.get("mailbox").map(|mailbox| mailbox.to_lowercase());
            let words: Vec<String> = query
                .get("search")
                .map(|text| text.to_lowercase())
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_owned)
                .collect();
            let mails: Vec<Mail> = world
                .post
                .all()
                .into_iter()
                .filter(|mail| wanted.as_ref().is_none_or(|mailbox| mail.mailbox == *mailbox))
                .filter(|mail| words.is_empty() || holds(mail, &words))
                .take(MOST_LISTED)
                .collect();
            data(&json!({ "mails": mails }))
        }
        ["mails", id, rest @ ..] => {
            let Some(mail) = id.parse().ok().and_then(|id| world.post.get(id)) else { return missing() };
            match rest {
                [] => data(&shown(&mail)),
                ["raw"] => download("message/rfc822", "mail.eml", mail.raw().to_vec()),
                ["html"] => framed(world, &mail, query),
                ["attachments", number] => {
                    let mut all = Message::read(mail.raw()).attachments;
                    match number.parse::<usize>().ok().filter(|number| *number < all.len()) {
                        Some(number) => {
                            let Attachment { name, contents, .. } = all.swap_remove(number);
                            // Never shown here, whatever it says it is.
                            download("application/octet-stream", &name, contents)
                        }
                        None => missing(),
                    }
                }
                _ => missing(),
            }
        }
        _ => missing(),
    }
}

fn holds(mail: &Mail, words: &[String]) -> bool {
    let text = Message::read(mail.raw()).text;
    let all = format!("{} {} {} {} {text}", mail.mailbox, mail.from, mail.to.join(" "), mail.subject)
        .to_lowercase();
    words.iter().all(|word| all.contains(word.as_str()))
}

fn shown(mail: &Mail) -> Value {
    let read = Message::read(mail.raw());
    let list = |people: &[_]| people.iter().map(ToString::to_string).collect::<Vec<String>>();
    let head = mail.raw().windows(4).position(|end| end == b"\r\n\r\n").unwrap_or(mail.raw().len());
    let mut value = json!(mail);
    value["cc"] = json!(list(&read.cc));
    value["reply_to"] = json!(list(&read.reply_to));
    value["date"] = json!(read.date);
    value["message_id_header"] = json!(read.message_id);
    value["text"] = json!(read.text);
    value["has_html"] = json!(read.html.is_some());
    value["html"] = json!(read.html);
    value["head"] = json!(String::from_utf8_lossy(&mail.raw()[..head]));
    value["attachments"] = json!(read.attachments);
    value
}

/// The mail's HTML for a frame: no scripts, and nothing loaded from anywhere but, when asked for, this machine's buckets.
fn framed(world: &World, mail: &Mail, query: &Query) -> Response {
    let read = Message::read(mail.raw());
    let Some(mut html) = read.html else { return missing() };
    for one in &read.attachments {
        if let Some(id) = one.content_id.as_deref().filter(|_| one.kind.starts_with("image/")) {
            let picture = format!("data:{};base64,{}", one.kind, STANDARD.encode(&one.contents));
            html = html.replace(&format!("cid:{}", id.trim_matches(['<', '>'])), &picture);
        }
    }
    let pictures = if query.contains_key("pictures") {
        format!("data: {} {}", world.loopback, world.place.origin)
    } else {
        "data:".to_owned()
    };
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
    );
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("content-security-policy", policy.as_str()),
    ];
    // Links open beside the mailbox, not in its frame.
    (headers, format!("<base target=\"_blank\">{html}")).into_response()
}

fn inbound(world: &Arc<World>, query: &Query, body: &Bytes) -> Response {
    let read = Message::read(body);
    let addresses = |text: &String| -> Vec<String> {
        text.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
    };
    let from = query.get("from").cloned().or_else(|| read.from.first().map(|from| from.address.clone()));
    let to = query.get("to").map(addresses).unwrap_or_else(|| {
        [read.to.as_slice(), &read.cc].concat().into_iter().map(|person| person.address).collect()
    });
    if to.is_empty() {
        return wrong("say to whom it comes: ?to=…");
    }
    let mut verdicts = json!({});
    for name in ["spam", "virus", "spf", "dkim", "dmarc"] {
        if let Some(verdict) = query.get(name) {
            verdicts[name] = json!(verdict.to_uppercase());
        }
    }
    let verdicts = match verdicts.as_object().is_some_and(serde_json::Map::is_empty) {
        true => Verdicts::default(),
        false => match serde_json::from_value(verdicts) {
            Ok(verdicts) => verdicts,
            Err(error) => return wrong(&error.to_string()),
        },
    };
    let author = from.clone().filter(|from| !from.is_empty());
    let received = post::receive(
        world,
        Inbound { from: from.unwrap_or_default(), to, raw: body.to_vec(), verdicts, author },
    );
    answer(&received)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Comeback {
    #[serde(default = "yes")]
    permanent: bool,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    unread: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Emptied {
    mailbox: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    name: String,
    verified: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suppression {
    address: String,
    suppressed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    sandbox: bool,
    per_day: Option<u64>,
    per_second: Option<u64>,
}

fn act(world: &Arc<World>, what: &[&str], body: &Bytes) -> Response {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    let id = |text: &str| text.parse::<u64>().ok().filter(|id| world.post.get(*id).is_some());
    match what {
        ["mails"] => with(body, |order: Order| match post::write(world, &order) {
            Ok(received) => answer(&received),
            Err(why) => wrong(&why),
        }),
        ["mails", mail, "reply"] => with(body, |order: Order| {
            let Some(id) = id(mail) else { return missing() };
            match post::write(world, &Order { answers: Some(id), ..order }) {
                Ok(received) => answer(&received),
                Err(why) => wrong(&why),
            }
        }),
        ["mails", mail, "bounce"] => with(body, |how: Comeback| {
            let how = if how.permanent { Bounce::Permanent } else { Bounce::Transient };
            done(id(mail).is_some_and(|id| post::bounce(world, id, how)))
        }),
        ["mails", mail, "complain"] => done(id(mail).is_some_and(|id| post::complain(world, id))),
        ["mails", mail, "again"] => done(id(mail).is_some_and(|id| post::again(world, id) > 0)),
        ["mails", mail, "read"] => with(body, |reading: Reading| {
            let Some(id) = id(mail) else { return missing() };
            world.post.change(id, |mail| mail.unread = reading.unread);
            done(true)
        }),
        ["empty"] => with(body, |emptied: Emptied| {
            data(&json!({ "gone": world.post.empty(&emptied.mailbox.to_lowercase()) }))
        }),
        ["identity"] => with(body, |identity: Identity| {
            world.post.set_verified(&identity.name, identity.verified);
            done(true)
        }),
        ["suppression"] => with(body, |one: Suppression| {
            world.post.suppress(&one.address, one.suppressed.then_some("BOUNCE"));
            done(true)
        }),
        ["account"] => with(body, |account: Account| {
            let base = if account.sandbox { Quota::SANDBOX } else { Quota::PRODUCTION };
            world.post.set_quota(Quota {
                per_day: account.per_day.unwrap_or(base.per_day),
                per_second: account.per_second.unwrap_or(base.per_second),
                ..base
            });
            done(true)
        }),
        _ => missing(),
    }
}

fn with<T: for<'de> Deserialize<'de>>(body: &[u8], act: impl FnOnce(T) -> Response) -> Response {
    match serde_json::from_slice(body) {
        Ok(order) => act(order),
        Err(error) => wrong(&error.to_string()),
    }
}

fn answer(received: &Received) -> Response {
    data(&json!(received))
}

fn done(is: bool) -> Response {
    if is { data(&json!({})) } else { missing() }
}

fn wrong(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, data(&json!({ "error": why }))).into_response()
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, data(&json!({ "error": "There is no such thing." }))).into_response()
}

fn download(kind: &str, name: &str, contents: Vec<u8>) -> Response {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' }).collect();
    Response::builder()
        .header("content-type", kind)
        .header("content-disposition", format!("attachment; filename=\"{name}\""))
        .header("x-content-type-options", "nosniff")
        .body(Body::from(contents))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
