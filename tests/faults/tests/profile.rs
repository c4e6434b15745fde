//! What agents show of themselves, at the real functions: who may change it, what may be a photo, and that what is taken away is gone.

use anyhow::Result;
use faults::line::{Line, new_id};
use faults::people::{Account, Reply};
use faults::stack::Stack;
use protocol::client::Send;
use protocol::server::Author;
use protocol::{Command, ServerFrame};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// As far as measuring a PNG goes it is one.
fn png(width: u32, height: u32, more: &[u8]) -> Vec<u8> {
    let header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    [header, &width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0], more].concat()
}

async fn id_of(agent: &Account) -> String {
    agent.get("/v1/agent/me").await.unwrap().body["agent_id"].as_str().unwrap().to_owned()
}

fn of(site: &str, agent: &str) -> String {
    format!("/v1/agent/sites/{site}/agents/{agent}")
}

/// A file as the dashboard sends it; `kind` is what it calls itself.
async fn upload(by: &Account, path: &str, kind: &str, bytes: Vec<u8>) -> Result<Reply> {
    let answer = by
        .http
        .put(format!("{}{path}", by.base))
        .header("origin", &by.origin)
        .header("authorization", format!("Bearer {}", by.token))
        .header("content-type", kind)
        .body(bytes)
        .send()
        .await?;
    let status = answer.status().as_u16();
    let raw = answer.text().await?;
    Ok(Reply { status, body: serde_json::from_str(&raw)?, raw })
}

async fn fetch(stack: &Stack, path: &str) -> Response {
    reqwest::get(format!("{}{path}", stack.url)).await.unwrap()
}

/// What shoppers are told of an agent.
async fn told(stack: &Stack, site: &str, agent: &str) -> Option<Value> {
    let config: Value = fetch(stack, &format!("/v1/sites/{site}/config")).await.json().await.unwrap();
    config["team"].as_array().unwrap().iter().find(|member| member["id"] == agent).cloned()
}

async fn absent(stack: &Stack, path: &str) -> (u16, String) {
    let answer = fetch(stack, path).await;
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["cache-control"], "no-store", "{path}: an absence is not to be kept");
    (status, answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_03_a_photo_is_handed_out_as_a_picture_and_nothing_else_until_it_is_taken_away() {
    let stack = Stack::start().await;
    let (ana, luis) =
        (stack.agent("demo", "ana@example.com").await, stack.agent("demo", "luis@example.com").await);
    let me = id_of(&luis).await;
    let path = format!("{}/photo", of("demo", &me));
    assert!(told(&stack, "demo", &me).await.unwrap().get("photo").is_none());
    // What comes after the picture's header is a page: nobody is to take it for one.
    let polyglot = png(128, 128, b"<script>alert(document.domain)</script>");
    let set = upload(&luis, &path, "image/png", polyglot.clone()).await.unwrap();
    assert_eq!(set.status, 200, "{}", set.raw);
    let address = set.body["photo"].as_str().unwrap().to_owned();
    assert_eq!(told(&stack, "demo", &me).await.unwrap()["photo"], json!(address));
    let colleagues = ana.get("/v1/agent/sites/demo/agents").await.unwrap();
    let shown = colleagues.body["agents"].as_array().unwrap().iter().find(|agent| agent["id"] == me.as_str());
    assert_eq!(shown.unwrap()["photo"], json!(address));

    let photo = fetch(&stack, &address).await;
    assert_eq!(photo.status(), 200);
    for (header, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(photo.headers()[header], value, "{header}");
    }
    assert_eq!(photo.bytes().await.unwrap(), polyglot);

    // Another site's, one that never was, and what is no name at all: one answer, to the byte.
    let hash = address.rsplit('/').next().unwrap();
    let never = absent(&stack, &format!("/v1/sites/demo/photos/{}", "0".repeat(32))).await;
    assert_eq!(never.0, 404);
    for elsewhere in [
        format!("/v1/sites/demo-two/photos/{hash}"),
        format!("/v1/sites/nowhere/photos/{hash}"),
        format!("/v1/sites/demo/photos/{}", hash.to_uppercase()),
        "/v1/sites/demo/photos/..%2F..%2FSITE".into(),
        "/v1/sites/demo/photos/M%23agent".into(),
        "/v1/sites/demo/photos/".into(),
    ] {
        assert_eq!(absent(&stack, &elsewhere).await, never, "{elsewhere}");
    }

    // Replaced: the one before is gone. Twice the same: harmless.
    let next = upload(&luis, &path, "image/png", png(64, 64, b"")).await.unwrap();
    let second = next.body["photo"].as_str().unwrap().to_owned();
    assert_ne!(second, address);
    assert_eq!(absent(&stack, &address).await, never);
    assert_eq!(upload(&luis, &path, "image/png", png(64, 64, b"")).await.unwrap().raw, next.raw);
    assert_eq!(fetch(&stack, &second).await.status(), 200);

    // Taken away, twice: nobody is told of it, and it is not there.
    for _ in 0..2 {
        let removed = luis.request(Method::DELETE, &path, None).await.unwrap();
        assert_eq!((removed.status, removed.body.get("photo")), (200, None), "{}", removed.raw);
    }
    assert!(told(&stack, "demo", &me).await.unwrap().get("photo").is_none());
    assert_eq!(absent(&stack, &second).await, never);

    // With the membership the photo goes, whoever had set it.
    let third = upload(&ana, &path, "image/png", png(32, 32, b"")).await.unwrap();
    assert_eq!(third.status, 200, "an admin, of anybody of the site: {}", third.raw);
    let third = third.body["photo"].as_str().unwrap().to_owned();
    assert_eq!(fetch(&stack, &third).await.status(), 200);
    assert_eq!(ana.request(Method::DELETE, &of("demo", &me), None).await.unwrap().status, 204);
    assert!(told(&stack, "demo", &me).await.is_none());
    assert_eq!(absent(&stack, &third).await, never);
    assert_eq!(upload(&luis, &path, "image/png", png(32, 32, b"")).await.unwrap().status, 404);
    assert_eq!(upload(&ana, &path, "image/png", png(32, 32, b"")).await.unwrap().status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_04_what_is_no_small_picture_is_refused_by_its_bytes_and_nothing_is_kept() {
    let stack = Stack::start().await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let me = id_of(&luis).await;
    let path = format!("{}/photo", of("demo", &me));
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec();
    let page = b"<!doctype html><script>alert(1)</script>".to_vec();
    for (what, kind, bytes, status, code) in [
        ("an SVG that calls itself a PNG", "image/png", svg.clone(), 415, "unsupported_media"),
        ("an SVG by its name", "image/svg+xml", svg, 415, "unsupported_media"),
        ("a page that calls itself a JPEG", "image/jpeg", page.clone(), 415, "unsupported_media"),
        ("a page by its name", "text/html", page, 415, "unsupported_media"),
        ("a GIF", "image/gif", b"GIF89a\x80\0\x80\0\0\0\0".to_vec(), 415, "unsupported_media"),
        ("JSON", "application/json", b"{}".to_vec(), 415, "unsupported_media"),
        ("nothing", "image/png", vec![], 415, "unsupported_media"),
        ("25 KB", "image/png", png(128, 128, &[0; 25 * 1024]), 413, "too_large"),
        ("a bomb", "image/png", png(60_000, 60_000, b""), 422, "invalid"),
        ("a point", "image/png", png(1, 1, b""), 422, "invalid"),
    ] {
        let refused = upload(&luis, &path, kind, bytes).await.unwrap();
        assert_eq!((refused.status, &refused.body["error"]["code"]), (status, &json!(code)), "{what}");
        assert_eq!(refused.body["error"]["field"], json!("photo"), "{what}");
        let said = refused.body["error"]["message"].as_str().unwrap();
        let names = ["JPEG, PNG or WebP", "24 KB", "16 to 512 points"];
        assert!(names.iter().any(|name| said.contains(name)), "{what}: {said} does not say what is allowed");
    }
    assert!(told(&stack, "demo", &me).await.unwrap().get("photo").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_25_a_profile_is_its_agents_and_their_admins() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let marta = stack.agent("demo-two", "marta@example.com").await;
    let shopper = stack.shopper("demo").await;
    let nobody = Account { token: "nonsense".into(), ..luis.clone() };
    let (anas, luiss) = (id_of(&ana).await, id_of(&luis).await);
    let before = told(&stack, "demo", &anas).await.unwrap();
    let profile = json!({"name": "Mallory", "title": "Boss"});
    for (who, by, status) in [
        ("a colleague", &luis, 403),
        ("another site's admin", &marta, 404),
        ("a shopper", &shopper, 403),
        ("nobody", &nobody, 401),
    ] {
        let named = by.request(Method::PUT, &of("demo", &anas), Some(profile.clone())).await.unwrap();
        assert_eq!(named.status, status, "{who}: {}", named.raw);
        let photo = format!("{}/photo", of("demo", &anas));
        assert_eq!(upload(by, &photo, "image/png", png(64, 64, b"")).await.unwrap().status, status, "{who}");
        assert_eq!(by.request(Method::DELETE, &photo, None).await.unwrap().status, status, "{who}");
    }
    let now = told(&stack, "demo", &anas).await.unwrap();
    assert_eq!((&now["name"], &now["title"], now.get("photo")), (&before["name"], &before["title"], None));
    // To another site's admin the site is one that does not exist.
    let foreign = marta.request(Method::PUT, &of("demo", &anas), Some(profile.clone())).await.unwrap();
    let none = marta.request(Method::PUT, &of("nowhere", &anas), Some(profile.clone())).await.unwrap();
    assert_eq!((foreign.status, foreign.raw), (none.status, none.raw));
    // And whoever is of no site of mine is nobody.
    let stranger = ana.request(Method::PUT, &of("demo", &id_of(&marta).await), Some(profile)).await.unwrap();
    assert_eq!(stranger.status, 404);

    let rename = async |by: &Account, agent: &str, body: Value| {
        by.request(Method::PUT, &of("demo", agent), Some(body)).await.unwrap()
    };
    assert_eq!(rename(&ana, &luiss, json!({"name": "Luis O.", "title": ""})).await.status, 200);
    for (body, status, code) in [
        (json!({"name": "Luis", "title": "", "role": "admin"}), 400, "unknown_field"),
        (json!({"name": "Luis"}), 400, "bad_frame"),
        (json!({"name": " \u{200B}", "title": ""}), 422, "invalid"),
        (json!({"name": "Luis", "title": "x".repeat(81)}), 422, "invalid"),
    ] {
        let refused = rename(&luis, &luiss, body.clone()).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (status, &json!(code)), "{body}");
    }
    assert_eq!(told(&stack, "demo", &luiss).await.unwrap()["name"], "Luis O.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_07_a_new_name_is_one_clean_line_and_signs_the_next_message_on_the_open_socket() {
    let stack = Stack::start().await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let me = id_of(&luis).await;
    let mut shopper = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let said = Command::Send(Send { conversation_id: None, text: "hello".into(), ..Send::default() });
    let conversation = match shopper.ask(said).await.unwrap() {
        ServerFrame::Ack(ack) => ack.conversation_id.unwrap(),
        other => panic!("{other:?}"),
    };
    let mut line = Line::ready(&luis, vec![]).await.unwrap();
    let reply = |text: &str| {
        let conversation_id = Some(conversation.parse().unwrap());
        Command::Send(Send { conversation_id, text: text.into(), ..Send::default() })
    };
    line.ask(reply("as before")).await.unwrap();
    let body = json!({"name": "Luis\r\nBcc: all@example.com \u{202E}zitrO\u{200B}", "title": "\u{2066}Orders\u{2069}\n"});
    let renamed = luis.request(Method::PUT, &of("demo", &me), Some(body)).await.unwrap();
    assert_eq!(renamed.status, 200, "{}", renamed.raw);
    let clean = "Luis Bcc: all@example.com zitrO";
    assert_eq!((&renamed.body["name"], &renamed.body["title"]), (&json!(clean), &json!("Orders")));
    line.ask(reply("as after")).await.unwrap();
    let message = json!({"id": new_id().to_string(), "text": "over HTTP"});
    let path = format!("/v1/conversations/{conversation}/messages");
    assert_eq!(luis.post(&path, message).await.unwrap().status, 200);
    let page = luis.get(&format!("/v1/conversations/{conversation}/entries")).await.unwrap();
    let entries: Vec<protocol::server::Entry> = serde_json::from_value(page.body["entries"].clone()).unwrap();
    let signed: Vec<(String, String)> = entries
        .into_iter()
        .filter_map(|entry| match (entry.author, entry.body) {
            (Author::Agent { name, .. }, protocol::server::Body::Message { text, .. }) => Some((text, name)),
            _ => None,
        })
        .collect();
    let expect = [("as before", "Luis Ortega"), ("as after", clean), ("over HTTP", clean)];
    assert_eq!(signed, expect.map(|(text, name)| (text.to_owned(), name.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_09_an_agent_changes_photos_only_so_often_and_holds_up_nobody() {
    let stack = Stack::start().await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let path = format!("{}/photo", of("demo", &id_of(&luis).await));
    // Thirty in ten minutes by the clock: around a window's edge twice as many. What is refused counts too.
    for n in 0_u8..=60 {
        let (more, status) = if n % 2 == 0 { (vec![n], 200) } else { (vec![n; 25 * 1024], 413) };
        let answer = upload(&luis, &path, "image/png", png(64, 64, &more)).await.unwrap();
        if answer.status == 429 {
            assert!(n >= 30, "refused at the {n}th");
            assert!(answer.body["error"]["retry_after_ms"].as_u64().unwrap() > 0);
            let ana = stack.agent("demo", "ana@example.com").await;
            let hers = format!("{}/photo", of("demo", &id_of(&ana).await));
            assert_eq!(upload(&ana, &hers, "image/png", png(64, 64, b"")).await.unwrap().status, 200);
            return;
        }
        assert_eq!(answer.status, status, "{}", answer.raw);
    }
    panic!("sixty changes, and none was refused");
}
