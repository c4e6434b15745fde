//! The HTTP API, the processes behind it, and static files.

use crate::common::{folder, options, start, until, with_limits};
use platform::{Limits, Options, Platform, Serving};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test]
async fn requests_reach_the_function_as_payload_2() {
    let platform = start().await;
    let client = reqwest::Client::new();
    let url = format!("{}/v1/a%20b?x=1&x=2&y=%C3%B1", platform.url());
    let event: Value = client
        .post(&url)
        .header("x-list", "1")
        .header("x-list", "2")
        .header("content-type", "application/json")
        .body("{}")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["requestContext"]["http"]["method"], "POST");
    assert_eq!(
        (&event["queryStringParameters"]["x"], &event["queryStringParameters"]["y"]),
        (&json!("1,2"), &json!("ñ"))
    );
    assert_eq!(event["headers"]["x-list"], "1,2");
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{}"), &json!(false)));
    let event: Value = client.post(&url).body(vec![0xff, 0xfe]).send().await.unwrap().json().await.unwrap();
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("//4="), &json!(true)));
    let teapot = client.get(format!("{}/teapot", platform.url())).send().await.unwrap();
    assert_eq!((teapot.status().as_u16(), teapot.headers()["x-kind"].to_str().unwrap()), (418, "pot"));
    assert_eq!(teapot.headers().get_all("set-cookie").iter().count(), 2);
    assert_eq!(teapot.text().await.unwrap(), "tea");
    assert_eq!(
        client.get(format!("{}/bare", platform.url())).send().await.unwrap().text().await.unwrap(),
        r#"{"hello":"there"}"#
    );
}

#[tokio::test]
async fn an_idle_process_is_used_again() {
    let platform = start().await;
    for _ in 0..3 {
        reqwest::get(format!("{}/x", platform.url())).await.unwrap();
    }
    let echo = platform.metrics().functions["Echo"].clone();
    assert_eq!((echo.invocations, echo.cold), (3, 1));
}

#[tokio::test]
async fn an_invocation_runs_to_its_end_when_nobody_waits_for_it_any_more() {
    let platform = start().await;
    let impatient = reqwest::Client::builder().timeout(Duration::from_millis(100)).build().unwrap();
    assert!(impatient.get(format!("{}/pause", platform.url())).send().await.unwrap_err().is_timeout());
    until(async || platform.metrics().functions.get("Echo").is_some_and(|echo| echo.invocations == 1)).await;
    reqwest::get(format!("{}/x", platform.url())).await.unwrap();
    let echo = platform.metrics().functions["Echo"].clone();
    assert_eq!((echo.invocations, echo.cold), (2, 1), "its process is free for the next");
}

#[tokio::test]
async fn an_answer_over_6_megabytes_and_a_request_over_10_are_refused() {
    let platform = start().await;
    let client = reqwest::Client::new();
    let large = client.get(format!("{}/large", platform.url())).send().await.unwrap();
    assert_eq!(large.status(), 500);
    let url = format!("{}/x", platform.url());
    let request = client.post(&url).body(vec![0; 11 * 1_024 * 1_024]).send().await.unwrap();
    assert_eq!(request.status(), 413);
}

#[tokio::test]
async fn cross_origin_answers_are_the_templates() {
    let platform = start().await;
    let client = reqwest::Client::new();
    let url = format!("{}/cors", platform.url());
    let ask = async |method: reqwest::Method, origin: &str| {
        let request = client.request(method, &url).header("origin", origin);
        let response = request.header("access-control-request-method", "PUT").send().await.unwrap();
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let allowed = (header("access-control-allow-origin"), header("access-control-allow-methods"));
        (response.status().as_u16(), allowed.0, allowed.1)
    };
    let (shop, methods) = ("https://shop.example".to_owned(), "GET,PUT".to_owned());
    assert_eq!(ask(reqwest::Method::OPTIONS, &shop).await, (204, shop.clone(), methods));
    assert_eq!(
        ask(reqwest::Method::OPTIONS, "https://evil.example").await,
        (204, String::new(), String::new())
    );
    assert_eq!(ask(reqwest::Method::GET, &shop).await.1, shop, "the function's own * is replaced");
    assert_eq!(ask(reqwest::Method::GET, "https://evil.example").await.1, "");
    assert_eq!(platform.metrics().functions["Echo"].invocations, 2, "no preflight reaches the function");
}

#[tokio::test]
async fn broken_functions_make_500s() {
    let platform = start().await;
    for path in ["/crash", "/sleep"] {
        let response = reqwest::get(format!("{}{path}", platform.url())).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.text().await.unwrap().as_str()),
            (500, r#"{"message":"Internal Server Error"}"#),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn load_starts_more_processes_up_to_the_limit() {
    let platform = with_limits(Limits { instances: 3, ..Limits::default() }).await;
    let url = format!("{}/pause", platform.url());
    let requests = (0..8).map(|_| reqwest::get(url.clone()));
    for response in futures::future::join_all(requests).await {
        assert_eq!(response.unwrap().status(), 200, "{:?}", platform.logs());
    }
    let echo = platform.metrics().functions["Echo"].clone();
    assert_eq!((echo.invocations, echo.cold, echo.instances), (8, 3, 3));
}

#[tokio::test]
async fn static_files_have_types_caching_and_the_templates_headers() {
    let folder = folder("static");
    for (name, content) in
        [("index.html", "<p>page"), ("app-B1x9_aQ2.js", "1"), ("long.css", &"a{} ".repeat(1_250))]
    {
        std::fs::write(folder.join(name), content).unwrap();
    }
    let serving = Serving { headers: Some("Headers".into()), fallback: Some("index.html".into()) };
    let platform = Platform::start(Options {
        mounts: vec![("/app/".into(), folder)],
        serving: BTreeMap::from([("/app/".to_owned(), serving)]),
        ..options()
    })
    .await
    .unwrap();
    let fetch = async |path: &str| {
        let response = reqwest::get(format!("{}/app/{path}", platform.url())).await.unwrap();
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        (
            response.status().as_u16(),
            header("content-type"),
            header("cache-control"),
            header("content-security-policy"),
        )
    };
    let page = (
        200,
        "text/html; charset=utf-8".to_owned(),
        "no-cache".to_owned(),
        "frame-ancestors 'none'".to_owned(),
    );
    assert_eq!(fetch("").await, page);
    assert_eq!(fetch("some/route").await, page, "a route of the application is its page");
    let script = fetch("app-B1x9_aQ2.js").await;
    assert!(script.1.starts_with("text/javascript") && script.2.contains("immutable"), "{script:?}");
    let client = reqwest::Client::new();
    let long = format!("{}/app/long.css", platform.url());
    let mut sizes = Vec::new();
    for (accepted, encoding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0", "")] {
        let response = client.get(&long).header("accept-encoding", accepted).send().await.unwrap();
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        assert_eq!(
            (header("content-encoding").as_str(), header("vary").as_str()),
            (encoding, "accept-encoding")
        );
        let tag = header("etag");
        sizes.push(response.bytes().await.unwrap().len());
        let again = client.get(&long).header("accept-encoding", accepted).header("if-none-match", tag);
        assert_eq!(again.send().await.unwrap().status(), 304);
    }
    assert!(sizes[0] < 100 && sizes[1] < 100 && sizes[2] == 5_000, "{sizes:?}");
    assert_eq!(fetch("missing.js").await.0, 404, "a missing script is not a page");
    assert_ne!(fetch("%2e%2e/Cargo.toml").await.1, "text/x-toml");
}
