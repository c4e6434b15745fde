//! SES with the SDK's own client, and the people at the other end.

use crate::common::{ask, folder, open, options, sdk, start, times_seen, until};
use aws_sdk_ses::Client;
use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{Body, Content, Destination, Message, RawMessage, VerificationStatus};
use platform::faults::{TableFault, When};
use platform::{Bounce, MailState, Options, Order, Platform, Quota, Verdicts};
use serde_json::{Value, json};

async fn client(platform: &Platform) -> Client {
    let config = aws_sdk_ses::config::Builder::from(&sdk().await)
        .endpoint_url(platform.ses_url())
        .retry_config(aws_sdk_ses::config::retry::RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

fn raw(to: &str) -> String {
    format!(
        "From: Shop <hello@shop.example>\r\nTo: {to}\r\nReply-To: Shop <r+abc@reply.shop.example>\r\nSubject: =?utf-8?q?Adi=C3=B3s?=\r\n\
         Message-ID: <ours@shop.example>\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\nBcc: hidden@example.com\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nThe parcel is on its way.\r\n"
    )
}

async fn send(ses: &Client, to: &str) -> Result<String, String> {
    let message = RawMessage::builder().data(Blob::new(raw(to))).build().unwrap();
    let sending =
        ses.send_raw_email().raw_message(message).destinations(to).configuration_set_name("mail-events");
    match sending.send().await {
        Ok(sent) => Ok(sent.message_id),
        Err(error) => Err(error.code().unwrap_or("no answer").to_owned()),
    }
}

fn api(platform: &Platform, path: &str) -> String {
    format!("{}/mail/api/{path}", platform.url())
}

async fn get(platform: &Platform, path: &str) -> Value {
    reqwest::get(api(platform, path)).await.unwrap().json().await.unwrap()
}

async fn post(platform: &Platform, path: &str, body: Value) -> (u16, Value) {
    let response = reqwest::Client::new().post(api(platform, path)).json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_mail_lands_in_its_readers_mailbox_with_an_id_of_ses() {
    let platform = start().await;
    let ses = client(&platform).await;
    let id = send(&ses, "Ana <ana@example.com>").await.unwrap();
    let mails = platform.mailbox("ana@example.com");
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!((mail.subject.as_str(), mail.from.as_str()), ("Adiós", "Shop <hello@shop.example>"));
    assert_eq!((mail.message_id.as_str(), mail.preview.as_str()), (id.as_str(), "The parcel is on its way."));
    let raw = String::from_utf8_lossy(mail.raw());
    assert!(
        raw.contains(&format!("Message-ID: <{id}@eu-west-1.amazonses.com>")) && !raw.contains("ours@"),
        "{raw}"
    );
    assert!(!raw.contains("Bcc") && !raw.contains("2024"), "{raw}");
    assert!(raw.starts_with(&format!("Return-Path: <{id}@")));
}

#[tokio::test]
async fn ses_writes_the_mail_from_its_parts() {
    let platform = start().await;
    let ses = client(&platform).await;
    let content = |text: &str| Content::builder().data(text).charset("UTF-8").build().unwrap();
    let body = Body::builder().text(content("hola, señora")).html(content("<b>hola</b>")).build();
    ses.send_email()
        .source("Shop <hello@shop.example>")
        .destination(
            Destination::builder().to_addresses("ana@example.com").bcc_addresses("eva@example.com").build(),
        )
        .message(Message::builder().subject(content("¿Sí?")).body(body).build())
        .reply_to_addresses("r@reply.shop.example")
        .send()
        .await
        .unwrap();
    let boxes = get(&platform, "mailboxes").await;
    let mut addresses: Vec<&str> =
        boxes["mailboxes"].as_array().unwrap().iter().map(|one| one["address"].as_str().unwrap()).collect();
    addresses.sort_unstable();
    assert_eq!(addresses, ["ana@example.com", "eva@example.com"]);
    let mail = &get(&platform, "mails?mailbox=eva@example.com").await["mails"][0];
    let mail = get(&platform, &format!("mails/{}", mail["id"])).await;
    assert_eq!(
        (&mail["subject"], &mail["text"], &mail["html"]),
        (&json!("¿Sí?"), &json!("hola, señora"), &json!("<b>hola</b>"))
    );
    assert_eq!(mail["reply_to"], json!(["r@reply.shop.example"]));
    assert!(!mail["head"].as_str().unwrap().contains("eva@example.com"), "{}", mail["head"]);
}

#[tokio::test]
async fn what_ses_would_not_take_is_refused_by_its_name() {
    let platform = start().await;
    let ses = client(&platform).await;
    let refused = async |raw: String, set: Option<&str>| {
        let message = RawMessage::builder().data(Blob::new(raw)).build().unwrap();
        let sending =
            ses.send_raw_email().raw_message(message).set_configuration_set_name(set.map(str::to_owned));
        let error = sending.send().await.unwrap_err();
        format!("{}: {}", error.code().unwrap(), error.message().unwrap())
    };
    let told =
        refused(raw("ana@example.com").replace("hello@shop.example", "hello@other.example"), None).await;
    assert!(
        told.starts_with("MessageRejected: Email address is not verified.")
            && told.contains("EU-WEST-1: hello@other.example"),
        "{told}"
    );
    let told = refused(raw("ana@example.com"), Some("nope")).await;
    assert_eq!(told, "ConfigurationSetDoesNotExist: Configuration set <nope> does not exist.");
    let told = refused(raw("ana@example.com").replace("Bcc:", "To:"), None).await;
    assert_eq!(told, "InvalidParameterValue: Duplicate header 'To'.");
    let told = refused(format!("{}{}", raw("ana@example.com"), "x\r\n".repeat(3_500_000)), None).await;
    assert!(told.starts_with("InvalidParameterValue: Message length is more than 10485760"), "{told}");
    assert!(platform.mails().is_empty());
}

#[tokio::test]
async fn the_state_of_identities_and_of_the_account_can_be_asked_for() {
    let platform = start().await;
    let ses = client(&platform).await;
    let asked = async || {
        let answer = ses
            .get_identity_verification_attributes()
            .identities("shop.example")
            .identities("unknown.example");
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.verification_attributes().len(), 1);
        answer.verification_attributes()["shop.example"].verification_status().clone()
    };
    assert_eq!(asked().await, VerificationStatus::Success);
    platform.set_identity_verified("shop.example", false);
    assert_eq!(asked().await, VerificationStatus::Pending);
    let dkim = ses.get_identity_dkim_attributes().identities("shop.example").send().await.unwrap();
    let dkim = &dkim.dkim_attributes()["shop.example"];
    assert_eq!(
        (dkim.dkim_tokens().len(), dkim.dkim_verification_status()),
        (3, &VerificationStatus::Pending)
    );
    assert_eq!(send(&ses, "ana@example.com").await, Err("MessageRejected".into()));
    platform.set_identity_verified("shop.example", true);

    platform.set_mail_quota(Quota::SANDBOX);
    assert_eq!(
        send(&ses, "ana@example.com").await,
        Err("MessageRejected".into()),
        "the sandbox mails nobody unverified"
    );
    platform.set_mail_quota(Quota { per_day: 2, ..Quota::PRODUCTION });
    for _ in 0..2 {
        send(&ses, "ana@example.com").await.unwrap();
    }
    assert_eq!(send(&ses, "ana@example.com").await, Err("Throttling".into()));
    let quota = ses.get_send_quota().send().await.unwrap();
    assert_eq!((quota.max24_hour_send(), quota.sent_last24_hours()), (2.0, 2.0));
    platform.move_clock(86_400_000);
    send(&ses, "ana@example.com").await.unwrap();
}

#[tokio::test]
async fn a_function_sends_as_the_identity_and_by_the_set_that_its_role_names() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    for (fields, answer) in [
        ("Action=SendEmail&Source=hello@shop.example&ConfigurationSetName=mail-events", "mail 200 false"),
        ("Action=SendEmail&Source=hello@other.example", "mail 403 true"),
        ("Action=SendEmail&Source=hello@shop.example&ConfigurationSetName=another", "mail 403 true"),
        ("Action=GetSendQuota", "mail 403 true"),
    ] {
        let fields = format!(
            "{fields}&Destination.ToAddresses.member.1=ana@example.com&Message.Subject.Data=a&Message.Body.Text.Data=b"
        );
        assert_eq!(ask(&mut socket, json!({ "do": "mail", "fields": fields })).await, answer, "{fields}");
    }
    assert_eq!(platform.mailbox("ana@example.com").len(), 1);
}

#[tokio::test]
async fn sending_fails_before_or_after_its_effect_as_it_is_told_to() {
    let platform = start().await;
    let ses = client(&platform).await;
    platform.faults().table("SendRawEmail", When::Before, &TableFault::Throttle, 1);
    assert_eq!(send(&ses, "ana@example.com").await, Err("Throttling".into()));
    assert!(platform.mails().is_empty());
    platform.faults().table("SendRawEmail", When::After, &TableFault::Error, 1);
    assert_eq!(send(&ses, "ana@example.com").await, Err("InternalFailure".into()));
    assert_eq!(platform.mails().len(), 1);
    platform.faults().table("SendRawEmail", When::After, &TableFault::Hang, 1);
    let asked = ses.clone();
    let waiting = tokio::spawn(async move { send(&asked, "eva@example.com").await });
    until(async || platform.mailbox("eva@example.com").len() == 1).await;
    assert!(!waiting.is_finished());
    waiting.abort();
}

/// TRUST F18, as its tests will want it.
#[tokio::test]
async fn a_function_can_be_killed_when_ses_has_accepted_and_it_does_not_know() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    platform.faults().table("SendEmail", When::After, &TableFault::Kill("Echo".into()), 1);
    let fields = "Action=SendEmail&Source=hello@shop.example&ConfigurationSetName=mail-events\
        &Destination.ToAddresses.member.1=ana@example.com&Message.Subject.Data=a&Message.Body.Text.Data=b";
    let answer = ask(&mut socket, json!({ "do": "mail", "fields": fields })).await;
    assert!(answer.contains("Internal server error"), "{answer}");
    assert_eq!(platform.mailbox("ana@example.com").len(), 1);
}

#[tokio::test]
async fn bounces_and_complaints_reach_the_function_and_end_deliveries() {
    let platform = start().await;
    let ses = client(&platform).await;
    let seen = async |kind: &str, id: &str| times_seen(&platform, &format!("{kind} {id}")).await;
    let first = send(&ses, "ana@example.com").await.unwrap();
    platform.settled().await;
    assert_eq!((seen("Delivery", &first).await.as_str(), seen("Send", &first).await.as_str()), ("1", "0"));

    // Full for now: told, and delivered again the next time.
    let mail = platform.mailbox("ana@example.com")[0].id;
    assert!(platform.bounce_mail(mail, Bounce::Transient));
    platform.settled().await;
    assert_eq!(seen("Bounce", &first).await, "1");
    assert!(platform.suppressed_addresses().is_empty());

    let second = send(&ses, "ana@example.com").await.unwrap();
    let mail = platform.mailbox("ana@example.com")[0].id;
    let (status, _) = post(&platform, &format!("mails/{mail}/bounce"), json!({})).await;
    platform.settled().await;
    assert_eq!((status, seen("Bounce", &second).await.as_str()), (200, "1"));

    // From now on SES takes mail to there and does not deliver it, and says so.
    let third = send(&ses, "Ana@example.com").await.unwrap();
    platform.settled().await;
    assert_eq!((seen("Bounce", &third).await.as_str(), seen("Delivery", &third).await.as_str()), ("1", "0"));
    assert_eq!(platform.mailbox("ana@example.com")[0].state, MailState::Suppressed);

    let fourth = send(&ses, "eva@example.com").await.unwrap();
    assert!(platform.complain_of_mail(platform.mailbox("eva@example.com")[0].id));
    platform.settled().await;
    assert_eq!(seen("Complaint", &fourth).await, "1");
    assert_eq!(platform.suppressed_addresses()["eva@example.com"], "COMPLAINT");
}

#[tokio::test]
async fn the_simulators_addresses_do_what_they_are_for() {
    let platform = start().await;
    let ses = client(&platform).await;
    for (local, kind) in [("bounce", "Bounce"), ("complaint+7", "Complaint"), ("success", "Delivery")] {
        let id = send(&ses, &format!("{local}@simulator.amazonses.com")).await.unwrap();
        platform.settled().await;
        assert_eq!(times_seen(&platform, &format!("{kind} {id}")).await, "1", "{local}");
    }
    assert!(platform.suppressed_addresses().is_empty());
}

#[tokio::test]
async fn an_answer_is_stored_and_the_function_is_told_what_was_found_out() {
    let platform = start().await;
    let ses = client(&platform).await;
    send(&ses, "Ana <ana@example.com>").await.unwrap();
    let mail = platform.mailbox("ana@example.com")[0].clone();
    let order = Order { answers: Some(mail.id), text: "Thank you!".into(), ..Order::default() };
    let received = platform.write_mail(&order).unwrap();
    let id = received.message_id.clone().unwrap();
    platform.settled().await;
    assert_eq!(times_seen(&platform, &format!("{id} PASS 200 true")).await, "1");

    let bucket = platform.bucket("Post").unwrap();
    let stored = platform.object(bucket, &format!("mail/{id}")).unwrap().unwrap();
    let text = String::from_utf8(stored).unwrap();
    for wanted in [
        "Return-Path: <ana@example.com>\r\n",
        "X-SES-Virus-Verdict: PASS\r\n",
        "Authentication-Results: amazonses.com;\r\n spf=pass ",
        " dmarc=pass header.from=example.com;\r\n",
        "To: \"Shop\" <r+abc@reply.shop.example>\r\n",
        "Thank you!",
        "> The parcel is on its way.",
        "gmail_quote",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert!(text.contains(&format!("In-Reply-To: <{}@eu-west-1.amazonses.com>", mail.message_id)), "{text}");

    // It stays in her mailbox too, as sent.
    let own = platform.mailbox("ana@example.com")[0].clone();
    assert!(own.outgoing && matches!(own.state, MailState::Received { .. }), "{own:?}");
    assert_eq!(platform.deliver_mail_again(own.id), 1);
    platform.settled().await;
    assert_eq!(times_seen(&platform, &format!("{id} PASS 200 true")).await, "2");

    let forged = Order { verdicts: Verdicts::forged(), ..order };
    let id = platform.write_mail(&forged).unwrap().message_id.unwrap();
    platform.settled().await;
    assert_eq!(times_seen(&platform, &format!("{id} FAIL 200 true")).await, "1");
    assert_eq!((platform.metrics().mails_received, platform.metrics().mail_chunks), (2, 0));
}

#[tokio::test]
async fn raw_mail_comes_in_with_the_verdicts_that_are_chosen() {
    let platform = start().await;
    let come = async |query: &str, body: Vec<u8>| -> (u16, Value) {
        let response = reqwest::Client::new()
            .post(api(&platform, &format!("inbound?{query}")))
            .header("content-type", "message/rfc822")
            .body(body)
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    };
    let body =
        || b"From: Ana <ana@example.com>\r\nTo: r+x@reply.shop.example\r\nSubject: x\r\n\r\nhola".to_vec();
    let (status, answer) = come("dmarc=fail&spam=fail", body()).await;
    assert_eq!((status, &answer["rules"]), (200, &json!(["replies"])), "{answer}");
    let key = answer["object"][1].as_str().unwrap();
    let stored = platform.object(platform.bucket("Post").unwrap(), key).unwrap().unwrap();
    let stored = String::from_utf8(stored).unwrap();
    assert!(stored.contains("X-SES-Spam-Verdict: FAIL") && stored.contains("dmarc=fail"), "{stored}");
    platform.settled().await;
    assert_eq!(
        times_seen(&platform, &format!("{} FAIL 200 false", answer["message_id"].as_str().unwrap())).await,
        "1"
    );

    // An address of ours that no rule takes does not exist; one of nobody's is somebody's.
    let (_, answer) = come("to=nobody@shop.example", body()).await;
    assert!(answer["refused"].as_str().unwrap().starts_with("550 5.1.1"), "{answer}");
    let (_, answer) = come("to=luis@example.com", body()).await;
    assert_eq!(answer["delivered"], json!(["luis@example.com"]));
    let (_, answer) = come("", vec![b'x'; 41 * 1_024 * 1_024]).await;
    assert_eq!(answer["error"], "say to whom it comes: ?to=…");
    let (_, answer) = come("to=r@reply.shop.example", vec![b'x'; 41 * 1_024 * 1_024]).await;
    assert!(answer["refused"].as_str().unwrap().starts_with("552"), "{answer}");
    let (status, _) = come("dmarc=perhaps", body()).await;
    assert_eq!(status, 400);
    // Three whole pieces of 256 KB, and one that is not whole.
    let large = [body(), b"\r\nx".repeat(300_000)].concat();
    let before = platform.metrics().mail_chunks;
    come("", large).await;
    assert_eq!(platform.metrics().mail_chunks - before, 3);
}

#[tokio::test]
async fn an_automatic_answer_bears_the_marks_of_one() {
    let platform = start().await;
    let ses = client(&platform).await;
    send(&ses, "ana@example.com").await.unwrap();
    let mail = platform.mailbox("ana@example.com")[0].id;
    let order = json!({ "automatic": "standard", "text": "I am away." });
    let (status, answer) = post(&platform, &format!("mails/{mail}/reply"), order).await;
    assert_eq!(status, 200, "{answer}");
    let key = answer["object"][1].as_str().unwrap();
    let stored = platform.object(platform.bucket("Post").unwrap(), key).unwrap().unwrap();
    let stored = String::from_utf8(stored).unwrap();
    for wanted in ["Return-Path: <>\r\n", "Auto-Submitted: auto-replied\r\n", "Automatic_reply:"] {
        assert!(stored.contains(wanted), "{wanted}\n{stored}");
    }
    assert!(!stored.contains("> The parcel"), "nobody quotes automatically: {stored}");
}

#[tokio::test]
async fn mailboxes_are_searched_read_and_watched() {
    let platform = start().await;
    let ses = client(&platform).await;
    let version = get(&platform, "mailboxes").await["version"].clone();
    let news = format!("changes?after={version}");
    let (changed, _) = tokio::join!(get(&platform, &news), send(&ses, "ana@example.com"));
    assert_ne!(changed["version"], version);
    let found = get(&platform, "mails?search=PARCEL%20way").await;
    assert_eq!(found["mails"].as_array().unwrap().len(), 1);
    assert_eq!(get(&platform, "mails?search=nothing").await["mails"], json!([]));
    let id = found["mails"][0]["id"].as_u64().unwrap();
    assert_eq!(found["mails"][0]["unread"], true);
    assert_eq!(post(&platform, &format!("mails/{id}/read"), json!({ "unread": false })).await.0, 200);
    assert_eq!(get(&platform, "mailboxes").await["mailboxes"][0]["unread"], 0);
    // Without a body in JSON, as a form of another page could send it, nothing happens.
    let form = reqwest::Client::new().post(api(&platform, &format!("mails/{id}/complain"))).body("{}").send();
    assert_eq!(form.await.unwrap().status(), 400);
    assert_eq!(platform.mails()[0].state, MailState::Delivered);
    assert_eq!(
        post(&platform, "empty", json!({ "mailbox": "ana@example.com" })).await.1,
        json!({ "gone": 1 })
    );
    assert_eq!(post(&platform, "mails/1/complain", json!({})).await.0, 404);
}

#[tokio::test]
async fn the_html_of_a_mail_runs_nothing_and_loads_nothing() {
    let platform = start().await;
    let raw = "From: a@b.example\r\nTo: ana@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script><img src=\"cid:logo\"><img src=\"https://evil.example/x\">\r\n\
        --b\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n\
        --b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=\"a.html\"\r\n\r\n<script>alert(2)</script>\r\n--b--\r\n";
    platform.receive_mail(platform::Inbound {
        from: "a@b.example".into(),
        to: vec!["ana@example.com".into()],
        raw: raw.into(),
        verdicts: Verdicts::default(),
        author: None,
    });
    let id = platform.mails()[0].id;
    assert_eq!(platform.mails()[0].attachments, 1);
    let framed = reqwest::get(api(&platform, &format!("mails/{id}/html"))).await.unwrap();
    let policy = framed.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.contains("default-src 'none'")
            && policy.contains("img-src data:;")
            && policy.contains("sandbox allow-popups"),
        "{policy}"
    );
    assert!(framed.text().await.unwrap().contains("data:image/png;base64,iVBORw=="));
    let file = reqwest::get(api(&platform, &format!("mails/{id}/attachments/1"))).await.unwrap();
    assert_eq!(file.headers()["content-type"], "application/octet-stream");
    assert_eq!(file.headers()["content-disposition"], "attachment; filename=\"a.html\"");
}

#[tokio::test]
async fn mails_are_counted_by_the_published_prices_and_kept_over_a_restart() {
    let data = folder("mails").join("table.db");
    let options = || Options { data: Some(data.clone()), ..options() };
    let first = Platform::start(options()).await.unwrap();
    send(&client(&first).await, "ana@example.com").await.unwrap();
    first.settled().await;
    let cost = first.metrics().cost();
    assert!((cost.ses - 0.0001).abs() < 1e-9, "{}", cost.ses);
    assert!((cost.sns - 0.5e-6).abs() < 1e-12, "one delivery was told: {}", cost.sns);
    first.ended().await;
    drop(first);
    let second = Platform::start(options()).await.unwrap();
    let mails = second.mailbox("ana@example.com");
    assert_eq!((mails.len(), mails[0].subject.as_str(), mails[0].raw().is_empty()), (1, "Adiós", false));
}
