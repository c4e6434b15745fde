//! What is said of a shopper and not believed, and what is never written down.

use super::{
    Key, PRIVATE, PUBLIC, begin, begin_once, current, detail, nobody, ping, publish, say, sign_in, signed_in,
    status_of, stored, thread, with,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faults::line::Line;
use faults::people::Account;
use faults::stack::Stack;
use jsonwebtoken::{Algorithm, EncodingKey};
use protocol::client::{Answer, Hello, Presence, PresenceStatus};
use protocol::http::SessionAnswer;
use protocol::{Command, ServerFrame};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_15_a_token_that_is_not_believed_leaves_the_shopper_anonymous_and_able_to_chat() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let marta = stack.agent("demo-two", "marta@example.com").await;
    let (key, other_site, ended) = (Key::make(&ana).await, Key::make(&marta).await, Key::make(&ana).await);
    ended.end(&ana, 0).await;
    let rsa = {
        let made =
            ana.post("/v1/agent/sites/demo/identity-keys", json!({"public_key": PUBLIC})).await.unwrap();
        let id = made.body["key"]["id"].as_str().unwrap().to_owned();
        Key { site: "demo".into(), id, secret: PUBLIC.into() }
    };
    let now = stack.platform.now_ms();
    let claims = json!({"sub": "customer-7", "aud": "demo", "exp": now / 1000 + 300});
    let good = key.token(now, "customer-7", json!({}));
    let part = |n: usize| good.split('.').nth(n).unwrap();
    let none = |alg: &str| base64_url(&json!({"alg": alg, "typ": "JWT", "kid": key.id}).to_string());
    let private = EncodingKey::from_rsa_pem(PRIVATE.as_bytes()).unwrap();
    let refused = [
        (format!("{}.{}.", none("none"), part(1)), "algorithm"),
        (format!("{}.{}.{}", none("NONE"), part(1), part(2)), "algorithm"),
        (key.signed(Algorithm::HS512, &key.signing(), &claims), "algorithm"),
        (key.signed(Algorithm::RS256, &private, &claims), "algorithm"),
        // The public key, which anybody may know, as a secret.
        (rsa.signed(Algorithm::HS256, &rsa.signing(), &claims), "algorithm"),
        (key.signed(Algorithm::HS256, &other_site.signing(), &claims), "signature"),
        (
            format!("{}.{}.{}", part(0), base64_url(&claims.to_string().replace('7', "8")), part(2)),
            "signature",
        ),
        (other_site.token(now, "customer-7", json!({"aud": "demo"})), "unknown_key"),
        (ended.token(now, "customer-7", json!({})), "unknown_key"),
        (key.token(now, "customer-7", json!({"aud": "demo-two"})), "audience"),
        (key.token(now, "customer-7", json!({"aud": null})), "audience"),
        (key.token(now, "customer-7", json!({"exp": null})), "no_expiry"),
        (key.token(now, "customer-7", json!({"exp": now / 1000 - 61})), "expired"),
        (key.token(now, "customer-7", json!({"exp": now / 1000 + 3600})), "too_long"),
        (key.token(now, "customer-7", json!({"nbf": now / 1000 + 200})), "not_yet"),
        (key.token(now, "customer-7", json!({"sub": null})), "subject"),
        (key.token(now, "customer-7", json!({"sub": " "})), "subject"),
        ("not a token".into(), "malformed"),
        ("x".repeat(5000), "malformed"),
    ];
    let identities = refused.into_iter().map(|(token, why)| (json!({"token": token}), why)).chain([
        (json!({"customer_id": "7", "hash": key.hash("8")}), "signature"),
        (json!({"customer_id": "7", "hash": other_site.hash("7")}), "signature"),
        (json!({"customer_id": "7", "hash": ended.hash("7")}), "signature"),
        (json!({"customer_id": "7", "hash": "7"}), "malformed"),
        (json!({"customer_id": "", "hash": key.hash("")}), "subject"),
    ]);
    let browser = stack.shopper("demo").await;
    let mut line = Line::ready(&browser, vec![]).await.unwrap();
    let conversation = begin(&mut line, "hello").await;
    for (identity, why) in identities {
        // With a session it stays the one it was, connections and all; without one a new anonymous one begins.
        let kept = sign_in(&browser, identity.clone()).await;
        assert_eq!(
            (&kept.session, kept.verified, kept.refused.as_deref()),
            (&browser.token, false, Some(why))
        );
        let fresh = sign_in(&nobody(&stack), identity).await;
        assert_eq!((fresh.verified, fresh.refused.as_deref()), (false, Some(why)));
        assert_ne!(fresh.shopper_id, kept.shopper_id);
        assert_eq!(current(&with(&browser, &fresh)).await, None);
    }
    stored(line.ask(say(Some(conversation), "still here")).await.unwrap());
    assert_eq!(detail(&ana, conversation).await["shopper"]["verified"], false);
    // What is no proof at all is refused as any body that is none.
    for body in [
        json!({"identity": {"token": 5}}),
        json!({"identity": {}}),
        json!({"identity": {"token": good, "verified": true}}),
    ] {
        assert_eq!(browser.post("/v1/sites/demo/sessions", body).await.unwrap().status, 400);
    }
    // And the good ones, of both kinds, of a key that ends later and of its successor.
    key.end(&ana, 3600).await;
    let successor = Key::make(&ana).await;
    let by_rsa = rsa.signed(Algorithm::RS256, &private, &claims);
    let mut shoppers = Vec::new();
    for identity in [
        json!({"token": good}),
        json!({"token": successor.token(now, "customer-7", json!({}))}),
        json!({"token": by_rsa}),
        json!({"customer_id": "customer-7", "hash": key.hash("customer-7").to_uppercase()}),
    ] {
        let answer = sign_in(&nobody(&stack), identity).await;
        assert!(answer.verified, "{answer:?}");
        shoppers.push(answer.shopper_id);
    }
    shoppers.dedup();
    assert_eq!(shoppers.len(), 1);
}

fn base64_url(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_16_a_victims_email_or_token_id_in_ones_own_token_reaches_nothing_of_theirs() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let now = stack.platform.now_ms();
    let says = json!({"email": "victim@shop.example", "name": "Victoria", "jti": "once"});
    let victim = signed_in(&nobody(&stack), json!({"token": key.token(now, "victim", says.clone())})).await;
    let theirs = begin(&mut Line::ready(&victim, vec![]).await.unwrap(), "my order 4711").await;

    let thief = signed_in(
        &nobody(&stack),
        json!({"token": key.token(now, "thief", json!({"email": "victim@shop.example", "name": "Victoria"}))}),
    )
    .await;
    assert_eq!(current(&thief).await, None);
    assert_eq!(status_of(&thief, theirs).await, 404);
    let mut line = Line::ready(&thief, vec![]).await.unwrap();
    let own = begin(&mut line, "what did I order?").await;
    assert_ne!(own, theirs);
    let seen = detail(&ana, own).await;
    assert_eq!((&seen["shopper"]["email"], &seen["earlier"]), (&json!("victim@shop.example"), &json!([])));
    assert_eq!(detail(&ana, theirs).await["earlier"], json!([]));
    // A token's own id is one subject's; for that one it may come again.
    let stolen = sign_in(&nobody(&stack), json!({"token": key.token(now, "thief", says.clone())})).await;
    assert_eq!((stolen.verified, stolen.refused.as_deref()), (false, Some("replayed")));
    let reloaded = signed_in(&nobody(&stack), json!({"token": key.token(now, "victim", says)})).await;
    assert_eq!(current(&reloaded).await, Some(theirs.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_18_what_a_pages_script_invents_is_refused_or_shown_as_unverified() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let browser = nobody(&stack);
    for (field, value) in [
        ("verified", json!(true)),
        ("shopper_id", json!("shp_018f3b1e-7c1a-8000-8000-000000000008")),
        ("email", json!("victim@shop.example")),
        ("name", json!("Victoria")),
        ("attributes", json!({"orders": 12})),
        ("cart", json!([{"price": 1}])),
    ] {
        let reply = browser.post("/v1/sites/demo/sessions", json!({field: value})).await.unwrap();
        let error = &reply.body["error"];
        assert_eq!(
            (reply.status, &error["code"], &error["field"]),
            (400, &json!("unknown_field"), &json!(field))
        );
    }
    // What a page may say of itself is text beside an unverified shopper.
    let page = json!({"url": "https://shop.example/?verified=true", "title": "VIP customer: Victoria", "referrer": ""});
    let reply = browser.post("/v1/sites/demo/sessions", json!({"page": page})).await.unwrap();
    let answer: SessionAnswer = serde_json::from_value(reply.body).unwrap();
    let conversation =
        begin(&mut Line::ready(&with(&browser, &answer), vec![]).await.unwrap(), "hello").await;
    let seen = detail(&ana, conversation).await;
    assert_eq!(
        (
            &seen["shopper"]["verified"],
            &seen["shopper"]["name"],
            &seen["shopper"]["email"],
            &seen["row"]["verified"]
        ),
        (&json!(false), &Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(seen["shopper"]["page"], page);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_25_an_agent_cannot_bar_shoppers_nor_make_keys_that_speak_for_the_shop() {
    let stack = Stack::start().await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let mut line = Line::ready(&stack.shopper("demo").await, vec![]).await.unwrap();
    let key = Key::make(&ana).await;
    let before = match ping(&mut line, vec![]).await {
        ServerFrame::Pong(pong) => pong.version.unwrap(),
        other => panic!("{other:?}"),
    };
    let visibility = "/v1/agent/sites/demo/settings/visibility";
    let keys = "/v1/agent/sites/demo/identity-keys";
    for (method, path, body) in [
        (Method::PUT, visibility.to_owned(), json!({"expected": 0, "value": {"visibility": "off"}})),
        (Method::POST, format!("{visibility}/history/1/restore"), json!({"expected": 1})),
        (Method::POST, keys.to_owned(), json!({})),
        (Method::POST, format!("{keys}/{}/end", key.id), json!({"after_s": 0})),
    ] {
        let reply = luis.request(method, &path, Some(body)).await.unwrap();
        assert_eq!((reply.status, &reply.body["error"]["code"]), (403, &json!("forbidden")), "{path}");
    }
    match ping(&mut line, vec![]).await {
        ServerFrame::Pong(pong) => assert_eq!(pong.version, Some(before)),
        other => panic!("{other:?}"),
    }
    assert_eq!(ana.get(keys).await.unwrap().body["keys"].as_array().unwrap().len(), 1);
    signed_in(&nobody(&stack), json!({"token": key.token(stack.platform.now_ms(), "eva", json!({}))})).await;
}

/// Name and email, asked of everybody at once.
fn form() -> Value {
    let field =
        |kind: &str| json!({"id": kind, "kind": kind, "required": false, "labels": {}, "choices": []});
    json!({
        "when": "always", "slow_after_s": 60, "hold_online": true, "hold_offline": true, "phrases": {},
        "fields": [field("name"), field("email")],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_02_what_is_typed_never_takes_the_place_of_what_the_shop_says_and_reaches_nothing_of_it() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let stands =
        ana.get("/v1/agent/sites/demo/settings/form").await.unwrap().body["version"].as_u64().unwrap();
    publish(&ana, "form", stands, form()).await;
    let token = |who: &str, says: Value| json!({"token": key.token(stack.platform.now_ms(), who, says)});
    let answers = async |account: &Account, email: &str| {
        let mut line = Line::ready(account, vec![]).await.unwrap();
        let conversation_id = begin(&mut line, "my invoice").await;
        for (field, value) in [("name", "Victoria"), ("email", email)] {
            let answer = Answer { conversation_id, field: field.into(), value: Some(value.into()) };
            stored(line.ask(Command::Answer(answer)).await.unwrap());
        }
        conversation_id
    };
    let told = |body: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let shopper = &body["shopper"];
        let verified = shopper["verified"].as_bool().unwrap();
        assert_eq!(
            (&shopper["name"], verified),
            (&body["row"]["shopper_name"], body["row"]["verified"] == true)
        );
        (verified, text(&shopper["name"]), text(&shopper["email"]))
    };
    let hers = (true, String::from("Victoria"), String::from("victim@shop.example"));

    // The shop tells name and email: nothing is asked.
    let says = json!({"email": hers.2, "name": hers.1});
    let victim = signed_in(&nobody(&stack), token("victim", says)).await;
    let theirs = begin(&mut Line::ready(&victim, vec![]).await.unwrap(), "my order 4711").await;
    assert_eq!(thread(&victim, theirs).await.len(), 1);
    assert_eq!(told(&detail(&ana, theirs).await), hers);
    // Typed by somebody else: anonymous, it is theirs to say; verified, it is an answer in the thread and stands beside no mark.
    let anonymous = stack.shopper("demo").await;
    let other = signed_in(&nobody(&stack), token("somebody", json!({}))).await;
    for (account, expect) in
        [(anonymous, (false, hers.1.clone(), hers.2.clone())), (other, (true, String::new(), String::new()))]
    {
        let own = answers(&account, &hers.2).await;
        let seen = detail(&ana, own).await;
        assert_eq!((told(&seen), &seen["earlier"]), (expect, &json!([])));
        assert_eq!(status_of(&account, theirs).await, 404);
    }
    assert_eq!(detail(&ana, theirs).await["earlier"], json!([]));
    // Typed at a browser before somebody signs in there: it does not become the shop's word by that.
    for (who, says, expect) in [
        ("newcomer", json!({"name": "Nora", "email": "nora@shop.example"}), ("Nora", "nora@shop.example")),
        ("nameless", json!({}), ("", "")),
    ] {
        let browser = stack.shopper("demo").await;
        let typed = answers(&browser, &hers.2).await;
        signed_in(&browser, token(who, says)).await;
        assert_eq!(told(&detail(&ana, typed).await), (true, expect.0.into(), expect.1.into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_09_identities_from_one_address_are_limited_and_who_brings_none_comes_in() {
    let stack = Stack::start().await;
    // Each session has a burst of its own: what is refused here is refused to the address.
    let mut browsers = Vec::new();
    for _ in 0..16 {
        browsers.push(stack.shopper("demo").await);
    }
    let mut refused = 0;
    for browser in &browsers {
        for _ in 0..16 {
            let body = json!({"identity": {"token": "guess"}});
            refused += u32::from(browser.post("/v1/sites/demo/sessions", body).await.unwrap().status == 429);
        }
    }
    // 120 per address and ten minutes; should a window end meanwhile, two windows' worth.
    assert!(refused == 256 - 120 || refused == 256 - 240, "{refused} of 256 were refused");
    assert_eq!(nobody(&stack).post("/v1/sites/demo/sessions", json!({})).await.unwrap().status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_28_no_token_no_hash_and_nothing_that_they_say_reaches_a_log() {
    let stack = Stack::adjusted(|options| {
        options.environment.insert("RUST_LOG".into(), "trace".into());
    })
    .await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    let now = stack.platform.now_ms();
    let says = json!({"email": "canary@shop.example", "name": "Canary Name", "jti": "canary-jti"});
    let good = key.token(now, "canary-subject", says.clone());
    let replayed = key.token(now, "canary-other", says);
    let hash = key.hash("canary-customer");
    let browser = stack.shopper("demo").await;
    begin(&mut Line::ready(&browser, vec![]).await.unwrap(), "hello").await;
    for identity in [
        json!({"token": good}),
        json!({"token": replayed}),
        json!({"token": format!("{good}canary")}),
        json!({"token": "canary.canary.canary"}),
        json!({"customer_id": "canary-customer", "hash": hash}),
        json!({"customer_id": "canary-customer", "hash": "canary"}),
        json!({"customer_id": "canary-customer", "hash": key.hash("x")}),
    ] {
        sign_in(&browser, identity).await;
    }
    let logs = stack.platform.logs();
    assert!(logs.iter().any(|line| line.line.contains("an identity was not believed")));
    assert!(logs.iter().any(|line| line.line.contains("signed in")));
    let signature = good.rsplit('.').next().unwrap();
    for line in &logs {
        for secret in ["canary", "Canary", signature, &hash, &key.secret["msk_".len()..]] {
            assert!(!line.line.contains(secret), "{}: {}", line.source, line.line);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f_14_clocks_that_are_off_and_nights_in_which_they_change_confuse_nobody() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let key = Key::make(&ana).await;
    // Ten minutes pass between two messages, or so a clock says: the order is the numbers'.
    let account = stack.shopper("demo").await;
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    let conversation = begin(&mut line, "before").await;
    stack.platform.move_clock(600_000);
    stored(line.ask(say(Some(conversation), "after")).await.unwrap());
    let entries = thread(&account, conversation).await;
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2]);
    assert!(entries[1].at - entries[0].at >= 600_000);
    stack.platform.move_clock(0);
    // A shop's server that is ten minutes slow or fast signs what is not believed, and its shoppers can chat all the same.
    let now = stack.platform.now_ms();
    let at = |shift: i64| {
        let iat = now.saturating_add_signed(shift) / 1000;
        key.token(now, "eva", json!({"iat": iat, "exp": iat + 300}))
    };
    for (shift, why) in
        [(-600_000, Some("expired")), (-50_000, None), (50_000, None), (600_000, Some("not_yet"))]
    {
        let answer = sign_in(&nobody(&stack), json!({"token": at(shift)})).await;
        assert_eq!((answer.verified, answer.refused.as_deref()), (why.is_none(), why), "{shift}");
        begin_once(&with(&nobody(&stack), &answer)).await;
    }

    // Sundays from 2:30 to 5:00 in Madrid, in the night that has no 2:30 and in the one that has two.
    let week = json!({"sunday": [{"start": "02:30", "end": "05:00"}],
        "monday": [], "tuesday": [], "wednesday": [], "thursday": [], "friday": [], "saturday": []});
    let hours = json!({"enabled": true, "zone": "Europe/Madrid", "week": week, "exceptions": []});
    publish(&ana, "hours", 0, hours).await;
    let utc = |text: &str| u64::try_from(text.parse::<jiff::Timestamp>().unwrap().as_millisecond()).unwrap();
    for (at, opens_at) in [
        // 2:00 becomes 3:00 at 1:00 UTC: 2:30 is the moment of the change.
        ("2027-03-27T23:00:00Z", Some("2027-03-28T01:00:00Z")),
        ("2027-03-28T00:58:00Z", Some("2027-03-28T01:00:00Z")),
        ("2027-03-28T01:00:00Z", None),
        ("2027-03-28T02:59:30Z", None),
        ("2027-03-28T03:00:00Z", Some("2027-04-04T00:30:00Z")),
        // 3:00 becomes 2:00 at 1:00 UTC: 2:30 is its first showing, and 5:00 comes an hour later.
        ("2027-10-30T23:59:00Z", Some("2027-10-31T00:30:00Z")),
        ("2027-10-31T00:30:00Z", None),
        ("2027-10-31T01:15:00Z", None),
        ("2027-10-31T03:59:30Z", None),
        ("2027-10-31T04:00:00Z", Some("2027-11-07T01:30:00Z")),
    ] {
        let clock = stack.platform.metrics().clock;
        let real = i64::try_from(clock.now_ms).unwrap() - clock.offset_ms;
        stack.platform.move_clock(i64::try_from(utc(at)).unwrap() - real);
        let page = reqwest::get(format!("{}/v1/sites/demo/config", stack.url)).await.unwrap();
        let told = page.json::<Value>().await.unwrap()["availability"].clone();
        let expect = opens_at.map(utc);
        assert_eq!((told["opens_at"].as_u64(), &told["online"]), (expect, &json!(false)), "{at}");
        let mut line = Line::open(&stack.shopper("demo").await).await.unwrap();
        line.command(Command::Hello(Hello::default())).await.unwrap();
        let ServerFrame::Ready(ready) = line.next().await.unwrap() else { panic!("not greeted") };
        assert_eq!(ready.availability.unwrap().opens_at, expect, "{at}");
        // Open, and somebody comes: online; closed, and nobody waits for that.
        let mut desk = Line::ready(&ana.renewed().await.unwrap(), vec![]).await.unwrap();
        let status = PresenceStatus::Online;
        desk.command(Command::Presence(Presence { status })).await.unwrap();
        desk.until(|frame| matches!(frame, ServerFrame::Presence(_)), true).await.unwrap();
        let page = reqwest::get(format!("{}/v1/sites/demo/config", stack.url)).await.unwrap();
        let told = page.json::<Value>().await.unwrap()["availability"].clone();
        assert_eq!(told["online"], json!(expect.is_none()), "{at}");
    }
}
