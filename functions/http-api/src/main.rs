use aws::config::ApiConfig;
use aws::mail::{Ses, loop_mark};
use aws::{ConfigError, Connections, Dynamo, MailBucket, Real};
use delivery::Engine;
use http_api::{Answer, Api, Content, IdTokens, MailDoor, Request};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Error, RequestExt, Response, run, service_fn};
use mail::LoopMark;
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
    let loop_mark = LoopMark::parse(&loop_mark()?).ok_or(ConfigError("TABLE_NAME"))?;
    let door = MailDoor { ses: Ses::from_env(&function.sdk), loop_mark };
    let api = Api {
        files: MailBucket::from_env(&function.sdk)?,
        engine: Engine::new(function.store, function.connections, Real, function.epoch),
        id_tokens: IdTokens::new(api.oidc_issuer, api.oidc_client_id, http),
        websocket_url: api.websocket_url,
        dashboard_origin: api.dashboard_origin,
    };
    run(service_fn(|event: lambda_http::Request| on_request(&api, &door, event))).await
}

async fn on_request(
    api: &Api<Dynamo, Connections, Real, MailBucket>,
    door: &MailDoor<Ses>,
    event: lambda_http::Request,
) -> Result<Response<Body>, Error> {
    let request = read(&event);
    let request_id = event.lambda_context_ref().map_or("", |context| context.request_id.as_str());
    let span = tracing::info_span!("request", request_id, method = request.method, path = request.path);
    let answer = async {
        // On the heap: what is asked once a month must not make every other request's future larger.
        match Box::pin(door.handle(api, &request)).await {
            Some(answer) => answer,
            None => api.handle(&request).await,
        }
    };
    Ok(write(answer.instrument(span).await)?)
}

fn read(event: &lambda_http::Request) -> Request {
    let header =
        |name: &str| event.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let address = match event.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone().unwrap_or_default(),
        _ => String::new(),
    };
    let (body, bytes) = match event.body() {
        Body::Text(text) => (text.clone(), Vec::new()),
        Body::Binary(bytes) => {
            let text = std::str::from_utf8(bytes).unwrap_or("not text");
            (text.to_owned(), bytes.clone())
        }
        _ => (String::new(), Vec::new()),
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
        language: header("accept-language"),
        body,
        bytes,
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
        Some(Content::Json(body)) => {
            response.header("content-type", "application/json").body(Body::Text(body))
        }
        // Opened by itself it is a picture too, and does nothing; a page that asks for isolation may show it.
        Some(Content::Picture { media_type, bytes }) => response
            .header("content-type", media_type)
            .header("content-security-policy", "default-src 'none'; sandbox")
            .header("cross-origin-resource-policy", "cross-origin")
            .body(Body::Binary(bytes)),
        Some(Content::Page(html)) => {
            const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
            response
                .header("content-type", "text/html; charset=utf-8")
                .header("content-security-policy", POLICY)
                .header("referrer-policy", "no-referrer")
                .body(Body::Text(html))
        }
        None => response.body(Body::Empty),
    }
}
