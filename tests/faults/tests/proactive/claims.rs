//! What a page invents: *condition met*, carts, attributes, who it is. Nothing fires by it that should not, nothing is believed.

use super::{HALF_A_MINUTE, armed, cart, code, on, shop, shown};
use anyhow::{Context, Result, ensure};
use faults::page::{Page, results, trigger};
use faults::people::{Account, Reply};
use serde_json::{Value, json};

const SCRIPT: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>";

async fn detail(agent: &Account, page: &Page) -> Result<Reply> {
    let visitor = page.visitor_id().context("a visitor")?;
    agent.get(&format!("/v1/agent/sites/{}/visitors/{visitor}", agent.site)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_18_a_forged_condition_met_fires_nothing_that_should_not() -> Result<()> {
    let waits = |id: &str, conditions: Value| trigger(id, "every_page_load", conditions);
    let (stack, ana) = shop(
        false,
        &[
            waits("time", json!([{"kind": "time_on_page", "seconds": 60}])),
            waits(
                "deep-cart",
                json!([{"kind": "scroll", "percent": 50}, {"kind": "cart_value", "at_least": 100.0}]),
            ),
            waits("back", json!([{"kind": "leaving"}, {"kind": "returning", "is": true}])),
            waits("there", json!([{"kind": "idle", "seconds": 30}, on("/checkout")[0].clone()])),
            waits("vouched", json!([{"kind": "identity", "any_of": ["verified", "identified"]}])),
            waits("abroad", json!([{"kind": "country", "is": true, "any_of": ["CH"]}])),
        ],
    )
    .await?;
    let claims = json!({
        "on_page_ms": 36_000_000_u64, "scroll": 100, "idle_ms": 36_000_000_u64, "leaving": true,
        "cart": {"lines": [], "total": 99.99, "currency": "EUR"},
        "attributes": {"verified": true, "identity": "verified", "country": "CH", "returning": true, "chatted_before": true},
        "events": ["verified", "returning"],
    });
    let mut page = Page::of(&stack, "demo");
    let (_, answer) = page.told("view", claims.clone()).await?;
    // By the server's clock the page was opened just now, whatever the page says of it.
    ensure!(armed(&answer) == ["time"] && shown(&answer).is_none(), "{answer}");
    for _ in 0..3 {
        let (status, answer) = page.told("met", claims.clone()).await?;
        ensure!(status == 200 && armed(&answer) == ["time"] && shown(&answer).is_none(), "{status} {answer}");
    }
    // A page that nobody has seen begin begins with what it claims.
    let (_, answer) = page.next().told("met", claims.clone()).await?;
    ensure!(shown(&answer).is_none(), "{answer}");
    stack.later(59_000);
    // Some milliseconds of the test's own may have gone by, a second has not: the page was noted at its first report.
    let early = page.next();
    let (_, answer) = early.send(early.report("view", &claims).to_string()).await?;
    ensure!(shown(&answer).is_none(), "{answer}");
    stack.later(2_000);
    let (_, answer) = page.told("met", json!({})).await?;
    ensure!(results(&ana, "time").await?.0 == 1, "{answer}");
    for id in ["deep-cart", "back", "there", "vouched", "abroad"] {
        ensure!(results(&ana, id).await?.0 == 0, "{id} fired");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_01_foreign_and_made_up_visitors_are_as_none() -> Result<()> {
    let (stack, ana) = shop(true, &[trigger("ever", "once_ever", on("/cart"))]).await?;
    let marta = stack.agent("demo-two", "marta@example.com").await;
    faults::letters::publish(&marta, "visitors", json!({"live": true})).await?;
    faults::page::publish_document(
        &marta,
        "triggers",
        json!({"triggers": [trigger("ever", "once_ever", on("/cart"))]}),
    )
    .await?;
    let mut page = Page::of(&stack, "demo");
    page.told("view", cart()).await?;
    let mine = page.visitor.clone().context("a token")?;
    let mut theirs = Page::of(&stack, "demo-two");
    theirs.told("view", cart()).await?;
    let known = theirs.visitor.clone().context("a token")?;
    // Another site's, mine with another secret, theirs with my secret, and what is no token at all.
    let tokens = [
        known.clone(),
        format!("{}{}", &mine[..36], "0".repeat(32)),
        format!("{}{}", &known[..36], &mine[36..]),
        format!("vst_{}", "0".repeat(64)),
        "vst_".into(),
        "vst_#VISITOR".into(),
        SCRIPT.into(),
        mine.to_uppercase(),
    ];
    let mut strangers = 0;
    for token in tokens {
        let mut stranger = Page::of(&stack, "demo");
        stranger.visitor = Some(token.clone());
        // What decides nothing makes nobody of them, and tells nothing.
        for what in ["beat", "leave", "dismissed", "shown_opened"] {
            let answer = stranger.send(stranger.report(what, &json!({})).to_string()).await?;
            ensure!(answer == (200, json!({"armed": []})), "{token}, {what}: {answer:?}");
        }
        let (status, answer) = stranger.told("view", cart()).await?;
        let fresh = answer["visitor"].as_str().context("a visitor of their own")?;
        ensure!(status == 200 && fresh != mine && fresh != known, "{token}: {answer}");
        // A new visitor has seen nothing.
        strangers += 1;
        ensure!(results(&ana, "ever").await?.0 == 1 + strangers, "{token}: {answer}");
    }
    // Whoever was named is as before: known, and not shown again.
    stack.later(HALF_A_MINUTE);
    for page in [&mut page, &mut theirs] {
        let (_, answer) = page.next().told("view", cart()).await?;
        ensure!(answer.get("visitor").is_none() && shown(&answer).is_none(), "{answer}");
    }
    // A22: agents of one site are told of the other's visitors as of those that there are not.
    let foreign = detail(&marta, &page).await?;
    let mut nobody = page.clone();
    nobody.visitor = Some(format!("vst_{}", "0".repeat(64)));
    let absent = detail(&marta, &nobody).await?;
    ensure!(foreign.status == 404 && foreign.raw == absent.raw, "{} / {}", foreign.raw, absent.raw);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_05_a_18_script_and_inventions_are_text_that_nobody_vouches_for() -> Result<()> {
    let (stack, ana) = shop(true, &[trigger("hello", "every_page_load", on("/cart"))]).await?;
    let mut page = Page::of(&stack, "demo");
    let report = json!({
        "url": format!("https://shop.example/cart?q={SCRIPT}"), "title": SCRIPT,
        "referrer": format!("https://evil.example/{SCRIPT}"), "language": "es-ES",
        "cart": {"lines": [{"number": SCRIPT, "name": SCRIPT, "quantity": 1, "price": 49.9}], "total": 10.0, "currency": "EUR"},
        "attributes": {"plan": SCRIPT, "verified": true, "name": "Eva", "email": "eva@example.com", SCRIPT: "x"},
        "events": [SCRIPT, "constructor"],
    });
    let (status, answer) = page.told("view", report).await?;
    ensure!(status == 200 && results(&ana, "hello").await?.0 == 1, "{status} {answer}");
    ensure!(!answer.to_string().contains("alert"), "the page is answered what it has said: {answer}");
    let told = detail(&ana, &page).await?;
    ensure!(told.status == 200, "{}", told.raw);
    let (row, body) = (&told.body["row"], &told.body);
    ensure!(row["title"] == SCRIPT, "{row}");
    ensure!(row["url"].as_str().is_some_and(|url| url.starts_with("https://shop.example/cart?q=")), "{row}");
    ensure!(row["referrer"].as_str().is_some_and(|text| text.starts_with("evil.example/")), "{row}");
    ensure!(body["cart_lines"][0]["name"] == SCRIPT, "{body}");
    let plan = json!({"name": "plan", "value": SCRIPT});
    ensure!(body["attributes"].as_array().is_some_and(|all| all.contains(&plan)), "{body}");
    // Agents are never told that the shop vouches for any of it.
    ensure!(
        row.get("verified").is_none() && row.get("name").is_none() && row.get("shopper_id").is_none(),
        "{row}"
    );
    // It is JSON that no browser takes for a page.
    let raw = reqwest::Client::new()
        .get(format!("{}/v1/agent/sites/demo/visitors/{}", stack.url, page.visitor_id().context("an id")?))
        .header("authorization", format!("Bearer {}", ana.token))
        .send()
        .await?;
    ensure!(raw.headers()["content-type"] == "application/json", "{:?}", raw.headers());
    ensure!(raw.headers()["x-content-type-options"] == "nosniff", "{:?}", raw.headers());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_its_limit_is_cut_with_a_mark_and_what_there_is_not_is_refused() -> Result<()> {
    let big = json!([{"kind": "cart_items", "at_least": 10_000.0}]);
    let triggers = [trigger("big", "every_page_load", big), trigger("cart", "every_page_load", on("/cart"))];
    let (stack, ana) = shop(true, &triggers).await?;
    let line = |n: usize| json!({"number": format!("SKU-{n}"), "name": format!("Lamp {n}"), "quantity": 1, "price": 2.5});
    let lines = |count: usize| (0..count).map(line).collect::<Vec<_>>();
    let mut page = Page::of(&stack, "demo");
    let (status, answer) =
        page.told("view", json!({"cart": {"lines": lines(10_000), "currency": "EUR"}})).await?;
    ensure!(status == 200 && results(&ana, "big").await?.0 == 1, "{status} {answer}");
    ensure!(answer["cut"] == json!(["lines"]), "{answer}");
    let told = detail(&ana, &page).await?.body;
    ensure!(
        told["row"]["cart"] == json!({"value": 2_500_000, "currency": "EUR", "pieces": 10_000}),
        "{told}"
    );
    ensure!(told["cart_lines"].as_array().is_some_and(|lines| lines.len() == 10), "{told}");
    // Attributes of some 8 KB, and one that is fine: what comes first stays, 2 KB of it.
    stack.later(HALF_A_MINUTE);
    let mut page = page.next();
    let attributes: serde_json::Map<String, Value> =
        (0..60).map(|n| (format!("key-{n:02}"), json!("x".repeat(140)))).collect();
    let more =
        json!({"url": "https://shop.example/cart", "attributes": attributes, "cart": {"lines": lines(2)}});
    let (status, answer) = page.told("view", more).await?;
    ensure!(status == 200 && results(&ana, "cart").await?.0 == 1, "cutting affects nothing else: {answer}");
    ensure!(answer["cut"] == json!(["attributes"]), "{answer}");
    let told = detail(&ana, &page).await?.body;
    let kept = told["attributes"].as_array().context("attributes")?;
    ensure!((5..=14).contains(&kept.len()), "{} were kept", kept.len());
    // Texts of megabytes, numbers that are none, dates, nesting.
    let long = "é".repeat(100_000);
    let more = json!({
        "title": long, "referrer": format!("https://x.example/{long}"), "language": long,
        "cart": {"lines": [{"name": long, "price": -1.0, "quantity": 1e300}], "total": 1e300, "currency": "doubloons"},
        "attributes": {"deep": {"a": [1]}, "none": null, "long": "y".repeat(5_000)},
        "events": vec!["e"; 5_000],
    });
    let (status, answer) = page.told("beat", more).await?;
    ensure!(status == 200, "{answer}");
    // A field that there is not, at whatever depth, and what is no report: refused with a reason, and nothing moves.
    let before = detail(&ana, &page).await?.raw;
    let wrong = [
        (json!({"verified": true}), 400, "unknown_field"),
        (json!({"country": "CH"}), 400, "unknown_field"),
        (json!({"cart": {"lines": [{"name": "x", "secret": 1}]}}), 400, "unknown_field"),
        (json!({"scroll": 900}), 400, "bad_frame"),
        (json!({"idle_ms": -1}), 400, "bad_frame"),
        (json!({"page_id": "C#1"}), 400, "bad_frame"),
        (json!({"what": "fire"}), 400, "bad_frame"),
        (json!({"title": "x".repeat(2 * 1024 * 1024)}), 413, "too_large"),
    ];
    for (more, status, reason) in wrong {
        let answer = page.told("view", more.clone()).await?;
        let about = more.to_string().chars().take(80).collect::<String>();
        ensure!(code(&answer) == (status, reason), "{about}: {answer:?}");
        ensure!(
            answer.1["error"]["message"].as_str().is_some_and(|message| !message.is_empty()),
            "{answer:?}"
        );
    }
    let (one, other): (Value, Value) =
        (serde_json::from_str(&before)?, serde_json::from_str(&detail(&ana, &page).await?.raw)?);
    ensure!(one["row"] == other["row"] && one["path"] == other["path"], "{one} / {other}");
    Ok(())
}
