use aws::config::ApiConfig;
use aws::{Connections, Dynamo, MailBucket, Real};
use delivery::Engine;
use http_api::{Answer, Api, IdTokens, Request};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Error, RequestExt, Response, run, service_fn};
use std::time::Duration;
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let api = ApiConfig::from_env()?;
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "a TLS provider is installed already")?;
    let http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(4))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let function = aws::start().await?;
    let api = Api {
        files: MailBucket::from_env(&function.sdk)?,
        engine: Engine::new(function.store, function.connections, Real, function.epoch),
        id_tokens: IdTokens::new(api.oidc_issuer, api.oidc_client_id, http),
        websocket_url: api.websocket_url,
        dashboard_origin: api.dashboard_origin,
    };
    run(service_fn(|event: lambda_http::Request| on_request(&api, event))).await
}

async fn on_request(
    api: &Api<Dynamo, Connections, Real, MailBucket>,
    event: lambda_http::Request,
) -> Result<Response<Body>, Error> {
    let request = read(&event);
    let request_id = event.lambda_context_ref().map_or("", |context| context.request_id.as_str());
    let span = tracing::info_span!("request", request_id, method = request.method, path = request.path);
    Ok(write(api.handle(&request).instrument(span).await)?)
}

fn read(event: &lambda_http::Request) -> Request {
    let header =
        |name: &str| event.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let address = match event.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone().unwrap_or_default(),
        _ => String::new(),
    };
    let body = match event.body() {
        Body::Text(text) => text.clone(),
        Body::Binary(bytes) => String::from_utf8(bytes.clone()).unwrap_or_else(|_| "not text".to_owned()),
        _ => String::new(),
    };
    Request {
        method: event.method().to_string(),
        path: event.uri().path().to_owned(),
        query: event
            .query_string_parameters()
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        origin: header("origin"),
        token: header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned)),
        user_agent: header("user-agent"),
        country: header("cloudfront-viewer-country"),
        address,
        known: header("if-none-match"),
        body,
    }
}

fn write(answer: Answer) -> Result<Response<Body>, http::Error> {
    let mut response = Response::builder()
        .status(answer.status)
        .header("cache-control", answer.cache)
        .header("x-content-type-options", "nosniff")
        .header("vary", "origin");
    if let Some(origin) = answer.allow_origin {
        response = response
            .header("access-control-allow-origin", origin)
            .header("access-control-allow-methods", "GET, POST, PUT, DELETE")
            .header("access-control-allow-headers", "authorization, content-type")
            .header("access-control-expose-headers", "retry-after")
            .header("access-control-max-age", "600");
    }
    if let Some(seconds) = answer.retry_after {
        response = response.header("retry-after", seconds);
    }
    if let Some(etag) = answer.etag {
        response = response.header("etag", etag);
    }
    match answer.body {
        Some(body) => response.header("content-type", "application/json").body(Body::Text(body)),
        None => response.body(Body::Empty),
    }
}
