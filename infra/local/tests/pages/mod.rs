//! Sign-in and the pages of the platform itself.

use crate::common::start;
use serde_json::{Value, json};

#[tokio::test]
async fn agents_sign_in_with_a_code_and_a_verifier_once() {
    let platform = start().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = platform.url();
    let discovery: Value = client
        .get(format!("{url}/oidc/.well-known/openid-configuration"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(discovery["issuer"], format!("{url}/oidc"));
    // The verifier "abc" and its SHA-256 in base64url.
    let request = "client_id=client&response_type=code&scope=openid&redirect_uri=http%3A%2F%2Flocalhost%2Fback&state=s&nonce=n&code_challenge_method=S256&code_challenge=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    let authorize = format!("{url}/oidc/authorize?{request}");
    assert!(client.get(&authorize).send().await.unwrap().text().await.unwrap().contains("<form"));
    let sign_in = async |password: &str| {
        let form = format!("email=ana%40example.com&password={password}");
        client.post(&authorize).body(form).send().await.unwrap()
    };
    assert_eq!(sign_in("wrong").await.status(), 200, "the page again");
    let location = sign_in("secret").await.headers()["location"].to_str().unwrap().to_owned();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    assert!(location.starts_with("http://localhost/back?") && location.ends_with("state=s"));
    let exchange = async |verifier: &str, code: &str| {
        let form = format!(
            "grant_type=authorization_code&client_id=client&redirect_uri=http%3A%2F%2Flocalhost%2Fback&code={code}&code_verifier={verifier}"
        );
        let response = client.post(format!("{url}/oidc/token")).body(form).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, tokens) = exchange("abc", &code).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(exchange("abc", &code).await.0, 400, "a code is good once");
    let userinfo = client
        .get(format!("{url}/oidc/userinfo"))
        .bearer_auth(tokens["access_token"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(userinfo.json::<Value>().await.unwrap()["email"], "ana@example.com");
    let location = sign_in("secret").await.headers()["location"].to_str().unwrap().to_owned();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    assert_eq!(exchange("wrong", &code).await.0, 400, "without the verifier a code is worth nothing");
    let token = async |form: String| {
        let response = client.post(format!("{url}/oidc/token")).body(form).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let refresh = async |tokens: &Value| {
        let refresh = tokens["refresh_token"].as_str().unwrap();
        token(format!("grant_type=refresh_token&client_id=client&refresh_token={refresh}")).await
    };
    // A code that was brought twice, as above, ends what came of it: it may have been stolen.
    assert_eq!(refresh(&tokens).await.1["error"], "invalid_grant");
    let form = "client_id=client&grant_type=password&username=ana%40example.com&password=";
    let (_, tokens) = token(format!("{form}secret")).await;
    let (status, rotated) = refresh(&tokens).await;
    assert_eq!(status, 200, "{rotated}");
    assert_ne!(rotated["refresh_token"], tokens["refresh_token"], "each use gives a new one");
    assert_eq!(refresh(&tokens).await.0, 200, "another tab may still be using the old one");
    for (form, error) in [
        (format!("{form}wrong"), "invalid_grant"),
        (
            "grant_type=password&client_id=other&username=ana%40example.com&password=secret".into(),
            "invalid_client",
        ),
        ("grant_type=magic&client_id=client".into(), "unsupported_grant_type"),
        ("client_id=client".into(), "invalid_request"),
        ("grant_type=refresh_token&client_id=client&refresh_token=x".into(), "invalid_grant"),
    ] {
        let (status, answer) = token(form).await;
        assert_eq!((status, &answer["error"]), (400, &json!(error)), "{answer}");
    }
    for (from, to, error) in [
        ("response_type=code", "response_type=token", "unsupported_response_type"),
        ("S256", "plain", "invalid_request"),
        ("scope=openid", "scope=email", "invalid_scope"),
        ("scope=openid", "scope=openid&prompt=none", "login_required"),
    ] {
        let response = client.get(authorize.replace(from, to)).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.contains(&format!("error={error}")) && location.ends_with("state=s"), "{location}");
    }
    let nobody = client.get(format!("{url}/oidc/userinfo")).bearer_auth("x").send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    assert!(nobody.headers().contains_key("www-authenticate"));
    let elsewhere = authorize.replace("localhost%2Fback", "evil.example%2Fback");
    assert_eq!(client.get(elsewhere).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn the_platforms_own_pages_answer() {
    let platform = start().await;
    let front = reqwest::get(platform.url()).await.unwrap().text().await.unwrap();
    assert!(front.contains("ana@example.com"));
    reqwest::get(format!("{}/anything", platform.url())).await.unwrap();
    let numbers: Value = reqwest::get(format!("{}/platform/metrics.json", platform.url()))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(numbers["functions"]["Echo"]["invocations"], 1);
    assert!(numbers["cost"]["lambda"].as_f64().unwrap() > 0.0);
}
